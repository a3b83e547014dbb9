"""What each flag is called: its stable name, and the few Indonesian words by which people seek and list it.

A flag's sentence tells the single case (:mod:`ledger.flags`, :mod:`ledger.paper_flags`,
:mod:`ledger.deviation_flags`, :mod:`projections.time_spent`); this is the list of all that an act can have and be found
by. What a case's document does not share with its case (:func:`ledger.iku_checks.against_case`) depends on the
document's bytes, which may be erased, so those flags stand on the case's state alone. Names are never renamed, only
added. Pure.
"""

from __future__ import annotations

#: name -> words; a test holds it against the rooms that give flags.
NAMES = {
    "claim.future": "waktu dinyatakan sesudah waktu catat",
    "claim.order": "waktu dinyatakan mendahului tindakan sebelumnya",
    "claim.mandate": "waktu dinyatakan di luar masa mandat",
    "late.claim": "dicatat menyusul tanpa pindaian",
    "late": "dicatat menyusul dari kertas",
    "deviation": "di luar SOP",
    "key.unproven": "identitas kunci belum dibuktikan",
    "key.questioned": "dipertanyakan karena kuncinya kemudian dicabut",
    "authority.recovered": "kunci atau mandat dari pemulihan oleh pendiri",
    "recovery.used": "pemulihan register oleh pendiri",
    "mandate.unbacked": "atas nama atau untuk beliau tanpa menyebut siapa yang diwakili",
    "one.person": "paraf dan tanda tangan oleh satu orang",
    "acting.signature": "ditandatangani Plt atau Plh",
    "reading.changed": "bacaan yang sudah ditegaskan diubah",
    "time.late": "langkah lewat dari mutu bakunya",
    "letter.order": "surat masuk diterima sebelum tanggalnya",
    "letter.future": "tanggal surat masuk sesudah hari pencatatan",
    "agenda.again": "nomor surat kedua dalam satu perkara",
    "agenda.future": "tanggal agenda sesudah hari pencatatan",
    "agenda.before-signature": "tanggal surat sebelum tanda tangan",
    "agenda.order": "surat dikirim sebelum tanggalnya",
    "agenda.year": "tahun nomor surat bukan tahun tanggalnya",
    "dispatch.future": "waktu terima sesudah waktu catat",
    "dispatch.before-signature": "waktu terima sebelum tanda tangan",
}
#: name -> words of the flags on a case's document, by which no act is found.
ON_DOCUMENTS = {
    "period.differs": "periode dalam dokumen bukan periode perkara",
    "document.sample": "dokumen berlabel contoh",
}

#: The one that a later act brings over an earlier one (:func:`ledger.verdicts.in_question`): no row of a view holds it.
QUESTIONED = "key.questioned"


def words_of(name: str) -> str:
    """Return what people call this flag; one from outside the list is named as it is."""
    return NAMES.get(name) or ON_DOCUMENTS.get(name, name)
