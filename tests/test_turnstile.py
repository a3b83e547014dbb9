"""Processes on one file take turns: nobody is kept out by who is quicker, and nobody waits for one that is stuck."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ledger import journal_sqlite
from ledger.turnstile import Turnstile
from tests.kit import CASE, Kecamatan

ROOT = Path(__file__).parent.parent
#: Goes in again and again, and says when it was within; begins and ends when it is told to.
_GOES_IN = """
import sys, time
from pathlib import Path
from ledger.turnstile import Turnstile
stile = Turnstile(Path(sys.argv[1]))
print("ready", flush=True)
until = float(sys.stdin.readline())
while time.monotonic() < until:
    with stile.through(30):
        print(time.monotonic(), flush=True)
        time.sleep(0.002)
"""
#: Goes in for a while, once, and says so before it leaves.
_GOES_IN_ONCE = """
import sys, time
from pathlib import Path
from ledger.turnstile import Turnstile
with Turnstile(Path(sys.argv[1])).through(30):
    time.sleep(0.2)
    print("left", flush=True)
"""
#: Goes in, says so, and stays.
_STAYS = """
import sys, time
from pathlib import Path
from ledger.turnstile import Turnstile
with Turnstile(Path(sys.argv[1])).through(30):
    print("within", flush=True)
    time.sleep(60)
"""


def started(code: str, *said: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, said)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@contextmanager
def somebody_within(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Yield a process that is within and stays there."""
    process = started(_STAYS, file)
    try:
        assert line_of(process) == "within"
        yield process
    finally:
        process.kill()
        process.communicate()


def seconds_to_go_in(file: Path, at_most: float) -> float:
    with closing(Turnstile(file)) as stile:
        began = time.monotonic()
        with stile.through(at_most):
            return time.monotonic() - began


def test_processes_that_all_want_in_go_in_by_turns(tmp_path: Path) -> None:
    processes = [started(_GOES_IN, tmp_path / "gates") for _ in range(2)]
    assert [line_of(one) for one in processes] == ["ready", "ready"]
    told = _together(processes, time.monotonic() + 2)
    entries = sorted((float(at), who) for who, times in enumerate(told) for at in times)
    first, last = (f([float(times[end]) for times in told]) for f, end in ((max, 0), (min, -1)))
    order = [who for at, who in entries if first <= at <= last]
    assert len(order) > 50
    assert min(order.count(0), order.count(1)) > len(order) / 4


def test_who_leaves_and_wants_in_again_lets_who_waits_go_first(tmp_path: Path) -> None:
    with closing(Turnstile(tmp_path / "gates")) as stile:
        with stile.through(30):
            waiting = started(_GOES_IN_ONCE, tmp_path / "gates")
            until = time.monotonic() + 30
            while next_in(tmp_path / "gates") != waiting.pid:
                assert time.monotonic() < until
                time.sleep(0.01)
        with stile.through(30):
            assert waiting.communicate(timeout=60)[0] == "left\n"


def next_in(file: Path) -> int:
    """Return the process that holds the first gate, 0 if none does; to open the file would open its gates to us."""
    inode = str(file.stat().st_ino)
    for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
        _, kind, _, _, holder, place, first, last = line.replace("-> ", "").split()
        if (kind, place.rpartition(":")[2], first, last) == ("POSIX", inode, "0", "0"):
            return int(holder)
    return 0


def _together(processes: list[subprocess.Popen[str]], until: float) -> list[list[str]]:
    """Tell all to go in until then, and return what each said."""
    for one in processes:
        assert one.stdin is not None
        one.stdin.write(f"{until}\n")
        one.stdin.flush()
    return [one.communicate(timeout=60)[0].split() for one in processes]


def test_a_process_that_is_killed_within_keeps_nobody_out(tmp_path: Path) -> None:
    with somebody_within(tmp_path / "gates") as process:
        process.kill()
        process.wait()
        assert seconds_to_go_in(tmp_path / "gates", 30) < 10


def test_nobody_waits_longer_than_they_said_for_one_that_is_stuck(tmp_path: Path) -> None:
    with somebody_within(tmp_path / "gates"):
        assert 0.3 <= seconds_to_go_in(tmp_path / "gates", 0.3) < 10


def test_where_no_gates_can_be_made_everybody_passes(tmp_path: Path) -> None:
    assert seconds_to_go_in(tmp_path / "not there" / "gates", 30) < 10


@pytest.mark.sqlite("the gates are before a file")
def test_a_stuck_process_at_the_gates_does_not_stop_a_ledger_whose_lock_is_free(tmp_path: Path) -> None:
    kecamatan = Kecamatan(tmp_path / "buku").open()
    with closing(kecamatan.ledger):
        file = kecamatan.ledger.database.journal
        assert file is not None
        official, kind, body = kecamatan.steps()[0]
        with somebody_within(Path(f"{file}{journal_sqlite.GATES}")):
            began = time.monotonic()
            kecamatan.do(official, CASE, kind, body)
            assert journal_sqlite.GATE_SECONDS <= time.monotonic() - began < 20
