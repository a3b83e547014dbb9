"""Officials, keys and mandates: decide and fold of the register's stream.

Power is given by two and taken by one (DESIGN, invariant 6): one registrar proposes, another approves by naming the
proposal's leaf; neither is the one who gains, and two names with one NIP are one person. A key is revoked by its holder
or by one registrar, a mandate withdrawn likewise. Founding is one exception, and it names itself: leaf 0 brings two
founders, the second accepts, nothing else comes between. Recovery is the other: where fewer than two registrars are
left to give power, the two founders may give what makes registrars, and say why; it is flagged wherever it was used.

Order of the file: decide, fold. Who may is :mod:`ledger.register_powers`, founding :mod:`ledger.register_founding`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from keys.authority import Authority, may_act_for
from keys.errors import NotAllowed
from keys.possession import check_possession
from keys.records import MandateRecord, OfficialRecord
from keys.register import Loss, Proposal, Register
from keys.signing import PublicKey
from ledger import bodies as b
from ledger.acts import Act
from ledger.register_founding import decide_acceptance, decide_founding, founded
from ledger.register_powers import require_four_eyes, require_giver, require_no_gain, require_standing, require_taker

_WHAT: dict[str, type] = {
    "official.approved": OfficialRecord,
    "key.approved": PublicKey,
    "mandate.approved": MandateRecord,
}


def decide(register: Register | None, act: Act, keyid: str, index: int, at: dt.datetime) -> Authority | None:
    """Return the authority of a register act at this place, or raise NotAllowed with the rule it breaks.

    ``index`` is the leaf index that the act would get, ``at`` its recording time. Leaf 0 has no authority but
    its own: None is returned for it.
    """
    body = act.body
    if isinstance(body, b.LedgerFounded):
        decide_founding(register, act, body, keyid, index)
        return None
    if register is None:
        raise NotAllowed(
            "ledger.founded",
            "Buku besar ini belum didirikan.",
            allowed="Yang pertama: pendirian buku besar oleh dua pendiri.",
        )
    match body:
        case b.FoundingAccepted():
            return decide_acceptance(register, act, body, keyid, index, at)
        case b.KeyRevoked():
            return _decide_revocation(register, act, body, keyid, index, at)
        case b.MandateWithdrawn():
            return _decide_withdrawal(register, act, body, keyid, index, at)
    if not isinstance(body, b.Given):
        raise AssertionError(f"{act.kind} is no act of the register")
    authority = require_giver(register, act, body, keyid, index, at)
    match body:
        case b.OfficialProposed():
            _decide_official(register, act, body.person)
        case b.KeyProposed():
            _decide_key(register, act, body)
        case b.MandateProposed():
            _decide_mandate(register, act, body.mandate)
        case b.Approved():
            _decide_approval(register, act, body, index, at)
    return authority


def _decide_official(register: Register, act: Act, person: OfficialRecord) -> None:
    known = register.officials.get(person.official)
    if known is not None and known.record == person:
        raise NotAllowed(
            "register.official",
            f"Pejabat {person.official} sudah terdaftar dengan data yang sama.",
            allowed="Usulkan kunci atau mandatnya, data barunya, atau pakai nama lain untuk orang lain.",
        )
    if known is not None and known.record.nip not in (None, person.nip):
        raise NotAllowed(
            "register.person",
            f"Pejabat {person.official} terdaftar dengan NIP lain: NIP tidak berganti.",
            allowed="Orang lain didaftarkan dengan nama lain; bila NIP salah catat, orangnya didaftarkan lagi.",
        )
    if person.nip is not None and register.nips.get(person.nip, person.official) != person.official:
        raise NotAllowed(
            "register.nip",
            "NIP ini sudah terdaftar atas nama lain.",
            allowed=f"Orang ini sudah terdaftar sebagai {register.nips[person.nip]}.",
        )
    require_no_gain(register, act, person.official)


def _decide_key(register: Register, act: Act, body: b.KeyProposed) -> None:
    _known(register, body.official)
    key = PublicKey.load(bytes.fromhex(body.public_key))
    if key.id in register.keys:
        raise _key_taken()
    check_possession(
        body.possession.encode("utf-8"),
        ledger=act.ledger,
        official=body.official,
        public_key_hex=body.public_key,
    )
    require_no_gain(register, act, body.official)


def _decide_mandate(register: Register, act: Act, record: MandateRecord) -> None:
    _known(register, record.official)
    if record.mandate in register.mandates:
        raise NotAllowed(
            "register.mandate",
            f"Nama mandat {record.mandate} sudah dipakai.",
            allowed="Beri mandat ini nama yang belum dipakai.",
        )
    if record.behalf_of is not None:
        over = register.mandates.get(record.behalf_of)
        if over is None or over.withdrawn is not None or not may_act_for(register, record, over.record):
            raise NotAllowed(
                "register.behalf",
                f"Mandat {record.behalf_of} tidak dapat diwakili dengan mandat ini, atau tidak ada.",
                allowed="Atas nama mewakili pemegang jabatan yang sama, untuk beliau mewakili yang atas nama;"
                " keduanya orang lain dari yang diwakili.",
            )
    require_no_gain(register, act, record.official)


def _decide_approval(register: Register, act: Act, body: b.Approved, index: int, at: dt.datetime) -> None:
    proposal = register.proposals.get(body.proposal)
    if proposal is None or not isinstance(proposal.what, _WHAT[act.kind]):
        raise NotAllowed(
            "register.proposal",
            "Usulan yang disebut tidak ada, bukan jenis ini, atau sudah diputus.",
            allowed="Sebut sidik daun usulan yang masih menunggu.",
        )
    require_four_eyes(register, act, proposal)
    require_no_gain(register, act, proposal.gains)
    require_standing(register, proposal, body, index, at)
    # What was right when it was proposed may be taken or out of date by now.
    match proposal.what:
        case OfficialRecord() as person:
            _decide_official(register, act, person)
            known = register.officials.get(person.official)
            if known is not None and known.since > proposal.index:
                raise NotAllowed(
                    "register.changed",
                    f"Data {person.official} sudah berubah sejak diusulkan.",
                    allowed="Usulkan lagi, berdasarkan data yang sekarang.",
                )
        case MandateRecord() as record:
            _decide_mandate(register, act, record)
        case PublicKey() as key:
            if key.id in register.keys:
                raise _key_taken()


def _decide_revocation(
    register: Register, act: Act, body: b.KeyRevoked, keyid: str, index: int, at: dt.datetime
) -> Authority:
    key = register.keys.get(body.keyid)
    if key is None or key.revoked is not None:
        raise NotAllowed(
            "register.revoked",
            "Kunci itu tidak terdaftar, atau sudah dicabut.",
            allowed="Sebut sidik kunci yang masih berlaku.",
        )
    if body.compromised_since is not None and dt.datetime.fromisoformat(body.compromised_since) > at:
        raise NotAllowed(
            "register.since",
            "Waktu mulai bocornya kunci lebih akhir dari sekarang.",
            allowed="Sebut waktu yang sudah lewat, atau tidak menyebutnya.",
        )
    return require_taker(register, act, key.official, keyid, index, at)


def _decide_withdrawal(
    register: Register, act: Act, body: b.MandateWithdrawn, keyid: str, index: int, at: dt.datetime
) -> Authority:
    mandate = register.mandates.get(body.mandate)
    if mandate is None or mandate.withdrawn is not None:
        raise NotAllowed(
            "register.withdrawn",
            f"Mandat {body.mandate} tidak ada, atau sudah dicabut.",
            allowed="Sebut mandat yang masih berlaku.",
        )
    return require_taker(register, act, mandate.record.official, keyid, index, at)


def _key_taken() -> NotAllowed:
    return NotAllowed(
        "register.key", "Kunci ini sudah terdaftar.", allowed="Setiap pejabat membuat kuncinya sendiri yang baru."
    )


def _known(register: Register, official: str) -> None:
    if official not in register.officials:
        raise NotAllowed(
            "register.official",
            f"Pejabat {official} belum terdaftar.",
            allowed="Usulkan dan setujui orangnya dahulu.",
        )


def fold(register: Register | None, act: Act, leaf: str, index: int, keyid: str) -> Register:
    """Return the register after ``act``, signed with ``keyid``, accepted at ``index`` with leaf hash ``leaf`` (hex)."""
    body = act.body
    if isinstance(body, b.LedgerFounded):
        return founded(act, body, leaf, index)
    if register is None:
        raise AssertionError("a register begins with ledger.founded")
    match body:
        case b.FoundingAccepted():
            return replace(register, accepted=True)
        case b.OfficialProposed(person=person):
            return register.with_proposal(_proposal(act, keyid, leaf, index, person.official, person))
        case b.KeyProposed(official=official, public_key=raw):
            key = PublicKey.load(bytes.fromhex(raw))
            return register.with_proposal(_proposal(act, keyid, leaf, index, official, key))
        case b.MandateProposed(mandate=record):
            return register.with_proposal(_proposal(act, keyid, leaf, index, record.official, record))
        case b.Approved(proposal=named):
            return _given(register.without_proposal(named), register.proposals[named], body, index)
        case b.KeyRevoked(keyid=named, reason=reason, compromised_since=since):
            claimed = dt.datetime.fromisoformat(since) if since else None
            return register.without_key(named, Loss(index, leaf, act.official, reason, claimed))
        case b.MandateWithdrawn(mandate=named, reason=reason):
            return register.without_mandate(named, Loss(index, leaf, act.official, reason))
    raise AssertionError(f"{act.kind} cannot stand in the register")


def _proposal(
    act: Act, keyid: str, leaf: str, index: int, gains: str, what: OfficialRecord | MandateRecord | PublicKey
) -> Proposal:
    recovery = isinstance(act.body, b.Given) and act.body.recovery is not None
    return Proposal(leaf, index, act.official, gains, what, act.mandate, keyid, recovery)


def _given(register: Register, proposal: Proposal, body: b.Approved, index: int) -> Register:
    """Return the register in which what was proposed is given."""
    match proposal.what:
        case OfficialRecord() as person:
            return register.with_official(person, index)
        case MandateRecord() as record:
            return register.with_mandate(record, index, recovered=proposal.recovery)
        case PublicKey() as key:
            minutes = body.berita_acara.digest if isinstance(body, b.KeyApproved) and body.berita_acara else None
            return register.with_key(key, proposal.gains, index, minutes, recovered=proposal.recovery)
