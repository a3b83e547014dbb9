"""The door: a plain act is recorded without asking Flask, and nobody can tell by the answer which way it went."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from api.door import MEDIA_TYPES, Door
from ledger.application import Accepted, Ledger
from tests.kit import CASE, OFFICERS
from tests.served import JSON, Served

#: Not plain, yet the same to whoever is inside.
ROUNDABOUT = f"{JSON}; charset=utf-8"


@pytest.fixture
def office(tmp_path: Any) -> Iterator[Served]:
    office = Served(tmp_path)
    office.found()
    for official in OFFICERS:
        office.register(official)
    office.sop_leaf = office.enact()
    yield office
    for app in office.apps:
        app.close()


def act(office: Served, number: int) -> bytes:
    """Return the signed act of the straight way with this number, the first being 0."""
    official, kind, body = office.steps()[number]
    return office.sign(official, CASE, kind, body)


def sent(office: Served, data: bytes, content_type: str = JSON, **more: Any) -> TestResponse:
    return office.http.post("/v1/acts", data=data, content_type=content_type, **more)


def told(answer: TestResponse) -> tuple[int, dict[str, str], bytes]:
    """Return all that an answer says; the order of its headers says nothing."""
    return answer.status_code, dict(answer.headers), answer.data


@pytest.fixture
def nobody_inside(office: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have whoever asks Flask fail."""

    def asked(*_: object) -> None:
        raise AssertionError("Flask was asked")

    door = office.app.wsgi_app
    assert isinstance(door, Door)
    monkeypatch.setattr(door, "_inside", asked)


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@pytest.mark.usefixtures("nobody_inside")
def test_a_plain_act_is_recorded_without_asking_flask(media_type: str, office: Served) -> None:
    size = office.size()
    answer = sent(office, act(office, 0), media_type)
    assert answer.status_code == 201
    assert answer.json
    assert answer.json["leaf_index"] == size
    assert office.size() == size + 1


def test_the_answer_at_the_door_is_that_of_the_long_way(office: Served) -> None:
    envelope = act(office, 0)
    sent(office, envelope)
    assert told(sent(office, envelope)) == told(sent(office, envelope, ROUNDABOUT))
    inside = sent(office, act(office, 1), ROUNDABOUT)
    door = sent(office, act(office, 2))
    assert (door.status, set(door.headers.keys())) == (inside.status, set(inside.headers.keys()))


def out_of_turn(office: Served) -> bytes:
    official, kind, body = office.steps()[6]
    return office.sign(official, CASE, kind, body)


def of_another_unit_or_nobody(office: Served) -> bytes:
    return act(office, 0).replace(b'"keyid":"', b'"keyid":"0')


def forged(office: Served) -> bytes:
    envelope = act(office, 0)
    at = envelope.index(b'"sig":"') + 10
    return envelope[:at] + (b"A" if envelope[at : at + 1] != b"A" else b"B") + envelope[at + 1 :]


@pytest.mark.parametrize("bad", [out_of_turn, of_another_unit_or_nobody, forged, lambda _: b"{}"])
def test_a_refusal_at_the_door_is_told_as_inside_and_judged_once(
    bad: Callable[[Served], bytes], office: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(office, act(office, 0))
    envelope, size, judged = bad(office), office.size(), list[bytes]()
    door = office.app.wsgi_app
    assert isinstance(door, Door)
    record = office.app.parts.ledger.record

    def counted(data: bytes) -> Accepted:
        judged.append(data)
        return record(data)

    monkeypatch.setattr(door, "_record", counted)
    monkeypatch.setattr(Ledger, "record", lambda self, data: counted(data))  # as the view inside asks for it
    refusal = sent(office, envelope)
    assert refusal.status_code >= 400
    assert refusal.mimetype == "application/problem+json"
    assert judged == [envelope]
    assert told(refusal) == told(sent(office, envelope, ROUNDABOUT))
    assert judged == [envelope] * 2
    assert office.size() == size


def test_a_bug_that_an_act_meets_at_the_door_is_told_and_logged_as_one(
    office: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def record(data: bytes) -> Accepted:
        raise ZeroDivisionError

    monkeypatch.setattr(office.app.wsgi_app, "_record", record)
    answer = sent(office, act(office, 0))
    assert answer.status_code == 500
    assert answer.json
    assert answer.json["rule"] == "service.fault"
    assert any(one.exc_info and one.exc_info[0] is ZeroDivisionError for one in caplog.records)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"query_string": "a=1"}, 400),
        ({"base_url": "http://jahat.example"}, 400),
        ({"content_type": "text/plain"}, 415),
        ({"content_type": ""}, 415),
        ({"method": "PUT"}, 405),
        ({"path": "/v1/acts/"}, 404),
        ({"path": "/v1//acts"}, 404),
        ({"data": b""}, 400),
        ({"data": bytes(64_001)}, 413),
    ],
)
def test_what_is_not_plain_is_refused_inside(change: dict[str, Any], status: int, office: Served) -> None:
    size = office.size()
    request = {"path": "/v1/acts", "method": "POST", "data": act(office, 0), "content_type": JSON} | change
    answer = office.http.open(**request)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert office.size() == size


@pytest.mark.parametrize("said", ["١٠", "-1", "+5", "0x10", " 10", "10 ", "1_0", ""])
def test_a_length_in_another_spelling_is_not_plain(said: str, office: Served) -> None:
    environ = EnvironBuilder("/v1/acts", method="POST", data=act(office, 0), content_type=JSON).get_environ()
    door = office.app.wsgi_app
    assert isinstance(door, Door)
    assert door._plain(environ) is not None
    assert door._plain(environ | {"CONTENT_LENGTH": said}) is None


def test_an_envelope_that_ends_before_its_length_is_not_recorded(office: Served) -> None:
    envelope, size = act(office, 0), office.size()
    environ = EnvironBuilder("/v1/acts", method="POST", data=envelope, content_type=JSON).get_environ()
    environ["wsgi.input"] = io.BytesIO(envelope[:-1])
    _, status, _ = run_wsgi_app(office.app, environ)
    assert status.startswith("400")
    assert office.size() == size
