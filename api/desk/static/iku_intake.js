/** Tables that come from elsewhere, into the table being typed: pasted, or read from a file by the service. */
import { Fault } from "./faults.js";
import { ask, choice, list, placesForm, sample } from "./iku_dialog.js";
import { GROUPS, columnsOf, compose, groupName, isBlank, tableFrom } from "./iku_model.js";
import { allPlaces, cellsOf, fill, headerIn, placesFor, yearsIn } from "./iku_paste.js";
import { make } from "./page.js";
import { post } from "./service.js";
import { t } from "./words.js";

export { cellsOf };

/** A file is at most this many bytes (ledger/iku_import.py). */
const MAX_FILE = 5 * 1024 * 1024;
const FIXED = ["objective", "indicator"];

/**
 * Show where pasted cells would go, from row `at` and column `id` on; resolve to {table, words} with them in it, or to
 * null where the person decides otherwise. `columns` are those that are shown.
 */
export async function pasted(table, cells, at, id, columns) {
  const shown = columns.map((one) => one.id);
  const found = headerIn(cells);
  const own = { headings: cells[0], first: 1 };
  let header, rows, places, trial, counted;
  const [way, chosen, look, says] = [1, 2, 3, 4].map(() => make("div"));

  function read(withHeader) {
    header = withHeader ? (found.headings ? found : own) : { headings: null, first: 0 };
    rows = cells.slice(header.first);
    const known = (header.headings && found.headings) || null;
    places = placesFor(rows, known, shown, shown.indexOf(id), table);
    const all = allPlaces(table, [...FIXED, ...GROUPS], known);
    const names = new Map(all.map((one) => [one.id, one.name]));
    const show = () => {
      trial = structuredClone(table);
      const span = !trial.first && !trial.last && known && yearsIn(known);
      Object.assign(trial, span || {});
      counted = fill(trial, at, rows, places, known);
      const used = places.map((one, column) => [one, column]).filter(([one]) => one);
      look.replaceChildren(
        sample(
          used.map(([one]) => names.get(one)),
          rows.map((row) => used.map(([, column]) => row[column])),
        ),
      );
      const sentences = [
        t("Diisi mulai baris {n}. {replaced} isian diganti, {added} baris ditambahkan.", { n: at + 1, ...counted }),
        ...(span ? [t("Periode diisi dari kepala tabel: {first} sampai {last}.", span)] : []),
      ];
      says.replaceChildren(...sentences.map((one) => make("p", {}, one)));
    };
    chosen.replaceChildren(placesForm(rows, header.headings, places, all, (now) => ((places = now), show())));
    show();
  }

  if (cells.length > 1) {
    const box = make("input", { type: "checkbox", id: "iku-kepala", ...(found.headings ? { checked: "" } : {}) });
    box.addEventListener("change", () => read(box.checked));
    way.append(make("p", { class: "check" }, box, " ", make("label", { for: box.id }, t("Baris teratas adalah kepala tabel"))));
  }
  read(Boolean(found.headings));
  const heading = t("Tempel {rows} baris, {columns} kolom", { rows: cells.length, columns: cells[0].length });
  if (!(await ask(heading, [way, chosen, look, says], t("Tempelkan")))) return null;
  return { table: trial, words: t("Tabel ditempel: {n} baris.", { n: rows.length }) };
}

/**
 * Have the service read a file, show what it read and what it guessed, and resolve to {table, words} as `pasted` does;
 * throws a Fault where it cannot be read.
 */
export async function imported(table, file) {
  if (file.size > MAX_FILE)
    throw new Fault("malformed", "iku.table.size", t("Berkas terlalu besar."), t("Paling besar 5 MiB. Sisakan tabel IKU saja."));
  const { missing } = compose(table);
  const said = { name: file.name.slice(-200) };
  const good = (...names) => !missing.some(({ row, column }) => row === null && names.includes(column));
  if (good("unit")) said.unit = table.unit;
  if (good("first", "last")) said.period = `${table.first}-${table.last}`;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const type = { "Content-Type": "application/octet-stream" };
  const answer = (await post(`/v1/iku/imports?${new URLSearchParams(said)}`, bytes, type)).json();
  const read = tableFrom(answer.document);
  const filled = table.rows.filter((row, at) => !isBlank(row, table.rows[at - 1]));
  const ways = choice(t("Baris yang sudah ada"), [
    { value: "replace", text: t("Ganti {n} baris yang sudah ada", { n: filled.length }) },
    { value: "append", text: t("Tambahkan di bawahnya") },
  ]);
  const taken = answer.columns.map(({ heading, field, year }) =>
    t("Kolom “{heading}” dibaca sebagai {name}.", { heading, name: [nameOf(field), year].filter(Boolean).join(" ") }),
  );
  const unread = answer.unread.map((heading) => t("Kolom “{heading}” tidak dibaca.", { heading }));
  const parts = [
    make("p", {}, t("{n} baris terbaca. Periksa dahulu sebelum dipakai.", { n: read.rows.length })),
    list(answer.guessed),
    list([...unread, ...taken]),
    sample(
      FIXED.map(nameOf),
      read.rows.map((row) => FIXED.map((id) => row[id])),
    ),
    filled.length ? ways.element : null,
  ].filter(Boolean);
  if (!(await ask(t("Isi berkas {name}", { name: file.name.slice(-80) }), parts, t("Pakai tabel ini")))) return null;
  const kept = filled.length && ways.value() === "append" ? filled : [];
  const taking = structuredClone({ ...table, rows: [...kept, ...read.rows] });
  for (const name of ["unit", "first", "last"]) taking[name] ||= read[name];
  return { table: taking, words: t("Tabel dari berkas dipakai: {n} baris.", { n: read.rows.length }) };
}

const nameOf = (field) => (FIXED.includes(field) ? columnsOf({}, field)[0].name : groupName(field));
