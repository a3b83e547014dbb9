"""Tables in PostgreSQL: their engine, its two kinds of transaction, and a rebuild's switch; the URL names the schema.

Whoever only reads sees one snapshot. Whoever writes the views holds an advisory lock from the start, as SQLite's
writers hold their file's, so any number of processes may follow the journal. Whoever replaces the views waits for the
readers that are there, and readers come again with the new ones: a snapshot from before would find new tables empty.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex, CreateTable

from ledger.database import VIEWS_SCHEMA as LIVE
from projections.schema import METADATA, VIEWS

#: Connections kept open, and how many more a busy moment may open.
KEPT, MORE = 4, 28
#: Seconds that a writer waits for the lock.
LOCK_SECONDS = 30
#: Seconds in which whoever replaces the views finds a moment without readers, and how long readers wait behind it.
SWITCH_SECONDS, READERS_WAIT = 25.0, 0.5
#: PostgreSQL 18, appendix A.
_LOCK_NOT_AVAILABLE = "55P03"
FRESH = f"{LIVE}_fresh"
#: Rows that go to the server at once.
_TOGETHER = 2_000

_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
#: LOCK TABLE is no query: the snapshot is taken after it (PostgreSQL 18, 13.3.1).
_STANDING = f"{_SNAPSHOT}; LOCK TABLE {VIEWS.name} IN ACCESS SHARE MODE"
_WRITES_ALONE = "SELECT pg_advisory_xact_lock(hashtext(current_setting('search_path')))"
_WRITES_ALONE_IN_LIVE = f"SELECT pg_advisory_xact_lock(hashtext('{LIVE}'))"
#: Of a session, which ends with its connection; a transaction that fails keeps it.
_REBUILDS_ALONE = f"SELECT pg_try_advisory_lock(hashtext('{FRESH}'))"


def is_at(url: str) -> bool:
    """Tell whether a URL names a PostgreSQL database."""
    return make_url(url).get_backend_name() == "postgresql"


def open_engine(url: str) -> Engine:
    """Return an engine on the schema that the URL's options name (``search_path``).

    With the execution option ``standing`` what is read are the views, which may be replaced.
    """
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
            connection.exec_driver_sql(_STANDING if options.get("standing") else _SNAPSHOT)
        elif options.get("writes") and options.get("alone"):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            connection.exec_driver_sql(_WRITES_ALONE)

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
def session(url: str) -> Iterator[Connection]:
    """Yield a connection of its own, which nobody uses again."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def rebuilds_alone(connection: Connection) -> bool:
    """Take the lock of whoever rebuilds the views for this session, if nobody has it; tell whether it is taken."""
    with connection.begin():
        return connection.exec_driver_sql(_REBUILDS_ALONE).scalar_one() is True


@contextmanager
def replacing(connection: Connection, fresh: Path) -> Iterator[Connection]:
    """Yield the connection in whose transaction every table is replaced by that of the SQLite file ``fresh``.

    The rows are copied into a schema of their own before anybody is locked out; then that gets the live one's name.
    """
    with connection.begin():
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {FRESH} CASCADE")  # of an older Jejak that was killed
        connection.exec_driver_sql(f"CREATE SCHEMA {FRESH}")
        connection.exec_driver_sql(f"SET LOCAL search_path = {FRESH}")
        _copy(connection, fresh)
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        connection.exec_driver_sql(_WRITES_ALONE_IN_LIVE)
        yield connection
        _without_readers(connection)
        connection.exec_driver_sql(f"DROP SCHEMA {LIVE} CASCADE")
        connection.exec_driver_sql(f"ALTER SCHEMA {FRESH} RENAME TO {LIVE}")


def _without_readers(connection: Connection) -> None:
    """Lock readers out as soon as none is there; who comes meanwhile waits behind us no longer than a moment."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{READERS_WAIT}s'")
    until = time.monotonic() + SWITCH_SECONDS
    while True:
        try:
            with connection.begin_nested():
                connection.exec_driver_sql(f"LOCK TABLE {LIVE}.{VIEWS.name} IN ACCESS EXCLUSIVE MODE")
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != _LOCK_NOT_AVAILABLE or time.monotonic() > until:
                raise
            time.sleep(READERS_WAIT)
        else:
            break
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")


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
