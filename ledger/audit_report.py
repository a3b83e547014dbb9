"""What an audit says: each finding with its leaf and rule, the verdicts counted, what was not looked at. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED

BROKEN = CONTRADICTED
NOT_JUDGED = UNJUDGED
#: What a finding about a verdict is about.
SIGNATURE, AUTHORITY = "signature", "authority"

#: What an audit comes to: all is proved, all from a leaf on, nothing is new since an earlier audit, not all is proved.
ALL, SINCE, NOTHING_NEW, NOT_ALL = "proved", "proved_since", "nothing_new", "not_proved"

#: The steps of an audit by their numbers (:mod:`ledger.audit`), as people are told of them.
STEPS = {
    1: "urutan daun dan bentuk entri",
    2: "sidik daun",
    3: "pohon sidik",
    4: "segel",
    5: "kolom penyimpanan",
    6: "tanda tangan",
    7: "wewenang",
    8: "sambungan dan segel yang dilihat",
    9: "aturan register dan SOP",
    10: "dokumen",
    11: "urutan waktu catat",
    12: "tampilan",
}
FRAMING, HASHES, TREE, CHECKPOINTS, COLUMNS, SIGNATURES, POWERS, CHAIN, PROCEDURE, DOCUMENTS, TIME, VIEWS = STEPS


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, at which leaf (None: about the store as a whole), by which rule, found by which step.

    ``about`` is ``signature`` or ``authority`` where the finding is the verdict on that, None of anything else.
    ``among`` are the first and the last of the leaves of which one was changed, where a root is what tells. ``notes``
    are checkpoints, verbatim, that prove it by themselves: two of one size with two roots, both signed by the log.
    ``document`` is the name of the document that could not be read, where the sentence says only why.
    """

    leaf: int | None
    rule: str
    verdict: str
    sentence: str
    about: str | None = None
    step: int = FRAMING
    among: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A checkpoint that was brought and held against the log: its size, its root (base64), where it was kept."""

    size: int
    root: str
    source: str
    matched: bool


@dataclass(frozen=True, slots=True)
class Questioned:
    """An act that a later revocation of its key (at leaf ``revoked``) puts in question: for people to decide."""

    leaf: int
    stream: str
    kind: str
    official: str
    keyid: str
    revoked: int
    sentence: str


def broken(leaf: int | None, step: int, rule: str, sentence: str, about: str | None = None) -> Finding:
    """Return the finding of what does not hold."""
    return Finding(leaf, rule, BROKEN, sentence, about, step)


def another_root(leaf: int, step: int, rule: str, sentence: str, agreed: int, size: int) -> Finding:
    """Return the finding of a root of ``size`` leaves that is another here, while that of ``agreed`` is the same."""
    return Finding(leaf, rule, BROKEN, sentence, None, step, (agreed, size - 1) if agreed < size else None)


def unjudged(leaf: int, step: int, rule: str, sentence: str, about: str | None = None) -> Finding:
    """Return the finding of what can be neither proved nor disproved."""
    return Finding(leaf, rule, NOT_JUDGED, sentence, about, step)


def lost(leaf: int, what: str = "alur ini") -> Finding:
    """Return the finding of an act that comes after one that does not hold."""
    return unjudged(leaf, PROCEDURE, "audit.lost", f"Tindakan sebelumnya dalam {what} rusak.")


def _none_yet() -> dict[str, int]:
    return {PROVED: 0, BROKEN: 0, NOT_JUDGED: 0}


@dataclass(slots=True)
class Report:
    """What an audit found. ``sound`` only if nothing was found and there was something to look at.

    ``unsealed_from`` is the first leaf that no checkpoint vouches for any more: there the tree stops to follow from
    the leaves, and nothing from there on counts as verified. ``verified_from`` is the first leaf that was verified in
    this run; what is below it an audit found sound that the auditor kept, and it was not verified again: where that is
    all there is, nothing was proved of any leaf in this run (``conclusion``).
    ``predecessor`` is what leaf 0 says of a ledger before this one, in words, "" where it names none.
    ``synthetic`` is what leaf 0 says, None where it cannot be read; ``newest_recorded_at`` is the last leaf's time, as
    its entry spells it, "" where that cannot be read. ``signature`` and ``authority`` count the leaves from
    ``verified_from`` by verdict. ``checkpoint`` is the newest checkpoint, verbatim, for whoever keeps it: only of a log
    that is sound. ``founding_pinned`` tells whether somebody said which founding it must have, ``remembered`` which
    checkpoints were held against it and whether they fit. ``questioned`` are acts that are in question, which
    changes no verdict. ``inapplicable`` are the numbers of the steps that were not run, each with why. ``took`` is not
    said with the rest: seconds of wall time for ``leaves`` (steps 1 to 8) and ``conformance`` (9 and 10), by
    ``workers`` processes.
    """

    leaves: int = 0
    root: str = ""
    founding: str = ""
    unsealed_from: int | None = None
    verified_from: int = 0
    synthetic: bool | None = None
    predecessor: str = ""
    newest_recorded_at: str = ""
    checkpoint: str = ""
    signature: dict[str, int] = field(default_factory=_none_yet)
    authority: dict[str, int] = field(default_factory=_none_yet)
    findings: list[Finding] = field(default_factory=list)
    founding_pinned: bool = False
    remembered: list[Held] = field(default_factory=list)
    questioned: list[Questioned] = field(default_factory=list)
    inapplicable: dict[int, str] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)
    workers: int = 1

    @property
    def broken(self) -> bool:
        """Tell whether something does not hold, or the store is empty."""
        return self.leaves == 0 or any(one.verdict == BROKEN for one in self.findings)

    @property
    def sound(self) -> bool:
        """Tell whether every leaf is verified, now or by an audit that was kept, and nothing else is in doubt."""
        return self.leaves > 0 and not self.findings

    @property
    def conclusion(self) -> str:
        """Return what the audit comes to: :data:`ALL`, :data:`SINCE`, :data:`NOTHING_NEW` or :data:`NOT_ALL`."""
        if not self.sound:
            return NOT_ALL
        if self.verified_from == 0:
            return ALL
        return SINCE if self.verified_from < self.leaves else NOTHING_NEW

    @property
    def verified(self) -> int:
        """Return the number of leaves that were verified in this run; none while the store itself is in doubt.

        Views are made from leaves and prove nothing: what is found about them is about no leaf.
        """
        doubted = {one.leaf for one in self.findings if one.step != VIEWS}
        if None in doubted:
            return 0
        leaves = range(self.verified_from, self.leaves if self.unsealed_from is None else self.unsealed_from)
        return len(leaves) - len(doubted.intersection(leaves))

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "leaves": self.leaves,
            "verified": self.verified,
            "verified_from": self.verified_from,
            "sound": self.sound,
            "conclusion": self.conclusion,
            "root": self.root,
            "founding": self.founding,
            "unsealed_from": self.unsealed_from,
            "synthetic": self.synthetic,
            "predecessor": self.predecessor,
            "newest_recorded_at": self.newest_recorded_at,
            "checkpoint": self.checkpoint,
            "signature": dict(self.signature),
            "authority": dict(self.authority),
            "findings": [asdict(one) for one in self.findings],
            "founding_pinned": self.founding_pinned,
            "remembered": [asdict(one) for one in self.remembered],
            "questioned": [asdict(one) for one in self.questioned],
            "inapplicable": [STEPS[step] for step in self.inapplicable],
            "not_run": [{"step": step, "name": STEPS[step], "why": why} for step, why in self.inapplicable.items()],
        }
