"""The journal: events, tree and checkpoints in one database, written in turns, whichever database it is.

``with journal.turn(signer) as turn`` takes the database's write lock first, so whatever is read inside is the newest
there is and nothing can come between judgement and append. Leaving the block commits: entries, leaf indices, tile
hashes, frontier and signed checkpoint together, durable when it returns. Leaving it by an exception leaves nothing.

A recorder of the eventsourcing library becomes a journal by saying how a lock is taken and how a snapshot is read:
:mod:`ledger.journal_sqlite`, :mod:`ledger.journal_postgres`. The lock is the guard in both: no optimistic retry.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from eventsourcing.persistence import Notification, StoredEvent

from keys.errors import Conflict, Unavailable
from ledger.aggregates import LeafEvent
from ledger.note import NoteSigner
from ledger.rows import Rows, Run
from ledger.sight import Sight, SightedRows
from ledger.turn import Turn


class Journal(ABC):
    """What the rest of the ledger asks of a recorder; a mixin before the library's own.

    ``sight`` is what this process has seen of the log: whoever reads, and every turn, is held to it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sight = Sight()

    @abstractmethod
    def locked(self) -> AbstractContextManager[Run]:
        """Return a transaction that holds the write lock and commits durably when it is left without a fault.

        Raises Unavailable when lock, database or disk is not to be had; :func:`busy` says whether COMMIT was begun.
        """

    @abstractmethod
    def reading_run(self) -> AbstractContextManager[Run]:
        """Return what runs statements that all see one snapshot; raises Unavailable when it cannot be read."""

    @abstractmethod
    def wait(self, seconds: float) -> bool:
        """Return when a process may have written, or the seconds are over; the first waiting may end at once.

        True where the database told of it (:attr:`ledger.database.Database.tells`), or nobody can know.
        """

    @abstractmethod
    def require_recordable(self) -> None:
        """Return if nothing of others is on the tables and a commit is durable; raises Unavailable, or unreadable."""

    def stop_waiting(self) -> None:  # noqa: B027  most have nothing to close
        """Close what :meth:`wait` keeps open."""

    @contextmanager
    def turn(self, signer: NoteSigner) -> Iterator[Turn]:
        """Take the write lock, yield the turn, commit; raises Unavailable when lock or disk is not to be had.

        Raises Forged where the log has less than was seen of it, or something else (:mod:`ledger.sight`).
        """
        with self.locked() as run:
            turn = Turn(SightedRows(run, self.sight, self.sight.newest), signer)
            yield turn
        self.sight.saw(turn.edge)

    @contextmanager
    def filling(self) -> Iterator[Rows]:
        """Take the write lock, yield rows to fill, commit (:mod:`ledger.moving`); raises Unavailable."""
        with self.locked() as run:
            yield Rows(run)

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Yield rows that all come from one snapshot of the journal; raises Unavailable when it cannot be read.

        To ask for its size or edge raises Forged where that is less than was seen of it, or something else.
        """
        before = self.sight.newest  # what others see while the snapshot is taken need not be in it
        with self.reading_run() as run:
            yield SightedRows(run, self.sight, before)

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


def used() -> Conflict:
    """Return the fault of moving a ledger that is served."""
    return Conflict(
        "database.used",
        "Basis data ini sedang dipakai program lain.",
        allowed="Hentikan layanan buku besar ini dahulu; yang dicatat sesudah disalin tidak ikut pindah.",
    )


def busy(error: Exception, *, begun: bool = False) -> Unavailable:
    """Return the fault of a journal that cannot be written.

    ``begun`` is whether COMMIT was: then nobody knows yet whether it came to its end, and only the same bytes tell.
    """
    return Unavailable(
        "journal.busy",
        "Buku besar tidak menjawab ketika tindakan Anda ditulis; tindakan Anda mungkin belum tercatat."
        if begun
        else "Buku besar sedang tidak dapat ditulis; tindakan Anda belum dicatat.",
        allowed="Kirim lagi amplop yang sama sebentar lagi; bila sudah tercatat, resinya tetap sama."
        if begun
        else "Kirim lagi amplop yang sama sebentar lagi.",
        cause=str(error),
    )


def unreadable(error: Exception) -> Unavailable:
    """Return the fault of a journal that cannot be read."""
    return Unavailable(
        "journal.unreadable",
        "Buku besar sedang tidak dapat dibaca.",
        allowed="Coba lagi sebentar lagi, atau hubungi pengelola.",
        cause=str(error),
    )
