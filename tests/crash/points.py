"""The named points of the straight path, and of what goes on beside it, at which the service is made to die.

A point is a function of the product and a moment before, in or after it. The function is wrapped in the process that
is to die; a name that is not there any more fails loudly, so a room that is redrawn takes its points along.
"""

from __future__ import annotations

import inspect
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from types import FrameType
from typing import Any, Literal

from ledger.database import VIEWS_SCHEMA

Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True)
class Point:
    """A moment at ``place`` (``module:attribute``); only calls count for which ``counts`` holds.

    ``when`` is ``in`` for a function whose first argument but one is an iterable: the moment is then between its
    first element and the next.
    """

    place: str
    when: Literal["before", "in", "after"]
    counts: Callable[..., bool] = lambda *arguments, **named: True


class Count:
    """Counts calls by any number of threads."""

    def __init__(self) -> None:
        self._lock, self._count = threading.Lock(), 0

    def next(self) -> int:
        """Return the number of this call, from 1."""
        with self._lock:
            self._count += 1
            return self._count


def _called_by(room: str, folder: bool = False) -> Callable[..., bool]:
    """Return what tells whether a call comes from this room; of a descriptor, whether it is one of a folder."""

    def counts(what: Any, *_: Any, **__: Any) -> bool:
        if isinstance(what, int) and stat.S_ISDIR(os.fstat(what).st_mode) != folder:
            return False
        return bool(sys._getframe(2).f_globals["__name__"] == room)

    return counts


def _within(rooms: str) -> Callable[..., bool]:
    """Return what tells whether a call is made, however far down, for a room whose name begins so."""

    def counts(*_: Any, **__: Any) -> bool:
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and not frame.f_globals.get("__name__", "").startswith(rooms):
            frame = frame.f_back
        return frame is not None

    return counts


def _asks(*verbs: str, within: str) -> Callable[..., bool]:
    """Return what tells whether a statement begins with one of these words, and is made for such a room."""
    made_for = _within(within)

    def counts(dialect: Any, cursor: Any, statement: str, *_: Any, **__: Any) -> bool:
        return statement.lstrip().startswith(verbs) and made_for()

    return counts


#: Where SQLAlchemy hands a statement, and the end of a transaction, to whatever database it is.
_EXECUTE = "sqlalchemy.engine.default:DefaultDialect.do_execute"
_COMMIT = "sqlalchemy.engine.default:DefaultDialect.do_commit"

#: Points of the path of an act and its documents.
PATH = {
    "after parse": Point("keys.envelope:Envelope.parse", "after"),
    "after the lock is taken": Point("ledger.turn:Turn.__init__", "after"),
    "after judgement": Point("ledger.application:judge", "after"),
    "before the rows are written": Point("ledger.rows:Rows.append", "before"),
    "between rows": Point("ledger.rows:Rows.append", "in"),
    "before COMMIT": Point("ledger.turn:Turn.seal", "after"),
    "after COMMIT": Point("ledger.memory:Memory.committed", "before"),
    "before the answer": Point("ledger.application:Ledger.record", "after"),
    "document written, not synced": Point("os:fsync", "before", _called_by("ledger.documents")),
    "document synced, not renamed": Point("os:replace", "before", _called_by("ledger.documents")),
    "document renamed, its folder not synced": Point("os:fsync", "before", _called_by("ledger.documents", folder=True)),
    "document kept, not answered": Point("ledger.documents:Documents.store", "after"),
}
#: Points of the projections.
VIEWS = {
    "in a batch of the projections": Point(_EXECUTE, "after", _asks("INSERT", "UPDATE", within="projections.catchup")),
    "before the projections commit": Point(_COMMIT, "before", _within("projections.catchup")),
    "after the projections commit": Point(_COMMIT, "after", _within("projections.catchup")),
}
#: Points of the outside memory.
OUTSIDE = {
    "outside memory written, not synced": Point("os:fsync", "before", _called_by("ledger.whole_file")),
    "outside memory synced, not renamed": Point("os:replace", "before", _called_by("ledger.whole_file")),
    "outside memory renamed, its folder not synced": Point(
        "os:fsync", "before", _called_by("ledger.whole_file", folder=True)
    ),
}
#: How a switch takes the live tables away: in SQLite one by one, in PostgreSQL with their schema.
_AWAY = ("DROP TABLE", f"DROP SCHEMA IF EXISTS {VIEWS_SCHEMA} ", f"ALTER SCHEMA {VIEWS_SCHEMA}")
#: Points of a rebuild, which comes to each some times: at its first commits it is built, at its last it is switched.
REBUILD = {
    "before a rebuild commits": Point(_COMMIT, "before", _within("projections")),
    "in a rebuild's switch": Point(_EXECUTE, "after", _asks(*_AWAY, within="projections")),
}
POINTS = PATH | VIEWS | OUTSIDE | REBUILD


def die_at(point: Point, nth: int) -> None:
    """Make this process die by SIGKILL when it comes to the point for the ``nth`` time."""
    count = Count()

    def wrapper(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            mine = point.counts(*arguments, **named) and count.next() == nth
            if mine and point.when == "before":
                _die()
            if mine and point.when == "in":
                arguments = (arguments[0], _dying(arguments[1]), *arguments[2:])
            result = function(*arguments, **named)
            if mine and point.when == "after":
                _die()
            return result

        return wrapped

    wrap(point.place, wrapper)


def wrap(place: str, wrapper: Wrapper) -> None:
    """Put ``wrapper(function)`` in the place of the function at ``module:attribute``."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = import_module(module)
    for one in owners:
        owner = getattr(owner, one)
    found = inspect.getattr_static(owner, name)
    if isinstance(found, classmethod):
        setattr(owner, name, classmethod(wrapper(found.__func__)))
    else:
        setattr(owner, name, wrapper(found))


def _dying(elements: Iterable[Any]) -> Iterator[Any]:
    for count, one in enumerate(elements):
        if count:
            _die()
        yield one
    _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()  # nothing more is done while the signal comes
