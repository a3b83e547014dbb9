"""Views held against a fresh fold: what was changed in the read models is found, table, row and leaf."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.cli import main
from ledger.store import documents_in, open_store
from projections.catchup import Views
from projections.compare import FILE, Comparison, compare, stored_views
from projections.schema import METADATA, VERSION
from projections.storage import to_text
from tests.forged_store import CASE, LOG, busy_office, entries_of
from tests.kit import Kecamatan

pytestmark = pytest.mark.sqlite("an audit of a store reads its files")

Statement = tuple[str, tuple[object, ...]]


def project(folder: Path) -> None:
    """Project a ledger as its service does: following, batch by batch."""
    office = Kecamatan(folder)
    views = Views(f"sqlite:///{folder / FILE}", office.ledger.reading, office.ledger.documents)
    views.catch_up()
    views.close()
    office.ledger.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with views that a service made, closed."""
    folder = busy_office(tmp_path_factory.mktemp("busy") / "buku")
    project(folder)
    return folder


@pytest.fixture
def store(office: Path, tmp_path: Path) -> Path:
    """Return a copy of it to attack."""
    return shutil.copytree(office, tmp_path / "salinan")


def change(store: Path, *statements: Statement) -> None:
    with closing(sqlite3.connect(store / FILE)) as connection:
        for statement, parameters in statements:
            connection.execute(statement, parameters)
        connection.commit()


def compared(store: Path) -> Comparison:
    with stored_views(store) as stored, open_store(store) as rows:
        assert stored is not None
        return compare(stored, rows, documents_in(store))


def differences(store: Path, *statements: Statement) -> list[tuple[str, dict[str, Any], int | None, object]]:
    change(store, *statements)
    return [(one.table, one.key, one.leaf, one.columns) for one in compared(store).differences]


def test_the_views_of_a_service_are_what_a_fresh_fold_makes(office: Path) -> None:
    found = compared(office)
    assert found == Comparison(position=len(entries_of(office)), behind=0)


def test_every_table_of_the_views_has_a_row_to_be_compared(office: Path) -> None:
    with closing(sqlite3.connect(office / FILE)) as connection:
        for table in METADATA.sorted_tables:
            counted = connection.execute(f"SELECT COUNT(*) FROM {table.name}").fetchone()[0]  # noqa: S608  our own names
            assert counted, table.name


CASE_ID = CASE.removeprefix("case:")
CHANGES: list[tuple[str, Statement, tuple[str, dict[str, Any], int | None, object]]] = [
    (
        "a signer in the trail",
        ("UPDATE trail SET signer = (SELECT signer FROM trail WHERE leaf_index = 41) WHERE leaf_index = 40", ()),
        ("trail", {"leaf_index": 40}, 40, ("signer",)),
    ),
    (
        "a name, wherever it is told",
        ("UPDATE interned SET content = ? WHERE id = (SELECT signer FROM trail WHERE leaf_index = 40)", ("{}",)),
        ("interned", {"id": "?"}, None, ("content",)),
    ),
    (
        "a flag, taken away",
        ("UPDATE trail SET flags = ? WHERE leaf_index = 40", ('[{"name":"time.late"}]',)),
        ("trail", {"leaf_index": 40}, 40, ("flags",)),
    ),
    (
        "a value of another type",
        ("UPDATE trail SET recorded_at = ? WHERE leaf_index = 40", (b"\x00",)),
        ("trail", {"leaf_index": 40}, 40, ("recorded_at",)),
    ),
    (
        "JSON that is none",
        ("UPDATE trail SET documents = ? WHERE leaf_index = 40", ("[" * 50_000,)),
        ("trail", {"leaf_index": 40}, 40, ("documents",)),
    ),
    (
        "a row that no leaf made",
        ("INSERT INTO trail_flags VALUES (?, 41)", ("paper.late",)),
        ("trail_flags", {"name": "paper.late", "leaf_index": 41}, 41, ()),
    ),
    (
        "a number",
        ("UPDATE agenda SET number = ? WHERE leaf_index = 56", ("070/99/35.07.11/2026",)),
        ("agenda", {"leaf_index": 56}, 56, ("number",)),
    ),
    (
        "a name that stands twice, of which a search would find the first",
        (
            'UPDATE interned SET content = \'{"nip":"1",\' || substr(content, 2)'
            " WHERE id = (SELECT signer FROM trail WHERE leaf_index = 40)",
            (),
        ),
        ("interned", {"id": "?"}, None, ("content",)),
    ),
    (
        "a number that is none for whoever looks it up",
        ("UPDATE cases SET state = replace(state, '\"version\":', '\"version\":0.') WHERE case_id = ?", (CASE_ID,)),
        ("cases", {"case_id": CASE_ID}, 34, ("state",)),
    ),
    (
        "a digest that is spelt so that no search finds it",
        ("UPDATE trail SET documents = replace(documents, 'sha256', '\\u0073ha256') WHERE leaf_index = 40", ()),
        ("trail", {"leaf_index": 40}, 40, ("documents",)),
    ),
    (
        "what an IKU says",
        ("UPDATE papers SET content = ?", ("{}",)),
        ("papers", {"digest": "?"}, None, ("content",)),
    ),
]


@pytest.mark.parametrize(("what", "statement", "expected"), CHANGES, ids=[one[0] for one in CHANGES])
def test_what_was_changed_in_a_row_is_found_and_named(
    store: Path, what: str, statement: Statement, expected: tuple[str, dict[str, Any], int | None, object]
) -> None:
    (found,) = differences(store, statement)
    if "?" in expected[1].values():  # a digest that the sample has, whatever it is
        found = (found[0], dict.fromkeys(found[1], "?"), *found[2:])
    assert found == expected


def test_a_row_that_is_missing_is_found(store: Path) -> None:
    found = differences(
        store, ("DELETE FROM dispatches WHERE leaf_index = (SELECT MIN(leaf_index) FROM dispatches)", ())
    )
    assert [(one[0], one[3]) for one in found] == [("dispatches", None)]


def test_a_case_that_is_shown_as_unsigned_is_found_and_its_opening_leaf_named(store: Path) -> None:
    (found,) = differences(store, ("UPDATE cases SET signed_index = NULL WHERE case_id = ?", (CASE_ID,)))
    assert (found[0], found[1], found[3]) == ("cases", {"case_id": CASE_ID}, ("signed_index",))
    assert found[2] == 34


def test_json_that_says_the_same_in_another_order_is_no_difference(store: Path) -> None:
    with closing(sqlite3.connect(store / FILE)) as connection:
        (text,) = connection.execute("SELECT state FROM cases WHERE case_id = ?", (CASE_ID,)).fetchone()
    turned = to_text(dict(reversed(json.loads(text).items())))
    assert differences(store, ("UPDATE cases SET state = ? WHERE case_id = ?", (turned, CASE_ID))) == []


# --- behind, or not ours ----------------------------------------------------------------------------------------


def test_views_that_lag_behind_are_compared_as_far_as_they_have_come(office: Path, tmp_path: Path) -> None:
    lagging = tmp_path / "tertinggal"
    shutil.copytree(office, lagging, ignore=shutil.ignore_patterns(f"{FILE}*"))
    kecamatan = Kecamatan(lagging)
    views = Views(f"sqlite:///{lagging / FILE}", kecamatan.ledger.reading, kecamatan.ledger.documents)
    views.catch_up(50)
    views.close()
    kecamatan.ledger.close()
    found = compared(lagging)
    assert (found.position, found.behind, found.differences) == (50, len(entries_of(office)) - 50, ())


@pytest.mark.parametrize("position", [10_000, -1])
def test_views_that_are_ahead_of_the_log_are_no_views_of_it(store: Path, position: int) -> None:
    assert [one[0] for one in differences(store, ("UPDATE views SET position = ?", (position,)))] == [FILE]


def test_views_of_another_ledger_differ_in_what_they_say_they_are(store: Path) -> None:
    found = differences(store, ("UPDATE views SET founding = ?", ("00" * 32,)))
    assert [(one[0], one[3]) for one in found] == [("views", ("founding",))]


def test_views_of_another_version_are_said_and_not_compared(store: Path) -> None:
    change(store, ("UPDATE views SET schema = ?", (VERSION + 1,)))
    found = compared(store)
    assert found.differences == ()
    assert f"({VERSION + 1})" in found.why


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER palsu AFTER INSERT ON trail BEGIN DELETE FROM cases; END",
        "CREATE VIEW palsu AS SELECT 1",
        "CREATE TABLE palsu (x)",
        "CREATE INDEX palsu ON trail (sentence)",
        "ALTER TABLE trail ADD COLUMN palsu TEXT",
        "DROP TABLE trail_flags",
        "DELETE FROM views",
        "UPDATE views SET position = 'banyak'",
        "INSERT INTO views VALUES (2, 4, 1, NULL, NULL)",
    ],
)
def test_a_file_of_another_form_is_a_difference_and_no_crash(store: Path, statement: str) -> None:
    assert [one[0] for one in differences(store, (statement, ()))] == [FILE]


@pytest.mark.parametrize("name", [FILE, f"{FILE}-wal", f"{FILE}-shm"])
@pytest.mark.parametrize("trick", ["pipe", "device", "folder", "link to nothing"])
def test_what_is_no_plain_file_is_said_and_not_opened(store: Path, name: str, trick: str) -> None:
    path = store / name
    path.unlink(missing_ok=True)
    match trick:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "link to nothing":
            path.symlink_to(store / "tidak-ada")
    (found,) = compared(store).differences
    assert (found.table, found.why) == (FILE, f"{name} bukan berkas biasa, jadi tidak dibuka.")


def test_an_audit_of_a_store_whose_views_are_a_pipe_ends_at_once_and_names_them(store: Path) -> None:
    (store / FILE).unlink()
    os.mkfifo(store / FILE)
    command = [sys.executable, "-m", "api.cli", "audit", "--store", str(store), "--vkey", str(LOG.vkey), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert [(one["leaf"], one["rule"]) for one in said["findings"]] == [(None, "views.differ")]
    assert said["verified"] == said["leaves"]


def test_an_endless_view_in_place_of_a_table_does_not_hold_the_auditor(store: Path) -> None:
    endless = (
        "CREATE VIEW views AS WITH RECURSIVE r (schema, position) AS "
        "(SELECT 4, 0 UNION ALL SELECT 4, position + 1 FROM r) SELECT * FROM r"
    )
    assert [one[0] for one in differences(store, ("DROP TABLE views", ()), (endless, ()))] == [FILE]


@pytest.mark.parametrize("data", [b"", b"bukan sqlite", b"SQLite format 3\0" + bytes(4000)])
def test_a_file_that_is_no_database_is_a_difference(store: Path, data: bytes) -> None:
    (store / FILE).write_bytes(data)
    assert [one.table for one in compared(store).differences] == [FILE]


def test_a_damaged_file_is_a_difference(store: Path) -> None:
    data = bytearray((store / FILE).read_bytes())
    data[4096 * 2 : 4096 * 6] = bytes(4096 * 4)
    (store / FILE).write_bytes(bytes(data))
    assert [one.table for one in compared(store).differences] == [FILE]


def test_where_there_are_no_views_there_is_nothing_to_compare(store: Path) -> None:
    (store / FILE).unlink()
    with stored_views(store) as stored:
        assert stored is None


def test_of_a_ledger_that_is_in_use_no_view_is_ahead_of_the_leaves_that_are_looked_at(store: Path) -> None:
    with stored_views(store) as stored:
        _record_one_more(store)
        project(store)
        with open_store(store) as rows:
            assert stored is not None
            found = compare(stored, rows, documents_in(store))
    assert (found.behind, found.differences) == (1, ())
    assert compared(store).behind == 0


def test_comparing_writes_nothing_beside_the_journal(store: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in sorted(store.rglob("*"))}
    compared(store)
    assert {path: path.stat().st_mtime_ns for path in sorted(store.rglob("*"))} == before


# --- on the command line ----------------------------------------------------------------------------------------


def told(store: Path, code: int, *options: str) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["audit", "--store", str(store), "--vkey", str(LOG.vkey), "--json", *options])
    assert result.exit_code == code, result.output
    said = json.loads(result.stdout)
    assert isinstance(said, dict)
    return said


def page(store: Path) -> str:
    result = CliRunner().invoke(main, ["audit", "--store", str(store), "--vkey", str(LOG.vkey)])
    return " ".join(result.stdout.split())


def test_the_audit_says_that_the_views_are_what_the_leaves_make_and_how_long_that_took(office: Path) -> None:
    said = told(office, 0)
    assert said["views"] == {
        "compared": True,
        "why": "",
        "position": said["leaves"],
        "behind": 0,
        "differences": [],
    }
    assert set(said["took"]) == {"leaves", "conformance", "projections"}
    assert f"Tampilan: sampai {said['leaves']} daun; sama dengan hasil penyusunan ulang." in page(office)


def test_views_that_differ_are_a_finding_and_the_leaves_stay_verified(store: Path) -> None:
    change(store, ("UPDATE trail SET sentence = ? WHERE leaf_index = 40", ("Orang lain, bukan dia.",)))
    said = told(store, 1)
    (finding,) = said["findings"]
    assert (finding["leaf"], finding["rule"], finding["verdict"]) == (40, "views.differ", "tidak cocok")
    assert finding["sentence"] == "Tabel trail, leaf_index 40: sentence lain dari hasil penyusunan ulang."
    assert said["views"]["differences"] == [
        {"table": "trail", "key": {"leaf_index": 40}, "leaf": 40, "columns": ["sentence"]}
    ]
    assert said["verified"] == said["leaves"]
    assert said["sound"] is False
    assert "Tampilan: sampai" in page(store)


def test_views_that_lag_behind_are_said_and_are_no_finding(store: Path) -> None:
    _record_one_more(store)
    said = told(store, 0)
    assert (said["views"]["behind"], said["sound"]) == (1, True)
    assert "1 daun tertinggal dari buku besar" in page(store)


def _record_one_more(store: Path) -> None:
    office = Kecamatan(store)
    office.clock.now = office.clock.now.replace(year=2027)
    person = {"official": "joko-susilo", "name": "Joko Susilo (sintetis)", "without_nip": "Tenaga honorer."}
    office.do("dewi-lestari", "register", "official.proposed", {"person": person})
    office.ledger.close()


def test_beside_a_broken_journal_views_are_not_compared(store: Path) -> None:
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        connection.execute("UPDATE stored_events SET topic = 'paraf.given' WHERE leaf_index = 40")
        connection.commit()
    said = told(store, 1)
    assert said["views"]["compared"] is False
    assert "views.differ" not in {one["rule"] for one in said["findings"]}
    assert "12 tampilan tidak diperiksa" in page(store)


def test_a_store_without_views_is_sound_without_them(store: Path) -> None:
    (store / FILE).unlink()
    said = told(store, 0)
    assert (said["views"], said["inapplicable"]) == (None, ["tampilan"])
