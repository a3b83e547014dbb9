"""Time against mutu baku, per visit of a case to a step, as the case's state keeps and shows it.

``visits`` holds the visits that have ended, each with its verdict as it was judged then and for ever; ``here`` the one
that is open. A visit is ``{"step", "round", "began", "ended", "ending"}``, an end of it ``{"leaf_index",
"recorded_at", "occurred_at", "paper"}`` or null; beside them stand the members of :func:`_judged`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from ledger import mutu_baku, visits
from ledger.case import Case
from ledger.enactment import Enactments
from ledger.flags import Flag
from ledger.mutu_baku import Judged
from ledger.replay import Step
from ledger.visits import Moment, Visit
from projections.audit_trail import utc

Shown = dict[str, Any]


def advance(state: Shown, step: Step) -> None:
    """Put into the case's state what an act does to its visits; ``state`` is changed in place."""
    case = step.after.state
    assert isinstance(case, Case)
    assert step.enactments is not None
    before = _visit(state["here"])
    ended, here = visits.after(before, step, _left(state))
    if here is before and not ended:
        return
    known = {} if before is None or before.began is None else {id(before.began): state["here"]["began"]}
    version = case.sop_ref.leaf
    state["visits"] += [_ends(one, known) | _judged(mutu_baku.judge(step.enactments, version, one)) for one in ended]
    state["here"] = _ends(here, known) if here else None


def late(state: Shown, leaf_index: int) -> tuple[Flag, ...]:
    """Return a flag for each visit of a case that the act at this leaf ended too late."""
    found: list[Flag] = []
    for one in reversed(state["visits"]):
        if one["ended"]["leaf_index"] != leaf_index:
            break
        if one["verdict"] == "lewat":
            found.insert(0, Flag("time.late", f"Langkah {one['step']} lewat dari mutu bakunya: {one['rule']}."))
    return tuple(found)


def running(state: Shown, enactments: Enactments, now: dt.datetime, index: int) -> Shown | None:
    """Return the open visit as it stands at ``now``; ``index`` is the leaf that the next act would be."""
    here = _visit(state["here"])
    if here is None:
        return None
    judged = mutu_baku.running(enactments, state["sop"]["leaf"], here, now, index)
    return _ends(here, {}) | _judged(judged)


def _ends(visit: Visit, known: dict[int, Shown]) -> Shown:
    """Return a visit without its verdict; ``known`` are the ends that are shown already, by identity of the moment."""
    return {
        "step": visit.step,
        "round": visit.round,
        "began": _end(visit.began, known),
        "ended": _end(visit.ended, known),
        "ending": visit.ending,
    }


def _end(moment: Moment | None, known: dict[int, Shown]) -> Shown | None:
    if moment is None:
        return None
    shown = known.get(id(moment))
    if shown is None:
        shown = known[id(moment)] = _moment_shown(moment)
    return shown


def _moment_shown(moment: Moment) -> Shown:
    return {
        "leaf_index": moment.leaf_index,
        "recorded_at": utc(moment.recorded_at),
        "occurred_at": moment.claimed_at.isoformat(),
        "paper": moment.paper,
    }


def _judged(judged: Judged) -> Shown:
    standard, reading, confirmed = judged.standard, judged.standard.reading, judged.standard.confirmed
    return {
        "standard": {
            "raw": standard.raw,
            "reading": {"amount": reading.amount, "unit": reading.unit} if reading else None,
            "words": reading.words if reading else mutu_baku.NOT_JUDGED,
            "basis": standard.basis,
            "confirmed": {"leaf_index": confirmed.index, "leaf": confirmed.leaf} if confirmed else None,
        },
        "elapsed_seconds": _seconds(judged.elapsed),
        "claimed_seconds": _seconds(judged.claimed),
        "working_minutes": judged.working_minutes,
        "deadline": judged.deadline.isoformat() if judged.deadline else None,
        "verdict": judged.verdict,
        "rule": judged.rule,
        "calendars": [{"name": one.value.name, "leaf_index": one.index} for one in judged.calendars],
    }


def _seconds(span: dt.timedelta | None) -> int | None:
    return int(span.total_seconds()) if span is not None else None


def _left(state: Shown) -> dict[str, Visit]:
    """Return the newest visit to each step, of those that were left by a deviation."""
    left: dict[str, Shown] = {}
    for one in state["visits"]:
        if one["ending"] == "ditinggalkan":
            left[one["step"]] = one
        else:
            left.pop(one["step"], None)
    return {no: Visit(no, one["round"], _moment(one["began"])) for no, one in left.items()}


def _visit(shown: Shown | None) -> Visit | None:
    """Return the open visit as the state keeps it."""
    return Visit(shown["step"], shown["round"], _moment(shown["began"])) if shown else None


def _moment(shown: Shown | None) -> Moment | None:
    if shown is None:
        return None
    recorded, claimed = (dt.datetime.fromisoformat(shown[name]) for name in ("recorded_at", "occurred_at"))
    return Moment(shown["leaf_index"], recorded, claimed, shown["paper"])
