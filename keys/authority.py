"""Authority: whether an official held, at a leaf index, the power that an act claims (DESIGN, invariant 5).

:func:`require` is pure and total: it looks at the register as all lower leaf indices make it and at the time of
recording, and either returns the :class:`Authority` that the act stands on or raises
:class:`~keys.errors.NotAllowed` with the rule. Days are counted in WIB (UTC+7): a mandate is in force from the
first moment of its first day to the last moment of its last.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from keys.errors import NotAllowed
from keys.register import REGISTRAR, Key, Mandate, Official, Register

WIB = dt.timezone(dt.timedelta(hours=7), "WIB")


@dataclass(frozen=True, slots=True)
class Authority:
    """What an act stands on: the person, the key and the mandate, as the register had them."""

    official: Official
    key: Key
    mandate: Mandate


@dataclass(frozen=True, slots=True)
class Need:
    """The power that an act asks for: an office, and the unit it must be in (None: any unit)."""

    office: str
    unit: str | None = None
    office_name: str = ""


REGISTRAR_NEEDED = Need(REGISTRAR, None, "Pendaftar")


def require(
    register: Register, *, official: str, mandate: str, keyid: str, need: Need, index: int, at: dt.datetime
) -> Authority:
    """Return the authority of ``official`` to act under ``mandate`` with key ``keyid`` at leaf ``index``.

    ``at`` is the recording time (aware). Raises NotAllowed with one of the rules ``authority.key``,
    ``authority.official``, ``authority.mandate``, ``authority.period``, ``authority.office``.
    """
    held = register.keys.get(keyid)
    if held is None or not _in_force(held.since, held.until, index):
        raise NotAllowed(
            "authority.key",
            "Kunci yang menandatangani tidak terdaftar atau tidak berlaku lagi.",
            allowed="Pakai kunci yang sudah diusulkan dan disetujui pendaftar.",
        )
    person = register.officials.get(official)
    if person is None or held.official != official:
        raise NotAllowed(
            "authority.official",
            f"Kunci ini bukan milik {official}; kunci ini milik {held.official}.",
            allowed="Tandatangani sebagai diri sendiri, dengan kunci sendiri.",
        )
    given = register.mandates.get(mandate)
    if given is None or given.record.official != official or not _in_force(given.since, given.until, index):
        raise NotAllowed(
            "authority.mandate",
            f"Mandat {mandate} bukan mandat {official}, atau tidak berlaku.",
            allowed=f"Mandat {official}: {_listed(register, official)}.",
        )
    day = at.astimezone(WIB).date().isoformat()
    if day < given.record.start or (given.record.end is not None and day > given.record.end):
        raise NotAllowed(
            "authority.period",
            f"Mandat {mandate} berlaku {given.record.start} sampai {given.record.end or 'dicabut'}; hari ini {day}.",
            allowed="Minta pendaftar mengusulkan mandat untuk masa ini.",
        )
    if given.record.office != need.office or (need.unit is not None and given.record.unit != need.unit):
        where = f" di unit {need.unit}" if need.unit else ""
        raise NotAllowed(
            "authority.office",
            f"Tindakan ini wewenang {need.office_name or need.office}{where};"
            f" mandat {mandate} adalah {given.record.office_name}.",
            allowed=f"Yang berwenang: {need.office_name or need.office}{where}.",
        )
    return Authority(person, held, given)


def _in_force(since: int, until: int | None, index: int) -> bool:
    return since < index and (until is None or index <= until)


def _listed(register: Register, official: str) -> str:
    own = [m.record.mandate for m in register.mandates.values() if m.record.official == official]
    return ", ".join(sorted(own)) or "belum ada"
