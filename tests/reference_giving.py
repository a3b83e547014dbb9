"""What the register refuses, as a slow reader holds its rules against an act: who gives, who takes, and what.

Part of the reference of the register (:mod:`tests.reference_register`), and written from the same texts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence

from tests.reference_case import Json, Said
from tests.reference_register import Powers


def refusal(said: Sequence[Said], act: Json, keyid: str, at: dt.datetime) -> str | None:
    """Return the first rule that this act of the register breaks, or None: it is accepted."""
    return next(_broken(Powers(said, at), act, keyid), None)


def _broken(powers: Powers, act: Json, keyid: str) -> Iterator[str]:
    body = act["body"]
    match act["kind"]:
        case "key.revoked":
            key = powers.key(body["keyid"])
            if key is None or key.taken is not None:
                yield "register.revoked"
                return
            if "compromised_since" in body and dt.datetime.fromisoformat(body["compromised_since"]) > powers.at:
                yield "register.since"
            yield from _broken_by_taker(powers, act, keyid, key.official)
        case "mandate.withdrawn":
            held = powers.mandate(body["mandate"])
            if held is None or held.taken is not None:
                yield "register.withdrawn"
                return
            yield from _broken_by_taker(powers, act, keyid, held.official)
        case _:
            if "recovery" in body:
                yield from _broken_by_recovery(powers, act, keyid)
            else:
                yield from powers.broken_by_power(act, keyid, "registrar", None, one_seat=False)
            yield from _broken_by_proposal(powers, act, act["kind"], body)


def _broken_by_taker(powers: Powers, act: Json, keyid: str, holder: str) -> Iterator[str]:
    if act["official"] == holder:
        yield from _broken_by_own(powers, act, keyid)
    else:
        yield from powers.broken_by_power(act, keyid, "registrar", None, one_seat=False)


def _broken_by_own(powers: Powers, act: Json, keyid: str) -> Iterator[str]:
    """Yield what hinders somebody in their own affairs: a bad key, a mandate that was never theirs."""
    yield from powers.broken_by_key(act, keyid)
    held = powers.mandate(act["mandate"])
    if held is None or held.official != act["official"]:
        yield "authority.mandate"


def _broken_by_recovery(powers: Powers, act: Json, keyid: str) -> Iterator[str]:
    yield from _broken_by_own(powers, act, keyid)
    if act["official"] not in [one["person"]["official"] for one in powers.founders]:
        yield "recovery.founder"
    kind, body = act["kind"], act["body"]
    if kind.endswith(".approved") and body["proposal"] in powers.proposed:
        _, proposal = powers.proposed[body["proposal"]]
        kind, body = proposal.kind, proposal.body
    gains = "" if kind.endswith(".approved") else _gains(kind, body)
    if len([one for one in powers.able() if not powers.same(one, gains)]) >= 2:
        yield "recovery.needless"
    if kind == "mandate.proposed" and body["mandate"]["office"] != "registrar":
        yield "recovery.registrars"
    if kind == "official.proposed" and powers.person(gains):
        yield "recovery.registrars"
    if kind == "key.proposed":
        theirs = [one for one in powers.mandates if one.official == gains and one.record["office"] == "registrar"]
        today = powers.day.isoformat()
        if not any(one.taken is None and one.record.get("end", today) >= today for one in theirs):
            yield "recovery.registrars"


def _broken_by_proposal(powers: Powers, act: Json, kind: str, body: Json) -> Iterator[str]:
    """Yield what is wrong with what is proposed, or with the approval of it."""
    match kind:
        case "official.proposed":
            yield from _broken_by_person(powers, body["person"])
        case "key.proposed":
            if not powers.person(body["official"]):
                yield "register.official"
            if powers.key(hashlib.sha256(bytes.fromhex(body["public_key"])).hexdigest()):
                yield "register.key"
        case "mandate.proposed":
            yield from _broken_by_mandate(powers, body["mandate"])
        case _:
            yield from _broken_by_approval(powers, act, kind, body)
            return
    if any(powers.same(name, _gains(kind, body)) for name in powers.names(act["mandate"])):
        yield "register.four_eyes"


def _broken_by_person(powers: Powers, person: Json) -> Iterator[str]:
    known = powers.person(person["official"])
    if known == person:
        yield "register.official"
    if known and "nip" in known and known["nip"] != person.get("nip"):
        yield "register.person"
    others = [one for _, one in powers.people if one["official"] != person["official"]]
    if "nip" in person and person["nip"] in [one.get("nip") for one in others]:
        yield "register.nip"


def _broken_by_mandate(powers: Powers, record: Json) -> Iterator[str]:
    if not powers.person(record["official"]):
        yield "register.official"
    if powers.mandate(record["mandate"]):
        yield "register.mandate"
    if "behalf_of" in record:
        over = powers.mandate(record["behalf_of"])
        if over is None or over.taken is not None or not powers.fits(record, over.record):
            yield "register.behalf"


def _broken_by_approval(powers: Powers, act: Json, kind: str, body: Json) -> Iterator[str]:
    waiting = powers.proposed.get(body["proposal"])
    if waiting is None or waiting[1].kind != kind.replace(".approved", ".proposed"):
        yield "register.proposal"
        return
    index, proposal = waiting
    approving, proposing = powers.names(act["mandate"]), powers.names(proposal.act["mandate"])
    for name in approving:
        if any(powers.same(name, other) for other in [*proposing, _gains(proposal.kind, proposal.body)]):
            yield "register.four_eyes"
    if ("recovery" in body) != ("recovery" in proposal.body):
        yield "recovery.both"
    if any(_unable(powers, proposal)):
        yield "register.stale"
    yield from _broken_by_proposal(powers, act, proposal.kind, proposal.body)
    if kind == "official.approved":
        official = proposal.body["person"]["official"]
        if any(since > index for since, one in powers.people if one["official"] == official):
            yield "register.changed"


def _unable(powers: Powers, proposal: Said) -> Iterator[str]:
    """Yield why whoever proposed this could not propose it now, with the key with which it was signed."""
    if "recovery" in proposal.body:
        yield from powers.broken_by_key(proposal.act, proposal.keyid)
    else:
        yield from powers.broken_by_power(proposal.act, proposal.keyid, "registrar", None, one_seat=False)


def _gains(kind: str, body: Json) -> str:
    if kind == "key.proposed":
        return str(body["official"])
    return str(body["person" if kind == "official.proposed" else "mandate"]["official"])
