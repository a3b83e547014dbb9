"""Outside memory: checkpoints kept where the database is not, held against the journal before it is served.

An older copy of a store fits together as well as the newest, and so does another history under the same log key; only
a checkpoint that was kept elsewhere tells them apart. So whoever serves a ledger names places outside it: files with
one checkpoint each (C2SP tlog-checkpoint, verbatim), or folders of such files. Names that begin with a dot are passed
over, and folders in a folder.

1. Every note is read, and its signature verified with the log's own key, before the store is opened. A place that is
   not there, a folder with nothing in it, a file that is no checkpoint of this log: refused, for a memory that is
   passed over in silence protects nobody.
2. The journal must begin with what each of them seals: one consistency proof a note, no audit.
3. Where it does not, both notes and the proof are kept as evidence, and nothing else is written.

The first file that may be written is the service's own place: :class:`ledger.outside_keeper.OutsideKeeper` replaces it
with newer checkpoints. It alone may be empty, which says that remembering begins now. A file without any write
permission is never the service's, whoever runs it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keys.errors import Forged, JejakError, Malformed, NotAllowed, NotFound, Unavailable
from ledger import log
from ledger.checkpoint import Checkpoint, SignedCheckpoint, format_hash, open_checkpoint
from ledger.merkle import EMPTY_ROOT, prove_consistency
from ledger.note import MAX_BYTES, VerifierKey
from ledger.rows import Rows
from ledger.whole_file import replace

#: At most this many notes are held against a journal.
MOST_NOTES = 1000
#: The folder in the store in which contradicting notes are kept.
EVIDENCE = "evidence"
#: A journal in which nothing is recorded.
NOTHING = Rows(lambda statement, parameters: [])

_ONE_NOTE = "Sebut berkas yang berisi satu segel dan tidak ada lainnya."


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint of this log that was kept in a file."""

    path: Path
    signed: SignedCheckpoint


@dataclass(frozen=True, slots=True)
class OutsideMemory:
    """What is remembered outside its store of the log of ``vkey``; ``place`` is the service's own file, if any is."""

    vkey: VerifierKey
    notes: tuple[Note, ...] = ()
    place: Path | None = None

    @classmethod
    def read(cls, paths: Sequence[Path], vkey: VerifierKey) -> OutsideMemory:
        """Return the memory in these files and folders, every signature verified with ``vkey``.

        Raises NotFound (nothing is there), Malformed (no checkpoint), Forged (of another key), NotAllowed (too many)
        or Unavailable (not readable), each naming the path.
        """
        place = next((path.resolve() for path in paths if _may_be_written(path)), None)
        notes = []
        for path in (one for each in paths for one in _files(each)):
            signed = read_note(path, vkey, may_be_empty=path.resolve() == place)
            if signed is not None:
                notes.append(Note(path, signed))
            if len(notes) > MOST_NOTES:
                raise NotAllowed(
                    "outside.many",
                    f"Ingatan luar memuat lebih dari {MOST_NOTES} segel.",
                    allowed="Sebut segel yang terbaru dari setiap orang saja.",
                )
        return cls(vkey, tuple(notes), place)

    def require_continued(self, rows: Rows, evidence: Path) -> None:
        """Return if the journal continues every note; the one that seals the fewest leaves is held first.

        Else keep both notes in a folder of their own in ``evidence`` and raise Forged, with the path in ``facts`` (see
        :func:`ledger.log.require_continued`).
        """
        data = rows.checkpoint()
        now = open_checkpoint(data, self.vkey) if data is not None else None
        agreed = 0
        for note in sorted(self.notes, key=lambda one: one.signed.checkpoint.size):
            remembered = note.signed.checkpoint
            here = now.checkpoint if now else Checkpoint(remembered.origin, 0, EMPTY_ROOT)
            try:
                log.require_continued(rows, here, remembered, agreed)
            except Forged as fault:
                raise Forged(
                    fault.rule,
                    f"{fault.detail} Segel itu ada di {note.path}; {_kept(rows, now, note.signed, evidence)}",
                    allowed="Buku besar ini tidak dilayani. Jangan ubah atau hapus apa pun. Cari salinannya yang lebih"
                    " baru dan utuh; bila tidak ada, serahkan bukti ini kepada Inspektorat.",
                    path=str(note.path),
                    **fault.facts,
                ) from None
            agreed = remembered.size


def read_note(path: Path, vkey: VerifierKey, *, may_be_empty: bool = False) -> SignedCheckpoint | None:
    """Return the checkpoint in this file, or None from an empty one that may be.

    Raises what :meth:`OutsideMemory.read` does.
    """
    with _told(path):
        with _opened(path) as handle:
            data = os.read(handle, MAX_BYTES + 1)
        if not data and may_be_empty:
            return None
        try:
            return open_checkpoint(data, vkey)
        except Malformed as fault:
            raise Malformed(
                "outside.form", f"Berkas {path} bukan segel yang utuh: {fault.detail}", allowed=_ONE_NOTE
            ) from None
        except Forged:
            raise Forged(
                "outside.key",
                f"Segel dalam {path} tidak ditandatangani kunci log buku besar ini, atau sudah diubah.",
                allowed=f"Periksa apakah berkas itu dari buku besar {vkey.name} dan kunci lognya masih yang dahulu.",
                path=str(path),
            ) from None


def _files(path: Path) -> list[Path]:
    with _told(path):
        if not stat.S_ISDIR(path.stat().st_mode):
            return [path]
        found = sorted(one for one in path.iterdir() if not one.name.startswith(".") and not one.is_dir())
    if not found:
        raise NotFound(
            "outside.empty",
            f"Folder ingatan {path} tidak berisi satu segel pun.",
            allowed="Periksa apakah tempat itu sudah terpasang, atau jangan sebut folder itu.",
        )
    return found


def _may_be_written(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:  # what is not there is told when it is read
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o222) and os.access(path, os.W_OK)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Yield a descriptor of a plain file; what could keep a reader waiting is no note."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Malformed("outside.form", f"{path} bukan berkas biasa.", allowed=_ONE_NOTE)
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the file system says inside into a fault that names the place."""
    try:
        yield
    except JejakError:
        raise
    except FileNotFoundError:
        raise NotFound(
            "outside.missing",
            f"Tidak ada ingatan di {path}.",
            allowed=f"Periksa apakah tempat itu sudah terpasang. Bila memang baru mulai diingat: touch {path}",
        ) from None
    except OSError as error:
        raise unreachable(path, error) from None


def unreachable(path: Path, error: OSError) -> Unavailable:
    """Return the fault of a place that cannot be read or written."""
    return Unavailable(
        "outside.storage",
        f"Ingatan di {path} tidak dapat dibaca atau ditulis.",
        allowed="Periksa tempat itu: terpasang, boleh ditulis, dan masih ada ruangnya.",
        cause=str(error),
    )


def _kept(rows: Rows, now: SignedCheckpoint | None, remembered: SignedCheckpoint, evidence: Path) -> str:
    """Keep what contradicts, each part a file, and say where it is.

    Ours of the same size is kept where the log signed one, for then the two notes are the whole proof.
    """
    size = remembered.checkpoint.size
    same = [note for at, note in rows.checkpoints(size, 1) if at == size]
    ours = same[0] if same else now.data if now else b""
    parts = {"remembered": remembered.data, "ours": ours}
    if now and not same and size < now.checkpoint.size:
        proof = prove_consistency(rows, size, now.checkpoint.size)
        lines = [f"old {size}", *map(format_hash, proof), "", ""]  # as a witness would be sent it (C2SP tlog-witness)
        parts["consistency"] = "\n".join(lines).encode("ascii") + now.data
    folder = evidence / hashlib.sha256(b"\0".join(parts.values())).hexdigest()[:32]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in parts.items():
            if not (folder / name).exists():
                replace(folder / name, data)
    except OSError:
        return "buktinya tidak dapat disimpan di sini, jadi simpanlah sendiri."
    return f"buktinya disimpan di {folder}."
