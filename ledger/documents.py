"""Documents: bytes that acts name by their SHA-256, kept beside the log as files.

``<folder>/<first two hex digits>/<hex digest>``. A document is streamed into a temporary file, hashed on the way,
fsynced, renamed to its digest, and its folder fsynced, before the digest is answered; so a digest that was ever
answered can be read after any crash, and a half-written file is never one. Storing the same bytes again is the
same document. The folder belongs to the ledger and is read by no one else.

Whoever streams a document in holds its temporary file locked (``flock``), so what a crash left can be told from what
still comes in, by any process. A file that has its name already may have come there a moment before a crash, and its
name be on no disk yet: so folders are fsynced once more before an act is taken that names a document which this process
did not see settle itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from keys.errors import Forged, Malformed, NotAllowed, NotFound, Unavailable
from keys.fields import DocumentRef

#: A document is at most this many bytes (20 MiB).
MAX_BYTES = 20 * 1024 * 1024
_CHUNK = 64 * 1024
_PREFIX = "sha256:"
_INCOMING = "incoming-"
#: Digests that a process remembers to be settled; when there are more it forgets them, and fsyncs again.
_MOST_SETTLED = 100_000
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


class Documents:
    """The folder of documents. A digest is ``sha256:<hex>``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._settled: set[str] = set()

    def clear_away(self) -> None:
        """Remove what a crash left of documents that were coming in, whoever was killed; those that still come stay."""
        for path in self._folder.glob(f"{_INCOMING}*"):
            with suppress(OSError):
                handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                finally:
                    os.close(handle)

    def store(self, chunks: Iterable[bytes], *, expected: str | None = None) -> tuple[str, int]:
        """Keep the bytes and return their digest and size; durable when this returns.

        Raises Malformed when there are more than :data:`MAX_BYTES` bytes, or when ``expected`` names another
        digest than they have; nothing is kept then.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file, name = self._incoming()
            try:
                with file:
                    digest, size = _copy(chunks, file)
                    file.flush()
                    os.fsync(file.fileno())
                    if expected is not None and digest != expected:
                        raise Malformed(
                            "document.digest",
                            f"Dokumen yang diterima bersidik {digest}, bukan {expected} yang disebut.",
                            allowed="Kirim ulang berkas itu, atau hitung ulang sidiknya.",
                        )
                    self._settle(Path(name), digest)
            finally:
                Path(name).unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(error) from error
        return digest, size

    def _incoming(self) -> tuple[BinaryIO, str]:
        """Return a new file for what comes in, locked so that nobody clears it away, and its name."""
        while True:
            handle, name = tempfile.mkstemp(prefix=_INCOMING, dir=self._folder)
            file = os.fdopen(handle, "wb")
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.fstat(file.fileno()).st_nlink:  # else a process that begins just now was faster
                    return file, name
            except BaseException:
                Path(name).unlink(missing_ok=True)
                file.close()
                raise
            file.close()

    def _settle(self, incoming: Path, digest: str) -> None:
        target = self._path(digest)
        target.parent.mkdir(exist_ok=True)
        os.chmod(incoming, 0o644)
        os.replace(incoming, target)
        self._keep_name(digest)

    def _keep_name(self, digest: str) -> None:
        _fsync_folder(self._path(digest).parent)
        _fsync_folder(self._folder)
        _fsync_folder(self._folder.parent)  # the first document made the folder itself
        if len(self._settled) >= _MOST_SETTLED:
            self._settled.clear()
        self._settled.add(digest)

    def require(self, references: Iterable[DocumentRef]) -> None:
        """Return if every referenced document is here, durable, with the size that is stated.

        Raises NotAllowed where it is not here or has another size, Unavailable where it cannot be made durable.
        """
        for reference in references:
            try:
                size = os.stat(self._name(reference.digest)).st_size
            except OSError:
                raise NotAllowed(
                    "document.unknown",
                    f"Dokumen {reference.name} ({reference.digest}) belum diunggah.",
                    allowed="Unggah dokumennya dahulu, lalu kirim tindakan yang sama.",
                ) from None
            if size != reference.size:
                raise NotAllowed(
                    "document.size",
                    f"Dokumen {reference.name} {size} bita, bukan {reference.size} bita.",
                    allowed=f"Sebut ukurannya yang benar: {size}.",
                )
            if reference.digest not in self._settled:
                try:
                    self._keep_name(reference.digest)
                except OSError as error:
                    raise _unwritable(error) from error

    def holds(self, digest: str) -> bool:
        """Tell whether a document is here; nothing is here under what is no digest."""
        try:
            return self._path(digest).is_file()
        except Malformed:
            return False

    @contextmanager
    def open(self, digest: str) -> Iterator[BinaryIO]:
        """Yield the document's bytes to read; raises NotFound when it is not here."""
        path = self._path(digest)
        if path.parent.is_symlink():
            raise Forged("document.altered", f"Dokumen {digest} disimpan di luar foldernya.")
        try:
            # Neither a link out of the folder nor a pipe that never ends is a document.
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            raise NotFound("document.unknown", f"Dokumen {digest} tidak ada di sini.") from None
        except OSError:
            raise Forged("document.altered", f"Dokumen {digest} bukan berkas biasa, atau tidak terbaca.") from None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Forged("document.altered", f"Dokumen {digest} bukan berkas biasa.")
        with os.fdopen(handle, "rb") as file:
            yield file

    def read(self, digest: str) -> bytes:
        """Return the document's bytes, checked against the digest; raises NotFound or Forged."""
        with self.open(digest) as file:
            try:
                data = file.read(MAX_BYTES + 1)
            except OSError:
                raise Forged("document.altered", f"Berkas dokumen {digest} tidak dapat dibaca.") from None
        if _PREFIX + hashlib.sha256(data).hexdigest() != digest:
            raise Forged("document.altered", f"Isi dokumen {digest} sudah berubah sejak disimpan.")
        return data

    def _path(self, digest: str) -> Path:
        return Path(self._name(digest))

    def _name(self, digest: str) -> str:
        """Return the name of a document's file; a :class:`Path` would take longer to make than to be asked for."""
        if _DIGEST.fullmatch(digest) is None:
            raise Malformed(
                "document.digest",
                "Sidik dokumen tidak berbentuk baku.",
                allowed="sha256: dan 64 angka heksa.",
            )
        hexed = digest[len(_PREFIX) :]
        return f"{self._folder}/{hexed[:2]}/{hexed}"


def digest_of(data: bytes) -> str:
    """Return the content address of ``data``."""
    return _PREFIX + hashlib.sha256(data).hexdigest()


def _unwritable(error: OSError) -> Unavailable:
    return Unavailable(
        "document.storage",
        "Dokumen belum tersimpan: penyimpanan tidak dapat ditulis.",
        allowed="Coba lagi, atau hubungi pengelola.",
        cause=str(error),
    )


def _copy(chunks: Iterable[bytes], file: BinaryIO) -> tuple[str, int]:
    hashed, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_BYTES:
            raise Malformed(
                "document.too_large",
                "Dokumen terlalu besar.",
                allowed=f"Paling besar {MAX_BYTES // (1024 * 1024)} MiB.",
            )
        hashed.update(chunk)
        file.write(chunk)
    return _PREFIX + hashed.hexdigest(), size


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
