"""Clients that are signed in: each request begins a session of its own, so that no clock that a test moves ends it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator
from typing import Any

import httpx
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import App
from api.cli_connect import session_file
from api.reader import NOW
from api.session_store import SESSION_LASTS
from api.sign_in import KeptSession, SessionFile
from keys.authority import mandates_in_force
from keys.errors import JejakError
from tests.kit import FOUNDERS, key, mandate_of

#: Whoever reads where it does not matter who: a founder, there from leaf 0 on, who reads all of their own unit.
SOMEBODY = FOUNDERS[0]


def bearer(app: App, official: str = SOMEBODY) -> dict[str, str]:
    """Return the header by which the official is signed in."""
    here = app.parts
    keyid, now = key(official).public.id, here.clock()
    try:
        held = [one.mandate for one in mandates_in_force(here.register(), official, keyid, NOW, now)]
    except JejakError:  # nothing is founded, or the test has damaged it
        held = []
    token, _ = here.sessions.begin(official, keyid, now, held or [mandate_of(official)])
    return {"Authorization": f"Bearer {token}"}


class Desk(FlaskClient):
    """A client without a network, as an official would have it."""

    official = SOMEBODY

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request in a session of its own."""
        app = self.application
        assert isinstance(app, App)
        kwargs["headers"] = {**bearer(app, self.official), **dict(kwargs.get("headers") or {})}
        return super().open(*args, **kwargs)


def desk(app: App, official: str = SOMEBODY) -> FlaskClient:
    """Return a client as which the official reads."""
    client = Desk(app, app.response_class)
    client.official = official
    return client


class As(httpx.Auth):
    """Signs each request of an httpx client in as the official."""

    def __init__(self, app: App, official: str = SOMEBODY) -> None:
        self._app = app
        self._official = official

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header to a request."""
        request.headers.update(bearer(self._app, self._official))
        yield request


def let_in(app: App, official: str = SOMEBODY) -> None:
    """Let every request be the official's, for clients that know nothing of sessions: a go-between would do so."""
    real: Any = app.wsgi_app

    def signed_in(environ: dict[str, Any], start: Any) -> Any:
        return real(environ | {"HTTP_AUTHORIZATION": bearer(app, official)["Authorization"]}, start)

    app.wsgi_app = signed_in  # type: ignore[method-assign]


def keep(app: App, url: str, official: str = SOMEBODY) -> None:
    """Leave the official signed in at an address, as ``jejak login`` would."""
    session_file(url).keep(kept(app, official))


def signed_in(app: App, official: str = SOMEBODY) -> SessionFile:
    """Return the sign-in of the official as a client is given it."""
    return _Held(kept(app, official))


class _Held(SessionFile):
    """A sign-in that is kept in no file."""

    def __init__(self, session: KeptSession) -> None:
        super().__init__(None)
        self._session = session

    def load(self) -> KeptSession:
        return self._session


def kept(app: App, official: str = SOMEBODY) -> KeptSession:
    """Return a session of the official as a client keeps it."""
    token = bearer(app, official)["Authorization"].removeprefix("Bearer ")
    until = (dt.datetime.now(dt.UTC) + SESSION_LASTS).isoformat()
    return KeptSession(official=official, keyid=key(official).public.id, token=token, until=until)
