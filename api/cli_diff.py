"""``jejak diff``: what changed in a case's document between two leaves of the log.

Which document the case had at a leaf is the service's word, and the page says so; the documents themselves are hashed
before they are read.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Literal

import click

from api.answers import unreadable
from api.cli_base import JejakCommand, json_option, paragraph, print_json
from api.cli_connect import connected, connection_of, connection_options
from api.cli_read import NOT_VERIFIED, SYNTHETIC, CaseId
from api.client import Client
from api.diff_shapes import iku_json, lines_json
from api.diff_words import iku_page, lines_page
from keys.errors import Malformed
from keys.fields import DocumentRef
from keys.strict_json import check_text
from ledger.iku import MEDIA_TYPE, IkuDocument
from ledger.iku_diff import IkuChange, compare
from ledger.word_diff import LineChange, compare_lines

PLAIN_TEXT = "text/plain"
#: Plain texts are compared up to so many bytes each.
MAX_TEXT = 256 * 1024

_Leaf = click.IntRange(min=0)


@dataclass(frozen=True, slots=True)
class Compared:
    """How the documents at two leaves differ; ``why`` says in a sentence what was not compared, or that they agree."""

    result: Literal["no_document", "same", "not_comparable", "rows", "lines"]
    why: str | None = None
    rows: IkuChange | None = None
    lines: tuple[LineChange, ...] | None = None

    def plain(self) -> dict[str, Any]:
        """Return the JSON value."""
        return {
            "result": self.result,
            "why": self.why,
            "rows": iku_json(self.rows) if self.rows else None,
            "lines": lines_json(self.lines) if self.lines is not None else None,
        }

    def page(self, colour: bool) -> str:
        """Return the comparison in words."""
        if self.rows:
            return iku_page(self.rows, colour=colour)
        if self.lines is not None:
            return lines_page(self.lines, colour=colour)
        return paragraph(self.why or "")


@click.command("diff", cls=JejakCommand)
@click.argument("case", metavar="PERKARA", type=CaseId())
@click.option("--from", "first", required=True, type=_Leaf, metavar="DAUN", help="Nomor daun keadaan yang lama.")
@click.option("--to", "last", required=True, type=_Leaf, metavar="DAUN", help="Nomor daun keadaan yang baru.")
@connection_options
@json_option
def diff(case: str, first: int, last: int, as_json: bool, **options: Any) -> None:
    """Tampilkan baris dan kata dokumen perkara yang berubah di antara dua daun.

    Nomor daun tertulis di jejak perkara (jejak trail PERKARA). Isi kedua dokumen diperiksa terhadap sidiknya.
    """
    with connected(connection_of(options)) as client:
        states = [_state(client, case, at) for at in (first, last)]
        old, new = (_document(state) for state in states)
        compared = _compared(client, (first, old), (last, new))
    if as_json:
        ends = {"before": old.plain() if old else None, "after": new.plain() if new else None}
        print_json({"case": case, "from": first, "to": last} | ends | compared.plain())
        return
    parts = [f"Dokumen perkara {case}"]
    if any(state.get("synthetic") for state in states):
        parts.append(SYNTHETIC)
    parts += [_at(first, old), _at(last, new), "", compared.page(sys.stdout.isatty()), ""]
    if compared.result in ("rows", "lines"):
        parts.append("Isi kedua dokumen cocok dengan sidiknya.")
    parts.append(paragraph(f"Dokumen mana yang berlaku pada kedua daun itu dikatakan layanan. {NOT_VERIFIED}"))
    click.echo("\n".join(parts))


def _state(client: Client, case: str, at: int) -> dict[str, Any]:
    """Return the case as the service says it was when leaf ``at`` was the newest."""
    said = client.advice(f"/v1/cases/{case}", at=str(at))
    if not isinstance(said, dict):
        raise unreadable("bukan objek.")
    place = said.get("at")
    if not isinstance(place, dict) or place.get("leaf_index") != at:
        raise unreadable(f"bukan keadaan pada daun {at}.")
    return said


def _document(state: dict[str, Any]) -> DocumentRef | None:
    """Return the document of a state, or raise NotJudged for a state that does not say whether it has one."""
    said = state.get("document", ...)
    if said is None:
        return None
    if not isinstance(said, dict):
        raise unreadable("dokumen perkara tidak disebut.")
    try:
        known = {name: said.get(name) for name in ("digest", "media_type", "size", "name")}
        return DocumentRef.read(known, "client.answer", "Dokumen perkara")
    except Malformed as error:
        raise unreadable(error.detail) from None


def _compared(client: Client, first: tuple[int, DocumentRef | None], last: tuple[int, DocumentRef | None]) -> Compared:
    """Return how the two documents differ; only what can be compared is fetched."""
    (_, old), (_, new) = first, last
    if old is None or new is None:
        without = " dan ".join(f"daun {at}" for at, one in dict([first, last]).items() if one is None)
        return Compared("no_document", f"Pada {without} perkara ini belum mempunyai dokumen.")
    if old.digest == new.digest:
        return Compared("same", f"Dokumennya sama; sidiknya {new.digest}.")
    if old.media_type != new.media_type:
        return _not_comparable(f"jenisnya berbeda ({old.media_type} dan {new.media_type})")
    if new.media_type == MEDIA_TYPE:
        tables = [client.document(one.digest) for one in (old, new)]
        try:
            before, after = map(IkuDocument.parse, tables)
        except Malformed:
            return _not_comparable("isinya tidak terbaca sebagai tabel IKU")
        return Compared("rows", rows=compare(before, after))
    if new.media_type != PLAIN_TEXT:
        return _not_comparable(f"isi dokumen berjenis {new.media_type} tidak dibandingkan")
    if max(old.size, new.size) > MAX_TEXT:
        return _not_comparable(f"teksnya lebih dari {MAX_TEXT} bita")
    try:
        texts = [_text(client.document(one.digest)) for one in (old, new)]
    except Malformed:
        return _not_comparable("isinya bukan teks biasa")
    return Compared("lines", lines=compare_lines(*texts))


def _text(data: bytes) -> str:
    """Return a document as text that can be shown on a terminal, or raise Malformed."""
    if len(data) > MAX_TEXT:
        raise Malformed("document.too_large", "Dokumen lebih besar daripada yang dikatakan.")
    try:
        return check_text(data.decode("utf-8"), "Dokumen")
    except UnicodeDecodeError:
        raise Malformed("json.utf8", "Dokumen bukan teks UTF-8.") from None


def _not_comparable(why: str) -> Compared:
    return Compared(
        "not_comparable",
        f"Kedua dokumen berbeda, tetapi tidak dapat dibandingkan: {why}. "
        "Simpan keduanya dengan jejak document SIDIK -o BERKAS untuk membacanya.",
    )


def _at(leaf: int, document: DocumentRef | None) -> str:
    """Return which document the case had at a leaf, its digest unbroken on a line of its own."""
    if document is None:
        return f"Daun {leaf}: belum ada dokumen"
    return f"Daun {leaf}: {document.name}\n  {document.digest}"
