"""The front: what this is, the choice of language, and the two pages at which signing in begins.

``/masuk`` signs in with a key, ``/kunci`` makes one. Both work in the browser alone: no passphrase and no private key
ever reaches the service, so neither page takes anything that is sent.
"""

from __future__ import annotations

import re

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from api.desk.frame import page, routes
from api.desk.language import COOKIE, LANGUAGES
from api.origins import secure
from api.parts import parts
from api.reader import sign_in_of
from keys.errors import JejakError, NotAllowed, NotFound

#: Where somebody may be sent after signing in: an address of this service, and nothing that looks like another host.
_OURS = re.compile(r"/(?:[A-Za-z0-9_~.%?&=+:-][A-Za-z0-9_~.%?&=+:/-]*)?", re.ASCII)
_YEAR = 365 * 24 * 3600


@routes.get("/")
def home() -> Response:
    """Return the page that says what this is."""
    _look_who()
    return page("home.html")


@routes.get("/masuk")
def sign_in() -> Response:
    """Return the page at which a key signs in; ``lanjut`` is the page to go to then."""
    _look_who()
    return page("sign_in.html", after=_after(), card=card(), scripts=["masuk.js"])


@routes.get("/kunci")
def keys() -> Response:
    """Return the page at which a key is made on the device, and asked to be registered."""
    _look_who()
    return page("keys.html", card=card(), scripts=["kunci.js"])


@routes.get("/bahasa/<chosen>")
def choose_language(chosen: str) -> AnyResponse:
    """Keep the chosen language, and go back to the page that was looked at."""
    if chosen not in LANGUAGES:
        raise NotFound("request.path", "Bahasa ini tidak ada.", allowed=f"Yang ada: {', '.join(LANGUAGES)}.")
    response = redirect(_after() or "/", 303)
    response.set_cookie(COOKIE, chosen, max_age=_YEAR, secure=secure(), httponly=True, samesite="Lax")
    return response


def _after() -> str:
    """Return the page that ``lanjut`` names, "" where it names none of ours."""
    named = request.args.get("lanjut", "")
    return named if _OURS.fullmatch(named) else ""


def _look_who() -> None:
    """See who looks at a page that anybody may see; a session that is over is none."""
    try:
        sign_in_of(parts())
    except NotAllowed:
        return


def card() -> dict[str, str]:
    """Return what a device remembers of this ledger: its origin, the log's key, the leaf hash of leaf 0."""
    try:
        return parts().card()
    except JejakError:
        return {}
