/** Parts of our own pages, fetched as pages are: parsed apart from the page, so that nothing in them runs. */
import { Fault } from "./faults.js";
import { t } from "./words.js";

/**
 * Return the element `id` of the page at `path` (of this service), ready to stand in this page.
 *
 * Throws a Fault: "unavailable" where the line is lost, "refused" where the page says something else, such as that one
 * must sign in first. `signal` aborts it, by the error of the browser.
 */
export async function fetchPart(path, id, signal) {
  let response, said;
  try {
    response = await fetch(path, { signal, redirect: "manual", headers: { Accept: "text/html" } });
    said = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Fault("unavailable", "client.unreachable", t("Layanan tidak dapat dihubungi."), t("Periksa sambungan, lalu coba lagi."));
  }
  const found = response.ok && new DOMParser().parseFromString(said, "text/html").getElementById(id);
  if (found) return document.importNode(found, true);
  throw new Fault("refused", "client.page", t("Layanan tidak memberi bagian halaman ini."), t("Muat ulang halaman ini."));
}
