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
from ledger.application import Ledger
from ledger.checkpoint import sign_checkpoint
from ledger.entry import Entry
from ledger.merkle import grow, prove_inclusion, verify_inclusion
from ledger.outside_memory import OutsideMemory
from ledger.rows import Row
from tests.bench.office import Bench

LEAVES = 1_000_000
#: Leaves that one commit seals.
TOGETHER = 1000
#: Acts of one stream, as many as a case has.
PER_STREAM = 12
#: Random leaves that are proved.
PROOFS = 2000
#: Checkpoints that the start is held against.
NOTES = 100


@dataclass(frozen=True)
class Measured:
    """Seconds: the 99th percentile of a proof, a median act here and in an empty ledger, the start check a note."""

    proof: float
    act: float
    act_when_empty: float
    check_of_a_note: float


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


def measure(folder: Path, leaves: int = LEAVES, cases: int = 60) -> Measured:
    """Return what is measured at so many leaves; acts by turns here and in a ledger where only the office is open."""
    large, empty = Bench(folder / "large", cases), Bench(folder / "empty", cases)
    fill(large, leaves)
    large.kecamatan.clock.now = dt.datetime.now(dt.UTC)
    proof = proving(large.kecamatan.ledger, leaves)
    check = checking(large.kecamatan.ledger, folder / "notes", leaves)
    here, there = list[float](), list[float]()
    sides = [(large.kecamatan.ledger.record, here), (empty.kecamatan.ledger.record, there)]
    for number in range(large.rounds):
        for pair in zip(large.round(number), empty.round(number), strict=True):
            sides.reverse()  # now one is first, now the other
            for record, spent in sides:
                began = time.perf_counter()
                record(pair[0] if spent is here else pair[1])
                spent.append(time.perf_counter() - began)
    for bench in (large, empty):
        bench.kecamatan.ledger.close()
    return Measured(proof, statistics.median(here), statistics.median(there), check)


def proving(ledger: Ledger, leaves: int) -> float:
    """Return the 99th percentile of the seconds in which a random leaf is proved from the database; all proofs hold."""
    chosen = random.Random(1)  # noqa: S311  the same leaves in every run, not a secret
    spent, proofs = [], []
    with ledger.reading() as rows:
        root = rows.frontier().root
        for index in (chosen.randrange(leaves) for _ in range(PROOFS)):
            began = time.perf_counter()
            proof = prove_inclusion(rows, index, leaves)
            spent.append(time.perf_counter() - began)
            proofs.append((index, proof, rows.hashes(0, index, 1)[0]))
    for index, proof, leaf in proofs:
        verify_inclusion(index=index, size=leaves, leaf_hash=leaf, proof=proof, root=root)
    return statistics.quantiles(spent, n=100)[98]


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
