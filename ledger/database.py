"""The database: the one setting that says where events, tree and read models are kept, SQLite or PostgreSQL.

``sqlite:////folder/journal.sqlite`` is a file of that name; read models and sign-ins are files beside it, and whoever
gets a copy of the folder can audit it. ``postgresql://user@host/name`` is a database whose schema ``jejak`` is the
ledger's and whose schema ``jejak_views`` holds the read models; any number of service processes share it. It may name
a primary and its standby (``postgresql://user@one:5432,two:5432/name?target_session_attrs=read-write``, PostgreSQL 18,
32.1.1.3). Documents and the log's key stay in the ledger's folder either way. The default is SQLite, in that folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from keys.errors import Conflict, Malformed
from ledger.whole_file import replace

#: The journal's file, as every copy of a store has it.
JOURNAL = "journal.sqlite"
_VIEWS, _SESSIONS = "views.sqlite", "sessions.sqlite"
#: Seconds that a connection to a server may take to come about.
CONNECT_SECONDS = 5
#: In the ledger's folder: where it was moved to, if it was. Two databases that go on are two histories.
MOVED = "moved-to"
#: The schemas of a PostgreSQL database: of what must not be lost, and of what can be built anew.
SCHEMA, VIEWS_SCHEMA = "jejak", "jejak_views"

_SQLITE, _POSTGRES = "sqlite:///", ("postgresql://", "postgres://")
_PORT, _PORT_OF_LIBPQ = re.compile(r":[0-9]+$"), "5432"
#: Characters of :data:`MOVED` that are read, and that are told of it.
_MOST_NOTE, _MOST_SAID = 8192, 400
_ALLOWED = f"sqlite:////folder/{JOURNAL} atau postgresql://pengguna@mesin/nama"


@dataclass(frozen=True, slots=True)
class Database:
    """Where a ledger's rows are: ``folder`` of its SQLite files, or the ``url`` of a PostgreSQL database."""

    kind: Literal["sqlite", "postgresql"]
    folder: Path
    url: str = ""

    @classmethod
    def parse(cls, url: str, home: Path) -> Database:
        """Return the database that ``url`` names, an empty one being that of ``home``; raises Malformed.

        Of a PostgreSQL URL only the form is looked at; libpq reads the rest (PostgreSQL 18, 32.1.1).
        """
        if not url:
            return cls("sqlite", home)
        if url.startswith(_SQLITE):
            path = Path(url.removeprefix(_SQLITE))
            if path.is_absolute() and path.name == JOURNAL and "?" not in url:
                return cls("sqlite", path.parent)
        if url.startswith(_POSTGRES) and len(urlsplit(url).path) > 1:
            return cls("postgresql", home, url)
        raise Malformed("settings.database_url", f"JEJAK_DATABASE_URL berisi {said(url)!r}.", allowed=_ALLOWED)

    @property
    def journal(self) -> Path | None:
        """Return the journal's file, None where it is none."""
        return self.folder / JOURNAL if self.kind == "sqlite" else None

    @property
    def tells(self) -> bool:
        """Return whether the database tells of every commit, so that who waits for one need not look again."""
        return self.kind == "postgresql"

    @property
    def sessions(self) -> Path | None:
        """Return the file of sign-ins, None where it is none."""
        return self.folder / _SESSIONS if self.kind == "sqlite" else None

    @property
    def views_file(self) -> Path:
        """Return the file of the read models, or where it would be: a rebuild has its scratch file beside it."""
        return self.folder / _VIEWS

    @property
    def views_url(self) -> str:
        """Return where the read models are, as SQLAlchemy reads it."""
        return self._beside(_VIEWS, VIEWS_SCHEMA)

    @property
    def sessions_url(self) -> str:
        """Return where sign-ins are, as SQLAlchemy reads it."""
        return self._beside(_SESSIONS, SCHEMA)

    def _beside(self, name: str, schema: str) -> str:
        if self.kind == "sqlite":
            return f"sqlite:///{(self.folder / name).resolve()}"
        parts = urlsplit(self.url)
        told = {"connect_timeout": str(CONNECT_SECONDS), **dict(parse_qsl(parts.query))}
        told["options"] = f"{told.get('options', '')} -csearch_path={schema}".strip()
        who, at, where = parts.netloc.rpartition("@")
        if "," in where:  # a list of servers; SQLAlchemy takes one among what is asked for only
            hosts, ports = zip(*(_server(one) for one in where.split(",")), strict=True)
            told |= {"host": ",".join(hosts), "port": ",".join(ports)}
            where = ""
        return f"postgresql+psycopg://{who}{at}{where}{parts.path}?{urlencode(told)}"

    def moved(self, home: Path) -> str:
        """Return where the ledger of ``home`` is now (:data:`MOVED`), "" if it is in this database."""
        note = home / MOVED
        if not note.is_file():
            return ""
        with note.open(encoding="utf-8", errors="replace") as file:  # in a copy it may be anything
            there = file.read(_MOST_NOTE).strip() or "?"
        return "" if there == str(self) else "".join(one if one.isprintable() else "?" for one in there[:_MOST_SAID])

    def require_home(self, home: Path) -> None:
        """Return if the ledger of ``home`` was not moved elsewhere (:data:`MOVED`), else raise Conflict."""
        there = self.moved(home)
        if there:
            raise Conflict(
                "database.moved",
                f"Buku besar ini sudah dipindahkan ke {there}; yang di {self} tidak dilanjutkan.",
                allowed="Setel JEJAK_DATABASE_URL ke tempat yang baru.",
            )

    def note_moved(self, home: Path) -> None:
        """Note in ``home`` that its ledger is in this database from now on, and nowhere else."""
        replace(home / MOVED, f"{self}\n".encode())

    def __str__(self) -> str:
        """Return the URL without any password, for people."""
        return f"{_SQLITE}{self.folder.resolve() / JOURNAL}" if self.kind == "sqlite" else said(self.url)


def _server(said: str) -> tuple[str, str]:
    """Return host and port of one server of a list; libpq's own port where it names none."""
    host, _, port = said.rpartition(":") if _PORT.search(said) else (said, "", _PORT_OF_LIBPQ)
    return unquote(host.strip("[]")), port


def said(url: str) -> str:
    """Return a URL as it may be shown: its password is left out, and it is not endless."""
    scheme, _, rest = url.partition("://")
    front, at, host = rest.rpartition("@")
    return (f"{scheme}://{front.partition(':')[0]}{at}{host}" if at else url)[:120]
