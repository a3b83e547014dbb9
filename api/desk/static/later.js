/** Modules that are asked for when they are needed: what most readers of a page never use does not cost them a line. */
import { Fault } from "./faults.js";
import { t } from "./words.js";

/**
 * Return (a promise) what the modules of these names give together; unavailable (client.module) on a lost line. Whoever
 * asks names what those import, too: then all come in one round trip, which a weak line takes two seconds for.
 */
export async function later(...names) {
  try {
    return Object.assign({}, ...(await Promise.all(names.map((name) => import(`./${name}.js`)))));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // so a browser says a lost line, and nothing of ours
    throw new Fault("unavailable", "client.module", t("Bagian halaman ini belum terambil: layanan tidak dapat dihubungi."), t("Periksa sambungan, lalu coba lagi. Bila tetap begitu, muat ulang halaman: yang sudah diketik tetap tersimpan."));
  }
}
