"""How often a crash is tried: the short form is part of the tests, the long one is `make crash`."""

from __future__ import annotations

import os
import random

#: kill -9 of the service at so many random instants.
KILLS = int(os.environ.get("JEJAK_TEST_KILLS", "30"))
#: Every other crash is tried so many times.
TIMES = int(os.environ.get("JEJAK_TEST_CRASHES", "1"))


def chance(seed: int) -> random.Random:
    """Return reproducible chance: instants, not secrets."""
    return random.Random(seed)  # noqa: S311
