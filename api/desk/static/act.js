/**
 * Acts: what an official says and signs (ledger/acts.py), strict JSON in one spelling with exactly these members:
 *
 *   ledger, seen {size, root}, stream, version, previous, kind, official, mandate, occurred_at, body
 *
 * The frame is checked here as Python does; the body is data. Which kinds there are, where they may stand and what
 * their bodies may say is judged where an act is recorded.
 */
import { equal } from "./bytes.js";
import { isDate } from "./entry.js";
import { malformed } from "./faults.js";
import { parse, spell } from "./strict_json.js";
import { t } from "./words.js";

/** The DSSE payload type of every act. */
export const PAYLOAD_TYPE = "application/vnd.jejak.act.v1+json";

const WIB = 7 * 60 * 60 * 1000;
const KIND = /^[a-z]{2,30}\.[a-z]{2,30}$/;
const TIME =
  /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|\+(?:0\d|1[0-3]):[0-5]\d|\+14:00|-(?!00:00)(?:0\d|1[01]):[0-5]\d|-12:00)$/;
const STREAM =
  /^(?:register|sop:[a-z0-9][a-z0-9-]{0,62}[a-z0-9]|case:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (pattern) => (value) => typeof value === "string" && pattern.test(value);
const isPositive = (value) => Number.isSafeInteger(value) && value > 0;
const isSlug = isText(/^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$/);
const isLeaf = isText(/^[0-9a-f]{64}$/);
const isRoot = isText(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/);
const isSeen = (value) =>
  isObject(value) && Object.keys(value).length === 2 && isPositive(value.size) && isRoot(value.root);
/** The last year is left out so that the moment exists in every zone. */
const isTime = (value) => isText(TIME)(value) && isDate(value.slice(0, 10)) && value >= "1945" && value < "9999";

const MEMBERS = {
  ledger: isText(/^[a-z0-9][a-z0-9./_-]{2,127}$/),
  seen: (value) => value === null || isSeen(value),
  stream: isText(STREAM),
  version: isPositive,
  previous: (value) => value === null || isLeaf(value),
  kind: (value) => typeof value === "string" && value.length <= 64,
  official: isSlug,
  mandate: isSlug,
  occurred_at: isTime,
  body: isObject,
};

/** Return the bytes of the payload that says this, checked as a reader will; else malformed (act.*, json.*). */
export function composeAct({ seen, occurredAt, ...said }) {
  const order = { ...said, seen: seen && { size: seen.size, root: seen.root }, occurred_at: occurredAt };
  const payload = spell(Object.fromEntries(Object.keys(MEMBERS).map((name) => [name, order[name]])));
  readAct(payload);
  return payload;
}

/**
 * Return what the bytes of a payload say: {ledger, seen, stream, version, previous, kind, official, mandate, occurredAt,
 * body}; else malformed (act.*, json.*).
 */
export function readAct(payload) {
  const said = parse(payload);
  const names = isObject(said) ? Object.keys(said) : [];
  const wrong =
    Object.keys(MEMBERS).find((name) => !names.includes(name) || !MEMBERS[name](said[name])) ??
    names.find((name) => !Object.hasOwn(MEMBERS, name));
  if (wrong !== undefined)
    throw malformed("act.schema", t("Ada bagian tindakan yang tidak berbentuk seperti yang diminta."), "", {
      member: wrong,
    });
  if (names.join() !== Object.keys(MEMBERS).join() || !equal(spell(said), payload))
    throw malformed("act.spelling", t("Tindakan tidak ditulis dalam ejaan bakunya."));
  if (!KIND.test(said.kind)) throw malformed("act.kind", t("Jenis tindakan ini tidak ada dalam katalog."));
  if ((said.version === 1) !== (said.previous === null))
    throw malformed(
      "act.previous",
      t("Tindakan pertama tidak mempunyai pendahulu; yang berikutnya wajib menyebut pendahulunya."),
    );
  if (hasNull(said.body))
    throw malformed("act.null", t("Ada bagian yang ditulis kosong."), t("Hilangkan bagian yang tidak ada isinya."));
  const { occurred_at: occurredAt, ...rest } = said;
  return { ...rest, occurredAt };
}

/** Return the present moment as an act states it, RFC 3339 to the second, +07:00. */
export const nowInWib = () => `${new Date(Date.now() + WIB).toISOString().slice(0, 19)}+07:00`;

const hasNull = (value) => value === null || (typeof value === "object" && Object.values(value).some(hasNull));
