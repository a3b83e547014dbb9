"""Advice: what a case takes now from the holder of a mandate, and what the next act must name.

Only advice: a client builds the act from entries that it verified itself, and the journal judges it again inside the
lock. What is said here is asked of the same rooms that will judge: the case, the SOP, :mod:`keys.authority`.
"""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

from keys.authority import Need, keys_of, require
from keys.errors import NotAllowed, NotFound
from keys.register import Register
from ledger.case import Case
from ledger.case_rules import what_is_due
from ledger.merkle import Frontier
from ledger.streams import Stream

NOTE = "Saran saja: periksa sendiri catatan dan dokumennya sebelum menandatangani."


def advise(stream: Stream, register: Register, mandate: str, frontier: Frontier, now: dt.datetime) -> dict[str, Any]:
    """Return what the case in ``stream`` takes from ``mandate`` now, as a JSON value.

    ``frontier`` is the tree that the signer would name as ``seen``; it covers the stream's newest entry. Raises
    NotFound where the register has no such mandate.
    """
    assert isinstance(stream.state, Case)
    case, held = stream.state, register.mandates.get(mandate)
    if held is None:
        raise NotFound(
            "register.mandate", f"Mandat {mandate} tidak ada dalam register.", allowed="Daftar mandat: /v1/officials."
        )
    due = _due(case)
    refused = _refusal(case, register, mandate, frontier.size, now)
    return {
        "case": stream.id.removeprefix("case:"),
        "stream": stream.id,
        "mandate": mandate,
        "official": held.record.official,
        "kinds": due.get("kinds", []) if refused is None else [],
        "step": due.get("step"),
        "office": due.get("office"),
        "why_not": {"rule": refused.rule, "detail": refused.detail, "allowed": refused.allowed} if refused else None,
        "due": due or None,
        "round": case.round,
        "answers": case.returned,
        "document": case.document.plain() if case.document else None,
        "addressees": [one.plain() | {"dispatched": one.name in case.dispatched} for one in case.addressees],
        "version": stream.version + 1,
        "previous": stream.leaf,
        "seen": {"size": frontier.size, "root": base64.b64encode(frontier.root).decode("ascii")},
        "note": NOTE,
    }


def _due(case: Case) -> dict[str, Any]:
    """Return whose turn it is with what; empty once the case is finished."""
    due = case.due()
    if due is None:
        return {}
    step, kinds = due
    office = case.sop.office_of(step)
    return {
        "step": step.no,
        "activity": step.kegiatan.raw,
        "kinds": list(kinds),
        "office": office.office,
        "office_name": office.name,
        "unit": case.sop.unit,
    }


def _refusal(case: Case, register: Register, mandate: str, index: int, now: dt.datetime) -> NotAllowed | None:
    """Return why the mandate's holder may not act now, or None."""
    due = case.due()
    if due is None:
        return NotAllowed(
            "case.finished" if case.finished else "case.withdrawn",
            what_is_due(case),
            allowed="Perubahan dibuat dengan perkara baru.",
        )
    official = register.mandates[mandate].record.official
    own = [one.public.id for one in keys_of(register, official) if one.until is None]
    office = case.sop.office_of(due[0])
    try:
        require(
            register,
            official=official,
            mandate=mandate,
            keyid=own[0] if own else "",
            need=Need(office.office, case.sop.unit, office.name, office.seats),
            index=index,
            at=now,
        )
    except NotAllowed as refused:
        return refused
    return None
