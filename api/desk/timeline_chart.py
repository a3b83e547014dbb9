"""A timeline: what somebody held, from when to when, as shapes on a drawing 1,000 units wide. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

_WIDTH, _ROW, _TOP, _BOTTOM = 1000, 48, 36, 26
#: How much room the day at which the drawing begins takes, and a year or a month further on.
_FIRST_LABEL, _LABEL = 260, 110
#: The narrowest bar: what was held for a moment is still seen.
_LEAST = 6
#: The names of bars that begin left of this stand before their beginning, the others before their end.
_MIDDLE = 500


class Life(NamedTuple):
    """Something held: its name, a kind that says how it is drawn, when it began, when it ended (None: it holds)."""

    name: str
    kind: str
    began: dt.datetime
    ended: dt.datetime | None


class Bar(NamedTuple):
    """A life on the drawing; ``label`` is where its name begins, or ends where ``leftward``."""

    life: Life
    x: int
    y: int
    width: int
    label: int
    leftward: bool


class Tick(NamedTuple):
    """A day on the drawing: where it begins, a year's or a month's first, or the present one."""

    what: Literal["begin", "year", "month", "now"]
    day: dt.date
    x: int


class Drawing(NamedTuple):
    """Bars in the order of the lives, and ticks; sizes are the drawing's own units."""

    height: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


def timeline(lives: Sequence[Life], now: dt.datetime) -> Drawing | None:
    """Return the drawing, from the first beginning to ``now`` or the last end that is known; None of nothing.

    A life ends no earlier than it begins. Days are those of the zone of the earliest beginning.
    """
    if not lives:
        return None
    first = min(one.began for one in lives)
    last = max([now, *(one.began for one in lives), *(one.ended for one in lives if one.ended)])
    length = max((last - first).total_seconds(), 1.0)

    def x(at: dt.datetime) -> int:
        return round((at - first).total_seconds() / length * _WIDTH)

    bars = tuple(_bar(one, _TOP + row * _ROW, x(one.began), x(one.ended or last)) for row, one in enumerate(lives))
    between: list[Tick] = []
    for what, at in _marks(first, last):
        if x(at) >= (between[-1].x + _LABEL if between else _FIRST_LABEL) and x(at) <= _WIDTH - _LABEL:
            between.append(Tick(what, at.date(), x(at)))
    here = now.astimezone(first.tzinfo).date()
    ticks = (Tick("begin", first.date(), 0), *between, Tick("now", here, x(now)))
    return Drawing(_TOP + len(lives) * _ROW + _BOTTOM, bars, ticks)


def _bar(life: Life, y: int, begins: int, ends: int) -> Bar:
    width = max(ends - begins, _LEAST)
    begins = min(begins, _WIDTH - width)
    leftward = begins > _MIDDLE
    return Bar(life, begins, y, width, begins + width if leftward else begins, leftward)


def _marks(first: dt.datetime, last: dt.datetime) -> Iterator[tuple[Literal["year", "month"], dt.datetime]]:
    """Yield the first days of years in between, or of months where that is less than two years."""
    years = last.year - first.year
    if years > 1:
        yield from (("year", _day(first, first.year + one, 1)) for one in range(1, years + 1))
        return
    for one in range(first.month, first.month + 12 * years + last.month - first.month):
        yield "month", _day(first, first.year + one // 12, one % 12 + 1)


def _day(like: dt.datetime, year: int, month: int) -> dt.datetime:
    return dt.datetime(year, month, 1, tzinfo=like.tzinfo)
