"""kill -9 of the whole PostgreSQL under two services, and of one of its own processes: all go on by themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.crash.database import Postgres
from tests.crash.load import Load
from tests.crash.office import found
from tests.crash.often import TIMES, chance
from tests.crash.service import Service
from tests.crash.tally import settle, views_are_sound
from tests.postgres import Server

#: What is said while the server is away.
AWAY = ("journal.busy", "journal.unreadable", "session.storage", "views.storage")


def test_services_go_on_by_themselves_when_postgresql_was_killed_at_any_instant_and_started_again(
    servers: Callable[[], Server], tmp_path: Path
) -> None:
    server, kills, luck = servers().make().start(), 2 * TIMES, chance(20261126)
    office = found(tmp_path / "ledger", Postgres(server.prepared("buku")))
    load = Load(office)
    with load.running():
        both = [Service(office).started() for _ in range(2)]
        for _ in range(kills):
            load.served_at(*(one.url for one in both))
            load.wait_for_acts(luck.randint(1, 40))
            assert both[0].lives(luck.uniform(0, 0.2))
            server.kill()
            load.wait_for_refusals(1, *AWAY)
            server.start()
            for one in both:  # each of them
                load.served_at(one.url)
                load.wait_for_acts(4)
        load.served_at(*(one.url for one in both))
        for _ in range(TIMES):  # one process only, whereupon PostgreSQL throws all out, and starts anew by itself
            server.kill_one("datname = 'buku'")
            load.wait_for_refusals(1, *AWAY)
            load.wait_for_acts(8)
        load.wait_for_reads(1)
    for one in both:
        one.stop()
    settle(f"{kills} kills of PostgreSQL, {TIMES} of one process of it, under two services", office, *load.so_far())
    views_are_sound(office)
