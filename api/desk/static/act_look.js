/**
 * The last look: drawn by this module alone, from the payload that will be signed, the verified chain and bytes that were
 * hashed here, in a dialog of its own above whatever the page shows. What only the service says is said to be its words.
 */
import { STANDING, saidNow, standing } from "./act_chain.js";
import { DEVIATING, DISCLAIMER, KINDS, LABELS, ON_PAPER, OUTSIDE, decisionOf, signOf } from "./act_said.js";
import { moment } from "./moment.js";
import { make } from "./page.js";
import { t } from "./words.js";

/** What has a line of its own in the look. */
const TOLD = new Set(["step", "decision"]);
const WHOLE = ["digest", "slug", "first_year", "classification"];
/**
 * The look's own styles, for it stands in a tree of its own: no rule of the page reaches into it, so none can write other
 * words over what will be signed. `initial`: nothing that is inherited comes in either.
 */
const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
  :host { all: initial !important; display: block !important; visibility: visible !important; color-scheme: light dark !important; }
  * { box-sizing: border-box; }
  dialog { font: 1rem/1.5 system-ui, sans-serif; width: min(46rem, calc(100vw - 1rem)); max-width: none; max-height: calc(100dvh - 1rem); padding: 1rem;
    overflow: auto; border: 2px solid #0b5d56; border-radius: .5rem; background: #fff; color: #1b1b1b; overflow-wrap: anywhere; }
  dialog::backdrop { background: rgb(0 0 0 / .6); }
  h2 { margin: 0; font-size: 1.2rem; } [data-at=what] { font-size: 1.4rem; margin: .25rem 0 1rem; }
  dl { margin: 0; } dt { color: #5b5b5b; } dd { margin: 0 0 .5rem; white-space: pre-line; }
  .notice { border-inline-start: .25rem solid #8a5a00; background: #fff4dc; padding: .5rem .75rem; } .notice.bad { border-color: #a11414; background: #fde8e8; }
  .quiet, small { color: #5b5b5b; } ul { padding: 0; list-style: none; } li { margin-bottom: .5rem; } summary { min-height: 2.75rem; cursor: pointer; }
  table { border-collapse: collapse; display: block; overflow: auto; } th, td { border: 1px solid #999; padding: .3rem .5rem; text-align: start; vertical-align: top; }
  pre { white-space: pre-wrap; } .actions { display: flex; flex-wrap: wrap; gap: .75rem; }
  button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1rem; border: 2px solid #0b5d56; border-radius: .375rem; background: #0b5d56; color: #fff; cursor: pointer; }
  button.second { background: transparent; color: #0b5d56; } :focus-visible { outline: 3px solid #1a6fb5; outline-offset: 2px; }
  @media (prefers-color-scheme: dark) {
    dialog { background: #1d2423; color: #eee; border-color: #6cc5ba; } dt, .quiet, small { color: #b5b5b5; } .notice { background: #3a2f14; } .notice.bad { background: #451d1d; }
    button { background: #6cc5ba; border-color: #6cc5ba; color: #0d1615; } button.second { color: #6cc5ba; }
  }
`);
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
  const back = make("button", { type: "button", class: "second", "data-at": "away" }, t("Belum, kembali"));
  const notes = [(body.deviation || OUTSIDE.includes(kind)) && DEVIATING, body.paper && ON_PAPER, ...beside].filter(Boolean);
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
      make("p", { class: "quiet" }, t("Menurut layanan, pemegang mandat itu: {by}.", { by: by(claimed) })),
      make("dl", { class: "facts", "data-at": "body" }, ...pairs([...facts(said, placed.chain, sop, key), ...rest(said, placed.chain)])),
      draw && shown(draw),
      make("p", { "data-at": "meaning" }, make("strong", {}, t("Artinya:")), " ", words.means),
      ...notes.map((one) => make("p", { class: "notice" }, one)),
      make("p", { "data-at": "undone" }, make("strong", {}, t("Bila keliru:")), " ", words.undone, " ", t("Tindakan yang sudah dicatat tidak dapat dihapus.")),
      make("p", { class: "quiet", lang: "id" }, DISCLAIMER),
      make("p", { class: "actions" }, go, " ", back),
    ),
  );
  const host = make("div");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [SHEET];
  root.append(dialog);
  const close = () => host.remove();
  go.addEventListener("click", () => (close(), sign()));
  back.addEventListener("click", close);
  dialog.addEventListener("cancel", close);
  document.body.append(host);
  dialog.showModal();
  title.focus();
  return close;
}

const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1);
const pairs = (facts) => facts.flatMap(([label, value]) => [make("dt", {}, label), make("dd", {}, value)]);

/** What the service says of the signer. */
const by = ({ name, office, capacity }) => [name, office, capacity].map((one) => String(one ?? "").slice(0, MOST)).join(", ");

function shown(draw) {
  const more = make("details", {}, make("summary", {}, t("Baca naskah itu di sini sekali lagi")));
  more.addEventListener("toggle", () => more.childElementCount > 1 || more.append(draw()));
  return more;
}

/** In which case, at which step, on which document, as whom. */
function facts({ official, mandate, stream, body, kind }, chain, sop, { keyid }) {
  const opening = chain[0];
  const now = (field) => saidNow({ leaf: opening.leaf, field }, chain);
  const number = opening && now("letter.number");
  const held = STANDING.has(kind) ? standing(chain).document : null;
  return [
    opening ? [t("Perkara"), [now("subject"), number && t("surat {number}", { number })].filter(Boolean).join(", ")] : [t("Perkara baru menurut SOP"), sop.sop.title],
    [t("Nomor perkara"), stream.slice(5)],
    [t("Langkah"), body.step],
    held && [t("Naskah"), `${held.name} ${held.digest}`],
    [t("Sebagai"), t("{official}, mandat {mandate}, kunci {id}", { official, mandate, id: keyid.slice(0, 8) })],
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
