"""The audit of a store of whole cases, beside what all cores could verify of its bare signatures at once.

Both are measured by turns in one run, over the very same signatures, and the best of several rounds counts: what else
the machine does in the meantime slows either down. An audit runs in a process of its own, as auditors run it.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path

from keys.envelope import pae
from keys.signing import PublicKey
from ledger.application import Ledger
from ledger.audit import audit
from ledger.entry import Entry
from ledger.store import documents_in, open_store
from projections.catchup import Views
from projections.compare import FILE, compare, stored_views
from tests.bench.databases import SQLITE
from tests.bench.figure import Figure
from tests.bench.office import Bench, Writers
from tests.bench.sizes import Size
from tests.kit import PEOPLE, key

CORES = len(os.sched_getaffinity(0))
#: Signatures that each core verifies in a round.
MOST = 4_000


@dataclass(frozen=True, slots=True)
class Audited:
    """Leaves and checkpoints of the store; what all cores verify a second; seconds that the parts of an audit take.

    ``leaves_took`` is for signatures, tree, chaining and authority.
    """

    leaves: int
    checkpoints: int
    verified: float
    leaves_took: float
    conformance_took: float
    views_took: float


def figures(folder: Path, size: Size) -> list[Figure]:
    """Return how fast a store is audited by all cores, beside what they could verify of its bare signatures at once."""
    found = measure(folder, size.audited_cases, size.audits)
    signatures = found.leaves + found.checkpoints
    bare = f"{CORES} cores verifying its signatures alone"
    rows = [
        ("audit", signatures / found.leaves_took, "sigs/s", f"{bare}; of acts and checkpoints"),
        ("audit_leaves", found.leaves / found.leaves_took, "leaves/s", f"{bare}; the same, acts alone"),
        ("audit_conformance", found.leaves / found.conformance_took, "leaves/s", f"{bare}; SOP and documents"),
        ("audit_views", found.leaves / found.views_took, "leaves/s", f"{bare}; views, by one core"),
    ]
    return [Figure(name, value, unit, found.verified, why, SQLITE.name) for name, value, unit, why in rows]


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
    known = {key(name).public.id: key(name).public for name in PEOPLE}
    signed = [(known[one.keyid], one.signature, pae(one.payload_type, one.unverified_payload)) for one in entries]
    verified, took = 0.0, dict[str, float]()
    for _ in range(rounds):
        verified = max(verified, verified_a_second(signed))
        took = {part: min(seconds, took.get(part, seconds)) for part, seconds in _audited(folder).items()}
    with stored_views(folder) as stored, open_store(folder) as rows:
        assert stored is not None
        began = time.perf_counter()
        compared = compare(stored, rows, documents_in(folder))
        views = time.perf_counter() - began
    if compared.why or compared.differences or compared.behind:
        raise AssertionError(compared)
    return Audited(compared.position, checkpoints, verified, took["leaves"], took["conformance"], views)


def verified_a_second(signed: list[tuple[PublicKey, bytes, bytes]]) -> float:
    """Return how many of these all cores verify a second, each all of them, beginning together."""
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(CORES), context.SimpleQueue()
    processes = [context.Process(target=_verify, args=(signed, barrier, answers.put)) for _ in range(CORES)]
    for one in processes:
        one.start()
    spent = [answers.get() for _ in processes]
    for one in processes:
        one.join()
    return sum(len(signed) / seconds for seconds in spent)


def _verify(signed: list[tuple[PublicKey, bytes, bytes]], barrier: Barrier, answer: object) -> None:
    assert callable(answer)
    barrier.wait()
    began = time.perf_counter()
    for public, signature, message in signed:
        public.verify(signature, message)
    answer(time.perf_counter() - began)


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
