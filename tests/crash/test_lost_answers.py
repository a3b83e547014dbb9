"""Answers are lost on the way: that of the service to a client, and that of the database to COMMIT."""

from __future__ import annotations

import socket
import uuid
from urllib.parse import urlsplit

from tests.crash.load import Answer, Load, send
from tests.crash.office import Office
from tests.crash.often import TIMES
from tests.crash.service import PATIENCE, Service
from tests.crash.tally import settle


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
