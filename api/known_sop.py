"""A case and its SOP as a signer knows them: folded here from their own acts, which chain up to proved heads."""

from __future__ import annotations

from api.client import Client, Head
from api.known_register import indices_in
from keys.errors import Forged, JejakError, NotJudged
from ledger import case as cases
from ledger import enactment
from ledger.case import Case
from ledger.enactment import Enactments


def case_of(client: Client, head: Head) -> tuple[Case, Enactments]:
    """Return the case as its verified acts make it, and what is enacted about its SOP."""
    history = client.history(head, indices_in(client.advice(f"/v1/cases/{head.stream.removeprefix('case:')}/trail")))
    opening = history[0].act.body
    if not isinstance(opening, cases.Opening) or opening.sop is None:
        raise Forged("client.history", f"{head.stream} tidak dibuka oleh langkah pertama sebuah SOP.")
    enacted = enactments_of(client, client.head(f"sop:{opening.sop.slug}"))
    sop = enacted.versions.get(opening.sop.leaf) if enacted else None
    if enacted is None or sop is None:
        raise NotJudged(
            "client.sop",
            f"Versi SOP {opening.sop.slug} yang dipakai perkara ini tidak ditemukan.",
            allowed="Tanyakan kepada pengelola, atau periksa salinan buku besarnya dengan jejak audit.",
        )
    case: Case | None = None
    try:
        for one in history:
            case = cases.fold(case, one.act, one.leaf, sop)
    except (AssertionError, JejakError) as error:
        raise Forged("client.history", f"Riwayat {head.stream} mustahil.", cause=str(error)) from None
    assert case is not None
    return case, enacted


def enactments_of(client: Client, head: Head) -> Enactments | None:
    """Return all that is enacted in an SOP's stream, as its verified acts make it; None where nothing is."""
    if head.newest is None:
        return None
    indices = indices_in(client.advice(f"/v1/streams/{head.stream}/trail"))
    enacted: Enactments | None = None
    history = client.history(head, indices)
    try:
        for one, index in zip(history, indices, strict=True):
            enacted = enactment.fold(enacted, one.act, one.leaf, index)
    except (AssertionError, JejakError) as error:
        raise Forged("client.history", f"Riwayat {head.stream} mustahil.", cause=str(error)) from None
    return enacted
