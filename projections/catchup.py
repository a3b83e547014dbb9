"""Catching up: the read models follow the journal, exactly once, and can be built anew at any time.

``catch_up`` projects every leaf after the position, in batches; a batch's rows and the new position commit together,
under the views' write lock, so that any number of threads and processes may call it. Views of another journal or of
another schema are rebuilt: into a scratch file, which replaces the live tables in one transaction.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy import Row as Found

from keys.errors import Forged, NotJudged
from ledger.documents import Documents
from ledger.rows import Row, Rows
from projections import storage
from projections.batch import project
from projections.schema import METADATA, VERSION, VIEWS
from projections.walk import MOST_BEHIND, Walk, missing

#: Leaves that are projected in one transaction when following, and when rebuilding.
BATCH, REBUILD_BATCH = 500, 5_000
#: Seconds after which a rebuild that a damaged leaf stopped is tried again, though that leaf is as it was.
RETRY_AFTER = 30.0

#: Told now and then how many leaves of how many are done.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Why a rebuild failed, what the journal had in that place, and when (monotonic seconds)."""

    fault: Forged | NotJudged
    row: Row | None
    at: float


class Views:
    """The read models in the SQLite file ``url``, of the journal that ``reading`` opens to read.

    ``documents`` is where the documents' bytes are. Safe to use from any thread. Raises Unavailable (``views.storage``)
    where the file cannot be used.
    """

    def __init__(self, url: str, reading: Callable[[], AbstractContextManager[Rows]], documents: Documents) -> None:
        self._url = url
        self._journal = reading
        self._read = documents.read
        self._lock = threading.RLock()
        self._walk: Walk | None = None
        self._checked = False
        self._stopped: _Stopped | None = None
        self._engine = storage.open_engine(url)
        with storage.writing(self._engine) as connection:
            METADATA.create_all(connection)
            if _state(connection) is None:
                _begin(connection)

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    def position(self) -> int:
        """Return how many leaves are projected."""
        with storage.reading(self._engine) as connection:
            state = _state(connection)
        return state.position if state else 0

    def reading(self) -> AbstractContextManager[Connection]:
        """Return a connection to ask the read models with, all in one snapshot of them.

        Before the first use the views are checked to be this journal's, and rebuilt if they are not.
        """
        if not self._checked:
            with self._lock, self._journal() as rows:
                if not self._belongs(rows):
                    self._rebuild_again(rows)
            self._checked = True
        return storage.reading(self._engine)

    def catch_up(self) -> int:
        """Project every leaf after the position and return how many there were; all of them after a rebuild.

        Raises Forged where an entry does not hold, NotJudged where an act cannot be placed (``views.event``) or a leaf
        is missing (``views.missing``), with leaf and kind in their facts. Everything before that leaf is projected
        then, and nothing after it.
        """
        with self._lock:
            done, most = 0, BATCH
            while True:
                try:
                    with self._journal() as rows:
                        if not self._belongs(rows):
                            return self._rebuild_again(rows)
                        more = self._follow(rows, most)
                except (Forged, NotJudged) as fault:
                    self._walk, before = None, fault.facts.get("leaf", 0) - self.position()
                    if not 0 < before < most:
                        raise
                    most = before  # what stands before it is projected first; then it is met again
                except BaseException:
                    self._walk = None
                    raise
                else:
                    if not more:
                        return done
                    done += more

    def rebuild(self, progress: Progress | None = None) -> int:
        """Fold the whole journal into fresh tables, put them in the place of the live ones, return the leaves.

        Raises what :meth:`catch_up` raises; the live tables are as they were then.
        """
        with self._lock, storage.scratch_folder() as folder:
            self._walk = None
            scratch = Path(folder) / "fresh.sqlite"
            with _uncollected():
                walk = self._build(f"sqlite:///{scratch}", progress)
            engine = storage.open_engine(self._url, attach=str(scratch))
            try:
                with storage.writing(engine) as connection:
                    storage.replace_tables(connection)
                    while self._project(connection, walk, REBUILD_BATCH):  # recorded while it was being built
                        pass
            finally:
                engine.dispose()
            self._walk = walk
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

    def _belongs(self, rows: Rows) -> bool:
        """Tell whether the views are of this schema and this journal; the first and the last leaf say it."""
        with storage.reading(self._engine) as connection:
            state = _state(connection)
        if state is None or state.schema != VERSION:
            return False
        if state.position == 0:
            return True
        first, last = rows.entry(0), rows.entry(state.position - 1)
        return (
            first is not None
            and last is not None
            and (first.leaf_hash.hex(), last.leaf_hash.hex()) == (state.founding, state.leaf)
        )

    def _follow(self, rows: Rows, most: int) -> int:
        """Project at most ``most`` leaves after the position and return how many."""
        size = rows.size()
        if self.position() >= size:
            return 0
        with storage.writing(self._engine) as connection:
            state = _state(connection)
            assert state is not None
            if state.position >= size:  # somebody else was faster
                return 0
            found = rows.entries(state.position, most)
            if not found:
                raise missing(state.position)
            project(connection, self._walk_at(rows, state.position), rows, found, self._read)
        return len(found)

    def _walk_at(self, rows: Rows, position: int) -> Walk:
        """Return a walk that stands at ``position``."""
        walk = self._walk
        if walk is None or not position - MOST_BEHIND <= walk.position <= position:
            walk = self._walk = Walk(position)
        walk.follow(rows, position)
        return walk

    def _build(self, url: str, progress: Progress | None) -> Walk:
        walk, engine = Walk(0), storage.open_engine(url, scratch=True)
        try:
            with storage.writing(engine) as connection:
                storage.create_bare(connection)
                _begin(connection)
            while True:
                with storage.writing(engine) as connection:
                    total = self._project(connection, walk, REBUILD_BATCH)
                if not total:
                    return walk
                if progress is not None:
                    progress(walk.position, total)
        finally:
            engine.dispose()

    def _project(self, connection: Connection, walk: Walk, most: int) -> int:
        """Project at most ``most`` leaves where the walk stands; return the journal's size, 0 if none were left."""
        with self._journal() as rows:
            found, total = rows.entries(walk.position, most), rows.size()
            if not found and walk.position < total:
                raise missing(walk.position)
            if found:
                project(connection, walk, rows, found, self._read)
        return total if found else 0


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare the garbage collector: it would walk all streams and cases, which have no cycles, again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _row(rows: Rows, fault: Forged | NotJudged) -> Row | None:
    return rows.entry(fault.facts.get("leaf", 0))


def _state(connection: Connection) -> Found[Any] | None:
    return connection.execute(select(VIEWS)).first()


def _begin(connection: Connection) -> None:
    connection.execute(insert(VIEWS), {"id": 1, "schema": VERSION, "position": 0})
