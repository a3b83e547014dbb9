"""Acts to measure with: many cases through all ten steps, each round signed before the clock starts."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from keys.envelope import Envelope
from ledger.database import Database
from ledger.note import NoteSigner
from tests.kit import ORIGIN, Kecamatan, key


class Bench:
    """A kecamatan with ``cases`` cases; round ``r`` is the ``r``-th act of every case."""

    def __init__(self, folder: Path, cases: int, database: Database | None = None) -> None:
        self.kecamatan = Kecamatan(folder, database).open()
        self.streams = [f"case:{uuid.UUID(int=number)}" for number in range(1, cases + 1)]
        self.steps = [self.kecamatan.steps(case=stream) for stream in self.streams]
        self.rounds = len(self.steps[0]) if cases else 0

    @staticmethod
    def log() -> NoteSigner:
        """Return the key of the log that every bench ledger has."""
        return NoteSigner(ORIGIN, key("log"))

    def round(self, number: int) -> list[bytes]:
        """Return the signed envelopes of one round, each on the head that its case now has."""
        acts = [steps[number] for steps in self.steps]
        return [
            self.kecamatan.sign(official, stream, kind, body)
            for stream, (official, kind, body) in zip(self.streams, acts, strict=True)
        ]

    def all(self) -> Iterator[list[bytes]]:
        """Yield the rounds; one must be recorded before the next is asked for."""
        return map(self.round, range(self.rounds))


class Writers:
    """So many threads that send by ``send``, and how long that took; the threads are there before the clock starts."""

    def __init__(self, count: int, send: Callable[[bytes], object]) -> None:
        self._send = send
        self._pool = ThreadPoolExecutor(count)
        self.spent = 0.0
        #: Seconds that each send took.
        self.each: list[float] = []

    def __enter__(self) -> Writers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.shutdown()

    def take(self, items: Sequence[bytes]) -> None:
        """Send all of these, and return when all are answered."""
        began = time.perf_counter()
        self.each += self._pool.map(self._one, items)
        self.spent += time.perf_counter() - began

    def _one(self, item: bytes) -> float:
        began = time.perf_counter()
        self._send(item)
        return time.perf_counter() - began

    @property
    def rate(self) -> float:
        """Return how many were sent a second."""
        return len(self.each) / self.spent


def payloads(envelopes: Sequence[bytes]) -> list[bytes]:
    """Return what is in these envelopes, unsigned."""
    return [Envelope.parse(one).unverified_payload for one in envelopes]
