"""Time against mutu baku over HTTP: how long each step of a case took, and how long the present one has waited."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from flask import Response, jsonify

from api.labels import labelled
from api.parameters import AtQuery, CasePath, blueprint, json_answer
from api.parts import parts
from api.past import stamped, state_of
from api.trails import unknown
from ledger.enactment import Enactments
from ledger.past import Place
from projections import time_spent

routes = blueprint("time")


@routes.get("/cases/<case_id>/time", responses={"200": json_answer("time against mutu baku, a row a visit")})
def time_of_case(path: CasePath, query: AtQuery) -> Response:
    """Return the visits of a case to its steps with their verdicts; the open one is judged as it stands then."""
    place = parts().place(query.at)
    state = state_of(path.case_id, place)
    if state is None:
        raise unknown(f"case:{path.case_id}", place)
    shown = {
        "case": path.case_id,
        "sop": state["sop"],
        "rounds": state["round"],
        "visits": state["visits"],
        "open": running(state, place),
    }
    return jsonify(stamped(labelled(shown), place))


def running(state: dict[str, Any], place: Place | None = None) -> dict[str, Any] | None:
    """Return the open visit of a case, now or at a place, or None where the case is over."""
    here = parts()
    stream = here.stream(f"sop:{state['sop']['slug']}", place)
    assert stream is not None
    enactments, now, index = cast("Enactments", stream.state), *_moment(place)
    return time_spent.running(state, enactments, now, index)


def _moment(place: Place | None) -> tuple[dt.datetime, int]:
    """Return the time at which an open visit is looked at, and the leaf that the next act would be."""
    if place is not None:
        return place.seen_from, place.index + 1
    here = parts()
    with here.ledger.reading() as rows:
        return here.clock(), rows.size()
