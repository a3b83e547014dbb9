"""Proof of possession: a new key signs, for one ledger and one official, that its owner holds it.

The proof is a DSSE envelope (:mod:`keys.envelope`) of payload type :data:`PAYLOAD_TYPE`, signed by the new
key itself. Its payload is strict JSON with exactly these members, in this order and without white space::

    {"ledger":"<origin line>","official":"<name in the register>","public_key":"<hex of the 32 raw bytes>"}

The type keeps an act or a sign-in from passing for it, ``ledger`` and ``official`` keep it from serving
elsewhere or for somebody else, and ``public_key`` ties the words to the key (RFC 4211 §4 describes such
proofs). It does not prove who the person is (the *berita acara* does that), nor when it was made: the same
proof proves the same thing again. A worked example, executed by a test::

    >>> from keys.signing import PrivateKey
    >>> key = PrivateKey.load(bytes(32))
    >>> proof = prove("contoh.example/jejak", "budi", key)
    >>> Envelope.parse(proof).unverified_payload[:60]
    b'{"ledger":"contoh.example/jejak","official":"budi","public_k'
    >>> public_key = key.public.raw.hex()
    >>> found = check_possession(
    ...     proof, ledger="contoh.example/jejak", official="budi", public_key_hex=public_key
    ... )
    >>> found == key.public
    True
"""

from __future__ import annotations

import re

from keys import strict_json
from keys.envelope import Envelope
from keys.errors import Forged, Malformed
from keys.signing import PrivateKey, PublicKey

PAYLOAD_TYPE = "application/vnd.jejak.possession.v1+json"

_HEX = re.compile(r"[0-9a-f]{64}")
_OTHERS = {
    "ledger": "Bukti pemilikan kunci ini dibuat untuk buku besar lain.",
    "official": "Bukti pemilikan kunci ini dibuat untuk pejabat lain.",
    "public_key": "Bukti pemilikan kunci ini menyebut kunci lain.",
}


def prove(ledger: str, official: str, key: PrivateKey) -> bytes:
    """Return the envelope in which ``key`` says that ``official`` holds it, for the ledger of this origin.

    Raises :class:`Malformed` if a text could not stand in strict JSON.
    """
    return Envelope.seal(PAYLOAD_TYPE, _statement(ledger, official, key.public.raw.hex()), key).data


def check_possession(data: bytes, *, ledger: str, official: str, public_key_hex: str) -> PublicKey:
    """Return the key of 32 raw bytes ``public_key_hex`` if ``data`` proves that ``official`` holds it.

    What must hold, in this order:

    1. the bytes are an envelope, of the payload type of such proofs, and no other;
    2. the key that is to be registered is fit to verify with, and it made the signature;
    3. the payload is, byte for byte, what :func:`prove` writes for this ledger, official and key.

    Raises :class:`Malformed` where bytes are not in the one form, :class:`Forged` where they are but prove
    something else.
    """
    envelope = Envelope.parse(data)
    if envelope.payload_type != PAYLOAD_TYPE:
        raise Forged(
            "possession.type",
            "Tanda tangan ini dibuat untuk keperluan lain, bukan untuk bukti pemilikan kunci.",
        )

    if not _HEX.fullmatch(public_key_hex):
        raise Malformed(
            "key.hex",
            "Kunci publik tidak ditulis dalam bentuk bakunya.",
            allowed="64 angka 0-9 atau huruf a-f.",
        )
    key = PublicKey.load(bytes.fromhex(public_key_hex))
    payload = envelope.opened_with(key).payload

    if payload != _statement(ledger, official, public_key_hex):
        raise _difference(payload, {"ledger": ledger, "official": official, "public_key": public_key_hex})
    return key


def _statement(ledger: str, official: str, public_key_hex: str) -> bytes:
    return strict_json.dumps({"ledger": ledger, "official": official, "public_key": public_key_hex})


def _difference(payload: bytes, expected: dict[str, str]) -> Forged | Malformed:
    said = strict_json.loads(payload)
    if isinstance(said, dict) and said.keys() == expected.keys():
        for name, value in expected.items():
            if said[name] != value:
                return Forged(f"possession.{name}", _OTHERS[name])
    return Malformed(
        "possession.form",
        "Bukti pemilikan kunci tidak berbentuk baku.",
        allowed='{"ledger":"...","official":"...","public_key":"<hex>"}, urutan persis begitu, tanpa spasi.',
    )
