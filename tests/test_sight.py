"""What a process has seen of the log, in whatever way it looked: older tables and other ones are refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from api.app import App, create_app
from api.settings import Settings
from keys.errors import Forged
from ledger import logkey, sight
from ledger.application import Ledger
from ledger.database import Database
from tests import postgres
from tests.behind import TABLES, behind, contents
from tests.kit import CASE, Kecamatan
from tests.served import asked
from tests.signed_in import desk

OTHER_CASE = "case:22222222-2222-4222-8222-222222222222"
THIRD_CASE = "case:33333333-3333-4333-8333-333333333333"
#: Leaves of an office that was opened and did nothing else.
OPENED = 33


@pytest.fixture(params=["sqlite", "postgresql"])
def office(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Kecamatan]:
    """Yield an opened office; whatever its ledger is closed to in a test, it is closed in the end."""
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database()) if request.param == "postgresql" else ""
        made = Kecamatan(tmp_path / "buku", Database.parse(url, tmp_path / "buku"))
        stack.callback(lambda: made.ledger.close())
        logkey.write(made.folder / "log.key", made.log)
        yield made.open()


def again(office: Kecamatan) -> Ledger:
    """Return the same ledger as another process has it."""
    return Ledger(office.folder, office.log, office.clock, database=office.ledger.database)


def restart(office: Kecamatan) -> None:
    """Let whoever records for the office be a process that has seen nothing."""
    office.ledger.close()
    office.ledger = again(office)


def put_back(database: Database, tables: dict[str, list[Any]]) -> None:
    """Put these rows in the place of all rows, under whoever serves them."""
    with behind(database) as connection:
        for name in TABLES:
            connection.execute(f"DELETE FROM {name}")  # noqa: S608  our names
            for row in tables[name]:
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {name} VALUES ({marks})", row)  # noqa: S608  our names


def lost(office: Kecamatan, other: Ledger, acts: int) -> None:
    """Record so many acts, let ``other`` look at the log, take the acts away; the office is then a newcomer."""
    older = contents(office.ledger.database)
    office.run(upto=acts)
    assert size_of(other) == OPENED + acts
    put_back(office.ledger.database, older)
    restart(office)


def size_of(ledger: Ledger) -> int:
    with ledger.reading() as rows:
        return rows.size()


def first_act(office: Kecamatan, case: str) -> bytes:
    official, kind, body = office.steps(case=case)[0]
    return office.sign(official, case, kind, body)


@pytest.mark.parametrize("acts", [1, 4])
def test_who_only_read_takes_no_act_into_older_tables_than_they_saw(office: Kecamatan, acts: int) -> None:
    with closing(again(office)) as reader:
        lost(office, reader, acts)
        signed, before = first_act(office, OTHER_CASE), contents(office.ledger.database)
        for ask in (reader.record, lambda _: size_of(reader), reader.record):
            with pytest.raises(Forged) as caught:
                ask(signed)
            fault = caught.value
            assert (fault.rule, fault.facts["leaf"]) == ("outside.shorter", OPENED)
            assert fault.facts["remembered_size"] == OPENED + acts
        assert contents(office.ledger.database) == before


@pytest.mark.parametrize("near", [512, 0], ids=["by leaves", "by proof"])
@pytest.mark.parametrize("acts", [1, 3, 6], ids=["shorter", "as long", "longer"])
def test_tables_that_were_put_back_and_went_on_are_another_history_to_who_saw_the_first(
    office: Kecamatan, acts: int, near: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight, "NEAR", near)
    with closing(again(office)) as reader:
        lost(office, reader, 3)
        office.run(OTHER_CASE, upto=acts)
        signed, before = first_act(office, THIRD_CASE), contents(office.ledger.database)
        for ask in (reader.record, lambda _: size_of(reader)):
            with pytest.raises(Forged) as caught:
                ask(signed)
            assert caught.value.rule == ("outside.shorter" if acts == 1 else "outside.fork")
        assert contents(office.ledger.database) == before


@pytest.mark.parametrize("near", [512, 2, 0])
def test_what_others_record_goes_on_from_what_was_seen(
    office: Kecamatan, near: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight, "NEAR", near)
    with closing(again(office)) as other:
        for number, upto in ((1, 1), (2, 2), (3, 5)):
            case = f"case:{number:08d}-0000-4000-8000-000000000000"
            office.run(case, upto=upto)
            official, kind, body = office.steps(case=case)[upto]
            other.record(office.sign(official, case, kind, body))
            assert size_of(office.ledger) == size_of(other)


def test_the_newer_tables_are_taken_again_once_they_are_back(office: Kecamatan) -> None:
    with closing(again(office)) as reader:
        older = contents(office.ledger.database)
        office.run(upto=2)
        newer = contents(office.ledger.database)
        assert size_of(reader) == OPENED + 2
        put_back(office.ledger.database, older)
        with pytest.raises(Forged):
            size_of(reader)
        put_back(office.ledger.database, newer)
        assert size_of(reader) == OPENED + 2
        official, kind, body = office.steps()[2]
        assert reader.record(office.sign(official, CASE, kind, body)).recorded.index == OPENED + 2


def test_a_snapshot_may_be_older_than_what_another_thread_saw_since(office: Kecamatan) -> None:
    with office.ledger.reading() as rows:
        assert rows.entry(0) is not None  # now the snapshot is taken
        with closing(again(office)) as other:
            other.record(first_act(office, CASE))
        assert size_of(office.ledger) == OPENED + 1
        assert rows.size() == OPENED


def test_a_service_that_starts_on_older_tables_is_stopped_by_the_place_that_another_wrote(
    office: Kecamatan, tmp_path: Path
) -> None:
    place = tmp_path / "segel"
    place.touch()
    older = contents(office.ledger.database)
    with closing(Ledger(office.folder, office.log, office.clock, [place], office.ledger.database)) as other:
        for official, kind, body in office.steps()[:3]:
            other.record(office.sign(official, CASE, kind, body))
    put_back(office.ledger.database, older)
    with pytest.raises(Forged) as caught:
        Ledger(office.folder, office.log, office.clock, [place], office.ledger.database)
    assert (caught.value.rule, caught.value.facts["leaf"]) == ("outside.shorter", OPENED)


def served(office: Kecamatan) -> App:
    database = office.ledger.database
    return create_app(Settings(office.folder, database_url=database.url), office.clock)


def until(holds: Callable[[], bool]) -> bool:
    """Tell whether it holds within some seconds."""
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def test_a_service_that_only_follows_says_that_the_log_shrank_and_keeps_its_views(office: Kecamatan) -> None:
    older = contents(office.ledger.database)
    with closing(served(office)) as app:
        client = desk(app, "budi-santoso")
        office.run(upto=4)
        assert until(lambda: app.parts.views.position() == OPENED + 4), "nobody but the follower looked"
        put_back(office.ledger.database, older)
        assert until(lambda: app.parts.follower.fault is not None)
        said = client.get("/healthz").get_json()
        assert (said["status"], said["size"], said["position"]) == ("riwayat-bertentangan", OPENED, OPENED + 4)
        told = asked(client.get("/v1/cases"), 500)
        assert (told["rule"], told["leaf"]) == ("outside.shorter", OPENED)
        page = client.get("/meja", headers={"Accept": "text/html"})
        assert page.status_code == 500
        assert "Buku besar ini menyusut" in page.text
        assert app.parts.views.position() == OPENED + 4
        restart(office)
        answer = client.post("/v1/acts", data=first_act(office, OTHER_CASE), content_type="application/json")
        assert asked(answer, 500)["rule"] == "outside.shorter"


def cut(office: Kecamatan, leaves: int) -> None:
    """Take away the newest entries and their checkpoints, and leave the tree's edge as it is."""
    with behind(office.ledger.database) as connection:
        ((size,),) = connection.execute("SELECT MAX(size) FROM checkpoints")
        connection.execute("DELETE FROM stored_events WHERE leaf_index >= ?", (size - leaves,))
        connection.execute("DELETE FROM checkpoints WHERE size > ?", (size - leaves,))


@pytest.mark.parametrize("leaves", [1, 3])
def test_entries_that_are_gone_below_an_untouched_edge_are_not_built_upon(office: Kecamatan, leaves: int) -> None:
    office.run(upto=4)
    cut(office, leaves)
    with pytest.raises(Forged) as caught:
        office.ledger.record(first_act(office, OTHER_CASE))
    assert (caught.value.rule, caught.value.facts["leaf"]) == ("outside.shorter", OPENED + 4 - leaves)
    assert "tidak utuh" in str(caught.value)
    assert len(contents(office.ledger.database)["stored_events"]) == OPENED + 4 - leaves


def test_a_row_far_above_the_edge_hides_no_gap_below_it(office: Kecamatan) -> None:
    office.run(upto=4)
    with behind(office.ledger.database) as connection:
        ((newest,),) = connection.execute("SELECT MAX(leaf_index) FROM stored_events")
        connection.execute("UPDATE stored_events SET leaf_index = 1000000 WHERE leaf_index = ?", (newest,))
    with pytest.raises(Forged) as caught:
        office.ledger.record(first_act(office, OTHER_CASE))
    assert (caught.value.rule, caught.value.facts["leaf"]) == ("outside.fork", OPENED + 4)
    assert len(contents(office.ledger.database)["stored_events"]) == OPENED + 4


@pytest.mark.parametrize("table", ["stored_events", "checkpoints"])
def test_a_service_says_that_its_last_entries_or_checkpoints_are_gone(office: Kecamatan, table: str) -> None:
    office.run(upto=4)
    with closing(served(office)) as app:
        client = desk(app, "budi-santoso")
        column, last = ("leaf_index", OPENED + 3) if table == "stored_events" else ("size", OPENED + 4)
        with behind(office.ledger.database) as connection:
            connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (last,))  # noqa: S608  our names
        said = client.get("/healthz").get_json()
        assert (said["status"], said["size"]) == ("riwayat-bertentangan", OPENED + 3)
        assert "tetap berjalan" not in said["fault"]
        assert asked(client.get("/log/checkpoint"), 500)["rule"] == "outside.shorter"
