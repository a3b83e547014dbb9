"""Help with typing an IKU over HTTP: what a careful reader would raise about it, and a table read into a document.

Nothing of what is sent is kept. Warnings never refuse; what is no IKU document, or no table of one, is refused and the
refusal says where. Whatever was guessed while reading a table is told, for a person to look at before it is used.
"""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response, jsonify, request
from flask_openapi3.models import RawModel
from pydantic import BaseModel, Field, StringConstraints
from werkzeug.exceptions import RequestEntityTooLarge

from api import iku_apart
from api.iku_reading import COLUMNS
from api.parameters import PeriodText, blueprint, years
from keys import strict_json
from keys.errors import Malformed
from keys.fields import Fact, Line
from ledger import iku_import
from ledger.iku import MAX_BYTES, MEDIA_TYPE, IkuDocument
from ledger.iku_checks import warnings
from ledger.iku_table import shown

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
    period = list(years(query.period)) if query.period else None
    said = iku_apart.read(data, query.name, query.unit, period)
    return jsonify(ReadTable.model_validate(said).model_dump())


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
