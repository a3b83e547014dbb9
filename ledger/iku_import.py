"""An IKU table that someone keeps as a spreadsheet or CSV, read into an IKU document.

``.xlsx`` (ECMA-376, through openpyxl; values, not formulas) and CSV (RFC 4180; UTF-8 with or without a byte
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
import re
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.worksheet._reader import WorkSheetParser

from keys.errors import Malformed
from ledger.iku import IkuDocument
from ledger.iku_table import Sheet, Table, find_table, header_width, read_rows, shown

#: A file is at most this many bytes, and a workbook at most that many once unpacked.
MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED_BYTES = 12 * 1024 * 1024
#: A table ends by this row; columns after this one are not read.
MAX_SHEET_ROWS = 5_000
MAX_SHEET_COLUMNS = 100

_EXCEL_ROWS = 1_048_576


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
    if data.startswith(b"PK\x03\x04"):
        return _workbook(data, name)
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


def _workbook(data: bytes, name: str) -> list[Sheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise Malformed(
                "iku.table.size",
                f"Isi berkas {shown(name)} terlalu besar setelah dibuka ({unpacked} bita).",
                allowed=f"Paling besar {MAX_UNPACKED_BYTES} bita.",
            )
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            return [_sheet(sheet) for sheet in book.worksheets if sheet.sheet_state == "visible"]
        finally:
            book.close()
    except Malformed:
        raise
    except Exception:  # noqa: BLE001  on a damaged file openpyxl raises whatever its parts happen to raise
        raise Malformed(
            "iku.table.xlsx",
            f"Berkas {shown(name)} rusak atau bukan lembar kerja Excel.",
            allowed="Buka di Excel atau LibreOffice, lalu simpan ulang sebagai .xlsx.",
        ) from None


class _Formulas(WorkSheetParser):
    """Finds the formulas of a sheet without reading them.

    A shared formula would be worked out again for every cell that shares it: hours, in a file made for that.
    """

    def parse_formula(self, element: Any) -> str:
        return "="


def _sheet(sheet: Any) -> Sheet:
    place = f"Lembar “{shown(sheet.title)}”"
    rows, empty = _sheet_rows(sheet, place)
    if not empty:
        return Sheet(place, rows)
    last = max(row for row, _ in empty)
    formulas: set[tuple[int, int]] = set()
    with sheet._get_source() as source:
        for number, cells in _Formulas(source, sheet._shared_strings).parse():
            formulas.update((number - 1, cell["column"] - 1) for cell in cells if cell["data_type"] == "f")
            if number > last:
                break
    return Sheet(place, rows, frozenset(empty & formulas))


def _sheet_rows(sheet: Any, place: str) -> tuple[list[list[str]], set[tuple[int, int]]]:
    """Return the rows, and the cells that the file has but that read as empty."""
    sheet.reset_dimensions()  # what a file says about its own extent may be wrong
    rows: list[list[str]] = []
    empty: set[tuple[int, int]] = set()
    # The bound on rows also ends a file that numbers a row beyond what Excel has.
    found = sheet.iter_rows(max_row=_EXCEL_ROWS, max_col=MAX_SHEET_COLUMNS)
    blank = None  # openpyxl fills gaps with one and the same empty row, perhaps a million times
    for number, cells in enumerate(found):
        if cells is blank:
            continue
        if number < MAX_SHEET_ROWS:
            empty.update((number, column) for column, cell in enumerate(cells) if _is_empty(cell))
        if all(cell.value is None for cell in cells):
            blank = cells
            continue
        if number >= MAX_SHEET_ROWS:
            raise _too_many_rows(place)
        rows += [[] for _ in range(number - len(rows))]
        rows.append([_written(cell.value, cell) for cell in cells])
    return rows, empty


def _is_empty(cell: Any) -> bool:
    # "str" with no value is a formula whose result is the empty text: that is a result.
    return isinstance(cell, ReadOnlyCell) and cell.value is None and cell.data_type != "str"


def _written(value: Any, cell: Any) -> str:
    """Return a cell's value as the person saw it, or as near as the file tells."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if not isinstance(value, (int, float)):
        return str(value).removesuffix(" 00:00:00")  # a date
    number = Decimal(value) if isinstance(value, int) else Decimal(format(value, ".15g"))
    shown = cell.number_format
    if "%" in re.sub(r'"[^"]*"|\\.', "", shown):
        return _plain_number(number * 100) + "%"
    return _plain_number(number) + ("%" if "%" in shown else "")


def _plain_number(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


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
        raise _too_many_rows(place)
    return Sheet(place, rows)


def _csv_rows(text: str, delimiter: str) -> tuple[list[list[str]], bool]:
    """Return the rows up to the first fault, and whether there was one."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            rows.append(row[:MAX_SHEET_COLUMNS])
    except csv.Error:
        return rows, True
    return rows, False


def _too_many_rows(place: str) -> Malformed:
    return Malformed(
        "iku.table.rows",
        f"{place} memuat lebih dari {MAX_SHEET_ROWS} baris.",
        allowed="Sisakan tabel IKU saja.",
    )
