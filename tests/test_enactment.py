"""SOPs in force: the enacting office in the SOP's own unit brings a version, and each names the one it replaces."""

from __future__ import annotations

from typing import Any

import pytest

from keys.errors import JejakError
from ledger import enactment
from ledger.enactment import Enactments
from tests.kit import CASE, MORNING, mandate, the_sop
from tests.scene import Scene, founded_scene, opened_scene, variant

OPEN = opened_scene()
STREAM = f"sop:{the_sop().slug}"
SRI = "sri-wahyuni"


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
    assert STREAM in fault.allowed


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
        enactment.fold(versions(scene), done.act, done.leaf)
    with pytest.raises(AssertionError, match="no act of an SOP"):
        enactment.decide(versions(scene), scene.register_state(), done.act, "0" * 64, 99, MORNING)


def _at(scene: Scene, index: int) -> tuple[str, str, str, dict[str, Any]]:
    official, kind, said = scene.steps()[index]
    return official, CASE, kind, said
