"""What the acts of 16 writers cost afterwards: bytes on disk, and building the read models anew."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NoReturn

from ledger.application import Ledger
from ledger.entry import Entry
from projections.catchup import Views
from tests.bench import plain
from tests.bench.appending import ledger_of, plain_of
from tests.bench.databases import Database
from tests.bench.figure import Figure
from tests.bench.office import Bench


def figures(folder: Path, database: Database) -> list[Figure]:
    """Return the figures of what :func:`tests.bench.appending.figures` left in ``folder``."""
    return [*on_disk(ledger_of(folder), database), rebuilding(folder, database)]


def on_disk(home: Path, database: Database) -> list[Figure]:
    """Return the bytes that an act takes, beside the bytes of its envelope."""
    ledger = Ledger(home, Bench.log(), _nothing_is_recorded, database=database.at(home))
    with ledger.reading() as rows:
        acts = rows.size()
        envelopes = sum(len(Entry.parse(row.data).envelope.data) for row in rows.entries(0, acts))
    ledger.close()
    stored, envelope = database.stored(home), envelopes / acts
    against = "bytes of its envelope"
    return [
        Figure(
            "disk", stored.events_and_tree / acts, "bytes", envelope, f"{against}: event table, tree", database.name
        ),
        Figure("disk_all", stored.all / acts, "bytes", envelope, f"{against}: with all checkpoints", database.name),
    ]


def rebuilding(folder: Path, database: Database) -> Figure:
    """Return acts a second that the read models are built at, beside the plain library only reading its events."""
    home = ledger_of(folder)
    ledger = Ledger(home, Bench.log(), _nothing_is_recorded, database=database.at(home))
    views = Views(ledger.database.views_url, ledger.reading, ledger.documents, ledger.database.views_file)
    began = time.perf_counter()
    leaves = views.rebuild()
    rate = leaves / (time.perf_counter() - began)
    views.close()
    ledger.close()
    app = plain.open_plain(plain_of(folder), database)
    began = time.perf_counter()
    read = [app.mapper.to_domain_event(one) for one in app.recorder.select_notifications(1, leaves)]
    reference = len(read) / (time.perf_counter() - began)
    app.close()
    return Figure("rebuild", rate, "acts/s", reference, "plain eventsourcing only reading its events", database.name)


def _nothing_is_recorded() -> NoReturn:
    raise AssertionError("nothing is recorded here")
