/**
 * The IKU table while it is typed, and the document that it becomes (ledger/iku.py says what that may hold).
 *
 * A table is plain data that can be cloned and kept:
 * {unit, first, last (years as typed), legal: [line], label (line or ""), rows: [row]}; a row is {objective, indicator,
 * formula, rationale, sources: [text], owner, measure, baseline, baseline_year, targets: [{year, value}]}. What came
 * from a document is kept to the letter until somebody edits that very cell; what is edited is tidied. Figures stay
 * as typed: "77,5" is never made a number.
 */
import { malformed } from "./faults.js";
import { parse, spell } from "./strict_json.js";
import { t } from "./words.js";

export const MEDIA_TYPE = "application/vnd.jejak.iku.v1+json";
export const MAX_ROWS = 500;
const MAX_BYTES = 1024 * 1024;
const MAX_MANY = 50;
const FORMAT = "jejak.iku/1";
/** Years of a period that get a column each; a longer one shows those only that are used. */
const MAX_YEARS = 15;

/** The columns of a row but its targets: `many` are several lines, `list` an item a line. */
const COLUMNS = {
  objective: { name: () => t("Sasaran strategis"), form: "text" },
  indicator: { name: () => t("Indikator kinerja utama"), form: "text" },
  formula: { name: () => t("Rumus"), form: "text" },
  rationale: { name: () => t("Alasan"), form: "text" },
  sources: { name: () => t("Sumber data"), form: "list", hint: () => t("satu sumber per baris") },
  owner: { name: () => t("Penanggung jawab"), form: "line" },
  measure: { name: () => t("Satuan"), form: "line" },
  baseline: { name: () => t("Kondisi awal"), form: "value", group: "baseline" },
  baseline_year: { name: () => t("Tahun kondisi awal"), form: "year", group: "baseline" },
};
const MOST = { text: 4000, list: 4000, line: 300, value: 100 };
/** What is shown or hidden together; objective and indicator always stand. */
export const GROUPS = ["formula", "rationale", "sources", "owner", "measure", "baseline", "targets"];
export const groupName = (group) => (group === "targets" ? t("Target per tahun") : COLUMNS[group].name());

// What keys/fields.py and keys/strict_json.py take: the same sets of characters.
const FORBIDDEN =
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]/gu;
const INVISIBLE =
  /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u206f\u2800\u3164\ue000-\uf8ff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{effff}\u{f0000}-\u{10ffff}]/gu;
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
const ENDS = /\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]/g;
const LINE =
  /^[ -~\u00a1-\u00ac\u00ae-\u024f\u1e00-\u1eff\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030\u2032\u2033\u2039\u203a\u2044\u20ac\u2113\u2116\u2122\u2190-\u2193\u2212\u2248\u2260\u2264\u2265]*$/u;

/** Return what was typed or pasted, without what nobody sees, in the form ("text", "line", "value") of its cell. */
export function tidy(typed, form = "text") {
  const seen = typed.replace(ENDS, "\n").replace(FORBIDDEN, "").replace(INVISIBLE, "").replace(SPACES, " ");
  const plain = seen.normalize("NFC");
  if (form === "line") return plain.replace(/\s+/g, " ").trim();
  if (form === "text") return plain.replace(/[ \t]+$/gm, "").trim();
  return plain.replace(/[\n\t]+/g, " ").trim();
}

export const emptyRow = (objective = "") => ({
  objective,
  ...{ indicator: "", formula: "", rationale: "", sources: [], owner: "", measure: "" },
  ...{ baseline: "", baseline_year: "", targets: [] },
});

/** Return a table with one empty row; `about` may say the unit, the years and the legal basis. */
export const emptyTable = ({ unit = "", first = "", last = "", legal = [] } = {}) => ({
  ...{ unit, first, last, legal, label: "" },
  rows: [emptyRow()],
});

/** Return the table of a document's bytes; throw a Fault "malformed" where they are no IKU document. */
export const tableOf = (bytes) => tableFrom(parse(bytes));

/** Return the table of a document that was read as JSON. */
export function tableFrom(document) {
  if (document?.format !== FORMAT || !Array.isArray(document.rows))
    throw malformed("iku.schema", t("Naskah ini bukan dokumen IKU."));
  const { unit, period, legal_basis, label = "", rows } = document;
  return {
    ...{ unit, label, first: String(period.first_year), last: String(period.last_year), legal: [...legal_basis] },
    rows: rows.map(({ baseline, targets, sources, ...row }) => ({
      ...emptyRow(),
      ...row,
      ...{ sources: [...sources], targets: targets.map((one) => ({ ...one })) },
      ...{ baseline: baseline?.value ?? "", baseline_year: String(baseline?.year ?? "") },
    })),
  };
}

const isYear = (typed) => /^[1-9][0-9]{3}$/.test(typed) && Number(typed) >= 1945;

/** Return the years that have a target column: those of the period, and those that rows name besides. */
function yearsOf(table) {
  const times = new Map();
  const [first, last] = [Number(table.first), Number(table.last)];
  if (isYear(table.first) && isYear(table.last) && last - first < MAX_YEARS)
    for (let year = first; year <= last; year += 1) times.set(year, 1);
  for (const { targets } of table.rows) {
    const here = new Map();
    for (const { year } of targets) here.set(year, (here.get(year) ?? 0) + 1);
    for (const [year, count] of here) times.set(year, Math.max(count, times.get(year) ?? 0));
  }
  return [...times].sort(([a], [b]) => a - b);
}

/** Return the columns of a group, [{id, name, form, group, hint}]. */
export function columnsOf(table, group) {
  if (group !== "targets")
    return Object.keys(COLUMNS)
      .filter((id) => id === group || COLUMNS[id].group === group)
      .map((id) => ({ id, group, form: COLUMNS[id].form, name: COLUMNS[id].name(), hint: COLUMNS[id].hint?.() }));
  return yearsOf(table).flatMap(([year, times]) =>
    Array.from({ length: times }, (_, nth) => targetColumn(year, nth)),
  );
}

const targetColumn = (year, nth = 0) => ({
  ...{ id: `target:${year}:${nth}`, group: "targets", form: "value" },
  name: nth ? t("Target {year} (ke-{nth})", { year, nth: nth + 1 }) : t("Target {year}", { year }),
});

/** Return whether a row has anything in a group. */
export const uses = (row, group) =>
  group === "targets" ? row.targets.length > 0 : group === "baseline" ? Boolean(row.baseline || row.baseline_year) : row[group].length > 0;

/** Return whether nobody typed anything in a row; an objective that only repeats the row above is nothing. */
export const isBlank = (row, above) =>
  !row.indicator && (!row.objective || row.objective === above?.objective) && !GROUPS.some((group) => uses(row, group));

const target = (id) => id.split(":").slice(1).map(Number);
const nthOf = (row, year, nth) => row.targets.filter((one) => one.year === year)[nth];

/** Return the text of a cell. */
export function cell(row, id) {
  if (!id.startsWith("target:")) return id === "sources" ? row.sources.join("\n") : row[id];
  return nthOf(row, ...target(id))?.value ?? "";
}

/** Put what was typed into a cell. */
export function put(row, id, typed) {
  if (id === "sources") row.sources = typed.split(/\r\n?|\n/).map((one) => tidy(one)).filter(Boolean);
  else if (!id.startsWith("target:")) row[id] = tidy(typed, COLUMNS[id].form);
  else putTarget(row, ...target(id), tidy(typed, "value"));
}

function putTarget(row, year, nth, value) {
  const known = nthOf(row, year, nth);
  if (known && value) known.value = value;
  else if (known) row.targets = row.targets.filter((one) => one !== known);
  else if (value) {
    const after = row.targets.findIndex((one) => one.year > year);
    row.targets.splice(after < 0 ? row.targets.length : after, 0, { year, value });
  }
}

const lineFaults = {
  required: () => t("Isi bagian ini."),
  long: (most) => t("Terlalu panjang: paling banyak {most} huruf.", { most }),
  letters: () => t("Pakai huruf Latin dan tanda baca biasa saja."),
  year: () => t("Tulis tahun dengan empat angka, misalnya 2026."),
};

function fault(text, form) {
  if (form === "year") return isYear(text) ? "" : lineFaults.year();
  if ([...text].length > MOST[form]) return lineFaults.long(MOST[form]);
  return form === "line" && !LINE.test(text) ? lineFaults.letters() : "";
}

/**
 * Return {document, at, missing}: the document as JSON, or null where its period or all of its rows are not there yet;
 * the table's row of each of its rows; and what keeps the table from being a document, [{row (null: above the rows),
 * column, text}]. Rows that are not whole are left out of the document, a unit that is missing is a dash in it: it is
 * the IKU itself only where nothing is missing.
 */
export function compose(table) {
  const missing = [];
  const miss = (row, column, text) => text && missing.push({ row, column, text });
  miss(null, "unit", table.unit ? fault(table.unit, "line") : lineFaults.required());
  for (const name of ["first", "last"]) miss(null, name, fault(table[name], "year"));
  const period = { first_year: Number(table.first), last_year: Number(table.last) };
  if (!missing.some(({ column }) => column !== "unit") && period.first_year > period.last_year)
    miss(null, "last", t("Tahun terakhir tidak boleh sebelum tahun pertama."));
  const inOrder = !missing.some(({ column }) => column !== "unit");
  miss(null, "legal", table.legal.map((one) => fault(one, "line")).find(Boolean));
  if (table.legal.length > MAX_MANY) miss(null, "legal", tooMany(MAX_MANY));
  miss(null, "label", table.label && fault(table.label, "line"));
  const at = [];
  const rows = [];
  table.rows.forEach((row, number) => {
    if (isBlank(row, table.rows[number - 1])) return;
    const before = missing.length;
    for (const [column, text] of rowFaults(row)) miss(number, column, text);
    if (missing.length > before) return;
    at.push(number);
    rows.push(written(row));
  });
  if (!rows.length && !missing.some(({ row }) => row !== null)) miss(0, "indicator", t("Isi paling sedikit satu indikator."));
  if (rows.length > MAX_ROWS) miss(MAX_ROWS, "indicator", t("Paling banyak {most} baris.", { most: MAX_ROWS }));
  const { legal, label } = table;
  const members = { format: FORMAT, unit: table.unit || "-", period, legal_basis: legal };
  const document = { ...members, ...(label ? { label } : {}), rows };
  return { document: rows.length && inOrder ? document : null, at, missing };
}

const tooMany = (most) => t("Terlalu banyak: paling banyak {most}.", { most });

function* rowFaults(row) {
  for (const id of Object.keys(COLUMNS)) {
    const { form } = COLUMNS[id];
    if (form === "list") {
      yield [id, row[id].map((one) => fault(one, form)).find(Boolean)];
      if (row[id].length > MAX_MANY) yield [id, tooMany(MAX_MANY)];
    } else if (row[id]) yield [id, fault(row[id], form)];
  }
  for (const id of ["objective", "indicator"]) if (!row[id]) yield [id, lineFaults.required()];
  if (row.baseline_year && !row.baseline) yield ["baseline", t("Isi nilainya, atau kosongkan tahunnya.")];
  for (const { year, value } of row.targets) yield [`target:${year}:0`, fault(value, "value")];
  if (row.targets.length > MAX_MANY) yield [`target:${row.targets[0].year}:0`, tooMany(MAX_MANY)];
}

function written(row) {
  const some = (names) => Object.fromEntries(names.filter((name) => row[name]).map((name) => [name, row[name]]));
  const baseline = { ...(row.baseline_year ? { year: Number(row.baseline_year) } : {}), value: row.baseline };
  return {
    ...some(["objective", "indicator", "formula", "rationale"]),
    sources: row.sources,
    ...some(["owner", "measure"]),
    ...(row.baseline ? { baseline } : {}),
    targets: row.targets.map(({ year, value }) => ({ year, value })),
  };
}

/** Return the canonical bytes of a document; throw a Fault "malformed" (iku.size) where they are too many. */
export function bytesOf(document) {
  const bytes = spell(document);
  if (bytes.length > MAX_BYTES)
    throw malformed("iku.size", t("Dokumen IKU terlalu besar."), t("Paling besar {most} bita.", { most: MAX_BYTES }));
  return bytes;
}

/** Return a file name for the document, in letters that every device takes. */
export function nameOf({ unit, period }) {
  const slug = unit.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 80);
  const years = [...new Set([period.first_year, period.last_year])].join("-");
  return ["iku", slug, years].filter(Boolean).join("-") + ".json";
}
