"""Which streams name a document: by that, who may read it follows from who may read them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from ledger.mentions import documents_of
from ledger.replay import Step
from projections.schema import MENTIONS


def rows_of(step: Step) -> list[dict[str, Any]]:
    """Return one row for each document that an act refers to."""
    act = step.done.act
    return [{"digest": digest, "stream": act.stream} for digest in {one.digest for one in documents_of(act)}]


def streams_of(connection: Connection, digest: str) -> list[str]:
    """Return the names of the streams that refer to a document, in order; none where nothing does."""
    found = connection.execute(select(MENTIONS.c.stream).where(MENTIONS.c.digest == digest))
    return sorted(found.scalars())
