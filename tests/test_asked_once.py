"""Who a leader must ask the database about is asked once for all that it carries."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Thread

import pytest

from keys.envelope import Envelope
from keys.errors import Unavailable
from keys.signing import PrivateKey
from ledger.acts import PAYLOAD_TYPE
from tests.kit import CASE, Kecamatan


def test_strangers_do_not_wait_one_after_another_for_a_database_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Kecamatan(tmp_path).open()
    ledger, asked, met = office.ledger, list[str](), list[Unavailable]()
    official, kind, body = office.steps()[0]
    payload = Envelope.parse(office.sign(official, CASE, kind, body)).unverified_payload
    strangers = [Envelope.seal(PAYLOAD_TYPE, payload, PrivateKey.load(bytes([n]) * 32)).data for n in range(1, 9)]

    def away(name: str) -> None:
        asked.append(name)
        raise Unavailable("journal.unreadable", "Basis datanya mati.")

    monkeypatch.setattr(ledger._memory, "stream", away)
    held = ledger._queue.enter(strangers[0])  # it leads, and carries all that come until it goes on

    def send(data: bytes) -> None:
        with pytest.raises(Unavailable) as fault:
            ledger.record(data)
        met.append(fault.value)

    threads = [Thread(target=send, args=(one,)) for one in strangers]
    for one in threads:
        one.start()
    until = time.monotonic() + 10
    while len(ledger._queue._line) < len(strangers) + 1:
        assert time.monotonic() < until, "not all of them came"
        time.sleep(0.001)
    with held.leading() as batch:
        ledger._queue._line.extendleft(reversed(batch[1:]))  # the first of the others leads them
        held.settle(Unavailable("test.done", "Selesai."))
        del batch[1:]
    for one in threads:
        one.join()
    assert len(met) == len(strangers)
    assert len(asked) < len(strangers)
    ledger.close()
