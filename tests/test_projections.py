"""Read models: exactly once, rebuilt alike, and honest about what they do not know."""

from __future__ import annotations

import base64
import datetime as dt
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from keys.envelope import Envelope
from keys.errors import Forged, Malformed, NotJudged, Unavailable
from ledger.acts import Seen, SignedAct
from ledger.aggregates import ActRecorded
from ledger.entry import Entry
from ledger.iku import sample
from ledger.iku_checks import against_case
from ledger.merkle import root_at
from ledger.notices import DISCLAIMER
from ledger.recorded import Recorded
from projections import agenda, audit_trail, iku_state, inbox
from projections.alone import Replacing
from projections.catchup import Progress, Views
from projections.schema import METADATA, VERSION
from tests.behind import behind
from tests.kit import CASE, IKU, OFFICERS, Kecamatan, key, mandate_of

OTHER = "case:22222222-2222-4222-8222-222222222222"
THIRD = "case:33333333-3333-4333-8333-333333333333"


class Desk:
    """A kecamatan with its views."""

    def __init__(self, folder: Path) -> None:
        self.kecamatan = Kecamatan(folder).open()
        self.file = folder / "views.sqlite"
        self.views = self.open(self.file)

    def open(self, file: Path) -> Views:
        """Return views of this journal in a file."""
        return Views(f"sqlite:///{file}", self.kecamatan.ledger.reading, self.kecamatan.ledger.documents)

    def close(self) -> None:
        """Close everything."""
        self.views.close()
        self.kecamatan.ledger.close()

    def do(self, case: str, *acts: tuple[str, str, dict[str, Any]]) -> None:
        """Record acts in a case."""
        for official, kind, body in acts:
            self.kecamatan.do(official, case, kind, body)

    def draft(self, case: str) -> None:
        """Play a case up to the typed concept."""
        self.do(case, *self.kecamatan.steps()[:4])

    def bounce(self, case: str, reason: str = "Satuan belum diisi.") -> None:
        """Return the typing of a case at step 5 and have it revised."""
        stream = self.kecamatan.ledger.stream(case)
        assert stream is not None
        held: Any = stream.state
        digest = held.document.digest
        body = {"step": "5", "document": digest, "decision": "returned", "reason": reason}
        done = self.kecamatan.do("ratna-sari", case, "typing.reviewed", body)
        mended = self.kecamatan.iku if digest == self.kecamatan.iku_mended["digest"] else self.kecamatan.iku_mended
        body = {"step": "4", "round": held.round + 1, "replaces": digest, "answers": done.recorded.leaf}
        self.kecamatan.do("agus-salim", case, "concept.revised", body | {"document": mended})

    def finish(self, case: str, upto: int = 12, **number: int) -> None:
        """Play a case from the review at step 5 to its act number ``upto``."""
        stream = self.kecamatan.ledger.stream(case)
        assert stream is not None
        held: Any = stream.state
        for official, kind, body in self.kecamatan.steps(held.document.plain(), case)[4:upto]:
            changed = body | {"number": body["number"] | number} if "number" in body else body
            self.kecamatan.do(official, case, kind, changed)

    def dump(self, views: Views | None = None) -> dict[str, list[Any]]:
        """Return every row of every table."""
        with (views or self.views).reading() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
                for table in METADATA.sorted_tables
            }

    def case(self, case: str = CASE) -> dict[str, Any]:
        """Return a case's state after catching up."""
        self.views.catch_up()
        with self.views.reading() as connection:
            found = iku_state.case(connection, case.removeprefix("case:"))
        assert found is not None
        return found

    def size(self) -> int:
        """Return the number of leaves in the journal."""
        with self.kecamatan.ledger.reading() as rows:
            return rows.size()

    def smuggle(self, data: bytes) -> int:
        """Put an act in the log that no judge has seen; return its leaf index."""
        envelope = Envelope.parse(data)
        official = next(one for one in OFFICERS if key(one).public.id == envelope.keyid)
        signed = SignedAct(envelope.opened_with(key(official).public))
        ledger = self.kecamatan.ledger
        with ledger._journal.turn(self.kecamatan.log) as turn:
            done = Recorded.new(turn.next_index, signed, turn.time(self.kecamatan.clock()))
            turn.add(signed, done)
            ledger.save(ActRecorded.of(done), turn=turn)
        return done.index


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(Desk(tmp_path)) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with closing(Desk(tmp_path_factory.mktemp("desk"))) as made:
        yield made


# --- exactly once ---------------------------------------------------------------------------------------


def test_incremental_is_rebuilt_is_applied_twice(desk: Desk, tmp_path: Path) -> None:
    desk.draft(CASE)
    desk.views.catch_up()
    for play in (desk.bounce, desk.finish):
        play(CASE)
        assert desk.views.catch_up() > 0
        assert desk.views.catch_up() == 0
    incremental = desk.dump()
    with closing(desk.open(tmp_path / "at-once.sqlite")) as at_once:
        assert at_once.catch_up() == desk.size()
        assert desk.dump(at_once) == incremental
    assert desk.views.rebuild() == desk.size()
    assert desk.dump() == incremental


def test_a_bounded_step_projects_no_more_and_steps_end_where_one_would(desk: Desk, tmp_path: Path) -> None:
    desk.draft(CASE)
    desk.views.catch_up()
    with closing(desk.open(tmp_path / "in-steps.sqlite")) as stepping:
        assert stepping.catch_up(most=7) == 7
        assert stepping.position() == 7
        steps = [7]
        while steps[-1] == 7:
            steps.append(stepping.catch_up(most=7))
        assert sum(steps) == desk.size()
        assert desk.dump(stepping) == desk.dump()


def test_every_act_by_itself_gives_what_all_at_once_give(desk: Desk, tmp_path: Path) -> None:
    for official, kind, body in desk.kecamatan.steps():
        desk.kecamatan.do(official, CASE, kind, body)
        desk.views.catch_up()
    with closing(desk.open(tmp_path / "at-once.sqlite")) as at_once:
        at_once.catch_up()
        assert desk.dump(at_once) == desk.dump()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    plans=st.lists(st.tuples(st.integers(0, 3), st.integers(5, 12)), min_size=1, max_size=3),
    pauses=st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_every_accepted_act_projects(shared: Desk, plans: list[tuple[int, int]], pauses: list[bool]) -> None:
    cases = [(f"case:{uuid.uuid4()}", returns, upto) for returns, upto in plans]

    def pause(now: bool) -> None:
        if now:
            shared.views.catch_up()

    for case, _, _ in cases:
        shared.draft(case)
    pause(pauses[0])
    for round_ in range(3):
        for case, returns, _ in cases:
            if round_ < returns:
                shared.bounce(case)
        pause(pauses[1])
    for case, _, upto in cases:
        shared.finish(case, upto)
        pause(pauses[2])
    shared.views.catch_up()
    assert shared.views.position() == shared.size()
    for case, returns, upto in cases:
        state = shared.case(case)
        assert len(state["returns"]) == returns
        assert state["finished"] == (upto == 12)
        with shared.views.reading() as connection:
            assert len(audit_trail.trail(connection, case)) == state["version"]
    incremental = shared.dump()
    shared.views.rebuild()
    assert shared.dump() == incremental


def test_rows_and_position_commit_together(desk: Desk) -> None:
    desk.draft(CASE)
    desk.views.catch_up()
    desk.finish(CASE)
    before = desk.dump()
    with closing(sqlite3.connect(desk.file)) as file:
        file.execute("CREATE TRIGGER power_cut BEFORE INSERT ON dispatches BEGIN SELECT RAISE(ABORT, 'cut'); END")
        file.commit()
        with pytest.raises(Unavailable) as cut:
            desk.views.catch_up()
        assert cut.value.rule == "views.storage"
        assert desk.dump() == before
        file.execute("DROP TRIGGER power_cut")
        file.commit()
    desk.views.catch_up()
    assert desk.views.position() == desk.size()
    after = desk.dump()
    desk.views.rebuild()
    assert desk.dump() == after


def test_many_may_catch_up_at_once(desk: Desk, tmp_path: Path) -> None:
    others = [desk.open(desk.file) for _ in range(4)]
    faults: list[BaseException] = []

    def follow(views: Views) -> None:
        try:
            while views.position() < 60:
                views.catch_up()
        except BaseException as fault:
            faults.append(fault)
            raise

    threads = [threading.Thread(target=follow, args=(views,)) for views in others]
    for thread in threads:
        thread.start()
    for case in (CASE, OTHER, THIRD):
        desk.kecamatan.run(case)
    for thread in threads:
        thread.join()
    for views in others:
        views.catch_up()
        views.close()
    assert faults == []
    with closing(desk.open(tmp_path / "alone.sqlite")) as alone:
        alone.catch_up()
        assert desk.dump(alone) == desk.dump()


def test_views_that_another_process_moved_on_are_followed(desk: Desk) -> None:
    desk.draft(CASE)
    with closing(desk.open(desk.file)) as other:
        other.catch_up()
        desk.bounce(CASE)
        desk.views.catch_up()
        desk.finish(CASE, 7)
        other.catch_up()
    state = desk.case()
    assert (state["round"], len(state["returns"]), state["signature"]["official"]) == (2, 1, "sri-wahyuni")


# --- rebuilding -----------------------------------------------------------------------------------------


def test_views_of_another_journal_are_rebuilt(desk: Desk, tmp_path: Path) -> None:
    desk.kecamatan.run()
    desk.views.catch_up()
    other = Kecamatan(tmp_path / "other")
    other.clock.now += dt.timedelta(days=1)
    other.open()
    with closing(Views(f"sqlite:///{desk.file}", other.ledger.reading, other.ledger.documents)) as views:
        with views.reading() as connection:
            assert iku_state.cases(connection) == []
        assert views.position() == 33
    other.ledger.close()


def test_views_of_a_journal_that_went_another_way_are_rebuilt(desk: Desk, tmp_path: Path) -> None:
    desk.kecamatan.run(CASE, 1)
    desk.views.catch_up()
    other = Kecamatan(tmp_path / "other").open()
    other.run(OTHER, 2)
    with closing(Views(f"sqlite:///{desk.file}", other.ledger.reading, other.ledger.documents)) as views:
        assert views.catch_up() == 35
        with views.reading() as connection:
            assert [one["stream"] for one in iku_state.cases(connection)] == [OTHER]
    other.ledger.close()


def test_views_of_a_journal_that_became_shorter_are_rebuilt(desk: Desk, tmp_path: Path) -> None:
    desk.kecamatan.run()
    desk.views.catch_up()
    other = Kecamatan(tmp_path / "other").open()
    with closing(Views(f"sqlite:///{desk.file}", other.ledger.reading, other.ledger.documents)) as views:
        assert views.catch_up() == 33
        assert views.position() == 33
    other.ledger.close()


def test_views_of_another_schema_are_rebuilt(desk: Desk) -> None:
    desk.kecamatan.run()
    desk.views.catch_up()
    before = desk.dump()
    desk.views.close()
    with closing(sqlite3.connect(desk.file)) as file:
        file.execute("DROP TABLE trail")
        file.execute("CREATE TABLE trail (leaf_index INTEGER PRIMARY KEY, something_old TEXT)")
        file.execute("CREATE TABLE something_older (id INTEGER PRIMARY KEY)")
        file.execute("UPDATE views SET schema = ?", (VERSION - 1,))
        file.commit()
    with closing(desk.open(desk.file)) as views:
        assert desk.dump(views) == before
    with closing(sqlite3.connect(desk.file)) as file:
        assert not file.execute("SELECT * FROM sqlite_master WHERE name = 'something_older'").fetchall()


def test_a_reader_keeps_its_views_while_they_are_rebuilt(desk: Desk) -> None:
    desk.views.catch_up()
    with desk.views.reading() as connection:
        assert iku_state.cases(connection) == []
        desk.kecamatan.run()
        assert desk.views.rebuild() == desk.size()
        assert iku_state.cases(connection) == []
    with desk.views.reading() as connection:
        assert len(iku_state.cases(connection)) == 1


def test_a_rebuild_tells_how_far_it_is(desk: Desk) -> None:
    told: list[tuple[int, int]] = []
    desk.views.rebuild(lambda done, total: told.append((done, total)))
    assert told[-1] == (33, 33)


def test_what_is_recorded_during_a_rebuild_is_in_it(desk: Desk) -> None:
    def interrupted(done: int, total: int) -> None:
        if total == 33:
            desk.kecamatan.run()

    desk.views.rebuild(interrupted)
    assert desk.views.position() == desk.size() == 45
    assert desk.views.catch_up() == 0
    assert desk.case()["finished"]


def test_a_rebuild_that_fails_leaves_the_views_as_they_were(desk: Desk) -> None:
    desk.kecamatan.run(CASE, 3)
    desk.views.catch_up()
    before = desk.dump()
    desk.smuggle(_paraf(desk))
    with pytest.raises(NotJudged):
        desk.views.rebuild()
    assert desk.dump() == before


# --- unexpected -----------------------------------------------------------------------------------------


def _paraf(desk: Desk, stream: str = THIRD) -> bytes:
    """Return a paraf in a case that nobody opened."""
    body = {"step": "6", "document": desk.kecamatan.iku["digest"]}
    return desk.kecamatan.sign("budi-santoso", stream, "paraf.given", body)


def test_an_act_that_cannot_have_happened_stops_the_projection_by_its_name(desk: Desk) -> None:
    desk.kecamatan.run(CASE, 3)
    index = desk.smuggle(_paraf(desk))
    for _ in range(2):
        with pytest.raises(NotJudged) as stopped:
            desk.views.catch_up()
        assert stopped.value.rule == "views.event"
        assert stopped.value.facts == {"leaf": index, "kind": "paraf.given"}
        assert f"daun {index}" in stopped.value.detail
        assert desk.views.position() == index
    assert index == 36
    with desk.views.reading() as connection:
        state = iku_state.case(connection, CASE.removeprefix("case:"))
    assert state is not None
    assert state["version"] == 3


def test_an_entry_that_was_altered_stops_the_projection_by_its_name(desk: Desk) -> None:
    desk.kecamatan.run(CASE, 4)
    with behind(desk.kecamatan.ledger.database) as journal:
        journal.execute("UPDATE stored_events SET topic = 'paraf.given' WHERE leaf_index = 35")
    with pytest.raises(Forged) as stopped:
        desk.views.catch_up()
    assert stopped.value.facts == {"leaf": 35, "kind": "paraf.given"}
    assert desk.views.position() == 35


def test_where_a_damaged_leaf_stops_a_rebuild_of_lost_views_what_is_before_it_is_projected_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.catchup.MOST_AWAITED", 10)
    desk.kecamatan.run(CASE, 4)
    with behind(desk.kecamatan.ledger.database) as journal:
        journal.execute("UPDATE stored_events SET topic = 'paraf.given' WHERE leaf_index = 35")
    for _ in range(2):  # the second time whoever follows takes in what it can
        with pytest.raises(Forged) as stopped:
            desk.views.catch_up()
        assert stopped.value.facts == {"leaf": 35, "kind": "paraf.given"}
    assert desk.views.position() == 35


@pytest.mark.parametrize("gone", [0, 34, 35])
def test_a_leaf_that_is_missing_stops_the_projection_at_the_gap(desk: Desk, gone: int) -> None:
    desk.kecamatan.run(CASE, 4)
    with behind(desk.kecamatan.ledger.database) as journal:
        journal.execute("DELETE FROM stored_events WHERE leaf_index = ?", (gone,))
    for project in (desk.views.catch_up, desk.views.rebuild):
        with pytest.raises(NotJudged) as stopped:
            project()
        assert (stopped.value.rule, stopped.value.facts) == ("views.missing", {"leaf": gone})
        assert desk.views.position() == gone


def test_of_a_log_whose_newest_leaf_is_gone_no_views_are_made(desk: Desk) -> None:
    desk.views.catch_up()
    before = desk.views.position()
    desk.kecamatan.run(CASE, 4)
    with behind(desk.kecamatan.ledger.database) as journal:
        journal.execute("DELETE FROM stored_events WHERE leaf_index = 36")
    for project in (desk.views.catch_up, desk.views.rebuild):
        with pytest.raises(Forged) as stopped:
            project()
        assert (stopped.value.rule, stopped.value.facts["leaf"]) == ("outside.shorter", 36)
        assert desk.views.position() == before


class Counted(Views):
    """Views that count how often they are rebuilt."""

    rebuilds = 0

    def _rebuild(self, replacing: Replacing, progress: Progress | None, shares: int | None) -> int:
        self.rebuilds += 1
        return super()._rebuild(replacing, progress, shares)


@pytest.fixture
def counted(desk: Desk) -> Iterator[Counted]:
    """Yield views that stand behind the fourth act of a case, whose leaf is then altered."""
    desk.kecamatan.run(CASE, 4)
    ledger = desk.kecamatan.ledger
    with closing(Counted(f"sqlite:///{desk.file}", ledger.reading, ledger.documents)) as views:
        views.catch_up()
        alter(desk, bytes(32))
        yield views


def alter(desk: Desk, leaf: bytes) -> None:
    with behind(desk.kecamatan.ledger.database) as journal:
        journal.execute("UPDATE stored_events SET leaf_hash = ? WHERE leaf_index = 36", (leaf,))


def stopped(views: Views) -> Forged:
    with pytest.raises(Forged) as fault:
        views.catch_up()
    assert fault.value.facts["leaf"] == 36
    return fault.value


def test_a_damaged_leaf_before_the_position_is_not_rebuilt_over_again_and_again(desk: Desk, counted: Counted) -> None:
    said = {str(stopped(counted)) for _ in range(3)}
    assert len(said) == 1
    assert counted.rebuilds == 1
    official, kind, body = desk.kecamatan.steps()[0]
    with desk.kecamatan.ledger.reading() as rows:
        seen = Seen(size=36, root=base64.b64encode(root_at(rows, 36)).decode())
    desk.kecamatan.do(official, OTHER, kind, body, seen=seen)  # what is recorded since mends nothing
    assert str(stopped(counted)) in said
    assert counted.rebuilds == 1


def test_a_reader_gets_the_same_fault_without_another_rebuild(counted: Counted) -> None:
    fault = stopped(counted)
    counted._checked = False  # as after a start
    for _ in range(2):
        with pytest.raises(Forged) as again:
            counted.reading()
        assert (again.value.rule, again.value.facts) == (fault.rule, fault.facts)
    assert counted.rebuilds == 1


def test_a_damaged_leaf_is_tried_again_once_it_changed(desk: Desk, counted: Counted) -> None:
    stopped(counted)
    alter(desk, bytes(31) + b"1")
    stopped(counted)
    assert counted.rebuilds == 2


def test_a_damaged_leaf_is_tried_again_after_a_while(monkeypatch: pytest.MonkeyPatch, counted: Counted) -> None:
    stopped(counted)
    monkeypatch.setattr("projections.catchup.RETRY_AFTER", 0.0)
    stopped(counted)
    assert counted.rebuilds > 1


def test_views_go_on_once_the_damaged_leaf_is_mended(desk: Desk, counted: Counted) -> None:
    with desk.kecamatan.ledger.reading() as rows:
        damaged = rows.entry(36)
    assert damaged is not None
    stopped(counted)
    alter(desk, Entry.parse(damaged.data).leaf_hash)
    desk.do(CASE, desk.kecamatan.steps()[4])
    assert counted.catch_up() == 1
    assert counted.position() == desk.size()
    assert counted.rebuilds == 1


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "broken.sqlite").write_bytes(b"bukan basis data" * 100)
    with pytest.raises(Unavailable):
        desk.open(tmp_path / "broken.sqlite")


def test_views_are_an_sqlite_file(desk: Desk) -> None:
    for url in ("postgresql://127.0.0.1/jejak", "sqlite://"):
        with pytest.raises(Malformed):
            Views(url, desk.kecamatan.ledger.reading, desk.kecamatan.ledger.documents)


# --- what is shown --------------------------------------------------------------------------------------


def test_a_finished_case_shows_who_did_what_on_which_document(desk: Desk) -> None:
    desk.kecamatan.run()
    state = desk.case()
    digest = desk.kecamatan.iku["digest"]
    assert state["finished"]
    assert state["step"] is None
    assert state["steps_done"] == [str(no) for no in range(1, 11)]
    assert state["document"] == desk.kecamatan.iku
    assert state["number"] == "070/1/35.07.11/2026"
    assert state["paraf"] == {
        "official": "budi-santoso",
        "name": "Budi Santoso (sintetis)",
        "nip": "198001012005000003",
        "rank": "Penata (sintetis)",
        "office_name": "Sekretaris Kecamatan Kalipare",
        "capacity": "definitif",
        "leaf": state["paraf"]["leaf"],
        "leaf_index": 38,
        "digest": digest,
        "recorded_at": state["paraf"]["recorded_at"],
        "occurred_at": state["paraf"]["occurred_at"],
        "paper": False,
        "by": None,
    }
    assert state["paraf"]["recorded_at"].endswith("Z")
    assert state["paraf"]["occurred_at"].endswith("+07:00")
    assert [state[mark]["official"] for mark in ("approved", "signature")] == ["ratna-sari", "sri-wahyuni"]
    assert [(one["name"], one["copies"], one["dispatched"]) for one in state["addressees"]] == [
        ("Bagian Organisasi Setda", 1, 43),
        ("Inspektorat", 2, 44),
    ]
    assert (state["version"], state["leaf_index"], state["opened_index"]) == (12, 44, 33)
    assert state["period"] == {"first_year": 2026, "last_year": 2026}
    assert state["synthetic"]
    assert state["disclaimer"] == DISCLAIMER
    assert "waktu" not in (state["step"] or {})


def test_a_case_shows_its_rows_with_their_warnings_and_label(desk: Desk) -> None:
    desk.kecamatan.run(CASE, 4)
    state = desk.case()
    assert state["rows"]
    assert state["rows_why"] is None
    assert {"rule", "row", "field", "text"} == set(state["warnings"][0])
    assert state["label"] is not None
    assert "bukan IKU Kalipare" in state["label"]


def test_a_return_is_shown_and_voids_the_draft_that_is_replaced(desk: Desk) -> None:
    desk.draft(CASE)
    desk.bounce(CASE, "Satuan belum diisi.")
    state = desk.case()
    first, second = desk.kecamatan.iku["digest"], desk.kecamatan.iku_mended["digest"]
    assert [(one["digest"], one["round"], one["void"]) for one in state["drafts"]] == [
        (first, 1, True),
        (first, 1, True),
        (second, 2, False),
    ]
    (returned,) = state["returns"]
    assert (returned["round"], returned["reason"], returned["by"], returned["leaf_index"]) == (
        1,
        "Satuan belum diisi.",
        "Ratna Sari (sintetis)",
        37,
    )
    assert state["approved"] is None
    assert state["document"]["digest"] == second
    assert (state["step"]["no"], state["step"]["activities"], state["round"]) == ("5", ["typing.reviewed"], 2)


def test_a_returned_case_waits_for_its_revision(desk: Desk) -> None:
    desk.draft(CASE)
    body = {"step": "5", "document": desk.kecamatan.iku["digest"], "decision": "returned", "reason": "Perbaiki."}
    done = desk.kecamatan.do("ratna-sari", CASE, "typing.reviewed", body)
    desk.views.catch_up()
    with desk.views.reading() as connection:
        (waiting,) = inbox.inbox(connection, "staf", "kalipare")
        assert inbox.inbox(connection, "kasubag-evapor", "kalipare") == []
        assert inbox.inbox(connection, "staf", "sidemen") == []
    assert (waiting["step"]["no"], waiting["step"]["activities"]) == ("4", ["concept.revised"])
    assert waiting["since"]["leaf_index"] == done.recorded.index
    assert (waiting["subject"], waiting["urgency"]) == ("Penyusunan IKU 2026", "segera")


def test_the_inbox_holds_the_visit_that_is_open(desk: Desk) -> None:
    desk.kecamatan.run(CASE, 3)
    desk.views.catch_up()
    with desk.views.reading() as connection:
        (typing,) = inbox.inbox(connection, "staf", "kalipare")
    assert (typing["here"]["step"], typing["here"]["began"]["leaf_index"]) == ("4", typing["since"]["leaf_index"])


def test_a_step_with_several_acts_is_due_since_its_first(desk: Desk) -> None:
    desk.kecamatan.run(CASE, 11)
    state = desk.case()
    assert (state["step"]["no"], state["step"]["activities"]) == ("10", ["dispatch.recorded"])
    assert state["since"]["leaf_index"] == 41


def test_the_trail_has_a_row_for_every_act_of_every_stream(desk: Desk) -> None:
    desk.kecamatan.run()
    desk.views.catch_up()
    with desk.views.reading() as connection:
        streams = ("register", "sop:penyusunan-iku", CASE)
        rows = [one for stream in streams for one in audit_trail.trail(connection, stream)]
        assert sorted(one["leaf_index"] for one in rows) == list(range(desk.size()))
        paraf = audit_trail.row(connection, 38)
        assert audit_trail.row(connection, desk.size()) is None
    assert paraf is not None
    expected = {
        "kind": "paraf.given",
        "step": "6",
        "round": 1,
        "official": "budi-santoso",
        "mandate": mandate_of("budi-santoso"),
        "office": "sekcam",
        "unit": "kalipare",
        "decree": {"number": "821/1/2026", "date": "2026-01-02", "issuer": "Bupati Malang (sintetis)"},
        "keyid": key("budi-santoso").public.id,
        "documents": [desk.kecamatan.iku["digest"]],
        "flags": [{"name": "key.unproven", "sentence": "Identitas kunci belum dibuktikan: tidak ada berita acara."}],
    }
    assert {name: paraf[name] for name in expected} == expected
    assert paraf["sentence"].startswith("Budi Santoso (sintetis), Sekretaris Kecamatan Kalipare (definitif), memberi")


def test_the_trail_keeps_the_stated_time_beside_the_recorded_one(desk: Desk) -> None:
    official, kind, body = desk.kecamatan.steps()[0]
    desk.kecamatan.do(official, CASE, kind, body, occurred_at="2026-03-02T23:30:00+09:00")
    desk.views.catch_up()
    with desk.views.reading() as connection:
        (row,) = audit_trail.trail(connection, CASE)
    assert row["occurred_at"] == "2026-03-02T23:30:00+09:00"
    with desk.kecamatan.ledger.reading() as rows:
        newest = rows.newest()
    assert newest is not None
    assert row["recorded_at"].encode() in newest.data
    assert "claim.future" in [flag["name"] for flag in row["flags"]]
    assert "claim.future" in [flag["name"] for flag in desk.case()["flags"]]


def test_marks_are_found_on_exactly_these_bytes_across_cases(desk: Desk) -> None:
    desk.draft(CASE)
    desk.bounce(CASE)
    desk.finish(CASE, 7)
    desk.draft(OTHER)
    desk.finish(OTHER, 6)
    desk.views.catch_up()
    first, second = desk.kecamatan.iku["digest"], desk.kecamatan.iku_mended["digest"]
    with desk.views.reading() as connection:
        on_first = audit_trail.marks_on(connection, first)
        on_second = audit_trail.marks_on(connection, second)
        assert audit_trail.marks_on(connection, desk.kecamatan.letter["digest"]) == []
    assert [(one["stream"], one["kind"], one["decision"], one["stands"]) for one in on_first] == [
        (CASE, "typing.reviewed", "returned", False),
        (OTHER, "typing.reviewed", "approved", True),
        (OTHER, "paraf.given", None, True),
    ]
    assert [(one["kind"], one["stands"]) for one in on_second] == [
        ("typing.reviewed", True),
        ("paraf.given", True),
        ("signature.given", True),
    ]


def test_the_agenda_repeats_what_stands_out_about_its_acts(desk: Desk) -> None:
    desk.draft(CASE)
    desk.finish(CASE, 11, year=2025)
    desk.views.catch_up()
    with desk.views.reading() as connection:
        (row,) = agenda.agenda(connection, 2025)["rows"]
        trail = {one["leaf_index"]: one["flags"] for one in audit_trail.trail(connection, CASE)}
    (sent,) = row["dispatches"]
    assert row["flags"] == trail[row["leaf_index"]]
    assert sent["flags"] == trail[sent["leaf_index"]]
    assert "agenda.year" in [flag["name"] for flag in row["flags"]]
    assert "agenda.year" not in [flag["name"] for flag in sent["flags"]]


def _about_document(flags: list[dict[str, Any]]) -> dict[str, str]:
    return {one["name"]: one["sentence"] for one in flags if one["name"] in ("period.differs", "document.sample")}


def test_a_document_of_another_unit_and_period_is_shown_beside_its_case(desk: Desk) -> None:
    assert desk.kecamatan.run(CASE, 2)
    assert (desk.case()["document_unit"], desk.case()["document_period"]) == (None, None)
    assert _about_document(desk.case()["flags"]) == {}
    desk.do(CASE, *desk.kecamatan.steps()[2:7])
    state = desk.case()
    with desk.views.reading() as connection:
        in_force = iku_state.iku_in_force(connection, "kalipare", 2026, 2026)
    assert in_force is not None
    for shown in (state, in_force):
        assert (shown["unit"], shown["document_unit"]) == ("kalipare", "Kecamatan Sidemen, Kabupaten Karangasem")
        assert (shown["period"], shown["document_period"]) == (
            {"first_year": 2026, "last_year": 2026},
            {"first_year": 2017, "last_year": 2021},
        )
        found = _about_document(shown["flags"])
        assert found["period.differs"] == "Periode dalam dokumen 2017-2021, periode perkara 2026."
        assert "contoh, bukan IKU Kalipare" in found["document.sample"]
    (differs,) = [one for one in state["flags"] if one["name"] == "period.differs"]
    assert (differs["leaf_index"], differs["kind"]) == (state["drafts"][-1]["leaf_index"], "concept.typed")


@pytest.mark.parametrize("period", [{"first_year": 2017, "last_year": 2021}, None])
def test_a_document_of_the_period_that_was_asked_for_is_not_flagged(desk: Desk, period: dict[str, int] | None) -> None:
    official, kind, body = desk.kecamatan.steps()[0]
    body = {name: value for name, value in body.items() if name != "period"} | ({"period": period} if period else {})
    desk.do(CASE, (official, kind, body), *desk.kecamatan.steps()[1:4])
    assert _about_document(desk.case()["flags"]).keys() == {"document.sample"}


@pytest.mark.parametrize(
    ("label", "is_flagged"), [(None, False), ("IKU resmi", False), ("percontohan", False), ("Contoh: Sidemen", True)]
)
def test_only_a_label_that_says_contoh_is_flagged(label: str | None, is_flagged: bool) -> None:
    assert [name for name, _ in against_case((2026, 2026), (2026, 2026), label)] == ["document.sample"] * is_flagged


def test_the_iku_in_force_follows_the_newest_signature(desk: Desk) -> None:
    def in_force() -> str | None:
        desk.views.catch_up()
        with desk.views.reading() as connection:
            assert iku_state.iku_in_force(connection, "kalipare", 2025, 2026) is None
            assert iku_state.iku_in_force(connection, "sidemen", 2026, 2026) is None
            found = iku_state.iku_in_force(connection, "kalipare", 2026, 2026)
        assert found is None or found["rows"]
        return found["stream"] if found else None

    desk.draft(CASE)
    desk.draft(OTHER)
    desk.finish(OTHER, 6)
    assert in_force() is None
    desk.do(OTHER, desk.kecamatan.steps()[6])
    assert in_force() == OTHER
    desk.finish(CASE, 7)
    assert in_force() == CASE


def test_a_period_that_the_disposition_does_not_name_is_the_documents(desk: Desk) -> None:
    official, kind, body = desk.kecamatan.steps()[0]
    desk.do(CASE, (official, kind, {name: value for name, value in body.items() if name != "period"}))
    assert desk.case()["period"] is None
    desk.do(CASE, *desk.kecamatan.steps()[1:4])
    stated = desk.case()["period"]
    assert stated is not None
    desk.finish(CASE, 7)
    desk.views.catch_up()
    with desk.views.reading() as connection:
        found = iku_state.iku_in_force(connection, "kalipare", stated["first_year"], stated["last_year"])
    assert found is not None
    assert found["stream"] == CASE


def test_cases_come_in_pages_in_the_order_of_their_opening(desk: Desk) -> None:
    for case in (THIRD, CASE, OTHER):
        desk.kecamatan.run(case, 1)
    desk.do(THIRD, desk.kecamatan.steps()[1])
    desk.views.catch_up()
    with desk.views.reading() as connection:
        first = iku_state.cases(connection, limit=2)
        second = iku_state.cases(connection, limit=2, after=first[-1]["opened_index"], unit="kalipare")
        assert iku_state.cases(connection, unit="sidemen") == []
        assert iku_state.case(connection, "no-such-case") is None
    assert [one["stream"] for one in first + second] == [THIRD, CASE, OTHER]


def _file_of(desk: Desk, digest: str) -> Path:
    hexed = digest.removeprefix("sha256:")
    return desk.kecamatan.folder / "documents" / hexed[:2] / hexed


def test_a_missing_document_is_shown_as_unknown(desk: Desk) -> None:
    desk.kecamatan.run()
    _file_of(desk, desk.kecamatan.iku["digest"]).unlink()
    state = desk.case()
    assert state["finished"]
    assert state["rows"] is None
    assert "tidak ada di penyimpanan" in state["rows_why"]
    assert state["document"] == desk.kecamatan.iku


def test_an_altered_document_is_shown_as_unknown(desk: Desk) -> None:
    desk.kecamatan.run()
    _file_of(desk, desk.kecamatan.iku["digest"]).write_bytes(sample("kota-sukabumi"))
    state = desk.case()
    assert state["rows"] is None
    assert "tidak cocok" in state["rows_why"]


def test_a_document_that_is_no_iku_table_stops_nothing(desk: Desk) -> None:
    odd = desk.kecamatan.store(b"bukan JSON", "iku.json", IKU)
    desk.do(CASE, *desk.kecamatan.steps(odd)[:4])
    state = desk.case()
    assert state["rows"] is None
    assert state["rows_why"].startswith("Isi dokumen tidak dapat dibaca sebagai tabel IKU")


def test_a_case_without_a_document_says_so(desk: Desk) -> None:
    desk.kecamatan.run(CASE, 2)
    state = desk.case()
    assert (state["document"], state["rows"]) == (None, None)
    assert state["rows_why"] == "Perkara ini belum mempunyai dokumen."
