"""Tables in PostgreSQL: their engine, its two kinds of transaction, and a rebuild's switch; the URL names the schema.

Whoever only reads sees one snapshot. Whoever writes the views holds an advisory lock from the start, as SQLite's
writers hold their file's, so any number of processes may follow the journal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.schema import CreateIndex, CreateTable

from ledger.database import VIEWS_SCHEMA as LIVE
from projections.schema import METADATA

#: Connections kept open, and how many more a busy moment may open.
KEPT, MORE = 4, 28
#: Seconds that a writer waits for the lock.
LOCK_SECONDS = 30
FRESH = f"{LIVE}_fresh"
#: Rows that go to the server at once.
_TOGETHER = 2_000

Writing = Callable[[Engine], AbstractContextManager[Connection]]


def is_at(url: str) -> bool:
    """Tell whether a URL names a PostgreSQL database."""
    return make_url(url).get_backend_name() == "postgresql"


def open_engine(url: str) -> Engine:
    """Return an engine on the schema that the URL's options name (``search_path``)."""
    engine = create_engine(
        url,
        json_serializer=lambda value: to_json(value).decode(),
        pool_pre_ping=True,  # a server that was started anew has closed them all
        pool_size=KEPT,
        max_overflow=MORE,
    )

    @event.listens_for(engine, "begin")
    def _begins(connection: Connection) -> None:
        options: dict[str, Any] = dict(connection.get_execution_options())
        if options.get("snapshot"):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        elif options.get("writes") and options.get("alone"):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext(current_setting('search_path')))")

    return engine


def make_schema(connection: Connection) -> None:
    """Make the schema of the views where it is not."""
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {LIVE}"))


def insert_values(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[tuple[Any, ...]], otherwise: str
) -> None:
    """Insert rows; ``otherwise`` (ABORT, REPLACE, IGNORE) is what is done where one has the same key."""
    statement = f"INSERT INTO {table.name} VALUES ({', '.join(['%s'] * len(names))})"  # noqa: S608  our names
    key = [column.name for column in table.primary_key]
    if otherwise == "REPLACE":
        changed = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in key)
        statement += f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"
    elif otherwise == "IGNORE":
        statement += " ON CONFLICT DO NOTHING"
    connection.exec_driver_sql(statement, list(rows))


@contextmanager
def replacing(engine: Engine, fresh: Path, writing: Writing) -> Iterator[Connection]:
    """Yield a connection in whose transaction every table is replaced by that of the SQLite file ``fresh``.

    The rows are copied into a schema of their own before anybody is locked out; then that gets the live one's name.
    """
    with engine.connect() as connection, connection.begin():
        connection.execute(text(f"SELECT pg_advisory_xact_lock(hashtext('{FRESH}'))"))
        connection.execute(text(f"DROP SCHEMA IF EXISTS {FRESH} CASCADE"))
        connection.execute(text(f"CREATE SCHEMA {FRESH}"))
        _among(connection, FRESH)
        _copy(connection, fresh)
    with writing(engine) as connection:
        _among(connection, FRESH)
        yield connection
        connection.execute(text(f"DROP SCHEMA IF EXISTS {LIVE} CASCADE"))
        connection.execute(text(f"ALTER SCHEMA {FRESH} RENAME TO {LIVE}"))


def _among(connection: Connection, schema: str) -> None:
    connection.execute(text(f"SET LOCAL search_path = {schema}"))


def _copy(connection: Connection, fresh: Path) -> None:
    """Make the tables and copy the rows of the file into them, as PostgreSQL takes them fastest (COPY)."""
    driver = connection.connection.driver_connection
    assert driver is not None
    with closing(sqlite3.connect(f"{fresh.resolve().as_uri()}?mode=ro", uri=True)) as file:
        for table in METADATA.sorted_tables:
            connection.execute(CreateTable(table))
            columns = ", ".join(f'"{column.name}"' for column in table.c)
            found = file.execute(f"SELECT {columns} FROM {table.name}")  # noqa: S608  our names
            with driver.cursor().copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
                for row in found:
                    copy.write_row(row)
            for index in table.indexes:
                connection.execute(CreateIndex(index))
