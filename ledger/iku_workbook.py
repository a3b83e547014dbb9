"""The sheets of an Excel workbook (.xlsx, ECMA-376) as rows of text, at a cost that its sender does not choose.

A small file can ask for much work: one part named as two hundred sheets, a text that five thousand cells share, tags
inside tags. So everything has a measure, counted as often as it is used, and what would go beyond it is refused with
:class:`Malformed`: ``iku.table.size`` for too much, ``iku.table.xlsx`` for a file that names a part twice or is
damaged, ``iku.table.rows``. The measures are many times those of a real IKU table. They bound what is known to cost;
:mod:`api.iku_apart` bounds what is not.

Values are read, not formulas, through openpyxl. Sheets that are hidden are not even opened, nor is any part that says
nothing about cells (properties, themes, charts, pictures, links).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any
from xml.parsers import expat

from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import WorkSheetParser

from keys.errors import Malformed
from ledger.iku_table import Sheet, shown

#: A workbook is at most this many bytes once unpacked, and so are the parts that are read, each time they are.
MAX_UNPACKED_BYTES = 12 * 1024 * 1024
#: Sheets that are not hidden; XML elements and attributes that are read, each time they are; and their nesting.
MAX_SHEETS = 20
MAX_ELEMENTS = 600_000
MAX_DEPTH = 32
#: A table ends by this row; columns after this one are not read.
MAX_SHEET_ROWS = 5_000
MAX_SHEET_COLUMNS = 100
#: Characters that all sheets show together; a text that many cells share counts in each.
MAX_CHARACTERS = 2_000_000

#: A sheet is opened for its values and for its formulas; nothing else is opened as often.
_USES = 2
_EXCEL_ROWS = 1_048_576
#: Excel's own limit; a longer one is no number format.
_LONGEST_FORMAT = 255
_PIECE = 64 * 1024


def sheets_of(data: bytes, name: str) -> list[Sheet]:
    """Return the sheets of a workbook that are not hidden, or raise :class:`Malformed`."""
    try:
        with _Measured(data, name) as archive:
            sheets = _Reader(data, archive).sheets()
            return [_sheet(sheet, archive) for sheet in sheets]
    except (Malformed, MemoryError):
        raise
    except Exception:  # noqa: BLE001  on a damaged file openpyxl raises whatever its parts happen to raise
        raise Malformed(
            "iku.table.xlsx",
            f"Berkas {shown(name)} rusak atau bukan lembar kerja Excel.",
            allowed="Buka di Excel atau LibreOffice, lalu simpan ulang sebagai .xlsx.",
        ) from None


class _Measured(zipfile.ZipFile):
    """An archive that counts what is read of it, each time it is, before anybody else has it."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(io.BytesIO(data))
        self._name, self._uses = name, Counter[str]()
        self._bytes = self._elements = self._characters = 0
        names = self.namelist()
        if len(names) != len(set(names)):
            raise self.twice()
        unpacked = sum(member.file_size for member in self.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise self.too_much(f"{unpacked} bita", f"{MAX_UNPACKED_BYTES} bita")

    def open(self, name: Any, mode: Any = "r", pwd: bytes | None = None, *, force_zip64: bool = False) -> IO[bytes]:
        """Return a part, read and counted."""
        with super().open(name, mode, pwd, force_zip64=force_zip64) as part:
            data = part.read(MAX_UNPACKED_BYTES + 1)
        member = name.filename if isinstance(name, zipfile.ZipInfo) else str(name)
        self._uses[member] += 1
        if self._uses[member] > _USES:
            raise self.twice()
        self._bytes += len(data)
        if self._bytes > _USES * MAX_UNPACKED_BYTES:
            raise self.too_much(f"{self._bytes} bita", f"{MAX_UNPACKED_BYTES} bita")
        self._scan(data)
        return io.BytesIO(data)

    def charge(self, characters: int) -> None:
        """Count characters that a cell shows."""
        self._characters += characters
        if self._characters > MAX_CHARACTERS:
            raise self.too_much("terlalu banyak huruf", f"{MAX_CHARACTERS} huruf di semua lembar")

    def _scan(self, data: bytes) -> None:
        """Count the elements of a part and how deep they stand; what is no XML ends here as it ends in openpyxl."""
        parser = expat.ParserCreate(None, "}")  # as ElementTree makes it
        parser.ordered_attributes = True
        depth = 0

        def begin(_: str, attributes: list[str]) -> None:
            nonlocal depth
            depth += 1
            self._elements += 1 + len(attributes) // 2
            if depth > MAX_DEPTH:
                raise self.too_much("bersarang terlalu dalam", f"{MAX_DEPTH} tingkat")
            if self._elements > MAX_ELEMENTS:
                raise self.too_much("terlalu banyak unsur", f"{MAX_ELEMENTS} unsur, sel kosong yang diwarnai termasuk")

        def end(_: str) -> None:
            nonlocal depth
            depth -= 1

        def doctype(*_: object) -> None:
            raise expat.ExpatError("no part of a workbook declares a type, and entities multiply")

        parser.StartElementHandler, parser.EndElementHandler = begin, end
        parser.StartDoctypeDeclHandler = doctype
        for at in range(0, len(data), _PIECE):
            parser.Parse(data[at : at + _PIECE], at + _PIECE >= len(data))

    def twice(self) -> Malformed:
        """Return the fault of a part that stands, or is used, more than once."""
        return Malformed(
            "iku.table.xlsx",
            f"Berkas {shown(self._name)} menyebut satu bagian lebih dari sekali, jadi tidak dibaca.",
            allowed="Buka di Excel atau LibreOffice, lalu simpan ulang sebagai .xlsx.",
        )

    def too_much(self, found: str, most: str) -> Malformed:
        """Return the fault of a file that holds more than is read."""
        return Malformed(
            "iku.table.size",
            f"Isi berkas {shown(self._name)} terlalu besar setelah dibuka ({found}).",
            allowed=f"Paling besar {most}. Salin tabel IKU saja ke buku kerja baru, lalu simpan.",
        )


class _Reader(ExcelReader):
    """Opens of a workbook only what says something about the cells of its visible sheets."""

    def __init__(self, data: bytes, archive: _Measured) -> None:
        super().__init__(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        self.archive.close()
        self.archive = self.measured = archive

    def sheets(self) -> list[ReadOnlyWorksheet]:
        """Return the sheets, not yet read."""
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)
        found = [
            (sheet, rel.target)
            for sheet, rel in self.parser.find_sheets()
            if rel.target in self.valid_files and "chartsheet" not in rel.Type and sheet.state == "visible"
        ]
        if len(found) > MAX_SHEETS:
            raise self.measured.too_much(f"{len(found)} lembar", f"{MAX_SHEETS} lembar yang tidak disembunyikan")
        if len({target for _, target in found}) != len(found):
            raise self.measured.twice()
        return [_Unmeasured(self.wb, sheet.name, target, self.shared_strings) for sheet, target in found]


class _Unmeasured(ReadOnlyWorksheet):
    """A sheet that is not asked for its extent, which may be wrong and would be one more reading."""

    def _get_size(self) -> None:
        pass


class _Formulas(WorkSheetParser):
    """Finds the formulas of a sheet without reading them.

    A shared formula would be worked out again for every cell that shares it: hours, in a file made for that.
    """

    def parse_formula(self, element: Any) -> str:
        return "="


def _sheet(sheet: Any, archive: _Measured) -> Sheet:
    place = f"Lembar “{shown(sheet.title)}”"
    rows, empty = _sheet_rows(sheet, place, archive)
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


def _sheet_rows(sheet: Any, place: str, archive: _Measured) -> tuple[list[list[str]], set[tuple[int, int]]]:
    """Return the rows, and the cells that the file has but that read as empty."""
    rows: list[list[str]] = []
    empty: set[tuple[int, int]] = set()
    following = 1
    for number, found in _numbered(sheet):
        if number > _EXCEL_ROWS:
            break
        if number < following:
            continue
        following = number + 1
        cells = [(one["column"] - 1, ReadOnlyCell(sheet, **one)) for one in found]
        cells = [(column, cell) for column, cell in cells if 0 <= column < MAX_SHEET_COLUMNS]
        at = number - 1
        if at < MAX_SHEET_ROWS:
            empty.update((at, column) for column, cell in cells if _is_empty(cell))
        if all(cell.value is None for _, cell in cells):
            continue
        if at >= MAX_SHEET_ROWS:
            raise too_many_rows(place)
        rows += [[] for _ in range(at - len(rows))]
        rows.append([""] * (max(column for column, _ in cells) + 1))
        for column, cell in cells:
            rows[at][column] = _written(cell.value, cell)
            archive.charge(len(rows[at][column]))
    return rows, empty


def _numbered(sheet: Any) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the rows that the file has, by number: openpyxl's own way would fill every gap, a million rows long."""
    book = sheet.parent
    with sheet._get_source() as source:
        yield from WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        ).parse()


def too_many_rows(place: str) -> Malformed:
    """Return the fault of a table that does not end."""
    return Malformed(
        "iku.table.rows",
        f"{place} memuat lebih dari {MAX_SHEET_ROWS} baris.",
        allowed="Sisakan tabel IKU saja.",
    )


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
    shown = cell.number_format[:_LONGEST_FORMAT]
    if "%" in re.sub(r'"[^"]*"|\\.', "", shown):
        return _plain_number(number * 100) + "%"
    return _plain_number(number) + ("%" if "%" in shown else "")


def _plain_number(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
