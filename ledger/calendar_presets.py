"""Ready-made work calendars: a draft that the office compares with the decrees of the year, edits, and only then signs.

======================  ==========================================================================================
``perpres-21-2023``     five days, 37.5 h a week; in Ramadan 32.5 h (Perpres 21/2023, in force since 12 April 2023)
``keppres-68-1995``     five days, 37.5 h a week; it knew no hours of Ramadan (Keppres 68/1995, until the Perpres)
======================  ==========================================================================================

The Perpres fixes the beginning of work (07:30, in Ramadan 08:00), the length of the rest and the sum of a week; the
hour of the rest and the end of the day follow from custom and are the office's to change. Holidays and *cuti bersama*
are those that the package ``holidays`` knows: what it marks as an estimate stays marked, and what it does not know is
said in ``note`` and never made up. Ramadan begins by the same package's MABIMS tables, which are computed, and ends on
the day before Idul Fitri.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import holidays
import holidays.version
from holidays.countries.indonesia import IndonesiaIslamicHolidays

from keys.errors import Malformed, NotFound
from ledger.calendar import Calendar

#: A draft covers at most this many years; nobody knows the decrees of more.
MOST_YEARS = 5
#: How the package and we mark a day that is computed, not decreed.
ESTIMATED = "(perkiraan)"

_KINDS = (("public", "libur-nasional"), ("government", "cuti-bersama"))


@dataclass(frozen=True, slots=True)
class Preset:
    """A regulation's hours and the years in which it held; ``ramadan`` is None where it says nothing of Ramadan."""

    regulation: str
    first_year: int
    last_year: int
    week: tuple[dict[str, Any], ...]
    ramadan: tuple[dict[str, Any], ...] | None
    remark: str


def _week(start: str, ordinary: tuple[str, str, int], friday: tuple[str, str, int]) -> tuple[dict[str, Any], ...]:
    """Return five days; ``ordinary`` and ``friday`` are end, beginning of the rest, its minutes."""
    return tuple(
        {"weekday": day, "start": start, "end": end, "rest_start": rest, "rest_minutes": minutes}
        for day, (end, rest, minutes) in enumerate((*[ordinary] * 4, friday), 1)
    )


_ORDINARY = _week("07:30", ("16:00", "12:00", 60), ("16:30", "11:30", 90))

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "perpres-21-2023": Preset(
            "Perpres 21/2023",
            2023,
            2100,
            _ORDINARY,
            _week("08:00", ("15:00", "12:00", 30), ("15:30", "11:30", 60)),
            "Jam mulai, lama istirahat, dan jumlah jam seminggu menurut Perpres 21/2023 (berlaku sejak 12 April 2023); "
            "jam istirahat dan jam pulang adalah kebiasaan: sesuaikan dengan ketentuan setempat.",
        ),
        "keppres-68-1995": Preset(
            "Keppres 68/1995",
            1995,
            2023,
            _ORDINARY,
            None,
            "Jam kerja menurut Keppres 68/1995, yang diganti Perpres 21/2023 sejak 12 April 2023. Keppres itu tidak "
            "mengatur jam kerja Ramadan; bila tahun itu ada edarannya, tambahkan sendiri.",
        ),
    }
)


def draft(name: str, first_year: int, last_year: int) -> Calendar:
    """Return the calendar of a preset for whole years, both inclusive.

    Raises NotFound (``calendar.preset``) for an unknown name, Malformed (``calendar.years``) for years that are in no
    order, too many, or such in which the regulation did not hold.
    """
    if name not in PRESETS:
        raise NotFound("calendar.preset", f"Tidak ada rancangan {name}.", allowed=f"Yang ada: {', '.join(PRESETS)}.")
    preset = PRESETS[name]
    if not preset.first_year <= first_year <= last_year <= preset.last_year or last_year - first_year >= MOST_YEARS:
        raise Malformed(
            "calendar.years",
            f"Tahun {first_year} sampai {last_year} tidak dapat dirancang menurut {preset.regulation}.",
            allowed=f"Paling banyak {MOST_YEARS} tahun sekaligus, berurutan. Rancangan yang ada: "
            + "; ".join(f"{one}, tahun {two.first_year} sampai {two.last_year}" for one, two in PRESETS.items())
            + ".",
        )
    years = range(first_year, last_year + 1)
    days_off = [day for year in years for day in _days_off(year)]
    seasons = list(_ramadans(years, preset.ramadan)) if preset.ramadan else []
    return Calendar.read(
        {
            "format": "jejak.calendar/1",
            "name": f"Kalender kerja {first_year}" + (f"–{last_year}" if last_year > first_year else ""),
            "basis": [
                preset.regulation,
                f"Hari libur nasional dan cuti bersama: paket holidays {holidays.version.__version__}; "
                "wajib dibandingkan dengan SKB tiga menteri sebelum ditandatangani",
            ],
            "first_day": f"{first_year}-01-01",
            "last_day": f"{last_year}-12-31",
            "week": list(preset.week),
            "seasons": seasons,
            "days_off": days_off,
            "note": " ".join([preset.remark, *_unknown(years, preset, days_off, seasons)]),
        },
        "calendar.form",
        "Kalender kerja",
    )


def _days_off(year: int) -> list[dict[str, str]]:
    """Return the days off of a year in order; a day that is both is a national holiday."""
    found: dict[str, dict[str, str]] = {}
    for category, kind in _KINDS:
        known = holidays.country_holidays("ID", years=year, language="id", categories=(category,))
        for day, name in known.items():
            found.setdefault(day.isoformat(), {"date": day.isoformat(), "name": name, "kind": kind})
    return [found[date] for date in sorted(found)]


def _ramadans(years: range, week: tuple[dict[str, Any], ...]) -> Iterator[dict[str, Any]]:
    """Yield the fasting months that fall into the years, cut off at their ends."""
    islamic = IndonesiaIslamicHolidays()
    span = range(years[0], years[-1] + 2)
    begins = sorted({day for year in span for day, _ in islamic.ramadan_beginning_dates(year)})
    feasts = sorted({day for year in span for day, _ in islamic.eid_al_fitr_dates(year)})
    first, last = dt.date(years[0], 1, 1), dt.date(years[-1], 12, 31)
    for begin in begins:
        feast = next((day for day in feasts if dt.timedelta(0) < day - begin < dt.timedelta(days=40)), None)
        if feast is None:
            continue
        start, end = max(begin, first), min(feast - dt.timedelta(days=1), last)
        if start <= end:
            # The tables compute the beginning even where the feast is decreed, so every Ramadan is an estimate.
            name = f"Ramadan {begin.year} {ESTIMATED}"
            yield {"name": name, "first_day": start.isoformat(), "last_day": end.isoformat(), "week": list(week)}


def _unknown(
    years: range, preset: Preset, days_off: list[dict[str, str]], seasons: list[dict[str, Any]]
) -> Iterator[str]:
    """Yield what the package does not know of the years, in sentences."""
    joint = {day["date"][:4] for day in days_off if day["kind"] == "cuti-bersama"}
    missing = [str(year) for year in years if str(year) not in joint]
    if missing:
        yield f"Cuti bersama tahun {', '.join(missing)} tidak ada dalam paket itu: tambahkan menurut SKB."
    estimated = sum(ESTIMATED in day["name"] for day in days_off)
    if estimated:
        yield f"{estimated} hari libur masih perkiraan; tandanya {ESTIMATED} pada namanya."
    if preset.ramadan is not None:
        fasting = {day[:4] for season in seasons for day in (season["first_day"], season["last_day"])}
        without = [str(year) for year in years if str(year) not in fasting]
        if without:
            yield f"Awal Ramadan tahun {', '.join(without)} tidak ada dalam paket itu: jam kerja Ramadan belum diisi."
        if seasons:
            yield "Awal Ramadan dihitung, bukan ketetapan: bandingkan dengan hasil sidang isbat."
