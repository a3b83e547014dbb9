/** What stands above the form, drawn from verified acts and bytes alone; what the service drew there is taken away. */
import { later } from "./later.js";
import { make } from "./page.js";
import { moment } from "./moment.js";
import { t } from "./words.js";

/** Kinds before which the newest return is told; the last two from the second round on. */
const TOLD = ["concept.typed", "concept.revised", "typing.reviewed", "paraf.given"];

/** Take away whatever is drawn of the document and its return, by the service or here before. */
export function clearDrawn() {
  for (const name of ["document", "verified", "returned"])
    document.querySelectorAll(`[data-at=${name}]`).forEach((one) => (one.closest("#tindakan > section, .notice") ?? one).remove());
}

/** What draws documents: asked for, early, where there is one to draw. */
export const views = () => later("act_view", "iku_view", "iku_document");

/** Say instead of the document why it does not stand there. */
export const drawNothing = (root, words) => section(root, make("p", { class: "quiet" }, words));

/**
 * Show a document above the form: `bytes` hash to the digest of `reference`. Return whether it could be drawn; where it
 * could not, its name and digest stand there, and it can be saved.
 */
export async function drawDocument(root, bytes, reference) {
  const { viewed } = await views();
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
