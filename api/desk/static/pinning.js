// What this device believes of a ledger: pinned once, at first contact, and never changed by a service.
import { pinned, pin } from "./store.js";
import { Fault } from "./faults.js";
import { t } from "./words.js";

/** Pin what the service shows where nothing is pinned; throw a Fault where something else is. */
export async function pinFromCard(card) {
  const known = await pinned();
  if (!known) return void (await pin(card));
  if (known.origin !== card.origin || known.vkey !== card.vkey || known.founding !== card.founding)
    throw new Fault(
      "forged",
      "client.pin",
      t("Layanan ini menunjukkan buku besar lain dari yang dipercaya perangkat ini."),
      t("Jangan menandatangani apa pun; tanyakan kepada pendaftar."),
    );
}
