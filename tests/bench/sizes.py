"""How much is measured: quickly, at full length, or hardly anything, to see that everything still measures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Cases of 12 acts for the figures of appending, HTTP and the audit; how often it is audited; acts for fairness.

    ``log_leaves``: leaves of the large log, and ``few_leaves`` of the one it is held against. ``register_acts``: acts
    that made the register.
    """

    name: str
    cases: int
    audited_cases: int
    audits: int
    fair_acts: int
    log_leaves: int
    few_leaves: int
    log_cases: int
    register_acts: int
    writers: tuple[int, ...] = (1, 8, 16, 64)


QUICK = Size("quick", 200, 600, 5, 1_500, 1_000_000, 10_000, 60, 100_000)
FULL = Size("full", 1_000, 2_000, 5, 10_000, 1_000_000, 10_000, 200, 100_000)
TINY = Size("tiny", 2, 2, 1, 40, 600, 300, 1, 200, (16,))
