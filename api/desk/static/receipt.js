/**
 * Receipts (C2SP tlog-proof, ledger/receipt.py): one entry is in the log at one index. The lines, nothing else:
 *
 *   c2sp.org/tlog-proof@v1
 *   index <decimal>
 *   <base64 of a hash>, none to 63 of them, from the leaf's sibling upwards
 *   <an empty line>
 *   <the checkpoint, verbatim>
 */
import { ascii } from "./bytes.js";
import { openCheckpoint, parseBody, parseHash, parseNumber } from "./checkpoint.js";
import { malformed } from "./faults.js";
import { checkIndex, leafHash as hashOf, verifyInclusion } from "./merkle.js";
import { parseUnverified } from "./note.js";
import { t } from "./words.js";

const MAX_BYTES = 16 * 1024;
const MAX_HASHES = 63;
const FIRST_LINE = "c2sp.org/tlog-proof@v1";

/**
 * Return {index, leafHash, checkpoint} (a promise) where the log of `vkey` holds exactly the bytes `entry`.
 *
 * 1. The receipt is in its one form.
 * 2. The pinned key signed the checkpoint, and its origin is that key's name.
 * 3. The inclusion proof binds the hash of `entry` at the index to the checkpoint's root.
 *
 * Throws malformed where 1 fails and forged where 2 or 3 does.
 */
export async function verifyReceipt(receipt, entry, vkey) {
  const { index, proof, note } = await parseReceipt(receipt);
  const checkpoint = await openCheckpoint(note, vkey);
  const leafHash = await hashOf(entry);
  await verifyInclusion({ index, size: checkpoint.size, leafHash, proof, root: checkpoint.root });
  return { index, leafHash, checkpoint };
}

async function parseReceipt(bytes) {
  if (bytes.length > MAX_BYTES) throw malformed("receipt.size", t("Tanda terima {n} bita.", { n: bytes.length }));
  const said = ascii(bytes);
  const gap = said.indexOf("\n\n");
  const [first, second, ...hashes] = said.slice(0, Math.max(gap, 0)).split("\n");
  if (second?.startsWith("extra ") && first === FIRST_LINE)
    throw malformed("receipt.extra", t("Tanda terima memuat baris tambahan, yang tidak diterima."));
  if (gap < 0 || first !== FIRST_LINE || !second?.startsWith("index "))
    throw malformed("receipt.form", t("Tanda terima tidak berbentuk baku."));
  const index = parseNumber(second.slice("index ".length), "receipt.index");
  const proof = hashes.map(parseHash);
  if (proof.length > MAX_HASHES)
    throw malformed("receipt.proof_size", t("Bukti lebih dari {most} sidik.", { most: MAX_HASHES }));
  const note = bytes.subarray(gap + 2);
  checkIndex(index, (await parseBody(parseUnverified(note).text)).size);
  return { index, proof, note };
}
