/**
 * An official's private key at rest, sealed by a passphrase: the one byte form of keys/keyfile.py, read and written.
 *
 * PBKDF2-HMAC-SHA256 (RFC 8018 §5.2) over the passphrase in NFC, AES-256-GCM (NIST SP 800-38D) over the 32-byte seed
 * (RFC 8032 §5.1.5), with the lines format, public key and official as associated data.
 */
import { ascii, base64, concat, hex, subtle, unbase64, unhex, utf8 } from "./bytes.js";
import { importPublic, keyIdOf, native, verify } from "./ed25519.js";
import { Fault, forged, malformed } from "./faults.js";
import { t } from "./words.js";

const MAX_BYTES = 4096;
const ITERATIONS = 600_000;
const MAX_ITERATIONS = 5_000_000;
const MIN_PASSPHRASE = 12;
const MAX_PASSPHRASE = 1000;
const LABEL = /^[A-Za-z0-9][A-Za-z0-9./_-]{0,99}$/;
const FORM =
  /^\{"format":"jejak\.key\/1","official":"([A-Za-z0-9][A-Za-z0-9./_-]{0,99})","key_id":"([0-9a-f]{64})","public_key":"([0-9a-f]{64})","kdf":\{"name":"PBKDF2-SHA256","iterations":([1-9][0-9]{0,9}),"salt":"([A-Za-z0-9+/]{22}==)"\},"cipher":\{"name":"AES-256-GCM","nonce":"([A-Za-z0-9+/]{16})"\},"sealed":"([A-Za-z0-9+/]{64})"\}$/;
/** What stands before the seed in PKCS #8 (RFC 8410 §7). */
const PKCS8 = unhex("302e020100300506032b657004220420");

/**
 * Return the key in a key file (a promise): {official, publicKey (32 bytes), keyid, sign(bytes) → Promise}.
 *
 * Throws malformed (no key file), refused (keyfile.iterations; keyfile.passphrase, which an altered file is too) or
 * forged (keyfile.public_key: the key inside is not the one that the file names).
 */
export async function openKeyfile(bytes, passphrase) {
  const file = await parseKeyfile(bytes);
  const { official, publicKey } = file;
  const associated = associatedOf(publicKey.raw, official);
  const cipher = await derive(normal(passphrase), file.salt, file.iterations);
  const seed = await subtle().decrypt(gcm(file.nonce, associated), cipher, file.sealed).catch(() => {
    throw new Fault(
      "refused",
      "keyfile.passphrase",
      t("Kata sandi salah, atau berkas kunci sudah diubah; keduanya tidak dapat dibedakan."),
      t("Ketik ulang dengan teliti; bila tetap gagal, pakai salinan cadangan berkasnya."),
    );
  });
  const key = await importSeed(new Uint8Array(seed), false);
  const sign = async (message) => new Uint8Array(await subtle().sign({ name: "Ed25519" }, key, message));
  try {
    // The public half of a key that cannot be read is known by what it signs.
    await verify(publicKey, await sign(associated), associated);
  } catch (fault) {
    if (fault.kind !== "forged") throw fault;
    throw forged("keyfile.public_key", t("Berkas kunci menyebut kunci publik lain dari kunci di dalamnya."));
  }
  return { official, publicKey: publicKey.raw, keyid: publicKey.keyid, privateKey: key, sign };
}

/**
 * Return the bytes of the key file (a promise) of a seed, a new one unless it is given, for this passphrase.
 *
 * `salt` (16 bytes) and `nonce` (12) are new random bytes unless given, which only tests do. Throws refused
 * (keyfile.passphrase_length) or malformed.
 */
export async function sealKeyfile({ official, passphrase, seed = random(32), salt = random(16), nonce = random(12) }) {
  const words = normal(passphrase);
  const length = [...words].length;
  if (length < MIN_PASSPHRASE || length > MAX_PASSPHRASE)
    throw new Fault(
      "refused",
      "keyfile.passphrase_length",
      t("Kata sandi {n} karakter.", { n: length }),
      t("12 sampai 1000 karakter, misalnya empat kata yang acak."),
    );
  if (!LABEL.test(official)) throw malformed("keyfile.official", t("Nama pemilik pada berkas kunci tidak sah."));
  const { x } = await subtle().exportKey("jwk", await importSeed(seed.slice(), true));
  const raw = unbase64(`${x.replaceAll("-", "+").replaceAll("_", "/")}=`);
  const cipher = await derive(words, salt, ITERATIONS);
  const sealed = await subtle().encrypt(gcm(nonce, associatedOf(raw, official)), cipher, seed);
  return utf8(
    `{"format":"jejak.key/1","official":"${official}","key_id":"${await keyIdOf(raw)}","public_key":"${hex(raw)}",` +
      `"kdf":{"name":"PBKDF2-SHA256","iterations":${ITERATIONS},"salt":"${base64(salt)}"},` +
      `"cipher":{"name":"AES-256-GCM","nonce":"${base64(nonce)}"},"sealed":"${base64(new Uint8Array(sealed))}"}`,
  );
}

async function parseKeyfile(bytes) {
  if (bytes.length > MAX_BYTES)
    throw malformed("keyfile.size", t("Berkas kunci lebih dari {most} bita.", { most: MAX_BYTES }));
  const form = FORM.exec(ascii(bytes));
  if (!form)
    throw malformed(
      "keyfile.form",
      t("Ini bukan berkas kunci Jejak, atau isinya rusak."),
      t("Pilih berkas kunci yang asli, tanpa diubah sedikit pun."),
    );
  const [, official, keyid, raw, iterations, salt, nonce, sealed] = form;
  const publicKey = await importPublic(unhex(raw));
  if (publicKey.keyid !== keyid)
    throw malformed("keyfile.key_id", t("Berkas kunci rusak: sidik kunci tidak cocok dengan kuncinya."));
  // Fewer may have been written to guess faster, more would take for ever.
  if (iterations < ITERATIONS || iterations > MAX_ITERATIONS)
    throw new Fault(
      "refused",
      "keyfile.iterations",
      t("Tingkat pengamanan berkas kunci ini di luar batas; mungkin berkas ini diubah orang."),
    );
  const sealing = { salt: unbase64(salt), nonce: unbase64(nonce), sealed: unbase64(sealed) };
  return { official, publicKey, iterations: Number(iterations), ...sealing };
}

function normal(passphrase) {
  const words = passphrase.normalize("NFC");
  if (words.isWellFormed()) return words;
  throw malformed(
    "keyfile.passphrase_text",
    t("Kata sandi memuat karakter yang rusak."),
    t("Ketik kata sandi langsung dari papan ketik."),
  );
}

async function derive(words, salt, iterations) {
  const from = await subtle().importKey("raw", utf8(words), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return subtle().deriveKey(how, from, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** Return the CryptoKey of a seed, whose bytes are wiped. */
async function importSeed(seed, extractable) {
  const wrapped = concat(PKCS8, seed);
  try {
    return await native(() => subtle().importKey("pkcs8", wrapped, { name: "Ed25519" }, extractable, ["sign"]));
  } finally {
    seed.fill(0);
    wrapped.fill(0);
  }
}

const random = (count) => crypto.getRandomValues(new Uint8Array(count));
const gcm = (iv, additionalData) => ({ name: "AES-GCM", iv, additionalData, tagLength: 128 });
const associatedOf = (raw, official) => utf8(`jejak.key/1\n${hex(raw)}\n${official}`);
