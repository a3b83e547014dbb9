"""The next act of a stream, drafted from bytes that the client verified: what a person need not type.

Judged in the order in which a person would want to know: whether it is the turn of such an act (:func:`turn`), whether
the signer's office may (:func:`office`), and last, when all of it is there, whether the ledger would take it whole
(:func:`check`).

A case is folded here from its own acts, whose hashes chain up to a proved head, under the SOP that its opening names.
So step, round, document, and the return that a revision answers come from the log and not from anybody's advice, and
what the case would refuse is refused before anything is signed. Which leaf indices a case has is asked of the service;
a wrong answer can only make the chain not fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rpds import HashTrieMap

from api.client import Client, Head
from api.fields_of import Schema, document_path, has, put
from api.known_register import Known, Signer, indices_in, now
from api.proposals import PROPOSALS, chosen
from keys.authority import REGISTRAR_NEEDED, Need
from keys.errors import Forged, JejakError, NotAllowed, NotJudged
from keys.fields import DocumentRef
from ledger import bodies as b
from ledger import case as cases
from ledger import case_rules, enactment, officials
from ledger.acts import Act
from ledger.bodies import CATALOGUE
from ledger.case import OUTSIDE, Case
from ledger.enactment import Enactments
from ledger.kind_names import name_of
from ledger.sop import Sop

#: Where a member that nobody typed came from, in words.
FROM_LOG, ATTACHED = "dari catatan yang sudah diperiksa", "lampiran"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next act goes: the stream's head, and for a case what its acts and its SOP make it."""

    known: Known
    head: Head
    case: Case | None = None
    sop: Sop | None = None
    sop_leaf: str | None = None
    proposal: Act | None = None
    proposal_leaf: str | None = None
    superseded: Case | None = None

    @property
    def document(self) -> DocumentRef | None:
        """Return the document that the case holds now."""
        return self.case.document if self.case else None


def place_of(client: Client, known: Known, kind: str, stream: str, sop_slug: str | None, said: dict[str, Any]) -> Place:
    """Return where an act of ``kind`` goes, everything in it proved; raises Forged, NotJudged or NotAllowed."""
    if CATALOGUE[kind][0] == "register":
        if kind not in PROPOSALS:
            return Place(known, known.head)
        leaf = chosen(known, kind, said.get("proposal"))
        return Place(known, known.head, proposal=known.acts[leaf], proposal_leaf=leaf)
    head = client.head(stream)
    if CATALOGUE[kind][0] == "sop":
        enacted = head.newest.act.body if head.newest else None
        return Place(known, head, sop=enacted.sop if isinstance(enacted, b.SopEnacted) else None, sop_leaf=head.leaf)
    if head.newest is None:
        return _opening(client, known, head, kind, sop_slug, said)
    case = case_of(client, head)
    return Place(known, head, case, case.sop, case.sop_ref.leaf)


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
    return indices_in(client.advice(f"/v1/cases/{stream.removeprefix('case:')}/trail"))


def _sop(client: Client, ref: b.SopRef) -> Sop:
    head = client.head(f"sop:{ref.slug}")
    if head.newest is None:
        raise NotJudged("client.sop", f"SOP {ref.slug} tidak ditemukan.")
    found = head.newest if head.leaf == ref.leaf else client.find(ref.leaf, head.newest.index - 1)
    if not isinstance(found.act.body, b.SopEnacted):
        raise Forged("client.sop", "Daun yang disebut perkara sebagai SOP bukan penetapan SOP.")
    return found.act.body.sop


def _opening(client: Client, known: Known, head: Head, kind: str, slug: str | None, said: dict[str, Any]) -> Place:
    if kind not in ("disposition.issued", "activity.performed"):
        raise NotAllowed("case.open", "Perkara ini belum dibuka.", allowed="Perkara dibuka dengan disposisi.")
    if slug is None:
        answer = client.advice("/v1/sops")
        names = [str(one.get("slug")) for one in answer.get("sops", ()) if isinstance(one, dict)]
        if not names:
            raise NotAllowed(
                "sop.unknown",
                "Belum ada SOP yang ditetapkan dalam buku besar ini, jadi belum ada perkara yang dapat dibuka.",
                allowed=f"Yang menetapkan: pemegang jabatan {known.register.enacting_office}, dengan"
                " jejak act sop.enacted --document BERKAS-SOP.json.",
            )
        if len(names) > 1:
            raise NotAllowed("sop.unknown", "Ada lebih dari satu SOP.", allowed=f"Sebut --sop: {', '.join(names)}.")
        slug = names[0]
    newest = client.head(f"sop:{slug}")
    if newest.newest is None or not isinstance(newest.newest.act.body, b.SopEnacted):
        raise NotAllowed("sop.unknown", f"SOP {slug} belum ditetapkan.", allowed="SOP yang berlaku: lihat /v1/sops.")
    named = said.get("supersedes")
    old = client.head(f"case:{named.get('case')}") if isinstance(named, dict) and "case" in named else None
    superseded = case_of(client, old) if old is not None and old.newest is not None else None
    return Place(known, head, None, newest.newest.act.body.sop, newest.leaf, superseded=superseded)


def turn(place: Place, kind: str, said: dict[str, Any]) -> None:
    """Return if the case is waiting for an act of ``kind``, else raise NotAllowed saying whose turn it is.

    What a person says of a step or a deviation, and acts outside the path, are left to :func:`check`.
    """
    case = place.case
    if case is None or kind == "correction.recorded":
        return
    if case.step is None:
        raise NotAllowed(
            "case.finished" if case.finished else "case.withdrawn",
            case_rules.what_is_due(case),
            allowed="Perubahan dibuat dengan perkara baru, dibuka dengan disposisi baru.",
        )
    due = case.due()
    assert due is not None
    if kind not in due[1] and kind not in OUTSIDE and not {"step", "deviation"} & said.keys():
        raise NotAllowed(
            "sop.activity", f"Sekarang bukan giliran {name_of(kind)}.", allowed=case_rules.what_is_due(case)
        )


def office(place: Place, signer: Signer, kind: str, said: dict[str, Any]) -> None:
    """Return if the signer holds the office that an act of ``kind`` needs here, else raise NotAllowed."""
    place.known.require(signer, _need(place, kind, said))


def _need(place: Place, kind: str, said: dict[str, Any]) -> Need:
    family = CATALOGUE[kind][0]
    if family == "register":
        return REGISTRAR_NEEDED
    if family == "sop":
        enacting = place.known.register.enacting_office
        unit = said["sop"].get("unit") if isinstance(said.get("sop"), dict) else None
        return Need(enacting, unit if isinstance(unit, str) else None, f"pemegang jabatan {enacting}")
    assert place.sop is not None
    step = said.get("step", _known(place, kind, said).get("step"))
    holder = place.sop.office_of(place.sop.step(str(step)))
    return Need(holder.office, place.sop.unit, holder.name)


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
    if kind == "disposition.withdrawn":
        return {"step": place.sop.first.no}
    if kind == "correction.recorded" and case is not None:
        corrected = case.acts.get(str(body.get("leaf")))
        return {"step": corrected.body.step} if corrected and isinstance(corrected.body, b.CaseBody) else {}
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


def check(place: Place, act: Act, signer: Signer) -> None:
    """Return if the ledger as it is known here would take ``act`` from the signer, else raise what it refuses with."""
    known, family = place.known, CATALOGUE[act.kind][0]
    if family == "register":
        officials.decide(known.register, act, signer.keyid, known.index, now())
    elif family == "sop":
        before = None
        if place.sop is not None and place.sop_leaf is not None:
            before = Enactments(place.sop_leaf, HashTrieMap({place.sop_leaf: place.sop}))
        enactment.decide(before, known.register, act, signer.keyid, known.index, now())
    else:
        assert place.sop is not None
        known.require(signer, case_rules.needed(act, place.sop))
        case_rules.decide(place.case, act, place.sop, place.superseded)
