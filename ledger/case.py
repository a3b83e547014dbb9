"""A case: one run of an SOP, from the act that opens it to the end; its state, and the fold that makes it.

The SOP, not this file, knows steps, offices, kelengkapan and ways; this file knows what each kind of act does to the
document. A case stands at one step, whose activities are done in their order. A new draft voids agreement, paraf and
signature on the one before: they stay in the history, but the case no longer has them. What may happen next is
:mod:`ledger.case_rules`. Pure: no clock, no look-up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple

from rpds import HashTrieMap

from keys.fields import DocumentRef
from ledger import bodies as b
from ledger.acts import Act
from ledger.bodies import CaseBody
from ledger.sop import Sop, Step, Way

Opening = b.DispositionIssued | b.ActivityPerformed
_Drafting = b.ConceptDrafted | b.ConceptTyped | b.ConceptRevised | b.ActivityPerformed
_Deciding = b.TypingReviewed | b.ActivityDecided

#: Kinds that stand outside every SOP's path: each is a deviation by nature, and brings its own reason.
OUTSIDE = frozenset({"document.returned", "disposition.withdrawn", "correction.recorded"})
_OF_ITSELF = (b.DocumentReturned, b.DispositionWithdrawn, b.CorrectionRecorded)


class Mark(NamedTuple):
    """An approval, paraf or signature on the present document: whose, and in which leaf (hex).

    ``paper`` when it attests what happened on paper; ``by`` then names whose hand it was, if not the signer's.
    ``recorded_at`` is the ledger's clock, None where whoever folds does not know it.
    """

    official: str
    mandate: str
    leaf: str
    paper: bool = False
    by: str | None = None
    recorded_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A slip of the pen put right: both versions stay. ``of`` and ``leaf`` are leaf hashes (hex)."""

    leaf: str
    of: str
    field: str
    old: str
    new: str


class Case(NamedTuple):
    """A case as its acts make it. ``step`` is None once it is finished or withdrawn.

    A tuple, for each act makes a new one of it. ``opening`` is the body that opened it, ``sheet`` the disposition;
    ``done_here`` are the kinds done since the case came to its step; ``returned`` is the leaf of the return that the
    step ``returned_to`` has still to answer; ``deviations`` are the leaves of acts outside the SOP's path.
    """

    sop_ref: b.SopRef
    sop: Sop
    opening: Opening
    step: str | None
    sheet: b.DispositionIssued | None = None
    done_here: tuple[str, ...] = ()
    returned: str | None = None
    returned_to: str | None = None
    round: int = 1
    drafts: tuple[DocumentRef, ...] = ()
    things: frozenset[str] = frozenset()
    steps_done: tuple[str, ...] = ()
    approved: Mark | None = None
    paraf: Mark | None = None
    signature: Mark | None = None
    withdrawn: Mark | None = None
    addressees: tuple[b.Addressee, ...] = ()
    number: b.LetterNumber | None = None
    dispatched: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    acts: HashTrieMap[str, Act] = HashTrieMap()

    @property
    def document(self) -> DocumentRef | None:
        """Return the document as it now is: the newest draft."""
        return self.drafts[-1] if self.drafts else None

    @property
    def finished(self) -> bool:
        """Tell whether the last step is done."""
        return self.step is None and self.withdrawn is None

    def due(self) -> tuple[Step, tuple[str, ...]] | None:
        """Return the step where the case stands and the kinds of act it takes now; None when it takes none."""
        if self.step is None:
            return None
        step = self.sop.step(self.step)
        return step, kinds_due(self, step)


_PLACES = {name: place for place, name in enumerate(Case._fields)}


def kinds_of(case: Case, step: Step) -> tuple[str, ...]:
    """Return the activities of ``step`` in their order, those for a second time if it answers a return."""
    answers = case.returned is not None and case.returned_to == step.no and step.no in case.steps_done
    return step.again if step.again and answers else step.activities


def kinds_due(case: Case, step: Step) -> tuple[str, ...]:
    """Return the kinds that ``step`` takes now: its activities are done in their order."""
    return next(((kind,) for kind in kinds_of(case, step) if not _fulfilled(case, kind)), step.activities[-1:])


def _fulfilled(case: Case, kind: str) -> bool:
    """Tell whether an activity of the present step is done; dispatch is, when everybody has got their copies."""
    if kind == "dispatch.recorded":
        return bool(case.addressees) and {one.name for one in case.addressees} <= set(case.dispatched)
    return kind in case.done_here


def fold(case: Case | None, act: Act, leaf: str, sop: Sop, at: dt.datetime | None = None) -> Case:
    """Return the case after ``act``, recorded at ``at`` with leaf hash ``leaf`` (hex); impossible history stops."""
    body = act.body
    if not isinstance(body, CaseBody):
        raise AssertionError(f"{act.kind} cannot stand in a case")
    if case is None:
        case = _opened(body, sop)
    now: dict[str, Any] = {"acts": case.acts.insert(leaf, act)}
    if reason_outside(act) is not None:
        now["deviations"] = (*case.deviations, leaf)
    paper = body.paper
    by = paper.by if paper else None
    mark = Mark(act.official, act.mandate, leaf, paper=paper is not None, by=by, recorded_at=at)
    match body:
        case b.DocumentReturned(to=to):
            return _with(case, now | _sent_back(case, to, leaf))
        case b.DispositionWithdrawn():
            return _with(case, now | {"withdrawn": mark, "step": None})
        case b.CorrectionRecorded():
            correction = Correction(leaf, body.leaf, body.field, body.old, body.new)
            return _with(case, now | {"corrections": (*case.corrections, correction)})
    # A signed deviation may have led to another step than the case stood at.
    here = case.done_here if body.step == case.step else ()
    now |= {"step": body.step, "done_here": (*here, act.kind)} | _done(case, body, mark)
    case = _with(case, now)
    step = sop.step(body.step)
    return case if _open(case, step) else _with(case, _onward(case, step, outcome_of(body), leaf))


def _with(case: Case, changed: dict[str, Any]) -> Case:
    """Return the case with members changed, in half of the time of ``_replace``: an act does it twice."""
    members = list(case)
    for name, value in changed.items():
        members[_PLACES[name]] = value
    return Case._make(members)


def _opened(body: CaseBody, sop: Sop) -> Case:
    """Return the case before its first step is done; the letter that opens it is the first kelengkapan."""
    if not isinstance(body, Opening) or body.sop is None:
        raise AssertionError("a case begins with the act that opens it")
    return Case(body.sop, sop, body, body.step, things=frozenset(sop.first.needs))


def _done(case: Case, body: CaseBody, mark: Mark) -> dict[str, Any]:
    """Return what this kind of act changes of the document and its papers; a new draft voids what was bound."""
    now: dict[str, Any] = {}
    draft = draft_of(body)
    if draft is not None:
        bound = {thing.thing for thing in case.sop.things if thing.bound}
        now = {"drafts": (*case.drafts, draft), "things": case.things - bound}
        now |= {"approved": None, "paraf": None, "signature": None}
    match body:
        case b.DispositionIssued():
            now["sheet"] = body
        case b.TypingReviewed(decision="approved"):
            now["approved"] = mark
        case b.ParafGiven():
            now["paraf"] = mark
        case b.SignatureGiven():
            now["signature"] = mark
        case b.DistributionOrdered(addressees=addressees):
            now |= {"addressees": addressees, "dispatched": ()}
        case b.AgendaRecorded(number=number):
            now["number"] = number
        case b.DispatchRecorded(recipient=recipient):
            now["dispatched"] = (*case.dispatched, recipient)
    return now


def _taken_back(case: Case, step: Step) -> dict[str, Any]:
    """Return what changes when a decision sends the draft back: what it and the steps below it gave is gone.

    Only a deviation comes to that: in order, a decision stands before what rests on it.
    """
    order = [one.no for one in case.sop.steps]
    at = order.index(step.no)
    above = {name for one in case.sop.steps[:at] for name in one.gives}
    below = {name for one in case.sop.steps[at:] for name in one.gives}
    bound = {thing.thing for thing in case.sop.things if thing.bound}
    now: dict[str, Any] = {"things": case.things - ((below - above) & bound)}
    for name, mark in (("approved", case.approved), ("paraf", case.paraf)):
        given = case.acts[mark.leaf].body if mark else None
        if isinstance(given, CaseBody) and order.index(given.step) >= at:
            now[name] = None
    return now


def reason_outside(act: Act) -> str | None:
    """Return why the act leaves the SOP's path, in its signer's words, or None where it keeps to the path."""
    body = act.body
    if isinstance(body, _OF_ITSELF):
        return body.reason
    return body.deviation if isinstance(body, CaseBody) else None


def draft_of(body: CaseBody) -> DocumentRef | None:
    """Return the draft that an act brings into the case, or None."""
    if isinstance(body, _Drafting):
        return body.document
    return None


def outcome_of(body: CaseBody) -> str | None:
    """Return the outcome that an act decides, or None where it decides nothing."""
    return body.decision if isinstance(body, _Deciding) else None


def _open(case: Case, step: Step) -> bool:
    """Tell whether something is still to be done at the step where the case stands."""
    return any(not _fulfilled(case, kind) for kind in kinds_of(case, step))


def _onward(case: Case, step: Step, outcome: str | None, leaf: str) -> dict[str, Any]:
    """Return what changes when ``step`` is done: what it gives is there, and the chosen way is taken."""
    way = next((way for way in step.next if way.when == outcome), None)
    if way is None and step.next:
        raise AssertionError(f"step {step.no} has no way for {outcome}")
    now: dict[str, Any] = {"steps_done": (*case.steps_done, step.no)}
    if case.returned_to == step.no:
        now |= {"returned": None, "returned_to": None}
    if way is not None and leads_back(case.sop, step, way):
        return now | _taken_back(case, step) | _sent_back(case, way.to, leaf)
    return now | {"step": way.to if way else None, "done_here": (), "things": case.things | set(step.gives)}


def leads_back(sop: Sop, step: Step, way: Way) -> bool:
    """Tell whether a decision's way leads to this step or one that the SOP lists before it."""
    if way.when is None:
        return False
    order = [one.no for one in sop.steps]
    return order.index(way.to) <= order.index(step.no)


def _sent_back(case: Case, to: str, leaf: str) -> dict[str, Any]:
    """Return what changes when the case goes back, in a new round; the document stays until a draft replaces it."""
    return {"step": to, "done_here": (), "returned": leaf, "returned_to": to, "round": case.round + 1}
