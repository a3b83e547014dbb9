"""The browser's modules judge as the Python rooms do: bytes, keys, strict JSON, and the words of a page.

Most cases of the vectors are those of the Python rooms' own tests; to them come seeded random ones. Both sides judge
all of them, and must find the same or refuse by the same rule.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from keys import strict_json
from keys.envelope import decode_base64
from keys.signing import PublicKey
from tests import (
    test_keyfile,
    test_signing,
    test_strict_json,
)
from tests.browser.judge import (
    STATIC,
    Judge,
    Refusal,
    by_python,
    judging,
    mutations,
    open_page,
    random_texts,
    random_value,
)

KEY, OTHER = test_keyfile.KEY, test_keyfile.OTHER


@pytest.fixture(scope="module")
def judge(browser: Browser) -> Iterator[Judge]:
    """Yield the modules in a browser."""
    with judging(browser) as found:
        yield found


# --- bytes ---------------------------------------------------------------------------------------------------


def test_bytes_are_spelt_and_read_as_python_does(judge: Judge) -> None:
    for size in (0, 1, 2, 3, 32, 20_000):
        data = random.Random(size).randbytes(size)  # noqa: S311  reproducible, no secret
        spelt = base64.b64encode(data).decode()
        assert judge("hex", data) == data.hex()
        assert judge("unhex", data.hex()) == data
        assert judge("base64", data) == spelt
        assert judge("unbase64", spelt) == data
        assert judge("base64url", data) == base64.urlsafe_b64encode(data).decode().rstrip("=")
        assert judge("sha256", data) == hashlib.sha256(data).digest()
    assert judge("utf8", "a\u0301 字 \U0001f600\x00\ufeff") == "a\u0301 字 \U0001f600\x00\ufeff".encode()
    assert judge("text", b"\xef\xbb\xbfa\x00") == "\ufeffa\x00"


def test_text_that_utf8_cannot_write_or_does_not_spell_is_refused(judge: Judge) -> None:
    refused = [("utf8", "\ud800"), ("utf8", "a\udc00\ud800"), ("text", b"\xed\xa0\x80"), ("text", b"\xc0\x80")]
    assert set(judge.all(refused)) == {Refusal("malformed", "text.utf8")}
    assert set(judge.all([("unhex", one) for one in ("0", "0G", "AB", " 00", "00\n")])) == {
        Refusal("malformed", "hex.form")
    }


def test_base64_in_any_spelling_is_read_or_refused_alike(judge: Judge) -> None:
    chance = random.Random(4)  # noqa: S311  reproducible, no secret
    texts = ["".join(chance.choices("AB+/-_=z09 \n", k=chance.randrange(10))) for _ in range(1500)]
    texts += [f"{'AAAA' * groups}{last}" for groups in (0, 1) for last in ("", "AA==", "AB==", "AAA=", "AAB=", "AA=")]
    expected = [by_python(lambda text=text: decode_base64(text.encode())) for text in texts]
    assert judge.all([("unbase64", text) for text in texts]) == expected
    assert len({str(one) for one in expected}) > 20


# --- Ed25519 -------------------------------------------------------------------------------------------------


def test_the_browser_of_these_tests_knows_ed25519(judge: Judge) -> None:
    assert judge("supported") is True


def test_a_public_key_is_taken_or_refused_as_python_does(judge: Judge) -> None:
    chance = random.Random(5)  # noqa: S311  reproducible, no secret
    raws = [bytes.fromhex(one) for one in test_signing.SMALL_ORDER + test_signing.SMALL_ORDER_DISGUISED]
    raws += [y.to_bytes(32, "little") for y in (*range(60), *range(test_signing.P, 2**255))]
    raws += [chance.randbytes(32) for _ in range(80)] + [b"", bytes(31), bytes(33), KEY.public.raw]
    expected = [by_python(lambda raw=raw: PublicKey.load(raw).id) for raw in raws]
    assert judge.all([("keyid", raw) for raw in raws]) == expected
    assert {one.rule for one in expected if isinstance(one, Refusal)} == {
        "key.length", "key.canonical", "key.weak", "key.point",
    }  # fmt: skip


def test_a_signature_is_taken_or_refused_as_python_does(judge: Judge) -> None:
    good, s = KEY.sign(b"paraf"), int.from_bytes(KEY.sign(b"paraf")[32:], "little")
    signatures = [good, *((good * 2)[:size] for size in (0, 32, 63, 65, 128)), *mutations(good, 60, 6)]
    signatures += [good[:32] + (s + times * test_signing.L).to_bytes(32, "little") for times in range(1, 9)]
    calls = [(KEY.public.raw, one, b"paraf") for one in signatures]
    calls += [(OTHER.public.raw, good, b"paraf"), (KEY.public.raw, good, b"paraf ")]
    calls += [tuple(bytes.fromhex(one) for one in (row[1], row[3], row[2])) for row in test_signing.RFC_8032]
    expected = [by_python(lambda one=one: PublicKey.load(one[0]).verify(*one[1:])) for one in calls]
    assert judge.all([("verify", *one) for one in calls]) == expected
    assert [expected[0], *expected[-3:]] == [None] * 4
    assert expected.count(None) < 9


# --- strict JSON ---------------------------------------------------------------------------------------------


def test_json_is_read_or_refused_as_python_does(judge: Judge) -> None:
    j, chance = test_strict_json, random.Random(10)  # noqa: S311  reproducible, no secret
    texts = [row[0] for row in (*j.REFUSED.values(), *j.ACCEPTED.values())]
    texts += [spelt.encode() for sign in j.FORBIDDEN for spelt in (json.dumps(sign), rf'{{"\u{ord(sign):04x}":1}}')]
    texts += [f'{{"{chance.choice("ab1")}":{one}}}'.encode("utf-8", "replace") for one in random_texts(300, 11)]
    for seed in range(60):
        value = random_value(chance, random_texts(5, seed))
        good = json.dumps(value, ensure_ascii=bool(seed % 2), indent=seed % 3 or None).encode("utf-8", "replace")
        texts += [good, *mutations(good, 30, seed)]
    texts += [
        b'{"b":1,"10":2,"a":3,"9":4}',
        b'{"__proto__":{"x":1},"constructor":2}',
        b'{"a":1,"\\u0061":2,"9":' + b"[",
    ]
    expected = [by_python(lambda one=one: strict_json.spell(strict_json.loads(one))) for one in texts]
    assert judge.all([("respell", one) for one in texts]) == expected
    taken = [one if isinstance(one, Refusal) else True for one in expected]
    assert judge.all([("reads", one) for one in texts]) == taken
    assert sum(isinstance(one, bytes) for one in expected) > 100
    assert {one.rule for one in expected if isinstance(one, Refusal)} == {
        "json.utf8", "json.syntax", "json.duplicate", "json.float", "json.integer", "json.character", "json.depth",
    }  # fmt: skip


def test_a_member_called_proto_is_a_member_and_nothing_else(judge: Judge) -> None:
    assert judge("prototype", b'{"__proto__":{"polluted":1}}') is True


def test_a_text_of_megabytes_is_read(judge: Judge) -> None:
    data = json.dumps({"a": "x" * 6_000_000, "b": "\\\u00e9" * 500_000}, separators=(",", ":"), ensure_ascii=False)
    assert judge("respell", data.encode()) == data.encode()


def test_a_value_is_written_to_the_same_bytes_or_refused_by_both(judge: Judge) -> None:
    chance = random.Random(12)  # noqa: S311  reproducible, no secret
    values = [random_value(chance, random_texts(5, seed)) for seed in range(400)]
    values += [random_value(chance, ["a", "é", "\U0001f600", "a\u0301", '"\\/\n\t']) for _ in range(100)]
    values += [1.5, 2**53 - 1, -(2**53) + 1, 0, "\ud800", "\udc00\ud800", strict_json.loads(b"[" * 16 + b"]" * 16)]
    values += [[values[-1]], {"\x00": 1}, {"\u202e": 1}, "\u2028"]
    expected = [by_python(lambda one=one: strict_json.dumps(one)) for one in values]
    found = judge.all([("spell", one) for one in values])
    kinds = [["malformed" if isinstance(one, Refusal) else one for one in said] for said in (found, expected)]
    assert kinds[0] == kinds[1]
    assert 100 < sum(isinstance(one, bytes) for one in found) < len(found) - 50


def test_what_is_no_json_value_is_not_written(judge: Judge) -> None:
    said = judge.all([("spellOdd", what) for what in ("undefined", "nan", "big", "date", "map", "zero")])
    assert [one.kind for one in said] == ["malformed"] * 6


# --- words ---------------------------------------------------------------------------------------------------


def test_a_page_in_english_says_what_its_catalogue_says(browser: Browser, judge: Judge) -> None:
    page = browser.new_page()
    english = open_page(page, words=json.dumps({"Kirim {n} berkas": "Send {n} files", "Tidak ditemukan": "Not found"}))
    assert english("t", "Kirim {n} berkas", {"n": 2}) == "Send 2 files"
    assert english("describeFault", "missing")["title"] == "Not found"
    assert judge("t", "Kirim {n} berkas", {"n": 2}) == "Kirim 2 berkas"
    page.close()


def test_a_value_in_a_sentence_is_never_read_as_a_place(judge: Judge) -> None:
    assert judge("t", "{a} dan {b}, {toString}", {"a": "{b}", "b": "$&"}) == "{b} dan $&, {toString}"


def test_every_kind_of_fault_has_a_title_and_a_bug_is_called_one(judge: Judge) -> None:
    kinds = ["malformed", "forged", "refused", "conflict", "missing", "unavailable", "unjudged", "unsupported"]
    said = judge.all([("describeFault", kind) for kind in kinds])
    assert len({one["title"] for one in said}) == 8
    assert {(one["detail"], one["allowed"]) for one in said} == {("Ada yang salah.", "Coba lagi.")}
    assert "TypeError: x is undefined" in judge("describeBug")["detail"]


def test_what_python_and_the_modules_call_the_same_rule_is_a_rule_of_python() -> None:
    source = "".join(
        path.read_text() for folder in ("keys", "ledger") for path in (STATIC.parents[2] / folder).glob("*.py")
    )
    names = [
        "act",
        "bytes",
        "checkpoint",
        "ed25519",
        "entry",
        "envelope",
        "keyfile",
        "merkle",
        "note",
        "receipt",
        "strict_json",
    ]
    rules = {
        rule for name in names for rule in re.findall(r'"([a-z]+\.[a-z0-9_]+)"', (STATIC / f"{name}.js").read_text())
    }
    browsers_own = {"browser.crypto", "key.unsupported", "text.utf8", "hex.form"}
    assert {rule for rule in rules if f'"{rule}"' not in source} == browsers_own
