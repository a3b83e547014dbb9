/**
 * JSON without room for two readings (RFC 8259, narrowed after RFC 7493): what keys/strict_json.py takes, and nothing
 * else. No byte order mark, no name twice, no fractions, no -0, integers within 2^53-1, no control characters but tab,
 * line feed and carriage return (escaped), no lone surrogates, noncharacters of plane 0, line separators or
 * bidirectional controls, at most 16 levels.
 */
import { text, utf8 } from "./bytes.js";
import { malformed } from "./faults.js";
import { t } from "./words.js";

const MAX_DEPTH = 16;
/** Deeper than this nothing is read on: the stack is not endless. */
const TOO_DEEP = 500;
const FORBIDDEN =
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]/u;
const SPACE = /[ \t\n\r]*/y;
const STRING = /"([^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*)"/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?|(NaN|-?Infinity)/y;
const WORDS = { true: true, false: false, null: null };

/** The names of an object as they stood, where JavaScript orders them otherwise ("10" before "a"). */
const orders = new WeakMap();

/** Return the one value that `bytes` spell, of JSON's own types and plain objects; else malformed (json.*). */
export function parse(bytes) {
  const said = text(bytes, "json.utf8");
  let at = 0;
  let late = null; // what is seen only where the whole is JSON, as Python does

  const take = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(said);
    if (found) at += found[0].length;
    return found;
  };
  const bad = () => malformed("json.syntax", t("Isi bukan JSON yang sah (karakter ke-{at}).", { at: at + 1 }));
  /** Step over spaces and tell which of `signs` stands here, taking it. */
  const sign = (signs) => {
    take(SPACE);
    const found = said[at] ?? "";
    if (!found || !signs.includes(found)) return null;
    at += 1;
    return found;
  };
  const string = () => {
    const found = take(STRING);
    if (!found) throw bad();
    const value = found[1].includes("\\") ? JSON.parse(found[0]) : found[1];
    late ??= badCharacter(value);
    return value;
  };
  const members = (close, member, depth) => {
    if (depth > TOO_DEEP) throw tooDeep();
    if (depth > MAX_DEPTH) late ??= tooDeep();
    for (let next = sign(close); next !== close; ) {
      take(SPACE);
      member();
      next = sign(`,${close}`);
      if (!next) throw bad();
    }
  };
  const value = (depth) => {
    if (said[at] === '"') return string();
    if (sign("[")) {
      const list = [];
      members("]", () => list.push(value(depth + 1)), depth);
      return list;
    }
    if (sign("{")) {
      const pairs = [];
      const pair = () => {
        const name = string();
        if (!sign(":")) throw bad();
        take(SPACE);
        pairs.push([name, value(depth + 1)]);
      };
      members("}", pair, depth);
      return objectOf(pairs);
    }
    for (const [word, meant] of Object.entries(WORDS))
      if (said.startsWith(word, at)) {
        at += word.length;
        return meant;
      }
    const digits = take(NUMBER);
    if (!digits) throw bad();
    return integer(digits);
  };

  take(SPACE);
  const whole = value(1);
  take(SPACE);
  if (at < said.length) throw bad();
  if (late) throw late;
  return whole;
}

/** Return the one spelling of a value in UTF-8, members in the order they have; else malformed (json.*). */
export const spell = (value) => utf8(spelt(value, 1));

function spelt(value, depth) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return String(integer([Object.is(value, -0) ? "-0" : String(value)]));
  if (typeof value === "string") {
    const fault = badCharacter(value);
    if (fault) throw fault;
    return JSON.stringify(value);
  }
  const plain = Array.isArray(value) || [Object.prototype, null].includes(Object.getPrototypeOf(Object(value)));
  if (typeof value !== "object" || !plain)
    throw malformed("json.value", t("Nilai tidak dapat ditulis sebagai JSON."));
  if (depth > MAX_DEPTH) throw tooDeep();
  if (Array.isArray(value)) return `[${Array.from(value, (one) => spelt(one, depth + 1)).join(",")}]`;
  const stood = (orders.get(value) ?? []).filter((name) => Object.hasOwn(value, name));
  const names = [...new Set([...stood, ...Object.keys(value)])];
  return `{${names.map((name) => `${spelt(name)}:${spelt(value[name], depth + 1)}`).join(",")}}`;
}

function objectOf(pairs) {
  const names = pairs.map(([name]) => name);
  if (names.length !== new Set(names).size) {
    const name = shown(names.find((one, at) => names.indexOf(one) !== at));
    throw malformed("json.duplicate", t("Nama “{name}” muncul dua kali dalam satu objek.", { name }));
  }
  const value = Object.fromEntries(pairs); // also a name like __proto__ is a name only
  if (names.some((name) => /^\d+$/.test(name))) orders.set(value, names);
  return value;
}

function integer([digits, fraction, exponent, other]) {
  if (fraction || exponent || other || !/^-?\d+$/.test(digits))
    throw malformed(
      "json.float",
      t("Bilangan pecahan {digits} tidak diterima.", { digits: digits.slice(0, 24) }),
      t("Tulis angka desimal sebagai teks, misalnya “77.5”."),
    );
  const value = Number(digits);
  if (digits === "-0" || !Number.isSafeInteger(value))
    throw malformed("json.integer", t("Bilangan {digits} di luar batas.", { digits: digits.slice(0, 24) }));
  return value;
}

function badCharacter(value) {
  const found = FORBIDDEN.exec(value);
  if (!found) return null;
  const code = found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  return malformed(
    "json.character",
    t("Teks memuat karakter terlarang U+{code}.", { code }),
    t("Tulis ulang tanpa karakter kendali atau pembalik arah teks."),
  );
}

/** A name as a sentence may show it, whatever is in it. */
const shown = (name) => name.slice(0, 80).replace(new RegExp(FORBIDDEN, "gu"), "�");
const tooDeep = () => malformed("json.depth", t("JSON bersarang lebih dari {most} tingkat.", { most: MAX_DEPTH }));
