r"""Signed notes: text with lines of signatures under it (C2SP signed-note), Ed25519 only.

The form: the text, ending in a newline; an empty line; one or more signature lines::

    — <key name> <base64(key id || signature)>

All is UTF-8 without control characters (below U+0020) but newline. The *last* empty line separates text and
signatures; the final newline of the text is signed, the empty line is not. A key name is not empty and has
neither white space nor ``+``. The key id is four bytes, and a *vkey* is how a key is written down::

    key id = SHA-256(name || 0x0A || type || public key)[:4]
    vkey   = <name>+<hex(key id)>+<base64(type || public key)>          type 0x01 is Ed25519

Name and id together name a key. Lines of other keys prove nothing and are kept apart, unverified; a line of a
key we know must verify, or the whole note is refused. Narrower than the specification: base64 has one
spelling (pad bits zero), a known key signs at most once, names of vkeys have at most 255 bytes, notes at most
:data:`MAX_BYTES` bytes and :data:`MAX_SIGNATURES` signatures. What is accepted is what formatting yields.

A worked example with the specification's own note, executed by a test::

    >>> vkey = VerifierKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    >>> note = open_note(
    ...     "This is an example message.\n"
    ...     "\n"
    ...     "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuw"
    ...     "HjG1Yu72IneyaQM=\n".encode(),
    ...     [vkey],
    ... )
    >>> note.text, [line.name for line in note.signatures], note.unverified
    ('This is an example message.\n', ['example.com/foo'], ())
    >>> from keys.signing import PrivateKey
    >>> signer = NoteSigner("kalipare.malangkab.example/jejak", PrivateKey.load(bytes(32)))
    >>> str(signer.vkey)
    'kalipare.malangkab.example/jejak+910a3762+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
    >>> open_note(sign("Jejak.\n", signer), [signer.vkey]).text
    'Jejak.\n'
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from keys.envelope import decode_base64
from keys.errors import Forged, Malformed
from keys.signing import PUBLIC_KEY_BYTES, PrivateKey, PublicKey

#: A note is at most this many bytes: room for sixteen signatures of 5 kB, which the specification asks for.
MAX_BYTES = 128 * 1024
#: A note has at most this many signatures.
MAX_SIGNATURES = 100
#: The name of a key we know is at most this many bytes (C2SP tlog-cosignature).
MAX_NAME_BYTES = 255
#: The signature type of plain Ed25519.
ED25519 = 0x01

_KEY_ID_BYTES = 4
_DASH = "— ".encode()
_NOT_IN_NAME = re.compile(r"[+\s]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{4,200}={0,2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name and the public key pinned to it; ``key_id`` is the four bytes that its signatures begin with."""

    #: The signature type; a type that signs another message has a class of its own.
    KIND: ClassVar[int] = ED25519

    name: str
    key: PublicKey
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        hashed = b"%b\n%c%b" % (check_name(self.name).encode(), self.KIND, self.key.raw)
        object.__setattr__(self, "key_id", hashlib.sha256(hashed).digest()[:_KEY_ID_BYTES])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key that a vkey spells, or raise :class:`Malformed`."""
        form = _VKEY.fullmatch(text)
        if form is None:
            raise Malformed(
                "note.vkey",
                "Kunci pemeriksa tidak berbentuk baku.",
                allowed="Salin utuh: nama, tanda +, delapan angka heksadesimal, tanda +, isi kunci.",
            )
        name, claimed, encoded = form.groups()
        material = decode_base64(encoded.encode("ascii"))
        if len(material) != 1 + PUBLIC_KEY_BYTES or material[0] != cls.KIND:
            raise Malformed("note.vkey_type", "Jenis kunci pemeriksa ini tidak dipakai di sini.")
        key = cls(name, PublicKey.load(material[1:]))
        if key.key_id.hex() != claimed:
            raise Malformed(
                "note.vkey_id",
                "Nomor pengenal kunci pemeriksa tidak cocok dengan nama dan isinya.",
                allowed="Salin ulang kunci pemeriksa dari sumbernya.",
            )
        return key

    def __str__(self) -> str:
        material = base64.b64encode(bytes([self.KIND]) + self.key.raw).decode("ascii")
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def verify(self, signature: bytes, text: bytes) -> None:
        """Return if ``signature`` is this key's over the note's text, else raise :class:`Forged`."""
        self.key.verify(signature, text)


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """What one signature line says; by itself it proves nothing."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        _check_signer_name(self.name)
        if len(self.key_id) != _KEY_ID_BYTES or not self.signature:
            raise _bad_line()

    @classmethod
    def parse(cls, line: bytes) -> SignatureLine:
        """Return what a line (without its newline) says, or raise :class:`Malformed`."""
        parts = line.removeprefix(_DASH).split(b" ")
        if not line.startswith(_DASH) or len(parts) != 2:
            raise _bad_line()
        value = decode_base64(parts[1])
        return cls(_utf8(parts[0]), value[:_KEY_ID_BYTES], value[_KEY_ID_BYTES:])

    def __bytes__(self) -> bytes:
        value = base64.b64encode(self.key_id + self.signature)
        return b"%b%b %b\n" % (_DASH, self.name.encode(), value)


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private key under the name with which it signs notes."""

    name: str
    key: PrivateKey
    vkey: VerifierKey = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "vkey", VerifierKey(self.name, self.key.public))

    def sign(self, text: str) -> SignatureLine:
        """Return the signature line over ``text``, or raise :class:`Malformed` if it cannot be a note's."""
        return SignatureLine(self.name, self.vkey.key_id, self.key.sign(_note_text(text)))


@dataclass(frozen=True, slots=True)
class Note:
    """A note that a known key signed; making one is verifying it.

    ``text`` is what the keys of ``signatures`` signed; ``unverified`` are lines of keys that were not given.
    Raises what :func:`open_note` raises.
    """

    data: bytes
    vkeys: tuple[VerifierKey, ...] = field(repr=False)
    text: str = field(init=False)
    signatures: tuple[SignatureLine, ...] = field(init=False)
    unverified: tuple[SignatureLine, ...] = field(init=False)

    def __post_init__(self) -> None:
        known = {(vkey.name, vkey.key_id): vkey for vkey in self.vkeys}
        if not known:
            raise Malformed("note.no_verifier", "Tidak ada kunci pemeriksa yang diberikan.")
        if len(known) != len(self.vkeys):
            raise Malformed("note.ambiguous", "Dua kunci pemeriksa memakai nama dan pengenal yang sama.")
        text, lines = parse_unverified(self.data)
        mine = [line for line in lines if (line.name, line.key_id) in known]
        if len({(line.name, line.key_id) for line in mine}) != len(mine):
            raise Malformed("note.duplicate", "Satu kunci menandatangani naskah ini dua kali.")
        for line in mine:
            try:
                known[line.name, line.key_id].verify(line.signature, text.encode())
            except Forged:
                raise Forged(
                    "note.signature",
                    f"Tanda tangan {line.name} tidak cocok dengan isi naskah.",
                    key=line.name,
                ) from None
        if not mine:
            raise Forged("note.unsigned", "Tidak ada tanda tangan dari kunci yang dikenal pada naskah ini.")
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "signatures", tuple(mine))
        object.__setattr__(self, "unverified", tuple(line for line in lines if line not in mine))


def sign(text: str, *signers: NoteSigner) -> bytes:
    """Return the note in which ``signers`` sign ``text``, or raise :class:`Malformed`."""
    data = b"%b\n%b" % (_note_text(text), b"".join(bytes(signer.sign(text)) for signer in signers))
    if len({(signer.name, signer.vkey.key_id) for signer in signers}) != len(signers):
        raise Malformed("note.duplicate", "Satu kunci menandatangani naskah ini dua kali.")
    parse_unverified(data)
    return data


def open_note(data: bytes, vkeys: Sequence[VerifierKey]) -> Note:
    """Return the note that these bytes spell, verified.

    Raises :class:`Forged` if no key of ``vkeys`` signed it or a signature in the name of one does not hold,
    and :class:`Malformed` if the bytes are not a note, a known key signed twice, or ``vkeys`` is empty or
    names one key twice.
    """
    return Note(data, tuple(vkeys))


def parse_unverified(data: bytes) -> tuple[str, tuple[SignatureLine, ...]]:
    """Return text and signature lines of a well-formed note, of which nothing is verified.

    Raises :class:`Malformed`. Appending another line's bytes to ``data`` adds a signature to the note.
    """
    if len(data) > MAX_BYTES:
        raise Malformed("note.size", f"Naskah {len(data)} bita.", allowed=f"Paling besar {MAX_BYTES} bita.")
    _check_characters(_utf8(data))
    text, gap, rest = data.rpartition(b"\n\n")
    if not gap or not rest.endswith(b"\n"):
        raise Malformed(
            "note.form",
            "Naskah bertanda tangan tidak berbentuk baku.",
            allowed="Isi, satu baris kosong, lalu baris tanda tangan; setiap baris diakhiri ganti baris.",
        )
    lines = rest[:-1].split(b"\n")
    if len(lines) > MAX_SIGNATURES:
        raise Malformed("note.signatures", f"Naskah ini lebih dari {MAX_SIGNATURES} tanda tangan.")
    return _utf8(text + b"\n"), tuple(SignatureLine.parse(line) for line in lines)


def check_name(name: str) -> str:
    """Return the name of a key or the origin of a log, or raise :class:`Malformed`."""
    if len(_check_signer_name(name).encode()) > MAX_NAME_BYTES:
        raise Malformed("note.name", f"Nama kunci paling panjang {MAX_NAME_BYTES} bita.")
    return name


def _check_signer_name(name: str) -> str:
    if not name or _NOT_IN_NAME.search(name):
        raise Malformed("note.name", "Nama kunci tidak boleh kosong, memuat spasi, atau memuat tanda +.")
    _encoded(_check_characters(name))
    return name


def _note_text(text: str) -> bytes:
    if not text.endswith("\n"):
        raise Malformed("note.form", "Isi naskah harus diakhiri ganti baris.")
    return _encoded(_check_characters(text))


def _check_characters(text: str) -> str:
    found = _CONTROL.search(text)
    if found:
        raise Malformed("note.character", f"Naskah memuat karakter terlarang U+{ord(found.group()):04X}.")
    return text


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise _not_utf8() from None


def _utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _not_utf8() from None


def _not_utf8() -> Malformed:
    return Malformed("note.utf8", "Naskah bukan teks UTF-8 yang sah.")


def _bad_line() -> Malformed:
    return Malformed(
        "note.signature_line",
        "Baris tanda tangan tidak berbentuk baku.",
        allowed="Tanda —, nama kunci, dan isi tanda tangan, masing-masing dipisah satu spasi.",
    )
