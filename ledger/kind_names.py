"""What each kind of act is called by the people who do it: short Indonesian names for refusals and headings."""

from __future__ import annotations

#: kind -> name; a test holds it against the catalogue and the SOP's vocabulary.
NAMES = {
    "ledger.founded": "pendirian buku besar",
    "founding.accepted": "penerimaan pendirian",
    "official.proposed": "usulan pejabat",
    "official.approved": "persetujuan pejabat",
    "key.proposed": "usulan kunci",
    "key.approved": "persetujuan kunci",
    "mandate.proposed": "usulan mandat",
    "mandate.approved": "persetujuan mandat",
    "key.revoked": "pencabutan kunci",
    "mandate.withdrawn": "pencabutan mandat",
    "sop.enacted": "penetapan SOP",
    "sop.superseded": "pencabutan SOP",
    "reading.confirmed": "penegasan bacaan",
    "calendar.enacted": "penetapan kalender kerja",
    "numbering.enacted": "penetapan penomoran",
    "disposition.issued": "disposisi",
    "direction.given": "pengarahan",
    "concept.drafted": "penyusunan konsep",
    "concept.typed": "pengetikan konsep",
    "concept.revised": "perbaikan konsep",
    "typing.reviewed": "pemeriksaan ketikan",
    "paraf.given": "paraf",
    "signature.given": "tanda tangan",
    "distribution.ordered": "perintah distribusi",
    "agenda.ordered": "perintah agenda",
    "agenda.recorded": "pencatatan agenda",
    "dispatch.recorded": "pencatatan pengiriman",
    "document.returned": "pengembalian dokumen",
    "disposition.withdrawn": "penarikan disposisi",
    "correction.recorded": "pembetulan",
    "activity.performed": "pelaksanaan kegiatan",
    "activity.decided": "keputusan kegiatan",
}


def name_of(kind: str) -> str:
    """Return what people call this kind of act; a kind from outside the catalogue is named as it is."""
    return NAMES.get(kind, kind)
