/** What somebody types is kept on this device with every change: it survives a reload, a lost signal, a dead battery. */
import { draft, dropDraft, keepDraft } from "./store.js";

/**
 * Keep what is typed into `fields` (act_form.js) at `place`, from now on: {place, beside, restore, keep, drop}.
 *
 * `told(how, fault)` is called with "keeping", then "kept" or "lost". `beside` is kept with the fields: the number of a
 * case that is being opened. Files are kept each apart: they are large and change seldom.
 */
export function keepDrafts(place, fields, told) {
  const { form } = fields;
  const kept = { place, beside: {}, restore, keep, drop };
  let writing = 0;
  let typing = false;
  let again = false;
  let over = false;

  const files = () => [...form.querySelectorAll("input[type=file][name]")];
  const placeOf = ({ name }) => `${place} ${name}`;

  async function saved(write) {
    writing += 1;
    told("keeping");
    try {
      await write();
      if (writing === 1 && !again) told("kept");
    } catch (fault) {
      told("lost", fault);
    } finally {
      writing -= 1;
    }
  }

  /** Keep what is typed now, `beside` with it. */
  function keep(beside = {}) {
    Object.assign(kept.beside, beside);
    return saved(async () => {
      if (!over) await keepDraft(place, { typed: fields.typed(), beside: kept.beside, at: new Date().toISOString() });
    });
  }

  /** Keep at once, but one writing at a time: what is typed meanwhile goes with the next. */
  async function typedOn() {
    again = true;
    if (typing) return;
    typing = true;
    while (again) {
      again = false;
      await keep();
    }
    typing = false;
  }

  function keepFiles(input) {
    const chosen = [...input.files];
    return saved(() => (chosen.length ? keepDraft(placeOf(input), chosen) : dropDraft(placeOf(input))));
  }

  /** Put what was kept back; return when it was kept, or null. */
  async function restore() {
    const before = await draft(place);
    if (before) {
      kept.beside = before.beside;
      fields.restore(before.typed);
    }
    for (const input of files()) {
      const chosen = await draft(placeOf(input));
      if (!chosen) continue;
      const given = new DataTransfer();
      chosen.forEach((file) => given.items.add(file));
      input.files = given.files;
      input.closest("details")?.setAttribute("open", "");
    }
    return before?.at ?? null;
  }

  /** Forget all of it: the act is recorded. */
  async function drop() {
    over = true;
    await Promise.all([dropDraft(place), ...files().map((input) => dropDraft(placeOf(input)))]);
  }

  form.addEventListener("input", typedOn);
  form.addEventListener("change", ({ target }) => (files().includes(target) ? keepFiles(target) : typedOn()));
  return kept;
}
