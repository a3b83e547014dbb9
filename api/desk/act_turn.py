"""Whether somebody may sign an act of a kind in a case now: as whom, at which step, and if not, why not.

All of it is advice, asked of the rooms that will judge (:mod:`api.advice`, :mod:`ledger.case_rules`); what is offered
here may still be refused, and what a person signs was verified in their browser.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from api.advice import advise
from api.parts import Parts
from api.reader import Reader
from keys.authority import Need, require
from keys.envelope import Envelope
from keys.errors import NotAllowed
from keys.records import MandateRecord
from keys.register import Register
from ledger import bodies as b
from ledger.acts import PAYLOAD_TYPE, Act
from ledger.case import OUTSIDE, Case, kinds_of
from ledger.case_rules import decide, what_is_due
from ledger.correction import CORRECTABLE, corrected
from ledger.entry import Entry
from ledger.flags import Flag, flags
from ledger.merkle import Frontier
from ledger.recorded import Recorded
from ledger.replay import Step as Replayed
from ledger.sop import Step
from ledger.streams import Stream

#: Stands for the reason that only the signer can give.
_REASON = "…"


@dataclass(frozen=True, slots=True)
class Slip:
    """A part of an earlier act that may be a slip of the pen: which act (leaf hash), which part, what it says now."""

    leaf: str
    field: str
    old: str
    step: str


@dataclass(frozen=True, slots=True)
class Turn:
    """Where an act of a kind would stand in its case; ``refused`` says why it may not be signed now.

    ``advice`` is what :func:`api.advice.advise` says; ``deviations`` are the steps that the mandate's holder could
    take out of turn, ``deviating`` says that this is one of them.
    """

    case: Case
    mandate: MandateRecord
    advice: dict[str, Any]
    step: Step | None
    refused: NotAllowed | None = None
    to: tuple[str, ...] = ()
    deviations: tuple[Step, ...] = ()
    deviating: bool = False


def turn_of(
    here: Parts, who: Reader, stream: Stream, kind: str, asked: str | None, out_of_turn: str | None, slip: Slip | None
) -> Turn:
    """Return where ``kind`` stands for the reader: under the mandate ``asked`` for, else under the one that fits.

    ``out_of_turn`` is the step that they would take as a deviation. Raises NotAllowed (``authority.mandate``) of a
    mandate that is not theirs.
    """
    own = {one.mandate: one for one in who.mandates}
    if asked is not None and asked not in own:
        raise NotAllowed(
            "authority.mandate",
            f"Mandat {asked[:80]} bukan mandat Anda, atau tidak berlaku.",
            allowed=f"Mandat Anda: {', '.join(own)}.",
        )
    register, now = here.register(), here.clock()
    with here.ledger.reading() as rows:  # after the stream was read, so it covers its newest entry
        frontier = rows.frontier()
    found = [
        _turn(stream, register, one, frontier, now, kind, out_of_turn, slip)
        for one in (own.values() if asked is None else [own[asked]])
    ]
    return min(found, key=lambda one: (one.refused is not None, not one.deviations, not _of_unit(one)))


def _of_unit(turn: Turn) -> bool:
    return turn.mandate.unit == turn.case.sop.unit


def _turn(
    stream: Stream,
    register: Register,
    mandate: MandateRecord,
    frontier: Frontier,
    now: dt.datetime,
    kind: str,
    out_of_turn: str | None,
    slip: Slip | None,
) -> Turn:
    case = cast("Case", stream.state)
    advice = advise(stream, register, mandate.mandate, frontier, now)
    if kind == "correction.recorded":
        return Turn(case, mandate, advice, case.sop.step(slip.step) if slip else None)
    if kind in advice["kinds"]:
        return Turn(case, mandate, advice, case.sop.step(advice["step"]))
    offered = next((one for one in advice["outside"] if one["kind"] == kind), None)
    if offered is not None:
        return Turn(case, mandate, advice, case.sop.step(offered["step"]), to=tuple(offered.get("to", ())))
    steps = () if kind in OUTSIDE else _out_of_turn(case, mandate, kind)
    chosen = next((one for one in steps if one.no == out_of_turn), None)
    if chosen is not None:
        return Turn(case, mandate, advice, chosen, deviations=steps, deviating=True)
    return Turn(case, mandate, advice, None, _why_not(case, advice, kind, now), deviations=steps)


def _why_not(case: Case, advice: dict[str, Any], kind: str, now: dt.datetime) -> NotAllowed:
    """Return why an act of ``kind`` may not be signed, the nearest reason first."""
    said = advice["why_not"]
    if said is not None:
        return NotAllowed(said["rule"], said["detail"], allowed=said["allowed"])
    due = case.due()
    step = due[0].no if due else case.sop.first.no
    body: b.CaseBody = b.DispositionWithdrawn(step=case.sop.first.no, reason=_REASON)
    if kind == "document.returned" and case.document is not None:
        body = b.DocumentReturned(step=step, document=case.document.digest, to=case.sop.first.no, reason=_REASON)
    if kind in OUTSIDE:
        try:
            decide(case, Act("", None, "", 1, None, kind, "", "", now, body), case.sop)
        except NotAllowed as refused:
            return refused
    return NotAllowed("sop.activity", "Sekarang bukan giliran tindakan ini.", allowed=what_is_due(case))


def _out_of_turn(case: Case, mandate: MandateRecord, kind: str) -> tuple[Step, ...]:
    """Return the steps of the mandate's office that take ``kind`` and lack nothing, though it is not their turn."""
    if case.step is None or mandate.unit != case.sop.unit:
        return ()
    return tuple(
        one
        for one in case.sop.steps
        if kind in kinds_of(case, one)
        and case.sop.office_of(one).office == mandate.office
        and set(one.needs) <= case.things
    )


def slips_of(case: Case, mandates: Sequence[MandateRecord]) -> list[Slip]:
    """Return what the holders of ``mandates`` could correct in the case, in no order."""
    found = []
    for leaf, act in case.acts.items():
        body = act.body
        if not isinstance(body, b.CaseBody) or isinstance(body, b.CorrectionRecorded):
            continue
        office = case.sop.office_of(case.sop.step(body.step)).office
        if not any(one.office == office and one.unit == case.sop.unit for one in mandates):
            continue
        said = corrected(case, leaf).plain()
        for field in CORRECTABLE:
            value = _text_at(said, field)
            if value is not None:
                found.append(Slip(leaf, field, value, body.step))
    return found


def _text_at(said: Any, path: str) -> str | None:
    for name in path.split("."):
        said = said.get(name) if isinstance(said, dict) else None
    return said if isinstance(said, str) else None


def flags_before(here: Parts, who: Reader, stream: Stream | None, turn: Turn, kind: str) -> tuple[Flag, ...]:
    """Return the flags that follow from who signs: key, mandate, capacity, one person for paraf and signature.

    What follows from what is typed, such as dates, is not known yet. Empty where the power is not there.
    """
    register, now, index = here.register(), here.clock(), stream.index + 1 if stream else 0
    assert turn.step is not None
    office = turn.case.sop.office_of(turn.step)
    try:
        authority = require(
            register,
            official=who.session.official,
            mandate=turn.mandate.mandate,
            keyid=who.session.keyid,
            need=Need(office.office, turn.case.sop.unit, office.name, office.seats),
            index=max(index, _newest(here)),
            at=now,
        )
    except NotAllowed:
        return ()
    body: b.CaseBody = b.DirectionGiven(step=turn.step.no, instruction=_REASON)
    if kind == "signature.given" and turn.case.document is not None:
        body = b.SignatureGiven(step=turn.step.no, document=turn.case.document.digest)
    act = Act("", None, "", 1, None, kind, who.session.official, turn.mandate.mandate, now, body)
    done = Recorded(index, Entry.record(_unsigned(), now), act, "")
    after = stream or Stream("", 0, "", 0, now, turn.case)
    # What was claimed before is no matter here: the browser's own clock is what this act will state.
    before = replace(stream, claimed_at=now) if stream else None
    return flags(Replayed(done, before, after, register, authority))


def _newest(here: Parts) -> int:
    with here.ledger.reading() as rows:
        return rows.size()


def _unsigned() -> Envelope:
    """Return an envelope that says nothing and that nobody signed: flags ask an entry only for its time."""
    return Envelope.parse(
        b'{"payloadType":"%b","payload":"%b","signatures":[{"keyid":"%b","sig":"%b"}]}'
        % (PAYLOAD_TYPE.encode(), base64.b64encode(b"{}"), b"0" * 64, base64.b64encode(bytes(64)))
    )
