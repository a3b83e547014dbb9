"""The public page of a finished case: few facts, no NIP, and how anybody checks them.

Only a case that its signature and deliveries finished, and whose disposition said that it is ordinary (*biasa*), has
one. Nothing of the incoming letter, no instruction, note or reason is on it; what a later correction put right is shown
as corrected. Of any other case, also of one that is not there, the same is said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, request

from api.desk.desk_page import WORDS
from api.desk.frame import _, page, routes, seal
from api.desk.iku_table_view import DocumentView, view_of
from api.desk.standing import replaced_by
from api.marks import with_verdicts
from api.parameters import CasePath, Number
from api.parts import parts
from api.past import state_of
from keys.authority import mandates_of
from keys.errors import Malformed, NotFound
from keys.fields import DocumentRef, Fact
from ledger.case import Case
from ledger.iku import MEDIA_TYPE
from projections import mentions

#: The one secrecy that the public may look behind.
_ORDINARY = "biasa"
_SUBJECT = "subject"


class PublicQuery(Fact):
    """From which row on a table is shown."""

    baris: Number = 1


@routes.get("/umum/<case_id>")
def public(case_id: str) -> Response:
    """Return the public page of a case; 404 in the same words for any that has none."""
    state = finished(case_id)
    if state is None:
        raise NotFound(
            "case.unknown",
            _("Perkara ini tidak mempunyai halaman umum."),
            allowed=_("Halaman umum ada untuk perkara bersifat biasa yang sudah selesai. Periksa lagi alamatnya."),
        )
    first = PublicQuery.read(request.args.to_dict(), "request.parameter", "Alamat").baris
    state = with_verdicts(state)
    here = parts()
    later = replaced_by(state)
    return page(
        "public.html",
        state=state,
        subject=_subject(state),
        document=_document(state, first),
        later=later,
        newest=next((one for one in reversed(later) if finished(one)), None),
        seal=seal(),
        vkey=str(here.ledger.signer.vkey),
        **WORDS,
    )


def finished(case_id: str) -> dict[str, Any] | None:
    """Return what is shown of a case that the public may look at, None of any other."""
    try:
        CasePath.read({"case_id": case_id}, "request.parameter", "Alamat")
    except Malformed:
        return None
    state = state_of(case_id, None)
    if state is None or not state["finished"] or state["signature"] is None or state["secrecy"] != _ORDINARY:
        return None
    return state


def _subject(state: dict[str, Any]) -> str:
    """Return what the case is about, as the newest correction of it has it."""
    put_right = [one["new"] for one in state["corrections"] if one["field"] == _SUBJECT]
    return str(put_right[-1] if put_right else state["subject"])


def _document(state: dict[str, Any], first: int) -> DocumentView:
    """Return the signed document; its table only where it is this unit's own, without what our checks say of it.

    To name a document takes only its digest (:mod:`api.access`): a case that names another unit's shows nothing of it.
    """
    named = DocumentRef.model_validate(state["document"])
    if named.media_type == MEDIA_TYPE and _own(named.digest, state["unit"]):
        found = view_of(named, first)
        if found.table is None:
            return found
        return replace(found, table=replace(found.table, rows=[replace(row, doubts=[]) for row in found.table.rows]))
    return DocumentView(named.digest, named.name, named.media_type, named.size, held="")


def _own(digest: str, unit: str) -> bool:
    """Tell whether officials of the unit brought the document, or a case of theirs was the first to name it."""
    here = parts()
    with here.reading() as connection:
        first = next(iter(mentions.mentions_of(connection, digest)), None)
    stream = here.ledger.stream(first.stream) if first else None
    if stream is not None and isinstance(stream.state, Case) and stream.state.sop.unit == unit:
        return True
    register = here.register()
    brought = here.sessions.brought(digest)
    return any(held.record.unit == unit for official in brought for held in mandates_of(register, official))
