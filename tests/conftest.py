"""What every test gets: a state folder of its own for the command line, so that nobody's sign-ins are touched."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ledger.database import Database
from tests import postgres


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, and on PostgreSQL what is about files; pytest says how many were deselected."""
    left_out = set() if os.environ.get("JEJAK_TEST_LONG") == "1" else {"long"}
    left_out |= {"sqlite"} if postgres.EVERYWHERE else set()
    out = [one for one in items if any(one.get_closest_marker(mark) for mark in left_out)]
    config.hook.pytest_deselected(items=out)
    items[:] = [one for one in items if one not in set(out)]


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


@pytest.fixture(scope="module", autouse=postgres.EVERYWHERE)
def in_postgres() -> Iterator[None]:
    """Keep the ledgers of a module's tests in PostgreSQL."""
    with postgres.databases_by_folder() as parsed, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "parse", parsed)
        yield
