"""The journal: what arrives is what is stored, hashed and sealed, once, in order, whole or not at all."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import itertools
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from keys.envelope import Envelope
from keys.errors import Conflict, Forged, JejakError, Malformed, NotAllowed, NotFound, Unavailable
from ledger import log
from ledger.acts import PAYLOAD_TYPE, Seen, act_of, compose
from ledger.application import Accepted, Ledger
from ledger.checkpoint import open_checkpoint, sign_checkpoint
from ledger.database import Database
from ledger.entry import Entry
from ledger.journal_sqlite import SQLiteJournal
from ledger.merkle import Frontier, leaf_hash, verify_consistency
from ledger.note import NoteSigner
from ledger.receipt import format_receipt, verify_receipt
from tests import postgres
from tests.behind import Behind, behind, contents
from tests.kit import CASE, MORNING, ORIGIN, Clock, Kecamatan, founding, key, mandate, mandate_of, the_sop

SRI, BUDI = "sri-wahyuni", "budi-santoso"


@pytest.fixture(params=["sqlite", "postgresql"])
def kecamatan(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Kecamatan]:
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database()) if request.param == "postgresql" else ""
        made = Kecamatan(tmp_path / "buku", Database.parse(url, tmp_path / "buku"))
        stack.callback(made.ledger.close)
        yield made.open()


@pytest.fixture
def in_a_file(tmp_path: Path) -> Iterator[Kecamatan]:
    made = Kecamatan(tmp_path / "buku", Database("sqlite", tmp_path / "buku"))
    with closing(made.ledger):
        yield made.open()


def again(kecamatan: Kecamatan, **changes: Any) -> Ledger:
    """Return the same ledger, opened once more."""
    log, clock = changes.get("log", kecamatan.log), changes.get("clock", kecamatan.clock)
    return Ledger(kecamatan.folder, log, clock, database=kecamatan.ledger.database)


def case_no(number: int) -> str:
    return f"case:{number:08d}-0000-4000-8000-000000000000"


def opening(kecamatan: Kecamatan, number: int, **changes: Any) -> bytes:
    """Return the envelope that opens a case of this number."""
    official, kind, body = kecamatan.steps()[0]
    return kecamatan.sign(official, case_no(number), kind, body, **changes)


def together(*jobs: Any) -> list[Any]:
    """Run jobs at once and return what each returned or raised."""
    out: list[Any] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def run(at: int) -> None:
        start.wait()
        try:
            out[at] = jobs[at]()
        except BaseException as fault:  # noqa: BLE001  the test looks at it
            out[at] = fault

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return out


def as_one_batch(ledger: Ledger, *envelopes: bytes) -> list[Any]:
    """Record these together: they stand in line until the last has come."""
    out: list[Any] = [None] * len(envelopes)

    def run(at: int) -> None:
        try:
            out[at] = ledger.record(envelopes[at])
        except JejakError as fault:
            out[at] = fault

    nobody = ledger._queue.enter(None)  # type: ignore[arg-type]  # is called to lead, so that all others wait
    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(envelopes))]
    for count, thread in enumerate(threads, start=2):
        thread.start()
        while len(ledger._queue._line) < count:
            thread.join(0.001)
            assert thread.is_alive(), "the act did not come as far as the line"
    ledger._queue._line.remove(nobody)
    ledger._queue.pass_on(0)
    for thread in threads:
        thread.join(60)
    return out


# --- bytes in, stored, hashed -------------------------------------------------------------------------------


def test_the_bytes_that_arrive_are_the_bytes_that_are_stored_and_hashed(kecamatan: Kecamatan) -> None:
    data = opening(kecamatan, 1)
    accepted = kecamatan.ledger.record(data)
    with behind(kecamatan.ledger.database) as connection:
        ((state, stored),) = connection.execute(
            "SELECT state, leaf_hash FROM stored_events WHERE leaf_index = ?", (accepted.recorded.index,)
        )
    assert state == accepted.recorded.entry.data
    assert state[state.index(b'"envelope":') + 11 : -1] == data
    assert stored == hashlib.sha256(b"\x00" + state).digest() == bytes.fromhex(accepted.recorded.leaf)
    assert Entry.parse(state).envelope.data == data


def test_one_act_is_one_event_one_leaf_and_leaves_have_no_gaps(kecamatan: Kecamatan) -> None:
    kecamatan.run()
    rows = contents(kecamatan.ledger.database)["stored_events"]
    assert [row[0] for row in rows] == list(range(len(rows)))
    streams: dict[str, int] = {}
    for _, stream, version, kind, state, leaf in rows:
        streams[stream] = streams.get(stream, 0) + 1
        assert version == streams[stream]
        assert leaf == leaf_hash(state)
        assert kind
    assert streams[CASE] == 12


def test_every_leaf_has_a_receipt_that_verifies_from_its_bytes_alone(kecamatan: Kecamatan) -> None:
    accepted = kecamatan.run()
    for one in accepted:
        data = format_receipt(one.receipt)
        verified = verify_receipt(data, one.recorded.entry.data, kecamatan.log.vkey)
        assert verified.index == one.recorded.index
        assert verified.checkpoint.size == one.recorded.index + 1
    with kecamatan.ledger.reading() as rows:
        size = rows.size()
    for index in range(size):
        with kecamatan.ledger.reading() as rows:
            done = log.recorded(rows, index)
        verify_receipt(format_receipt(kecamatan.ledger.receipt(index)), done.entry.data, kecamatan.log.vkey)


def test_every_checkpoint_continues_the_one_before(kecamatan: Kecamatan) -> None:
    kecamatan.run(upto=5)
    with kecamatan.ledger.reading() as rows:
        sealed = [open_checkpoint(note, kecamatan.log.vkey).checkpoint for _, note in rows.checkpoints(0, 1000)]
        assert [one.size for one in sealed] == list(range(1, rows.size() + 1))
        for old, new in itertools.pairwise(sealed):
            proof = log.consistency(rows, old.size, new.size)
            verify_consistency(old_size=old.size, new_size=new.size, proof=proof, old_root=old.root, new_root=new.root)


def test_the_newest_checkpoint_is_served_verbatim_and_nothing_is_proved_beyond_it(kecamatan: Kecamatan) -> None:
    accepted = kecamatan.ledger.record(opening(kecamatan, 1))
    with kecamatan.ledger.reading() as rows:
        assert log.checkpoint(rows) == accepted.receipt.checkpoint_note
        with pytest.raises(NotFound) as caught:
            log.consistency(rows, 1, rows.size() + 1)
    assert caught.value.rule == "log.size"


def test_a_leaf_that_is_not_there_has_no_receipt(kecamatan: Kecamatan) -> None:
    for index in (-1, 10_000):
        with pytest.raises(NotFound):
            kecamatan.ledger.receipt(index)
        with kecamatan.ledger.reading() as rows, pytest.raises(NotFound):
            log.recorded(rows, index)


def test_a_ledger_of_many_tiles_proves_its_first_and_its_newest_leaf(kecamatan: Kecamatan) -> None:
    many = [opening(kecamatan, number) for number in range(300)]
    for accepted in as_one_batch(kecamatan.ledger, *many[:80]):
        assert isinstance(accepted, Accepted)
    for data in many[80:]:
        kecamatan.ledger.record(data)
    assert len(contents(kecamatan.ledger.database)["tile_hashes"]) == 1
    with kecamatan.ledger.reading() as rows:
        for index in (0, 255, 256, rows.size() - 1):
            done = log.recorded(rows, index)
            verify_receipt(log.receipt(rows, index), done.entry.data, kecamatan.log.vkey)


# --- again, and conflict --------------------------------------------------------------------------------------


def same(one: Accepted, other: Accepted) -> bool:
    return format_receipt(one.receipt) == format_receipt(other.receipt) and one.recorded == other.recorded


def test_the_same_envelope_again_gets_the_same_receipt(kecamatan: Kecamatan) -> None:
    data = opening(kecamatan, 1)
    first = kecamatan.ledger.record(data)
    kecamatan.ledger.record(opening(kecamatan, 2))
    before = contents(kecamatan.ledger.database)
    again = kecamatan.ledger.record(data)
    assert same(first, again)
    assert (first.again, again.again) == (False, True)
    assert contents(kecamatan.ledger.database) == before


def test_the_same_envelope_twice_in_one_batch_is_recorded_once(kecamatan: Kecamatan) -> None:
    data = opening(kecamatan, 1)
    out = as_one_batch(kecamatan.ledger, opening(kecamatan, 2), data, opening(kecamatan, 3), data)
    assert [one.again for one in out] == [False, False, False, True]
    assert same(out[1], out[3])
    assert len({one.recorded.index for one in out}) == 3


def test_the_same_envelope_after_a_restart_gets_the_same_receipt(kecamatan: Kecamatan) -> None:
    data = opening(kecamatan, 1)
    batch = as_one_batch(kecamatan.ledger, opening(kecamatan, 2), data, opening(kecamatan, 3))
    kecamatan.ledger.close()
    with closing(again(kecamatan)) as reopened:
        found = reopened.record(data)
    assert found.again
    assert same(batch[1], found)
    assert found.receipt.proof


def test_another_act_for_a_taken_version_is_a_conflict_that_names_the_present_one(kecamatan: Kecamatan) -> None:
    late = opening(kecamatan, 1, occurred_at="2026-03-02T07:00:00+07:00")
    kecamatan.ledger.record(opening(kecamatan, 1))
    kecamatan.do(BUDI, case_no(1), *kecamatan.steps()[1][1:])
    with pytest.raises(Conflict) as caught:
        kecamatan.ledger.record(late)
    assert caught.value.rule == "stream.taken"
    assert caught.value.facts["version"] == 2
    assert caught.value.allowed


def test_a_version_ahead_is_a_conflict_that_names_the_present_one(kecamatan: Kecamatan) -> None:
    kecamatan.ledger.record(opening(kecamatan, 1))
    official, kind, body = kecamatan.steps()[1]
    with pytest.raises(Conflict) as caught:
        kecamatan.do(official, case_no(1), kind, body, version=9)
    assert (caught.value.rule, caught.value.facts["version"]) == ("stream.version", 1)


def test_of_two_acts_for_one_version_in_one_batch_the_first_is_taken(kecamatan: Kecamatan) -> None:
    one, other = (opening(kecamatan, 1, occurred_at=f"2026-03-02T0{hour}:00:00+07:00") for hour in (7, 8))
    first, second = as_one_batch(kecamatan.ledger, one, other)
    assert first.recorded.entry.envelope.data == one
    assert isinstance(second, Conflict)


def test_a_refused_act_leaves_its_batch_and_the_others_go_on(kecamatan: Kecamatan) -> None:
    wrong = kecamatan.sign(BUDI, case_no(2), *kecamatan.steps()[0][1:])
    out = as_one_batch(kecamatan.ledger, opening(kecamatan, 1), wrong, opening(kecamatan, 3))
    assert isinstance(out[1], NotAllowed)
    assert out[1].rule == "authority.office"
    assert out[2].recorded.index == out[0].recorded.index + 1
    sizes = {open_checkpoint(one.receipt.checkpoint_note, kecamatan.log.vkey).checkpoint.size for one in out[::2]}
    assert sizes == {out[2].recorded.index + 1}, "one batch is one commit with one checkpoint"
    for one in out[::2]:
        verify_receipt(one.receipt, one.recorded.entry.data, kecamatan.log.vkey)
        assert format_receipt(kecamatan.ledger.receipt(one.recorded.index)) == format_receipt(one.receipt)


def test_acts_of_one_batch_are_judged_after_each_other(kecamatan: Kecamatan) -> None:
    """Two SOP versions that both replace the first: the second finds the place taken."""
    body = {"sop": the_sop().plain(), "replaces": kecamatan.sop_leaf}
    enact = kecamatan.sign(SRI, f"sop:{the_sop().slug}", "sop.enacted", body)
    out = as_one_batch(kecamatan.ledger, opening(kecamatan, 1), enact, opening(kecamatan, 2))
    assert isinstance(out[0], Accepted)
    assert isinstance(out[1], Accepted)
    assert isinstance(out[2], NotAllowed)
    assert out[2].rule == "sop.version"


# --- nothing is written when it is refused ----------------------------------------------------------------------


def refusals(kecamatan: Kecamatan) -> list[tuple[str, bytes]]:
    official, kind, body = kecamatan.steps()[0]
    good = opening(kecamatan, 9)
    missing = body["letter"] | {"scan": kecamatan.letter | {"digest": "sha256:" + "0" * 64}}
    return [
        ("envelope.form", good + b" "),
        ("envelope.size", b"{" * 64_001),
        ("signature.invalid", good.replace(b'"sig":"', b'"sig":"AAAA', 1)[:-7] + b'=="}]}'),
        ("authority.key", Envelope.seal(PAYLOAD_TYPE, b"{}", key("orang-asing")).data),
        ("json.syntax", Envelope.seal(PAYLOAD_TYPE, b"{", key(SRI)).data),
        ("act.type", Envelope.seal("application/json", b"{}", key(SRI)).data),
        ("act.schema", Envelope.seal(PAYLOAD_TYPE, b"{}", key(SRI)).data),
        ("act.ledger", opening(kecamatan, 9, ledger="pagak.malangkab.example/jejak")),
        ("document.unknown", kecamatan.sign(official, case_no(9), kind, body | {"letter": body["letter"] | missing})),
        ("authority.mandate", opening(kecamatan, 9, mandate="tidak-ada")),
        ("seen.missing", opening(kecamatan, 9, seen=None)),
        ("stream.version", opening(kecamatan, 9, version=2, previous="0" * 64)),
        ("ledger.founded", kecamatan.sign("dewi-lestari", "register", "ledger.founded", founding(kecamatan.log))),
    ]


def test_whatever_is_refused_leaves_every_table_as_it_was(kecamatan: Kecamatan) -> None:
    before = contents(kecamatan.ledger.database)
    for rule, data in refusals(kecamatan):
        with pytest.raises(JejakError) as caught:
            kecamatan.ledger.record(data)
        assert caught.value.rule == rule or rule.startswith("signature")
        assert contents(kecamatan.ledger.database) == before, rule


def test_a_fault_of_our_own_in_a_turn_leaves_nothing_and_the_next_act_goes_on(
    kecamatan: Kecamatan, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(kecamatan.ledger.database)
    with monkeypatch.context() as broken:
        broken.setattr("ledger.turn.sign_checkpoint", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            kecamatan.ledger.record(opening(kecamatan, 1))
    assert contents(kecamatan.ledger.database) == before
    assert kecamatan.ledger.stream(case_no(1)) is None
    accepted = kecamatan.ledger.record(opening(kecamatan, 1))
    verify_receipt(accepted.receipt, accepted.recorded.entry.data, kecamatan.log.vkey)


def test_before_the_founding_nothing_but_a_founding_is_recorded(tmp_path: Path) -> None:
    made = Kecamatan(tmp_path / "buku")
    with closing(made.ledger):
        with pytest.raises(JejakError) as caught:
            made.do(SRI, CASE, "direction.given", {"step": "2", "instruction": "x"})
        assert caught.value.rule == "ledger.founded"
        assert made.ledger.stream("register") is None
        with made.ledger.reading() as rows, pytest.raises(NotFound):
            log.checkpoint(rows)


def test_a_founding_that_names_another_log_key_than_the_ledgers_own_is_refused(tmp_path: Path) -> None:
    made = Kecamatan(tmp_path / "buku")
    other = NoteSigner(ORIGIN, key("log lain"))
    with closing(made.ledger), pytest.raises(NotAllowed) as caught:
        made.do("dewi-lestari", "register", "ledger.founded", founding(other))
    assert caught.value.rule == "founding.log_key"
    assert str(made.log.vkey) in caught.value.allowed


# --- time -----------------------------------------------------------------------------------------------------


def test_the_recording_time_never_decreases_and_a_small_skew_is_taken_as_no_time(kecamatan: Kecamatan) -> None:
    first = kecamatan.ledger.record(opening(kecamatan, 1)).recorded.entry.recorded_at
    kecamatan.clock.now = first - dt.timedelta(seconds=6)  # the clock adds a second when it is asked
    second = kecamatan.ledger.record(opening(kecamatan, 2)).recorded.entry.recorded_at
    assert second == first
    kecamatan.clock.now = first
    assert kecamatan.ledger.record(opening(kecamatan, 3)).recorded.entry.recorded_at > first


def test_a_clock_more_than_5_seconds_behind_is_refused_in_plain_words(kecamatan: Kecamatan) -> None:
    first = kecamatan.ledger.record(opening(kecamatan, 1)).recorded.entry.recorded_at
    data, before = opening(kecamatan, 2), contents(kecamatan.ledger.database)
    kecamatan.clock.now = first - dt.timedelta(seconds=6, microseconds=1)
    with pytest.raises(Unavailable) as caught:
        kecamatan.ledger.record(data)
    assert caught.value.rule == "journal.clock"
    assert "Jam" in caught.value.detail
    assert "belum dicatat" in caught.value.detail
    assert contents(kecamatan.ledger.database) == before
    kecamatan.clock.now = first
    assert not kecamatan.ledger.record(data).again


def test_the_newest_time_is_found_again_after_a_restart(kecamatan: Kecamatan) -> None:
    data = opening(kecamatan, 1)
    kecamatan.ledger.close()
    with closing(again(kecamatan, clock=Clock(MORNING - dt.timedelta(days=1)))) as behind:
        with pytest.raises(Unavailable) as caught:
            behind.record(data)
        assert caught.value.rule == "journal.clock"


def test_the_newest_time_is_asked_for_again_after_another_ledger_has_recorded(kecamatan: Kecamatan) -> None:
    kecamatan.ledger.record(opening(kecamatan, 1))  # from here on this one knows it without asking
    late, ahead = kecamatan.clock.now, Clock(kecamatan.clock.now + dt.timedelta(minutes=1))
    with closing(again(kecamatan, clock=ahead)) as other:
        other.record(opening(kecamatan, 2))
    data, kecamatan.clock.now = opening(kecamatan, 3), late
    with pytest.raises(Unavailable) as caught:
        kecamatan.ledger.record(data)
    assert caught.value.rule == "journal.clock"


# --- power ----------------------------------------------------------------------------------------------------


def directions(kecamatan: Kecamatan, mandate: str) -> list[tuple[str, bytes]]:
    """Return the Sekcam's direction under this mandate in two cases that are opened for it, with their streams."""
    _, (_, kind, body), *_ = kecamatan.steps()
    streams = [case_no(1), case_no(2)]
    for number in (1, 2):
        kecamatan.ledger.record(opening(kecamatan, number))
    return [(stream, kecamatan.sign(BUDI, stream, kind, body, mandate=mandate)) for stream in streams]


def test_a_power_that_was_found_moments_ago_is_not_held_after_its_last_day(kecamatan: Kecamatan) -> None:
    kecamatan.approve("mandate", {"mandate": mandate(BUDI, mandate="sekcam-sehari", end="2026-03-02")})
    kecamatan.clock.now = dt.datetime(2026, 3, 2, 16, 59, 50, tzinfo=dt.UTC)  # ten seconds before midnight in WIB
    (_, before), (_, after) = directions(kecamatan, "sekcam-sehari")
    assert not kecamatan.ledger.record(before).again
    kecamatan.clock.now = dt.datetime(2026, 3, 2, 17, 0, tzinfo=dt.UTC)
    with pytest.raises(NotAllowed) as caught:
        kecamatan.ledger.record(after)
    assert caught.value.rule == "authority.period"


def test_a_power_that_was_found_moments_ago_is_not_held_after_it_was_withdrawn(kecamatan: Kecamatan) -> None:
    (_, before), (stream, after) = directions(kecamatan, mandate_of(BUDI))
    assert not kecamatan.ledger.record(before).again
    gone = {"mandate": mandate_of(BUDI), "reason": "Pindah tugas."}
    kecamatan.do("dewi-lestari", "register", "mandate.withdrawn", gone)
    head = kecamatan.ledger.stream(stream)
    with pytest.raises(NotAllowed) as caught:
        kecamatan.ledger.record(after)
    assert caught.value.rule == "authority.mandate"
    assert kecamatan.ledger.stream(stream) == head


def test_a_power_that_was_refused_is_asked_for_again(kecamatan: Kecamatan) -> None:
    kecamatan.approve("mandate", {"mandate": mandate(BUDI, mandate="sekcam-besok", start="2026-03-03")})
    (_, first), (_, second) = directions(kecamatan, "sekcam-besok")
    for data in (first, second, first):
        with pytest.raises(NotAllowed) as caught:
            kecamatan.ledger.record(data)
        assert caught.value.rule == "authority.period"
    kecamatan.clock.now = dt.datetime(2026, 3, 2, 17, 0, tzinfo=dt.UTC)
    assert not kecamatan.ledger.record(first).again


# --- several at once --------------------------------------------------------------------------------------------


def test_two_ledgers_on_one_folder_see_each_others_acts(kecamatan: Kecamatan) -> None:
    official_of = {case: kecamatan.steps(case=case) for case in (case_no(1), case_no(2))}
    with closing(again(kecamatan)) as other:
        mine = kecamatan.ledger
        for at in range(12):
            for case, steps in official_of.items():
                official, kind, body = steps[at]
                kecamatan.ledger = (mine, other)[(at + (case == case_no(2))) % 2]
                kecamatan.do(official, case, kind, body)
        for ledger in (mine, other):
            for case in official_of:
                stream = ledger.stream(case)
                assert stream is not None
                assert stream.version == 12
        kecamatan.ledger = mine
    assert_whole(kecamatan)


def test_a_revocation_like_change_by_one_ledger_is_seen_by_the_next_turn_of_the_other(kecamatan: Kecamatan) -> None:
    """A new SOP version by one process: the other judges by it at once."""
    stale = opening(kecamatan, 1)
    with closing(again(kecamatan)) as other:
        other.record(opening(kecamatan, 2))
        body = {"sop": the_sop().plain(), "replaces": kecamatan.sop_leaf}
        kecamatan.do(SRI, f"sop:{the_sop().slug}", "sop.enacted", body)
        with pytest.raises(NotAllowed) as caught:
            other.record(stale)
    assert caught.value.rule == "sop.version"


def assert_whole(kecamatan: Kecamatan) -> None:
    """Assert that the store is gapless, chained and sealed."""
    rows = contents(kecamatan.ledger.database)["stored_events"]
    assert [row[0] for row in rows] == list(range(len(rows)))
    frontier = Frontier()
    times = []
    newest: dict[str, str] = {}
    for _, stream, _, _, state, leaf in rows:
        frontier = frontier.append(leaf)
        entry = Entry.parse(state)
        times.append(entry.recorded_at)
        assert act_of(entry.envelope).previous == newest.get(stream)
        newest[stream] = leaf.hex()
    assert times == sorted(times)
    with kecamatan.ledger.reading() as reading:
        sealed = log.check_sealed(reading, kecamatan.log.vkey)
    assert sealed is not None
    assert (sealed.size, sealed.root) == (len(rows), frontier.root)


def run_case(kecamatan: Kecamatan, ledger: Ledger, number: int, acts: int) -> list[Accepted]:
    """Run a case of its own as a client would, who looks before every act."""
    out = []
    kecamatan.numbers[case_no(number)] = number  # threads and processes take numbers of their own
    for official, kind, body in kecamatan.steps(case=case_no(number))[:acts]:
        now = ledger.stream(case_no(number))
        with ledger.reading() as rows:
            frontier = rows.frontier()
        payload = compose(
            ledger=ORIGIN,
            seen=Seen(size=frontier.size, root=base64.b64encode(frontier.root).decode()),
            stream=case_no(number),
            version=now.version + 1 if now else 1,
            previous=now.leaf if now else None,
            kind=kind,
            official=official,
            mandate=mandate_of(official),
            occurred_at="2026-03-02T08:00:00+07:00",
            body=body,
        )
        out.append(ledger.record(Envelope.seal(PAYLOAD_TYPE, payload, key(official)).data))
    return out


def test_sixteen_threads_on_cases_of_their_own_lose_nothing_and_never_conflict(kecamatan: Kecamatan) -> None:
    out = together(*(lambda n=n: run_case(kecamatan, kecamatan.ledger, n, 12) for n in range(1, 17)))
    accepted = [one for each in out for one in each]
    assert len({one.recorded.index for one in accepted}) == 16 * 12
    for one in accepted:
        verify_receipt(one.receipt, one.recorded.entry.data, kecamatan.log.vkey)
        assert not one.again
    assert_whole(kecamatan)


def test_of_sixteen_threads_for_one_place_one_gets_it_and_fifteen_a_conflict(kecamatan: Kecamatan) -> None:
    envelopes = [opening(kecamatan, 1, occurred_at=f"2026-03-02T07:00:{n:02d}+07:00") for n in range(16)]
    out = together(*(lambda data=data: kecamatan.ledger.record(data) for data in envelopes))
    assert sum(isinstance(one, Accepted) for one in out) == 1
    assert sum(isinstance(one, Conflict) for one in out) == 15
    assert_whole(kecamatan)


WRITER = """
import sys
from contextlib import closing
from pathlib import Path
from ledger.application import Ledger
from ledger.database import Database
from tests.kit import Kecamatan
from tests.test_journal import run_case
import datetime as dt
made = Kecamatan(Path(sys.argv[1]), Database.parse(sys.argv[4], Path(sys.argv[1])))
made.ledger._clock = lambda: dt.datetime.now(dt.UTC)
made.sop_leaf = sys.argv[3]
with closing(made.ledger):
    for number in range(int(sys.argv[2]), int(sys.argv[2]) + 4):
        run_case(made, made.ledger, number, 12)
"""


def test_two_processes_hammer_one_database_and_lose_nothing(kecamatan: Kecamatan) -> None:
    url = kecamatan.ledger.database.url
    writers = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WRITER, str(kecamatan.folder), str(first), kecamatan.sop_leaf, url],
            cwd=Path(__file__).parent.parent,
            stderr=subprocess.PIPE,
            text=True,
        )
        for first in (100, 200)
    ]
    for writer in writers:
        try:
            _, said = writer.communicate(timeout=60)
        finally:
            writer.kill()
        assert writer.returncode == 0, said
    counted = [row[1] for row in contents(kecamatan.ledger.database)["stored_events"]]
    for number in (*range(100, 104), *range(200, 204)):
        assert counted.count(case_no(number)) == 12
    assert_whole(kecamatan)


# --- a store that does not hold ---------------------------------------------------------------------------------


def cut_tail(connection: Behind) -> None:
    connection.execute("DELETE FROM stored_events WHERE leaf_index = (SELECT MAX(leaf_index) FROM stored_events)")


def cut_all(connection: Behind) -> None:
    connection.execute("DELETE FROM stored_events")


def slip_in(connection: Behind) -> None:
    newest = "WHERE leaf_index = (SELECT MAX(leaf_index) FROM stored_events)"
    columns = "leaf_index + 1, 'case:x', 1, topic, state, leaf_hash"
    connection.execute(f"INSERT INTO stored_events SELECT {columns} FROM stored_events {newest}")  # noqa: S608


def swap_checkpoint(connection: Behind) -> None:
    older = "(SELECT note FROM checkpoints WHERE size = 2)"
    connection.execute(f"UPDATE checkpoints SET note = {older} WHERE size = (SELECT MAX(size) FROM checkpoints)")  # noqa: S608


def drop_checkpoints(connection: Behind) -> None:
    connection.execute("DELETE FROM checkpoints")


def spoil_checkpoint(connection: Behind) -> None:
    connection.execute("UPDATE checkpoints SET note = X'00' WHERE size = (SELECT MAX(size) FROM checkpoints)")


def sign_with_another_key(connection: Behind) -> None:
    size, data = connection.execute(
        "SELECT (SELECT MAX(size) FROM checkpoints), (SELECT data FROM frontier)"
    ).fetchone()
    note = sign_checkpoint(NoteSigner(ORIGIN, key("log lain")), ORIGIN, size, Frontier.load(data).root)
    connection.execute("UPDATE checkpoints SET note = ? WHERE size = ?", (note, size))


def change_frontier(connection: Behind) -> None:
    (data,) = connection.execute("SELECT data FROM frontier").fetchone()
    connection.execute("UPDATE frontier SET data = ?", (data[:-1] + bytes([data[-1] ^ 1]),))


def cut_frontier(connection: Behind) -> None:
    connection.execute("UPDATE frontier SET data = X'0011'")


def drop_frontier(connection: Behind) -> None:
    connection.execute("DELETE FROM frontier")


def keep_only_the_frontier(connection: Behind) -> None:
    cut_all(connection)
    drop_checkpoints(connection)


def keep_only_the_entries(connection: Behind) -> None:
    drop_frontier(connection)
    drop_checkpoints(connection)


def keep_only_the_checkpoints(connection: Behind) -> None:
    drop_frontier(connection)
    cut_all(connection)


@pytest.mark.parametrize(
    ("tamper", "leaf"),
    [
        (cut_tail, -1),
        (cut_all, None),
        (slip_in, 0),
        (swap_checkpoint, None),
        (drop_checkpoints, -1),
        (spoil_checkpoint, -1),
        (sign_with_another_key, -1),
        (change_frontier, None),
        (cut_frontier, -1),
        (drop_frontier, None),
        (keep_only_the_frontier, None),
        (keep_only_the_entries, -1),
        (keep_only_the_checkpoints, None),
    ],
    ids=lambda value: getattr(value, "__name__", "").replace("_", " "),
)
def test_a_store_that_does_not_end_on_its_own_seal_is_not_opened(
    kecamatan: Kecamatan, tamper: Any, leaf: int | None
) -> None:
    size = len(contents(kecamatan.ledger.database)["stored_events"])
    kecamatan.ledger.close()
    with behind(kecamatan.ledger.database) as connection:
        tamper(connection)
    with pytest.raises(Forged) as caught:
        again(kecamatan)
    assert isinstance(caught.value.facts["leaf"], int)
    assert str(caught.value.facts["leaf"]) in caught.value.detail or tamper in (swap_checkpoint, change_frontier)
    if leaf is not None:
        assert caught.value.facts["leaf"] == size + leaf


def test_a_ledger_is_not_opened_under_another_log_key(kecamatan: Kecamatan) -> None:
    kecamatan.ledger.close()
    with pytest.raises(Forged):
        again(kecamatan, log=NoteSigner(ORIGIN, key("log lain")))


@pytest.mark.parametrize(
    "change",
    [
        "topic = 'paraf.given'",
        "originator_id = 'case:99999999-9999-4999-8999-999999999999'",
        "originator_version = 7",
        "leaf_hash = zeroblob(32)",
        "state = substr(state, 2)",
        "state = X'7b7d'",
    ],
)
def test_a_column_that_contradicts_the_signed_bytes_raises_on_read(kecamatan: Kecamatan, change: str) -> None:
    index = kecamatan.ledger.record(opening(kecamatan, 1)).recorded.index
    kecamatan.ledger.record(opening(kecamatan, 2))
    with behind(kecamatan.ledger.database) as connection:
        connection.execute(f"UPDATE stored_events SET {change} WHERE leaf_index = ?", (index,))  # noqa: S608
    with kecamatan.ledger.reading() as rows, pytest.raises(Forged) as caught:
        log.recorded(rows, index)
    assert caught.value.facts["leaf"] == index


def test_a_stream_whose_stored_bytes_changed_is_not_folded(kecamatan: Kecamatan) -> None:
    index = kecamatan.ledger.record(opening(kecamatan, 1)).recorded.index
    kecamatan.ledger.close()
    with behind(kecamatan.ledger.database) as connection:
        connection.execute("UPDATE stored_events SET topic = 'paraf.given' WHERE leaf_index = ?", (index,))
    with closing(again(kecamatan)) as reopened, pytest.raises(Forged):
        reopened.stream(case_no(1))


def test_a_file_that_is_no_database_is_refused_in_our_own_words(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"bukan basis data" * 100)
    with pytest.raises(JejakError):
        Ledger(tmp_path, NoteSigner(ORIGIN, key("log")), Clock(), database=Database("sqlite", tmp_path))


# --- how it is stored -------------------------------------------------------------------------------------------


def test_the_connection_that_writes_is_durable(in_a_file: Kecamatan) -> None:
    recorder = in_a_file.ledger.recorder
    assert isinstance(recorder, SQLiteJournal)
    with recorder.turn(in_a_file.ledger.signer) as turn:
        assert [tuple(row) for row in turn.rows._run("PRAGMA synchronous", ())] == [(2,)], "FULL"
        assert [tuple(row) for row in turn.rows._run("PRAGMA journal_mode", ())] == [("wal",)]


def test_a_turn_holds_the_write_lock_from_its_beginning(in_a_file: Kecamatan) -> None:
    recorder = in_a_file.ledger.recorder
    assert isinstance(recorder, SQLiteJournal)
    with (
        recorder.turn(in_a_file.ledger.signer),
        closing(sqlite3.connect(in_a_file.folder / "journal.sqlite", timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


def test_a_turn_that_cannot_have_the_lock_is_unavailable_and_writes_nothing(
    in_a_file: Kecamatan,
) -> None:
    data, before = opening(in_a_file, 1), contents(in_a_file.ledger.database)
    recorder = in_a_file.ledger.recorder
    assert isinstance(recorder, SQLiteJournal)
    for connection in recorder.datastore.pool._pool:  # whichever of them gets the turn, it need not wait 5 seconds
        connection.cursor().execute("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(in_a_file.folder / "journal.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as caught:
            in_a_file.ledger.record(data)
        other.execute("ROLLBACK")
    assert caught.value.rule == "journal.busy"
    assert contents(in_a_file.ledger.database) == before
    assert not in_a_file.ledger.record(data).again


def test_the_process_environment_configures_no_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "lain.sqlite"
    for name, value in {
        "SQLITE_DBNAME": str(elsewhere),
        "PERSISTENCE_MODULE": "eventsourcing.popo",
        "COMPRESSOR_TOPIC": "zlib",
        "CIPHER_TOPIC": "eventsourcing.cipher:AESCipher",
        "IS_SNAPSHOTTING_ENABLED": "y",
        "AGGREGATE_CACHE_MAXSIZE": "5",
        "CREATE_TABLE": "n",
        "SQLITE_LOCK_TIMEOUT": "bukan angka",
    }.items():
        for prefix in ("", "JEJAK_"):
            monkeypatch.setenv(prefix + name, value)
    made = Kecamatan(tmp_path / "buku")
    with closing(made.ledger):
        made.found()
        rows = contents(made.ledger.database)["stored_events"]
    assert len(rows) == 2
    assert rows[0][4].startswith(b'{"recorded_at":"')
    assert not elsewhere.exists()


def test_the_library_cannot_write_without_a_turn(kecamatan: Kecamatan) -> None:
    with pytest.raises(AssertionError, match="turn"):
        kecamatan.ledger.recorder.insert_events([])


def test_a_reader_sees_one_snapshot_while_others_write(kecamatan: Kecamatan) -> None:
    data = opening(kecamatan, 1)
    with kecamatan.ledger.reading() as rows:
        before = rows.size()
        thread = threading.Thread(target=kecamatan.ledger.record, args=(data,))
        thread.start()
        thread.join(30)
        assert rows.size() == before
        newest = rows.newest()
        assert newest is not None
        assert newest.index == before - 1
    with kecamatan.ledger.reading() as rows:
        assert rows.size() == before + 1


def test_notifications_come_in_leaf_order_with_the_leaf_index_as_their_id(kecamatan: Kecamatan) -> None:
    kecamatan.run(upto=3)
    with kecamatan.ledger.reading() as rows:
        size = rows.size()
    recorder = kecamatan.ledger.recorder
    found = recorder.select_notifications(start=0, limit=1000)
    assert [one.id for one in found] == list(range(size))
    assert recorder.max_notification_id() == size - 1
    assert [one.id for one in recorder.select_notifications(start=5, limit=2)] == [5, 6]
    assert [one.id for one in recorder.select_notifications(start=5, limit=2, inclusive_of_start=False)] == [6, 7]
    assert [one.id for one in recorder.select_notifications(start=5, limit=9, stop=6)] == [5, 6]
    assert {one.topic for one in recorder.select_notifications(0, 1000, topics=["key.approved"])} == {"key.approved"}


def test_a_malformed_stream_name_is_nothing_to_find(kecamatan: Kecamatan) -> None:
    assert kecamatan.ledger.stream("case:tidak-ada") is None
    with pytest.raises(Malformed):
        kecamatan.sign(SRI, "case:tidak-ada", *kecamatan.steps()[0][1:])
