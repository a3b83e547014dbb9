"""Proof of possession: only the new key itself, for this ledger and this official, proves that it is held."""

import doctest
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import possession, strict_json
from keys.envelope import Envelope
from keys.errors import Forged, JejakError, Malformed
from keys.possession import PAYLOAD_TYPE, check_possession, prove
from keys.signing import PrivateKey, PublicKey

LEDGER = "kalipare.malangkab.example/jejak"
KEY = PrivateKey.load(bytes(range(32)))
OTHER = PrivateKey.load(bytes(32))
HEX = KEY.public.raw.hex()
WORDS = {"ledger": LEDGER, "official": "siti", "public_key": HEX}
PROOF = prove(LEDGER, "siti", KEY)


def check(data: bytes, **asked: str) -> PublicKey:
    return check_possession(data, **{"ledger": LEDGER, "official": "siti", "public_key_hex": HEX} | asked)


def said(payload: bytes, kind: str = PAYLOAD_TYPE, key: PrivateKey = KEY) -> bytes:
    return Envelope.seal(kind, payload, key).data


def test_a_new_key_proves_that_its_official_holds_it() -> None:
    assert check(PROOF) == KEY.public


def test_the_proof_says_exactly_ledger_official_and_key() -> None:
    assert Envelope.parse(PROOF).unverified_payload == (
        f'{{"ledger":"{LEDGER}","official":"siti","public_key":"{HEX}"}}'.encode()
    )


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"ledger": "pagak.malangkab.example/jejak"}, "possession.ledger"),
        ({"ledger": LEDGER + "/"}, "possession.ledger"),
        ({"official": "budi"}, "possession.official"),
        ({"official": "Siti"}, "possession.official"),
        ({"public_key_hex": OTHER.public.raw.hex()}, "signature.keyid"),
    ],
)
def test_a_proof_for_another_ledger_official_or_key_is_forged(asked: dict[str, str], rule: str) -> None:
    with pytest.raises(Forged) as caught:
        check(PROOF, **asked)
    assert caught.value.rule == rule


def test_a_key_that_vouches_for_another_key_proves_nothing() -> None:
    words = strict_json.dumps(WORDS | {"public_key": OTHER.public.raw.hex()})
    with pytest.raises(Forged) as caught:
        check(said(words))
    assert caught.value.rule == "possession.public_key"


def test_a_proof_made_with_another_key_under_the_name_of_this_one_is_forged() -> None:
    by_other = said(strict_json.dumps(WORDS), key=OTHER)
    with pytest.raises(Forged) as caught:
        check(by_other.replace(OTHER.public.id.encode(), KEY.public.id.encode()))
    assert caught.value.rule == "signature.invalid"


@pytest.mark.parametrize("kind", ["application/vnd.jejak.act.v1+json", PAYLOAD_TYPE.replace("v1", "v2"), "a"])
def test_the_same_words_signed_for_another_purpose_are_no_proof(kind: str) -> None:
    with pytest.raises(Forged) as caught:
        check(said(strict_json.dumps(WORDS), kind))
    assert caught.value.rule == "possession.type"


FORMS = {
    "another order": strict_json.dumps(dict(reversed(WORDS.items()))),
    "white space": strict_json.dumps(WORDS).replace(b",", b", "),
    "trailing line feed": strict_json.dumps(WORDS) + b"\n",
    "an escape": strict_json.dumps(WORDS).replace(b"siti", rb"\u0073iti"),
    "extra member": strict_json.dumps(WORDS | {"note": "x"}),
    "member missing": strict_json.dumps({name: WORDS[name] for name in ("ledger", "official")}),
    "member twice": strict_json.dumps(WORDS)[:-1] + b',"official":"siti"}',
    "a list": strict_json.dumps(list(WORDS.values())),
    "a text": b'"siti"',
    "not JSON": b"siti",
    "nothing": b"",
}


@pytest.mark.parametrize("payload", FORMS.values(), ids=FORMS.keys())
def test_the_same_thing_said_in_another_form_is_refused(payload: bytes) -> None:
    with pytest.raises(Malformed):
        check(said(payload))


@pytest.mark.parametrize("value", [None, 1, ["siti"], {"siti": 1}, True])
def test_a_member_that_is_no_text_proves_nothing(value: Any) -> None:
    with pytest.raises(Forged):
        check(said(strict_json.dumps(WORDS | {"official": value})))


@pytest.mark.parametrize(
    "asked", ["", HEX[:-2], HEX + "00", HEX.upper(), HEX[:-1] + "g", " " + HEX[1:], HEX + "\n", "é" * 64]
)
def test_a_key_that_is_not_64_lower_case_hex_digits_is_refused(asked: str) -> None:
    with pytest.raises(Malformed) as caught:
        check(PROOF, public_key_hex=asked)
    assert caught.value.rule == "key.hex"


def test_a_weak_key_cannot_be_proved() -> None:
    with pytest.raises(Malformed) as caught:
        check(PROOF, public_key_hex="01" + "00" * 31)
    assert caught.value.rule == "key.weak"


@pytest.mark.parametrize(("ledger", "official"), [("\ud800", "siti"), (LEDGER, "siti\u202e"), (LEDGER, "\x00")])
def test_words_that_strict_json_cannot_hold_are_not_signed(ledger: str, official: str) -> None:
    with pytest.raises(Malformed):
        prove(ledger, official, KEY)


@given(st.integers(0, len(PROOF) - 1), st.integers(1, 255))
@settings(deadline=None, max_examples=300)
def test_a_proof_with_any_one_byte_changed_is_refused(place: int, change: int) -> None:
    altered = bytearray(PROOF)
    altered[place] ^= change
    with pytest.raises(JejakError):
        check(bytes(altered))


def test_the_worked_example_holds() -> None:
    assert doctest.testmod(possession) == doctest.TestResults(0, 7)
