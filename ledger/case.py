"""A case: one run of an SOP, from the act that opens it to its last dispatch.

The SOP, not this file, knows steps, offices, kelengkapan and ways; this file knows what each kind of act does
to the document. A case stands at one step. An act is taken when it names that step, is of a kind the step
allows there, comes from the step's office, finds the step's kelengkapan in the case, and names exactly the
document that the case holds. A new draft voids agreement, paraf and signature on the one before: they stay in
the history, but the case no longer has them.

Order of the file: the state, decide, fold. Both are pure: no clock, no look-up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from keys.authority import Need
from keys.errors import NotAllowed
from keys.fields import DocumentRef
from ledger import bodies as b
from ledger.acts import Act
from ledger.bodies import CaseBody
from ledger.kind_names import name_of
from ledger.sop import Sop, Step

Draft = b.ConceptDrafted | b.ConceptTyped | b.ConceptRevised
Bound = (
    b.TypingReviewed
    | b.ParafGiven
    | b.SignatureGiven
    | b.DistributionOrdered
    | b.AgendaOrdered
    | b.AgendaRecorded
    | b.DispatchRecorded
)


@dataclass(frozen=True, slots=True)
class Mark:
    """An approval, paraf or signature that stands on the present document: whose, and in which leaf (hex)."""

    official: str
    mandate: str
    leaf: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its acts make it. ``step`` is None once it is finished."""

    sop_ref: b.SopRef
    sop: Sop
    opening: b.DispositionIssued
    step: str | None
    returned: str | None = None
    round: int = 1
    drafts: tuple[DocumentRef, ...] = ()
    things: frozenset[str] = frozenset()
    steps_done: tuple[str, ...] = ()
    approved: Mark | None = None
    paraf: Mark | None = None
    signature: Mark | None = None
    addressees: tuple[b.Addressee, ...] = ()
    number: b.LetterNumber | None = None
    dispatched: tuple[str, ...] = ()

    @property
    def document(self) -> DocumentRef | None:
        """Return the document as it now is: the newest draft."""
        return self.drafts[-1] if self.drafts else None

    @property
    def finished(self) -> bool:
        """Tell whether the last step is done."""
        return self.step is None

    def due(self) -> tuple[Step, tuple[str, ...]] | None:
        """Return the step where the case stands and the kinds of act it takes now; None when finished."""
        if self.step is None:
            return None
        step = self.sop.step(self.step)
        return step, _kinds_due(self, step)


def needed(case: Case | None, act: Act, sop: Sop) -> Need:
    """Return the power that this act asks for: the office of the step it names, in the SOP's unit."""
    assert isinstance(act.body, CaseBody)
    office = sop.office_of(sop.step(act.body.step))
    return Need(office.office, sop.unit, office.name)


def decide(case: Case | None, act: Act, sop: Sop) -> None:
    """Return if the case takes ``act`` now, else raise NotAllowed naming rule, step and what is allowed.

    ``sop`` is the version in force when the case opens, and the case's own from then on.
    """
    body = act.body
    assert isinstance(body, CaseBody)
    if case is None:
        _decide_opening(act, body, sop)
        return
    if isinstance(body, b.DispositionIssued):
        raise NotAllowed("case.open", "Perkara ini sudah dibuka oleh disposisinya.", allowed=_what_is_due(case))
    if case.finished:
        raise NotAllowed(
            "case.finished",
            "Perkara ini sudah selesai; tidak ada langkah lagi.",
            allowed="Perubahan sesudah selesai dibuat dengan perkara baru.",
        )
    step = sop.step(body.step)
    missing = [sop.thing(name).name for name in step.needs if name not in case.things]
    if missing:
        raise NotAllowed(
            "sop.kelengkapan",
            f"Langkah {step.no} belum dapat dikerjakan: belum ada {', '.join(missing)}.",
            allowed=_what_is_due(case),
        )
    if body.step != case.step:
        raise NotAllowed("sop.order", f"Langkah {body.step} bukan giliran sekarang.", allowed=_what_is_due(case))
    if act.kind not in _kinds_due(case, step):
        raise NotAllowed(
            "sop.activity",
            f"Yang dikirim {name_of(act.kind)}; itu bukan kegiatan langkah {step.no} saat ini.",
            allowed=_what_is_due(case),
        )
    _decide_document(case, body)


def _decide_opening(act: Act, body: CaseBody, sop: Sop) -> None:
    first = sop.first
    if not isinstance(body, b.DispositionIssued) or body.step != first.no or act.kind not in first.activities:
        raise NotAllowed(
            "case.open",
            "Perkara belum dibuka.",
            allowed=f"Yang membuka: langkah {first.no} oleh {sop.office_of(first).name}.",
        )
    unknown = [name for name in body.forwarded_to if name not in {o.office for o in sop.offices}]
    if unknown:
        raise NotAllowed(
            "case.forwarded",
            f"Disposisi diteruskan kepada {', '.join(unknown)}, yang tidak ada dalam SOP ini.",
            allowed=f"Pelaksana SOP: {', '.join(o.office for o in sop.offices)}.",
        )


def _decide_document(case: Case, body: CaseBody) -> None:
    """Hold the act to the document that the case has."""
    if isinstance(body, Draft) and body.document.media_type != case.sop.document.media_type:
        raise NotAllowed(
            "case.media_type",
            f"Konsep ini berjenis {body.document.media_type}.",
            allowed=f"SOP ini menghasilkan {case.sop.document.media_type}.",
        )
    if isinstance(body, b.ConceptRevised):
        _decide_revision(case, body)
    if isinstance(body, Bound) and (case.document is None or body.document != case.document.digest):
        raise NotAllowed(
            "case.document",
            "Tindakan ini menyebut dokumen lain dari yang ada dalam perkara.",
            allowed=f"Dokumen perkara sekarang: {case.document.digest if case.document else 'belum ada'}.",
        )
    if isinstance(body, b.DispatchRecorded):
        _decide_dispatch(case, body)


def _decide_revision(case: Case, body: b.ConceptRevised) -> None:
    if body.answers != case.returned or case.document is None:
        raise NotAllowed(
            "case.answers",
            "Perbaikan ini tidak menjawab pengembalian yang terakhir.",
            allowed=f"Sebut daun pengembalian {case.returned}." if case.returned else "Belum ada pengembalian.",
        )
    if body.round != case.round:
        raise NotAllowed(
            "case.round",
            f"Putaran {body.round} bukan putaran sekarang.",
            allowed=f"Sekarang putaran {case.round}.",
        )
    if body.replaces != case.document.digest:
        raise NotAllowed(
            "case.document",
            "Perbaikan ini menggantikan dokumen lain dari yang ada dalam perkara.",
            allowed=f"Dokumen perkara sekarang: {case.document.digest}.",
        )
    if body.document.digest == body.replaces:
        raise NotAllowed(
            "case.unchanged",
            "Dokumen perbaikan sama persis dengan yang dikembalikan.",
            allowed="Lampirkan dokumen yang sudah diperbaiki.",
        )


def _decide_dispatch(case: Case, body: b.DispatchRecorded) -> None:
    ordered = {one.name: one.copies for one in case.addressees}
    if body.recipient not in ordered:
        raise NotAllowed(
            "case.addressee",
            f"{body.recipient} bukan penerima yang diperintahkan.",
            allowed=f"Penerima: {', '.join(ordered) or 'belum ada yang diperintahkan'}.",
        )
    if body.recipient in case.dispatched:
        left = [name for name in ordered if name not in case.dispatched]
        raise NotAllowed(
            "case.dispatched",
            f"Pengiriman kepada {body.recipient} sudah dicatat.",
            allowed=f"Yang belum: {', '.join(left)}.",
        )
    if body.copies != ordered[body.recipient]:
        raise NotAllowed(
            "case.copies",
            f"{body.copies} salinan untuk {body.recipient}.",
            allowed=f"Diperintahkan {ordered[body.recipient]} salinan.",
        )


def _kinds_due(case: Case, step: Step) -> tuple[str, ...]:
    """Return the kinds that ``step`` takes now: a step's activities are done in their order."""
    if case.returned is not None and step.again:
        return step.again[:1]
    for kind in step.activities:
        if not _fulfilled(case, kind):
            return (kind,)
    # The way led here again, or nothing was ordered that could be done: its last activity is what the step takes.
    return step.activities[-1:]


def _fulfilled(case: Case, kind: str) -> bool:
    """Tell whether an activity of the present step, which may hold several, is already done."""
    if kind == "agenda.recorded":
        return case.number is not None
    if kind == "dispatch.recorded":
        return {one.name for one in case.addressees} <= set(case.dispatched)
    return False


def _what_is_due(case: Case) -> str:
    due = case.due()
    if due is None:
        return "Perkara sudah selesai."
    step, kinds = due
    names = " atau ".join(map(name_of, kinds))
    return f"Giliran sekarang: langkah {step.no} ({names}) oleh {case.sop.office_of(step).name}."


def fold(case: Case | None, act: Act, leaf: str, sop: Sop) -> Case:
    """Return the case after ``act``, accepted with leaf hash ``leaf`` (hex); impossible history stops."""
    body = act.body
    if isinstance(body, b.DispositionIssued):
        if case is not None:
            raise AssertionError("a case is opened once")
        # The letter is part of the disposition: with it the first kelengkapan is in the case.
        opened = Case(body.sop, sop, body, body.step, things=frozenset(sop.first.needs))
        return _advance(opened, sop.step(body.step), None)
    if case is None or not isinstance(body, CaseBody):
        raise AssertionError(f"{act.kind} cannot open a case")
    mark = Mark(act.official, act.mandate, leaf)
    outcome: str | None = None
    step = sop.step(body.step)
    match body:
        case b.ConceptDrafted(document=draft) | b.ConceptTyped(document=draft):
            case = _with_draft(case, draft)
        case b.ConceptRevised(document=draft):
            case = replace(_with_draft(case, draft), returned=None)
        case b.TypingReviewed(decision=outcome):
            case = (
                replace(case, approved=mark)
                if outcome == "approved"
                else replace(case, returned=leaf, round=case.round + 1)
            )
        case b.ParafGiven():
            case = replace(case, paraf=mark)
        case b.SignatureGiven():
            case = replace(case, signature=mark)
        case b.DistributionOrdered(addressees=addressees):
            case = replace(case, addressees=addressees)
        case b.AgendaRecorded(number=number):
            case = replace(case, number=number)
        case b.DispatchRecorded(recipient=recipient):
            case = replace(case, dispatched=(*case.dispatched, recipient))
        case b.DirectionGiven() | b.AgendaOrdered():
            pass
        case _:
            raise AssertionError(f"{act.kind} cannot stand in a case")
    if any(not _fulfilled(case, kind) for kind in step.activities if kind in _SEVERAL):
        return case
    return _advance(case, step, outcome)


#: Kinds that share a step with others or repeat in it; any other kind fulfils its step alone.
_SEVERAL = frozenset({"agenda.recorded", "dispatch.recorded"})


def _with_draft(case: Case, draft: DocumentRef) -> Case:
    """Return the case with a new draft: what was bound to the one before is void."""
    bound = {thing.thing for thing in case.sop.things if thing.bound}
    return replace(
        case,
        drafts=(*case.drafts, draft),
        things=case.things - bound,
        approved=None,
        paraf=None,
        signature=None,
    )


def _advance(case: Case, step: Step, outcome: str | None) -> Case:
    """Return the case after ``step`` is done: what it gives is there, and the way on is taken."""
    way = next((way for way in step.next if way.when == outcome), None)
    if way is None and step.next:
        raise AssertionError(f"step {step.no} has no way for {outcome}")
    gives = () if outcome == "returned" else step.gives
    return replace(
        case,
        step=way.to if way else None,
        things=case.things | set(gives),
        steps_done=(*case.steps_done, step.no),
    )
