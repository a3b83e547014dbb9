"""What every test gets: a state folder of its own for the command line, so that nobody's sign-ins are touched."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ledger.database import Database
from tests import postgres

#: How a setting is read where nobody puts the ledgers of tests elsewhere.
IN_FILES = Database.parse


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long; pytest says how many were deselected. Whoever names SQLite says why."""
    for one in items:
        for mark in one.iter_markers("sqlite"):
            assert len(mark.args) == 1, f"{one.nodeid}: why is it about files?"
    if os.environ.get("JEJAK_TEST_LONG") == "1":
        return
    out = [one for one in items if one.get_closest_marker("long")]
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


@pytest.fixture(scope="module", autouse=True)
def ledgers(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep the ledgers of a module's tests, where they name no database, in the one that was asked for."""
    if not postgres.EVERYWHERE or request.node.get_closest_marker("sqlite"):
        yield
        return
    with postgres.databases_by_folder() as parsed, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "parse", parsed)
        yield


@pytest.fixture(autouse=True)
def in_files(request: pytest.FixtureRequest, ledgers: None) -> Iterator[None]:
    """Keep the ledgers of a test that is about files in files, wherever those of its module are."""
    with pytest.MonkeyPatch.context() as patch:
        if request.node.get_closest_marker("sqlite"):
            patch.setattr(Database, "parse", IN_FILES)
        yield
