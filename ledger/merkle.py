"""The Merkle tree of the log: SHA-256 hashes, roots and proofs as in RFC 6962 §2.1.

With ``D[n]`` the entries 0 to n-1 and ``k`` the largest power of two below ``n``::

    MTH({})   = SHA-256()                                      the root of the empty log
    MTH({d})  = SHA-256(0x00 || d)                             a leaf
    MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))    a node

The hash of a range that starts at a multiple of its power of two depends only on its entries, so every proof
is a list of hashes of ranges. An *inclusion proof* (§2.1.1) lists the siblings from the leaf up to below the
root; a *consistency proof* (§2.1.2) lists the ranges out of which both roots can be built. From the empty
log, and from a log to itself, the consistency proof is empty. Sizes and indices are below 2**63.

A subtree of ``2**level`` leaves is *perfect*; ``(level, position)`` names the one over the leaves from
``position * 2**level``. A :class:`Frontier` is the log's right edge: its size and the perfect subtrees that
the bits of the size stand for, the largest (leftmost) first. Its byte form is the size as 8 bytes big-endian
followed by those hashes, 32 bytes each.

A worked example with three entries, executed by a test::

    >>> a, b, c = leaves = [leaf_hash(entry) for entry in (b"a", b"b", b"c")]
    >>> frontier, completed = grow(Frontier(), leaves)
    >>> root = frontier.root
    >>> root == node_hash(node_hash(a, b), c), completed
    (True, [])
    >>> frontier.dump() == (3).to_bytes(8, "big") + node_hash(a, b) + c
    True
    >>> Frontier.load(frontier.dump()) == frontier
    True
    >>> verify_inclusion(index=1, size=3, leaf_hash=b, proof=[a, c], root=root)
    >>> verify_consistency(old_size=2, new_size=3, proof=[c], old_root=node_hash(a, b), new_root=root)
    >>> verify_inclusion(index=0, size=3, leaf_hash=b, proof=[a, c], root=root)
    Traceback (most recent call last):
    keys.errors.Forged: Bukti tidak cocok: entri nomor 0 tidak terbukti ada di antara 3 entri segel ini.

Storage keeps only leaf hashes and the perfect subtrees of levels 8, 16, ... (the tiles of C2SP tlog-tiles);
what lies between is computed again, but for what a prover already knows (:class:`Known`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from keys.errors import Forged, Malformed

HASH_BYTES = 32
#: Sizes and indices are below this.
MAX_SIZE = 2**63
#: An inclusion proof has at most this many hashes (RFC 6962 §2.1.1).
MAX_INCLUSION = 63
#: A consistency proof has at most this many (RFC 6962 §2.1.2).
MAX_CONSISTENCY = 64
#: Roots of perfect subtrees are stored at every this many levels (C2SP tlog-tiles: 256 hashes a tile).
TILE_LEVELS = 8
#: The root of the log with no entry.
EMPTY_ROOT = hashlib.sha256(b"").digest()

_SIZE_BYTES = 8
_TILE = 1 << TILE_LEVELS


def leaf_hash(entry: bytes) -> bytes:
    """Return the 32-byte hash of one entry as a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of a node above two 32-byte hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Subtree(NamedTuple):
    """The root of a perfect subtree over ``2**level`` leaves from ``position * 2**level``."""

    level: int
    position: int
    hash: bytes


class Hashes(Protocol):
    """Where the hashes of the log are kept."""

    def hashes(self, level: int, first: int, count: int) -> list[bytes]:
        """Return ``count`` hashes from position ``first``: leaves (0) or perfect subtrees (8, 16, ...)."""
        ...


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a log: all that appending and the root need."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        check_size(self.size)
        check_hashes(self.hashes)
        if len(self.hashes) != self.size.bit_count():
            raise Malformed(
                "merkle.frontier",
                f"Tepi catatan berisi {len(self.hashes)} sidik; untuk {self.size} entri harus {self.size.bit_count()}.",
            )

    @property
    def root(self) -> bytes:
        """Return the 32-byte root of the log at this size."""
        return _join(self.hashes)

    def append(self, leaf: bytes) -> Frontier:
        """Return the frontier one leaf hash (32 bytes) later; :func:`grow` appends many."""
        return grow(self, (leaf,))[0]

    def dump(self) -> bytes:
        """Return the byte form, 8 + 32 * (bits set in the size) bytes."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self.hashes)

    @classmethod
    def load(cls, data: bytes) -> Frontier:
        """Return the frontier of this byte form, or raise :class:`Malformed`."""
        if len(data) < _SIZE_BYTES or (len(data) - _SIZE_BYTES) % HASH_BYTES:
            raise Malformed("merkle.frontier", f"Tepi catatan tidak berbentuk baku ({len(data)} bita).")
        return cls(
            int.from_bytes(data[:_SIZE_BYTES], "big"),
            tuple(data[at : at + HASH_BYTES] for at in range(_SIZE_BYTES, len(data), HASH_BYTES)),
        )


def grow(frontier: Frontier, leaves: Iterable[bytes]) -> tuple[Frontier, list[Subtree]]:
    """Return the frontier after these leaf hashes, and the subtrees they completed that storage keeps.

    Those are the perfect subtrees of levels 8, 16, ..., in the order in which they became full.
    """
    size, edge, completed = frontier.size, list(frontier.hashes), list[Subtree]()
    for leaf in leaves:
        if len(leaf) != HASH_BYTES:
            check_hashes((leaf,))
        # A binary counter: each trailing one bit of the size is a full left sibling to merge with.
        node, level = leaf, 0
        while size >> level & 1:
            node = node_hash(edge.pop(), node)
            level += 1
            if level % TILE_LEVELS == 0:
                completed.append(Subtree(level, size >> level, node))
        edge.append(node)
        size += 1
    return Frontier(size, tuple(edge)), completed


class Tiles(Protocol):
    """Where nodes of full tiles are kept, each tile under its root: another log's, or an altered one's, never fit it.

    Nodes are the bytes of a tile's 256 hashes, then of the 128 above them, and so on to the two below its root.
    """

    def find(self, root: bytes) -> bytes | None:
        """Return the nodes under a root, None where they are not kept."""
        ...

    def keep(self, root: bytes, nodes: bytes) -> None:
        """Keep the nodes under their root, or not."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """What a prover need not read: the log's edge as storage has it now, and nodes of full tiles above the leaves.

    It saves reading and hashing, and changes no proof. Whoever trusts nothing that it did not read gives none.
    """

    edge: Frontier
    tiles: Tiles


def root_at(store: Hashes, size: int) -> bytes:
    """Return the root of the first ``size`` entries, or raise :class:`Malformed` for an impossible size."""
    return _range_hashes(store, [(0, check_size(size))])[0] if size else EMPTY_ROOT


def prove_inclusion(store: Hashes, index: int, size: int, known: Known | None = None) -> list[bytes]:
    """Return the inclusion proof (RFC 6962 §2.1.1) of leaf ``index`` in the first ``size`` entries.

    Reads at most 256 hashes a stored level around the leaf and 255 on the edge. Raises :class:`Malformed`
    unless ``0 <= index < size``.
    """
    check_index(index, check_size(size))
    return _range_hashes(store, _inclusion_ranges(index, size), known)


def prove_consistency(store: Hashes, old: int, new: int, known: Known | None = None) -> list[bytes]:
    """Return the consistency proof (RFC 6962 §2.1.2) from the first ``old`` to the first ``new`` entries.

    Reads at most 256 hashes a stored level and 255 on the edge. Raises :class:`Malformed` unless ``0 <= old <= new``.
    """
    _check_sizes(old, new)
    return _range_hashes(store, _consistency_ranges(old, new), known)


def verify_inclusion(*, index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Return if the proof binds the leaf at ``index`` to the ``root`` of ``size`` entries (RFC 6962 §2.1.1).

    Index and leaf are proved, given a root of a log of ``size`` entries. That the root is of this size is not:
    some sizes share a shape, and only the checkpoint's signature binds the two.

    Raises :class:`Forged` when it does not hold, with both roots in ``facts``, and :class:`Malformed` for
    arguments that no log could have (index not below size, a hash that is not 32 bytes, more than 63 hashes, a proof
    that is neither list nor tuple).
    """
    check_index(index, check_size(size))
    check_hashes((leaf_hash, root))
    _check_proof(proof, MAX_INCLUSION)
    ranges = _inclusion_ranges(index, size)
    _check_length(proof, len(ranges), root=root.hex())
    found = leaf_hash
    for (first, _), sibling in zip(ranges, proof, strict=True):
        found = node_hash(found, sibling) if first > index else node_hash(sibling, found)
    if found != root:
        raise Forged(
            "merkle.inclusion",
            f"Bukti tidak cocok: entri nomor {index} tidak terbukti ada di antara {size} entri segel ini.",
            root=root.hex(),
            computed_root=found.hex(),
        )


def verify_consistency(
    *, old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Return if the log with ``new_root`` begins with the whole log with ``old_root`` (RFC 6962 §2.1.2).

    Raises :class:`Forged` when it is not proved, with the roots in ``facts``, and :class:`Malformed` for
    arguments that no log could have (old above new, a hash that is not 32 bytes, more than 64 hashes, a proof that is
    neither list nor tuple).
    """
    _check_sizes(old_size, new_size)
    check_hashes((old_root, new_root))
    _check_proof(proof, MAX_CONSISTENCY)
    ranges = _consistency_ranges(old_size, new_size)
    _check_length(proof, len(ranges), old_root=old_root.hex(), new_root=new_root.hex())
    if old_size == 0:
        # Every log continues the empty one, so only the root of an empty new log is settled.
        old, new = EMPTY_ROOT, new_root if new_size else EMPTY_ROOT
    elif old_size == new_size:
        # Nothing was appended: the two roots must be each other.
        old, new = new_root, old_root
    else:
        old = new = proof[0] if ranges[0][1] <= old_size else old_root
        for (first, end), sibling in zip(ranges, proof, strict=True):
            if end == old_size:
                continue  # the range both trees are built up from
            if first < old_size:
                old, new = node_hash(sibling, old), node_hash(sibling, new)
            else:
                new = node_hash(new, sibling)
    if old != old_root or new != new_root:
        raise Forged(
            "merkle.consistency",
            f"Bukti tidak cocok: catatan dengan {new_size} entri tidak terbukti melanjutkan catatan dengan "
            f"{old_size} entri. Mungkin ada entri yang diubah atau dihapus.",
            old_root=old_root.hex(),
            new_root=new_root.hex(),
            computed_old_root=old.hex(),
            computed_new_root=new.hex(),
        )


def check_size(size: int) -> int:
    """Return a possible number of entries, or raise :class:`Malformed`; true is no number."""
    if type(size) is not int or not 0 <= size < MAX_SIZE:
        raise Malformed("merkle.size", "Jumlah entri di luar batas.", allowed="Dari 0 sampai 2^63-1.")
    return size


def check_index(index: int, size: int) -> int:
    """Return an index below ``size``, or raise :class:`Malformed`; true is no number."""
    if type(index) is not int or not 0 <= index < size:
        raise Malformed(
            "merkle.index",
            f"Nomor urut entri di luar catatan yang berisi {size} entri.",
            allowed="Nomor urut mulai dari 0 dan lebih kecil dari jumlah entri.",
        )
    return index


def check_hashes(hashes: Iterable[object]) -> None:
    """Return if every hash is bytes, 32 of them, or raise :class:`Malformed`."""
    for value in hashes:
        if not isinstance(value, bytes) or len(value) != HASH_BYTES:
            found = f"{len(value)} bita" if isinstance(value, bytes) else "tidak berupa bita"
            raise Malformed("merkle.hash", f"Sidik {found}; harus {HASH_BYTES} bita.")


def _check_sizes(old: int, new: int) -> None:
    if check_size(old) > check_size(new):
        raise Malformed("merkle.order", f"Catatan lama ({old} entri) lebih besar dari catatan baru ({new} entri).")


def _check_proof(proof: object, most: int) -> None:
    if not isinstance(proof, (list, tuple)):
        raise Malformed("merkle.hash", "Bukti tidak berupa daftar sidik.")
    if len(proof) > most:
        raise Malformed("merkle.proof_size", f"Bukti berisi {len(proof)} sidik; paling banyak {most}.")
    check_hashes(proof)


def _check_length(proof: Sequence[bytes], length: int, **roots: str) -> None:
    if len(proof) != length:
        raise Forged(
            "merkle.proof_length",
            f"Bukti tidak cocok: berisi {len(proof)} sidik, seharusnya {length}.",
            **roots,
        )


def _inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Return the ranges [first, end) whose hashes prove ``index``, from the leaf's sibling upwards."""
    first, end, ranges = 0, size, list[tuple[int, int]]()
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((first, middle))
            first = middle
    return ranges[::-1]


def _consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """Return the ranges that prove ``new`` continues ``old``, from the one that ends at ``old`` upwards.

    That range is left out when it is the whole old log: the verifier holds its root.
    """
    if old in (0, new):
        return []
    first, end, ranges = 0, new, list[tuple[int, int]]()
    while end != old:
        middle = first + _split(end - first)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((first, middle))
            first = middle
    if first:
        ranges.append((first, end))
    return ranges[::-1]


def _split(length: int) -> int:
    """Return the largest power of two below ``length`` (at least 2)."""
    return 1 << ((length - 1).bit_length() - 1)


def _perfect(first: int, end: int) -> list[tuple[int, int]]:
    """Return (level, position) of the perfect subtrees that make up a range, the largest first."""
    subtrees = []
    while first < end:
        level = (end - first).bit_length() - 1
        subtrees.append((level, first >> level))
        first += 1 << level
    return subtrees


def _join(subtrees: Sequence[bytes]) -> bytes:
    """Return the hash over perfect subtrees of falling size."""
    if not subtrees:
        return EMPTY_ROOT
    found = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        found = node_hash(left, found)
    return found


def _range_hashes(store: Hashes, ranges: list[tuple[int, int]], known: Known | None = None) -> list[bytes]:
    """Return the hash of each range, reading adjacent stored hashes together."""
    parts = [_perfect(first, end) for first, end in ranges]
    wanted = {subtree for part in parts for subtree in part}
    found = _read(store, wanted) if known is None else _look(store, wanted, known)
    return [_join([found[subtree] for subtree in part]) for part in parts]


def _look(store: Hashes, subtrees: set[tuple[int, int]], known: Known) -> dict[tuple[int, int], bytes]:
    """Return the hashes of subtrees (level, position), from what is known where it can be."""
    size = known.edge.size
    found = dict(zip(_perfect(0, size), known.edge.hashes, strict=True))
    tiles: dict[tuple[int, int], list[tuple[int, int]]] = {}
    rest, queue = set[tuple[int, int]](), list(subtrees)
    for level, position in queue:  # a tile's root is looked for in its turn
        stored = level - level % TILE_LEVELS
        root = stored + TILE_LEVELS, position >> stored + TILE_LEVELS - level
        if (level, position) in found:
            continue
        if not stored or root[1] + 1 << root[0] > size:
            rest.add((level, position))
        elif root in tiles:
            tiles[root].append((level, position))
        else:
            tiles[root] = [(level, position)]
            queue.append(root)
    found |= _read(store, rest)
    for root in sorted(tiles, reverse=True):  # the root of a tile may be a node of one above it
        nodes = known.tiles.find(found[root])
        if nodes is None:
            stored = root[0] - TILE_LEVELS
            nodes = _tile_nodes(_stored(store, stored, root[1] << TILE_LEVELS, _TILE))
            if node_hash(nodes[-2 * HASH_BYTES : -HASH_BYTES], nodes[-HASH_BYTES:]) == found[root]:
                known.tiles.keep(found[root], nodes)
        for level, position in tiles[root]:
            above = level % TILE_LEVELS
            at = 2 * _TILE - (2 * _TILE >> above) + position % (_TILE >> above)
            found[level, position] = nodes[at * HASH_BYTES : (at + 1) * HASH_BYTES]
    return found


def _read(store: Hashes, subtrees: set[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    spans: dict[int, list[tuple[int, int, tuple[int, int]]]] = {}
    for level, position in subtrees:
        above = level % TILE_LEVELS
        span = (position << above, position + 1 << above, (level, position))
        spans.setdefault(level - above, []).append(span)
    found = {}
    for stored, wanted in spans.items():
        wanted.sort()
        while wanted:
            run = 1
            # The one hash between siblings, that of the way to the leaf, is read with them: asking twice costs more.
            while run < len(wanted) and wanted[run][0] - wanted[run - 1][1] <= 1:
                run += 1
            start, stop = wanted[0][0], wanted[run - 1][1]
            row = _stored(store, stored, start, stop - start)
            for first, end, subtree in wanted[:run]:
                found[subtree] = _fold(row[first - start : end - start])
            del wanted[:run]
    return found


def _stored(store: Hashes, level: int, first: int, count: int) -> list[bytes]:
    row = store.hashes(level, first, count)
    if len(row) != count:
        raise AssertionError(f"storage lacks hashes of level {level} from {first} to {first + count}")
    return row


def _tile_nodes(hashes: list[bytes]) -> bytes:
    """Return the nodes of a full tile as :class:`Tiles` has them."""
    levels = [hashes]
    while len(levels[-1]) > 2:
        levels.append(_pairs(levels[-1]))
    return b"".join(value for level in levels for value in level)


def _fold(hashes: list[bytes]) -> bytes:
    """Return the root over a power of two of equal subtrees."""
    while len(hashes) > 1:
        hashes = _pairs(hashes)
    return hashes[0]


def _pairs(hashes: list[bytes]) -> list[bytes]:
    return [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
