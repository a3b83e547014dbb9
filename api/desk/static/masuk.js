// The sign-in page: a key of this device, or a key file that is opened here, signs a challenge.
import { t, describe } from "./words.js";
import { keysHere, keepOpened } from "./keys.js";
import { openKeyfile } from "./keyfile.js";
import { supported } from "./ed25519.js";
import { signIn } from "./signin.js";
import { makeNotice, make } from "./page.js";
import { showPrint } from "./first_contact.js";
import { pinFromCard } from "./pinning.js";
import { comparedAt } from "./store.js";

const place = document.getElementById("masuk");
const card = JSON.parse(place.dataset.card);

/**
 * Tell whether somebody is signed in: a link from outside brings no cookie (SameSite=Strict), a request from here does.
 * This very page is asked, which answers everybody; without a line nobody is known to be.
 */
async function already() {
  try {
    const said = await (await fetch(location.pathname)).text();
    return Boolean(new DOMParser().parseFromString(said, "text/html").body.dataset.official);
  } catch {
    return false;
  }
}

/** Sign in with `key`; what is said about it stands below `below`, and what was said before is taken back. */
async function enter(key, button, below) {
  place.querySelectorAll(".notice.told").forEach((one) => one.remove());
  button.disabled = true;
  const told = makeNotice(below, t("Sedang masuk …"));
  try {
    await pinFromCard(card);
    await signIn(key);
    location.assign(place.dataset.lanjut || "/meja");
  } catch (fault) {
    told.fault(describe(fault));
    button.disabled = false;
  }
}

async function show() {
  place.querySelector(".scripted")?.remove();
  if (!card.origin) return void makeNotice(place, t("Buku besar ini belum didirikan."));
  if (!(await supported())) {
    makeNotice(place, "").fault({
      title: t("Peramban ini belum dapat menandatangani"),
      detail: t("Ed25519 tidak ada di peramban ini, atau halaman ini tidak dibuka lewat https."),
      allowed: t("Pakai Chrome atau Edge 137, Firefox 129, Safari 17 atau yang lebih baru, lewat https."),
    });
    return;
  }
  if (place.dataset.lanjut && (await already())) {
    location.replace(place.dataset.lanjut);
    return;
  }
  place.append(document.getElementById("bentuk-masuk").content.cloneNode(true));
  const part = (name) => place.querySelector(`[data-part=${name}]`);
  if (!(await comparedAt())) {
    part("first").hidden = false;
    await showPrint(part("pins"), card);
  }
  const keys = await keysHere();
  part("device").hidden = !keys.length;
  for (const key of keys) {
    const button = make("button", { type: "button" }, t("Masuk sebagai {official}", { official: key.official }));
    button.addEventListener("click", () => enter(key, button, part("list")));
    part("list").append(make("p", {}, button, " ", make("small", {}, t("kunci {id}", { id: key.keyid.slice(0, 8) }))));
  }
  part("file").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button");
    place.querySelectorAll(".notice.told").forEach((one) => one.remove());
    button.disabled = true;
    const told = makeNotice(form, t("Membuka berkas kunci …"));
    try {
      const bytes = new Uint8Array(await form.querySelector("#berkas").files[0].arrayBuffer());
      const key = await openKeyfile(bytes, form.querySelector("#sandi").value);
      if (form.querySelector("#simpan").checked) await keepOpened(key);
      told.done();
      await enter(key, button, form);
    } catch (fault) {
      told.fault(describe(fault));
      button.disabled = false;
    }
  });
}

show().catch((fault) => makeNotice(place, "").fault(describe(fault)));
