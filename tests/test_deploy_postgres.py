"""docs/deploy.md on PostgreSQL: a ledger goes there and back as the page types it, and several services serve it."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from api.app import create_app
from api.opening import open_ledger
from api.server import background_server
from api.settings import Settings
from keys.errors import Conflict
from ledger import logkey
from ledger.database import Database
from tests import postgres
from tests.behind import contents
from tests.kit import CASE, Kecamatan
from tests.served import JSON, Served, asked, served
from tests.test_deploy_page import (
    ENVIRONMENT,
    MISSING,
    NAME,
    NGINX,
    PAGE,
    SEVERAL,
    UNIT,
    Deployed,
    blocks,
    free_port,
    listening,
    needed,
    nginx,
    typed,
)

pytestmark = pytest.mark.sqlite("it names its databases, as the page does")

THERE, AWAY, BACK = blocks("sh", "From SQLite to PostgreSQL, and back")
(TEMPLATE,) = re.findall(r"^(sed .*) > /etc/systemd/system/jejak@.service$", PAGE, re.MULTILINE)
_, BACKUP, TIMER = blocks("ini")


@contextmanager
def empty_database() -> Iterator[str]:
    """Yield the URL of a database whose owner is a role that is nothing else, as the page has it made."""
    with postgres.database(prepared=False) as url, psycopg.connect(postgres.server(), autocommit=True) as server:
        name = urlsplit(url).path.removeprefix("/")
        server.execute(f"CREATE ROLE {name} LOGIN")  # type: ignore[arg-type]
        server.execute(f"ALTER DATABASE {name} OWNER TO {name}")  # type: ignore[arg-type]
        parts = urlsplit(url)
        yield urlunsplit(parts._replace(netloc=f"{name}@{parts.netloc.rpartition('@')[2]}"))
        postgres.drop(name)
        server.execute(f"DROP ROLE {name}")  # type: ignore[arg-type]


def test_a_ledger_goes_to_postgresql_and_back_as_the_page_types_it(tmp_path: Path) -> None:
    home = tmp_path / "buku"
    with served(home) as office:
        office.open()
        office.run(upto=3)
        session = office.signed_in()
    before = contents(Database("sqlite", home))
    with empty_database() as url:
        place = {"JEJAK_HOME": str(home), "URL": url, "OLD": str(tmp_path / "lama")}
        said = typed(THERE, tmp_path, **place)
        (first, second) = re.findall(r"(\d+) di antaranya baru; akar (\S+)$", said, re.MULTILINE)
        assert (first[0], second[0]) == (str(len(before["stored_events"])), "0")
        assert first[1] == second[1]
        typed(AWAY, tmp_path, **place)
        assert contents(Database("sqlite", tmp_path / "lama")) == before
        assert not list(home.glob("*.sqlite*"))
        there = Settings(home, database_url=url)
        office.ledger = open_ledger(there, office.clock)
        with closing(office.ledger):
            official, kind, body = office.steps()[3]
            office.do(official, CASE, kind, body)
        after = contents(there.database)
        typed(BACK, tmp_path, **place)
        with pytest.raises(Conflict) as caught:
            open_ledger(there, office.clock)
        assert caught.value.rule == "database.moved"
    assert contents(Database("sqlite", home)) == after
    assert len(after["stored_events"]) == len(before["stored_events"]) + 1
    with closing(create_app(Settings(home), office.clock)) as app:
        asked(app.test_client(use_cookies=False).get("/v1/session", headers=session), 200)


# --- several services --------------------------------------------------------------------------------------------


@contextmanager
def deployed(tmp_path: Path, several: int) -> Iterator[tuple[Deployed, list[list[tuple[str, str, str]]], ExitStack]]:
    """Yield an office in PostgreSQL behind nginx, what each of its services was asked, and what closes the last one."""
    home, folder, https, http = tmp_path / "buku", tmp_path / "nginx", free_port(), free_port()
    folder.mkdir()
    with ExitStack() as stack:
        url = stack.enter_context(postgres.database())
        office = Kecamatan(home, Database.parse(url, home)).open()
        stack.callback(office.ledger.close)
        logkey.write(home / "log.key", office.log)
        settings = Settings(home, threads=4, web_origin=f"https://{NAME}:{https}", database_url=url)
        ports, asked_each = [], []
        for _ in range(several):
            last = stack.enter_context(ExitStack())
            app = create_app(settings, office.clock)
            last.callback(app.close)
            asked_each.append(list[tuple[str, str, str]]())
            listening(app, asked_each[-1])
            ports.append(int(last.enter_context(background_server(app)).rpartition(":")[2]))
        stack.enter_context(nginx(folder, ports, https, http))
        yield Deployed(cast(Served, office), app, folder, https, http), asked_each, last


def test_several_services_behind_the_pages_upstream_are_one_and_one_of_them_may_go(tmp_path: Path) -> None:
    needed(NGINX, MISSING)
    with deployed(tmp_path, 3) as (found, asked_each, last):
        office = found.office
        official, kind, body = office.steps()[0]
        envelope = office.sign(official, CASE, kind, body)
        with found.signed_in("sri-wahyuni") as client:
            sent = {"Origin": found.origin, "Content-Type": JSON}
            receipt = client.post("/v1/acts", content=envelope, headers=sent)
            assert receipt.status_code == 201
            again = {client.post("/v1/acts", content=envelope, headers=sent).json()["leaf_index"] for _ in range(6)}
            assert again == {receipt.json()["leaf_index"]}, "whichever takes it, it is the same act"
            path = f"/v1/cases/{CASE.removeprefix('case:')}?min_leaf={receipt.json()['leaf_index']}"
            assert {client.get(path).status_code for _ in range(6)} == {200}
            assert all(len(one) > 2 for one in asked_each), "each had its share"
            last.close()
            assert {client.get(path).status_code for _ in range(6)} == {200}


# --- what the units say ------------------------------------------------------------------------------------------


def unit(text: str) -> configparser.RawConfigParser:
    read = configparser.RawConfigParser(strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string(text)
    return read


def test_the_unit_of_several_services_differs_from_that_of_one_in_its_port_alone(tmp_path: Path) -> None:
    (tmp_path / "jejak.service").write_text(UNIT, "utf-8")
    made = typed(TEMPLATE.replace("/etc/systemd/system", str(tmp_path)), tmp_path)
    changed = set(made.splitlines()) ^ set(UNIT.splitlines())
    assert changed == {"Environment=JEJAK_PORT=8000", "Environment=JEJAK_PORT=%i"}
    services = re.search(r"^systemctl enable --now (jejak@.*)$", PAGE, re.MULTILINE)
    assert services is not None
    assert services[1].replace("jejak@", "").split() == re.findall(r"127\.0\.0\.1:([0-9]+)", SEVERAL)


def test_the_backup_by_timer_asks_the_database_that_the_services_ask(tmp_path: Path) -> None:
    service, timer = unit(BACKUP)["Service"], unit(TIMER)
    assert service["EnvironmentFile"] == unit(UNIT)["Service"]["EnvironmentFile"]
    assert (service["User"], timer["Install"]["WantedBy"]) == (unit(UNIT)["Service"]["User"], "timers.target")
    assert "jejak-backup.timer" in PAGE
    home = tmp_path / "buku"
    with postgres.database() as url:
        office = Kecamatan(home, Database.parse(url, home)).open()
        office.ledger.close()
        logkey.write(home / "log.key", office.log)
        told = ENVIRONMENT.replace("/var/lib/jejak/buku", str(home)) + f"JEJAK_DATABASE_URL='{url}'\n"
        (tmp_path / "jejak.env").write_text(told, "utf-8")
        command = service["ExecStart"].replace("/opt/jejak/.venv/bin/", "").replace("/srv/cadangan", "salinan")
        typed(f"set -a; . ./jejak.env; set +a; {command}", tmp_path)
        (made,) = (tmp_path / "salinan").glob("2*")
        assert contents(Database("sqlite", made)) == contents(office.ledger.database)
