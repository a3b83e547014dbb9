"""A work calendar: when an office works, so that durations can be counted in working time (DOMAIN, rule 12).

The office enacts it (``calendar.enacted``), so it is a wire format: members are added in a later ``format``, never
changed. It carries every date it uses, and says nothing of days before ``first_day`` or after ``last_day``: whatever
reaches beyond them cannot be judged. Hours are wall-clock times of Asia/Jakarta (WIB, UTC+7, no daylight saving).
How time is counted by it is :mod:`ledger.working_time`. Example::

    >>> monday = {"weekday": 1, "start": "07:30", "end": "16:00", "rest_start": "12:00", "rest_minutes": 60}
    >>> Hours.read(monday, "calendar.form", "Jam kerja").minutes
    450
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from keys.fields import Date, Fact, Line, Many, Text

#: A calendar speaks of at most this many days: about five years, whose days off a list can hold.
MOST_DAYS = 1830

#: A time of day, ``HH:MM``.
ClockTime = Annotated[str, StringConstraints(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$")]


def minute_of(time: str) -> int:
    """Return the minute of the day (0 to 1439) that a :data:`ClockTime` names."""
    return int(time[:2]) * 60 + int(time[3:])


class Hours(Fact):
    """Working hours of one weekday (1 is Monday, 7 Sunday), with one rest in them or none."""

    weekday: Annotated[int, Field(ge=1, le=7)]
    start: ClockTime
    end: ClockTime
    rest_start: ClockTime | None = None
    rest_minutes: Annotated[int, Field(ge=0, le=240)] = 0

    @model_validator(mode="after")
    def _fits(self) -> Hours:
        if self.end <= self.start:
            raise ValueError("selesai sebelum mulai")
        if (self.rest_start is None) != (self.rest_minutes == 0):
            raise ValueError("harus menyebut mulai dan lama istirahat, atau tidak keduanya")
        if self.rest_start is not None:
            begins = minute_of(self.rest_start)
            if not minute_of(self.start) <= begins <= begins + self.rest_minutes <= minute_of(self.end):
                raise ValueError("istirahatnya di luar jam kerja")
        return self

    @property
    def minutes(self) -> int:
        """Return how many minutes are worked on this day."""
        return minute_of(self.end) - minute_of(self.start) - self.rest_minutes


#: The working week: weekdays that are not named are free.
Week = Annotated[Many[Hours], Field(min_length=1, max_length=7)]


class Season(Fact):
    """Days, both inclusive, on which other hours hold: Ramadan."""

    name: Line
    first_day: Date
    last_day: Date
    week: Week


class DayOff(Fact):
    """A day on which nobody works."""

    date: Date
    name: Line
    kind: Literal["libur-nasional", "cuti-bersama", "libur-daerah"]


class Calendar(Fact):
    """A work calendar from ``first_day`` to ``last_day``, both inclusive; ``basis`` names what it rests on."""

    format: Literal["jejak.calendar/1"]
    name: Line
    basis: Annotated[Many[Line], Field(min_length=1)]
    first_day: Date
    last_day: Date
    week: Week
    seasons: Many[Season]
    days_off: Many[DayOff]
    note: Text | None = None

    @model_validator(mode="after")
    def _is_one_calendar(self) -> Calendar:
        length = (dt.date.fromisoformat(self.last_day) - dt.date.fromisoformat(self.first_day)).days + 1
        if not 1 <= length <= MOST_DAYS:
            raise ValueError(f"harus mencakup 1 sampai {MOST_DAYS} hari")
        for week in (self.week, *(season.week for season in self.seasons)):
            days = [hours.weekday for hours in week]
            if days != sorted(set(days)):
                raise ValueError("harus menyebut tiap hari dalam minggu paling banyak sekali, berurutan")
        before = ""
        for season in self.seasons:
            if not before < season.first_day <= season.last_day <= self.last_day or season.first_day < self.first_day:
                raise ValueError("masa jam kerja khusus harus berurutan, tidak bertumpuk, dan di dalam masa kalender")
            before = season.last_day
        dates = [day.date for day in self.days_off]
        if dates != sorted(set(dates)) or any(not self.first_day <= one <= self.last_day for one in dates):
            raise ValueError("hari libur harus berurutan, masing-masing sekali, dan di dalam masa kalender")
        return self
