/**
 * The page on which an act is signed. In this order, and nothing is signed before all of it agrees:
 *
 * 1. the seal of the ledger and the history of the case are verified (ledger.place); which case and which kind it is
 *    follows from the address, and the document from the history: it is fetched, hashed and drawn here;
 * 2. the fields are complete, and a key of this official is open;
 * 3. the act is composed, read back and held against all that was verified (act_hold.js), not the page's word for it;
 * 4. a last look shows the very payload (act_look.js); only then is it signed, sent, and its receipt proved.
 */
import { PAYLOAD_TYPE, readAct } from "./act.js";
import { addressed } from "./act_address.js";
import { buttonFor, keepChecks } from "./act_buttons.js";
import { STANDING, standing } from "./act_chain.js";
import { clearDrawn, drawConcept, drawDocument, drawNothing, drawReturn, views } from "./act_document.js";
import { fieldsOf, unfinishedPaper } from "./act_form.js";
import { offerKeys } from "./act_key.js";
import { inSteps } from "./act_steps.js";
import { keepDrafts } from "./drafts.js";
import { parseEnvelope, seal } from "./envelope.js";
import { Fault } from "./faults.js";
import { later } from "./later.js";
import { document as documentOf, place as placeOf, submit, upload } from "./ledger.js";
import { moment } from "./moment.js";
import { showWaiting } from "./outbox.js";
import { make, makeNotice } from "./page.js";
import { doubt, pinFromCard } from "./pinning.js";
import { onWaiting, wantsSignIn } from "./service.js";
import { envelopes } from "./store.js";
import { describe, t } from "./words.js";

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const root = document.getElementById("tindakan");
const act = root && JSON.parse(root.dataset.act);
const official = document.body.dataset.official;
const part = (name) => root.querySelector(`[data-at=${name}]`);
let at, fields, draft, stream, placed, sop, key, checks, table;
let stood = null; // the document that the act stands on: {bytes, reference}
let pending = { open: false, refused: 0 }; // of this case's envelopes: one may still be recorded, so many were refused
let busy = false;
let buttons = []; // [{element, decision, needs, drops, label}]
let away = () => {}; // takes the last look away
let verifying = null; // the verification that is under way
let mounting = null; // the table's editor is on its way
let short = null; // says what a press still lacked
let untrue = null; // why what the service showed is no history of this ledger

const check = (name, state, words) => checks.set(name, state, words);
const hold = () => (pending.open ? t("tanda tangan Anda yang belum pasti tercatat, lihat di atas") : busy ? t("sedang dikirim") : "");

function refresh() {
  for (const button of buttons) button.element.setAttribute("aria-disabled", String(!checks.ready(at.kind, button)));
  if (buttons.some((button) => checks.ready(at.kind, button))) {
    short?.done(); // it is not lacking any more
    last().catch(() => {}); // again, and said, when pressed
  }
  if (buttons.length) checks.say(at.kind, buttons);
}

/** Let each button of the page say, in the words of this build, what it ends in. */
function nameButtons() {
  buttons = [...root.querySelectorAll("[data-button]")].map((element) => ({ element, ...buttonFor(at.kind, act.buttons[element.dataset.button] ?? {}) }));
  for (const button of buttons) {
    button.element.textContent = button.label;
    button.element.disabled = false;
    button.element.setAttribute("aria-describedby", "ringkasan-periksa");
    button.element.addEventListener("click", () => press(button));
  }
  refresh();
}

/** Go on to the last look, or say what is lacking and go there. */
async function press(button) {
  fields.quiet();
  part("told").replaceChildren();
  if (checks.ready(at.kind, button)) return look(button);
  const [first] = checks.is("form") === "ok" ? [] : await fields.lacking(button.needs);
  if (!busy) short = makeNotice(part("told"), checks.lacking(at.kind, button));
  if (first) fields.point(first.path, t("{label} belum diisi.", first));
}

/** Verify the history and the document, both fetched at once, and say of each how it stands. */
async function verify() {
  const stands = STANDING.has(at.kind);
  const guess = stands && DIGEST.test(act.document?.digest) ? act.document.digest : null; // asked for at once; held against the chain
  if (stands) {
    drawNothing(root, t("Naskah sedang diambil dan diperiksa …"));
    views().catch(() => {}); // asked for again, and said, when it is needed
  }
  const asked = [placeOf(stream), guess && documentOf(guess), at.opens ? placeOf(`sop:${act.sop}`) : null];
  const [history, bytes, enacted] = await Promise.allSettled(asked);
  if (history.status === "rejected") {
    const { title, detail } = describe(history.reason);
    check("seal", "bad", `${title}: ${detail}`);
    check("history", "bad", t("tidak dapat dipercaya tanpa segelnya"));
    check("document", "bad", t("tidak dapat dicocokkan"));
    if (stands) drawNothing(root, t("Tidak ditampilkan: riwayatnya tidak terbukti."));
    pending = await waiting();
    throw history.reason;
  }
  placed = history.value;
  const sealed = t("terbukti: {n} daun, menyambung segel yang terakhir diperiksa di sini", { n: placed.checkpoint.size });
  check("seal", "ok", [sealed, await doubt()].filter(Boolean).join("; "));
  pending = await waiting();
  if (placed.version !== act.version) {
    check("history", "bad", t("sudah ada tindakan lain sejak halaman ini dibuka"));
    if (pending.open) part("outbox").querySelector("[data-do=send]")?.click(); // it may be one's own, and recorded
    else await between(act.version);
    return;
  }
  try {
    if (at.opens !== !placed.version)
      throw new Fault("forged", "client.form", t("Perkara di alamat ini tidak ada dalam riwayat yang terbukti."), t("Jangan tandatangani apa pun."));
    if (at.opens) sop = newest(enacted);
  } catch (fault) {
    check("history", "bad", fault.detail);
    throw fault;
  }
  check("history", "ok", placed.version ? t("terbukti: {n} tindakan dalam buku besar, tersambung satu sama lain", { n: placed.version }) : t("perkara baru; SOP yang berlaku terbukti"));
  drawReturn(root, at.kind, stream, standing(placed.chain));
  drawConcept(root, at.kind, stream, standing(placed.chain).document);
  await showDocument(stands, guess, bytes);
}

/** Return the newest enactment of the SOP, {slug, leaf, sop}, as it was verified. */
function newest(found) {
  if (found.status === "rejected") throw found.reason;
  const last = found.value.chain.filter(({ act: { kind } }) => kind === "sop.enacted").at(-1);
  if (!last) throw new Fault("forged", "client.form", t("SOP di halaman ini tidak ada dalam riwayat yang terbukti."), t("Muat ulang halaman ini."));
  return { slug: act.sop, leaf: last.leaf, sop: last.act.body.sop };
}

/** Fetch, hash and draw the document that the history holds, wherever the kind stands on one. */
async function showDocument(stands, guess, found) {
  const held = stands ? standing(placed.chain).document : null;
  if (!held) {
    const right = !stands || at.kind === "activity.decided";
    const words = right ? t("tindakan ini tidak berdiri di atas naskah yang sudah ada") : t("riwayat belum memuat naskah");
    if (stands) drawNothing(root, words);
    return check("document", right ? "ok" : "bad", words);
  }
  try {
    if (guess && guess !== held.digest)
      throw new Fault("forged", "client.form", t("Naskah di halaman ini bukan naskah yang ada dalam riwayat."), t("Jangan tandatangani apa pun."));
    if (found.status === "rejected") throw found.reason;
    stood = { bytes: found.value ?? (await documentOf(held.digest)), reference: held };
  } catch (fault) {
    drawNothing(root, t("Tidak ditampilkan: {detail}", fault));
    check("document", "bad", fault.detail);
    throw fault;
  }
  if (await drawDocument(root, stood.bytes, held)) check("document", "ok", t("terbukti: bita yang dibaca di sini bersidik sama dengan yang tercatat"));
  else check("document", "undrawn", t("sidiknya terbukti, tetapi isinya tidak dapat ditampilkan; hanya dapat dikembalikan"));
}

/**
 * Put the table's editor in its place, once: with what is kept on this device at once, else with the document that the
 * proved history names. Until that is here there is no table, for an empty one would be taken for the newest.
 */
function mountTable() {
  const place = root.querySelector("[data-form=table] [data-at=table]");
  if (!place || table) return;
  return (mounting ??= tableIn(place).finally(() => (mounting = null)));
}

async function tableIn(place) {
  const told = makeNotice(place, t("Tabel sedang diambil …"));
  const quiet = onWaiting((lost) => told.say(lost ? t("Menunggu sambungan; tabel diambil lagi dengan sendirinya.") : t("Tabel sedang diambil …")));
  try {
    const { mount } = await later("iku_editor", "iku_bar", "iku_checking", "iku_head", "iku_model", "iku_rows");
    // One draft for a case, whatever the step: who was overtaken while typing finds the rows again in the next revision.
    table = await mount(place, { place: `tabel ${stream} ${official}`, begins: heldTable, onChange: complete, onward });
    fields.setTable(table);
    await complete();
    knowHeld();
  } catch (fault) {
    const { detail, allowed } = describe(fault);
    told.fault({ title: t("Tabel belum dapat ditampilkan"), detail, allowed });
    const again = make("button", { type: "button" }, t("Coba lagi"));
    again.addEventListener("click", mountTable);
    place.lastElementChild.append(make("p", { class: "actions" }, again));
  } finally {
    quiet();
  }
}

/** Return the bytes of the table that the case holds, or null where it holds none: only its proved history says so. */
async function heldTable() {
  if (!at.opens && !placed) await verified();
  if (untrue) throw untrue;
  if (!at.opens && !placed)
    throw new Fault("unavailable", "client.history", t("Riwayat perkara belum terbukti, jadi naskah yang berlaku belum diketahui."), t("Coba lagi bila sambungan sudah ada."));
  const held = placed && standing(placed.chain).document;
  return held?.media_type === act.drafts.media_type ? documentOf(held.digest) : null;
}

/** Tell the table which document is proved to be the newest, so that a draft of an older one says so. */
function knowHeld() {
  if (!table || !placed) return;
  const held = standing(placed.chain).document;
  table.standsOn(held?.media_type === act.drafts.media_type ? held.digest.replace(/^sha256:/, "") : null);
}

function onward() {
  const next = ["buttons", "steps"].map(part).find((one) => one && !one.hidden);
  next.scrollIntoView({ block: "center" });
  [...next.querySelectorAll("button, a")].find((one) => !one.disabled && !one.hidden)?.focus({ preventScroll: true });
}

/** Say whether all that every button needs is filled in. */
async function complete() {
  const lacking = await fields.lacking(buttons.length === 1 ? buttons[0].needs : []);
  const late = await unfinishedPaper(fields);
  if (late) lacking.push(late);
  if (lacking.length) check("form", "open", t("belum diisi: {names}", { names: lacking.map(({ label }) => label).join(", ") }));
  else check("form", "ok", t("lengkap"));
}

/** What composes an act, shows it for the last time, and says how signing it ended. */
const last = () => later("act_compose", "act_hold", "act_look", "act_view", "iku_view", "iku_document", "act_done");

/** What composes, holds and shows an act needs of what was verified here. */
const verifiedHere = () => ({ act, at, fields, stream, placed, sop, key, official });

async function look(button) {
  try {
    const { composed, lookAt, viewed } = await last();
    const { said, files } = await composed(verifiedHere(), button);
    const brought = files.find(({ reference }) => reference.digest === said.body.document?.digest);
    const seen = brought ?? stood;
    const again = t("Di tempat ini sudah ada tanda tangan Anda yang ditolak layanan dan mungkin masih disimpannya; hanya salah satu yang dapat tercatat.");
    away();
    away = lookAt(said, {
      placed,
      sop,
      key,
      draw: seen && (() => viewed(seen.bytes, seen.reference).view),
      claimed: act.signer,
      beside: pending.refused ? [again] : [],
      sign: () => sign(button, untimed(said)),
    });
  } catch (fault) {
    tell(fault);
  }
}

/** Say what went wrong: beside the field that it names, else below the buttons; nothing that was typed is lost. */
function tell(fault) {
  const { title, detail, allowed } = describe(fault);
  if (fault.facts?.member && fields.point(fault.facts.member, detail, allowed)) return;
  const notice = makeNotice(part("told"), "");
  notice.fault({ title, detail, allowed });
  if (!wantsSignIn(fault)) return;
  const again = `/masuk?lanjut=${encodeURIComponent(location.pathname + location.search)}`;
  part("told").append(make("p", {}, make("a", { class: "button", href: again }, t("Masuk lagi, isian tetap tersimpan"))));
}

/** All that an act says but its time: without paper it is that of the moment of signing. */
const untimed = (said) => JSON.stringify({ ...said, occurredAt: said.body.paper ? said.occurredAt : null });

async function sign(button, shown) {
  if (!checks.ready(at.kind, button)) return void makeNotice(part("told"), checks.lacking(at.kind, button));
  busy = true;
  refresh();
  const told = makeNotice(part("told"), t("Menandatangani dan mengirim …"));
  const quiet = onWaiting((lost) => told.say(lost ? t("Menunggu sambungan. Jangan tanda tangani lagi; yang sama dikirim lagi dengan sendirinya.") : t("Mengirim …")));
  try {
    const { composed } = await last();
    const { payload, said, files } = await composed(verifiedHere(), button); // again: the time that it states is that of this moment
    if (untimed(said) !== shown) return void (told.done(), await look(button));
    await Promise.all(files.map(({ reference, bytes }) => upload(bytes, reference.media_type)));
    const envelope = await seal(PAYLOAD_TYPE, payload, key);
    const receipt = await submit(envelope, { stream, kind: at.kind, page: location.pathname });
    told.done();
    await finish(receipt, envelope);
  } catch (fault) {
    told.done();
    await failed(fault);
  } finally {
    quiet();
    busy = false;
    refresh();
  }
}

async function failed(fault) {
  away();
  pending = await waiting();
  if (fault.kind === "conflict") {
    check("history", "bad", t("sudah ada tindakan lain sejak halaman ini dibuka"));
    await between(placed.version);
    return;
  }
  if (fault.kind === "forged") check("seal", "bad", fault.detail);
  tell(fault);
}

/** Show what waits in the outbox for this case; return what may still come of it (outbox.js). */
const waiting = () =>
  showWaiting(part("outbox"), stream, placed?.chain ?? [], {
    done: finish,
    gone: async () => {
      pending = await waiting();
      refresh();
    },
  });

async function between(known) {
  if (at.opens && !(await takenByAnother())) return; // the outbox says what may still become of one's own
  const { showBetween } = await last();
  await showBetween(part("told"), stream, known, async () => {
    await draft.keep(at.opens ? { stream: null } : {}); // whoever opened that case, this one needs another number
    location.reload();
  });
}

/** Tell whether the number of the new case is proved to be another's: only then one's own act needs another one. */
async function takenByAnother() {
  const { chain } = await placeOf(stream);
  const own = (await envelopes()).map(({ bytes }) => parseEnvelope(bytes).payload);
  return chain.length > 0 && !own.some((payload) => JSON.stringify(readAct(payload)) === JSON.stringify(chain[0].act));
}

async function finish(receipt, envelope) {
  const { showDone } = await last();
  await Promise.all([draft.drop(), fields.forget()]);
  for (const child of root.children) child.hidden = child !== part("done");
  showDone(part("done"), receipt, envelope);
}

/** Verify, one at a time, and where it fails say why; a lost line is no lie, so it may be tried again. */
const verified = () => (verifying ??= verifiedOnce().finally(() => (verifying = null)));

async function verifiedOnce() {
  part("told").replaceChildren();
  try {
    untrue = null;
    await verify();
  } catch (fault) {
    if (fault.kind === "forged") untrue = fault;
    tell(fault);
    if (fault.kind !== "unavailable") return;
    const again = make("button", { type: "button", class: "second" }, t("Periksa lagi"));
    again.addEventListener("click", async () => {
      await verified();
      if (placed) await mountTable();
    });
    part("told").append(make("p", { class: "actions" }, again));
  } finally {
    knowHeld();
  }
}

async function begin() {
  checks = keepChecks(root, { hold, changed: refresh });
  clearDrawn();
  at = addressed(location.pathname, act.kind);
  fields = fieldsOf(part("form"));
  draft = keepDrafts(`tindakan ${at.stream ?? `baru ${act.sop}`} ${at.kind} ${official}`, fields, (how, fault) => {
    part("kept").dataset.state = how;
    const words = how === "lost" ? describe(fault).detail : t("Isian tersimpan di perangkat ini.");
    if (how !== "keeping" && part("kept").textContent !== words) part("kept").textContent = words;
  });
  for (const name of ["input", "change"])
    part("form").addEventListener(name, () => {
      away();
      complete();
    });
  part("form").addEventListener("submit", (event) => event.preventDefault());
  nameButtons();
  await pinFromCard(act.card);
  const when = await draft.restore();
  if (when) part("kept").textContent = t("Isian dari {when} dipulihkan.", { when: moment(when) });
  stream = at.stream ?? draft.beside.stream ?? `case:${crypto.randomUUID()}`;
  if (at.opens && !draft.beside.stream) await draft.keep({ stream });
  inSteps(root, fields, ["more", "paper", "buttons"].map(part).filter(Boolean));
  await Promise.all([
    offerKeys(part("signer"), official, { use: (one) => (key = one), say: (state, words) => check("key", state, words) }),
    complete(),
    mountTable(),
    verified(),
  ]);
}

if (root) begin().catch(tell);
