"""``jejak calendar``: a work calendar is drafted, edited by the office as a file, and checked before it is signed."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from api.cli_base import (
    JejakGroup,
    existing_file,
    item,
    json_option,
    paragraph,
    print_json,
    read_file,
    table,
    write_new_file,
)
from keys import strict_json
from ledger.bodies import CalendarEnacted
from ledger.calendar import Calendar, Hours
from ledger.calendar_presets import ESTIMATED, PRESETS, draft
from ledger.wording import day, flat
from ledger.working_time import working_days

_WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_KINDS = {"libur-nasional": "libur nasional", "cuti-bersama": "cuti bersama", "libur-daerah": "libur daerah"}


@click.group("calendar", cls=JejakGroup)
def calendar() -> None:
    """Kalender kerja: merancang, memeriksa."""


@calendar.command("new")
@click.option("--preset", required=True, type=click.Choice(list(PRESETS)), help="Peraturan jam kerja yang dipakai.")
@click.option("--year", required=True, type=int, metavar="TAHUN", help="Tahun pertama.")
@click.option("--last-year", type=int, metavar="TAHUN", help="Tahun terakhir, bila lebih dari satu tahun.")
@click.option("-o", "--output", required=True, metavar="BERKAS.json", type=click.Path(path_type=Path), help="Hasilnya.")
@json_option
def calendar_new(preset: str, year: int, last_year: int | None, output: Path, as_json: bool) -> None:
    """Buat rancangan kalender kerja untuk dibandingkan dengan SKB dan disunting; belum ditetapkan."""
    made = draft(preset, year, year if last_year is None else last_year)
    body = json.dumps(CalendarEnacted(calendar=made).plain(), ensure_ascii=False, indent=2)
    write_new_file(output, f"{body}\n".encode())
    if as_json:
        print_json(calendar_as_json(made) | {"file": str(output)})
        return
    click.echo(calendar_in_words(made))
    click.echo(f"\nTersimpan di {output}.")
    click.echo(paragraph(f"Bandingkan dengan SKB, sunting bila perlu, lalu: jejak calendar check {output}"))


@calendar.command("check")
@click.argument("file", metavar="BERKAS.json", type=existing_file())
@json_option
def calendar_check(file: Path, as_json: bool) -> None:
    """Periksa kalender kerja: jam kerja, masa khusus, hari libur, dan jumlah hari kerja tiap bulan."""
    said = CalendarEnacted.read(strict_json.loads(read_file(file)), "calendar.form", "Kalender kerja").calendar
    if as_json:
        print_json(calendar_as_json(said))
    else:
        click.echo(calendar_in_words(said))


def calendar_as_json(said: Calendar) -> dict[str, Any]:
    """Return what there is to say about a calendar, as JSON; working time in minutes a week."""
    return {
        "name": said.name,
        "first_day": said.first_day,
        "last_day": said.last_day,
        "basis": list(said.basis),
        "week_minutes": _minutes(said.week),
        "seasons": [
            {
                "name": season.name,
                "first_day": season.first_day,
                "last_day": season.last_day,
                "week_minutes": _minutes(season.week),
            }
            for season in said.seasons
        ],
        "days_off": len(said.days_off),
        "estimated": [{"name": name, "date": date} for name, date in _estimated(said)],
        "working_days": _by_month(said),
        "note": said.note,
    }


def calendar_in_words(said: Calendar) -> str:
    """Return a calendar as a page: weeks, seasons, days off, working days of each month, remarks."""
    parts = [paragraph(f"{said.name}: {day(said.first_day)} sampai {day(said.last_day)}")]
    parts += [item(f"Dasar: {one}") for one in said.basis]
    parts += _week(f"Jam kerja: {_hours(_minutes(said.week))} seminggu", said.week)
    for season in said.seasons:
        held = f"{day(season.first_day)} sampai {day(season.last_day)}"
        parts += _week(f"{season.name}, {held}: {_hours(_minutes(season.week))} seminggu", season.week)
    parts += ["", f"Hari libur: {len(said.days_off)}"]
    if said.days_off:
        rows = [(_weekday(one.date), day(one.date), _KINDS[one.kind], one.name) for one in said.days_off]
        parts.append(table(("Hari", "Tanggal", "Jenis", "Nama"), rows))
    months = _by_month(said)
    parts += ["", f"Hari kerja: {sum(months.values())}"]
    parts.append(
        table(("Bulan", "Hari kerja"), [(day(f"{month}-01").partition(" ")[2], n) for month, n in months.items()])
    )
    if said.note:
        parts += ["", paragraph(f"Catatan: {flat(said.note)}", 0, 9)]
    if estimated := _estimated(said):
        parts += ["", f"Masih perkiraan: {len(estimated)}; pastikan sebelum ditandatangani."]
        parts += [item(f"{name}: {day(date)}") for name, date in estimated]
    return "\n".join(parts)


def _week(heading: str, week: tuple[Hours, ...]) -> list[str]:
    rows = [
        (
            _WEEKDAYS[hours.weekday - 1],
            hours.start,
            hours.end,
            f"{hours.rest_minutes} menit mulai {hours.rest_start}" if hours.rest_start else "tidak ada",
            _hours(hours.minutes),
        )
        for hours in week
    ]
    return ["", paragraph(heading), table(("Hari", "Mulai", "Selesai", "Istirahat", "Bekerja"), rows)]


def _estimated(said: Calendar) -> list[tuple[str, str]]:
    """Return name and (first) date of the seasons and days off that are still marked as an estimate."""
    dates = [*((one.name, one.first_day) for one in said.seasons), *((one.name, one.date) for one in said.days_off)]
    return [(name, date) for name, date in dates if ESTIMATED in name]


def _by_month(said: Calendar) -> dict[str, int]:
    """Return how many working days each month (``YYYY-MM``) has, months without any too."""
    worked = Counter(one.isoformat()[:7] for one in working_days(said))
    first, last = dt.date.fromisoformat(said.first_day), dt.date.fromisoformat(said.last_day)
    days = (last - first).days + 1
    months = dict.fromkeys((first + dt.timedelta(days=n)).isoformat()[:7] for n in range(days))
    return {month: worked[month] for month in months}


def _minutes(week: tuple[Hours, ...]) -> int:
    return sum(hours.minutes for hours in week)


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} menit"
    return f"{hours} jam {rest} menit" if rest else f"{hours} jam"


def _weekday(date: str) -> str:
    return _WEEKDAYS[dt.date.fromisoformat(date).weekday()]
