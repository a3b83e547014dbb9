"""A successor: a ledger that is founded because the history of another cannot be continued.

A history that contradicts a checkpoint it signed, or that lost leaves which it sealed, is never continued (DESIGN §2).
The way out is a new ledger with an origin and a log key of its own, whose leaf 0 names the old one
(:class:`Predecessor`): the vkey, whose name is the old origin; the leaf hash of its leaf 0; the last
checkpoint that is held to be good, as the old log signed it, verbatim, so that leaf 0 alone shows the signature; and
why. Both founders sign that, the first leaf 0 and the second its leaf hash.

What leaf 0 proves by itself: the old log did sign that size and root. That its tree begins with the leaf that is named
is proved only where the checkpoint covers that one leaf; otherwise whoever holds the old ledger, or a bundle of it,
sees it there. That no other history was signed after it, nothing proves. Pure.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from keys.errors import Forged, Malformed, NotAllowed
from keys.fields import Fact, LeafHash, Text
from ledger.checkpoint import SignedCheckpoint, format_hash, open_checkpoint
from ledger.note import VerifierKey
from ledger.wording import said, short


class Predecessor(Fact):
    """The ledger that a new one comes after, because its history cannot be continued.

    ``log_key`` is its vkey, whose name is its origin, ``founding`` the leaf hash of its leaf 0, ``checkpoint`` the last
    one of it that is held to be good: the signed note, verbatim.
    """

    log_key: Annotated[str, StringConstraints(max_length=300)]
    founding: LeafHash
    checkpoint: Annotated[str, StringConstraints(max_length=4000)]
    reason: Text


def last_checkpoint(predecessor: Predecessor) -> SignedCheckpoint:
    """Return the old ledger's checkpoint, its signature verified with the key that is named beside it.

    Raises NotAllowed (``founding.successor``) where key or checkpoint is in no good form or the key did not sign it.
    """
    try:
        signed = open_checkpoint(predecessor.checkpoint.encode("utf-8"), VerifierKey.parse(predecessor.log_key))
    except (Malformed, Forged) as fault:
        raise _refused(f"Segel buku besar pendahulu tidak dapat diperiksa: {fault.detail}") from None
    stated = signed.checkpoint
    if stated.size == 0:
        raise _refused("Segel buku besar pendahulu tidak mencakup satu daun pun.")
    if stated.size == 1 and stated.root.hex() != predecessor.founding:
        raise _refused("Segel buku besar pendahulu bukan atas pendirian yang disebut.")
    return signed


def require_successor(predecessor: Predecessor, log: VerifierKey) -> SignedCheckpoint:
    """Return the old ledger's last checkpoint if the log of key ``log`` may come after it, else raise NotAllowed.

    Another origin and another key: under either of the old ones it would be a second history of the same log.
    """
    signed = last_checkpoint(predecessor)
    if signed.vkey.name == log.name:
        raise _refused(f"Buku besar penerus tidak boleh bernama sama dengan pendahulunya, {log.name}.")
    if signed.vkey.key.raw == log.key.raw:
        raise _refused("Buku besar penerus memakai kunci log pendahulunya.")
    return signed


def predecessor_in_words(predecessor: Predecessor) -> str:
    """Return what a leaf 0 says that its ledger is: "penerus ...", whose, up to where, and why."""
    try:
        stated = last_checkpoint(predecessor).checkpoint
    except NotAllowed:  # such a leaf 0 is refused; whoever looks at it all the same is told no more than is so
        return "penerus buku besar lain, yang segelnya tidak dapat diperiksa"
    return (
        f"penerus {stated.origin} (pendirian sidik {short(predecessor.founding)}), yang segel terakhirnya mencakup"
        f" {stated.size} daun dengan akar {format_hash(stated.root)}, karena “{said(predecessor.reason)}”"
    )


def _refused(detail: str) -> NotAllowed:
    return NotAllowed(
        "founding.successor",
        detail,
        allowed="Sebut kunci log, pendirian, dan segel terakhir pendahulunya persis seperti aslinya; penerusnya memakai"
        " nama dan kunci log yang baru.",
    )
