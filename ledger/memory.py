"""Streams kept folded in memory, as far as the journal has come.

A kept stream is a value at a version; asking for it again reads only what was recorded since. Inside a turn nothing
can be recorded by others, so a stream that was read or made in a turn is the newest until somebody else's leaf is
found in the log: until then, turns read nothing at all. What others recorded since the last turn is read by one query
and laid beside the streams that it continues, which are folded on when they are asked for. Where that is too much, a
new ``era`` begins: each stream is read again when it is asked for.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import cast

from eventsourcing.application import AggregateNotFoundError, LRUCache, Repository

from keys.errors import Malformed
from ledger import agenda_book
from ledger.acts import Act
from ledger.agenda_book import AgendaBook
from ledger.aggregates import ActRecorded, Folding
from ledger.entry import Entry
from ledger.recorded import Recorded
from ledger.rows import Row
from ledger.streams import Powers, Stream
from ledger.turn import Turn

#: Streams kept at once, some 30 KB a case of twelve acts; the least recently used goes, and is folded again in 2 ms.
STREAMS_KEPT = 1_200
#: Leaves of others that a turn reads at once, and those that are laid beside one stream.
MOST_BEHIND, MOST_BESIDE = 512, 16
_UNSURE = -1


@dataclass(frozen=True, slots=True)
class _Kept:
    """A stream; in the present era it is the newest together with ``newer``, which others recorded since."""

    stream: Stream
    era: int
    newer: tuple[Row, ...] = ()


class Memory:
    """The streams as the journal has them now. Safe to ask from any thread."""

    def __init__(self, repository: Repository[str]) -> None:
        self._repository = repository
        self._kept: LRUCache[str, _Kept] = LRUCache(STREAMS_KEPT)
        self._lock = threading.Lock()
        self._era = 0
        self._size = 0  # leaves in the log after this process's last turn
        self._newest_at: dt.datetime | None = None  # when the last of them was recorded, if that is known
        self.powers = Powers()
        self._book, self._booked = AgendaBook(), 0  # the agenda book, and how many leaves are in it

    def stream(self, name: str) -> Stream | None:
        """Return the stream after everything that is recorded, or None where nothing is."""
        projector = Folding(self, name).project
        kept = self._get(name)
        if kept is None:
            try:
                found: Stream = self._repository.get(name, projector_func=projector)
            except AggregateNotFoundError:
                return None
        else:
            newer = cast("list[ActRecorded]", list(self._repository.event_store.get(name, gt=kept.stream.version)))
            found = projector(kept.stream, newer) or kept.stream
        self._put(found, _UNSURE)
        return found

    def kept(self, name: str) -> Stream | None:
        """Return the stream as it was last read, which may be old, or None; reads nothing."""
        kept = self._get(name)
        return kept.stream if kept else None

    def in_turn(self, turn: Turn) -> InTurn:
        """Return the streams as they are in this turn, whose log continues that of the last one."""
        if turn.frontier.size != self._size:
            self._newest_at = None
            others = turn.frontier.size - self._size
            rows = turn.rows.entries(self._size, others) if self._size and others <= MOST_BEHIND else []
            if len(rows) == others:
                self._lay_beside(rows)
                with suppress(Malformed):  # whoever asks for the time meets it again
                    self._newest_at = Entry.parse(rows[-1].data).recorded_at
            else:
                self._era += 1
            self._size = turn.frontier.size
        turn.newest_at = self._newest_at
        return InTurn(self, turn)

    def newest(self, name: str, turn: Turn) -> Stream | None:
        """Return the stream as it is while ``turn`` is held."""
        kept = self._get(name)
        if kept and kept.era == self._era:
            if not kept.newer:
                return kept.stream
            rows: Sequence[Row] = kept.newer
        else:
            rows = turn.rows.stream(name, kept.stream.version if kept else 0)
        newer = [ActRecorded.of(Recorded.read(row)) for row in rows]
        found = Folding(self, name).project(kept.stream if kept else None, newer)
        if found:
            self._put(found, self._era)
        return found

    def agenda_book(self, turn: Turn) -> AgendaBook:
        """Return the book of letter numbers as the log has it while ``turn`` is held."""
        for row in turn.rows.of_agenda_book(self._booked):
            self._book = self._book.after(Recorded.read(row).act)
        self._booked = turn.frontier.size
        return self._book

    def committed(self, world: InTurn) -> None:
        """Keep what a turn made, now that it is durable."""
        for stream in world.made.values():
            self._put(stream, self._era)
        self._size = world.turn.next_index
        self._newest_at = world.turn.newest_at

    def _lay_beside(self, rows: Sequence[Row]) -> None:
        """Lay what others recorded since the last turn, in leaf order, beside the streams that it continues."""
        with self._lock:
            for row in rows:
                kept = self._get(row.stream)
                if kept is None or kept.era != self._era:
                    continue
                follows = row.version == kept.stream.version + len(kept.newer) + 1
                if follows and len(kept.newer) < MOST_BESIDE:
                    self._kept.put(row.stream, replace(kept, newer=(*kept.newer, row)))
                else:
                    self._kept.put(row.stream, replace(kept, era=_UNSURE, newer=()))

    def _get(self, name: str) -> _Kept | None:
        try:
            return self._kept.get(name)
        except KeyError:
            return None

    def _put(self, stream: Stream, era: int) -> None:
        with self._lock:  # a reader that was slow must not put back what a turn has overtaken
            kept = self._get(stream.id)
            if kept is None or (kept.stream.version, kept.era) <= (stream.version, era):
                self._kept.put(stream.id, _Kept(stream, era))


class InTurn:
    """A world in which the acts of the turn have happened, though they are not committed yet."""

    def __init__(self, memory: Memory, turn: Turn) -> None:
        self.turn = turn
        self.made: dict[str, Stream] = {}
        self._memory = memory
        self._read: dict[str, Stream | None] = {}
        self._book: AgendaBook | None = None
        self._numbered: list[Act] = []

    def stream(self, name: str) -> Stream | None:
        """Return the stream after the acts of this turn."""
        if name in self.made:
            return self.made[name]
        if name not in self._read:
            self._read[name] = self._memory.newest(name, self.turn)
        return self._read[name]

    def agenda_book(self) -> AgendaBook:
        """Return the book of letter numbers after the acts of this turn."""
        book = self._memory.agenda_book(self.turn) if self._book is None else self._book
        for act in self._numbered:
            book = book.after(act)
        self._book, self._numbered = book, []
        return book

    def keep(self, stream: Stream, act: Act) -> None:
        """Make ``stream``, which ``act`` has brought so far, what the rest of the turn sees."""
        self.made[stream.id] = stream
        if act.kind in agenda_book.KINDS:
            self._numbered.append(act)
