"""Working time: how much of an interval was worked under a calendar, and whether a step kept its standard.

A standard (:class:`ledger.sop.Duration`) is kept until its deadline, the last moment that is still in time:

* ``menit`` and ``jam`` count working time exactly: the standard is kept as long as no more than the amount was worked.
  Work that begins and ends outside the working hours takes no time. So the deadline of what is used up when a rest or
  a night begins is the moment when work begins again.
* ``hari-kerja`` counts whole working days. The day of the start is not counted, be it a day off or not; the standard
  is kept until work ends on the N-th working day after it.

Several calendars supplement each other (:class:`Calendars`): a day is counted by the newest one that was enacted before
it, else by the first that covered it, so none can change what a day was once it is past. What reaches beyond them, a
deadline too, cannot be judged. Days and hours are those of WIB (UTC+7); time is
counted in microseconds and floored to whole minutes only where it is told. Example, over a rest and a weekend::

    >>> fri = {"weekday": 5, "start": "07:30", "end": "16:30", "rest_start": "11:30", "rest_minutes": 90}
    >>> mon = {"weekday": 1, "start": "07:30", "end": "16:00", "rest_start": "12:00", "rest_minutes": 60}
    >>> calendar = Calendar.read(
    ...     {"format": "jejak.calendar/1", "name": "Kalender contoh", "basis": ["Perpres 21/2023"],
    ...      "first_day": "2026-03-01", "last_day": "2026-03-31", "week": [mon, fri], "seasons": [], "days_off": []},
    ...     "calendar.form", "Kalender")
    >>> friday = dt.datetime(2026, 3, 6, 11, 0, tzinfo=WIB)
    >>> working_minutes(calendar, friday, dt.datetime(2026, 3, 9, 8, 0, tzinfo=WIB))
    270
    >>> two_hours = Duration(amount=2, unit="jam")
    >>> deadline(calendar, friday, two_hours).isoformat()
    '2026-03-06T14:30:00+07:00'
    >>> judge(calendar, two_hours, friday, dt.datetime(2026, 3, 6, 14, 31, tzinfo=WIB)).verdict
    'lewat'
    >>> deadline(calendar, friday, Duration(amount=2, unit="hari-kerja")).isoformat()
    '2026-03-13T16:30:00+07:00'
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from keys.authority import WIB
from keys.errors import NotJudged
from ledger.calendar import Calendar, Hours, minute_of
from ledger.sop import Duration

_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_AMOUNTS = {"menit": _MINUTE, "jam": 60 * _MINUTE}

#: When a day is worked: pairs of microseconds of the day, in order, the end not included.
_Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a step kept its standard: working minutes it took (whole), and the deadline (WIB)."""

    verdict: Literal["tepat", "lewat"]
    minutes: int
    deadline: dt.datetime


@dataclass(frozen=True, slots=True, eq=False)
class Calendars:
    """Calendars in the order in which they were enacted, each with the day (WIB) of its enactment."""

    parts: tuple[tuple[Calendar, dt.date], ...]


Counted = Calendar | Calendars


def working_minutes(calendar: Counted, start: dt.datetime, end: dt.datetime) -> int:
    """Return the whole minutes that were worked between two aware moments.

    Raises NotJudged: ``time.calendar`` where a day of it is outside the calendar, ``time.order`` where the end comes
    first.
    """
    table = _timetable(_Same(calendar))
    begun, ended = table.place(start, "waktu mulai"), table.place(end, "waktu selesai")
    _in_order(start, end)
    table.require_known(begun[0], ended[0])
    return (table.worked(*ended) - table.worked(*begun)) // _MINUTE


def deadline(calendar: Counted, start: dt.datetime, duration: Duration) -> dt.datetime:
    """Return the last moment (WIB) at which work begun at ``start`` is still in time.

    Raises NotJudged (``time.calendar``) where the start or the deadline lies outside the calendar.
    """
    table = _timetable(_Same(calendar))
    return table.deadline(*table.place(start, "waktu mulai"), duration)


def judge(calendar: Counted, duration: Duration, start: dt.datetime, end: dt.datetime) -> Verdict:
    """Return whether work between two aware moments kept the standard ``duration``; raises NotJudged as above."""
    minutes = working_minutes(calendar, start, end)
    last = deadline(calendar, start, duration)
    return Verdict("tepat" if end <= last else "lewat", minutes, last)


def calendars_of(calendar: Calendars, start: dt.datetime, end: dt.datetime) -> list[int]:
    """Return which of the calendars count the days between two aware moments, by their place in ``parts``."""
    table = _timetable(_Same(calendar))
    first, last = (moment.astimezone(WIB).toordinal() - table.first for moment in (start, end))
    return sorted({owner for owner in table.owners[max(first, 0) : max(last + 1, 0)] if owner is not None})


def rule_in_words(duration: Duration, by: str) -> str:
    """Return the rule by which a standard is judged, ``by`` naming the calendar: a sentence without its full stop."""
    amount = duration.amount
    if duration.unit == "hari-kerja":
        return f"{amount} hari kerja: paling lambat akhir jam kerja hari kerja ke-{amount} sesudah hari mulai, {by}"
    return f"{amount} {duration.unit} kerja {by}"


def working_days(calendar: Calendar) -> list[dt.date]:
    """Return every day of the calendar on which work is done, in order."""
    table = _timetable(_Same(calendar))
    return [dt.date.fromordinal(table.first + day) for day in table.workdays]


def _in_order(start: dt.datetime, end: dt.datetime) -> None:
    if end < start:
        raise NotJudged(
            "time.order",
            "Waktu selesai disebut lebih awal daripada waktu mulai, sehingga lamanya tidak dapat dihitung.",
            allowed="Periksa waktu yang disebut pada kedua tindakan; bila keliru, catat pembetulan.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Timetable:
    """A calendar made ready for counting; a day is its position from ``first`` (proleptic ordinal)."""

    calendar: Counted
    first: int
    days: tuple[_Spans, ...]
    #: Which calendar counts each day; None for a day that none of them covers.
    owners: tuple[int | None, ...]
    #: Days that no calendar covers, before each day.
    unknown: tuple[int, ...]
    #: Microseconds worked before each day, and last before the day after the calendar.
    before: tuple[int, ...]
    workdays: tuple[int, ...]

    def place(self, moment: dt.datetime, what: str) -> tuple[int, int]:
        """Return the day and the microsecond of the day in WIB, or raise NotJudged outside the calendar."""
        assert moment.tzinfo is not None, "a moment without a zone is no moment"
        local = moment.astimezone(WIB)
        day = local.toordinal() - self.first
        if not 0 <= day < len(self.days) or self.owners[day] is None:
            raise self._outside(f"{what} ({local.date().isoformat()}) di luarnya")
        seconds = (local.hour * 60 + local.minute) * 60 + local.second
        return day, seconds * _SECOND + local.microsecond

    def require_known(self, first: int, last: int) -> None:
        """Return if every day from ``first`` to ``last`` is covered, else raise NotJudged."""
        if self.unknown[last + 1] > self.unknown[first]:
            gap = next(day for day in range(first, last + 1) if self.owners[day] is None)
            raise self._outside(f"{dt.date.fromordinal(self.first + gap).isoformat()} di luarnya")

    def worked(self, day: int, time: int) -> int:
        """Return the microseconds worked from the beginning of the calendar to a place in it."""
        total = self.before[day]
        for start, end in self.days[day]:
            if time <= start:
                break
            total += min(time, end) - start
        return total

    def deadline(self, day: int, time: int, duration: Duration) -> dt.datetime:
        """Return the last moment that is in time for what began at a place."""
        if duration.unit == "hari-kerja":
            nth = bisect_right(self.workdays, day) + duration.amount - 1
            if nth >= len(self.workdays):
                raise self._outside("batas waktunya jatuh sesudahnya")
            last = self.workdays[nth]
            self.require_known(day, last)
            return self._moment(last, self.days[last][-1][1])
        most = self.worked(day, time) + duration.amount * _AMOUNTS[duration.unit]
        # The last day before which no more than that was worked is the day in which it is exceeded.
        last = bisect_right(self.before, most) - 1
        if last >= len(self.days):
            raise self._outside("batas waktunya jatuh sesudahnya")
        self.require_known(day, last)
        left = most - self.before[last]
        for start, end in self.days[last]:
            if left < end - start:
                return self._moment(last, start + left)
            left -= end - start
        raise AssertionError("more is worked on this day than is left")

    def _moment(self, day: int, time: int) -> dt.datetime:
        midnight = dt.datetime.combine(dt.date.fromordinal(self.first + day), dt.time.min, WIB)
        return midnight + dt.timedelta(microseconds=time)

    def _outside(self, why: str) -> NotJudged:
        known = [self.calendar] if isinstance(self.calendar, Calendar) else [one for one, _ in self.calendar.parts]
        spans = "; ".join(f"“{one.name}” {one.first_day} sampai {one.last_day}" for one in known)
        return NotJudged(
            "time.calendar",
            f"Kalender yang ditetapkan hanya mencakup {spans}; {why}.",
            allowed="Tetapkan kalender kerja yang mencakup tanggal itu.",
        )


class _Same:
    """A calendar as a key of the cache: the very object, because hashing its members takes longer than judging."""

    __slots__ = ("calendar",)

    def __init__(self, calendar: Counted) -> None:
        self.calendar = calendar

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.calendar is other.calendar

    def __hash__(self) -> int:
        return id(self.calendar)


@lru_cache(maxsize=64)
def _timetable(key: _Same) -> _Timetable:
    counted = key.calendar
    parts = ((counted, dt.date.min),) if isinstance(counted, Calendar) else counted.parts
    first = min(_ordinal(calendar.first_day) for calendar, _ in parts)
    length = max(_ordinal(calendar.last_day) for calendar, _ in parts) - first + 1
    days: list[_Spans] = [()] * length
    owners: list[int | None] = [None] * length
    for place, (calendar, enacted) in enumerate(parts):
        for day, spans in enumerate(_days(calendar), _ordinal(calendar.first_day) - first):
            if owners[day] is None or first + day > enacted.toordinal():
                days[day], owners[day] = spans, place
    return _Timetable(
        counted,
        first,
        tuple(days),
        tuple(owners),
        tuple(accumulate((owner is None for owner in owners), initial=0)),
        tuple(accumulate((sum(end - start for start, end in spans) for spans in days), initial=0)),
        tuple(day for day, spans in enumerate(days) if spans),
    )


def _days(calendar: Calendar) -> list[_Spans]:
    """Return when each day of a calendar is worked, from its first to its last."""
    first, last = _ordinal(calendar.first_day), _ordinal(calendar.last_day)
    ordinary = _by_weekday(calendar.week)
    days = [ordinary[(day - 1) % 7] for day in range(first, last + 1)]  # ordinal 1 was a Monday
    for season in calendar.seasons:
        other = _by_weekday(season.week)
        for day in range(_ordinal(season.first_day), _ordinal(season.last_day) + 1):
            days[day - first] = other[(day - 1) % 7]
    for free in calendar.days_off:
        days[_ordinal(free.date) - first] = ()
    return days


def _ordinal(date: str) -> int:
    return dt.date.fromisoformat(date).toordinal()


def _by_weekday(week: Iterable[Hours]) -> list[_Spans]:
    """Return when each day of the week is worked, Monday first."""
    days: list[_Spans] = [()] * 7
    for hours in week:
        start, end = minute_of(hours.start), minute_of(hours.end)
        rest = minute_of(hours.rest_start) if hours.rest_start is not None else end
        parts = ((start, rest), (rest + hours.rest_minutes, end))
        days[hours.weekday - 1] = tuple((begun * _MINUTE, ended * _MINUTE) for begun, ended in parts if begun < ended)
    return days
