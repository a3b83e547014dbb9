/**
 * Checkpoints (C2SP tlog-checkpoint, ledger/checkpoint.py): a signed note of three lines, the log's origin (also the
 * name of its key), the number of entries, and the base64 root of their Merkle tree (RFC 6962 §2.1).
 *
 * Narrower than Python: at most 2^53-1 entries, for no act can name more.
 */
import { equal, unbase64 } from "./bytes.js";
import { forged, malformed } from "./faults.js";
import { checkSize, emptyRoot } from "./merkle.js";
import { checkName, openNote } from "./note.js";
import { t } from "./words.js";

/**
 * Return {origin, size, root, bytes} (a promise) of a checkpoint that the log of `vkey` (note.js) signed.
 *
 * Throws forged (note.*, checkpoint.origin) or malformed (note.*, checkpoint.*).
 */
export async function openCheckpoint(bytes, vkey) {
  const { origin, size, root } = await parseBody((await openNote(bytes, vkey)).text);
  if (origin !== vkey.name)
    throw forged("checkpoint.origin", t("Segel ini milik catatan lain."), { origin, expected: vkey.name });
  return { origin, size, root, bytes };
}

/** Return {origin, size, root} that the text of a checkpoint says (a promise), verified by nobody; else malformed. */
export async function parseBody(text) {
  const lines = text.split("\n");
  if (lines.length < 4 || lines.at(-1)) throw malformed("checkpoint.form", t("Segel tidak berbentuk baku."));
  if (lines.length > 4) throw malformed("checkpoint.extension", t("Segel memuat baris tambahan, yang tidak diterima."));
  const [origin, size, root] = [lines[0], parseNumber(lines[1], "checkpoint.size"), parseHash(lines[2])];
  checkName(origin);
  if (size === 0 && !equal(root, await emptyRoot()))
    throw malformed("checkpoint.empty_root", t("Segel tanpa entri harus memuat sidik catatan kosong."));
  return { origin, size, root };
}

/** Return the decimal number in its one spelling; else malformed under `rule`, or merkle.size. */
export function parseNumber(text, rule) {
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(text)) throw malformed(rule, t("Bilangan tidak berbentuk baku."));
  return Number(checkSize(Number(text)));
}

/** Return the 32 bytes of a hash in its one base64 spelling; else malformed (checkpoint.hash, base64.*). */
export function parseHash(text) {
  if (!/^[\x00-\x7f]{44}$/.test(text))
    throw malformed("checkpoint.hash", t("Sidik tidak ditulis sebagai 44 karakter base64."));
  const value = unbase64(text);
  if (value.length !== 32)
    throw malformed("checkpoint.hash", t("Sidik {n} bita; harus 32 bita.", { n: value.length }));
  return value;
}
