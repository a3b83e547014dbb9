"""kill -9 of the service at random instants under load."""

from __future__ import annotations

from pathlib import Path

from tests.crash.load import Load
from tests.crash.office import Office
from tests.crash.often import KILLS, chance
from tests.crash.service import Service
from tests.crash.tally import misnamed, settle, views_are_sound


def test_nothing_acknowledged_is_lost_when_the_service_is_killed_at_any_instant(office: Office) -> None:
    luck, load, looked_at = chance(20261122), Load(office), set[Path]()
    with load.running():
        for _ in range(KILLS):
            service = Service(office).started()
            load.served_at(service.url)
            assert service.lives(luck.uniform(0.02, 0.5))
            load.served_at()
            service.kill()
            assert misnamed(office.home / "documents", looked_at) == []  # before it is brought again, and mended
        service = Service(office).started()  # it starts clean once more, and stops when asked
        load.served_at(service.url)
        load.wait_for_acts(8)
    service.stop()
    tally = settle(f"{KILLS} kills at any instant", office, *load.so_far())
    assert tally.acts > KILLS, "the load never got through"
    assert load.lost_answers > 0, "nobody was cut off"
    views_are_sound(office)
    assert list((office.home / "documents").glob("incoming-*")) == [], "what was cut off is kept for ever"
