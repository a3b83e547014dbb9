"""docs/perkara.md does what it says: its commands, in its order, from a return to what an inspector then finds."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from keys.keyfile import write_keyfile
from tests.kit import CASE
from tests.test_cli import Desk, desk, ended, opened, run, sealed

__all__ = ["desk", "opened"]  # the served kecamatan of the command line's tests

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "perkara.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.strip().splitlines()]
WITHDRAWN = "case:22222222-2222-4222-8222-222222222222"


@pytest.fixture
def office(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Let the page's people sit at one desk, each with a key file, nobody signed in; the case waits for its paraf."""
    monkeypatch.chdir(desk.folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(desk.folder / "keadaan"))
    monkeypatch.setenv("JEJAK_URL", desk.url)
    monkeypatch.setenv("JEJAK_REMEMBERED", str(desk.folder / "ingatan"))
    for official in ("sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim"):
        write_keyfile(desk.folder / f"{official.partition('-')[0]}.json", sealed(official))
    desk.file("lembar-paraf.pdf", b"lembar paraf (sintetis)")
    desk.kecamatan.run(upto=5)
    return desk


def test_the_page_leads_through_every_way_that_a_case_can_go(office: Desk) -> None:
    left = iter(COMMANDS)

    def types(start: str, code: int = 0, answer: str = "y") -> str:
        """Run the page's next command as a person who answers, and return the page that it shows."""
        command = next(left)
        assert command.startswith(start)
        words = shlex.split(command)[1:]
        if words[0] in ("act", "login"):
            words += ["--passphrase-file", "sandi.txt"]
        return " ".join(ended(run(*words, answer=f"{answer}\n"), code).stdout.split())

    def goes_on(first: int, last: int) -> None:
        steps = office.kecamatan.steps(office.kecamatan.iku_mended)
        for official, kind, body in steps[first:last]:
            office.kecamatan.do(official, CASE, kind, body)

    assert "Masuk sebagai Budi Santoso" in types("jejak login")
    assert "Di luar urutan, dengan alasan: pengembalian dokumen ke langkah 3 atau 4" in types("jejak next")
    assert "Di luar SOP: Kolom satuan belum diisi. [deviation]" in types("jejak act document.returned")
    assert "putaran: 2" in types("jejak act concept.revised")
    assert "keputusan: disetujui" in types("jejak act typing.reviewed")
    assert "Dicatat menyusul dari kertas. [late]" in types("jejak act paraf.given")
    assert "Yang berlaku sekarang: belum ada." in types("jejak act numbering.enacted")
    assert "TERCATAT" in types("jejak act signature.given")
    goes_on(7, 9)
    assert "nomor: 070/42/35.07.11/2026 (usul layanan" in types("jejak act agenda.recorded")
    assert "070/42/35.07.11/2026" in types("jejak agenda")
    assert re.search(r"Daun 46, versi 13: [^:]*pencatatan agenda", types("jejak trail"))
    shown = types("jejak act correction.recorded")
    assert "bagian yang dibetulkan: isi ringkas" in shown
    assert "isi yang salah: IKU 2062 (dari catatan yang sudah diperiksa)" in shown
    office.kecamatan.run(WITHDRAWN, upto=2)
    assert "TERCATAT" in types("jejak act disposition.withdrawn")
    size = office.size()
    warned = types("jejak act disposition.issued", 1, "t")
    assert f"--set supersedes.case={CASE.removeprefix('case:')}" in warned
    assert office.size() == size
    shown = types("jejak act disposition.issued")
    assert "tanda tangan (perkara yang digantikan): " in shown
    assert "Menurut layanan" not in shown
    assert "Tersimpan" in types("jejak calendar new")
    assert "37 jam 30 menit seminggu" in types("jejak calendar check")
    assert "Kalender kerja yang akan ditetapkan" in types("jejak act calendar.enacted")
    assert "Akan dibaca 2 hari kerja" in types("jejak act reading.confirmed")
    listed = types("jejak sop list")
    assert "Keadaan berlaku" in listed
    assert "Penomoran 070/…/35.07.11/…" in listed
    assert "tidak dapat dinilai" in types("jejak time"), "nothing acts backwards"
    assert "Kolom satuan belum diisi." in types("jejak search --flag deviation")
    assert "paraf" in types("jejak search --flag late")
    assert list(left) == []


def test_every_link_and_every_named_command_of_the_page_is_there() -> None:
    named = {shlex.split(command)[1] for command in COMMANDS}
    assert {"login", "act", "next", "trail", "search", "time", "agenda", "calendar", "sop"} == named
    assert "docs/perkara.md" in (ROOT / "README.md").read_text(encoding="utf-8")
