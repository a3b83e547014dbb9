"""``jejak backup`` and ``restore``: for whoever keeps the ledger's folder, and for the day on which it is gone."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click

from api.cli_base import (
    DONE,
    REFUSED,
    JejakCommand,
    Misuse,
    check_pins,
    existing_file,
    item,
    json_option,
    paragraph,
    print_json,
    read_file,
)
from api.cli_store import founded_settings, home_option, progress
from api.opening import LOG_KEY, open_founded
from api.remembered import Pins
from api.session_store import SessionStore
from api.settings import Settings
from ledger import backup as making
from ledger import restore as putting_back
from ledger.backup_form import SESSIONS, Backup, backup_at
from ledger.database import Database
from ledger.note import VerifierKey
from ledger.restore import Remembered, Restored

_folder = click.Path(file_okay=False, path_type=Path)
#: What a backup never has, and what is to be done with it.
_LOG_KEY = (
    f"Kunci log ({LOG_KEY}) TIDAK ikut disalin: itu satu-satunya rahasia layanan. Simpan salinannya satu kali saja, di"
    " tempat lain dari cadangan ini, misalnya dalam amplop bersegel yang hanya dibuka dua orang bersama. Hilang, log"
    " tidak dapat dilanjutkan; dicuri, orang lain dapat menyegel."
)
_NOT_COPIED = "Tampilan (views.sqlite) juga tidak ikut: jejak rebuild menyusunnya lagi."
_OPEN = "Isinya nama, NIP, dan surat, tidak disandikan: simpan di cakram yang disandikan."


@click.command("backup", cls=JejakCommand)
@home_option
@click.option("--to", "place", required=True, type=_folder, metavar="FOLDER", help="Folder cadangan, di cakram lain.")
@json_option
def backup(home: Path | None, place: Path, as_json: bool) -> int:
    """Salin buku besar ke folder cadangan, juga selagi dilayani, lalu periksa salinannya."""
    settings = dataclasses.replace(founded_settings(home), remembered=())
    ledger = open_founded(settings)
    try:
        sessions = sessions_of(settings.database, settings.home)
        source = making.Source(ledger.reading, ledger.documents, settings.home, ledger.signer.vkey, sessions)
        made = making.back_up(source, place, dt.datetime.now(dt.UTC), progress("Memeriksa salinan daun"))
    finally:
        ledger.close()
    if as_json:
        print_json(_plain(made) | {"new_leaves": made.new_leaves, "new_documents": made.fresh})
    else:
        click.echo(_made_in_words(made))
    return REFUSED if made.manifest.lacking else DONE


def sessions_of(database: Database, home: Path) -> Callable[[Path], None] | None:
    """Return what copies sign-ins into a file in a folder, None where they are such a file in the home."""
    if database.sessions == home.resolve() / SESSIONS:
        return None

    def copy(folder: Path) -> None:
        with closing(SessionStore(database)) as kept, closing(SessionStore(Database("sqlite", folder))) as copied:
            copied.take_over(kept)

    return copy


@click.command("restore", cls=JejakCommand)
@click.option("--from", "copy", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path),
              metavar="FOLDER", help="Cadangan, atau folder berisi cadangan: yang terbaru di situ.")  # fmt: skip
@click.option("--home", required=True, type=_folder, metavar="FOLDER", help="Folder baru atau kosong.")
@click.option("--pin", type=existing_file(), metavar="BERKAS", help="Berkas patokan dari pendiri.")
@click.option("--vkey", metavar="KUNCI", help="Kunci pemeriksa log; disebut bersama --founding, ganti --pin.")
@click.option("--founding", metavar="SIDIK", help="Sidik daun 0; disebut bersama --vkey.")
@click.option(
    "--remembered",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="TEMPAT",
    help="Berkas atau folder segel yang disimpan di luar, juga yang dibawa pemeriksa; boleh beberapa. Ditambah yang"
    " disebut JEJAK_MEMORY.",
)
@click.option(
    "--nothing-remembered",
    is_flag=True,
    help="Tidak seorang pun menyimpan segel: pulihkan tanpa membandingkan.",
)
@json_option
def restore(
    copy: Path,
    home: Path,
    pin: Path | None,
    vkey: str | None,
    founding: str | None,
    remembered: tuple[Path, ...],
    nothing_remembered: bool,
    as_json: bool,
) -> int:
    """Pulihkan cadangan ke folder kosong, bila tidak bertentangan dengan segel yang disimpan siapa pun."""
    log, first = pinned(pin, vkey, founding)
    of_service = Settings.read(dict(os.environ) | {"JEJAK_HOME": str(home)}).remembered
    paths = tuple(dict.fromkeys((*remembered, *of_service)))
    if paths and nothing_remembered:
        raise Misuse("sebut --remembered (atau JEJAK_MEMORY), atau --nothing-remembered, bukan keduanya.")
    done = putting_back.restore(
        backup_at(copy), home, log, first, Remembered(paths, nothing_remembered), progress("Memeriksa daun")
    )
    if as_json:
        held = [{"source": str(one.path), "size": one.signed.checkpoint.size} for one in done.held]
        print_json(_plain(done.backup) | {"home": str(done.home), "remembered": held})
    else:
        click.echo(_restored_in_words(done))
    return DONE


def pinned(pin: Path | None, vkey: str | None, founding: str | None) -> tuple[VerifierKey, str]:
    """Return the log's key and the leaf hash of leaf 0 as a person brings them, or raise Misuse."""
    if pin is not None:
        if vkey is not None or founding is not None:
            raise Misuse("sebut --pin, atau --vkey dengan --founding, bukan keduanya.")
        pins = Pins.parse(read_file(pin))
        return VerifierKey.parse(pins.vkey), pins.founding
    if vkey is None or founding is None:
        raise Misuse(
            "sebut --pin BERKAS, atau --vkey KUNCI dan --founding SIDIK: tanpa patokan tidak ada yang terbukti."
        )
    check_pins(vkey, founding)
    return VerifierKey.parse(vkey), founding


def _plain(found: Backup) -> dict[str, object]:
    manifest = found.manifest
    return {
        "backup": str(found.folder),
        "made_at": manifest.made_at,
        "leaves": manifest.leaves,
        "root": manifest.root,
        "documents": manifest.documents,
        "lacking": list(manifest.lacking),
        "sessions": any(one.path == SESSIONS for one in manifest.files),
        "log_key": False,
    }


def _made_in_words(made: Backup) -> str:
    manifest = made.manifest
    lines = [
        f"Cadangan selesai dan sudah diperiksa: {made.folder}",
        f"  {manifest.leaves} daun, {made.new_leaves} di antaranya baru; akar {manifest.root}",
        f"  {manifest.documents} dokumen, {made.fresh} di antaranya baru",
        *_lacking(made),
        *map(paragraph, (_LOG_KEY, _NOT_COPIED if _has_sessions(made) else _NO_SESSIONS, _OPEN)),
        paragraph(f"Periksa di komputer lain: jejak audit --store {made.folder} --pin BERKAS"),
    ]
    return "\n".join(lines)


_NO_SESSIONS = (
    f"Tampilan (views.sqlite) juga tidak ikut: jejak rebuild menyusunnya lagi. Catatan siapa membaca apa ({SESSIONS})"
    " tidak ada di folder ini, jadi tidak ikut."
)


def _has_sessions(made: Backup) -> bool:
    return any(one.path == SESSIONS for one in made.manifest.files)


def _lacking(found: Backup) -> list[str]:
    """Return which documents the home had not when it was copied."""
    if not found.manifest.lacking:
        return []
    said = (
        f"PERHATIAN: {len(found.manifest.lacking)} dokumen yang disebut buku besar tidak ada atau sudah berubah di"
        " folder asalnya, jadi tidak ada dalam cadangan ini. Tindakannya tetap terbukti; cari dokumennya di cadangan"
        " lama:"
    )
    return [paragraph(said), *map(item, found.manifest.lacking)]


def _restored_in_words(done: Restored) -> str:
    manifest = done.backup.manifest
    lines = [
        f"Dipulihkan ke {done.home} dari {done.backup.folder}, dan diperiksa sekali lagi:",
        f"  {manifest.leaves} daun sampai cadangan {manifest.made_at}; akar {manifest.root}",
        f"  {manifest.documents} dokumen",
        *_lacking(done.backup),
    ]
    if done.held:
        lines.append("Sesuai dengan semua segel yang disimpan:")
        lines += [item(f"segel {one.signed.checkpoint.size} daun di {one.path}") for one in done.held]
    else:
        lines.append(
            paragraph(
                "PERHATIAN: tidak dibandingkan dengan segel siapa pun. Bila kelak ada yang menyimpan segel yang lebih"
                " baru, buku besar ini bertentangan dengannya dan tidak boleh diteruskan."
            )
        )
    lines.append(
        paragraph(
            f"Sebelum dilayani: taruh kunci log dari tempat simpannya di {done.home / LOG_KEY} (chmod 600), pastikan"
            " JEJAK_MEMORY tetap menunjuk ingatan luar yang lama, dan semua isi folder milik pengguna layanan."
        )
    )
    lines.append(
        paragraph(
            "Buku besar ini sekarang berkas di folder itu: kosongkan JEJAK_DATABASE_URL. Untuk membawanya kembali ke"
            f" PostgreSQL: buat basis data kosong, jalankan jejak move --home {done.home} --to URL, lalu setel"
            " JEJAK_DATABASE_URL ke URL itu."
        )
    )
    return "\n".join(lines)
