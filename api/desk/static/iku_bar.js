/**
 * The bar at the window's foot while a table is typed: how the table stands, ways to what is missing and on to the
 * signature, and the way back from what was just done.
 */
import { make } from "./page.js";
import { t } from "./words.js";

/**
 * Return {element, stands, kept, offer}: stands(words, whole) says what is missing, kept(words) whether the table is on
 * this device, offer(words, undo) what was done and can be undone. `toMissing()` and `onward()` (or null) go there.
 */
export function barView({ toMissing, onward }) {
  const button = (name, act) => {
    const made = make("button", { type: "button", class: "second", hidden: "" }, name);
    made.addEventListener("click", act);
    return made;
  };
  const state = make("p", { "data-part": "lacking" });
  const keeping = make("p", { class: "quiet", "data-part": "kept" });
  const [missing, on] = [button(t("Ke yang belum"), toMissing), button(t("Ke tanda tangan"), () => onward())];
  on.hidden = !onward;
  // The region stands from the beginning: one that comes with its words is often not read out.
  const told = make("p", { role: "status" });
  const [back, away] = [button(t("Urungkan"), () => take(true)), button(t("Tutup"), () => take(false))];
  const [undoing, standing] = [make("div", { class: "undo" }, told, back, away), make("div", {}, state, keeping, missing, on)];
  const element = make("div", { class: "foot", role: "group", tabindex: "-1", "aria-label": t("Keadaan tabel") }, undoing, standing);
  let undo = null;

  function show(words, way) {
    undo = way;
    told.textContent = words;
    element.classList.toggle("offering", Boolean(way));
    back.hidden = away.hidden = !way;
  }

  function take(wanted) {
    const way = undo;
    show("", null);
    if (wanted) way();
    else element.focus();
  }

  return {
    element,
    offer: show,
    kept: (words) => (keeping.textContent = words),
    stands(words, whole) {
      if (state.textContent !== words) state.textContent = words;
      missing.hidden = whole;
    },
  };
}
