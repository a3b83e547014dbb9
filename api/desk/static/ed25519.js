/**
 * Ed25519 (RFC 8032) by WebCrypto, under the rule of keys/signing.py: a public key is the one encoding of a point that
 * has not small order (for such a key anyone can sign), a signature's S is below the group order.
 *
 * A public key is {raw, keyid, key}: 32 bytes, the hex SHA-256 of them, the CryptoKey.
 */
import { hex, sha256, subtle } from "./bytes.js";
import { Fault, forged, malformed } from "./faults.js";
import { t } from "./words.js";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
// y of the points of order 8; with 0, 1 and -1 they are all y of small order.
const Y8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const SMALL_ORDER = new Set([0n, 1n, P - 1n, Y8, P - Y8]);

let answer;

/** Tell (a promise) whether this browser makes keys of Ed25519 and keeps them from being read. */
export const supported = () =>
  (answer ??= (async () => {
    try {
      await subtle().generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
      return true;
    } catch {
      return false;
    }
  })());

/** Return the key id of 32 raw bytes: their SHA-256 in hex (a promise). */
export const keyIdOf = async (raw) => hex(await sha256(raw));

/** Return the public key of 32 raw bytes, fit to verify with (a promise); else malformed (key.*). */
export async function importPublic(raw) {
  if (raw.length !== 32)
    throw malformed("key.length", t("Kunci publik {n} bita; kunci Ed25519 harus 32 bita.", { n: raw.length }));
  const y = number(raw) & (2n ** 255n - 1n);
  if (y >= P) throw malformed("key.canonical", t("Kunci publik tidak ditulis dalam bentuk bakunya."));
  if (SMALL_ORDER.has(y))
    throw malformed("key.weak", t("Kunci publik lemah: siapa pun dapat membuat tanda tangan untuk kunci ini."));
  // x² = u/v has a root exactly where u·v is a square modulo P (RFC 8032 §5.1.3).
  if (jacobi(mod((y * y - 1n) * (D * y * y + 1n)), P) !== 1)
    throw malformed("key.point", t("Kunci publik bukan titik pada kurva Ed25519."));
  const key = await native(() => subtle().importKey("raw", raw, { name: "Ed25519" }, true, ["verify"]));
  return { raw, keyid: await keyIdOf(raw), key };
}

/** Return (a promise) if `signature` (64 bytes) is the key's over `message`, else throw forged (signature.*). */
export async function verify(publicKey, signature, message) {
  if (signature.length !== 64 || number(signature.subarray(32)) >= L)
    throw forged("signature.form", t("Tanda tangan tidak berbentuk baku (Ed25519, S < L)."));
  if (!(await native(() => subtle().verify({ name: "Ed25519" }, publicKey.key, signature, message))))
    throw forged("signature.invalid", t("Tanda tangan tidak cocok dengan isi dan kunci yang disebut."));
}

/** Return what WebCrypto answers to `ask`; where it knows no Ed25519, throw a Fault "unsupported". */
export async function native(ask) {
  try {
    return await ask();
  } catch (error) {
    if (error?.name !== "NotSupportedError") throw error;
    throw new Fault(
      "unsupported",
      "key.unsupported",
      t("Peramban ini belum mengenal tanda tangan Ed25519."),
      t("Pakai Chrome atau Edge 137, Firefox 129, Safari 17 atau yang lebih baru, lewat https."),
    );
  }
}

const number = (bytes) => BigInt(`0x${hex(bytes.toReversed())}`);
const mod = (a) => ((a % P) + P) % P;

/** The Jacobi symbol (a/n) for odd n: for a prime n, 1 where a is a square modulo n (HAC 2.149). */
function jacobi(a, n) {
  let sign = 1;
  while (a) {
    for (; !(a & 1n); a >>= 1n) if ((n & 7n) === 3n || (n & 7n) === 5n) sign = -sign;
    if (a & n & 2n) sign = -sign;
    [a, n] = [n % a, a];
  }
  return n === 1n ? sign : 0;
}
