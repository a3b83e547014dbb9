"""Authority: whose key, whose mandate, which office and unit, on which day and from which leaf on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from keys.authority import WIB, Authority, Need, principals, registrars_able, require
from keys.errors import NotAllowed
from keys.possession import prove
from keys.records import MandateRecord, OfficialRecord
from keys.register import Loss, Register
from tests.kit import CASE, FOUNDERS, MORNING, ORIGIN, key, mandate, mandate_of, person
from tests.scene import Scene, opened_scene

OPEN = opened_scene()
REGISTER = OPEN.register_state()
SRI, BUDI, RATNA, HADI, AGUS = "sri-wahyuni", "budi-santoso", "ratna-sari", "hadi-wijaya", "agus-salim"
CAMAT = Need("camat", "kalipare", "Camat")
ONE_CAMAT = replace(CAMAT, seats="one")
LATE = 1000
YESTERDAY, TODAY, TOMORROW = "2026-03-01", "2026-03-02", "2026-03-03"


def asked(register: Register = REGISTER, **changes: Any) -> Authority:
    question: dict[str, Any] = {
        "official": SRI,
        "mandate": mandate_of(SRI),
        "keyid": key(SRI).public.id,
        "need": CAMAT,
        "index": LATE,
        "at": MORNING,
    }
    return require(register, **question | changes)


def refused(register: Register = REGISTER, **changes: Any) -> NotAllowed:
    with pytest.raises(NotAllowed) as caught:
        asked(register, **changes)
    assert caught.value.detail.endswith(".")
    assert caught.value.allowed
    return caught.value


def given(since: int = 5, until: int | None = None, **changes: Any) -> Register:
    """Return the register with one more mandate for Sri, ``lagi``, held from leaf ``since`` on."""
    record = MandateRecord.read(mandate(SRI, mandate="lagi", **changes), "x", "x")
    register = REGISTER.with_mandate(record, since)
    return register if until is None else register.without_mandate("lagi", lost(until))


def lost(index: int) -> Loss:
    return Loss(index, "0" * 64, FOUNDERS[0], "Diuji.")


def test_authority_is_person_key_and_mandate_as_the_register_has_them() -> None:
    authority = asked()
    assert authority.official.record.name == person(SRI)["name"]
    assert authority.key.public == key(SRI).public
    assert authority.mandate.record.office == "camat"


@pytest.mark.parametrize(
    ("changes", "rule", "said"),
    [
        ({"keyid": key("orang-asing").public.id}, "authority.key", "tidak terdaftar"),
        ({"keyid": "0" * 64}, "authority.key", "tidak terdaftar"),
        ({"keyid": key(BUDI).public.id}, "authority.official", BUDI),
        ({"official": BUDI}, "authority.official", SRI),
        ({"official": "tidak-ada"}, "authority.official", "tidak-ada"),
        ({"mandate": mandate_of(BUDI)}, "authority.mandate", mandate_of(BUDI)),
        ({"mandate": "tidak-ada"}, "authority.mandate", "tidak-ada"),
        ({"need": Need("sekcam", "kalipare", "Sekcam")}, "authority.office", "Sekcam"),
        ({"need": Need("camat", "pagak", "Camat")}, "authority.office", "pagak"),
        ({"need": Need("registrar")}, "authority.office", "registrar"),
    ],
    ids=[
        "unknown key",
        "no key",
        "another's key",
        "another's name",
        "nobody's name",
        "another's mandate",
        "no mandate",
        "another office",
        "another unit",
        "any unit, another office",
    ],
)
def test_what_the_register_does_not_say_is_refused(changes: dict[str, Any], rule: str, said: str) -> None:
    fault = refused(**changes)
    assert fault.rule == rule
    assert said in str(fault)


def test_a_refusal_for_a_wrong_mandate_names_the_right_ones() -> None:
    assert mandate_of(SRI) in refused(mandate=mandate_of(BUDI)).allowed


def test_any_unit_will_do_where_none_is_asked_for() -> None:
    assert asked(need=Need("camat")).mandate.record.unit == "kalipare"


# --- days in WIB ------------------------------------------------------------------------------------------


def wib(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=WIB)


@pytest.mark.parametrize(
    ("at", "held"),
    [
        ("2026-03-01T23:59:59.999999", False),
        ("2026-03-02T00:00:00", True),
        ("2026-03-02T12:00:00", True),
        ("2026-03-03T00:00:00", True),
        ("2026-03-04T23:59:59", True),
        ("2026-03-04T23:59:59.999999", True),
        ("2026-03-05T00:00:00", False),
    ],
)
@pytest.mark.parametrize("zone", [WIB, dt.UTC, dt.timezone(dt.timedelta(hours=-11))], ids=["WIB", "UTC", "UTC-11"])
def test_a_mandate_holds_from_midnight_to_midnight_in_wib_whatever_zone_the_clock_has(
    at: str, held: bool, zone: dt.tzinfo
) -> None:
    register = given(start="2026-03-02", end="2026-03-04")
    moment = wib(at).astimezone(zone)
    if held:
        assert asked(register, mandate="lagi", at=moment).mandate.record.mandate == "lagi"
    else:
        fault = refused(register, mandate="lagi", at=moment)
        assert fault.rule == "authority.period"
        assert at[:10] in fault.detail


def test_a_mandate_of_one_day_holds_on_that_day() -> None:
    register = given(start="2026-03-02", end="2026-03-02")
    assert asked(register, mandate="lagi", at=wib("2026-03-02T23:59:59"))
    assert refused(register, mandate="lagi", at=wib("2026-03-03T00:00:00")).rule == "authority.period"


def test_a_mandate_without_end_holds_long() -> None:
    assert asked(given(), mandate="lagi", at=wib("2099-12-31T23:59:59"))


def test_a_mandate_that_has_not_begun_says_from_when_on_it_holds() -> None:
    fault = refused(given(start="2026-03-03"), mandate="lagi", at=wib("2026-03-02T23:59:59"))
    assert fault.rule == "authority.period"
    assert "2026-03-03 sampai dicabut" in fault.detail


def test_who_has_no_mandate_at_all_is_told_so() -> None:
    register = replace(REGISTER, mandates=REGISTER.mandates.remove(mandate_of(SRI)))
    register = replace(register, mandates_of=register.mandates_of.remove(SRI))
    fault = refused(register)
    assert (fault.rule, fault.allowed) == ("authority.mandate", f"Mandat {SRI} yang berlaku: belum ada.")


def test_only_mandates_in_force_are_named_to_whoever_names_another() -> None:
    register = given(end=YESTERDAY)
    assert "lagi" not in refused(register, mandate=mandate_of(BUDI)).allowed
    assert "lagi" in refused(given(end=TODAY), mandate=mandate_of(BUDI)).allowed


def test_the_day_is_that_of_recording_not_the_one_the_signer_states() -> None:
    scene = opened_scene()
    scene.approve("mandate", {"mandate": mandate(SRI, mandate="lagi", start="2026-03-02", end="2026-03-02")})
    opening = scene.steps()[0]
    scene.paper.now = wib("2026-03-03T00:00:00")
    late = scene.sign(SRI, CASE, *opening[1:], mandate="lagi", occurred_at="2026-03-02T23:00:00+07:00")
    assert scene.refused(late).rule == "authority.period"
    scene.paper.now = wib("2026-03-02T23:59:59")
    scene.ledger.record(late)


# --- leaf indices -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "index", "held"),
    [
        (5, None, 5, False),
        (5, None, 6, True),
        (5, 8, 8, True),
        (5, 8, 9, False),
        (0, None, 0, False),
        (0, None, 1, True),
    ],
)
def test_a_mandate_is_in_force_after_the_leaf_that_gave_it_up_to_the_leaf_that_took_it(
    since: int, until: int | None, index: int, held: bool
) -> None:
    # Only the mandate is in question: Sri's key is Dewi's here, which is in force from leaf 1 on.
    register = given(since, until)
    own = replace(register.keys[key(SRI).public.id], since=-1)
    register = replace(register, keys=register.keys.insert(own.public.id, own))
    if held:
        assert asked(register, mandate="lagi", index=index)
    else:
        assert refused(register, mandate="lagi", index=index).rule == "authority.mandate"


@pytest.mark.parametrize(
    ("since", "until", "index", "held"), [(5, None, 5, False), (5, None, 6, True), (5, 8, 8, True), (5, 8, 9, False)]
)
def test_a_key_is_in_force_after_the_leaf_that_gave_it_up_to_the_leaf_that_took_it(
    since: int, until: int | None, index: int, held: bool
) -> None:
    own = replace(REGISTER.keys[key(SRI).public.id], since=since, revoked=lost(until) if until else None)
    register = replace(given(since=0), keys=REGISTER.keys.insert(own.public.id, own))
    if held:
        assert asked(register, mandate="lagi", index=index)
    else:
        assert refused(register, mandate="lagi", index=index).rule == "authority.key"


def test_an_act_does_not_stand_on_the_approval_that_it_is() -> None:
    """Founders hold their power from leaf 0 on, so leaf 0 itself stands on no authority."""
    first = FOUNDERS[0]
    question: dict[str, Any] = {"official": first, "mandate": mandate_of(first), "keyid": key(first).public.id}
    assert refused(**question, need=Need("registrar"), index=0).rule == "authority.key"
    assert asked(**question, need=Need("registrar"), index=1)


# --- who has the office: seats, stand-ins, on behalf -----------------------------------------------------


def officeholders(*mandates: dict[str, Any], without: str = "") -> Register:
    """Return the register in which these further mandates were given, at the leaves 100, 101, ..."""
    register = REGISTER.without_mandate(without, lost(99)) if without else REGISTER
    for at, one in enumerate(mandates):
        register = register.with_mandate(MandateRecord.read(one, "x", "x"), 100 + at)
    return register


def camat(official: str, name: str, **changes: Any) -> dict[str, Any]:
    """Return a mandate ``name`` for the office of Camat; as plt or plh with the reason, as an or ub with the office."""
    capacity = changes.get("capacity")
    if capacity in ("plt", "plh"):
        changes = {"absence": "Cuti."} | changes
    if capacity in ("an", "ub"):
        changes = {"own_office": "sekcam"} | changes
    return mandate(official, mandate=name, office="camat", office_name="Camat Kalipare") | changes


def verdict(register: Register, mandate: str, need: Need = ONE_CAMAT, **changes: Any) -> str:
    """Return the rule by which whoever holds this mandate is refused, or ``holds``."""
    official = register.mandates[mandate].record.official
    question = {"official": official, "mandate": mandate, "keyid": key(official).public.id, "need": need}
    try:
        asked(register, **question | changes)
    except NotAllowed as fault:
        return fault.rule
    return "holds"


SRIS = mandate_of(SRI)
PLH = camat(BUDI, "plh", capacity="plh")
PLT = camat(RATNA, "plt", capacity="plt")
AN = camat(BUDI, "an", capacity="an", behalf_of=SRIS)
UB = camat(RATNA, "ub", capacity="ub", behalf_of="an", own_office="kasubag-evapor")

#: what is in question -> further mandates, the one withdrawn before them, and who then holds the one seat
TABLE: dict[str, tuple[list[dict[str, Any]], str, dict[str, str]]] = {
    "a plt and a plh at once": ([PLT, PLH], SRIS, {"plt": "holds", "plh": "holds", SRIS: "authority.mandate"}),
    "a plh beside the holder": ([PLH], "", {SRIS: "holds", "plh": "holds"}),
    "two plh": ([PLH, camat(RATNA, "plh-2", capacity="plh")], "", {"plh": "authority.seat", "plh-2": "holds"}),
    "a plt while the holder's mandate was not withdrawn": ([PLT], "", {SRIS: "authority.seat", "plt": "holds"}),
    "expired yesterday": ([PLH | {"end": YESTERDAY}], "", {"plh": "authority.period"}),
    "ends today": ([PLH | {"end": TODAY}], "", {"plh": "holds"}),
    "starts tomorrow": ([PLH | {"start": TOMORROW}], "", {"plh": "authority.period"}),
    "two persons on one seat": ([camat(HADI, "baru")], "", {SRIS: "authority.seat", "baru": "holds"}),
    "the newer begins tomorrow": (
        [camat(HADI, "baru", start=TOMORROW)],
        "",
        {SRIS: "holds", "baru": "authority.period"},
    ),
    "the newer ended yesterday": ([camat(HADI, "baru", end=YESTERDAY)], "", {SRIS: "holds"}),
    "the newest but one is no holder either": (
        [camat(HADI, "baru"), camat(RATNA, "terbaru")],
        "",
        {SRIS: "authority.seat", "baru": "authority.seat", "terbaru": "holds"},
    ),
    "two mandates of one person": ([camat(SRI, "lagi")], "", {SRIS: "holds", "lagi": "holds"}),
    "the same office elsewhere": (
        [camat(HADI, "pagak", unit="pagak")],
        "",
        {SRIS: "holds", "pagak": "authority.office"},
    ),
    "withdrawn and given again under another name": (
        [camat(SRI, "lagi")],
        SRIS,
        {SRIS: "authority.mandate", "lagi": "holds"},
    ),
    "an of the holder": ([AN], "", {"an": "holds", SRIS: "holds"}),
    "an of nobody named": ([camat(BUDI, "an", capacity="an")], "", {"an": "holds"}),
    "an of a plt": ([PLT, AN | {"behalf_of": "plt"}], SRIS, {"an": "holds"}),
    "an of a plh": ([PLH, camat(RATNA, "an", capacity="an", behalf_of="plh")], "", {"an": "authority.behalf"}),
    "an of an an": ([AN, camat(RATNA, "an-2", capacity="an", behalf_of="an")], "", {"an-2": "authority.behalf"}),
    "an of oneself": ([camat(SRI, "an", capacity="an", behalf_of=SRIS)], "", {"an": "authority.behalf"}),
    "an of another office": ([AN | {"behalf_of": mandate_of(BUDI)}], "", {"an": "authority.behalf"}),
    "an of the same office elsewhere": (
        [camat(HADI, "pagak", unit="pagak"), AN | {"behalf_of": "pagak"}],
        "",
        {"an": "authority.behalf"},
    ),
    "an of what does not exist": ([AN | {"behalf_of": "tidak-ada"}], "", {"an": "authority.behalf"}),
    "an of a mandate that was withdrawn": ([AN], SRIS, {"an": "authority.behalf"}),
    "an of a mandate that ended": (
        [PLT | {"end": YESTERDAY}, AN | {"behalf_of": "plt"}],
        "",
        {"an": "authority.behalf"},
    ),
    "an of one whose seat another has": ([AN, camat(HADI, "baru")], "", {"an": "authority.seat", "baru": "holds"}),
    "ub of an an": ([AN, UB], "", {"ub": "holds"}),
    "ub of the holder": ([UB | {"behalf_of": SRIS}], "", {"ub": "authority.behalf"}),
    "ub of a ub": (
        [AN, UB, camat(HADI, "ub-2", capacity="ub", behalf_of="ub")],
        "",
        {"ub": "holds", "ub-2": "authority.behalf"},
    ),
    "ub of an an of a mandate that was withdrawn": ([AN, UB], SRIS, {"ub": "authority.behalf"}),
    "an and ub in a circle": (
        [AN | {"behalf_of": "ub"}, UB],
        "",
        {"an": "authority.behalf", "ub": "authority.behalf"},
    ),
    "on one's own behalf": ([AN | {"behalf_of": "an"}], "", {"an": "authority.behalf"}),
}


@pytest.mark.parametrize("case", TABLE)
def test_who_holds_an_office_of_one_seat(case: str) -> None:
    mandates, withdrawn, expected = TABLE[case]
    register = officeholders(*mandates, without=withdrawn)
    assert {name: verdict(register, name) for name in expected} == expected


def test_in_an_office_of_many_seats_everybody_keeps_theirs() -> None:
    register = officeholders(camat(HADI, "baru"), AN)
    assert [verdict(register, name, CAMAT) for name in (SRIS, "baru", "an")] == ["holds"] * 3


def test_whose_seat_was_taken_is_told_by_whom_and_has_it_again_when_the_newer_mandate_ends() -> None:
    register = officeholders(camat(HADI, "baru", end=TODAY))
    fault = refused(register, need=ONE_CAMAT)
    assert (fault.rule, HADI in fault.allowed, "baru" in fault.detail) == ("authority.seat", True, True)
    assert asked(register, need=ONE_CAMAT, at=wib("2026-03-03T00:00:00"))
    assert asked(register.without_mandate("baru", lost(200)), need=ONE_CAMAT)


def test_a_mandate_on_behalf_ends_on_the_day_of_the_one_it_stands_on() -> None:
    register = officeholders(PLT | {"end": TODAY}, AN | {"behalf_of": "plt"}, without=SRIS)
    assert verdict(register, "an", at=wib("2026-03-02T23:59:59.999999")) == "holds"
    assert verdict(register, "an", at=wib("2026-03-03T00:00:00")) == "authority.behalf"


def test_two_names_of_one_person_do_not_take_each_others_seat_nor_act_for_each_other() -> None:
    again = OfficialRecord.read(person(SRI) | {"official": "sri-w"}, "x", "x")
    other = camat(SRI, "lagi") | {"official": "sri-w"}
    own = camat(SRI, "an", capacity="an", behalf_of=SRIS) | {"official": "sri-w"}
    register = officeholders(other, own).with_official(again, 9)
    assert asked(register, need=ONE_CAMAT)
    register = register.with_key(key("kunci-kedua").public, "sri-w", 5)
    question = {"official": "sri-w", "mandate": "an", "keyid": key("kunci-kedua").public.id}
    assert refused(register, **question).rule == "authority.behalf"


def test_an_act_on_behalf_is_in_the_name_of_everybody_it_stands_on() -> None:
    register = officeholders(AN, UB)
    assert principals(register, "ub") == [RATNA, BUDI, SRI]
    assert principals(register, SRIS) == [SRI]
    assert principals(register, "tidak-ada") == []
    assert principals(officeholders(AN | {"behalf_of": "ub"}, UB), "ub") == [RATNA, BUDI]


# --- who could act as registrar -------------------------------------------------------------------------

MONTH = dt.timedelta(days=31)
DEWI, EKO = FOUNDERS


def registrars(register: Register = REGISTER, soon: dt.timedelta = MONTH) -> set[str]:
    return registrars_able(register, LATE, MORNING, soon)


def registrar(official: str, name: str, **changes: Any) -> dict[str, Any]:
    return mandate(official, mandate=name, office="registrar", office_name="Pendaftar") | changes


def test_a_registrar_is_able_with_a_good_key_and_a_mandate_in_force() -> None:
    assert registrars() == {DEWI, EKO}
    assert registrars(officeholders(registrar(SRI, "baru"))) == {DEWI, EKO, SRI}
    assert registrars(REGISTER.without_key(key(DEWI).public.id, lost(9))) == {EKO}
    assert registrars(REGISTER.without_mandate(mandate_of(DEWI), lost(9))) == {EKO}
    assert registrars(officeholders(registrar(SRI, "baru", end=YESTERDAY))) == {DEWI, EKO}


def test_a_registrar_whose_mandate_begins_soon_is_waited_for() -> None:
    register = officeholders(registrar(SRI, "baru", start="2026-04-02"), registrar(BUDI, "lama", start="2026-04-03"))
    assert registrars(register) == {DEWI, EKO, SRI}
    assert registrars(register, dt.timedelta(0)) == {DEWI, EKO}


def test_a_registrar_on_behalf_is_able_as_long_as_the_one_they_act_for() -> None:
    register = officeholders(registrar(SRI, "an", capacity="an", own_office="camat", behalf_of=mandate_of(DEWI)))
    assert registrars(register) == {DEWI, EKO, SRI}
    assert registrars(register.without_mandate(mandate_of(DEWI), lost(200))) == {EKO}


# --- through the whole judgement ----------------------------------------------------------------------------


def test_an_act_under_a_key_that_was_never_registered_is_refused() -> None:
    scene = opened_scene()
    _, kind, body = scene.steps()[0]
    data = scene.signed(SRI, CASE, kind, body, by=key("orang-asing"))
    assert scene.refused(data).rule == "authority.key"


def test_an_act_in_anothers_name_is_refused() -> None:
    scene = opened_scene()
    _, kind, body = scene.steps()[0]
    assert scene.refused(scene.signed(SRI, CASE, kind, body, by=key(BUDI))).rule == "authority.official"


def test_an_act_under_anothers_mandate_is_refused() -> None:
    scene = opened_scene()
    _, kind, body = scene.steps()[0]
    data = scene.sign(BUDI, CASE, kind, body, mandate=mandate_of(SRI))
    assert scene.refused(data).rule == "authority.mandate"


def test_the_same_office_in_another_unit_gives_no_power_here() -> None:
    scene = opened_scene()
    scene.approve("mandate", {"mandate": mandate(SRI, mandate="camat-pagak", unit="pagak")})
    _, kind, body = scene.steps()[0]
    fault = scene.refused(scene.sign(SRI, CASE, kind, body, mandate="camat-pagak"))
    assert fault.rule == "authority.office"
    assert "kalipare" in fault.allowed


def test_a_person_may_act_under_another_of_their_mandates() -> None:
    scene = opened_scene()
    plh = mandate(BUDI, mandate="plh-camat", office="camat", office_name="Plh Camat", capacity="plh", absence="Cuti.")
    scene.approve("mandate", {"mandate": plh})
    _, kind, body = scene.steps()[0]
    done = scene.do(BUDI, CASE, kind, body, mandate="plh-camat").recorded
    assert done.act.mandate == "plh-camat"


# --- what is taken, and given anew ------------------------------------------------------------------------


def second_key(scene: Scene, official: str) -> None:
    own = key("kunci-kedua")
    body = {
        "official": official,
        "public_key": own.public.raw.hex(),
        "possession": prove(ORIGIN, official, own).decode(),
    }
    scene.approve("key", body)


def revoke(scene: Scene, official: str, name: str, reason: str = "rotated", **changes: Any) -> None:
    scene.do(official, "register", "key.revoked", {"keyid": key(name).public.id, "reason": reason}, **changes)


def test_a_key_that_was_revoked_one_leaf_before_signs_nothing_and_a_case_goes_on_with_the_next_one() -> None:
    scene = opened_scene()
    scene.run(upto=1)
    _, kind, body = scene.steps()[1]
    second_key(scene, BUDI)
    revoke(scene, BUDI, BUDI)
    assert scene.refused(scene.sign(BUDI, CASE, kind, body)).rule == "authority.key"
    scene.paper.record(scene.signed(BUDI, CASE, kind, body, by=key("kunci-kedua")))
    assert scene.case().step == "3"


def test_while_two_keys_are_good_either_signs() -> None:
    scene = opened_scene()
    scene.run(upto=1)
    second_key(scene, BUDI)
    _, kind, body = scene.steps()[1]
    for by in (key(BUDI), key("kunci-kedua")):
        scene.copy().paper.record(scene.signed(BUDI, CASE, kind, body, by=by))


def test_a_mandate_that_was_withdrawn_one_leaf_before_gives_nothing_and_one_given_again_does() -> None:
    scene = opened_scene()
    scene.run(upto=1)
    _, kind, body = scene.steps()[1]
    scene.do(DEWI, "register", "mandate.withdrawn", {"mandate": mandate_of(BUDI), "reason": "Mutasi."})
    assert scene.refused(scene.sign(BUDI, CASE, kind, body)).rule == "authority.mandate"
    scene.approve("mandate", {"mandate": mandate(BUDI, mandate="sekcam-lagi")})
    assert scene.refused(scene.sign(BUDI, CASE, kind, body)).rule == "authority.mandate"
    scene.do(BUDI, CASE, kind, body, mandate="sekcam-lagi")


def test_the_one_camat_of_the_sop_is_whoever_was_given_the_office_last() -> None:
    scene = opened_scene()
    scene.approve("mandate", {"mandate": camat(HADI, "camat-baru")})
    _, kind, body = scene.steps()[0]
    assert scene.refused(scene.sign(SRI, CASE, kind, body)).rule == "authority.seat"
    scene.do(HADI, CASE, kind, body, mandate="camat-baru")


def test_of_the_many_clerks_each_may_type() -> None:
    scene = opened_scene()
    scene.run(upto=3)
    scene.approve("mandate", {"mandate": mandate(HADI, mandate="staf-hadi", office="staf", office_name="Staf")})
    _, kind, body = scene.steps()[3]
    for official, held in ((AGUS, mandate_of(AGUS)), (HADI, "staf-hadi")):
        scene.copy().do(official, CASE, kind, body, mandate=held)
