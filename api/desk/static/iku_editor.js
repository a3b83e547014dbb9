/**
 * The table editor for an IKU: typed, pasted or read from a file; every change is kept on this device.
 *
 * What it holds becomes a document only when it is asked for; what is doubtful is said beside the cell and never
 * stands in the way, what keeps the table from being a document is said the same way.
 */
import { moment } from "./moment.js";
import { hex, sha256 } from "./bytes.js";
import { barView } from "./iku_bar.js";
import { checking } from "./iku_checking.js";
import { headName, headView } from "./iku_head.js";
import { GROUPS, MAX_ROWS, MEDIA_TYPE, bytesOf, columnsOf, compose, emptyRow, emptyTable, groupName, isBlank, nameOf, put, tableOf, uses } from "./iku_model.js";
import { rowsView } from "./iku_rows.js";
import { later } from "./later.js";
import { make, makeNotice } from "./page.js";
import { draft, dropDraft, keepDraft } from "./store.js";
import { describe, t } from "./words.js";

const PAUSE = 250; // milliseconds after the last key

/**
 * Put an editor into an empty `element`; resolve to {document, missing, standsOn, forget} once it is there.
 *
 * `place` names the draft on this device: where there is one it is shown at once, whatever the line does. Else
 * `begins()` is asked, also when somebody begins again: it resolves to the bytes of the IKU to begin with, or to null:
 * then the element may say the first values in data-unit, data-first-year, data-last-year and data-legal-basis (a line
 * each). What it throws is thrown here, and the element stays as it was. `onChange()` is called soon after a change,
 * `onward()`, if given, goes to what comes after the table.
 *
 * document() resolves to {bytes, mediaType, name}, or null while something is missing; missing() says what, in words;
 * standsOn(digest) tells which document (hex, or null) the case holds now. forget() drops the draft, once the document
 * is in the ledger.
 */
export async function mount(element, { place, begins = () => null, onChange = () => {}, onward = null }) {
  const [notices, below] = [1, 2].map(() => make("div"));
  const [checked, elsewhere] = ["checked", "elsewhere"].map((part) => make("p", { class: "quiet", "data-part": part }));
  checked.setAttribute("role", "status");
  const found = await draft(place).catch(() => null);
  const restored = found?.table?.rows ? found : null;
  let { table, base } = restored ?? (await beginning());
  let chosen = new Set(restored?.chosen); // groups of columns that somebody wants to see though nothing is in them
  let made = null; // what compose() makes of the table as it is
  let touched = Boolean(restored);
  let timer = 0;
  let unkept = false;
  let keeping = null; // the writing that is going on
  let pressed = false; // a finger is down
  const left = new Set(); // rows that somebody has left since they were judged
  const groups = () => GROUPS.filter((group) => chosen.has(group) || table.rows.some((row) => uses(row, group)));
  const columns = () => ["objective", "indicator", ...groups()].flatMap((group) => columnsOf(table, group));
  const composed = () => (made ??= compose(table));
  const bar = barView({ toMissing, onward });
  const check = checking(
    () => ({ table, ...composed() }),
    (words) => {
      checked.textContent = words;
      if (pressed) left.add(0);
      else say();
    },
  );

  /** Return the table to begin with, and the digest (hex) of the document that it is from, or null. */
  async function beginning() {
    const bytes = await begins();
    try {
      if (bytes) return { table: tableOf(bytes), base: hex(await sha256(bytes)) };
    } catch (fault) {
      makeNotice(notices, "").fault(describe(fault));
    }
    const { unit, firstYear: first, lastYear: last, legalBasis = "" } = element.dataset;
    return { table: emptyTable({ unit, first, last, legal: legalBasis.split("\n").filter(Boolean) }), base: null };
  }

  // --- every change ----------------------------------------------------------------------------------------

  // The whole table is looked at once a person pauses: with every key it would hold up the next one. It is kept at
  // once: who types without a pause and leaves the page has typed nothing in vain.
  function changed() {
    touched = true;
    made = null;
    clearTimeout(timer);
    timer = setTimeout(paused, PAUSE);
    check.soon();
    keep();
  }

  function paused() {
    timer = 0;
    stand();
    onChange();
  }

  /** Keep the table as it is; one writing at a time, what changes meanwhile goes with the next. */
  function keep() {
    unkept = true;
    keeping ??= (async () => {
      while (unkept) {
        unkept = false;
        await written();
      }
      keeping = null;
    })();
    return keeping;
  }

  async function written() {
    const at = new Date().toISOString();
    try {
      await keepDraft(place, { table, chosen: [...chosen], base, at });
      bar.kept(t("Tersimpan di perangkat ini, {when}.", { when: clock(at) }));
    } catch (fault) {
      bar.kept(t("Belum tersimpan di perangkat ini: {why}", { why: describe(fault).detail }));
    }
  }

  /** Take another table in the place of this one, with a way back to what is now. */
  function take(next, words, from = base) {
    const before = { table, chosen, base };
    [table, base, made] = [next, from, null];
    bar.offer(words, () => {
      chosen = before.chosen;
      take(before.table, t("Diurungkan."), before.base);
    });
    show();
    changed();
  }

  function insert(at) {
    if (table.rows.length >= MAX_ROWS) return false;
    table.rows.splice(at, 0, emptyRow(table.rows[at - 1]?.objective));
    rows.add(at);
    changed();
    say();
    return true;
  }

  // --- the rows ----------------------------------------------------------------------------------------------

  const rows = rowsView({
    table: () => table,
    columns,
    typed(at, id, text) {
      put(table.rows[at], id, text);
      changed();
    },
    insert(at) {
      const blank = at === table.rows.length && isBlank(table.rows[at - 1], table.rows[at - 2]);
      return !blank && insert(at);
    },
    remove(at) {
      const [row] = table.rows.splice(at, 1);
      rows.remove(at);
      if (!table.rows.length) rows.add(table.rows.push(emptyRow()) - 1);
      bar.offer(t("Baris {n} dihapus.", { n: at + 1 }), () => {
        const alone = table.rows.length === 1 && isBlank(table.rows[0]);
        table.rows.splice(Math.min(at, table.rows.length), alone ? 1 : 0, row);
        changed();
        show();
        rows.focus(at, "indicator");
      });
      changed();
      rows.focus(Math.min(at, table.rows.length - 1), "indicator");
      say();
    },
  });
  rows.element.addEventListener("focusin", () => navigator.onLine && intake().catch(() => null), { once: true });
  rows.element.addEventListener("paste", async (event) => {
    const from = rows.placeOf(event.target);
    const [html, text] = ["text/html", "text/plain"].map((type) => event.clipboardData?.getData(type) ?? "");
    if (!from || !(/<table\b/i.test(html) || text.includes("\t"))) return;
    event.preventDefault();
    try {
      const { cellsOf, pasted } = await intake();
      const cells = cellsOf({ html, text }) ?? [[text]];
      if (cells.length === 1 && cells[0].length === 1) return write(from, cells[0][0]);
      const taken = await pasted(table, cells, from.at, from.id, columns());
      if (taken) take(taken.table, taken.words);
      rows.focus(from.at, from.id);
    } catch (fault) {
      makeNotice(below, "").fault(describe(fault));
    }
  });

  function write({ control, at, id }, text) {
    control.setRangeText(text, control.selectionStart, control.selectionEnd, "end");
    put(table.rows[at], id, control.value);
    changed();
  }

  // --- what stands around them -------------------------------------------------------------------------------

  const head = headView({
    table: () => table,
    changed(name) {
      changed();
      // Columns come and go while the years are typed: later, somebody may be about to click into one.
      if (["first", "last"].includes(name) && columns().map(({ id }) => id).join() !== shown) showRows();
    },
  });
  const more = make("details", { class: "more" }, make("summary", {}, t("Kolom lain")), make("p", { class: "actions" }));
  function showColumns() {
    const unused = GROUPS.filter((group) => !table.rows.some((row) => uses(row, group)));
    const buttons = unused.map((group) => {
      const pressed = String(chosen.has(group));
      const button = make("button", { type: "button", class: "second", "aria-pressed": pressed }, groupName(group));
      button.addEventListener("click", () => {
        if (!chosen.delete(group)) chosen.add(group);
        changed();
        show();
        more.querySelectorAll("button")[unused.indexOf(group)].focus();
      });
      return button;
    });
    more.hidden = !unused.length;
    more.lastElementChild.replaceChildren(...buttons);
  }

  const file = make("input", { type: "file", id: "iku-berkas", accept: ".xlsx,.csv,.tsv", "aria-describedby": "iku-berkas-ket" });
  file.addEventListener("change", async () => {
    const [one] = file.files;
    if (!one) return;
    const told = makeNotice(below, t("Berkas dikirim ke layanan untuk dibaca …"));
    try {
      const taken = await (await intake()).imported(table, one);
      told.done();
      if (taken) take(taken.table, taken.words);
    } catch (fault) {
      told.fault(describe(fault));
    }
    file.value = "";
  });
  const add = make("button", { type: "button" }, t("Tambah baris"));
  add.addEventListener("click", () => insert(table.rows.length) && rows.focus(table.rows.length - 1, "indicator"));

  // --- showing it ---------------------------------------------------------------------------------------------

  let shown = "";
  function showRows() {
    shown = columns().map(({ id }) => id).join();
    rows.render();
    showColumns();
  }

  function show() {
    head.refresh();
    showRows();
    say();
  }

  // What is left is judged and shown as it is kept, yet not while a finger is down: nothing may move away under it.
  function settle() {
    if (pressed) return;
    for (const at of left) if (at < table.rows.length) rows.refresh(at);
    left.clear();
    head.refresh();
    say();
  }
  element.addEventListener("focusout", ({ target }) => {
    left.add(rows.placeOf(target)?.at ?? 0);
    setTimeout(settle);
  });
  document.addEventListener("pointerdown", () => (pressed = true), { capture: true });
  for (const name of ["pointerup", "pointercancel"])
    document.addEventListener(name, () => {
      pressed = false;
      if (left.size) setTimeout(settle);
    });

  /** Say beside the cells what is missing and what is doubtful; of the row that somebody is in, only the doubts. */
  function say() {
    const { missing } = composed();
    const here = rows.placeOf(document.activeElement ?? element)?.at;
    const gaps = missing.filter(({ row }) => row !== null && row !== here && touched);
    const doubts = check.doubts().map(({ row, field, text }) => ({ at: table.rows.indexOf(row), id: field, text, kind: "doubt" }));
    rows.mark([...gaps.map(({ row, column, text }) => ({ at: row, id: column, text, kind: "missing" })), ...doubts]);
    head.mark(touched ? missing : []);
    const unseen = GROUPS.filter((group) => !groups().includes(group) && doubts.some(({ id }) => id === group)).map(groupName);
    elsewhere.textContent = unseen.length ? t("Ada catatan tentang kolom lain yang belum diisi: {names}.", { names: unseen.join(", ").toLowerCase() }) : "";
    stand();
  }

  /** Say in the bar whether the table is complete, and else what is missing first. */
  function stand() {
    const [first, ...more] = gapNames(composed().missing);
    const rest = more.length ? t("; dan {n} lagi", { n: more.length }) : "";
    bar.stands(first ? t("Belum lengkap: {what}.", { what: first + rest }) : t("Lengkap."), !first);
  }

  function toMissing() {
    const [first] = composed().missing;
    touched = true;
    if (first.row === null) head.focus(first.column);
    else rows.focus(Math.min(first.row, table.rows.length - 1), first.column);
    document.activeElement.scrollIntoView({ block: "center" });
    say();
  }

  function gapNames(missing) {
    const nameIn = (column) => {
      if (column.startsWith("target:")) return groupName("targets");
      return columnsOf(table, column === "baseline_year" ? "baseline" : column).find(({ id }) => id === column).name;
    };
    const names = missing.map(({ row, column }) =>
      row === null ? headName(column).toLowerCase() : t("baris {n}, {column}", { n: row + 1, column: nameIn(column).toLowerCase() }),
    );
    return [...new Set(names)];
  }

  /** Say that the draft of this device is shown, and offer to leave it; what is typed in it stays until then. */
  function tellRestored({ at }) {
    const again = make("button", { type: "button", class: "second" }, t("Mulai lagi dari awal"));
    const told = make("div", { class: "notice", role: "status" }, make("p", {}, t("Draf dari {when} dipulihkan.", { when: moment(at) })), again);
    again.addEventListener("click", async () => {
      again.disabled = true;
      const waits = makeNotice(notices, t("Tabel sedang diambil …"));
      try {
        const { table: next, base: from } = await beginning();
        told.remove();
        waits.done();
        chosen = new Set();
        take(next, t("Draf ditinggalkan; dimulai lagi dari awal."), from);
        await forget();
        onChange();
      } catch (fault) {
        again.disabled = false;
        waits.fault(describe(fault));
      }
    });
    notices.append(told);
    return told.firstElementChild;
  }

  async function forget() {
    clearTimeout(timer);
    timer = 0;
    unkept = false;
    await keeping;
    await dropDraft(place).catch(() => null);
    bar.kept("");
  }

  element.classList.add("typing");
  // Whose form this stands in keeps its own drafts of its own fields.
  for (const name of ["input", "change"]) element.addEventListener(name, (event) => event.stopPropagation());
  element.replaceChildren(
    notices,
    head.element,
    make("p", { class: "quiet" }, t("Hanya sasaran dan indikator yang wajib. Tabel dari Excel atau Word dapat disalin, lalu ditempel di kotak mana pun.")),
    more,
    rows.element,
    make("p", { class: "actions" }, add),
    make(
      "div",
      { class: "from-file" },
      make("label", { for: file.id }, t("Ambil tabel dari berkas .xlsx atau .csv")),
      file,
      make("small", { id: "iku-berkas-ket" }, t("Berkas dikirim ke layanan hanya untuk dibaca, dan tidak disimpan di sana. Hasilnya diperlihatkan dahulu.")),
    ),
    below,
    checked,
    elsewhere,
    bar.element,
  );
  const words = restored && tellRestored(restored);
  show();
  check.soon(0);
  return {
    forget,
    missing: () => gapNames(composed().missing),
    standsOn(digest) {
      if (words?.isConnected && restored.base !== digest && words.childNodes.length === 1)
        words.append(" ", t("Draf ini dimulai dari naskah lain dari yang sekarang."));
    },
    async document() {
      const { document: whole, missing } = composed();
      if (!whole || missing.length) return null;
      try {
        return { bytes: bytesOf(whole), mediaType: MEDIA_TYPE, name: nameOf(whole) };
      } catch (fault) {
        makeNotice(below, "").fault(describe(fault));
        return null;
      }
    },
  };
}

/** Return what takes tables from elsewhere: fetched when it is first needed, for most rows are typed. */
const intake = () => later("iku_intake", "iku_dialog", "iku_paste");

/** Return the time of day (WIB) of a moment of today. */
const clock = (at) => moment(at).split(", ").at(-1);
