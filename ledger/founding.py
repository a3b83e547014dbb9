"""Leaf 0 stands on itself: the founders' keys come from the founding that they sign.

Whoever verifies pins leaf 0 by its leaf hash (DESIGN §2); only then do these keys mean anything.
"""

from __future__ import annotations

from keys.envelope import Envelope
from keys.errors import NotAllowed
from keys.signing import PublicKey
from ledger.acts import act_of
from ledger.bodies import LedgerFounded
from ledger.note import VerifierKey


def founding_key(envelope: Envelope, log: VerifierKey | None = None) -> PublicKey:
    """Return the founder's key that ``envelope`` names, taken from the founding inside it.

    ``log`` is the key that will seal the ledger, where it is known: the founding must name it. Raises NotAllowed
    when the envelope is no founding, names another log key or no founder's key, Malformed when it cannot be read.
    """
    body = act_of(envelope).body
    if not isinstance(body, LedgerFounded):
        raise NotAllowed(
            "ledger.founded",
            "Buku besar ini belum didirikan.",
            allowed="Yang pertama: pendirian buku besar oleh dua pendiri.",
        )
    if log is not None and body.log_key != str(log):
        raise NotAllowed(
            "founding.log_key",
            "Pendirian ini menyebut kunci log lain dari kunci log peladen ini.",
            allowed=f"Sebut {log}.",
        )
    for founder in body.founders:
        key = PublicKey.load(bytes.fromhex(founder.public_key))
        if key.id == envelope.keyid:
            return key
    raise NotAllowed(
        "founding.signer",
        "Pendirian tidak ditandatangani salah satu pendirinya.",
        allowed="Tandatangani dengan kunci pendiri pertama yang disebut di dalamnya.",
    )
