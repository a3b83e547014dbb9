"""Flags: what an inspector should look at, though no rule forbids it. Derived from the log, never stored in it.

``occurred_at`` is a claim, ``recorded_at`` the ledger's clock (DOMAIN, rule 11); a key belongs to a person only if
somebody checked (rule 10); one person for paraf and signature is allowed and shown (rule 4), also where a wet
signature of theirs was recorded by somebody else (rule 11); whether a Plt or Plh may sign an IKU is for people to
decide (rule 9, UU 30/2014 art. 14(7)). Power that the founders gave in a recovery stands, and is shown wherever it is
used. Dates on papers are :mod:`ledger.paper_flags`; what was late against the SOP's standard is known only to who
counts the time, so its flag is given beside the read models.

All follow from what was in the log when the act was recorded, but one: :func:`questioned`, which a later revocation
brings over earlier acts (:func:`ledger.verdicts.in_question`), so it is never kept beside them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from keys.register import Loss
from ledger.bodies import CaseBody, Given, Paper, ReadingConfirmed, SignatureGiven
from ledger.case import Case, Mark
from ledger.deviation_flags import deviation, late
from ledger.enactment import Enactments
from ledger.in_force import Since
from ledger.paper_flags import day_of, paper_flags
from ledger.replay import Step
from ledger.sop_readings import read
from ledger.wording import CAPACITIES, when

#: A claim that is older than this when it is recorded was recorded late.
LATE = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Flag:
    """A stable name and the sentence that an inspector reads."""

    name: str
    sentence: str


def flags(step: Step) -> tuple[Flag, ...]:
    """Return what stands out about an accepted act, in a fixed order."""
    act, entry = step.done.act, step.done.entry
    mandate = step.authority.mandate.record
    found = []
    if act.occurred_at > entry.recorded_at:
        found.append(Flag("claim.future", "Waktu yang dinyatakan penandatangan lebih akhir dari waktu catat."))
    if step.before is not None and act.occurred_at < step.before.claimed_at:
        found.append(Flag("claim.order", "Waktu yang dinyatakan mendahului tindakan sebelumnya dalam perkara."))
    on_paper = isinstance(act.body, CaseBody) and act.body.paper is not None
    if entry.recorded_at - act.occurred_at > LATE and not on_paper:
        found.append(
            Flag(
                "late.claim",
                "Dinyatakan terjadi lebih dari 24 jam sebelum dicatat: dicatat menyusul, tanpa bukti pindaian.",
            )
        )
    day = day_of(act.occurred_at)
    if day < mandate.start or (mandate.end is not None and day > mandate.end):
        found.append(Flag("claim.mandate", "Waktu yang dinyatakan berada di luar masa mandat."))
    if step.authority.key.berita_acara is None:
        found.append(Flag("key.unproven", "Identitas kunci belum dibuktikan: tidak ada berita acara."))
    found += _powers(step)
    if isinstance(act.body, SignatureGiven):
        case = step.before.state if step.before else None
        assert isinstance(case, Case)
        if case.paraf is not None and step.register.same_person(case.paraf.official, act.official):
            found.append(Flag("one.person", "Paraf dan tanda tangan diberikan oleh orang yang sama."))
        elif case.paraf is not None and (hand := _one_hand(step, act.body, case.paraf)):
            found.append(Flag("one.person", f"Menurut kertasnya, paraf dan tanda tangan berasal dari tangan {hand}."))
        if mandate.capacity in ("plt", "plh"):
            found.append(
                Flag(
                    "acting.signature",
                    f"Ditandatangani sebagai {mandate.capacity.capitalize()}: perlu diperiksa (UU 30/2014 ps 14(7)).",
                )
            )
    changed = _changed(step, act.body) if isinstance(act.body, ReadingConfirmed) else None
    if changed is not None:
        found.append(
            Flag(
                "reading.changed",
                f"Mengubah bacaan sel {changed.value.cell} langkah {changed.value.step} yang sudah ditegaskan pada daun"
                f" {changed.index}.",
            )
        )
    found += [Flag(*one) for one in (*paper_flags(step), *deviation(act), *late(act))]
    return tuple(found)


def _powers(step: Step) -> list[Flag]:
    """Return what stands out about where the power for an act comes from."""
    found, body, mandate = [], step.done.act.body, step.authority.mandate
    if step.authority.key.recovered or mandate.recovered:
        found.append(
            Flag("authority.recovered", "Kunci atau mandatnya diberikan para pendiri dalam pemulihan register.")
        )
    if mandate.record.capacity in ("an", "ub") and mandate.record.behalf_of is None:
        found.append(
            Flag(
                "mandate.unbacked",
                f"Mandatnya {CAPACITIES[mandate.record.capacity]}, tetapi tidak menyebut mandat siapa yang diwakili.",
            )
        )
    if isinstance(body, Given) and body.recovery is not None:
        found.append(Flag("recovery.used", "Pemulihan register: seorang pendiri yang memberi kuasa, bukan pendaftar."))
    return found


def questioned(loss: Loss, by: str, at: dt.datetime) -> Flag:
    """Return the flag of an act that ``loss`` puts in question; ``by`` revoked the key, recorded at ``at``."""
    since = loss.compromised_since
    if since is None:
        why = ": kuncinya kemudian dicabut karena bocor; sejak kapan tidak dinyatakan."
    else:
        why = (
            f", karena menurut pernyataannya dapat dipakai orang lain sejak {when(since)}; tindakan ini dicatat sesudah"
        )
        why += " itu."
    return Flag(
        "key.questioned",
        f"Dipertanyakan: kunci penandatangan dicabut {by} pada {when(at)} (daun {loss.index}){why} Catatan ini tetap;"
        " orang yang memutuskan artinya.",
    )


def _one_hand(step: Step, signed: SignatureGiven, paraf: Mark) -> str | None:
    """Return whose hand gave both paraf and signature, where one of them was on paper; None where they differ."""
    if signed.paper is None and not paraf.paper:
        return None
    hands = [_hand(step, step.done.act.official, signed.paper), paraf.by or _name(step, paraf.official)]
    first, second = (" ".join(hand.split()).casefold() for hand in hands)
    return hands[0] if first == second else None


def _hand(step: Step, official: str, paper: Paper | None) -> str:
    return paper.by if paper and paper.by else _name(step, official)


def _name(step: Step, official: str) -> str:
    return step.register.officials[official].record.name


def _changed(step: Step, body: ReadingConfirmed) -> Since[ReadingConfirmed] | None:
    """Return the act that confirmed this cell before, if there is one; the same reading is not confirmed twice."""
    assert step.before is not None
    assert isinstance(step.before.state, Enactments)
    made = step.before.state
    return read(made.readings, body.sop, made.versions[body.sop].step(body.step), body.cell, step.done.index).confirmed
