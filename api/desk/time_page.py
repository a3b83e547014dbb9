"""Time against mutu baku: each visit of a case to a step, how long it took, against which standard, by which rule."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple, cast

from flask import Response, request

from api.desk.frame import page, routes
from api.parameters import AtQuery, CasePath
from api.parts import parts
from api.past import stamped, state_of
from api.time_spent import running
from api.trails import unknown
from ledger.case import Case
from ledger.wording import span

#: What a verdict of the read model is called here, and the class that it is drawn with.
_CALLED = {"tepat": "dalam", "lewat": "lewat", "tidak dapat dinilai": "tidak-dapat-dinilai"}
_SECONDS = {"menit": 60, "jam": 3600}


@routes.get("/perkara/<case_id>/waktu")
def time_of_case(case_id: str) -> Response:
    """Return the page of a case's visits; the open one is judged as it stands at this moment."""
    CasePath.read({"case_id": case_id}, "request.parameter", "Alamat")
    query = AtQuery.read(request.args.to_dict(), "request.parameter", "Alamat")
    place = parts().place(query.at)
    state = state_of(case_id, place)
    if state is None:
        raise unknown(f"case:{case_id}", place)
    here = running(state, place)
    return page(
        "time_of_case.html",
        case=state,
        visits=[_shown(one) for one in (*state["visits"], *([here] if here else []))],
        names=_names(case_id),
        span=exactly,
        at=stamped({}, place).get("at"),
    )


def _names(case_id: str) -> dict[str, str]:
    """Return what each step does, in the words of the SOP version that the case keeps to its end, by its number."""
    stream = parts().ledger.stream(f"case:{case_id}")
    assert stream is not None, "its state is known"
    steps = cast("Case", stream.state).sop.steps
    return {one.no: one.kegiatan.raw or one.kegiatan.reading or "" for one in steps}


class Bar(NamedTuple):
    """Time taken and time allowed on one scale, in thousandths of a drawing's width; the longer is all of it."""

    took: int
    allowed: int


def _shown(visit: dict[str, Any]) -> dict[str, Any]:
    return visit | {"class": _CALLED[visit["verdict"]], "bar": _bar(visit), "late_by": _late_by(visit)}


def exactly(seconds: int) -> str:
    """Return an elapsed time as people say it, below an hour with its seconds: a limit may be missed by one of them."""
    minutes, rest = divmod(seconds, 60)
    return f"{span(seconds)} {rest} detik" if 0 < minutes < 60 and rest else span(seconds)


def _late_by(visit: dict[str, Any]) -> int | None:
    """Return by how many seconds a visit ended after its deadline, None where it did not or has none."""
    if visit["deadline"] is None or visit["ended"] is None:
        return None
    ended, deadline = (dt.datetime.fromisoformat(one) for one in (visit["ended"]["recorded_at"], visit["deadline"]))
    late = int((ended - deadline).total_seconds())
    return late if late > 0 else None


def _bar(visit: dict[str, Any]) -> Bar | None:
    """Return how long a visit took beside how long it may take, by the clock on the wall; None where that is unknown.

    It may take until its deadline, which a calendar gives. Without one it is drawn only where it was in time all the
    same, by its standard in minutes or hours: nobody works longer than the clock runs.
    """
    standard, took = visit["standard"]["reading"], visit["elapsed_seconds"]
    if visit["deadline"] is not None:
        begins = dt.datetime.fromisoformat(visit["began"]["recorded_at"])
        allowed = (dt.datetime.fromisoformat(visit["deadline"]) - begins).total_seconds()
    elif visit["verdict"] == "tepat" and standard["unit"] in _SECONDS:
        allowed = standard["amount"] * _SECONDS[standard["unit"]]
    else:
        return None
    longer = max(took, allowed, 1)
    return Bar(int(took * 1000 // longer), int(allowed * 1000 // longer))
