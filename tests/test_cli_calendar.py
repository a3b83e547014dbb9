"""``jejak calendar``: the office gets a draft to edit, sees what it says, and is told what is wrong with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ledger.bodies import CalendarEnacted
from tests.test_cli import ended, fault, run

NEW = ("calendar", "new", "--preset", "perpres-21-2023", "--year", "2026")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the draft of 2026 as the command writes it."""
    ended(run(*NEW, "-o", tmp_path / "kalender.json"), 0)
    return tmp_path / "kalender.json"


def edit(file: Path, **changes: Any) -> None:
    body = json.loads(file.read_bytes())
    body["calendar"] |= changes
    file.write_text(json.dumps(body), encoding="utf-8")


def test_the_draft_is_the_body_of_the_act_indented_for_people_to_edit(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    body = CalendarEnacted.read(json.loads(text), "test", "Isi")
    assert (body.calendar.first_day, body.calendar.last_day) == ("2026-01-01", "2026-12-31")
    assert text == json.dumps(body.plain(), ensure_ascii=False, indent=2) + "\n"


def test_the_draft_of_several_years_reaches_to_the_end_of_the_last(tmp_path: Path) -> None:
    said = ended(run(*NEW, "--last-year", "2027", "-o", tmp_path / "k.json", "--json"), 0).stdout
    shown = json.loads(said)
    assert (shown["last_day"], shown["file"]) == ("2027-12-31", str(tmp_path / "k.json"))


def test_an_edited_file_is_never_written_over(file: Path) -> None:
    edit(file, name="Kalender Kecamatan Kalipare 2026")
    before = file.read_bytes()
    fault(run(*NEW, "-o", file, "--json"), 1, "file.exists")
    assert file.read_bytes() == before


def test_the_page_shows_weeks_seasons_days_off_and_the_working_days_of_each_month(file: Path) -> None:
    page = ended(run("calendar", "check", file), 0).stdout
    assert page.startswith("Kalender kerja 2026: 1 Januari 2026 sampai 31 Desember 2026\n")
    for line in (
        "Jam kerja: 37 jam 30 menit seminggu",
        "Jumat   07:30  16:30    90 menit mulai 11:30  7 jam 30 menit",
        "Ramadan 2026 (perkiraan), 19 Februari 2026 sampai 20 Maret 2026: 32 jam 30 menit seminggu",
        "Jumat   20 Maret 2026     cuti bersama    Cuti Bersama Hari Raya Idul Fitri",
        "Sabtu   21 Maret 2026     libur nasional  Hari Raya Idul Fitri",
        "Maret 2026      17",
        "Masih perkiraan: 1; pastikan sebelum ditandatangani.",
    ):
        assert line in page.splitlines()
    assert not re.search(r"libur-nasional|cuti-bersama|rest_|week|None", page)


def test_the_json_tells_the_same_in_figures(file: Path) -> None:
    said = json.loads(ended(run("calendar", "check", file, "--json"), 0).stdout)
    assert (said["week_minutes"], said["seasons"][0]["week_minutes"], said["days_off"]) == (2250, 1950, 25)
    assert said["estimated"] == [{"name": "Ramadan 2026 (perkiraan)", "date": "2026-02-19"}]
    assert said["working_days"]["2026-03"] == 17
    assert len(said["working_days"]) == 12


def test_what_the_office_edits_is_what_the_check_shows(file: Path) -> None:
    saturdays = {"weekday": 6, "start": "08:00", "end": "12:00"}
    edit(file, week=[saturdays], seasons=[], days_off=[], first_day="2026-04-01", last_day="2026-05-01")
    page = ended(run("calendar", "check", file), 0).stdout
    assert "Sabtu  08:00  12:00    tidak ada  4 jam\n" in page
    assert "Hari libur: 0\n" in page
    assert json.loads(ended(run("calendar", "check", file, "--json"), 0).stdout)["working_days"] == {
        "2026-04": 4,
        "2026-05": 0,
    }


def test_a_fault_of_the_file_is_told_in_words(file: Path) -> None:
    edit(file, week=[{"weekday": 1, "start": "16:00", "end": "07:30"}])
    said = fault(run("calendar", "check", file, "--json"), 1, "calendar.form")
    assert said["detail"] == "Kalender kerja: bagian “jam kerja seminggu ke-1 (kalender kerja)” selesai sebelum mulai."
    file.write_text("[]", encoding="utf-8")
    fault(run("calendar", "check", file, "--json"), 1, "calendar.form")
    file.write_text("{", encoding="utf-8")
    fault(run("calendar", "check", file, "--json"), 1, "json.syntax")


def test_years_in_which_the_regulation_did_not_hold_leave_no_file(tmp_path: Path) -> None:
    options = ("--preset", "perpres-21-2023", "--year", "2019", "-o", tmp_path / "k.json", "--json")
    said = fault(run("calendar", "new", *options), 1, "calendar.years")
    assert "keppres-68-1995, tahun 1995 sampai 2023" in said["allowed"]
    assert not (tmp_path / "k.json").exists()


def test_an_unknown_regulation_is_written_wrongly(tmp_path: Path) -> None:
    options = ("--preset", "perpres-lain", "--year", "2026", "-o", tmp_path / "k.json")
    said = ended(run("calendar", "new", *options), 3).stderr
    assert "perpres-21-2023, keppres-68-1995" in said
