"""What PostgreSQL or its keeper cuts short: statements, connections, waits for a lock; and a rebuild beside writers."""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from keys.errors import Unavailable
from ledger import journal_postgres
from ledger.application import Ledger
from tests.crash.database import made
from tests.crash.load import Load
from tests.crash.office import found
from tests.crash.often import TIMES, chance
from tests.crash.service import Service
from tests.crash.tally import settle, views_are_sound

_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def now() -> dt.datetime:
    """Return the time, as a service has it."""
    return dt.datetime.now(dt.UTC)


def test_acts_whose_statements_and_connections_are_cut_short_are_recorded_once_or_not_at_all(tmp_path: Path) -> None:
    with made("postgresql") as database:
        office, cuts, luck = found(tmp_path / "ledger", database), 20 * TIMES, chance(20261128)
        load = Load(office)
        with load.running(), psycopg.connect(database.of(office.home).url, autocommit=True) as keeper:
            both = [Service(office).started() for _ in range(2)]
            load.served_at(*(one.url for one in both))
            for _ in range(cuts):
                assert both[0].lives(luck.uniform(0, 0.05))
                how = luck.choice(["pg_cancel_backend", "pg_terminate_backend"])
                # Our own words, made here: psycopg takes only literals for statements, to keep others' words out.
                keeper.execute(f"SELECT {how}(pid) {_OTHERS} AND (state <> 'idle' OR random() < 0.1)")  # type: ignore[call-overload]
            load.wait_for_acts(8)
            load.wait_for_reads(1)
        for one in both:
            one.stop()
        settle(f"{cuts} cuts of all that PostgreSQL was at", office, *load.so_far())
        views_are_sound(office)
    assert load.refused.total() > 0, "nothing was cut short"


def test_an_act_that_does_not_get_the_lock_in_time_is_refused_for_now_and_certainly_not_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_postgres, "_BEGIN", journal_postgres._BEGIN.replace("'30s'", "'100ms'"))
    with made("postgresql") as database:
        office = found(tmp_path / "ledger", database)
        url, envelope = database.of(office.home).url, office.opening(uuid.uuid4())
        with closing(Ledger(office.home, office.log, now, database=database.of(office.home))) as ledger:
            with psycopg.connect(url) as other:
                other.execute(f"LOCK TABLE {journal_postgres.NAME}.stored_events IN EXCLUSIVE MODE")
                with pytest.raises(Unavailable) as caught:
                    ledger.record(envelope)
            assert caught.value.rule == "journal.busy"
            assert "belum dicatat" in caught.value.detail
            assert not ledger.record(envelope).again


def test_a_rebuild_beside_writers_and_readers_makes_no_deadlock_and_refuses_nobody(tmp_path: Path) -> None:
    with made("postgresql") as database:
        office, times = found(tmp_path / "ledger", database), 2 * TIMES
        load = Load(office)
        with load.running():
            both = [Service(office).started() for _ in range(2)]
            load.served_at(*(one.url for one in both))
            load.wait_for_reads(1)
            for _ in range(times):
                rebuild = Service(office, command=("rebuild",))
                assert not rebuild.killed()
                rebuild.stop()
                load.wait_for_acts(4)
            load.wait_for_reads(1)
        for one in both:
            one.stop()
        settle(f"{times} rebuilds beside two services", office, *load.so_far())
        views_are_sound(office)
        with psycopg.connect(database.of(office.home).url) as keeper:
            asked = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            assert keeper.execute(asked).fetchone() == (0,)
    assert load.refused.total() == 0, load.refused
