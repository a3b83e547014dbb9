"""Evidence bundles over HTTP: one case with all that is needed to judge it offline, as a zip of one form.

``?continues=38,52`` names tree sizes of what somebody kept: the bundle then has the proofs that its checkpoint
continues them. Sizes that are not below its checkpoint are passed over.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Annotated

from flask import Response, request
from pydantic import Field, StringConstraints

from api.parameters import CasePath, blueprint
from api.parts import parts
from api.trails import unknown
from keys.errors import Forged, NotFound
from keys.fields import DocumentRef, Fact
from ledger.bundle import MAX_ASKED, format_bundle
from ledger.export import bundle_of

MEDIA_TYPE = "application/zip"
_SIZES = "^[1-9][0-9]{0,15}(,[1-9][0-9]{0,15}){0,99}$"


class BundleQuery(Fact):
    """What is asked of a bundle."""

    continues: Annotated[str, StringConstraints(pattern=_SIZES)] | None = Field(
        default=None, description=f"at most {MAX_ASKED} tree sizes, with commas between them"
    )

    @property
    def sizes(self) -> list[int]:
        """Return the sizes that are named."""
        return [int(size) for size in self.continues.split(",")] if self.continues else []


routes = blueprint("bundles")
log = logging.getLogger("jejak.api")


@routes.get(
    "/cases/<case_id>/bundle",
    responses={"200": {"description": "the evidence bundle", "content": {MEDIA_TYPE: {"schema": {}}}}},
)
def bundle(path: CasePath, query: BundleQuery) -> Response:
    """Return the evidence bundle of a case at the newest checkpoint; the same checkpoint gives the same bytes.

    With the same ``continues``, that is: sizes of what was kept, from which it then proves that it goes on.
    """
    here, stream = parts(), f"case:{path.case_id}"
    with here.ledger.reading() as rows:
        if not rows.version(stream):
            raise unknown(stream)
        made = bundle_of(rows, stream, here.ledger.signer, _read, query.sizes)
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
