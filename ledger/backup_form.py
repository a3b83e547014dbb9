"""What a backup of a ledger is, and whether one is whole: read again from its bytes, every leaf and document.

A *place* is a folder on another disk. Each backup in it is a folder of its own, named by the time (UTC) at which it was
begun and the leaves that it holds, and is a store (:mod:`ledger.store`) with a manifest::

    <place>/2026-11-23T075520Z-10000/
        journal.sqlite      the log up to its newest checkpoint: every row, verbatim, of one snapshot
        documents/          every document that these entries name, under its digest
        checkpoint          the newest checkpoint, verbatim (C2SP tlog-checkpoint)
        sessions.sqlite     who read what, where the home has such a file
        contradictions/, evidence/      what was kept of others' histories, where there is any
        manifest.json       the rest, with its digests: :class:`Manifest`

A folder and not one file, for three reasons: it is audited without being unpacked; documents never change, so the next
backup has those of the one before as hard links, and only what is new is copied; and each is whole by itself, so that
any may be deleted or carried off alone. The log's private key is never in one.

What is checked: the manifest's digests; each leaf hash and each row's columns against the signed bytes; tree and tiles,
up to the root of the newest checkpoint, which the log's key signed; each document's digest. It is no audit: signatures
of officials, authority and older checkpoints are not judged.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, Strict, StringConstraints

from keys import strict_json
from keys.envelope import MAX_BYTES as MAX_PAYLOAD
from keys.errors import Forged, JejakError, Malformed, NotFound, Unavailable
from keys.fields import Count, Digest, Fact, LeafHash, Positive, Time
from ledger import log
from ledger.acts import HEAD_BYTES, head_of
from ledger.checkpoint import SignedCheckpoint, format_hash, open_checkpoint
from ledger.documents import Documents
from ledger.entry import payload_of
from ledger.mentions import documents_of
from ledger.merkle import Frontier, Subtree, grow, leaf_hash
from ledger.note import VerifierKey
from ledger.outside_memory import EVIDENCE
from ledger.recorded import Recorded
from ledger.rows import Row
from ledger.store import DOCUMENTS, documents_in, open_store

MANIFEST = "manifest.json"
CHECKPOINT = "checkpoint"
SESSIONS = "sessions.sqlite"
#: Folders of a home that are copied file by file: what contradicts the log is made by nobody a second time.
KEPT = ("contradictions", EVIDENCE)
#: Rows that are read at once.
ROWS_AT_ONCE = 500
FORMAT = "jejak.backup/1"

_NAME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z-([1-9][0-9]{0,15})", re.ASCII)
_PATH = r"^[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}$"
_MOST_MANIFEST = 64 * 1024 * 1024

#: Told (done, of), in leaves, while leaves are looked at.
Progress = Callable[[int, int], None]
T = TypeVar("T")
_All = Annotated[tuple[T, ...], Strict(False), Field(max_length=500_000)]


class KeptFile(Fact):
    """A file beside the documents: its path in the backup, its bytes, their SHA-256."""

    path: Annotated[str, StringConstraints(pattern=_PATH)]
    digest: Digest
    size: Count


class Manifest(Fact):
    """What a backup is. ``lacking`` are documents that entries name and that the home had not, or had altered.

    Strict JSON in one line. It is signed by nobody: it tells damage from a whole copy, and the checkpoint, whose key
    the reader brings, tells a true copy from a false one.
    """

    format: Annotated[str, StringConstraints(pattern=rf"^{FORMAT}$")]
    made_at: Time
    vkey: Annotated[str, StringConstraints(max_length=300)]
    founding: LeafHash
    leaves: Positive
    root: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
    files: _All[KeptFile]
    documents: Count
    lacking: _All[Digest]

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """Return the manifest that these bytes spell, or raise Malformed (``backup.form``)."""
        try:
            return cls.read(strict_json.loads(data), "backup.form", "Daftar isi cadangan")
        except Malformed as fault:
            raise Malformed("backup.form", f"Daftar isi cadangan tidak terbaca: {fault.detail}") from None

    def spell(self) -> bytes:
        """Return the bytes that :meth:`parse` reads back."""
        return strict_json.dumps(self.plain()) + b"\n"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made or found whole; ``fresh`` of its documents and ``new_leaves`` were copied for it."""

    folder: Path
    manifest: Manifest
    signed: SignedCheckpoint
    fresh: int = 0
    new_leaves: int = 0


@dataclass(slots=True)
class Walked:
    """A journal that was gone over: its newest checkpoint, the leaf hash (hex) of leaf 0, the documents it names."""

    signed: SignedCheckpoint
    founding: str
    documents: dict[str, None] = field(default_factory=dict)


def _sealed(row: Row) -> bytes:
    """Return the leaf hash of a row whose hash and columns are those of its bytes, else raise Forged.

    What the act says beyond its head need not be read for that: the bytes are those that the root seals, or not.
    """
    head = head_of(payload_of(row.data, HEAD_BYTES))
    if head is None or head != (row.stream, row.version, row.kind) or leaf_hash(row.data) != row.leaf_hash:
        return Recorded.read(row).entry.leaf_hash  # which says what is wrong, or finds nothing
    return row.leaf_hash


def _named_in(row: Row) -> tuple[str, ...]:
    """Return the digests of the documents that an act names; only who names one has the member in the payload."""
    if b'"media_type"' not in payload_of(row.data, MAX_PAYLOAD):
        return ()
    return tuple(one.digest for one in documents_of(Recorded.read(row).act))


def newest_in(place: Path) -> Path | None:
    """Return the backup with the most leaves in a place, the youngest of these, None where there is none."""
    return next(iter(backups_in(place)), None)


def backups_in(place: Path) -> list[Path]:
    """Return the backups in a place, that with the most leaves first, of these the youngest."""
    found = [(int(form[1]), one.name) for one in place.iterdir() if (form := _NAME.fullmatch(one.name))]
    return [place / name for _, name in sorted(found, reverse=True)]


def leaves_named(path: Path) -> int:
    """Return how many leaves the name of a backup says that it holds."""
    return int(path.name.rpartition("-")[2])


def backup_at(path: Path) -> Path:
    """Return the backup that is meant by a path: itself, or the newest in the place that it is; raises NotFound."""
    with told_of(path):
        if (path / MANIFEST).is_file():
            return path
        found = newest_in(path) if path.is_dir() else None
    if found is None:
        raise NotFound(
            "backup.missing",
            f"Tidak ada cadangan di {path}.",
            allowed="Sebut folder yang ditulis jejak backup, atau folder salah satu cadangan di dalamnya.",
        )
    return found


def check(folder: Path, vkey: VerifierKey, founding: str | None, progress: Progress) -> tuple[Backup, Walked]:
    """Return the backup if everything in it is what was sealed and copied, by the key ``vkey``.

    ``founding`` is the leaf hash (hex) of leaf 0, where it is known from elsewhere. Raises Malformed, NotFound or
    Forged.
    """
    with told_of(folder):
        try:
            with (folder / MANIFEST).open("rb") as file:
                manifest = Manifest.parse(file.read(_MOST_MANIFEST))
        except FileNotFoundError:
            raise NotFound("backup.missing", f"Tidak ada cadangan yang utuh di {folder}.") from None
        for one in manifest.files:
            path = folder / one.path
            if path.is_symlink() or not path.is_file() or kept_file(folder, path) != one:
                raise _altered(f"Berkas {one.path} dalam cadangan {folder} hilang atau sudah berubah.")
        walked = walk(folder, vkey, progress)
        stated = walked.signed.checkpoint
        if (manifest.vkey, manifest.founding) != (str(vkey), walked.founding) or founding not in (
            None,
            walked.founding,
        ):
            raise _altered(f"Cadangan {folder} bukan dari buku besar yang dipatok.")
        if (manifest.leaves, manifest.root) != (stated.size, format_hash(stated.root)):
            raise _altered(f"Daftar isi cadangan {folder} menyebut segel lain dari yang ada di dalamnya.")
        documents = documents_in(folder)
        for digest in walked.documents.keys() - set(manifest.lacking):
            if not holds(documents, digest):
                raise _altered(f"Dokumen {digest} dalam cadangan {folder} hilang atau sudah berubah.")
    return Backup(folder, manifest, walked.signed), walked


def walk(folder: Path, vkey: VerifierKey, progress: Progress) -> Walked:
    """Go over the journal in ``folder`` from leaf 0 and return what it holds; raises Forged where it is not whole."""
    with open_store(folder) as rows:
        note = rows.checkpoint()
        if log.check_sealed(rows, vkey) is None or note is None:
            raise NotFound("ledger.founded", "Buku besar ini belum didirikan.")
        signed = open_checkpoint(note, vkey)
        tree, tiles, documents, founding = Frontier(), list[Subtree](), dict[str, None](), ""
        while tree.size < signed.checkpoint.size:
            leaves = list[bytes]()
            for row in rows.entries(tree.size, ROWS_AT_ONCE):
                if row.index != tree.size + len(leaves):
                    break
                leaves.append(_sealed(row))
                documents.update(dict.fromkeys(_named_in(row)))
            if not leaves:
                raise Forged("entry.missing", f"Daun {tree.size} tidak ada dalam salinan ini.", leaf=tree.size)
            founding = founding or leaves[0].hex()
            tree, completed = grow(tree, leaves)
            tiles += completed
            progress(min(tree.size, signed.checkpoint.size - 1), signed.checkpoint.size)
        if tree.root != signed.checkpoint.root or sorted(tiles) != sorted(rows.tiles()):
            raise _altered("Isi salinan ini bukan yang disegel: akar atau sidik pohonnya lain.")
        progress(tree.size, tree.size)
        return Walked(signed, founding, documents)


def files_in(folder: Path) -> list[Path]:
    """Return the plain files under a folder but documents and what is not whole yet, sorted."""
    found = (one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())
    return sorted(
        one
        for one in found
        if one.relative_to(folder).parts[0] not in (DOCUMENTS, MANIFEST)
        and re.fullmatch(_PATH, one.relative_to(folder).as_posix())
    )


def document_path(folder: Path, digest: str) -> Path:
    """Return where a document is in a store (:mod:`ledger.documents`)."""
    hexed = digest.removeprefix("sha256:")
    return folder / DOCUMENTS / hexed[:2] / hexed


def holds(documents: Documents, digest: str) -> bool:
    """Tell whether a document is here and has its digest."""
    try:
        documents.read(digest)
    except (NotFound, Forged):
        return False
    return True


def kept_file(folder: Path, path: Path) -> KeptFile:
    """Return what a manifest says of a file in a backup."""
    hexed, size = hashed(path)
    return KeptFile(path=path.relative_to(folder).as_posix(), digest=f"sha256:{hexed}", size=size)


def hashed(path: Path) -> tuple[str, int]:
    """Return the SHA-256 of a file, in hex, and its bytes."""
    with path.open("rb") as file:
        hexed = hashlib.file_digest(file, "sha256").hexdigest()
        return hexed, file.tell()


@contextmanager
def told_of(place: Path) -> Iterator[None]:
    """Turn what the file system says inside into Unavailable (``backup.storage``), naming the place."""
    try:
        yield
    except JejakError:
        raise
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(
            "backup.storage",
            f"Cadangan di {place} tidak dapat ditulis atau dibaca.",
            allowed="Periksa tempat itu: terpasang, boleh ditulis, dan masih ada ruangnya.",
            cause=str(error),
        ) from None


def _altered(detail: str) -> Forged:
    return Forged(
        "backup.altered",
        detail,
        allowed="Pakai cadangan lain yang utuh; jangan hapus yang ini, dan periksa dengan jejak audit.",
    )
