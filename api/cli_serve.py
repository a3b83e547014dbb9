"""``jejak serve`` and ``jejak demo``: the service on this machine, and the demonstration that plays against it."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api import demo_office
from api.cli_base import DONE, JejakCommand, json_option, print_json
from api.cli_store import PINS, no_log_key
from api.field_words import needed
from api.opening import LOG_KEY
from api.remembered import Pins
from api.settings import Settings
from keys.errors import NotAllowed, NotFound, Unavailable
from keys.register import INSPECTOR
from ledger import logkey
from ledger.case import Case
from ledger.case_rules import what_is_due
from ledger.kind_names import name_of
from ledger.outside_memory import OutsideMemory

if TYPE_CHECKING:
    from api.app import App

DEMO_HOME = Path("var") / "demo"
DEMO_PINS = "demo.json"


@click.command("serve", cls=JejakCommand)
@click.option("--demo", is_flag=True, help="Layani buku besar demo (data sintetis); didirikan bila belum ada.")
@click.option("--home", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Folder buku besar; bawaan: JEJAK_HOME, untuk demo: var/demo.")  # fmt: skip
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="NOMOR",
    help="Porta; 0 untuk yang kosong; bawaan: JEJAK_PORT atau 8000.",
)
@click.option(
    "--remembered",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="TEMPAT",
    help="Berkas atau folder segel yang disimpan di luar buku besar, boleh beberapa; bawaan: JEJAK_MEMORY.",
)
@json_option
def serve(demo: bool, home: Path | None, port: int | None, remembered: tuple[Path, ...], as_json: bool) -> None:
    """Layani sebuah buku besar lewat HTTP, di komputer ini saja, sampai dihentikan (Ctrl-C)."""
    settings = _settings(demo, home, port, remembered)
    if demo and not demo_office.founded(settings.home):
        found_demo(settings)
    if not (settings.home / LOG_KEY).is_file():
        raise no_log_key(settings.home)
    _serve(settings, demo, as_json)


def _settings(demo: bool, home: Path | None, port: int | None, remembered: tuple[Path, ...]) -> Settings:
    environment = dict(os.environ)
    if home is not None:
        environment["JEJAK_HOME"] = str(home)
    elif demo and not environment.get("JEJAK_HOME"):
        environment["JEJAK_HOME"] = str(DEMO_HOME)
    settings = Settings.read(environment)
    settings = replace(settings, remembered=remembered or settings.remembered)
    return settings if port is None else replace(settings, port=port)


def found_demo(settings: Settings) -> None:
    """Found the demonstration ledger beside its place and move it there whole, so that none is ever half founded.

    Raises NotAllowed (``demo.folder``) where something else is there, Unavailable where nothing can be written.
    """
    home = settings.home
    if home.exists() and any(home.iterdir()):
        raise NotAllowed(
            "demo.folder",
            f"Folder {home} berisi sesuatu yang bukan buku besar demo yang lengkap.",
            allowed="Pilih folder lain dengan --home, atau kosongkan folder itu.",
        )
    click.echo(f"Mendirikan buku besar demo di {home} (data sintetis) ...", err=True)
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".jejak-demo-", dir=home.parent))
        try:
            demo_office.found(fresh, waiting_case=True, database_url=settings.database_url)
            fresh.rename(home)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise Unavailable("demo.folder", f"Folder {home} tidak dapat ditulis.", cause=str(error)) from None


def _serve(settings: Settings, demo: bool, as_json: bool) -> None:
    """Serve until SIGTERM or SIGINT; the address is told once connections are taken."""
    # Flask and waitress are loaded only by who serves.
    from api.app import create_app
    from api.server import serve as serve_app

    memory = OutsideMemory.read(settings.remembered, logkey.read(settings.home / LOG_KEY).vkey)
    app = create_app(settings)  # which reads it again, and is not there if the ledger does not continue it
    held = [{"file": str(one.path), "size": one.signed.checkpoint.size} for one in memory.notes]
    told = {
        "fingerprint": _fingerprint(app),
        "memory": {"writes": str(memory.place) if memory.place else None, "held": held},
    }

    def ready(url: str) -> None:
        if as_json:
            print_json(_card(url, settings.home, demo) | told)
            return
        waiting = app.parts.ledger.stream(f"case:{demo_office.WAITING_CASE}") if demo else None
        case = waiting.state if waiting is not None and isinstance(waiting.state, Case) else None
        click.echo(_welcome(url, settings, demo, case, told))

    serve_app(app, "127.0.0.1", settings.port, ready)


def _fingerprint(app: App) -> str | None:
    """Return what is printed on the officials' cards, None where nothing is founded yet."""
    try:
        return Pins.model_validate(app.parts.card()).fingerprint
    except NotFound:
        return None


def _people(home: Path) -> list[demo_office.Person]:
    """Return the made-up officials of a demonstration ledger; an older one may lack some of today's."""
    return [one for one in demo_office.PEOPLE if demo_office.key_path(home, one.official).is_file()]


def _pins(home: Path, demo: bool) -> Path:
    return home / (DEMO_PINS if demo or demo_office.founded(home) else PINS)


def _card(url: str, home: Path, demo: bool) -> dict[str, Any]:
    card: dict[str, Any] = {"url": url, "home": str(home), "pin": str(_pins(home, demo)), "demo": demo}
    if demo:
        card["keys"] = [
            {
                "official": one.official,
                "mandate": one.mandate,
                "file": str(demo_office.key_path(home, one.official)),
                "passphrase": one.passphrase,
            }
            for one in _people(home)
        ]
    return card


def _memory(told: dict[str, Any]) -> list[str]:
    """Return which file outside is written, and to which checkpoints the ledger was held before it was served."""
    writes = told["writes"]
    lines = [
        f"Ingatan luar: segel terbaru ditulis ke {writes}."
        if writes
        else "Ingatan luar: tidak ada berkas yang ditulis layanan ini (lihat --remembered)."
    ]
    return [*lines, *(f"  Melanjutkan segel {one['size']} daun di {one['file']}." for one in told["held"])]


def _welcome(url: str, settings: Settings, demo: bool, case: Case | None, told: dict[str, Any]) -> str:
    home = settings.home
    lines = [f"Jejak melayani di {url}", f"Buku besar {home}; patokan {_pins(home, demo)}"]
    if told["fingerprint"]:
        lines.append(f"Sidik patokan, untuk kartu setiap pejabat: {told['fingerprint']}")
    lines += _memory(told["memory"])
    if settings.web_origin:
        lines.append(f"Di balik perantara: orang masuk hanya lewat {settings.web_origin}, juga dari komputer ini.")
    if demo:
        lines += [
            "BUKU BESAR DEMO: semua pejabat, NIP, dan kunci sintetis; kata sandinya bukan rahasia.",
            f"Buka {url} di peramban, lalu masuk dengan salah satu berkas kunci di bawah; atau pakai perintah jejak.",
            "",
        ]
        for one in _people(home):
            lines += [
                one.office_name,
                f"  mandat {one.mandate}, kunci {demo_office.key_path(home, one.official)}",
                f"  kata sandi: {one.passphrase}",
            ]
    if case is not None:
        lines += ["", *what_waits(url, home, case), "", *_reading(url, home)]
    return "\n".join([*lines, "", "Hentikan dengan Ctrl-C."])


def what_waits(url: str, home: Path, case: Case) -> list[str]:
    """Return what the demonstration's case waits for, and the command that goes on with it."""
    due = case.due()
    trail = f"  jejak trail {demo_office.WAITING_CASE} --url {url}"
    if due is None:
        return [f"Perkara contoh: {what_is_due(case)} Jejaknya, di terminal lain:", "", trail]
    step, kinds = due
    office = case.sop.office_of(step)
    lines = [
        f"Satu perkara menunggu {' atau '.join(map(name_of, kinds))} oleh {office.name} (langkah {step.no})."
        " Di terminal lain,",
        "sesudah `. .venv/bin/activate`:",
        "",
    ]
    holder = next((one for one in _people(home) if one.office == office.office), None)
    if holder is not None:
        where = f"--pin {_pins(home, True)} --url {url}"
        given = [f"    {how} \\" for how in needed(kinds[0])]
        lines += [
            f"  jejak act {kinds[0]} --case {demo_office.WAITING_CASE} {where} \\",
            *given,
            f"    --mandate {holder.mandate} --key {demo_office.key_path(home, holder.official)}",
        ]
    return [*lines, trail]


def _reading(url: str, home: Path) -> list[str]:
    """Return how one reads: by signing, which signs in as well, or by signing in alone."""
    lines = [
        "Membaca hanya dapat dilakukan sesudah masuk. Perintah pertama yang menandatangani sekaligus masuk: kata sandi",
        "ditanyakan sekali, berlaku 12 jam untuk semua perintah yang membaca.",
    ]
    auditor = next((one for one in _people(home) if one.office == INSPECTOR), None)
    if auditor is None:
        return lines
    key = demo_office.key_path(home, auditor.official)
    return [
        *lines,
        "Yang hanya membaca, misalnya auditor Inspektorat (semua unit, dan siapa membaca apa), masuk dahulu:",
        "",
        f"  jejak login --key {key} --pin {_pins(home, True)} --url {url}",
        f"  jejak cases --url {url}",
        f"  jejak reads --url {url}",
    ]


@click.command("demo", cls=JejakCommand)
@json_option
def demo(as_json: bool) -> int:
    """Mainkan satu IKU dari disposisi sampai pengiriman, lalu periksa hasilnya di proses lain."""
    from api import demo as demonstration

    result = demonstration.run(lambda line: click.echo(line, err=as_json))
    if as_json:
        print_json(result)
    else:
        click.echo(
            f"\nSelesai: {result['steps_done']} langkah, {result['acts']} tindakan;"
            f" {result['verified']} dari {result['leaves']} daun terbukti."
        )
    return DONE
