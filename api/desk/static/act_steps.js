/** A long form, one part at a time; what is typed in the others stays. */
import { t } from "./words.js";

/** Show the parts of `fields` one at a time within `root`; `last` is what belongs to the last part only. */
export function inSteps(root, fields, last) {
  const part = (name) => root.querySelector(`[data-at=${name}]`);
  const steps = [...root.querySelectorAll("[data-step]")];
  if (steps.length < 2) return;
  let at = 0;
  const show = (now) => {
    at = now;
    steps.forEach((step, index) => (step.hidden = index !== at));
    last.forEach((one) => (one.hidden = at < steps.length - 1));
    part("back").hidden = at === 0;
    part("next").hidden = at === steps.length - 1;
  };
  part("steps").hidden = false;
  part("back").addEventListener("click", () => show(at - 1));
  part("next").addEventListener("click", async () => {
    fields.quiet();
    const missing = (await fields.lacking()).find(({ place }) => steps[at].contains(place));
    if (missing) return void fields.point(missing.path, t("{label} belum diisi.", missing));
    show(at + 1);
    steps[at].querySelector("input, select, textarea")?.focus();
  });
  root.addEventListener("pointed", ({ target }) => {
    const index = steps.findIndex((step) => step.contains(target));
    show(index < 0 ? steps.length - 1 : index);
  });
  show(0);
}
