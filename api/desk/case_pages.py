"""Cases: the list, one case, each of its documents, two versions side by side.

What is shown comes from where the JSON API has it; a document is shown to whom the documents' own route would give it.
"""

from __future__ import annotations

import sys
from typing import Any

from flask import Response, request

from api import documents
from api.access import read_document
from api.actors import Actors
from api.cases import CasesQuery
from api.change_words import turn_of
from api.desk.desk_page import WORDS, advice_to, way
from api.desk.frame import _, page, routes
from api.desk.iku_table_view import difference, headings, heads, view_of
from api.desk.opened_case import OpenedCase, enactments_of, opened_case, stages_of, steps_of
from api.desk.public_page import finished
from api.desk.sop_chart import sheets
from api.desk.standing import grouped, standing_of
from api.parameters import DocumentPath, Number
from api.parts import parts
from api.reader import reader
from api.time_spent import running
from keys.errors import NotFound
from keys.fields import Fact
from keys.member_words import value_in_words
from ledger.verdicts import UNJUDGED
from projections import iku_state

_MARKS = ("approved", "paraf", "signature")
_MARKING = frozenset({"typing.reviewed", "paraf.given", "signature.given"})


class RowsQuery(Fact):
    """From which row on a table is shown."""

    baris: Number = 1


class PairQuery(Fact):
    """The digests of the two versions that are compared."""

    lama: str | None = None
    baru: str | None = None


@routes.get("/perkara")
def cases() -> Response:
    """Return the page of a unit's cases in the order of their opening, a page at a time."""
    query, who = CasesQuery.read(request.args.to_dict(), "request.parameter", "Alamat"), reader()
    units = sorted(who.units) if who.units is not None else []
    unit = query.unit or (units[0] if units else None)
    with parts().reading() as connection:
        found = iku_state.cases(connection, unit=unit, after=query.after, limit=query.limit + 1)
        named = sorted(iku_state.units(connection)) if who.units is None else units
    shown, more = found[: query.limit], len(found) > query.limit
    return page(
        "cases.html",
        cases=[{"state": one, "turn": turn_of(one)} for one in shown],
        next=shown[-1]["opened_index"] if more else None,
        after=query.after,
        unit=unit,
        units=named,
        every=who.units is None,
    )


@routes.get("/perkara/<case_id>")
def case(case_id: str) -> Response:
    """Return the page of a case as it now is."""
    opened = opened_case(case_id)
    state, mandates = opened.state, reader().mandates
    standing = {state[name]["leaf"] for name in _MARKS if state[name]}
    advised, stages = advice_to(case_id, mandates), stages_of(opened)
    return page(
        "case.html",
        scripts=["tertunda.js"],
        public=finished(case_id) is not None,
        case_id=case_id,
        state=state,
        stands=standing_of(state),
        held=documents.held(state["document"]["digest"]) or UNJUDGED if state["document"] else None,
        flags=grouped(state["flags"]),
        turn=turn_of(state),
        time=running(state),
        ways=_ways(opened, advised),
        why_not=next((said["why_not"] for _held, said in advised if said["why_not"]), None),
        basis=_basis(opened, state["step"]["no"]) if state["step"] else None,
        versions=opened.versions,
        voided=[row for row in opened.trail if row["kind"] in _MARKING and row["leaf"] not in standing],
        papers=_papers(opened),
        steps=steps_of(opened, stages),
        sheets=sheets(opened.case.sop, stages, value_in_words),
        **WORDS,
    )


@routes.get("/perkara/<case_id>/dokumen/<digest>")
def document(case_id: str, digest: str) -> Response:
    """Return the page of one document, exactly these bytes, and of the marks on them."""
    opened = opened_case(case_id)
    wanted = opened.brought(digest)
    read_document(digest)
    first = RowsQuery.read(request.args.to_dict(), "request.parameter", "Alamat").baris
    digests = [one["digest"] for one in opened.versions]
    at = digests.index(digest) if digest in digests else None
    return page(
        "document.html",
        case_id=case_id,
        state=opened.state,
        document=view_of(wanted, first),
        checked=_checked(digest),
        naming=[row for row in opened.trail if digest in row["documents"]],
        stands=standing_of(opened.state),
        versions=opened.versions,
        at=at,
        **WORDS,
    )


@routes.get("/perkara/<case_id>/banding")
def compare(case_id: str) -> Response:
    """Return the page that holds two versions of the case's document against each other; at first the newest two."""
    opened = opened_case(case_id)
    query = PairQuery.read(request.args.to_dict(), "request.parameter", "Alamat")
    digests = [one["digest"] for one in opened.versions]
    old, new = query.lama or (digests[-2:] or [None])[0], query.baru or (digests[-1] if digests else None)
    found = None
    if old is not None and new is not None:
        for one in (old, new):
            if one not in digests:
                raise NotFound(
                    "document.unknown",
                    _("Yang dibandingkan hanya versi-versi dokumen perkara ini."),
                    allowed=_("Pilih dua versi dari daftarnya."),
                )
            read_document(one)
        found = difference(opened.documents[old], opened.documents[new])
    return page(
        "compare.html",
        case_id=case_id,
        state=opened.state,
        versions=opened.versions,
        old=old,
        new=new,
        found=found,
        names=headings() | heads(),
        **WORDS,
    )


def _checked(digest: str) -> dict[str, Any]:
    """Return the marks on exactly these bytes, each verified again, as ``GET /v1/documents/<digest>/signatures``."""
    try:
        found: dict[str, Any] = documents.signatures(DocumentPath(digest=digest)).get_json()
    except NotFound:  # the bytes are gone, and nobody ever put a mark on them
        return {"marks": [], "elsewhere": 0}
    return found


def _ways(opened: OpenedCase, advised: list[tuple[Any, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return what the reader may do now, a mandate at a time: in order, outside the path, and slips to put right."""
    case_id, sop = opened.state["case"], opened.case.sop
    acted = {row["step"] for row in opened.trail if row["step"] and row["kind"] != "correction.recorded"}
    offices = {sop.office_of(sop.step(no)).office for no in acted}
    found = []
    for held, said in advised:
        outside = [way(case_id, one["kind"], held.mandate) for one in said["outside"]]
        if held.unit == sop.unit and held.office in offices:
            outside.append(way(case_id, "correction.recorded", held.mandate))
        inside = [way(case_id, kind, held.mandate) for kind in said["kinds"]]
        if inside or outside:
            found.append({"mandate": held, "inside": inside, "outside": outside})
    return found


def _papers(opened: OpenedCase) -> list[dict[str, Any]]:
    """Return the case's other papers (letter, attachments, scans, proofs), each with what it is and its act."""
    versions = {one["digest"] for one in opened.versions}
    found: dict[str, dict[str, Any]] = {}
    for row in opened.trail:
        for paper in row["papers"]:
            digest = paper["digest"]
            if digest not in versions and digest in opened.documents:
                found.setdefault(digest, {"what": paper["what"], "act": row, "document": opened.documents[digest]})
    return list(found.values())


def _basis(opened: OpenedCase, step: str) -> str | None:
    """Return how it is known whose step it is."""
    return Actors(enactments_of(opened), opened.case.sop_ref.leaf).basis(step, sys.maxsize)
