"""The reference: the plain eventsourcing library saving the same payloads, unsigned, one durable save at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import datetime_now_with_tzinfo

from tests.bench.databases import Database

NAMES = UUID("00000000-0000-0000-0000-000000000000")


@dataclass(frozen=True)
class Saved:
    """The same content as an act's payload, as any event of the library."""

    originator_id: UUID
    originator_version: int
    timestamp: datetime
    payload: str


def open_plain(folder: Path, database: Database) -> Application[UUID]:
    """Return the library's own application on its own recorder, with its defaults."""
    folder.mkdir(parents=True, exist_ok=True)
    return Application(dict(database.plain(folder)))


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
