"""``make soak``: the service at twice what it carries, for ten minutes, over real HTTP.

Officials without number act on cases of the real SOP, each act signed on the receipt of the one before; who is refused
with 503 sends the same bytes again later. First the service is asked as fast as it answers a few (the capacity), then
twice as often, whether it answers or not. In the end every act that was acknowledged must be in the journal, with the
leaf hash that was told. It fails where one is missing, where anything but 201 and 503 (with Retry-After) was answered,
or where resident memory at the end is above :data:`MOST_GROWN` times what it was at minute 2. ``JEJAK_SOAK_SECONDS``
makes it shorter or longer; below ten minutes memory is printed and not judged, for until then caches are still filling.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from array import array
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keys.envelope import Envelope
from ledger import logkey
from ledger.acts import PAYLOAD_TYPE, Seen, compose
from ledger.checkpoint import parse_body
from ledger.note import parse_unverified
from ledger.receipt import parse_receipt
from tests import postgres
from tests.kit import ORIGIN, Kecamatan, key, mandate_of

ROOT = Path(__file__).parent.parent
SECONDS = 600.0
#: Times the capacity at which the service is asked.
LOAD = 2.0
#: Requests at once while the capacity is measured, and while it is exceeded: more than the service lets wait.
FEW, MANY = 16, 256
#: What memory may have become, as a multiple of what it was at this second of a whole run.
MOST_GROWN, EARLY = 1.2, 120.0
OCCURRED = "2026-03-02T08:00:00+07:00"


@dataclass
class Soaked:
    """What came of it: requests a second (capacity, offered, answered with 201), milliseconds, MiB by minute."""

    capacity: float = 0.0
    offered: float = 0.0
    rate: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    accepted_ms: array[float] = field(default_factory=lambda: array("f"))
    refused_ms: array[float] = field(default_factory=lambda: array("f"))
    without_retry_after: int = 0
    memory: list[float] = field(default_factory=list)
    early: float | None = None
    acknowledged: dict[int, bytes] = field(default_factory=dict)
    missing: int = 0

    def faults(self) -> list[str]:
        """Return what must not be, in sentences."""
        others = sorted(set(self.statuses) - {201, 503})
        grown = self.memory[-1] / self.early if self.early else 0.0  # judged only where there was a minute 2
        found = [
            (self.missing, f"{self.missing} acknowledged acts are not in the journal"),
            (others, f"answered with {others}"),
            (self.without_retry_after, f"{self.without_retry_after} refusals without Retry-After"),
            (grown > MOST_GROWN, f"resident memory grew {grown:.2f} times; at most {MOST_GROWN}"),
            (not self.acknowledged, "nothing was accepted"),
        ]
        return [words for true, words in found if true]


class Crowd:
    """Cases on their way; each has one act that is signed and not yet acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.kecamatan = Kecamatan(folder).open()
        logkey.write(folder / "log.key", self.kecamatan.log)
        seen = self.kecamatan.seen()
        assert seen is not None
        self.seen = seen
        self.waiting: deque[Case] = deque()

    def next(self) -> Case:
        """Return the case whose act waits longest, a new one where none does."""
        return self.waiting.popleft() if self.waiting else Case(self)

    def saw(self, note: bytes) -> None:
        """Remember the newest checkpoint that anybody was given."""
        newest = parse_body(parse_unverified(note)[0])
        if newest.size > self.seen.size:
            self.seen = Seen(size=newest.size, root=base64.b64encode(newest.root).decode())


class Case:
    """One case; ``envelope`` is its next act."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.stream = f"case:{uuid.uuid4()}"
        self.steps = crowd.kecamatan.steps(case=self.stream)
        self.version, self.leaf = 0, None
        self._sign()

    def acknowledged(self, said: dict[str, Any]) -> None:
        """Sign the next act on this one's receipt, if there is any left."""
        self.version, self.leaf = said["version"], said["leaf_hash"]
        self.crowd.saw(parse_receipt(said["receipt"].encode()).checkpoint_note)
        if self.version < len(self.steps):
            self._sign()
            self.crowd.waiting.append(self)

    def _sign(self) -> None:
        official, kind, body = self.steps[self.version]
        members = {
            "ledger": ORIGIN,
            "seen": self.crowd.seen,
            "stream": self.stream,
            "version": self.version + 1,
            "previous": self.leaf,
            "kind": kind,
            "official": official,
            "mandate": mandate_of(official),
            "occurred_at": OCCURRED,
            "body": body,
        }
        self.envelope = Envelope.seal(PAYLOAD_TYPE, compose(**members), key(official)).data


class Line:
    """A kept connection to the service; opened again where the service closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (names in lower case) and body of the answer to an act."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        head = "POST /v1/acts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
        writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        said = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            self.close()
        return int(first.split(" ")[1]), headers, said

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Soak:
    """Sends what the crowd signs, and counts what comes of it."""

    def __init__(self, crowd: Crowd, port: int, soaked: Soaked) -> None:
        self.crowd, self.port, self.soaked = crowd, port, soaked

    async def closed(self, seconds: float, at_once: int) -> float:
        """Return acts a second that are accepted when each sender waits for its answer."""
        end, before = time.monotonic() + seconds, self.soaked.statuses[201]

        async def one() -> None:
            line = Line(self.port)
            while time.monotonic() < end:
                await self._send(line)
            line.close()

        await asyncio.gather(*(one() for _ in range(at_once)))
        return (self.soaked.statuses[201] - before) / seconds

    async def opened(self, seconds: float, rate: float, at_once: int, watch: Callable[[float], None]) -> float:
        """Send ``rate`` requests a second however they are answered; return how many a second that became.

        ``watch`` is told the seconds that have passed, now and then. What finds no free sender is not sent.
        """
        free = [Line(self.port) for _ in range(at_once)]
        under_way = set[asyncio.Task[None]]()
        sent, due, began = 0, 0, time.monotonic()

        async def one(line: Line) -> None:
            await self._send(line)
            free.append(line)

        while (passed := time.monotonic() - began) < seconds:
            watch(passed)
            while due < passed * rate:
                due += 1
                if free:
                    sent += 1
                    task = asyncio.create_task(one(free.pop()))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
            for task in [one for one in under_way if one.done()]:
                task.result()  # what went wrong is raised here
            await asyncio.sleep(0.005)
        await asyncio.gather(*under_way)
        for line in free:
            line.close()
        return sent / seconds

    async def _send(self, line: Line) -> None:
        case = self.crowd.next()
        began = time.perf_counter()
        status, headers, said = await line.post(case.envelope)
        took = (time.perf_counter() - began) * 1000
        self.soaked.statuses[status] += 1
        if status == 201:
            answer = json.loads(said)
            self.soaked.accepted_ms.append(took)
            self.soaked.acknowledged[answer["leaf_index"]] = bytes.fromhex(answer["leaf_hash"])
            case.acknowledged(answer)
            return
        self.soaked.refused_ms.append(took)
        self.soaked.without_retry_after += status == 503 and int(headers.get("retry-after", "0")) < 1
        self.crowd.waiting.append(case)


def soak(folder: Path, seconds: float, load: float = LOAD, tell: Callable[[str], None] = lambda line: None) -> Soaked:
    """Return what came of so many seconds at ``load`` times the capacity; ``tell`` gets a line each minute."""
    crowd, soaked = Crowd(folder), Soaked()
    command = [sys.executable, "-m", "api.cli", "serve", "--home", str(folder), "--port", "0", "--json"]
    service = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=postgres.environment(folder))
    try:
        assert service.stdout is not None
        port = int(json.loads(service.stdout.readline())["url"].rpartition(":")[2])
        asyncio.run(_run(Soak(crowd, port, soaked), service.pid, seconds, load, tell))
    finally:
        service.terminate()
        service.communicate(timeout=60)
    with crowd.kecamatan.ledger.reading() as rows:
        soaked.missing = sum(
            (row := rows.entry(index)) is None or row.leaf_hash != leaf for index, leaf in soaked.acknowledged.items()
        )
    crowd.kecamatan.ledger.close()
    return soaked


async def _run(one: Soak, pid: int, seconds: float, load: float, tell: Callable[[str], None]) -> None:
    soaked = one.soaked
    soaked.capacity = await one.closed(min(20.0, seconds / 5), FEW)
    before, minute = soaked.statuses[201], min(60.0, seconds / 4)
    del soaked.accepted_ms[:]
    tell(f"capacity {soaked.capacity:.0f} acts/s; asked {load * soaked.capacity:.0f} times a second from now on")

    def watch(passed: float) -> None:
        if passed < (len(soaked.memory) + 1) * minute:
            return
        soaked.memory.append(resident(pid))
        if seconds >= SECONDS and soaked.early is None and passed >= EARLY:
            soaked.early = soaked.memory[-1]
        accepted, refused = soaked.statuses[201], soaked.statuses[503]
        tell(f"{passed:5.0f} s: {accepted} accepted, {refused} refused, {soaked.memory[-1]:.1f} MiB resident")

    soaked.offered = await one.opened(seconds, load * soaked.capacity, MANY, watch)
    soaked.memory.append(resident(pid))
    soaked.rate = (soaked.statuses[201] - before) / seconds


def resident(pid: int) -> float:
    """Return the resident memory of a process in MiB, as Linux tells it."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return int(next(one for one in lines if one.startswith("VmRSS:")).split()[1]) / 1024


def main() -> int:
    """Soak, print, and return 1 where something is as it must not be."""
    seconds = float(os.environ.get("JEJAK_SOAK_SECONDS") or SECONDS)
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="soak-", dir=ROOT / "var") as folder:
        found = soak(Path(folder), seconds, tell=lambda line: print(line, flush=True))
    print(f"{seconds:.0f} s, capacity {found.capacity:.0f} acts/s, offered {found.offered:.0f}/s")
    print(f"accepted {found.rate:.0f}/s; in all {found.statuses[201]} accepted, {found.statuses[503]} refused with 503")
    for name, times in (("accepted", found.accepted_ms), ("refused", found.refused_ms)):
        if len(times) > 1:
            percents = statistics.quantiles(times, n=100)
            print(f"{name}: p50 {percents[49]:.1f} ms, p99 {percents[98]:.1f} ms")
    early = "not judged, the run is short" if found.early is None else f"{found.early:.1f} MiB at minute 2"
    print(f"resident: {found.memory[-1]:.1f} MiB at the end; {early}")
    for words in found.faults():
        print(f"NOT AS IT MUST BE: {words}", file=sys.stderr)
    return 1 if found.faults() else 0


if __name__ == "__main__":
    sys.exit(main())
