"""The journal in PostgreSQL: any number of service processes are one ledger, for the table lock makes them one writer.

A turn is ``LOCK TABLE ... IN EXCLUSIVE MODE`` and what follows it, in one transaction at READ COMMITTED, so that each
statement after the lock sees the newest (PostgreSQL 18, 13.3.1); readers are not held up. COMMIT is durable on the
server's own terms, which are looked at when the journal is opened: a server that answers before it has written is
refused, and so are tables that a crash empties, or on which something foreign stands (:mod:`ledger.foreign`). That
is looked for at the end of each turn too. Whoever listens is told after each commit (``NOTIFY``).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from eventsourcing.persistence import PersistenceError
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore, PostgresFactory
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row

from keys.errors import Malformed, Unavailable
from ledger import foreign
from ledger.database import CONNECT_SECONDS
from ledger.database import SCHEMA as NAME
from ledger.journal import Journal, busy, unreadable, used
from ledger.rows import Rows, Run

#: Seconds that a turn waits for the lock.
LOCK_SECONDS = 30
#: Seconds that the connection which listens may take to come about: who stops waits for it, and 2 is libpq's least.
EAR_SECONDS = 2
#: Seconds in which a connection that was just closed has left the server too.
LEAVING_SECONDS = 2
#: Connections kept open, and how many more a busy moment may open.
KEPT, MORE = 4, 28
CHANNEL = "jejak_leaves"

#: The tables of :data:`ledger.rows.SCHEMA` in PostgreSQL's words, columns in the same order.
TABLES = (
    f"CREATE TABLE {NAME}.stored_events ("
    "leaf_index bigint PRIMARY KEY CHECK (leaf_index >= 0), "
    'originator_id text COLLATE "C" NOT NULL, '
    "originator_version bigint NOT NULL, "
    "topic text NOT NULL, "
    "state bytea NOT NULL, "
    "leaf_hash bytea NOT NULL, "
    "UNIQUE (originator_id, originator_version))",
    # Entries are signatures and digests, which do not shrink; trying costs more than it saves.
    f"ALTER TABLE {NAME}.stored_events ALTER COLUMN state SET STORAGE EXTERNAL",
    f"CREATE INDEX agenda_book_events ON {NAME}.stored_events (leaf_index) "
    "WHERE topic IN ('agenda.recorded', 'numbering.enacted')",
    f"CREATE TABLE {NAME}.tile_hashes ("
    "level bigint NOT NULL, position bigint NOT NULL, hash bytea NOT NULL, PRIMARY KEY (level, position))",
    f"CREATE TABLE {NAME}.checkpoints (size bigint PRIMARY KEY CHECK (size > 0), note bytea NOT NULL)",
    f"CREATE TABLE {NAME}.frontier (id integer PRIMARY KEY CHECK (id = 1), data bytea NOT NULL)",
)

_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
#: One round trip: a turn begins with the lock and nothing before it.
_BEGIN = f"BEGIN; SET LOCAL lock_timeout = '{LOCK_SECONDS}s'; LOCK TABLE {NAME}.stored_events IN EXCLUSIVE MODE"
#: Whoever listens is told. And something is written even if the turn only found acts that were there: such a COMMIT
#: waits for disk and standby as any other does, and behind what it answers for. Else a primary that was started anew
#: would acknowledge acts of which no standby knows (PostgreSQL 18, 26.2.8.4: a restart makes them visible).
#: The same statement tells whether something foreign is on the tables, which the turn's locks keep as they are, and
#: whether the COMMIT will wait for the disk: a role, or the server, may be set otherwise while services run.
_DURABLE = ", ".join(
    f"current_setting('{name}')" for name in ("fsync", "synchronous_commit", "synchronous_standby_names")
)
_LAST = (
    f"SELECT {foreign.SIGN}, {_DURABLE}, "
    f"pg_notify('{CHANNEL}', '')::text, pg_logical_emit_message(true, '{CHANNEL}', '')::text"
)
_MARK = re.compile(r"\?")
#: Our tables that a server empties after a crash (PostgreSQL 18, CREATE TABLE: UNLOGGED), and those of the journal.
_UNLOGGED = (
    "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "  # noqa: S608  our names
    f"WHERE nspname = '{NAME}' AND relkind = 'r' AND relpersistence <> 'p' ORDER BY relname"
)
_UNLOGGED_JOURNAL = f"SELECT relname FROM ({foreign.OURS}) AS ours WHERE relpersistence <> 'p' ORDER BY relname"  # noqa: S608  our names
_OPTIONS = f"-c search_path={NAME} -c client_min_messages=warning"
_URL = "JEJAK_JOURNAL_URL"


def environment(url: str) -> dict[str, str]:
    """Return what the library is told of a journal in this database; raises Malformed (``settings.database_url``)."""
    try:
        conninfo_to_dict(url)
    except psycopg.Error as error:
        raise Malformed(
            "settings.database_url",
            "JEJAK_DATABASE_URL tidak dapat dibaca sebagai alamat PostgreSQL.",
            allowed="postgresql://pengguna@mesin/nama",
            cause=str(error),
        ) from None
    return {
        "PERSISTENCE_MODULE": "ledger.journal_postgres:JournalFactory",
        _URL: url,
        **dict.fromkeys(("POSTGRES_DBNAME", "POSTGRES_HOST", "POSTGRES_USER", "POSTGRES_PASSWORD"), "in the URL"),
        "POSTGRES_SCHEMA": NAME,
        "POSTGRES_CONNECT_TIMEOUT": str(CONNECT_SECONDS),
        "POSTGRES_POOL_SIZE": str(KEPT),
        "POSTGRES_MAX_OVERFLOW": str(MORE),
        "ORIGINATOR_ID_TYPE": "text",
    }


def require_alone(url: str) -> None:
    """Return if no other connection uses the database; raises Conflict (``database.used``), Unavailable."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    until = time.monotonic() + LEAVING_SECONDS
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
            while (found := connection.execute(asked).fetchone()) != (0,) and time.monotonic() < until:
                time.sleep(0.05)
    except psycopg.Error as error:
        raise unreadable(error) from error
    if found != (0,):
        raise used()


@contextmanager
def read_only(url: str) -> Iterator[Rows]:
    """Yield the rows of a journal in one snapshot, for somebody who is no service; raises Unavailable."""
    try:
        with psycopg.connect(url, options=f"-c search_path={NAME}", connect_timeout=CONNECT_SECONDS) as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            cursor.execute(_SNAPSHOT)
            yield Rows(_runner(cursor))
    except psycopg.Error as error:
        raise unreadable(error) from error


class JournalFactory(PostgresFactory):
    """The library's factory, whose connections are those of the whole URL: the library knows five parts of one."""

    def application_recorder(self) -> PostgresJournal:
        """Return the journal; raises Unavailable where there is none, or no server."""
        told: dict[str, Any] = dict(conninfo_to_dict(self.env[_URL], connect_timeout=CONNECT_SECONDS))
        self.datastore.pool.kwargs = told | {"options": f"{told.get('options', '')} {_OPTIONS}".strip()}
        # Whoever comes while the server is away tries anew, and waits for no attempt that was put off for minutes.
        self.datastore.pool.reconnect_timeout = CONNECT_SECONDS
        journal = PostgresJournal(datastore=self.datastore)
        try:
            journal.create_table()
        except BaseException:
            self.datastore.close()
            raise
        return journal


class PostgresJournal(Journal, PostgresApplicationRecorder):
    """The library's PostgreSQL recorder on our tables: rows are ordered by leaf index, appending needs a turn."""

    def __init__(self, datastore: PostgresDatastore, *, events_table_name: str = "stored_events") -> None:
        # The library would ask for a composite type that it makes itself; our rows go in without one.
        datastore.register_type_adapters = lambda: None  # type: ignore[method-assign]
        super().__init__(datastore, events_table_name=events_table_name)
        datastore.db_type_names.clear()
        self._ear: psycopg.Connection[Any] | None = None

    def create_table(self) -> None:
        """Return if the tables are there and a commit is durable; raises Unavailable (``journal.schema``, others)."""
        with self.reading_run() as run:
            there = run("SELECT to_regclass(?) IS NOT NULL", (f"{NAME}.stored_events",))[0][0]
        if not there:
            raise Unavailable(
                "journal.schema",
                "Basis data ini belum disiapkan untuk Jejak.",
                allowed="Jalankan jejak migrate, lalu mulai lagi.",
            )
        self.require_recordable()
        with self.reading_run() as run:
            _require_logged(run, _UNLOGGED)

    def require_recordable(self) -> None:
        """Return if a commit is durable and nothing of others is on the tables; raises Unavailable."""
        with self._noticing_repair(), self.reading_run() as run:
            (settings,) = run(f"SELECT {_DURABLE}", ())
            _require_durable(*settings)
            _require_logged(run, _UNLOGGED_JOURNAL)
            foreign.require_none_in_postgres(run)

    def max_notification_id(self) -> int | None:
        """Return the highest leaf index, None where there is none."""
        with self.reading() as rows:
            newest = rows.newest()
        return newest.index if newest else None

    @contextmanager
    def locked(self) -> Iterator[Run]:
        """Yield a transaction that began by locking the events against every other writer; raises Unavailable."""
        begun = False
        try:
            with self._noticing_repair(), self.datastore.get_connection() as connection:
                cursor = connection.cursor(row_factory=tuple_row)
                try:
                    cursor.execute(_BEGIN)
                    run = _runner(cursor)
                    yield run
                    ((sign, *settings, _told, _written),) = run(_LAST, ())
                    _require_durable(*settings)
                    if sign:
                        _require_logged(run, _UNLOGGED_JOURNAL)
                        foreign.require_none_in_postgres(run)
                    begun = True
                    _commit(connection)
                except BaseException:
                    try:
                        connection.rollback()
                    except psycopg.Error:  # what failed first is what is told
                        connection.close()
                    raise
        except (psycopg.Error, PersistenceError) as error:
            self._check_connections()
            raise busy(error, begun=begun) from error

    @contextmanager
    def reading_run(self) -> Iterator[Run]:
        """Yield a reading transaction, all of it in one snapshot; raises Unavailable when it cannot be read."""
        try:
            with self.datastore.get_connection() as connection, connection.transaction(force_rollback=True):
                cursor = connection.cursor(row_factory=tuple_row)
                cursor.execute(_SNAPSHOT)
                yield _runner(cursor)
        except (psycopg.Error, PersistenceError) as error:
            self._check_connections()
            raise unreadable(error) from error

    def wait(self, seconds: float) -> bool:
        """Return when a commit of any process was told, or the seconds are over; for one thread, which has the ear."""
        until = time.monotonic() + seconds
        try:
            if self._ear is None or self._ear.closed:
                assert isinstance(self.datastore.pool.kwargs, dict)
                told = self.datastore.pool.kwargs | {"connect_timeout": EAR_SECONDS}
                self._ear = psycopg.connect(**told, autocommit=True)
                self._ear.execute(f"LISTEN {CHANNEL}")
                return True  # what was committed before there was an ear was told to nobody
            for _ in self._ear.notifies(timeout=max(0.0, until - time.monotonic()), stop_after=1):
                return True
        except psycopg.Error:  # a server that is away tells nothing; whoever waits looks for themselves then
            self.stop_waiting()
            time.sleep(max(0.0, min(1.0, until - time.monotonic())))
        return False

    def stop_waiting(self) -> None:
        """Close the connection that listens."""
        if self._ear is not None:
            self._ear.close()
            self._ear = None

    @contextmanager
    def _noticing_repair(self) -> Iterator[None]:
        """Use no connection again that is not durable: what a role or database is told holds for new ones alone."""
        try:
            yield
        except Unavailable as fault:
            if fault.rule == "journal.durability":
                self.datastore.pool.drain()
            raise

    def _check_connections(self) -> None:
        """Throw away what connections are dead: after a restart of the server all of them are."""
        try:
            self.datastore.pool.check()
        except psycopg.Error:
            return


def _require_durable(fsync: str, commit: str, standby: str) -> None:
    """Return if a COMMIT waits until it is safe; raises Unavailable (``journal.durability``)."""
    hasty = {"off", "local", "remote_write"} if standby else {"off"}
    if fsync != "on" or commit in hasty:
        raise Unavailable(
            "journal.durability",
            "Basis data ini menjawab sebelum tulisannya aman di disk; di dalamnya tidak ada yang boleh dicatat.",
            allowed="Pengelola menyetel fsync = on dan synchronous_commit = on pada peladen, basis data, dan perannya;"
            " sesudah itu kirim lagi amplop yang sama.",
        )


def _require_logged(run: Run, asked: str) -> None:
    """Return if a crash of the server empties none of the tables; raises Unavailable (``journal.durability``)."""
    unlogged = [name for (name,) in run(asked, ())]
    if unlogged:
        raise Unavailable(
            "journal.durability",
            f"Tabel {', '.join(unlogged)} akan kosong sesudah peladen basis datanya mati mendadak (UNLOGGED); di"
            " dalamnya tidak ada yang boleh dicatat.",
            allowed=f"Pengelola menjalankan ALTER TABLE {NAME}.{unlogged[0]} SET LOGGED, juga untuk yang lain.",
        )


def _commit(connection: psycopg.Connection[Any]) -> None:
    """Commit; raises psycopg.Error where that failed, and where it was done with a warning.

    Such a warning is that the wait for the standby was cut short: to PostgreSQL, COMMIT succeeds all the same then.
    """
    warnings: list[str] = []

    def told(notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            warnings.append(notice.message_primary or "")

    connection.add_notice_handler(told)
    try:
        connection.commit()
    finally:
        connection.remove_notice_handler(told)
    if warnings:
        raise psycopg.OperationalError("; ".join(warnings))


@cache
def _spelt(statement: str) -> str:
    """Return one of our statements as psycopg takes it; our texts have no question or percent sign of their own."""
    return _MARK.sub("%s", statement.replace(" NOT INDEXED", ""))


def _runner(cursor: psycopg.Cursor[Any]) -> Any:
    def run(statement: str, parameters: Sequence[Any]) -> list[Any]:
        cursor.execute(_spelt(statement), tuple(parameters), prepare=True)
        return cursor.fetchall() if cursor.description else []

    return run
