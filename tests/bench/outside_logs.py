"""Logs from PyPI as references, each in a process of an environment that has nothing of ours.

The environment, pinned with hashes in outside/requirements.lock, is made under var/ when it is first wanted, and kept
until the lock changes. Where it cannot be made the references are missing, and the figures say so.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "outside"
LOCK = HERE / "requirements.lock"
ENVIRONMENTS = Path(__file__).parent.parent.parent / "var" / "outside"
#: The logs, by their names on PyPI, and what each append of theirs is; one of them in a second way.
LOGS = {
    "ledgerchain": "a hash chain on SQLite as its manual opens it, unsigned, one durable append at a time",
    "ledgerchain-wal": "the same, given journal_mode WAL and synchronous FULL as Jejak has them",
    "witness-log": "a Merkle log in a file, unsigned acts, one append and fsync at a time",
}
#: What is inherited from whoever measures; no path of Python's among it.
INHERITED = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JEJAK"))}
PATIENCE = 300.0


class NotInstalled(Exception):
    """The environment could not be made; says why."""


@dataclass
class OutsideLog:
    """One of the logs, running; what it has saved, and the seconds that took."""

    process: subprocess.Popen[str]
    saved: int = 0
    spent: float = 0.0

    def take(self, payloads: Sequence[bytes]) -> None:
        """Save all of these, each durable before the next."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([one.decode() for one in payloads]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise AssertionError("an outside log ended without an answer")
        self.spent += float(answer)
        self.saved += len(payloads)

    @property
    def rate(self) -> float:
        """Return how many it saved a second."""
        return self.saved / self.spent


@contextmanager
def opened(python: Path, name: str, folder: Path) -> Iterator[OutsideLog]:
    """Yield one of :data:`LOGS`, its files in ``folder``, run by the Python of its environment."""
    folder.mkdir(parents=True)
    command = [str(python), str(HERE / "append.py"), name, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=INHERITED
    ) as process:  # which closes its input, at whose end it ends
        yield OutsideLog(process)


def environment(lock: Path = LOCK, environments: Path = ENVIRONMENTS) -> Path:
    """Return the Python that has what ``lock`` names, its environment made first where it is not there.

    Raises NotInstalled.
    """
    environments.mkdir(parents=True, exist_ok=True)
    folder = environments / hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    python = folder / "bin" / "python"
    with (environments / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # several processes may want it at once
        if not (folder / ".ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _run(sys.executable, "-m", "venv", str(folder))
            install(python, lock)
            (folder / ".ready").touch()
    return python


def install(python: Path, lock: Path) -> None:
    """Give this Python's environment what ``lock`` names, if every byte of it is as pinned; raises NotInstalled."""
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    _run(*pip, "--require-hashes", "--only-binary=:all:", "-r", str(lock))


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, env=INHERITED, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(str(error)) from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise NotInstalled(said[-1] if said else f"exit code {done.returncode}")
