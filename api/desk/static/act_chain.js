/**
 * What a verified chain of acts says of the next one, and whether a form agrees with it.
 *
 * Only what the acts themselves say is read here: the newest draft, the return that is open, the round, what was
 * ordered. Whose turn it is follows from the SOP, and the ledger judges it.
 */
import { Fault } from "./faults.js";
import { t } from "./words.js";

const DRAFTING = new Set(["concept.drafted", "concept.typed", "concept.revised", "activity.performed"]);

/**
 * Return what the acts of a case (ledger.place().chain) make of it: {document, round, returned, decided, sop, copies,
 * signature}. document: the newest draft's reference or null; returned: leaf of the newest return or null; decided:
 * leaves of decisions of any SOP, of which only the SOP says whether they return.
 */
export function standing(chain) {
  const now = { document: null, round: 1, returned: null, decided: [], sop: null, copies: {}, signature: null };
  for (const { leaf, act } of chain) {
    const { kind, body } = act;
    now.sop ??= body.sop ?? null;
    if (DRAFTING.has(kind) && body.document) now.document = body.document;
    if (kind === "document.returned" || (kind === "typing.reviewed" && body.decision === "returned")) {
      now.returned = leaf;
      now.round += 1;
    }
    if (kind === "activity.decided") now.decided.push(leaf);
    if (kind === "signature.given") now.signature = leaf;
    if (kind === "distribution.ordered") now.copies = Object.fromEntries(body.addressees.map(({ name, copies }) => [name, copies]));
  }
  return now;
}

/** Return if what the form takes for known is what the chain says, else throw a Fault "forged" (client.form). */
export function requireKnown({ kind, known, copies }, chain) {
  const now = standing(chain);
  const held = now.document?.digest ?? null;
  const unlike = (what) =>
    new Fault(
      "forged",
      "client.form",
      t("Halaman ini menyebut {what} yang lain dari riwayat yang terbukti.", { what }),
      t("Jangan tandatangani apa pun. Muat ulang halaman ini; bila terulang, hubungi pengelola."),
    );
  if (typeof known.document === "string" && known.document !== held) throw unlike(t("naskah"));
  if (known.replaces !== undefined && known.replaces !== held) throw unlike(t("naskah yang digantikan"));
  if (known.answers !== undefined && known.answers !== now.returned && !now.decided.includes(known.answers))
    throw unlike(t("pengembalian"));
  if (known.round !== undefined && !now.decided.length && known.round !== now.round) throw unlike(t("putaran"));
  if (known.sop !== undefined && chain.length && !same(known.sop, now.sop)) throw unlike(t("SOP"));
  if (kind === "dispatch.recorded" && !same(copies, now.copies)) throw unlike(t("penerima dan jumlah salinan"));
  if (kind === "correction.recorded" && oldOf(known, chain) !== known.old) throw unlike(t("isi yang salah"));
}

/** Return what the part that is corrected says now, with all corrections of it; undefined where it is not there. */
function oldOf({ leaf, field }, chain) {
  const slip = chain.find((one) => one.leaf === leaf);
  const first = field.split(".").reduce((part, name) => part?.[name], slip?.act.body);
  return chain
    .map(({ act }) => act)
    .filter(({ kind, body }) => kind === "correction.recorded" && body.leaf === leaf && body.field === field)
    .reduce((_, { body }) => body.new, first);
}

const same = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
const sorted = (value) => (value ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : null);
