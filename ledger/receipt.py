r"""Receipts: one entry is in the log at one index, provable offline (C2SP tlog-proof).

The lines, each ending in a newline::

    c2sp.org/tlog-proof@v1
    index <the entry's index: decimal from 0, no leading zeros>
    <base64 of a 32-byte hash>          none to 63 of these: the inclusion proof (RFC 6962 §2.1.1), from the
    ...                                 leaf's sibling upwards
    <an empty line>
    <the checkpoint, verbatim, with whatever cosignatures it carries>

Narrower than the specification: no ``extra`` line (it is not authenticated, so nothing of ours may depend on
it), one spelling of numbers and base64, at most :data:`MAX_BYTES` bytes.

What a verified receipt proves: the log of the pinned key signed a checkpoint in which exactly this entry has
this index. What it does not prove: that the entry's act was allowed, when it was made, that witnesses saw the
checkpoint, or that the log shows everybody the same history.

A worked example, executed by a test::

    >>> from keys.signing import PrivateKey
    >>> from ledger.checkpoint import sign_checkpoint
    >>> from ledger.merkle import leaf_hash, node_hash
    >>> from ledger.note import NoteSigner
    >>> signer = NoteSigner("kalipare.malangkab.example/jejak", PrivateKey.load(bytes(32)))
    >>> first, second = leaf_hash(b"first"), leaf_hash(b"second")
    >>> note = sign_checkpoint(signer, signer.name, 2, node_hash(first, second))
    >>> data = format_receipt(Receipt(1, (first,), note))
    >>> print(data.decode(), end="")  # doctest: +ELLIPSIS
    c2sp.org/tlog-proof@v1
    index 1
    oa8DAjHKL9IOzzDFKUuvj2kyHQm7FqxTiFzNF6OFKA0=
    <BLANKLINE>
    kalipare.malangkab.example/jejak
    2
    ...
    >>> verified = verify_receipt(data, b"second", signer.vkey)
    >>> verified.index, verified.checkpoint.size
    (1, 2)
    >>> verify_receipt(data, b"first", signer.vkey)
    Traceback (most recent call last):
    keys.errors.Forged: Bukti tidak cocok: entri nomor 1 tidak terbukti ada di antara 2 entri segel ini.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from keys.errors import Malformed
from ledger.checkpoint import (
    HASH_CHARACTERS,
    Checkpoint,
    SignedCheckpoint,
    format_hash,
    open_checkpoint,
    parse_body,
    parse_hash,
    parse_number,
)
from ledger.merkle import MAX_INCLUSION, check_hashes, check_index, leaf_hash, verify_inclusion
from ledger.note import VerifierKey, parse_unverified

#: A receipt is at most this many bytes.
MAX_BYTES = 16 * 1024

_FIRST_LINE = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt whose form is right; what it says is still a claim.

    ``index`` is below the size that the checkpoint states, ``proof`` has at most 63 hashes of 32 bytes,
    ``checkpoint_note`` is a signed note with a checkpoint's text, verbatim. Raises :class:`Malformed`.
    """

    index: int
    proof: tuple[bytes, ...]
    checkpoint_note: bytes

    def __post_init__(self) -> None:
        if len(self.proof) > MAX_INCLUSION:
            raise Malformed("receipt.proof_size", f"Bukti lebih dari {MAX_INCLUSION} sidik.")
        check_hashes(self.proof)
        check_index(self.index, _size_stated(self.checkpoint_note))
        _check_bytes(length_of(self))


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """An entry that the log of ``vkey`` holds at an index; making one is verifying it.

    Raises what :func:`verify_receipt` raises.
    """

    receipt: Receipt
    entry: bytes = field(repr=False)
    vkey: VerifierKey = field(repr=False)
    signed_checkpoint: SignedCheckpoint = field(init=False, repr=False)
    leaf_hash: bytes = field(init=False)

    def __post_init__(self) -> None:
        signed, leaf = open_checkpoint(self.receipt.checkpoint_note, self.vkey), leaf_hash(self.entry)
        verify_inclusion(
            index=self.receipt.index,
            size=signed.checkpoint.size,
            leaf_hash=leaf,
            proof=self.receipt.proof,
            root=signed.checkpoint.root,
        )
        object.__setattr__(self, "signed_checkpoint", signed)
        object.__setattr__(self, "leaf_hash", leaf)

    @property
    def index(self) -> int:
        """Return the entry's leaf index."""
        return self.receipt.index

    @property
    def checkpoint(self) -> Checkpoint:
        """Return what the log signed."""
        return self.signed_checkpoint.checkpoint


def format_receipt(receipt: Receipt) -> bytes:
    """Return the bytes that :func:`parse_receipt` reads back."""
    lines = [_FIRST_LINE, f"index {receipt.index}", *map(format_hash, receipt.proof), "", ""]
    return "\n".join(lines).encode("ascii") + receipt.checkpoint_note


def length_of(receipt: Receipt) -> int:
    """Return how many bytes :func:`format_receipt` makes: each hash is a line, and three lines are not hashes."""
    lines = len(_FIRST_LINE) + len(f"index {receipt.index}") + 3 + len(receipt.proof) * (HASH_CHARACTERS + 1)
    return lines + len(receipt.checkpoint_note)


def parse_receipt(data: bytes) -> Receipt:
    """Return the receipt these bytes spell, of which nothing is verified, or raise :class:`Malformed`."""
    _check_bytes(len(data))
    head, gap, checkpoint_note = data.partition(b"\n\n")
    lines = head.decode("ascii", errors="replace").split("\n")
    if not gap or lines[0] != _FIRST_LINE or len(lines) < 2:
        raise _bad_form()
    if lines[1].startswith("extra "):
        raise Malformed("receipt.extra", "Tanda terima memuat baris tambahan, yang tidak diterima.")
    if not lines[1].startswith("index "):
        raise _bad_form()
    index = parse_number(lines[1].removeprefix("index "), "receipt.index")
    return Receipt(index, tuple(map(parse_hash, lines[2:])), checkpoint_note)


def verify_receipt(receipt: bytes | Receipt, entry: bytes, vkey: VerifierKey) -> VerifiedReceipt:
    """Return the proof that the log of ``vkey`` holds exactly the bytes ``entry``.

    1. The receipt is in its one form.
    2. The pinned key signed the checkpoint, and its origin is that key's name.
    3. The inclusion proof binds the hash of ``entry`` at the index to the checkpoint's root.

    Raises :class:`Malformed` where 1 fails and :class:`Forged` where 2 or 3 does.
    """
    parsed = receipt if isinstance(receipt, Receipt) else parse_receipt(receipt)
    return VerifiedReceipt(parsed, entry, vkey)


@lru_cache(maxsize=128)
def _size_stated(checkpoint_note: bytes) -> int:
    """Return the size that a checkpoint states; a group's receipts carry the same one."""
    return parse_body(parse_unverified(checkpoint_note)[0]).size


def _check_bytes(count: int) -> None:
    if count > MAX_BYTES:
        raise Malformed("receipt.size", f"Tanda terima {count} bita.", allowed=f"Paling besar {MAX_BYTES} bita.")


def _bad_form() -> Malformed:
    return Malformed(
        "receipt.form",
        "Tanda terima tidak berbentuk baku.",
        allowed=f"Baris pertama {_FIRST_LINE}, lalu nomor urut, bukti, baris kosong, dan segel.",
    )
