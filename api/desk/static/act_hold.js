/**
 * The composed payload, read back, held against what was verified here: the address of the page, the chain of the case,
 * the SOP, the key, and the files whose bytes were hashed. What a page made of it meanwhile does not matter.
 */
import { OPENING, STANDING, saidNow, standing } from "./act_chain.js";
import { Fault } from "./faults.js";
import { t } from "./words.js";

const unlike = (what) =>
  new Fault(
    "forged",
    "client.form",
    t("Halaman ini menyebut {what} yang lain dari riwayat yang terbukti.", { what }),
    t("Jangan tandatangani apa pun. Muat ulang halaman ini; bila terulang, hubungi pengelola."),
  );

/**
 * Return if `said` (act.readAct of the payload) says nothing that was not verified, chosen or brought here; else throw a
 * Fault "forged" (client.form).
 *
 * `at` is what the address says (act_address.js), `placed` what ledger.place verified, `sop` the newest enactment,
 * {slug, leaf, sop}, where a case is opened; `files` is what the form brings, [{reference}], `superseded` the case and
 * signature that were looked up, {case, signature}, or null.
 */
export function requireHeld(said, { at, stream, placed, sop, official, files, superseded }) {
  const { kind, body } = said;
  const { chain } = placed;
  if (said.stream !== stream || said.kind !== at.kind) throw unlike(t("perkara atau tindakan"));
  if (said.version !== placed.version + 1 || said.previous !== placed.previous) throw unlike(t("tempat dalam riwayat"));
  if (said.official !== official) throw unlike(t("penanda tangan"));
  if (at.opens !== !chain.length) throw unlike(t("keadaan perkara"));
  const now = standing(chain);
  requireDocuments(kind, body, now, [...files.map(({ reference }) => reference), ...chain.flatMap(({ act }) => references(act.body))]);
  if (at.opens) requireOpening(kind, body, sop);
  else if (body.sop !== undefined && !same(body.sop, now.sop)) throw unlike(t("SOP"));
  if (kind === "concept.revised") requireAnswer(body, now);
  if (kind === "dispatch.recorded" && !(Object.hasOwn(now.copies, body.recipient) && now.copies[body.recipient] === body.copies))
    throw unlike(t("penerima dan jumlah salinan"));
  if (kind === "correction.recorded") requireSlip(body, chain);
  if (body.supersedes !== undefined && !same(body.supersedes, superseded)) throw unlike(t("perkara yang digantikan"));
}

/** What an act stands on is the newest draft, and every reference is to bytes that were hashed here or are in the chain. */
function requireDocuments(kind, body, { document: held }, known) {
  if (STANDING.has(kind) && body.document !== held?.digest) throw unlike(t("naskah"));
  if (!STANDING.has(kind) && body.document !== undefined && !body.document?.digest) throw unlike(t("naskah"));
  if (references(body).some((one) => !known.some((other) => same(one, other)))) throw unlike(t("berkas"));
}

function requireOpening(kind, body, sop) {
  const right = OPENING.has(kind) && sop && body.step === sop.sop.steps[0].no;
  if (!right || !same(body.sop, { slug: sop.slug, leaf: sop.leaf })) throw unlike(t("SOP"));
}

function requireAnswer(body, { document: held, returned, decided, round }) {
  if (body.replaces !== held?.digest) throw unlike(t("naskah yang digantikan"));
  if (body.answers !== returned && !decided.includes(body.answers)) throw unlike(t("pengembalian"));
  if (!decided.length && body.round !== round) throw unlike(t("putaran"));
}

function requireSlip({ leaf, field, old, step }, chain) {
  const slip = chain.find((one) => one.leaf === leaf);
  if (!slip || typeof field !== "string" || saidNow({ leaf, field }, chain) !== old) throw unlike(t("isi yang salah"));
  if (slip.act.body.step !== step) throw unlike(t("langkah"));
}

/** Return every reference to a document within a body. */
function references(value) {
  if (value === null || typeof value !== "object") return [];
  return Object.hasOwn(value, "digest") ? [value] : Object.values(value).flatMap(references);
}

const same = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
const sorted = (value) => (value ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : null);
