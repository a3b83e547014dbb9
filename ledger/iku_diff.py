"""What changed between two versions of an IKU document: its header, its rows, their members, their words.

Rows are matched first where they are equal, in order; then those left over by likeness, the most alike first. Likeness
counts the words that two indicators share, and a third as much those of their objectives, in no order, so it stays
quick for long texts. A comparison in the other direction has the same pairs of rows, with added and removed exchanged.
How words are compared, and how long that may take, is :mod:`ledger.word_diff`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.iku import Baseline, IkuDocument, Row
from ledger.word_diff import Words, compare_items, compare_words

#: Rows less alike than this, from 0 to 1, are not the same row.
ALIKE = 0.5
#: How much more than its objective the indicator of a row says which row it is.
INDICATOR = 3

State = Literal["kept", "changed", "moved", "added", "removed"]
#: Pairs of positions in both documents.
_Pairs = list[tuple[int, int]]
#: Members that list things, an item a line: items are aligned before their words are.
LISTS = frozenset({"legal_basis", "sources", "targets"})


@dataclass(frozen=True, slots=True)
class TextChange:
    """A member's text before and after, None where it has none; ``coarse`` if not all of its words were aligned."""

    name: str
    before: str | None
    after: str | None
    words: Words
    coarse: bool = False


@dataclass(frozen=True, slots=True)
class RowChange:
    """What became of a row; ``before`` and ``after`` are its numbers from 1, ``row`` is what it says now or last said.

    "kept" and "moved" have no changes; "added" and "removed" list every member. ``moved`` is also true of a changed
    row that stands elsewhere among the others; a number that only shifts is no move.
    """

    state: State
    before: int | None
    after: int | None
    row: Row
    changes: tuple[TextChange, ...] = ()
    moved: bool = False


@dataclass(frozen=True, slots=True)
class IkuChange:
    """What changed: members of the header; every row of both, in the new order, those removed last."""

    header: tuple[TextChange, ...]
    rows: tuple[RowChange, ...]

    @property
    def nothing(self) -> bool:
        """Return whether the documents are the same."""
        return not self.header and all(row.state == "kept" for row in self.rows)

    def count(self, state: State) -> int:
        """Return how many rows ended so."""
        return sum(row.state == state for row in self.rows)


def compare(old: IkuDocument, new: IkuDocument) -> IkuChange:
    """Return what changed between two IKU documents."""
    pairs = _pairs_of_rows(old.rows, new.rows)
    in_order = _in_order(old.rows, new.rows, pairs)
    old_of = {after: before for before, after in pairs}
    rows = [
        _row(old.rows[old_of[at]], row, old_of[at] + 1, at + 1, (old_of[at], at) not in in_order)
        if at in old_of
        else RowChange("added", None, at + 1, row, _changes({}, _row_texts(row)))
        for at, row in enumerate(new.rows)
    ]
    gone = sorted(set(range(len(old.rows))) - set(old_of.values()))
    rows += [RowChange("removed", at + 1, None, old.rows[at], _changes(_row_texts(old.rows[at]), {})) for at in gone]
    return IkuChange(_changes(_header_texts(old), _header_texts(new)), tuple(rows))


# --- rows -----------------------------------------------------------------------------------------------------


def _row(old: Row, new: Row, before: int, after: int, moved: bool) -> RowChange:
    changes = _changes(_row_texts(old), _row_texts(new))
    state: State = "changed" if changes else "moved" if moved else "kept"
    return RowChange(state, before, after, new, changes, moved)


def _pairs_of_rows(old: Sequence[Row], new: Sequence[Row]) -> _Pairs:
    """Return the positions of rows that are one row: equal ones first, then the most alike, each at most once."""
    places = defaultdict(list)
    for at, row in enumerate(new):
        places[row].append(at)
    pairs = [(at, places[row].pop(0)) for at, row in enumerate(old) if places[row]]
    taken = {i for i, _ in pairs}, {j for _, j in pairs}
    ours, theirs = (
        [(at, _bag(row.objective), _bag(row.indicator)) for at, row in enumerate(rows) if at not in used]
        for rows, used in zip((old, new), taken, strict=True)
    )
    scored = (
        ((_shared(o1, o2) + INDICATOR * _shared(i1, i2)) / (1 + INDICATOR), a, b)
        for a, o1, i1 in ours
        for b, o2, i2 in theirs
    )
    for _, a, b in sorted((one for one in scored if one[0] >= ALIKE), key=lambda one: (-one[0], *one[1:])):
        if a not in taken[0] and b not in taken[1]:
            pairs.append((a, b))
            taken[0].add(a)
            taken[1].add(b)
    return sorted(pairs)


def _bag(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold())) or frozenset(text.split())


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """Return how alike two sets of words are, from 0 to 1 (Dice's coefficient)."""
    return 2 * len(one & other) / (len(one) + len(other))


def _in_order(old: Sequence[Row], new: Sequence[Row], pairs: _Pairs) -> set[tuple[int, int]]:
    """Return the largest set of pairs that stand in the same order on both sides; the others moved.

    Of sets as large, one with the most equal rows, so that both directions count as many moves.
    """
    best: list[tuple[int, int]] = []  # the worth of the best chain that ends at a pair, and the pair before it
    for at, (i, j) in enumerate(pairs):
        before = max((k for k in range(at) if pairs[k][1] < j), key=lambda k: best[k][0], default=-1)
        worth = best[before][0] if before >= 0 else 0
        best.append((worth + len(pairs) + 1 + (old[i] == new[j]), before))
    chain = set()
    at = max(range(len(best)), key=lambda one: best[one][0], default=-1)
    while at >= 0:
        chain.add(pairs[at])
        at = best[at][1]
    return chain


# --- members as texts -----------------------------------------------------------------------------------------


def _header_texts(document: IkuDocument) -> dict[str, str | None]:
    period = document.period
    return {
        "unit": document.unit,
        "period": f"{period.first_year}–{period.last_year}",
        "legal_basis": _list(document.legal_basis),
        "label": document.label,
    }


def _row_texts(row: Row) -> dict[str, str | None]:
    """Return each member of a row as a text; unequal members have unequal texts."""
    return {
        "objective": row.objective,
        "indicator": row.indicator,
        "formula": row.formula,
        "rationale": row.rationale,
        "sources": _list(row.sources),
        "owner": row.owner,
        "measure": row.measure,
        "baseline": _baseline(row.baseline),
        "targets": _list(f"{one.year}: {one.value}" for one in row.targets),
    }


def _list(items: Iterable[str]) -> str | None:
    """Return the items a line each; further lines of an item are indented, so that they are not items."""
    return "\n".join(one.replace("\n", "\n  ") for one in items) or None


def _baseline(baseline: Baseline | None) -> str | None:
    return f"{baseline.value} ({baseline.year or 'tahun tidak disebut'})" if baseline else None


def _changes(old: dict[str, str | None], new: dict[str, str | None]) -> tuple[TextChange, ...]:
    names = old or new
    return tuple(_change(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))


def _change(name: str, old: str | None, new: str | None) -> TextChange:
    words, coarse = (compare_items if name in LISTS else compare_words)(old or "", new or "")
    return TextChange(name, old, new, words, coarse)
