"""Cases over HTTP: state, trail, what is next; the IKU in force, the inbox.

All of it is read models, brought to the end of the log before they are read; whoever doubts one reads the entries.
"""

from __future__ import annotations

import sys
from typing import Any, cast

from flask import Response, jsonify, request

from api.access import unit_read, without_withheld
from api.actors import actors_of
from api.advice import advise
from api.labels import labelled
from api.marks import with_verdicts
from api.parameters import (
    CasePath,
    Fresh,
    FreshAtQuery,
    Limit,
    Number,
    PeriodText,
    blueprint,
    json_answer,
    years,
)
from api.parts import parts
from api.past import stamped, state_of
from api.time_spent import running
from api.trails import trail_of, unknown
from keys.errors import NotFound
from keys.fields import Fact, Slug
from ledger.enactment import Enactments
from ledger.past import Place
from projections import iku_state, inbox, past_state

#: What a list of cases leaves out; the case itself has it.
_LONG = frozenset({"rows", "warnings", "drafts", "returns", "disclaimer"})

routes = blueprint("cases")


class CasesQuery(Fact):
    """A page of cases: of one unit, after the cursor `next` of the page before."""

    unit: Slug | None = None
    after: Number | None = None
    limit: Limit = 50


class FreshCasesQuery(CasesQuery, Fresh):
    """A page of cases, of a ledger that has at least the leaf `min_leaf`."""


class MandateQuery(Fresh):
    """The mandate under which the reader would act."""

    mandate: Slug


class IkuQuery(FreshAtQuery):
    """A unit and a period: `2026`, or `2026-2030`; as it is now, or was at a leaf or a moment."""

    unit: Slug
    period: PeriodText


class InboxQuery(Fresh):
    """An office in a unit."""

    office: Slug
    unit: Slug


@routes.get("/cases", responses={"200": json_answer("a page of cases")})
def cases(query: FreshCasesQuery) -> Response:
    """Return cases, a page at a time; `next` is the cursor of the next page, null on the last."""
    with parts().reading() as connection:
        found = iku_state.cases(connection, unit=unit_read(query.unit), after=query.after, limit=query.limit + 1)
    page, more = found[: query.limit], len(found) > query.limit
    return jsonify(
        labelled(
            {
                "cases": [{name: value for name, value in one.items() if name not in _LONG} for one in page],
                "next": page[-1]["opened_index"] if more else None,
            }
        )
    )


@routes.get("/cases/<case_id>", responses={"200": json_answer("the state of the case")})
def case(path: CasePath, query: FreshAtQuery) -> Response:
    """Return a case as it is now, or was at a leaf or a moment; of now with an ETag.

    The ETag is of all that is shown: acts of other cases and of the SOP's stream change it too.
    """
    place = parts().place(query.at)
    state = state_of(path.case_id, place)
    if state is None:
        raise unknown(f"case:{path.case_id}", place)
    state = with_verdicts(without_withheld(state), place)
    if state["step"]:
        actors, seen_from = actors_of(f"case:{path.case_id}"), place.index + 1 if place else sys.maxsize
        basis = actors.basis(state["step"]["no"], seen_from) if actors else None
        state["step"] = state["step"] | {"actor_basis": basis}
    if place is not None:
        return jsonify(stamped(state, place))
    response = jsonify(state)
    response.add_etag()
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


@routes.get("/cases/<case_id>/trail", responses={"200": json_answer("one row an act")})
def trail(path: CasePath, query: FreshAtQuery) -> Response:
    """Return the audit trail of a case: one row an act, oldest first."""
    return jsonify({"case": path.case_id} | trail_of(f"case:{path.case_id}", parts().place(query.at)))


@routes.get("/cases/<case_id>/next", responses={"200": json_answer("advice: what may be signed now")})
def next_act(path: CasePath, query: MandateQuery) -> Response:
    """Return what the case takes now from the holder of a mandate: advice only, the journal judges."""
    here = parts()
    stream = here.ledger.stream(f"case:{path.case_id}")
    if stream is None:
        raise unknown(f"case:{path.case_id}")
    register = here.register()
    with here.ledger.reading() as rows:  # after the stream was read, so it covers its newest entry
        frontier = rows.frontier()
    return jsonify(advise(stream, register, query.mandate, frontier, here.clock()))


@routes.get("/iku", responses={"200": json_answer("the IKU in force")})
def iku(query: IkuQuery) -> Response:
    """Return the IKU in force for a unit and a period."""
    first, last = years(query.period)
    place = parts().place(query.at)
    found = _iku_at(query.unit, first, last, place) if place else _iku(query.unit, first, last)
    if found is None:
        until = f" sampai daun {place.index}" if place else ""
        raise NotFound(
            "iku.none",
            f"Belum ada IKU yang ditandatangani untuk {query.unit}, masa {query.period}{until}.",
            allowed="Periksa unit dan masanya, atau lihat perkara yang sedang berjalan di /v1/cases.",
        )
    return jsonify(stamped(with_verdicts(without_withheld(found), place), place))


def _iku(unit: str, first: int, last: int) -> dict[str, Any] | None:
    with parts().reading() as connection:
        return iku_state.iku_in_force(connection, unit, first, last)


def _iku_at(unit: str, first: int, last: int, place: Place) -> dict[str, Any] | None:
    """Return the IKU that was in force at a leaf, its case as it was then."""
    with parts().reading() as connection:
        case_id = past_state.signed_by(connection, unit, first, last, place.index)
    state = state_of(case_id, place) if case_id else None
    return iku_state.as_iku(state, first, last) if state else None


@routes.get("/inbox", responses={"200": json_answer("cases that wait for the office")})
def inbox_of(query: InboxQuery) -> Response:
    """Return what waits for an office; 404 for one that neither an SOP nor a mandate names."""
    _check_office(query.office, query.unit)
    with parts().reading() as connection:
        waiting = inbox.inbox(connection, query.office, query.unit)
    timed = [{name: one[name] for name in one if name != "here"} | {"time": running(one)} for one in waiting]
    return jsonify(labelled({"office": query.office, "unit": query.unit, "waiting": timed}))


def _check_office(office: str, unit: str) -> None:
    """Return if the unit has the office: in any version of an SOP, to which cases may be pinned, or by a mandate."""
    here = parts()
    with here.ledger.reading() as rows:
        names = rows.streams("sop")
    known = {(one.record.unit, one.record.office) for one in here.register().mandates.values()}
    for stream in filter(None, map(here.ledger.stream, names)):
        for sop in cast("Enactments", stream.state).versions.values():
            known |= {(sop.unit, one.office) for one in sop.offices}
    if (unit, office) in known:
        return
    offices = sorted(name for of, name in known if of == unit)
    if not offices:
        raise NotFound(
            "inbox.unit",
            f"Unit {unit} tidak dikenal buku besar ini.",
            allowed=f"Unit yang ada: {', '.join(sorted({of for of, _ in known}))}.",
        )
    raise NotFound(
        "inbox.office",
        f"Jabatan {office} tidak ada di unit {unit}.",
        allowed=f"Jabatan yang ada di unit ini: {', '.join(offices)}.",
    )
