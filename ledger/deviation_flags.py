"""Flags on acts outside the SOP's path, and on those recorded late from paper (DESIGN, invariant 13; DOMAIN, rule 11).

Neither is forbidden; neither may be overlooked. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.acts import Act
from ledger.bodies import CaseBody
from ledger.case import reason_outside

#: A reason is told up to this many characters; the act holds it whole.
_MOST_SAID = 300


def deviation(act: Act) -> Iterator[tuple[str, str]]:
    """Yield the flag of an act that leaves the SOP's path: its name, and the signed reason."""
    reason = reason_outside(act)
    if reason is not None:
        line = " ".join(reason.split())
        yield "deviation", f"Di luar SOP: {line if len(line) <= _MOST_SAID else line[: _MOST_SAID - 1] + '…'}"


def late(act: Act) -> Iterator[tuple[str, str]]:
    """Yield the flag of an act that happened on paper, and whose hand it was if not the signer's."""
    paper = act.body.paper if isinstance(act.body, CaseBody) else None
    if paper is not None:
        said = "Dicatat menyusul dari kertas"
        yield (
            "late",
            f"{said}: tanda tangan basah {paper.by}, bukan tanda tangan elektroniknya." if paper.by else f"{said}.",
        )
