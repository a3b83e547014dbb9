"""The bars: what Jejak must reach, each stated here and nowhere else, held against figures by name.

A bar is on the ratio to the figure's reference or on its value. A figure that this run has not does not reach its bar.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.bench.databases import DATABASES, SQLITE
from tests.bench.figure import NOT_MEASURED, Figure

EVERY = tuple(one.name for one in DATABASES)
ON_SQLITE = (SQLITE.name,)
#: For what takes no database.
NONE = ("",)


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must reach, on each of ``databases``; ``source`` is where it was promised."""

    name: str
    of: Literal["ratio", "value"]
    must_be: Literal["at least", "at most"]
    limit: float
    source: str
    databases: tuple[str, ...] = ON_SQLITE

    def of_figure(self, figure: Figure) -> float | None:
        """Return the number of a figure that this bar is on, None where it was not measured."""
        return figure.ratio if self.of == "ratio" else figure.value

    def reached(self, figure: Figure) -> bool:
        """Tell whether a figure reaches it; one whose reference was not measured does not."""
        found = self.of_figure(figure)
        if found is None:
            return False
        return found >= self.limit if self.must_be == "at least" else found <= self.limit

    def __str__(self) -> str:
        return f"{self.of} {'>=' if self.must_be == 'at least' else '<='} {self.limit:g}"


BARS = (
    Bar("append_16_writers", "ratio", "at least", 1.5, "issue 7", EVERY),
    Bar("append_16_writers_ledgerchain", "ratio", "at least", 5, "DESIGN 6"),
    Bar("append_16_writers_witness_log", "ratio", "at least", 1, "DESIGN 6"),
    Bar("http_8_writers", "ratio", "at least", 1, "issue 7", EVERY),
    Bar("http_8_writers_p99", "value", "at most", 30, "issue 7"),
    Bar("fair_share", "ratio", "at least", 0.5, "issue 7: fairness between processes", EVERY),
    Bar("disk", "ratio", "at most", 1.6, "issue 7"),
    Bar("rebuild_100k", "value", "at most", 10, "issue 7"),
    Bar("rebuild_1m", "ratio", "at least", 0.8, "issue 7: the rate at 1,000,000 acts against 100,000"),
    Bar("append_1m", "ratio", "at most", 1.3, "issue 7"),
    Bar("append_1m_empty", "ratio", "at most", 1.2, "issue 5"),
    Bar("proof_1m", "ratio", "at most", 1.3, "issue 7"),
    Bar("proof_1m_p99", "value", "at most", 5, "issue 5"),
    Bar("next_1m", "ratio", "at most", 1.3, "issue 7"),
    Bar("case_1m", "ratio", "at most", 1.3, "issue 7"),
    Bar("trail_1m", "ratio", "at most", 1.3, "issue 7"),
    Bar("memory_1m", "value", "at most", 250, "issue 7"),
    Bar("audit", "ratio", "at least", 0.6, "issue 5"),
    Bar("register_fold_100k", "value", "at most", 3, "the register's own benchmark", NONE),
    Bar("register_judge_100k", "ratio", "at most", 1.5, "the register's own benchmark", NONE),
)


def bar_of(figure: Figure, bars: Sequence[Bar] = BARS) -> Bar | None:
    """Return the bar that a figure must reach, if there is one."""
    for one in bars:
        if one.name == figure.name and figure.database in one.databases:
            return one
    return None


def missed(figures: Iterable[Figure], bars: Sequence[Bar] = BARS) -> list[str]:
    """Return one line for each bar that is not reached, or whose figure or reference this run has not."""
    found = {(one.name, one.database): one for one in figures}
    lines = []
    for bar in bars:
        for database in bar.databases:
            figure = found.get((bar.name, database))
            where = f"{bar.name} ({database})" if database else bar.name
            must = f"{bar}, {bar.source}"
            if figure is None:
                lines.append(f"{where}: {NOT_MEASURED}; must be {must}")
            elif (number := bar.of_figure(figure)) is None:
                lines.append(f"{where}: {NOT_MEASURED} ({figure.against}); must be {must}")
            elif not bar.reached(figure):
                lines.append(f"{where}: {number:.3g}; must be {must}")
    return lines
