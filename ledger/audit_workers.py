"""The processes of an audit: each does its share of every batch, and together they say what one alone would say.

A worker knows nothing but what its tasks tell it, so it does not matter how its process came to be: forked, where that
is safe, or started anew. It has one task at a time, and its answer is read before the next is sent, so that neither
side ever waits for the other to read. It ends by itself when nobody is at the other end; one that ends before it has
answered is a fault (NotJudged, ``audit.worker``), never an empty answer.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from typing import Any, Generic, TypeVar

from keys.errors import NotJudged
from ledger.audit_leaf import Outcome
from ledger.audit_seals import Seal
from ledger.audit_shares import Done, Given, Item, Lost, Share, Task
from ledger.note import VerifierKey
from ledger.rows import Row

Batch = TypeVar("Batch")

#: Batches that are prepared before the first of them is done.
_AHEAD = 3
#: Seconds that a worker has to end when nobody listens to it any more.
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Crew:
    """Those who work: ``shares`` processes, or this one alone where that is 1; the rest is what each must know."""

    shares: int
    vkey: VerifierKey
    read: Callable[[str], bytes]
    verified_below: int = 0

    def work(self, batches: Iterator[tuple[Batch, list[Task]]]) -> Iterator[tuple[Batch, list[Done]]]:
        """Yield the batches in their order, each with what became of its tasks: one for each share.

        Raises NotJudged, also where a worker has ended: on a bug of ours it does, and says on stderr where.
        """
        with _uncollected(), ExitStack() as started:
            if self.shares == 1:
                share = self.share()
                for batch, (task,) in batches:
                    yield batch, [share.do(task)]
                return
            context, workers = _context(), list[_Worker]()
            for _ in range(self.shares):
                workers.append(_Worker(context, self, tuple(one.connection for one in workers)))
                started.callback(workers[-1].end)
            yield from _Queue(workers, batches).run()

    def share(self) -> Share:
        """Return what one process works with."""
        return Share(self.vkey, self.read, self.verified_below, time.process_time)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare the garbage collector: it would walk all that is known of cases, which has no cycles, again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _context() -> ForkContext | SpawnContext:
    """Return how processes are made: a fork costs nothing, but what other threads hold would be held for ever in it."""
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


# --- this side ----------------------------------------------------------------------------------------------


class _Worker:
    """A process and the line to it. A forked one closes the lines to the ``others``, which it was born with."""

    def __init__(self, context: ForkContext | SpawnContext, crew: Crew, others: tuple[Connection, ...]) -> None:
        self.connection, theirs = context.Pipe()
        not_theirs = (self.connection, *others) if isinstance(context, ForkContext) else ()
        given = (theirs, str(crew.vkey), crew.read, crew.verified_below, not_theirs)
        self._process = context.Process(target=_serve, args=given, daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, task: Task) -> None:
        """Send a task."""
        with self._alive():
            self.connection.send(([_packed(one) for one in task.items], task.notes))

    def answer(self) -> Done:
        """Return what became of the first task that was not answered yet."""
        with self._alive():
            kind, said = self.connection.recv()
        if kind == "fault":
            rule, detail, allowed, facts = said
            raise NotJudged(rule, detail, allowed=allowed, **facts)
        outcomes, seals, conformance = said
        return Done([Outcome(*one) for one in outcomes], [Seal(*one) for one in seals], conformance)

    def end(self) -> None:
        """Let the process end, and see that it has."""
        self.connection.close()
        self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()

    @contextmanager
    def _alive(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, OSError) as error:
            raise NotJudged(
                "audit.worker",
                "Satu proses pemeriksa berhenti sebelum selesai, jadi pemeriksaan ini tidak membuktikan apa pun.",
                allowed="Periksa memori komputer ini, lalu ulangi; dengan --workers 1 dipakai satu proses saja.",
                cause=repr(error),
            ) from None


@dataclass(slots=True)
class _Waiting(Generic[Batch]):
    """A batch that waits for answers, of which so many are missing."""

    batch: Batch
    done: list[Done]
    missing: int


class _Queue(Generic[Batch]):
    """Keeps the workers busy, and gives back the batches in their order."""

    def __init__(self, workers: list[_Worker], batches: Iterator[tuple[Batch, list[Task]]]) -> None:
        self._workers = workers
        self._batches = batches
        self._waiting: deque[_Waiting[Batch]] = deque()
        self._tasks: list[deque[tuple[_Waiting[Batch], Task]]] = [deque() for _ in workers]
        self._asked: list[_Waiting[Batch] | None] = [None for _ in workers]

    def run(self) -> Iterator[tuple[Batch, list[Done]]]:
        """Yield each batch with its answers."""
        more = True
        while more or self._waiting:
            more = more and self._prepared()
            self._collect(block=not more or len(self._waiting) >= _AHEAD)
            while self._waiting and not self._waiting[0].missing:
                first = self._waiting.popleft()
                yield first.batch, first.done

    def _prepared(self) -> bool:
        """Take in the next batch, if there is room and there is one; return whether there may be more."""
        if len(self._waiting) >= _AHEAD:
            return True
        for batch, tasks in self._batches:
            waiting = _Waiting(batch, [Done([], [], 0.0) for _ in tasks], 0)
            self._waiting.append(waiting)
            for number, task in enumerate(tasks):
                if task.items or task.notes:
                    waiting.missing += 1
                    self._tasks[number].append((waiting, task))
                    self._hand_out(number)
            return True
        return False

    def _hand_out(self, number: int) -> None:
        if self._tasks[number] and self._asked[number] is None:
            self._asked[number], task = self._tasks[number].popleft()
            self._workers[number].ask(task)

    def _collect(self, *, block: bool) -> None:
        """Take the answers that are there, or wait for one."""
        busy = {one.connection: at for at, one in enumerate(self._workers) if self._asked[at] is not None}
        for connection in wait(list(busy), None if block and busy else 0):
            number = busy[connection]  # type: ignore[index]  # only connections were asked for
            answer, waiting = self._workers[number].answer(), self._asked[number]
            assert waiting is not None
            waiting.done[number] = answer
            waiting.missing -= 1
            self._asked[number] = None
            self._hand_out(number)


# --- the other side -----------------------------------------------------------------------------------------


def _serve(
    connection: Connection,
    vkey: str,
    read: Callable[[str], bytes],
    verified_below: int,
    not_mine: tuple[Connection, ...],
) -> None:
    """Do tasks until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked is interrupted too, and hangs up
    for one in not_mine:
        one.close()
    gc.disable()
    share = Crew(1, VerifierKey.parse(vkey), read, verified_below).share()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            items, notes = connection.recv()
            connection.send(_answered(share, Task([_unpacked(one) for one in items], notes)))


def _answered(share: Share, task: Task) -> tuple[str, Any]:
    try:
        done = share.do(task)
    except NotJudged as fault:
        return "fault", (fault.rule, fault.detail, fault.allowed, fault.facts)
    return "done", ([tuple(one) for one in done.outcomes], [tuple(one) for one in done.seals], done.conformance)


def _packed(item: Item) -> tuple[Any, ...]:
    """Return an item as it goes through a line: plain tuples take a fifth of the time."""
    if isinstance(item, Row):
        return item.index, item.stream, item.version, item.kind, item.data, item.leaf_hash
    if isinstance(item, Given):
        return (_packed(item.row),)
    return tuple(item)


def _unpacked(item: tuple[Any, ...]) -> Item:
    if len(item) == 1:
        return Given(Row(*item[0]))
    return Lost(*item) if len(item) == 2 else Row(*item)
