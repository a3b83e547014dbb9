/** The act that a button would sign: what the case says, what is typed, and what was verified here, in one payload. */
import { composeAct, nowInWib } from "./act.js";
import { standing } from "./act_chain.js";
import { bodyOf, wrong } from "./act_form.js";
import { equal } from "./bytes.js";
import { place as placeOf } from "./ledger.js";
import { t } from "./words.js";

/** Return the field that what happened on paper still lacks, or null: its scan and its time go together. */
export async function unfinishedPaper(fields) {
  const [scan, at, by] = ["paper.scan", "occurred_at", "paper.by"].map((path) => fields.at(path));
  const [scanned, dated, named] = await Promise.all([scan, at, by].map((one) => fields.filled(one)));
  if (!scanned && (dated || named)) return scan;
  return scanned && !dated ? at : null;
}

/** Return if the draft that is brought is of the type that the SOP asks for; a table file is read to see that. */
async function requireDraft(act, values, files) {
  const brought = values.get("document");
  const wanted = act.drafts.media_type;
  if (!brought || brought.media_type === wanted) return;
  if (act.drafts.any && !/json/.test(brought.media_type)) return; // a letter or a photo, still to be typed
  if (!act.drafts.table) throw wrong("document", t("Naskah menurut SOP ini berjenis {wanted}.", { wanted }), t("Pilih berkas jenis itu."));
  const { bytes } = files.find(({ reference }) => reference === brought);
  const { bytesOf, compose, tableOf } = await import("./iku_model.js");
  let same = false;
  try {
    const { document: table, missing } = compose(tableOf(bytes));
    same = !missing.length && equal(bytesOf(table), bytes);
  } catch {
    // no table at all
  }
  if (!same)
    throw wrong("document", t("Berkas ini bukan tabel IKU. Menurut SOP ini naskah yang diketik berupa tabel; Word, PDF, dan foto hanya untuk konsep yang masih akan diketik."), t("Isi tabel di sini, atau ambil dari Excel (.xlsx, .csv) di tabel itu."));
  brought.media_type = wanted;
}

/**
 * Return {payload, files}: the bytes of the act that `button` would sign at this moment, and what it brings,
 * [{reference, bytes}]. `placed` is what ledger.place(stream) verified. Throws a Fault that names the field at fault.
 */
export async function composed({ act, fields, placed, stream, official }, button) {
  const lacking = await fields.lacking(button.needs);
  if (lacking.length) throw wrong(lacking[0].path, t("{label} belum diisi.", lacking[0]));
  const late = await unfinishedPaper(fields);
  if (late) throw wrong(late.path, t("{label} belum diisi.", late));
  const { values, files } = await fields.read(button.drops);
  await requireDraft(act, values, files);
  const happened = values.get("occurred_at");
  values.delete("occurred_at");
  const all = new Map([...Object.entries(act.known), ...values, ...Object.entries(button.said)]);
  if (act.kind === "dispatch.recorded") all.set("copies", standing(placed.chain).copies[all.get("recipient")]);
  if (all.has("supersedes.case")) all.set("supersedes.signature", await signatureOf(all.get("supersedes.case")));
  const payload = await composeAct({
    ledger: placed.checkpoint.origin,
    seen: placed.seen,
    stream,
    version: placed.version + 1,
    previous: placed.previous,
    kind: act.kind,
    official,
    mandate: act.mandate,
    occurredAt: happened ?? nowInWib(),
    body: bodyOf(act.order, all),
  });
  return { payload, files };
}

async function signatureOf(named) {
  const missing = () => wrong("supersedes.case", t("Perkara itu tidak ada atau belum ditandatangani."), t("Sebut perkara yang sudah ditandatangani."));
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(named)) throw missing();
  const { signature } = standing((await placeOf(`case:${named}`)).chain);
  if (!signature) throw missing();
  return signature;
}
