"""Answers about the past: which leaf they are of, and what is said of a stream that did not exist yet."""

from __future__ import annotations

import datetime as dt
from typing import Any

from api.parts import parts
from keys.errors import NotFound
from ledger.past import Place
from projections import iku_state, past_state
from projections.audit_trail import utc


def stamped(answer: dict[str, Any], place: Place | None) -> dict[str, Any]:
    """Return ``answer``; if it is of a place, with ``at``: the newest leaf that counts, and when it was recorded.

    ``moment`` is the one that was asked for (UTC), null where a leaf was.
    """
    if place is None:
        return answer
    moment = utc(place.moment.astimezone(dt.UTC)) if place.moment else None
    return answer | {"at": {"leaf_index": place.index, "recorded_at": utc(place.recorded_at), "moment": moment}}


def state_of(case_id: str, place: Place | None) -> dict[str, Any] | None:
    """Return what is shown of a case (its uuid), now or at a place; None where it is not open."""
    here = parts()
    with here.reading() as connection:
        if place is None:
            return iku_state.case(connection, case_id)
        with here.ledger.reading() as rows:
            steps = here.past.steps(rows, f"case:{case_id}", place.index)
            return past_state.case_at(connection, steps, place.index)


def not_yet(stream: str, place: Place | None) -> NotFound | None:
    """Return the fault of a stream that begins only after ``place``, naming its first leaf; None of any other."""
    with parts().ledger.reading() as rows:
        first = rows.at(stream, 1)
    if place is None or first is None or first.index <= place.index:
        return None
    family, _, name = stream.partition(":")
    what = {"case": f"Perkara {name} belum dibuka", "sop": f"SOP {name} belum ditetapkan"}
    return NotFound(
        "past.not_yet",
        f"{what.get(family, f'Belum ada tindakan tercatat pada {stream}')} pada daun {place.index}.",
        allowed=f"Ada sejak daun {first.index}: sebut daun itu atau yang lebih baru.",
        since=first.index,
    )
