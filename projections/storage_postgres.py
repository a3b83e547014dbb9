"""Tables in PostgreSQL: their engine and its two kinds of transaction; the schema is named in the URL."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Engine, create_engine, event

#: Connections kept open, and how many more a busy moment may open.
KEPT, MORE = 4, 28


def open_engine(url: str) -> Engine:
    """Return an engine whose connections that only read see one snapshot each (PostgreSQL 18, 13.2.2)."""
    engine = create_engine(
        url,
        json_serializer=lambda value: to_json(value).decode(),
        pool_pre_ping=True,
        pool_size=KEPT,
        max_overflow=MORE,
    )

    @event.listens_for(engine, "begin")
    def _begins(connection: Connection) -> None:
        options: dict[str, Any] = dict(connection.get_execution_options())
        if options.get("snapshot"):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return engine
