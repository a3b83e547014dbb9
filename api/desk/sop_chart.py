"""The flow of an SOP as its sheet draws it, from the SOP's data: actor columns, five symbols, arrows.

The symbols are those of PermenPAN-RB 35/2012 and no others: a capsule begins and ends, a box is an execution, a diamond
a decision, an arrow the way on, and a pentagon says that the flow continues on another sheet. All lengths are units of
the drawing (CSS pixels at full size). Pure: what a case did is told to it, in :class:`Stage`.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

from ledger.sop import Sop, Way

#: A sheet has at most so many steps, as a page of the paper form does.
MOST_STEPS = 6

Symbol = Literal["capsule", "box", "diamond", "pentagon"]
#: How a case stands to a step: done; there now; done before and to be done again; passed over; not yet come to.
Progress = Literal["done", "here", "again", "passed", "ahead"]

#: The form's columns left and right of the actors': heading, width.
_BEFORE = (("No.", 34), ("Kegiatan", 186))
_AFTER = (("Kelengkapan", 118), ("Waktu", 84), ("Output", 118), ("Keterangan", 88))
_ACTOR = 92
_HEAD, _GROUP, _STRIP, _PAD, _LINE = 66, 26, 46, 7, 16
_MOST_LINES = 14
#: How much wider bold letters are.
_BOLD = 1.12
#: Half width and half height of each symbol.
_SIZES: dict[Symbol, tuple[int, int]] = {
    "capsule": (32, 18),
    "box": (32, 18),
    "diamond": (35, 27),
    "pentagon": (13, 14),
}
#: A lane is where an arrow passes steps between: so far from the column's edge, one beside the other.
_LANE, _BESIDE = 4, 3


@dataclass(frozen=True, slots=True)
class Stage:
    """What is told of a step beside the SOP: cells as they are read, how the case stands to it, how often it was there.

    ``inferred`` where no mark of the source and no act of the office says whose step it is.
    """

    waiting_time: str
    inferred: bool
    progress: Progress = "ahead"
    visits: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    """Lines of text; ``x`` and ``y`` are the start of the first, or its middle where ``middle``."""

    x: float
    y: float
    lines: tuple[str, ...]
    middle: bool = False
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A symbol as an outline (SVG path data), the words in it, and what its look depends on."""

    symbol: Symbol
    outline: str
    words: Words
    progress: Progress
    inferred: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way on: its line and its head (SVG path data), and the outcome that takes it, if it is a decision's."""

    line: str
    head: str
    words: Words | None
    back: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its size, how wide its first column is, the lines between its cells (SVG path data), what is on it."""

    number: int
    width: int
    height: int
    numbers: int
    grid: str
    words: tuple[Words, ...]
    symbols: tuple[Drawn, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    """A symbol in its place; ``row`` counts from 0 on its sheet, the strips for pentagons are -1 and the last + 1."""

    symbol: Symbol
    x: float
    y: float
    row: int
    letter: str = ""

    @property
    def half(self) -> tuple[int, int]:
        return _SIZES[self.symbol]


def sheets(sop: Sop, stages: Mapping[str, Stage], outcome: Callable[[str], str] = str) -> tuple[Sheet, ...]:
    """Return the sheets of an SOP; ``stages`` is by step number, ``outcome`` says an outcome in words."""
    count = -(-len(sop.steps) // MOST_STEPS)
    each = -(-len(sop.steps) // count)
    parts = [sop.steps[at : at + each] for at in range(0, len(sop.steps), each)]
    sheet_of = {step.no: number for number, part in enumerate(parts) for step in part}
    crossing = [
        _Crossing(step.no, way, sheet_of[step.no], sheet_of[way.to])
        for step in sop.steps
        for way in step.next
        if sheet_of[step.no] != sheet_of[way.to]
    ]
    return tuple(
        _Sheet(sop, stages, outcome, crossing, number, [one.no for one in part]).made()
        for number, part in enumerate(parts)
    )


@dataclass(frozen=True, slots=True)
class _Crossing:
    """A way from one sheet to another, both counted from 0."""

    start: str
    way: Way
    out_of: int
    into: int


class _Sheet:
    """One sheet in the making."""

    def __init__(
        self,
        sop: Sop,
        stages: Mapping[str, Stage],
        outcome: Callable[[str], str],
        crossing: Sequence[_Crossing],
        number: int,
        own: Sequence[str],
    ) -> None:
        self._sop, self._stages, self._outcome, self._crossing, self._number = sop, stages, outcome, crossing, number
        self._steps = [sop.step(no) for no in own]
        widths = [*(w for _, w in _BEFORE), *(_ACTOR for _ in sop.offices), *(w for _, w in _AFTER)]
        self._edges = list(accumulate(widths, initial=0))
        self._cells = [self._texts(no) for no in own]
        heights = [max(_least_height(row), 84) for row in self._cells]
        into = any(one.into == number for one in crossing)
        out = any(one.out_of == number for one in crossing)
        top = _HEAD + (_STRIP if into else 0)
        self._tops = list(accumulate(heights, initial=top))
        self._height = self._tops[-1] + (_STRIP if out else 0)
        self._at: dict[str, _Node] = {}
        for row, step in enumerate(self._steps):
            symbol: Symbol = "capsule" if step is sop.first or not step.next else "box"
            middle = (self._tops[row] + self._tops[row + 1]) / 2
            self._at[step.no] = _Node("diamond" if step.is_decision else symbol, self._column(step.no), middle, row)
        self._lanes = 0

    def made(self) -> Sheet:
        """Return the sheet."""
        symbols, arrows = [self._symbol(no) for no in self._at], []
        for start, end, no, way in self._ways():
            for one in (start, end):
                if one.letter:
                    words = Words(one.x, one.y + 2, (one.letter,), middle=True)
                    symbols.append(Drawn("pentagon", _outline(one), words, "ahead", False))
            said = self._outcome(way.when) if way.when and not start.letter else None
            arrows.append(self._arrow(start, end, said, back=self._goes_back(no, way.to)))
        return Sheet(
            self._number + 1,
            self._edges[-1],
            self._height,
            self._edges[1],
            self._grid(),
            (*self._headings(), *(one for row in range(len(self._cells)) for one in self._row(row))),
            tuple(symbols),
            tuple(arrows),
        )

    def _ways(self) -> Iterator[tuple[_Node, _Node, str, Way]]:
        """Yield the ends of each arrow of this sheet, the step that it leaves, and its way."""
        for step in self._steps:
            for way in step.next:
                if way.to in self._at:
                    yield self._at[step.no], self._at[way.to], step.no, way
        beside: Counter[tuple[str, int]] = Counter()
        for at, one in enumerate(self._crossing):
            letter = chr(ord("A") + at % 26)
            if one.out_of == self._number:
                pentagon = self._pentagon(one.start, len(self._steps), letter, beside)
                yield self._at[one.start], pentagon, one.start, one.way
            elif one.into == self._number:
                pentagon = self._pentagon(one.way.to, -1, letter, beside)
                yield pentagon, self._at[one.way.to], one.start, one.way

    def _pentagon(self, no: str, row: int, letter: str, beside: Counter[tuple[str, int]]) -> _Node:
        """Return a pentagon in the strip above or below the steps, in the column of step ``no``."""
        beside[no, row] += 1
        y = self._tops[-1] if row >= 0 else _HEAD
        return _Node("pentagon", self._column(no) + 30 * (beside[no, row] - 1), y + _STRIP / 2, row, letter)

    def _texts(self, no: str) -> dict[int, tuple[str, ...]]:
        """Return the wrapped text of each cell of a step, by column."""
        step, after = self._sop.step(no), len(_BEFORE) + len(self._sop.offices)
        said = {
            0: step.no,
            1: step.kegiatan.raw,
            after: step.kelengkapan.raw,
            after + 1: self._stages[no].waiting_time,
            after + 2: step.output.raw,
            after + 3: step.keterangan.raw,
        }
        return {
            column: wrapped(text, self._edges[column + 1] - self._edges[column] - 2 * _PAD)
            for column, text in said.items()
        }

    def _row(self, row: int) -> list[Words]:
        return [
            Words(self._edges[column] + _PAD, self._tops[row] + _PAD + _LINE * 0.75, lines)
            for column, lines in self._cells[row].items()
        ]

    def _headings(self) -> list[Words]:
        offices = [one.name for one in self._sop.offices]
        names = [name for name, _ in _BEFORE] + offices + [name for name, _ in _AFTER]
        grouped = range(len(_BEFORE), len(names) - 1)  # below "Pelaksana" and "Mutu Baku"
        found = [
            Words(
                (self._edges[at] + self._edges[at + 1]) / 2,
                _GROUP + _LINE if at in grouped else _HEAD / 2 + 4,
                wrapped(name, (self._edges[at + 1] - self._edges[at] - _PAD) / _BOLD)[:2],
                middle=True,
                heading=True,
            )
            for at, name in enumerate(names)
        ]
        first, last = len(_BEFORE), len(_BEFORE) + len(offices)
        for name, left, right in (("Pelaksana", first, last), ("Mutu Baku", last, len(names) - 1)):
            middle = (self._edges[left] + self._edges[right]) / 2
            found.append(Words(middle, 18, (name,), middle=True, heading=True))
        return found

    def _grid(self) -> str:
        right, bottom = self._edges[-1], self._height
        first, last = self._edges[len(_BEFORE)], self._edges[-2]
        group = {first, self._edges[len(_BEFORE) + len(self._sop.offices)], last}
        lines = [f"M0 0H{right}V{bottom}H0Z", f"M{first} {_GROUP}H{last}"]
        lines += [f"M0 {y}H{right}" for y in dict.fromkeys((_HEAD, *self._tops)) if y < bottom]
        lines += [f"M{x} {_GROUP if first < x < last and x not in group else 0}V{bottom}" for x in self._edges[1:-1]]
        return "".join(lines)

    def _column(self, no: str) -> float:
        offices = [one.office for one in self._sop.offices]
        at = len(_BEFORE) + offices.index(self._sop.office_of(self._sop.step(no)).office)
        return (self._edges[at] + self._edges[at + 1]) / 2

    def _symbol(self, no: str) -> Drawn:
        node, stage = self._at[no], self._stages[no]
        sign = {"done": "✓", "here": "●", "again": "↺", "passed": "–", "ahead": ""}[stage.progress]
        times = f"{stage.visits}×" if stage.visits > 1 else ""
        inside = " ".join(filter(None, (sign, no, times)))
        words = Words(node.x, node.y + 4, (inside,), middle=True)
        return Drawn(node.symbol, _outline(node), words, stage.progress, stage.inferred)

    def _goes_back(self, no: str, to: str) -> bool:
        order = [one.no for one in self._sop.steps]
        return order.index(to) <= order.index(no)

    def _arrow(self, start: _Node, end: _Node, said: str | None, *, back: bool) -> Arrow:
        if end.row == start.row + 1:
            points = self._down(start, end)
            place: tuple[float, float] = (start.x + 6, start.y + start.half[1] + 12)
        else:
            points = self._along(start, end)
            (x, y), (lane, _) = points[:2]
            place = (lane + 4 if lane > x else lane - 4 - _wide(said or ""), y - 4)
        words = Words(*place, (said,)) if said else None
        line = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        return Arrow(line, _head(*points[-2:]), words, back)

    def _down(self, start: _Node, end: _Node) -> list[tuple[float, float]]:
        """Return the corners of an arrow to the next row: down, across at the line between the rows, down."""
        from_y, to_y = start.y + start.half[1], end.y - end.half[1]
        if start.x == end.x:
            return [(start.x, from_y), (end.x, to_y)]
        between: float = self._tops[end.row] if 0 <= end.row <= len(self._steps) else self._tops[0]
        between = min(max(between, from_y + 4), to_y - 10)
        return [(start.x, from_y), (start.x, between), (end.x, between), (end.x, to_y)]

    def _along(self, start: _Node, end: _Node) -> list[tuple[float, float]]:
        """Return the corners of an arrow that passes rows: aside, along a lane at a column's edge, aside again.

        A row has one symbol, so what runs across at its middle meets no other; the lane lies beside all symbols.
        """
        beside = _LANE + _BESIDE * (self._lanes % 3)
        self._lanes += 1
        if start is end:  # a decision that is taken again
            right, above = start.x + _ACTOR / 2 - beside, start.y - start.half[1] - 12
            corners = ((right, start.y), (right, above), (start.x, above))
            return [(start.x + start.half[0], start.y), *corners, (start.x, start.y - start.half[1])]
        edge = next(x for x in self._edges if x >= end.x)
        lane = edge - _ACTOR + beside if start.x < end.x else edge - beside
        leaves = 1 if lane > start.x else -1
        enters = -1 if lane < end.x else 1
        return [
            (start.x + leaves * start.half[0], start.y),
            (lane, start.y),
            (lane, end.y),
            (end.x + enters * end.half[0], end.y),
        ]


def _outline(node: _Node) -> str:
    (w, h), x, y = node.half, node.x, node.y
    if node.symbol == "capsule":
        side = w - h
        return f"M{_n(x - side)} {_n(y - h)}h{2 * side}a{h} {h} 0 0 1 0 {2 * h}h{-2 * side}a{h} {h} 0 0 1 0 {-2 * h}z"
    corners = {
        "box": ((-w, -h), (w, -h), (w, h), (-w, h)),
        "diamond": ((0, -h), (w, 0), (0, h), (-w, 0)),
        "pentagon": ((-w, -h), (w, -h), (w, h / 3), (0, h), (-w, h / 3)),
    }[node.symbol]
    return "M" + "L".join(f"{_n(x + dx)} {_n(y + dy)}" for dx, dy in corners) + "Z"


def _head(before: tuple[float, float], tip: tuple[float, float]) -> str:
    """Return the head of an arrow that ends at ``tip``, coming straight from ``before``."""
    dx, dy = ((tip[0] > before[0]) - (tip[0] < before[0])), ((tip[1] > before[1]) - (tip[1] < before[1]))
    x, y = tip[0] - 8 * dx, tip[1] - 8 * dy
    return f"M{_n(tip[0])} {_n(tip[1])}L{_n(x + 4 * dy)} {_n(y + 4 * dx)}L{_n(x - 4 * dy)} {_n(y - 4 * dx)}Z"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _least_height(row: Mapping[int, Sequence[str]]) -> int:
    return 2 * _PAD + _LINE * max(map(len, row.values()))


def wrapped(text: str, width: float) -> tuple[str, ...]:
    """Return ``text`` in lines of at most ``width`` units at 12 units a letter; what is too long ends with "…"."""
    lines = [""]
    for word in text.split():
        for piece in _pieces(word, width):
            longer = f"{lines[-1]} {piece}" if lines[-1] else piece
            if _wide(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(piece)
    return tuple(lines) if len(lines) <= _MOST_LINES else (*lines[: _MOST_LINES - 1], "…")


def _pieces(word: str, width: float) -> list[str]:
    """Return a word in pieces that fit."""
    ends = [0]
    for at in range(1, len(word) + 1):
        if _wide(word[ends[-1] : at]) > width and at - 1 > ends[-1]:
            ends.append(at - 1)
    return [word[a:b] for a, b in pairwise([*ends, len(word)])]


def _wide(text: str) -> float:
    """Return about how wide a text is: no font is known here, so it is taken rather too wide than too narrow."""
    return sum(map(_width, text))


def _width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0
    if unicodedata.east_asian_width(letter) in "WF" or ord(letter) > 0x2E80:
        return 14
    if letter in "iljtfrI.,:;'|!()[] /":
        return 4.7
    return 11.7 if letter in "mwMW@%&" else 8.9 if letter.isupper() else 7.5
