"""The databases that the figures run over: whoever adds one adds it to :data:`DATABASES`, and every bar on all applies.

A database says what its version is, how its commits become durable, how the plain library is opened on it, and how
many bytes it takes for the journal's tables.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from eventsourcing.sqlite import SQLiteApplicationRecorder

from ledger import database as ledgers
from tests.bench import on_postgres

#: Tables and indexes of the events, and of the tree over them; checkpoints are counted apart.
EVENTS = ("stored_events", "sqlite_autoindex_stored_events_1", "agenda_book_events", "leaf_hashes")
TREE = ("tile_hashes", "sqlite_autoindex_tile_hashes_1", "frontier")
JOURNAL = "journal.sqlite"


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes of the pages that hold events and tree, and of everything that the journal keeps."""

    events_and_tree: int
    all: int


@dataclass(frozen=True, slots=True)
class Database:
    """A database by its name.

    ``plain`` returns the environment of the plain library's own application in a folder; ``durable`` reads from an open
    recorder how its commits become durable; ``stored`` measures a closed journal in a folder;
    ``at`` says where a ledger of that folder has its rows, and makes a database there if there is none.
    """

    name: str
    version: Callable[[], str]
    plain: Callable[[Path], Mapping[str, str]]
    durable: Callable[[object], str]
    stored: Callable[[Path], Stored]
    at: Callable[[Path], ledgers.Database]

    def environment(self, folder: Path) -> dict[str, str]:
        """Return the environment of a process that works on the ledger in a folder."""
        return os.environ | {"JEJAK_DATABASE_URL": self.at(folder).url}


def _plain_on_sqlite(folder: Path) -> Mapping[str, str]:
    return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "plain.sqlite")}


def _durable_on_sqlite(recorder: object) -> str:
    assert isinstance(recorder, SQLiteApplicationRecorder)
    said = []
    with recorder.datastore.transaction(commit=False) as cursor:
        for pragma in ("journal_mode", "synchronous"):
            cursor.execute(f"PRAGMA {pragma}")
            said.append(str(cursor.fetchall()[0][0]))
    synchronous = {"0": "OFF", "1": "NORMAL", "2": "FULL", "3": "EXTRA"}[said[1]]
    return f"journal_mode={said[0].upper()}, synchronous={synchronous}"


def _stored_on_sqlite(folder: Path) -> Stored:
    with closing(sqlite3.connect(folder / JOURNAL)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = dict(connection.execute("SELECT name, SUM(pgsize) FROM dbstat GROUP BY name"))
        (whole,) = connection.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    missing = {*EVENTS, *TREE} - {*pages}
    if missing:
        raise AssertionError(f"tables that are not there: {missing}")
    return Stored(sum(pages[name] for name in EVENTS + TREE), whole[0])


SQLITE = Database(
    "sqlite",
    lambda: sqlite3.sqlite_version,
    _plain_on_sqlite,
    _durable_on_sqlite,
    _stored_on_sqlite,
    lambda folder: ledgers.Database("sqlite", folder),
)
POSTGRESQL = Database(
    "postgresql",
    on_postgres.version,
    on_postgres.plain,
    on_postgres.durable,
    lambda folder: Stored(*on_postgres.stored(folder)),
    on_postgres.at,
)
DATABASES = (SQLITE, POSTGRESQL)


def named(name: str) -> Database:
    """Return the database of this name."""
    return {one.name: one for one in DATABASES}[name]
