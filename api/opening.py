"""Opening the ledger that the settings name, for whoever serves it, founds it or works on its folder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from api import migrating
from api.settings import Settings
from ledger import logkey
from ledger.application import Ledger
from ledger.note import NoteSigner

LOG_KEY = "log.key"


def now() -> dt.datetime:
    """Return the time of this machine's clock, UTC."""
    return dt.datetime.now(dt.UTC)


def open_ledger(settings: Settings, clock: Callable[[], dt.datetime] = now, signer: NoteSigner | None = None) -> Ledger:
    """Return the ledger of the settings, its database of the newest form; an empty one is brought there.

    Raises NotFound where there is no log key, Forged where the ledger's end is not sealed or is not what is remembered
    outside, Conflict where it was moved to another database, Unavailable where it cannot be opened.
    """
    home = settings.home.resolve()
    settings.database.require_home(home)
    signer = signer or logkey.read(home / LOG_KEY)
    if settings.database.kind == "postgresql":
        migrating.require_newest(settings.database)
    return Ledger(home, signer, clock, settings.remembered, settings.database)
