"""The next act of a stream, drafted from bytes that the client verified: what a person need not type.

A case is folded here from its own acts, whose hashes chain up to a proved head, under the SOP that its opening names.
So step, round, document, and the return that a revision answers come from the log and not from anybody's advice, and
what the case would refuse is refused before anything is signed. Which leaf indices a case has is asked of the service;
a wrong answer can only make the chain not fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.answers import unreadable
from api.client import Client, Head
from api.fields_of import Schema, document_path, has, put
from keys.errors import Forged, JejakError, NotAllowed, NotJudged
from keys.fields import DocumentRef
from ledger import bodies as b
from ledger import case as cases
from ledger.acts import Act
from ledger.bodies import CATALOGUE
from ledger.case import Case
from ledger.sop import Sop

#: Where a member that nobody typed came from, in words.
FROM_LOG, ATTACHED = "dari catatan yang sudah diperiksa", "lampiran"

_PROPOSALS = {
    "official.approved": "official.proposed",
    "key.approved": "key.proposed",
    "mandate.approved": "mandate.proposed",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next act goes: the stream's head, and for a case what its acts and its SOP make it."""

    head: Head
    case: Case | None = None
    sop: Sop | None = None
    sop_leaf: str | None = None
    proposal: Act | None = None
    proposal_leaf: str | None = None

    @property
    def document(self) -> DocumentRef | None:
        """Return the document that the case holds now."""
        return self.case.document if self.case else None


def place_of(client: Client, kind: str, stream: str, sop_slug: str | None, proposal: str | None) -> Place:
    """Return where an act of ``kind`` goes, everything in it proved; raises Forged, NotJudged or NotAllowed."""
    head = client.head(stream)
    if kind in _PROPOSALS:
        return _approval(client, head, kind, proposal)
    if CATALOGUE[kind][0] != "case":
        return Place(head)
    if head.newest is None:
        return _opening(client, head, kind, sop_slug)
    case = case_of(client, head)
    return Place(head, case, case.sop, case.sop_ref.leaf)


def case_of(client: Client, head: Head) -> Case:
    """Return the case as its verified acts make it."""
    history = client.history(head, indices_of(client, head.stream))
    opening = history[0][0].body
    if not isinstance(opening, b.DispositionIssued):
        raise Forged("client.history", f"{head.stream} tidak dibuka oleh disposisi.")
    sop = _sop(client, opening.sop)
    case: Case | None = None
    try:
        for act, leaf in history:
            case = cases.fold(case, act, leaf, sop)
    except (AssertionError, JejakError) as error:
        raise Forged("client.history", f"Riwayat {head.stream} mustahil.", cause=str(error)) from None
    assert case is not None
    return case


def indices_of(client: Client, stream: str) -> list[int]:
    """Return the leaf indices of a case's acts, oldest first, as the service says them."""
    said = client.advice(f"/v1/cases/{stream.removeprefix('case:')}/trail")
    rows = said.get("trail") if isinstance(said, dict) else None
    try:
        indices = [row["leaf_index"] for row in rows or ()]
    except (TypeError, KeyError):
        raise unreadable("jejak perkara.") from None
    if not all(type(index) is int and index >= 0 for index in indices):
        raise unreadable("jejak perkara.")
    return indices


def _sop(client: Client, ref: b.SopRef) -> Sop:
    head = client.head(f"sop:{ref.slug}")
    if head.newest is None:
        raise NotJudged("client.sop", f"SOP {ref.slug} tidak ditemukan.")
    found = head.newest if head.leaf == ref.leaf else client.find(ref.leaf, head.newest.index - 1)
    if not isinstance(found.act.body, b.SopEnacted):
        raise Forged("client.sop", "Daun yang disebut perkara sebagai SOP bukan penetapan SOP.")
    return found.act.body.sop


def _opening(client: Client, head: Head, kind: str, slug: str | None) -> Place:
    if kind != "disposition.issued":
        raise NotAllowed("case.open", "Perkara ini belum dibuka.", allowed="Perkara dibuka dengan disposisi.")
    if slug is None:
        said = client.advice("/v1/sops")
        names = [str(one.get("slug")) for one in said.get("sops", ()) if isinstance(one, dict)]
        if len(names) != 1:
            raise NotAllowed("sop.unknown", "Ada lebih dari satu SOP.", allowed=f"Sebut --sop: {', '.join(names)}.")
        slug = names[0]
    newest = client.head(f"sop:{slug}")
    if newest.newest is None or not isinstance(newest.newest.act.body, b.SopEnacted):
        raise NotAllowed("sop.unknown", f"SOP {slug} belum ditetapkan.")
    return Place(head, None, newest.newest.act.body.sop, newest.leaf)


def _approval(client: Client, head: Head, kind: str, leaf: str | None) -> Place:
    """Return the proposal that is approved: the one named, else the register's newest act if it is one."""
    newest = head.newest
    if newest is None:
        raise NotAllowed("ledger.founded", "Buku besar ini belum didirikan.")
    found = newest if leaf in (None, newest.leaf) else client.find(str(leaf), newest.index - 1)
    if found.act.kind != _PROPOSALS[kind]:
        raise NotAllowed(
            "register.proposal",
            f"Yang akan disetujui bukan {_PROPOSALS[kind]}, melainkan {found.act.kind}.",
            allowed="Sebut sidik daun usulannya: --set proposal=SIDIK.",
        )
    return Place(head, proposal=found.act, proposal_leaf=found.leaf)


def fill(place: Place, kind: str, schema: Schema, body: dict[str, Any], attached: DocumentRef | None) -> dict[str, str]:
    """Put what the place knows into ``body`` where a person said nothing; return the paths and whence each came."""
    filled = {}
    for path, value in _known(place, kind, body).items():
        if value is not None and path.split(".")[0] in schema["properties"] and not has(body, path):
            put(body, path, value)
            filled[path] = FROM_LOG
    place_for = document_path(schema)
    if attached is not None and place_for is not None:
        put(body, place_for, attached.plain())
        filled[place_for] = ATTACHED
    return filled


def _known(place: Place, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    if place.proposal_leaf is not None:
        return {"proposal": place.proposal_leaf}
    if kind == "sop.enacted":
        return {"replaces": place.head.leaf}
    if place.sop is None:
        return {}
    case = place.case
    if case is None:
        return {"step": place.sop.first.no, "sop": {"slug": place.sop.slug, "leaf": place.sop_leaf}}
    known: dict[str, Any] = {"step": case.step}
    if case.document is not None and not kind.startswith("concept."):  # a concept brings a new one
        known["document"] = case.document.digest
    if kind == "concept.revised" and case.document is not None:
        known |= {"round": case.round, "replaces": case.document.digest, "answers": case.returned}
    if kind == "dispatch.recorded":
        ordered = {one.name: one.copies for one in case.addressees}
        known["copies"] = ordered.get(str(body.get("recipient")))
    return known


def check(place: Place, act: Act) -> None:
    """Return if the case takes ``act`` now, else raise what it would refuse with; other streams are the service's."""
    if place.sop is not None:
        cases.decide(place.case, act, place.sop)
