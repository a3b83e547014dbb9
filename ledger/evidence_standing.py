"""What touches the case of a bundle, by the bundle itself and by other bundles: withdrawal, replacement, going on.

A bundle has one case, so that another one took its place is seen only in that other one's bundle, if somebody brings
it. Which IKU is in force follows from the signatures (DOMAIN, rule 5): a case that names this one is its replacement,
and from its signature on the old IKU is out of force; so is one that was signed later for the same unit and years and
names nobody. Only acts that were proved and let happen say anything here. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger import iku
from ledger.bodies import DispositionWithdrawn
from ledger.case import Case, Mark
from ledger.evidence_report import GONE_ON, REPLACING, SUPERSEDED, WITHDRAWN, Judged, Report, Touch
from ledger.wording import said, when


def touches(own: Report, others: Sequence[Report]) -> tuple[Touch, ...]:
    """Return what touches the case of ``own``, each said once; ``others`` are judged bundles of the same log."""
    found = [*_withdrawn(own, "")]
    for other in others:
        found += _later(own, other) if other.bundle.case == own.bundle.case else _replaced(own, other)
    return tuple(dict.fromkeys(found))


def _withdrawn(report: Report, source: str) -> Iterator[Touch]:
    mark = report.state.withdrawn if report.state else None
    one = _act(report, mark)
    if one is None:
        return
    body = one.filed.act.body
    assert isinstance(body, DispositionWithdrawn)
    at = when(one.filed.entry.recorded_at)
    told = f"Perkara ini ditarik: disposisinya ditarik di daun {one.filed.index}, dicatat {at}, dengan alasan"
    yield Touch(
        WITHDRAWN, f"{told} “{said(body.reason)}”{source}. Tidak ada tanda dalam perkara ini yang berlaku lagi."
    )


def _later(own: Report, other: Report) -> Iterator[Touch]:
    """Yield what a bundle of the same case shows that is above the checkpoint of this one."""
    if other.sealed.checkpoint.size <= own.sealed.checkpoint.size or other.state is None:
        return
    source = f", menurut bundel lebih baru yang Anda simpan (segel {other.sealed.checkpoint.size} daun)"
    if own.state is None or own.state.withdrawn is None:
        yield from _withdrawn(other, source)
    newest = max((one.filed.act.version for one in own.of(own.bundle.case)), default=0)
    last = max((one.filed.act.version for one in other.of(own.bundle.case)), default=0)
    if last > newest:
        yield Touch(GONE_ON, f"Perkara ini berlanjut sampai versi {last}, bukan {newest}{source}.")


def _replaced(own: Report, other: Report) -> Iterator[Touch]:
    """Yield that another case took, or is to take, the place of this one."""
    mine, theirs = own.state, other.state
    if mine is None or theirs is None or theirs.withdrawn is not None:
        return
    name, signed = other.bundle.case.partition(":")[2], _act(other, theirs.signature)
    sheet = theirs.sheet
    named = sheet is not None and sheet.supersedes is not None
    if named and sheet and sheet.supersedes and f"case:{sheet.supersedes.case}" == own.bundle.case:
        if signed is None:
            opened = other.of(other.bundle.case)[0].filed.index
            yield Touch(
                REPLACING,
                f"Perkara {name} dibuka di daun {opened} untuk menggantikan perkara ini; penggantinya belum"
                " ditandatangani menurut bundelnya.",
            )
        else:
            yield Touch(
                SUPERSEDED, f"IKU perkara ini digantikan perkara {name}, {_signed(signed)}: tidak berlaku lagi."
            )
        return
    before = _act(own, mine.signature)
    if (
        signed is not None
        and before is not None
        and _same_years(mine, theirs)
        and signed.filed.index > before.filed.index
    ):
        yield Touch(
            SUPERSEDED,
            f"Untuk unit dan masa yang sama kini berlaku IKU perkara {name}, {_signed(signed)}; perkara itu tidak"
            " menyebut perkara ini sebagai yang digantikannya.",
        )


def _signed(one: Judged) -> str:
    return f"yang ditandatangani di daun {one.filed.index}, dicatat {when(one.filed.entry.recorded_at)}"


def _same_years(mine: Case, theirs: Case) -> bool:
    """Tell whether both are about an IKU of one unit and the same years."""
    if mine.sheet is None or theirs.sheet is None or mine.document is None or theirs.document is None:
        return False
    kinds = {mine.document.media_type, theirs.document.media_type}
    same = (mine.sop.unit, mine.sheet.period) == (theirs.sop.unit, theirs.sheet.period)
    return kinds == {iku.MEDIA_TYPE} and mine.sheet.period is not None and same


def _act(report: Report, mark: Mark | None) -> Judged | None:
    """Return the act that gave a mark."""
    if mark is None:
        return None
    return next((one for one in report.of(report.bundle.case) if one.filed.leaf == mark.leaf), None)
