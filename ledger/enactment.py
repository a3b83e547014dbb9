"""What an office enacts about a procedure: decide and fold of an SOP's stream.

Each ``sop.enacted`` brings a whole version; the newest is in force until ``sop.superseded``, older ones stay as they
were, because cases are pinned to them. Beside the versions stand what holds from a leaf on and never backwards:
readings of unclear cells, the work calendar, and the parts of letter numbers. Whoever enacts holds the ledger's
enacting office in the SOP's own unit.

Order of the file: the state, decide, fold.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from rpds import HashTrieMap

from keys.authority import Authority, Need, require
from keys.errors import NotAllowed
from keys.register import Register
from ledger import in_force
from ledger.acts import Act
from ledger.agenda_book import decide_code
from ledger.bodies import CalendarEnacted, NumberingEnacted, ReadingConfirmed, SopEnacted, SopSuperseded
from ledger.calendar import Calendar
from ledger.in_force import Since
from ledger.rule_words import naming_step, place_in_words
from ledger.sop import Sop, check
from ledger.sop_readings import Readings, decide_reading


@dataclass(frozen=True, slots=True)
class Enactments:
    """All versions of one SOP, by the leaf hash (hex) of their enactment; ``newest`` is in force.

    ``superseded`` says that it no longer is. The other members are histories in leaf order.
    """

    newest: str
    versions: HashTrieMap[str, Sop]
    superseded: Since[SopSuperseded] | None = None
    readings: Readings = ()
    calendars: tuple[Since[Calendar], ...] = ()
    numberings: tuple[Since[NumberingEnacted], ...] = ()

    @property
    def in_force(self) -> Sop:
        """Return the version that new cases open under, unless it is superseded."""
        return self.versions[self.newest]

    @property
    def numbering(self) -> NumberingEnacted | None:
        """Return the parts of letter numbers that hold now."""
        return self.numberings[-1].value if self.numberings else None

    def calendars_at(self, index: int) -> tuple[Since[Calendar], ...]:
        """Return the calendars that were enacted below leaf ``index``: the later supplement the earlier."""
        return in_force.below(self.calendars, index)


def decide(
    enactments: Enactments | None, register: Register, act: Act, keyid: str, index: int, at: dt.datetime
) -> Authority:
    """Return the authority of an SOP act at this place, or raise NotAllowed or Malformed with its rule."""
    body = act.body
    if isinstance(body, SopEnacted):
        unit = _decide_version(enactments, act.stream, body)
    elif enactments is None:
        raise NotAllowed(
            "sop.unknown",
            f"{place_in_words(act.stream)} belum ditetapkan.",
            allowed="Yang pertama: penetapan SOP-nya.",
        )
    else:
        unit = enactments.in_force.unit
        _decide_beside(enactments, act)
    need = needed(register, unit)
    return require(register, official=act.official, mandate=act.mandate, keyid=keyid, need=need, index=index, at=at)


def needed(register: Register, unit: str | None) -> Need:
    """Return the power to enact in a unit: the enacting office, which one person holds at a time.

    Not the SOP says so: whoever lost the seat could enact one that says otherwise.
    """
    office = register.enacting_office
    return Need(office, unit, f"pemegang jabatan {office}", "one")


def _decide_version(enactments: Enactments | None, stream: str, body: SopEnacted) -> str:
    """Return the unit that the version is for."""
    check(body.sop)
    if stream != f"sop:{body.sop.slug}":
        raise NotAllowed(
            "sop.stream",
            f"SOP {body.sop.slug} tidak dapat ditetapkan pada {place_in_words(stream)}.",
            allowed=f"Tetapkan pada SOP {body.sop.slug}.",
            stream=f"sop:{body.sop.slug}",
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
    return body.sop.unit


def _decide_beside(enactments: Enactments, act: Act) -> None:
    match act.body:
        case SopSuperseded() as body:
            _decide_superseding(enactments, act.stream, body)
        case ReadingConfirmed() as body:
            with naming_step(body.step):
                decide_reading(enactments.versions, enactments.readings, body)
        case CalendarEnacted(calendar=calendar):
            if enactments.calendars and enactments.calendars[-1].value == calendar:
                raise _same("calendar.same", "Kalender")
        case NumberingEnacted() as body:
            decide_code(body)
            if enactments.numbering == body:
                raise _same("numbering.same", "Penomoran")
        case _:
            raise AssertionError(f"{act.kind} is no act of an SOP")


def _decide_superseding(enactments: Enactments, stream: str, body: SopSuperseded) -> None:
    if enactments.superseded is not None:
        raise NotAllowed(
            "sop.superseded", "SOP ini sudah dicabut.", allowed="SOP yang dicabut berlaku lagi dengan penetapan baru."
        )
    if body.sop != enactments.newest:
        raise NotAllowed(
            "sop.version",
            "Pencabutan menyebut versi SOP yang tidak berlaku.",
            allowed=f"Versi berlaku: {enactments.newest}.",
        )
    if stream == f"sop:{body.by}":
        raise NotAllowed(
            "sop.by",
            "SOP tidak dapat menggantikan dirinya sendiri.",
            allowed="Sebut SOP lain yang dipakai sebagai gantinya; revisi SOP ini ditetapkan sebagai versi baru.",
        )


def _same(rule: str, what: str) -> NotAllowed:
    return NotAllowed(
        rule, f"{what} ini sama persis dengan yang sudah berlaku.", allowed="Tetapkan hanya yang berubah."
    )


def fold(enactments: Enactments | None, act: Act, leaf: str, index: int, at: dt.datetime | None = None) -> Enactments:
    """Return the versions after ``act``, accepted as leaf ``index`` with leaf hash ``leaf`` (hex), recorded ``at``."""
    body = act.body
    if isinstance(body, SopEnacted):
        if enactments is None:
            return Enactments(leaf, HashTrieMap({leaf: body.sop}))
        return replace(enactments, newest=leaf, versions=enactments.versions.insert(leaf, body.sop), superseded=None)
    if enactments is None:
        raise AssertionError("an SOP begins with its enactment")
    match body:
        case SopSuperseded():
            return replace(enactments, superseded=Since(body, index, leaf, act.official, at))
        case ReadingConfirmed():
            return replace(enactments, readings=(*enactments.readings, Since(body, index, leaf, act.official, at)))
        case CalendarEnacted(calendar=calendar):
            return replace(
                enactments, calendars=(*enactments.calendars, Since(calendar, index, leaf, act.official, at))
            )
        case NumberingEnacted():
            return replace(enactments, numberings=(*enactments.numberings, Since(body, index, leaf, act.official, at)))
    raise AssertionError(f"{act.kind} cannot stand in an SOP's stream")
