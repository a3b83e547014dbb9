"""A hand that signs where the journal itself is at hand: founding, demonstrations, benchmarks, tests.

It takes the stream's head and the checkpoint from the ledger it holds, unverified. Officials sign elsewhere, with a
client that verifies both first (:mod:`api.client`).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from keys.envelope import Envelope
from keys.signing import PrivateKey
from ledger.acts import PAYLOAD_TYPE, Seen, compose
from ledger.application import Ledger


@dataclass(frozen=True, slots=True)
class Hand:
    """An official with key and mandate."""

    official: str
    mandate: str
    key: PrivateKey

    def payload(self, ledger: Ledger, stream: str, kind: str, body: dict[str, Any], occurred_at: str) -> dict[str, Any]:
        """Return the members of the next act of ``stream``, as :func:`ledger.acts.compose` takes them."""
        now = ledger.stream(stream)
        return {
            "ledger": ledger.signer.name,
            "seen": newest_seen(ledger),
            "stream": stream,
            "version": now.version + 1 if now else 1,
            "previous": now.leaf if now else None,
            "kind": kind,
            "official": self.official,
            "mandate": self.mandate,
            "occurred_at": occurred_at,
            "body": body,
        }

    def sign(self, ledger: Ledger, stream: str, kind: str, body: dict[str, Any], occurred_at: str) -> bytes:
        """Return the envelope of the next act of ``stream``, signed."""
        payload = compose(**self.payload(ledger, stream, kind, body, occurred_at))
        return Envelope.seal(PAYLOAD_TYPE, payload, self.key).data


def newest_seen(ledger: Ledger) -> Seen | None:
    """Return the newest checkpoint as an act states it; None where nothing is founded."""
    with ledger.reading() as rows:
        frontier = rows.frontier()
    if not frontier.size:
        return None
    return Seen(size=frontier.size, root=base64.b64encode(frontier.root).decode("ascii"))
