"""Moving a ledger to another database: every row verbatim, in one transaction, and then proved equal.

1. The source is sealed whole, and its write lock is held until it is noted where the ledger went: what were recorded
   after the copy would be a second history. Whoever waited for that lock finds the note and records nothing.
2. Entries, tile hashes, checkpoints and the frontier are written as they are, into tables that hold nothing.
3. A target that holds all of that already is what a move left that was killed before it was noted: it is proved equal,
   as below, and nothing is written.
   What the source holds of a move that was noted is looked up in the target, which may have gone on (:func:`reached`).
4. What was written is read again: each entry equals the one it was copied from, its leaf hash is that of its bytes, the
   tree over them has the tile hashes, the frontier and the root that the newest checkpoint seals, and all checkpoints
   are there. Only then it is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

from keys.errors import Conflict, Forged, NotFound
from ledger import log
from ledger.checkpoint import Checkpoint
from ledger.merkle import Frontier, Subtree, grow, leaf_hash
from ledger.note import VerifierKey
from ledger.rows import Row, Rows

#: Rows that are read at once, and written by one statement.
READ, WRITTEN = 1000, 100

#: Told now and then how many leaves of how many are done.
Progress = Callable[[int, int], None]


def move(source: Rows, target: Rows, vkey: VerifierKey, progress: Progress | None = None) -> tuple[Checkpoint, bool]:
    """Write all that ``source`` holds into ``target``; return the checkpoint both end on, and if it was there already.

    Both are locked. Raises NotFound where nothing is founded, Conflict where the target holds anything else, Forged
    where either is not whole (``moving.differs`` where the copy is not the original).
    """
    sealed = log.check_sealed(source, vkey)
    if sealed is None:
        raise NotFound("ledger.founded", "Buku besar ini belum didirikan.")
    if target.checkpoint() == source.checkpoint():  # of a move that was killed before it was noted
        _require_equal(source, target, sealed, progress)
        return sealed, True
    if target.count() or target.checkpoint() or target.tiles():
        raise Conflict(
            "moving.taken",
            "Basis data tujuan sudah berisi buku besar.",
            allowed="Pindahkan ke basis data yang kosong.",
        )
    for many in entries(source):
        target.write("stored_events", [_columns(one) for one in many])
        if progress:
            progress(many[-1].index + 1, 2 * sealed.size)
    for tiles in _portions([tuple(one) for one in source.tiles()]):
        target.write("tile_hashes", tiles)
    for notes in checkpoints(source):
        target.write("checkpoints", notes)
    target.write("frontier", [(1, source.frontier().dump())])
    _require_equal(source, target, sealed, progress)
    return sealed, False


def reached(source: Rows, target: Rows, vkey: VerifierKey) -> Checkpoint | None:
    """Return the checkpoint on which ``source`` ends if ``target`` is whole and has it too, else None.

    For a move that was proved and noted; the target may have gone on since. Raises Forged where either is not whole.
    """
    sealed, there = log.check_sealed(source, vkey), log.check_sealed(target, vkey)
    if sealed is None or there is None:
        return None
    return sealed if target.checkpoints(sealed.size, 1) == source.checkpoints(sealed.size, 1) else None


def _require_equal(source: Rows, target: Rows, sealed: Checkpoint, progress: Progress | None) -> None:
    frontier, tiles = Frontier(), list[Subtree]()
    for ours, theirs in zip_longest(entries(source), entries(target)):
        if ours != theirs or any(one.leaf_hash != leaf_hash(one.data) for one in theirs or ()):
            raise _differs(frontier.size)
        frontier, completed = grow(frontier, [one.leaf_hash for one in theirs])
        tiles += completed
        if progress:
            progress(sealed.size + frontier.size, 2 * sealed.size)
    whole = (frontier.size, frontier.root) == (sealed.size, sealed.root) and target.frontier() == frontier
    if not whole or sorted(tiles) != target.tiles() or list(checkpoints(source)) != list(checkpoints(target)):
        raise _differs(0)


def entries(rows: Rows) -> Iterator[list[Row]]:
    """Yield all entries in leaf order, many at once."""
    at = 0
    while found := rows.entries(at, READ):
        yield from _portions(found)
        at = found[-1].index + 1


def checkpoints(rows: Rows) -> Iterator[list[tuple[int, bytes]]]:
    """Yield all checkpoints in order of size, many at once."""
    at = 1
    while found := rows.checkpoints(at, READ):
        yield from _portions(found)
        at = found[-1][0] + 1


def _portions(many: list[Any]) -> Iterator[list[Any]]:
    yield from (many[at : at + WRITTEN] for at in range(0, len(many), WRITTEN))


def _columns(row: Row) -> tuple[Any, ...]:
    return (row.index, row.stream, row.version, row.kind, row.data, row.leaf_hash)


def _differs(leaf: int) -> Forged:
    return Forged(
        "moving.differs",
        f"Salinannya tidak sama dengan aslinya, mulai daun {leaf}; tidak ada yang dipindahkan.",
        allowed="Periksa buku besar asal dengan jejak audit.",
        leaf=leaf,
    )
