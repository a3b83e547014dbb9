"""The parts that an application is made of, for its routes to reach."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from flask import current_app

from api.follower import Follower
from keys.errors import NotFound
from keys.register import Register
from ledger.application import Ledger
from ledger.streams import REGISTER
from projections.catchup import Views

#: Where an application keeps its parts.
NAME = "jejak"


@dataclass(frozen=True, slots=True)
class Parts:
    """The ledger, its read models with their follower, and the clock (aware times)."""

    ledger: Ledger
    views: Views
    follower: Follower
    clock: Callable[[], dt.datetime]

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """Yield a connection for the queries in ``projections``, which are brought to the end of the log first.

        So a reader sees its own acts. Nothing here looks into the connection.
        """
        self.views.catch_up()
        with self.views.reading() as connection:
            yield connection

    def register(self) -> Register:
        """Return the register as it is now, or raise NotFound where nothing is founded."""
        stream = self.ledger.stream(REGISTER)
        if stream is None:
            raise not_founded()
        return cast("Register", stream.state)


def parts() -> Parts:
    """Return the parts of the application that serves this request."""
    return cast("Parts", current_app.extensions[NAME])


def not_founded() -> NotFound:
    """Return the fault of asking a ledger that does not begin yet."""
    return NotFound(
        "ledger.founded",
        "Buku besar ini belum didirikan.",
        allowed="Yang pertama: ledger.founded oleh dua pendiri.",
    )
