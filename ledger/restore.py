"""Putting a backup back, into an empty home, unless somebody holds a checkpoint that it does not continue.

A backup of yesterday fits together as well as the ledger that was lost, but acts of today were sealed, and others hold
that seal. Served as if it were whole it would sign a second history, for ever. So:

1. Everything in the backup is verified again (:mod:`ledger.backup_form`), with the key and the founding that whoever
   restores brings from elsewhere.
2. It must continue every checkpoint that was kept: those of the outside memory, those that inspectors bring, and those
   of the backups beside it, for a younger one shows that there was more, also by its name where its checkpoint is
   damaged. Whoever holds none says so; it is not taken for granted.
3. It is copied beside the home, verified there once more, fsynced, and gets the home's name: whole, or not at all. The
   home then says that the ledger is in it: a service that still names another database is refused, whatever is there.

Nothing in the backup is changed. What contradicts is kept beside the home as evidence (:mod:`ledger.outside_memory`).
The log's key is not in a backup: whoever keeps it lays it into the home by hand.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keys.errors import Forged, JejakError, NotAllowed
from ledger.backup import copied_document, sync, sync_tree
from ledger.backup_form import (
    CHECKPOINT,
    SESSIONS,
    Backup,
    Progress,
    Walked,
    backups_in,
    check,
    document_path,
    hashed,
    leaves_named,
    told_of,
    walk,
)
from ledger.checkpoint import format_hash
from ledger.database import Database
from ledger.note import VerifierKey
from ledger.outside_keeper import CONTRADICTIONS
from ledger.outside_memory import MOST_NOTES, Note, OutsideMemory, read_note
from ledger.store import documents_in, open_store
from ledger.whereabouts import Whereabouts
from ledger.whole_file import INCOMING


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the backup is held to: files and folders with checkpoints; ``none`` says that there are none anywhere."""

    paths: Sequence[Path] = ()
    none: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """A home that was made from ``backup``; ``held`` are the checkpoints that it was found to continue."""

    home: Path
    backup: Backup
    held: tuple[Note, ...]


def restore(
    copy: Path, home: Path, vkey: VerifierKey, founding: str, remembered: Remembered, progress: Progress
) -> Restored:
    """Make the backup ``copy`` the ledger in ``home``, durable when this returns.

    ``vkey`` and ``founding`` (the leaf hash of leaf 0, hex) come from elsewhere. Raises NotAllowed (the home is not
    empty, nothing is remembered), Forged (the backup is not whole, or does not continue what is remembered) and what
    reading and writing raise. The home is as it was then.
    """
    with told_of(home):
        if home.exists() and (not home.is_dir() or any(home.iterdir())):
            raise NotAllowed(
                "restore.home",
                f"{home} tidak kosong; cadangan hanya dipulihkan ke folder kosong.",
                allowed="Sebut folder baru. Yang lama jangan dihapus: di dalamnya mungkin ada daun yang tidak ada dalam"
                " cadangan.",
            )
    found, walked = check(copy, vkey, founding, progress)  # 1
    held = _held(copy, walked.signed.checkpoint.size, vkey, remembered)  # 2
    _require_continued(copy, home, vkey, held)
    with told_of(home):
        home.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=INCOMING, dir=home.parent))
        try:
            _copy(copy, made, found, walked, vkey, progress)  # 3
            if home.exists():
                made.chmod(home.stat().st_mode & 0o777)
            made.rename(home)
            sync(home.parent)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return Restored(home, found, held.notes)


def _held(copy: Path, size: int, vkey: VerifierKey, remembered: Remembered) -> OutsideMemory:
    """Return every checkpoint that is to be continued, the newest of the backups beside this one among them."""
    memory = OutsideMemory.read(remembered.paths, vkey)
    if not memory.notes and not remembered.none:
        raise NotAllowed(
            "restore.unremembered",
            "Tidak ada segel dari luar cadangan ini, jadi tidak diketahui apakah sesudahnya masih ada daun.",
            allowed="Sebut segel yang masih disimpan orang: --remembered BERKAS, boleh beberapa. Bila memang tidak"
            " seorang pun menyimpannya: --nothing-remembered.",
        )
    beside = []
    with told_of(copy):
        others = [one for one in backups_in(copy.resolve().parent) if one != copy.resolve()]
    for path in others[:MOST_NOTES]:
        try:
            signed = read_note(path / CHECKPOINT, vkey)
        except JejakError as fault:
            if leaves_named(path) <= size:  # one that is damaged itself says nothing more than this one
                continue
            raise Forged(
                "restore.beside",
                f"Di samping cadangan ini ada {path}, yang menurut namanya memuat {leaves_named(path)} daun, sedangkan"
                f" yang ini {size}; segelnya hilang atau rusak, jadi tidak dapat dibandingkan: {fault.detail}",
                allowed="Periksa cadangan itu dengan jejak audit: bila terbukti, cadangan ini kurang daun. Bila"
                " memang tidak dapat dipakai, pindahkan foldernya ke tempat lain (jangan dihapus), lalu ulangi.",
                backup=str(path),
            ) from None
        assert signed is not None  # only an empty file that may be has none
        beside.append(Note(path / CHECKPOINT, signed))
    return OutsideMemory(vkey, (*memory.notes, *beside))


def _require_continued(copy: Path, home: Path, vkey: VerifierKey, held: OutsideMemory) -> None:
    try:
        with open_store(copy) as rows:
            held.require_continued(rows, home.with_name(f"{home.name}-bukti"))
    except Forged as fault:
        if fault.rule not in CONTRADICTIONS:
            raise
        raise Forged(
            fault.rule,
            f"{fault.detail} Tidak ada yang dipulihkan, dan tidak ada yang boleh diteruskan dari cadangan {copy}: log"
            " yang sama akan menandatangani riwayat kedua.",
            allowed="Cari dahulu cadangan atau cakram yang masih memuat daun itu. Bila tidak ada lagi, riwayat ini"
            " berakhir di situ: dirikan buku besar penerus dengan nama baru (jejak found --successor-of), lalu catat"
            " menyusul dari kertas apa yang hilang.",
            backup=str(copy),
            **fault.facts,
        ) from None


def _copy(copy: Path, made: Path, found: Backup, walked: Walked, vkey: VerifierKey, progress: Progress) -> None:
    for one in found.manifest.files:
        if one.path == CHECKPOINT:
            continue
        target = made / one.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if one.path == SESSIONS:
            target.touch(mode=0o600)
        shutil.copyfile(copy / one.path, target)
        if f"sha256:{hashed(target)[0]}" != one.digest:
            raise Forged("backup.altered", f"Berkas {one.path} berubah selagi disalin.")
    documents = documents_in(copy)
    for digest in walked.documents.keys() - set(found.manifest.lacking):
        target = document_path(made, digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not copied_document(documents, digest, target):
            raise Forged("backup.altered", f"Dokumen {digest} berubah selagi disalin.")
    again = walk(made, vkey, progress).signed
    if again != walked.signed:
        raise Forged("backup.altered", f"Salinan dari {copy} berubah: {format_hash(again.checkpoint.root)}.")
    Whereabouts(made, Database("sqlite", made)).note()
    sync_tree(made)
