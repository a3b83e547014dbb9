"""How a command gets a client: which service, which memory, and what was pinned at first contact."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import click

from api.answers import ASKS_FOR_SESSION, Service
from api.cli_base import Misuse, check_pins, existing_file, paragraph, read_file
from api.client import Client
from api.remembered import Pins, Remembered
from api.sign_in import Holder, KeptSession, SessionFile
from keys.errors import NotAllowed, NotJudged

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Connection:
    """What the options of :func:`connection_options` say."""

    url: str
    remembered: Path | None
    pin: Path | None
    vkey: str | None
    founding: str | None
    trust_first: bool

    def folder(self) -> Path:
        """Return the folder of the memory; by default one for each address, under the user's state folder."""
        return self.remembered or _state_folder(self.url)

    def memory(self) -> Remembered:
        """Return the memory, pinned by what the options say or by what was pinned before."""
        pins = self._pins()
        return Remembered.open(self.folder()) if pins is None else Remembered.pin(self.folder(), pins)

    def _pins(self) -> Pins | None:
        if self.pin is not None:
            if self.vkey is not None or self.founding is not None:
                raise Misuse("sebut --pin, atau --vkey dengan --founding, bukan keduanya.")
            return Pins.parse(read_file(self.pin))
        if (self.vkey is None) != (self.founding is None):
            raise Misuse("--vkey dan --founding disebut bersama.")
        if self.vkey is not None and self.founding is not None:
            check_pins(self.vkey, self.founding)
            return Pins.read({"vkey": self.vkey, "founding": self.founding}, "client.pins", "Patokan")
        if self.trust_first and not (self.folder() / "pins.json").exists():
            return self._trusted()
        return None

    def _trusted(self) -> Pins:
        """Return what the service says of itself: trust on first use, with a warning."""
        service = Service(self.url)
        try:
            said = service.get("/v1/ledger").json()
        finally:
            service.close()
        if not isinstance(said, dict):
            raise NotJudged("client.answer", "Layanan ini tidak menyebut siapa dirinya.")
        pins = Pins.read({name: said.get(name) for name in ("vkey", "founding")}, "client.pins", "Jawaban layanan")
        click.echo(
            paragraph(
                "PERINGATAN: kunci dan pendirian buku besar ini dipercaya begitu saja dari layanan itu sendiri. "
                "Siapa pun yang menguasai sambungan ini dapat memalsukan keduanya. Bandingkan dengan berita acara "
                f"pendirian:\n  kunci log {pins.vkey}\n  pendirian {pins.founding}"
            ),
            err=True,
        )
        return pins


def _state_folder(url: str) -> Path:
    """Return the folder for what is kept of the service at an address, under the user's state folder."""
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    return base / "jejak" / quote(url.rstrip("/"), safe="")


def session_file(url: str) -> SessionFile:
    """Return where the sign-in at an address is kept: one for each address, whatever memory is used with it."""
    return SessionFile(_state_folder(url) / "session")


def kept_session(url: str, holder: Holder) -> KeptSession | None:
    """Return the sign-in at an address that is kept, if it is the holder's and may still be good."""
    kept = session_file(url).load()
    return kept if kept and kept.keyid == holder.keyid else None


@contextmanager
def asking(url: str) -> Iterator[Service]:
    """Yield the service at an address, to be asked as whoever is signed in there, and close it at the end."""
    service = Service(url)
    try:
        kept = session_file(url).load()
        service.token = kept.token if kept else None
        with _told_where(url, Path(os.environ.get("JEJAK_REMEMBERED") or _state_folder(url))):
            yield service
    finally:
        service.close()


@contextmanager
def connected(connection: Connection, holder: Holder | None = None) -> Iterator[Client]:
    """Yield the client, and close it at the end; ``holder`` signs in where the service asks for it."""
    client = Client(connection.url, connection.memory(), holder=holder, sessions=session_file(connection.url))
    try:
        with _told_where(connection.url, connection.folder()):
            yield client
    finally:
        client.close()


@contextmanager
def _told_where(url: str, folder: Path) -> Iterator[None]:
    """Say how to sign in at this address; a service does not know under which one it is asked, nor what is pinned."""
    try:
        yield
    except NotAllowed as fault:
        if fault.rule not in ASKS_FOR_SESSION:
            raise
        words = "jejak login --key BERKAS"
        words += "" if url == os.environ.get("JEJAK_URL", DEFAULT_URL) else f" --url {url}"
        words += "" if (folder / "pins.json").exists() else " --pin BERKAS-PATOKAN"
        allowed = f"Masuk dengan kunci sendiri: {words}"
        raise NotAllowed(fault.rule, fault.detail, allowed=allowed, **fault.facts) from None


def url_of_environment() -> str | None:
    """Return the address that stands for ``--url`` where nobody names one, None where none does."""
    return os.environ.get("JEJAK_URL") or None


def memory_of_environment() -> Path | None:
    """Return the folder that stands for ``--remembered`` where nobody names one, None where none does."""
    named = os.environ.get("JEJAK_REMEMBERED")
    return Path(named) if named else None


def url_option(command: Command) -> Command:
    """Add ``--url``."""
    return click.option(
        "--url",
        default=DEFAULT_URL,
        envvar="JEJAK_URL",
        show_envvar=True,
        show_default=True,
        metavar="ALAMAT",
        help="Alamat layanan.",
    )(command)


def connection_options(command: Command) -> Command:
    """Add the options that say which ledger it is, and what is known of it."""
    for option in reversed(
        (
            url_option,
            click.option(
                "--remembered",
                type=click.Path(file_okay=False, path_type=Path),
                envvar="JEJAK_REMEMBERED",
                show_envvar=True,
                metavar="FOLDER",
                help="Folder ingatan: patokan dan segel terakhir.",
            ),
            click.option("--pin", type=existing_file(), metavar="BERKAS", help="Berkas patokan dari pendiri."),
            click.option("--vkey", metavar="KUNCI", help="Kunci pemeriksa log; disebut bersama --founding."),
            click.option("--founding", metavar="SIDIK", help="Sidik daun 0; disebut bersama --vkey."),
            click.option(
                "--trust-first",
                is_flag=True,
                help="Percayai layanan pada sambungan pertama (berbahaya; dengan peringatan).",
            ),
        )
    ):
        command = option(command)
    return command


def connection_of(options: dict[str, Any]) -> Connection:
    """Return the connection in a command's options, which are taken out of them."""
    names = ("url", "remembered", "pin", "vkey", "founding", "trust_first")
    return Connection(**{name: options.pop(name) for name in names})
