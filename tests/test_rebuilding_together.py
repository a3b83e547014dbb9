"""Several processes that rebuild the same views at once: one does, the others wait, and readers see all or nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from ledger.database import Database
from projections import alone, storage, storage_postgres
from projections.catchup import Views
from projections.schema import CASES, TRAIL, VERSION, VIEWS
from tests import postgres
from tests.bench import large_journal
from tests.kit import Kecamatan
from tests.test_rebuilding import Dump, dump

#: The journal is a file that the processes share; where the views are, each test says.
pytestmark = pytest.mark.sqlite("each test names the database in which processes meet")
LEAVES, PROCESSES = 200, 3
SECONDS = 60.0
ROOT = Path(__file__).parent.parent
WAITS_FOR_READERS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"

#: Does one of these to the views, once it is told to; prints how often it folded.
PROCESS = """
import os, signal, sys
from pathlib import Path
from keys.errors import Unavailable
from projections import catchup, rebuilding
from projections.catchup import Views
from tests.kit import Kecamatan

office, url, scratch, what = Kecamatan(Path(sys.argv[1])), sys.argv[2], Path(sys.argv[3]), sys.argv[4]
folds, whole, batch = 0, catchup.build, rebuilding.write

def build(*given):
    global folds
    folds += 1
    return whole(*given)

def write(*given):
    batch(*given)
    os.kill(os.getpid(), signal.SIGKILL)

def killed_in_the_switch(*given):
    print("within", flush=True)
    sys.stdin.readline()
    os.kill(os.getpid(), signal.SIGKILL)

def caught_up():
    while True:  # as whoever follows does
        try:
            return views.catch_up()
        except Unavailable as fault:
            assert fault.rule == "views.building", fault

catchup.build = build
if what == "killed in the fold":
    rebuilding.write = write
if what == "killed in the switch":
    Views._project = killed_in_the_switch
views = Views(url, office.ledger.reading, office.ledger.documents, scratch)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(2 if what == "rebuild" else 1):
    views.rebuild() if what != "catch up" else caught_up()
print(folds, flush=True)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where views are, and of which office's journal; ``folder`` is for scratch files."""

    office: Kecamatan
    url: str
    folder: Path

    def scratch(self, number: int) -> Path:
        """Return where a process has its scratch file: in PostgreSQL each may be on a machine of its own."""
        if not storage_postgres.is_at(self.url):
            return self.folder / "views.sqlite"
        return self.folder / f"machine{number % 3}.sqlite"

    def views(self) -> Views:
        """Return the views, as one more process has them."""
        return Views(self.url, self.office.ledger.reading, self.office.ledger.documents, self.scratch(0))

    def of_another_schema(self) -> None:
        """Leave the views as another version would, with a row that no leaf makes."""
        with closing(self.views()) as views:
            views.catch_up()
        engine = storage.open_views(self.url)
        with storage.writing(engine) as connection:
            connection.execute(update(VIEWS).values(schema=VERSION - 1))
            connection.execute(update(TRAIL).values(sentence="Dari versi lain."))
        engine.dispose()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kecamatan]:
    made = large_journal.make(tmp_path_factory.mktemp("office"), LEAVES)
    yield made
    made.ledger.close()


@pytest.fixture(scope="module")
def followed(office: Kecamatan, tmp_path_factory: pytest.TempPathFactory) -> Dump:
    """Return all rows as catching up leaves them, never rebuilt."""
    file = tmp_path_factory.mktemp("followed") / "views.sqlite"
    with closing(Views(f"sqlite:///{file}", office.ledger.reading, office.ledger.documents)) as views:
        views.catch_up()
        return dump(views)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(office: Kecamatan, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database()) if request.param == "postgresql" else ""
        database = Database.parse(url or f"sqlite:///{tmp_path / 'journal.sqlite'}", tmp_path)
        yield Place(office, database.views_url, tmp_path)


@contextmanager
def process(place: Place, number: int, what: str) -> Iterator[subprocess.Popen[str]]:
    """Yield a process that is ready to do something to the views, and is told to by a line."""
    told = [str(place.office.folder), place.url, str(place.scratch(number)), what]
    command = [sys.executable, "-c", PROCESS, *told]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as one:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
        try:
            yield one
        finally:
            one.kill()


def go(one: subprocess.Popen[str]) -> None:
    assert one.stdin is not None
    one.stdin.write("\n")
    one.stdin.flush()


def folds(one: subprocess.Popen[str]) -> int:
    """Return how often a process folded the journal, once it is done, and well."""
    said, _ = one.communicate(timeout=SECONDS)
    assert one.returncode == 0
    return int(said)


def test_processes_that_rebuild_at_once_all_succeed_and_leave_what_a_fold_makes(place: Place, followed: Dump) -> None:
    place.of_another_schema()
    with ExitStack() as started:
        all_of_them = [started.enter_context(process(place, number, "rebuild")) for number in range(PROCESSES)]
        for one in all_of_them:
            go(one)
        assert [folds(one) for one in all_of_them] == [2] * PROCESSES, "who asks for a rebuild gets one"
    with closing(place.views()) as views:
        assert dump(views) == followed


def test_of_services_that_start_at_once_on_views_of_another_schema_one_rebuilds(place: Place, followed: Dump) -> None:
    place.of_another_schema()
    with ExitStack() as started:
        all_of_them = [started.enter_context(process(place, number, "catch up")) for number in range(PROCESSES)]
        for one in all_of_them:
            go(one)
        assert sorted(folds(one) for one in all_of_them) == [0] * (PROCESSES - 1) + [1]
    with closing(place.views()) as views:
        assert dump(views) == followed


@pytest.mark.parametrize("when", ["killed in the fold", "killed in the switch"])
def test_a_process_that_is_killed_while_it_rebuilds_holds_up_nobody(place: Place, followed: Dump, when: str) -> None:
    place.of_another_schema()
    with process(place, 1, when) as killed, process(place, 2, "catch up") as other:
        go(killed)
        if when == "killed in the switch":
            assert killed.stdout is not None
            assert killed.stdout.readline() == "within\n"
            with pytest.raises(Exception, match="Tampilan sedang disusun"), alone.alone(place.url, 0):
                pass
            go(other)
            go(killed)
        else:
            go(other)
        assert killed.wait(SECONDS) == -signal.SIGKILL
        assert folds(other) == 1
    with closing(place.views()) as views:
        assert dump(views) == followed


def test_readers_see_all_of_the_views_while_they_are_replaced(place: Place, followed: Dump) -> None:
    counts = len(followed["trail"]), len(followed["cases"])
    seen: list[tuple[int | None, ...]] = []
    with closing(place.views()) as views, ExitStack() as started:
        views.catch_up()
        over = threading.Event()

        def read() -> None:
            while not over.is_set():
                with views.reading() as connection:  # one snapshot, by two statements
                    seen.append(tuple(connection.scalar(select(func.count()).select_from(t)) for t in (TRAIL, CASES)))
                over.wait(0.001)

        readers = [threading.Thread(target=read) for _ in range(2)]
        for one in readers:
            one.start()
        try:
            rebuilding = [started.enter_context(process(place, number, "rebuild")) for number in range(2)]
            for process_ in rebuilding:
                go(process_)
            assert [folds(one) for one in rebuilding] == [2, 2]
        finally:
            over.set()
            for one in readers:
                one.join()
    assert len(seen) > 100
    assert set(seen) == {counts}


def test_who_replaces_the_views_waits_for_a_reader_and_other_readers_hardly_wait(
    office: Kecamatan, tmp_path: Path, followed: Dump
) -> None:
    with postgres.database() as url, ExitStack() as opened:
        place = Place(office, Database.parse(url, tmp_path).views_url, tmp_path)
        views = opened.enter_context(closing(place.views()))
        views.catch_up()
        with process(place, 1, "rebuild") as one:
            with views.reading() as connection:
                assert connection.scalar(select(func.count()).select_from(TRAIL)) == len(followed["trail"])
                go(one)
                other = opened.enter_context(postgres_session(url))
                while not other.scalar(text(WAITS_FOR_READERS)):
                    other.rollback()
                for _ in range(3):
                    assert views.position() == len(followed["trail"])
                assert connection.scalar(select(func.count()).select_from(CASES)) == len(followed["cases"])
            assert folds(one) == 2


@contextmanager
def postgres_session(url: str) -> Iterator[storage.Connection]:
    """Yield a connection that looks on."""
    engine = storage.open_engine(Database.parse(url, Path()).sessions_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
