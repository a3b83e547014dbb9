"""Two ways to read an act, one meaning: what the short way takes, the long way takes, and says the same of it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic_core import from_json, to_json

from keys import strict_json
from keys.errors import Malformed
from keys.fields import Fact
from keys.strict_json import MAX_INTEGER
from ledger.acts import HEAD_BYTES, Act, _Frame, compose, head_of
from ledger.audit_routes import _NAMED_WITHIN, Routes
from ledger.bodies import CATALOGUE
from ledger.entry import Entry, payload_of
from ledger.merkle import leaf_hash
from ledger.rows import Row
from tests.forged_store import busy_office, entries_of
from tests.kit import CASE

GOLDEN = [
    json.loads(path.read_text("utf-8"))["entry"].encode()
    for path in sorted((Path(__file__).parent / "data" / "golden").glob("*.json"))
]
PAYLOADS = [Entry.parse(data).envelope.unverified_payload for data in GOLDEN]


def in_the_long_way(payload: bytes) -> Act | str:
    """Return the act, or the rule by which it is refused."""
    try:
        return Act._by_the_long_way(payload)
    except Malformed as fault:
        return fault.rule


def test_every_kind_that_was_ever_shipped_is_read_the_same_in_both_ways() -> None:
    assert {Act.read(one).kind for one in PAYLOADS} == set(CATALOGUE)
    for payload in PAYLOADS:
        short = Act._by_the_short_way(payload)
        assert short in (None, Act._by_the_long_way(payload))


def test_most_acts_of_a_busy_office_go_the_short_way(tmp_path: Path) -> None:
    payloads = [Entry.parse(data).envelope.unverified_payload for data in entries_of(busy_office(tmp_path / "buku"))]
    shorter = [one for one in payloads if Act._by_the_short_way(one) == Act._by_the_long_way(one)]
    assert len(shorter) > len(payloads) * 0.9


PIECES = (
    *(
        b"null",
        b"1.5",
        b"1e3",
        b"-0",
        b"9007199254740993",
        b"NaN",
        b"true",
        b'"x":1,',
        b" ",
        b"\\u0041",
        b"\\",
        b"\x7f",
    ),
    *(b"\xc3\xa9", b"\xe2\x80\xa8", b"\x00", b"\n", b"{", b"}", b"[", b"]", b'"', b",", b":", b'"version":3,', b"0"),
)


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """Return a payload in which some bytes were replaced, put in, left out, or written twice."""
    data = draw(st.sampled_from(PAYLOADS))
    for _ in range(draw(st.integers(1, 3))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 12))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3), st.just(data[at : at + length])))
        data = data[:at] + piece + data[at + draw(st.sampled_from((0, length))) :]
    return data


@settings(max_examples=3000, deadline=None)
@given(changed())
def test_nothing_that_was_changed_goes_the_short_way_unless_the_long_way_says_the_same(payload: bytes) -> None:
    short = Act._by_the_short_way(payload)
    if short is not None:
        assert short == in_the_long_way(payload)


def direction(**members: Any) -> bytes:
    """Return the payload of an instruction."""
    return compose(
        seen=None,
        stream=CASE,
        previous="a" * 64,
        kind="direction.given",
        occurred_at="2026-03-02T08:00:00.123456+07:00",
        body={"step": "2", "instruction": "Susun."},
        **members,
    )


BODY = b'"body":{"step":"2","instruction":"Susun."}'
WRONG = {
    "a space": BODY.replace(b'":"2"', b'": "2"'),
    "a line end": BODY.replace(b',"', b',\n"'),
    "a name twice": BODY.replace(b'"step"', b'"step":"2","step"'),
    "a name twice, with another value": BODY.replace(b'"step"', b'"step":"3","step"'),
    "an escape that need not be": BODY.replace(b"Susun", b"\\u0053usun"),
    "a null": BODY.replace(b"}", b',"deviation":null}'),
    "a delete sign": BODY.replace(b"Susun", b"Su\x7fsun"),
    "a control sign": BODY.replace(b"Susun", b"Su\x01sun"),
    "no UTF-8": BODY.replace(b"Susun", b"Su\xffsun"),
    "a bidirectional control": BODY.replace(b"Susun", "Su\u202esun".encode()),
    "another member": BODY.replace(b"}", b',"lain":1}'),
    "something behind": BODY + b',"lain":1',
    "two bodies": BODY + b"," + BODY,
    "NaN": BODY.replace(b'"2"', b"NaN"),
    "a number for a text": BODY.replace(b'"2"', b"2"),
    "no object": b'"body":["2"]',
    "nothing": b'"body":',
}


@pytest.mark.parametrize("body", WRONG.values(), ids=list(WRONG))
def test_a_body_that_the_long_way_refuses_the_short_way_does_not_take(body: bytes) -> None:
    payload = direction(ledger="kalipare.example/jejak", version=2, official="budi-santoso", mandate="sekcam-budi")
    assert Act._by_the_short_way(payload) is not None
    payload = payload.replace(BODY, body)
    assert isinstance(in_the_long_way(payload), str)
    assert Act._by_the_short_way(payload) is None


TIMES = {
    "to the second": ("2026-03-02T08:00:00+07:00", True),
    "to the microsecond": ("2026-03-02T08:00:00.123456+07:00", True),
    "to the tenth of a second, far to the east": ("2096-02-29T23:59:59.5+13:59", True),
    "in UTC": ("2026-03-02T01:00:00Z", False),
    "in another century": ("1999-03-02T08:00:00+07:00", False),
    "as far to the east as can be": ("2026-03-02T08:00:00+14:00", False),
    "to the west": ("2026-03-02T08:00:00-05:00", False),
}
NO_TIMES = {
    "no such day": "2026-02-29T08:00:00+07:00",
    "no such month": "2026-13-02T08:00:00+07:00",
    "no such hour": "2026-03-02T24:00:00+07:00",
    "a leap second": "2026-03-02T08:00:60+07:00",
    "seven decimals": "2026-03-02T08:00:00.1234567+07:00",
    "a point and nothing": "2026-03-02T08:00:00.+07:00",
    "no offset": "2026-03-02T08:00:00",
    "an offset with seconds": "2026-03-02T08:00:00+07:00:00",
    "an offset without a colon": "2026-03-02T08:00:00+0700",
    "farther to the east than can be": "2026-03-02T08:00:00+14:01",
    "an offset with too many minutes": "2026-03-02T08:00:00+07:60",
    "by weeks": "2026-W10-1T08:00:00+07:00",
    "too early": "1944-03-02T08:00:00+07:00",
    "nothing": "",
}


def at_time(at: str) -> bytes:
    payload = direction(ledger="kalipare.example/jejak", version=2, official="budi-santoso", mandate="sekcam-budi")
    return payload.replace(b"2026-03-02T08:00:00.123456+07:00", at.encode("ascii"))


@pytest.mark.parametrize(("at", "by_the_short_way"), TIMES.values(), ids=list(TIMES))
def test_a_time_means_the_same_in_both_ways(at: str, by_the_short_way: bool) -> None:
    payload = at_time(at)
    act = in_the_long_way(payload)
    assert isinstance(act, Act)
    assert act.occurred_at.isoformat() == dt.datetime.fromisoformat(at).isoformat()
    assert Act._by_the_short_way(payload) == (act if by_the_short_way else None)


@pytest.mark.parametrize("at", NO_TIMES.values(), ids=list(NO_TIMES))
def test_what_is_no_time_in_the_long_way_is_none_in_the_short_way(at: str) -> None:
    assert in_the_long_way(at_time(at)) == "act.schema"
    assert Act._by_the_short_way(at_time(at)) is None


MEMBERS = {name: json.dumps(value) for name, value in json.loads(PAYLOADS[0]).items()}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(PAYLOADS), st.sampled_from(list(MEMBERS)), VALUES)
def test_no_value_of_a_member_is_taken_by_the_short_way_alone(payload: bytes, name: str, value: object) -> None:
    members = json.loads(payload) | {name: value}
    written = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    short = Act._by_the_short_way(written)
    if short is not None:
        assert short == in_the_long_way(written)


@given(VALUES)
def test_what_is_written_again_as_the_same_bytes_is_in_its_one_spelling(value: object) -> None:
    """What the short way asks of a body is what the long way asks, for whatever strict JSON takes at all."""
    try:
        spelled = strict_json.dumps(value)
    except Malformed:
        return
    assert to_json(from_json(spelled)) == spelled


def schemas(kind: Any) -> set[Any]:
    """Return every type that a schema is made of."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {kind}.union(*(_of_field(one) for one in kind.model_fields.values()))
    return {kind}.union(*map(schemas, get_args(kind)))


def _of_field(one: Any) -> set[Any]:
    bounds = tuple((getattr(bound, "ge", None), getattr(bound, "le", None)) for bound in one.metadata)
    return schemas(one.annotation) | ({("int", bounds)} if one.annotation is int else set())


def test_no_schema_takes_a_fraction_or_a_number_beyond_the_bounds_of_strict_json() -> None:
    """The short way does not look at numbers: it leaves them to the schemas."""
    met = set[Any]().union(*(schemas(schema) for _, schema in CATALOGUE.values()))
    assert len(met) > 50
    assert not met & {float, complex, Any, object, dict}
    for name, bounds in (one for one in met if isinstance(one, tuple) and one[0] == "int"):
        least = max((low for low, _ in bounds if low is not None), default=None)
        most = min((high for _, high in bounds if high is not None), default=None)
        assert least is not None, (name, bounds)
        assert most is not None, (name, bounds)
        assert -MAX_INTEGER <= least <= most <= MAX_INTEGER


# --- the head -----------------------------------------------------------------------------------------------


def test_the_head_of_an_act_says_where_it_stands() -> None:
    for payload in PAYLOADS:
        act = Act.read(payload)
        assert head_of(payload[:HEAD_BYTES]) == (act.stream, act.version, act.kind)


@settings(max_examples=1000, deadline=None)
@given(changed())
def test_the_head_of_whatever_is_read_as_an_act_says_where_that_stands(payload: bytes) -> None:
    act = in_the_long_way(payload)
    if isinstance(act, Act):
        assert head_of(payload[:HEAD_BYTES]) == (act.stream, act.version, act.kind)


def test_a_head_that_is_as_long_as_it_can_be_is_whole_and_names_its_stream_in_time() -> None:
    payload = direction(ledger="k" * 128, version=MAX_INTEGER, official="o" * 64, mandate="m" * 64)
    payload = payload.replace(b'"seen":null', b'"seen":{"root":"%b=","size":%d}' % (b"A" * 43, MAX_INTEGER))
    assert Act.read(payload).version == MAX_INTEGER
    assert f'"stream":"{CASE}","version":'.encode() in payload[:_NAMED_WITHIN]
    assert payload.index(b'"body":') + len(b'"body":') <= HEAD_BYTES


def test_a_seen_in_another_order_is_read_the_long_way_and_its_head_all_the_same() -> None:
    payload = PAYLOADS[0]
    for payload in PAYLOADS:
        act = json.loads(payload)
        if act["seen"]:
            act["seen"] = dict(reversed(act["seen"].items()))
            turned = strict_json.dumps(act)
            assert Act._by_the_short_way(turned) is None
            assert Act.read(turned) == Act.read(payload)
            assert head_of(turned[:HEAD_BYTES]) == head_of(payload[:HEAD_BYTES])


@pytest.mark.parametrize("most", [3, 300, HEAD_BYTES, 63_999])
def test_the_beginning_of_a_payload_is_its_beginning(most: int) -> None:
    for data, payload in zip(GOLDEN, PAYLOADS, strict=True):
        assert payload_of(data, most) == payload[:most]


@given(st.binary(max_size=400))
def test_of_what_is_no_entry_the_beginning_of_a_payload_is_nothing_or_something_and_never_a_crash(data: bytes) -> None:
    assert isinstance(payload_of(data, 300), bytes)
    route = Routes(2).route(Row(0, "case:11111111-1111-4111-8111-111111111111", 1, "x", data, leaf_hash(data)))
    assert route.share is None


def test_a_row_goes_where_its_bytes_and_its_column_agree_and_else_nowhere() -> None:
    for data, payload in zip(GOLDEN, PAYLOADS, strict=True):
        act, routes = Act.read(payload), Routes(3)
        row = Row(7, act.stream, act.version, act.kind, data, leaf_hash(data))
        assert (routes.route(row).share is not None) == act.stream.startswith("case:")
        for other in ("case:99999999-9999-4999-8999-999999999999", "register", "sop:lain", 'x","version":', 7, None):
            if other != act.stream:
                assert routes.route(Row(7, other, 1, act.kind, data, leaf_hash(data))).share is None  # type: ignore[arg-type]


def test_the_frame_has_the_members_that_the_head_and_the_body_are() -> None:
    assert list(_Frame.model_fields) == list(MEMBERS)
    assert issubclass(_Frame, Fact)
