"""While its views are built a service listens, records and gives receipts, and says to readers how far it is."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from api import follower
from api.app import App, create_app
from api.server import background_server
from api.settings import Settings
from keys.errors import Unavailable
from ledger import logkey
from ledger.database import Database
from ledger.receipt import verify_receipt
from projections import catchup, rebuilding, storage
from projections.alone import alone
from projections.catchup import Views
from projections.schema import VERSION, VIEWS
from tests import postgres
from tests.bench import large_journal
from tests.kit import Kecamatan
from tests.served import asked
from tests.signed_in import desk

#: Leaves of the journal; leaves of a batch; leaves for which readers wait here.
LEAVES, BATCH, AWAITED = 300, 100, 50
SECONDS = 60.0
ENVELOPE = {"Content-Type": "application/json"}
CASE = "case:99999999-9999-4999-8999-999999999999"
PAGE = {"Accept": "text/html"}
#: Of this nobody reads a view: what is recorded, its receipt and its entry, and how the service is.
WITHOUT_VIEWS = ("/", "/healthz", "/log/checkpoint", "/v1/ledger", "/v1/entries/0", "/v1/entries/0/receipt", "/masuk")
WITH_VIEWS = ("/v1/cases?unit=kalipare", "/v1/trail?unit=kalipare", f"/v1/cases/{large_journal.case_of(0)[5:]}")


@dataclass(slots=True)
class Held:
    """A rebuild that stands before its second batch until it is let go."""

    reached: threading.Event
    go: threading.Event
    batches: int = 0


@pytest.fixture(params=["sqlite", "postgresql"])
def office(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Kecamatan, Settings]]:
    with ExitStack() as opened:
        url = opened.enter_context(postgres.database()) if request.param == "postgresql" else ""
        # It is made where it stays: its folder says where the first act was recorded, and it is opened nowhere else.
        made = large_journal.make(tmp_path / "buku", LEAVES, Database.parse(url, tmp_path / "buku"))
        opened.callback(made.ledger.close)
        logkey.write(made.folder / "log.key", made.log)
        yield made, Settings(made.folder, database_url=url, threads=4)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Yield a rebuild that stands still; readers wait for few leaves."""
    made, write = Held(threading.Event(), threading.Event()), rebuilding.write

    def standing(*given: Any) -> None:
        made.batches += 1
        if made.batches == 2:
            made.reached.set()
            assert made.go.wait(SECONDS)
        write(*given)

    monkeypatch.setattr(rebuilding, "write", standing)
    monkeypatch.setattr(rebuilding, "BATCH", BATCH)
    monkeypatch.setattr(catchup, "MOST_AWAITED", AWAITED)
    monkeypatch.setattr(follower, "FIRST", 0.1)
    yield made
    made.go.set()


def of_another_schema(office: Kecamatan, settings: Settings, schema: int = VERSION - 1) -> None:
    """Leave views that another version made."""
    ledger, url = office.ledger, settings.database.views_url
    Views(url, ledger.reading, ledger.documents, settings.database.views_file).close()
    engine = storage.open_views(url)
    with storage.writing(engine) as connection:
        connection.execute(update(VIEWS).values(schema=schema))
    engine.dispose()


@contextmanager
def serving(office: Kecamatan, settings: Settings, held: Held) -> Iterator[App]:
    """Yield a service whose rebuild stands still after one batch."""
    of_another_schema(office, settings)
    with closing(create_app(settings, office.clock)) as app:
        assert held.reached.wait(SECONDS)
        yield app
        held.go.set()


def until(answer: Callable[[], TestResponse], status: int) -> TestResponse:
    end = time.monotonic() + SECONDS
    while (said := answer()).status_code != status:
        assert time.monotonic() < end, said.text
        time.sleep(0.02)
    return said


def test_while_views_are_built_acts_are_recorded_and_receipts_given(
    office: tuple[Kecamatan, Settings], held: Held
) -> None:
    kecamatan, settings = office
    with serving(kecamatan, settings, held) as app:
        client = desk(app)
        official, kind, body = kecamatan.steps(case=CASE)[0]
        signed = kecamatan.sign(official, CASE, kind, body)
        said = asked(client.post("/v1/acts", data=signed, headers=ENVELOPE), 201)
        entry = client.get(f"/v1/entries/{said['leaf_index']}")
        verify_receipt(said["receipt"].encode(), entry.data, kecamatan.log.vkey)
        for path in WITHOUT_VIEWS:
            assert client.get(path).status_code == 200, path
        held.go.set()
        assert until(lambda: client.get(f"/v1/cases/{CASE[5:]}"), 200).get_json()["version"] == 1
        assert until(lambda: health(client), 200).get_json()["position"] == said["leaf_index"] + 1


def health(client: Any) -> TestResponse:
    """Return the answer once nothing is said to be amiss."""
    answer: TestResponse = client.get("/healthz")
    if answer.get_json()["status"] != "ok":
        answer.status_code = 0
    return answer


def test_a_reader_is_told_at_once_that_views_are_built_and_how_far_they_are(
    office: tuple[Kecamatan, Settings], held: Held
) -> None:
    kecamatan, settings = office
    with serving(kecamatan, settings, held) as app:
        client = desk(app)
        for path in WITH_VIEWS:
            began = time.monotonic()
            answer = client.get(path)
            assert time.monotonic() - began < SECONDS / 10
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            said = answer.get_json()
            assert (said["rule"], said["leaves_done"]) == ("views.building", BATCH)
            assert f"Selesai {BATCH} dari {said['leaves']} daun" in said["detail"]
        state = client.get("/healthz").get_json()
        assert state["status"] == "tampilan-disusun"
        assert f"{BATCH} dari {state['size']} daun" in state["fault"]


@pytest.mark.parametrize(("language", "words"), [("id", "sudah disusun"), ("en", "leaves are done")])
def test_a_page_that_needs_views_says_so_in_the_language_of_the_reader_and_comes_again(
    office: tuple[Kecamatan, Settings], held: Held, language: str, words: str
) -> None:
    kecamatan, settings = office
    with serving(kecamatan, settings, held) as app:
        client = desk(app)
        client.set_cookie("bahasa", language)
        page = client.get("/perkara?unit=kalipare", headers=PAGE)
        assert (page.status_code, page.mimetype) == (503, "text/html")
        assert words in page.text
        assert f'value="{BATCH}"' in page.text
        assert int(page.headers["Refresh"]) > 0
        held.go.set()
        assert "Refresh" not in until(lambda: client.get("/perkara?unit=kalipare", headers=PAGE), 200).headers


def test_a_service_that_stops_leaves_a_rebuild_off_and_the_next_goes_on_with_it(
    office: tuple[Kecamatan, Settings], held: Held
) -> None:
    kecamatan, settings = office
    of_another_schema(kecamatan, settings)
    app = create_app(settings, kecamatan.clock)
    assert held.reached.wait(SECONDS)
    stopped = threading.Thread(target=app.close)
    stopped.start()
    held.go.set()
    stopped.join(SECONDS)
    assert not stopped.is_alive()
    assert held.batches == 2
    with closing(create_app(settings, kecamatan.clock)) as again:
        client = desk(again)
        until(lambda: client.get("/v1/cases?unit=kalipare"), 200)
        with kecamatan.ledger.reading() as rows:
            assert held.batches == -(-rows.size() // BATCH), "no batch is done twice"


def test_while_another_process_builds_them_readers_are_told_so_and_nothing_has_stopped(
    office: tuple[Kecamatan, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    kecamatan, settings = office
    monkeypatch.setattr(catchup, "MOST_AWAITED", AWAITED)
    monkeypatch.setattr(catchup, "PATIENCE", 0.1)
    of_another_schema(kecamatan, settings)
    with ExitStack() as other:
        other.enter_context(alone(settings.database.views_url))
        with closing(create_app(settings, kecamatan.clock)) as app:
            client = desk(app)
            said = client.get("/v1/cases?unit=kalipare").get_json()
            assert (said["status"], said["rule"], said["leaves_done"]) == (503, "views.building", None)
            assert client.get("/healthz").get_json()["status"] == "tampilan-disusun"
            other.close()
            until(lambda: client.get("/v1/cases?unit=kalipare"), 200)


def test_a_service_listens_before_its_views_are_built(office: tuple[Kecamatan, Settings], held: Held) -> None:
    kecamatan, settings = office
    with serving(kecamatan, settings, held) as app, background_server(app) as url:
        assert httpx.get(f"{url}/healthz").json()["status"] == "tampilan-disusun"


def test_views_that_were_lost_are_built_as_quickly_as_those_of_another_version(
    office: tuple[Kecamatan, Settings], held: Held
) -> None:
    kecamatan, settings = office
    with closing(create_app(settings, kecamatan.clock)) as app:
        assert held.reached.wait(SECONDS), "they are rebuilt, and not brought on leaf by leaf"
        client = desk(app)
        assert client.get("/v1/cases?unit=kalipare").get_json()["leaves_done"] == BATCH
        held.go.set()
        until(lambda: client.get("/v1/cases?unit=kalipare"), 200)


@pytest.mark.sqlite("it tells of no commit, so that only readers wake anybody")
@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_reader_who_finds_more_left_than_anybody_waits_for_has_it_done_though_the_log_grows(
    office: tuple[Kecamatan, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    kecamatan, settings = office
    monkeypatch.setattr(follower, "MOST_PASSED_OVER", 10**9)
    with closing(create_app(settings, kecamatan.clock)) as app:
        client, grown = desk(app), itertools.count(10**6)
        until(lambda: client.get("/v1/cases?unit=kalipare"), 200)
        monkeypatch.setattr(app.parts.follower, "_size", lambda: next(grown))
        monkeypatch.setattr(catchup, "MOST_AWAITED", 0)
        kecamatan.run(CASE, 3)
        assert client.get("/v1/cases?unit=kalipare").get_json()["rule"] == "views.building"
        until(lambda: client.get("/v1/cases?unit=kalipare"), 200)


def test_views_of_a_newer_version_are_left_to_it_and_acts_are_recorded(office: tuple[Kecamatan, Settings]) -> None:
    kecamatan, settings = office
    of_another_schema(kecamatan, settings, VERSION + 1)
    with closing(create_app(settings, kecamatan.clock)) as app:
        client = desk(app)
        official, kind, body = kecamatan.steps(case=CASE)[0]
        signed = kecamatan.sign(official, CASE, kind, body)
        said = asked(client.post("/v1/acts", data=signed, headers=ENVELOPE), 201)
        refusal = client.get(f"/v1/cases/{CASE[5:]}")
        assert (refusal.status_code, refusal.get_json()["rule"]) == (503, "views.newer")
        assert "versi" in refusal.get_json()["detail"]
        assert health(client).get_json()["status"] == "tampilan-berhenti"
        views = app.parts.views
        with pytest.raises(Unavailable) as caught:
            views.catch_up()
        assert caught.value.rule == "views.newer"
        with storage.reading(views._engine) as connection:
            assert connection.execute(select(VIEWS.c.schema)).scalar_one() == VERSION + 1
        assert views.rebuild() == said["leaf_index"] + 1  # who goes back to an older version says so
        assert client.get(f"/v1/cases/{CASE[5:]}").get_json()["version"] == 1
