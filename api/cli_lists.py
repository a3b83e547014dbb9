"""``jejak cases``, ``inbox``, ``agenda``: lists of what a ledger has, as the service's read models show them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click

from api.answers import unreadable
from api.cli_base import JejakCommand, item, json_option, paragraph, print_json, table
from api.cli_connect import asking, url_option
from api.cli_read import NOT_VERIFIED
from keys.authority import WIB
from ledger.correction import CORRECTABLE
from ledger.kind_names import name_of
from ledger.wording import day, when


@click.command("cases", cls=JejakCommand)
@click.option("--unit", metavar="NAMA", help="Hanya perkara unit ini.")
@url_option
@json_option
def cases(unit: str | None, url: str, as_json: bool) -> None:
    """Daftar perkara: nomornya, pokoknya, dan giliran siapa."""
    found: list[Any] = []
    after: Any = None
    while True:
        asked = {"limit": "200"} | ({"unit": unit} if unit else {}) | ({"after": str(after)} if after else {})
        said = _asked(url, "/v1/cases", asked)
        page = said.get("cases")
        if not isinstance(page, list):
            raise unreadable("daftar perkara tidak ada.")
        found += page
        later = said.get("next")
        if later is None or not page or later == after:
            break
        after = later
    _shown(as_json, said | {"cases": found}, lambda: _cases(found))


@click.command("inbox", cls=JejakCommand)
@click.option("--office", required=True, metavar="JABATAN", help="Jabatan, seperti dalam SOP; misalnya sekcam.")
@click.option("--unit", required=True, metavar="NAMA", help="Unit kerja, misalnya kalipare.")
@url_option
@json_option
def inbox(office: str, unit: str, url: str, as_json: bool) -> None:
    """Daftar pekerjaan yang menunggu sebuah jabatan, yang terlama lebih dahulu."""
    said = _asked(url, "/v1/inbox", {"office": office, "unit": unit})
    _shown(as_json, said, lambda: _inbox(said))


@click.command("agenda", cls=JejakCommand)
@click.option("--year", type=click.IntRange(1945, 9999), metavar="TAHUN", help="Tahun buku; bawaan: tahun ini.")
@click.option("--unit", metavar="NAMA", help="Hanya surat unit ini.")
@url_option
@json_option
def agenda(year: int | None, unit: str | None, url: str, as_json: bool) -> None:
    """Buku agenda surat keluar setahun, dengan yang belum bernomor dan nomor yang terlewat, melompat, atau ganda."""
    asked = {"year": str(year or dt.datetime.now(WIB).year)} | ({"unit": unit} if unit else {})
    said = _asked(url, "/v1/agenda", asked)
    _shown(as_json, said, lambda: _agenda(said))


def _asked(url: str, path: str, params: dict[str, str]) -> dict[str, Any]:
    with asking(url) as service:
        said = service.get(path, params=params).json()
    if not isinstance(said, dict):
        raise unreadable("bukan objek.")
    return said


def _shown(as_json: bool, said: dict[str, Any], page: Any) -> None:
    if as_json:
        print_json(said)
        return
    try:
        lines = page()
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        raise unreadable("bagian yang diperlukan tidak ada.") from None
    click.echo("\n".join([*lines, "", paragraph(NOT_VERIFIED)]))


def _cases(found: list[Any]) -> list[str]:
    if not found:
        return ["Belum ada perkara."]
    return [table(("Perkara", "Pokok", "Giliran"), [(one["case"], one["subject"], _turn(one)) for one in found])]


def _turn(one: Any) -> str:
    if one["finished"]:
        return "selesai"
    due = one["step"]
    return f"langkah {due['no']}, {due['office_name']}" if due else "ditarik"


def _inbox(said: dict[str, Any]) -> list[str]:
    if not said["waiting"]:
        return [f"Tidak ada yang menunggu {said['office']} di {said['unit']}."]
    rows = [
        (
            one["case"],
            one["subject"],
            f"langkah {one['step']['no']}: {' atau '.join(map(name_of, one['step']['activities']))}",
            when(dt.datetime.fromisoformat(one["since"]["recorded_at"])),
        )
        for one in said["waiting"]
    ]
    return [table(("Perkara", "Pokok", "Ditunggu", "Sejak"), rows)]


def _agenda(said: dict[str, Any]) -> list[str]:
    rows = [(one["agenda_no"], one["number"], day(one["letter_date"]), one["addressee"], one["summary"])
            for one in said["rows"]]  # fmt: skip
    lines = [f"Agenda surat keluar {said['year']}: {len(rows)} surat"]
    if rows:
        lines += ["", table(("No", "Nomor surat", "Tanggal", "Kepada", "Isi ringkas"), rows)]
    for one in said["used"]:
        said_so = f"Sampai nomor urut {one['running']} dan nomor agenda {one['agenda_no']} ({one['office_code']})"
        lines.append(item(f"{said_so}, nomor diberikan di atas kertas sebelum buku ini dipakai.", "-"))
    for row in said["rows"]:
        lines += [_corrected(f"Surat {row['number']}", slip) for slip in row["corrections"]]
        for sent in row["dispatches"]:
            lines += [_corrected(f"Pengiriman {row['number']} kepada {sent['recipient']}", slip)
                      for slip in sent["corrections"]]  # fmt: skip
    for member, prefix, number in (("running", "", "Nomor urut"), ("agenda_no", "row_", "Nomor agenda")):
        for gap in said[f"{prefix}gaps"]:
            lines.append(item(f"{number} {_run(gap)} ({gap['office_code']}) tidak terpakai.", "!"))
        for leap in said[f"{prefix}leaps"]:
            far = f"melompat jauh dari {leap['after']}" if leap["after"] else "jauh dari nomor pertama"
            lines.append(item(f"{number} {leap[member]} ({leap['office_code']}) {far}; mungkin salah tulis.", "!"))
        for twice in said[f"{prefix}duplicates"]:
            lines.append(item(f"{number} {twice[member]} ({twice['office_code']}) dipakai lebih dari sekali.", "!"))
    for one in said["below_used"]:
        known = f"Surat {one['number']}, nomor agenda {one['agenda_no']}, perkara {one['case']}"
        lines.append(
            item(f"{known}: bernomor yang sudah diberikan di atas kertas, tetapi tidak dicatat dari kertas.", "!")
        )
    for one in said["repeated"]:
        lines.append(item(f"Lebih dari satu nomor dalam perkara {one['case']}: {', '.join(one['numbers'])}.", "!"))
    for blank in said["blanks"]:
        signed = when(dt.datetime.fromisoformat(blank["signed_at"]))
        lines.append(
            item(f"Belum bernomor: {blank['subject']}, ditandatangani {signed}, perkara {blank['case']}.", "!")
        )
    return lines


def _corrected(what: str, slip: Any) -> str:
    part = CORRECTABLE.get(slip["field"], slip["field"])
    return item(
        f"{what}: {part} dibetulkan dari “{slip['old']}” menjadi “{slip['new']}” (daun {slip['leaf_index']}).", "-"
    )


def _run(gap: Any) -> str:
    return str(gap["first"]) if gap["first"] == gap["last"] else f"{gap['first']} sampai {gap['last']}"
