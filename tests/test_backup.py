"""Backups: a whole, verified copy while acts are recorded, of what cannot be made again, and never of the log's key."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import itertools
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from api.cli_backup import sessions_of
from keys.errors import Forged, JejakError, Malformed, NotFound, Unavailable
from ledger import logkey
from ledger.audit import audit
from ledger.backup import Source, back_up
from ledger.backup_form import MANIFEST, Backup, Manifest, backup_at, check, document_path, newest_in
from ledger.checkpoint import format_hash, open_checkpoint, sign_checkpoint
from ledger.database import Database
from ledger.note import NoteSigner
from ledger.rows import Rows
from ledger.store import open_store
from ledger.whole_file import INCOMING
from tests.behind import behind, contents, fill
from tests.kit import Kecamatan, key
from tests.served import Served, served
from tests.test_cli import ended, fault, run

OTHER_CASE = "case:22222222-2222-4222-8222-222222222222"
AT = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Kecamatan]:
    """Yield an opened office with a finished case; its log key is beside its journal."""
    made = Kecamatan(tmp_path / "buku").open()
    logkey.write(made.folder / "log.key", made.log)
    made.run()
    with closing(made.ledger):
        yield made


def untold(done: int, of: int) -> None:
    """Tell nobody."""


def source(office: Kecamatan) -> Source:
    sessions = sessions_of(office.ledger.database, office.folder)
    return Source(office.ledger.reading, office.ledger.documents, office.folder, office.log.vkey, sessions)


def made(office: Kecamatan, days: int = 0) -> Backup:
    """Return a backup of the office, begun so many days later."""
    return back_up(source(office), office.folder.parent / "cadangan", AT + dt.timedelta(days=days), untold)


def refused(office: Kecamatan, days: int = 1) -> JejakError:
    """Return why no backup is made; nothing half made is left behind."""
    place = office.folder.parent / "cadangan"
    before = sorted(place.glob("[!.]*"))
    with pytest.raises(JejakError) as caught:
        made(office, days)
    assert sorted(place.glob("[!.]*")) == before
    assert list(place.glob(f"{INCOMING}*")) == []
    return caught.value


def tables(folder: Path) -> dict[str, list[Any]]:
    """Return everything in the tables of a backup's journal."""
    return contents(Database("sqlite", folder))


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def draft(office: Kecamatan, text: bytes, case: str = OTHER_CASE) -> str:
    """Record the first acts of another case, with a document of its own, and return its digest."""
    paper = office.store(text, "iku.json", "application/vnd.jejak.iku.v1+json")
    for official, kind, body in office.steps(paper, case)[:3]:
        office.do(official, case, kind, body)
    return str(paper["digest"])


# --- what is in it ---------------------------------------------------------------------------------------


def test_a_backup_is_the_journal_verbatim_with_every_document_that_it_names(office: Kecamatan) -> None:
    unnamed = office.store(b"belum disebut tindakan mana pun", "lain.txt", "text/plain")["digest"]
    done = made(office)
    assert tables(done.folder) == contents(office.ledger.database)
    with open_store(done.folder) as rows:
        note = rows.checkpoint()
    assert note == (done.folder / "checkpoint").read_bytes()
    assert done.manifest.root == format_hash(open_checkpoint(note, office.log.vkey).checkpoint.root)
    named = {one["digest"] for one in (office.iku, office.letter, office.proof)}
    there = {f"sha256:{path.name}" for path in (done.folder / "documents").rglob("*") if path.is_file()}
    assert there == named
    assert unnamed not in there
    assert (done.manifest.documents, done.fresh, done.manifest.lacking) == (3, 3, ())
    assert done.folder.name == f"2026-03-02T080000Z-{done.manifest.leaves}"


def test_the_logs_private_key_is_never_in_a_backup(office: Kecamatan) -> None:
    secret = (office.folder / "log.key").read_bytes().rsplit(b"+", 1)[1].strip()
    done = made(office)
    assert files(done.folder) >= {"journal.sqlite", "checkpoint", MANIFEST}
    assert not [name for name in files(done.folder) if secret in (done.folder / name).read_bytes()]


def test_a_backup_is_audited_as_it_is_and_is_sound(office: Kecamatan) -> None:
    done = made(office)
    report = audit(done.folder, vkey=office.log.vkey, founding=done.manifest.founding)
    assert report.sound
    assert report.leaves == report.verified == done.manifest.leaves


def test_the_manifest_has_the_digest_of_every_file_but_documents_and_itself(office: Kecamatan) -> None:
    done = made(office)
    told = {one.path: (one.digest, one.size) for one in done.manifest.files}
    here = {name for name in files(done.folder) if not name.startswith("documents/")} - {MANIFEST}
    assert told.keys() == here
    for name, (digest, size) in told.items():
        data = (done.folder / name).read_bytes()
        assert (digest, size) == (f"sha256:{hashlib.sha256(data).hexdigest()}", len(data))
    assert Manifest.parse((done.folder / MANIFEST).read_bytes()) == done.manifest


def test_who_read_what_and_what_contradicts_the_log_are_in_it_and_views_are_not(tmp_path: Path) -> None:
    with served(tmp_path / "buku", Served) as office:
        office.open()
        office.http.get("/v1/streams/register/trail", headers=office.signed_in())
        (office.folder / "evidence" / "a1").mkdir(parents=True)
        (office.folder / "evidence" / "a1" / "ours").write_bytes(b"segel")
        (office.folder / "contradictions").mkdir()
        (office.folder / "contradictions" / "b2.json").write_bytes(b"amplop")
        done = made(office)
        reads = office.sql("SELECT count(*) FROM reads")
    assert files(done.folder) >= {"sessions.sqlite", "evidence/a1/ours", "contradictions/b2.json"}
    assert not any("views" in name for name in files(done.folder))
    assert (done.folder / "sessions.sqlite").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(done.folder / "sessions.sqlite")) as copy:
        assert copy.execute("SELECT count(*) FROM reads").fetchall() == reads
    assert reads[0][0] > 0


def test_nobody_but_its_owner_reads_a_backup(office: Kecamatan) -> None:
    assert made(office).folder.stat().st_mode & 0o777 == 0o700


# --- while acts are recorded -----------------------------------------------------------------------------


def test_what_is_recorded_meanwhile_is_in_the_next_backup_and_this_one_is_whole(office: Kecamatan) -> None:
    stop = threading.Event()

    def write() -> None:
        for number in itertools.count(1):
            draft(office, b"naskah %d" % number, f"case:{number:08d}-0000-4000-8000-000000000000")
            if stop.is_set():
                return

    with ThreadPoolExecutor(1) as pool:
        writing, sizes = pool.submit(write), []
        try:
            for day in range(3):
                done = made(office, day)
                assert audit(done.folder, vkey=office.log.vkey).sound
                sizes.append(done.manifest.leaves)
        finally:
            stop.set()
        writing.result()
    assert sizes[0] < sizes[1] < sizes[2], "acts were recorded meanwhile"


def test_an_act_is_recorded_while_the_journal_is_being_read(office: Kecamatan) -> None:
    """The writer is asked in the middle of the snapshot, and answers at once: it is not held up."""
    before, asked = office.ledger.reading, list[int]()

    class Slow(Rows):
        def entries(self, start: int, limit: int) -> list[Any]:
            found = super().entries(start, min(limit, 10))
            if start == 10:
                asked.append(office.do("sri-wahyuni", OTHER_CASE, *office.steps(case=OTHER_CASE)[0][1:]).recorded.index)
            return found

    @contextmanager
    def reading() -> Iterator[Rows]:
        with before() as rows:
            yield Slow(rows._run)

    here = Source(reading, office.ledger.documents, office.folder, office.log.vkey)
    done = back_up(here, office.folder.parent / "cadangan", AT, untold)
    assert asked == [done.manifest.leaves]
    assert audit(done.folder, vkey=office.log.vkey).sound


# --- the next one ----------------------------------------------------------------------------------------


def test_the_next_backup_copies_only_what_is_new(office: Kecamatan) -> None:
    first = made(office)
    digest = draft(office, b'{"naskah":"baru"}')
    second = made(office, 1)
    assert (second.new_leaves, second.fresh) == (3, 1)
    assert tables(second.folder) == contents(office.ledger.database)
    old = document_path(first.folder, office.letter["digest"])
    assert old.stat().st_ino == document_path(second.folder, office.letter["digest"]).stat().st_ino
    assert not document_path(first.folder, digest).exists()
    shutil.rmtree(first.folder)
    assert check(second.folder, office.log.vkey, None, untold)[0].manifest == second.manifest


def test_a_backup_of_a_quiet_day_is_whole_too(office: Kecamatan) -> None:
    made(office)
    second = made(office, 1)
    assert (second.new_leaves, second.fresh) == (0, 0)
    assert check(second.folder, office.log.vkey, None, untold)[0].manifest.leaves == second.manifest.leaves


@pytest.mark.parametrize("spoil", ["UPDATE stored_events SET state = X'7B7D' WHERE leaf_index = 3", None])
def test_what_was_spoiled_in_the_backup_before_is_copied_anew(office: Kecamatan, spoil: str | None) -> None:
    first = made(office)
    if spoil is None:
        (first.folder / "journal.sqlite").write_bytes(b"bukan buku besar")
    else:
        with closing(sqlite3.connect(first.folder / "journal.sqlite")) as connection, connection:
            connection.execute(spoil)
    document_path(first.folder, office.letter["digest"]).write_bytes(b"rusak")
    second = made(office, 1)
    assert (second.new_leaves, second.fresh) == (second.manifest.leaves, 1)
    assert audit(second.folder, vkey=office.log.vkey).sound
    assert document_path(first.folder, office.letter["digest"]).read_bytes() == b"rusak", "the old one is evidence"


@pytest.mark.parametrize("altered", ["state = X'7B7D'", "topic = 'paraf.given'"])
def test_what_was_altered_in_the_journal_since_the_backup_before_is_found_as_in_a_first_one(
    office: Kecamatan, altered: str
) -> None:
    made(office)
    draft(office, b"hari ini")
    with behind(office.ledger.database) as connection:
        connection.execute(f"UPDATE stored_events SET {altered} WHERE leaf_index = 3")  # noqa: S608  our own words
    again = refused(office)
    shutil.rmtree(office.folder.parent / "cadangan")
    first = refused(office)
    assert (again.rule, again.facts) == (first.rule, first.facts)
    assert isinstance(again, Forged | Malformed)


def test_an_older_checkpoint_that_was_altered_in_the_journal_is_in_the_next_backup_for_an_audit_to_find(
    office: Kecamatan,
) -> None:
    made(office)
    with behind(office.ledger.database) as connection:
        connection.execute("UPDATE checkpoints SET note = X'00' WHERE size = 12")
    second = made(office, 1)
    assert second.new_leaves == second.manifest.leaves
    assert not audit(second.folder, vkey=office.log.vkey).sound


def test_a_document_that_the_home_lost_is_taken_from_the_backup_before(office: Kecamatan) -> None:
    made(office)
    document_path(office.folder, office.letter["digest"]).unlink()
    second = made(office, 1)
    assert second.manifest.lacking == ()
    assert audit(second.folder, vkey=office.log.vkey).sound


@pytest.mark.parametrize("how", ["lost", "altered"])
def test_a_document_that_is_nowhere_is_named_and_the_rest_is_copied(office: Kecamatan, how: str) -> None:
    path = document_path(office.folder, office.letter["digest"])
    path.unlink()
    if how == "altered":
        path.write_bytes(b"bukan surat itu")
    done = made(office)
    assert done.manifest.lacking == (office.letter["digest"],)
    assert not document_path(done.folder, office.letter["digest"]).exists()
    assert done.manifest.documents == 2
    assert check(done.folder, office.log.vkey, None, untold)[0].manifest == done.manifest


def test_a_journal_that_was_put_back_is_not_laid_over_its_newer_backup(office: Kecamatan, tmp_path: Path) -> None:
    older = made(office)
    draft(office, b"hari ini")
    newer = made(office, 1)
    office.ledger.close()
    fill(office.ledger.database, tables(older.folder))
    office.ledger = type(office.ledger)(office.folder, office.log, office.clock)
    fault = refused(office, 2)
    first, last = older.manifest.leaves, newer.manifest.leaves - 1
    assert (fault.rule, fault.facts["leaf"]) == ("outside.shorter", first)
    assert f"daun {first} sampai {last}" in fault.detail
    assert str(newer.folder / "checkpoint") in fault.detail


# --- what is not taken for a backup ----------------------------------------------------------------------


def test_of_what_is_not_founded_there_is_no_backup(tmp_path: Path) -> None:
    with closing((office := Kecamatan(tmp_path / "buku")).ledger):
        assert isinstance(refused(office), NotFound)


def test_a_store_that_is_not_sealed_whole_is_not_copied_as_if_it_were(office: Kecamatan) -> None:
    with behind(office.ledger.database) as connection:
        connection.execute("UPDATE stored_events SET leaf_hash = zeroblob(32) WHERE leaf_index = 2")
    assert isinstance(refused(office), Forged)


def test_a_row_whose_column_lies_is_found_before_it_is_called_a_backup(office: Kecamatan) -> None:
    with behind(office.ledger.database) as connection:
        connection.execute("UPDATE stored_events SET topic = 'paraf.given' WHERE leaf_index = 2")
    fault = refused(office)
    assert (fault.rule, fault.facts["leaf"]) == ("entry.columns", 2)


@pytest.mark.parametrize("name", ["spoiled", "lost", "of another log"])
def test_where_the_newest_backup_has_no_checkpoint_to_compare_nothing_is_laid_beside_it(
    office: Kecamatan, name: str
) -> None:
    path = made(office).folder / "checkpoint"
    if name == "lost":
        path.unlink()
    else:
        other = NoteSigner("lain.example/jejak", key("lain"))
        path.write_bytes(b"rusak" if name == "spoiled" else sign_checkpoint(other, other.name, 5, bytes(32)))
    fault = refused(office)
    assert (type(fault), fault.rule) == (Forged, "backup.altered")
    assert str(path.parent) in fault.detail


def test_a_place_that_cannot_be_written_is_told(office: Kecamatan) -> None:
    (office.folder.parent / "cadangan").write_bytes(b"sebuah berkas")
    with pytest.raises(Unavailable) as caught:
        made(office)
    assert caught.value.rule == "backup.storage"


def test_what_was_left_half_made_is_no_backup(office: Kecamatan, tmp_path: Path) -> None:
    place = tmp_path / "cadangan"
    (place / f"{INCOMING}x").mkdir(parents=True)
    (place / "catatan.txt").write_text("milik pengelola")
    assert newest_in(place) is None
    with pytest.raises(NotFound):
        backup_at(place)
    done = made(office)
    assert backup_at(place) == backup_at(done.folder) == done.folder
    assert sorted(one.name for one in place.iterdir()) == [".lock", done.folder.name, "catatan.txt"]


def test_two_backups_are_not_made_in_one_place_at_once(office: Kecamatan, tmp_path: Path) -> None:
    place = tmp_path / "cadangan"
    place.mkdir()
    with (place / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        fault = refused(office)
        assert (type(fault), fault.rule) == (Unavailable, "backup.busy")
    made(office)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "checkpoint").write_bytes(b"lain"),
        lambda folder: (folder / "journal.sqlite").unlink(),
        lambda folder: next((folder / "documents").rglob("?" * 64)).unlink(),
        lambda folder: next((folder / "documents").rglob("?" * 64)).write_bytes(b"lain"),
        lambda folder: (folder / MANIFEST).write_bytes(b"{}"),
        lambda folder: (folder / MANIFEST).unlink(),
        lambda folder: os.truncate(folder / "journal.sqlite", 8192),
    ],
)
def test_a_backup_in_which_anything_was_changed_is_not_whole(office: Kecamatan, spoil: Any) -> None:
    done = made(office)
    spoil(done.folder)
    with pytest.raises((Forged, Malformed, NotFound)):
        check(done.folder, office.log.vkey, None, untold)


def test_a_manifest_of_another_checkpoint_than_the_journals_is_found(office: Kecamatan) -> None:
    done = made(office)
    said = done.manifest.model_copy(update={"leaves": done.manifest.leaves + 1})
    (done.folder / MANIFEST).write_bytes(said.spell())
    with pytest.raises(Forged, match="segel lain"):
        check(done.folder, office.log.vkey, None, untold)


def test_a_backup_of_another_ledger_than_the_pinned_one_is_found(office: Kecamatan) -> None:
    done = made(office)
    with pytest.raises(Forged):
        check(done.folder, office.log.vkey, "1" * 64, untold)
    with pytest.raises(Forged):
        check(done.folder, type(office.log)(office.log.name, key("orang-asing")).vkey, None, untold)


# --- the command -----------------------------------------------------------------------------------------


@pytest.mark.sqlite("where nobody signed in there is no file of sign-ins")
def test_the_command_says_what_it_did_and_what_to_do_with_the_logs_key(office: Kecamatan, tmp_path: Path) -> None:
    page = " ".join(ended(run("backup", "--home", office.folder, "--to", tmp_path / "c"), 0).stdout.split())
    assert "Cadangan selesai dan sudah diperiksa" in page
    assert "Kunci log (log.key) TIDAK ikut disalin" in page
    assert "siapa membaca apa (sessions.sqlite) tidak ada di folder ini" in page
    draft(office, b"baru")
    again = ended(run("backup", "--home", office.folder, "--to", tmp_path / "c", "--json"), 0)
    said = json.loads(again.stdout)
    assert (said["new_leaves"], said["new_documents"], said["log_key"]) == (3, 1, False)
    assert backup_at(tmp_path / "c") == Path(said["backup"])


def test_a_backup_that_lacks_a_document_exits_with_1_and_names_it(office: Kecamatan, tmp_path: Path) -> None:
    document_path(office.folder, office.letter["digest"]).unlink()
    asked = ("backup", "--home", office.folder, "--to", tmp_path / "c")
    said = json.loads(ended(run(*asked, "--json"), 1).stdout)
    assert said["lacking"] == [office.letter["digest"]]
    assert office.letter["digest"] in ended(run(*asked, "--to", tmp_path / "d"), 1).stdout


def test_a_folder_without_a_ledger_is_not_backed_up(tmp_path: Path) -> None:
    fault(run("backup", "--home", tmp_path, "--to", tmp_path / "c", "--json"), 1, "logkey.missing")
