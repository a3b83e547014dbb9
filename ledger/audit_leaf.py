"""A leaf on its way through an audit: what was verified of it (:class:`Leaf`), and what it says in the end. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from keys.envelope import Opened
from keys.errors import JejakError
from keys.register import Register
from ledger.audit_report import NOT_JUDGED, Finding, lost
from ledger.bodies import AgendaRecorded, NumberingEnacted
from ledger.enactment import Enactments
from ledger.recorded import Recorded
from ledger.rows import Row
from ledger.verdicts import PROVED

#: What an act does to the book of letter numbers: its stream, and the numbers that it takes or states.
Booked: TypeAlias = "tuple[str, AgendaRecorded | NumberingEnacted]"


def bare(fault: JejakError) -> JejakError:
    """Return a fault without what led to it: that would keep alive, in a circle, all that was at hand there."""
    fault.__traceback__ = fault.__cause__ = fault.__context__ = None
    return fault


@dataclass(slots=True)
class Leaf:
    """What was verified of a leaf, and what it was verified against; ``done`` is None where it cannot be read.

    ``signature`` and ``authority`` are verdicts, None of a leaf that was verified before; the authority of an act whose
    signature holds is only judged afterwards. ``seen`` is the size and root (base64) of the checkpoint that the signer
    names, ``behind`` whether it is older than the act before in the stream. ``stranded``: what it stands on is lost.
    ``fault`` is why it cannot have this place, or its signer not this power.
    """

    row: Row
    done: Recorded | None = None
    opened: Opened | None = None
    signature: str | None = NOT_JUDGED
    authority: str | None = NOT_JUDGED
    register: Register | None = None
    enactments: Enactments | None = None
    seen: tuple[int, str] | None = None
    behind: bool = False
    stranded: bool = False
    fault: JejakError | None = None
    own: list[Finding] = field(default_factory=list)

    @property
    def signed(self) -> bool:
        """Tell whether somebody vouches for what the leaf says: its signature holds, or did before."""
        return self.done is not None and self.signature in (PROVED, None)


class Outcome(NamedTuple):
    """What a leaf says: the two verdicts, and what is still to be held against all the others.

    ``own`` are findings that hold whatever came before the leaf, ``judged`` those about an act in its stream. ``at`` is
    the time of recording as the entry spells it, "" where it cannot be read; ``booked`` what it does to the book of
    letter numbers, if ``books``: None where it may have changed it, and nobody can say how.
    """

    leaf: int
    signature: str | None
    authority: str | None
    at: str
    seen: tuple[int, str] | None
    own: tuple[Finding, ...]
    judged: tuple[Finding, ...]
    books: bool
    booked: Booked | None

    @property
    def signed(self) -> bool:
        """Tell whether somebody vouches for what the leaf says."""
        return bool(self.at) and self.signature in (PROVED, None)

    def when_lost(self, what: str = "alur ini") -> Outcome:
        """Return what the leaf says after an act that does not hold: who signed it, and nothing more."""
        if self.signature != PROVED:
            return self
        return self._replace(authority=NOT_JUDGED, judged=(lost(self.leaf, what),), booked=None)
