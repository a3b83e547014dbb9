/** Moments as people write them. */

/** Return a moment (RFC 3339) as people write it, in WIB. */
export function moment(at) {
  const lang = document.documentElement.lang === "en" ? "en-GB" : "id-ID";
  const zone = { timeZone: "Asia/Jakarta" };
  const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "long", year: "numeric", ...zone }).format(new Date(at));
  const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hour12: false, ...zone }).format(new Date(at));
  return `${day}, ${clock} WIB`;
}
