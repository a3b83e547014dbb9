"""Strict JSON: one text, one meaning; everything else is refused, and only as Malformed."""

import doctest
import json
import unicodedata
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import strict_json
from keys.errors import Malformed
from keys.strict_json import MAX_DEPTH, MAX_INTEGER, check_text, dumps, loads

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
FORBIDDEN = (
    "".join(chr(c) for c in range(0x20) if chr(c) not in "\t\n\r")
    + "".join(chr(c) for c in range(0x7F, 0xA0))
    + BIDI
    + "\u2028\u2029\ud800\udbff\udc00\udfff\ufeff\ufdd0\ufdef\ufffe\uffff"
)
ALLOWED = "aé字\U0001f600 \"\\/\t\n\r{}[]:,u0'\u00a0\u200d"


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + closing * depth).encode()


REFUSED = {
    "empty": (b"", "json.syntax"),
    "only white space": (b" \n", "json.syntax"),
    "a name twice": (b'{"a":1,"a":2}', "json.duplicate"),
    "a name twice, deep": (b'{"b":[{"c":{"a":1,"x":0,"a":1}}]}', "json.duplicate"),
    "a name twice, once escaped": (rb'{"a":1,"\u0061":2}', "json.duplicate"),
    "float": (b'{"a":1.0}', "json.float"),
    "exponent": (b"1e2", "json.float"),
    "huge exponent": (b"1E999999999", "json.float"),
    "NaN": (b'{"a":NaN}', "json.float"),
    "Infinity": (b"[Infinity]", "json.float"),
    "-Infinity": (b"[-Infinity]", "json.float"),
    "minus zero": (b"[-0]", "json.integer"),
    "2**53": (b'{"a":9007199254740992}', "json.integer"),
    "-2**53": (b'{"a":-9007199254740992}', "json.integer"),
    "10**5000": (b"1" + b"0" * 5000, "json.integer"),
    "leading zero": (b"[01]", "json.syntax"),
    "plus sign": (b"[+1]", "json.syntax"),
    "lone surrogate, escaped": (rb'{"a":"\ud800"}', "json.character"),
    "low surrogate, escaped": (rb'{"a":"\uDC00x"}', "json.character"),
    "surrogates the wrong way round": (rb'"\udc00\ud800"', "json.character"),
    "surrogate as UTF-8 (CESU)": (b'"\xed\xa0\x80"', "json.utf8"),
    "NUL, raw": (b'"\x00"', "json.syntax"),
    "NUL after the value": (b"{}\x00", "json.syntax"),
    "NUL, escaped": (rb'"\u0000"', "json.character"),
    "backspace, short escape": (rb'{"a":"\b"}', "json.character"),
    "form feed, short escape": (rb'{"a":"\f"}', "json.character"),
    "form feed in a name": (rb'{"\f":1}', "json.character"),
    "line feed, raw": (b'"\n"', "json.syntax"),
    "delete, raw": (b'"\x7f"', "json.character"),
    "C1, raw": ('{"a":"\u0085"}'.encode(), "json.character"),
    "bidi, raw": ('{"a":"\u202e"}'.encode(), "json.character"),
    "bidi, escaped": (rb'{"a":"\u2066"}', "json.character"),
    "bidi in a name": ('{"a\u202e":1}'.encode(), "json.character"),
    "bidi, escaped, in a name deep down": (rb'[[{"a":{"\u200f":1}}]]', "json.character"),
    "byte order mark in front": (b"\xef\xbb\xbf{}", "json.syntax"),
    "byte order mark in a text": ('"\ufeff"'.encode(), "json.character"),
    "UTF-16": ("{}".encode("utf-16"), "json.utf8"),
    "invalid UTF-8": (b'"\xff"', "json.utf8"),
    "cut UTF-8": (b'"\xc3"', "json.utf8"),
    "overlong NUL": (b'"\xc0\x80"', "json.utf8"),
    "overlong slash": (b'"\xe0\x80\xaf"', "json.utf8"),
    "beyond U+10FFFF": (b'"\xf4\x90\x80\x80"', "json.utf8"),
    "two values": (b"{}{}", "json.syntax"),
    "trailing comma": (b"[1,]", "json.syntax"),
    "trailing text": (b"{} x", "json.syntax"),
    "comment": (b"{}//", "json.syntax"),
    "single quotes": (b"{'a':1}", "json.syntax"),
    "name without quotes": (b"{a:1}", "json.syntax"),
    "cut short": (b'{"a":', "json.syntax"),
    "unknown escape": (rb'"\x41"', "json.syntax"),
    "17 arrays": (nested(MAX_DEPTH + 1), "json.depth"),
    "17 objects": (b'{"a":' * MAX_DEPTH + b"{}" + b"}" * MAX_DEPTH, "json.depth"),
    "17 of both": (nested(8, '[{"a":', "}]").replace(b":}", b":[]}"), "json.depth"),
    "30,000 arrays": (nested(30_000), "json.depth"),
    "30,000 openings": (b"[" * 30_000, "json.depth"),
    "30,000 objects": (b'{"a":' * 30_000 + b"1" + b"}" * 30_000, "json.depth"),
}

ACCEPTED = {
    "object": (b'{"a": 1, "b": [true, false, null]}', {"a": 1, "b": [True, False, None]}),
    "bare text": (b'"x"', "x"),
    "white space around": (b" \t\r\n{}\n", {}),
    "2**53-1": (b"[9007199254740991,-9007199254740991]", [MAX_INTEGER, -MAX_INTEGER]),
    "zero": (b"0", 0),
    "escapes of allowed characters": (rb'"\"\\\/\n\r\t\u00e9"', '"\\/\n\r\té'),
    "an escaped pair of surrogates": (rb'"\ud83d\ude00"', "\U0001f600"),
    "raw UTF-8": ('"é字\U0001f600"'.encode(), "é字\U0001f600"),
    "the same name in two objects": (b'[{"a":1},{"a":2}]', [{"a": 1}, {"a": 2}]),
    "an empty name": (b'{"":1}', {"": 1}),
    "16 levels": (nested(16), json.loads(nested(16))),
    "brackets in a text": (b'"' + b"[{" * 500 + b'"', "[{" * 500),
    "many objects side by side": (b"[" + b",".join([b"{}"] * 100) + b"]", [{}] * 100),
}


@pytest.mark.parametrize(("data", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_a_text_with_room_for_two_readings_is_refused_by_its_rule(data: bytes, rule: str) -> None:
    with pytest.raises(Malformed) as caught:
        loads(data)
    assert caught.value.rule == rule
    assert set(str(caught.value)).isdisjoint(FORBIDDEN)  # the words are safe to show, whatever was in the bytes


@pytest.mark.parametrize(("data", "value"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_text_with_one_meaning_is_read(data: bytes, value: Any) -> None:
    assert loads(data) == value


@pytest.mark.parametrize("character", FORBIDDEN, ids=lambda c: f"U+{ord(c):04X}")
def test_no_spelling_lets_a_forbidden_character_in(character: str) -> None:
    spellings = [json.dumps(character), json.dumps({character: 1}), rf'"\u{ord(character):04X}"']
    if not unicodedata.category(character).startswith("Cs"):
        spellings.append(json.dumps({"a": f"x{character}"}, ensure_ascii=False))
    for spelling in spellings:
        with pytest.raises(Malformed):
            loads(spelling.encode())


def depth(value: Any) -> int:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(depth, inside), default=0)


def texts(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "".join(name + texts(member) for name, member in value.items())
    return "".join(map(texts, value)) if isinstance(value, list) else ""


def values(alphabet: str) -> st.SearchStrategy[Any]:
    text = st.text(alphabet, max_size=6)
    return st.recursive(
        st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | text,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
        max_leaves=12,
    )


# Without low surrogates no two of these can join into one allowed character.
@given(values(ALLOWED + FORBIDDEN.replace("\udc00", "").replace("\udfff", "")), st.booleans(), st.integers(0, 20))
@settings(deadline=None, max_examples=400)
def test_a_value_is_read_exactly_where_a_slow_walk_over_it_finds_nothing(
    value: Any, escaped: bool, around: int
) -> None:
    for _ in range(around):
        value = [value]
    data = json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    if depth(value) > MAX_DEPTH or set(texts(value)) & set(FORBIDDEN):
        with pytest.raises(Malformed):
            loads(data)
    else:
        assert loads(data) == value


@given(values(ALLOWED))
@settings(deadline=None)
def test_what_is_written_is_read_back_equal(value: Any) -> None:
    data = dumps(value)
    assert loads(data) == value
    assert dumps(loads(data)) == data


@given(st.binary(max_size=60) | st.text(ALLOWED + FORBIDDEN + "-.eE19tfnb").map(lambda t: t.encode("utf-8", "replace")))
@settings(deadline=None, max_examples=500)
def test_nothing_but_malformed_leaves_the_reader(data: bytes) -> None:
    with suppress(Malformed):
        loads(data)


CYCLE: list[Any] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    "value",
    [
        float("nan"), float("inf"), 1.5, MAX_INTEGER + 1, 10**5000, "\ud800", "\x00", "\u202e", {"\b": 1},
        {1: "a"}, {None: "a"}, {1: "a", "1": "b"}, (1, 2), {1, 2}, b"x", object(), CYCLE,
        [loads(nested(16))],
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_value_that_would_not_be_read_back_equal_is_not_written(value: Any) -> None:
    with pytest.raises(Malformed):
        dumps(value)


def test_a_single_text_is_checked_by_the_same_rule() -> None:
    assert check_text("baris\nkedua\té", "Catatan") == "baris\nkedua\té"
    with pytest.raises(Malformed, match=r"^Catatan memuat karakter terlarang U\+202E"):
        check_text("a\u202eb", "Catatan")


def test_the_worked_example_holds() -> None:
    assert doctest.testmod(strict_json) == doctest.TestResults(0, 2)
