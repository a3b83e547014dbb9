/** Modules that are asked for when they are needed: what most readers of a page never use does not cost them a line. */
import { Fault } from "./faults.js";
import { t } from "./words.js";

/** Return (a promise) what `module`, the promise of an import(), gives; unavailable (client.module) on a lost line. */
export const later = (module) =>
  module.catch((error) => {
    if (error instanceof Fault) throw error;
    throw new Fault("unavailable", "client.module", t("Bagian halaman ini belum terambil: layanan tidak dapat dihubungi."), t("Periksa sambungan, lalu coba lagi. Bila tetap begitu, muat ulang halaman: yang sudah diketik tetap tersimpan."));
  });
