"""An entry: a fixed frame around the envelope's own bytes, and the leaf hash over exactly those."""

from __future__ import annotations

import datetime as dt
import doctest
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.envelope import Envelope
from keys.errors import Forged, JejakError, Malformed
from keys.signing import PrivateKey
from ledger import entry as module
from ledger.acts import PAYLOAD_TYPE
from ledger.entry import MAX_BYTES, Entry
from ledger.recorded import Recorded
from ledger.rows import Row
from tests.kit import CASE, MORNING
from tests.scene import opened_scene

KEY = PrivateKey.load(bytes(32))
ENVELOPE = Envelope.seal(PAYLOAD_TYPE, b"{}", KEY)
GOOD = Entry.record(ENVELOPE, MORNING).data
STAMP = b"2026-03-02T01:00:00.000000Z"


def refused(data: bytes) -> JejakError:
    with pytest.raises(Malformed) as caught:
        Entry.parse(data)
    return caught.value


def test_the_worked_example_of_the_specification_holds() -> None:
    results = doctest.testmod(module)
    assert results.attempted > 3
    assert results.failed == 0


def test_an_entry_is_the_frame_around_the_envelopes_own_bytes() -> None:
    assert b'{"recorded_at":"' + STAMP + b'","envelope":' + ENVELOPE.data + b"}" == GOOD
    parsed = Entry.parse(GOOD)
    assert (parsed.data, parsed.envelope, parsed.recorded_at) == (GOOD, ENVELOPE, MORNING)


def test_the_leaf_hash_is_that_of_rfc_6962_over_the_entrys_bytes() -> None:
    assert Entry.parse(GOOD).leaf_hash == hashlib.sha256(b"\x00" + GOOD).digest()


@given(
    st.timedeltas(dt.timedelta(), dt.timedelta(days=36_000)),
    st.integers(-12, 14),
)
@settings(max_examples=60, deadline=None)
def test_any_aware_time_is_recorded_as_utc_to_the_microsecond(since: dt.timedelta, hours: int) -> None:
    at = dt.datetime(2000, 1, 1, tzinfo=dt.UTC) + since
    entry = Entry.record(ENVELOPE, at.astimezone(dt.timezone(dt.timedelta(hours=hours))))
    assert entry.recorded_at == at
    assert Entry.record(ENVELOPE, at) == entry == Entry.parse(entry.data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        GOOD + b"\n",
        b" " + GOOD,
        GOOD[:-2],
        GOOD.replace(b"recorded_at", b"recordedAt"),
        GOOD.replace(b'","envelope"', b'", "envelope"'),
        GOOD.replace(STAMP, b"2026-03-02T01:00:00.000000+"),
        GOOD.replace(STAMP, b"2026-03-02T01:00:00.00000Z"),
        GOOD.replace(STAMP, b"2026-03-02 01:00:00.000000Z"),
        GOOD.replace(STAMP, "２026-03-02T01:00:00.0000Z".encode()),
        GOOD.replace(b'"envelope":', b'"extra":1,"envelope":'),
    ],
    ids=range(12),
)
def test_another_frame_is_refused(data: bytes) -> None:
    assert refused(data).rule == "entry.form"


@pytest.mark.parametrize(
    "stamp", [b"2026-02-30T01:00:00.000000Z", b"2026-13-02T01:00:00.000000Z", b"0000-03-02T01:00:00.000000Z"]
)
def test_a_time_that_does_not_exist_is_refused(stamp: bytes) -> None:
    assert refused(GOOD.replace(STAMP, stamp)).rule == "entry.time"


@pytest.mark.parametrize("stamp", [b"2026-03-02T24:00:00.000000Z", b"2026-03-02T01:60:00.000000Z"])
def test_an_hour_or_minute_out_of_range_is_refused_by_its_form(stamp: bytes) -> None:
    assert refused(GOOD.replace(STAMP, stamp)).rule == "entry.form"


def test_an_envelope_that_is_not_in_its_form_is_refused() -> None:
    assert refused(GOOD.replace(b'"payload"', b'"Payload"')).rule == "envelope.form"


def test_the_largest_envelope_fits_and_one_byte_more_does_not() -> None:
    spare = 64_000 - len(Envelope.seal(PAYLOAD_TYPE, b"", KEY).data)
    largest = Envelope.seal(PAYLOAD_TYPE, b"x" * (spare // 4 * 3), KEY)
    entry = Entry.record(largest, MORNING)
    assert MAX_BYTES - 4 < len(entry.data) <= MAX_BYTES
    with pytest.raises(Malformed) as caught:
        Envelope.seal(PAYLOAD_TYPE, b"x" * (spare // 4 * 3 + 3), KEY)
    assert caught.value.rule == "envelope.size"


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_a_changed_byte_is_refused_or_gives_another_leaf(at: int, flip: int) -> None:
    changed = bytearray(GOOD)
    changed[at] ^= flip
    try:
        assert Entry.parse(bytes(changed)).leaf_hash != Entry.parse(GOOD).leaf_hash
    except Malformed:
        return


# --- rows ---------------------------------------------------------------------------------------------------


def recorded() -> Recorded:
    scene = opened_scene()
    return scene.do("sri-wahyuni", CASE, *scene.steps()[0][1:]).recorded


DONE = recorded()
ROW = Row(DONE.index, CASE, 1, "disposition.issued", DONE.entry.data, DONE.entry.leaf_hash)


def test_a_row_reads_as_what_was_recorded() -> None:
    assert Recorded.read(ROW) == DONE


@pytest.mark.parametrize(
    "row",
    [
        Row(ROW.index, "case:22222222-2222-4222-8222-222222222222", 1, ROW.kind, ROW.data, ROW.leaf_hash),
        Row(ROW.index, ROW.stream, 2, ROW.kind, ROW.data, ROW.leaf_hash),
        Row(ROW.index, ROW.stream, 1, "paraf.given", ROW.data, ROW.leaf_hash),
        Row(ROW.index, ROW.stream, 1, ROW.kind, ROW.data, bytes(32)),
        Row(ROW.index, ROW.stream, 1, ROW.kind, ROW.data.replace(b"01:00", b"02:00"), ROW.leaf_hash),
    ],
    ids=["stream", "version", "kind", "leaf hash", "recording time"],
)
def test_a_column_that_contradicts_the_bytes_is_forged_and_names_the_leaf(row: Row) -> None:
    with pytest.raises(Forged) as caught:
        Recorded.read(row)
    assert caught.value.rule == "entry.columns"
    assert caught.value.facts["leaf"] == ROW.index


@pytest.mark.parametrize("data", [b"", ROW.data[:-1], ROW.data.replace(b'"payload":"', b'"payload":"AAAA')])
def test_a_row_that_cannot_be_read_is_forged_and_names_the_leaf(data: bytes) -> None:
    with pytest.raises(Forged) as caught:
        Recorded.read(Row(ROW.index, ROW.stream, 1, ROW.kind, data, ROW.leaf_hash))
    assert caught.value.facts["leaf"] == ROW.index
