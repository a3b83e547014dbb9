/**
 * What a person is told of each kind of act of a case before they sign it, in the words of this build and no other's:
 * the page's own HTML and data have no say in it. Tests hold the tables equal to ledger/kind_names.py,
 * ledger/meanings.py, ledger/notices.py and api/desk/act_words.py.
 */
import { t } from "./words.js";

/** kind → {name, button, means, undone}; a kind that is not here is never signed on a page. */
export const KINDS = {
  "disposition.issued": {
    name: t("disposisi"),
    button: t("Terbitkan disposisi"),
    means: t("Anda memerintahkan pekerjaan ini dimulai menurut SOP yang berlaku."),
    undone: t("Disposisi dapat ditarik selama belum ada yang ditandatangani. Salah tulis dapat dibetulkan dengan tindakan pembetulan; tulisan lama dan baru sama-sama terlihat."),
  },
  "direction.given": {
    name: t("pengarahan"),
    button: t("Beri pengarahan"),
    means: t("Anda meneruskan perintah dan memberi arah pengerjaannya."),
    undone: t("Salah tulis dapat dibetulkan dengan tindakan pembetulan; tulisan lama dan baru sama-sama terlihat."),
  },
  "concept.drafted": {
    name: t("penyusunan konsep"),
    button: t("Serahkan konsep"),
    means: t("Anda menyatakan inilah naskah yang Anda serahkan untuk diperiksa; naskah lain tidak ikut."),
    undone: t("Naskah yang keliru diganti dengan naskah baru sesudah dikembalikan; semua versi tetap tersimpan."),
  },
  "concept.typed": {
    name: t("pengetikan konsep"),
    button: t("Serahkan ketikan"),
    means: t("Anda menyatakan inilah naskah yang Anda serahkan untuk diperiksa; naskah lain tidak ikut."),
    undone: t("Naskah yang keliru diganti dengan naskah baru sesudah dikembalikan; semua versi tetap tersimpan."),
  },
  "concept.revised": {
    name: t("perbaikan konsep"),
    button: t("Serahkan perbaikan"),
    means: t("Anda menyatakan inilah naskah yang Anda serahkan untuk diperiksa; naskah lain tidak ikut. Persetujuan dan paraf atas naskah sebelumnya tidak berlaku lagi."),
    undone: t("Naskah yang keliru diganti dengan naskah baru sesudah dikembalikan; semua versi tetap tersimpan."),
  },
  "typing.reviewed": {
    name: t("pemeriksaan ketikan"),
    means: t("Anda sudah memeriksa ketikan naskah dengan sidik ini; keputusan berlaku untuk naskah ini saja."),
    undone: t("Keputusan ini tidak dapat diubah. Naskah yang dikembalikan diperbaiki dalam putaran baru; yang disetujui masih dapat dikembalikan di langkah sesudahnya."),
  },
  "paraf.given": {
    name: t("paraf"),
    button: t("Bubuhkan paraf"),
    means: t("Anda bertanggung jawab atas substansi, redaksi, dan pengetikan naskah dengan sidik ini. Paraf belum menjadikan naskah ini keputusan."),
    undone: t("Paraf ini tidak dapat dihapus. Selama belum ditandatangani, naskah masih dapat dikembalikan dengan alasan oleh pemegang giliran. Paraf pada naskah lama lalu tidak berlaku lagi."),
  },
  "signature.given": {
    name: t("tanda tangan"),
    button: t("Tanda tangani"),
    means: t("Anda mengambil keputusan: naskah dengan sidik ini ditetapkan, dan sesudahnya tidak berubah. Perubahan dibuat dengan perkara baru."),
    undone: t("Sesudah ini naskah tidak dapat diubah atau dikembalikan. Perubahan hanya dengan perkara baru yang menggantikannya. Bila ragu, kembalikan dokumennya sekarang dengan alasan."),
  },
  "distribution.ordered": {
    name: t("perintah distribusi"),
    button: t("Perintahkan distribusi"),
    means: t("Anda memerintahkan naskah yang sudah ditandatangani digandakan dan dikirim."),
    undone: t("Penerima dan jumlah salinan mengikat. Salah tulis dapat dibetulkan dengan tindakan pembetulan; tulisan lama dan baru sama-sama terlihat."),
  },
  "agenda.ordered": {
    name: t("perintah agenda"),
    button: t("Perintahkan agenda"),
    means: t("Anda memerintahkan naskah yang sudah ditandatangani diagendakan, digandakan, dan dikirim."),
    undone: t("Salah tulis dapat dibetulkan dengan tindakan pembetulan; tulisan lama dan baru sama-sama terlihat."),
  },
  "agenda.recorded": {
    name: t("pencatatan agenda"),
    button: t("Catat dalam agenda"),
    means: t("Anda menyatakan nomor dan tanggal surat ini dipakai untuk naskah dengan sidik ini."),
    undone: t("Nomor surat dan nomor agenda mengikat dan tidak dapat dipakai lagi. Salah tulis dapat dibetulkan dengan tindakan pembetulan; tulisan lama dan baru sama-sama terlihat."),
  },
  "dispatch.recorded": {
    name: t("pencatatan pengiriman"),
    button: t("Catat pengiriman"),
    means: t("Anda menyatakan salinan ini sudah diterima penerima itu, dengan bukti yang Anda lampirkan."),
    undone: t("Penerima dan jumlah salinan mengikat. Salah tulis dapat dibetulkan dengan tindakan pembetulan; tulisan lama dan baru sama-sama terlihat."),
  },
  "document.returned": {
    name: t("pengembalian dokumen"),
    button: t("Kembalikan dokumen"),
    means: t("Anda mengembalikan naskah dengan sidik ini untuk diperbaiki; langkah sesudahnya diulang, dan naskah yang baru membatalkan persetujuan dan paraf atas naskah ini."),
    undone: t("Pengembalian ini tidak dapat ditarik; naskah diperbaiki dalam putaran baru."),
  },
  "disposition.withdrawn": {
    name: t("penarikan disposisi"),
    button: t("Tarik disposisi"),
    means: t("Anda mengakhiri perkara ini; sesudahnya hanya pembetulan salah tulis yang dapat dicatat."),
    undone: t("Perkara berakhir dan tidak dapat dilanjutkan lagi; bila perlu, buka perkara baru."),
  },
  "correction.recorded": {
    name: t("pembetulan"),
    button: t("Catat pembetulan"),
    means: t("Anda menyatakan tulisan yang lama keliru dan yang baru benar; keduanya tetap terlihat."),
    undone: t("Pembetulan yang keliru dibetulkan lagi dengan pembetulan baru."),
  },
  "activity.performed": {
    name: t("pelaksanaan kegiatan"),
    button: t("Catat kegiatan"),
    means: t("Anda menyatakan kegiatan langkah ini sudah Anda laksanakan."),
    undone: t("Salah tulis dapat dibetulkan dengan tindakan pembetulan; tulisan lama dan baru sama-sama terlihat."),
  },
  "activity.decided": {
    name: t("keputusan kegiatan"),
    means: t("Anda mengambil keputusan langkah ini; hasilnya menentukan langkah berikutnya."),
    undone: t("Keputusan ini tidak dapat diubah. Salah tulis dapat dibetulkan dengan tindakan pembetulan; tulisan lama dan baru sama-sama terlihat."),
  },
};

/** Kinds that stand outside every SOP's path: each is a deviation by nature, and brings its own reason. */
export const OUTSIDE = ["document.returned", "disposition.withdrawn", "correction.recorded"];
/** Said besides of an act that leaves the path, and of one that was done on paper. */
export const DEVIATING = t("Tindakan ini di luar urutan SOP: penyimpangan dan alasannya terlihat pada setiap tampilan.");
export const ON_PAPER = t("Anda bersaksi bahwa ini terjadi di atas kertas menurut pindaian itu; dicatat menyusul.");
/** What the ledger says of itself wherever something is signed: evidence, so in Indonesian only. */
export const DISCLAIMER =
  "Tanda tangan elektronik tidak tersertifikasi (PP 71/2019 ps 60); bukan BSrE/PSrE; bukan pengganti tanda tangan basah atau TTE tersertifikasi pada naskah dinas.";

/** What people call each member of the body of such an act; the place in a list is written 0. */
export const LABELS = {
  "step": t("Langkah"),
  "deviation": t("Alasan menyimpang dari urutan SOP"),
  "paper.scan": t("Pindaian atau foto naskah kertas"),
  "paper.by": t("Tanda tangan siapa di kertas, bila bukan Anda"),
  "sop": t("SOP"),
  "letter.sender": t("Pengirim surat"),
  "letter.number": t("Nomor surat"),
  "letter.date": t("Tanggal surat"),
  "letter.received": t("Tanggal surat diterima"),
  "letter.scan": t("Pindaian atau foto surat masuk"),
  "agenda_no": t("Nomor agenda"),
  "urgency": t("Sifat kecepatan"),
  "secrecy": t("Sifat kerahasiaan"),
  "subject": t("Perihal"),
  "forwarded_to.0": t("Diteruskan kepada"),
  "instruction": t("Isi perintah"),
  "note": t("Catatan"),
  "period": t("Periode"),
  "supersedes.case": t("Nomor perkara yang digantikan"),
  "supersedes.signature": t("Tanda tangan perkara yang digantikan"),
  "document": t("Naskah"),
  "round": t("Putaran"),
  "replaces": t("Menggantikan naskah"),
  "answers": t("Menjawab pengembalian"),
  "decision": t("Keputusan"),
  "reason": t("Alasan"),
  "addressees.0.name": t("Nama penerima"),
  "addressees.0.copies": t("Jumlah salinan"),
  "number": t("Nomor surat keluar"),
  "letter_date": t("Tanggal surat keluar"),
  "sent_date": t("Tanggal dikirim"),
  "addressee": t("Kepada"),
  "summary": t("Isi ringkas"),
  "remark": t("Keterangan"),
  "recipient": t("Penerima"),
  "method": t("Cara pengiriman"),
  "copies": t("Jumlah salinan"),
  "received_by": t("Diterima oleh"),
  "received_at": t("Waktu diterima"),
  "evidence": t("Bukti pengiriman (pindaian atau foto)"),
  "to": t("Dikembalikan ke langkah"),
  "leaf": t("Tindakan yang dibetulkan"),
  "field": t("Bagian yang dibetulkan"),
  "old": t("Isi yang salah"),
  "new": t("Isi yang benar"),
  "attachments.0": t("Lampiran"),
};

/** The members that a body of a case may be made of, as act_form.js puts them together; no other path is ever taken. */
export const MEMBERS = new Set(Object.keys(LABELS).map((path) => path.replace(/\.0(?=\.|$).*/, "")));

const OUTCOMES = { approved: () => t("disetujui"), returned: () => t("dikembalikan") };

/** Return a decision as people say it; an SOP's own outcomes are in its own words. */
export const decisionOf = (decision) => (Object.hasOwn(OUTCOMES, decision) ? OUTCOMES[decision]() : decision);

/** Tell whether an act gives the document back, which nobody needs to have seen drawn. */
export const givesBack = (kind, decision) => kind === "document.returned" || (kind === "typing.reviewed" && decision === "returned");

/** Return what the button says that leads to the last look at such an act. */
export function buttonOf(kind, decision) {
  if (kind === "typing.reviewed") return decision === "approved" ? t("Setujui") : t("Kembalikan dengan alasan");
  return kind === "activity.decided" ? t("Putuskan: {decision}", { decision }) : KINDS[kind].button;
}

/** Return what the button says that signs it. */
export function signOf(kind, decision) {
  if (kind === "typing.reviewed") return decision === "approved" ? t("Setujui ketikan") : t("Kembalikan");
  return buttonOf(kind, decision);
}
