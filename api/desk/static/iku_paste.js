/**
 * Tables from the clipboard, as Excel, LibreOffice and Word put them there, and where their cells go.
 *
 * text/html is read first, since merged cells and lines inside a cell stand in it; else text/plain with tabs (a cell
 * in quotes may hold tabs, line ends and doubled quotes). What is read is text and nothing else.
 */
import { MAX_ROWS, cell, columnsOf, emptyRow, put, tidy } from "./iku_model.js";

const MAX_COLUMNS = 100;
/** Far more than an IKU table needs with all that Excel writes about each cell. */
const MAX_CHARACTERS = 4_000_000;
const MAX_PASTED_ROWS = 2000;
/** Characters of a tag that are searched for spans. */
const MAX_TAG = 2000;

/** Return the cells of what is pasted, [[text]], or null where it is no table. */
export function cellsOf({ html, text }) {
  const cells = (html && html.length < MAX_CHARACTERS && fromHtml(html)) || (text.includes("\t") && fromText(text));
  return cells && cells.length ? cells : null;
}

/** Return the rows of tab-separated text (as Excel writes it: RFC 4180 with tabs). */
export function fromText(text) {
  const rows = [[]];
  const part = /(?:"((?:[^"]|"")*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r\n|\r|\n|$)/gy;
  for (let found = part.exec(text); found; found = part.exec(text)) {
    rows.at(-1).push(found[1] === undefined ? found[2] : found[1].replaceAll('""', '"'));
    if (!found[3]) break;
    if (found[3] !== "\t") rows.push([]);
    if (part.lastIndex === text.length) break;
  }
  return square(rows.filter((row) => row.length));
}

/** Return the rows of the largest table in a piece of HTML, merged cells repeated downwards; null if there is none. */
export function fromHtml(html) {
  if (html.length > MAX_CHARACTERS) return null;
  const size = (table) => table.reduce((sum, row) => sum + row.length, 0);
  const largest = tablesIn(html).reduce((best, table) => (size(table) > (best ? size(best) : 0) ? table : best), null);
  return largest ? square(spread(decoded(largest))) : null;
}

/**
 * Return the tables in a piece of HTML, each [[{text, down, right}]], the text with its entities and with BREAK and
 * BLOCK where lines may end.
 *
 * It looks at every character once. The browser's own parser takes far longer for tags in tags than their number, and
 * holds styles and handlers against the page's policy even in a document that nobody sees. What is opened and never
 * closed (a comment, a style) takes the rest with it, as in a browser.
 */
function tablesIn(html) {
  const lower = html.toLowerCase();
  const [tables, open] = [[], []]; // an open table is {rows, cell, over: no more rows are read}
  const say = (text) => open.at(-1)?.cell?.parts.push(text);
  const tags = {
    table: () => (open.push({ rows: [], cell: null }), tables.push(open.at(-1).rows)),
    tr: (table) => {
      table.cell = null;
      table.over ||= table.rows.length >= MAX_PASTED_ROWS;
      if (!table.over) table.rows.push([]);
    },
    td: (table, tag) => {
      table.cell = null;
      if (!table.rows.length) table.rows.push([]);
      if (table.over || table.rows.at(-1).length >= MAX_COLUMNS) return;
      table.cell = { parts: [], down: span(tag, "row"), right: span(tag, "col") };
      table.rows.at(-1).push(table.cell);
    },
    br: () => say(BREAK),
    p: () => say(BLOCK),
    "/table": () => open.pop(),
    "/tr": (table) => (table.cell = null),
    "/td": (table) => (table.cell = null),
  };
  for (const [name, as] of [["th", "td"], ["/th", "/td"], ["div", "p"], ["li", "p"]]) tags[name] = tags[as];
  for (let at = 0; at < html.length; ) {
    const next = html.indexOf("<", at);
    say(html.slice(at, next < 0 ? html.length : next));
    if (next < 0) break;
    const [found, end, name] = tagAt(lower, next) ?? [];
    const unseen = found === "<!--" ? "<!--" : end ? null : name;
    if (!name) {
      say("<");
      at = next + 1;
    } else if (Object.hasOwn(PASSED_OVER, unseen)) {
      const close = lower.indexOf(PASSED_OVER[unseen], next + found.length);
      if (close < 0) break;
      at = close + PASSED_OVER[unseen].length;
      if (unseen !== "<!--") at = after(html, at);
    } else {
      at = after(html, next);
      const act = Object.hasOwn(tags, end + name) && tags[end + name];
      if (act && (open.length || name === "table")) act(open.at(-1), html.slice(next, Math.min(at, next + MAX_TAG)));
    }
  }
  return tables;
}

/** Return a table with the text of its cells as it is read; the browser knows the entities, and is given no tag. */
function decoded(table) {
  const raw = table.flat().map(({ parts }) => parts.join("").replaceAll("<", "&lt;").replaceAll(CELL, ""));
  const plain = new DOMParser().parseFromString(CELL + raw.join(CELL), "text/html").body.textContent.split(CELL);
  let at = 0;
  return table.map((row) => row.map((cell) => ({ ...cell, text: linesOf(plain[(at += 1)] ?? "") })));
}

/** Return text as a browser lays it out: white space is one space, and a block begins a line of its own. */
function linesOf(text) {
  const lines = [""];
  for (const part of text.split(/([\ue001\ue002])/)) {
    if (part === BREAK || (part === BLOCK && lines.at(-1).trim())) lines.push("");
    else if (part !== BLOCK) lines[lines.length - 1] += part.replace(/[ \t\r\n]+/g, " ");
  }
  return lines.map((line) => line.replace(/^ | $/g, "")).join("\n");
}

const [CELL, BREAK, BLOCK] = ["\ue000", "\ue001", "\ue002"];

const span = (tag, way) => Math.max(1, Number(SPAN[way].exec(tag)?.[1] ?? 1));
const SPAN = { row: /\browspan\s*=\s*["']?(\d{1,4})/i, col: /\bcolspan\s*=\s*["']?(\d{1,4})/i };

/** What is passed over with all that stands in it, and how it ends. */
const PASSED_OVER = { "<!--": "-->", style: "</style", script: "</script", title: "</title", xml: "</xml" };
const TAG = /<!--|<(\/?)([a-z][a-z0-9:]*)|<[!?]/y;

/** Return what begins at a "<", [all of it, "/" or "", the name], or null where it is a sign like others. */
function tagAt(lower, open) {
  TAG.lastIndex = open;
  const found = TAG.exec(lower);
  return found && [found[0], found[1] ?? "", found[2] ?? "!"];
}

/** Return where what stands after the next ">" begins. */
function after(html, from) {
  const end = html.indexOf(">", from);
  return end < 0 ? html.length : end + 1;
}

/** Return the text of each place of a table, a merged cell's again in the rows below it. */
function spread(table) {
  const rows = table.slice(0, MAX_PASTED_ROWS).map(() => []);
  rows.forEach((row, number) => {
    let column = 0;
    for (const { text, down, right } of table[number]) {
      while (row[column] !== undefined) column += 1;
      if (column >= MAX_COLUMNS) break;
      const last = Math.min(column + right, MAX_COLUMNS);
      // A place is filled once: a span ends where another cell stands already.
      for (let below = number; below < Math.min(number + down, rows.length) && rows[below][column] === undefined; below += 1)
        for (let at = column; at < last && rows[below][at] === undefined; at += 1) rows[below][at] = at > column ? "" : text;
      column = last;
    }
  });
  return rows.map((row) => Array.from(row, (text) => text ?? ""));
}

function square(rows) {
  const tidied = rows.map((row) => row.slice(0, MAX_COLUMNS).map((one) => tidy(one)));
  while (tidied.length && tidied.at(-1).every((one) => !one)) tidied.pop();
  const width = tidied.reduce((most, row) => Math.max(most, row.length), 0);
  return tidied.map((row) => Array.from({ length: width }, (_, at) => row[at] ?? ""));
}

// --- headings (the same words as ledger/iku_table.py) --------------------------------------------------------

const HEADINGS = {
  number: ["no", "nomor", "no urut"],
  objective: ["sasaran strategis", "sasaran"],
  indicator: ["indikator kinerja utama", "indikator kinerja utama iku", "indikator kinerja", "indikator", "iku", "uraian"],
  formula: ["formula", "formulasi", "rumus", "alasan penjelasan formula", "alasan penjelasan formulasi", "penjelasan formula"],
  rationale: ["alasan", "penjelasan", "alasan penjelasan"],
  sources: ["sumber data", "sumber"],
  measure: ["satuan"],
  owner: ["penanggung jawab", "penanggungjawab"],
};
HEADINGS.formula.push(...["formula", "formulasi"].flatMap((one) => [`${one} perhitungan`, `${one} penghitungan`]));
const YEAR = /^(?:tahun )?((?:19|[2-9]\d)\d\d)$/;
const BASELINE = /^(?:baseline|kondisi awal)(?: tahun)?(?: (\d{4}))?$/;
const TARGET = /^target(?: kinerja)?(?: tahun)?(?: (\d{4}))?$/;
const SAME = new Set(["(sama)", "sama", "idem", "sda", "s.d.a", "s.d.a.", '"']);

const isYear = (text) => YEAR.test(words(text));
const words = (heading) => (heading.slice(0, 200).toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []).join(" ");

/** Return the column that a heading means, {id, year}, or null; a target's id is "target". */
export function meaning(heading) {
  const said = words(heading);
  const id = Object.keys(HEADINGS).find((one) => HEADINGS[one].includes(said));
  if (id) return { id };
  const [base, year] = [said.match(BASELINE), said.match(TARGET) ?? said.match(YEAR)];
  if (base) return { id: "baseline", year: base[1] };
  return year ? { id: "target", year: year[1] } : null;
}

/**
 * Return {headings, first}: the headings of pasted cells and the first row below them; headings is null, first 0, where
 * no header is found in the first rows. Years in a second row belong to the heading above them.
 */
export function headerIn(cells) {
  for (let at = 0; at < Math.min(cells.length - 1, 10); at += 1) {
    const found = cells[at].map(meaning).filter(Boolean);
    if (!found.some(({ id }) => id !== "target") || (found.length < 2 && cells[at].length > 1)) continue;
    const below = cells[at + 1];
    const hasYears = below.some(isYear) && below.every((one, column) => !one || isYear(one) || one === cells[at][column]);
    let first = at + (hasYears ? 2 : 1);
    if (counts(cells[first] ?? [])) first += 1;
    return { headings: hasYears ? joined(cells[at], below) : cells[at], first };
  }
  return { headings: null, first: 0 };
}

function joined(top, below) {
  let group = "";
  return top.map((above, at) => {
    group = above || group;
    if (!isYear(below[at])) return above;
    return ["baseline", "target"].includes(meaning(group)?.id) ? `${group} ${below[at]}` : below[at];
  });
}

function counts(cells) {
  const said = cells.filter(Boolean).map((one) => one.replace(/[()]/g, ""));
  return said.length > 2 && said.every((one, at) => one === String(at + 1));
}

/**
 * Return the column ids that pasted columns go to (null: nowhere): by their headings, or, where there are none, those of
 * `shown` from the column that was pasted into. A column that only counts its rows goes nowhere.
 */
export function placesFor(cells, headings, shown, from, table) {
  if (headings) {
    const taken = new Set();
    return headings.map((heading) => {
      const found = meaning(heading);
      const year = found?.year ?? (table.first === table.last ? table.first : "");
      const id = found?.id === "target" ? (year ? `target:${year}:0` : null) : found?.id;
      if (!id || id === "number" || taken.has(id)) return null;
      taken.add(id);
      return id;
    });
  }
  const numbered = cells.length > 1 && cells[0].length > 1 && cells.every((row, at) => row[0].replace(/\.$/, "") === String(at + 1));
  return cells[0].map((_, at) => shown[from + at - (numbered ? 1 : 0)] ?? null).map((id, at) => (numbered && !at ? null : id));
}

/** Return the year that a heading gives to the baseline, or "". */
const baselineYear = (headings) => headings?.map(meaning).find((one) => one?.id === "baseline")?.year ?? "";

/** Return the first and last year that headings name for targets, or null. */
export function yearsIn(headings) {
  const years = (headings ?? []).map(meaning).filter((one) => one?.id === "target" && one.year);
  const sorted = years.map(({ year }) => year).sort();
  return sorted.length ? { first: sorted[0], last: sorted.at(-1) } : null;
}

/**
 * Fill pasted cells into `table` from row `start` on, `places` naming the column of each; return how many cells were
 * replaced and how many rows added, {replaced, added}.
 *
 * Where indicators are pasted, rows without anything are left out, and an objective that is empty, says "(sama)", or
 * stands alone above its indicators counts for the rows below it, as in a table with merged cells.
 */
export function fill(table, start, cells, places, headings = null) {
  const before = table.rows.length;
  const year = baselineYear(headings);
  let [at, replaced, objective] = [start, 0, table.rows[start - 1]?.objective ?? ""];
  const indicators = places.includes("indicator");
  for (const texts of cells) {
    const values = new Map(places.map((id, column) => [id, texts[column]]).filter(([id]) => id));
    if (headings?.every((heading, column) => heading === texts[column])) continue;
    if (indicators) {
      const own = values.get("objective") ?? "";
      if (own && !SAME.has(own.toLowerCase())) objective = own;
      if ([...values].every(([id, text]) => !text || (id === "objective" && !values.get("indicator")))) continue;
      if (values.has("objective")) values.set("objective", objective);
    }
    if (at >= MAX_ROWS) break;
    if (at >= table.rows.length) table.rows.push(emptyRow(values.has("objective") ? "" : (table.rows.at(-1)?.objective ?? "")));
    const row = table.rows[at];
    for (const [id, text] of values) {
      const typed = id === "sources" ? text.replaceAll(";", "\n") : text;
      const old = cell(row, id);
      put(row, id, typed);
      if (old && old !== cell(row, id)) replaced += 1;
      if (id === "baseline" && text && year) put(row, "baseline_year", year);
    }
    at += 1;
  }
  return { replaced, added: table.rows.length - before };
}

/** Return every column that pasted cells may go to, [{id, name}]: those of the table, and the years of the headings. */
export function allPlaces(table, groups, headings) {
  const own = groups.flatMap((group) => columnsOf(table, group));
  const span = yearsIn(headings);
  const more = span ? columnsOf({ rows: [], ...span }, "targets").filter(({ id }) => !own.some((one) => one.id === id)) : [];
  return [...own, ...more];
}
