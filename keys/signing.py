"""Ed25519 (RFC 8032): one rule everywhere, and every verifier in use accepts what it accepts.

A key id is the lower-case hex SHA-256 of the raw 32-byte public key. A public key is refused when it is not
the one encoding of a point on the curve (RFC 8032 §5.1.3) or when that point has small order: for such a key
signatures can be made by anyone (``cryptography`` loads them and then accepts the forgeries). A signature is
refused where S is not below the group order L (RFC 8032 §5.1.7), where R has small order, and where R is not, to the
bit, the encoding of [S]B - [k]A: the equation without the cofactor, as OpenSSL and browsers hold it. With the cofactor
a dishonest signer could make signatures that hold here and nowhere else.

libsodium verifies, in half of the time that OpenSSL takes (docs/adr/0021-libsodium-verifies.md); OpenSSL signs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from keys.errors import Forged, Malformed

PUBLIC_KEY_BYTES = 32
SEED_BYTES = 32
SIGNATURE_BYTES = 64

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
# y of the points of order 8 (RFC 8032 curve); with 0, 1 and -1 they are all y of small order.
_Y8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _Y8, _P - _Y8})


def _jacobi(a: int, n: int) -> int:
    """Return the Jacobi symbol (a/n) for odd n: for a prime n, 1 where a is a square modulo n (HAC 2.149).

    Far cheaper than Euler's power; a register is folded from all the keys that it ever had.
    """
    sign = 1
    while a:
        twos = (a & -a).bit_length() - 1
        a >>= twos
        if twos & 1 and n & 7 in (3, 5):
            sign = -sign
        if a & n & 2:  # both are 3 modulo 4
            sign = -sign
        a, n = n % a, a
    return sign if n == 1 else 0


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that is fit to verify with; only :meth:`load` makes one."""

    raw: bytes
    id: str

    @classmethod
    def load(cls, raw: bytes) -> PublicKey:
        """Return the key whose 32 raw bytes these are, or raise :class:`Malformed`."""
        raw = bytes(memoryview(raw))  # a view may count in other units; bytes() alone makes zeros of a number
        if len(raw) != PUBLIC_KEY_BYTES:
            raise Malformed("key.length", f"Kunci publik {len(raw)} bita; kunci Ed25519 harus {PUBLIC_KEY_BYTES} bita.")
        encoded = int.from_bytes(raw, "little")
        y = encoded & ((1 << 255) - 1)
        if y >= _P:
            raise Malformed("key.canonical", "Kunci publik tidak ditulis dalam bentuk bakunya.")
        if y in _SMALL_ORDER_Y:
            raise Malformed("key.weak", "Kunci publik lemah: siapa pun dapat membuat tanda tangan untuk kunci ini.")
        if _jacobi((y * y - 1) * (_D * y * y + 1) % _P, _P) != 1:  # u/v is a square where u*v is one
            raise Malformed("key.point", "Kunci publik bukan titik pada kurva Ed25519.")
        return cls(raw, hashlib.sha256(raw).hexdigest())

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if ``signature`` (64 bytes) is this key's over ``message``, else raise :class:`Forged`."""
        signature = bytes(memoryview(signature))
        if len(signature) != SIGNATURE_BYTES or int.from_bytes(signature[32:], "little") >= _L:
            raise Forged("signature.form", "Tanda tangan tidak berbentuk baku (Ed25519, S < L).")
        try:
            crypto_sign_open(signature + message, self.raw)
        except BadSignatureError:
            raise Forged("signature.invalid", "Tanda tangan tidak cocok dengan isi dan kunci yang disebut.") from None


def fingerprint(public: PublicKey) -> str:
    """Return a key id in groups of four, as it is printed on a berita acara and compared aloud."""
    return in_fours(public.id)


def in_fours(digits: str) -> str:
    """Return hex digits in groups of four, as people compare them."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A signing key; its seed never appears in a repr."""

    public: PublicKey
    _key: Ed25519PrivateKey = field(repr=False, compare=False)

    @classmethod
    def generate(cls) -> PrivateKey:
        """Return a new key from the operating system's randomness."""
        return cls._of(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, seed: bytes) -> PrivateKey:
        """Return the key of this 32-byte seed (RFC 8032 §5.1.5)."""
        if len(seed) != SEED_BYTES:
            raise Malformed("key.length", f"Kunci pribadi {len(seed)} bita; harus {SEED_BYTES} bita.")
        return cls._of(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def _of(cls, key: Ed25519PrivateKey) -> PrivateKey:
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return cls(PublicKey.load(raw), key)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature over ``message`` (deterministic, RFC 8032 §5.1.6)."""
        return self._key.sign(message)

    def seed(self) -> bytes:
        """Return the 32 secret bytes, for sealing into a key file."""
        return self._key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
