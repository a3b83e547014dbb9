"""Who may give and who may take: registrars, the two founders where too few registrars are left, the holder.

Power is given by registrars. The founders may give it only in a recovery, which says why: while fewer than two
registrars could do so without the one who gains, and only what makes registrars able again. A registrar whose mandate
begins within a month still counts: a day between two decrees is no emergency. Power is taken by one registrar, or laid
down by its holder. Pure.
"""

from __future__ import annotations

import datetime as dt

from keys.authority import (
    REGISTRAR_NEEDED,
    Authority,
    day_of,
    mandates_of,
    principals,
    registrars_able,
    require,
    require_key,
)
from keys.errors import NotAllowed
from keys.records import MandateRecord, OfficialRecord
from keys.register import REGISTRAR, Proposal, Register
from keys.signing import PublicKey
from ledger import bodies as b
from ledger.acts import Act

#: Registrars that it takes to give power, one proposing and one approving.
TWO = 2
#: How long a registrar whose mandate is given and not begun yet is waited for, before the founders may step in.
SOON = dt.timedelta(days=31)


def require_giver(register: Register, act: Act, body: b.Given, keyid: str, index: int, at: dt.datetime) -> Authority:
    """Return the authority to propose or approve: a registrar's, or a founder's in a recovery; raises NotAllowed."""
    if body.recovery is None:
        return require(
            register,
            official=act.official,
            mandate=act.mandate,
            keyid=keyid,
            need=REGISTRAR_NEEDED,
            index=index,
            at=at,
        )
    authority = _holder(register, act, keyid, index)
    if act.official not in register.founders:
        raise NotAllowed(
            "recovery.founder",
            "Pemulihan register bukan oleh pendiri buku besar.",
            allowed=f"Yang memulihkan: {' dan '.join(register.founders)}, berdua.",
        )
    gains, what = _what(register, body)
    _require_needed(register, gains, index, at)
    if not _makes_registrars(register, what, gains, day_of(at)):
        raise NotAllowed(
            "recovery.registrars",
            "Pemulihan hanya untuk mengadakan pendaftar lagi.",
            allowed="Orang, lalu mandat pendaftarnya, lalu kuncinya; selebihnya oleh pendaftar.",
        )
    return authority


def require_taker(register: Register, act: Act, holder: str, keyid: str, index: int, at: dt.datetime) -> Authority:
    """Return the authority to take away what ``holder`` has: their own, or one registrar's; raises NotAllowed."""
    if act.official == holder:
        return _holder(register, act, keyid, index)
    return require(
        register, official=act.official, mandate=act.mandate, keyid=keyid, need=REGISTRAR_NEEDED, index=index, at=at
    )


def require_four_eyes(register: Register, act: Act, proposal: Proposal) -> None:
    """Return if the approval is by another than the proposal, also where either acts on another's behalf."""
    if _same_eyes(register, principals(register, act.mandate), principals(register, proposal.mandate)):
        raise NotAllowed(
            "register.four_eyes",
            "Usulan tidak dapat disetujui oleh pengusulnya sendiri, juga tidak atas namanya.",
            allowed="Pendaftar lain yang menyetujui.",
        )


def require_no_gain(register: Register, act: Act, gains: str) -> None:
    """Return if whoever acts, and on whose behalf, are others than the one who gains."""
    if _same_eyes(register, principals(register, act.mandate), [gains]):
        raise NotAllowed(
            "register.four_eyes",
            "Tidak seorang pun mengusulkan atau menyetujui kuasa bagi dirinya sendiri.",
            allowed="Dua pendaftar lain yang mengusulkan dan menyetujui.",
        )


def _same_eyes(register: Register, ones: list[str], others: list[str]) -> bool:
    return any(register.same_person(one, other) for one in ones for other in others)


def require_standing(register: Register, proposal: Proposal, body: b.Approved, index: int, at: dt.datetime) -> None:
    """Return if whoever proposed could still do so, else raise NotAllowed: a proposal falls with its proposer."""
    if proposal.recovery != (body.recovery is not None):
        raise NotAllowed(
            "recovery.both",
            "Usulan dan persetujuan tidak sejalan: yang satu pemulihan oleh pendiri, yang lain bukan.",
            allowed="Usulan pemulihan disetujui pendiri lain sebagai pemulihan; usulan biasa disetujui pendaftar.",
        )
    try:
        if proposal.recovery:
            require_key(register, proposal.by, proposal.keyid, index)
        else:
            require(
                register,
                official=proposal.by,
                mandate=proposal.mandate,
                keyid=proposal.keyid,
                need=REGISTRAR_NEEDED,
                index=index,
                at=at,
            )
    except NotAllowed as fault:
        raise NotAllowed(
            "register.stale",
            "Pengusulnya tidak lagi berwenang mengusulkan, jadi usulan ini gugur.",
            allowed="Pendaftar yang berwenang mengusulkannya lagi.",
            because=fault.rule,
        ) from None


def _holder(register: Register, act: Act, keyid: str, index: int) -> Authority:
    """Return what a person acts on in their own affairs: a good key, and a mandate of theirs, ended or not."""
    person, key = require_key(register, act.official, keyid, index)
    given = register.mandates.get(act.mandate)
    if given is None or given.record.official != act.official:
        raise NotAllowed(
            "authority.mandate",
            f"Mandat {act.mandate} bukan mandat {act.official}.",
            allowed="Sebut mandat sendiri, juga yang sudah berakhir.",
        )
    return Authority(person, key, given)


def _what(register: Register, body: b.Given) -> tuple[str, OfficialRecord | MandateRecord | PublicKey | None]:
    """Return who gains what by a proposal, or by the approval of one."""
    match body:
        case b.OfficialProposed(person=person):
            return person.official, person
        case b.KeyProposed(official=official, public_key=raw):
            return official, PublicKey.load(bytes.fromhex(raw))
        case b.MandateProposed(mandate=record):
            return record.official, record
        case b.Approved(proposal=named) if named in register.proposals:
            proposal = register.proposals[named]
            return proposal.gains, proposal.what
    return "", None


def _require_needed(register: Register, gains: str, index: int, at: dt.datetime) -> None:
    able = {one for one in registrars_able(register, index, at, SOON) if not register.same_person(one, gains)}
    if len(able) >= TWO:
        raise NotAllowed(
            "recovery.needless",
            "Pemulihan tidak diperlukan: masih ada dua pendaftar yang berwenang, atau segera berwenang.",
            allowed=f"Pendaftar itu: {', '.join(sorted(able))}.",
        )


def _makes_registrars(
    register: Register, what: OfficialRecord | MandateRecord | PublicKey | None, gains: str, day: str
) -> bool:
    match what:
        case MandateRecord(office=office):
            return office == REGISTRAR
        case PublicKey():  # for somebody who has the mandate already, and has it still
            held = [one for one in mandates_of(register, gains) if one.record.office == REGISTRAR]
            return any(one.withdrawn is None and day <= (one.record.end or day) for one in held)
        case OfficialRecord(official=official):
            return official not in register.officials
    return True  # an approval of nothing is refused by its own rule
