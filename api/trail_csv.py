"""The audit trail as a table for spreadsheets: CSV as RFC 4180 has it, UTF-8 with a byte order mark.

The first line holds the headings, then each act has one line; below them a few lines, filled up with empty cells, say
what was sought, how far the table goes and what it does not prove: a table without them was cut off. Where a
spreadsheet would begin a formula there stands an apostrophe: at the beginning of a cell, and, because an Indonesian
spreadsheet parts cells by semicolons, whatever quotes they stand in, after every semicolon and tab too. No cell holds a
line end. Times are WIB (UTC+7), without fractions of a second; an NIP is written in its four groups, because a
spreadsheet rounds a number of eighteen digits.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from keys.authority import WIB
from keys.errors import Malformed
from ledger.flag_names import words_of
from ledger.kind_names import name_of
from ledger.notices import DISCLAIMER, SYNTHETIC
from ledger.wording import reason_words

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
BOM = b"\xef\xbb\xbf"
#: Where a spreadsheet may begin a cell, whatever parts its cells; what it may pass over before a formula; and what it
#: may begin one with, wide forms too.
_FORMULA = re.compile(r"""(^|[;\t])(?=(?:[^\S\r\n\t]|")*[=+\-@＝＋－＠])""", re.MULTILINE)
_NIP = re.compile("([0-9]{8})([0-9]{6})([0-9])([0-9]{3})", re.ASCII)
_CAPACITIES = {"plt": "Plt", "plh": "Plh", "an": "a.n.", "ub": "u.b."}
_DECISIONS = {"approved": "disetujui", "returned": "dikembalikan"}
#: Said of the whole table.
NOT_PROOF = "Tabel ini tampilan buku besar; yang membuktikan adalah tindakan bertanda tangan di setiap daunnya."

Row = dict[str, Any]


def stream_words(stream: str) -> str:
    """Return what people call a stream."""
    family, _, name = stream.partition(":")
    return {"case": f"perkara {name}", "sop": f"SOP {name}"}.get(family, family)


def _moment(text: str) -> str:
    return dt.datetime.fromisoformat(text).astimezone(WIB).strftime("%Y-%m-%d %H:%M:%S")


def _decision(row: Row) -> str | None:
    said = row["decision"]
    return None if said is None else _DECISIONS.get(said, said)


#: Heading, and what stands below it in the line of an act.
_COLUMNS: tuple[tuple[str, Callable[[Row], object]], ...] = (
    ("Daun", lambda row: row["leaf_index"]),
    ("Dicatat (WIB)", lambda row: _moment(row["recorded_at"])),
    ("Dinyatakan terjadi (WIB)", lambda row: _moment(row["occurred_at"])),
    ("Alur", lambda row: stream_words(row["stream"])),
    ("Versi", lambda row: row["version"]),
    ("Langkah", lambda row: row["step"]),
    ("Putaran", lambda row: row["round"]),
    ("Tindakan", lambda row: name_of(row["kind"])),
    ("Kalimat", lambda row: row["sentence"]),
    ("Pejabat", lambda row: row["name"]),
    ("Nama pendek", lambda row: row["official"]),
    ("NIP", lambda row: _NIP.sub(r"\1 \2 \3 \4", row["nip"] or "")),
    ("Pangkat", lambda row: row["rank"]),
    ("Jabatan", lambda row: row["office_name"]),
    ("Kedudukan", lambda row: _CAPACITIES.get(row["capacity"], row["capacity"])),
    ("Unit", lambda row: row["unit"]),
    ("Nomor SK", lambda row: row["decree"]["number"]),
    ("Tanggal SK", lambda row: row["decree"]["date"]),
    ("Penerbit SK", lambda row: row["decree"]["issuer"]),
    ("Mandat mulai", lambda row: (row["period"] or {}).get("start")),
    ("Mandat sampai", lambda row: (row["period"] or {}).get("end")),
    ("Dasar penetapan pelaksana", lambda row: row["actor_basis"]),
    ("Keputusan", _decision),
    ("Alasan", lambda row: row["reason"] and reason_words(row["kind"], row["reason"])),
    ("Alasan penyimpangan", lambda row: row["deviation"]),
    ("Hasil waktu", lambda row: "; ".join(f"langkah {one['step']} {one['verdict']}" for one in row["time"])),
    ("Aturan waktu", lambda row: " ".join(f"Langkah {one['step']}: {one['rule']}." for one in row["time"])),
    ("Tanda", lambda row: "; ".join(words_of(flag["name"]) for flag in row["flags"])),
    ("Penjelasan tanda", lambda row: " ".join(flag["sentence"] for flag in row["flags"])),
    ("Tanda tangan diperiksa", lambda row: row["verdicts"]["signature"]["verdict"]),
    ("Hasil pemeriksaan tanda tangan", lambda row: row["verdicts"]["signature"]["why"]),
    ("Wewenang diperiksa", lambda row: row["verdicts"]["authority"]["verdict"]),
    ("Hasil pemeriksaan wewenang", lambda row: row["verdicts"]["authority"]["why"]),
    ("Dipertanyakan", lambda row: "ya" if row["questioned"] else ""),
    ("Dokumen", lambda row: "; ".join(f"{one['what']} {one['digest']}" for one in row["papers"])),
    ("Kunci penanda tangan", lambda row: row["keyid"]),
    ("Sidik daun", lambda row: row["leaf"]),
)
HEADINGS = tuple(heading for heading, _ in _COLUMNS)


def table(pages: Iterable[list[Row]], *, sought: str, last: int, synthetic: bool | None) -> Iterator[bytes]:
    """Yield the table of the rows in ``pages``, as :func:`api.trails.shown` shows them, a piece for each page.

    ``sought`` says what was asked for; ``last`` is the newest leaf when the table began, -1 where there is none.
    """
    yield BOM + _lines([HEADINGS])
    count = 0
    for rows in pages:
        count += len(rows)
        if rows:
            yield _lines([[of(row) for _, of in _COLUMNS] for row in rows])
    end = f"buku besar sampai daun {last}"
    notes = [f"Jumlah: {count} tindakan; {end}.", f"Yang dicari: {sought}.", NOT_PROOF, DISCLAIMER]
    notes += [SYNTHETIC] if synthetic else []
    yield _lines([[note] + [""] * (len(HEADINGS) - 1) for note in notes])


def defused(value: object) -> str:
    """Return a cell's text on one line; what a spreadsheet would calculate is text by the apostrophe before it."""
    text = "" if value is None else str(value)
    lines = text.splitlines()
    if lines not in ([], [text]):
        text = " / ".join(filter(None, map(str.strip, lines)))
    return _FORMULA.sub(r"\1'", text)


def check(data: bytes) -> None:
    """Return if ``data`` is such a table, whole and with no formula in it, else raise Malformed (``trail.table``).

    It is read as commas part it; semicolons and tabs are taken to part cells wherever they stand.
    """
    try:
        text = data.removeprefix(BOM).decode("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        text, rows = "", []
    whole = data.startswith(BOM) and rows[:1] == [list(HEADINGS)] and any(row[:1] == [DISCLAIMER] for row in rows)
    if not whole or _FORMULA.search(text) or any(cell != defused(cell) for row in rows for cell in row):
        raise Malformed(
            "trail.table",
            "Tabel jejak audit tidak utuh atau memuat rumus lembar kerja.",
            allowed="Minta lagi tabelnya; bila tetap begini, periksa layanannya.",
        )


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Return lines with CRLF ends; cells with commas or quotes are quoted (RFC 4180 §2)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([[defused(cell) for cell in row] for row in rows])
    return text.getvalue().encode("utf-8")
