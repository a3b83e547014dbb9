"""SOPs in force: decide and fold of an SOP's stream.

Each ``sop.enacted`` brings a whole version; the newest is in force, older ones stay as they were, because cases
are pinned to them. Whoever enacts holds the ledger's enacting office in the SOP's own unit.

Order of the file: the state, decide, fold.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from rpds import HashTrieMap

from keys.authority import Authority, Need, require
from keys.errors import NotAllowed
from keys.register import Register
from ledger.acts import Act
from ledger.bodies import SopEnacted
from ledger.sop import Sop, check


@dataclass(frozen=True, slots=True)
class Enactments:
    """All versions of one SOP, by the leaf hash (hex) of their enactment; ``newest`` is in force."""

    newest: str
    versions: HashTrieMap[str, Sop]

    @property
    def in_force(self) -> Sop:
        """Return the version that new cases open under."""
        return self.versions[self.newest]


def decide(
    enactments: Enactments | None, register: Register, act: Act, keyid: str, index: int, at: dt.datetime
) -> Authority:
    """Return the authority of an SOP act at this place, or raise NotAllowed or Malformed with its rule."""
    body = act.body
    if not isinstance(body, SopEnacted):
        raise AssertionError(f"{act.kind} is no act of an SOP")
    check(body.sop)
    if act.stream != f"sop:{body.sop.slug}":
        raise NotAllowed(
            "sop.stream",
            f"SOP {body.sop.slug} tidak dapat ditetapkan pada {act.stream}.",
            allowed=f"Tempatnya: sop:{body.sop.slug}.",
        )
    if body.replaces != (enactments.newest if enactments else None):
        raise NotAllowed(
            "sop.replaces",
            "SOP baru tidak menyebut versi berlaku yang digantikannya.",
            allowed=f"Sebut {enactments.newest}." if enactments else "Versi pertama tidak menggantikan apa pun.",
        )
    if enactments and enactments.in_force.unit != body.sop.unit:
        raise NotAllowed(
            "sop.unit",
            "Versi baru tidak dapat memindahkan SOP ke unit lain.",
            allowed=f"Unit SOP ini: {enactments.in_force.unit}.",
        )
    need = Need(register.enacting_office, body.sop.unit, f"pemegang jabatan {register.enacting_office}")
    return require(register, official=act.official, mandate=act.mandate, keyid=keyid, need=need, index=index, at=at)


def fold(enactments: Enactments | None, act: Act, leaf: str) -> Enactments:
    """Return the versions after ``act``, which was accepted with leaf hash ``leaf`` (hex)."""
    if not isinstance(act.body, SopEnacted):
        raise AssertionError(f"{act.kind} cannot stand in an SOP's stream")
    versions = enactments.versions if enactments else HashTrieMap()
    return Enactments(leaf, versions.insert(leaf, act.body.sop))
