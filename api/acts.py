"""Recording an act over HTTP: bytes in, receipt out. Most acts never come here: :mod:`api.door` sees to them."""

from __future__ import annotations

from flask import Response, request
from flask_openapi3.models import RawModel
from werkzeug.exceptions import RequestEntityTooLarge

from api import door
from api.access import told
from api.parameters import blueprint
from api.parts import parts
from keys.envelope import MAX_BYTES
from keys.errors import Malformed, Refused

routes = blueprint("acts")


class EnvelopeBytes(RawModel):
    """An envelope in its one byte form (DSSE), at most 64,000 bytes."""

    mimetypes = door.MEDIA_TYPES


@routes.post("/acts", responses={"201": door.AcceptedAct, "200": door.AcceptedAct})
def record_act(raw: EnvelopeBytes) -> Response:
    """Record a signed act; the same envelope sent again gets 200 and the same receipt."""
    data = _body()
    try:
        door.raise_what_it_met(request.environ)
        accepted = parts().ledger.record(data)
    except Refused as fault:
        raise told(fault, data) from None
    answer = door.answer(accepted)
    return Response(answer.body, answer.status, answer.headers)


def _body() -> bytes:
    """Return the bytes that were sent, never more than an envelope may have."""
    if request.mimetype not in door.MEDIA_TYPES:
        raise Malformed(
            "request.media_type",
            f"Kiriman berjenis {request.mimetype[:80] or 'tidak disebut'}, bukan amplop.",
            allowed=f"Content-Type: {' atau '.join(door.MEDIA_TYPES)}.",
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
