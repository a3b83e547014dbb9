"""``jejak register``: who holds which power, and the acts by which two give it and one takes it.

What signs here goes the way of every act (:mod:`api.cli_sign`), with the same checks and the same page before it; this
room only says in the words of the register what ``jejak act`` says in general. A key is named by the beginning of its
fingerprint, a proposal by that of its leaf hash or by its leaf index, both looked up in the verified register.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from api import fields_of
from api.answers import unreadable
from api.cli_act import members_said
from api.cli_base import Command, JejakGroup, Misuse, existing_file, json_option, print_json, read_file
from api.cli_connect import asking, url_option
from api.cli_read import at_option
from api.cli_sign import Wanted, sign, signing_of, signing_options
from api.key_request import KeyRequest
from api.known_register import Known, Signer
from api.moments import Since
from api.proposals import PROPOSALS, next_for
from api.register_words import official_in_words, register_in_words
from keys.errors import NotAllowed
from ledger.bodies import CATALOGUE
from ledger.wording import short

_APPROVALS = {proposed: approved for approved, proposed in PROPOSALS.items()}
#: The part of a proposal's body that a person fills, by what is proposed.
_PARTS = {"official": "person", "key": "", "mandate": "mandate"}
#: A fingerprint is named by at least so many of its digits.
_LEAST_DIGITS = 8

_settings_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="BAGIAN=NILAI",
    help="Isi satu bagian; boleh diulang. Lihat: jejak kinds JENIS.",
)


def _recovery_option(command: Command) -> Command:
    words = "Sebagai pendiri, bila pendaftar yang berwenang kurang dari dua: mengapa register dipulihkan."
    return click.option("--recovery", metavar="SEBAB", help=words)(command)


@click.group("register", cls=JejakGroup)
def register() -> None:
    """Pejabat, mandat, dan kunci: melihat, mengusulkan, menyetujui, mencabut."""


@register.command("show")
@click.argument("official", metavar="[PEJABAT]", required=False)
@at_option
@url_option
@json_option
def show(official: str | None, at: str | None, url: str, as_json: bool) -> None:
    """Tampilkan register, atau riwayat seorang pejabat: memegang apa, sejak kapan, sampai kapan."""
    if official is not None and not re.fullmatch("[a-z0-9][a-z0-9-]*", official):
        raise Misuse(f"{official!r} bukan nama pejabat dalam register; misalnya sri-wahyuni.")
    with asking(url) as service:
        path = "/v1/register" if official is None else f"/v1/officials/{official}"
        said = service.get(path, params={"at": at} if at is not None else None).json()
    if as_json:
        print_json(said)
        return
    try:
        page = register_in_words(said) if official is None else official_in_words(said)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError):
        raise unreadable("bagian yang diperlukan tidak ada.") from None
    click.echo(page)


@register.command("propose")
@click.argument("what", metavar="official|key|mandate", type=click.Choice(tuple(_PARTS)))
@click.option("--body", type=existing_file(), metavar="BERKAS.json", help="Isi usulan sebagai JSON.")
@_settings_option
@click.option("--request", type=existing_file(), metavar="BERKAS",
              help="Permintaan kunci dari halaman Kunci saya atau jejak key rotate, untuk usulan kunci.")  # fmt: skip
@_recovery_option
@signing_options
def propose(
    what: str, body: Path | None, settings: tuple[str, ...], request: Path | None, recovery: str | None, **options: Any
) -> int:
    """Usulkan pejabat, kunci, atau mandat; pendaftar lain yang menyetujui."""
    how, kind, part = signing_of(options), f"{what}.proposed", _PARTS[what]
    schema = fields_of.schema_of(CATALOGUE[kind][1])
    said = members_said(schema, body, tuple(_within(part, one) for one in settings))
    asked = KeyRequest.parse(read_file(request)) if request is not None else None
    if asked is not None and what != "key":
        raise Misuse("--request hanya untuk usulan kunci.")

    def wanted(known: Known, signer: Signer) -> Wanted:
        if asked is not None:
            asked.require_for(known.register.origin)
            said.update(official=asked.official, public_key=asked.public_key, possession=asked.possession)
        return Wanted(kind, "register", said | _recovery(recovery))

    return sign(how, wanted)


@register.command("approve")
@click.argument("leaf", metavar="[DAUN]", required=False)
@click.option("--next", "next_", is_flag=True, help="Usulan tertua yang menunggu persetujuan Anda.")
@click.option("--document", "attachment", type=existing_file(), metavar="BERKAS", help="Berita acara kunci.")
@click.option("--media-type", metavar="JENIS", help="Jenis dokumen itu, bila tidak terbaca dari namanya.")
@_recovery_option
@signing_options
def approve(
    leaf: str | None,
    next_: bool,
    attachment: Path | None,
    media_type: str | None,
    recovery: str | None,
    **options: Any,
) -> int:
    """Setujui usulan pendaftar lain, disebut dengan nomor atau sidik daunnya."""
    if (leaf is None) != next_:
        raise Misuse("sebut daun usulannya, atau --next; daftarnya: jejak register show.")
    how = signing_of(options)

    def wanted(known: Known, signer: Signer) -> Wanted:
        named = next_for(known, signer, recovery=recovery is not None) if leaf is None else _proposal(known, leaf)
        kind = _APPROVALS[known.acts[named].kind]
        said = {"proposal": named} | _recovery(recovery)
        return Wanted(kind, "register", said, attachment=attachment, media_type=media_type)

    return sign(how, wanted)


@register.command("revoke")
@click.argument("keyid", metavar="SIDIK-KUNCI")
@click.option("--reason", required=True, type=click.Choice(("rotated", "lost", "compromised", "left")),
              help="Diganti, hilang, dipakai orang lain, atau tidak lagi menjabat.")  # fmt: skip
@click.option("--since", type=Since(), metavar="WAKTU",
              help="Sejak kapan orang lain dapat memakainya, menurut Anda: '2026-11-22 09.15' (WIB), atau awal hari"
              " 2026-11-22.")  # fmt: skip
@click.option("--note", metavar="CATATAN", help="Catatan.")
@signing_options
def revoke(keyid: str, reason: str, since: str | None, note: str | None, **options: Any) -> int:
    """Cabut sebuah kunci: milik sendiri, atau sebagai pendaftar milik siapa pun; satu orang cukup."""
    how = signing_of(options)
    said = {"reason": reason} | ({"compromised_since": since} if since else {}) | ({"note": note} if note else {})

    def wanted(known: Known, signer: Signer) -> Wanted:
        named = _one(keyid, known.register.keys, "register.revoked", "kunci", "Sidiknya: jejak register show PEJABAT.")
        return Wanted("key.revoked", "register", {"keyid": named, **said})

    return sign(how, wanted)


@register.command("withdraw")
@click.argument("withdrawn", metavar="MANDAT")
@click.option("--reason", required=True, metavar="SEBAB", help="Mengapa mandat ini dicabut.")
@click.option("--body", type=existing_file(), metavar="BERKAS.json", help="Isi tindakan sebagai JSON.")
@_settings_option
@signing_options
def withdraw(withdrawn: str, reason: str, body: Path | None, settings: tuple[str, ...], **options: Any) -> int:
    """Cabut sebuah mandat: milik sendiri, atau sebagai pendaftar milik siapa pun; satu orang cukup."""
    how = signing_of(options)
    schema = fields_of.schema_of(CATALOGUE["mandate.withdrawn"][1])
    said = {"mandate": withdrawn, "reason": reason} | members_said(schema, body, settings)
    return sign(how, Wanted("mandate.withdrawn", "register", said))


def _recovery(why: str | None) -> dict[str, str]:
    return {} if why is None else {"recovery": why}


def _within(part: str, setting: str) -> str:
    """Return ``BAGIAN=NILAI`` with its path from the top: ``name=...`` of a person is ``person.name=...``."""
    return setting if not part or setting.startswith(f"{part}.") else f"{part}.{setting}"


def _proposal(known: Known, named: str) -> str:
    """Return the leaf hash of the proposal that a person names by leaf index, or by the beginning of its leaf hash."""
    rule, what, where = "register.proposal", "usulan", "Yang menunggu: jejak register show."
    if re.fullmatch("[0-9]{1,7}", named):
        found = [leaf for leaf, index in known.leaves.items() if index == int(named)]
        leaf = _only(found, rule, f"Daun {named} bukan {what} dalam register.", where)
    else:
        leaf = _one(named, known.acts, rule, what, where)
    if known.acts[leaf].kind not in _APPROVALS:
        raise NotAllowed(rule, f"Daun {named} bukan {what} dalam register.", allowed=where)
    return leaf


def _one(named: str, among: Iterable[str], rule: str, what: str, where: str) -> str:
    """Return the only fingerprint that begins as a person wrote it, in groups or not; raises NotAllowed, or Misuse."""
    digits = "".join(named.split()).lower()
    if not re.fullmatch(f"[0-9a-f]{{{_LEAST_DIGITS},64}}", digits):
        raise Misuse(f"{named!r} bukan sidik {what}; sebut sedikitnya {_LEAST_DIGITS} angka heksadesimalnya.")
    found = [one for one in among if one.startswith(digits)]
    if len(found) > 1:
        listed = ", ".join(map(short, found))
        said = f"Ada {len(found)} {what} yang sidiknya berawal begitu: {listed}."
        raise NotAllowed(rule, said, allowed="Sebut lebih panjang.")
    return _only(found, rule, f"Tidak ada {what} dengan sidik {digits}.", where)


def _only(found: list[str], rule: str, otherwise: str, where: str) -> str:
    if not found:
        raise NotAllowed(rule, otherwise, allowed=where)
    return found[0]
