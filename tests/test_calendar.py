"""The work calendar: what cannot be one is refused in words; drafts keep to the regulations and invent no date."""

from __future__ import annotations

import copy
import datetime as dt
import doctest
from typing import Any

import holidays
import holidays.version
import pytest

import ledger.calendar
from keys.errors import Malformed, NotFound
from ledger.calendar import Calendar, Hours, Week
from ledger.calendar_presets import ESTIMATED, MOST_YEARS, PRESETS, draft

PERPRES, KEPPRES = "perpres-21-2023", "keppres-68-1995"
MONDAY = {"weekday": 1, "start": "07:30", "end": "16:00", "rest_start": "12:00", "rest_minutes": 60}
PLAIN: dict[str, Any] = {
    "format": "jejak.calendar/1",
    "name": "Kalender uji",
    "basis": ["Perpres 21/2023"],
    "first_day": "2026-01-01",
    "last_day": "2026-12-31",
    "week": [MONDAY],
    "seasons": [],
    "days_off": [],
}
RAMADAN = {"name": "Ramadan", "first_day": "2026-02-19", "last_day": "2026-03-20", "week": [MONDAY]}
NEW_YEAR = {"date": "2026-01-01", "name": "Tahun Baru Masehi", "kind": "libur-nasional"}
NYEPI = {"date": "2026-03-19", "name": "Hari Suci Nyepi", "kind": "libur-nasional"}


def calendar(**changes: Any) -> Calendar:
    return Calendar.read(copy.deepcopy(PLAIN) | changes, "calendar.form", "Kalender kerja")


def minutes(week: Week) -> int:
    return sum(hours.minutes for hours in week)


# --- the form --------------------------------------------------------------------------------------------


def test_the_worked_example_of_the_specification_holds() -> None:
    result = doctest.testmod(ledger.calendar)
    assert result.attempted >= 2
    assert result.failed == 0


@pytest.mark.parametrize("name", PRESETS)
def test_a_calendar_is_read_as_it_was_written(name: str) -> None:
    made = draft(name, 2023, 2023)
    assert Calendar.read(made.plain(), "calendar.form", "Kalender kerja") == made


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"week": []}, "terlalu sedikit"),
        ({"week": [MONDAY, MONDAY]}, "paling banyak sekali"),
        ({"week": [MONDAY | {"weekday": 2}, MONDAY]}, "berurutan"),
        ({"week": [MONDAY | {"weekday": 8}]}, "paling besar 7"),
        ({"week": [MONDAY | {"start": "7:30"}]}, "jam dan menit, misalnya 07:30"),
        ({"week": [MONDAY | {"end": "24:00"}]}, "jam dan menit, misalnya 07:30"),
        ({"week": [MONDAY | {"end": "07:30"}]}, "selesai sebelum mulai"),
        ({"week": [MONDAY | {"rest_start": "07:00"}]}, "istirahatnya di luar jam kerja"),
        ({"week": [MONDAY | {"rest_start": "15:30"}]}, "istirahatnya di luar jam kerja"),
        ({"week": [{**MONDAY, "rest_minutes": 0}]}, "mulai dan lama istirahat"),
        ({"week": [{name: MONDAY[name] for name in ("weekday", "start", "end", "rest_minutes")}]}, "lama istirahat"),
        ({"last_day": "2025-12-31"}, "harus mencakup 1 sampai 1830 hari"),
        ({"last_day": "2036-12-31"}, "harus mencakup 1 sampai 1830 hari"),
        ({"seasons": [RAMADAN | {"first_day": "2025-12-31"}]}, "di dalam masa kalender"),
        ({"seasons": [RAMADAN | {"last_day": "2027-01-01"}]}, "di dalam masa kalender"),
        ({"seasons": [RAMADAN, RAMADAN | {"first_day": "2026-03-20"}]}, "tidak bertumpuk"),
        ({"seasons": [RAMADAN | {"week": [MONDAY, MONDAY]}]}, "paling banyak sekali"),
        ({"days_off": [NYEPI, NEW_YEAR]}, "berurutan"),
        ({"days_off": [NYEPI, NYEPI]}, "masing-masing sekali"),
        ({"days_off": [NEW_YEAR | {"date": "2027-01-01"}]}, "di dalam masa kalender"),
        ({"days_off": [NEW_YEAR | {"kind": "cuti"}]}, "harus salah satu dari"),
        ({"basis": []}, "terlalu sedikit"),
        ({"zone": "WITA"}, "tidak dikenal"),
    ],
)
def test_what_cannot_be_a_calendar_is_refused_in_words(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Malformed) as caught:
        calendar(**changes)
    assert caught.value.rule == "calendar.form"
    assert said in caught.value.detail


def test_two_seasons_may_follow_each_other_without_a_day_between() -> None:
    second = RAMADAN | {"name": "Syawal", "first_day": "2026-03-21", "last_day": "2026-03-31"}
    assert len(calendar(seasons=[RAMADAN, second]).seasons) == 2


# --- the drafts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_a_week_of_the_regulations_has_37_and_a_half_hours(name: str) -> None:
    week = draft(name, 2023, 2023).week
    assert minutes(week) == 2250
    assert [hours.weekday for hours in week] == [1, 2, 3, 4, 5]
    assert {hours.start for hours in week} == {"07:30"}
    assert [hours.rest_minutes for hours in week] == [60, 60, 60, 60, 90]


def test_a_week_of_ramadan_has_32_and_a_half_hours() -> None:
    (ramadan,) = draft(PERPRES, 2026, 2026).seasons
    assert minutes(ramadan.week) == 1950
    assert {hours.start for hours in ramadan.week} == {"08:00"}
    assert [hours.rest_minutes for hours in ramadan.week] == [30, 30, 30, 30, 60]
    friday: Hours = ramadan.week[-1]
    assert (friday.end, friday.rest_start) == ("15:30", "11:30")


def test_ramadan_ends_on_the_day_before_idul_fitri_and_its_beginning_is_marked_as_an_estimate() -> None:
    made = draft(PERPRES, 2026, 2026)
    (ramadan,) = made.seasons
    assert (ramadan.name, ramadan.first_day, ramadan.last_day) == (
        f"Ramadan 2026 {ESTIMATED}",
        "2026-02-19",
        "2026-03-20",
    )
    assert {day.date: day.name for day in made.days_off}["2026-03-21"] == "Hari Raya Idul Fitri"
    assert made.note is not None
    assert "sidang isbat" in made.note


def test_the_keppres_knows_no_hours_of_ramadan_and_the_draft_says_so() -> None:
    made = draft(KEPPRES, 2019, 2019)
    assert made.seasons == ()
    assert made.note is not None
    assert "tidak mengatur jam kerja Ramadan" in made.note


def test_national_holidays_and_cuti_bersama_are_kept_apart() -> None:
    kinds = {day.date: day.kind for day in draft(PERPRES, 2026, 2026).days_off}
    assert kinds["2026-03-19"] == "libur-nasional"
    assert kinds["2026-03-20"] == "cuti-bersama"
    assert kinds["2026-12-24"] == "cuti-bersama"


def test_a_case_of_the_year_of_the_sop_finds_the_lebaran_of_that_year() -> None:
    named = {day.date: day.name for day in draft(KEPPRES, 2019, 2019).days_off}
    assert named["2019-06-05"] == "Hari Raya Idul Fitri"
    assert named["2019-06-07"] == "Cuti Bersama Hari Raya Idul Fitri"


def test_the_draft_has_exactly_the_days_of_the_package_and_their_estimates_stay_marked() -> None:
    known = {
        day.isoformat(): name
        for category in ("government", "public")
        for day, name in holidays.country_holidays(
            "ID", years=[2027, 2028], language="id", categories=(category,)
        ).items()
    }
    made = draft(PERPRES, 2027, 2028)
    assert {day.date: day.name for day in made.days_off} == known
    assert sum(ESTIMATED in name for name in known.values()) > 0
    assert made.note is not None
    assert f"{sum(ESTIMATED in name for name in known.values())} hari libur masih perkiraan" in made.note


def test_cuti_bersama_that_nobody_has_decreed_yet_is_not_made_up_but_said_to_be_missing() -> None:
    made = draft(PERPRES, 2090, 2090)
    assert all(day.kind == "libur-nasional" for day in made.days_off)
    assert made.note is not None
    assert "Cuti bersama tahun 2090 tidak ada dalam paket itu" in made.note


def test_the_basis_names_the_regulation_and_the_package_whose_dates_must_be_compared() -> None:
    regulation, dates = draft(PERPRES, 2026, 2026).basis
    assert regulation == "Perpres 21/2023"
    assert f"holidays {holidays.version.__version__};" in dates
    assert "dibandingkan dengan SKB" in dates


def test_a_ramadan_that_crosses_the_year_is_cut_off_at_the_calendar_and_whole_in_two_years() -> None:
    assert [(one.first_day, one.last_day) for one in draft(PERPRES, 2030, 2030).seasons] == [
        ("2030-01-06", "2030-02-03"),
        ("2030-12-26", "2030-12-31"),
    ]
    assert ("2030-12-26", "2031-01-24") in [(one.first_day, one.last_day) for one in draft(PERPRES, 2030, 2031).seasons]


def test_every_year_can_be_drafted_and_has_a_ramadan_of_29_or_30_days() -> None:
    for first in range(PRESETS[PERPRES].first_year, PRESETS[PERPRES].last_year - MOST_YEARS + 2, MOST_YEARS):
        made = draft(PERPRES, first, first + MOST_YEARS - 1)
        whole = [one for one in made.seasons if made.first_day < one.first_day and one.last_day < made.last_day]
        lengths = [dt.date.fromisoformat(one.last_day) - dt.date.fromisoformat(one.first_day) for one in whole]
        assert len(lengths) >= MOST_YEARS - 1
        assert {length.days + 1 for length in lengths} <= {29, 30}


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        (PERPRES, 2022, 2026),
        (PERPRES, 2026, 2025),
        (PERPRES, 2026, 2026 + MOST_YEARS),
        (PERPRES, 2100, 2101),
        (KEPPRES, 1994, 1995),
        (KEPPRES, 2023, 2024),
    ],
)
def test_years_in_which_the_regulation_did_not_hold_or_that_are_too_many_are_refused(
    name: str, first: int, last: int
) -> None:
    with pytest.raises(Malformed) as caught:
        draft(name, first, last)
    assert caught.value.rule == "calendar.years"
    assert f"{PERPRES}, tahun 2023 sampai 2100" in caught.value.allowed


def test_an_unknown_draft_is_told_which_there_are() -> None:
    with pytest.raises(NotFound) as caught:
        draft("perpres-lain", 2026, 2026)
    assert (caught.value.rule, PERPRES in caught.value.allowed) == ("calendar.preset", True)
