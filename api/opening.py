"""Opening the ledger that the settings name, for whoever serves it, founds it or works on its folder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from api import migrating
from api.settings import Settings
from keys.errors import NotFound
from ledger import logkey
from ledger.application import Ledger
from ledger.note import NoteSigner
from ledger.whereabouts import Whereabouts

LOG_KEY = "log.key"


def now() -> dt.datetime:
    """Return the time of this machine's clock, UTC."""
    return dt.datetime.now(dt.UTC)


def open_ledger(settings: Settings, clock: Callable[[], dt.datetime] = now, signer: NoteSigner | None = None) -> Ledger:
    """Return the ledger of the settings, its database of the newest form; an empty one is brought there.

    Raises NotFound where there is no log key, Forged where the ledger's end is not sealed or is not what is remembered
    outside, Conflict where the ledger of that folder is in another database, Unavailable where it cannot be opened.
    """
    home = settings.home.resolve()
    whereabouts = Whereabouts(home, settings.database)
    whereabouts.require_here()
    signer = signer or logkey.read(home / LOG_KEY)
    if settings.database.kind == "postgresql":
        migrating.require_newest(settings.database)
    ledger = Ledger(home, signer, clock, settings.remembered, settings.database)
    try:
        with ledger.reading() as rows:
            founded = rows.size() > 0
        if founded:
            whereabouts.note_first()
        else:  # an empty database says nothing of where the ledger is
            whereabouts.require_first()
    except BaseException:
        ledger.close()
        raise
    return ledger


def open_founded(settings: Settings) -> Ledger:
    """Return the ledger of the settings as :func:`open_ledger` does, and make no journal where there is none."""
    file = settings.database.journal
    if file is not None:
        Whereabouts(settings.home.resolve(), settings.database).require_here()
        if not file.exists():
            raise NotFound(
                "ledger.founded",
                f"Tidak ada buku besar di {file}.",
                allowed="Bila buku besarnya dalam PostgreSQL, setel JEJAK_DATABASE_URL seperti pada layanannya.",
            )
    return open_ledger(settings)
