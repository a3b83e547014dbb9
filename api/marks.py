"""Marks verified again: a review, paraf or signature, judged from the bytes of its entry and nothing else.

Two questions, each with its own verdict (DOMAIN, rule 15): *terbukti*, *tidak cocok*, *tidak dapat dinilai*.

``signature``: whose mark it is, and on what.

1. ``document``: the act in the entry names exactly this document.
2. ``key``: the key that the register ties to the official made the signature.
3. ``inclusion``: the entry is in the log, under a checkpoint that the log's key signed.

``authority``: whether they might, at the mark's leaf index and recording time: key, mandate and its period, and the
office that the case's SOP asks of the step, by the code that accepted the act (:mod:`keys.authority`). That the case
took the act at that step was judged when it was accepted, and the audit judges it again.

The whole is *terbukti* only if both are; it is *tidak cocok* as soon as one is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from keys.authority import require
from keys.errors import Forged, JejakError, NotJudged
from keys.register import Register
from ledger import log
from ledger.bodies import CaseBody
from ledger.case import Case
from ledger.case_rules import needed
from ledger.note import VerifierKey
from ledger.receipt import verify_receipt
from ledger.recorded import Recorded
from ledger.rows import Rows
from ledger.streams import World

PROVED, CONTRADICTED, UNJUDGED = "terbukti", "tidak cocok", "tidak dapat dinilai"


def check(rows: Rows, world: World, register: Register, vkey: VerifierKey, index: int, digest: str) -> dict[str, Any]:
    """Return the verdicts on the mark in leaf ``index`` on the document ``digest``; never raises.

    ``{"verdict", "signature": {"verdict", "checks"}, "authority": {"verdict", "why"}}``.
    Every check is ``{"check", "verdict", "why"}``, with the ``rule`` where it does not hold; so is the authority.
    ``register`` may be newer than the mark: each holding in it says from and until which leaf index it is in force.
    """
    try:
        done = log.recorded(rows, index)
    except JejakError as fault:
        checks = [{"check": "entry"} | _said(fault)]
        authority = _said(NotJudged("mark.entry", "Catatan tindakan ini tidak dapat dibaca."))
    else:
        checks = [
            {"check": "document"} | _judged(lambda: _names(done, digest)),
            {"check": "key"} | _judged(lambda: _signed(done, register)),
            {"check": "inclusion"} | _judged(lambda: _included(done, rows, vkey)),
        ]
        authority = _judged(lambda: _empowered(done, world, register))
    signature = _whole(one["verdict"] for one in checks)
    return {
        "verdict": _whole((signature, authority["verdict"])),
        "signature": {"verdict": signature, "checks": checks},
        "authority": authority,
    }


def _names(done: Recorded, digest: str) -> str:
    named = getattr(done.act.body, "document", None)
    if named != digest:
        raise Forged("mark.document", "Tindakan ini menyebut dokumen lain.")
    return "Tindakan ini menyebut persis dokumen ini."


def _signed(done: Recorded, register: Register) -> str:
    held = register.keys.get(done.entry.envelope.keyid)
    if held is None or held.official != done.act.official:
        raise NotJudged("mark.key", "Kunci penandatangan tidak ada dalam register atas nama pejabat ini.")
    done.entry.envelope.opened_with(held.public)
    return f"Ditandatangani dengan kunci {held.official}, yang terdaftar di daun {held.since}."


def _included(done: Recorded, rows: Rows, vkey: VerifierKey) -> str:
    size = verify_receipt(log.receipt(rows, done.index), done.entry.data, vkey).checkpoint.size
    return f"Daun {done.index} tercakup segel atas {size} daun."


def _empowered(done: Recorded, world: World, register: Register) -> str:
    act, stream = done.act, world.stream(done.act.stream)
    if stream is None or not isinstance(stream.state, Case) or not isinstance(act.body, CaseBody):
        raise NotJudged("mark.case", "Perkara tempat tindakan ini berdiri tidak dapat dibaca.")
    need = needed(act, stream.state.sop)
    mandate = require(
        register,
        official=act.official,
        mandate=act.mandate,
        keyid=done.entry.envelope.keyid,
        need=need,
        index=done.index,
        at=done.entry.recorded_at,
    ).mandate
    return (
        f"Langkah {act.body.step} wewenang {need.office_name}; mandat {act.mandate} ({mandate.record.office_name})"
        f" terdaftar di daun {mandate.since} dan berlaku saat daun {done.index} dicatat."
    )


def _judged(verify: Callable[[], str]) -> dict[str, str]:
    try:
        return {"verdict": PROVED, "why": verify()}
    except JejakError as fault:
        return _said(fault)


def _said(fault: JejakError) -> dict[str, str]:
    # Stored bytes that cannot be read contradict what was sealed; only what is missing cannot be judged.
    verdict = UNJUDGED if isinstance(fault, NotJudged) else CONTRADICTED
    return {"verdict": verdict, "rule": fault.rule, "why": fault.detail}


def _whole(verdicts: Iterable[str]) -> str:
    found = set(verdicts)
    return next((verdict for verdict in (CONTRADICTED, UNJUDGED) if verdict in found), PROVED)
