r"""Checkpoints that somebody kept, as they are brought to an audit: one note, or several one after another.

A note ends with its signature lines, so notes need nothing between them: ``cat`` makes one file of many. Each must be
signed by the log's key. Worked example, executed by a test::

    >>> from keys.signing import PrivateKey
    >>> from ledger.checkpoint import sign_checkpoint
    >>> from ledger.merkle import leaf_hash
    >>> from ledger.note import NoteSigner
    >>> signer = NoteSigner("kalipare.malangkab.example/jejak", PrivateKey.load(bytes(32)))
    >>> kept = sign_checkpoint(signer, signer.name, 1, leaf_hash(b"a"))
    >>> later = sign_checkpoint(signer, signer.name, 2, leaf_hash(b"b"))
    >>> [one.checkpoint.size for one in checkpoints_in(kept + later, signer.vkey)]
    [1, 2]
    >>> checkpoints_in(kept + b"\n" + later, signer.vkey)
    Traceback (most recent call last):
    keys.errors.Malformed: Berkas ini bukan segel, atau beberapa segel berurutan tanpa apa pun di antaranya.
"""

from __future__ import annotations

import re

from keys.errors import Malformed
from ledger.checkpoint import SignedCheckpoint, open_checkpoint
from ledger.note import VerifierKey

#: At most this many bytes of notes are read.
MAX_BYTES = 8 * 1024 * 1024

_NOTE = re.compile("[^\n]+\n(?:[^\n]+\n)*\n(?:— [^\n]*\n)+".encode())


def checkpoints_in(data: bytes, vkey: VerifierKey) -> tuple[SignedCheckpoint, ...]:
    """Return the checkpoints in these bytes, each verified with the log's key, in their order.

    Raises Malformed (``remembered.form``) where they are no notes or none, and what
    :func:`ledger.checkpoint.open_checkpoint` raises of each.
    """
    found, at = [], 0
    for note in _NOTE.finditer(data[:MAX_BYTES]):
        if note.start() != at:
            break
        found.append(note[0])
        at = note.end()
    if not found or at != len(data):
        raise Malformed(
            "remembered.form", "Berkas ini bukan segel, atau beberapa segel berurutan tanpa apa pun di antaranya."
        )
    return tuple(open_checkpoint(note, vkey) for note in found)
