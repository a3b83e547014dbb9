"""A request for a new key: what its holder hands to a registrar, who proposes it after comparing the fingerprint.

Strict JSON with exactly these members::

    ledger       the origin line of the ledger that it is for
    official     whose key it is, by their name in the register
    replaces     the id of the key that it takes the place of; may be absent
    fingerprint  the new key's id in groups of four, as it is printed on the berita acara and compared aloud
    public_key   the new public key, 64 hex digits
    possession   the new key's own proof that its holder has it (:mod:`keys.possession`), as text

Nothing in it is secret, and nothing in it is believed: the register judges the proof, people the person.
"""

from __future__ import annotations

from keys import strict_json
from keys.errors import NotAllowed
from keys.fields import Fact, Line, PublicKeyHex, Slug
from keys.possession import check_possession, prove
from keys.signing import PrivateKey, PublicKey, fingerprint


class KeyRequest(Fact):
    """The members above."""

    ledger: Line
    official: Slug
    replaces: PublicKeyHex | None = None
    fingerprint: Line
    public_key: PublicKeyHex
    possession: str

    @classmethod
    def parse(cls, data: bytes) -> KeyRequest:
        """Return the request in these bytes; raises Malformed, NotAllowed (``key.request``), Forged."""
        request = cls.read(strict_json.loads(data), "key.request", "Permintaan kunci")
        if fingerprint(PublicKey.load(bytes.fromhex(request.public_key))) != request.fingerprint:
            raise NotAllowed(
                "key.request",
                "Sidik dalam permintaan ini bukan sidik kuncinya.",
                allowed="Minta pemilik kunci membuat permintaan lagi dengan jejak key rotate.",
            )
        check_possession(
            request.possession.encode(),
            ledger=request.ledger,
            official=request.official,
            public_key_hex=request.public_key,
        )
        return request

    @classmethod
    def make(cls, ledger: str, official: str, key: PrivateKey, replaces: str | None) -> KeyRequest:
        """Return the request of ``official`` for ``key`` in the ledger of this origin."""
        return cls(
            ledger=ledger,
            official=official,
            replaces=replaces,
            fingerprint=fingerprint(key.public),
            public_key=key.public.raw.hex(),
            possession=prove(ledger, official, key).decode(),
        )

    def format(self) -> bytes:
        """Return the bytes that :meth:`parse` reads back."""
        return strict_json.dumps(self.plain()) + b"\n"

    def require_for(self, ledger: str) -> None:
        """Return if the request is for this ledger, else raise NotAllowed."""
        if self.ledger != ledger:
            raise NotAllowed(
                "key.request",
                f"Permintaan ini untuk buku besar {self.ledger}.",
                allowed=f"Minta permintaan untuk {ledger}.",
            )
