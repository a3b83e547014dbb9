/**
 * Proofs about the log's Merkle tree (RFC 6962 §2.1, ledger/merkle.py): SHA-256, 0x00 before a leaf, 0x01 before nodes.
 *
 * Sizes and indices are whole numbers below 2^63 (Number where it is exact, or BigInt), hashes are 32 bytes, a proof is
 * a list of hashes from the leaf upwards. Verifiers return nothing and throw a Fault: "forged" (merkle.inclusion,
 * merkle.consistency, merkle.proof_length), or "malformed" for arguments that no log could have.
 */
import { concat, equal, hex, sha256 } from "./bytes.js";
import { forged, malformed } from "./faults.js";
import { t } from "./words.js";

const MAX_SIZE = 2n ** 63n;
const MAX_INCLUSION = 63;
const MAX_CONSISTENCY = 64;

/** Return the hash of one entry as a leaf (a promise). */
export const leafHash = (entry) => sha256(concat([0], entry));

const nodeHash = (left, right) => sha256(concat([1], left, right));

/** Return the root of the log with no entry (a promise). */
export const emptyRoot = () => sha256(new Uint8Array());

/** Return (a promise) if the proof binds the leaf at `index` to the `root` of `size` entries (RFC 6962 §2.1.1). */
export async function verifyInclusion({ index, size, leafHash, proof, root }) {
  const [at, end] = checkIndex(index, size);
  checkHashes([leafHash, root, ...checkProof(proof, MAX_INCLUSION)]);
  const ranges = inclusionRanges(at, end);
  checkLength(proof, ranges, { root: hex(root) });
  let found = leafHash;
  for (const [step, [first]] of ranges.entries())
    found = await (first > at ? nodeHash(found, proof[step]) : nodeHash(proof[step], found));
  if (!equal(found, root))
    throw forged(
      "merkle.inclusion",
      t("Bukti tidak cocok: entri nomor {index} tidak terbukti ada di antara {size} entri segel ini.", { index, size }),
      { root: hex(root), computed_root: hex(found) },
    );
}

/** Return (a promise) if the log with `newRoot` begins with the whole log with `oldRoot` (RFC 6962 §2.1.2). */
export async function verifyConsistency({ oldSize, newSize, proof, oldRoot, newRoot }) {
  const [past, now] = [checkSize(oldSize), checkSize(newSize)];
  if (past > now)
    throw malformed(
      "merkle.order",
      t("Catatan lama ({past} entri) lebih besar dari catatan baru ({now} entri).", { past, now }),
    );
  checkHashes([oldRoot, newRoot, ...checkProof(proof, MAX_CONSISTENCY)]);
  const ranges = consistencyRanges(past, now);
  checkLength(proof, ranges, { old_root: hex(oldRoot), new_root: hex(newRoot) });
  let [before, after] = [newRoot, oldRoot]; // of one size, the two roots must be each other
  if (past === 0n) {
    // Every log continues the empty one, so only the root of an empty new log is settled.
    before = await emptyRoot();
    after = now ? newRoot : before;
  } else if (past !== now) {
    before = after = ranges[0][1] <= past ? proof[0] : oldRoot;
    for (const [step, [first, end]] of ranges.entries()) {
      if (end === past) continue; // the range both trees are built up from
      if (first < past) before = await nodeHash(proof[step], before);
      after = await (first < past ? nodeHash(proof[step], after) : nodeHash(after, proof[step]));
    }
  }
  if (!equal(before, oldRoot) || !equal(after, newRoot))
    throw forged(
      "merkle.consistency",
      t("Bukti tidak cocok: catatan {now} entri tidak terbukti melanjutkan catatan {past} entri.", { past, now }),
      { old_root: hex(oldRoot), new_root: hex(newRoot) },
    );
}

/** Return a possible number of entries as a BigInt. */
export function checkSize(size) {
  if (isWhole(size) && size < MAX_SIZE) return BigInt(size);
  throw malformed("merkle.size", t("Jumlah entri di luar batas."));
}

/** Return an index and the size that it is below, as BigInts. */
export function checkIndex(index, size) {
  const end = checkSize(size);
  if (isWhole(index) && index < end) return [BigInt(index), end];
  throw malformed("merkle.index", t("Nomor urut entri di luar catatan yang berisi {size} entri.", { size }));
}

const isWhole = (value) => (typeof value === "bigint" || Number.isSafeInteger(value)) && value >= 0;

function checkHashes(hashes) {
  for (const { length } of hashes)
    if (length !== 32) throw malformed("merkle.hash", t("Sidik {n} bita; harus 32 bita.", { n: length }));
}

function checkProof(proof, most) {
  if (proof.length <= most) return proof;
  throw malformed("merkle.proof_size", t("Bukti berisi {n} sidik; paling banyak {most}.", { n: proof.length, most }));
}

function checkLength({ length: n }, { length: right }, roots) {
  const words = { n, right };
  if (n !== right)
    throw forged("merkle.proof_length", t("Bukti tidak cocok: berisi {n} sidik, seharusnya {right}.", words), roots);
}

/** The ranges [first, end) whose hashes prove `index`, from the leaf's sibling upwards. */
const inclusionRanges = (index, size) =>
  beside(size, (middle) => index < middle, (first, end) => end - first === 1n).ranges;

/** The ranges that prove `now` continues `past`, from the one that ends at `past`; that one only if it is not all. */
function consistencyRanges(past, now) {
  if (past === 0n || past === now) return [];
  const { first, ranges } = beside(now, (middle) => past <= middle, (_, end) => end === past);
  return first ? [[first, past], ...ranges] : ranges;
}

/** Go down from the root, to the left where `left` says so, until `there`; return what was not entered, lowest first. */
function beside(size, left, there) {
  let [first, end] = [0n, size];
  const ranges = [];
  while (!there(first, end)) {
    const middle = first + split(end - first);
    ranges.unshift(left(middle) ? [middle, end] : [first, middle]);
    [first, end] = left(middle) ? [first, middle] : [middle, end];
  }
  return { first, ranges };
}

/** The largest power of two below `length` (at least 2). */
const split = (length) => 1n << BigInt((length - 1n).toString(2).length - 1);
