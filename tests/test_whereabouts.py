"""Where a ledger is: its folder says it, nothing is made elsewhere, and no secret is in what it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.opening import open_ledger
from api.settings import Settings
from keys.errors import Conflict, Malformed
from ledger import logkey
from ledger.database import Database
from ledger.whereabouts import NOTE, Whereabouts
from tests import postgres
from tests.behind import contents
from tests.kit import CASE, Kecamatan
from tests.served import asked
from tests.signed_in import desk
from tests.test_cli import fault, run

pytestmark = pytest.mark.sqlite("which database is named is what these tests are about")


@pytest.fixture
def url() -> Iterator[str]:
    """Yield the URL of a prepared PostgreSQL database."""
    with postgres.database() as found:
        yield found


@pytest.fixture
def office(tmp_path: Path, url: str) -> Iterator[Kecamatan]:
    """Yield an opened office whose rows are in PostgreSQL; its log key is in its folder."""
    made = Kecamatan(tmp_path / "buku", Database.parse(url, tmp_path / "buku"))
    logkey.write(made.folder / "log.key", made.log)
    with closing(made.ledger):
        yield made.open()


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def refused(settings: Settings) -> Conflict:
    """Return why a ledger is not opened there, which makes nothing in its folder."""
    before = files(settings.home)
    with pytest.raises(Conflict) as caught:
        open_ledger(settings)
    assert caught.value.rule == "database.moved"
    assert files(settings.home) == before
    return caught.value


# --- the note ----------------------------------------------------------------------------------------------------


def test_who_forgets_the_database_of_a_ledger_is_told_where_it_is_and_founds_no_second_one(office: Kecamatan) -> None:
    said = refused(Settings(office.folder))
    assert str(office.ledger.database) in said.detail
    assert "JEJAK_DATABASE_URL" in said.allowed


def test_a_ledger_from_before_there_were_notes_is_opened_and_then_has_one(office: Kecamatan, url: str) -> None:
    (office.folder / NOTE).unlink()
    open_ledger(Settings(office.folder, database_url=url)).close()
    assert str(office.ledger.database) in refused(Settings(office.folder)).detail


def test_a_database_in_which_nothing_was_founded_is_not_noted(tmp_path: Path, url: str, office: Kecamatan) -> None:
    (office.folder / NOTE).unlink()
    with postgres.database() as empty:
        open_ledger(Settings(office.folder, database_url=empty)).close()
        open_ledger(Settings(office.folder, database_url=url)).close()
        refused(Settings(office.folder, database_url=empty))


def test_an_empty_database_is_not_taken_where_the_folder_itself_has_a_ledger(tmp_path: Path, url: str) -> None:
    with closing(Kecamatan(tmp_path).open().ledger) as ledger:
        logkey.write(tmp_path / "log.key", ledger.signer)
        assert "journal.sqlite" in refused(Settings(tmp_path, database_url=url)).detail
        open_ledger(Settings(tmp_path)).close()


def test_a_ledger_in_its_own_folder_has_no_note_and_may_be_carried_off_with_it(tmp_path: Path) -> None:
    made = Kecamatan(tmp_path / "buku").open()
    made.ledger.close()
    logkey.write(made.folder / "log.key", made.log)
    assert NOTE not in files(made.folder)
    Whereabouts(made.folder, made.ledger.database).note()  # as a move back into the folder leaves it
    there = made.folder.rename(tmp_path / "lain")
    open_ledger(Settings(there)).close()


@pytest.mark.parametrize(
    ("command", "noted"),
    [("backup", True), ("rebuild", True), ("migrate", True), ("backup", False), ("rebuild", False)],
)
def test_a_command_that_is_given_no_database_makes_no_file(
    command: str, noted: bool, office: Kecamatan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not noted:
        (office.folder / NOTE).unlink()
    monkeypatch.delenv("JEJAK_DATABASE_URL", raising=False)
    before = files(office.folder)
    more = ("--to", tmp_path / "cadangan") if command == "backup" else ()
    rule = "database.moved" if noted else "ledger.founded"
    fault(run(command, "--home", office.folder, *more, "--json"), 1, rule)
    assert files(office.folder) == before


def test_a_second_founding_in_the_folder_of_a_ledger_elsewhere_is_refused(
    office: Kecamatan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JEJAK_DATABASE_URL", raising=False)
    served = run("serve", "--home", office.folder, "--port", 0, "--json")
    fault(served, 1, "database.moved")
    assert "journal.sqlite" not in files(office.folder)


# --- after a move ------------------------------------------------------------------------------------------------


def test_a_service_whose_ledger_was_moved_answers_nothing_as_if_it_were_new(tmp_path: Path, url: str) -> None:
    made = Kecamatan(tmp_path / "buku").open()
    logkey.write(made.folder / "log.key", made.log)
    with closing(made.ledger), closing(create_app(Settings(made.folder), made.clock)) as app:
        client, act = desk(app, "budi-santoso"), made.sign(*opening(made))
        assert client.get("/log/checkpoint").status_code == 200
        before = contents(made.ledger.database)
        Whereabouts(made.folder, Database.parse(url, made.folder)).note()  # as the move ends
        for path in ("/log/checkpoint", "/v1/cases", "/v1/ledger", "/tile/0/000.p/33"):
            assert asked(client.get(path), 503)["rule"] == "database.moved"
        assert (
            asked(client.post("/v1/acts", data=act, content_type="application/json"), 503)["rule"] == "database.moved"
        )
        page = client.get("/meja", headers={"Accept": "text/html"})
        assert (page.status_code, "sudah dipindahkan" in page.text) == (503, True)
        assert client.get("/healthz").get_json()["status"] == "buku-besar-pindah"
        assert contents(made.ledger.database) == before
        Whereabouts(made.folder, made.ledger.database).note()  # and moved back
        assert client.get("/log/checkpoint").status_code == 200


def opening(office: Kecamatan) -> tuple[str, str, str, dict[str, Any]]:
    official, kind, body = office.steps()[0]
    return official, CASE, kind, body


# --- which place a URL names -------------------------------------------------------------------------------------

LONG = "a" * 130


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://jejak:rahasia@basis/jejak", "postgres://basis:5432/jejak"),
        ("postgresql://satu,dua:5433/jejak?target_session_attrs=read-write", "postgresql://dua:5433,satu:5432/jejak"),
        ("postgresql:///jejak?host=/run/pg&port=5433", "postgresql://%2Frun%2Fpg:5433/jejak"),
        ("postgresql://u@Basis.example/jejak?sslmode=require&password=rahasia", "postgresql://basis.example/jejak"),
        ("postgresql://[::1]:5432/jejak", "postgresql://[::1]/jejak?application_name=a@b"),
        ("postgresql:///jejak?host=satu,dua&port=5433", "postgresql://satu:5433,dua:5433/jejak"),
        ("postgresql:///x?dbname=jejak", "postgresql:///jejak"),
        ("sqlite:////srv/./buku/journal.sqlite", "sqlite:////srv/buku/journal.sqlite"),
    ],
)
def test_two_spellings_of_one_place_are_the_same_place(one: str, other: str) -> None:
    first, second = (Database.parse(url, Path("/buku")) for url in (one, other))
    assert first.place == second.place
    assert Database.parse(first.place, Path("/buku")).place == first.place


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"postgresql://{LONG}.satu/jejak", f"postgresql://{LONG}.dua/jejak"),
        (f"postgresql://basis/{LONG}1", f"postgresql://basis/{LONG}2"),
        ("postgresql://basis/jejak", "postgresql://basis:5433/jejak"),
        ("postgresql://satu,dua/jejak", "postgresql://satu/jejak"),
        ("postgresql:///jejak?host=/run/satu", "postgresql:///jejak?host=/run/dua"),
        ("postgresql:///jejak?service=satu", "postgresql:///jejak?service=dua"),
        ("postgresql:///jejak?hostaddr=10.0.0.1", "postgresql:///jejak?hostaddr=10.0.0.2"),
        ("postgresql://basis/jejak", "sqlite:////srv/buku/journal.sqlite"),
    ],
)
def test_two_places_are_never_taken_for_one(one: str, other: str, tmp_path: Path) -> None:
    first, second = (Database.parse(url, tmp_path) for url in (one, other))
    assert first.place != second.place
    Whereabouts(tmp_path, first).note()
    assert Whereabouts(tmp_path, first).elsewhere() == ""
    assert Whereabouts(tmp_path, second).elsewhere()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://jejak:rahasia@basis/jejak",
        "postgresql://jejak:ra%40hasia:rahasia@basis/jejak",
        "postgresql://basis/jejak?user=jejak&password=rahasia",
        "postgresql://basis/jejak?passfile=/rahasia&options=-crahasia&sslpassword=rahasia",
    ],
)
def test_no_secret_of_a_url_is_shown_or_noted(url: str, tmp_path: Path) -> None:
    database = Database.parse(url, tmp_path)
    Whereabouts(tmp_path, database).note()
    told = Whereabouts(tmp_path, Database("sqlite", tmp_path)).elsewhere()
    for said in (str(database), told, (tmp_path / NOTE).read_text("utf-8")):
        assert "rahasia" not in said
        assert "basis" in said


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://jejak:x?rahasia@basis/jejak",
        "postgresql://jejak:rahasia",
        "postgresql://jejak:rahasia@[basis/jejak",
        "mysql://jejak:rahasia@basis/jejak",
        "basis/jejak?password=rahasia",
        "jejak:rahasia@basis/jejak",
    ],
)
def test_no_secret_of_a_url_that_cannot_be_read_is_told_with_it(url: str, tmp_path: Path) -> None:
    with pytest.raises(Malformed) as caught:
        Database.parse(url, tmp_path)
    assert "rahasia" not in str(caught.value)


def test_a_place_that_is_long_is_cut_for_people_only(tmp_path: Path) -> None:
    database = Database.parse(f"postgresql://{LONG}.{LONG}/jejak", tmp_path)
    assert len(str(database)) == 200
    Whereabouts(tmp_path, database).note()
    assert (tmp_path / NOTE).read_text("utf-8") == f"{database.place}\n"
