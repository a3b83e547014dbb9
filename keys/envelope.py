"""DSSE envelopes in one byte form (Dead Simple Signing Envelope v1), with exactly one signature.

The form, members in this order and no white space::

    {"payloadType":"<type>","payload":"<base64>","signatures":[{"keyid":"<hex>","sig":"<base64>"}]}

Base64 is the standard alphabet with padding and zero pad bits (RFC 4648 §4, §3.5); ``keyid`` is the hex
SHA-256 of the raw public key. The signature is Ed25519 over the pre-authentication encoding of the type and
the payload *bytes*::

    PAE = "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload       (LEN in ASCII decimal)

``Envelope.parse(data).data == data`` or it is refused: what was signed is what is stored is what is hashed.
A worked example, executed by a test::

    >>> from keys.signing import PrivateKey
    >>> key = PrivateKey.load(bytes(32))
    >>> pae("application/vnd.jejak.act.v1+json", b"{}")
    b'DSSEv1 33 application/vnd.jejak.act.v1+json 2 {}'
    >>> envelope = Envelope.seal("application/vnd.jejak.act.v1+json", b"{}", key)
    >>> envelope.keyid[:16], Envelope.parse(envelope.data) == envelope
    ('139e3940e64b5491', True)
    >>> envelope.opened_with(key.public).payload
    b'{}'
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from keys.errors import Forged, Malformed
from keys.signing import PrivateKey, PublicKey

#: An envelope is at most this many bytes.
MAX_BYTES = 64_000

_FORM = re.compile(
    rb'\{"payloadType":"([a-zA-Z0-9.+/_-]{1,100})","payload":"([A-Za-z0-9+/]*={0,2})",'
    rb'"signatures":\[\{"keyid":"([0-9a-f]{64})","sig":"([A-Za-z0-9+/]{86}==)"\}\]\}',
    re.ASCII,
)
#: What stands before the payload, and within how many bytes.
_PAYLOAD, _PAYLOAD_WITHIN = b'","payload":"', 130
_ALLOWED = (
    '{"payloadType":"...","payload":"<base64>","signatures":[{"keyid":"<hex>","sig":"<base64>"}]}'
    ", urutan persis begitu, tanpa spasi."
)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that a DSSE signature covers (DSSE v1 protocol, PAE)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope whose framing is right; who signed it is still a claim. :meth:`parse` is its door."""

    data: bytes
    payload_type: str
    unverified_payload: bytes
    keyid: str
    signature: bytes

    @classmethod
    def parse(cls, data: bytes) -> Envelope:
        """Return the envelope these bytes spell, or raise :class:`Malformed` naming the rule."""
        if len(data) > MAX_BYTES:
            raise Malformed(
                "envelope.size",
                f"Amplop {len(data)} bita.",
                allowed=f"Paling besar {MAX_BYTES} bita; lampirkan dokumen lewat sidiknya.",
            )
        form = _FORM.fullmatch(data)
        if form is None:
            raise Malformed("envelope.form", "Amplop tidak berbentuk baku.", allowed=_ALLOWED)
        kind, payload, keyid, signature = form.groups()
        return cls(
            data,
            kind.decode("ascii"),
            decode_base64(payload),
            keyid.decode("ascii"),
            decode_base64(signature),
        )

    @classmethod
    def seal(cls, payload_type: str, payload: bytes, key: PrivateKey) -> Envelope:
        """Return the envelope in which ``key`` signs ``payload``."""
        signature = key.sign(pae(payload_type, payload))
        return cls.parse(
            b'{"payloadType":"%b","payload":"%b","signatures":[{"keyid":"%b","sig":"%b"}]}'
            % (
                payload_type.encode(),
                base64.b64encode(payload),
                key.public.id.encode("ascii"),
                base64.b64encode(signature),
            )
        )

    def opened_with(self, key: PublicKey) -> Opened:
        """Return the payload as ``key``'s own words, or raise :class:`Forged`."""
        return Opened(self, key)


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope whose signature was verified with ``key``; making one is verifying it."""

    envelope: Envelope
    key: PublicKey

    def __post_init__(self) -> None:
        if self.envelope.keyid != self.key.id:
            raise Forged("signature.keyid", "Amplop menyebut kunci lain dari kunci yang dipakai memeriksa.")
        self.key.verify(self.envelope.signature, pae(self.envelope.payload_type, self.envelope.unverified_payload))

    @property
    def payload(self) -> bytes:
        """Return the bytes that were signed."""
        return self.envelope.unverified_payload


def beginning_of(data: bytes, most: int, at: int = 0) -> bytes:
    """Return at most the first ``most`` bytes (a multiple of 3) of the payload in an envelope's bytes, b"" if none.

    The envelope begins at ``at``. Nothing is verified, and a bad rest of the envelope is not noticed; of a good one it
    is how its payload begins.
    """
    found = data.find(_PAYLOAD, at, at + _PAYLOAD_WITHIN)
    if found < 0:
        return b""
    start = found + len(_PAYLOAD)
    limit = start + most // 3 * 4
    end = data.find(b'"', start, limit)
    try:
        return binascii.a2b_base64(data[start : limit if end < 0 else end])
    except binascii.Error:
        return b""


def decode_base64(text: bytes) -> bytes:
    """Return what the one canonical base64 spelling ``text`` means (RFC 4648 §4, pad bits zero)."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise Malformed("base64.form", "Base64 tidak sah.") from None
    # All but the last group of four has one spelling only, and so has that one where nothing is padded.
    if text[-1:] == b"=" and binascii.b2a_base64(data[len(data) - len(data) % 3 :], newline=False) != text[-4:]:
        raise Malformed("base64.canonical", "Base64 tidak baku: bit pengisi harus nol dan '=' lengkap.")
    return data
