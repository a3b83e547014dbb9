"""The binding to the eventsourcing library: acts are its domain events, streams its aggregates.

A stored event's ``state`` is the entry's bytes, verbatim, and its topic the act's kind; so the stock mapper,
which would write and trust state of its own, is replaced. Aggregates are immutable
(:class:`~ledger.streams.Stream`), folded by :func:`ledger.streams.advance`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from ledger.recorded import Recorded
from ledger.rows import Row
from ledger.streams import Stream, World, advance


@dataclass(frozen=True)
class LeafEvent(StoredEvent):
    """A stored event that knows its leaf index and leaf hash."""

    leaf_index: int
    leaf_hash: bytes

    @classmethod
    def of(cls, row: Row) -> LeafEvent:
        """Return the stored event of a row."""
        return cls(row.stream, row.version, row.kind, row.data, row.index, row.leaf_hash)

    def row(self) -> Row:
        """Return the row of this stored event."""
        stream = str(self.originator_id)
        return Row(self.leaf_index, stream, self.originator_version, self.topic, self.state, self.leaf_hash)


@dataclass(frozen=True)
class ActRecorded:
    """The domain event: one act, recorded."""

    originator_id: str
    originator_version: int
    recorded: Recorded

    @classmethod
    def of(cls, recorded: Recorded) -> ActRecorded:
        """Return the event of a recorded act."""
        return cls(recorded.act.stream, recorded.act.version, recorded)


class EntryMapper(Mapper[str]):
    """Keeps the entry's bytes as the event's state; reading checks them against the columns."""

    def __init__(self) -> None:
        super().__init__(transcoder=JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """Return the stored event whose state is the entry, verbatim."""
        if not isinstance(domain_event, ActRecorded):
            raise AssertionError(f"the journal records acts, not {type(domain_event).__name__}")
        recorded = domain_event.recorded
        return LeafEvent(
            recorded.act.stream,
            recorded.act.version,
            recorded.act.kind,
            recorded.entry.data,
            recorded.index,
            bytes.fromhex(recorded.leaf),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """Return the act that a row records, or raise Forged where its columns contradict it."""
        if not isinstance(stored_event, LeafEvent):
            raise AssertionError("the journal's recorder yields leaf events")
        return ActRecorded.of(Recorded.read(stored_event.row()))


class Folding:
    """A world of one stream that is being folded, inside a world that knows the others."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self.own: Stream | None = None

    def stream(self, name: str) -> Stream | None:
        """Return the stream that is being folded as far as it has come, or another as it is."""
        return self.own if name == self._name else self._world.stream(name)

    def project(self, before: Stream | None, events: Iterable[ActRecorded]) -> Stream | None:
        """Return the stream after ``events``: the projector that the library's repository calls."""
        self.own = before
        for event in events:
            self.own = advance(self, event.recorded)
        return self.own
