"""The audit: every leaf of a log verified again from its bytes, by someone who believes nothing of who keeps it.

What is given is a copy of the store (or a service, which gives its entries), the log's public key, and, if the auditor
has them, the leaf hash of leaf 0 and checkpoints that somebody kept. What is checked; the numbers stand again in the
code, here and in the rooms named:

1.  Framing: the leaves are gapless from 0 and there is no row beside them; each row is an entry, read strictly.
2.  Leaf hashes: each is SHA-256(0x00 || entry).
3.  Tree: tiles and frontier follow from the leaf hashes (:mod:`ledger.audit_seals`).
4.  Checkpoints: each is signed by the log and follows from the leaf hashes; the newest covers all of them; the log
    begins with what each remembered checkpoint seals.
5.  Columns: they say what the signed bytes say.
6.  Signatures: each is by the key that its envelope names, and that key stands in the register at that index.
7.  Authority: the signer held, at that leaf index, the power that the act needs.
8.  Chain: the act continues its stream; the checkpoint that its signer has ``seen`` is this log's, and covers what the
    act continues (:mod:`ledger.audit_leaves`, as 2 and 5 to 7).
9.  Procedure: what register, SOP and case take, replayed by the code that accepted it
    (:mod:`ledger.audit_conformance`); letter numbers over all cases (:mod:`ledger.audit_book`).
10. Documents: each one that an act names is there and hashes to its digest.
11. Time: ``recorded_at`` never decreases.
12. Views: they are what a fresh fold makes; not here, for read models stand above the ledger
    (:mod:`projections.compare`).

Signature (6) and authority (7) are two verdicts, and counted apart: one may hold where the other does not. A leaf is
*verified* when nothing was found about it. What comes after a broken leaf in its stream cannot be judged: that is said
as it is, never as proved. So it is with letter numbers after a leaf that has or may have changed their book and does
not hold, and with everything, after the register is lost.

All cores work (:mod:`ledger.audit_workers`): cases are shared out whole, the register and the SOPs are judged once and
told to everybody, and what is held against all leaves at once (tree, ``seen``, time, numbers) is done here, in leaf
order. So the report is the same for any number of workers. Columns are believed by nobody: who shares out looks at the
signed bytes, and a row whose columns say otherwise is broken, and every stream that either names is lost after it.

Since a sound audit: what was verified then need not be verified again. If the leaves, hashed anew, have the root up to
which the auditor kept that an audit of them was sound, then they are the same bytes, and the verdicts on them, which
follow from these bytes alone, are the same. So the leaves below it are hashed and folded only; tree, checkpoints, time
and documents, whose bytes are in no leaf, are checked from leaf 0 on all the same. The report says from which leaf on
signatures were verified in this run. Where the root is another, everything is verified. A checkpoint that somebody
remembers is no such thing, whoever verified that the log continues it: consistency says nothing of a signature.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Protocol

from ledger.audit_book import Book
from ledger.audit_conformance import Conformance
from ledger.audit_ground import Grounds
from ledger.audit_leaf import Outcome
from ledger.audit_leaves import Verifier, streams_of
from ledger.audit_questions import questioned_acts
from ledger.audit_remembered import SoundAudit
from ledger.audit_report import BROKEN, FRAMING, NOT_JUDGED, TIME, Finding, Report, broken
from ledger.audit_routes import Routes
from ledger.audit_seals import Seals, StoredTree, opened
from ledger.audit_shares import Done, Given, Item, Lost, Task
from ledger.audit_workers import Crew
from ledger.checkpoint import SignedCheckpoint
from ledger.merkle import HASH_BYTES, Frontier, grow, leaf_hash
from ledger.note import VerifierKey
from ledger.rows import Row
from ledger.store import documents_in, open_store
from ledger.successor import predecessor_in_words

__all__ = ["BROKEN", "NOT_JUDGED", "Audit", "Brief", "Finding", "Report", "audit"]

Progress = Callable[[int, int], None]
#: Leaves that a process is given at once: so few that a task fits into the line, and nobody waits for another to read
#: theirs. With fewer for each, fewer processes work.
LEAVES_EACH = 125
_LEAF = attrgetter("leaf")
#: Rows and checkpoints that are read at once.
_READ = 500


def _untold(done: int, total: int) -> None:
    """Tell nobody."""


class Leaves(Protocol):
    """A log that is audited: rows in leaf order, and checkpoints in order of size."""

    def count(self) -> int:
        """Return the number of rows, whatever their order."""
        ...

    def entries(self, start: int, limit: int) -> list[Row]:
        """Return the rows of at most ``limit`` leaves from ``start``, in leaf order."""
        ...

    def checkpoints(self, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Return (size, checkpoint) of at most ``limit`` checkpoints from size ``start``, in order of size."""
        ...


@dataclass(frozen=True, slots=True)
class Brief:
    """What an auditor brings: the log's key, the leaf hash (hex) of leaf 0, checkpoints that somebody kept.

    ``since`` are audits that the auditor kept as sound; the newest that the log still covers counts, and the log must
    begin with all of them. ``workers`` is the most processes that may work; ``progress`` is told now and then how many
    leaves of how many are done. ``sources`` says where a checkpoint was kept, by its bytes.
    """

    vkey: VerifierKey
    founding: str | None = None
    remembered: tuple[SignedCheckpoint, ...] = ()
    since: tuple[SoundAudit, ...] = ()
    workers: int = 1
    progress: Progress = _untold
    sources: Mapping[bytes, str] = field(default_factory=dict)


def audit(
    folder: Path,
    *,
    vkey: VerifierKey,
    founding: str | None = None,
    remembered: tuple[SignedCheckpoint, ...] = (),
    since: tuple[SoundAudit, ...] = (),
    workers: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Return what the checks find in the store in ``folder``; the others are the members of :class:`Brief`.

    Raises NotFound where there is no store, Forged where the database file itself cannot be read, NotJudged
    (``audit.worker``, ``audit.remembered``) where the audit did not come to its end.
    """
    brief = Brief(vkey, founding, remembered, since, workers, progress or _untold)
    with open_store(folder) as rows:
        return Audit(rows, documents_in(folder).read, brief, rows).run()


@dataclass(slots=True)
class _Batch:
    """Leaves that are gone over at once: what was sealed, in which stream, and what was said of them here."""

    first: int
    sealed: list[bytes] = field(default_factory=list)
    streams: list[tuple[str, str | None]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


class Audit:
    """One walk through a log; ``stored`` is what is kept of its tree, None where that is nobody's to see."""

    def __init__(
        self, leaves: Leaves, read: Callable[[str], bytes], brief: Brief, stored: StoredTree | None = None
    ) -> None:
        self._leaves = leaves
        self._brief = brief
        self._stored = stored
        self._total = leaves.count()
        self._report = report = Report(workers=max(1, min(brief.workers, self._total // LEAVES_EACH)))
        report.verified_from = self._verified_before()
        self._crew = Crew(report.workers, brief.vkey, read, report.verified_from)
        self._grounds = Grounds()
        self._verifier = Verifier(self._grounds, report.verified_from)
        self._conformance = Conformance(self._grounds, brief.vkey, read)
        self._routes = Routes(report.workers)
        self._seals = Seals()
        self._book = Book(report.verified_from)
        self._notes = self._all_notes()
        self._next_note = next(self._notes, None)
        self._newest_note = b""
        self._newest_at = ""
        self._said: dict[int, tuple[Finding, ...]] = {}

    def run(self) -> Report:
        """Return the report."""
        began, report = time.perf_counter(), self._report
        conformance = 0.0
        for batch, done in self._crew.work(self._batches()):  # 1, 2, 5 to 10: each by its process
            self._told(batch, done)  # 3, 4, 8, 11: in leaf order
            conformance += sum(one.conformance for one in done)
            self._brief.progress(min(self._seals.tree.size, self._total - 1), self._total)
        for before, after in self._book.close():  # 9: letter numbers
            self._count(before, -1)
            self._count(after, 1)
        self._ended()  # 1, 3, 4
        self._brief.progress(self._total, self._total)
        report.findings += self._seals.findings
        report.findings += [one for leaf in sorted(self._said) for one in self._said[leaf]]
        report.findings.sort(key=lambda one: (one.leaf is None, one.leaf or 0))
        report.checkpoint = self._newest_note.decode() if report.sound else ""
        report.took["conformance"] = conformance / report.workers
        report.took["leaves"] = time.perf_counter() - began - report.took["conformance"]
        return report

    # --- sharing out ----------------------------------------------------------------------------------------

    def _batches(self) -> Iterator[tuple[_Batch, list[Task]]]:
        """Yield leaves in order, with a task for each process; a gap is the end, for nothing after it has a place."""
        at, most = 0, LEAVES_EACH * self._report.workers
        while rows := self._leaves.entries(at, most):
            batch, tasks = _Batch(at), [Task() for _ in range(self._report.workers)]
            for row in rows:
                if row.index != at:
                    break
                self._share_out(row, batch, tasks)
                at += 1
            self._share_notes(at, tasks)
            yield batch, tasks
            if at < batch.first + len(rows):
                self._find(at, FRAMING, "entry.missing", f"Daun {at} tidak ada dalam penyimpanan.")
                return

    def _share_out(self, row: Row, batch: _Batch, tasks: list[Task]) -> None:
        route = self._routes.route(row)
        batch.sealed.append(row.leaf_hash if len(row.leaf_hash) == HASH_BYTES else leaf_hash(row.data))
        batch.streams.append((row.stream, route.replaces))
        if route.share is not None:
            tasks[route.share].items.append(row)
            return
        batch.outcomes.append(self._conformance.judge(self._verifier.verify(row)))
        own = self._grounds.stream(row.stream)
        holds = own is not None and own.index == row.index
        told: Item = Given(row) if holds else Lost(row.index, tuple(sorted(streams_of(row))))
        for task in tasks:
            task.items.append(told)

    def _share_notes(self, size: int, tasks: list[Task]) -> None:
        """Have the checkpoints opened up to this size."""
        number = 0
        while self._next_note is not None and self._next_note[0] <= size:
            tasks[number % len(tasks)].notes.append(self._next_note)
            self._newest_note = self._next_note[1]
            self._next_note = next(self._notes, None)
            number += 1

    def _all_notes(self) -> Iterator[tuple[int, bytes]]:
        start = -(2**63)
        while notes := self._leaves.checkpoints(start, _READ):
            yield from notes
            start = notes[-1][0] + 1

    # --- in leaf order --------------------------------------------------------------------------------------

    def _told(self, batch: _Batch, done: list[Done]) -> None:
        """Hold what was said of some leaves against all before them."""
        self._seals.grow(batch.sealed, sorted(seal for one in done for seal in one.seals))
        outcomes = sorted(chain(batch.outcomes, *(one.outcomes for one in done)), key=_LEAF)
        for outcome, (stream, replaces) in zip(outcomes, batch.streams, strict=True):  # whoever was given one answered
            if outcome.signed:
                seen = self._seals.seen(outcome.leaf, *outcome.seen) if outcome.seen else None  # 8
                late = self._in_time(outcome.leaf, outcome.at)  # 11
                if seen or late:
                    outcome = outcome._replace(own=(*outcome.own, *filter(None, (seen, late))))
            self._count(outcome, 1)
            self._book.met(stream, outcome, replaces)
        if outcomes:
            self._report.newest_recorded_at = outcomes[-1].at

    def _in_time(self, leaf: int, at: str) -> Finding | None:
        """Hold the time of recording to those before it; of one length, such texts compare as times."""
        if at >= self._newest_at:
            self._newest_at = at
            return None
        return broken(leaf, TIME, "entry.time", "Waktu catat mundur dari daun sebelumnya.")

    def _count(self, outcome: Outcome, by: int) -> None:
        """Count a leaf under its two verdicts, or no more; keep what is found about it."""
        if outcome.signature is not None and outcome.authority is not None:
            self._report.signature[outcome.signature] += by
            self._report.authority[outcome.authority] += by
        if outcome.own or outcome.judged:
            self._said[outcome.leaf] = (*outcome.own, *outcome.judged)

    def _ended(self) -> None:
        """Hold the end of the log to what is there besides."""
        report, tree = self._report, self._seals.tree
        size = report.leaves = tree.size
        report.root = tree.root(size)
        founded = self._verifier.founding
        report.synthetic = founded.synthetic if founded else None
        report.predecessor = predecessor_in_words(founded.successor_of) if founded and founded.successor_of else ""
        if size:
            report.founding = tree.leaves[0].hex()
        if size and self._brief.founding not in (None, report.founding):
            self._find(0, FRAMING, "ledger.founded", "Daun 0 bukan pendirian yang Anda pegang.")
        if self._total != size:
            stray = self._total - size
            self._find(None, FRAMING, "entry.stray", f"Ada {stray} baris di luar urutan daun 0 sampai {size - 1}.")
        self._seals.end(self._next_note[0] if self._next_note else None)
        if self._stored is not None:
            self._seals.hold_stored(self._stored)
        brought = (*self._brief.remembered, *(one.signed for one in self._brief.since))
        report.remembered = self._seals.extend_remembered(brought, self._brief.sources, self._note_over)
        report.founding_pinned = self._brief.founding is not None
        report.questioned = list(questioned_acts(self._grounds.register(), self._leaves.entries, size))
        report.unsealed_from = self._seals.unsealed_from

    def _note_over(self, size: int) -> bytes | None:
        """Return the checkpoint that is shown over so many leaves, if the log signed it."""
        for at, note in self._leaves.checkpoints(size, 1):
            seal = opened(at, note, self._brief.vkey)
            return note if at == size == seal.size and seal.fault is None else None
        return None

    def _find(self, leaf: int | None, step: int, rule: str, sentence: str) -> None:
        self._report.findings.append(broken(leaf, step, rule, sentence))

    # --- since a sound audit --------------------------------------------------------------------------------

    def _verified_before(self) -> int:
        """Return how many leaves are, byte for byte, those that were verified before; 0 if that is not certain."""
        kept = [one for one in self._brief.since if one.signed.checkpoint.size <= self._total]
        newest = max(kept, key=lambda one: one.signed.checkpoint.size, default=None)
        if newest is None:
            return 0
        upto, frontier = newest.signed.checkpoint, Frontier()
        while frontier.size < upto.size:
            rows = self._leaves.entries(frontier.size, min(_READ, upto.size - frontier.size))
            if [row.index for row in rows] != list(range(frontier.size, frontier.size + len(rows))) or not rows:
                return 0
            hashes = [leaf_hash(row.data) for row in rows]
            if frontier.size == 0 and hashes[0].hex() != newest.founding:
                return 0
            frontier, _ = grow(frontier, hashes)
        return upto.size if frontier.root == upto.root else 0
