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
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from keys.errors import Malformed

#: The journal's file, as every copy of a store has it.
JOURNAL = "journal.sqlite"
_VIEWS, _SESSIONS = "views.sqlite", "sessions.sqlite"
#: Seconds that a connection to a server may take to come about.
CONNECT_SECONDS = 5
#: The schemas of a PostgreSQL database: of what must not be lost, and of what can be built anew.
SCHEMA, VIEWS_SCHEMA = "jejak", "jejak_views"

_SQLITE, _POSTGRES = "sqlite:///", ("postgresql://", "postgres://")
_PORT, _PORT_OF_LIBPQ = re.compile(r":[0-9]+$"), "5432"
#: What else than hosts, ports and name says which database it is; all other words of a query say how to reach it.
_WHERE = ("hostaddr", "service")
#: Characters of a place that people are shown.
_MOST_SHOWN = 200
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
        if url.startswith(_POSTGRES) and _names_a_database(url):
            return cls("postgresql", home, url)
        raise Malformed("settings.database_url", f"JEJAK_DATABASE_URL berisi {_shown(url)!r}.", allowed=_ALLOWED)

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

    @property
    def place(self) -> str:
        """Return where it is, the same however it is spelt: hosts and ports in order, and the name; no user, no secret.

        Not cut. It is a URL that :meth:`parse` reads, and of the same place.
        """
        if self.kind == "sqlite":
            return f"{_SQLITE}{self.folder.resolve() / JOURNAL}"
        parts = urlsplit(self.url)
        told = dict(parse_qsl(parts.query))  # goes before what stands before it, as libpq has it
        named = [_server(one) for one in parts.netloc.rpartition("@")[2].split(",")]
        hosts = told["host"].split(",") if "host" in told else [host for host, _ in named]
        ports = told["port"].split(",") if "port" in told else [port for _, port in named]
        ports = ports * len(hosts) if len(ports) == 1 else ports
        where = ",".join(sorted(_spelt(*one) for one in zip(hosts, ports, strict=False)))
        more = urlencode([(name, told[name]) for name in _WHERE if name in told])
        name = quote(told.get("dbname") or unquote(parts.path[1:]), safe="")
        return f"{_POSTGRES[0]}{where}/{name}{'?' if more else ''}{more}"

    def __str__(self) -> str:
        """Return the place, for people: it is not endless."""
        place = self.place
        return place if len(place) <= _MOST_SHOWN else f"{place[: _MOST_SHOWN - 1]}…"


def _names_a_database(url: str) -> bool:
    try:
        return len(urlsplit(url).path) > 1
    except ValueError:  # an address in brackets that is none
        return False


def _server(named: str) -> tuple[str, str]:
    """Return host and port of one server of a list; libpq's own port where it names none."""
    host, _, port = named.rpartition(":") if _PORT.search(named) else (named, "", _PORT_OF_LIBPQ)
    return unquote(host.strip("[]")), port


def _spelt(host: str, port: str) -> str:
    """Return one server as a URL has it, nothing for the one that libpq would take by itself."""
    host = host if host.startswith("/") else host.lower()
    name = f"[{host}]" if ":" in host else quote(host, safe="")
    return f"{name}:{port or _PORT_OF_LIBPQ}" if host or port not in ("", _PORT_OF_LIBPQ) else ""


def _shown(setting: str) -> str:
    """Return a setting that is no URL of ours as it may be shown: without anything in which a password may be."""
    scheme, sep, rest = setting.partition("://")
    return f"{scheme if sep else ''}{sep}…" if set("@?:") & set(rest if sep else setting) else setting[:120]
