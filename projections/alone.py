"""Alone: of all processes and threads that may rebuild the same views, one does; whoever waited may find it done.

The lock is held from before the fold until the views are replaced, and only who holds it gets what replaces them. It
vanishes with its process, however that ends: on an SQLite file it is an ``flock`` on the folder (a lock on the file
would be let go of together with those that SQLite has there), in PostgreSQL an advisory lock of a session, which is
that in whose transaction the views are replaced, so that who lost it replaces nothing.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from keys.errors import Unavailable
from projections import storage, storage_postgres

#: Yields a connection in whose transaction every table is replaced by that of a scratch file.
Replacing = Callable[[Path], AbstractContextManager[Connection]]
#: The rule under which it is said that views are being built.
BUILDING = "views.building"
#: Seconds after which who met it may well ask again.
ASK_AGAIN = 5
#: Seconds between two looks at whether the lock is free.
_LOOK_EVERY = 0.05


@contextmanager
def alone(url: str, seconds: float | None = None) -> Iterator[Replacing]:
    """Yield what replaces the views in ``url``, which nobody else does meanwhile.

    Raises Unavailable (``views.building``) where another still does after so many seconds; None: however long it takes.
    """
    if storage_postgres.is_at(url):
        with storage.faults(), storage_postgres.session(url) as connection:
            _wait(partial(storage_postgres.rebuilds_alone, connection), seconds)
            yield partial(storage_postgres.replacing, connection)
        return
    with _folder(storage.file_of(url).parent) as handle:
        _wait(partial(_is_ours, handle), seconds)
        yield partial(storage.replacing, url)


def building(done: int | None = None, leaves: int | None = None) -> Unavailable:
    """Return the fault of views that are being built; ``done`` of the leaves, None where another process knows it."""
    far = "" if done is None or leaves is None else f" Selesai {_number(done)} dari {_number(leaves)} daun."
    return Unavailable(
        "views.building",
        f"Tampilan sedang disusun dari buku besar.{far} Pencatatan dan tanda terima tetap berjalan.",
        allowed="Minta lagi sebentar lagi; yang sudah tercatat tidak perlu dikirim ulang.",
        leaves_done=done,
        leaves=leaves,
        retry_after=ASK_AGAIN,
    )


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def _wait(taken: Callable[[], bool], seconds: float | None) -> None:
    until = None if seconds is None else time.monotonic() + seconds
    while not taken():
        if until is not None and time.monotonic() > until:
            raise building()
        time.sleep(_LOOK_EVERY)


@contextmanager
def _folder(folder: Path) -> Iterator[int]:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise storage.unavailable(error) from error
    try:
        yield handle
    finally:
        os.close(handle)


def _is_ours(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise storage.unavailable(error) from error
    return True
