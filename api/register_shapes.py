"""The register in the form in which it is answered: people, mandates, keys and proposals as JSON values.

Names, offices and keys are the accountability itself (DOMAIN, rule 13). A NIP reveals birth date and sex, so all but
its last four digits are masked; the audit trail, for inspectors, shows it. Why somebody was absent stays in the signed
act.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from keys.authority import day_of, keys_of, mandates_of, registrars_able
from keys.records import MandateRecord, OfficialRecord
from keys.register import Key, Loss, Mandate, Proposal, Register
from keys.signing import PublicKey
from ledger.register_history import History, standing, why_stale
from ledger.wording import LOSSES
from projections.audit_trail import utc


@dataclass(frozen=True, slots=True)
class Looking:
    """A register, its history, and from where one looks: the next act's leaf ``index``, and the time (aware)."""

    register: Register
    history: History
    index: int
    at: dt.datetime

    def whole(self) -> dict[str, Any]:
        """Return all that gives power, what waits for approval, and whether the founders had to recover."""
        register = self.register
        mandates = sorted(register.mandates.values(), key=lambda one: (one.since, one.record.mandate))
        keys = sorted(register.keys.values(), key=lambda one: (one.since, one.public.id))
        return {
            "founders": list(register.founders),
            "registrars_able": sorted(registrars_able(register, self.index, self.at, dt.timedelta(0))),
            "recovery": [
                {"what": "mandate", "mandate": one.record.mandate, "leaf_index": one.since}
                for one in mandates
                if one.recovered
            ]
            + [{"what": "key", "keyid": one.public.id, "leaf_index": one.since} for one in keys if one.recovered],
            "officials": [self._person(name) for name in sorted(register.officials)],
            "mandates": [self.mandate(one) for one in mandates],
            "keys": [self.key(one) for one in keys],
            "proposals": sorted(map(self.proposal, register.proposals.values()), key=lambda one: one["leaf_index"]),
        }

    def official(self, name: str) -> dict[str, Any]:
        """Return a person with every mandate and key that they ever had, and their history in sentences."""
        register = self.register
        return self._person(name) | {
            "mandates": [self.mandate(one) for one in mandates_of(register, name)],
            "keys": [self.key(one) for one in keys_of(register, name)],
            "history": self.history.sentences(register, name, self.index - 1),
        }

    def mandate(self, held: Mandate) -> dict[str, Any]:
        """Return a mandate: its record, since and until which leaf, and by whom it was given and taken."""
        shown = held.record.model_dump(mode="json", exclude={"absence"}, exclude_none=True)
        behalf = self.register.mandates.get(held.record.behalf_of or "")
        return shown | {
            "on_behalf": {"mandate": held.record.behalf_of, "official": behalf.record.official} if behalf else None,
            "standing": standing(held, self.index, day_of(self.at)),
            **self._given(held.since, held.recovered),
            "until": held.until,
            "withdrawn": self._loss(held.withdrawn),
        }

    def key(self, held: Key) -> dict[str, Any]:
        """Return a key: since and until which leaf, the minutes that tie it to the person, by whom given and taken."""
        return {
            "keyid": held.public.id,
            "public_key": held.public.raw.hex(),
            "official": held.official,
            "proven": held.berita_acara is not None,
            "berita_acara": held.berita_acara,
            **self._given(held.since, held.recovered),
            "until": held.until,
            "revoked": self._loss(held.revoked),
        }

    def proposal(self, waiting: Proposal) -> dict[str, Any]:
        """Return a proposal that waits; ``stale`` says why nobody can approve it any more, None where they can."""
        fallen = why_stale(self.register, waiting, self.index, self.at)
        index = self.history.leaves[waiting.leaf]
        return {
            "leaf": waiting.leaf,
            "leaf_index": index,
            "recorded_at": utc(self.history.at(index)),
            "by": waiting.by,
            "gains": waiting.gains,
            **_what(waiting),
            "recovery": waiting.recovery,
            "stale": {"rule": fallen.rule, "detail": fallen.detail, "allowed": fallen.allowed} if fallen else None,
        }

    def _person(self, name: str) -> dict[str, Any]:
        known = self.register.officials[name]
        return person(known.record) | self._given(known.since)

    def _given(self, since: int, recovered: bool = False) -> dict[str, Any]:
        given = self.history.giving(since)
        return {
            "since": since,
            "recorded_at": utc(self.history.at(since)),
            "proposed": {"by": given.proposed_by, "leaf_index": given.proposed} if given else None,
            "approved": {"by": given.approved_by, "leaf_index": given.approved} if given else None,
            "recovered": recovered,
        }

    def _loss(self, loss: Loss | None) -> dict[str, Any] | None:
        if loss is None:
            return None
        since = loss.compromised_since
        return {
            "leaf": loss.leaf,
            "leaf_index": loss.index,
            "recorded_at": utc(self.history.at(loss.index)),
            "by": loss.by,
            "reason": loss.reason,
            "reason_words": LOSSES.get(loss.reason, loss.reason),
            "compromised_since": since.isoformat() if since else None,
            "note": self.history.note(loss),
        }


def person(record: OfficialRecord) -> dict[str, Any]:
    """Return what is shown of a person's record."""
    return {
        "official": record.official,
        "name": record.name,
        "nip": masked(record.nip),
        "without_nip": record.without_nip,
        "rank": record.rank,
    }


def masked(nip: str | None) -> str | None:
    """Return a NIP of which only the last four digits show."""
    return None if nip is None else "•" * (len(nip) - 4) + nip[-4:]


def _what(waiting: Proposal) -> dict[str, Any]:
    match waiting.what:
        case OfficialRecord() as record:
            return {"kind": "official.proposed", "person": person(record)}
        case MandateRecord() as record:
            return {
                "kind": "mandate.proposed",
                "mandate": record.model_dump(mode="json", exclude={"absence"}, exclude_none=True),
            }
        case PublicKey() as key:
            return {"kind": "key.proposed", "key": {"keyid": key.id, "public_key": key.raw.hex()}}
