"""Signing in and out over HTTP: a challenge, answered by a signature, becomes a session; there are no passwords.

``POST /v1/challenges`` says nothing of anybody. A statement (:mod:`keys.signin`) that names no key of ours, one that
was revoked, or whose signature does not hold gets one and the same answer, after the same work: one verification. What
is told apart is told to whoever holds a good key: that the statement was for another ledger or address, or that its
challenge is used up. A session is a random token of 32 bytes: in the answer for programs, in a cookie for browsers
(HttpOnly, SameSite=Strict, Secure under https, 12 hours), where no script and no other site can use it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from flask import Response, jsonify, request
from flask_openapi3.models import RawModel
from pydantic import BaseModel, Field
from werkzeug.exceptions import RequestEntityTooLarge

from api.door import MEDIA_TYPES
from api.labels import labelled
from api.origins import audiences, secure
from api.parameters import blueprint, json_answer
from api.parts import not_founded, parts
from api.reader import NOW, check_origin, cookie_name, reader
from api.session_store import SESSION_LASTS, Session
from keys import signin
from keys.authority import mandates_in_force, require_key
from keys.envelope import Envelope
from keys.errors import Forged, Malformed, NotAllowed
from keys.register import Register
from keys.signing import PrivateKey, PublicKey
from ledger.streams import REGISTER
from projections.audit_trail import utc

#: Verifies what no key of ours can have signed, so that nobody learns from the time it takes which keys there are.
_NOBODY = PrivateKey.generate().public

routes = blueprint("session")


class SignInBytes(RawModel):
    """A signed statement: an envelope of payload type application/vnd.jejak.signin.v1+json, at most 4,096 bytes."""

    mimetypes = MEDIA_TYPES


class Challenge(BaseModel):
    """What to sign, for which ledger and web origins, until when."""

    challenge: str
    ledger: str
    audiences: list[str] = Field(description="the web origins of this service; name the one that you are connected to")
    until: str


class SignedIn(BaseModel):
    """A session; `token` goes into `Authorization: Bearer` of every request, and is never shown again."""

    token: str
    official: str
    since: str
    until: str


@routes.post("/challenges", responses={"201": Challenge})
def challenge() -> Response:
    """Give a challenge, to be signed within two minutes and answered once."""
    here = parts()
    if "Origin" in request.headers:
        check_origin()  # or any page that somebody looks at could use up what their address may ask for
    here.rate.take(request.remote_addr or "", time.monotonic())
    register = _register()
    value, until = here.sessions.challenge(here.clock())
    said = Challenge(challenge=value, ledger=register.origin, audiences=sorted(audiences()), until=utc(until))
    response = jsonify(said.model_dump())
    response.status_code = 201
    return response


@routes.post("/sessions", responses={"201": SignedIn})
def sign_in(raw: SignInBytes) -> Response:
    """Begin a session for a program: the token is in the answer."""
    token, session = _begun(_body())
    said = SignedIn(token=token, official=session.official, since=utc(session.since), until=utc(session.until))
    response = jsonify(said.model_dump())
    response.status_code = 201
    return response


@routes.post("/sessions/browser", responses={"201": json_answer("signed in; the token is in a cookie")})
def sign_in_browser(raw: SignInBytes) -> Response:
    """Begin a session for a page of this service: the token is in a cookie that no script reads."""
    check_origin()
    token, session = _begun(_body())
    response = jsonify({"official": session.official, "since": utc(session.since), "until": utc(session.until)})
    response.status_code = 201
    response.set_cookie(
        cookie_name(),
        token,
        max_age=int(SESSION_LASTS.total_seconds()),
        secure=secure(),
        httponly=True,
        samesite="Strict",
    )
    return response


@routes.get("/session", responses={"200": json_answer("who is signed in, and what they may read")})
def who() -> Response:
    """Return who is signed in, the mandates that they hold now, and whose cases they read (`units` null: all)."""
    known, session = reader(), reader().session
    person = _register().officials[session.official].record
    shown: dict[str, Any] = {
        "official": session.official,
        "name": person.name,
        "keyid": session.keyid,
        "mandates": [one.plain() for one in known.mandates],
        "units": None if known.units is None else sorted(known.units),
        "inspector": known.inspector,
        "since": utc(session.since),
        "until": utc(session.until),
        "elsewhere": [utc(at) for at in parts().sessions.elsewhere(session, parts().clock())],
    }
    return jsonify(labelled(shown))


@routes.delete("/session", responses={"200": json_answer("signed out")})
def sign_out() -> Response:
    """End the session; its token is good for nothing from here on."""
    here, session = parts(), reader().session
    here.sessions.end(session, here.clock())
    response = jsonify({"official": session.official, "ended": True})
    response.delete_cookie(cookie_name(), secure=secure(), httponly=True, samesite="Strict")
    return response


@routes.delete("/sessions", responses={"200": json_answer("signed out everywhere")})
def sign_out_everywhere() -> Response:
    """End every session of whoever asks, this one too; whoever had a minute at an unlocked device is out as well."""
    here, session = parts(), reader().session
    ended = here.sessions.end_all(session.official, here.clock())
    response = jsonify({"official": session.official, "ended": ended})
    response.delete_cookie(cookie_name(), secure=secure(), httponly=True, samesite="Strict")
    return response


def _begun(data: bytes) -> tuple[str, Session]:
    """Begin a session: read the statement, find its key, verify, use the challenge up, look at the mandates."""
    here, now = parts(), parts().clock()
    register = _register()
    envelope = Envelope.parse(data)
    signin.require_type(envelope)

    official, key = _signer(register, envelope.keyid)
    asked = signin.Asked(register.origin, audiences())
    try:
        statement = signin.check(replace(envelope, keyid=key.id), key, official=official, asked=asked)
    except Forged:
        raise NotAllowed(
            "signin.refused",
            "Tidak dapat masuk dengan kunci ini.",
            allowed="Pakai kunci yang terdaftar dan belum dicabut, dan berkas kunci yang utuh. Bila ragu, tanyakan"
            " kepada pendaftar.",
        ) from None

    here.sessions.take(statement.challenge, now)
    held = mandates_in_force(register, official, envelope.keyid, NOW, now)
    return here.sessions.begin(official, envelope.keyid, now, [one.mandate for one in held])


def _signer(register: Register, keyid: str) -> tuple[str, PublicKey]:
    """Return whose key this is, and the key; one that is not good now counts as nobody's."""
    held = register.keys.get(keyid)
    if held is None:
        return "", _NOBODY
    try:
        require_key(register, held.official, keyid, NOW)
    except NotAllowed:
        return "", _NOBODY
    return held.official, held.public


def _register() -> Register:
    stream = parts().ledger.stream(REGISTER)
    if stream is None or not isinstance(stream.state, Register):
        raise not_founded()
    return stream.state


def _body() -> bytes:
    if request.mimetype not in MEDIA_TYPES:
        raise Malformed(
            "request.media_type",
            f"Kiriman berjenis {request.mimetype[:80] or 'tidak disebut'}, bukan pernyataan masuk.",
            allowed=f"Content-Type: {' atau '.join(MEDIA_TYPES)}.",
        )
    request.max_content_length = signin.MAX_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Malformed(
            "signin.form",
            "Pernyataan masuk terlalu besar.",
            allowed=f"Paling besar {signin.MAX_BYTES} bita.",
        ) from None
