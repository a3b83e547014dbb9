"""docs/bundle.md does what it says: its commands, in its order, with our program and with nothing of ours."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from api.evidence_words import NAMES
from ledger.bundle import format_bundle
from ledger.iku import sample
from ledger.notices import DISCLAIMER
from tests.bundles import honest, without
from tests.test_cli import Desk, desk, ended, opened, run

__all__ = ["desk", "opened"]  # the served kecamatan of the command line's tests

PAGE = (Path(__file__).parent.parent / "docs" / "bundle.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
OURS = [line for block in BLOCKS if block.startswith("jejak ") for line in block.strip().splitlines()]
ALONE = [block for block in BLOCKS if not block.startswith("jejak ")]


@pytest.fixture
def office(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Let an inspector sit at the desk, who kept an older bundle."""
    monkeypatch.chdir(desk.folder)
    monkeypatch.setenv("JEJAK_URL", desk.url)
    monkeypatch.setenv("JEJAK_REMEMBERED", str(desk.folder / "ingatan"))
    desk.file("iku.json", sample("kecamatan-sidemen"))
    desk.kecamatan.run(upto=7)
    desk.file("bundel-lama.zip", format_bundle(honest(desk.kecamatan)))
    return desk


def shell(office: Desk, block: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "PENDIRIAN": json.loads(office.pin.read_text())["founding"]}
    python = shutil.which("python3")
    assert python is not None
    environment["PATH"] = f"{Path(python).parent}:{environment['PATH']}"
    return subprocess.run(
        ["sh", "-c", block], cwd=office.folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_page_leads_from_the_service_to_every_answer(office: Desk) -> None:
    answers = [" ".join(ended(run(*shlex.split(line)[1:]), 0).stdout.split()) for line in OURS]
    exported, verified, marked, asked, remembered = answers
    assert "Tersimpan di bundel.zip." in exported
    assert "Kesimpulan: TERBUKTI" in verified
    assert "berlaku 3 tanda yang terbukti" in marked
    assert "Tersimpan di bundel-baru.zip." in asked
    assert "melanjutkan segel 40 daun yang Anda simpan" in remembered
    for block in ALONE:
        done = shell(office, block)
        assert done.returncode == 0, done.stderr
    assert "lengkap menurut pernyataan log" in done.stdout


@pytest.mark.parametrize("index", [38, 39], ids=["in the middle", "at the end"])
def test_the_steps_without_our_program_find_what_was_left_out(office: Desk, index: int) -> None:
    office.file("bundel.zip", format_bundle(without(honest(office.kecamatan), index)))
    opening, founding, chain = ALONE
    assert [shell(office, opening).returncode, shell(office, founding).returncode] == [0, 0]
    done = shell(office, chain)
    assert done.returncode != 0
    assert "tidak menyambung" in done.stderr or "tidak lengkap" in done.stderr


def test_the_steps_without_our_program_find_a_changed_entry(office: Desk) -> None:
    office.file("bundel.zip", format_bundle(honest(office.kecamatan)))
    assert shell(office, ALONE[0]).returncode == 0
    entry = office.folder / "isi" / "entries" / "0000000038.json"
    entry.write_bytes(entry.read_bytes().replace(b"T01:", b"T02:", 1))
    assert "daun 38 tidak ada dalam pohon" in shell(office, ALONE[2]).stderr


def test_the_page_names_the_four_verdicts_as_the_program_does() -> None:
    assert set(
        re.findall(r"^\| ([a-z ]+) \| ", PAGE.partition("| putusan |")[2].partition("\n\n")[0], re.MULTILINE)
    ) == set(NAMES.values())
    assert DISCLAIMER in " ".join(PAGE.replace("**", "").split())
