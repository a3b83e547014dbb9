"""What a client remembers of a ledger: what it pinned, and how far it has verified the log.

A folder of plain files, each written beside, fsynced and renamed, so that a crash leaves the old or the new::

    pins.json              {"vkey":"<the log's vkey>","founding":"<hex leaf hash of leaf 0>"}, written once; the
                           founders' own file may also name ``origin`` and whether the ledger is ``synthetic``
    checkpoint             the newest checkpoint that was verified, verbatim
    heads/<stream>         "<version> <leaf hash> <leaf index>" of the newest act of a stream that was verified
    pending/<sha256>.json  envelopes that were signed and whose receipt has not been verified yet
    refused/<sha256>.json  envelopes that the service refused: it has them all the same, and may yet record them
    evidence/<sha256>/     what a service showed that contradicts what it showed before: never removed by us

Only ``pins.json`` comes from a person. Several processes may share a folder: whoever moves the checkpoint holds the
lock (``flock`` on ``lock``), never while a service is asked. Raises Unavailable where the folder cannot be read or
written.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from keys import strict_json
from keys.errors import JejakError, Malformed, NotAllowed, NotFound, Unavailable
from keys.fields import Fact, LeafHash
from keys.signing import in_fours
from ledger import whole_file
from ledger.checkpoint import SignedCheckpoint, open_checkpoint
from ledger.note import VerifierKey

_HEAD = re.compile(r"([1-9][0-9]{0,15}) ([0-9a-f]{64}) (0|[1-9][0-9]{0,15})\n", re.ASCII)


class Pins(Fact):
    """What a person checked outside the ledger: the log's key and the leaf hash of leaf 0."""

    origin: str | None = None
    vkey: str
    founding: LeafHash
    synthetic: bool | None = None

    @classmethod
    def parse(cls, data: bytes) -> Pins:
        """Return the pins these bytes spell, or raise Malformed."""
        pins = cls.read(strict_json.loads(data), "client.pins", "Berkas patokan")
        if pins.origin not in (None, VerifierKey.parse(pins.vkey).name):
            raise Malformed("client.pins", "Berkas patokan menyebut buku besar lain dari kuncinya.")
        return pins

    def format(self) -> bytes:
        """Return the bytes that :meth:`parse` reads back."""
        return strict_json.dumps(self.plain()) + b"\n"

    @property
    def fingerprint(self) -> str:
        """Return 16 bytes of SHA-256 of both, in groups of four hex digits, as people compare them with a card."""
        return in_fours(hashlib.sha256(f"{self.vkey}\n{self.founding}\n".encode()).hexdigest()[:32])


@dataclass(frozen=True, slots=True)
class RememberedHead:
    """The newest act of a stream that was verified: version, leaf hash (hex), leaf index."""

    version: int
    leaf: str
    index: int


class Remembered:
    """The memory in a folder; :meth:`open` and :meth:`pin` are its doors."""

    def __init__(self, folder: Path, pins: Pins) -> None:
        self.folder = folder
        self.pins = pins
        self.vkey = VerifierKey.parse(pins.vkey)
        self.founding = bytes.fromhex(pins.founding)
        self._mutex = threading.RLock()
        self._held = 0

    @classmethod
    def open(cls, folder: Path) -> Remembered:
        """Return the memory kept in ``folder``; NotFound where nothing was pinned, Malformed if it is damaged."""
        data = read_kept(folder / "pins.json")
        if data is None:
            raise NotFound(
                "client.unpinned",
                "Kunci buku besar ini belum dipatok di komputer ini, jadi tidak ada yang dapat diperiksa.",
                allowed="Pakai --pin dengan berkas dari pendiri, atau --vkey dan --founding.",
            )
        return cls(folder, Pins.parse(data))

    @classmethod
    def pin(cls, folder: Path, pins: Pins) -> Remembered:
        """Return the memory in ``folder``, pinned to these; NotAllowed if it was pinned to others."""
        VerifierKey.parse(pins.vkey)
        before = read_kept(folder / "pins.json")
        if before is None:
            write_kept(folder / "pins.json", pins.format())
        elif ((known := Pins.parse(before)).vkey, known.founding) != (pins.vkey, pins.founding):
            raise NotAllowed(
                "client.pinned",
                "Patokan yang disebut lain dari yang sudah dipatok di komputer ini.",
                allowed=f"Tanyakan kepada pendiri mana yang benar. Patokan sekarang tersimpan di {folder}.",
            )
        return cls(folder, pins)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Hold the lock: inside, nobody else moves the checkpoint. May be nested."""
        with self._mutex:
            if self._held:
                yield
                return
            with told(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                with told(self.folder):
                    fcntl.flock(handle, fcntl.LOCK_EX)
                self._held += 1
                yield
            finally:
                self._held = 0
                os.close(handle)

    def newest(self) -> SignedCheckpoint | None:
        """Return the newest verified checkpoint, verified again, or None at first contact."""
        data = read_kept(self.folder / "checkpoint")
        return None if data is None else open_checkpoint(data, self.vkey)

    def move(self, old: SignedCheckpoint | None, new: SignedCheckpoint) -> bool:
        """Make ``new``, which the caller found to continue ``old``, the newest one; durable when this returns True.

        False if the newest one is no longer ``old``: somebody else moved it, and ``new`` must fit on that one.
        """
        with self.holding():
            now = self.newest()
            if (now and now.data) != (old and old.data):
                return False
            if new is not old:
                write_kept(self.folder / "checkpoint", new.data)
            return True

    def head(self, stream: str) -> RememberedHead | None:
        """Return the newest act of ``stream`` that was verified here, or None."""
        data = read_kept(self._head_file(stream))
        if data is None:
            return None
        form = _HEAD.fullmatch(data.decode("ascii", errors="replace"))
        if form is None:
            raise Malformed(
                "client.memory",
                f"Ingatan tentang {stream} di {self.folder} rusak.",
                allowed="Pulihkan folder itu dari cadangan, atau periksa buku besar dengan jejak audit.",
            )
        return RememberedHead(int(form[1]), form[2], int(form[3]))

    def remember_head(self, stream: str, head: RememberedHead) -> None:
        """Remember the newest act of ``stream``; an older one than is known changes nothing."""
        with self.holding():
            known = self.head(stream)
            if known is None or known.version < head.version:
                write_kept(self._head_file(stream), f"{head.version} {head.leaf} {head.index}\n".encode("ascii"))

    def keep_pending(self, envelope: bytes) -> Path:
        """Keep a signed envelope until its receipt is verified; return its file."""
        path = self._pending(envelope)
        write_kept(path, envelope)
        return path

    def drop_pending(self, envelope: bytes) -> None:
        """Forget a pending envelope: it is recorded and proved, or kept as refused."""
        with told(self.folder):
            self._pending(envelope).unlink(missing_ok=True)

    def keep_refused(self, envelope: bytes) -> None:
        """Keep an envelope that was pending as one that the service refused: that it did is nothing but its word."""
        write_kept(self._refused(envelope), envelope)
        self.drop_pending(envelope)

    def drop_refused(self, envelope: bytes) -> None:
        """Forget that an envelope was refused: it was sent again and is recorded and proved."""
        with told(self.folder):
            self._refused(envelope).unlink(missing_ok=True)

    def refused(self) -> list[bytes]:
        """Return the envelopes that the service refused, in no order."""
        with told(self.folder):
            return [one.read_bytes() for one in (self.folder / "refused").glob("*.json")]

    def evidence(self, **parts: bytes) -> Path:
        """Keep what contradicts, each part a file, and return the folder."""
        name = hashlib.sha256(b"\x00".join(parts.values())).hexdigest()[:32]
        folder = self.folder / "evidence" / name
        for part, data in parts.items():
            write_kept(folder / part, data)
        return folder

    def _head_file(self, stream: str) -> Path:
        return self.folder / "heads" / quote(stream, safe="")

    def _pending(self, envelope: bytes) -> Path:
        return self.folder / "pending" / f"{hashlib.sha256(envelope).hexdigest()}.json"

    def _refused(self, envelope: bytes) -> Path:
        return self.folder / "refused" / self._pending(envelope).name


def read_kept(path: Path) -> bytes | None:
    """Return a file's bytes, None where there is none; raises Unavailable."""
    with told(path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


def write_kept(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, durable when this returns; only its owner may read it."""
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        whole_file.replace(path, data, 0o600)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into Unavailable (``client.memory``)."""
    try:
        yield
    except JejakError:
        raise
    except OSError as error:
        raise Unavailable(
            "client.memory",
            f"Ingatan di {path} tidak dapat dibaca atau ditulis.",
            allowed="Periksa izin folder dan sisa ruang, atau pilih folder lain dengan --remembered.",
            cause=str(error),
        ) from None
