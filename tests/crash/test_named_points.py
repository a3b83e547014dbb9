"""kill -9 of the service at each named point of the straight path, and of what goes on beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.checkpoint import open_checkpoint
from tests.crash import points
from tests.crash.load import Load
from tests.crash.office import Office
from tests.crash.often import TIMES, chance
from tests.crash.service import Service
from tests.crash.tally import misnamed, settle, views_are_sound


def die_again_and_again(office: Office, load: Load, names: list[str], *remembered: Path) -> None:
    """Serve until each point was died at so many times, then serve once more, and stop."""
    luck, looked_at = chance(20261123), set[Path]()
    with load.running():
        for name in names:
            for _ in range(TIMES):
                service = Service(office, dies=name, nth=luck.randint(1, 12), remembered=remembered)
                load.served_at(service.url)
                assert service.killed(), f"{name}: {service.said[-2000:]}"
                load.served_at()
                assert misnamed(office.home / "documents", looked_at) == []  # before it is brought again, and mended
        service = Service(office, remembered=remembered).started()
        load.served_at(service.url)
        load.wait_for_acts(4)
    service.stop()


def test_nothing_acknowledged_is_lost_at_any_point_of_the_straight_path(office: Office) -> None:
    load = Load(office)
    die_again_and_again(office, load, list(points.PATH))
    settle(f"{TIMES} x {len(points.PATH)} points of the straight path", office, *load.so_far())
    assert load.lost_answers >= len(points.PATH)
    assert list((office.home / "documents").glob("incoming-*")) == [], "what was cut off is kept for ever"


def test_projections_that_die_in_a_batch_go_on_where_they_were(office: Office) -> None:
    load = Load(office)
    die_again_and_again(office, load, list(points.VIEWS))
    settle(f"{TIMES} x {len(points.VIEWS)} points of the projections", office, *load.so_far())
    views_are_sound(office)


def test_an_outside_memory_that_is_being_written_is_whole_and_continued(office: Office, tmp_path: Path) -> None:
    place = tmp_path / "outside" / "seal"
    place.parent.mkdir()
    place.touch()
    load = Load(office)
    die_again_and_again(office, load, list(points.OUTSIDE), place)
    settle(f"{TIMES} x {len(points.OUTSIDE)} points of the outside memory", office, *load.so_far())
    kept = open_checkpoint(place.read_bytes(), office.log.vkey).checkpoint
    with office.database.rows(office.home) as rows:
        assert (kept.size, kept.root) == (rows.size(), rows.frontier().root)


@pytest.mark.parametrize("name", points.REBUILD)
def test_a_rebuild_that_dies_anywhere_leaves_the_views_that_were_there(office: Office, name: str) -> None:
    load = Load(office)
    with load.running():
        service = Service(office).started()
        load.served_at(service.url)
        load.wait_for_reads(1)
        dead = 0
        while True:
            rebuild = Service(office, dies=name, nth=1 + dead * (1 if TIMES > 1 else 4), command=("rebuild",))
            if not rebuild.killed():  # it did not come to this point so often
                break
            dead += 1
            load.wait_for_acts(2)
            load.wait_for_reads(1)
        rebuild.stop()
        assert load.refused["views.storage"] == 0
    service.stop()
    settle(f"{dead} x dead {name}", office, *load.so_far())
    assert dead > 0
    views_are_sound(office)
