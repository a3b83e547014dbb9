"""SOPs in force: the enacting office in the SOP's own unit brings a version, and each names the one it replaces.

Beside the versions it enacts what holds from a leaf on; readings have tests of their own (test_sop_readings).
"""

from __future__ import annotations

from typing import Any

import pytest

from keys.errors import JejakError
from ledger import enactment
from ledger.bodies import CATALOGUE
from ledger.enactment import Enactments
from tests.activity_sop import activity_sop
from tests.kit import CASE, MORNING, mandate, the_sop
from tests.scene import Scene, founded_scene, opened_scene, variant

OPEN = opened_scene()
STREAM = f"sop:{the_sop().slug}"
SRI = "sri-wahyuni"
OTHER = "case:22222222-2222-4222-8222-222222222222"
NUMBERING = {"classifications": ["070"], "office_code": "35.07.11"}
USED = {"used": {"year": 2026, "running": 40, "agenda_no": 40}}


def calendar(name: str = "Kalender 2026 (sintetis)") -> dict[str, Any]:
    """Return the body of a small calendar's enactment."""
    return {
        "calendar": {
            "format": "jejak.calendar/1",
            "name": name,
            "basis": ["Perpres 21/2023"],
            "first_day": "2026-01-01",
            "last_day": "2026-12-31",
            "week": [{"weekday": 1, "start": "07:30", "end": "16:00", "rest_start": "12:00", "rest_minutes": 60}],
            "seasons": [],
            "days_off": [],
        }
    }


def reading(scene: Scene, amount: int = 2) -> dict[str, Any]:
    """Return how many days "II hari" are."""
    days = {"amount": amount, "unit": "hari-kerja"}
    return {"sop": scene.sop_leaf, "step": "4", "cell": "waktu", "raw": "II hari", "reading": days, "ground": "Rapat."}


def superseding(scene: Scene, **changes: Any) -> dict[str, Any]:
    return {"sop": scene.sop_leaf, "reason": "Tugasnya pindah (sintetis)."} | changes


def beside(scene: Scene) -> dict[str, dict[str, Any]]:
    """Return an act of every kind that stands beside the versions of an SOP."""
    return {
        "sop.superseded": superseding(scene),
        "reading.confirmed": reading(scene),
        "calendar.enacted": calendar(),
        "numbering.enacted": NUMBERING,
    }


BESIDE = tuple(beside(OPEN))


def body(scene: Scene, **changes: Any) -> dict[str, Any]:
    """Return the next version of the real SOP."""
    made = {"sop": the_sop().plain(), "replaces": scene.sop_leaf} | changes
    return {name: value for name, value in made.items() if value is not None}


def versions(scene: Scene) -> Enactments:
    stream = scene.paper.stream(STREAM)
    assert stream is not None
    assert isinstance(stream.state, Enactments)
    return stream.state


def refused(scene: Scene, body: dict[str, Any], by: str = SRI, stream: str = STREAM, **changes: Any) -> JejakError:
    return scene.refused(scene.sign(by, stream, "sop.enacted", body, **changes))


def test_the_first_version_is_in_force_as_it_was_carried() -> None:
    state = versions(OPEN)
    assert state.newest == OPEN.sop_leaf
    assert state.in_force == the_sop()


def test_a_new_version_is_in_force_and_the_old_one_stays_as_it_was() -> None:
    newer = variant(lambda sop: sop.update(title="Penyusunan IKU, perubahan"))
    scene = OPEN.enacted(newer)
    state = versions(scene)
    assert state.newest == scene.sop_leaf != OPEN.sop_leaf
    assert state.in_force == newer
    assert state.versions[OPEN.sop_leaf] == the_sop()


@pytest.mark.parametrize("replaces", [None, "0" * 64])
def test_a_new_version_that_does_not_name_the_one_in_force_is_refused(replaces: str | None) -> None:
    fault = refused(OPEN.copy(), body(OPEN, replaces=replaces))
    assert fault.rule == "sop.replaces"
    assert OPEN.sop_leaf in fault.allowed


def test_a_new_version_that_names_an_older_one_than_that_in_force_is_refused() -> None:
    scene = OPEN.enacted(the_sop())
    assert refused(scene, body(OPEN)).rule == "sop.replaces"


def test_a_first_version_replaces_nothing() -> None:
    other = variant(lambda sop: sop.update(slug="pengiriman"))
    fault = refused(OPEN.copy(), {"sop": other.plain(), "replaces": "0" * 64}, stream="sop:pengiriman")
    assert fault.rule == "sop.replaces"


def test_an_sop_stands_in_the_stream_of_its_own_name() -> None:
    fault = refused(OPEN.copy(), {"sop": the_sop().plain()}, stream="sop:lain")
    assert fault.rule == "sop.stream"
    assert the_sop().slug in fault.allowed


def test_a_new_version_does_not_move_an_sop_to_another_unit() -> None:
    scene = OPEN.copy()
    scene.approve("mandate", {"mandate": mandate(SRI, mandate="camat-pagak", unit="pagak")})
    moved = variant(lambda sop: sop.update(unit="pagak"))
    assert refused(scene, body(scene, sop=moved.plain()), mandate="camat-pagak").rule == "sop.unit"


@pytest.mark.parametrize("by", ["budi-santoso", "dewi-lestari", "agus-salim"])
def test_only_the_enacting_office_enacts(by: str) -> None:
    fault = refused(OPEN.copy(), body(OPEN), by=by)
    assert fault.rule == "authority.office"
    assert "camat" in fault.allowed


def test_the_enacting_office_of_another_unit_enacts_nothing_here() -> None:
    scene = OPEN.copy()
    scene.approve("mandate", {"mandate": mandate(SRI, mandate="camat-pagak", unit="pagak")})
    assert refused(scene, body(scene), mandate="camat-pagak").rule == "authority.office"


def test_an_sop_that_cannot_be_followed_is_not_enacted() -> None:
    endless = variant(lambda sop: sop["steps"][-1].update(next=[{"to": "9"}]))
    with pytest.raises(JejakError) as caught:
        OPEN.copy().do(SRI, STREAM, "sop.enacted", body(OPEN, sop=endless.plain()))
    assert caught.value.rule == "sop.end"


def test_an_sop_that_names_an_unknown_office_is_not_enacted() -> None:
    with pytest.raises(JejakError) as caught:
        OPEN.copy().do(
            SRI,
            STREAM,
            "sop.enacted",
            body(OPEN, sop=variant(lambda sop: sop["offices"].pop()).plain()),
        )
    assert caught.value.rule == "sop.office"


def test_nothing_is_enacted_before_the_founding_is_accepted() -> None:
    scene = Scene()
    data = scene.sign(SRI, STREAM, "sop.enacted", {"sop": the_sop().plain()})
    with pytest.raises(JejakError) as caught:
        scene.ledger.record(data)
    assert caught.value.rule == "ledger.founded"


def test_who_is_not_registered_enacts_nothing() -> None:
    assert refused(founded_scene(), {"sop": the_sop().plain()}).rule == "authority.key"


def test_a_case_opens_under_the_version_in_force_and_keeps_it() -> None:
    scene = OPEN.copy()
    scene.do(*_at(scene, 0))
    later = scene.enacted(variant(lambda sop: sop.update(title="Perubahan")))
    assert later.case().sop == the_sop()
    assert later.case().sop_ref.leaf == OPEN.sop_leaf


def test_impossible_history_stops() -> None:
    scene = OPEN.copy()
    done = scene.do(*_at(scene, 0)).recorded
    with pytest.raises(AssertionError, match="cannot stand"):
        enactment.fold(versions(scene), done.act, done.leaf, done.index)
    with pytest.raises(AssertionError, match="no act of an SOP"):
        enactment.decide(versions(scene), scene.register_state(), done.act, "0" * 64, 99, MORNING)
    numbered = scene.do(SRI, STREAM, "numbering.enacted", NUMBERING).recorded
    with pytest.raises(AssertionError, match="begins with its enactment"):
        enactment.fold(None, numbered.act, numbered.leaf, numbered.index)


# --- beside the versions --------------------------------------------------------------------------------


def test_every_kind_of_an_sop_is_either_a_version_or_stands_beside_it() -> None:
    kinds = {kind for kind, (family, _) in CATALOGUE.items() if family == "sop"}
    assert kinds == {"sop.enacted", *BESIDE}


@pytest.mark.parametrize("kind", BESIDE)
@pytest.mark.parametrize("by", ["budi-santoso", "dewi-lestari", "agus-salim"])
def test_only_the_enacting_office_enacts_what_stands_beside_a_version(kind: str, by: str) -> None:
    scene = OPEN.copy()
    fault = scene.refused(scene.sign(by, STREAM, kind, beside(scene)[kind]))
    assert fault.rule == "authority.office"
    assert "camat" in fault.allowed


@pytest.mark.parametrize("kind", BESIDE)
def test_the_enacting_office_of_another_unit_enacts_nothing_beside_a_version(kind: str) -> None:
    scene = OPEN.copy()
    scene.approve("mandate", {"mandate": mandate(SRI, mandate="camat-pagak", unit="pagak")})
    fault = scene.refused(scene.sign(SRI, STREAM, kind, beside(scene)[kind], mandate="camat-pagak"))
    assert fault.rule == "authority.office"


@pytest.mark.parametrize("kind", BESIDE)
def test_nothing_stands_beside_an_sop_that_was_never_enacted(kind: str) -> None:
    scene = OPEN.copy()
    fault = scene.refused(scene.sign(SRI, "sop:lain", kind, beside(scene)[kind]))
    assert fault.rule == "sop.unknown"
    assert "lain" in fault.detail


# --- out of force ---------------------------------------------------------------------------------------


def superseded(**changes: Any) -> Scene:
    """Return a scene with an open case, whose SOP is out of force since."""
    scene = OPEN.copy()
    scene.do(*_at(scene, 0))
    scene.do(SRI, STREAM, "sop.superseded", superseding(scene, **changes))
    return scene


def opening(scene: Scene) -> tuple[str, str, str, dict[str, Any]]:
    official, kind, said = scene.steps()[0]
    return official, OTHER, kind, said


def test_no_case_opens_under_a_superseded_sop() -> None:
    scene = superseded()
    fault = scene.refused(scene.sign(*opening(scene)))
    assert fault.rule == "sop.superseded"
    assert "menunggu penetapan" in fault.allowed


def test_who_would_open_a_case_under_a_superseded_sop_is_told_which_to_use_instead() -> None:
    scene = superseded(by="susun-iku-baru")
    assert "susun-iku-baru" in scene.refused(scene.sign(*opening(scene))).allowed


def test_an_open_case_goes_on_to_its_end_under_a_superseded_sop() -> None:
    scene = superseded()
    scene.run_from(1, 12)
    assert scene.case().finished
    assert scene.case().sop_ref.leaf == OPEN.sop_leaf


def test_a_new_version_puts_a_superseded_sop_in_force_again() -> None:
    scene = superseded().enacted(variant(lambda sop: sop.update(title="Penyusunan IKU, perubahan")))
    assert versions(scene).superseded is None
    scene.do(*opening(scene))
    assert scene.case(OTHER).sop_ref.leaf == scene.sop_leaf


def test_the_new_version_of_a_superseded_sop_names_the_one_that_was_in_force() -> None:
    scene = superseded()
    fault = refused(scene, body(scene, replaces=None))
    assert fault.rule == "sop.replaces"
    assert OPEN.sop_leaf in fault.allowed


def test_an_sop_is_superseded_once() -> None:
    scene = superseded()
    fault = scene.refused(scene.sign(SRI, STREAM, "sop.superseded", superseding(scene)))
    assert fault.rule == "sop.superseded"


def test_a_superseding_names_the_version_in_force() -> None:
    scene = OPEN.enacted(the_sop())
    fault = scene.refused(scene.sign(SRI, STREAM, "sop.superseded", superseding(OPEN)))
    assert fault.rule == "sop.version"
    assert scene.sop_leaf in fault.allowed


def test_an_sop_is_not_superseded_by_itself() -> None:
    scene = OPEN.copy()
    fault = scene.refused(scene.sign(SRI, STREAM, "sop.superseded", superseding(scene, by=the_sop().slug)))
    assert fault.rule == "sop.by"


def test_what_open_cases_need_is_still_enacted_beside_a_superseded_sop() -> None:
    scene = superseded()
    for kind in BESIDE[1:]:
        scene.do(SRI, STREAM, kind, beside(scene)[kind])
    state = versions(scene)
    assert (len(state.readings), len(state.calendars), len(state.numberings)) == (1, 1, 1)
    assert state.superseded is not None


# --- calendars and numberings ---------------------------------------------------------------------------


def test_a_calendar_holds_above_its_leaf_beside_those_before_it() -> None:
    scene = OPEN.copy()
    first = scene.do(SRI, STREAM, "calendar.enacted", calendar("Kalender A")).recorded
    second = scene.do(SRI, STREAM, "calendar.enacted", calendar("Kalender B")).recorded
    state = versions(scene)
    assert state.calendars_at(first.index) == ()
    for index, names in ((second.index, ["Kalender A"]), (second.index + 1, ["Kalender A", "Kalender B"])):
        assert [one.value.name for one in state.calendars_at(index)] == names
    for held, by in zip(state.calendars, (first, second), strict=True):
        assert (held.index, held.leaf, held.official, held.at) == (by.index, by.leaf, SRI, by.entry.recorded_at)


@pytest.mark.parametrize(
    ("kind", "one", "another"),
    [
        ("calendar.enacted", calendar("Kalender A"), calendar("Kalender B")),
        ("numbering.enacted", NUMBERING, NUMBERING | USED),
    ],
)
def test_only_what_changed_is_enacted_again(kind: str, one: dict[str, Any], another: dict[str, Any]) -> None:
    scene = OPEN.copy()
    scene.do(SRI, STREAM, kind, one)
    assert scene.refused(scene.sign(SRI, STREAM, kind, one)).rule == f"{kind.partition('.')[0]}.same"
    scene.do(SRI, STREAM, kind, another)
    scene.do(SRI, STREAM, kind, one)


def test_the_newest_numbering_holds() -> None:
    scene = OPEN.copy()
    assert versions(scene).numbering is None
    for said in (NUMBERING, NUMBERING | USED):
        scene.do(SRI, STREAM, "numbering.enacted", said)
        held = versions(scene).numbering
        assert held is not None
        assert held.plain() == said


def test_a_new_version_keeps_what_was_enacted_beside_the_one_before() -> None:
    scene = OPEN.copy()
    for kind in BESIDE[1:]:
        scene.do(SRI, STREAM, kind, beside(scene)[kind])
    before, after = versions(scene), versions(scene.enacted(variant(lambda sop: sop.update(title="Perubahan"))))
    assert after.readings == before.readings
    assert after.calendars == before.calendars
    assert after.numberings == before.numberings


def test_what_stands_beside_one_sop_says_nothing_of_another() -> None:
    scene = OPEN.copy()
    other = activity_sop()
    scene.do(SRI, f"sop:{other.slug}", "sop.enacted", {"sop": other.plain()})
    scene.do(SRI, f"sop:{other.slug}", "numbering.enacted", NUMBERING)
    assert versions(scene).numbering is None


def _at(scene: Scene, index: int) -> tuple[str, str, str, dict[str, Any]]:
    official, kind, said = scene.steps()[index]
    return official, CASE, kind, said


# --- who lost the seat ----------------------------------------------------------------------------------


def test_who_lost_the_enacting_office_to_another_enacts_nothing_more() -> None:
    scene = OPEN.copy()
    newer = mandate("budi-santoso", mandate="camat-budi", office="camat", office_name="Camat Kalipare")
    scene.approve("mandate", {"mandate": newer})
    assert refused(scene, body(scene)).rule == "authority.seat"
    scene.do("budi-santoso", STREAM, "sop.enacted", body(scene), mandate="camat-budi")
