"""The audit trail: of a case, which prints as an audit working paper (KKA), and sought across cases.

What stands in a row is what ``/v1/cases/<id>/trail`` and ``/v1/trail`` tell, judged again as they judge it. Filters are
a GET form; what is left empty in it asks nothing. Pages begin after a leaf index, so they stay what they are while acts
are added.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlencode

from flask import Response, request
from pydantic import Field, StringConstraints

from api import trail_search
from api.desk.desk_page import WORDS
from api.desk.frame import _, page, routes, seal
from api.desk.language import now
from api.parameters import CasePath, Number
from api.parts import parts
from api.past import state_of
from api.reader import reader
from api.trail_csv import stream_words
from api.trails import said_whole, trail_of, unknown
from keys.authority import WIB
from keys.fields import Date, Fact, Slug
from ledger.bodies import CATALOGUE
from ledger.flag_names import NAMES, words_of
from ledger.kind_names import name_of
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED
from ledger.wording import reason_words

#: Acts on a page where each brings all that stands beside it: a page is at most 100 KB.
PAGE = 30
#: What a verdict is called in an address.
_VERDICTS = {"terbukti": PROVED, "tidak-cocok": CONTRADICTED, "tidak-dapat-dinilai": UNJUDGED}
_Name = Annotated[str, StringConstraints(max_length=64)]
#: An option of a filter: its value and how it reads.
Options = list[tuple[str, str]]
Asked = TypeVar("Asked", bound=Fact)


class CaseTrailQuery(Fact):
    """What the acts of a case must be, after which leaf the page begins, and whether every row is opened."""

    kind: _Name | None = None
    official: Slug | None = None
    flag: _Name | None = None
    verdict: Literal["terbukti", "tidak-cocok", "tidak-dapat-dinilai"] | None = None
    since: Date | None = Field(default=None, alias="from")
    until: Date | None = Field(default=None, alias="to")
    after: Number | None = None
    rinci: Literal["1"] | None = None


class SearchQuery(trail_search.TrailQuery):
    """What the acts of all streams must be, after which leaf the page begins, and whether every row is opened."""

    after: Number | None = None
    rinci: Literal["1"] | None = None


@routes.get("/perkara/<case_id>/jejak")
def trail(case_id: str) -> Response:
    """Return the page of a case's acts that pass the filters, oldest first."""
    stream = f"case:{_read(CasePath, {'case_id': case_id}).case_id}"
    query = _read(CaseTrailQuery, asked := _filled())
    state = state_of(case_id, None)
    if state is None:
        raise unknown(stream)
    every = trail_of(stream)["trail"]
    found = [row for row in every if _fits(row, query)]
    rest = [row for row in found if query.after is None or row["leaf_index"] > query.after]
    shown = rest[:PAGE]
    return page(
        "trail.html",
        case_id=case_id,
        state=state,
        rows=shown,
        first=len(found) - len(rest) + 1,
        total=len(found),
        every=len(every),
        next=_address(asked, after=shown[-1]["leaf_index"]) if len(rest) > PAGE else None,
        filters=_case_filters(every, query),
        seal=seal(),
        printed_at=now().isoformat(),
        **_common(asked, query.rinci),
    )


@routes.get("/jejak")
def search() -> Response:
    """Return the page of acts of all cases, the register and the SOPs that pass the filters, oldest first."""
    asked = _filled()
    query = _read(SearchQuery, asked)
    sought = {name: value for name, value in asked.items() if name != "rinci"}
    opened = {"limit": str(PAGE)} if query.rinci else {}
    found = trail_search.trail_search(_read(trail_search.TrailPageQuery, sought | opened)).get_json()
    return page(
        "search.html",
        rows=found["trail"],
        next=_address(asked, after=found["next"]) if found["next"] is not None else None,
        table="/v1/trail.csv" + _query({name: value for name, value in sought.items() if name != "after"}),
        filters=_search_filters(query),
        query=query,
        stream_words=stream_words,
        **_common(asked, query.rinci),
    )


def _common(asked: dict[str, str], opened: str | None) -> dict[str, Any]:
    """Return what both pages show beside their rows."""
    chosen = {name: value for name, value in asked.items() if name not in ("after", "rinci")}
    return {
        "chosen": chosen,
        "after": asked.get("after"),
        "opened": opened is not None,
        "open_all": _address(asked, rinci="1"),
        "close_all": _address({name: value for name, value in asked.items() if name != "rinci"}),
        "start": _address(chosen),
        "reason_words": reason_words,
        "said_whole": said_whole,
        "decisions": {"approved": _("disetujui"), "returned": _("dikembalikan")},
        **WORDS,
    }


def _read(kind: type[Asked], said: dict[str, str]) -> Asked:
    return kind.read(said, "request.parameter", "Alamat")


def _filled() -> dict[str, str]:
    """Return what the query asks; a form sends what is left empty too, and it asks nothing.

    An empty stream stays, to be refused: the policy of a search takes its place in the record of reads for granted.
    """
    return {name: value for name, value in request.args.items() if value.strip() or name == "stream"}


def _address(asked: dict[str, str], **changes: object) -> str:
    """Return this page's address with another query."""
    return request.path + _query(asked | {name: str(value) for name, value in changes.items()})


def _query(asked: dict[str, str]) -> str:
    return f"?{urlencode(asked)}" if asked else ""


def _fits(row: dict[str, Any], query: CaseTrailQuery) -> bool:
    """Tell whether an act is what is sought; days are days of recording in WIB, both included."""
    day = dt.datetime.fromisoformat(row["recorded_at"]).astimezone(WIB).date().isoformat()
    flags = {flag["name"] for flag in row["flags"]}
    return (
        query.kind in (None, row["kind"])
        and query.official in (None, row["official"])
        and (query.flag is None or query.flag in flags or (query.flag == "any" and bool(flags)))
        and (query.verdict is None or _judged(row, _VERDICTS[query.verdict]))
        and (query.since or day) <= day <= (query.until or day)
    )


def _judged(row: dict[str, Any], verdict: str) -> bool:
    """Tell whether both verdicts on an act are *terbukti*, or one of them is the other one that is asked for."""
    said = {row["verdicts"][name]["verdict"] for name in ("signature", "authority")}
    return said == {PROVED} if verdict == PROVED else verdict in said


def _case_filters(rows: list[dict[str, Any]], query: CaseTrailQuery) -> dict[str, Options]:
    """Return what may be chosen: what the case has, and what is chosen even where it has none of it."""
    kinds = {row["kind"]: name_of(row["kind"]) for row in rows}
    officials = {row["official"]: row["name"] for row in rows}
    flags = {flag["name"]: words_of(flag["name"]) for row in rows for flag in row["flags"]}
    return {
        "kind": _options(kinds, query.kind),
        "official": _options(officials, query.official),
        "flag": [("any", _("apa saja")), *_options(flags, None if query.flag == "any" else query.flag)],
    }


def _search_filters(query: SearchQuery) -> dict[str, Options]:
    """Return what may be chosen: everybody, every office and unit that the register knows, every kind and flag."""
    register, own = parts().register(), reader().units
    held = [one.record for one in register.mandates.values()]
    units = {one.unit: one.unit for one in held if own is None or one.unit in own}
    return {
        "kind": _options({kind: name_of(kind) for kind in CATALOGUE}, query.kind),
        "official": _options({name: one.record.name for name, one in register.officials.items()}, query.official),
        "office": _options({one.office: one.office_name for one in held}, query.office),
        "flag": _options(NAMES, query.flag),
        "unit": _options(units, query.unit),
    }


def _options(known: dict[str, str], chosen: str | None) -> Options:
    """Return options in the order of how they read, the chosen one always among them."""
    every = known if chosen is None else known | {chosen: known.get(chosen, chosen)}
    return sorted(every.items(), key=lambda one: one[1].casefold())
