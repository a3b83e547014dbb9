r"""Heads: the log signs which entry is the newest of a stream below a tree size (a C2SP signed note).

An inclusion proof shows that an entry is in the log, and the chain of ``previous`` that nothing is missing before it.
That nothing *newer* was left out only the log can say, and here it puts its key to it. The text has these lines, each
ending in a newline:

1. ``<origin>/heads@v1``: the log's name, which is also the name of the key that signs, and what this note is;
2. ``tree <size> <root>``: the checkpoint of which the note speaks, both as the checkpoint spells them;
3. one to :data:`MAX_HEADS` lines ``<stream> <version> <leaf>``, ordered by the stream's bytes, each stream once: the
   newest version of that stream among the first ``size`` leaves, and its leaf hash (lower-case hex).

Below the text stand signature lines. Only the log's own is read: in a C2SP note anybody may add lines of other keys,
which prove nothing, so a note has one text and not one spelling.

Nobody can take it for a checkpoint, nor a checkpoint for it: no origin of ours has an ``@``, and the second line is no
number. One key signs both, and says a different thing in each.

What it proves: that the log said so. What it does not: that it is true. But a lie is portable: an entry of that stream
that the same log has at an index below ``size``, with a higher version or with the same version and another leaf hash,
contradicts the note for everybody who holds both (:func:`require_no_lie`). The entry may be proved under any checkpoint
of this log: if that one does not continue this tree, the log has signed two histories, and has lied all the same.

A worked example, executed by a test::

    >>> from keys.signing import PrivateKey
    >>> from ledger.note import NoteSigner
    >>> signer = NoteSigner("kalipare.malangkab.example/jejak", PrivateKey.load(bytes(32)))
    >>> data = sign_heads(signer, Heads(signer.name, 7, bytes(32), (Head("register", 6, "ab" * 32),)))
    >>> print(data.decode(), end="")  # doctest: +ELLIPSIS
    kalipare.malangkab.example/jejak/heads@v1
    tree 7 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
    register 6 abababababababababababababababababababababababababababababababab
    <BLANKLINE>
    — kalipare.malangkab.example/jejak kQo3YnTw...
    >>> open_heads(data, signer.vkey).heads.of("register")
    Head(stream='register', version=6, leaf='abababababababababababababababababababababababababababababababab')
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydantic import TypeAdapter, ValidationError

from keys.errors import Forged, Malformed
from ledger.acts import StreamName, act_of
from ledger.checkpoint import format_hash, parse_hash, parse_number
from ledger.entry import Entry
from ledger.merkle import check_hashes, check_size
from ledger.note import Note, NoteSigner, VerifierKey, check_name, open_note, sign
from ledger.receipt import VerifiedReceipt

#: A note names at most this many streams.
MAX_HEADS = 100
#: What follows the origin in the first line.
SUFFIX = "/heads@v1"

_STREAM: TypeAdapter[str] = TypeAdapter(StreamName)
_LEAF = re.compile("[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a stream: its version, from 1, and its leaf hash (hex)."""

    stream: str
    version: int
    leaf: str

    def __post_init__(self) -> None:
        try:
            _STREAM.validate_python(self.stream, strict=True)
        except ValidationError:
            raise _bad_form() from None
        if check_size(self.version) < 1 or _LEAF.fullmatch(self.leaf) is None:
            raise _bad_form()


@dataclass(frozen=True, slots=True)
class Heads:
    """What a note says: in the tree of ``size`` leaves with the 32-byte ``root``, these are the newest entries."""

    origin: str
    size: int
    root: bytes
    heads: tuple[Head, ...]

    def __post_init__(self) -> None:
        check_name(self.origin)
        check_size(self.size)
        check_hashes((self.root,))
        names = [head.stream for head in self.heads]
        if not names or len(names) > MAX_HEADS or sorted(set(names)) != names:
            raise _bad_form()

    def of(self, stream: str) -> Head | None:
        """Return what is said of a stream, None where nothing is."""
        return next((head for head in self.heads if head.stream == stream), None)


@dataclass(frozen=True, slots=True)
class SignedHeads:
    """Heads that the log of ``vkey`` signed, with their bytes verbatim; making one is verifying it.

    Raises what :func:`open_heads` raises.
    """

    data: bytes
    vkey: VerifierKey = field(repr=False)
    note: Note = field(init=False, repr=False, compare=False)
    heads: Heads = field(init=False)

    def __post_init__(self) -> None:
        note = open_note(self.data, [self.vkey])
        heads = parse_heads(note.text)
        if heads.origin != self.vkey.name:
            raise Forged("heads.origin", "Pernyataan ini tentang catatan lain.", origin=heads.origin)
        object.__setattr__(self, "note", note)
        object.__setattr__(self, "heads", heads)


def format_heads(heads: Heads) -> str:
    """Return the text that is signed."""
    lines = [f"{heads.origin}{SUFFIX}", f"tree {heads.size} {format_hash(heads.root)}"]
    lines += [f"{head.stream} {head.version} {head.leaf}" for head in heads.heads]
    return "\n".join(lines) + "\n"


def parse_heads(text: str) -> Heads:
    """Return what a text says, or raise :class:`Malformed`; formatting gives it back."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not lines[0].endswith(SUFFIX) or len(lines) > 2 + MAX_HEADS:
        raise _bad_form()
    tree = lines[1].split(" ")
    if len(tree) != 3 or tree[0] != "tree":
        raise _bad_form()
    size, root = parse_number(tree[1], "heads.form"), parse_hash(tree[2])
    return Heads(lines[0].removesuffix(SUFFIX), size, root, tuple(map(_head, lines[2:])))


def sign_heads(signer: NoteSigner, heads: Heads) -> bytes:
    """Return the note in which ``signer``, the key of the log, signs; raises :class:`Malformed` for another's name."""
    if heads.origin != signer.name:
        raise Malformed("heads.origin", "Kunci penanda pernyataan ini bukan kunci catatannya.")
    return sign(format_heads(heads), signer)


def open_heads(data: bytes, vkey: VerifierKey) -> SignedHeads:
    """Return the heads in these bytes, verified with the pinned key of the log.

    Raises :class:`Forged` if that key did not sign them or they are of another log, :class:`Malformed` if the bytes
    are not a note or its text does not spell heads.
    """
    return SignedHeads(data, vkey)


def require_no_lie(stated: SignedHeads, found: VerifiedReceipt) -> None:
    """Return if what the log stated leaves room for an entry that it has, else raise :class:`Forged` (``heads.lie``).

    Both are of one log's key (ours to see to). Raises :class:`Malformed` where the entry is no act.
    """
    assert stated.vkey == found.vkey
    act, heads = act_of(Entry.parse(found.entry).envelope), stated.heads
    head = heads.of(act.stream)
    if head is None or found.index >= heads.size or act.version < head.version:
        return
    if (act.version, found.leaf_hash.hex()) != (head.version, head.leaf):
        raise Forged(
            "heads.lie",
            f"Log menyatakan bahwa pada {heads.size} daun yang terbaru adalah versi {head.version}, padahal daun"
            f" {found.index} di bawahnya adalah versi {act.version} dengan isi lain: pernyataan itu bohong.",
            allowed="Simpan keduanya sebagai bukti, lalu laporkan kepada Inspektorat.",
            stream=act.stream,
            leaf=found.index,
        )


def _head(line: str) -> Head:
    parts = line.split(" ")
    if len(parts) != 3:
        raise _bad_form()
    return Head(parts[0], parse_number(parts[1], "heads.form"), parts[2])


def _bad_form() -> Malformed:
    return Malformed(
        "heads.form",
        "Pernyataan tentang tindakan terbaru tidak berbentuk baku.",
        allowed=f"Nama catatan dengan {SUFFIX}, baris pohon, lalu satu baris untuk setiap alur menurut abjad.",
    )
