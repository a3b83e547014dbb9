/** The part of a page where a person compares what this device trusts with the registrar's card. */
import { moment } from "./moment.js";
import { make, makeNotice } from "./page.js";
import { confirmCard, pinPrint } from "./pinning.js";
import { comparedAt } from "./store.js";
import { describe, t } from "./words.js";

/** Show in `place` the print of `card` and whether somebody compared it; a button says that it was. */
export async function showPrint(place, card) {
  const at = await comparedAt();
  const shown = [make("p", { class: "fingerprint" }, await pinPrint(card))];
  if (at) shown.push(make("p", { class: "notice good" }, t("Dicocokkan dengan kartu pada {when}.", { when: moment(at) })));
  else {
    const same = make("button", { type: "button", class: "second" }, t("Sama dengan kartu saya"));
    same.addEventListener("click", async () => {
      try {
        await confirmCard(card);
        await showPrint(place, card);
      } catch (fault) {
        makeNotice(place, "").fault(describe(fault));
      }
    });
    shown.push(
      make("p", {}, t("Belum dicocokkan: sampai saat itu perangkat ini percaya kepada yang pertama kali ditunjukkan layanan.")),
      make("p", { class: "actions" }, same),
      make("p", {}, make("small", {}, t("Belum punya kartunya? Mintalah sidik patokan kepada pendaftar, tidak lewat layanan ini. Bila berbeda, jangan menandatangani apa pun."))),
    );
  }
  place.replaceChildren(...shown);
}
