"""A disk that can be filled: a small filesystem of its own, or a process whose files may not grow.

A small filesystem takes root, or a user namespace in which one is root; where there is neither, the tests that need one
are left out, loudly, and under CI=true that is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

MISSING = "no small filesystem can be made here: the service was not tried on each full disk (needs root, or unshare)"
#: Bytes of a small filesystem; a page of it.
SIZE, PAGE = 12 * 1024 * 1024, 4096
_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
_INSIDE = "JEJAK_TEST_INSIDE"
_FILLER = "filler"


@dataclass(frozen=True)
class Room:
    """A small filesystem."""

    folder: Path

    def fill(self) -> None:
        """Take all the room that is left."""
        with (self.folder / _FILLER).open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(PAGE))

    def free(self) -> None:
        """Give it back."""
        (self.folder / _FILLER).unlink()


@contextmanager
def small(folder: Path) -> Iterator[Room]:
    """Make a folder that is a small filesystem, for as long as the block lasts."""
    folder.mkdir(parents=True)
    _mount(folder)
    try:
        yield Room(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def done_elsewhere(request: pytest.FixtureRequest, folder: Path) -> bool:
    """Tell whether the test was run as root of a namespace, because this process may not mount; it must have passed.

    Skips the test, or fails it under CI=true, where nothing will do.
    """
    if _may_mount(folder):
        return False
    assert _INSIDE not in os.environ, "whoever is root of a namespace may mount in it"
    if not _may_enter():
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-s", request.node.nodeid]
    done = subprocess.run(
        [*_NAMESPACE, *command],
        cwd=request.config.rootpath,
        env=environment | {_INSIDE: "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    print(*(line for line in done.stdout.splitlines() if "acknowledged" in line), sep="\n")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return True


def _mount(folder: Path) -> None:
    options = ["-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    subprocess.run(["mount", *options], check=True, capture_output=True)


def _may_mount(folder: Path) -> bool:
    try:
        with small(folder / "tried"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@cache
def _may_enter() -> bool:
    try:
        return subprocess.run([*_NAMESPACE, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
