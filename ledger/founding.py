"""Leaf 0 stands on itself: the founders' keys come from the founding that they sign.

Whoever verifies pins leaf 0 by its leaf hash (DESIGN §2); only then do these keys mean anything.
"""

from __future__ import annotations

from keys.envelope import Envelope
from keys.errors import NotAllowed
from keys.signing import PublicKey
from ledger.acts import act_of
from ledger.bodies import LedgerFounded


def founding_key(envelope: Envelope) -> PublicKey:
    """Return the founder's key that ``envelope`` names, taken from the founding inside it.

    Raises NotAllowed when the envelope is no founding or names no founder's key, Malformed when it cannot be read.
    """
    body = act_of(envelope).body
    if not isinstance(body, LedgerFounded):
        raise NotAllowed(
            "ledger.founded",
            "Buku besar ini belum didirikan.",
            allowed="Yang pertama: ledger.founded oleh dua pendiri.",
        )
    for founder in body.founders:
        key = PublicKey.load(bytes.fromhex(founder.public_key))
        if key.id == envelope.keyid:
            return key
    raise NotAllowed("founding.signer", "Pendirian tidak ditandatangani salah satu pendirinya.")
