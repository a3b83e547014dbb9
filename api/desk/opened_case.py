"""A case that is looked at: its stream, its state with verdicts, its acts, its documents, and its SOP step by step."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from api.access import without_withheld
from api.desk.frame import _
from api.desk.sop_chart import Progress, Stage
from api.marks import with_verdicts
from api.parameters import CasePath
from api.parts import parts
from api.past import state_of
from api.trails import trail_of, unknown
from keys.errors import NotFound
from keys.fields import DocumentRef
from keys.member_words import value_in_words
from ledger.case import Case
from ledger.enactment import Enactments
from ledger.mentions import documents_of
from ledger.sop import Step
from ledger.sop_readings import read
from ledger.streams import Stream


@dataclass(frozen=True)
class OpenedCase:
    """A case that is looked at: its stream, its state with verdicts, its acts with what stands beside them."""

    stream: Stream
    state: dict[str, Any]

    @property
    def case(self) -> Case:
        """Return the case that the stream holds."""
        return cast("Case", self.stream.state)

    @cached_property
    def trail(self) -> list[dict[str, Any]]:
        """Return its acts as the audit trail tells them, oldest first."""
        rows: list[dict[str, Any]] = trail_of(self.stream.id)["trail"]
        return [row for row in rows if row["leaf"] in self.case.acts]  # none that came after the case was read

    @cached_property
    def documents(self) -> dict[str, DocumentRef]:
        """Return every document that the case's acts name, by digest, in the order of the acts."""
        acts = [self.case.acts[row["leaf"]] for row in self.trail]
        return {one.digest: one for act in reversed(acts) for one in reversed(documents_of(act))}

    @cached_property
    def versions(self) -> list[dict[str, Any]]:
        """Return the versions of the case's document, oldest first, each digest once, with the acts that brought it."""
        acts = {row["leaf_index"]: row for row in self.trail}
        found: dict[str, dict[str, Any]] = {}
        for draft in self.state["drafts"]:
            one = found.setdefault(draft["digest"], {"name": draft["name"], "digest": draft["digest"], "brought": []})
            one["brought"].append(acts[draft["leaf_index"]] | {"round": draft["round"]})
            one["void"] = draft["void"]
        return list(found.values())

    def brought(self, digest: str) -> DocumentRef:
        """Return the document of this digest, or raise NotFound where no act of the case names it."""
        if digest not in self.documents:
            raise NotFound(
                "document.unknown",
                _("Perkara ini tidak menyebut dokumen dengan sidik itu."),
                allowed=_("Pilih dokumen dari halaman perkaranya."),
            )
        return self.documents[digest]


def opened_case(case_id: str) -> OpenedCase:
    """Return the case of this id as it now is, or raise NotFound."""
    stream_name = f"case:{CasePath.read({'case_id': case_id}, 'request.parameter', 'Alamat').case_id}"
    state, stream = state_of(case_id, None), parts().ledger.stream(stream_name)
    if state is None or stream is None:
        raise unknown(stream_name)
    return OpenedCase(stream, with_verdicts(without_withheld(state)))


def enactments_of(opened: OpenedCase) -> Enactments:
    """Return what was enacted about the SOP of a case."""
    stream = parts().ledger.stream(f"sop:{opened.case.sop.slug}")
    assert stream is not None
    return cast("Enactments", stream.state)


def stages_of(opened: OpenedCase) -> dict[str, Stage]:
    """Return of each step what its cells are read as, and how the case stands to it."""
    case, enactments = opened.case, enactments_of(opened)
    visits = [one["step"] for one in opened.state["visits"]] + [one["step"] for one in [opened.state["here"]] if one]

    def stage(step: Step) -> Stage:
        actor, waktu = (
            read(enactments.readings, case.sop_ref.leaf, step, cell, sys.maxsize) for cell in ("pelaksana", "waktu")
        )
        words = waktu.reading.words if waktu.reading else _("belum jelas") if waktu.raw else "–"
        cell = waktu.raw if waktu.raw == words or not waktu.raw else f"{waktu.raw} ({words})"
        inferred = actor.basis == "disimpulkan"
        return Stage(cell or words, inferred, _progress(case, step.no), visits.count(step.no))

    return {step.no: stage(step) for step in case.sop.steps}


def _progress(case: Case, no: str) -> Progress:
    """Return how a case stands to a step: by where it is now, and by what it has done."""
    if no == case.step:
        return "here"
    order = [one.no for one in case.sop.steps]
    behind = case.step is None or order.index(no) < order.index(case.step)
    if no in case.steps_done:
        return "done" if behind else "again"
    return "passed" if behind and case.withdrawn is None else "ahead"


def steps_of(opened: OpenedCase, stages: dict[str, Stage]) -> list[dict[str, Any]]:
    """Return the steps as a list of words beside the drawing, each with its ways on."""
    sop = opened.case.sop
    return [
        {
            "step": step,
            "office": sop.office_of(step).name,
            "stage": stages[step.no],
            "ways": [(value_in_words(one.when) if one.when else None, one.to) for one in step.next],
        }
        for step in sop.steps
    ]
