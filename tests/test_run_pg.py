"""``make run-pg``: three services are one ledger, what one is told the others have, and all stop together."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from api.settings import Settings
from keys.errors import Unavailable
from ledger import logkey
from ledger.database import Database
from tests import run_pg
from tests.kit import Kecamatan
from tests.test_readme import ROOT, SECONDS, Newcomer

CASE = "00000000-0000-4000-8000-000000000006"


@dataclass
class Running:
    """What was started, all that it said until it was ready, and the addresses of the services."""

    process: subprocess.Popen[str]
    said: str

    @property
    def urls(self) -> list[str]:
        return re.findall(r"^  (http://\S+)$", self.said, re.MULTILINE)

    def leaves(self, urls: Iterable[str] | None = None) -> list[int]:
        """Return how many leaves each service, or each of these, says that there are."""
        asked = self.urls if urls is None else urls
        return [int(httpx.get(f"{url}/log/checkpoint").text.splitlines()[1]) for url in asked]

    def services(self) -> list[int]:
        """Return the process ids of the services."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii").split()
        return [int(one) for one in children if "serve" in Path(f"/proc/{one}/cmdline").read_text("ascii").split("\0")]

    def guarded(self) -> set[int]:
        """Return the process ids of the services that have a guard."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii").split()
        started = [Path(f"/proc/{one}/cmdline").read_text("utf-8").split("\0") for one in children]
        return {int(one[-2]) for one in started if "kill -KILL" in " ".join(one)}


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """Start it on free ports and yield it once it is ready; killed at the end if it is still there."""
    command = [sys.executable, "-m", "tests.run_pg", "0", "0", "0", "--folder", str(folder)]
    known = {name: value for name, value in os.environ.items() if not name.startswith("JEJAK_")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, cwd=ROOT, env=known, text=True, **pipes)
    said = ""
    too_late = threading.Timer(SECONDS, process.kill)
    too_late.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        too_late.cancel()
        assert "Ctrl-C" in said, said
        yield Running(process, said)
    finally:
        too_late.cancel()
        process.terminate()
        try:
            process.communicate(timeout=SECONDS)
        finally:
            process.kill()


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="jejak-run-pg-"))  # the server's own user must reach it
    yield made
    shutil.rmtree(made)


def test_a_service_whose_port_is_taken_is_told_in_words(tmp_path: Path) -> None:
    office = Kecamatan(tmp_path, Database("sqlite", tmp_path)).open()
    office.ledger.close()
    logkey.write(tmp_path / "log.key", office.log)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with run_pg.service(Settings(tmp_path), port) as process, pytest.raises(Unavailable) as caught:
            run_pg.address(process, time.monotonic() + SECONDS)
    assert caught.value.rule == "demo.service"
    assert str(port) in caught.value.detail


def running_under(folder: Path) -> list[int]:
    """Return the processes that were started with this folder, and live."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.fsencode(folder) in (one / "cmdline").read_bytes():  # of one that is not buried yet it is empty
                found.append(int(one.name))
    return found


def test_whoever_kills_it_ends_its_services_and_its_server_too(folder: Path) -> None:
    with running(folder) as first:
        assert len(running_under(folder)) > 5, "itself, three services, the server, guards"
        first.process.kill()
        until = time.monotonic() + SECONDS / 4
        while left := running_under(folder):
            assert time.monotonic() < until, [Path(f"/proc/{one}/cmdline").read_text() for one in left]
            time.sleep(0.1)
        assert not (folder / "data" / "postmaster.pid").exists(), "the server has stopped in order"
    code = "import sys, pathlib; from tests import run_pg\nwith run_pg.own_server(pathlib.Path(sys.argv[1])): pass"
    subprocess.run([sys.executable, "-c", code, folder], cwd=ROOT, check=True)
    assert running_under(folder) == [], "those that were killed keep no later server running"


def test_three_services_are_one_ledger_that_is_kept_and_they_end_together(folder: Path, tmp_path: Path) -> None:
    with running(folder) as first:
        assert len(first.urls) == 3
        act, _, login, trail = re.findall(r"^  (jejak (?:.*\\\n)*.*)$", first.said, re.MULTILINE)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        newcomer = Newcomer(tmp_path, dict(os.environ) | {"PATH": path, "HOME": str(tmp_path)})
        before = first.leaves()
        code, shown = newcomer.types(act.replace("\\\n", " "), (("[y/t]", "y"), ("sandi", "demo jejak budi-santoso")))
        assert code == 0, shown
        assert first.leaves() == [size + 1 for size in before]
        code, shown = newcomer.types(login, (("sandi", "demo jejak wahyu-hidayat"),))
        assert code == 0, shown
        code, shown = newcomer.types(trail)
        assert code == 0, shown
        assert "memberi paraf pada" in shown
        kept = first.leaves()
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(SECONDS) == 0
    with running(folder) as second:
        assert second.leaves() == kept, "the ledger of the run before"
        assert "menunggu tanda tangan" in second.said
        services = second.services()
        assert len(services) == 3
        assert second.guarded() == set(services)
        assert second.process.stderr is not None
        left = dict(zip(second.urls, services, strict=True))
        for url, one in list(left.items()):
            assert second.leaves(left) == kept[: len(left)], "those that are left go on"
            os.kill(one, signal.SIGKILL)
            del left[url]
            told = next(line for line in second.process.stderr if "Layanan di" in line)
            assert f"Layanan di {url} berhenti" in told
            assert all(other in told for other in left)
            assert second.guarded() == set(left.values()), "nobody would kill who gets that process id next"
        assert second.process.wait(SECONDS) == 1
        assert not any(Path(f"/proc/{one}").exists() for one in services)
        assert running_under(folder) == []
    assert not (folder / "data" / "postmaster.pid").exists(), "the server has stopped too"
