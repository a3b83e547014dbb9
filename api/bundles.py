"""Evidence bundles over HTTP: one case with all that is needed to judge it offline, as a zip of one form."""

from __future__ import annotations

import hashlib
import logging

from flask import Response, request

from api.parameters import CasePath, blueprint
from api.parts import parts
from api.trails import unknown
from keys.errors import Forged, NotFound
from keys.fields import DocumentRef
from ledger.bundle import format_bundle
from ledger.export import bundle_of

MEDIA_TYPE = "application/zip"

routes = blueprint("bundles")
log = logging.getLogger("jejak.api")


@routes.get(
    "/cases/<case_id>/bundle",
    responses={"200": {"description": "the evidence bundle", "content": {MEDIA_TYPE: {"schema": {}}}}},
)
def bundle(path: CasePath) -> Response:
    """Return the evidence bundle of a case at the newest checkpoint; the same checkpoint gives the same bytes."""
    here, stream = parts(), f"case:{path.case_id}"
    with here.ledger.reading() as rows:
        if not rows.version(stream):
            raise unknown(stream)
        made = bundle_of(rows, stream, here.ledger.signer, _read)
    data = format_bundle(made)
    response = Response(data, content_type=MEDIA_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="jejak-{path.case_id}.zip"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(hashlib.sha256(data).hexdigest())
    response.make_conditional(request)
    return response


def _read(reference: DocumentRef) -> bytes | None:
    """Return a document's bytes, None where they are not here whole: the bundle says that they are lacking."""
    try:
        return parts().ledger.documents.read(reference.digest)
    except NotFound:
        return None
    except Forged as fault:
        log.error("%s: %s", fault.rule, fault)
        return None
