"""What others put on the journal's tables is refused by its name: before anything is recorded, and in the turn."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from api.app import create_app
from api.settings import Settings
from keys.errors import Unavailable
from ledger import logkey
from ledger.application import Ledger
from ledger.database import Database
from tests import postgres
from tests.kit import CASE, Kecamatan

#: What a trigger of a row does to it, by name.
FUNCTIONS = {
    "drops": "RETURN NULL;",
    "changes": "NEW.state := ''; RETURN NEW;",
    "erases": "DELETE FROM jejak.stored_events WHERE leaf_index = NEW.leaf_index; RETURN NEW;",
    "copies": "RETURN NEW;",
}
#: The statement that puts something foreign there, and what of it is named.
IN_POSTGRES = [
    ("CREATE TRIGGER asing BEFORE INSERT ON jejak.stored_events FOR EACH ROW EXECUTE FUNCTION drops()", "asing"),
    ("CREATE TRIGGER asing BEFORE INSERT ON jejak.stored_events FOR EACH ROW EXECUTE FUNCTION changes()", "asing"),
    ("CREATE TRIGGER asing AFTER INSERT ON jejak.stored_events FOR EACH ROW EXECUTE FUNCTION erases()", "asing"),
    ("CREATE TRIGGER asing AFTER INSERT ON jejak.frontier EXECUTE FUNCTION copies()", "asing pada frontier"),
    ("CREATE TRIGGER asing BEFORE INSERT ON jejak.tile_hashes EXECUTE FUNCTION copies()", "asing pada tile_hashes"),
    ("CREATE RULE hilang AS ON INSERT TO jejak.stored_events DO INSTEAD NOTHING", "hilang pada stored_events"),
    ("CREATE RULE hilang AS ON UPDATE TO jejak.checkpoints DO INSTEAD NOTHING", "hilang pada checkpoints"),
    ("ALTER TABLE jejak.checkpoints ENABLE ROW LEVEL SECURITY", "row level security"),
    ("CREATE TABLE public.anak () INHERITS (jejak.stored_events)", "anak pada stored_events"),
]
IN_SQLITE = [
    ("CREATE TRIGGER asing BEFORE INSERT ON stored_events BEGIN SELECT RAISE(IGNORE); END", "asing pada stored_events"),
    ("CREATE TRIGGER asing AFTER INSERT ON frontier BEGIN UPDATE stored_events SET state = ''; END", "pada frontier"),
    ("CREATE VIEW salinan AS SELECT * FROM stored_events", "salinan"),
]
CASES = [("postgresql", *one) for one in IN_POSTGRES] + [("sqlite", *one) for one in IN_SQLITE]


class Office(Kecamatan):
    """A kecamatan whose tables others get at."""

    def do_to_tables(self, statement: str) -> None:
        """Run a statement that is not ours."""
        if self.ledger.database.journal is not None:
            with closing(sqlite3.connect(self.ledger.database.journal)) as file:
                file.execute(statement)
                file.commit()
            return
        with psycopg.connect(self.ledger.database.url) as connection:
            connection.execute(statement)  # type: ignore[call-overload]  # typed for literals alone

    def again(self) -> Ledger:
        """Return the same ledger as it is when it is opened again."""
        return Ledger(self.folder, self.log, self.clock, database=self.ledger.database)

    def size(self) -> int:
        """Return the number of leaves."""
        with self.ledger.reading() as rows:
            return rows.size()


@pytest.fixture
def office(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Office]:
    with ExitStack() as opened:
        url = opened.enter_context(postgres.database()) if request.param == "postgresql" else ""
        if url:
            with psycopg.connect(url) as connection:
                for name, body in FUNCTIONS.items():
                    made = f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
                    connection.execute(made)  # type: ignore[call-overload]  # typed for literals alone
        database = Database.parse(url or f"sqlite:///{tmp_path / 'buku' / 'journal.sqlite'}", tmp_path / "buku")
        made_ = Office(tmp_path / "buku", database)
        opened.callback(lambda: made_.ledger.close())
        made_.open()
        yield made_


@pytest.mark.parametrize(("office", "statement", "named"), CASES, indirect=["office"])
def test_a_journal_on_whose_tables_something_foreign_stands_is_not_opened(
    office: Office, statement: str, named: str
) -> None:
    office.again().close()
    office.do_to_tables(statement)
    with pytest.raises(Unavailable, match=named) as caught:
        office.again()
    assert caught.value.rule == "journal.foreign"


@pytest.mark.parametrize(("office", "statement", "named"), CASES, indirect=["office"])
def test_what_is_put_there_while_it_is_served_lets_no_act_be_recorded(
    office: Office, statement: str, named: str
) -> None:
    official, kind, body = office.steps()[0]
    signed = office.sign(official, CASE, kind, body)
    office.do_to_tables(statement)
    before = office.size()
    with pytest.raises(Unavailable, match=named) as caught:
        office.ledger.record(signed)
    assert caught.value.rule == "journal.foreign"
    assert office.size() == before


@pytest.mark.parametrize(("office", "statement", "named"), [CASES[0], CASES[5], CASES[7]], indirect=["office"])
def test_a_service_says_of_itself_that_nothing_is_recorded(office: Office, statement: str, named: str) -> None:
    logkey.write(office.folder / "log.key", office.log)
    settings = Settings(office.folder, database_url=office.ledger.database.url)
    with closing(create_app(settings, office.clock)) as app:
        client = app.test_client()
        assert client.get("/healthz").get_json()["status"] == "ok"
        office.do_to_tables(statement)
        said = client.get("/healthz").get_json()
        assert said["status"] == "pencatatan-berhenti"
        assert named in said["fault"]


@pytest.mark.parametrize("office", ["sqlite", "postgresql"], indirect=True)
def test_when_it_is_gone_the_same_envelope_is_recorded(office: Office) -> None:
    official, kind, body = office.steps()[0]
    signed = office.sign(official, CASE, kind, body)
    ours = office.ledger.database.journal is not None
    made = IN_SQLITE[0][0] if ours else IN_POSTGRES[2][0]
    office.do_to_tables(made)
    with pytest.raises(Unavailable):
        office.ledger.record(signed)
    office.do_to_tables("DROP TRIGGER asing" if ours else "DROP TRIGGER asing ON jejak.stored_events")
    assert office.ledger.record(signed).recorded.index == office.size() - 1
    office.again().close()
