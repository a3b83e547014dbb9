"""Read models of a million acts beside those of ten thousand: how fast they are rebuilt, read, and in how much memory.

Journals are made for it (:mod:`tests.bench.large_journal`). Processor time counts, not the clock on the wall, but for a
rebuild, which several processes share: both are told. Readings are whole answers of the service without its network,
signed in as a founder, in both ledgers by turns. The service's memory is that of a process of its own which has asked
for more cases than it keeps.
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient

from api.app import App, create_app
from api.settings import Settings
from ledger import logkey
from ledger.store import open_store
from tests.bench import large_journal
from tests.bench.databases import SQLITE
from tests.bench.figure import Figure, short
from tests.bench.office import Bench
from tests.bench.sizes import Size
from tests.kit import Kecamatan, mandate_of
from tests.signed_in import desk

ROOT = Path(__file__).parent.parent.parent
FEW, SOME, MANY = 10_000, 100_000, 1_000_000
#: Times that each reading is measured in each ledger.
TIMES = 40
#: Cases that a process reads before its memory is looked at: more than any of its caches holds.
READ = 12_000

Reading = Callable[[FlaskClient, random.Random, int], str]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A rebuild: leaves, leaves a second on the wall, and microseconds of all processors a leaf."""

    leaves: int
    rate: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Read:
    """Median seconds of processor time that an answer takes from a few acts and from many."""

    few: float
    many: float

    @property
    def ratio(self) -> float:
        return self.many / self.few


@dataclass(frozen=True, slots=True)
class Measured:
    """Rebuilds of some acts and of many; readings by name; resident bytes after reading, few and many; bytes on disk.

    ``disk`` is the pages of event table and tree over the bytes of the envelopes in them.
    """

    some: Rebuilt
    many: Rebuilt
    reads: dict[str, Read]
    resident_few: int
    resident: int
    disk: float


READINGS: dict[str, Reading] = {
    "trail_first_page": lambda client, dice, cases: "/v1/trail?limit=50",
    "trail_search": lambda client, dice, cases: "/v1/trail?official=agus-salim&kind=agenda.recorded&limit=50",
    "trail_of_a_case": lambda client, dice, cases: f"/v1/cases/{_case(dice, cases)}/trail",
    "case": lambda client, dice, cases: f"/v1/cases/{_case(dice, cases)}",
    "next": lambda client, dice, cases: f"/v1/cases/{_case(dice, cases)}/next?mandate={mandate_of('sri-wahyuni')}",
    "cases_first_page": lambda client, dice, cases: "/v1/cases?limit=50",
    "agenda": lambda client, dice, cases: f"/v1/agenda?year={large_journal.FIRST_YEAR}&unit=kalipare",
}


def figures(folder: Path, size: Size) -> list[Figure]:
    """Return how fast views of many acts are built, and what they take to be read, beside those of fewer."""
    found = measure(folder, *size.views, size.view_times)
    few, some, many = map(short, size.views)
    as_many = f"as many acts at the rate of {many}"
    seconds = found.some.leaves / found.some.rate
    figures = [
        Figure(f"rebuild_{some}", seconds, "s", found.some.leaves / found.many.rate, as_many, SQLITE.name),
        Figure(f"rebuild_{many}", found.many.rate, "acts/s", found.some.rate, f"the rate of {some} acts", SQLITE.name),
    ]
    for name, read in found.reads.items():
        named = f"{'trail' if name == 'trail_first_page' else name}_{many}"
        beside = f"the same of {few} acts; medians of processor time"
        figures.append(Figure(named, read.many * 1e3, "ms", read.few * 1e3, beside, SQLITE.name))
    resident, beside = found.resident / 1e6, f"the same of {few} acts"
    figures.append(Figure(f"memory_{many}", resident, "MB", found.resident_few / 1e6, beside, SQLITE.name))
    return figures


def measure(folder: Path, few: int = FEW, some: int = SOME, many: int = MANY, times: int = TIMES) -> Measured:
    """Return what is measured in new ledgers under ``folder`` with so many acts."""
    homes = [made(folder / str(acts), acts) for acts in (few, some, many)]
    small, middle, large = homes
    rebuild(small)
    rebuilt = rebuild(middle), rebuild(large)
    return Measured(*rebuilt, reading(small, large, times), resident(small), resident(large), disk(large))


def made(home: Path, acts: int) -> Path:
    """Return the folder of a new ledger with so many acts."""
    large_journal.make(home, acts).ledger.close()
    logkey.write(home / "log.key", Bench.log())
    return home


def rebuild(home: Path) -> Rebuilt:
    """Rebuild the views of a ledger by its command, in a process of its own."""
    command = [sys.executable, "-m", "api.cli", "rebuild", "--home", str(home), "--json"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = json.loads(subprocess.run(command, capture_output=True, check=True, cwd=ROOT).stdout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Rebuilt(said["leaves"], said["leaves"] / said["seconds"], spent / said["leaves"] * 1e6)


def reading(small: Path, large: Path, times: int = TIMES) -> dict[str, Read]:
    """Return how long answers take from a small ledger and from a large one."""
    dice = random.Random(1)  # noqa: S311  the same cases in every run, not a secret
    with served(small) as few, served(large) as many:
        sides = [(desk(app), _cases(app), list[float]()) for app in (few, many)]
        reads = {}
        for name, path in READINGS.items():
            for client, cases, spent in sides:
                spent.clear()
                client.get(path(client, dice, cases))
            for _ in range(times):
                for client, cases, spent in sides:
                    asked = path(client, dice, cases)
                    began = time.thread_time()
                    answer = client.get(asked)
                    spent.append(time.thread_time() - began)
                    if answer.status_code != 200:
                        raise AssertionError(answer.text)
            reads[name] = Read(*(statistics.median(spent) for _, _, spent in sides))
        return reads


def resident(home: Path, cases: int = READ) -> int:
    """Return the resident bytes of a service that has answered about so many cases, and about the newest acts."""
    command = [sys.executable, "-m", "tests.bench.large_views", str(home), str(cases)]
    return int(subprocess.run(command, capture_output=True, check=True, text=True, cwd=ROOT).stdout)


def disk(home: Path) -> float:
    """Return the bytes on disk of event table and tree for each byte of envelope."""
    pages = (home / "journal.sqlite").stat().st_size
    with open_store(home) as rows:
        envelopes, first = 0, 0
        while found := rows.entries(first, 10_000):
            envelopes += sum(len(row.data) - _FRAME for row in found)
            first += len(found)
    return pages / envelopes


#: Bytes of an entry beside its envelope.
_FRAME = len(b'{"recorded_at":"2026-11-22T02:15:00.000000Z","envelope":}')


@contextmanager
def served(home: Path) -> Iterator[App]:
    """Yield the service of a ledger, which records nothing."""
    office = Kecamatan(home)
    with office.ledger.reading() as rows:
        newest = rows.newest()
    office.ledger.close()
    assert newest is not None
    app = create_app(Settings(home), large_journal.clock_after(newest))
    try:
        yield app
    finally:
        app.close()


def _cases(app: App) -> int:
    """Return how many cases a ledger has, by whose numbers they are named."""
    register = 34
    return (app.parts.views.position() - register) // large_journal.ACTS_A_CASE


def _case(dice: random.Random, cases: int) -> str:
    return large_journal.case_of(dice.randrange(cases)).removeprefix("case:")


def main() -> None:
    """Read so many cases of a ledger, print the resident bytes."""
    home, most = Path(sys.argv[1]), int(sys.argv[2])
    with served(home) as app:
        client, cases = desk(app), _cases(app)
        for number in range(min(most, cases)):
            case = large_journal.case_of(number * cases // min(most, cases)).removeprefix("case:")
            for path in (f"/v1/cases/{case}", f"/v1/cases/{case}/next?mandate={mandate_of('sri-wahyuni')}"):
                if client.get(path).status_code != 200:
                    raise AssertionError(path)
        client.get(f"/v1/trail?limit=500&after={app.parts.views.position() - 500}")
        with open("/proc/self/statm", encoding="ascii") as statm:
            print(int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))


if __name__ == "__main__":
    main()
