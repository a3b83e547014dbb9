/**
 * Entries: what the log stores, hashes and proves (ledger/entry.py), a fixed frame around the envelope's own bytes:
 *
 *   {"recorded_at":"<UTC, microseconds>Z","envelope":<the envelope's bytes>}
 */
import { ascii, concat, hex, utf8 } from "./bytes.js";
import { parseEnvelope } from "./envelope.js";
import { malformed } from "./faults.js";
import { leafHash } from "./merkle.js";
import { t } from "./words.js";

const HEAD = /^\{"recorded_at":"((\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z)","envelope":$/;
const HEAD_BYTES = 56;

/** Return {bytes, recordedAt (as it is spelt), envelope (envelope.js)}, or throw malformed (entry.*, envelope.*). */
export function parseEntry(bytes) {
  const head = HEAD.exec(ascii(bytes.subarray(0, HEAD_BYTES)));
  if (!head || bytes.at(-1) !== 0x7d) throw malformed("entry.form", t("Entri tidak berbentuk baku."));
  if (!isDate(head[2])) throw malformed("entry.time", t("Waktu catat dalam entri bukan waktu yang ada."));
  return { bytes, recordedAt: head[1], envelope: parseEnvelope(bytes.subarray(HEAD_BYTES, -1)) };
}

/** Return the bytes of the entry in which an envelope (bytes) was recorded at a time spelt as above. */
export const entryOf = (envelope, recordedAt) =>
  parseEntry(concat(utf8(`{"recorded_at":"${recordedAt}","envelope":`), envelope, [0x7d])).bytes;

/** Return the hex leaf hash of an entry's bytes (a promise; RFC 6962 §2.1). */
export const leafOf = async (bytes) => hex(await leafHash(bytes));

/** Tell whether YYYY-MM-DD is a day of the calendar. */
export function isDate(said) {
  const day = new Date(`${said}T00:00:00Z`);
  return said >= "0001" && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(said);
}
