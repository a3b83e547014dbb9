"""Authority: whether an official held, at a leaf index, the power that an act claims (DESIGN, invariant 5).

:func:`require` is pure and total: it looks at the register as all lower leaf indices make it and at the time of
recording, and either returns the :class:`Authority` that the act stands on or raises
:class:`~keys.errors.NotAllowed` with the rule. Days are counted in WIB (UTC+7): a mandate is in force from the
first moment of its first day to the last moment of its last.

Capacities: ``definitif`` and ``plt`` hold an office, ``plh`` stands in beside whoever holds it; an office with one
seat has one holder and one stand-in at a time, and the newest mandate that is in force has the seat. ``an`` acts on
behalf of a holder, ``ub`` on behalf of an ``an``, and no further (UU 30/2014 art. 13-14): both end with the mandate
that they stand on.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from keys.errors import NotAllowed
from keys.fields import Seats
from keys.records import MandateRecord
from keys.register import REGISTRAR, Key, Mandate, Official, Register

WIB = dt.timezone(dt.timedelta(hours=7), "WIB")
#: Capacities that take a seat, and which of them share one.
_SEATED = (frozenset({"definitif", "plt"}), frozenset({"plh"}))
#: On behalf of which capacities one may act.
_OVER = {"an": frozenset({"definitif", "plt"}), "ub": frozenset({"an"})}


class Authority(NamedTuple):
    """What an act stands on: the person, the key and the mandate, as the register had them."""

    official: Official
    key: Key
    mandate: Mandate


@dataclass(frozen=True, slots=True)
class Need:
    """The power that an act asks for: an office, the unit it must be in (None: any unit), how many may hold it."""

    office: str
    unit: str | None = None
    office_name: str = ""
    seats: Seats = "many"


REGISTRAR_NEEDED = Need(REGISTRAR, None, "Pendaftar")


def require(
    register: Register, *, official: str, mandate: str, keyid: str, need: Need, index: int, at: dt.datetime
) -> Authority:
    """Return the authority of ``official`` to act under ``mandate`` with key ``keyid`` at leaf ``index``.

    ``at`` is the recording time (aware). Raises NotAllowed with one of the rules ``authority.key``,
    ``authority.official``, ``authority.mandate``, ``authority.period``, ``authority.office``, ``authority.seat``,
    ``authority.behalf``.
    """
    person, held = require_key(register, official, keyid, index)
    given, day = register.mandates.get(mandate), day_of(at)
    if given is None or given.record.official != official or not _in_force(given.since, given.until, index):
        raise NotAllowed(
            "authority.mandate",
            f"Mandat {mandate} bukan mandat {official}, atau tidak berlaku.",
            allowed=f"Mandat {official} yang berlaku: {_listed(register, official, index, day)}.",
        )
    if not _on(given, day):
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
    if need.seats == "one":
        _require_seat(register, given, index, day)
    _require_behalf(register, given, need, index, day)
    return Authority(person, held, given)


def require_key(register: Register, official: str, keyid: str, index: int) -> tuple[Official, Key]:
    """Return the person and the key if it is theirs and good at leaf ``index``, else raise NotAllowed."""
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
    return person, held


def registrars_able(register: Register, index: int, at: dt.datetime, soon: dt.timedelta) -> set[str]:
    """Return who can act as registrar at leaf ``index``: at once, or by a mandate that begins within ``soon``."""
    able: set[str] = set()
    for name in register.registrars:
        record = register.mandates[name].record
        begins = dt.datetime.combine(dt.date.fromisoformat(record.start), dt.time(), WIB)
        if begins <= at + soon and record.official not in able and _able(register, record, index, max(at, begins)):
            able.add(record.official)
    return able


def _able(register: Register, record: MandateRecord, index: int, at: dt.datetime) -> bool:
    for key in keys_of(register, record.official):
        with suppress(NotAllowed):
            require(
                register,
                official=record.official,
                mandate=record.mandate,
                keyid=key.public.id,
                need=REGISTRAR_NEEDED,
                index=index,
                at=at,
            )
            return True
    return False


def mandates_in_force(
    register: Register, official: str, keyid: str, index: int, at: dt.datetime
) -> list[MandateRecord]:
    """Return the mandates that ``official`` may act under with key ``keyid`` at leaf ``index``, oldest first.

    None where the key is not theirs or not good there. Seats are asked of an act, not of a person, and not looked at.
    """
    found = []
    for held in mandates_of(register, official):
        record = held.record
        with suppress(NotAllowed):
            require(
                register,
                official=official,
                mandate=record.mandate,
                keyid=keyid,
                need=Need(record.office),
                index=index,
                at=at,
            )
            found.append(record)
    return found


def keys_of(register: Register, official: str) -> list[Key]:
    """Return every key that an official ever had, oldest first."""
    return [register.keys[keyid] for keyid in register.keys_of.get(official, ())][::-1]


def mandates_of(register: Register, official: str) -> list[Mandate]:
    """Return every mandate that an official ever had, oldest first."""
    return [register.mandates[name] for name in register.mandates_of.get(official, ())][::-1]


def day_of(moment: dt.datetime) -> str:
    """Return the day of an aware time in WIB, ``YYYY-MM-DD``: such days compare as text."""
    return moment.astimezone(WIB).date().isoformat()


def _require_seat(register: Register, given: Mandate, index: int, day: str) -> None:
    """Return if nobody else was given the one seat later than this mandate's holder."""
    record = given.record
    shared = next((group for group in _SEATED if record.capacity in group), frozenset())
    for name in register.seats.get((record.unit, record.office), ()):
        other = register.mandates[name]
        if other.since <= given.since:  # newest first
            return
        if (
            other.record.capacity in shared
            and _holds(other, index, day)
            and not register.same_person(other.record.official, record.official)
        ):
            raise NotAllowed(
                "authority.seat",
                f"{record.office_name} hanya satu orang; mandat {record.mandate} sudah digantikan mandat {name}.",
                allowed=f"Yang memegang jabatan ini sekarang: {other.record.official}.",
            )


def may_act_for(register: Register, record: MandateRecord, over: MandateRecord) -> bool:
    """Return whether ``record`` can be on behalf of ``over``: one level up, the same office, another person."""
    return (
        over.capacity in _OVER.get(record.capacity, ())
        and (over.unit, over.office) == (record.unit, record.office)
        and not register.same_person(over.official, record.official)
    )


def principals(register: Register, mandate: str) -> list[str]:
    """Return in whose name acts under ``mandate`` are done: its holder, then those on whose behalf, if any."""
    found: list[str] = []
    named: str | None = mandate
    while named is not None and (given := register.mandates.get(named)) is not None:
        if given.record.official in found:  # a circle is never in force
            break
        found.append(given.record.official)
        named = given.record.behalf_of
    return found


def _require_behalf(register: Register, given: Mandate, need: Need, index: int, day: str) -> None:
    """Return if the mandate on whose behalf this one is still stands, and is one level up and no more."""
    while given.record.behalf_of is not None:  # not for long: one level up is another capacity, and that twice at most
        over = register.mandates.get(given.record.behalf_of)
        if over is None or not _holds(over, index, day) or not may_act_for(register, given.record, over.record):
            raise NotAllowed(
                "authority.behalf",
                f"Mandat {given.record.mandate} tidak lagi bersandar pada mandat yang dapat diwakili.",
                allowed="Atas nama hanya mewakili pemegang jabatan itu sendiri, untuk beliau hanya mewakili yang atas"
                " nama; keduanya berakhir bersama mandat yang diwakili.",
            )
        if need.seats == "one":
            _require_seat(register, over, index, day)
        given = over


def _holds(mandate: Mandate, index: int, day: str) -> bool:
    return _in_force(mandate.since, mandate.until, index) and _on(mandate, day)


def _on(mandate: Mandate, day: str) -> bool:
    record = mandate.record
    return record.start <= day and (record.end is None or day <= record.end)


def _in_force(since: int, until: int | None, index: int) -> bool:
    return since < index and (until is None or index <= until)


def _listed(register: Register, official: str, index: int, day: str) -> str:
    held = sorted(one.record.mandate for one in mandates_of(register, official) if _holds(one, index, day))
    return ", ".join(held) or "belum ada"
