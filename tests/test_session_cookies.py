"""The session's token: in a cookie that other sites cannot use, in a header that they cannot send, nowhere in clear."""

from __future__ import annotations

import base64
import copy
import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.served import HTTPS, JSON, LOCAL, Served, asked, refused, served

BUDI, SRI = "budi-santoso", "sri-wahyuni"
PDF = {"Content-Type": "application/pdf"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("buku")) as office:
        office.open()
        yield office


# --- the cookie and the token -----------------------------------------------------------------------------


def at(office: Served, web_origin: str | None) -> Served:
    """Return the office as it is asked at another address of it."""
    other = copy.copy(office)
    other.app = office.serve(web_origin)
    return other


def attributes(answer: TestResponse) -> tuple[str, str, set[str]]:
    """Return name, value and attributes of the one cookie that is set."""
    (line,) = answer.headers.getlist("Set-Cookie")
    first, *others = line.split("; ")
    name, _, value = first.partition("=")
    return name, value, set(others)


def test_the_cookie_is_for_no_script_no_other_site_and_twelve_hours(office: Served) -> None:
    answer = office.answered(office.statement(), "/v1/sessions/browser", Origin=LOCAL)
    name, value, others = attributes(answer)
    assert (name, others) == ("jejak", {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"} | expires(others))
    assert value not in answer.text, "no script reads the token"
    assert answer.get_json().keys() == {"official", "since", "until"}
    asked(office.http.get("/v1/session", headers={"Cookie": f"jejak={value}"}), 200)


def expires(others: set[str]) -> set[str]:
    """Return the old spelling of Max-Age, which goes beside it."""
    return {one for one in others if one.startswith("Expires=")}


def test_under_https_the_cookie_goes_over_no_open_line_and_its_name_binds_it_to_the_host(office: Served) -> None:
    office = at(office, HTTPS)
    answer = office.http.post(
        "/v1/sessions/browser",
        data=office.statement(audience=HTTPS),
        content_type=JSON,
        headers={"Origin": HTTPS},
        base_url=HTTPS,
    )
    name, value, others = attributes(answer)
    assert name == "__Host-jejak"
    assert others - expires(others) == {"Secure", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"}
    asked(office.http.get("/v1/session", headers={"Cookie": f"__Host-jejak={value}"}), 200)
    plain = office.http.get("/v1/session", headers={"Cookie": f"jejak={value}"})
    refused(plain, 401, "session.missing")


@pytest.mark.parametrize("web_origin", [None, HTTPS])
def test_signing_out_takes_the_cookie_back(web_origin: str | None, office: Served) -> None:
    office, here = at(office, web_origin), web_origin or LOCAL
    signed = office.answered(office.statement(audience=here), "/v1/sessions/browser", Origin=here)
    name, value, _ = attributes(signed)
    cookie = {"Cookie": f"{name}={value}"}
    answer = office.http.delete("/v1/session", headers=cookie | {"Origin": here})
    gone, empty, others = attributes(answer)
    assert (gone, empty) == (name, "")
    assert {"Max-Age=0", "Path=/"} <= others
    assert ("Secure" in others) == (web_origin is not None)
    refused(office.http.get("/v1/session", headers=cookie), 401, "session.ended")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """Yield an office of the test's own."""
    with served(tmp_path) as office:
        office.open()
        yield office


@pytest.mark.sqlite("it is about who may read a file")
def test_of_a_token_only_the_hash_is_kept_and_only_the_service_reads_that(own: Served) -> None:
    token = own.signed_in()["Authorization"].removeprefix("Bearer ")
    browser = own.answered(own.statement(), "/v1/sessions/browser", Origin=LOCAL)
    files = [path for path in own.folder.rglob("*") if path.is_file()]
    kept = {path: path.read_bytes() for path in files}
    for secret in (token, attributes(browser)[1]):
        hashed = hashlib.sha256(secret.encode()).hexdigest().encode()
        assert not [path.name for path, data in kept.items() if secret.encode() in data]
        assert not [path.name for path, data in kept.items() if base64.urlsafe_b64decode(secret + "=") in data]
        assert any(hashed in data for path, data in kept.items() if path.name.startswith("sessions.sqlite"))
    ours = [path for path in files if path.name.startswith("sessions.sqlite")]
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in ours} == {path.name: 0o600 for path in ours}
    assert len(ours) > 1, "what is written ahead stands in a file of its own"


def test_the_hash_of_a_token_is_no_token(office: Served) -> None:
    token = office.signed_in()["Authorization"].removeprefix("Bearer ")
    hashed = hashlib.sha256(token.encode()).hexdigest()
    refused(office.http.get("/v1/session", headers={"Authorization": f"Bearer {hashed}"}), 401, "session.ended")


@pytest.mark.parametrize(
    ("stated", "rule"),
    [
        ({}, "session.missing"),
        ({"Authorization": ""}, "session.missing"),
        ({"Authorization": "Basic YnVkaTpyYWhhc2lh"}, "session.missing"),
        ({"Authorization": "Bearer"}, "session.ended"),
        ({"Authorization": "Bearer "}, "session.ended"),
        ({"Authorization": "Bearer " + "A" * 43}, "session.ended"),
        ({"Authorization": "Bearer " + "A" * 8000}, "session.ended"),
        ({"Authorization": "Bearer \xe9\xff"}, "session.ended"),
        ({"Authorization": "Bearer ' OR 1=1 --"}, "session.ended"),
        ({"Cookie": "jejak="}, "session.ended"),
        ({"Cookie": "jejak=\xe9"}, "session.ended"),
        ({"Cookie": "jejak=" + "A" * 43}, "session.ended"),
        ({"Cookie": "lain=" + "A" * 43}, "session.missing"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_token_that_nobody_was_given_opens_nothing_and_the_answer_says_how_to_get_one(
    stated: dict[str, str], rule: str, office: Served
) -> None:
    answer = office.http.get("/v1/session", headers=stated)
    assert refused(answer, 401, rule)["allowed"] == "Masuk lagi dengan kunci sendiri."
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="jejak"'


def test_the_scheme_of_a_token_is_read_in_any_case(office: Served) -> None:
    token = office.signed_in()["Authorization"].removeprefix("Bearer ")
    asked(office.http.get("/v1/session", headers={"Authorization": f"bearer {token}"}), 200)


# --- other sites ------------------------------------------------------------------------------------------


def stored_here(office: Served, data: bytes) -> bool:
    return any(path.name == hashlib.sha256(data).hexdigest() for path in (office.folder / "documents").rglob("*"))


FOREIGN: dict[str, dict[str, str]] = {
    "no Origin": {},
    "a page of nowhere": {"Origin": "null"},
    "another site": {"Origin": "https://jahat.example"},
    "another port of this machine": {"Origin": "http://localhost:9"},
    "another scheme": {"Origin": "https://localhost"},
    "a name that begins alike": {"Origin": "http://localhost.jahat.example"},
    "a name in capitals": {"Origin": "http://LOCALHOST"},
    "something behind it": {"Origin": "http://localhost/"},
    "two of them": {"Origin": "http://localhost http://jahat.example"},
    "an own Referer": {"Referer": "http://localhost/"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_page_of_another_site_changes_nothing_with_somebodys_cookie(headers: dict[str, str], office: Served) -> None:
    browser = office.browser()
    refused(browser.post("/v1/documents", data=b"palsu", headers=PDF | headers), 403, "access.origin")
    refused(browser.delete("/v1/session", headers=headers), 403, "access.origin")
    assert not stored_here(office, b"palsu")
    asked(browser.get("/v1/session"), 200)


def test_a_page_of_ours_changes_what_its_reader_may_change(office: Served) -> None:
    browser = office.browser()
    asked(browser.post("/v1/documents", data=b"surat", headers=PDF | {"Origin": LOCAL}), 201)
    asked(browser.delete("/v1/session", headers={"Origin": "http://localhost"}), 200)
    refused(browser.get("/v1/session"), 401, "session.missing")


def test_what_no_other_site_can_send_needs_no_origin(office: Served) -> None:
    token = office.signed_in()
    asked(office.http.post("/v1/documents", data=b"surat", headers=PDF | token), 201)
    asked(office.http.delete("/v1/session", headers=token), 200)


def test_who_states_something_else_than_a_token_is_not_let_in_by_the_cookie(office: Served) -> None:
    browser, stated = office.browser(), {"Authorization": "Basic YTpi"}
    refused(browser.get("/v1/session", headers=stated), 401, "session.missing")
    refused(browser.delete("/v1/session", headers=stated), 401, "session.missing")
    asked(browser.get("/v1/session"), 200)


def test_a_token_counts_more_than_the_cookie_beside_it(office: Served) -> None:
    browser = office.browser(BUDI)
    assert asked(browser.get("/v1/session", headers=office.signed_in(SRI)), 200)["official"] == SRI


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_page_of_another_site_signs_nobody_in(headers: dict[str, str], office: Served) -> None:
    browser, own, before = office.app.test_client(), office.statement(SRI), office.sessions()
    answer = browser.post("/v1/sessions/browser", data=own, content_type=JSON, headers=headers)
    refused(answer, 403, "access.origin")
    assert "Set-Cookie" not in answer.headers
    assert office.sessions() == before
    refused(browser.get("/v1/session"), 401, "session.missing")
    asked(office.answered(own, "/v1/sessions/browser", Origin=LOCAL), 201)


def test_no_page_of_another_site_may_read_an_answer(office: Served) -> None:
    answer = office.http.get("/v1/session", headers=office.signed_in() | {"Origin": "https://jahat.example"})
    assert asked(answer, 200)
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    preflight = office.http.options("/v1/session", headers={"Origin": "https://jahat.example"})
    assert not [name for name, _ in preflight.headers if name.lower().startswith("access-control-")]
