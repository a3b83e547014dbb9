"""Outside the path: signed with a reason and marked, or refused; what binds in order binds out of order as well."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.errors import JejakError, NotAllowed
from ledger.case import Case
from ledger.case_rules import decide
from ledger.deviation_flags import deviation, late
from ledger.sop import Sop
from tests.activity_sop import PDF, SLUG, activity_sop
from tests.kit import CASE, IKU, PEOPLE, the_sop
from tests.scene import Scene, opened_scene, reference, variant

Act = tuple[str, str, dict[str, Any]]
Json = dict[str, Any]

SCENE = opened_scene()
STEPS = SCENE.steps()
OPEN, DIRECT, DRAFT, TYPE, APPROVE, PARAF, SIGN, DISTRIBUTE, AGENDA_ORDER, AGENDA, FIRST, SECOND = STEPS
WHY = {"deviation": "Sekcam dinas luar; arahan lewat telepon."}
IKU_NOW = {"document": SCENE.iku["digest"]}
OTHER_CASE = "case:22222222-2222-4222-8222-222222222222"
BACK = ("budi-santoso", "document.returned", {"step": "6", "to": "4", "reason": "Renstra berubah."} | IKU_NOW)
BACK_AT_7 = ("sri-wahyuni", "document.returned", BACK[2] | {"step": "7"})
WITHDRAW = ("sri-wahyuni", "disposition.withdrawn", {"step": "1", "reason": "Surat masuk dibatalkan."})


def but(act: Act, **changes: Any) -> Act:
    return act[0], act[1], act[2] | changes


class Given:
    """A case with these acts."""

    def __init__(self, *acts: Act, scene: Scene = SCENE, case: str = CASE) -> None:
        self.scene, self.name = scene.copy(), case
        self.leaves: list[str] = []
        for act in acts:
            self.then_taken(act)

    @property
    def case(self) -> Case:
        return self.scene.case(self.name)

    def then_taken(self, act: Act) -> Case:
        official, kind, body = act
        self.leaves.append(self.scene.do(official, self.name, kind, body).recorded.leaf)
        return self.case

    def then_refused(self, act: Act) -> JejakError:
        official, kind, body = act
        return self.scene.refused(self.scene.sign(official, self.name, kind, body))

    def revision(self) -> Act:
        """Return the revision that answers the newest act, which returned the document."""
        answers = {"round": self.case.round, "answers": self.leaves[-1], "replaces": SCENE.iku["digest"]}
        return "agus-salim", "concept.revised", {"step": "4", "document": SCENE.iku_mended} | answers


def under(sop: Sop) -> tuple[Scene, Act]:
    """Return a scene in which this version is in force, and the disposition that opens a case under it."""
    scene = SCENE.enacted(sop)
    return scene, but(OPEN, sop={"slug": sop.slug, "leaf": scene.sop_leaf})


# --- out of order -----------------------------------------------------------------------------------------


def test_a_step_is_skipped_only_with_a_signed_reason() -> None:
    given_case = Given(OPEN)
    fault = given_case.then_refused(DRAFT)
    assert fault.rule == "sop.order"
    assert "alasan penyimpangan" in fault.allowed
    case = given_case.then_taken(but(DRAFT, **WHY))
    assert (case.step, case.steps_done) == ("4", ("1", "3"))
    assert case.deviations == (given_case.leaves[-1],)


def test_a_step_is_done_again_only_with_a_signed_reason() -> None:
    given_case = Given(*STEPS[:6])
    assert given_case.then_refused(DRAFT).rule == "sop.order"
    case = given_case.then_taken(but(DRAFT, document=SCENE.iku_mended, **WHY))
    assert (case.step, case.approved, case.paraf) == ("4", None, None)
    assert {"iku", "iku-diparaf"}.isdisjoint(case.things)


def test_activities_of_one_step_change_places_only_with_a_signed_reason() -> None:
    given_case = Given(*STEPS[:9])
    assert given_case.then_refused(FIRST).rule == "sop.activity"
    case = given_case.then_taken(but(FIRST, **WHY))
    assert (case.step, case.dispatched) == ("10", ("Bagian Organisasi Setda",))
    assert given_case.then_refused(SECOND).rule == "sop.activity", "the agenda row is still due first"
    given_case.then_taken(AGENDA)
    assert given_case.then_taken(SECOND).finished


@pytest.mark.parametrize("at", range(12))
def test_an_act_whose_turn_it_is_takes_no_reason_to_deviate(at: int) -> None:
    fault = Given(*STEPS[:at]).then_refused(but(STEPS[at], **WHY))
    assert fault.rule == "sop.needless"


@pytest.mark.parametrize("act", [BACK, WITHDRAW], ids=lambda act: act[1])
def test_an_act_that_is_outside_by_nature_says_its_reason_once(act: Act) -> None:
    assert Given(*STEPS[:5]).then_refused(but(act, **WHY)).rule == "sop.needless"


def test_a_deviation_needs_the_kelengkapan_all_the_same() -> None:
    fault = Given(*STEPS[:4]).then_refused(but(PARAF, **WHY))
    assert fault.rule == "sop.kelengkapan"


def test_a_deviation_comes_from_the_steps_office_all_the_same() -> None:
    official, kind, body = but(DRAFT, **WHY)
    assert official != "agus-salim"
    assert Given(OPEN).then_refused(("agus-salim", kind, body)).rule == "authority.office"


def test_a_deviation_names_the_cases_document_all_the_same() -> None:
    act = but(APPROVE, document=SCENE.iku_mended["digest"], **WHY)
    assert Given(*STEPS[:6]).then_refused(act).rule == "case.document"


def test_a_deviation_does_an_activity_of_its_step_all_the_same() -> None:
    assert Given(OPEN).then_refused(("ratna-sari", "concept.typed", DRAFT[2] | WHY)).rule == "sop.activity"


def test_a_case_is_not_opened_a_second_time_by_a_deviation() -> None:
    assert Given(*STEPS[:3]).then_refused(but(OPEN, **WHY)).rule == "case.open"


@pytest.mark.parametrize("act", STEPS[1:7], ids=lambda act: str(act[1]))
def test_nothing_before_the_signature_is_done_again_after_it(act: Act) -> None:
    fault = Given(*STEPS[:7]).then_refused(but(act, **WHY))
    assert fault.rule == "case.signed"
    assert "menggantikan" in fault.allowed


def test_what_follows_the_signature_can_still_leave_the_path() -> None:
    given_case = Given(*STEPS[:8])
    given_case.then_taken(but(AGENDA, **WHY))
    given_case.then_taken(FIRST)
    case = given_case.then_taken(SECOND)
    assert case.finished
    assert "9" not in case.steps_done


def test_a_finished_case_takes_no_deviation() -> None:
    assert Given(*STEPS).then_refused(but(AGENDA, **WHY)).rule == "case.finished"


def test_a_review_that_takes_its_own_agreement_back_leaves_none() -> None:
    again = but(APPROVE, decision="returned", reason="Keliru disetujui.", **WHY)
    case = Given(*STEPS[:5], again).case
    assert (case.step, case.round, case.approved) == ("4", 2, None)
    assert "iku" not in case.things


def test_a_review_that_takes_its_agreement_back_takes_the_paraf_that_rested_on_it() -> None:
    again = but(APPROVE, decision="returned", reason="Keliru disetujui.", **WHY)
    case = Given(*STEPS[:6], again).case
    assert (case.approved, case.paraf) == (None, None)
    fault = Given(*STEPS[:6], again).then_refused(but(STEPS[6], **WHY))
    assert fault.rule == "sop.kelengkapan", "nothing is signed that nobody agreed to"


# --- returned at 6 or 7 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["6", "7"])
def test_sekcam_or_camat_returns_to_the_typist_and_5_and_6_follow_again(at: str) -> None:
    given_case = Given(*STEPS[: int(at) - 1], BACK if at == "6" else BACK_AT_7)
    assert (given_case.case.step, given_case.case.round) == ("4", 2)
    assert given_case.case.deviations == (given_case.leaves[-1],)
    case = given_case.then_taken(given_case.revision())
    assert (case.step, case.approved, case.paraf, case.returned) == ("5", None, None, None)
    mended = {"document": SCENE.iku_mended["digest"]}
    assert given_case.then_refused(but(SIGN, **mended)).rule == "sop.kelengkapan"
    given_case.then_taken(but(APPROVE, **mended))
    assert given_case.case.step == "6"
    given_case.then_taken(but(PARAF, **mended))
    case = given_case.then_taken(but(SIGN, **mended))
    assert (case.step, case.round) == ("8", 2)


@pytest.mark.parametrize("at", ["6", "7"])
def test_sekcam_or_camat_returns_to_who_drafts_and_4_5_and_6_follow_again(at: str) -> None:
    given_case = Given(*STEPS[: int(at) - 1], but(BACK if at == "6" else BACK_AT_7, to="3"))
    assert given_case.case.step == "3"
    for act in STEPS[2:]:
        given_case.then_taken(act)
    assert given_case.case.finished
    assert len(given_case.case.deviations) == 1


def test_a_return_voids_nothing_before_there_is_a_new_draft() -> None:
    case = Given(*STEPS[:6], BACK_AT_7).case
    assert case.approved is not None
    assert case.paraf is not None


@pytest.mark.parametrize("to", ["1", "2", "5", "6", "7", "8"])
def test_a_document_is_returned_only_to_a_step_above_that_drafts(to: str) -> None:
    fault = Given(*STEPS[:6]).then_refused(but(BACK_AT_7, to=to))
    assert fault.rule == "case.return"
    assert fault.allowed == "Dapat dikembalikan ke langkah: 3, 4."


def test_a_document_is_not_returned_to_the_step_where_it_is_nor_to_one_below() -> None:
    given_case = Given(*STEPS[:6], but(BACK_AT_7, to="3"))
    for to in ("3", "4"):
        act = ("ratna-sari", "document.returned", BACK[2] | {"step": "3", "to": to})
        assert given_case.then_refused(act).rule == "case.return"


def test_who_does_not_have_the_turn_returns_nothing() -> None:
    assert Given(*STEPS[:5]).then_refused(BACK_AT_7).rule in ("sop.order", "sop.kelengkapan")
    assert Given(*STEPS[:6]).then_refused(BACK).rule == "sop.order"
    for official in PEOPLE:
        if PEOPLE[official][1] != "sekcam":
            fault = Given(*STEPS[:5]).then_refused((official, *BACK[1:]))
            assert fault.rule == "authority.office"


def test_a_step_that_decides_returns_by_its_decision() -> None:
    act = ("ratna-sari", "document.returned", BACK[2] | {"step": "5"})
    assert Given(*STEPS[:4]).then_refused(act).rule == "case.return"


def test_another_document_than_the_cases_is_not_returned() -> None:
    assert Given(*STEPS[:5]).then_refused(but(BACK, document=SCENE.iku_mended["digest"])).rule == "case.document"


def test_a_signed_document_is_not_returned() -> None:
    act = ("budi-santoso", "document.returned", BACK[2] | {"step": "8"})
    assert Given(*STEPS[:7]).then_refused(act).rule == "case.signed"


# --- withdrawn --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("done", range(1, 7))
def test_who_disposed_withdraws_at_any_time_before_the_signature(done: int) -> None:
    given_case = Given(*STEPS[:done], WITHDRAW)
    case = given_case.case
    assert case.withdrawn is not None
    assert case.withdrawn.official == "sri-wahyuni"
    assert (case.step, case.finished, case.due()) == (None, False, None)
    assert case.deviations == (given_case.leaves[-1],)


@pytest.mark.parametrize("done", [7, 8, 10])
def test_after_the_signature_nothing_is_withdrawn(done: int) -> None:
    assert Given(*STEPS[:done]).then_refused(WITHDRAW).rule == "case.signed"


def test_a_finished_case_is_not_withdrawn() -> None:
    assert Given(*STEPS).then_refused(WITHDRAW).rule == "case.finished"


def test_nobody_else_withdraws() -> None:
    for official in PEOPLE:
        if PEOPLE[official][1] != "camat":
            assert Given(*STEPS[:3]).then_refused((official, *WITHDRAW[1:])).rule == "authority.office"
    assert Given(*STEPS[:3]).then_refused(but(WITHDRAW, step="7")).rule == "case.withdrawal"


def test_a_case_that_was_not_opened_is_not_withdrawn() -> None:
    assert Given().then_refused(WITHDRAW).rule == "case.open"


@pytest.mark.parametrize("act", [*STEPS, BACK, WITHDRAW], ids=lambda act: f"{act[1]}-{act[2].get('recipient', '')}")
def test_nothing_follows_a_withdrawal(act: Act) -> None:
    fault = Given(*STEPS[:5], WITHDRAW).then_refused(act)
    assert fault.rule == "case.withdrawn"


def test_a_slip_of_the_pen_is_put_right_even_after_a_withdrawal() -> None:
    given_case = Given(*STEPS[:2], WITHDRAW)
    slip = {"leaf": given_case.leaves[2], "field": "reason", "old": WITHDRAW[2]["reason"], "new": "Surat ditarik."}
    act = ("sri-wahyuni", "correction.recorded", {"step": "1", "reason": "Salah tulis."} | slip)
    assert len(given_case.then_taken(act).corrections) == 1


# --- paper ------------------------------------------------------------------------------------------------


PAPER = {"paper": {"scan": SCENE.proof, "by": "Nur Aini (sintetis)"}}


def test_a_mark_recorded_from_paper_says_so_and_names_whose_hand_it_was() -> None:
    case = Given(*STEPS[:5], but(PARAF, **PAPER)).case
    assert case.paraf is not None
    assert (case.paraf.official, case.paraf.paper, case.paraf.by) == ("budi-santoso", True, "Nur Aini (sintetis)")
    assert case.approved is not None
    assert (case.approved.paper, case.approved.by) == (False, None)
    assert case.deviations == (), "late is not outside the path"


def test_paper_takes_nobody_into_an_office_that_is_not_theirs() -> None:
    official, kind, body = but(PARAF, **PAPER)
    assert official != "agus-salim"
    assert Given(*STEPS[:5]).then_refused(("agus-salim", kind, body)).rule == "authority.office"


def test_flags_tell_what_left_the_path_and_what_came_from_paper() -> None:
    acts = {act.kind: act for act in Given(OPEN, but(DRAFT, **WHY), but(TYPE, **PAPER)).case.acts.values()}
    assert list(deviation(acts["concept.drafted"])) == [("deviation", f"Di luar SOP: {WHY['deviation']}")]
    assert list(late(acts["concept.drafted"])) == list(deviation(acts["concept.typed"])) == []
    ((name, said),) = late(acts["concept.typed"])
    assert name == "late"
    assert said.startswith("Dicatat menyusul dari kertas: tanda tangan basah Nur Aini (sintetis), bukan ")


# --- superseding ------------------------------------------------------------------------------------------


def replacing(signature: str, **changes: Any) -> Act:
    return but(OPEN, supersedes={"case": CASE.removeprefix("case:"), "signature": signature}, **changes)


def replacing_refused(first: Given, act: Act, name: str = OTHER_CASE) -> JejakError:
    return first.scene.refused(first.scene.sign(act[0], name, act[1], act[2]))


def test_a_new_case_replaces_a_signed_one_and_may_not_be_finished_yet() -> None:
    first = Given(*STEPS[:7])
    second = Given(replacing(first.leaves[6]), scene=first.scene, case=OTHER_CASE)
    assert second.case.sheet is not None
    assert second.case.sheet.supersedes is not None
    assert second.case.sheet.supersedes.signature == first.leaves[6]


@pytest.mark.parametrize("leaf", [5, -1, None], ids=["the paraf", "the newest act", "no leaf"])
def test_a_case_is_replaced_only_by_the_leaf_of_its_signature(leaf: int | None) -> None:
    first = Given(*STEPS)
    named = "0" * 64 if leaf is None else first.leaves[leaf]
    assert replacing_refused(first, replacing(named)).rule == "case.supersedes"


def test_a_case_that_is_not_signed_or_does_not_exist_is_not_replaced() -> None:
    first = Given(*STEPS[:6])
    assert replacing_refused(first, replacing(first.leaves[5])).rule == "case.supersedes"
    assert replacing_refused(Given(), replacing("a" * 64)).rule == "case.supersedes"
    assert replacing_refused(Given(), replacing("a" * 64), CASE).rule == "case.supersedes"


def test_a_case_of_another_period_is_not_replaced() -> None:
    first = Given(*STEPS[:7])
    act = replacing(first.leaves[6], period={"first_year": 2027, "last_year": 2027})
    assert replacing_refused(first, act).rule == "case.supersedes"


def test_a_case_of_another_unit_is_not_replaced() -> None:
    # No second unit's officials are in the box: the rule itself is asked.
    first = Given(*STEPS[:7])
    second = Given(replacing(first.leaves[6]), scene=first.scene, case=OTHER_CASE)
    opening = next(iter(second.case.acts.values()))
    decide(None, opening, the_sop(), first.case)
    with pytest.raises(NotAllowed) as caught:
        decide(None, opening, variant(lambda sop: sop.update(unit="pagak")), first.case)
    assert caught.value.rule == "case.supersedes"


def test_a_case_of_another_sop_is_not_replaced() -> None:
    scene, way = activity_scene()
    first = Given(*way[:5], scene=scene)
    undated = {name: value for name, value in replacing(first.leaves[4])[2].items() if name != "period"}
    fault = replacing_refused(first, (*OPEN[:2], undated | {"subject": "Surat keterangan usaha"}))
    assert (fault.rule, SLUG in fault.detail) == ("case.supersedes", True)


def test_a_newer_version_of_the_sop_replaces_a_case_of_the_older() -> None:
    first = Given(*STEPS[:7])
    scene = first.scene.enacted(variant(lambda sop: sop.update(title="Penyusunan IKU, perubahan")))
    sop = {"slug": the_sop().slug, "leaf": scene.sop_leaf}
    assert Given(replacing(first.leaves[6], sop=sop), scene=scene, case=OTHER_CASE).case.sheet


def test_without_a_period_a_case_is_replaced_only_under_the_same_subject() -> None:
    undated = {name: value for name, value in OPEN[2].items() if name != "period"}
    first = Given((*OPEN[:2], undated), *STEPS[1:7])
    named = {"supersedes": {"case": CASE.removeprefix("case:"), "signature": first.leaves[6]}}
    fault = replacing_refused(first, (*OPEN[:2], undated | named | {"subject": "Penyusunan IKU 2027"}))
    assert (fault.rule, "“Penyusunan IKU 2026”" in fault.detail) == ("case.supersedes", True)
    assert "tanpa periode" in replacing_refused(first, replacing(first.leaves[6])).detail
    assert Given((*OPEN[:2], undated | named), scene=first.scene, case=OTHER_CASE).case.sheet


# --- any other SOP ----------------------------------------------------------------------------------------


LETTER = reference(b"surat keterangan", "surat.pdf", PDF)
LETTER_MENDED = reference(b"surat keterangan 2", "surat-2.pdf", PDF)


def activity_scene(sop: Sop | None = None) -> tuple[Scene, list[Act]]:
    """Return a scene with the second SOP in force, and its straight way."""
    scene, sop = SCENE.copy(), sop or activity_sop()
    leaf = scene.do("sri-wahyuni", f"sop:{sop.slug}", "sop.enacted", {"sop": sop.plain()}).recorded.leaf
    letter = {"document": LETTER["digest"]}
    opening = {"step": "1", "sop": {"slug": SLUG, "leaf": leaf}, "subject": "Surat keterangan usaha"}
    return scene, [
        ("agus-salim", "activity.performed", opening),
        ("hadi-wijaya", "activity.decided", {"step": "2", "decision": "lengkap"}),
        ("agus-salim", "activity.performed", {"step": "3", "document": LETTER}),
        ("budi-santoso", "activity.decided", {"step": "4", "decision": "setuju"} | letter),
        ("sri-wahyuni", "signature.given", {"step": "5"} | letter),
        ("sri-wahyuni", "activity.performed", {"step": "5"}),
        ("agus-salim", "activity.performed", {"step": "6", "attachments": [SCENE.proof]}),
    ]


def performed(done: int) -> tuple[Given, list[Act]]:
    scene, way = activity_scene()
    return Given(*way[:done], scene=scene), way


def test_another_sop_runs_to_its_end_from_its_file_alone() -> None:
    given_case, _ = performed(7)
    case = given_case.case
    assert case.finished
    assert (case.steps_done, case.deviations) == (("1", "2", "3", "4", "5", "6"), ())
    assert case.signature is not None
    assert case.sheet is None


def test_the_activity_that_opens_a_case_names_its_sop_and_what_it_is_about() -> None:
    given_case, way = performed(0)
    body = dict(way[0][2])
    del body["subject"]
    fault = given_case.then_refused((*way[0][:2], body))
    assert fault.rule == "case.open"
    assert "pokoknya" in fault.allowed
    assert given_case.then_refused(way[2]).rule == "case.open"


def test_a_case_that_an_activity_opened_is_opened_once() -> None:
    given_case, way = performed(1)
    assert given_case.then_refused(way[0]).rule == "case.open"
    assert given_case.then_refused(but(way[0], **WHY)).rule == "case.open"


def test_a_decision_that_leads_back_needs_a_reason_and_begins_a_round() -> None:
    given_case, way = performed(1)
    act = but(way[1], decision="kurang")
    assert given_case.then_refused(act).rule == "sop.reason"
    case = given_case.then_taken(but(act, reason="Belum ada pengantar."))
    assert (case.step, case.round, case.returned) == ("1", 2, given_case.leaves[-1])
    case = given_case.then_taken(("agus-salim", "activity.performed", {"step": "1"}))
    assert (case.step, case.returned) == ("2", None)
    assert given_case.then_taken(way[1]).step == "3"


def test_a_second_agreement_leads_on_though_the_steps_after_it_were_done_before() -> None:
    given_case, way = performed(3)
    given_case.then_taken(but(way[3], decision="ulang", reason="Salah nama."))
    given_case.then_taken(but(way[2], document=LETTER_MENDED))
    mended = {"document": LETTER_MENDED["digest"]}
    given_case.then_taken(but(way[3], **mended))
    given_case.then_taken(
        ("sri-wahyuni", "document.returned", {"step": "5", "to": "3", "reason": "Salah cap."} | mended)
    )
    given_case.then_taken(way[2])
    case = given_case.then_taken(way[3])
    assert (case.step, case.round) == ("5", 3)


def test_an_outcome_that_the_sop_does_not_have_is_refused() -> None:
    given_case, way = performed(1)
    fault = given_case.then_refused(but(way[1], decision="ragu-ragu"))
    assert fault.rule == "sop.outcome"
    assert fault.allowed == "Hasilnya: lengkap, kurang."


def test_a_decision_is_upon_the_document_that_the_case_holds() -> None:
    given_case, way = performed(3)
    for body in ({"step": "4", "decision": "setuju"}, way[3][2] | {"document": LETTER_MENDED["digest"]}):
        assert given_case.then_refused(("budi-santoso", "activity.decided", body)).rule == "case.document"
    early, way = performed(1)
    assert early.then_refused(but(way[1], document=LETTER["digest"])).rule == "case.document"


def test_a_step_of_two_activities_is_done_when_both_are() -> None:
    given_case, way = performed(4)
    assert given_case.then_refused(way[5]).rule == "sop.activity"
    case = given_case.then_taken(way[4])
    assert (case.step, case.due()) == ("5", (case.sop.step("5"), ("activity.performed",)))
    assert given_case.then_taken(way[5]).step == "6"


def test_an_activity_brings_no_new_draft_after_the_signature() -> None:
    given_case, way = performed(5)
    assert given_case.then_refused(but(way[5], document=LETTER_MENDED)).rule == "case.signed"
    assert given_case.then_refused(but(way[2], **WHY)).rule == "case.signed"


def test_activities_after_the_signature_may_leave_the_path() -> None:
    given_case, way = performed(5)
    case = given_case.then_taken(but(way[6], **WHY))
    assert case.finished
    assert case.deviations == (given_case.leaves[-1],)


def test_what_was_done_at_one_step_does_not_count_at_the_step_that_a_deviation_leads_to() -> None:
    def two_and_two(sop: Json) -> None:
        sop["steps"][4]["activities"] = ["activity.performed", "signature.given"]
        sop["steps"][5]["activities"] = ["activity.performed", "agenda.recorded"]

    scene, way = activity_scene(activity_sop(two_and_two))
    given_case = Given(*way[:4], way[5], scene=scene)
    row = ("agus-salim", "agenda.recorded", AGENDA[2] | {"step": "6", "document": LETTER["digest"]} | WHY)
    case = given_case.then_taken(row)
    assert (case.step, case.due()) == ("6", (case.sop.step("6"), ("activity.performed",)))


def test_a_draft_of_another_kind_of_document_than_the_sops_is_refused() -> None:
    given_case, way = performed(2)
    assert given_case.then_refused(but(way[2], document=SCENE.iku)).rule == "case.media_type"


def test_a_case_is_opened_by_the_first_activity_of_its_first_step() -> None:
    scene, opening = under(
        variant(lambda sop: sop["steps"][0].update(activities=["disposition.issued", "activity.performed"]))
    )
    body = {"step": "1", "sop": opening[2]["sop"], "subject": "Penyusunan IKU"}
    given_case = Given(scene=scene)
    assert given_case.then_refused(("sri-wahyuni", "activity.performed", body)).rule == "case.open"
    case = given_case.then_taken(opening)
    assert (case.step, case.due()) == ("1", (case.sop.step("1"), ("activity.performed",)))


# --- whatever comes ---------------------------------------------------------------------------------------


DRAFTS = [SCENE.iku, SCENE.iku_mended, reference(b"IKU lain", "iku-3.json", IKU)]


def anything(data: st.DataObject, given_case: Given) -> Act:
    """Draw an act of the path or outside it, most of them nearly right."""
    draw, case = data.draw, given_case.case
    due = case.due()
    likely = [act for act in STEPS if due and act[2]["step"] == due[0].no] or STEPS
    outside: list[Act] = [
        (draw(st.sampled_from([BACK[0], BACK_AT_7[0]])), BACK[1], BACK[2] | {"step": case.step or "6"}),
        WITHDRAW,
        ("sri-wahyuni", "correction.recorded", correction(given_case, draw(st.sampled_from(["1", "2"])))),
    ]
    pick = draw(st.integers(0, 9))
    act = draw(st.sampled_from(outside if pick == 0 else STEPS if pick < 4 else likely))
    body = dict(act[2])
    held = case.document.digest if case.document else SCENE.iku["digest"]
    if isinstance(body.get("document"), str):
        body["document"] = held
    elif "document" in body:
        body["document"] = draw(st.sampled_from(DRAFTS))
    official, kind = act[:2]
    if kind == "typing.reviewed" and draw(st.booleans()):
        body |= {"decision": "returned", "reason": "Perbaiki."}
    if kind == "concept.typed" and case.returned and case.returned_to == "4":
        body = {"step": "4", "round": case.round, "replaces": held, "answers": case.returned}
        kind, body["document"] = "concept.revised", next(one for one in DRAFTS if one["digest"] != held)
    if draw(st.integers(0, 2)) == 0 or (kind not in due[1] if due else False):
        body |= WHY
    if draw(st.integers(0, 5)) == 0:
        body |= PAPER
    if draw(st.integers(0, 7)) == 0:
        official = draw(st.sampled_from(sorted(PEOPLE)))
    return official, kind, body


def speaks(fault: JejakError) -> None:
    assert fault.rule
    assert fault.detail.endswith(".")


def correction(given_case: Given, step: str) -> Json:
    slip = {"leaf": given_case.leaves[0], "field": "subject", "old": "Penyusunan IKU 2026", "new": "Penyusunan IKU"}
    return {"step": step, "reason": "Salah tulis."} | slip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_officials_try_outside_the_path_a_case_stays_whole(data: st.DataObject) -> None:
    given_case = Given(OPEN)
    scene, outside = given_case.scene, []
    for _ in range(30):
        before = scene.paper.stream(CASE)
        assert before is not None
        was = given_case.case
        official, kind, body = anything(data, given_case)
        try:
            done = scene.do(official, CASE, kind, body).recorded
        except JejakError as fault:
            speaks(fault)
            assert scene.paper.stream(CASE) is before
            continue
        given_case.leaves.append(done.leaf)
        now, after = given_case.case, scene.paper.stream(CASE)
        assert after is not None
        assert (after.version, done.act.previous, after.leaf) == (before.version + 1, before.leaf, done.leaf)
        assert PEOPLE[official][1] == the_sop().office_of(the_sop().step(body["step"])).office, "out of office"
        by_nature = kind in ("document.returned", "disposition.withdrawn", "correction.recorded")
        if by_nature or "deviation" in body:
            outside.append(done.leaf)
        else:
            due = was.due()
            assert due is not None
            assert (body["step"], kind in due[1]) == (due[0].no, True), "out of turn without a reason"
        assert now.deviations == tuple(outside)
        assert set(now.acts) == set(given_case.leaves)
        assert was.withdrawn is None or kind == "correction.recorded"
        if was.signature is not None:
            assert (now.drafts, now.signature) == (was.drafts, was.signature), "the signed document changed"
        for mark in (now.approved, now.paraf, now.signature):
            assert mark is None or mark.leaf in given_case.leaves
        if now.signature is not None:
            assert now.paraf is not None
            assert now.approved is not None
