"""Acts: the page on which an official reads, fills in and signs, and the one on which a case is opened.

Who may sign what is advice here (:mod:`api.desk.act_turn`); the act itself is composed, judged against verified acts
and signed in the browser (static/act_page.js), and no key and no passphrase comes to the service.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, cast

from flask import Response, request, url_for

from api.access import read_document
from api.agenda import NextQuery, next_number
from api.desk.act_forms import STANDING, Form, form_of, known_of, newest_return
from api.desk.act_turn import Slip, Turn, flags_before, slips_of, turn_of
from api.desk.act_words import UNDONE, label_of
from api.desk.frame import _, page, routes
from api.desk.front import card
from api.desk.iku_table_view import DocumentView, view_of
from api.fields_of import members, schema_of
from api.parameters import Number
from api.parts import Parts, parts
from api.reader import Reader, reader
from api.trails import unknown
from keys.authority import WIB
from keys.errors import NotAllowed, NotFound
from keys.fields import Fact, LeafHash, Line, Slug, StepNo
from keys.records import MandateRecord
from ledger.bodies import CATALOGUE, DispositionIssued
from ledger.case import OUTSIDE, Case
from ledger.case_rules import to_be_typed
from ledger.enactment import Enactments
from ledger.iku import MEDIA_TYPE as IKU
from ledger.kind_names import NAMES, name_of
from ledger.meanings import DEVIATING, MEANINGS
from ledger.sop import Sop
from ledger.streams import Stream
from ledger.verdicts import UNJUDGED
from ledger.wording import CAPACITIES
from projections import audit_trail

#: The modules of the page, the one that types a table, and the one that shows what was signed before.
_SCRIPT, _TABLE, _WAITING = "act_page.js", "iku_editor.js", "waiting.js"
#: Kinds whose page says why the document came back, from the second round on.
_AFTER_RETURN = frozenset({"concept.typed", "concept.revised", "typing.reviewed", "paraf.given"})
#: What of a path names a place in a list: a list is put into the body whole.
_PART = re.compile(r"\.0(?=\.|$).*")


class NewCaseQuery(Fact):
    """The SOP under which a case is opened."""

    sop: Slug | None = None


class ActQuery(Fact):
    """As whom an act is signed, at which step as a deviation, what is corrected, from which row a table is shown."""

    mandat: Slug | None = None
    menyimpang: StepNo | None = None
    daun: LeafHash | None = None
    bagian: Line | None = None
    baris: Number = 1


@routes.get("/perkara/baru")
def new_case() -> Response:
    """Return the page that opens a case under an SOP, or the SOPs to choose from."""
    here, who = parts(), reader()
    able = _openings(here, who)
    asked = NewCaseQuery.read(request.args.to_dict(), "request.parameter", "Alamat").sop
    slug = asked or (able[0][0].slug if len(able) == 1 else None)
    chosen = next((one for one in able if one[0].slug == slug), None)
    if chosen is None:
        return page("new_case.html", able=able, named=asked)
    sop, leaf, mandate = chosen
    kind, today = sop.first.activities[0], here.clock().astimezone(WIB).date().isoformat()
    begins = {"letter.received": today, "urgency": "biasa", "secrecy": "biasa"}
    following = [sop.office_of(sop.step(way.to)).office for way in sop.first.next]
    form = form_of(
        kind,
        sop,
        sop.first,
        {"step": sop.first.no, "sop": {"slug": sop.slug, "leaf": leaf}},
        begins=begins | {"forwarded_to.0": following[0] if following else ""},
        choices={"forwarded_to.0": tuple((one.office, one.name) for one in sop.offices)},
    )
    return page(
        "act.html",
        scripts=_scripts(form),
        act=_data(form, sop, None, mandate, kind),
        form=form,
        name=name_of(kind),
        sop=sop,
        step=sop.first,
        mandate=mandate,
        capacity=CAPACITIES[mandate.capacity],
        meaning=MEANINGS[kind],
        undone=UNDONE[kind],
    )


def _openings(here: Parts, who: Reader) -> list[tuple[Sop, str, MandateRecord]]:
    """Return each SOP in force that the reader's mandates open a case under, its leaf and the mandate."""
    with here.ledger.reading() as rows:
        names = rows.streams("sop")
    found = []
    for stream in filter(None, map(here.ledger.stream, names)):
        made = cast("Enactments", stream.state)
        sop = made.in_force
        office = sop.office_of(sop.first).office
        held = next((one for one in who.mandates if (one.office, one.unit) == (office, sop.unit)), None)
        if held is not None and made.superseded is None:
            found.append((sop, made.newest, held))
    return found


@routes.get("/perkara/<case_id>/tindakan/<kind>")
def act(case_id: str, kind: str) -> Response:
    """Return the page on which an act of ``kind`` is signed; ``mandat`` says as whom, ``menyimpang`` at which step."""
    family = CATALOGUE.get(kind, ("",))[0]
    if not family:
        raise NotFound("act.kind", "Tidak ada tindakan dengan nama ini.", allowed="Pilih tindakan di halaman perkara.")
    query = ActQuery.read(request.args.to_dict(), "request.parameter", "Alamat")
    here, who = parts(), reader()
    stream = here.ledger.stream(f"case:{case_id}")
    if stream is None:
        raise unknown(f"case:{case_id}")
    case = cast("Case", stream.state)
    shown: dict[str, Any] = {"case": case, "case_id": case_id, "kind": kind, "name": name_of(kind), "names": NAMES}
    if family != "case":
        return page("act.html", elsewhere=family, **shown)
    slip = _slip(case, who, query) if kind == "correction.recorded" else None
    turn = turn_of(here, who, stream, kind, query.mandat, query.menyimpang, slip)
    shown |= {"turn": turn, "mandate": turn.mandate, "capacity": CAPACITIES[turn.mandate.capacity], "sop": case.sop}
    shown["others"] = [one for one in who.mandates if one != turn.mandate]
    if turn.refused is not None:
        return page("act.html", scripts=[_WAITING], refused=turn.refused, **shown)
    if turn.step is None:
        return page("act.html", slips=_slips_shown(here, case, who, stream), **shown)
    form = _form(here, turn, kind, slip)
    return page(
        "act.html",
        scripts=_scripts(form),
        act=_data(form, case.sop, stream, turn.mandate, kind),
        form=form,
        step=turn.step,
        slip=slip,
        document=_shown(case, kind, query.baris),
        returned=_returned(here, case) if kind in _AFTER_RETURN else None,
        flags=flags_before(here, who, stream, turn, kind),
        meaning=MEANINGS[kind],
        undone=UNDONE[kind],
        deviating=DEVIATING if turn.deviating or kind in OUTSIDE else "",
        why_number=_advised(here, case.sop).get("why") if kind == "agenda.recorded" else None,
        returns=any(one["kind"] == "document.returned" for one in turn.advice["outside"]),
        **shown,
    )


def _form(here: Parts, turn: Turn, kind: str, slip: Slip | None) -> Form:
    case, step, today = turn.case, turn.step, here.clock().astimezone(WIB).date()
    assert step is not None
    known, begins, choices = known_of(kind, case, step), dict[str, str](), dict[str, tuple[tuple[str, str], ...]]()
    if slip is not None:
        known |= {"leaf": slip.leaf, "field": slip.field, "old": slip.old}
        begins["new"] = slip.old
    if kind == "agenda.recorded":
        begins = _agenda(here, case, today)
    if kind == "dispatch.recorded":
        left = [one for one in case.addressees if one.name not in case.dispatched]
        choices["recipient"] = tuple((one.name, _copies(one.name, one.copies)) for one in left)
    if kind == "document.returned":
        choices["to"] = tuple((no, f"{no}. {case.sop.step(no).kegiatan.raw}") for no in turn.to)
    if kind == "disposition.issued":
        choices["forwarded_to.0"] = tuple((one.office, one.name) for one in case.sop.offices)
    return form_of(kind, case.sop, step, known, case=case, begins=begins, choices=choices, deviating=turn.deviating)


def _copies(name: str, copies: int) -> str:
    return f"{name} ({_('%(count)s salinan', count=copies)})"


def _agenda(here: Parts, case: Case, today: dt.date) -> dict[str, str]:
    advised = _advised(here, case.sop)
    number = advised.get("number")
    found = {
        "letter_date": today.isoformat(),
        "sent_date": today.isoformat(),
        "addressee": "; ".join(one.name for one in case.addressees)[:300].strip(),
        "summary": case.opening.subject or "",
    }
    if number:
        found["number"] = "/".join(str(number[one]) for one in ("classification", "running", "office_code", "year"))
    if advised.get("agenda_no"):
        found["agenda_no"] = str(advised["agenda_no"])
    return found


def _advised(here: Parts, sop: Sop) -> dict[str, Any]:
    """Return the next free number of the agenda book: advice, as everywhere."""
    return dict(next_number(query=NextQuery(unit=sop.unit, sop=sop.slug)).get_json())


def _slip(case: Case, who: Reader, query: ActQuery) -> Slip | None:
    """Return the part of an act that the address names, if it is theirs to correct."""
    named = (query.daun, query.bagian)
    return next((one for one in slips_of(case, who.mandates) if (one.leaf, one.field) == named), None)


def _shown(case: Case, kind: str, first: int) -> DocumentView | None:
    """Return the document that the act stands on, as it is read without script; its name alone where it is not theirs.

    What is signed is read from bytes that the browser fetched and hashed itself.
    """
    if case.document is None or kind not in STANDING:
        return None
    held = case.document
    try:
        read_document(held.digest)
    except NotAllowed as refused:
        return DocumentView(held.digest, held.name, held.media_type, held.size, held=UNJUDGED, why=refused.detail)
    return view_of(held, first)


def _returned(here: Parts, case: Case) -> dict[str, str] | None:
    """Return why the case came back last: the name of who sent it back, the step, the reason."""
    back = newest_return(case)
    if back is None:
        return None
    name = here.register().officials[back.official].record.name
    return {"name": name, "step": back.step, "reason": back.reason}


def _slips_shown(here: Parts, case: Case, who: Reader, stream: Stream) -> list[dict[str, Any]]:
    """Return the acts that hold something to correct, oldest first: each with its sentence and its parts."""
    with here.reading() as connection:
        rows = audit_trail.trail(connection, stream.id)
    by_leaf: dict[str, list[Slip]] = {}
    for one in slips_of(case, who.mandates):
        by_leaf.setdefault(one.leaf, []).append(one)
    return [
        {
            "sentence": row["sentence"],
            "leaf_index": row["leaf_index"],
            "parts": [(label_of(one.field), one.old, _address(case_id=stream.id[5:], slip=one)) for one in parts_of],
        }
        for row in rows
        if (parts_of := by_leaf.get(row["leaf"]))
    ]


def _address(case_id: str, slip: Slip) -> str:
    kind = "correction.recorded"
    return url_for("desk.act", case_id=case_id, kind=kind, daun=slip.leaf, bagian=slip.field)


def _scripts(form: Form) -> list[str]:
    tables = any(one.form == "table" for one in form.fields)
    return [_SCRIPT, _TABLE] if tables else [_SCRIPT]


def _data(form: Form, sop: Sop, stream: Stream | None, mandate: MandateRecord, kind: str) -> dict[str, Any]:
    """Return what the module of the page is told: what to begin with and what to ask for.

    It is believed in nothing that is signed: the module reads that back and holds it against the log (act_hold.js).
    """
    case = cast("Case", stream.state) if stream else None
    held = case.document.plain() if case and case.document and kind in STANDING else None
    register = parts().register()
    return {
        "version": stream.version if stream else 0,
        "kind": kind,
        "sop": sop.slug,
        "mandate": mandate.mandate,
        "signer": {
            "name": register.officials[mandate.official].record.name,
            "office": mandate.office_name,
            "capacity": CAPACITIES[mandate.capacity],
        },
        "order": list(dict.fromkeys(_PART.sub("", one.path) for one in members(schema_of(CATALOGUE[kind][1])))),
        "known": form.known,
        "card": card(),
        "document": held,
        "begins": _begins(case, sop),
        "drafts": {
            "media_type": sop.document.media_type,
            "table": sop.document.media_type == IKU,
            "any": kind == "concept.drafted" and to_be_typed(sop),
        },
        "buttons": [{"said": one.said, "needs": one.needs} for one in form.buttons],
    }


def _begins(case: Case | None, sop: Sop) -> dict[str, str]:
    """Return what a new table begins with: the unit and the years of the disposition."""
    sheet = case.opening if case else None
    period = sheet.period if isinstance(sheet, DispositionIssued) else None
    years = {"first-year": str(period.first_year), "last-year": str(period.last_year)} if period else {}
    return {"unit": sop.unit.replace("-", " ").title()} | years
