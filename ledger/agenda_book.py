"""The agenda book: which letter numbers are taken, over all cases, and what the next one may be.

A number is classification / running number / office code / year (DOMAIN, rule 6). Running numbers and row numbers are
counted per office code and year, whatever the classification and the case; a new year begins anew. Two acts cannot
take one number: the book is judged inside the lock that appends. Gaps are allowed and listed
(:mod:`projections.agenda`). Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from rpds import HashTrieMap

from keys.errors import NotAllowed
from ledger.acts import Act
from ledger.bodies import AgendaRecorded, NumberingEnacted, Used
from ledger.in_force import Since
from ledger.rule_words import naming_step, place_in_words

#: The one kind of act that takes numbers.
KIND = "agenda.recorded"

#: Office code, year, number -> the stream of the case that took it.
_Taken: TypeAlias = "HashTrieMap[tuple[str, int, int], str]"


@dataclass(frozen=True, slots=True)
class AgendaBook:
    """The numbers that all acts below some leaf index have taken."""

    running: _Taken = field(default_factory=HashTrieMap)
    rows: _Taken = field(default_factory=HashTrieMap)

    def after(self, act: Act) -> AgendaBook:
        """Return the book after an accepted act."""
        if not isinstance(act.body, AgendaRecorded):
            return self
        number, row = act.body.number, act.body.agenda_no
        return replace(
            self,
            running=self.running.insert((number.office_code, number.year, number.running), act.stream),
            rows=self.rows.insert((number.office_code, number.year, row), act.stream),
        )


def decide_number(book: AgendaBook, numberings: tuple[Since[NumberingEnacted], ...], body: AgendaRecorded) -> None:
    """Return if the act may take its number, else raise NotAllowed; ``numberings`` are all that the SOP ever had.

    1. Classification and office code are those that the office enacted last for this SOP (``agenda.numbering``).
    2. A number that was given before the ledger kept the book is recorded from paper only (``agenda.used``).
    3. Nobody has taken the running number (``agenda.number``) or the row (``agenda.no``).
    """
    with naming_step(body.step):
        if numberings:
            _decide_parts(numberings[-1].value, body)
        for one in numberings:
            _decide_used(one.value.used, body)
        _decide_free(book, body)


def _decide_free(book: AgendaBook, body: AgendaRecorded) -> None:
    number, place = body.number, (body.number.office_code, body.number.year)
    taken = book.running.get((*place, number.running))
    if taken is not None:
        raise NotAllowed(
            "agenda.number",
            f"Nomor urut {number.running} tahun {number.year} dengan kode {number.office_code}"
            f" sudah dipakai ({place_in_words(taken)}).",
            allowed=f"Nomor urut berikutnya yang kosong: {_next(book.running, place, number.running)}.",
        )
    taken = book.rows.get((*place, body.agenda_no))
    if taken is not None:
        raise NotAllowed(
            "agenda.no",
            f"Nomor agenda {body.agenda_no} tahun {number.year} dengan kode {number.office_code}"
            f" sudah dipakai ({place_in_words(taken)}).",
            allowed=f"Nomor agenda berikutnya yang kosong: {_next(book.rows, place, body.agenda_no)}.",
        )


def _decide_parts(numbering: NumberingEnacted, body: AgendaRecorded) -> None:
    number = body.number
    if number.classification not in numbering.classifications or number.office_code != numbering.office_code:
        raise NotAllowed(
            "agenda.numbering",
            f"Nomor {number.text()} tidak memakai kode yang ditetapkan untuk surat SOP ini.",
            allowed=f"Kode klasifikasi: {', '.join(numbering.classifications)}; kode jabatan: {numbering.office_code}.",
        )


def _decide_used(used: Used | None, body: AgendaRecorded) -> None:
    if used is None or body.number.year != used.year or body.paper is not None:
        return
    if body.number.running <= used.running or body.agenda_no <= used.agenda_no:
        raise NotAllowed(
            "agenda.used",
            f"Sampai nomor urut {used.running} dan nomor agenda {used.agenda_no}, nomor tahun"
            f" {used.year} diberikan di atas kertas sebelum buku ini dipakai.",
            allowed="Pakai nomor sesudahnya; surat lama dicatat menyusul dari kertas, dengan pindaiannya.",
        )


def _next(taken: _Taken, place: tuple[str, int], number: int) -> int:
    while (*place, number) in taken:
        number += 1
    return number
