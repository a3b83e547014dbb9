/** The act that a button would sign: what the case says, what is typed, and what was verified here, in one payload. */
import { composeAct, nowInWib, readAct } from "./act.js";
import { standing } from "./act_chain.js";
import { bodyOf, unfinishedPaper, wrong } from "./act_form.js";
import { requireHeld } from "./act_hold.js";
import { MEMBERS } from "./act_said.js";
import { later } from "./later.js";
import { place as placeOf } from "./ledger.js";
import { t } from "./words.js";

/** Return if the draft that is brought is of the type that the SOP asks for; a table file is read to see that. */
async function requireDraft(act, values, files) {
  const brought = values.get("document");
  const wanted = act.drafts.media_type;
  if (!brought?.digest || brought.media_type === wanted) return; // what is no file at all is for act_hold.js to refuse
  if (act.drafts.any && !/json/.test(brought.media_type)) return; // a letter or a photo, still to be typed
  if (!act.drafts.table) throw wrong("document", t("Naskah menurut SOP ini berjenis {wanted}.", { wanted }), t("Pilih berkas jenis itu."));
  const { bytes } = files.find(({ reference }) => reference === brought);
  const { readDocument } = await later("iku_document");
  try {
    readDocument(bytes);
  } catch {
    throw wrong("document", t("Berkas ini bukan tabel IKU. Menurut SOP ini naskah yang diketik berupa tabel; Word, PDF, dan foto hanya untuk konsep yang masih akan diketik."), t("Isi tabel di sini, atau ambil dari Excel (.xlsx, .csv) di tabel itu."));
  }
  brought.media_type = wanted;
}

/** What a page may know of an act before anything is typed; all of it is held against the chain (act_hold.js). */
const KNOWN = ["step", "document", "round", "replaces", "answers", "sop", "period", "leaf", "field", "old"];

/**
 * Return {payload, said, files}: the bytes of the act that `button` would sign at this moment, what they say, and what it
 * brings, [{reference, bytes}]. Throws a Fault that names the field at fault, or "forged" where the payload says anything
 * else than was verified here: `at`, `stream`, `placed`, `sop` are as act_hold.js takes them.
 */
export async function composed({ act, at, fields, stream, placed, sop, key, official }, button) {
  const lacking = await fields.lacking(button.needs);
  if (lacking.length) throw wrong(lacking[0].path, t("{label} belum diisi.", lacking[0]));
  const late = await unfinishedPaper(fields);
  if (late) throw wrong(late.path, t("{label} belum diisi.", late));
  const { values, files } = await fields.read(button.drops);
  await requireDraft(act, values, files);
  const happened = values.get("occurred_at");
  values.delete("occurred_at");
  const known = Object.entries(act.known).filter(([name]) => KNOWN.includes(name));
  const all = new Map([...known, ...values]);
  if (button.decision !== undefined) all.set("decision", button.decision);
  if (at.kind === "dispatch.recorded") all.set("copies", standing(placed.chain).copies[all.get("recipient")]);
  const superseded = all.has("supersedes.case") ? await signed(all.get("supersedes.case")) : null;
  if (superseded) all.set("supersedes.signature", superseded.signature);
  const payload = await composeAct({
    ledger: placed.checkpoint.origin,
    seen: placed.seen,
    stream,
    version: placed.version + 1,
    previous: placed.previous,
    kind: at.kind,
    official: key.official,
    mandate: act.mandate,
    occurredAt: happened ?? nowInWib(),
    body: bodyOf(orderOf(act), all),
  });
  const said = readAct(payload);
  requireHeld(said, { at, stream, placed, sop, official, files, superseded });
  return { payload, said, files };
}

/** Return the paths of the page's order that there are; a path into anything else than the body is none of them. */
const orderOf = ({ order }) => order.filter((path) => MEMBERS.has(path));

/** Return a signed case and its signature's leaf, {case, signature}, both verified. */
async function signed(named) {
  const missing = () => wrong("supersedes.case", t("Perkara itu tidak ada atau belum ditandatangani."), t("Sebut perkara yang sudah ditandatangani."));
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(named)) throw missing();
  const { signature } = standing((await placeOf(`case:${named}`)).chain);
  if (!signature) throw missing();
  return { case: named, signature };
}
