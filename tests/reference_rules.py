"""What a case refuses, as a slow reader holds the rules against an act: the names of those that it breaks, in order.

Part of the reference of :mod:`tests.reference_sop`. Each generator yields the rules that are broken, in the order in
which they are held against an act. Only the first is ever asked for, so whatever stands after a yield may take for
granted that the rule before it holds.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from tests.reference_case import BY_NATURE, DECIDING, DRAFTING, OPENING, Json, Story, is_back, step_of

#: Kinds that say nothing of the document, or bring it themselves; a decision may fall before there is one.
UNBOUND = ("disposition.issued", "direction.given", "disposition.withdrawn", "correction.recorded", *DRAFTING)
#: What a person wrote and may have written wrongly, and what it must be.
PENNED = {
    **dict.fromkeys(("letter.sender", "letter.number", "subject", "addressee", "summary", "remark"), "line"),
    **dict.fromkeys(("method", "received_by", "agenda_no"), "line"),  # on the disposition; in the agenda it binds
    **dict.fromkeys(("letter.date", "letter.received", "letter_date", "sent_date"), "date"),
    **dict.fromkeys(("instruction", "note", "reason"), "text"),
    "received_at": "time",
}


def broken(story: Story, act: Json) -> Iterator[str]:
    """Yield the rules that an act in this open case breaks, the first one first."""
    kind, body = act["kind"], act["body"]
    if kind in BY_NATURE and "deviation" in body:
        yield "sop.needless"
    if kind == "correction.recorded":
        yield from _broken_by_correction(story, body)
        return
    if story.withdrawn:
        yield "case.withdrawn"
    if kind in OPENING:
        yield from _broken_by_opening_again(story, kind, body)
    if story.finished:
        yield "case.finished"
    if kind == "disposition.withdrawn":
        if body["step"] != story.sop["steps"][0]["no"]:
            yield "case.withdrawal"
        if story.signature:
            yield "case.signed"
        return
    step = step_of(story.sop, body["step"])
    if not set(step["kelengkapan"].get("reading", [])) <= story.things:
        yield "sop.kelengkapan"
    yield from _broken_by_return(story, body, step) if kind == "document.returned" else _broken_by_turn(story, act)
    yield from _broken_by_document(story, kind, body)
    if kind == "activity.decided":
        way = next((way for way in step["next"] if way.get("when") == body["decision"]), None)
        if way is None:
            yield "sop.outcome"
        elif is_back(story.sop, step, way) and "reason" not in body:
            yield "sop.reason"


def _broken_by_opening_again(story: Story, kind: str, body: Json) -> Iterator[str]:
    if kind == "activity.performed":
        if "sop" in body:
            yield "case.open"
        return
    if kind not in story.due:
        yield "case.open"
    if body["sop"] != story.said[0].body["sop"] or "supersedes" in body:
        yield "case.sop"
    sheets = [one.body for one in story.said if one.kind == "disposition.issued"]
    if sheets and sheets[0].get("period") != body.get("period"):
        yield "case.period"


def _broken_by_return(story: Story, body: Json, step: Json) -> Iterator[str]:
    if body["step"] != story.stands:
        yield "sop.order"
    if story.signature:
        yield "case.signed"
    if set(step["activities"]) & set(DECIDING):
        yield "case.return"
    above = story.sop["steps"][: story.sop["steps"].index(step)]
    drafting = [one["no"] for one in above if {*one["activities"], *one.get("again", [])} & set(DRAFTING)]
    if body["to"] not in drafting or body["to"] not in story.steps_done:
        yield "case.return"


def _broken_by_turn(story: Story, act: Json) -> Iterator[str]:
    kind, body = act["kind"], act["body"]
    here, deviates = body["step"] == story.stands, "deviation" in body
    if here and kind in story.due:
        if deviates:
            yield "sop.needless"
        return
    if kind not in story.kinds(body["step"]):
        yield "sop.activity"
    if not deviates:
        yield "sop.activity" if here else "sop.order"
    if story.signature and comes_to_signing(story.sop, body["step"]):
        yield "case.signed"


def _broken_by_document(story: Story, kind: str, body: Json) -> Iterator[str]:
    if story.document is None:
        yield from broken_by_no_draft(kind, body, story.sop)
    if kind in DRAFTING and "document" in body and story.signature:
        yield "case.signed"
    yield from broken_by_draft(kind, body, story.sop)
    yield from broken_by_forwarding(body, story.sop)
    if kind == "concept.revised":
        if story.document is None or story.owed is None or body["answers"] != story.owed[0]:
            yield "case.answers"
        if body["round"] != story.round:
            yield "case.round"
        if body["replaces"] != story.document:
            yield "case.document"
        if body["document"]["digest"] == story.document:
            yield "case.unchanged"
    if kind not in UNBOUND and body.get("document") != story.document:
        yield "case.document"
    if kind in {"typing.reviewed", "paraf.given", "signature.given"} and story.media_type not in (
        None,
        made(story.sop),
    ):
        yield "case.media_type"
    if kind == "dispatch.recorded":
        if body["recipient"] not in story.addressees:
            yield "case.addressee"
        if body["recipient"] in story.dispatched:
            yield "case.dispatched"
        if body["copies"] != story.addressees[body["recipient"]]:
            yield "case.copies"


def _broken_by_correction(story: Story, body: Json) -> Iterator[str]:
    slip = next((one for one in story.said if one.leaf == body["leaf"]), None)
    if slip is None or slip.kind == "correction.recorded":
        yield "correction.leaf"
        return
    if slip.body["step"] != body["step"]:
        yield "correction.step"
    if body["field"] not in PENNED or (slip.kind, body["field"]) == ("agenda.recorded", "agenda_no"):
        yield "correction.binding"
    written: Any = slip.body
    for name in body["field"].split("."):
        written = written.get(name) if isinstance(written, dict) else None
    newest = [one[4] for one in story.corrections if one[1:3] == (body["leaf"], body["field"])]
    now = newest[-1] if newest else written
    if now is None or now != body["old"]:
        yield "correction.old"
    if body["new"] == now or not could_be(PENNED[body["field"]], body["new"]):
        yield "correction.new"


def comes_to_signing(sop: Json, no: str) -> bool:
    """Tell whether the document is signed at this step or at one that follows it, however far."""
    near = {no}
    for _ in sop["steps"]:
        near |= {way["to"] for one in near for way in step_of(sop, one)["next"]}
    return any("signature.given" in step_of(sop, one)["activities"] for one in near)


def broken_by_no_draft(kind: str, body: Json, sop: Json) -> Iterator[str]:
    """Yield the fault of an activity that brings no draft, while its step gives what belongs to one."""
    gives = step_of(sop, body["step"])["output"].get("reading", [])
    bound = [thing["thing"] for thing in sop["things"] if thing["bound"]]
    if kind == "activity.performed" and "document" not in body and set(gives) & set(bound):
        yield "case.draft"


def made(sop: Json) -> str:
    """Return the media type of the document that the SOP makes."""
    return str(sop["document"]["media_type"])


def broken_by_draft(kind: str, body: Json, sop: Json) -> Iterator[str]:
    """Yield a draft's fault: it is not the kind of document that the SOP makes, and nobody is to type it yet."""
    draft, to_type = body.get("document"), [one for one in sop["steps"] if "concept.typed" in one["activities"]]
    if isinstance(draft, dict) and draft["media_type"] != made(sop) and not (kind == "concept.drafted" and to_type):
        yield "case.media_type"


def broken_by_forwarding(body: Json, sop: Json) -> Iterator[str]:
    """Yield a disposition's fault: it is forwarded to somebody whom the SOP does not have."""
    if not set(body.get("forwarded_to", [])) <= {office["office"] for office in sop["offices"]}:
        yield "case.forwarded"


def could_be(shape: str, text: str) -> bool:
    """Tell whether a text is such a line, text, date or time as an act takes (in plain ASCII)."""
    match shape:
        case "text":
            return True  # whatever a correction can carry is a text
        case "line":
            return len(text) <= 300 and not re.search(r"[\n\r\t]|  ", text)
        case "date":
            return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and _is_moment(text)
        case "time":
            return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00", text) is not None and _is_moment(text)
    raise AssertionError(shape)


def _is_moment(text: str) -> bool:
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
