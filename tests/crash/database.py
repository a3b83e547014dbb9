"""The databases in which a ledger is crashed; a test runs in each of :data:`KINDS`.

What is about SQLite's own files is tried in :class:`Sqlite` alone.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import select

from ledger import journal_postgres
from ledger.audit import audit
from ledger.audit_report import Report
from ledger.backup import write_journal
from ledger.database import Database
from ledger.documents import Documents
from ledger.note import VerifierKey
from ledger.rows import Rows
from ledger.store import open_store
from projections import storage
from projections.compare import Comparison, compare, stored_views
from projections.schema import METADATA
from tests import postgres

KINDS = ("sqlite", "postgresql")


class Crashed(ABC):
    """A database in which a ledger is crashed; ``home`` is the ledger's folder.

    ``name`` is its kind; ``commit`` (``module:attribute``) commits a turn, ``lost_answer`` is how it fails where
    COMMIT's answer is lost.
    """

    name: str
    commit: str
    lost_answer: type[Exception]

    @abstractmethod
    def of(self, home: Path) -> Database:
        """Return the database."""

    def environment(self, home: Path) -> Mapping[str, str]:
        """Return what the service of this home is told besides where its home is."""
        return {"JEJAK_DATABASE_URL": self.of(home).url}

    @abstractmethod
    def rows(self, home: Path) -> AbstractContextManager[Rows]:
        """Return the rows of the ledger, read by somebody else than the service."""

    @abstractmethod
    def audit(self, home: Path, vkey: VerifierKey) -> Report:
        """Return what an audit of the ledger finds."""

    @abstractmethod
    def views(self, home: Path) -> Comparison:
        """Return how the read models differ from what a fresh fold makes of the ledger."""


class Sqlite(Crashed):
    """The ledger's own file in its home."""

    name = "sqlite"
    commit = "eventsourcing.sqlite:SQLiteConnection.commit"
    lost_answer = sqlite3.OperationalError

    def of(self, home: Path) -> Database:
        """Return the files in the home."""
        return Database("sqlite", home)

    def rows(self, home: Path) -> AbstractContextManager[Rows]:
        """Return the rows of the file."""
        return open_store(home)

    def audit(self, home: Path, vkey: VerifierKey) -> Report:
        """Return what an audit of the files finds."""
        return audit(home, vkey=vkey)

    def views(self, home: Path) -> Comparison:
        """Return how the views in their file differ."""
        with stored_views(home) as stored, self.rows(home) as rows:
            assert stored is not None
            return compare(stored, rows, Documents(home / "documents"))


class Postgres(Crashed):
    """A database of a PostgreSQL server, made for one office."""

    name = "postgresql"
    commit = "ledger.journal_postgres:_commit"
    lost_answer = psycopg.OperationalError

    def __init__(self, url: str) -> None:
        self.url = url

    def of(self, home: Path) -> Database:
        """Return the database."""
        return Database.parse(self.url, home)

    def rows(self, home: Path) -> AbstractContextManager[Rows]:
        """Return the rows of the database."""
        return journal_postgres.read_only(self.url)

    def audit(self, home: Path, vkey: VerifierKey) -> Report:
        """Return what an audit finds of a copy in files, as a backup writes it."""
        with self._copy(home) as store:
            return audit(store, vkey=vkey)

    def views(self, home: Path) -> Comparison:
        """Return how the views' tables differ, copied into a file beside a copy of the journal."""
        with tempfile.TemporaryDirectory(dir=home.parent) as folder:
            _copy_views(self.of(home), Path(folder))  # before the journal, so that no view is ahead of it
            with stored_views(Path(folder)) as stored, self._copy(home) as store, open_store(store) as rows:
                assert stored is not None
                return compare(stored, rows, Documents(store / "documents"))

    @contextmanager
    def _copy(self, home: Path) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=home.parent) as folder, self.rows(home) as rows:
            store = Path(folder)
            write_journal(rows, store / "journal.sqlite")
            shutil.copytree(home / "documents", store / "documents", copy_function=_linked)
            yield store


def _linked(source: str, target: str) -> str:
    """Link a file, or copy it where it lies on a disk of its own."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)
    return target


def _copy_views(database: Database, folder: Path) -> None:
    """Copy every row of the views, in one snapshot, into an SQLite file in ``folder``."""
    away = storage.open_engine(database.views_url)
    here = storage.open_engine(Database("sqlite", folder).views_url)
    storage.make_tables(here)
    with storage.reading(away) as source, storage.writing(here) as target:
        for table in METADATA.sorted_tables:
            rows = [dict(row) for row in source.execute(select(table)).mappings()]
            storage.insert_rows(target, table, rows)
    away.dispose()
    here.dispose()


@contextmanager
def made(kind: str) -> Iterator[Crashed]:
    """Yield a database of this kind in which there is nothing yet."""
    if kind == "sqlite":
        yield Sqlite()
        return
    with postgres.database() as url:
        yield Postgres(url)
