"""Restoring: into an empty home, verified again, and never against a checkpoint that anybody holds."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.opening import open_ledger
from api.settings import Settings
from keys.errors import Conflict, Forged, JejakError, NotAllowed, NotFound
from ledger import logkey
from ledger.application import Ledger
from ledger.audit import audit
from ledger.backup import back_up
from ledger.backup_form import Backup, document_path
from ledger.checkpoint import sign_checkpoint
from ledger.database import Database
from ledger.note import NoteSigner
from ledger.restore import Remembered, Restored, restore
from tests import postgres
from tests.behind import contents, in_files
from tests.kit import ORIGIN, Kecamatan, key
from tests.served import Served, asked, served
from tests.test_backup import AT, draft, files, source, tables, untold
from tests.test_cli import _founding, ended, fault, run

NONE = Remembered(none=True)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Kecamatan]:
    """Yield an opened office with a finished case; its log key is beside its journal."""
    made = Kecamatan(tmp_path / "buku").open()
    logkey.write(made.folder / "log.key", made.log)
    made.run()
    with closing(made.ledger):
        yield made


def made(office: Kecamatan, days: int = 0) -> Backup:
    """Return a backup of the office, begun so many days later."""
    return back_up(source(office), office.folder.parent / "cadangan", AT + dt.timedelta(days=days), untold)


def note(office: Kecamatan, to: str = "segel", size: int | None = None) -> Path:
    """Keep a checkpoint of the office outside, the newest if ``size`` is None, and return the file."""
    path = office.folder.parent / to
    with office.ledger.reading() as rows:
        path.write_bytes(rows.checkpoint() or b"" if size is None else rows.checkpoints(size, 1)[0][1])
    return path


def put_back(done: Backup, home: Path, remembered: Remembered) -> Restored:
    vkey = done.signed.vkey
    return restore(done.folder, home, vkey, done.manifest.founding, remembered, untold)


def refused(done: Backup, home: Path, remembered: Remembered) -> JejakError:
    """Return why nothing is restored: the home is as it was, the backup too, and nothing half made is left."""
    before = sorted(home.iterdir()) if home.is_dir() else None
    kept = {name: (done.folder / name).read_bytes() for name in files(done.folder)}
    with pytest.raises(JejakError) as caught:
        put_back(done, home, remembered)
    assert (sorted(home.iterdir()) if home.is_dir() else None) == before
    assert {name: (done.folder / name).read_bytes() for name in files(done.folder)} == kept
    assert [one.name for one in home.parent.iterdir() if one.name.startswith(".incoming")] == []
    return caught.value


# --- what comes back -------------------------------------------------------------------------------------


def test_a_ledger_that_was_lost_is_restored_whole_and_goes_on(office: Kecamatan, tmp_path: Path) -> None:
    done, kept, before = made(office), note(office), contents(office.ledger.database)
    office.ledger.close()
    shutil.rmtree(office.folder)
    restored = put_back(done, tmp_path / "buku", Remembered([kept]))
    assert tables(tmp_path / "buku") == before
    assert [one.path for one in restored.held] == [kept]
    office.ledger = Ledger(tmp_path / "buku", office.log, office.clock, [kept], Database("sqlite", tmp_path / "buku"))
    draft(office, b"sesudah dipulihkan")
    office.ledger.close()
    assert audit(tmp_path / "buku", vkey=office.log.vkey, founding=done.manifest.founding).sound


@pytest.mark.sqlite("what is restored is files")
def test_a_restored_home_serves_documents_views_and_the_record_of_reads(tmp_path: Path) -> None:
    with served(tmp_path / "buku", Served) as office:
        office.open()
        office.run(upto=3)
        office.http.get("/v1/streams/register/trail", headers=office.signed_in())
        done = made(office)
        reads = office.sql("SELECT count(*) FROM reads")[0][0]
    put_back(done, tmp_path / "baru", NONE)
    assert files(tmp_path / "baru") >= {"journal.sqlite", "sessions.sqlite"}
    assert not {"manifest.json", "checkpoint", "log.key"} & files(tmp_path / "baru")
    assert (tmp_path / "baru" / "sessions.sqlite").stat().st_mode & 0o777 == 0o600
    with served(tmp_path / "baru", Served) as again:
        assert again.sql("SELECT count(*) FROM reads")[0][0] == reads
        digest = office.iku["digest"]
        answer = again.http.get(f"/v1/documents/{digest}", headers=again.signed_in("ratna-sari"))
        assert answer.status_code == 200
        trail = asked(again.http.get("/v1/streams/register/trail", headers=again.signed_in()), 200)
        assert trail["trail"]


def test_an_empty_folder_is_taken_and_keeps_its_mode(office: Kecamatan, tmp_path: Path) -> None:
    (tmp_path / "baru").mkdir(mode=0o750)
    put_back(made(office), tmp_path / "baru", NONE)
    assert (tmp_path / "baru").stat().st_mode & 0o777 == 0o750


def test_what_a_backup_is_known_to_lack_is_no_reason_to_restore_nothing(office: Kecamatan, tmp_path: Path) -> None:
    document_path(office.folder, office.letter["digest"]).unlink()
    restored = put_back(made(office), tmp_path / "baru", NONE)
    assert restored.backup.manifest.lacking == (office.letter["digest"],)


# --- what it is held to ----------------------------------------------------------------------------------


def test_a_backup_that_is_shorter_than_what_somebody_kept_is_refused_and_the_lost_leaves_are_named(
    office: Kecamatan, tmp_path: Path
) -> None:
    done = made(office)
    draft(office, b"hari ini")
    kept, size = note(office), done.manifest.leaves
    said = refused(done, tmp_path / "baru", Remembered([kept]))
    assert (said.rule, said.facts["leaf"]) == ("outside.shorter", size)
    assert f"kehilangan daun {size} sampai {size + 2}" in said.detail
    assert str(kept) in said.detail
    assert "Tidak ada yang dipulihkan, dan tidak ada yang boleh diteruskan" in said.detail
    assert "jejak found --successor-of" in str(said.allowed)
    assert {one.read_bytes() for one in (tmp_path / "baru-bukti").rglob("remembered")} == {kept.read_bytes()}


def test_a_backup_of_another_history_than_somebody_kept_is_refused(office: Kecamatan, tmp_path: Path) -> None:
    done = made(office)
    kept = tmp_path / "segel"
    kept.write_bytes(sign_checkpoint(office.log, ORIGIN, 20, bytes(32)))
    said = refused(done, tmp_path / "baru", Remembered([kept]))
    assert (said.rule, said.facts["remembered_size"]) == ("outside.fork", 20)
    assert str(kept) in said.detail
    assert "jejak found --successor-of" in str(said.allowed)


def test_every_checkpoint_that_is_brought_counts_and_not_the_first_alone(office: Kecamatan, tmp_path: Path) -> None:
    done, older = made(office), note(office, "segel-lama", 12)
    draft(office, b"hari ini")
    said = refused(done, tmp_path / "baru", Remembered([older, note(office)]))
    assert said.rule == "outside.shorter"
    assert len(put_back(done, tmp_path / "baru", Remembered([older])).held) == 1


def test_a_younger_backup_beside_it_shows_that_there_was_more(office: Kecamatan, tmp_path: Path) -> None:
    older = made(office)
    draft(office, b"hari ini")
    younger = made(office, 1)
    (younger.folder / "journal.sqlite").write_bytes(b"rusak")
    said = refused(older, tmp_path / "baru", NONE)
    assert said.rule == "outside.shorter"
    assert str(younger.folder / "checkpoint") in said.detail


@pytest.mark.parametrize("damage", ["altered", "lost"])
def test_a_younger_backup_whose_checkpoint_is_damaged_still_says_by_its_name_that_there_was_more(
    office: Kecamatan, tmp_path: Path, damage: str
) -> None:
    older = made(office)
    draft(office, b"hari ini")
    younger = made(office, 1)
    path = younger.folder / "checkpoint"
    path.write_bytes(path.read_bytes() + b"x\n") if damage == "altered" else path.unlink()
    said = refused(older, tmp_path / "baru", NONE)
    assert (type(said), said.rule, said.facts["backup"]) == (Forged, "restore.beside", str(younger.folder))
    assert f"memuat {younger.manifest.leaves} daun, sedangkan yang ini {older.manifest.leaves}" in said.detail
    younger.folder.rename(tmp_path / "disisihkan")
    put_back(older, tmp_path / "baru", NONE)


def test_an_older_backup_whose_checkpoint_is_damaged_is_no_reason_to_restore_nothing(
    office: Kecamatan, tmp_path: Path
) -> None:
    older = made(office)
    draft(office, b"hari ini")
    younger = made(office, 1)
    (older.folder / "checkpoint").unlink()
    put_back(younger, tmp_path / "baru", NONE)


def test_who_brings_no_checkpoint_must_say_so(office: Kecamatan, tmp_path: Path) -> None:
    done = made(office)
    assert refused(done, tmp_path / "baru", Remembered()).rule == "restore.unremembered"
    empty = tmp_path / "kosong"
    empty.touch()
    assert refused(done, tmp_path / "baru", Remembered([empty])).rule == "restore.unremembered"
    assert put_back(done, tmp_path / "baru", NONE).held == ()


def test_a_memory_that_is_not_there_is_not_passed_over(office: Kecamatan, tmp_path: Path) -> None:
    assert isinstance(refused(made(office), tmp_path / "baru", Remembered([tmp_path / "tiada"])), NotFound)


# --- what is not restored --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["journal.sqlite", "log.key", ".apa-saja"])
def test_a_home_in_which_there_is_anything_is_left_alone(office: Kecamatan, tmp_path: Path, name: str) -> None:
    (tmp_path / "baru").mkdir()
    (tmp_path / "baru" / name).write_bytes(b"milik orang")
    said = refused(made(office), tmp_path / "baru", NONE)
    assert (type(said), said.rule) == (NotAllowed, "restore.home")


def test_a_backup_that_was_altered_is_not_restored(office: Kecamatan, tmp_path: Path) -> None:
    done = made(office)
    path = document_path(done.folder, office.letter["digest"])
    path.chmod(0o644)
    path.write_bytes(b"surat lain")
    said = refused(done, tmp_path / "baru", NONE)
    assert (type(said), said.rule) == (Forged, "backup.altered")
    assert office.letter["digest"] in said.detail


def test_a_backup_of_another_log_key_or_founding_is_not_restored(office: Kecamatan, tmp_path: Path) -> None:
    done, stranger = made(office), NoteSigner(ORIGIN, key("orang-asing")).vkey
    for vkey, founding in ((stranger, done.manifest.founding), (office.log.vkey, "1" * 64)):
        with pytest.raises(Forged):
            restore(done.folder, tmp_path / "baru", vkey, founding, NONE, untold)
        assert not (tmp_path / "baru").exists()


# --- the command -----------------------------------------------------------------------------------------


def pin_of(office: Kecamatan, done: Backup) -> Path:
    path = office.folder.parent / "patokan.json"
    path.write_text(json.dumps({"vkey": str(office.log.vkey), "founding": done.manifest.founding}))
    return path


def command(office: Kecamatan, done: Backup, *more: object) -> list[Any]:
    place, home = done.folder.parent, office.folder.parent / "baru"
    return ["restore", "--from", place, "--home", home, "--pin", pin_of(office, done), *more]


def test_the_command_restores_the_newest_of_a_place_and_says_where_the_logs_key_goes(office: Kecamatan) -> None:
    made(office)
    draft(office, b"hari ini")
    newest = made(office, 1)
    page = " ".join(ended(run(*command(office, newest, "--remembered", note(office))), 0).stdout.split())
    assert f"dari {newest.folder}" in page
    assert f"segel {newest.manifest.leaves} daun di {office.folder.parent / 'segel'}" in page
    home = office.folder.parent / "baru"
    assert f"taruh kunci log dari tempat simpannya di {home / 'log.key'} (chmod 600)" in page
    assert "kosongkan JEJAK_DATABASE_URL" in page
    assert f"jejak move --home {home} --to URL" in page


@pytest.mark.sqlite("which database is named is what this is about")
def test_a_restored_ledger_is_served_from_its_folder_and_no_other_database_is_taken_for_it(
    office: Kecamatan, tmp_path: Path
) -> None:
    home = tmp_path / "baru"
    with postgres.database() as url:
        other = Kecamatan(tmp_path / "lain", Database.parse(url, tmp_path / "lain")).open()
        other.ledger.close()
        put_back(made(office), home, NONE)
        shutil.copy(office.folder / "log.key", home)
        before = files(home)
        with pytest.raises(Conflict) as caught:
            open_ledger(Settings(home, database_url=url))
        assert caught.value.rule == "database.moved"
        assert str(Database("sqlite", home)) in caught.value.detail
        assert "kosongkan JEJAK_DATABASE_URL" in caught.value.allowed
        assert "kata sandi" not in caught.value.allowed
        assert "hapus" not in caught.value.allowed, "without the note the other one would be served"
        assert files(home) == before
    with postgres.database(prepared=False) as url:
        ended(run("move", "--home", home, "--to", url), 0)
        open_ledger(Settings(home, database_url=url)).close()


def test_the_homes_own_outside_memory_counts_without_being_named(
    office: Kecamatan, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = made(office)
    draft(office, b"hari ini")
    monkeypatch.setenv("JEJAK_MEMORY", str(note(office, "ingatan")))
    said = fault(run(*command(office, done, "--json")), 1, "outside.shorter")
    assert str(office.folder.parent / "ingatan") in said["detail"]
    assert said["facts"]["backup"] == str(done.folder)


def test_without_comparing_it_is_said_that_nothing_was_compared(office: Kecamatan) -> None:
    page = " ".join(ended(run(*command(office, made(office), "--nothing-remembered")), 0).stdout.split())
    assert "tidak dibandingkan dengan segel siapa pun" in page


def test_what_contradicts_itself_on_the_command_line_is_misuse(office: Kecamatan) -> None:
    done = made(office)
    both = command(office, done, "--nothing-remembered", "--remembered", note(office), "--json")
    fault(run(*both), 3, "cli.usage")
    fault(run(*command(office, done, "--vkey", office.log.vkey, "--json")), 3, "cli.usage")
    place, home = done.folder.parent, office.folder.parent / "baru"
    fault(run("restore", "--from", place, "--home", home, "--nothing-remembered", "--json"), 3, "cli.usage")


def test_the_way_out_of_a_refused_backup_is_a_successor(office: Kecamatan, tmp_path: Path) -> None:
    """What is restored to nobody is still what the successor names: the last checkpoint of the backup, by its pins."""
    done = made(office)
    draft(office, b"hari ini")
    fault(run(*command(office, done, "--remembered", note(office), "--json")), 1, "outside.shorter")
    old = ["--successor-of", done.folder.parent, "--old-pin", pin_of(office, done), "--reason", "Cakram rusak."]
    ended(run("found", tmp_path / "penerus", *_founding(tmp_path), *old, "--yes"), 0)
    report = audit(in_files(tmp_path / "penerus"), vkey=logkey.read(tmp_path / "penerus" / "log.key").vkey)
    assert report.sound
    assert f"mencakup {done.manifest.leaves} daun dengan akar {done.manifest.root}" in report.predecessor
