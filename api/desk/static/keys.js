/**
 * Keys with which people sign here: made on this device, or opened from a key file for as long as the page stands.
 *
 * A key is {official, keyid, publicKey, sign, where}: publicKey is the 32 raw bytes, keyid their hex SHA-256,
 * sign(bytes) → Promise of 64 bytes (Ed25519, RFC 8032), where "device" or "file". The private key of a device is a
 * CryptoKey that cannot be extracted, kept in IndexedDB: no script, also none of ours, reads its bytes.
 */
import { hex, subtle, text, utf8 } from "./bytes.js";
import { keyIdOf, native } from "./ed25519.js";
import { seal } from "./envelope.js";
import { Fault } from "./faults.js";
import { later } from "./later.js";
import { dropKey, keepKey, keptKeys } from "./store.js";
import { spell } from "./strict_json.js";
import { t } from "./words.js";

/** The DSSE payload type of a proof of possession (keys/possession.py). */
const POSSESSION = "application/vnd.jejak.possession.v1+json";
const OFFICIAL = /^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$/;

/** Keys that were opened from files, by id: in the memory of this page only. */
const opened = new Map();

/**
 * Make a key of `official` (their name in the register) on this device and return it.
 *
 * Throws a Fault: malformed (key.official), unsupported, unavailable (client.memory).
 */
export async function makeKey(official) {
  if (!OFFICIAL.test(official))
    throw new Fault(
      "malformed",
      "key.official",
      t("Nama dalam register tidak berbentuk seperti seharusnya."),
      t("Huruf kecil, angka, dan tanda hubung, seperti diberikan pendaftar: budi-santoso."),
    );
  const pair = await native(() => subtle().generateKey({ name: "Ed25519" }, false, ["sign", "verify"]));
  const publicKey = new Uint8Array(await subtle().exportKey("raw", pair.publicKey));
  return keep(official, publicKey, pair.privateKey);
}

/** Open a key file with its passphrase; the key is held in the memory of this page and never stored. */
export async function keyFromFile(bytes, passphrase) {
  const { openKeyfile } = await later("keyfile");
  const key = { ...(await openKeyfile(bytes, passphrase)), where: "file" };
  opened.set(key.keyid, key);
  return key;
}

/** Keep a key that was opened from its file on this device, where nobody reads its bytes any more, and return it. */
export async function keepOpened({ official, publicKey, privateKey }) {
  return keep(official, publicKey, privateKey);
}

/** Return the keys that can sign here: those of this device, and those opened from files in this page. */
export async function keysHere() {
  const kept = (await keptKeys()).map(ofDevice);
  return [...kept, ...[...opened.values()].filter((one) => !kept.some(({ keyid }) => keyid === one.keyid))];
}

/** Forget a key. One that was made on this device is lost for good. */
export async function forgetKey(keyid) {
  opened.delete(keyid);
  await dropKey(keyid);
}

/** Tell whether the browser promised not to clear what this device keeps when room gets scarce. */
export const isPersistent = async () => (await navigator.storage?.persisted?.()) ?? false;

/** Return a public key's id in groups of four (a promise), as it is printed on a berita acara and compared aloud. */
export const fingerprint = async (publicKey) => (await keyIdOf(publicKey)).match(/.{4}/g).join(" ");

/**
 * Return the bytes of the request file that a registrar proposes `key` from, for the ledger of origin `ledger`
 * (api/key_request.py); `replaces` is the id of the key whose place it takes.
 */
export async function keyRequest(key, ledger, replaces) {
  const { official } = key;
  const public_key = hex(key.publicKey);
  const possession = text(await seal(POSSESSION, spell({ ledger, official, public_key }), key));
  const members = { fingerprint: await fingerprint(key.publicKey), public_key, possession };
  const request = spell({ ledger, official, ...(replaces ? { replaces } : {}), ...members });
  return utf8(`${text(request)}\n`);
}

async function keep(official, publicKey, privateKey) {
  const record = { keyid: await keyIdOf(publicKey), official, publicKey, privateKey, at: new Date().toISOString() };
  await keepKey(record);
  await navigator.storage?.persist?.(); // asked once there is something to lose; refused, the key is kept all the same
  return ofDevice(record);
}

const ofDevice = ({ official, keyid, publicKey, privateKey }) => ({
  official,
  keyid,
  publicKey,
  sign: async (bytes) => new Uint8Array(await subtle().sign({ name: "Ed25519" }, privateKey, bytes)),
  where: "device",
});
