"""The log as it is read: receipts, checkpoints, consistency, and the check that a store is sealed whole."""

from __future__ import annotations

from keys.errors import Forged, Malformed, NotFound
from ledger.checkpoint import Checkpoint, open_checkpoint, parse_body
from ledger.merkle import prove_consistency, prove_inclusion
from ledger.note import VerifierKey, parse_unverified
from ledger.receipt import Receipt
from ledger.recorded import Recorded
from ledger.rows import Rows


def recorded(rows: Rows, index: int) -> Recorded:
    """Return the act at a leaf index, or raise NotFound."""
    row = rows.entry(index) if 0 <= index < rows.size() else None
    if row is None:
        raise NotFound(
            "log.leaf", f"Tidak ada daun {index} dalam buku besar ini.", allowed=f"Daun 0 sampai {rows.size() - 1}."
        )
    return Recorded.read(row)


def receipt(rows: Rows, index: int) -> Receipt:
    """Return the receipt of a leaf: the very one that its acceptance gave. Raises NotFound."""
    note = rows.checkpoint_over(index) if index >= 0 else None
    if note is None:
        raise NotFound("log.leaf", f"Tidak ada daun {index} dalam buku besar ini.")
    size = parse_body(parse_unverified(note)[0]).size
    return Receipt(index, tuple(prove_inclusion(rows, index, size)), note)


def checkpoint(rows: Rows) -> bytes:
    """Return the newest signed checkpoint, verbatim, or raise NotFound where nothing is founded."""
    note = rows.checkpoint()
    if note is None:
        raise NotFound("ledger.founded", "Buku besar ini belum didirikan.")
    return note


def consistency(rows: Rows, old: int, new: int) -> list[bytes]:
    """Return the proof that the first ``new`` leaves continue the first ``old``; NotFound beyond the log."""
    if new > rows.size():
        raise NotFound("log.size", f"Buku besar ini baru {rows.size()} daun.")
    return prove_consistency(rows, old, new)


def check_sealed(rows: Rows, vkey: VerifierKey) -> Checkpoint | None:
    """Return the newest checkpoint if the store ends where it says, else raise Forged.

    Not the audit: only that the frontier, the newest row and the newest checkpoint, signed by ``vkey``, agree.
    """
    newest, note = rows.newest(), rows.checkpoint()
    last = newest.index if newest else 0
    try:
        frontier = rows.frontier()
        sealed = open_checkpoint(note, vkey).checkpoint if note else None
    except (Malformed, Forged) as fault:
        raise Forged(
            fault.rule,
            f"Buku besar ini tidak utuh: segel atas daun {last} tidak sah. {fault.detail}",
            leaf=last,
        ) from None
    if newest is None and sealed is None and frontier.size == 0:
        return None
    if newest is None or sealed is None:
        raise Forged("log.unsealed", f"Buku besar ini tidak utuh: ada bagian tanpa segel mulai daun {last}.", leaf=last)
    if not (sealed.size == frontier.size == newest.index + 1 and sealed.root == frontier.root):
        raise Forged(
            "log.unsealed",
            f"Buku besar ini tidak berakhir pada segelnya: segel {sealed.size} daun, tepi {frontier.size} daun,"
            f" isi {newest.index + 1} daun.",
            leaf=min(sealed.size, newest.index + 1),
        )
    if rows.count() != frontier.size:
        raise Forged("log.stray", "Buku besar ini memuat baris di luar urutan daunnya.", leaf=0)
    return sealed
