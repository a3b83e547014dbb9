/** The last look: what a payload says, member by member in words, read from the very bytes that will be signed. */
import { make } from "./page.js";
import { t } from "./words.js";

/** Return a moment (RFC 3339) as people write it, in WIB. */
export function moment(at) {
  const lang = document.documentElement.lang === "en" ? "en-GB" : "id-ID";
  const zone = { timeZone: "Asia/Jakarta" };
  const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "long", year: "numeric", ...zone }).format(new Date(at));
  const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hour12: false, ...zone }).format(new Date(at));
  return `${day}, ${clock} WIB`;
}

/** Return <dt>/<dd> of everything that an act says: its body, then when. `labels` and `words` are the page's. */
export function bodyInWords({ body, occurredAt: at }, { labels, words, document: held }) {
  const rows = flat(body).map(([path, value]) => [labels[path] ?? labels[path.replace(/\.\d+(?=\.|$)/g, ".0")] ?? path, valueOf(path, value)]);
  function valueOf(path, value) {
    if (value?.digest) return `${value.name} (${value.size} ${t("bita")}) ${value.digest}`;
    if (value?.slug) return `${value.slug}, ${t("versi")} ${value.leaf}`;
    if (value?.first_year) return value.first_year === value.last_year ? `${value.first_year}` : `${value.first_year}–${value.last_year}`;
    if (value?.classification) return `${value.classification}/${value.running}/${value.office_code}/${value.year}`;
    if (held && value === held.digest) return `${held.name} ${value}`;
    if (path === "decision") return { approved: t("disetujui"), returned: t("dikembalikan") }[value] ?? value;
    if (path === "received_at") return moment(value);
    return words[value] ?? String(value);
  }
  rows.push([t("Waktu yang Anda nyatakan"), moment(at)]);
  return rows.flatMap(([label, value]) => [make("dt", {}, label), make("dd", {}, value)]);
}

const WHOLE = ["digest", "slug", "first_year", "classification"];

function flat(value, path = "") {
  if (value === null || typeof value !== "object" || WHOLE.some((name) => name in value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, part]) => flat(part, path ? `${path}.${name}` : name));
}
