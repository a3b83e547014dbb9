"""Flags on papers: dates of letters, agenda rows and deliveries that cannot be, or that nobody can vouch for.

What an act says of a paper is its signer's claim, so it is taken and never refused; that a date cannot be is said
beside it. Days are counted in WIB (UTC+7), against the day on which the ledger recorded the act. A correction is held
to what the corrected act then says. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from keys.authority import WIB
from ledger import bodies as b
from ledger.case import Case
from ledger.correction import corrected
from ledger.replay import Step

# A flag's stable name, and the sentence that an inspector reads.
Found = Iterator[tuple[str, str]]


def paper_flags(step: Step) -> Found:
    """Yield what stands out about the papers that an accepted act speaks of, in a fixed order."""
    recorded, body, after = step.done.entry.recorded_at, step.done.act.body, step.after.state
    if isinstance(body, b.AgendaRecorded):
        yield from _again(step)
    if isinstance(body, b.CorrectionRecorded) and isinstance(after, Case):
        body = corrected(after, body.leaf)
    match body:
        case b.DispositionIssued(letter=letter):
            yield from _letter(letter, day_of(recorded))
        case b.AgendaRecorded() as row:
            yield from _agenda(row, day_of(recorded), _signed(step))
        case b.DispatchRecorded(received_at=received):
            yield from _dispatch(dt.datetime.fromisoformat(received), recorded, _signed(step))


def day_of(moment: dt.datetime) -> str:
    """Return the day of an aware time in WIB, ``YYYY-MM-DD``: such days compare as text."""
    return moment.astimezone(WIB).date().isoformat()


def _letter(letter: b.Letter, today: str) -> Found:
    if letter.received < letter.date:
        yield "letter.order", "Surat masuk dinyatakan diterima sebelum tanggal suratnya."
    if max(letter.date, letter.received) > today:
        yield "letter.future", "Tanggal atau hari terima surat masuk lebih akhir dari hari pencatatan."


def _again(step: Step) -> Found:
    case = step.before.state if step.before else None
    if isinstance(case, Case) and case.number is not None:
        yield "agenda.again", f"Perkara ini sudah mendapat nomor surat {case.number.text()}; ini nomor lain."


def _agenda(row: b.AgendaRecorded, today: str, signed: dt.datetime | None) -> Found:
    if max(row.letter_date, row.sent_date) > today:
        yield "agenda.future", "Tanggal surat atau tanggal kirim lebih akhir dari hari pencatatan."
    if signed is not None and row.letter_date < day_of(signed):
        yield "agenda.before-signature", "Tanggal surat mendahului hari tanda tangannya dicatat."
    if row.sent_date < row.letter_date:
        yield "agenda.order", "Surat dinyatakan dikirim sebelum tanggalnya."
    if row.number.year != int(row.letter_date[:4]):
        yield "agenda.year", f"Tahun dalam nomor surat ({row.number.year}) bukan tahun tanggal suratnya."


def _dispatch(received: dt.datetime, recorded: dt.datetime, signed: dt.datetime | None) -> Found:
    if received > recorded:
        yield "dispatch.future", "Waktu terima lebih akhir dari waktu catat pengirimannya."
    if signed is not None and received < signed:
        yield "dispatch.before-signature", "Waktu terima mendahului waktu tanda tangan dicatat."


def _signed(step: Step) -> dt.datetime | None:
    """Return when the signature that stands was recorded."""
    case = step.before.state if step.before else None
    return case.signature.recorded_at if isinstance(case, Case) and case.signature else None
