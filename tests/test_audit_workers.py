"""The processes of an audit: whatever was tampered with, many of them say what one says; none dies unnoticed."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.envelope import Envelope
from keys.errors import JejakError, NotJudged
from keys.signing import PublicKey
from ledger import audit as room
from ledger import audit_workers, streams
from ledger.acts import PAYLOAD_TYPE
from ledger.audit import NOT_JUDGED, Report, audit
from ledger.audit_seals import Seal, Seals
from ledger.audit_shares import Share, Task
from ledger.audit_workers import Crew
from ledger.entry import Entry
from ledger.merkle import leaf_hash
from ledger.rows import Row
from tests.forged_store import (
    LOG,
    NEXT,
    OTHER,
    SOP,
    Members,
    busy_office,
    collude,
    entries_of,
    reseal,
    tamper,
)
from tests.kit import CASE, key

pytestmark = pytest.mark.sqlite("an audit of a store reads its files")

ROOT = Path(__file__).parent.parent
#: More than the line to a process holds where it is not read.
PIPE_BYTES = 256 * 1024
CHANGED = "UPDATE stored_events SET {} WHERE leaf_index = ?"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store in which four cases went on at once, closed."""
    return busy_office(tmp_path_factory.mktemp("busy") / "buku")


@pytest.fixture
def store(office: Path, tmp_path: Path) -> Path:
    """Return a copy of it to attack."""
    return shutil.copytree(office, tmp_path / "salinan")


@pytest.fixture(autouse=True)
def _forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have workers forked, though the runner of these tests has threads: it is a hundred times as fast."""
    monkeypatch.setattr(audit_workers, "_context", lambda: multiprocessing.get_context("fork"))


def audited(store: Path, workers: int = 1, each: int = 7) -> Report:
    """Return the report of so many processes, each given about so many leaves at once."""
    before, room.LEAVES_EACH = room.LEAVES_EACH, each
    try:
        report = audit(store, vkey=LOG.vkey, workers=workers)
    finally:
        room.LEAVES_EACH = before
    assert report.workers == workers
    return report


def every_way(store: Path) -> Report:
    """Return the one report that all numbers of processes and sizes of batches give."""
    report = audited(store, 1, 250)
    said = report.as_dict()
    for workers, each in ((1, 1), (2, 11), (3, 4)):
        if report.leaves >= workers * each:
            assert audited(store, workers, each).as_dict() == said, (workers, each)
    return report


def index_of(store: Path, kind: str, stream: str, which: int = 0) -> int:
    """Return the leaf index of an act of this kind."""
    named = f'"stream":"{stream}"', f'"kind":"{kind}"'
    payloads = [Entry.parse(data).envelope.unverified_payload.decode() for data in entries_of(store)]
    return [index for index, text in enumerate(payloads) if all(one in text for one in named)][which]


def found(report: Report) -> set[tuple[int | None, str]]:
    return {(one.leaf, one.rule) for one in report.findings}


def test_a_sound_store_is_sound_for_any_number_of_processes(office: Path) -> None:
    report = every_way(office)
    assert report.sound
    assert report.verified == report.leaves == len(entries_of(office))


# --- in the file ----------------------------------------------------------------------------------------


def sealed_anew(store: Path) -> None:
    """Put another key's signature under the paraf, hashed and sealed as it then is."""
    entries = entries_of(store)
    index = index_of(store, "paraf.given", CASE)
    entry = Entry.parse(entries[index])
    forged = Envelope.seal(PAYLOAD_TYPE, entry.envelope.unverified_payload, key("ratna-sari"))
    entries[index] = Entry.record(forged, entry.recorded_at).data
    reseal(store, entries, range(1, len(entries)))


IN_THE_FILE: dict[str, Callable[[Path], object]] = {
    "a register act, emptied": lambda store: tamper(store, (CHANGED.format("state = x'00'"), (8,))),
    "the SOP, emptied": lambda store: tamper(store, (CHANGED.format("state = x'00'"), (32,))),
    "an act of a case, emptied": lambda store: tamper(store, (CHANGED.format("state = x'00'"), (40,))),
    "a leaf hash": lambda store: tamper(store, (CHANGED.format("leaf_hash = zeroblob(32)"), (41,))),
    "a leaf hash that is none": lambda store: tamper(store, (CHANGED.format("leaf_hash = 7"), (41,))),
    "a version": lambda store: tamper(store, (CHANGED.format("originator_version = 99"), (42,))),
    "a version that is text": lambda store: tamper(store, (CHANGED.format("originator_version = 'satu'"), (42,))),
    "a kind": lambda store: tamper(store, (CHANGED.format("topic = 'paraf.given'"), (43,))),
    "a leaf in the middle": lambda store: tamper(store, ("DELETE FROM stored_events WHERE leaf_index = ?", (50,))),
    "the tail": lambda store: tamper(store, ("DELETE FROM stored_events WHERE leaf_index > ?", (70,))),
    "a checkpoint": lambda store: tamper(store, ("UPDATE checkpoints SET note = x'00' WHERE size = ?", (60,))),
    "a checkpoint of another size": lambda store: tamper(
        store,
        ("UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 61) WHERE size = ?", (60,)),
    ),
    "a checkpoint over nothing": lambda store: tamper(
        store, ("INSERT INTO checkpoints SELECT ?, note FROM checkpoints LIMIT 1", (-7,))
    ),
    "two acts, swapped": lambda store: reseal(
        store, (lambda all_of: [*all_of[:36], all_of[37], all_of[36], *all_of[38:]])(entries_of(store))
    ),
    "a signature by another key": sealed_anew,
}


@pytest.mark.parametrize("attack", IN_THE_FILE.values(), ids=list(IN_THE_FILE))
def test_whatever_was_changed_in_the_file_many_processes_find_what_one_finds(
    store: Path, attack: Callable[[Path], object]
) -> None:
    attack(store)
    assert every_way(store).broken


def test_an_act_that_its_column_hides_from_the_register_is_found_and_the_register_is_not_trusted_after_it(
    store: Path,
) -> None:
    hidden = index_of(store, "mandate.withdrawn", "register")
    tamper(store, (CHANGED.format("originator_id = 'case:disembunyikan'"), (hidden,)))
    report = every_way(store)
    assert (hidden, "entry.columns") in found(report)
    assert report.signature["terbukti"] == hidden
    assert {one.leaf for one in report.findings} == set(range(hidden, report.leaves))


def test_an_act_of_a_case_that_its_column_puts_into_the_register_is_found_and_both_are_lost(store: Path) -> None:
    moved = index_of(store, "paraf.given", CASE)
    statement = CHANGED.format("originator_id = 'register', originator_version = 900")
    tamper(store, (statement, (moved,)))
    report = every_way(store)
    assert (moved, "entry.columns") in found(report)
    assert report.verified == moved


# --- by all of them together ------------------------------------------------------------------------------


def numbers(running: int) -> Callable[[list[Members]], list[Members]]:
    """Have the second letter take this running number."""

    def change(acts: list[Members]) -> list[Members]:
        next(one for one in acts if one["kind"] == "agenda.recorded" and one["stream"] == OTHER)["body"]["number"][
            "running"
        ] = running
        return acts

    return change


def without(kind: str, stream: str) -> Callable[[list[Members]], list[Members]]:
    """Leave out the first act of this kind in a stream."""

    def change(acts: list[Members]) -> list[Members]:
        left_out = next(one for one in acts if (one["kind"], one["stream"]) == (kind, stream))
        return [one for one in acts if one is not left_out]

    return change


TOGETHER = {
    "a number taken twice": numbers(1),
    "a case without its paraf": without("paraf.given", OTHER),
    "a replaced case without its signature": without("signature.given", CASE),
    "no SOP": without("sop.enacted", SOP),
    "no numbering": without("numbering.enacted", SOP),
    "a mandate that was never given": without("mandate.approved", "register"),
    "no acceptance of the founding": without("founding.accepted", "register"),
}


@pytest.mark.parametrize("change", TOGETHER.values(), ids=list(TOGETHER))
def test_whatever_everybody_forged_together_many_processes_find_what_one_finds(
    store: Path, change: Callable[[list[Members]], list[Members]]
) -> None:
    collude(store, change)
    report = every_way(store)
    assert report.signature["tidak cocok"] == 0


def test_what_everybody_signs_anew_in_order_is_sound(store: Path) -> None:
    collude(store, list)
    assert every_way(store).sound


def test_after_a_number_that_is_taken_twice_its_case_is_not_judged_on_nor_any_later_number(store: Path) -> None:
    collude(store, numbers(1))
    report = every_way(store)
    twice = index_of(store, "agenda.recorded", OTHER)
    later = {index_of(store, "dispatch.recorded", OTHER, which) for which in (0, 1)}
    later |= {index_of(store, "agenda.recorded", NEXT)} | {
        index_of(store, "dispatch.recorded", NEXT, which) for which in (0, 1)
    }
    assert [one.rule for one in report.findings if one.leaf == twice] == ["agenda.number"]
    assert {(one.leaf, one.verdict) for one in report.findings} - {(twice, "tidak cocok")} == {
        (leaf, NOT_JUDGED) for leaf in later
    }


def test_a_case_that_replaces_one_whose_number_was_refused_before_cannot_be_judged(store: Path) -> None:
    def change(acts: list[Members]) -> list[Members]:
        early = next(one for one in acts if one["kind"] == "agenda.recorded" and one["stream"] == OTHER)
        acts.remove(early)
        first = next(one for one in acts if one["kind"] == "agenda.recorded" and one["stream"] == CASE)
        acts.insert(acts.index(first), early)
        early["body"] |= {"number": first["body"]["number"], "agenda_no": first["body"]["agenda_no"]}
        return acts

    collude(store, change)
    report = every_way(store)
    assert (index_of(store, "agenda.recorded", CASE), "agenda.number") in found(report)
    opening = index_of(store, "disposition.issued", NEXT)
    assert [(one.rule, one.verdict) for one in report.findings if one.leaf == opening] == [("audit.lost", NOT_JUDGED)]


def test_a_case_that_replaces_one_that_is_lost_cannot_be_judged(store: Path) -> None:
    collude(store, without("paraf.given", CASE))
    report = every_way(store)
    opening = index_of(store, "disposition.issued", NEXT)
    assert [(one.rule, one.verdict) for one in report.findings if one.leaf == opening] == [("audit.lost", NOT_JUDGED)]


def test_what_a_signer_has_seen_is_held_to_the_tree_until_the_leaf_at_which_that_is_known_to_be_broken() -> None:
    """Whether that leaf is in the same batch makes no difference."""
    seals, wrong = Seals(), "A" * 43 + "="
    seals.grow([leaf_hash(b"%d" % number) for number in range(12)], [Seal(10, 10, wrong)])
    assert seals.unsealed_from == 0
    assert [one is not None for one in (seals.seen(8, 3, wrong), seals.seen(9, 3, wrong))] == [True, False]
    assert seals.seen(8, 3, seals.tree.root(3)) is None


# --- whatever else ----------------------------------------------------------------------------------------


@st.composite
def attacks(draw: st.DrawFn) -> list[tuple[str, int]]:
    """Return a few attacks and the seed of each."""
    kinds = ["byte", "column", "hash", "delete", "swap", "key", "leave out", "official", "number"]
    return draw(st.lists(st.tuples(st.sampled_from(kinds), st.integers(0, 2**32)), min_size=1, max_size=3))


def attack(store: Path, kind: str, seed: int) -> None:
    chance, entries = random.Random(seed), entries_of(store)  # noqa: S311  a reproducible choice, not a secret
    index, other = (chance.randrange(len(entries)) for _ in range(2))
    match kind:
        case "byte":
            changed = bytearray(entries[index])
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
            tamper(store, (CHANGED.format("state = ?"), (bytes(changed), index)))
        case "column":
            taken = "originator_id = (SELECT originator_id FROM stored_events WHERE leaf_index = ?)"
            tamper(store, (CHANGED.format(f"{taken}, originator_version = 900 + leaf_index"), (other, index)))
        case "hash":
            tamper(store, (CHANGED.format("leaf_hash = ?"), (leaf_hash(entries[other]), index)))
        case "delete":
            tamper(store, ("DELETE FROM stored_events WHERE leaf_index = ?", (index,)))
        case "swap":
            entries[index], entries[other] = entries[other], entries[index]
            reseal(store, entries, range(1, len(entries), 3))
        case "key":
            entry = Entry.parse(entries[index])
            signer = key(chance.choice(("penipu", "budi-santoso", "sri-wahyuni")))
            envelope = Envelope.seal(PAYLOAD_TYPE, entry.envelope.unverified_payload, signer)
            data = Entry.record(envelope, entry.recorded_at).data
            tamper(store, (CHANGED.format("state = ?, leaf_hash = ?"), (data, leaf_hash(data), index)))
        case "leave out":
            collude(store, lambda acts: [*acts[:index], *acts[index + 1 :]])
        case "official":

            def other_signs(acts: list[Members]) -> list[Members]:
                acts[index] |= {name: acts[other][name] for name in ("official", "mandate")}
                return acts

            collude(store, other_signs)
        case "number":
            collude(store, numbers(chance.choice((1, 2, 3))))


@settings(max_examples=25, deadline=None)
@given(attacks())
def test_whatever_was_done_to_a_store_many_processes_find_what_one_finds(
    office: Path, tmp_path_factory: pytest.TempPathFactory, done: list[tuple[str, int]]
) -> None:
    store = shutil.copytree(office, tmp_path_factory.mktemp("acak") / "salinan")
    for kind, seed in done:
        try:
            attack(store, kind, seed)
        except (JejakError, sqlite3.Error, AssertionError, LookupError, StopIteration):
            break  # what is left of the store takes no such attack: it is audited as it is
    every_way(store)
    shutil.rmtree(store)


# --- the processes themselves -----------------------------------------------------------------------------


def test_a_process_that_was_started_anew_says_what_a_forked_one_says(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collude(store, numbers(1))
    forked = audited(store, 2).as_dict()
    monkeypatch.setattr(audit_workers, "_context", lambda: multiprocessing.get_context("spawn"))
    assert audited(store, 2).as_dict() == forked


def test_where_there_are_few_leaves_one_process_is_enough(office: Path) -> None:
    assert audit(office, vkey=LOG.vkey, workers=64).workers == 1


def test_the_report_says_how_long_each_part_took(office: Path) -> None:
    took = audited(office, 2).took
    assert set(took) == {"leaves", "conformance"}
    assert min(took.values()) > 0


def in_a_worker(do: Callable[[], object]) -> Callable[[Share, Task], object]:
    """Return a way to do a task that does this instead, in any process but this one."""
    here, honest = os.getpid(), Share.do

    def done(share: Share, task: Task) -> object:
        return honest(share, task) if os.getpid() == here else do()

    return done


DEATHS: dict[str, Callable[[], object]] = {
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "ended by itself": lambda: os._exit(0),
    "a bug of ours": lambda: {}["tidak ada"],
}


@pytest.mark.parametrize("death", DEATHS.values(), ids=list(DEATHS))
def test_a_process_that_dies_is_a_clear_fault_and_none_is_left_behind(
    office: Path, death: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Share, "do", in_a_worker(death))
    with pytest.raises(NotJudged) as caught:
        audited(office, 3)
    assert caught.value.rule == "audit.worker"
    assert "--workers 1" in caught.value.allowed
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("before", [1, 2, 5])
def test_a_process_that_dies_with_tasks_behind_it_and_before_it_is_a_clear_fault(
    office: Path, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, honest, done = os.getpid(), Share.do, list[Task]()

    def dies(share: Share, task: Task) -> object:
        if os.getpid() != here and len(done) == before:
            os.kill(os.getpid(), signal.SIGKILL)
        done.append(task)
        return honest(share, task)

    monkeypatch.setattr(Share, "do", dies)
    with pytest.raises(NotJudged) as caught:
        audited(office, 2)
    assert caught.value.rule == "audit.worker"
    assert multiprocessing.active_children() == []


def nobody_reads(digest: str) -> bytes:
    raise AssertionError(digest)


def unreadable(first: int, count: int) -> list[Row]:
    """Return rows that nobody can read: it takes no time to say so, and many words."""
    return [Row(first + number, CASE, 1, "paraf.given", b"%0100d" % number, b"") for number in range(count)]


def test_tasks_and_answers_that_no_pipe_holds_go_back_and_forth_all_the_same() -> None:
    count, size = 3, 6_000
    batches = [
        (first, [Task(list(unreadable(first, size))) for _ in range(2)]) for first in range(0, count * size, size)
    ]
    done = list(Crew(2, LOG.vkey, nobody_reads).work(iter(batches)))
    assert [batch for batch, _ in done] == [first for first, _ in batches]
    for first, answers in done:
        assert [[one.leaf for one in answer.outcomes] for answer in answers] == [list(range(first, first + size))] * 2
    sent = [len(pickle.dumps(one)) for (_, both), (_, tasks) in zip(done, batches, strict=True) for one in both + tasks]
    assert min(sent) > 2 * PIPE_BYTES


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_batch_is_sent_before_the_one_before_it_is_answered_and_none_before_that(count: int) -> None:
    sent, unanswered = list[int](), list[int]()

    def batches() -> Iterator[tuple[int, list[Task]]]:
        for number in range(count):
            sent.append(number)
            yield number, [Task(list(unreadable(number, 1))), Task()]

    answered = []
    for batch, (first, second) in Crew(2, LOG.vkey, nobody_reads).work(batches()):
        answered.append(batch)
        unanswered.append(len(sent) - len(answered))
        assert ([one.leaf for one in first.outcomes], second.outcomes) == ([batch], [])
    assert answered == sent == list(range(count))
    assert unanswered == [1] * (count - 1) + [0] * bool(count)


def test_an_audit_that_is_given_up_leaves_no_process_behind(office: Path) -> None:
    def given_up(done: int, total: int) -> None:
        raise KeyboardInterrupt

    room.LEAVES_EACH, before = 7, room.LEAVES_EACH
    try:
        with pytest.raises(KeyboardInterrupt):
            audit(office, vkey=LOG.vkey, workers=3, progress=given_up)
    finally:
        room.LEAVES_EACH = before
    assert multiprocessing.active_children() == []


ABANDONED = """
import os, sys, time
from pathlib import Path
from ledger import audit as room
from ledger.audit_shares import Share
from ledger.note import VerifierKey

def slow(share, task, honest=Share.do):
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(1.0)
    return honest(share, task)

Share.do, room.LEAVES_EACH = slow, 5
room.audit(Path(sys.argv[1]), vkey=VerifierKey.parse(sys.argv[2]), workers=2)
"""


@pytest.fixture
def abandoned(office: Path) -> set[int]:
    """Return the ids of two workers whose audit was killed while they worked."""
    command = [sys.executable, "-c", ABANDONED, str(office), str(LOG.vkey)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        workers = set[int]()
        while len(workers) < 2:
            workers.add(int(process.stdout.readline()))
        process.kill()
    return workers


def test_workers_end_by_themselves_when_the_audit_is_killed(abandoned: set[int]) -> None:
    assert len(abandoned) == 2
    until = time.monotonic() + 20
    while any(running(one) for one in abandoned):
        assert time.monotonic() < until, "workers outlive their audit"
        time.sleep(0.05)


def running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_power_is_asked_for_once_while_nothing_changes_that_it_hangs_on(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(streams, "require_power", lambda *them: asked.append(them[2].official))
    audited(office)
    acts = [one for one in entries_of(office) if b"case:" in Entry.parse(one).envelope.unverified_payload]
    assert 0 < len(asked) < len(acts)


def test_a_mandate_that_was_used_for_the_same_before_is_not_taken_any_more_after_it_was_withdrawn(store: Path) -> None:
    def withdrawn(acts: list[Members]) -> list[Members]:
        for act in acts:
            if act["mandate"] == "kasubag-umum-lagi":
                act["mandate"] = "kasubag-umum-hadi-wijaya"
        return acts

    collude(store, withdrawn)
    report = every_way(store)
    assert (index_of(store, "agenda.ordered", NEXT), "authority.mandate") in found(report)


def test_every_signature_is_verified_once(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verified, honest, here = [], PublicKey.verify, threading.get_ident()

    def counted(self: PublicKey, signature: bytes, message: bytes) -> None:
        if threading.get_ident() == here:  # a ledger that is still open elsewhere looks at its outside memory meanwhile
            verified.append(signature)
        honest(self, signature, message)

    monkeypatch.setattr(PublicKey, "verify", counted)
    report = audited(office)
    signatures = [Entry.parse(data).envelope.signature for data in entries_of(office)]
    assert set(signatures) <= set(verified)
    # Beside them: one under each checkpoint, and the proofs of possession inside proposals of keys.
    assert len(verified) == len(signatures) + report.leaves + len([one for one in entries_of(office) if proves(one)])


def proves(entry: bytes) -> bool:
    return b'"kind":"key.proposed"' in Entry.parse(entry).envelope.unverified_payload
