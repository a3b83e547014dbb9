"""A slip of the pen is put right by an act that shows both versions; what binds is never touched."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import pytest

from keys.errors import JejakError
from keys.fields import Fact
from ledger.bodies import CATALOGUE
from ledger.case import Case
from ledger.correction import CORRECTABLE, corrected
from tests.kit import CASE, PEOPLE
from tests.scene import opened_scene

Json = dict[str, Any]

SCENE = opened_scene()
STEPS = SCENE.steps()
OFFICIALS = {"1": "sri-wahyuni", "2": "budi-santoso", "3": "ratna-sari", "5": "ratna-sari", "10": "agus-salim"}

#: What an act of a case holds and a correction never touches.
BINDING = {
    *("step", "deviation", "paper.by", "sop.slug", "sop.leaf", "supersedes.case", "supersedes.signature"),
    *("period.first_year", "period.last_year", "urgency", "secrecy", "round", "replaces", "answers", "decision"),
    *("document", "recipient", "copies", "to", "leaf", "field", "old", "new", "addressees", "forwarded_to"),
    *("attachments", "number.classification", "number.running", "number.office_code", "number.year"),
    *(f"{at}.{name}" for at in ("document", "letter.scan", "paper.scan", "evidence") for name in ("digest", "name")),
    *(
        f"{at}.{name}"
        for at in ("document", "letter.scan", "paper.scan", "evidence")
        for name in ("media_type", "size")
    ),
}


class Written:
    """A case with its first ``done`` acts, and corrections of it."""

    def __init__(self, done: int = 12) -> None:
        self.scene = SCENE.copy()
        self.leaves = [self.scene.do(one, CASE, kind, body).recorded.leaf for one, kind, body in STEPS[:done]]

    @property
    def case(self) -> Case:
        return self.scene.case()

    def body(self, at: int, field: str, old: str, new: str, **changes: Any) -> Json:
        slip = {"leaf": self.leaves[at], "field": field, "old": old, "new": new, "reason": "Salah tulis."}
        return {"step": STEPS[at][2]["step"]} | slip | changes

    def corrected(self, at: int, field: str, old: str, new: str) -> Case:
        body = self.body(at, field, old, new)
        self.leaves.append(self.scene.do(OFFICIALS[body["step"]], CASE, "correction.recorded", body).recorded.leaf)
        return self.case

    def refused(self, at: int, field: str, old: str, new: str, by: str | None = None, **changes: Any) -> JejakError:
        body = self.body(at, field, old, new, **changes)
        official = by or OFFICIALS[body["step"]]
        return self.scene.refused(self.scene.sign(official, CASE, "correction.recorded", body))


def leaves_of(schema: type[Fact], prefix: str = "") -> Iterator[str]:
    """Yield the path of every text or figure that a body can hold; lists are not entered."""
    for name, field in schema.model_fields.items():
        inner = next((one for one in kinds(field.annotation) if issubclass(one, Fact)), None)
        if inner is None or tuple in kinds(field.annotation):
            yield f"{prefix}{name}"
        else:
            yield from leaves_of(inner, f"{prefix}{name}.")


def kinds(annotation: Any) -> list[type]:
    origin = get_origin(annotation)
    if origin is None:
        return [annotation] if isinstance(annotation, type) else []
    found = [tuple] if origin is tuple else []
    return found + [one for part in get_args(annotation) for one in kinds(part) if one is not types.NoneType]


def test_every_member_of_every_act_either_binds_or_can_be_a_slip_of_the_pen() -> None:
    held = {path for family, schema in CATALOGUE.values() if family == "case" for path in leaves_of(schema)}
    assert held == BINDING | set(CORRECTABLE)
    assert not BINDING & set(CORRECTABLE)


def test_a_correction_shows_both_versions_and_overwrites_neither() -> None:
    written = Written(2)
    case = written.corrected(0, "letter.number", "060/12/35.07.1/2026", "060/21/35.07.1/2026")
    (correction,) = case.corrections
    assert (correction.of, correction.leaf) == (written.leaves[0], written.leaves[-1])
    assert (correction.old, correction.new) == ("060/12/35.07.1/2026", "060/21/35.07.1/2026")
    assert case.sheet is not None
    assert case.sheet.letter.number == "060/12/35.07.1/2026"
    assert case.deviations == (written.leaves[-1],)
    assert (case.step, case.steps_done) == ("3", ("1", "2")), "the case stands where it stood"


def test_what_was_corrected_is_corrected_again_from_its_newest_version() -> None:
    written = Written(2)
    written.corrected(1, "instruction", "Susun sesuai Renstra.", "Susun sesuai Renstra 2025.")
    fault = written.refused(1, "instruction", "Susun sesuai Renstra.", "Susun menurut Renstra.")
    assert fault.rule == "correction.old"
    assert "Susun sesuai Renstra 2025." in fault.allowed
    case = written.corrected(1, "instruction", "Susun sesuai Renstra 2025.", "Susun sesuai Renstra.")
    assert [one.new for one in case.corrections] == ["Susun sesuai Renstra 2025.", "Susun sesuai Renstra."]
    stale = written.refused(1, "instruction", "Susun sesuai Renstra 2025.", "Susun menurut Renstra.")
    assert stale.rule == "correction.old"


def test_the_corrected_body_says_the_newest_version_of_each_part_and_the_rest_as_it_was_signed() -> None:
    written = Written()
    case = written.case
    row, sheet = case.acts[written.leaves[9]].body, case.acts[written.leaves[0]].body
    assert corrected(case, written.leaves[9]) == row
    written.corrected(9, "summary", "IKU 2026", "IKU 2027")
    written.corrected(9, "summary", "IKU 2027", "IKU 2026-2030")
    written.corrected(0, "letter.date", "2026-02-26", "2026-02-25")
    case = written.corrected(9, "letter_date", "2026-03-02", "2026-03-01")
    assert corrected(case, written.leaves[9]).plain() == row.plain() | {
        "summary": "IKU 2026-2030",
        "letter_date": "2026-03-01",
    }
    letter = sheet.plain()["letter"] | {"date": "2026-02-25"}
    assert corrected(case, written.leaves[0]).plain() == sheet.plain() | {"letter": letter}
    assert case.acts[written.leaves[9]].body == row


def test_a_finished_case_is_still_corrected() -> None:
    case = Written().corrected(9, "summary", "IKU 2026", "IKU 2026-2030")
    assert case.finished
    assert [one.new for one in case.corrections] == ["IKU 2026-2030"]


def test_a_number_in_the_agenda_book_is_not_corrected_past_the_book() -> None:
    assert Written().refused(9, "agenda_no", "1", "2").rule == "correction.binding"


@pytest.mark.parametrize(
    ("at", "field", "old", "new"),
    [
        (0, "letter.date", "2026-02-26", "2026-02-30"),
        (0, "subject", "Penyusunan IKU 2026", "dua\nbaris"),
        (9, "letter_date", "2026-03-02", "kemarin"),
        (10, "received_at", "2026-03-02T10:00:00+07:00", "2026-03-02"),
    ],
)
def test_a_new_value_is_one_that_the_act_could_have_had(at: int, field: str, old: str, new: str) -> None:
    assert Written().refused(at, field, old, new).rule == "correction.new"


def test_a_correction_changes_something() -> None:
    assert Written().refused(0, "urgency", "segera", "segera").rule == "correction.binding"
    assert Written().refused(0, "subject", "Penyusunan IKU 2026", "Penyusunan IKU 2026").rule == "correction.new"


@pytest.mark.parametrize("field", sorted(BINDING | {"letter", "letter.scan", "number", "mandate", "decision.x"}))
def test_what_binds_is_never_corrected(field: str) -> None:
    fault = Written().refused(9, field, "1", "2")
    assert fault.rule == "correction.binding"
    assert "nomor surat masuk" in fault.allowed


@pytest.mark.parametrize(
    ("at", "field", "old"),
    [
        (0, "subject", "Judul lain"),
        (0, "note", "Catatan"),
        (1, "subject", "Penyusunan IKU 2026"),
        (1, "letter.date", "x"),
    ],
    ids=["another value", "absent there", "not of that kind", "leads nowhere"],
)
def test_a_correction_names_what_stands_there(at: int, field: str, old: str) -> None:
    assert Written(3).refused(at, field, old, "Baru").rule == "correction.old"


def test_a_correction_names_an_act_of_this_case_that_is_no_correction() -> None:
    written = Written(3)
    assert written.refused(0, "subject", "x", "y", leaf="0" * 64).rule == "correction.leaf"
    assert written.refused(0, "subject", "x", "y", leaf=SCENE.sop_leaf).rule == "correction.leaf"
    written.corrected(0, "subject", "Penyusunan IKU 2026", "Penyusunan IKU")
    fault = written.refused(0, "reason", "Salah tulis.", "Keliru.", leaf=written.leaves[-1])
    assert fault.rule == "correction.leaf"


def test_the_office_of_the_step_corrects_and_names_that_step() -> None:
    written = Written(3)
    assert written.refused(0, "subject", "Penyusunan IKU 2026", "IKU", step="2").rule == "correction.step"
    for official in PEOPLE:
        if PEOPLE[official][1] != "camat":
            fault = written.refused(0, "subject", "Penyusunan IKU 2026", "IKU", by=official)
            assert fault.rule == "authority.office"


def test_a_correction_is_outside_by_nature_and_says_its_reason_once() -> None:
    fault = Written(3).refused(0, "subject", "Penyusunan IKU 2026", "IKU", deviation="Keliru.")
    assert fault.rule == "sop.needless"


def test_nothing_is_corrected_in_a_case_that_was_not_opened() -> None:
    body = {"step": "1", "leaf": "0" * 64, "field": "subject", "old": "x", "new": "y", "reason": "Salah tulis."}
    data = SCENE.sign("sri-wahyuni", CASE, "correction.recorded", body)
    assert SCENE.refused(data).rule == "case.open"
