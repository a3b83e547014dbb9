"""Power that is taken by one, given anew by two, and recovered by the founders; and what attackers would make of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from keys.envelope import Envelope
from keys.errors import JejakError
from keys.possession import prove
from keys.records import OfficialRecord
from keys.register import Loss, Proposal, Register
from ledger.acts import PAYLOAD_TYPE, compose
from ledger.recorded import Recorded
from ledger.register_powers import require_four_eyes
from tests.kit import CASE, FOUNDERS, MORNING, ORIGIN, key, mandate, mandate_of, person
from tests.scene import Scene, founded_scene, opened_scene

Json = dict[str, Any]

DEWI, EKO = FOUNDERS
SRI, BUDI, RATNA, HADI = "sri-wahyuni", "budi-santoso", "ratna-sari", "hadi-wijaya"
OPEN = opened_scene()
WHY = {"recovery": "Pendaftar tinggal satu (sintetis)."}


def did(scene: Scene, by: str, kind: str, body: Json, **changes: Any) -> Recorded:
    return scene.do(by, "register", kind, body, **changes).recorded


def rule(scene: Scene, by: str, kind: str, body: Json, **changes: Any) -> str:
    return refused(scene, by, kind, body, **changes).rule


def refused(scene: Scene, by: str, kind: str, body: Json, **changes: Any) -> JejakError:
    return scene.refused(scene.sign(by, "register", kind, body, **changes))


def revoking(name: str, reason: str = "lost", **changes: Any) -> Json:
    return {"keyid": key(name).public.id, "reason": reason} | changes


def withdrawing(name: str) -> Json:
    return {"mandate": name, "reason": "Mutasi (sintetis)."}


def key_of(official: str, name: str = "kunci-kedua") -> Json:
    own = key(name)
    return {
        "official": official,
        "public_key": own.public.raw.hex(),
        "possession": prove(ORIGIN, official, own).decode(),
    }


def registrar(official: str, name: str = "", **changes: Any) -> Json:
    """Return the body that proposes this official as a registrar, under the mandate ``name``."""
    held = {"mandate": name or f"pendaftar-{official}", "office": "registrar", "office_name": "Pendaftar"}
    return {"mandate": mandate(official) | held | changes}


def renewed(official: str, **changes: Any) -> Json:
    return {"person": person(official) | changes}


def with_registrar(*officials: str, **changes: Any) -> Scene:
    """Return the opened scene in which these are registrars too."""
    scene = OPEN.copy()
    for one in officials:
        scene.approve("mandate", registrar(one, **changes))
    return scene


# --- a key is revoked -------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [SRI, DEWI, EKO], ids=["by its holder", "by a registrar", "by the other registrar"])
@pytest.mark.parametrize("reason", ["rotated", "lost", "compromised", "left"])
def test_a_key_is_revoked_by_its_holder_or_by_one_registrar(by: str, reason: str) -> None:
    scene = OPEN.copy()
    done = did(scene, by, "key.revoked", revoking(SRI, reason))
    held = scene.register_state().keys[key(SRI).public.id]
    assert held.revoked == Loss(done.index, done.leaf, by, reason)
    assert held.until == done.index


def test_nobody_else_revokes_a_key() -> None:
    assert rule(OPEN.copy(), BUDI, "key.revoked", revoking(SRI)) == "authority.office"


def test_nobody_revokes_in_the_holders_name() -> None:
    scene = OPEN.copy()
    data = scene.signed(SRI, "register", "key.revoked", revoking(SRI), by=key(BUDI))
    assert scene.refused(data).rule == "authority.official"


def test_the_holder_revokes_under_a_mandate_of_theirs_and_no_other() -> None:
    assert rule(OPEN.copy(), SRI, "key.revoked", revoking(SRI), mandate=mandate_of(BUDI)) == "authority.mandate"
    assert rule(OPEN.copy(), SRI, "key.revoked", revoking(SRI), mandate="tidak-ada") == "authority.mandate"


def test_a_holder_without_a_mandate_in_force_still_revokes_their_own_key() -> None:
    scene = OPEN.copy()
    did(scene, DEWI, "mandate.withdrawn", withdrawing(mandate_of(SRI)))
    did(scene, SRI, "key.revoked", revoking(SRI, "left"))


def test_after_the_revocation_the_next_act_of_the_key_is_refused_and_those_before_it_stay() -> None:
    scene = OPEN.copy()
    scene.run(upto=1)
    before = scene.case()
    did(scene, SRI, "key.revoked", revoking(SRI))
    withdrawal = scene.sign(SRI, CASE, "disposition.withdrawn", {"step": "1", "reason": "Batal."})
    assert scene.refused(withdrawal).rule == "authority.key"
    assert rule(scene, SRI, "mandate.withdrawn", withdrawing(mandate_of(SRI))) == "authority.key"
    assert scene.case() == before


def test_a_key_is_revoked_once_and_never_registered_again() -> None:
    scene = OPEN.copy()
    did(scene, SRI, "key.revoked", revoking(SRI))
    assert rule(scene, DEWI, "key.revoked", revoking(SRI)) == "register.revoked"
    assert rule(scene, DEWI, "key.revoked", revoking("orang-asing")) == "register.revoked"
    assert rule(scene, DEWI, "key.proposed", key_of(SRI, SRI)) == "register.key"


@pytest.mark.parametrize(
    ("since", "taken"),
    [
        ("2026-03-02T08:00:00+07:00", True),
        ("2026-03-02T01:00:00Z", True),
        ("2019-08-01T00:00:00+07:00", True),
        ("2026-03-02T08:00:01+07:00", False),
        ("2026-03-02T08:00:00+06:00", False),
        ("2027-01-01T00:00:00Z", False),
    ],
)
def test_since_when_a_key_is_compromised_is_a_claim_about_the_past(since: str, taken: bool) -> None:
    scene = OPEN.copy()
    body = revoking(SRI, "compromised", compromised_since=since)
    scene.paper.now = MORNING
    if taken:
        did(scene, SRI, "key.revoked", body)
        loss = scene.register_state().keys[key(SRI).public.id].revoked
        assert loss is not None
        assert loss.compromised_since == dt.datetime.fromisoformat(since)
    else:
        assert rule(scene, SRI, "key.revoked", body) == "register.since"


@pytest.mark.parametrize("reason", ["rotated", "lost", "left"])
def test_only_a_compromised_key_says_since_when(reason: str) -> None:
    body = revoking(SRI, reason, compromised_since="2026-03-01T08:00:00+07:00")
    with pytest.raises(JejakError) as caught:
        OPEN.copy().do(SRI, "register", "key.revoked", body)
    assert caught.value.rule == "act.body"


# --- a mandate is withdrawn -------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [SRI, DEWI], ids=["by its holder", "by a registrar"])
def test_a_mandate_is_withdrawn_by_its_holder_or_by_one_registrar(by: str) -> None:
    scene = OPEN.copy()
    done = did(scene, by, "mandate.withdrawn", withdrawing(mandate_of(SRI)))
    held = scene.register_state().mandates[mandate_of(SRI)]
    assert held.withdrawn == Loss(done.index, done.leaf, by, "Mutasi (sintetis).")
    assert held.until == done.index


def test_nobody_else_withdraws_a_mandate_and_nobody_does_it_twice() -> None:
    scene = OPEN.copy()
    assert rule(scene, BUDI, "mandate.withdrawn", withdrawing(mandate_of(SRI))) == "authority.office"
    assert rule(scene, DEWI, "mandate.withdrawn", withdrawing("tidak-ada")) == "register.withdrawn"
    did(scene, DEWI, "mandate.withdrawn", withdrawing(mandate_of(SRI)))
    assert rule(scene, EKO, "mandate.withdrawn", withdrawing(mandate_of(SRI))) == "register.withdrawn"


def test_a_withdrawn_mandate_keeps_its_name_so_that_a_new_one_needs_another() -> None:
    scene = OPEN.copy()
    did(scene, DEWI, "mandate.withdrawn", withdrawing(mandate_of(SRI)))
    assert rule(scene, DEWI, "mandate.proposed", {"mandate": mandate(SRI)}) == "register.mandate"
    scene.approve("mandate", {"mandate": mandate(SRI, mandate="camat-lagi")})
    register = scene.register_state()
    assert (register.mandates[mandate_of(SRI)].withdrawn is None, register.mandates["camat-lagi"].until) == (
        False,
        None,
    )


def test_a_registrar_whose_mandate_was_withdrawn_takes_and_gives_no_more() -> None:
    scene = with_registrar(BUDI)
    did(scene, BUDI, "mandate.withdrawn", withdrawing(mandate_of(DEWI)), mandate="pendaftar-budi-santoso")
    assert rule(scene, DEWI, "key.revoked", revoking(SRI)) == "authority.mandate"
    assert rule(scene, DEWI, "official.proposed", renewed(SRI, rank="Pembina")) == "authority.mandate"


# --- a person's new data ----------------------------------------------------------------------------------


def test_a_new_rank_and_name_are_shown_from_their_approval_on_and_the_old_ones_before() -> None:
    scene = OPEN.copy()
    before = scene.register_state()
    scene.approve("official", renewed(SRI, rank="Pembina (sintetis)", name="Sri Wahyuni, M.Si (sintetis)"))
    after = scene.register_state()
    assert before.officials[SRI].record.rank == "Penata (sintetis)"
    assert after.officials[SRI].record.rank == "Pembina (sintetis)"
    assert after.officials[SRI].record.name == "Sri Wahyuni, M.Si (sintetis)"
    assert after.officials[SRI].since == scene.paper.leaves - 1
    scene.run(upto=1)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (renewed(SRI), "register.official"),
        (renewed(SRI, nip="199901010000000001"), "register.person"),
        ({"person": {"official": SRI, "name": "Sri Wahyuni (sintetis)", "without_nip": "Lupa."}}, "register.person"),
        ({"person": person(BUDI) | {"official": "budi-s"}}, "register.nip"),
    ],
    ids=["nothing new", "another NIP", "no NIP any more", "another's NIP"],
)
def test_a_nip_never_changes_and_data_that_are_the_same_are_not_proposed(body: Json, expected: str) -> None:
    assert rule(OPEN.copy(), DEWI, "official.proposed", body) == expected


def test_who_had_no_nip_gets_one_and_then_keeps_it() -> None:
    scene = OPEN.copy()
    honorary = {"official": "joko", "name": "Joko (sintetis)"}
    scene.approve("official", {"person": honorary | {"without_nip": "Tenaga honorer."}})
    assert rule(scene, DEWI, "official.proposed", {"person": honorary | {"nip": person(SRI)["nip"]}}) == "register.nip"
    scene.approve("official", {"person": honorary | {"nip": "199901010000000001"}})
    assert scene.register_state().nips["199901010000000001"] == "joko"
    later = {"person": honorary | {"without_nip": "Tenaga honorer."}}
    assert rule(scene, DEWI, "official.proposed", later) == "register.person"


def test_of_two_new_data_proposed_at_once_the_one_approved_second_is_out_of_date() -> None:
    scene = OPEN.copy()
    older = did(scene, DEWI, "official.proposed", renewed(SRI, rank="Penata Tk. I (sintetis)")).leaf
    newer = did(scene, DEWI, "official.proposed", renewed(SRI, rank="Pembina (sintetis)")).leaf
    did(scene, EKO, "official.approved", {"proposal": newer})
    assert rule(scene, EKO, "official.approved", {"proposal": older}) == "register.changed"


def test_nobody_proposes_or_approves_their_own_new_rank() -> None:
    scene = OPEN.copy()
    assert rule(scene, DEWI, "official.proposed", renewed(DEWI, rank="Pembina")) == "register.four_eyes"
    leaf = did(scene, EKO, "official.proposed", renewed(DEWI, rank="Pembina")).leaf
    assert rule(scene, DEWI, "official.approved", {"proposal": leaf}) == "register.four_eyes"


# --- on whose behalf --------------------------------------------------------------------------------------


def on_behalf(official: str, name: str, capacity: str, of: str, **changes: Any) -> Json:
    held = {"mandate": name, "office": "camat", "office_name": "Camat", "capacity": capacity, "own_office": "sekcam"}
    return {"mandate": mandate(official) | held | {"behalf_of": of} | changes}


@pytest.mark.parametrize(
    "body",
    [
        on_behalf(BUDI, "baru", "an", "tidak-ada"),
        on_behalf(BUDI, "baru", "an", mandate_of(RATNA)),
        on_behalf(BUDI, "baru", "an", mandate_of(SRI), unit="pagak"),
        on_behalf(SRI, "baru", "an", mandate_of(SRI)),
        on_behalf(RATNA, "baru", "an", "an-camat"),
        on_behalf(RATNA, "baru", "ub", mandate_of(SRI)),
        on_behalf(RATNA, "baru", "an", "baru"),
    ],
    ids=["nobody", "another office", "another unit", "oneself", "an of an", "ub of the holder", "itself"],
)
def test_a_mandate_that_could_never_stand_on_the_one_it_names_is_not_proposed(body: Json) -> None:
    scene = OPEN.copy()
    scene.approve("mandate", on_behalf(BUDI, "an-camat", "an", mandate_of(SRI)))
    assert rule(scene, DEWI, "mandate.proposed", body) == "register.behalf"


def test_an_and_ub_are_given_one_level_at_a_time_and_fall_with_what_they_stand_on() -> None:
    scene = OPEN.copy()
    scene.approve("mandate", on_behalf(BUDI, "an-camat", "an", mandate_of(SRI)))
    leaf = did(scene, DEWI, "mandate.proposed", on_behalf(RATNA, "ub-camat", "ub", "an-camat")).leaf
    _, kind, body = scene.steps()[0]
    scene.copy().do(BUDI, CASE, kind, body, mandate="an-camat")
    did(scene, BUDI, "mandate.withdrawn", withdrawing("an-camat"))
    assert rule(scene, EKO, "mandate.approved", {"proposal": leaf}) == "register.behalf"


# --- four eyes that hold ----------------------------------------------------------------------------------


def test_a_registrar_does_not_approve_their_own_proposal_under_a_second_mandate_or_with_a_second_key() -> None:
    scene = with_registrar(SRI)
    second = registrar(SRI, "pendaftar-lain")
    scene.approve("mandate", second)
    scene.approve("key", key_of(SRI))
    leaf = did(scene, SRI, "official.proposed", renewed(BUDI, rank="Pembina"), mandate="pendaftar-sri-wahyuni").leaf
    approval = {"proposal": leaf}
    assert rule(scene, SRI, "official.approved", approval, mandate="pendaftar-lain") == "register.four_eyes"
    data = scene.signed(SRI, "register", "official.approved", approval, by=key("kunci-kedua"), mandate="pendaftar-lain")
    assert scene.refused(data).rule == "register.four_eyes"


def test_a_second_name_with_the_same_nip_is_no_second_pair_of_eyes() -> None:
    register = OPEN.register_state()
    again = OfficialRecord.read(person(DEWI) | {"official": "dewi-l"}, "x", "x")
    held = register.mandates[mandate_of(DEWI)].record.model_copy(update={"mandate": "dewi-l", "official": "dewi-l"})
    register = register.with_official(again, 1).with_mandate(held, 1)
    scene = OPEN.copy()
    act = did(scene, DEWI, "official.proposed", renewed(BUDI, rank="Pembina")).act
    proposal = Proposal("0" * 64, 2, "dewi-l", BUDI, again, "dewi-l", key(DEWI).public.id)
    with pytest.raises(JejakError) as caught:
        require_four_eyes(register, act, proposal)
    assert caught.value.rule == "register.four_eyes"


def delegating() -> Scene:
    """Return a scene in which Sri may act as registrar on behalf of Dewi."""
    scene = OPEN.copy()
    held = {"capacity": "an", "own_office": "camat", "behalf_of": mandate_of(DEWI)}
    # Dewi herself proposes it: to let another act for her gives power to that other alone.
    scene.approve("mandate", registrar(SRI, "an-pendaftar", **held))
    return scene


def test_who_acts_on_behalf_of_the_proposer_does_not_approve_nor_the_other_way_round() -> None:
    scene = delegating()
    leaf = did(scene, DEWI, "official.proposed", renewed(BUDI, rank="Pembina")).leaf
    assert rule(scene, SRI, "official.approved", {"proposal": leaf}, mandate="an-pendaftar") == "register.four_eyes"
    leaf = did(scene, SRI, "official.proposed", renewed(BUDI, rank="Pembina"), mandate="an-pendaftar").leaf
    assert rule(scene, DEWI, "official.approved", {"proposal": leaf}) == "register.four_eyes"
    did(scene, EKO, "official.approved", {"proposal": leaf})


def test_who_acts_on_behalf_of_another_gives_them_nothing() -> None:
    scene = delegating()
    body = {"mandate": mandate(DEWI, mandate="camat-dewi", office="camat", office_name="Camat")}
    assert rule(scene, SRI, "mandate.proposed", body, mandate="an-pendaftar") == "register.four_eyes"
    leaf = did(scene, EKO, "mandate.proposed", body).leaf
    assert rule(scene, SRI, "mandate.approved", {"proposal": leaf}, mandate="an-pendaftar") == "register.four_eyes"


# --- a proposal falls with its proposer -------------------------------------------------------------------


def proposed_by_budi(**changes: Any) -> tuple[Scene, Json]:
    """Return a scene in which Budi, a registrar, proposed somebody; ``changes`` are of his mandate."""
    scene = with_registrar(BUDI, **changes)
    body = renewed(SRI, rank="Pembina (sintetis)")
    leaf = did(scene, BUDI, "official.proposed", body, mandate="pendaftar-budi-santoso").leaf
    return scene, {"proposal": leaf}


def test_a_proposal_of_whoever_lost_the_key_it_was_signed_with_is_not_approved() -> None:
    scene, approval = proposed_by_budi()
    scene.approve("key", key_of(BUDI))
    did(scene, DEWI, "key.revoked", revoking(BUDI, "compromised"))
    assert rule(scene, EKO, "official.approved", approval) == "register.stale"


def test_a_proposal_of_whoever_is_no_registrar_any_more_is_not_approved_even_if_they_are_one_again() -> None:
    scene, approval = proposed_by_budi()
    did(scene, DEWI, "mandate.withdrawn", withdrawing("pendaftar-budi-santoso"))
    assert rule(scene, EKO, "official.approved", approval) == "register.stale"
    scene.approve("mandate", registrar(BUDI, "pendaftar-lagi"))
    assert rule(scene, EKO, "official.approved", approval) == "register.stale"


def test_a_proposal_falls_when_the_proposers_mandate_expires() -> None:
    scene, approval = proposed_by_budi(end="2026-03-02")
    later = scene.copy()
    later.paper.now += dt.timedelta(days=1)
    fault = refused(later, EKO, "official.approved", approval)
    assert (fault.rule, fault.facts["because"]) == ("register.stale", "authority.period")
    did(scene, EKO, "official.approved", approval)


# --- recovery by the founders ------------------------------------------------------------------------------


def last_registrar() -> Scene:
    """Return a scene in which the founders are registrars no more and Budi alone is."""
    scene = with_registrar(BUDI)
    for founder in FOUNDERS:
        did(scene, founder, "mandate.withdrawn", withdrawing(mandate_of(founder)))
    return scene


def recover(scene: Scene, what: str, body: Json) -> Recorded:
    leaf = did(scene, DEWI, f"{what}.proposed", body | WHY).leaf
    return did(scene, EKO, f"{what}.approved", {"proposal": leaf} | WHY)


def test_the_founders_make_a_new_registrar_where_too_few_are_left_and_it_is_flagged() -> None:
    scene = last_registrar()
    new = {"official": "tuti", "name": "Tuti (sintetis)", "nip": "199901010000000001"}
    recover(scene, "official", {"person": new})
    held = {"mandate": "pendaftar-tuti", "official": "tuti", "office": "registrar", "office_name": "Pendaftar"}
    recover(scene, "mandate", {"mandate": mandate(SRI) | held})
    recover(scene, "key", key_of("tuti"))
    register = scene.register_state()
    assert register.mandates["pendaftar-tuti"].recovered
    assert register.keys[key("kunci-kedua").public.id].recovered
    assert not register.mandates["pendaftar-budi-santoso"].recovered
    # Now they are two, and the founders may no more.
    assert rule(scene, DEWI, "mandate.proposed", registrar(RATNA) | WHY) == "recovery.needless"
    leaf = did(scene, BUDI, "official.proposed", renewed(SRI, rank="Pembina"), mandate="pendaftar-budi-santoso").leaf
    members = scene.payload(SRI, "register", "official.approved", {"proposal": leaf})
    payload = compose(**members | {"official": "tuti", "mandate": "pendaftar-tuti"})
    scene.paper.record(Envelope.seal(PAYLOAD_TYPE, payload, key("kunci-kedua")).data)


def test_while_two_registrars_are_able_the_founders_recover_nothing() -> None:
    fault = refused(OPEN.copy(), DEWI, "mandate.proposed", registrar(SRI) | WHY)
    assert fault.rule == "recovery.needless"
    assert all(founder in fault.allowed for founder in FOUNDERS)


def test_the_one_who_would_gain_is_not_counted_among_those_who_could_give() -> None:
    scene = with_registrar(BUDI)
    did(scene, DEWI, "mandate.withdrawn", withdrawing(mandate_of(DEWI)))
    did(scene, EKO, "key.proposed", key_of(BUDI) | WHY)  # Eko alone is left to give it
    assert rule(scene, EKO, "mandate.proposed", registrar(SRI) | WHY) == "recovery.needless"


def test_a_recovery_that_is_needed_no_more_when_it_comes_to_its_approval_is_not_approved() -> None:
    scene = with_registrar(BUDI, RATNA)
    did(scene, DEWI, "mandate.withdrawn", withdrawing(mandate_of(DEWI)))
    did(scene, EKO, "mandate.withdrawn", withdrawing(mandate_of(EKO)))
    did(scene, RATNA, "mandate.withdrawn", withdrawing("pendaftar-ratna-sari"))
    leaf = did(scene, DEWI, "mandate.proposed", registrar(SRI) | WHY).leaf
    other = did(scene, DEWI, "mandate.proposed", registrar(HADI) | WHY).leaf
    did(scene, EKO, "mandate.approved", {"proposal": other} | WHY)
    assert rule(scene, EKO, "mandate.approved", {"proposal": leaf} | WHY) == "recovery.needless"


@pytest.mark.parametrize(
    ("start", "needed"), [("2026-03-03", False), ("2026-04-02", False), ("2026-04-03", True), ("2030-01-01", True)]
)
def test_a_registrar_whose_mandate_begins_within_a_month_is_no_emergency(start: str, needed: bool) -> None:
    scene = with_registrar(BUDI)
    scene.approve("mandate", registrar(RATNA, start=start))
    for founder in FOUNDERS:
        did(scene, founder, "mandate.withdrawn", withdrawing(mandate_of(founder)))
    body = registrar(SRI) | WHY
    if needed:
        did(scene, DEWI, "mandate.proposed", body)
    else:
        assert rule(scene, DEWI, "mandate.proposed", body) == "recovery.needless"


def test_a_registrar_whose_mandate_expired_is_none() -> None:
    scene = with_registrar(BUDI)
    scene.approve("mandate", registrar(RATNA, end="2026-03-02"))
    for founder in FOUNDERS:
        did(scene, founder, "mandate.withdrawn", withdrawing(mandate_of(founder)))
    assert rule(scene.copy(), DEWI, "mandate.proposed", registrar(SRI) | WHY) == "recovery.needless"
    scene.paper.now += dt.timedelta(days=1)
    did(scene, DEWI, "mandate.proposed", registrar(SRI) | WHY)


@pytest.mark.parametrize("by", [SRI, BUDI], ids=["an official", "the last registrar"])
def test_only_founders_recover(by: str) -> None:
    scene = last_registrar()
    assert rule(scene, by, "mandate.proposed", registrar(RATNA) | WHY) == "recovery.founder"
    leaf = did(scene, DEWI, "mandate.proposed", registrar(RATNA) | WHY).leaf
    assert rule(scene, by, "mandate.approved", {"proposal": leaf} | WHY) == "recovery.founder"


def test_one_founder_alone_recovers_nothing_and_neither_recovers_for_themselves() -> None:
    scene = last_registrar()
    leaf = did(scene, DEWI, "mandate.proposed", registrar(SRI) | WHY).leaf
    assert rule(scene, DEWI, "mandate.approved", {"proposal": leaf} | WHY) == "register.four_eyes"
    assert rule(scene, DEWI, "mandate.proposed", registrar(DEWI) | WHY) == "register.four_eyes"
    leaf = did(scene, DEWI, "mandate.proposed", registrar(EKO) | WHY).leaf
    assert rule(scene, EKO, "mandate.approved", {"proposal": leaf} | WHY) == "register.four_eyes"


def test_a_founder_whose_key_was_revoked_recovers_nothing() -> None:
    scene = last_registrar()
    leaf = did(scene, DEWI, "mandate.proposed", registrar(SRI) | WHY).leaf
    other = did(scene, EKO, "mandate.proposed", registrar(RATNA) | WHY).leaf
    did(scene, BUDI, "key.revoked", revoking(DEWI, "left"), mandate="pendaftar-budi-santoso")
    assert rule(scene, DEWI, "mandate.proposed", registrar(SRI) | WHY) == "authority.key"
    assert rule(scene, DEWI, "mandate.approved", {"proposal": other} | WHY) == "authority.key"
    assert rule(scene, EKO, "mandate.approved", {"proposal": leaf} | WHY) == "register.stale"


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("mandate", {"mandate": mandate(RATNA, mandate="camat-ratna", office="camat", office_name="Camat")}),
        ("key", key_of(RATNA)),
        ("official", renewed(RATNA, rank="Pembina")),
    ],
)
def test_a_recovery_makes_registrars_and_nothing_else(what: str, body: Json) -> None:
    assert rule(last_registrar(), DEWI, f"{what}.proposed", body | WHY) == "recovery.registrars"


@pytest.mark.parametrize("how", ["withdrawn", "expired"])
def test_who_was_a_registrar_once_gets_no_key_by_recovery(how: str) -> None:
    scene = with_registrar(BUDI)
    scene.approve("mandate", registrar(RATNA, end="2026-03-02"))
    if how == "withdrawn":
        did(scene, DEWI, "mandate.withdrawn", withdrawing("pendaftar-ratna-sari"))
    for founder in FOUNDERS:
        did(scene, founder, "mandate.withdrawn", withdrawing(mandate_of(founder)))
    scene.copy().do(DEWI, "register", "key.proposed", key_of(BUDI) | WHY)
    scene.paper.now += dt.timedelta(days=1)
    assert rule(scene, DEWI, "key.proposed", key_of(RATNA) | WHY) == "recovery.registrars"


def test_a_proposal_of_registrars_is_not_approved_as_a_recovery_nor_the_other_way_round() -> None:
    scene = with_registrar(BUDI, RATNA)
    body = registrar(SRI)
    ordinary = did(scene, BUDI, "mandate.proposed", body, mandate="pendaftar-budi-santoso").leaf
    for founder in FOUNDERS:
        did(scene, founder, "mandate.withdrawn", withdrawing(mandate_of(founder)))
    did(scene, RATNA, "mandate.withdrawn", withdrawing("pendaftar-ratna-sari"))
    assert rule(scene, EKO, "mandate.approved", {"proposal": ordinary} | WHY) == "recovery.both"
    recovery = did(scene, DEWI, "mandate.proposed", registrar(HADI) | WHY).leaf
    as_registrar = {"mandate": "pendaftar-budi-santoso"}
    assert rule(scene, BUDI, "mandate.approved", {"proposal": recovery}, **as_registrar) == "recovery.both"


def test_an_approval_of_nothing_is_no_recovery() -> None:
    assert rule(last_registrar(), EKO, "mandate.approved", {"proposal": "0" * 64} | WHY) == "register.proposal"


def test_one_registrar_who_withdraws_all_others_is_alone_and_gives_nothing() -> None:
    scene = with_registrar(BUDI)
    held = {"mandate": "pendaftar-budi-santoso"}
    for founder in FOUNDERS:
        did(scene, BUDI, "mandate.withdrawn", withdrawing(mandate_of(founder)), **held)
    leaf = did(scene, BUDI, "mandate.proposed", registrar(SRI), **held).leaf
    assert rule(scene, BUDI, "mandate.approved", {"proposal": leaf}, **held) == "register.four_eyes"
    assert rule(scene, BUDI, "mandate.proposed", registrar(SRI) | WHY, **held) == "recovery.founder"
    # The founders, whom he withdrew, put another beside him, who can take what he has.
    recover(scene, "mandate", registrar(RATNA))
    did(scene, RATNA, "mandate.withdrawn", withdrawing("pendaftar-budi-santoso"), mandate="pendaftar-ratna-sari")


def test_founders_who_are_still_the_registrars_recover_nothing_for_a_lost_key_of_one_of_them() -> None:
    """Two registrars are too few to replace either's key: an office keeps three."""
    scene = founded_scene()
    did(scene, EKO, "key.proposed", key_of(DEWI) | WHY)
    leaf = scene.register_state().proposals
    assert [one.recovery for one in leaf.values()] == [True]
    only = next(iter(leaf))
    assert rule(scene, DEWI, "key.approved", {"proposal": only} | WHY) == "register.four_eyes"


def test_a_register_shares_what_an_act_did_not_change() -> None:
    scene = OPEN.copy()
    before: Register = scene.register_state()
    did(scene, DEWI, "key.revoked", revoking(SRI))
    after = scene.register_state()
    assert after.keys is not before.keys
    assert (after.mandates, after.officials, after.seats) == (before.mandates, before.officials, before.seats)
    assert before.keys[key(SRI).public.id].revoked is None
