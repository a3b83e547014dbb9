"""The follower: keeps the read models close behind the log, and lets nobody wait for it.

Receipts never depend on a read model (DESIGN, invariant 7), so recording an act wakes nobody: whoever *reads* first
catches up (:meth:`Follower.catch_up`) and so sees every act acknowledged before, also by other processes; and one
thread catches up twice a second, so that a reader after a busy hour does not have to wait for all of it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

#: Seconds between two looks at the log.
EVERY = 0.5

log = logging.getLogger("jejak.api")


class Follower:
    """Calls ``catch_up``, which brings the read models to the end of the log; one thread at a time."""

    def __init__(self, catch_up: Callable[[], int], every: float = EVERY) -> None:
        self._catch_up = catch_up
        self._every = every
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="jejak-follower", daemon=True)
        #: What stopped the projections, or None while they run.
        self.fault: Exception | None = None

    def start(self) -> None:
        """Start following; the first look is now, on the thread of the caller."""
        self._look()
        self._thread.start()

    def close(self) -> None:
        """Stop following; returns when the thread has ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def catch_up(self) -> None:
        """Bring the read models to the end of the log, or raise what stops them."""
        with self._lock:
            self._catch_up()

    def _follow(self) -> None:
        while not self._stopping.wait(self._every):
            self._look()

    def _look(self) -> None:
        try:
            self.catch_up()
        except Exception as fault:  # noqa: BLE001  a projection that stops must stop neither the log nor its receipts
            if repr(fault) != repr(self.fault):
                log.exception("the projections have stopped")
            self.fault = fault
        else:
            self.fault = None
