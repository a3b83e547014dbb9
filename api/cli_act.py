"""``jejak act`` and ``jejak send``: build an act from verified bytes, say what it is, ask, sign here, post.

Order of :func:`act`, and why: the checkpoint is verified and continues the remembered one, the register and the case
are folded from their own acts up to proved heads. Then it is judged here, the nearest question first: are key and
mandate this person's; is it the turn of such an act; may this office; is anything missing; would the ledger take it.
Only what passes is shown, its document hashed and laid out, and a person is asked. A new document is uploaded only
after the yes, because an act may name only what is there; then the key file is opened, the act signed and sent.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
import uuid
from pathlib import Path
from typing import Any

import click

from api import act_files, field_words, fields_of
from api.act_page import page, would_be_flagged
from api.cli_base import (
    DONE,
    JejakCommand,
    Misuse,
    confirmed,
    existing_file,
    json_option,
    print_json,
    read_file,
    write_new_file,
)
from api.cli_connect import connected, connection_of, connection_options
from api.cli_read import CaseId
from api.cli_store import opened_key
from api.client import Proved
from api.drafting import check, fill, lacking, office, place_of, settle, turn
from api.known_register import Signer, known_register
from keys import strict_json
from keys.authority import WIB
from keys.envelope import Envelope
from keys.errors import Malformed, NotAllowed
from keys.keyfile import KeyFile, read_keyfile
from ledger.acts import PAYLOAD_TYPE, Act, compose
from ledger.bodies import CATALOGUE
from ledger.kind_names import name_of
from ledger.sop import OPENING, Sop
from ledger.sop_findings import require_filled
from ledger.wording import when

#: A moment in WIB as people write it: a day, and the time to the minute.
_WIB_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2})[.:]([0-9]{2})(?: ?WIB)?")


@click.command("act", cls=JejakCommand)
@click.argument("kind", metavar="JENIS", type=click.Choice(sorted(set(CATALOGUE) - field_words.BY_FOUNDING)))
@click.option("--key", "key_file", required=True, type=existing_file(), envvar="JEJAK_KEY", show_envvar=True,
              metavar="BERKAS", help="Berkas kunci Anda.")  # fmt: skip
@click.option("--mandate", required=True, envvar="JEJAK_MANDATE", show_envvar=True, metavar="NAMA", help="Mandat Anda.")
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
@click.option("--occurred-at", metavar="WAKTU",
              help="Kapan terjadinya menurut Anda, misalnya '2026-03-02 08.30' (WIB); bawaan: sekarang. Wajib dengan "
                   "--paper.")  # fmt: skip
@click.option("--passphrase-file", type=existing_file(), metavar="BERKAS", help="Baca kata sandi dari berkas ini.")
@click.option("--yes", is_flag=True, help="Jangan bertanya lagi.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="BERKAS",
              help="Simpan amplop ke BERKAS.json dan tanda terima ke BERKAS.tlog-proof.")  # fmt: skip
@connection_options
@json_option
def act(
    kind: str,
    key_file: Path,
    mandate: str,
    case: str | None,
    stream: str | None,
    sop_slug: str | None,
    body: Path | None,
    settings: tuple[str, ...],
    attachment: Path | None,
    attachments: tuple[Path, ...],
    paper: Path | None,
    media_type: str | None,
    occurred_at: str | None,
    passphrase_file: Path | None,
    yes: bool,
    output: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Tandatangani satu tindakan: disusun dan diperiksa di sini, lalu dikirim."""
    _outputs_free(output)
    schema = fields_of.schema_of(CATALOGUE[kind][1])
    said = _said(schema, body, settings)
    if kind == "sop.enacted" and attachment is not None:
        said["sop"], attachment = Sop.parse(read_file(attachment)).plain(), None
    if kind == "sop.enacted" and "sop" in said:
        require_filled(Sop.read(said["sop"], "sop.form", "SOP"))
    if occurred_at is None and (paper is not None or "paper" in said):
        occurred_at = _asked_when(as_json)
    where = _stream(kind, case, stream, sop_slug, said)
    closed = KeyFile.parse(read_keyfile(key_file))
    official, signer = closed.official, Signer(closed.official, mandate, closed.public.id)
    with connected(connection_of(options)) as client:
        known = known_register(client, client.checkpoint().checkpoint.size)
        authority = known.standing(signer)
        place = place_of(client, known, kind, where, sop_slug, said)
        settle(client, place, kind, said)
        turn(place, kind, said)
        office(place, signer, kind, said)
        attached, data = act_files.attached(place, kind, schema, attachment, media_type)
        filled = fill(place, kind, schema, said, attached)
        papers = act_files.papers(paper, attachments, schema, said)
        still = lacking(place, kind, schema, said)
        if still:
            raise _lacking(kind, still, place.why)
        seen = client.checkpoint()
        payload = compose(
            ledger=client.origin,
            seen=client.seen(seen),
            stream=where,
            version=place.head.version + 1,
            previous=place.head.leaf,
            kind=kind,
            official=official,
            mandate=mandate,
            occurred_at=_moment(occurred_at) if occurred_at else dt.datetime.now(WIB).isoformat(timespec="seconds"),
            body=said,
        )
        ready = Act.read(payload)
        check(place, ready, signer)
        flagged = would_be_flagged(place, authority, ready, payload)
        shown = page(client, place, authority, ready, said, filled, data, attached, flagged)
        click.echo(shown, err=as_json)
        if not yes and not confirmed("Tandatangani?", err=as_json):
            raise click.Abort
        opened = opened_key(key_file, passphrase_file, err=as_json)
        if opened.official != official:
            raise NotAllowed("act.key", "Berkas kunci berubah sejak ditampilkan.")
        if attached is not None and data is not None:
            client.upload(data, attached.media_type)
        for reference, scan in papers:
            client.upload(scan, reference.media_type)
        proved = client.submit(Envelope.seal(PAYLOAD_TYPE, payload, opened.key))
    _report(proved, output, as_json)
    return DONE


@click.command("send", cls=JejakCommand)
@click.argument("envelope", metavar="BERKAS", type=existing_file())
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="BERKAS",
              help="Simpan amplop ke BERKAS.json dan tanda terima ke BERKAS.tlog-proof.")  # fmt: skip
@connection_options
@json_option
def send(envelope: Path, output: Path | None, as_json: bool, **options: Any) -> int:
    """Kirim lagi amplop yang sudah ditandatangani; yang sama tidak pernah tercatat dua kali."""
    _outputs_free(output)
    parsed = Envelope.parse(read_file(envelope))
    with connected(connection_of(options)) as client:
        client.checkpoint()
        proved = client.submit(parsed)
    _report(proved, output, as_json)
    return DONE


def _said(schema: fields_of.Schema, body: Path | None, settings: tuple[str, ...]) -> dict[str, Any]:
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


def on_terminal() -> bool:
    """Tell whether a person can be asked."""
    return sys.stdin.isatty()


def _asked_when(err: bool) -> str:
    """Ask when an act on paper happened; where nobody can be asked, the command was written wrongly."""
    if not on_terminal():
        raise Misuse("tindakan dari kertas menyebut kapan terjadinya: --occurred-at '2026-03-02 08.30' (WIB).")
    while True:
        text = str(click.prompt("Kapan terjadinya di kertas (WIB), misalnya 2026-03-02 08.30", err=err)).strip()
        if _WIB_TIME.fullmatch(text):
            return text
        click.echo("Tulis tanggal dan jamnya, misalnya 2026-03-02 08.30.", err=True)


def _moment(text: str) -> str:
    """Return a moment as people write it in RFC 3339; any other text is left to the act's schema."""
    form = _WIB_TIME.fullmatch(text.strip())
    return f"{form[1]}T{form[2]}:{form[3]}:00+07:00" if form else text


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


def _lacking(kind: str, still: list[fields_of.Member], why: str) -> Malformed:
    """Return the fault that names all that is still to be given; ``why`` is what the service says about a number."""
    paths = [one.path for one in still]
    said = f"{field_words.told(kind, still)}\n"
    if why and "number" in paths:
        said += f"Nomor tidak diusulkan layanan: {why}\n"
    return Malformed(
        "act.missing",
        f"{name_of(kind).capitalize()} belum lengkap: {len(paths)} bagian belum diisi.",
        allowed=f"{said}Semua bagian: jejak kinds {kind}",
        missing=paths,
    )


def _outputs_free(output: Path | None) -> None:
    for path in _outputs(output) if output is not None else ():
        if path.exists():
            raise NotAllowed("file.exists", f"Sudah ada berkas {path}; tidak ditimpa.", allowed="Pilih nama lain.")


def _outputs(output: Path) -> tuple[Path, Path]:
    return output.with_name(output.name + ".json"), output.with_name(output.name + ".tlog-proof")


def _report(proved: Proved, output: Path | None, as_json: bool) -> None:
    """Print what was proved about the act that was sent, and keep envelope and receipt where asked."""
    files: list[str] = []
    if output is not None:
        for path, data in zip(_outputs(output), (proved.entry.envelope.data, proved.proof), strict=True):
            write_new_file(path, data)
            files.append(str(path))
    done, size = proved.act, proved.receipt.checkpoint.size
    at = proved.entry.recorded_at.isoformat().replace("+00:00", "Z")
    if as_json:
        print_json(
            {
                "stream": done.stream,
                "version": done.version,
                "kind": done.kind,
                "leaf_index": proved.index,
                "leaf_hash": proved.leaf,
                "recorded_at": at,
                "checkpoint_size": size,
                "receipt": proved.proof.decode("utf-8"),
                "files": files,
            }
        )
        return
    click.echo(f"TERCATAT dan terbukti: {name_of(done.kind)}, {done.stream} versi {done.version}.")
    click.echo(f"Daun {proved.index} dari {size}, dicatat {when(proved.entry.recorded_at)}.")
    click.echo(f"Sidik daun {proved.leaf}")
    for name in files:
        click.echo(f"Tersimpan: {name}")
