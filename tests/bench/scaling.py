"""docs/scaling.md: its figures, written between markers from a run of the benchmarks, never by hand.

``python -m tests.bench.scaling`` copies var/bench.json to docs/bench.json and writes the page anew from it. A block is
everything between ``<!-- bench: NAME -->`` and ``<!-- /bench -->``; :data:`BLOCKS` says what stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from tests.bench.bars import bar_of
from tests.bench.databases import DATABASES, SQLITE
from tests.bench.figure import Figure
from tests.bench.record import FILE, ROOT, Run

PAGE = ROOT / "docs" / "scaling.md"
KEPT = ROOT / "docs" / "bench.json"

#: Assumed, not measured: SOPs that an office carries out, cases of each a year, acts of a case.
SOPS, CASES, ACTS = 50, 40, 15
#: Assumed: working days of a year and hours of a day, and the busiest hour as a multiple of the mean.
DAYS, HOURS, BUSIEST = 245, 7, 10
#: A box is planned for at most this share of what it takes in the benchmark.
SHARE = 0.5
#: Hours of a night, in which views should be built anew and a year audited.
NIGHT = 8
LEVELS = (("kecamatan", 1), ("kabupaten", 33), ("province", 660), ("nation", 7_000))
ACTS_A_YEAR = SOPS * CASES * ACTS

_BLOCK = re.compile(r"(<!-- bench: ([a-z]+) -->\n)(.*?)(<!-- /bench -->)", re.DOTALL)
_ABSENT = "not measured"


def page(text: str, run: Run) -> str:
    """Return the page with every block as this run makes it."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{BLOCKS[found[2]](run)}\n\n{found[4]}", text)


def measured_on(run: Run) -> str:
    """Return what was measured on, as a list."""
    return "\n".join([f"- {name}: {words}" for name, words in run.measured_on.items()] + [f"- size: {run.size}"])


def assumptions(_: Run) -> str:
    """Return the assumptions, so that the page cannot say others than its tables are made with."""
    return "\n".join(
        [
            f"- {SOPS} SOPs an office, {CASES} cases a year of each, {ACTS} acts a case: {ACTS_A_YEAR:,} acts a year",
            f"- {DAYS} working days of {HOURS} hours; the busiest hour has {BUSIEST} times the mean",
            f"- offices: {', '.join(f'{name} {count:,}' for name, count in LEVELS)}",
        ]
    )


def rates(run: Run) -> str:
    """Return the figures that have a bar, and what the page speaks of, each beside its reference."""
    spoken = [f"append_{count}_writer{'s' if count > 1 else ''}" for count in (1, 8, 16, 64)]
    spoken += [f"{one}_p99" for one in spoken] + ["rebuild", "fair_share", "fair_longest_wait"]
    shown = [one for one in run.figures if one.name in spoken or bar_of(one)]
    return _table(("figure", "on", "value", "reference", "ratio", "must be", "reference is"), map(_rated, shown))


def levels(run: Run) -> str:
    """Return what each level needs, beside what one box does."""
    on = [one.name for one in DATABASES if run.figure("http_8_writers", one.name)]
    header = ["level", "offices", "acts a year", "acts/s, busiest hour", *(f"of one box ({name})" for name in on)]
    header += ["journal, GB a year", "views of a year's acts built in", "a year's acts audited in"]
    return _table(header, (_level(run, on, name, offices) for name, offices in LEVELS))


def stops(run: Run) -> str:
    """Return with how many offices each limit of one box is met."""
    night, busy = NIGHT * 3600 / ACTS_A_YEAR, f"the busiest hour takes {SHARE:.0%} of the rate over HTTP"
    limits = [(f"{busy} ({one.name})", "http_8_writers", one.name, SHARE / _busiest(1)) for one in DATABASES]
    limits += [
        (f"building the views of a year's acts takes {NIGHT} hours", "rebuild", SQLITE.name, night),
        (f"auditing a year's acts takes {NIGHT} hours", "audit_leaves", SQLITE.name, night),
    ]
    lines = []
    for what, name, on, offices_a_unit in limits:
        found = run.figure(name, on)
        lines.append((what, _ABSENT if found is None else _offices(found.value * offices_a_unit)))
    disk = run.figure("disk_all", SQLITE.name)
    lines.append(
        ("the journal grows by 1 TB a year", _ABSENT if disk is None else _offices(1e12 / disk.value / ACTS_A_YEAR))
    )
    return _table(("limit of one box", "met with offices"), lines)


def _level(run: Run, on: Sequence[str], name: str, offices: int) -> list[str]:
    acts, needed = offices * ACTS_A_YEAR, _busiest(offices)
    cells = [name, f"{offices:,}", f"{acts:,}", _number(needed)]
    for database in on:
        takes = run.figure("http_8_writers", database)
        cells.append(_ABSENT if takes is None else f"{_number(100 * needed / takes.value)}%")
    disk = run.figure("disk_all", SQLITE.name)
    cells.append(_ABSENT if disk is None else _number(acts * disk.value / 1e9))
    for figure in ("rebuild", "audit_leaves"):
        found = run.figure(figure, SQLITE.name)
        cells.append(_ABSENT if found is None else _duration(acts / found.value))
    return cells


def _rated(figure: Figure) -> list[str]:
    bar = bar_of(figure)
    must = "" if bar is None else f"{bar}: {'reached' if bar.reached(figure) else 'missed'}"
    beside = _ABSENT if figure.reference is None else _number(figure.reference)
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    value = f"{_number(figure.value)} {figure.unit}"
    return [f"`{figure.name}`", figure.database, value, beside, ratio, must, figure.against]


def _busiest(offices: int) -> float:
    """Return the acts a second of so many offices in the busiest hour."""
    return offices * ACTS_A_YEAR / (DAYS * HOURS * 3600) * BUSIEST


def _offices(number: float) -> str:
    """Return a number of offices with two digits that count: it rests on assumptions."""
    return f"{float(f'{number:.2g}'):,.0f}"


def _number(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.2g}" if number < 1 else f"{number:.3g}"


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{_number(seconds / length)} {unit}"
    return f"{_number(seconds)} s"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(one)} |" for one in lines)


#: What stands between the markers, by their names.
BLOCKS: dict[str, Callable[[Run], str]] = {
    "machine": measured_on,
    "assumptions": assumptions,
    "rates": rates,
    "levels": levels,
    "stops": stops,
}


def main() -> None:
    """Write docs/bench.json and docs/scaling.md from var/bench.json."""
    text = FILE.read_text(encoding="utf-8")
    KEPT.write_text(text, encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), Run.load(text)), encoding="utf-8")
    print(f"written: {KEPT.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
