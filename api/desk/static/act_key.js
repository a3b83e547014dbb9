/** The key with which an act is signed: one of this device, or one from a file that is opened here and now. */
import { wrong } from "./act_form.js";
import { supported } from "./ed25519.js";
import { Fault } from "./faults.js";
import { keyFromFile, keysHere } from "./keys.js";
import { make, makeNotice } from "./page.js";
import { signedIn } from "./store.js";
import { describe, t } from "./words.js";

/**
 * Offer the keys of `official` in `place`; `use(key)` is called with the one that is chosen, `say(state, words)` with
 * how it stands: "ok", "open" or "bad".
 *
 * Who is signed in is what this device remembers, where it does: a page that says somebody else gets no key at all. On a
 * device with keys of several officials none is taken by itself; each is named by its official.
 */
export async function offerKeys(place, official, { use, say }) {
  const part = (name) => place.querySelector(`[data-at=${name}]`);
  const short = (key) => t("kunci {id} milik {official}", { id: key.keyid.slice(0, 8), official: key.official });

  function take(key) {
    use(key);
    const choice = place.querySelector(`#kunci-${key.keyid.slice(0, 8)}`);
    if (choice) choice.checked = true;
    say("ok", key.where === "file" ? t("{key}, dibuka dari berkas, hanya di halaman ini", { key: short(key) }) : t("{key} di perangkat ini", { key: short(key) }));
  }

  function choiceOf(key) {
    const id = `kunci-${key.keyid.slice(0, 8)}`;
    const choice = make("input", { type: "radio", name: "kunci", id, value: key.keyid });
    choice.addEventListener("change", () => take(key));
    return make("p", { class: "check" }, choice, " ", make("label", { for: id }, short(key)));
  }

  async function openFile(event) {
    event.preventDefault();
    const told = makeNotice(part("key-file"), t("Membuka berkas kunci …"));
    const secret = place.querySelector("#kunci-sandi");
    try {
      const [file] = place.querySelector("#kunci-berkas").files;
      if (!file) throw wrong("", t("Pilih berkas kunci dahulu."));
      const key = await keyFromFile(new Uint8Array(await file.arrayBuffer()), secret.value);
      if (key.official !== official)
        throw new Fault("refused", "authority.official", t("Berkas itu kunci {official}, bukan kunci Anda.", key), t("Tandatangani dengan kunci sendiri."));
      secret.value = "";
      told.done();
      part("key-state").textContent = t("Kunci Anda sudah dibuka.");
      part("key-list").replaceChildren(choiceOf(key));
      part("key-file").hidden = true;
      take(key);
    } catch (fault) {
      told.fault(describe(fault));
      say("open", t("belum dibuka"));
    }
  }

  if (!(await supported())) {
    part("key-state").textContent = t("Peramban ini belum dapat menandatangani: pakai Chrome atau Edge 137, Firefox 129, Safari 17 atau yang lebih baru, lewat https.");
    say("bad", t("peramban ini belum dapat menandatangani"));
    return;
  }
  const [here, remembered] = await Promise.all([keysHere(), signedIn()]);
  if (!official || (remembered && remembered !== official)) {
    part("key-state").textContent = t("Yang masuk di perangkat ini {remembered}; halaman ini dibuat untuk {official}. Tidak ada kunci yang dipakai. Masuk lagi.", { remembered: remembered ?? "–", official: official || "–" });
    say("bad", t("halaman ini untuk pejabat lain dari yang masuk di perangkat ini"));
    return;
  }
  part("key-file").addEventListener("submit", openFile);
  part("key-file").hidden = false;
  const own = here.filter((key) => key.official === official);
  part("key-list").replaceChildren(...own.map(choiceOf));
  part("key-state").textContent = own.length ? t("Kunci di perangkat ini, atau buka berkas kunci Anda:") : t("Tidak ada kunci Anda di perangkat ini. Buka berkas kunci Anda.");
  if (own.length === 1 && here.length === 1) take(own[0]);
  else say("open", t("pilih atau buka kunci Anda"));
}
