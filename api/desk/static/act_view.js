/** A document as an act page shows it: above the form, and in the last look. */
import { viewOf } from "./iku_view.js";
import { make } from "./page.js";
import { t } from "./words.js";

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
