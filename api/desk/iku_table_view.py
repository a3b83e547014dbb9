"""What a document says, for a page: an IKU as a table, a picture as a picture, anything else by name, type and size.

And what changed between two of them. Bytes are hashed when they are read; what cannot be read is said so, with the
verdict on the bytes that are here. Whoever asks has seen to it that the reader may have the document.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from api.desk.frame import _
from api.diff_shapes import iku_json, lines_json
from api.parts import parts
from keys.errors import Forged, JejakError, Malformed, NotFound
from keys.fields import DocumentRef
from keys.strict_json import check_text
from ledger import iku_diff
from ledger.iku import MEDIA_TYPE, UNSTATED, IkuDocument, Row
from ledger.iku_checks import warnings
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED
from ledger.word_diff import compare_lines

#: Rows on one page: a table may have 500, a page is at most 100 KB.
MOST_ROWS = 25
#: Pictures that every browser draws; a drawing with scripts in it (SVG) is none.
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
PLAIN_TEXT = "text/plain"
#: Plain texts are compared up to so many bytes each.
MOST_TEXT = 64 * 1024


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: its number from 1, its cells in the order of the columns (lines of text each), doubts about it."""

    number: int
    cells: list[tuple[str, ...]]
    doubts: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """An IKU: its head, the columns that hold something, those that are empty in every row, and the rows of a page."""

    unit: str
    period: str
    legal_basis: tuple[str, ...]
    label: str | None
    columns: list[str]
    empty: list[str]
    rows: list[TableRow]
    total: int
    doubts: int

    @property
    def before(self) -> int | None:
        """Return the first row of the page before, None on the first."""
        return max(1, self.rows[0].number - MOST_ROWS) if self.rows[0].number > 1 else None

    @property
    def after(self) -> int | None:
        """Return the first row of the page after, None on the last."""
        return self.rows[-1].number + 1 if self.rows[-1].number < self.total else None


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document: what its act calls it, the verdict on its bytes here, its table or why there is none."""

    digest: str
    name: str
    media_type: str
    size: int
    held: str
    table: Table | None = None
    why: str | None = None

    @property
    def is_picture(self) -> bool:
        """Tell whether a browser can show it as a picture."""
        return self.held == PROVED and self.media_type in PICTURES


def view_of(document: DocumentRef, first: int = 1) -> DocumentView:
    """Return what is shown of a document, of a table the rows from ``first`` (1 is the first) that fit a page."""
    named = (document.digest, document.name, document.media_type, document.size)
    try:
        data = parts().ledger.documents.read(document.digest)
    except NotFound:
        return DocumentView(*named, held=UNJUDGED, why=_("Isi dokumen ini tidak ada di sini, jadi tidak dapat dibaca."))
    except Forged:
        said = _("Isi yang tersimpan di sini tidak cocok dengan sidiknya, jadi tidak ditampilkan.")
        return DocumentView(*named, held=CONTRADICTED, why=said)
    if document.media_type != MEDIA_TYPE:
        return DocumentView(*named, held=PROVED)
    try:
        table = table_of(IkuDocument.parse(data), first)
    except Malformed as fault:
        said = _("Isinya tidak dapat dibaca sebagai tabel IKU: %(why)s", why=fault.detail)
        return DocumentView(*named, held=PROVED, why=said)
    return DocumentView(*named, held=PROVED, table=table)


def table_of(document: IkuDocument, first: int = 1) -> Table:
    """Return an IKU document as a table, the rows from ``first`` that fit a page."""
    doubts: defaultdict[int, list[str]] = defaultdict(list)
    found = warnings(document)
    for one in found:
        doubts[one.row].append(one.text)
    names = headings()
    used = [name for name in names if any(_lines(row, name) for row in document.rows)]
    start = min(max(first, 1), len(document.rows))
    rows = [
        TableRow(number, [_lines(row, name) for name in used], doubts[number])
        for number, row in enumerate(document.rows, 1)
        if start <= number < start + MOST_ROWS
    ]
    period = document.period
    return Table(
        document.unit,
        "–".join(dict.fromkeys((str(period.first_year), str(period.last_year)))),
        document.legal_basis,
        document.label,
        [names[name] for name in used],
        [said for name, said in names.items() if name not in used],
        rows,
        len(document.rows),
        len(found),
    )


def headings() -> dict[str, str]:
    """Return what the columns of an IKU are called, by member, in the order of the table."""
    return {
        "objective": _("Sasaran strategis"),
        "indicator": _("Indikator kinerja utama"),
        "formula": _("Rumus"),
        "rationale": _("Alasan"),
        "sources": _("Sumber data"),
        "owner": _("Penanggung jawab"),
        "measure": _("Satuan"),
        "baseline": _("Kondisi awal"),
        "targets": _("Target"),
    }


def heads() -> dict[str, str]:
    """Return what the parts above the table are called, by member."""
    return {
        "unit": _("Unit kerja"),
        "period": _("Periode"),
        "legal_basis": _("Dasar hukum"),
        "label": _("Keterangan"),
    }


def _lines(row: Row, name: str) -> tuple[str, ...]:
    """Return a cell as lines of text, none where it is empty."""
    match name:
        case "sources":
            return row.sources
        case "baseline":
            if row.baseline is None:
                return ()
            year = row.baseline.year
            return (f"{row.baseline.value} ({year})" if year else row.baseline.value,)
        case "targets":
            return tuple(f"{one.year}: {one.value}" for one in row.targets)
    value = getattr(row, name)
    return () if value is None or value == UNSTATED else (str(value),)


def difference(old: DocumentRef, new: DocumentRef) -> dict[str, Any]:
    """Return how two documents differ.

    ``{"rows"}`` as :func:`api.diff_words.iku_json` says it, ``{"lines"}`` of plain texts, else ``{"why"}``, a sentence.
    """
    if old.digest == new.digest:
        return {"same": True, "why": _("Kedua versi ini sama: sidiknya sama, jadi isinya sama persis.")}
    if old.media_type != new.media_type:
        return _not_compared(_("jenisnya berbeda"))
    if new.media_type not in (MEDIA_TYPE, PLAIN_TEXT):
        return _not_compared(_("keduanya bukan tabel IKU dan bukan teks biasa"))
    try:
        data = [parts().ledger.documents.read(one.digest) for one in (old, new)]
        if new.media_type == MEDIA_TYPE:
            before, after = map(IkuDocument.parse, data)
            return {"rows": iku_json(iku_diff.compare(before, after))}
        if max(map(len, data)) > MOST_TEXT:
            return _not_compared(_("teksnya terlalu panjang"))
        texts = [check_text(one.decode("utf-8"), "Dokumen") for one in data]
    except (UnicodeDecodeError, Malformed):
        return _not_compared(_("isinya tidak dapat dibaca"))
    except JejakError as fault:
        return _not_compared(fault.detail.removesuffix("."))
    return {"lines": lines_json(compare_lines(*texts))}


def _not_compared(why: str) -> dict[str, Any]:
    said = _(
        "Kedua versi ini berbeda, tetapi isinya tidak dapat dibandingkan di sini: %(why)s. Unduh keduanya untuk"
        " membacanya berdampingan.",
        why=why,
    )
    return {"why": said}
