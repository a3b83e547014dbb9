"""What the act page says of each kind: labels beside the table of the command line, buttons, what can be undone.

How a form is laid out stands here too: at most four fields are seen at once, what a person seldom fills in waits
behind "Rincian lain". Pure words; :mod:`api.desk.act_forms` makes forms of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from api.field_words import WORDS
from keys.member_words import value_in_words

#: The most fields that are seen at once (DOMAIN: "start with 4 or 5, not 16").
MOST_SEEN = 4

_LABELS = {
    "document": "Naskah",
    "reason": "Alasan",
    "note": "Catatan",
    "to": "Dikembalikan ke langkah",
    "new": "Isi yang benar",
    "old": "Isi yang salah",
    "leaf": "Tindakan yang dibetulkan",
    "field": "Bagian yang dibetulkan",
    "step": "Langkah",
    "round": "Putaran",
    "replaces": "Menggantikan naskah",
    "answers": "Menjawab pengembalian",
    "sop": "SOP",
    "decision": "Keputusan",
    "letter.scan": "Pindaian atau foto surat masuk",
    "letter.sender": "Pengirim surat",
    "letter.number": "Nomor surat",
    "letter.date": "Tanggal surat",
    "forwarded_to.0": "Diteruskan kepada",
    "urgency": "Sifat kecepatan",
    "secrecy": "Sifat kerahasiaan",
    "subject": "Perihal",
    "supersedes.case": "Nomor perkara yang digantikan",
    "supersedes.signature": "Tanda tangan perkara yang digantikan",
    "addressees.0": "Penerima dan jumlah salinannya",
    "attachments.0": "Lampiran",
    "number": "Nomor surat keluar",
    "agenda_no": "Nomor agenda",
    "addressee": "Kepada",
    "recipient": "Penerima",
    "evidence": "Bukti pengiriman (pindaian atau foto)",
    "received_by": "Diterima oleh",
    "paper.scan": "Pindaian atau foto naskah kertas",
    "paper.by": "Tanda tangan siapa di kertas, bila bukan Anda",
    "deviation": "Alasan menyimpang dari urutan SOP",
    "occurred_at": "Terjadi di atas kertas pada",
}

#: What stands below a field, in one line.
HELP = {
    "reason": "Sebut apa yang harus diperbaiki; alasan ini dibaca penerima dan pemeriksa.",
    "number": "Klasifikasi/nomor urut/kode jabatan/tahun, misalnya 070/1/35.07.11/2026.",
    "period": "Satu tahun atau beberapa: 2026, atau 2026-2030.",
    "supersedes.case": "Hanya bila perkara ini menggantikan yang sudah ditandatangani.",
    "paper.by": "Nama di kertas itu; yang tercatat tetap tanda tangan Anda.",
    "deviation": "Alasan ini ikut ditandatangani dan terlihat pada setiap tampilan.",
    "occurred_at": "Tanggal dan jam WIB menurut kertasnya.",
}

#: kind -> parts of its form: heading ("" for none) and the fields that are seen.
LAYOUT: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "disposition.issued": (
        ("Surat masuk", ("letter.scan", "letter.sender", "letter.number", "letter.date")),
        ("Isi disposisi", ("subject", "period", "instruction", "urgency")),
    ),
    "direction.given": (("", ("instruction",)),),
    "concept.drafted": (("", ("document",)),),
    "concept.typed": (("", ("document",)),),
    "concept.revised": (("", ("document",)),),
    "typing.reviewed": (("", ("reason",)),),
    "distribution.ordered": (("", ("addressees.0",)),),
    "agenda.recorded": (
        ("Nomor", ("number", "agenda_no")),
        ("Surat", ("letter_date", "sent_date", "addressee", "summary")),
    ),
    "dispatch.recorded": (
        ("Penerima", ("recipient", "method")),
        ("Bukti", ("evidence", "received_by", "received_at")),
    ),
    "document.returned": (("", ("to", "reason")),),
    "disposition.withdrawn": (("", ("reason",)),),
    "correction.recorded": (("", ("new", "reason")),),
    "activity.performed": (("", ("subject", "document", "attachments.0")),),
    "activity.decided": (("", ("reason",)),),
}


@dataclass(frozen=True, slots=True)
class Button:
    """A button that ends in a signature: what it says, what it puts into the body, what it needs and leaves out."""

    label: str
    said: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()


_BUTTONS = {
    "disposition.issued": "Terbitkan disposisi",
    "direction.given": "Beri pengarahan",
    "concept.drafted": "Serahkan konsep",
    "concept.typed": "Serahkan ketikan",
    "concept.revised": "Serahkan perbaikan",
    "paraf.given": "Bubuhkan paraf",
    "signature.given": "Tanda tangani",
    "distribution.ordered": "Perintahkan distribusi",
    "agenda.ordered": "Perintahkan agenda",
    "agenda.recorded": "Catat dalam agenda",
    "dispatch.recorded": "Catat pengiriman",
    "document.returned": "Kembalikan dokumen",
    "disposition.withdrawn": "Tarik disposisi",
    "correction.recorded": "Catat pembetulan",
    "activity.performed": "Catat kegiatan",
}
_REVIEW = (
    Button("Setujui", {"decision": "approved"}, drops=("reason",)),
    Button("Kembalikan dengan alasan", {"decision": "returned"}, needs=("reason",)),
)

_MENDED = "Salah tulis dapat dibetulkan dengan tindakan pembetulan; tulisan lama dan baru sama-sama terlihat."
_RETURNABLE = "Selama belum ditandatangani, naskah masih dapat dikembalikan dengan alasan oleh pemegang giliran."
_REPLACED = "Naskah yang keliru diganti dengan naskah baru sesudah dikembalikan; semua versi tetap tersimpan."
#: kind -> what can be undone after it, and how.
UNDONE = {
    "disposition.issued": f"Disposisi dapat ditarik selama belum ada yang ditandatangani. {_MENDED}",
    "direction.given": _MENDED,
    "concept.drafted": _REPLACED,
    "concept.typed": _REPLACED,
    "concept.revised": _REPLACED,
    "typing.reviewed": (
        "Keputusan ini tidak dapat diubah. Naskah yang dikembalikan diperbaiki dalam putaran baru;"
        " yang disetujui masih dapat dikembalikan di langkah sesudahnya."
    ),
    "paraf.given": f"Paraf ini tidak dapat dihapus. {_RETURNABLE} Paraf pada naskah lama lalu tidak berlaku lagi.",
    "signature.given": (
        "Sesudah ini naskah tidak dapat diubah atau dikembalikan. Perubahan hanya dengan perkara baru yang"
        " menggantikannya. Bila ragu, kembalikan dokumennya sekarang dengan alasan."
    ),
    "distribution.ordered": f"Penerima dan jumlah salinan mengikat. {_MENDED}",
    "agenda.ordered": _MENDED,
    "agenda.recorded": f"Nomor surat dan nomor agenda mengikat dan tidak dapat dipakai lagi. {_MENDED}",
    "dispatch.recorded": f"Penerima dan jumlah salinan mengikat. {_MENDED}",
    "document.returned": "Pengembalian ini tidak dapat ditarik; naskah diperbaiki dalam putaran baru.",
    "disposition.withdrawn": "Perkara berakhir dan tidak dapat dilanjutkan lagi; bila perlu, buka perkara baru.",
    "correction.recorded": "Pembetulan yang keliru dibetulkan lagi dengan pembetulan baru.",
    "activity.performed": _MENDED,
    "activity.decided": f"Keputusan ini tidak dapat diubah. {_MENDED}",
}


def label_of(path: str) -> str:
    """Return what people call the value at ``path``; list positions count as the first."""
    first = re.sub(r"\.\d+(?=\.|$)", ".0", path)
    if first in _LABELS:
        return _LABELS[first]
    said = WORDS[first][0]
    return said[0].upper() + said[1:]


def choice_of(value: str) -> str:
    """Return what people call one of a field's choices."""
    return value_in_words(value)


def buttons_of(kind: str, outcomes: dict[str, bool]) -> tuple[Button, ...]:
    """Return the buttons of a kind; ``outcomes`` of a decision by the SOP: each with whether it needs a reason."""
    if kind == "typing.reviewed":
        return _REVIEW
    if kind == "activity.decided":
        return tuple(
            Button(f"Putuskan: {one}", {"decision": one}, needs=("reason",) if back else ())
            for one, back in outcomes.items()
        )
    return (Button(_BUTTONS[kind]),)


def texts() -> tuple[str, ...]:
    """Return everything that the tables here say in the reader's language, for whoever gathers texts."""
    titles = (title for parts in LAYOUT.values() for title, _ in parts if title)
    labels = (label_of(path) for path in WORDS if path not in _LABELS)
    buttons = (*_BUTTONS.values(), *(one.label for one in _REVIEW))
    return tuple(dict.fromkeys((*_LABELS.values(), *labels, *HELP.values(), *titles, *buttons, *UNDONE.values())))
