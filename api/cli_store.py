"""``jejak found`` and ``rebuild``: for whoever keeps the ledger's folder."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from api.cli_base import (
    DONE,
    JejakCommand,
    confirmed,
    existing_file,
    json_option,
    passphrase,
    print_json,
    read_file,
    write_new_file,
)
from api.cli_successor import predecessor_at, predecessor_on_page, require_founded_after
from api.opening import LOG_KEY, open_founded, open_ledger
from api.pace import Pace, duration
from api.remembered import Pins
from api.settings import Settings
from keys import strict_json
from keys.authority import WIB
from keys.errors import Malformed, NotAllowed, NotFound
from keys.fields import Fact, Line, Many, Slug
from keys.keyfile import KeyFile, OpenedKey, open_keyfile, read_keyfile
from keys.records import MandateRecord, OfficialRecord
from keys.register import Register
from keys.signing import PrivateKey
from ledger import log, logkey
from ledger.acts import Origin
from ledger.application import Ledger
from ledger.database import JOURNAL
from ledger.hand import Hand
from ledger.note import NoteSigner
from ledger.successor import Predecessor, require_successor
from ledger.whereabouts import NOTE

PINS = "pin.json"

_folder = click.Path(file_okay=False, path_type=Path)
home_option = click.option("--home", type=_folder, metavar="FOLDER", help="Folder buku besar; bawaan: JEJAK_HOME.")


class FounderPlan(Fact):
    """A founder as the description names them; their public key comes from their key file."""

    person: OfficialRecord
    mandate: MandateRecord


class FoundingPlan(Fact):
    """What ``jejak found`` is given: all of leaf 0 but the keys."""

    origin: Origin
    name: Line
    enacting_office: Slug
    synthetic: bool
    founders: Many[FounderPlan]


@click.command("found", cls=JejakCommand)
@click.argument("folder", metavar="FOLDER", type=_folder)
@click.option("--description", required=True, type=existing_file(), metavar="BERKAS", help="Uraian pendirian (JSON).")
@click.option("--key1", required=True, type=existing_file(), metavar="BERKAS", help="Berkas kunci pendiri pertama.")
@click.option("--key2", required=True, type=existing_file(), metavar="BERKAS", help="Berkas kunci pendiri kedua.")
@click.option("--passphrase-file1", type=existing_file(), metavar="BERKAS", help="Kata sandi kunci pendiri pertama.")
@click.option("--passphrase-file2", type=existing_file(), metavar="BERKAS", help="Kata sandi kunci pendiri kedua.")
@click.option(
    "--successor-of",
    type=click.Path(exists=True, path_type=Path),
    metavar="TEMPAT",
    help="Buku besar yang riwayatnya tidak dapat diteruskan: folder atau cadangannya, atau berkas segel terakhirnya.",
)
@click.option("--old-pin", type=existing_file(), metavar="BERKAS", help="Berkas patokan buku besar pendahulu itu.")
@click.option("--reason", metavar="ALASAN", help="Mengapa riwayatnya tidak dapat diteruskan.")
@click.option("--yes", is_flag=True, help="Jangan bertanya lagi.")
@json_option
def found(
    folder: Path,
    description: Path,
    key1: Path,
    key2: Path,
    passphrase_file1: Path | None,
    passphrase_file2: Path | None,
    successor_of: Path | None,
    old_pin: Path | None,
    reason: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Dirikan buku besar baru di FOLDER, ditandatangani dua pendiri."""
    plan = FoundingPlan.read(strict_json.loads(read_file(description)), "found.description", "Uraian pendirian")
    if len(plan.founders) != 2:
        raise NotAllowed("founding.two", "Uraian pendirian harus menyebut tepat dua pendiri.")
    predecessor = predecessor_at(successor_of, old_pin, reason)
    click.echo(_founding_in_words(plan, folder, predecessor), err=as_json)
    if not yes and not confirmed("Dirikan?", err=as_json):
        raise click.Abort
    hands = [
        _hand(plan.founders[at], path, words, as_json)
        for at, (path, words) in enumerate(((key1, passphrase_file1), (key2, passphrase_file2)))
    ]
    pins = _found(folder, plan, hands, predecessor)
    if as_json:
        print_json(pins.plain() | {"folder": str(folder), "pin": str(folder / PINS), "fingerprint": pins.fingerprint})
        return DONE
    click.echo(f"Buku besar didirikan di {folder}.\n")
    click.echo("Salin empat baris ini ke berita acara pendirian; dengan inilah orang memeriksa buku besar:")
    click.echo(f"  nama      {pins.origin}\n  kunci log {pins.vkey}\n  pendirian {pins.founding}")
    click.echo(f"  patokan   {pins.fingerprint}")
    click.echo(
        "Cetak baris terakhir pada kartu setiap pejabat: perangkatnya memperlihatkan yang sama pada kontak pertama."
    )
    click.echo(f"Yang sama ada di {folder / PINS}, untuk dibagikan kepada pemakai (--pin).")
    click.echo(f"Jaga {folder / LOG_KEY}: itu satu-satunya rahasia layanan.")
    return DONE


def _founding_in_words(plan: FoundingPlan, folder: Path, predecessor: Predecessor | None) -> str:
    lines = [f"Buku besar {plan.name}", f"Nama log   {plan.origin}", f"Folder     {folder}"]
    lines += [
        f"Pendiri {number}  {one.person.name} ({one.person.official}), {one.mandate.office_name}"
        for number, one in enumerate(plan.founders, 1)
    ]
    lines.append(f"SOP ditetapkan oleh pemegang jabatan: {plan.enacting_office}")
    if predecessor is not None:
        lines += predecessor_on_page(predecessor)
    if plan.synthetic:
        lines.append("Data ini SINTETIS: bukan buku besar sungguhan.")
    return "\n".join(lines)


def _hand(founder: FounderPlan, path: Path, words: Path | None, err: bool) -> Hand:
    opened = opened_key(path, words, err=err)
    if opened.official != founder.person.official:
        raise NotAllowed(
            "found.key",
            f"Berkas kunci {path} milik {opened.official}, bukan {founder.person.official}.",
            allowed="Sebut berkas kunci kedua pendiri menurut urutan dalam uraian.",
        )
    return Hand(opened.official, founder.mandate.mandate, opened.key)


def opened_key(path: Path, words: Path | None, *, err: bool = False) -> OpenedKey:
    """Return the private key in a key file, its passphrase read from a file or asked for."""
    data = read_keyfile(path)
    return open_keyfile(data, passphrase(words, f"kunci {KeyFile.parse(data).official}", err=err))


def _found(folder: Path, plan: FoundingPlan, hands: list[Hand], predecessor: Predecessor | None) -> Pins:
    """Found the ledger, or finish a founding that was interrupted, and return what is to be pinned."""
    settings = Settings.read(dict(os.environ) | {"JEJAK_HOME": str(folder)})
    there = (folder / LOG_KEY).exists()
    signer = _log_key(settings) if there else NoteSigner(plan.origin, PrivateKey.generate())
    if predecessor is not None:  # before a key is written under the old name
        require_successor(predecessor, signer.vkey)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotAllowed("found.folder", f"Folder {folder} tidak dapat dibuat.", cause=str(error)) from None
    if not there:
        logkey.write(folder / LOG_KEY, signer)
    ledger = open_ledger(dataclasses.replace(settings, remembered=()), signer=signer)
    try:
        stream, leaf_zero = ledger.stream("register"), _leaf_zero(plan, signer, hands, predecessor)
        if stream is None:
            _record(ledger, hands[0], "ledger.founded", leaf_zero)
        with ledger.reading() as rows:
            first = log.recorded(rows, 0)
        accepted = stream is not None and isinstance(stream.state, Register) and stream.state.accepted
        ours = first.act.body.plain() == leaf_zero
        if ours:
            _require_pins_whole(folder / PINS)
        # Of what was interrupted last of all only the pins are missing; nobody gets those of another founding.
        if accepted and ((folder / PINS).exists() or not ours):
            raise NotAllowed(
                "ledger.founded",
                f"Sudah ada buku besar di {folder}.",
                allowed=f"Pendirian ini sudah selesai; patokannya ada di {folder / PINS}."
                if ours
                else "Dirikan yang baru di folder lain.",
            )
        require_founded_after(predecessor, first.act.body)
        founding = first.leaf
        if not accepted:
            _record(ledger, hands[1], "founding.accepted", {"founding": founding})
    finally:
        ledger.close()
    pins = Pins(origin=signer.name, vkey=str(signer.vkey), founding=founding, synthetic=plan.synthetic)
    write_new_file(folder / PINS, pins.format())
    return pins


def _log_key(settings: Settings) -> NoteSigner:
    """Return the log's key that an earlier run left; where no ledger can have begun with it, a broken one may go."""
    try:
        return logkey.read(settings.home / LOG_KEY)
    except Malformed as fault:
        begun = (settings.home / name for name in (JOURNAL, NOTE, PINS))
        if any(one.exists() for one in begun):
            raise
        # In a server there may be a ledger of which nobody could note anything here yet.
        where = f"Di {settings.home} belum ada buku besar:"
        if settings.database.journal is None:
            where = f"Bila di {settings.database} belum ada buku besar,"
        again = f"{where} hapus berkas {LOG_KEY} itu, lalu jalankan lagi perintah ini."
        raise Malformed(fault.rule, fault.detail, allowed=again) from None


def _require_pins_whole(path: Path) -> None:
    """Return if the pins of a ledger that these founders founded are whole or not there, else say how to get them."""
    try:
        if path.exists():
            Pins.parse(read_file(path))
    except Malformed:
        raise Malformed(
            "found.pins",
            f"Buku besar ini sudah berdiri, tetapi patokannya ({path}) kosong atau rusak.",
            allowed="Hapus berkas itu saja, lalu jalankan lagi perintah ini: patokannya ditulis lagi.",
        ) from None


def _leaf_zero(
    plan: FoundingPlan, signer: NoteSigner, hands: list[Hand], predecessor: Predecessor | None
) -> dict[str, Any]:
    after = {"successor_of": predecessor.plain()} if predecessor is not None else {}
    return after | {
        "name": plan.name,
        "log_key": str(signer.vkey),
        "founders": [
            {
                "person": one.person.plain(),
                "public_key": hand.key.public.raw.hex(),
                "mandate": one.mandate.plain(),
            }
            for one, hand in zip(plan.founders, hands, strict=True)
        ],
        "enacting_office": plan.enacting_office,
        "synthetic": plan.synthetic,
    }


def _record(ledger: Ledger, hand: Hand, kind: str, body: dict[str, Any]) -> None:
    now = dt.datetime.now(WIB).isoformat(timespec="seconds")
    ledger.record(hand.sign(ledger, "register", kind, body, now))


def progress(what: str) -> Callable[[int, int], None]:
    """Return a callback (done, of) that shows progress, rate and time left on stderr, on a terminal only."""
    terminal, pace, longest = sys.stderr.isatty(), Pace(what, time.monotonic), 0

    def tell(done: int, of: int) -> None:
        nonlocal longest
        if terminal:
            said = pace.told(done, of)
            longest = max(longest, len(said))  # what is left of a longer line is painted over
            click.echo(f"\r{said:<{longest}}", nl=done >= of, err=True)

    return tell


@click.command("rebuild", cls=JejakCommand)
@home_option
@json_option
def rebuild(home: Path | None, as_json: bool) -> None:
    """Susun ulang semua tampilan dari buku besar; tampilan lama tetap dipakai sampai yang baru siap.

    Penyusunan yang terputus di tengah jalan dilanjutkan, tidak diulang dari awal.
    """
    from projections.catchup import Views

    settings = founded_settings(home)
    ledger = open_founded(dataclasses.replace(settings, remembered=()))
    try:
        views = Views(settings.database.views_url, ledger.reading, ledger.documents, settings.database.views_file)
        try:
            began = time.monotonic()
            leaves = views.rebuild(progress("Menyusun ulang daun"))
            spent = time.monotonic() - began
        finally:
            views.close()
    finally:
        ledger.close()
    if as_json:
        print_json({"leaves": leaves, "seconds": round(spent, 3), "home": str(settings.home)})
    else:
        click.echo(f"Tampilan disusun ulang dari {leaves} daun dalam {duration(spent)}.")


def no_log_key(home: Path) -> NotFound:
    """Return the fault of a folder without ``log.key``: of a ledger that lacks it, or of none."""
    if any((home / name).exists() for name in (JOURNAL, NOTE)):
        return NotFound(
            "logkey.missing",
            f"Buku besar di {home} tidak dapat dibuka: berkas {LOG_KEY} tidak ada di sana.",
            allowed=f"Letakkan {LOG_KEY} buku besar itu di folder itu; jangan dirikan lagi.",
        )
    return NotFound(
        "logkey.missing",
        f"Belum ada buku besar di {home}.",
        allowed="Dirikan dengan jejak found, atau coba jejak serve --demo.",
    )


def founded_settings(home: Path | None) -> Settings:
    """Return the settings of a ledger that was founded, its folder being ``home`` or that of the environment."""
    environment = dict(os.environ) | ({"JEJAK_HOME": str(home)} if home is not None else {})
    settings = Settings.read(environment)
    if not (settings.home / LOG_KEY).is_file():
        raise no_log_key(settings.home)
    return settings
