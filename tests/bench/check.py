"""``make bench-check``: the bars that are missed, by name; exit code 1 where there is one.

Reads var/bench.json if it is of this very code, and measures at full length if it is not. A figure that was not
measured reaches no bar.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.bars import BARS, missed
from tests.bench.machine import OTHERS
from tests.bench.record import FILE, Run, code_now
from tests.bench.run import measured
from tests.bench.sizes import FULL


def of_this_code(file: Path = FILE) -> Run | None:
    """Return the run in a file if it measured the code that is here now."""
    if not file.exists():
        return None
    found = Run.load(file.read_text(encoding="utf-8"))
    return found if found.code == code_now() else None


def verdict(run: Run) -> tuple[int, str]:
    """Return the exit code and what to print."""
    lines = missed(run.figures)
    total = sum(len(bar.databases) for bar in BARS)
    what = f"{run.size} run; other processes had {run.measured_on.get(OTHERS, 'nobody knows how much')}"
    if not lines:
        return 0, f"all {total} bars reached ({what})"
    return 1, "\n".join([f"{len(lines)} of {total} bars missed ({what}):", *(f"  {line}" for line in lines)])


def main() -> int:
    """Print the verdict on this code."""
    run = of_this_code()
    if run is None:
        print("var/bench.json is not of this code: measuring at full length", file=sys.stderr)
        run = measured(FULL)
    code, said = verdict(run)
    print(said)
    return code


if __name__ == "__main__":
    sys.exit(main())
