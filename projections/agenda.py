"""The book of outgoing letters: one row a number given, its deliveries, and what is missing or doubled among them.

Counted as the ledger counts (:mod:`ledger.agenda_book`): running numbers and row numbers are one row of numbers each a
year and an office code, however that is spelled and whichever unit uses it. Gaps, leaps, doubles and blanks are derived
when they are asked for (:mod:`projections.agenda_checks`). The ledger allows a gap, so an inspector sees it; it
refuses a double, so one is shown only where an older history holds it. Rows stay as they were signed; what was
corrected stands beside them.

Order of the file: the rows that acts become, then what is asked.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select

from keys.authority import WIB
from ledger import bodies as b
from ledger.agenda_book import code_key
from ledger.case import Case
from ledger.enactment import Enactments
from ledger.replay import Step
from ledger.streams import Stream
from projections.agenda_checks import Book, Found, below_used, duplicates, each, gaps, last_ordinary, leaps
from projections.audit_trail import utc
from projections.schema import AGENDA, CASES, DISPATCHES, TRAIL, USED


def agenda_row(step: Step, body: b.AgendaRecorded, unit: str) -> dict[str, Any]:
    """Return the book's row of ``agenda.recorded``."""
    return {
        "leaf_index": step.done.index,
        "case_id": step.done.act.stream.removeprefix("case:"),
        "unit": unit,
        "book": code_key(body.number.office_code),
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
        "paper": body.paper is not None,
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
    where = {"sop": state.in_force.slug, "unit": state.in_force.unit}
    code = {"book": code_key(body.office_code), "office_code": body.office_code}
    return [where | code | body.used.model_dump() | {"leaf_index": step.done.index}]


def unnumbered(state: Mapping[str, Any], stream: Stream) -> dict[str, int | None]:
    """Return the case's column that says which signature of it still waits for a letter number."""
    case = stream.state
    assert isinstance(case, Case)
    waits = case.signature is not None and case.number is None and _numbers_letters(case)
    return {"unnumbered_index": state["signature"]["leaf_index"] if waits else None}


def _numbers_letters(case: Case) -> bool:
    return any("agenda.recorded" in step.activities for step in case.sop.steps)


def agenda(connection: Connection, year: int, unit: str | None = None) -> dict[str, Any]:
    """Return the book of a year's letter numbers: of one unit, with whatever there is in the books it uses, or all.

    ``rows``             the letters, each with its ``dispatches``; both with the ``flags`` of their act and its
                         ``corrections``: ``{"field", "old", "new", "leaf_index"}``
    ``used``             ``{"unit", "office_code", "sop", "running", "agenda_no", "leaf_index"}``: up to these two
                         numbers were given on paper before, as stated last, for this SOP of this unit
    ``below_used``       ``{"case", "unit", "office_code", "number", "agenda_no", "leaf_index"}``: has one of those
                         numbers and was not recorded from paper
    ``blanks``           ``{"case", "unit", "subject", "document", "signed_at", "claimed_at", "leaf", "leaf_index"}``:
                         signed in this year (recorded, WIB), and without a number
    ``repeated``         ``{"case", "unit", "numbers", "leaf_indices"}``: has more than one number, of any year
    ``gaps``             ``{"office_code", "first", "last"}``: no letter has these running numbers, which are above
                         those used and below the highest
    ``leaps``            ``{"office_code", "after", "running", "leaf_indices"}``: further from the number before it
                         than the next one can be; nothing is counted on from there
    ``duplicates``       ``{"office_code", "running", "numbers", "leaf_indices"}``
    ``row_gaps``, ``row_leaps``, ``row_duplicates``   the same among the row numbers, with ``agenda_no``
    """
    every, stated = _rows(connection, year), _stated(connection, USED.c.year == year)
    of_unit = {one["book"] for one in (*every, *stated) if unit in (None, one["unit"])}
    books = _books([one for one in every if one["book"] in of_unit], [one for one in stated if one["book"] in of_unit])
    for one in (*every, *stated):
        del one["book"]
    rows = [one for one in every if unit in (None, one["unit"])]
    return {
        "year": year,
        "unit": unit,
        "rows": rows,
        "used": [book.used for book in books if book.used],
        "below_used": [one for book in books for one in below_used(book) if unit in (None, one["unit"])],
        "blanks": _blanks(connection, year, unit),
        "repeated": _repeated(connection, year, rows),
        "gaps": each(books, gaps, "running"),
        "leaps": each(books, leaps, "running"),
        "duplicates": each(books, duplicates, "running"),
        "row_gaps": each(books, gaps, "agenda_no"),
        "row_leaps": each(books, leaps, "agenda_no"),
        "row_duplicates": each(books, duplicates, "agenda_no"),
    }


def last_given(connection: Connection, office_code: str, year: int) -> dict[str, tuple[int, int | None]]:
    """Return after which ``running`` and ``agenda_no`` the next ones come, 0 for the first; and what leaps away."""
    book = code_key(office_code)
    stated = _stated(connection, USED.c.year == year, USED.c.book == book)
    asked = select(AGENDA.c.running, AGENDA.c.agenda_no).where(AGENDA.c.year == year, AGENDA.c.book == book)
    taken = connection.execute(asked).all()
    return {
        number: last_ordinary(stated[-1][number] if stated else 0, (getattr(one, number) for one in taken))
        for number in ("running", "agenda_no")
    }


def _rows(connection: Connection, year: int) -> Found:
    """Return the letters of a year in the order of their numbers, whatever the unit, with all that is shown of each."""
    of_year = AGENDA.c.year == year
    asked = _with_act(AGENDA).where(of_year).order_by(AGENDA.c.book, AGENDA.c.running, AGENDA.c.leaf_index)
    cases = select(AGENDA.c.case_id).where(of_year)
    corrections = _corrections(connection, cases)
    sent = _dispatches(connection, cases, corrections)
    rows = []
    for one in connection.execute(asked):
        row = dict(one._mapping)
        row["case"] = row.pop("case_id")
        row["corrections"], row["dispatches"] = corrections[row.pop("leaf")], sent[row["case"]]
        rows.append(row)
    return rows


def _stated(connection: Connection, *where: ColumnElement[bool]) -> Found:
    """Return what offices stated of numbers given on paper, the newest last."""
    asked = select(*(one for one in USED.c if one is not USED.c.year)).where(*where).order_by(USED.c.leaf_index)
    return [dict(one._mapping) for one in connection.execute(asked)]


def _books(rows: Found, stated: Found) -> list[Book]:
    """Return the books in the order of their codes, each called by the code as it was first written."""
    used = {one["book"]: one for one in stated}
    newest_first = sorted((*rows, *stated), key=itemgetter("leaf_index"), reverse=True)
    codes = {one["book"]: one["office_code"] for one in newest_first}
    return [Book(codes[name], used.get(name), [one for one in rows if one["book"] == name]) for name in sorted(codes)]


def _repeated(connection: Connection, year: int, rows: Iterable[Mapping[str, Any]]) -> Found:
    """Return which cases of these rows, which are of this year, have more than one number, with all that they have."""
    cases = {row["case"]: row["unit"] for row in rows}
    of_year = select(AGENDA.c.case_id).where(AGENDA.c.year == year)
    again = select(AGENDA.c.case_id).where(AGENDA.c.case_id.in_(of_year))
    again = again.group_by(AGENDA.c.case_id).having(func.count() > 1)
    asked = select(AGENDA.c.case_id, AGENDA.c.number, AGENDA.c.leaf_index).where(AGENDA.c.case_id.in_(again))
    given: dict[str, list[Any]] = defaultdict(list)
    for one in connection.execute(asked.order_by(AGENDA.c.leaf_index)):
        if one.case_id in cases:
            given[one.case_id].append(one)
    return [
        {
            "case": case,
            "unit": cases[case],
            "numbers": [one.number for one in found],
            "leaf_indices": [one.leaf_index for one in found],
        }
        for case, found in given.items()
    ]


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
        .where(TRAIL.c.recorded_at >= first, TRAIL.c.recorded_at <= last)
        .order_by(TRAIL.c.leaf_index)
    )
    if unit is not None:
        asked = asked.where(CASES.c.unit == unit)
    return [dict(one._mapping) for one in connection.execute(asked)]


def _with_act(table: Table) -> Select[Any]:
    """Return a query of the rows of ``table``, each with the leaf hash of its act and what stands out about it."""
    columns = (table, TRAIL.c.leaf, TRAIL.c.flags)
    return select(*columns).join_from(table, TRAIL, table.c.leaf_index == TRAIL.c.leaf_index)


def _corrections(connection: Connection, cases: Select[Any]) -> dict[str, Found]:
    """Return the corrections in these cases by the leaf hash of the act that they correct, in their order."""
    asked = select(CASES.c.state["corrections"]).where(CASES.c.case_id.in_(cases))
    found: dict[str, Found] = defaultdict(list)
    for corrections in connection.execute(asked).scalars():
        for one in corrections:
            found[one["of"]].append({name: one[name] for name in ("field", "old", "new", "leaf_index")})
    return found


def _dispatches(connection: Connection, cases: Select[Any], corrections: dict[str, Found]) -> dict[str, Found]:
    statement = _with_act(DISPATCHES).where(DISPATCHES.c.case_id.in_(cases)).order_by(DISPATCHES.c.leaf_index)
    sent: dict[str, Found] = defaultdict(list)
    for one in connection.execute(statement):
        row = dict(one._mapping)
        row["corrections"] = corrections[row.pop("leaf")]
        sent[row.pop("case_id")].append(row)
    return sent
