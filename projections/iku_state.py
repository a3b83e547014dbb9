"""The current state of each case, and the IKU in force per unit and period.

A case's row is what its acts left behind (:func:`advance`, one act at a time) and how it now stands (:func:`present`,
once for all acts of a batch). What its document says is kept apart, by digest (:mod:`projections.papers`).

Order of the file: the row, then what is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from ledger import bodies as b
from ledger import iku
from ledger.case import Case, reason_outside
from ledger.entry import stamp_of
from ledger.flags import Flag
from ledger.iku_checks import AGAINST_CASE, against_case
from ledger.notices import DISCLAIMER
from ledger.replay import Step
from ledger.streams import Stream
from projections import succession, time_spent
from projections.audit_trail import flags_of, flags_shown, reason_of
from projections.interned import Content, Interned, find
from projections.papers import NO_TABLE, NONE_YET
from projections.schema import CASES, PAPERS

State = dict[str, Any]

#: What a state keeps in a form of its own.
_KEPT = frozenset(time_spent.nothing_yet())
#: A list holds at most this many cases.
MOST_LISTED = 500


def advance(state: State | None, step: Step, interned: Interned) -> tuple[State, tuple[Flag, ...]]:
    """Return the case's history after an act, and flags on what it ended too late; ``state`` is changed in place."""
    done, body = step.done, step.done.act.body
    before, after = step.before.state if step.before else None, step.after.state
    assert isinstance(after, Case)
    if before is None or state is None:
        assert before is None, "a case that has a past has a row"
        assert state is None, "a case without a past has no row"
        state = _opened(step, after)
        if after.drafts:
            _draft(state, step, after)
    else:
        assert isinstance(before, Case)
        _mark(state, step, before, after)
        if len(after.drafts) > len(before.drafts):
            _draft(state, step, after)
        if after.round > before.round:
            state["returns"].append(_said(step) | {"round": before.round})
        if isinstance(body, b.DistributionOrdered):
            state["addressees"] = [
                {"name": one.name, "copies": one.copies, "dispatched": None} for one in body.addressees
            ]
        if isinstance(body, b.DispatchRecorded):
            for one in state["addressees"]:
                if one["name"] == body.recipient:
                    one["dispatched"] = done.index
        _outside(state, step, before, after)
    if not isinstance(before, Case) or (before.step, len(before.steps_done)) != (after.step, len(after.steps_done)):
        state["since"] = {"leaf_index": done.index, "recorded_at": stamp_of(done.entry)}
    return state, time_spent.advance(state, step, interned)


def _opened(step: Step, case: Case) -> State:
    done, opening = step.done, case.opening
    sheet = opening if isinstance(opening, b.DispositionIssued) else None
    period = sheet.period if sheet else None
    return {
        "case": done.act.stream.removeprefix("case:"),
        "stream": done.act.stream,
        "unit": case.sop.unit,
        "sop": {"slug": case.sop.slug, "leaf": case.sop_ref.leaf, "title": case.sop.title},
        "subject": opening.subject,
        "urgency": sheet.urgency if sheet else None,
        "secrecy": sheet.secrecy if sheet else None,
        "period": {"first_year": period.first_year, "last_year": period.last_year} if period else None,
        "opened_at": stamp_of(done.entry),
        "opened_index": done.index,
        "supersedes": sheet.supersedes.plain() if sheet and sheet.supersedes else None,
        "returns": [],
        "drafts": [],
        "approved": None,
        "paraf": None,
        "signature": None,
        "withdrawn": None,
        "addressees": [],
        "deviations": [],
        "corrections": [],
        "synthetic": step.register.synthetic,
        **time_spent.nothing_yet(),
    }


def _mark(state: State, step: Step, before: Case, after: Case) -> None:
    """Put in the mark that the act gives, take out those that it voids."""
    for name in ("approved", "paraf", "signature"):
        mark = getattr(after, name)
        if mark is getattr(before, name):
            continue
        if mark is None:
            state[name] = None
            continue
        done, person, mandate = step.done, step.authority.official.record, step.authority.mandate.record
        assert after.document is not None
        state[name] = {
            "official": done.act.official,
            "name": person.name,
            "nip": person.nip,
            "rank": person.rank,
            "office_name": mandate.office_name,
            "capacity": mandate.capacity,
            "leaf": done.leaf,
            "leaf_index": done.index,
            "digest": after.document.digest,
            "recorded_at": stamp_of(done.entry),
            "occurred_at": done.act.occurred_at.isoformat(),
            "paper": mark.paper,
            "by": mark.by,
        }


def _outside(state: State, step: Step, before: Case, after: Case) -> None:
    """Put in what the act does outside the SOP's path; both versions of what it corrects."""
    if len(after.deviations) > len(before.deviations):
        state["deviations"].append(_said(step) | {"kind": step.done.act.kind, "reason": reason_outside(step.done.act)})
    if after.withdrawn is not before.withdrawn:
        state["withdrawn"] = _said(step) | {"recorded_at": stamp_of(step.done.entry)}
    for one in after.corrections[len(before.corrections) :]:
        state["corrections"].append(_said(step) | {"of": one.of, "field": one.field, "old": one.old, "new": one.new})


def _said(step: Step) -> dict[str, Any]:
    """Return which act this is, who did it, and why in their own words."""
    row, by = step.done, step.authority.official.record.name
    return {"leaf_index": row.index, "leaf": row.leaf, "reason": reason_of(row.act.body), "by": by}


def _draft(state: State, step: Step, after: Case) -> None:
    """Add the newest draft; those before it are void unless they are the same bytes in the same round."""
    document = after.drafts[-1]
    for draft in state["drafts"]:
        draft["void"] = draft["void"] or (draft["digest"], draft["round"]) != (document.digest, after.round)
    state["drafts"].append(
        {
            "digest": document.digest,
            "name": document.name,
            "leaf_index": step.done.index,
            "kind": step.done.act.kind,
            "round": after.round,
            "void": False,
        }
    )


def present(state: State, stream: Stream) -> State:
    """Return the case's state as its newest act leaves it; ``state`` is changed in place."""
    case = stream.state
    assert isinstance(case, Case)
    state["version"], state["leaf"], state["leaf_index"] = stream.version, stream.leaf, stream.index
    state["finished"], state["steps_done"], state["round"] = case.finished, case.steps_done, case.round
    state["number"] = case.number.text() if case.number else None
    document = case.document
    state["document"] = (
        {
            "digest": document.digest,
            "media_type": document.media_type,
            "size": document.size,
            "name": document.name,
        }
        if document
        else None
    )
    state["step"] = _due(case)
    return state


def _due(case: Case) -> dict[str, Any] | None:
    due = case.due()
    if due is None:
        return None
    step, kinds = due
    office = case.sop.office_of(step)
    return {
        "no": step.no,
        "activities": kinds,
        "office": office.office,
        "office_name": office.name,
        "kegiatan": step.kegiatan.raw,
    }


def row_of(state: State, papers: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the table's row of a case; ``papers`` holds what its document says, if that was read.

    A disposition that names no period leaves it to the document.
    """
    document, step = state["document"], state["step"]
    is_iku = document is not None and document["media_type"] == iku.MEDIA_TYPE
    content = (papers.get(document["digest"]) or {}).get("content") if is_iku else None
    period = state["period"] or (content["period"] if content else None)
    return {
        "case_id": state["case"],
        "opened_index": state["opened_index"],
        "unit": state["unit"],
        "due_office": step["office"] if step else None,
        "due_index": state["since"]["leaf_index"] if step else None,
        "first_year": period["first_year"] if period else None,
        "last_year": period["last_year"] if period else None,
        "signed_index": state["signature"]["leaf_index"] if state["signature"] and is_iku else None,
        "document": document["digest"] if is_iku else None,
        "supersedes": state["supersedes"]["case"] if state["supersedes"] else None,
        "state": state,
    }


def case(connection: Connection, case_id: str) -> dict[str, Any] | None:
    """Return a case (its uuid) as it now stands, or None."""
    found = connection.execute(_asked().where(CASES.c.case_id == case_id)).first()
    return _whole(connection, found) if found else None


def beside_acts(
    connection: Connection, streams: Iterable[str]
) -> tuple[dict[int, list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
    """Return what these cases know beside their acts.

    The visits that have ended, by the leaf index of the act that ended them; and the corrections, by the leaf (hex) of
    the act that they correct.
    """
    wanted = [name.removeprefix("case:") for name in streams if name.startswith("case:")]
    ended: dict[int, list[dict[str, Any]]] = {}
    corrected: dict[str, list[dict[str, Any]]] = {}
    states = connection.execute(select(CASES.c.state).where(CASES.c.case_id.in_(wanted))).scalars().all()
    alike = find(connection, (one for state in states for one in time_spent.interned_in(state)))
    for state in states:
        for visit in time_spent.shown(state, alike):
            ended.setdefault(visit["ended"]["leaf_index"], []).append(visit)
        for one in state["corrections"]:
            shown = {name: one[name] for name in ("field", "old", "new", "leaf_index")}
            corrected.setdefault(one["of"], []).append(shown)
    return ended, corrected


def cases(
    connection: Connection, *, unit: str | None = None, after: int | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Return at most ``limit`` cases in the order of their opening, without their visits and flags.

    ``after`` is the ``opened_index`` of the last case of the page before.
    """
    asked = _asked().order_by(CASES.c.opened_index).limit(max(0, min(limit, MOST_LISTED)))
    if unit is not None:
        asked = asked.where(CASES.c.unit == unit)
    if after is not None:
        asked = asked.where(CASES.c.opened_index > after)
    return [_listed(found._asdict()) for found in connection.execute(asked)]


def units(connection: Connection) -> set[str]:
    """Return the units that have cases."""
    # From one to the next by the index: there are few units and many cases.
    found = select(func.min(CASES.c.unit).label("unit")).cte("found", recursive=True)
    after = select(func.min(CASES.c.unit)).where(CASES.c.unit > found.c.unit).scalar_subquery()
    found = found.union_all(select(after).where(found.c.unit.is_not(None)))
    return set(connection.execute(select(found.c.unit).where(found.c.unit.is_not(None))).scalars())


def iku_in_force(connection: Connection, unit: str, first_year: int, last_year: int) -> dict[str, Any] | None:
    """Return the IKU in force of this unit for exactly these years: the newest that is signed, or None."""
    asked = (
        _asked()
        .where(
            CASES.c.unit == unit,
            CASES.c.first_year == first_year,
            CASES.c.last_year == last_year,
            CASES.c.signed_index.is_not(None),
        )
        .order_by(CASES.c.signed_index.desc())
        .limit(1)
    )
    found = connection.execute(asked).first()
    return as_iku(_whole(connection, found), first_year, last_year) if found else None


def as_iku(shown: dict[str, Any], first_year: int, last_year: int) -> dict[str, Any]:
    """Return what is shown of a signed case as the IKU of these years."""
    kept = (
        *("case", "stream", "unit", "sop", "subject", "document", "approved", "paraf", "signature", "number"),
        *("document_unit", "document_period", "finished", "deviations", "corrections"),
        *("supersedes", "superseded_by", "others_signed", "notices"),
        *("rows", "rows_why", "warnings", "label", "flags"),
        *("synthetic", "disclaimer"),
    )
    return {"period": {"first_year": first_year, "last_year": last_year}} | {name: shown[name] for name in kept}


def _asked() -> Select[Any]:
    columns = (CASES.c.state, CASES.c.first_year, CASES.c.last_year, PAPERS.c.content, PAPERS.c.why)
    return select(*columns).outerjoin_from(CASES, PAPERS, CASES.c.document == PAPERS.c.digest)


def _whole(connection: Connection, found: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    row = found._asdict()
    alike = find(connection, time_spent.interned_in(row["state"]))
    return succession.told(connection, shown(row, flags_of(connection, row["state"]["stream"]), alike))


def shown(row: dict[str, Any], flags: list[dict[str, Any]], alike: Mapping[str, Content]) -> dict[str, Any]:
    """Return what is shown of a case.

    ``row`` is the table's, its state as JSON, with ``content`` and ``why`` of its document (``PAPERS``); ``flags`` are
    those of its acts (:func:`projections.audit_trail.flags_of`), ``alike`` is what is interned of its visits.
    """
    state: State = row["state"]
    return _listed(row) | {
        "visits": time_spent.shown(state, alike),
        "here": time_spent.here(state),
        "flags": flags + _document_flags(state, row["content"]),
    }


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a list shows of a case."""
    state: State = row["state"]
    first_year, last_year, content, why = row["first_year"], row["last_year"], row["content"], row["why"]
    if content is None and why is None:
        why = NO_TABLE if state["document"] else NONE_YET
    period = {"first_year": first_year, "last_year": last_year} if first_year is not None else None
    said = content or {"rows": None, "warnings": [], "label": None, "unit": None, "period": None}
    return {name: value for name, value in state.items() if name not in _KEPT} | {
        "period": period,
        "document_unit": said["unit"],
        "document_period": said["period"],
        "rows": said["rows"],
        "rows_why": why,
        "warnings": said["warnings"],
        "label": said["label"],
        "disclaimer": DISCLAIMER,
    }


def without_table(shown: State, why: str) -> State:
    """Return what is shown of a case without what its document says, and ``why`` it is not."""
    kept = [one for one in shown["flags"] if one["name"] not in AGAINST_CASE]
    held_back = {"rows": None, "rows_why": why, "warnings": [], "label": None, "flags": kept}
    return shown | held_back | {"document_unit": None, "document_period": None}


def _document_flags(state: State, content: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return what the present document does not share with its case, as flags of the act that brought it."""
    if content is None:
        return []
    said, asked = content["period"], state["period"]
    found = against_case(_years(said), _years(asked) if asked else None, content["label"])
    brought = {name: state["drafts"][-1][name] for name in ("leaf_index", "kind")}
    return [brought | flag for flag in flags_shown(tuple(Flag(*one) for one in found))]


def _years(period: dict[str, int]) -> tuple[int, int]:
    return period["first_year"], period["last_year"]
