"""The inspector's audit trail: one row an act of every stream, who and in what capacity as it then was.

Who signed is interned: their name, rank and mandate are the same in all that they do.

Order of the file: the row that an act becomes, then what is asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Text, func, select

from keys.records import MandateRecord, OfficialRecord
from ledger import bodies as b
from ledger.case import Case, outcome_of, reason_outside
from ledger.enactment import Enactments
from ledger.entry import stamp_of
from ledger.flags import Flag
from ledger.replay import Step
from ledger.sentences import digests_of, sentence
from ledger.sop import Sop
from ledger.streams import State
from projections.interned import Content, Interned, find
from projections.schema import CASES, TRAIL

_MARKS = (b.TypingReviewed, b.ParafGiven, b.SignatureGiven)
#: What a row of the trail shows, with :func:`whole`.
SHOWN = [column for column in TRAIL.c if column.name != "marked"]


def utc(moment: dt.datetime) -> str:
    """Return a recording time (in UTC) as the entry spells it."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def flags_shown(found: tuple[Flag, ...]) -> list[dict[str, str]]:
    """Return flags as JSON."""
    return [{"name": flag.name, "sentence": flag.sentence} for flag in found]


def row_of(step: Step, found: tuple[Flag, ...], interned: Interned) -> dict[str, Any]:
    """Return the trail's row of an act, whose flags are ``found``."""
    done, act, body = step.done, step.done.act, step.done.act.body
    person, mandate = step.authority.official.record, step.authority.mandate.record
    before, after = step.before.state if step.before else None, step.after.state
    turn = before.round if isinstance(before, Case) else None
    return {
        "leaf_index": done.index,
        "leaf": done.leaf,
        "stream": act.stream,
        "version": act.version,
        "kind": act.kind,
        "step": body.step if isinstance(body, b.CaseBody) else None,
        "round": turn,
        "official": act.official,
        "office": mandate.office,
        "unit": mandate.unit,
        "signer": _signer(step, interned),
        "documents": digests_of(act),
        "decision": outcome_of(body) if isinstance(body, b.CaseBody) else None,
        "reason": _reason(body),
        "deviation": reason_outside(act),
        "occurred_at": act.occurred_at.isoformat(),
        "recorded_at": stamp_of(done.entry),
        "flags": flags_shown(found),
        "sentence": sentence(
            act,
            name=person.name,
            office_name=mandate.office_name,
            capacity=mandate.capacity,
            sop=_procedure(after),
            round=turn,
            register=step.register,
        ),
        "marked": body.document if isinstance(body, _MARKS) else None,
    }


def _signer(step: Step, interned: Interned) -> str:
    """Return the id under which it is kept who signed, by which key and on which mandate, as they then were."""
    person, mandate = step.authority.official.record, step.authority.mandate.record
    keyid = step.done.entry.envelope.keyid
    key = id(person), id(mandate), keyid  # they are compared for every act, and equal ones are nearly always the same
    return interned.id_of(key, lambda: _signs(person, mandate, keyid), (person, mandate))


def _signs(person: OfficialRecord, mandate: MandateRecord, keyid: str) -> Content:
    return {
        "name": person.name,
        "nip": person.nip,
        "rank": person.rank,
        "office_name": mandate.office_name,
        "capacity": mandate.capacity,
        "mandate": mandate.mandate,
        "decree": {"number": mandate.decree.number, "date": mandate.decree.date, "issuer": mandate.decree.issuer},
        "keyid": keyid,
    }


def _procedure(state: State) -> Sop | None:
    """Return the SOP that an act is about: its case's, or the one in whose stream it stands."""
    match state:
        case Case():
            return state.sop
        case Enactments():
            return state.in_force
    return None


def _reason(body: b.Body) -> str | None:
    """Return the body's own reason; most kinds have none, and to ask them for it takes twenty times as long."""
    return vars(body).get("reason")


def flag_rows(step: Step, found: tuple[Flag, ...]) -> list[dict[str, Any]]:
    """Return the rows by which an act is found under its flags, one a name."""
    return [{"name": name, "leaf_index": step.done.index} for name in dict.fromkeys(flag.name for flag in found)]


def reason_of(body: b.Body) -> str | None:
    """Return why an act returned, withdrew, corrected, decided or left the path, in its signer's words."""
    said = _reason(body) or (body.deviation if isinstance(body, b.CaseBody) else None)
    return str(said) if said is not None else None


def trail(connection: Connection, stream: str) -> list[dict[str, Any]]:
    """Return the acts of a stream in order; none where nothing was recorded."""
    found = connection.execute(select(*SHOWN).where(TRAIL.c.stream == stream).order_by(TRAIL.c.leaf_index))
    return whole(connection, found)


def row(connection: Connection, index: int) -> dict[str, Any] | None:
    """Return the act at a leaf index."""
    found = connection.execute(select(*SHOWN).where(TRAIL.c.leaf_index == index)).first()
    return whole(connection, [found])[0] if found else None


def whole(connection: Connection, found: Iterable[Row[*tuple[Any, ...]]]) -> list[dict[str, Any]]:
    """Return rows of :data:`SHOWN`, and whatever was asked for beside it, with what they say of who signed."""
    rows = [dict(one._mapping) for one in found]
    signers = find(connection, {row["signer"] for row in rows})
    return [row | signers[row.pop("signer")] for row in rows]


def flags_of(connection: Connection, stream: str) -> list[dict[str, Any]]:
    """Return the flags of a stream's acts in their order, each with leaf index and kind of its act."""
    found = select(TRAIL.c.leaf_index, TRAIL.c.kind, TRAIL.c.flags).where(TRAIL.c.stream == stream)
    rows = connection.execute(found.order_by(TRAIL.c.leaf_index))
    return [flag_of(row.leaf_index, row.kind, flag) for row in rows for flag in row.flags]


def flag_of(leaf_index: int, kind: str, flag: dict[str, str]) -> dict[str, Any]:
    """Return a flag as a case shows it, with the act that has it."""
    return {"leaf_index": leaf_index, "kind": kind, **flag}


def case_of(stream: ColumnElement[str]) -> ColumnElement[str]:
    """Return the case (uuid) whose stream a column names, in a form by which a case is looked up and never sought."""
    return func.substr(stream, len("case:") + 1, type_=Text)


def marks_on(connection: Connection, digest: str) -> list[dict[str, Any]]:
    """Return every review, paraf and signature on exactly these bytes, across cases, in leaf order.

    ``stands`` tells whether the mark still counts in its case: a return never does, and a new draft voids the
    marks on the one before.
    """
    found = connection.execute(
        select(*SHOWN, CASES.c.state)
        .join(CASES, CASES.c.case_id == case_of(TRAIL.c.stream))
        .where(TRAIL.c.marked == digest)
        .order_by(TRAIL.c.leaf_index)
    )
    marks = []
    for mark in whole(connection, found):
        state = mark.pop("state")
        standing = [state[name] for name in ("approved", "paraf", "signature") if state[name]]
        marks.append(mark | {"stands": any(other["leaf"] == mark["leaf"] for other in standing)})
    return marks
