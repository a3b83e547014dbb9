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
  const element = make(
    "table",
    { role: "table", "aria-label": t("Tabel IKU") },
    make("thead", { role: "rowgroup" }, head),
    body,
  );
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
    const button = (name, text) => make("button", { type: "button", class: "second", "data-do": name }, text);
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
    const names = [t("No"), ...acts.columns().map(({ name }) => name)];
    const heads = names.map((name) => make("th", { scope: "col", role: "columnheader" }, name));
    const tools = make("th", { scope: "col", role: "columnheader" }, make("span", { class: "unseen" }, t("Ubah baris")));
    head.replaceChildren(...heads, tools);
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
    body.rows[at].remove();
    number();
  }

  /**
   * Say beside each cell what there is to say of it: `marks` are [{at, id, text, kind}], kind "missing" or "doubt"; the
   * id of a group stands for its first column.
   */
  function mark(marks) {
    for (const one of body.querySelectorAll(".beside")) one.remove();
    for (const one of body.querySelectorAll("[aria-describedby]"))
      ["aria-describedby", "aria-invalid"].forEach((name) => one.removeAttribute(name));
    for (const { at, id, text, kind } of marks) {
      const found = control(at, id) ?? controls(at).find((one) => id === "targets" && one.dataset.column.startsWith("target:"));
      if (!found) continue;
      const said = make("p", { class: `beside ${kind}`, id: `${found.id}-${found.parentElement.children.length}` }, text);
      found.parentElement.append(said);
      found.setAttribute("aria-describedby", [found.getAttribute("aria-describedby"), said.id].filter(Boolean).join(" "));
      if (kind === "missing") found.setAttribute("aria-invalid", "true");
    }
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
