"""The register: power is given by two, none of them the one who gains, and founding is by two who differ."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from keys.errors import JejakError, NotAllowed
from keys.possession import prove
from keys.records import MandateRecord, OfficialRecord
from keys.signing import PrivateKey
from ledger import officials
from ledger.acts import Seen
from ledger.note import NoteSigner
from tests.kit import FOUNDERS, MORNING, ORIGIN, founding, key, mandate, mandate_of, person
from tests.scene import SOME_ROOT, Scene, founded_scene, opened_scene

Json = dict[str, Any]

DEWI, EKO = FOUNDERS
SRI = "sri-wahyuni"
OPEN = opened_scene()


def key_body(official: str, of: PrivateKey, proved_by: PrivateKey | None = None, ledger: str = ORIGIN) -> Json:
    return {
        "official": official,
        "public_key": of.public.raw.hex(),
        "possession": prove(ledger, official, proved_by or of).decode(),
    }


def another(official: str, **changes: Any) -> Json:
    """Return a second mandate for an official."""
    return mandate(official, mandate=f"kedua-{official}", **changes)


PROPOSALS: dict[str, tuple[str, Callable[[], Json]]] = {
    "official": ("official.proposed", lambda: {"person": person(SRI)}),
    "key": ("key.proposed", lambda: key_body(DEWI, key("kunci-kedua"))),
    "mandate": ("mandate.proposed", lambda: {"mandate": another(DEWI, office="camat", office_name="Camat")}),
}


def proposed(scene: Scene, by: str, kind: str, body: Json) -> str:
    return scene.do(by, "register", kind, body).recorded.leaf


def refused(scene: Scene, by: str, kind: str, body: Json, **changes: Any) -> JejakError:
    return scene.refused(scene.sign(by, "register", kind, body, **changes))


# --- founding -------------------------------------------------------------------------------------------


def founding_body(*changes: Callable[[Json], object], log: NoteSigner | None = None) -> Json:
    body = copy.deepcopy(founding(log or NoteSigner(ORIGIN, key("log"))))
    for change in changes:
        change(body)
    return body


def put(value: object, *path: str | int) -> Callable[[Json], object]:
    def change(body: Any) -> None:
        for name in path[:-1]:
            body = body[name]
        body[path[-1]] = value

    return change


def test_two_founders_found_a_ledger_and_the_second_accepts() -> None:
    register = founded_scene().register_state()
    assert register.founders == FOUNDERS
    assert register.accepted
    assert {register.keys[key(one).public.id].official for one in FOUNDERS} == set(FOUNDERS)
    assert {register.mandates[mandate_of(one)].since for one in FOUNDERS} == {0}
    assert (register.origin, register.enacting_office, register.synthetic) == (ORIGIN, "camat", True)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ([put(person(DEWI), "founders", 1, "person"), put(DEWI, "founders", 1, "mandate", "official")], "founding.two"),
        ([put(key(DEWI).public.raw.hex(), "founders", 1, "public_key")], "founding.two"),
        ([put(person(DEWI)["nip"], "founders", 1, "person", "nip")], "founding.two"),
        (
            [put(DEWI, "founders", 1, "person", "official"), put(DEWI, "founders", 1, "mandate", "official")],
            "founding.two",
        ),
        ([put(mandate_of(DEWI), "founders", 1, "mandate", "mandate")], "founding.two"),
        ([put("camat", "founders", 0, "mandate", "office")], "founding.mandate"),
        ([put("camat", "founders", 1, "mandate", "office")], "founding.mandate"),
        ([put(DEWI, "founders", 1, "mandate", "official")], "founding.mandate"),
        ([put("00" * 31 + "01", "founders", 1, "public_key")], "key."),
        ([put("01" + "00" * 31, "founders", 1, "public_key")], "key.weak"),
        ([put("bukan kunci log", "log_key")], "note."),
        ([put(str(NoteSigner("lain.example/log", key("log")).vkey), "log_key")], "founding.log_key"),
    ],
    ids=[
        "one person twice",
        "one key twice",
        "one NIP twice",
        "one name twice",
        "one mandate twice",
        "first is no registrar",
        "second is no registrar",
        "second's mandate is the first's",
        "second key is none",
        "second key is weak",
        "log key is none",
        "log key of another name",
    ],
)
def test_a_founding_that_is_not_by_two_different_registrars_is_refused(
    changes: list[Callable[[Json], object]], rule: str
) -> None:
    scene = Scene()
    with pytest.raises(JejakError) as caught:
        scene.do(DEWI, "register", "ledger.founded", founding_body(*changes))
    assert caught.value.rule.startswith(rule)
    assert scene.paper.leaves == 0


@pytest.mark.parametrize("count", [1, 3])
def test_founders_are_two(count: int) -> None:
    one = founding_body()["founders"][0]
    with pytest.raises(JejakError) as caught:
        Scene().do(DEWI, "register", "ledger.founded", founding_body(put([one] * count, "founders")))
    assert caught.value.rule == "act.body"


def test_leaf_0_is_signed_by_the_first_founder() -> None:
    assert refused(Scene(), EKO, "ledger.founded", founding_body()).rule == "founding.signer"


def test_leaf_0_under_the_second_founders_key_is_refused() -> None:
    scene = Scene()
    data = scene.signed(DEWI, "register", "ledger.founded", founding_body(), by=key(EKO))
    assert scene.refused(data).rule == "founding.signer"


def test_leaf_0_signed_by_a_stranger_is_refused() -> None:
    scene = Scene()
    data = scene.signed(DEWI, "register", "ledger.founded", founding_body(), by=key("orang-asing"))
    assert scene.refused(data).rule == "founding.signer"


def test_leaf_0_in_the_second_founders_name_is_refused_even_under_the_firsts_key() -> None:
    scene = Scene()
    data = scene.signed(EKO, "register", "ledger.founded", founding_body(), by=key(DEWI), mandate=mandate_of(DEWI))
    assert scene.refused(data).rule == "founding.signer"


def test_leaf_0_under_the_second_founders_mandate_is_refused() -> None:
    fault = refused(Scene(), DEWI, "ledger.founded", founding_body(), mandate=mandate_of(EKO))
    assert fault.rule == "founding.signer"


def test_leaf_0_has_seen_nothing_before_it() -> None:
    fault = refused(Scene(), DEWI, "ledger.founded", founding_body(), seen=Seen(size=1, root=SOME_ROOT))
    assert fault.rule == "ledger.founded"


def test_two_people_without_nip_may_found() -> None:
    honorary = [
        {"official": one, "name": f"{one} (sintetis)", "without_nip": "Belum ada dalam contoh."} for one in FOUNDERS
    ]
    body = founding_body(*(put(one, "founders", at, "person") for at, one in enumerate(honorary)))
    scene = Scene()
    scene.do(DEWI, "register", "ledger.founded", body)
    assert not scene.register_state().nips


def test_the_register_decides_nothing_before_the_founding_and_folds_nothing_onto_nothing() -> None:
    scene = founded_scene()
    done = scene.do(DEWI, "register", "official.proposed", {"person": person(SRI)}).recorded
    with pytest.raises(NotAllowed) as caught:
        officials.decide(None, done.act, key(DEWI).public.id, 2, MORNING)
    assert caught.value.rule == "ledger.founded"
    with pytest.raises(AssertionError, match=r"begins with ledger\.founded"):
        officials.fold(None, done.act, done.leaf, 2, done.entry.envelope.keyid)


def test_nothing_precedes_the_founding() -> None:
    assert refused(Scene(), DEWI, "official.proposed", {"person": person(SRI)}).rule == "ledger.founded"


def test_a_founded_ledger_is_not_founded_again() -> None:
    assert refused(founded_scene(), DEWI, "ledger.founded", founding_body()).rule == "ledger.founded"


class Founded(Scene):
    """A scene whose second founder has not accepted yet."""

    def __init__(self) -> None:
        super().__init__()
        self.leaf = self.do(DEWI, "register", "ledger.founded", founding_body()).recorded.leaf


@pytest.mark.parametrize("by", FOUNDERS)
@pytest.mark.parametrize("what", PROPOSALS)
def test_nothing_comes_between_founding_and_its_acceptance(by: str, what: str) -> None:
    kind, body = PROPOSALS[what]
    fault = refused(Founded(), by, kind, body())
    assert fault.rule == "founding.accepted"
    assert EKO in fault.allowed


def test_the_first_founder_cannot_accept_their_own_founding() -> None:
    scene = Founded()
    fault = refused(scene, DEWI, "founding.accepted", {"founding": scene.leaf})
    assert fault.rule == "founding.accepted"
    assert EKO in fault.allowed


def test_an_acceptance_under_the_first_founders_key_is_refused() -> None:
    scene = Founded()
    data = scene.signed(EKO, "register", "founding.accepted", {"founding": scene.leaf}, by=key(DEWI))
    assert scene.refused(data).rule == "authority.official"


def test_an_acceptance_of_another_founding_is_refused() -> None:
    scene = Founded()
    fault = refused(scene, EKO, "founding.accepted", {"founding": "0" * 64})
    assert fault.rule == "founding.accepted"
    assert scene.leaf in fault.allowed


def test_a_founding_is_accepted_once() -> None:
    scene = founded_scene()
    founding = scene.register_state().founding
    assert refused(scene, EKO, "founding.accepted", {"founding": founding}).rule == "founding.accepted"


# --- what two give --------------------------------------------------------------------------------------


def test_a_proposal_alone_gives_nothing() -> None:
    scene = founded_scene()
    proposed(scene, DEWI, "official.proposed", {"person": person(SRI)})
    assert SRI not in scene.register_state().officials
    assert len(scene.register_state().proposals) == 1


def test_person_key_and_mandate_hold_from_their_approval_on() -> None:
    scene = founded_scene()
    scene.register(SRI)
    register = scene.register_state()
    assert register.officials[SRI].record == OfficialRecord.read(person(SRI), "x", "x")
    assert register.officials[SRI].since == 3
    assert register.keys[key(SRI).public.id].since == 5
    assert register.mandates[mandate_of(SRI)].since == 7
    assert register.mandates[mandate_of(SRI)].record == MandateRecord.read(mandate(SRI), "x", "x")
    assert not register.proposals


def test_an_approved_key_names_its_berita_acara() -> None:
    scene = opened_scene()
    leaf = proposed(scene, DEWI, "key.proposed", key_body(SRI, key("kunci-kedua")))
    body = {"proposal": leaf, "berita_acara": scene.letter}
    scene.do(EKO, "register", "key.approved", body)
    held = scene.register_state().keys[key("kunci-kedua").public.id]
    assert (held.official, held.berita_acara) == (SRI, scene.letter["digest"])


def test_a_person_without_nip_is_registered_with_the_reason() -> None:
    scene = opened_scene()
    honorary = {"official": "joko-honorer", "name": "Joko (sintetis)", "without_nip": "Tenaga honorer."}
    scene.approve("official", {"person": honorary})
    assert scene.register_state().officials["joko-honorer"].record.nip is None


NOTHING_KNOWN = {"official": SRI, "name": "Sri Wahyuni (sintetis)"}


@pytest.mark.parametrize("record", [person(SRI) | {"without_nip": "Honorer."}, NOTHING_KNOWN])
def test_a_person_has_a_nip_or_a_reason_and_not_both(record: Json) -> None:
    with pytest.raises(JejakError) as caught:
        founded_scene().do(DEWI, "register", "official.proposed", {"person": record})
    assert caught.value.rule == "act.body"


# --- four eyes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", PROPOSALS)
def test_nobody_approves_their_own_proposal(what: str) -> None:
    scene = founded_scene()
    kind, body = PROPOSALS[what]
    by = EKO if what != "official" else DEWI  # keys and mandates below are for Dewi
    leaf = proposed(scene, by, kind, body())
    assert refused(scene, by, f"{what}.approved", {"proposal": leaf}).rule == "register.four_eyes"


@pytest.mark.parametrize("what", ["key", "mandate"])
def test_nobody_proposes_power_for_themselves(what: str) -> None:
    kind, body = PROPOSALS[what]
    fault = refused(founded_scene(), DEWI, kind, body())
    assert fault.rule == "register.four_eyes"
    assert "diri" in fault.detail


@pytest.mark.parametrize("what", ["key", "mandate"])
def test_nobody_approves_power_for_themselves(what: str) -> None:
    scene = founded_scene()
    kind, body = PROPOSALS[what]
    leaf = proposed(scene, EKO, kind, body())
    assert refused(scene, DEWI, f"{what}.approved", {"proposal": leaf}).rule == "register.four_eyes"


def test_two_names_with_one_nip_are_one_person() -> None:
    register = founded_scene().register_state()
    again = OfficialRecord.read(person(DEWI) | {"official": "dewi-l"}, "x", "x")
    twice = register.with_official(again, 9)
    assert twice.same_person(DEWI, "dewi-l")
    assert twice.same_person("dewi-l", DEWI)
    assert not twice.same_person("dewi-l", EKO)


def test_people_without_nip_are_not_one_person() -> None:
    register = founded_scene().register_state()
    for name in ("satu", "dua"):
        honorary = {"official": f"honorer-{name}", "name": "Honorer", "without_nip": "Honorer."}
        register = register.with_official(OfficialRecord.read(honorary, "x", "x"), 9)
    assert not register.same_person("honorer-satu", "honorer-dua")
    assert not register.same_person("honorer-satu", "tidak-ada")


def test_a_nip_that_is_registered_under_another_name_is_refused() -> None:
    fault = refused(founded_scene(), DEWI, "official.proposed", {"person": person(EKO) | {"official": "eko-p"}})
    assert fault.rule == "register.nip"
    assert EKO in fault.allowed


def test_of_two_proposals_with_one_nip_only_the_first_is_approved() -> None:
    scene = founded_scene()
    one = proposed(scene, DEWI, "official.proposed", {"person": person(SRI)})
    two = proposed(scene, DEWI, "official.proposed", {"person": person(SRI) | {"official": "sri-w"}})
    scene.do(EKO, "register", "official.approved", {"proposal": one})
    assert refused(scene, EKO, "official.approved", {"proposal": two}).rule == "register.nip"


@pytest.mark.parametrize("what", PROPOSALS)
def test_of_two_equal_proposals_only_one_is_approved(what: str) -> None:
    scene = opened_scene()
    kind, body = {
        "official": ("official.proposed", {"person": person(SRI) | {"official": "baru", "nip": "9" * 18}}),
        "key": ("key.proposed", key_body(SRI, key("kunci-kedua"))),
        "mandate": ("mandate.proposed", {"mandate": another(SRI)}),
    }[what]
    one, two = (proposed(scene, DEWI, kind, body) for _ in range(2))
    scene.do(EKO, "register", f"{what}.approved", {"proposal": one})
    assert refused(scene, EKO, f"{what}.approved", {"proposal": two}).rule == f"register.{what}"


def test_a_proposal_is_approved_once() -> None:
    scene = founded_scene()
    leaf = proposed(scene, DEWI, "official.proposed", {"person": person(SRI)})
    scene.do(EKO, "register", "official.approved", {"proposal": leaf})
    assert refused(scene, EKO, "official.approved", {"proposal": leaf}).rule == "register.proposal"


@pytest.mark.parametrize("kind", ["key.approved", "mandate.approved"])
def test_a_proposal_is_not_approved_as_something_of_another_kind(kind: str) -> None:
    scene = founded_scene()
    leaf = proposed(scene, DEWI, "official.proposed", {"person": person(SRI)})
    assert refused(scene, EKO, kind, {"proposal": leaf}).rule == "register.proposal"


def test_a_proposal_that_does_not_exist_is_not_approved() -> None:
    assert refused(founded_scene(), EKO, "official.approved", {"proposal": "0" * 64}).rule == "register.proposal"


def test_another_leaf_than_a_proposal_is_not_approved() -> None:
    scene = founded_scene()
    founding = scene.register_state().founding
    assert refused(scene, EKO, "official.approved", {"proposal": founding}).rule == "register.proposal"


# --- what is proposed -----------------------------------------------------------------------------------


def test_an_official_who_is_registered_is_not_proposed_again() -> None:
    assert refused(OPEN.copy(), DEWI, "official.proposed", {"person": person(SRI)}).rule == "register.official"


@pytest.mark.parametrize("what", ["key", "mandate"])
def test_only_registered_people_get_keys_and_mandates(what: str) -> None:
    body = key_body(SRI, key(SRI)) if what == "key" else {"mandate": mandate(SRI)}
    fault = refused(founded_scene(), DEWI, f"{what}.proposed", body)
    assert fault.rule == "register.official"
    assert "dahulu" in fault.allowed


def test_a_key_that_is_registered_is_not_proposed_again_even_for_its_owner() -> None:
    fault = refused(OPEN.copy(), DEWI, "key.proposed", key_body(SRI, key(SRI)))
    assert fault.rule == "register.key"


def test_a_mandates_name_is_used_once() -> None:
    fault = refused(OPEN.copy(), DEWI, "mandate.proposed", {"mandate": mandate(SRI)})
    assert fault.rule == "register.mandate"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (key_body(SRI, key("kunci-kedua"), ledger="pagak.malangkab.example/jejak"), "possession.ledger"),
        (
            key_body(SRI, key("kunci-kedua"))
            | {"possession": prove(ORIGIN, "agus-salim", key("kunci-kedua")).decode()},
            "possession.official",
        ),
        (key_body(SRI, key("kunci-kedua"), proved_by=key("orang-asing")), "signature.keyid"),
        (key_body(SRI, key("kunci-kedua")) | {"possession": "{}"}, "envelope.form"),
        (key_body(SRI, key("kunci-kedua")) | {"public_key": "01" + "00" * 31}, "key.weak"),
    ],
    ids=["another ledger", "another official", "another key", "no envelope", "weak key"],
)
def test_a_key_without_its_own_proof_of_possession_is_refused(body: Json, rule: str) -> None:
    scene = OPEN.copy()
    with pytest.raises(JejakError) as caught:
        scene.do(DEWI, "register", "key.proposed", body)
    assert caught.value.rule == rule


def test_a_possession_that_is_not_ascii_is_refused_in_our_own_words() -> None:
    body = key_body(SRI, key("kunci-kedua")) | {"possession": "é€"}
    with pytest.raises(JejakError) as caught:
        OPEN.copy().do(DEWI, "register", "key.proposed", body)
    assert caught.value.rule == "envelope.form"


@pytest.mark.parametrize("what", PROPOSALS)
def test_who_is_no_registrar_proposes_nothing(what: str) -> None:
    kind, body = PROPOSALS[what]
    fault = refused(OPEN.copy(), SRI, kind, body())
    assert isinstance(fault, NotAllowed)
    assert fault.rule == "authority.office"


def test_who_is_no_registrar_approves_nothing() -> None:
    scene = OPEN.copy()
    leaf = proposed(scene, DEWI, "mandate.proposed", {"mandate": another("agus-salim")})
    assert refused(scene, SRI, "mandate.approved", {"proposal": leaf}).rule == "authority.office"


@pytest.mark.parametrize(
    "changes",
    [
        {"end": "2026-01-01"},
        {"capacity": "plh"},
        {"absence": "Cuti."},
        {"capacity": "an"},
        {"own_office": "sekcam"},
        {"capacity": "plt", "absence": "Kosong.", "own_office": "sekcam"},
        {"capacity": "wakil"},
        {"start": "2026-02-30"},
    ],
    ids=lambda changes: ",".join(changes),
)
def test_a_mandate_whose_parts_contradict_is_refused(changes: Json) -> None:
    with pytest.raises(JejakError) as caught:
        OPEN.copy().do(DEWI, "register", "mandate.proposed", {"mandate": another(SRI, **changes)})
    assert caught.value.rule == "act.body"


@pytest.mark.parametrize(
    "changes",
    [
        {"capacity": "plh", "absence": "Cuti 3 hari."},
        {"capacity": "plt", "absence": "Jabatan kosong."},
        {"capacity": "an", "own_office": "sekcam"},
        {"capacity": "ub", "own_office": "kasubag-umum"},
    ],
    ids=lambda changes: str(changes["capacity"]),
)
def test_every_capacity_is_given_with_what_it_must_say(changes: Json) -> None:
    scene = OPEN.copy()
    scene.approve("mandate", {"mandate": another("agus-salim", office="camat", **changes)})
    given = scene.register_state().mandates["kedua-agus-salim"].record
    assert given.capacity == changes["capacity"]
