"""Who read what over HTTP, for the Inspektorat: one row for each session and thing read, newest first.

It is the service's own record, not part of the log: whoever runs the service could change it, and the answer says so.
"""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Response, jsonify
from pydantic import StringConstraints

from api.access import MOST_NAMED
from api.labels import labelled
from api.parameters import Limit, Number, blueprint, json_answer
from api.parts import parts
from keys.fields import Fact, Slug

NOTICE = (
    "Catatan pembacaan ini dibuat layanan, bukan bagian buku besar: tidak ditandatangani dan tidak disegel, jadi tidak"
    " dapat dibuktikan bahwa catatan ini lengkap."
)

routes = blueprint("reads")


class ReadsQuery(Fact):
    """Whose reads, or of what; a page below the row number `next` of the page before."""

    official: Slug | None = None
    what: Literal["alur", "daun", "dokumen", "pencarian"] | None = None
    name: Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAMED)] | None = None
    before: Number | None = None
    limit: Limit = 50


@routes.get("/reads", responses={"200": json_answer("who read what, newest first")})
def reads(query: ReadsQuery) -> Response:
    """Return who read which case, entry, document or search, first and last when, and how often."""
    found = parts().sessions.reads(
        official=query.official, what=query.what, name=query.name, before=query.before, limit=query.limit + 1
    )
    page, more = found[: query.limit], len(found) > query.limit
    return jsonify(labelled({"reads": page, "next": page[-1]["no"] if more else None, "notice": NOTICE}))
