"""The journal: eventsourcing's native recorder, with a turn that appends and seals in one transaction.

``with recorder.turn(signer) as turn`` takes the database's write lock first, so whatever is read inside is the
newest there is and nothing can come between judgement and append. Leaving the block commits: entries, leaf
indices, tile hashes, frontier and signed checkpoint together, durable when it returns (SQLite: WAL with
``synchronous=FULL``, one fsync). Leaving it by an exception leaves nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from eventsourcing.persistence import Notification, PersistenceError, StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteCursor, SQLiteDatastore

from keys.errors import Unavailable
from ledger.aggregates import LeafEvent
from ledger.note import NoteSigner
from ledger.rows import SCHEMA, Rows
from ledger.turn import Turn


class JournalRecorder(SQLiteApplicationRecorder):
    """The library's SQLite recorder on our tables: rows are ordered by leaf index, appending needs a turn."""

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name)
        self.select_max_notification_id_statement = "SELECT MAX(leaf_index) FROM stored_events"

    def construct_create_table_statements(self) -> list[str]:
        """Return the statements that make the journal's tables."""
        return list(SCHEMA)

    def create_table(self) -> None:
        """Make the journal's tables where they are not; raises Unavailable when the file is no journal."""
        try:
            super().create_table()
        except (sqlite3.Error, PersistenceError) as error:
            raise _unreadable(error) from error

    @contextmanager
    def turn(self, signer: NoteSigner) -> Iterator[Turn]:
        """Take the write lock, yield the turn, commit; raises Unavailable when lock or disk is not to be had."""
        try:
            with self.datastore.get_connection(commit=True) as connection:
                cursor = connection.cursor()
                cursor.execute("BEGIN IMMEDIATE")
                try:
                    yield Turn(Rows(_runner(cursor)), signer)
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()
        except (sqlite3.Error, PersistenceError) as error:
            raise Unavailable(
                "journal.busy",
                "Buku besar sedang tidak dapat ditulis; tindakan Anda belum dicatat.",
                allowed="Kirim lagi amplop yang sama sebentar lagi.",
                cause=str(error),
            ) from error

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Yield rows that all come from one snapshot of the journal; raises Unavailable when it cannot be read."""
        try:
            with self.datastore.transaction(commit=False) as cursor:
                yield Rows(_runner(cursor))
        except (sqlite3.Error, PersistenceError) as error:
            raise _unreadable(error) from error

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append within the turn given as ``turn``; the library calls this from ``Application.save``."""
        turn = kwargs.get("turn")
        if not isinstance(turn, Turn):
            raise AssertionError("the journal is only written in a turn")
        events = [event for event in stored_events if isinstance(event, LeafEvent)]
        if events:
            turn.seal(events)
        return [event.leaf_index for event in events]

    def select_events(
        self,
        originator_id: Any,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return a stream's stored events with their leaf indices, oldest first."""
        if lte is not None or desc or limit is not None:
            raise AssertionError("streams are folded whole, in order")
        with self.reading() as rows:
            return [LeafEvent.of(row) for row in rows.stream(str(originator_id), gt or 0)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return stored events in leaf order; a notification's id is its leaf index."""
        first = (start or 0) + (0 if inclusive_of_start else 1)
        with self.reading() as rows:
            found = rows.entries(first, limit)
        return [
            Notification(row.stream, row.version, row.kind, row.data, id=row.index)
            for row in found
            if (stop is None or row.index <= stop) and (not topics or row.kind in topics)
        ]


def _unreadable(error: Exception) -> Unavailable:
    return Unavailable(
        "journal.unreadable",
        "Buku besar sedang tidak dapat dibaca.",
        allowed="Coba lagi sebentar lagi, atau hubungi pengelola.",
        cause=str(error),
    )


def _runner(cursor: SQLiteCursor) -> Any:
    def run(statement: str, parameters: Sequence[Any]) -> list[Any]:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())

    return run
