/** Periksa paraf: hash a file here, ask which marks stand on those bytes, and verify each of them in this browser. */
import { hex, sha256 } from "./bytes.js";
import { fetchPart } from "./fragment.js";
import { make, makeNotice } from "./page.js";
import { describe, t } from "./words.js";

const root = document.getElementById("periksa");
const chooser = document.getElementById("berkas");
const most = Number(root.dataset.most);
const verdictOf = (word) => make("span", { class: `verdict ${word.replaceAll(" ", "-")}`, lang: "id" }, word);
const result = () => document.getElementById("hasil");
const say = (words) => (root.querySelector("[data-at=file]").textContent = words);
let turn = 0;

/** Hash the file and show what stands on its bytes. */
async function checkFile(file) {
  const mine = (turn += 1);
  result().replaceChildren();
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
    const found = await fetchPart(`/periksa?sidik=${encodeURIComponent(digest)}`, "hasil");
    if (mine !== turn) return;
    result().replaceWith(found);
    await verifyAll(digest);
  } catch (fault) {
    if (mine === turn) makeNotice(root, "").fault(describe(fault));
  }
}

/** Verify every mark that is shown, and say where this browser finds something else than the service says. */
async function verifyAll(digest) {
  const marks = [...result().querySelectorAll("[data-leaf]")];
  if (!marks.length) return;
  const here = (mark) => mark.querySelector("[data-at=here]");
  for (const mark of marks) here(mark).replaceChildren(make("p", {}, t("Sedang diperiksa …")));
  const { doubt, opened, verifyMark } = await import("./check_mark.js");
  const ground = opened(JSON.parse(root.dataset.card));
  const found = await Promise.all(
    marks.map(async (mark) => {
      const { leaf, kind, official, decision } = mark.dataset;
      const said = await verifyMark(ground, { index: Number(leaf), kind, official, decision }, digest);
      here(mark).replaceChildren(...shown(said));
      const differs = said.verdict !== "tidak dapat dinilai" && said.verdict !== mark.dataset.said;
      if (differs) mark.prepend(loud(mark.dataset.said, said.verdict));
      return { ...said, differs };
    }),
  );
  summarise(found, await doubt());
}

const shown = ({ verdict, checks }) => [
  make("p", {}, t("Tanda tangan elektronik"), " ", verdictOf(verdict)),
  make("ul", {}, ...checks.map(({ verdict: word, why }) => make("li", {}, verdictOf(word), " ", why))),
  make("p", { class: "quiet" }, t("Wewenang tidak dinilai di peramban ini; yang menilainya sendiri: pemeriksaan berkas bukti.")),
];

const loud = (said, found) =>
  make(
    "p",
    { class: "notice bad", role: "alert" },
    make("strong", {}, t("BERBEDA: menurut layanan {said}, di peramban ini {found}.", { said, found })),
    " ",
    t("Jangan andalkan tanda ini. Tunjukkan halaman ini kepada pemeriksa."),
  );

function summarise(found, doubted) {
  const count = (word) => found.filter(({ verdict }) => verdict === word).length;
  const [proved, wrong, open] = ["terbukti", "tidak cocok", "tidak dapat dinilai"].map(count);
  const bad = wrong || found.some(({ differs }) => differs);
  const parts = [
    proved && t("{n} terbukti", { n: proved }),
    wrong && t("{n} TIDAK COCOK", { n: wrong }),
    open && t("{n} tidak dapat dinilai", { n: open }),
  ].filter(Boolean);
  const box = make("p", { class: `notice ${bad ? "bad" : open ? "" : "good"}`.trim() }, t("Diperiksa di peramban ini: {parts}.", { parts: [parts.join(", "), doubted].filter(Boolean).join("; ") }));
  result().querySelector("[data-at=summary]").replaceChildren(box);
}

chooser.addEventListener("change", () => chooser.files.length && checkFile(chooser.files[0]));
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
root.hidden = false;
const { digest } = result().dataset;
if (digest) verifyAll(digest).catch((fault) => makeNotice(root, "").fault(describe(fault)));
