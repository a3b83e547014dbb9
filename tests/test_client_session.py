"""Signing in from the client's side: it names its own address, signs nothing but a challenge, and keeps what it got."""

from __future__ import annotations

import datetime as dt
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.answers import Service
from api.server import background_server
from api.session_store import SESSION_LASTS
from api.sign_in import Holder, KeptSession, SessionFile, sign_in, use_session, web_origin
from keys import strict_json
from keys.envelope import Envelope
from keys.errors import NotAllowed, NotJudged
from tests.kit import ORIGIN, key
from tests.served import HTTPS, Served, served

BUDI, SRI = "budi-santoso", "sri-wahyuni"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "buku") as office:
        office.open()
        yield office


def holder(official: str = BUDI) -> Holder:
    return Holder(official, key(official).public.id, lambda: key(official))


def answer(status: int, body: object) -> httpx.Response:
    return httpx.Response(status, stream=httpx.ByteStream(json.dumps(body).encode()))


class Liar:
    """A service that answers a challenge with what it likes, and keeps what it gets."""

    def __init__(self, challenge: object, **session: object) -> None:
        self._challenge = challenge
        self._session = {"token": "t", "since": "2026-03-02T01:00:00Z", "until": "2026-03-02T13:00:00Z"} | session
        self.got: list[bytes] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/challenges":
            return answer(201, self._challenge)
        self.got.append(request.content)
        return answer(201, self._session)


def signed_at(liar: Liar) -> KeptSession:
    service = Service("http://127.0.0.1:8000", transport=httpx.MockTransport(liar))
    try:
        return sign_in(service, ORIGIN, holder())
    finally:
        service.close()


def test_a_client_names_the_address_it_is_connected_to_whatever_the_service_says() -> None:
    liar = Liar({"challenge": "A" * 43, "ledger": "lain.example/jejak", "audiences": ["https://lain.example"]})
    signed_at(liar)
    (statement,) = liar.got
    said = strict_json.loads(Envelope.parse(statement).unverified_payload)
    assert said == {
        "ledger": ORIGIN,
        "audience": "http://127.0.0.1:8000",
        "official": BUDI,
        "challenge": "A" * 43,
    }


@pytest.mark.parametrize(
    "said",
    [
        [],
        {},
        {"challenge": None},
        {"challenge": 7},
        {"challenge": ["A" * 43]},
        {"challenge": ""},
        {"challenge": "A" * 44},
        {"challenge": "Saya setuju dengan keputusan Bupati tahun 26"[:43]},
    ],
    ids=str,
)
def test_a_client_signs_nothing_that_is_no_challenge(said: object) -> None:
    liar = Liar(said)
    with pytest.raises(NotJudged) as caught:
        signed_at(liar)
    assert caught.value.rule == "client.answer"
    assert liar.got == []


@pytest.mark.parametrize(
    "session",
    [
        {"token": None},
        {"token": 7},
        {"until": "besok"},
        {"until": None},
        {"since": "2026-03-02T01:00:00"},
        {"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T00:00:00Z"},
    ],
    ids=str,
)
def test_a_session_in_no_form_is_not_believed(session: dict[str, object]) -> None:
    with pytest.raises(NotJudged) as caught:
        signed_at(Liar({"challenge": "A" * 43}, **session))
    assert caught.value.rule == "client.answer"


def test_the_key_is_opened_before_a_challenge_is_asked_for_that_would_not_wait() -> None:
    order: list[str] = []

    def opened() -> Any:
        order.append("kunci")
        return key(BUDI)

    def watched(request: httpx.Request) -> httpx.Response:
        order.append(request.url.path)
        return Liar({"challenge": "A" * 43})(request)

    service = Service("http://127.0.0.1:8000", transport=httpx.MockTransport(watched))
    sign_in(service, ORIGIN, Holder(BUDI, key(BUDI).public.id, opened))
    service.close()
    assert order == ["kunci", "/v1/challenges", "/v1/sessions"]


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("https://jejak.malangkab.example/v1?a=b#c", HTTPS),
        ("https://jejak.malangkab.example:443", HTTPS),
        ("HTTPS://Jejak.Malangkab.Example:443/", HTTPS),
        ("https://jejak.malangkab.example:80", HTTPS + ":80"),
        ("https://budi:rahasia@jejak.malangkab.example", HTTPS),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://éa.example", "https://xn--a-9fa.example"),
    ],
)
def test_the_origin_of_an_address_has_one_spelling(url: str, origin: str) -> None:
    assert web_origin(url) == origin


def kept_session(**changes: str) -> KeptSession:
    lasting = (dt.datetime.now(dt.UTC) + SESSION_LASTS).isoformat()
    words = {"official": BUDI, "keyid": key(BUDI).public.id, "token": "t", "until": lasting} | changes
    return KeptSession(**words)


def test_a_sign_in_is_kept_for_its_owner_alone_until_it_is_dropped(tmp_path: Path) -> None:
    kept = SessionFile(tmp_path / "masuk" / "sesi.json")
    assert kept.load() is None
    kept.keep(kept_session())
    assert kept.load() == kept_session(until=kept.load().until)  # type: ignore[union-attr]
    assert stat.S_IMODE((tmp_path / "masuk" / "sesi.json").stat().st_mode) == 0o600
    kept.drop()
    kept.drop()
    assert kept.load() is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"bukan json",
        b"[]",
        b"{}",
        json.dumps(kept_session(until="2026-03-02T01:00:00+00:00").plain()).encode(),
        json.dumps(kept_session(until="9999-12-31T00:00:00").plain()).encode(),
        json.dumps(kept_session(until="selamanya").plain()).encode(),
        json.dumps(kept_session().plain() | {"lain": "x"}).encode(),
    ],
    ids=["empty", "no JSON", "a list", "nothing in it", "over", "without an offset", "no time", "something more"],
)
def test_what_is_no_lasting_sign_in_is_none(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sesi.json"
    path.write_bytes(data)
    assert SessionFile(path).load() is None


def test_without_a_place_to_keep_it_a_sign_in_is_forgotten() -> None:
    nowhere = SessionFile(None)
    nowhere.keep(kept_session())
    nowhere.drop()
    assert nowhere.load() is None


def test_a_kept_sign_in_serves_its_own_key_and_no_other(tmp_path: Path) -> None:
    kept = SessionFile(tmp_path / "sesi.json")
    kept.keep(kept_session())
    for who, token in ((None, "t"), (holder(BUDI), "t"), (holder(SRI), None)):
        service = Service("http://127.0.0.1:8000")
        use_session(service, ORIGIN, kept, who)
        assert service.token == token
        assert (service.renew is None) == (who is None)
        service.close()


def test_a_sign_in_that_is_over_is_begun_again_once_and_kept(office: Served, tmp_path: Path) -> None:
    kept = SessionFile(tmp_path / "sesi" / "sesi.json")
    kept.keep(kept_session(token="A" * 43))
    with background_server(office.app) as url:
        asking = Service(url)
        use_session(asking, ORIGIN, kept, holder())
        assert asking.get("/v1/session").json()["official"] == BUDI
        fresh = kept.load()
        assert fresh is not None
        assert (fresh.token, fresh.keyid) == (asking.token, key(BUDI).public.id)
        assert office.sessions() == 1
        asking.get("/v1/session")
        asking.close()
    assert office.sessions() == 1


def test_a_service_that_never_takes_what_it_gave_is_asked_twice_and_no_more(tmp_path: Path) -> None:
    asked_for: list[str] = []

    def never(request: httpx.Request) -> httpx.Response:
        asked_for.append(request.url.path)
        if request.url.path == "/v1/cases":
            return answer(401, {"rule": "session.ended", "detail": "Sudah habis.", "allowed": "Masuk."})
        return Liar({"challenge": "A" * 43})(request)

    service = Service("http://127.0.0.1:8000", transport=httpx.MockTransport(never))
    use_session(service, ORIGIN, SessionFile(tmp_path / "sesi.json"), holder())
    with pytest.raises(NotAllowed) as caught:
        service.get("/v1/cases")
    service.close()
    assert caught.value.rule == "session.ended"
    assert asked_for == ["/v1/cases", "/v1/challenges", "/v1/sessions", "/v1/cases"]
