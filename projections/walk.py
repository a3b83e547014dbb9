"""The walk along the journal: each leaf in its place, and what the cases' rows were before it.

A walk keeps streams and case states in memory between batches. It stands at a position; where the views have come
further by another process's hand, it walks after them and forgets the cases that were touched.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from keys.errors import Forged, NotJudged, Refused
from ledger.recorded import Recorded
from ledger.replay import Replay, Step
from ledger.rows import Row, Rows
from projections.iku_state import State
from projections.schema import CASES

#: Case states kept in memory.
CASES_KEPT = 10_000
#: A walk that is further behind than this many leaves begins anew.
MOST_BEHIND = 5_000
_AT_ONCE = 500


class Walk:
    """Stands at ``position``: all leaves below it have happened."""

    def __init__(self, position: int) -> None:
        self.cases: OrderedDict[str, State] = OrderedDict()
        self._replay = Replay(self._history, position)
        self._rows: Rows | None = None
        self._met: Row | None = None

    @property
    def position(self) -> int:
        """Return how many leaves have happened."""
        return self._replay.position

    def step(self, rows: Rows, row: Row) -> Step:
        """Move over the act in ``row``.

        Raises Forged where its bytes do not hold, NotJudged (rule ``views.event``) where it cannot have happened; both
        name leaf and kind in their facts. NotJudged (``views.missing``) names a leaf that is missing before it.
        """
        self._rows, self._met = rows, row
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

    def follow(self, rows: Rows, position: int) -> None:
        """Walk to ``position``, whose leaves somebody else has projected."""
        while self.position < position:
            for row in rows.entries(self.position, min(_AT_ONCE, position - self.position)):
                self.step(rows, row)
                self.cases.pop(row.stream, None)

    def load(self, connection: Connection, streams: Iterable[str]) -> None:
        """Have in memory the states of these streams' cases, as the table has them."""
        missing = [name for name in streams if name.startswith("case:") and name not in self.cases]
        for some in _in_parts(missing):
            asked = select(CASES.c.state).where(CASES.c.case_id.in_([name.removeprefix("case:") for name in some]))
            for state in connection.execute(asked).scalars():
                self.cases[state["stream"]] = state

    def trim(self) -> None:
        """Forget the cases that were not touched for longest."""
        while len(self.cases) > CASES_KEPT:
            self.cases.popitem(last=False)

    def _history(self, stream: str) -> Iterator[Recorded]:
        assert self._rows is not None
        assert self._met is not None
        if self._met.version == 1 and self._met.stream == stream:  # it begins here: nothing to look up
            return iter(())
        return map(Recorded.read, self._rows.stream(stream))


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


def _in_parts(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), _AT_ONCE):
        yield names[start : start + _AT_ONCE]
