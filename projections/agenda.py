"""The book of outgoing letters: one row a number given, its deliveries, and what is missing or doubled among them.

Running numbers and row numbers are one row of numbers each a unit, office code and year, whatever the classification.
Gaps, doubles and blanks are derived when they are asked for. The ledger allows a gap, so an inspector sees it; it
refuses a double (:mod:`ledger.agenda_book`), so one is shown only where an older history holds it.

Order of the file: the rows that acts become, then what is asked.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from keys.authority import WIB
from ledger import bodies as b
from ledger.case import Case
from ledger.enactment import Enactments
from ledger.replay import Step
from ledger.streams import Stream
from projections.audit_trail import utc
from projections.schema import AGENDA, CASES, DISPATCHES, TRAIL, USED

# The rows of a unit's book (unit, office code) by a number that they bear.
_Books = Mapping[tuple[str, str], Mapping[int, list[dict[str, Any]]]]


def agenda_row(step: Step, body: b.AgendaRecorded, unit: str) -> dict[str, Any]:
    """Return the book's row of ``agenda.recorded``."""
    return {
        "leaf_index": step.done.index,
        "case_id": step.done.act.stream.removeprefix("case:"),
        "unit": unit,
        "year": body.number.year,
        "agenda_no": body.agenda_no,
        "number": body.number.text(),
        "running": body.number.running,
        "office_code": body.number.office_code,
        "letter_date": body.letter_date,
        "sent_date": body.sent_date,
        "addressee": body.addressee,
        "summary": body.summary,
        "remark": body.remark,
        "document": body.document,
    }


def dispatch_row(step: Step, body: b.DispatchRecorded) -> dict[str, Any]:
    """Return the row of ``dispatch.recorded``."""
    return {
        "leaf_index": step.done.index,
        "case_id": step.done.act.stream.removeprefix("case:"),
        "recipient": body.recipient,
        "method": body.method,
        "copies": body.copies,
        "received_by": body.received_by,
        "received_at": body.received_at,
        "evidence": body.evidence.digest,
    }


def used_rows(step: Step, body: b.NumberingEnacted) -> list[dict[str, Any]]:
    """Return what ``numbering.enacted`` says of numbers that were given on paper: one row, or none."""
    state = step.after.state
    assert isinstance(state, Enactments)
    if body.used is None:
        return []
    where = {"sop": state.in_force.slug, "unit": state.in_force.unit, "office_code": body.office_code}
    return [where | body.used.model_dump() | {"leaf_index": step.done.index}]


def unnumbered(state: Mapping[str, Any], stream: Stream) -> dict[str, int | None]:
    """Return the case's column that says which signature of it still waits for a letter number."""
    case = stream.state
    assert isinstance(case, Case)
    waits = case.signature is not None and case.number is None and _numbers_letters(case)
    return {"unnumbered_index": state["signature"]["leaf_index"] if waits else None}


def _numbers_letters(case: Case) -> bool:
    return any("agenda.recorded" in step.activities for step in case.sop.steps)


def agenda(connection: Connection, year: int, unit: str | None = None) -> dict[str, Any]:
    """Return the book of a year's letter numbers, of one unit or all.

    ``rows``             the letters, each with its ``dispatches``; both with the ``flags`` of their act
    ``used``             ``{"unit", "office_code", "sop", "running", "agenda_no", "leaf_index"}``: up to these two
                         numbers were given on paper before, as stated for this SOP
    ``blanks``           ``{"case", "unit", "subject", "document", "signed_at", "claimed_at", "leaf", "leaf_index"}``:
                         signed in this year (recorded, WIB), and without a number
    ``gaps``             ``{"unit", "office_code", "first", "last"}``: no letter has these running numbers, which are
                         above those used and below the highest
    ``duplicates``       ``{"unit", "office_code", "running", "numbers", "leaf_indices"}``
    ``row_gaps``         as ``gaps``, among the row numbers
    ``row_duplicates``   as ``duplicates``, with ``agenda_no``
    """
    chosen = [AGENDA.c.year == year] if unit is None else [AGENDA.c.year == year, AGENDA.c.unit == unit]
    order = (AGENDA.c.unit, AGENDA.c.office_code, AGENDA.c.running, AGENDA.c.leaf_index)
    rows = [dict(one._mapping) for one in connection.execute(_with_flags(AGENDA).where(*chosen).order_by(*order))]
    sent = _dispatches(connection, select(AGENDA.c.case_id).where(*chosen))
    for row in rows:
        row["case"] = row.pop("case_id")
        row["dispatches"] = sent[row["case"]]
    used = _used(connection, year, unit)
    running, agenda_no = (_books(rows, number) for number in ("running", "agenda_no"))
    return {
        "year": year,
        "unit": unit,
        "rows": rows,
        "used": used,
        "blanks": _blanks(connection, year, unit),
        "gaps": _gaps(running, used, "running"),
        "duplicates": _duplicates(running, "running"),
        "row_gaps": _gaps(agenda_no, used, "agenda_no"),
        "row_duplicates": _duplicates(agenda_no, "agenda_no"),
    }


def highest(connection: Connection, office_code: str, year: int) -> tuple[int, int]:
    """Return the highest running number and row number that were given, here or on paper; 0 where there is none."""
    given = [
        connection.execute(
            select(func.max(table.c.running), func.max(table.c.agenda_no)).where(
                table.c.year == year, table.c.office_code == office_code
            )
        ).one()
        for table in (AGENDA, USED)
    ]
    return max(one[0] or 0 for one in given), max(one[1] or 0 for one in given)


def _books(rows: Iterable[dict[str, Any]], number: str) -> _Books:
    """Return the rows of each book by ``number``, ascending."""
    books: dict[tuple[str, str], dict[int, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(rows, key=lambda row: (row["unit"], row["office_code"], row[number])):
        books[row["unit"], row["office_code"]][row[number]].append(row)
    return books


def _gaps(books: _Books, used: list[dict[str, Any]], number: str) -> list[dict[str, Any]]:
    """Return the runs of numbers that are missing below the highest of each book, above what was used on paper."""
    found = []
    for (unit, code), taken in books.items():
        of = [one[number] for one in used if (one["unit"], one["office_code"]) == (unit, code)]
        expected = max(of, default=0) + 1
        for one in taken:
            if one > expected:
                found.append({"unit": unit, "office_code": code, "first": expected, "last": one - 1})
            expected = max(expected, one + 1)
    return found


def _duplicates(books: _Books, number: str) -> list[dict[str, Any]]:
    return [
        {
            "unit": unit,
            "office_code": code,
            number: one,
            "numbers": sorted({row["number"] for row in rows}),
            "leaf_indices": [row["leaf_index"] for row in rows],
        }
        for (unit, code), taken in books.items()
        for one, rows in taken.items()
        if len(rows) > 1
    ]


def _used(connection: Connection, year: int, unit: str | None) -> list[dict[str, Any]]:
    columns = (USED.c.unit, USED.c.office_code, USED.c.sop, USED.c.running, USED.c.agenda_no, USED.c.leaf_index)
    asked = select(*columns).where(USED.c.year == year).order_by(*columns[:3])
    if unit is not None:
        asked = asked.where(USED.c.unit == unit)
    return [dict(one._mapping) for one in connection.execute(asked)]


def _blanks(connection: Connection, year: int, unit: str | None) -> list[dict[str, Any]]:
    begins, ends = dt.datetime(year, 1, 1, tzinfo=WIB), dt.datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=WIB)
    first, last = (utc(moment.astimezone(dt.UTC)) for moment in (begins, ends))
    asked = (
        select(
            CASES.c.case_id.label("case"),
            CASES.c.unit,
            CASES.c.state["subject"].label("subject"),
            TRAIL.c.marked.label("document"),
            TRAIL.c.recorded_at.label("signed_at"),
            TRAIL.c.occurred_at.label("claimed_at"),
            TRAIL.c.leaf,
            TRAIL.c.leaf_index,
        )
        .join_from(CASES, TRAIL, CASES.c.unnumbered_index == TRAIL.c.leaf_index)
        .where(CASES.c.unnumbered_index.is_not(None))
        .where(TRAIL.c.recorded_at.between(first, last))
        .order_by(TRAIL.c.leaf_index)
    )
    if unit is not None:
        asked = asked.where(CASES.c.unit == unit)
    return [dict(one._mapping) for one in connection.execute(asked)]


def _with_flags(table: Table) -> Select[Any]:
    """Return a query of the rows of ``table``, each with what stands out about its act."""
    return select(table, TRAIL.c.flags).join_from(table, TRAIL, table.c.leaf_index == TRAIL.c.leaf_index)


def _dispatches(connection: Connection, cases: Select[Any]) -> dict[str, list[dict[str, Any]]]:
    statement = _with_flags(DISPATCHES).where(DISPATCHES.c.case_id.in_(cases)).order_by(DISPATCHES.c.leaf_index)
    sent: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in connection.execute(statement):
        row = dict(one._mapping)
        sent[row.pop("case_id")].append(row)
    return sent
