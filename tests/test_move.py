"""``jejak migrate`` and ``jejak move``: a ledger goes to another database whole, or not at all, and on in one place."""

from __future__ import annotations

import datetime as dt
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text

from api import migrating, session_store
from api.opening import open_ledger
from api.session_store import SessionStore
from api.settings import Settings
from keys.errors import Conflict, Unavailable
from ledger import journal_postgres, logkey
from ledger.application import Ledger
from ledger.audit import audit
from ledger.database import Database
from projections import storage
from tests import postgres
from tests.behind import behind, contents
from tests.kit import Kecamatan, key
from tests.test_cli import ended, fault, run

pytestmark = pytest.mark.sqlite("a move names both of its databases")

NOW = dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)


@pytest.fixture
def url() -> Iterator[str]:
    """Return the URL of a PostgreSQL database in which there is nothing."""
    with postgres.database(prepared=False) as found:
        yield found


@pytest.fixture
def office(tmp_path: Path) -> Kecamatan:
    """Return a kecamatan whose ledger is in files, closed, with its log key and one who is signed in."""
    made = Kecamatan(tmp_path / "buku", Database("sqlite", tmp_path / "buku")).open()
    made.run()
    made.ledger.close()
    logkey.write(made.folder / "log.key", made.log)
    with closing(SessionStore(made.ledger.database)) as store:
        _, session = store.begin("sri-wahyuni", key("sri-wahyuni").public.id, NOW, ["camat-sri-wahyuni"])
        store.note_read(session, "pejabat", "case", "11111111-1111-4111-8111-111111111111", NOW)
    return made


def move(office: Kecamatan, source: str, target: str) -> Any:
    return run("move", "--home", office.folder, "--from", source, "--to", target, "--json")


def test_a_ledger_goes_to_postgresql_and_back_and_every_row_is_the_same(office: Kecamatan, url: str) -> None:
    files = office.ledger.database
    before, there = contents(files), Database.parse(url, office.folder)
    said = json.loads(ended(move(office, "", url), 0).stdout)
    assert said["leaves"] == len(before["stored_events"])
    assert contents(there) == before
    back = office.folder / "lagi" / "journal.sqlite"
    back.parent.mkdir()
    again = json.loads(ended(move(office, url, f"sqlite:///{back}"), 0).stdout)
    assert (again["leaves"], again["root"]) == (said["leaves"], said["root"])
    assert contents(Database("sqlite", back.parent)) == before


def test_a_ledger_that_was_moved_goes_on_there_and_no_more_where_it_was(office: Kecamatan, url: str) -> None:
    ended(move(office, "", url), 0)
    with pytest.raises(Conflict) as caught:
        open_ledger(Settings(office.folder))
    assert caught.value.rule == "database.moved"
    office.ledger = Ledger(office.folder, office.log, office.clock, database=Database.parse(url, office.folder))
    with closing(office.ledger):
        size = office.do("sri-wahyuni", *opening(office)).recorded.index + 1
    reopened = Ledger(office.folder, office.log, office.clock, database=office.ledger.database)
    with closing(reopened), reopened.reading() as rows:
        assert rows.size() == size


def opening(office: Kecamatan) -> tuple[str, str, dict[str, Any]]:
    case = "case:99999999-9999-4999-8999-999999999999"
    _, kind, body = office.steps(case=case)[0]
    return case, kind, body


def test_who_is_signed_in_and_who_read_what_goes_along(office: Kecamatan, url: str) -> None:
    ended(move(office, "", url), 0)
    with closing(SessionStore(Database.parse(url, office.folder))) as store:
        (read,) = store.reads(official=None, what=None, things=None, before=None, limit=9)
        assert (read["official"], read["times"]) == ("sri-wahyuni", 1)
        _, session = store.begin("budi-santoso", key("budi-santoso").public.id, NOW, [])
        assert session.id == 2, "numbers go on"


def test_a_ledger_in_use_is_not_moved(office: Kecamatan, url: str) -> None:
    served = Ledger(office.folder, office.log, office.clock, database=office.ledger.database)
    with closing(served), served.reading():
        fault(move(office, "", url), 1, "database.used")
    ended(move(office, "", url), 0)
    there = Database.parse(url, office.folder)
    with closing(Ledger(office.folder, office.log, office.clock, database=there)) as served, served.reading():
        back = office.folder / "lagi" / "journal.sqlite"
        back.parent.mkdir()
        fault(move(office, url, f"sqlite:///{back}"), 1, "database.used")


@contextmanager
def moving_held_up(office: Kecamatan, url: str) -> Iterator[subprocess.Popen[str]]:
    """Yield a move that stands in the middle, for the target's table is locked until the block is left."""
    migrating.migrate(Database.parse(url, office.folder))
    waits = "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = %s AND NOT granted"
    name = urlsplit(url).path.removeprefix("/")
    with psycopg.connect(url) as holder, psycopg.connect(postgres.server(), autocommit=True) as watch:
        holder.execute("LOCK TABLE jejak.stored_events IN EXCLUSIVE MODE")
        moving = subprocess.Popen(command(office, url), stdout=subprocess.PIPE, text=True)
        try:
            until = time.monotonic() + 25
            while watch.execute(waits, (name,)).fetchone() == (0,):
                assert time.monotonic() < until
                assert moving.poll() is None, moving.communicate()
                time.sleep(0.05)
            yield moving
        finally:
            holder.rollback()
            moving.wait(60)
            assert moving.stdout is not None
            moving.stdout.close()


def command(office: Kecamatan, url: str, patch: str = "pass") -> list[str]:
    """Return what moves the office's files in a process of its own."""
    code = f"import os, signal; from api.cli import main; from ledger.whereabouts import Whereabouts; {patch}; main()"
    return [sys.executable, "-c", code, "move", "--home", str(office.folder), "--to", url, "--json"]


def test_a_service_that_was_started_during_the_move_records_nothing_then_nor_afterwards(
    office: Kecamatan, url: str
) -> None:
    before = contents(office.ledger.database)
    with moving_held_up(office, url) as moving:
        office.ledger = Ledger(office.folder, office.log, office.clock, database=office.ledger.database)
        with pytest.raises(Unavailable) as caught:
            office.do("sri-wahyuni", *opening(office))
        assert caught.value.rule == "journal.busy"
    with closing(office.ledger):
        assert moving.returncode == 0
        with pytest.raises(Unavailable) as caught:
            office.do("sri-wahyuni", *opening(office))
    assert caught.value.rule == "database.moved"
    assert contents(office.ledger.database) == contents(Database.parse(url, office.folder)) == before


def killed_before_it_was_noted(office: Kecamatan, url: str) -> None:
    patch = "Whereabouts.note = lambda *all: os.kill(os.getpid(), signal.SIGKILL)"
    assert subprocess.run(command(office, url, patch), check=False).returncode == -signal.SIGKILL
    assert not (office.folder / "moved-to").exists()


def test_a_move_that_was_killed_before_it_was_noted_is_finished_by_the_same_command(
    office: Kecamatan, url: str
) -> None:
    killed_before_it_was_noted(office, url)
    before, there = contents(office.ledger.database), Database.parse(url, office.folder)
    assert contents(there) == before
    said = json.loads(ended(move(office, "", url), 0).stdout)
    assert (said["leaves"], said["again"]) == (len(before["stored_events"]), True)
    assert contents(there) == before
    with pytest.raises(Conflict):
        open_ledger(Settings(office.folder))


def test_a_move_that_was_complete_says_so_when_it_is_run_again(office: Kecamatan, url: str) -> None:
    said, there = json.loads(ended(move(office, "", url), 0).stdout), Database.parse(url, office.folder)
    before = contents(office.ledger.database)
    again = json.loads(ended(move(office, "", url), 0).stdout)
    assert again == said | {"again": True}
    office.ledger = Ledger(office.folder, office.log, office.clock, database=there)
    with closing(office.ledger), office.ledger.reading():  # a service is there, and the ledger went on
        office.do("sri-wahyuni", *opening(office))
        page = " ".join(ended(run("move", "--home", office.folder, "--to", url), 0).stdout.split())
    assert f"sudah selesai sebelumnya: {said['leaves']} daun ada di {there}" in page
    assert "Setel JEJAK_DATABASE_URL ke tempat itu." in page
    assert contents(office.ledger.database) != before == contents(Database("sqlite", office.folder))


def test_a_place_that_is_noted_and_lacks_what_the_old_one_has_is_not_called_complete(
    office: Kecamatan, url: str
) -> None:
    ended(move(office, "", url), 0)
    office.ledger = Ledger(office.folder, office.log, office.clock, database=office.ledger.database)
    (office.folder / "moved-to").rename(office.folder / "catatan")  # whoever took the note away
    with closing(office.ledger):
        office.do("sri-wahyuni", *opening(office))
    (office.folder / "catatan").rename(office.folder / "moved-to")
    fault(move(office, "", url), 1, "database.moved")


def test_who_moves_back_into_the_folder_is_told_to_take_the_setting_out(office: Kecamatan, url: str) -> None:
    ended(move(office, "", url), 0)
    for one in office.folder.glob("*.sqlite*"):
        one.unlink()
    back = ("move", "--home", office.folder, "--from", url, "--to", f"sqlite:///{office.folder / 'journal.sqlite'}")
    for _ in range(2):
        page = " ".join(ended(run(*back), 0).stdout.split())
        assert "Hapus JEJAK_DATABASE_URL dari setelan" in page
        assert "Setel JEJAK_DATABASE_URL" not in page
    with pytest.raises(Conflict) as caught:
        open_ledger(Settings(office.folder, database_url=url))
    assert "kosongkan JEJAK_DATABASE_URL" in caught.value.allowed
    assert "kata sandi" not in caught.value.allowed


def test_a_move_that_was_killed_is_not_finished_once_the_old_place_went_on(office: Kecamatan, url: str) -> None:
    killed_before_it_was_noted(office, url)
    office.ledger = Ledger(office.folder, office.log, office.clock, database=office.ledger.database)
    with closing(office.ledger):
        office.do("sri-wahyuni", *opening(office))
    fault(move(office, "", url), 1, "moving.taken")
    assert not (office.folder / "moved-to").exists()


def test_a_move_that_was_killed_is_not_finished_over_an_altered_copy(office: Kecamatan, url: str) -> None:
    killed_before_it_was_noted(office, url)
    with behind(Database.parse(url, office.folder)) as connection:
        connection.execute("UPDATE stored_events SET topic = 'paraf.given' WHERE leaf_index = 20")
    fault(move(office, "", url), 1, "moving.differs")
    assert not (office.folder / "moved-to").exists()


def test_a_database_that_holds_a_ledger_is_no_target(office: Kecamatan, tmp_path: Path, url: str) -> None:
    other = Database.parse(url, tmp_path / "lain")
    migrating.migrate(other)
    taken = Kecamatan(tmp_path / "lain", other)
    with closing(taken.ledger):
        taken.found()
    before = contents(other)
    fault(move(office, "", url), 1, "moving.taken")
    assert contents(other) == before
    assert not (office.folder / "moved-to").exists()


def test_a_ledger_with_an_altered_row_in_its_middle_is_not_moved(office: Kecamatan, url: str) -> None:
    with behind(office.ledger.database) as connection:
        connection.execute("UPDATE stored_events SET state = substr(state, 2) WHERE leaf_index = 20")
    found = fault(move(office, "", url), 1, "moving.differs")
    assert found["facts"]["leaf"] == 0, "of the first hundred, which are compared at once"
    there = contents(Database.parse(url, office.folder))
    assert not any(there.values()), "nothing of it is left"


def test_a_copy_that_came_back_from_postgresql_is_sound_to_an_audit(office: Kecamatan, url: str) -> None:
    ended(move(office, "", url), 0)
    back = office.folder.parent / "salinan"
    back.mkdir()
    ended(move(office, url, f"sqlite:///{back / 'journal.sqlite'}"), 0)
    (office.folder / "documents").rename(back / "documents")
    assert audit(back, vkey=office.log.vkey).sound


def test_what_is_left_in_the_old_place_is_audited_with_a_word_of_where_the_ledger_is(
    office: Kecamatan, url: str
) -> None:
    asked = ("audit", "--store", office.folder, "--vkey", office.log.vkey, "--workers", 1)
    assert json.loads(ended(run(*asked, "--json"), 0).stdout)["moved_to"] is None
    assert "berlanjut di" not in ended(run(*asked), 0).stdout
    ended(move(office, "", url), 0)
    there = str(Database.parse(url, office.folder))
    assert json.loads(ended(run(*asked, "--json"), 0).stdout)["moved_to"] == there
    page = "".join(ended(run(*asked), 0).stdout.split())
    assert f"PERHATIAN:menurutberkasmoved-todifolderinibukubesarnyaberlanjutdi{there}." in page


@pytest.mark.parametrize("note", [b"\xff\x1b]0;x\x07", b"x" * 1_000_000, b""], ids=["no text", "endless", "empty"])
def test_whatever_a_copy_says_of_where_its_ledger_went_holds_no_auditor(office: Kecamatan, note: bytes) -> None:
    (office.folder / "moved-to").write_bytes(note)
    page = ended(run("audit", "--store", office.folder, "--vkey", office.log.vkey, "--workers", 1), 0).stdout
    assert "berlanjut di" in page
    assert not {"\x1b", "\x07"} & set(page)
    assert len(page) < 10_000


def test_the_same_place_is_no_move(office: Kecamatan) -> None:
    fault(move(office, "", f"sqlite:///{office.folder.resolve() / 'journal.sqlite'}"), 1, "moving.same")


# --- migrations ---------------------------------------------------------------------------------------------------


def test_an_empty_database_is_prepared_and_then_there_is_nothing_to_do(office: Kecamatan, url: str) -> None:
    environment = {"JEJAK_DATABASE_URL": url}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JEJAK_DATABASE_URL", environment["JEJAK_DATABASE_URL"])
        first = json.loads(ended(run("migrate", "--home", office.folder, "--json"), 0).stdout)
        again = json.loads(ended(run("migrate", "--home", office.folder, "--json"), 0).stdout)
    assert (first["from"], first["to"]) == (None, migrating.newest())
    assert (again["from"], again["to"]) == (migrating.newest(), migrating.newest())


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_migrations_make_exactly_the_tables_that_are_used(kind: str, tmp_path: Path, url: str) -> None:
    database = Database.parse(url if kind == "postgresql" else "", tmp_path)
    migrating.migrate(database)
    engine = storage.open_engine(database.sessions_url)
    with engine.connect() as connection:
        ours = {"alembic_version", "stored_events", "tile_hashes", "checkpoints", "frontier"}
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": lambda name, *_: name not in ours}
        )
        assert compare_metadata(context, session_store.TABLES) == []
    engine.dispose()


def test_sign_ins_from_before_there_were_revisions_are_taken_as_they_are(office: Kecamatan) -> None:
    file = office.ledger.database.sessions
    assert file is not None
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE alembic_version")
        connection.commit()
    with closing(SessionStore(office.ledger.database)) as store:
        assert len(store.reads(official=None, what=None, things=None, before=None, limit=9)) == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_of_a_later_version_is_not_touched(kind: str, tmp_path: Path, url: str) -> None:
    database = Database.parse(url if kind == "postgresql" else "", tmp_path)
    migrating.migrate(database)
    engine = storage.open_engine(database.sessions_url)
    with storage.writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    for attempt in (migrating.require_newest, migrating.migrate):
        with pytest.raises(Unavailable) as caught:
            attempt(database)
        assert caught.value.rule == "database.newer"


def test_a_database_that_nobody_prepared_is_refused_with_the_command_that_does(tmp_path: Path, url: str) -> None:
    with pytest.raises(Unavailable) as caught:
        Kecamatan(tmp_path, Database.parse(url, tmp_path))
    assert caught.value.rule == "journal.schema"
    assert "jejak migrate" in caught.value.allowed


def test_a_server_that_answers_before_it_has_written_is_refused(tmp_path: Path) -> None:
    with postgres.database() as url:
        database = Database.parse(f"{url}&options=-csynchronous_commit%3Doff", tmp_path)
        with pytest.raises(Unavailable) as caught:
            Kecamatan(tmp_path, database)
    assert caught.value.rule == "journal.durability"


@pytest.mark.parametrize("table", ["stored_events", "frontier", "sessions"])
def test_tables_that_a_crash_of_the_server_empties_are_refused(tmp_path: Path, table: str) -> None:
    with postgres.database() as url:
        with psycopg.connect(url) as connection:
            connection.execute(f"ALTER TABLE jejak.{table} SET UNLOGGED")  # type: ignore[arg-type]
        with pytest.raises(Unavailable, match=table) as caught:
            Kecamatan(tmp_path, Database.parse(url, tmp_path))
        assert caught.value.rule == "journal.durability"
        with psycopg.connect(url) as connection:
            connection.execute(f"ALTER TABLE jejak.{table} SET LOGGED")  # type: ignore[arg-type]
        Kecamatan(tmp_path, Database.parse(url, tmp_path)).ledger.close()


def test_a_url_without_user_and_host_is_read_as_libpq_reads_it(tmp_path: Path, url: str) -> None:
    parts, known = urlsplit(url), conninfo_to_dict(url)
    told = {name: known[name] for name in ("host", "port", "user", "password") if known.get(name)}
    found = Database.parse(f"postgresql://{parts.path}?{urlencode(told)}", tmp_path)
    assert not urlsplit(found.url).netloc
    migrating.migrate(found)
    with closing(SessionStore(found)) as store:
        assert store.reads(official=None, what=None, things=None, before=None, limit=9) == []


def test_a_server_that_is_away_is_said_in_our_own_words(tmp_path: Path) -> None:
    away = Database.parse(f"postgresql://postgres@/jejak?host={tmp_path}", tmp_path)
    with pytest.raises(Unavailable) as caught:
        Kecamatan(tmp_path, away)
    assert caught.value.rule == "journal.unreadable"


def test_two_processes_that_wait_are_told_of_a_commit(tmp_path: Path) -> None:
    with postgres.database() as url:
        made = Kecamatan(tmp_path, Database.parse(url, tmp_path))
        with (
            closing(made.ledger),
            closing(Ledger(tmp_path, made.log, made.clock, database=made.ledger.database)) as other,
        ):
            other.wait(0)
            before = dt.datetime.now(dt.UTC)
            made.found()
            other.wait(30)
            assert dt.datetime.now(dt.UTC) - before < dt.timedelta(seconds=20)


def test_statements_are_spelt_as_the_driver_takes_them() -> None:
    said = journal_postgres._spelt("SELECT COUNT(*) FROM stored_events NOT INDEXED WHERE a = ? AND b IN (?, ?)")
    assert said == "SELECT COUNT(*) FROM stored_events WHERE a = %s AND b IN (%s, %s)"


@pytest.mark.parametrize("ask", [migrating.require_newest, migrating.migrate])
def test_a_server_that_does_not_answer_is_named_without_its_password(
    ask: Callable[[Database], object], tmp_path: Path
) -> None:
    away = Database.parse("postgresql://jejak:rahasia@127.0.0.1:1/kalipare", tmp_path)
    with pytest.raises(Unavailable) as caught:
        ask(away)
    fault = caught.value
    assert fault.rule == "database.unreachable"
    assert "127.0.0.1" in fault.detail
    assert "kata sandi" in fault.allowed
    assert "rahasia" not in f"{fault} {fault.facts}"
