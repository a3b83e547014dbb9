/**
 * What this device remembers of the one ledger that it trusts, in IndexedDB ("jejak", one a web origin).
 *
 * pins        what is trusted since first contact, written once: ledger {origin, vkey, founding}; compared, when a
 *             person found that on their card (RFC 3339); signed-in, the official who signed in here last
 * checkpoint  the newest checkpoint that was verified, verbatim
 * heads       by stream: {version, leaf, index} of the newest act that was verified
 * outbox      by SHA-256: envelopes that were signed and whose receipt is not verified yet: {bytes, about, at}, and
 *             refused (the service's words) where it said no: it may have kept them all the same
 * evidence    what a service showed that contradicts what it showed before; never removed by us
 * drafts      what somebody is typing, by place
 * keys        see keys.js
 *
 * Tabs share it: whoever moves the checkpoint does it in one transaction. Everything throws a Fault, "unavailable"
 * (client.memory), where the browser keeps nothing.
 */
import { equal, hex, sha256, utf8 } from "./bytes.js";
import { Fault } from "./faults.js";
import { parseVkey } from "./note.js";
import { t } from "./words.js";

const ROOMS = ["pins", "checkpoint", "heads", "outbox", "evidence", "drafts", "keys"];

let opening = null;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("jejak", 1);
    asked.onupgradeneeded = () => ROOMS.forEach((room) => asked.result.createObjectStore(room));
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      asked.result.onversionchange = () => asked.result.close();
      asked.result.onclose = () => (opening = null);
      resolve(asked.result);
    };
  }).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

/** Run `work` (room, give) in one transaction; resolve to what it gave once that is durable. */
async function within(room, mode, work) {
  try {
    const known = await database();
    return await new Promise((resolve, reject) => {
      const transaction = known.transaction(room, mode, { durability: "strict" });
      let given;
      transaction.oncomplete = () => resolve(given);
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore(room), (value) => (given = value));
    });
  } catch (error) {
    throw new Fault(
      "unavailable",
      "client.memory",
      t("Ingatan peramban ini tidak dapat dibaca atau ditulis."),
      t("Jangan pakai jendela penyamaran, dan periksa sisa ruang perangkat ini."),
      { cause: String(error) },
    );
  }
}

const read = (room, name) =>
  within(room, "readonly", (all, give) => {
    all.get(name).onsuccess = (event) => give(event.target.result ?? null);
  });
const readAll = (room) =>
  within(room, "readonly", (all, give) => {
    all.getAll().onsuccess = (event) => give(event.target.result);
  });
const write = (room, name, value) => within(room, "readwrite", (all) => all.put(value, name));
const drop = (room, name) => within(room, "readwrite", (all) => all.delete(name));

/** Return what this device trusts, {origin, vkey, founding} (founding: hex leaf hash of leaf 0), or null. */
export const pinned = () => read("pins", "ledger");

/**
 * Trust this ledger from now on; throw a Fault: malformed, or refused (client.pinned) where another is trusted.
 */
export async function pin({ origin, vkey, founding }) {
  const { name } = await parseVkey(vkey);
  if (name !== origin || !/^[0-9a-f]{64}$/.test(founding))
    throw new Fault("malformed", "client.pins", t("Patokan buku besar ini tidak berbentuk seperti seharusnya."));
  const known = await within("pins", "readwrite", (all, give) => {
    all.get("ledger").onsuccess = (event) => {
      const before = event.target.result;
      give(before ?? null);
      if (!before) all.put({ origin, vkey, founding }, "ledger");
    };
  });
  if (known && (known.vkey !== vkey || known.founding !== founding))
    throw new Fault(
      "refused",
      "client.pinned",
      t("Buku besar yang ditunjukkan layanan ini lain dari yang dipercaya perangkat ini."),
      t("Jangan tandatangani apa pun. Tanyakan kepada pendaftar mana yang benar."),
    );
}

/** Return when a person compared what is trusted with their card (RFC 3339), or null. */
export const comparedAt = () => read("pins", "compared");
/** Remember that a person has just compared it. */
export const keepCompared = () => write("pins", "compared", new Date().toISOString());

/** Return the official who signed in on this device last, or null: what a page says of it is only a page's word. */
export const signedIn = () => read("pins", "signed-in");
/** Remember who has just signed in, or null: nobody. */
export const keepSignedIn = (official) => write("pins", "signed-in", official);

/** Return the bytes of the newest verified checkpoint, or null at first contact. */
export const newest = () => read("checkpoint", "newest");

/**
 * Make `next` the newest checkpoint; false where the newest is no longer `expected` (bytes, or null): then `next`
 * must fit on the one that another tab verified meanwhile.
 */
export const moveNewest = (expected, next) =>
  within("checkpoint", "readwrite", (all, give) => {
    all.get("newest").onsuccess = (event) => {
      const now = event.target.result ?? null;
      const same = now && expected ? equal(now, expected) : now === expected;
      give(same);
      if (same && !(now && equal(now, next))) all.put(next, "newest");
    };
  });

/** Return {version, leaf, index} of the newest act of a stream that was verified here, or null. */
export const head = (stream) => read("heads", stream);

/** Remember the newest act of a stream; an older one than is known changes nothing. */
export const rememberHead = (stream, { version, leaf, index }) =>
  within("heads", "readwrite", (all) => {
    all.get(stream).onsuccess = (event) => {
      if (!(event.target.result?.version >= version)) all.put({ version, leaf, index }, stream);
    };
  });

/** Keep what contradicts, `parts` by name (bytes), under the rule that it breaks; return the name it is kept by. */
export async function evidence(rule, parts) {
  const name = await digest(...Object.values(parts));
  await write("evidence", name, { rule, parts, at: new Date().toISOString(), name });
  return name;
}

/** Return all evidence, [{rule, parts, at, name}], to be handed to an inspector. */
export const evidences = () => readAll("evidence");

/** Keep what was typed at a place (any value that can be cloned). */
export const keepDraft = (place, value) => write("drafts", place, value);
/** Return what was typed at a place, or null. */
export const draft = (place) => read("drafts", place);
/** Forget what was typed at a place. */
export const dropDraft = (place) => drop("drafts", place);

/** Keep a signed envelope until its receipt is verified; `about` is for people: {stream, kind, ...}. */
export async function keepEnvelope(bytes, about = {}) {
  const name = await digest(bytes);
  await within("outbox", "readwrite", (all) => {
    all.get(name).onsuccess = (event) => {
      if (!event.target.result) all.put({ bytes, about, at: new Date().toISOString() }, name);
    };
  });
}

/** Remember that the service refused an envelope, with its words; it is kept, for nothing proves that the service dropped it. */
export async function markRefused(bytes, words) {
  const name = await digest(bytes);
  await within("outbox", "readwrite", (all) => {
    all.get(name).onsuccess = (event) => event.target.result && all.put({ ...event.target.result, refused: words }, name);
  });
}

/** Return the envelopes that were not proved yet, the oldest first: [{bytes, about, at, refused}]. */
export const envelopes = async () => (await readAll("outbox")).sort((a, b) => (a.at < b.at ? -1 : 1));

/** Forget an envelope: it is recorded and proved, or its place is taken. */
export const dropEnvelope = async (bytes) => drop("outbox", await digest(bytes));

/** Keep, list and drop records of keys, by key id. */
export const keepKey = (record) => write("keys", record.keyid, record);
export const keptKeys = () => readAll("keys");
export const dropKey = (keyid) => drop("keys", keyid);

async function digest(...parts) {
  const hashed = await Promise.all(parts.map((part) => sha256(part)));
  return hashed.length === 1 ? hex(hashed[0]) : hex(await sha256(utf8(hashed.map(hex).join(" "))));
}

const REGISTER = "register, verified"; // no name of a stream
/** Return what this device verified of the register (register_chain.js), or null. */
export const keptRegister = () => read("heads", REGISTER);
/** Keep what was verified of the register; null forgets it. */
export const keepRegister = (verified) => (verified ? write("heads", REGISTER, verified) : drop("heads", REGISTER));
