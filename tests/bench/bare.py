"""Bare signatures, verified and nothing else: what this machine's cores do a second at best.

The reference is ``cryptography``, which the bars name. Jejak verifies with another library, beside which the same
figures are smaller; both are shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from keys.envelope import Envelope, pae
from tests.kit import PEOPLE, key

#: Verifies a signature over a message; raises where it is none.
Verify = Callable[[bytes, bytes], None]


def by_cryptography(envelopes: Iterable[Envelope]) -> list[Callable[[], None]]:
    """Return what verifies each of these with the library ``cryptography``, keys loaded."""
    known = {key(name).public.id: Ed25519PublicKey.from_public_bytes(key(name).public.raw).verify for name in PEOPLE}
    return _calls(known, envelopes)


def by_jejak(envelopes: Iterable[Envelope]) -> list[Callable[[], None]]:
    """Return what verifies each of these as Jejak does, keys loaded."""
    return _calls({key(name).public.id: key(name).public.verify for name in PEOPLE}, envelopes)


def _calls(known: dict[str, Verify], envelopes: Iterable[Envelope]) -> list[Callable[[], None]]:
    return [
        partial(known[one.keyid], one.signature, pae(one.payload_type, one.unverified_payload)) for one in envelopes
    ]


def seconds(calls: Sequence[Callable[[], None]]) -> float:
    """Return the seconds in which this thread makes all of these calls."""
    began = time.perf_counter()
    for call in calls:
        call()
    return time.perf_counter() - began
