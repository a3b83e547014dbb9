"""An IKU table that someone keeps as a spreadsheet or CSV, read into an IKU document.

``.xlsx`` (:mod:`ledger.iku_workbook`; values, not formulas) and CSV (RFC 4180; UTF-8 with or without a byte
order mark; separated by ``;``, ``,`` or tab, whichever makes a header appear) become rows of text; what the
rows mean is :mod:`ledger.iku_table`'s. A number keeps its 15 significant digits, with a percent sign where
the cell shows one. A formula counts as the result that the file holds; one without a result is refused, not
read as empty. Columns that an IKU has no place for are left out: :func:`unread_columns` names them, so that a
person can be told. Hidden sheets are not read.

Every fault is :class:`Malformed` and says where it is: ``iku.table.size``, ``.kind``, ``.xlsx``,
``.encoding``, ``.csv``, ``.rows``, ``.document`` (the unit, the period, the legal basis or the label), and
those of :mod:`ledger.iku_table`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from keys.errors import Malformed
from ledger.iku import IkuDocument
from ledger.iku_table import Sheet, Table, find_table, header_width, read_rows, shown
from ledger.iku_workbook import MAX_CHARACTERS, MAX_SHEET_COLUMNS, MAX_SHEET_ROWS, sheets_of, too_many_rows

#: A file is at most this many bytes; a workbook at most ledger.iku_workbook.MAX_UNPACKED_BYTES once unpacked.
MAX_BYTES = 5 * 1024 * 1024
#: What a workbook begins with, as every ZIP file does; all else is read as CSV or refused.
ZIP = b"PK\x03\x04"


def table_in(data: bytes, name: str) -> Table:
    """Return the one IKU table that the file ``name`` holds, or raise :class:`Malformed`."""
    return find_table(_sheets(data, name), name)


def document_of(
    table: Table,
    *,
    unit: str,
    first_year: int,
    last_year: int,
    legal_basis: Sequence[str] = (),
    label: str | None = None,
) -> IkuDocument:
    """Return the IKU document that a table says, or raise :class:`Malformed`."""
    plain: dict[str, Any] = {
        "format": "jejak.iku/1",
        "unit": unit,
        "period": {"first_year": first_year, "last_year": last_year},
        "legal_basis": list(legal_basis),
        "rows": list(read_rows(table, first_year, last_year)),
    }
    if label is not None:
        plain["label"] = label
    document = IkuDocument.read(plain, "iku.table.document", "Dokumen IKU")
    document.format()  # refuses what has no canonical bytes
    return document


def read_table(
    data: bytes,
    name: str,
    *,
    unit: str,
    first_year: int,
    last_year: int,
    legal_basis: Sequence[str] = (),
    label: str | None = None,
) -> IkuDocument:
    """Return the IKU document that the file ``name`` holds, or raise :class:`Malformed`."""
    table = table_in(data, name)
    return document_of(
        table, unit=unit, first_year=first_year, last_year=last_year, legal_basis=legal_basis, label=label
    )


def unread_columns(data: bytes, name: str) -> tuple[str, ...]:
    """Return the headings of the columns that :func:`read_table` leaves out (*Realisasi*, *Capaian*, ...)."""
    return table_in(data, name).unread


def _sheets(data: bytes, name: str) -> list[Sheet]:
    if len(data) > MAX_BYTES:
        raise Malformed(
            "iku.table.size",
            f"Berkas {shown(name)} terlalu besar ({len(data)} bita).",
            allowed=f"Paling besar {MAX_BYTES} bita.",
        )
    if data.startswith(ZIP):
        return sheets_of(data, name)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Malformed(
            "iku.table.kind",
            f"Berkas {shown(name)} adalah Excel lama (.xls) atau terkunci sandi.",
            allowed="Simpan ulang sebagai .xlsx tanpa sandi.",
        )
    if not name.lower().endswith((".csv", ".tsv", ".txt")):
        raise Malformed(
            "iku.table.kind",
            f"Berkas {shown(name)} bukan tabel yang dapat dibaca.",
            allowed="Simpan sebagai .xlsx atau .csv.",
        )
    return [_csv(data, name)]


def _csv(data: bytes, name: str) -> Sheet:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Malformed(
            "iku.table.encoding",
            f"Berkas {shown(name)} tidak dapat dibaca di baris {line}: hurufnya bukan UTF-8.",
            allowed="Simpan ulang sebagai “CSV UTF-8”.",
        ) from None
    if len(text) > MAX_CHARACTERS:
        raise Malformed(
            "iku.table.size",
            f"Berkas {shown(name)} terlalu besar ({len(text)} huruf).",
            allowed=f"Paling besar {MAX_CHARACTERS} huruf. Sisakan tabel IKU saja.",
        )
    place = f"Berkas {shown(name)}"
    readings = [_csv_rows(text, delimiter) for delimiter in ";,\t"]
    rows, fault = max(readings, key=lambda reading: header_width(reading[0]))
    if fault and header_width(rows):
        raise Malformed(
            "iku.table.csv",
            f"{place}, baris {len(rows) + 1}: tanda kutip tidak berpasangan atau isi terlalu panjang.",
            allowed="Simpan ulang sebagai CSV dari Excel atau LibreOffice.",
        )
    if len(rows) > MAX_SHEET_ROWS:
        raise too_many_rows(place)
    return Sheet(place, rows)


def _csv_rows(text: str, delimiter: str) -> tuple[list[list[str]], bool]:
    """Return the rows up to the first fault, and whether there was one."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            rows.append(row[:MAX_SHEET_COLUMNS])
            if len(rows) > MAX_SHEET_ROWS:
                break
    except csv.Error:
        return rows, True
    return rows, False
