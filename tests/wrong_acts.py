"""What can be wrong with an act: every slip that an official, or somebody who is none, could make in it.

For :mod:`tests.test_histories`. A slip is made in an act that may be right; whether it is refused, and by which rule,
is not said here: that is what ledger and reference are asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.kit import PEOPLE, mandate_of
from tests.opened_office import NUR, SRI, USED
from tests.random_officials import NOBODY, RECIPIENTS, WHY, Act, Dice, Office, drafts_of, other_drafts, sop_of
from tests.reference_case import Json

PEOPLE_HERE = (*PEOPLE, NUR)


def spoiled(office: Office, act: Act, dice: Dice) -> Act:
    """Return the act with one slip in it; most of them are made in what it says."""
    if act.stream.startswith("sop:"):
        where = dice.of((_of_an_enactment, _of_an_enactment, _of_the_signer, _of_the_frame))
    else:
        where = dice.of((*(_of_the_body,) * 4, _of_the_step, _of_the_step, _of_the_signer, _of_the_frame))
    return dice.of(list(where(office, act, dice)) or [act])


def _of_the_frame(office: Office, act: Act, dice: Dice) -> Iterator[Act]:
    now = office.scene.paper.stream(act.stream)
    if now is None:
        yield replace(act, frame={"version": 2, "previous": NOBODY})
    else:
        yield replace(act, frame={"previous": dice.of([one.leaf for one in office.reference.said[:-1]])})
        yield replace(act, frame={"version": now.version, "previous": now.leaf if now.version > 1 else None})
        yield replace(act, frame={"version": now.version + 2})
    yield replace(act, frame={"ledger": "lain.malangkab.example/jejak"})


def _of_the_signer(office: Office, act: Act, dice: Dice) -> Iterator[Act]:
    colleague = dice.of([one for one in PEOPLE_HERE if one != act.official])
    own = "staf-nur" if colleague == NUR else mandate_of(colleague)
    yield replace(act, official=colleague, mandate=own)
    yield replace(act, mandate=dice.of([one for one in office.reference.mandates() if one != act.mandate]))
    yield replace(act, key=colleague)
    yield replace(act, key="orang-asing")
    yield replace(act, official=SRI, mandate="camat-sri-2025")
    yield replace(act, official=SRI, mandate="camat-pagak-sri")


def _of_the_step(office: Office, act: Act, dice: Dice) -> Iterator[Act]:
    steps = [one["no"] for one in sop_of(office, act)["steps"]]
    if act.body["step"] in steps and act.stream in office.cases:
        kind = dice.of(PERFORMED)
        other = office.body_of(act.stream, kind, act.body["step"], dice)
        yield replace(act, kind=kind, body={"step": act.body["step"]} | other)
    elif act.stream not in office.cases:
        yield replace(act, kind="direction.given", body={"step": act.body["step"], "instruction": "Susun."})
    yield _elsewhere(office, act, dice)
    yield act.but(deviation=None if "deviation" in act.body else WHY)
    yield act.but(step=dice.of(steps))
    yield act.but(step="99")


def _of_the_body(office: Office, act: Act, dice: Dice) -> Iterator[Act]:
    body = act.body
    for name, value in _wrong(office, act, dice):
        if name in body:
            yield act.but(**{name: value})
    if "sop" in body:
        versions = [one.leaf for one in office.reference.said if one.kind == "sop.enacted"]
        yield act.but(sop=body["sop"] | {"leaf": dice.of(versions)})
        yield act.but(sop=body["sop"] | {"slug": "tidak-ada"})
    if act.kind in ("disposition.withdrawn", "correction.recorded"):
        yield _elsewhere(office, act, dice)
    if act.kind == "disposition.issued":
        case = dice.of([*office.cases, "case:ffffffff-0000-4000-8000-000000000000"]).removeprefix("case:")
        yield act.but(supersedes={"case": case, "signature": dice.of([one.leaf for one in office.reference.said])})
    if act.kind == "activity.performed":
        yield act.but(document=dice.of(drafts_of(office, act)))
        yield act.but(document=None)
    if act.kind == "activity.decided":
        yield act.but(decision="ragu-ragu")
        yield act.but(reason=None if "reason" in body else "Sudah lengkap.")
    if act.kind == "dispatch.recorded":
        addressees = office.story(act.stream).addressees
        yield from (act.but(recipient=name, copies=copies) for name, copies in addressees.items())
    if act.kind == "agenda.recorded":
        yield from _of_the_number(office, act, dice)


def _wrong(office: Office, act: Act, dice: Dice) -> Iterator[tuple[str, object]]:
    """Yield what could stand in a member of the body instead; members that the act does not have are left alone."""
    body = act.body
    other = dice.of([one.leaf for one in office.reference.said])
    own, foreign = dice.of(drafts_of(office, act)), dice.of(other_drafts(office, act))
    if isinstance(body.get("document"), str):
        yield "document", own["digest"]
    else:
        yield "document", foreign
        yield "document", own
        yield "document", next((one for one in drafts_of(office, act) if one["digest"] == body.get("replaces")), own)
    yield "round", body.get("round", 2) + 1
    yield "answers", other
    yield "replaces", own["digest"]
    yield "recipient", dice.of((*RECIPIENTS, "Camat Pagak"))
    yield "copies", body.get("copies", 1) + 1
    yield "forwarded_to", ["sekcam", "lurah"]
    yield "period", {"first_year": 2029, "last_year": 2030}
    yield "period", None
    if act.kind == "activity.performed":
        yield "subject", None
    yield "to", dice.of(("1", "3", "7"))
    yield "leaf", other
    yield "field", dice.of(("step", "document", "decision", "number.running", "letter.scan.name"))
    yield "old", "Tulisan lain"
    yield "new", body.get("old")


def _of_the_number(office: Office, act: Act, dice: Dice) -> Iterator[Act]:
    number, taken = act.body["number"], office.reference.numbers()
    yield act.but(number=number | {"classification": "800"})
    yield act.but(number=number | {"office_code": dice.of(("35.07.12", "35-7-11", "35.07.11"))})
    yield act.but(number=number | {"running": dice.of((USED["running"], USED["running"] + 1))})
    yield act.but(agenda_no=dice.of((USED["agenda_no"], USED["agenda_no"] + 1)))
    if taken:
        row = dice.of(taken)
        yield act.but(number=row["number"])
        yield act.but(number=taken[-1]["number"])
        yield act.but(agenda_no=row["agenda_no"], number=number | {"year": row["number"]["year"]})


def _elsewhere(office: Office, act: Act, dice: Dice) -> Act:
    """Return the act with another step, by who does that step."""
    sop = sop_of(office, act)
    step = dice.of([one["no"] for one in sop["steps"]])
    return replace(office.by_office(act.stream, sop, act.kind, act.but(step=step).body, dice), frame=act.frame)


def _of_an_enactment(office: Office, act: Act, dice: Dice) -> Iterator[Act]:
    body = act.body
    yield replace(act, stream="sop:tidak-ada", frame={})
    if act.kind == "sop.enacted":
        sop: Json = body["sop"]
        yield act.but(replaces=NOBODY)
        yield act.but(replaces=None)
        yield act.but(sop=sop | {"unit": "pagak"})
    if act.kind == "sop.superseded":
        yield act.but(sop=NOBODY)
        yield act.but(by=act.stream.removeprefix("sop:"))
    if act.kind == "numbering.enacted":
        yield act.but(office_code=dice.of(("35.07.11.", "35..07.11", "35.07-.11")))


PERFORMED = (
    *("direction.given", "concept.drafted", "concept.typed", "concept.revised", "typing.reviewed", "paraf.given"),
    *("signature.given", "distribution.ordered", "agenda.ordered", "agenda.recorded", "dispatch.recorded"),
    *("activity.performed", "activity.decided"),
)
