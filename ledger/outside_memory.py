"""Outside memory: checkpoints kept where the database is not, held against the journal before it is served.

An older copy of a store fits together as well as the newest, and so does another history under the same log key; only
a checkpoint that was kept elsewhere tells them apart. So whoever serves a ledger names places outside it: files with
one checkpoint each (C2SP tlog-checkpoint, verbatim), or folders of such files and of nothing else. Names that begin
with a dot are passed over.

1. Every note is read, and its signature verified with the log's own key, before the store is opened. A place that is
   not there, a folder with nothing in it or with a folder in it, a file that is no checkpoint of this log: refused, for
   a memory that is passed over in silence protects nobody.
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
from contextlib import contextmanager, suppress
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
_NOTHING_ELSE = f"{_ONE_NOTE} Folder ingatan hanya berisi berkas seperti itu: pindahkan yang lain ke luar folder."


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

    def require_continued(self, rows: Rows, evidence: Path) -> SignedCheckpoint | None:
        """Return the journal's newest checkpoint if it continues every note; that of the fewest leaves is held first.

        Else keep both notes in a folder of their own in ``evidence`` and raise Forged, with the path in ``facts`` (see
        :func:`ledger.log.require_continued`).
        """
        data = rows.checkpoint()
        now = open_checkpoint(data, self.vkey) if data is not None else None
        agreed = below = 0
        held: Note | None = None
        for note in sorted(self.notes, key=lambda one: one.signed.checkpoint.size):
            remembered = note.signed.checkpoint
            here = now.checkpoint if now else Checkpoint(remembered.origin, 0, EMPTY_ROOT)
            below = agreed if agreed < remembered.size else below
            try:
                log.require_continued(rows, here, remembered, below)
            except Forged as fault:
                same = held.signed if held and agreed == remembered.size else self._ours(rows, remembered.size)
                said = f"{fault.detail} Segel itu ada di {note.path}"
                if same is not None and same.checkpoint.root != remembered.root:
                    place = str(held.path) if held and same is held.signed else "buku besar ini sendiri"
                    said = (
                        f"{fault.detail} Log menandatangani dua riwayat: segel {remembered.size} daun di {note.path}"
                        f" berakar {format_hash(remembered.root)}, segel {remembered.size} daun di {place} berakar"
                        f" {format_hash(same.checkpoint.root)}. Kedua segel ini saja sudah membuktikannya"
                    )
                raise Forged(
                    fault.rule,
                    f"{said}; {_kept(rows, now, note.signed, same, evidence)}",
                    allowed="Buku besar ini tidak dilayani. Jangan ubah atau hapus apa pun. Cari salinannya yang lebih"
                    " baru dan utuh; bila tidak ada, serahkan bukti ini kepada Inspektorat.",
                    path=str(note.path),
                    **fault.facts,
                ) from None
            agreed, held = remembered.size, note
        return now

    def _ours(self, rows: Rows, size: int) -> SignedCheckpoint | None:
        """Return the checkpoint that the journal has over so many leaves, if the log signed one."""
        for at, data in rows.checkpoints(size, 1):
            with suppress(Malformed, Forged):
                signed = open_checkpoint(data, self.vkey)
                return signed if at == size == signed.checkpoint.size else None
        return None


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
        found = sorted(one for one in path.iterdir() if not one.name.startswith("."))
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
            raise Malformed("outside.form", f"{path} bukan berkas biasa.", allowed=_NOTHING_ELSE)
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


def _kept(
    rows: Rows,
    now: SignedCheckpoint | None,
    remembered: SignedCheckpoint,
    same: SignedCheckpoint | None,
    evidence: Path,
) -> str:
    """Keep what contradicts, each part a file, and say where it is.

    ``same`` is another of the same size that the log signed, if there is one: then the two notes are the whole proof.
    """
    size = remembered.checkpoint.size
    ours = same.data if same else now.data if now else b""
    parts = {"remembered": remembered.data, "ours": ours}
    if now and not same and size < now.checkpoint.size:
        with suppress(Forged):  # a journal that lost hashes proves nothing; the notes are kept all the same
            proof = prove_consistency(rows, size, now.checkpoint.size)
            lines = [f"old {size}", *map(format_hash, proof), "", ""]  # as witnesses are sent it (C2SP tlog-witness)
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
