"""Signing in: only the official's own key, for this ledger, at this address, for this challenge, says who is there."""

from __future__ import annotations

import dataclasses
import doctest
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import signin, strict_json
from keys.envelope import Envelope
from keys.errors import Forged, JejakError, Malformed, NotAllowed
from keys.possession import PAYLOAD_TYPE as POSSESSION
from keys.possession import prove
from keys.signin import MAX_BYTES, PAYLOAD_TYPE, Asked, Statement, sign
from keys.signing import PrivateKey
from ledger.acts import PAYLOAD_TYPE as ACT
from tests.kit import ORIGIN, key

HERE = "https://jejak.malangkab.example"
BUDI, SRI = "budi-santoso", "sri-wahyuni"
CHALLENGE = "kzJ9-_" + "A" * 37
ASKED = Asked(ORIGIN, frozenset({HERE}))
WORDS = {"ledger": ORIGIN, "audience": HERE, "official": BUDI, "challenge": CHALLENGE}
STATEMENT = sign(*WORDS.values(), key(BUDI))
ORDER = 2**252 + 27742317777372353535851937790883648493


def check(data: bytes, asked: Asked = ASKED, by: str = BUDI, official: str = BUDI) -> Statement:
    return signin.check(Envelope.parse(data), key(by).public, official=official, asked=asked)


def said(payload: bytes, kind: str = PAYLOAD_TYPE, by: str = BUDI) -> bytes:
    return Envelope.seal(kind, payload, key(by)).data


def worded(**changes: Any) -> bytes:
    """Return a statement in which members say something else; the signature is over that."""
    return said(strict_json.dumps(WORDS | changes))


def test_the_officials_key_says_who_is_there() -> None:
    assert check(STATEMENT) == Statement(BUDI, CHALLENGE)


def test_the_statement_says_exactly_ledger_audience_official_and_challenge() -> None:
    assert Envelope.parse(STATEMENT).unverified_payload == (
        f'{{"ledger":"{ORIGIN}","audience":"{HERE}","official":"{BUDI}","challenge":"{CHALLENGE}"}}'.encode()
    )


def test_what_is_signed_is_the_type_with_the_words() -> None:
    envelope = Envelope.parse(STATEMENT)
    message = b"DSSEv1 36 application/vnd.jejak.signin.v1+json %d %b" % (
        len(envelope.unverified_payload),
        envelope.unverified_payload,
    )
    key(BUDI).public.verify(envelope.signature, message)


def test_a_service_with_several_addresses_takes_a_statement_for_any_of_them() -> None:
    several = Asked(ORIGIN, frozenset({"http://127.0.0.1:8000", "http://localhost:8000"}))
    for audience in several.audiences:
        assert check(worded(audience=audience), several).official == BUDI


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"ledger": "pagak.malangkab.example/jejak"}, "signin.ledger"),
        ({"ledger": ORIGIN + "/"}, "signin.ledger"),
        ({"ledger": ORIGIN.upper()}, "signin.ledger"),
        ({"ledger": ""}, "signin.ledger"),
        ({"audience": "https://jejak.malangkab.example.jahat.example"}, "signin.audience"),
        ({"audience": HERE + "/"}, "signin.audience"),
        ({"audience": HERE + ":443"}, "signin.audience"),
        ({"audience": HERE.replace("https", "http")}, "signin.audience"),
        ({"audience": HERE.upper()}, "signin.audience"),
        ({"audience": ""}, "signin.audience"),
        ({"official": SRI}, "signin.official"),
        ({"official": BUDI + " "}, "signin.official"),
        ({"official": BUDI.upper()}, "signin.official"),
        ({"official": ""}, "signin.official"),
    ],
)
def test_a_statement_for_something_else_is_refused_by_name(changes: dict[str, str], rule: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        check(worded(**changes))
    assert caught.value.rule == rule
    assert caught.value.detail.endswith(".")
    assert caught.value.allowed


@pytest.mark.parametrize("member", ["ledger", "audience", "official"])
def test_a_refusal_does_not_throw_back_all_that_was_said(member: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        check(worded(**{member: "x" * 2000}))
    assert len(str(caught.value)) < 400


def test_where_no_address_is_ours_no_statement_is_for_us() -> None:
    with pytest.raises(NotAllowed) as caught:
        check(STATEMENT, Asked(ORIGIN, frozenset()))
    assert caught.value.rule == "signin.audience"


@pytest.mark.parametrize(
    "challenge",
    [
        *("", CHALLENGE[:-1], CHALLENGE + "A", CHALLENGE + "=", CHALLENGE + "\n", "A" * 42 + "+", "A" * 42 + "/"),
        *("A" * 42 + " ", "A" * 42 + "é", "١" * 43, "A" * 44, "A" * 3000),
    ],
)
def test_a_challenge_in_another_form_is_neither_signed_nor_taken(challenge: str) -> None:
    with pytest.raises(Malformed) as caught:
        sign(ORIGIN, HERE, BUDI, challenge, key(BUDI))
    assert caught.value.rule == "signin.form"
    with pytest.raises(Malformed) as caught:
        check(worded(challenge=challenge))
    assert caught.value.rule == "signin.form"


FORMS = {
    "another order": strict_json.dumps(dict(reversed(WORDS.items()))),
    "two members changed over": strict_json.dumps({name: WORDS[name] for name in sorted(WORDS)}),
    "white space": strict_json.dumps(WORDS).replace(b",", b", "),
    "leading white space": b" " + strict_json.dumps(WORDS),
    "trailing line feed": strict_json.dumps(WORDS) + b"\n",
    "an escape": strict_json.dumps(WORDS).replace(b"budi", rb"\u0062udi"),
    "an escaped slash": strict_json.dumps(WORDS).replace(b"/", rb"\/"),
    "an extra member": strict_json.dumps(WORDS | {"until": "2099-01-01T00:00:00Z"}),
    "an extra member first": strict_json.dumps({"admin": "ya"} | WORDS),
    "a member in capitals": strict_json.dumps({name.upper(): one for name, one in WORDS.items()}),
    "a list": strict_json.dumps(list(WORDS.values())),
    "a text": b'"budi-santoso"',
    "null": b"null",
    "an empty object": b"{}",
} | {f"no {left}": strict_json.dumps({name: one for name, one in WORDS.items() if name != left}) for left in WORDS}


@pytest.mark.parametrize("payload", FORMS.values(), ids=FORMS.keys())
def test_the_same_thing_said_in_another_form_is_refused(payload: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        check(said(payload))
    assert caught.value.rule == "signin.form"


@pytest.mark.parametrize(
    ("payload", "rule"),
    [
        (strict_json.dumps(WORDS)[:-1] + b',"official":"sri-wahyuni"}', "json.duplicate"),
        (b"budi-santoso", "json.syntax"),
        (b"", "json.syntax"),
        (strict_json.dumps(WORDS)[:-1], "json.syntax"),
        (b"\xef\xbb\xbf" + strict_json.dumps(WORDS), "json.syntax"),
        (strict_json.dumps(WORDS).replace(b"budi", b"bud\xff"), "json.utf8"),
        (json.dumps(WORDS | {"official": "budi\u202esantoso"}, separators=(",", ":")).encode(), "json.character"),
        (json.dumps(WORDS | {"official": "budi\x00"}, separators=(",", ":")).encode(), "json.character"),
        (b"[" * 40 + b"]" * 40, "json.depth"),
    ],
    ids=["a member twice", "no JSON", "nothing", "cut short", "a mark before it", "no UTF-8", "bidi", "NUL", "deep"],
)
def test_what_is_no_strict_json_is_refused(payload: bytes, rule: str) -> None:
    with pytest.raises(Malformed) as caught:
        check(said(payload))
    assert caught.value.rule == rule


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("value", [None, 1, True, ["budi-santoso"], {"budi-santoso": 1}], ids=repr)
def test_a_member_that_is_no_text_is_refused(name: str, value: Any) -> None:
    with pytest.raises(Malformed) as caught:
        check(worded(**{name: value}))
    assert caught.value.rule == "signin.form"


@pytest.mark.parametrize("kind", [ACT, POSSESSION, PAYLOAD_TYPE.replace("v1", "v2"), PAYLOAD_TYPE.upper(), "a"])
def test_the_same_words_signed_for_another_purpose_let_nobody_in(kind: str) -> None:
    with pytest.raises(Malformed) as caught:
        check(said(strict_json.dumps(WORDS), kind))
    assert caught.value.rule == "signin.form"


@pytest.mark.parametrize("kind", [ACT, POSSESSION])
def test_words_signed_for_another_purpose_are_not_passed_on_under_this_ones_type(kind: str) -> None:
    envelope = said(strict_json.dumps(WORDS), kind)
    with pytest.raises(Forged) as caught:
        check(envelope.replace(kind.encode(), PAYLOAD_TYPE.encode()))
    assert caught.value.rule == "signature.invalid"


def test_a_proof_of_possession_lets_nobody_in() -> None:
    with pytest.raises(Malformed) as caught:
        check(prove(ORIGIN, BUDI, key(BUDI)))
    assert caught.value.rule == "signin.form"


def test_another_officials_key_does_not_open_the_statement() -> None:
    with pytest.raises(Forged) as caught:
        check(STATEMENT, by=SRI)
    assert caught.value.rule == "signature.keyid"


def test_a_statement_by_another_key_under_this_ones_id_is_forged() -> None:
    by_other = said(strict_json.dumps(WORDS), by=SRI)
    with pytest.raises(Forged) as caught:
        check(by_other.replace(key(SRI).public.id.encode(), key(BUDI).public.id.encode()))
    assert caught.value.rule == "signature.invalid"


def test_who_signs_in_as_somebody_else_with_an_own_key_is_told_so() -> None:
    as_sri = sign(ORIGIN, HERE, SRI, CHALLENGE, key(BUDI))
    with pytest.raises(NotAllowed) as caught:
        check(as_sri)
    assert caught.value.rule == "signin.official"


def test_the_signature_is_verified_before_any_meaning_is_read() -> None:
    forged = said(b"bukan json", by=SRI).replace(key(SRI).public.id.encode(), key(BUDI).public.id.encode())
    with pytest.raises(Forged):
        check(forged)


def test_a_second_spelling_of_the_signature_is_refused() -> None:
    envelope = Envelope.parse(STATEMENT)
    s = int.from_bytes(envelope.signature[32:], "little") + ORDER
    high = dataclasses.replace(envelope, signature=envelope.signature[:32] + s.to_bytes(32, "little"))
    with pytest.raises(Forged) as caught:
        signin.check(high, key(BUDI).public, official=BUDI, asked=ASKED)
    assert caught.value.rule == "signature.form"


def padded_to(size: int) -> bytes:
    """Return a well-signed statement whose envelope has this many bytes, in the ledger's name."""
    rest = size - len(said(b""))
    payload = len(strict_json.dumps(WORDS | {"ledger": ""}))
    data = worded(ledger="k" * (rest // 4 * 3 - payload))
    assert len(data) == size
    return data


def test_a_statement_of_the_largest_size_is_read_and_a_larger_one_is_not() -> None:
    largest = MAX_BYTES - (MAX_BYTES - len(said(b""))) % 4
    with pytest.raises(NotAllowed) as read:
        check(padded_to(largest))
    assert read.value.rule == "signin.ledger"
    with pytest.raises(Malformed) as caught:
        check(padded_to(largest + 4))
    assert caught.value.rule == "signin.form"


@pytest.mark.parametrize(
    ("ledger", "audience", "official"),
    [("\ud800", HERE, BUDI), (ORIGIN, HERE + "\u202e", BUDI), (ORIGIN, HERE, "budi\x00")],
)
def test_words_that_strict_json_cannot_hold_are_not_signed(ledger: str, audience: str, official: str) -> None:
    with pytest.raises(Malformed):
        sign(ledger, audience, official, CHALLENGE, key(BUDI))


@given(st.integers(0, len(STATEMENT) - 1), st.integers(1, 255))
@settings(deadline=None, max_examples=300)
def test_a_statement_with_any_one_byte_changed_is_refused(place: int, change: int) -> None:
    altered = bytearray(STATEMENT)
    altered[place] ^= change
    with pytest.raises(JejakError):
        check(bytes(altered))


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
@settings(deadline=None, max_examples=200)
def test_whatever_is_signed_is_read_back_as_it_was_said(ledger: str, audience: str, official: str) -> None:
    made = PrivateKey.load(bytes(range(32)))
    try:
        data = sign(ledger, audience, official, CHALLENGE, made)
    except Malformed:
        return
    asked = Asked(ledger, frozenset({audience}))
    read = signin.check(Envelope.parse(data), made.public, official=official, asked=asked)
    assert sign(ledger, audience, read.official, read.challenge, made) == data


def test_the_worked_example_holds() -> None:
    assert doctest.testmod(signin) == doctest.TestResults(0, 6)
