/**
 * What the service would raise about the table, asked some time after it changed; never in anybody's way.
 *
 * Doubts are kept by the row that they are about, so they stay with it when rows are added or removed.
 */
import { utf8 } from "./bytes.js";
import { post } from "./service.js";
import { t } from "./words.js";

const PAUSE = 1200; // milliseconds after the last key

/**
 * Return {soon, doubts}: soon() asks again in a while; doubts() are [{row (the row itself), field, text}].
 *
 * `now()` is the table as it is and what compose() makes of it, {table, document, at}; `told(words)` is called with what to say of the state of checking.
 */
export function checking(now, told) {
  let timer = 0;
  let asking = false;
  let again = false;
  let asked = null; // the document that was checked last
  let doubts = [];

  const unchecked = (why) => told(t("Belum diperiksa: {why}", { why }));

  function soon(wait = PAUSE) {
    again = asking;
    clearTimeout(timer);
    if (!asking) timer = setTimeout(ask, wait);
  }

  async function ask() {
    const { table, document, at } = now();
    if (!document) {
      doubts = [];
      asked = null;
      return unchecked(t("isi dahulu periode dan satu baris."));
    }
    const said = JSON.stringify(document);
    const rows = at.map((number) => table.rows[number]);
    if (said === asked) return told(summary(doubts.length));
    if (!navigator.onLine) return unchecked(t("tidak ada sambungan."));
    asking = true;
    told(t("Sedang diperiksa …"));
    try {
      const answer = (await post("/v1/iku/checks", utf8(said), { "Content-Type": "application/json" })).json();
      doubts = answer.warnings.map(({ row, field, text }) => ({ row: rows[row - 1], field, text: String(text) }));
      asked = said;
      told(summary(doubts.length));
    } catch (fault) {
      const { row, field } = fault.facts ?? {};
      doubts = rows[row - 1] ? [{ row: rows[row - 1], field, text: fault.detail }] : [];
      unchecked(fault.detail ?? String(fault));
    } finally {
      asking = false;
      if (again) soon();
    }
  }

  addEventListener("online", () => soon(0));
  return { soon, doubts: () => doubts };
}

const summary = (count) =>
  count ? t("Sudah diperiksa: {count} catatan. Catatan tidak menghalangi.", { count }) : t("Sudah diperiksa: tidak ada catatan.");
