/**
 * The client of the ledger: it asks the service for everything and believes nothing that it cannot verify.
 *
 * What a person pinned (the log's vkey, the leaf hash of leaf 0) and the newest checkpoint that was ever verified are
 * in store.js. Whatever the service shows must fit on them:
 *
 * 1. A checkpoint is signed by the pinned key, and every checkpoint, also one inside a receipt, is proved consistent
 *    with the newest one remembered (RFC 6962 §2.1.2). At first contact it is proved to begin with the pinned leaf 0.
 * 2. An entry is in the log when its bytes, hashed here, are included under such a checkpoint.
 * 3. The newest act of a stream is such an entry, read strictly, of that stream, and never older than one seen before.
 * 4. The acts before it are known by their hashes alone: each names the leaf hash of the one before (`previous`).
 * 5. A document is what hashes to its digest.
 * 6. An act is recorded when the entry, rebuilt here from the envelope that was sent, is included.
 *
 * Where one of these does not hold a Fault "forged" is thrown, what was shown is kept as evidence, and nothing is
 * signed. Answers in no known form, and proofs that are withheld, are "unjudged".
 */
import { PAYLOAD_TYPE, readAct } from "./act.js";
import { base64, equal, hex, sha256, unbase64, unhex, utf8 } from "./bytes.js";
import { openCheckpoint } from "./checkpoint.js";
import { entryOf, leafOf, parseEntry } from "./entry.js";
import { parseEnvelope } from "./envelope.js";
import { Fault } from "./faults.js";
import { verifyConsistency } from "./merkle.js";
import { parseVkey } from "./note.js";
import { verifyReceipt } from "./receipt.js";
import { get, post, unreadable, wantsSignIn } from "./service.js";
import { dropEnvelope, envelopes, evidence, head, keepEnvelope, markRefused, moveNewest, newest, pinned, rememberHead } from "./store.js";
import { t } from "./words.js";

/** A document is at most this many bytes. */
export const MAX_DOCUMENT = 20 * 1024 * 1024;
const MAX_NOTE = 128 * 1024;
const MAX_ENTRY = 70_000;
const NOTHING = () => t("Jangan tandatangani apa pun.");

/**
 * Return the log's newest checkpoint, {origin, size, root, bytes}, proved to continue the one remembered; remember it.
 * A newer one that another tab verified meanwhile is returned instead.
 */
export async function checkpoint() {
  const trusted = await pins();
  const known = await remembered(trusted);
  const signed = await opened((await needed("/log/checkpoint", MAX_NOTE)).bytes, trusted);
  return fitted(await notShrunk(signed, known), known, trusted);
}

/**
 * Return where a stream stands, all of it verified, in one round trip: {stream, version, previous, seen, chain,
 * checkpoint}; version 0 and an empty chain where nothing is recorded yet.
 *
 * chain: the acts, oldest first, [{index, leaf, act, keyid, recordedAt}]; the newest is proved by its receipt, each
 * before it by the leaf hash that the next one names (their `index` is what the service says). `previous` and `seen`
 * are what the next act names.
 */
export async function place(stream) {
  const trusted = await pins();
  // What is known before asking: an answer may be older than what another tab verifies while it is on its way.
  const [known, before] = await Promise.all([remembered(trusted), head(stream)]);
  const old = known ? known.size : 1;
  const answer = await needed(`/v1/streams/${stream}/place?old=${old}`);
  const said = placeIn(answer.json());
  const signed = await notShrunk(await opened(utf8(said.checkpoint), trusted), known);
  let sealed = await fitted(signed, known, trusted, { old, size: signed.size, proof: said.consistency });
  return witnessed({ place: answer.bytes }, async () => {
    const chain = await Promise.all(said.acts.map(readPlaced));
    if (chain.length !== said.version || (said.receipt === null) !== !chain.length)
      throw unreadable(t("riwayat memuat {n} dari {all} tindakan.", { n: chain.length, all: said.version }));
    const last = chain.at(-1) ?? null;
    if (last) {
      const proof = await proved(utf8(said.receipt), said.acts.at(-1).entry, last, trusted);
      sealed = await fitted(proof.checkpoint, sealed, trusted);
      if (proof.index !== last.index) throw indexed(proof.index, last.index);
      if (last.act.stream !== stream || last.act.version !== said.version)
        throw forged("client.head", t("Layanan menyebut akhir alur ini, padahal isinya lain."));
      requireChain(chain);
    }
    const same = !before || (before.version <= chain.length && chain[before.version - 1].leaf === before.leaf);
    if (!same)
      throw forged(
        "client.older_head",
        t("Layanan menunjukkan versi {now}; yang sudah terbukti di perangkat ini versi {known}.", {
          now: chain.length,
          known: before.version,
        }),
        { version: before.version },
      );
    if (last) await rememberHead(stream, { version: chain.length, leaf: last.leaf, index: last.index });
    const seen = { size: sealed.size, root: base64(sealed.root) };
    return { stream, version: chain.length, previous: last?.leaf ?? null, seen, chain, checkpoint: sealed };
  });
}

/** Return the entry at a leaf index, proved: {index, leaf, act, keyid, recordedAt, bytes, envelope, receipt}. */
export async function entry(index) {
  const trusted = await pins();
  const [bytes, receipt] = await Promise.all([
    needed(`/v1/entries/${index}`, MAX_ENTRY).then((answer) => answer.bytes),
    needed(`/v1/entries/${index}/receipt`, MAX_ENTRY).then((answer) => answer.bytes),
  ]);
  return witnessed({ entry: bytes, receipt }, async () => {
    const found = await readEntry(bytes);
    const proof = await proved(receipt, bytes, found, trusted);
    await fitted(proof.checkpoint, (await remembered(trusted)) ?? (await checkpoint()), trusted);
    if (proof.index !== index) throw indexed(proof.index, index);
    return { ...found, index, receipt };
  });
}

/** Return the bytes of a document, which hash to `digest` ("sha256:<hex>"). */
export async function document(digest) {
  const { bytes } = await get(`/v1/documents/${digest}`, { most: MAX_DOCUMENT });
  return witnessed({ asked: utf8(digest), given: bytes }, async () => {
    if (`sha256:${hex(await sha256(bytes))}` === digest) return bytes;
    throw forged("client.document", t("Layanan memberi dokumen lain dari {digest}.", { digest }));
  });
}

/** Store a document with the service and return its digest, which is computed here. */
export async function upload(bytes, mediaType) {
  if (bytes.length > MAX_DOCUMENT)
    throw new Fault("malformed", "document.too_large", t("Dokumen terlalu besar."), t("Paling besar 20 MiB."));
  const hash = await sha256(bytes);
  const headers = { "Content-Type": mediaType, "Content-Digest": `sha-256=:${base64(hash)}:` };
  const said = (await post("/v1/documents", bytes, headers)).json();
  if (said?.digest !== `sha256:${hex(hash)}`)
    throw forged("client.document", t("Layanan menyimpan dokumen dengan sidik lain dari yang dikirim."));
  return said.digest;
}

/**
 * Send a signed act and return it, proved to be recorded: {index, leaf, recordedAt, receipt, act}.
 *
 * Until then the envelope stays in the outbox with `about`, so that it can be sent again, also after a reload. One that
 * the service refuses stays too, marked so: only a verified chain that passed its place shows that it came to nothing.
 * Throws what the service refuses with ("conflict": the place is taken), "unavailable" where its fate is unknown, or "forged"
 * (client.receipt) where the receipt does not prove this very act.
 */
export async function submit(envelope, about = {}) {
  const trusted = await pins();
  await keepEnvelope(envelope, about);
  const answer = await sent(envelope);
  try {
    const done = await recorded(envelope, answer.json(), trusted);
    await rememberHead(done.act.stream, { version: done.act.version, leaf: done.leaf, index: done.index });
    await Promise.all([dropEnvelope(envelope), dropRefused(done.act)]);
    return done;
  } catch (fault) {
    if (fault.kind !== "forged") throw fault;
    const kept = await evidence("client.receipt", { envelope, answer: answer.bytes });
    const name = kept.slice(0, 8);
    throw new Fault(
      "forged",
      "client.receipt",
      t("TANDA TERIMA PALSU: layanan tidak membuktikan bahwa tindakan ini tercatat. {detail}", fault),
      t("Jangan anggap tercatat. Bukti disimpan di perangkat ini ({name}); tunjukkan kepada pemeriksa.", { name }),
      { cause: fault.rule, evidence: kept },
    );
  }
}

async function sent(envelope) {
  try {
    return await post("/v1/acts", envelope, { "Content-Type": "application/json" });
  } catch (fault) {
    if (fault.kind === "unjudged") throw fault;
    if (fault.kind !== "unavailable") {
      await markRefused(envelope, [fault.detail, fault.allowed].filter(Boolean).join(" "));
      throw fault;
    }
    throw new Fault(
      fault.kind,
      fault.rule,
      t("{detail} Belum pasti apakah tindakan ini sudah tercatat.", fault),
      t("Tanda tangan Anda tersimpan di perangkat ini; kirim lagi bila sambungan kembali."),
      fault.facts,
    );
  }
}

/** Forget what was refused in the place that another act is now proved to have. */
async function dropRefused({ stream, version }) {
  for (const { bytes, refused } of await envelopes()) {
    const act = refused && readAct(parseEnvelope(bytes).payload);
    if (act && act.stream === stream && act.version === version) await dropEnvelope(bytes);
  }
}

async function recorded(envelope, said, trusted) {
  const { recorded_at: at, receipt } = said ?? {};
  if (typeof at !== "string" || typeof receipt !== "string") throw unreadable(t("tanda terima tanpa waktu catat."));
  let bytes, found;
  try {
    bytes = entryOf(envelope, at);
    found = await readEntry(bytes);
  } catch {
    throw unreadable(t("tanda terima tanpa waktu catat."));
  }
  const proof = await proved(utf8(receipt), bytes, found, trusted);
  await fitted(proof.checkpoint, (await remembered(trusted)) ?? (await checkpoint()), trusted);
  if (found.leaf !== said.leaf_hash || proof.index !== said.leaf_index) throw indexed(proof.index, said.leaf_index);
  const { leaf, recordedAt, act } = found;
  return { index: proof.index, leaf, recordedAt, receipt: utf8(receipt), act };
}

async function pins() {
  const known = await pinned();
  if (known) return { ...known, key: await parseVkey(known.vkey) };
  throw new Fault(
    "missing",
    "client.unpinned",
    t("Perangkat ini belum mengenal buku besar ini, jadi tidak ada yang dapat diperiksa."),
    t("Buka halaman Masuk, lalu cocokkan patokannya dengan kartu dari pendaftar."),
  );
}

async function remembered(trusted) {
  const bytes = await newest();
  return bytes && openCheckpoint(bytes, trusted.key);
}

async function opened(bytes, trusted) {
  return witnessed({ checkpoint: bytes, vkey: utf8(trusted.vkey) }, async () => {
    try {
      return await openCheckpoint(bytes, trusted.key);
    } catch (fault) {
      if (fault.kind === "malformed") throw unreadable(t("segel: {detail}", fault));
      const words = t("Segel layanan ini tidak ditandatangani kunci yang dipatok. {detail}", fault);
      throw fault.kind === "forged" ? forged("client.checkpoint", words) : fault;
    }
  });
}

async function notShrunk(signed, known) {
  if (!known || signed.size >= known.size) return signed;
  const sizes = { old: known.size, now: signed.size };
  const words = t("Buku besar menyusut: dahulu {old} daun, sekarang {now}.", sizes);
  return contradicts("client.shrunk", words, known, signed);
}

/**
 * Return the newer of `signed` and `known`, having proved that they are of one log, and remember it.
 *
 * `given`: a proof that is at hand, {old, size, proof}. Where another tab moved the memory meanwhile, `signed` must fit
 * on what that one verified too.
 */
async function fitted(signed, known, trusted, given = null) {
  for (;;) {
    if (known) await continues(...[known, signed].sort((a, b) => a.size - b.size), given);
    else await begins(signed, trusted, given);
    const newer = known && known.size >= signed.size ? known : signed;
    if (await moveNewest(known && known.bytes, newer.bytes)) return newer;
    known = await remembered(trusted);
  }
}

/** Return if leaf 0 under `signed` is the pinned one: the log of one leaf has that leaf's hash as root. */
async function begins(signed, { founding }, given) {
  try {
    await prove({ size: 1, root: unhex(founding) }, signed, given);
  } catch (fault) {
    if (fault.kind !== "forged") throw fault;
    await witnessed({ founding: utf8(founding), checkpoint: signed.bytes }, async () => {
      throw forged("client.founding", t("Buku besar di layanan ini tidak berawal dari pendirian yang dipatok."));
    });
  }
}

async function continues(old, signed, given) {
  try {
    await prove(old, signed, given);
  } catch (fault) {
    if (fault.kind !== "forged") throw fault;
    const sizes = { old: old.size, now: signed.size };
    const words = t("Segel {now} daun tidak melanjutkan segel {old} daun: ada dua riwayat.", sizes);
    await contradicts("client.forked", words, old, signed);
  }
}

async function prove(old, signed, given) {
  let proof = [];
  if (given && given.old === old.size && given.size === signed.size) proof = given.proof;
  else if (old.size !== signed.size)
    proof = proofIn((await needed(`/v1/consistency?old=${old.size}&new=${signed.size}`)).json()?.proof);
  try {
    const [oldSize, newSize, oldRoot, newRoot] = [old.size, signed.size, old.root, signed.root];
    await verifyConsistency({ oldSize, newSize, proof, oldRoot, newRoot });
  } catch (fault) {
    throw fault.kind === "malformed" ? unreadable(t("bukti kesinambungan: {detail}", fault)) : fault;
  }
}

async function proved(receipt, bytes, { act }, trusted) {
  if (act.ledger !== trusted.origin)
    throw forged("client.origin", t("Tindakan ini milik buku besar {ledger}.", { ledger: act.ledger }));
  try {
    return await verifyReceipt(receipt, bytes, trusted.key);
  } catch (fault) {
    throw fault.kind === "malformed" ? unreadable(t("tanda terima: {detail}", fault)) : fault;
  }
}

async function readEntry(bytes) {
  try {
    const { recordedAt, envelope } = parseEntry(bytes);
    if (envelope.payloadType !== PAYLOAD_TYPE) throw unreadable(t("entri yang bukan tindakan."));
    const leaf = await leafOf(bytes);
    return { leaf, act: readAct(envelope.payload), keyid: envelope.keyid, recordedAt, bytes, envelope };
  } catch (fault) {
    throw fault.kind === "malformed" ? unreadable(t("entri: {detail}", fault)) : fault;
  }
}

async function readPlaced({ index, entry: bytes }) {
  const { leaf, act, keyid, recordedAt } = await readEntry(bytes);
  return { index, leaf, act, keyid, recordedAt };
}

function requireChain(chain) {
  const { stream } = chain.at(-1).act;
  for (let version = chain.length; version > 0; version -= 1) {
    const [before, now] = [chain[version - 2] ?? null, chain[version - 1]];
    const right = now.act.stream === stream && now.act.version === version && !(before?.index >= now.index);
    if (!right || now.act.previous !== (before && before.leaf))
      throw forged("client.chain", t("Tindakan versi {version} tidak menyambung pada pendahulunya.", { version }));
  }
}

function placeIn(said) {
  const whole = (value) => Number.isSafeInteger(value) && value >= 0;
  const right =
    whole(said?.version) &&
    typeof said.checkpoint === "string" &&
    (said.receipt === null || typeof said.receipt === "string") &&
    Array.isArray(said.acts) &&
    said.acts.every((one) => whole(one?.index) && typeof one.entry === "string");
  if (!right) throw unreadable(t("bagian yang wajib tidak ada."));
  try {
    const acts = said.acts.map(({ index, entry: spelt }) => ({ index, entry: unbase64(spelt) }));
    return { ...said, acts, consistency: proofIn(said.consistency) };
  } catch (fault) {
    throw fault.kind === "malformed" ? unreadable(fault.detail) : fault;
  }
}

function proofIn(hashes) {
  try {
    if (Array.isArray(hashes)) return hashes.map(unbase64);
  } catch {
    // in no form, as if it were not there
  }
  throw unreadable(t("bukti kesinambungan."));
}

/** Return what a log must have, having signed that it does; withheld, nothing can be judged. */
async function needed(path, most) {
  try {
    return await get(path, { most });
  } catch (fault) {
    const says = ["unavailable", "unjudged", "forged"].includes(fault.kind);
    if (says || wantsSignIn(fault) || fault.rule.startsWith("access.")) throw fault;
    throw new Fault(
      "unjudged",
      "client.withheld",
      t("Layanan tidak memberi bagian buku besar yang seharusnya ada padanya. {detail}", fault),
      t("Tidak ada yang ditandatangani tanpa bukti ini. Tanyakan kepada pengelola."),
      { cause: fault.rule },
    );
  }
}

/** Run `check`; where it finds a forgery, keep `parts` as evidence and say where. */
async function witnessed(parts, check) {
  try {
    return await check();
  } catch (fault) {
    if (fault.kind !== "forged" || fault.facts?.evidence) throw fault;
    const name = await evidence(fault.rule, parts);
    const kept = t("Bukti disimpan di perangkat ini ({name}).", { name: name.slice(0, 8) });
    throw new Fault(fault.kind, fault.rule, fault.detail, `${NOTHING()} ${kept}`, { ...fault.facts, evidence: name });
  }
}

const contradicts = (rule, detail, old, signed) =>
  witnessed({ old: old.bytes, new: signed.bytes }, async () => {
    throw forged(rule, detail);
  });

const forged = (rule, detail, facts = {}) => new Fault("forged", rule, detail, NOTHING(), facts);
const indexed = (given, asked) =>
  forged("client.index", t("Layanan memberi daun {given} ketika ditanya daun {asked}.", { given, asked }));

/**
 * Return {given, checkpoint} where the acts of a stream after those that are `kept`, {version, leaf} or null for none,
 * are proved in one round trip; `judge` is asked of them, and `given` is what it returned.
 *
 * judge(acts, {origin, founding}): acts, oldest first, [{index, leaf, act, keyid, recordedAt, bytes, envelope}]; at
 * least the newest, which its receipt proves, so that some may be kept ones. That they are one chain, that it grows out
 * of the kept one, and what their `index` is worth, is for `judge` to find; where it throws forged, all of the answer is
 * kept as evidence.
 */
export async function grown(stream, kept, judge) {
  const trusted = await pins();
  const [known, before] = await Promise.all([remembered(trusted), head(stream)]);
  const old = known ? known.size : 1;
  const answer = await needed(`/v1/streams/${stream}/place?old=${old}&after=${kept ? kept.version : 0}`);
  const said = placeIn(answer.json());
  const signed = await notShrunk(await opened(utf8(said.checkpoint), trusted), known);
  const sealed = await fitted(signed, known, trusted, { old, size: signed.size, proof: said.consistency });
  return witnessed({ place: answer.bytes }, async () => {
    const acts = await Promise.all(
      said.acts.map(async ({ index, entry: bytes }) => ({ ...(await readEntry(bytes)), index })),
    );
    const last = acts.at(-1);
    if (!last || said.receipt === null) throw unreadable(t("bagian yang wajib tidak ada."));
    const proof = await proved(utf8(said.receipt), last.bytes, last, trusted);
    const checkpoint = await fitted(proof.checkpoint, sealed, trusted);
    if (proof.index !== last.index) throw indexed(proof.index, last.index);
    if (last.act.stream !== stream || last.act.version !== said.version)
      throw forged("client.head", t("Layanan menyebut akhir alur ini, padahal isinya lain."));
    const same = acts.find(({ act }) => act.version === before?.version);
    if (before && (said.version < before.version || (same && same.leaf !== before.leaf))) {
      const versions = { now: said.version, known: before.version };
      const words = t("Layanan menunjukkan versi {now}; yang sudah terbukti di perangkat ini versi {known}.", versions);
      throw forged("client.older_head", words, { version: before.version });
    }
    const given = await judge(acts, trusted);
    await rememberHead(stream, { version: said.version, leaf: last.leaf, index: last.index });
    return { given, checkpoint };
  });
}

/** Return (a promise) where the entry `bytes`, that this device has, is proved to be at leaf `index`, in one request. */
export async function included(index, bytes) {
  const trusted = await pins();
  const { bytes: receipt } = await needed(`/v1/entries/${index}/receipt`, MAX_ENTRY);
  await witnessed({ entry: bytes, receipt }, async () => {
    const proof = await proved(receipt, bytes, await readEntry(bytes), trusted);
    await fitted(proof.checkpoint, (await remembered(trusted)) ?? (await checkpoint()), trusted);
    if (proof.index !== index) throw indexed(proof.index, index);
  });
}
