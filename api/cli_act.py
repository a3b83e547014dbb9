"""``jejak act`` and ``jejak send``: any act of the catalogue, and an envelope that was signed before.

How an act is built, judged, shown and signed is :mod:`api.cli_sign`.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import click

from api import field_words, fields_of
from api.cli_base import DONE, JejakCommand, Misuse, existing_file, json_option, read_file
from api.cli_connect import connected, connection_of, connection_options
from api.cli_read import CaseId
from api.cli_sign import Wanted, output_option, outputs_free, report, sign, signing_of, signing_options
from keys import strict_json
from keys.envelope import Envelope
from keys.errors import Malformed
from ledger.bodies import CATALOGUE
from ledger.sop import OPENING, Sop
from ledger.sop_findings import require_filled


@click.command("act", cls=JejakCommand)
@click.argument("kind", metavar="JENIS", type=click.Choice(sorted(set(CATALOGUE) - field_words.BY_FOUNDING)))
@click.option("--case", type=CaseId(), metavar="PERKARA",
              help="Nomor perkara; langkah pertama SOP tanpa nomor membuka yang baru.")  # fmt: skip
@click.option("--stream", metavar="NAMA", help="Aliran lain: register, atau sop:NAMA.")
@click.option("--sop", "sop_slug", metavar="NAMA", help="SOP yang diatur, atau SOP untuk perkara baru.")
@click.option("--body", type=existing_file(), metavar="BERKAS.json", help="Isi tindakan sebagai JSON.")
@click.option("--set", "settings", multiple=True, metavar="BAGIAN=NILAI",
              help="Isi satu bagian; boleh diulang. Misalnya decision=approved, letter.number=060/1, "
                   "number=070/1/35.07.11/2026, 'reading=2 hari kerja'; @BERKAS dibaca dari berkas. Lihat: "
                   "jejak kinds JENIS.")  # fmt: skip
@click.option("--document", "attachment", type=existing_file(), metavar="BERKAS",
              help="Dokumen yang dilampirkan; pada paraf dan semacamnya: harus dokumen perkara itu.")  # fmt: skip
@click.option("--attach", "attachments", type=existing_file(), multiple=True, metavar="BERKAS",
              help="Lampiran kegiatan, bukan dokumen perkaranya; boleh diulang.")  # fmt: skip
@click.option("--paper", type=existing_file(), metavar="BERKAS",
              help="Pindaian, bila tindakan ini terjadi di kertas dan dicatat menyusul.")  # fmt: skip
@click.option("--media-type", metavar="JENIS", help="Jenis dokumen yang dilampirkan, bila tidak terbaca dari namanya.")
@signing_options
def act(
    kind: str,
    case: str | None,
    stream: str | None,
    sop_slug: str | None,
    body: Path | None,
    settings: tuple[str, ...],
    attachment: Path | None,
    attachments: tuple[Path, ...],
    paper: Path | None,
    media_type: str | None,
    **options: Any,
) -> int:
    """Tandatangani satu tindakan: disusun dan diperiksa di sini, lalu dikirim."""
    how = signing_of(options)
    said = members_said(fields_of.schema_of(CATALOGUE[kind][1]), body, settings)
    if kind == "sop.enacted" and attachment is not None:
        said["sop"], attachment = Sop.parse(read_file(attachment)).plain(), None
    if kind == "sop.enacted" and "sop" in said:
        require_filled(Sop.read(said["sop"], "sop.form", "SOP"))
    where = _stream(kind, case, stream, sop_slug, said)
    return sign(how, Wanted(kind, where, said, sop_slug, attachment, attachments, paper, media_type))


@click.command("send", cls=JejakCommand)
@click.argument("envelope", metavar="BERKAS", type=existing_file())
@output_option
@connection_options
@json_option
def send(envelope: Path, output: Path | None, as_json: bool, **options: Any) -> int:
    """Kirim lagi amplop yang sudah ditandatangani; yang sama tidak pernah tercatat dua kali."""
    outputs_free(output)
    parsed = Envelope.parse(read_file(envelope))
    with connected(connection_of(options)) as client:
        client.checkpoint()
        proved = client.submit(parsed)
    report(proved, output, as_json)
    return DONE


def members_said(schema: fields_of.Schema, body: Path | None, settings: tuple[str, ...]) -> dict[str, Any]:
    """Return the members of the body that a person gave."""
    said = strict_json.loads(read_file(body)) if body is not None else {}
    if not isinstance(said, dict):
        raise Malformed("act.body", "Isi tindakan harus objek JSON.")
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not path or not equals:
            raise Misuse(f"--set ditulis BAGIAN=NILAI, bukan {setting!r}.")
        if text.startswith("@"):
            try:
                text = read_file(Path(text[1:])).decode("utf-8").strip()
            except UnicodeDecodeError:
                raise Malformed("act.field", f"Berkas untuk {path!r} bukan teks UTF-8.") from None
        fields_of.put(said, path, fields_of.typed(schema, path, text))
    return said


def _stream(kind: str, case: str | None, stream: str | None, sop_slug: str | None, said: dict[str, Any]) -> str:
    """Return the stream that the act goes to."""
    family = CATALOGUE[kind][0]
    if stream is not None:
        if case is not None:
            raise Misuse("sebut --case atau --stream, bukan keduanya.")
        return stream
    if family == "register":
        return "register"
    if family == "sop":
        return f"sop:{_slug(kind, sop_slug, said)}"
    if case is None:
        if kind not in OPENING:
            raise Misuse("sebut nomor perkaranya dengan --case; daftarnya: jejak cases.")
        if kind != "disposition.issued" and sop_slug is None:
            # The same kind goes on in cases that are open, so that nobody opens another one by forgetting its number.
            raise Misuse("sebut nomor perkaranya dengan --case, atau SOP untuk perkara baru dengan --sop.")
        case = str(uuid.uuid4())
    return f"case:{case}"


def _slug(kind: str, named: str | None, said: dict[str, Any]) -> str:
    """Return the SOP that an act is about: an enactment carries it, of any other it is named."""
    if kind != "sop.enacted":
        if named is None:
            raise Misuse("sebut SOP-nya dengan --sop.")
        return named
    slug = said["sop"].get("slug") if isinstance(said.get("sop"), dict) else None
    if not isinstance(slug, str):
        raise Misuse("penetapan SOP memerlukan isinya: --document BERKAS-SOP.json.")
    if named not in (None, slug):
        raise Misuse(f"berkas itu SOP {slug}, bukan {named}.")
    return slug
