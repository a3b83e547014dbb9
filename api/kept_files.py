"""Files and folders that a verifier brings: what each of them is, told by its own bytes.

A file is a bundle, a receipt, the audit that ``jejak audit --keep`` wrote, or checkpoints one after another, as
``jejak audit`` takes them. Beside a receipt ``NAME.tlog-proof`` its entry or envelope is taken where it stands as
``NAME.json``; in an unpacked bundle, entries stand in the folder ``entries`` next to ``receipts``. A folder is a
client's memory (:mod:`api.remembered`): its newest checkpoint, and every head that was verified. What is no plain file,
a pipe for one, is never opened, because nobody knows when it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from api.cli_base import read_file
from keys.errors import Forged, JejakError, NotFound, NotJudged
from ledger.audit_remembered import checkpoints_in
from ledger.bundle import parse_bundle
from ledger.checkpoint import parse_number
from ledger.evidence_kept import Kept, KeptHead, KeptReceipt, is_receipt
from ledger.note import VerifierKey
from ledger.stored_zip import MAX_BYTES

#: What a zip begins with.
ZIP = b"PK"
#: A file of the memory is at most this many bytes.
_SMALL = 256 * 1024
#: More heads than these are no memory of one client.
_MOST_HEADS = 100_000
_AUDIT = b"Audit Jejak: "


def kept_at(path: Path, vkey: VerifierKey) -> list[Kept]:
    """Return what was kept at a path of the log of ``vkey``; raises NotJudged where it is nothing of the kind."""
    return _memory(path) if path.is_dir() else _file(path, vkey)


def read_plain(path: Path, most: int = MAX_BYTES) -> bytes:
    """Return the bytes of a plain file; raises NotJudged for anything else, without opening it, and beyond ``most``."""
    if not path.is_file():
        raise NotJudged(
            "file.kind",
            f"{path} bukan berkas biasa, jadi tidak dibaca.",
            allowed="Simpan dahulu isinya ke sebuah berkas.",
        )
    with unread(path, "berkas"):
        return read_file(path, most)


@contextmanager
def unread(path: Path, what: str) -> Iterator[None]:
    """Turn any fault of reading ``path`` as ``what`` into NotJudged: it is there, and is not what it should be."""
    try:
        yield
    except NotJudged:
        raise
    except JejakError as fault:
        raise unreadable_as(path, what, fault) from None


def unreadable_as(path: Path, what: str, fault: JejakError | None = None) -> NotJudged:
    """Return the fault of a file that cannot be read as ``what`` it should be."""
    detail = f"{path} tidak dapat dibaca sebagai {what}."
    if fault is None:
        return NotJudged("file.form", detail, allowed="Sebut berkas yang benar.")
    return NotJudged(fault.rule, f"{detail} {fault.detail}", allowed=fault.allowed or "Sebut berkas yang benar.")


def _file(path: Path, vkey: VerifierKey) -> list[Kept]:
    data = read_plain(path)
    if data.startswith(ZIP):
        with unread(path, "bundel bukti"):
            return [parse_bundle(data)]
    if is_receipt(data):
        with unread(path, "tanda terima"):
            return [KeptReceipt.parse(data, _beside(path))]
    if data.startswith(_AUDIT):
        data = data.partition(b"\n\n")[2]
    try:
        return [one.data for one in checkpoints_in(data, vkey)]
    except JejakError as fault:
        if isinstance(fault, Forged):  # a checkpoint, but none of this log: that is said with the verdicts
            return [data]
        raise unreadable_as(path, "segel, bundel, tanda terima, atau folder ingatan", fault) from None


def _beside(receipt: Path) -> bytes | None:
    """Return the entry or envelope that stands beside a receipt, None where there is none."""
    name = f"{receipt.stem}.json"
    for path in (receipt.with_name(name), receipt.parent.parent / "entries" / name):
        if path.is_file():
            return read_plain(path, _SMALL)
    return None


def _memory(folder: Path) -> list[Kept]:
    """Return the newest checkpoint and the heads in a client's memory."""
    found: list[Kept] = []
    checkpoint, heads = folder / "checkpoint", folder / "heads"
    if checkpoint.exists():
        found.append(read_plain(checkpoint, _SMALL))
    if heads.is_dir():
        files = sorted(path for path in heads.iterdir() if not path.name.startswith("."))[:_MOST_HEADS]
        found += [_head(path) for path in files]
    if not found:
        raise NotJudged(
            "client.memory",
            f"Folder {folder} tidak memuat segel atau ingatan apa pun.",
            allowed="Sebut folder ingatan dari jejak, atau berkas segelnya.",
        )
    return found


def _head(path: Path) -> KeptHead:
    words = read_plain(path, _SMALL).decode("ascii", errors="replace").removesuffix("\n").split(" ")
    with unread(path, "ingatan tentang sebuah alur"):
        if len(words) != 3 or len(words[1]) != 64 or set(words[1]) - set("0123456789abcdef"):
            raise NotFound("client.memory", "Isinya bukan versi, sidik daun, dan nomor daun.")
        version, index = (parse_number(word, "client.memory") for word in (words[0], words[2]))
        return KeptHead(unquote(path.name), version, words[1], index)
