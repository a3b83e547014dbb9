"""Answers are lost on the way: that of the service to a client, and that of the database to COMMIT."""

from __future__ import annotations

import datetime as dt
import socket
import uuid
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from keys.errors import Unavailable
from ledger.application import Ledger
from ledger.journal_sqlite import SQLiteJournal
from ledger.whereabouts import NOTE
from tests.crash.database import made
from tests.crash.line import Line
from tests.crash.load import Answer, Load, send
from tests.crash.office import Office, found
from tests.crash.often import TIMES
from tests.crash.service import PATIENCE, Service
from tests.crash.tally import settle, views_are_sound


def now() -> dt.datetime:
    """Return the time, as a service has it."""
    return dt.datetime.now(dt.UTC)


def commit_in_vain(ledger: Ledger) -> None:
    """Break a constraint that is looked at when COMMIT is, and commit."""
    with ledger.filling() as rows:
        rows._run("CREATE TABLE one (id integer PRIMARY KEY)", ())
        rows._run("CREATE TABLE two (one integer REFERENCES one DEFERRABLE INITIALLY DEFERRED)", ())
        rows._run("INSERT INTO two VALUES (1)", ())


def send_and_hang_up(url: str, envelope: bytes) -> None:
    """Send an act whole, and close the connection before anything is answered."""
    where = urlsplit(url)
    head = f"POST /v1/acts HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((where.hostname, where.port), PATIENCE) as line:
        line.sendall(f"{head}Content-Length: {len(envelope)}\r\n\r\n".encode() + envelope)


def test_an_act_whose_answer_nobody_heard_gets_the_same_receipt_each_time_it_is_sent_again(office: Office) -> None:
    load = Load(office)
    with load.running():
        service = Service(office).started()
        load.served_at(service.url)
        load.wait_for_acts(20 * TIMES)
    assert service.url is not None
    kept, again = load.so_far()[0], 0
    unheard = [office.opening(uuid.UUID(int=number, version=4)) for number in range(10 * TIMES)]
    for envelope in unheard:
        send_and_hang_up(service.url, envelope)
    with service.client() as http:
        for envelope in (*unheard, *kept):
            for _ in range(2):
                answer = send(http, envelope)
                again += answer.status_code == 200
                load.acknowledged(envelope, Answer.of(answer))
    service.stop()
    settle(f"{again} acts sent again after an answer that was not heard", office, *load.so_far())
    assert again >= len(kept) * 2


def test_a_commit_whose_answer_is_lost_is_a_refusal_for_now_and_then_the_same_receipt(office: Office) -> None:
    load = Load(office)
    with load.running():
        service = Service(office, lost_commits=5).started()
        load.served_at(service.url)
        load.wait_for_acts(40 * TIMES)
    service.stop()
    settle(f"{load.refused['journal.busy']} acts whose COMMIT was not answered", office, *load.so_far())
    assert load.refused["journal.busy"] > 0
    assert not any("belum dicatat" in one for one in load.told), "it may have been recorded"


def test_a_connection_to_postgresql_that_is_cut_behind_a_commit_is_the_same(tmp_path: Path) -> None:
    with made("postgresql") as database, Line(database.of(tmp_path).url, every=7) as line:
        office = found(tmp_path / "ledger", database)
        (office.home / NOTE).unlink()  # as its keeper does whose database has another address from now on
        load = Load(office)
        with load.running():
            service = Service(office, environment={"JEJAK_DATABASE_URL": line.url}).started()
            load.served_at(service.url)
            load.wait_for_acts(30 * TIMES)
        service.stop()
        settle(f"{line.cut} connections cut behind COMMIT", office, *load.so_far())
        views_are_sound(office)
    assert load.refused["journal.busy"] > 0
    assert any("mungkin belum tercatat" in one for one in load.told)


def test_a_commit_that_fails_leaves_no_transaction_open_and_the_next_act_is_recorded(office: Office) -> None:
    """SQLite leaves it open where a deferred constraint fails, and with it the lock that everybody waits for."""
    with closing(Ledger(office.home, office.log, now, database=office.database.of(office.home))) as ledger:
        recorder = ledger.recorder
        if isinstance(recorder, SQLiteJournal):
            for connection in recorder.datastore.pool._pool:
                connection.cursor().execute("PRAGMA foreign_keys = ON")
        with pytest.raises(Unavailable) as caught:
            commit_in_vain(ledger)
        assert (caught.value.rule, "mungkin belum tercatat" in caught.value.detail) == ("journal.busy", True)
        assert not ledger.record(office.opening(uuid.uuid4())).again
