"""What an IKU table says, and what was guessed where it does not say it itself, for a person to look at.

It knows nothing of HTTP: :mod:`api.iku_apart` has it done in a process of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from keys.errors import Malformed
from keys.fields import tidy
from ledger import iku_import
from ledger.iku import UNSTATED
from ledger.iku_table import Table, shown

#: What people call the columns of an IKU table.
COLUMNS = {
    "objective": "sasaran strategis",
    "indicator": "indikator kinerja utama",
    "formula": "rumus",
    "rationale": "alasan",
    "sources": "sumber data",
    "owner": "penanggung jawab",
    "measure": "satuan",
    "baseline": "kondisi awal",
    "targets": "target",
}


def read(data: bytes, name: str, unit: str | None, period: list[int] | None) -> dict[str, Any]:
    """Return the document of a table, its columns, what was left out and what was guessed, as JSON values.

    The members are those of ``api.iku_tools.ReadTable``; ``unit`` and ``period`` (its first and last year) are looked
    for in the table where they are not said. Raises Malformed.
    """
    table = iku_import.table_in(data, name)
    guessed: list[str] = []
    unit = unit or _unit_in(table, guessed)
    first, last = period or _years_in(table, guessed)
    document = iku_import.document_of(table, unit=unit, first_year=first, last_year=last)
    guessed += _filled_in(table)
    return {
        "document": document.plain(),
        "columns": [
            {
                "place": table.sheet.at(table.header, one.index),
                "heading": one.heading,
                "field": _field(one.field),
                "column": COLUMNS[_field(one.field)],
                "year": one.year,
            }
            for one in table.columns
            if one.field != "number"
        ],
        "unread": list(table.unread),
        "guessed": guessed,
    }


def _field(name: str) -> str:
    return "targets" if name == "target" else name


# --- what a table does not say itself ----------------------------------------------------------------------

_OFFICE = re.compile(
    r"\b(?:kecamatan|kelurahan|dinas|badan|inspektorat|sekretariat|bagian|kantor|rsud|puskesmas)\s.*?"
    r"(?=\s*(?:[,;:(]|\b(?:tahun|periode|ta)\b|\b(?:19|20)\d\d\b|$))",
    re.IGNORECASE,
)
_SPAN = re.compile(
    r"\b((?:19|20)\d\d)\s*(?:[-–—/]|s\.?\s?/?d\.?|sampai(?: dengan)?)\s*((?:19|20)\d\d)\b", re.IGNORECASE
)
_YEAR = re.compile(r"\b((?:19|20)\d\d)\b")


def _titles(table: Table) -> Iterator[str]:
    """Yield what stands above the header, tidied, a cell at a time."""
    for row in table.sheet.rows[: table.header]:
        yield from (" ".join(tidy(cell[:1000]).split()) for cell in row if cell.strip())


def _unit_in(table: Table, guessed: list[str]) -> str:
    for title in _titles(table):
        if found := _OFFICE.search(title):
            guessed.append(f"Unit kerja diambil dari judul tabel: “{shown(found.group())}”.")
            return found.group()
    raise Malformed(
        "iku.table.document",
        "Unit kerja tidak disebut, juga tidak dalam judul tabel.",
        allowed="Isi unit kerjanya dahulu, lalu ambil berkasnya lagi.",
        member="unit",
    )


def _years_in(table: Table, guessed: list[str]) -> tuple[int, int]:
    targets = [one.year for one in table.columns if one.field == "target" and one.year is not None]
    if targets:
        first, last = min(targets), max(targets)
        guessed.append(f"Periode diambil dari kolom target: {first} sampai {last}.")
        return first, last
    for pattern in (_SPAN, _YEAR):
        for title in _titles(table):
            if (found := pattern.search(title)) and int(found[1]) <= int(found[pattern.groups]):
                first, last = int(found[1]), int(found[pattern.groups])
                guessed.append(f"Periode diambil dari judul tabel: {first} sampai {last}.")
                return first, last
    raise Malformed(
        "iku.table.document",
        "Periode tidak disebut, juga tidak dalam judul atau kepala tabel.",
        allowed="Isi tahun pertama dan tahun terakhirnya dahulu, lalu ambil berkasnya lagi.",
        member="period",
    )


def _filled_in(table: Table) -> Iterator[str]:
    """Yield a sentence for each thing that reading put where the table has nothing."""
    at = {one.field: one.index for one in table.columns}
    if "objective" not in at:
        yield f"Tabel tidak punya kolom sasaran. Setiap baris ditulis “{UNSTATED}”; ganti dengan sasarannya."
        return
    cells = [[row[i] if i < len(row) else "" for i in (at["objective"], at["indicator"])] for row in _below(table)]
    bare = sum(1 for objective, indicator in cells if indicator.strip() and not objective.strip())
    if bare:
        yield f"Sasaran yang kosong dianggap sama dengan yang di atasnya: {bare} baris."


def _below(table: Table) -> list[list[str]]:
    return table.sheet.rows[table.first :]
