"""How it is known whose step a step is: an actor that was inferred must not pass for the office's own words (DOMAIN).

The office may confirm an inferred actor later; from that leaf on the basis is ``dikonfirmasi``, and never before it.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.parts import parts
from keys.errors import NotAllowed
from ledger.case import Case
from ledger.enactment import Enactments
from ledger.sop import Basis
from ledger.sop_readings import read


@dataclass(frozen=True, slots=True)
class Actors:
    """The actors of an SOP's version (leaf hash, hex), as the office has enacted and confirmed them."""

    enactments: Enactments
    version: str

    def basis(self, step: str | None, index: int) -> Basis | None:
        """Return how it is known whose step it is for an act at leaf ``index``; None where there is no such step."""
        if step is None:
            return None
        try:
            row = self.enactments.versions[self.version].step(step)
        except NotAllowed:
            return None
        return read(self.enactments.readings, self.version, row, "pelaksana", index).basis


def actors_of(stream: str) -> Actors | None:
    """Return the actors of the SOP that a case is pinned to; None of any other stream."""
    ledger = parts().ledger
    case = ledger.stream(stream) if stream.startswith("case:") else None
    if case is None or not isinstance(case.state, Case):
        return None
    sop = ledger.stream(f"sop:{case.state.sop_ref.slug}")
    assert sop is not None
    assert isinstance(sop.state, Enactments)
    return Actors(sop.state, case.state.sop_ref.leaf)
