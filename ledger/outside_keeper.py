"""The keeper of the outside memory: after each commit, the newest checkpoint goes to a file outside the store.

Nothing waits for it (DESIGN, invariant 7): a thread of its own writes, only the newest where several were made
meanwhile, at most every :data:`PAUSE` seconds; where nothing was made it looks every :data:`RETRY` seconds. So a place
on a slow or lost disk costs no receipt, and the file may be that much behind; it is never ahead, and never goes back,
though any number of processes write it.

1. Whoever writes holds a lock in the store, then reads the file, then the journal: that one is at least as new.
2. The journal as it is now must continue what is in the file and the newest that this process knows to have been there,
   as at the start (:mod:`ledger.outside_memory`): also what it wrote itself a moment ago, for a store can be put back
   to an older copy while it is served.
3. The file is replaced whole (:mod:`ledger.whole_file`) and keeps its permission bits.

A file that is lost, spoiled or not to be written is a :attr:`~OutsideKeeper.fault`, is never made anew, and is tried
again; acts are recorded all the same. A checkpoint that the journal does not continue means that two histories grow
under one log key, or that leaves were taken away: the file stays as it is, and from then on this process records no act
(DESIGN §2: such a history is never continued). What was recorded in the moment before is one batch, or a few.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from keys.errors import Forged, JejakError
from ledger.checkpoint import SignedCheckpoint
from ledger.note import VerifierKey
from ledger.outside_memory import EVIDENCE, Note, OutsideMemory, read_note, unreachable
from ledger.rows import Rows
from ledger.whole_file import replace

#: Seconds between two writings, at least.
PAUSE = 0.05
#: Seconds after which file and journal are looked at again, though nothing new came.
RETRY = 1.0
#: Seconds that whoever closes waits for a writing that hangs.
PATIENCE = 10.0
#: The lock's file in the store.
LOCK = "outside.lock"
#: Rules that say that the log signed two histories, or lost what would show whether it did.
CONTRADICTIONS = frozenset({"outside.shorter", "outside.fork", "tree.missing"})

logger = logging.getLogger("jejak.ledger")


class OutsideKeeper:
    """Keeps ``place`` as new as the journal; where that is None there is nothing to keep.

    ``reading`` yields rows of one snapshot; ``store`` is the ledger's folder, where the lock is and evidence is kept.
    :meth:`start` it, and :meth:`close` it while the journal can still be read.
    """

    def __init__(
        self, place: Path | None, vkey: VerifierKey, reading: Callable[[], AbstractContextManager[Rows]], store: Path
    ) -> None:
        self._place = place
        self._vkey = vkey
        self._reading = reading
        self._lock = store / LOCK
        self._evidence = store / EVIDENCE
        self._newest: SignedCheckpoint | None = None
        self._due = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        #: What keeps the file from being written, or None while it is as new as it should be.
        self.fault: JejakError | None = None
        #: Leaves that the checkpoint in the file covers, None where there is no file or nothing in it yet.
        self.size: int | None = None

    def start(self) -> None:
        """Write the file now, on the thread of the caller, and then after commits.

        Raises what reading the place raises, Unavailable where it cannot be written.
        """
        if self._place is not None:
            self._keep(self._place)
            self._thread = threading.Thread(target=self._run, args=(self._place,), name="jejak-outside", daemon=True)
            self._thread.start()

    @property
    def contradicted(self) -> bool:
        """Tell whether the file was found to hold a checkpoint that this journal does not continue."""
        return self.fault is not None and self.fault.rule in CONTRADICTIONS

    def committed(self) -> None:
        """Say that there is a newer checkpoint."""
        self._due.set()

    def require_one_history(self) -> None:
        """Return unless :attr:`contradicted`, else raise Forged."""
        if self.contradicted:
            raise Forged(
                "outside.fork",
                "Buku besar ini tidak mencatat lagi: isinya bertentangan dengan segel yang diingat di luar.",
                allowed="Hubungi pengelola dan Inspektorat; jangan kirim ke peladen lain dari buku besar ini.",
            )

    def close(self) -> None:
        """Write what is still to be written, and stop."""
        self._stopping.set()
        self._due.set()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def _run(self, place: Path) -> None:
        while not self.contradicted:
            self._due.wait(RETRY)
            self._due.clear()
            self._try(place)
            if self._stopping.wait(PAUSE) and not self._due.is_set():
                return

    def _try(self, place: Path) -> None:
        try:
            self._keep(place)
        except Exception as fault:  # a place that is lost must stop neither the log nor its receipts
            if repr(fault) != repr(self.fault):
                logger.exception("the outside memory is not kept")
            self.fault = fault if isinstance(fault, JejakError) else unreachable(place, OSError(repr(fault)))

    def _keep(self, place: Path) -> None:
        try:
            with _locked(self._lock):
                there = read_note(place, self._vkey, may_be_empty=True)
                remembered = {one.data: Note(place, one) for one in (there, self._newest) if one is not None}
                with self._reading() as rows:
                    memory = OutsideMemory(self._vkey, tuple(remembered.values()))
                    now = memory.require_continued(rows, self._evidence)
                if now is not None and (there is None or there.checkpoint.size < now.checkpoint.size):
                    replace(place, now.data, place.stat().st_mode & 0o777)
                    there = now
        except OSError as error:
            raise unreachable(place, error) from None
        self._newest = there
        self.size = there.checkpoint.size if there is not None else None
        self.fault = None


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
