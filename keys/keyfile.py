"""An official's private key at rest: one file, opened by a passphrase, in a browser and in Python alike.

The file is one JSON object in one byte form: ASCII, members in this order, no white space, no line feed at
the end, at most :data:`MAX_BYTES` bytes (broken here after commas only to be readable)::

    {"format":"jejak.key/1",
     "official":"<label>",                        1 to 100 of A-Z a-z 0-9 . / _ -, first a letter or digit
     "key_id":"<hex>",                            SHA-256 of the raw public key
     "public_key":"<hex>",                        32 raw bytes
     "kdf":{"name":"PBKDF2-SHA256",
            "iterations":600000,                  600000 to 5000000
            "salt":"<base64>"},                   16 bytes
     "cipher":{"name":"AES-256-GCM",
               "nonce":"<base64>"},               12 bytes
     "sealed":"<base64>"}                         48 bytes: 32 of ciphertext, then the tag of 16

Hex is lower-case; base64 is the standard alphabet, padded, pad bits zero (RFC 4648 §4). Fewer iterations are
refused because somebody may have lowered them to guess faster (600,000 is OWASP's figure for PBKDF2-SHA256),
more because opening would take forever.

To open it, in any language (names of WebCrypto in brackets):

1. Passphrase: Unicode NFC, nothing trimmed or folded, then UTF-8 [``text.normalize("NFC")``,
   ``TextEncoder``]. A passphrase with a lone surrogate is refused: UTF-8 cannot write it, and browsers would
   quietly replace it.
2. Key: 32 bytes of PBKDF2-HMAC-SHA256 with salt and iterations (RFC 8018 §5.2) [``importKey("raw", ...,
   "PBKDF2")``, ``deriveBits({name: "PBKDF2", hash: "SHA-256", salt, iterations}, ..., 256)``].
3. Associated data: the ASCII lines ``jejak.key/1``, public_key (its hex) and official, joined by line feeds
   (U+000A), none at the end. Salt and iterations are bound through the key, the nonce through the cipher,
   key_id is recomputed: no member can be exchanged.
4. Seed: AES-256-GCM with a tag of 128 bits (NIST SP 800-38D) [``decrypt({name: "AES-GCM", iv: nonce,
   additionalData, tagLength: 128}, ...)`` of sealed as it is].
5. The seed's public key (RFC 8032 §5.1.5) must be ``public_key``. WebCrypto imports a seed as PKCS #8: the
   bytes 302e020100300506032b657004220420 (hex), then the seed; where the public key cannot be read back, sign
   something and verify it with ``public_key``.

A new passphrase has 12 to 1,000 characters (code points after NFC; NIST SP 800-63B asks for length, not for
kinds of characters). A wrong one cannot be told from an altered file, so both get the same words.

A worked example, executed by a test::

    >>> key = PrivateKey.load(bytes(32))
    >>> words = "kuda besi minum kopi"
    >>> data = seal(key, words, official="budi", salt=bytes(16), nonce=bytes(12))
    >>> for start in range(0, len(data), 90):
    ...     print(data[start : start + 90].decode())
    {"format":"jejak.key/1","official":"budi","key_id":"139e3940e64b5491722088d9a0d741628fc826
    e09475d341a780acde3c4b8070","public_key":"3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a6
    3ac048a18b59da29","kdf":{"name":"PBKDF2-SHA256","iterations":600000,"salt":"AAAAAAAAAAAAAA
    AAAAAAAA=="},"cipher":{"name":"AES-256-GCM","nonce":"AAAAAAAAAAAAAAAA"},"sealed":"Ej4jOgM3
    s/DzCjQM9Qlc9eLgjdQKu2y1X++nHi7oyyKz2mGbuWdEh0VLMzjU1bGP"}
    >>> opened = open_keyfile(data, words)
    >>> opened.official, opened.key == key
    ('budi', True)
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import shlex
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.envelope import decode_base64
from keys.errors import Forged, JejakError, Malformed, NotAllowed, NotFound, Unavailable
from keys.signing import PrivateKey, PublicKey

FORMAT = "jejak.key/1"
MAX_BYTES = 4096
ITERATIONS = 600_000
MAX_ITERATIONS = 5_000_000
SALT_BYTES = 16
NONCE_BYTES = 12
MIN_PASSPHRASE = 12
MAX_PASSPHRASE = 1000

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,99}")
_FORM = re.compile(
    rb'\{"format":"jejak\.key/1","official":"([A-Za-z0-9][A-Za-z0-9./_-]{0,99})",'
    rb'"key_id":"([0-9a-f]{64})","public_key":"([0-9a-f]{64})",'
    rb'"kdf":\{"name":"PBKDF2-SHA256","iterations":([1-9][0-9]{0,9}),"salt":"([A-Za-z0-9+/]{22}==)"\},'
    rb'"cipher":\{"name":"AES-256-GCM","nonce":"([A-Za-z0-9+/]{16})"\},"sealed":"([A-Za-z0-9+/]{64})"\}'
)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file whose framing is right, still closed; :meth:`parse` is its door.

    Until it is opened, whose it is (``official``) and which key it holds (``public``) are claims.
    """

    official: str
    public: PublicKey
    iterations: int
    salt: bytes
    nonce: bytes
    sealed: bytes

    @classmethod
    def parse(cls, data: bytes) -> KeyFile:
        """Return the closed key file these bytes spell, or raise :class:`Malformed` or NotAllowed."""
        _check_size(data)
        form = _FORM.fullmatch(data)
        if form is None:
            raise Malformed(
                "keyfile.form",
                "Ini bukan berkas kunci Jejak, atau isinya rusak.",
                allowed="Pilih berkas kunci yang asli, tanpa diubah sedikit pun.",
            )
        official, key_id, public_key, iterations, salt, nonce, sealed = form.groups()
        public = PublicKey.load(bytes.fromhex(public_key.decode("ascii")))
        if public.id != key_id.decode("ascii"):
            raise Malformed("keyfile.key_id", "Berkas kunci rusak: sidik kunci tidak cocok dengan kuncinya.")
        if not ITERATIONS <= int(iterations) <= MAX_ITERATIONS:
            raise NotAllowed(
                "keyfile.iterations",
                "Tingkat pengamanan berkas kunci ini di luar batas; mungkin berkas ini diubah orang.",
                allowed=f"Pengulangan antara {ITERATIONS} dan {MAX_ITERATIONS} kali.",
            )
        return cls(
            official.decode("ascii"),
            public,
            int(iterations),
            decode_base64(salt),
            decode_base64(nonce),
            decode_base64(sealed),
        )

    def opened_with(self, passphrase: str) -> OpenedKey:
        """Return the key inside, or raise NotAllowed (wrong passphrase or altered file) or Forged."""
        cipher = AESGCM(_derive(_normal(passphrase), self.salt, self.iterations))
        try:
            seed = cipher.decrypt(self.nonce, self.sealed, _associated(self.public, self.official))
        except InvalidTag:
            raise NotAllowed(
                "keyfile.passphrase",
                "Kata sandi salah, atau berkas kunci sudah diubah; keduanya tidak dapat dibedakan.",
                allowed="Ketik ulang dengan teliti; bila tetap gagal, pakai salinan cadangan berkasnya.",
            ) from None
        key = PrivateKey.load(seed)
        if key.public != self.public:
            raise Forged("keyfile.public_key", "Berkas kunci menyebut kunci publik lain dari kunci di dalamnya.")
        return OpenedKey(self.official, key)


@dataclass(frozen=True, slots=True)
class OpenedKey:
    """A private key and the label of the official in whose key file it was sealed."""

    official: str
    key: PrivateKey


def seal(key: PrivateKey, passphrase: str, *, official: str, salt: bytes, nonce: bytes) -> bytes:
    """Return the key file of ``key`` for this passphrase.

    ``salt`` (16 bytes) and ``nonce`` (12 bytes) must be new random bytes each time. Raises NotAllowed for a
    passphrase that is too short or too long, :class:`Malformed` for other arguments.
    """
    words = _normal(passphrase)
    if not MIN_PASSPHRASE <= len(words) <= MAX_PASSPHRASE:
        raise NotAllowed(
            "keyfile.passphrase_length",
            f"Kata sandi {len(words)} karakter.",
            allowed=f"{MIN_PASSPHRASE} sampai {MAX_PASSPHRASE} karakter, misalnya empat kata yang acak.",
        )
    if not _LABEL.fullmatch(official):
        raise Malformed(
            "keyfile.official",
            "Nama pemilik pada berkas kunci tidak sah.",
            allowed="1 sampai 100 huruf A-Z, angka, atau tanda . / _ - tanpa spasi.",
        )
    if len(salt) != SALT_BYTES or len(nonce) != NONCE_BYTES:
        raise Malformed("keyfile.randomness", "Bilangan acak untuk berkas kunci salah panjangnya.")
    sealed = AESGCM(_derive(words, salt, ITERATIONS)).encrypt(nonce, key.seed(), _associated(key.public, official))
    return (
        b'{"format":"%b","official":"%b","key_id":"%b","public_key":"%b",'
        b'"kdf":{"name":"PBKDF2-SHA256","iterations":%d,"salt":"%b"},'
        b'"cipher":{"name":"AES-256-GCM","nonce":"%b"},"sealed":"%b"}'
    ) % (
        FORMAT.encode("ascii"),
        official.encode("ascii"),
        key.public.id.encode("ascii"),
        key.public.raw.hex().encode("ascii"),
        ITERATIONS,
        base64.b64encode(salt),
        base64.b64encode(nonce),
        base64.b64encode(sealed),
    )


def open_keyfile(data: bytes, passphrase: str) -> OpenedKey:
    """Return the key in this key file.

    Raises :class:`Malformed` (not a key file), NotAllowed (iterations out of bounds; wrong passphrase or
    altered file) or Forged (the key inside is not the one the file names).
    """
    return KeyFile.parse(data).opened_with(passphrase)


def write_keyfile(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a new key file that only its owner may read (mode 0600, POSIX), durably, and never over another.

    Raises :class:`Malformed` if ``data`` is no key file, NotAllowed if the path is taken or forbidden,
    NotFound if the folder is missing, Unavailable if the disk fails; after a failure nothing of it is left.
    """
    KeyFile.parse(data)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise NotAllowed(
            "keyfile.exists",
            f"Sudah ada berkas di {_shown(path)}; berkas kunci tidak pernah ditimpa.",
            allowed="Pilih nama lain.",
        ) from None
    except (OSError, ValueError) as error:
        raise _fault(error, path) from None
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o600)  # the umask can only have taken rights away
            file.write(data)
            file.flush()
            os.fsync(handle)
        _sync_folder(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(path)
        if isinstance(error, OSError):
            raise _fault(error, path) from None
        raise


def read_keyfile(path: str | os.PathLike[str]) -> bytes:
    """Return the bytes of a key file that nobody but its owner may read or change (POSIX).

    Raises NotFound, Unavailable if the disk fails, NotAllowed if this user may not read it or the group or
    others have any access, :class:`Malformed` if it is no plain file or more than :data:`MAX_BYTES` bytes.
    """
    try:
        # Without O_NONBLOCK opening a FIFO would wait for somebody to write into it.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            mode = os.fstat(handle).st_mode
            data = os.read(handle, MAX_BYTES + 1) if stat.S_ISREG(mode) else b""
        finally:
            os.close(handle)
    except (OSError, ValueError) as error:
        raise _fault(error, path) from None
    if not stat.S_ISREG(mode):
        raise Malformed("keyfile.form", f"{_shown(path)} bukan berkas.", allowed="Pilih berkas kunci Jejak.")
    if mode & 0o077:
        raise NotAllowed(
            "keyfile.mode",
            f"Berkas kunci {_shown(path)} dapat dibuka pengguna lain di komputer ini.",
            allowed=f"Tutup dulu dengan perintah: chmod 600 {_shown(path)}",
        )
    _check_size(data)
    return data


def _check_size(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise Malformed(
            "keyfile.size",
            f"Berkas kunci lebih dari {MAX_BYTES} bita.",
            allowed="Pilih berkas kunci Jejak; isinya hanya beberapa baris.",
        )


def _normal(passphrase: str) -> str:
    words = unicodedata.normalize("NFC", passphrase)
    try:
        words.encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed(
            "keyfile.passphrase_text",
            "Kata sandi memuat karakter yang rusak.",
            allowed="Ketik kata sandi langsung dari papan ketik.",
        ) from None
    return words


def _derive(words: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", words.encode("utf-8"), salt, iterations, 32)


def _associated(public: PublicKey, official: str) -> bytes:
    return "\n".join((FORMAT, public.raw.hex(), official)).encode("ascii")


def _sync_folder(path: str | os.PathLike[str]) -> None:
    handle = os.open(Path(path).parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _shown(path: str | os.PathLike[str]) -> str:
    return shlex.quote(os.fspath(path).encode("utf-8", "replace").decode("utf-8"))


def _fault(error: OSError | ValueError, path: str | os.PathLike[str]) -> JejakError:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return NotFound(
            "keyfile.not_found",
            f"Berkas kunci atau foldernya tidak ditemukan: {_shown(path)}.",
            allowed="Periksa tulisan nama berkas dan foldernya.",
        )
    if isinstance(error, PermissionError):
        return NotAllowed(
            "keyfile.permission",
            f"Anda tidak diberi izin oleh komputer ini untuk {_shown(path)}.",
            allowed="Pakai folder milik sendiri.",
        )
    if isinstance(error, OSError):
        return Unavailable(
            "keyfile.disk",
            f"Berkas kunci {_shown(path)} gagal dibaca atau ditulis.",
            allowed="Periksa sisa ruang dan keadaan penyimpanan, lalu coba lagi.",
            errno=error.errno,
        )
    return Malformed("keyfile.path", "Nama berkas kunci memuat karakter yang tidak sah.")
