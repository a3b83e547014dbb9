"""``make bench``: each figure beside its reference, measured in one run on one disk; writes var/bench.json.

The acts are whole cases of the real SOP: signed before the clock starts, then verified, judged, sealed and durable
when it stops. The reference saves the same payloads, unsigned, with the plain eventsourcing library.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keys.envelope import Envelope
from ledger import logkey
from ledger.application import Ledger
from projections.catchup import Views
from tests.bench import audited, large_log, plain, register
from tests.bench.office import Bench, timed

ROOT = Path(__file__).parent.parent.parent
CASES = int(os.environ.get("JEJAK_BENCH_CASES", "150"))
HTTP_WRITERS = 8
#: How many times as many cases the audited store has: what it takes to begin should not count.
AUDITED = 4


@dataclass(frozen=True)
class Figure:
    """A measured value beside its reference; ``ratio`` is value / reference."""

    name: str
    value: float
    unit: str
    reference: float
    against: str

    @property
    def ratio(self) -> float:
        return self.value / self.reference


def in_process(folder: Path, writers: int) -> tuple[Figure, list[list[bytes]]]:
    """Return acts a second with ``writers`` threads, beside the plain library's single saves."""
    bench = Bench(folder / f"ledger-{writers}", CASES)
    rate, rounds = bench.rate(writers, bench.kecamatan.ledger.record)
    bench.kecamatan.ledger.close()
    reference = plain.rate(folder / f"plain-{writers}", payloads(rounds), 1)
    against = "plain eventsourcing, same payloads unsigned, one durable save at a time"
    return Figure(f"acts_per_second_{writers}_writers", rate, "acts/s", reference, against), rounds


def payloads(rounds: list[list[bytes]]) -> list[list[bytes]]:
    return [[Envelope.parse(one).unverified_payload for one in envelopes] for envelopes in rounds]


@contextmanager
def serving(command: list[str], port_of: Callable[[str], int]) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        with process.stdout:
            yield port_of(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(30)


def sender(port: int) -> Callable[[bytes], object]:
    """Return a function that posts one body on a kept connection of its thread."""
    kept = threading.local()

    def send(body: bytes) -> None:
        if not hasattr(kept, "connection"):
            kept.connection = http.client.HTTPConnection("127.0.0.1", port)
        kept.connection.request("POST", "/v1/acts", body, {"Content-Type": "application/json"})
        response = kept.connection.getresponse()
        said = response.read()
        if response.status != 201:
            raise AssertionError(said)

    return send


def over_http(folder: Path) -> list[Figure]:
    """Return rate and latency over HTTP at 8 writers, beside a Flask endpoint of the plain library."""
    bench = Bench(folder / "http", CASES)
    logkey.write(folder / "http" / "log.key", bench.kecamatan.log)
    ours: list[float] = []
    rounds, spent = [], 0.0
    command = [sys.executable, "-m", "api.cli", "serve", "--home", str(folder / "http"), "--port", "0", "--json"]
    with serving(command, lambda line: int(json.loads(line)["url"].rpartition(":")[2])) as port:
        for number in range(bench.rounds):
            envelopes = bench.round(number)
            began = time.perf_counter()
            ours += timed(HTTP_WRITERS, envelopes, sender(port))
            spent += time.perf_counter() - began
            rounds.append(envelopes)
    theirs: list[float] = []
    plain_spent = 0.0
    with serving([sys.executable, "-m", "tests.bench.plain_http", str(folder / "plain-http")], int) as port:
        for one in payloads(rounds):
            began = time.perf_counter()
            theirs += timed(HTTP_WRITERS, one, sender(port))
            plain_spent += time.perf_counter() - began
    against = "Flask endpoint on the same server saving the same payload with plain eventsourcing"
    return [
        Figure("http_acts_per_second_8_writers", len(ours) / spent, "acts/s", len(theirs) / plain_spent, against),
        Figure("http_p50_8_writers", percentile(ours, 50), "ms", percentile(theirs, 50), against),
        Figure("http_p99_8_writers", percentile(ours, 99), "ms", percentile(theirs, 99), against),
    ]


def percentile(seconds: list[float], which: int) -> float:
    return statistics.quantiles(seconds, n=100)[which - 1] * 1000


def rebuild(folder: Path, events: int) -> Figure:
    """Return acts a second that the read models are rebuilt at, beside the plain library only reading its events."""
    signer_home = folder / "ledger-16"
    bench_log = Bench.log()
    ledger = Ledger(signer_home, bench_log, lambda: (_ for _ in ()).throw(AssertionError("nothing is recorded")))
    views = Views(f"sqlite:///{folder / 'views.sqlite'}", ledger.reading, ledger.documents)
    began = time.perf_counter()
    leaves = views.rebuild()
    rate = leaves / (time.perf_counter() - began)
    views.close()
    ledger.close()
    app = plain.open_plain(folder / "plain-16")
    began = time.perf_counter()
    read = sum(1 for one in app.recorder.select_notifications(1, events) if app.mapper.to_domain_event(one))
    reference = read / (time.perf_counter() - began)
    app.close()
    return Figure("rebuild", rate, "acts/s", reference, "plain eventsourcing, reading and mapping its events only")


def of_the_audit(folder: Path) -> list[Figure]:
    """Return how fast a store is audited by all cores, beside what they could verify of its bare signatures at once.

    The last three rows are for information: the bar is the first's.
    """
    found = audited.measure(folder / "audited", AUDITED * CASES)
    cores, verified = audited.CORES, found.verified
    signatures = found.leaves + found.checkpoints
    bare = f"{cores} cores verifying its signatures alone"
    return [
        Figure(
            "audit", signatures / found.leaves_took, "sigs/s", verified, f"{bare}: acts and checkpoints; 0.6 or more"
        ),
        Figure("audit_leaves", found.leaves / found.leaves_took, "leaves/s", verified, f"{bare}: the same, acts alone"),
        Figure(
            "audit_conformance", found.leaves / found.conformance_took, "leaves/s", verified, f"{bare}: SOP, documents"
        ),
        Figure("audit_views", found.leaves / found.views_took, "leaves/s", verified, f"{bare}: views, by one core"),
    ]


def of_the_register() -> list[Figure]:
    """Return how long a register of 100,000 acts takes to fold, and an act to be judged against it."""
    few, many = 100, 100_000
    against_few, against_many = (seconds * 1e6 for seconds in register.judging_seconds(few, many))
    return [
        Figure("register_fold_100k", register.folding_seconds(many), "s", 3.0, "the most that folding it may take"),
        Figure(
            "register_judge_100k", against_many, "us", against_few, f"the same acts against {few}; at most 1.5 times"
        ),
    ]


def of_a_large_log(folder: Path) -> list[Figure]:
    """Return what a proof, an act and the start check cost at a million leaves."""
    found = large_log.measure(folder)
    made = "leaves made, not signed one by one"
    return [
        Figure("proof_1m_p99", found.proof * 1e3, "ms", 5.0, f"the most that proving a random leaf may take; {made}"),
        Figure(
            "append_1m",
            found.act * 1e3,
            "ms",
            found.act_when_empty * 1e3,
            f"an act in an empty ledger; {made}; at most 1.2",
        ),
        Figure("start_check_1m_a_note", found.check_of_a_note * 1e3, "ms", 5.0, "one consistency proof, no audit"),
    ]


def main() -> None:
    """Measure, print the table, write var/bench.json."""
    var = ROOT / "var"
    var.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=var))
    try:
        figures = []
        for writers in (1, 16):
            figure, rounds = in_process(folder, writers)
            figures.append(figure)
        figures += over_http(folder)
        figures.append(rebuild(folder, sum(map(len, rounds))))
        figures += of_the_audit(folder)
        figures += of_the_register()
        figures += of_a_large_log(folder)
    finally:
        shutil.rmtree(folder)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()};")
    print(f"SQLite WAL, synchronous=FULL; {CASES} cases of 12 acts a figure; ratio = value / reference\n")
    for one in figures:
        print(f"{one.name:<32}{one.value:>10.1f} {one.unit:<9}{one.reference:>10.1f}{one.ratio:>8.2f}  {one.against}")
    written = {
        one.name: {
            "value": round(one.value, 3),
            "unit": one.unit,
            "reference": round(one.reference, 3),
            "ratio": round(one.ratio, 3),
        }
        for one in figures
    }
    (var / "bench.json").write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    print("\nwritten to var/bench.json")


if __name__ == "__main__":
    main()
