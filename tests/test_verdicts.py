"""Two verdicts on every act, apart: were these bytes signed with this key, and did the signer hold the power then."""

from __future__ import annotations

import dataclasses
import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from keys.envelope import Envelope
from keys.register import Register
from keys.signing import PrivateKey
from ledger import log
from ledger.acts import PAYLOAD_TYPE, act_of, compose
from ledger.entry import Entry
from ledger.past import Past
from ledger.recorded import Recorded
from ledger.streams import REGISTER
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED, Ground, Grounds, Verdicts, in_question, verdicts
from ledger.wording import short
from tests.kit import CASE, FOUNDERS, Kecamatan, key, mandate, mandate_of, the_sop
from tests.scene import Scene, opened_scene

DEWI, EKO = FOUNDERS
SRI, BUDI, AGUS = "sri-wahyuni", "budi-santoso", "agus-salim"
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def scene() -> Scene:
    """Return an office whose case waits for the Sekcam's paraf."""
    scene = opened_scene()
    scene.run(upto=5)
    return scene


def ground(scene: Scene) -> Ground:
    return Ground(scene.register_state(), the_sop())


def unjudged_act(scene: Scene, official: str, kind: str, body: dict[str, Any], **how: Any) -> Recorded:
    """Return the next act of the case as a service records it that judges nothing."""
    by: PrivateKey = how.pop("by", None) or key(official)
    envelope = Envelope.seal(PAYLOAD_TYPE, compose(**scene.payload(official, CASE, kind, body, **how)), by)
    return recorded(scene, envelope)


def recorded(scene: Scene, envelope: Envelope) -> Recorded:
    entry = Entry.record(envelope, scene.paper.now)
    return Recorded(scene.paper.leaves, entry, act_of(envelope), entry.leaf_hash.hex())


def paraf(scene: Scene, official: str = BUDI, **how: Any) -> Recorded:
    return unjudged_act(scene, official, "paraf.given", {"step": "6", "document": scene.iku["digest"]}, **how)


def words(found: Verdicts) -> tuple[str, str]:
    return found.signature.verdict, found.authority.verdict


def rules(found: Verdicts) -> tuple[str | None, str | None]:
    return found.signature.rule, found.authority.rule


def revoke(scene: Scene, official: str, reason: str = "compromised", **since: str) -> None:
    body = {"keyid": key(official).public.id, "reason": reason} | since
    scene.do(DEWI, REGISTER, "key.revoked", body)


# --- both hold ------------------------------------------------------------------------------------------------


def test_a_paraf_says_with_which_key_and_under_which_mandate_and_decree_it_was_given(scene: Scene) -> None:
    done = paraf(scene)
    found = verdicts(done, ground(scene))
    assert words(found) == (PROVED, PROVED)
    assert short(key(BUDI).public.id) in found.signature.why
    assert "Budi Santoso (sintetis)" in found.signature.why
    since = scene.register_state().mandates[mandate_of(BUDI)].since
    for said in (
        "Budi Santoso (sintetis) memegang Sekretaris Kecamatan Kalipare (definitif)",
        f"mandat {mandate_of(BUDI)}, terdaftar di daun {since}",
        f"berlaku pada 2 Maret 2026 (daun {done.index})",
        "SK Bupati Malang (sintetis) nomor 821/1/2026 tanggal 2 Januari 2026",
    ):
        assert said in found.authority.why
    facts = found.as_dict()["authority"]
    assert (facts["office"], facts["capacity"], facts["leaf_index"], facts["day"]) == (
        *("sekcam", "definitif"),
        *(done.index, "2026-03-02"),
    )


@pytest.mark.parametrize("proven", [True, False])
def test_the_signature_says_whether_minutes_tie_the_key_to_the_person(proven: bool, scene: Scene) -> None:
    register = scene.register_state()
    if proven:
        held = dataclasses.replace(register.keys[key(BUDI).public.id], berita_acara="sha256:" + "0" * 64)
        register = dataclasses.replace(register, keys=register.keys.insert(held.public.id, held))
    said = verdicts(paraf(scene), Ground(register, the_sop())).signature
    assert said.facts["proven"] is proven
    assert ("; berita acara mengikat" in said.why) is proven
    assert ("; belum ada berita acara" in said.why) is not proven


def test_every_act_of_a_ledger_is_proved_from_its_bytes_and_the_leaves_below_it(tmp_path: Path) -> None:
    office = Kecamatan(tmp_path)
    with closing(office.ledger):
        office.open().run()
        with office.ledger.reading() as rows:
            grounds = Grounds(Past(), rows)
            done = [log.recorded(rows, index) for index in range(rows.size())]
            found = [verdicts(one, grounds.of(one)) for one in done]
    assert [words(one) for one in found] == [(PROVED, PROVED)] * len(done)
    assert all(one.signature.why.endswith(".") and one.authority.why.endswith(".") for one in found)
    assert "Dewi Lestari (sintetis)" in found[0].signature.why, "leaf 0 brings its own key"
    assert "berdiri sendiri" in found[0].authority.why


def test_a_case_is_judged_by_its_own_version_of_the_sop_whatever_is_in_force_later(tmp_path: Path) -> None:
    office = Kecamatan(tmp_path)
    with closing(office.ledger):
        office.open().run(upto=5)
        revised = the_sop().plain() | {"title": "SOP Penyusunan IKU (perubahan)"}
        for step in revised["steps"]:
            if step["no"] == "6":
                step["pelaksana"]["reading"] = "kasubag-umum"
        office.do(SRI, f"sop:{the_sop().slug}", "sop.enacted", {"sop": revised, "replaces": office.sop_leaf})
        done = office.run_from(5, 6)[0].recorded
        with office.ledger.reading() as rows:
            stood_on = Grounds(Past(), rows).of(done)
    assert stood_on.sop == the_sop()
    assert words(verdicts(done, stood_on)) == (PROVED, PROVED)


# --- one holds, the other does not ------------------------------------------------------------------------------


def test_a_paraf_after_the_revocation_of_its_key_is_signed_but_without_authority(scene: Scene) -> None:
    revoke(scene, BUDI)
    found = verdicts(paraf(scene), ground(scene))
    assert (words(found), rules(found)) == ((PROVED, CONTRADICTED), (None, "authority.key"))


def test_a_paraf_under_an_expired_mandate_is_signed_but_without_authority(scene: Scene) -> None:
    old = mandate(BUDI, mandate="sekcam-lama", start="2026-01-02", end="2026-03-01")
    scene.approve("mandate", {"mandate": old})
    found = verdicts(paraf(scene, mandate="sekcam-lama"), ground(scene))
    assert (words(found), rules(found)) == ((PROVED, CONTRADICTED), (None, "authority.period"))
    assert "2026-03-01" in found.authority.why


def test_a_paraf_after_its_mandate_was_withdrawn_is_signed_but_without_authority(scene: Scene) -> None:
    scene.do(DEWI, REGISTER, "mandate.withdrawn", {"mandate": mandate_of(BUDI), "reason": "Mutasi."})
    assert rules(verdicts(paraf(scene), ground(scene))) == (None, "authority.mandate")


def test_a_paraf_by_another_office_is_signed_but_without_authority(scene: Scene) -> None:
    assert rules(verdicts(paraf(scene, AGUS), ground(scene))) == (None, "authority.office")


def test_a_key_of_somebody_else_made_the_signature_but_gives_no_authority(scene: Scene) -> None:
    found = verdicts(paraf(scene, by=key(AGUS)), ground(scene))
    assert "milik Agus Salim (sintetis)" in found.signature.why
    assert (words(found), rules(found)) == ((PROVED, CONTRADICTED), (None, "authority.official"))


def test_a_key_that_is_in_no_register_leaves_the_signature_unjudged_and_gives_no_authority(scene: Scene) -> None:
    found = verdicts(paraf(scene, by=key("orang-asing")), ground(scene))
    assert (words(found), rules(found)) == ((UNJUDGED, CONTRADICTED), ("signature.key", "authority.key"))


def test_an_altered_act_is_not_signed_and_nobodys_authority_is_judged_for_it(scene: Scene) -> None:
    true = paraf(scene).entry.envelope
    other = Envelope.seal(PAYLOAD_TYPE, true.unverified_payload.replace(b'"6"', b'"7"'), key(BUDI))
    its_own, of_the_true = (one.data.split(b'"sig":"')[1] for one in (other, true))
    forged = Envelope.parse(other.data.replace(its_own, of_the_true))
    found = verdicts(recorded(scene, forged), ground(scene))
    assert words(found) == (CONTRADICTED, UNJUDGED)
    assert found.signature.rule == "signature.invalid"


def test_without_register_or_sop_nothing_is_called_proved(scene: Scene) -> None:
    done = paraf(scene)
    assert words(verdicts(done, Ground(None))) == (UNJUDGED, UNJUDGED)
    assert words(verdicts(done, Ground(scene.register_state(), None))) == (PROVED, UNJUDGED)


def test_the_rule_that_says_no_to_a_giver_of_power_is_the_verdict_on_their_authority(scene: Scene) -> None:
    person = {"official": "nur-aini", "name": "Nur Aini (sintetis)", "nip": "198001012005000099"}
    leaf = scene.do(DEWI, REGISTER, "official.proposed", {"person": person}).recorded.leaf
    data = scene.sign(DEWI, REGISTER, "official.approved", {"proposal": leaf})
    found = verdicts(recorded(scene, Envelope.parse(data)), ground(scene))
    assert (words(found), rules(found)) == ((PROVED, CONTRADICTED), (None, "register.four_eyes"))


def test_who_enacts_an_sop_needs_the_enacting_office(scene: Scene) -> None:
    body = {"sop": the_sop().plain(), "replaces": scene.sop_leaf}
    stream = f"sop:{the_sop().slug}"
    right = recorded(scene, Envelope.parse(scene.sign(SRI, stream, "sop.enacted", body)))
    wrong = recorded(scene, Envelope.parse(scene.sign(AGUS, stream, "sop.enacted", body)))
    assert words(verdicts(right, ground(scene))) == (PROVED, PROVED)
    assert rules(verdicts(wrong, ground(scene))) == (None, "authority.office")
    assert words(verdicts(right, Ground(scene.register_state()))) == (PROVED, PROVED), "its first version"


def test_somebody_who_lays_down_their_own_key_is_said_to_do_so_and_not_to_hold_an_office(scene: Scene) -> None:
    scene.do(DEWI, REGISTER, "mandate.withdrawn", {"mandate": mandate_of(BUDI), "reason": "Pensiun."})
    body = {"keyid": key(BUDI).public.id, "reason": "left"}
    done = recorded(scene, Envelope.parse(scene.sign(BUDI, REGISTER, "key.revoked", body)))
    found = verdicts(done, ground(scene))
    assert words(found) == (PROVED, PROVED)
    assert "melepas kunci atau mandatnya sendiri" in found.authority.why
    assert "berlaku pada" not in found.authority.why


# --- in question ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed", "is_questioned"),
    [(-HOUR, True), (dt.timedelta(0), True), (dt.timedelta(microseconds=1), False), (None, True)],
    ids=["claimed before", "claimed at that moment", "claimed after", "no claim"],
)
def test_an_act_from_the_claimed_moment_on_is_in_question_and_without_a_claim_every_act_is(
    claimed: dt.timedelta | None, is_questioned: bool, scene: Scene
) -> None:
    done = paraf(scene)
    scene.run_from(5, 6)
    scene.paper.now += DAY
    since = {} if claimed is None else {"compromised_since": (done.entry.recorded_at + claimed).isoformat()}
    revoke(scene, BUDI, **{name: said.replace("+00:00", "Z") for name, said in since.items()})
    loss = in_question(done, scene.register_state())
    assert (loss is not None) is is_questioned
    assert loss is None or (loss.by, loss.index) == (DEWI, scene.paper.leaves - 1)


@pytest.mark.parametrize("reason", ["lost", "rotated", "left"])
def test_a_key_that_was_revoked_for_another_reason_puts_nothing_in_question(reason: str, scene: Scene) -> None:
    done = paraf(scene)
    scene.run_from(5, 6)
    revoke(scene, BUDI, reason)
    assert in_question(done, scene.register_state()) is None


def test_neither_an_act_with_another_key_nor_the_revocation_itself_is_in_question(scene: Scene) -> None:
    by_another = paraf(scene, AGUS)
    scene.paper.now += DAY
    body = {"keyid": key(BUDI).public.id, "reason": "compromised", "compromised_since": "2026-03-02T00:00:00Z"}
    revocation = scene.do(BUDI, REGISTER, "key.revoked", body).recorded
    register = scene.register_state()
    assert in_question(revocation, register) is None
    assert in_question(by_another, register) is None


def test_a_question_takes_nothing_from_the_verdicts(scene: Scene) -> None:
    done, below = paraf(scene), ground(scene)
    before = verdicts(done, below)
    scene.run_from(5, 6)
    revoke(scene, BUDI, compromised_since="2026-03-01T00:00:00Z")
    assert isinstance(scene.register_state(), Register)
    assert in_question(done, scene.register_state()) is not None
    assert verdicts(done, below) == before == verdicts(done, Ground(scene.register_state(), the_sop()))
