/** How signing ended: recorded and proved, or another act came first. */
import { KINDS } from "./act_said.js";
import { moment } from "./moment.js";
import { make, save } from "./page.js";
import { get } from "./service.js";
import { t } from "./words.js";

/** Show in `place` the receipt of a recorded act (ledger.submit); `envelope` are the bytes that were sent. */
export function showDone(place, { index, leaf, recordedAt, receipt, act }, envelope) {
  const keep = (name, words, type, bytes) => {
    const button = make("button", { type: "button", class: "second" }, words);
    button.addEventListener("click", () => save(name, type, bytes));
    return button;
  };
  const fact = (name, value, attributes = {}) => [make("dt", {}, name), make("dd", attributes, value)];
  const document = act.body.document?.digest ?? act.body.document;
  place.replaceChildren(
    make("h2", {}, t("Tercatat")),
    make("p", { class: "notice good" }, t("Tercatat dalam buku besar, dan terbukti di peramban ini: tanda terimanya sudah diperiksa.")),
    make(
      "dl",
      { class: "facts" },
      ...fact(t("Tindakan"), t("{what}, langkah {step}", { what: Object.hasOwn(KINDS, act.kind) ? KINDS[act.kind].name : act.kind, step: act.body.step })),
      ...fact(t("Nomor daun"), String(index)),
      ...fact(t("Dicatat"), moment(recordedAt)),
      ...fact(t("Sidik daun"), leaf, { class: "digest" }),
      ...(document ? fact(t("Sidik naskah"), document, { class: "digest" }) : []),
    ),
    make(
      "p",
      { class: "actions" },
      make("a", { class: "button", href: "/meja" }, t("Kembali ke meja")),
      make("a", { class: "button second", href: `/perkara/${act.stream.slice(5)}` }, t("Lihat perkara")),
      keep(`daun-${index}.tlog-proof`, t("Simpan tanda terima"), "text/plain", receipt),
      keep(`daun-${index}.json`, t("Simpan amplop"), "application/json", envelope),
    ),
  );
  place.hidden = false;
  place.focus();
  scrollTo({ top: 0 });
}

/** Show in `place` which acts of the case came after version `known`; `again` goes on with what is typed. */
export async function showBetween(place, stream, known, again) {
  let rows = [];
  try {
    const said = (await get(`/v1/cases/${stream.slice(5)}/trail`)).json();
    rows = said.trail.filter(({ version }) => version > known);
  } catch {
    // the sentences are a help; that the case moved on is known without them
  }
  const button = make("button", { type: "button" }, t("Lanjutkan dengan keadaan terbaru"));
  button.addEventListener("click", again);
  place.replaceChildren(
    make(
      "div",
      { class: "notice", role: "alert" },
      make("p", {}, make("strong", {}, t("Perkara ini didahului tindakan lain. Tanda tangan Anda belum tercatat, dan isian Anda tetap tersimpan."))),
      make("ul", {}, ...rows.map((row) => make("li", {}, `${row.sentence} (${moment(row.recorded_at)})`))),
      make("p", { class: "actions" }, button),
    ),
  );
  place.scrollIntoView({ block: "nearest" });
}
