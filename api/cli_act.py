"""``jejak act`` and ``jejak send``: build an act from verified bytes, say what it is, ask, sign here, post.

Order of :func:`act`, and why: the checkpoint is verified and continues the remembered one, the register and the case
are folded from their own acts up to proved heads. Then it is judged here, the nearest question first: are key and
mandate this person's; is it the turn of such an act; may this office; is anything missing; would the ledger take it.
Only what passes is shown, its document hashed and laid out, and a person is asked. A new document is uploaded only
after the yes, because an act may name only what is there; then the key file is opened, the act signed and sent.
"""

from __future__ import annotations

import datetime as dt
import mimetypes
import uuid
from pathlib import Path
from typing import Any

import click

from api import field_words, fields_of
from api.cli_base import (
    DONE,
    JejakCommand,
    Misuse,
    confirmed,
    existing_file,
    json_option,
    paragraph,
    print_json,
    read_file,
    table,
    write_new_file,
)
from api.cli_connect import connected, connection_of, connection_options
from api.cli_read import CaseId, document_in_words
from api.cli_store import opened_key
from api.client import Client, Proved
from api.drafting import Place, check, fill, office, place_of, turn
from api.known_register import Signer, known_register
from api.proposals import content
from keys import strict_json
from keys.authority import WIB, Authority
from keys.envelope import Envelope
from keys.errors import Malformed, NotAllowed
from keys.fields import DocumentRef
from keys.keyfile import KeyFile, read_keyfile
from ledger.acts import PAYLOAD_TYPE, Act, compose
from ledger.bodies import CATALOGUE, SopEnacted
from ledger.documents import digest_of
from ledger.iku import MEDIA_TYPE as IKU
from ledger.iku import IkuDocument
from ledger.kind_names import name_of
from ledger.sentences import about_to_sign, sentence, when
from ledger.sop import Sop
from ledger.sop_findings import findings


@click.command("act", cls=JejakCommand)
@click.argument("kind", metavar="JENIS", type=click.Choice(sorted(set(CATALOGUE) - field_words.BY_FOUNDING)))
@click.option("--key", "key_file", required=True, type=existing_file(), envvar="JEJAK_KEY", show_envvar=True,
              metavar="BERKAS", help="Berkas kunci Anda.")  # fmt: skip
@click.option("--mandate", required=True, envvar="JEJAK_MANDATE", show_envvar=True, metavar="NAMA", help="Mandat Anda.")
@click.option(
    "--case", type=CaseId(), metavar="PERKARA", help="Nomor perkara; disposisi tanpa nomor membuka yang baru."
)
@click.option("--stream", metavar="NAMA", help="Aliran lain: register, atau sop:NAMA.")
@click.option("--sop", "sop_slug", metavar="NAMA", help="SOP untuk perkara baru, bila ada lebih dari satu.")
@click.option("--body", type=existing_file(), metavar="BERKAS.json", help="Isi tindakan sebagai JSON.")
@click.option("--set", "settings", multiple=True, metavar="BAGIAN=NILAI",
              help="Isi satu bagian; boleh diulang. Misalnya decision=approved, letter.number=060/1, "
                   "number=070/1/35.07.11/2026; @BERKAS dibaca dari berkas. Lihat: jejak kinds JENIS.")  # fmt: skip
@click.option("--document", "attachment", type=existing_file(), metavar="BERKAS",
              help="Dokumen yang dilampirkan; pada paraf dan semacamnya: harus dokumen perkara itu.")  # fmt: skip
@click.option("--paper", type=existing_file(), metavar="BERKAS",
              help="Pindaian, bila tindakan ini terjadi di kertas dan dicatat menyusul.")  # fmt: skip
@click.option("--media-type", metavar="JENIS", help="Jenis dokumen yang dilampirkan, bila tidak terbaca dari namanya.")
@click.option("--occurred-at", metavar="WAKTU", help="Kapan terjadinya menurut Anda; bawaan: sekarang.")
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
    where = _stream(kind, case, stream, said)
    closed = KeyFile.parse(read_keyfile(key_file))
    official, signer = closed.official, Signer(closed.official, mandate, closed.public.id)
    with connected(connection_of(options)) as client:
        known = known_register(client, client.checkpoint().checkpoint.size)
        authority = known.standing(signer)
        place = place_of(client, known, kind, where, sop_slug, said)
        turn(place, kind, said)
        office(place, signer, kind, said)
        attached, data = _attached(place, kind, schema, attachment, media_type)
        filled = fill(place, kind, schema, said, attached)
        scan = _scanned(paper, schema, said)
        lacking = fields_of.missing(schema, said)
        if lacking:
            raise _lacking(kind, lacking)
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
            occurred_at=occurred_at or dt.datetime.now(WIB).isoformat(timespec="seconds"),
            body=said,
        )
        ready = Act.read(payload)
        check(place, ready, signer)
        shown = _shown(client, place, authority, ready, said, filled, data, attached)
        click.echo(shown, err=as_json)
        if not yes and not confirmed("Tandatangani?", err=as_json):
            raise click.Abort
        opened = opened_key(key_file, passphrase_file, err=as_json)
        if opened.official != official:
            raise NotAllowed("act.key", "Berkas kunci berubah sejak ditampilkan.")
        if attached is not None and data is not None:
            client.upload(data, attached.media_type)
        if scan is not None:
            client.upload(scan[1], scan[0].media_type)
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


def _stream(kind: str, case: str | None, stream: str | None, said: dict[str, Any]) -> str:
    """Return the stream that the act goes to."""
    family = CATALOGUE[kind][0]
    if stream is not None:
        if case is not None:
            raise Misuse("sebut --case atau --stream, bukan keduanya.")
        return stream
    if family == "register":
        return "register"
    if family == "sop":
        slug = said["sop"].get("slug") if isinstance(said.get("sop"), dict) else None
        if not isinstance(slug, str):
            raise Misuse("penetapan SOP memerlukan isinya: --document BERKAS-SOP.json.")
        return f"sop:{slug}"
    if case is None:
        if kind != "disposition.issued":
            raise Misuse("sebut nomor perkaranya dengan --case; daftarnya: jejak cases.")
        case = str(uuid.uuid4())
    return f"case:{case}"


def _attached(
    place: Place, kind: str, schema: fields_of.Schema, path: Path | None, media_type: str | None
) -> tuple[DocumentRef | None, bytes | None]:
    """Return the reference to the attached file and its bytes; held against the case's document where it is that."""
    if path is None:
        return None, None
    data = read_file(path, 20 * 1024 * 1024)
    digest = digest_of(data)
    if fields_of.document_path(schema) is None:
        held = place.document
        if held is None or held.digest != digest:
            raise NotAllowed(
                "act.document",
                f"Berkas {path.name} bukan dokumen perkara ini: sidiknya {digest}.",
                allowed=f"Dokumen perkara sekarang: {held.digest if held else 'belum ada'}.",
            )
        return None, None
    if media_type is None:
        expected = place.sop.document.media_type if place.sop is not None and kind.startswith("concept.") else None
        media_type = expected or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if media_type == IKU:
        _require_iku(path, data)
    return _reference(path, data, media_type), data


def _scanned(paper: Path | None, schema: fields_of.Schema, said: dict[str, Any]) -> tuple[DocumentRef, bytes] | None:
    """Return the scan of an act on paper, named in the body, and its bytes."""
    if paper is None:
        return None
    fields_of.at(schema, "paper.scan")
    data = read_file(paper, 20 * 1024 * 1024)
    found = _reference(paper, data, mimetypes.guess_type(paper.name)[0] or "application/octet-stream")
    fields_of.put(said, "paper.scan", found.plain())
    return found, data


def _reference(path: Path, data: bytes, media_type: str) -> DocumentRef:
    named = {"digest": digest_of(data), "media_type": media_type, "size": len(data), "name": path.name}
    return DocumentRef.read(named, "act.document", "Dokumen")


def _require_iku(path: Path, data: bytes) -> None:
    """Return if the file is the IKU document that the procedure asks for, else raise Malformed naming the file."""
    try:
        IkuDocument.parse(data)
    except Malformed as fault:
        raise Malformed(
            fault.rule,
            f"Berkas {path.name} bukan dokumen IKU. {fault.detail}",
            allowed=f"Langkah ini meminta dokumen IKU ({IKU}): buat dari tabel dengan jejak iku import, periksa dengan"
            " jejak iku check.",
        ) from None


def _lacking(kind: str, lacking: list[fields_of.Member]) -> Malformed:
    paths = [one.path for one in lacking]
    return Malformed(
        "act.missing",
        f"{name_of(kind).capitalize()} belum lengkap: {len(paths)} bagian belum diisi.",
        allowed=f"{field_words.told(kind, lacking)}\nSemua bagian: jejak kinds {kind}",
        missing=paths,
    )


def _shown(
    client: Client,
    place: Place,
    authority: Authority,
    ready: Act,
    said: dict[str, Any],
    filled: dict[str, str],
    data: bytes | None,
    attached: DocumentRef | None,
) -> str:
    """Return the page that a person reads before signing; every document on it was hashed here."""
    parts = []
    if attached is not None and data is not None:
        parts += [f"Dokumen yang dilampirkan: {attached.name}, {attached.size} bita, {attached.digest}"]
        if attached.media_type == IKU:
            parts += ["", document_in_words(data), ""]
    held = place.document
    if held is not None and said.get("document") == held.digest:
        parts += [f"Dokumen perkara: {held.name}", "", document_in_words(client.document(held.digest)), ""]
    if place.proposal is not None:
        parts += _proposal(place)
    if isinstance(ready.body, SopEnacted):
        parts += _sop_in_words(ready.body.sop)
    register, mandate = place.known.register, authority.mandate.record
    parts += ["Isi tindakan:", *_lines(said, filled, 2)]
    about = about_to_sign(
        ready,
        name=authority.official.record.name,
        office_name=mandate.office_name,
        capacity=mandate.capacity,
        sop=place.sop,
        round=place.case.round if place.case else None,
        register=register,
    )
    return "\n".join([*parts, "", paragraph(about)])


def _proposal(place: Place) -> list[str]:
    """Return the proposal that is approved, whole: what two people vouch for is read by both."""
    act, register = place.proposal, place.known.register
    assert act is not None
    by, held = register.officials[act.official].record, register.mandates[act.mandate].record
    said = sentence(act, name=by.name, office_name=held.office_name, capacity=held.capacity, register=register)
    rows = [paragraph(f"{heading:<15} {value}", 2, 16) for heading, value in content(place.known, act)]
    return ["Usulan yang akan Anda setujui:", paragraph(said, 2), "", *rows, ""]


def _sop_in_words(sop: Sop) -> list[str]:
    """Return what an SOP to be enacted is; its digest is that of its JSON spelling."""
    found = findings(sop)
    serious = sum(one.weight == "temuan" for one in found)
    rows = [
        ("Judul", sop.title),
        ("Nama", f"{sop.slug}, unit {sop.unit}"),
        ("Langkah", len(sop.steps)),
        ("Sidik isi", digest_of(strict_json.dumps(sop.plain()))),
        ("Pemeriksaan", f"{serious} temuan, {len(found) - serious} catatan; rinciannya: jejak sop check BERKAS"),
    ]
    return ["SOP yang akan ditetapkan:", table(("Bagian", "Isi"), rows), ""]


def _lines(value: dict[str, Any], filled: dict[str, str], indent: int, prefix: str = "") -> list[str]:
    """Return the members of a body, one a line; those that were filled from the case say so."""
    lines = []
    for name, member in value.items():
        path = prefix + name
        if isinstance(member, list):
            member = {str(at): one for at, one in enumerate(member)}
        if isinstance(member, dict) and path not in filled and path != "sop":
            lines += _lines(member, filled, indent, f"{path}.")
            continue
        if isinstance(member, dict):
            member = member.get("digest") or member.get("leaf") or member.get("title")
        meant = field_words.CHOICES.get(str(member)) if isinstance(member, str) else None
        member = f"{member} ({meant.partition(',')[0]})" if meant and name in ("decision", "capacity") else member
        lines.append(paragraph(f"{path}: {member}", indent, 2))
        if path in filled:
            lines.append(f"{' ' * (indent + 2)}({filled[path]})")
    return lines


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
