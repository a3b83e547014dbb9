"""The agenda book: which letter numbers are taken, over all cases, and what the next one may be.

A number is classification / running number / office code / year (DOMAIN, rule 6). Running numbers and row numbers are
counted per office code and year, whatever the classification, the case and the SOP; a new year begins anew, and office
codes that read alike are one (:func:`code_key`). Two acts cannot take one number: the book is judged inside the lock
that appends. Gaps are allowed and listed (:mod:`projections.agenda`). Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from rpds import HashTrieMap

from keys.errors import NotAllowed
from ledger.acts import Act
from ledger.bodies import AgendaRecorded, NumberingEnacted, Used
from ledger.rule_words import naming_step, place_in_words

#: The kinds of act that change a book: the one that takes numbers, and the one that says which are taken on paper.
KINDS = frozenset({"agenda.recorded", "numbering.enacted"})

#: Office code as :func:`code_key` has it, year, number -> the stream of the case that took it.
_Taken: TypeAlias = "HashTrieMap[tuple[str, int, int], str]"
_SEPARATORS = re.compile(r"[.-]+")


def code_key(code: str) -> str:
    """Return what office codes that read alike share: ``35.07.11``, ``35-7-11`` and ``35.07.11.`` are one book."""
    parts = (part for part in _SEPARATORS.split(code.casefold()) if part)
    return ".".join((part.lstrip("0") or "0") if part.isdecimal() else part for part in parts)


@dataclass(frozen=True, slots=True)
class AgendaBook:
    """The numbers that all acts below some leaf index have taken, and those ``used`` on paper before.

    ``used`` is, of an office code (:func:`code_key`) and a year, what an office stated last, for whichever SOP.
    """

    running: _Taken = field(default_factory=HashTrieMap)
    rows: _Taken = field(default_factory=HashTrieMap)
    used: HashTrieMap[tuple[str, int], Used] = field(default_factory=HashTrieMap)

    def after(self, act: Act) -> AgendaBook:
        """Return the book after an accepted act."""
        match act.body:
            case AgendaRecorded() as body:
                return self.taken(act.stream, body)
            case NumberingEnacted() as numbering:
                return self.stated(numbering)
        return self

    def taken(self, stream: str, body: AgendaRecorded) -> AgendaBook:
        """Return the book after a case took its numbers."""
        place = (code_key(body.number.office_code), body.number.year)
        return replace(
            self,
            running=self.running.insert((*place, body.number.running), stream),
            rows=self.rows.insert((*place, body.agenda_no), stream),
        )

    def stated(self, numbering: NumberingEnacted) -> AgendaBook:
        """Return the book after a numbering: what it states of a year replaces what was stated, lower or higher."""
        if numbering.used is None:
            return self
        place = (code_key(numbering.office_code), numbering.used.year)
        return replace(self, used=self.used.insert(place, numbering.used))


def decide_code(body: NumberingEnacted) -> None:
    """Return if the office code is written tidily, else raise NotAllowed (``numbering.code``)."""
    tidy = _SEPARATORS.sub(lambda found: found[0][0], body.office_code).strip(".-")
    if body.office_code != tidy:
        raise NotAllowed(
            "numbering.code",
            f"Kode jabatan {body.office_code} memuat tanda pemisah di ujung atau berturut-turut.",
            allowed=f"Satu titik atau tanda hubung di antara dua bagian: {tidy}.",
        )


def decide_number(book: AgendaBook, numbering: NumberingEnacted | None, body: AgendaRecorded) -> None:
    """Return if the act may take its number, else raise NotAllowed; ``numbering`` is the SOP's newest.

    1. Classification and office code are those that the office enacted last for this SOP (``agenda.numbering``).
    2. A number that was given before the ledger kept the book is recorded from paper only (``agenda.used``).
    3. Nobody has taken the running number (``agenda.number``) or the row (``agenda.no``).
    """
    with naming_step(body.step):
        if numbering is not None:
            _decide_parts(numbering, body)
        _decide_used(book.used.get((code_key(body.number.office_code), body.number.year)), body)
        _decide_free(book, body)


def _decide_free(book: AgendaBook, body: AgendaRecorded) -> None:
    number, place = body.number, (code_key(body.number.office_code), body.number.year)
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
    if used is None or body.paper is not None:
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
