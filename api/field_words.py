"""What each value of an act is, in Indonesian, how it is given on the command line, and which ones are filled in.

One table for what ``jejak act`` says is missing, what ``jejak kinds`` lists and what docs/cli.md tells; a test holds it
against the schemas of :mod:`ledger.bodies`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from api.fields_of import Member, document_path, members, schema_of
from keys.errors import Refused
from keys.member_words import value_in_words
from ledger.bodies import CATALOGUE
from ledger.correction import CORRECTABLE
from ledger.kind_names import name_of

#: Kinds that are signed when a ledger is founded, by ``jejak found``.
BY_FOUNDING = frozenset({"ledger.founded", "founding.accepted"})

#: path -> (what it is, an example)
WORDS: dict[str, tuple[str, str]] = {
    "step": ("nomor langkah SOP", "6"),
    "deviation": ("alasan menyimpang dari urutan SOP", "Kasubag cuti; Camat memerintahkan langsung."),
    "paper.scan": ("pindaian naskah kertas, bila dicatat menyusul", ""),
    "paper.by": ("siapa yang menorehkan tangan di kertas, bila bukan Anda", "Sri Wahyuni"),
    "sop": ("SOP yang dipakai", ""),
    "replaces": ("yang digantikan", ""),
    "document": ("dokumen", ""),
    "note": ("catatan", "Sesuai Renstra."),
    "reason": ("alasan", "Rumus memuat target."),
    "subject": ("pokok perkara", "Penyusunan IKU 2026"),
    "instruction": ("isi perintah", "Susun sesuai Renstra."),
    "decision": ("keputusan", "setuju"),
    "round": ("putaran", "2"),
    "answers": ("sidik daun pengembalian yang dijawab", ""),
    "attachments.0": ("lampiran", ""),
    "to": ("langkah tujuan pengembalian", "4"),
    "leaf": ("tindakan yang dibetulkan: nomor daunnya, sidik daunnya, atau sedikitnya 8 angka pertamanya", "66"),
    "field": ("bagian yang dibetulkan, dengan nama Indonesia atau nama anggotanya", "isi ringkas"),
    "old": ("isi yang salah", "060/12"),
    "new": ("isi yang benar; isi yang salah diambil dari catatan", "060/21"),
    "letter.sender": ("pengirim surat masuk", "Bagian Organisasi Setda"),
    "letter.number": ("nomor surat masuk", "060/12/35.07.1/2026"),
    "letter.date": ("tanggal surat masuk", "2026-02-26"),
    "letter.received": ("tanggal surat diterima", "2026-02-27"),
    "letter.scan": ("pindaian surat masuk", ""),
    "agenda_no": ("nomor agenda", "1"),
    "urgency": ("sifat kecepatan", "segera"),
    "secrecy": ("sifat kerahasiaan", "biasa"),
    "forwarded_to.0": ("diteruskan kepada jabatan", "sekcam"),
    "period": ("periode", "2026-2030"),
    "period.first_year": ("tahun pertama periode", "2026"),
    "period.last_year": ("tahun terakhir periode", "2026"),
    "supersedes.case": ("nomor perkara yang digantikan", "11111111-1111-4111-8111-111111111111"),
    "supersedes.signature": ("sidik daun tanda tangan perkara itu", "64 angka heksa"),
    "addressees.0.name": ("nama penerima", "Inspektorat"),
    "addressees.0.copies": ("jumlah salinan", "2"),
    "number": ("nomor surat: klasifikasi/urut/kode jabatan/tahun", "070/1/35.07.11/2026"),
    "number.classification": ("nomor surat: klasifikasi", "070"),
    "number.running": ("nomor surat: nomor urut", "1"),
    "number.office_code": ("nomor surat: kode jabatan", "35.07.11"),
    "number.year": ("nomor surat: tahun", "2026"),
    "letter_date": ("tanggal surat keluar", "2026-03-02"),
    "sent_date": ("tanggal dikirim", "2026-03-02"),
    "addressee": ("kepada, seperti dalam buku agenda", "Inspektorat"),
    "summary": ("isi ringkas", "IKU 2026"),
    "remark": ("keterangan", "Lewat kurir"),
    "recipient": ("penerima salinan ini", "Inspektorat"),
    "method": ("cara pengiriman", "kurir"),
    "copies": ("jumlah salinan", "2"),
    "received_by": ("nama yang menerima", "Petugas loket"),
    "received_at": ("waktu diterima", "2026-03-02T10:00:00+07:00"),
    "evidence": ("bukti pengiriman", ""),
    "person.official": ("nama pendek pejabat dalam register", "sri-wahyuni"),
    "person.name": ("nama lengkap", "Sri Wahyuni"),
    "person.nip": ("NIP, 18 angka", "198001012005012001"),
    "person.rank": ("pangkat", "Pembina"),
    "person.without_nip": ("alasan tidak ada NIP", "Tenaga honorer"),
    "official": ("nama pendek pemilik kunci", "sri-wahyuni"),
    "public_key": ("kunci publik, dari jejak key show", "64 angka heksa"),
    "possession": ("bukti pemilikan, dari jejak key prove -o", "@bukti.json"),
    "mandate.mandate": ("nama mandat", "camat-sri-wahyuni"),
    "mandate.official": ("nama pendek pejabat", "sri-wahyuni"),
    "mandate.unit": ("unit kerja", "kalipare"),
    "mandate.office": ("jabatan, seperti dalam SOP", "camat"),
    "mandate.office_name": ("nama jabatan", "Camat Kalipare"),
    "mandate.capacity": ("kedudukan", "definitif"),
    "mandate.decree.number": ("nomor keputusan", "821/1/2026"),
    "mandate.decree.date": ("tanggal keputusan", "2026-01-02"),
    "mandate.decree.issuer": ("penerbit keputusan", "Bupati Malang"),
    "mandate.start": ("mulai berlaku", "2026-01-02"),
    "mandate.end": ("akhir berlaku", "2026-12-31"),
    "mandate.absence": ("sebab plt atau plh", "Cuti tahunan"),
    "mandate.own_office": ("jabatan sendiri, bagi a.n. dan u.b.", "sekcam"),
    "mandate.behalf_of": ("nama mandat yang diwakili, bagi a.n. dan u.b.", "camat-sri-wahyuni"),
    "mandate": ("nama mandat yang dicabut", "camat-sri-wahyuni"),
    "decree.number": ("nomor keputusan pencabutan", "821/9/2026"),
    "decree.date": ("tanggal keputusan pencabutan", "2026-03-02"),
    "decree.issuer": ("penerbit keputusan pencabutan", "Bupati Malang"),
    "keyid": ("sidik kunci yang dicabut", "64 angka heksa"),
    "compromised_since": ("sejak kapan kunci dipakai orang lain, bila diketahui", "2026-03-01T20:00:00+07:00"),
    "recovery": ("alasan pemulihan, hanya oleh pendiri bila pendaftar kurang dari dua", "Pendaftar tinggal satu."),
    "proposal": ("sidik daun usulan", "64 angka heksa"),
    "berita_acara": ("berita acara kunci", ""),
    "by": ("SOP lain yang dipakai sebagai gantinya", "sop-pengganti"),
    "cell": ("sel mutu baku atau pelaksana yang ditegaskan", "waktu"),
    "raw": ("bunyi sel itu dalam naskah", "II hari"),
    "reading": (
        "bacaannya: lama waktu (30 menit, 2 jam, 2 hari kerja), satu pelaksana, atau nama barang dengan koma",
        "2 hari kerja",
    ),
    "ground": ("dasar penegasan", "Rapat pembahasan SOP 2 Maret 2026."),
    "calendar": ("kalender kerja, berkas dari jejak calendar new", ""),
    "classifications.0": ("kode klasifikasi surat", "070"),
    "office_code": ("kode jabatan dalam nomor surat", "35.07.11"),
    "used.year": ("tahun yang sebagian nomornya sudah dipakai di atas kertas", "2026"),
    "used.running": ("nomor urut terakhir di atas kertas tahun itu", "41"),
    "used.agenda_no": ("nomor agenda terakhir di atas kertas tahun itu", "41"),
}

#: What the values to choose from mean, where that is not plain.
CHOICES = {
    "approved": "disetujui",
    "returned": "dikembalikan, dengan alasan (reason)",
    "plt": "pelaksana tugas, jabatan kosong",
    "plh": "pelaksana harian, berhalangan sementara",
    "an": "atas nama",
    "ub": "untuk beliau",
    "rotated": "diganti kunci baru",
    "lost": "hilang",
    "compromised": "dipakai atau dapat dipakai orang lain",
    "left": "pemiliknya tidak lagi menjabat",
}

#: Values that the command fills from the verified log; a person need not type them.
FROM_LOG = frozenset({"round", "replaces", "answers", "proposal", "raw", "old", "supersedes.signature"})
#: Names of the service's parameters that the command line has as options.
_TYPED = re.compile(r"Alamat: bagian '(at|from|to|official|office|kind|flag|unit|stream)'")


def _filled(kind: str, member: Member) -> bool:
    """Tell whether the command itself finds the value in the log."""
    if member.path == "sop":
        return kind != "sop.enacted"
    if member.path == "step":
        return CATALOGUE[kind][0] == "case"
    if member.path == "document":
        return not member.document
    return member.path in FROM_LOG or (kind == "dispatch.recorded" and member.path == "copies")


def what(member: Member) -> str:
    """Return what a value is, and what there is to choose from."""
    words = WORDS[re.sub(r"\.\d+(?=\.|$)", ".0", member.path)][0]
    choices = [f"{one} ({CHOICES[one]})" if one in CHOICES else one for one in member.choices]
    if member.path == "field":
        choices = [f"{called} ({name})" for name, called in CORRECTABLE.items()]
    return f"{words}: {' | '.join(choices)}" if choices else words


def option(kind: str, member: Member) -> str:
    """Return how a value is given on the command line, with an example."""
    if kind == "sop.enacted" and member.path == "sop":
        return "--document BERKAS-SOP.json"
    if member.path == "paper.scan":
        return "--paper BERKAS"
    if member.path == "attachments.0":
        return "--attach BERKAS"
    if member.document:
        attached = document_path(schema_of(CATALOGUE[kind][1])) == member.path
        return "--document BERKAS" if attached else "--body BERKAS.json"
    if member.path == "calendar":
        return "--body BERKAS.json"
    example = WORDS[re.sub(r"\.\d+(?=\.|$)", ".0", member.path)][1]
    if member.choices and example not in member.choices:
        example = value_in_words(member.choices[0])
    value = example if example and not re.search(r"[^\w@./:+-]", example) else shlex.quote(example)
    return f"--set {member.path}={value}"


def to_give(kind: str) -> list[tuple[Member, str]]:
    """Return what a person gives for an act of ``kind``: each value with how, those that are needed first."""
    found = [one for one in members(schema_of(CATALOGUE[kind][1])) if not _filled(kind, one)]
    return [(one, option(kind, one)) for one in sorted(found, key=lambda one: not one.required)]


def needed(kind: str) -> list[str]:
    """Return the options that an act of ``kind`` cannot do without: what ``jejak next`` tells."""
    return [how for one, how in to_give(kind) if one.required]


def told(kind: str, lacking: Iterable[Member]) -> str:
    """Return every value that is lacking, one a line, with its meaning and how it is given."""
    return "\n".join(["Tambahkan:", *(f"  {option(kind, one)}\n      {what(one)}" for one in lacking)])


def as_typed(fault: Refused) -> Refused:
    """Return a service's refusal with the parameters of its address named as they were typed here (``--from``)."""
    detail = _TYPED.sub(r"--\1", fault.detail).replace(" (tanda + dalam alamat ditulis %2B)", "")
    detail = detail.replace(" (dalam alamat, tanda + ditulis %2B)", "")
    allowed = fault.allowed.replace("pada from,", "pada --from,").replace("pada to.", "pada --to.")
    allowed = allowed.replace("/v1/officials", "jejak trail register").replace("/v1/cases", "jejak cases")
    return type(fault)(fault.rule, detail, allowed=allowed, **fault.facts)


def kinds_page() -> str:
    """Return the table of docs/cli.md: every kind that ``jejak act`` signs, and what a person gives for it."""
    rows = ["| kind | Indonesian | needed | optional |", "|---|---|---|---|"]
    for kind in CATALOGUE:
        if kind in BY_FOUNDING:
            continue
        given = to_give(kind)
        paths = [
            ", ".join(f"`{_named(kind, one)}`" for one, _ in given if one.required == required) or "-"
            for required in (True, False)
        ]
        rows.append(f"| `{kind}` | {name_of(kind)} | {' | '.join(paths)} |")
    return "\n".join(rows)


def _named(kind: str, member: Member) -> str:
    how = option(kind, member).split()[0]
    return how if how in ("--document", "--paper", "--attach", "--body") else member.path
