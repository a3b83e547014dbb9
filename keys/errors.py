"""Every fault that Jejak raises on purpose, drawn as a tree.

Three kinds of fault are kept apart, because three kinds of people must act on them::

    JejakError
    ├── Refused          the caller: well-meant input that a rule does not allow; nothing changed
    │   ├── Malformed        not in the one accepted form (framing, JSON, schema, size)
    │   ├── NotAllowed       a rule of the SOP, the register or the log says no
    │   ├── Conflict         the place is taken: another act has this version
    │   ├── NotFound         what is named is not here
    │   └── Unavailable      right, but not now: try again later
    ├── Forged           the adversary: bytes do not prove what they claim
    └── NotJudged        neither proved nor disproved: something needed to judge is missing

A fault that is none of these is our own bug; it is an ``AssertionError`` (or whatever Python raises) and
nobody catches it but the outermost handler, which says so.

User-facing text is Indonesian. ``rule`` is a stable dotted name ("envelope.order", "sop.kelengkapan") that
tests, logs and problem documents use; ``detail`` says in one or two plain sentences what is wrong;
``allowed`` says what would be accepted instead.
"""

from __future__ import annotations

from typing import Any


class JejakError(Exception):
    """A fault with a rule's name and words for a person.

    ``facts`` holds values a program may want (the present version, the leaf that is broken); they must be
    JSON values.
    """

    def __init__(self, rule: str, detail: str, *, allowed: str = "", **facts: Any) -> None:
        super().__init__(rule, detail, allowed, facts)
        self.rule = rule
        self.detail = detail
        self.allowed = allowed
        self.facts = facts

    def __str__(self) -> str:
        """Return the sentence and, where there is one, what would be allowed."""
        return f"{self.detail} {self.allowed}".strip()


class Refused(JejakError):
    """The caller's fault: a rule says no, the ledger is unchanged."""


class Malformed(Refused):
    """Bytes or values that are not in the one accepted form."""


class NotAllowed(Refused):
    """A rule of the SOP, the register or the log does not allow this now."""


class Conflict(Refused):
    """The place is taken by another act; ``facts`` names the present version."""


class NotFound(Refused):
    """What was named does not exist here."""


class Unavailable(Refused):
    """Nothing is wrong with the request, but it cannot be carried out now."""


class Forged(JejakError):
    """The adversary's fault: a signature, hash or proof does not hold."""


class NotJudged(JejakError):
    """A third verdict: something that is needed to judge is missing. Never shown as proved."""
