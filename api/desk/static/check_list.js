/** The list of marks on Periksa paraf: what the service says, apart from what this browser found, and their sum. */
import { moment } from "./moment.js";
import { text } from "./bytes.js";
import { Fault } from "./faults.js";
import { make } from "./page.js";
import { t } from "./words.js";

/** Marks that are shown, and verified, at a time. */
export const MOST_SHOWN = 25;
/** Marks that an answer may have, flags that one may, and characters of a text of the service that are shown. */
const MOST_MARKS = 5000;
const MOST_FLAGS = 30;
const MOST_WORDS = 600;

const [PROVED, CONTRADICTED, UNJUDGED] = ["terbukti", "tidak cocok", "tidak dapat dinilai"];
const VERDICTS = [PROVED, CONTRADICTED, UNJUDGED];
const QUESTIONED = "key.questioned";
const KINDS = {
  "typing.reviewed": () => t("Pemeriksaan ketikan"),
  "paraf.given": () => t("Paraf"),
  "signature.given": () => t("Tanda tangan"),
};
const CAPACITIES = { definitif: "definitif", plt: "Plt.", plh: "Plh.", an: "a.n.", ub: "u.b." };

const words = (said) => (typeof said === "string" ? said.slice(0, MOST_WORDS) : "");
const word = (said) => (VERDICTS.includes(said) ? said : UNJUDGED);
const verdictOf = (said) => make("span", { class: `verdict ${said.replaceAll(" ", "-")}`, lang: "id" }, said);
/** What is in question is never a green word. */
const signatureOf = (said, doubted) =>
  said === PROVED && doubted ? make("strong", {}, t("terbukti, tetapi DIPERTANYAKAN")) : verdictOf(said);
const isLeaf = (value) => Number.isSafeInteger(value) && value >= 0;

/** Return {marks, elsewhere, known} of an answer of the service, each leaf once, texts and lists within bounds. */
export function marksIn(bytes) {
  let said = null;
  try {
    said = JSON.parse(text(bytes)); // not the strict reading: nothing is proved by it, and it may be long
  } catch {
    // in no form, as if it were not there
  }
  const marks = said?.marks;
  const right = Array.isArray(marks) && marks.length <= MOST_MARKS && marks.every((one) => isLeaf(one?.leaf_index));
  if (!right)
    throw new Fault(
      "unjudged",
      "client.answer",
      t("Jawaban layanan tidak berbentuk seperti seharusnya: {why}", { why: t("daftar tanda.") }),
      t("Muat ulang halaman ini."),
    );
  const once = new Map(marks.map((one) => [one.leaf_index, one]));
  return { marks: [...once.values()].map(markOf), elsewhere: isLeaf(said.elsewhere) ? said.elsewhere : 0, known: said.known === true };
}

function markOf(one) {
  const flags = Array.isArray(one.flags) ? one.flags.slice(0, MOST_FLAGS) : [];
  return {
    index: one.leaf_index,
    kind: words(one.kind),
    official: words(one.official),
    decision: words(one.decision),
    sentence: words(one.sentence),
    stands: one.stands === true,
    signature: word(one.signature?.verdict),
    authority: word(one.authority?.verdict),
    why: words(one.authority?.why),
    flags: flags.filter((flag) => flag?.name !== QUESTIONED).map((flag) => words(flag?.sentence)).filter(Boolean),
    questioned: one.questioned ? words(one.questioned.flag?.sentence) || t("Layanan menyebutnya dipertanyakan.") : "",
  };
}

/** Return the notice that no mark is shown: never that there is none. */
export function empty({ elsewhere, known, file }) {
  if (elsewhere)
    return make("div", { class: "notice" }, make("p", {}, t("Tidak ada tanda yang boleh Anda baca pada isi ini.")), elsewhereOf(elsewhere));
  const changed = file
    ? t("Bila berkas ini seharusnya bertanda, mungkin ia sudah diubah sesudahnya: satu huruf, atau menyimpannya lagi, sudah cukup. Bandingkan dengan dokumen di halaman perkaranya.")
    : t("Bila sidik ini seharusnya bertanda, mungkin ia salah salin, atau berkasnya sudah diubah: satu huruf, atau menyimpannya lagi, sudah cukup. Bandingkan dengan sidik di halaman perkaranya.");
  return make(
    "div",
    { class: "notice" },
    make("p", {}, make("strong", {}, t("Layanan ini tidak menunjukkan tanda apa pun pada isi ini.")), " ", t("Bahwa tidak ada, tidak dapat dibuktikan dari sini.")),
    known ? make("p", {}, t("Menurut layanan, buku besar ini mengenal isi ini.")) : null,
    make("p", {}, changed, " ", make("a", { href: "/perkara" }, t("Ke daftar perkara"))),
  );
}

const elsewhereOf = (n) => make("p", { class: "quiet" }, t("{n} tanda lagi ada di perkara unit lain.", { n }));

/** Return {cards: [{mark, card}], element}: the marks from `from` on; `turn(from)` is called to see others. */
export function listed(marks, from, elsewhere, turn) {
  const shown = marks.slice(from, from + MOST_SHOWN);
  const cards = shown.map((mark) => ({ mark, card: cardOf(mark) }));
  const to = (at, label) => {
    const button = make("button", { type: "button", class: "second" }, label);
    button.addEventListener("click", () => turn(at));
    return button;
  };
  const last = from + shown.length;
  const ways = [from > 0 && to(Math.max(0, from - MOST_SHOWN), t("Tanda sebelumnya")), last < marks.length && to(last, t("Tanda berikutnya"))].filter(Boolean);
  const count = { n: marks.length, from: from + 1, to: last };
  const heading = ways.length
    ? t("Layanan menunjukkan {n} tanda pada persis isi ini; di bawah ini tanda {from} sampai {to}.", count)
    : t("Layanan menunjukkan {n} tanda pada persis isi ini.", count);
  const element = make(
    "div",
    {},
    make("p", {}, heading),
    make("ol", { class: "stack", role: "list" }, ...cards.map(({ card }) => card)),
    ways.length ? make("p", { class: "actions" }, ...ways) : null,
    elsewhere ? elsewhereOf(elsewhere) : null,
  );
  return { cards, element };
}

function cardOf(mark) {
  const { index, stands } = mark;
  const fell = !stands && mark.decision !== "returned" && t("Gugur: dokumennya sudah diganti atau dikembalikan.");
  const flags = [fell, ...mark.flags, mark.questioned].filter(Boolean);
  return make(
    "li",
    { class: "card mark-found", "data-leaf": index },
    make("h3", {}, t("Tanda di daun {index}", { index })),
    make("div", { "data-at": "act" }),
    make(
      "div",
      { class: "both" },
      make(
        "div",
        { "data-at": "said" },
        make("h4", {}, t("Menurut layanan")),
        make("p", { lang: "id" }, mark.sentence),
        ...flags.map((one) => make("p", { class: "flag", lang: "id" }, one)),
        make(
          "p",
          {},
          ...[t("Tanda tangan elektronik"), " ", signatureOf(mark.signature, mark.questioned), " · "],
          ...[t("wewenang"), " ", verdictOf(mark.authority)],
        ),
        mark.why ? make("details", {}, make("summary", {}, t("Alasannya")), make("p", { lang: "id" }, mark.why)) : null,
      ),
      make(
        "div",
        {},
        make("h4", {}, t("Diperiksa di peramban ini")),
        make("div", { "data-at": "here" }, make("p", {}, t("Sedang diperiksa …"))),
      ),
    ),
  );
}

/** Tell whether this browser found something else than the service says. */
export const differs = (mark, { verdict }) => verdict !== UNJUDGED && verdict !== mark.signature;

/** Say in a card what was found. */
export function settle(card, mark, found) {
  const { verdict, checks, act, doubt: doubted } = found;
  card.querySelector("[data-at=here]").replaceChildren(
    make("p", {}, t("Tanda tangan elektronik"), " ", signatureOf(verdict, doubted)),
    make("ul", {}, ...checks.map(({ verdict: one, why }) => make("li", {}, verdictOf(one), " ", why))),
    make("p", { class: "quiet" }, t("Wewenang tidak dinilai di peramban ini; yang menilainya sendiri: pemeriksaan berkas bukti.")),
  );
  if (act) actOf(card, act, mark.index);
  if (doubted) card.querySelector("[data-at=act]").append(make("p", { class: "notice bad", "data-at": "doubt" }, doubted));
  if (found.differs) card.prepend(loud(mark.signature, verdict));
}

/** Put what the proved bytes say in the place of what was only said. */
function actOf(card, act, index) {
  const title = [KINDS[act.kind]()];
  if (act.decision === "returned") title.push(" ", make("span", { class: "flag" }, t("dikembalikan")));
  card.querySelector("h3").replaceChildren(...title);
  const { office } = act;
  const capacity = office && office.capacity !== "definitif" ? `${CAPACITIES[office.capacity] ?? ""} ` : "";
  const who = [act.name, office ? `${capacity}${office.name}` : "", act.nip ? `NIP ${act.nip}` : t("tanpa NIP")];
  const trail = make("a", { href: `/perkara/${act.stream.slice("case:".length)}/jejak#daun-${index}` }, `${t("daun")} ${index}`);
  card.querySelector("[data-at=act]").replaceChildren(
    make("p", {}, make("strong", {}, who.filter(Boolean).join(", ")), " ", make("small", {}, t("(menurut register)"))),
    make("p", {}, make("small", {}, t("dicatat"), ` ${moment(act.recordedAt)} · `, trail)),
  );
}

/** Return why a mark is in question, "" if it is not: what this browser found before what the service says. */
export function doubtOf(mark, { verdict, questioned, resting }) {
  if (verdict !== PROVED) return "";
  if (questioned) {
    const facts = { index: questioned.index, by: questioned.by, when: moment(questioned.recordedAt) };
    const told = t("DIPERTANYAKAN: kuncinya dicabut {by} pada {when} (daun {index}) karena bocor.", facts);
    const since = questioned.since
      ? t("Menurut pencabutan itu sejak {since}; tanda ini dicatat sesudahnya.", { since: moment(questioned.since) })
      : t("Sejak kapan, tidak disebut.");
    return `${told} ${since} ${t("Tanyakan kepada penanda tangannya.")}`;
  }
  if (resting) return t("DIPERTANYAKAN: kuncinya diberikan oleh tindakan register yang dipertanyakan.");
  return mark.questioned;
}

const loud = (said, found) =>
  make(
    "p",
    { class: "notice bad", role: "alert" },
    make("strong", {}, t("BERBEDA: menurut layanan {said}, di peramban ini {found}.", { said, found })),
    " ",
    t("Jangan andalkan tanda ini. Tunjukkan halaman ini kepada pemeriksa."),
  );

/** Return the box that sums up `found`, one for each mark that is shown; green only where all are proved, undoubted. */
export function summary(found, { from, all, doubted }) {
  const count = (which) => found.filter(which).length;
  const doubts = count((one) => one.doubt);
  const [proved, wrong, open] = VERDICTS.map((verdict) => count((one) => one.verdict === verdict));
  const clear = proved - doubts;
  const bad = wrong || doubts || found.some((one) => one.differs);
  const parts = [
    clear && t("{n} terbukti", { n: clear }),
    doubts && t("{n} terbukti, tetapi DIPERTANYAKAN", { n: doubts }),
    wrong && t("{n} TIDAK COCOK", { n: wrong }),
    open && t("{n} tidak dapat dinilai", { n: open }),
    found.length < all && t("baru tanda {from} sampai {to} dari {all}", { from: from + 1, to: from + found.length, all }),
  ].filter(Boolean);
  const colour = bad ? "bad" : open || found.length < all ? "" : "good";
  const said = [parts.join("; "), doubted].filter(Boolean).join("; ");
  return make("p", { class: `notice ${colour}`.trim() }, t("Diperiksa di peramban ini: {parts}.", { parts: said }));
}
