"""Settings: the environment, read once. Each is listed in docs/settings.md; a test compares.

There is no setting without which the service would be less safe: it listens on this machine only, and the one thing
that has no default is the folder that holds the ledger.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keys.errors import Malformed
from ledger.database import Database

#: A web origin (RFC 6454 §6.2): scheme, host in lower case, and the port unless it is the scheme's own.
WEB_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?P<port>:[1-9][0-9]{0,4})?", re.ASCII
)
_NUMBER = re.compile("0|[1-9][0-9]{0,4}", re.ASCII)


@dataclass(frozen=True)
class Settings:
    """``home``: the ledger's folder. ``port``: TCP port, 0 for any free one. ``threads``: requests served at once.

    ``web_origin``: the one web origin under which a proxy makes the service reachable, None where there is no proxy.
    ``database_url``: where events, tree and read models are, files in ``home`` by default.
    ``remembered``: the places of its outside memory (:mod:`ledger.outside_memory`).
    """

    home: Path
    port: int = 8000
    threads: int = 16
    web_origin: str | None = None
    remembered: tuple[Path, ...] = ()
    database_url: str = ""

    @property
    def database(self) -> Database:
        """Return where events, tree, read models and sign-ins are."""
        return Database.parse(self.database_url, self.home.resolve())

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Return the settings in ``environment``, or raise Malformed (rule ``settings.<name>``)."""
        home = environment.get("JEJAK_HOME", "")
        if not home:
            raise Malformed(
                "settings.home",
                "Folder buku besar belum ditentukan.",
                allowed="Isi JEJAK_HOME dengan folder tempat kunci log dan buku besar disimpan.",
            )
        return cls(
            home=Path(home),
            port=_number(environment, "JEJAK_PORT", cls.port, 0, 65535),
            threads=_number(environment, "JEJAK_THREADS", cls.threads, 1, 256),
            web_origin=_web_origin(environment),
            remembered=_paths(environment, "JEJAK_MEMORY"),
            database_url=_database_url(environment, Path(home)),
        )


#: Every variable that :meth:`Settings.read` reads.
VARIABLES = ("JEJAK_HOME", "JEJAK_PORT", "JEJAK_THREADS", "JEJAK_WEB_ORIGIN", "JEJAK_DATABASE_URL", "JEJAK_MEMORY")


def _web_origin(environment: Mapping[str, str]) -> str | None:
    text = environment.get("JEJAK_WEB_ORIGIN", "")
    if not text:
        return None
    form = WEB_ORIGIN.fullmatch(text)
    if form is None or (form["scheme"], form["port"]) in (("https", ":443"), ("http", ":80")):
        raise Malformed(
            "settings.web_origin",
            f"JEJAK_WEB_ORIGIN berisi {text[:80]!r}.",
            allowed="Alamat yang dibuka orang, tanpa garis miring di akhir, misalnya https://jejak.malangkab.example",
        )
    return text


def _database_url(environment: Mapping[str, str], home: Path) -> str:
    url = environment.get("JEJAK_DATABASE_URL", "")
    Database.parse(url, home)
    return url


def _paths(environment: Mapping[str, str], name: str) -> tuple[Path, ...]:
    text = environment.get(name, "")
    if not text:
        return ()
    parts = text.split(os.pathsep)
    if not all(parts):
        raise Malformed(
            f"settings.{name.removeprefix('JEJAK_').lower()}",
            f"{name} memuat nama kosong.",
            allowed=f"Nama berkas atau folder, dipisah {os.pathsep!r}.",
        )
    return tuple(map(Path, parts))


def _number(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environment.get(name, "")
    if not text:
        return default
    if _NUMBER.fullmatch(text) is None or not least <= int(text) <= most:
        raise Malformed(
            f"settings.{name.removeprefix('JEJAK_').lower()}",
            f"{name} berisi {text[:40]!r}.",
            allowed=f"Bilangan bulat dari {least} sampai {most}.",
        )
    return int(text)
