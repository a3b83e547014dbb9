"""The follower: keeps the read models close behind the log, and lets nobody wait for it.

Receipts never depend on a read model (DESIGN, invariant 7), so recording an act wakes nobody: whoever *reads* catches
up first (:meth:`api.parts.Parts.reading`) and so sees every act acknowledged before, also by other processes. One
thread catches up too, so that the first reader after a busy hour does not have to wait for all of it; it looks twice a
second and works when nothing new came since, for whoever waits for a receipt needs the processor more. A reader who
finds more left than anybody waits for has it work now (:meth:`Follower.urge`).

Whoever wants a leaf that another process is just recording waits here for it (:meth:`Follower.wait_for`). The log is
looked at again and again meanwhile. Where the database tells of commits, one more thread listens and lets nobody sleep
on (:meth:`Follower.heard`); it takes in at once whatever was told in a while, so that a busy log does not keep it busy.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from keys.errors import Unavailable
from projections.alone import BUILDING

#: Seconds between two looks at the log.
EVERY = 0.5
#: Seconds that who starts it waits for the first catching up, which may take minutes.
FIRST = 1.0
#: Leaves that are projected at once, and seconds in which whoever waits has the processor before the next of them.
STEP, PAUSE = 50, 0.01
#: Looks that find the log growing before the work is done all the same.
MOST_PASSED_OVER = 20
#: Seconds between two looks while somebody waits for a leaf; so many wait at once, for each holds a thread.
SOON, MOST_WAITING = 0.05, 4
#: Seconds that the listening thread waits at most, for it must see that it is to stop.
LISTENS = 0.2
#: Seconds without a commit after which the log stands still, where it is told of each.
QUIET = 0.1

log = logging.getLogger("jejak.api")


class Follower:
    """Calls ``catch_up``, which projects at most so many leaves, until none is left, once ``size`` stands still.

    ``listen`` returns True when a commit was told, False after so many seconds; None where nobody tells.
    """

    def __init__(
        self,
        catch_up: Callable[[int], int],
        size: Callable[[], int],
        every: float = EVERY,
        listen: Callable[[float], bool] | None = None,
    ) -> None:
        self._catch_up = catch_up
        self._size = size
        self._every = every
        self._known = -1
        self._passed_over = 0
        self._stopping = threading.Event()
        self._caught_up = threading.Event()
        self._grown = threading.Condition()
        self._heard = 0  # how often something was heard, so that nobody sleeps who looked just before
        self._told = threading.Event()
        self._listen = listen
        self._places = threading.BoundedSemaphore(MOST_WAITING)
        self._threads = [threading.Thread(target=self._follow, name="jejak-follower", daemon=True)]
        if listen is not None:
            self._threads.append(
                threading.Thread(target=self._hear, args=(listen,), name="jejak-listener", daemon=True)
            )
        #: What stopped the projections, or None while they run.
        self.fault: Exception | None = None

    def start(self) -> None:
        """Start following; returns when it has caught up for the first time, or soon all the same."""
        for one in self._threads:
            one.start()
        self._caught_up.wait(FIRST)

    def urge(self) -> None:
        """Work now, though the log may grow; from any thread."""
        self._passed_over = MOST_PASSED_OVER
        self._told.set()

    def heard(self) -> None:
        """Look at the log now, for it has grown: for who waits for a leaf; from any thread."""
        with self._grown:
            self._heard += 1
            self._grown.notify_all()
        self._told.set()

    def wait_for(self, size: int, seconds: float) -> int:
        """Return how many leaves there are, as soon as there are ``size``, or else after so many seconds.

        Where too many wait already it is at once.
        """
        heard = self._heard
        if (there := self._size()) >= size or not self._places.acquire(blocking=False):
            return there
        try:
            end, most = time.monotonic() + seconds, SOON if self._listen is None else EVERY
            while there < size and (left := end - time.monotonic()) > 0 and not self._stopping.is_set():
                with self._grown:
                    self._grown.wait_for(partial(self._heard_since, heard), min(left, most))
                    heard = self._heard
                there = self._size()
        finally:
            self._places.release()
        return there

    def close(self) -> None:
        """Stop following; returns when the threads have ended."""
        self._stopping.set()
        self.heard()
        for one in self._threads:
            if one.is_alive():
                one.join()

    def _heard_since(self, before: int) -> bool:
        return self._heard != before

    def _hear(self, listen: Callable[[float], bool]) -> None:
        while not self._stopping.wait(PAUSE):
            try:
                told = listen(LISTENS)
            except Exception:  # whoever waits looks for themselves meanwhile, only less often
                log.exception("nobody tells of commits")
                self._stopping.wait(1)
                continue
            if told:
                self.heard()

    def _follow(self) -> None:
        self._try(self._work)
        self._caught_up.set()
        while not self._stopping.is_set():
            if self._told.wait(self._every):
                self._told.clear()
                if self._told.wait(QUIET):
                    self._stopping.wait(self._every)
                elif not self._stopping.is_set():  # nothing came after it, so the log stands still
                    self._try(self._work)
                    continue
            if not self._stopping.is_set():
                self._try(self._look)

    def _look(self) -> None:
        size = self._size()
        if size != self._known and self._passed_over < MOST_PASSED_OVER:
            self._known, self._passed_over = size, self._passed_over + 1
            return
        self._known, self._passed_over = size, 0
        self._work()

    def _work(self) -> None:
        while self._catch_up(STEP) >= STEP and not self._stopping.wait(PAUSE):
            pass
        self.fault = None

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as fault:  # a projection that stops must stop neither the log nor its receipts
            if isinstance(fault, Unavailable) and fault.rule == BUILDING:
                return  # another process builds them: nothing has stopped
            if repr(fault) != repr(self.fault):
                log.exception("the projections have stopped")
            self.fault = fault
