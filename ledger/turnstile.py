"""A turnstile before a write lock that hands itself to whoever asks first: processes on one file take turns.

SQLite has its writers ask again until they find the lock free, and who has just let it go finds it so first: one busy
process would keep all others out. So there are two gates, one behind the other::

    NEXT    held by the one process that goes in next
    WITHIN  held by the one that is within

Whoever leaves and wants in again must pass NEXT, which who waits already holds: two processes alternate, and among
more, nobody goes in twice while one stands between the gates. The gates are record locks on two bytes of a file
(POSIX.1-2017, fcntl): the kernel opens them when a process ends, however it ends, and a forked child has none of them.
They order who may ask; what guards the ledger is the database's own lock, with or without them. Threads of a process
are not told apart: they have a line of their own (:mod:`ledger.waiting`).
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_NEXT, _WITHIN = 0, 1
#: Seconds between two looks at a gate: the first few looks, then the others.
_SOON, _LATER, _FEW = 0.0005, 0.005, 40


class Turnstile:
    """The gates at ``file``, which is made when it is first opened. Who may not write there passes freely."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._handle: int | None = None

    @contextmanager
    def through(self, seconds: float) -> Iterator[None]:
        """Go in at this process's turn, or after so many seconds all the same: whoever is within may be stuck."""
        until = time.monotonic() + seconds
        with ExitStack() as within:
            with ExitStack() as gate:
                if self._pass(_NEXT, until):
                    gate.callback(self._leave, _NEXT)
                    if self._pass(_WITHIN, until):
                        within.callback(self._leave, _WITHIN)
            yield

    def close(self) -> None:
        """Let go of the file."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _pass(self, gate: int, until: float) -> bool:
        """Return whether this process holds the gate: looked for again until then."""
        looks = 0
        while True:
            try:
                if self._handle is None:
                    self._handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.lockf(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, gate)
            except (BlockingIOError, PermissionError):  # POSIX names both for a lock that another has
                looks += 1
                if self._handle is None or time.monotonic() > until:
                    return False
                time.sleep(_SOON if looks < _FEW else _LATER)
            except OSError:
                return False
            else:
                return True

    def _leave(self, gate: int) -> None:
        if self._handle is not None:
            fcntl.lockf(self._handle, fcntl.LOCK_UN, 1, gate)
