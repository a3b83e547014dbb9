"""The SOP that a case is pinned to, in its own form: identity, flow chart, steps, and what is to be seen about it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.desk.desk_page import WORDS
from api.desk.frame import _, page, routes
from api.desk.opened_case import OpenedCase, enactments_of, opened_case, stages_of, steps_of
from api.desk.sop_chart import sheets
from keys.member_words import value_in_words
from ledger.sop import Duration, Identity
from ledger.sop_findings import Finding, findings


@routes.get("/perkara/<case_id>/sop")
def sop_of_case(case_id: str) -> Response:
    """Return the page of the SOP version that a case keeps to its end."""
    opened = opened_case(case_id)
    sop, stages = opened.case.sop, stages_of(opened)
    return page(
        "sop.html",
        case_id=case_id,
        state=opened.state,
        sop=sop,
        leaf=opened.case.sop_ref.leaf,
        newer=enactments_of(opened).newest != opened.case.sop_ref.leaf,
        identity=_form(sop.identity),
        findings=_findings(opened),
        steps=steps_of(opened, stages),
        sheets=sheets(sop, stages, value_in_words),
        **WORDS,
    )


def _findings(opened: OpenedCase) -> list[Finding]:
    """Return what is to be seen about the SOP; of a cell that the office confirmed, how and in which leaf."""
    case, confirmed = opened.case, dict[str, Finding]()
    for one in enactments_of(opened).readings:
        said = one.value
        if said.sop == case.sop_ref.leaf:
            where = f"langkah {said.step}, {said.cell}"
            read = f" sebagai {said.reading.words}" if isinstance(said.reading, Duration) else ""
            sentence = f'Tertulis "{said.raw}"; ditegaskan kantor{read} pada daun {one.index}, berlaku sejak itu.'
            confirmed[where] = Finding("confirmed", where, sentence, "catatan")
    found = [confirmed.pop(one.where, one) for one in findings(case.sop)]
    return [*found, *confirmed.values()]


def _form(identity: Identity) -> list[tuple[str, list[str]]]:
    """Return the identity in the order of its form (PermenPAN-RB 35/2012): heading, lines as they are written."""
    approved = identity.approved_by
    who = [approved.title.raw, approved.name.raw, approved.rank.raw, approved.nip.raw]
    return [
        (_("Instansi"), [one.raw for one in identity.institution]),
        (_("Nomor SOP"), [identity.number.raw]),
        (_("Tanggal pembuatan"), [identity.created.raw]),
        (_("Tanggal revisi"), [identity.revised.raw]),
        (_("Tanggal efektif"), [identity.effective.raw]),
        (_("Disahkan oleh"), who),
        (_("Nama SOP"), [identity.name.raw]),
        (_("Dasar hukum"), _listed(identity.legal_basis)),
        (_("Kualifikasi pelaksana"), _listed(identity.qualifications)),
        (_("Keterkaitan"), _listed(identity.related)),
        (_("Peralatan dan perlengkapan"), _listed(identity.equipment)),
        (_("Peringatan"), [identity.warning.raw]),
        (_("Pencatatan dan pendataan"), [identity.records.raw]),
    ]


def _listed(items: Any) -> list[str]:
    return [f"{one.number} {one.raw}".strip() for one in items]
