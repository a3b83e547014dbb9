"""Interned: what many rows say alike is kept once, under an id made of what it says.

Who signs is the same in thousands of acts, how a step is judged in thousands of visits. A row names such a thing by its
id, so that it is neither written nor copied again with every row, and whoever reads puts it back in its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from sqlalchemy import Connection, select

from keys.errors import Unavailable
from projections.schema import INTERNED
from projections.storage import to_text

Content = dict[str, Any]

#: Ids that are asked for at once.
_AT_ONCE = 500
#: Of a SHA-256, in hex: 128 bits.
_LENGTH = 32


class Interned:
    """What some rows say alike, by id, as :meth:`id_of` met it."""

    def __init__(self) -> None:
        self.contents: dict[str, Content] = {}
        self._ids: dict[Hashable, tuple[str, object]] = {}

    def id_of(self, key: Hashable, content: Callable[[], Content], held: object = None) -> str:
        """Return the id of a content; ``key`` is what it follows from, so that it is made once for each.

        Where the key names objects by their identity, they are ``held``, lest another gets it.
        """
        known = self._ids.get(key)
        if known is None:
            made = content()
            name = hashlib.sha256(to_text(made).encode()).hexdigest()[:_LENGTH]
            known = self._ids[key] = name, held
            self.contents[name] = made
        return known[0]

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the table."""
        return [{"id": known, "content": content} for known, content in self.contents.items()]


def find(connection: Connection, ids: Iterable[str]) -> dict[str, Content]:
    """Return what these ids stand for; raises Unavailable (``views.storage``) where one stands for nothing."""
    wanted = sorted(set(ids))
    found: dict[str, Content] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        asked = select(INTERNED.c.id, INTERNED.c.content).where(INTERNED.c.id.in_(some))
        found.update((row.id, row.content) for row in connection.execute(asked))
    if len(found) != len(wanted):
        raise Unavailable(
            "views.storage",
            "Tampilan tidak lengkap: yang disebut sebuah barisnya tidak ada; buku besarnya sendiri tidak terganggu.",
            allowed="Bangun ulang tampilan: jejak rebuild.",
        )
    return found
