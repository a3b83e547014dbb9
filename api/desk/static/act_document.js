/** What stands above the form, drawn from verified acts and bytes alone; what the service drew there is taken away. */
import { make } from "./page.js";
import { moment } from "./moment.js";
import { viewOf } from "./iku_view.js";
import { t } from "./words.js";

/** Kinds before which the newest return is told; the last two from the second round on. */
const TOLD = ["concept.typed", "concept.revised", "typing.reviewed", "paraf.given"];

/** Take away whatever is drawn of the document and its return, by the service or here before. */
export function clearDrawn() {
  for (const name of ["document", "verified", "returned"])
    document.querySelectorAll(`[data-at=${name}]`).forEach((one) => (one.closest("#tindakan > section, .notice") ?? one).remove());
}

/** Say instead of the document why it does not stand there. */
export const drawNothing = (root, words) => section(root, make("p", { class: "quiet" }, words));

/**
 * Show a document above the form: `bytes` hash to the digest of `reference`. Return whether it could be drawn; where it
 * could not, its name and digest stand there, and it can be saved.
 */
export function drawDocument(root, bytes, reference) {
  const { view, drawn } = viewed(bytes, reference);
  const words = t("Diperiksa di peramban ini: isi di bawah dibuat dari bita yang sidiknya tercantum.");
  section(root, drawn && make("p", { "data-at": "verified", class: "quiet" }, words), view);
  return drawn;
}

function section(root, ...parts) {
  document.querySelectorAll("[data-at=document]").forEach((one) => (one.closest("section") ?? one).remove());
  const inner = make("div", { "data-at": "document" }, ...parts.filter(Boolean));
  above(root, make("section", { class: "card", "aria-labelledby": "judul-naskah" }, make("h2", { id: "judul-naskah" }, t("Naskah")), inner));
}

/**
 * Return {view, drawn}: an element that shows a document, and whether all that its bytes say is shown in it or, of what
 * is no table, in the program that opens its file. What should be a table and is none is shown as it stands, and given
 * back: nobody agrees with it here.
 */
export function viewed(bytes, reference) {
  const view = viewOf(bytes, reference);
  const drawn = view.dataset.drawn !== "text";
  if (!drawn) view.prepend(make("p", { class: "notice bad" }, t("Naskah ini tidak dapat disetujui atau ditandatangani di sini. Naskah ini dapat dikembalikan.")));
  return { view, drawn };
}

/** Show above the form of `kind` who gave the document back and why, as `now` (act_chain.js) knows it. */
export function drawReturn(root, kind, stream, { back, round, mended }) {
  if (!back || !TOLD.includes(kind) || round < 2) return;
  document.querySelectorAll("[data-at=returned]").forEach((one) => one.remove());
  const { official, step, reason, at } = back;
  above(
    root,
    make("div", { class: mended ? "quiet" : "notice", "data-at": "returned" },
      make("p", {}, make("strong", {}, t("Dikembalikan oleh {official} (langkah {step}, {when}):", { official, step, when: moment(at) })), " ", reason),
      make("p", {}, make("a", { href: `/perkara/${stream.slice(5)}/banding` }, t("Apa yang berubah"))),
    ),
  );
}

/** Lead whoever types to the concept that the history holds: what they make stands on it, though it is a new document. */
export function drawConcept(root, kind, stream, reference) {
  if (kind !== "concept.typed" || !reference) return;
  const link = make("a", { href: `/perkara/${stream.slice(5)}/dokumen/${reference.digest}` }, reference.name);
  above(root, make("p", { class: "notice" }, t("Yang diketik: konsep yang diserahkan,"), " ", link));
}

const above = (root, one) => root.querySelector("[data-at=form]").before(one);
