"""Acts to measure with: many cases through all ten steps, each round signed before the clock starts."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ledger.note import NoteSigner
from tests.kit import ORIGIN, Kecamatan, key


class Bench:
    """A kecamatan with ``cases`` cases; round ``r`` is the ``r``-th act of every case."""

    def __init__(self, folder: Path, cases: int) -> None:
        self.kecamatan = Kecamatan(folder).open()
        self.streams = [f"case:{uuid.UUID(int=number)}" for number in range(1, cases + 1)]
        self.steps = [self.kecamatan.steps(case=stream) for stream in self.streams]
        self.rounds = len(self.steps[0])

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

    def rate(self, writers: int, send: Callable[[bytes], object]) -> tuple[float, list[list[bytes]]]:
        """Return acts a second by ``writers`` threads, and the envelopes of each round."""
        spent, rounds = 0.0, []
        with ThreadPoolExecutor(writers) as pool:
            for number in range(self.rounds):
                envelopes = self.round(number)
                began = time.perf_counter()
                for _ in pool.map(send, envelopes):
                    pass
                spent += time.perf_counter() - began
                rounds.append(envelopes)
        return sum(map(len, rounds)) / spent, rounds


def timed(writers: int, envelopes: Sequence[bytes], send: Callable[[bytes], object]) -> list[float]:
    """Return the seconds that each send took, with ``writers`` threads sending."""

    def one(envelope: bytes) -> float:
        began = time.perf_counter()
        send(envelope)
        return time.perf_counter() - began

    with ThreadPoolExecutor(writers) as pool:
        return list(pool.map(one, envelopes))
