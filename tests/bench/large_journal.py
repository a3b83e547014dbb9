"""A true journal of any size, made fast: whole cases of the real SOP, signed by officials' keys, sealed, gapless.

A wave of cases goes through the SOP together, a round of one act each at a time: all cores sign a round on the heads
and on the checkpoint that the round before left, and one commit of the journal seals it. Nobody judged the acts, which
costs most; they are those of a straight way, and an auditor finds them sound. Letters and periods are spread over the
years as an office spreads them, so a year's book is as long in a large journal as in a small one.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keys import strict_json
from keys.authority import WIB
from keys.envelope import Envelope
from ledger.acts import PAYLOAD_TYPE, Act
from ledger.checkpoint import sign_checkpoint
from ledger.database import Database
from ledger.entry import Entry
from ledger.merkle import grow, leaf_hash
from ledger.rows import Row
from tests.kit import ORIGIN, Kecamatan, key, mandate_of

#: Cases that go through the SOP together, and how many of the last wave stay open.
WAVE, OPEN = 500, 24
#: Letters of a year, and periods that they are for.
LETTERS_A_YEAR, PERIODS = 500, 25
FIRST_YEAR = 2026
ACTS_A_CASE = 12

Step = tuple[str, str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Unsigned:
    """All that an act is made from."""

    seen: tuple[int, str]
    stream: str
    version: int
    previous: str | None
    step: Step
    at: dt.datetime


def case_of(number: int) -> str:
    """Return the stream of the journal's case with this number, from 0."""
    return f"case:{uuid.UUID(int=number + 1)}"


def make(folder: Path, acts: int, database: Database | None = None) -> Kecamatan:
    """Return an office whose journal has at least ``acts`` leaves, and under 200 more; :data:`OPEN` cases are open."""
    office = Kecamatan(folder, database).open()
    with office.ledger.reading() as rows:
        size = rows.size()
    with multiprocessing.get_context("fork").Pool(len(os.sched_getaffinity(0))) as pool:
        first, going_on = 0, True
        while going_on:
            going_on = size < acts
            count = min(WAVE, -(-(acts - size) // ACTS_A_CASE)) if going_on else OPEN
            cases = [(case_of(number), steps(office, number)) for number in range(first, first + count)]
            size = _wave(office, pool, cases, size, stays_open=not going_on)
            first += count
    office.clock.now += dt.timedelta(seconds=1)
    return office


def clock_after(newest: Row) -> Callable[[], dt.datetime]:
    """Return a clock that stands a second after the newest act."""
    at = Entry.parse(newest.data).recorded_at + dt.timedelta(seconds=1)
    return lambda: at


def steps(office: Kecamatan, number: int) -> list[Step]:
    """Return the acts of a case, its letter and its period in the year of its number."""
    year, place = FIRST_YEAR + number // LETTERS_A_YEAR, number % LETTERS_A_YEAR
    running = place + 1
    found = []
    for official, kind, body in office.steps(case=case_of(number)):
        changed: dict[str, Any] = {}
        if "period" in body:
            changed["period"] = {"first_year": year, "last_year": year + place % PERIODS}
        if "number" in body:
            changed = {"agenda_no": running, "number": body["number"] | {"running": running, "year": year}}
        found.append((official, kind, body | changed))
    return found


def _wave(office: Kecamatan, pool: Any, cases: list[tuple[str, list[Step]]], size: int, *, stays_open: bool) -> int:
    """Lead cases through the SOP and return the journal's size; of those that stay open each stops somewhere else."""
    heads: dict[str, str] = {}
    for round_ in range(ACTS_A_CASE):
        going = [one for place, one in enumerate(cases) if not stays_open or place % ACTS_A_CASE >= round_]
        seen = office.seen()
        assert seen is not None
        unsigned = []
        for stream, acts in going:
            office.clock.now += dt.timedelta(milliseconds=900)
            place = (seen.size, seen.root)
            unsigned.append(Unsigned(place, stream, round_ + 1, heads.get(stream), acts[round_], office.clock.now))
        signed = pool.imap(_sign, unsigned, chunksize=125)
        rows = list(_rows(zip(unsigned, signed, strict=True), size))
        with office.ledger._journal.turn(office.log) as turn:  # as Turn.seal does, but nobody waits for receipts
            frontier, completed = grow(turn.frontier, [row.leaf_hash for row in rows])
            turn.rows.append(
                rows, completed, frontier, sign_checkpoint(office.log, ORIGIN, frontier.size, frontier.root)
            )
        heads |= {row.stream: row.leaf_hash.hex() for row in rows}
        size += len(rows)
    return size


def _rows(signed: Iterable[tuple[Unsigned, bytes]], first: int) -> Iterator[Row]:
    for index, (act, data) in enumerate(signed, first):
        yield Row(index, act.stream, act.version, act.step[1], data, leaf_hash(data))


def _sign(unsigned: Unsigned) -> bytes:
    """Return the entry's bytes; each act that opens a case is read back, as a client would."""
    official, kind, body = unsigned.step
    members = {
        "ledger": ORIGIN,
        "seen": {"size": unsigned.seen[0], "root": unsigned.seen[1]},
        "stream": unsigned.stream,
        "version": unsigned.version,
        "previous": unsigned.previous,
        "kind": kind,
        "official": official,
        "mandate": mandate_of(official),
        "occurred_at": unsigned.at.astimezone(WIB).isoformat(timespec="seconds"),
        "body": body,
    }
    payload = strict_json.spell(members)
    if unsigned.version == 1:
        Act.read(payload)
    return Entry.record(Envelope.seal(PAYLOAD_TYPE, payload, key(official)), unsigned.at).data
