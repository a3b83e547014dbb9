/** The words of the page: Indonesian stands in the modules, English in a module of the same build, and in no page. */

const english = globalThis.document?.documentElement.lang === "en";
const catalogue = new Map(Object.entries(english ? (await import("./english.js")).default : {}));

/** Return `text` in the language of the page, each {name} in it replaced by the value of that name. */
export function t(text, values = {}) {
  // One pass, so that a value is never read as a place.
  return (catalogue.get(text) ?? text).replace(/\{(\w+)\}/g, (place, name) =>
    Object.hasOwn(values, name) ? String(values[name]) : place,
  );
}

const TITLES = {
  malformed: () => t("Tidak dapat dibaca"),
  forged: () => t("BUKTI TIDAK COCOK"),
  refused: () => t("Tidak diperbolehkan"),
  conflict: () => t("Didahului tindakan lain"),
  missing: () => t("Tidak ditemukan"),
  unavailable: () => t("Belum dapat dilayani"),
  unjudged: () => t("Tidak dapat dinilai"),
  unsupported: () => t("Peramban ini belum mampu"),
};

/** Return how a page says a fault, {title, detail, allowed}; an error that is no Fault is our own bug. */
export function describe(fault) {
  const title = fault?.rule?.startsWith("keyfile.") ? () => t("Kunci belum terbuka") : TITLES[fault?.kind];
  if (title) return { title: title(), detail: fault.detail, allowed: fault.allowed };
  return {
    title: t("Kesalahan pada halaman ini"),
    detail: t("Halaman ini mengalami kesalahan yang bukan dari Anda: {error}", { error: String(fault) }),
    allowed: t("Muat ulang halaman; yang sudah diketik dan ditandatangani tetap tersimpan di perangkat ini."),
  };
}
