"""The book of outgoing letters: one row a number given, its deliveries, and the gaps and doubles among the numbers.

Running numbers are one row of numbers a unit, office code and year, whatever the classification; gaps and doubles are
derived when they are asked for. The ledger refuses neither: an inspector sees both.

Order of the file: the row that an act becomes, then what is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from ledger import bodies as b
from ledger.replay import Step
from projections.schema import AGENDA, DISPATCHES, TRAIL


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


def agenda(connection: Connection, year: int, unit: str | None = None) -> dict[str, Any]:
    """Return ``{"year", "unit", "rows", "gaps", "duplicates"}`` of a year's letter numbers, of one unit or all.

    A gap is ``{"unit", "office_code", "first", "last"}``: no letter has these running numbers, below the highest that
    is used. A duplicate is ``{"unit", "office_code", "running", "numbers", "leaf_indices"}``. Each row and each of its
    dispatches has the ``flags`` of its act.
    """
    chosen = [AGENDA.c.year == year] if unit is None else [AGENDA.c.year == year, AGENDA.c.unit == unit]
    order = (AGENDA.c.unit, AGENDA.c.office_code, AGENDA.c.running, AGENDA.c.leaf_index)
    rows = [dict(one._mapping) for one in connection.execute(_with_flags(AGENDA).where(*chosen).order_by(*order))]
    sent = _dispatches(connection, select(AGENDA.c.case_id).where(*chosen))
    for row in rows:
        row["case"] = row.pop("case_id")
        row["dispatches"] = sent[row["case"]]
    books: dict[tuple[str, str], dict[int, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        books[row["unit"], row["office_code"]][row["running"]].append(row)
    return {
        "year": year,
        "unit": unit,
        "rows": rows,
        "gaps": [
            {"unit": of, "office_code": code, "first": first, "last": last}
            for (of, code), used in books.items()
            for first, last in _gaps(used)
        ],
        "duplicates": [
            {
                "unit": of,
                "office_code": code,
                "running": running,
                "numbers": sorted({row["number"] for row in taken}),
                "leaf_indices": [row["leaf_index"] for row in taken],
            }
            for (of, code), used in books.items()
            for running, taken in used.items()
            if len(taken) > 1
        ],
    }


def _gaps(used: Iterable[int]) -> list[tuple[int, int]]:
    """Return the runs of numbers from 1 that are missing among ``used``, which ascend."""
    found, expected = [], 1
    for number in used:
        if number > expected:
            found.append((expected, number - 1))
        expected = number + 1
    return found


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
