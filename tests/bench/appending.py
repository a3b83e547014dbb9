"""Appending by 1, 8, 16 and 64 writers in one process: group commit, and how long a writer waits for the receipt.

A round of acts is signed, saved by every reference in turn, then recorded; so whatever else the machine does in the
meantime slows all of them down. The garbage collector is set for all as the service sets it for itself.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from api.server import spare_the_collector
from keys.envelope import Envelope
from tests.bench import bare, outside_logs, plain
from tests.bench.databases import SQLITE, Database
from tests.bench.figure import Figure, percentile
from tests.bench.office import Bench, Writers, payloads
from tests.bench.outside_logs import LOGS, NotInstalled, OutsideLog
from tests.bench.sizes import Size

#: With so many writers the figures are held against every reference.
MANY = 16
#: Acts of a round that a log from PyPI saves: some take long, and their rate is the same.
SAMPLE = 50
SINGLE = "plain eventsourcing, the same payloads unsigned, one durable save at a time"


def figures(writers: int, folder: Path, size: Size, database: Database) -> list[Figure]:
    """Return the rate, and percentiles of the time to the receipt, of so many writers."""
    ran = _by(writers, folder / f"{writers}", size.cases, database)
    found = _beside_the_library(ran, writers, database.name)
    return found + _beside_others(ran, database.name) if writers == MANY else found


def ledger_of(folder: Path) -> Path:
    """Return the folder of the ledger that :data:`MANY` writers leave behind, for those who measure it further."""
    return folder / f"{MANY}" / "ledger"


def plain_of(folder: Path) -> Path:
    """Return the folder of what the plain library saved of the same acts."""
    return folder / f"{MANY}" / "plain"


@dataclass(frozen=True, slots=True)
class Ran:
    """One ledger's acts by so many writers, and the same acts by each reference.

    ``outside`` are the rates of logs from PyPI, empty where they could not be installed, and then ``missing`` says why.
    ``verified`` is how many of the signatures one core verifies a second.
    """

    ours: Writers
    single: Writers
    as_many: Writers
    outside: dict[str, float]
    missing: str
    verified: float


def _by(writers: int, folder: Path, cases: int, database: Database) -> Ran:
    bench = Bench(folder / "ledger", cases, database.at(folder / "ledger"))
    ledger = bench.kecamatan.ledger
    plain_single, plain_crowd = (plain.open_plain(folder / name, database) for name in ("plain", "plain-threads"))
    if database.durable(ledger.recorder) != database.durable(plain_single.recorder):
        raise AssertionError("the reference is not durable as the ledger is")
    spare_the_collector()
    spent_verifying = 0.0
    with ExitStack() as stack:
        outside, missing = _outside(stack, folder) if writers == MANY and database is SQLITE else ({}, "")
        single = stack.enter_context(Writers(1, partial(plain.save, plain_single)))
        as_many = stack.enter_context(Writers(writers, partial(plain.save, plain_crowd)))
        ours = stack.enter_context(Writers(writers, ledger.record))
        for envelopes in bench.all():
            unsigned = payloads(envelopes)
            single.take(unsigned)
            as_many.take(unsigned)
            for log in outside.values():
                log.take(unsigned[:SAMPLE])
            spent_verifying += bare.seconds(bare.by_cryptography(map(Envelope.parse, envelopes)))
            ours.take(envelopes)
    for app in (ledger, plain_single, plain_crowd):
        app.close()
    rates = {name: log.rate for name, log in outside.items()}
    return Ran(ours, single, as_many, rates, missing, len(ours.each) / spent_verifying)


def _outside(stack: ExitStack, folder: Path) -> tuple[dict[str, OutsideLog], str]:
    """Return the outside logs, running; or none, and why not."""
    try:
        python = outside_logs.environment()
    except NotInstalled as why:
        return {}, f"could not be installed ({why})"
    return {name: stack.enter_context(outside_logs.opened(python, name, folder / name)) for name in LOGS}, ""


def _beside_the_library(ran: Ran, writers: int, on: str) -> list[Figure]:
    name = f"append_{writers}_writer{'s' if writers > 1 else ''}"
    threads = f"the same by {writers} thread{'s' if writers > 1 else ''}"
    found = [Figure(name, ran.ours.rate, "acts/s", ran.single.rate, SINGLE, on)]
    if writers > 1:
        found.append(Figure(f"{name}_threads", ran.ours.rate, "acts/s", ran.as_many.rate, threads, on))
    for which in (50, 95, 99):
        value, reference = percentile(ran.ours.each, which), percentile(ran.as_many.each, which)
        found.append(Figure(f"{name}_p{which}", value, "ms", reference, f"{threads}, no receipt", on))
    return found


def _beside_others(ran: Ran, on: str) -> list[Figure]:
    name, rate = f"append_{MANY}_writers", ran.ours.rate
    alone = "one core verifying the same signatures alone, with cryptography"
    found = [Figure(f"{name}_verify", rate, "acts/s", ran.verified, alone, on)]
    for log, what in LOGS.items() if on == SQLITE.name else ():  # they are files too
        against = f"{log}: {ran.missing or what}"
        found.append(Figure(f"{name}_{log.replace('-', '_')}", rate, "acts/s", ran.outside.get(log), against, on))
    return found
