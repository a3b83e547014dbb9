"""The tree and the checkpoints of an audit: whether the log's own signatures stand over the leaves that are there.

Steps 3 and 4 of :mod:`ledger.audit`, in order of size; and what is held against them: the root that a signer has seen,
the checkpoints that an auditor remembers. Opening a note is apart (:func:`opened`), for it costs a signature. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple, Protocol

from keys.errors import Forged, Malformed
from ledger.audit_report import CHAIN, CHECKPOINTS, FRAMING, TREE, Finding, Held, another_root, broken
from ledger.checkpoint import SignedCheckpoint, format_hash, open_checkpoint
from ledger.grown_tree import Tree
from ledger.merkle import Frontier, Subtree
from ledger.note import VerifierKey


class StoredTree(Protocol):
    """What a store keeps of its tree, to be held against the leaves."""

    def frontier(self) -> Frontier:
        """Return the stored right edge; raises Malformed."""
        ...

    def tiles(self) -> list[Subtree]:
        """Return every stored tile hash."""
        ...


class Seal(NamedTuple):
    """A checkpoint as it is stored for a size: what it says if its signature holds, else why not."""

    stored_size: int
    size: int = 0
    root: str = ""
    fault: str | None = None


class _Brought(NamedTuple):
    """A checkpoint that is held against others of its size, and where it was kept; "" of the one that the log shows."""

    signed: SignedCheckpoint
    source: str = ""

    @property
    def root(self) -> str:
        """Return its root, base64."""
        return format_hash(self.signed.checkpoint.root)

    @property
    def place(self) -> str:
        """Return in words where it stands."""
        return f"di {self.source}" if self.source else "yang ditunjukkan buku besar ini"


def opened(stored_size: int, note: bytes, vkey: VerifierKey) -> Seal:
    """Return what a stored checkpoint says, its signature verified."""
    if stored_size < 1:
        return Seal(stored_size)
    try:
        said = open_checkpoint(note, vkey).checkpoint
    except (Malformed, Forged) as fault:
        return Seal(stored_size, fault=str(fault))
    return Seal(stored_size, said.size, format_hash(said.root))


class Seals:
    """Grows the tree and holds the checkpoints to it.

    ``unsealed_from`` is the first leaf that no checkpoint vouches for any more, None while there is none.
    """

    def __init__(self) -> None:
        self.tree = Tree()
        self.findings: list[Finding] = []
        self.unsealed_from: int | None = None
        self._found_at = 0
        self._newest = 0
        self._agreed = 0

    def grow(self, leaves: Sequence[bytes], seals: Iterable[Seal]) -> None:
        """Add sealed leaf hashes, and the checkpoints up to them, in order of size."""
        first, at = self.tree.size, 0
        for seal in seals:
            upto = max(at, seal.stored_size - first)
            self.tree.extend(leaves[at:upto])
            at = upto
            self._sealed(seal)
        self.tree.extend(leaves[at:])

    def _sealed(self, seal: Seal) -> None:
        size = seal.stored_size
        if size < 1:
            self._add(0, CHECKPOINTS, "checkpoint.size", "Ada segel atas nol daun.")
            return
        if seal.fault is not None:
            self._add(size - 1, CHECKPOINTS, "checkpoint.signature", f"Segel {size} daun tidak sah: {seal.fault}")
            return
        before, self._newest = self._newest, size
        if self.unsealed_from is None and (seal.size, seal.root) != (size, self.tree.root(size)):
            self.unsealed_from, self._found_at = before, size
            said = (
                f"Segel {size} daun tidak cocok dengan isinya: ada yang berubah di antara daun {before} dan {size - 1};"
                " segel sesudahnya tidak menjamin apa pun lagi."
            )
            self.findings.append(another_root(before, CHECKPOINTS, "checkpoint.root", said, before, size))

    def seen(self, leaf: int, size: int, root: str) -> Finding | None:
        """Return what is wrong with the checkpoint that the signer of a leaf has seen, None if nothing is.

        It is this log's up to the largest size that others saw before: what was changed stands above that, or somebody
        was shown another history. Where others saw more of this log, nothing was: it is that signer who saw another.
        """
        if self.unsealed_from is not None and self._found_at <= leaf + 1 and size > self.unsealed_from:
            return None  # the tree is broken before that size: said once, where it breaks
        if root == self.tree.root(size):
            self._agreed = max(self._agreed, size)
            return None
        said = "Segel yang dilihat penandatangan bukan segel buku besar ini"
        if self._agreed < size:
            said += f": ada yang lain di antara daun {self._agreed} dan {size - 1}"
        return another_root(leaf, CHAIN, "seen.root", f"{said}.", self._agreed, size)

    def end(self, more: int | None) -> None:
        """Hold the end of the log to its checkpoints; ``more`` is the size of one that no leaves were met for."""
        size = self.tree.size
        if size == 0:
            self._add(None, FRAMING, "log.empty", "Buku besar ini kosong.")
        if more is not None:
            self._add(size, CHECKPOINTS, "log.cut", f"Ada segel atas {more} daun, tetapi hanya ada {size}.")
        if size and self._newest != size:
            self._add(self._newest, CHECKPOINTS, "log.unsealed", "Daun terakhir tidak tercakup segel mana pun.")

    def hold_stored(self, stored: StoredTree) -> None:
        """Hold what is stored of the tree to the leaves."""
        try:
            frontier = stored.frontier()
        except Malformed as fault:
            self._add(None, TREE, "tree.frontier", str(fault))
        else:
            if frontier != self.tree.frontier:
                said = "Tepi pohon yang disimpan tidak cocok dengan daun-daunnya."
                self._add(None, TREE, "tree.frontier", said)
        tiles = {(level, position): value for level, position, value in stored.tiles()}
        for place in sorted(tiles.keys() | self.tree.subtrees.keys()):
            if tiles.get(place) != self.tree.subtrees.get(place):
                first = place[1] << max(place[0], 0)
                said = f"Sidik pohon tingkat {place[0]} mulai daun {first} tidak cocok."
                self._add(None, TREE, "tree.tile", said)

    def extend_remembered(
        self, brought: Iterable[SignedCheckpoint], sources: Mapping[bytes, str], own: Callable[[int], bytes | None]
    ) -> list[Held]:
        """Hold the log to checkpoints that somebody kept: it must begin with what each of them seals. Return each.

        ``sources`` says by its bytes where a checkpoint was kept; ``own`` returns the one that the log shows over so
        many leaves, if it signed one. Two of one size with two roots prove by themselves that the log signed two
        histories, whichever of them is here: that is said of the two, whatever else is.
        """
        held = list[Held]()
        agreed = 0
        by_size = sorted({one.data: one for one in brought}.values(), key=lambda one: one.checkpoint.size)
        for size, group in groupby(by_size, key=lambda one: one.checkpoint.size):
            ours = self.tree.root(size) if size <= self.tree.size else None
            notes = [_Brought(one, sources.get(one.data, "")) for one in group]
            held += [Held(size, one.root, one.source, one.root == ours) for one in notes]
            shown = own(size)
            every = [*notes, *([_Brought(open_checkpoint(shown, notes[0].signed.vkey))] if shown else [])]
            if len({one.root for one in every}) > 1:
                self._split(size, every, agreed)
            elif ours is not None and not held[-1].matched:
                self._another(size, agreed)
            if ours is None:
                here = self.tree.size
                said = f"Segel yang disimpan mencakup {size} daun, tetapi di sini hanya ada {here}: ada yang dipotong."
                self._add(here, CHECKPOINTS, "remembered.cut", said)
            elif all(one.root == ours for one in every):
                agreed = size
        return held

    def _another(self, size: int, agreed: int) -> None:
        """Say that the log has other leaves than a checkpoint of this size, which agrees up to a smaller one."""
        said = (
            f"Isi sampai daun {size - 1} lain dari yang disegel dahulu dengan segel {size} daun yang"
            f" disimpan: ada yang berubah mulai daun {agreed} atau sesudahnya."
        )
        self.findings.append(another_root(agreed, CHECKPOINTS, "remembered.root", said, agreed, size))
        self._unseal(agreed)

    def _split(self, size: int, notes: list[_Brought], agreed: int) -> None:
        """Say that the log signed two roots of one size; no leaf is named of those that are not here."""
        first = notes[0]
        other = next(one for one in notes if one.root != first.root)
        said = (
            f"Log ini menandatangani dua riwayat: segel {size} daun {first.place} berakar {first.root}, segel {size}"
            f" daun {other.place} berakar {other.root}. Kedua segel ini saja sudah membuktikannya; simpan keduanya."
        )
        here = size <= self.tree.size
        found = another_root(agreed, CHECKPOINTS, "remembered.root", said, agreed, size)
        both = (first.signed.data.decode(), other.signed.data.decode())
        self.findings.append(
            replace(found, leaf=agreed if here else None, among=found.among if here else None, notes=both)
        )
        if here:
            self._unseal(agreed)

    def _unseal(self, leaf: int) -> None:
        self.unsealed_from = min(leaf, self.tree.size if self.unsealed_from is None else self.unsealed_from)

    def _add(self, leaf: int | None, step: int, rule: str, sentence: str) -> None:
        self.findings.append(broken(leaf, step, rule, sentence))
