"""The register: who the officials are, which keys are theirs and which mandates they hold, by leaf index.

A frozen value. The fold that makes it from signed acts is :mod:`ledger.officials`; what is asked of it is
:mod:`keys.authority`. ``since`` is the leaf index of the approval; a holding is in force for acts at any higher
index, until ``until`` (the index of the act that took it away), if any.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rpds import HashTrieMap

from keys.records import MandateRecord, OfficialRecord
from keys.signing import PublicKey

#: The office that proposes and approves entries of the register.
REGISTRAR = "registrar"


@dataclass(frozen=True, slots=True)
class Official:
    """A person in the register; shown on each act as recorded here at its index."""

    record: OfficialRecord
    since: int


@dataclass(frozen=True, slots=True)
class Key:
    """A key that belongs to an official; ``berita_acara`` is the digest of the minutes that tie it to them."""

    public: PublicKey
    official: str
    since: int
    berita_acara: str | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Mandate:
    """Office and capacity that an official holds."""

    record: MandateRecord
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one official proposed and another may approve; ``leaf`` (hex) names it, ``gains`` who would gain."""

    leaf: str
    by: str
    gains: str
    what: OfficialRecord | MandateRecord | PublicKey


@dataclass(frozen=True, slots=True)
class Register:
    """Everything that gives power, as all leaves below some index make it."""

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

    def with_official(self, record: OfficialRecord, since: int) -> Register:
        """Return the register in which this person is known from ``since`` on."""
        nips = self.nips if record.nip is None else self.nips.insert(record.nip, record.official)
        officials = self.officials.insert(record.official, Official(record, since))
        return replace(self, officials=officials, nips=nips)

    def with_key(self, public: PublicKey, official: str, since: int, berita_acara: str | None = None) -> Register:
        """Return the register in which this key is the official's from ``since`` on."""
        return replace(self, keys=self.keys.insert(public.id, Key(public, official, since, berita_acara)))

    def with_mandate(self, record: MandateRecord, since: int) -> Register:
        """Return the register in which this mandate is held from ``since`` on."""
        return replace(self, mandates=self.mandates.insert(record.mandate, Mandate(record, since)))

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
