"""A ledger's tables behind its back, whichever database it is in, for tests that look at rows or change them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Protocol

import psycopg

from ledger.database import SCHEMA, Database

TABLES = ("stored_events", "tile_hashes", "checkpoints", "frontier")


class Behind(Protocol):
    """A connection that runs statements as SQLite spells them."""

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Any:
        """Run a statement and return its cursor."""


class _Postgres:
    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Any:
        spelt = re.sub(r"X'([0-9a-f]*)'", r"'\\x\1'::bytea", statement.replace("%", "%%").replace("?", "%s"))
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


def contents(database: Database) -> dict[str, list[Any]]:
    """Return every row of every table of the journal."""
    with behind(database) as connection:
        return {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in TABLES}  # noqa: S608
