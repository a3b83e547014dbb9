"""The views' database file: its engine, its two kinds of transaction, and its faults in our words."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, Literal

from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    Connection,
    Engine,
    MetaData,
    Select,
    Table,
    Text,
    cast,
    create_engine,
    event,
    func,
    literal,
    make_url,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateTable

from keys.errors import Malformed, Unavailable
from projections import storage_postgres
from projections.schema import METADATA

#: Seconds that a writer waits for another one.
MOST_WAITING = 30.0
_FRESH = "fresh"


def open_engine(url: str, *, scratch: bool = False, attach: str | None = None) -> Engine:
    """Return an engine on an SQLite file; ``attach`` is another file that its connections see as ``fresh``.

    A scratch file is thrown away after a crash, so it is written without a journal of its own.
    """
    if make_url(url).get_backend_name() == "postgresql":
        return storage_postgres.open_engine(url)
    if make_url(url).get_backend_name() != "sqlite" or not make_url(url).database:
        raise Malformed("views.url", "Berkas tampilan harus berupa berkas SQLite.", allowed="sqlite:////jalur/berkas")
    engine = create_engine(
        url,
        json_serializer=_json,
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


#: What becomes of a row whose key is taken: refused, in the place of the other, or passed over.
Otherwise = Literal["ABORT", "REPLACE", "IGNORE"]


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose statements all see one snapshot."""
    with faults(), engine.connect() as connection:
        yield connection.execution_options(snapshot=True)


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
        raise _unavailable(error) from error


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a new temporary folder, removed when its ``with`` block ends; raises Unavailable."""
    try:
        return tempfile.TemporaryDirectory(prefix="jejak-views-")
    except OSError as error:
        raise _unavailable(error) from error


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(
        "views.storage",
        "Tampilan sedang tidak dapat dibaca atau diperbarui; buku besarnya sendiri tidak terganggu.",
        allowed="Coba lagi sebentar lagi; bila tetap begini, bangun ulang tampilan.",
        cause=str(error),
    )


def count_on(connection: Connection, table: Table) -> None:
    """Let the numbers of new rows follow those that are there: PostgreSQL counts apart from what is written."""
    number = table.autoincrement_column
    if connection.dialect.name == "postgresql" and number is not None:
        sequence = func.pg_get_serial_sequence(table.name, number.name)
        connection.execute(select(func.setval(sequence, func.coalesce(select(func.max(number)).scalar_subquery(), 1))))


def values_of(engine: Engine, names: Sequence[str]) -> Select[tuple[str]]:
    """Return a select of these texts: they go as one value, for a statement has few places."""
    said = json.dumps(list(names))
    if engine.dialect.name == "postgresql":
        return select(func.jsonb_array_elements_text(cast(literal(said, Text), JSONB)).column_valued("value"))
    return select(func.json_each(said).table_valued("value").c.value)


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, otherwise: Otherwise = "ABORT"
) -> None:
    """Insert rows that have every column of ``table``; ``otherwise`` is what is done where one has the same key.

    Half of a rebuild is this: the driver gets tuples, which is twice as fast as SQLAlchemy's own way for dicts.
    """
    if not rows:
        return
    names = [column.name for column in table.c]
    coded = [position for position, column in enumerate(table.c) if isinstance(column.type, JSON)]
    taken = itemgetter(*names)
    values = [_coded(taken(row), coded) for row in rows] if coded else [taken(row) for row in rows]
    marks = ", ".join("?" * len(names))
    verb = f"INSERT OR {otherwise}"
    connection.exec_driver_sql(f"{verb} INTO {table.name} ({', '.join(names)}) VALUES ({marks})", values)


def _coded(values: tuple[Any, ...], coded: list[int]) -> tuple[Any, ...]:
    changed = list(values)
    for position in coded:
        if changed[position] is not None:
            changed[position] = _json(changed[position])
    return tuple(changed)


def _json(value: Any) -> str:
    return to_json(value).decode()  # a third of what the standard library takes, and four an act are needed


def create_bare(connection: Connection) -> None:
    """Create the tables without their indexes."""
    for table in METADATA.sorted_tables:
        connection.execute(CreateTable(table))


def replace_tables(connection: Connection) -> None:
    """Replace every table by the one of the attached file, inside the transaction that is held."""
    old = MetaData()
    old.reflect(connection)
    old.drop_all(connection)
    create_bare(connection)
    for table in METADATA.sorted_tables:
        fresh = table.to_metadata(MetaData(), schema=_FRESH)
        connection.execute(table.insert().from_select([column.name for column in table.c], select(fresh)))
    for table in METADATA.sorted_tables:  # an index is made faster over rows that are there than row by row
        for index in table.indexes:
            index.create(connection)
