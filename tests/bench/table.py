"""The table of a run: each figure beside its reference and its bar."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.bars import BARS, Bar, bar_of
from tests.bench.figure import NOT_MEASURED, Figure
from tests.bench.record import Run


def table(run: Run, bars: Sequence[Bar] = BARS) -> str:
    """Return what was measured on, then a line for each figure, then the bars that no figure is held against."""
    lines = [f"{name}: {words}" for name, words in run.measured_on.items()]
    lines += [f"size: {run.size}", ""]
    lines += [f"{'figure':<34}{'on':<11}{'value':>10} {'unit':<9}{'reference':>12}{'ratio':>7}  bar; against"]
    lines += [_line(figure, bars) for figure in run.figures]
    for bar in bars:
        lines += [
            f"{bar.name:<34}{database:<11}{NOT_MEASURED}; must be {bar}"
            for database in bar.databases
            if run.figure(bar.name, database) is None
        ]
    return "\n".join(lines)


def _line(figure: Figure, bars: Sequence[Bar]) -> str:
    reference = NOT_MEASURED if figure.reference is None else _number(figure.reference)
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    bar = bar_of(figure, bars)
    held = "" if bar is None else f"[{bar}: {'reached' if bar.reached(figure) else 'MISSED'}] "
    begins = (
        f"{figure.name:<34}{figure.database:<11}{_number(figure.value):>10} {figure.unit:<9}{reference:>12}{ratio:>7}"
    )
    return f"{begins}  {held}{figure.against}"


def _number(number: float) -> str:
    """Return a number with as many decimals as its size makes worth reading."""
    return f"{number:,.{0 if number >= 1000 else 1 if number >= 100 else 2 if number >= 1 else 4}f}"
