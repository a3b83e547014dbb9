/**
 * The five checks and the buttons that wait for them: what stands, in one sentence, and why nothing can be signed yet.
 *
 * A button keeps its focus and says what is lacking when it is pressed. What it says, needs and leaves out follows from
 * the kind; of the page only its decision is taken, which the last look shows again.
 */
import { buttonOf, givesBack } from "./act_said.js";
import { make } from "./page.js";
import { t } from "./words.js";

const NAMES = {
  seal: t("Segel buku besar"),
  history: t("Riwayat perkara"),
  document: t("Dokumen"),
  form: t("Isian"),
  key: t("Kunci"),
};
const SETTLES = 300; // milliseconds: what changes at once is said once

/** Return what a button of the page ends in, {decision, needs, drops, label}, in the words of this build. */
export function buttonFor(kind, { said, needs }) {
  const decision = ["typing.reviewed", "activity.decided"].includes(kind) ? String(said?.decision ?? "") : undefined;
  const approves = kind === "typing.reviewed" && decision === "approved";
  const reason = givesBack(kind, decision) || (kind === "activity.decided" && needs?.includes("reason"));
  return { decision, needs: reason ? ["reason"] : [], drops: approves ? ["reason"] : [], label: buttonOf(kind, decision) };
}

/**
 * Keep the checks in `root`: {set, ready, lacking, all}. `set(name, state, words)` says how one stands: "ok", "open", "bad",
 * or of the document "undrawn": its bytes are the right ones, and can be given back unseen, but nothing else.
 * `ready(kind, button)` tells whether `button` may be pressed on, `lacking(...)` what it waits for, in a sentence. `hold()`
 * is "" or why nothing can be signed whatever the checks say; `changed()` is called when one of them changed.
 */
export function keepChecks(root, { hold, changed }) {
  const states = Object.fromEntries(Object.keys(NAMES).map((name) => [name, "open"]));
  const list = root.querySelector("[data-at=checks]");
  const summary = make("p", { "data-at": "summary", id: "ringkasan-periksa", role: "status" });
  root.querySelectorAll("[data-at=summary]").forEach((one) => one.remove());
  list.after(summary);
  const lines = Object.entries(NAMES).map(([name, words]) => {
    const line = make("li", { "data-check": name, "data-state": "open" }, make("strong", {}, words), ": ", make("span", {}, t("belum diperiksa")));
    return [name, line];
  });
  list.replaceChildren(...lines.map(([, line]) => line));
  const shown = Object.fromEntries(lines);
  let timer;

  const missing = (kind, button) =>
    Object.keys(states).filter((name) => !(states[name] === "ok" || (states[name] === "undrawn" && givesBack(kind, button.decision))));
  const ready = (kind, button) => !hold() && !missing(kind, button).length;

  function lacking(kind, button) {
    const names = missing(kind, button).map((name) => `${NAMES[name]} (${shown[name].querySelector("span").textContent})`);
    return t("Belum dapat ditandatangani. Yang kurang: {what}.", { what: [hold(), ...names].filter(Boolean).join("; ") });
  }

  function set(name, state, words) {
    states[name] = state;
    shown[name].dataset.state = state === "undrawn" ? "bad" : state;
    shown[name].querySelector("span").textContent = words;
    changed();
  }

  /** Say in one sentence how all of them stand for `buttons`, once nothing changes any more. */
  function say(kind, buttons) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const able = buttons.filter((one) => ready(kind, one));
      const all = able.length === buttons.length && t("Semua pemeriksaan terbukti; Anda dapat menandatangani.");
      const some = able.length && t("Anda hanya dapat: {what}.", { what: able.map(({ label }) => label).join(", ") });
      const words = all || [some, lacking(kind, buttons[0])].filter(Boolean).join(" ");
      if (summary.textContent !== words) summary.textContent = words;
    }, SETTLES);
  }

  return { set, ready, lacking, say, is: (name) => states[name] };
}
