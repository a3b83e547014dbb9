"""The reference: the plain eventsourcing library saving the same payloads, unsigned, one durable save at a time."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import datetime_now_with_tzinfo

NAMES = UUID("00000000-0000-0000-0000-000000000000")


@dataclass(frozen=True)
class Saved:
    """The same content as an act's payload, as any event of the library."""

    originator_id: UUID
    originator_version: int
    timestamp: datetime
    payload: str


def open_plain(folder: Path) -> Application[UUID]:
    """Return the library's own application on its own SQLite recorder, with its defaults."""
    folder.mkdir(parents=True, exist_ok=True)
    env = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "plain.sqlite")}
    return Application(env)


def save(app: Application[UUID], payload: bytes) -> None:
    """Save one payload as one event of its stream."""
    members = json.loads(payload)
    app.save(
        Saved(
            originator_id=uuid5(NAMES, members["stream"]),
            originator_version=members["version"],
            timestamp=datetime_now_with_tzinfo(),
            payload=payload.decode("utf-8"),
        )
    )


def rate(folder: Path, rounds: Sequence[Sequence[bytes]], writers: int) -> float:
    """Return events a second saved by ``writers`` threads; a round begins when the one before it is saved."""
    app = open_plain(folder)
    spent = 0.0
    with ThreadPoolExecutor(writers) as pool:
        for payloads in rounds:
            began = time.perf_counter()
            for _ in pool.map(lambda one: save(app, one), payloads):
                pass
            spent += time.perf_counter() - began
    app.close()
    return sum(map(len, rounds)) / spent
