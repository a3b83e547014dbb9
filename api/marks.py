"""Marks verified again: a review, paraf or signature, judged from the bytes of its entry and nothing else.

Three things must hold, each with its own verdict (DOMAIN, rule 15): *terbukti*, *tidak cocok*, *tidak dapat dinilai*.

1. ``document``: the act in the entry names exactly this document.
2. ``signature``: the key that the register ties to the official made the signature.
3. ``inclusion``: the entry is in the log, under a checkpoint that the log's key signed.

The whole is *terbukti* only if all are; it is *tidak cocok* as soon as one is. That the act was allowed was judged
when it was accepted, and the audit judges it again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keys.errors import Forged, JejakError, NotJudged
from keys.register import Register
from ledger import log
from ledger.note import VerifierKey
from ledger.receipt import verify_receipt
from ledger.recorded import Recorded
from ledger.rows import Rows

PROVED, CONTRADICTED, UNJUDGED = "terbukti", "tidak cocok", "tidak dapat dinilai"


def check(rows: Rows, register: Register, vkey: VerifierKey, index: int, digest: str) -> dict[str, Any]:
    """Return ``{"verdict", "checks"}`` of the mark in leaf ``index`` on the document ``digest``; never raises."""
    try:
        done = log.recorded(rows, index)
    except JejakError as fault:
        checks = [_said("entry", fault)]
    else:
        checks = [
            _checked("document", lambda: _names(done, digest)),
            _checked("signature", lambda: _signed(done, register)),
            _checked("inclusion", lambda: _included(done, rows, vkey)),
        ]
    verdicts = {one["verdict"] for one in checks}
    whole = next((verdict for verdict in (CONTRADICTED, UNJUDGED) if verdict in verdicts), PROVED)
    return {"verdict": whole, "checks": checks}


def _names(done: Recorded, digest: str) -> None:
    named = getattr(done.act.body, "document", None)
    if named != digest:
        raise Forged("mark.document", "Tindakan ini menyebut dokumen lain.")


def _signed(done: Recorded, register: Register) -> None:
    held = register.keys.get(done.entry.envelope.keyid)
    if held is None or held.official != done.act.official:
        raise NotJudged("mark.key", "Kunci penandatangan tidak ada dalam register atas nama pejabat ini.")
    done.entry.envelope.opened_with(held.public)


def _included(done: Recorded, rows: Rows, vkey: VerifierKey) -> None:
    verify_receipt(log.receipt(rows, done.index), done.entry.data, vkey)


def _checked(what: str, verify: Callable[[], None]) -> dict[str, str]:
    try:
        verify()
    except JejakError as fault:
        return _said(what, fault)
    return {"check": what, "verdict": PROVED}


def _said(what: str, fault: JejakError) -> dict[str, str]:
    # Stored bytes that cannot be read contradict what was sealed; only what is missing cannot be judged.
    verdict = UNJUDGED if isinstance(fault, NotJudged) else CONTRADICTED
    return {"check": what, "verdict": verdict, "why": fault.detail}
