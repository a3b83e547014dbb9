"""Search of the audit trail across streams: the auditor's first question, a page at a time, in leaf order.

A page begins after a leaf index, and rows are only ever added behind the last, so pages neither skip nor repeat an
act while others are recorded. ``recorded_at`` never decreases along leaf indices (DESIGN, invariant 5), so a span of
time is a span of leaves, found by two look-ups. Of the other filters, each of which has an index that ends with the
leaf index, the one with the fewest rows leads and the rest are checked on its rows: SQLite keeps no figures by which
it could choose.

Words are sought in what an act says and who did it; no index serves them, so they are checked on the rows that the rest
finds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, exists, func, not_, or_, select

from projections import storage
from projections.audit_trail import SHOWN, case_of, utc, whole
from projections.schema import CASES, INTERNED, TRAIL, TRAIL_FLAGS

#: Rows of a filter that are counted to choose which one leads: one with fewer is read whole within a millisecond.
MOST_COUNTED = 1_000
_FLAG = "flag"
#: The filters, by column; among those that are all too many to count, the first leads.
FILTERS = ("stream", "official", "office", "kind", _FLAG, "unit")
#: Where words are sought: in an act, and in what is said of who signed it.
_SAYS = (TRAIL.c.sentence, TRAIL.c.reason, TRAIL.c.deviation, cast(TRAIL.c.documents, Text), TRAIL.c.leaf)
_SIGNER_SAYS = tuple(
    INTERNED.c.content[way].as_string() for way in (("name",), ("nip",), ("office_name",), ("decree", "number"))
)


@dataclass(frozen=True, slots=True)
class Sought:
    """What the acts must be, all of it at once; None asks nothing.

    ``flag`` is a flag's stable name; ``start`` and ``end`` are aware times, both included.
    ``text`` are words, each of which must stand somewhere in the act, in whichever case (of ASCII letters).
    ``units`` are those whose cases the reader may read, None for all; other streams belong to no unit.
    """

    official: str | None = None
    office: str | None = None
    unit: str | None = None
    kind: str | None = None
    flag: str | None = None
    stream: str | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    text: str | None = None
    units: frozenset[str] | None = None

    def named(self) -> dict[str, str]:
        """Return the filters that ask something, by name, times apart."""
        return {name: value for name in FILTERS if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class Span:
    """Leaf indices, both included; none where ``first`` is above ``last``."""

    first: int
    last: int


def newest(connection: Connection) -> int:
    """Return the highest leaf index in the trail, -1 where there is none."""
    found = connection.execute(select(func.max(TRAIL.c.leaf_index))).scalar()
    return -1 if found is None else int(found)


def page(
    connection: Connection, sought: Sought, limit: int, *, after: int = -1, last: int | None = None
) -> list[dict[str, Any]]:
    """Return the first ``limit`` rows above leaf ``after`` that are what is sought, none above ``last``, oldest first.

    Rows are as :func:`projections.audit_trail.trail` returns them.
    """
    span = _span(connection, sought, after, newest(connection) if last is None else last)
    if span.first > span.last:
        return []
    return whole(connection, connection.execute(statement(connection, sought, span).limit(limit)))


def statement(connection: Connection, sought: Sought, span: Span) -> Select[Any]:
    """Return the query of all rows in ``span`` that are what is sought, led by the filter with the fewest of them."""
    named = sought.named()
    lead = min(named, key=lambda name: _count(connection, name, named[name], span), default=None)
    if lead is None:
        asked = select(*SHOWN).where(_within(TRAIL.c.leaf_index, span)).order_by(TRAIL.c.leaf_index)
    elif lead == _FLAG:
        marked = TRAIL_FLAGS.c.leaf_index
        asked = select(*SHOWN).join_from(TRAIL_FLAGS, TRAIL, marked == TRAIL.c.leaf_index)
        asked = asked.where(TRAIL_FLAGS.c.name == named[lead], _within(marked, span)).order_by(marked)
    else:
        asked = select(*SHOWN).where(TRAIL.c[lead] == named[lead], _within(TRAIL.c.leaf_index, span))
        asked = asked.order_by(TRAIL.c.leaf_index)
    return asked.where(*_checks(named, lead), *_says(sought.text), *_readable(sought.units))


def _says(text: str | None) -> Iterator[ColumnElement[bool]]:
    """Yield the condition that an act says a word, for each word."""
    for word in (text or "").split():
        signs = or_(*(one.icontains(word, autoescape=True) for one in _SIGNER_SAYS))
        signers = select(INTERNED.c.id).where(signs).scalar_subquery()
        yield or_(TRAIL.c.signer.in_(signers), *(column.icontains(word, autoescape=True) for column in _SAYS))


def _readable(units: frozenset[str] | None) -> Iterator[ColumnElement[bool]]:
    """Yield the condition that an act is not one of a case that only others read."""
    if units is not None:
        own = exists().where(CASES.c.case_id == case_of(TRAIL.c.stream), CASES.c.unit.in_(sorted(units)))
        yield or_(not_(TRAIL.c.stream.startswith("case:")), own)


def _checks(named: dict[str, str], lead: str | None) -> Iterator[ColumnElement[bool]]:
    """Yield the filters that do not lead, in a form that no index serves."""
    for name, value in named.items():
        if name == lead:
            continue
        if name == _FLAG:
            yield exists().where(TRAIL_FLAGS.c.name == value, TRAIL_FLAGS.c.leaf_index == TRAIL.c.leaf_index)
        else:
            yield storage.unindexed(TRAIL.c[name]) == value


def _count(connection: Connection, name: str, value: str, span: Span) -> int:
    """Return how many rows in ``span`` pass one filter, at most :data:`MOST_COUNTED`."""
    if name == _FLAG:
        rows = select(TRAIL_FLAGS.c.leaf_index).where(TRAIL_FLAGS.c.name == value)
        rows = rows.where(_within(TRAIL_FLAGS.c.leaf_index, span))
    else:
        rows = select(TRAIL.c.leaf_index).where(TRAIL.c[name] == value, _within(TRAIL.c.leaf_index, span))
    counted = select(func.count()).select_from(rows.limit(MOST_COUNTED).subquery())
    return int(connection.execute(counted).scalar_one())


def _span(connection: Connection, sought: Sought, after: int, last: int) -> Span:
    """Return the leaves above ``after`` and not above ``last`` that were recorded in the time that is sought."""
    time, leaf = TRAIL.c.recorded_at, TRAIL.c.leaf_index
    first = after + 1
    if sought.start is not None:
        since = select(leaf).where(time >= _text(sought.start)).order_by(time, leaf).limit(1)
        found = connection.execute(since).scalar()
        first = last + 1 if found is None else max(first, found)
    if sought.end is not None:
        until = select(leaf).where(time <= _text(sought.end)).order_by(time.desc(), leaf.desc()).limit(1)
        found = connection.execute(until).scalar()
        last = -1 if found is None else min(last, found)
    return Span(first, last)


def _within(leaf: ColumnElement[int], span: Span) -> ColumnElement[bool]:
    return leaf.between(span.first, span.last)


def _text(moment: dt.datetime) -> str:
    """Return a moment as the trail spells it: such texts are all of one length and compare as times."""
    return utc(moment.astimezone(dt.UTC))
