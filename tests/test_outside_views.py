"""What left the SOP's path, or was recorded late from paper, is marked in the state and in the trail of its case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from projections import audit_trail, iku_state, inbox
from tests.kit import CASE, the_sop
from tests.test_projections import OTHER, THIRD, Desk

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
    row = trail(desk)[-1]
    assert (row["reason"], row["deviation"]) == (None, "Sekcam dinas luar.")


def test_an_act_with_a_reason_of_its_own_out_of_order_has_both_reasons(desk: Desk) -> None:
    steps = desk.kecamatan.steps()
    why = {"decision": "returned", "reason": "Rumus memuat target.", "deviation": "Rapat mendadak."}
    desk.do(CASE, *steps[:5], (*steps[4][:2], steps[4][2] | why))
    row = trail(desk)[-1]
    assert (row["reason"], row["deviation"]) == ("Rumus memuat target.", "Rapat mendadak.")


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


def replacing(desk: Desk, case: str, upto: int = 1) -> None:
    """Open a case that replaces the first, and play it through its first ``upto`` acts."""
    signature = desk.case()["signature"]["leaf"]
    official, kind, body = desk.kecamatan.steps()[0]
    named = {"supersedes": {"case": CASE.removeprefix("case:"), "signature": signature}}
    desk.do(case, (official, kind, body | named), *desk.kecamatan.steps()[1:upto])


def in_force(desk: Desk) -> Json:
    desk.views.catch_up()
    with desk.views.reading() as connection:
        found = iku_state.iku_in_force(connection, "kalipare", 2026, 2026)
    assert found is not None
    return found


def test_a_case_and_the_one_that_replaces_it_name_each_other(desk: Desk) -> None:
    desk.do(CASE, *desk.kecamatan.steps()[:7])
    assert (desk.case()["supersedes"], desk.case()["superseded_by"]) == (None, [])
    replacing(desk, OTHER)
    old, new = desk.case(), desk.case(OTHER)
    assert old["superseded_by"] == [{"case": new["case"], "opened_index": new["opened_index"]}]
    assert new["supersedes"] == {"case": old["case"], "signature": old["signature"]["leaf"]}
    assert (old["notices"], new["notices"]) == ([], [])
    assert in_force(desk)["superseded_by"] == old["superseded_by"], "opened, but not signed yet"


def test_the_iku_that_took_over_names_the_one_before_and_lists_it_beside_itself(desk: Desk) -> None:
    desk.do(CASE, *desk.kecamatan.steps()[:7])
    replacing(desk, OTHER, 7)
    old, now = desk.case(), in_force(desk)
    assert now["others_signed"] == [{"case": old["case"], "signed_index": old["signature"]["leaf_index"]}]
    assert now["supersedes"]["case"] == old["case"]
    assert (now["notices"], old["notices"]) == ([], [])


def test_an_iku_that_took_over_without_naming_the_one_in_force_is_told_on_both(desk: Desk) -> None:
    desk.do(CASE, *desk.kecamatan.steps()[:7])
    desk.do(OTHER, *desk.kecamatan.steps()[:7])
    old, now = desk.case(), in_force(desk)
    (said,), (before,) = now["notices"], old["notices"]
    assert "tanpa menyebut yang berlaku sebelumnya" in said
    assert old["case"] in said
    assert now["case"] in before


def test_more_than_one_successor_and_one_that_was_withdrawn_are_told(desk: Desk) -> None:
    desk.do(CASE, *desk.kecamatan.steps()[:7])
    withdrawal = ("sri-wahyuni", "disposition.withdrawn", {"step": "1", "reason": "Surat masuk dibatalkan."})
    replacing(desk, OTHER)
    desk.do(OTHER, withdrawal)
    (said,) = desk.case()["notices"]
    assert said.endswith("sudah ditarik disposisinya, jadi perkara ini belum digantikan.")
    replacing(desk, THIRD)
    (said,) = desk.case()["notices"]
    assert said.endswith("sudah ditarik disposisinya.")
    fourth = "case:44444444-4444-4444-8444-444444444444"
    replacing(desk, fourth)
    twice, gone = desk.case()["notices"]
    assert all(one.removeprefix("case:") in twice for one in (THIRD, fourth))
    assert OTHER.removeprefix("case:") in gone
    assert OTHER.removeprefix("case:") not in twice


def test_what_is_rebuilt_shows_the_same(desk: Desk) -> None:
    returned(desk)
    grown = desk.case()
    again = desk.open(desk.file.with_name("again.sqlite"))
    again.catch_up()
    assert desk.dump(again) == desk.dump()
    assert grown["deviations"]
    again.close()
