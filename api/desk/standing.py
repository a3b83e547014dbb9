"""How the newest document of a case stands, and what is to be looked at first: words for several pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.desk.frame import _
from api.past import state_of
from ledger.flag_names import NAMES, ON_DOCUMENTS, QUESTIONED

#: What an inspector looks at first; the others follow in the order of the list of all flags.
_FIRST = (QUESTIONED, "one.person", "acting.signature", "deviation", "time.late", "late.claim", "late")
#: Order of a group of flags by its name.
_ORDER = {name: at for at, name in enumerate(dict.fromkeys((*_FIRST, *NAMES, *ON_DOCUMENTS)))}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the newest document of a case is: the heading over it, the sentence about it, whether it is in force."""

    heading: str
    sentence: str
    in_force: bool = False


def standing_of(state: dict[str, Any]) -> Standing:
    """Return how the newest document of a case stands; signed, it is in force until another takes its place."""
    if state["withdrawn"]:
        return Standing(_("Dokumen terakhir"), _("Perkara ini ditarik; dokumen ini tidak pernah berlaku."))
    if state["signature"] is None:
        return Standing(_("Naskah terakhir"), _("Belum ditandatangani, jadi belum berlaku."))
    if replaced_by(state):
        said = _("Sudah digantikan dokumen yang ditandatangani kemudian; tidak berlaku lagi.")
        return Standing(_("Dokumen yang pernah berlaku"), said)
    return Standing(_("Dokumen yang berlaku"), _("Ditandatangani, dan belum digantikan menurut buku besar ini."), True)


def replaced_by(state: dict[str, Any]) -> list[str]:
    """Return the cases (uuid) whose document took this one's place: signed later for the same unit and years, or in it.

    In the order of their signing, so the last is the newest. A case that was opened to replace this one and is not
    signed yet changes nothing.
    """
    mine = state["signature"]["leaf_index"]
    signed = {one["case"]: one["signed_index"] for one in state["others_signed"] if one["signed_index"] > mine}
    for one in state["superseded_by"]:
        other = state_of(one["case"], None)
        if other is not None and other["signature"]:
            signed[one["case"]] = other["signature"]["leaf_index"]
    return sorted(signed, key=lambda case: signed[case])


@dataclass(frozen=True, slots=True)
class Flagged:
    """Flags of one name: each sentence once, with (kind, leaf index) of every act of which it is said."""

    name: str
    said: dict[str, list[tuple[str, int]]]

    @property
    def heavy(self) -> bool:
        """Tell whether nobody should overlook it."""
        return self.name == QUESTIONED


def grouped(flags: list[dict[str, Any]]) -> list[Flagged]:
    """Return the flags of a case by name, the weightiest first."""
    found: dict[str, Flagged] = {}
    for one in flags:
        group = found.setdefault(one["name"], Flagged(one["name"], {}))
        group.said.setdefault(one["sentence"], []).append((one["kind"], one["leaf_index"]))
    return sorted(found.values(), key=lambda group: _ORDER.get(group.name, len(_ORDER)))
