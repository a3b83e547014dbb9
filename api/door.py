"""The door: an act that is sent in the plain way is recorded here, and Flask is not asked (ADR 22).

``POST /v1/acts`` with an envelope and nothing else is what officials' programs send, and what a busy day is made of.
Flask's way from a request to a view and back takes longer than the judging of an act, so a plain one is read here and
answered here. Whatever is not plain goes in untouched. An act that is not accepted goes in too, with the fault that it
met: how faults are told is said in one place (:mod:`api.problems`, :func:`api.access.told`).
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field
from werkzeug.sansio.utils import host_is_trusted

from api.safe_headers import OF_ANYTHING_ELSE, UNKEPT
from keys.envelope import MAX_BYTES
from ledger.application import Accepted
from ledger.receipt import format_receipt

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: What an envelope may be sent as.
MEDIA_TYPES = ["application/vnd.dsse.envelope.v1+json", "application/json"]
PATH = "/v1/acts"

_FAULT = "jejak.act_fault"
_SAFE = [*OF_ANYTHING_ELSE, UNKEPT]


class AcceptedAct(BaseModel):
    """An act that is in the ledger, sealed, and durable with the documents it names."""

    leaf_index: int
    leaf_hash: str = Field(description="hex SHA-256 of the entry (RFC 6962)")
    stream: str
    version: int
    recorded_at: str = Field(description="the ledger's clock, RFC 3339, UTC, microseconds")
    receipt: str = Field(description="C2SP tlog-proof: inclusion under a signed checkpoint")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender of an act that was accepted is told."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Door:
    """A WSGI application (PEP 3333) before another one; ``record`` records an act, ``hosts`` are its names."""

    def __init__(self, inside: WSGIApplication, record: Callable[[bytes], Accepted], hosts: Sequence[str]) -> None:
        self._inside = inside
        self._record = record
        self._hosts = tuple(hosts)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a plain act, or let the request in."""
        length = self._plain(environ)
        if length is None:
            return self._inside(environ, start_response)
        data = environ["wsgi.input"].read(length)
        if len(data) == length:
            try:
                said = answer(self._record(data))
            except Exception as fault:  # noqa: BLE001  also a bug of ours is told inside
                environ[_FAULT] = fault
            else:
                start_response(_STATUS[said.status], [*said.headers, ("Content-Length", str(len(said.body))), *_SAFE])
                return (said.body,)
        environ["wsgi.input"] = io.BytesIO(data)  # who is inside reads it again
        return self._inside(environ, start_response)

    def _plain(self, environ: WSGIEnvironment) -> int | None:
        """Return how many bytes the envelope of a plain act has, None for any other request."""
        if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] != "POST" or environ.get("QUERY_STRING"):
            return None
        length = environ.get("CONTENT_LENGTH", "")
        if environ.get("CONTENT_TYPE") not in MEDIA_TYPES or not (length.isascii() and length.isdigit()):
            return None
        if not 0 < int(length) <= MAX_BYTES or not _trusted(environ.get("HTTP_HOST", ""), self._hosts):
            return None
        return int(length)


def raise_what_it_met(environ: dict[str, Any]) -> None:
    """Raise the fault that an act met at the door, if it was there."""
    fault = environ.pop(_FAULT, None)  # whose traceback knows the environment
    if fault is not None:
        raise fault


def answer(accepted: Accepted) -> Answer:
    """Return what is said of an act that is in the ledger: 201, or 200 where it was there already."""
    done = accepted.recorded
    said = AcceptedAct(
        leaf_index=done.index,
        leaf_hash=done.leaf,
        stream=done.act.stream,
        version=done.act.version,
        recorded_at=done.entry.recorded_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        receipt=format_receipt(accepted.receipt).decode("utf-8"),
    )
    headers = [("Content-Type", "application/json"), ("Location", f"/v1/entries/{done.index}")]
    return Answer(200 if accepted.again else 201, headers, said.model_dump_json().encode())


_STATUS = {200: "200 OK", 201: "201 CREATED"}


@lru_cache(maxsize=64)
def _trusted(host: str, hosts: tuple[str, ...]) -> bool:
    return bool(host) and host_is_trusted(host, hosts)
