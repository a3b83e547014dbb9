r"""Tiles: the log as resources that never change, for other people's clients (C2SP tlog-tiles).

A *tile* is a run of up to 256 hashes at one *level*: at level 0 leaf hashes, at level ``l`` the roots of perfect
subtrees of ``256**l`` leaves (:mod:`ledger.merkle` stores exactly these). Tile ``n`` begins at hash ``256 * n`` of its
level. An *entry bundle* is a run of entries in the same way. Both are named by a path::

    tile/<level>/<place>            256 hashes of 32 bytes, one after the other
    tile/entries/<place>            256 times: 2 bytes big-endian, the length, then the entry

    level = decimal from 0 to 63, no leading zeros
    place = <n> for a full one, <n>.p/<width> for the first 1 to 255 of it
    n     = groups of three digits, each but the last after an x, no group more than needed: 1234067 is x001/x234/067

A tile is there once all that it begins with is: at size ``s``, level ``l`` has ``s // 256**l`` hashes. Whoever was
served a partial tile finds it for ever, though the specification would let it go when the full one is there. Entries of
this ledger always fit: :data:`ledger.entry.MAX_BYTES` is below 65,536.

A worked example, executed by a test::

    >>> parse_place("x001/x234/067.p/5")
    Place(index=1234067, width=5)
    >>> format_place(Place(1234067))
    'x001/x234/067'
    >>> require_there(Place(273, 112), 0, 70_000)
    >>> require_there(Place(1, 18), 1, 70_000)
    Traceback (most recent call last):
    keys.errors.NotFound: Bagian log ini belum ada: buku besar baru 70000 daun. Minta yang tercakup segel terbaru.
    >>> format_bundle([b"satu", b"dua"])
    b'\x00\x04satu\x00\x03dua'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from keys.errors import Malformed, NotFound
from ledger.merkle import MAX_SIZE, TILE_LEVELS, Hashes

#: Hashes of a full tile, entries of a full bundle.
FULL = 1 << TILE_LEVELS
#: The highest level that a path may name.
MAX_LEVEL = 63
#: The length before an entry has 16 bits.
MAX_ENTRY_BYTES = 2**16 - 1

_LENGTH_BYTES = 2
#: A bundle is at most this many bytes.
MAX_BUNDLE_BYTES = FULL * (_LENGTH_BYTES + MAX_ENTRY_BYTES)
_LEVEL = re.compile("0|[1-9][0-9]?", re.ASCII)
#: Six groups before the last are enough for any index below 2**63.
_PLACE = re.compile(r"((?:x[0-9]{3}/){0,6})([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Which tile or bundle of its level, and how many hashes or entries of it; 256 make it full.

    Raises :class:`NotFound` (rule ``tile.path``) for what no path can name.
    """

    index: int
    width: int = FULL

    def __post_init__(self) -> None:
        if not (0 <= self.index < MAX_SIZE and 1 <= self.width <= FULL):
            raise _no_path()

    @property
    def first(self) -> int:
        """Return the first hash or entry of it."""
        return FULL * self.index


def parse_level(text: str) -> int:
    """Return the level that a path names, or raise :class:`NotFound`."""
    if _LEVEL.fullmatch(text) is None or int(text) > MAX_LEVEL:
        raise _no_path()
    return int(text)


def parse_place(text: str) -> Place:
    """Return the place that the end of a path names, or raise :class:`NotFound`."""
    form = _PLACE.fullmatch(text)
    if form is None:
        raise _no_path()
    groups, last, width = form.groups()
    place = Place(int(re.sub("[x/]", "", groups) + last), int(width) if width else FULL)
    if format_place(place) != text:
        raise _no_path()
    return place


def format_place(place: Place) -> str:
    """Return the end of the path that :func:`parse_place` reads back."""
    rest, last = divmod(place.index, 1000)
    path = f"{last:03d}"
    while rest:
        rest, group = divmod(rest, 1000)
        path = f"x{group:03d}/{path}"
    return path if place.width == FULL else f"{path}.p/{place.width}"


def require_there(place: Place, level: int, size: int) -> None:
    """Return if the log of ``size`` entries has all of it, else raise :class:`NotFound` (rule ``tile.beyond``).

    Entry bundles are of level 0.
    """
    if place.first + place.width > size >> TILE_LEVELS * level:
        raise NotFound(
            "tile.beyond",
            f"Bagian log ini belum ada: buku besar baru {size} daun.",
            allowed="Minta yang tercakup segel terbaru.",
        )


def hash_tile(store: Hashes, level: int, place: Place, size: int) -> bytes:
    """Return the bytes of a tile of the log of ``size`` entries, 32 a hash, or raise :class:`NotFound`.

    Reads its at most 256 hashes and nothing else.
    """
    require_there(place, level, size)
    return b"".join(store.hashes(TILE_LEVELS * level, place.first, place.width))


def format_bundle(entries: Sequence[bytes]) -> bytes:
    """Return the bytes of a bundle of 1 to 256 entries, each of at most 65,535 bytes."""
    if not 1 <= len(entries) <= FULL or any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        raise AssertionError("entries always fit into a bundle")
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def parse_bundle(data: bytes) -> list[bytes]:
    """Return the entries in these bytes, or raise :class:`Malformed`."""
    entries, at = list[bytes](), 0
    while at < len(data) and len(entries) <= FULL:
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at != len(data) or not 1 <= len(entries) <= FULL:
        raise Malformed("tile.bundle", "Kumpulan entri tidak berbentuk baku, atau terpotong.")
    return entries


def _no_path() -> NotFound:
    return NotFound(
        "tile.path",
        "Tidak ada bagian log dengan alamat seperti ini.",
        allowed="Tulis alamatnya menurut bentuk baku C2SP, tanpa nol dan tanpa bagian yang berlebih.",
    )
