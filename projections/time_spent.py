"""Time against mutu baku, per visit of a case to a step: as the case's state keeps it, and as it is shown.

A state keeps the ``visits`` that have ended, each with its verdict as it was judged then and for ever (the standard,
the rule and the calendars interned); ``here``, the one that is open; ``left``, by step, the newest visit where that one
was left by a deviation. Their ends are leaf indices; ``moments`` says by leaf index when those acts were done.

Shown is a visit as ``{"step", "round", "began", "ended", "ending"}``, an end of it ``{"leaf_index", "recorded_at",
"occurred_at", "paper"}`` or null; beside them stand what was measured and what was judged.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ledger import mutu_baku, visits
from ledger.bodies import CaseBody
from ledger.case import Case
from ledger.enactment import Enactments
from ledger.entry import stamp_of
from ledger.flags import Flag
from ledger.mutu_baku import Judged
from ledger.replay import Step
from ledger.visits import Ending, Moment, Visit
from projections.interned import Content, Interned

Shown = dict[str, Any]


class _Open(NamedTuple):
    """A visit that has begun, as a state keeps it: a list in this order."""

    step: str
    round: int
    began: int | None


class _Ended(NamedTuple):
    """A visit that has ended, as a state keeps it: a list in this order; ``judged`` is interned."""

    step: str
    round: int
    began: int | None
    ended: int
    ending: Ending
    elapsed_seconds: int | None
    claimed_seconds: int | None
    working_minutes: int | None
    deadline: str | None
    judged: str


def nothing_yet() -> Shown:
    """Return what the state keeps of a case that has not been at any step."""
    return {"visits": [], "here": None, "left": {}, "moments": {}}


def advance(state: Shown, step: Step, interned: Interned) -> tuple[Flag, ...]:
    """Put into the case's state what an act does to its visits; return a flag for each that it ended too late."""
    case, act, left = step.after.state, step.done.act, state["left"]
    assert isinstance(case, Case)
    assert step.enactments is not None
    before = _begun(state, state["here"]) if state["here"] else None
    ended, here = visits.after(before, step, {no: _begun(state, left[no]) for no in left})
    if here is before and not ended:
        return ()
    paper = isinstance(act.body, CaseBody) and act.body.paper is not None
    state["moments"][str(step.done.index)] = [stamp_of(step.done.entry), act.occurred_at.isoformat(), paper]
    state["here"] = _open(here) if here else None
    late = []
    for one in ended:
        judged = mutu_baku.judge(step.enactments, case.sop_ref.leaf, one)
        state["visits"].append(_ended(one, judged, interned))
        if one.ending == "ditinggalkan":
            left[one.step] = _open(one)
        else:
            left.pop(one.step, None)
        if judged.verdict == "lewat":
            late.append(Flag("time.late", f"Langkah {one.step} lewat dari mutu bakunya: {judged.rule}."))
    return tuple(late)


def _open(visit: Visit) -> _Open:
    return _Open(visit.step, visit.round, visit.began.leaf_index if visit.began else None)


def _ended(visit: Visit, judged: Judged, interned: Interned) -> _Ended:
    assert visit.ended is not None
    assert visit.ending is not None
    standard = judged.standard
    reading, confirmed, calendars = standard.reading, standard.confirmed, judged.calendars
    key = (
        standard.raw,
        standard.basis,
        (reading.amount, reading.unit) if reading else None,
        confirmed.index if confirmed else None,
        judged.verdict,
        judged.rule,
        tuple(one.index for one in calendars) if calendars else (),
    )
    return _Ended(
        visit.step,
        visit.round,
        visit.began.leaf_index if visit.began else None,
        visit.ended.leaf_index,
        visit.ending,
        _seconds(judged.elapsed),
        _seconds(judged.claimed),
        judged.working_minutes,
        _deadline(judged),
        interned.id_of(key, lambda: _judged(judged)),
    )


def _judged(judged: Judged) -> Content:
    standard, reading, confirmed = judged.standard, judged.standard.reading, judged.standard.confirmed
    return {
        "standard": {
            "raw": standard.raw,
            "reading": {"amount": reading.amount, "unit": reading.unit} if reading else None,
            "words": reading.words if reading else mutu_baku.NOT_JUDGED,
            "basis": standard.basis,
            "confirmed": {"leaf_index": confirmed.index, "leaf": confirmed.leaf} if confirmed else None,
        },
        "verdict": judged.verdict,
        "rule": judged.rule,
        "calendars": [{"name": one.value.name, "leaf_index": one.index} for one in judged.calendars],
    }


def _deadline(judged: Judged) -> str | None:
    return judged.deadline.isoformat() if judged.deadline else None


def _seconds(span: dt.timedelta | None) -> int | None:
    return int(span.total_seconds()) if span is not None else None


def _begun(state: Shown, kept: _Open) -> Visit:
    """Return a visit that has begun, as a state keeps it."""
    step, turn, began = kept
    return Visit(step, turn, None if began is None else _moment(began, *state["moments"][str(began)]))


def _moment(leaf_index: int, recorded_at: str, occurred_at: str, paper: bool) -> Moment:
    recorded, claimed = dt.datetime.fromisoformat(recorded_at), dt.datetime.fromisoformat(occurred_at)
    return Moment(leaf_index, recorded, claimed, paper)


# --- as it is shown -----------------------------------------------------------------------------------------


def interned_in(state: Shown) -> Iterator[str]:
    """Yield the ids of what a case's state says alike with others."""
    return (_Ended(*one).judged for one in state["visits"])


def shown(state: Shown, interned: Mapping[str, Content]) -> list[Shown]:
    """Return the visits of a case's state that have ended."""
    return [_shown(state, _Ended(*one), interned) for one in state["visits"]]


def _shown(state: Shown, kept: _Ended, interned: Mapping[str, Content]) -> Shown:
    told = _begins(state, _Open(*kept[:3])) | {"ended": _end(state, kept.ended), "ending": kept.ending}
    measured = ("elapsed_seconds", "claimed_seconds", "working_minutes", "deadline")
    return told | {name: getattr(kept, name) for name in measured} | interned[kept.judged]


def here(state: Shown) -> Shown | None:
    """Return the visit of a case's state that is open."""
    return _begins(state, _Open(*state["here"])) if state["here"] else None


def _begins(state: Shown, kept: _Open) -> Shown:
    return {"step": kept.step, "round": kept.round, "began": _end(state, kept.began), "ended": None, "ending": None}


def _end(state: Shown, index: int | None) -> Shown | None:
    if index is None:
        return None
    recorded_at, occurred_at, paper = state["moments"][str(index)]
    return {"leaf_index": index, "recorded_at": recorded_at, "occurred_at": occurred_at, "paper": paper}


def running(shown: Shown, enactments: Enactments, now: dt.datetime, index: int) -> Shown | None:
    """Return the open visit of a case as it is shown at ``now``; ``index`` is the leaf that the next act would be."""
    opened: Shown | None = shown["here"]
    if opened is None:
        return None
    visit = Visit(opened["step"], opened["round"], _moment(*opened["began"].values()) if opened["began"] else None)
    judged = mutu_baku.running(enactments, shown["sop"]["leaf"], visit, now, index)
    measured = {
        "elapsed_seconds": _seconds(judged.elapsed),
        "claimed_seconds": _seconds(judged.claimed),
        "working_minutes": judged.working_minutes,
        "deadline": _deadline(judged),
    }
    return opened | measured | _judged(judged)
