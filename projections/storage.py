"""The views' database file: its engine, its two kinds of transaction, and its faults in our words."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
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
    inspect,
    literal,
    make_url,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.visitors import InternalTraversal

from keys.errors import Malformed, Unavailable
from projections import storage_postgres
from projections.schema import METADATA, VIEWS

#: Seconds that a writer waits for another one.
MOST_WAITING = 30.0
_FRESH = "fresh"
#: What is left of SQLite's write-ahead log when a large transaction is over, in bytes.
_LARGEST_WAL = 64 * 1024 * 1024
#: Some builds of SQLite write zeros over what is deleted. Nothing is deleted here that the journal does not keep.
NO_ERASING = "secure_delete = OFF"


def file_of(url: str) -> Path:
    """Return the file that ``url`` names; raises Malformed where it names none of SQLite's."""
    named = make_url(url)
    if named.get_backend_name() != "sqlite" or not named.database:
        raise Malformed("views.url", "Berkas tampilan harus berupa berkas SQLite.", allowed="sqlite:////jalur/berkas")
    return Path(named.database)


def open_views(url: str) -> Engine:
    """Return an engine on the views, which somebody may replace between two transactions, and never within one."""
    return open_engine(url).execution_options(standing=True)


def open_engine(url: str, *, attach: Path | None = None) -> Engine:
    """Return an engine on a database; ``attach`` is another file that an SQLite file's connections see as ``fresh``."""
    if storage_postgres.is_at(url):
        return storage_postgres.open_engine(url)
    file_of(url)
    engine = create_engine(
        url,
        json_serializer=to_text,
        connect_args={"timeout": MOST_WAITING, "check_same_thread": False},
        **({"poolclass": NullPool} if attach else {}),
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: object) -> None:
        # The driver would begin late and of its own accord; :func:`_begins` says when and how.
        connection.isolation_level = None
        if attach is not None:
            connection.execute(f"ATTACH ? AS {_FRESH}", (str(attach),))
        connection.execute("PRAGMA main.journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA {NO_ERASING}")
        connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_WAL}")

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
def writing(engine: Engine, *, alone: bool = True) -> Iterator[Connection]:
    """Yield a connection that holds the write lock from the start; all of it commits, or nothing does.

    ``alone`` is False for rows that any number may write at once, where the database lets them.
    """
    with faults(), engine.connect() as connection:
        connection = connection.execution_options(writes=True, alone=alone)
        with connection.begin():
            yield connection


def has_tables(engine: Engine) -> bool:
    """Tell whether there are views, of whatever schema; waits for nobody who writes them."""
    with faults():
        return inspect(engine).has_table(VIEWS.name)


def make_tables(engine: Engine) -> None:
    """Make the tables of the views where they are not."""
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            storage_postgres.make_schema(connection)
        METADATA.create_all(connection)


@contextmanager
def faults() -> Iterator[None]:
    """Turn the database's faults into Unavailable."""
    try:
        yield
    except SQLAlchemyError as error:
        raise unavailable(error) from error


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a new temporary folder, removed when its ``with`` block ends; raises Unavailable."""
    try:
        return tempfile.TemporaryDirectory(prefix="jejak-views-")
    except OSError as error:
        raise unavailable(error) from error


def unavailable(error: Exception) -> Unavailable:
    """Return the fault of views that cannot be read or written now."""
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


class unindexed(ColumnElement[Any]):  # noqa: N801  it stands in a query as a function does
    """A column in a form that no index serves: SQLite never takes one for +column (its "Query Optimizer Overview")."""

    inherit_cache = True
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]  # noqa: RUF012  SQLAlchemy declares it so

    def __init__(self, column: Column[Any]) -> None:
        self.column = column
        self.type = column.type


@compiles(unindexed)
def _plainly(element: unindexed, compiler: Any, **named: Any) -> str:
    return str(compiler.process(element.column, **named))


@compiles(unindexed, "sqlite")
def _with_plus(element: unindexed, compiler: Any, **named: Any) -> str:
    return f"+{compiler.process(element.column, **named)}"


#: A row of a table as the driver takes it: every column in the table's order, JSON as text.
Values = tuple[Any, ...]


def values(table: Table, rows: Sequence[Mapping[str, Any]]) -> list[Values]:
    """Return rows that have every column of ``table`` as the driver takes them."""
    names, coded = _columns(table)
    taken = itemgetter(*names)
    return [_coded(taken(row), coded) for row in rows] if coded else [taken(row) for row in rows]


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, otherwise: Otherwise = "ABORT"
) -> None:
    """Insert rows that have every column of ``table``; ``otherwise`` is what is done where one has the same key."""
    insert_values(connection, table, values(table, rows), otherwise=otherwise)


def insert_values(
    connection: Connection, table: Table, rows: Sequence[Values], *, otherwise: Otherwise = "ABORT"
) -> None:
    """Insert rows as :func:`values` returns them; ``otherwise`` is what is done where one has the same key.

    The driver gets tuples, which is twice as fast as SQLAlchemy's own way for dicts.
    """
    if not rows:
        return
    names, _ = _columns(table)
    if connection.dialect.name == "postgresql":
        storage_postgres.insert_values(connection, table, names, rows, otherwise)
        return
    marks = ", ".join("?" * len(names))
    verb = f"INSERT OR {otherwise}"
    connection.exec_driver_sql(f"{verb} INTO {table.name} ({', '.join(names)}) VALUES ({marks})", list(rows))


@cache
def _columns(table: Table) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the names of a table's columns, and the places of those that hold JSON."""
    coded = (position for position, column in enumerate(table.c) if isinstance(column.type, JSON))
    return tuple(column.name for column in table.c), tuple(coded)


def _coded(row: Values, coded: tuple[int, ...]) -> Values:
    changed = list(row)
    for position in coded:
        if changed[position] is not None:
            changed[position] = to_text(changed[position])
    return tuple(changed)


def to_text(value: Any) -> str:
    """Return a value as the JSON text that is stored."""
    return to_json(value).decode()  # a third of what the standard library takes, and four an act are needed


def create_bare(connection: Connection) -> None:
    """Create the tables without their indexes."""
    for table in METADATA.sorted_tables:
        connection.execute(CreateTable(table))


def create_indexes(connection: Connection) -> None:
    """Create the indexes that are not there: faster over rows that are there than row by row."""
    for table in METADATA.sorted_tables:
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            connection.execute(CreateIndex(index, if_not_exists=True))


@contextmanager
def replacing(url: str, fresh: Path) -> Iterator[Connection]:
    """Yield a connection on the file ``url`` in whose transaction every table is replaced by that of ``fresh``.

    Both have the same tables and indexes, so SQLite copies rows as they are, and indexes in their order, without
    looking into either (its source, "the transfer optimization"): for that the tables must be empty, and all be asked
    for as ``*``.
    """
    engine = open_engine(url, attach=fresh)
    try:
        with writing(engine) as connection:
            old = MetaData()
            old.reflect(connection)
            old.drop_all(connection)
            create_bare(connection)
            create_indexes(connection)
            for table in METADATA.sorted_tables:
                connection.exec_driver_sql(f"INSERT INTO main.{table.name} SELECT * FROM {_FRESH}.{table.name}")  # noqa: S608  our names
            yield connection
    finally:
        engine.dispose()
