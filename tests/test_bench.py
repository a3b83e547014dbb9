"""The benchmarks measure what they say, miss no bar silently, and write the figures of docs/scaling.md themselves."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from ledger.entry import Entry
from ledger.store import open_store
from tests import postgres
from tests.bench import check, fairness, on_postgres, outside_logs, record, scaling
from tests.bench.bars import BARS, Bar, missed
from tests.bench.databases import DATABASES, SQLITE
from tests.bench.figure import NOT_MEASURED, Figure, percentile, short
from tests.bench.machine import OTHERS, Spent
from tests.bench.record import Run, code_now
from tests.bench.run import run
from tests.bench.sizes import TINY
from tests.bench.table import table
from tests.kit import Kecamatan

pytestmark = pytest.mark.sqlite("a run of figures names its databases")

SLOW = Bar("append", "ratio", "at least", 1.5, "issue 7")
LATE = Bar("append_p99", "value", "at most", 30, "issue 7")


def figure(name: str, value: float, reference: float | None = 10.0) -> Figure:
    return Figure(name, value, "acts/s", reference, "the plain way", SQLITE.name)


def a_run(*figures: Figure, code: str = "0" * 64) -> Run:
    return Run(code, "tiny", {"machine": "one of wood", OTHERS: "nothing"}, figures)


def test_a_tiny_run_measures_every_figure_and_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(on_postgres.SERVER, postgres.server())
    said: list[str] = []
    found = run(TINY, tmp_path, said.append)
    assert [line.split(" s  ")[1] for line in said] == [
        *(
            f"{what} on {database} ..."
            for database in ("sqlite", "postgresql")
            for what in ("appending by 16", "HTTP", "disk and rebuild", "two processes", "a log of 600 leaves")
        ),
        "the audit ...",
        "an old register ...",
        "views of 600 acts ...",
        "done",
    ]
    assert all(one.value > 0 and one.ratio for one in found.figures if not one.name.startswith("fair_"))
    places = [(one.name, one.database) for one in found.figures]
    assert len(set(places)) == len(places)
    assert found.measured_on["sqlite"].endswith("journal_mode=WAL, synchronous=FULL")
    assert "fsync=on, synchronous_commit=on" in found.measured_on["postgresql"]
    large = [(name.replace("600", "1m").replace("200", "100k"), database) for name, database in places]
    assert {(bar.name, on) for bar in BARS for on in bar.databases} <= set(large)
    again = Run.load(found.dump())
    assert [(one.name, one.database) for one in again.figures] == places
    assert all(
        one.ratio == pytest.approx(two.ratio, rel=1e-4) for one, two in zip(again.figures, found.figures, strict=True)
    )
    shown = table(found)
    assert all(re.search(rf"^{name} +{on} ", shown, re.MULTILINE) for name, on in places)


def test_a_bar_that_is_missed_is_named_with_what_was_found_and_what_it_must_be() -> None:
    assert missed([figure("append", 15), figure("append_p99", 30)], [SLOW, LATE]) == []
    assert missed([figure("append", 14.9), figure("append_p99", 31)], [SLOW, LATE]) == [
        "append (sqlite): 1.49; must be ratio >= 1.5, issue 7",
        "append_p99 (sqlite): 31; must be value <= 30, issue 7",
    ]


def test_a_figure_that_was_not_measured_reaches_no_bar() -> None:
    (said,) = missed([], [SLOW])
    assert said == f"append (sqlite): {NOT_MEASURED}; must be ratio >= 1.5, issue 7"
    (said,) = missed([figure("append", 15, None)], [SLOW])
    assert said == f"append (sqlite): {NOT_MEASURED} (the plain way); must be ratio >= 1.5, issue 7"
    assert NOT_MEASURED in table(a_run(figure("append", 15, None)), [SLOW])


def test_the_check_passes_only_where_every_bar_of_every_database_is_reached() -> None:
    reaching = [Figure(bar.name, bar.limit, "", 1.0, "", database) for bar in BARS for database in bar.databases]
    code, said = check.verdict(a_run(*reaching))
    assert (code, said) == (0, f"all {len(reaching)} bars reached (tiny run; other processes had nothing)")
    for number, left_out in enumerate(reaching):
        code, said = check.verdict(a_run(*reaching[:number], *reaching[number + 1 :]))
        assert code == 1
        assert left_out.name in said


def test_every_bar_is_stated_once() -> None:
    assert len({bar.name for bar in BARS}) == len(BARS)
    assert {on for bar in BARS for on in bar.databases} == {"", *(one.name for one in DATABASES)}


def test_figures_of_other_code_are_not_taken_for_those_of_this(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    assert check.of_this_code(file) is None
    file.write_text(a_run(figure("append", 15)).dump(), encoding="utf-8")
    assert check.of_this_code(file) is None
    this = a_run(figure("append", 15), code=code_now())
    file.write_text(this.dump(), encoding="utf-8")
    assert check.of_this_code(file) == this


def test_code_is_what_is_measured_and_not_what_is_written_about_it(tmp_path: Path) -> None:
    for name in (*record.MEASURED, "docs"):
        place = tmp_path / name
        (place.parent if place.suffix else place).mkdir(parents=True, exist_ok=True)
        (place if place.suffix else place / "one.py").write_text("1", encoding="utf-8")
    before = code_now(tmp_path)
    (tmp_path / "docs" / "one.py").write_text("2", encoding="utf-8")
    assert code_now(tmp_path) == before
    seen = {before}
    for name in record.MEASURED:
        place = tmp_path / name
        (place if place.suffix else place / "one.py").write_text("2", encoding="utf-8")
        seen.add(code_now(tmp_path))
    assert len(seen) == 1 + len(record.MEASURED)


def test_logs_that_cannot_be_installed_are_said_to_be_missing(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"./tidak_ada-1.0-py3-none-any.whl --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    with pytest.raises(outside_logs.NotInstalled, match="tidak_ada"):
        outside_logs.install(outside_logs.environment(), lock)


def test_two_processes_that_record_at_once_have_every_act_of_both_in_one_history(tmp_path: Path) -> None:
    opened = len(_entries(Kecamatan(tmp_path / "opened").open()))
    both = fairness.recording(tmp_path / "both", [7, 9], 2)
    assert [len(one.receipts) for one in both] == [7, 9]
    assert all(one.began < one.receipts[0] <= one.receipts[-1] for one in both)
    with open_store(tmp_path / "both") as rows:
        assert rows.count() == opened + 16


def test_bytes_on_disk_are_those_of_the_journals_pages(tmp_path: Path) -> None:
    office = Kecamatan(tmp_path).open()
    office.run()
    entries = sum(map(len, _entries(office)))
    stored = SQLITE.stored(tmp_path)
    assert stored.all == (tmp_path / "journal.sqlite").stat().st_size
    assert entries < stored.events_and_tree < stored.all


def _entries(office: Kecamatan) -> list[bytes]:
    """Return the entries of an office's ledger, closed then."""
    with office.ledger.reading() as rows:
        entries = [Entry.parse(row.data).data for row in rows.entries(0, rows.size())]
    office.ledger.close()
    return entries


def test_what_others_had_of_the_cores_is_what_was_spent_less_what_we_spent() -> None:
    cores = os.cpu_count() or 1
    before = Spent(100.0, 10.0, 0.0)
    assert Spent(100.0 + 5 * cores, 10.0 + cores, 10.0).elsewhere(before).startswith("40% of the cores' time")
    assert Spent(100.0 + cores, 10.0 + cores, 10.0).elsewhere(before).startswith("0% of the cores' time")
    assert Spent(None, 10.0, 10.0).elsewhere(before) == "not known here"


def test_percentiles_are_in_milliseconds_and_counts_are_short() -> None:
    seconds = [number / 1000 for number in range(1, 101)]
    assert percentile(seconds, 50) == pytest.approx(50.5)
    assert percentile(seconds, 99) == pytest.approx(99.99)
    assert [short(one) for one in (1_000_000, 100_000, 1_500, 600)] == ["1m", "100k", "1500", "600"]


def test_the_page_on_scaling_is_what_its_generator_makes_of_the_kept_figures() -> None:
    text, kept = scaling.PAGE.read_text(encoding="utf-8"), scaling.KEPT.read_text(encoding="utf-8")
    made = scaling.page(text, Run.load(kept))
    assert made == text, "run python -m tests.bench.scaling"
    assert set(re.findall(r"<!-- bench: ([a-z]+) -->", text)) == set(scaling.BLOCKS)
    plain = json.loads(kept)
    for one in plain["figures"]:
        one["value"] *= 7
    assert scaling.page(text, Run.load(json.dumps(plain))) != text


def test_the_page_on_scaling_says_what_was_not_measured() -> None:
    assert scaling.levels(a_run()).count("not measured") == 3 * len(scaling.LEVELS)
    assert scaling.stops(a_run()).count("not measured") == 3 + len(DATABASES)


def test_what_a_level_needs_follows_from_the_assumptions_and_the_rate_over_http() -> None:
    run = a_run(figure("http_8_writers", 500.0), figure("disk_all", 1_000.0), figure("rebuild", 5_000.0))
    kabupaten = scaling.levels(run).splitlines()[3]
    assert kabupaten == "| kabupaten | 33 | 990,000 | 1.6 | 0.32% | 0.99 | 3.3 min | not measured |"
    assert "| 5,100 |" in scaling.stops(run).splitlines()[2]
