"""Replay: a case and its document after each of its acts, as they were then.

``at`` is a leaf index or a moment, as in the JSON API; shown is the case after its newest act up to there. The module
``replay.js`` asks for ``bagian=1``: the step alone, without the page around it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from flask import Response, request

from api.access import read_document, without_withheld
from api.change_words import changes, turn_of
from api.desk.desk_page import WORDS
from api.desk.frame import page, routes
from api.desk.iku_table_view import DocumentView, view_of
from api.marks import with_verdicts
from api.parameters import AtQuery, CasePath
from api.parts import parts
from api.past import state_of
from api.trails import shown, unknown
from keys.errors import NotAllowed
from keys.fields import DocumentRef
from projections import audit_trail


class ReplayQuery(AtQuery):
    """After which act the case is shown, and whether only the step is asked for."""

    bagian: Literal["1"] | None = None


@routes.get("/perkara/<case_id>/putar")
def replay(case_id: str) -> Response:
    """Return the page of a case after one of its acts, at first the one that opened it."""
    stream = f"case:{CasePath.read({'case_id': case_id}, 'request.parameter', 'Alamat').case_id}"
    query = ReplayQuery.read(request.args.to_dict(), "request.parameter", "Alamat")
    with parts().reading() as connection:
        rows = audit_trail.trail(connection, stream)
    if not rows:
        raise unknown(stream)
    place = parts().place(rows[0]["leaf_index"] if query.at is None else query.at)
    assert place is not None
    passed = [row for row in rows if row["leaf_index"] <= place.index]
    if not passed:
        raise unknown(stream, place)
    leaves = [row["leaf_index"] for row in rows]
    before = leaves[len(passed) - 2] if len(passed) > 1 else None
    return page(
        "_replay_step.html" if query.bagian else "replay.html",
        case_id=case_id,
        leaves=leaves,
        position=len(passed),
        before=before,
        after=leaves[len(passed)] if len(passed) < len(leaves) else None,
        scripts=["replay.js"],
        **_step(case_id, passed[-1], before),
        **WORDS,
    )


def _step(case_id: str, row: dict[str, Any], before: int | None) -> dict[str, Any]:
    """Return what is shown of the case after an act: that act judged again, what it changed, state and document."""
    place = parts().place(row["leaf_index"])
    old, new = _state(case_id, before) if before is not None else None, _state(case_id, row["leaf_index"])
    state = with_verdicts(new, place)
    document, table = _document(state), None
    if document is not None and document.table is not None and document.table.after is not None:
        document, table = replace(document, table=None), document.table
    return {
        "state": state,
        "turn": turn_of(state),
        "act": shown([row], place)[0],
        "later": shown([row])[0]["questioned"],
        "changes": changes(old, new),
        "document": document,
        "long_table": table,
    }


def _state(case_id: str, leaf: int) -> dict[str, Any]:
    state = state_of(case_id, parts().place(leaf))
    assert state is not None, "an act of this case stands at the leaf"
    return without_withheld(state)


def _document(state: dict[str, Any]) -> DocumentView | None:
    """Return the document as the case then had it; what it says only to whom its own address would give it."""
    if state["document"] is None:
        return None
    named = DocumentRef.model_validate(state["document"])
    try:
        read_document(named.digest)
    except NotAllowed as fault:
        return DocumentView(named.digest, named.name, named.media_type, named.size, held="", why=fault.detail)
    return view_of(named)
