"""``jejak sop`` and ``jejak iku``: files that need no ledger, made and checked; and which SOPs a ledger has."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from api.answers import unreadable
from api.cli_base import (
    DONE,
    REFUSED,
    JejakGroup,
    existing_file,
    item,
    json_option,
    paragraph,
    print_json,
    read_file,
    table,
    write_new_file,
)
from api.cli_connect import asking, url_option
from ledger import iku_checks, iku_import
from ledger.documents import digest_of
from ledger.iku import IkuDocument, Row
from ledger.sop import Sop, Step
from ledger.sop_findings import findings, unfilled
from ledger.sop_skeleton import MOST_STEPS, PLACEHOLDER, STEPS, skeleton
from ledger.wording import flat

_OPEN = (
    f"SOP ini belum dapat ditetapkan: isi atau hapus dahulu semua petunjuk “{PLACEHOLDER}”, lalu periksa lagi dengan"
    " perintah yang sama."
)


@click.group("sop", cls=JejakGroup)
def sop() -> None:
    """SOP sebagai data: membuat kerangkanya, memeriksa, melihat yang sudah ditetapkan."""


@sop.command("new")
@click.option("-o", "--output", required=True, metavar="BERKAS.json", type=click.Path(path_type=Path), help="Hasilnya.")
@click.option("--steps", default=STEPS, show_default=True, metavar="BANYAKNYA", type=int,
              help=f"Banyaknya langkah, paling banyak {MOST_STEPS}.")  # fmt: skip
@click.option("--title", metavar="TEKS", help="Judul SOP.")
@json_option
def sop_new(output: Path, steps: int, title: str | None, as_json: bool) -> None:
    """Buat kerangka SOP untuk diisi dari naskahnya; petunjuknya ada di dalam berkas."""
    data = skeleton(steps, title)
    write_new_file(output, data)
    waiting = len(unfilled(Sop.parse(data)))
    if as_json:
        print_json({"file": str(output), "steps": steps, "unfilled": waiting})
        return
    click.echo(f"Tersimpan di {output}: kerangka SOP dengan {steps} langkah, {waiting} tempat untuk diisi.")
    click.echo(f"Isi setiap teks yang berawal {PLACEHOLDER} lalu periksa: jejak sop check {output}")


@sop.command("check")
@click.argument("file", metavar="BERKAS", type=existing_file())
@json_option
def sop_check(file: Path, as_json: bool) -> int:
    """Periksa sebuah SOP: dapat dijalankan atau tidak, apa yang belum diisi, apa yang akan ditanyakan pemeriksa."""
    checked = Sop.parse(read_file(file))
    found = findings(checked)
    code = REFUSED if any(one.weight == "belum" for one in found) else DONE
    if as_json:
        said = [asdict(one) for one in found]
        print_json({"slug": checked.slug, "title": checked.title, "steps": len(checked.steps), "findings": said})
        return code
    click.echo(f"SOP {checked.title}: {len(checked.steps)} langkah, dapat dijalankan dari awal sampai akhir.\n")
    headings = ("No", "Kegiatan", "Pelaksana", "Waktu", "Hasil", "Lalu ke")
    click.echo(table(headings, [_row(checked, step) for step in checked.steps]))
    for weight, heading in (("belum", "Belum diisi"), ("temuan", "Temuan"), ("catatan", "Catatan")):
        points = [one for one in found if one.weight == weight]
        if points or weight != "belum":
            click.echo(f"\n{heading}: {len(points)}")
        for one in points:
            click.echo(item(flat(f"{one.where}: {one.sentence} [{one.rule}]")))
    if code != DONE:
        click.echo(f"\n{paragraph(_OPEN)}")
    return code


@sop.command("list")
@url_option
@json_option
def sop_list(url: str, as_json: bool) -> None:
    """Daftar SOP di buku besar: berlaku atau dicabut, sidik daunnya, kalendernya, penomorannya."""
    from api.cli_read import NOT_VERIFIED  # that room shows IKU documents with this one

    with asking(url) as service:
        said = service.get("/v1/sops").json()
    if as_json:
        print_json(said)
        return
    try:
        lines = [line for one in said["sops"] for line in (*_enacted(one), "")] or ["Belum ada SOP.", ""]
    except (KeyError, TypeError, AttributeError):
        raise unreadable("daftar SOP tidak ada.") from None
    click.echo("\n".join([*lines, paragraph(NOT_VERIFIED)]))


def _enacted(one: dict[str, Any]) -> list[str]:
    """Return what a ledger has about an SOP: its newest version, and what was enacted beside it."""
    gone, numbering = one["superseded"], one["numbering"]
    state = "berlaku"
    if gone:
        instead = f", diganti SOP {gone['by']}" if gone.get("by") else ""
        state = f"dicabut di daun {gone['leaf_index']}{instead}"
    calendars = [f"{flat(held['name'])} (sejak daun {held['leaf_index']})" for held in one["calendars"]]
    codes = f"{', '.join(numbering['classifications'])}/…/{numbering['office_code']}/…" if numbering else ""
    rows = (
        ("Nama", f"{one['slug']}, unit {one['unit']}"),
        ("Keadaan", state),
        ("Sidik daun", one["leaf"]),
        ("Kalender", "; ".join(calendars) or "belum ditetapkan"),
        ("Penomoran", codes or "belum ditetapkan"),
    )
    return [flat(one["title"]), *(paragraph(f"{heading:<11} {value}", 2, 14) for heading, value in rows)]


def _row(checked: Sop, step: Step) -> tuple[str, ...]:
    """Return a step as it will run: what is done, by whom, how long it may take, what it gives, and where it leads."""
    ways = [f"{way.to} (bila {way.when})" if way.when else way.to for way in step.next]
    return (
        step.no,
        step.kegiatan.reading or step.kegiatan.raw or "-",
        checked.office_of(step).name,
        step.waktu.reading.words if step.waktu.reading else "tidak dapat dinilai",
        ", ".join(checked.thing(name).name for name in step.gives) or "-",
        ", ".join(ways) or "selesai",
    )


@click.group("iku", cls=JejakGroup)
def iku() -> None:
    """Dokumen IKU: memasukkan dari tabel, memeriksa."""


@iku.command("import")
@click.argument("file", metavar="BERKAS.xlsx|.csv", type=existing_file())
@click.option("-o", "--output", required=True, metavar="BERKAS.json", type=click.Path(path_type=Path), help="Hasilnya.")
@click.option("--unit", required=True, metavar="NAMA", help="Nama unit kerja pemilik IKU.")
@click.option("--from", "first", required=True, type=int, metavar="TAHUN", help="Tahun pertama periode.")
@click.option("--to", "last", required=True, type=int, metavar="TAHUN", help="Tahun terakhir periode.")
@click.option("--legal-basis", multiple=True, metavar="TEKS", help="Dasar hukum; boleh diulang.")
@click.option("--label", metavar="TEKS", help='Keterangan untuk pembaca, misalnya "contoh, bukan IKU Kalipare".')
@json_option
def iku_import_(
    file: Path,
    output: Path,
    unit: str,
    first: int,
    last: int,
    legal_basis: tuple[str, ...],
    label: str | None,
    as_json: bool,
) -> None:
    """Ubah tabel IKU dari lembar kerja menjadi dokumen IKU."""
    data = read_file(file)
    document = iku_import.read_table(
        data, file.name, unit=unit, first_year=first, last_year=last, legal_basis=legal_basis, label=label
    )
    unread = iku_import.unread_columns(data, file.name)
    write_new_file(output, document.format())
    if as_json:
        print_json(iku_as_json(document) | {"file": str(output), "unread_columns": list(unread)})
        return
    click.echo(iku_in_words(document))
    if unread:
        click.echo(paragraph(f"Kolom yang tidak dibaca: {', '.join(unread)}."))
    click.echo(f"Tersimpan di {output}.")


@iku.command("check")
@click.argument("file", metavar="BERKAS.json", type=existing_file())
@json_option
def iku_check(file: Path, as_json: bool) -> None:
    """Periksa dokumen IKU. Peringatan tidak menggagalkan; dokumen yang tidak terbaca ditolak."""
    document = IkuDocument.parse(read_file(file))
    if as_json:
        print_json(iku_as_json(document))
    else:
        click.echo(iku_in_words(document))


def iku_as_json(document: IkuDocument) -> dict[str, object]:
    """Return what there is to say about an IKU document, as JSON."""
    doubts = [
        {"rule": one.rule, "row": one.row, "field": one.field, "text": one.text}
        for one in iku_checks.warnings(document)
    ]
    return {
        "digest": digest_of(document.format()),
        "unit": document.unit,
        "period": document.period.plain(),
        "label": document.label,
        "rows": len(document.rows),
        "warnings": doubts,
    }


def iku_in_words(document: IkuDocument) -> str:
    """Return an IKU document as a page: its rows as a table, its warnings under it, its digest."""
    period = document.period
    rows = [
        (
            number,
            row.objective,
            row.indicator,
            row.measure or "-",
            "\n".join(f"{one.year}: {one.value}" for one in row.targets) or "-",
            row.owner or "-",
        )
        for number, row in enumerate(document.rows, 1)
    ]
    parts = [f"IKU {document.unit}, {period.first_year}–{period.last_year}"]
    if document.label:
        parts.append(paragraph(document.label.upper()))
    parts.append(table(("No", "Sasaran", "Indikator", "Satuan", "Target", "Penanggung jawab"), rows))
    parts += [line for number, row in enumerate(document.rows, 1) for line in _details(number, row)]
    parts += [item(f"Dasar hukum: {one}") for one in document.legal_basis]
    doubts = iku_checks.warnings(document)
    parts.append(f"Peringatan: {len(doubts)}")
    parts += [item(flat(f"Baris {one.row}: {one.text} [{one.rule}]")) for one in doubts]
    parts.append(f"Sidik dokumen: {digest_of(document.format())}")
    return "\n".join(parts)


def _details(number: int, row: Row) -> list[str]:
    """Return what the table has no room for: who signs must be able to read all of it."""
    base = row.baseline
    known = (
        ("rumus", row.formula),
        ("alasan", row.rationale),
        ("sumber data", "; ".join(row.sources)),
        ("kondisi awal", f"{base.value} ({base.year or 'tahun tidak disebut'})" if base else None),
    )
    return [item(f"Baris {number}, {name}: {' '.join(text.split())}") for name, text in known if text]
