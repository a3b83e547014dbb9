"""The log's own key at rest: one line, for its owner only, never overwritten."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.errors import JejakError, Malformed, NotAllowed, NotFound, Unavailable
from ledger import logkey
from ledger.note import NoteSigner, open_note, sign
from tests.kit import ORIGIN, key

LOG = NoteSigner(ORIGIN, key("log"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.key"


def put(path: Path, text: str | bytes) -> None:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)


def refused(path: Path) -> JejakError:
    with pytest.raises(JejakError) as caught:
        logkey.read(path)
    return caught.value


def test_what_was_written_is_read_and_signs_alike(path: Path) -> None:
    logkey.write(path, LOG)
    again = logkey.read(path)
    assert again.name == LOG.name
    assert again.vkey == LOG.vkey
    assert sign("teks\n", again) == sign("teks\n", LOG)
    open_note(sign("teks\n", again), [LOG.vkey])


def test_the_line_is_that_of_the_note_package(path: Path) -> None:
    logkey.write(path, LOG)
    material = base64.b64encode(b"\x01" + key("log").seed()).decode()
    assert path.read_text() == f"PRIVATE+KEY+{ORIGIN}+{LOG.vkey.key_id.hex()}+{material}\n"


def test_only_its_owner_may_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        logkey.write(path, LOG)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_a_key_that_others_may_read_is_not_used(path: Path, mode: int) -> None:
    logkey.write(path, LOG)
    path.chmod(mode)
    fault = refused(path)
    assert isinstance(fault, NotAllowed)
    assert fault.rule == "logkey.mode"
    assert "chmod 600" in fault.allowed


def test_a_key_is_never_overwritten(path: Path) -> None:
    logkey.write(path, LOG)
    before = path.read_bytes()
    with pytest.raises(NotAllowed) as caught:
        logkey.write(path, NoteSigner(ORIGIN, key("log lain")))
    assert caught.value.rule == "logkey.exists"
    assert path.read_bytes() == before


def test_a_key_is_not_written_through_a_link(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "lain")
    with pytest.raises(NotAllowed):
        logkey.write(path, LOG)
    assert not (tmp_path / "lain").exists()


def test_a_folder_that_is_not_there_is_said_in_our_own_words(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        logkey.write(tmp_path / "tidak-ada" / "log.key", LOG)
    assert caught.value.rule == "logkey.storage"
    assert caught.value.allowed


def test_a_key_that_is_not_there_is_not_found_and_says_how_to_begin(path: Path) -> None:
    fault = refused(path)
    assert isinstance(fault, NotFound)
    assert fault.rule == "logkey.missing"
    assert "jejak found" in fault.allowed


def line(name: str = ORIGIN, key_id: str = LOG.vkey.key_id.hex(), material: bytes = b"\x01" + key("log").seed()) -> str:
    return f"PRIVATE+KEY+{name}+{key_id}+{base64.b64encode(material).decode()}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "PRIVATE+KEY+",
        str(LOG.vkey) + "\n",
        line().replace("PRIVATE+KEY+", "private+key+"),
        line(name=""),
        line(name="dua kata"),
        line(key_id="00000000"),
        line(key_id=LOG.vkey.key_id.hex().upper()),
        line(key_id=""),
        line(material=b"\x02" + key("log").seed()),
        line(material=b"\x01" + key("log lain").seed()),
        line(material=key("log").seed()),
        line(material=b"\x01" + key("log").seed() + b"x"),
        line() + line(),
        line() + "\n",
        " " + line(),
        line()[:-5],
        b"\xff\xfe",
        "é",
    ],
    ids=range(20),
)
def test_a_file_that_is_not_in_its_form_is_refused(path: Path, text: str | bytes) -> None:
    put(path, text)
    assert isinstance(refused(path), Malformed)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(line()) - 2), st.characters(max_codepoint=127))
def test_a_changed_character_is_refused(path: Path, at: int, character: str) -> None:
    right = line()
    changed = right[:at] + character + right[at + 1 :]
    put(path, changed)
    if changed == right:
        assert logkey.read(path).vkey == LOG.vkey
    else:
        refused(path)


def test_a_folder_in_the_keys_place_is_refused(path: Path) -> None:
    path.mkdir(mode=0o700)
    assert isinstance(refused(path), Malformed)


def test_the_seed_stands_in_no_words_about_the_key(path: Path) -> None:
    secret = key("log").seed()
    put(path, line(key_id="00000000"))
    said = str(refused(path)) + repr(LOG)
    assert secret.hex() not in said
    assert base64.b64encode(b"\x01" + secret).decode() not in said
