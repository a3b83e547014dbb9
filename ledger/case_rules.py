"""What a case takes now: the rules of procedure, each with its name, the step, and what would be allowed instead.

An act is taken when it names the step where the case stands, is of a kind that is due there, comes from the step's
office, finds the step's kelengkapan in the case, and names exactly the document that the case holds. Leaving the path
takes a signed deviation with a reason (DESIGN, invariant 13); kelengkapan, office and document bind it all the same,
and after the signature there is no way back: change means a new case that supersedes the old. Pure.
"""

from __future__ import annotations

from keys.authority import Need
from keys.errors import NotAllowed
from keys.fields import DocumentRef
from ledger import bodies as b
from ledger.acts import Act
from ledger.bodies import CaseBody
from ledger.case import OUTSIDE, Case, draft_of, kinds_of, leads_back, outcome_of
from ledger.correction import decide_correction
from ledger.kind_names import name_of
from ledger.rule_words import naming_step
from ledger.sop import OPENING, Sop, Step
from ledger.sop_procedure import steps_after

_DRAFTING = frozenset({"concept.drafted", "concept.typed", "concept.revised", "activity.performed"})
_Naming = b.Bound | b.ActivityDecided
_Agreeing = b.TypingReviewed | b.ParafGiven | b.SignatureGiven


def needed(act: Act, sop: Sop) -> Need:
    """Return the power that this act asks for: the office of the step it names, in the SOP's unit."""
    if not isinstance(act.body, CaseBody):
        raise AssertionError(f"{act.kind} is no act of a case")
    office = sop.office_of(sop.step(act.body.step))
    return Need(office.office, sop.unit, office.name, office.seats)


def decide(case: Case | None, act: Act, sop: Sop, superseded: Case | None = None) -> None:
    """Return if the case takes ``act`` now, else raise NotAllowed naming rule, step and what is allowed.

    ``sop`` is the version in force when the case opens, and the case's own from then on; ``superseded`` is the case
    that an opening names, as it now is.
    """
    body = act.body
    if not isinstance(body, CaseBody):
        raise AssertionError(f"{act.kind} is no act of a case")
    with naming_step(body.step):
        if case is None:
            _decide_opening(act, body, sop, superseded)
        else:
            _decide_next(case, act, body, sop)


def _decide_next(case: Case, act: Act, body: CaseBody, sop: Sop) -> None:
    if act.kind in OUTSIDE and body.deviation is not None:
        raise NotAllowed(
            "sop.needless",
            f"Tindakan ini ({name_of(act.kind)}) memang di luar urutan SOP dan sudah memuat alasannya.",
            allowed="Tulis alasannya sekali saja, tanpa alasan penyimpangan.",
            member="deviation",
        )
    if isinstance(body, b.CorrectionRecorded):
        decide_correction(case, body)
        return
    _decide_open(case, body)
    if isinstance(body, b.DispositionWithdrawn):
        _decide_withdrawal(case, body)
        return
    step = sop.step(body.step)
    missing = [sop.thing(name).name for name in step.needs if name not in case.things]
    if missing:
        raise NotAllowed(
            "sop.kelengkapan",
            f"Belum dapat dikerjakan, karena belum ada {', '.join(missing)}.",
            allowed=what_is_due(case),
        )
    if isinstance(body, b.DocumentReturned):
        _decide_return(case, body, step)
    else:
        _decide_order(case, act, body, step)
    _decide_document(case, body)
    _decide_outcome(case, body, step)


def what_is_due(case: Case) -> str:
    """Return the sentence that says whose turn it is and for what."""
    due = case.due()
    if due is None:
        return "Perkara ini sudah selesai." if case.finished else "Disposisi perkara ini sudah ditarik."
    step, kinds = due
    names = " atau ".join(map(name_of, kinds))
    return f"Giliran sekarang: langkah {step.no} ({names}) oleh {case.sop.office_of(step).name}."


def _decide_opening(act: Act, body: CaseBody, sop: Sop, superseded: Case | None) -> None:
    first = sop.first
    opens = act.kind in OPENING and act.kind == first.activities[0] and body.step == first.no
    if not opens or (isinstance(body, b.ActivityPerformed) and body.subject is None):
        subject = ", dengan menyebut pokoknya" if first.activities[0] == "activity.performed" else ""
        raise NotAllowed(
            "case.open",
            "Perkara belum dibuka.",
            allowed=f"Yang membuka: langkah {first.no} oleh {sop.office_of(first).name}{subject}.",
        )
    if body.deviation is not None:
        raise _needless()
    if isinstance(body, b.ActivityPerformed):
        _decide_brought(None, body, sop)
        _decide_draft(body, sop)
        return
    if not isinstance(body, b.DispositionIssued):
        raise AssertionError(f"{act.kind} opens no case")
    _decide_forwarding(body, sop)
    if body.supersedes is not None:
        _decide_superseding(body, body.supersedes, sop, superseded)


def _decide_forwarding(body: b.DispositionIssued, sop: Sop) -> None:
    offices = [office.office for office in sop.offices]
    unknown = [name for name in body.forwarded_to if name not in offices]
    if unknown:
        raise NotAllowed(
            "case.forwarded",
            f"Disposisi diteruskan kepada {', '.join(unknown)}, yang tidak ada dalam SOP ini.",
            allowed=f"Pelaksana SOP: {', '.join(offices)}.",
        )


def _decide_superseding(body: b.DispositionIssued, names: b.Superseded, sop: Sop, old: Case | None) -> None:
    if old is None or old.signature is None or old.signature.leaf != names.signature:
        raise NotAllowed(
            "case.supersedes",
            "Perkara yang digantikan tidak ada, belum ditandatangani, atau tanda tangannya bukan yang disebut.",
            allowed="Sebut perkara yang sudah ditandatangani dan sidik daun tanda tangannya.",
        )
    period = old.sheet.period if old.sheet else None
    if (old.sop.unit, old.sop.slug) != (sop.unit, sop.slug):
        raise NotAllowed(
            "case.supersedes",
            f"Perkara yang digantikan dibuat di unit {old.sop.unit} menurut SOP {old.sop.title} ({old.sop.slug}).",
            allowed="Perkara pengganti dibuat di unit dan menurut SOP yang sama; versinya boleh lebih baru.",
        )
    if period != body.period:
        raise NotAllowed(
            "case.supersedes",
            f"Perkara yang digantikan {_years(period)}, sedangkan disposisi ini {_years(body.period)}.",
            allowed="Perkara pengganti dibuat untuk periode yang sama.",
        )
    if period is None and old.opening.subject != body.subject:
        raise NotAllowed(
            "case.supersedes",
            f"Perkara yang digantikan tanpa periode, dan perihalnya lain: “{old.opening.subject}”.",
            allowed="Bila tanpa periode, tulis perihal yang persis sama.",
        )


def _years(period: b.Period | None) -> str:
    return f"untuk periode {period.first_year} sampai {period.last_year}" if period else "tanpa periode"


def _decide_open(case: Case, body: CaseBody) -> None:
    """Hold the act to a case that is open and was opened once."""
    if case.withdrawn is not None:
        raise NotAllowed(
            "case.withdrawn",
            "Disposisi perkara ini sudah ditarik.",
            allowed="Untuk pokok yang sama dibuka perkara baru.",
        )
    disposes = isinstance(body, b.DispositionIssued) and not _due_now(case, "disposition.issued")
    if disposes or (isinstance(body, b.ActivityPerformed) and body.sop is not None):
        raise NotAllowed("case.open", "Perkara ini sudah dibuka.", allowed=what_is_due(case))
    if isinstance(body, b.DispositionIssued) and (body.sop != case.sop_ref or body.supersedes is not None):
        raise NotAllowed(
            "case.sop",
            "Disposisi dalam perkara yang sudah dibuka menyebut SOP lain atau perkara yang digantikan.",
            allowed=f"Sebut versi SOP perkara ini: {case.sop_ref.leaf}, tanpa perkara yang digantikan.",
        )
    if isinstance(body, b.DispositionIssued) and case.sheet is not None and body.period != case.sheet.period:
        raise NotAllowed(
            "case.period",
            "Disposisi yang diulang menyebut periode lain.",
            allowed="Periode perkara tetap; untuk periode lain dibuka perkara baru.",
        )
    if case.finished:
        raise NotAllowed(
            "case.finished",
            "Perkara ini sudah selesai; tidak ada langkah lagi.",
            allowed="Perubahan sesudah selesai dibuat dengan perkara baru yang menggantikannya.",
        )


def _due_now(case: Case, kind: str) -> bool:
    due = case.due()
    return due is not None and kind in due[1]


def _decide_withdrawal(case: Case, body: b.DispositionWithdrawn) -> None:
    first = case.sop.first
    if body.step != first.no:
        raise NotAllowed(
            "case.withdrawal",
            "Penarikan disposisi menyebut langkah yang bukan langkah pertama.",
            allowed=f"Yang menarik: {case.sop.office_of(first).name}, dengan menyebut langkah {first.no}.",
        )
    if case.signature is not None:
        raise _signed()


def _decide_return(case: Case, body: b.DocumentReturned, step: Step) -> None:
    if body.step != case.step:
        raise NotAllowed("sop.order", "Sekarang bukan giliran langkah ini.", allowed=what_is_due(case))
    if case.signature is not None:
        raise _signed()
    if step.is_decision:
        raise NotAllowed(
            "case.return",
            "Langkah ini memutus sendiri; di sini pengembalian adalah salah satu hasilnya.",
            allowed=what_is_due(case),
        )
    above = case.sop.steps[: case.sop.steps.index(step)]
    targets = [one.no for one in above if one.no in case.steps_done and _drafts(one)]
    if body.to not in targets:
        raise NotAllowed(
            "case.return",
            f"Dokumen tidak dapat dikembalikan ke langkah {body.to}.",
            allowed=f"Dapat dikembalikan ke langkah: {', '.join(targets) or 'tidak ada'}.",
        )


def _drafts(step: Step) -> bool:
    return bool(_DRAFTING & {*step.activities, *(step.again or ())})


def _decide_order(case: Case, act: Act, body: CaseBody, step: Step) -> None:
    """Hold the act to its turn, or to a deviation that says why it leaves the path."""
    due = case.due()
    in_order = due is not None and due[0].no == step.no and act.kind in due[1]
    if in_order:
        if body.deviation is not None:
            raise _needless()
        return
    if act.kind not in kinds_of(case, step):
        raise NotAllowed(
            "sop.activity",
            f"Yang dikirim {name_of(act.kind)}; itu bukan kegiatan langkah ini sekarang.",
            allowed=what_is_due(case),
        )
    if body.deviation is None:
        leaving = f"{what_is_due(case)} Meninggalkan urutan hanya dengan alasan penyimpangan."
        if body.step == case.step:
            said = f"Yang dikirim {name_of(act.kind)}; itu belum atau tidak lagi mendapat giliran."
            raise NotAllowed("sop.activity", said, allowed=leaving, member="deviation")
        raise NotAllowed("sop.order", "Sekarang bukan giliran langkah ini.", allowed=leaving, member="deviation")
    if case.signature is not None and _signs(case.sop, step):
        raise _signed()


def _signs(sop: Sop, step: Step) -> bool:
    """Tell whether the document is signed at ``step`` or on the way on from it."""
    return any("signature.given" in sop.step(no).activities for no in {step.no} | steps_after(sop, step.no))


def _decide_document(case: Case, body: CaseBody) -> None:
    """Hold the act to the document that the case has."""
    _decide_brought(case, body, case.sop)
    if draft_of(body) is not None:
        if case.signature is not None:
            raise _signed()
        _decide_draft(body, case.sop)
    if isinstance(body, b.DispositionIssued):
        _decide_forwarding(body, case.sop)
    if isinstance(body, b.ConceptRevised):
        _decide_revision(case, body)
    if isinstance(body, _Naming):
        held = case.document.digest if case.document else None
        # A decision may fall before there is a document; whatever stands on one needs it.
        if body.document != held or (held is None and isinstance(body, b.Bound)):
            raise NotAllowed(
                "case.document",
                "Tindakan ini menyebut dokumen lain dari yang ada dalam perkara.",
                allowed=f"Dokumen perkara sekarang: {held or 'belum ada'}.",
            )
    if isinstance(body, _Agreeing) and case.document is not None:
        _require_type(case.document, case.sop)
    if isinstance(body, b.DispatchRecorded):
        _decide_dispatch(case, body)


def _decide_brought(case: Case | None, body: CaseBody, sop: Sop) -> None:
    """Hold a step that gives what belongs to a draft to there being one: it brings the first."""
    if not isinstance(body, b.ActivityPerformed) or body.document is not None or (case and case.document):
        return
    bound = [thing.name for thing in map(sop.thing, sop.step(body.step).gives) if thing.bound]
    if bound:
        raise NotAllowed(
            "case.draft",
            f"Yang dihasilkan {', '.join(bound)}, tetapi perkara ini belum mempunyai naskah.",
            allowed=f"Lampirkan {sop.document.name}.",
        )


def _decide_draft(body: CaseBody, sop: Sop) -> None:
    """Hold a draft to the kind of document that the SOP makes; what is still to be typed may be a photo or a letter."""
    draft = draft_of(body)
    if draft is not None and not (isinstance(body, b.ConceptDrafted) and to_be_typed(sop)):
        _require_type(draft, sop)


def to_be_typed(sop: Sop) -> bool:
    """Tell whether a concept under this SOP is typed at a step of its own, so that it may come as a letter or photo."""
    return any("concept.typed" in step.activities for step in sop.steps)


def _require_type(draft: DocumentRef, sop: Sop) -> None:
    if draft.media_type != sop.document.media_type:
        short = sop.document.media_type.rpartition("/")[2]
        file = f"berkas {short.upper()}" if short.isalnum() else "jenis berkas yang ditentukan SOP"
        raise NotAllowed(
            "case.media_type",
            "Berkas konsep ini bukan jenis dokumen yang ditentukan SOP.",
            allowed=f"Lampirkan {sop.document.name} sebagai {file}.",
            media_type=draft.media_type,
            expected=sop.document.media_type,
        )


def _decide_outcome(case: Case, body: CaseBody, step: Step) -> None:
    """Hold a decision to the outcomes that the SOP has; one that leads back brings its reason."""
    if not isinstance(body, b.ActivityDecided):
        return
    way = next((way for way in step.next if way.when == outcome_of(body)), None)
    if way is None:
        raise NotAllowed(
            "sop.outcome",
            f"Keputusan di langkah ini tidak mempunyai hasil {body.decision}.",
            allowed=f"Hasilnya: {', '.join(str(way.when) for way in step.next)}.",
        )
    if leads_back(case.sop, step, way) and body.reason is None:
        raise NotAllowed(
            "sop.reason",
            f"Hasil {body.decision} mengembalikan perkara ke langkah {way.to}, tanpa alasan.",
            allowed="Tulis alasannya.",
            member="reason",
        )


def _decide_revision(case: Case, body: b.ConceptRevised) -> None:
    if body.answers != case.returned or case.document is None:
        raise NotAllowed(
            "case.answers",
            "Perbaikan ini tidak menjawab pengembalian yang terakhir.",
            allowed=f"Sebut daun pengembalian {case.returned}."
            if case.returned
            else "Perbaikan menunggu pengembalian.",
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
            allowed=f"Yang belum: {', '.join(left) or 'tidak ada'}.",
        )
    if body.copies != ordered[body.recipient]:
        raise NotAllowed(
            "case.copies",
            f"Yang dicatat {body.copies} salinan untuk {body.recipient}.",
            allowed=f"Diperintahkan {ordered[body.recipient]} salinan.",
        )


def _needless() -> NotAllowed:
    return NotAllowed(
        "sop.needless",
        "Langkah ini memang mendapat giliran sekarang; ini bukan penyimpangan.",
        allowed="Tandatangani tanpa alasan penyimpangan.",
        member="deviation",
    )


def _signed() -> NotAllowed:
    return NotAllowed(
        "case.signed",
        "Dokumen perkara ini sudah ditandatangani dan tidak dapat diubah lagi.",
        allowed="Perubahan dibuat dengan perkara baru yang menggantikan perkara ini.",
    )
