"""The README's commands do what it says, in the order in which a newcomer types them; its picture names real rooms."""

from __future__ import annotations

import inspect
import json
import os
import pty
import re
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.application import Ledger

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = [block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)]
BIN = Path(sys.executable).parent
SECONDS = 120.0


@dataclass
class Newcomer:
    """Somebody in a folder of their own, with the service of ``make run`` in the other terminal."""

    folder: Path
    environment: dict[str, str]

    def types(self, command: str, answers: tuple[tuple[str, str], ...] = ()) -> tuple[int, str]:
        """Run a command on a terminal, answer its prompts, return exit code and all that was shown."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execvpe(shlex.split(command)[0], shlex.split(command), self.environment)  # noqa: S606
        shown, waiting, end = "", list(answers), time.monotonic() + SECONDS
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                shown += os.read(terminal, 65536).decode(errors="replace")
            except OSError:  # the other end is closed
                break
            for prompt, answer in [one for one in waiting if one[0] in shown]:
                waiting.remove((prompt, answer))
                os.write(terminal, answer.encode() + b"\n")
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


def recipe(*goal: str) -> str:
    """Return the command that ``make`` runs for a goal."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", "-n", *goal]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    folder = tmp_path_factory.mktemp("newcomer")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JEJAK_")}
    environment |= {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(folder), "JEJAK_PORT": "0"}
    command = recipe("run").replace(".venv/bin/", "")
    service = subprocess.Popen(
        shlex.split(command), cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert service.stdout is not None
        with service.stdout:
            url = service.stdout.readline().split()[-1]
        yield Newcomer(folder, environment | {"JEJAK_URL": url})
    finally:
        service.terminate()
        service.wait(SECONDS)


def test_the_first_block_is_the_two_commands() -> None:
    assert BLOCKS[0] == ["make demo", "make run"]


def test_make_demo_plays_and_verifies_the_whole_case() -> None:
    command = shlex.split(recipe("demo", "JSON=1").replace(".venv/bin/", f"{BIN}/"))
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert set(said) == {"case", "acts", "leaves", "verified", "steps_done", "refused"}
    assert said["steps_done"] == 10
    assert said["verified"] == said["leaves"]
    assert said["refused"] == "authority.key"
    told = " ".join(done.stderr.split())
    for part in (
        "Mengembalikan ketikan dengan alasan",
        "Mengembalikan dokumen, di luar urutan SOP",
        "dicatat menyusul dari kertas",
        "Perkara kedua: disposisi yang ditarik kembali",
        "Menarik disposisi, di luar urutan SOP",
        "terhadap mutu baku",
        "2 hari kerja tepat",
        "Mencabut kunci lamanya",
        "DITOLAK: Langkah 5: Kunci yang menandatangani tidak terdaftar atau tidak berlaku lagi.",
        "ditandatangani Budi Santoso (sintetis), Camat Kalipare (Pelaksana Harian) mandat plh-camat-budi-santoso",
        "Budi Santoso (sintetis), Camat Kalipare (Pelaksana Harian), menandatangani Indikator Kinerja Utama",
        "Paraf dan tanda tangan diberikan oleh orang yang sama",
        "Ditandatangani sebagai Plh: perlu diperiksa",
        "satu pendaftar cukup untuk mencabut mandat Plh",
    ):
        assert part in told, part
    refused = told.index("DITOLAK")
    leaf = re.search(r"Buku besar tetap (\d+) daun", told[refused:])
    assert leaf is not None
    again = told.index("Ratna Sari (sintetis): Menyetujui ketikan (daun", refused)
    assert told[again:].split("(daun ")[1].startswith(f"{leaf[1]})"), "the act with the new key takes the same leaf"


def test_the_second_block_gives_a_paraf_and_verifies_the_trail(newcomer: Newcomer) -> None:
    activate, act, trail, replay, time, audit, export, verify = BLOCKS[1]
    assert activate == ". .venv/bin/activate"
    code, shown = newcomer.types(act, (("[y/t]", "y"), ("sandi", "demo jejak budi-santoso")))
    assert code == 0, shown
    assert "TERCATAT dan terbukti" in shown
    assert "tidak tersertifikasi" in shown
    assert shown.count("Kata sandi") == 1, "which signs in as well: nothing below asks for one"
    code, shown = newcomer.types(trail)
    assert code == 0, shown
    assert "memberi paraf pada" in shown
    assert "tidak tersertifikasi" in shown
    code, shown = newcomer.types(replay)
    assert code == 0, shown
    assert "memberi paraf pada" in shown
    code, shown = newcomer.types(time)
    assert code == 0, shown
    assert "tidak dapat dinilai" in shown
    code, shown = newcomer.types(audit)
    assert code == 0, shown
    assert "Kesimpulan: TERBUKTI." in shown
    code, shown = newcomer.types(export)
    assert code == 0, shown
    assert (newcomer.folder / "perkara.zip").is_file()
    code, shown = newcomer.types(verify)
    assert code == 0, shown
    assert "TERBUKTI" in shown


def test_the_third_block_signs_the_auditor_in_who_sees_who_read_the_case(newcomer: Newcomer) -> None:
    act, login, reads = BLOCKS[1][1], *BLOCKS[2]
    newcomer.types(act, (("[y/t]", "y"), ("sandi", "demo jejak budi-santoso")))  # who has signed it already, signs in
    code, shown = newcomer.types(login, (("sandi", "demo jejak wahyu-hidayat"),))
    assert code == 0, shown
    assert "Masuk sebagai Wahyu Hidayat (sintetis)" in shown
    assert "semua unit" in shown
    code, shown = newcomer.types(reads)
    assert code == 0, shown
    assert "budi-santoso" in shown
    assert "bukan bagian buku besar" in shown


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", README)) <= targets


def test_every_link_into_the_project_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_picture_names_what_the_straight_path_calls() -> None:
    """Each room in the picture of one act's way stands in ``Ledger.record``, in the same order."""
    source = inspect.getsource(Ledger.record)
    picture = README.split("## One act's way")[1].split("```")[1]
    path = ["queue.enter", "leading", "Envelope.parse", "opened_with", "SignedAct", "documents.require"]
    path += ["journal.turn", "already", "seen", "judge", "Recorded.new", "advance", "turn.add", "events.put"]
    calls = [name + ".require(" if name == "seen" else name + "(" for name in path]
    drawn, called = [picture.index(name) for name in path], [source.index(call) for call in calls]
    assert drawn == sorted(drawn)
    assert called == sorted(called)
