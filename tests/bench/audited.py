"""The audit of a store of whole cases, beside what all cores could verify of its bare signatures at once.

All are measured by turns in one run, over the very same signatures, and the best of several rounds counts: what else
the machine does in the meantime slows each down. An audit runs in a process of its own, as auditors run it.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path

from ledger.application import Ledger
from ledger.audit import audit
from ledger.entry import Entry
from ledger.store import documents_in, open_store
from projections.catchup import Views
from projections.compare import FILE, compare, stored_views
from tests.bench.bare import by_cryptography, by_jejak, seconds
from tests.bench.databases import SQLITE
from tests.bench.figure import Figure
from tests.bench.office import Bench, Writers
from tests.bench.sizes import Size

CORES = len(os.sched_getaffinity(0))
#: Signatures that each core verifies in a round.
MOST = 4_000


@dataclass(frozen=True, slots=True)
class Audited:
    """Leaves and checkpoints of the store; what all cores verify a second; seconds that the parts of an audit take.

    ``verified`` is with ``cryptography``, ``verified_as_here`` with what Jejak verifies with. ``leaves_took`` is for
    signatures, tree, chaining and authority.
    """

    leaves: int
    checkpoints: int
    verified: float
    verified_as_here: float
    leaves_took: float
    conformance_took: float
    views_took: float


def figures(folder: Path, size: Size) -> list[Figure]:
    """Return how fast a store is audited by all cores, beside what they could verify of its bare signatures at once."""
    found = measure(folder, size.audited_cases, size.audits)
    signatures = found.leaves + found.checkpoints
    bare = f"{CORES} cores verifying its signatures alone with cryptography"
    as_here = f"{CORES} cores verifying them alone as Jejak does, with libsodium"
    all_of_it, judged = signatures / found.leaves_took, found.leaves / found.conformance_took
    there, here = found.verified, found.verified_as_here
    rows = [
        ("audit", all_of_it, "sigs/s", there, f"{bare}; of acts and checkpoints"),
        ("audit_libsodium", all_of_it, "sigs/s", here, f"{as_here}; of acts and checkpoints"),
        ("audit_leaves", found.leaves / found.leaves_took, "leaves/s", there, f"{bare}; acts alone"),
        ("audit_conformance", judged, "leaves/s", there, f"{bare}; SOP and documents"),
        ("audit_views", found.leaves / found.views_took, "leaves/s", there, f"{bare}; views, by one core"),
    ]
    return [Figure(*row, SQLITE.name) for row in rows]


def measure(folder: Path, cases: int, rounds: int) -> Audited:
    """Return the figures of a new store with so many cases, each acted on by 16 writers."""
    bench = Bench(folder, cases)
    with Writers(16, bench.kecamatan.ledger.record) as writers:
        for envelopes in bench.all():
            writers.take(envelopes)
    bench.kecamatan.ledger.close()
    _project(folder)
    with open_store(folder) as rows:
        checkpoints = len(rows.checkpoints(1, rows.count()))
        entries = [Entry.parse(row.data).envelope for row in rows.entries(0, min(MOST, rows.count()))]
    references = by_cryptography(entries), by_jejak(entries)
    verified, took = [0.0, 0.0], dict[str, float]()
    for _ in range(rounds):
        verified = [max(best, a_second(calls)) for best, calls in zip(verified, references, strict=True)]
        took = {part: min(seconds, took.get(part, seconds)) for part, seconds in _audited(folder).items()}
    with stored_views(folder) as stored, open_store(folder) as rows:
        assert stored is not None
        began = time.perf_counter()
        compared = compare(stored, rows, documents_in(folder))
        views = time.perf_counter() - began
    if compared.why or compared.differences or compared.behind:
        raise AssertionError(compared)
    return Audited(compared.position, checkpoints, *verified, took["leaves"], took["conformance"], views)


def a_second(calls: Sequence[Callable[[], None]]) -> float:
    """Return how many of these all cores do a second, each all of them, beginning together."""
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(CORES), context.SimpleQueue()
    processes = [context.Process(target=_do, args=(calls, barrier, answers.put)) for _ in range(CORES)]
    for one in processes:
        one.start()
    spent = [answers.get() for _ in processes]
    for one in processes:
        one.join()
    return sum(len(calls) / each for each in spent)


def _do(calls: Sequence[Callable[[], None]], barrier: Barrier, answer: Callable[[float], None]) -> None:
    barrier.wait()
    answer(seconds(calls))


def _audited(folder: Path) -> dict[str, float]:
    """Return the seconds that the parts of an audit took."""
    command = [sys.executable, "-m", "tests.bench.audited", str(folder)]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent.parent)
    return dict(json.loads(found.stdout))


def _project(folder: Path) -> None:
    ledger = Ledger(folder, Bench.log(), lambda: (_ for _ in ()).throw(AssertionError("nothing is recorded")))
    views = Views(f"sqlite:///{folder / FILE}", ledger.reading, ledger.documents)
    views.catch_up()
    views.close()
    ledger.close()


def main() -> None:
    """Audit the store that is named, with all cores, and print how long the parts took."""
    report = audit(Path(sys.argv[1]), vkey=Bench.log().vkey, workers=CORES)
    if not report.sound:
        raise AssertionError(report.findings[:3])
    print(json.dumps(report.took))


if __name__ == "__main__":
    main()
