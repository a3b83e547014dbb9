"""BACA-SAYA: what a person reads first in an evidence bundle, in Indonesian, the same bytes for ever.

The text is part of the bundle's form (:mod:`ledger.bundle`): it follows from what else is in the bundle, and a bundle
with any other text is refused, so nobody can tell the reader another key or another story in our name. That is why the
words stand here in full, the notices too, and are never changed: another text is another form, with another number in
its first line. New bundles are of form :data:`NEWEST`; those of every older form are read for ever. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: The first line: what this is, and the number of its form.
_FIRST_LINE = "BUNDEL BUKTI JEJAK, bentuk {}"

_SYNTHETIC = "Buku besar percobaan: pejabat, NIP, dan dokumen di dalamnya sintetis (dibuat-buat).\n"

_FIRST = """\
{first_line}

Perkara     {case}
Perihal     {subject}
Buku besar  {origin}
Segel       {size} daun, akar {root}
Isi         tindakan perkara: {acts}, register: {register}, SOP {sop}: {enactments}; dokumen: {enclosed}
{synthetic}
JANGAN PERCAYA BERKAS INI BEGITU SAJA
Siapa pun dapat membuat berkas zip. Yang membuktikan adalah pemeriksaannya, dengan dua hal yang Anda
peroleh dari luar berkas ini, dari berita acara pendirian buku besarnya:
  kunci log  nama buku besar, tanda +, delapan angka, tanda +, isi kunci
  pendirian  sidik daun 0, 64 angka heksadesimal
Kunci atau kebijakan yang ditaruh orang di dalam zip tidak pernah dipakai.

CARA MEMERIKSA
  jejak verify BERKAS.zip --vkey KUNCI --founding SIDIK
Tanpa jaringan dan tanpa peladen. Sidik semua berkas diperiksa di komputer mana pun dengan:
  sha256sum -c SHA256SUMS

YANG TERBUKTI, bila pemeriksaan itu menyatakannya terbukti
- Tanda tangan: isi tindakan ditandatangani dengan kunci yang terdaftar atas nama pejabatnya.
- Wewenang: pejabat itu memegang jabatannya pada daun itu, menurut register di dalam bundel ini.
- Tempat: tindakan itu ada dalam log pada daun itu, dan segel yang dilihat penandatangannya dilanjutkan
  segel ini.
- Kesesuaian: tindakan itu mengikuti SOP perkaranya; yang menyimpang ditandatangani dengan alasannya.
- Dokumen: isinya persis yang disebut dalam tindakan.
- Perkara ini lengkap sampai versi terakhirnya di sini, menurut pernyataan log.

YANG TIDAK TERBUKTI
- Apa yang terjadi sesudah segel ini.
- Bahwa pernyataan log itu jujur. Bila kelak ada tindakan lain di bawah segel ini, pernyataan di berkas
  heads menjadi bukti bahwa log berbohong.
- Bahwa nomor suratnya tidak dipakai perkara lain, dan keadaan perkara lain yang digantikannya.
- Bahwa kepada semua orang ditunjukkan buku besar yang sama.
- Kebenaran isi surat, SK, dan dokumen; waktu yang dinyatakan orang; lama pengerjaan menurut mutu baku.

ISI
  checkpoint    segel log (C2SP tlog-checkpoint)
  heads         pernyataan log: tindakan terbaru perkara, register, dan SOP pada segel itu
  entries/      tindakan apa adanya, bernama nomor daunnya
  receipts/     tanda terima setiap tindakan (C2SP tlog-proof)
  consistency/  bukti bahwa segel ini melanjutkan segel yang dilihat penandatangan (C2SP tlog-witness)
  documents/    dokumen perkara, bernama sidik SHA-256 isinya
  SHA256SUMS    sidik semua berkas di atas dan berkas ini

DOKUMEN YANG DISEBUT DALAM PERKARA
{papers}
Tanda tangan elektronik tidak tersertifikasi (PP 71/2019 ps 60); bukan BSrE/PSrE; bukan pengganti tanda
tangan basah atau TTE tersertifikasi pada naskah dinas.
"""
_SECOND = """\
{first_line}

Perkara     {case}
Perihal     {subject}
Buku besar  {origin}
Segel       {size} daun, akar {root}
Terbaru     daun {newest}, dicatat {newest_at}: yang terakhir di dalam bundel ini
Isi         tindakan perkara: {acts}, register: {register}, SOP {sop}: {enactments}; dokumen: {enclosed}
{synthetic}
JANGAN PERCAYA BERKAS INI BEGITU SAJA
Siapa pun dapat membuat berkas zip. Yang membuktikan adalah pemeriksaannya, dengan dua hal yang Anda
peroleh dari luar berkas ini, dari berita acara pendirian buku besarnya:
  kunci log  nama buku besar, tanda +, delapan angka, tanda +, isi kunci
  pendirian  sidik daun 0, 64 angka heksadesimal
Kunci atau kebijakan yang ditaruh orang di dalam zip tidak pernah dipakai.

CARA MEMERIKSA, tanpa jaringan dan tanpa peladen
Seluruh bundel:
  jejak verify BERKAS.zip --vkey KUNCI --founding SIDIK
Apakah berkas ini yang diperiksa, diparaf, dan ditandatangani, dan apakah itu masih berlaku:
  jejak verify-document DOKUMEN BERKAS.zip --vkey KUNCI --founding SIDIK
Apakah log dahulu berkata lain. Yang Anda simpan (bundel lama, segel, tanda terima, folder ingatan)
ditambahkan pada kedua perintah di atas, boleh berulang:
  --remembered YANG-DISIMPAN
Kode keluar: 0 terbukti, selain yang disebut tidak tercakup dan yang disebut dalam kesimpulannya;
1 ada yang tidak cocok, atau tidak ada tanda yang berlaku pada dokumen itu; 2 ada yang tidak dapat
dinilai, atau tanda pada dokumen itu dipertanyakan; 3 perintahnya salah tulis.
Sidik semua berkas diperiksa di komputer mana pun dengan:
  sha256sum -c SHA256SUMS

YANG TERBUKTI, bila pemeriksaan itu menyatakannya terbukti
- Tanda tangan: isi tindakan ditandatangani dengan kunci yang terdaftar atas nama pejabatnya.
- Wewenang: pejabat itu memegang jabatannya pada daun itu, menurut register di dalam bundel ini.
- Tempat: tindakan itu ada dalam log pada daun itu, dan segel yang dilihat penandatangannya dilanjutkan
  segel ini.
- Kesesuaian: tindakan itu mengikuti SOP perkaranya; yang menyimpang ditandatangani dengan alasannya.
- Dokumen: isinya persis yang disebut dalam tindakan.
- Perkara ini lengkap sampai versi terakhirnya di sini, menurut pernyataan log.

YANG TIDAK TERBUKTI
- Bahwa pemilik kunci sendiri yang menandatangani. Siapa pun yang mencuri kunci dan kata sandinya dapat
  menandatangani atas nama pemiliknya sampai kunci itu dicabut, dan tanda tangannya tetap terbukti.
- Apa yang terjadi sesudah segel ini: juga penarikan perkara, pencabutan kunci, atau penggantian oleh
  perkara lain yang dicatat kemudian.
- Apakah perkara lain kemudian menggantikannya, juga di bawah segel ini: perkara lain tidak ada di sini.
- Bahwa pernyataan log itu jujur. Bila kelak ada tindakan lain di bawah segel ini, pernyataan di berkas
  heads menjadi bukti bahwa log berbohong.
- Bahwa nomor suratnya tidak dipakai perkara lain, dan keadaan perkara lain yang digantikannya.
- Bahwa kepada semua orang ditunjukkan buku besar yang sama.
- Kebenaran isi surat, SK, dan dokumen; lama pengerjaan menurut mutu baku.
- Waktu. Yang dinyatakan adalah kata penandatangan, yang dicatat adalah jam layanan itu sendiri.
- Berita acara kunci dan dokumen register atau SOP tidak ikut dalam bundel; hanya sidiknya yang disebut.

DIPERTANYAKAN berarti: kunci penandatangannya kemudian dicabut karena bocor, dan tindakan itu dicatat
sejak saat yang dinyatakan (bila tidak dinyatakan: seluruhnya). Tanda tangannya tetap terbukti, tetapi
siapa yang membubuhkannya tidak pasti lagi. Orang yang memutuskan artinya, bukan program.

ISI
  checkpoint    segel log (C2SP tlog-checkpoint)
  heads         pernyataan log: tindakan terbaru perkara, register, dan SOP pada segel itu
  entries/      tindakan apa adanya, bernama nomor daunnya
  receipts/     tanda terima setiap tindakan (C2SP tlog-proof)
  consistency/  bukti bahwa segel ini melanjutkan segel yang lebih kecil (C2SP tlog-witness): yang dilihat
                penandatangan, dan yang disebut peminta bundel ini
  documents/    dokumen perkara, bernama sidik SHA-256 isinya
  SHA256SUMS    sidik semua berkas di atas dan berkas ini
Baris tanda tangan orang lain pada checkpoint dan heads dapat ditambahkan siapa saja dan tidak
membuktikan apa pun; yang diperiksa hanya baris log, dan baris saksi yang Anda sebut sendiri.

DOKUMEN YANG DISEBUT DALAM PERKARA
{papers}
Tanda tangan elektronik tidak tersertifikasi (PP 71/2019 ps 60); bukan BSrE/PSrE; bukan pengganti tanda
tangan basah atau TTE tersertifikasi pada naskah dinas.
"""
_TEXTS = {1: _FIRST, 2: _SECOND}
#: The form of new bundles.
NEWEST = max(_TEXTS)
_NO_PAPERS = "Tidak ada.\n"
_PAPER = "  documents/{hex}\n    {name} ({media_type}, {size} bita), daun {leaves}{lacking}\n"
_LACKING = "; TIDAK DISERTAKAN"


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that acts of the case name: SHA-256 (hex), how the first of them calls it, at which leaves."""

    hex: str
    name: str
    media_type: str
    size: int
    leaves: Sequence[int]
    enclosed: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle says it has; ``root`` is base64, the counts are entries, ``newest`` is its last leaf index."""

    case: str
    subject: str
    origin: str
    size: int
    root: str
    acts: int
    register: int
    sop: str
    enactments: int
    synthetic: bool
    papers: Sequence[Paper]
    newest: int
    newest_at: str


def form_of(data: bytes) -> int:
    """Return the number of the form that a BACA-SAYA names in its first line; :data:`NEWEST` where it names none."""
    first = data.partition(b"\n")[0]
    return next((form for form in _TEXTS if first == _FIRST_LINE.format(form).encode()), NEWEST)


def readme(contents: Contents, form: int) -> bytes:
    """Return the bytes of BACA-SAYA.txt in a form."""
    papers = "".join(_paper(paper) for paper in contents.papers) or _NO_PAPERS
    text = _TEXTS[form].format(
        first_line=_FIRST_LINE.format(form),
        case=contents.case,
        subject=contents.subject,
        origin=contents.origin,
        size=contents.size,
        root=contents.root,
        acts=contents.acts,
        register=contents.register,
        sop=contents.sop,
        enactments=contents.enactments,
        enclosed=sum(paper.enclosed for paper in contents.papers),
        synthetic=_SYNTHETIC if contents.synthetic else "",
        papers=papers,
        newest=contents.newest,
        newest_at=contents.newest_at,
    )
    return text.encode()


def _paper(paper: Paper) -> str:
    leaves = ", ".join(map(str, paper.leaves))
    lacking = "" if paper.enclosed else _LACKING
    return _PAPER.format(
        hex=paper.hex, name=paper.name, media_type=paper.media_type, size=paper.size, leaves=leaves, lacking=lacking
    )
