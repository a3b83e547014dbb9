"""``jejak trail``, ``state``, ``next``, ``document``: what a ledger says, on a page that people can read.

The first three show the service's read models: nothing here verifies them, and every page says so. A document is
hashed before it is shown or kept.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from api.answers import unreadable
from api.cli_base import Command, JejakCommand, Misuse, item, json_option, paragraph, print_json, table, write_new_file
from api.cli_connect import asking, connected, connection_of, connection_options, url_option
from api.cli_files import iku_in_words
from api.field_words import needed
from api.moments import At
from keys.errors import Malformed
from ledger.iku import IkuDocument
from ledger.kind_names import name_of
from ledger.notices import DISCLAIMER, INFERRED
from ledger.verdicts import PROVED
from ledger.wording import day, flat, reason_words, when

_CASE = re.compile(r"(?:case:)?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_OTHER_STREAM = re.compile(r"register|sop:[a-z0-9][a-z0-9-]{0,62}[a-z0-9]")
SYNTHETIC = "BUKU BESAR PERCOBAAN: semua pejabat dan datanya sintetis."
NOT_VERIFIED = "Ini tampilan layanan; yang membuktikan adalah jejak audit atas salinan buku besarnya."
Shown = TypeVar("Shown")

#: Columns under a heading of a page, such as "Oleh", where what does not fit goes on.
_HANG = 9
_CAPACITIES = {"plt": "Plt", "plh": "Plh", "an": "a.n.", "ub": "u.b."}


class CaseId(click.ParamType[str]):
    """A case by its UUID, with or without ``case:``."""

    name = "perkara"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the UUID."""
        form = _CASE.fullmatch(str(value))
        if form is None:
            raise Misuse(f"{value!r} bukan nomor perkara; misalnya 11111111-1111-4111-8111-111111111111.", ctx)
        return form[1]


class StreamId(CaseId):
    """A stream: a case as :class:`CaseId` takes it, ``register``, or ``sop:NAMA``; the value is its whole name."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the stream's name."""
        if _OTHER_STREAM.fullmatch(str(value)):
            return str(value)
        if not _CASE.fullmatch(str(value)):
            raise Misuse(f"{value!r} bukan nomor perkara, bukan register, dan bukan sop:NAMA.", ctx)
        return f"case:{super().convert(value, param, ctx)}"


def at_option(command: Command) -> Command:
    """Add ``--at``: what was known at a leaf or a moment."""
    words = (
        "Seperti pada daun ini (nomornya), pada waktu ini ('2026-11-22 09.15', WIB), atau pada akhir hari ini"
        " (2026-11-22)."
    )
    return click.option("--at", type=At(), metavar="DAUN|WAKTU", help=words)(command)


def _advice(url: str, path: str, **params: str | None) -> dict[str, Any]:
    with asking(url) as service:
        said = service.get(path, params={name: one for name, one in params.items() if one is not None}).json()
    if not isinstance(said, dict):
        raise unreadable("bukan objek.")
    return said


@click.command("trail", cls=JejakCommand)
@click.argument("stream", metavar="PERKARA|register|sop:NAMA", type=StreamId())
@at_option
@url_option
@json_option
def trail(stream: str, at: str | None, url: str, as_json: bool) -> None:
    """Tampilkan jejak audit sebuah perkara, register, atau SOP: siapa berbuat apa, kapan, sebagai apa."""
    said = _advice(url, f"/v1/streams/{stream}/trail", at=at)
    if as_json:
        print_json(said)
        return
    click.echo(shaped(_trail_in_words, said))


@click.command("state", cls=JejakCommand)
@click.argument("case", metavar="PERKARA", type=CaseId())
@at_option
@url_option
@json_option
def state(case: str, at: str | None, url: str, as_json: bool) -> None:
    """Tampilkan keadaan sebuah perkara, sekarang atau dahulu."""
    said = _advice(url, f"/v1/cases/{case}", at=at)
    if as_json:
        print_json(said)
        return
    click.echo(shaped(_state_in_words, said))


@click.command("next", cls=JejakCommand)
@click.argument("case", metavar="PERKARA", type=CaseId())
@click.option("--mandate", required=True, envvar="JEJAK_MANDATE", show_envvar=True, metavar="NAMA", help="Mandat Anda.")
@url_option
@json_option
def next_(case: str, mandate: str, url: str, as_json: bool) -> None:
    """Tampilkan apa yang boleh dikerjakan pemegang sebuah mandat sekarang. Saran saja."""
    said = _advice(url, f"/v1/cases/{case}/next", mandate=mandate)
    if as_json:
        print_json(said)
        return
    click.echo(shaped(_next_in_words, said))


@click.command("document", cls=JejakCommand)
@click.argument("digest", metavar="SIDIK")
@click.option("-o", "--output", metavar="BERKAS", type=click.Path(path_type=Path), help="Simpan ke berkas baru.")
@connection_options
@json_option
def document(digest: str, output: Path | None, as_json: bool, **options: Any) -> None:
    """Ambil dokumen menurut sidiknya; isinya diperiksa sebelum ditampilkan atau disimpan."""
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise Misuse("sidik dokumen ditulis sha256: lalu 64 angka heksa.")
    with connected(connection_of(options)) as client:
        data = client.document(digest)
    if output is not None:
        write_new_file(output, data)
    if as_json:
        print_json({"digest": digest, "size": len(data), "file": str(output) if output else None})
        return
    click.echo(document_in_words(data))
    click.echo(f"Isi cocok dengan sidiknya: {digest} ({len(data)} bita).")
    if output is not None:
        click.echo(f"Tersimpan di {output}.")


def document_in_words(data: bytes) -> str:
    """Return what there is to show of a document: the table of an IKU, else its kind of content only."""
    try:
        return iku_in_words(IkuDocument.parse(data))
    except Malformed:
        return "Dokumen ini bukan tabel IKU; simpan dengan jejak document SIDIK -o BERKAS untuk membacanya."


def shaped(words: Callable[..., Shown], *said: Any) -> Shown:
    """Return the page, or raise NotJudged where the answer lacks what the page needs."""
    try:
        return words(*said)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        raise unreadable("bagian yang diperlukan tidak ada.") from None


def _trail_in_words(said: dict[str, Any]) -> str:
    parts = [f"Jejak audit {_stream_in_words(said['stream'])}: {len(said['trail'])} tindakan", *place(said)]
    if said.get("synthetic"):
        parts.append(SYNTHETIC)
    for row in said["trail"]:
        parts += ["", f"Daun {row['leaf_index']}, versi {row['version']}: {step_words(row)}{name_of(row['kind'])}"]
        # What people wrote hangs under our headings: no line of theirs begins where one of ours does.
        parts.append(paragraph(flat(row["sentence"]), 2, 2))
        parts.append(paragraph(flat(f"Oleh     {person(row)}"), 2, _HANG))
        parts.append(paragraph(f"SK       {flat(_decree(row))}", 2, _HANG))
        if row.get("actor_basis") == "disimpulkan":
            parts.append(f"  {INFERRED}")
        parts.append(f"  Waktu    dinyatakan {local(row['occurred_at'])}, dicatat {local(row['recorded_at'])}")
        parts.append(f"  Kunci    {row['keyid'][:16]}…   sidik daun {row['leaf'][:16]}…")
        parts += verdict_lines(row)
        parts += [f"  {one['what']:<8} {one['digest']}" for one in row["papers"]]
        parts += [paragraph(f"Waktu    {flat(visit_words(one))}", 2, _HANG) for one in row.get("time") or ()]
        if row.get("reason"):
            parts.append(paragraph(f"Alasan   {flat(reason_words(row['kind'], row['reason']))}", 2, _HANG))
        if row.get("deviation") and row["deviation"] != row.get("reason"):
            parts.append(paragraph(f"Di luar SOP karena: {flat(row['deviation'])}", 2, _HANG))
        for one in row.get("corrections") or ():
            said_now = f"{one['field']} menjadi “{one['new']}”, semula “{one['old']}”"
            parts.append(paragraph(f"Dibetulkan di daun {one['leaf_index']}: {flat(said_now)}", 2, _HANG))
        parts += [item(flat(f"{flag['sentence']} [{flag['name']}]"), "!") for flag in row["flags"] or ()]
    return "\n".join([*parts, *end(said)])


def place(said: dict[str, Any]) -> list[str]:
    """Return the line that says of which leaf, and for which moment, a page is; none of a page about now."""
    at = said.get("at")
    if not at:
        return []
    then = f" (diminta: {local(at['moment'])})" if at.get("moment") else ""
    return [f"SEPERTI PADA DAUN {at['leaf_index']}, dicatat {local(at['recorded_at'])}{then}"]


def _stream_in_words(stream: str) -> str:
    family, _, name = stream.partition(":")
    return {"case": f"perkara {name}", "sop": f"SOP {name}"}.get(family, family)


def visit_words(visit: dict[str, Any]) -> str:
    """Return a visit that an act ended in one line: step, verdict, and the rule by which it was judged."""
    return f"langkah {visit['step']}: {visit['verdict']} ({visit['rule']})"


def _decree(row: dict[str, Any]) -> str:
    """Return the decree behind the mandate, with the mandate's period."""
    decree, period = row["decree"], row.get("period")
    said = f"{decree['number']}, {day(decree['date'])}, {decree['issuer']}"
    if not period:
        return said
    said += f" (berlaku {day(period['start'])} sampai {day(period['end']) if period['end'] else 'dicabut'}"
    if withdrawn := period.get("withdrawn"):
        said += f"; dicabut {local(withdrawn['recorded_at'])}, daun {withdrawn['leaf_index']}"
    return f"{said})"


def local(text: str) -> str:
    """Return a recorded or stated time as people here write it."""
    return when(dt.datetime.fromisoformat(text))


def verdict_lines(row: dict[str, Any]) -> list[str]:
    """Return a line for each verdict on an act, with why where it is not proved, for what follows."""
    found = row.get("verdicts")
    if found is None:
        return ["  Tanda tangan dan wewenang tidak diperiksa layanan."]
    lines = []
    for name, title in (("signature", "Tanda tangan"), ("authority", "Wewenang")):
        one, doubted = found[name], name == "signature" and row.get("questioned")
        said = f"{title} {one['verdict']}" + (", tetapi DIPERTANYAKAN" if doubted else "")
        if one["verdict"] != PROVED:
            said = f"{title} {one['verdict'].upper()}: {one['why']} [{one['rule']}]"
        lines.append(paragraph(said, 2))
    return lines


def step_words(row: dict[str, Any]) -> str:
    """Return step and round of an act, for what follows; nothing of an act that is in no case."""
    if row.get("step") is None:
        return ""
    turn = f", putaran {row['round']}" if row.get("round") else ""
    return f"langkah {row['step']}{turn}, "


def person(row: dict[str, Any]) -> str:
    """Return name, NIP, rank, office and capacity as they were at the act."""
    capacity = _CAPACITIES.get(str(row["capacity"]))
    office = f"{capacity} {row['office_name']}" if capacity else str(row["office_name"])
    nip = f"NIP {row['nip']}" if row.get("nip") else "tanpa NIP"
    return ", ".join(str(part) for part in (row["name"], nip, row.get("rank"), office) if part)


def _state_in_words(said: dict[str, Any]) -> str:
    parts = [f"Perkara {said['case']}: {said['subject']}", f"SOP      {said['sop']['title']}", *place(said)]
    if said.get("synthetic"):
        parts.append(SYNTHETIC)
    if said["finished"]:
        parts.append("Keadaan  SELESAI")
    elif said["withdrawn"]:
        parts.append(paragraph(f"Keadaan  DISPOSISI DITARIK oleh {said['withdrawn']['by']}"))
    else:
        due = said["step"]
        parts.append(paragraph(f"Keadaan  langkah {due['no']}, putaran {said['round']}: giliran {due['office_name']}"))
        parts.append(f"         yang ditunggu: {' atau '.join(map(name_of, due['activities']))}")
        if due.get("actor_basis") == "disimpulkan":
            parts.append(f"         {INFERRED}")
    parts += _succession(said)
    parts.append(f"Langkah  selesai: {', '.join(said['steps_done']) or 'belum ada'}")
    if said.get("number"):
        parts.append(f"Nomor    {said['number']}")
    if said["document"]:
        parts.append(f"Dokumen  {said['document']['name']}\n         {said['document']['digest']}")
    for name, title in (("approved", "Disetujui"), ("paraf", "Paraf"), ("signature", "Tanda tangan")):
        mark = said[name]
        parts.append(
            paragraph(f"{title}: {person(mark) + ', dicatat ' + local(mark['recorded_at']) if mark else 'belum ada'}")
        )
        parts += verdict_lines(mark) if mark else []
    if said["returns"]:
        parts.append("Pengembalian:")
        parts += [item(flat(f"putaran {one['round']}, oleh {one['by']}: {one['reason']}")) for one in said["returns"]]
    if said["drafts"]:
        rows = [
            (
                one["round"],
                one["leaf_index"],
                one["name"],
                one["digest"][7:23] + "…",
                "batal" if one["void"] else "berlaku",
            )
            for one in said["drafts"]
        ]
        parts += ["", table(("Putaran", "Daun", "Konsep", "Sidik", "Keadaan"), rows)]
    if said["addressees"]:
        sent = [
            (one["name"], one["copies"], "belum" if one["dispatched"] is None else f"daun {one['dispatched']}")
            for one in said["addressees"]
        ]
        parts += ["", table(("Penerima", "Salinan", "Dikirim"), sent)]
    parts += iku_rows(said)
    parts += [item(flat(one), "!") for one in said.get("notices") or ()]
    parts += [item(flat(f"Daun {one['leaf_index']}: {one['sentence']} [{one['name']}]"), "!") for one in said["flags"]]
    return "\n".join([*parts, *end(said)])


def _succession(said: dict[str, Any]) -> list[str]:
    """Return the lines that say which case this one replaces, and which ones were opened to replace it."""
    parts = []
    if said.get("supersedes"):
        parts.append(f"Pengganti perkara {said['supersedes']['case']}")
    for one in said.get("superseded_by") or ():
        parts.append(f"Diganti  perkara {one['case']}, dibuka pada daun {one['opened_index']}")
    return parts


def iku_rows(said: dict[str, Any]) -> list[str]:
    """Return the lines that show the document's table, or why there is none."""
    if not said["rows"]:
        return [paragraph(f"Isi dokumen: {said['rows_why']}")] if said.get("rows_why") else []
    parts = ["", paragraph(str(said["label"]).upper())] if said.get("label") else [""]
    rows = [
        (number, row["objective"], row["indicator"], row.get("measure") or "-")
        for number, row in enumerate(said["rows"], 1)
    ]
    parts.append(table(("No", "Sasaran", "Indikator", "Satuan"), rows))
    parts.append(f"Peringatan isi: {len(said['warnings'])}")
    return parts + [item(flat(f"Baris {one['row']}: {one['text']}")) for one in said["warnings"]]


def _next_in_words(said: dict[str, Any]) -> str:
    why, due = said["why_not"], said["due"]
    parts = [f"Perkara {str(said['case']).removeprefix('case:')}, mandat {said['mandate']} ({said['official']})"]
    if due:
        parts.append(
            paragraph(f"Giliran sekarang: langkah {due['step']}, {due['office_name']}. {flat(due['activity'])}", 0, 2)
        )
    if why:
        parts.append(paragraph(f"Belum dapat: {why['detail']} {why['allowed']} [{why['rule']}]"))
    else:
        for kind in said["kinds"]:
            parts.append(f"Boleh: jejak act {kind} --case {str(said['case']).removeprefix('case:')}")
            parts += [paragraph(how, 4, 4) for how in needed(kind)]
    if said["document"]:
        parts.append(f"Dokumen perkara: {said['document']['name']} {said['document']['digest']}")
    parts += [
        f"Penerima: {one['name']}, {one['copies']} salinan, {'sudah' if one['dispatched'] else 'belum'} dikirim"
        for one in said["addressees"]
    ]
    return "\n".join([*parts, "", paragraph(said["note"])])


def end(said: dict[str, Any]) -> list[str]:
    """Return the lines that end a page: nothing was verified, and what the signatures are not."""
    return ["", paragraph(NOT_VERIFIED), paragraph(str(said.get("disclaimer") or DISCLAIMER))]
