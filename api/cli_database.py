"""``jejak migrate`` and ``jejak move``: for whoever keeps the ledger's database."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path

import click

from api import migrating
from api.cli_base import JejakCommand, json_option, print_json
from api.cli_store import founded_settings, home_option, progress
from api.opening import LOG_KEY, now, open_ledger
from api.session_store import SessionStore
from api.settings import Settings
from keys.errors import NotAllowed, NotFound
from ledger import journal_sqlite, logkey
from ledger.application import Ledger
from ledger.checkpoint import Checkpoint, format_hash
from ledger.database import Database
from ledger.moving import move as move_rows
from ledger.moving import reached
from ledger.whereabouts import Whereabouts


@click.command("migrate", cls=JejakCommand)
@home_option
@json_option
def migrate(home: Path | None, as_json: bool) -> None:
    """Siapkan basis data untuk versi Jejak ini; hentikan layanannya dan buat cadangan dahulu."""
    settings = founded_settings(home)
    Whereabouts(settings.home.resolve(), settings.database).require_here()
    before, after = migrating.migrate(settings.database)
    if as_json:
        print_json({"database": str(settings.database), "from": before or None, "to": after})
    elif before == after:
        click.echo(f"{settings.database} sudah dalam bentuk {after}; tidak ada yang diubah.")
    else:
        click.echo(f"{settings.database}: dari bentuk {before or 'kosong'} ke {after}.")


@click.command("move", cls=JejakCommand)
@home_option
@click.option("--from", "source", default="", metavar="URL", help="Basis data asal; bawaan: berkas di folder itu.")
@click.option("--to", "target", required=True, metavar="URL", help="Basis data tujuan yang kosong.")
@json_option
def move(home: Path | None, source: str, target: str, as_json: bool) -> None:
    """Pindahkan buku besar ke basis data lain dan buktikan salinannya sama; layanannya harus berhenti dahulu."""
    settings = founded_settings(home)
    old, new = (Database.parse(one, settings.home.resolve()) for one in (source, target))
    if old.place == new.place:
        raise NotAllowed("moving.same", "Asal dan tujuannya sama.", allowed="Sebut dua basis data yang berbeda.")
    if old.journal and not old.journal.exists():
        raise NotFound("ledger.founded", f"Tidak ada buku besar di {old}.", allowed="Sebut basis data asal yang benar.")
    before = _moved_before(settings, old, new)
    if before is None:
        _require_alone(old)
    sealed, again = (before, True) if before else _moved(settings, old, new)
    if as_json:
        root = format_hash(sealed.root)
        print_json({"from": str(old), "to": str(new), "leaves": sealed.size, "root": root, "again": again})
        return
    if before:
        click.echo(
            f"Pemindahan ini sudah selesai sebelumnya: {sealed.size} daun ada di {new}, sidik akarnya"
            f" {format_hash(sealed.root)}. Tidak ada yang diubah."
        )
    else:
        done = "sudah ada sejak pemindahan yang terhenti di" if again else "dipindahkan ke"
        click.echo(f"{sealed.size} daun {done} {new} dan terbukti sama: sidik akar {format_hash(sealed.root)}.")
    own = Database("sqlite", settings.home.resolve())
    setting = (
        "Hapus JEJAK_DATABASE_URL dari setelan layanan: tanpa itu dipakai berkas di folder buku besar."
        if new.place == own.place
        else "Setel JEJAK_DATABASE_URL ke tempat itu."
    )
    click.echo(f"{setting} Yang di {old} tidak dilanjutkan lagi; simpan sebagai cadangan.")
    if before:
        return
    click.echo("Siapa masuk dan siapa membaca apa ikut pindah; tampilan disusun ulang pada awal layanan.")


def _moved_before(settings: Settings, old: Database, new: Database) -> Checkpoint | None:
    """Return on what ``old`` ends if an earlier move from there to ``new`` was complete, else None; nothing is written.

    Services may be using the new place.
    """
    home = settings.home.resolve()
    if not Whereabouts(home, new).noted_here() or (new.journal and not new.journal.exists()):
        return None
    signer = logkey.read(home / LOG_KEY)
    with (
        closing(Ledger(home, signer, now, database=old)) as source,
        closing(Ledger(home, signer, now, database=new)) as target,
        source.reading() as rows,
        target.reading() as there,
    ):
        return reached(rows, there, signer.vkey)


def _moved(settings: Settings, old: Database, new: Database) -> tuple[Checkpoint, bool]:
    """Move the rows and note it; nobody records in the old place meanwhile, nor after: the lock is held until then."""
    signer = logkey.read(settings.home / LOG_KEY)
    here = dataclasses.replace(settings, database_url=old.url or old.place)
    if new.kind == "postgresql":
        migrating.require_newest(new)
    with (
        closing(open_ledger(here, signer=signer)) as source,
        closing(Ledger(settings.home, signer, now, database=new)) as target,
        source.filling() as rows,
    ):
        Whereabouts(settings.home.resolve(), old).require_here()  # another move may have held the lock
        with target.filling() as empty:
            sealed, again = move_rows(rows, empty, signer.vkey, progress("Memindahkan daun"))
            with closing(SessionStore(old)) as kept, closing(SessionStore(new)) as fresh:
                fresh.take_over(kept)
        Whereabouts(settings.home.resolve(), new).note()
        return sealed, again


def _require_alone(database: Database) -> None:
    if database.journal is not None:
        journal_sqlite.require_alone(database.journal)
        return
    from ledger import journal_postgres  # its driver is loaded only where it is used

    journal_postgres.require_alone(database.url)
