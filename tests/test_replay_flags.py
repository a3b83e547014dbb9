"""Replay: the same history gives the same streams wherever one begins; and what an inspector should look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys.possession import prove
from keys.register import Register
from ledger.case import Case
from ledger.flags import flags
from ledger.recorded import Recorded
from ledger.replay import Replay, Step
from ledger.streams import REGISTER
from ledger.verdicts import Ground, Verdict, verdicts
from tests.kit import CASE, FOUNDERS, MORNING, ORIGIN, Kecamatan, key, mandate, mandate_of
from tests.scene import Scene

BUDI, SRI, AGUS = "budi-santoso", "sri-wahyuni", "agus-salim"
DEWI, EKO = FOUNDERS


class Told(Scene):
    """A scene that remembers everything that was recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.history: list[Recorded] = []

    def do(self, official: str, stream: str, kind: str, body: dict[str, Any], **changes: Any) -> Any:
        done = super().do(official, stream, kind, body, **changes)
        self.history.append(done.recorded)
        return done

    def of(self, name: str) -> Iterable[Recorded]:
        return (done for done in self.history if done.act.stream == name)


@cache
def told() -> Told:
    """Return a scene with one case done and another begun."""
    scene = Told()
    scene.open()
    scene.run()
    scene.run("case:22222222-2222-4222-8222-222222222222", upto=6)
    return scene


def replayed(scene: Told, start: int = 0, **kept: int) -> list[Step]:
    replay = Replay(scene.of, start, **kept)
    return [replay.apply(done) for done in scene.history[start:]]


# --- replay -------------------------------------------------------------------------------------------------


def test_a_replay_from_leaf_0_ends_where_the_ledger_is() -> None:
    scene = told()
    replay = Replay(lambda _: ())  # told from the beginning, it needs no other history
    for done in scene.history:
        replay.apply(done)
    assert replay.position == scene.paper.leaves
    for name, stream in scene.paper.streams.items():
        assert replay.stream(name) == stream


@pytest.mark.parametrize("start", range(0, 53, 4))
def test_a_replay_that_begins_anywhere_says_the_same_of_every_act(start: int) -> None:
    assert replayed(told(), start) == replayed(told())[start:]


@given(st.integers(0, 53), st.sampled_from([REGISTER, CASE, "sop:penyusunan-iku", "case:tidak-ada"]))
@settings(max_examples=60, deadline=None)
def test_a_stream_at_a_position_is_what_the_leaves_below_it_make(position: int, name: str) -> None:
    scene = told()
    walked = Replay(scene.of)
    for done in scene.history[:position]:
        walked.apply(done)
    jumped = Replay(scene.of, position)
    assert jumped.stream(name) == walked.stream(name)
    stream = jumped.stream(name)
    assert stream is None or stream.index < position


def test_every_step_has_the_stream_before_and_after_it() -> None:
    seen: dict[str, Any] = {}
    for step in replayed(told()):
        name = step.done.act.stream
        assert step.before == seen.get(name)
        assert (step.after.version, step.after.leaf) == (step.done.act.version, step.done.leaf)
        seen[name] = step.after


def test_every_step_stands_on_the_register_as_it_was_before_it() -> None:
    steps = replayed(told())
    for step in steps:
        authority = step.authority
        assert authority.official.record.official == step.done.act.official
        assert authority.mandate.record.mandate == step.done.act.mandate
        assert authority.key.public.id == step.done.entry.envelope.keyid
        if step.done.index:
            assert max(authority.key.since, authority.mandate.since, authority.official.since) < step.done.index
    founded = steps[0]
    assert founded.register is founded.after.state, "leaf 0 stands on the register that it makes"
    assert steps[1].register == founded.register
    assert not steps[1].register.accepted
    assert steps[2].register.accepted


def test_a_leaf_out_of_its_place_stops_the_replay() -> None:
    scene = told()
    replay = Replay(scene.of)
    replay.apply(scene.history[0])
    for wrong in (0, 2):
        with pytest.raises(AssertionError, match="position 1"):
            replay.apply(scene.history[wrong])
    assert replay.position == 1


def test_before_the_founding_there_is_no_register() -> None:
    assert Replay(told().of).register() is None
    register = Replay(told().of, 1).register()
    assert isinstance(register, Register)


def test_streams_that_were_dropped_from_memory_are_folded_again() -> None:
    assert replayed(told(), kept=2) == replayed(told())


def test_a_replay_of_the_journal_is_a_replay_of_what_was_recorded(tmp_path: Path) -> None:
    made = Kecamatan(tmp_path / "buku")
    with closing(made.ledger) as ledger:
        made.open().run()
        with ledger.reading() as rows:
            every = [Recorded.read(row) for row in rows.entries(0, 1000)]
            replay = Replay(lambda name: map(Recorded.read, rows.stream(name)), 40)
            for done in every[40:]:
                replay.apply(done)
            assert replay.stream(CASE) == ledger.stream(CASE)
            assert replay.register() == ledger.stream(REGISTER).state  # type: ignore[union-attr]


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.booleans(), max_size=6))
def test_a_replay_follows_every_return(returns: list[bool]) -> None:
    scene = Told()
    scene.open()
    scene.run(upto=4)
    drafts = [scene.iku, scene.iku_mended]
    for turn, _ in enumerate(returns, start=2):
        current, other = drafts[turn % 2], drafts[(turn + 1) % 2]
        body = {"step": "5", "decision": "returned", "reason": "Perbaiki.", "document": current["digest"]}
        leaf = scene.do("ratna-sari", CASE, "typing.reviewed", body).recorded.leaf
        revised = {"step": "4", "round": turn, "replaces": current["digest"], "answers": leaf, "document": other}
        scene.do(AGUS, CASE, "concept.revised", revised)
    last = replayed(scene)[-1].after.state
    assert isinstance(last, Case)
    assert last == scene.case()
    assert last.round == len(returns) + 1


# --- flags --------------------------------------------------------------------------------------------------


@pytest.fixture
def scene() -> Told:
    made = Told()
    made.open()
    return made


def flagged(scene: Told) -> dict[str, str]:
    """Return the flags of the newest act."""
    return {flag.name: flag.sentence for flag in flags(replayed(scene)[-1])}


def opened(scene: Told, **changes: Any) -> dict[str, str]:
    official, kind, body = scene.steps()[0]
    scene.do(official, CASE, kind, body, **changes)
    return flagged(scene)


def with_minutes(scene: Told) -> None:
    """Give Sri a second key, with berita acara."""
    second = key("kunci-kedua")
    body = {
        "official": SRI,
        "public_key": second.public.raw.hex(),
        "possession": prove(ORIGIN, SRI, second).decode(),
    }
    leaf = scene.do(FOUNDERS[0], REGISTER, "key.proposed", body).recorded.leaf
    scene.do(FOUNDERS[1], REGISTER, "key.approved", {"proposal": leaf, "berita_acara": scene.letter})


def test_a_key_that_nobody_tied_to_the_person_is_flagged(scene: Told) -> None:
    assert flagged(scene).keys() == {"key.unproven"}
    assert opened(scene).keys() == {"key.unproven"}
    assert "berita acara" in flagged(scene)["key.unproven"]


def test_a_founders_key_without_berita_acara_is_flagged_too(scene: Told) -> None:
    assert [[flag.name for flag in flags(step)] for step in replayed(scene)[:2]] == [["key.unproven"]] * 2


def test_a_key_with_its_berita_acara_is_not_flagged(scene: Told) -> None:
    with_minutes(scene)
    official, kind, body = scene.steps()[0]
    data = scene.signed(official, CASE, kind, body, by=key("kunci-kedua"))
    scene.history.append(scene.paper.record(data).recorded)
    assert flagged(scene) == {}


def claimed(moment: dt.datetime) -> dict[str, str]:
    return {"occurred_at": moment.astimezone(dt.timezone(dt.timedelta(hours=7))).isoformat()}


@pytest.mark.parametrize(("after", "is_flagged"), [(-1, False), (0, False), (1, True)])
def test_a_claimed_time_after_the_recording_time_is_flagged(scene: Told, after: int, is_flagged: bool) -> None:
    found = opened(scene, **claimed(MORNING + dt.timedelta(microseconds=after)))
    assert ("claim.future" in found) is is_flagged


@pytest.mark.parametrize(("after", "is_flagged"), [(-1, True), (0, False), (1, False)])
def test_a_claimed_time_before_the_act_before_is_flagged(scene: Told, after: int, is_flagged: bool) -> None:
    hour_ago = MORNING - dt.timedelta(hours=1)
    assert "claim.order" not in opened(scene, **claimed(hour_ago))
    official, kind, body = scene.steps()[1]
    scene.do(official, CASE, kind, body, **claimed(hour_ago + dt.timedelta(microseconds=after)))
    assert ("claim.order" in flagged(scene)) is is_flagged


@pytest.mark.parametrize(
    ("claim", "is_flagged"),
    [
        ("2026-02-28T23:59:59+07:00", True),
        ("2026-03-01T00:00:00+07:00", False),
        ("2026-02-28T17:00:00Z", False),
        ("2026-03-02T23:59:59+07:00", False),
        ("2026-03-03T00:00:00+07:00", True),
        ("1945-01-01T00:00:00+07:00", True),
        ("9998-12-31T23:59:59-12:00", True),
    ],
)
def test_a_claimed_day_outside_the_mandate_is_flagged_by_the_day_in_wib(
    scene: Told, claim: str, is_flagged: bool
) -> None:
    scene.approve("mandate", {"mandate": mandate(SRI, mandate="dua-hari", start="2026-03-01", end="2026-03-02")})
    found = opened(scene, mandate="dua-hari", occurred_at=claim)
    assert ("claim.mandate" in found) is is_flagged


def until_signature(scene: Told, signer: str, **changes: Any) -> dict[str, str]:
    scene.run(upto=6)
    _, kind, body = scene.steps()[6]
    scene.do(signer, CASE, kind, body, **changes)
    return flagged(scene)


def test_paraf_and_signature_by_two_people_are_not_flagged(scene: Told) -> None:
    assert until_signature(scene, SRI, mandate=mandate_of(SRI)).keys() == {"key.unproven"}


def test_paraf_and_signature_by_one_person_are_flagged(scene: Told) -> None:
    plh = mandate(BUDI, mandate="plh-camat", office="camat", office_name="Plh Camat", capacity="plh", absence="Cuti.")
    scene.approve("mandate", {"mandate": plh})
    found = until_signature(scene, BUDI, mandate="plh-camat")
    assert found.keys() == {"key.unproven", "one.person", "acting.signature"}
    assert "Plh" in found["acting.signature"]
    assert "perlu diperiksa" in found["acting.signature"]


def by_hand(scene: Scene, name: str | None) -> dict[str, Any]:
    """Return the paper of an act that was put on it by this person's hand, by the signer's own for None."""
    return {"paper": {"scan": scene.proof} | ({"by": name} if name else {})}


@pytest.mark.parametrize(
    ("paraf_by", "signed_by", "is_flagged"),
    [
        ("Sri Wahyuni (sintetis)", None, True),
        ("SRI WAHYUNI (Sintetis)", None, True),
        ("Nur Aini (sintetis)", None, False),
        ("Nur Aini (sintetis)", "Nur Aini (sintetis)", True),
        (None, "Budi Santoso (sintetis)", True),
        (None, "Nur Aini (sintetis)", False),
    ],
)
def test_paraf_and_signature_by_one_hand_on_paper_are_flagged_whoever_recorded_them(
    scene: Told, paraf_by: str | None, signed_by: str | None, is_flagged: bool
) -> None:
    scene.run(upto=5)
    paraf, signature = scene.steps()[5:7]
    scene.do(BUDI, CASE, paraf[1], paraf[2] | by_hand(scene, paraf_by))
    scene.do(SRI, CASE, signature[1], signature[2] | (by_hand(scene, signed_by) if signed_by else {}))
    assert ("one.person" in flagged(scene)) is is_flagged
    assert not is_flagged or (signed_by or "Sri Wahyuni (sintetis)") in flagged(scene)["one.person"]


def test_one_person_who_records_two_hands_is_flagged_as_one_person(scene: Told) -> None:
    plh = mandate(BUDI, mandate="plh-camat", office="camat", office_name="Plh Camat", capacity="plh", absence="Cuti.")
    scene.approve("mandate", {"mandate": plh})
    scene.run(upto=5)
    paraf, signature = scene.steps()[5:7]
    scene.do(BUDI, CASE, paraf[1], paraf[2] | by_hand(scene, "Nur Aini (sintetis)"))
    scene.do(BUDI, CASE, signature[1], signature[2], mandate="plh-camat")
    assert "one.person" in flagged(scene)


def test_a_reading_that_changes_an_earlier_one_of_its_cell_is_flagged_and_names_that(scene: Told) -> None:
    def confirmed(amount: int) -> int:
        reading = {"step": "4", "cell": "waktu", "raw": "II hari", "reading": {"amount": amount, "unit": "hari-kerja"}}
        said = {"sop": scene.sop_leaf, "ground": "Notulen rapat staf (sintetis)."}
        return int(scene.do(SRI, "sop:penyusunan-iku", "reading.confirmed", reading | said).recorded.index)

    first = confirmed(2)
    assert "reading.changed" not in flagged(scene)
    second = confirmed(3)
    assert f"daun {first}." in flagged(scene)["reading.changed"]
    confirmed(2)
    assert f"daun {second}." in flagged(scene)["reading.changed"]


@pytest.mark.parametrize("capacity", ["plt", "plh"])
def test_a_signature_by_an_acting_official_is_flagged(scene: Told, capacity: str) -> None:
    acting = mandate(
        AGUS, mandate="camat-sementara", office="camat", office_name="Camat", capacity=capacity, absence="Kosong."
    )
    scene.run(upto=1)  # by the Camat, whose seat a Plt takes
    scene.approve("mandate", {"mandate": acting})
    scene.run_from(1, 6)
    _, kind, body = scene.steps()[6]
    scene.do(AGUS, CASE, kind, body, mandate="camat-sementara")
    found = flagged(scene)
    assert found.keys() == {"key.unproven", "acting.signature"}
    assert capacity.capitalize() in found["acting.signature"]


@pytest.mark.parametrize(("capacity", "backed"), [("an", False), ("an", True), ("ub", False), ("ub", True)])
def test_a_mandate_on_behalf_that_does_not_say_of_whom_is_flagged(scene: Told, capacity: str, backed: bool) -> None:
    own = {"office": "camat", "office_name": "Camat Kalipare", "own_office": "sekcam"}
    over = mandate_of(SRI)
    if capacity == "ub" and backed:
        over = "an-agus"
        record = mandate(AGUS, mandate=over, capacity="an", behalf_of=mandate_of(SRI), **own)
        scene.approve("mandate", {"mandate": record})
    behalf = {"behalf_of": over} if backed else {}
    scene.approve("mandate", {"mandate": mandate(BUDI, mandate="mewakili", capacity=capacity, **behalf, **own)})
    found = until_signature(scene, BUDI, mandate="mewakili")
    assert ("mandate.unbacked" in found) is not backed
    assert backed or {"an": "atas nama", "ub": "untuk beliau"}[capacity] in found["mandate.unbacked"]


def test_what_the_founders_give_in_a_recovery_is_flagged_where_it_is_given_and_wherever_it_is_used(scene: Told) -> None:
    why = {"recovery": "Pendaftar tinggal satu (sintetis)."}
    registrar = {"office": "registrar", "office_name": "Pendaftar", "mandate": "pendaftar-budi"}
    scene.do(DEWI, REGISTER, "mandate.withdrawn", {"mandate": mandate_of(EKO), "reason": "Mutasi."})
    body = {"mandate": mandate(BUDI, **registrar)} | why
    leaf = scene.do(DEWI, REGISTER, "mandate.proposed", body).recorded.leaf
    assert flagged(scene).keys() == {"key.unproven", "recovery.used"}
    scene.do(EKO, REGISTER, "mandate.approved", {"proposal": leaf} | why)
    assert flagged(scene).keys() == {"key.unproven", "recovery.used"}
    assert verdict_on_newest(scene).verdict == "terbukti"
    assert "sebagai pendiri dalam pemulihan" in verdict_on_newest(scene).why
    proposed = {"person": {"official": "nur-aini", "name": "Nur Aini (sintetis)", "without_nip": "Honorer."}}
    scene.do(BUDI, REGISTER, "official.proposed", proposed, mandate="pendaftar-budi")
    assert flagged(scene).keys() == {"key.unproven", "authority.recovered"}
    scene.run(upto=2)
    assert flagged(scene).keys() == {"key.unproven"}, "under his own mandate, which was not recovered"


def verdict_on_newest(scene: Told) -> Verdict:
    step = replayed(scene)[-1]
    return verdicts(step.done, Ground(step.register)).authority


# --- flags on papers ----------------------------------------------------------------------------------------

HOUR = dt.timedelta(hours=1)


@pytest.mark.parametrize(("after", "is_flagged"), [(-1, True), (0, False), (1, False)])
def test_a_claim_of_more_than_a_day_ago_is_flagged_as_recorded_late(scene: Told, after: int, is_flagged: bool) -> None:
    found = opened(scene, **claimed(MORNING - 24 * HOUR + dt.timedelta(microseconds=after)))
    assert ("late.claim" in found) is is_flagged
    assert not is_flagged or "dicatat menyusul, tanpa bukti pindaian" in found["late.claim"]


def test_a_late_claim_with_a_scan_is_not_flagged_as_one_without(scene: Told) -> None:
    assert "late.claim" not in with_body(scene, 0, {"paper": {"scan": scene.letter}}, **claimed(MORNING - 48 * HOUR))


def with_body(scene: Told, number: int, changed: dict[str, Any], **changes: Any) -> dict[str, str]:
    """Play the case to its act ``number``, whose body is changed, and return the flags of that."""
    case = scene.paper.streams.get(CASE)
    for official, kind, body in scene.steps()[case.version if case else 0 : number]:
        scene.do(official, CASE, kind, body)
    official, kind, body = scene.steps()[number]
    scene.do(official, CASE, kind, body | changed, **changes)
    return {name: said for name, said in flagged(scene).items() if name != "key.unproven"}


def letter(scene: Told, **changes: str) -> dict[str, Any]:
    return {"letter": scene.steps()[0][2]["letter"] | changes}


@pytest.mark.parametrize(("received", "flag"), [("2026-02-25", {"letter.order"}), ("2026-02-26", set())])
def test_a_letter_received_before_its_date_is_flagged(scene: Told, received: str, flag: set[str]) -> None:
    assert with_body(scene, 0, letter(scene, date="2026-02-26", received=received)).keys() == flag


@pytest.mark.parametrize(
    ("dates", "flag"),
    [
        ({"date": "2026-03-03", "received": "2026-03-03"}, {"letter.future"}),
        ({"date": "2026-03-02", "received": "2026-03-03"}, {"letter.future"}),
        ({"date": "2026-03-03", "received": "2026-03-02"}, {"letter.order", "letter.future"}),
        ({"date": "2026-03-02", "received": "2026-03-02"}, set()),
    ],
)
def test_a_letter_of_a_day_after_its_recording_is_flagged(scene: Told, dates: dict[str, str], flag: set[str]) -> None:
    assert with_body(scene, 0, letter(scene, **dates)).keys() == flag


@pytest.mark.parametrize(("minute", "flag"), [(59, {"letter.future"}), (60, set())])
def test_the_day_of_recording_is_counted_in_wib(scene: Told, minute: int, flag: set[str]) -> None:
    scene.paper.now = dt.datetime(2026, 3, 2, 16, 0, tzinfo=dt.UTC) + dt.timedelta(minutes=minute)
    assert with_body(scene, 0, letter(scene, received="2026-03-03")).keys() == flag


def agenda(**changes: Any) -> dict[str, Any]:
    number = {"classification": "070", "running": 1, "office_code": "35.07.11", "year": 2026}
    return {"number": number, "letter_date": "2026-03-02", "sent_date": "2026-03-02"} | changes


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({}, set()),
        ({"letter_date": "2026-03-03", "sent_date": "2026-03-03"}, {"agenda.future"}),
        ({"sent_date": "2026-03-03"}, {"agenda.future"}),
        ({"letter_date": "2026-03-01"}, {"agenda.before-signature"}),
        ({"sent_date": "2026-03-01"}, {"agenda.order"}),
        ({"number": agenda()["number"] | {"year": 2025}}, {"agenda.year"}),
        (
            {"letter_date": "2027-01-01", "sent_date": "2026-03-02"},
            {"agenda.future", "agenda.order", "agenda.year"},
        ),
    ],
)
def test_dates_in_the_agenda_that_cannot_be_are_flagged(scene: Told, changes: dict[str, Any], flag: set[str]) -> None:
    assert with_body(scene, 9, agenda(**changes)).keys() == flag


@pytest.mark.parametrize(("dated", "flag"), [("2026-03-02", {"agenda.before-signature"}), ("2026-03-03", set())])
def test_a_letter_is_dated_from_the_day_on_which_its_signature_was_recorded_in_wib(
    scene: Told, dated: str, flag: set[str]
) -> None:
    scene.paper.now = dt.datetime(2026, 3, 2, 17, 0, tzinfo=dt.UTC)  # 3 March in WIB
    scene.run(upto=7)
    scene.paper.now += 24 * HOUR
    assert with_body(scene, 9, agenda(letter_date=dated, sent_date="2026-03-04")).keys() == flag


@pytest.mark.parametrize(
    ("received", "flag"),
    [
        (MORNING - dt.timedelta(microseconds=1), {"dispatch.before-signature"}),
        (MORNING, set()),
        (MORNING + HOUR, set()),
        (MORNING + HOUR + dt.timedelta(microseconds=1), {"dispatch.future"}),
    ],
)
def test_copies_are_received_between_signature_and_recording(
    scene: Told, received: dt.datetime, flag: set[str]
) -> None:
    scene.run(upto=7)
    scene.paper.now += HOUR
    assert with_body(scene, 10, {"received_at": received.isoformat().replace("+00:00", "Z")}).keys() == flag


def slip(scene: Told, number: int, field: str, old: str, new: str) -> set[str]:
    """Correct the act ``number`` of the case and return the flags of the correction about papers."""
    official, _, body = scene.steps()[number]
    of = [done for done in scene.of(CASE) if done.act.kind != "correction.recorded"][number].leaf
    said = {"leaf": of, "field": field, "old": old, "new": new, "reason": "Salah tulis."}
    scene.do(official, CASE, "correction.recorded", {"step": body["step"]} | said)
    return flagged(scene).keys() - {"key.unproven", "deviation"}


def test_a_correction_is_held_to_what_the_corrected_act_then_says(scene: Told) -> None:
    scene.run()
    assert slip(scene, 0, "letter.received", "2026-02-27", "2026-02-25") == {"letter.order"}
    assert slip(scene, 0, "letter.date", "2026-02-26", "2026-02-24") == set()
    assert slip(scene, 9, "letter_date", "2026-03-02", "2027-03-02") == {"agenda.future", "agenda.order", "agenda.year"}
    assert slip(scene, 9, "letter_date", "2027-03-02", "2026-03-01") == {"agenda.before-signature"}
    received = scene.steps()[10][2]["received_at"]
    assert slip(scene, 10, "received_at", received, "2026-03-09T10:00:00+07:00") == {"dispatch.future"}
    assert slip(scene, 1, "instruction", scene.steps()[1][2]["instruction"], "Susun.") == set()


def test_the_act_that_gives_a_case_a_second_number_is_flagged_with_the_first(scene: Told) -> None:
    assert "agenda.again" not in with_body(scene, 9, agenda())
    official, kind, body = scene.steps()[9]
    number = agenda()["number"] | {"running": 2}
    again = {"number": number, "agenda_no": 2, "deviation": "Nomor pertama keliru."}
    scene.do(official, CASE, kind, body | again)
    assert "070/1/35.07.11/2026" in flagged(scene)["agenda.again"]


def test_every_flag_on_a_paper_is_said_in_a_sentence(scene: Told) -> None:
    scene.run(upto=7)
    found = with_body(scene, 9, agenda(letter_date="2025-01-01", sent_date="2024-01-01"))
    assert found.keys() == {"agenda.before-signature", "agenda.order", "agenda.year"}
    assert all(said[0].isupper() and said.endswith(".") for said in found.values())
    assert "(2026)" in found["agenda.year"]


def test_flags_come_in_a_fixed_order_and_every_sentence_is_one(scene: Told) -> None:
    scene.approve("mandate", {"mandate": mandate(SRI, mandate="satu-hari", start="2026-03-02", end="2026-03-02")})
    opened(scene, mandate="satu-hari", occurred_at="2026-03-05T08:00:00+07:00")
    found = flags(replayed(scene)[-1])
    assert [flag.name for flag in found] == ["claim.future", "claim.mandate", "key.unproven"]
    assert all(flag.sentence.endswith((".", ").")) for flag in found)


def test_an_act_of_any_kind_can_be_asked_for_its_flags() -> None:
    assert all(isinstance(flags(step), tuple) for step in replayed(told()))
