"""``jejak act`` and ``jejak send``: build an act from verified bytes, say what it is, ask, sign here, post.

Order of :func:`act`, and why: the checkpoint is verified and continues the remembered one, the stream's head is
proved, the case is folded from its own acts; only then is the body filled. What the case would refuse is refused. What
is about to be signed is shown, its document hashed and laid out, and a person is asked. A new document is uploaded
only after the yes, because an act may name only what is there; then the key file is opened, the act signed and sent.
"""

from __future__ import annotations

import datetime as dt
import mimetypes
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import click

from api import fields_of
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
    write_new_file,
)
from api.cli_connect import connected, connection_of, connection_options
from api.cli_read import CaseId, document_in_words
from api.cli_store import opened_key
from api.client import Client, Proved
from api.drafting import Place, check, fill, place_of
from keys import strict_json
from keys.authority import WIB
from keys.envelope import Envelope
from keys.errors import JejakError, Malformed, NotAllowed
from keys.fields import DocumentRef
from keys.keyfile import KeyFile, read_keyfile
from keys.records import Capacity
from ledger.acts import PAYLOAD_TYPE, Act, compose
from ledger.bodies import CATALOGUE
from ledger.documents import digest_of
from ledger.iku import MEDIA_TYPE as IKU
from ledger.iku import IkuDocument
from ledger.kind_names import name_of
from ledger.sentences import about_to_sign, sentence

_BY_CLIENT = ("ledger.founded", "founding.accepted")


@click.command("act", cls=JejakCommand)
@click.argument("kind", metavar="JENIS", type=click.Choice(sorted(set(CATALOGUE) - set(_BY_CLIENT))))
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
                   "addressees.0.copies=2; NILAI @BERKAS dibaca dari berkas.")  # fmt: skip
@click.option("--document", "attachment", type=existing_file(), metavar="BERKAS",
              help="Dokumen yang dilampirkan; pada paraf dan semacamnya: harus dokumen perkara itu.")  # fmt: skip
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
    where = _stream(kind, case, stream, said)
    official = KeyFile.parse(read_keyfile(key_file)).official
    with connected(connection_of(options)) as client:
        client.checkpoint()
        place = place_of(client, kind, where, sop_slug, said.get("proposal"))
        attached, data = _attached(place, kind, schema, attachment, media_type)
        filled = fill(place, kind, schema, said, attached)
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
        check(place, ready)
        shown = _shown(client, place, ready, said, filled, data, attached)
        click.echo(shown, err=as_json)
        if not yes and not confirmed("Tandatangani?", err=as_json):
            raise click.Abort
        opened = opened_key(key_file, passphrase_file, err=as_json)
        if opened.official != official:
            raise NotAllowed("act.key", "Berkas kunci berubah sejak ditampilkan.")
        if attached is not None and data is not None:
            client.upload(data, attached.media_type)
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
            raise Misuse("penetapan SOP memerlukan isinya: --set sop=@BERKAS.json.")
        return f"sop:{slug}"
    if case is None:
        if kind != "disposition.issued":
            raise Misuse("--case wajib disebut.")
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
        IkuDocument.parse(data)
    named = {"digest": digest, "media_type": media_type, "size": len(data), "name": path.name}
    return DocumentRef.read(named, "act.document", "Dokumen"), data


def _shown(
    client: Client,
    place: Place,
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
    if place.proposal is not None and place.proposal_leaf is not None:
        who = Signer.named(client, place.proposal.official, place.proposal.mandate)
        parts += ["Usulan yang disetujui:", paragraph(sentence(place.proposal, **asdict(who)), 2)]
        parts += _lines(place.proposal.body.plain(), {}, 2)
    parts += ["Isi tindakan:", *_lines(said, filled, 2)]
    who = Signer.named(client, ready.official, ready.mandate)
    turn = place.case.round if place.case else None
    parts += ["", paragraph(about_to_sign(ready, **asdict(who), sop=place.sop, round=turn))]
    return "\n".join(parts)


@dataclass(frozen=True, slots=True)
class Signer:
    """An official as the service names them: for reading only, what is signed carries the register's names."""

    name: str
    office_name: str
    capacity: str

    @classmethod
    def named(cls, client: Client, official: str, mandate: str) -> Signer:
        """Return how the service names this official under this mandate; the bare names where it does not."""
        try:
            said = client.advice("/v1/officials")
            person = next(one for one in said["officials"] if one["official"] == official)
            held = next(one for one in person["mandates"] if one["mandate"] == mandate)
            words: tuple[Any, ...] = (person["name"], held["office_name"], held["capacity"])
        except (JejakError, StopIteration, KeyError, TypeError):
            words = ()
        if len(words) == 3 and all(type(word) is str for word in words) and words[2] in get_args(Capacity):
            return cls(*words)
        return cls(official, f"mandat {mandate}", "definitif")


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
    click.echo(f"Daun {proved.index} dari {size}, dicatat {at}.")
    click.echo(f"Sidik daun {proved.leaf}")
    for name in files:
        click.echo(f"Tersimpan: {name}")
