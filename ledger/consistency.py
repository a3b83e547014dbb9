r"""A consistency proof as a file: the tree of a checkpoint continues the first ``old`` leaves.

The form is the body that a witness is sent (C2SP tlog-witness, add-checkpoint), so that a witness can read it. The
lines, each ending in a newline::

    old <the smaller size: decimal from 1, no leading zeros>
    <base64 of a 32-byte hash>          none to 63 of these: the consistency proof (RFC 6962 §2.1.2)
    ...
    <an empty line>
    <the checkpoint, verbatim>

Narrower than the specification: the old size is below the checkpoint's and not 0, numbers and base64 have one spelling,
at most :data:`MAX_BYTES` bytes. Below the checkpoint's text anybody may have added signature lines of their own keys,
which prove nothing and are not read. The proof says nothing by itself: whoever holds a root of ``old`` leaves (an act's
``seen``, a checkpoint kept elsewhere) holds it to that (:func:`ledger.merkle.verify_consistency`).

A worked example, executed by a test::

    >>> from keys.signing import PrivateKey
    >>> from ledger.checkpoint import sign_checkpoint
    >>> from ledger.merkle import leaf_hash, node_hash
    >>> from ledger.note import NoteSigner
    >>> signer = NoteSigner("kalipare.malangkab.example/jejak", PrivateKey.load(bytes(32)))
    >>> first, second = leaf_hash(b"first"), leaf_hash(b"second")
    >>> note = sign_checkpoint(signer, signer.name, 2, node_hash(first, second))
    >>> data = format_consistency(Consistency(1, (second,), note))
    >>> print(data.decode(), end="")  # doctest: +ELLIPSIS
    old 1
    qU3U08LG0lSMpOVg1ycnurXXlVABkfW4VXkTDdOxRgM=
    <BLANKLINE>
    kalipare.malangkab.example/jejak
    2
    ...
    >>> parse_consistency(data).old
    1
"""

from __future__ import annotations

from dataclasses import dataclass

from keys.errors import Malformed
from ledger.checkpoint import format_hash, parse_body, parse_hash, parse_number
from ledger.merkle import check_hashes
from ledger.note import parse_unverified

#: A proof is at most this many bytes.
MAX_BYTES = 16 * 1024
#: A proof has at most this many hashes.
MAX_HASHES = 63

_OLD = "old "


@dataclass(frozen=True, slots=True)
class Consistency:
    """A consistency proof whose form is right; what it says is still a claim. Raises :class:`Malformed`."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint_note: bytes

    def __post_init__(self) -> None:
        check_hashes(self.proof)
        size = parse_body(parse_unverified(self.checkpoint_note)[0]).size
        if not 0 < self.old < size or len(self.proof) > MAX_HASHES or len(format_consistency(self)) > MAX_BYTES:
            raise _bad_form()


def format_consistency(proof: Consistency) -> bytes:
    """Return the bytes that :func:`parse_consistency` reads back."""
    lines = [f"{_OLD}{proof.old}", *map(format_hash, proof.proof), "", ""]
    return "\n".join(lines).encode("ascii") + proof.checkpoint_note


def parse_consistency(data: bytes) -> Consistency:
    """Return the proof these bytes spell, of which nothing is verified, or raise :class:`Malformed`."""
    head, gap, checkpoint_note = data.partition(b"\n\n")
    lines = head.decode("ascii", errors="replace").split("\n")
    if len(data) > MAX_BYTES or not gap or not lines[0].startswith(_OLD):
        raise _bad_form()
    old = parse_number(lines[0].removeprefix(_OLD), "consistency.form")
    return Consistency(old, tuple(map(parse_hash, lines[1:])), checkpoint_note)


def _bad_form() -> Malformed:
    return Malformed(
        "consistency.form",
        "Bukti kesinambungan tidak berbentuk baku.",
        allowed="Baris old dan jumlah daun, bukti, baris kosong, lalu segel.",
    )
