"""Where the IKU table stands in rows of text, and what its cells say: the header, then the rows below it.

Title rows above the header are skipped. Header words are recognised in any case:

- *Sasaran (strategis)*; *Indikator (kinerja utama)*, *IKU*, *Uraian*
- *Satuan*; *Penanggung jawab*; *Sumber data*
- *Formula*, *Formulasi*, *Alasan/penjelasan (formula)*; *Alasan*, *Penjelasan*
- *Kondisi awal 2017*, *Baseline*; *Target 2019*, *2019*, *Target* alone when the period is one year; or
  *Target* over a second header row of bare years

An empty objective or "(sama)" means the one above, as merged cells come as empty. Sources are split at line
ends and semicolons. Cell text is kept as written but for line ends and white space at both ends.

Every fault is :class:`Malformed` and says where it is: ``iku.table.header``, ``.sheets``, ``.column``,
``.year``, ``.rows``, ``.cell``, ``.formula`` (a formula that the file holds no result of).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl.cell.cell import ERROR_CODES
from openpyxl.utils import get_column_letter

from keys.errors import Malformed
from keys.fields import tidy
from keys.strict_json import check_text
from ledger.iku import MAX_ROWS, MAX_SOURCES, MAX_VALUE, UNSTATED

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


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as text: what to call it, its rows, and the cells whose formula the file holds no result of.

    Rows and columns count from 0.
    """

    place: str
    rows: list[list[str]]
    unsaved: frozenset[tuple[int, int]] = frozenset()

    def at(self, row: int, column: int) -> str:
        """Return the place of a cell in words."""
        return f"{self.place}, baris {row + 1}, kolom {get_column_letter(column + 1)}"


@dataclass(frozen=True, slots=True)
class _Column:
    index: int
    field: str
    year: int | None
    heading: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table found in a sheet: its header row, its first row of content, its columns read and not read."""

    sheet: Sheet
    header: int
    first: int
    columns: list[_Column]
    unread: tuple[str, ...]


# --- the table's rows ---------------------------------------------------------------------------------------


def read_rows(table: Table, first_year: int, last_year: int) -> Iterator[dict[str, Any]]:
    """Yield each indicator of the table as the JSON value of an IKU document's row."""
    columns = [_with_year(table, column, first_year, last_year) for column in table.columns]
    read = {column.index for column in columns if column.field != "number"}
    _refuse_unsaved(table.sheet, [at for at in table.sheet.unsaved if at[0] >= table.first and at[1] in read])
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


def _refuse_unsaved(sheet: Sheet, cells: Sequence[tuple[int, int]]) -> None:
    if cells:
        raise Malformed(
            "iku.table.formula",
            f"{sheet.at(*min(cells))} berisi rumus yang hasilnya tidak tersimpan dalam berkas.",
            allowed="Buka berkas di Excel atau LibreOffice, simpan, lalu impor lagi.",
        )


def _no_indicator(sheet: Sheet, number: int) -> Malformed:
    return Malformed(
        "iku.table.cell",
        f"{sheet.place}, baris {number + 1} berisi tulisan, tetapi indikatornya kosong.",
        allowed="Isi indikatornya, atau hapus baris itu bila bukan bagian tabel.",
    )


def _row(sheet: Sheet, number: int, objective: str, values: dict[tuple[str, int | None], str]) -> dict[str, Any]:
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


def _with_year(table: Table, column: _Column, first_year: int, last_year: int) -> _Column:
    if column.field != "target" or column.year is not None:
        return column
    if first_year != last_year:
        raise Malformed(
            "iku.table.year",
            f"{table.sheet.at(table.header, column.index)} (“{column.heading}”) tidak menyebut tahunnya.",
            allowed=f"Tulis tahunnya di kepala kolom, misalnya “Target {first_year}”.",
        )
    return _Column(column.index, "target", first_year, column.heading)


def _is_repeated_header(table: Table, cells: list[str]) -> bool:
    header = table.sheet.rows[table.header]
    return any(cells) and all(_words(_at(cells, c.index)) == _words(_at(header, c.index)) for c in table.columns)


def _cell(sheet: Sheet, number: int, column: _Column, cells: list[str]) -> str:
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


def find_table(sheets: Sequence[Sheet], name: str) -> Table:
    """Return the one IKU table in the sheets of the file ``name``."""
    tables = [table for sheet in sheets if (table := _table(sheet))]
    if not tables:
        for sheet in sheets:  # the heading that is missed may be one of these
            _refuse_unsaved(sheet, [at for at in sheet.unsaved if at[0] < _HEADER_WITHIN])
        raise Malformed(
            "iku.table.header",
            f"Kepala tabel tidak ditemukan dalam {shown(name)}.",
            allowed="Perlu kolom “Indikator kinerja utama” dan paling sedikit satu kolom lain, "
            "misalnya “Sasaran strategis”.",
        )
    if len(tables) > 1:
        places = ", ".join(shown(table.sheet.place) for table in tables[:5])
        raise Malformed(
            "iku.table.sheets",
            f"Berkas memuat lebih dari satu tabel IKU: {places}.",
            allowed="Sisakan satu lembar, atau sembunyikan lembar yang lain.",
        )
    (table,) = tables
    _refuse_unsaved(table.sheet, [at for at in table.sheet.unsaved if table.header <= at[0] < table.first])
    return table


def _table(sheet: Sheet) -> Table | None:
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
        return Table(sheet, number, first, columns, unread)
    return None


def _is_header(cells: list[str]) -> bool:
    fields = [meaning[0] for cell in cells if (meaning := _meaning(cell))]
    return "indicator" in fields and len(fields) > 1


def _columns(sheet: Sheet, header: int, headings: list[str]) -> tuple[list[_Column], tuple[str, ...]]:
    columns: dict[tuple[str, int | None], _Column] = {}
    unread = []
    for index, heading in enumerate(headings):
        label = shown(" ".join(heading.split()))
        meaning = _meaning(heading)
        if meaning is None:
            unread += [label] if label else []
            continue
        # A row has one baseline, whatever its year.
        key = ("baseline", None) if meaning[0] == "baseline" else meaning
        if key in columns:
            raise Malformed(
                "iku.table.column",
                f"{sheet.at(header, index)} (“{label}”) berarti sama dengan kolom “{columns[key].heading}”.",
                allowed="Sisakan satu, atau ganti kepala kolom yang lain.",
            )
        columns[key] = _Column(index, *meaning, label)
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


def header_width(rows: list[list[str]]) -> int:
    """Return how many columns the header of these rows has that an IKU knows; 0 if there is no header."""
    widths = (sum(_meaning(cell) is not None for cell in row) for row in rows[:_HEADER_WITHIN] if _is_header(row))
    return next(widths, 0)


def _at(cells: list[str], index: int) -> str:
    return cells[index] if index < len(cells) else ""


def shown(text: str) -> str:
    """Return ``text``, cut where it would swamp a sentence."""
    return text if len(text) <= 80 else text[:79] + "…"
