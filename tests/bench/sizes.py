"""How much is measured: quickly, at full length, or hardly anything, to see that everything still measures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Cases of 12 acts for the figures of appending, HTTP and the audit; how often it is audited; acts for fairness.

    ``log_leaves``: leaves of the large log, ``served_leaves`` of that on a database server, ``few_leaves`` of those
    that they are held against. ``register_acts``: acts that made the register. ``views``: acts of the ledgers that are
    rebuilt and read, few, some and many; ``view_times``: how often each reading is measured.
    """

    name: str
    cases: int
    audited_cases: int
    audits: int
    fair_acts: int
    log_leaves: int
    served_leaves: int
    few_leaves: int
    log_cases: int
    register_acts: int
    views: tuple[int, int, int]
    view_times: int
    writers: tuple[int, ...] = (1, 8, 16, 64)

    def leaves_on(self, database: str) -> int:
        """Return the leaves of the large log on a database."""
        return self.log_leaves if database == "sqlite" else self.served_leaves


QUICK = Size("quick", 200, 2_000, 5, 1_500, 1_000_000, 100_000, 10_000, 60, 100_000, (1_000, 5_000, 20_000), 40)
FULL = Size(
    "full", 1_000, 2_000, 5, 10_000, 1_000_000, 1_000_000, 10_000, 200, 100_000, (10_000, 100_000, 1_000_000), 40
)
TINY = Size("tiny", 2, 2, 1, 40, 600, 600, 300, 1, 200, (100, 200, 600), 2, (16,))
