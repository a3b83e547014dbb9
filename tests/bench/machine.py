"""What was measured on: the machine, its disk, and the versions that matter."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.bench.figure import percentile

#: How often a block is written and made durable, and its bytes.
BLOCKS, BLOCK = 200, 4096
#: The share of the cores that others have at most on a machine that is quiet enough to believe a ratio.
QUIET = 0.1
#: Under what name a run keeps that share.
OTHERS = "other processes had"

#: What is named beside the figures.
LIBRARIES = ("eventsourcing", "cryptography", "pynacl", "sqlalchemy")


def described(folder: Path) -> dict[str, str]:
    """Return what to know of this machine, in words; ``folder`` is on the disk that is measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.machine()}"
    return {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {system}",
        "disk": f"fdatasync of a 4 KiB block: {_durable_block(folder)}",
        "python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    }


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of the cores that everybody and that we had spent at a monotonic time; None where nobody tells."""

    everybody: float | None
    ours: float
    at: float

    @classmethod
    def now(cls) -> Spent:
        """Return what is spent so far; of our children, what those that have ended spent."""
        try:
            ticks = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:9]
            user, nice, system, _idle, _waiting, *interrupts = map(int, ticks)
            everybody = (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError):
            everybody = None
        return cls(everybody, sum(os.times()[:4]), time.monotonic())

    def elsewhere(self, since: Spent) -> str:
        """Return in words how much of the cores others had since then: ratios of a busy machine may be wrong."""
        if self.everybody is None or since.everybody is None:
            return "not known here"
        others = (self.everybody - since.everybody) - (self.ours - since.ours)
        share = max(0.0, others) / ((self.at - since.at) * (os.cpu_count() or 1))
        return f"{share:.0%} of the cores' time while it ran; a quiet machine has under {QUIET:.0%}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _durable_block(folder: Path) -> str:
    spent = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(BLOCKS):
            file.write(bytes(BLOCK))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            spent.append(time.perf_counter() - began)
    return f"p50 {percentile(spent, 50):.2f} ms, p99 {percentile(spent, 99):.2f} ms"
