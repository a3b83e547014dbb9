"""What refusals say besides their own words: each rule as one sentence, and the step that a refusal is about.

:data:`RULES` has every rule that the service can name in an answer; a test holds it against the source. Pure.
"""

from __future__ import annotations

from keys.errors import Refused

_TREE = "Bukti, jumlah, dan sidik catatan harus cocok satu sama lain."
_STORED = "Isi penyimpanan harus sama dengan yang ditandatangani dan disegel."
_OUTSIDE = "Buku besar melanjutkan semua segel yang pernah diberikan."
_REMEMBERED = "Ingatan di luar buku besar berisi segel buku besar ini, dan terbaca."
_TILE = "Log dibaca per bagian, dengan alamat dan isi menurut bentuk baku."
_SEAL = "Segel ditulis dalam satu bentuk baku."
_BUNDLE = "Bundel bukti ditulis dalam satu bentuk baku, tanpa tambahan."
_HEADS = "Pernyataan log ditulis dalam satu bentuk baku, dan benar."
_RECEIPT = "Tanda terima ditulis dalam satu bentuk baku."
_NOTE = "Naskah dan kunci pemeriksanya ditulis dalam bentuk baku."
_TEXT = "Isi tindakan ditulis dalam satu bentuk baku, dengan satu arti."
_KEY = "Kunci publik harus kunci tanda tangan yang kuat, dalam bentuk bakunya."
_SIGNATURE = "Tanda tangan dibuat dengan kunci yang disebut, atas isi kiriman."
_POSSESSION = "Pemilik kunci membuktikan bahwa kunci itu ada padanya."
_MARK = "Tanda pada dokumen hanya ditunjukkan bila dapat diperiksa."
_SEEN = "Penandatangan menyebut segel terbaru buku besar ini."
_DRAFT = "Tindakan menyebut dokumen yang ada dalam perkara, bukan dokumen lain."
_VIEWS = "Tampilan disusun dari buku besar, tanpa yang dilewati."
_SEARCH = "Jejak dicari menurut nama dan masa yang dikenal buku besar ini."
_READS = "Siapa membaca apa dicari menurut nama yang dikenal buku besar ini."
_FLOW = "Setiap langkah SOP dapat dicapai dan membawa perkara ke akhirnya."
_BUSY = "Tindakan dicatat satu per satu; amplop yang sama boleh dikirim lagi."
_FORM = "Basis data disiapkan untuk versi Jejak yang memakainya."
_ENTRANCE = "Permintaan masuk dibatasi supaya semua orang dapat dilayani."
_IKU = "Dokumen IKU ditulis dalam satu bentuk baku."

#: rule -> what it asks for, as a clerk would be told.
RULES: dict[str, str] = {
    # The frame of an act
    "envelope.form": "Tindakan dikirim dalam satu amplop dengan satu tanda tangan.",
    "envelope.size": "Amplop hanya memuat tindakan; dokumen diunggah terpisah.",
    **dict.fromkeys(("base64.form", "base64.canonical"), _TEXT),
    **dict.fromkeys(("json.utf8", "json.syntax", "json.value", "json.character", "json.duplicate"), _TEXT),
    **dict.fromkeys(("json.integer", "json.float", "json.depth"), _TEXT),
    **dict.fromkeys(("act.schema", "act.spelling", "act.null"), _TEXT),
    "act.type": "Amplop yang dicatat berisi tindakan, bukan tanda tangan untuk keperluan lain.",
    "act.kind": "Hanya jenis tindakan yang ada dalam daftar yang dapat dicatat.",
    "act.stream": "Setiap jenis tindakan dicatat pada tempatnya: register, SOP, atau perkara.",
    "act.previous": "Tindakan menyebut pendahulunya, kecuali tindakan pertama.",
    "act.field": "Isi tindakan hanya bagian yang dikenalnya, masing-masing dalam bentuknya.",
    "act.body": "Setiap bagian tindakan yang wajib diisi, dalam bentuk yang diminta.",
    "act.ledger": "Tindakan hanya berlaku untuk buku besar yang disebut di dalamnya.",
    "stream.version": "Setiap tindakan langsung melanjutkan tindakan yang terakhir.",
    "stream.taken": "Satu tempat dalam riwayat hanya untuk satu tindakan.",
    "stream.previous": "Setiap tindakan menyambung pada tindakan sebelumnya.",
    "stream.unknown": "Yang punya jejak hanya yang sudah mempunyai tindakan tercatat.",
    **dict.fromkeys(("seen.missing", "seen.ahead", "seen.behind", "seen.root"), _SEEN),
    **dict.fromkeys(("journal.busy", "journal.crowded"), _BUSY),
    "journal.durability": "Yang sudah dijawab tercatat harus sudah aman di disk.",
    "journal.foreign": "Yang ditulis ke buku besar tersimpan persis seperti ditulis.",
    **dict.fromkeys(("journal.schema", "database.older", "database.newer"), _FORM),
    "database.unreachable": "Basis data buku besar harus menjawab.",
    "database.used": "Buku besar dipindahkan ketika tidak ada yang memakainya.",
    **dict.fromkeys(("database.moved", "database.note"), "Sebuah buku besar ada, dan berlanjut, di satu tempat saja."),
    "settings.database_url": "Alamat penyimpanan ditulis dalam bentuk yang dikenal.",
    "journal.clock": "Waktu catat tidak pernah mundur.",
    "journal.unreadable": "Buku besar dibaca langsung dari penyimpanannya, tidak dari ingatan.",
    # Keys and signatures
    **dict.fromkeys(("key.hex", "key.length", "key.canonical", "key.weak", "key.point"), _KEY),
    **dict.fromkeys(("signature.form", "signature.key", "signature.keyid", "signature.invalid"), _SIGNATURE),
    **dict.fromkeys(("possession.type", "possession.form", "possession.ledger"), _POSSESSION),
    **dict.fromkeys(("possession.official", "possession.public_key"), _POSSESSION),
    # Authority
    "authority.key": "Yang menandatangani memakai kunci yang terdaftar dan masih berlaku.",
    "authority.official": "Setiap pejabat menandatangani dengan nama dan kuncinya sendiri.",
    "authority.mandate": "Penandatangan memakai mandatnya sendiri yang masih berlaku.",
    "authority.period": "Mandat hanya berlaku dalam masanya.",
    "authority.office": "Setiap tindakan dilakukan pemegang jabatan yang berwenang di unitnya.",
    "authority.seat": "Jabatan untuk satu orang dipegang yang terakhir diberi mandatnya.",
    "authority.behalf": "Atas nama berlaku selama yang diwakili memegang jabatannya.",
    # Founding and register
    "ledger.founded": "Buku besar didirikan satu kali, sebelum tindakan lain.",
    "founding.accepted": "Pendirian diterima pendiri kedua, satu kali, sebelum tindakan lain.",
    "founding.log_key": "Pendirian menyebut kunci log milik buku besar ini.",
    "founding.mandate": "Pendiri memegang mandat pendaftar atas namanya sendiri.",
    "founding.two": "Buku besar didirikan dua orang yang berbeda dengan kunci yang berbeda.",
    "founding.signer": "Pendirian ditandatangani pendiri pertama dengan kuncinya sendiri.",
    "founding.successor": "Penerus bernama baru dan menyebut segel pendahulunya.",
    "register.official": "Setiap orang didaftarkan satu kali, lalu diberi kunci dan mandat.",
    "register.nip": "Satu NIP hanya untuk satu orang.",
    "register.person": "NIP seseorang tidak pernah berganti.",
    "register.changed": "Data seseorang disetujui selama belum berubah sejak diusulkan.",
    "register.behalf": "Yang diwakili memegang jabatan yang sama dan masih berwenang.",
    "register.stale": "Usulan gugur bila pengusulnya tidak berwenang lagi.",
    "register.revoked": "Yang dicabut adalah kunci yang terdaftar dan masih berlaku.",
    "register.since": "Yang dinyatakan bocor adalah waktu yang sudah lewat.",
    "register.withdrawn": "Yang dicabut adalah mandat yang ada dan belum dicabut.",
    "register.key": "Setiap kunci didaftarkan satu kali, untuk satu orang.",
    "register.mandate": "Setiap mandat mempunyai nama sendiri dalam register.",
    "register.proposal": "Yang disetujui adalah usulan yang masih menunggu keputusan.",
    "register.four_eyes": "Kuasa diberikan dua pendaftar, tidak bagi diri sendiri.",
    "recovery.founder": "Register dipulihkan dua pendiri buku besar.",
    "recovery.needless": "Register dipulihkan bila pendaftar yang berwenang kurang dari dua.",
    "recovery.registrars": "Pemulihan hanya mengadakan pendaftar lagi.",
    "recovery.both": "Pemulihan diusulkan dan disetujui sebagai pemulihan.",
    # SOPs as they are enacted
    "sop.form": "SOP ditulis dalam bentuk yang ditentukan, tanpa bagian kosong.",
    "sop.size": "Ukuran SOP dibatasi supaya muat dalam satu tindakan.",
    "sop.duplicate": "Langkah, pelaksana, dan kelengkapan masing-masing didaftar satu kali.",
    "sop.placeholder": "SOP yang ditetapkan tidak lagi memuat isian kerangkanya.",
    "sop.steps": "Kerangka SOP dibuat dengan banyak langkah yang wajar.",
    "sop.office": "Setiap langkah SOP mempunyai pelaksana yang ada dalam daftar pelaksana.",
    "sop.thing": "Kelengkapan dan hasil langkah ada dalam daftar kelengkapan SOP.",
    "sop.next": "Langkah lanjutan adalah langkah yang ada dalam SOP.",
    "sop.decision": "Hanya keputusan yang bercabang, dan cabangnya menyebut semua hasil.",
    **dict.fromkeys(("sop.unreachable", "sop.end"), _FLOW),
    "sop.first": "Langkah pertama SOP membuka perkara.",
    "sop.document": "Dokumen dibuat dahulu, baru diperiksa, diparaf, atau ditandatangani.",
    "sop.return": "Pengembalian menuju langkah yang memperbaiki dokumen.",
    "sop.signed": "Sesudah ditandatangani dokumen tidak diubah lagi.",
    "sop.dispatch": "Pengiriman dicatat sesudah diperintahkan.",
    "sop.stream": "SOP ditetapkan pada tempat yang bernama sama dengan SOP itu.",
    "sop.replaces": "Versi baru SOP menyebut versi berlaku yang digantikannya.",
    "sop.unit": "SOP tetap milik unit yang menetapkannya.",
    "sop.by": "SOP yang dicabut digantikan SOP lain, bukan dirinya sendiri.",
    "sop.source": "Kelengkapan sebuah langkah sudah ada bila perkara sampai di situ.",
    "sop.superseded": "SOP yang sudah dicabut tidak dipakai lagi dan tidak dicabut dua kali.",
    "sop.unknown": "SOP ditetapkan dahulu, baru dipakai.",
    "sop.version": "Yang dipakai atau dicabut adalah versi SOP yang sedang berlaku.",
    "reading.sop": "Penegasan menyebut versi SOP yang ada.",
    "reading.raw": "Penegasan mengutip bunyi sel persis seperti dalam naskah SOP.",
    "reading.clear": "Hanya sel yang belum jelas atau disimpulkan yang dapat ditegaskan.",
    "reading.blank": "Sel yang kosong tidak ditegaskan, tetapi diisi versi SOP baru.",
    "reading.fits": "Penegasan menjelaskan bunyi naskah, tidak menambah atau mengubahnya.",
    "reading.same": "Penegasan dibuat bila bacaannya berubah.",
    "calendar.same": "Kalender kerja ditetapkan bila ada yang berubah.",
    "numbering.same": "Penomoran ditetapkan bila ada yang berubah.",
    "numbering.code": "Bagian-bagian kode jabatan dipisah satu tanda saja.",
    # The path of a case
    "sop.step": "Tindakan menyebut langkah yang ada dalam SOP perkaranya.",
    "sop.order": "Tindakan mengikuti urutan SOP, atau memuat alasan penyimpangan.",
    "sop.activity": "Setiap langkah hanya berisi kegiatannya sendiri, pada gilirannya.",
    "sop.needless": "Alasan penyimpangan hanya untuk tindakan yang memang menyimpang.",
    "sop.kelengkapan": "Langkah dikerjakan bila kelengkapannya sudah ada.",
    "sop.outcome": "Keputusan memilih salah satu hasil yang ada dalam SOP.",
    "sop.reason": "Keputusan yang mengembalikan perkara disertai alasan.",
    "case.open": "Perkara dibuka satu kali, dengan langkah pertama SOP-nya.",
    "case.unknown": "Yang dapat dilihat hanya perkara yang sudah dibuka.",
    "case.sop": "Perkara tetap memakai versi SOP yang berlaku ketika dibuka.",
    "case.period": "Periode perkara tidak berubah.",
    "case.forwarded": "Disposisi diteruskan kepada pelaksana yang ada dalam SOP.",
    "case.supersedes": "Yang digantikan: perkara bertanda tangan, dengan SOP dan periode sama.",
    "case.withdrawn": "Perkara yang disposisinya ditarik tidak dilanjutkan.",
    "case.finished": "Perkara yang selesai tidak mempunyai langkah lagi.",
    "case.withdrawal": "Disposisi ditarik oleh pelaksana langkah pertama.",
    "case.return": "Dokumen dikembalikan ke langkah sebelumnya yang membuatnya.",
    "case.signed": "Dokumen yang sudah ditandatangani tidak diubah lagi.",
    **dict.fromkeys(("case.document", "case.answers", "case.round"), _DRAFT),
    "case.draft": "Langkah yang menghasilkan naskah melampirkan naskahnya.",
    "case.media_type": "Naskah yang diketik berupa jenis dokumen yang ditentukan SOP.",
    "case.unchanged": "Perbaikan melampirkan dokumen yang sudah diubah.",
    "case.addressee": "Salinan hanya dikirim kepada penerima yang diperintahkan.",
    "case.dispatched": "Pengiriman kepada setiap penerima dicatat satu kali.",
    "case.copies": "Jumlah salinan sama dengan yang diperintahkan.",
    "correction.leaf": "Yang dibetulkan: tindakan lain dalam perkara yang sama.",
    "correction.step": "Pembetulan dibuat pelaksana langkah yang dibetulkan.",
    "correction.binding": "Hanya salah tulis yang dapat dibetulkan; yang mengikat tidak.",
    "correction.old": "Pembetulan menyebut isi lama persis seperti yang tercatat.",
    "correction.new": "Isi baru berbeda dari isi lama dan sah untuk bagian itu.",
    "agenda.numbering": "Nomor surat memakai kode yang ditetapkan untuk SOP ini.",
    "agenda.used": "Nomor yang diberikan di atas kertas hanya dicatat menyusul dari kertasnya.",
    "agenda.number": "Satu nomor urut hanya untuk satu surat.",
    "agenda.no": "Satu nomor agenda hanya untuk satu surat.",
    "agenda.unit": "Buku agenda dilihat di unit pemilik SOP-nya.",
    # Documents
    "document.unknown": "Dokumen diunggah dahulu, baru disebut atau dilihat.",
    "document.size": "Tindakan menyebut ukuran dokumen yang sebenarnya.",
    "document.digest": "Dokumen dikenali dari sidiknya, yang dihitung dari seluruh isinya.",
    "document.content_digest": "Sidik yang dikirim bersama dokumen ditulis dalam bentuk baku.",
    "document.too_large": "Ukuran satu dokumen dibatasi.",
    "document.storage": "Dokumen dinyatakan tersimpan hanya bila sudah benar-benar tertulis.",
    "document.altered": _STORED,
    **dict.fromkeys(("iku.schema", "iku.canonical", "iku.size"), _IKU),
    "iku.table.size": "Ukuran berkas tabel dibatasi, juga setelah dibuka.",
    "iku.table.busy": "Tabel dibaca satu per satu, supaya semua orang tetap dilayani.",
    "iku.table.kind": "Tabel dibaca dari lembar kerja Excel atau dari berkas CSV.",
    "iku.table.xlsx": "Lembar kerja dibaca dari berkas yang utuh.",
    "iku.table.encoding": "Berkas CSV ditulis dengan huruf baku.",
    "iku.table.csv": "Tanda kutip dalam berkas CSV berpasangan.",
    "iku.table.sheets": "Satu berkas memuat satu tabel IKU.",
    "iku.table.header": "Tabel mempunyai kepala yang menyebut indikatornya.",
    "iku.table.column": "Setiap kolom tabel berarti satu hal.",
    "iku.table.year": "Kolom target menyebut tahunnya.",
    "iku.table.rows": "Tabel memuat indikator, dalam jumlah yang dibatasi.",
    "iku.table.cell": "Sel tabel berisi tulisan yang dapat dipakai apa adanya.",
    "iku.table.formula": "Rumus dibaca dari hasilnya yang tersimpan dalam berkas.",
    "iku.table.document": "Unit kerja dan periode tabel disebut.",
    "iku.sample": "Contoh IKU dipanggil dengan namanya.",
    "iku.none": "IKU yang ditampilkan adalah IKU yang sudah ditandatangani.",
    # Signing in, and who reads what
    "signin.form": "Pernyataan masuk ditulis dalam satu bentuk baku.",
    "signin.ledger": "Pernyataan masuk hanya berlaku untuk buku besar yang disebutnya.",
    "signin.audience": "Pernyataan masuk hanya berlaku di alamat yang disebutnya.",
    "signin.official": "Setiap orang masuk dengan nama dan kuncinya sendiri.",
    "signin.challenge": "Setiap tantangan masuk dijawab satu kali, dalam dua menit.",
    "signin.refused": "Yang masuk memakai kunci yang terdaftar dan belum dicabut.",
    "signin.rate": _ENTRANCE,
    "session.storage": "Siapa membaca apa dicatat sebelum dijawab.",
    "session.missing": "Register, SOP, dan perkara hanya dibaca orang yang sudah masuk.",
    "session.ended": "Sekali masuk berlaku 12 jam, selama kunci dan mandatnya berlaku.",
    "access.origin": "Dari peramban, perubahan hanya datang dari halaman layanan ini sendiri.",
    "access.mandate": "SOP dan perkara dibaca pemegang mandat yang masih berlaku.",
    "access.unit": "Perkara dibaca pejabat unitnya, penandatangannya, dan Inspektorat.",
    "access.which": "Pemegang mandat di beberapa unit menyebut unit yang mau dibacanya.",
    "access.inspector": "Siapa membaca apa hanya dilihat Inspektorat.",
    **dict.fromkeys(("reads.official", "reads.name", "reads.leaf", "reads.document"), _READS),
    # Reading
    "request.form": "Permintaan ditulis menurut cara yang diterima peladen.",
    "request.path": "Permintaan ditujukan ke alamat yang ada.",
    "request.method": "Setiap alamat menerima cara permintaan tertentu.",
    "request.too_large": "Ukuran kiriman dibatasi.",
    "request.media_type": "Kiriman menyebut jenis isinya, dan alamat itu menerimanya.",
    "request.headers": "Ukuran kepala permintaan dibatasi.",
    "request.parameter": "Alamat memuat bagian yang dikenal, masing-masing satu kali.",
    "service.fault": "Kesalahan peladen sendiri tidak mencatat dan tidak membuktikan apa pun.",
    "inbox.unit": "Daftar giliran dilihat menurut unit yang dikenal buku besar ini.",
    "inbox.office": "Daftar giliran dilihat menurut jabatan yang ada di unit itu.",
    "log.leaf": "Yang dapat dibaca hanya daun yang sudah tercatat.",
    "log.size": "Segel hanya ada atas daun yang sudah tercatat.",
    **dict.fromkeys(("tile.path", "tile.beyond", "tile.bundle"), _TILE),
    "past.leaf": "Yang dapat dilihat kembali hanya daun yang sudah tercatat.",
    "past.moment": "Yang dapat dilihat kembali hanya masa sesudah buku besar didirikan.",
    "past.future": "Yang dapat dilihat kembali hanya waktu yang sudah lewat.",
    "past.not_yet": "Yang dapat dilihat kembali hanya yang waktu itu sudah tercatat.",
    **dict.fromkeys(("trail.time", "trail.kind", "trail.flag"), _SEARCH),
    **dict.fromkeys(("trail.official", "trail.unit", "trail.office"), _SEARCH),
    "trail.table": "Tabel jejak audit disimpan hanya bila utuh dan tanpa rumus.",
    "time.order": "Lama pengerjaan hanya dihitung bila mulai mendahului selesai.",
    "time.calendar": "Waktu kerja hanya dihitung menurut kalender yang mencakup tanggalnya.",
    **dict.fromkeys(("verdict.register", "verdict.sop"), "Wewenang dinilai dari register dan SOP pada daun itu."),
    **dict.fromkeys(("mark.entry", "mark.document", "mark.key"), _MARK),
    **dict.fromkeys(("views.event", "views.missing", "views.storage"), _VIEWS),
    "views.building": "Yang dibaca adalah tampilan yang sudah selesai disusun dari buku besar.",
    "views.newer": "Tampilan dibaca oleh Jejak versi yang menyusunnya, atau yang lebih baru.",
    "views.behind": "Yang dibaca memuat daun yang diminta dan semua daun sebelumnya.",
    "views.url": "Tampilan disimpan dalam satu berkas tersendiri.",
    # The log as it is stored and proved
    **dict.fromkeys(("entry.form", "entry.time", "entry.columns", "log.unsealed", "log.stray"), _STORED),
    **dict.fromkeys(("tree.frontier", "tree.missing"), _STORED),
    **dict.fromkeys(("outside.shorter", "outside.fork"), _OUTSIDE),
    **dict.fromkeys(("outside.form", "outside.key", "outside.missing", "outside.empty"), _REMEMBERED),
    **dict.fromkeys(("outside.many", "outside.storage"), _REMEMBERED),
    **dict.fromkeys(("checkpoint.form", "checkpoint.extension", "checkpoint.size", "checkpoint.origin"), _SEAL),
    **dict.fromkeys(("checkpoint.hash", "checkpoint.empty_root"), _SEAL),
    **dict.fromkeys(("receipt.form", "receipt.size", "receipt.index", "receipt.extra", "receipt.proof_size"), _RECEIPT),
    **dict.fromkeys(("bundle.checkpoint", "bundle.consistency", "bundle.document", "bundle.entries"), _BUNDLE),
    **dict.fromkeys(("bundle.form", "bundle.missing", "bundle.opening", "bundle.stream", "bundle.sums"), _BUNDLE),
    **dict.fromkeys(("consistency.form", "zip.form", "zip.name", "zip.size"), _BUNDLE),
    **dict.fromkeys(("heads.form", "heads.lie", "heads.origin"), _HEADS),
    **dict.fromkeys(("note.form", "note.size", "note.utf8", "note.character", "note.name", "note.duplicate"), _NOTE),
    **dict.fromkeys(("note.signature", "note.signature_line", "note.signatures", "note.unsigned"), _NOTE),
    **dict.fromkeys(("note.vkey", "note.vkey_id", "note.vkey_type", "note.ambiguous", "note.no_verifier"), _NOTE),
    **dict.fromkeys(("merkle.size", "merkle.index", "merkle.order", "merkle.hash", "merkle.frontier"), _TREE),
    **dict.fromkeys(("merkle.inclusion", "merkle.consistency", "merkle.proof_size", "merkle.proof_length"), _TREE),
}


class naming_step:  # noqa: N801  it is read as the verb that it is: with naming_step("6")
    """Lets every refusal inside name the step that the act names, in its sentence and in its facts.

    What already has the fact ``step`` names it in words of its own. Entered several times an act, and hardly ever left
    by a refusal: contextlib's way would take six times as long.
    """

    def __init__(self, step: str) -> None:
        self._step = step

    def __enter__(self) -> None:
        """Nothing is to be done before."""

    def __exit__(self, kind: object, fault: object, trace: object) -> None:
        """Raise a refusal again that names no step, with the step."""
        if isinstance(fault, Refused) and "step" not in fault.facts:
            detail = f"Langkah {self._step}: {fault.detail}"
            raise type(fault)(fault.rule, detail, allowed=fault.allowed, step=self._step, **fault.facts) from fault


def place_in_words(stream: str) -> str:
    """Return what people call a stream: the register, an SOP, or a case."""
    family, _, name = stream.partition(":")
    return {"sop": f"SOP {name}", "case": f"perkara {name}"}.get(family, stream)
