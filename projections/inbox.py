"""The inbox: what waits for an office, since when, and how long the SOP gives it.

Derived from the cases' rows: a case waits where it stands.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from projections.schema import CASES

#: What is said of a duration that the SOP leaves blank or unclear (DOMAIN, rule 12).
NOT_JUDGED = "tidak dapat dinilai"


def inbox(connection: Connection, office: str, unit: str) -> list[dict[str, Any]]:
    """Return what waits for this office of this unit, the longest waiting first.

    Each: ``case``, ``stream``, ``step`` (no, activities, office, office_name, kegiatan), ``round``, ``subject``,
    ``urgency``, ``since`` (``recorded_at`` and ``leaf_index`` of the act that made it due) and ``waktu``: the SOP's
    ``raw`` text, its ``reading`` (amount and unit, or null) and ``words``, "tidak dapat dinilai" without a reading.
    """
    asked = select(CASES.c.state).where(CASES.c.unit == unit, CASES.c.due_office == office)
    return [_waiting(state) for state in connection.execute(asked.order_by(CASES.c.due_index)).scalars()]


def _waiting(state: dict[str, Any]) -> dict[str, Any]:
    shown = {name: state[name] for name in ("case", "stream", "round", "subject", "urgency", "since")}
    step = dict(state["step"])
    waktu = step.pop("waktu")
    reading = waktu["reading"]
    words = f"{reading['amount']} {reading['unit'].replace('-', ' ')}" if reading else NOT_JUDGED
    return shown | {"step": step, "waktu": waktu | {"words": words}}
