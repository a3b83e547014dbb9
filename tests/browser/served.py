"""A demonstration ledger that is served to browsers: the real SOP, made-up officials, one case before its paraf."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext

from api import demo_office
from api.app import App, create_app, now
from api.reader import NOW
from api.server import background_server
from api.settings import Settings
from keys.authority import mandates_in_force

CASE = demo_office.WAITING_CASE


@contextmanager
def demo(folder: Path, clock: Callable[[], dt.datetime] = now) -> Iterator[tuple[str, App]]:
    """Yield the address and the application of a demonstration ledger in ``folder``, one case waiting for its paraf."""
    demo_office.found(folder, waiting_case=True)
    app = create_app(Settings(folder, threads=8), clock)
    try:
        with background_server(app) as url:
            yield url, app
    finally:
        app.close()


def token(app: App, official: str) -> str:
    """Return the token of a new session of the official's."""
    here = app.parts
    hand = demo_office.hand(app.settings.home, official)
    at = here.clock()
    held = mandates_in_force(here.register(), official, hand.key.public.id, NOW, at)
    found, _ = here.sessions.begin(official, hand.key.public.id, at, [one.mandate for one in held])
    return found


def sign_in(device: BrowserContext, url: str, app: App, official: str) -> None:
    """Give the device a session of the official's, as if they had signed in; for tests of what is read."""
    device.add_cookies(
        [{"name": "jejak", "value": token(app, official), "url": url, "httpOnly": True, "sameSite": "Strict"}]
    )
