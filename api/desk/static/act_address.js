/** What is signed on a page follows from its address, which a person can read, and from no word of the page itself. */
import { OPENING } from "./act_chain.js";
import { KINDS } from "./act_said.js";
import { Fault } from "./faults.js";
import { t } from "./words.js";

const OF_CASE = /^\/perkara\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/tindakan\/([a-z]+\.[a-z]+)$/;

/**
 * Return what the page at `path` signs, {opens, stream, kind}; `stream` is null where it opens a case.
 *
 * Only there the page says the kind, `asked`, for the SOP decides which opens a case. Throws a Fault "forged"
 * (client.form) where nothing of a case is signed at that address.
 */
export function addressed(path, asked) {
  const [, number, named] = OF_CASE.exec(path) ?? [];
  const opens = path === "/perkara/baru";
  const kind = opens ? asked : named;
  if (Object.hasOwn(KINDS, kind ?? "") && (!opens || OPENING.has(kind)))
    return { opens, stream: opens ? null : `case:${number}`, kind };
  throw new Fault(
    "forged",
    "client.form",
    t("Di alamat ini tidak ada tindakan perkara yang dapat ditandatangani."),
    t("Jangan tandatangani apa pun. Buka perkaranya dari meja Anda."),
  );
}
