"""The service in a process of its own, seen from outside: started, watched, killed, held still, asked to stop."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.crash import child
from tests.crash.office import Office

#: Seconds after which something hangs.
PATIENCE = 60.0

_FORK = multiprocessing.get_context("forkserver")
#: A start costs what the service's own start costs: all is imported once, in the process that is forked.
_FORK.set_forkserver_preload(["__main__", "tests.crash.child"])


@dataclass
class Service:
    """A process that serves ``office``, or runs another command of ``jejak``.

    ``dies`` is the named point at which it kills itself, when it comes there for the ``nth`` time.
    """

    office: Office
    dies: str | None = None
    nth: int = 1
    command: tuple[str, ...] = ("serve", "--port", "0")
    remembered: tuple[Path, ...] = ()
    clock: Path | None = None
    lost_commits: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ours, theirs = _FORK.Pipe(duplex=False)
        orders = child.Orders(
            arguments=(*self.command, "--home", str(self.office.home), "--json", *self._memory()),
            environment={**self.office.database.environment(self.office.home), **self.environment},
            stderr=self.said_at,
            dies=self.dies,
            nth=self.nth,
            clock=self.clock,
            lost_commits=self.lost_commits,
            commit=self.office.database.commit,
            lost_answer=self.office.database.lost_answer,
        )
        self._process = _FORK.Process(target=child.run, args=(orders, theirs), daemon=True)
        self._process.start()
        theirs.close()
        with ours, os.fdopen(os.dup(ours.fileno()), encoding="utf-8") as told:
            line = told.readline()  # empty if it died before it could say anything
        self.url: str | None = json.loads(line).get("url") if line else None

    def _memory(self) -> list[str]:
        return [part for place in self.remembered for part in ("--remembered", str(place))]

    @property
    def said_at(self) -> Path:
        """Return where the services of this office say what ails them."""
        return self.office.home.parent / "service.err"

    @property
    def said(self) -> str:
        """Return what was said there."""
        return self.said_at.read_text("utf-8") if self.said_at.exists() else ""

    def started(self) -> Service:
        """Assert that it serves, and return it."""
        assert self.url is not None, f"the service did not start clean: {self.said[-2000:]}"
        return self

    def client(self) -> httpx.Client:
        """Return a client of it, to be closed by whoever asked."""
        assert self.url is not None
        return httpx.Client(base_url=self.url, timeout=PATIENCE)

    def kill(self) -> None:
        """Kill it, and return when it is dead."""
        self._process.kill()
        assert self.killed()

    def killed(self) -> bool:
        """Wait for its end, and tell whether that was SIGKILL."""
        self._process.join(PATIENCE)
        return self._process.exitcode == -signal.SIGKILL

    def lives(self, seconds: float) -> bool:
        """Tell whether it still lives after so many seconds at most."""
        self._process.join(seconds)
        return self._process.exitcode is None

    def hold(self) -> None:
        """Hold all its threads still, wherever they are."""
        self._signal(signal.SIGSTOP)

    def release(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def may_write(self, may: bool) -> None:
        """Let no file of it be written any more, as on a full disk; or let it go on."""
        assert self._process.pid is not None
        _, hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (hard if may else 0, hard))

    def _signal(self, number: int) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def stop(self) -> None:
        """Ask it to stop; it must end clean."""
        self._process.terminate()
        self._process.join(PATIENCE)
        assert self._process.exitcode == 0, self.said[-2000:]
