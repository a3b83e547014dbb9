"""``python -m tests.tamper``: run every attack, and write ``docs/tamper.md``; ``--check`` only compares it."""

from __future__ import annotations

import difflib
import sys
import tempfile
import time
from pathlib import Path

from tests.tamper.matrix import run_all
from tests.tamper.office import KEPT_SIZES, build
from tests.tamper.page import page

PAGE = Path(__file__).parent.parent.parent / "docs" / "tamper.md"


def main(arguments: list[str]) -> int:
    """Return 0 if all is found as expected, and the page says so."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="jejak-tamper-") as folder:
        office = build(Path(folder))
        try:
            results = run_all(office)
            made = page(results, (office.evening.size, office.later.size), KEPT_SIZES)
        finally:
            office.close()
    faults = [f"{result.attack.name} | {fault}" for result in results if (fault := result.fault())]
    said = PAGE.read_text("utf-8") if PAGE.exists() else ""
    if "--check" not in arguments:
        PAGE.write_text(made, "utf-8")
    elif said != made:
        faults += difflib.unified_diff(said.splitlines(), made.splitlines(), "docs/tamper.md", "found now", lineterm="")
    sys.stdout.write("".join(f"{line}\n" for line in faults))
    seconds = time.perf_counter() - began
    outcome = "NOT as expected" if faults else "all as expected"
    sys.stdout.write(f"{len(results)} attacks in {seconds:.0f} s: {outcome}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
