"""Checkpoints that an auditor kept: the log must begin with what they seal, and what was verified need not be again."""

from __future__ import annotations

import doctest
import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from api import cli_audit
from api.cli import main
from api.remembered import Pins
from keys.errors import Forged, Malformed, NotJudged
from keys.signing import PublicKey
from ledger import audit_remembered
from ledger.audit import Report, audit
from ledger.audit_remembered import SoundAudit, checkpoints_in
from ledger.checkpoint import SignedCheckpoint, open_checkpoint, sign_checkpoint
from ledger.entry import Entry
from ledger.iku import sample
from ledger.merkle import leaf_hash
from ledger.note import NoteSigner
from ledger.receipt import Receipt, format_receipt
from tests.forged_store import LOG, OTHER, Members, busy_office, collude, entries_of, reseal, tamper
from tests.kit import ORIGIN, key

pytestmark = pytest.mark.sqlite("an audit of a store reads its files")

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


def sound(store: Path, *sizes: int) -> tuple[SoundAudit, ...]:
    """Return what an auditor kept who had found everything sound below these sizes."""
    founding = leaf_hash(entries_of(store)[0]).hex()
    return tuple(SoundAudit(one, founding) for one in kept(store, *sizes))


def audited(store: Path, *remembered: SignedCheckpoint, since: tuple[SoundAudit, ...] = ()) -> Report:
    return audit(store, vkey=LOG.vkey, remembered=remembered, since=since)


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


LONG = {
    "lines": b"a\n" * (4 * 1024 * 1024),
    "empty lines": b"\n" * (8 * 1024 * 1024),
    "signature lines": "— \n".encode() * (8 * 1024 * 1024 // 5),
    "a note that signature lines follow without end": b"a\n\n" + "— \n".encode() * (8 * 1024 * 1024 // 5),
    "one line": b"a" * (8 * 1024 * 1024),
    "more than is read": b"a\n" * (4 * 1024 * 1024 + 1),
}


@pytest.mark.parametrize("data", LONG.values(), ids=list(LONG))
def test_what_is_long_and_no_notes_is_refused_without_a_search(data: bytes) -> None:
    began = time.process_time()
    with pytest.raises(Malformed):
        checkpoints_in(data, LOG.vkey)
    assert time.process_time() - began < 0.5


def test_more_notes_than_an_audit_should_open_are_refused(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_remembered, "MOST_NOTES", 3)
    assert len(checkpoints_in(note(office, 3) * 3, LOG.vkey)) == 3
    with pytest.raises(Malformed):
        checkpoints_in(note(office, 3) * 4, LOG.vkey)


def test_a_note_of_another_key_is_refused(office: Path) -> None:
    foreign = NoteSigner(ORIGIN, key("penipu"))
    sealed = open_checkpoint(note(office, 3), LOG.vkey).checkpoint
    with pytest.raises(Forged):
        checkpoints_in(sign_checkpoint(foreign, ORIGIN, sealed.size, sealed.root), LOG.vkey)


# --- an audit that was sound ------------------------------------------------------------------------------------


def test_what_is_kept_of_a_sound_audit_says_so_and_is_read_back(office: Path) -> None:
    (one,) = sound(office, 45)
    lines = one.format().decode().split("\n")
    assert lines[0] == "Audit Jejak: semua daun terbukti, dari daun 0 sampai daun 44."
    assert one.format().endswith(b"\n\n" + note(office, 45))
    assert SoundAudit.parse(one.format(), LOG.vkey) == one


@pytest.mark.parametrize("size", [1, 45])
def test_a_checkpoint_that_somebody_merely_saw_is_no_audit(office: Path, size: int) -> None:
    with pytest.raises(Malformed) as caught:
        SoundAudit.parse(note(office, size), LOG.vkey)
    assert caught.value.rule == "remembered.unaudited"
    assert "--keep" in caught.value.allowed


def test_what_is_kept_of_a_sound_audit_is_no_note(office: Path) -> None:
    with pytest.raises(Malformed):
        checkpoints_in(sound(office, 45)[0].format(), LOG.vkey)


NO_AUDIT = {
    "nothing": lambda one, other: b"",
    "only the lines": lambda one, other: one.partition(b"\n\n")[0],
    "another leaf": lambda one, other: one.replace(b"sampai daun 44", b"sampai daun 45"),
    "the checkpoint of another": lambda one, other: one.partition(b"\n\n")[0] + b"\n\n" + other,
    "a line less": lambda one, other: b"\n".join(one.split(b"\n")[:3] + one.split(b"\n")[4:]),
    "no founding": lambda one, other: one.replace(b"Pendirian: ", b"Pendirian: x"),
    "another spelling": lambda one, other: one.replace(b"Audit Jejak: ", b"audit jejak: "),
    "a line behind": lambda one, other: one + b"\n",
    "two checkpoints": lambda one, other: one + other,
}


@pytest.mark.parametrize("change", NO_AUDIT.values(), ids=list(NO_AUDIT))
def test_what_is_not_as_an_audit_kept_it_is_refused(office: Path, change: object) -> None:
    assert callable(change)
    with pytest.raises((Malformed, Forged)):
        SoundAudit.parse(change(sound(office, 45)[0].format(), note(office, 50)), LOG.vkey)


def test_an_audit_of_another_log_is_refused(office: Path) -> None:
    with pytest.raises(Forged) as caught:
        SoundAudit.parse(sound(office, 45)[0].format(), NoteSigner(ORIGIN, key("penipu")).vkey)
    assert caught.value.rule == "remembered.log"


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
    since, entries = sound(office, 45), entries_of(office)
    verified.clear()
    report = audited(office, since=since)
    signatures = [Entry.parse(data).envelope.signature for data in entries]
    assert {at for at, one in enumerate(signatures) if one in verified} == set(range(45, len(entries)))
    assert report.sound
    assert report.as_dict()["verified_from"] == 45
    assert report.verified == report.signature["terbukti"] == report.authority["terbukti"] == len(entries) - 45


@pytest.mark.parametrize("size", [1, 2, 33, 34, 60, 78])
def test_wherever_the_checkpoint_was_kept_what_follows_is_judged_the_same(office: Path, size: int) -> None:
    report = audited(office, since=sound(office, size))
    assert report.sound
    assert (report.verified_from, report.verified) == (size, len(entries_of(office)) - size)


def test_the_newest_audit_that_the_log_still_covers_counts(store: Path) -> None:
    since = sound(store, 10, 50, 20, 70)
    reseal(store, entries_of(store)[:60], range(1, 60))
    report = audited(store, since=since)
    assert report.verified_from == 50
    assert found(report) == [(60, "remembered.cut")]


def test_what_somebody_remembers_is_never_taken_for_an_audit_that_was_sound(office: Path) -> None:
    report = audited(office, *kept(office, 60), since=sound(office, 20))
    assert report.verified_from == 20
    assert audited(office, *kept(office, 60)).verified_from == 0


def test_an_audit_of_a_ledger_with_another_founding_spares_nothing(office: Path) -> None:
    (one,) = sound(office, 60)
    assert audited(office, since=(SoundAudit(one.signed, "00" * 32),)).verified_from == 0


def test_a_leaf_that_was_changed_below_what_was_kept_is_found_and_everything_is_verified(store: Path) -> None:
    since, data = sound(store, 45), bytearray(entries_of(store)[40])
    data[300] ^= 1
    tamper(store, (CHANGED.format("state = ?"), (bytes(data), 40)))
    report = audited(store, since=since)
    assert report.verified_from == 0
    assert (40, "entry.leaf_hash") in found(report)


def test_a_leaf_hash_that_was_made_to_fit_changed_bytes_does_not_help(store: Path) -> None:
    since = sound(store, 45)
    reseal(store, [*entries_of(store)[:40], *entries_of(store)[41:]], range(1, 70))
    report = audited(store, since=since)
    assert report.verified_from == 0
    assert "remembered.root" in {one.rule for one in report.findings}


def test_a_missing_leaf_below_what_was_kept_is_found(store: Path) -> None:
    since = sound(store, 45)
    tamper(store, ("DELETE FROM stored_events WHERE leaf_index = ?", (40,)))
    report = audited(store, since=since)
    assert (40, "entry.missing") in found(report)
    assert report.verified_from == 0


def test_what_is_forged_after_it_is_found(store: Path) -> None:
    since = sound(store, 45)

    def stranger(acts: list[Members]) -> list[Members]:
        acts[60] |= {"official": "budi-santoso", "mandate": "sekcam-budi-santoso"}
        return acts

    collude(store, stranger)
    report = audited(store, since=since)
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
    report = audited(store, since=sound(store, size))
    assert report.verified_from == size
    assert "agenda.number" in {one.rule for one in report.findings}


def proves_number(entry: bytes) -> bool:
    return b'"kind":"agenda.recorded"' in Entry.parse(entry).envelope.unverified_payload


def test_a_document_is_read_again_though_its_act_was_verified(store: Path) -> None:
    """What a document's bytes are is in no leaf."""
    name = hashlib.sha256(sample("kecamatan-sidemen")).hexdigest()
    (store / "documents" / name[:2] / name).unlink()
    report = audited(store, since=sound(store, 70))
    assert {one.rule for one in report.findings} == {"document.unknown"}
    assert not report.broken


def test_what_cannot_have_been_sound_is_said_so_and_proves_nothing(store: Path) -> None:
    def unasked(acts: list[Members]) -> list[Members]:
        return [one for one in acts if one["kind"] != "sop.enacted"]

    collude(store, unasked)
    with pytest.raises(NotJudged) as caught:
        audited(store, since=sound(store, 70))
    assert caught.value.rule == "audit.remembered"
    assert "--since-remembered" in caught.value.allowed


# --- on the command line ----------------------------------------------------------------------------------------


def told(*args: object, code: int = 0) -> dict[str, object]:
    result = CliRunner().invoke(main, ["audit", *map(str, args), "--vkey", str(LOG.vkey), "--json"])
    assert result.exit_code == code, result.output
    said = json.loads(result.stdout)
    assert isinstance(said, dict)
    return said


def page(*args: object) -> str:
    result = CliRunner().invoke(main, ["audit", *map(str, args), "--vkey", str(LOG.vkey)])
    return " ".join(result.stdout.split())


def test_what_an_audit_keeps_the_next_one_begins_from(office: Path, tmp_path: Path) -> None:
    shorter = shutil.copytree(office, tmp_path / "dahulu")
    reseal(shorter, entries_of(office)[:50], range(1, 50))
    told("--store", shorter, "--keep", tmp_path / "audit")
    assert (tmp_path / "audit").read_bytes() == sound(office, 50)[0].format()
    said = told("--store", office, "--since-remembered", tmp_path / "audit")
    assert (said["verified_from"], said["sound"], said["conclusion"]) == (50, True, "proved_since")
    read = page("--store", office, "--since-remembered", tmp_path / "audit")
    assert "Tanda tangan diperiksa mulai daun 50." in read
    assert "Kesimpulan: TERBUKTI mulai daun 50, pendirian tidak dipatok. Daun 0 sampai 49 menurut audit dahulu." in read
    assert f"Yang terbukti sekarang: mulai daun 50 sampai daun {len(entries_of(office)) - 1}" in read
    assert "tidak ditandatangani siapa pun" in read


def test_where_nothing_is_new_nothing_is_called_proved(office: Path, tmp_path: Path) -> None:
    told("--store", office, "--keep", tmp_path / "audit")
    last = len(entries_of(office)) - 1
    said = told("--store", office, "--since-remembered", tmp_path / "audit")
    assert (said["conclusion"], said["verified"], said["verified_from"]) == ("nothing_new", 0, last + 1)
    read = page("--store", office, "--since-remembered", tmp_path / "audit")
    assert "TERBUKTI" not in read
    assert "Yang terbukti" not in read
    assert "daun terbukti" not in read
    assert (
        "Kesimpulan: tidak ada yang baru dan tidak ada yang berubah sejak audit dahulu, pendirian tidak dipatok."
        in read
    )
    assert f"Tanda tangan sampai daun {last} diperiksa audit itu, bukan sekarang." in read


def forged_paraf(store: Path) -> None:
    """Let the log's key seal an act whose signature is nobody's, at the end."""
    entries = entries_of(store)
    head, _, tail = entries[-1].rpartition(b'"sig":"')
    entries[-1] = head + b'"sig":"' + (b"B" if tail.startswith(b"A") else b"A") + tail[1:]
    reseal(store, entries, range(1, len(entries)))


@pytest.mark.parametrize("how", ["the note alone", "a client's folder", "the client's own file"])
def test_a_signature_that_nobody_made_is_found_whatever_checkpoint_a_client_remembers(
    store: Path, tmp_path: Path, how: str
) -> None:
    """Consistency was all that was ever proved of that checkpoint."""
    forged_paraf(store)
    size = len(entries_of(store))
    memory = tmp_path / "ingatan"
    memory.mkdir()
    (memory / "checkpoint").write_bytes(note(store, size))
    if how == "the client's own file":
        said = told("--store", store, "--since-remembered", memory / "checkpoint", code=2)
        assert (said["error"], said["rule"]) == ("not_judged", "remembered.unaudited")
        return
    said = told("--store", store, "--remembered", memory / "checkpoint" if how == "the note alone" else memory, code=1)
    assert said["verified_from"] == 0
    assert isinstance(said["findings"], list)
    assert (size - 1, "signature.invalid") in [(one["leaf"], one["rule"]) for one in said["findings"]]


def test_a_memory_folder_is_no_audit(office: Path, tmp_path: Path) -> None:
    said = told("--store", office, "--since-remembered", tmp_path, code=3)
    assert "--keep" in str(said["detail"])


def test_an_audit_is_a_checkpoint_too(store: Path, tmp_path: Path) -> None:
    (tmp_path / "audit").write_bytes(sound(store, 70)[0].format())
    reseal(store, entries_of(store)[:65], range(1, 65))
    for option in ("--remembered", "--since-remembered"):
        said = told("--store", store, option, tmp_path / "audit", code=1)
        assert isinstance(said["findings"], list)
        assert [(one["leaf"], one["rule"]) for one in said["findings"]] == [(65, "remembered.cut")]
        assert said["verified_from"] == 0


def test_an_audit_of_a_ledger_that_others_founded_is_said_so(office: Path, tmp_path: Path) -> None:
    (tmp_path / "audit").write_bytes(SoundAudit(kept(office, 45)[0], "00" * 32).format())
    founding = leaf_hash(entries_of(office)[0]).hex()
    said = told("--store", office, "--founding", founding, "--since-remembered", tmp_path / "audit", code=2)
    assert said["rule"] == "remembered.log"


def test_of_a_log_that_is_not_sound_nothing_is_kept(store: Path, tmp_path: Path) -> None:
    tamper(store, ("UPDATE checkpoints SET note = x'00' WHERE size = ?", (60,)))
    said = told("--store", store, "--keep", tmp_path / "audit", code=1)
    assert (said["checkpoint"], said["conclusion"]) == ("", "not_proved")
    assert not (tmp_path / "audit").exists()


def test_the_memory_of_a_client_will_do_as_a_checkpoint(office: Path, tmp_path: Path) -> None:
    (tmp_path / "ingatan").mkdir()
    (tmp_path / "ingatan" / "checkpoint").write_bytes(note(office, 60))
    said = told("--store", office, "--remembered", tmp_path / "ingatan")
    assert (said["sound"], said["verified_from"]) == (True, 0)


def test_several_are_brought_and_each_is_held_to_the_log(store: Path, tmp_path: Path) -> None:
    (tmp_path / "satu").write_bytes(note(store, 10) + note(store, 70))
    (tmp_path / "dua").write_bytes(note(store, 60))
    reseal(store, entries_of(store)[:65], range(1, 65))
    said = told("--store", store, "--remembered", tmp_path / "satu", "--remembered", tmp_path / "dua", code=1)
    assert isinstance(said["findings"], list)
    assert [(one["leaf"], one["rule"]) for one in said["findings"]] == [(65, "remembered.cut")]


# --- files that say nothing, and commands that are written wrongly ---------------------------------------------

BROUGHT = {
    "no note": (lambda path: path.write_bytes(b"bukan segel"), "remembered.form"),
    "nothing": (lambda path: path.write_bytes(b""), "remembered.form"),
    "a pipe": (os.mkfifo, "file.kind"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "file.kind"),
    "a folder that is no memory": (lambda path: path.mkdir(), "client.memory"),
    "more than is read": (lambda path: path.write_bytes(b"a\n" * (4 * 1024 * 1024 + 1)), "file.size"),
    "of another log": (lambda path: path.write_bytes(foreign()), "note.unsigned"),
}


def foreign() -> bytes:
    return sign_checkpoint(NoteSigner(ORIGIN, key("penipu")), ORIGIN, 1, bytes(32))


@pytest.mark.parametrize(("make", "rule"), BROUGHT.values(), ids=list(BROUGHT))
def test_by_a_file_that_is_no_memory_of_the_log_nothing_is_judged(
    office: Path, tmp_path: Path, make: Callable[[Path], object], rule: str
) -> None:
    make(tmp_path / "segel")
    said = told("--store", office, "--remembered", tmp_path / "segel", code=2)
    assert (said["error"], said["rule"]) == ("not_judged", rule)
    assert str(tmp_path / "segel") in str(said["detail"])


def test_by_pins_that_are_none_nothing_is_judged(office: Path, tmp_path: Path) -> None:
    (tmp_path / "pin.json").write_bytes(b"{}")
    for option in (("--store", office), ("--url", "http://127.0.0.1:9")):
        ran = CliRunner().invoke(main, [*map(str, ("audit", *option, "--pin", tmp_path / "pin.json"))])
        assert (ran.exit_code, str(tmp_path / "pin.json") in " ".join(ran.stderr.split())) == (2, True)
    os.mkfifo(tmp_path / "pipa")
    ran = CliRunner().invoke(main, [*map(str, ("audit", "--store", office, "--pin", tmp_path / "pipa"))])
    assert (ran.exit_code, "[file.kind]" in ran.stderr) == (2, True)


@pytest.mark.parametrize("where", ["--store", "--url"])
@pytest.mark.parametrize("pins", [("--vkey", f"{LOG.vkey}x"), ("--vkey", "kunci"), ("--founding", "Z" * 64)])
def test_a_pin_that_is_misspelt_is_misuse_and_judges_no_ledger(office: Path, where: str, pins: tuple[str, str]) -> None:
    other = ("--founding", "00" * 32) if pins[0] == "--vkey" else ("--vkey", str(LOG.vkey))
    command = ("audit", where, str(office) if where == "--store" else "http://127.0.0.1:9", *pins, *other)
    ran = CliRunner().invoke(main, command)
    assert (ran.exit_code, pins[0] in ran.stderr, "[cli.usage]" in ran.stderr) == (3, True, True)


def test_what_is_to_be_kept_is_never_written_over_a_file(office: Path, tmp_path: Path) -> None:
    (tmp_path / "audit").write_bytes(b"dahulu")
    assert told("--store", office, "--keep", tmp_path / "audit", code=3)["rule"] == "cli.usage"
    assert (tmp_path / "audit").read_bytes() == b"dahulu"


NO_PLACE = {
    "no such folder": lambda folder: folder / "tidak-ada" / "audit",
    "a name that is too long": lambda folder: folder / ("a" * 300),
    "a file where a folder should be": lambda folder: folder / "berkas" / "audit",
}


@pytest.mark.parametrize("where", NO_PLACE.values(), ids=list(NO_PLACE))
def test_a_place_where_nothing_can_be_kept_is_told_before_the_audit(
    tmp_path: Path, where: Callable[[Path], Path]
) -> None:
    """There is no ledger either, and that is not what is told."""
    (tmp_path / "berkas").write_bytes(b"")
    said = told("--store", tmp_path, "--keep", where(tmp_path), code=3)
    assert "--keep" in str(said["detail"])


def test_a_report_is_told_though_it_could_not_be_kept(
    office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name was taken by somebody else while the audit went on."""
    honest = cli_audit.stored_views

    def meanwhile(store: Path) -> object:
        (tmp_path / "audit").write_bytes(b"orang lain")
        return honest(store)

    monkeypatch.setattr(cli_audit, "stored_views", meanwhile)
    arguments = ("audit", "--store", str(office), "--vkey", str(LOG.vkey), "--keep", str(tmp_path / "audit"), "--json")
    ran = CliRunner().invoke(main, arguments)
    said = json.loads(ran.stdout)
    assert (ran.exit_code, said["sound"], said["kept"]) == (2, True, None)
    assert "tidak tersimpan" in " ".join(ran.stderr.split())
    assert (tmp_path / "audit").read_bytes() == b"orang lain"


def another(store: Path, size: int, root: bytes) -> bytes:
    """Return a checkpoint that the log's key signed of a history that nobody shows here."""
    return sign_checkpoint(LOG, LOG.name, size, root)


def test_two_notes_of_one_size_prove_by_themselves_that_the_log_signed_two_histories(
    office: Path, tmp_path: Path
) -> None:
    (tmp_path / "lain").write_bytes(another(office, 50, bytes(32)))
    said = told("--store", office, "--remembered", tmp_path / "lain", code=1)
    assert isinstance(said["findings"], list)
    (one,) = said["findings"]
    assert (one["leaf"], one["rule"], one["among"]) == (0, "remembered.root", [0, 49])
    assert [note.encode() for note in one["notes"]] == [another(office, 50, bytes(32)), note(office, 50)]
    assert "Log ini menandatangani dua riwayat" in one["sentence"]
    assert str(tmp_path / "lain") in one["sentence"]
    assert said["remembered"] == [
        {"size": 50, "root": "A" * 43 + "=", "source": str(tmp_path / "lain"), "matched": False}
    ]


@pytest.mark.parametrize("size", [50, 1000], ids=["within this log", "beyond it"])
def test_two_kept_notes_that_contradict_each_other_are_both_named_and_no_leaf_that_is_not_there(
    office: Path, tmp_path: Path, size: int
) -> None:
    (tmp_path / "satu").write_bytes(another(office, size, bytes(32)))
    (tmp_path / "dua").write_bytes(another(office, size, bytes([1]) * 32) if size == 1000 else note(office, size))
    said = told("--store", office, "--remembered", tmp_path / "satu", "--remembered", tmp_path / "dua", code=1)
    assert isinstance(said["findings"], list)
    (split,) = [one for one in said["findings"] if one["rule"] == "remembered.root"]
    assert split["leaf"] == (0 if size == 50 else None)
    assert "Log ini menandatangani dua riwayat" in split["sentence"]
    assert str(tmp_path / "satu") in split["sentence"]
    assert len(set(split["notes"])) == 2


def test_a_receipt_is_taken_as_the_checkpoint_in_it(store: Path, tmp_path: Path) -> None:
    (tmp_path / "paraf.tlog-proof").write_bytes(format_receipt(Receipt(2, (bytes(32),) * 2, note(store, 70))))
    reseal(store, entries_of(store)[:65], range(1, 65))
    said = told("--store", store, "--remembered", tmp_path / "paraf.tlog-proof", code=1)
    assert isinstance(said["findings"], list)
    assert [(one["leaf"], one["rule"]) for one in said["findings"]] == [(65, "remembered.cut")]


def test_a_memory_folder_of_another_ledger_is_said_to_be_one(office: Path, tmp_path: Path) -> None:
    other = NoteSigner(ORIGIN, key("penipu"))
    (tmp_path / "pins.json").write_bytes(Pins(vkey=str(other.vkey), founding="00" * 32).format())
    (tmp_path / "checkpoint").write_bytes(foreign())
    said = told("--store", office, "--remembered", tmp_path, code=2)
    assert said["rule"] == "client.memory"
    assert "ingatan tentang buku besar lain" in str(said["detail"])


def test_a_file_that_is_not_there_is_named_as_it_was_typed(office: Path) -> None:
    said = told("--store", office, "--remembered", "segel-saya.txt", code=3)
    assert "--remembered: segel-saya.txt tidak ada" in str(said["detail"])


def test_a_folder_that_is_typed_as_a_dot_is_told_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path) in str(told("--store", ".", code=1)["detail"])


def test_the_help_has_an_example_and_the_exit_codes() -> None:
    said = CliRunner().invoke(main, ["audit", "--help"]).stdout
    assert "jejak audit --store salinan --pin pin.json" in said
    assert "Kode keluar: 0 semua terbukti" in said


def test_to_begin_from_nothing_is_misuse(office: Path, tmp_path: Path) -> None:
    (tmp_path / "segel").write_bytes(note(office, 60))
    assert told("--store", office, "--since-remembered", code=3)["rule"] == "cli.usage"
    with_a_note = ("--remembered", tmp_path / "segel", "--since-remembered")
    assert told("--store", office, *with_a_note, code=3)["rule"] == "cli.usage"
