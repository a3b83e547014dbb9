/** Looks before a table is taken over: what is pasted or read from a file, where it goes, what it replaces. */
import { make } from "./page.js";
import { t } from "./words.js";

const SHOWN = 3; // rows
const shown = (text) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);

/**
 * Ask whether to go on, in a dialog with these parts; resolve to true or false. Escape is no.
 */
export function ask(heading, parts, yes) {
  const title = make("h2", { id: "iku-tanya", tabindex: "-1" }, heading);
  const go = make("button", { type: "button" }, yes);
  const stop = make("button", { type: "button", class: "second" }, t("Batal"));
  const dialog = make("dialog", { class: "typing-ask", "aria-labelledby": "iku-tanya" }, title, ...parts, make("p", { class: "actions" }, go, stop));
  return new Promise((resolve) => {
    const close = (answer) => {
      dialog.remove();
      resolve(answer);
    };
    go.addEventListener("click", () => close(true));
    stop.addEventListener("click", () => close(false));
    dialog.addEventListener("cancel", () => close(false));
    document.body.append(dialog);
    dialog.showModal();
    title.focus();
  });
}

/** Return a table of the first rows, [[text]], under these names; it scrolls sideways by itself. */
export function sample(names, rows) {
  const head = make("tr", {}, ...names.map((name) => make("th", { scope: "col" }, name)));
  const body = rows.slice(0, SHOWN).map((row) => make("tr", {}, ...row.map((text) => make("td", {}, shown(text)))));
  const table = make("table", {}, make("caption", {}, t("Baris pertama")), make("thead", {}, head), make("tbody", {}, ...body));
  return make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": t("Baris pertama") }, table);
}

/** Return a list of sentences, or null for none. */
export const list = (sentences) =>
  sentences.length ? make("ul", {}, ...sentences.map((one) => make("li", {}, one))) : null;

/**
 * Return the fields that say which pasted column goes where: a choice for each. `places` are the ids chosen now,
 * `known` [{id, name}] all there are; changed(places) is called with what is chosen.
 */
export function placesForm(cells, headings, places, known, changed) {
  const now = [...places];
  const fields = cells[0].map((_, column) => {
    const nowhere = make("option", { value: "" }, t("(tidak dipakai)"));
    const select = make("select", { id: `iku-tempat-${column}` }, nowhere);
    select.append(...known.map(({ id, name }) => make("option", { value: id }, name)));
    select.value = now[column] ?? "";
    select.addEventListener("change", () => {
      now[column] = select.value || null;
      changed([...now]);
    });
    const name = headings?.[column] ? `“${shown(headings[column])}”` : t("Kolom {n}", { n: column + 1 });
    const example = cells.map((row) => row[column]).find(Boolean);
    const small = example ? make("small", {}, ` ${t("misalnya: {text}", { text: shown(example) })}`) : null;
    return make("p", {}, make("label", { for: select.id }, name, small), select);
  });
  return make("div", { class: "stack" }, ...fields);
}

/** Return a choice of one: `choices` are [{value, text}], the first is chosen; value() is what is chosen. */
export function choice(heading, choices) {
  const inputs = choices.map(({ value }, at) =>
    make("input", { type: "radio", name: "iku-pilihan", id: `iku-pilihan-${at}`, value, ...(at ? {} : { checked: "" }) }),
  );
  const lines = choices.map(({ text }, at) =>
    make("p", { class: "check" }, inputs[at], " ", make("label", { for: inputs[at].id }, text)),
  );
  const element = make("fieldset", {}, make("legend", {}, heading), ...lines);
  return { element, value: () => inputs.find((one) => one.checked).value };
}
