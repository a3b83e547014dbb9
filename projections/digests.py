"""Which documents acts refer to, by how their digests begin."""

from __future__ import annotations

from sqlalchemy import Connection, select

from projections.schema import MENTIONS


def digests_from(connection: Connection, begins: str, most: int) -> list[str]:
    """Return up to ``most`` digests (``sha256:`` and hex) that begin with these lower-case characters, in order."""
    digest = MENTIONS.c.digest
    # "g" is above every hex digit, so the index is read from where they begin to where they end.
    found = select(digest).distinct().where(digest >= begins, digest < begins + "g").order_by(digest).limit(most)
    return list(connection.execute(found).scalars())
