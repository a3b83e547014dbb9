/** A document as it is shown before it is signed: made from the very bytes that were hashed here. */
import { make, save } from "./page.js";
import { parse } from "./strict_json.js";
import { t } from "./words.js";

const IKU = "application/vnd.jejak.iku.v1+json";

/**
 * Return an element that shows a document; `reference` is as a verified act names it, `bytes` hash to its digest.
 * What is no table is offered to be saved, byte for byte, and opened elsewhere.
 */
export function viewOf(bytes, { name, media_type: mediaType, digest }) {
  const download = make("button", { type: "button", class: "second" }, t("Simpan naskah ini untuk dibaca"));
  download.addEventListener("click", () => save(name, "application/octet-stream", bytes));
  const table = mediaType === IKU ? tableOf(bytes) : null;
  const facts = [t("Nama berkas"), name, t("Ukuran"), t("{n} bita", { n: bytes.length }), t("Sidik"), digest];
  const head = make("dl", { class: "facts" }, ...facts.map((one, at) => make(at % 2 ? "dd" : "dt", {}, one)));
  return make("div", { "data-digest": digest }, head, table ?? make("p", {}, t("Naskah ini bukan tabel; bukalah sebelum menandatangani.")), make("p", {}, download));
}

function tableOf(bytes) {
  let iku;
  try {
    iku = parse(bytes);
  } catch {
    return null; // the bytes are what was signed for; that they are no table is for people to see
  }
  if (!Array.isArray(iku?.rows)) return null;
  const { first_year: first, last_year: last } = iku.period ?? {};
  const period = first === last ? `${first}` : `${first}–${last}`;
  const rows = iku.rows.map((row, at) =>
    make(
      "li",
      {},
      make("p", {}, make("strong", {}, `${at + 1}. ${row.indicator}`)),
      make("dl", { class: "facts" }, ...factsOf(row).flatMap(([what, value]) => [make("dt", {}, what), make("dd", {}, value)])),
    ),
  );
  const notes = [iku.label, ...(iku.legal_basis ?? [])].filter(Boolean).map((one) => make("p", { class: "quiet" }, one));
  return make("div", {}, make("p", {}, make("strong", {}, `${iku.unit}, ${period}`)), ...notes, make("ol", { class: "plain-list" }, ...rows));
}

function factsOf(row) {
  const figure = ({ year, value }) => (year ? `${year}: ${value}` : value);
  const facts = [
    [t("Sasaran strategis"), row.objective],
    [t("Formula"), row.formula],
    [t("Alasan"), row.rationale],
    [t("Sumber data"), row.sources?.join("; ")],
    [t("Penanggung jawab"), row.owner],
    [t("Satuan"), row.measure],
    [t("Kondisi awal"), row.baseline && figure(row.baseline)],
    [t("Target"), row.targets?.map(figure).join("; ")],
  ];
  return facts.filter(([, value]) => value);
}
