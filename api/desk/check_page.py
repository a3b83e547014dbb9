"""Periksa paraf: which marks stand on exactly these bytes, as the service says it; check.js verifies each again.

A file is never sent here: the browser, or whoever reads without script, brings its digest.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Response, request

from api import documents
from api.desk.desk_page import WORDS
from api.desk.frame import _, page, routes
from api.desk.front import card
from api.parameters import DocumentPath
from api.parts import parts
from api.reader import reader
from keys.errors import Malformed, NotFound
from keys.fields import Fact
from ledger.documents import MAX_BYTES

_DIGEST = re.compile(r"(?:sha-?256[:=]?)?([0-9a-f]{64})", re.ASCII)


class CheckQuery(Fact):
    """The digest that was pasted, if any."""

    sidik: str | None = None


@routes.get("/periksa")
def check() -> Response:
    """Return the page on which a file or a digest is checked; with ``sidik``, the marks on exactly those bytes."""
    query = CheckQuery.read(request.args.to_dict(), "request.parameter", "Alamat")
    digest = _digest(query.sidik) if query.sidik else None
    return page(
        "check.html",
        digest=digest,
        asked=query.sidik or "",
        found=_marks(digest) if digest else None,
        card=card(),
        most=MAX_BYTES,
        scripts=["check.js"],
        **WORDS,
    )


def _digest(text: str) -> str:
    """Return the digest that somebody pasted, as it is written in acts; spaces and capitals in it mean nothing."""
    found = _DIGEST.fullmatch("".join(text.split()).lower())
    if found is None:
        raise Malformed(
            "request.parameter",
            _("Yang ditempel bukan sidik dokumen."),
            allowed=_("Sidik: sha256: lalu 64 angka dan huruf a sampai f."),
        )
    return f"sha256:{found[1]}"


def _marks(digest: str) -> dict[str, Any]:
    """Return the marks on these bytes, each verified again, as ``GET /v1/documents/<digest>/signatures`` tells them.

    ``known`` tells whether the ledger knows the document at all. Like there, a read of a document is noted.
    """
    here, who = parts(), reader()
    if here.ledger.documents.holds(digest):
        here.sessions.note_read(who.session, who.role, "dokumen", digest, here.clock())
    try:
        found: dict[str, Any] = documents.signatures(DocumentPath(digest=digest)).get_json()
    except NotFound:
        return {"known": False, "marks": [], "elsewhere": 0, "bytes": None}
    return found | {"known": True}
