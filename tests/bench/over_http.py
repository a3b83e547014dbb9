"""Acts over HTTP by 8 writers, with receipts, beside a Flask endpoint of the plain library on the same server.

Both are served at once, and asked by turns: a round is signed, posted to the reference, then to the service, whose
projections catch up while the next round is signed.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger import logkey
from tests.bench.databases import Database
from tests.bench.figure import Figure, percentile
from tests.bench.office import Bench, Writers, payloads
from tests.bench.sizes import Size

ROOT = Path(__file__).parent.parent.parent
WRITERS = 8


def figures(folder: Path, size: Size, database: Database) -> list[Figure]:
    """Return the rate, and percentiles of the time to the answer."""
    home = folder / "ledger"
    bench = Bench(home, size.cases, database.at(home))
    database.plain(folder / "plain")  # whoever makes a database lets it go
    logkey.write(home / "log.key", bench.kecamatan.log)
    service = [sys.executable, "-m", "api.cli", "serve", "--home", str(home), "--port", "0", "--json"]
    reference = [sys.executable, "-m", "tests.bench.plain_http", str(folder / "plain"), database.name]
    with (
        _serving(
            service, lambda line: int(json.loads(line)["url"].rpartition(":")[2]), database.environment(home)
        ) as port,
        _serving(reference, int, dict(os.environ)) as plain_port,
        _sender(port) as send,
        _sender(plain_port) as send_plain,
        Writers(WRITERS, send) as ours,
        Writers(WRITERS, send_plain) as theirs,
    ):
        for envelopes in bench.all():
            theirs.take(payloads(envelopes))
            ours.take(envelopes)
    bench.kecamatan.ledger.close()
    against = "a Flask endpoint on the same server saving the same payload unsigned with plain eventsourcing"
    name = f"http_{WRITERS}_writers"
    found = [Figure(name, ours.rate, "acts/s", theirs.rate, against, database.name)]
    for which in (50, 95, 99):
        value, beside = percentile(ours.each, which), percentile(theirs.each, which)
        found.append(Figure(f"{name}_p{which}", value, "ms", beside, "the same endpoint, no receipt", database.name))
    return found


@contextmanager
def _serving(command: list[str], port_of: Callable[[str], int], environment: dict[str, str]) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
    try:
        assert process.stdout is not None
        with process.stdout:
            yield port_of(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def _sender(port: int) -> Iterator[Callable[[bytes], object]]:
    """Yield a function that posts one body on a kept connection of its thread."""
    kept, opened = threading.local(), list[http.client.HTTPConnection]()

    def send(body: bytes) -> None:
        if not hasattr(kept, "connection"):
            kept.connection = http.client.HTTPConnection("127.0.0.1", port)
            opened.append(kept.connection)
        kept.connection.request("POST", "/v1/acts", body, {"Content-Type": "application/json"})
        response = kept.connection.getresponse()
        said = response.read()
        if response.status != 201:
            raise AssertionError(said)

    try:
        yield send
    finally:
        for connection in opened:
            connection.close()
