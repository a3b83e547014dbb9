"""Several processes on one ledger: each takes in what the others recorded, and who waits for it is told at once."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from werkzeug.test import TestResponse

from api import follower, parts
from api.app import App, create_app
from api.settings import Settings
from ledger import logkey, memory
from ledger.application import Ledger
from ledger.database import Database
from ledger.rows import Row, Rows
from tests import postgres
from tests.kit import Kecamatan
from tests.served import asked
from tests.signed_in import desk

ROOT = Path(__file__).parent.parent
#: Longer than any test may take: who is looked after only so often, never is.
LONG = 300.0
SECONDS = 30.0


def case_no(number: int) -> str:
    return f"case:{number:08d}-0000-4000-8000-000000000000"


# --- what others recorded --------------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def kecamatan(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Kecamatan]:
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database()) if request.param == "postgresql" else ""
        made = Kecamatan(tmp_path / "buku", Database.parse(url, tmp_path / "buku"))
        stack.callback(made.ledger.close)
        yield made.open()


def again(kecamatan: Kecamatan) -> Ledger:
    """Return the same ledger as another process has it."""
    return Ledger(kecamatan.folder, kecamatan.log, kecamatan.clock, database=kecamatan.ledger.database)


@pytest.mark.parametrize(("behind", "beside"), [(512, 16), (512, 1), (3, 16), (1, 1), (0, 0)])
def test_cases_that_processes_bring_on_by_turns_are_the_same_in_each(
    kecamatan: Kecamatan, behind: int, beside: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_BEHIND", behind)
    monkeypatch.setattr(memory, "MOST_BESIDE", beside)
    luck = random.Random(behind * 100 + beside)  # noqa: S311  which is next, not a secret
    order = list(range(1, 6)) * 7  # each case up to its signature
    luck.shuffle(order)
    done = dict.fromkeys(range(1, 6), 0)
    with closing(again(kecamatan)) as second, closing(again(kecamatan)) as third:
        ledgers = [kecamatan.ledger, second, third]
        for number in order:
            official, kind, body = kecamatan.steps(case=case_no(number))[done[number]]
            signed = kecamatan.sign(official, case_no(number), kind, body)
            assert not luck.choice(ledgers).record(signed).again, "whoever knew it otherwise would refuse it"
            done[number] += 1
        with closing(again(kecamatan)) as fresh:
            for name in ["register", *map(case_no, done)]:
                there = fresh.stream(name)
                assert there is not None
                assert [one.stream(name) for one in ledgers] == [there] * 3


def test_a_turn_after_another_process_reads_no_stream_again_that_it_keeps(
    kecamatan: Kecamatan, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = kecamatan.steps(case=case_no(1))
    with closing(again(kecamatan)) as other:
        for ledger in (kecamatan.ledger, other):  # each has had the case in a turn of its own
            official, kind, body = steps.pop(0)
            ledger.record(kecamatan.sign(official, case_no(1), kind, body))
        official, kind, body = steps.pop(0)
        kecamatan.ledger.record(kecamatan.sign(official, case_no(1), kind, body))
        official, kind, body = steps.pop(0)
        signed = kecamatan.sign(official, case_no(1), kind, body)
        asked_for: list[str] = []
        read = Rows.stream

        def counted(rows: Rows, stream: str, after: int = 0) -> list[Row]:
            asked_for.append(stream)
            return read(rows, stream, after)

        monkeypatch.setattr(Rows, "stream", counted)
        other.record(signed)
    assert asked_for == []


# --- who waits -------------------------------------------------------------------------------------------------------


@pytest.fixture
def url() -> Iterator[str]:
    with postgres.database() as url:
        yield url


@pytest.fixture
def office(tmp_path: Path, url: str) -> Iterator[Kecamatan]:
    folder = tmp_path / "buku"
    made = Kecamatan(folder, Database.parse(url, folder))
    with closing(made.ledger):
        logkey.write(folder / "log.key", made.log)
        yield made.open()


@pytest.fixture
def app(office: Kecamatan, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """A service that never looks at the log by itself: whoever wakes was told."""
    for name in ("SOON", "EVERY"):
        monkeypatch.setattr(follower, name, LONG)
    monkeypatch.setattr(parts, "WAITS", LONG)
    with closing(create_app(Settings(office.folder, database_url=url, threads=4), office.clock)) as app:
        yield app


OTHER = """
import datetime as dt
import sys
from contextlib import closing
from pathlib import Path
from ledger.database import Database
from tests.kit import Kecamatan
folder, url, leaf, case, now = sys.argv[1:]
office = Kecamatan(Path(folder), Database.parse(url, Path(folder)))
with closing(office.ledger):
    office.sop_leaf, office.clock.now = leaf, dt.datetime.fromisoformat(now)
    official, kind, body = office.steps(case=case)[0]
    signed = office.sign(official, case, kind, body)
    print("ready", flush=True)
    sys.stdin.readline()
    print(office.ledger.record(signed).recorded.index, flush=True)
"""


@contextmanager
def other(office: Kecamatan, url: str, number: int) -> Iterator[Callable[[], int]]:
    """Yield what makes another process open a case and returns that leaf, as soon as it has the receipt."""
    told_to_it = [str(office.folder), url, office.sop_leaf, case_no(number), office.clock.now.isoformat()]
    command = [sys.executable, "-c", OTHER, *told_to_it]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        said, told = process.stdin, process.stdout
        assert told.readline() == "ready\n"

        def act() -> int:
            said.write("\n")
            said.flush()
            return int(told.readline())

        yield act


def reader(app: App, leaf: int, answers: list[TestResponse]) -> threading.Thread:
    """Return the thread of a reader, who waits by now, for a trail that has this leaf."""
    client = desk(app)
    thread = threading.Thread(
        target=lambda: answers.append(client.get("/v1/trail", query_string={"min_leaf": leaf, "unit": "kalipare"}))
    )
    thread.start()
    until(lambda: app.parts.follower._places._value < follower.MOST_WAITING)
    return thread


def test_who_waits_for_a_leaf_of_another_process_has_it_as_soon_as_it_is_there(
    app: App, office: Kecamatan, url: str
) -> None:
    answers: list[TestResponse] = []
    awaited = leaves(url)
    with other(office, url, 1) as act:
        waiting = reader(app, awaited, answers)
        assert act() == awaited
        waiting.join(SECONDS)
    assert awaited in [one["leaf_index"] for one in asked(answers[0], 200)["trail"]]


def test_the_read_models_follow_what_another_process_records_without_looking(
    app: App, office: Kecamatan, url: str
) -> None:
    with other(office, url, 1) as act:
        leaf = act()
    until(lambda: app.parts.views.position() > leaf)


def test_after_the_server_was_away_whoever_waits_is_told_again(app: App, office: Kecamatan, url: str) -> None:
    until(lambda: listening(url))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    until(lambda: listening(url))
    answers: list[TestResponse] = []
    with other(office, url, 1) as act:
        awaited = leaves(url)
        waiting = reader(app, awaited, answers)
        assert act() == awaited
        waiting.join(SECONDS)
    assert asked(answers[0], 200)


def test_a_service_that_listens_stops_at_once(office: Kecamatan, url: str) -> None:
    app = create_app(Settings(office.folder, database_url=url, threads=4), office.clock)
    until(lambda: listening(url))
    began = time.monotonic()
    app.close()
    assert time.monotonic() - began < SECONDS / 3
    until(lambda: not listening(url))


def leaves(url: str) -> int:
    """Return how many leaves there are, asked by a connection of its own."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*) FROM jejak.stored_events").fetchone()
    assert found is not None
    return int(found[0])


def listening(url: str) -> bool:
    """Tell whether a connection listens."""
    with psycopg.connect(url) as connection:
        asked = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        return connection.execute(asked).fetchone() is not None


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end
        threading.Event().wait(0.01)
