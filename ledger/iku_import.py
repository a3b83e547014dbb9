"""An IKU table that someone keeps as a spreadsheet or CSV, read into an IKU document.

``.xlsx`` (ECMA-376, through openpyxl; values, not formulas) and CSV (RFC 4180; UTF-8 with or without a byte
order mark; separated by ``;``, ``,`` or tab, whichever makes a header appear). Title rows above the header
are skipped. Header words are recognised in any case:

- *Sasaran (strategis)*; *Indikator (kinerja utama)*, *IKU*, *Uraian*
- *Satuan*; *Penanggung jawab*; *Sumber data*
- *Formula*, *Formulasi*, *Alasan/penjelasan (formula)*; *Alasan*, *Penjelasan*
- *Kondisi awal 2017*, *Baseline*; *Target 2019*, *2019*, *Target* alone when the period is one year; or
  *Target* over a second header row of bare years

An empty objective or "(sama)" means the one above, as merged cells come as empty. Sources are split at line
ends and semicolons. Cell text is kept as written but for line ends and white space at both ends; a number
keeps its 15 significant digits, with a percent sign where the cell shows one. Other columns are left out:
:func:`unread_columns` names them, so that a person can be told. Hidden sheets are not read.

Every fault is :class:`Malformed` and says where it is: ``iku.table.size``, ``.kind``, ``.xlsx``,
``.encoding``, ``.csv``, ``.header``, ``.sheets``, ``.column``, ``.year``, ``.rows``, ``.cell``,
``.document`` (the unit, the period, the legal basis or the label).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.utils import get_column_letter

from keys.errors import Malformed
from keys.fields import tidy
from keys.strict_json import check_text
from ledger.iku import MAX_ROWS, MAX_SOURCES, MAX_VALUE, UNSTATED, IkuDocument

#: A file is at most this many bytes, and a workbook at most that many once unpacked.
MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED_BYTES = 50 * 1024 * 1024
#: A table ends by this row; columns after this one are not read.
MAX_SHEET_ROWS = 5_000
MAX_SHEET_COLUMNS = 100

_EXCEL_ROWS = 1_048_576
_HEADER_WITHIN = 50
_LONGEST = {"objective": 4000, "indicator": 4000, "formula": 4000, "rationale": 4000, "sources": 4000}
_LONGEST |= {"owner": 300, "measure": 300, "baseline": MAX_VALUE, "target": MAX_VALUE}
_SEVERAL_LINES = frozenset({"objective", "indicator", "formula", "rationale", "sources"})

_HEADINGS = {
    "number": {"no", "nomor", "no urut"},
    "objective": {"sasaran strategis", "sasaran"},
    "indicator": {
        "indikator kinerja utama",
        "indikator kinerja utama iku",
        "indikator kinerja",
        "indikator",
        "iku",
        "uraian",
    },
    "formula": {
        "formula",
        "formulasi",
        "rumus",
        "alasan penjelasan formula",
        "alasan penjelasan formulasi",
        "penjelasan formula",
        "formula perhitungan",
        "formulasi perhitungan",
        "formula penghitungan",
        "formulasi penghitungan",
    },
    "rationale": {"alasan", "penjelasan", "alasan penjelasan"},
    "sources": {"sumber data", "sumber"},
    "measure": {"satuan"},
    "owner": {"penanggung jawab", "penanggungjawab"},
}
_YEAR = re.compile(r"(?:tahun )?((?:19|[2-9]\d)\d\d)", re.ASCII)
_BASELINE = re.compile(r"(?:baseline|kondisi awal)(?: tahun)?(?: (\d{4}))?", re.ASCII)
_TARGET = re.compile(r"target(?: kinerja)?(?: tahun)?(?: (\d{4}))?", re.ASCII)
_SAME = frozenset({"(sama)", "sama", "idem", "sda", "s.d.a", "s.d.a.", '"'})


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
    plain: dict[str, Any] = {
        "format": "jejak.iku/1",
        "unit": unit,
        "period": {"first_year": first_year, "last_year": last_year},
        "legal_basis": list(legal_basis),
        "rows": list(_rows(_find_table(data, name), first_year, last_year)),
    }
    if label is not None:
        plain["label"] = label
    document = IkuDocument.read(plain, "iku.table.document", "Dokumen IKU")
    document.format()  # refuses what has no canonical bytes
    return document


def unread_columns(data: bytes, name: str) -> tuple[str, ...]:
    """Return the headings of the columns that :func:`read_table` leaves out (*Realisasi*, *Capaian*, ...)."""
    return _find_table(data, name).unread


@dataclass(frozen=True, slots=True)
class _Sheet:
    place: str
    rows: list[list[str]]

    def at(self, row: int, column: int) -> str:
        return f"{self.place}, baris {row + 1}, kolom {get_column_letter(column + 1)}"


@dataclass(frozen=True, slots=True)
class _Column:
    index: int
    field: str
    year: int | None
    heading: str


@dataclass(frozen=True, slots=True)
class _Table:
    sheet: _Sheet
    header: int
    first: int
    columns: list[_Column]
    unread: tuple[str, ...]


# --- the table's rows ---------------------------------------------------------------------------------------


def _rows(table: _Table, first_year: int, last_year: int) -> Iterator[dict[str, Any]]:
    columns = [_with_year(table, column, first_year, last_year) for column in table.columns]
    objective = UNSTATED
    heading: int | None = None  # the row of an objective that stands alone, above its indicators
    found = 0
    for number, cells in enumerate(table.sheet.rows[table.first :], table.first):
        if _is_repeated_header(table, cells):
            continue
        values = {(c.field, c.year): _cell(table.sheet, number, c, cells) for c in columns}
        written = [key for key, value in values.items() if value and key[0] != "number"]
        if not written:
            continue
        above = values.get(("objective", None), "")
        if above and heading is not None:
            raise _no_indicator(table.sheet, heading)
        objective = objective if not above or above.casefold() in _SAME else above
        if not values["indicator", None]:
            if written != [("objective", None)]:
                raise _no_indicator(table.sheet, number)
            heading = number
            continue
        heading = None
        found += 1
        if found > MAX_ROWS:
            raise Malformed("iku.table.rows", f"{table.sheet.place} memuat lebih dari {MAX_ROWS} indikator.")
        yield _row(table.sheet, number, objective, values)
    if heading is not None:
        raise _no_indicator(table.sheet, heading)
    if not found:
        raise Malformed("iku.table.rows", f"{table.sheet.place} tidak memuat satu pun indikator di bawah kepala tabel.")


def _no_indicator(sheet: _Sheet, number: int) -> Malformed:
    return Malformed(
        "iku.table.cell",
        f"{sheet.place}, baris {number + 1} berisi tulisan, tetapi indikatornya kosong.",
        allowed="Isi indikatornya, atau hapus baris itu bila bukan bagian tabel.",
    )


def _row(sheet: _Sheet, number: int, objective: str, values: dict[tuple[str, int | None], str]) -> dict[str, Any]:
    row: dict[str, Any] = {"objective": objective, "targets": []}
    for (field, year), value in values.items():
        if not value or field in ("number", "objective"):
            continue
        if field == "target":
            row["targets"].append({"year": year, "value": value})
        elif field == "baseline":
            row["baseline"] = {"year": year, "value": value}
        elif field == "sources":
            row["sources"] = [part.strip() for part in re.split(r"[;\n]", value) if part.strip()]
            if len(row["sources"]) > MAX_SOURCES:
                raise Malformed(
                    "iku.table.cell",
                    f"{sheet.place}, baris {number + 1} menyebut lebih dari {MAX_SOURCES} sumber data.",
                )
        else:
            row[field] = value
    return row


def _with_year(table: _Table, column: _Column, first_year: int, last_year: int) -> _Column:
    if column.field != "target" or column.year is not None:
        return column
    if first_year != last_year:
        raise Malformed(
            "iku.table.year",
            f"{table.sheet.at(table.header, column.index)} (“{column.heading}”) tidak menyebut tahunnya.",
            allowed=f"Tulis tahunnya di kepala kolom, misalnya “Target {first_year}”.",
        )
    return _Column(column.index, "target", first_year, column.heading)


def _is_repeated_header(table: _Table, cells: list[str]) -> bool:
    header = table.sheet.rows[table.header]
    return any(cells) and all(_words(_at(cells, c.index)) == _words(_at(header, c.index)) for c in table.columns)


def _cell(sheet: _Sheet, number: int, column: _Column, cells: list[str]) -> str:
    where = sheet.at(number, column.index)
    # Every way to end a line that a spreadsheet may use becomes one.
    lines = [line.rstrip() for line in _at(cells, column.index).strip().splitlines()]
    text = "\n".join(lines) if column.field in _SEVERAL_LINES else " ".join(" ".join(lines).split("\t"))
    text = check_text(tidy(text).strip(), where)
    if text in ERROR_CODES:
        raise Malformed("iku.table.cell", f"{where} berisi kesalahan hitung ({text}). Betulkan selnya dahulu.")
    longest = _LONGEST.get(column.field)
    if longest is not None and len(text) > longest:
        raise Malformed(
            "iku.table.cell",
            f"{where} berisi {len(text)} karakter.",
            allowed=f"Paling banyak {longest} karakter di kolom “{column.heading}”.",
        )
    return text


# --- the header ---------------------------------------------------------------------------------------------


def _find_table(data: bytes, name: str) -> _Table:
    tables = [table for sheet in _sheets(data, name) if (table := _table(sheet))]
    if not tables:
        raise Malformed(
            "iku.table.header",
            f"Kepala tabel tidak ditemukan dalam {_shown(name)}.",
            allowed="Perlu kolom “Indikator kinerja utama” dan paling sedikit satu kolom lain, "
            "misalnya “Sasaran strategis”.",
        )
    if len(tables) > 1:
        places = ", ".join(_shown(table.sheet.place) for table in tables[:5])
        raise Malformed(
            "iku.table.sheets",
            f"Berkas memuat lebih dari satu tabel IKU: {places}.",
            allowed="Sisakan satu lembar, atau sembunyikan lembar yang lain.",
        )
    return tables[0]


def _table(sheet: _Sheet) -> _Table | None:
    for number, cells in enumerate(sheet.rows[:_HEADER_WITHIN]):
        if not _is_header(cells):
            continue
        below = sheet.rows[number + 1] if number + 1 < len(sheet.rows) else []
        years_below = any(below) and all(_YEAR.fullmatch(_words(cell)) for cell in below if cell.strip())
        headings = _joined(cells, below) if years_below else cells
        first = number + (2 if years_below else 1)
        if first < len(sheet.rows) and _only_counts(sheet.rows[first]):
            first += 1
        columns, unread = _columns(sheet, number, headings)
        return _Table(sheet, number, first, columns, unread)
    return None


def _is_header(cells: list[str]) -> bool:
    fields = [meaning[0] for cell in cells if (meaning := _meaning(cell))]
    return "indicator" in fields and len(fields) > 1


def _columns(sheet: _Sheet, header: int, headings: list[str]) -> tuple[list[_Column], tuple[str, ...]]:
    columns: dict[tuple[str, int | None], _Column] = {}
    unread = []
    for index, heading in enumerate(headings):
        shown = _shown(" ".join(heading.split()))
        meaning = _meaning(heading)
        if meaning is None:
            unread += [shown] if shown else []
            continue
        # A row has one baseline, whatever its year.
        key = ("baseline", None) if meaning[0] == "baseline" else meaning
        if key in columns:
            raise Malformed(
                "iku.table.column",
                f"{sheet.at(header, index)} (“{shown}”) berarti sama dengan kolom “{columns[key].heading}”.",
                allowed="Sisakan satu, atau ganti kepala kolom yang lain.",
            )
        columns[key] = _Column(index, *meaning, shown)
    return list(columns.values()), tuple(unread)


def _joined(top: list[str], below: list[str]) -> list[str]:
    """Return one heading a column where a heading such as "Target" spans a second row of years."""
    headings = []
    group = ""
    for index in range(max(len(top), len(below))):
        above, year = _at(top, index).strip(), _at(below, index).strip()
        group = above or group
        if not year:
            headings.append(above)
        elif (meaning := _meaning(group)) and meaning[0] not in ("baseline", "target"):
            headings.append(year)
        else:
            headings.append(f"{group} {year}".strip())
    return headings


def _only_counts(cells: list[str]) -> bool:
    """Return whether the row only numbers the columns: 1, 2, 3 or (1), (2), (3)."""
    written = [cell.strip().strip("()") for cell in cells if cell.strip()]
    return len(written) > 2 and written == [str(count) for count in range(1, len(written) + 1)]


def _meaning(heading: str) -> tuple[str, int | None] | None:
    words = _words(heading)
    for field, known in _HEADINGS.items():
        if words in known:
            return field, None
    if match := _BASELINE.fullmatch(words):
        return "baseline", int(match[1]) if match[1] else None
    if match := _TARGET.fullmatch(words) or _YEAR.fullmatch(words):
        return "target", int(match[1]) if match[1] else None
    return None


def _words(heading: str) -> str:
    return " ".join(re.findall(r"\w+", heading[:200].casefold()))


# --- the file -----------------------------------------------------------------------------------------------


def _sheets(data: bytes, name: str) -> list[_Sheet]:
    if len(data) > MAX_BYTES:
        raise Malformed(
            "iku.table.size",
            f"Berkas {_shown(name)} terlalu besar ({len(data)} bita).",
            allowed=f"Paling besar {MAX_BYTES} bita.",
        )
    if data.startswith(b"PK\x03\x04"):
        return _workbook(data, name)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Malformed(
            "iku.table.kind",
            f"Berkas {_shown(name)} adalah Excel lama (.xls) atau terkunci sandi.",
            allowed="Simpan ulang sebagai .xlsx tanpa sandi.",
        )
    if not name.lower().endswith((".csv", ".tsv", ".txt")):
        raise Malformed(
            "iku.table.kind",
            f"Berkas {_shown(name)} bukan tabel yang dapat dibaca.",
            allowed="Simpan sebagai .xlsx atau .csv.",
        )
    return [_csv(data, name)]


def _workbook(data: bytes, name: str) -> list[_Sheet]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise Malformed(
                "iku.table.size",
                f"Isi berkas {_shown(name)} terlalu besar setelah dibuka ({unpacked} bita).",
                allowed=f"Paling besar {MAX_UNPACKED_BYTES} bita.",
            )
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            return [
                _Sheet(f"Lembar “{_shown(sheet.title)}”", _sheet_rows(sheet))
                for sheet in book.worksheets
                if sheet.sheet_state == "visible"
            ]
        finally:
            book.close()
    except Malformed:
        raise
    except Exception:  # noqa: BLE001  on a damaged file openpyxl raises whatever its parts happen to raise
        raise Malformed(
            "iku.table.xlsx",
            f"Berkas {_shown(name)} rusak atau bukan lembar kerja Excel.",
            allowed="Buka di Excel atau LibreOffice, lalu simpan ulang sebagai .xlsx.",
        ) from None


def _sheet_rows(sheet: Any) -> list[list[str]]:
    sheet.reset_dimensions()  # what a file says about its own extent may be wrong
    rows: list[list[str]] = []
    # The bound on rows also ends a file that numbers a row beyond what Excel has.
    found = sheet.iter_rows(max_row=_EXCEL_ROWS, max_col=MAX_SHEET_COLUMNS)
    blank = None  # openpyxl fills gaps with one and the same empty row, perhaps a million times
    for number, cells in enumerate(found):
        if cells is blank:
            continue
        if all(cell.value is None for cell in cells):
            blank = cells
            continue
        if number >= MAX_SHEET_ROWS:
            raise _too_many_rows(f"Lembar “{_shown(sheet.title)}”")
        rows += [[] for _ in range(number - len(rows))]
        rows.append([_written(cell.value, cell) for cell in cells])
    return rows


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


def _csv(data: bytes, name: str) -> _Sheet:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Malformed(
            "iku.table.encoding",
            f"Berkas {_shown(name)} tidak dapat dibaca di baris {line}: hurufnya bukan UTF-8.",
            allowed="Simpan ulang sebagai “CSV UTF-8”.",
        ) from None
    place = f"Berkas {_shown(name)}"
    readings = [_csv_rows(text, delimiter) for delimiter in ";,\t"]
    rows, fault = max(readings, key=lambda reading: _header_width(reading[0]))
    if fault and _header_width(rows):
        raise Malformed(
            "iku.table.csv",
            f"{place}, baris {len(rows) + 1}: tanda kutip tidak berpasangan atau isi terlalu panjang.",
            allowed="Simpan ulang sebagai CSV dari Excel atau LibreOffice.",
        )
    if len(rows) > MAX_SHEET_ROWS:
        raise _too_many_rows(place)
    return _Sheet(place, rows)


def _csv_rows(text: str, delimiter: str) -> tuple[list[list[str]], bool]:
    """Return the rows up to the first fault, and whether there was one."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            rows.append(row[:MAX_SHEET_COLUMNS])
    except csv.Error:
        return rows, True
    return rows, False


def _header_width(rows: list[list[str]]) -> int:
    widths = (sum(_meaning(cell) is not None for cell in row) for row in rows[:_HEADER_WITHIN] if _is_header(row))
    return next(widths, 0)


def _too_many_rows(place: str) -> Malformed:
    return Malformed(
        "iku.table.rows",
        f"{place} memuat lebih dari {MAX_SHEET_ROWS} baris.",
        allowed="Sisakan tabel IKU saja.",
    )


def _at(cells: list[str], index: int) -> str:
    return cells[index] if index < len(cells) else ""


def _shown(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
