/**
 * A document as it is shown before it is signed: made from the very bytes that were hashed here, and whole.
 *
 * A table is drawn only of what is exactly an IKU document (iku_document.js): then nothing that the bytes say is left
 * out. Anything else that calls itself one is called no table, loudly, and its text shown as it stands.
 */
import { MEDIA_TYPE, readDocument } from "./iku_document.js";
import { make, save } from "./page.js";
import { t } from "./words.js";

/** Characters of a text that is no table which are shown; the rest is in the file, and the page says so. */
const MOST_SHOWN = 200_000;
/** What would show nothing, or turn the direction of what stands beside it, is shown as its number. */
const UNSEEN =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\u{1d173}-\u{1d17a}\u{e0000}-\u{10ffff}]/gu;

/**
 * Return an element that shows a document; `reference` is as a verified act names it, `bytes` hash to its digest.
 *
 * Its data-drawn says how: "table" (all that the bytes say), "text" (they should be a table and are none: a notice and
 * the raw text) or "file" (to be saved, byte for byte, and opened elsewhere). Who is asked to agree with a table has
 * seen it only where that is "table".
 */
export function viewOf(bytes, { name, media_type: mediaType, digest }) {
  const download = make("button", { type: "button", class: "second" }, t("Simpan naskah ini untuk dibaca"));
  download.addEventListener("click", () => save(name, "application/octet-stream", bytes));
  const [drawn, ...shown] = mediaType === MEDIA_TYPE ? drawnOf(bytes) : ["file", make("p", {}, t("Naskah ini bukan tabel; bukalah sebelum menandatangani."))];
  const facts = [t("Nama berkas"), name, t("Ukuran"), t("{n} bita", { n: bytes.length }), t("Sidik"), digest];
  const head = make("dl", { class: "facts" }, ...facts.map((one, at) => make(at % 2 ? "dd" : "dt", {}, one)));
  return make("div", { "data-digest": digest, "data-drawn": drawn }, head, ...shown, make("p", {}, download));
}

function drawnOf(bytes) {
  let iku;
  try {
    iku = readDocument(bytes);
  } catch (fault) {
    return ["text", noTable(fault), ...rawText(bytes)]; // the digest holds; that it is no table is for people to see
  }
  return ["table", tableOf(iku)];
}

function noTable({ detail, message }) {
  return make(
    "div",
    { class: "notice bad", role: "alert" },
    make("p", {}, make("strong", {}, t("Bukan tabel IKU: ada isi yang tidak ditampilkan"))),
    make("p", {}, visible(detail ?? message ?? "")),
    make("p", {}, t("Isi berkas di bawah ini apa adanya, bukan tabel. Baca semuanya, dan jangan setujui sebagai tabel IKU.")),
  );
}

/** Return the text of bytes as it stands, wrapped, and a note where there is more than is shown or than can be read. */
function rawText(bytes) {
  const part = bytes.subarray(0, 4 * MOST_SHOWN); // a character is at most four bytes
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(part);
  const shown = text.slice(0, MOST_SHOWN);
  const box = make("pre", { dir: "ltr", tabindex: "0", "aria-label": t("Isi berkas apa adanya"), "data-at": "raw" }, visible(shown));
  Object.assign(box.style, { whiteSpace: "pre-wrap", overflowWrap: "anywhere" }); // not an attribute: those are not allowed here
  const notes = [];
  const left = bytes.length - new TextEncoder().encode(shown).length;
  if (shown.length < text.length || part.length < bytes.length)
    notes.push(t("Kira-kira {n} bita lagi TIDAK ditampilkan di sini. Simpan berkasnya untuk membaca semuanya.", { n: Math.max(left, 1) }));
  if (shown.includes("\ufffd")) notes.push(t("Ada bita yang bukan teks; di situ tertulis {sign}.", { sign: "\ufffd" }));
  const said = notes.map((one) => make("p", { class: "notice bad" }, one));
  return [...said, box];
}

/** The same text, with everything that nobody would see written out. */
const visible = (text) => text.replace(UNSEEN, (one) => `⟨U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);

function tableOf({ unit, period: { first_year: first, last_year: last }, legal_basis: legal, label, rows }) {
  const period = first === last ? `${first}` : `${first}–${last}`;
  const items = rows.map((row, at) =>
    make(
      "li",
      {},
      make("p", {}, make("strong", {}, visible(`${at + 1}. ${row.indicator}`))),
      make("dl", { class: "facts" }, ...factsOf(row).flatMap(([what, value]) => [make("dt", {}, what), make("dd", {}, visible(value))])),
    ),
  );
  const notes = [label, ...legal].filter(Boolean).map((one) => make("p", { class: "quiet" }, visible(one)));
  return make("div", {}, make("p", {}, make("strong", {}, visible(`${unit}, ${period}`))), ...notes, make("ol", { class: "plain-list" }, ...items));
}

function factsOf(row) {
  const figure = ({ year, value }) => (year ? `${year}: ${value}` : value);
  const facts = [
    [t("Sasaran strategis"), row.objective],
    [t("Rumus"), row.formula],
    [t("Alasan"), row.rationale],
    [t("Sumber data"), row.sources.join("; ")],
    [t("Penanggung jawab"), row.owner],
    [t("Satuan"), row.measure],
    [t("Kondisi awal"), row.baseline && figure(row.baseline)],
    [t("Target"), row.targets.map(figure).join("; ")],
  ];
  return facts.filter(([, value]) => value);
}
