"""The browser's modules make the same bytes as the Python rooms: envelopes, entries, acts, key files."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from keys import strict_json
from keys.envelope import Envelope, pae
from keys.keyfile import OpenedKey, open_keyfile, seal
from ledger.acts import PAYLOAD_TYPE, Act, act_of, compose
from ledger.entry import Entry
from tests import (
    test_acts,
    test_entry,
    test_envelope,
    test_golden,
    test_keyfile,
)
from tests.browser.judge import (
    Judge,
    Refusal,
    by_python,
    judging,
    mutations,
    random_texts,
    table,
)

KEY, OTHER = test_keyfile.KEY, test_keyfile.OTHER


@pytest.fixture(scope="module")
def judge(browser: Browser) -> Iterator[Judge]:
    """Yield the modules in a browser."""
    with judging(browser) as found:
        yield found


# --- envelopes, entries, acts --------------------------------------------------------------------------------


def spelt(data: bytes) -> list[Any]:
    one = Envelope.parse(data)
    return [one.data, one.payload_type, one.unverified_payload, one.keyid, one.signature]


def test_an_envelope_is_read_or_refused_as_python_does(judge: Judge) -> None:
    e = test_envelope
    rows = [row[0] for row in table(e.test_what_is_parsed_is_kept_byte_for_byte)]
    datas = [*e.REFUSED.values(), *rows, *mutations(e.DATA, 250, 13), e.spelled(payload=b"A" * 64_000)]
    expected = [by_python(lambda one=one: spelt(one)) for one in datas]
    assert judge.all([("parseEnvelope", one) for one in datas]) == expected
    assert judge("pae", "http://example.com/HelloWorld", b"hello world") == pae(
        "http://example.com/HelloWorld", b"hello world"
    )


def test_an_envelope_is_sealed_to_the_same_bytes_and_opened_by_its_key_alone(judge: Judge) -> None:
    chance = random.Random(14)  # noqa: S311  reproducible, no secret
    for size in (0, 1, 2, 3, 500, 47_000):
        payload = chance.randbytes(size)
        data = Envelope.seal(PAYLOAD_TYPE, payload, KEY).data
        assert judge("seal", PAYLOAD_TYPE, payload, KEY.seed(), KEY.public.raw) == data
        assert judge("open", data, KEY.public.raw) == payload
    assert judge("open", data, OTHER.public.raw) == Refusal("forged", "signature.keyid")
    lie = data.replace(KEY.public.id.encode(), OTHER.public.id.encode())
    assert judge("open", lie, OTHER.public.raw) == Refusal("forged", "signature.invalid")
    for kind in ("", "a b", "é", "a" * 101):
        assert judge("seal", kind, b"{}", KEY.seed(), KEY.public.raw) == Refusal("malformed", "envelope.form")
    too_large = judge("seal", PAYLOAD_TYPE, bytes(64_000), KEY.seed(), KEY.public.raw)
    assert too_large == Refusal("malformed", "envelope.size")


def test_an_entry_is_read_or_refused_as_python_does(judge: Judge) -> None:
    n = test_entry
    datas = [row[0] for row in table(n.test_another_frame_is_refused)] + [n.GOOD, *mutations(n.GOOD, 250, 15)]
    stamps = [row[0] for row in table(n.test_a_time_that_does_not_exist_is_refused)]
    stamps += [row[0] for row in table(n.test_an_hour_or_minute_out_of_range_is_refused_by_its_form)]
    stamps += [b"%s-01T01:00:00.000000Z" % one for one in (b"0001-01", b"0099-12", b"2028-02", b"9999-12")]
    stamps += [b"%d-02-29T01:00:00.000000Z" % year for year in (1900, 2000, 2026, 2028)]
    datas += [n.GOOD.replace(n.STAMP, one) for one in stamps]

    def read(data: bytes) -> list[Any]:
        stamp = Entry.parse(data).recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
        return [data, stamp, Entry.parse(data).envelope.data]

    assert judge.all([("parseEntry", one) for one in datas]) == [by_python(lambda one=one: read(one)) for one in datas]
    assert judge("entryOf", n.ENVELOPE.data, n.STAMP.decode()) == n.GOOD
    assert judge("leafOf", n.GOOD) == Entry.parse(n.GOOD).leaf_hash.hex()
    assert judge("entryOf", n.ENVELOPE.data, "2026-03-02T08:00:00+07:00") == Refusal("malformed", "entry.form")


def members(said: dict[str, Any]) -> dict[str, Any]:
    """Return an act as the modules name its members."""
    return {"occurredAt" if name == "occurred_at" else name: value for name, value in said.items()}


@pytest.mark.parametrize("name", test_golden.NAMES)
def test_a_golden_act_is_composed_and_sealed_to_its_own_bytes_and_proved_by_its_leaf(judge: Judge, name: str) -> None:
    row, key = test_golden.load(name), test_golden.key(test_golden.load(name)["act"]["official"])
    entry = Entry.parse(row["entry"].encode())
    payload = judge("composeAct", members(row["act"]))
    assert payload == entry.envelope.unverified_payload
    assert judge("readAct", payload) == members(row["act"])
    assert judge("seal", PAYLOAD_TYPE, payload, key.seed(), key.public.raw) == entry.envelope.data
    assert judge("leafOf", entry.data) == row["leaf_hash"]


def test_acts_with_any_text_are_composed_to_the_same_bytes_or_refused_by_both(judge: Judge) -> None:
    act = test_golden.load("paraf.given")["act"]
    seen = act_of(Entry.parse(test_golden.load("paraf.given")["entry"].encode()).envelope).seen
    notes = [f"Catatan {one}." for one in random_texts(400, 16)] + ["Catatan \U0001f600, a\u0301, “kutip”, \"'\\/."]
    calls = [act | {"body": act["body"] | {"note": note}} for note in notes]
    expected = [by_python(lambda one=one: compose(**one | {"seen": seen})) for one in calls]
    found = judge.all([("composeAct", members(one)) for one in calls])
    ours = [(mine, theirs) for mine, theirs in zip(found, expected, strict=True) if isinstance(theirs, bytes)]
    assert len(ours) > 10
    assert [one for one, _ in ours] == [one for _, one in ours]
    strict = [one for one, theirs in zip(found, expected, strict=True) if getattr(theirs, "rule", "")[:5] == "json."]
    assert len(strict) > 200
    assert {one.kind for one in strict} == {"malformed"}


def test_the_frame_of_an_act_is_read_or_refused_as_python_does(judge: Judge) -> None:
    a = test_acts
    frames = [strict_json.dumps(a.members(**{row[0]: row[1]})) for row in frame_rows()]
    frames += [row[0] for row in table(a.test_a_payload_that_is_not_strict_json_is_refused)]
    for name in a.members():
        value = a.members()
        del value[name]
        frames += [strict_json.dumps(value), strict_json.dumps(value | {name: a.members()[name]})]
    good = strict_json.dumps(a.members())
    frames += [
        good,
        strict_json.dumps(a.members(catatan="x")),
        good.replace(b',"version"', b', "version"'),
        b"[]",
        b"7",
    ]
    frames += [good.replace(b"Susun", rb"S\u0075sun"), good.replace(b':2,"previous"', b':1,"previous"')]
    frames += [strict_json.dumps(a.members(previous=None)), strict_json.dumps(a.members(body={"step": None}))]
    frames += [strict_json.dumps(a.members(kind=one)) for one in ("paraf.diberikan.x", "paraf", "Paraf.given")]
    expected = [by_python(lambda one=one: Act.read(one).version) for one in frames]
    found = [
        one if isinstance(one, Refusal) else one["version"] for one in judge.all([("readAct", one) for one in frames])
    ]
    assert found == expected
    assert {"act.schema", "act.spelling", "act.kind", "act.previous", "act.null"} <= {
        one.rule for one in expected if isinstance(one, Refusal)
    }


def test_an_act_that_nobody_would_read_is_not_composed(judge: Judge) -> None:
    a = test_acts
    frames = [a.members(**{row[0]: row[1]}) for row in frame_rows()] + [a.members(previous=None)]
    expected = [by_python(lambda one=one: Act.read(strict_json.dumps(one))) for one in frames]
    assert {one[0] for one in expected} == {"malformed"}
    calls = [one for one in frames if one["seen"] is None or one["seen"].keys() == {"size", "root"}]
    assert {one.kind for one in judge.all([("composeAct", members(one)) for one in calls])} == {"malformed"}


def frame_rows() -> list[tuple[Any, ...]]:
    tests = [getattr(test_acts, name) for name in dir(test_acts) if name.startswith("test_")]
    named = [test for test in tests for mark in getattr(test, "pytestmark", []) if mark.args[0] == ("name", "value")]
    return [row for test in named for row in table(test)]


def test_the_present_moment_is_stated_in_wib(judge: Judge) -> None:
    said = dt.datetime.fromisoformat(judge("nowInWib"))
    assert said.utcoffset() == dt.timedelta(hours=7)
    assert abs(said - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)


# --- key files -----------------------------------------------------------------------------------------------


def test_a_key_file_sealed_by_either_is_the_same_and_opens_in_the_other(judge: Judge) -> None:
    k = test_keyfile
    parts = {"official": "siti", "passphrase": k.WORDS, "seed": KEY.seed(), "salt": k.SALT, "nonce": k.NONCE}
    assert judge("sealKeyfile", parts) == k.DATA
    composed = k.WORDS.replace("\u00e9", "e\u0301")
    for words in (k.WORDS, composed):
        assert judge("openKeyfile", k.DATA, words, b"paraf") == [
            "siti",
            KEY.public.raw,
            KEY.public.id,
            KEY.sign(b"paraf"),
        ]
    fresh = [judge("sealKeyfile", {"official": "siti", "passphrase": composed}) for _ in range(2)]
    opened = [open_keyfile(one, k.WORDS) for one in fresh]
    assert opened[0].official == "siti"
    assert opened[0].key.public != opened[1].key.public
    words = "\U0001f600" * 12
    by_us = seal(OTHER, words, official="budi", salt=bytes(16), nonce=bytes(12))
    assert judge("openKeyfile", by_us, words, b"x")[3] == OTHER.sign(b"x")
    assert open_keyfile(by_us, words) == OpenedKey("budi", OTHER)


def test_a_wrong_passphrase_and_an_altered_file_are_one_fault(judge: Judge) -> None:
    k = test_keyfile
    rows = [row[0] for row in table(k.test_no_member_can_be_exchanged)]
    said = judge.all(
        [("openKeyfile", k.DATA, f"{k.WORDS} ", b""), *(("openKeyfile", one, k.WORDS, b"") for one in rows)]
    )
    assert said == [Refusal("refused", "keyfile.passphrase")] * 6


def test_a_key_file_that_names_another_key_is_forged(judge: Judge) -> None:
    k = test_keyfile
    associated = f"jejak.key/1\n{KEY.public.raw.hex()}\nsiti".encode()
    lie = k.swapped(k.b64(k.SEALED), k.b64(k.aes(k.WORDS).encrypt(k.NONCE, OTHER.seed(), associated)))
    assert judge("openKeyfile", lie, k.WORDS, b"") == Refusal("forged", "keyfile.public_key")


def test_a_file_that_is_no_key_file_is_refused_as_python_does(judge: Judge) -> None:
    k = test_keyfile
    datas = [
        *k.FORMS.values(),
        *(k.swapped(b":600000", b":%d" % one) for one in (1, 599_999, 5_000_001, 9_999_999_999)),
    ]
    expected = [by_python(lambda one=one: k.KeyFile.parse(one)) for one in datas]
    assert judge.all([("openKeyfile", one, k.WORDS, b"") for one in datas]) == expected


def test_a_passphrase_or_label_that_python_refuses_is_refused(judge: Judge) -> None:
    k = test_keyfile
    words = [row[0] for row in table(k.test_a_passphrase_is_12_to_1000_characters_as_a_reader_counts_them)]
    labels = [row[0] for row in table(k.test_a_label_that_no_key_file_can_carry_is_not_sealed)]
    pairs = [
        *(("siti", one) for one in (*words, "\U0001f600" * 11, "padi menguning\ud800")),
        *((one, k.WORDS) for one in labels),
    ]
    expected = [
        by_python(lambda one=one: seal(KEY, one[1], official=one[0], salt=k.SALT, nonce=k.NONCE)) for one in pairs
    ]
    assert judge.all([("sealKeyfile", {"official": one, "passphrase": two}) for one, two in pairs]) == expected
    assert judge("openKeyfile", k.DATA, "padi menguning\ud800", b"") == Refusal("malformed", "keyfile.passphrase_text")
