"""A register that grows old judges as quickly as a young one; in instructions, which no busy machine changes."""

from __future__ import annotations

import sys
from functools import cache
from types import FrameType
from typing import Any

import pytest

from ledger.streams import judge
from tests.bench.register import Judging

KINDS = ("paraf.given", "mandate.proposed", "mandate.approved", "key.revoked", "mandate.withdrawn")


@cache
def against(acts: int) -> Judging:
    """Return what is judged against a register that so many acts have made."""
    return Judging(acts)


def instructions(acts: int, kind: str) -> int:
    """Return how many bytecode instructions are executed to judge an act of this kind."""
    paper = against(acts).scene.paper
    (signed,) = [one for one in against(acts).signed if one.act.kind == kind]
    counted = 0

    def counting(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal counted
        frame.f_trace_opcodes = True
        counted += event == "opcode"
        return counting

    before = sys.gettrace()
    sys.settrace(counting)
    try:
        judge(paper, signed, paper.leaves, paper.now)
    finally:
        sys.settrace(before)
    return counted


@pytest.mark.parametrize("kind", KINDS)
def test_judging_against_5000_register_acts_takes_hardly_more_than_against_100(kind: str) -> None:
    young = instructions(100, kind)
    assert young > 100, "nothing was counted"
    assert instructions(5000, kind) <= 1.5 * young


def test_every_act_that_is_judged_against_a_long_register_is_in_this_table() -> None:
    assert [one.act.kind for one in against(100).signed] == list(KINDS)
