"""Registrars, founders and others who do what comes to their mind with the register, made from one number each.

For :mod:`tests.test_register_histories`. What is true now is looked up in the reference, never in the ledger; whether
an act is taken, and by which rule it is refused, is not said here. Most acts are by somebody who may do them; the five
offices of the real SOP each have a case in which their act can be done again and again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cache

from keys.possession import prove
from tests.kit import CASE, FOUNDERS, ORIGIN, PEOPLE, Kecamatan, disposition, key, the_sop
from tests.random_officials import Dice
from tests.reference_case import Json
from tests.reference_register import Power, Powers

OFFICES = ("camat", "sekcam", "kasubag-evapor", "staf", "kasubag-umum")
#: Offices that mandates are given for, the registrar's as often as any.
GIVEN = (*OFFICES, "registrar")
NEWCOMERS = tuple(f"pegawai-{number}" for number in range(8))
KEYS = tuple(f"kunci-{number}" for number in range(400))
WHY = {"recovery": "Pendaftar tidak cukup (sintetis)."}
#: For each office but the Camat's: the case that waits for its act, and how many acts of the straight way opened it.
WAITING = {"sekcam": (1, 5), "staf": (2, 3), "kasubag-evapor": (3, 2), "kasubag-umum": (4, 8)}


@dataclass(frozen=True)
class Act:
    """What somebody is about to sign, and the name of the key they take for it."""

    official: str
    mandate: str
    stream: str
    kind: str
    body: Json
    key: str


def case_of(office: str) -> str:
    """Return the case that waits for the act of this office."""
    return f"{CASE[:-1]}{WAITING[office][0] + 1}"


@cache
def key_names() -> dict[str, str]:
    """Return the names of all keys that could come up, by key id."""
    return {key(name).public.id: name for name in (*PEOPLE, *NEWCOMERS, *KEYS)}


def gains(body: Json) -> str:
    """Return who gains by a proposal, "" by what is none."""
    record = body.get("person") or body.get("mandate") or body
    return str(record.get("official", "")) if isinstance(record, dict) else ""


@dataclass
class Registrars:
    """What people can think of; ``turn`` numbers what must have a new name, ``done`` the offices' acts so far."""

    kecamatan: Kecamatan
    turn: int = 0
    done: set[str] = field(default_factory=set)

    def new(self, what: str) -> str:
        self.turn += 1
        return f"{what}-{self.turn}"

    # --- who ------------------------------------------------------------------------------------------------

    def key_of(self, powers: Powers, official: str, dice: Dice) -> str:
        """Return a key to sign with: mostly the newest good one of theirs, sometimes one that is not."""
        own = [one for one in powers.keys if one.official == official]
        good = [one for one in own if one.taken is None]
        chosen = dice.of((*(good or own or powers.keys)[-1:] * 12, *own[:1], dice.of(powers.keys)))
        return key_names()[chosen.name]

    def by(self, powers: Powers, held: Power, stream: str, kind: str, body: Json, dice: Dice) -> Act:
        """Return the act by whoever holds a mandate; now and then under another mandate, or in another's name."""
        other = dice.of(powers.mandates)
        official, mandate = dice.of((*((held.official, held.name),) * 14, (held.official, other.name)))
        return Act(official, mandate, stream, kind, body, self.key_of(powers, official, dice))

    def holder(self, powers: Powers, office: str, dice: Dice, *but: str) -> Power:
        """Return a mandate for this office: mostly one in force, of somebody with a key who is none of ``but``."""
        all_of_them = [one for one in powers.mandates if one.record["office"] == office]
        able = [one for one in all_of_them if powers.in_force(one) and self._has_key(powers, one.official)]
        others = [one for one in able if one.official not in but]
        return dice.of(
            (*(dice.of(others or able or all_of_them),) * 14, dice.of(all_of_them), dice.of(powers.mandates))
        )

    def _has_key(self, powers: Powers, official: str) -> bool:
        return any(one.official == official and one.taken is None for one in powers.keys)

    def founder(self, powers: Powers, dice: Dice, *but: str) -> Power:
        """Return a mandate of one of the two founders, in force or not, mostly of one who is not ``but``."""
        founders = [one for one in powers.mandates if one.official in FOUNDERS]
        return dice.of([one for one in founders if one.official not in but] or founders)

    # --- what comes to their mind -----------------------------------------------------------------------------

    def proposes(self, powers: Powers, dice: Dice) -> Act:
        """Return a proposal by a registrar; where they are too few, mostly one by a founder instead."""
        if len(powers.able()) < 2 and dice.of((True, True, True, False)):
            return self.recovers(powers, dice)
        kind, body = self._gift(powers, dice, GIVEN)
        return self.by(powers, self.holder(powers, "registrar", dice, gains(body)), "register", kind, body, dice)

    def approves(self, powers: Powers, dice: Dice) -> Act:
        """Return an approval: mostly of the newest proposal, by a registrar who neither made it nor gains from it."""
        waiting = [one for _, one in powers.proposed.values()]
        if not waiting:
            return self.proposes(powers, dice)
        proposal = dice.of((*waiting[-1:] * 4, *(dice.of(waiting),) * 3, dice.of([one for _, one in powers.acts])))
        kind = f"{proposal.kind.split('.')[0]}.approved"
        if kind not in ("official.approved", "key.approved", "mandate.approved"):
            kind = "mandate.approved"
        kind = dice.of((*(kind,) * 15, "key.approved"))
        recovery = dice.of((*("recovery" in proposal.body,) * 5, "recovery" not in proposal.body))
        others = dice.of((*((proposal.act["official"], gains(proposal.body)),) * 9, ("", "")))
        held = self.founder(powers, dice, *others) if recovery else self.holder(powers, "registrar", dice, *others)
        why = WHY if dice.of((recovery,) * 19 + (not recovery,)) else {}
        return self.by(powers, held, "register", kind, {"proposal": proposal.leaf} | why, dice)

    def recovers(self, powers: Powers, dice: Dice) -> Act:
        """Return what the founders propose as a recovery: mostly what makes registrars."""
        kind, body = self._gift(powers, dice, dice.of((("registrar",), ("registrar",), GIVEN)))
        held = dice.of((*(self.founder(powers, dice),) * 9, dice.of(powers.mandates)))
        return self.by(powers, held, "register", kind, body | WHY, dice)

    def revokes(self, powers: Powers, dice: Dice) -> Act:
        """Return the revocation of a key: mostly of one that has a successor, hardly ever of a founder's last."""
        good = [one for one in powers.keys if one.taken is None]
        spare = [one for one in good if sum(other.official == one.official for other in good) > 1]
        others = [one for one in powers.keys if one.official not in FOUNDERS] or powers.keys
        gone = dice.of(
            (*(dice.of(spare or others),) * 12, *(dice.of(others),) * 4, dice.of((*others * 5, *powers.keys)))
        )
        reason = dice.of(("rotated", "lost", "compromised", "left"))
        body = {"keyid": gone.name, "reason": reason}
        if reason == "compromised":
            since = powers.at + dt.timedelta(days=dice.of((-1, -1, -1, 1)))
            body["compromised_since"] = since.isoformat(timespec="seconds")
        return self._takes(powers, "key.revoked", body, gone.official, dice)

    def withdraws(self, powers: Powers, dice: Dice) -> Act:
        """Return the withdrawal of a mandate: mostly not of a registrar's, or there would be none."""
        held = [one for one in powers.mandates if one.taken is None] or powers.mandates
        lesser = [one for one in held if one.record["office"] != "registrar"] or held
        gone = dice.of((*(dice.of(lesser),) * 12, *(dice.of(powers.mandates),) * 4, *(dice.of(held),) * 4))
        return self._takes(
            powers, "mandate.withdrawn", {"mandate": gone.name, "reason": "Mutasi."}, gone.official, dice
        )

    def _takes(self, powers: Powers, kind: str, body: Json, holder: str, dice: Dice) -> Act:
        own = [one for one in powers.mandates if one.official == holder]
        held = dice.of((*(self.holder(powers, "registrar", dice),) * 2, *own[-1:], *own[:1], dice.of(powers.mandates)))
        return self.by(powers, held, "register", kind, body, dice)

    def performs(self, powers: Powers, dice: Dice) -> Act:
        """Return the act of an office in its case, by somebody who has or had a mandate for it."""
        office = dice.of(OFFICES)
        held = self.holder(powers, office, dice)
        if office == "camat":
            sop = {"slug": the_sop().slug, "leaf": self.kecamatan.sop_leaf}
            self.turn += 1
            stream = f"case:{self.turn:08x}-0000-4000-8000-000000000000"
            return self.by(powers, held, stream, "disposition.issued", disposition(sop, self.kecamatan.letter), dice)
        _, kind, body = self.kecamatan.steps(case=case_of(office))[WAITING[office][1]]
        outside = {"deviation": "Dilakukan lagi (sintetis)."} if office in self.done else {}
        return self.by(powers, held, case_of(office), kind, body | outside, dice)

    def took(self, act: Act) -> None:
        """Remember that an office's act in its case was done, so that the next one leaves the path."""
        self.done |= {office for office in WAITING if case_of(office) == act.stream}

    # --- what is given ----------------------------------------------------------------------------------------

    def _gift(self, powers: Powers, dice: Dice, offices: tuple[str, ...]) -> tuple[str, Json]:
        known = list(dict.fromkeys(one["official"] for _, one in powers.people))
        keyless = [one for one in known if not self._has_key(powers, one)]
        match dice.of(("mandate", "mandate", "mandate", "key", "key", "official")):
            case "official":
                return "official.proposed", {"person": self._person(powers, dice)}
            case "key":
                official = dice.of((*keyless[-2:], *keyless[-2:], dice.of(known), dice.of(known), *NEWCOMERS[-1:]))
                number = dice.of((*(len(powers.acts),) * 9, dice.of(range(40))))
                own = key(dice.of((*(KEYS[number % len(KEYS)],) * 9, dice.of(list(PEOPLE)))))
                possession = prove(ORIGIN, official, own).decode()
                return "key.proposed", {
                    "official": official,
                    "public_key": own.public.raw.hex(),
                    "possession": possession,
                }
        return "mandate.proposed", {"mandate": self._mandate(powers, dice, known, offices)}

    def _person(self, powers: Powers, dice: Dice) -> Json:
        """Return a person's data: a new rank, and mostly the NIP that they have."""
        name = dice.of((*NEWCOMERS, *PEOPLE, *list(PEOPLE)[2:3] * 12))
        known = powers.person(name)
        old = known or {"official": name, "name": f"Pegawai {name[-1]} (sintetis)"}
        nips = [one["nip"] for _, one in powers.people if "nip" in one]
        own = old.get("nip", f"19990101{dice.of(range(10, 99))}00000000")
        nip = dice.of((*(own,) * 8, dice.of(nips), None))
        data = {"official": name, "name": old["name"], "rank": self.new("Pangkat")}
        data |= {"nip": nip} if nip else {"without_nip": "Tenaga honorer."}
        return dice.of((*(data,) * 9, known or data))

    def _mandate(self, powers: Powers, dice: Dice, known: list[str], offices: tuple[str, ...]) -> Json:
        office, name = dice.of(offices), dice.of((*(self.new("mandat"),) * 19, powers.mandates[-1].name))
        capacity = dice.of(("definitif", "definitif", "plt", "plh", "an", "an", "ub"))
        day = powers.day
        starts = day + dt.timedelta(days=dice.of((-1, 0, 0, 0, 0, 1, 20, 40)))
        record = {
            "mandate": name,
            "official": dice.of((*known, *known[:7], NEWCOMERS[-1])),
            "unit": dice.of(("kalipare",) * 12 + ("pagak",)),
            "office": office,
            "office_name": "Jabatan (sintetis)",
            "capacity": capacity,
            "decree": {"number": "821/9/2026", "date": "2026-01-02", "issuer": "Bupati Malang (sintetis)"},
            "start": starts.isoformat(),
        }
        days = dice.of((None, None, 0, 1, 3, 10))
        if days is not None:
            record["end"] = (starts + dt.timedelta(days=days)).isoformat()
        if capacity in ("plt", "plh"):
            record["absence"] = "Cuti (sintetis)."
        if capacity in ("an", "ub"):
            record["own_office"] = "sekcam"
            alike = [one for one in powers.mandates if one.record["office"] == office and powers.in_force(one)]
            up = {"an": ("definitif", "plt"), "ub": ("an",)}[capacity]
            fitting = [one for one in alike if one.record["capacity"] in up]
            others = [*alike, *alike, *powers.mandates[-3:]]
            over = dice.of((*(fitting or others)[-1:] * 5, *(dice.of(others),) * 4, None))
            if over is not None:
                record["behalf_of"] = over.name
        return record
