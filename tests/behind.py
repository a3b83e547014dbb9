"""A ledger's tables behind its back, whichever database it is in, for tests that look at rows or change them."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg

from ledger import journal_postgres
from ledger.backup import write_journal
from ledger.database import JOURNAL, SCHEMA, Database

TABLES = ("stored_events", "tile_hashes", "checkpoints", "frontier")


class Behind(Protocol):
    """A connection that runs statements as SQLite spells them."""

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Any:
        """Run a statement and return its cursor."""


class _Postgres:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Any:
        spelt = re.sub(r"X'([0-9A-Fa-f]*)'", r"'\\x\1'::bytea", statement.replace("%", "%%").replace("?", "%s"))
        return self._connection.execute(spelt.replace("zeroblob(32)", "decode(repeat('00', 32), 'hex')"), parameters)


@contextmanager
def behind(database: Database) -> Iterator[Behind]:
    """Yield a connection to the journal's tables; what it changes is committed."""
    if database.journal is not None:
        with closing(sqlite3.connect(database.journal)) as connection:
            yield connection
            connection.commit()
        return
    with psycopg.connect(database.url, options=f"-c search_path={SCHEMA}") as other:
        yield _Postgres(other)


@contextmanager
def sign_ins_behind(database: Database) -> Iterator[Behind]:
    """Yield a connection to the tables of sign-ins; what it changes is committed."""
    if database.sessions is not None:
        with closing(sqlite3.connect(database.sessions)) as connection:
            yield connection
            connection.commit()
        return
    with behind(database) as other:  # in PostgreSQL they are in the journal's schema
        yield other


@contextmanager
def held(database: Database) -> Iterator[Callable[[], None]]:
    """Hold the journal's write lock, so that whoever records an act waits; yield what lets it go before the end."""
    if database.journal is not None:
        with closing(sqlite3.connect(database.journal)) as file:
            file.execute("BEGIN IMMEDIATE")
            yield file.rollback
            file.rollback()
        return
    with psycopg.connect(database.url) as server:
        server.execute(f"LOCK TABLE {SCHEMA}.stored_events IN EXCLUSIVE MODE")
        yield server.rollback
        server.rollback()


def fill(database: Database, rows: dict[str, list[Any]]) -> None:
    """Put rows (:func:`contents`) in the place of all that the journal holds, as whoever has an old copy would."""
    with behind(database) as connection:
        for name, found in rows.items():
            connection.execute(f"DELETE FROM {name}")  # noqa: S608
            for row in found:
                connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608


def in_files(home: Path) -> Path:
    """Return the ledger of a folder as an auditor gets it: that folder, or a copy in files beside it."""
    database = Database.parse("", home)
    if database.journal is not None:
        return home
    store = Path(tempfile.mkdtemp(prefix=f"{home.name}-", dir=home.parent))
    with journal_postgres.read_only(database.url) as rows:
        write_journal(rows, store / JOURNAL)
    if (home / "documents").exists():
        shutil.copytree(home / "documents", store / "documents")
    return store


def contents(database: Database) -> dict[str, list[Any]]:
    """Return every row of every table of the journal."""
    with behind(database) as connection:
        return {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in TABLES}  # noqa: S608
