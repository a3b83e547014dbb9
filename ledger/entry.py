"""An entry: what is stored, hashed and proved. One act, one event, one entry, one leaf.

The bytes are a fixed frame around the envelope's bytes, kept verbatim::

    {"recorded_at":"<UTC, microseconds>Z","envelope":<the envelope's bytes>}

Hours are 00 to 23, seconds 00 to 59; an entry has at most :data:`MAX_BYTES` bytes.
The leaf hash is SHA-256(0x00 || entry) (RFC 6962 §2.1). Worked example, executed by a test::

    >>> from keys.signing import PrivateKey
    >>> sealed = Envelope.seal("application/vnd.jejak.act.v1+json", b"{}", PrivateKey.load(bytes(32)))
    >>> entry = Entry.record(sealed, dt.datetime(2026, 11, 22, 2, 15, tzinfo=dt.UTC))
    >>> entry.data[:59]
    b'{"recorded_at":"2026-11-22T02:15:00.000000Z","envelope":{"p'
    >>> Entry.parse(entry.data) == entry
    True
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from keys.envelope import MAX_BYTES as MAX_ENVELOPE_BYTES
from keys.envelope import Envelope, beginning_of
from keys.errors import Malformed
from ledger.merkle import leaf_hash

_PREFIX = b'{"recorded_at":"'
_MIDDLE = b'","envelope":'
_SUFFIX = b"}"
_TIME_BYTES = 27
_TIME = rb"(\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z)"
_HEAD = re.compile(re.escape(_PREFIX) + _TIME + re.escape(_MIDDLE), re.ASCII)
_HEAD_BYTES = len(_PREFIX) + _TIME_BYTES + len(_MIDDLE)

#: An entry is at most this many bytes.
MAX_BYTES = _HEAD_BYTES + MAX_ENVELOPE_BYTES + len(_SUFFIX)


@dataclass(frozen=True, slots=True)
class Entry:
    """A framed entry; :meth:`parse` is its door. Its signature and meaning are judged elsewhere."""

    data: bytes
    recorded_at: dt.datetime
    envelope: Envelope

    @classmethod
    def parse(cls, data: bytes) -> Entry:
        """Return the entry these bytes spell, or raise :class:`Malformed` (rule ``entry.form``)."""
        head = _HEAD.match(data)
        if head is None or not data.endswith(_SUFFIX):
            raise Malformed("entry.form", "Entri tidak berbentuk baku.")
        try:
            recorded_at = dt.datetime.fromisoformat(head[1].decode("ascii"))
        except ValueError:
            raise Malformed("entry.time", "Waktu catat dalam entri bukan waktu yang ada.") from None
        return cls(data, recorded_at, Envelope.parse(data[_HEAD_BYTES : -len(_SUFFIX)]))

    @classmethod
    def record(cls, envelope: Envelope, recorded_at: dt.datetime) -> Entry:
        """Return the entry in which ``envelope`` was recorded at ``recorded_at`` (any aware time)."""
        at = recorded_at.astimezone(dt.UTC)
        stamp = at.replace(tzinfo=None).isoformat(timespec="microseconds").encode("ascii") + b"Z"
        return cls(_PREFIX + stamp + _MIDDLE + envelope.data + _SUFFIX, at, envelope)

    @property
    def leaf_hash(self) -> bytes:
        """Return the 32-byte leaf hash of the entry's bytes."""
        return leaf_hash(self.data)


def payload_of(data: bytes, most: int) -> bytes:
    """Return how the payload in an entry's bytes begins, at most ``most`` bytes (a multiple of 3); verifies nothing."""
    return beginning_of(data, most, _HEAD_BYTES)


def stamp_of(entry: Entry) -> str:
    """Return the time of recording as the entry spells it."""
    return entry.data[len(_PREFIX) : len(_PREFIX) + _TIME_BYTES].decode("ascii")
