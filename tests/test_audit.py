"""The audit: what was changed in a store is found and the leaf is named. One attack each."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from keys.envelope import Envelope
from keys.errors import Forged, NotFound
from ledger.acts import PAYLOAD_TYPE
from ledger.audit import NOT_JUDGED, Audit, Brief, Report, audit
from ledger.checkpoint import sign_checkpoint
from ledger.entry import Entry
from ledger.iku import sample
from ledger.merkle import Frontier, grow, leaf_hash
from ledger.note import NoteSigner, VerifierKey
from ledger.recorded import Recorded
from ledger.rows import Rows
from ledger.store import documents_in
from tests.kit import CASE, MORNING, ORIGIN, Kecamatan, key, mandate

pytestmark = pytest.mark.sqlite("an audit of a store reads its files")

LOG = NoteSigner(ORIGIN, key("log"))
LEAVES = 45
#: When a tampered service took another act.
LATER = MORNING + dt.timedelta(days=1)
#: `make tamper` changes every byte of all five; the quick run every fifth, beginning elsewhere in each.
LONG = os.environ.get("JEJAK_TEST_LONG") == "1"
#: Five entries of which every byte is changed: leaf 0, an approval, a disposition, a paraf, the last dispatch.
EVERY_BYTE = (1, 3, 33, 38, 44)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with a whole case, closed."""
    folder = tmp_path_factory.mktemp("store") / "ledger"
    kecamatan = Kecamatan(folder).open()
    kecamatan.run()
    kecamatan.ledger.close()
    return folder


@pytest.fixture
def store(sound: Path, tmp_path: Path) -> Path:
    """Return a copy of the store to attack."""
    return shutil.copytree(sound, tmp_path / "copy")


def attack(store: Path, *statements: tuple[str, tuple[object, ...]]) -> Report:
    """Run statements on the store's database, then audit it."""
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement, parameters in statements:
            connection.execute(statement, parameters)
        connection.commit()
    return audit(store, vkey=LOG.vkey)


def entry_of(store: Path, index: int) -> bytes:
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        row = connection.execute("SELECT state FROM stored_events WHERE leaf_index = ?", (index,)).fetchone()
    return bytes(row[0])


def leaves(report: Report) -> set[int | None]:
    return {one.leaf for one in report.findings if one.verdict != NOT_JUDGED}


def test_every_leaf_of_an_untouched_store_is_verified(sound: Path) -> None:
    report = audit(sound, vkey=LOG.vkey)
    assert report.sound
    assert report.verified == report.leaves == LEAVES
    assert report.findings == []
    assert report.signature == report.authority == {"terbukti": LEAVES, "tidak cocok": 0, "tidak dapat dinilai": 0}
    assert report.synthetic is True
    assert report.newest_recorded_at.encode() in entry_of(sound, LEAVES - 1)[:60]


def test_a_report_does_not_guess_what_broken_leaves_no_longer_say(store: Path) -> None:
    report = attack(store, *(
        ("UPDATE stored_events SET state = X'7B7D' WHERE leaf_index = ?", (index,)) for index in (0, LEAVES - 1)
    ))  # fmt: skip
    assert (report.synthetic, report.newest_recorded_at) == (None, "")


@pytest.fixture(scope="module")
def memory(sound: Path) -> Iterator[sqlite3.Connection]:
    """Return the store's database in memory, for many small attacks."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with closing(sqlite3.connect(sound / "journal.sqlite")) as source:
        source.backup(connection)
    yield connection
    connection.close()


def audit_in(connection: sqlite3.Connection, sound: Path) -> Report:
    rows = Rows(lambda statement, parameters: connection.execute(statement, parameters).fetchall())
    return Audit(rows, documents_in(sound).read, Brief(LOG.vkey), rows).run()


def changed_bytes() -> list[tuple[int, str]]:
    others = [(index, "one random byte") for index in range(LEAVES) if index not in EVERY_BYTE]
    return [(index, "every byte") for index in EVERY_BYTE] + others


@pytest.mark.parametrize(("index", "which"), changed_bytes())
def test_a_changed_byte_is_found_and_its_leaf_named(
    memory: sqlite3.Connection, sound: Path, index: int, which: str
) -> None:
    state = entry_of(sound, index)
    random_byte = random.Random(index).randrange(len(state))  # noqa: S311  a reproducible choice, not a secret
    step = 1 if LONG else 5
    for position in range(index % step, len(state), step) if which == "every byte" else [random_byte]:
        changed = bytearray(state)
        changed[position] ^= 1 << position % 8
        memory.execute("UPDATE stored_events SET state = ? WHERE leaf_index = ?", (bytes(changed), index))
        report = audit_in(memory, sound)
        assert report.broken, position
        assert index in leaves(report), position
        assert index not in range(report.verified), position
    memory.execute("UPDATE stored_events SET state = ? WHERE leaf_index = ?", (state, index))
    assert audit_in(memory, sound).sound


EVENT = "UPDATE stored_events SET {} = ? WHERE leaf_index = 38"
TABLE_ATTACKS: list[tuple[str, str, object, int | None, str]] = [
    ("the stream column", EVENT.format("originator_id"), "case:2", 38, "entry.columns"),
    ("the version column", EVENT.format("originator_version"), 99, 38, "entry.columns"),
    ("the kind column", EVENT.format("topic"), "signature.given", 38, "entry.columns"),
    ("the leaf hash column", EVENT.format("leaf_hash"), bytes(32), 38, "entry.leaf_hash"),
    ("a column of another type", EVENT.format("state"), 7, 38, "entry.form"),
    ("a leaf in the middle, deleted", "DELETE FROM stored_events WHERE leaf_index = ?", 38, 38, "entry.missing"),
    ("the tail, deleted", "DELETE FROM stored_events WHERE leaf_index >= ?", 43, 43, "log.cut"),
    ("the newest checkpoint, deleted", "DELETE FROM checkpoints WHERE size = ?", 45, 44, "log.unsealed"),
    ("a checkpoint of another size", "UPDATE checkpoints SET size = ? WHERE size = 45", 46, 45, "log.cut"),
    ("the frontier", "UPDATE frontier SET data = ?", Frontier().dump(), None, "tree.frontier"),
    ("an unreadable frontier", "UPDATE frontier SET data = ?", b"x", None, "tree.frontier"),
    ("a tile hash slipped in", "INSERT INTO tile_hashes VALUES (8, 0, ?)", bytes(32), None, "tree.tile"),
]


@pytest.mark.parametrize("attacked", TABLE_ATTACKS, ids=[one[0] for one in TABLE_ATTACKS])
def test_an_attack_on_one_table_is_found(store: Path, attacked: tuple[str, str, object, int | None, str]) -> None:
    _, statement, value, leaf, rule = attacked
    report = attack(store, (statement, (value,)))
    assert report.broken
    assert (leaf, rule) in {(one.leaf, one.rule) for one in report.findings}


def test_a_checkpoint_signed_by_another_key_is_found(store: Path) -> None:
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        frontier = Frontier.load(connection.execute("SELECT data FROM frontier").fetchone()[0])
    foreign = sign_checkpoint(NoteSigner(ORIGIN, key("penipu")), ORIGIN, frontier.size, frontier.root)
    report = attack(store, ("UPDATE checkpoints SET note = ? WHERE size = 45", (foreign,)))
    assert (44, "checkpoint.signature") in {(one.leaf, one.rule) for one in report.findings}


def rewrite(store: Path, change: Callable[[list[bytes]], list[bytes]], signer: NoteSigner = LOG) -> Report:
    """Rewrite the whole log as its operator could: new entries, new tree, a new checkpoint by the log's own key."""
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        found = connection.execute("SELECT state FROM stored_events ORDER BY leaf_index").fetchall()
        entries = change([bytes(state) for (state,) in found])
        frontier, _ = grow(Frontier(), map(leaf_hash, entries))
        connection.execute("DELETE FROM stored_events")
        connection.execute("DELETE FROM checkpoints")
        for index, data in enumerate(entries):
            envelope = Entry.parse(data).envelope
            act = Recorded.new(index, _signed(envelope), Entry.parse(data).recorded_at).act
            row = (index, act.stream, act.version, act.kind, data, leaf_hash(data))
            connection.execute("INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?)", row)
        note = sign_checkpoint(signer, ORIGIN, frontier.size, frontier.root)
        connection.execute("INSERT INTO checkpoints VALUES (?, ?)", (frontier.size, note))
        connection.execute("UPDATE frontier SET data = ?", (frontier.dump(),))
        connection.commit()
    return audit(store, vkey=LOG.vkey)


class _signed:  # noqa: N801  stands where a verified act would: the forger has not verified anything
    def __init__(self, envelope: Envelope) -> None:
        from ledger.acts import act_of

        self.envelope, self.act = envelope, act_of(envelope)


def test_the_operator_cannot_drop_an_act_that_others_built_on(store: Path) -> None:
    report = rewrite(store, lambda entries: entries[:38] + entries[39:])
    assert (38, "stream.version") in {(one.leaf, one.rule) for one in report.findings}


def test_the_operator_cannot_swap_two_acts(store: Path) -> None:
    report = rewrite(store, lambda entries: [*entries[:37], entries[38], entries[37], *entries[39:]])
    assert report.broken
    assert 37 in leaves(report)


def test_the_operator_cannot_change_the_time_of_recording(store: Path) -> None:
    """The next act of the stream names the hash of this entry, time included."""

    def backdate(entries: list[bytes]) -> list[bytes]:
        entry = Entry.parse(entries[38])
        return [*entries[:38], Entry.record(entry.envelope, Entry.parse(entries[37]).recorded_at).data, *entries[39:]]

    report = rewrite(store, backdate)
    assert (39, "stream.previous") in {(one.leaf, one.rule) for one in report.findings}


def test_the_operator_cannot_sign_for_an_official(store: Path) -> None:
    def forge(entries: list[bytes]) -> list[bytes]:
        entry = Entry.parse(entries[44])
        payload = entry.envelope.unverified_payload.replace(b"Petugas", b"Penipu!")
        forged = Envelope.seal(PAYLOAD_TYPE, payload, key("penipu"))
        return [*entries[:44], Entry.record(forged, entry.recorded_at).data]

    report = rewrite(store, forge)
    assert [(one.leaf, one.rule, one.verdict, one.about) for one in report.findings] == [
        (44, "authority.key", "tidak cocok", "authority"),
        (44, "signature.key", "tidak dapat dinilai", "signature"),
    ]
    assert report.as_dict()["signature"] == {"terbukti": 44, "tidak cocok": 0, "tidak dapat dinilai": 1}
    assert report.as_dict()["authority"] == {"terbukti": 44, "tidak cocok": 1, "tidak dapat dinilai": 0}


def test_an_official_cannot_sign_with_another_officials_key(store: Path) -> None:
    def forge(entries: list[bytes]) -> list[bytes]:
        entry = Entry.parse(entries[44])
        forged = Envelope.seal(PAYLOAD_TYPE, entry.envelope.unverified_payload, key("budi-santoso"))
        return [*entries[:44], Entry.record(forged, entry.recorded_at).data]

    report = rewrite(store, forge)
    assert (44, "authority.official") in {(one.leaf, one.rule) for one in report.findings}


def taken_away(tmp_path: Path, kind: str, body: dict[str, str]) -> tuple[Path, int]:
    """Return a store whose last act takes power from the Sekcam before his paraf, closed; and its next leaf."""
    folder = tmp_path / "taken"
    kecamatan = Kecamatan(folder).open()
    kecamatan.run(upto=5)
    paraf = kecamatan.sign("budi-santoso", CASE, *kecamatan.steps()[5][1:])
    index = kecamatan.do("dewi-lestari", "register", kind, body).recorded.index + 1
    kecamatan.ledger.close()
    (tmp_path / "paraf").write_bytes(paraf)
    return folder, index


REVOKED = {"keyid": key("budi-santoso").public.id, "reason": "lost"}
WITHDRAWN = {"mandate": "sekcam-budi-santoso", "reason": "Mutasi."}


@pytest.mark.parametrize(
    ("kind", "body", "rule"),
    [("key.revoked", REVOKED, "authority.key"), ("mandate.withdrawn", WITHDRAWN, "authority.mandate")],
)
def test_what_a_tampered_service_took_from_a_signer_without_power_is_named_and_its_signature_counts_as_proved(
    kind: str, body: dict[str, str], rule: str, tmp_path: Path
) -> None:
    folder, index = taken_away(tmp_path, kind, body)
    envelope = Envelope.parse((tmp_path / "paraf").read_bytes())
    report = rewrite(folder, lambda entries: [*entries, Entry.record(envelope, LATER).data])
    assert [(one.leaf, one.rule, one.verdict, one.about) for one in report.findings] == [
        (index, rule, "tidak cocok", "authority")
    ]
    assert report.signature == {"terbukti": index + 1, "tidak cocok": 0, "tidak dapat dinilai": 0}
    assert report.authority == {"terbukti": index, "tidak cocok": 1, "tidak dapat dinilai": 0}


def test_what_a_tampered_service_took_after_the_last_day_of_a_mandate_is_named_and_its_signature_counts_as_proved(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "expired"
    kecamatan = Kecamatan(folder).open()
    kecamatan.approve("mandate", {"mandate": mandate("sri-wahyuni", mandate="sehari", end="2026-03-02")})
    official, kind, body = kecamatan.steps()[0]
    envelope = Envelope.parse(kecamatan.sign(official, CASE, kind, body, mandate="sehari"))
    kecamatan.ledger.close()
    report = rewrite(folder, lambda entries: [*entries, Entry.record(envelope, LATER).data])
    assert [(one.leaf, one.rule, one.about) for one in report.findings] == [
        (report.leaves - 1, "authority.period", "authority")
    ]
    assert report.signature["terbukti"] == report.leaves
    assert report.authority == {"terbukti": report.leaves - 1, "tidak cocok": 1, "tidak dapat dinilai": 0}


def test_an_act_that_breaks_the_procedure_by_whoever_holds_the_power_is_no_finding_about_authority(
    store: Path,
) -> None:
    def out_of_order(entries: list[bytes]) -> list[bytes]:
        entry = Entry.parse(entries[38])
        act = entry.envelope.unverified_payload.replace(b'"paraf.given"', b'"agenda.ordered"')
        return [*entries[:38], Entry.record(Envelope.seal(PAYLOAD_TYPE, act, key("budi-santoso")), LATER).data]

    report = rewrite(store, out_of_order)
    (finding,) = report.findings
    assert (finding.leaf, finding.about) == (38, None)
    assert not finding.rule.startswith("authority.")
    assert report.authority["terbukti"] == report.signature["terbukti"] == report.leaves == 39


def test_an_act_that_breaks_the_procedure_without_the_power_is_two_findings(store: Path) -> None:
    def wrong_twice(entries: list[bytes]) -> list[bytes]:
        entry = Entry.parse(entries[38])
        act = entry.envelope.unverified_payload.replace(b'"version":6', b'"version":7').replace(b'"6"', b'"7"')
        return [*entries[:38], Entry.record(Envelope.seal(PAYLOAD_TYPE, act, key("budi-santoso")), LATER).data]

    report = rewrite(store, wrong_twice)
    assert [(one.rule, one.about) for one in report.findings] == [
        ("stream.version", None),
        ("authority.office", "authority"),
    ]


def test_a_forged_signature_is_a_finding_about_it_and_its_authority_is_not_judged(store: Path) -> None:
    def forge(entries: list[bytes]) -> list[bytes]:
        last = Entry.parse(entries[44])
        other = Envelope.seal(PAYLOAD_TYPE, b"{}", key("agus-salim")).data.split(b'"sig":')[1]
        data = last.envelope.data.split(b'"sig":')[0] + b'"sig":' + other
        return [*entries[:44], Entry.record(Envelope.parse(data), last.recorded_at).data]

    report = rewrite(store, forge)
    assert [(one.leaf, one.rule, one.about) for one in report.findings] == [(44, "signature.invalid", "signature")]
    assert report.signature == {"terbukti": 44, "tidak cocok": 1, "tidak dapat dinilai": 0}
    assert report.authority == {"terbukti": 44, "tidak cocok": 0, "tidak dapat dinilai": 1}


def test_dropping_the_tail_with_a_new_checkpoint_is_not_seen_without_outside_memory(store: Path) -> None:
    """What this audit cannot see is said: only a checkpoint or receipt kept outside shows a tail that was dropped."""
    report = rewrite(store, lambda entries: entries[:40])
    assert report.sound
    assert report.leaves == 40


def test_an_altered_document_is_found_at_the_acts_that_name_it(store: Path) -> None:
    name = hashlib.sha256(sample("kecamatan-sidemen")).hexdigest()
    document = store / "documents" / name[:2] / name
    document.write_bytes(document.read_bytes().replace(b"Kasi", b"Kasu"))
    report = audit(store, vkey=LOG.vkey)
    assert {one.rule for one in report.findings} == {"document.altered"}
    assert leaves(report) == {35, 36}


def test_a_missing_document_cannot_be_judged(store: Path) -> None:
    name = hashlib.sha256(b"bukti kirim (sintetis)").hexdigest()
    (store / "documents" / name[:2] / name).unlink()
    report = audit(store, vkey=LOG.vkey)
    assert not report.sound
    assert not report.broken
    assert {one.verdict for one in report.findings} == {NOT_JUDGED}


def test_acts_after_a_broken_one_in_the_same_stream_are_not_called_proved(store: Path) -> None:
    state = bytearray(entry_of(store, 38))
    state[200] ^= 1
    report = attack(store, ("UPDATE stored_events SET state = ? WHERE leaf_index = 38", (bytes(state),)))
    assert {one.leaf for one in report.findings if one.verdict == NOT_JUDGED} == set(range(39, LEAVES))
    assert report.verified == 38


def test_another_founding_than_the_pinned_one_is_refused(sound: Path) -> None:
    report = audit(sound, vkey=LOG.vkey, founding="0" * 64)
    assert (0, "ledger.founded") in {(one.leaf, one.rule) for one in report.findings}
    assert audit(sound, vkey=LOG.vkey, founding=report.founding).sound


def test_a_log_key_that_the_auditor_does_not_hold_fails_everything(sound: Path) -> None:
    report = audit(sound, vkey=VerifierKey(ORIGIN, key("penipu").public))
    assert report.broken
    assert report.verified == 0


def test_an_empty_store_is_not_sound(tmp_path: Path) -> None:
    Kecamatan(tmp_path).ledger.close()
    assert audit(tmp_path, vkey=LOG.vkey).broken


def test_a_folder_without_a_journal_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="Tidak ada buku besar"):
        audit(tmp_path, vkey=LOG.vkey)


def test_a_damaged_database_file_is_a_finding_not_a_crash(store: Path) -> None:
    path = store / "journal.sqlite"
    data = bytearray(path.read_bytes())
    data[4096 : 4096 * 3] = bytes(4096 * 2)
    path.write_bytes(bytes(data))
    with pytest.raises(Forged, match="rusak"):
        audit(store, vkey=LOG.vkey)


def test_the_audit_reads_and_writes_nothing(sound: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in sorted(sound.rglob("*"))}
    audit(sound, vkey=LOG.vkey)
    assert {path: path.stat().st_mtime_ns for path in sorted(sound.rglob("*"))} == before
