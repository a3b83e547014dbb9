"""A kecamatan whose ledger is served, and its officials signing in at it the whole way: challenge, statement, token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import App, create_app
from api.settings import Settings
from keys import signin
from ledger import logkey
from tests.behind import sign_ins_behind
from tests.kit import FOUNDERS, ORIGIN, Kecamatan, key, mandate_of

JSON = "application/json"
#: By which address a client without a network calls the service.
LOCAL = "http://localhost"
Office = TypeVar("Office", bound="Served")
HTTPS = "https://jejak.malangkab.example"


class Served(Kecamatan):
    """The kit's kecamatan and the processes that serve it; ``app`` is the one that is asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        logkey.write(folder / "log.key", self.log)
        self.apps: list[App] = []
        self.app = self.serve()

    def serve(self, web_origin: str | None = None) -> App:
        """Return one more process of the service, as it were."""
        self.apps.append(create_app(Settings(self.folder, threads=8, web_origin=web_origin), self.clock))
        return self.apps[-1]

    @property
    def http(self) -> FlaskClient:
        """Return a client that keeps no cookies."""
        return self.app.test_client(use_cookies=False)

    def challenge(self) -> str:
        return str(asked(self.http.post("/v1/challenges"), 201)["challenge"])

    def statement(self, official: str = "budi-santoso", audience: str = LOCAL, **changes: str) -> bytes:
        """Return what the official's client signs, for a new challenge of this service."""
        given = changes.get("challenge") or self.challenge()
        return signin.sign(changes.get("ledger", ORIGIN), audience, official, given, key(official))

    def answered(self, statement: bytes, path: str = "/v1/sessions", **headers: str) -> TestResponse:
        """Return the answer to a statement, which changes nothing in the ledger."""
        before = self.size()
        answer = self.http.post(path, data=statement, content_type=JSON, headers=headers)
        assert self.size() == before
        return answer

    def signed_in(self, official: str = "budi-santoso") -> dict[str, str]:
        """Sign in the whole way, and return the header that says so."""
        return {"Authorization": f"Bearer {asked(self.answered(self.statement(official)), 201)['token']}"}

    def browser(self, official: str = "budi-santoso") -> FlaskClient:
        """Return a browser that is signed in: it has the cookie, and sends no Origin unless it is told to."""
        browser = self.app.test_client()
        own = self.statement(official)
        asked(browser.post("/v1/sessions/browser", data=own, content_type=JSON, headers={"Origin": LOCAL}), 201)
        return browser

    def withdraw(self, official: str) -> None:
        """Take the official's first mandate away."""
        body = {"mandate": mandate_of(official), "reason": "Mutasi."}
        self.do(FOUNDERS[0], "register", "mandate.withdrawn", body)

    def revoke(self, official: str) -> None:
        """Take the official's first key away."""
        self.do(FOUNDERS[0], "register", "key.revoked", {"keyid": key(official).public.id, "reason": "lost"})

    def size(self) -> int:
        with self.ledger.reading() as rows:
            return rows.size()

    def sql(self, statement: str) -> list[Any]:
        """Return what a statement gives on the tables of sign-ins, behind the service's back."""
        with sign_ins_behind(self.ledger.database) as connection:
            found = connection.execute(statement)
            return list(found.fetchall()) if found.description else []

    def sessions(self) -> int:
        """Return how many sessions were ever begun."""
        return int(self.sql("SELECT count(*) FROM sessions")[0][0])

    def answers(self) -> int:
        """Return how many answered challenges are kept."""
        return int(self.sql("SELECT count(*) FROM answered")[0][0])


@contextmanager
def served(folder: Path, kind: type[Office] = Served) -> Iterator[Office]:  # type: ignore[assignment]
    """Yield a kecamatan that is served, before it is founded."""
    office = kind(folder)
    try:
        yield office
    finally:
        for app in office.apps:
            app.close()
        office.ledger.close()


def asked(answer: TestResponse, status: int) -> dict[str, Any]:
    """Assert the status, and return what was answered."""
    assert answer.status_code == status, answer.data
    return dict(answer.get_json())


def refused(answer: TestResponse, status: int, rule: str) -> dict[str, Any]:
    """Assert that the answer is the problem of this rule, and return it."""
    body = asked(answer, status)
    assert body["rule"] == rule, body
    assert (answer.mimetype, bool(body["detail"]), bool(body["allowed"])) == ("application/problem+json", True, True)
    return body
