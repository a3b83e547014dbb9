"""The journal in an SQLite file: WAL with ``synchronous=FULL``, one fsync a commit, one writer at a time."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from eventsourcing.persistence import InterfaceError, PersistenceError
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
)

from ledger import foreign
from ledger.journal import Journal, busy, unreadable, used
from ledger.rows import SCHEMA, Run
from ledger.turnstile import Turnstile

#: Beside the file: processes take turns at it. Nothing is kept in it, and it may be deleted while nobody records.
GATES = "-turn"
#: Seconds between two looks at whether another process has written.
LOOK_EVERY = 0.1
#: Seconds that a writer waits for the lock, and a reader for a connection.
LOCK_SECONDS = 5.0
#: Seconds that a process lets others go first: one that is stuck at the gates costs no more.
GATE_SECONDS = 1.0
#: Connections kept open, how many more a busy moment may open, and statements that each keeps compiled.
KEPT, MORE, STATEMENTS = 5, 10, 128


def environment(file: Path) -> dict[str, str]:
    """Return what the library is told of a journal in this file."""
    return {
        "PERSISTENCE_MODULE": "ledger.journal_sqlite:JournalFactory",
        "SQLITE_DBNAME": str(file),
        "ORIGINATOR_ID_TYPE": "text",
    }


def require_alone(file: Path) -> None:
    """Return if no connection has the file open, for only then it leaves WAL (SQLite: PRAGMA journal_mode).

    Raises Conflict (``database.used``), Unavailable where it cannot be opened.
    """
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True, timeout=0)) as connection:
            if connection.execute("PRAGMA journal_mode = DELETE").fetchone() != ("delete",):
                raise used()
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise used() from None
        raise unreadable(error) from error
    except sqlite3.Error as error:
        raise unreadable(error) from error


class Connections(SQLiteConnectionPool):
    """The library's pool, whose connections keep their statements: it asks for room for one of them (True is 1).

    ``turnstile`` stands before the write lock of its file.
    """

    def __init__(self, file: str) -> None:
        super().__init__(db_name=file, pool_size=KEPT, max_overflow=MORE, pool_timeout=LOCK_SECONDS)
        self.turnstile = Turnstile(Path(file + GATES))

    def close(self) -> None:
        """Close the connections, and let go of the turnstile."""
        super().close()
        self.turnstile.close()

    def _create_connection(self) -> SQLiteConnection:
        try:
            connection = sqlite3.connect(
                self.db_name,
                uri=True,
                check_same_thread=False,  # the pool gives a connection to one thread at a time
                isolation_level=None,
                cached_statements=STATEMENTS,
                timeout=LOCK_SECONDS,
            )
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.Error as error:
            raise InterfaceError(error) from error
        return SQLiteConnection(sqlite_conn=connection, max_age=self.max_age)


class JournalFactory(SQLiteFactory):
    """The library's factory, with connections of ours."""

    def application_recorder(self) -> SQLiteJournal:
        """Return the journal, its tables made where they are not; raises Unavailable when the file is no journal."""
        connections = self.datastore.pool = Connections(self.datastore.pool.db_name)
        journal = SQLiteJournal(self.datastore, connections.turnstile)
        journal.create_table()
        return journal


class SQLiteJournal(Journal, SQLiteApplicationRecorder):
    """The library's SQLite recorder on our tables: rows are ordered by leaf index, appending needs a turn."""

    def __init__(self, datastore: SQLiteDatastore, turnstile: Turnstile) -> None:
        super().__init__(datastore)
        self._turnstile = turnstile
        self._form = -1  # SQLite's number of the form of the file in which nothing foreign was found
        self.select_max_notification_id_statement = "SELECT MAX(leaf_index) FROM stored_events"

    def construct_create_table_statements(self) -> list[str]:
        """Return the statements that make the journal's tables."""
        return list(SCHEMA)

    def create_table(self) -> None:
        """Make the journal's tables where they are not; raises Unavailable when the file is none, or not ours alone."""
        try:
            super().create_table()
        except (sqlite3.Error, PersistenceError) as error:
            raise unreadable(error) from error
        self.require_recordable()

    def require_recordable(self) -> None:
        """Return if nothing of others is in the file; raises Unavailable (``journal.foreign``), or unreadable."""
        with self.reading_run() as run:
            foreign.require_none_in_sqlite(run)

    @contextmanager
    def locked(self) -> Iterator[Run]:
        """Yield a transaction that began by taking the write lock (``BEGIN IMMEDIATE``); raises Unavailable."""
        begun = False
        try:
            with (
                self._turnstile.through(GATE_SECONDS),
                self.datastore.get_connection(commit=True) as connection,
            ):
                cursor = connection.cursor()
                cursor.execute("BEGIN IMMEDIATE")
                try:
                    run = _runner(cursor)
                    self._require_alone(run)
                    yield run
                    begun = True
                    connection.commit()
                except BaseException:
                    # A COMMIT that failed may have left its transaction open, and with it the lock that all wait for.
                    with suppress(sqlite3.Error, PersistenceError):  # what failed first is what is told
                        connection.rollback()
                    raise
        except (sqlite3.Error, PersistenceError) as error:
            raise busy(error, begun=begun) from error

    def _require_alone(self, run: Run) -> None:
        """Return if nothing foreign is in the file; only looked for where its form is not that of the last turn."""
        ((form,),) = run("PRAGMA schema_version", ())
        if form != self._form:
            foreign.require_none_in_sqlite(run)
            self._form = form

    @contextmanager
    def reading_run(self) -> Iterator[Run]:
        """Yield a reading transaction; raises Unavailable when the file cannot be read."""
        try:
            with self.datastore.transaction(commit=False) as cursor:
                yield _runner(cursor)
        except (sqlite3.Error, PersistenceError) as error:
            raise unreadable(error) from error

    def wait(self, seconds: float) -> bool:
        """Return after a while: SQLite tells nobody, so whoever follows looks again."""
        time.sleep(min(seconds, LOOK_EVERY))
        return False


def _runner(cursor: SQLiteCursor) -> Any:
    def run(statement: str, parameters: Sequence[Any]) -> list[Any]:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())

    return run
