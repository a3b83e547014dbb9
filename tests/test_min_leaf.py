"""Whoever asks for a state that has at least a leaf gets no older one: it is waited for, else refused."""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from werkzeug.test import TestResponse

from api import follower, parts
from api.parameters import Fresh
from tests.kit import CASE
from tests.served import Served, asked, refused, served
from tests.signed_in import desk

CASE_ID = CASE.removeprefix("case:")
#: Every address that takes the name, and how its answer says how far it reads.
ADDRESSES = {
    "/v1/cases": {"unit": "kalipare"},
    f"/v1/cases/{CASE_ID}": {},
    f"/v1/cases/{CASE_ID}/trail": {},
    f"/v1/cases/{CASE_ID}/trail.csv": {},
    f"/v1/cases/{CASE_ID}/next": {"mandate": "sekcam-budi-santoso"},
    "/v1/iku": {"unit": "kalipare", "period": "2026"},
    "/v1/inbox": {"unit": "kalipare", "office": "sekcam"},
    "/v1/trail": {"unit": "kalipare"},
    "/v1/trail.csv": {"unit": "kalipare"},
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as office:
        office.open()
        office.run(upto=12)
        yield office


def read(office: Served, path: str, **query: Any) -> TestResponse:
    return desk(office.app).get(path, query_string=ADDRESSES.get(path, {}) | query)


def test_these_are_all_addresses_that_take_the_name(office: Served) -> None:
    taking = {
        rule.rule.replace("<case_id>", CASE_ID)
        for rule in office.app.url_map.iter_rules()
        if issubclass(query_of(office.app.view_functions[rule.endpoint]), Fresh)
    }
    assert taking == ADDRESSES.keys()


def query_of(view: Callable[..., Any]) -> type:
    return get_type_hints(inspect.unwrap(view)).get("query", object)


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_leaf_that_is_there_is_in_the_answer_and_one_that_never_comes_is_refused(
    path: str, office: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = office.size() - 1
    assert read(office, path, min_leaf=newest).status_code == 200
    monkeypatch.setattr(parts, "WAITS", 0.1)
    answer = read(office, path, min_leaf=newest + 1)
    assert refused(answer, 503, "views.behind")["leaf_reached"] == newest
    assert int(answer.headers["Retry-After"]) > 0


def test_a_reader_waits_for_the_leaf_that_another_process_records(office: Served) -> None:
    steps, other = office.steps(), "case:22222222-2222-4222-8222-222222222222"
    awaited = office.size()
    answers: list[TestResponse] = []
    reader = threading.Thread(
        target=lambda: answers.append(read(office, "/v1/trail", min_leaf=awaited, after=awaited - 1))
    )
    reader.start()
    until(lambda: waiting(office) == 1)
    office.do(steps[0][0], other, steps[0][1], steps[0][2])  # by a ledger of its own, on the same file
    reader.join(10)
    assert [one["leaf_index"] for one in asked(answers[0], 200)["trail"]] == [awaited]


def test_a_reader_who_waits_is_woken_by_whoever_hears_of_the_commit(
    office: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "SOON", 60.0)  # a database that tells of commits needs no looking
    monkeypatch.setattr(parts, "WAITS", 60.0)
    awaited, began = office.size(), time.monotonic()
    reader = threading.Thread(target=lambda: read(office, "/v1/cases", min_leaf=awaited))
    reader.start()
    until(lambda: waiting(office) == 1)
    office.withdraw("hadi-wijaya")
    while reader.is_alive() and time.monotonic() < began + 20:
        office.app.parts.follower.heard()
        reader.join(0.01)
    assert time.monotonic() < began + 20


def test_only_so_many_wait_and_the_next_is_told_at_once(office: Served) -> None:
    ahead = office.size() + 5
    crowd = [
        threading.Thread(target=lambda: office.app.parts.follower.wait_for(ahead, 60.0))
        for _ in range(follower.MOST_WAITING)
    ]
    for one in crowd:
        one.start()
    until(lambda: waiting(office) == follower.MOST_WAITING)
    began = time.monotonic()
    refused(read(office, "/v1/cases", min_leaf=ahead), 503, "views.behind")
    assert time.monotonic() - began < parts.WAITS
    office.app.parts.follower.close()
    for one in crowd:
        one.join(10)
        assert not one.is_alive(), "whoever waits is let go when the service stops"


@pytest.mark.parametrize("leaf", ["-1", "01", "x", "", "9007199254740992"])
def test_what_is_no_leaf_index_is_refused_without_waiting(leaf: str, office: Served) -> None:
    began = time.monotonic()
    refused(read(office, "/v1/cases", min_leaf=leaf), 400, "request.parameter")
    assert time.monotonic() - began < parts.WAITS


def test_whoever_is_not_signed_in_waits_for_nothing(office: Served) -> None:
    began = time.monotonic()
    refused(office.http.get("/v1/cases?min_leaf=99999"), 401, "session.missing")
    refused(office.http.get("/v1/consistency?old=1&new=2&min_leaf=99999"), 400, "request.parameter")
    assert time.monotonic() - began < parts.WAITS


def waiting(office: Served) -> int:
    return follower.MOST_WAITING - office.app.parts.follower._places._value


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        threading.Event().wait(0.005)
