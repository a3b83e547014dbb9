"""An office in each database, and one whose files are looked at as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.crash.database import KINDS, Sqlite, made
from tests.crash.office import Office, found


@pytest.fixture(params=KINDS)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """Return an opened office that nobody serves yet."""
    with made(request.param) as database:
        yield found(tmp_path / "ledger", database)


@pytest.fixture
def office_of_files(tmp_path: Path) -> Office:
    """Return an opened office whose ledger and views are SQLite files in its home."""
    return found(tmp_path / "ledger", Sqlite())


@pytest.fixture
def servers() -> Iterator[Callable[[], postgres.Server]]:
    """Return what returns a PostgreSQL of the test's own, not made yet."""
    with postgres.servers() as server:
        yield server
