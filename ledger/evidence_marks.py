"""Which review, paraf and signature stand on exactly these bytes, by a bundle that was judged. Pure.

A mark *stands* while it counts in its case: a review that returned the draft never does, a new draft voids the marks on
the one before, a withdrawal those of the whole case, and the signed replacement of an IKU those on the old one. That is
so as far as the bundle, and what was brought beside it, show; what came after it a bundle cannot say. A mark that
stands may still be in question, or rest on an act that is: then it is proved, and not without a word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ledger import bodies as b
from ledger.evidence_report import SUPERSEDED, WITHDRAWN, Judged, Report, whole
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED

#: The kinds of mark, and what people call them.
KINDS = {"typing.reviewed": "pemeriksaan", "paraf.given": "paraf", "signature.given": "tanda tangan"}
_MARKS = (b.TypingReviewed, b.ParafGiven, b.SignatureGiven)


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark on a document: the act that gave it, whether it stands (None where that cannot be judged), and why."""

    act: Judged
    stands: bool | None
    why: str

    @property
    def verdict(self) -> str:
        """Return the verdict word on the act."""
        return whole(iter(self.act.verdicts().values()))

    @property
    def kind(self) -> str:
        """Return the kind of act."""
        return self.act.filed.act.kind

    @property
    def good(self) -> bool:
        """Tell whether the mark stands and its act is proved."""
        return self.stands is True and self.verdict == PROVED

    @property
    def questioned(self) -> bool:
        """Tell whether the act is in question, or rests on one that is."""
        return self.act.questioned or bool(self.act.rests_on)

    def as_dict(self) -> dict[str, Any]:
        """Return the mark as JSON values."""
        return self.act.as_dict() | {"verdict": self.verdict, "stands": self.stands, "why": self.why}


def marks_on(report: Report, digest: str) -> tuple[Marked, ...]:
    """Return every mark that acts of the case put on the document ``digest`` (``sha256:<hex>``), in leaf order."""
    found = []
    for one in report.of(report.bundle.case):
        body = one.filed.act.body
        if isinstance(body, _MARKS) and body.document == digest:
            found.append(Marked(one, *_standing(report, one)))
    return tuple(found)


def answer(found: Iterable[tuple[Report, Iterable[Marked]]]) -> str:
    """Return the verdict word on a document: at least one mark stands on it, all is proved, and nothing is in question.

    Where none stands the file is not what was signed and is in force, as far as these bundles go: it does not hold.
    """
    words, standing, doubted = set[str](), set[bool | None](), False
    for report, marks in found:
        words.add(report.verdict)
        for mark in marks:
            words.add(mark.verdict)
            standing.add(mark.stands)
            doubted = doubted or (mark.stands is True and mark.questioned)
    if CONTRADICTED in words or not standing - {False}:
        return CONTRADICTED
    return PROVED if words == {PROVED} and True in standing and not doubted else UNJUDGED


def _standing(report: Report, one: Judged) -> tuple[bool | None, str]:
    """Tell whether a mark counts; an act that was not let happen, or may be followed by unknown ones, says nothing."""
    state, known = report.state, report.streams[report.bundle.case]
    if state is None or one.step is None or known.rule is not None:
        return None, "Berlaku atau tidaknya tidak dapat dinilai."
    leaf = one.filed.leaf
    if not any(mark is not None and mark.leaf == leaf for mark in (state.approved, state.paraf, state.signature)):
        return False, "TIDAK BERLAKU: dikembalikan, atau digantikan naskah atau tanda yang lebih baru."
    if report.touched(WITHDRAWN):
        return False, "TIDAK BERLAKU LAGI: perkaranya ditarik."
    if report.touched(SUPERSEDED):
        return False, "TIDAK BERLAKU LAGI: IKU ini digantikan perkara lain."
    return True, "Berlaku pada segel bundel ini."
