"""Officials who do what comes to their mind: acts that go on, leave the path or are wrong, made from one number.

For :mod:`tests.test_histories`. An :class:`Office` is an unstored ledger (:mod:`tests.scene`) beside the reference of
it; it looks where the cases stand in the reference, never in the ledger. Every choice is taken from a :class:`Dice`, of
which 0 is the plainest: the first case, the act that is due, by who holds the office.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from keys.authority import WIB
from keys.envelope import Envelope
from ledger.acts import PAYLOAD_TYPE, compose
from tests.kit import disposition, key, the_sop
from tests.opened_office import IKU_SOP, LETTER_SOP, NUMBERINGS, SRI, USED, drafts_by_kind, opened_office, sop_versions
from tests.reference_case import DRAFTING, Json, Story, is_back, step_of
from tests.reference_rules import PENNED, comes_to_signing
from tests.scene import Taken

T = TypeVar("T")

WHY = "Pejabat dinas luar; menurut arahan lewat telepon."
NOBODY = "0" * 64
RECIPIENTS = ("Bagian Organisasi Setda", "Inspektorat", "Desa Arjowilangun")
#: What people write when they correct: fit for some fields and not for others.
WRITTEN = (
    *("Tulisan yang benar", "Tulisan yang lebih benar", "2026-02-25", "7", "8"),
    *("2026-03-02T11:00:00+07:00", "2026-02-30", "07", "dua\nbaris", "0"),
)


class Dice:
    """Any number of choices from one number: the first of everything from 0, else as Lehmer's generator has them."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._state = number * 48271**3 % (2**31 - 1)

    def __repr__(self) -> str:
        return f"Dice({self.number})"

    def of(self, options: Sequence[T]) -> T:
        self._state = self._state * 48271 % (2**31 - 1)
        return options[self._state % len(options)]


@dataclass(frozen=True)
class Act:
    """What an official is about to sign; ``frame`` replaces members beside the body."""

    official: str
    mandate: str
    stream: str
    kind: str
    body: Json
    key: str = ""
    frame: Json = field(default_factory=dict)

    def but(self, **changes: Any) -> Act:
        """Return the act with these members of its body, None for one that is left out."""
        merged = self.body | changes
        return replace(self, body={name: value for name, value in merged.items() if value is not None})


class Office:
    """A ledger on paper, its reference, and what its officials can think of."""

    def __init__(self, *, revised: bool) -> None:
        base = opened_office(revised)
        self.scene, self.reference = base.scene.copy(), base.reference
        self.cases: list[str] = []

    @property
    def day(self) -> str:
        """Return the day of the recording (WIB)."""
        return self.scene.paper.now.astimezone(WIB).date().isoformat()

    def story(self, stream: str) -> Story:
        story = self.reference.story(stream)
        assert story is not None
        return story

    def signed(self, act: Act) -> tuple[bytes, bytes]:
        """Return the act's payload as the next one of its stream, and the envelope in which it is signed."""
        members = self.scene.payload(SRI, act.stream, act.kind, act.body)
        payload = compose(**members | {"official": act.official, "mandate": act.mandate} | act.frame)
        return payload, Envelope.seal(PAYLOAD_TYPE, payload, key(act.key or act.official)).data

    def took(self, taken: Taken) -> None:
        """Let the reference know what the ledger took."""
        done = taken.recorded
        envelope = done.entry.envelope
        self.reference = self.reference.after(envelope.unverified_payload, done.leaf, envelope.keyid)
        if done.act.stream.startswith("case:") and done.act.stream not in self.cases:
            self.cases.append(done.act.stream)

    # --- who ------------------------------------------------------------------------------------------------

    def holders(self, office: str) -> list[tuple[str, str]]:
        """Return who holds an office of Kalipare today, and under which mandate."""
        return [
            (one["official"], name)
            for name, one in self.reference.mandates().items()
            if (one["office"], one["unit"]) == (office, "kalipare") and one["start"] <= self.day <= one.get("end", "9")
        ]

    def by_office(self, stream: str, sop: Json, kind: str, body: Json, dice: Dice) -> Act:
        """Return an act by somebody who may do the step that it names."""
        official, held = dice.of(self.holders(step_of(sop, body["step"])["pelaksana"]["reading"]))
        return Act(official, held, stream, kind, body)

    # --- what comes to their mind ---------------------------------------------------------------------------

    def opens(self, dice: Dice) -> Act:
        """Return the act that opens a new case, under one of the SOPs."""
        stream = f"case:{len(self.cases) + 1:08x}-0000-4000-8000-000000000000"
        newest = self.reference.newest(dice.of((*(IKU_SOP,) * 4, LETTER_SOP)))
        assert newest is not None
        sop = newest.body["sop"]
        first, named = sop["steps"][0], {"slug": sop["slug"], "leaf": newest.leaf}
        body = {"step": first["no"], "sop": named, "subject": "Surat keterangan usaha"}
        if first["activities"][0] == "disposition.issued":
            body = self._sheet(sop, named, dice)
        return self.by_office(stream, sop, first["activities"][0], body, dice)

    def goes_on(self, stream: str, dice: Dice) -> Act:
        """Return an act that is due."""
        story = self.story(stream)
        if story.stands is None:
            return self.deviates(stream, dice)
        return self._does(story, stream, story.due[0], story.stands, dice)

    def deviates(self, stream: str, dice: Dice) -> Act:
        """Return some activity of some step, with the reason for leaving the path; mostly one that can be done now."""
        story = self.story(stream)
        steps = story.sop["steps"]
        ready = [one for one in steps[1:] if set(one["kelengkapan"].get("reading", [])) <= story.things]
        if story.signature:
            ready = [one for one in ready if not comes_to_signing(story.sop, one["no"])]
        step = dice.of(dice.of((ready or steps, ready or steps, ready or steps, steps)))
        kind = dice.of((*story.kinds(step["no"]), *step["activities"], *step.get("again", ())))
        return self._does(story, stream, kind, step["no"], dice).but(deviation=WHY)

    def leaps(self, stream: str, dice: Dice) -> Act:
        """Return some activity of some step, without a reason."""
        return self.deviates(stream, dice).but(deviation=None)

    def sends_back(self, stream: str, dice: Dice) -> Act:
        """Return an act that returns the document to some step."""
        story = self.story(stream)
        drafting = [one["no"] for one in story.sop["steps"] if set(one["activities"]) & set(DRAFTING)]
        body = {"step": story.stands or story.sop["steps"][-1]["no"], "to": dice.of((*reversed(drafting), "1", "6"))}
        body |= {"document": self._held(story), "reason": "Renstra berubah."}
        return self.by_office(stream, story.sop, "document.returned", body, dice)

    def withdraws(self, stream: str, dice: Dice) -> Act:
        """Return the act that withdraws the disposition."""
        sop = self.story(stream).sop
        body = {"step": sop["steps"][0]["no"], "reason": "Surat masuk dibatalkan."}
        return self.by_office(stream, sop, "disposition.withdrawn", body, dice)

    def corrects(self, stream: str, dice: Dice) -> Act:
        """Return the act that puts a slip of the pen right; often what was put right before."""
        story = self.story(stream)
        slip = dice.of([one for one in story.said if one.kind != "correction.recorded"])
        written = {path: value for path in PENNED if (value := _at(slip.body, path)) is not None}
        path = dice.of(list(written) or ["note"])
        before = dice.of((None, *story.corrections[-3:]))
        leaf, path = before[1:3] if before else (slip.leaf, path)
        slip = next(one for one in story.said if one.leaf == leaf)
        newest = [one[4] for one in story.corrections if one[1:3] == (leaf, path)]
        body = {"step": slip.body["step"], "leaf": leaf, "field": path}
        body |= {"old": newest[-1] if newest else str(written.get(path, "-")), "new": dice.of(WRITTEN)}
        return self.by_office(stream, story.sop, "correction.recorded", body | {"reason": "Salah tulis."}, dice)

    def disposes_again(self, stream: str, dice: Dice) -> Act:
        """Return an act that would open the case a second time."""
        story = self.story(stream)
        first = story.said[0]
        return self.by_office(stream, story.sop, first.kind, first.body, dice)

    def replaces(self, stream: str, dice: Dice) -> Act:
        """Return a disposition that opens a case in the place of this one."""
        old = self.story(stream)
        act = self.opens(Dice(0))
        period = dice.of((*(old.said[0].body.get("period"),) * 2, {"first_year": 2027, "last_year": 2027}))
        named = {"case": stream.removeprefix("case:"), "signature": old.signature or old.said[-1].leaf}
        subject = dice.of((*(old.said[0].body["subject"],) * 3, "Penyusunan IKU perubahan"))
        named_so = {"period": period, "subject": subject, "supersedes": named}
        return act.but(**named_so) if act.kind == "disposition.issued" else act

    def enacts(self, dice: Dice) -> Act:
        """Return an act of the Camat about an SOP: mostly a new version, and anew what was superseded."""
        slug = dice.of((IKU_SOP, LETTER_SOP))
        newest = self.reference.newest(slug)
        assert newest is not None
        if not self.reference.withdrawn(slug):
            what = dice.of((*("sop.enacted", "numbering.enacted") * 2, "sop.superseded"))
        else:
            what = dice.of((*("sop.enacted",) * 3, "sop.superseded"))
        bodies: dict[str, Json] = {
            "sop.enacted": {"sop": dice.of(sop_versions()[slug]), "replaces": newest.leaf},
            "sop.superseded": {"sop": newest.leaf, "reason": "Tidak dipakai lagi."},
            "numbering.enacted": dice.of(NUMBERINGS),
        }
        official, held = dice.of(self.holders("camat"))
        return Act(official, held, f"sop:{slug}", what, bodies[what])

    # --- bodies ---------------------------------------------------------------------------------------------

    def _does(self, story: Story, stream: str, kind: str, no: str, dice: Dice) -> Act:
        act = self.by_office(stream, story.sop, kind, {"step": no} | self._body(story, kind, no, dice), dice)
        paper = {"scan": self.scene.proof, "by": "Nur Aini (sintetis)"}
        return act.but(paper=dice.of((None, None, None, None, None, paper)))

    def _body(self, story: Story, kind: str, no: str, dice: Dice) -> Json:
        held, drafts = self._held(story), _drafts(story.sop)
        match kind:
            case "disposition.issued":
                first = story.said[0].body
                return self._sheet(story.sop, first["sop"], dice) | {"step": no, "period": first.get("period")}
            case "direction.given":
                return {"instruction": "Susun sesuai Renstra."}
            case "concept.drafted":  # one that is still to be typed may be of any kind
                others = [one for of_kind in drafts_by_kind().values() for one in of_kind]
                return {"document": dice.of((*drafts, *drafts, *others))}
            case "concept.typed":
                return {"document": dice.of(drafts)}
            case "concept.revised":
                other = [one for one in drafts if one["digest"] != held]
                owed = story.owed[0] if story.owed else NOBODY
                past = {"round": max(story.round, 2), "replaces": held, "answers": owed}
                return past | {"document": dice.of(other)}
            case "typing.reviewed":
                back = {"decision": "returned", "reason": "Rumus keliru."}
                return {"document": held} | dice.of(({"decision": "approved"}, {"decision": "approved"}, back))
            case "distribution.ordered":
                count = dice.of((2, 1, 3))
                return {
                    "document": held,
                    "addressees": [{"name": name, "copies": at} for at, name in enumerate(RECIPIENTS[:count], 1)],
                }
            case "agenda.recorded":
                return {"document": held} | self._row(dice)
            case "dispatch.recorded":
                served = story.dispatched
                left = [name for name in story.addressees if name not in served] or [*story.addressees, "Camat Pagak"]
                name = dice.of(left)
                delivery = {"method": "kurir", "received_by": "Petugas", "received_at": "2026-03-02T10:00:00+07:00"}
                copies = story.addressees.get(name, 1)
                return {"document": held, "recipient": name, "copies": copies, "evidence": self.scene.proof} | delivery
            case "activity.performed":
                draft = None if story.signature else dice.of((*drafts, None))
                return {"document": draft, "note": dice.of((None, "Lengkap."))}
            case "activity.decided":
                ways = step_of(story.sop, no)["next"] or [{"to": no}]
                way = dice.of((ways[0], *ways))
                why = "Belum lengkap." if is_back(story.sop, step_of(story.sop, no), way) else None
                return {"decision": way.get("when", "setuju"), "document": story.document, "reason": why}
        return {"document": held}

    def _sheet(self, sop: Json, named: Json, dice: Dice) -> Json:
        year = dice.of((2026, 2026, 2027, None))
        sheet = disposition(named, self.scene.letter) | {"agenda_no": "12", "step": sop["steps"][0]["no"]}
        period = {"first_year": year, "last_year": year}
        return {name: value for name, value in sheet.items() if name != "period"} | ({"period": period} if year else {})

    def _row(self, dice: Dice) -> Json:
        taken = [0, *(one["number"]["running"] for one in self.reference.numbers())]
        rows = [0, *(one["agenda_no"] for one in self.reference.numbers())]
        floor = USED["running"] if any(self.reference.numberings(slug) for slug in sop_versions()) else 0
        number = {"classification": "070", "running": max(*taken, floor) + 1, "office_code": "35.07.11"}
        return {
            "agenda_no": max(*rows, floor) + dice.of((1, 2)),
            "number": number | {"year": dice.of((2026, 2026, 2027))},
            "letter_date": "2026-03-02",
            "sent_date": "2026-03-02",
            "addressee": "2 penerima",
            "summary": "IKU 2026",
        }

    def body_of(self, stream: str, kind: str, no: str, dice: Dice) -> Json:
        """Return what an act of this kind would say in this case, whether or not it is due."""
        return {name: value for name, value in self._body(self.story(stream), kind, no, dice).items() if value}

    def _held(self, story: Story) -> str:
        return story.document or str(_drafts(story.sop)[0]["digest"])


def _at(body: Json, path: str) -> Any:
    """Return what a body holds at a path of names."""
    found: Any = body
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _drafts(sop: Json) -> list[Json]:
    return drafts_by_kind()[sop["document"]["media_type"]]


def sop_of(office: Office, act: Act) -> Json:
    """Return the SOP that an act of a case stands under."""
    story = office.reference.story(act.stream)
    newest = office.reference.newest(act.body.get("sop", {}).get("slug", ""))
    return story.sop if story else newest.body["sop"] if newest else the_sop().plain()


def drafts_of(office: Office, act: Act) -> list[Json]:
    """Return drafts of the document that the act's SOP makes."""
    return _drafts(sop_of(office, act))


def other_drafts(office: Office, act: Act) -> list[Json]:
    """Return drafts of a kind that the act's SOP does not make."""
    own = drafts_of(office, act)
    return next(drafts for drafts in drafts_by_kind().values() if drafts != own)
