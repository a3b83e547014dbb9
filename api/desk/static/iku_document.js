/**
 * The IKU document, read as strictly as ledger/iku.py reads it: exactly its members, in one spelling, or a Fault.
 *
 * Rules: iku.size, json.*, iku.schema (facts.member says where), iku.canonical. Nothing else is ever thrown, and the
 * work is bounded by the size, which is looked at first.
 */
import { equal } from "./bytes.js";
import { malformed } from "./faults.js";
import { parse, spell } from "./strict_json.js";
import { t } from "./words.js";

export const MEDIA_TYPE = "application/vnd.jejak.iku.v1+json";
const FORMAT = "jejak.iku/1";
const MAX_BYTES = 1024 * 1024;
const MAX_ROWS = 500;
const MAX_MANY = 50;

// What keys/fields.py takes for a line and for running text: the same sets of characters.
const INVISIBLE =
  /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u206f\u2800\u3164\ue000-\uf8ff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{effff}\u{f0000}-\u{10ffff}]/u;
const LINE =
  /^[ -~\u00a1-\u00ac\u00ae-\u024f\u1e00-\u1eff\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030\u2032\u2033\u2039\u203a\u2044\u20ac\u2113\u2116\u2122\u2190-\u2193\u2212\u2248\u2260\u2264\u2265]*$/u;
const ONE_LINE = /^\S(?:[^\n\r\t]*\S)?$/u;

/** Characters as Python counts them; a text that is far too long is not counted out. */
const within = (text, most) => text.length <= 2 * most && [...text].length <= most;
const isText = (value) =>
  typeof value === "string" && value.length > 0 && !/^\s|\s$/u.test(value) && within(value, 4000) && !INVISIBLE.test(value);
const isValue = (value) => typeof value === "string" && within(value, 100) && ONE_LINE.test(value);
const isLine = (value) =>
  typeof value === "string" && within(value, 300) && ONE_LINE.test(value) && LINE.test(value) && !value.includes("  ");
const isYear = (value) => Number.isInteger(value) && value >= 1945 && value <= 9999;
const isFormat = (value) => value === FORMAT;

/** A reader returns the value in its one spelling, or throws where it is not of its kind. */
const exactly = (is) => (value, at) => (is(value) ? value : wrong(at));
const many = (read, most, least = 0) => (value, at) =>
  Array.isArray(value) && value.length >= least && value.length <= most
    ? value.map((one, number) => read(one, [...at, number]))
    : wrong(at);

/** An object of these members in this order: [name, reader], with `{optional}` or `{or: what stands for a missing one}`. */
const object = (members) => (value, at) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fault(at);
  const known = new Set(members.map(([name]) => name));
  const unknown = Object.keys(value).find((name) => !known.has(name));
  if (unknown !== undefined) throw fault([...at, unknown], t("tidak dikenal"));
  const said = [];
  for (const [name, read, { optional = false, or } = {}] of members) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given === undefined && or !== undefined) said.push([name, or]);
    else if (given === undefined && !optional) throw fault([...at, name], t("tidak ada, padahal wajib"));
    else if (given !== undefined && !(given === null && optional)) said.push([name, read(given, [...at, name])]);
  }
  return Object.fromEntries(said);
};

const [text, line, year] = [isText, isLine, isYear].map(exactly);
const optional = { optional: true };
const period = (value, at) => {
  const said = object([["first_year", year], ["last_year", year]])(value, at);
  return said.first_year <= said.last_year ? said : wrong(at);
};
const row = object([
  ["objective", text],
  ["indicator", text],
  ["formula", text, optional],
  ["rationale", text, optional],
  ["sources", many(text, MAX_MANY), { or: [] }],
  ["owner", line, optional],
  ["measure", line, optional],
  ["baseline", object([["year", year, optional], ["value", exactly(isValue)]]), optional],
  ["targets", many(object([["year", year], ["value", exactly(isValue)]]), MAX_MANY), { or: [] }],
]);
const whole = object([
  ["format", exactly(isFormat)],
  ["unit", line],
  ["period", period],
  ["legal_basis", many(line, MAX_MANY), { or: [] }],
  ["label", line, optional],
  ["rows", many(row, MAX_ROWS, 1)],
]);

/** Return the document that these bytes spell, as plain data; else a Fault. */
export function readDocument(bytes) {
  if (bytes.length > MAX_BYTES)
    throw malformed("iku.size", t("Dokumen IKU {n} bita.", { n: bytes.length }), t("Paling besar {n} bita.", { n: MAX_BYTES }));
  const said = whole(parse(bytes), []);
  if (!equal(spell(said), bytes)) throw malformed("iku.canonical", t("Dokumen IKU tidak ditulis dalam bentuk bakunya."));
  return said;
}

const wrong = (at) => {
  throw fault(at);
};

/** The fault of a part; its place is said in words of the document, cut where it would swamp the sentence. */
function fault(at, why = t("tidak berbentuk seperti yang diminta")) {
  const member = at.map(String).join(".");
  const name = String(at.filter((one) => typeof one === "string").at(-1) ?? t("isi")).slice(0, 80);
  const number = at[0] === "rows" && Number.isInteger(at[1]) ? at[1] + 1 : null;
  const detail = number
    ? t("Baris ke-{number}, bagian “{name}”: {why}.", { number, name, why })
    : t("Bagian “{name}”: {why}.", { name, why });
  return malformed("iku.schema", detail, "", { member: member.slice(0, 200) });
}
