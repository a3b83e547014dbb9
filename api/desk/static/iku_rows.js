/**
 * The rows of an IKU table as fields: cards on a narrow screen, a table on a wide one, the same elements in both.
 *
 * Keys: Enter goes down (from the last row to a new one), Shift+Enter begins a line; in columns of several lines Enter
 * begins a line and Ctrl+Enter goes down. The arrows leave a field where its text ends.
 */
import { cell } from "./iku_model.js";
import { make } from "./page.js";
import { t } from "./words.js";

const SEVERAL_LINES = new Set(["formula", "rationale", "sources"]);
/** Widths in rem of a column of each form, the least and the most that is of use; of the number and the buttons. */
const WIDTHS = { text: [9, 20], list: [9, 16], line: [6.5, 12], value: [4.5, 8], year: [4.5, 8] };
const ENDS = 7;
let last = 0;

/**
 * Return {element, render, refresh, add, remove, mark, focus}.
 *
 * `acts` is what the rows need: table() and columns() as they are now; typed(at, id, text) tells what is in a cell now;
 * insert(at), remove(at) ask for a row. Roles are written out, for a table shown as cards would
 * lose them.
 */
export function rowsView(acts) {
  const head = make("tr", { role: "row" });
  const body = make("tbody", { role: "rowgroup" });
  const table = make("table", { role: "table", "aria-label": t("Tabel IKU") }, make("thead", { role: "rowgroup" }, head), body);
  const element = make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": t("Tabel IKU") }, table);
  const said = new Map(); // the fields beside which something stands: what it is, spelt
  const placeOf = (target) => {
    const control = target.closest?.("[data-column]");
    return control && { control, at: control.closest("tr").sectionRowIndex, id: control.dataset.column };
  };
  const controls = (at) => [...(body.rows[at]?.querySelectorAll("[data-column]") ?? [])];
  const control = (at, id) => controls(at).find((one) => one.dataset.column === id);

  /** Put the caret at the end of a cell, or, where the column is not shown, of the first one of the row. */
  function focus(at, id, end = true) {
    const found = control(at, id) ?? controls(at)[0];
    found?.focus();
    found?.setSelectionRange(...(end ? [found.value.length, found.value.length] : [0, 0]));
  }

  function field(row, key, column) {
    const id = `iku-${key}-${column.id.replaceAll(":", "-")}`;
    const attributes = { id, "data-column": column.id, autocomplete: "off" };
    const known = column.form === "text" || column.form === "list";
    const input = known ? make("textarea", { ...attributes, rows: "1" }) : make("input", { ...attributes, type: "text" });
    if (column.form === "year") input.setAttribute("inputmode", "numeric");
    if (!SEVERAL_LINES.has(column.id)) input.setAttribute("enterkeyhint", "next");
    input.value = cell(row, column.id);
    const hint = column.hint ? make("small", {}, ` (${column.hint})`) : null;
    return make("td", { role: "cell", class: `form-${column.form}` }, make("label", { for: id }, column.name, hint), input);
  }

  function rowOf(row) {
    last += 1;
    const button = (name, text) => make("button", { type: "button", class: "second", "data-do": name, title: text }, make("span", {}, text));
    const tools = make("td", { role: "cell", class: "tools" }, button("insert", t("Sisipkan di bawah")), button("remove", t("Hapus")));
    const heading = make("th", { scope: "row", role: "rowheader" });
    return make("tr", { role: "row" }, heading, ...acts.columns().map((column) => field(row, last, column)), tools);
  }

  function number() {
    [...body.rows].forEach((row, at) => {
      const name = t("Baris {n}", { n: at + 1 });
      if (row.cells[0].textContent === name) return;
      row.cells[0].textContent = name;
      for (const one of row.querySelectorAll("[data-do]"))
        one.setAttribute("aria-label", `${one.textContent}: ${name}`);
    });
  }

  /** Show the table anew. */
  function render() {
    const columns = acts.columns();
    const heading = (form, name) => make("th", { scope: "col", role: "columnheader", class: form }, name);
    const tools = heading("tools", make("span", { class: "unseen" }, t("Ubah baris")));
    head.replaceChildren(heading("", t("No")), ...columns.map(({ form, name }) => heading(`form-${form}`, name)), tools);
    // Rows that nobody sees are not laid out, so no width may hang on what stands in them.
    const [least, most] = [0, 1].map((which) => columns.reduce((sum, { form }) => sum + WIDTHS[form][which], ENDS));
    for (const [name, value] of [["--least", `${least}rem`], ["--most", `${most}rem`], ["--fields", columns.length]])
      element.style.setProperty(name, value);
    said.clear();
    body.replaceChildren(...acts.table().rows.map(rowOf));
    number();
  }

  /** Show a row's cells as they are kept, but not the one that somebody types in. */
  const refresh = (at) =>
    controls(at).forEach((one) => {
      const kept = cell(acts.table().rows[at], one.dataset.column);
      if (one.value !== kept && one !== document.activeElement) one.value = kept;
    });

  function add(at) {
    body.insertBefore(rowOf(acts.table().rows[at]), body.rows[at] ?? null);
    number();
  }

  function remove(at) {
    for (const one of controls(at)) said.delete(one);
    body.rows[at].remove();
    number();
  }

  /**
   * Say beside each cell what there is to say of it: `marks` are [{at, id, text, kind}], kind "missing" or "doubt"; the
   * id of a group stands for its first column. Only what is not said yet changes: a page of many rows is slow to lay out.
   */
  function mark(marks) {
    const wanted = new Map([...said.keys()].map((input) => [input, []]));
    for (const { at, id, text, kind } of marks) {
      const found = control(at, id) ?? controls(at).find((one) => id === "targets" && one.dataset.column.startsWith("target:"));
      if (found) wanted.set(found, [...(wanted.get(found) ?? []), { text, kind }]);
    }
    for (const [input, notes] of wanted) {
      const spelt = JSON.stringify(notes);
      if (spelt === said.get(input)) continue;
      if (notes.length) said.set(input, spelt);
      else said.delete(input);
      sayBeside(input, notes);
    }
  }

  function sayBeside(input, notes) {
    for (const one of input.parentElement.querySelectorAll(".beside")) one.remove();
    const lines = notes.map(({ text, kind }, nth) => make("p", { class: `beside ${kind}`, id: `${input.id}-ket${nth}` }, text));
    input.after(...lines);
    const set = (name, value) => (value ? input.setAttribute(name, value) : input.removeAttribute(name));
    set("aria-describedby", lines.map(({ id }) => id).join(" "));
    set("aria-invalid", notes.some(({ kind }) => kind === "missing") && "true");
  }

  function down(at, id, step) {
    if (at + step < 0) return;
    if (at + step >= body.rows.length && !acts.insert(at + step)) return;
    focus(at + step, id);
  }

  function aside(at, id, step) {
    const all = controls(at);
    const next = all[all.findIndex((one) => one.dataset.column === id) + step];
    if (next) focus(at, next.dataset.column, step < 0);
    return Boolean(next);
  }

  body.addEventListener("input", ({ target }) => {
    const place = placeOf(target);
    if (place) acts.typed(place.at, place.id, target.value);
  });
  body.addEventListener("click", ({ target }) => {
    const what = target.closest("[data-do]")?.dataset.do;
    if (!what) return;
    const at = target.closest("tr").sectionRowIndex;
    if (what === "remove") acts.remove(at);
    else if (acts.insert(at + 1)) focus(at + 1, "indicator");
  });
  body.addEventListener("keydown", (event) => {
    const place = placeOf(event.target);
    if (!place || event.isComposing) return;
    const { control: here, at, id } = place;
    const [start, end] = [here.selectionStart, here.selectionEnd];
    const atStart = start === 0 && end === 0;
    const atEnd = start === here.value.length;
    const many = here.nodeName === "TEXTAREA";
    const plain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    let done = true;
    if (event.key === "Enter") {
      if (plain ? !SEVERAL_LINES.has(id) : event.ctrlKey || event.metaKey) down(at, id, 1);
      else if (many && event.altKey) {
        here.setRangeText("\n", start, end, "end");
        acts.typed(at, id, here.value);
      } else done = !many; // one line stays one line, and sends no form
    } else if (!plain) done = false;
    else if (event.key === "ArrowDown" && (!many || atEnd)) {
      if (at + 1 < body.rows.length) down(at, id, 1);
    } else if (event.key === "ArrowUp" && (!many || atStart)) down(at, id, -1);
    else if (event.key === "ArrowLeft" && atStart) done = aside(at, id, -1);
    else if (event.key === "ArrowRight" && atEnd && start === end) done = aside(at, id, 1);
    else done = false;
    if (done) event.preventDefault();
  });

  return { element, render, refresh, add, remove, mark, focus, placeOf };
}
