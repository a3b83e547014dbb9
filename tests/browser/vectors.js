/**
 * The browser's side of test_vectors.py: `judge(calls)` runs functions of the modules and tells what came of each.
 *
 * A call is [name, ...arguments]; the answer is {value} or {kind, rule, words} of the Fault, or {error} for anything
 * else. Bytes go as {bytes: base64}, texts with lone surrogates as {units: [...]}, large integers as {whole: "..."}.
 */
import { composeAct, nowInWib, readAct } from "/statis/uji/act.js";
import * as bytes from "/statis/uji/bytes.js";
import { openCheckpoint, parseBody } from "/statis/uji/checkpoint.js";
import { importPublic, supported, verify } from "/statis/uji/ed25519.js";
import { entryOf, leafOf, parseEntry } from "/statis/uji/entry.js";
import { open, pae, parseEnvelope, seal } from "/statis/uji/envelope.js";
import { Fault } from "/statis/uji/faults.js";
import { openKeyfile, sealKeyfile } from "/statis/uji/keyfile.js";
import { readDocument } from "/statis/uji/iku_document.js";
import { viewOf } from "/statis/uji/iku_view.js";
import { leafHash, verifyConsistency, verifyInclusion } from "/statis/uji/merkle.js";
import { openNote, parseVkey } from "/statis/uji/note.js";
import { verifyReceipt } from "/statis/uji/receipt.js";
import { parse, spell } from "/statis/uji/strict_json.js";
import { describe, t } from "/statis/uji/words.js";

const PKCS8 = bytes.unhex("302e020100300506032b657004220420");

/** A key as keys.js makes it, of a seed that Python knows too. */
async function keyOf(seed, raw) {
  const ed25519 = { name: "Ed25519" };
  const secret = await crypto.subtle.importKey("pkcs8", bytes.concat(PKCS8, seed), ed25519, false, ["sign"]);
  const sign = async (message) => new Uint8Array(await crypto.subtle.sign(ed25519, secret, message));
  return { keyid: (await importPublic(raw)).keyid, sign };
}

const rooms = {
  utf8: bytes.utf8,
  text: bytes.text,
  hex: bytes.hex,
  unhex: bytes.unhex,
  base64: bytes.base64,
  unbase64: bytes.unbase64,
  base64url: bytes.base64url,
  sha256: bytes.sha256,
  supported,
  keyid: async (raw) => (await importPublic(raw)).keyid,
  verify: async (raw, signature, message) => verify(await importPublic(raw), signature, message),
  leafHash,
  verifyInclusion,
  verifyConsistency,
  vkey: async (text) => {
    const { name, keyId, publicKey } = await parseVkey(text);
    return [name, keyId, publicKey.raw];
  },
  openNote: async (data, vkey) => {
    const { text, unverified } = await openNote(data, await parseVkey(vkey));
    return [text, unverified.map(({ name }) => name)];
  },
  parseBody: async (text) => {
    const { origin, size, root } = await parseBody(text);
    return [origin, size, root];
  },
  openCheckpoint: async (data, vkey) => {
    const { origin, size, root, bytes: kept } = await openCheckpoint(data, await parseVkey(vkey));
    return [origin, size, root, kept];
  },
  verifyReceipt: async (receipt, entry, vkey) => {
    const { index, leafHash: leaf, checkpoint } = await verifyReceipt(receipt, entry, await parseVkey(vkey));
    return [index, leaf, checkpoint.size];
  },
  reads: (data) => parse(data) !== undefined,
  respell: (data) => spell(parse(data)),
  spell,
  spellOdd: (what) => spell({ undefined, nan: NaN, big: 1n, date: new Date(0), map: new Map(), zero: -0 }[what]),
  prototype: (data) => Object.getPrototypeOf(parse(data)) === Object.prototype,
  pae,
  parseEnvelope: (data) => {
    const { bytes: kept, payloadType, payload, keyid, signature } = parseEnvelope(data);
    return [kept, payloadType, payload, keyid, signature];
  },
  seal: async (type, payload, seed, raw) => seal(type, payload, await keyOf(seed, raw)),
  open: async (data, raw) => open(parseEnvelope(data), await importPublic(raw)),
  parseEntry: (data) => {
    const { bytes: kept, recordedAt, envelope } = parseEntry(data);
    return [kept, recordedAt, envelope.bytes];
  },
  entryOf,
  leafOf,
  composeAct,
  readAct,
  nowInWib,
  openKeyfile: async (data, passphrase, message) => {
    const { official, publicKey, keyid, sign } = await openKeyfile(data, passphrase);
    return [official, publicKey, keyid, await sign(message)];
  },
  sealKeyfile,
  readDocument: (data) => spell(readDocument(data)),
  viewOf: (data, type) => {
    const began = performance.now();
    const view = viewOf(data, { name: "iku.json", media_type: type, digest: "sha256:uji" });
    document.body.replaceChildren(view);
    return [view.dataset.drawn, document.body.innerText, Math.round(performance.now() - began)];
  },
  t,
  describe,
  describeFault: (kind) => describe(new Fault(kind, "uji.aturan", "Ada yang salah.", "Coba lagi.")),
  describeBug: () => describe(new TypeError("x is undefined")),
};

const given = (value) => {
  if (Array.isArray(value)) return value.map(given);
  if (typeof value !== "object" || value === null) return value;
  if ("bytes" in value) return Uint8Array.fromBase64(value.bytes);
  if ("units" in value) return String.fromCharCode(...value.units);
  if ("whole" in value) return BigInt(value.whole);
  return Object.fromEntries(value.members.map(([name, one]) => [given(name), given(one)]));
};

const told = (value) => {
  if (value instanceof Uint8Array) return { bytes: value.toBase64() };
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== "object" || value === null) return value;
  return { members: Object.entries(value).map(([name, one]) => [name, told(one)]) };
};

globalThis.judge = async (calls) => {
  const answers = [];
  for (const [name, ...values] of calls) {
    try {
      answers.push({ value: told((await rooms[name](...values.map(given))) ?? null) });
    } catch (error) {
      const { kind, rule, detail } = error;
      answers.push(error instanceof Fault ? { kind, rule, words: detail } : { error: String(error) });
    }
  }
  return answers;
};
