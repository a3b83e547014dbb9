"""What changed between two documents, in Indonesian for a terminal.

Words that went stand as ``[-lama-]``, words that came as ``{+baru+}``, so the page says the same without colour. A text
that holds such marks itself is shown whole, before and after, so that nobody writes a change into a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import click

from api.cli_base import item, paragraph
from api.diff_shapes import line_change
from ledger.iku_diff import LISTS, IkuChange, RowChange, State, TextChange
from ledger.word_diff import LineChange, Words

_NAMES = {
    "unit": "Unit kerja",
    "period": "Periode",
    "legal_basis": "Dasar hukum",
    "label": "Keterangan",
    "objective": "Sasaran",
    "indicator": "Indikator",
    "formula": "Rumus",
    "rationale": "Alasan",
    "sources": "Sumber data",
    "owner": "Penanggung jawab",
    "measure": "Satuan",
    "baseline": "Kondisi awal",
    "targets": "Target",
}
_COUNTED: tuple[tuple[State, str], ...] = (
    ("changed", "berubah"),
    ("added", "baru"),
    ("removed", "dihapus"),
    ("moved", "hanya pindah tempat"),
    ("kept", "tetap"),
)
_MARKS = ("[-", "-]", "{+", "+}")
LEGEND = "Tanda: [-dihapus-] {+ditambahkan+}; … berarti bagian yang sama tidak ditampilkan."
NO_WORDS = "Isi tabelnya sama."
#: Unchanged text longer than both ends of it together is shortened to its ends, of so many characters each.
_SHOWN = 80
_MARKED = re.compile(r"(\[-.*?-\])|(\{\+.*?\+\})", re.DOTALL)


def iku_page(found: IkuChange, *, colour: bool = False) -> str:
    """Return what changed in an IKU document: how many rows, then each with its members."""
    if found.nothing:
        return NO_WORDS
    counts = [f"{found.count(state)} {words}" for state, words in _COUNTED if found.count(state)]
    parts = [f"Baris: {', '.join(counts)}.", _coloured(LEGEND, colour)]
    if found.header:
        parts += ["", "Kepala dokumen berubah:", *_members(found.header, colour)]
    for row in found.rows:
        if row.state != "kept":
            parts += ["", paragraph(_heading(row)), *_members(row.changes, colour)]
    return "\n".join(parts)


def lines_page(found: Sequence[LineChange], *, colour: bool = False) -> str:
    """Return which lines of a plain text changed."""
    if not found:
        return "Semua baris sama; yang berbeda hanya tanda ganti barisnya."
    parts = [f"Baris teks yang berubah: {len(found)}.", _coloured(LEGEND, colour)]
    for one in found:
        name = f"Baris {one.after}" if one.before in (None, one.after) else f"Baris lama {one.before}"
        if one.before and one.after and one.before != one.after:
            name = f"Baris {one.after} (dulu {one.before})"
        parts += _member(line_change(one), name, colour)
    return "\n".join(parts)


def _heading(row: RowChange) -> str:
    if row.state == "added":
        return f"Baris {row.after} baru:"
    if row.state == "removed":
        return f"Baris lama {row.before} dihapus:"
    if row.state == "moved":
        return f"Baris {row.after} pindah tempat, dulu baris {row.before}; isinya tetap{_title(row)}."
    moved = "pindah tempat, " if row.moved else ""
    former = f" ({moved}dulu baris {row.before})" if row.moved or row.before != row.after else ""
    return f"Baris {row.after} berubah{former}{_title(row)}:"


def _title(row: RowChange) -> str:
    """Return the row's indicator in quotation marks, where no change shows it and it holds no mark."""
    text = _flat(row.row.indicator, False)
    if any(one.name == "indicator" for one in row.changes) or any(mark in text for mark in _MARKS):
        return ""
    return f" “{_shortened(text)}”"


def _members(changes: Iterable[TextChange], colour: bool) -> list[str]:
    return [line for one in changes for line in _member(one, _NAMES[one.name], colour)]


def _member(change: TextChange, name: str, colour: bool) -> list[str]:
    """Return the lines about one text."""
    listed = change.name in LISTS
    texts = (change.before, change.after)
    if any(mark in text for text in texts if text for mark in _MARKS):
        before, after = (_flat(text, listed) if text else "tidak ada" for text in texts)
        return [item(f"{name}, dulu: {before}"), item(f"{name}, kini: {after}")]
    words: Words = change.words or ((("in" if change.before is None else "out"), ""),)
    lines = [_coloured(item(f"{name}: {_marked(words, listed)}"), colour)]
    if change.coarse:
        lines.append(paragraph("(terlalu panjang atau berulang; tidak semua katanya dibandingkan satu per satu)", 4))
    return lines


def _marked(words: Words, listed: bool) -> str:
    """Return a text with what went and what came marked, the white space around it outside the marks."""
    said = ""
    for op, text in words:
        if op == "same":
            said += _shortened(_flat(text, listed))
            continue
        core = text.strip()
        lead, tail = (text[: text.index(core)], text[text.index(core) + len(core) :]) if core else ("", "")
        opening, closing = _MARKS[:2] if op == "out" else _MARKS[2:]
        if said.endswith(_MARKS[1]):
            lead = lead or " "
        said += f"{_flat(lead, listed)}{opening}{_flat(core, listed) or _blank(text)}{closing}{_flat(tail, listed)}"
    return said.strip()


def _flat(text: str, listed: bool) -> str:
    """Return text on one line; the items of a list with semicolons between."""
    if listed:
        text = re.sub(r"\n(?!  )", "; ", text)
    return re.sub(r"\s+", " ", text)


def _blank(text: str) -> str:
    """Return in words what changed and cannot be seen: white space, or a line with nothing in it."""
    if not text:
        return "(baris kosong)"
    return "(ganti baris)" if "\n" in text else f"({len(text)} spasi)"


def _shortened(text: str) -> str:
    """Return unchanged text, its middle left out where it is long."""
    if len(text) <= 2 * _SHOWN:
        return text
    return f"{text[:_SHOWN].rpartition(' ')[0] or text[:_SHOWN]} … {text[-_SHOWN:].partition(' ')[2] or text[-_SHOWN:]}"


def _coloured(page: str, colour: bool) -> str:
    """Return a page with its marks in colour; wrapped before, so that no colour counts as a column."""
    if not colour:
        return page
    return _MARKED.sub(lambda mark: click.style(mark[0], fg="red" if mark[1] else "green"), page)
