"""Inside the process that serves: the real commands, with one function wrapped where the test says so.

What the service itself is never changes: a wrapped function does all that it does, and the process dies before or
after it, or its caller is told that it failed.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

# Imported before the fork, so that a start is as short as it can be.
import api.app
import api.cli_serve
import api.cli_store
import api.server
from api.cli import main
from tests.crash import points


@dataclass(frozen=True)
class Orders:
    """What the process is to run, and how it is to fail.

    ``clock`` is a file with the seconds by which its clock is wrong, read each time; of ``lost_commits`` commits one
    tells its caller, by raising ``lost_answer``, that it failed, though it did not.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    stderr: Path
    dies: str | None
    nth: int
    clock: Path | None
    lost_commits: int
    commit: str
    lost_answer: type[Exception]


def run(orders: Orders, told: Connection) -> None:
    """Run the command; what it prints goes to ``told``. Ends with whoever started it."""
    threading.Thread(target=_end_with_the_test, daemon=True).start()
    with orders.stderr.open("a", encoding="utf-8") as said:
        os.dup2(told.fileno(), 1)
        os.dup2(said.fileno(), 2)
    told.close()
    sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", buffering=1, closefd=False)
    os.environ.update(orders.environment)
    if orders.clock is not None:
        vars(api.app)["create_app"] = partial(api.app.create_app, clock=_Wrong(orders.clock))
    if orders.dies is not None:
        points.die_at(points.POINTS[orders.dies], orders.nth)
    if orders.lost_commits:
        points.wrap(orders.commit, partial(_losing, orders.lost_commits, orders.lost_answer))
    main(list(orders.arguments))


def _end_with_the_test() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@dataclass
class _Wrong:
    """A clock that is wrong by the seconds in a file."""

    file: Path

    def __call__(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=float(self.file.read_text("ascii")))


def _losing(every: int, answer: type[Exception], commit: Callable[..., Any]) -> Callable[..., Any]:
    count = points.Count()

    def committed(*arguments: Any, **named: Any) -> Any:
        done = commit(*arguments, **named)
        if count.next() % every == 0:
            raise answer("the answer to COMMIT was lost (by the test)")
        return done

    return committed
