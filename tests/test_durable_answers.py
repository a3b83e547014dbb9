"""A PostgreSQL that would answer before what is written is safe: nothing is recorded in it, also under services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import psycopg
import pytest

from api.app import create_app
from api.settings import Settings
from keys.errors import Unavailable
from ledger import logkey
from ledger.database import Database
from tests import postgres
from tests.kit import CASE, Kecamatan

#: What somebody does to the database while it is served, and what of it is told.
CARELESS = [
    ("ALTER DATABASE {} SET synchronous_commit = off", "sebelum tulisannya aman"),
    ("ALTER TABLE jejak.stored_events SET UNLOGGED", "stored_events"),
    ("ALTER TABLE jejak.checkpoints SET UNLOGGED", "checkpoints"),
]


class Office(Kecamatan):
    """A kecamatan whose database others administer."""

    def alter(self, statement: str) -> None:
        """Run a statement in its database, whose other connections stay as they are."""
        with psycopg.connect(self.ledger.database.url, autocommit=True) as connection:
            named = statement.format(f'"{connection.info.dbname}"')
            connection.execute(named)  # type: ignore[call-overload]  # typed for literals alone

    def ask(self, statement: str) -> None:
        """Run a statement in its database, of which everybody else must then make a new connection."""
        self.alter(statement)
        self.alter(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def size(self) -> int:
        """Return the number of leaves."""
        with self.ledger.reading() as rows:
            return rows.size()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with ExitStack() as opened:
        url = opened.enter_context(postgres.database())
        made = Office(tmp_path / "buku", Database.parse(url, tmp_path / "buku"))
        opened.callback(lambda: made.ledger.close())
        made.open()
        yield made


@pytest.mark.parametrize(("statement", "told"), CARELESS, ids=["commit", "events", "checkpoints"])
def test_what_is_made_unsafe_under_a_service_lets_no_act_be_recorded(office: Office, statement: str, told: str) -> None:
    official, kind, body = office.steps()[0]
    signed = office.sign(official, CASE, kind, body)
    before = office.size()
    office.ask(statement)
    for _ in range(3):  # a connection that was closed is noticed first
        with pytest.raises(Unavailable) as caught:
            office.ledger.record(signed)
        if caught.value.rule == "journal.durability":
            break
    assert caught.value.rule == "journal.durability"
    assert told in caught.value.detail
    assert office.size() == before


def test_a_service_says_of_itself_that_it_cannot_answer_for_anything(office: Office) -> None:
    logkey.write(office.folder / "log.key", office.log)
    settings = Settings(office.folder, database_url=office.ledger.database.url)
    with closing(create_app(settings, office.clock)) as app:
        client = app.test_client()
        assert client.get("/healthz").get_json()["status"] == "ok"
        office.ask(CARELESS[1][0])
        answers = [client.get("/healthz").get_json() for _ in range(3)]  # as above
        assert answers[-1]["status"] == "pencatatan-berhenti"
        assert "stored_events" in answers[-1]["fault"]


def test_a_setting_that_is_put_right_is_noticed_though_connections_keep_theirs(office: Office) -> None:
    official, kind, body = office.steps()[0]
    signed = office.sign(official, CASE, kind, body)
    office.ask("ALTER DATABASE {} SET synchronous_commit = off")
    for _ in range(2):
        with pytest.raises(Unavailable):
            office.ledger.record(signed)
    office.alter("ALTER DATABASE {} RESET synchronous_commit")
    for _ in range(2):  # the turn that was under way has the last of the old connections
        with suppress(Unavailable):
            office.ledger.require_recordable()
    assert office.ledger.record(signed).recorded.index == office.size() - 1


def test_when_it_is_safe_again_the_same_envelope_is_recorded(office: Office) -> None:
    official, kind, body = office.steps()[0]
    signed = office.sign(official, CASE, kind, body)
    office.ask("ALTER TABLE jejak.stored_events SET UNLOGGED")
    for _ in range(2):
        with pytest.raises(Unavailable):
            office.ledger.record(signed)
    office.ask("ALTER TABLE jejak.stored_events SET LOGGED")
    for _ in range(2):  # as above
        with suppress(Unavailable):
            office.size()
    assert office.ledger.record(signed).recorded.index == office.size() - 1
