/**
 * Signed notes (C2SP signed-note), Ed25519 only, as narrow as ledger/note.py: the text, an empty line, one or more
 * lines "— <key name> <base64(key id || signature)>".
 *
 *   key id = SHA-256(name || 0x0A || 0x01 || public key)[:4]
 *   vkey   = <name>+<hex(key id)>+<base64(0x01 || public key)>
 */
import { concat, equal, hex, sha256, text, unbase64, utf8 } from "./bytes.js";
import { importPublic, verify } from "./ed25519.js";
import { forged, malformed } from "./faults.js";
import { t } from "./words.js";

const MAX_BYTES = 128 * 1024;
const MAX_SIGNATURES = 100;
const MAX_NAME_BYTES = 255;
const ED25519 = 1;
const VKEY = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{4,200}={0,2})$/;
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
// White space as Python means it: \s of JavaScript is another set.
const NOT_IN_NAME = /[+\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Return the key that a vkey spells, {name, keyId (4 bytes), publicKey} (a promise); else malformed. */
export async function parseVkey(spelt) {
  const [, name, claimed, encoded] = VKEY.exec(spelt) ?? [];
  if (!name)
    throw malformed("note.vkey", t("Kunci pemeriksa tidak berbentuk baku."), t("Salin utuh dari sumbernya."));
  const material = unbase64(encoded);
  if (material.length !== 33 || material[0] !== ED25519)
    throw malformed("note.vkey_type", t("Jenis kunci pemeriksa ini tidak dipakai di sini."));
  const publicKey = await importPublic(material.subarray(1));
  const keyId = (await sha256(concat(utf8(`${checkName(name)}\n`), material))).subarray(0, 4);
  if (hex(keyId) !== claimed)
    throw malformed("note.vkey_id", t("Nomor pengenal kunci pemeriksa tidak cocok dengan nama dan isinya."));
  return { name, keyId, publicKey };
}

/**
 * Return {text, unverified} of a note (a promise) that the key signed: what it signed, and the lines of other keys.
 *
 * Throws forged (note.unsigned, note.signature) or malformed (note.*, base64.*).
 */
export async function openNote(bytes, vkey) {
  const { text: said, lines } = parseUnverified(bytes);
  const isMine = ({ name, keyId }) => name === vkey.name && equal(keyId, vkey.keyId);
  const mine = lines.filter(isMine);
  if (mine.length > 1) throw malformed("note.duplicate", t("Satu kunci menandatangani naskah ini dua kali."));
  if (!mine.length)
    throw forged("note.unsigned", t("Tidak ada tanda tangan dari kunci yang dikenal pada naskah ini."));
  try {
    await verify(vkey.publicKey, mine[0].signature, utf8(said));
  } catch (fault) {
    if (fault.kind !== "forged") throw fault;
    throw forged("note.signature", t("Tanda tangan {name} tidak cocok dengan isi naskah.", vkey), { key: vkey.name });
  }
  return { text: said, unverified: lines.filter((line) => !isMine(line)) };
}

/** Return {text, lines: [{name, keyId, signature}]} of a well-formed note, nothing of it verified. */
export function parseUnverified(bytes) {
  if (bytes.length > MAX_BYTES) throw malformed("note.size", t("Naskah {n} bita.", { n: bytes.length }));
  const whole = checkCharacters(text(bytes, "note.utf8"));
  const gap = whole.lastIndexOf("\n\n");
  if (gap < 0 || gap + 2 === whole.length || !whole.endsWith("\n"))
    throw malformed("note.form", t("Naskah bertanda tangan tidak berbentuk baku."));
  const lines = whole.slice(gap + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES)
    throw malformed("note.signatures", t("Naskah ini lebih dari {most} tanda tangan.", { most: MAX_SIGNATURES }));
  return { text: whole.slice(0, gap + 1), lines: lines.map(parseLine) };
}

/** Return the name of a key that we know, or the origin of a log; else malformed (note.name). */
export function checkName(name) {
  if (utf8(checkSignerName(name)).length > MAX_NAME_BYTES)
    throw malformed("note.name", t("Nama kunci paling panjang {most} bita.", { most: MAX_NAME_BYTES }));
  return name;
}

function parseLine(line) {
  const bad = () => malformed("note.signature_line", t("Baris tanda tangan tidak berbentuk baku."));
  const [dash, name, encoded, ...more] = line.split(" ");
  if (dash !== "—" || encoded === undefined || more.length) throw bad();
  const value = unbase64(encoded);
  checkSignerName(name);
  if (value.length < 5) throw bad();
  return { name, keyId: value.subarray(0, 4), signature: value.subarray(4) };
}

function checkSignerName(name) {
  if (!name || NOT_IN_NAME.test(name))
    throw malformed("note.name", t("Nama kunci tidak boleh kosong, memuat spasi, atau memuat tanda +."));
  return checkCharacters(name);
}

function checkCharacters(said) {
  if (CONTROL.test(said)) throw malformed("note.character", t("Naskah memuat karakter terlarang."));
  return said;
}
