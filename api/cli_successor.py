"""What ``jejak found --successor-of`` is told of the ledger that cannot be continued, read from what is left of it."""

from __future__ import annotations

from pathlib import Path

from api.cli_base import Misuse, read_file
from api.remembered import Pins
from keys.errors import Forged, NotAllowed
from ledger import log
from ledger.backup_form import backup_at
from ledger.bodies import Body, LedgerFounded
from ledger.database import Database
from ledger.note import VerifierKey
from ledger.outside_memory import read_note
from ledger.store import JOURNAL, open_store
from ledger.successor import Predecessor, last_checkpoint
from ledger.whereabouts import Whereabouts
from ledger.wording import flat


def predecessor_at(place: Path | None, pin: Path | None, reason: str | None) -> Predecessor | None:
    """Return the ledger that the new one comes after, None where there was none.

    ``place`` is a store or a backup of it, or a file with a checkpoint where no more is left; ``pin`` is its pin file.
    Raises Misuse where one is named without the others, Forged where they do not fit each other.
    """
    if place is None:
        if pin is not None or reason is not None:
            raise Misuse("--old-pin dan --reason hanya bersama --successor-of.")
        return None
    if pin is None or reason is None:
        raise Misuse("--successor-of disebut bersama --old-pin BERKAS dan --reason ALASAN.")
    pins = Pins.parse(read_file(pin))
    note = _last_note(place, pins)
    said = {"log_key": pins.vkey, "founding": pins.founding, "checkpoint": note.decode(), "reason": reason.strip()}
    predecessor = Predecessor.read(said, "found.successor", "Buku besar pendahulu")
    last_checkpoint(predecessor)
    return predecessor


def predecessor_on_page(predecessor: Predecessor) -> list[str]:
    """Return the lines on which the founders read what they sign of it."""
    stated = last_checkpoint(predecessor).checkpoint
    return [
        f"Penerus    {stated.origin}, yang riwayatnya tidak dapat diteruskan",
        f"           pendirian {predecessor.founding}",
        f"           segel terakhir yang sah: {stated.size} daun (daun 0 sampai {stated.size - 1})",
        f"           alasan: {flat(predecessor.reason)}",
    ]


def require_founded_after(predecessor: Predecessor | None, body: Body) -> None:
    """Return if leaf 0, which may stand since a founding that was interrupted, names what is to be named."""
    assert isinstance(body, LedgerFounded)
    if body.successor_of != predecessor:
        raise NotAllowed(
            "found.successor",
            "Pendirian yang terhenti di folder ini menyebut buku besar pendahulu yang lain, atau tidak menyebutnya.",
            allowed="Ulangi dengan --successor-of, --old-pin, dan --reason seperti semula, atau pakai folder lain.",
        )


def _last_note(place: Path, pins: Pins) -> bytes:
    vkey = VerifierKey.parse(pins.vkey)
    if not place.is_dir():
        signed = read_note(place, vkey)
        assert signed is not None  # only an empty file that may be has none
        return signed.data
    moved = Whereabouts(place, Database("sqlite", place)).elsewhere()
    if moved:  # what is left here is not the end of it
        raise NotAllowed(
            "found.successor",
            f"Buku besar di {place} sudah dipindahkan ke {moved}, jadi segel terakhir di sini bukan yang terakhir.",
            allowed="Lanjutkan yang di sana. Bila yang di sana memang hilang, sebut cadangan atau berkas segelnya yang"
            " paling baru.",
        )
    with open_store(place if (place / JOURNAL).is_file() else backup_at(place)) as rows:
        log.check_sealed(rows, vkey)
        if log.recorded(rows, 0).leaf != pins.founding:
            raise Forged(
                "found.successor",
                f"Buku besar di {place} bukan yang pendiriannya dipatok.",
                allowed="Sebut berkas patokan buku besar pendahulu itu sendiri.",
            )
        return log.checkpoint(rows)
