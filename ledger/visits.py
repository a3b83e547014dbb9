"""Visits: each stay of a case at a step, from the act that brought it there to the act that ended it.

A step that is entered again after a return is another visit, in another round. Time is taken from ``recorded_at``, the
ledger's clock; the times that signers state stand beside it. Whether a visit kept its standard is
:mod:`ledger.mutu_baku`. A fold over replayed acts; pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from ledger.bodies import CaseBody, CorrectionRecorded, DispositionWithdrawn, DocumentReturned
from ledger.case import Case
from ledger.replay import Step

#: How a visit ended: its activities were done; the document was sent back from it; a deviation led the case elsewhere;
#: the disposition was withdrawn.
Ending = Literal["selesai", "dikembalikan", "ditinggalkan", "ditarik"]


class Moment(NamedTuple):
    """An act as an end of a visit: leaf index, the ledger's clock, the signer's claim, whether it was on paper."""

    leaf_index: int
    recorded_at: dt.datetime
    claimed_at: dt.datetime
    paper: bool


class Visit(NamedTuple):
    """A stay at a step. ``began`` is None where nothing recorded says since when the step had been waiting."""

    step: str
    round: int
    began: Moment | None
    ended: Moment | None = None
    ending: Ending | None = None


def after(
    open_visit: Visit | None, step: Step, left: Mapping[str, Visit] = MappingProxyType({})
) -> tuple[tuple[Visit, ...], Visit | None]:
    """Return the visits that an act ended, in order, and the one that is open after it, if any.

    ``open_visit`` is the one that was open before, ``left`` the newest visit to each step that was left by a deviation.
    An act out of order ends the visit that was open, and is of a visit of its own of which nobody can say since when it
    had been due. A step that was left and is come to again in the same round has been due all the while.
    """
    body, case = step.done.act.body, step.after.state
    assert isinstance(body, CaseBody)
    assert isinstance(case, Case)
    if isinstance(body, CorrectionRecorded):
        return (), open_visit
    done = step.done
    now = Moment(done.index, done.entry.recorded_at, done.act.occurred_at, paper=body.paper is not None)
    if isinstance(body, DispositionWithdrawn):
        return ((open_visit._replace(ended=now, ending="ditarik"),) if open_visit else ()), None
    ended = []
    own = open_visit
    if own is None or own.step != body.step:
        if own is not None:
            ended.append(own._replace(ended=now, ending="ditinggalkan"))
            left = {**left, own.step: own}
        before = step.before.state if step.before else None
        own = Visit(body.step, before.round if isinstance(before, Case) else 1, None)
    if case.step == body.step and case.done_here:
        return tuple(ended), own
    ending: Ending = "dikembalikan" if isinstance(body, DocumentReturned) else "selesai"
    ended.append(Visit(own.step, own.round, own.began, now, ending))
    return tuple(ended), _opened(case, now, left) if case.step else None


def _opened(case: Case, now: Moment, left: Mapping[str, Visit]) -> Visit:
    assert case.step is not None
    before = left.get(case.step)
    since = before.began if before is not None and before.round == case.round and before.began else now
    return Visit(case.step, case.round, since)
