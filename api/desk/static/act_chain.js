/**
 * What a verified chain of acts says of the next one.
 *
 * Only what the acts themselves say is read here: the newest draft, the return that is open, the round, what was
 * ordered. Whose turn it is follows from the SOP, and the ledger judges it.
 */

const DRAFTING = new Set(["concept.drafted", "concept.typed", "concept.revised", "activity.performed"]);
/** Kinds that stand on the document that their case holds, and name it (STANDING of api/desk/act_forms.py). */
export const STANDING = new Set([
  "typing.reviewed",
  "paraf.given",
  "signature.given",
  "distribution.ordered",
  "agenda.ordered",
  "agenda.recorded",
  "dispatch.recorded",
  "document.returned",
  "activity.decided",
]);
/** Kinds that open a case (ledger/sop.py). */
export const OPENING = new Set(["disposition.issued", "activity.performed"]);

/**
 * Return what the acts of a case (ledger.place().chain) make of it: {document, round, returned, back, decided, sop,
 * copies, signature}. document: the newest draft's reference or null; returned: leaf of the newest return or null, back
 * the newest that says why, {official, step, reason, at}; mended: whether what came after it was approved; decided:
 * leaves of decisions of any SOP, of which only the SOP says whether they return.
 */
export function standing(chain) {
  const now = { document: null, round: 1, returned: null, back: null, mended: false, decided: [], sop: null, copies: {}, signature: null };
  for (const { leaf, act, recordedAt: at } of chain) {
    const { kind, body, official } = act;
    now.sop ??= body.sop ?? null;
    if (DRAFTING.has(kind) && body.document) now.document = body.document;
    if (kind === "document.returned" || (kind === "typing.reviewed" && body.decision === "returned")) {
      now.returned = leaf;
      now.round += 1;
    }
    if (["document.returned", "typing.reviewed", "activity.decided"].includes(kind) && body.reason) {
      now.back = { official, step: body.step, reason: body.reason, at };
      now.mended = false;
    }
    if (kind === "typing.reviewed" && body.decision === "approved") now.mended = true;
    if (kind === "activity.decided") now.decided.push(leaf);
    if (kind === "signature.given") now.signature = leaf;
    if (kind === "distribution.ordered") now.copies = Object.fromEntries(body.addressees.map(({ name, copies }) => [name, copies]));
  }
  return now;
}

/** Return what `field` (a path) of the act at `leaf` says now, with all corrections of it; undefined where it is not there. */
export function saidNow({ leaf, field }, chain) {
  const slip = chain.find((one) => one.leaf === leaf);
  const own = (part, name) => (part && Object.hasOwn(part, name) ? part[name] : undefined);
  const first = field.split(".").reduce(own, slip?.act.body);
  return chain
    .map(({ act }) => act)
    .filter(({ kind, body }) => kind === "correction.recorded" && body.leaf === leaf && body.field === field)
    .reduce((_, { body }) => body.new, first);
}
