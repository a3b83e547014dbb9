/**
 * Every fault that these modules raise on purpose, of the kinds that keys/errors.py draws. Any other error is our bug.
 *
 * kind    "malformed" | "forged" | "refused" | "conflict" | "missing" | "unavailable" | "unjudged", and "unsupported"
 *         where the browser lacks what is needed
 * rule    the stable dotted name that Python uses too
 * detail  what is wrong, for a person; allowed: what would be accepted instead
 * facts   values a program may want
 */
export class Fault extends Error {
  constructor(kind, rule, detail, allowed = "", facts = {}) {
    super(detail);
    Object.assign(this, { name: "Fault", kind, rule, detail, allowed, facts });
  }
}

/** Return the fault of bytes or values that are not in the one accepted form. */
export const malformed = (rule, detail, allowed, facts) => new Fault("malformed", rule, detail, allowed, facts);

/** Return the fault of bytes that do not prove what they claim. */
export const forged = (rule, detail, facts) => new Fault("forged", rule, detail, "", facts);
