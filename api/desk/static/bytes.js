/** Bytes (Uint8Array) and their spellings: UTF-8, hex, base64, SHA-256. One spelling each; others are malformed. */
import { Fault, malformed } from "./faults.js";
import { t } from "./words.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|(?<=.)(=+))?$/;
const PIECE = 8192;

/** Return the UTF-8 of a text; a lone surrogate, which would quietly become another character, is malformed. */
export function utf8(text) {
  if (!text.isWellFormed()) throw malformed("text.utf8", t("Teks memuat karakter yang rusak."));
  return new TextEncoder().encode(text);
}

/** Return the text that UTF-8 `bytes` spell, a byte order mark kept; else malformed under `rule`. */
export function text(bytes, rule = "text.utf8") {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed(rule, t("Isi bukan teks UTF-8 yang sah."));
  }
}

/** Return one character a byte: ASCII as it is, all other bytes as something that no ASCII pattern takes. */
export const ascii = (bytes) => new TextDecoder("latin1").decode(bytes);

/** Return lower-case hex. */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Return the bytes of lower-case hex. */
export function unhex(text) {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw malformed("hex.form", t("Sidik tidak ditulis sebagai heksadesimal."));
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Return padded standard base64 (RFC 4648 §4). */
export function base64(bytes) {
  let said = "";
  for (let at = 0; at < bytes.length; at += PIECE) said += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(said);
}

/** Return what the one spelling in padded standard base64 means (RFC 4648 §3.5: pad bits are zero). */
export function unbase64(text) {
  const form = BASE64.exec(text);
  if (!form) throw malformed("base64.form", t("Base64 tidak sah."));
  const unused = text.endsWith("==") ? 15 : text.endsWith("=") ? 3 : 0;
  if (form[1] || ALPHABET.indexOf(text.replace(/=+$/, "").at(-1)) & unused)
    throw malformed("base64.canonical", t("Base64 tidak baku: bit pengisi harus nol dan '=' lengkap."));
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Return base64url without padding (RFC 4648 §5). */
export const base64url = (bytes) => base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Return all parts in one. */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

/** Tell whether two are the same bytes. */
export const equal = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** Return WebCrypto, or throw a Fault "unsupported": a page of plain http has none. */
export function subtle() {
  const found = globalThis.crypto?.subtle;
  if (found) return found;
  throw new Fault(
    "unsupported",
    "browser.crypto",
    t("Peramban ini tidak dapat memeriksa bukti, karena halaman ini tidak dibuka lewat https."),
    t("Buka alamat yang sama dengan https:// di depannya."),
  );
}

/** Return the SHA-256 of bytes, a promise of 32 bytes. */
export const sha256 = async (bytes) => new Uint8Array(await subtle().digest("SHA-256", bytes));
