/**
 * One review, paraf or signature, verified by this device alone (as `check` of api/marks.py asks it):
 *
 * 1. entry      its bytes are in the log, under a seal of the pinned key that continues what this device knew
 * 2. document   the act is such a mark, by whom the service names, and names exactly this document
 * 3. key        the register, verified as a chain, gave the key to that official before the mark, and had not taken it
 * 4. signature  that key made the signature
 *
 * The whole is "terbukti" only if all are. That the register's own acts were allowed, and the authority of whoever put
 * the mark, are not judged here.
 */
import { unhex } from "./bytes.js";
import { importPublic, keyIdOf } from "./ed25519.js";
import { open } from "./envelope.js";
import { Fault, forged } from "./faults.js";
import { entry, place } from "./ledger.js";
import { pinFromCard } from "./pinning.js";
import { describe, t } from "./words.js";

export { doubt } from "./pinning.js";

const [PROVED, CONTRADICTED, UNJUDGED] = ["terbukti", "tidak cocok", "tidak dapat dinilai"];
const MARKS = new Set(["typing.reviewed", "paraf.given", "signature.given"]);

/** Return what the marks of one page stand on, a promise of {register}: the verified chain of the register. */
export async function opened(card) {
  await pinFromCard(card);
  return { register: (await place("register")).chain };
}

/**
 * Return {verdict, checks: [{verdict, why}]} on the mark that the service says to be at leaf `index`: `kind`, by
 * `official`, `decision` "" where it has none. `ground` is the promise that `opened` gave. Throws nothing.
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
    const key = await ask(async () => keyOf((await ground).register, found));
    if (key) await ask(() => signed(found, key));
  }
  const words = checks.map((one) => one.verdict);
  return { verdict: [CONTRADICTED, UNJUDGED].find((word) => words.includes(word)) ?? PROVED, checks };
}

function names({ kind, official, body, stream }, said, digest) {
  const same = kind === said.kind && official === said.official && (body.decision ?? "") === said.decision;
  if (!MARKS.has(kind) || !same || !stream.startsWith("case:"))
    throw forged("mark.act", t("Tindakan di daun ini lain dari yang disebut layanan."));
  if (body.document !== digest) throw forged("mark.document", t("Tindakan ini menyebut dokumen lain: {document}.", { document: String(body.document) }));
  return { why: t("Tindakan ini menyebut persis dokumen ini.") };
}

/** Return the key of the act from the acts of the register, as it stood before the mark. */
async function keyOf(chain, { act: { official }, keyid, index }) {
  const before = chain.filter((one) => one.index < index);
  const raw = await givenTo(before, official, keyid);
  if (!raw) {
    const later = await givenTo(chain, official, keyid);
    if (later) throw forged("mark.key", t("Register memberikan kunci ini baru sesudah tanda itu dicatat."));
    throw new Fault("unjudged", "mark.key", t("Kunci penanda tangan tidak ada dalam register atas nama {official}.", { official }));
  }
  const taken = before.find(({ act: { kind, body } }) => kind === "key.revoked" && body.keyid === keyid);
  if (taken) throw forged("mark.key", t("Kunci ini sudah dicabut di daun {index}, sebelum tanda itu dicatat.", { index: taken.index }));
  return { given: await importPublic(raw), why: t("Kunci dari register atas nama {official}, dibuktikan oleh rantai register.", { official }) };
}

/** Return the raw public key (32 bytes) with this id that these acts of the register give the official, or null. */
async function givenTo(chain, official, keyid) {
  const proposed = new Map();
  for (const { leaf, act } of chain) {
    if (act.kind === "key.proposed") proposed.set(leaf, act.body);
    const founders = act.kind === "ledger.founded" ? act.body.founders : [];
    const given = act.kind === "key.approved" ? [proposed.get(act.body.proposal)] : founders.map((one) => ({ official: one.person.official, public_key: one.public_key }));
    for (const one of given.filter((one) => one?.official === official)) {
      const raw = unhex(one.public_key);
      if ((await keyIdOf(raw)) === keyid) return raw;
    }
  }
  return null;
}

async function signed({ envelope }, key) {
  await open(envelope, key);
  return { why: t("Tanda tangan dibuat dengan kunci itu.") };
}

/** Return how a fault is said: bytes that contradict what was sealed do not match; what is lacking cannot be judged. */
const said = (fault) => ({
  verdict: fault.kind === "forged" || fault.kind === "malformed" ? CONTRADICTED : UNJUDGED,
  why: describe(fault).detail,
});
