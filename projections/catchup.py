"""Catching up: the read models follow the journal, exactly once, and can be built anew at any time.

``catch_up`` projects every leaf after the position, in batches; a batch's rows and the new position commit together,
under the views' write lock, so that any number of threads and processes may call it. Views of another journal or of
another schema are rebuilt (:mod:`projections.rebuilding`), and replaced in one transaction.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from keys.errors import Forged, NotJudged
from ledger.documents import Documents
from ledger.rows import Row, Rows
from projections import storage
from projections.batch import project
from projections.place import begin, place_of
from projections.rebuilding import Progress, build
from projections.scratch import scratch_beside
from projections.walk import MOST_BEHIND, Walk, missing

#: Leaves that are projected in one transaction when following.
BATCH = 500
#: Seconds after which a rebuild that a damaged leaf stopped is tried again, though that leaf is as it was.
RETRY_AFTER = 30.0


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Why a rebuild failed, what the journal had in that place, and when (monotonic seconds)."""

    fault: Forged | NotJudged
    row: Row | None
    at: float


class Views:
    """The read models in the database ``url``, of the journal that ``reading`` opens to read.

    ``documents`` is where the documents' bytes are; ``scratch`` is the file beside which a rebuild has its own, None
    for that of ``url``. Safe to use from any thread. Raises Unavailable (``views.storage``) where it cannot be used.
    """

    def __init__(
        self,
        url: str,
        reading: Callable[[], AbstractContextManager[Rows]],
        documents: Documents,
        scratch: Path | None = None,
    ) -> None:
        self._url = url
        self._beside = scratch or storage.file_of(url)
        self._journal = reading
        self._read = documents.read
        self._lock = threading.RLock()
        self._walk: Walk | None = None
        self._checked = False
        self._stopped: _Stopped | None = None
        self._engine = storage.open_engine(url)
        storage.make_tables(self._engine)
        with storage.writing(self._engine) as connection:
            if place_of(connection) is None:
                begin(connection)

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    def position(self) -> int:
        """Return how many leaves are projected."""
        with storage.reading(self._engine) as connection:
            place = place_of(connection)
        return place.position if place else 0

    def reading(self) -> AbstractContextManager[Connection]:
        """Return a connection to ask the read models with, all in one snapshot of them.

        Before the first use the views are checked to be this journal's, and rebuilt if they are not.
        """
        if not self._checked:
            with self._lock, self._journal() as rows:
                if self._own_size(rows) is None:
                    self._rebuild_again(rows)
            self._checked = True
        return storage.reading(self._engine)

    def catch_up(self, most: int | None = None) -> int:
        """Project every leaf after the position, or at most so many, and return how many; all of them after a rebuild.

        Raises Forged where an entry does not hold, NotJudged where an act cannot be placed (``views.event``) or a leaf
        is missing (``views.missing``), with leaf and kind in their facts. Everything before that leaf is projected
        then, and nothing after it. Raises Forged too where the journal lacks what was seen of it.
        """
        with self._lock:
            done, left = 0, BATCH
            while True:
                step = left if most is None else min(left, most - done)
                try:
                    with self._journal() as rows:
                        size = self._own_size(rows)
                        if size is None:
                            return self._rebuild_again(rows)
                        more = self._follow(rows, size, step)
                except (Forged, NotJudged) as fault:
                    self._walk, before = None, fault.facts.get("leaf", 0) - self.position()
                    if not 0 < before < step:
                        raise
                    left = before  # what stands before it is projected first; then it is met again
                except BaseException:
                    self._walk = None
                    raise
                else:
                    done += more
                    if not more or done == most:
                        return done

    def rebuild(self, progress: Progress | None = None, shares: int | None = None) -> int:
        """Fold the whole journal into fresh tables, put them in the place of the live ones, return the leaves.

        A rebuild that was killed is gone on with (:mod:`projections.rebuilding`); ``shares`` is how many processes
        fold, None for what is best. Raises what :meth:`catch_up` raises; the live tables are as they were then.
        """
        with self._lock, scratch_beside(self._beside) as scratch:
            self._walk = None
            self._walk = walk = Walk(build(scratch, self._journal, self._read, progress, shares))
            scratch.close()
            with storage.replacing(self._url, scratch.path) as connection:
                while self._project(connection, walk, BATCH):  # recorded while it was being built
                    pass
            scratch.discard()
            return walk.position

    def _rebuild_again(self, rows: Rows) -> int:
        """Rebuild, unless that failed at a leaf that is still the same, not long ago; then raise the same fault.

        Only that leaf is looked at: acts that were recorded since do not mend it.
        """
        last = self._stopped
        if last is not None and time.monotonic() - last.at < RETRY_AFTER and _row(rows, last.fault) == last.row:
            raise last.fault.with_traceback(None)
        self._stopped = None
        try:
            return self.rebuild()
        except (Forged, NotJudged) as fault:
            self._stopped = _Stopped(fault, _row(rows, fault), time.monotonic())
            raise

    def _own_size(self, rows: Rows) -> int | None:
        """Return how many leaves the journal has, None where the views are not of this schema or not of it.

        Raises Forged where it was put back to an older copy: no views are made of that in the place of newer ones.
        """
        with storage.reading(self._engine) as connection:  # before the journal, which may grow meanwhile
            place = place_of(connection)
        size = rows.size()
        return size if place is not None and place.is_in(rows) else None

    def _follow(self, rows: Rows, size: int, most: int) -> int:
        """Project at most ``most`` of the journal's leaves after the position and return how many."""
        if self.position() >= size:
            return 0
        with storage.writing(self._engine) as connection:
            place = place_of(connection)
            assert place is not None
            if place.position >= size:  # somebody else was faster
                return 0
            found = rows.entries(place.position, most)
            if not found:
                raise missing(place.position)
            project(connection, self._walk_at(rows, place.position), rows, found, self._read)
        return len(found)

    def _walk_at(self, rows: Rows, position: int) -> Walk:
        """Return a walk that stands at ``position``."""
        walk = self._walk
        if walk is None or not position - MOST_BEHIND <= walk.position <= position:
            walk = self._walk = Walk(position)
        walk.follow(rows, position)
        return walk

    def _project(self, connection: Connection, walk: Walk, most: int) -> int:
        """Project at most ``most`` leaves where the walk stands; return the journal's size, 0 if none were left."""
        with self._journal() as rows:
            found, total = rows.entries(walk.position, most), rows.size()
            if not found and walk.position < total:
                raise missing(walk.position)
            if found:
                project(connection, walk, rows, found, self._read)
        return total if found else 0


def _row(rows: Rows, fault: Forged | NotJudged) -> Row | None:
    return rows.entry(fault.facts.get("leaf", 0))
