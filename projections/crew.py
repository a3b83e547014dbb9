"""The processes of a rebuild: each folds its share of every batch, while this one reads the next and writes the last.

A share knows nothing but what its tasks tell it, so it does not matter how its process came to be. It reads the next
task before it answers the last one, and is sent no third before it did, so neither side ever sends to the other while
that one sends (as in :mod:`ledger.audit_workers`). A process that ends before it has answered is a fault (Unavailable).
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkContext, SpawnContext
from typing import Any, TypeVar

from keys.errors import Forged, NotJudged
from ledger.rows import Row
from projections import papers, storage
from projections.batch import Added
from projections.shares import Share, Task

Batch = TypeVar("Batch")
Fault = Forged | NotJudged

#: A rebuild of fewer leaves is done sooner by one process than others are started.
FEW_LEAVES = 10_000
#: More processes than this would wait for the one that writes.
MOST_SHARES = 4


def shares_for(leaves: int) -> int:
    """Return how many shares a rebuild of so many leaves is best divided into on this machine."""
    return 1 if leaves < FEW_LEAVES else min(MOST_SHARES, _cores())


def work(
    batches: Iterator[tuple[Batch, list[Task]]], shares: int, position: int, read: papers.Read
) -> Iterator[tuple[Batch, list[Added]]]:
    """Yield the batches in their order, each with what its tasks add: one for each share.

    Raises Forged or NotJudged at the lowest leaf of a batch that cannot be projected.
    """
    with _uncollected(), ExitStack() as started:
        if shares == 1:
            share = Share(0, position, read)
            for batch, (task,) in batches:
                yield batch, [share.do(task)]
            return
        context, workers = _context(), list[_Worker]()
        started.callback(_end, workers)
        for number in range(shares):
            workers.append(_Worker(context, (number, position, read), tuple(one.connection for one in workers)))
        yield from _in_turn(workers, batches)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


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


def _context() -> ForkContext | SpawnContext:
    """Return how processes are made: a fork costs nothing, but what other threads hold would be held for ever in it."""
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


# --- this side ----------------------------------------------------------------------------------------------


class _Worker:
    """A process and the line to it. A forked one closes the lines to the ``others``, which it was born with."""

    def __init__(
        self, context: ForkContext | SpawnContext, share: tuple[int, int, papers.Read], others: tuple[Connection, ...]
    ) -> None:
        self.connection, theirs = context.Pipe()
        not_theirs = (self.connection, *others) if isinstance(context, ForkContext) else ()
        self._process = context.Process(target=_serve, args=(theirs, share, not_theirs), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, task: Task | None) -> None:
        """Send a task, at most one more than was answered; None: there are no more."""
        with _alive():
            self.connection.send(task and _packed(task))

    def answer(self) -> Added | Fault:
        """Return what the first task that was not answered yet adds, or what stopped it."""
        with _alive():
            kind, said = self.connection.recv()
        if kind == "added":
            return dict(said)
        rule, detail, allowed, facts = said
        return (Forged if kind == "forged" else NotJudged)(rule, detail, allowed=allowed, **facts)

    def stop(self) -> None:
        """Have the process end at once, whatever it does."""
        self.connection.close()
        self._process.kill()

    def join(self) -> None:
        """Return when the process has ended."""
        self._process.join()
        self._process.close()


@contextmanager
def _alive() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        raise storage.unavailable(error) from error


def _end(workers: list[_Worker]) -> None:
    """Leave no process behind; those that end, end together."""
    for one in workers:
        one.stop()
    for one in workers:
        one.join()


def _in_turn(
    workers: list[_Worker], batches: Iterator[tuple[Batch, list[Task]]]
) -> Iterator[tuple[Batch, list[Added]]]:
    """Yield each batch with its answers, when the next one was prepared and sent."""
    asked: list[Batch] = []
    for batch, tasks in batches:
        for worker, task in zip(workers, tasks, strict=True):
            worker.ask(task)
        if asked:
            yield asked.pop(), _answers(workers)
        asked.append(batch)
    for worker in workers:
        worker.ask(None)
    if asked:
        yield asked.pop(), _answers(workers)


def _answers(workers: list[_Worker]) -> list[Added]:
    """Return what all shares of a batch add; raises the fault with the lowest leaf, as one process alone would."""
    answers = [worker.answer() for worker in workers]
    faults = [one for one in answers if isinstance(one, Fault)]
    if faults:
        raise min(faults, key=lambda fault: int(fault.facts.get("leaf", 0)))
    return [one for one in answers if not isinstance(one, Fault)]


# --- the other side -----------------------------------------------------------------------------------------


def _serve(connection: Connection, share: tuple[int, int, papers.Read], not_mine: tuple[Connection, ...]) -> None:
    """Do tasks until there are no more, or nobody asks any more; answer each when the next was read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked is interrupted too, and hangs up
    for one in not_mine:
        one.close()
    gc.disable()
    working = Share(*share)
    answers: list[Any] = []
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while asked := connection.recv():
            if answers:
                connection.send(answers.pop())
            answers.append(_answered(working, _unpacked(asked)))
        if answers:
            connection.send(answers.pop())


def _answered(share: Share, task: Task) -> tuple[str, Any]:
    try:
        return "added", share.do(task)
    except (Forged, NotJudged) as fault:
        kind = "forged" if isinstance(fault, Forged) else "not judged"
        return kind, (fault.rule, fault.detail, fault.allowed, fault.facts)


def _packed(task: Task) -> tuple[Any, ...]:
    """Return a task as it goes through a line: plain tuples take a fifth of the time."""
    past = {stream: [_plain(row) for row in rows] for stream, rows in task.past.items()}
    return [_plain(row) for row in task.rows], past, task.states, task.forget


def _unpacked(asked: tuple[Any, ...]) -> Task:
    rows, past, states, forget = asked
    told = {stream: [Row(*row) for row in rows] for stream, rows in past.items()}
    return Task([Row(*row) for row in rows], told, states, forget)


def _plain(row: Row) -> tuple[Any, ...]:
    return row.index, row.stream, row.version, row.kind, row.data, row.leaf_hash
