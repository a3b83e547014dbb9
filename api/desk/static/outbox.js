/** Envelopes that were signed here and whose receipt is not proved yet: sent again as they are, or dropped by hand. */
import { readAct } from "./act.js";
import { moment } from "./act_look.js";
import { parseEnvelope } from "./envelope.js";
import { submit } from "./ledger.js";
import { make, makeNotice } from "./page.js";
import { dropEnvelope, envelopes } from "./store.js";
import { describe, t } from "./words.js";

/**
 * Show in `place` every envelope of `stream` that waits here; return whether there is one that may still be recorded.
 *
 * `chain` is the verified chain of the stream: where another act stands in an envelope's place, it says so and offers
 * to drop it. `done(receipt, about)` is called when one was sent and proved, `gone()` when one was dropped.
 */
export async function showWaiting(place, stream, chain, { done, gone }) {
  place.replaceChildren();
  const kept = await envelopes();
  let open = false;
  for (const one of kept) {
    const act = readAct(parseEnvelope(one.bytes).payload);
    if (act.stream !== stream) continue;
    const taken = chain.find(({ act: { version } }) => version === act.version);
    const lost = taken && JSON.stringify(taken.act) !== JSON.stringify(act);
    open ||= !lost;
    place.append(lost ? lostCard(one, act, gone) : waitingCard(one, act, done, gone));
  }
  return open;
}

const titled = ({ about, at }) => t("{what}, ditandatangani {when}", { what: about.name ?? about.kind, when: moment(at) });

function waitingCard(one, act, done, gone) {
  const send = make("button", { type: "button" }, t("Kirim sekarang"));
  const card = make(
    "section",
    { class: "card" },
    make("h2", {}, t("Sudah ditandatangani, belum pasti tercatat")),
    make("p", {}, titled(one)),
    make("p", {}, t("Jangan tandatangani lagi. Yang dikirim bita yang sama, jadi tidak pernah tercatat dua kali.")),
    make("p", { class: "actions" }, send),
  );
  send.addEventListener("click", async () => {
    send.disabled = true;
    const told = makeNotice(card, t("Mengirim …"));
    try {
      const receipt = await submit(one.bytes, one.about);
      card.remove();
      await done(receipt, one.about, one.bytes);
    } catch (fault) {
      told.fault(describe(fault));
      if (["refused", "conflict", "malformed"].includes(fault.kind)) card.replaceWith(refusedCard(one, fault, gone));
      else send.disabled = false;
    }
  });
  return card;
}

function lostCard(one, act, gone) {
  return cannot(one, t("Perkara sudah maju: tindakan ke-{version} ditempati tindakan lain, jadi tanda tangan ini tidak dapat dicatat lagi.", act), gone);
}

function refusedCard(one, fault, gone) {
  return cannot(one, [fault.detail, fault.allowed].filter(Boolean).join(" "), gone);
}

function cannot(one, why, gone) {
  const drop = make("button", { type: "button", class: "second" }, t("Buang tanda tangan ini"));
  const card = make(
    "section",
    { class: "card" },
    make("h2", {}, t("Tidak tercatat")),
    make("p", {}, titled(one)),
    make("p", { class: "notice bad" }, why),
    make("p", { class: "actions" }, drop),
  );
  drop.addEventListener("click", async () => {
    await dropEnvelope(one.bytes);
    card.remove();
    await gone();
  });
  return card;
}
