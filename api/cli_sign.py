"""How every command signs: build an act from verified bytes, say what it is, ask, sign here, post.

Order of :func:`sign`, and why: the checkpoint is verified and continues the remembered one, the register and the case
are folded from their own acts up to proved heads. Then it is judged here, the nearest question first: are key and
mandate this person's; is it the turn of such an act; may this office; is anything missing; would the ledger take it.
Only what passes is shown, its document hashed and laid out, and a person is asked. A new document is uploaded only
after the yes, because an act may name only what is there; then the act is signed and sent. The key file is opened then,
or earlier where nobody is signed in with it yet: reading a case takes a session.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from api import act_files, field_words, fields_of
from api.act_page import page, would_be_flagged
from api.cli_base import (
    DONE,
    Command,
    Misuse,
    confirmed,
    existing_file,
    json_option,
    paragraph,
    print_json,
    write_new_file,
)
from api.cli_connect import Connection, connected, connection_of, connection_options, kept_session
from api.cli_session import holder_of
from api.client import Proved
from api.drafting import check, fill, lacking, office, place_of, settle, signer_of, turn
from api.known_register import Known, Signer, known_register
from api.moments import WIB_TIME, moment
from keys.authority import WIB
from keys.envelope import Envelope
from keys.errors import Malformed, NotAllowed
from ledger.acts import PAYLOAD_TYPE, Act, compose
from ledger.bodies import CATALOGUE
from ledger.kind_names import name_of
from ledger.wording import when

_REFUSED = (
    "! Anda sudah pernah menandatangani {what} di tempat ini; layanan menyatakan menolaknya. Amplop itu ada padanya dan"
    " masih dapat dicatatnya sebagai ganti yang ini, selama tempat ini kosong. Sesudahnya periksa dengan jejak mine."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to sign: kind, stream, the members of the body that they said, the files that it brings."""

    kind: str
    stream: str
    said: dict[str, Any]
    sop: str | None = None
    attachment: Path | None = None
    attachments: tuple[Path, ...] = ()
    paper: Path | None = None
    media_type: str | None = None

    @property
    def schema(self) -> fields_of.Schema:
        """Return the schema of the body."""
        return fields_of.schema_of(CATALOGUE[self.kind][1])


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs, and how it is asked and kept: what :func:`signing_options` adds to a command."""

    key_file: Path
    mandate: str
    occurred_at: str | None
    passphrase_file: Path | None
    yes: bool
    output: Path | None
    as_json: bool
    connection: Connection = field(repr=False)


def output_option(command: Command) -> Command:
    """Add ``-o``: where envelope and receipt are kept."""
    words = "Simpan amplop ke BERKAS.json dan tanda terima ke BERKAS.tlog-proof."
    path = click.Path(path_type=Path)
    return click.option("-o", "--output", type=path, metavar="BERKAS", help=words)(command)


_KEY = click.option(
    "--key",
    "key_file",
    required=True,
    type=existing_file(),
    envvar="JEJAK_KEY",
    show_envvar=True,
    metavar="BERKAS",
    help="Berkas kunci Anda.",
)
_MANDATE = click.option(
    "--mandate", required=True, envvar="JEJAK_MANDATE", show_envvar=True, metavar="NAMA", help="Mandat Anda."
)
_OCCURRED_AT = click.option(
    "--occurred-at",
    metavar="WAKTU",
    help="Kapan terjadinya menurut Anda, misalnya '2026-03-02 08.30' (WIB); bawaan: sekarang. Wajib dengan --paper.",
)
_PASSPHRASE = click.option(
    "--passphrase-file", type=existing_file(), metavar="BERKAS", help="Baca kata sandi dari berkas ini."
)
_YES = click.option("--yes", is_flag=True, help="Jangan bertanya lagi.")


def signing_options(command: Command) -> Command:
    """Add the options of every command that signs; :func:`signing_of` takes them."""
    for option in (json_option, connection_options, output_option, _YES, _PASSPHRASE, _OCCURRED_AT, _MANDATE, _KEY):
        command = option(command)
    return command


def signing_of(options: dict[str, Any]) -> Signing:
    """Return the signer in a command's options, which are taken out of them; refuses outputs that exist."""
    connection = connection_of(options)
    names = ("key_file", "mandate", "occurred_at", "passphrase_file", "yes", "output", "as_json")
    how = Signing(**{name: options.pop(name) for name in names}, connection=connection)
    outputs_free(how.output)
    return how


def sign(how: Signing, wanted: Wanted | Callable[[Known, Signer], Wanted]) -> int:
    """Sign what is wanted, or what follows from the verified register, and return the exit code."""
    holder = holder_of(how.key_file, how.passphrase_file, err=how.as_json)
    signer = Signer(holder.official, how.mandate, holder.keyid)
    if kept_session(how.connection.url, holder) is None:
        click.echo("Belum masuk dengan kunci ini: kuncinya dibuka dahulu untuk membaca perkaranya.", err=True)
    with connected(how.connection, holder) as client:
        known = known_register(client, client.checkpoint().checkpoint.size)
        if not isinstance(wanted, Wanted):
            wanted = wanted(known, signer)
        kind, said, schema = wanted.kind, wanted.said, wanted.schema
        occurred_at = how.occurred_at
        if occurred_at is None and (wanted.paper is not None or "paper" in said):
            occurred_at = _asked_when(how.as_json)
        authority = signer_of(known, signer, kind, said)
        place = place_of(client, known, kind, wanted.stream, wanted.sop, said)
        settle(client, place, kind, said)
        turn(place, kind, said)
        office(place, signer, kind, said)
        attached, data = act_files.attached(place, kind, schema, wanted.attachment, wanted.media_type)
        filled = fill(place, kind, schema, said, attached)
        papers = act_files.papers(wanted.paper, wanted.attachments, schema, said)
        still = lacking(place, kind, schema, said)
        if still:
            raise _lacking(kind, still, place.why)
        payload = compose(
            ledger=client.origin,
            seen=client.seen(client.checkpoint()),
            stream=wanted.stream,
            version=place.head.version + 1,
            previous=place.head.leaf,
            kind=kind,
            official=signer.official,
            mandate=how.mandate,
            occurred_at=moment(occurred_at) if occurred_at else dt.datetime.now(WIB).isoformat(timespec="seconds"),
            body=said,
        )
        ready = Act.read(payload)
        check(place, ready, signer)
        flagged = would_be_flagged(place, authority, ready, payload)
        shown = page(client, place, authority, ready, said, filled, data, attached, flagged)
        click.echo(shown, err=how.as_json)
        for one in client.refused(wanted.stream, ready.version):
            click.echo(paragraph(_REFUSED.format(what=name_of(one.kind))), err=how.as_json)
        if not how.yes and not confirmed("Tandatangani?", err=how.as_json):
            raise click.Abort
        private = holder.open()
        if attached is not None and data is not None:
            client.upload(data, attached.media_type)
        for reference, scan in papers:
            client.upload(scan, reference.media_type)
        proved = client.submit(Envelope.seal(PAYLOAD_TYPE, payload, private))
    report(proved, how.output, how.as_json)
    return DONE


def on_terminal() -> bool:
    """Tell whether a person can be asked."""
    return sys.stdin.isatty()


def _asked_when(err: bool) -> str:
    """Ask when an act on paper happened; where nobody can be asked, the command was written wrongly."""
    if not on_terminal():
        raise Misuse("tindakan dari kertas menyebut kapan terjadinya: --occurred-at '2026-03-02 08.30' (WIB).")
    while True:
        text = str(click.prompt("Kapan terjadinya di kertas (WIB), misalnya 2026-03-02 08.30", err=err)).strip()
        if WIB_TIME.fullmatch(text):
            return text
        click.echo("Tulis tanggal dan jamnya, misalnya 2026-03-02 08.30.", err=True)


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


def outputs_free(output: Path | None) -> None:
    """Return if nothing stands where envelope and receipt are to be kept, else raise NotAllowed."""
    for path in _outputs(output) if output is not None else ():
        if path.exists():
            raise NotAllowed("file.exists", f"Sudah ada berkas {path}; tidak ditimpa.", allowed="Pilih nama lain.")


def _outputs(output: Path) -> tuple[Path, Path]:
    return output.with_name(output.name + ".json"), output.with_name(output.name + ".tlog-proof")


def report(proved: Proved, output: Path | None, as_json: bool) -> None:
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
