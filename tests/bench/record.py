"""A run of the benchmarks as JSON: which code was measured, on what, and every figure.

One object: ``code`` (SHA-256 over what is measured and what measures it), ``size`` (:mod:`tests.bench.sizes`),
``measured_on`` (what to know of the machine, in words), ``figures`` (a list of ``name``, ``database``, ``value``,
``unit``, ``reference`` or null, ``ratio`` or null, ``against``).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.figure import Figure

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "var" / "bench.json"
#: What decides what is measured; a commit of anything else leaves the figures as they are.
MEASURED = ("keys", "ledger", "projections", "api", "tests/bench", "tests/kit.py", "requirements.lock")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run measured."""

    code: str
    size: str
    measured_on: dict[str, str]
    figures: tuple[Figure, ...]

    def figure(self, name: str, database: str = "") -> Figure | None:
        """Return a figure by its name and database, None where this run has it not."""
        for one in self.figures:
            if (one.name, one.database) == (name, database):
                return one
        return None

    def dump(self) -> str:
        """Return the JSON text; numbers are rounded to six significant digits."""
        plain = {
            "code": self.code,
            "size": self.size,
            "measured_on": self.measured_on,
            "figures": [
                {
                    "name": one.name,
                    "database": one.database,
                    "value": _rounded(one.value),
                    "unit": one.unit,
                    "reference": _rounded(one.reference),
                    "ratio": _rounded(one.ratio),
                    "against": one.against,
                }
                for one in self.figures
            ],
        }
        return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def load(cls, text: str) -> Run:
        """Return the run that :meth:`dump` wrote; the ratio follows from the other members."""
        plain: dict[str, Any] = json.loads(text)
        figures = [
            Figure(each["name"], each["value"], each["unit"], each["reference"], each["against"], each["database"])
            for each in plain["figures"]
        ]
        return cls(plain["code"], plain["size"], plain["measured_on"], tuple(figures))


def code_now(root: Path = ROOT) -> str:
    """Return the digest of the code as it is on disk: paths and bytes of everything in :data:`MEASURED`."""
    digest = hashlib.sha256()
    for name in MEASURED:
        place = root / name
        files = [place] if place.is_file() else sorted(one for one in place.rglob("*") if one.is_file())
        for file in files:
            if "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(root).as_posix()}\n".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _rounded(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.6g}")
