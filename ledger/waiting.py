"""Group commit: acts wait together, one of them takes the turn for all.

Every thread that brings an act gets a :class:`Place`. :meth:`Place.leading` blocks until either another thread
has carried the place through its turn, and yields nothing, or it is this thread's turn, and yields everything
that is waiting (at most :data:`MOST_TOGETHER`). No thread of our own, no polling, first come first served.

Whoever was answered often comes again at once. So the leader waits, at most :data:`LINGER`, until as many stand in line
as were about when the last turn ended: those that it carried and those that stood there already. Who is alone waits for
nobody, and those who stay away are missed once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from keys.errors import JejakError, Unavailable

#: One turn carries at most this many acts, so that nobody waits for a crowd.
MOST_TOGETHER = 64
#: Seconds that a leader waits for those who were just answered.
LINGER = 0.002
#: More than this many waiting acts are turned away politely.
MOST_WAITING = 1024

_BUGS = (AssertionError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

A = TypeVar("A")
R = TypeVar("R")


class Queue(Generic[A, R]):
    """The line of places; one thread at a time leads."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._lock = threading.Lock()
        self._complete = threading.Condition(self._lock)
        self._about = 1  # who stood in line, or was answered, when the last turn ended
        self._awaited = 0  # so many the leader waits for just now
        self._line: deque[Place[A, R]] = deque()
        self._led = False
        self._most_waiting = most_waiting

    def enter(self, item: A) -> Place[A, R]:
        """Return a place at the end of the line, or raise Unavailable when it is too long."""
        place = Place(self, item)
        with self._lock:
            if len(self._line) >= self._most_waiting:
                raise Unavailable(
                    "journal.crowded",
                    "Terlalu banyak tindakan menunggu; tindakan Anda belum dicatat.",
                    allowed="Kirim lagi amplop yang sama sebentar lagi.",
                )
            self._line.append(place)
            if not self._led:
                self._led = True
                place.call()
            elif self._awaited and len(self._line) >= self._awaited:
                self._complete.notify()
        return place

    def take(self) -> list[Place[A, R]]:
        """Return what the leader carries: all that waits, up to the bound, once all are there or awaited in vain."""
        with self._lock:
            if len(self._line) < self._about:
                self._awaited = self._about
                self._complete.wait(LINGER)
                self._awaited = 0
            return [self._line.popleft() for _ in range(min(len(self._line), MOST_TOGETHER))]

    def pass_on(self, carried: int) -> None:
        """Call the next leader, if anyone waits; so many were carried and answered."""
        with self._lock:
            self._about = min(carried + len(self._line), MOST_TOGETHER)
            if self._line:
                self._line[0].call()
            else:
                self._led = False


class _Alone:
    """What :meth:`Place.alone` returns; entered for every act, and contextlib's way would take three times as long."""

    __slots__ = ("_place",)

    def __init__(self, place: Place[Any, Any]) -> None:
        self._place = place

    def __enter__(self) -> None:
        """Nothing is to be done before."""

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> bool:
        """Keep a refusal, or a bug that one act trips over, as this act's own outcome."""
        if fault is None or not isinstance(fault, (JejakError, *_BUGS)):
            return False
        self._place.settle(fault)
        return True


class Place(Generic[A, R]):
    """One act's place in the line, and in the end its outcome.

    It waits on a lock that whoever calls it releases, once: an Event takes three times as long, for every act.
    """

    __slots__ = ("_called", "_outcome", "_queue", "item")

    def __init__(self, queue: Queue[A, R], item: A) -> None:
        self._queue = queue
        self.item = item
        self._called = threading.Lock()
        self._called.acquire()
        self._outcome: R | BaseException | None = None

    def call(self) -> None:
        """Have its thread go on: it leads, or has its outcome."""
        self._called.release()

    @contextmanager
    def leading(self) -> Iterator[list[Place[A, R]]]:
        """Yield the batch to carry if it is this place's turn, an empty one if another carried it.

        A fault that leaves the block becomes the outcome of every place that has none yet.
        """
        self._called.acquire()
        if self._outcome is not None:
            yield []
            return
        batch = self._queue.take()
        lost: BaseException = AssertionError("the turn ended without an outcome for this act")
        try:
            yield batch
        except Exception as fault:  # noqa: BLE001  every place raises it, this one's thread too
            lost = fault
        finally:
            for place in batch:
                if place._outcome is None:
                    place.settle(lost)
                if place is not self:
                    place.call()
            self._queue.pass_on(len(batch))

    def alone(self) -> _Alone:
        """Make a refusal inside the block this place's outcome: a refused act leaves its batch.

        So does a bug of ours that one act trips over: its own thread raises it, the others are not dragged along.
        """
        return _Alone(self)

    @property
    def settled(self) -> bool:
        """Tell whether this place has its outcome."""
        return self._outcome is not None

    def settle(self, outcome: R | BaseException) -> None:
        """Set what this place's thread will get: a result, or the fault to raise."""
        self._outcome = outcome

    def outcome(self) -> R:
        """Return the result, or raise the fault."""
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        assert self._outcome is not None
        return self._outcome
