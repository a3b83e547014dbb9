/**
 * Envelopes that were signed here and whose receipt is not proved yet: sent again as they are, or dropped by hand.
 *
 * One that the service refused is no proof that it is gone: as long as its place in the case is empty, whoever has it can
 * record it. So it is told of until a verified chain has passed that place, and loudly if the chain turns out to hold it.
 */
import { readAct } from "./act.js";
import { KINDS } from "./act_said.js";
import { parseEnvelope } from "./envelope.js";
import { submit } from "./ledger.js";
import { moment } from "./moment.js";
import { make, makeNotice } from "./page.js";
import { dropEnvelope, envelopes } from "./store.js";
import { describe, t } from "./words.js";

/**
 * Show in `place` every envelope of `stream` that waits here; return {open, refused}: whether one may still be recorded
 * by itself, and how many were refused in the place that is still empty.
 *
 * `chain` is the verified chain of the stream: where another act stands in an envelope's place, it says so and offers
 * to drop it. `done(receipt, bytes)` is called when one was sent and proved, `gone()` when one was dropped.
 */
export async function showWaiting(place, stream, chain, { done, gone }) {
  place.replaceChildren();
  const found = { open: false, refused: 0 };
  for (const one of await envelopes()) {
    const act = readAct(parseEnvelope(one.bytes).payload);
    if (act.stream !== stream) continue;
    const taken = chain.find(({ act: { version } }) => version === act.version);
    const lost = taken && JSON.stringify(taken.act) !== JSON.stringify(act);
    if (one.refused === undefined) {
      found.open ||= !lost;
      place.append(lost ? lostCard(one, act, gone) : waitingCard(one, act, about(chain), done, gone));
    } else if (lost) await dropEnvelope(one.bytes);
    else {
      found.refused += taken ? 0 : 1;
      place.append(taken ? brokenCard(one, act, taken, gone) : refusedCard(one, act, gone));
    }
  }
  return found;
}

const nameOf = ({ kind }) => (Object.hasOwn(KINDS, kind) ? KINDS[kind].name : kind);
const titled = ({ at }, act) => t("{what}, ditandatangani {when}", { what: nameOf(act), when: moment(at) });
/** What the case is about, by its verified opening. */
const about = (chain) => chain[0]?.act.body.subject ?? "";

function waitingCard(one, act, subject, done, gone) {
  const send = make("button", { type: "button", "data-do": "send" }, t("Kirim sekarang"));
  const card = make(
    "section",
    { class: "card" },
    make("h2", {}, t("Sudah ditandatangani, belum pasti tercatat")),
    make("p", {}, titled(one, act)),
    subject ? make("p", {}, make("strong", {}, subject)) : null,
    make("p", {}, t("Jangan tandatangani lagi. Dikirim lagi dengan sendirinya begitu ada sambungan. Yang dikirim bita yang sama, jadi tidak pernah tercatat dua kali.")),
    make("p", { class: "actions" }, send),
  );
  send.addEventListener("click", async () => {
    send.disabled = true;
    const told = makeNotice(card, t("Mengirim …"));
    try {
      const receipt = await submit(one.bytes, one.about);
      card.remove();
      await done(receipt, one.bytes);
    } catch (fault) {
      told.fault(describe(fault));
      const [now] = (await envelopes()).filter(({ at, refused }) => at === one.at && refused !== undefined);
      if (now) card.replaceWith(refusedCard(now, act, gone));
      else send.disabled = false;
    }
  });
  // Whoever signed it wants it sent: nobody should have to watch for the line to come back.
  addEventListener("online", () => card.isConnected && send.click());
  return card;
}

function lostCard(one, act, gone) {
  const why = t("Perkara sudah maju: tindakan ke-{version} ditempati tindakan lain, jadi tanda tangan ini tidak dapat dicatat lagi.", act);
  return card(t("Tidak tercatat"), one, act, [make("p", { class: "notice bad" }, why)], t("Buang tanda tangan ini"), gone);
}

function refusedCard(one, act, gone) {
  const kept = t("Ditolak layanan, tetapi masih dapat dipakai selama tempatnya (tindakan ke-{version} perkara ini) kosong. Penolakan bukan bukti bahwa layanan membuangnya. Bila Anda menandatangani lagi di tempat itu, hanya salah satu yang dapat tercatat.", act);
  const parts = [make("p", { class: "notice bad" }, one.refused), make("p", {}, kept)];
  return card(t("Ditolak, belum tercatat"), one, act, parts, t("Jangan ingatkan lagi"), gone);
}

/** The service said no, and the verified chain says that it was yes. */
function brokenCard(one, act, { index }, gone) {
  const words = t("Layanan menyatakan tindakan ini ditolak, padahal TERCATAT dalam riwayat yang terbukti (daun {index}). Perlakukan sebagai tindakan Anda, dan tunjukkan halaman ini kepada pendaftar dan pemeriksa.", { index });
  return card(t("TERCATAT, PADAHAL DIKATAKAN DITOLAK"), one, act, [make("p", { class: "notice bad", role: "alert" }, make("strong", {}, words)), make("p", {}, one.refused)], t("Sudah saya laporkan"), gone);
}

function card(title, one, act, parts, words, gone) {
  const drop = make("button", { type: "button", class: "second" }, words);
  const made = make("section", { class: "card" }, make("h2", {}, title), make("p", {}, titled(one, act)), ...parts, make("p", { class: "actions" }, drop));
  drop.addEventListener("click", async () => {
    await dropEnvelope(one.bytes);
    made.remove();
    await gone();
  });
  return made;
}
