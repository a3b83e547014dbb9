"""Recording an act over HTTP: bytes in, receipt out."""

from __future__ import annotations

import datetime as dt

from flask import Response, request
from flask_openapi3.models import RawModel
from pydantic import BaseModel, Field
from werkzeug.exceptions import RequestEntityTooLarge

from api.access import told
from api.parameters import blueprint
from api.parts import parts
from keys.envelope import MAX_BYTES
from keys.errors import Malformed, Refused
from ledger.application import Accepted
from ledger.receipt import format_receipt

MEDIA_TYPES = ["application/vnd.dsse.envelope.v1+json", "application/json"]

routes = blueprint("acts")


class EnvelopeBytes(RawModel):
    """An envelope in its one byte form (DSSE), at most 64,000 bytes."""

    mimetypes = MEDIA_TYPES


class AcceptedAct(BaseModel):
    """An act that is in the ledger, sealed, and durable with the documents it names."""

    leaf_index: int
    leaf_hash: str = Field(description="hex SHA-256 of the entry (RFC 6962)")
    stream: str
    version: int
    recorded_at: str = Field(description="the ledger's clock, RFC 3339, UTC, microseconds")
    receipt: str = Field(description="C2SP tlog-proof: inclusion under a signed checkpoint")


@routes.post("/acts", responses={"201": AcceptedAct, "200": AcceptedAct})
def record_act(raw: EnvelopeBytes) -> Response:
    """Record a signed act; the same envelope sent again gets 200 and the same receipt."""
    data = _body()
    try:
        accepted = parts().ledger.record(data)
    except Refused as fault:
        raise told(fault, data) from None
    return Response(
        _said(accepted).model_dump_json(),
        200 if accepted.again else 201,
        {"Location": f"/v1/entries/{accepted.recorded.index}"},
        mimetype="application/json",
    )


def _body() -> bytes:
    """Return the bytes that were sent, never more than an envelope may have."""
    if request.mimetype not in MEDIA_TYPES:
        raise Malformed(
            "request.media_type",
            f"Kiriman berjenis {request.mimetype[:80] or 'tidak disebut'}, bukan amplop.",
            allowed=f"Content-Type: {' atau '.join(MEDIA_TYPES)}.",
        )
    request.max_content_length = MAX_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Malformed(
            "envelope.size",
            f"Amplop lebih dari {MAX_BYTES} bita.",
            allowed=f"Paling besar {MAX_BYTES} bita; lampirkan dokumen lewat sidiknya.",
        ) from None


def _said(accepted: Accepted) -> AcceptedAct:
    done = accepted.recorded
    return AcceptedAct(
        leaf_index=done.index,
        leaf_hash=done.leaf,
        stream=done.act.stream,
        version=done.act.version,
        recorded_at=done.entry.recorded_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        receipt=format_receipt(accepted.receipt).decode("utf-8"),
    )
