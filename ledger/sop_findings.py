"""What an inspector would raise on an SOP, derived by rule from its cells.

A finding refuses nothing: an SOP with findings can be enacted and followed, but nobody should have to discover
them alone. Only what a skeleton still waits for is another matter: :func:`require_filled` keeps whoever drafts an
enactment from signing it by accident. Each finding names its rule:

==========================  =============================================================================
``placeholder``             a text of the skeleton still stands there (:mod:`ledger.sop_skeleton`)
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

from keys.errors import NotAllowed
from ledger.sop import Cell, DateCell, Duration, Identity, OfficeCell, Regulation, Sop, Step, check, reach
from ledger.sop_skeleton import PLACEHOLDER, open_texts

_MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
_SOP_NAME = re.compile(r"\bSOP\s+\S.*", re.DOTALL)

#: Where a member of the SOP stands, in the words of its form.
_PLACES = {
    "slug": "nama pendek SOP",
    "unit": "unit",
    "title": "judul",
    "document": "dokumen",
    "source_note": "catatan sumber",
    "identity.institution": "identitas, instansi",
    "identity.number": "identitas, Nomor SOP",
    "identity.created": "identitas, Tanggal Pembuatan",
    "identity.revised": "identitas, Tanggal Revisi",
    "identity.effective": "identitas, Tanggal Efektif",
    "identity.approved_by.title": "identitas, Disahkan oleh (jabatan)",
    "identity.approved_by.name": "identitas, Disahkan oleh (nama)",
    "identity.approved_by.rank": "identitas, Disahkan oleh (pangkat)",
    "identity.approved_by.nip": "identitas, Disahkan oleh (NIP)",
    "identity.name": "identitas, Nama SOP",
    "identity.legal_basis": "identitas, Dasar Hukum",
    "identity.qualifications": "identitas, Kualifikasi pelaksana",
    "identity.related": "identitas, Keterkaitan",
    "identity.equipment": "identitas, Peralatan/perlengkapan",
    "identity.warning": "identitas, Peringatan",
    "identity.records": "identitas, Pencatatan dan pendataan",
    "heading": "judul tabel langkah",
    "offices": "daftar pelaksana",
    "things": "daftar kelengkapan dan hasil",
}
#: What the parts of a cell or of a list's row are called.
_PARTS = {
    "raw": "teks asli",
    "reading": "bacaan",
    "note": "catatan",
    "source_note": "catatan",
    "column": "kolom",
    "number": "nomor urut",
    "name": "nama",
    "office": "nama pendek",
    "thing": "nama pendek",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One point: the rule, the place in the document, a sentence for a reader, and its weight.

    ``belum`` is still to be filled in; ``temuan`` is a fault of the document; ``catatan`` is something its reader
    should know.
    """

    rule: str
    where: str
    sentence: str
    weight: Literal["belum", "temuan", "catatan"] = "temuan"


def findings(sop: Sop) -> list[Finding]:
    """Return everything there is to raise on ``sop``, in the order of the document.

    An SOP that :func:`ledger.sop.check` refuses is refused here in the same words.
    """
    check(sop)
    waiting = unfilled(sop)
    places = {one.where for one in waiting}
    found = [*_identity(sop), *_cell(sop, _PLACES["heading"], sop.heading), *_steps(sop)]
    return [*waiting, *(one for one in found if one.where not in places)]


def unfilled(sop: Sop) -> list[Finding]:
    """Return every place where a text of the skeleton still stands, in the order of the document."""
    waiting: dict[str, dict[str, str]] = {}
    for path, text in open_texts(sop.plain()):
        where, part = _place(sop, path)
        waiting.setdefault(where, {}).setdefault(part, text)
    return [Finding("placeholder", where, _to_fill(parts), "belum") for where, parts in waiting.items()]


def require_filled(sop: Sop) -> None:
    """Return if no text of the skeleton is left, else raise NotAllowed: such an SOP is not enacted by accident."""
    waiting = unfilled(sop)
    if waiting:
        raise NotAllowed(
            "sop.placeholder",
            f"SOP ini belum selesai diisi: {len(waiting)} tempat, yang pertama {waiting[0].where}.",
            allowed=f"Isi atau hapus semua petunjuk “{PLACEHOLDER}”; daftarnya: jejak sop check BERKAS.",
            places=[one.where for one in waiting],
        )


def _place(sop: Sop, path: tuple[str, ...]) -> tuple[str, str]:
    """Return where a text stands, as its other findings say it, and which part of its cell it is."""
    part = next((_PARTS[name] for name in reversed(path) if name in _PARTS), "")
    if path[0] == "steps":
        return f"langkah {sop.steps[int(path[1])].no}, {path[2]}", part
    member = next(name for at in range(len(path), 0, -1) if (name := ".".join(path[:at])) in _PLACES)
    place = next((name for name in path[member.count(".") + 1 :] if name.isdecimal()), None)
    return f"{_PLACES[member]} ({int(place) + 1})" if place else _PLACES[member], part


def _to_fill(parts: dict[str, str]) -> str:
    """Return what is to be done at a place, where ``parts`` hold a text of the skeleton each."""
    told = [text for part, text in parts.items() if part != "catatan"]
    if not told:
        return "Petunjuk dari kerangka masih ada di catatan: ganti dengan catatan sendiri, atau hapus."
    what = next((text.removeprefix(PLACEHOLDER).strip() for text in told if text.startswith(PLACEHOLDER)), None)
    named = ", ".join(filter(None, parts))
    head = f"Belum diisi ({named})" if named else "Belum diisi"
    return f"{head}: {what or f'masih tertulis “{told[0]}”'}."


def _identity(sop: Sop) -> Iterator[Finding]:
    identity, at = sop.identity, {name.removeprefix("identity."): where for name, where in _PLACES.items()}
    yield from _list(sop, at["institution"], identity.institution)
    yield from _number(sop, at["number"])
    yield from _date(sop, at["created"], identity.created)
    yield from _older_than_legal_basis(identity, at["created"])
    yield from _date(sop, at["revised"], identity.revised)
    yield from _date(sop, at["effective"], identity.effective)
    yield from _date_order(identity, at["effective"])
    yield from _cell(sop, at["approved_by.title"], identity.approved_by.title)
    yield from _cell(sop, at["approved_by.name"], identity.approved_by.name)
    yield from _cell(sop, at["approved_by.rank"], identity.approved_by.rank)
    yield from _cell(sop, at["approved_by.nip"], identity.approved_by.nip)
    yield from _cell(sop, at["name"], identity.name)
    yield from _list(sop, at["legal_basis"], identity.legal_basis)
    yield from _list(sop, at["qualifications"], identity.qualifications)
    yield from _list(sop, at["related"], identity.related)
    yield from _list(sop, at["equipment"], identity.equipment)
    yield from _cell(sop, at["warning"], identity.warning)
    yield from _cell(sop, at["records"], identity.records)


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
        case Duration() as time:
            return time.words
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
