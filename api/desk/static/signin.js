/**
 * Signing in and out: a key signs a challenge, and the service keeps the session in a cookie that no script reads.
 *
 * What the service says of itself is not believed: the statement (keys/signin.py) names the ledger that this device
 * pinned and the origin of this very page, so it serves nobody who passes a challenge on.
 */
import { seal } from "./envelope.js";
import { Fault } from "./faults.js";
import { get, post, remove, unreadable } from "./service.js";
import { keepSignedIn, pinned } from "./store.js";
import { spell } from "./strict_json.js";
import { t } from "./words.js";

const PAYLOAD_TYPE = "application/vnd.jejak.signin.v1+json";
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/** Sign in with `key` and return the session, {official, since, until}; throws what the service refuses with. */
export async function signIn(key) {
  try {
    return await answered(key);
  } catch (fault) {
    // The challenge is used up: an answer was lost, and the statement that was sent again came too late.
    if (fault.rule !== "signin.challenge") throw fault;
    return answered(key);
  }
}

/** End the session; its cookie is good for nothing from here on. */
export async function signOut() {
  await remove("/v1/session");
  await keepSignedIn(null);
}
/** End every session of whoever is signed in, on all devices. */
export async function signOutEverywhere() {
  await remove("/v1/sessions");
  await keepSignedIn(null);
}
/** Return {name, elsewhere}: as the service calls whoever is signed in, and since when they are so elsewhere. */
export const whoIsIn = async () => (await get("/v1/session")).json();

async function answered(key) {
  const trusted = await pinned();
  if (!trusted)
    throw new Fault("missing", "client.unpinned", t("Perangkat ini belum mengenal buku besar ini."));
  const asked = (await post("/v1/challenges", new Uint8Array())).json();
  // Nobody gets other words signed by calling them a challenge.
  if (typeof asked?.challenge !== "string" || !CHALLENGE.test(asked.challenge)) throw unreadable(t("tantangan masuk."));
  const { official } = key;
  const statement = { ledger: trusted.origin, audience: location.origin, official, challenge: asked.challenge };
  const sealed = await seal(PAYLOAD_TYPE, spell(statement), key);
  const said = (await post("/v1/sessions/browser", sealed, { "Content-Type": "application/json" })).json();
  if (said?.official !== official || typeof said.until !== "string") throw unreadable(t("tanda masuk."));
  await keepSignedIn(official);
  return said;
}
