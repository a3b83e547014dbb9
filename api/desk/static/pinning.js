/**
 * What this device believes of a ledger: pinned once, at first contact, and never changed by a service.
 *
 * At first contact nothing but the service says which ledger it is. So it is pinned, and it is said everywhere that
 * nobody compared it, until a person says that its print is the one on the registrar's card.
 */
import { hex, sha256, utf8 } from "./bytes.js";
import { Fault } from "./faults.js";
import { comparedAt, keepCompared, pin, pinned } from "./store.js";
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

/** Return the print of pins (a promise), as it stands on the registrar's card: Pins.fingerprint of api/remembered.py. */
export async function pinPrint({ vkey, founding }) {
  return hex(await sha256(utf8(`${vkey}\n${founding}\n`))).slice(0, 32).match(/.{4}/g).join(" ");
}

/** Pin what the service shows, and remember that a person found its print on their card. */
export async function confirmCard(card) {
  await pinFromCard(card);
  await keepCompared();
}

/** Return "" if a person compared what is pinned, else the words that say that nobody did. */
export async function doubt() {
  return (await comparedAt()) ? "" : t("menurut patokan yang belum dicocokkan dengan kartu pendaftar");
}
