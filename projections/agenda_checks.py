"""What stands out among the numbers of an agenda book: gaps, leaps, doubles, and numbers of those used on paper.

A book is what the ledger counts as one: the letters of a year under office codes that read alike
(:func:`ledger.agenda_book.code_key`), whatever the unit, the SOP and the classification. Running numbers
(``running``) and row numbers (``agenda_no``) are looked through each for themselves; ``number`` says which. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: A number that is further than this from the one before it is taken for a slip, and nobody counts on from it.
MOST_AHEAD = 100

Found = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Book:
    """The rows of one book, of all units, and what an office stated last of numbers given on paper before."""

    office_code: str
    used: Mapping[str, Any] | None
    rows: Found

    def floor(self, number: str) -> int:
        """Return the last number that was given on paper before, 0 where none is stated."""
        return self.used[number] if self.used else 0

    def taken(self, number: str) -> dict[int, Found]:
        """Return the rows that bear each number, ascending."""
        found: dict[int, Found] = defaultdict(list)
        for row in sorted(self.rows, key=lambda row: (row[number], row["leaf_index"])):
            found[row[number]].append(row)
        return found


def each(books: Iterable[Book], check: Callable[[Book, str], Iterator[dict[str, Any]]], number: str) -> Found:
    """Return what a check finds in every book, with the book's office code."""
    return [{"office_code": book.office_code} | found for book in books for found in check(book, number)]


def gaps(book: Book, number: str) -> Iterator[dict[str, Any]]:
    """Yield the runs of numbers that are missing below the highest, above those used on paper."""
    expected = book.floor(number) + 1
    for one in book.taken(number):
        if one > expected:
            yield {"first": expected, "last": one - 1}
        expected = max(expected, one + 1)


def leaps(book: Book, number: str) -> Iterator[dict[str, Any]]:
    """Yield the numbers that are too far from the one before them, ``after``, to be the next ones."""
    taken = book.taken(number)
    for after, one in _leaps(book.floor(number), taken):
        yield {"after": after, number: one, "leaf_indices": [row["leaf_index"] for row in taken[one]]}


def last_ordinary(floor: int, taken: Iterable[int]) -> tuple[int, int | None]:
    """Return the number after which the next one comes, and the first that leaps away from it, if any does.

    ``floor`` is the last number given on paper before; counting goes upward from it through those taken.
    """
    above = sorted({one for one in taken if one > floor})
    after, leap = next(_leaps(floor, above), (above[-1] if above else floor, None))
    return after, leap


def _leaps(floor: int, ascending: Iterable[int]) -> Iterator[tuple[int, int]]:
    before = floor
    for one in ascending:
        if one - before > MOST_AHEAD:
            yield before, one
        before = max(before, one)


def duplicates(book: Book, number: str) -> Iterator[dict[str, Any]]:
    """Yield the numbers that more than one letter bears."""
    for one, rows in book.taken(number).items():
        if len(rows) > 1:
            numbers, leaves = sorted({row["number"] for row in rows}), [row["leaf_index"] for row in rows]
            yield {number: one, "numbers": numbers, "leaf_indices": leaves}


def below_used(book: Book) -> Found:
    """Return the rows with a number of those used on paper that were not recorded from paper."""
    named = ("case", "unit", "office_code", "number", "agenda_no", "leaf_index")
    return [
        {name: row[name] for name in named}
        for row in book.rows
        if not row["paper"] and any(row[number] <= book.floor(number) for number in ("running", "agenda_no"))
    ]
