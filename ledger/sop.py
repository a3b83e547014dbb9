"""An SOP as data: who does what, in which order, from what and into what, and how far that is certain.

The value is carried verbatim inside the signed act ``sop.enacted``, so this schema is a wire format: members
are added in a later ``format``, never changed. It follows the parts of an *SOP Administrasi Pemerintahan*
(PermenPAN-RB 35/2012): an identity, then a table with one row a step and one column an actor.

Every cell of the source keeps three things apart: ``raw``, its exact text (its lines joined by a line feed,
"" where it is blank); ``reading``, what we take it to mean, absent where we cannot tell; and ``basis``, how
we know. So nothing inferred can pass for the office's own words. Example::

    >>> waktu = {"raw": "II hari", "basis": "tidak-terbaca", "note": "Dapat berarti 2, 11, atau 1 hari."}
    >>> DurationCell.read(waktu, "sop.form", "Waktu").reading is None
    True

What each activity needs and does to a case is the case's matter; here stand only its name and whether it is
a decision. :meth:`Sop.parse` is the door for bytes; whoever embeds a :class:`Sop` in another fact calls
:func:`check`, which says what a schema cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import Field, StringConstraints, model_validator

from keys import strict_json
from keys.errors import Malformed, NotAllowed, NotFound
from keys.fields import Date, Fact, Line, Many, Positive, Seats, Slug, StepNo, Text, Year
from keys.member_words import value_in_words
from ledger.kind_names import name_of
from ledger.sop_procedure import check_procedure

#: An SOP takes at most this many bytes as compact JSON: base64 in an envelope, it must fit beside its act.
MAX_BYTES = 35_000
#: Bytes handed to :meth:`Sop.parse` may be indented for people, up to this many.
MAX_FILE_BYTES = 2 * MAX_BYTES

R = TypeVar("R")

#: The exact text of a source cell; "" where it is blank.
Raw = Annotated[str, StringConstraints(pattern=r"^(?:\S(?:[^\r\t]*\S)?)?$", max_length=1000)]
#: The name of an activity; :func:`check` refuses one that :data:`ACTIVITIES` does not have.
ActivityKind = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,30}\.[a-z]{2,30}$")]
#: A media type (RFC 6838 §4.2, narrowed).
MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,95}$")]
#: How a reading is known: from the source's words, from an actor mark, by inference, by the office's own
#: later confirmation, or not at all.
Basis = Literal["sumber", "tanda", "disimpulkan", "dikonfirmasi", "tidak-terbaca"]


@dataclass(frozen=True, slots=True)
class Activity:
    """What an SOP must know of an activity: whether it decides, and between which outcomes (None: any)."""

    decides: bool = False
    outcomes: frozenset[str] | None = None


#: Every activity a step may name. The last two serve any SOP; the others know the document's procedure.
ACTIVITIES: Mapping[str, Activity] = MappingProxyType(
    {
        "disposition.issued": Activity(),
        "direction.given": Activity(),
        "concept.drafted": Activity(),
        "concept.typed": Activity(),
        "concept.revised": Activity(),
        "typing.reviewed": Activity(decides=True, outcomes=frozenset({"approved", "returned"})),
        "paraf.given": Activity(),
        "signature.given": Activity(),
        "distribution.ordered": Activity(),
        "agenda.ordered": Activity(),
        "agenda.recorded": Activity(),
        "dispatch.recorded": Activity(),
        "activity.performed": Activity(),
        "activity.decided": Activity(decides=True),
    }
)
#: Activities that can open a case; the first step must have one.
OPENING = frozenset({"disposition.issued", "activity.performed"})


class Cell(Fact, Generic[R]):
    """A cell of the source: its text, our reading of it, how we know, and why where that is not plain."""

    raw: Raw
    reading: R | None = None
    basis: Basis
    note: Text | None = None

    marks: ClassVar[bool] = False

    @model_validator(mode="after")
    def _basis_fits(self) -> Self:
        if (self.reading is None) != (self.basis == "tidak-terbaca"):
            raise ValueError("harus punya bacaan, kecuali dasarnya tidak-terbaca")
        if self.basis in ("sumber", "tanda") and not self.raw:
            raise ValueError("kosong dalam sumber, jadi sumber tidak dapat menjadi dasarnya")
        if self.basis == "tanda" and not self.marks:
            raise ValueError("bukan kolom pelaksana, jadi dasarnya tidak dapat berupa tanda")
        explained = self.basis in ("sumber", "tanda") or (self.basis == "tidak-terbaca" and not self.raw)
        if not explained and self.note is None:
            raise ValueError("harus diberi catatan: mengapa dibaca begitu dan siapa yang memastikan")
        return self


class Duration(Fact):
    """How long a step may take; minutes and hours are working time, a ``hari-kerja`` is a working day."""

    amount: Positive
    unit: Literal["menit", "jam", "hari-kerja"]

    @property
    def words(self) -> str:
        """Return the duration as people say it: "2 hari kerja"."""
        return f"{self.amount} {self.unit.replace('-', ' ')}"


class Regulation(Fact):
    """A regulation by form, number and year; ``enacted`` where the day is known."""

    form: Line
    number: Line
    year: Year
    enacted: Date | None = None


TextCell = Cell[Text]
DateCell = Cell[Date]
DurationCell = Cell[Duration]
ThingsCell = Cell[Many[Slug]]
NipCell = Cell[Annotated[str, StringConstraints(pattern=r"^[0-9]{18}$")]]


class OfficeCell(Cell[Slug]):
    """Who does a step; ``column`` is the office in whose column ``raw``, what is left of a mark, stands."""

    column: Slug | None = None

    marks: ClassVar[bool] = True

    @model_validator(mode="after")
    def _mark_fits(self) -> Self:
        if (self.column is None) == bool(self.raw):
            raise ValueError("harus menyebut kolom tempat tandanya, dan hanya bila ada tandanya")
        if self.basis == "tanda" and self.column != self.reading:
            raise ValueError("bertanda di kolom lain dari pelaksana yang dibaca")
        return self


class TextItem(Cell[Text]):
    """A line of a list; ``number`` is its raw numbering, "" where the source has none."""

    number: Raw


class LegalBasis(Cell[Regulation]):
    """A regulation the SOP rests on; ``number`` is its raw numbering in the list."""

    number: Raw


class Approval(Fact):
    """Who approved the paper SOP: data of that paper, not whoever enacts it in the ledger."""

    title: TextCell
    name: TextCell
    rank: TextCell
    nip: NipCell


class Identity(Fact):
    """The identity part of an SOP (PermenPAN-RB 35/2012), in the order of its form."""

    institution: Many[TextCell]
    number: TextCell
    created: DateCell
    revised: DateCell
    effective: DateCell
    approved_by: Approval
    name: TextCell
    legal_basis: Many[LegalBasis]
    qualifications: Many[TextItem]
    related: Many[TextItem]
    equipment: Many[TextItem]
    warning: TextCell
    records: TextCell


class DocumentKind(Fact):
    """What the procedure's document is."""

    media_type: MediaType
    name: Line


class Office(Fact):
    """An actor column: ``name`` is its heading; ``seats`` says whether several people hold it at once."""

    office: Slug
    name: Line
    seats: Seats


class Thing(Fact):
    """What a step needs or gives; ``bound`` things belong to one draft and are void when it is replaced."""

    thing: Slug
    name: Line
    bound: bool


class Way(Fact):
    """An arrow to a step; ``when`` is the outcome that takes it, on a decision only."""

    to: StepNo
    when: Slug | None = None


class Step(Fact):
    """A row of the table; ``again`` replaces ``activities`` when the step is entered after a return."""

    no: StepNo
    activities: Annotated[Many[ActivityKind], Field(min_length=1)]
    again: Annotated[Many[ActivityKind], Field(min_length=1)] | None = None
    kegiatan: TextCell
    pelaksana: OfficeCell
    kelengkapan: ThingsCell
    waktu: DurationCell
    output: ThingsCell
    keterangan: TextCell
    next: Many[Way]

    @property
    def is_decision(self) -> bool:
        """Tell whether this step is a diamond: its outcome chooses the way on."""
        return any(kind in ACTIVITIES and ACTIVITIES[kind].decides for kind in self.activities)

    @property
    def needs(self) -> tuple[Slug, ...]:
        """Return the things that must be there to begin; none where the cell cannot be read."""
        return self.kelengkapan.reading or ()

    @property
    def gives(self) -> tuple[Slug, ...]:
        """Return the things the step leaves behind; none where the cell cannot be read."""
        return self.output.reading or ()


class Sop(Fact):
    """A version of a unit's SOP. ``heading`` is the raw title of the table of steps."""

    format: Literal["jejak.sop/1"]
    slug: Slug
    unit: Slug
    title: Line
    document: DocumentKind
    source_note: Text | None = None
    identity: Identity
    heading: TextCell
    offices: Annotated[Many[Office], Field(min_length=1)]
    things: Many[Thing]
    steps: Annotated[Many[Step], Field(min_length=1)]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the SOP these bytes spell, checked, or raise Malformed or NotAllowed naming the rule.

        Indentation is free; members are not: one that is absent is left out, never written as null.
        """
        if len(data) > MAX_FILE_BYTES:
            raise _too_large(len(data), MAX_FILE_BYTES)
        value = strict_json.loads(data)
        sop = cls.read(value, "sop.form", "SOP")
        if sop.plain() != value:
            raise Malformed(
                "sop.form",
                "SOP memuat bagian yang disebut tetapi tidak berisi.",
                allowed="Bagian yang tidak ada isinya tidak ditulis sama sekali.",
            )
        check(sop)
        return sop

    @property
    def first(self) -> Step:
        """Return the step that opens a case."""
        return self.steps[0]

    def step(self, no: str) -> Step:
        """Return the step of this number, or raise :class:`NotAllowed`: an act that names another cannot be."""
        for step in self.steps:
            if step.no == no:
                return step
        raise NotAllowed(
            "sop.step",
            f"SOP {self.title} tidak punya langkah {no}.",
            allowed=f"Langkah yang ada: {_listed(step.no for step in self.steps)}.",
            step=no,
        )

    def office(self, slug: str) -> Office:
        """Return the office of this name, or raise :class:`NotFound`."""
        for office in self.offices:
            if office.office == slug:
                return office
        raise NotFound(
            "sop.office",
            f"SOP {self.title} tidak mengenal pelaksana {slug}.",
            allowed=f"Pelaksana yang ada: {_listed(office.office for office in self.offices)}.",
        )

    def office_of(self, step: Step) -> Office:
        """Return the office that does ``step``."""
        if step.pelaksana.reading is None:
            raise NotFound(
                "sop.office",
                f"Pelaksana langkah {step.no} tidak diketahui.",
                allowed="Tetapkan versi SOP yang menyebut pelaksananya.",
                step=step.no,
            )
        return self.office(step.pelaksana.reading)

    def thing(self, slug: str) -> Thing:
        """Return the thing of this name, or raise :class:`NotFound`."""
        for thing in self.things:
            if thing.thing == slug:
                return thing
        raise NotFound(
            "sop.thing",
            f"SOP {self.title} tidak mengenal kelengkapan {slug}.",
            allowed=f"Yang ada: {_listed(thing.thing for thing in self.things)}.",
        )


def check(sop: Sop) -> None:
    """Return if ``sop`` can be followed from its first step to an end, else raise naming the rule.

    Malformed: a name stands twice or is not declared, or the whole is too large. NotAllowed: the names are
    right but the procedure cannot be carried out.
    """
    _check_names(sop)
    for step in sop.steps:
        _check_step(sop, step)
    _check_flow(sop)
    check_procedure(sop)
    size = len(strict_json.dumps(sop.plain()))
    if size > MAX_BYTES:
        raise _too_large(size, MAX_BYTES)


def _check_names(sop: Sop) -> None:
    for what, names in (
        ("Langkah", [step.no for step in sop.steps]),
        ("Pelaksana", [office.office for office in sop.offices]),
        ("Kelengkapan", [thing.thing for thing in sop.things]),
    ):
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise Malformed("sop.duplicate", f"{what} {twice} ditulis dua kali.", allowed="Tulis satu kali saja.")


def _check_step(sop: Sop, step: Step) -> None:
    where = f"Langkah {step.no}"
    offices = {office.office for office in sop.offices}
    if step.pelaksana.reading is None:
        raise NotAllowed(
            "sop.office",
            f"{where} belum jelas pelaksananya.",
            allowed="Tulis pelaksana yang disimpulkan, dengan catatan mengapa.",
            step=step.no,
        )
    for slug in (step.pelaksana.reading, step.pelaksana.column):
        if slug is not None and slug not in offices:
            raise Malformed(
                "sop.office",
                f"{where} menyebut pelaksana {slug}, yang tidak ada dalam daftar pelaksana.",
                allowed=f"Pelaksana yang ada: {_listed(sorted(offices))}.",
                step=step.no,
            )
    things = {thing.thing for thing in sop.things}
    for slug in (*step.needs, *step.gives):
        if slug not in things:
            raise Malformed(
                "sop.thing",
                f"{where} menyebut {slug}, yang tidak ada dalam daftar kelengkapan dan hasil.",
                allowed=f"Yang ada: {_listed(sorted(things))}.",
                step=step.no,
            )
    for kind in (*step.activities, *(step.again or ())):
        if kind not in ACTIVITIES:
            raise Malformed(
                "sop.activity",
                f"{where} menyebut kegiatan “{kind}”, yang tidak dikenal.",
                allowed=f"Kegiatan yang dikenal: {_listed(map(name_of, ACTIVITIES))}.",
                step=step.no,
                known=list(ACTIVITIES),
            )
    numbers = {other.no for other in sop.steps}
    for way in step.next:
        if way.to not in numbers:
            raise Malformed(
                "sop.next",
                f"{where} dilanjutkan ke langkah {way.to}, yang tidak ada.",
                allowed=f"Langkah yang ada: {_listed(other.no for other in sop.steps)}.",
                step=step.no,
            )
    _check_ways(step)


def _check_ways(step: Step) -> None:
    where = f"Langkah {step.no}"
    kinds = (*step.activities, *(step.again or ()))
    outcomes = [way.when for way in step.next]
    if not any(ACTIVITIES[kind].decides for kind in kinds):
        if len(outcomes) > 1 or any(outcomes):
            raise NotAllowed(
                "sop.decision",
                f"{where} bukan keputusan, tetapi bercabang.",
                allowed="Langkah pelaksanaan punya paling banyak satu langkah lanjutan, tanpa syarat.",
                step=step.no,
            )
        return
    if len(step.activities) > 1 or not all(ACTIVITIES[kind].decides for kind in kinds):
        raise NotAllowed(
            "sop.decision",
            f"{where} mencampur keputusan dengan kegiatan lain.",
            allowed="Keputusan dibuat dalam langkah tersendiri.",
            step=step.no,
        )
    if len(outcomes) < 2 or None in outcomes or len(set(outcomes)) < len(outcomes):
        raise NotAllowed(
            "sop.decision",
            f"{where} adalah keputusan, tetapi cabangnya tidak lengkap.",
            allowed="Keputusan punya sedikitnya dua cabang dengan hasil yang berbeda.",
            step=step.no,
        )
    for kind in kinds:
        fixed = ACTIVITIES[kind].outcomes
        if fixed is not None and fixed != set(outcomes):
            raise NotAllowed(
                "sop.decision",
                f"{where} bercabang dengan hasil yang bukan hasil {name_of(kind)}.",
                allowed=f"Hasilnya persis: {_listed(value_in_words(one) for one in sorted(fixed))}.",
                step=step.no,
                outcomes=sorted(fixed),
            )


def _check_flow(sop: Sop) -> None:
    ahead = {step.no: {way.to for way in step.next} for step in sop.steps}
    behind = {no: {other for other in ahead if no in ahead[other]} for no in ahead}
    reached = reach([sop.first.no], ahead)
    for step in sop.steps:
        if step.no not in reached:
            raise NotAllowed(
                "sop.unreachable",
                f"Langkah {step.no} tidak dapat dicapai dari langkah pertama.",
                allowed="Sambungkan langkah itu, atau hapus dari SOP.",
                step=step.no,
            )
    ends = [no for no in ahead if not ahead[no]]
    if not ends:
        raise NotAllowed(
            "sop.end",
            "SOP tidak punya langkah penutup; perkara tidak pernah selesai.",
            allowed="Buat satu langkah tanpa langkah lanjutan.",
        )
    ending = reach(ends, behind)
    for step in sop.steps:
        if step.no not in ending:
            raise NotAllowed(
                "sop.end",
                f"Dari langkah {step.no} perkara tidak pernah dapat selesai.",
                allowed="Sambungkan langkah itu ke langkah penutup.",
                step=step.no,
            )


def reach(start: Iterable[str], arrows: Mapping[str, set[str]]) -> set[str]:
    """Return every step that can be reached from ``start`` along ``arrows``, ``start`` included."""
    reached: set[str] = set()
    todo = list(start)
    while todo:
        no = todo.pop()
        if no not in reached:
            reached.add(no)
            todo.extend(arrows[no])
    return reached


def _too_large(size: int, limit: int) -> Malformed:
    return Malformed("sop.size", f"SOP {size} bita.", allowed=f"Paling besar {limit} bita.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
