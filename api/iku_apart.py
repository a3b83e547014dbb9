"""A workbook that somebody sent, read in a process of its own: whatever it is made of, nobody else waits for it.

The budgets of :mod:`ledger.iku_workbook` bound what a file is known to cost; parsers of XML, of ZIP and of workbooks
have ways to spend more that nobody has thought of yet. So the reading has a measure that does not depend on what is
read: :data:`MOST_SECONDS` of the processor and :data:`MOST_MEMORY` more memory than an idle reader has, then it is
ended, and the file refused as too large (``iku.table.size``). CSV has no such parsers: what it may hold bounds what
it costs, so it is read here. One table is read at a time; :data:`MOST_WAITING` wait for their turn, at most
:data:`PATIENCE` seconds, and all others are told at once that the service is busy.

The parent starts this file as ``python -m api.iku_apart``, with what is asked as an argument and the table on standard
input, and gets one JSON object on standard output: ``{"read": ...}`` or ``{"fault": [rule, detail, allowed, facts]}``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from api import iku_reading
from keys.errors import Malformed, Unavailable
from ledger.iku_import import ZIP

#: Seconds of the processor for one table, once its reader is ready.
MOST_SECONDS = 2.0
#: Bytes of memory for one table, more than its reader takes by itself.
MOST_MEMORY = 100 * 1024 * 1024
#: How many may wait for the one that is being read, and for how many seconds.
MOST_WAITING = 2
PATIENCE = 3.0
#: Seconds by the clock on the wall after which a reader is ended that did not even get the processor.
MOST_ELAPSED = 18.0

_turn = threading.Lock()
_places = threading.BoundedSemaphore(1 + MOST_WAITING)


def read(data: bytes, name: str, unit: str | None, period: list[int] | None) -> dict[str, Any]:
    """Return what :func:`api.iku_reading.read` does, for a workbook in another process.

    Raises Malformed as it does, ``iku.table.size`` for what costs too much, and Unavailable (``iku.table.busy``).
    """
    with _one_at_a_time():
        if not data.startswith(ZIP):
            return iku_reading.read(data, name, unit, period)
        try:
            done = subprocess.run(  # noqa: S603  our own command
                [sys.executable, "-P", "-m", __name__, json.dumps([name, unit, period])],
                input=data,
                capture_output=True,
                timeout=MOST_ELAPSED,
                check=False,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        except subprocess.TimeoutExpired:
            raise _busy() from None
    if done.returncode < 0 or done.returncode == _NO_MEMORY:
        raise Malformed(
            "iku.table.size",
            "Berkas ini terlalu berat untuk dibaca.",
            allowed="Salin tabel IKU saja ke buku kerja baru, simpan sebagai .xlsx atau .csv, lalu coba lagi.",
        )
    if done.returncode:
        raise AssertionError(f"the reader of tables broke: {done.stderr.decode('utf-8', 'replace')[-2000:]}")
    answer = json.loads(done.stdout)
    if "fault" in answer:
        rule, detail, allowed, facts = answer["fault"]
        raise Malformed(rule, detail, allowed=allowed, **facts)
    read: dict[str, Any] = answer["read"]
    return read


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise _busy()
    try:
        if not _turn.acquire(timeout=PATIENCE):
            raise _busy()
        try:
            yield
        finally:
            _turn.release()
    finally:
        _places.release()


def _busy() -> Unavailable:
    return Unavailable(
        "iku.table.busy",
        "Layanan sedang sibuk membaca tabel lain.",
        allowed="Coba lagi sebentar lagi; berkas Anda tidak berubah.",
    )


# --- the other process --------------------------------------------------------------------------------------

_NO_MEMORY = 3


def _serve() -> int:
    """Read one table under the limits; what the libraries take before it comes is not counted."""
    data = sys.stdin.buffer.read()
    name, unit, period = json.loads(sys.argv[1])
    _limit()
    answer: dict[str, Any]
    try:
        answer = {"read": iku_reading.read(data, name, unit, period)}
    except Malformed as fault:
        answer = {"fault": [fault.rule, fault.detail, fault.allowed, fault.facts]}
    except MemoryError:
        return _NO_MEMORY
    sys.stdout.write(json.dumps(answer))
    return 0


def _limit() -> None:
    """Have this process ended once it takes more than its share, also inside a library that never looks up."""
    if sys.platform == "win32":
        return  # there the clock on the wall ends it
    import resource
    import signal

    os.nice(5)
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as said:
            pages = int(said.read().split()[0])
        most = pages * resource.getpagesize() + MOST_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(_serve())
