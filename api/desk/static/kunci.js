// The key page: make a key on this device, ask for it to be registered, see what this device trusts.
import { t, describe } from "./words.js";
import { makeKey, keysHere, forgetKey, isPersistent, keyRequest, fingerprint } from "./keys.js";
import { moment } from "./moment.js";
import { showPrint } from "./first_contact.js";
import { pinFromCard } from "./pinning.js";
import { signOut, signOutEverywhere, whoIsIn } from "./signin.js";
import { supported } from "./ed25519.js";
import { make, makeNotice, save } from "./page.js";

const place = document.getElementById("kunci");
const card = JSON.parse(place.dataset.card);
const signedIn = document.body.dataset.official;

/** Say who is signed in and where else they are, with a way out of here and of everywhere. */
async function showSession(part) {
  part("session").hidden = false;
  const leave = (button, out) =>
    button.addEventListener("click", async () => {
      try {
        await out();
        location.assign("/");
      } catch (fault) {
        makeNotice(part("session"), "").fault(describe(fault));
      }
    });
  leave(part("sign-out"), signOut);
  leave(part("everywhere"), signOutEverywhere);
  try {
    const { name, elsewhere } = await whoIsIn();
    part("signed-in").textContent = t("Anda masuk sebagai {name} ({official}).", { name: String(name), official: signedIn });
    if (!elsewhere?.length) return;
    part("elsewhere").hidden = false;
    part("since").textContent = t("Anda juga masuk di {n} tempat lain, sejak {when}. Bukan Anda? Keluarlah dari semuanya.", {
      n: elsewhere.length,
      when: elsewhere.map(moment).join("; "),
    });
  } catch (fault) {
    makeNotice(part("session"), "").fault(describe(fault));
  }
}

async function show(made = null) {
  place.replaceChildren(document.getElementById("bentuk-kunci").content.cloneNode(true));
  const part = (name) => place.querySelector(`[data-part=${name}]`);
  if (signedIn) await showSession(part);
  if (!card.origin) return void part("make").replaceWith(make("p", { class: "notice" }, t("Buku besar ini belum didirikan.")));
  if (!(await supported())) {
    part("make").replaceWith(
      make("p", { class: "notice bad" }, t("Peramban ini belum dapat membuat kunci Ed25519, atau halaman ini tidak dibuka lewat https.")),
    );
    return;
  }
  const offer = async (key) => {
    part("made").hidden = false;
    part("whose").textContent = t("Kunci baru milik {official} untuk {ledger}:", { official: key.official, ledger: card.origin });
    part("fingerprint").textContent = await fingerprint(key.publicKey);
    const request = await keyRequest(key, card.origin);
    part("save").onclick = () => save(`permintaan-kunci-${key.official}.json`, "application/json", request);
    part("print").onclick = () => print();
    part("made").focus();
    part("made").scrollIntoView({ block: "nearest" });
  };
  const keys = await keysHere();
  part("have").hidden = !keys.length;
  for (const key of keys) {
    const again = make("button", { type: "button", class: "second" }, t("Permintaan kunci"));
    again.addEventListener("click", () => offer(key));
    const forget = make("button", { type: "button", class: "second" }, t("Hapus dari perangkat ini"));
    forget.addEventListener("click", async () => {
      if (!confirm(t("Hapus kunci {official}? Kunci ini tidak dapat dikembalikan.", { official: key.official }))) return;
      await forgetKey(key.keyid);
      await show();
    });
    part("list").append(
      make("div", {}, make("p", {}, make("strong", {}, key.official), make("br"), make("small", { class: "digest" }, await fingerprint(key.publicKey))), make("p", { class: "actions" }, again, forget)),
    );
  }
  if (keys.some(({ where }) => where === "device") && !(await isPersistent()))
    part("list").append(
      make("p", {}, make("small", {}, t("Peramban ini tidak berjanji menyimpan kunci bila ruang perangkat habis. Jangan hapus data situs ini; bila kuncinya hilang, mintalah kunci baru kepada pendaftar."))),
    );
  if (made) await offer(made);
  await pinFromCard(card);
  part("ledger").hidden = false;
  await showPrint(part("pins"), card);
  for (const name of ["origin", "vkey", "founding"]) part(name).textContent = card[name];
  part("make").addEventListener("submit", async (event) => {
    event.preventDefault();
    const told = makeNotice(part("make"), t("Membuat kunci …"));
    try {
      const key = await makeKey(part("make").querySelector("#nama").value);
      told.done();
      await show(key);
    } catch (fault) {
      told.fault(describe(fault));
    }
  });
}

show().catch((fault) => makeNotice(place, "").fault(describe(fault)));
