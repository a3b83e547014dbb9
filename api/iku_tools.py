"""Help with typing an IKU over HTTP: what a careful reader would raise about it, and a table read into a document.

Nothing of what is sent is kept. Warnings never refuse; what is no IKU document, or no table of one, is refused and the
refusal says where. Whatever was guessed while reading a table is told, for a person to look at before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from flask import Response, jsonify, request
from flask_openapi3.models import RawModel
from pydantic import BaseModel, Field, StringConstraints
from werkzeug.exceptions import RequestEntityTooLarge

from api.parameters import PeriodText, blueprint, years
from keys import strict_json
from keys.errors import Malformed
from keys.fields import Fact, Line, tidy
from ledger import iku_import
from ledger.iku import MAX_BYTES, MEDIA_TYPE, UNSTATED, IkuDocument
from ledger.iku_checks import warnings
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
CHECKED_TYPES = ["application/json", MEDIA_TYPE]
TABLE_TYPES = ["application/octet-stream"]

routes = blueprint("iku")


class IkuJson(RawModel):
    """An IKU document as JSON, in any spelling, at most 1 MiB."""

    mimetypes = CHECKED_TYPES


class TableBytes(RawModel):
    """A table as .xlsx or CSV, at most 5 MiB; any media type is taken."""

    mimetypes = TABLE_TYPES


class Doubt(BaseModel):
    """A rule's doubt about a cell, with a sentence for a clerk."""

    rule: str
    row: int = Field(description="the row it is about, from 1")
    field: str = Field(description="the column it is about, by its name in the document")
    column: str = Field(description="what people call the column")
    text: str


class Checked(BaseModel):
    """What there is to say about an IKU document."""

    rows: int
    warnings: list[Doubt]


class ReadColumn(BaseModel):
    """A column of the table, and what it was taken for."""

    place: str = Field(description="where its heading stands, in words")
    heading: str
    field: str
    column: str = Field(description="what people call that field")
    year: int | None


class ReadTable(BaseModel):
    """The IKU document that a table was read into, and what was guessed on the way."""

    document: dict[str, Any] = Field(description="the IKU document; spelt as its members stand, it is canonical")
    columns: list[ReadColumn]
    unread: list[str] = Field(description="headings of columns that an IKU has no place for")
    guessed: list[str] = Field(description="a sentence for each thing that the table does not say itself")


class ImportQuery(Fact):
    """What the table's file is called, and what it need not say itself."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    unit: Line | None = None
    period: PeriodText | None = None


@routes.post("/iku/checks", responses={"200": Checked})
def check_iku(raw: IkuJson) -> Response:
    """Return every doubt about an IKU document; one that cannot be read is refused, naming row and column."""
    data = _body(MAX_BYTES, "iku.size", "Dokumen IKU", types=CHECKED_TYPES)
    try:
        document = IkuDocument.read(strict_json.loads(data), "iku.schema", "Dokumen IKU")
    except Malformed as fault:
        raise _placed(fault) from None
    doubts = [
        Doubt(rule=one.rule, row=one.row, field=one.field, column=COLUMNS[one.field], text=one.text)
        for one in warnings(document)
    ]
    return jsonify(Checked(rows=len(document.rows), warnings=doubts).model_dump())


@routes.post("/iku/imports", responses={"200": ReadTable})
def import_iku(query: ImportQuery, raw: TableBytes) -> Response:
    """Read a table (.xlsx, CSV) into an IKU document; unit and period are looked for in it where they are not said."""
    data = _body(iku_import.MAX_BYTES, "iku.table.size", f"Berkas {shown(query.name)}")
    table = iku_import.table_in(data, query.name)
    guessed: list[str] = []
    unit = query.unit or _unit_in(table, guessed)
    first, last = years(query.period) if query.period else _years_in(table, guessed)
    document = iku_import.document_of(table, unit=unit, first_year=first, last_year=last)
    guessed += _filled_in(table)
    said = ReadTable(
        document=document.plain(),
        columns=[
            ReadColumn(
                place=table.sheet.at(table.header, one.index),
                heading=one.heading,
                field=_field(one.field),
                column=COLUMNS[_field(one.field)],
                year=one.year,
            )
            for one in table.columns
            if one.field != "number"
        ],
        unread=list(table.unread),
        guessed=guessed,
    )
    return jsonify(said.model_dump())


def _body(most: int, rule: str, what: str, types: list[str] | None = None) -> bytes:
    """Return the bytes that were sent, never more than ``most``."""
    if types is not None and request.mimetype not in types:
        raise Malformed(
            "request.media_type",
            f"Kiriman berjenis {request.mimetype[:80] or 'tidak disebut'}, bukan dokumen IKU.",
            allowed=f"Content-Type: {' atau '.join(types)}.",
        )
    request.max_content_length = most
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Malformed(rule, f"{what} lebih dari {most} bita.", allowed=f"Paling besar {most} bita.") from None


def _placed(fault: Malformed) -> Malformed:
    """Return the fault with the row and the column that its member is in, where it is in one."""
    path = str(fault.facts.get("member", "")).split(".")
    if len(path) < 3 or path[0] != "rows" or path[2] not in COLUMNS:
        return fault
    facts = fault.facts | {"row": int(path[1]) + 1, "field": path[2], "column": COLUMNS[path[2]]}
    return Malformed(fault.rule, fault.detail, allowed=fault.allowed, **facts)


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
