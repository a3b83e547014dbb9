"""The parts that an application is made of, for its routes to reach."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from flask import current_app

from api.follower import Follower
from api.rate import Rate
from api.session_store import SessionStore
from keys.errors import JejakError, NotFound, Unavailable
from keys.register import Register
from ledger.application import Ledger
from ledger.past import Past, Place, place_at
from ledger.streams import REGISTER, Stream
from projections.alone import BUILDING
from projections.catchup import Views

#: Where an application keeps its parts.
NAME = "jejak"
#: Seconds that a reader waits for a leaf.
WAITS = 5.0


@dataclass(frozen=True, slots=True)
class Parts:
    """The ledger, its read models and their follower, sign-ins, the clock (aware times), rate and past."""

    ledger: Ledger
    views: Views
    sessions: SessionStore
    follower: Follower
    clock: Callable[[], dt.datetime]
    rate: Rate = field(default_factory=Rate)
    past: Past = field(default_factory=Past)

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """Yield a connection for the queries in ``projections``, which are brought to the end of the log first.

        So a reader sees its own acts. Nothing here looks into the connection. Raises Unavailable (``views.building``)
        where that takes longer than a reader waits, or what has stopped it meanwhile.
        """
        try:
            self.views.catch_up_soon()
        except Unavailable as fault:
            if fault.rule == BUILDING:
                self.follower.urge()
                if isinstance(stopped := self.follower.fault, JejakError):
                    raise stopped.with_traceback(None) from None
            raise
        with self.views.reading() as connection:
            yield connection

    def reach(self, leaf: int) -> None:
        """Return when there is such a leaf, so that what is read from now on has it; a reader waits :data:`WAITS`.

        Raises Unavailable (``views.behind``) where it does not come; ``leaf_reached`` is the newest, null without any.
        """
        there = self.follower.wait_for(leaf + 1, WAITS)
        if there <= leaf:
            newest = f"yang terbaru daun {there - 1}" if there else "belum ada daun apa pun"
            raise Unavailable(
                "views.behind",
                f"Daun {leaf} belum ada di sini; {newest}.",
                allowed="Minta lagi sebentar lagi, atau baca keadaan yang sudah ada.",
                leaf_reached=there - 1 if there else None,
            )

    def place(self, asked: int | dt.datetime | None) -> Place | None:
        """Return the place in the log that is asked for, None for now; raises NotFound, also for a time to come."""
        if asked is None:
            return None
        with self.ledger.reading() as rows:
            return place_at(rows, asked, self.clock())

    def stream(self, name: str, place: Place | None) -> Stream | None:
        """Return the register or an SOP as it was at ``place``, as it is now if that is None."""
        if place is None:
            return self.ledger.stream(name)
        with self.ledger.reading() as rows:
            return self.past.stream(rows, name, place.index)

    def register(self, place: Place | None = None) -> Register:
        """Return the register as it was at ``place``, now if that is None; raises NotFound where nothing is founded."""
        stream = self.stream(REGISTER, place)
        if stream is None:
            raise not_founded()
        return cast("Register", stream.state)

    def card(self) -> dict[str, str]:
        """Return what a client pins, ``{"origin", "vkey", "founding"}``; raises NotFound where nothing is founded."""
        with self.ledger.reading() as rows:
            first = rows.entry(0)
        if first is None:
            raise not_founded()
        signer = self.ledger.signer
        return {"origin": signer.name, "vkey": str(signer.vkey), "founding": first.leaf_hash.hex()}


def parts() -> Parts:
    """Return the parts of the application that serves this request."""
    return cast("Parts", current_app.extensions[NAME])


def not_founded() -> NotFound:
    """Return the fault of asking a ledger that does not begin yet."""
    return NotFound(
        "ledger.founded",
        "Buku besar ini belum didirikan.",
        allowed="Yang pertama: pendirian buku besar oleh dua pendiri.",
    )
