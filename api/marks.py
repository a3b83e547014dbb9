"""Acts judged again when they are shown, and marks verified again: a review, paraf or signature on a document.

Every act that is shown carries ``verdicts``, its signature and its authority (:mod:`ledger.verdicts`), and
``questioned``: the later revocation that puts it in question, or null. Both are found from the bytes of its entry and
from the register, never from a row of the read models.

A mark on a document (:func:`check`) is asked more about its ``signature``:

1. ``document``: the act in the entry names exactly this document.
2. ``key``: the key that the register ties to the official made the signature.
3. ``inclusion``: the entry is in the log, under a checkpoint that the log's key signed.

The whole is *terbukti* only if signature and authority are; it is *tidak cocok* as soon as one is. That it is in
question changes neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from api.parts import parts
from keys.errors import Forged, JejakError, NotJudged
from keys.register import Register
from ledger import log
from ledger.case import Case
from ledger.flags import questioned
from ledger.note import VerifierKey
from ledger.past import Place
from ledger.receipt import verify_receipt
from ledger.recorded import Recorded
from ledger.rows import Rows
from ledger.streams import World
from ledger.verdicts import (
    CONTRADICTED,
    PROVED,
    UNJUDGED,
    Ground,
    Grounds,
    in_question,
    keys_in_question,
    verdicts,
)
from projections.audit_trail import flags_shown, utc

#: The marks that a case shows.
_MARKS = ("approved", "paraf", "signature")


class Judge:
    """Judges acts for one answer; ``register`` says what is in question, as it is at the place that is shown."""

    def __init__(self, rows: Rows, register: Register) -> None:
        self._rows = rows
        self._register = register
        self._grounds = Grounds(parts().past, rows)

    def said(self, done: Recorded) -> dict[str, Any]:
        """Return ``{"verdicts", "questioned"}`` of an act."""
        found = verdicts(done, self._grounds.of(done)).as_dict()
        return {"verdicts": found, "questioned": _questioned(done, self._rows, self._register)}


def _questioned(done: Recorded, rows: Rows, register: Register) -> dict[str, Any] | None:
    """Return why an act is in question: who revoked its key, when, and since when, if they say; None if it is not."""
    loss = in_question(done, register)
    if loss is None:
        return None
    since = loss.compromised_since
    by, at = register.officials[loss.by].record.name, log.recorded(rows, loss.index).entry.recorded_at
    (flag,) = flags_shown((questioned(loss, by, at),))
    return {
        "flag": flag,
        "compromised_since": since.isoformat() if since else None,
        "revoked": {
            "leaf_index": loss.index,
            "leaf": loss.leaf,
            "recorded_at": utc(at),
            "by": loss.by,
            "name": by,
            "reason": loss.reason,
        },
    }


def with_verdicts(state: dict[str, Any], place: Place | None = None) -> dict[str, Any]:
    """Return a case's state, its marks with ``verdicts`` and ``questioned``, what is in question among its ``flags``.

    Every act of the case that is in question is flagged, also one that is no mark. ``state`` is what is shown of a case
    or of an IKU in force, now or at ``place``; it is not changed.
    """
    here = parts()
    register, marks = here.register(place), {}
    with here.ledger.reading() as rows:
        judge = Judge(rows, register)
        for name in _MARKS:
            if (mark := state[name]) is not None:
                marks[name] = mark | judge.said(log.recorded(rows, mark["leaf_index"]))
        doubted = _doubted(rows, register, f"case:{state['case']}", place)
    return state | marks | {"flags": [*state["flags"], *doubted]}


def _doubted(rows: Rows, register: Register, case: str, place: Place | None) -> list[dict[str, Any]]:
    """Return a flag of every act of a case that is in question; its acts are read only where a key leaked at all."""
    leaked = {key.public.id for key, _ in keys_in_question(register)}
    found = list[dict[str, Any]]()
    for row in rows.stream(case) if leaked else ():
        if place is not None and row.index > place.index:
            break
        done = Recorded.read(row)
        if done.entry.envelope.keyid in leaked and (why := _questioned(done, rows, register)):
            found.append({"leaf_index": done.index, "kind": done.act.kind} | why["flag"])
    return found


def check(rows: Rows, world: World, register: Register, vkey: VerifierKey, index: int, digest: str) -> dict[str, Any]:
    """Return the verdicts on the mark in leaf ``index`` on the document ``digest``; never raises.

    ``{"verdict", "signature": {"verdict", "checks"}, "authority", "verdicts", "questioned"}``. Every check is
    ``{"check", "verdict", "why"}``, with the ``rule`` where it does not hold; ``verdicts`` are as :class:`Judge` says
    them, ``authority`` is the one in it. ``register`` may be newer than the mark: each holding in it says from and
    until which leaf index it is in force.
    """
    try:
        done = log.recorded(rows, index)
    except JejakError as fault:
        unread = _said(NotJudged("mark.entry", "Catatan tindakan ini tidak dapat dibaca."))
        checks, both, why = [{"check": "entry"} | _said(fault)], {"signature": unread, "authority": unread}, None
    else:
        both = verdicts(done, _ground(done, world, register)).as_dict()
        checks = [
            {"check": "document"} | _judged(lambda: _names(done, digest)),
            {"check": "key"} | _judged(lambda: _signed(done, register)),
            {"check": "inclusion"} | _judged(lambda: _included(done, rows, vkey)),
        ]
        why = _questioned(done, rows, register)
    signature = _whole(one["verdict"] for one in checks)
    return {
        "verdict": _whole((signature, both["authority"]["verdict"])),
        "signature": {"verdict": signature, "checks": checks},
        "authority": both["authority"],
        "verdicts": both,
        "questioned": why,
    }


def _ground(done: Recorded, world: World, register: Register) -> Ground:
    stream = world.stream(done.act.stream)
    return Ground(register, stream.state.sop if stream and isinstance(stream.state, Case) else None)


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
