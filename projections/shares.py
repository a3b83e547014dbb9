"""A share of a rebuild: some of the cases, folded by one process from the rows that it is told.

A case stands on its own acts, on the register and on the SOPs. So the cases are divided among shares by their names;
register and SOPs, which are few, are folded by every share and added by the first. What a share does not know any
more, or never met, it is told with the task: the rows of a stream, and a case's state. It asks for documents alone.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ledger.rows import Row
from projections import papers, storage
from projections.batch import Added, Batch
from projections.iku_state import State
from projections.schema import PAPERS
from projections.walk import Walk

#: Documents whose years a share keeps in mind.
PAPERS_KEPT = 20_000

#: What is known of a document: as a row of the table, with no more in its content than the years.
_Known = dict[str, Any]


class Task(NamedTuple):
    """Leaves for a share, ascending: those of its cases, and all of register and SOPs.

    ``past`` are the rows below the first leaf of streams that it does not know, ``states`` those of the cases among
    them; ``forget`` are streams that it need not know any more.
    """

    rows: list[Row]
    past: dict[str, list[Row]]
    states: list[State]
    forget: list[str]


class Share:
    """The ``number``-th share, from 0, of a rebuild that begins at leaf ``position``; ``read`` as in ``papers``."""

    def __init__(self, number: int, position: int, read: papers.Read) -> None:
        self._first = number == 0
        self._walk = Walk(position, kept=None)
        self._read = read
        self._papers: OrderedDict[str, _Known] = OrderedDict()

    def do(self, task: Task) -> Added:
        """Return what the leaves of a task add; raises Forged or NotJudged at the first that cannot be projected."""
        walk, told = self._walk, _Told(task.past)
        for stream in task.forget:
            walk.forget(stream)
        for state in task.states:
            walk.cases[state["stream"]] = state
        for stream in task.past:
            if is_common(stream):
                walk.meet(told, stream)
        batch = Batch(walk.cases)
        for row in task.rows:
            walk.pass_to(row.index)
            step = walk.step(told, row)
            if self._first or not is_common(row.stream):
                batch.add(row, step)
        fresh = self._keep(batch.drafts | batch.undated())
        added = batch.added(self._papers)
        if fresh:
            added[PAPERS.name] = storage.values(PAPERS, fresh)
        while len(self._papers) > PAPERS_KEPT:
            self._papers.popitem(last=False)
        return added

    def _keep(self, digests: Iterable[str]) -> list[dict[str, Any]]:
        """Keep in mind what these documents say; return the rows of those that had to be read."""
        fresh = []
        for digest in sorted(digests):
            if digest in self._papers:
                self._papers.move_to_end(digest)
                continue
            row = papers.paper(digest, self._read)
            content = row["content"]
            self._papers[digest] = {"content": {"period": content["period"]} if content else None}
            fresh.append(row)
        return fresh


class _Told:
    """The streams that a task tells of."""

    def __init__(self, past: Mapping[str, list[Row]]) -> None:
        self._past = past

    def stream(self, stream: str) -> Iterable[Row]:
        """Return the rows that were told of a stream."""
        return self._past.get(stream, ())


def is_common(stream: str) -> bool:
    """Tell whether every share folds a stream: the register, the SOPs, and what no sound row names."""
    return not stream.startswith("case:")


def share_of(stream: str, shares: int) -> int:
    """Return the number of the share that has a case."""
    return zlib.crc32(stream.encode()) % shares
