"""Working time: rests, Ramadan, holidays and the year's turn are counted as the office lives them, to the second."""

from __future__ import annotations

import datetime as dt
import doctest
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ledger.working_time
from keys.authority import WIB
from keys.errors import NotJudged
from ledger.calendar import Calendar
from ledger.calendar_presets import draft
from ledger.sop import Duration
from ledger.working_time import Calendars, deadline, judge, rule_in_words, working_days, working_minutes

CALENDAR = draft("perpres-21-2023", 2026, 2027)
MINUTE = dt.timedelta(minutes=1)
TICK = dt.timedelta(microseconds=1)
Unit = Literal["menit", "jam", "hari-kerja"]


def at(text: str) -> dt.datetime:
    """Return a moment in WIB."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=WIB)


def standard(amount: int, unit: Unit) -> Duration:
    return Duration(amount=amount, unit=unit)


def last(start: str, amount: int, unit: Unit) -> str:
    """Return the deadline in WIB, to the minute."""
    return deadline(CALENDAR, at(start), standard(amount, unit)).isoformat(sep=" ", timespec="minutes")[:16]


# --- how much was worked -------------------------------------------------------------------------------------------


def test_the_worked_example_of_the_specification_holds() -> None:
    result = doctest.testmod(ledger.working_time)
    assert result.attempted >= 9
    assert result.failed == 0


@pytest.mark.parametrize(
    ("start", "end", "minutes", "why"),
    [
        ("2026-04-06 08:00", "2026-04-06 10:30", 150, "a morning"),
        ("2026-04-06 07:30", "2026-04-06 16:00", 450, "a Monday without its rest"),
        ("2026-04-06 00:00", "2026-04-07 00:00", 450, "a Monday from midnight to midnight"),
        ("2026-04-10 11:00", "2026-04-10 13:30", 60, "the long rest of Friday"),
        ("2026-04-10 11:30", "2026-04-10 13:00", 0, "within the rest"),
        ("2026-04-10 07:30", "2026-04-10 16:30", 450, "a Friday"),
        ("2026-04-06 16:00", "2026-04-07 07:30", 0, "a night"),
        ("2026-04-11 09:00", "2026-04-12 17:00", 0, "a weekend"),
        ("2026-04-10 16:00", "2026-04-13 08:00", 60, "over a weekend"),
        ("2026-03-02 07:30", "2026-03-02 16:00", 390, "a Monday of Ramadan"),
        ("2026-03-06 08:00", "2026-03-06 15:30", 390, "a Friday of Ramadan"),
        ("2026-02-18 15:00", "2026-02-19 09:00", 120, "from the last ordinary day into Ramadan"),
        ("2026-03-17 14:00", "2026-03-25 08:30", 120, "over Nyepi, Lebaran and their cuti bersama"),
        ("2026-03-18 00:00", "2026-03-24 23:59", 0, "Lebaran with cuti bersama"),
        ("2026-12-31 15:30", "2027-01-04 08:00", 60, "the turn of the year"),
        ("2026-04-06 00:00", "2026-04-13 00:00", 2250, "a week"),
        ("2026-03-09 00:00", "2026-03-16 00:00", 1950, "a week of Ramadan"),
    ],
)
def test_working_time_is_counted_as_the_office_lives_it(start: str, end: str, minutes: int, why: str) -> None:
    assert working_minutes(CALENDAR, at(start), at(end)) == minutes, why


def test_seconds_are_counted_before_they_are_left_out() -> None:
    assert working_minutes(CALENDAR, at("2026-04-06 11:59:30"), at("2026-04-06 13:00:29.999999")) == 0
    assert working_minutes(CALENDAR, at("2026-04-06 11:59:30"), at("2026-04-06 13:00:30")) == 1


def test_the_zone_in_which_a_moment_is_told_does_not_matter() -> None:
    start = dt.datetime(2026, 4, 6, 1, 0, tzinfo=dt.UTC)  # 08:00 WIB
    end = dt.datetime.fromisoformat("2026-04-06T11:00:00+09:00")  # 09:00 WIB
    assert working_minutes(CALENDAR, start, end) == 60


def test_a_day_off_of_the_region_is_free_and_a_working_saturday_counts() -> None:
    hours = {"start": "08:00", "end": "12:00"}
    local = Calendar.read(
        {
            "format": "jejak.calendar/1",
            "name": "Enam hari",
            "basis": ["Keputusan setempat"],
            "first_day": "2026-04-06",
            "last_day": "2026-04-12",
            "week": [{"weekday": day} | hours for day in range(1, 7)],
            "seasons": [],
            "days_off": [{"date": "2026-04-08", "name": "Hari jadi kabupaten", "kind": "libur-daerah"}],
        },
        "calendar.form",
        "Kalender",
    )
    assert working_minutes(local, at("2026-04-06 00:00"), at("2026-04-12 23:59")) == 5 * 240
    assert [one.isoformat()[-2:] for one in working_days(local)] == ["06", "07", "09", "10", "11"]


# --- the deadline and the verdict ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "amount", "unit", "until"),
    [
        ("2026-04-06 08:00", 30, "menit", "2026-04-06 08:30"),
        ("2026-04-06 11:45", 30, "menit", "2026-04-06 13:15"),
        ("2026-04-06 11:30", 30, "menit", "2026-04-06 13:00"),  # used up when the rest begins
        ("2026-04-10 11:00", 2, "jam", "2026-04-10 14:30"),
        ("2026-04-12 10:00", 30, "menit", "2026-04-13 08:00"),  # a Sunday
        ("2026-04-06 15:30", 30, "menit", "2026-04-07 07:30"),  # what is used up at the end of the day ...
        ("2026-04-10 16:00", 30, "menit", "2026-04-13 07:30"),  # ... leaves the weekend
        ("2026-03-17 14:30", 1, "jam", "2026-03-25 08:00"),
        ("2026-04-06 08:00", 1, "hari-kerja", "2026-04-07 16:00"),
        ("2026-04-08 08:00", 2, "hari-kerja", "2026-04-10 16:30"),
        ("2026-04-12 10:00", 1, "hari-kerja", "2026-04-13 16:00"),  # a Sunday is not counted
        ("2026-04-11 10:00", 2, "hari-kerja", "2026-04-14 16:00"),  # nor is a Saturday
        ("2026-03-16 09:00", 2, "hari-kerja", "2026-03-25 16:00"),  # over Lebaran
        ("2026-03-02 09:00", 4, "hari-kerja", "2026-03-06 15:30"),  # the end of work in Ramadan
        ("2026-12-30 09:00", 2, "hari-kerja", "2027-01-04 16:00"),  # the turn of the year
    ],
)
def test_the_deadline_is_the_last_moment_that_is_still_in_time(start: str, amount: int, unit: Unit, until: str) -> None:
    assert last(start, amount, unit) == until
    moment = at(until)
    assert judge(CALENDAR, standard(amount, unit), at(start), moment).verdict == "tepat"
    assert judge(CALENDAR, standard(amount, unit), at(start), moment + TICK).verdict == "lewat"


def test_a_step_outside_the_working_hours_takes_no_time_and_is_in_time() -> None:
    verdict = judge(CALENDAR, standard(5, "menit"), at("2026-04-06 19:00"), at("2026-04-06 23:00"))
    assert (verdict.verdict, verdict.minutes) == ("tepat", 0)


def test_a_second_too_many_is_late_though_the_minutes_are_the_same() -> None:
    verdict = judge(CALENDAR, standard(30, "menit"), at("2026-04-06 08:00"), at("2026-04-06 08:30:01"))
    assert (verdict.verdict, verdict.minutes) == ("lewat", 30)


def test_the_rule_is_told_in_one_sentence_that_names_the_calendar() -> None:
    by = "menurut kalender “Kalender kerja 2026–2027”"
    assert rule_in_words(standard(30, "menit"), by) == f"30 menit kerja {by}"
    assert rule_in_words(standard(2, "jam"), by) == f"2 jam kerja {by}"
    assert rule_in_words(standard(2, "hari-kerja"), by) == (
        f"2 hari kerja: paling lambat akhir jam kerja hari kerja ke-2 sesudah hari mulai, {by}"
    )


# --- calendars that supplement each other ------------------------------------------------------------------


def calendars(*parts: tuple[Calendar, str]) -> Calendars:
    return Calendars(tuple((one, dt.date.fromisoformat(day)) for one, day in parts))


def year(number: int, **changes: Any) -> Calendar:
    return Calendar.read(draft("perpres-21-2023", number, number).plain() | changes, "uji", "Kalender")


def test_each_day_is_counted_by_the_newest_calendar_that_was_enacted_before_it() -> None:
    freed = [{"date": f"2026-04-{day:02}", "name": "Libur", "kind": "libur-daerah"} for day in (7, 8, 9)]
    both = calendars((year(2026), "2026-01-05"), (year(2026, days_off=freed), "2026-04-08"))
    days = [
        working_minutes(both, at(f"2026-04-{day:02} 00:00"), at(f"2026-04-{day + 1:02} 00:00")) for day in (7, 8, 9)
    ]
    assert days == [450, 450, 0]


def test_a_year_that_no_calendar_covers_between_two_others_cannot_be_judged() -> None:
    gap = calendars((year(2024), "2024-01-05"), (year(2026), "2026-01-05"))
    assert working_minutes(gap, at("2026-04-06 08:00"), at("2026-04-06 09:00")) == 60
    for start, end in (("2024-12-30 08:00", "2026-01-05 09:00"), ("2025-03-03 08:00", "2026-01-05 09:00")):
        with pytest.raises(NotJudged) as caught:
            working_minutes(gap, at(start), at(end))
        assert caught.value.rule == "time.calendar"
    with pytest.raises(NotJudged):
        deadline(gap, at("2024-12-31 15:00"), standard(5, "hari-kerja"))
    with pytest.raises(NotJudged):
        deadline(gap, at("2024-12-31 15:00"), standard(50, "jam"))


# --- what cannot be judged -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "what"),
    [
        ("2025-12-31 23:59:59", "2026-01-02 09:00", "waktu mulai (2025-12-31)"),
        ("2027-12-31 09:00", "2028-01-01 00:00", "waktu selesai (2028-01-01)"),
    ],
)
def test_what_begins_or_ends_outside_the_calendar_cannot_be_judged(start: str, end: str, what: str) -> None:
    with pytest.raises(NotJudged) as caught:
        working_minutes(CALENDAR, at(start), at(end))
    assert caught.value.rule == "time.calendar"
    assert what in caught.value.detail
    assert "2026-01-01 sampai 2027-12-31" in caught.value.detail
    assert caught.value.allowed


def test_the_first_and_the_last_moment_of_the_calendar_are_within_it() -> None:
    whole = working_minutes(CALENDAR, at("2026-01-01 00:00"), at("2027-12-31 23:59:59.999999"))
    ramadan = sum(
        season.first_day <= day.isoformat() <= season.last_day
        for season in CALENDAR.seasons
        for day in working_days(CALENDAR)
    )
    assert whole == len(working_days(CALENDAR)) * 450 - ramadan * 60


@pytest.mark.parametrize(
    ("start", "amount", "unit"),
    [
        ("2027-12-31 16:00", 31, "menit"),
        ("2027-12-31 16:00", 30, "menit"),  # used up with the calendar: when work begins again is not known
        ("2027-12-31 09:00", 1, "hari-kerja"),
        ("2026-01-02 09:00", 2**53 - 1, "jam"),
        ("2026-01-02 09:00", 2**53 - 1, "hari-kerja"),
    ],
)
def test_a_deadline_beyond_the_calendar_cannot_be_judged(start: str, amount: int, unit: Unit) -> None:
    for ask in (
        lambda: deadline(CALENDAR, at(start), standard(amount, unit)),
        lambda: judge(CALENDAR, standard(amount, unit), at(start), at(start)),
    ):
        with pytest.raises(NotJudged) as caught:
            ask()
        assert caught.value.rule == "time.calendar"
        assert "batas waktunya jatuh sesudahnya" in caught.value.detail


def test_an_end_before_the_beginning_cannot_be_judged() -> None:
    with pytest.raises(NotJudged) as caught:
        judge(CALENDAR, standard(1, "jam"), at("2026-04-06 09:00"), at("2026-04-06 08:59:59"))
    assert caught.value.rule == "time.order"


def test_two_calendars_are_never_taken_for_each_other() -> None:
    longer = CALENDAR.model_copy(update={"days_off": ()})
    start, end = at("2026-03-17 14:00"), at("2026-03-25 08:30")
    assert working_minutes(longer, start, end) > working_minutes(CALENDAR, start, end) == 120


# --- against a slow reference ----------------------------------------------------------------------------------------


def works(calendar: Calendar, minute: dt.datetime) -> bool:
    """Return whether a minute is worked, straight from the calendar's words."""
    date, time = minute.date().isoformat(), minute.strftime("%H:%M")
    if any(day.date == date for day in calendar.days_off):
        return False
    week = next((one.week for one in calendar.seasons if one.first_day <= date <= one.last_day), calendar.week)
    for hours in week:
        if hours.weekday == minute.isoweekday():
            if hours.rest_start is None:
                return hours.start <= time < hours.end
            rest = dt.datetime.combine(minute.date(), dt.time.fromisoformat(hours.rest_start))
            back = (rest + hours.rest_minutes * MINUTE).strftime("%H:%M")
            return hours.start <= time < hours.end and not hours.rest_start <= time < back
    return False


def slowly(calendar: Calendar, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
    """Return the working time between two moments, counted minute by minute."""
    total = dt.timedelta()
    minute = start.replace(second=0, microsecond=0)
    while minute < end:
        if works(calendar, minute):
            total += min(end, minute + MINUTE) - max(start, minute)
        minute += MINUTE
    return total


def slow_working_day(calendar: Calendar, day: dt.datetime) -> dt.datetime | None:
    """Return the end of the working hours of a day, None where nothing is worked."""
    worked = [day + number * MINUTE for number in range(1440) if works(calendar, day + number * MINUTE)]
    return worked[-1] + MINUTE if worked else None


CLOCK = st.integers(0, 1439)
DAYS = 9
FIRST = dt.date(2027, 12, 27)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def hours(draw: st.DrawFn, weekday: int) -> dict[str, Any]:
    start, end = sorted(draw(st.lists(CLOCK, min_size=2, max_size=2, unique=True)))
    said: dict[str, Any] = {"weekday": weekday, "start": clock(start), "end": clock(end)}
    if draw(st.booleans()):
        rest = draw(st.integers(start, end - 1))
        said |= {"rest_start": clock(rest), "rest_minutes": draw(st.integers(1, min(240, end - rest)))}
    return said


@st.composite
def weeks(draw: st.DrawFn) -> list[dict[str, Any]]:
    weekdays = draw(st.sets(st.integers(1, 7), min_size=1))
    return [draw(hours(weekday)) for weekday in sorted(weekdays)]


@st.composite
def some_calendars(draw: st.DrawFn) -> Calendar:
    """Return a calendar of a few days over a year's turn, with a season or none."""
    dates = [(FIRST + dt.timedelta(days=number)).isoformat() for number in range(DAYS)]
    begin, end = sorted(draw(st.lists(st.integers(0, DAYS - 1), min_size=2, max_size=2)))
    season = {"name": "Masa", "first_day": dates[begin], "last_day": dates[end], "week": draw(weeks())}
    free = sorted(draw(st.sets(st.sampled_from(dates), max_size=3)))
    value = {
        "format": "jejak.calendar/1",
        "name": "Kalender acak",
        "basis": ["Acak"],
        "first_day": dates[0],
        "last_day": dates[-1],
        "week": draw(weeks()),
        "seasons": [season] if draw(st.booleans()) else [],
        "days_off": [{"date": date, "name": "Libur", "kind": "libur-daerah"} for date in free],
    }
    return Calendar.read(value, "calendar.form", "Kalender")


@st.composite
def intervals(draw: st.DrawFn) -> tuple[dt.datetime, dt.datetime]:
    """Return two moments in the first days of the calendar, as often as not on a whole minute."""
    midnight = dt.datetime.combine(FIRST, dt.time.min, WIB)
    moments = []
    for _ in range(2):
        minutes = draw(st.integers(0, 4 * 1440 - 1))
        ticks = draw(st.just(0) | st.integers(0, 59_999_999))
        moments.append(midnight + minutes * MINUTE + ticks * TICK)
    return min(moments), max(moments)


@settings(max_examples=60, deadline=None)
@given(some_calendars(), intervals())
def test_working_minutes_are_those_of_counting_minute_by_minute(
    calendar: Calendar, interval: tuple[dt.datetime, dt.datetime]
) -> None:
    assert working_minutes(calendar, *interval) == slowly(calendar, *interval) // MINUTE


@settings(max_examples=60, deadline=None)
@given(some_calendars(), intervals(), st.integers(1, 900), st.sampled_from(["menit", "jam"]))
def test_a_standard_of_minutes_or_hours_is_kept_exactly_if_no_more_was_worked(
    calendar: Calendar, interval: tuple[dt.datetime, dt.datetime], amount: int, unit: Unit
) -> None:
    start, end = interval
    duration = standard(amount if unit == "menit" else -(-amount // 60), unit)
    most = duration.amount * MINUTE * (60 if unit == "jam" else 1)
    until = dt.datetime.combine(FIRST + dt.timedelta(days=DAYS), dt.time.min, WIB)
    try:
        verdict = judge(calendar, duration, start, end)
    except NotJudged:
        assert slowly(calendar, start, until) <= most
        return
    assert verdict.verdict == ("tepat" if slowly(calendar, start, end) <= most else "lewat")
    assert slowly(calendar, start, verdict.deadline) == most
    assert slowly(calendar, verdict.deadline, verdict.deadline + TICK) == TICK


@settings(max_examples=40, deadline=None)
@given(some_calendars(), intervals(), st.integers(1, 6))
def test_a_standard_of_working_days_is_kept_until_work_ends_on_the_last_of_them(
    calendar: Calendar, interval: tuple[dt.datetime, dt.datetime], amount: int
) -> None:
    start, end = interval
    midnights = [
        dt.datetime.combine(FIRST + dt.timedelta(days=number), dt.time.min, WIB)
        for number in range(DAYS)
        if FIRST + dt.timedelta(days=number) > start.date()
    ]
    ends = [last for day in midnights if (last := slow_working_day(calendar, day)) is not None]
    if len(ends) < amount:
        with pytest.raises(NotJudged):
            judge(calendar, standard(amount, "hari-kerja"), start, end)
        return
    verdict = judge(calendar, standard(amount, "hari-kerja"), start, end)
    assert verdict.deadline == ends[amount - 1]
    assert verdict.verdict == ("tepat" if end <= ends[amount - 1] else "lewat")
