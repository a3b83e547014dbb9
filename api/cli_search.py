"""``jejak search``: acts across all cases, by official, office, kind, time, flag or words; on a page, or as a table.

What is shown is the service's read model: nothing here verifies it, and every page says so. A table is checked to be
whole and to hold no formula before it is kept, for a spreadsheet would calculate what a service put there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from api import trail_csv
from api.answers import Service, unreadable
from api.cli_base import JejakCommand, item, json_option, paragraph, print_json, write_new_file
from api.cli_connect import asking, url_option
from api.cli_read import NOT_VERIFIED, SYNTHETIC, StreamId, verdict_lines
from api.field_words import as_typed
from keys.errors import Malformed, NotAllowed, Refused
from ledger.kind_names import name_of
from ledger.notices import DISCLAIMER
from ledger.wording import flat, when

#: A table is at most this many bytes.
MAX_TABLE = 256 * 1024 * 1024
_MOST = 200


@click.command("search", cls=JejakCommand)
@click.option("--official", metavar="NAMA", help="Nama pendek pejabat; misalnya budi-santoso.")
@click.option("--office", metavar="JABATAN", help="Jabatan, seperti dalam mandat; misalnya sekcam.")
@click.option("--kind", metavar="JENIS", help="Jenis tindakan; daftarnya: jejak kinds.")
@click.option("--from", "since", metavar="WAKTU", help="Dicatat sejak tanggal (WIB) atau waktu ini.")
@click.option("--to", "until", metavar="WAKTU", help="Dicatat sampai dengan tanggal (WIB) atau waktu ini.")
@click.option("--flag", metavar="TANDA", help="Tanda yang perlu dilihat pemeriksa; misalnya late atau time.late.")
@click.option("--unit", metavar="NAMA", help="Unit kerja, misalnya kalipare.")
@click.option("--stream", metavar="PERKARA|register|sop:NAMA", type=StreamId(), help="Satu alur saja.")
@click.option("--text", metavar="KATA", help="Kata yang semuanya ada dalam tindakan; misalnya 'renstra berubah'.")
@click.option("--csv", "csv_file", metavar="BERKAS", type=click.Path(path_type=Path), help="Simpan sebagai tabel baru.")
@url_option
@json_option
def search(csv_file: Path | None, url: str, as_json: bool, **filters: str | None) -> None:
    """Cari tindakan di semua perkara, yang terlama lebih dahulu: siapa, jabatan apa, kapan, tanda apa."""
    named = {"since": "from", "until": "to"}
    asked = {named.get(name, name): value for name, value in filters.items() if value is not None}
    try:
        _find(url, asked, csv_file, as_json)
    except Refused as fault:
        raise as_typed(fault) from None


def _find(url: str, asked: dict[str, str], csv_file: Path | None, as_json: bool) -> None:
    with asking(url) as service:
        if csv_file is not None:
            size = _keep(service, asked, csv_file)
            if as_json:
                print_json({"file": str(csv_file), "size": size})
            else:
                click.echo(f"Tersimpan di {csv_file} ({size} bita).")
                click.echo(paragraph(NOT_VERIFIED))
        elif as_json:
            pages = list(_pages(service, asked))
            print_json(pages[-1] | {"trail": [row for said in pages for row in said["trail"]]})
        else:
            _show(_pages(service, asked))


def _keep(service: Service, asked: dict[str, str], file: Path) -> int:
    """Write the table to a new file and return its bytes; raises NotJudged where it is not whole, or has formulas."""
    if file.exists():
        raise NotAllowed("file.exists", f"Sudah ada berkas {file}; tidak ditimpa.", allowed="Pilih nama lain.")
    data = service.get("/v1/trail.csv", MAX_TABLE, asked).body
    try:
        trail_csv.check(data)
    except Malformed as fault:
        raise unreadable(fault.detail) from None
    write_new_file(file, data)
    return len(data)


def _pages(service: Service, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the service's pages; raises NotJudged for one in no form we know, or that does not go on."""
    after = -1
    while True:
        begin = {"after": str(after)} if after >= 0 else {}
        said = service.get("/v1/trail", params=asked | begin | {"limit": str(_MOST)}).json()
        if not isinstance(said, dict) or not isinstance(said.get("trail"), list):
            raise unreadable("daftar tindakan tidak ada.")
        yield said
        later = said.get("next")
        if later is None:
            return
        if not isinstance(later, int) or later <= after:
            raise unreadable("halaman berikutnya tidak maju.")
        after = later


def _show(pages: Iterator[dict[str, Any]]) -> None:
    count, said = 0, dict[str, Any]()
    for said in pages:
        if not count and said.get("synthetic"):
            click.echo(SYNTHETIC)
        for row in said["trail"]:
            click.echo(_act(row))
        count += len(said["trail"])
    click.echo(f"\nDitemukan: {count} tindakan.\n" if count else "Tidak ada tindakan seperti yang dicari.\n")
    click.echo(paragraph(NOT_VERIFIED))
    click.echo(paragraph(str(said.get("disclaimer") or DISCLAIMER)))


def _act(row: Any) -> str:
    """Return leaf, time, sentence, verdicts and flags of an act, or raise NotJudged where the answer lacks one."""
    try:
        time = when(dt.datetime.fromisoformat(row["recorded_at"]))
        where = trail_csv.stream_words(row["stream"])
        lines = ["", f"Daun {row['leaf_index']}, {time}, {where}: {name_of(row['kind'])}"]
        lines.append(paragraph(flat(row["sentence"]), 2, 2))
        lines += verdict_lines(row)
        lines += [item(flat(f"{flag['sentence']} [{flag['name']}]"), "!") for flag in row["flags"]]
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        raise unreadable("bagian yang diperlukan tidak ada.") from None
    return "\n".join(lines)
