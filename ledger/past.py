"""The past: what the streams were at a leaf, that is when all leaves up to it had happened and no other.

Register and SOPs are few and long-lived, so every version of them is kept and found by bisection; their states share
what did not change. A case is folded anew from its own acts, each of which stands on the register and the SOP as they
then were. A moment stands for the newest leaf recorded at or before it, also found by bisection, because
``recorded_at`` never decreases along leaf indices (DESIGN, invariant 5). Pure.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from keys.errors import NotFound
from ledger import log
from ledger.recorded import Recorded
from ledger.replay import Replay, Step
from ledger.rows import Rows
from ledger.streams import Stream, advance
from ledger.wording import when


@dataclass(frozen=True, slots=True)
class Place:
    """The newest leaf that counts, and when it was recorded (UTC); ``moment`` is the aware time that was asked for."""

    index: int
    recorded_at: dt.datetime
    moment: dt.datetime | None = None

    @property
    def seen_from(self) -> dt.datetime:
        """Return the time at which what goes on is looked at: the moment, or that of the leaf that was asked for."""
        return self.moment or self.recorded_at


def place_at(rows: Rows, asked: int | dt.datetime, now: dt.datetime) -> Place:
    """Return the place of a leaf index, or of an aware moment: the newest leaf recorded at or before it.

    Raises NotFound (``past.leaf``, ``past.moment``) where there is no such leaf, naming those that there are, and
    (``past.future``) for a moment after ``now``: until then anything may still be recorded.
    """
    size = rows.size()
    if not size:
        raise NotFound(
            "ledger.founded",
            "Buku besar ini belum didirikan.",
            allowed="Yang pertama: pendirian buku besar oleh dua pendiri.",
        )
    index = asked if isinstance(asked, int) else bisect_right(range(size), asked, key=lambda at: _time(rows, at)) - 1
    if not isinstance(asked, int) and asked > max(now, _time(rows, size - 1)):
        raise NotFound(
            "past.future",
            f"{when(asked)} belum lewat; sekarang {when(now)}.",
            allowed="Sebut waktu yang sudah lewat atau nomor daun; untuk keadaan sekarang tanpa keduanya.",
        )
    if 0 <= index < size:
        return Place(index, _time(rows, index), None if isinstance(asked, int) else asked)
    first, last = (_time(rows, at).isoformat(timespec="microseconds").replace("+00:00", "Z") for at in (0, size - 1))
    there = f"Daun 0 sampai {size - 1}, dicatat dari {first} sampai {last}."
    if isinstance(asked, int):
        raise NotFound("past.leaf", f"Belum ada daun {asked} dalam buku besar ini.", allowed=there)
    raise NotFound("past.moment", f"Pada {asked.isoformat()} buku besar ini belum ada.", allowed=there)


def _time(rows: Rows, index: int) -> dt.datetime:
    return log.recorded(rows, index).entry.recorded_at


class Past:
    """Every version of register and SOPs that was ever asked for, of one journal.

    Safe to ask from any thread: histories are tuples, and whoever reads extends one and puts it in the other's place.
    """

    def __init__(self) -> None:
        self._histories: dict[str, tuple[Stream, ...]] = {}

    def stream(self, rows: Rows, name: str, index: int) -> Stream | None:
        """Return the register or an SOP (``sop:<slug>``) as it was at leaf ``index``; None if it was not yet."""
        return _at(self.history(rows, name), index)

    def steps(self, rows: Rows, case: str, index: int) -> Iterator[Step]:
        """Yield the acts of a case (``case:<uuid>``) up to leaf ``index``, each in its place; raises Forged."""
        replay = _CaseReplay(self, rows)
        for row in rows.stream(case):
            if row.index > index:
                return
            yield replay.jump(Recorded.read(row))

    def history(self, rows: Rows, name: str) -> tuple[Stream, ...]:
        """Return the register or an SOP after each of its acts, in leaf order."""
        known = self._histories.get(name, ())
        newer = rows.stream(name, len(known))
        if newer:
            made, stream = [], known[-1] if known else None
            for row in newer:
                stream = advance(_World(stream), Recorded.read(row))
                made.append(stream)
            known = self._histories[name] = (*known, *made)
        return known


@dataclass(frozen=True, slots=True)
class _World:
    """A world of one stream; register and SOPs are folded from nothing but their own acts."""

    own: Stream | None

    def stream(self, name: str) -> Stream | None:
        return self.own


class _CaseReplay(Replay):
    """A replay that jumps from one act of a case to the next; what it stands on is looked up, not folded."""

    def __init__(self, past: Past, rows: Rows) -> None:
        super().__init__(lambda name: (), position=1)  # leaf 0 founds the ledger and is in no case
        self._past = past
        self._rows = rows
        self._read: dict[str, tuple[Stream, ...]] = {}

    def jump(self, done: Recorded) -> Step:
        """Move to the leaf of the case's next act and over it."""
        self.position = done.index
        return self.apply(done)

    def stream(self, name: str) -> Stream | None:
        """Return the stream as the leaves below the position make it."""
        if name.startswith("case:"):
            return super().stream(name)
        if name not in self._read:
            self._read[name] = self._past.history(self._rows, name)
        return _at(self._read[name], self.position - 1)


def _at(history: tuple[Stream, ...], index: int) -> Stream | None:
    found = bisect_right(history, index, key=attrgetter("index"))
    return history[found - 1] if found else None
