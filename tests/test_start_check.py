"""Outside memory: a ledger that does not continue a checkpoint kept elsewhere is not served, and it is said why."""

from __future__ import annotations

import base64
import errno
import json
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.app import create_app
from api.cli import main
from api.settings import Settings
from keys.errors import Forged, JejakError, Malformed, NotAllowed, NotFound, Unavailable
from ledger import logkey, outside_keeper, outside_memory
from ledger.acts import Seen
from ledger.application import Ledger
from ledger.checkpoint import SignedCheckpoint, format_hash, open_checkpoint, sign_checkpoint
from ledger.database import Database
from ledger.merkle import EMPTY_ROOT, Frontier, verify_consistency
from ledger.note import NoteSigner
from ledger.receipt import verify_receipt
from ledger.whole_file import replace
from tests.behind import behind, contents, fill
from tests.kit import CASE, ORIGIN, Kecamatan, key

ROOT = Path(__file__).parent.parent
LOG = NoteSigner(ORIGIN, key("log"))
OTHER_CASE = "case:22222222-2222-4222-8222-222222222222"
#: Leaves of an office that was opened and did nothing else.
OPENED = 33


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Kecamatan]:
    """Yield an opened office; its log key is beside its journal."""
    made = Kecamatan(tmp_path / "buku").open()
    logkey.write(made.folder / "log.key", made.log)
    with closing(made.ledger):
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return an empty file outside the store: remembering begins now."""
    path = tmp_path / "luar" / "segel"
    path.parent.mkdir()
    path.touch()
    return path


def note_of(office: Kecamatan, size: int | None = None) -> bytes:
    """Return the signed checkpoint of this size, the newest if None."""
    with office.ledger.reading() as rows:
        note = rows.checkpoint() if size is None else rows.checkpoints(size, 1)[0][1]
    assert note is not None
    return note


def opened(office: Kecamatan, *remembered: Path) -> Ledger:
    return Ledger(office.folder, office.log, office.clock, remembered)


def reopen(office: Kecamatan, *remembered: Path) -> None:
    """Let the office go on with a service that was started with these places."""
    office.ledger.close()
    office.ledger = opened(office, *remembered)


def refused(office: Kecamatan, *remembered: Path) -> JejakError:
    """Return why the service does not start, which changed neither journal nor places."""
    before = what_there_is(office.ledger.database, *remembered)
    with pytest.raises(JejakError) as caught:
        opened(office, *remembered)
    assert what_there_is(office.ledger.database, *remembered) == before
    assert caught.value.allowed
    return caught.value


def what_there_is(database: Database, *places: Path) -> list[Any]:
    """Return what the journal holds, if there is one, and the files outside."""
    found: list[Any] = [path.read_bytes() for path in places if path.is_file()]
    lost = database.journal is not None and not database.journal.exists()
    return found if lost else [*found, contents(database)]


def copied(office: Kecamatan, to: Path) -> None:
    """Copy the journal as it is now to a file."""
    to.write_bytes(pickle.dumps(contents(office.ledger.database)))


def put_back(office: Kecamatan, copy: Path) -> None:
    """Put a copy in the place of the journal."""
    office.ledger.close()
    put_back_while_it_serves(office, copy)


def kept(path: Path) -> SignedCheckpoint:
    return open_checkpoint(path.read_bytes(), LOG.vkey)


def until(holds: Callable[[], bool]) -> bool:
    """Tell whether it holds within some seconds."""
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


# --- what is remembered ----------------------------------------------------------------------------------------


def test_after_each_commit_the_newest_checkpoint_is_in_the_file_outside(office: Kecamatan, place: Path) -> None:
    reopen(office, place)
    assert place.read_bytes() == note_of(office)
    for official, kind, body in office.steps()[:3]:
        office.do(official, CASE, kind, body)
        newest = note_of(office)
        assert until(lambda newest=newest: place.read_bytes() == newest)
    assert until(lambda: office.ledger.outside.size == OPENED + 3)
    assert sorted(path.name for path in place.parent.iterdir()) == ["segel"]


def test_closing_the_service_leaves_the_very_newest_there(office: Kecamatan, place: Path) -> None:
    reopen(office, place)
    office.run()
    office.ledger.close()
    assert kept(place).checkpoint.size == OPENED + 12


def test_a_ledger_that_continues_what_is_remembered_is_served(office: Kecamatan, place: Path) -> None:
    reopen(office, place)
    office.run(upto=4)
    reopen(office, place)
    office.run_from(4, 12)
    assert until(lambda: kept(place).checkpoint.size == OPENED + 12)


def test_a_ledger_that_is_not_founded_yet_has_nothing_to_remember(tmp_path: Path, place: Path) -> None:
    office = Kecamatan(tmp_path / "baru")
    reopen(office, place)
    assert place.read_bytes() == b""
    office.found()
    assert until(lambda: bool(place.read_bytes()) and kept(place).checkpoint.size == 2)
    office.ledger.close()


def test_what_inspectors_bring_is_held_against_the_journal_and_not_written(
    office: Kecamatan, place: Path, tmp_path: Path
) -> None:
    brought = tmp_path / "inspektorat"
    brought.mkdir()
    for size in (1, 2, 20, OPENED):
        (brought / f"segel-{size}").write_bytes(note_of(office, min(size, OPENED)))
    (brought / ".DS_Store").write_bytes(b"bukan segel")
    single = tmp_path / "segel-inspektur"
    single.write_bytes(note_of(office, 5))
    before = {path: path.read_bytes() for path in (single, *brought.iterdir())}
    reopen(office, place, brought, single)
    office.run()
    office.ledger.close()
    assert {path: path.read_bytes() for path in before} == before
    assert kept(place).checkpoint.size == OPENED + 12


def test_the_first_file_that_may_be_written_is_the_services_own(office: Kecamatan, place: Path, tmp_path: Path) -> None:
    locked = tmp_path / "segel-inspektur"
    locked.write_bytes(note_of(office, 5))
    locked.chmod(0o444)
    place.chmod(0o640)
    reopen(office, locked, place)
    assert kept(locked).checkpoint.size == 5
    assert kept(place).checkpoint.size == OPENED
    assert place.stat().st_mode & 0o777 == 0o640


def test_a_note_that_others_signed_too_is_still_a_note_of_this_log(office: Kecamatan, place: Path) -> None:
    witness = NoteSigner("saksi.example/inspektorat", key("saksi"))
    text, _, _ = note_of(office).decode().partition("\n\n")
    place.write_bytes(note_of(office) + bytes(witness.sign(f"{text}\n")))
    reopen(office, place)
    assert office.ledger.outside.size == OPENED


# --- what the journal does not continue ------------------------------------------------------------------------


def test_a_database_that_was_put_back_to_an_older_copy_is_not_served(
    office: Kecamatan, place: Path, tmp_path: Path
) -> None:
    reopen(office, place)
    copied(office, tmp_path / "salinan.sqlite")
    office.run()
    put_back(office, tmp_path / "salinan.sqlite")
    opened(office).close()  # by itself the older copy is whole
    fault = refused(office, place)
    assert (type(fault), fault.rule) == (Forged, "outside.shorter")
    assert (fault.facts["leaf"], fault.facts["size"], fault.facts["remembered_size"]) == (33, 33, 45)
    assert "kehilangan daun 33 sampai 44" in fault.detail
    assert str(place) in fault.detail


def test_both_notes_are_kept_as_evidence_once(office: Kecamatan, place: Path, tmp_path: Path) -> None:
    reopen(office, place)
    copied(office, tmp_path / "salinan.sqlite")
    office.run()
    put_back(office, tmp_path / "salinan.sqlite")
    for _ in range(2):
        assert str(office.folder / "evidence") in refused(office, place).detail
    (folder,) = (office.folder / "evidence").iterdir()
    assert kept(folder / "remembered").checkpoint.size == 45
    assert kept(folder / "ours").checkpoint.size == 33


def forked(office: Kecamatan, tmp_path: Path, acts: int) -> None:
    """Let the office do a case, and put in its place a history that does another from the same leaf on."""
    copied(office, tmp_path / "salinan.sqlite")
    office.run(upto=6)
    other = Kecamatan(tmp_path / "cabang")
    put_back(other, tmp_path / "salinan.sqlite")
    other.ledger = opened(other)
    other.sop_leaf, other.clock.now = office.sop_leaf, office.clock.now
    other.run(OTHER_CASE, upto=acts)
    other.ledger.close()
    copied(other, tmp_path / "cabang.sqlite")
    put_back(office, tmp_path / "cabang.sqlite")


@pytest.mark.parametrize("acts", [6, 12], ids=["as long", "longer"])
def test_a_history_that_forked_and_went_on_is_not_served(
    acts: int, office: Kecamatan, place: Path, tmp_path: Path
) -> None:
    reopen(office, place)
    forked(office, tmp_path, acts)
    opened(office).close()  # by itself the fork is whole, sealed by the same key
    fault = refused(office, place)
    assert (type(fault), fault.rule) == (Forged, "outside.fork")
    assert (fault.facts["remembered_size"], fault.facts["size"]) == (OPENED + 6, OPENED + acts)
    assert "antara daun 0 dan daun 38" in fault.detail
    (folder,) = (office.folder / "evidence").iterdir()
    remembered, ours = kept(folder / "remembered").checkpoint, kept(folder / "ours").checkpoint
    # The log signed both at one size: nothing else is needed to prove that it showed two histories.
    assert remembered.size == ours.size
    assert remembered.root != ours.root
    assert "Log menandatangani dua riwayat" in fault.detail
    for root in (remembered.root, ours.root):
        assert format_hash(root) in fault.detail


def test_two_notes_of_one_size_are_named_both_though_the_journal_continues_one(
    office: Kecamatan, place: Path, tmp_path: Path
) -> None:
    other = tmp_path / "segel-lain"
    other.write_bytes(sign_checkpoint(LOG, LOG.name, OPENED, bytes(32)))
    other.chmod(0o444)
    place.write_bytes(note_of(office, OPENED))
    place.chmod(0o444)
    fault = refused(office, place, other)
    assert fault.rule == "outside.fork"
    assert 0 <= fault.facts["leaf"] < OPENED
    assert "Kedua segel ini saja sudah membuktikannya" in fault.detail
    assert str(place) in fault.detail
    assert str(other) in fault.detail


def test_every_note_that_agrees_narrows_where_the_histories_part(
    office: Kecamatan, place: Path, tmp_path: Path
) -> None:
    older = tmp_path / "segel-inspektur"
    older.write_bytes(note_of(office, OPENED))
    older.chmod(0o444)
    reopen(office, place, older)
    forked(office, tmp_path, 12)
    fault = refused(office, place, older)
    assert fault.facts["leaf"] == OPENED
    assert f"antara daun {OPENED} dan daun 38" in fault.detail


def test_where_the_log_signed_no_such_size_the_proof_is_kept_too(
    office: Kecamatan, place: Path, tmp_path: Path
) -> None:
    reopen(office, place)
    forked(office, tmp_path, 12)
    with behind(office.ledger.database) as connection:  # as if it came in one batch
        connection.execute("DELETE FROM checkpoints WHERE size = 39")
    refused(office, place)
    (folder,) = (office.folder / "evidence").iterdir()
    ours = kept(folder / "ours").checkpoint
    head, _, note = (folder / "consistency").read_bytes().partition(b"\n\n")
    first, *proof = head.decode().split("\n")
    assert (first, ours.size, note) == ("old 39", 45, (folder / "ours").read_bytes())
    hashes = [base64.b64decode(one) for one in proof]
    root = roots(office)[39]
    verify_consistency(old_size=39, new_size=45, proof=hashes, old_root=root, new_root=ours.root)
    assert root != kept(folder / "remembered").checkpoint.root


def roots(office: Kecamatan) -> list[bytes]:
    """Return the root at every size, as the leaves in the store make it."""
    frontier, found = Frontier(), [EMPTY_ROOT]
    with behind(office.ledger.database) as connection:
        for (leaf,) in connection.execute("SELECT leaf_hash FROM stored_events ORDER BY leaf_index"):
            frontier = frontier.append(leaf)
            found.append(frontier.root)
    return found


def cut(office: Kecamatan, size: int) -> None:
    """Drop every leaf from ``size`` on, and what seals them, so that the rest is whole."""
    hashes = []
    office.ledger.close()
    with behind(office.ledger.database) as connection:
        connection.execute("DELETE FROM stored_events WHERE leaf_index >= ?", (size,))
        connection.execute("DELETE FROM checkpoints WHERE size > ?", (size,))
        hashes = [leaf for (leaf,) in connection.execute("SELECT leaf_hash FROM stored_events ORDER BY leaf_index")]
        frontier = Frontier()
        for leaf in hashes:
            frontier = frontier.append(leaf)
        connection.execute("UPDATE frontier SET data = ?", (frontier.dump(),))


@pytest.mark.parametrize("size", [OPENED + 11, OPENED + 1, 2])
def test_a_tail_that_was_cut_off_cleanly_is_missed(size: int, office: Kecamatan, place: Path) -> None:
    reopen(office, place)
    office.run()
    cut(office, size)
    opened(office).close()  # by itself what is left is whole
    fault = refused(office, place)
    assert (fault.rule, fault.facts["leaf"]) == ("outside.shorter", size)


def test_a_ledger_that_was_emptied_lacks_leaf_zero(office: Kecamatan, place: Path) -> None:
    reopen(office, place)
    office.ledger.close()
    with behind(office.ledger.database) as connection:
        for table in ("stored_events", "checkpoints", "frontier"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608
    fault = refused(office, place)
    assert (fault.rule, fault.facts["leaf"]) == ("outside.shorter", 0)


@pytest.mark.sqlite("it is about a file that is gone")
def test_nothing_is_made_in_the_place_of_a_database_that_was_lost(office: Kecamatan, place: Path) -> None:
    reopen(office, place)
    office.ledger.close()
    for path in office.folder.glob("journal.sqlite*"):
        path.unlink()
    fault = refused(office, place)
    assert (fault.rule, fault.facts["leaf"]) == ("outside.shorter", 0)
    assert not list(office.folder.glob("journal.sqlite*"))


def test_evidence_that_cannot_be_kept_is_said_and_the_start_refused_all_the_same(
    office: Kecamatan, place: Path, tmp_path: Path
) -> None:
    reopen(office, place)
    copied(office, tmp_path / "salinan.sqlite")
    office.run()
    put_back(office, tmp_path / "salinan.sqlite")
    (office.folder / "evidence").write_bytes(b"berkas di tempat folder")
    assert "simpanlah sendiri" in refused(office, place).detail


# --- the end of the journal ------------------------------------------------------------------------------------


def test_a_leaf_hash_at_the_edge_of_the_tree_that_was_not_sealed_stops_the_start(office: Kecamatan) -> None:
    office.ledger.close()
    with behind(office.ledger.database) as connection:
        connection.execute("UPDATE stored_events SET leaf_hash = ? WHERE leaf_index = 20", (bytes(32),))
    assert refused(office).rule == "log.unsealed"


def test_a_newest_entry_that_is_not_what_its_hash_says_stops_the_start(office: Kecamatan) -> None:
    office.ledger.close()
    with behind(office.ledger.database) as connection:
        connection.execute("UPDATE stored_events SET state = state || ' ' WHERE leaf_index = 32")
    assert refused(office).rule == "log.unsealed"


# --- places that are no memory of this log ---------------------------------------------------------------------


def of_another_key(office: Kecamatan) -> bytes:
    with office.ledger.reading() as rows:
        frontier = rows.frontier()
    return sign_checkpoint(NoteSigner(ORIGIN, key("log lain")), ORIGIN, frontier.size, frontier.root)


def of_another_log(office: Kecamatan) -> bytes:
    other = NoteSigner("pagak.malangkab.example/jejak", key("log"))
    return sign_checkpoint(other, other.name, 0, EMPTY_ROOT)


def with_another_root(office: Kecamatan) -> bytes:
    text, _, signature = note_of(office).partition(b"\n\n")
    origin, size, _ = text.split(b"\n")
    return b"\n".join([origin, size, note_of(office, 5).split(b"\n")[2]]) + b"\n\n" + signature


def with_another_size(office: Kecamatan) -> bytes:
    return note_of(office).replace(b"\n33\n", b"\n34\n")


def with_a_byte_order_mark(office: Kecamatan) -> bytes:
    return b"\xef\xbb\xbf" + note_of(office)


def twice(office: Kecamatan) -> bytes:
    return note_of(office) * 2


@pytest.mark.parametrize(
    "make", [of_another_key, of_another_log, with_another_root, with_another_size, with_a_byte_order_mark, twice]
)
def test_a_checkpoint_that_the_log_key_did_not_sign_stops_the_start_plainly(
    make: Callable[[Kecamatan], bytes], office: Kecamatan, place: Path
) -> None:
    place.write_bytes(make(office))
    fault = refused(office, place)
    assert (type(fault), fault.rule) == (Forged, "outside.key")
    assert str(place) in fault.detail


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: b"\x00\xff bukan segel",
        lambda note: note[: len(note) // 2],
        lambda note: note[:-1],
        lambda note: note + b"\n",
        lambda note: note.replace(b"\n", b"\r\n"),
        lambda note: note * 1000,
    ],
    ids=["garbage", "half", "no end", "a line more", "other line ends", "a large file"],
)
def test_a_file_that_is_no_whole_checkpoint_stops_the_start(
    spoil: Callable[[bytes], bytes], office: Kecamatan, place: Path
) -> None:
    place.write_bytes(spoil(note_of(office)))
    fault = refused(office, place)
    assert (type(fault), fault.rule) == (Malformed, "outside.form")
    assert str(place) in fault.detail


def test_garbage_among_good_notes_stops_the_start(office: Kecamatan, place: Path) -> None:
    place.write_bytes(note_of(office))
    (place.parent / "segel-2").write_bytes(b"rusak")
    assert refused(office, place.parent).rule == "outside.form"


def test_a_place_that_is_not_there_may_be_a_disk_that_is_not_mounted(office: Kecamatan, place: Path) -> None:
    fault = refused(office, place.with_name("tidak-ada"))
    assert (type(fault), fault.rule) == (NotFound, "outside.missing")
    assert f"touch {place.with_name('tidak-ada')}" in fault.allowed
    place.unlink()
    assert refused(office, place.parent).rule == "outside.empty"


@pytest.mark.parametrize("trick", ["folder", "pipe", "device"])
def test_a_memory_folder_in_which_a_note_is_no_longer_a_file_stops_the_start(
    trick: str, office: Kecamatan, place: Path
) -> None:
    place.write_bytes(note_of(office, 5))
    lost = place.with_name("segel-inspektur")
    match trick:
        case "folder":
            lost.mkdir()
        case "pipe":
            os.mkfifo(lost)
        case "device":
            lost.symlink_to("/dev/null")
    fault = refused(office, place.parent)
    assert (type(fault), fault.rule) == (Malformed, "outside.form")
    assert str(lost) in fault.detail


def test_only_the_services_own_file_may_be_empty(office: Kecamatan, place: Path, tmp_path: Path) -> None:
    second = tmp_path / "kedua"
    second.touch()
    assert refused(office, place, second).rule == "outside.form"


def test_what_would_keep_a_reader_waiting_is_no_note(office: Kecamatan, place: Path) -> None:
    os.mkfifo(place.with_name("pipa"))
    assert refused(office, place.with_name("pipa")).rule == "outside.form"


def test_more_notes_than_a_start_should_read_are_refused(
    office: Kecamatan, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside_memory, "MOST_NOTES", 3)
    for number in range(4):
        (place.parent / f"segel-{number}").write_bytes(note_of(office, number + 1))
    place.unlink()
    fault = refused(office, place.parent)
    assert (type(fault), fault.rule) == (NotAllowed, "outside.many")


def test_a_place_that_cannot_be_written_stops_the_start(
    office: Kecamatan, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "disk penuh (uji)")

    monkeypatch.setattr(outside_keeper, "replace", full)
    fault = refused(office, place)
    assert (type(fault), fault.rule) == (Unavailable, "outside.storage")


# --- while it serves -------------------------------------------------------------------------------------------


def test_a_place_that_is_lost_costs_no_receipt_is_visible_and_is_not_made_anew(
    office: Kecamatan, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside_keeper, "RETRY", 0.05)
    office.ledger.close()
    app = create_app(Settings(office.folder, remembered=(place,)), office.clock)
    office.ledger, client = app.parts.ledger, app.test_client()
    assert client.get("/healthz").get_json() == {"status": "ok", "size": 33, "position": 33, "remembered": 33}
    place.parent.rename(place.parent.with_name("dicabut"))
    official, kind, body = office.steps()[0]
    done = office.do(official, CASE, kind, body)
    verify_receipt(done.receipt, done.recorded.entry.data, office.log.vkey)
    assert until(lambda: client.get("/healthz").get_json()["status"] == "ingatan-luar-berhenti")
    said = client.get("/healthz").get_json()
    assert (said["size"], said["remembered"]) == (34, 33)
    assert "pencatatan tetap berjalan" in said["fault"]
    place.parent.mkdir()  # a disk that is gone leaves its mount point: nothing may be written there
    time.sleep(0.3)  # some tries later
    assert (list(place.parent.iterdir()), office.ledger.outside.size) == ([], 33)
    place.parent.rmdir()
    place.parent.with_name("dicabut").rename(place.parent)
    assert until(lambda: client.get("/healthz").get_json()["status"] == "ok")
    assert kept(place).checkpoint.size == 34
    app.close()


def test_a_file_that_was_spoiled_while_it_serves_is_not_overwritten(office: Kecamatan, place: Path) -> None:
    reopen(office, place)
    place.write_bytes(b"rusak")
    office.run(upto=2)
    assert until(lambda: office.ledger.outside.fault is not None)
    assert place.read_bytes() == b"rusak"
    office.run_from(2, 3)
    assert office.ledger.outside.fault is not None
    assert not office.ledger.outside.contradicted


def test_two_histories_that_grow_under_one_key_meet_in_the_file_and_the_second_stops(
    office: Kecamatan, place: Path, tmp_path: Path
) -> None:
    copied(office, tmp_path / "salinan.sqlite")
    other = Kecamatan(tmp_path / "cabang")
    put_back(other, tmp_path / "salinan.sqlite")
    other.ledger = opened(other, place)
    other.sop_leaf, other.clock.now = office.sop_leaf, office.clock.now
    reopen(office, place)
    office.run(upto=3)
    assert until(lambda: kept(place).checkpoint.size == OPENED + 3)
    before = place.read_bytes()
    other.run(OTHER_CASE, upto=1)  # its answer does not wait for the file
    assert until(lambda: other.ledger.outside.contradicted)
    assert place.read_bytes() == before
    official, kind, body = other.steps(case=OTHER_CASE)[1]
    with pytest.raises(Forged) as caught:
        other.do(official, OTHER_CASE, kind, body)
    assert caught.value.rule == "outside.fork"
    assert str(place) not in caught.value.detail
    place.write_bytes(b"")  # what was found stays found
    with pytest.raises(Forged):
        other.do(official, OTHER_CASE, kind, body)
    assert (other.folder / "evidence").exists()
    other.ledger.close()


def put_back_while_it_serves(office: Kecamatan, copy: Path) -> None:
    """Put a copy in the place of the journal through the database itself, under the service that has it open."""
    fill(office.ledger.database, pickle.loads(copy.read_bytes()))  # noqa: S301  our own


def served_until(office: Kecamatan, place: Path, copy: Path, lost: int) -> bytes:
    """Let the office serve with its place, copy the journal, record so many acts more; return what the file then is."""
    reopen(office, place)
    office.run(upto=3)
    copied(office, copy)
    for official, kind, body in office.steps(case=OTHER_CASE)[:lost]:
        office.do(official, OTHER_CASE, kind, body)
    assert until(lambda: kept(place).checkpoint.size == OPENED + 3 + lost)
    return place.read_bytes()


def still_to_come(office: Kecamatan) -> bytes:
    """Return an act of somebody who has seen the log as it is now."""
    case = "case:44444444-4444-4444-8444-444444444444"
    official, kind, body = office.steps(case=case)[0]
    return office.sign(official, case, kind, body)


def stopped_by(office: Kecamatan, place: Path, before: bytes, act: bytes) -> JejakError:
    """Return why the service takes this act no more, which left the file as it was and evidence of both histories."""
    assert until(lambda: office.ledger.outside.contradicted)
    found = contents(office.ledger.database)
    with pytest.raises(Forged) as caught:
        office.ledger.record(act)
    assert caught.value.rule == "outside.fork"
    assert contents(office.ledger.database) == found
    fault = office.ledger.outside.fault
    assert fault is not None
    office.ledger.close()
    assert place.read_bytes() == before
    (folder,) = (office.folder / "evidence").iterdir()
    assert (folder / "remembered").read_bytes() == before
    return fault


@pytest.mark.parametrize("lost", [1, 4])
def test_a_database_that_is_put_back_while_it_is_served_stops_it_and_the_file_stays(
    lost: int, office: Kecamatan, place: Path, tmp_path: Path
) -> None:
    before = served_until(office, place, tmp_path / "salinan.sqlite", lost)
    act = still_to_come(office)
    put_back_while_it_serves(office, tmp_path / "salinan.sqlite")
    office.ledger.outside.committed()  # as the next commit of anybody would say
    assert stopped_by(office, place, before, act).rule == "outside.shorter"
    assert refused(office, place).rule == "outside.shorter"


@pytest.mark.parametrize("lost", [1, 4])
def test_a_log_that_shrinks_under_the_service_takes_no_act_though_nothing_is_remembered_outside(
    lost: int, office: Kecamatan, tmp_path: Path
) -> None:
    reopen(office)
    copied(office, tmp_path / "salinan.sqlite")
    for official, kind, body in office.steps(case=OTHER_CASE)[:lost]:
        office.do(official, OTHER_CASE, kind, body)
    act = still_to_come(office)
    put_back_while_it_serves(office, tmp_path / "salinan.sqlite")
    found = contents(office.ledger.database)
    for _ in range(2):
        with pytest.raises(Forged) as caught:
            office.ledger.record(act)
        assert (caught.value.rule, caught.value.facts["leaf"]) == ("outside.shorter", OPENED)
    assert contents(office.ledger.database) == found
    office.ledger.close()


@pytest.mark.parametrize("lost", [1, 4])
def test_a_lost_tail_that_others_regrew_past_what_is_remembered_stops_the_service(
    lost: int, office: Kecamatan, place: Path, tmp_path: Path
) -> None:
    before = served_until(office, place, tmp_path / "salinan.sqlite", lost)
    act = still_to_come(office)
    other = Kecamatan(tmp_path / "cabang")
    put_back(other, tmp_path / "salinan.sqlite")
    other.ledger = opened(other)
    other.sop_leaf, other.clock.now = office.sop_leaf, office.clock.now
    other.run("case:33333333-3333-4333-8333-333333333333", upto=6)
    copied(other, tmp_path / "cabang.sqlite")
    other.ledger.close()
    put_back_while_it_serves(office, tmp_path / "cabang.sqlite")
    office.ledger.outside.committed()  # as the next act would say
    assert stopped_by(office, place, before, act).rule == "outside.fork"


def test_a_file_that_was_emptied_with_the_database_put_back_hides_nothing_from_who_wrote_it(
    office: Kecamatan, place: Path, tmp_path: Path
) -> None:
    before = served_until(office, place, tmp_path / "salinan.sqlite", 4)
    put_back_while_it_serves(office, tmp_path / "salinan.sqlite")
    place.write_bytes(b"")
    office.ledger.outside.committed()
    assert until(lambda: office.ledger.outside.contradicted)
    office.ledger.close()
    assert place.read_bytes() == b""
    (folder,) = (office.folder / "evidence").iterdir()
    assert (folder / "remembered").read_bytes() == before


def test_a_database_that_is_put_back_is_found_though_nobody_signs(
    office: Kecamatan, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside_keeper, "RETRY", 0.05)
    before = served_until(office, place, tmp_path / "salinan.sqlite", 1)
    act = still_to_come(office)
    put_back_while_it_serves(office, tmp_path / "salinan.sqlite")
    assert stopped_by(office, place, before, act).rule == "outside.shorter"


def test_a_journal_that_lost_what_would_show_its_growth_stops_the_service(office: Kecamatan, place: Path) -> None:
    reopen(office, place)
    office.run(upto=3)
    assert until(lambda: kept(place).checkpoint.size == OPENED + 3)
    before = place.read_bytes()
    first = open_checkpoint(note_of(office, 1), LOG.vkey).checkpoint
    seen = Seen(size=first.size, root=format_hash(first.root))  # as somebody who looked long ago
    act = still_to_come(office)
    with behind(office.ledger.database) as connection:
        connection.execute("DELETE FROM stored_events WHERE leaf_index = ?", (OPENED + 1,))  # not the last
    official, kind, body = office.steps(case=OTHER_CASE)[0]
    office.do(official, OTHER_CASE, kind, body, seen=seen)
    assert stopped_by(office, place, before, act).rule == "tree.missing"


def test_a_writer_that_is_slow_is_not_overtaken_by_a_newer_checkpoint(
    office: Kecamatan, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    held, go_on = threading.Event(), threading.Event()

    def slow(path: Path, data: bytes, mode: int) -> None:
        if not held.is_set():
            held.set()
            go_on.wait(10)
        written.append(open_checkpoint(data, LOG.vkey).checkpoint.size)
        replace(path, data, mode)

    reopen(office, place)
    with closing(opened(office, place)) as second:
        monkeypatch.setattr(outside_keeper, "replace", slow)
        office.run(upto=1)
        assert held.wait(10)  # the first process has read the journal and is about to write
        official, kind, body = office.steps()[1]
        second.record(office.sign(official, CASE, kind, body))
        time.sleep(0.3)
        assert written == []
        go_on.set()
        assert until(lambda: kept(place).checkpoint.size == OPENED + 2)
    assert written == sorted(written)


WRITER = """
import sys
import datetime as dt
from contextlib import closing
from pathlib import Path
from ledger.application import Ledger
from ledger.database import Database
from tests.kit import Kecamatan
from tests.test_journal import run_case
database = Database.parse(sys.argv[5], Path(sys.argv[1]))
made = Kecamatan(Path(sys.argv[1]), database)
made.ledger.close()
made.ledger = Ledger(made.folder, made.log, lambda: dt.datetime.now(dt.UTC), [Path(sys.argv[4])], database)
made.sop_leaf = sys.argv[3]
with closing(made.ledger):
    for number in range(int(sys.argv[2]), int(sys.argv[2]) + 3):
        run_case(made, made.ledger, number, 12)
"""


def test_several_processes_on_one_store_write_it_and_it_never_goes_back(office: Kecamatan, place: Path) -> None:
    reopen(office, place)
    office.ledger.close()
    url = office.ledger.database.url
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(office.folder), str(first), office.sop_leaf, str(place), url],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for first in (100, 200, 300)
    ]
    seen = [OPENED]
    try:
        while any(writer.poll() is None for writer in writers):
            seen.append(kept(place).checkpoint.size)  # whole at every look
            time.sleep(0.002)
        for writer in writers:
            _, said = writer.communicate(timeout=60)
            assert writer.returncode == 0, said
    finally:
        for writer in writers:
            writer.kill()
    assert seen == sorted(seen)
    assert len(set(seen)) > 5
    assert kept(place).checkpoint.size == OPENED + 3 * 3 * 12
    reopen(office, place)


# --- for whoever starts it --------------------------------------------------------------------------------------


def test_the_command_line_says_why_it_does_not_serve_and_exits_with_one(
    office: Kecamatan, place: Path, tmp_path: Path
) -> None:
    reopen(office, place)
    copied(office, tmp_path / "salinan.sqlite")
    office.run()
    put_back(office, tmp_path / "salinan.sqlite")
    command = ["serve", "--home", str(office.folder), "--port", "0", "--remembered", str(place)]
    told = CliRunner().invoke(main, command)
    assert told.exit_code == 1
    said = " ".join(told.stderr.split())
    assert "Tidak cocok: Buku besar ini kehilangan daun 33 sampai 44" in said
    assert "Inspektorat" in said
    assert "[outside.shorter]" in said
    asked = CliRunner().invoke(main, [*command, "--json"])
    fault = json.loads(asked.stdout)
    assert (asked.exit_code, fault["error"], fault["rule"], fault["facts"]["leaf"]) == (
        1,
        "forged",
        "outside.shorter",
        33,
    )


def test_the_environment_names_the_places_too_and_the_command_line_goes_before_it(
    office: Kecamatan, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = place.with_name("baik")
    good.write_bytes(note_of(office))
    place.write_bytes(b"rusak")
    monkeypatch.setenv("JEJAK_MEMORY", f"{good}:{place}")
    command = ["serve", "--home", str(office.folder), "--port", "0"]
    told = CliRunner().invoke(main, command)
    assert (told.exit_code, "[outside.form]" in told.stderr) == (1, True)
    told = CliRunner().invoke(main, [*command, "--remembered", str(place.with_name("lain"))])
    assert "[outside.missing]" in told.stderr


def test_a_start_reads_a_proof_for_each_note_and_not_the_log(office: Kecamatan, place: Path) -> None:
    office.run()
    for size in (3, 17, 33, 40):
        (place.parent / f"segel-{size}").write_bytes(note_of(office, size))
    place.unlink()
    memory = outside_memory.OutsideMemory.read([place.parent], LOG.vkey)
    read: list[tuple[int, int, int]] = []
    with office.ledger.reading() as rows:
        hashes = rows.hashes

        def counted(level: int, first: int, count: int) -> list[bytes]:
            read.append((level, first, count))
            return hashes(level, first, count)

        rows.hashes = counted  # type: ignore[method-assign]
        rows.entries = rows.entry = rows.stream = None  # type: ignore[assignment, method-assign]
        memory.require_continued(rows, office.folder / "evidence")
    assert len(read) <= 4 * 3
    assert sum(count for _, _, count in read) <= 4 * 45
