"""Sessions: how one is begun over HTTP, who is told what on the way, what ends it, and what it opens to whom."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from werkzeug.test import TestResponse

from api.answers import Service
from api.rate import BURST, MOST_KNOWN, Rate
from api.server import background_server
from api.session_store import CHALLENGE_LASTS, SESSION_LASTS, SET_BACK, SessionStore
from api.sign_in import Holder, sign_in
from keys import signin
from keys.envelope import Envelope
from keys.errors import NotAllowed, Unavailable
from keys.possession import prove
from keys.signing import PublicKey
from ledger.database import Database
from tests.kit import CASE, FOUNDERS, INSPECTOR, MORNING, ORIGIN, founding, key, mandate, mandate_of, person
from tests.served import HTTPS, JSON, LOCAL, Served, asked, refused, served
from tests.signed_in import bearer

BUDI, SRI, AGUS, HADI = "budi-santoso", "sri-wahyuni", "agus-salim", "hadi-wijaya"
DEWI, EKO = FOUNDERS
CASE_ID = CASE.removeprefix("case:")
PDF = {"Content-Type": "application/pdf"}
SECOND = dt.timedelta(seconds=1)
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as office:
        office.open()
        yield office


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield an office at which nobody gets in, so that one serves all who try."""
    with served(tmp_path_factory.mktemp("buku")) as office:
        office.open()
        yield office
        assert office.sessions() == 0


@pytest.fixture
def unfounded(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as office:
        yield office


# --- the straight way -------------------------------------------------------------------------------------


def test_who_holds_a_key_signs_in_reads_and_signs_out(office: Served) -> None:
    office.run(upto=1)
    size = office.size()
    given = asked(office.http.post("/v1/challenges"), 201)
    statement = signin.sign(given["ledger"], LOCAL, BUDI, given["challenge"], key(BUDI))
    begun = asked(office.answered(statement), 201)
    token = {"Authorization": f"Bearer {begun['token']}"}

    who = asked(office.http.get("/v1/session", headers=token), 200)
    assert (who["official"], who["keyid"], who["inspector"]) == (BUDI, key(BUDI).public.id, False)
    assert ([one["mandate"] for one in who["mandates"]], who["units"]) == ([mandate_of(BUDI)], ["kalipare"])
    assert (who["since"], who["until"]) == (begun["since"], begun["until"])
    assert asked(office.http.get(f"/v1/cases/{CASE_ID}", headers=token), 200)["case"] == CASE_ID

    assert asked(office.http.delete("/v1/session", headers=token), 200) == {"official": BUDI, "ended": True}
    refused(office.http.get("/v1/session", headers=token), 401, "session.ended")
    assert office.size() == size, "signing in is no act"


def test_a_challenge_is_new_each_time_says_where_it_is_for_and_nothing_of_anybody(office: Served) -> None:
    first, second = (asked(office.http.post("/v1/challenges"), 201) for _ in range(2))
    assert first["challenge"] != second["challenge"]
    assert re.fullmatch("[A-Za-z0-9_-]{43}", first["challenge"])
    assert first.keys() == {"challenge", "ledger", "audiences", "until"}
    assert (first["ledger"], first["audiences"]) == (ORIGIN, [LOCAL])
    assert dt.datetime.fromisoformat(second["until"]) == office.clock.now + CHALLENGE_LASTS


def test_a_token_is_told_once_and_answers_are_not_kept_by_anybody_between(office: Served) -> None:
    answer = office.answered(office.statement())
    token = asked(answer, 201)["token"]
    assert len(base64.urlsafe_b64decode(token + "=")) == 32
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers, "a program has no cookies"
    who = office.http.get("/v1/session", headers={"Authorization": f"Bearer {token}"})
    assert token not in who.text
    assert "Cookie" in who.headers["Vary"]


def test_a_challenge_of_one_process_is_answered_and_its_session_used_at_another(office: Served) -> None:
    statement = office.statement()
    office.app = office.serve()
    token = asked(office.answered(statement), 201)["token"]
    office.app = office.serve()
    asked(office.http.get("/v1/session", headers={"Authorization": f"Bearer {token}"}), 200)


def test_an_inspector_reads_every_unit(office: Served) -> None:
    office.register(INSPECTOR)
    who = asked(office.http.get("/v1/session", headers=office.signed_in(INSPECTOR)), 200)
    assert (who["inspector"], who["units"]) == (True, None)


# --- challenges -------------------------------------------------------------------------------------------


def test_a_challenge_is_answered_once(office: Served) -> None:
    statement = office.statement()
    asked(office.answered(statement), 201)
    refused(office.answered(statement), 422, "signin.challenge")
    assert office.sessions() == 1


def test_of_many_who_answer_one_challenge_at_once_one_gets_in(office: Served) -> None:
    statement = office.statement()
    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(lambda _: office.answered(statement).status_code, range(8)))
    assert found == [201] + [422] * 7
    assert office.sessions() == 1


def test_a_challenge_is_good_for_two_minutes_and_no_longer(office: Served) -> None:
    in_time, late = office.statement(), office.statement()
    until = office.clock.now + CHALLENGE_LASTS  # of the second; each asking of the clock is a second
    office.clock.now = until - 3 * SECOND
    asked(office.answered(in_time), 201)
    office.clock.now = until - SECOND
    refused(office.answered(late), 422, "signin.challenge")


@pytest.mark.parametrize("challenge", ["A" * 43, base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")])
def test_a_challenge_that_nobody_gave_lets_nobody_in(challenge: str, standing: Served) -> None:
    refused(standing.answered(standing.statement(challenge=challenge)), 422, "signin.challenge")


def test_a_challenge_of_another_ledgers_service_lets_nobody_in(
    standing: Served, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with served(tmp_path_factory.mktemp("sebelah")) as other:
        other.open()
        theirs = other.challenge()
    refused(standing.answered(standing.statement(challenge=theirs)), 422, "signin.challenge")


def test_who_is_refused_has_not_used_the_challenge_up(office: Served) -> None:
    challenge = office.challenge()
    refused(office.answered(office.statement("orang-asing", challenge=challenge)), 401, "signin.refused")
    elsewhere = office.statement(challenge=challenge, audience="http://localhost:9")
    refused(office.answered(elsewhere), 422, "signin.audience")
    asked(office.answered(office.statement(challenge=challenge)), 201)


def test_challenges_that_nobody_answers_take_no_room_and_hold_up_nobody(office: Served) -> None:
    given = {office.app.parts.sessions.challenge(office.clock())[0] for _ in range(30_000)}
    assert len(given) == 30_000
    assert office.answers() == 0
    asked(office.answered(office.statement()), 201)
    assert office.answers() == 1
    office.clock.now += 2 * CHALLENGE_LASTS
    asked(office.answered(office.statement()), 201)
    assert office.answers() == 1, "an answer is kept as long as its challenge could be answered again"


def test_a_challenge_that_another_ledger_gave_or_that_was_changed_in_one_bit_is_refused(
    office: Served, tmp_path: Path
) -> None:
    (tmp_path / "lain").mkdir()
    other = SessionStore(Database("sqlite", tmp_path / "lain"))
    foreign = other.challenge(office.clock())[0]
    other.close()
    refused(office.answered(office.statement(challenge=foreign)), 422, "signin.challenge")
    data = base64.urlsafe_b64decode(office.challenge() + "=")
    for at in range(32):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        spelt = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
        refused(office.answered(office.statement(challenge=spelt)), 422, "signin.challenge")


# --- statements for something else ------------------------------------------------------------------------


def test_a_statement_for_another_ledger_is_refused(standing: Served) -> None:
    statement = standing.statement(ledger="pagak.malangkab.example/jejak")
    refused(standing.answered(statement), 422, "signin.ledger")


@pytest.mark.parametrize(
    "audience",
    ["https://jahat.example", "https://localhost", "http://localhost:8000", "http://localhost.", "http://LOCALHOST"],
)
def test_a_statement_for_another_address_is_refused(audience: str, standing: Served) -> None:
    refused(standing.answered(standing.statement(audience=audience)), 422, "signin.audience")


def test_a_statement_in_anothers_name_is_refused(standing: Served) -> None:
    challenge = standing.challenge()
    as_sri = signin.sign(ORIGIN, LOCAL, SRI, challenge, key(BUDI))
    refused(standing.answered(as_sri), 422, "signin.official")


def test_neither_an_act_nor_a_proof_of_possession_lets_anybody_in(standing: Served) -> None:
    act = standing.sign(SRI, CASE, *standing.steps()[0][1:])
    for envelope in (act, prove(ORIGIN, BUDI, key(BUDI))):
        refused(standing.answered(envelope), 400, "signin.form")


def test_a_statement_is_no_act(standing: Served) -> None:
    size = standing.size()
    answer = standing.http.post("/v1/acts", data=standing.statement(), content_type=JSON)
    refused(answer, 400, "act.type")
    assert standing.size() == size


@pytest.mark.parametrize(
    ("data", "content_type", "status", "rule"),
    [
        (b"", JSON, 400, "envelope.form"),
        (b"{}", JSON, 400, "envelope.form"),
        (b"x" * 4096, JSON, 400, "envelope.form"),
        (b"x" * 4097, JSON, 400, "signin.form"),
        (b"x" * 10_000_000, JSON, 400, "signin.form"),
        (b"{}", "text/plain", 415, "request.media_type"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "request.media_type"),
    ],
    ids=["nothing", "empty", "no envelope", "too large", "endless", "text", "a form of a page"],
)
@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/sessions/browser"])
def test_what_is_no_statement_is_refused(
    path: str, data: bytes, content_type: str, status: int, rule: str, standing: Served
) -> None:
    answer = standing.http.post(path, data=data, content_type=content_type, headers={"Origin": LOCAL})
    refused(answer, status, rule)


# --- real sockets: the port is the socket's ---------------------------------------------------------------


@contextmanager
def relay(real: str, rename: Callable[[str], dict[str, str]]) -> Iterator[str]:
    """Yield the address of somebody on this machine who passes everything on, with ``rename``'s headers, and back."""

    class Passing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {"Content-Type": self.headers.get("Content-Type", JSON)} | rename(own)
            answer = httpx.post(real + self.path, content=body, headers=headers)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Passing) as server:
        own = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield own
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def service(url: str) -> Iterator[Service]:
    service = Service(url)
    try:
        yield service
    finally:
        service.close()


def test_over_real_sockets_a_client_signs_in_at_the_port_it_is_connected_to(office: Served) -> None:
    with background_server(office.app) as url, service(url) as asking:
        asking.token = sign_in(asking, ORIGIN, Holder(BUDI, key(BUDI).public.id, lambda: key(BUDI))).token
        assert asking.get("/v1/session").json()["official"] == BUDI


@pytest.mark.parametrize(
    "rename",
    [
        lambda own: {},
        lambda own: {"Host": own.removeprefix("http://")},
        lambda own: {"X-Forwarded-Host": own.removeprefix("http://"), "X-Forwarded-Port": own.rpartition(":")[2]},
        lambda own: {"Forwarded": f"host={own.removeprefix('http://')}"},
    ],
    ids=["as it is", "a Host that lies", "a proxy's headers", "Forwarded"],
)
def test_who_passes_a_challenge_on_gets_a_statement_that_is_good_for_nothing(
    rename: Callable[[str], dict[str, str]], standing: Served
) -> None:
    with (
        background_server(standing.app) as real,
        relay(real, rename) as evil,
        service(evil) as asking,
        pytest.raises(NotAllowed) as caught,
    ):
        sign_in(asking, ORIGIN, Holder(BUDI, key(BUDI).public.id, lambda: key(BUDI)))
    assert caught.value.rule == "signin.audience"


def test_a_statement_for_another_port_or_name_of_this_machine_is_refused(office: Served) -> None:
    with background_server(office.app) as url, httpx.Client(base_url=url) as http:
        port = int(url.rpartition(":")[2])
        given = http.post("/v1/challenges").json()
        assert given["audiences"] == [url]
        # What else this machine is called may be another program's: on another port, or on the other loopback address.
        for other in (f"127.0.0.1:{port - 1}", f"localhost:{port}", f"[::1]:{port}", f"localhost:{port - 1}"):
            elsewhere = signin.sign(ORIGIN, f"http://{other}", BUDI, given["challenge"], key(BUDI))
            answer = http.post("/v1/sessions", content=elsewhere, headers={"Content-Type": JSON})
            assert (answer.status_code, answer.json()["rule"]) == (422, "signin.audience")
        here = signin.sign(ORIGIN, url, BUDI, given["challenge"], key(BUDI))
        assert http.post("/v1/sessions", content=here, headers={"Content-Type": JSON}).status_code == 201


def test_a_host_that_lies_changes_no_audience_and_a_foreign_one_is_not_answered(standing: Served) -> None:
    with background_server(standing.app) as url, httpx.Client(base_url=url) as http:
        right = http.post("/v1/challenges").json()["audiences"]
        lying = http.post("/v1/challenges", headers={"Host": "localhost:9"}).json()["audiences"]
        assert lying == right
        foreign = http.post("/v1/challenges", headers={"Host": "jahat.example"})
        assert (foreign.status_code, foreign.json()["rule"]) == (400, "request.form")


def test_behind_a_proxy_only_its_one_address_is_the_audience(office: Served) -> None:
    office.app = office.serve(HTTPS)
    given = asked(office.http.post("/v1/challenges", base_url=HTTPS), 201)
    assert given["audiences"] == [HTTPS]
    for audience in (LOCAL, "http://127.0.0.1", HTTPS.replace("https", "http"), HTTPS + ":443"):
        refused(office.answered(office.statement(audience=audience)), 422, "signin.audience")
    asked(office.answered(office.statement(audience=HTTPS)), 201)


# --- constant answers -------------------------------------------------------------------------------------


def spoiled(statement: bytes) -> bytes:
    """Return the statement with another's signature under the same key id."""
    envelope = Envelope.parse(statement)
    other = Envelope.seal(signin.PAYLOAD_TYPE, envelope.unverified_payload, key("kunci-kedua"))
    return statement.replace(base64.b64encode(envelope.signature), base64.b64encode(other.signature))


def high_s(statement: bytes) -> bytes:
    """Return the statement with the second spelling of its signature."""
    signature = Envelope.parse(statement).signature
    s = int.from_bytes(signature[32:], "little") + ORDER
    return statement.replace(base64.b64encode(signature), base64.b64encode(signature[:32] + s.to_bytes(32, "little")))


#: What must all be told the same.
STRANGERS: dict[str, Callable[[Served], bytes]] = {
    "an unknown key": lambda office: office.statement("orang-asing"),
    "an unknown key, forged": lambda office: spoiled(office.statement("orang-asing")),
    "an unknown key in a registered name": lambda office: signin.sign(
        ORIGIN, LOCAL, BUDI, office.challenge(), key("orang-asing")
    ),
    "a revoked key": lambda office: office.statement(AGUS),
    "a revoked key, for another ledger": lambda office: office.statement(AGUS, ledger="lain.example/jejak"),
    "a revoked key, for another address": lambda office: office.statement(AGUS, audience="http://localhost:9"),
    "a revoked key, an invented challenge": lambda office: office.statement(AGUS, challenge="A" * 43),
    "a key that waits for approval": lambda office: office.statement("calon-pegawai"),
    "a registered key, forged": lambda office: spoiled(office.statement()),
    "a registered key, forged, for another ledger": lambda office: spoiled(office.statement(ledger="lain.example/x")),
    "a registered key, no words": lambda office: spoiled(
        Envelope.seal(signin.PAYLOAD_TYPE, b"bukan json", key(BUDI)).data
    ),
    "a registered key, its signature spelt otherwise": lambda office: high_s(office.statement()),
}


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/sessions/browser"])
def test_who_is_no_holder_of_a_good_key_gets_one_answer_whatever_there_is(
    path: str, office: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.revoke(AGUS)
    office.approve("official", {"person": person(INSPECTOR) | {"official": "calon-pegawai"}})
    waiting = {
        "official": "calon-pegawai",
        "public_key": key("calon-pegawai").public.raw.hex(),
        "possession": prove(ORIGIN, "calon-pegawai", key("calon-pegawai")).decode(),
    }
    office.do(DEWI, "register", "key.proposed", waiting)
    verified: list[str] = []
    verify, here = PublicKey.verify, threading.get_ident()

    def counted(self: PublicKey, signature: bytes, message: bytes) -> None:
        if threading.get_ident() == here:
            verified.append(self.id)
        verify(self, signature, message)

    monkeypatch.setattr(PublicKey, "verify", counted)
    found = {}
    for name, make in STRANGERS.items():
        statement = make(office)
        verified.clear()
        answer = office.answered(statement, path, Origin=LOCAL)
        refused(answer, 401, "signin.refused")
        assert len(verified) == 1, f"{name}: the same work"
        found[name] = (answer.status, answer.data, sorted(answer.headers))
    assert len({(status, data) for status, data, _ in found.values()}) == 1
    assert len({str(headers) for _, _, headers in found.values()}) == 1
    assert office.sessions() == 0


# --- what ends a session ----------------------------------------------------------------------------------


def test_a_session_dies_with_its_key(office: Served) -> None:
    token, other = office.signed_in(), office.signed_in(SRI)
    asked(office.http.get("/v1/officials", headers=token), 200)
    office.revoke(BUDI)
    refused(office.http.get("/v1/officials", headers=token), 401, "session.ended")
    asked(office.http.get("/v1/officials", headers=other), 200)


def test_a_session_dies_with_the_key_it_began_with_also_where_its_holder_has_a_new_one(office: Served) -> None:
    token = office.signed_in()
    new = {"official": BUDI, "public_key": key("kunci-kedua").public.raw.hex()}
    office.approve("key", new | {"possession": prove(ORIGIN, BUDI, key("kunci-kedua")).decode()})
    asked(office.http.get("/v1/cases", headers=token), 200)
    office.revoke(BUDI)
    refused(office.http.get("/v1/cases", headers=token), 401, "session.ended")
    fresh = signin.sign(ORIGIN, LOCAL, BUDI, office.challenge(), key("kunci-kedua"))
    asked(office.answered(fresh), 201)


def test_a_session_dies_with_the_last_mandate(office: Served) -> None:
    token = office.signed_in()
    asked(office.http.get("/v1/cases", headers=token), 200)
    office.withdraw(BUDI)
    refused(office.http.get("/v1/cases", headers=token), 401, "session.ended")
    refused(office.http.get("/v1/officials", headers=token), 401, "session.ended")


def test_a_session_that_died_stays_dead_though_the_mandate_comes_back(office: Served) -> None:
    token = office.signed_in()
    office.withdraw(BUDI)
    refused(office.http.get("/v1/cases", headers=token), 401, "session.ended")
    office.approve("mandate", {"mandate": mandate(BUDI, mandate="sekcam-lagi")})
    refused(office.http.get("/v1/cases", headers=token), 401, "session.ended")
    asked(office.http.get("/v1/cases", headers=office.signed_in()), 200)


def test_a_session_that_nobody_used_meanwhile_is_not_widened_by_a_mandate_that_came_later(office: Served) -> None:
    token = office.signed_in()
    office.withdraw(BUDI)
    as_inspector = mandate(BUDI, mandate="inspektorat-budi", office="inspektorat", unit="malang")
    office.approve("mandate", {"mandate": as_inspector})
    refused(office.http.get("/v1/reads", headers=token), 401, "session.ended")
    asked(office.http.get("/v1/reads", headers=office.signed_in()), 200)


def test_a_live_session_reads_no_more_units_after_a_mandate_in_another(office: Served) -> None:
    token = office.signed_in()
    office.approve("mandate", {"mandate": mandate(BUDI, mandate="sekcam-pagak", unit="pagak")})
    assert asked(office.http.get("/v1/session", headers=token), 200)["units"] == ["kalipare"]
    assert asked(office.http.get("/v1/session", headers=office.signed_in()), 200)["units"] == ["kalipare", "pagak"]


def test_a_session_dies_at_midnight_in_wib_after_the_last_day_of_the_mandate(office: Served) -> None:
    office.approve("mandate", {"mandate": mandate(BUDI, mandate="sekcam-sementara", end="2026-03-02")})
    office.withdraw(BUDI)
    midnight = dt.datetime(2026, 3, 2, 17, 0, tzinfo=dt.UTC)
    office.clock.now = midnight - dt.timedelta(hours=3)
    token = office.signed_in()
    office.clock.now = midnight - 10 * SECOND
    asked(office.http.get("/v1/cases", headers=token), 200)
    office.clock.now = midnight - SECOND
    refused(office.http.get("/v1/cases", headers=token), 401, "session.ended")


def test_a_session_dies_after_twelve_hours_to_the_second(office: Served) -> None:
    begun = asked(office.answered(office.statement()), 201)
    token, until = {"Authorization": f"Bearer {begun['token']}"}, dt.datetime.fromisoformat(begun["until"])
    assert until - dt.datetime.fromisoformat(begun["since"]) == SESSION_LASTS == dt.timedelta(hours=12)
    office.clock.now = until - 2 * SECOND
    asked(office.http.get("/v1/officials", headers=token), 200)
    office.clock.now = until - SECOND
    refused(office.http.get("/v1/officials", headers=token), 401, "session.ended")


def test_reading_does_not_make_a_session_last_longer(office: Served) -> None:
    token, since = office.signed_in(), office.clock.now
    for hours in (4, 8, 11):
        office.clock.now = since + dt.timedelta(hours=hours)
        asked(office.http.get("/v1/officials", headers=token), 200)
    office.clock.now = since + SESSION_LASTS
    refused(office.http.get("/v1/officials", headers=token), 401, "session.ended")


def test_signing_out_ends_one_session_and_no_other(office: Served) -> None:
    here, elsewhere = office.signed_in(), office.signed_in()
    asked(office.http.delete("/v1/session", headers=here), 200)
    refused(office.http.delete("/v1/session", headers=here), 401, "session.ended")
    asked(office.http.get("/v1/session", headers=elsewhere), 200)


def test_signing_out_everywhere_ends_all_sessions_of_one_official_and_of_nobody_else(office: Served) -> None:
    first = office.signed_in()
    office.clock.now += dt.timedelta(minutes=5)
    second, camat = office.signed_in(), office.signed_in("sri-wahyuni")
    (since,) = asked(office.http.get("/v1/session", headers=second), 200)["elsewhere"]
    assert since == asked(office.http.get("/v1/session", headers=first), 200)["since"], "each is told of the other"
    assert asked(office.http.delete("/v1/sessions", headers=second), 200) == {"official": BUDI, "ended": 2}
    for token in (first, second):
        refused(office.http.get("/v1/session", headers=token), 401, "session.ended")
    assert asked(office.http.get("/v1/session", headers=camat), 200)["elsewhere"] == []


def test_who_loses_one_of_two_mandates_stays_signed_in_for_the_other(office: Served) -> None:
    office.run(upto=1)
    office.approve("mandate", {"mandate": mandate(BUDI, mandate="sekcam-pagak", unit="pagak")})
    token = office.signed_in()
    assert asked(office.http.get("/v1/session", headers=token), 200)["units"] == ["kalipare", "pagak"]
    refused(office.http.get("/v1/cases", headers=token), 400, "access.which")
    asked(office.http.get(f"/v1/cases/{CASE_ID}", headers=token), 200)
    office.withdraw(BUDI)
    assert asked(office.http.get("/v1/session", headers=token), 200)["units"] == ["pagak"]
    refused(office.http.get(f"/v1/cases/{CASE_ID}", headers=token), 403, "access.unit")
    assert asked(office.http.get("/v1/cases", headers=token), 200)["cases"] == []


# --- without a mandate ------------------------------------------------------------------------------------


def test_whose_mandate_has_ended_reads_the_register_and_no_case_and_revokes_the_own_key(office: Served) -> None:
    first = office.run(upto=4)
    office.withdraw(AGUS)
    token = office.signed_in(AGUS)
    who = asked(office.http.get("/v1/session", headers=token), 200)
    assert (who["mandates"], who["units"], who["inspector"]) == ([], [], False)
    for path in ("/v1/register", "/v1/officials", "/v1/streams/register", "/v1/streams/register/trail"):
        asked(office.http.get(path, headers=token), 200)
    for path in ("/v1/cases", f"/v1/cases/{CASE_ID}", f"/v1/streams/{CASE}", "/v1/sops", "/v1/trail"):
        refused(office.http.get(path, headers=token), 403, "access.mandate")
    others, own = first[0].recorded.index, first[3].recorded.index
    refused(office.http.get(f"/v1/entries/{others}", headers=token), 403, "access.mandate")
    asked(office.http.get(f"/v1/entries/{own}", headers=token), 200)

    body = {"keyid": key(AGUS).public.id, "reason": "lost"}
    revoking = office.sign(AGUS, "register", "key.revoked", body)
    asked(office.http.post("/v1/acts", data=revoking, content_type=JSON), 201)
    refused(office.http.get("/v1/register", headers=token), 401, "session.ended")


def test_a_session_begun_without_a_mandate_is_for_the_own_keys_until_the_next_sign_in(office: Served) -> None:
    office.withdraw(AGUS)
    token = office.signed_in(AGUS)
    office.approve("mandate", {"mandate": mandate(AGUS, mandate="staf-lagi")})
    refused(office.http.get("/v1/cases", headers=token), 403, "access.mandate")
    asked(office.http.get("/v1/cases", headers=office.signed_in(AGUS)), 200)


def test_a_founder_without_a_mandate_brings_minutes_and_reads_none(office: Served) -> None:
    office.withdraw(EKO)
    token = office.signed_in(EKO)
    stored = asked(office.http.post("/v1/documents", data=b"berita acara", headers=token | PDF), 201)
    refused(office.http.get(f"/v1/documents/{stored['digest']}", headers=token), 403, "access.mandate")


def test_somebody_else_without_a_mandate_brings_no_document(office: Served) -> None:
    office.withdraw(AGUS)
    answer = office.http.post("/v1/documents", data=b"tidak disimpan", headers=office.signed_in(AGUS) | PDF)
    refused(answer, 403, "access.mandate")
    hexed = hashlib.sha256(b"tidak disimpan").hexdigest()
    assert not list((office.folder / "documents").rglob(hexed))


# --- how often ---------------------------------------------------------------------------------------------


def ask_from(office: Served, address: str, **headers: str) -> TestResponse:
    return office.http.post("/v1/challenges", environ_base={"REMOTE_ADDR": address}, headers=headers)


def test_who_asks_too_often_waits_and_holds_up_nobody_else(office: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    still = SimpleNamespace(now=1000.0)
    monkeypatch.setattr("api.session.time", SimpleNamespace(monotonic=lambda: still.now))
    found = [ask_from(office, "192.0.2.1").status_code for _ in range(BURST)]
    assert set(found) == {201}
    answer = ask_from(office, "192.0.2.1")
    refused(answer, 429, "signin.rate")
    asked(ask_from(office, "192.0.2.2"), 201)
    still.now += int(answer.headers["Retry-After"])
    asked(ask_from(office, "192.0.2.1"), 201)


def test_a_page_of_another_site_does_not_use_up_what_its_reader_may_ask(office: Served) -> None:
    for _ in range(BURST + 1):
        refused(ask_from(office, "192.0.2.1", Origin="https://jahat.example"), 403, "access.origin")
    asked(ask_from(office, "192.0.2.1", Origin=LOCAL), 201)


def test_what_an_address_may_ask_grows_again_up_to_the_burst_and_no_further() -> None:
    rate = Rate(burst=2, per_second=0.5)
    for at in (0.0, 0.0, 1000.0, 1000.0):
        rate.take("192.0.2.1", at)
    with pytest.raises(Unavailable) as caught:
        rate.take("192.0.2.1", 1000.0)
    wait = caught.value.facts["retry_after"]
    assert 2 <= wait <= 3
    with pytest.raises(Unavailable):
        rate.take("192.0.2.1", 1001.0)
    rate.take("192.0.2.1", 1000.0 + wait)


def test_asking_in_vain_does_not_put_the_next_turn_off() -> None:
    rate = Rate(burst=1, per_second=1.0)
    rate.take("192.0.2.1", 0.0)
    for tenth in range(1, 10):
        with pytest.raises(Unavailable):
            rate.take("192.0.2.1", tenth / 10)
    rate.take("192.0.2.1", 1.01)


def test_addresses_without_end_take_no_memory_without_end() -> None:
    rate = Rate(burst=1)
    for number in range(MOST_KNOWN + 10):
        rate.take(f"2001:db8:0:{number:x}::", 0.0)
    assert len(rate._known) == MOST_KNOWN
    with pytest.raises(Unavailable):
        rate.take(f"2001:db8:0:{MOST_KNOWN + 9:x}:f00d::1", 0.0)  # the same holder's network


# --- many at once, no ledger yet, a clock that moves ------------------------------------------------------


def test_many_sign_in_at_once_and_each_gets_a_session_of_their_own(office: Served) -> None:
    people = [BUDI, SRI, AGUS, HADI] * 3
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(office.signed_in, people))
    who = [asked(office.http.get("/v1/session", headers=token), 200)["official"] for token in tokens]
    assert who == people
    assert len({token["Authorization"] for token in tokens}) == len(people)


def test_who_signs_out_while_others_read_in_the_session_ends_it_for_all(office: Served) -> None:
    token = office.signed_in()
    ended = threading.Event()

    def read(_: int) -> tuple[bool, int]:
        after = ended.is_set()
        return after, office.http.get("/v1/streams/register", headers=token).status_code

    with ThreadPoolExecutor(4) as pool:
        first = [pool.submit(read, number) for number in range(8)]
        asked(office.http.delete("/v1/session", headers=token), 200)
        ended.set()
        later = [pool.submit(read, number) for number in range(8)]
    assert {one.result()[1] for one in first} <= {200, 401}
    assert {one.result() for one in later} == {(True, 401)}


def test_at_a_ledger_that_is_not_founded_nobody_signs_in(unfounded: Served) -> None:
    refused(unfounded.http.post("/v1/challenges"), 404, "ledger.founded")
    refused(unfounded.answered(unfounded.statement(challenge="A" * 43)), 404, "ledger.founded")
    refused(unfounded.http.get("/v1/session"), 401, "session.missing")
    refused(unfounded.http.get("/v1/register"), 401, "session.missing")


def test_a_session_of_a_ledger_that_is_gone_is_good_for_nothing(unfounded: Served) -> None:
    left = bearer(unfounded.app, BUDI)
    for path in ("/v1/session", "/v1/register", "/v1/cases"):
        refused(unfounded.http.get(path, headers=left), 401, "session.ended")


def test_at_a_ledger_of_one_founder_that_founder_signs_in(unfounded: Served) -> None:
    unfounded.do(DEWI, "register", "ledger.founded", founding(unfounded.log))
    who = asked(unfounded.http.get("/v1/session", headers=unfounded.signed_in(DEWI)), 200)
    assert who["official"] == DEWI
    refused(unfounded.answered(unfounded.statement(BUDI)), 401, "signin.refused")


def test_a_clock_that_was_ahead_makes_no_session_last_longer(office: Served) -> None:
    office.clock.now = MORNING + dt.timedelta(days=300)
    ahead = office.signed_in()
    asked(office.http.get("/v1/officials", headers=ahead), 200)
    office.clock.now = MORNING
    refused(office.http.get("/v1/officials", headers=ahead), 401, "session.ended")


def test_a_clock_that_was_ahead_makes_no_challenge_good_for_longer_and_blocks_nobody(
    office: Served,
) -> None:
    office.clock.now = MORNING + dt.timedelta(days=300)
    ahead = office.statement()
    office.clock.now = MORNING
    refused(office.answered(ahead), 422, "signin.challenge")
    asked(office.answered(office.statement()), 201)


def test_a_clock_that_is_set_right_by_seconds_signs_nobody_out(office: Served) -> None:
    statement = office.statement()
    office.clock.now -= SET_BACK / 2
    token = asked(office.answered(statement), 201)["token"]
    office.clock.now -= SET_BACK / 2
    asked(office.http.get("/v1/officials", headers={"Authorization": f"Bearer {token}"}), 200)


def test_a_clock_that_leaps_ahead_ends_every_session(office: Served) -> None:
    token = office.signed_in()
    office.clock.now += dt.timedelta(days=1)
    refused(office.http.get("/v1/officials", headers=token), 401, "session.ended")
