"""Mutu baku: whether a visit to a step kept the SOP's standard time (DOMAIN, rule 12).

The verdict is *tepat*, *lewat* or *tidak dapat dinilai*, each with the rule that was used or the reason why not. The
standard is the one that was known when the visit ended, and what was late once stays late: neither a reading nor a
calendar that the office enacts afterwards makes it punctual (docs/adr/0009). Unknown stays unknown: an unclear cell, a
visit of which nobody recorded the beginning, an act that was recorded late from paper. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from keys.authority import WIB
from keys.errors import NotJudged
from ledger import working_time
from ledger.calendar import Calendar
from ledger.enactment import Enactments
from ledger.in_force import Since
from ledger.sop import Duration
from ledger.sop_readings import Read, read
from ledger.visits import Visit
from ledger.working_time import Calendars

Verdict = Literal["tepat", "lewat", "tidak dapat dinilai"]
NOT_JUDGED: Verdict = "tidak dapat dinilai"
_MINUTES = {"menit": 1, "jam": 60}


class Judged(NamedTuple):
    """What is known of a visit's time.

    ``elapsed`` is by the ledger's clock, ``claimed`` by what the signers state; both None where an end is missing.
    ``working_minutes`` is None without a calendar that covers it. ``rule`` says how it was judged, or why it was not:
    one sentence without its full stop. ``calendars`` are those that counted its days.
    """

    standard: Read
    elapsed: dt.timedelta | None = None
    claimed: dt.timedelta | None = None
    working_minutes: int | None = None
    deadline: dt.datetime | None = None
    verdict: Verdict = NOT_JUDGED
    rule: str = ""
    calendars: tuple[Since[Calendar], ...] = ()


def judge(enactments: Enactments, version: str, visit: Visit) -> Judged:
    """Return the verdict on a visit that has ended, under the SOP version with leaf ``version`` (hex)."""
    if visit.ended is None:
        raise AssertionError("a visit is judged when it has ended")
    return _judged(enactments, version, visit, visit.ended.recorded_at, visit.ended.leaf_index)


def running(enactments: Enactments, version: str, visit: Visit, now: dt.datetime, index: int) -> Judged:
    """Return what is known at ``now`` of a visit that goes on; *lewat* where it cannot be in time any more.

    ``index`` is the leaf that the next act would be. A visit that may still be in time is not judged.
    """
    judged = _judged(enactments, version, visit, now, index)
    if judged.verdict == "tepat":
        return judged._replace(verdict=NOT_JUDGED, rule=f"Masih berjalan; {judged.rule}")
    return judged


def _judged(enactments: Enactments, version: str, visit: Visit, end: dt.datetime, index: int) -> Judged:
    if visit.began is None:
        standard = _standard(enactments, version, visit.step, index)
        return Judged(standard, rule="Tidak tercatat sejak kapan langkah ini menunggu")
    for changed in _changes(enactments, visit, index):
        assert changed.at is not None
        before = _as_known(enactments, version, visit, changed.at, changed.index)
        if before.verdict == "lewat":
            elapsed = max(end, visit.began.recorded_at) - visit.began.recorded_at
            rule = f"{before.rule}; sudah lewat sebelum ketentuannya diubah pada daun {changed.index}"
            return before._replace(elapsed=elapsed, working_minutes=None, rule=rule)
    return _as_known(enactments, version, visit, end, index)


def _changes(enactments: Enactments, visit: Visit, index: int) -> Iterator[Since[Any]]:
    """Yield what was enacted about readings and calendars while the visit went on, in leaf order within each kind."""
    assert visit.began is not None
    histories: tuple[tuple[Since[Any], ...], ...] = (enactments.readings, enactments.calendars)
    for history in histories:
        for one in reversed(history):
            if one.index < visit.began.leaf_index:
                break
            if one.index < index and one.at is not None:
                yield one


def _as_known(enactments: Enactments, version: str, visit: Visit, end: dt.datetime, index: int) -> Judged:
    """Return the verdict on a visit that goes on until ``end``, by what was enacted below leaf ``index``."""
    assert visit.began is not None
    start = visit.began.recorded_at
    end = max(start, end)
    standard, calendars = _standard(enactments, version, visit.step, index), enactments.calendars_at(index)
    used = _used(calendars, start, end)
    claimed = visit.ended.claimed_at - visit.began.claimed_at if visit.ended else None
    known = Judged(standard, end - start, claimed, _minutes(calendars, start, end), calendars=used)
    if standard.reading is None:
        if not standard.raw:
            return known._replace(rule="Naskah SOP tidak menyebut waktu langkah ini")
        return known._replace(rule=f"Naskah SOP menulis “{standard.raw}”, dan bacaannya belum ditegaskan")
    on_paper = visit.ended is not None and visit.ended.paper
    if on_paper and visit.ended is not None:  # done at the earliest when its signer says
        end = max(start, min(end, visit.ended.claimed_at))
    judged = _measured(known, standard.reading, calendars, start, end)
    if judged.verdict == "lewat":  # it waited at the latest since it was recorded, and was not done in time
        said = "; selesainya menurut pernyataan" if on_paper else ""
        return judged._replace(rule=judged.rule + said + _since(visit, standard))
    why_not = _why_not(visit)
    if why_not:
        return judged._replace(verdict=NOT_JUDGED, rule=why_not)
    since = _since(visit, standard)
    return judged._replace(rule=judged.rule + since) if since else judged


def _since(visit: Visit, standard: Read) -> str:
    """Say so where the reading is younger than the visit."""
    confirmed = standard.confirmed
    if confirmed is None or visit.began is None or confirmed.index < visit.began.leaf_index:
        return ""
    return f"; bacaannya ditegaskan pada daun {confirmed.index}, sesudah langkah ini mulai"


def _why_not(visit: Visit) -> str | None:
    """Return why a visit that was not late all the same is no visit in time."""
    if visit.ended is not None and visit.ended.paper:
        return "Dicatat menyusul dari kertas, jadi waktu sebenarnya hanya pernyataan"
    if visit.ending == "ditinggalkan":
        return "Langkah ini ditinggalkan dengan penyimpangan"
    if visit.ending == "ditarik":
        return "Disposisinya ditarik sebelum langkah ini selesai"
    if visit.began is not None and visit.began.paper:
        return "Tindakan sebelumnya dicatat menyusul dari kertas, jadi mulainya hanya pernyataan"
    return None


def _measured(
    known: Judged, standard: Duration, calendars: tuple[Since[Calendar], ...], start: dt.datetime, end: dt.datetime
) -> Judged:
    why = "Belum ada kalender kerja yang ditetapkan"
    if calendars:
        try:
            judged = working_time.judge(_merged(calendars), standard, start, end)
        except NotJudged as unknown:
            why = unknown.detail.removesuffix(".")
        else:
            rule = working_time.rule_in_words(standard, _by(_used(calendars, start, max(end, judged.deadline))))
            return known._replace(verdict=judged.verdict, rule=rule, deadline=judged.deadline)
    if _surely_in_time(standard, start, end):
        rule = f"{standard.words}, dan menurut jam dinding saja belum lebih dari itu"
        return known._replace(verdict="tepat", rule=rule)
    return known._replace(rule=why)


def _surely_in_time(standard: Duration, start: dt.datetime, end: dt.datetime) -> bool:
    """Tell whether every calendar would find it in time: nobody works longer than the clock runs."""
    if standard.unit == "hari-kerja":
        return (end.astimezone(WIB).date() - start.astimezone(WIB).date()).days < standard.amount
    seconds = (end - start) / dt.timedelta(seconds=1)
    return seconds <= standard.amount * _MINUTES[standard.unit] * 60  # an amount may be larger than any time span


def _standard(enactments: Enactments, version: str, step: str, index: int) -> Read:
    """Return how long the SOP gives a step, as it was read for an act at leaf ``index``."""
    return read(enactments.readings, version, enactments.versions[version].step(step), "waktu", index)


@lru_cache(maxsize=64)
def _merged(calendars: tuple[Since[Calendar], ...]) -> Calendars:
    """Return the calendars as they supplement each other; one whose day is not known counts as always enacted."""
    return Calendars(tuple((one.value, one.at.astimezone(WIB).date() if one.at else dt.date.min) for one in calendars))


def _used(calendars: tuple[Since[Calendar], ...], start: dt.datetime, end: dt.datetime) -> tuple[Since[Calendar], ...]:
    if not calendars:
        return ()
    return tuple(calendars[place] for place in working_time.calendars_of(_merged(calendars), start, end))


def _by(calendars: tuple[Since[Calendar], ...]) -> str:
    named = [f"“{one.value.name}” ({one.value.basis[0]}, daun {one.index})" for one in calendars]
    return f"menurut kalender {' dan '.join(named)}"


def _minutes(calendars: tuple[Since[Calendar], ...], start: dt.datetime, end: dt.datetime) -> int | None:
    if not calendars:
        return None
    try:
        return working_time.working_minutes(_merged(calendars), start, end)
    except NotJudged:
        return None
