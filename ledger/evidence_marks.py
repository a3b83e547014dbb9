"""Which review, paraf and signature stand on exactly these bytes, by a bundle that was judged. Pure.

A mark *stands* while it counts in its case: a review that returned the draft never does, and a new draft voids the
marks on the one before. That is so at the bundle's checkpoint; what came after it a bundle cannot say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger import bodies as b
from ledger.evidence_report import Judged, Report, whole

_MARKS = (b.TypingReviewed, b.ParafGiven, b.SignatureGiven)


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark on a document: the act that gave it, and whether it stands (None where that cannot be judged)."""

    act: Judged
    stands: bool | None

    @property
    def verdict(self) -> str:
        """Return the verdict word on the act."""
        return whole(iter(self.act.verdicts().values()))

    def as_dict(self) -> dict[str, Any]:
        """Return the mark as JSON values."""
        return self.act.as_dict() | {"verdict": self.verdict, "stands": self.stands}


def marks_on(report: Report, digest: str) -> tuple[Marked, ...]:
    """Return every mark that acts of the case put on the document ``digest`` (``sha256:<hex>``), in leaf order."""
    found = []
    for one in report.of(report.bundle.case):
        body = one.filed.act.body
        if isinstance(body, _MARKS) and body.document == digest:
            found.append(Marked(one, _stands(report, one)))
    return tuple(found)


def _stands(report: Report, one: Judged) -> bool | None:
    """Tell whether a mark counts; an act that was not let happen, or may be followed by unknown ones, says nothing."""
    state, known = report.state, report.streams[report.bundle.case]
    if state is None or one.step is None or known.rule is not None:
        return None
    leaf = one.filed.leaf
    return any(mark is not None and mark.leaf == leaf for mark in (state.approved, state.paraf, state.signature))
