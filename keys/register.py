"""The register: who the officials are, which keys are theirs and which mandates they hold, by leaf index.

A frozen value that shares what did not change with the one before it, so that every version of it can be kept. The
fold that makes it from signed acts is :mod:`ledger.officials`; what is asked of it is :mod:`keys.authority`. ``since``
is the leaf index of the approval; a holding is in force for acts at any higher index, until ``until`` (the index of
the act that took it away), if any. Whatever is asked for each act is found without walking the whole register.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rpds import HashTrieMap
from rpds import List as Linked

from keys.records import MandateRecord, OfficialRecord
from keys.signing import PublicKey

Name = TypeVar("Name", str, tuple[str, str])

#: The office that proposes and approves entries of the register.
REGISTRAR = "registrar"
#: The office of the internal auditors (Inspektorat/APIP), who read every unit's cases and who read what.
INSPECTOR = "inspektorat"


@dataclass(frozen=True, slots=True)
class Official:
    """A person in the register; shown on each act as recorded here at its index."""

    record: OfficialRecord
    since: int


@dataclass(frozen=True, slots=True)
class Loss:
    """The act that took a key or a mandate away: leaf index, leaf hash (hex), by whom, and why.

    ``compromised_since`` is what that person claims of a key that somebody else may have used.
    """

    index: int
    leaf: str
    by: str
    reason: str
    compromised_since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key that belongs to an official; ``berita_acara`` is the digest of the minutes that tie it to them.

    ``recovered`` when the founders gave it because too few registrars were left.
    """

    public: PublicKey
    official: str
    since: int
    berita_acara: str | None = None
    revoked: Loss | None = None
    recovered: bool = False

    @property
    def until(self) -> int | None:
        """Return the index of the last leaf at which the key is good, if it was revoked."""
        return self.revoked.index if self.revoked else None


@dataclass(frozen=True, slots=True)
class Mandate:
    """Office and capacity that an official holds; ``recovered`` as with keys."""

    record: MandateRecord
    since: int
    withdrawn: Loss | None = None
    recovered: bool = False

    @property
    def until(self) -> int | None:
        """Return the index of the last leaf at which the mandate holds, if it was withdrawn."""
        return self.withdrawn.index if self.withdrawn else None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one official proposed and another may approve; ``leaf`` (hex) names it, ``gains`` who would gain.

    ``index`` is that leaf's, ``mandate`` and ``keyid`` are those under which it was proposed; ``recovery`` when the
    founders act.
    """

    leaf: str
    index: int
    by: str
    gains: str
    what: OfficialRecord | MandateRecord | PublicKey
    mandate: str
    keyid: str
    recovery: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """Everything that gives power, as all leaves below some index make it.

    ``keys_of`` and ``mandates_of`` are what each official ever had and ``registrars`` the mandates of registrars, with
    those that ended; ``seats`` are the mandates for each (unit, office) that nobody withdrew. All are newest first.
    """

    origin: str
    founding: str
    name: str
    log_key: str
    enacting_office: str
    synthetic: bool
    founders: tuple[str, str]
    accepted: bool = False
    officials: HashTrieMap[str, Official] = field(default_factory=HashTrieMap)
    nips: HashTrieMap[str, str] = field(default_factory=HashTrieMap)
    keys: HashTrieMap[str, Key] = field(default_factory=HashTrieMap)
    mandates: HashTrieMap[str, Mandate] = field(default_factory=HashTrieMap)
    proposals: HashTrieMap[str, Proposal] = field(default_factory=HashTrieMap)
    keys_of: HashTrieMap[str, Linked[str]] = field(default_factory=HashTrieMap)
    mandates_of: HashTrieMap[str, Linked[str]] = field(default_factory=HashTrieMap)
    seats: HashTrieMap[tuple[str, str], Linked[str]] = field(default_factory=HashTrieMap)
    registrars: Linked[str] = field(default_factory=Linked)

    def with_official(self, record: OfficialRecord, since: int) -> Register:
        """Return the register in which this person is known, or known anew, from ``since`` on."""
        nips = self.nips if record.nip is None else self.nips.insert(record.nip, record.official)
        officials = self.officials.insert(record.official, Official(record, since))
        return replace(self, officials=officials, nips=nips)

    def with_key(
        self,
        public: PublicKey,
        official: str,
        since: int,
        berita_acara: str | None = None,
        *,
        recovered: bool = False,
    ) -> Register:
        """Return the register in which this key is the official's from ``since`` on."""
        key = Key(public, official, since, berita_acara, recovered=recovered)
        return replace(self, keys=self.keys.insert(public.id, key), keys_of=_put(self.keys_of, official, public.id))

    def with_mandate(self, record: MandateRecord, since: int, *, recovered: bool = False) -> Register:
        """Return the register in which this mandate is held from ``since`` on."""
        name = record.mandate
        registrars = self.registrars.push_front(name) if record.office == REGISTRAR else self.registrars
        return replace(
            self,
            mandates=self.mandates.insert(name, Mandate(record, since, recovered=recovered)),
            mandates_of=_put(self.mandates_of, record.official, name),
            seats=_put(self.seats, (record.unit, record.office), name),
            registrars=registrars,
        )

    def without_key(self, keyid: str, loss: Loss) -> Register:
        """Return the register in which this key is revoked."""
        return replace(self, keys=self.keys.insert(keyid, replace(self.keys[keyid], revoked=loss)))

    def without_mandate(self, mandate: str, loss: Loss) -> Register:
        """Return the register in which this mandate is withdrawn."""
        held = self.mandates[mandate]
        seat = held.record.unit, held.record.office
        left = Linked([name for name in self.seats[seat] if name != mandate])
        return replace(
            self,
            mandates=self.mandates.insert(mandate, replace(held, withdrawn=loss)),
            seats=self.seats.insert(seat, left),
        )

    def with_proposal(self, proposal: Proposal) -> Register:
        """Return the register in which this proposal waits for approval."""
        return replace(self, proposals=self.proposals.insert(proposal.leaf, proposal))

    def without_proposal(self, leaf: str) -> Register:
        """Return the register in which the proposal no longer waits."""
        return replace(self, proposals=self.proposals.remove(leaf))

    def same_person(self, one: str, other: str) -> bool:
        """Return whether two official names stand for one person: the same name, or the same NIP."""
        if one == other:
            return True
        first, second = self.officials.get(one), self.officials.get(other)
        return (
            first is not None
            and second is not None
            and first.record.nip is not None
            and first.record.nip == second.record.nip
        )


def _put(lists: HashTrieMap[Name, Linked[str]], name: Name, item: str) -> HashTrieMap[Name, Linked[str]]:
    return lists.insert(name, lists.get(name, Linked()).push_front(item))
