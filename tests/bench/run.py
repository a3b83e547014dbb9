"""``make bench`` and ``make bench-full``: every figure beside its reference from the same run; writes var/bench.json.

The acts are whole cases of the real SOP: signed before the clock starts; verified, judged, sealed and durable when it
stops. What follows here is only which figures there are, in which order; each stands in a module of its own.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.bench import (
    afterwards,
    appending,
    audited,
    fairness,
    large_log,
    large_views,
    on_postgres,
    over_http,
    register,
)
from tests.bench.databases import DATABASES, Database
from tests.bench.figure import Figure
from tests.bench.machine import OTHERS, Spent, described
from tests.bench.office import Bench
from tests.bench.record import FILE, Run, code_now
from tests.bench.sizes import FULL, QUICK, Size
from tests.bench.table import table

#: What is to be done, in words, and what does it.
Measure = tuple[str, Callable[[], list[Figure]]]


def measures(folder: Path, size: Size) -> Iterator[Measure]:
    """Yield what is measured, in order; files are made in ``folder``."""
    for database in DATABASES:
        place, on = folder / database.name, f"on {database.name}"
        for writers in size.writers:
            by = partial(appending.figures, writers, place / "appending", size, database)
            yield f"appending by {writers} {on}", by
        yield f"HTTP {on}", partial(over_http.figures, place / "http", size, database)
        yield f"disk and rebuild {on}", partial(afterwards.figures, place / "appending", database)
        yield f"two processes {on}", partial(fairness.figures, place / "fairness", size, database)
        yield (
            f"a log of {size.leaves_on(database.name):,} leaves {on}",
            partial(large_log.figures, place / "log", size, database),
        )
    yield "the audit", partial(audited.figures, folder / "audited", size)
    yield "an old register", partial(register.figures, size)
    yield f"views of {max(size.views):,} acts", partial(large_views.figures, folder / "views", size)


def run(size: Size, folder: Path, say: Callable[[str], object]) -> Run:
    """Measure all of it, and say how far it is; the code that is measured is that which is there when it begins."""
    with on_postgres.serving(folder / "server"):
        return _run(size, folder, say)


def _run(size: Size, folder: Path, say: Callable[[str], object]) -> Run:
    code, on, before = code_now(), described(folder), Spent.now()
    for database in DATABASES:
        on[database.name] = f"{database.version()}, {_durable(folder / 'durable' / database.name, database)}"
    began, figures = time.monotonic(), list[Figure]()
    for what, measure in measures(folder, size):
        say(f"{time.monotonic() - began:6.0f} s  {what} ...")
        figures += measure()
    say(f"{time.monotonic() - began:6.0f} s  done")
    on[OTHERS] = Spent.now().elsewhere(before)
    return Run(code, size.name, on, tuple(figures))


def _durable(folder: Path, database: Database) -> str:
    """Return how commits of a ledger become durable, read from an open one."""
    ledger = Bench(folder, 0, database.at(folder)).kecamatan.ledger
    try:
        return database.durable(ledger.recorder)
    finally:
        ledger.close()


def measured(size: Size) -> Run:
    """Measure on the disk of var/, print the table, and write var/bench.json."""
    FILE.parent.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=FILE.parent))
    try:
        found = run(size, folder, lambda line: print(line, file=sys.stderr, flush=True))
    finally:
        shutil.rmtree(folder)
    FILE.write_text(found.dump(), encoding="utf-8")
    print(f"{table(found)}\n\nwritten to var/bench.json")
    return found


if __name__ == "__main__":
    measured(FULL if "--full" in sys.argv[1:] else QUICK)
