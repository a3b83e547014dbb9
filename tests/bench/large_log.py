"""A log of a million leaves: how long a proof takes there, an act, and the start check against outside memory.

The leaves are made in turns of the journal by the code that seals acts (leaf hashes, tiles, frontier, a signed
checkpoint each commit), a thousand a commit. Every entry is as long as a real one, but the envelope in it is one act's,
over and over: nobody signed a million acts, and neither tree nor index looks into them. The acts that are timed on top
are real ones, and so is the register under them.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from keys.envelope import Envelope
from ledger import log
from ledger.application import Ledger
from ledger.checkpoint import sign_checkpoint
from ledger.entry import Entry
from ledger.merkle import grow, verify_inclusion
from ledger.outside_memory import OutsideMemory
from ledger.rows import Row
from tests.bench.databases import SQLITE, Database
from tests.bench.figure import Figure, short
from tests.bench.office import Bench
from tests.bench.sizes import Size

LEAVES = 1_000_000
#: Leaves that one commit seals.
TOGETHER = 1000
#: Acts of one stream, as many as a case has.
PER_STREAM = 12
#: Random leaves that are proved, in so many parts.
PROOFS, PARTS = 2000, 10
#: Checkpoints that the start is held against.
NOTES = 100


@dataclass(frozen=True)
class Measured:
    """Seconds: the 99th percentile and the median of a proof, a median act, the start check a note.

    The median proof and act also in a log of few leaves, the act also in an empty ledger.
    """

    proof: float
    median_proof: float
    median_proof_in_few: float
    act: float
    act_in_few: float
    act_when_empty: float
    check_of_a_note: float


def figures(folder: Path, size: Size, database: Database) -> list[Figure]:
    """Return what a proof, an act and the start check cost in the large log."""
    leaves = size.leaves_on(database.name)
    found = measure(folder, leaves, size.log_cases, size.few_leaves, database)
    many, few = short(leaves), f"the same in a log of {size.few_leaves:,} leaves"
    rows = [
        (f"append_{many}", found.act, found.act_in_few, few),
        (f"append_{many}_empty", found.act, found.act_when_empty, "the same in an empty ledger"),
        (f"proof_{many}", found.median_proof, found.median_proof_in_few, f"{few}; medians"),
        (f"proof_{many}_p99", found.proof, found.median_proof, "the median there"),
        (f"start_check_{many}_a_note", found.check_of_a_note, found.median_proof, "one inclusion proof"),
    ]
    return [Figure(name, value * 1e3, "ms", beside * 1e3, why, database.name) for name, value, beside, why in rows]


def fill(bench: Bench, leaves: int) -> None:
    """Grow a bench's ledger to so many leaves."""
    ledger = bench.kecamatan.ledger
    envelope = Envelope.parse(bench.round(0)[0])
    with ledger.reading() as rows:
        first = rows.size()
    made = _entries(envelope, bench.kecamatan.clock.now)
    while first < leaves:
        added = []
        for index in range(first, min(first + TOGETHER, leaves)):
            entry = next(made)
            stream = f"case:{uuid.UUID(int=1_000_000 + index // PER_STREAM)}"
            version = index % PER_STREAM + 1
            added.append(Row(index, stream, version, "disposition.issued", entry.data, entry.leaf_hash))
        with ledger._journal.turn(ledger.signer) as turn:  # as Turn.seal does, but nobody waits for receipts
            frontier, completed = grow(turn.frontier, [row.leaf_hash for row in added])
            note = sign_checkpoint(ledger.signer, ledger.signer.name, frontier.size, frontier.root)
            turn.rows.append(added, completed, frontier, note)
        first += len(added)


def _entries(envelope: Envelope, at: dt.datetime) -> Iterator[Entry]:
    """Yield entries that differ in nothing but the microsecond in which they were recorded."""
    while True:
        at += dt.timedelta(microseconds=1)
        yield Entry.record(envelope, at)


def measure(
    folder: Path, leaves: int = LEAVES, cases: int = 60, few_leaves: int | None = None, database: Database = SQLITE
) -> Measured:
    """Return what is measured at so many leaves; acts by turns here, at few leaves, and where only the office is open.

    ``few_leaves`` is a hundredth of ``leaves`` if it is not given. Proofs at both sizes are by turns too.
    """
    large, few, empty = (Bench(folder / name, cases, database.at(folder / name)) for name in ("large", "few", "empty"))
    for bench, count in ((large, leaves), (few, few_leaves or leaves // 100)):
        fill(bench, count)
        bench.kecamatan.clock.now = dt.datetime.now(dt.UTC)
    proofs, proofs_in_few = list[float](), list[float]()
    for part in range(PARTS):
        proofs += proving(large.kecamatan.ledger, part)
        proofs_in_few += proving(few.kecamatan.ledger, part)
    check = checking(large.kecamatan.ledger, folder / "notes", leaves)
    sides = [(bench, list[float]()) for bench in (large, few, empty)]
    order = list(range(len(sides)))
    for number in range(large.rounds):
        for acts in zip(*(bench.round(number) for bench, _ in sides), strict=True):
            order.append(order.pop(0))  # each is first as often as the others
            for which in order:
                bench, spent = sides[which]
                began = time.perf_counter()
                bench.kecamatan.ledger.record(acts[which])
                spent.append(time.perf_counter() - began)
    for bench, _ in sides:
        bench.kecamatan.ledger.close()
    act, act_in_few, act_when_empty = (statistics.median(spent) for _, spent in sides)
    of_proofs = statistics.quantiles(proofs, n=100)[98], statistics.median(proofs), statistics.median(proofs_in_few)
    return Measured(*of_proofs, act, act_in_few, act_when_empty, check)


def proving(ledger: Ledger, part: int) -> list[float]:
    """Return the seconds in which each of some random leaves is proved from the database; all proofs hold."""
    chosen = random.Random(part)  # noqa: S311  the same leaves in every run, not a secret
    spent, proofs = [], []
    with ledger.reading() as rows:
        leaves, root = rows.size(), rows.frontier().root
        for index in (chosen.randrange(leaves) for _ in range(PROOFS // PARTS)):
            began = time.perf_counter()
            proof = log.inclusion(rows, index, leaves)
            spent.append(time.perf_counter() - began)
            proofs.append((index, proof, rows.hashes(0, index, 1)[0]))
    for index, proof, leaf in proofs:
        verify_inclusion(index=index, size=leaves, leaf_hash=leaf, proof=proof, root=root)
    return spent


def checking(ledger: Ledger, notes: Path, leaves: int) -> float:
    """Return the seconds a note that reading outside memory and holding it against the journal takes."""
    chosen = random.Random(2)  # noqa: S311  the same leaves in every run, not a secret
    notes.mkdir()
    with ledger.reading() as rows:
        for number in range(NOTES):
            (size, note), *_ = rows.checkpoints(chosen.randrange(leaves), 1)
            (notes / f"{number}-{size}").write_bytes(note)
        began = time.perf_counter()
        OutsideMemory.read([notes], ledger.signer.vkey).require_continued(rows, notes / "evidence")
        return (time.perf_counter() - began) / NOTES
