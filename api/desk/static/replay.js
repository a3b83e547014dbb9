/** Replay: a slider and arrow keys over the acts of a case; each step is fetched as the service draws it. */
import { fetchPart } from "./fragment.js";
import { makeNotice } from "./page.js";
import { describe, t } from "./words.js";

const root = document.getElementById("putar");
const slider = document.getElementById("geser");
const leaves = JSON.parse(root.dataset.leaves);
const path = `/perkara/${root.dataset.case}/putar`;
const steps = new Map();
const KEYS = {
  ArrowLeft: (now) => now - 1,
  ArrowRight: (now) => now + 1,
};
/** Milliseconds for which the slider rests before a step is asked for. */
const REST = 120;

let shown = Number(slider.value);
let asking = null;
let timer;
let told = null;

/** Show the case after the act at `position`, from 1; a later call takes an earlier one's place. */
async function show(position) {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const leaf = leaves[position - 1];
  slider.value = position;
  say(position);
  try {
    if (!steps.has(leaf)) steps.set(leaf, await fetchPart(`${path}?at=${leaf}&bagian=1`, "tayangan", signal));
  } catch (fault) {
    if (signal.aborted) return;
    told = makeNotice(root, "");
    told.fault(describe(fault));
    slider.value = shown; // what is on the page is still that step
    say(shown);
    return;
  }
  if (signal.aborted) return;
  told?.done();
  told = null;
  shown = position;
  const focused = document.activeElement?.rel;
  const next = steps.get(leaf).cloneNode(true);
  document.getElementById("tayangan").replaceWith(next);
  if (focused) (next.querySelector(`[rel=${focused}]`) ?? slider).focus({ preventScroll: true });
  history.replaceState(null, "", `${path}?at=${leaf}`);
  const sentence = next.querySelector("[data-at=sentence]").textContent;
  document.getElementById("langkah-kini").textContent = `${where(position)}. ${sentence}`;
}

const where = (position) => t("Tindakan {n} dari {m}", { n: position, m: leaves.length });
const say = (position) => slider.setAttribute("aria-valuetext", where(position));

/** Tell whether keys are for the page as a whole: whatever scrolls or is typed in keeps its own. */
const ours = ({ target }) => [document.body, document.documentElement, document.getElementById("isi")].includes(target) || target.rel;

addEventListener("keydown", (event) => {
  const to = KEYS[event.key]?.(Number(slider.value));
  if (to === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !ours(event)) return;
  event.preventDefault();
  if (to >= 1 && to <= leaves.length && to !== Number(slider.value)) show(to);
});
slider.addEventListener("input", () => {
  say(Number(slider.value));
  clearTimeout(timer);
  timer = setTimeout(() => show(Number(slider.value)), REST);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("#tayangan > nav a[rel]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(Number(slider.value) + (link.rel === "next" ? 1 : -1));
});

say(Number(slider.value));
root.hidden = false;
