"""Founding: leaf 0 brings two founders and the second accepts it; the one time that power is given without a register.

Both are registrars, two people with two keys, and the first signs. Until the second has accepted nothing else is
recorded (:func:`ledger.streams.judge`). Pure. Order of the file: decide, fold.
"""

from __future__ import annotations

import datetime as dt

from keys.authority import REGISTRAR_NEEDED, Authority, require
from keys.errors import NotAllowed
from keys.register import REGISTRAR, Register
from keys.signing import PublicKey
from ledger import bodies as b
from ledger.acts import Act
from ledger.note import VerifierKey
from ledger.successor import require_successor


def decide_founding(register: Register | None, act: Act, body: b.LedgerFounded, keyid: str, index: int) -> None:
    """Return if this act may found the ledger as leaf 0, or raise NotAllowed."""
    if register is not None or index != 0 or act.seen is not None:
        raise NotAllowed(
            "ledger.founded",
            "Pendirian hanya di daun 0, tanpa segel sebelumnya.",
            allowed="Buku besar yang sudah didirikan diteruskan dengan tindakan lain.",
        )
    log = VerifierKey.parse(body.log_key)
    if log.name != act.ledger:
        raise NotAllowed(
            "founding.log_key",
            "Nama pada kunci log bukan nama buku besar ini.",
            allowed=f"Kunci log bernama {act.ledger}.",
        )
    if body.successor_of is not None:
        require_successor(body.successor_of, log)
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


def decide_acceptance(
    register: Register, act: Act, body: b.FoundingAccepted, keyid: str, index: int, at: dt.datetime
) -> Authority:
    """Return the authority on which the second founder accepts, or raise NotAllowed."""
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


def founded(act: Act, body: b.LedgerFounded, leaf: str, index: int) -> Register:
    """Return the register that leaf 0 makes: two officials, their keys and their mandates."""
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
