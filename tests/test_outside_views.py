"""What left the SOP's path, or was recorded late from paper, is marked in the state and in the trail of its case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from projections import audit_trail, inbox
from tests.kit import CASE, the_sop
from tests.test_projections import Desk

Json = dict[str, Any]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


def trail(desk: Desk) -> list[Json]:
    desk.views.catch_up()
    with desk.views.reading() as connection:
        return audit_trail.trail(connection, CASE)


def returned(desk: Desk) -> None:
    """Play to the paraf, given on paper; then the Camat returns the document at 7 to the typist."""
    steps = desk.kecamatan.steps()
    paraf = steps[5][2] | {"paper": {"scan": desk.kecamatan.proof, "by": "Nur Aini (sintetis)"}}
    desk.do(CASE, *steps[:5], (*steps[5][:2], paraf))
    body = {"step": "7", "to": "4", "document": desk.kecamatan.iku["digest"], "reason": "Renstra berubah."}
    assert desk.case()["paraf"]["by"] == "Nur Aini (sintetis)"
    assert desk.case()["paraf"]["paper"] is True
    desk.do(CASE, ("sri-wahyuni", "document.returned", body))


def waiting(desk: Desk) -> set[str]:
    """Return the offices in whose inbox something waits."""
    desk.views.catch_up()
    with desk.views.reading() as connection:
        return {one.office for one in the_sop().offices if inbox.inbox(connection, one.office, "kalipare")}


def flagged(row: Json) -> dict[str, str]:
    return {flag["name"]: flag["sentence"] for flag in row["flags"]}


def test_a_return_outside_the_path_is_a_return_a_deviation_and_a_flag(desk: Desk) -> None:
    returned(desk)
    state, row = desk.case(), trail(desk)[-1]
    assert (state["step"]["no"], state["round"]) == ("4", 2)
    assert state["since"]["leaf_index"] == row["leaf_index"], "the typist's turn began with the return"
    (entry,) = state["returns"]
    assert (entry["round"], entry["reason"], entry["leaf"]) == (1, "Renstra berubah.", row["leaf"])
    (outside,) = state["deviations"]
    assert (outside["leaf_index"], outside["kind"]) == (row["leaf_index"], "document.returned")
    assert (outside["reason"], outside["by"]) == ("Renstra berubah.", "Sri Wahyuni (sintetis)")
    assert flagged(row)["deviation"] == "Di luar SOP: Renstra berubah."
    assert row["reason"] == "Renstra berubah."
    assert "deviation" in {flag["name"] for flag in state["flags"]}


def test_an_act_from_paper_is_flagged_late_in_the_trail(desk: Desk) -> None:
    returned(desk)
    row = trail(desk)[5]
    assert row["kind"] == "paraf.given"
    assert flagged(row)["late"].startswith("Dicatat menyusul dari kertas: tanda tangan basah Nur Aini (sintetis), ")
    assert [one["leaf_index"] for one in trail(desk) if "late" in flagged(one)] == [row["leaf_index"]]


def test_a_straight_case_shows_nothing_outside(desk: Desk) -> None:
    desk.do(CASE, *desk.kecamatan.steps())
    state = desk.case()
    assert (state["deviations"], state["corrections"], state["withdrawn"], state["returns"]) == ([], [], None, [])
    assert not {"deviation", "late"} & {name for row in trail(desk) for name in flagged(row)}


def test_a_skipped_step_is_told_with_the_signers_reason(desk: Desk) -> None:
    steps = desk.kecamatan.steps()
    desk.do(CASE, steps[0], (*steps[2][:2], steps[2][2] | {"deviation": "Sekcam dinas luar."}))
    assert [(one["kind"], one["reason"]) for one in desk.case()["deviations"]] == [
        ("concept.drafted", "Sekcam dinas luar.")
    ]
    assert trail(desk)[-1]["reason"] == "Sekcam dinas luar."


def test_a_withdrawn_case_says_so_and_waits_for_nobody(desk: Desk) -> None:
    withdrawal = ("sri-wahyuni", "disposition.withdrawn", {"step": "1", "reason": "Surat masuk dibatalkan."})
    desk.do(CASE, *desk.kecamatan.steps()[:3])
    assert waiting(desk) == {"staf"}
    desk.do(CASE, withdrawal)
    state = desk.case()
    assert (state["withdrawn"]["by"], state["withdrawn"]["reason"]) == (
        "Sri Wahyuni (sintetis)",
        "Surat masuk dibatalkan.",
    )
    assert (state["finished"], state["step"]) == (False, None)
    assert waiting(desk) == set()


def test_a_correction_stands_in_the_state_with_both_versions(desk: Desk) -> None:
    desk.do(CASE, *desk.kecamatan.steps()[:2])
    first = trail(desk)[0]
    slip = {"leaf": first["leaf"], "field": "subject", "old": "Penyusunan IKU 2026", "new": "Penyusunan IKU 2026-2030"}
    desk.do(CASE, ("sri-wahyuni", "correction.recorded", {"step": "1", "reason": "Salah tulis."} | slip))
    state, row = desk.case(), trail(desk)[-1]
    (correction,) = state["corrections"]
    assert correction == {
        "leaf_index": row["leaf_index"],
        "leaf": row["leaf"],
        "reason": "Salah tulis.",
        "by": "Sri Wahyuni (sintetis)",
        "of": first["leaf"],
        "field": "subject",
        "old": "Penyusunan IKU 2026",
        "new": "Penyusunan IKU 2026-2030",
    }
    assert state["subject"] == "Penyusunan IKU 2026", "nothing is overwritten"
    assert state["step"]["no"] == "3"


def test_what_is_rebuilt_shows_the_same(desk: Desk) -> None:
    returned(desk)
    grown = desk.case()
    again = desk.open(desk.file.with_name("again.sqlite"))
    again.catch_up()
    assert desk.dump(again) == desk.dump()
    assert grown["deviations"]
    again.close()
