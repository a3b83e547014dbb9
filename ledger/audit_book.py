"""Letter numbers, held against each other over all cases; and what comes after an act that is refused for its number.

A case is judged by itself, but for the numbers that its letter takes. Those are judged here, in leaf order, when all
else is known of the leaves below, by the service's own rule (:func:`ledger.agenda_book.decide_number`). After a leaf
that has or may have changed the book and does not hold, nobody knows which numbers are taken: no more can be judged.

An act that is refused here is no act of its case, so what comes after it in the case, and in a case that replaces that
one, cannot be judged either (:meth:`~ledger.audit_leaf.Outcome.when_lost`). Pure.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress

from keys.errors import JejakError
from ledger.agenda_book import AgendaBook, decide_number
from ledger.audit_leaf import Outcome
from ledger.audit_report import PROCEDURE, broken
from ledger.bodies import AgendaRecorded, NumberingEnacted

#: What the book is called where it is lost.
_BOOK = "buku nomor surat"


class Book:
    """Is told of every leaf in leaf order; :meth:`close` judges the numbers. Those below ``verified_below`` hold."""

    def __init__(self, verified_below: int = 0) -> None:
        self._verified_below = verified_below
        self._book = AgendaBook()
        self._entries: list[int] = []
        self._hold = 0
        self._outcomes: dict[int, Outcome] = {}
        self._later: dict[str, list[int]] = {}
        self._replaced_by: defaultdict[str, list[str]] = defaultdict(list)

    def met(self, stream: str, outcome: Outcome, replaces: str | None = None) -> None:
        """Note a leaf of a stream; ``replaces`` is the case that this leaf opens the stream to replace."""
        if outcome.books or replaces is not None:
            self._later.setdefault(stream, [])
            if outcome.books:
                self._entries.append(outcome.leaf)
            if replaces is not None:
                self._replaced_by[replaces].append(stream)
        # What may still change is kept: not much, for a letter gets its number near the end of its case.
        if stream in self._later:
            self._later[stream].append(outcome.leaf)
            self._outcomes[outcome.leaf] = outcome
        # While all of them hold, numbers are judged at once, for then the other processes are still at work.
        if outcome.booked is not None and self._hold == len(self._entries) - 1:
            with suppress(JejakError):
                self._enter(outcome.leaf, *outcome.booked)
                self._hold += 1

    def _enter(self, leaf: int, stream: str, body: AgendaRecorded | NumberingEnacted) -> None:
        """Write what a leaf does into the book, or raise the rule that says no."""
        if isinstance(body, NumberingEnacted):
            self._book = self._book.stated(body)
            return
        if leaf >= self._verified_below:
            decide_number(self._book, None, body)
        self._book = self._book.taken(stream, body)

    def close(self) -> list[tuple[Outcome, Outcome]]:
        """Return what those leaves said, and say instead, whose number is refused or that come after one of them."""
        lost, changed = False, dict[int, Outcome]()
        for leaf in self._entries[self._hold :]:
            outcome = changed.get(leaf, self._outcomes[leaf])
            if outcome.booked is None:
                lost = True
                continue
            stream, body = outcome.booked
            try:
                if lost and isinstance(body, AgendaRecorded):
                    changed[leaf] = outcome.when_lost(_BOOK)
                else:
                    self._enter(leaf, stream, body)
            except JejakError as fault:
                judged = (*outcome.judged, broken(leaf, PROCEDURE, fault.rule, str(fault)))
                changed[leaf] = outcome._replace(judged=judged, booked=None)
            if leaf in changed and isinstance(body, AgendaRecorded):
                lost = True
                self._lose(stream, leaf, changed)
        return [(self._outcomes[leaf], changed[leaf]) for leaf in sorted(changed)]

    def _lose(self, stream: str, leaf: int, changed: dict[int, Outcome]) -> None:
        """Change what comes after ``leaf`` in a case, and in those that replace it from then on."""
        losing = [stream]
        while losing:
            name = losing.pop()
            for later in self._later[name]:
                if later > leaf:
                    changed[later] = changed.get(later, self._outcomes[later]).when_lost()
            losing += [one for one in self._replaced_by.pop(name, ()) if self._later[one][0] > leaf]
