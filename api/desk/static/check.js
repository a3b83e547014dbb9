/**
 * Periksa paraf: hash a file here, ask which marks stand on those bytes, and verify each of them in this browser.
 *
 * The result is made here, of what the service answers as data and of what this browser found: whatever the page said
 * of it goes away, for a page is words of the service.
 */
import { hex, sha256 } from "./bytes.js";
import { differs, doubtOf, empty, listed, marksIn, settle, summary } from "./check_list.js";
import { make, makeNotice } from "./page.js";
import { get } from "./service.js";
import { describe, t } from "./words.js";

/** Marks that are verified at a time; each asks for at most two things at once. */
const AT_ONCE = 2;
/** Bytes that the list of marks may have. */
const MOST_BYTES = 8 * 1024 * 1024;
const DIGEST = /^(?:sha-?256[:=]?)?([0-9a-f]{64})$/;

const root = document.getElementById("periksa");
const chooser = document.getElementById("berkas");
const most = Number(root.dataset.most);
const say = (words) => (root.querySelector("[data-at=file]").textContent = words);
const result = make("section", { id: "hasil" });
let turn = 0;

/** Hash the file and show what stands on its bytes. */
async function checkFile(file) {
  const mine = (turn += 1);
  result.replaceChildren();
  result.removeAttribute("aria-labelledby"); // what is empty has no name
  makeNotice(root, "").done();
  say(t("Menghitung sidik {name} …", { name: file.name }));
  try {
    if (file.size > most) {
      say(t("{name}: lebih besar dari dokumen apa pun dalam buku besar ini, jadi tidak ada tanda padanya.", { name: file.name }));
      return;
    }
    const digest = `sha256:${hex(await sha256(new Uint8Array(await file.arrayBuffer())))}`;
    if (mine !== turn) return;
    document.getElementById("sidik").value = digest;
    say(t("{name}, {size} bita. Sidiknya dihitung di perangkat ini.", { name: file.name, size: file.size }));
    await check(digest, { file: true });
  } catch (fault) {
    if (mine === turn) makeNotice(root, "").fault(describe(fault));
  }
}

/** Show what stands on the bytes of a digest; `file`: whether a file was brought, or somebody's digest. */
async function check(digest, { file }) {
  const mine = turn;
  const top = make("div", { "data-at": "summary", "aria-live": "polite" });
  const list = make("div", {});
  const title = file ? t("Hasil untuk berkas ini") : t("Hasil untuk sidik ini");
  result.setAttribute("aria-labelledby", "hasil-judul");
  result.replaceChildren(
    make("h2", { id: "hasil-judul" }, title),
    make("p", { class: "digest" }, digest),
    top,
    list,
    make("p", { class: "quiet" }, t("Layanan dapat menyembunyikan tanda, juga pencabutan kunci yang belum pernah dilihat perangkat ini: yang tidak tampak tidak terbukti tidak ada. Layanan tidak dapat membuat tanda yang terbukti di sini tanpa kunci yang diberikan register kepada orangnya.")),
  );
  top.replaceChildren(make("p", { class: "notice" }, t("Sedang diperiksa …")));
  const { marks, elsewhere, known } = await asked(digest);
  if (mine !== turn) return;
  if (!marks.length) {
    top.replaceChildren(empty({ elsewhere, known, file }));
    return;
  }
  const { doubt, opened, remember, verifyMark } = await import("./check_mark.js");
  const ground = opened(JSON.parse(root.dataset.card));
  ground.catch(() => {}); // said at each mark

  const show = async (from) => {
    const { cards, element } = listed(marks, from, elsewhere, (next) => show(next).catch(failed));
    list.replaceChildren(element);
    top.replaceChildren(make("p", { class: "notice" }, t("Sedang diperiksa …")));
    const found = new Array(cards.length);
    await inTurn(cards, async ({ mark, card }, at) => {
      const said = await verifyMark(ground, mark, digest);
      found[at] = { ...said, differs: differs(mark, said), doubt: doubtOf(mark, said) };
      if (mine === turn) settle(card, mark, found[at]);
    });
    if (mine !== turn || !element.isConnected) return;
    top.replaceChildren(summary(found, { from, all: marks.length, doubted: await doubt() }));
    await ground.then(remember, () => {});
  };
  const failed = (fault) => mine === turn && makeNotice(root, "").fault(describe(fault));
  await show(0);
}

/** Return what the service says of the marks on these bytes: {marks, elsewhere, known}. */
async function asked(digest) {
  const { bytes } = await get(`/v1/documents/${digest}/signatures`, { most: MOST_BYTES });
  return marksIn(bytes);
}

async function inTurn(items, work) {
  const waiting = items.entries();
  const worker = async () => {
    for (const [at, one] of waiting) await work(one, at);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const checkChosen = () => chooser.files.length && checkFile(chooser.files[0]);
chooser.addEventListener("change", checkChosen);
for (const name of ["dragenter", "dragover"])
  root.addEventListener(name, (event) => {
    event.preventDefault();
    root.classList.add("over");
  });
root.addEventListener("dragleave", () => root.classList.remove("over"));
root.addEventListener("drop", (event) => {
  event.preventDefault();
  root.classList.remove("over");
  if (event.dataTransfer.files.length) checkFile(event.dataTransfer.files[0]);
});

/**
 * Make the page anew around its two fields, so that no box of the service stays beside a result. The frame keeps the
 * service's words: the ledger's name, whether it is made up, the footer; and the stylesheet is the service's too.
 */
function rebuild() {
  const main = document.querySelector("main");
  const sidik = document.getElementById("sidik");
  const { form } = sidik;
  const field = (input, label, more) => make("p", { class: "field" }, make("label", { for: input.id }, label), input, make("small", { id: `${input.id}-ket` }, more));
  const whole = t("Berkas tidak dikirim ke mana pun. Sidiknya dihitung di perangkat ini, dan hanya sidik itu yang ditanyakan.");
  root.replaceChildren(field(chooser, t("Pilih berkas, atau letakkan di sini"), whole), make("p", { "data-at": "file", role: "status" }));
  const spelt = field(sidik, t("Sidik dokumen"), t("sha256: lalu 64 angka dan huruf, seperti tertulis pada halaman perkara."));
  form.replaceChildren(spelt, make("p", { class: "actions" }, make("button", { type: "submit" }, t("Periksa sidik"))));
  const lead = t("Siapa memeriksa, memberi paraf, dan menandatangani persis berkas ini? Pilih berkasnya, atau tempel sidiknya.");
  main.replaceChildren(make("h1", {}, t("Periksa paraf")), make("p", { class: "lead" }, lead), root, form, result);
  const frame = new Set(document.querySelectorAll("body > .skip, body > .top, body > .synthetic, body > .printed, body > .bottom"));
  for (const one of [...document.body.children]) if (one !== main && !frame.has(one)) one.remove();
  for (const one of document.querySelectorAll("body > * :is(.notice, .verdict, .mark-found, .card)")) if (!main.contains(one)) one.remove();
  root.hidden = false;
}

rebuild();
const pasted = new URLSearchParams(location.search).get("sidik") ?? "";
const [, digest] = DIGEST.exec(pasted.replace(/\s+/g, "").toLowerCase()) ?? [];
if (chooser.files.length) checkChosen(); // chosen before this ran, or kept by the browser over a reload
else if (digest) check(`sha256:${digest}`, { file: false }).catch((fault) => makeNotice(root, "").fault(describe(fault)));
