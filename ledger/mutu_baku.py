"""Mutu baku: whether a visit to a step kept the SOP's standard time (DOMAIN, rule 12).

The verdict is *tepat*, *lewat* or *tidak dapat dinilai*, each with the rule that was used or the reason why not. The
standard is the one that was known when the visit ended: a reading or a calendar that the office enacts later changes
nothing (:mod:`ledger.in_force`). Unknown stays unknown: an unclear cell, a visit of which nobody recorded the
beginning, an act that was recorded late from paper. Pure.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal

from keys.authority import WIB
from keys.errors import NotJudged
from ledger import working_time
from ledger.calendar import Calendar
from ledger.enactment import Enactments
from ledger.in_force import Since
from ledger.sop import Duration
from ledger.sop_readings import Read, read
from ledger.visits import Visit

Verdict = Literal["tepat", "lewat", "tidak dapat dinilai"]
NOT_JUDGED: Verdict = "tidak dapat dinilai"
_MINUTES = {"menit": 1, "jam": 60}


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of a visit's time.

    ``elapsed`` is by the ledger's clock, ``claimed`` by what the signers state; both None where an end is missing.
    ``working_minutes`` is None without a calendar that covers it. ``rule`` says how it was judged, or why it was not:
    one sentence without its full stop. ``calendar`` is the one that was used.
    """

    standard: Read
    elapsed: dt.timedelta | None
    claimed: dt.timedelta | None
    working_minutes: int | None
    deadline: dt.datetime | None
    verdict: Verdict
    rule: str
    calendar: Since[Calendar] | None


def standard_of(enactments: Enactments, version: str, step: str, index: int) -> Read:
    """Return how long the SOP gives a step, as it was read for an act at leaf ``index``."""
    return read(enactments.readings, version, enactments.versions[version].step(step), "waktu", index)


def judge(enactments: Enactments, version: str, visit: Visit) -> Judged:
    """Return the verdict on a visit that has ended, under the SOP version with leaf ``version`` (hex)."""
    if visit.ended is None:
        raise AssertionError("a visit is judged when it has ended")
    index = visit.ended.leaf_index
    standard, calendar = standard_of(enactments, version, visit.step, index), enactments.calendar_at(index)
    if visit.began is None:
        why = "Tidak tercatat sejak kapan langkah ini menunggu"
        return Judged(standard, None, None, None, None, NOT_JUDGED, why, None)
    start, end = visit.began.recorded_at, visit.ended.recorded_at
    claimed = visit.ended.claimed_at - visit.began.claimed_at
    minutes = _minutes(calendar, start, end)
    known = Judged(standard, end - start, claimed, minutes, None, NOT_JUDGED, "", calendar)
    if why_not := _why_not(visit, standard):
        return _with(known, rule=why_not)
    return _measured(known, standard.reading, start, end)


def running(enactments: Enactments, version: str, visit: Visit, now: dt.datetime, index: int) -> Judged:
    """Return what is known at ``now`` of a visit that goes on; *lewat* where it cannot be in time any more.

    ``index`` is the leaf that the next act would be. A visit that may still be in time is not judged.
    """
    standard, calendar = standard_of(enactments, version, visit.step, index), enactments.calendar_at(index)
    if visit.began is None:
        why = "Tidak tercatat sejak kapan langkah ini menunggu"
        return Judged(standard, None, None, None, None, NOT_JUDGED, why, None)
    start = visit.began.recorded_at
    now = max(now, start)
    minutes = _minutes(calendar, start, now)
    known = Judged(standard, now - start, None, minutes, None, NOT_JUDGED, "", calendar)
    if why_not := _why_not(visit, standard):
        return _with(known, rule=why_not)
    judged = _measured(known, standard.reading, start, now)
    if judged.verdict == "tepat":
        return _with(judged, verdict=NOT_JUDGED, rule=f"Masih berjalan; {judged.rule}")
    return judged


def _why_not(visit: Visit, standard: Read) -> str | None:
    """Return why no verdict is possible whatever the clock says, or None."""
    if visit.ending == "ditinggalkan":
        return "Langkah ini ditinggalkan dengan penyimpangan"
    if visit.ending == "ditarik":
        return "Disposisinya ditarik sebelum langkah ini selesai"
    if standard.reading is None:
        if not standard.raw:
            return "Naskah SOP tidak menyebut waktu langkah ini"
        return f"Naskah SOP menulis “{standard.raw}”, dan bacaannya belum ditegaskan"
    if any(end is not None and end.paper for end in (visit.began, visit.ended)):
        return "Dicatat menyusul dari kertas, jadi waktu sebenarnya hanya pernyataan"
    return None


def _measured(known: Judged, standard: Duration, start: dt.datetime, end: dt.datetime) -> Judged:
    why = "Belum ada kalender kerja yang ditetapkan"
    if known.calendar is not None:
        try:
            judged = working_time.judge(known.calendar.value, standard, start, end)
        except NotJudged as unknown:
            why = unknown.detail.removesuffix(".")
        else:
            return _with(known, verdict=judged.verdict, rule=judged.rule, deadline=judged.deadline)
    if _surely_in_time(standard, start, end):
        return _with(
            known, verdict="tepat", rule=f"{standard.words}, dan menurut jam dinding saja belum lebih dari itu"
        )
    return _with(known, rule=why)


def _surely_in_time(standard: Duration, start: dt.datetime, end: dt.datetime) -> bool:
    """Tell whether every calendar would find it in time: nobody works longer than the clock runs."""
    if standard.unit == "hari-kerja":
        return (end.astimezone(WIB).date() - start.astimezone(WIB).date()).days < standard.amount
    return end - start <= dt.timedelta(minutes=standard.amount * _MINUTES[standard.unit])


def _minutes(calendar: Since[Calendar] | None, start: dt.datetime, end: dt.datetime) -> int | None:
    if calendar is None:
        return None
    try:
        return working_time.working_minutes(calendar.value, start, end)
    except NotJudged:
        return None


def _with(known: Judged, *, rule: str, verdict: Verdict = NOT_JUDGED, deadline: dt.datetime | None = None) -> Judged:
    return replace(known, rule=rule, verdict=verdict, deadline=deadline or known.deadline)
