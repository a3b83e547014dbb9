"""A store that an adversary prepared: nothing slips in beside the log, nothing hangs or crashes the auditor."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from keys.envelope import Envelope
from keys.errors import Forged, Unavailable
from ledger.acts import PAYLOAD_TYPE, act_of, compose
from ledger.application import Ledger
from ledger.audit import Report, audit
from ledger.documents import digest_of
from ledger.entry import Entry
from ledger.iku import sample
from ledger.merkle import leaf_hash
from tests.kit import CASE, MORNING, Clock, Kecamatan, key, mandate_of, the_sop
from tests.test_audit import LOG

pytestmark = pytest.mark.sqlite("an audit of a store reads its files")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with a case that has come to the paraf, closed."""
    folder = tmp_path_factory.mktemp("begun") / "ledger"
    kecamatan = Kecamatan(folder).open()
    kecamatan.run(upto=5)
    kecamatan.ledger.close()
    return folder


@pytest.fixture
def store(begun: Path, tmp_path: Path) -> Path:
    """Return a copy of the store to attack."""
    return shutil.copytree(begun, tmp_path / "copy")


def change(store: Path, *statements: str, parameters: tuple[object, ...] = ()) -> None:
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            connection.execute(statement, parameters)
        connection.commit()


def hidden_paraf(store: Path) -> None:
    """Slip in the Sekcam's paraf, signed by a stranger, at leaf index -1."""
    kecamatan_leaf = newest(store)
    payload = compose(
        ledger=LOG.name,
        seen=None,
        stream=CASE,
        version=6,
        previous=kecamatan_leaf,
        kind="paraf.given",
        official="budi-santoso",
        mandate=mandate_of("budi-santoso"),
        occurred_at="2026-03-02T09:00:00+07:00",
        body={"step": "6", "document": digest_of(sample("kecamatan-sidemen"))},
    )
    data = Entry.record(Envelope.seal(PAYLOAD_TYPE, payload, key("penipu")), MORNING).data
    row = (-1, CASE, 6, "paraf.given", data, leaf_hash(data))
    change(store, "INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?)", parameters=row)


def newest(store: Path) -> str:
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        query = "SELECT leaf_hash FROM stored_events WHERE originator_id = ? ORDER BY originator_version DESC LIMIT 1"
        found: bytes = connection.execute(query, (CASE,)).fetchone()[0]
    return found.hex()


def rules(report: Report) -> set[str]:
    return {one.rule for one in report.findings}


def test_an_act_hidden_below_leaf_0_is_found(store: Path) -> None:
    hidden_paraf(store)
    report = audit(store, vkey=LOG.vkey)
    assert "entry.stray" in rules(report)
    assert report.verified == 0


def test_the_service_does_not_start_on_a_journal_with_an_act_hidden_below_leaf_0(store: Path) -> None:
    hidden_paraf(store)
    with pytest.raises(Forged, match="di luar urutan"):
        Ledger(store, LOG, Clock())


def test_an_act_that_is_hidden_while_the_service_runs_is_no_history_to_it(begun: Path, tmp_path: Path) -> None:
    kecamatan = Kecamatan(tmp_path / "running").open()
    kecamatan.run(upto=5)
    hidden_paraf(tmp_path / "running")
    now = kecamatan.ledger.stream(CASE)
    assert now is not None
    assert now.version == 5
    with pytest.raises(
        Unavailable
    ):  # its place is taken in the file: nothing is built on it, and nothing passes it over
        kecamatan.run_from(5, 6)
    kecamatan.ledger.close()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW palsu AS SELECT 1",
        "CREATE TRIGGER palsu AFTER INSERT ON checkpoints BEGIN DELETE FROM frontier; END",
        "CREATE TABLE lain (x)",
        "CREATE INDEX lain ON stored_events (topic)",
        "ALTER TABLE stored_events ADD COLUMN lain",
        "DROP TABLE frontier",
    ],
)
def test_a_file_with_other_tables_views_or_triggers_is_no_journal(store: Path, statement: str) -> None:
    change(store, statement)
    with pytest.raises(Forged) as caught:
        audit(store, vkey=LOG.vkey)
    assert caught.value.rule == "store.form"


def test_an_endless_view_in_place_of_a_table_does_not_hold_the_auditor(store: Path) -> None:
    endless = (
        "CREATE VIEW tile_hashes AS WITH RECURSIVE r (level, position, hash) AS (SELECT 8, 0, x'00' "
        "UNION ALL SELECT level, position + 1, hash FROM r) SELECT * FROM r"
    )
    change(store, "DROP TABLE tile_hashes", endless)
    with pytest.raises(Forged, match="bukan buku besar Jejak"):
        audit(store, vkey=LOG.vkey)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE checkpoints SET note = 'teks' WHERE size = 38",
        "UPDATE checkpoints SET note = -7 WHERE size = 38",
        "UPDATE frontier SET data = 'teks'",
        "UPDATE frontier SET data = 1.5",
        "INSERT INTO frontier VALUES (2, x'00')",
        "INSERT INTO tile_hashes VALUES ('x', 0, x'00')",
        "INSERT INTO tile_hashes VALUES (8, 0, 'teks')",
        "UPDATE stored_events SET leaf_hash = 'teks' WHERE leaf_index = 7",
        "UPDATE stored_events SET state = 9223372036854775807 WHERE leaf_index = 7",
        "UPDATE stored_events SET topic = x'00' WHERE leaf_index = 7",
        "UPDATE stored_events SET originator_version = 'satu' WHERE leaf_index = 7",
        "INSERT INTO checkpoints SELECT -9223372036854775808, note FROM checkpoints LIMIT 1",
    ],
)
def test_a_value_of_another_type_is_a_finding_and_no_crash(store: Path, statement: str) -> None:
    change(store, statement)
    report = audit(store, vkey=LOG.vkey)
    assert report.broken
    assert not report.sound


def test_a_value_larger_than_any_entry_is_refused(store: Path) -> None:
    change(store, "UPDATE stored_events SET state = zeroblob(100000000) WHERE leaf_index = 7")
    with pytest.raises(Forged, match="rusak"):
        audit(store, vkey=LOG.vkey)


def test_a_copy_taken_in_the_middle_of_a_change_is_refused(store: Path) -> None:
    (store / "journal.sqlite-journal").write_bytes(b"x")
    with pytest.raises(Forged, match="jurnal pemulihan"):
        audit(store, vkey=LOG.vkey)


def document(store: Path) -> Path:
    name = digest_of(sample("kecamatan-sidemen")).removeprefix("sha256:")
    return store / "documents" / name[:2] / name


@pytest.mark.parametrize("trick", ["pipe", "link out", "link to a device", "folder", "linked folder"])
def test_what_is_no_plain_file_is_no_document(store: Path, tmp_path: Path, trick: str) -> None:
    path = document(store)
    data = path.read_bytes()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / path.name).write_bytes(data)
    path.unlink()
    match trick:
        case "pipe":
            os.mkfifo(path)
        case "link out":
            path.symlink_to(outside / path.name)
        case "link to a device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "linked folder":
            shutil.rmtree(path.parent)
            path.parent.symlink_to(outside)
    assert "document.altered" in rules(audit(store, vkey=LOG.vkey))


def test_a_document_of_another_size_than_was_signed_is_found(tmp_path: Path) -> None:
    """The service refuses such an act; an operator who lets it pass is found."""
    kecamatan = Kecamatan(tmp_path / "ledger").open()
    kecamatan.ledger.documents.require = lambda references: None  # type: ignore[method-assign]  # a tampered service
    official, kind, body = kecamatan.steps()[0]
    kecamatan.do(official, CASE, kind, body | {"letter": body["letter"] | {"scan": kecamatan.letter | {"size": 1}}})
    kecamatan.ledger.close()
    report = audit(tmp_path / "ledger", vkey=LOG.vkey)
    assert (33, "document.size") in {(one.leaf, one.rule) for one in report.findings}


def test_an_enactment_is_never_taken_from_beside_the_log(begun: Path, store: Path) -> None:
    """A hidden SOP that no walk has met cannot be what a case is judged by."""
    payload = compose(
        ledger=LOG.name,
        seen=None,
        stream="sop:sop-gelap",
        version=1,
        previous=None,
        kind="sop.enacted",
        official="sri-wahyuni",
        mandate=mandate_of("sri-wahyuni"),
        occurred_at="2026-03-02T09:00:00+07:00",
        body={"sop": the_sop().plain() | {"slug": "sop-gelap"}},
    )
    envelope = Envelope.seal(PAYLOAD_TYPE, payload, key("penipu"))
    data = Entry.record(envelope, MORNING).data
    row = (-1, act_of(envelope).stream, 1, "sop.enacted", data, leaf_hash(data))
    change(store, "INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?)", parameters=row)
    assert "entry.stray" in rules(audit(store, vkey=LOG.vkey))
    assert audit(begun, vkey=LOG.vkey).sound


def test_rows_that_are_in_the_table_and_in_no_index_are_found(store: Path) -> None:
    """What a covering index answers is not what the table holds: the file's own parts must fit together."""
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        index = connection.execute("SELECT * FROM sqlite_master WHERE name LIKE '%autoindex_stored%'").fetchone()
        table = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'stored_events'").fetchone()[0]
        bare = table.replace(", UNIQUE (originator_id, originator_version)", "")
        connection.execute("DELETE FROM sqlite_master WHERE name LIKE '%autoindex_stored%'")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'stored_events'", (bare,))
        connection.commit()
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("INSERT INTO stored_events VALUES (-5, 'register', 900, 'key.approved', x'00', x'00')")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", index)
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'stored_events'", (table,))
        connection.commit()
    with pytest.raises(Forged) as caught:
        audit(store, vkey=LOG.vkey)
    assert caught.value.rule == "store.unreadable"


def test_documents_that_are_kept_elsewhere_are_not_in_the_copy(store: Path, tmp_path: Path) -> None:
    (store / "documents").rename(tmp_path / "elsewhere")
    (store / "documents").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Forged, match="menunjuk ke luar"):
        audit(store, vkey=LOG.vkey)


@pytest.mark.parametrize("data", [b"", b"bukan sqlite", b"SQLite format 3\0" + bytes(85)])
def test_a_file_that_is_no_sqlite_database_is_refused(store: Path, data: bytes) -> None:
    (store / "journal.sqlite").write_bytes(data)
    with pytest.raises(Forged, match="rusak"):
        audit(store, vkey=LOG.vkey)


def shared_children(path: Path, levels: int = 17, fan: int = 20) -> None:
    """Make an index of the file a tree in which every page names the same next page ``fan`` times over."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_stored_events_1'"
        root: int = connection.execute(query).fetchone()[0]
        size: int = connection.execute("PRAGMA page_size").fetchone()[0]
    data = bytearray(path.read_bytes())
    pages = len(data) // size

    def interior(child: int) -> bytes:
        cell = struct.pack(">I", child) + bytes([3, 2, 1, 7])
        page = bytearray(size)
        page[size - fan * len(cell) :] = cell * fan
        page[:12] = struct.pack(">BHHHBI", 2, 0, fan, size - fan * len(cell), 0, child)
        starts = [size - (number + 1) * len(cell) for number in range(fan)]
        page[12 : 12 + 2 * fan] = struct.pack(f">{fan}H", *starts)
        return bytes(page)

    leaf = bytearray(size)
    leaf[size - 4 :] = bytes([3, 2, 1, 7])
    leaf[:10] = struct.pack(">BHHHBH", 10, 0, 1, size - 4, 0, size - 4)
    data[(root - 1) * size : root * size] = interior(pages + 1)
    for level in range(1, levels):
        data += interior(pages + level + 1)
    data += leaf
    data[28:32] = struct.pack(">I", len(data) // size)
    path.write_bytes(bytes(data))


def test_a_file_whose_pages_share_their_children_does_not_hold_the_auditor(store: Path) -> None:
    shared_children(store / "journal.sqlite")
    command = [sys.executable, "-m", "api.cli", "audit", "--store", str(store), "--vkey", str(LOG.vkey), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert '"store.unreadable"' in done.stdout
