"""Two processes on one ledger: the share each gets, and how long one of them waits while the other records.

Each process has acts of its own, openings of cases, signed before it starts; what is counted is the time in which both
have something to record. An act that is turned away is sent again, as a client would.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from keys.errors import Unavailable
from ledger.application import Ledger
from tests.bench.databases import SQLITE, Database, named
from tests.bench.figure import Figure
from tests.bench.office import Bench
from tests.bench.sizes import Size
from tests.kit import Kecamatan

ROOT = Path(__file__).parent.parent.parent
#: Writers of each process.
WRITERS = 8
#: Seconds between telling all when to begin and beginning.
HEADSTART = 0.2


@dataclass(frozen=True, slots=True)
class Recording:
    """When a process began, when it had each receipt (both monotonic seconds), and how often it was turned away."""

    began: float
    receipts: list[float]
    turned_away: int


def figures(folder: Path, size: Size, database: Database) -> list[Figure]:
    """Return the smaller share of two, the rate of both together, and the longest that either had no receipt."""
    (alone,) = recording(folder / "alone", [size.fair_acts], 2 * WRITERS, database)
    both = recording(folder / "both", [size.fair_acts, size.fair_acts], WRITERS, database)
    began, ended = max(one.began for one in both), min(one.receipts[-1] for one in both)
    inside = [[at for at in one.receipts if began <= at <= ended] for one in both]
    counts = [len(one) for one in inside]
    share = min(counts) / max(1, sum(counts))
    wait = max(_longest([began, *one, max(began, ended)]) for one in inside)
    wait_alone = _longest([alone.began, *alone.receipts])
    away = f"{sum(one.turned_away for one in both)} turned away and sent again"
    one_process = f"one process with as many writers; {away}"
    return [
        Figure("fair_share", 100 * share, "%", 50.0, "an even share of two processes", database.name),
        Figure("fair_rate", _rate(both), "acts/s", _rate([alone]), one_process, database.name),
        Figure("fair_longest_wait", wait * 1e3, "ms", wait_alone * 1e3, f"{one_process}: no receipt", database.name),
    ]


def recording(folder: Path, acts: Sequence[int], writers: int, database: Database = SQLITE) -> list[Recording]:
    """Return what as many processes as there are numbers of acts did, beginning together on one ledger."""
    office, first, commands = Kecamatan(folder, database.at(folder)).open(), 0, []
    for number, count in enumerate(acts):
        file = folder / f"acts-{number}.json"
        file.write_text(json.dumps([_opening(office, first + one).decode() for one in range(count)]), encoding="utf-8")
        commands.append(
            [sys.executable, "-m", "tests.bench.fairness", str(folder), str(file), str(writers), database.name]
        )
        first += count
    office.ledger.close()
    processes = [
        subprocess.Popen(one, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) for one in commands
    ]
    try:
        for one in processes:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        begin = time.monotonic() + HEADSTART
        for one in processes:
            assert one.stdin is not None
            one.stdin.write(f"{begin}\n")
            one.stdin.flush()
        told = [one.communicate(timeout=600)[0] for one in processes]
    finally:
        for one in processes:
            one.kill()
            one.wait()
    return [Recording(**json.loads(one)) for one in told]


def _opening(office: Kecamatan, number: int) -> bytes:
    """Return the signed act that opens the case of this number."""
    stream = f"case:{uuid.UUID(int=number + 1)}"
    official, kind, body = office.steps(case=stream)[0]
    return office.sign(official, stream, kind, body)


def _rate(all_of_them: Sequence[Recording]) -> float:
    """Return the acts a second of all of these, from the first beginning to the last receipt."""
    spent = max(one.receipts[-1] for one in all_of_them) - min(one.began for one in all_of_them)
    return sum(len(one.receipts) for one in all_of_them) / spent


def _longest(moments: Sequence[float]) -> float:
    """Return the longest time between two of these moments."""
    return max(after - before for before, after in pairwise(moments))


def main(folder: Path, file: Path, writers: int, database: Database) -> None:
    """Record the acts in ``file`` from the moment (monotonic) told on standard input, and print what happened."""
    envelopes = [one.encode() for one in json.loads(file.read_text(encoding="utf-8"))]
    ledger = Ledger(folder, Bench.log(), lambda: dt.datetime.now(dt.UTC), database=database.at(folder))
    turned_away: list[int] = []

    def record(envelope: bytes) -> float:
        while True:
            try:
                ledger.record(envelope)
            except Unavailable:
                turned_away.append(1)
            else:
                return time.monotonic()

    with ThreadPoolExecutor(writers) as pool:
        print("ready", flush=True)
        time.sleep(max(0.0, float(sys.stdin.readline()) - time.monotonic()))
        began = time.monotonic()
        receipts = sorted(pool.map(record, envelopes))
    ledger.close()
    print(json.dumps({"began": began, "receipts": receipts, "turned_away": len(turned_away)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), named(sys.argv[4]))
