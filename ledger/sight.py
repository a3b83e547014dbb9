"""What this process has seen of the log, in whatever way it looked: a log that lacks any of it is refused from then on.

A database that is put back to older tables under the services fits together as well as the newest. A process that
learned the log's size knows better, be it in a turn of its own, for somebody who read, or because it follows what
others record. So every snapshot of the journal is taken with one :class:`Sight`, and wherever the log's edge is asked
for it is held against the largest that was seen: as large, it must be the same; larger, it must continue that one.

What the log's edge names must also be there, and nothing beyond: its newest entry and its newest checkpoint. Somebody
who takes away only those leaves the edge as it was; a row far above it would hide that.

A snapshot may be older than what another thread saw since it was taken; only what was seen *before* counts for it.
Nothing is kept beyond the process. That is what :mod:`ledger.outside_memory` is for.
"""

from __future__ import annotations

import threading
from typing import Any

from keys.errors import Forged
from ledger.checkpoint import format_hash
from ledger.merkle import Frontier, grow, prove_consistency, verify_consistency
from ledger.rows import Rows, Run, frontier_in

#: As many new leaves are hashed at once; where there are more, two roots and a proof read less.
NEAR = 512

#: The edge, and what it must be the edge of: one statement, for every turn asks it.
_EDGE = (
    "SELECT id, data, (SELECT MAX(leaf_index) FROM stored_events), (SELECT MAX(size) FROM checkpoints) FROM frontier"
)
_FOR_THE_KEEPER = "Hubungi pengelola dan Inspektorat; jangan kirim ke peladen lain dari buku besar ini."


class Sight:
    """The largest edge of the log that was seen, the empty one before anything was. Safe to use from any thread."""

    def __init__(self) -> None:
        self.newest = Frontier()
        self._lock = threading.Lock()

    def saw(self, edge: Frontier) -> None:
        """Take in an edge that continues the newest, for it was checked or made here."""
        with self._lock:
            if edge.size > self.newest.size:
                self.newest = edge

    def require_continued(self, rows: Rows, edge: Frontier, before: Frontier) -> None:
        """Take in the edge of a snapshot of which ``before`` was the newest when it was taken; it must continue that.

        Raises Forged: ``outside.shorter`` with the first leaf that is missing, ``outside.fork`` where one is another.
        """
        newest = self.newest
        held = newest if newest.size <= edge.size else before
        if held != edge:
            if held.size:
                _require_grown(rows, held, edge)
            self.saw(edge)


class SightedRows(Rows):
    """Rows of one snapshot, whose edge is held against what was seen ``before`` it was taken."""

    def __init__(self, run: Run, sight: Sight, before: Frontier) -> None:
        super().__init__(run)
        self._sight = sight
        self._before = before

    def frontier(self) -> Frontier:
        """Return the tree's right edge as the last turn left it; raises Forged where it lacks what was seen."""
        found = self._run(_EDGE, ())
        edge = frontier_in([row[:2] for row in found])
        if self._sight.newest.size:  # when a ledger is opened, that is looked at more closely (ledger.log)
            for _, _, newest, sealed in found:
                _require_there(edge, 0 if newest is None else newest + 1, sealed or 0)
        self._sight.require_continued(self, edge, self._before)
        return edge


def _require_there(edge: Frontier, leaves: int, sealed: int) -> None:
    """Return if the newest entry and the newest checkpoint are those of the edge, else raise Forged.

    They are written with it, and read with it in one statement: whoever is honest never finds others.
    """
    if leaves == sealed == edge.size:
        return
    there = min(leaves, sealed, edge.size)
    raise Forged(
        "outside.shorter" if there < edge.size else "outside.fork",
        f"Ujung buku besar ini tidak utuh: menurut pohonnya ada {edge.size} daun, tetapi barisnya sampai {leaves} daun"
        f" dan segelnya sampai {sealed}.",
        allowed=_FOR_THE_KEEPER,
        leaf=there,
        size=there,
    )


def _require_grown(rows: Rows, held: Frontier, edge: Frontier) -> None:
    """Return if the log with this edge begins with all of the log that had the edge ``held``, else raise Forged."""
    more = edge.size - held.size
    facts: dict[str, Any] = {"size": edge.size, "root": format_hash(edge.root)}
    facts |= {"remembered_size": held.size, "remembered_root": format_hash(held.root)}
    if more < 0:
        raise Forged(
            "outside.shorter",
            f"Buku besar ini menyusut: tadi {held.size} daun, sekarang {edge.size}.",
            allowed=_FOR_THE_KEEPER,
            leaf=edge.size,
            **facts,
        )
    if 0 < more <= NEAR and grow(held, rows.hashes(0, held.size, more))[0] == edge:
        return
    try:
        verify_consistency(
            old_size=held.size,
            new_size=edge.size,
            proof=prove_consistency(rows, held.size, edge.size),
            old_root=held.root,
            new_root=edge.root,
        )
    except Forged:
        raise Forged(
            "outside.fork",
            f"Buku besar ini bukan lanjutan dari yang tadi: di antara {held.size} daun yang pernah dilihat layanan ini"
            " ada yang sekarang lain.",
            allowed=_FOR_THE_KEEPER,
            leaf=0,
            **facts,
        ) from None
