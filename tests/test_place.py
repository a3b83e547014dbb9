"""One answer says where a stream stands and carries what proves it: checkpoint, consistency, every act, a receipt."""

from __future__ import annotations

import base64
import gzip
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.acts import act_of
from ledger.checkpoint import SignedCheckpoint, open_checkpoint
from ledger.entry import Entry
from ledger.log import recorded
from ledger.merkle import leaf_hash, verify_consistency
from ledger.receipt import verify_receipt
from tests.behind import behind
from tests.kit import CASE, ORIGIN
from tests.served import Served, asked, refused, served
from tests.signed_in import desk

OTHER_CASE = "case:22222222-2222-4222-8222-222222222222"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as office:
        office.open()
        yield office


def place(office: Served, stream: str = CASE, **query: int) -> dict[str, Any]:
    return asked(desk(office.app).get(f"/v1/streams/{stream}/place", query_string=query), 200)


def sealed(office: Served, said: dict[str, Any]) -> SignedCheckpoint:
    """Return the checkpoint of an answer, verified with the log's key."""
    return open_checkpoint(said["checkpoint"].encode(), office.log.vkey)


def root_of(office: Served, size: int) -> bytes:
    """Return the root of the checkpoint of this size, from the journal itself."""
    with office.ledger.reading() as rows:
        ((_, note),) = rows.checkpoints(size, 1)
    return open_checkpoint(note, office.log.vkey).checkpoint.root


def check_consistency(office: Served, said: dict[str, Any], old: int, old_root: bytes) -> None:
    """Return if the answer's checkpoint is proved to continue the first ``old`` leaves."""
    now = sealed(office, said).checkpoint
    proof = [base64.b64decode(one, validate=True) for one in said["consistency"]]
    verify_consistency(old_size=old, new_size=now.size, proof=proof, old_root=old_root, new_root=now.root)


def entries(said: dict[str, Any]) -> list[Entry]:
    return [Entry.parse(base64.b64decode(one["entry"], validate=True)) for one in said["acts"]]


def check_whole(office: Served, said: dict[str, Any]) -> int:
    """Assert that an answer proves all that it says, and return its version."""
    found = entries(said)
    previous = None
    for version, one in enumerate(found, 1):
        act = act_of(one.envelope)
        assert (act.ledger, act.stream, act.version, act.previous) == (ORIGIN, said["stream"], version, previous)
        previous = one.leaf_hash.hex()
    assert said["version"] == len(found)
    if not found:
        assert said["receipt"] is None
        return 0
    verified = verify_receipt(said["receipt"].encode(), found[-1].data, office.log.vkey)
    assert verified.signed_checkpoint.data == said["checkpoint"].encode()
    assert verified.index == said["acts"][-1]["index"]
    return len(found)


def founding_leaf(office: Served) -> bytes:
    with office.ledger.reading() as rows:
        return leaf_hash(recorded(rows, 0).entry.data)


def test_a_case_is_proved_whole_in_one_answer(office: Served) -> None:
    done = office.run(upto=6)
    said = place(office)
    assert check_whole(office, said) == 6
    assert [one["index"] for one in said["acts"]] == [one.recorded.index for one in done]
    assert [one.data for one in entries(said)] == [one.recorded.entry.data for one in done]
    assert sealed(office, said).checkpoint.size == office.size()


@pytest.mark.parametrize("stream", ["register", "sop:penyusunan-iku"])
def test_the_register_and_an_sop_are_proved_the_same_way(stream: str, office: Served) -> None:
    now = office.ledger.stream(stream)
    assert now is not None
    said = place(office, stream)
    assert (check_whole(office, said), said["acts"][-1]["index"]) == (now.version, now.index)


def test_at_first_contact_the_log_is_proved_to_begin_with_the_founding_leaf(office: Served) -> None:
    check_consistency(office, place(office), 1, founding_leaf(office))


def test_later_it_is_proved_to_continue_what_the_client_has_verified(office: Served) -> None:
    office.run(upto=2)
    old = office.size()
    root = root_of(office, old)
    office.run_from(2, upto=6)
    check_consistency(office, place(office, old=old), old, root)


def test_nothing_is_proved_of_a_size_that_is_the_newest(office: Served) -> None:
    assert place(office, old=office.size())["consistency"] == []


def test_a_client_that_has_verified_a_larger_log_is_shown_the_smaller_one_as_it_is(office: Served) -> None:
    office.run(upto=2)
    said = place(office, old=office.size() + 5)
    assert said["consistency"] == []
    assert sealed(office, said).checkpoint.size == office.size()
    assert check_whole(office, said) == 2


def test_a_stream_without_an_act_stands_at_version_zero_under_the_newest_checkpoint(office: Served) -> None:
    said = place(office, OTHER_CASE)
    assert (said["stream"], said["version"], said["acts"], said["receipt"]) == (OTHER_CASE, 0, [], None)
    check_consistency(office, said, 1, founding_leaf(office))
    assert sealed(office, said).checkpoint.size == office.size()


def test_who_verified_the_first_acts_gets_those_after_them(office: Served) -> None:
    office.run(upto=6)
    whole, rest = place(office), place(office, after=4)
    assert (rest["version"], rest["acts"]) == (6, whole["acts"][4:])
    assert rest["receipt"] == whole["receipt"]


@pytest.mark.parametrize("after", [6, 7, 2**53 - 1])
def test_the_newest_act_is_given_in_any_case_for_its_receipt_proves_it(after: int, office: Served) -> None:
    office.run(upto=6)
    whole, rest = place(office), place(office, after=after)
    assert (rest["version"], rest["acts"]) == (6, whole["acts"][-1:])
    verified = verify_receipt(rest["receipt"].encode(), entries(rest)[-1].data, office.log.vkey)
    assert verified.index == rest["acts"][-1]["index"]


def test_nothing_recorded_is_nothing_after_anything(office: Served) -> None:
    assert place(office, OTHER_CASE, after=3)["acts"] == []


@pytest.mark.parametrize("after", ["-1", "007", "a"])
def test_after_how_many_acts_is_a_whole_number(after: str, office: Served) -> None:
    answer = desk(office.app).get(f"/v1/streams/{CASE}/place", query_string={"after": after})
    refused(answer, 400, "request.parameter")


def test_a_long_answer_goes_compressed_to_whoever_takes_that(office: Served) -> None:
    plain = desk(office.app).get("/v1/streams/register/place")
    small = desk(office.app).get("/v1/streams/register/place", headers={"Accept-Encoding": "gzip"})
    assert (plain.headers.get("Content-Encoding"), small.headers["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(small.data) == plain.data
    assert 2 * len(small.data) < len(plain.data)
    for answer in (plain, small):
        assert "Accept-Encoding" in ", ".join(answer.headers.get_all("Vary"))


def test_no_answer_is_torn_by_acts_that_are_recorded_meanwhile(office: Served) -> None:
    recording = threading.Thread(target=office.run, daemon=True)
    recording.start()
    versions = []
    while recording.is_alive():
        versions.append(check_whole(office, place(office)))
    recording.join()
    assert versions == sorted(versions)
    assert check_whole(office, place(office)) == 12


def test_to_ask_for_a_place_is_to_read_the_stream_and_is_noted(office: Served) -> None:
    office.run(upto=1)
    headers = office.signed_in()
    asked(office.http.get(f"/v1/streams/{CASE}/place", headers=headers), 200)
    assert office.sql("SELECT what, name FROM reads") == [("alur", CASE)]


def test_an_act_whose_columns_were_altered_is_not_handed_out(office: Served) -> None:
    index = office.run(upto=2)[0].recorded.index
    with behind(office.ledger.database) as connection:
        connection.execute("UPDATE stored_events SET topic = 'paraf.given' WHERE leaf_index = ?", (index,))
    body = refused(desk(office.app).get(f"/v1/streams/{CASE}/place"), 500, "entry.columns")
    assert body["leaf"] == index
