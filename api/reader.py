"""Who is reading: the session that a request brings, and what its holder may read at this moment.

Power to read follows from the register as it is at each request, so a session is worth nothing from the leaf on at
which its key is revoked or its last mandate withdrawn. A request that brings a cookie and changes something must come
from a page of ours: SameSite=Strict says so to the browser, its ``Origin`` says so to us.
"""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass
from typing import cast

from flask import g, request

from api.origins import audiences, secure
from api.parts import Parts
from api.session_store import Session
from keys.authority import mandates_in_force, require_key
from keys.errors import NotAllowed
from keys.records import MandateRecord
from keys.register import INSPECTOR, REGISTRAR, Register
from ledger.streams import REGISTER

#: Methods that change nothing.
READING = frozenset({"GET", "HEAD"})
#: An index above every leaf: the register as all of them make it.
NOW = sys.maxsize
_HOW = "Masuk lagi dengan kunci sendiri."


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever is signed in: the session, the mandates that they hold at this moment, whether they are a founder."""

    session: Session
    mandates: tuple[MandateRecord, ...]
    founder: bool = False

    @property
    def inspector(self) -> bool:
        """Tell whether they act for the Inspektorat."""
        return any(one.office == INSPECTOR for one in self.mandates)

    @property
    def registrar(self) -> bool:
        """Tell whether they are a registrar."""
        return any(one.office == REGISTRAR for one in self.mandates)

    @property
    def units(self) -> frozenset[str] | None:
        """Return the units whose cases they read, None for all."""
        return None if self.inspector else frozenset(one.unit for one in self.mandates)

    @property
    def role(self) -> str:
        """Return as whom they read, for the record of reads."""
        if self.inspector:
            return INSPECTOR
        return ", ".join(sorted({f"{one.office} {one.unit}" for one in self.mandates})) or "pemegang kunci"

    def reads(self, unit: str) -> bool:
        """Tell whether the cases of ``unit`` are theirs to read."""
        return self.units is None or unit in self.units


def reader() -> Reader:
    """Return who is signed in; only a view whose policy asks for a session may ask."""
    return cast("Reader", g.reader)


def cookie_name() -> str:
    """Return the name of the session's cookie; under https the name itself binds it to this host (RFC 6265bis)."""
    return "__Host-jejak" if secure() else "jejak"


def token_sent() -> str | None:
    """Return the token that the request brings, as a bearer (RFC 6750 §2.1) or else as a cookie."""
    stated = request.headers.get("Authorization")
    if stated is None:
        return request.cookies.get(cookie_name())
    scheme, _, token = stated.partition(" ")
    return token if scheme.lower() == "bearer" else None


def check_origin() -> None:
    """Raise NotAllowed (``access.origin``) unless the page that sends this is one of ours: no forged requests."""
    if request.headers.get("Origin") not in audiences():
        raise _foreign()


def _foreign() -> NotAllowed:
    return NotAllowed(
        "access.origin",
        "Permintaan ini tidak datang dari halaman layanan ini.",
        allowed="Ulangi dari halaman Jejak sendiri.",
    )


def _check_page() -> None:
    """Raise NotAllowed (``access.origin``) where a cookie comes with what a page of another site or port asked for."""
    if request.method not in READING:
        check_origin()
    elif request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise _foreign()


def sign_in_of(here: Parts) -> Reader:
    """Return who is signed in, and keep it for the request.

    Raises NotAllowed: ``session.missing`` where nobody is, ``session.ended`` where the session is good for nothing any
    more, ``access.origin``.
    """
    token = token_sent()
    if token is None:
        raise NotAllowed("session.missing", "Bagian ini hanya untuk yang sudah masuk.", allowed=_HOW)
    if "Authorization" not in request.headers:
        _check_page()
    now = here.clock()
    session = here.sessions.find(token, now)
    if session is not None:
        stream = here.ledger.stream(REGISTER)
        register = stream.state if stream else None
        mandates = _held(register, session, now) if isinstance(register, Register) else None
        if mandates is not None:
            assert isinstance(register, Register)
            g.reader = Reader(session, mandates, session.official in register.founders)
            return reader()
        here.sessions.end(session, now)
    raise NotAllowed(
        "session.ended", "Waktu masuk sudah habis, atau kunci dan mandatnya tidak berlaku lagi.", allowed=_HOW
    )


def _held(register: Register, session: Session, now: dt.datetime) -> tuple[MandateRecord, ...] | None:
    """Return those mandates of the session that are in force, None where it is good for nothing any more."""
    try:
        require_key(register, session.official, session.keyid, NOW)
    except NotAllowed:
        return None
    if not session.mandates:
        return ()
    held = mandates_in_force(register, session.official, session.keyid, NOW, now)
    return tuple(one for one in held if one.mandate in session.mandates) or None
