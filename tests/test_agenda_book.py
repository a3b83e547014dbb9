"""The agenda book: two acts never take one letter number, whatever case, classification or SOP they belong to."""

from __future__ import annotations

from typing import Any

import pytest

from keys.errors import JejakError, NotAllowed
from ledger.agenda_book import AgendaBook, code_key, decide_code
from ledger.bodies import NumberingEnacted
from ledger.replay import Replay
from tests.activity_sop import activity_sop
from tests.kit import CASE, the_sop
from tests.scene import Scene, opened_scene

OTHER = "case:22222222-2222-4222-8222-222222222222"
THIRD = "case:33333333-3333-4333-8333-333333333333"
STREAM = f"sop:{the_sop().slug}"
SRI, AGUS = "sri-wahyuni", "agus-salim"
NUMBERING = {"classifications": ["070", "060.1"], "office_code": "35.07.11"}


def _ready() -> Scene:
    """Return a scene with three cases that wait for their letter number."""
    scene = opened_scene()
    for case in (CASE, OTHER, THIRD):
        scene.run(case, 9)
    return scene


READY = _ready()


def entry(running: int, agenda_no: int | None = None, **changes: Any) -> dict[str, Any]:
    """Return an agenda row with this running number; ``changes`` are of the number's parts, or ``paper``."""
    paper = {"paper": changes.pop("paper")} if "paper" in changes else {}
    number = {"classification": "070", "running": running, "office_code": "35.07.11", "year": 2026} | changes
    body = READY.steps()[9][2] | {"number": number, "agenda_no": agenda_no or running}
    return body | paper


def take(scene: Scene, case: str, running: int, agenda_no: int | None = None, **changes: Any) -> None:
    scene.do(AGUS, case, "agenda.recorded", entry(running, agenda_no, **changes))


def refused(scene: Scene, case: str, running: int, agenda_no: int | None = None, **changes: Any) -> JejakError:
    return scene.refused(scene.sign(AGUS, case, "agenda.recorded", entry(running, agenda_no, **changes)))


def taken(*numbers: int) -> Scene:
    """Return a scene in which the first cases have taken these numbers, running and row alike."""
    scene = READY.copy()
    for case, number in zip((CASE, OTHER), numbers, strict=False):
        take(scene, case, number)
    return scene


def numbering(scene: Scene, stream: str = STREAM, **changes: Any) -> Scene:
    """Enact the parts of letter numbers."""
    scene.do(SRI, stream, "numbering.enacted", NUMBERING | changes)
    return scene


# --- one number, one act --------------------------------------------------------------------------------


@pytest.mark.parametrize("classification", ["070", "060.1"])
def test_a_running_number_that_another_case_took_is_refused_whatever_the_classification(classification: str) -> None:
    fault = refused(taken(1), OTHER, 1, 2, classification=classification)
    assert fault.rule == "agenda.number"
    assert "Langkah 10" in fault.detail
    assert CASE.removeprefix("case:") in fault.detail
    assert fault.allowed.endswith(": 2.")


def test_a_row_number_that_another_case_took_is_refused() -> None:
    fault = refused(taken(1), OTHER, 2, 1)
    assert fault.rule == "agenda.no"
    assert CASE.removeprefix("case:") in fault.detail
    assert fault.allowed.endswith(": 2.")


def test_the_next_number_that_is_offered_is_free() -> None:
    assert refused(taken(1, 2), THIRD, 1, 3).allowed.endswith(": 3.")
    assert refused(taken(1, 2), THIRD, 3, 1).allowed.endswith(": 3.")
    assert refused(taken(1, 3), THIRD, 1, 4).allowed.endswith(": 2.")


def test_what_is_offered_is_accepted() -> None:
    scene = taken(1, 2)
    take(scene, THIRD, 3)
    number = scene.case(THIRD).number
    assert number is not None
    assert number.text() == "070/3/35.07.11/2026"


def test_numbers_may_be_left_out() -> None:
    scene = taken(7)
    take(scene, OTHER, 2, 9)
    assert scene.case(OTHER).number


def test_another_office_code_counts_for_itself() -> None:
    scene = taken(1)
    take(scene, OTHER, 1, office_code="35.07.12")
    assert refused(scene, THIRD, 1, 2, office_code="35.07.12").rule == "agenda.number"


@pytest.mark.parametrize("alike", ["35-07-11", "35.7.11", "35..07.11", "35.07.11.", "035.07-11"])
def test_office_codes_that_read_alike_are_one_book(alike: str) -> None:
    scene = taken(1)
    assert refused(scene, OTHER, 1, 2, office_code=alike).rule == "agenda.number"
    fault = refused(scene, OTHER, 2, 1, office_code=alike)
    assert (fault.rule, fault.allowed[-4:]) == ("agenda.no", ": 2.")


def test_office_codes_of_letters_are_one_book_however_they_are_capitalised() -> None:
    scene = READY.copy()
    take(scene, CASE, 1, office_code="Sekcam-B")
    assert refused(scene, OTHER, 1, 2, office_code="SEKCAM.b").rule == "agenda.number"


@pytest.mark.parametrize(
    ("one", "other"),
    [("35.07.11", "35.07.1"), ("35.07.11", "35.0711"), ("35.07", "35.07.0"), ("A1", "A01"), ("0", "00.0"), ("1", "A")],
)
def test_office_codes_that_read_differently_are_not_one(one: str, other: str) -> None:
    assert code_key(one) != code_key(other)


def test_the_year_turns_over_and_numbers_begin_anew() -> None:
    scene = taken(1)
    take(scene, OTHER, 1, year=2027)
    assert refused(scene, THIRD, 1, 2, year=2027).rule == "agenda.number"
    assert refused(scene, THIRD, 2, 1, year=2027).rule == "agenda.no"


def test_a_refused_act_takes_nothing() -> None:
    scene = READY.copy()
    body = entry(1) | {"document": scene.iku_mended["digest"]}
    assert scene.refused(scene.sign(AGUS, CASE, "agenda.recorded", body)).rule == "case.document"
    take(scene, OTHER, 1)
    assert scene.case(OTHER).number


def test_an_act_that_takes_no_number_leaves_the_book_as_it_is() -> None:
    scene = READY.copy()
    done = scene.do(SRI, STREAM, "numbering.enacted", NUMBERING).recorded
    book = AgendaBook()
    assert book.after(done.act) is book


# --- the parts that the office enacted ------------------------------------------------------------------


def test_without_a_numbering_every_classification_and_office_code_is_taken() -> None:
    scene = READY.copy()
    take(scene, CASE, 1, classification="999", office_code="Sekcam")
    assert scene.case().number


@pytest.mark.parametrize("classification", ["070", "060.1"])
def test_a_number_of_the_enacted_parts_is_taken(classification: str) -> None:
    scene = numbering(READY.copy())
    take(scene, CASE, 1, classification=classification)
    assert scene.case().number


@pytest.mark.parametrize("wrong", [{"classification": "071"}, {"classification": "060"}, {"office_code": "35.07.12"}])
def test_a_number_of_other_parts_than_those_enacted_is_refused(wrong: dict[str, Any]) -> None:
    fault = refused(numbering(READY.copy()), CASE, 1, **wrong)
    assert fault.rule == "agenda.numbering"
    assert fault.allowed == "Kode klasifikasi: 070, 060.1; kode jabatan: 35.07.11."


def test_a_new_numbering_holds_for_cases_that_are_open_and_not_for_what_they_did_before() -> None:
    scene = taken(1)
    numbering(scene, classifications=["060.1"])
    assert refused(scene, OTHER, 2).rule == "agenda.numbering"
    take(scene, OTHER, 2, classification="060.1")
    first = scene.case().number
    assert first is not None
    assert first.classification == "070"


def test_a_number_is_judged_by_its_parts_before_it_is_looked_up() -> None:
    scene = numbering(taken(1))
    assert refused(scene, OTHER, 1, classification="999").rule == "agenda.numbering"


def parts(office_code: str) -> NumberingEnacted:
    return NumberingEnacted.read(NUMBERING | {"office_code": office_code}, "act.body", "Penomoran")


@pytest.mark.parametrize(
    ("untidy", "tidy"),
    [("35.07.11.", "35.07.11"), ("35..07.11", "35.07.11"), ("A-.1", "A-1"), ("A.-1", "A.1"), ("A-1--", "A-1")],
)
def test_an_office_code_with_a_separator_too_many_is_refused_with_the_tidy_one(untidy: str, tidy: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        decide_code(parts(untidy))
    assert caught.value.rule == "numbering.code"
    assert caught.value.allowed.endswith(f": {tidy}.")
    decide_code(parts(tidy))


# --- numbers given on paper before ----------------------------------------------------------------------

USED: dict[str, Any] = {"used": {"year": 2026, "running": 40, "agenda_no": 45}}


@pytest.mark.parametrize(("running", "agenda_no"), [(40, 46), (41, 45), (1, 1)])
def test_a_number_that_was_given_on_paper_is_refused(running: int, agenda_no: int) -> None:
    fault = refused(numbering(READY.copy(), **USED), CASE, running, agenda_no)
    assert fault.rule == "agenda.used"
    assert "nomor urut 40 dan nomor agenda 45" in fault.detail


def test_the_first_number_after_those_on_paper_is_taken() -> None:
    scene = numbering(READY.copy(), **USED)
    take(scene, CASE, 41, 46)
    assert scene.case().number


@pytest.mark.parametrize(("running", "agenda_no"), [(38, 46), (41, 42)])
def test_what_is_stated_last_holds_and_a_lower_one_frees_numbers(running: int, agenda_no: int) -> None:
    scene = numbering(READY.copy(), **USED)
    assert refused(scene, CASE, running, agenda_no).rule == "agenda.used"
    numbering(scene, used={"year": 2026, "running": 37, "agenda_no": 41})
    take(scene, CASE, running, agenda_no)
    assert refused(scene, OTHER, 37, 47).rule == "agenda.used"
    numbering(scene, used={"year": 2026, "running": 50, "agenda_no": 50})
    assert refused(scene, OTHER, 49, 51).rule == "agenda.used"


def test_a_later_numbering_that_states_nothing_of_paper_changes_nothing_of_it() -> None:
    scene = numbering(numbering(READY.copy(), **USED), classifications=["070"])
    assert refused(scene, CASE, 40, 46).rule == "agenda.used"


def test_a_statement_of_another_year_leaves_the_one_of_this_year() -> None:
    scene = numbering(numbering(READY.copy(), **USED), used={"year": 2025, "running": 1, "agenda_no": 1})
    assert refused(scene, CASE, 40, 46).rule == "agenda.used"


def beside(scene: Scene, **changes: Any) -> None:
    """Enact another SOP of the same office, and how its letters are numbered."""
    other = activity_sop()
    if scene.paper.stream(f"sop:{other.slug}") is None:
        scene.do(SRI, f"sop:{other.slug}", "sop.enacted", {"sop": other.plain()})
    numbering(scene, f"sop:{other.slug}", **changes)


@pytest.mark.parametrize("code", ["35.07.11", "35-7-11"])
def test_what_one_sop_states_of_paper_holds_for_every_sop_with_that_code(code: str) -> None:
    scene = numbering(READY.copy())
    beside(scene, office_code=code, **USED)
    assert refused(scene, CASE, 40, 46).rule == "agenda.used"
    beside(scene, office_code=code, used={"year": 2026, "running": 39, "agenda_no": 45})
    take(scene, CASE, 40, 46)


def test_what_one_sop_states_of_another_office_code_does_not_count_here() -> None:
    scene = numbering(READY.copy())
    beside(scene, office_code="35.07.12", **USED)
    take(scene, CASE, 1)
    assert scene.case().number


def test_an_sop_without_a_numbering_keeps_clear_of_numbers_on_paper_too() -> None:
    scene = READY.copy()
    beside(scene, **USED)
    assert refused(scene, CASE, 1).rule == "agenda.used"


def test_numbers_on_paper_are_of_their_year_only() -> None:
    scene = numbering(READY.copy(), **USED)
    take(scene, CASE, 1, year=2027)
    assert scene.case().number


def test_an_old_letter_is_recorded_from_paper_with_the_number_it_has() -> None:
    scene = numbering(READY.copy(), **USED)
    paper = {"scan": scene.proof}
    take(scene, CASE, 12, paper=paper)
    assert refused(scene, OTHER, 12, 13, paper=paper).rule == "agenda.number"
    assert refused(scene, OTHER, 13, 12, paper=paper).rule == "agenda.no"


# --- told again from the log ----------------------------------------------------------------------------


def test_a_replay_that_begins_in_the_middle_does_not_pretend_to_know_the_numbers() -> None:
    assert Replay(lambda name: ()).agenda_book() == AgendaBook()
    with pytest.raises(AssertionError, match="no agenda book"):
        Replay(lambda name: (), position=5).agenda_book()
