"""Migrations: the tables that must not be lost are brought to this version's form, or the service does not start.

Those are the sign-ins and, in PostgreSQL, the journal. A journal in SQLite is a format that never changes, and read
models are built anew. Alembic keeps the revision in ``alembic_version``; an empty database is given the newest form at
once, one from before there were revisions is taken for the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from keys.errors import Unavailable
from ledger.database import SCHEMA, Database
from projections import storage

FIRST = "0001"
#: Held while tables are made or changed, so that processes that start at once do it once (PostgreSQL 18, 13.3.5).
_LOCK = 0x6A656A616B


def newest() -> str:
    """Return the revision that this version works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def migrate(database: Database) -> tuple[str, str]:
    """Bring a database to the newest revision and return (the one before, "" for none, the one now).

    Raises Unavailable: ``database.newer`` where it was made by a later version, ``database.unreachable`` where
    it cannot be reached or changed.
    """
    engine = open_engine(database)
    try:
        with _reached(database), storage.writing(engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            before = revision(connection)
            _require_known(before)
            config = _config()
            config.attributes["connection"] = connection
            if before == FIRST and not _is_stamped(connection):
                command.stamp(config, FIRST)
            command.upgrade(config, "head")
    finally:
        engine.dispose()
    return before, newest()


def require_newest(database: Database) -> None:
    """Return if the database is of the newest revision; an empty one is brought there. Raises Unavailable else."""
    engine = open_engine(database)
    try:
        with _reached(database), storage.reading(engine) as connection:
            found = revision(connection)
    finally:
        engine.dispose()
    if not found:
        migrate(database)
        return
    _require_known(found)
    if found != newest():
        raise Unavailable(
            "database.older",
            f"Basis data ini dari Jejak yang lebih lama (bentuk {found}; yang diperlukan {newest()}).",
            allowed="Buat cadangan, jalankan jejak migrate, lalu mulai lagi.",
        )


@contextmanager
def _reached(database: Database) -> Iterator[None]:
    """Say of a server that does not answer what it is: nothing that concerns views alone."""
    try:
        yield
    except Unavailable as fault:
        if fault.rule != "views.storage" or database.journal is not None:
            raise
        # psycopg names machine, port, user and database, and never the password.
        said = str(fault.facts.get("cause", "")).strip().splitlines()
        raise Unavailable(
            "database.unreachable",
            f"Basis data {database} tidak menjawab atau menolak." + (f" Katanya: {said[0][:300]}" if said else ""),
            allowed="Periksa JEJAK_DATABASE_URL (mesin, porta, nama, pengguna, kata sandi), dan apakah peladennya"
            " berjalan; lalu ulangi.",
            **fault.facts,
        ) from None


def revision(connection: Connection) -> str:
    """Return the revision of a database, "" where there is nothing in it yet."""
    found = MigrationContext.configure(connection).get_current_revision()
    if found is None and inspect(connection).has_table("sessions"):
        return FIRST
    return found or ""


def open_engine(database: Database) -> Engine:
    """Return an engine on the tables that are migrated."""
    return storage.open_engine(database.sessions_url)


def _is_stamped(connection: Connection) -> bool:
    return MigrationContext.configure(connection).get_current_revision() is not None


def _require_known(found: str) -> None:
    known = {one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found and found not in known:
        raise Unavailable(
            "database.newer",
            f"Basis data ini sudah dipakai Jejak yang lebih baru (bentuk {found}).",
            allowed="Pakai Jejak yang sama atau lebih baru; jangan mengubah basis data dengan tangan.",
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
