"""The log as it is read: receipts, checkpoints, tiles, consistency, and the check that a store is sealed whole."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from keys.errors import Forged, Malformed, NotFound
from ledger.checkpoint import Checkpoint, format_hash, open_checkpoint, parse_body
from ledger.merkle import Known, leaf_hash, prove_consistency, prove_inclusion, root_at, verify_consistency
from ledger.note import VerifierKey, parse_unverified
from ledger.receipt import Receipt
from ledger.recorded import Recorded
from ledger.rows import Rows
from ledger.tiles import Place, format_bundle, require_there
from ledger.tiles import hash_tile as tile_of

#: Full tiles whose nodes a process keeps, 16 KiB each: all above the leaves of 16 million entries.
TILES_KEPT = 256
_FOR_THE_KEEPER = "Jangan ubah atau hapus apa pun; periksa salinannya dengan jejak audit."


class TileNodes:
    """The nodes of the ``most`` full tiles that were used last (:class:`ledger.merkle.Tiles`).

    For any thread: each step is a single one of the dictionary, and who comes between two computes a tile again.
    """

    def __init__(self, most: int = TILES_KEPT) -> None:
        self._most = most
        self._kept: dict[bytes, bytes] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, root: bytes) -> bytes | None:
        """Return the nodes under a root, None where they are not kept."""
        nodes = self._kept.pop(root, None)
        if nodes is not None:
            self._kept[root] = nodes  # used last, so let go last
        return nodes

    def keep(self, root: bytes, nodes: bytes) -> None:
        """Keep the nodes under their root, and let go what was not used for longest."""
        self._kept[root] = nodes
        for oldest in list(self._kept)[: -self._most]:
            self._kept.pop(oldest, None)


#: Of this process, whatever ledgers it serves: a tile is found by its root.
_TILES = TileNodes()


def recorded(rows: Rows, index: int) -> Recorded:
    """Return the act at a leaf index, or raise NotFound."""
    row = rows.entry(index) if 0 <= index < rows.size() else None
    if row is None:
        raise NotFound(
            "log.leaf", f"Tidak ada daun {index} dalam buku besar ini.", allowed=f"Daun 0 sampai {rows.size() - 1}."
        )
    return Recorded.read(row)


def receipt(rows: Rows, index: int) -> Receipt:
    """Return the receipt of a leaf: the very one that its acceptance gave. Raises NotFound."""
    note = rows.checkpoint_over(index) if index >= 0 else None
    if note is None:
        raise NotFound("log.leaf", f"Tidak ada daun {index} dalam buku besar ini.")
    size = parse_body(parse_unverified(note)[0]).size
    return Receipt(index, tuple(inclusion(rows, index, size)), note)


def inclusion(rows: Rows, index: int, size: int) -> list[bytes]:
    """Return the proof that a leaf is among the first ``size``: as :func:`prove_inclusion`, and quick in a long log."""
    return prove_inclusion(rows, index, size, Known(rows.frontier(), _TILES))


def checkpoint(rows: Rows) -> bytes:
    """Return the newest signed checkpoint, verbatim, or raise NotFound where nothing is founded.

    Raises Forged where the log lacks what was seen of it (:mod:`ledger.sight`): nobody is told a size that it had.
    """
    rows.frontier()
    note = rows.checkpoint()
    if note is None:
        raise NotFound("ledger.founded", "Buku besar ini belum didirikan.")
    return note


def consistency(rows: Rows, old: int, new: int) -> list[bytes]:
    """Return the proof that the first ``new`` leaves continue the first ``old``; NotFound beyond the log."""
    edge = rows.frontier()
    if new > edge.size:
        raise NotFound("log.size", f"Buku besar ini baru {edge.size} daun.")
    return prove_consistency(rows, old, new, Known(edge, _TILES))


def hash_tile(rows: Rows, level: int, place: Place) -> bytes:
    """Return a tile of hashes (C2SP tlog-tiles); NotFound beyond the log."""
    return tile_of(rows, level, place, rows.size())


def entry_bundle(rows: Rows, place: Place) -> bytes:
    """Return a bundle of entries, verbatim (C2SP tlog-tiles); NotFound beyond the log, Forged where one was altered."""
    require_there(place, 0, rows.size())
    found = rows.entries(place.first, place.width)
    wanted = range(place.first, place.first + place.width)
    for row, index in zip_longest(found, wanted):
        if row is None or row.index != index or row.leaf_hash != leaf_hash(row.data):
            raise Forged("entry.columns", f"Daun {index}: isi yang disimpan bukan yang disegel.", leaf=index)
    return format_bundle([row.data for row in found])


def check_sealed(rows: Rows, vkey: VerifierKey) -> Checkpoint | None:
    """Return the newest checkpoint if the store ends where it says, else raise Forged.

    Not the audit: only that the frontier, the newest row, the hashes on the tree's right edge and the newest
    checkpoint, signed by ``vkey``, agree.
    """
    newest, note = rows.newest(), rows.checkpoint()
    last = newest.index if newest else 0
    try:
        frontier = rows.frontier()
        sealed = open_checkpoint(note, vkey).checkpoint if note else None
    except (Malformed, Forged) as fault:
        raise Forged(
            fault.rule,
            f"Buku besar ini tidak utuh: segel atas daun {last} tidak sah. {fault.detail}",
            allowed=_FOR_THE_KEEPER,
            leaf=last,
        ) from None
    if newest is None and sealed is None and frontier.size == 0:
        return None
    if newest is None or sealed is None:
        raise Forged(
            "log.unsealed",
            f"Buku besar ini tidak utuh: ada bagian tanpa segel mulai daun {last}.",
            allowed=_FOR_THE_KEEPER,
            leaf=last,
        )
    if not (sealed.size == frontier.size == newest.index + 1 and sealed.root == frontier.root):
        raise Forged(
            "log.unsealed",
            f"Buku besar ini tidak berakhir pada segelnya: segel {sealed.size} daun, tepi {frontier.size} daun,"
            f" isi {newest.index + 1} daun.",
            allowed=_FOR_THE_KEEPER,
            leaf=min(sealed.size, newest.index + 1),
        )
    if rows.count() != frontier.size:
        raise Forged(
            "log.stray", "Buku besar ini memuat baris di luar urutan daunnya.", allowed=_FOR_THE_KEEPER, leaf=0
        )
    if newest.leaf_hash != leaf_hash(newest.data):
        raise Forged(
            "log.unsealed", f"Daun {last} sudah diubah sejak disegel.", allowed=_FOR_THE_KEEPER, leaf=newest.index
        )
    if root_at(rows, sealed.size) != sealed.root:
        raise Forged(
            "log.unsealed",
            f"Buku besar ini tidak utuh: di antara {sealed.size} daunnya ada sidik yang bukan yang disegel.",
            allowed=_FOR_THE_KEEPER,
        )
    return sealed


def require_continued(rows: Rows, now: Checkpoint, remembered: Checkpoint, agreed: int = 0) -> None:
    """Return if the journal, sealed as ``now``, begins with all that ``remembered`` seals, else raise Forged.

    ``remembered`` is a checkpoint that was kept elsewhere, ``agreed`` a size up to which they are known to agree. Rule
    ``outside.shorter``: the journal lacks leaves, the first of them in ``facts["leaf"]``. Rule ``outside.fork``: it has
    others; a root does not tell which, only that the first is ``leaf`` or later and below ``remembered_size``.
    """
    facts: dict[str, Any] = {"size": now.size, "root": format_hash(now.root)}
    facts |= {"remembered_size": remembered.size, "remembered_root": format_hash(remembered.root)}
    if remembered.size > now.size:
        raise Forged(
            "outside.shorter",
            f"Buku besar ini kehilangan daun {now.size} sampai {remembered.size - 1}: isinya {now.size} daun, padahal"
            f" segel atas {remembered.size} daun pernah diberikan.",
            leaf=now.size,
            **facts,
        )
    proof = prove_consistency(rows, remembered.size, now.size)
    try:
        verify_consistency(
            old_size=remembered.size, new_size=now.size, proof=proof, old_root=remembered.root, new_root=now.root
        )
    except Forged:
        raise Forged(
            "outside.fork",
            f"Buku besar ini bukan lanjutan dari yang pernah disegel: antara daun {agreed} dan daun"
            f" {remembered.size - 1} ada yang lain dari segel atas {remembered.size} daun yang pernah diberikan.",
            leaf=agreed,
            **facts,
        ) from None
