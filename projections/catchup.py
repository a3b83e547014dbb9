"""Catching up: the read models follow the journal, exactly once, and can be built anew at any time.

``catch_up`` projects every leaf after the position, in batches; a batch's rows and the new position commit together,
under the views' write lock, so that any number of threads and processes may call it. Views of another journal or of
another schema, and those that lack more than they have, are rebuilt (:mod:`projections.rebuilding`) by one process
alone (:mod:`projections.alone`), and replaced in one transaction.

Who reads waits for what is done soon, and for nothing else: ``catch_up_soon`` catches up with at most
:data:`MOST_AWAITED` leaves, and raises Unavailable (``views.building``) at once where more are left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from keys.errors import Forged, NotJudged
from ledger.documents import Documents
from ledger.rows import Row, Rows
from projections import storage
from projections.alone import Replacing, alone, building
from projections.batch import project
from projections.place import Place, begin, place_of
from projections.rebuilding import Progress, build
from projections.scratch import scratch_beside
from projections.walk import MOST_BEHIND, Walk, missing

#: Leaves that are projected in one transaction when following.
BATCH = 500
#: Leaves for which a reader waits: about a second's work.
MOST_AWAITED = 3_000
#: Seconds for which a reader, or whoever follows, waits for another process that rebuilds.
PATIENCE = 3.0
#: Seconds after which a rebuild that a damaged leaf stopped is tried again, though that leaf is as it was.
RETRY_AFTER = 30.0


@dataclass(frozen=True, slots=True)
class Built:
    """How far views are built: ``done`` of the ``leaves``, None where only another process knows it."""

    done: int | None
    leaves: int


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Why a rebuild failed, what the journal had in that place, and when (monotonic seconds)."""

    fault: Forged | NotJudged
    row: Row | None
    at: float


class _LeftOff(Exception):
    """Whoever rebuilds is to stop; what is done stays, and the next rebuild goes on with it."""


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
        self._built: Built | None = None
        self._leaving = threading.Event()
        self._engine = storage.open_views(url)
        if not storage.has_tables(self._engine):
            storage.make_tables(self._engine)
        if self._place() is None:
            with storage.writing(self._engine) as connection:
                if place_of(connection) is None:
                    begin(connection)

    def leave_off(self) -> None:
        """Stop a rebuild that is under way, at the end of a batch; the next one goes on after it."""
        self._leaving.set()

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    def position(self) -> int:
        """Return how many leaves are projected."""
        place = self._place()
        return place.position if place else 0

    def built(self) -> Built | None:
        """Return how far the views are built if readers do not wait for it, None where they are there or soon are."""
        if self._built is None:
            with self._journal() as rows:
                return self._left(rows, self._place())
        return self._built if self._built.leaves > MOST_AWAITED else None

    def reading(self) -> AbstractContextManager[Connection]:
        """Return a connection to ask the read models with, all in one snapshot of them.

        Before the first use the views are checked to be this journal's, and rebuilt if they are not.
        """
        if not self._checked:
            with self._lock:
                place = self._place()
                with self._journal() as rows:
                    belongs = _belongs(place, rows)
                if not belongs:
                    self._rebuild_again()
            self._checked = True
        return storage.reading(self._engine)

    def catch_up(self, most: int | None = None) -> int:
        """Project every leaf after the position, or at most so many, and return how many; all of them after a rebuild.

        Raises Forged where an entry does not hold, NotJudged where an act cannot be placed (``views.event``) or a leaf
        is missing (``views.missing``), with leaf and kind in their facts. Everything before that leaf is projected
        then, and nothing after it. Raises Forged too where the journal lacks what was seen of it, Unavailable where
        another process rebuilds (``views.building``) or a newer version of Jejak has made the views (``views.newer``).
        """
        return self._catch_up(most, lambda rows, place: None)

    def catch_up_soon(self) -> None:
        """Project every leaf after the position, if they are few; raises what :meth:`catch_up` raises.

        Raises Unavailable (``views.building``) at once where they are many, or many are being rebuilt.
        """
        if (built := self._built) is not None and built.leaves > MOST_AWAITED:
            raise building(built.done, built.leaves)
        self._catch_up(None, self._require_few)

    def rebuild(self, progress: Progress | None = None, shares: int | None = None) -> int:
        """Fold the whole journal into fresh tables, put them in the place of the live ones, return the leaves.

        It waits for whoever else rebuilds. A rebuild that was killed is gone on with (:mod:`projections.rebuilding`);
        ``shares`` is how many processes fold, None for what is best. Raises what :meth:`catch_up` raises; the live
        tables are as they were then.
        """
        with self._lock, alone(self._url) as replacing:
            return self._rebuild(replacing, progress, shares)

    def _catch_up(self, most: int | None, require: Callable[[Rows, Place | None], None]) -> int:
        with self._lock:
            done, left = 0, BATCH
            while True:
                step = left if most is None else min(left, most - done)
                try:
                    with self._journal() as rows:
                        place = self._place()  # first: who is faster than our snapshot would seem of another journal
                        if done == 0:
                            require(rows, place)
                        follows = self._follows(rows, place)
                        more = self._follow(rows, place, step) if follows and place else 0
                    if not follows:
                        done, most = self._rebuild_again(), None
                        continue
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

    def _rebuild(self, replacing: Replacing, progress: Progress | None, shares: int | None) -> int:
        with scratch_beside(self._beside) as scratch:
            self._walk = None
            self._walk = walk = Walk(build(scratch, self._journal, self._read, progress, shares))
            scratch.close()
            with replacing(scratch.path) as connection:
                while self._project(connection, walk, BATCH):  # recorded while it was being built
                    pass
            scratch.discard()
            return walk.position

    def _rebuild_again(self) -> int:
        """Rebuild, unless another process did so meanwhile; raises Unavailable (``views.building``) while it does.

        Where a rebuild failed at a leaf that is still the same, not long ago, the same fault is raised. Only that leaf
        is looked at: acts that were recorded since do not mend it.
        """
        with self._journal() as rows:
            last = self._stopped
            if last and time.monotonic() - last.at < RETRY_AFTER and _row(rows, last.fault) == last.row:
                raise last.fault.with_traceback(None)
        self._stopped = None
        with self._telling() as tell, alone(self._url, PATIENCE) as replacing:
            place = self._place()
            with self._journal() as rows:
                if place is not None and self._follows(rows, place):
                    return place.position
            try:
                return self._rebuild(replacing, tell, None)
            except (Forged, NotJudged) as fault:
                with self._journal() as rows:
                    self._stopped = _Stopped(fault, _row(rows, fault), time.monotonic())
                raise

    @contextmanager
    def _telling(self) -> Iterator[Progress]:
        """Yield what tells readers how far a rebuild is, and stops it where it is to be left off."""

        def tell(done: int, leaves: int) -> None:
            self._built = Built(done, leaves)
            if self._leaving.is_set():
                raise _LeftOff

        with self._journal() as rows:
            self._built = Built(None, rows.size())
        try:
            yield tell
        except _LeftOff:
            raise building() from None
        finally:
            self._built = None

    def _require_few(self, rows: Rows, place: Place | None) -> None:
        left = self._left(rows, place)
        if left is not None:
            raise building(left.done, left.leaves)

    def _left(self, rows: Rows, place: Place | None) -> Built | None:
        """Return how far views at ``place`` are if a reader does not wait for the rest, else None."""
        size = rows.size()
        if size <= MOST_AWAITED or (place is not None and place.is_newer):
            return None
        if place is None or not place.is_in(rows):
            return Built(None, size)
        return Built(place.position, size) if size - place.position > MOST_AWAITED else None

    def _follows(self, rows: Rows, place: Place | None) -> bool:
        """Tell whether views at ``place`` are brought on leaf by leaf, and not rebuilt.

        Those that lack more than they have are quicker made anew, but not where a damaged leaf has stopped that.
        """
        if place is None or not _belongs(place, rows):
            return False
        return self._stopped is not None or rows.size() - place.position <= max(place.position, MOST_AWAITED)

    def _place(self) -> Place | None:
        with storage.reading(self._engine) as connection:
            return place_of(connection)

    def _follow(self, rows: Rows, seen: Place, most: int) -> int:
        """Project at most ``most`` leaves after the position and return how many; ``seen`` is where it was just now."""
        size = rows.size()
        if seen.position >= size:
            return 0
        with storage.writing(self._engine) as connection:
            place = place_of(connection)
            assert place is not None
            if place.position >= size or place.schema != seen.schema:  # somebody else was faster
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


def _belongs(place: Place | None, rows: Rows) -> bool:
    """Tell whether views at ``place``, which was read before the journal, are of this schema and this journal.

    Raises Forged where the journal was put back to an older copy: no views are made of that in the place of newer ones;
    Unavailable (``views.newer``) where a newer version of Jejak made these.
    """
    rows.size()
    if place is not None:
        place.require_not_newer()
    return place is not None and place.is_in(rows)


def _row(rows: Rows, fault: Forged | NotJudged) -> Row | None:
    return rows.entry(fault.facts.get("leaf", 0))
