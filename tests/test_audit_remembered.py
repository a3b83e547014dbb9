"""Checkpoints that an auditor kept: the log must begin with what they seal, and what was verified need not be again."""

from __future__ import annotations

import doctest
import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import main
from keys.errors import Forged, Malformed, NotJudged
from keys.signing import PublicKey
from ledger import audit_remembered
from ledger.audit import Report, audit
from ledger.audit_remembered import checkpoints_in
from ledger.checkpoint import SignedCheckpoint, open_checkpoint, sign_checkpoint
from ledger.entry import Entry
from ledger.iku import sample
from ledger.note import NoteSigner
from tests.forged_store import LOG, OTHER, Members, busy_office, collude, entries_of, reseal, tamper
from tests.kit import ORIGIN, key

CHANGED = "UPDATE stored_events SET {} WHERE leaf_index = ?"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store in which four cases went on at once, closed."""
    return busy_office(tmp_path_factory.mktemp("busy") / "buku")


@pytest.fixture
def store(office: Path, tmp_path: Path) -> Path:
    """Return a copy of it to attack."""
    return shutil.copytree(office, tmp_path / "salinan")


def note(store: Path, size: int) -> bytes:
    """Return the checkpoint that the log signed over so many leaves."""
    with closing(sqlite3.connect(store / "journal.sqlite")) as connection:
        found = connection.execute("SELECT note FROM checkpoints WHERE size = ?", (size,)).fetchone()
    return bytes(found[0])


def kept(store: Path, *sizes: int) -> tuple[SignedCheckpoint, ...]:
    return tuple(open_checkpoint(note(store, size), LOG.vkey) for size in sizes)


def audited(store: Path, *remembered: SignedCheckpoint, since: bool = False) -> Report:
    return audit(store, vkey=LOG.vkey, remembered=remembered, since_remembered=since)


def found(report: Report) -> list[tuple[int | None, str]]:
    return [(one.leaf, one.rule) for one in report.findings]


# --- notes ------------------------------------------------------------------------------------------------


def test_the_worked_example_is_executed() -> None:
    assert doctest.testmod(audit_remembered).failed == 0


def test_several_notes_stand_one_after_another(office: Path) -> None:
    data = note(office, 3) + note(office, 60) + note(office, 7)
    assert [one.checkpoint.size for one in checkpoints_in(data, LOG.vkey)] == [3, 60, 7]


def test_a_note_with_a_witness_keeps_its_lines_together(office: Path) -> None:
    line = "— saksi.example AAAAAAAA\n".encode()
    (one, other) = checkpoints_in(note(office, 3) + line + note(office, 7), LOG.vkey)
    assert (one.data, other.checkpoint.size) == (note(office, 3) + line, 7)


NO_NOTES = {
    "nothing": lambda one: b"",
    "a line in front": lambda one: b"\n" + one,
    "a line between": lambda one: one + b"\n" + one,
    "a line behind": lambda one: one + b"\n",
    "text behind": lambda one: one + b"dan lagi\n",
    "no signature": lambda one: one.partition("— ".encode())[0],
    "no last newline": lambda one: one[:-1],
}


@pytest.mark.parametrize("change", NO_NOTES.values(), ids=list(NO_NOTES))
def test_what_is_not_notes_and_nothing_else_is_refused(office: Path, change: object) -> None:
    assert callable(change)
    with pytest.raises(Malformed):
        checkpoints_in(change(note(office, 3)), LOG.vkey)


def test_a_note_of_another_key_is_refused(office: Path) -> None:
    foreign = NoteSigner(ORIGIN, key("penipu"))
    sealed = open_checkpoint(note(office, 3), LOG.vkey).checkpoint
    with pytest.raises(Forged):
        checkpoints_in(sign_checkpoint(foreign, ORIGIN, sealed.size, sealed.root), LOG.vkey)


# --- the log begins with what was kept ----------------------------------------------------------------------


def test_a_log_that_continues_what_was_kept_is_sound(office: Path) -> None:
    report = audited(office, *kept(office, 3, 40, len(entries_of(office))))
    assert report.sound
    assert report.verified_from == 0


def test_a_tail_that_was_dropped_with_its_checkpoints_is_found_by_whoever_kept_one(store: Path) -> None:
    remembered = kept(store, 60)
    reseal(store, entries_of(store)[:50], range(1, 50))
    report = audited(store, *remembered)
    assert audited(store).sound
    assert found(report) == [(50, "remembered.cut")]


def test_another_history_under_the_same_key_is_found_and_where_it_may_begin(store: Path) -> None:
    """The service and everybody sign the log anew: nothing in it is wrong, but it is not what was sealed."""
    remembered = kept(store, 20, 40, 60)

    def without_the_instruction(acts: list[Members]) -> list[Members]:
        one = next(one for one in acts if one["kind"] == "direction.given" and one["stream"] == OTHER)
        one["body"]["instruction"] = "Susun yang lain."
        return acts

    collude(store, without_the_instruction)
    assert audited(store).sound
    report = audited(store, *remembered)
    # Signed anew with the same words in the same order, the first acts are the same bytes.
    assert found(report) == [(20, "remembered.root"), (20, "remembered.root")]
    assert report.unsealed_from == report.verified == 20


# --- since then -----------------------------------------------------------------------------------------------


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return where every signature is written down that is verified."""
    met, honest = list[bytes](), PublicKey.verify

    def noted(self: PublicKey, signature: bytes, message: bytes) -> None:
        met.append(signature)
        honest(self, signature, message)

    monkeypatch.setattr(PublicKey, "verify", noted)
    return met


def test_what_was_verified_when_a_checkpoint_was_kept_is_not_verified_again(
    office: Path, verified: list[bytes]
) -> None:
    remembered, entries = kept(office, 45), entries_of(office)
    verified.clear()
    report = audited(office, *remembered, since=True)
    signatures = [Entry.parse(data).envelope.signature for data in entries]
    assert {at for at, one in enumerate(signatures) if one in verified} == set(range(45, len(entries)))
    assert report.sound
    assert report.as_dict()["verified_from"] == 45
    assert report.verified == report.signature["terbukti"] == report.authority["terbukti"] == len(entries) - 45


@pytest.mark.parametrize("size", [1, 2, 33, 34, 60, 78])
def test_wherever_the_checkpoint_was_kept_what_follows_is_judged_the_same(office: Path, size: int) -> None:
    report = audited(office, *kept(office, size), since=True)
    assert report.sound
    assert (report.verified_from, report.verified) == (size, len(entries_of(office)) - size)


def test_the_newest_checkpoint_that_the_log_still_covers_counts(office: Path) -> None:
    assert audited(office, *kept(office, 10, 50, 20), since=True).verified_from == 50


def test_a_leaf_that_was_changed_below_what_was_kept_is_found_and_everything_is_verified(store: Path) -> None:
    remembered, data = kept(store, 45), bytearray(entries_of(store)[40])
    data[300] ^= 1
    tamper(store, (CHANGED.format("state = ?"), (bytes(data), 40)))
    report = audited(store, *remembered, since=True)
    assert report.verified_from == 0
    assert (40, "entry.leaf_hash") in found(report)


def test_a_leaf_hash_that_was_made_to_fit_changed_bytes_does_not_help(store: Path) -> None:
    remembered = kept(store, 45)
    reseal(store, [*entries_of(store)[:40], *entries_of(store)[41:]], range(1, 70))
    report = audited(store, *remembered, since=True)
    assert report.verified_from == 0
    assert "remembered.root" in {one.rule for one in report.findings}


def test_a_missing_leaf_below_what_was_kept_is_found(store: Path) -> None:
    remembered = kept(store, 45)
    tamper(store, ("DELETE FROM stored_events WHERE leaf_index = ?", (40,)))
    report = audited(store, *remembered, since=True)
    assert (40, "entry.missing") in found(report)
    assert report.verified_from == 0


def test_what_is_forged_after_it_is_found(store: Path) -> None:
    remembered = kept(store, 45)

    def stranger(acts: list[Members]) -> list[Members]:
        acts[60] |= {"official": "budi-santoso", "mandate": "sekcam-budi-santoso"}
        return acts

    collude(store, stranger)
    report = audited(store, *remembered, since=True)
    assert report.verified_from == 45
    assert 60 in {one.leaf for one in report.findings}
    assert min(one.leaf for one in report.findings if one.leaf is not None) == 60


def test_a_number_that_was_taken_before_it_is_taken(store: Path) -> None:
    def twice(acts: list[Members]) -> list[Members]:
        first, _, third = (one["body"] for one in acts if one["kind"] == "agenda.recorded")
        third |= {"number": first["number"], "agenda_no": first["agenda_no"]}
        return acts

    size = next(at for at, one in enumerate(entries_of(store)) if proves_number(one)) + 1
    collude(store, twice)
    report = audited(store, *kept(store, size), since=True)
    assert report.verified_from == size
    assert "agenda.number" in {one.rule for one in report.findings}


def proves_number(entry: bytes) -> bool:
    return b'"kind":"agenda.recorded"' in Entry.parse(entry).envelope.unverified_payload


def test_a_document_is_read_again_though_its_act_was_verified(store: Path) -> None:
    """What a document's bytes are is in no leaf."""
    name = hashlib.sha256(sample("kecamatan-sidemen")).hexdigest()
    (store / "documents" / name[:2] / name).unlink()
    report = audited(store, *kept(store, 70), since=True)
    assert {one.rule for one in report.findings} == {"document.unknown"}
    assert not report.broken


def test_what_cannot_have_been_sound_is_said_so_and_proves_nothing(store: Path) -> None:
    def unasked(acts: list[Members]) -> list[Members]:
        return [one for one in acts if one["kind"] != "sop.enacted"]

    collude(store, unasked)
    with pytest.raises(NotJudged) as caught:
        audited(store, *kept(store, 70), since=True)
    assert caught.value.rule == "audit.remembered"
    assert "--since-remembered" in caught.value.allowed


# --- on the command line ----------------------------------------------------------------------------------------


def told(*args: object, code: int = 0) -> dict[str, object]:
    result = CliRunner().invoke(main, ["audit", *map(str, args), "--vkey", str(LOG.vkey), "--json"])
    assert result.exit_code == code, result.output
    said = json.loads(result.stdout)
    assert isinstance(said, dict)
    return said


def test_what_an_audit_keeps_the_next_one_begins_from(office: Path, tmp_path: Path) -> None:
    shorter = shutil.copytree(office, tmp_path / "dahulu")
    reseal(shorter, entries_of(office)[:50], range(1, 50))
    told("--store", shorter, "--keep", tmp_path / "segel")
    assert (tmp_path / "segel").read_bytes() == note(office, 50)
    said = told("--store", office, "--remembered", tmp_path / "segel", "--since-remembered")
    assert (said["verified_from"], said["sound"]) == (50, True)
    command = ["audit", "--store", office, "--remembered", tmp_path / "segel", "--since-remembered", "--vkey", LOG.vkey]
    page = CliRunner().invoke(main, [str(one) for one in command])
    assert "Tanda tangan diperiksa mulai daun 50." in " ".join(page.stdout.split())


def test_of_a_log_that_is_not_sound_nothing_is_kept(store: Path, tmp_path: Path) -> None:
    tamper(store, ("UPDATE checkpoints SET note = x'00' WHERE size = ?", (60,)))
    assert told("--store", store, "--keep", tmp_path / "segel", code=1)["checkpoint"] == ""
    assert not (tmp_path / "segel").exists()


def test_the_memory_of_a_client_will_do(office: Path, tmp_path: Path) -> None:
    (tmp_path / "ingatan").mkdir()
    (tmp_path / "ingatan" / "checkpoint").write_bytes(note(office, 60))
    assert told("--store", office, "--remembered", tmp_path / "ingatan")["sound"] is True


def test_several_are_brought_and_each_is_held_to_the_log(store: Path, tmp_path: Path) -> None:
    (tmp_path / "satu").write_bytes(note(store, 10) + note(store, 70))
    (tmp_path / "dua").write_bytes(note(store, 60))
    reseal(store, entries_of(store)[:65], range(1, 65))
    said = told("--store", store, "--remembered", tmp_path / "satu", "--remembered", tmp_path / "dua", code=1)
    assert isinstance(said["findings"], list)
    assert [(one["leaf"], one["rule"]) for one in said["findings"]] == [(65, "remembered.cut")]


def test_a_memory_without_a_checkpoint_is_a_fault(office: Path, tmp_path: Path) -> None:
    assert told("--store", office, "--remembered", tmp_path, code=1)["rule"] == "file.read"


def test_to_begin_from_nothing_is_misuse(office: Path) -> None:
    assert told("--store", office, "--since-remembered", code=3)["rule"] == "cli.usage"
