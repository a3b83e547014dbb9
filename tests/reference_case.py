"""A case as a slow reader follows it: its acts are read again from the first for every question.

Part of the reference of :mod:`tests.reference_sop`. A :class:`Story` is told by the acts of one case under the SOP's
JSON: where does it stand, what is due, what is there? What stands now is looked for backwards from the newest act.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

OPENING = ("disposition.issued", "activity.performed")
DRAFTING = ("concept.drafted", "concept.typed", "concept.revised", "activity.performed")
DECIDING = ("typing.reviewed", "activity.decided")
BY_NATURE = ("document.returned", "disposition.withdrawn", "correction.recorded")


@dataclass(frozen=True)
class Said:
    """An accepted act: its payload, the leaf hash (hex) under which it was recorded, the key that signed it."""

    act: Json
    leaf: str
    keyid: str

    @property
    def kind(self) -> str:
        return str(self.act["kind"])

    @property
    def body(self) -> Json:
        return dict(self.act["body"])


@dataclass(frozen=True)
class Line:
    """What one act did to the place of its case: ``came`` from another step, ``done`` with its step, ``back`` from it.

    ``stands`` is the step where the case stands afterwards, None where it takes no step any more.
    """

    said: Said
    came: bool
    done: bool
    back: bool
    stands: str | None


class Story:
    """A case, as the acts in it tell it."""

    def __init__(self, sop: Json, said: list[Said], diary: list[Line] | None = None) -> None:
        self.sop, self.said = sop, said
        self.diary: list[Line] = diary or []
        for one in said[len(self.diary) :]:
            self.diary.append(self._next_line(one))

    # --- where it stands ------------------------------------------------------------------------------------

    @property
    def stands(self) -> str | None:
        return self.diary[-1].stands if self.diary else str(self.sop["steps"][0]["no"])

    @property
    def withdrawn(self) -> str | None:
        return next((one.leaf for one in self.said if one.kind == "disposition.withdrawn"), None)

    @property
    def finished(self) -> bool:
        return self.stands is None and self.withdrawn is None

    @property
    def due(self) -> tuple[str, ...]:
        """Return the kinds that the case takes now without a reason to leave the path."""
        if self.stands is None:
            return ()
        left = [kind for kind in self.kinds(self.stands) if not self._has(kind)]
        return tuple(left[:1]) or (step_of(self.sop, self.stands)["activities"][-1],)

    @property
    def round(self) -> int:
        return 1 + sum(line.back for line in self.diary)

    @property
    def steps_done(self) -> list[str]:
        return [line.said.body["step"] for line in self.diary if line.done]

    @property
    def owed(self) -> tuple[str, str] | None:
        """Return the newest sending back (leaf, step) that the step has not answered yet."""
        back = next((at for at in reversed(range(len(self.diary))) if self.diary[at].back), None)
        if back is None:
            return None
        leaf, to = self.diary[back].said.leaf, str(self.diary[back].stands)
        answered = any(line.done and line.said.body["step"] == to for line in self.diary[back + 1 :])
        return None if answered else (leaf, to)

    def kinds(self, no: str) -> list[str]:
        """Return the activities of a step now: those for the second time, where it answers a return."""
        step = step_of(self.sop, no)
        again = self.owed is not None and self.owed[1] == no and no in self.steps_done
        return list(step["again"] if again and "again" in step else step["activities"])

    # --- what is there --------------------------------------------------------------------------------------

    @property
    def drafts(self) -> list[str]:
        return [one.body["document"]["digest"] for one in self.said if brings_draft(one)]

    @property
    def document(self) -> str | None:
        return self.drafts[-1] if self.drafts else None

    @property
    def media_type(self) -> str | None:
        """Return of what type the newest draft is said to be."""
        return next((str(one.body["document"]["media_type"]) for one in reversed(self.said) if brings_draft(one)), None)

    @property
    def approved(self) -> str | None:
        """Return the leaf of the agreement to the newest draft."""
        return self._standing("typing.reviewed", decision="approved")

    @property
    def paraf(self) -> str | None:
        return self._standing("paraf.given")

    @property
    def signature(self) -> str | None:
        return next((one.leaf for one in self._since_draft() if one.kind == "signature.given"), None)

    @property
    def things(self) -> set[str]:
        return {thing["thing"] for thing in self.sop["things"] if self._is_there(thing)}

    @property
    def addressees(self) -> dict[str, int]:
        """Return who gets how many copies by the newest order."""
        order = self._newest_order()
        return {one["name"]: one["copies"] for one in order.body["addressees"]} if order else {}

    @property
    def dispatched(self) -> list[str]:
        order = self._newest_order()
        later = self.said[self.said.index(order) :] if order else []
        return [one.body["recipient"] for one in later if one.kind == "dispatch.recorded"]

    @property
    def number(self) -> Json | None:
        return next((one.body["number"] for one in reversed(self.said) if one.kind == "agenda.recorded"), None)

    @property
    def deviations(self) -> list[str]:
        return [one.leaf for one in self.said if one.kind in BY_NATURE or "deviation" in one.body]

    @property
    def corrections(self) -> list[tuple[str, ...]]:
        """Return leaf, corrected leaf, field, old and new of every correction."""
        names = ("leaf", "field", "old", "new")
        return [
            (one.leaf, *(one.body[name] for name in names)) for one in self.said if one.kind == "correction.recorded"
        ]

    # --- reading the acts again -----------------------------------------------------------------------------

    def _next_line(self, one: Said) -> Line:
        """Return the line that this act writes in the diary; the acts before it have written theirs."""
        stood, step = self.stands, one.body["step"]
        if one.kind == "document.returned":
            return Line(one, came=False, done=False, back=True, stands=one.body["to"])
        if one.kind == "disposition.withdrawn":
            return Line(one, came=False, done=False, back=False, stands=None)
        if one.kind == "correction.recorded":
            return Line(one, came=False, done=False, back=False, stands=stood)
        came = step != stood
        unfinished = Line(one, came=came, done=False, back=False, stands=step)
        told = Story(self.sop, [*(line.said for line in self.diary), one], [*self.diary, unfinished])
        if not all(told._has(kind) for kind in told.kinds(step)):
            return unfinished
        row = step_of(self.sop, step)
        outcome = one.body["decision"] if one.kind in DECIDING else None
        way = next((way for way in row["next"] if way.get("when") == outcome), None)
        back = way is not None and is_back(self.sop, row, way)
        return Line(one, came=came, done=True, back=back, stands=way["to"] if way else None)

    def _has(self, kind: str) -> bool:
        """Tell whether an activity of the step where the case stands is done since it came there."""
        if kind == "dispatch.recorded":
            return bool(self.addressees) and set(self.addressees) <= set(self.dispatched)
        for line in reversed(self.diary):
            if line.said.kind == "correction.recorded":
                continue
            if line.done or line.back:
                return False
            if line.said.kind == kind:
                return True
            if line.came:
                return False
        return False

    def _is_there(self, thing: Json) -> bool:
        """Tell whether what gave this thing came after whatever voided it."""
        for at in reversed(range(len(self.diary))):
            line = self.diary[at]
            gives = thing["thing"] in step_of(self.sop, line.said.body["step"])["output"].get("reading", [])
            if line.done and not line.back and gives:
                return True
            if thing["bound"] and brings_draft(line.said):
                return False
            if line.done and line.back and thing["bound"] and not self._given_above(thing, line.said.body["step"]):
                return False
        return thing["thing"] in self.sop["steps"][0]["kelengkapan"].get("reading", [])

    def _given_above(self, thing: Json, no: str) -> bool:
        """Tell whether the SOP lists a step that gives this thing before step ``no``."""
        steps = self.sop["steps"]
        above = steps[: [step["no"] for step in steps].index(no)]
        return any(thing["thing"] in step["output"].get("reading", []) for step in above)

    def _standing(self, kind: str, **said: str) -> str | None:
        """Return the newest mark of this kind on the newest draft, unless a decision at or above it sent it back."""
        order, highest = [step["no"] for step in self.sop["steps"]], len(self.sop["steps"])
        for line in reversed(self.diary):
            if brings_draft(line.said):
                return None
            at = order.index(line.said.body["step"])
            if line.done and line.back:
                highest = min(highest, at)
            if line.said.kind == kind and said.items() <= line.said.body.items():
                return None if at >= highest else line.said.leaf
        return None

    def _since_draft(self) -> list[Said]:
        """Return the acts on the newest draft, the newest first."""
        found = []
        for one in reversed(self.said):
            if brings_draft(one):
                break
            found.append(one)
        return found

    def _newest_order(self) -> Said | None:
        return next((one for one in reversed(self.said) if one.kind == "distribution.ordered"), None)


def step_of(sop: Json, no: str) -> Json:
    """Return the row of the SOP's table that has this number."""
    return dict(next(step for step in sop["steps"] if step["no"] == no))


def brings_draft(one: Said) -> bool:
    """Tell whether this act brings the document itself, and does not only name it."""
    return one.kind in DRAFTING and "document" in one.body


def is_back(sop: Json, step: Json, way: Json) -> bool:
    """Tell whether a decision's way does not lead further down the SOP's table."""
    order = [one["no"] for one in sop["steps"]]
    return "when" in way and order.index(way["to"]) <= order.index(step["no"])
