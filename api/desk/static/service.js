/**
 * The HTTP side of the ledger, answers read without belief: capped in size and time, strict in form.
 *
 * Where the line is lost or the service is busy, the same bytes go again, for 45 seconds from the first loss; an act
 * sent twice is recorded once. A problem document (RFC 9457) becomes the Fault that it names; what is in no form we
 * know is "unjudged" (client.answer), for it proves nothing either way.
 */
import { concat } from "./bytes.js";
import { Fault } from "./faults.js";
import { parse } from "./strict_json.js";
import { t } from "./words.js";

/** A JSON answer is at most this many bytes. */
export const MAX_JSON = 16 * 1024 * 1024;
/** Milliseconds to wait before each further try; the last is taken again. */
const WAITS = [500, 2000, 5000, 10_000];
/** Milliseconds from the first loss in which the same bytes are tried again. */
const PATIENCE = 45_000;
/** Milliseconds that any exchange may take, and bytes per millisecond that a longer one keeps up (2 KiB/s). */
const GRACE = 20_000;
const RATE = 2.048;

/** What a status says of the kind of fault; 502 and 504 are a proxy's, before which the service is starting again. */
const KINDS = new Map([
  ...[400, 413, 415].map((status) => [status, "malformed"]),
  ...[401, 403, 422].map((status) => [status, "refused"]),
  ...[429, 502, 503, 504].map((status) => [status, "unavailable"]),
  [404, "missing"],
  [409, "conflict"],
]);

const told = new Set();
let waiting = 0;

/** Call `callback` (true or false) when requests begin to wait for the line, and when none does any more. */
export function onWaiting(callback) {
  told.add(callback);
  return () => told.delete(callback);
}

/**
 * Return the answer to a GET: {status, bytes, json()}; at most `most` bytes are read.
 *
 * Throws the Fault that the service names, "unavailable" (client.unreachable), or "unjudged" (client.answer).
 */
export const get = (path, { most = MAX_JSON } = {}) => again(() => send("GET", path, null, {}, most));

/** Return the answer to a POST of `bytes`, as `get` does; lost on the way, the very same bytes are sent again. */
export const post = (path, bytes, headers = {}) => again(() => send("POST", path, bytes, headers, MAX_JSON));

/** Return the answer to a DELETE, as `get` does. */
export const remove = (path) => again(() => send("DELETE", path, null, {}, MAX_JSON));

/** Tell whether a fault says that the service wants to know who asks: sign in, then ask again. */
export const wantsSignIn = (fault) => fault.rule === "session.missing" || fault.rule === "session.ended";

/** Return the fault of an answer that is in no form we know. */
export const unreadable = (why) =>
  new Fault(
    "unjudged",
    "client.answer",
    t("Jawaban layanan tidak berbentuk seperti seharusnya: {why}", { why }),
    t("Tidak ada yang ditandatangani atas dasar jawaban ini. Muat ulang halaman ini."),
  );

async function again(ask) {
  let lost = null;
  try {
    for (let tries = 0; ; tries += 1) {
      try {
        return await ask();
      } catch (fault) {
        if (fault.kind !== "unavailable") throw fault;
        if (lost === null) tell(1);
        lost ??= performance.now();
        const left = lost + PATIENCE - performance.now();
        const asked = (fault.facts?.retry_after ?? 0) * 1000;
        if (left <= 0 || asked > left) throw fault;
        await pause(Math.max(asked, Math.min(left, WAITS[Math.min(tries, WAITS.length - 1)])), !asked);
      }
    }
  } finally {
    if (lost !== null) tell(-1);
  }
}

/** Wait so many milliseconds; `early`: or until the device is online again. */
function pause(wait, early) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, wait);
    if (early) addEventListener("online", done);
  });
}

function tell(step) {
  const before = waiting > 0;
  waiting += step;
  if (before !== waiting > 0) told.forEach((callback) => callback(waiting > 0));
}

async function send(method, path, body, headers, most) {
  const stop = new AbortController();
  const began = performance.now();
  let moved = body ? body.length : 0;
  let timer;
  const hurry = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), began + GRACE + moved / RATE - performance.now());
  };
  hurry();
  let response, bytes;
  try {
    // Another address than the one asked is nobody's answer: a captive portal redirects.
    response = await fetch(path, { method, body, headers, signal: stop.signal, redirect: "error" });
    bytes = await whole(response, most, (count) => {
      moved += count;
      hurry();
    });
  } catch (error) {
    if (error instanceof Fault) throw error;
    const words = stop.signal.aborted ? t("Layanan terlalu lama menjawab.") : t("Layanan tidak dapat dihubungi.");
    throw new Fault("unavailable", "client.unreachable", words, t("Periksa sambungan, lalu coba lagi."));
  } finally {
    clearTimeout(timer);
  }
  const { status } = response;
  if (status !== 200 && status !== 201) throw faultOf(response, bytes);
  return { status, bytes, json: reader(bytes) };
}

async function whole(response, most, moved) {
  const pieces = [];
  let size = 0;
  const stream = response.body?.getReader();
  for (let next = await stream?.read(); next && !next.done; next = await stream.read()) {
    pieces.push(next.value);
    size += next.value.length;
    moved(next.value.length);
    if (size > most) {
      await stream.cancel();
      throw unreadable(t("lebih dari {most} bita.", { most }));
    }
  }
  return concat(...pieces);
}

const reader = (bytes) => () => {
  try {
    return parse(bytes);
  } catch (fault) {
    throw unreadable(fault.detail);
  }
};

function faultOf(response, bytes) {
  let problem = null;
  try {
    problem = parse(bytes);
  } catch {
    // no problem document: the status is all there is
  }
  let kind = KINDS.get(response.status) ?? "unjudged";
  const after = Number(response.headers.get("Retry-After")) || 0;
  if (typeof problem?.rule !== "string") {
    if (kind !== "unavailable") return unreadable(t("status {status} tanpa penjelasan.", { status: response.status }));
    const words = t("Layanan sedang tidak dapat melayani.");
    return new Fault(kind, "client.unreachable", words, t("Coba lagi nanti."), { retry_after: after });
  }
  const { type, title, status, detail, rule, rule_words, allowed, ...facts } = problem;
  const family = rule.split(".")[0];
  if (rule === "seen.root" || family === "signature" || family === "possession") kind = "forged"; // of what we sent
  if (after) facts.retry_after = after;
  return new Fault(kind, rule, String(detail ?? ""), String(allowed ?? ""), facts);
}
