"""What each kind of act means for whoever signs it: said to them before they sign.

Plain Indonesian; :mod:`ledger.sentences` puts it beside what exactly is signed.
"""

from __future__ import annotations

_PROPOSES = "pendaftar lain yang memutuskan; usulan ini belum memberi kuasa apa pun."
_ANSWERS = "Anda menyatakan inilah naskah yang Anda serahkan untuk diperiksa; naskah lain tidak ikut."
#: What the signer of each kind declares; a test holds it against the catalogue.
MEANINGS = {
    "ledger.founded": "Anda memulai buku besar ini dan menjadi pendaftar pertamanya, setelah pendiri kedua menerima.",
    "founding.accepted": "Anda ikut mendirikan buku besar ini dan menjadi pendaftar kedua.",
    "official.proposed": f"Anda menyatakan data orang ini benar; {_PROPOSES}",
    "official.approved": "Anda sudah memeriksa data orang ini, dan sejak ini ia terdaftar sebagai pejabat.",
    "key.proposed": f"Anda menyatakan kunci ini milik orang itu; {_PROPOSES}",
    "key.approved": "Anda sudah memeriksa bahwa kunci ini milik orang itu; sejak ini kunci itu berlaku atas namanya.",
    "mandate.proposed": f"Anda menyatakan keputusan jabatan ini ada; {_PROPOSES}",
    "mandate.approved": "Anda sudah memeriksa keputusan jabatan ini; sejak ini orang itu berwenang menurutnya.",
    "key.revoked": (
        "Kunci ini tidak berlaku lagi sesudah tindakan ini; tindakan sebelumnya tetap ada dan tidak diubah."
    ),
    "mandate.withdrawn": "Orang itu tidak lagi berwenang menurut mandat ini sesudah tindakan ini.",
    "sop.enacted": "SOP ini berlaku bagi setiap perkara yang dibuka sesudahnya.",
    "sop.superseded": (
        "Perkara baru tidak dibuka lagi menurut SOP ini; yang sudah dibuka diselesaikan menurut versinya."
    ),
    "reading.confirmed": (
        "Bacaan ini dipakai sejak tindakan ini; langkah yang sudah selesai tidak dinilai ulang, dan naskahnya tetap."
    ),
    "calendar.enacted": (
        "Waktu langkah yang selesai sesudah ini dihitung menurut kalender ini; yang sudah selesai tidak dinilai ulang."
    ),
    "numbering.enacted": "Surat menurut SOP ini, sesudah ini, hanya mendapat nomor dengan kode-kode ini.",
    "disposition.issued": "Anda memerintahkan pekerjaan ini dimulai menurut SOP yang berlaku.",
    "direction.given": "Anda meneruskan perintah dan memberi arah pengerjaannya.",
    "concept.drafted": _ANSWERS,
    "concept.typed": _ANSWERS,
    "concept.revised": f"{_ANSWERS} Persetujuan dan paraf atas naskah sebelumnya tidak berlaku lagi.",
    "typing.reviewed": "Anda sudah memeriksa ketikan naskah dengan sidik ini; keputusan berlaku untuk naskah ini saja.",
    "paraf.given": (
        "Anda bertanggung jawab atas substansi, redaksi, dan pengetikan naskah dengan sidik ini. Paraf belum menjadikan"
        " naskah ini keputusan."
    ),
    "signature.given": (
        "Anda mengambil keputusan: naskah dengan sidik ini ditetapkan, dan sesudahnya tidak berubah. Perubahan dibuat"
        " dengan perkara baru."
    ),
    "distribution.ordered": "Anda memerintahkan naskah yang sudah ditandatangani digandakan dan dikirim.",
    "agenda.ordered": "Anda memerintahkan naskah yang sudah ditandatangani diagendakan, digandakan, dan dikirim.",
    "agenda.recorded": "Anda menyatakan nomor dan tanggal surat ini dipakai untuk naskah dengan sidik ini.",
    "dispatch.recorded": "Anda menyatakan salinan ini sudah diterima penerima itu, dengan bukti yang Anda lampirkan.",
    "document.returned": (
        "Anda mengembalikan naskah dengan sidik ini untuk diperbaiki; langkah sesudahnya diulang, dan naskah yang baru"
        " membatalkan persetujuan dan paraf atas naskah ini."
    ),
    "disposition.withdrawn": "Anda mengakhiri perkara ini; sesudahnya hanya pembetulan salah tulis yang dapat dicatat.",
    "correction.recorded": "Anda menyatakan tulisan yang lama keliru dan yang baru benar; keduanya tetap terlihat.",
    "activity.performed": "Anda menyatakan kegiatan langkah ini sudah Anda laksanakan.",
    "activity.decided": "Anda mengambil keputusan langkah ini; hasilnya menentukan langkah berikutnya.",
}

#: Said besides, of an act that leaves the path, and of one that was done on paper.
DEVIATING = "Tindakan ini di luar urutan SOP: penyimpangan dan alasannya terlihat pada setiap tampilan."
ON_PAPER = "Anda bersaksi bahwa ini terjadi di atas kertas menurut pindaian itu; dicatat menyusul."
BY_HAND = (
    "Tanda tangan basah {} di kertas itu tidak menjadi tanda tangan elektroniknya; yang tercatat tanda tangan Anda."
)
