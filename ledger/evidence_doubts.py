"""Which acts of a judged bundle are in question, and which rest on one that is.

A key that was revoked because somebody else may have used it puts earlier acts in question
(:func:`ledger.verdicts.in_question`). Which revocation counts, the newest register says: that of the bundle, or of a
newer one that was kept. An act *rests on* a questioned one where its key or its mandate was given by it, by proposal or
approval; where the key or mandate of whoever gave them was; and so on down. Leaf 0 gives power too, and is passed over:
it is pinned on paper. Of an act that opens a case, the enactment of its SOP counts as well. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ledger.bodies import Approved
from ledger.evidence_report import NOWHERE, Judged, Report
from ledger.flags import Flag, questioned
from ledger.recorded import Recorded
from ledger.streams import opens_under
from ledger.verdicts import in_question


def doubted(own: Report, others: Sequence[Report]) -> Report:
    """Return the report with the flags of acts in question, and with what rests on them."""
    acts = [_flagged(one, (own, *others)) for one in own.acts]
    at = {one.filed.leaf: one.filed.index for one in acts}
    by_index = {one.filed.index: one for one in acts}
    below: dict[int, frozenset[int]] = {}
    for one in acts:  # in leaf order: what gives stands below what is given
        found: set[int] = set()
        for index in _basis(one, by_index, at):
            giver = by_index.get(index)
            found |= below.get(index, frozenset()) | ({index} if giver and giver.questioned else set())
        below[one.filed.index] = frozenset(found)
    return replace(own, acts=tuple(replace(one, rests_on=tuple(sorted(below[one.filed.index]))) for one in acts))


def _flagged(one: Judged, reports: Sequence[Report]) -> Judged:
    """Return the act with the flag that a revocation of its key brings over it, if one does."""
    flag = next((found for report in reports if (found := _question(one, report)) is not None), None)
    return one if flag is None else replace(one, flags=(*one.flags, flag))


def _question(one: Judged, report: Report) -> Flag | None:
    filed, register = one.filed, report.register
    if register is None or one.authority.rule == NOWHERE:
        return None
    loss = in_question(Recorded(filed.index, filed.entry, filed.act, filed.leaf), register)
    if loss is None:
        return None
    revocation = next(act.filed.entry for act in report.acts if act.filed.index == loss.index)
    return questioned(loss, register.officials[loss.by].record.name, revocation.recorded_at)


def _basis(one: Judged, acts: dict[int, Judged], at: dict[str, int]) -> Iterator[int]:
    """Yield the leaf indices of the acts from which an act has its power, leaf 0 left out."""
    if one.step is None:
        return
    named = opens_under(one.filed.act)
    given = {one.step.authority.key.since, one.step.authority.mandate.since}
    if named is not None and named.leaf in at:
        given.add(at[named.leaf])
    for index in given - {0}:
        yield index
        body = acts[index].filed.act.body if index in acts else None
        if isinstance(body, Approved) and body.proposal in at:
            yield at[body.proposal]
