"""The sentence that a person reads about an act: in the trail, and before signing it.

Pure text in plain Indonesian: who, in which office and capacity, did what, on exactly which document
(:mod:`ledger.verbs`, :mod:`ledger.meanings`). Whatever left the SOP's path, or was recorded late from paper, says so in
its sentence.
"""

from __future__ import annotations

from keys.register import Register
from ledger import bodies as b
from ledger.acts import Act
from ledger.case import draft_of, reason_outside
from ledger.meanings import BY_HAND, DEVIATING, MEANINGS, ON_PAPER
from ledger.mentions import documents_of
from ledger.notices import DISCLAIMER
from ledger.sop import Sop
from ledger.verbs import VERBS, Place
from ledger.wording import CAPACITIES, said, short


def sentence(
    act: Act,
    *,
    name: str,
    office_name: str,
    capacity: str,
    sop: Sop | None = None,
    round: int | None = None,  # noqa: A002  the domain's word
    register: Register | None = None,
) -> str:
    """Return what happened, as an inspector reads it in the trail.

    ``name``, ``office_name`` and ``capacity`` are the actor's as then; ``sop`` and ``round`` are the case's, and
    ``register`` the register just before the act, from which other people and proposals are named.
    """
    return f"{name}, {office_name} ({CAPACITIES[capacity]}), {_did(act, sop, round, register)}."


def about_to_sign(
    act: Act,
    *,
    name: str,
    office_name: str,
    capacity: str,
    sop: Sop | None = None,
    round: int | None = None,  # noqa: A002  the domain's word
    register: Register | None = None,
) -> str:
    """Return what a signer is told before signing: what, on exactly which bytes, and what it means.

    Several lines; the arguments are those of :func:`sentence`.
    """
    lines = [
        f"Anda, {name}, {office_name} ({CAPACITIES[capacity]}), akan {_did(act, sop, round, register)}.",
        f"Artinya: {MEANINGS[act.kind]}",
    ]
    if reason_outside(act) is not None:
        lines.append(DEVIATING)
    if isinstance(act.body, b.CaseBody) and act.body.paper is not None:
        hand = act.body.paper.by
        lines.append(ON_PAPER if hand is None else f"{ON_PAPER} {BY_HAND.format(hand)}")
    lines += [f"Sidik dokumen: {digest}" for digest in digests_of(act)]
    lines.append("Tindakan yang sudah dicatat tidak dapat dihapus; perbaikan dicatat sebagai tindakan baru.")
    if isinstance(act.body, b.ParafGiven | b.SignatureGiven):
        lines.append(DISCLAIMER)
    return "\n".join(lines)


def digests_of(act: Act) -> tuple[str, ...]:
    """Return every document digest that the act names, the one it stands on or brings first, each once."""
    body, found = act.body, [reference.digest for reference in documents_of(act)]
    if isinstance(body, b.Bound | b.ActivityDecided):
        found[:0] = [body.document] if body.document else []
    elif isinstance(body, b.CaseBody):
        draft = draft_of(body)
        found[:0] = [draft.digest] if draft else []
        if isinstance(body, b.ConceptRevised):
            found.insert(1, body.replaces)
    return tuple(dict.fromkeys(found))


def _did(act: Act, sop: Sop | None, turn: int | None, register: Register | None) -> str:
    done = VERBS[act.kind](act.body, Place(sop, register))
    if isinstance(act.body, b.CaseBody):
        done += f", langkah {act.body.step}"
        if turn is not None:
            done += f", putaran {turn}"
        done += _outside(act) + _late(act.body.paper)
    return done


def _outside(act: Act) -> str:
    reason = reason_outside(act)
    return "" if reason is None else f", sebagai penyimpangan dari SOP, dengan alasan “{said(reason)}”"


def _late(paper: b.Paper | None) -> str:
    if paper is None:
        return ""
    said = f", dicatat menyusul dari kertas (pindaian sidik {short(paper.scan.digest)})"
    return said if paper.by is None else f"{said}: tanda tangan basah {paper.by}, bukan tanda tangan elektroniknya"
