"""``jejak login``, ``logout``, ``session``, ``reads``: signing in with a key, and who read what.

A token is kept in its file and shown to nobody. What a service says of a session is its word: names and units here are
for the person who looks, and nothing is decided by them.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from api.answers import ASKS_FOR_SESSION, unreadable
from api.cli_base import DONE, JejakCommand, existing_file, item, json_option, paragraph, print_json, table
from api.cli_connect import asking, connected, connection_of, connection_options, session_file, url_option
from api.cli_store import opened_key
from api.sign_in import Holder, KeptSession, sign_in
from keys.errors import NotAllowed, NotJudged, Unavailable
from keys.keyfile import KeyFile, read_keyfile
from keys.signing import PrivateKey
from ledger.rule_words import place_in_words
from ledger.wording import flat, when

#: Sorts of things that are read: a whole case or the like, one entry, a document, a search.
WHAT = ("alur", "daun", "dokumen", "pencarian")


def holder_of(key_file: Path, passphrase_file: Path | None, *, err: bool) -> Holder:
    """Return whoever's key is in a key file, which is opened when the key is needed, and once."""
    closed = KeyFile.parse(read_keyfile(key_file))
    found: list[PrivateKey] = []

    def opened() -> PrivateKey:
        if not found:
            now = opened_key(key_file, passphrase_file, err=err)
            if (now.official, now.key.public.id) != (closed.official, closed.public.id):
                raise NotAllowed("act.key", "Berkas kunci berubah sejak ditampilkan.")
            found.append(now.key)
        return found[0]

    return Holder(closed.official, closed.public.id, opened)


@click.command("login", cls=JejakCommand)
@click.option("--key", "key_file", required=True, type=existing_file(), envvar="JEJAK_KEY", show_envvar=True,
              metavar="BERKAS", help="Berkas kunci Anda.")  # fmt: skip
@click.option("--passphrase-file", type=existing_file(), metavar="BERKAS", help="Baca kata sandi dari berkas ini.")
@connection_options
@json_option
def login(key_file: Path, passphrase_file: Path | None, as_json: bool, **options: Any) -> int:
    """Masuk dengan kunci: sesudah ini perintah yang membaca berlaku atas nama Anda, paling lama 12 jam."""
    connection = connection_of(options)
    holder = holder_of(key_file, passphrase_file, err=as_json)
    with connected(connection) as client:  # no passphrase is asked for a ledger that is another one
        client.checkpoint()
    with asking(connection.url) as service:
        begun = sign_in(service, client.origin, holder)
        session_file(connection.url).keep(begun)
        service.token = begun.token
        said = service.get("/v1/session").json()
    _show(said, as_json)
    return DONE


@click.command("logout", cls=JejakCommand)
@click.option("--everywhere", is_flag=True, help="Akhiri juga semua tanda masuk Anda di tempat lain.")
@url_option
@json_option
def logout(everywhere: bool, url: str, as_json: bool) -> int:
    """Keluar: tanda masuk dihapus di sini dan tidak berlaku lagi di layanan."""
    kept = session_file(url).load()
    session_file(url).drop()  # first: whatever the service says, nobody reads from here any more
    if kept is not None:
        _end(url, kept, "/v1/sessions" if everywhere else "/v1/session")
    official = kept.official if kept else None
    if as_json:
        print_json({"official": official})
    else:
        click.echo(f"{official} sudah keluar." if official else "Memang tidak ada yang masuk.")
    return DONE


def _end(url: str, kept: KeptSession, path: str) -> None:
    """End a session at the service, where it may have ended already; what forgot it here cannot undo that there."""
    try:
        with asking(url) as service:
            service.token = kept.token
            service.delete(path)
    except NotAllowed as fault:
        if fault.rule not in ASKS_FOR_SESSION:
            raise
    except (Unavailable, NotJudged) as fault:
        raise type(fault)(
            fault.rule,
            f"{kept.official} sudah keluar di komputer ini, tetapi layanan tidak mengakhirinya. {fault.detail}",
            allowed=f"Salinan tanda masuk itu, bila ada, masih berlaku sampai {_moment(kept.until)}.",
            **fault.facts,
        ) from None


@click.command("session", cls=JejakCommand)
@url_option
@json_option
def session(url: str, as_json: bool) -> int:
    """Tampilkan siapa yang sedang masuk, dengan mandat apa, dan perkara unit mana yang dapat dibaca."""
    with asking(url) as service:
        said = service.get("/v1/session").json()
    _show(said, as_json)
    return DONE


@click.command("reads", cls=JejakCommand)
@click.option("--official", metavar="NAMA", help="Hanya pembacaan pejabat ini.")
@click.option("--what", type=click.Choice(WHAT), help="Hanya pembacaan jenis ini; alur: perkara, register, atau SOP.")
@click.option(
    "--name",
    metavar="NAMA",
    help="Hanya pembacaan atas ini: nomor perkara (dengan entri dan dokumennya), nomor daun, atau sidik dokumen.",
)
@click.option(
    "--before", type=click.IntRange(0), metavar="NOMOR", help="Halaman sesudahnya: nomor yang disebut di akhir."
)
@url_option
@json_option
def reads(official: str | None, what: str | None, name: str | None, before: int | None, url: str, as_json: bool) -> int:
    """Tampilkan siapa membaca apa (hanya Inspektorat), yang terbaru lebih dahulu."""
    asked = {
        "official": official,
        "what": what,
        "name": name,
        "before": str(before) if before is not None else None,
    }
    with asking(url) as service:
        said = service.get("/v1/reads", params={one: value for one, value in asked.items() if value is not None}).json()
    if as_json:
        print_json(said)
        return DONE
    try:
        rows = [_row(one) for one in said["reads"]]
        page = [table(("no", "siapa", "sebagai", "membaca", "kapan", "kali"), rows)]
        page += [f"Halaman berikutnya: --before {said['next']}"] if said["next"] is not None else []
        notice = paragraph(said["notice"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise unreadable("bagian yang diperlukan tidak ada.") from None
    click.echo("\n\n".join([*(page if rows else ["Belum ada yang membaca."]), notice]))
    return DONE


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    read = place_in_words(one["name"]) if one["what"] == "alur" else f"{one['what']} {one['name']}"
    first, last = _moment(one["first_at"]), _moment(one["last_at"])
    between = first if first == last else f"{first} sampai {last}"
    return one["no"], one["official"], flat(one["role"]), flat(read), between, one["times"]


def _show(said: Any, as_json: bool) -> None:
    if as_json:
        print_json(said)
        return
    try:
        held = [flat(f"{one['office_name']} ({one['mandate']}), unit {one['unit']}") for one in said["mandates"]]
        units = "semua unit" if said["units"] is None else ", ".join(said["units"]) or "tidak ada; hanya register"
        lines = [flat(f"Masuk sebagai {said['name']} ({said['official']}), sampai {_moment(said['until'])}.")]
        lines += [item(one) for one in held] or [item("Tanpa mandat yang berlaku: hanya untuk mengurus kunci sendiri.")]
        lines += [flat(f"Perkara yang dapat dibaca: {units}.")]
        if said["elsewhere"]:
            since = ", ".join(map(_moment, said["elsewhere"]))
            lines += [flat(f"Juga masuk di {len(said['elsewhere'])} tempat lain, sejak {since}.")]
            lines += ["Bukan Anda? Akhiri semua: jejak logout --everywhere."]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise unreadable("bagian yang diperlukan tidak ada.") from None
    click.echo("\n".join(lines))


def _moment(text: str) -> str:
    return when(dt.datetime.fromisoformat(text))
