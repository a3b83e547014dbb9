"""Documents over HTTP: bytes in, bytes out, and who put their mark on exactly these bytes.

An upload is streamed to disk, hashed on the way, and its digest answered once it is durable. What is handed out is
hashed again first, and always as a file to save: nothing that was uploaded is ever shown as a page of this service.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from flask import Response, jsonify, request
from flask_openapi3.models import RawModel
from pydantic import BaseModel

from api.access import reads_stream
from api.labels import labelled
from api.log import FOREVER
from api.marks import check
from api.parameters import DocumentPath, blueprint, json_answer
from api.parts import parts
from api.reader import reader
from keys.envelope import decode_base64
from keys.errors import Forged, Malformed, NotFound
from projections import audit_trail

#: What the OpenAPI document shows; any media type is taken.
MEDIA_TYPES = ["application/octet-stream"]
_CHUNK = 64 * 1024
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,95}", re.ASCII)
_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)", re.ASCII)

routes = blueprint("documents")


class DocumentBytes(RawModel):
    """The document itself, up to 20 MiB, under its own media type."""

    mimetypes = MEDIA_TYPES


class StoredDocument(BaseModel):
    """A document that is here and durable."""

    digest: str
    size: int
    media_type: str


@routes.post("/documents", responses={"201": StoredDocument})
def store_document(raw: DocumentBytes) -> Response:
    """Store a document; `Content-Digest: sha-256=:...:` (RFC 9530), if sent, must be its digest."""
    media_type = request.mimetype
    if _MEDIA_TYPE.fullmatch(media_type) is None:
        raise Malformed(
            "request.media_type",
            "Jenis dokumen tidak disebut.",
            allowed="Sebut jenisnya dengan Content-Type, misalnya application/pdf.",
        )
    digest, size = parts().ledger.documents.store(_chunks(), expected=_expected())
    parts().sessions.note_brought(reader().session.official, digest)
    response = jsonify(StoredDocument(digest=digest, size=size, media_type=media_type).model_dump())
    response.status_code = 201
    response.headers["Location"] = f"/v1/documents/{digest}"
    return response


@routes.get(
    "/documents/<digest>",
    responses={"200": {"description": "the bytes", "content": {"application/octet-stream": {"schema": {}}}}},
)
def document(path: DocumentPath) -> Response:
    """Return a document's bytes, hashed again before they are sent."""
    data = parts().ledger.documents.read(path.digest)
    response = Response(data, content_type="application/octet-stream")
    response.headers["Cache-Control"] = FOREVER
    response.headers["Content-Disposition"] = f'attachment; filename="{path.digest.removeprefix("sha256:")}"'
    hashed = base64.b64encode(bytes.fromhex(path.digest.removeprefix("sha256:"))).decode("ascii")
    response.headers["Content-Digest"] = f"sha-256=:{hashed}:"
    response.set_etag(path.digest)
    response.make_conditional(request)
    return response


@routes.get("/documents/<digest>/signatures", responses={"200": json_answer("marks, each verified now")})
def signatures(path: DocumentPath) -> Response:
    """Return every review, paraf and signature on exactly these bytes, each verified again from its entry.

    `elsewhere` counts those in cases that are not the reader's to read; `known` tells whether this ledger has met these
    bytes at all: whoever asks whether somebody signed an unknown file is answered, not turned away.
    """
    here = parts()
    with here.reading() as connection:
        every = audit_trail.marks_on(connection, path.digest)
    marks = [mark for mark in every if reads_stream(mark["stream"])]
    stored = held(path.digest)
    register, vkey = here.register(), here.ledger.signer.vkey
    with here.ledger.reading() as rows:
        checked = [mark | check(rows, here.ledger, register, vkey, mark["leaf_index"], path.digest) for mark in marks]
    return jsonify(
        labelled(
            {
                "document": path.digest,
                "bytes": stored or "tidak dapat dinilai",
                "marks": checked,
                "elsewhere": len(every) - len(marks),
                "known": stored is not None or bool(every),
            }
        )
    )


def held(digest: str) -> str | None:
    """Return the verdict on the bytes that are here, or None where they are not."""
    try:
        parts().ledger.documents.read(digest)
    except NotFound:
        return None
    except Forged:
        return "tidak cocok"
    return "terbukti"


def _chunks() -> Iterator[bytes]:
    request.max_content_length = None  # the store counts, and knows its own rule
    while chunk := request.stream.read(_CHUNK):
        yield chunk


def _expected() -> str | None:
    """Return the digest that the sender states (RFC 9530), None where none is stated that we compute."""
    stated = request.headers.get("Content-Digest")
    if stated is None or "sha-256" not in stated:
        return None
    found = _SHA256.search(stated)
    if found is None:
        raise Malformed(
            "document.content_digest",
            "Kepala Content-Digest tidak berbentuk baku.",
            allowed="sha-256=:<base64 dari 32 bita>:",
        )
    return f"sha256:{decode_base64(found[1].encode('ascii')).hex()}"
