"""What changed between two texts: which words, which items of a list, which lines.

A change is a run of pieces ``(op, text)``: joining "same" and "out" gives the old text, joining "same" and "in" the
new one, white space included. Words are what stands between white space.

Parts are aligned by :mod:`difflib`, whose work can grow with the cube of their number. So the work on two texts is
counted and ends at :data:`STEPS` for each character of theirs; what was not aligned by then is out and in as a whole,
and the change says so (``coarse``). Example::

    >>> compare_words("Jumlah desa x 100% = 100", "Jumlah semua desa x 100%")[0]
    (('same', 'Jumlah '), ('in', 'semua '), ('same', 'desa x 100%'), ('out', ' = 100'))
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate, takewhile
from typing import Literal

#: Steps of the alignment for each character of the two texts, and the least that any two texts get.
STEPS, LEAST_STEPS = 15, 5_000

Op = Literal["same", "out", "in"]
Words = tuple[tuple[Op, str], ...]

_WORD = re.compile(r"\S+")
_ITEM = re.compile(r"[^\n]+")


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line of plain text before and after, with its numbers from 1; None on the side where it is not."""

    before: int | None
    after: int | None
    old: str | None
    new: str | None
    words: Words
    coarse: bool  # also where the lines themselves were not all aligned


def compare_words(old: str, new: str) -> tuple[Words, bool]:
    """Return the pieces that make both texts, out before in, and whether some words were not aligned."""
    pieces, coarse = _pieces(old, new, _WORD)
    return _joined(pieces), coarse


def compare_items(old: str, new: str) -> tuple[Words, bool]:
    """Return the pieces of two lists with an item a line; items in the same place are compared word by word."""
    pieces, coarse = _pieces(old, new, _ITEM)
    words: list[tuple[Op, str]] = []
    for op, text in pieces:
        before = words[-1][1] if op == "in" and words and words[-1][0] == "out" else None
        if before is None or before.count("\n") != text.count("\n"):
            words.append((op, text))
            continue
        words.pop()
        for number, (out, into) in enumerate(zip(before.split("\n"), text.split("\n"), strict=True)):
            inner, partly = compare_words(out, into)
            words += [("same", "\n"), *inner] if number else inner
            coarse = coarse or partly
    return _joined(words), coarse


def _pieces(old: str, new: str, part: re.Pattern[str]) -> tuple[list[tuple[Op, str]], bool]:
    before, after = list(part.finditer(old)), list(part.finditer(new))
    pairs, coarse = _matches([one[0] for one in before], [one[0] for one in after], _allowed(old, new))
    pieces: list[tuple[Op, str]] = []
    a = b = 0
    for i, j in pairs:
        pieces += _between(old[a : before[i].start()], new[b : after[j].start()])
        pieces.append(("same", before[i][0]))
        a, b = before[i].end(), after[j].end()
    return pieces + _between(old[a:], new[b:]), coarse


def _joined(pieces: Iterable[tuple[Op, str]]) -> Words:
    """Return the pieces with neighbours of one kind as one."""
    joined: list[tuple[Op, str]] = []
    for op, text in pieces:
        if joined and joined[-1][0] == op:
            text = joined.pop()[1] + text
        joined.append((op, text))
    return tuple(joined)


def _between(old: str, new: str) -> list[tuple[Op, str]]:
    """Return the pieces of what stands between two aligned parts; white space shared at an end is same."""
    lead = old[: len(old) - len(old.lstrip())]
    lead = lead if lead == new[: len(new) - len(new.lstrip())] else ""
    old, new = old[len(lead) :], new[len(lead) :]
    tail = old[len(old.rstrip()) :]
    tail = tail if tail == new[len(new.rstrip()) :] else ""
    old, new = old[: len(old) - len(tail)], new[: len(new) - len(tail)]
    made: list[tuple[Op, str]] = [("same", lead), ("out", old), ("in", new), ("same", tail)]
    return [piece for piece in made if piece[1]]


def _allowed(old: str, new: str) -> int:
    return max(LEAST_STEPS, STEPS * (len(old) + len(new)))


def _matches(old: Sequence[Hashable], new: Sequence[Hashable], steps: int) -> tuple[list[tuple[int, int]], bool]:
    """Return the positions of equal parts, in order on both sides, and whether ``steps`` did not suffice for all."""
    first = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    rest = min(len(old), len(new)) - first
    ends = zip(reversed(old), reversed(new), strict=False)
    last = min(rest, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends)))
    pairs = [(at, at) for at in range(first)]
    pairs += [(len(old) - at, len(new) - at) for at in range(last, 0, -1)]
    before, after = old[first : len(old) - last], new[first : len(new) - last]
    # Looking for the longest match, difflib visits each part of the old and each of its places in the new.
    often = Counter(after)
    costs = list(accumulate((1 + often[one] for one in before), initial=0))
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    waiting = [(0, len(before), 0, len(after))]
    coarse = False
    while waiting:
        a, b, c, d = waiting.pop()
        if a == b or c == d:
            continue
        steps -= costs[b] - costs[a]
        if steps < 0:
            coarse = True
            break
        i, j, size = matcher.find_longest_match(a, b, c, d)
        if size:
            pairs += [(first + i + k, first + j + k) for k in range(size)]
            waiting += [(i + size, b, j + size, d), (a, i, c, j)]
    return sorted(pairs), coarse


def compare_lines(old: str, new: str) -> tuple[LineChange, ...]:
    """Return the lines that changed between two plain texts, in order; how a line ends is no change."""
    before, after = old.splitlines(), new.splitlines()
    pairs, unaligned = _matches(before, after, _allowed(old, new))
    found = []
    a = b = 0
    for i, j in [*pairs, (len(before), len(after))]:
        for k in range(max(i - a, j - b)):
            was, number = (before[a + k], a + k + 1) if a + k < i else (None, None)
            now, place = (after[b + k], b + k + 1) if b + k < j else (None, None)
            words, coarse = compare_words(was or "", now or "")
            found.append(LineChange(number, place, was, now, words, coarse or unaligned))
        a, b = i + 1, j + 1
    return tuple(found)
