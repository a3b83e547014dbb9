"""A batch: the rows that some acts become in every read model, and the new position, for one transaction.

What an act adds is worked out act by act; the cases that were touched are written once, as the last act leaves them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, update

from ledger import bodies as b
from ledger import iku
from ledger.case import Case, draft_of
from ledger.flags import flags
from ledger.replay import Step
from ledger.rows import Row, Rows
from ledger.streams import Stream
from projections import agenda, audit_trail, iku_state, mentions, papers, time_spent
from projections.schema import AGENDA, CASES, DISPATCHES, MENTIONS, TRAIL, TRAIL_FLAGS, USED, VIEWS
from projections.storage import insert_rows
from projections.walk import Walk, unexpected


class Batch:
    """Collects rows; :meth:`write` writes them. ``read`` returns a document's bytes by digest."""

    def __init__(self, walk: Walk, read: papers.Read) -> None:
        self._walk = walk
        self._read = read
        self._added: dict[Table, list[dict[str, Any]]] = {
            TRAIL: [],
            TRAIL_FLAGS: [],
            AGENDA: [],
            DISPATCHES: [],
        }
        self._mentions: list[dict[str, Any]] = []
        self._used: list[dict[str, Any]] = []
        self._touched: dict[str, Stream] = {}
        self._papers: set[str] = set()
        self._last: Step | None = None

    def add(self, row: Row, step: Step) -> None:
        """Add what one act adds; raises NotJudged (``views.event``) where a read model knows nothing of it."""
        try:
            self._add(step)
        except (AssertionError, LookupError, ArithmeticError, ValueError, TypeError) as error:
            raise unexpected(row) from error
        self._last = step

    def _add(self, step: Step) -> None:
        found, act, after = flags(step), step.done.act, step.after
        if isinstance(after.state, Case):
            state = iku_state.advance(self._walk.cases.pop(act.stream, None), step, found)
            found = (*found, *time_spent.late(state, step.done.index))
            self._walk.cases[act.stream] = state
            self._touched[act.stream] = after
            self._add_case(step, after.state)
        elif isinstance(act.body, b.NumberingEnacted):
            self._used += agenda.used_rows(step, act.body)
        self._added[TRAIL].append(audit_trail.row_of(step, found))
        self._mentions += mentions.rows_of(step)
        self._added[TRAIL_FLAGS] += audit_trail.flag_rows(step, found)

    def _add_case(self, step: Step, case: Case) -> None:
        draft = draft_of(step.done.act.body) if isinstance(step.done.act.body, b.CaseBody) else None
        if draft is not None and draft.media_type == iku.MEDIA_TYPE:
            self._papers.add(draft.digest)
        match step.done.act.body:
            case b.AgendaRecorded() as body:
                self._added[AGENDA].append(agenda.agenda_row(step, body, case.sop.unit))
            case b.DispatchRecorded() as body:
                self._added[DISPATCHES].append(agenda.dispatch_row(step, body))
            case _:
                pass

    def write(self, connection: Connection) -> None:
        """Write rows and position in the transaction that ``connection`` holds."""
        if self._last is None:
            raise AssertionError("a batch without an act has no position")
        states = [iku_state.present(self._walk.cases[name], stream) for name, stream in self._touched.items()]
        undated = {state["document"]["digest"] for state in states if state["document"] and not state["period"]}
        papers.keep(connection, self._papers, self._read)
        kept = papers.find(connection, undated)
        for table, rows in self._added.items():
            insert_rows(connection, table, rows)
        insert_rows(connection, MENTIONS, self._mentions, otherwise="IGNORE")
        insert_rows(connection, USED, self._used, otherwise="REPLACE")
        shown = [
            iku_state.row_of(state, kept) | agenda.unnumbered(state, stream)
            for state, stream in zip(states, self._touched.values(), strict=True)
        ]
        insert_rows(connection, CASES, shown, otherwise="REPLACE")
        done = self._last.done
        position: dict[str, Any] = {"position": done.index + 1, "leaf": done.leaf}
        if len(self._added[TRAIL]) > done.index:  # the batch began at leaf 0
            position["founding"] = self._added[TRAIL][0]["leaf"]
        connection.execute(update(VIEWS).values(position))


def project(connection: Connection, walk: Walk, rows: Rows, found: Sequence[Row], read: papers.Read) -> None:
    """Project ``found``, which stand at the walk's position; the transaction is the caller's.

    Raises Forged or NotJudged at the first that cannot be projected, naming leaf and kind in its facts; then neither
    the transaction nor the walk is of any more use.
    """
    batch = Batch(walk, read)
    walk.load(connection, dict.fromkeys(row.stream for row in found))
    for row in found:
        batch.add(row, walk.step(rows, row))
    batch.write(connection)
    walk.trim()
