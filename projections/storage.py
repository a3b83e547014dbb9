"""The views' database file: its engine, its two kinds of transaction, and its faults in our words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from keys.errors import Malformed, Unavailable
from projections.schema import METADATA

#: Seconds that a writer waits for another one.
MOST_WAITING = 30.0
_FRESH = "fresh"


def open_engine(url: str, *, scratch: bool = False, attach: str | None = None) -> Engine:
    """Return an engine on an SQLite file; ``attach`` is another file that its connections see as ``fresh``.

    A scratch file is thrown away after a crash, so it is written without a journal of its own.
    """
    if make_url(url).get_backend_name() != "sqlite" or not make_url(url).database:
        raise Malformed("views.url", "Berkas tampilan harus berupa berkas SQLite.", allowed="sqlite:////jalur/berkas")
    engine = create_engine(
        url,
        json_serializer=lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
        connect_args={"timeout": MOST_WAITING, "check_same_thread": False},
        **({"poolclass": NullPool} if attach else {}),
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: object) -> None:
        # The driver would begin late and of its own accord; :func:`_begins` says when and how.
        connection.isolation_level = None
        if attach is not None:
            connection.execute(f"ATTACH ? AS {_FRESH}", (attach,))
        if scratch:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
        else:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def _begins(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose statements all see one snapshot."""
    with faults(), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that holds the write lock from the start; all of it commits, or nothing does."""
    with faults(), engine.connect() as connection:
        connection = connection.execution_options(writes=True)
        with connection.begin():
            yield connection


@contextmanager
def faults() -> Iterator[None]:
    """Turn the database's faults into Unavailable."""
    try:
        yield
    except SQLAlchemyError as error:
        raise Unavailable(
            "views.storage",
            "Tampilan sedang tidak dapat dibaca atau diperbarui; buku besarnya sendiri tidak terganggu.",
            allowed="Coba lagi sebentar lagi; bila tetap begini, bangun ulang tampilan.",
            cause=str(error),
        ) from error


def replace_tables(connection: Connection) -> None:
    """Replace every table by the one of the attached file, inside the transaction that is held."""
    old = MetaData()
    old.reflect(connection)
    old.drop_all(connection)
    METADATA.create_all(connection)
    for table in METADATA.sorted_tables:
        fresh = table.to_metadata(MetaData(), schema=_FRESH)
        connection.execute(table.insert().from_select([column.name for column in table.c], select(fresh)))
