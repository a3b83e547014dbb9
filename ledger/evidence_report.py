"""What judging an evidence bundle found: four verdicts on every act, and one on each stream, document and the rest.

Everything is a :class:`~ledger.verdicts.Verdict`: *terbukti*, *tidak cocok* or *tidak dapat dinilai*, with one sentence
why and the rule where it is not proved. What a bundle cannot show by its nature (:data:`BEYOND`) is never proved; it
is told apart only so that a bundle in which nothing else is open can be called whole.

Beside the verdicts stands what changes none of them and must not be overlooked: acts that are in question, acts whose
power was given by one that is, and what *touches* the case (:class:`Touch`): its withdrawal, its replacement by another
case. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from keys.errors import NotAllowed
from keys.fields import DocumentRef
from keys.register import Register
from ledger.bodies import CaseBody
from ledger.bundle import Bundle, Filed
from ledger.case import Case
from ledger.checkpoint import SignedCheckpoint, format_hash
from ledger.enactment import Enactments
from ledger.flag_names import QUESTIONED
from ledger.flags import Flag
from ledger.replay import Step
from ledger.sentences import digests_of, sentence
from ledger.sop_readings import read
from ledger.streams import REGISTER
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED, Verdict

#: The rule of a verdict that no bundle can give: it depends on other cases, which are not in it.
BEYOND = "bundle.beyond"
#: The rule of what cannot be judged of an entry that is not proved to be in the log.
NOWHERE = "bundle.place"


def beyond(why: str) -> Verdict:
    """Return the verdict on what a bundle cannot show by its nature."""
    return Verdict(UNJUDGED, why, BEYOND)


def whole(verdicts: Iterator[Verdict]) -> str:
    """Return the verdict word on all of them: the worst, less what is beyond a bundle."""
    found = {one.verdict for one in verdicts if one.rule != BEYOND}
    return next((verdict for verdict in (CONTRADICTED, UNJUDGED) if verdict in found), PROVED)


#: What may touch a case. A replacement that is opened and not yet signed leaves the old IKU in force.
WITHDRAWN, SUPERSEDED, REPLACING, GONE_ON = "withdrawn", "superseded", "replacing", "gone_on"


@dataclass(frozen=True, slots=True)
class Touch:
    """Something that touches the case and changes no verdict: its kind, and a sentence that says from where we know."""

    kind: str
    sentence: str

    def as_dict(self) -> dict[str, str]:
        """Return it as JSON values."""
        return {"kind": self.kind, "sentence": self.sentence}


@dataclass(frozen=True, slots=True)
class Judged:
    """An act with its four verdicts; ``step`` is its place in the replay, None where it was not let happen.

    ``rests_on`` are leaf indices of acts in question by which its key, its mandate, or what gave those, was given; of
    an opening also that by which its SOP was enacted.
    """

    filed: Filed
    signature: Verdict
    authority: Verdict
    inclusion: Verdict
    conformance: Verdict
    step: Step | None = None
    sentence: str | None = None
    flags: tuple[Flag, ...] = ()
    rests_on: tuple[int, ...] = ()

    @property
    def questioned(self) -> bool:
        """Tell whether a later revocation puts the act in question."""
        return any(flag.name == QUESTIONED for flag in self.flags)

    @property
    def inferred(self) -> bool:
        """Tell whether it is only inferred, at that leaf, whose step it is."""
        step, body = self.step, self.filed.act.body
        if step is None or step.enactments is None or not isinstance(body, CaseBody):
            return False
        assert isinstance(step.after.state, Case)
        made, version = step.enactments, step.after.state.sop_ref.leaf
        try:
            row = made.versions[version].step(body.step)
        except NotAllowed:
            return False
        return read(made.readings, version, row, "pelaksana", self.filed.index).basis == "disimpulkan"

    def verdicts(self) -> dict[str, Verdict]:
        """Return the four verdicts by name."""
        return {
            "signature": self.signature,
            "authority": self.authority,
            "inclusion": self.inclusion,
            "conformance": self.conformance,
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the act and its verdicts as JSON values."""
        act, entry = self.filed.act, self.filed.entry
        return {
            "leaf_index": self.filed.index,
            "leaf": self.filed.leaf,
            "stream": act.stream,
            "version": act.version,
            "kind": act.kind,
            "official": act.official,
            "mandate": act.mandate,
            "person": self.step.authority.official.record.plain() if self.step else None,
            "period": _period(self.step) if self.step else None,
            "berita_acara": self.step.authority.key.berita_acara if self.step else None,
            "actor_inferred": self.inferred,
            "keyid": entry.envelope.keyid,
            "occurred_at": act.occurred_at.isoformat(),
            "recorded_at": entry.recorded_at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "documents": list(digests_of(act)),
            "sentence": self.sentence,
            "verdicts": {name: verdict.as_dict() for name, verdict in self.verdicts().items()},
            "flags": [{"name": flag.name, "sentence": flag.sentence} for flag in self.flags],
            "questioned": self.questioned,
            "rests_on_questioned": list(self.rests_on),
        }


def _period(step: Step) -> dict[str, str | None]:
    record = step.authority.mandate.record
    return {"start": record.start, "end": record.end}


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A document that acts of the case name, and the verdict on the bytes that are enclosed."""

    reference: DocumentRef
    leaves: tuple[int, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found. ``streams`` has the case first; ``outside`` is what was held against it from outside.

    ``state`` is the case as its proved acts make it, None where it was not opened; ``register`` is the register, as the
    newest act here makes it. ``touches`` are what touches the case, by this bundle and by others that were brought;
    ``remarks`` are sentences on what is odd and contradicts nothing.
    """

    bundle: Bundle
    sealed: SignedCheckpoint
    synthetic: bool
    acts: tuple[Judged, ...]
    streams: dict[str, Verdict]
    papers: tuple[Enclosed, ...]
    outside: tuple[Verdict, ...]
    state: Case | None
    register: Register | None = None
    touches: tuple[Touch, ...] = ()
    remarks: tuple[str, ...] = ()

    def of(self, stream: str) -> tuple[Judged, ...]:
        """Return the acts of a stream."""
        return tuple(one for one in self.acts if one.filed.act.stream == stream)

    @property
    def verdict(self) -> str:
        """Return the verdict word on the whole bundle, less what is beyond any bundle."""
        return whole(self._every())

    def touched(self, kind: str) -> bool:
        """Tell whether something of this kind touches the case."""
        return any(one.kind == kind for one in self.touches)

    def reservations(self) -> list[str]:
        """Return in a few words each what a conclusion about the bundle must not be told without."""
        case, register = self.of(self.bundle.case), [one for one in self.acts if one.filed.act.stream == REGISTER]
        doubted = sum(one.questioned for one in case)
        beside = sum(one.questioned for one in self.acts) - doubted
        resting = sum(bool(one.rests_on) for one in case)
        said = [f"{doubted} tindakan dipertanyakan"] if doubted else []
        where = "register" if beside == sum(one.questioned for one in register) else "register atau SOP"
        said += [f"{beside} tindakan {where} dipertanyakan"] if beside else []
        said += [f"{resting} tindakan bersandar pada yang dipertanyakan"] if resting else []
        said += ["perkara ini ditarik"] if self.touched(WITHDRAWN) else []
        said += ["perkara ini digantikan"] if self.touched(SUPERSEDED) else []
        return said + (["penggantinya sudah dibuka"] if self.touched(REPLACING) else [])

    def not_covered(self) -> list[str]:
        """Return in sentences what is beyond this bundle, of any bundle first."""
        size = self.sealed.checkpoint.size
        found = [
            f"Apa yang terjadi sesudah segel {size} daun ini: juga penarikan perkara, pencabutan kunci, atau"
            " penggantian oleh perkara lain yang dicatat kemudian.",
            "Apakah perkara lain kemudian menggantikannya, juga di bawah segel ini: perkara lain tidak ada dalam"
            " bundel.",
            "Kejujuran pernyataan log bahwa di bawah segel ini tidak ada tindakan lain, juga tidak ada pencabutan kunci"
            " atau mandat; yang kelak ditemukan di bawahnya membuktikan bahwa log berbohong.",
            "Bahwa kepada orang lain ditunjukkan buku besar yang sama: bandingkan segelnya dengan yang mereka pegang.",
            "Lama pengerjaan menurut mutu baku; kebenaran isi surat dan SK; waktu yang dinyatakan orang; berita acara"
            " kunci dan dokumen register atau SOP, yang tidak ikut dalam bundel.",
        ]
        return found + [one.conformance.why for one in self.acts if one.conformance.rule == BEYOND]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        stated, bundle = self.sealed.checkpoint, self.bundle
        return {
            "verdict": self.verdict,
            "case": bundle.case.partition(":")[2],
            "origin": stated.origin,
            "size": stated.size,
            "root": format_hash(stated.root),
            "synthetic": self.synthetic,
            "streams": {
                name: {"entries": len(bundle.acts(name))} | verdict.as_dict() for name, verdict in self.streams.items()
            },
            "acts": [one.as_dict() for one in self.acts],
            "documents": [
                one.reference.plain() | {"leaves": list(one.leaves)} | one.verdict.as_dict() for one in self.papers
            ],
            "outside": [one.as_dict() for one in self.outside],
            "touches": [one.as_dict() for one in self.touches],
            "reservations": self.reservations(),
            "remarks": list(self.remarks),
            "not_covered": self.not_covered(),
        }

    def _every(self) -> Iterator[Verdict]:
        yield from self.streams.values()
        for act in self.acts:
            yield from act.verdicts().values()
        for paper in self.papers:
            yield paper.verdict
        yield from self.outside


def sentence_of(step: Step) -> str:
    """Return what happened, as an inspector reads it in the trail."""
    person, mandate, before = step.authority.official.record, step.authority.mandate.record, step.before
    state = step.after.state
    return sentence(
        step.done.act,
        name=person.name,
        office_name=mandate.office_name,
        capacity=mandate.capacity,
        sop=state.sop if isinstance(state, Case) else state.in_force if isinstance(state, Enactments) else None,
        round=before.state.round if before and isinstance(before.state, Case) else None,
        register=step.register,
    )
