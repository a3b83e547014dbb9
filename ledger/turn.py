"""The turn: the write lock, held; what is added in it is judged against the newest there is, and sealed in it.

A recorder (:mod:`ledger.journal`) yields it. Whatever the database is, the rules are these: leaf indices are gapless,
a place of a stream is taken once, recording times never go back, and events, tiles, frontier and signed checkpoint are
written together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from keys.errors import Conflict, Unavailable
from ledger.acts import SignedAct
from ledger.aggregates import LeafEvent
from ledger.checkpoint import sign_checkpoint
from ledger.entry import Entry
from ledger.kind_names import name_of
from ledger.merkle import grow
from ledger.note import NoteSigner
from ledger.receipt import Receipt
from ledger.recorded import Recorded
from ledger.rows import Rows
from ledger.rule_words import place_in_words
from ledger.streams import World
from ledger.tree import fresh_proofs

#: A clock this far behind the newest entry refuses; one that is less behind is taken to be that entry's time.
MOST_SKEW = dt.timedelta(seconds=5)


class Turn:
    """The write lock, held: what is added here is sealed here."""

    def __init__(self, rows: Rows, signer: NoteSigner) -> None:
        self.rows = rows
        self.frontier = rows.frontier()
        #: The tree's right edge once the turn is committed.
        self.edge = self.frontier
        self.added: list[Recorded] = []
        self.receipts: dict[int, Receipt] = {}
        #: When the newest entry was recorded; None where nobody has said it or asked yet.
        self.newest_at: dt.datetime | None = None
        self._signer = signer
        self._found: dict[int, Recorded] = {}
        self._added_for: dict[int, Recorded] = {}
        self._places: dict[tuple[str, int], Recorded] = {}

    @property
    def next_index(self) -> int:
        """Return the leaf index that the next act gets."""
        return self.frontier.size + len(self.added)

    def already(self, signed: SignedAct, world: World) -> Recorded | None:
        """Return the act if this very envelope is recorded, None if its place is free; raises Conflict else.

        ``world`` has the streams as they are in this turn: above a stream's version every place is free.
        """
        act = signed.act
        own = world.stream(act.stream)
        if own is None or act.version > own.version:
            return None
        place = (act.stream, act.version)
        found = self._places.get(place)
        if found is None:
            row = self.rows.at(*place)
            if row is None:
                return None
            found = Recorded.read(row)
        if found.entry.envelope.data != signed.envelope.data:
            raise Conflict(
                "stream.taken",
                f"Tempat tindakan ke-{act.version} dalam {place_in_words(act.stream)} sudah ditempati tindakan lain"
                f" ({name_of(found.act.kind)}).",
                allowed="Baca tindakan terbaru, lalu tandatangani sebagai tindakan berikutnya.",
                version=self.rows.version(act.stream),
            )
        self._found[id(signed)] = found
        return found

    def time(self, now: dt.datetime) -> dt.datetime:
        """Return the recording time of the next act: ``now``, but never before the entry before it.

        Raises Unavailable when the clock is more than :data:`MOST_SKEW` behind.
        """
        newest_at = self._newest()
        if newest_at is not None and now < newest_at:
            if newest_at - now > MOST_SKEW:
                raise Unavailable(
                    "journal.clock",
                    "Jam peladen tertinggal dari catatan terakhir; tindakan Anda belum dicatat.",
                    allowed="Pengelola perlu membetulkan jam, lalu kirim lagi amplop yang sama.",
                    newest=newest_at.isoformat(),
                )
            now = newest_at
        return now

    def _newest(self) -> dt.datetime | None:
        if self.newest_at is None:
            newest = self.rows.newest()
            self.newest_at = Entry.parse(newest.data).recorded_at if newest else None
        return self.newest_at

    def add(self, signed: SignedAct, done: Recorded) -> None:
        """Make ``done``, which is ``signed`` at the next leaf, part of what this turn writes."""
        if done.index != self.next_index:
            raise AssertionError("leaf indices are gapless")
        self.newest_at = done.entry.recorded_at
        self._places[done.act.stream, done.act.version] = done
        self.added.append(done)
        self._added_for[id(signed)] = done

    def outcome(self, signed: SignedAct) -> tuple[Recorded, bool]:
        """Return the act as it is recorded, and whether it already was before ``signed`` was met."""
        if id(signed) in self._found:
            return self._found[id(signed)], True
        return self._added_for[id(signed)], False

    def seal(self, events: Sequence[LeafEvent]) -> None:
        """Write these events, whose leaf indices follow the frontier, with their tiles, frontier and checkpoint."""
        first, leaves = self.frontier.size, [event.leaf_hash for event in events]
        if [event.leaf_index for event in events] != list(range(first, first + len(events))):
            raise AssertionError("leaf indices follow the frontier")
        self.edge, completed = grow(self.frontier, leaves)
        note = sign_checkpoint(self._signer, self._signer.name, self.edge.size, self.edge.root)
        self.rows.append([event.row() for event in events], completed, self.edge, note)
        self.receipts = {
            first + offset: Receipt(first + offset, tuple(proof), note)
            for offset, proof in enumerate(fresh_proofs(self.frontier, leaves))
        }
