"""The inbox: what waits for an office, and since when.

Derived from the cases' rows: a case waits where it stands.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from projections import time_spent
from projections.schema import CASES


def inbox(connection: Connection, office: str, unit: str) -> list[dict[str, Any]]:
    """Return what waits for this office of this unit, the longest waiting first.

    Each: ``case``, ``stream``, ``step`` (no, activities, office, office_name, kegiatan), ``round``, ``subject``,
    ``urgency``, ``sop``, ``since`` (``recorded_at`` and ``leaf_index`` of the act that made it due) and ``here``, the
    open visit (:mod:`projections.time_spent`): how it stands depends on the time at which it is asked.
    """
    asked = select(CASES.c.state).where(CASES.c.unit == unit, CASES.c.due_office == office)
    return [_waiting(state) for state in connection.execute(asked.order_by(CASES.c.due_index)).scalars()]


def _waiting(state: dict[str, Any]) -> dict[str, Any]:
    shown = {name: state[name] for name in ("case", "stream", "step", "round", "subject", "urgency", "sop", "since")}
    return shown | {"here": time_spent.here(state)}
