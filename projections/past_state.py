"""A case and the IKU in force as they were shown at a leaf.

The acts up to that leaf are folded through the very functions that make the live rows (:mod:`projections.iku_state`),
so both are the same; what a document says is looked up by its digest, for bytes have no past.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from ledger.flags import flags
from ledger.replay import Step
from projections import iku_state, papers, storage, succession
from projections.audit_trail import flag_of, flags_shown
from projections.interned import Interned
from projections.schema import CASES


def case_at(connection: Connection, steps: Iterable[Step], index: int) -> dict[str, Any] | None:
    """Return a case as its ``steps``, those up to leaf ``index``, left it, or None where there are none."""
    interned, state, last = Interned(), None, None
    marked: list[dict[str, Any]] = []
    for last in steps:
        state, late = iku_state.advance(state, last, interned)
        done = last.done
        marked += [flag_of(done.index, done.act.kind, flag) for flag in flags_shown((*flags(last), *late))]
    if state is None or last is None:
        return None
    document = iku_state.present(state, last.after)["document"]
    kept = papers.find(connection, [document["digest"]] if document else [])
    row = iku_state.row_of(state, kept)
    paper = kept.get(row["document"], {"content": None, "why": None})
    row |= paper | {"state": json.loads(storage.to_text(state))}  # as the table would give it back
    return succession.told(connection, iku_state.shown(row, marked, interned.contents), index)


def signed_by(connection: Connection, unit: str, first_year: int, last_year: int, index: int) -> str | None:
    """Return the case (uuid) whose IKU was in force for exactly these years at leaf ``index``, or None.

    A signature is never taken back, and neither unit, document nor years change after it (:mod:`ledger.case_rules`), so
    the live rows know.
    """
    asked = (
        select(CASES.c.case_id)
        .where(
            CASES.c.unit == unit,
            CASES.c.first_year == first_year,
            CASES.c.last_year == last_year,
            CASES.c.signed_index <= index,
        )
        .order_by(CASES.c.signed_index.desc())
        .limit(1)
    )
    return connection.execute(asked).scalar()
