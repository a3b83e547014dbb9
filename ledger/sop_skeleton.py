"""A skeleton of an SOP: a file in the wire form of :mod:`ledger.sop` that says in itself what is to be written where.

Every text to be written begins with :data:`PLACEHOLDER`, every short name with ``isi-``; :func:`open_texts` finds
them. The first cell of each kind carries a note that explains it. The skeleton passes :func:`ledger.sop.check` as it
stands, so that whoever fills it in can check it at any time; what is still open is told by :mod:`ledger.sop_findings`.
Cells that hold no text (a date, a duration) wait as ``tidak-terbaca``, so that no example of ours can pass for the
office's own figure. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from keys.errors import Malformed
from ledger.sop import Sop

#: What a text that is still to be written begins with.
PLACEHOLDER = "ISI:"
#: A skeleton has at most this many steps; longer ones no longer fit an act once they are filled in.
MOST_STEPS = 30
#: Without a wish it has this many.
STEPS = 4

_NAMES = re.compile(r"isi-(?:nama-sop|unit|syarat|pelaksana-[0-9]+|hasil-[0-9]+)")

Json = dict[str, Any]

_WHOLE = (
    "petunjuk berkas ini. Ganti atau hapus semua teks yang berawal ISI:. Nama pendek yang berawal isi- diganti di"
    " seluruh berkas (cari dan ganti semua), dengan huruf kecil, angka, dan tanda hubung. Nama pendek pelaksana harus"
    " sama dengan nama jabatan pada mandat pejabatnya. seats: one bila jabatan dipegang satu orang, many bila beberapa"
    " orang. bound: true bila barang itu ikut batal ketika konsep diganti (konsep, paraf, tanda tangan). media_type:"
    " jenis berkas dokumennya. Catatan sumber ini diganti dengan asal naskahnya, atau dihapus."
)
_CELL = (
    "petunjuk setiap sel. raw: persis seperti tertulis di naskah, salah ketiknya juga; kosong ditulis dengan dua tanda"
    " petik saja. reading: bacaan kita atas tulisan itu. basis: sumber (tertulis begitu), tanda (lambang di kolom"
    " pelaksana), disimpulkan (tidak tertulis; note wajib memuat alasannya), dikonfirmasi (sudah dipastikan kantor;"
    " note menyebut oleh siapa), atau tidak-terbaca (reading tidak ditulis sama sekali). note: catatan; hapus petunjuk"
    " ini."
)
_DATE = (
    'petunjuk tanggal. Sesudah raw diisi, tulis "reading": "2026-01-31" dan "basis": "sumber", lalu hapus note ini.'
    " Bila tidak jelas, biarkan tidak-terbaca dan tulis di note mengapa."
)
_NIP = 'petunjuk NIP. Tulis "reading" dengan 18 angka tanpa spasi dan "basis": "sumber", lalu hapus note ini.'
_LAW = (
    "petunjuk peraturan. number: nomor urut di naskah. Sesudah raw diisi, tulis"
    ' "reading": {"form": "Peraturan Bupati", "number": "46", "year": 2017} dan "basis": "sumber", lalu hapus note ini.'
)
_ITEM = "petunjuk daftar. Satu butir satu sel; number: nomor urut di naskah. Tambah atau hapus butir seperlunya."
_KEGIATAN = (
    "petunjuk langkah. activities: activity.performed untuk melaksanakan, activity.decided untuk memutuskan,"
    " signature.given untuk menandatangani. next: langkah sesudahnya; pada keputusan, setiap hasil (when) punya langkah"
    " sendiri; langkah terakhir: kosong."
)
_PELAKSANA = (
    "petunjuk pelaksana. raw: sisa tanda di bagan, column: di kolom siapa tanda itu, reading: siapa yang mengerjakan."
    ' Tanpa tanda: raw kosong, tanpa column, "basis": "disimpulkan", dan note memuat alasannya.'
)
_KELENGKAPAN = (
    "petunjuk kelengkapan dan output. reading: nama pendek dari daftar things. Yang diperlukan sebuah langkah harus"
    " sudah ada: dihasilkan langkah sebelumnya, atau, pada langkah pertama, dibawa dari luar."
)
_WAKTU = (
    'petunjuk waktu. Sesudah raw diisi, tulis "reading": {"amount": 10, "unit": "menit"} dan "basis": "sumber", lalu'
    " hapus note ini. unit: menit, jam, atau hari-kerja. Bila tidak jelas, biarkan tidak-terbaca dan tulis di note"
    " mengapa; kantor dapat menegaskannya kelak."
)


def open_texts(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every text in a JSON value that still waits to be replaced, with its path: member names and positions."""
    if isinstance(value, str):
        if value.startswith(PLACEHOLDER) or _NAMES.fullmatch(value):
            yield path, value
        return
    for name, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from open_texts(one, (*path, str(name)))


def skeleton(steps: int = STEPS, title: str | None = None) -> bytes:
    """Return a skeleton of this many steps as indented UTF-8 JSON; from three steps on, the last but one decides.

    Raises Malformed for a number of steps outside 1 to :data:`MOST_STEPS`, or a title that is not one line.
    """
    if not 1 <= steps <= MOST_STEPS:
        raise Malformed("sop.steps", f"Kerangka dengan {steps} langkah.", allowed=f"1 sampai {MOST_STEPS} langkah.")
    offices = range(1, min(steps, 2) + 1)
    value = {
        "format": "jejak.sop/1",
        "slug": "isi-nama-sop",
        "unit": "isi-unit",
        "title": title or _open("judul SOP"),
        "document": {"media_type": "application/pdf", "name": _open("nama dokumen yang dihasilkan SOP ini")},
        "source_note": _open(_WHOLE),
        "identity": _identity(title),
        "heading": _text("judul tabel langkah di naskah"),
        "offices": [
            {"office": f"isi-pelaksana-{at}", "name": _open(f"kepala kolom pelaksana ke-{at}"), "seats": "one"}
            for at in offices
        ],
        "things": [
            {"thing": "isi-syarat", "name": _open("yang harus ada sebelum langkah 1"), "bound": False},
            *(
                {"thing": f"isi-hasil-{at}", "name": _open(f"hasil langkah {at}"), "bound": False}
                for at in range(1, steps + 1)
            ),
        ],
        "steps": [_step(at, steps) for at in range(1, steps + 1)],
    }
    data = json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8") + b"\n"
    Sop.parse(data)
    return data


def _identity(title: str | None) -> Json:
    name = {"raw": title, "reading": title, "basis": "sumber"} if title else _text("nama SOP")
    return {
        "institution": [_text("nama instansi, satu sel satu baris", _CELL)],
        "number": _text("nomor SOP"),
        "created": _unread("tanggal pembuatan", _DATE),
        "revised": _unread("tanggal revisi, atau kosongkan", "seperti tanggal pembuatan."),
        "effective": _unread("tanggal efektif", "seperti tanggal pembuatan."),
        "approved_by": {
            "title": _text("jabatan yang mengesahkan"),
            "name": _text("nama yang mengesahkan"),
            "rank": _text("pangkat yang mengesahkan"),
            "nip": _unread("NIP yang mengesahkan", _NIP),
        },
        "name": name,
        "legal_basis": [{"number": "1."} | _unread("dasar hukum", _LAW)],
        "qualifications": [{"number": "1."} | _text("kualifikasi pelaksana", _ITEM)],
        "related": [{"number": "1."} | _text("keterkaitan dengan SOP lain")],
        "equipment": [{"number": "1."} | _text("peralatan atau perlengkapan")],
        "warning": _text("peringatan"),
        "records": _text("pencatatan dan pendataan"),
    }


def _step(at: int, last: int) -> Json:
    first, decides, office = at == 1, at == last - 1 and at > 1, f"isi-pelaksana-{2 - at % 2}"
    needs = "isi-syarat" if first else f"isi-hasil-{at - 1}"
    ways: list[Json] = [{"to": str(at + 1)}] if at < last else []
    if decides:
        ways = [{"to": str(at + 1), "when": "setuju"}, {"to": str(at - 1), "when": "perbaiki"}]
    return {
        "no": str(at),
        "activities": ["activity.decided" if decides else "activity.performed"],
        "kegiatan": _text(f"kegiatan langkah {at}", _KEGIATAN if first else None),
        "pelaksana": {
            "raw": _open("sisa tanda di kolom pelaksana"),
            "reading": office,
            "basis": "tanda",
            **({"note": _open(_PELAKSANA)} if first else {}),
            "column": office,
        },
        "kelengkapan": _things("kelengkapan", needs, _KELENGKAPAN if first else None),
        "waktu": _unread("waktu", _WAKTU if first else "seperti waktu langkah 1."),
        "output": _things("output", f"isi-hasil-{at}"),
        "keterangan": _text("keterangan, atau kosongkan", "hapus bersama bacaannya bila keterangan kosong.")
        if first
        else {"raw": "", "basis": "tidak-terbaca"},
        "next": ways,
    }


def _open(what: str) -> str:
    return f"{PLACEHOLDER} {what}"


def _text(what: str, note: str | None = None) -> Json:
    """Return a cell whose reading is its text."""
    return {"raw": _open(what), "reading": _open(what), "basis": "sumber"} | ({"note": _open(note)} if note else {})


def _unread(what: str, note: str) -> Json:
    """Return a cell whose reading is no text: it waits unread, and its note says how to write it."""
    return {"raw": _open(what), "basis": "tidak-terbaca", "note": _open(note)}


def _things(what: str, slug: str, note: str | None = None) -> Json:
    return {"raw": _open(what), "reading": [slug], "basis": "sumber"} | ({"note": _open(note)} if note else {})
