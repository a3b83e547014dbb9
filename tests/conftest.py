"""What every test gets: a state folder of its own for the command line, so that nobody's sign-ins are touched."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what takes long to `make desk`; pytest says how many were deselected."""
    if os.environ.get("JEJAK_TEST_LONG") != "1":
        config.hook.pytest_deselected(items=[one for one in items if one.get_closest_marker("long")])
        items[:] = [one for one in items if not one.get_closest_marker("long")]


def pytest_xdist_auto_num_workers() -> int:
    """Return three processes for two cores: a third of a run is waiting, for slow lines and for services that start."""
    cores = len(os.sched_getaffinity(0))
    return cores + cores // 2


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what the command line remembers in a temporary folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("keadaan")))
        yield
