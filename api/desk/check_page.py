"""Periksa paraf: which marks stand on exactly these bytes, as the service says it, to whoever reads without script.

A file is never sent here: the browser, or whoever reads without script, brings its digest. With script, check.js puts
its own result, made of ``GET /v1/documents/<digest>/signatures`` and of what it verified, in the place of this one.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Response, request

from api.access import reads_stream
from api.desk.desk_page import WORDS
from api.desk.frame import _, page, routes
from api.desk.front import card
from api.marks import check as check_mark
from api.parameters import Number
from api.parts import parts
from api.reader import reader
from keys.errors import Malformed
from keys.fields import Fact
from ledger.documents import MAX_BYTES
from ledger.flag_names import QUESTIONED
from projections import audit_trail

#: Marks that are shown, and verified, at a time.
MOST_SHOWN = 25

_DIGEST = re.compile(r"(?:sha-?256[:=]?)?([0-9a-f]{64})", re.ASCII)


class CheckQuery(Fact):
    """The digest that was pasted, if any, and after how many marks to go on."""

    sidik: str | None = None
    mulai: Number = 0


@routes.get("/periksa")
def check() -> Response:
    """Return the page on which a file or a digest is checked; with ``sidik``, marks on exactly those bytes."""
    query = CheckQuery.read(request.args.to_dict(), "request.parameter", "Alamat")
    digest = _digest(query.sidik) if query.sidik else None
    return page(
        "check.html",
        digest=digest,
        asked=query.sidik or "",
        found=_marks(digest, query.mulai) if digest else None,
        apart=QUESTIONED,
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


def _marks(digest: str, start: int) -> dict[str, Any]:
    """Return at most 25 marks on these bytes from ``start`` on, each verified again, oldest first.

    ``known`` tells whether the ledger knows the document at all, ``all`` how many marks whoever asks may read. As with
    ``GET /v1/documents/<digest>/signatures``, a read of a document is noted.
    """
    here, who = parts(), reader()
    held = here.ledger.documents.holds(digest)
    if held:
        here.sessions.note_read(who.session, who.role, "dokumen", digest, here.clock())
    with here.reading() as connection:
        every = audit_trail.marks_on(connection, digest)
    marks = [mark for mark in every if reads_stream(mark["stream"])]
    shown = marks[start : start + MOST_SHOWN]
    register, vkey = here.register(), here.ledger.signer.vkey
    with here.ledger.reading() as rows:
        found = [one | check_mark(rows, here.ledger, register, vkey, one["leaf_index"], digest) for one in shown]
    elsewhere, end = len(every) - len(marks), start + len(shown)
    return {
        "known": held or bool(every),
        "marks": found,
        "all": len(marks),
        "start": start,
        "end": end,
        "elsewhere": elsewhere,
        "before": max(start - MOST_SHOWN, 0) if start and marks else None,
        "after": end if end < len(marks) else None,
    }
