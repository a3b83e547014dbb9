"""Who holds which power, as a slow reader of the register finds it: every question begins with the first signed act.

What the ledger's answers are compared with (:mod:`tests.test_register_histories`, :mod:`tests.test_histories`). It is
written from DESIGN (invariants 5 and 6), DOMAIN (rule 9) and the issue, and uses nothing of what it is compared with.
A :class:`Powers` is made anew for every question from all accepted acts; an act's place among them is its leaf index.
Like :mod:`tests.reference_rules` it yields the rules that an act breaks in the order in which they are held against it,
and only the first is ever asked for.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.reference_case import Json, Said

WIB = dt.timezone(dt.timedelta(hours=7))
#: A registrar whose mandate begins in so many days is waited for.
WAITED_FOR = 31


@dataclass(frozen=True)
class Power:
    """A key or a mandate that was given: its name, whose it is, at which leaf, and the leaf that took it, if any."""

    name: str
    official: str
    given: int
    taken: int | None
    record: Json


class Powers:
    """The register as these acts, all that were accepted below some leaf, tell it; ``at`` is the time of recording."""

    def __init__(self, said: Sequence[Said], at: dt.datetime) -> None:
        self.at, self.day = at, at.astimezone(WIB).date()
        self.acts = [(index, one) for index, one in enumerate(said) if one.act["stream"] == "register"]
        by_leaf = {one.leaf: (index, one) for index, one in self.acts}
        given = [(index, *by_leaf[one.body["proposal"]]) for index, one in self.acts if one.kind.endswith(".approved")]
        decided = {proposal.leaf for *_, proposal in given}
        taken = {
            one.body["keyid" if one.kind == "key.revoked" else "mandate"]: index
            for index, one in self.acts
            if one.kind in ("key.revoked", "mandate.withdrawn")
        }
        self.founders: list[Json] = said[0].body["founders"]
        self.proposed = {
            one.leaf: (index, one)
            for index, one in self.acts
            if one.kind.endswith(".proposed") and one.leaf not in decided
        }
        self.people: list[tuple[int, Json]] = [(0, one["person"]) for one in self.founders]
        self.keys, self.mandates = [], []
        for one in self.founders:
            self.keys.append(_key(one["public_key"], one["person"]["official"], 0, taken))
            self.mandates.append(_mandate(one["mandate"], 0, taken))
        for index, _, proposal in given:
            if proposal.kind == "official.proposed":
                self.people.append((index, proposal.body["person"]))
            elif proposal.kind == "key.proposed":
                self.keys.append(_key(proposal.body["public_key"], proposal.body["official"], index, taken))
            else:
                self.mandates.append(_mandate(proposal.body["mandate"], index, taken))

    # --- what there is --------------------------------------------------------------------------------------

    def person(self, official: str) -> Json | None:
        """Return a person's newest data."""
        return next((one for _, one in reversed(self.people) if one["official"] == official), None)

    def key(self, keyid: str) -> Power | None:
        return next((one for one in self.keys if one.name == keyid), None)

    def mandate(self, name: str | None) -> Power | None:
        return next((one for one in self.mandates if one.name == name), None)

    def in_force(self, power: Power, day: dt.date | None = None) -> bool:
        """Tell whether a mandate is in force on a day, today if none is named."""
        on = (day or self.day).isoformat()
        return power.taken is None and power.record["start"] <= on <= power.record.get("end", on)

    def able(self) -> set[str]:
        """Return who could act as a registrar, today or on the first day of a mandate that begins soon."""
        found = set()
        for held in self.mandates:
            begins = dt.date.fromisoformat(held.record["start"])
            first = dt.datetime.combine(begins, dt.time(), WIB)
            if held.record["office"] != "registrar" or first > self.at + dt.timedelta(days=WAITED_FOR):
                continue
            day = max(begins, self.day)
            good = any(key.official == held.official and key.taken is None for key in self.keys)
            if good and self.in_force(held, day) and not any(self.unsupported(held, day)):
                found.add(held.official)
        return found

    # --- whether it is enough -------------------------------------------------------------------------------

    def broken_by_power(self, act: Json, keyid: str, office: str, unit: str | None, one_seat: bool) -> Iterator[str]:
        """Yield why an act that needs this office (in any unit: None) is beyond its signer's power."""
        yield from self.broken_by_key(act, keyid)
        held = self.mandate(act["mandate"])
        if held is None or held.official != act["official"] or held.taken is not None:
            yield "authority.mandate"
            return
        if not self.in_force(held):
            yield "authority.period"
        if held.record["office"] != office or unit not in (None, held.record["unit"]):
            yield "authority.office"
        if one_seat and self.unseated(held):
            yield "authority.seat"
        yield from self.unsupported(held, self.day, one_seat=one_seat)

    def broken_by_key(self, act: Json, keyid: str) -> Iterator[str]:
        key = self.key(keyid)
        if key is None or key.taken is not None:
            yield "authority.key"
        elif key.official != act["official"]:
            yield "authority.official"

    def unseated(self, held: Power) -> bool:
        """Tell whether somebody else, who was given it later, has the one seat or the one place beside it."""
        kind = held.record["capacity"]
        alike = {"definitif": ("definitif", "plt"), "plt": ("definitif", "plt"), "plh": ("plh",)}.get(kind, ())
        return any(
            other.given > held.given
            and other.record["capacity"] in alike
            and all(other.record[name] == held.record[name] for name in ("unit", "office"))
            and self.in_force(other)
            and not self.same(other.official, held.official)
            for other in self.mandates
        )

    def unsupported(self, held: Power, day: dt.date, *, one_seat: bool = False) -> Iterator[str]:
        """Yield why a mandate on another's behalf does not stand, level by level."""
        if "behalf_of" not in held.record:
            return
        over = self.mandate(held.record["behalf_of"])
        if over is None or not self.in_force(over, day) or not self.fits(held.record, over.record):
            yield "authority.behalf"
            return
        if one_seat and self.unseated(over):
            yield "authority.seat"
        yield from self.unsupported(over, day, one_seat=one_seat)

    def fits(self, record: Json, over: Json) -> bool:
        """Tell whether a mandate may be on behalf of another: a.n. of who holds the office, u.b. of an a.n."""
        up = {"an": ("definitif", "plt"), "ub": ("an",)}[record["capacity"]]
        place = all(record[name] == over[name] for name in ("unit", "office"))
        return over["capacity"] in up and place and not self.same(record["official"], over["official"])

    def same(self, one: str, other: str) -> bool:
        """Tell whether two names are one person."""
        first, second = self.person(one) or {}, self.person(other) or {}
        return one == other or (first.get("nip") is not None and first.get("nip") == second.get("nip"))

    def names(self, mandate: str) -> list[str]:
        """Return in whose names somebody acts under a mandate: their own, and of whom they act on behalf."""
        held = self.mandate(mandate)
        if held is None:
            return []
        return [held.official, *(self.names(held.record["behalf_of"]) if "behalf_of" in held.record else [])]


def _key(raw: str, official: str, index: int, taken: dict[str, int]) -> Power:
    name = hashlib.sha256(bytes.fromhex(raw)).hexdigest()
    return Power(name, official, index, taken.get(name), {})


def _mandate(record: Json, index: int, taken: dict[str, int]) -> Power:
    return Power(record["mandate"], record["official"], index, taken.get(record["mandate"]), record)
