"""Problems: the one table from a fault to an HTTP answer (RFC 9457, ``application/problem+json``).

Every error answer of the service has this body, in plain Indonesian::

    {"type": "urn:jejak:masalah:<rule>", "title", "status", "detail", "rule", "rule_words", "allowed", ...facts}

The status follows from the type of the fault (:mod:`keys.errors`); a few rules have a status of their own. One fault
has two meanings: a forgery in what was *sent* is the caller's (422), one in what was *stored* is ours, and grave
(500). Which it is, the rule says: only :data:`SENT` names proofs that a caller brings. What is none of these is our
own bug: it is logged, and the answer shows nothing of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from flask import Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WsgiResponse

from keys.errors import (
    Conflict,
    Forged,
    JejakError,
    Malformed,
    NotAllowed,
    NotFound,
    NotJudged,
    Refused,
    Unavailable,
)
from keys.fields import in_words
from ledger.rule_words import RULES
from projections.alone import BUILDING

MEDIA_TYPE = "application/problem+json"
#: Seconds after which a request that could not be served now is worth sending again.
RETRY_AFTER = 2

log = logging.getLogger("jejak.api")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a kind of fault is answered; ``allowed`` is said where the fault itself says nothing."""

    status: int
    title: str
    allowed: str


TABLE: dict[type[JejakError], Outcome] = {
    Malformed: Outcome(400, "Kiriman tidak dapat dibaca", "Betulkan bagian yang disebut, lalu kirim lagi."),
    NotAllowed: Outcome(422, "Tidak diperbolehkan", "Lihat keadaan perkara sekarang dan siapa yang mendapat giliran."),
    Conflict: Outcome(409, "Didahului tindakan lain", "Baca tindakan terbaru, lalu tandatangani versi berikutnya."),
    NotFound: Outcome(404, "Tidak ditemukan", "Periksa kembali alamat atau nama yang diminta."),
    Unavailable: Outcome(503, "Belum dapat dilayani", "Kirim lagi permintaan yang sama sebentar lagi."),
    Forged: Outcome(422, "Bukti tidak cocok", "Tandatangani sendiri dengan kunci sendiri, lalu kirim lagi."),
    # Whoever sends something is refused or believed; what cannot be judged is in our own store.
    NotJudged: Outcome(500, "Tidak dapat dinilai", "Hubungi pengelola; bukunya sendiri tetap dapat dibaca."),
    Refused: Outcome(422, "Ditolak", "Betulkan yang disebut, lalu kirim lagi."),
    JejakError: Outcome(500, "Kesalahan peladen", "Hubungi pengelola."),
}
BY_RULE = {
    "envelope.size": 413,
    "document.too_large": 413,
    "request.too_large": 413,
    "request.media_type": 415,
    "signin.rate": 429,
    "signin.refused": 401,
}
FORBIDDEN = Outcome(403, "Bukan wewenang", "Tandatangani dengan kunci dan mandat sendiri yang masih berlaku.")
#: How a family of rules is answered in the place of what its kind says.
BY_FAMILY = {
    "authority": FORBIDDEN,
    "access": Outcome(403, "Bukan untuk Anda", "Baca perkara unit sendiri; semua unit hanya dibaca Inspektorat."),
    "session": Outcome(401, "Masuk dahulu", "Masuk dengan kunci sendiri."),
}
DAMAGED = Outcome(
    500,
    "Simpanan peladen rusak",
    "Jangan mengandalkan simpanan ini sebelum diperiksa; segera hubungi pengelola dan Inspektorat.",
)
#: Families of rules about proofs that a caller brings.
SENT = frozenset({"signature", "possession", "seen"})
#: Families of rules about bytes that only our own store has.
STORED = frozenset({"entry", "tree", "checkpoint", "receipt"})

BUG = (
    "Peladen mengalami kesalahan yang bukan dari kiriman Anda.",
    "Kirim lagi permintaan yang sama; amplop yang sama tidak pernah tercatat dua kali. Bila terulang, hubungi"
    " pengelola.",
)
#: What HTTP itself refuses: status -> (rule, title, detail, allowed).
HTTP = {
    400: (
        "request.form",
        "Permintaan tidak dapat dibaca",
        "Permintaan ini tidak berbentuk HTTP yang sah, atau ditujukan ke nama peladen lain.",
        "Periksa alamat, nama peladen, dan panjang kiriman.",
    ),
    404: (
        "request.path",
        "Tidak ditemukan",
        "Tidak ada apa pun di alamat ini.",
        "Daftar alamat yang ada: /openapi.json.",
    ),
    405: (
        "request.method",
        "Cara meminta tidak sesuai",
        "Alamat ini ada, tetapi tidak menerima cara permintaan itu.",
        "Pakai salah satu cara pada kepala jawaban Allow.",
    ),
    413: (
        "request.too_large",
        "Kiriman terlalu besar",
        "Kiriman ini lebih besar daripada yang diterima peladen.",
        "Dokumen paling besar 20 MiB, amplop paling besar 64000 bita.",
    ),
    415: (
        "request.media_type",
        "Jenis kiriman tidak sesuai",
        "Jenis isi kiriman tidak diterima di alamat ini.",
        "Periksa kepala Content-Type.",
    ),
    431: (
        "request.headers",
        "Kepala permintaan terlalu besar",
        "Kepala permintaan lebih besar daripada yang diterima peladen.",
        "Kirim ulang tanpa kepala yang tidak perlu.",
    ),
}
#: Makes a page of a problem where a page was asked for, else None.
AsPage = Callable[[dict[str, Any]], WsgiResponse | None]
_AS_PAGE = "jejak.problem_page"
#: Facts that are for the log alone.
_PRIVATE = frozenset({"cause", "reason"})


class Problem(BaseModel):
    """A problem document (RFC 9457); ``rule`` is stable, ``detail`` and ``allowed`` are for people."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="urn:jejak:masalah:<rule>")
    title: str
    status: int
    detail: str = Field(description="what is wrong, in Indonesian")
    rule: str = Field(description="stable dotted name of the rule")
    rule_words: str = Field(description="the rule as one Indonesian sentence")
    allowed: str = Field(description="what would be accepted instead, in Indonesian")
    step: str | None = Field(None, description="the step of the SOP that the refusal is about, where it is about one")


_CONTENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
#: The error answers of every route, for the OpenAPI document.
RESPONSES: dict[str | int, Any] = {
    "400": {"description": "Not in the one accepted form", "content": _CONTENT},
    "default": {"description": "Any other problem", "content": _CONTENT},
}


def outcome_of(fault: JejakError) -> Outcome:
    """Return how a fault is answered."""
    family = fault.rule.partition(".")[0]
    ours = isinstance(fault, Forged) and family not in SENT
    if ours or family in STORED or fault.rule == "merkle.frontier":
        return DAMAGED
    outcome = next(TABLE[kind] for kind in type(fault).__mro__ if kind in TABLE)
    if isinstance(fault, NotAllowed):
        outcome = BY_FAMILY.get(family, outcome)
    return Outcome(BY_RULE.get(fault.rule, outcome.status), outcome.title, outcome.allowed)


def problem_of(fault: JejakError) -> dict[str, Any]:
    """Return the body of a fault's problem document, also where no application answers."""
    outcome = outcome_of(fault)
    facts = {name: value for name, value in fault.facts.items() if name not in _PRIVATE}
    return _body(outcome.status, fault.rule, outcome.title, fault.detail, fault.allowed or outcome.allowed, **facts)


def answer_to(fault: JejakError) -> WsgiResponse:
    """Return the problem document of a fault."""
    outcome = outcome_of(fault)
    if outcome.status >= 500 and fault.rule != BUILDING:  # which is no fault, and met by all who read
        log.error("%s: %s %s", fault.rule, fault, fault.facts, exc_info=outcome.status == 500)
    elif isinstance(fault, Forged):
        log.warning("%s: %s", fault.rule, fault)
    response = _response(problem_of(fault))
    if outcome.status in (429, 503):
        response.headers["Retry-After"] = str(fault.facts.get("retry_after", RETRY_AFTER))
    if outcome.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="jejak"'  # RFC 9110 §11.6.1: a 401 says how
    return response


def http_body(status: int) -> dict[str, Any]:
    """Return the problem document of a status that HTTP itself gives."""
    if status not in HTTP and status >= 500:
        detail, allowed = BUG
        return _body(status, "service.fault", "Kesalahan peladen", detail, allowed)
    rule, title, detail, allowed = HTTP.get(status, HTTP[400])
    return _body(status, rule, title, detail, allowed)


def refuse_parameters(error: ValidationError) -> NoReturn:
    """Turn what the framework says about path or query into Malformed (rule ``request.parameter``)."""
    raise in_words(error, "request.parameter", "Alamat", typed=True)


def install(app: Flask, as_page: AsPage) -> None:
    """Make every error answer of ``app`` a problem document, or a page where ``as_page`` makes one of it."""
    app.extensions[_AS_PAGE] = as_page
    app.register_error_handler(JejakError, answer_to)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _of_bug)


def _of_http(fault: HTTPException) -> ResponseReturnValue:
    if fault.code is None or fault.code < 400:  # a redirect, or an answer that is already made
        return fault.get_response()
    response = _response(http_body(fault.code))
    for name, value in fault.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _of_bug(fault: Exception) -> WsgiResponse:
    log.error("our own bug", exc_info=fault)
    return _response(http_body(500))


def _body(status: int, rule: str, title: str, detail: str, allowed: str, **facts: Any) -> dict[str, Any]:
    named = {
        "type": f"urn:jejak:masalah:{rule}",
        "title": title,
        "status": status,
        "detail": detail,
        "rule": rule,
        "rule_words": RULES.get(rule, f"{title}."),
        "allowed": allowed,
    }
    return named | {name: value for name, value in facts.items() if name not in named}


def _response(body: dict[str, Any]) -> WsgiResponse:
    as_page: AsPage | None = current_app.extensions.get(_AS_PAGE)
    shown = as_page(body) if as_page else None
    if shown is not None:
        return shown
    response = jsonify(body)
    response.status_code = body["status"]
    response.mimetype = MEDIA_TYPE
    return response
