/**
 * The page on which an act is signed. In this order, and nothing is signed before all of it agrees:
 *
 * 1. the seal of the ledger and the history of the case are verified (ledger.place), the document is fetched and hashed;
 * 2. what the form takes for known is held against that history (act_chain.js);
 * 3. the fields are complete, and a key of this official is open;
 * 4. a last look shows the very payload; only then is it signed, sent, and its receipt proved.
 */
import { PAYLOAD_TYPE, readAct } from "./act.js";
import { requireKnown, standing } from "./act_chain.js";
import { composed, unfinishedPaper } from "./act_compose.js";
import { showBetween, showDone } from "./act_done.js";
import { fieldsOf } from "./act_form.js";
import { offerKeys } from "./act_key.js";
import { bodyInWords, moment } from "./act_look.js";
import { inSteps } from "./act_steps.js";
import { keepDrafts } from "./drafts.js";
import { seal } from "./envelope.js";
import { Fault } from "./faults.js";
import { viewOf } from "./iku_view.js";
import { document as documentOf, place as placeOf, submit, upload } from "./ledger.js";
import { showWaiting } from "./outbox.js";
import { make, makeNotice } from "./page.js";
import { doubt, pinFromCard } from "./pinning.js";
import { onWaiting, wantsSignIn } from "./service.js";
import { describe, t } from "./words.js";

const root = document.getElementById("tindakan");
const act = root && JSON.parse(root.dataset.act);
const official = document.body.dataset.official;
const part = (name) => root.querySelector(`[data-at=${name}]`);
const states = { seal: "open", history: "open", document: "open", form: "open", key: "open" };
let fields, draft, stream, placed, key, table;
let pending = false; // an envelope of this case is on its way, perhaps recorded
let busy = false;
let chosen = null;
let verifying = null; // the verification that is under way
let mounting = null; // the table's editor is on its way

/** Set how one of the five checks stands: "ok", "bad" or "open", in words. */
function check(name, state, words) {
  states[name] = state;
  const line = root.querySelector(`[data-check=${name}]`);
  line.dataset.state = state;
  line.querySelector("span").textContent = words;
  refresh();
}

function refresh() {
  const ready = Object.values(states).every((state) => state === "ok") && !pending && !busy;
  for (const button of root.querySelectorAll("[data-button]")) button.disabled = !ready;
  part("sign").disabled = !ready;
}

/** Verify the history and the document, both fetched at once, and say of each how it stands. */
async function verify() {
  const asked = [placeOf(stream), act.document ? documentOf(act.document.digest) : null];
  if (!act.known.sop || act.version) asked.push(null);
  else asked.push(placeOf(`sop:${act.sop}`));
  const [history, bytes, sop] = await Promise.allSettled(asked);
  if (history.status === "rejected") {
    const { title, detail } = describe(history.reason);
    check("seal", "bad", `${title}: ${detail}`);
    check("history", "bad", t("tidak dapat dipercaya tanpa segelnya"));
    check("document", "bad", t("tidak dapat dicocokkan"));
    pending = await waiting();
    throw history.reason;
  }
  placed = history.value;
  const sealed = t("terbukti: {n} daun, menyambung segel yang terakhir diperiksa di sini", { n: placed.checkpoint.size });
  check("seal", "ok", [sealed, await doubt()].filter(Boolean).join("; "));
  pending = await waiting();
  if (placed.version !== act.version) {
    check("history", "bad", t("sudah ada tindakan lain sejak halaman ini dibuka"));
    await between(act.version);
    return;
  }
  try {
    requireKnown(act, placed.chain);
    if (sop.value !== null) requireSop(sop);
  } catch (fault) {
    check("history", "bad", fault.detail);
    throw fault;
  }
  check("history", "ok", placed.version ? t("terbukti: {n} tindakan, tidak ada yang hilang atau terselip", { n: placed.version }) : t("perkara baru; SOP yang berlaku terbukti"));
  await showDocument(bytes);
}

function requireSop(found) {
  if (found.status === "rejected") throw found.reason;
  const newest = found.value.chain.filter(({ act: { kind } }) => kind === "sop.enacted").at(-1);
  if (newest?.leaf !== act.known.sop.leaf)
    throw new Fault("forged", "client.form", t("Halaman ini menyebut versi SOP yang bukan versi terbarunya."), t("Muat ulang halaman ini."));
}

async function showDocument(found) {
  if (!act.document) return check("document", "ok", t("tindakan ini tidak berdiri di atas naskah yang sudah ada"));
  const held = standing(placed.chain).document;
  try {
    if (found.status === "rejected") throw found.reason;
    if (held?.digest !== act.document.digest)
      throw new Fault("forged", "client.form", t("Naskah di halaman ini bukan naskah yang ada dalam riwayat."), t("Jangan tandatangani apa pun."));
  } catch (fault) {
    part("document").replaceChildren();
    check("document", "bad", fault.detail);
    throw fault;
  }
  part("document").replaceChildren(viewOf(found.value, held));
  part("verified").textContent = t("Diperiksa di peramban ini: isi di bawah dibuat dari bita yang sidiknya tercantum.");
  check("document", "ok", t("terbukti: bita yang dibaca di sini bersidik sama dengan yang tercatat"));
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
    const { mount } = await import("./iku_editor.js");
    table = await mount(place, { place: `${draft.place} tabel`, begins: heldTable, onChange: complete, onward });
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
  if (act.stream && !placed) await verified();
  if (act.stream && !placed)
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
  const lacking = await fields.lacking(act.buttons.length === 1 ? act.buttons[0].needs : []);
  const late = await unfinishedPaper(fields);
  if (late) lacking.push(late);
  if (lacking.length) check("form", "open", t("belum diisi: {names}", { names: lacking.map(({ label }) => label).join(", ") }));
  else check("form", "ok", t("lengkap"));
}

async function look(button) {
  fields.quiet();
  part("told").replaceChildren();
  try {
    const { payload } = await composed({ act, fields, placed, stream, official }, button);
    const said = readAct(payload);
    chosen = { button, body: JSON.stringify(said.body) };
    part("sentence").textContent = t("Anda, {name}, {office} ({capacity}), akan menandatangani tindakan ini: {what}, langkah {step}.", { ...act.signer, step: said.body.step });
    part("body").replaceChildren(...bodyInWords(said, act));
    const beside = [said.body.deviation && act.deviating, said.body.paper && act.paper].filter(Boolean);
    part("beside").hidden = !beside.length;
    part("beside").textContent = beside.join(" ");
    part("sign").textContent = button.label;
    part("look").hidden = false;
    part("look").focus();
    part("look").scrollIntoView({ block: "start" });
  } catch (fault) {
    tell(fault);
  }
}

function away() {
  part("look").hidden = true;
  chosen = null;
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

async function sign() {
  if (busy || !chosen) return;
  const { button, body } = chosen;
  busy = true;
  refresh();
  const told = makeNotice(part("told"), t("Menandatangani dan mengirim …"));
  const quiet = onWaiting((lost) => told.say(lost ? t("Menunggu sambungan. Jangan tanda tangani lagi; yang sama dikirim lagi dengan sendirinya.") : t("Mengirim …")));
  try {
    const { payload, files } = await composed({ act, fields, placed, stream, official }, button); // again: the time that it states is that of this moment
    if (JSON.stringify(readAct(payload).body) !== body) return void (told.done(), await look(button));
    await Promise.all(files.map(({ reference, bytes }) => upload(bytes, reference.media_type)));
    const envelope = await seal(PAYLOAD_TYPE, payload, key);
    away();
    const receipt = await submit(envelope, { stream, kind: act.kind, name: act.signer.what, page: location.pathname });
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

/** Show what waits in the outbox for this case; return whether something may still be recorded. */
const waiting = () =>
  showWaiting(part("outbox"), stream, placed?.chain ?? [], {
    done: (receipt, { name }, bytes) => finish(receipt, bytes, name),
    gone: async () => {
      pending = await waiting();
      refresh();
    },
  });

async function between(known) {
  await showBetween(part("told"), stream, known, async () => {
    await draft.keep(act.stream ? {} : { stream: null }); // whoever opened that case, this one needs another number
    location.reload();
  });
}

async function finish(receipt, envelope, name = act.signer.what) {
  await Promise.all([draft.drop(), fields.forget()]);
  for (const child of root.children) child.hidden = child !== part("done");
  showDone(part("done"), name, receipt, envelope);
}

/** Verify, one at a time, and where it fails say why; a lost line is no lie, so it may be tried again. */
const verified = () => (verifying ??= verifiedOnce().finally(() => (verifying = null)));

async function verifiedOnce() {
  part("told").replaceChildren();
  try {
    await verify();
  } catch (fault) {
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
  fields = fieldsOf(part("form"));
  draft = keepDrafts(`tindakan ${act.stream ?? `baru ${act.sop}`} ${act.kind} ${official}`, fields, (how, fault) => {
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
  part("away").addEventListener("click", away);
  part("sign").addEventListener("click", sign);
  for (const one of root.querySelectorAll("[data-button]"))
    one.addEventListener("click", () => look(act.buttons[one.dataset.button]));
  await pinFromCard(act.card);
  const at = await draft.restore();
  if (at) part("kept").textContent = t("Isian dari {when} dipulihkan.", { when: moment(at) });
  stream = act.stream ?? draft.beside.stream ?? `case:${crypto.randomUUID()}`;
  if (!act.stream && !draft.beside.stream) await draft.keep({ stream });
  inSteps(root, fields, ["more", "paper", "buttons"].map(part).filter(Boolean));
  await Promise.all([
    offerKeys(part("signer"), official, { use: (one) => (key = one), say: (state, words) => check("key", state, words) }),
    complete(),
    mountTable(),
    verified(),
  ]);
}

if (root) begin().catch(tell);
