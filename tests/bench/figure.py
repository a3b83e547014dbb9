"""A figure: what was measured, beside what it is measured against in the same run."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

#: What table and check say of a figure, or of a reference, that this run has not.
NOT_MEASURED = "tidak diukur"


@dataclass(frozen=True, slots=True)
class Figure:
    """A value beside its reference, both in ``unit``; ``reference`` is None where it could not be measured.

    ``against`` says what the reference is, and if it is missing why. ``database`` is the name of the one measured on,
    empty where none took part.
    """

    name: str
    value: float
    unit: str
    reference: float | None
    against: str
    database: str = ""

    @property
    def ratio(self) -> float | None:
        """Return value / reference, None where there is no reference."""
        return self.value / self.reference if self.reference else None


def percentile(seconds: Sequence[float], which: int) -> float:
    """Return a percentile of at least two durations, in milliseconds."""
    return statistics.quantiles(seconds, n=100)[which - 1] * 1000


def short(count: int) -> str:
    """Return a count as the names of figures spell it: 1m, 100k, 600."""
    for unit, word in ((1_000_000, "m"), (1_000, "k")):
        if count >= unit and count % unit == 0:
            return f"{count // unit}{word}"
    return str(count)
