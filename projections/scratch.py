"""The scratch file of a rebuild: SQLite beside the live views, written batch by batch, whole after any crash.

It is ``<views>-fresh``, held by one process at a time; who finds it held uses a temporary one, which nobody continues.
A transaction is rolled back by SQLite's own journal when its process died. Indexes are made at the end, when every row
is there. That, and a large cache, is what makes it faster than the live file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

from projections import storage

#: What is added to the name of the live file.
SUFFIX = "-fresh"
_STATEMENTS = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
#: What SQLite says of a file that is damaged, or none of its own.
_NO_DATABASE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
#: SQLite keeps this much of the file in memory, in KiB.
_CACHE = 64 * 1024


class Scratch:
    """The file ``path``, held until it is closed; raises Unavailable where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = _opened(path)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield the connection in a transaction: all of it commits, or nothing does."""
        with storage.faults(), self._connection.begin():
            yield self._connection

    def is_sound(self) -> bool:
        """Tell whether the file holds the tables of this schema and nothing else, and no page of it is damaged."""
        tables, indexes = _form()
        try:
            with self._connection.begin():
                checked = self._connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
                found = set(self._connection.exec_driver_sql(_STATEMENTS).scalars())
        except DatabaseError:
            return False
        return checked == "ok" and tables <= found <= tables | indexes

    def begin_anew(self) -> None:
        """Throw away what is in the file and make the tables, without their indexes."""
        self.discard()
        self._connection = _opened(self.path)
        with self.writing() as connection:
            storage.create_bare(connection)

    def make_indexes(self) -> None:
        """Make the indexes that are not there yet."""
        with self.writing() as connection:
            storage.create_indexes(connection)

    def close(self) -> None:
        """Let others have the file."""
        self._connection.close()
        self._connection.engine.dispose()

    def discard(self) -> None:
        """Close the file and remove it."""
        self.close()
        _remove(self.path)


@contextmanager
def scratch_beside(beside: Path) -> Iterator[Scratch]:
    """Yield the scratch file of these views; it stays where it is until it is discarded."""
    try:
        scratch = Scratch(beside.with_name(beside.name + SUFFIX))
    except Held:
        with storage.scratch_folder() as folder:
            yield from _closing(Scratch(Path(folder) / "fresh.sqlite"))
    else:
        yield from _closing(scratch)


def _closing(scratch: Scratch) -> Iterator[Scratch]:
    try:
        yield scratch
    finally:
        scratch.close()


class Held(Exception):
    """Another process uses the scratch file."""


def _opened(path: Path) -> Connection:
    """Return a connection that holds the file; what is no file of SQLite's is thrown away. Raises Held."""
    driver = _held(path)
    if driver is None:
        _remove(path)
        driver = _held(path)
    held = driver
    engine = create_engine("sqlite://", poolclass=StaticPool, creator=lambda: held, json_serializer=storage.to_text)

    @event.listens_for(engine, "begin")
    def _begins(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")

    return engine.connect()


def _held(path: Path) -> sqlite3.Connection | None:
    """Return a connection of the driver's that holds the file, None where it is none of SQLite's; raises Held."""
    try:
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            settings = ("locking_mode = EXCLUSIVE", f"cache_size = -{_CACHE}", "synchronous = NORMAL")
            for setting in (*settings, storage.NO_ERASING):
                connection.execute(f"PRAGMA {setting}")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise Held from error
        if error.sqlite_errorcode in _NO_DATABASE:
            return None
        raise storage.unavailable(error) from error
    return connection


def _remove(path: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@cache
def _form() -> tuple[set[str], set[str]]:
    """Return the statements that SQLite keeps of our tables, and of our indexes."""
    with create_engine("sqlite://").connect() as connection:
        storage.create_bare(connection)
        tables = set(connection.exec_driver_sql(_STATEMENTS).scalars())
        storage.create_indexes(connection)
        return tables, set(connection.exec_driver_sql(_STATEMENTS).scalars()) - tables
