/**
 * One review, paraf or signature, verified by this device alone (as `check` of api/marks.py asks it):
 *
 * 1. entry      its bytes are in the log, under a seal of the pinned key that continues what this device knew
 * 2. document   the act is such a mark, by whom the service names, and names exactly this document
 *    case       it is the one act of its case at that place, and the log's clock does not go back around it
 * 3. key        the register, verified from leaf 0 (register_chain.js), gave the key to that official at a leaf below
 *               the mark, and had not taken it; both leaves are proved, whatever the service says of them
 * 4. signature  that key made the signature
 *
 * The whole is "terbukti" only if all are; it may be in question all the same. The authority of whoever put the mark is
 * not judged here.
 */
import { open } from "./envelope.js";
import { Fault, forged } from "./faults.js";
import { entry, place } from "./ledger.js";
import { pinFromCard } from "./pinning.js";
import { placed, publicKey, questioned, register, restsOnQuestioned } from "./register_chain.js";
import { describe, t } from "./words.js";

export { doubt } from "./pinning.js";
export { remember } from "./register_chain.js";

const [PROVED, CONTRADICTED, UNJUDGED] = ["terbukti", "tidak cocok", "tidak dapat dinilai"];
/** The verified acts of each case that was asked about, promises by its stream. */
const cases = new Map();
const MARKS = new Set(["typing.reviewed", "paraf.given", "signature.given"]);

/** Return what the marks of one answer stand on, a promise of the verified register; cases are asked for anew, too. */
export async function opened(card) {
  cases.clear(); // an act of meanwhile is missing in what was fetched before, and a lost line is no answer
  await pinFromCard(card);
  return register();
}

/**
 * Return {verdict, checks: [{verdict, why}], act, questioned, resting} on the mark that the service says to be at leaf
 * `index`: `kind`, by `official`, `decision` "" where it has none. `ground` is the promise that `opened` gave.
 *
 * act         what the proved bytes say, for people: {kind, decision, official, name, nip, office, recordedAt, leaf,
 *             stream}; null unless all is proved
 * questioned  the revocation that puts it in question, {index, by, recordedAt, since}, or null
 * resting     whether its key was given by acts that are in question
 *
 * Throws nothing.
 */
export async function verifyMark(ground, { index, kind, official, decision }, digest) {
  const checks = [];
  const ask = async (check) => {
    try {
      const { why, given } = await check();
      checks.push({ verdict: PROVED, why });
      return given;
    } catch (fault) {
      checks.push(said(fault));
      return null;
    }
  };
  const found = await ask(async () => {
    await ground;
    const given = await entry(index);
    return { given, why: t("Daun {index} ada dalam buku besar, di bawah segel yang diperiksa perangkat ini.", { index }) };
  });
  if (found) {
    await ask(() => names(found.act, { kind, official, decision }, digest));
    await ask(() => inCase(found));
    const key = await ask(async () => keyOf(await ground, found));
    if (key) await ask(() => signed(found, key));
  }
  const words = checks.map((one) => one.verdict);
  const verdict = [CONTRADICTED, UNJUDGED].find((word) => words.includes(word)) ?? PROVED;
  if (verdict !== PROVED) return { verdict, checks, act: null, questioned: null, resting: false };
  const now = await ground;
  const { keyid, recordedAt } = found;
  const loss = questioned(now, keyid, recordedAt);
  const doubted = loss && { ...loss, by: personAt(now, loss.by, loss.index)?.name ?? loss.by };
  return { verdict, checks, act: toldOf(now, found), questioned: doubted, resting: restsOnQuestioned(now, keyid) };
}

function names({ kind, official, body, stream }, said, digest) {
  const same = kind === said.kind && official === said.official && (body.decision ?? "") === said.decision;
  if (!MARKS.has(kind) || !same || !stream.startsWith("case:"))
    throw forged("mark.act", t("Tindakan di daun ini lain dari yang disebut layanan."));
  if (body.document !== digest)
    throw forged("mark.document", t("Tindakan ini menyebut dokumen lain: {document}.", { document: String(body.document) }));
  return { why: t("Tindakan ini menyebut persis dokumen ini.") };
}

/** The mark is the one act that its case has at its place, and the log's clock does not go back around it. */
async function inCase({ act: { stream, version }, leaf, index, recordedAt }) {
  if (!cases.has(stream)) cases.set(stream, place(stream));
  cases.get(stream).catch(() => cases.delete(stream));
  const { chain } = await cases.get(stream);
  const own = chain[version - 1];
  if (own?.leaf !== leaf || own.index !== index)
    throw forged("mark.place", t("Di tempat tanda ini perkaranya mempunyai tindakan lain."));
  const back = chain.some((one, at) => (at < version - 1 ? one.recordedAt > recordedAt : one.recordedAt < recordedAt));
  if (back) throw forged("mark.time", t("Waktu catat tanda ini mundur dari tindakan di sekitarnya."));
  return { why: t("Tanda ini tindakan ke-{version} perkaranya, tersambung dengan yang sebelum dan sesudahnya.", { version }) };
}

/** Return the key of the act, as the register had it at its leaf. */
async function keyOf(now, { act: { official }, keyid, index, recordedAt }) {
  const held = now.keys.get(keyid);
  if (held?.official !== official)
    throw new Fault("unjudged", "mark.key", t("Kunci penanda tangan tidak ada dalam register atas nama {official}.", { official }));
  await placed(now, held.given);
  if (held.given.index >= index || held.given.recordedAt > recordedAt)
    throw forged("mark.key", t("Register memberikan kunci ini baru sesudah tanda itu dicatat."));
  if (held.revoked) {
    await placed(now, held.revoked);
    // Whether a mark is in question hangs on its time, so that is held to the leaf before it.
    if (index && (await entry(index - 1)).recordedAt > recordedAt)
      throw forged("mark.time", t("Waktu catat tanda ini mundur dari tindakan di sekitarnya."));
    // The log's clock does not go back: what it recorded before the mark cannot stand above it.
    if (held.revoked.index <= index || held.revoked.recordedAt < recordedAt) {
      const taken = { index: held.revoked.index };
      throw forged("mark.key", t("Kunci ini sudah dicabut di daun {index}, sebelum tanda itu dicatat.", taken));
    }
  }
  const why = t("Kunci dari register atas nama {official}; setiap tindakan register diperiksa tanda tangannya dari daun 0.", { official });
  return { given: await publicKey(held), why };
}

async function signed({ envelope }, key) {
  await open(envelope, key);
  return { why: t("Tanda tangan dibuat dengan kunci itu.") };
}

const personAt = (now, official, index) => now.officials.get(official)?.findLast((one) => one.index < index);

/** Return what the proved bytes say of a mark, with the name and the office that the register had for whoever put it. */
function toldOf(now, { act, index, leaf, recordedAt }) {
  const { official, mandate, kind, body, stream } = act;
  const person = personAt(now, official, index);
  const held = now.mandates.get(mandate);
  const stands = held?.official === official && held.since < index && (held.withdrawn === null || held.withdrawn > index);
  const office = stands ? { name: held.office_name, capacity: held.capacity } : null;
  const who = { official, name: person?.name ?? official, nip: person?.nip ?? null, office };
  return { ...who, kind, decision: body.decision ?? "", recordedAt, leaf, stream };
}

/** Return how a fault is said: bytes that contradict what was sealed do not match; what is lacking cannot be judged. */
const said = (fault) => ({
  verdict: fault.kind === "forged" || fault.kind === "malformed" ? CONTRADICTED : UNJUDGED,
  why: describe(fault).detail,
});
