"""How far read models have come, in which journal: the one row of the table ``views``."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from keys.errors import Unavailable
from ledger.rows import Rows
from projections.schema import VERSION, VIEWS


@dataclass(frozen=True, slots=True)
class Place:
    """Views of a ``schema`` with ``position`` leaves in them; ``founding`` and ``leaf`` are the first and the last."""

    schema: int
    position: int
    founding: str | None
    leaf: str | None

    @property
    def is_newer(self) -> bool:
        """Tell whether a newer version of Jejak has made the views."""
        return self.schema > VERSION

    def require_not_newer(self) -> None:
        """Return unless the views are of a newer schema, else raise Unavailable (``views.newer``).

        Two versions that serve one ledger would rebuild each other's views for ever; so the older one leaves them.
        """
        if self.is_newer:
            raise Unavailable(
                "views.newer",
                "Tampilan sudah disusun oleh Jejak versi yang lebih baru, yang tidak dibaca oleh versi ini.",
                allowed="Minta kepada layanan versi baru. Pengelola: pasang versi baru itu di sini juga; untuk kembali"
                " ke versi ini, hentikan semua layanan versi baru, lalu jalankan jejak rebuild.",
                retry_after=60,  # seconds; waiting does not help by itself
            )

    def is_in(self, rows: Rows) -> bool:
        """Tell whether the views are of this schema and this journal; the first and the last leaf say it."""
        if self.schema != VERSION:
            return False
        if self.position == 0:
            return True
        first, last = rows.entry(0), rows.entry(self.position - 1)
        return (
            first is not None
            and last is not None
            and (first.leaf_hash.hex(), last.leaf_hash.hex()) == (self.founding, self.leaf)
        )


def place_of(connection: Connection) -> Place | None:
    """Return how far the views have come, None where they have not begun."""
    found = connection.execute(select(VIEWS)).first()
    return Place(found.schema, found.position, found.founding, found.leaf) if found else None


def begin(connection: Connection) -> None:
    """Say that no leaf is in the views yet."""
    connection.execute(insert(VIEWS), {"id": 1, "schema": VERSION, "position": 0})
