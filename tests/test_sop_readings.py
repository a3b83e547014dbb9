"""Readings: what an SOP's source leaves unclear, the office confirms; the text stays, and nothing acts backwards."""

from __future__ import annotations

from typing import Any

import pytest

from keys.errors import JejakError
from ledger.enactment import Enactments
from ledger.sop import Duration
from ledger.sop_readings import Read, read
from tests.kit import the_sop
from tests.scene import Scene, opened_scene, variant

OPEN = opened_scene()
STREAM = f"sop:{the_sop().slug}"
SRI = "sri-wahyuni"


def days(amount: int) -> dict[str, Any]:
    return {"amount": amount, "unit": "hari-kerja"}


def said(scene: Scene, **changes: Any) -> dict[str, Any]:
    """Return the confirmation that "II hari" are two working days, changed."""
    made = {"sop": scene.sop_leaf, "step": "4", "cell": "waktu", "raw": "II hari", "reading": days(2)}
    return made | {"ground": "Notulen rapat staf (sintetis)."} | changes


def confirm(scene: Scene, **changes: Any) -> int:
    """Confirm a reading and return its leaf index."""
    return scene.do(SRI, STREAM, "reading.confirmed", said(scene, **changes)).recorded.index


def refused(scene: Scene, **changes: Any) -> JejakError:
    return scene.refused(scene.sign(SRI, STREAM, "reading.confirmed", said(scene, **changes)))


def enactments(scene: Scene) -> Enactments:
    stream = scene.paper.stream(STREAM)
    assert stream is not None
    assert isinstance(stream.state, Enactments)
    return stream.state


def cell(scene: Scene, index: int, step: str = "4", name: str = "waktu", version: str = "") -> Read:
    """Return how a cell is read for an act at leaf ``index``."""
    state, leaf = enactments(scene), version or scene.sop_leaf
    return read(state.readings, leaf, state.versions[leaf].step(step), name, index)


def test_what_nobody_confirmed_is_read_as_the_source_has_it() -> None:
    unclear, clear = cell(OPEN, 99), cell(OPEN, 99, step="1")
    assert (unclear.raw, unclear.reading, unclear.basis) == ("II hari", None, "tidak-terbaca")
    assert (clear.reading, clear.basis, clear.confirmed) == (Duration(amount=10, unit="menit"), "sumber", None)


def test_a_reading_holds_only_above_its_leaf() -> None:
    scene = OPEN.copy()
    index = confirm(scene)
    assert cell(scene, index).reading is None
    after = cell(scene, index + 1)
    assert (after.raw, after.reading, after.basis) == ("II hari", Duration(amount=2, unit="hari-kerja"), "dikonfirmasi")
    assert after.confirmed is not None
    assert (after.confirmed.index, after.confirmed.official) == (index, SRI)


def test_a_later_reading_does_not_change_what_the_one_before_it_said_of_its_time() -> None:
    scene = OPEN.copy()
    first, second = confirm(scene), confirm(scene, reading=days(11))
    assert cell(scene, second).reading == Duration(amount=2, unit="hari-kerja")
    assert cell(scene, second + 1).reading == Duration(amount=11, unit="hari-kerja")
    assert first < second


def test_a_reading_speaks_of_its_own_step_and_cell_only() -> None:
    scene = OPEN.copy()
    index = confirm(scene, step="2", cell="pelaksana", raw="", reading="sekcam")
    assert cell(scene, index + 1, "2", "pelaksana").basis == "dikonfirmasi"
    assert cell(scene, index + 1, "2").confirmed is None
    assert cell(scene, index + 1, "6", "pelaksana").basis == "disimpulkan"


def test_a_reading_speaks_of_its_own_version_only() -> None:
    scene = OPEN.copy()
    confirm(scene)
    newer = scene.enacted(variant(lambda sop: sop.update(title="Perubahan")))
    assert cell(newer, 99).reading is None
    assert cell(newer, 99, version=OPEN.sop_leaf).reading == Duration(amount=2, unit="hari-kerja")


def test_a_cell_of_an_older_version_is_confirmed_for_the_cases_that_are_pinned_to_it() -> None:
    newer = OPEN.enacted(variant(lambda sop: sop.update(title="Perubahan")))
    index = confirm(newer, sop=OPEN.sop_leaf)
    assert cell(newer, index + 1, version=OPEN.sop_leaf).basis == "dikonfirmasi"
    assert cell(newer, index + 1).reading is None


def test_a_version_that_is_not_there_is_not_read() -> None:
    fault = refused(OPEN.copy(), sop="0" * 64)
    assert fault.rule == "reading.sop"
    assert OPEN.sop_leaf in fault.allowed


def test_a_step_that_is_not_there_is_not_read() -> None:
    fault = refused(OPEN.copy(), step="11")
    assert fault.rule == "sop.step"
    assert "10" in fault.allowed


@pytest.mark.parametrize(
    ("where", "raw", "allowed"),
    [({}, "2 hari", "“II hari”"), ({"step": "3"}, "2 hari", "kosong"), ({}, "", "“II hari”"), ({}, "ii hari", "“II")],
)
def test_a_reading_names_the_text_that_it_reads(where: dict[str, Any], raw: str, allowed: str) -> None:
    fault = refused(OPEN.copy(), **where, raw=raw)
    assert fault.rule == "reading.raw"
    assert allowed in fault.allowed


@pytest.mark.parametrize(
    "clear",
    [
        {"step": "1", "raw": "10 menit", "reading": days(1)},
        {"step": "1", "raw": "10 menit", "reading": {"amount": 10, "unit": "menit"}},
        {"step": "1", "cell": "pelaksana", "raw": "Q", "reading": "sekcam"},
        {"step": "2", "cell": "kelengkapan", "raw": "Disposisi pada surat masuk", "reading": ["disposisi"]},
    ],
)
def test_what_is_clear_from_the_source_is_not_read_again(clear: dict[str, Any]) -> None:
    assert refused(OPEN.copy(), **clear).rule == "reading.clear"


@pytest.mark.parametrize("step", ["3", "6", "7", "8"])
def test_what_the_source_does_not_say_is_not_read_into_it(step: str) -> None:
    fault = refused(OPEN.copy(), step=step, raw="")
    assert fault.rule == "reading.blank"
    assert "versi SOP baru" in fault.allowed


INFERRED_ACTOR = {"step": "2", "cell": "pelaksana", "raw": ""}
INFERRED_NEED = {"step": "5", "cell": "kelengkapan", "raw": "Indikator Kinerja Utama"}


@pytest.mark.parametrize("reading", ["staf", ["konsep-iku"], []])
def test_a_time_is_read_as_a_duration(reading: Any) -> None:
    fault = refused(OPEN.copy(), reading=reading)
    assert fault.rule == "reading.fits"
    assert "angka dan satuan" in fault.allowed


@pytest.mark.parametrize(
    ("where", "reading"),
    [
        (INFERRED_ACTOR, "camat"),
        (INFERRED_ACTOR, days(2)),
        (INFERRED_ACTOR, ["sekcam"]),
        (INFERRED_NEED, ["iku"]),
        (INFERRED_NEED, []),
        (INFERRED_NEED, "konsep-iku"),
    ],
)
def test_what_was_inferred_is_confirmed_as_it_is_or_not_at_all(where: dict[str, Any], reading: Any) -> None:
    fault = refused(OPEN.copy(), **where, reading=reading)
    assert fault.rule == "reading.fits"
    assert "versi SOP baru" in fault.allowed


@pytest.mark.parametrize(("where", "reading"), [(INFERRED_ACTOR, "sekcam"), (INFERRED_NEED, ["konsep-iku"])])
def test_what_was_inferred_and_confirmed_reads_as_before_but_on_the_offices_word(
    where: dict[str, Any], reading: Any
) -> None:
    scene = OPEN.copy()
    index = confirm(scene, **where, reading=reading)
    before, after = (cell(scene, at, where["step"], where["cell"]) for at in (index, index + 1))
    assert before.reading == after.reading
    assert (before.basis, after.basis) == ("disimpulkan", "dikonfirmasi")


def test_a_reading_is_confirmed_once() -> None:
    scene = OPEN.copy()
    confirm(scene)
    assert refused(scene, ground="Dasar lain.").rule == "reading.same"


def test_an_office_may_come_back_to_an_earlier_reading() -> None:
    scene = OPEN.copy()
    confirm(scene)
    confirm(scene, reading=days(11))
    index = confirm(scene)
    assert cell(scene, index + 1).reading == Duration(amount=2, unit="hari-kerja")
