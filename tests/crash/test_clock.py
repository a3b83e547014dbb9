"""The clock is set back an hour: refused politely, nothing lost, and it goes on when the clock is mended."""

from __future__ import annotations

import uuid
from pathlib import Path

from ledger.entry import Entry
from tests.crash.load import Answer, Load, send
from tests.crash.office import Office
from tests.crash.often import TIMES
from tests.crash.service import Service
from tests.crash.tally import settle

HOUR = 3600.0
#: Besides ``journal.clock`` of acts: a sign-in that was dated by the clock as it was is good for nothing before.
PATIENT = frozenset({"session.ended"})


def set_clock(file: Path, seconds: float) -> None:
    """Make the clock wrong by so many seconds, from one look at it to the next."""
    fresh = file.with_suffix(".fresh")
    fresh.write_text(str(seconds), "ascii")
    fresh.replace(file)


def never_back(office: Office) -> bool:
    """Tell whether no entry was recorded before the one before it."""
    with office.database.rows(office.home) as rows:
        times = [Entry.parse(row.data).recorded_at for row in rows.entries(0, rows.size())]
    return times == sorted(times)


def leaves(office: Office) -> int:
    """Return how many acts are recorded."""
    with office.database.rows(office.home) as rows:
        return rows.size()


def held_up(service: Service, office: Office) -> bytes:
    """Assert that an act is refused politely because of the clock, and return it."""
    envelope = office.opening(uuid.uuid4())
    with service.client() as http:
        answer = send(http, envelope)
    said = answer.json()
    assert (answer.status_code, said["rule"], bool(said["allowed"])) == (503, "journal.clock", True)
    assert "Retry-After" in answer.headers
    return envelope


def test_a_clock_that_is_set_back_while_it_is_served_holds_acts_up_until_it_is_mended(
    office: Office, tmp_path: Path
) -> None:
    clock, load = tmp_path / "clock", Load(office, patient=PATIENT)
    set_clock(clock, 0)
    with load.running():
        service = Service(office, clock=clock).started()
        load.served_at(service.url)
        for _ in range(TIMES):
            load.wait_for_acts(8)
            set_clock(clock, -HOUR)
            refused = held_up(service, office)
            set_clock(clock, 0)
            with service.client() as http:
                load.acknowledged(refused, Answer.of(send(http, refused)))
            load.wait_for_acts(8)
            set_clock(clock, -3)  # so little is taken for the time of the newest entry
            load.wait_for_acts(8)
            set_clock(clock, 0)
    service.stop()
    settle(f"{TIMES} x the clock an hour back while served", office, *load.so_far())
    assert never_back(office)


def test_a_clock_that_was_set_back_between_two_starts_holds_acts_up_until_it_is_mended(
    office: Office, tmp_path: Path
) -> None:
    clock, load = tmp_path / "clock", Load(office, patient=PATIENT)
    with load.running():
        for _ in range(TIMES):
            set_clock(clock, 0)
            service = Service(office, clock=clock).started()
            load.served_at(service.url)
            load.wait_for_acts(8)
            load.served_at()
            service.kill()
            before = leaves(office)
            set_clock(clock, -HOUR)
            service = Service(office, clock=clock).started()
            load.served_at(service.url)
            refused = held_up(service, office)
            assert leaves(office) == before
            set_clock(clock, 0)
            with service.client() as http:
                load.acknowledged(refused, Answer.of(send(http, refused)))
            load.wait_for_acts(8)
            load.served_at()
            service.stop()
    settle(f"{TIMES} x the clock an hour back between two starts", office, *load.so_far())
    assert never_back(office)
