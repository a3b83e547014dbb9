"""A primary with a synchronous standby: killed, the standby in its place; and what is acknowledged without one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from keys.errors import Unavailable
from ledger.database import Database
from tests.crash.database import Postgres
from tests.crash.load import AGAIN, Answer, Load, send
from tests.crash.office import Office, found
from tests.crash.often import TIMES, chance
from tests.crash.service import PATIENCE, Service
from tests.crash.tally import settle, views_are_sound
from tests.kit import Kecamatan
from tests.postgres import Server

#: A COMMIT of the journal that waits for the standby.
WAITS = "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query = 'COMMIT' AND datname = 'buku')"

#: As docs/deploy.md says it.
FIRST_THAT_WRITES = "target_session_attrs=read-write&tcp_user_timeout=10000"


def pair(servers: Callable[[], Server], tmp_path: Path) -> tuple[Server, Server, Office]:
    """Return a primary, its standby, and an office that knows both and was founded with both."""
    primary = servers().make().start()
    primary.prepared("buku")
    standby = servers().follow(primary).start()
    primary.wait_for_standby()
    url = f"postgresql://postgres@{primary.place},{standby.place}/buku?{FIRST_THAT_WRITES}"
    return primary, standby, found(tmp_path / "ledger", Postgres(url))


def test_nothing_acknowledged_is_lost_when_the_primary_is_killed_and_its_standby_takes_over(
    servers: Callable[[], Server], tmp_path: Path
) -> None:
    primary, standby, office = pair(servers, tmp_path)
    load, luck = Load(office), chance(20261127)
    with load.running():
        both = [Service(office).started() for _ in range(2)]
        for last in reversed(range(TIMES)):
            load.served_at(*(one.url for one in both))
            load.wait_for_acts(luck.randint(8, 40))
            assert both[0].lives(luck.uniform(0, 0.2))
            primary.kill()
            standby.ask("SELECT pg_promote()")
            for one in both:  # nobody told them
                load.served_at(one.url)
                load.wait_for_acts(4)
            if last:
                primary, standby = standby, primary.follow(standby).start()
                primary.wait_for_standby()
        load.wait_for_reads(1)
    for one in both:
        one.stop()
    settle(f"{TIMES} x the standby in the place of a killed primary", office, *load.so_far())
    views_are_sound(office)


class Sent(threading.Thread):
    """Somebody who sends an act until it is acknowledged, or, not ``patient``, until it is answered at all."""

    def __init__(self, service: Service, envelope: bytes, *, patient: bool) -> None:
        super().__init__(daemon=True)
        self._service, self._envelope, self._patient = service, envelope, patient
        self._said: httpx.Response | None = None
        self._over = threading.Event()
        self.start()

    def run(self) -> None:
        with self._service.client() as http:
            while not self._over.wait(AGAIN):
                self._said = send(http, self._envelope)
                if self._said.status_code != 503 or not self._patient:
                    return

    def answer(self) -> httpx.Response:
        """Return the answer."""
        self.join(PATIENCE)
        self._over.set()
        assert not self.is_alive()
        assert self._said is not None
        return self._said


def test_an_act_that_the_standby_has_not_is_not_acknowledged_whatever_becomes_of_the_primary(
    servers: Callable[[], Server], tmp_path: Path
) -> None:
    primary, standby, office = pair(servers, tmp_path)
    load, envelope = Load(office), office.opening(UUID(int=1, version=4))
    service = Service(office).started()
    standby.kill()

    sent = Sent(service, envelope, patient=False)
    primary.wait_until(WAITS)
    # To PostgreSQL a COMMIT has succeeded whose waiting is cut short; it only warns.
    primary.ask("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
    said = sent.answer()
    assert (said.status_code, said.json()["rule"]) == (503, "journal.busy"), said.text
    assert "mungkin belum tercatat" in said.json()["detail"]

    # By now it is in the primary, and sent again it is found there.
    sent = Sent(service, envelope, patient=False)
    primary.wait_until(WAITS)
    primary.kill()
    assert sent.answer().status_code == 503
    primary.start()
    sent = Sent(service, envelope, patient=True)
    primary.wait_until(WAITS)
    assert sent.is_alive()

    standby.start()
    said = sent.answer()
    assert said.status_code == 200, said.text
    load.acknowledged(envelope, Answer.of(said))
    primary.kill()
    standby.ask("SELECT pg_promote()")
    said = Sent(service, envelope, patient=True).answer()
    load.acknowledged(envelope, Answer.of(said))
    service.stop()
    settle("an act that waited for its standby", office, *load.so_far())


@pytest.mark.parametrize(
    ("servers_named", "hosts", "ports"),
    [
        ("satu,dua", "satu,dua", "5432,5432"),
        ("satu:1,dua", "satu,dua", "1,5432"),
        ("[::1]:1,127.0.0.1:2,[fe80::2]", "::1,127.0.0.1,fe80::2", "1,2,5432"),
    ],
)
def test_a_url_of_several_servers_means_the_same_to_the_journal_and_to_the_views(
    servers_named: str, hosts: str, ports: str
) -> None:
    url = f"postgresql://sri:rahasia%40@{servers_named}/buku?{FIRST_THAT_WRITES}&options=-ctimezone%3DUTC"
    database = Database.parse(url, Path())
    here = make_url(database.views_url)
    told = here.get_dialect()().create_connect_args(here)[1]
    libpq = conninfo_to_dict(url)
    assert (told["host"], told["port"]) == (hosts, ports)
    assert libpq["host"] == hosts
    for name in ("user", "password", "dbname", "target_session_attrs", "tcp_user_timeout"):
        assert told[name] == libpq[name]
    assert told["options"] == "-ctimezone=UTC -csearch_path=jejak_views"
    assert "rahasia" not in str(database)


def test_a_primary_that_would_not_wait_for_its_standby_is_refused(
    servers: Callable[[], Server], tmp_path: Path
) -> None:
    primary = servers().make().start()
    url = primary.prepared("buku")
    primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    primary.ask("SELECT pg_reload_conf()")
    primary.wait_until("current_setting('synchronous_standby_names') = 'standby'")
    for hasty in ("local", "remote_write"):
        with pytest.raises(Unavailable) as caught:
            Kecamatan(tmp_path, Database.parse(f"{url}?options=-csynchronous_commit%3D{hasty}", tmp_path))
        assert caught.value.rule == "journal.durability"
