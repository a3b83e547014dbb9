"""The drawing of an SOP: five symbols, a column an actor, an arrow a way, and text that stays in its cell."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from api.desk.sop_chart import MOST_STEPS, Sheet, Stage, sheets, wrapped
from ledger.sop import Sop
from tests.activity_sop import activity_sop
from tests.kit import the_sop


def drawn(sop: Sop, **stages: Stage) -> tuple[Sheet, ...]:
    plain = {step.no: Stage(step.waktu.raw, inferred=step.pelaksana.basis == "disimpulkan") for step in sop.steps}
    return sheets(sop, plain | {no.removeprefix("step_"): one for no, one in stages.items()})


def numbers(path: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?[0-9]+(?:\.[0-9]+)?", path)]


def test_the_iku_sop_has_its_five_symbols_on_two_sheets() -> None:
    found = drawn(the_sop())
    symbols = Counter(one.symbol for sheet in found for one in sheet.symbols)
    assert symbols == {"capsule": 2, "diamond": 1, "box": 7, "pentagon": 2}
    assert [len([one for one in sheet.symbols if one.symbol != "pentagon"]) for sheet in found] == [5, 5]
    pentagons = [one.words.lines for sheet in found for one in sheet.symbols if one.symbol == "pentagon"]
    assert pentagons == [("A",), ("A",)], "the flow goes on where the same letter stands"


@pytest.mark.parametrize("sop", [the_sop(), activity_sop()], ids=["iku", "surat-keterangan"])
def test_every_way_has_its_arrow_and_a_decision_says_which_outcome_takes_it(sop: Sop) -> None:
    found = drawn(sop)
    crossing = sum(one.symbol == "pentagon" for sheet in found for one in sheet.symbols) // 2
    ways = [way for step in sop.steps for way in step.next]
    arrows = [one for sheet in found for one in sheet.arrows]
    assert len(arrows) == len(ways) + crossing
    said = Counter(one.words.lines[0] for one in arrows if one.words)
    assert said == Counter(way.when for way in ways if way.when)


def test_a_symbol_stands_in_the_column_of_its_office() -> None:
    sop = the_sop()
    headings = {" ".join(one.lines): one.x for sheet in drawn(sop) for one in sheet.words if one.heading}
    at = {
        re.sub(r"[^0-9]", "", one.words.lines[0]): one.words.x
        for sheet in drawn(sop)
        for one in sheet.symbols
        if one.symbol != "pentagon"
    }
    assert at == {step.no: headings[sop.office_of(step).name] for step in sop.steps}


def test_the_way_back_is_drawn_apart_and_leads_up() -> None:
    (back,) = [one for sheet in drawn(the_sop()) for one in sheet.arrows if one.back]
    assert back.words is not None
    assert back.words.lines == ("returned",)
    line = numbers(back.line)
    assert line[-1] < line[1], "it ends above where it begins"


def test_no_way_runs_through_a_symbol_that_it_does_not_touch() -> None:
    for sop in (the_sop(), activity_sop()):
        for sheet in drawn(sop):
            boxes = [_box(one.outline) for one in sheet.symbols if one.symbol != "capsule"]
            for arrow in sheet.arrows:
                values = numbers(arrow.line)
                points = list(zip(values[::2], values[1::2], strict=True))
                for (x1, y1), (x2, y2) in pairwise(points):
                    for left, top, right, bottom in boxes:
                        inside = max(min(x1, x2), left + 1) < min(max(x1, x2), right - 1) + (x1 == x2) * 0.5
                        across = max(min(y1, y2), top + 1) < min(max(y1, y2), bottom - 1) + (y1 == y2) * 0.5
                        assert not (inside and across), (sop.slug, arrow.line)


def _box(outline: str) -> tuple[float, float, float, float]:
    values = numbers(outline)
    return min(values[::2]), min(values[1::2]), max(values[::2]), max(values[1::2])


def test_what_a_case_did_is_in_the_symbols_themselves_and_not_in_their_colour_alone() -> None:
    done, here = Stage("10 menit", False, "done", 1), Stage("–", True, "here", 2)
    symbols = {one.words.lines[0]: one for one in drawn(the_sop(), step_1=done, step_2=here)[0].symbols}
    assert symbols["✓ 1"].progress == "done"
    assert (symbols["● 2 2×"].progress, symbols["● 2 2×"].inferred) == ("here", True)
    assert symbols["3"].progress == "ahead"


def changed(**steps: dict[str, Any]) -> Sop:
    value = the_sop().plain()
    for no, members in steps.items():
        value["steps"][int(no.removeprefix("step_")) - 1].update(members)
    return Sop.read(value, "test", "SOP")


def test_the_longest_text_that_a_cell_can_have_stays_on_its_sheet() -> None:
    word = {"raw": "W" * 1000, "reading": "W" * 1000, "basis": "sumber"}
    many = {"raw": "kata " * 199 + "kata", "reading": "x", "basis": "sumber"}
    (first, _) = drawn(changed(step_1={"kegiatan": word}, step_2={"kegiatan": many}))
    for one in first.words:
        assert one.y + 16 * (len(one.lines) - 1) < first.height
    (cell,) = [one for one in first.words if one.lines[0].startswith("WWWW")]
    assert cell.lines[-1] == "…"
    assert max(map(len, cell.lines)) <= 16
    assert any(one.lines[-1] == "…" and one.lines[0].startswith("kata") for one in first.words)


@pytest.mark.parametrize("text", ["", "satu", "dua kata", "漢字" * 40, "e\u0301" * 60, "🙂" * 30, "a" * 200])
def test_wrapping_loses_no_letter_of_what_it_shows(text: str) -> None:
    lines = wrapped(text, 120)
    assert "".join("".join(lines).split()) == "".join(text.split()) or lines[-1] == "…"


def test_a_sheet_has_at_most_as_many_steps_as_the_form() -> None:
    for sop in (the_sop(), activity_sop()):
        assert all(sum(one.symbol != "pentagon" for one in sheet.symbols) <= MOST_STEPS for sheet in drawn(sop))
