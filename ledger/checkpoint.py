r"""Checkpoints: the log signs how many entries it has and their Merkle root (C2SP tlog-checkpoint).

A checkpoint is a signed note whose text has exactly three lines, each ending in a newline:

1. the **origin**, the log's name, which is also the name of the key that signs;
2. the **size**, the number of entries: decimal, no leading zeros, at most 2**63-1;
3. the **root**, padded standard base64 (one spelling) of the 32-byte Merkle root at that size (RFC 6962
   §2.1).

Narrower than the specification: extension lines, which nobody could audit, are neither written nor accepted;
the origin must equal the key's name; at size 0 the root is that of the empty log.

A worked example, executed by a test::

    >>> from keys.signing import PrivateKey
    >>> from ledger.merkle import leaf_hash
    >>> from ledger.note import NoteSigner
    >>> signer = NoteSigner("kalipare.malangkab.example/jejak", PrivateKey.load(bytes(32)))
    >>> data = sign_checkpoint(signer, signer.name, 1, leaf_hash(b""))
    >>> print(data.decode(), end="")  # doctest: +ELLIPSIS
    kalipare.malangkab.example/jejak
    1
    bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=
    <BLANKLINE>
    — kalipare.malangkab.example/jejak kQo3YjtEdLZ3t3Np+EvrV5u63jD3dUVv1+sONYjK...
    >>> signed = open_checkpoint(data, signer.vkey)
    >>> signed.checkpoint.size, signed.checkpoint.root == leaf_hash(b""), signed.data == data
    (1, True, True)
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from keys.envelope import decode_base64
from keys.errors import Forged, Malformed
from ledger.merkle import EMPTY_ROOT, HASH_BYTES, check_hashes, check_size
from ledger.note import Note, NoteSigner, VerifierKey, check_name, open_note, sign

_NUMBER = re.compile("0|[1-9][0-9]{0,18}", re.ASCII)
#: A hash is written with so many characters, padding included.
HASH_CHARACTERS = 44


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says: ``size`` entries of the log ``origin`` have the 32-byte ``root``."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        check_name(self.origin)
        check_size(self.size)
        check_hashes((self.root,))
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise Malformed("checkpoint.empty_root", "Segel tanpa entri harus memuat sidik catatan kosong.")


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that the log of ``vkey`` signed, with its bytes verbatim; making one is verifying it.

    Raises what :func:`open_checkpoint` raises.
    """

    data: bytes
    vkey: VerifierKey = field(repr=False)
    note: Note = field(init=False, repr=False, compare=False)
    checkpoint: Checkpoint = field(init=False)

    def __post_init__(self) -> None:
        note = open_note(self.data, [self.vkey])
        checkpoint = parse_body(note.text)
        if checkpoint.origin != self.vkey.name:
            raise Forged(
                "checkpoint.origin",
                "Segel ini milik catatan lain.",
                origin=checkpoint.origin,
                expected=self.vkey.name,
            )
        object.__setattr__(self, "note", note)
        object.__setattr__(self, "checkpoint", checkpoint)


def format_body(checkpoint: Checkpoint) -> str:
    """Return the three lines that are signed."""
    root = format_hash(checkpoint.root)
    return f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n"


def parse_body(text: str) -> Checkpoint:
    """Return what the text of a checkpoint says, or raise :class:`Malformed`."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1]:
        raise Malformed(
            "checkpoint.form",
            "Segel tidak berbentuk baku.",
            allowed="Tepat tiga baris: nama catatan, jumlah entri, sidik catatan.",
        )
    if len(lines) > 4:
        raise Malformed("checkpoint.extension", "Segel memuat baris tambahan, yang tidak diterima.")
    return Checkpoint(lines[0], parse_number(lines[1], "checkpoint.size"), parse_hash(lines[2]))


def sign_checkpoint(signer: NoteSigner, origin: str, size: int, root: bytes) -> bytes:
    """Return the note in which ``signer``, the key of the log ``origin``, signs its size and 32-byte root.

    Raises :class:`Malformed` for values that no checkpoint may have, also a signer of another name.
    """
    if origin != signer.name:
        raise Malformed("checkpoint.origin", "Kunci penanda segel bukan kunci catatan ini.")
    return sign(format_body(Checkpoint(origin, size, root)), signer)


def open_checkpoint(data: bytes, vkey: VerifierKey) -> SignedCheckpoint:
    """Return the checkpoint in these bytes, verified with the pinned key of its log.

    Raises :class:`Forged` if that key did not sign it or it is of another log, :class:`Malformed` if the
    bytes are not a note or its text is not a checkpoint. Other keys' lines stay in ``note.unverified``.
    """
    return SignedCheckpoint(data, vkey)


def parse_number(text: str, rule: str) -> int:
    """Return the decimal number from 0 to 2**63-1 in its one spelling, or raise :class:`Malformed`."""
    if _NUMBER.fullmatch(text) is None:
        raise Malformed(
            rule,
            "Bilangan tidak berbentuk baku.",
            allowed="Angka saja, tanpa nol di depan, paling besar 2^63-1.",
        )
    return check_size(int(text))


def format_hash(value: bytes) -> str:
    """Return a hash as padded standard base64 (RFC 4648 §4)."""
    return binascii.b2a_base64(value, newline=False).decode("ascii")


def parse_hash(text: str) -> bytes:
    """Return the 32 bytes of a hash in its one base64 spelling, or raise :class:`Malformed`."""
    if len(text) != HASH_CHARACTERS or not text.isascii():
        raise Malformed("checkpoint.hash", f"Sidik tidak ditulis sebagai {HASH_CHARACTERS} karakter base64.")
    value = decode_base64(text.encode("ascii"))
    if len(value) != HASH_BYTES:
        raise Malformed("checkpoint.hash", f"Sidik {len(value)} bita; harus {HASH_BYTES} bita.")
    return value
