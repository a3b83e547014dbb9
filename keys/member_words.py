"""What people call the parts of a fact: the Indonesian word for each member name, for refusals.

Member names are storage formats and English; whoever reads a refusal sees the word, a program reads the fact
``member``. A test holds the table against every schema.
"""

from __future__ import annotations

from collections.abc import Sequence

#: member name -> what people call it, whatever it is part of.
MEMBERS: dict[str, str] = {
    "absence": "sebab berhalangan",
    "activities": "kegiatan pada kali pertama",
    "addressee": "kepada",
    "addressees": "penerima",
    "again": "kegiatan pada kali berikutnya",
    "agenda_no": "nomor agenda",
    "amount": "jumlah",
    "answers": "pengembalian yang dijawab",
    "approved_by": "yang mengesahkan",
    "attachments": "lampiran",
    "baseline": "nilai awal",
    "basis": "dasar",
    "berita_acara": "berita acara",
    "body": "isi",
    "bound": "melekat pada satu naskah",
    "by": "oleh siapa atau apa",
    "calendar": "kalender kerja",
    "capacity": "kedudukan",
    "case": "perkara",
    "cell": "sel",
    "classification": "kode klasifikasi",
    "classifications": "kode klasifikasi",
    "column": "kolom",
    "copies": "jumlah salinan",
    "created": "tanggal pembuatan",
    "date": "tanggal",
    "days_off": "hari libur",
    "decision": "keputusan",
    "decree": "surat keputusan",
    "deviation": "alasan penyimpangan",
    "digest": "sidik dokumen",
    "document": "dokumen",
    "effective": "tanggal efektif",
    "enacted": "tanggal penetapan",
    "enacting_office": "jabatan yang menetapkan SOP",
    "end": "akhir",
    "equipment": "peralatan",
    "evidence": "bukti pengiriman",
    "field": "bagian yang dibetulkan",
    "first_day": "hari pertama",
    "first_year": "tahun pertama",
    "form": "bentuk peraturan",
    "format": "bentuk berkas",
    "format_name": "bentuk berkas",
    "formula": "rumus",
    "forwarded_to": "diteruskan kepada",
    "founders": "pendiri",
    "founding": "pendirian",
    "ground": "dasar penegasan",
    "heading": "judul tabel",
    "identity": "identitas SOP",
    "indicator": "indikator kinerja utama",
    "institution": "instansi",
    "instruction": "perintah",
    "issuer": "penerbit",
    "kegiatan": "kegiatan",
    "kelengkapan": "kelengkapan",
    "keterangan": "keterangan",
    "kind": "jenis",
    "label": "keterangan contoh",
    "last_day": "hari terakhir",
    "last_year": "tahun terakhir",
    "leaf": "sidik daun",
    "ledger": "buku besar",
    "legal_basis": "dasar hukum",
    "letter": "surat masuk",
    "letter_date": "tanggal surat",
    "log_key": "kunci log",
    "mandate": "mandat",
    "measure": "satuan",
    "media_type": "jenis berkas",
    "method": "cara pengiriman",
    "name": "nama",
    "new": "isi yang benar",
    "next": "langkah lanjutan",
    "nip": "NIP",
    "no": "nomor langkah",
    "note": "catatan",
    "number": "nomor",
    "objective": "sasaran strategis",
    "occurred_at": "waktu kejadian",
    "office": "jabatan",
    "office_code": "kode jabatan",
    "office_name": "nama jabatan",
    "offices": "pelaksana",
    "official": "pejabat",
    "old": "isi yang salah",
    "output": "output",
    "own_office": "jabatan sendiri",
    "owner": "penanggung jawab",
    "paper": "naskah kertas",
    "pelaksana": "pelaksana",
    "period": "periode",
    "person": "orang",
    "possession": "bukti pemilikan kunci",
    "previous": "pendahulu",
    "proposal": "usulan",
    "public_key": "kunci publik",
    "qualifications": "kualifikasi pelaksana",
    "rank": "pangkat",
    "rationale": "alasan memilih indikator",
    "raw": "bunyi dalam naskah",
    "reading": "bacaan",
    "reason": "alasan",
    "received": "tanggal terima",
    "received_at": "waktu terima",
    "received_by": "nama yang menerima",
    "recipient": "penerima salinan",
    "records": "pencatatan dan pendataan",
    "related": "keterkaitan",
    "remark": "keterangan",
    "replaces": "yang digantikan",
    "rest_minutes": "lama istirahat",
    "rest_start": "mulai istirahat",
    "revised": "tanggal revisi",
    "root": "sidik segel",
    "round": "putaran",
    "rows": "baris",
    "running": "nomor urut",
    "scan": "pindaian",
    "seasons": "masa jam kerja khusus",
    "seats": "jumlah pemegang jabatan",
    "secrecy": "sifat kerahasiaan",
    "seen": "segel yang dilihat",
    "sender": "pengirim",
    "sent_date": "tanggal kirim",
    "signature": "tanda tangan",
    "size": "ukuran",
    "slug": "nama pendek SOP",
    "sop": "SOP",
    "source_note": "keterangan sumber",
    "sources": "sumber data",
    "start": "mulai",
    "step": "langkah",
    "steps": "langkah",
    "stream": "tempat tindakan",
    "subject": "perihal",
    "summary": "isi ringkas",
    "supersedes": "perkara yang digantikan",
    "synthetic": "tanda data contoh",
    "targets": "target",
    "thing": "nama pendek kelengkapan",
    "things": "kelengkapan dan hasil",
    "title": "judul",
    "to": "langkah tujuan",
    "unit": "unit",
    "urgency": "sifat kecepatan",
    "used": "nomor yang sudah dipakai di atas kertas",
    "value": "nilai",
    "version": "versi",
    "waktu": "waktu",
    "warning": "peringatan",
    "week": "jam kerja seminggu",
    "weekday": "hari",
    "when": "hasil keputusan",
    "without_nip": "alasan tidak ada NIP",
    "year": "tahun",
}
#: Values that are stored in English -> what people call them.
VALUES = {
    "approved": "disetujui",
    "returned": "dikembalikan",
    "one": "satu orang",
    "many": "beberapa orang",
    "an": "a.n.",
    "ub": "u.b.",
}


def words_of(path: Sequence[str | int]) -> str:
    """Return what people call the value at ``path``, the innermost part first; "" where no part has a word.

    Positions count from 1 for people: ``("addressees", 0, "copies")`` is "jumlah salinan (penerima ke-1)". What is
    in no schema, such as pydantic's names for the members of a union, is left out.
    """
    said: list[str] = []
    for part in path:
        if isinstance(part, int) or part.isdecimal():
            if said:
                said[-1] += f" ke-{int(part) + 1}"
        elif part in MEMBERS:
            said.append(MEMBERS[part])
    if not said:
        return ""
    outer = ", ".join(reversed(said[:-1]))
    return f"{said[-1]} ({outer})" if outer else said[-1]


def value_in_words(value: str) -> str:
    """Return what people call a value that the formats store."""
    return VALUES.get(value, value)
