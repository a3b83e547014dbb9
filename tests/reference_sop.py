"""A ledger's procedure as a slow reader follows it: all accepted acts are kept, and every question reads them again.

What the ledger's answers are compared with (:mod:`tests.test_histories`). It is written from DOMAIN, DESIGN and the
ADRs 5 and 7, uses nothing of what it is compared with, and knows an SOP only as the JSON that was signed. Nothing is
folded and nothing is remembered between two questions. Acts are plain values, the payload as it was signed.

Here stands what is asked of the whole ledger: by which rule would this act be refused? What is asked of one case is
:mod:`tests.reference_case`, and what a case refuses :mod:`tests.reference_rules`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

from tests.reference_case import OPENING, Json, Said, Story, step_of
from tests.reference_register import Powers
from tests.reference_rules import broken, broken_by_draft, broken_by_forwarding, broken_by_no_draft


class Reference:
    """Everything that was accepted, in its order."""

    def __init__(self, said: tuple[Said, ...] = ()) -> None:
        self.said = said

    def after(self, payload: bytes, leaf: str, keyid: str) -> Reference:
        """Return the reference once this act is accepted."""
        return Reference((*self.said, Said(json.loads(payload), leaf, keyid)))

    def story(self, stream: str) -> Story | None:
        """Return the story of a case, or None where it was not opened."""
        said = self._of(stream)
        return Story(self._version(said[0].body["sop"]), said) if said else None

    def newest(self, slug: str) -> Said | None:
        """Return the newest version of an SOP, in force or not."""
        return self._last(f"sop:{slug}", "sop.enacted")

    def withdrawn(self, slug: str) -> bool:
        """Tell whether an SOP went out of force after its newest version."""
        gone, newest = self._last(f"sop:{slug}", "sop.superseded"), self.newest(slug)
        return bool(gone and newest and self.said.index(gone) > self.said.index(newest))

    def numberings(self, slug: str) -> list[Json]:
        """Return every enactment of the parts of an SOP's letter numbers."""
        return [one.body for one in self._of(f"sop:{slug}") if one.kind == "numbering.enacted"]

    def mandates(self) -> Json:
        """Return the records of all mandates that two registrars gave, by name."""
        given = [one["mandate"] for one in self.said[0].body["founders"]]
        given += [one["mandate"] for one in self._approved("mandate")]
        return {one["mandate"]: one for one in given}

    def numbers(self) -> list[Json]:
        """Return every row of the agenda, whatever the case."""
        return [one.body for one in self.said if one.kind == "agenda.recorded"]

    def refusal(self, payload: bytes, keyid: str, at: dt.datetime) -> str | None:
        """Return the first rule that this act breaks if it is recorded at ``at``, or None: it is accepted."""
        return next(self._broken(json.loads(payload), keyid, at), None)

    def _broken(self, act: Json, keyid: str, at: dt.datetime) -> Iterator[str]:
        before = self._of(act["stream"])
        if act["ledger"] != self.said[0].act["ledger"]:
            yield "act.ledger"
        if act["version"] != len(before) + 1:
            yield "stream.version"
        if act["previous"] != (before[-1].leaf if before else None):
            yield "stream.previous"
        if act["stream"].startswith("sop:"):
            yield from self._broken_by_enactment(act, keyid, at)
            return
        story, body = self.story(act["stream"]), act["body"]
        if story is None:
            if act["kind"] not in OPENING or "sop" not in body:
                yield "case.open"
            newest = self.newest(body["sop"]["slug"])
            if newest is None:
                yield "sop.unknown"
                return
            if self.withdrawn(body["sop"]["slug"]):
                yield "sop.superseded"
            if newest.leaf != body["sop"]["leaf"]:
                yield "sop.version"
            sop = self._version(body["sop"])
        else:
            sop = story.sop
        if body["step"] not in [step["no"] for step in sop["steps"]]:
            yield "sop.step"
        office = step_of(sop, body["step"])["pelaksana"]["reading"]
        one_seat = next(one["seats"] for one in sop["offices"] if one["office"] == office) == "one"
        yield from Powers(self.said, at).broken_by_power(act, keyid, office, sop["unit"], one_seat)
        if story is None:
            yield from self._broken_by_opening(act, sop)
        else:
            yield from broken(story, act)
            if act["kind"] == "agenda.recorded":
                yield from self._broken_by_number(body, story.said[0].body["sop"]["slug"])

    def _broken_by_enactment(self, act: Json, keyid: str, at: dt.datetime) -> Iterator[str]:
        kind, body, slug = act["kind"], act["body"], act["stream"].removeprefix("sop:")
        newest = self.newest(slug)
        unit = newest.body["sop"]["unit"] if newest else None
        if kind == "sop.enacted":
            if slug != body["sop"]["slug"]:
                yield "sop.stream"
            if body.get("replaces") != (newest.leaf if newest else None):
                yield "sop.replaces"
            if newest and unit != body["sop"]["unit"]:
                yield "sop.unit"
            unit = body["sop"]["unit"]
        elif newest is None:
            yield "sop.unknown"
        elif kind == "sop.superseded":
            if self.withdrawn(slug):
                yield "sop.superseded"
            if body["sop"] != newest.leaf:
                yield "sop.version"
            if body.get("by") == slug:
                yield "sop.by"
        elif "" in body["office_code"].replace("-", ".").split("."):
            yield "numbering.code"
        elif body in self.numberings(slug)[-1:]:
            yield "numbering.same"
        office = self.said[0].body["enacting_office"]
        yield from Powers(self.said, at).broken_by_power(act, keyid, office, unit, one_seat=True)

    def _broken_by_opening(self, act: Json, sop: Json) -> Iterator[str]:
        first, body = sop["steps"][0], act["body"]
        if act["kind"] != first["activities"][0] or body["step"] != first["no"]:
            yield "case.open"
        if act["kind"] == "activity.performed" and "subject" not in body:
            yield "case.open"
        if "deviation" in body:
            yield "sop.needless"
        yield from broken_by_no_draft(act["kind"], body, sop)
        yield from broken_by_draft(act["kind"], body, sop)
        yield from broken_by_forwarding(body, sop)
        if "supersedes" in body:
            old = self.story(f"case:{body['supersedes']['case']}")
            if old is None or old.signature != body["supersedes"]["signature"]:
                yield "case.supersedes"
                return
            first = old.said[0].body
            if (old.sop["unit"], old.sop["slug"]) != (sop["unit"], sop["slug"]):
                yield "case.supersedes"
            if first.get("period") != body.get("period"):
                yield "case.supersedes"
            if "period" not in body and first["subject"] != body["subject"]:
                yield "case.supersedes"

    def _broken_by_number(self, body: Json, slug: str) -> Iterator[str]:
        number, row = body["number"], body["agenda_no"]
        for parts in self.numberings(slug)[-1:]:
            if number["classification"] not in parts["classifications"]:
                yield "agenda.numbering"
            if number["office_code"] != parts["office_code"]:
                yield "agenda.numbering"
        enacted = [one.body for one in self.said if one.kind == "numbering.enacted" and "used" in one.body]
        place = (letters_of(number["office_code"]), number["year"])
        used = [one["used"] for one in enacted if (letters_of(one["office_code"]), one["used"]["year"]) == place]
        for last in used[-1:]:
            if "paper" not in body and (number["running"] <= last["running"] or row <= last["agenda_no"]):
                yield "agenda.used"
        given = [(letters_of(one["number"]["office_code"]), one["number"]["year"], one) for one in self.numbers()]
        taken = [one for code, year, one in given if (code, year) == place]
        if number["running"] in [one["number"]["running"] for one in taken]:
            yield "agenda.number"
        if row in [one["agenda_no"] for one in taken]:
            yield "agenda.no"

    def _of(self, stream: str) -> list[Said]:
        return [one for one in self.said if one.act["stream"] == stream]

    def _last(self, stream: str, kind: str) -> Said | None:
        return next((one for one in reversed(self._of(stream)) if one.kind == kind), None)

    def _version(self, named: Json) -> Json:
        return dict(next(one.body["sop"] for one in self.said if one.leaf == named["leaf"]))

    def _approved(self, what: str) -> list[Json]:
        named = [one.body["proposal"] for one in self.said if one.kind == f"{what}.approved"]
        return [one.body for one in self.said if one.leaf in named]


def letters_of(code: str) -> list[str]:
    """Return an office code as it is read aloud: its parts, without what only the pen adds."""
    parts = code.lower().replace("-", ".").split(".")
    return [str(int(part)) if part.isdigit() else part for part in parts if part]
