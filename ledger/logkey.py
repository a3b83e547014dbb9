"""The log's own signing key at rest: the one private key that a service holds.

One line in the text form of Go's ``note`` package, ``PRIVATE+KEY+<name>+<key id>+<base64(0x01 || seed)>``, in a
file that only its owner may read (0600) and that is never overwritten.
"""

from __future__ import annotations

import base64
from pathlib import Path

from keys.envelope import decode_base64
from keys.errors import Malformed, NotAllowed, NotFound, Unavailable
from keys.signing import PrivateKey
from ledger.note import NoteSigner
from ledger.whole_file import create

_HEAD = "PRIVATE+KEY+"
#: What is to be done about a file that is none, whoever reads it.
_LAY_BACK = "Taruh kembali kunci log dari tempat simpannya (chmod 600); tanpa itu buku besarnya tidak dapat diteruskan."


def write(path: Path, signer: NoteSigner) -> None:
    """Write the key to a new file with mode 0600, whole or not at all, durable when this returns.

    Raises NotAllowed if it exists, Unavailable if it cannot be written.
    """
    material = base64.b64encode(b"\x01" + signer.key.seed()).decode("ascii")
    line = f"{_HEAD}{signer.name}+{signer.vkey.key_id.hex()}+{material}\n"
    try:
        create(path, line.encode("ascii"), 0o600)
    except FileExistsError:
        raise NotAllowed("logkey.exists", f"Berkas kunci log {path.name} sudah ada dan tidak ditimpa.") from None
    except OSError as error:
        raise Unavailable(
            "logkey.storage",
            f"Berkas kunci log {path.name} tidak dapat ditulis.",
            allowed="Periksa foldernya: harus ada, dapat ditulis, dan masih ada ruangnya.",
            cause=str(error),
        ) from error


def read(path: Path) -> NoteSigner:
    """Return the signer kept in this file; raises NotFound, NotAllowed (others may read it) or Malformed."""
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise NotFound(
            "logkey.missing", f"Tidak ada kunci log di {path.parent}.", allowed="Dirikan buku besar dengan jejak found."
        ) from None
    except (OSError, UnicodeDecodeError):
        raise Malformed("logkey.form", f"Berkas kunci log {path} tidak dapat dibaca.", allowed=_LAY_BACK) from None
    if mode & 0o077:
        raise NotAllowed(
            "logkey.mode", "Kunci log dapat dibaca orang lain.", allowed=f"Jalankan: chmod 600 {path.name}"
        )
    try:
        return _parsed(text)
    except Malformed as fault:
        what = f"Berkas kunci log {path} {'rusak' if text else 'kosong'}"
        raise Malformed("logkey.form", f"{what}: {fault.detail}", allowed=_LAY_BACK) from None


def _parsed(text: str) -> NoteSigner:
    parts = text.removesuffix("\n").removeprefix(_HEAD).split("+", 2)
    if not text.startswith(_HEAD) or len(parts) != 3:
        raise Malformed("logkey.form", "Berkas kunci log tidak berbentuk baku.")
    material = decode_base64(parts[2].encode("ascii"))
    if len(material) != 33 or material[0] != 1:
        raise Malformed("logkey.form", "Berkas kunci log bukan kunci Ed25519.")
    signer = NoteSigner(parts[0], PrivateKey.load(material[1:]))
    if signer.vkey.key_id.hex() != parts[1]:
        raise Malformed("logkey.form", "Nomor pengenal kunci log tidak cocok dengan isinya.")
    return signer
