"""A batch: the rows that some acts become in every read model, and the new position, for one transaction.

What an act adds is worked out act by act; the cases that were touched are written once, as the last act leaves them.
A :class:`Batch` asks no database, so that several may be made at once (:mod:`projections.shares`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, update

from ledger import bodies as b
from ledger import iku
from ledger.case import Case, draft_of
from ledger.flags import flags
from ledger.replay import Step
from ledger.rows import Row, Rows
from ledger.streams import Stream
from projections import agenda, audit_trail, iku_state, mentions, papers, storage
from projections.interned import Interned
from projections.schema import AGENDA, CASES, DISPATCHES, INTERNED, MENTIONS, PAPERS, TRAIL, TRAIL_FLAGS, USED, VIEWS
from projections.walk import Walk, unexpected

#: What a batch adds: by table, rows as the driver takes them.
Added = dict[str, list[storage.Values]]
#: The tables in which it is added, and what becomes of a row that is there: what is interned, a document's first
#: mention and what was read of it stay; a case and what an office states are replaced.
_TABLES: tuple[tuple[Table, storage.Otherwise], ...] = (
    (INTERNED, "IGNORE"),
    (TRAIL, "ABORT"),
    (TRAIL_FLAGS, "ABORT"),
    (AGENDA, "ABORT"),
    (DISPATCHES, "ABORT"),
    (MENTIONS, "IGNORE"),
    (PAPERS, "IGNORE"),
    (USED, "REPLACE"),
    (CASES, "REPLACE"),
)


_MENTIONED_AT = itemgetter([column.name for column in MENTIONS.c].index("leaf_index"))


class Batch:
    """Collects what acts add; ``cases`` are the states of all cases that they touch."""

    def __init__(self, cases: dict[str, iku_state.State]) -> None:
        self._cases = cases
        self._added: dict[Table, list[dict[str, Any]]] = {table: [] for table, _ in _TABLES}
        self._touched: dict[str, Stream] = {}
        self._interned = Interned()
        #: The digests of the IKU documents that were made drafts.
        self.drafts: set[str] = set()

    def add(self, row: Row, step: Step) -> None:
        """Add what one act adds; raises NotJudged (``views.event``) where a read model knows nothing of it."""
        try:
            self._add(step)
        except (AssertionError, LookupError, ArithmeticError, ValueError, TypeError) as error:
            raise unexpected(row) from error

    def _add(self, step: Step) -> None:
        found, act, after = flags(step), step.done.act, step.after
        if isinstance(after.state, Case):
            state, late = iku_state.advance(self._cases.pop(act.stream, None), step, self._interned)
            found = (*found, *late)
            self._cases[act.stream] = state
            self._touched[act.stream] = after
            self._add_case(step, after.state)
        elif isinstance(act.body, b.NumberingEnacted):
            self._added[USED] += agenda.used_rows(step, act.body)
        self._added[TRAIL].append(audit_trail.row_of(step, found, self._interned))
        self._added[MENTIONS] += mentions.rows_of(step)
        self._added[TRAIL_FLAGS] += audit_trail.flag_rows(step, found)

    def _add_case(self, step: Step, case: Case) -> None:
        draft = draft_of(step.done.act.body) if isinstance(step.done.act.body, b.CaseBody) else None
        if draft is not None and draft.media_type == iku.MEDIA_TYPE:
            self.drafts.add(draft.digest)
        match step.done.act.body:
            case b.AgendaRecorded() as body:
                self._added[AGENDA].append(agenda.agenda_row(step, body, case.sop.unit))
            case b.DispatchRecorded() as body:
                self._added[DISPATCHES].append(agenda.dispatch_row(step, body))
            case _:
                pass

    def undated(self) -> set[str]:
        """Return the documents that say for which years their case is, since its opening does not."""
        states = [self._cases[name] for name in self._touched]
        held = [case.document for case in map(_case, self._touched.values())]
        return {
            one.digest
            for one, state in zip(held, states, strict=True)
            if one and one.media_type == iku.MEDIA_TYPE and not state["period"]
        }

    def added(self, kept: Mapping[str, Mapping[str, Any]]) -> Added:
        """Return what the acts add; ``kept`` holds what the :meth:`undated` documents say, by digest."""
        for name, stream in self._touched.items():
            state = iku_state.present(self._cases[name], stream)
            self._added[CASES].append(iku_state.row_of(state, kept) | agenda.unnumbered(state, stream))
        self._added[INTERNED] += self._interned.rows()
        return {table.name: storage.values(table, rows) for table, rows in self._added.items() if rows}


def _case(stream: Stream) -> Case:
    assert isinstance(stream.state, Case)
    return stream.state


def write(connection: Connection, added: Iterable[Added], found: Sequence[Row]) -> None:
    """Write what the leaves ``found`` add, and the position behind them, in the transaction that is held."""
    shares = tuple(added)
    for table, otherwise in _TABLES:
        rows = [row for one in shares for row in one.get(table.name, ())]
        if table is MENTIONS:
            rows.sort(key=_MENTIONED_AT)  # the first mention stays, whoever's share it is in
        storage.insert_values(connection, table, rows, otherwise=otherwise)
    first, last = found[0], found[-1]
    position: dict[str, Any] = {"position": last.index + 1, "leaf": last.leaf_hash.hex()}
    if first.index == 0:
        position["founding"] = first.leaf_hash.hex()
    connection.execute(update(VIEWS).values(position))


def project(connection: Connection, walk: Walk, rows: Rows, found: Sequence[Row], read: papers.Read) -> None:
    """Project ``found``, which stand at the walk's position; the transaction is the caller's.

    Raises Forged or NotJudged at the first that cannot be projected, naming leaf and kind in its facts; then neither
    the transaction nor the walk is of any more use.
    """
    batch = Batch(walk.cases)
    walk.load(connection, dict.fromkeys(row.stream for row in found))
    for row in found:
        batch.add(row, walk.step(rows, row))
    papers.keep(connection, batch.drafts, read)
    write(connection, [batch.added(papers.find(connection, batch.undated()))], found)
    walk.trim()
