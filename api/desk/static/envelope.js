/**
 * DSSE envelopes (Dead Simple Signing Envelope v1) in one byte form, with exactly one signature (keys/envelope.py):
 *
 *   {"payloadType":"<type>","payload":"<base64>","signatures":[{"keyid":"<hex>","sig":"<base64>"}]}
 *
 * The signature is Ed25519 over PAE = "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload, LEN in decimal.
 */
import { ascii, base64, concat, unbase64, utf8 } from "./bytes.js";
import { verify } from "./ed25519.js";
import { forged, malformed } from "./faults.js";
import { t } from "./words.js";

const MAX_BYTES = 64_000;
const FORM =
  /^\{"payloadType":"([a-zA-Z0-9.+/_-]{1,100})","payload":"([A-Za-z0-9+/]*={0,2})","signatures":\[\{"keyid":"([0-9a-f]{64})","sig":"([A-Za-z0-9+/]{86}==)"\}\]\}$/;

/** Return the bytes that a signature covers. */
export function pae(type, payload) {
  const kind = utf8(type);
  return concat(utf8(`DSSEv1 ${kind.length} ${type} ${payload.length} `), payload);
}

/**
 * Return {bytes, payloadType, payload, keyid, signature} of an envelope whose framing is right, nothing verified; else
 * malformed (envelope.*, base64.*).
 */
export function parseEnvelope(bytes) {
  if (bytes.length > MAX_BYTES)
    throw malformed("envelope.size", t("Amplop {n} bita; paling besar {most}.", { n: bytes.length, most: MAX_BYTES }));
  const form = FORM.exec(ascii(bytes));
  if (!form) throw malformed("envelope.form", t("Amplop tidak berbentuk baku."));
  const [, payloadType, payload, keyid, signature] = form;
  return { bytes, payloadType, payload: unbase64(payload), keyid, signature: unbase64(signature) };
}

/** Return the bytes of the envelope (a promise) in which `key`, {keyid, sign(bytes) → Promise}, signs `payload`. */
export async function seal(type, payload, key) {
  const signature = base64(await key.sign(pae(type, payload)));
  const head = `{"payloadType":"${type}","payload":"${base64(payload)}"`;
  return parseEnvelope(utf8(`${head},"signatures":[{"keyid":"${key.keyid}","sig":"${signature}"}]}`)).bytes;
}

/** Return the payload (a promise) as the words of `publicKey` (ed25519.js), else throw forged (signature.*). */
export async function open({ payloadType, payload, keyid, signature }, publicKey) {
  if (keyid !== publicKey.keyid)
    throw forged("signature.keyid", t("Amplop menyebut kunci lain dari kunci yang dipakai memeriksa."));
  await verify(publicKey, signature, pae(payloadType, payload));
  return payload;
}
