/** Signing an act: composed here from what was verified here, and signed; nothing is asked of the service. */
import { PAYLOAD_TYPE, composeAct, nowInWib } from "./act.js";
import { seal } from "./envelope.js";

/**
 * Return the bytes of the envelope in which `key` signs the next act of `stream`, to be sent with ledger.submit.
 *
 * `place` is what ledger.place(stream) verified: the act names its version + 1, its newest leaf and its checkpoint.
 * `body` is the act's own data in the order of its kind (ledger/bodies.py). Throws a Fault "malformed".
 */
export async function signAct({ key, mandate, stream, kind, body, place }) {
  if (place.stream !== stream) throw new Error(`a place of ${place.stream} is none of ${stream}`);
  const payload = await composeAct({
    ledger: place.checkpoint.origin,
    seen: place.seen,
    stream,
    version: place.version + 1,
    previous: place.previous,
    kind,
    official: key.official,
    mandate,
    occurredAt: nowInWib(),
    body,
  });
  return seal(PAYLOAD_TYPE, payload, key);
}
