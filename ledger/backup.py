"""Making a backup while the service runs (:mod:`ledger.backup_form`), on whatever database the ledger is.

1. The store is sealed whole, and continues the newest backup of the place: a backup is a memory outside the store, and
   what was put back or forked does not come to lie beside it as if it were its continuation.
2. The journal is read in one snapshot; nobody waits for it. What the backup before has of it is taken from there, if
   that is still what was sealed and what the journal holds, row by row; else everything is read anew, and what was
   altered in the journal is found as in a first backup.
3. Then every document that the copied entries name: an act is accepted after its documents are durable.
4. All of the copy is read again and verified. Then it is fsynced, and only then it gets its name; before that its name
   begins with ``.incoming-``.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from keys.errors import Forged, Malformed, NotFound, Unavailable
from ledger import log
from ledger.backup_form import (
    CHECKPOINT,
    FORMAT,
    KEPT,
    MANIFEST,
    ROWS_AT_ONCE,
    SESSIONS,
    Backup,
    Manifest,
    Progress,
    Walked,
    document_path,
    files_in,
    hashed,
    holds,
    kept_file,
    newest_in,
    told_of,
    walk,
)
from ledger.checkpoint import format_hash
from ledger.documents import Documents
from ledger.entry import MAX_BYTES as MAX_ENTRY
from ledger.note import VerifierKey
from ledger.outside_memory import EVIDENCE, Note, OutsideMemory, read_note
from ledger.rows import SCHEMA, Rows
from ledger.store import DOCUMENTS, JOURNAL, read_only
from ledger.whole_file import INCOMING

_CHUNK = 1024 * 1024
_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class Source:
    """What is copied: ``reading`` yields rows of one snapshot, of any database; ``home`` is the ledger's folder.

    ``sessions`` copies sign-ins into their file in a folder, None where they are such a file in ``home``.
    """

    reading: Callable[[], AbstractContextManager[Rows]]
    documents: Documents
    home: Path
    vkey: VerifierKey
    sessions: Callable[[Path], None] | None = None


def back_up(source: Source, place: Path, at: dt.datetime, progress: Progress) -> Backup:
    """Make a backup in ``place``, begun at ``at`` (aware), and return it once it is verified and durable.

    Raises NotFound (nothing is founded), Forged (the store is not whole, or does not continue the newest backup
    there), Unavailable (the place cannot be written).
    """
    with told_of(place):
        place.mkdir(parents=True, exist_ok=True)
    with told_of(place), _alone_in(place):
        for left in place.glob(f"{INCOMING}*"):  # by one that was killed; nobody else is at work here
            shutil.rmtree(left, ignore_errors=True)
        before = newest_in(place)
        made = Path(tempfile.mkdtemp(prefix=INCOMING, dir=place))
        try:
            return _made(source, made, place, before, at, progress)
        finally:
            shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _alone_in(place: Path) -> Iterator[None]:
    """Hold the place's lock, or raise Unavailable (``backup.busy``); the system drops it when a process dies."""
    handle = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Unavailable(
            "backup.busy", f"Cadangan lain sedang dibuat di {place}.", allowed="Tunggu sampai selesai, lalu ulangi."
        ) from None
    finally:
        os.close(handle)


def _made(source: Source, made: Path, place: Path, before: Path | None, at: dt.datetime, progress: Progress) -> Backup:
    held = _held(source, before)  # 1
    base = 0
    walked = None
    if before is not None:
        base = _journal(source, made / JOURNAL, held, before / JOURNAL)  # 2
        with suppress(Forged):  # what the backup before has was altered there: everything is read anew
            whole = walk(made, source.vkey, progress)
            walked = whole if _still_there(source, made / JOURNAL, base) else None
    if walked is None:
        base = _journal(source, made / JOURNAL, held, None)
        walked = walk(made, source.vkey, progress)  # 4
    fresh, lacking = _documents(source, made, walked, before)  # 3, 4
    _beside(source, made)
    (made / CHECKPOINT).write_bytes(walked.signed.data)
    stated = walked.signed.checkpoint
    manifest = Manifest(
        format=FORMAT,
        made_at=at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        vkey=str(source.vkey),
        founding=walked.founding,
        leaves=stated.size,
        root=format_hash(stated.root),
        files=tuple(kept_file(made, path) for path in files_in(made)),
        documents=len(walked.documents) - len(lacking),
        lacking=tuple(lacking),
    )
    (made / MANIFEST).write_bytes(manifest.spell())
    sync_tree(made)
    folder = place / f"{at.astimezone(dt.UTC):%Y-%m-%dT%H%M%SZ}-{stated.size}"
    made.rename(folder)
    sync(place)
    return Backup(folder, manifest, walked.signed, fresh, stated.size - base)


def _held(source: Source, before: Path | None) -> Note | None:
    """Return the checkpoint of the backup before."""
    if before is None:
        return None
    try:
        signed = read_note(before / CHECKPOINT, source.vkey)
    except (NotFound, Malformed, Forged) as fault:
        raise Forged(
            "backup.altered",
            f"Segel cadangan terakhir, {before}, hilang atau rusak, jadi tidak dapat dibandingkan: {fault.detail}",
            allowed="Pindahkan folder cadangan itu ke tempat lain (jangan dihapus), periksa dengan jejak audit, lalu"
            " ulangi.",
        ) from None
    assert signed is not None  # only an empty file that may be has none
    return Note(before / CHECKPOINT, signed)


def _journal(source: Source, path: Path, held: Note | None, base: Path | None) -> int:
    """Write the journal, beginning with a copy of ``base``, and return from which leaf on it was read."""
    path.unlink(missing_ok=True)
    start = 0
    if base is not None:
        with suppress(OSError, Forged), read_only(base, 2 * MAX_ENTRY) as connection:
            start = Rows(lambda text, given: connection.execute(text, given).fetchall()).frontier().size
            shutil.copyfile(base, path)
    if held is None or start != held.signed.checkpoint.size:  # a copy that is not what its checkpoint says is no base
        path.unlink(missing_ok=True)
        start = 0
    with source.reading() as rows:
        if log.check_sealed(rows, source.vkey) is None:
            raise NotFound("ledger.founded", "Buku besar ini belum didirikan.")
        if held is not None:
            OutsideMemory(source.vkey, (held,)).require_continued(rows, source.home / EVIDENCE)
        write_journal(rows, path, start)
    return start


def _still_there(source: Source, path: Path, start: int) -> bool:
    """Tell whether the source holds all that a copy of it has of the first ``start`` leaves, verbatim."""
    with read_only(path, 2 * MAX_ENTRY) as connection, source.reading() as rows:
        copy = Rows(lambda text, given: connection.execute(text, given).fetchall())
        at = 0
        while at < start:
            found = copy.entries(at, min(ROWS_AT_ONCE, start - at))
            if not found or rows.entries(at, len(found)) != found:
                return False
            at = found[-1].index + 1
        at = 1
        while notes := copy.checkpoints(at, ROWS_AT_ONCE):
            if rows.checkpoints(at, len(notes)) != notes:
                return False
            at = notes[-1][0] + 1
        return set(copy.tiles()) <= set(rows.tiles())


def write_journal(rows: Rows, path: Path, start: int = 0) -> None:
    """Write what ``rows`` hold into an SQLite journal, row by row and verbatim; it has the first ``start`` leaves.

    A new file where there is none. What is half written is nobody's yet, so nothing is fsynced here.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN")
        for statement in SCHEMA:
            connection.execute(statement)
        for found in _batches(rows, start):
            connection.executemany("INSERT INTO stored_events VALUES (?, ?, ?, ?, ?, ?)", found)
        connection.executemany("INSERT OR IGNORE INTO tile_hashes VALUES (?, ?, ?)", map(tuple, rows.tiles()))
        at = start + 1
        while notes := rows.checkpoints(at, ROWS_AT_ONCE):
            connection.executemany("INSERT INTO checkpoints VALUES (?, ?)", notes)
            at = notes[-1][0] + 1
        connection.execute("DELETE FROM frontier")
        connection.execute("INSERT INTO frontier VALUES (1, ?)", (rows.frontier().dump(),))
        connection.execute("COMMIT")


def _batches(rows: Rows, at: int) -> Iterator[list[tuple[int, str, int, str, bytes, bytes]]]:
    while found := rows.entries(at, ROWS_AT_ONCE):
        yield [(one.index, one.stream, one.version, one.kind, one.data, one.leaf_hash) for one in found]
        at = found[-1].index + 1


def _documents(source: Source, made: Path, walked: Walked, before: Path | None) -> tuple[int, list[str]]:
    """Bring every document that is named, and return how many were copied and which are not to be had."""
    documents, fresh, lacking = Documents(made / DOCUMENTS), 0, []
    for digest in walked.documents:
        target = document_path(made, digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        if before is not None and _linked(document_path(before, digest), target):
            if holds(documents, digest):
                continue
            target.unlink()
        fresh += 1
        if not copied_document(source.documents, digest, target):
            fresh -= 1
            lacking.append(digest)
    return fresh, lacking


def copied_document(documents: Documents, digest: str, target: Path) -> bool:
    """Copy a document to ``target`` and tell whether it has its digest there; else nothing is left."""
    with suppress(NotFound, Forged, OSError), documents.open(digest) as file:
        with target.open("wb") as copy:
            shutil.copyfileobj(file, copy, _CHUNK)
        if f"sha256:{hashed(target)[0]}" == digest:
            return True
    target.unlink(missing_ok=True)
    return False


def _linked(path: Path, target: Path) -> bool:
    """Link, or copy where no links can be made, and tell whether there is something now."""
    if path.is_symlink() or not path.is_file():
        return False
    try:
        target.hardlink_to(path)
    except OSError:
        shutil.copyfile(path, target)
    return True


def _beside(source: Source, made: Path) -> None:
    """Copy what stands in the home beside journal and documents and cannot be made again."""
    home = source.home
    if source.sessions is not None:
        source.sessions(made)
    elif (home / SESSIONS).is_file():
        (made / SESSIONS).touch(mode=0o600)
        with (
            closing(sqlite3.connect(f"{(home / SESSIONS).resolve().as_uri()}?mode=rw", uri=True)) as here,
            closing(sqlite3.connect(made / SESSIONS)) as there,
        ):
            here.backup(there)
    for name in KEPT:
        for path in files_in(home / name):
            target = made / path.relative_to(home)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def sync_tree(folder: Path) -> None:
    """Make everything in a folder durable, files first; a file that has another name was made durable under that."""
    found = sorted(folder.rglob("*"), key=lambda one: one.is_dir())
    for path in found:
        if path.is_dir() or path.stat().st_nlink == 1:
            sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
