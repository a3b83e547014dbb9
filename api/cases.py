"""Cases over HTTP: state, trail, what is next; the IKU in force, the agenda book, the inbox.

All of it is read models, brought to the end of the log before they are read; whoever doubts one reads the entries.
"""

from __future__ import annotations

from flask import Response, jsonify, request

from api.advice import advise
from api.parameters import (
    CasePath,
    Limit,
    Number,
    PeriodText,
    YearNumber,
    blueprint,
    json_answer,
    years,
)
from api.parts import parts
from keys.errors import NotFound
from keys.fields import Fact, Slug
from ledger.sentences import DISCLAIMER
from projections import agenda, audit_trail, iku_state, inbox

#: What a list of cases leaves out; the case itself has it.
_LONG = frozenset({"rows", "warnings", "drafts", "returns", "flags", "disclaimer"})

routes = blueprint("cases")


class CasesQuery(Fact):
    """A page of cases: of one unit, after the cursor `next` of the page before."""

    unit: Slug | None = None
    after: Number | None = None
    limit: Limit = 50


class MandateQuery(Fact):
    """The mandate under which the reader would act."""

    mandate: Slug


class IkuQuery(Fact):
    """A unit and a period: `2026`, or `2026-2030`."""

    unit: Slug
    period: PeriodText


class AgendaQuery(Fact):
    """A year of the agenda book, of one unit or of all."""

    year: YearNumber
    unit: Slug | None = None


class InboxQuery(Fact):
    """An office in a unit."""

    office: Slug
    unit: Slug


@routes.get("/cases", responses={"200": json_answer("a page of cases")})
def cases(query: CasesQuery) -> Response:
    """Return cases, a page at a time; `next` is the cursor of the next page, null on the last."""
    with parts().reading() as connection:
        found = iku_state.cases(connection, unit=query.unit, after=query.after, limit=query.limit + 1)
    page, more = found[: query.limit], len(found) > query.limit
    return jsonify(
        {
            "cases": [{name: value for name, value in one.items() if name not in _LONG} for one in page],
            "next": page[-1]["opened_index"] if more else None,
        }
    )


@routes.get("/cases/<case_id>", responses={"200": json_answer("the state of the case")})
def case(path: CasePath) -> Response:
    """Return a case as it now is; the ETag is the leaf hash of its newest act."""
    with parts().reading() as connection:
        state = iku_state.case(connection, path.case_id)
    if state is None:
        raise _unknown(path)
    response = jsonify(state)
    response.set_etag(state["leaf"])
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


@routes.get("/cases/<case_id>/trail", responses={"200": json_answer("one row an act")})
def trail(path: CasePath) -> Response:
    """Return the audit trail of a case: one row an act, oldest first."""
    with parts().reading() as connection:
        rows = audit_trail.trail(connection, f"case:{path.case_id}")
    if not rows:
        raise _unknown(path)
    return jsonify({"case": path.case_id, "trail": rows, "disclaimer": DISCLAIMER})


@routes.get("/cases/<case_id>/next", responses={"200": json_answer("advice: what may be signed now")})
def next_act(path: CasePath, query: MandateQuery) -> Response:
    """Return what the case takes now from the holder of a mandate: advice only, the journal judges."""
    here = parts()
    stream = here.ledger.stream(f"case:{path.case_id}")
    if stream is None:
        raise _unknown(path)
    register = here.register()
    with here.ledger.reading() as rows:  # after the stream was read, so it covers its newest entry
        frontier = rows.frontier()
    return jsonify(advise(stream, register, query.mandate, frontier, here.clock()))


@routes.get("/iku", responses={"200": json_answer("the IKU in force")})
def iku(query: IkuQuery) -> Response:
    """Return the IKU in force for a unit and a period."""
    first, last = years(query.period)
    with parts().reading() as connection:
        found = iku_state.iku_in_force(connection, query.unit, first, last)
    if found is None:
        raise NotFound(
            "iku.none",
            f"Belum ada IKU yang ditandatangani untuk {query.unit}, masa {query.period}.",
            allowed="Periksa unit dan masanya, atau lihat perkara yang sedang berjalan di /v1/cases.",
        )
    return jsonify(found)


@routes.get("/agenda", responses={"200": json_answer("the agenda of outgoing letters")})
def agenda_book(query: AgendaQuery) -> Response:
    """Return the agenda of outgoing letters of a year."""
    with parts().reading() as connection:
        return jsonify(agenda.agenda(connection, query.year, query.unit))


@routes.get("/inbox", responses={"200": json_answer("cases that wait for the office")})
def inbox_of(query: InboxQuery) -> Response:
    """Return what waits for an office."""
    with parts().reading() as connection:
        waiting = inbox.inbox(connection, query.office, query.unit)
    return jsonify({"office": query.office, "unit": query.unit, "waiting": waiting})


def _unknown(path: CasePath) -> NotFound:
    return NotFound("case.unknown", f"Perkara {path.case_id} tidak ada.", allowed="Daftar perkara: /v1/cases.")
