"""A case: given the acts so far, when one more comes, then it is taken or refused by the rule that says so."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.errors import Conflict, JejakError, Malformed, NotAllowed
from ledger.case import Case, fold
from ledger.kind_names import name_of
from ledger.sop import Sop, check
from tests.kit import CASE, IKU, PEOPLE, the_sop
from tests.scene import Scene, opened_scene, reference, variant

Act = tuple[str, str, dict[str, Any]]
Json = dict[str, Any]

SCENE = opened_scene()
STEPS = SCENE.steps()
OPEN, DIRECT, DRAFT, TYPE, APPROVE, PARAF, SIGN, DISTRIBUTE, AGENDA_ORDER, AGENDA, FIRST, SECOND = STEPS
TO_REVIEW = STEPS[:4]
OTHER = {"document": SCENE.iku_mended["digest"]}
PDF = reference(b"bukan iku", "iku.pdf", "application/pdf")
SECOND_MEDIA = reference(b"IKU lain", "iku-3.json", IKU)


def but(act: Act, **changes: Any) -> Act:
    official, kind, body = act
    return official, kind, body | changes


def by(official: str, act: Act) -> Act:
    return official, act[1], act[2]


RETURN = ("ratna-sari", "typing.reviewed", {"step": "5", "decision": "returned", "reason": "Rumus keliru."})


def returned(document: Json | None = None) -> Act:
    return but(RETURN, document=(document or SCENE.iku)["digest"])


class Given:
    """A case with these acts."""

    def __init__(self, *acts: Act, scene: Scene = SCENE) -> None:
        self.scene = scene.copy()
        self.leaves = [self.scene.do(one, CASE, kind, body).recorded.leaf for one, kind, body in acts]

    @property
    def case(self) -> Case:
        return self.scene.case()

    def then_taken(self, act: Act) -> Case:
        official, kind, body = act
        self.leaves.append(self.scene.do(official, CASE, kind, body).recorded.leaf)
        return self.case

    def then_refused(self, act: Act, **changes: Any) -> JejakError:
        official, kind, body = act
        return self.scene.refused(self.scene.sign(official, CASE, kind, body, **changes))

    def revision(self, **changes: Any) -> Act:
        """Return a revision that answers the newest act, which is a return."""
        body = {
            "step": "4",
            "round": self.case.round,
            "replaces": self.scene.iku["digest"],
            "answers": self.leaves[-1],
            "document": self.scene.iku_mended,
        }
        return "agus-salim", "concept.revised", body | changes


# --- the straight way -----------------------------------------------------------------------------------


def test_ten_steps_in_their_order_finish_a_case() -> None:
    case = Given(*STEPS).case
    assert case.finished
    assert case.steps_done == tuple(str(no) for no in range(1, 11))
    assert case.document is not None
    assert case.document.digest == SCENE.iku["digest"]
    assert [case.approved, case.paraf, case.signature].count(None) == 0
    assert (case.approved.official, case.paraf.official, case.signature.official) == (  # type: ignore[union-attr]
        "ratna-sari",
        "budi-santoso",
        "sri-wahyuni",
    )
    assert case.due() is None


def test_every_act_done_moves_the_case_to_the_next_step() -> None:
    given_case = Given(OPEN)
    for at, act in enumerate(STEPS[1:9], start=2):
        assert given_case.case.step == str(at)
        due = given_case.case.due()
        assert due is not None
        assert due[1] == (act[1],)
        given_case.then_taken(act)
    assert given_case.case.step == "10"


def test_addressees_are_served_in_any_order() -> None:
    case = Given(*STEPS[:10], SECOND, FIRST).case
    assert case.finished
    assert case.dispatched == ("Inspektorat", "Bagian Organisasi Setda")


# --- opening --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", STEPS[1:], ids=lambda act: f"{act[1]}-{act[2].get('recipient', '')}")
def test_nothing_but_a_disposition_opens_a_case(act: Act) -> None:
    assert Given().then_refused(act).rule == "case.open"


def test_a_disposition_that_names_another_step_than_the_first_opens_nothing() -> None:
    assert Given().then_refused(but(by("budi-santoso", OPEN), step="2")).rule == "case.open"


def test_a_case_is_opened_once() -> None:
    fault = Given(OPEN).then_refused(OPEN)
    assert fault.rule == "case.open"
    assert "langkah 2" in fault.allowed


def test_a_disposition_forwarded_to_an_office_that_the_sop_does_not_know_is_refused() -> None:
    fault = Given().then_refused(but(OPEN, forwarded_to=["sekcam", "lurah"]))
    assert fault.rule == "case.forwarded"
    assert "lurah" in fault.detail
    assert "kasubag-evapor" in fault.allowed


def test_a_disposition_under_a_superseded_version_of_the_sop_is_refused() -> None:
    scene = SCENE.enacted(the_sop())
    fault = Given(scene=scene).then_refused(OPEN)
    assert fault.rule == "sop.version"
    assert scene.sop_leaf in fault.allowed


def test_a_disposition_under_an_sop_that_nobody_enacted_is_refused() -> None:
    act = but(OPEN, sop={"slug": "tidak-ada", "leaf": SCENE.sop_leaf})
    assert Given().then_refused(act).rule == "sop.unknown"


def test_a_case_stays_under_the_version_that_it_opened_with() -> None:
    given_case = Given(*STEPS[:4])
    shorter = variant(lambda sop: sop["steps"][4]["pelaksana"].update(reading="staf", basis="disimpulkan"))
    given_case.scene = given_case.scene.enacted(shorter)
    assert given_case.then_taken(APPROVE).step == "6"


def test_a_first_step_without_a_disposition_is_not_opened_by_one() -> None:
    scene = SCENE.enacted(variant(lambda sop: sop["steps"][0].update(activities=["activity.performed"])))
    act = but(OPEN, sop={"slug": the_sop().slug, "leaf": scene.sop_leaf})
    assert Given(scene=scene).then_refused(act).rule == "case.open"


# --- order, kelengkapan, kind, office -------------------------------------------------------------------


@pytest.mark.parametrize("done", range(1, 12))
def test_a_step_before_the_present_one_is_not_done_again(done: int) -> None:
    earlier = [act for act in STEPS[1:done] if act[2]["step"] != Given(*STEPS[:done]).case.step]
    for act in earlier:
        fault = Given(*STEPS[:done]).then_refused(act)
        assert fault.rule == "sop.order"
        assert "Giliran sekarang: langkah" in fault.allowed


@pytest.mark.parametrize("done", range(1, 9))
def test_a_step_is_not_skipped(done: int) -> None:
    for act in STEPS[done + 1 :]:
        fault = Given(*STEPS[:done]).then_refused(act)
        assert fault.rule in ("sop.order", "sop.kelengkapan")
        assert f"langkah {STEPS[done][2]['step']} " in fault.allowed


def test_a_step_whose_kelengkapan_nobody_gave_is_refused_and_says_what_is_missing() -> None:
    fault = Given(*TO_REVIEW).then_refused(PARAF)
    assert fault.rule == "sop.kelengkapan"
    assert "Indikator Kinerja Utama" in fault.detail


def test_an_sop_in_which_a_step_would_stay_shut_when_it_is_its_turn_is_not_enacted() -> None:
    def ask_for_minutes(sop: Json) -> None:
        sop["things"].append({"thing": "notulen", "name": "Notulen rapat", "bound": False})
        sop["steps"][2]["kelengkapan"]["reading"].append("notulen")

    body = {"sop": variant(ask_for_minutes).plain(), "replaces": SCENE.sop_leaf}
    scene = SCENE.copy()
    fault = scene.refused(scene.sign("sri-wahyuni", f"sop:{the_sop().slug}", "sop.enacted", body))
    assert fault.rule == "sop.source"
    assert "Notulen rapat" in fault.detail


@pytest.mark.parametrize("at", range(1, 10))
def test_another_kind_of_act_at_the_present_step_is_refused(at: int) -> None:
    official, kind, body = STEPS[at]
    for other in STEPS[1:]:
        if other[1] != kind:
            fault = Given(*STEPS[:at]).then_refused((official, other[1], other[2] | {"step": body["step"]}))
            assert fault.rule == "sop.activity"
            assert name_of(kind) in fault.allowed


def test_a_revision_that_no_return_asked_for_is_refused() -> None:
    given_case = Given(*STEPS[:3])
    assert given_case.then_refused(given_case.revision(round=2)).rule == "sop.activity"


def test_typing_anew_after_a_return_is_refused_because_a_revision_is_due() -> None:
    fault = Given(*TO_REVIEW, returned()).then_refused(TYPE)
    assert fault.rule == "sop.activity"
    assert name_of("concept.revised") in fault.allowed


@pytest.mark.parametrize("at", range(12))
def test_an_act_of_an_official_whose_office_the_step_does_not_name_is_refused(at: int) -> None:
    for official in PEOPLE:
        if PEOPLE[official][1] != PEOPLE[STEPS[at][0]][1]:
            assert Given(*STEPS[:at]).then_refused(by(official, STEPS[at])).rule == "authority.office"


def test_a_step_that_the_sop_does_not_have_is_refused() -> None:
    fault = Given(OPEN).then_refused(but(DIRECT, step="11"))
    assert fault.rule == "sop.step"
    assert "10" in fault.allowed


# --- the document ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [4, 5, 6, 7, 8, 9, 10], ids=lambda at: str(STEPS[at][1]))
def test_an_act_on_another_document_than_the_cases_own_is_refused(at: int) -> None:
    fault = Given(*STEPS[:at]).then_refused(but(STEPS[at], **OTHER))
    assert fault.rule == "case.document"
    assert SCENE.iku["digest"] in fault.allowed


def test_a_return_of_another_document_than_the_cases_own_is_refused() -> None:
    assert Given(*TO_REVIEW).then_refused(returned(SCENE.iku_mended)).rule == "case.document"


def test_a_typed_concept_of_another_media_type_than_the_sops_document_is_refused() -> None:
    fault = Given(*STEPS[:3]).then_refused(but(TYPE, document=PDF))
    assert fault.rule == "case.media_type"
    assert (fault.facts["expected"], the_sop().document.name in fault.allowed) == (IKU, True)


def test_the_concept_that_is_still_to_be_typed_may_be_a_letter_or_a_photo() -> None:
    photo = PDF | {"media_type": "image/jpeg", "name": "konsep.jpg"}
    given_case = Given(*STEPS[:2], but(DRAFT, document=photo))
    assert given_case.then_taken(TYPE).document.plain() == TYPE[2]["document"]


def test_a_concept_that_nobody_typed_is_not_reviewed() -> None:
    review = but(STEPS[4], document=PDF["digest"], deviation="Mendesak, tanpa diketik.")
    assert Given(*STEPS[:2], but(DRAFT, document=PDF)).then_refused(review).rule == "case.media_type"


def test_a_revision_of_another_media_type_is_refused() -> None:
    given_case = Given(*TO_REVIEW, returned())
    assert given_case.then_refused(given_case.revision(document=PDF)).rule == "case.media_type"


def test_the_typed_concept_is_the_document_from_then_on() -> None:
    given_case = Given(*STEPS[:3], but(TYPE, document=SCENE.iku_mended))
    assert [draft.digest for draft in given_case.case.drafts] == [SCENE.iku["digest"], SCENE.iku_mended["digest"]]
    assert given_case.then_refused(APPROVE).rule == "case.document"
    assert given_case.then_taken(but(APPROVE, **OTHER)).step == "6"


# --- the loop at 5 --------------------------------------------------------------------------------------


def test_a_return_goes_back_to_step_4_in_a_new_round_and_remembers_its_leaf() -> None:
    given_case = Given(*TO_REVIEW, returned())
    assert (given_case.case.step, given_case.case.round) == ("4", 2)
    assert given_case.case.returned == given_case.leaves[-1]
    assert given_case.case.approved is None


def test_a_return_gives_no_output() -> None:
    assert "iku" not in Given(*TO_REVIEW, returned()).case.things
    assert "iku" in Given(*TO_REVIEW, APPROVE).case.things


@pytest.mark.parametrize("decision", [{"decision": "returned"}, {"decision": "approved", "reason": "Bagus."}])
def test_a_return_has_a_reason_and_nothing_else_has(decision: Json) -> None:
    with pytest.raises(Malformed) as caught:
        Given(*TO_REVIEW).then_taken(("ratna-sari", "typing.reviewed", {"step": "5", **OTHER, **decision}))
    assert caught.value.rule == "act.body"
    assert "alasan" in caught.value.detail


def test_a_revision_answers_its_return_and_is_reviewed_again() -> None:
    given_case = Given(*TO_REVIEW, returned())
    case = given_case.then_taken(given_case.revision())
    assert (case.step, case.round, case.returned) == ("5", 2, None)
    assert given_case.then_taken(but(APPROVE, **OTHER)).step == "6"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"round": 3}, "case.round"),
        ({"answers": "0" * 64}, "case.answers"),
        ({"replaces": SCENE.iku_mended["digest"]}, "case.document"),
        ({"document": SCENE.iku}, "case.unchanged"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_revision_that_names_the_wrong_past_is_refused(changes: Json, rule: str) -> None:
    given_case = Given(*TO_REVIEW, returned())
    assert given_case.then_refused(given_case.revision(**changes)).rule == rule


def test_a_revision_answers_the_newest_return_not_an_older_one() -> None:
    given_case = Given(*TO_REVIEW, returned())
    first = given_case.leaves[-1]
    given_case.then_taken(given_case.revision())
    given_case.then_taken(returned(SCENE.iku_mended))
    again = given_case.revision(answers=first, replaces=SCENE.iku_mended["digest"], document=SECOND_MEDIA)
    fault = given_case.then_refused(again)
    assert fault.rule == "case.answers"
    assert given_case.leaves[-1] in fault.allowed


def test_the_loop_turns_as_often_as_it_must_and_keeps_every_draft() -> None:
    given_case = Given(*TO_REVIEW)
    drafts = [SCENE.iku]
    for turn in range(2, 8):
        given_case.then_taken(returned(drafts[-1]))
        drafts.append(reference(b"IKU %d" % turn, f"iku-{turn}.json", IKU))
        case = given_case.then_taken(
            given_case.revision(round=turn, replaces=drafts[-2]["digest"], document=drafts[-1])
        )
        assert case.round == turn
    # The concept was drafted and typed as the same bytes, so it stands twice.
    assert [draft.digest for draft in case.drafts[1:]] == [draft["digest"] for draft in drafts]


# --- a new draft voids what stood on the one before ------------------------------------------------------


def second_review() -> Scene:
    """Return a scene whose SOP has one more review after the paraf: step 6a, by the Camat."""

    def add(sop: Json) -> None:
        paraf, review = sop["steps"][5], sop["steps"][4]
        paraf["next"] = [{"to": "6a"}]
        more = review | {"no": "6a", "next": [{"to": "7", "when": "approved"}, {"to": "4", "when": "returned"}]}
        more["pelaksana"] = paraf["pelaksana"] | {"reading": "camat"}
        more["output"] = more["output"] | {"reading": []}
        sop["steps"].insert(6, more)

    return SCENE.enacted(variant(add))


def test_a_new_draft_voids_agreement_and_paraf_on_the_one_before() -> None:
    scene = second_review()
    opening = but(OPEN, sop={"slug": the_sop().slug, "leaf": scene.sop_leaf})
    given_case = Given(opening, *STEPS[1:6], scene=scene)
    assert given_case.case.paraf is not None
    given_case.then_taken(but(by("sri-wahyuni", returned()), step="6a"))
    assert given_case.case.paraf is not None, "the return alone voids nothing: the draft is still that one"
    case = given_case.then_taken(given_case.revision())
    assert (case.approved, case.paraf, case.signature) == (None, None, None)
    assert {"iku", "iku-diparaf"}.isdisjoint(case.things)
    assert "disposisi" in case.things
    fault = given_case.then_refused(but(SIGN, **OTHER))
    assert fault.rule == "sop.kelengkapan"


# --- agenda and dispatch --------------------------------------------------------------------------------


def test_a_dispatch_before_the_agenda_is_refused() -> None:
    fault = Given(*STEPS[:9]).then_refused(FIRST)
    assert fault.rule == "sop.activity"
    assert name_of("agenda.recorded") in fault.allowed


def test_the_agenda_is_recorded_once() -> None:
    fault = Given(*STEPS[:10]).then_refused(AGENDA)
    assert fault.rule == "sop.activity"
    assert name_of("dispatch.recorded") in fault.allowed


def test_a_dispatch_to_somebody_whom_nobody_ordered_is_refused() -> None:
    fault = Given(*STEPS[:10]).then_refused(but(FIRST, recipient="Kecamatan Pagak"))
    assert fault.rule == "case.addressee"
    assert "Inspektorat" in fault.allowed


def test_a_second_dispatch_to_the_same_addressee_is_refused() -> None:
    fault = Given(*STEPS[:11]).then_refused(FIRST)
    assert fault.rule == "case.dispatched"
    assert fault.allowed == "Yang belum: Inspektorat."


@pytest.mark.parametrize("copies", [1, 3])
def test_a_dispatch_with_other_copies_than_ordered_is_refused(copies: int) -> None:
    fault = Given(*STEPS[:11]).then_refused(but(SECOND, copies=copies))
    assert fault.rule == "case.copies"
    assert "2 salinan" in fault.allowed


def test_a_case_is_not_finished_before_every_addressee_has_a_dispatch() -> None:
    for done in (9, 10, 11):
        case = Given(*STEPS[:done]).case
        assert not case.finished
        assert "10" not in case.steps_done
    assert Given(*STEPS).case.finished


@pytest.mark.parametrize("act", STEPS[1:], ids=lambda act: f"{act[1]}-{act[2].get('recipient', '')}")
def test_a_finished_case_takes_nothing_more(act: Act) -> None:
    fault = Given(*STEPS).then_refused(act)
    assert fault.rule == "case.finished"
    assert "perkara baru" in fault.allowed


def test_a_finished_case_is_not_opened_again() -> None:
    assert Given(*STEPS).then_refused(OPEN).rule == "case.open"


# --- SOPs that are followed but lead nowhere --------------------------------------------------------------


def test_an_sop_whose_dispatch_no_step_orders_is_not_enacted() -> None:
    def only_dispatch(sop: Json) -> None:
        sop["steps"] = [sop["steps"][0], sop["steps"][9]]
        sop["steps"][0]["next"] = [{"to": "10"}]

    with pytest.raises(NotAllowed, match="tidak ada langkah yang memerintahkannya"):
        check(variant(only_dispatch))


def test_an_sop_that_begins_with_a_revision_is_not_enacted() -> None:
    with pytest.raises(NotAllowed, match="belum ada yang dikembalikan"):
        check(variant(lambda sop: sop["steps"][2].update(activities=["concept.revised"])))


@pytest.mark.parametrize("to", ["1", "6"], ids=["to where nothing is drafted", "forward"])
def test_an_sop_whose_return_leads_where_nothing_is_mended_is_not_enacted(to: str) -> None:
    ways = [{"to": "6", "when": "approved"}, {"to": to, "when": "returned"}]
    changed = variant(lambda sop: sop["steps"][4].update(next=ways))
    with pytest.raises(NotAllowed) as caught:
        check(changed)
    assert caught.value.rule == "sop.return"


def test_an_sop_that_drafts_and_signs_in_one_step_is_not_enacted() -> None:
    changed = variant(lambda sop: sop["steps"][6].update(activities=["concept.typed", "signature.given"]))
    with pytest.raises(NotAllowed) as caught:
        check(changed)
    assert caught.value.rule == "sop.signed"


def test_every_activity_of_a_step_is_demanded_before_the_case_goes_on() -> None:
    """A step that lists paraf and signature is not done with the paraf alone."""
    both = variant(lambda sop: sop["steps"][6].update(activities=["paraf.given", "signature.given"]))
    scene = SCENE.enacted(both)
    opening = but(OPEN, sop={"slug": the_sop().slug, "leaf": scene.sop_leaf})
    given_case = Given(opening, *STEPS[1:6], scene=scene)
    case = given_case.then_taken(("sri-wahyuni", "paraf.given", {"step": "7", "document": SCENE.iku["digest"]}))
    assert (case.step, case.signature) == ("7", None)
    assert case.due() == (both.step("7"), ("signature.given",))


def test_a_return_to_a_step_that_has_no_other_activity_for_it_is_answered_by_the_same_one() -> None:
    scene = SCENE.enacted(variant(lambda sop: sop["steps"][3].pop("again")))
    opening = but(OPEN, sop={"slug": the_sop().slug, "leaf": scene.sop_leaf})
    given_case = Given(opening, *STEPS[1:4], returned(), scene=scene)
    case = given_case.then_taken(but(TYPE, document=SCENE.iku_mended))
    assert (case.step, case.round) == ("5", 2)


# --- history that cannot be ---------------------------------------------------------------------------------


def test_impossible_history_stops() -> None:
    scene = SCENE.copy()
    acts = [scene.do(official, CASE, kind, body).recorded for official, kind, body in STEPS]
    case = scene.case()
    with pytest.raises(AssertionError, match="begins with the act that opens it"):
        fold(None, acts[1].act, acts[1].leaf, the_sop())
    enacted = scene.do("sri-wahyuni", "sop:x-y", "sop.enacted", {"sop": renamed().plain()}).recorded
    with pytest.raises(AssertionError, match="cannot stand in a case"):
        fold(case, enacted.act, enacted.leaf, the_sop())


def renamed() -> Sop:
    return variant(lambda sop: sop.update(slug="x-y"))


# --- the place in the stream ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [2, 4, 2**53 - 1])
def test_another_version_than_the_next_is_a_conflict_that_names_the_present_one(version: int) -> None:
    given_case = Given(*STEPS[:2])
    fault = given_case.then_refused(DRAFT, version=version)
    assert isinstance(fault, Conflict)
    assert (fault.rule, fault.facts["version"]) == ("stream.version", 2)


def test_an_act_that_names_another_predecessor_is_refused() -> None:
    given_case = Given(*STEPS[:2])
    fault = given_case.then_refused(DRAFT, previous=given_case.leaves[0])
    assert fault.rule == "stream.previous"
    assert given_case.leaves[1] in fault.allowed


def test_an_act_signed_for_another_ledger_is_refused() -> None:
    fault = Given(OPEN).then_refused(DIRECT, ledger="pagak.malangkab.example/jejak")
    assert fault.rule == "act.ledger"
    assert "kalipare" in fault.allowed


# --- whatever comes ---------------------------------------------------------------------------------------


def speaks(fault: JejakError) -> None:
    assert fault.rule
    assert fault.detail


def anything(data: st.DataObject, given_case: Given) -> tuple[Act, Json]:
    """Draw an act that is right, nearly right or wrong."""
    case = given_case.case if given_case.leaves else None
    draw = data.draw
    drafts = [SCENE.iku, SCENE.iku_mended, SECOND_MEDIA]
    likely = [act for act in STEPS if case and case.due() and act[2]["step"] == case.step] or list(STEPS)
    official, kind, body = draw(st.sampled_from(likely if draw(st.integers(0, 3)) else STEPS))
    body = dict(body)
    if case is not None and case.document is not None and isinstance(body.get("document"), str):
        body["document"] = case.document.digest
        if kind == "typing.reviewed" and draw(st.booleans()):
            body |= {"decision": "returned", "reason": "Perbaiki."}
    if case is not None and case.returned and kind == "concept.typed":
        assert case.document is not None
        kind = "concept.revised"
        body = {
            "step": "4",
            "round": case.round,
            "replaces": case.document.digest,
            "answers": case.returned,
            "document": next(one for one in drafts if one["digest"] != case.document.digest),
        }
    match draw(st.integers(0, 11)):
        case 0:
            official = draw(st.sampled_from(sorted(PEOPLE)))
        case 1:
            body["step"] = draw(st.sampled_from(["1", "4", "5", "10", "77"]))
        case 2 if "document" in body:
            other = draw(st.sampled_from(drafts))
            body["document"] = other["digest"] if isinstance(body["document"], str) else other
        case 3:
            return (official, kind, body), {"version": draw(st.integers(2, 30)), "previous": "0" * 64}
        case 4:
            return (official, kind, body), {"mandate": draw(st.sampled_from(["camat-sri-wahyuni", "tidak-ada"]))}
        case _:
            pass
    return (official, kind, body), {}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_officials_try_a_case_stays_whole(data: st.DataObject) -> None:
    given_case, previous = Given(), None
    for _ in range(25):
        scene = given_case.scene
        before = scene.paper.stream(CASE)
        (official, kind, body), changes = anything(data, given_case)
        try:
            done = scene.do(official, CASE, kind, body, **changes).recorded
        except JejakError as fault:
            speaks(fault)
            assert scene.paper.stream(CASE) is before
            continue
        given_case.leaves.append(done.leaf)
        after = scene.paper.stream(CASE)
        assert after is not None
        was = before.state if before else None
        assert was is None or isinstance(was, Case)
        assert (after.version, done.act.previous) == ((before.version if before else 0) + 1, previous)
        assert (after.leaf, after.index) == (done.leaf, done.index)
        previous = after.leaf
        step = the_sop().step(body["step"])
        assert PEOPLE[official][1] == the_sop().office_of(step).office, "nothing is accepted out of office"
        assert was is None or step.no == was.step, "nothing is accepted out of turn"
        now = scene.case()
        done_before = was.steps_done if was else ()
        assert now.steps_done[: len(done_before)] == done_before
        assert len(now.steps_done) - len(done_before) in (0, 1)
        assert all(one in now.drafts for one in (was.drafts if was else ()))
        for mark in (now.approved, now.paraf, now.signature):
            assert mark is None or mark.leaf in given_case.leaves
        if now.signature is not None:
            assert now.paraf is not None
            assert now.approved is not None
