"""Readings: how the office says, after the enactment, that an unclear cell of its SOP is to be read.

A cell keeps its raw text for ever. What the source leaves unclear ("II hari"), or what was inferred, may be confirmed
by a signed act; the reading holds from that leaf on and never backwards. A confirmation cannot put in what the paper
does not say, nor change who does a step or what it needs: that is a new version of the SOP. Pure.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from rpds import HashTrieMap

from keys.errors import NotAllowed
from ledger.bodies import ReadingConfirmed
from ledger.in_force import Since
from ledger.sop import Basis, Cell, Duration, Sop, Step

Readings = tuple[Since[ReadingConfirmed], ...]


class Read(NamedTuple):
    """How a cell is read: its raw text, the reading (None: unclear), how we know, and the act that confirmed it."""

    raw: str
    reading: Any
    basis: Basis
    confirmed: Since[ReadingConfirmed] | None = None


def read(readings: Readings, version: str, step: Step, cell: str, index: int) -> Read:
    """Return how a step's ``cell`` is read for an act at leaf ``index``, in the version with leaf ``version`` (hex)."""
    source: Cell[Any] = getattr(step, cell)
    for one in reversed(readings):
        body = one.value
        if one.index < index and (body.sop, body.step, body.cell) == (version, step.no, cell):
            return Read(source.raw, body.reading, "dikonfirmasi", one)
    return Read(source.raw, source.reading, source.basis)


def decide_reading(versions: HashTrieMap[str, Sop], readings: Readings, body: ReadingConfirmed) -> None:
    """Return if the office may confirm this reading, else raise NotAllowed with its rule."""
    sop = versions.get(body.sop)
    if sop is None:
        raise NotAllowed(
            "reading.sop",
            "Penegasan ini menyebut versi SOP yang tidak ada.",
            allowed=f"Versi yang ada: {', '.join(sorted(versions))}.",
        )
    step = sop.step(body.step)
    where = f"Sel {body.cell.capitalize()}"
    cell: Cell[Any] = getattr(step, body.cell)
    if body.raw != cell.raw:
        raise NotAllowed(
            "reading.raw",
            f"{where} tidak berbunyi “{body.raw}”.",
            allowed=f"Bunyinya dalam naskah: “{cell.raw}”." if cell.raw else "Dalam naskah sel itu kosong.",
        )
    if cell.basis in ("sumber", "tanda"):
        raise NotAllowed(
            "reading.clear",
            f"{where} sudah jelas dari naskahnya.",
            allowed="Yang ditegaskan hanya sel yang belum jelas atau disimpulkan; perubahan memerlukan versi SOP baru.",
        )
    if cell.reading is None and not cell.raw:
        raise NotAllowed(
            "reading.blank",
            f"{where} kosong dalam naskah, jadi tidak ada yang dibaca.",
            allowed="Yang tidak tertulis ditetapkan dengan versi SOP baru.",
        )
    free = body.cell == "waktu" and bool(cell.raw)
    fits = isinstance(body.reading, Duration) if free else body.reading == cell.reading
    if not fits:
        raise NotAllowed(
            "reading.fits",
            f"Bacaan itu tidak dapat ditegaskan untuk sel {body.cell.capitalize()}.",
            allowed="Tulis lamanya: angka dan satuan."
            if free
            else "Bacaan yang disimpulkan hanya dapat ditegaskan apa adanya; lainnya dengan versi SOP baru.",
        )
    last = next((one.value for one in reversed(readings) if _same_cell(one.value, body)), None)
    if last is not None and last.reading == body.reading:
        raise NotAllowed(
            "reading.same", f"{where} sudah ditegaskan begitu.", allowed="Tegaskan hanya bacaan yang berubah."
        )


def _same_cell(one: ReadingConfirmed, other: ReadingConfirmed) -> bool:
    return (one.sop, one.step, one.cell) == (other.sop, other.step, other.cell)
