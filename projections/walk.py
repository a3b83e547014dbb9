"""The walk along the journal: each leaf in its place, and what the cases' rows were before it.

A walk keeps streams and case states in memory between batches, a bounded number of them. It stands at a position; where
the views have come further by another process's hand, it walks after them and forgets the cases that were touched.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Protocol

from sqlalchemy import Connection, select

from keys.errors import Forged, NotJudged, Refused
from ledger.recorded import Recorded
from ledger.replay import Replay, Step
from ledger.rows import Row, Rows
from projections.iku_state import State
from projections.schema import CASES

#: Case states, and streams, that are kept in memory: some 45 KB a case of twelve acts; one that went costs some 1 ms.
CASES_KEPT = 500
#: A walk that is further behind than this many leaves begins anew.
MOST_BEHIND = 5_000
_AT_ONCE = 500


class Past(Protocol):
    """Whoever knows the rows of a stream: the journal, or who read it."""

    def stream(self, stream: str) -> Iterable[Row]:
        """Return the rows of a stream in version order."""
        ...


class Walk:
    """Stands at ``position``: all leaves below it have happened; keeps ``kept`` cases at most, or all for None."""

    def __init__(self, position: int, kept: int | None = CASES_KEPT) -> None:
        self.cases: OrderedDict[str, State] = OrderedDict()
        self._kept = sys.maxsize if kept is None else kept
        self._replay = Replay(self._history, position, self._kept, numbers=False)
        self._past: Past | None = None
        self._met: Row | None = None

    @property
    def position(self) -> int:
        """Return how many leaves have happened."""
        return self._replay.position

    def pass_to(self, index: int) -> None:
        """Pass over leaves that are of no concern to whoever walks here."""
        self._replay.position = index

    def step(self, past: Past, row: Row) -> Step:
        """Move over the act in ``row``; ``past`` knows the streams that are not in memory.

        Raises Forged where its bytes do not hold, NotJudged (rule ``views.event``) where it cannot have happened; both
        name leaf and kind in their facts. NotJudged (``views.missing``) names a leaf that is missing before it.
        """
        self._past, self._met = past, row
        if row.index != self.position:
            raise missing(self.position)
        try:
            return self._replay.apply(Recorded.read(row))
        except Forged as error:
            named = error.facts.get("leaf", row.index)
            if named != row.index:  # an earlier leaf, read again to know what this one continues
                raise
            raise Forged(error.rule, error.detail, leaf=row.index, kind=row.kind) from error
        except (Refused, AssertionError, LookupError) as error:
            raise unexpected(row) from error

    def meet(self, past: Past, stream: str) -> None:
        """Fold a stream below the position, so that ``past`` need not know it any more; raises Forged or NotJudged."""
        self._past, self._met = past, None
        try:
            self._replay.stream(stream)
        except (Refused, AssertionError, LookupError) as error:
            raise missing(self.position) from error  # it was folded before, so something below is gone or changed

    def follow(self, rows: Rows, position: int) -> None:
        """Walk to ``position``, whose leaves somebody else has projected."""
        while self.position < position:
            for row in rows.entries(self.position, min(_AT_ONCE, position - self.position)):
                self.step(rows, row)
                self.cases.pop(row.stream, None)

    def load(self, connection: Connection, streams: Iterable[str]) -> None:
        """Have in memory the states of these streams' cases, as the table has them."""
        for state in states(connection, (name for name in streams if name not in self.cases)):
            self.cases[state["stream"]] = state

    def forget(self, stream: str) -> None:
        """Forget a stream and its case; both are looked up when they are met again."""
        self.cases.pop(stream, None)
        self._replay.forget(stream)

    def trim(self) -> None:
        """Forget the cases that were not touched for longest."""
        while len(self.cases) > self._kept:
            self.cases.popitem(last=False)

    def _history(self, stream: str) -> Iterator[Recorded]:
        assert self._past is not None
        met = self._met
        if met is not None and met.version == 1 and met.stream == stream:  # it begins here: nothing to look up
            return iter(())
        return map(Recorded.read, self._past.stream(stream))


def states(connection: Connection, streams: Iterable[str]) -> Iterator[State]:
    """Yield the states of those of ``streams`` that are cases with a row."""
    wanted = [name.removeprefix("case:") for name in streams if name.startswith("case:")]
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        yield from connection.execute(select(CASES.c.state).where(CASES.c.case_id.in_(some))).scalars()


def unexpected(row: Row) -> NotJudged:
    """Return the fault of an act that no read model knows what to make of."""
    return NotJudged(
        "views.event",
        f"Tampilan berhenti di daun {row.index} ({row.kind}): tindakan ini tidak dapat ditempatkan dalam riwayat.",
        allowed="Tampilan sampai daun sebelumnya tetap dapat dibaca; periksa buku besarnya.",
        leaf=row.index,
        kind=row.kind,
    )


def missing(index: int) -> NotJudged:
    """Return the fault of a leaf that the log counts and the journal does not hold."""
    return NotJudged(
        "views.missing",
        f"Tampilan berhenti di daun {index}: daun ini tidak ada dalam buku besar.",
        allowed="Tampilan sampai daun sebelumnya tetap dapat dibaca; periksa buku besarnya.",
        leaf=index,
    )
