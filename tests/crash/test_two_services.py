"""Two services on one ledger, one of them killed while both write."""

from __future__ import annotations

from tests.crash.load import Load
from tests.crash.office import Office
from tests.crash.often import TIMES, chance
from tests.crash.service import Service
from tests.crash.tally import settle, views_are_sound


def test_two_services_are_one_ledger_though_one_is_killed_again_and_again(office: Office) -> None:
    kills, luck, load = 5 * TIMES, chance(20261124), Load(office)
    with load.running():
        both = [Service(office).started(), Service(office).started()]
        for _ in range(kills):
            load.served_at(*(one.url for one in both))
            load.wait_for_acts(luck.randint(1, 20))
            dying = luck.randrange(2)
            both[dying].kill()
            load.wait_for_acts(4)  # the other goes on alone, for all
            both[dying] = Service(office).started()
        load.served_at(*(one.url for one in both))
        load.wait_for_acts(8)
    for one in both:
        one.stop()
    settle(f"{kills} kills of one of two services", office, *load.so_far())
    views_are_sound(office)
