"""Which case took the place of which, as it is said on both: worked out when a case is read, never stored on it.

A case names the one that it replaces when it is opened; which ones name *it* is known only later. An IKU is in force
as soon as it is signed, whether or not its case names the one that was in force until then (DOMAIN, rule 5), so the
other signed cases of the same unit and years stand beside it. What an inspector should not overlook is said in words.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from ledger import iku
from ledger.wording import listed
from projections.schema import CASES

Shown = dict[str, Any]


def told(connection: Connection, shown: Shown, index: int | None = None) -> Shown:
    """Return what is shown of a case with what other cases did to it, by all leaves or those up to ``index``.

    ``superseded_by`` is a list of ``{"case", "opened_index"}``, ``others_signed`` of ``{"case", "signed_index"}``, both
    in leaf order; ``notices`` are Indonesian sentences.
    """
    successors, others = _successors(connection, shown, index), _others(connection, shown, index)
    gone = [one.case_id for one in successors if _withdrawn(one.state, index)]
    return shown | {
        "superseded_by": [{"case": one.case_id, "opened_index": one.opened_index} for one in successors],
        "others_signed": [{"case": one.case_id, "signed_index": one.signed_index} for one in others],
        "notices": [*_of_successors([one.case_id for one in successors], gone), *_of_others(shown, others)],
    }


def _successors(connection: Connection, shown: Shown, index: int | None) -> list[Row[Any]]:
    """Return the cases that were opened to replace this one."""
    asked = select(CASES.c.case_id, CASES.c.opened_index, CASES.c.state).where(CASES.c.supersedes == shown["case"])
    if index is not None:
        asked = asked.where(CASES.c.opened_index <= index)
    return list(connection.execute(asked.order_by(CASES.c.opened_index)))


def _others(connection: Connection, shown: Shown, index: int | None) -> list[Row[Any]]:
    """Return the other cases whose IKU was signed for the same unit and years.

    The live rows know, also of the past: neither signature nor unit nor years change afterwards.
    """
    period, document = shown["period"], shown["document"]
    if period is None or document is None or document["media_type"] != iku.MEDIA_TYPE:
        return []
    asked = select(CASES.c.case_id, CASES.c.signed_index, CASES.c.supersedes).where(
        CASES.c.unit == shown["unit"],
        CASES.c.first_year == period["first_year"],
        CASES.c.last_year == period["last_year"],
        CASES.c.signed_index.is_not(None),
        CASES.c.case_id != shown["case"],
    )
    if index is not None:
        asked = asked.where(CASES.c.signed_index <= index)
    return list(connection.execute(asked.order_by(CASES.c.signed_index)))


def _withdrawn(state: Shown, index: int | None) -> bool:
    gone = state["withdrawn"]
    return gone is not None and (index is None or gone["leaf_index"] <= index)


def _of_successors(named: list[str], gone: list[str]) -> list[str]:
    left = [case for case in named if case not in gone]
    said = []
    if len(left) > 1:
        cases = listed([f"perkara {case}" for case in left])
        said.append(f"Yang dibuka untuk menggantikan perkara ini lebih dari satu: {cases}. Periksa mana yang dimaksud.")
    for case in gone:
        still = "" if left else ", jadi perkara ini belum digantikan"
        said.append(f"Perkara {case}, yang dibuka untuk menggantikan perkara ini, sudah ditarik disposisinya{still}.")
    return said


def _of_others(shown: Shown, others: list[Row[Any]]) -> list[str]:
    """Return what is to be said of a signed IKU that took over, or was taken over from, without being named."""
    if shown["signature"] is None:
        return []
    said, own = [], shown["signature"]["leaf_index"]
    before = [one for one in others if one.signed_index < own][-1:]
    after = [one for one in others if one.signed_index > own][:1]
    named = shown["supersedes"]["case"] if shown["supersedes"] else None
    for one in before:
        if one.case_id != named:
            said.append(
                f"IKU perkara ini berlaku sejak daun {own} tanpa menyebut yang berlaku sebelumnya: perkara"
                f" {one.case_id}, ditandatangani pada daun {one.signed_index}."
            )
    for one in after:
        if one.supersedes != shown["case"]:
            said.append(
                f"Sejak daun {one.signed_index} yang berlaku IKU perkara {one.case_id}, yang tidak menyebut perkara ini"
                " sebagai yang digantikannya."
            )
    newest = others[-1] if others else None
    if after and newest is not None and newest is not after[0]:
        said.append(f"Sekarang yang berlaku IKU perkara {newest.case_id}, sejak daun {newest.signed_index}.")
    return said
