"""Officials, keys and mandates: decide and fold of the register's stream.

Power is given by two (DESIGN, invariant 6): one registrar proposes, another approves by naming the proposal's
leaf; neither is the one who gains, and two names with one NIP are one person. Founding is the only exception,
and it names itself: leaf 0 brings two founders, the second accepts, nothing else comes between.

Order of the file: decide, fold.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from keys.authority import REGISTRAR_NEEDED, Authority, require
from keys.errors import NotAllowed
from keys.possession import check_possession
from keys.records import MandateRecord, OfficialRecord
from keys.register import REGISTRAR, Proposal, Register
from keys.signing import PublicKey
from ledger import bodies as b
from ledger.acts import Act
from ledger.note import VerifierKey

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
        _decide_founding(register, act, body, keyid, index)
        return None
    if register is None:
        raise NotAllowed(
            "ledger.founded",
            "Buku besar ini belum didirikan.",
            allowed="Yang pertama: pendirian buku besar oleh dua pendiri.",
        )
    if isinstance(body, b.FoundingAccepted):
        return _decide_acceptance(register, act, body, keyid, index, at)
    authority = require(
        register,
        official=act.official,
        mandate=act.mandate,
        keyid=keyid,
        need=REGISTRAR_NEEDED,
        index=index,
        at=at,
    )
    match body:
        case b.OfficialProposed():
            _decide_official(register, act, body.person)
        case b.KeyProposed():
            _decide_key(register, act, body)
        case b.MandateProposed():
            _decide_mandate(register, act, body.mandate)
        case b.Approved():
            _decide_approval(register, act, body)
        case _:
            raise AssertionError(f"{act.kind} is no act of the register")
    return authority


def _decide_founding(register: Register | None, act: Act, body: b.LedgerFounded, keyid: str, index: int) -> None:
    if register is not None or index != 0 or act.seen is not None:
        raise NotAllowed(
            "ledger.founded",
            "Pendirian hanya di daun 0, tanpa segel sebelumnya.",
            allowed="Buku besar yang sudah didirikan diteruskan dengan tindakan lain.",
        )
    if VerifierKey.parse(body.log_key).name != act.ledger:
        raise NotAllowed(
            "founding.log_key",
            "Nama pada kunci log bukan nama buku besar ini.",
            allowed=f"Kunci log bernama {act.ledger}.",
        )
    first, second = body.founders
    for one in body.founders:
        if one.mandate.official != one.person.official or one.mandate.office != REGISTRAR:
            raise NotAllowed(
                "founding.mandate",
                "Mandat pendiri harus mandat pendaftar atas namanya sendiri.",
                allowed=f"Mandat pendaftar atas nama {one.person.official}.",
                office=REGISTRAR,
            )
    if (
        first.person.official == second.person.official
        or first.mandate.mandate == second.mandate.mandate
        or first.public_key == second.public_key
        or (first.person.nip is not None and first.person.nip == second.person.nip)
    ):
        raise NotAllowed(
            "founding.two",
            "Pendiri harus dua orang berbeda dengan dua kunci berbeda.",
            allowed="Dua nama, dua NIP, dua mandat, dua kunci.",
        )
    PublicKey.load(bytes.fromhex(second.public_key))
    if (
        act.official != first.person.official
        or act.mandate != first.mandate.mandate
        or keyid != PublicKey.load(bytes.fromhex(first.public_key)).id
    ):
        raise NotAllowed(
            "founding.signer",
            "Daun 0 ditandatangani pendiri pertama dengan kuncinya sendiri.",
            allowed=f"Penandatangan: {first.person.official} dengan mandat {first.mandate.mandate}.",
        )


def _decide_acceptance(
    register: Register, act: Act, body: b.FoundingAccepted, keyid: str, index: int, at: dt.datetime
) -> Authority:
    if register.accepted:
        raise NotAllowed(
            "founding.accepted",
            "Pendirian sudah diterima.",
            allowed="Register diteruskan dengan usulan dan persetujuan.",
        )
    if body.founding != register.founding:
        raise NotAllowed(
            "founding.accepted",
            "Yang diterima bukan daun 0 buku besar ini.",
            allowed=f"Sebut {register.founding}.",
        )
    if act.official != register.founders[1]:
        raise NotAllowed(
            "founding.accepted",
            "Penerimaan pendirian bukan oleh pendiri kedua.",
            allowed=f"Yang menerima: {register.founders[1]}.",
        )
    return require(
        register,
        official=act.official,
        mandate=act.mandate,
        keyid=keyid,
        need=REGISTRAR_NEEDED,
        index=index,
        at=at,
    )


def _decide_official(register: Register, act: Act, person: OfficialRecord) -> None:
    if person.official in register.officials:
        raise NotAllowed(
            "register.official",
            f"Pejabat {person.official} sudah terdaftar.",
            allowed="Usulkan kunci atau mandatnya, atau pakai nama lain untuk orang lain.",
        )
    if person.nip is not None and person.nip in register.nips:
        raise NotAllowed(
            "register.nip",
            "NIP ini sudah terdaftar atas nama lain.",
            allowed=f"Orang ini sudah terdaftar sebagai {register.nips[person.nip]}.",
        )
    _not_for_oneself(register, act.official, person.official)


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
    _not_for_oneself(register, act.official, body.official)


def _decide_mandate(register: Register, act: Act, record: MandateRecord) -> None:
    _known(register, record.official)
    if record.mandate in register.mandates:
        raise NotAllowed(
            "register.mandate",
            f"Nama mandat {record.mandate} sudah dipakai.",
            allowed="Beri mandat ini nama yang belum dipakai.",
        )
    _not_for_oneself(register, act.official, record.official)


def _decide_approval(register: Register, act: Act, body: b.Approved) -> None:
    proposal = register.proposals.get(body.proposal)
    if proposal is None or not isinstance(proposal.what, _WHAT[act.kind]):
        raise NotAllowed(
            "register.proposal",
            "Usulan yang disebut tidak ada, bukan jenis ini, atau sudah diputus.",
            allowed="Sebut sidik daun usulan yang masih menunggu.",
        )
    if register.same_person(act.official, proposal.by):
        raise NotAllowed(
            "register.four_eyes",
            "Usulan tidak dapat disetujui oleh pengusulnya sendiri.",
            allowed="Pendaftar lain yang menyetujui.",
        )
    _not_for_oneself(register, act.official, proposal.gains)
    # What was right when it was proposed may be taken by now.
    match proposal.what:
        case OfficialRecord() as person:
            _decide_official(register, act, person)
        case MandateRecord() as record:
            _decide_mandate(register, act, record)
        case PublicKey() as key:
            if key.id in register.keys:
                raise _key_taken()


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


def _not_for_oneself(register: Register, actor: str, gains: str) -> None:
    if register.same_person(actor, gains):
        raise NotAllowed(
            "register.four_eyes",
            "Tidak seorang pun mengusulkan atau menyetujui kuasa bagi dirinya sendiri.",
            allowed="Dua pendaftar lain yang mengusulkan dan menyetujui.",
        )


def fold(register: Register | None, act: Act, leaf: str, index: int) -> Register:
    """Return the register after ``act``, which was accepted at ``index`` with leaf hash ``leaf`` (hex)."""
    body = act.body
    if isinstance(body, b.LedgerFounded):
        return _founded(act, body, leaf, index)
    if register is None:
        raise AssertionError("a register begins with ledger.founded")
    match body:
        case b.FoundingAccepted():
            return replace(register, accepted=True)
        case b.OfficialProposed(person=person):
            return register.with_proposal(Proposal(leaf, act.official, person.official, person))
        case b.KeyProposed(official=official, public_key=raw):
            key = PublicKey.load(bytes.fromhex(raw))
            return register.with_proposal(Proposal(leaf, act.official, official, key))
        case b.MandateProposed(mandate=record):
            return register.with_proposal(Proposal(leaf, act.official, record.official, record))
        case b.Approved(proposal=named):
            proposal = register.proposals[named]
            decided = register.without_proposal(named)
            match proposal.what:
                case OfficialRecord() as person:
                    return decided.with_official(person, index)
                case MandateRecord() as record:
                    return decided.with_mandate(record, index)
                case PublicKey() as key:
                    minutes = body.berita_acara if isinstance(body, b.KeyApproved) else None
                    return decided.with_key(key, proposal.gains, index, minutes.digest if minutes else None)
    raise AssertionError(f"{act.kind} cannot stand in the register")


def _founded(act: Act, body: b.LedgerFounded, leaf: str, index: int) -> Register:
    first, second = body.founders
    register = Register(
        origin=act.ledger,
        founding=leaf,
        name=body.name,
        log_key=body.log_key,
        enacting_office=body.enacting_office,
        synthetic=body.synthetic,
        founders=(first.person.official, second.person.official),
    )
    for one in body.founders:
        key = PublicKey.load(bytes.fromhex(one.public_key))
        register = (
            register.with_official(one.person, index)
            .with_key(key, one.person.official, index, one.berita_acara.digest if one.berita_acara else None)
            .with_mandate(one.mandate, index)
        )
    return register
