"""Authority: whose key, whose mandate, which office and unit, on which day and from which leaf on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from keys.authority import WIB, Authority, Need, require
from keys.errors import NotAllowed
from keys.records import MandateRecord
from keys.register import Register
from tests.kit import CASE, FOUNDERS, MORNING, key, mandate, mandate_of, person
from tests.scene import opened_scene

OPEN = opened_scene()
REGISTER = OPEN.register_state()
SRI, BUDI = "sri-wahyuni", "budi-santoso"
CAMAT = Need("camat", "kalipare", "Camat")
LATE = 1000


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
    held = replace(register.mandates["lagi"], until=until)
    return replace(register, mandates=register.mandates.insert("lagi", held))


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
    fault = refused(register)
    assert (fault.rule, fault.allowed) == ("authority.mandate", f"Mandat {SRI}: belum ada.")


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
    own = replace(REGISTER.keys[key(SRI).public.id], since=since, until=until)
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
