/** What stands above the rows of an IKU: unit, period, legal basis, and the label where a document has one. */
import { tidy } from "./iku_model.js";
import { make } from "./page.js";
import { t } from "./words.js";

const linesOf = (text) => text.split("\n").map((one) => tidy(one, "line")).filter(Boolean);

const FIELDS = [
  { name: "unit", words: () => t("Unit kerja"), form: "line" },
  { name: "first", words: () => t("Tahun pertama"), form: "value" },
  { name: "last", words: () => t("Tahun terakhir"), form: "value" },
  { name: "legal", words: () => t("Dasar hukum"), hint: () => t("boleh kosong; satu per baris"), lines: true },
  { name: "label", words: () => t("Keterangan untuk pembaca"), form: "line" },
];

/** Return what the field of a name is called. */
export const headName = (name) => FIELDS.find((one) => one.name === name).words();

/**
 * Return {element, refresh, mark, focus}; `table()` is the table as it is now, changed(name) is called after each key.
 */
export function headView({ table, changed }) {
  const inputs = FIELDS.map(({ name, form, lines }) => {
    const id = `iku-${name}`;
    const input = lines ? make("textarea", { id, rows: "1" }) : make("input", { id, type: "text", autocomplete: "off" });
    if (form === "value") input.setAttribute("inputmode", "numeric");
    input.addEventListener("input", () => {
      table()[name] = lines ? linesOf(input.value) : tidy(input.value, form);
      changed(name);
    });
    // One line stays one line, and sends no form.
    if (!lines) input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    return input;
  });
  const boxes = FIELDS.map(({ name, words, hint }, at) => {
    const label = make("label", { for: inputs[at].id }, words(), hint ? make("small", {}, ` (${hint()})`) : null);
    return make("div", { class: name }, label, inputs[at]);
  });
  const element = make("fieldset", { class: "above" }, make("legend", {}, t("IKU ini")), ...boxes);

  /** Show what is kept, but not where somebody types. */
  function refresh() {
    FIELDS.forEach(({ name, lines }, at) => {
      if (inputs[at] !== document.activeElement) inputs[at].value = lines ? table()[name].join("\n") : table()[name];
    });
    boxes.at(-1).hidden = !table().label;
  }

  /** Say below each field what is missing in it, but not while somebody is in it. */
  function mark(missing) {
    FIELDS.forEach(({ name }, at) => {
      const input = inputs[at];
      const found = missing.find((one) => one.row === null && one.column === name)?.text;
      const text = input === document.activeElement ? "" : (found ?? "");
      const before = boxes[at].querySelector(".beside");
      if (text === (before?.textContent ?? "")) return;
      before?.remove();
      for (const attribute of ["aria-invalid", "aria-describedby"]) input.removeAttribute(attribute);
      if (!text) return;
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", `${input.id}-ket`);
      input.after(make("p", { class: "beside missing", id: `${input.id}-ket` }, text));
    });
  }

  return { element, refresh, mark, focus: (name) => inputs[FIELDS.findIndex((one) => one.name === name)].focus() };
}
