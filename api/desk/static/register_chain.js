/**
 * The register, verified on this device from leaf 0 on, so that nobody but its registrars can put a key into it.
 *
 * Of each act, in the order of the chain (keys/register.py, ledger/officials.py):
 *
 * 1. leaf     the first act is the pinned founding; every other names the leaf of the one before and comes after it
 * 2. key      the register as it stood gave the key to whoever acts, and had not taken it
 * 3. signed   that key made the signature
 * 4. power    registrars propose and approve, in force on the day of recording; the founders in a recovery; whoever
 *             loses a key or mandate lays it down, or one registrar takes it
 * 5. two      proposer and approver are two people, also where they act on another's behalf, neither of whom gains;
 *             the proposal came before, waits still, and its proposer could still make it
 *
 * Not asked here: whether a recovery was needed, the new key's proof of possession, and what two registrars may say of
 * names and offices. An audit asks all of it.
 *
 * What is verified stays on the device and is not verified again, with the entries that gave and took each key: at
 * which leaf these stand is what the service says until `placed` has proved it by a receipt. The chain alone would not
 * do: it bounds an act by what its neighbours' signers had seen, not by where the log has it.
 */
import { unhex } from "./bytes.js";
import { importPublic, keyIdOf } from "./ed25519.js";
import { open } from "./envelope.js";
import { Fault, forged } from "./faults.js";
import { grown, included } from "./ledger.js";
import { keepRegister, keptRegister, pinned } from "./store.js";
import { t } from "./words.js";

const REGISTRAR = "registrar";
/** On behalf of which capacities one may act (keys/authority.py). */
const OVER = { an: ["definitif", "plt"], ub: ["an"] };
/** The form in which a register is kept; another one is not read, but verified anew. */
const FORM = 1;
const HOURS_OF_WIB = 7 * 60 * 60 * 1000;

/**
 * Return the verified register (a promise):
 *
 * version, leaf   of its newest act; founding: the leaf hash of leaf 0, which is pinned
 * keys            by key id: {raw (hex), official, given, givers, revoked}; given: the act that gave it, {leaf, index,
 *                 recordedAt, bytes}; givers: [{keyid, recordedAt}] who proposed and approved; revoked: null or the act
 *                 that took it, with {reason, since (RFC 3339 or null), by}
 * officials       by name: [{index, name, nip}], the oldest first
 * mandates        by name: the record, with {since, withdrawn}: leaf indices, null where it was not withdrawn
 *
 * Throws what ledger.js throws, and forged (register.*).
 */
export async function register() {
  const trusted = await pinned();
  const kept = await keptRegister();
  const known = kept?.form === FORM && kept.founding === trusted?.founding ? kept : null;
  const { given } = await grown("register", known, (acts, pins) => grow(known, acts, pins));
  await keepRegister(given);
  return given;
}

/** Return the register after these acts; `before` is a register or null. */
export async function grow(before, acts, { origin, founding }) {
  const now = before ? structuredClone(before) : empty(founding);
  for (const one of acts) {
    if (one.act.version <= now.version) {
      if (one.act.version === now.version && one.leaf !== now.leaf) throw breaks(one);
      continue;
    }
    const { act } = one;
    const first = act.version === 1;
    const next = act.version === now.version + 1 && act.previous === now.leaf;
    if (act.ledger !== origin || act.stream !== "register" || !next) throw breaks(one);
    if (first && (one.leaf !== founding || one.index !== 0 || act.kind !== "ledger.founded"))
      throw forged("register.founding", t("Register tidak berawal dari pendirian yang dipatok."));
    // Who signs has seen no leaf but those below, and the log's clock does not go back.
    if (!first && (one.index <= now.index || (act.seen?.size ?? 0) > one.index || one.recordedAt < now.recordedAt))
      throw breaks(one);
    if (first) await found(now, one);
    await signedBy(now, one);
    if (!first) take(now, one, await change(now, one));
    Object.assign(now, { version: act.version, leaf: one.leaf, index: one.index, recordedAt: one.recordedAt });
  }
  return now;
}

/** Return (a promise) where an act that gave or took a key is proved to be at its leaf; remembered once it is. */
export async function placed(now, one) {
  if (one.proved || one.leaf === now.founding) return;
  try {
    if (!proving.has(one)) proving.set(one, included(one.index, one.bytes));
    await proving.get(one);
    one.proved = true;
  } catch (fault) {
    // What the service said of this leaf is not to be remembered as the register's.
    if (fault.kind === "forged") {
      misplaced.add(now);
      await keepRegister(null);
    }
    throw fault;
  }
}
const proving = new WeakMap();
const misplaced = new WeakSet();

/** Keep what was proved of leaves meanwhile. */
export const remember = (now) => keepRegister(misplaced.has(now) ? null : now);

/** Return the public key (a promise) of a key of the register. */
export function publicKey(held) {
  if (!imported.has(held.raw)) imported.set(held.raw, importPublic(unhex(held.raw)));
  return imported.get(held.raw);
}
const imported = new Map();

/** Return the revocation that puts what a key signed at this time in question (ledger/verdicts.py), or null. */
export function questioned(now, keyid, recordedAt) {
  const loss = now.keys.get(keyid)?.revoked;
  if (loss?.reason !== "compromised") return null;
  return !loss.since || Date.parse(loss.since) <= Date.parse(recordedAt) ? loss : null;
}

/** Tell whether a key was given by acts that are in question, or rests on such: ledger/evidence_doubts.py, of keys. */
export function restsOnQuestioned(now, keyid, passed = new Set()) {
  if (passed.has(keyid)) return false;
  passed.add(keyid);
  return (now.keys.get(keyid)?.givers ?? []).some(
    (one) => questioned(now, one.keyid, one.recordedAt) || restsOnQuestioned(now, one.keyid, passed),
  );
}

// --- the acts ---------------------------------------------------------------------------------------------

const empty = (founding) => ({
  ...{ form: FORM, founding, version: 0, leaf: null, index: -1, recordedAt: "", founders: [], accepted: false },
  ...{ keys: new Map(), officials: new Map(), mandates: new Map(), proposals: new Map() },
});

const at = ({ leaf, index, recordedAt, bytes }) => ({ leaf, index, recordedAt, bytes });

async function found(now, one) {
  const { founders } = one.act.body;
  now.founders = founders.map(({ person }) => person.official);
  for (const { person, public_key: raw, mandate } of founders) {
    putOfficial(now, person, one);
    putKey(now, await keyIdOf(unhex(raw)), raw, person.official, [], one);
    now.mandates.set(mandate.mandate, { ...mandate, since: one.index, withdrawn: null });
  }
  if (one.act.official !== now.founders[0] || now.founders[0] === now.founders[1] || now.keys.size !== 2)
    throw without(one, t("Pendirian bukan oleh pendiri pertama."));
}

async function signedBy(now, one) {
  const held = now.keys.get(one.keyid);
  if (!held || held.revoked || held.official !== one.act.official)
    throw without(one, t("Kunci penanda tangannya bukan kunci {official} yang berlaku.", one.act));
  try {
    await open(one.envelope, await publicKey(held));
  } catch (fault) {
    if (fault.kind !== "forged") throw fault;
    throw without(one, fault.detail);
  }
}

/** Return what an act changes, having judged that it may. */
async function change(now, one) {
  const { kind, official, body } = one.act;
  if (kind === "founding.accepted") {
    if (now.accepted || body.founding !== now.founding || official !== now.founders[1])
      throw without(one, t("Penerimaan pendirian bukan oleh pendiri kedua."));
    requireRegistrar(now, one.act, one);
    return { accepted: true };
  }
  if (!now.accepted) throw without(one, t("Pendirian belum diterima pendiri kedua."));
  const [what, done] = kind.split(".");
  if (kind === "key.revoked") {
    const held = now.keys.get(body.keyid);
    if (!held || held.revoked) throw without(one, t("Kunci yang dicabut tidak ada."));
    requireTaker(now, one, held.official);
    return { revoked: held };
  }
  if (kind === "mandate.withdrawn") {
    const held = now.mandates.get(body.mandate);
    if (!held || held.withdrawn !== null) throw without(one, t("Mandat yang dicabut tidak ada."));
    requireTaker(now, one, held.official);
    return { withdrawn: held };
  }
  if (!["official", "key", "mandate"].includes(what) || !["proposed", "approved"].includes(done))
    throw new Fault(
      "unjudged",
      "register.kind",
      t("Register memuat tindakan yang tidak dikenal halaman ini: {kind}.", { kind }),
    );
  requireGiver(now, one.act, one);
  if (done === "proposed") {
    const { official: gains } = body[{ official: "person", mandate: "mandate" }[what]] ?? body;
    const { keyid, recordedAt } = one;
    requireOthers(now, one, principals(now, one.act.mandate), [gains]);
    return { proposed: { what, gains, body, official, mandate: one.act.mandate, keyid, recordedAt } };
  }
  return { approved: await approval(now, one, what) };
}

async function approval(now, one, what) {
  const { body, mandate } = one.act;
  const proposal = now.proposals.get(body.proposal);
  if (proposal?.what !== what) throw without(one, t("Usulan yang disetujui tidak ada."));
  const eyes = principals(now, mandate);
  requireOthers(now, one, eyes, principals(now, proposal.mandate));
  requireOthers(now, one, eyes, [proposal.gains]);
  const both = (body.recovery === undefined) === (proposal.body.recovery === undefined);
  if (!both || now.keys.get(proposal.keyid).revoked) throw without(one, t("Usulannya sudah gugur."));
  requireGiver(now, proposal, one);
  const { public_key: raw, mandate: given } = proposal.body;
  const name = what === "key" ? await keyIdOf(unhex(raw)) : given?.mandate;
  if ({ key: now.keys, mandate: now.mandates }[what]?.has(name))
    throw without(one, t("Kunci atau mandat itu sudah terdaftar."));
  return { ...proposal, leaf: body.proposal, name };
}

/** Let what was judged happen; nothing in here waits. */
function take(now, one, { accepted, revoked, withdrawn, proposed, approved }) {
  const { body, official } = one.act;
  if (accepted) now.accepted = true;
  const { reason, compromised_since: since = null } = body;
  if (revoked) revoked.revoked = { ...at(one), reason, since, by: official };
  if (withdrawn) withdrawn.withdrawn = one.index;
  if (proposed) now.proposals.set(one.leaf, proposed);
  if (!approved) return;
  now.proposals.delete(approved.leaf);
  const givers = [approved, one].map(({ keyid, recordedAt }) => ({ keyid, recordedAt }));
  if (approved.what === "official") putOfficial(now, approved.body.person, one);
  if (approved.what === "mandate")
    now.mandates.set(approved.name, { ...approved.body.mandate, since: one.index, withdrawn: null });
  if (approved.what === "key") putKey(now, approved.name, approved.body.public_key, approved.gains, givers, one);
}

function putOfficial(now, { official, name, nip }, { index }) {
  now.officials.set(official, [...(now.officials.get(official) ?? []), { index, name, nip: nip ?? null }]);
}

function putKey(now, keyid, raw, official, givers, one) {
  now.keys.set(keyid, { raw, official, given: at(one), givers, revoked: null });
}

// --- who may ----------------------------------------------------------------------------------------------

function requireGiver(now, act, one) {
  if (now.mandates.get(act.mandate)?.official !== act.official)
    throw without(one, t("Mandat {mandate} bukan mandat penanda tangannya.", act));
  if (act.body.recovery === undefined) requireRegistrar(now, act, one);
  else if (!now.founders.includes(act.official)) throw without(one, t("Pemulihan register bukan oleh pendiri."));
}

function requireTaker(now, one, holder) {
  if (one.act.official !== holder) requireRegistrar(now, one.act, one);
}

/** Return if the mandate is a registrar's, the official's, and in force when `one` is recorded, as all it rests on. */
function requireRegistrar(now, { official, mandate }, one) {
  let held = now.mandates.get(mandate);
  const day = new Date(Date.parse(one.recordedAt) + HOURS_OF_WIB).toISOString().slice(0, 10);
  const stands = (it) => it && it.withdrawn === null && it.start <= day && (it.end === undefined || day <= it.end);
  let right = stands(held) && held.official === official && held.office === REGISTRAR;
  while (right && held.behalf_of !== undefined) {
    const over = now.mandates.get(held.behalf_of);
    const above = OVER[held.capacity]?.includes(over?.capacity) && over.unit === held.unit;
    right = stands(over) && above && over.office === held.office;
    held = over;
  }
  if (!right) throw without(one, t("Mandat {mandate} bukan mandat pendaftar yang berlaku.", { mandate }));
}

/** Return in whose name acts under a mandate are done: its holder, then those on whose behalf. */
function principals(now, mandate) {
  const names = [];
  let held = now.mandates.get(mandate);
  for (; held && !names.includes(held.official); held = now.mandates.get(held.behalf_of)) names.push(held.official);
  return names;
}

function requireOthers(now, one, ones, others) {
  const nip = (name) => now.officials.get(name)?.at(-1).nip;
  const same = (a, b) => a === b || (nip(a) && nip(a) === nip(b));
  if (!ones.length || ones.some((a) => others.some((b) => same(a, b))))
    throw without(one, t("Kuasa diberikan dua orang, dan tidak kepada diri sendiri."));
}

const breaks = ({ act }) =>
  forged("register.chain", t("Register: tindakan versi {version} tidak menyambung pada pendahulunya.", act));
const without = ({ act: { version, kind } }, why) =>
  forged("register.act", t("Register: tindakan versi {version} ({kind}) bukan tindakan yang sah. {why}", { version, kind, why }));
