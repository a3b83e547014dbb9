"""Key files: opened by their passphrase and nothing else, kept for their owner alone, never overwritten."""

import base64
import doctest
import os
import resource
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import keyfile, strict_json
from keys.errors import Forged, JejakError, Malformed, NotAllowed, NotFound, Unavailable
from keys.keyfile import MAX_BYTES, KeyFile, OpenedKey, open_keyfile, read_keyfile, seal, write_keyfile
from keys.signing import PrivateKey

KEY = PrivateKey.load(bytes(range(32)))
OTHER = PrivateKey.load(bytes(32))
WORDS = "padi m\u00e9nguning di sawah"  # é composed
SALT, NONCE = bytes(range(16)), bytes(range(100, 112))
DATA = seal(KEY, WORDS, official="siti", salt=SALT, nonce=NONCE)
SEALED = base64.b64decode(strict_json.loads(DATA)["sealed"])


def swapped(old: bytes, new: bytes) -> bytes:
    assert DATA.count(old) == 1
    return DATA.replace(old, new)


def b64(data: bytes) -> bytes:
    return base64.b64encode(data)


def aes(words: str, salt: bytes = SALT, iterations: int = 600_000) -> AESGCM:
    return AESGCM(PBKDF2HMAC(hashes.SHA256(), 32, salt, iterations).derive(words.encode()))


def test_a_key_file_opens_with_its_passphrase_however_its_letters_are_composed() -> None:
    assert "\u00e9" in WORDS
    assert open_keyfile(DATA, WORDS.replace("\u00e9", "e\u0301")) == OpenedKey("siti", KEY)


def test_the_steps_of_the_description_open_the_file_without_our_code() -> None:
    file = strict_json.loads(DATA)
    associated = f"jejak.key/1\n{file['public_key']}\n{file['official']}".encode()
    assert file["kdf"]["iterations"] == 600_000
    assert aes(WORDS).decrypt(base64.b64decode(file["cipher"]["nonce"]), SEALED, associated) == KEY.seed()


def test_a_wrong_passphrase_and_an_altered_file_get_the_same_words() -> None:
    altered = swapped(b64(SEALED), b64(SEALED[:-1] + bytes([SEALED[-1] ^ 1])))
    with pytest.raises(NotAllowed, match="Kata sandi salah, atau berkas kunci sudah diubah") as wrong:
        open_keyfile(DATA, WORDS + " ")
    with pytest.raises(NotAllowed) as changed:
        open_keyfile(altered, WORDS)
    assert wrong.value.rule == "keyfile.passphrase"
    assert changed.value.args == wrong.value.args


@pytest.mark.parametrize(
    "data",
    [
        swapped(b'"siti"', b'"budi"'),
        swapped(b":600000", b":600001"),
        swapped(b64(SALT), b64(bytes(16))),
        swapped(b64(NONCE), b64(bytes(12))),
        swapped(KEY.public.raw.hex().encode(), OTHER.public.raw.hex().encode()).replace(
            KEY.public.id.encode(), OTHER.public.id.encode()
        ),
    ],
    ids=["official", "iterations", "salt", "nonce", "public key and its id"],
)
def test_no_member_can_be_exchanged(data: bytes) -> None:
    with pytest.raises(NotAllowed) as caught:
        open_keyfile(data, WORDS)
    assert caught.value.rule == "keyfile.passphrase"


def test_a_file_whose_owner_sealed_another_key_in_it_is_forged() -> None:
    associated = f"jejak.key/1\n{KEY.public.raw.hex()}\nsiti".encode()
    with pytest.raises(Forged) as caught:
        open_keyfile(swapped(b64(SEALED), b64(aes(WORDS).encrypt(NONCE, OTHER.seed(), associated))), WORDS)
    assert caught.value.rule == "keyfile.public_key"


def test_an_opened_key_does_not_show_its_secret() -> None:
    opened = OpenedKey("siti", KEY)
    assert KEY.seed().hex() not in repr(opened)
    assert repr(KEY.seed())[2:-1] not in repr(opened)


def test_a_closed_file_says_whose_it_is_and_which_key_it_holds() -> None:
    file = KeyFile.parse(DATA)
    assert (file.official, file.public, file.iterations) == ("siti", KEY.public, 600_000)
    assert (file.salt, file.nonce, file.sealed) == (SALT, NONCE, SEALED)


def test_a_key_file_is_strict_json_in_one_form() -> None:
    assert strict_json.dumps(strict_json.loads(DATA)) == DATA


FORMS = {
    "empty": b"",
    "not JSON": b"kunci",
    "trailing line feed": DATA + b"\n",
    "white space": swapped(b'"siti",', b'"siti", '),
    "another version": swapped(b"jejak.key/1", b"jejak.key/2"),
    "another order": swapped(b'"format":"jejak.key/1","official":"siti"', b'"official":"siti","format":"jejak.key/1"'),
    "extra member": DATA[:-1] + b',"seed":""}',
    "member missing": swapped(b'"official":"siti",', b""),
    "no official": swapped(b'"siti"', b'""'),
    "official with a quote": swapped(b'"siti"', rb'"si\"ti"'),
    "official with a line feed": swapped(b'"siti"', b'"si\nti"'),
    "official beyond ASCII": swapped(b'"siti"', '"sité"'.encode()),
    "official of 101 characters": swapped(b'"siti"', b'"' + b"a" * 101 + b'"'),
    "another derivation": swapped(b"PBKDF2-SHA256", b"PBKDF2-SHA1"),
    "another cipher": swapped(b"AES-256-GCM", b"AES-128-GCM"),
    "iterations with a leading zero": swapped(b":600000", b":0600000"),
    "iterations as a text": swapped(b":600000", b':"600000"'),
    "iterations as a float": swapped(b":600000", b":6e5"),
    "iterations without end": swapped(b":600000", b":6" + b"0" * 3000),
    "short salt": swapped(b64(SALT), b64(SALT[:-1])),
    "salt with pad bits": swapped(b64(SALT), b64(SALT)[:-3] + b"x=="),
    "url-safe salt": swapped(b64(SALT), b"_" + b64(SALT)[1:]),
    "long nonce": swapped(b64(NONCE), b64(NONCE + b"xyz")),
    "sealed without its tag": swapped(b64(SEALED), b64(SEALED[:-16])),
    "sealed of 64 bytes": swapped(b64(SEALED), b64(SEALED + bytes(16))),
    "upper-case public key": swapped(KEY.public.raw.hex().encode(), KEY.public.raw.hex().upper().encode()),
    "weak public key": swapped(KEY.public.raw.hex().encode(), b"01" + b"00" * 31),
    "id of another key": swapped(KEY.public.id.encode(), OTHER.public.id.encode()),
    "more than 4 KiB": DATA + b" " * MAX_BYTES,
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS.keys())
def test_a_file_in_another_form_is_refused_before_any_passphrase_is_tried(data: bytes) -> None:
    with pytest.raises(Malformed):
        KeyFile.parse(data)


@pytest.mark.parametrize("iterations", [1, 1000, 599_999, 5_000_001, 9_999_999_999])
def test_iterations_that_are_too_few_or_too_many_are_refused(iterations: int) -> None:
    with pytest.raises(NotAllowed) as caught:
        KeyFile.parse(swapped(b":600000", b":%d" % iterations))
    assert caught.value.rule == "keyfile.iterations"


def test_the_bounds_of_the_iterations_are_inside() -> None:
    for iterations in (600_000, 5_000_000):
        assert KeyFile.parse(swapped(b":600000", b":%d" % iterations)).iterations == iterations


@given(st.integers(0, len(DATA) - 1), st.binary(max_size=2))
@settings(deadline=None, max_examples=300)
def test_nothing_but_our_own_refusals_leaves_the_parser(place: int, added: bytes) -> None:
    with suppress(JejakError):
        KeyFile.parse(DATA[:place] + added + DATA[place + 1 :])


@pytest.mark.parametrize("words", ["", "sebelas....", "e\u0301" * 11, "x" * 1001])
def test_a_passphrase_is_12_to_1000_characters_as_a_reader_counts_them(words: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        seal(KEY, words, official="siti", salt=SALT, nonce=NONCE)
    assert caught.value.rule == "keyfile.passphrase_length"
    assert "12 sampai 1000 karakter" in caught.value.allowed


def test_a_passphrase_that_is_no_text_is_refused_before_it_is_tried() -> None:
    with pytest.raises(Malformed) as sealing:
        seal(KEY, "padi menguning\ud800", official="siti", salt=SALT, nonce=NONCE)
    with pytest.raises(Malformed) as opening:
        open_keyfile(DATA, "padi menguning\ud800")
    assert sealing.value.rule == opening.value.rule == "keyfile.passphrase_text"


@pytest.mark.parametrize("official", ["", "a" * 101, "siti aminah", 'si"ti', "siti\n", "-siti", "sité", "\ud800"])
def test_a_label_that_no_key_file_can_carry_is_not_sealed(official: str) -> None:
    with pytest.raises(Malformed) as caught:
        seal(KEY, WORDS, official=official, salt=SALT, nonce=NONCE)
    assert caught.value.rule == "keyfile.official"


@pytest.mark.parametrize(("salt", "nonce"), [(b"", NONCE), (SALT[:-1], NONCE), (SALT, b""), (SALT, NONCE + b"x")])
def test_salt_and_nonce_have_their_lengths(salt: bytes, nonce: bytes) -> None:
    with pytest.raises(Malformed):
        seal(KEY, WORDS, official="siti", salt=salt, nonce=nonce)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_a_written_file_is_its_owners_alone_under_any_umask(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "siti.jejak-key"
    before = os.umask(umask)
    try:
        write_keyfile(path, DATA)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_keyfile(path) == read_keyfile(str(path)) == DATA


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    taken, link = tmp_path / "taken", tmp_path / "link"
    taken.write_bytes(b"precious")
    link.symlink_to(tmp_path / "nowhere")
    for path in (taken, link):
        with pytest.raises(NotAllowed) as caught:
            write_keyfile(path, DATA)
        assert caught.value.rule == "keyfile.exists"
    assert taken.read_bytes() == b"precious"
    assert not (tmp_path / "nowhere").exists()


def test_nothing_but_a_key_file_is_written(tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        write_keyfile(tmp_path / "key", KEY.seed())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_could_not_be_written_whole_is_not_left_behind(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # as a full disk would, after 100 bytes
    try:
        with pytest.raises(Unavailable) as caught:
            write_keyfile(tmp_path / "key", DATA)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.rule == "keyfile.disk"
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_or_file_is_named_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"tidak ditemukan: .*/none/key"):
        write_keyfile(tmp_path / "none" / "key", DATA)
    with pytest.raises(NotFound, match=r"tidak ditemukan: .*/none"):
        read_keyfile(tmp_path / "none")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644])
def test_a_file_that_others_can_open_is_refused_with_the_command_that_mends_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "kunci siti"
    write_keyfile(path, DATA)
    path.chmod(mode)
    with pytest.raises(NotAllowed) as caught:
        read_keyfile(path)
    assert caught.value.rule == "keyfile.mode"
    assert caught.value.allowed.endswith(f"chmod 600 '{path}'")


def test_a_file_that_only_its_owner_may_read_is_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_keyfile(path, DATA)
    path.chmod(0o400)
    assert read_keyfile(path) == DATA


def test_a_folder_or_a_pipe_is_no_key_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path in (tmp_path, pipe):
        with pytest.raises(Malformed) as caught:
            read_keyfile(path)
        assert caught.value.rule == "keyfile.form"


def test_a_file_of_more_than_4_kib_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.touch(0o600)
    path.write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(Malformed) as caught:
        read_keyfile(path)
    assert caught.value.rule == "keyfile.size"


def test_a_path_that_no_disk_can_have_is_refused_in_words() -> None:
    for refused in (lambda path: write_keyfile(path, DATA), read_keyfile):
        with pytest.raises(Malformed) as caught:
            refused("ku\x00nci")
        assert caught.value.rule == "keyfile.path"
        with pytest.raises(Unavailable):
            refused("k" * 5000)


def test_the_worked_example_holds() -> None:
    assert doctest.testmod(keyfile) == doctest.TestResults(0, 6)
