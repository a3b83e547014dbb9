"""Rebuilding: the whole journal folded into a scratch file beside the live views, from where a killed rebuild stood.

The scratch file has a known name. Each batch of rows commits in it together with the position, so whoever dies leaves
whole batches behind, and the next rebuild goes on after them if the file is sound, of this schema and of this journal.
What cannot be gone on with is begun anew; so is all of it where a leaf does not hold, for then somebody will have to
mend something. Where a database went away, what is done stays.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from keys.errors import Forged, NotJudged
from ledger.rows import Row, Rows
from ledger.streams import REGISTER
from projections import crew, papers
from projections.batch import write
from projections.place import begin, place_of
from projections.schema import PAPERS
from projections.scratch import Scratch
from projections.shares import Task, is_common, share_of
from projections.walk import missing, states

#: Leaves that are projected in one transaction.
BATCH = 5_000
#: Cases that a share keeps in memory. One that is met again later is looked up, which takes ten times as long.
CASES_KEPT = 4_000
#: Batches for which no case is forgotten: those that may not be written yet, and one.
_UNWRITTEN = 3

#: Told now and then how many leaves of how many are done; at first how many were done already, if any were.
Progress = Callable[[int, int], None]
#: Opens the journal to read.
Journal = Callable[[], AbstractContextManager[Rows]]


def build(scratch: Scratch, journal: Journal, read: papers.Read, progress: Progress | None, shares: int | None) -> int:
    """Fold the journal into ``scratch`` and return how many leaves; raises Forged or NotJudged naming a leaf.

    ``shares`` is how many processes fold, None for what is best.
    """
    try:
        return _build(scratch, journal, read, progress, shares)
    except (Forged, NotJudged):
        scratch.discard()
        raise


def _build(scratch: Scratch, journal: Journal, read: papers.Read, progress: Progress | None, shares: int | None) -> int:
    with journal() as rows:
        if not (scratch.is_sound() and _continues(scratch, rows, read)):
            scratch.begin_anew()
            with scratch.writing() as connection:
                begin(connection)
        size = rows.size()
    with scratch.writing() as connection:
        place = place_of(connection)
    assert place is not None
    position = place.position
    if progress is not None and position:
        progress(position, size)
    told = _Telling(journal, scratch, position, shares or crew.shares_for(size - position))
    for found, added in crew.work(told.batches(), told.shares, position, read):
        with scratch.writing() as connection:
            write(connection, added, found)
        position = found[-1].index + 1
        if progress is not None:
            progress(position, max(told.size, position))
    scratch.make_indexes()
    return position


def _continues(scratch: Scratch, rows: Rows, read: papers.Read) -> bool:
    """Tell whether a sound scratch file holds the beginning of this journal, and what documents say is as it was."""
    with scratch.writing() as connection:
        place = place_of(connection)
        return place is not None and place.is_in(rows) and not _mended(connection, read)


def _mended(connection: Connection, read: papers.Read) -> bool:
    """Tell whether a document that could not be shown can be shown now."""
    unread = connection.execute(select(PAPERS.c.digest).where(PAPERS.c.content.is_(None))).scalars()
    return any(papers.paper(digest, read)["content"] is not None for digest in unread)


@dataclass
class _Telling:
    """What is told to the shares, batch by batch, and which cases they know: the newest ``CASES_KEPT`` of each."""

    journal: Journal
    scratch: Scratch
    position: int
    shares: int
    size: int = 0
    _held: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def batches(self) -> Iterator[tuple[list[Row], list[Task]]]:
        """Yield the leaves from the position to the end of the journal, with a task for each share."""
        number, first = 0, True
        while True:
            with self.journal() as rows:
                found = self._found(rows)
                if not found:
                    return
                common = self._common(rows) if first and self.position else {}
                tasks = self._tasks(rows, found, number, common)
            yield found, tasks
            self.position += len(found)
            number, first = number + 1, False

    def _found(self, rows: Rows) -> list[Row]:
        """Return the leaves at the position up to a gap; raises NotJudged (``views.missing``) where one is there."""
        self.size = rows.size()
        found = rows.entries(self.position, BATCH)
        whole = [row for place, row in enumerate(found, self.position) if row.index == place]
        if not whole and (found or self.position < self.size):
            raise missing(self.position)
        return whole

    def _common(self, rows: Rows) -> dict[str, list[Row]]:
        """Return the register and the SOPs below the position."""
        return {name: self._below(rows, name) for name in (REGISTER, *rows.streams("sop"))}

    def _below(self, rows: Rows, stream: str) -> list[Row]:
        return [row for row in rows.stream(stream) if row.index < self.position]

    def _tasks(self, rows: Rows, found: list[Row], number: int, common: dict[str, list[Row]]) -> list[Task]:
        tasks = [Task([], dict(common), [], []) for _ in range(self.shares)]
        unknown = []
        for row in found:
            if is_common(row.stream):
                for task in tasks:
                    task.rows.append(row)
                continue
            task = tasks[share_of(row.stream, self.shares)]
            if row.stream not in self._held and row.version > 1:
                task.past[row.stream] = self._below(rows, row.stream)
                unknown.append(row.stream)
            self._held[row.stream] = number
            self._held.move_to_end(row.stream)
            task.rows.append(row)
        with self.scratch.writing() as connection:
            for state in states(connection, unknown):
                tasks[share_of(state["stream"], self.shares)].states.append(state)
        for stream in self._forgotten(number):
            tasks[share_of(stream, self.shares)].forget.append(stream)
        return tasks

    def _forgotten(self, number: int) -> Iterator[str]:
        """Yield the cases that are too many, those first that were not touched for longest."""
        while len(self._held) > CASES_KEPT * self.shares:
            stream, touched = next(iter(self._held.items()))
            if touched > number - _UNWRITTEN:
                return
            del self._held[stream]
            yield stream
