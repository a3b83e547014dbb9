/**
 * The form of an act: what stands in its fields as the members of a body, and back again for drafts.
 *
 * A field is <div data-field="path" data-form="how it is given">; the server made it from the body's own schema. Text is
 * tidied as people cannot see it (ledger: keys/fields.py): NFC, ordinary spaces, nothing invisible.
 */
import { hex, sha256 } from "./bytes.js";
import { Fault } from "./faults.js";
import { t } from "./words.js";

const INVISIBLE = /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\ue000-\uf8ff]/gu;
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu;
/** A file is at most this many bytes, as ledger.js takes documents. */
const MAX_FILE = 20 * 1024 * 1024;
const MEDIA_TYPE = /^[a-z0-9][a-z0-9.+-]{0,63}\/[a-z0-9][a-z0-9.+-]{0,95}$/;

/** Return text as a Text of the ledger takes it; "" where nothing is left. */
export const tidy = (value) =>
  value.normalize("NFC").replace(/\r\n?/g, "\n").replace(INVISIBLE, "").replace(SPACES, " ").trim();

const line = (value) => tidy(value).replace(/[ \n\t]+/g, " ");

/** Return the name of a file as a reference takes it: no path, no colon, no point at its ends; Latin letters. */
export function fileName(name) {
  const kept = line(name).replace(/[^ -~\u00a1-\u024f]/g, "_").replace(/[/\\:]/g, "-").slice(-200);
  return kept.replace(/^[ .]+|[ .]+$/g, "") || "berkas";
}

/** Return {reference, bytes} of a file: the reference as a body names it, hashed here. */
export async function referenceTo(bytes, mediaType, name) {
  const digest = `sha256:${hex(await sha256(bytes))}`;
  const media_type = MEDIA_TYPE.test(mediaType) ? mediaType : "application/octet-stream";
  return { reference: { digest, media_type, size: bytes.length, name: fileName(name) }, bytes };
}

/** Return the fault of a field that cannot be taken; `member` is its path. */
export const wrong = (member, detail, allowed = "") => new Fault("malformed", "act.field", detail, allowed, { member });

/** Return if a file can be brought: it holds something, is not too large, and is of a kind that the field asks for. */
function requireFile({ name, type, size }, accept, path) {
  if (!size) throw wrong(path, t("{name} kosong (0 bita).", { name }), t("Pilih berkas yang ada isinya."));
  if (size > MAX_FILE) throw wrong(path, t("{name} terlalu besar.", { name }), t("Paling besar 20 MiB. Potret lagi dengan ukuran lebih kecil, atau pindai sebagai PDF."));
  const kinds = accept.split(",").filter(Boolean);
  const fits = (kind) => (kind.startsWith(".") ? name.toLowerCase().endsWith(kind) : kind.endsWith("/*") ? type.startsWith(kind.slice(0, -1)) : type === kind);
  if (kinds.length && !kinds.some(fits)) throw wrong(path, t("{name} bukan foto dan bukan PDF.", { name }), t("Pilih foto atau PDF."));
}

/** Return the fault of the first chosen file that cannot be brought, or null. */
function unfit({ files, accept }, path) {
  try {
    for (const file of files) requireFile(file, accept, path);
    return null;
  } catch (fault) {
    return fault;
  }
}

/** How the value of each kind of field is read from its text; what is empty is absent and never comes here. */
const READ = {
  line,
  text: tidy,
  choice: (value) => value,
  date: (value) => value,
  moment: (value) => `${value.slice(0, 16)}:00+07:00`,
  integer(value, path) {
    if (!/^[0-9]{1,15}$/.test(value.trim())) throw wrong(path, t("Tulis bilangan bulat."));
    return Number(value);
  },
  number(value, path) {
    const form = /^([0-9.]+)\/([0-9]{1,6})\/([0-9A-Za-z.-]+)\/([0-9]{4})$/.exec(value.replace(/\s/g, ""));
    if (!form) throw wrong(path, t("Nomor surat ditulis klasifikasi/urut/kode jabatan/tahun."), "070/1/35.07.11/2026");
    return { classification: form[1], running: Number(form[2]), office_code: form[3], year: Number(form[4]) };
  },
  period(value, path) {
    const form = /^([0-9]{4})(?:\s*[-–]\s*([0-9]{4}))?$/.exec(value.trim());
    if (!form) throw wrong(path, t("Periode ditulis sebagai tahun."), t("Misalnya 2026, atau 2026-2030."));
    return { first_year: Number(form[1]), last_year: Number(form[2] ?? form[1]) };
  },
};

/**
 * Return the fields of a form: {form, all, at, lacking, filled, read, typed, restore, point, quiet, setTable, forget}.
 *
 * all: [{place, path, how, required, label}]. What reads a file or a table is a promise.
 */
export function fieldsOf(form) {
  let table = null; // what mount() of the table editor returned
  const all = [...form.querySelectorAll("[data-field]")].map((place) => ({
    place,
    path: place.dataset.field,
    how: place.dataset.form,
    required: "required" in place.dataset,
    label: (place.querySelector("legend, label")?.firstChild?.textContent ?? place.dataset.field).trim(),
  }));
  for (const { place, how } of all) {
    if (how === "rows") rowsIn(place);
    if (how === "table") waysIn(place);
  }

  /** Return the field in which the value at `path` stands, or undefined. */
  const at = (path) => all.find((one) => one.path === path) ?? all.find((one) => path.startsWith(one.path.replace(/\.0$/, "")));

  /** Return whether a field holds anything. */
  async function filled({ place, how }) {
    if (how === "table" && wayOf(place) === "table") return Boolean(await table?.document());
    if (how === "rows") return rowsOf(place).some(({ name }) => line(name));
    if (isChoice(place, how)) return Boolean(place.querySelector("input:checked"));
    const input = inputOf(place);
    return input.type === "file" ? input.files.length > 0 && !unfit(input, "") : tidy(input.value) !== "";
  }

  for (const { place, path, how } of all)
    if (["file", "files", "table"].includes(how))
      place.addEventListener("change", ({ target }) => {
        const fault = target.type === "file" && target.name && unfit(target, path);
        if (fault) point(path, fault.detail, fault.allowed);
      });

  /** Return the fields that must still be filled in; `needs` are paths that a button needs besides. */
  async function lacking(needs = []) {
    const wanted = all.filter((one) => one.required || needs.includes(one.path));
    const full = await Promise.all(wanted.map(filled));
    return wanted.filter((_, index) => !full[index]);
  }

  /** Return {values: Map of path → value, files: [{reference, bytes}]}; throws a Fault that names its member. */
  async function read(drops = []) {
    const values = new Map();
    const files = [];
    const bring = async (bytes, type, name) => {
      files.push(await referenceTo(bytes, type, name));
      return files.at(-1).reference;
    };
    for (const one of all) {
      if (drops.includes(one.path) || !(await filled(one))) continue;
      const { place, how } = one;
      const path = one.path.replace(/\.0$/, "");
      if (how === "rows") values.set(path, readRows(one));
      else if (how === "choices") values.set(path, [...place.querySelectorAll("input:checked")].map(({ value }) => value));
      else if (how === "table" && wayOf(place) === "table") {
        const { bytes, mediaType, name } = await table.document();
        values.set(path, await bring(bytes, mediaType, name));
      } else if (["file", "files", "table"].includes(how)) {
        const chosen = [];
        for (const file of inputOf(place).files) {
          requireFile(file, inputOf(place).accept, path);
          chosen.push(await bring(new Uint8Array(await file.arrayBuffer()), file.type, file.name));
        }
        values.set(path, how === "files" ? chosen : chosen[0]);
      } else {
        const input = isChoice(place, how) ? place.querySelector("input:checked") : inputOf(place);
        values.set(path, READ[how](input.value, one.path));
      }
    }
    return { values, files };
  }

  /** Return what is typed or chosen, by path, for a draft; files are kept apart. */
  function typed() {
    const said = {};
    for (const { place, how, path } of all) {
      if (how === "rows") said[path] = rowsOf(place);
      else if (how === "table") said[path] = [wayOf(place)];
      else if (isChoice(place, how)) said[path] = [...place.querySelectorAll("input:checked")].map(({ value }) => value);
      else if (inputOf(place).type !== "file") said[path] = inputOf(place).value;
    }
    return said;
  }

  /** Put a draft back into the fields. */
  function restore(said) {
    for (const { place, how, path } of all) {
      const value = said[path];
      if (!value?.length) continue;
      if (how === "rows") rowsIn(place, value);
      else if (isChoice(place, how) || how === "table")
        place.querySelectorAll("input[name]:is([type=checkbox], [type=radio])").forEach((box) => (box.checked = value.includes(box.value)));
      else inputOf(place).value = value;
      if (how === "table") waysIn(place);
      if (how !== "choices" && how !== "choice") place.closest("details")?.setAttribute("open", "");
    }
  }

  /** Say beside the field of `path` what is wrong with it, and go there; false where there is no such field. */
  function point(path, detail, allowed = "") {
    const place = at(path)?.place;
    if (!place) return false;
    place.closest("details")?.setAttribute("open", "");
    place.dispatchEvent(new CustomEvent("pointed", { bubbles: true }));
    const told = place.querySelector("[data-at=wrong]");
    told.textContent = [detail, allowed].filter(Boolean).join(" ");
    told.id ||= `salah-${path.replaceAll(".", "-")}`;
    told.hidden = false;
    const input = place.querySelector("select, textarea, input");
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-errormessage", told.id);
    if (!describedBy(input).includes(told.id)) input.setAttribute("aria-describedby", [...describedBy(input), told.id].join(" "));
    input.focus();
    return true;
  }

  /** Take back what was said beside fields. */
  function quiet() {
    for (const { place } of all) {
      place.querySelector("[data-at=wrong]").hidden = true;
      place.querySelectorAll("[aria-invalid]").forEach((input) => {
        input.removeAttribute("aria-invalid");
        const kept = describedBy(input).filter((id) => id !== input.getAttribute("aria-errormessage"));
        if (kept.length) input.setAttribute("aria-describedby", kept.join(" "));
        else input.removeAttribute("aria-describedby");
      });
    }
  }

  return { form, all, at, filled, lacking, read, typed, restore, point, quiet, setTable: (given) => (table = given), forget: async () => table?.forget() };
}

const describedBy = (input) => (input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
const isChoice = (place, how) => how === "choices" || (how === "choice" && !place.querySelector("select"));
// A table's editor has inputs of its own, before the one for its file.
const inputOf = (place) =>
  place.querySelector("[data-at=file] input") ?? place.querySelector("select, textarea, input:not([type=radio], [type=checkbox])");
const wayOf = (place) => place.querySelector("input[name^=cara-]:checked").value;

function waysIn(place) {
  const show = () => {
    place.querySelector("[data-at=table]").hidden = wayOf(place) !== "table";
    place.querySelector("[data-at=file]").hidden = wayOf(place) !== "file";
  };
  place.addEventListener("change", show);
  show();
}

function rowsIn(place, values = [{ name: "", copies: "1" }]) {
  const list = place.querySelector("[data-at=rows]");
  const form = place.querySelector("template");
  const changed = () => place.dispatchEvent(new Event("input", { bubbles: true }));
  const add = ({ name, copies }) => {
    const row = form.content.cloneNode(true).firstElementChild;
    row.querySelector("[data-name=name]").value = name;
    row.querySelector("[data-name=copies]").value = copies;
    row.querySelector("[data-at=remove]").addEventListener("click", () => (row.remove(), changed()));
    list.append(row);
  };
  list.replaceChildren();
  values.forEach(add);
  place.querySelector("[data-at=add]").onclick = () => {
    add({ name: "", copies: "1" });
    list.lastElementChild.querySelector("input").focus();
  };
}

const rowsOf = (place) =>
  [...place.querySelectorAll(".row")].map((row) => ({
    name: row.querySelector("[data-name=name]").value,
    copies: row.querySelector("[data-name=copies]").value,
  }));

function readRows({ place, path }) {
  const rows = rowsOf(place).filter(({ name }) => line(name));
  if (new Set(rows.map(({ name }) => line(name))).size < rows.length) throw wrong(path, t("Satu penerima disebut dua kali."));
  return rows.map(({ name, copies }) => ({ name: line(name), copies: READ.integer(copies, path) }));
}

/** Return the body that `values` (Map of path → value) make, its members in the order of the kind's schema. */
export function bodyOf(order, values) {
  const body = {};
  for (const path of order) {
    if (!values.has(path)) continue;
    const names = path.split(".");
    const last = names.pop();
    names.reduce((part, name) => (part[name] ??= {}), body)[last] = values.get(path);
  }
  return body;
}

/** Return the field that what happened on paper still lacks, or null: its scan and its time go together. */
export async function unfinishedPaper(fields) {
  const [scan, at, by] = ["paper.scan", "occurred_at", "paper.by"].map((path) => fields.at(path));
  const [scanned, dated, named] = await Promise.all([scan, at, by].map((one) => fields.filled(one)));
  if (!scanned && (dated || named)) return scan;
  return scanned && !dated ? at : null;
}
