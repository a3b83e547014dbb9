"""An act: its payload has one strict form, its body the schema of its kind, its meaning only after its signature."""

from __future__ import annotations

import datetime as dt
import inspect
import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import keys.fields
from keys import strict_json
from keys.envelope import Envelope
from keys.errors import Forged, JejakError, Malformed
from keys.member_words import MEMBERS
from keys.possession import PAYLOAD_TYPE as POSSESSION
from ledger.acts import PAYLOAD_TYPE, Act, Family, Seen, SignedAct, act_of, compose
from ledger.bodies import CATALOGUE, ActivityDecided, Bound
from ledger.case import OUTSIDE
from ledger.founding import founding_key
from ledger.kind_names import NAMES, name_of
from ledger.mentions import documents_of
from ledger.sop import ACTIVITIES
from tests.kit import CASE, IKU, key, mandate_of
from tests.scene import SOME_ROOT, opened_scene, reference

Json = dict[str, Any]

SCENE = opened_scene()
BUDI = "budi-santoso"


def members(kind: str = "direction.given", **changes: Any) -> Json:
    body = {"step": "2", "instruction": "Susun sesuai Renstra."}
    seen = {"size": 3, "root": SOME_ROOT}
    return SCENE.payload(BUDI, CASE, kind, body, version=2, previous="a" * 64, seen=seen) | changes


def read(**changes: Any) -> Act:
    return Act.read(strict_json.dumps(members(**changes)))


def refused(data: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        Act.read(data)
    return caught.value


def test_an_act_says_what_its_payload_says() -> None:
    act = read(occurred_at="2026-03-02T08:00:00.25+07:00")
    assert (act.stream, act.version, act.previous, act.kind) == (CASE, 2, "a" * 64, "direction.given")
    assert (act.official, act.mandate) == (BUDI, mandate_of(BUDI))
    assert act.seen == Seen(size=3, root=SOME_ROOT)
    assert act.occurred_at == dt.datetime(2026, 3, 2, 1, 0, 0, 250_000, tzinfo=dt.UTC)
    assert act.body.plain() == {"step": "2", "instruction": "Susun sesuai Renstra."}


@pytest.mark.parametrize("name", list(members()))
def test_every_member_is_required(name: str) -> None:
    value = members()
    del value[name]
    fault = refused(strict_json.dumps(value))
    assert fault.rule == "act.schema"
    assert (fault.facts["member"], MEMBERS[name] in fault.detail) == (name, True)


def test_a_member_that_nobody_knows_is_refused() -> None:
    assert refused(strict_json.dumps(members(catatan="x"))).rule == "act.schema"


def test_a_member_twice_is_refused() -> None:
    data = strict_json.dumps(members()).replace(b'"version":2', b'"version":2,"version":3')
    assert refused(data).rule == "json.duplicate"


@pytest.mark.parametrize("value", [[], "teks", 7, None, True])
def test_a_payload_that_is_no_object_is_refused(value: object) -> None:
    assert refused(strict_json.dumps(value)).rule == "act.schema"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ledger", "Kalipare Jejak"),
        ("ledger", "a+b/jejak"),
        ("ledger", "x" * 200),
        ("seen", {"size": 0, "root": SOME_ROOT}),
        ("seen", {"size": 3}),
        ("seen", {"size": 3, "root": SOME_ROOT, "more": 1}),
        ("seen", {"size": 3, "root": "B" * 42 + "B="}),
        ("seen", {"size": 3, "root": SOME_ROOT[:-1]}),
        ("seen", {"size": True, "root": SOME_ROOT}),
        ("stream", "case:11111111-1111-4111-8111-11111111111A"),
        ("stream", "case:1"),
        ("stream", CASE + "\n"),
        ("stream", "register:x"),
        ("stream", "sop:"),
        ("stream", "sop:Besar"),
        ("stream", ""),
        ("version", 0),
        ("version", -1),
        ("version", "2"),
        ("version", True),
        ("previous", "A" * 64),
        ("previous", "a" * 63),
        ("previous", "a" * 64 + "\n"),
        ("previous", 7),
        ("kind", ""),
        ("kind", "x" * 10_000),
        ("official", "Budi"),
        ("official", "b"),
        ("official", "-budi"),
        ("official", "budi santoso"),
        ("official", "budi-santoso\n"),
        ("official", "x" * 10_000),
        ("mandate", ""),
        ("occurred_at", "2026-03-02T08:00:00"),
        ("occurred_at", "2026-03-02 08:00:00+07:00"),
        ("occurred_at", "2026-03-02T08:00+07:00"),
        ("occurred_at", "2026-02-30T08:00:00+07:00"),
        ("occurred_at", "2026-03-02T24:00:00+07:00"),
        ("occurred_at", "2026-03-02T08:00:60+07:00"),
        ("occurred_at", "2026-03-02T08:00:00+15:00"),
        ("occurred_at", "2026-03-02T08:00:00+14:30"),
        ("occurred_at", "2026-03-02T08:00:00-00:00"),
        ("occurred_at", "2026-03-02t08:00:00z"),
        ("occurred_at", "2026-03-02T08:00:00.1234567+07:00"),
        ("occurred_at", "2026-03-02T08:00:00+07:00\n"),
        ("occurred_at", "٢026-03-02T08:00:00+07:00"),
        ("occurred_at", "1944-12-31T08:00:00+07:00"),
        ("occurred_at", "9999-12-31T23:59:59-01:00"),
        ("occurred_at", 1_772_000_000),
        ("body", []),
        ("body", None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_member_that_is_not_in_its_form_is_refused(name: str, value: object) -> None:
    fault = refused(json.dumps(members() | {name: value}, ensure_ascii=False, separators=(",", ":")).encode())
    assert fault.rule in ("act.schema", "act.kind", "act.stream")
    assert name == fault.facts.get("member", "").partition(".")[0] or fault.rule == "act.kind"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "json.syntax"),
        (b"bukan json", "json.syntax"),
        (b"\xff", "json.utf8"),
        (strict_json.dumps(members()).replace(b":2,", b":2.0,"), "json.float"),
        (strict_json.dumps(members()).replace(b":2,", b":9223372036854775808,"), "json.integer"),
        (strict_json.dumps(members()).replace(b"Susun", b"Su\\u0000sun"), "json.character"),
        (strict_json.dumps(members()).replace(b"Susun", b"Su\\ud800sun"), "json.character"),
        (strict_json.dumps(members()).replace(b"Susun", "Su\u202esun".encode()), "json.character"),
        (strict_json.dumps(members()).replace(b'"body":{', b'"body":' + b"[" * 50_000 + b"{"), "json."),
    ],
    ids=["nothing", "no JSON", "no UTF-8", "float", "2^63", "NUL", "surrogate", "bidi", "deep"],
)
def test_a_payload_that_is_not_strict_json_is_refused(data: bytes, rule: str) -> None:
    assert refused(data).rule.startswith(rule)


def test_an_unknown_kind_is_refused_and_the_catalogue_is_named() -> None:
    fault = refused(strict_json.dumps(members(kind="paraf.diberikan")))
    assert fault.rule == "act.kind"
    assert (NAMES["paraf.given"] in fault.allowed, "paraf.given" in fault.facts["known"]) == (True, True)


@pytest.mark.parametrize("kind", sorted(CATALOGUE))
def test_a_kind_stands_only_in_streams_of_its_family(kind: str) -> None:
    family = CATALOGUE[kind][0]
    assert family in get_args(Family)
    for stream in {"register": "register", "sop": "sop:penyusunan-iku", "case": CASE}.values():
        if stream.partition(":")[0] != family:
            fault = refused(strict_json.dumps(members(kind=kind, stream=stream)))
            assert fault.rule == "act.stream"


@pytest.mark.parametrize(("version", "previous"), [(1, "a" * 64), (2, None)])
def test_only_a_first_version_has_no_predecessor(version: int, previous: str | None) -> None:
    assert refused(strict_json.dumps(members(version=version, previous=previous))).rule == "act.previous"


# --- bodies ---------------------------------------------------------------------------------------------


def bodies() -> dict[str, Json]:
    """Return a right body of every kind of a case."""
    found = {kind: body for _, kind, body in SCENE.steps()}
    found["concept.revised"] = {
        "step": "4",
        "round": 2,
        "replaces": SCENE.iku["digest"],
        "answers": "a" * 64,
        "document": SCENE.iku_mended,
    }
    outside = {"reason": "Renstra berubah.", "paper": {"scan": SCENE.proof, "by": "Nur Aini (sintetis)"}}
    found["document.returned"] = {"step": "6", "to": "4", "document": SCENE.iku["digest"]} | outside
    found["disposition.withdrawn"] = {"step": "1"} | outside
    slip = {"leaf": "a" * 64, "field": "letter.number", "old": "060/12", "new": "060/21"}
    found["correction.recorded"] = {"step": "1"} | slip | outside
    activity = {"step": "3", "deviation": "Sekcam dinas luar.", "note": "Catatan."}
    found["activity.performed"] = activity | {
        "sop": {"slug": "surat-keterangan", "leaf": "b" * 64},
        "subject": "Surat keterangan",
        "document": SCENE.iku,
        "attachments": [SCENE.letter, SCENE.proof],
    }
    decided = {"decision": "kurang", "document": SCENE.iku["digest"], "reason": "Belum ada pengantar."}
    found["activity.decided"] = activity | decided
    return found


BODIES = bodies()


def test_a_right_body_of_every_kind_of_a_case_is_read_and_gives_itself_back() -> None:
    assert set(BODIES) == {kind for kind, (family, _) in CATALOGUE.items() if family == "case"}
    for kind, body in BODIES.items():
        assert read(kind=kind, body=body).body.plain() == body


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_a_body_with_a_member_that_its_kind_does_not_know_is_refused(kind: str) -> None:
    fault = refused(strict_json.dumps(members(kind=kind, body=BODIES[kind] | {"lain": 1})))
    assert fault.rule == "act.body"
    assert fault.detail.startswith(f"Isi {NAMES[kind]}")


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_every_member_of_a_body_is_held_to_its_type(kind: str) -> None:
    for name in BODIES[kind]:
        wrongs: list[object] = [7.5, [], {}, "", "\n", {"digest": "x"}]
        for wrong in wrongs:
            with pytest.raises(Malformed):
                Act.read(json.dumps(members(kind=kind, body=BODIES[kind] | {name: wrong})).encode())


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("direction.given", {"instruction": "x" * 4001}),
        ("direction.given", {"instruction": " spasi di depan"}),
        ("disposition.issued", {"urgency": "kilat"}),
        ("disposition.issued", {"forwarded_to": []}),
        ("disposition.issued", {"subject": "dua\nbaris"}),
        ("disposition.issued", {"subject": "x" * 301}),
        ("disposition.issued", {"period": {"first_year": 2027, "last_year": 2026}}),
        ("concept.drafted", {"document": reference(b"x", "../iku.json", IKU)}),
        ("concept.drafted", {"document": reference(b"x", ".iku", IKU)}),
        ("concept.drafted", {"document": reference(b"x", "iku.json", "IKU")}),
        ("concept.drafted", {"document": reference(b"x", "iku.json", IKU) | {"size": 20 * 1024 * 1024 + 1}}),
        ("concept.drafted", {"document": reference(b"x", "iku.json", IKU) | {"digest": "sha256:" + "A" * 64}}),
        ("concept.revised", {"round": 1}),
        ("typing.reviewed", {"decision": "ragu"}),
        ("paraf.given", {"document": "md5:" + "a" * 32}),
        ("paraf.given", {"step": "0"}),
        ("paraf.given", {"step": 6}),
        ("distribution.ordered", {"addressees": []}),
        ("distribution.ordered", {"addressees": [{"name": "A", "copies": 0}]}),
        ("distribution.ordered", {"addressees": [{"name": "A", "copies": 1}, {"name": "A", "copies": 2}]}),
        ("distribution.ordered", {"addressees": [{"name": f"P{n}", "copies": 1} for n in range(201)]}),
        ("agenda.recorded", {"letter_date": "2026-02-29"}),
        ("agenda.recorded", {"letter_date": "20260302"}),
        ("agenda.recorded", {"agenda_no": 0}),
        ("agenda.recorded", {"number": {"classification": "070", "running": 0, "office_code": "35", "year": 2026}}),
        ("dispatch.recorded", {"received_at": "2026-03-02"}),
        ("dispatch.recorded", {"copies": 10_001}),
        ("disposition.issued", {"supersedes": {"case": "11111111", "signature": "a" * 64}}),
        ("disposition.issued", {"supersedes": {"case": "11111111-1111-4111-8111-111111111111"}}),
        ("document.returned", {"to": "0"}),
        ("correction.recorded", {"field": "letter..number"}),
        ("correction.recorded", {"field": "Letter"}),
        ("activity.decided", {"decision": "Setuju saja"}),
        ("paraf.given", {"deviation": ""}),
        ("paraf.given", {"paper": {"by": "Nur Aini"}}),
        ("paraf.given", {"paper": {"scan": reference(b"x", "s.pdf", IKU), "lain": 1}}),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_body_that_is_not_in_its_form_is_refused(kind: str, changes: Json) -> None:
    fault = refused(strict_json.dumps(members(kind=kind, body=BODIES[kind] | changes)))
    assert fault.rule == "act.body"
    assert next(iter(changes)) in fault.facts["member"] or "penerima dua kali" in fault.detail


def test_every_kind_of_a_case_is_an_activity_that_an_sop_may_name_or_stands_outside_every_path() -> None:
    assert set(BODIES) == set(ACTIVITIES) | OUTSIDE
    assert not OUTSIDE & set(ACTIVITIES)


def test_every_body_that_names_the_document_by_digest_alone_is_bound_to_the_cases_own() -> None:
    named = {kind for kind, body in BODIES.items() if isinstance(body.get("document"), str)}
    # What an activity decides upon may be no document at all; where it names one, it is held to it all the same.
    assert {CATALOGUE[kind][1] for kind in named} == {*get_args(Bound), ActivityDecided}


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_every_document_that_a_body_carries_is_found(kind: str) -> None:
    act = read(kind=kind, body=BODIES[kind])
    text = json.dumps(BODIES[kind])
    assert len(documents_of(act)) == text.count('"media_type"')


# --- signed, and composed ---------------------------------------------------------------------------------


def test_an_act_is_signed_only_after_its_signature_was_verified() -> None:
    envelope = Envelope.parse(SCENE.signed(BUDI, CASE, "direction.given", members()["body"], by=key("orang-asing")))
    with pytest.raises(Forged):
        SignedAct(envelope.opened_with(key(BUDI).public))
    assert SignedAct(envelope.opened_with(key("orang-asing").public)).act.official == BUDI


def test_the_signature_is_verified_before_any_meaning_is_read() -> None:
    garbage = Envelope.seal(PAYLOAD_TYPE, b"bukan json", key("orang-asing"))
    claimed = Envelope.parse(garbage.data.replace(garbage.keyid.encode(), key(BUDI).public.id.encode()))
    with pytest.raises(Forged):
        SignedAct(claimed.opened_with(key(BUDI).public))


def test_something_else_that_was_signed_is_no_act() -> None:
    payload = strict_json.dumps(members())
    with pytest.raises(Malformed) as caught:
        act_of(Envelope.seal(POSSESSION, payload, key(BUDI)))
    assert caught.value.rule == "act.type"


def test_a_founders_key_is_taken_from_a_founding_only() -> None:
    envelope = Envelope.parse(SCENE.sign(BUDI, CASE, "direction.given", members()["body"]))
    with pytest.raises(JejakError) as caught:
        founding_key(envelope)
    assert caught.value.rule == "ledger.founded"


def test_composing_what_was_read_gives_the_same_bytes() -> None:
    payload = strict_json.dumps(members())
    act = Act.read(payload)
    again = compose(
        ledger=act.ledger,
        seen=act.seen,
        stream=act.stream,
        version=act.version,
        previous=act.previous,
        kind=act.kind,
        official=act.official,
        mandate=act.mandate,
        occurred_at=act.occurred_at.isoformat(),
        body=act.body.plain(),
    )
    assert again == payload


def test_what_no_reader_would_accept_is_not_composed() -> None:
    with pytest.raises(Malformed) as caught:
        SCENE.sign(BUDI, CASE, "direction.given", {"step": "2"})
    assert caught.value.rule == "act.body"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(members())), VALUES, st.sampled_from(sorted(CATALOGUE)))
def test_whatever_a_payload_holds_only_our_own_faults_are_raised(name: str, value: object, kind: str) -> None:
    try:
        Act.read(json.dumps(members(kind=kind) | {name: value}).encode())
    except Malformed as fault:
        speaks(fault)


def speaks(fault: JejakError) -> None:
    assert fault.rule
    assert fault.detail


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Sri\u200b Wahyuni", "huruf Latin"),
        ("Sri\u00adWahyuni", "huruf Latin"),
        ("Sri\u200dWahyuni", "huruf Latin"),
        ("Sri\u00a0Wahyuni", "huruf Latin"),
        ("Jose\u0301", "huruf Latin"),
        ("Bу\u0064i", "huruf Latin"),
        ("Sri\U000e0041Wahyuni", "huruf Latin"),
        ("Sri\u2800Wahyuni", "huruf Latin"),
        ("Sri\u0897Wahyuni", "huruf Latin"),
        ("Sri  Wahyuni", "dua spasi"),
    ],
    ids=["zero-width", "soft hyphen", "joiner", "nbsp", "decomposed", "Cyrillic", "tag", "blank", "unassigned", "two"],
)
def test_a_name_has_one_spelling(name: str, said: str) -> None:
    person = {"official": "sri-wahyuni", "name": name, "without_nip": "Honorer"}
    changed = {"stream": "register", "kind": "official.proposed", "body": {"person": person}}
    fault = refused(strict_json.dumps(members() | changed))
    assert fault.rule == "act.body"
    assert said in fault.detail


@pytest.mark.parametrize("text", ["a\u200bb", "a\u3164b", "a\U000e0041b", "a\ue000b", "a\ufff9b"])
def test_running_text_holds_nothing_that_shows_nothing(text: str) -> None:
    fault = refused(strict_json.dumps(members(body={"step": "2", "instruction": text})))
    assert "tidak terlihat" in fault.detail


def test_whether_text_is_well_formed_does_not_depend_on_unicode_tables() -> None:
    """A code point that this Python does not know, with a mark that a later one would reorder, reads the same."""
    said = "a\u0897\u0323b \U0001e08f"
    assert read(body={"step": "2", "instruction": said}).body.plain()["instruction"] == said
    source = inspect.getsource(keys.fields)
    assert "is_normalized" not in source
    assert source.count("unicodedata.normalize") == 1, "only tidy(), which nothing that reads an act calls"


@pytest.mark.parametrize(
    "respell",
    [
        lambda data: data.replace(b',"version"', b', "version"'),
        lambda data: data.replace(b'"kind"', b'"\\u006bind"'),
        lambda data: data + b"\n",
        lambda data: strict_json.spell(dict(reversed(strict_json.loads(data).items()))),
    ],
    ids=["a space", "an escape", "a line end", "another order"],
)
def test_an_act_has_one_spelling(respell: Callable[[bytes], bytes]) -> None:
    assert refused(respell(strict_json.dumps(members()))).rule == "act.spelling"


def test_text_keeps_the_joiners_that_scripts_need() -> None:
    assert read(body={"step": "2", "instruction": "👩🏽\u200d🌾 ꦗꦼꦗꦏ꧀"}).body.plain()["instruction"].endswith("ꦗꦼꦗꦏ꧀")


def test_what_is_absent_is_left_out_and_never_null() -> None:
    fault = refused(strict_json.dumps(members(body={"step": "2", "instruction": None})))
    assert (fault.rule, fault.facts["member"]) == ("act.null", "body.instruction")
    assert MEMBERS["instruction"] in fault.detail
    assert read(body={"step": "2", "instruction": "null"}).body.plain()["instruction"] == "null"


def test_every_kind_has_a_name_that_people_use() -> None:
    assert set(NAMES) == set(CATALOGUE) | set(ACTIVITIES)
    assert all("." not in name_of(kind) for kind in NAMES)
