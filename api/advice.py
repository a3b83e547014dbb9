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
from ledger import bodies as b
from ledger.acts import Act
from ledger.case import Case
from ledger.case_rules import decide, what_is_due
from ledger.kind_names import name_of
from ledger.merkle import Frontier
from ledger.sop import Step
from ledger.streams import Stream

NOTE = "Saran saja: periksa sendiri catatan dan dokumennya sebelum menandatangani."
#: Stands for the reason that only the signer can give.
_REASON = "…"


def advise(stream: Stream, register: Register, mandate: str, frontier: Frontier, now: dt.datetime) -> dict[str, Any]:
    """Return what the case in ``stream`` takes from ``mandate`` now, as a JSON value.

    ``frontier`` is the tree that the signer would name as ``seen``; it covers the stream's newest entry. Raises
    NotFound where the register has no such mandate.
    """
    assert isinstance(stream.state, Case)
    case, held = stream.state, register.mandates.get(mandate)
    if held is None:
        raise NotFound(
            "register.mandate",
            f"Mandat {mandate} tidak ada dalam register.",
            allowed="Sebut nama mandat seperti dalam register: jejak trail register.",
        )
    due = _due(case)
    refused = _refusal(case, register, mandate, frontier.size, now)
    outside = _outside(case, register, mandate, frontier.size, now)
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
        "outside": outside,
        "round": case.round,
        "answers": case.returned,
        "document": case.document.plain() if case.document else None,
        "addressees": [one.plain() | {"dispatched": one.name in case.dispatched} for one in case.addressees],
        "version": stream.version + 1,
        "previous": stream.leaf,
        "seen": {"size": frontier.size, "root": base64.b64encode(frontier.root).decode("ascii")},
        "note": "\n".join([*_outside_in_words(outside), NOTE]),
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
    return _without_power(case, due[0], register, mandate, index, now) or _not_ready(case, due[0])


def _without_power(
    case: Case, step: Step, register: Register, mandate: str, index: int, now: dt.datetime
) -> NotAllowed | None:
    """Return why the mandate's holder may not act at ``step``, or None."""
    official = register.mandates[mandate].record.official
    own = [one.public.id for one in keys_of(register, official) if one.until is None]
    office = case.sop.office_of(step)
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


def _not_ready(case: Case, step: Step) -> NotAllowed | None:
    """Return what the step still waits for, or None: after a deviation it may have its turn without its kelengkapan."""
    lacking = [name for name in step.needs if name not in case.things]
    if not lacking:
        return None
    makers = [one for one in case.sop.steps if set(lacking) & set(one.gives)]
    first = f" langkah {makers[0].no} ({case.sop.office_of(makers[0]).name})" if makers else " langkah sebelumnya"
    return NotAllowed(
        "sop.kelengkapan",
        f"Belum dapat dikerjakan, karena belum ada {', '.join(case.sop.thing(name).name for name in lacking)}.",
        allowed=f"Yang menghasilkannya dikerjakan dahulu, sebagai penyimpangan dengan alasan:{first}.",
    )


def _outside(case: Case, register: Register, mandate: str, index: int, now: dt.datetime) -> list[dict[str, Any]]:
    """Return what the mandate's holder may sign now outside the SOP's path, each with the step that it names."""
    due, first = case.due(), case.sop.first
    found: list[dict[str, Any]] = []
    if due is None:
        return found
    if case.document is not None and _without_power(case, due[0], register, mandate, index, now) is None:
        step, held = due[0].no, case.document.digest
        returns = {
            one.no: b.DocumentReturned(step=step, document=held, to=one.no, reason=_REASON) for one in case.sop.steps
        }
        to = [no for no, body in returns.items() if _taken(case, "document.returned", body, now)]
        if to:
            found.append({"kind": "document.returned", "step": step, "to": to})
    withdrawal = b.DispositionWithdrawn(step=first.no, reason=_REASON)
    if _without_power(case, first, register, mandate, index, now) is None and _taken(
        case, "disposition.withdrawn", withdrawal, now
    ):
        found.append({"kind": "disposition.withdrawn", "step": first.no})
    return found


def _taken(case: Case, kind: str, body: b.CaseBody, now: dt.datetime) -> bool:
    """Tell whether the case would take such an act from whoever holds its office."""
    act = Act("", None, "", 1, None, kind, "", "", now, body)
    try:
        decide(case, act, case.sop)
    except NotAllowed:
        return False
    return True


def _outside_in_words(outside: list[dict[str, Any]]) -> list[str]:
    """Return the line that names what may be done outside the path, none where nothing may."""
    said = []
    for one in outside:
        to = f" ke langkah {' atau '.join(one['to'])}" if "to" in one else ""
        said.append(f"{name_of(one['kind'])}{to} (jejak act {one['kind']})")
    return [f"Di luar urutan, dengan alasan: {', '.join(said)}."] if said else []
