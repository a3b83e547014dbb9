/**
 * The last look: drawn by this module alone, from the payload that will be signed, the verified chain and bytes that were
 * hashed here, in a dialog of its own above whatever the page shows. What only the service says is said to be its words.
 */
import { STANDING, saidNow, standing } from "./act_chain.js";
import { DEVIATING, DISCLAIMER, KINDS, LABELS, ON_PAPER, decisionOf, signOf } from "./act_said.js";
import { moment } from "./moment.js";
import { make } from "./page.js";
import { t } from "./words.js";

/** What has a line of its own in the look. */
const TOLD = new Set(["step", "decision"]);
const WHOLE = ["digest", "slug", "first_year", "classification"];
/** Words of the service are no longer than this. */
const MOST = 160;

/**
 * Show what `said` (act.readAct of the payload) would sign; `sign()` is called when the person presses on, and the look
 * is gone by then. `placed` and `sop` as act_hold.js takes them; `draw()` draws the document, or is null; `claimed` is
 * what the service says of the signer, `beside` are sentences that belong to this very signature.
 */
export function lookAt(said, { placed, sop, key, draw, claimed, beside, sign }) {
  const { kind, body } = said;
  const words = KINDS[kind];
  const title = make("h2", { id: "judul-lihat", tabindex: "-1" }, t("Lihat sekali lagi"));
  const go = make("button", { type: "button", "data-at": "sign" }, signOf(kind, body.decision));
  const back = make("button", { type: "button", class: "second", "data-at": "away" }, t("Belum, kembali mengisi"));
  const notes = [body.deviation && DEVIATING, body.paper && ON_PAPER, ...beside].filter(Boolean);
  const decided = body.decision === undefined ? null : make("strong", { "data-at": "decision" }, decisionOf(body.decision).toUpperCase());
  const dialog = make(
    "dialog",
    { class: "look", "data-at": "look", "aria-labelledby": "judul-lihat" },
    make(
      "section",
      { "aria-labelledby": "judul-lihat" },
      title,
      make("p", { class: "lead", "data-at": "what" }, make("strong", {}, sentence(words.name)), decided && ": ", decided),
      make("p", { "data-at": "sentence" }, t("Anda, {official}, akan menandatangani tindakan ini dengan mandat {mandate}.", said)),
      make("dl", { class: "facts", "data-at": "body" }, ...pairs([...facts(said, placed.chain, sop, key, claimed), ...rest(said, placed.chain)])),
      draw && shown(draw),
      make("p", { "data-at": "meaning" }, make("strong", {}, t("Artinya:")), " ", words.means),
      ...notes.map((one) => make("p", { class: "notice" }, one)),
      make("p", { "data-at": "undone" }, make("strong", {}, t("Bila keliru:")), " ", words.undone, " ", t("Tindakan yang sudah dicatat tidak dapat dihapus.")),
      make("p", { class: "quiet", lang: "id" }, DISCLAIMER),
      make("p", { class: "actions" }, go, " ", back),
    ),
  );
  const close = () => dialog.remove();
  go.addEventListener("click", () => (close(), sign()));
  back.addEventListener("click", close);
  dialog.addEventListener("cancel", close);
  document.body.append(dialog);
  dialog.showModal();
  title.focus();
  return close;
}

const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1);
const pairs = (facts) => facts.flatMap(([label, value]) => [make("dt", {}, label), make("dd", {}, value)]);

function shown(draw) {
  const more = make("details", {}, make("summary", {}, t("Baca naskah itu di sini sekali lagi")));
  more.addEventListener("toggle", () => more.childElementCount > 1 || more.append(draw()));
  return more;
}

/** In which case, at which step, on which document, as whom. */
function facts({ official, mandate, stream, body, kind }, chain, sop, { keyid }, claimed) {
  const opening = chain[0];
  const now = (field) => saidNow({ leaf: opening.leaf, field }, chain);
  const number = opening && now("letter.number");
  const held = STANDING.has(kind) ? standing(chain).document : null;
  const by = [claimed.name, claimed.office, claimed.capacity].map((one) => String(one ?? "").slice(0, MOST)).join(", ");
  return [
    opening ? [t("Perkara"), [now("subject"), number && t("surat {number}", { number })].filter(Boolean).join(", ")] : [t("Perkara baru menurut SOP"), sop.sop.title],
    [t("Nomor perkara"), stream.slice(5)],
    [t("Langkah"), body.step],
    held && [t("Naskah"), `${held.name} ${held.digest}`],
    [t("Sebagai"), t("{official}, mandat {mandate}, kunci {id}", { official, mandate, id: keyid.slice(0, 8) })],
    [t("Menurut layanan, pemegang mandat itu"), by],
  ].filter(Boolean);
}

/** Every other member of the payload, in the words of this build; a member without words is shown by its own name. */
function rest({ body, kind, occurredAt }, chain) {
  const own = flat(body).filter(([path]) => !TOLD.has(path) && !(path === "document" && STANDING.has(kind)));
  const rows = own.map(([path, value]) => {
    const label = path.replace(/\.\d+(?=\.|$)/g, ".0");
    return [Object.hasOwn(LABELS, label) ? LABELS[label] : path, valueOf(path, value, chain)];
  });
  return [...rows, [t("Waktu yang Anda nyatakan"), moment(occurredAt)]];
}

function valueOf(path, value, chain) {
  if (value?.digest) return `${value.name} (${value.size} ${t("bita")}, ${value.media_type}) ${value.digest}`;
  if (value?.slug) return `${value.slug}, ${t("versi")} ${value.leaf}`;
  if (value?.first_year) return value.first_year === value.last_year ? `${value.first_year}` : `${value.first_year}–${value.last_year}`;
  if (value?.classification) return `${value.classification}/${value.running}/${value.office_code}/${value.year}`;
  if (path === "received_at") return moment(value);
  if (path === "field") return Object.hasOwn(LABELS, value) ? LABELS[value] : value;
  if (path !== "leaf" && path !== "answers") return String(value);
  const { act } = chain.find(({ leaf }) => leaf === value) ?? {};
  return act && Object.hasOwn(KINDS, act.kind) ? `${KINDS[act.kind].name}, ${act.official}, ${value}` : value;
}

function flat(value, path = "") {
  if (value === null || typeof value !== "object" || WHOLE.some((name) => Object.hasOwn(value, name))) return [[path, value]];
  return Object.entries(value).flatMap(([name, part]) => flat(part, path ? `${path}.${name}` : name));
}
