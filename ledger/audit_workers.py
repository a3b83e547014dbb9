"""The processes of an audit: each does its share of every batch, and together they say what one alone would say.

A worker knows nothing but what its tasks tell it, so it does not matter how its process came to be: forked, where that
is safe, or started anew. It is given a task while it still does the one before, so it waits for nobody::

    asked     task 0    task 1               task 2               ...   no more
    worker    does 0    answers 0, does 1    answers 1, does 2    ...   answers the last

An answer is sent when the next task was read, and the task after that one is sent when that answer was read. So the two
sides never send to each other at once, and none waits for ever, however long tasks and answers are. A worker keeps
nothing that could be lost: it is killed when it is not needed any more, and ends by itself when nobody is at the other
end. One that ends before it has answered is a fault (NotJudged, ``audit.worker``), never an empty answer.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkContext, SpawnContext
from typing import Any, TypeVar

from keys.errors import NotJudged
from ledger.audit_leaf import Outcome
from ledger.audit_seals import Seal
from ledger.audit_shares import Done, Given, Item, Lost, Share, Task
from ledger.note import VerifierKey
from ledger.rows import Row

Batch = TypeVar("Batch")


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
            started.callback(_end, workers)
            for _ in range(self.shares):
                workers.append(_Worker(context, self, tuple(one.connection for one in workers)))
            yield from _in_turn(workers, batches)

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

    def ask(self, task: Task | None) -> None:
        """Send a task, at most one more than was answered; None: there are no more."""
        with self._alive():
            self.connection.send(task and ([_packed(one) for one in task.items], task.notes))

    def answer(self) -> Done:
        """Return what became of the first task that was not answered yet; it waits until another one is sent."""
        with self._alive():
            kind, said = self.connection.recv()
        if kind == "fault":
            rule, detail, allowed, facts = said
            raise NotJudged(rule, detail, allowed=allowed, **facts)
        outcomes, seals, conformance = said
        return Done([*map(Outcome._make, outcomes)], [*map(Seal._make, seals)], conformance)

    def stop(self) -> None:
        """Have the process end at once, whatever it does."""
        self.connection.close()
        self._process.kill()

    def join(self) -> None:
        """Return when the process has ended."""
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


def _end(workers: list[_Worker]) -> None:
    """Leave no process behind; those that end, end together."""
    for one in workers:
        one.stop()
    for one in workers:
        one.join()


def _in_turn(workers: list[_Worker], batches: Iterator[tuple[Batch, list[Task]]]) -> Iterator[tuple[Batch, list[Done]]]:
    """Yield each batch with its answers, when the next one was prepared and sent."""
    asked: list[Batch] = []
    for batch, tasks in batches:
        for worker, task in zip(workers, tasks, strict=True):
            worker.ask(task)
        if asked:
            yield asked.pop(), [worker.answer() for worker in workers]
        asked.append(batch)
    for worker in workers:
        worker.ask(None)
    if asked:
        yield asked.pop(), [worker.answer() for worker in workers]


# --- the other side -----------------------------------------------------------------------------------------


def _serve(
    connection: Connection,
    vkey: str,
    read: Callable[[str], bytes],
    verified_below: int,
    not_mine: tuple[Connection, ...],
) -> None:
    """Do tasks until there are no more, or nobody asks any more; answer each when the next was read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked is interrupted too, and hangs up
    for one in not_mine:
        one.close()
    gc.disable()
    share = Crew(1, VerifierKey.parse(vkey), read, verified_below).share()
    answers: list[Any] = []
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while asked := connection.recv():
            if answers:
                connection.send(answers.pop())
            items, notes = asked
            answers.append(_answered(share, Task([_unpacked(one) for one in items], notes)))
        if answers:
            connection.send(answers.pop())


def _answered(share: Share, task: Task) -> tuple[str, Any]:
    try:
        done = share.do(task)
    except NotJudged as fault:
        return "fault", (fault.rule, fault.detail, fault.allowed, fault.facts)
    return "done", ([*map(tuple, done.outcomes)], [*map(tuple, done.seals)], done.conformance)


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
