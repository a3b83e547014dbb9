"""What an inspector would raise on an SOP, derived by rule from its cells.

Nothing here refuses: an SOP with findings can be enacted and followed, but nobody should have to discover
them alone. Each finding names its rule:

==========================  =============================================================================
``blank``                   a cell the form asks for is empty (a blank remark is normal and no finding)
``unreadable``              there is text, but it cannot be read with certainty
``inferred``                our reading does not stand in the source; the office should confirm it
``number-gap``              a part of the SOP's number is empty
``holiday``, ``weekend``    a date of the SOP is no working day (the Indonesian calendar of ``holidays``)
``date-order``              revised before it was made, or in force before it was made or revised
``same-day``                in force on the very day of its revision
``older-than-legal-basis``  made before a regulation it rests on
``no-source``               a step needs a thing that no step before it gives
``unknown-sop``             a remark names an SOP that is not among the related ones
==========================  =============================================================================

A reading whose basis is ``dikonfirmasi`` raises nothing: the office has answered. Spelling is no finding.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import holidays

from ledger.sop import Cell, DateCell, Duration, Identity, OfficeCell, Regulation, Sop, Step, check, reach

_MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
_SOP_NAME = re.compile(r"\bSOP\s+\S.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Finding:
    """One point: the rule, the place in the document, a sentence for a reader, and its weight.

    ``temuan`` is a fault of the document; ``catatan`` is something its reader should know.
    """

    rule: str
    where: str
    sentence: str
    weight: Literal["temuan", "catatan"] = "temuan"


def findings(sop: Sop) -> list[Finding]:
    """Return everything there is to raise on ``sop``, in the order of the document.

    An SOP that :func:`ledger.sop.check` refuses is refused here in the same words.
    """
    check(sop)
    return [*_identity(sop), *_cell(sop, "judul tabel langkah", sop.heading), *_steps(sop)]


def _identity(sop: Sop) -> Iterator[Finding]:
    identity = sop.identity
    yield from _list(sop, "identitas, instansi", identity.institution)
    yield from _number(sop, "identitas, Nomor SOP")
    yield from _date(sop, "identitas, Tanggal Pembuatan", identity.created)
    yield from _older_than_legal_basis(identity, "identitas, Tanggal Pembuatan")
    yield from _date(sop, "identitas, Tanggal Revisi", identity.revised)
    yield from _date(sop, "identitas, Tanggal Efektif", identity.effective)
    yield from _date_order(identity, "identitas, Tanggal Efektif")
    for what, cell in (
        ("jabatan", identity.approved_by.title),
        ("nama", identity.approved_by.name),
        ("pangkat", identity.approved_by.rank),
        ("NIP", identity.approved_by.nip),
    ):
        yield from _cell(sop, f"identitas, Disahkan oleh ({what})", cell)
    yield from _cell(sop, "identitas, Nama SOP", identity.name)
    yield from _list(sop, "identitas, Dasar Hukum", identity.legal_basis)
    yield from _list(sop, "identitas, Kualifikasi pelaksana", identity.qualifications)
    yield from _list(sop, "identitas, Keterkaitan", identity.related)
    yield from _list(sop, "identitas, Peralatan/perlengkapan", identity.equipment)
    yield from _cell(sop, "identitas, Peringatan", identity.warning)
    yield from _cell(sop, "identitas, Pencatatan dan pendataan", identity.records)


def _steps(sop: Sop) -> Iterator[Finding]:
    behind: dict[str, set[str]] = {step.no: set() for step in sop.steps}
    for step in sop.steps:
        for way in step.next:
            behind[way.to].add(step.no)
    for step in sop.steps:
        where = f"langkah {step.no}"
        yield from _cell(sop, f"{where}, kegiatan", step.kegiatan)
        yield from _cell(sop, f"{where}, pelaksana", step.pelaksana)
        yield from _cell(sop, f"{where}, kelengkapan", step.kelengkapan)
        yield from _no_source(sop, step, reach(behind[step.no], behind))
        yield from _cell(sop, f"{where}, waktu", step.waktu, "kelambatannya tidak dapat dinilai")
        yield from _cell(sop, f"{where}, output", step.output)
        if step.keterangan.raw or step.keterangan.reading:
            yield from _cell(sop, f"{where}, keterangan", step.keterangan)
        yield from _unknown_sop(sop, step)


def _cell(sop: Sop, where: str, cell: Cell[Any], so: str = "") -> Iterator[Finding]:
    so = f", sehingga {so}" if so else ""
    if cell.reading is None and not cell.raw:
        yield Finding("blank", where, f"Bagian ini tidak diisi{so}.")
    elif cell.reading is None:
        yield Finding("unreadable", where, _with_note(f'Tertulis "{cell.raw}", tidak terbaca pasti{so}.', cell))
    elif cell.basis == "disimpulkan":
        said = f"Dibaca sebagai {_words(sop, cell)}; ini simpulan, bukan tulisan sumber."
        yield Finding("inferred", where, _with_note(said, cell), "catatan")


def _list(sop: Sop, where: str, cells: Sequence[Cell[Any]]) -> Iterator[Finding]:
    if not cells:
        yield Finding("blank", where, "Bagian ini tidak diisi.")
    for place, cell in enumerate(cells, 1):
        yield from _cell(sop, f"{where} ({place})", cell)


def _number(sop: Sop, where: str) -> Iterator[Finding]:
    cell = sop.identity.number
    yield from _cell(sop, where, cell)
    if cell.reading is not None and not all(part.strip() for part in cell.reading.split("/")):
        yield Finding("number-gap", where, f'Nomor "{cell.reading}" belum lengkap: ada bagian yang kosong.')


def _date(sop: Sop, where: str, cell: DateCell) -> Iterator[Finding]:
    yield from _cell(sop, where, cell)
    if cell.reading is None:
        return
    day = dt.date.fromisoformat(cell.reading)
    calendar = holidays.country_holidays("ID", years=day.year, language="id", categories=("public", "government"))
    name = calendar.get(day)
    if name is not None:
        yield Finding("holiday", where, f"{_day(cell.reading)} adalah hari libur: {name}.")
    if day.weekday() >= 5:
        weekday = "Sabtu" if day.weekday() == 5 else "Minggu"
        yield Finding("weekend", where, f"{_day(cell.reading)} jatuh pada hari {weekday}, di luar lima hari kerja.")


def _older_than_legal_basis(identity: Identity, where: str) -> Iterator[Finding]:
    created = identity.created.reading
    if created is None:
        return
    for cell in identity.legal_basis:
        law = cell.reading
        # Of a regulation whose day is unknown only the year counts: in the same year it may be the older one.
        if law is not None and created < (law.enacted or f"{law.year:04}"):
            yield Finding(
                "older-than-legal-basis",
                where,
                f"SOP dibuat {_day(created)}, sebelum {_regulation(law)} yang menjadi dasar hukumnya.",
            )


def _date_order(identity: Identity, where: str) -> Iterator[Finding]:
    created, revised, effective = (cell.reading for cell in (identity.created, identity.revised, identity.effective))
    for earlier, later, said in (
        (revised, created, "SOP tercatat direvisi {} sebelum dibuat {}."),
        (effective, created, "SOP tercatat berlaku {} sebelum dibuat {}."),
        (effective, revised, "SOP tercatat berlaku {} sebelum direvisi {}."),
    ):
        if earlier is not None and later is not None and earlier < later:
            yield Finding("date-order", where, said.format(_day(earlier), _day(later)))
    if revised is not None and revised == effective:
        yield Finding("same-day", where, f"SOP direvisi dan berlaku pada hari yang sama, {_day(revised)}.", "catatan")


def _no_source(sop: Sop, step: Step, before: set[str]) -> Iterator[Finding]:
    given = {thing for other in sop.steps if other.no in before for thing in other.gives}
    for slug in step.needs:
        if slug not in given:
            yield Finding(
                "no-source",
                f"langkah {step.no}, kelengkapan",
                f'"{sop.thing(slug).name}" diperlukan di sini, tetapi tidak ada langkah sebelumnya yang '
                "menerima atau menghasilkannya.",
            )


def _unknown_sop(sop: Sop, step: Step) -> Iterator[Finding]:
    named = _SOP_NAME.search(step.keterangan.reading or "")
    if named is None:
        return
    name = _folded(named.group())
    related = {_folded(cell.reading): cell.reading for cell in sop.identity.related if cell.reading}
    if name in related:
        return
    near = difflib.get_close_matches(name, related, n=1)
    yield Finding(
        "unknown-sop",
        f"langkah {step.no}, keterangan",
        f'Keterangan menyebut "{named.group()}", yang tidak ada di Keterkaitan'
        + (f'; di sana tertulis "{related[near[0]]}".' if near else "."),
    )


def _words(sop: Sop, cell: Cell[Any]) -> str:
    match cell.reading:
        case str() if isinstance(cell, OfficeCell):
            return sop.office(cell.reading).name
        case Duration(amount=amount, unit=unit):
            return f"{amount} {unit.replace('-', ' ')}"
        case Regulation() as law:
            return _regulation(law)
        case tuple() as things:
            return ", ".join(f'"{sop.thing(slug).name}"' for slug in things) or "tidak ada"
        case text:
            return f'"{text}"'


def _regulation(law: Regulation) -> str:
    return f"{law.form} No. {law.number} Tahun {law.year}"


def _day(date: str) -> str:
    day = dt.date.fromisoformat(date)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _folded(name: str) -> str:
    return " ".join(name.casefold().rstrip(". ").split())


def _with_note(said: str, cell: Cell[Any]) -> str:
    return f"{said} {cell.note}" if cell.note else said
