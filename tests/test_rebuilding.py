"""A rebuild: shared by processes, killed at any instant and gone on with, and never believed where it is not sound."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from keys.errors import Forged, Unavailable
from ledger.application import Ledger
from ledger.audit import audit
from ledger.database import Database
from projections import rebuilding
from projections.catchup import Views
from projections.schema import METADATA
from projections.scratch import SUFFIX
from tests import postgres
from tests.behind import behind, in_files
from tests.bench import large_journal
from tests.kit import Kecamatan

#: Leaves of the office's journal, and leaves that its rebuilds commit together here.
LEAVES, TOGETHER = 700, 100

Dump = dict[str, list[Any]]

KILLED = """
import os, signal, sys
from pathlib import Path
from projections import rebuilding
from projections.catchup import Views
from tests.test_rebuilding import opened

rebuilding.BATCH = int(sys.argv[2])
at, told = int(sys.argv[3]), 0

def write(*given):
    whole(*given)
    global told
    told += 1
    if told == at:
        os.kill(os.getpid(), signal.SIGKILL)

whole, rebuilding.write = rebuilding.write, write
opened(Path(sys.argv[1]), sys.argv[4]).rebuild(shares=1)
"""


def opened(folder: Path, url: str) -> Views:
    """Return the views of the office in a folder, which records nothing."""
    office = Kecamatan(folder, Database.parse(url, folder))
    return Views(f"sqlite:///{folder / 'views.sqlite'}", office.ledger.reading, office.ledger.documents)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kecamatan]:
    made = large_journal.make(tmp_path_factory.mktemp("office"), LEAVES)
    yield made
    made.ledger.close()


@pytest.fixture
def views(office: Kecamatan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Views]:
    monkeypatch.setattr(rebuilding, "BATCH", TOGETHER)
    with closing(views_of(office, tmp_path)) as made:
        yield made


def views_of(office: Kecamatan, folder: Path) -> Views:
    ledger: Ledger = office.ledger
    return Views(f"sqlite:///{folder / 'views.sqlite'}", ledger.reading, ledger.documents)


@pytest.fixture(scope="module")
def followed(office: Kecamatan, tmp_path_factory: pytest.TempPathFactory) -> Dump:
    """Return all rows as catching up leaves them, never rebuilt."""
    with closing(views_of(office, tmp_path_factory.mktemp("followed"))) as made:
        made.catch_up()
        return dump(made)


def dump(views: Views) -> Dump:
    """Return every row of every table."""
    with views.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in METADATA.sorted_tables
        }


def scratch_in(folder: Path) -> Path:
    return folder / f"views.sqlite{SUFFIX}"


# --- shared -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shares", [1, 2, 3])
def test_however_many_processes_fold_the_rows_are_those_of_catching_up(
    views: Views, followed: Dump, shares: int
) -> None:
    assert views.rebuild(shares=shares) == len(followed["trail"])
    assert dump(views) == followed


def test_processes_are_started_anew_where_a_fork_would_copy_the_locks_of_other_threads(
    views: Views, followed: Dump
) -> None:
    ends = threading.Event()
    other = threading.Thread(target=ends.wait)
    other.start()
    try:
        views.rebuild(shares=2)
    finally:
        ends.set()
        other.join()
    assert dump(views) == followed


def test_a_journal_that_is_made_for_measuring_is_one_that_an_auditor_finds_sound(office: Kecamatan) -> None:
    report = audit(in_files(office.folder), vkey=office.log.vkey, workers=1)
    assert report.sound
    with office.ledger.reading() as rows:
        assert rows.size() >= LEAVES


@pytest.mark.parametrize("shares", [1, 2])
def test_a_case_that_was_forgotten_is_looked_up_again(
    views: Views, followed: Dump, shares: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "BATCH", 40)
    monkeypatch.setattr(rebuilding, "CASES_KEPT", 5)
    views.rebuild(shares=shares)
    assert dump(views) == followed


@pytest.mark.parametrize("shares", [1, 2])
def test_the_lowest_damaged_leaf_stops_a_rebuild_by_its_name(tmp_path: Path, shares: int) -> None:
    office = Kecamatan(tmp_path).open()
    for number in range(6):
        office.run(large_journal.case_of(number), 4)
    damaged = (44, 47, 50, 53)
    with behind(office.ledger.database) as journal:
        for leaf in damaged:
            journal.execute("UPDATE stored_events SET topic = 'paraf.given' WHERE leaf_index = ?", (leaf,))
    with closing(views_of(office, tmp_path)) as made:
        with pytest.raises(Forged) as stopped:
            made.rebuild(shares=shares)
        assert stopped.value.facts == {"leaf": 44, "kind": "paraf.given"}
        assert not scratch_in(tmp_path).exists()
    office.ledger.close()


# --- killed -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an office's folder whose rebuild was killed in its fourth transaction, after the rows, before COMMIT."""
    folder = tmp_path_factory.mktemp("struck")
    office = large_journal.make(folder, LEAVES)
    office.ledger.close()
    command = [sys.executable, "-c", KILLED, str(folder), str(TOGETHER), "4", office.ledger.database.url]
    ended = subprocess.run(command, cwd=Path(__file__).parent.parent, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    return folder


@pytest.fixture
def killed(struck: Path, tmp_path: Path) -> Iterator[Kecamatan]:
    """Yield an office as the killed rebuild left it."""
    office = Kecamatan(postgres.copied(struck, tmp_path / "killed"))
    yield office
    office.ledger.close()


@pytest.fixture(scope="module")
def struck_rows(struck: Path, tmp_path_factory: pytest.TempPathFactory) -> Dump:
    """Return what catching up makes of that office's journal."""
    office = Kecamatan(struck)
    with closing(views_of(office, tmp_path_factory.mktemp("followed"))) as made:
        made.catch_up()
        rows = dump(made)
    office.ledger.close()
    return rows


def going_on(office: Kecamatan) -> tuple[int, Dump]:
    """Rebuild again; return from which leaf on, and what the views hold then."""
    told: list[int] = []
    with closing(views_of(office, office.folder)) as made:
        made.rebuild(lambda done, total: told.append(done), shares=1)
        return told[0], dump(made)


def test_a_rebuild_that_was_killed_goes_on_after_its_last_whole_batch(killed: Kecamatan, struck_rows: Dump) -> None:
    assert going_on(killed) == (3 * TOGETHER, struck_rows)
    assert not scratch_in(killed.folder).exists()


def test_the_live_views_are_read_as_they_were_until_the_killed_rebuild_is_done(killed: Kecamatan) -> None:
    with closing(views_of(killed, killed.folder)) as made:
        assert made.position() == 0
        made.catch_up()
        before = dump(made)
        made.rebuild()
        assert dump(made) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE views SET schema = schema - 1",
        "UPDATE views SET leaf = lower(hex(zeroblob(32)))",
        "UPDATE views SET founding = lower(hex(zeroblob(32)))",
        "DELETE FROM views",
        "DROP TABLE dispatches",
        "CREATE TABLE something (id INTEGER)",
        "CREATE TRIGGER t AFTER INSERT ON trail BEGIN DELETE FROM trail; END",
        "UPDATE papers SET content = NULL, why = 'Isi dokumen tidak ada di penyimpanan, jadi tidak dapat ditampilkan.'",
    ],
)
def test_a_scratch_file_of_another_journal_or_schema_is_not_gone_on_with(
    killed: Kecamatan, struck_rows: Dump, statement: str
) -> None:
    with closing(sqlite3.connect(scratch_in(killed.folder))) as file:
        file.execute(statement)
        file.commit()
    assert going_on(killed) == (len(struck_rows["trail"]), struck_rows)  # all in its first batch


@pytest.mark.parametrize("at", [0, 4096 * 3, 4096 * 40])
def test_a_scratch_file_that_is_damaged_is_not_gone_on_with(killed: Kecamatan, struck_rows: Dump, at: int) -> None:
    with closing(sqlite3.connect(scratch_in(killed.folder))) as file:  # what its journal still holds comes first
        file.execute("SELECT position FROM views").fetchall()
    with scratch_in(killed.folder).open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * 4096)
    assert going_on(killed) == (len(struck_rows["trail"]), struck_rows)  # all in its first batch


def test_a_rebuild_does_not_touch_the_scratch_file_of_another_one(views: Views, followed: Dump, tmp_path: Path) -> None:
    with closing(sqlite3.connect(scratch_in(tmp_path), isolation_level=None)) as other:
        other.execute("CREATE TABLE theirs (id INTEGER)")
        other.execute("BEGIN EXCLUSIVE")
        views.rebuild()
        other.execute("INSERT INTO theirs VALUES (1)")
        other.execute("COMMIT")
        assert other.execute("SELECT count(*) FROM theirs").fetchone() == (1,)
    assert dump(views) == followed


@pytest.mark.parametrize("stopped", [KeyboardInterrupt(), Unavailable("journal.unreadable", "Basis datanya mati.")])
def test_a_rebuild_that_was_interrupted_goes_on_too(views: Views, followed: Dump, stopped: BaseException) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 2 * TOGETHER:
            raise stopped

    with pytest.raises(type(stopped)):
        views.rebuild(interrupt)
    told: list[int] = []
    views.rebuild(lambda done, total: told.append(done))
    assert told[0] == 2 * TOGETHER
    assert dump(views) == followed
