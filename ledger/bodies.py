"""The closed catalogue of acts: one strict body schema per kind (DOMAIN, "Catalogue of acts").

Kinds and member names are storage formats: golden rows of each are kept in the tests and read by every later
version. An optional member may be added; nothing is renamed, narrowed or removed.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from keys.fields import (
    Date,
    Digest,
    DocumentRef,
    Fact,
    LeafHash,
    Line,
    Many,
    Positive,
    PublicKeyHex,
    Slug,
    StepNo,
    Text,
    Time,
    Year,
)
from keys.records import Decree, MandateRecord, OfficialRecord
from ledger.calendar import Calendar
from ledger.sop import Duration, Raw, Sop
from ledger.successor import Predecessor


class Body(Fact):
    """What an act says beyond its frame."""


# --- register -------------------------------------------------------------------------------------------


class Founder(Fact):
    """One of the two who found a ledger: person, key, mandate as registrar, minutes that tie key to person."""

    person: OfficialRecord
    public_key: PublicKeyHex
    mandate: MandateRecord
    berita_acara: DocumentRef | None = None


class LedgerFounded(Body):
    """Leaf 0: the ledger's name, its log's key (C2SP vkey), two founders, the office that enacts SOPs."""

    name: Line
    log_key: Annotated[str, StringConstraints(max_length=300)]
    founders: Annotated[Many[Founder], Field(min_length=2, max_length=2)]
    enacting_office: Slug
    synthetic: bool
    successor_of: Predecessor | None = None


class FoundingAccepted(Body):
    """The second founder accepts leaf 0; before that nothing else is accepted."""

    founding: LeafHash


class Given(Body):
    """Power that is given. ``recovery`` is why the founders give it, where too few registrars are left to do so."""

    recovery: Text | None = None


class OfficialProposed(Given):
    """A person is proposed for the register, or a known one's new name or rank."""

    person: OfficialRecord


class KeyProposed(Given):
    """A key is proposed for a person, with the new key's own proof of possession (an envelope)."""

    official: Slug
    public_key: PublicKeyHex
    possession: Annotated[str, StringConstraints(max_length=2000)]


class MandateProposed(Given):
    """A mandate is proposed."""

    mandate: MandateRecord


class Approved(Given):
    """A proposal is approved, named by its leaf hash."""

    proposal: LeafHash


class KeyApproved(Approved):
    """A key is approved; the berita acara that ties it to the person is named by its digest."""

    berita_acara: DocumentRef | None = None


class KeyRevoked(Body):
    """A key is good for nothing after this leaf; ``compromised_since`` is a claim, and changes no act before it."""

    keyid: LeafHash
    reason: Literal["rotated", "lost", "compromised", "left"]
    compromised_since: Time | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _says_since_when(self) -> KeyRevoked:
        if self.compromised_since is not None and self.reason != "compromised":
            raise ValueError("hanya kunci yang dicuri atau bocor yang menyebut sejak kapan")
        return self


class MandateWithdrawn(Body):
    """A mandate ends with this leaf, before its last day or because it has none."""

    mandate: Slug
    reason: Text
    decree: Decree | None = None


# --- SOP ------------------------------------------------------------------------------------------------


class SopEnacted(Body):
    """An SOP comes into force, carried whole; a later version names the leaf of the one it replaces."""

    sop: Sop
    replaces: LeafHash | None = None


class SopSuperseded(Body):
    """An SOP goes out of force: nothing opens under it any more; open cases keep their version to the end.

    ``sop`` is the leaf of the version that was in force, ``by`` the SOP that is to be used instead, if there is one.
    """

    sop: LeafHash
    reason: Text
    by: Slug | None = None


class ReadingConfirmed(Body):
    """The office says how a cell of an SOP is to be read, from this leaf on: ``raw`` is the text that is read.

    ``sop`` is the leaf of the version in which the cell stands. ``ground`` says on what the reading rests, ``document``
    may hold it.
    """

    sop: LeafHash
    step: StepNo
    cell: Literal["waktu", "pelaksana", "kelengkapan", "output"]
    raw: Raw
    reading: Duration | Slug | Many[Slug]
    ground: Text
    document: DocumentRef | None = None


class CalendarEnacted(Body):
    """The calendar by which this SOP's durations are counted, from this leaf on."""

    calendar: Calendar


Classification = Annotated[str, StringConstraints(pattern=r"^[0-9][0-9.]{0,19}$")]
OfficeCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,29}$")]
#: The highest running number that a letter can have.
LAST_RUNNING = 999_999
Running = Annotated[int, Field(ge=1, le=LAST_RUNNING)]


class Used(Fact):
    """The last numbers of a year that were given before this ledger kept the book."""

    year: Year
    running: Running
    agenda_no: Positive


class NumberingEnacted(Body):
    """The parts of the numbers that letters of this SOP get, from this leaf on."""

    classifications: Annotated[Many[Classification], Field(min_length=1, max_length=20)]
    office_code: OfficeCode
    used: Used | None = None


# --- case -----------------------------------------------------------------------------------------------


class Paper(Fact):
    """An act that happened on paper and is recorded later: the scan, and whose hand it was if not the signer's.

    It is the present holder's attestation. A wet signature that another person put on the paper is never taken for
    that person's signature here.
    """

    scan: DocumentRef
    by: Line | None = None


class CaseBody(Body):
    """What every act in a case says: the step of the SOP that it performs.

    ``deviation`` is the signed reason for leaving the SOP's path; ``paper`` says that it is recorded late.
    """

    step: StepNo
    deviation: Text | None = None
    paper: Paper | None = None


class SopRef(Fact):
    """The version of an SOP that a case is pinned to: its slug and the leaf hash of ``sop.enacted``."""

    slug: Slug
    leaf: LeafHash


class Letter(Fact):
    """The incoming letter that a disposition stands on."""

    sender: Line
    number: Line
    date: Date
    received: Date
    scan: DocumentRef


class Period(Fact):
    """Years that a document is for, both inclusive."""

    first_year: Year
    last_year: Year

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.last_year < self.first_year:
            raise ValueError("berakhir sebelum mulai")
        return self


class Superseded(Fact):
    """The signed case that a new one replaces: its id, and the leaf hash of its signature."""

    case: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    signature: LeafHash


class DispositionIssued(CaseBody):
    """Step 1: the disposition sheet on an incoming letter; it opens the case and pins the SOP."""

    sop: SopRef
    letter: Letter
    agenda_no: Line | None = None
    urgency: Literal["biasa", "segera", "sangat segera"]
    secrecy: Literal["biasa", "terbatas", "rahasia"]
    subject: Line
    forwarded_to: Annotated[Many[Slug], Field(min_length=1)]
    instruction: Text
    note: Text | None = None
    period: Period | None = None
    supersedes: Superseded | None = None


class DirectionGiven(CaseBody):
    """Step 2: the secretary's direction."""

    instruction: Text


class ConceptDrafted(CaseBody):
    """Step 3: a concept of the document."""

    document: DocumentRef
    note: Text | None = None


class ConceptTyped(CaseBody):
    """Step 4: the typed concept."""

    document: DocumentRef
    note: Text | None = None


class ConceptRevised(CaseBody):
    """Step 4 after a return: the round, what is replaced, which return it answers, the new document."""

    round: Annotated[int, Field(ge=2, le=2**53 - 1)]
    replaces: Digest
    answers: LeafHash
    document: DocumentRef
    note: Text | None = None


class TypingReviewed(CaseBody):
    """Step 5: exactly this document is approved, or returned with a reason."""

    document: Digest
    decision: Literal["approved", "returned"]
    reason: Text | None = None

    @model_validator(mode="after")
    def _says_why(self) -> TypingReviewed:
        if (self.decision == "returned") != (self.reason is not None):
            raise ValueError("pengembalian, dan hanya pengembalian, wajib memuat alasan")
        return self


class ParafGiven(CaseBody):
    """Step 6: responsibility for substance, wording and typing of exactly this document."""

    document: Digest
    note: Text | None = None


class SignatureGiven(CaseBody):
    """Step 7: the decision, on exactly this document."""

    document: Digest
    note: Text | None = None


class Addressee(Fact):
    """Who gets how many copies."""

    name: Line
    copies: Annotated[int, Field(ge=1, le=10_000)]


class DistributionOrdered(CaseBody):
    """Step 8: copying and distribution of the signed document to these addressees."""

    document: Digest
    addressees: Annotated[Many[Addressee], Field(min_length=1)]
    note: Text | None = None

    @model_validator(mode="after")
    def _names_each_once(self) -> DistributionOrdered:
        if len({one.name for one in self.addressees}) != len(self.addressees):
            raise ValueError("menyebut satu penerima dua kali")
        return self


class AgendaOrdered(CaseBody):
    """Step 9: agenda, copying and distribution are ordered."""

    document: Digest
    note: Text | None = None


class LetterNumber(Fact):
    """A letter's number: classification / running number / office code / year."""

    classification: Classification
    running: Running
    office_code: OfficeCode
    year: Year

    def text(self) -> str:
        """Return the number as it is written on paper."""
        return f"{self.classification}/{self.running}/{self.office_code}/{self.year}"


class AgendaRecorded(CaseBody):
    """Step 10: the row in the agenda of outgoing letters; the signed document itself never changes."""

    document: Digest
    agenda_no: Positive
    number: LetterNumber
    letter_date: Date
    sent_date: Date
    addressee: Line
    summary: Line
    remark: Line | None = None


class DispatchRecorded(CaseBody):
    """Step 10: one addressee got their copies, with proof."""

    document: Digest
    recipient: Line
    method: Line
    copies: Annotated[int, Field(ge=1, le=10_000)]
    received_by: Line
    received_at: Time
    evidence: DocumentRef


class DocumentReturned(CaseBody):
    """Outside the path: who has the turn returns exactly this document to an earlier step, with a reason."""

    document: Digest
    to: StepNo
    reason: Text


class DispositionWithdrawn(CaseBody):
    """Outside the path: whoever issues dispositions ends the case before anything is signed."""

    reason: Text


class CorrectionRecorded(CaseBody):
    """Outside the path: a slip of the pen in an earlier act, both versions shown; never a digest, never a decision."""

    leaf: LeafHash
    field: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}(?:\.[a-z0-9_]{1,40}){0,4}$")]
    old: Text
    new: Text
    reason: Text


class ActivityPerformed(CaseBody):
    """A step of any SOP is done; ``document`` is a new draft of the procedure's document, if the step makes one.

    As the first step of an SOP it opens the case, and then names the SOP and what the case is about.
    """

    sop: SopRef | None = None
    subject: Line | None = None
    document: DocumentRef | None = None
    attachments: Annotated[Many[DocumentRef], Field(min_length=1)] | None = None
    note: Text | None = None


class ActivityDecided(CaseBody):
    """A decision of any SOP: its outcome chooses the way on; ``document`` is what was decided upon, if there is one."""

    decision: Slug
    document: Digest | None = None
    reason: Text | None = None
    note: Text | None = None


#: Acts that stand on the document that their case holds, and name it.
Bound = (
    TypingReviewed
    | ParafGiven
    | SignatureGiven
    | DistributionOrdered
    | AgendaOrdered
    | AgendaRecorded
    | DispatchRecorded
    | DocumentReturned
)

#: kind -> (stream family, body schema)
CATALOGUE: dict[str, tuple[str, type[Body]]] = {
    "ledger.founded": ("register", LedgerFounded),
    "founding.accepted": ("register", FoundingAccepted),
    "official.proposed": ("register", OfficialProposed),
    "official.approved": ("register", Approved),
    "key.proposed": ("register", KeyProposed),
    "key.approved": ("register", KeyApproved),
    "mandate.proposed": ("register", MandateProposed),
    "mandate.approved": ("register", Approved),
    "key.revoked": ("register", KeyRevoked),
    "mandate.withdrawn": ("register", MandateWithdrawn),
    "sop.enacted": ("sop", SopEnacted),
    "sop.superseded": ("sop", SopSuperseded),
    "reading.confirmed": ("sop", ReadingConfirmed),
    "calendar.enacted": ("sop", CalendarEnacted),
    "numbering.enacted": ("sop", NumberingEnacted),
    "disposition.issued": ("case", DispositionIssued),
    "direction.given": ("case", DirectionGiven),
    "concept.drafted": ("case", ConceptDrafted),
    "concept.typed": ("case", ConceptTyped),
    "concept.revised": ("case", ConceptRevised),
    "typing.reviewed": ("case", TypingReviewed),
    "paraf.given": ("case", ParafGiven),
    "signature.given": ("case", SignatureGiven),
    "distribution.ordered": ("case", DistributionOrdered),
    "agenda.ordered": ("case", AgendaOrdered),
    "agenda.recorded": ("case", AgendaRecorded),
    "dispatch.recorded": ("case", DispatchRecorded),
    "document.returned": ("case", DocumentReturned),
    "disposition.withdrawn": ("case", DispositionWithdrawn),
    "correction.recorded": ("case", CorrectionRecorded),
    "activity.performed": ("case", ActivityPerformed),
    "activity.decided": ("case", ActivityDecided),
}
