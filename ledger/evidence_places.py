"""Where the entries of a bundle stand in the log, and how far each stream in it is whole: proofs, and the log's word.

An index is what an inclusion proof says, and nothing else. A stream is chained by ``previous`` from version 1, so what
is there is complete up to its newest entry; that nothing newer stands below the checkpoint is the log's word alone
(:mod:`ledger.heads`). Where a stream is cut, has a gap, or the log's word does not hold, it is known only up to the
last entry of its unbroken beginning. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from keys.errors import Forged, JejakError
from ledger.acts import Act
from ledger.bundle import Bundle, Filed
from ledger.checkpoint import SignedCheckpoint, parse_hash
from ledger.heads import SignedHeads, open_heads, require_no_lie
from ledger.merkle import verify_consistency
from ledger.receipt import VerifiedReceipt, verify_receipt
from ledger.recorded import Recorded
from ledger.rule_words import place_in_words
from ledger.verdicts import CONTRADICTED, PROVED, Verdict
from ledger.wording import when


@dataclass(frozen=True, slots=True)
class Placed:
    """An act whose place is proved; made from an entry and a receipt that was verified for exactly its bytes."""

    filed: Filed
    proof: VerifiedReceipt
    recorded: Recorded = field(init=False)

    def __post_init__(self) -> None:
        assert self.proof.entry == self.filed.entry.data
        leaf = self.proof.leaf_hash.hex()
        object.__setattr__(self, "recorded", Recorded(self.proof.index, self.filed.entry, self.filed.act, leaf))

    @property
    def act(self) -> Act:
        """Return what the entry says."""
        return self.filed.act


@dataclass(frozen=True, slots=True)
class Known:
    """How far a stream is known: all its entries below any leaf up to ``until``; the newest of them; the verdict."""

    until: int
    newest: Placed | None
    verdict: Verdict


class Places:
    """The entries of a bundle as the checkpoint proves them; ``verdicts`` are by claimed index."""

    def __init__(self, bundle: Bundle, sealed: SignedCheckpoint) -> None:
        self._bundle = bundle
        self._sealed = sealed
        self._proofs = {one.old: one.proof for one in bundle.consistency}
        self._roots: dict[int, bytes] = {sealed.checkpoint.size: sealed.checkpoint.root}
        self.placed: dict[int, Placed] = {}
        self.verdicts: dict[int, Verdict] = {}
        newest_at: dt.datetime | None = None
        newest_of: dict[str, int] = {}
        for filed in bundle.entries:
            try:
                placed = Placed(filed, verify_receipt(filed.receipt, filed.entry.data, sealed.vkey))
                self.placed[filed.index] = placed
                self.verdicts[filed.index] = self._seen(placed.recorded, newest_at, newest_of.get(filed.act.stream))
                newest_at = max(filed.entry.recorded_at, newest_at or filed.entry.recorded_at)
                newest_of[filed.act.stream] = filed.index
            except JejakError as fault:
                self.verdicts[filed.index] = Verdict(CONTRADICTED, fault.detail, fault.rule)

    def of(self, stream: str) -> list[Placed]:
        """Return the placed entries of a stream, in leaf order."""
        return [one for one in self.placed.values() if one.act.stream == stream]

    def _seen(self, done: Recorded, newest_at: dt.datetime | None, own: int | None) -> Verdict:
        """Return the verdict on an act that is in the log: the time, and the checkpoint that its signer had seen."""
        size, seen = self._sealed.checkpoint.size, done.act.seen
        if newest_at is not None and done.entry.recorded_at < newest_at:
            return Verdict(CONTRADICTED, "Waktu catatnya mendahului waktu catat daun sebelumnya.", "entry.time")
        there = f"Daun {done.index} dari {size}"
        if seen is None:
            if done.index:
                return Verdict(CONTRADICTED, "Tindakan ini tidak menyebut segel yang dilihat.", "seen.missing")
            return Verdict(PROVED, f"{there}, yang mendirikan buku besar.")
        if seen.size > done.index or (own is not None and seen.size <= own):
            why = "Segel yang dilihat penandatangan tidak mungkin ada, atau lebih lama dari tindakan sebelumnya."
            return Verdict(CONTRADICTED, why, "seen.behind" if seen.size <= done.index else "seen.ahead")
        try:
            root = parse_hash(seen.root)
            self._continues(seen.size, root)
            self._roots[seen.size] = root
        except JejakError:
            why = f"Segel {seen.size} daun yang dilihat penandatangan tidak dilanjutkan segel ini: ada dua riwayat."
            return Verdict(CONTRADICTED, why, "seen.root")
        return Verdict(PROVED, f"{there}; segel {seen.size} daun yang dilihat penandatangan dilanjutkan segel ini.")

    def _continues(self, size: int, root: bytes) -> None:
        newest = self._sealed.checkpoint
        verify_consistency(
            old_size=size, new_size=newest.size, proof=self._proofs[size], old_root=root, new_root=newest.root
        )

    def continues(self, size: int, root: bytes) -> bool | None:
        """Tell whether the checkpoint continues this root of a smaller tree; None where the bundle does not prove it.

        A proof that does not lead to the checkpoint's own root is anybody's work, and proves no fork.
        """
        if size in self._roots:
            return root == self._roots[size]
        if size not in self._proofs:
            return None
        try:
            self._continues(size, root)
        except JejakError as fault:
            own = fault.facts.get("computed_new_root") == self._sealed.checkpoint.root.hex()
            return False if own else None
        return True


def known(places: Places, streams: Sequence[str], heads: SignedHeads | Verdict) -> dict[str, Known]:
    """Return how far each stream is known; ``heads`` are the log's word, or the verdict that there is none."""
    return {stream: _known(places.of(stream), stream, heads) for stream in streams}


def stated_heads(bundle: Bundle, sealed: SignedCheckpoint) -> SignedHeads | Verdict:
    """Return the log's word on these streams at this checkpoint, or the verdict on a note that is not that."""
    try:
        heads = open_heads(bundle.heads, sealed.vkey)
    except JejakError as fault:
        return Verdict(CONTRADICTED, f"Pernyataan log tidak sah. {fault.detail}", fault.rule)
    stated, newest = heads.heads, sealed.checkpoint
    if (stated.size, stated.root) != (newest.size, newest.root):
        why = f"Pernyataan log itu tentang {stated.size} daun atau pohon lain, bukan segel bundel ini."
        return Verdict(CONTRADICTED, why, "heads.tree")
    strange = {head.stream for head in stated.heads} - set(bundle.streams)
    if strange:
        why = f"Pernyataan log itu menyebut {place_in_words(min(strange))}, yang bukan dari bundel ini."
        return Verdict(CONTRADICTED, why, "heads.stream")
    return heads


def _known(acts: list[Placed], stream: str, heads: SignedHeads | Verdict) -> Known:
    chained, fault = _chained(acts)
    newest = chained[-1] if chained else None
    until = newest.recorded.index if newest else -1
    if fault is not None:
        return Known(until, newest, fault)
    if isinstance(heads, Verdict):
        return Known(until, newest, heads)
    verdict = _held_to(acts, stream, heads)
    return Known(heads.heads.size if verdict.verdict == PROVED else until, newest, verdict)


def _chained(acts: list[Placed]) -> tuple[list[Placed], Verdict | None]:
    """Return the unbroken beginning of a stream, and what ends it before its last entry."""
    found: list[Placed] = []
    for one in acts:
        version, leaf = (found[-1].act.version, found[-1].recorded.leaf) if found else (0, None)
        if one.act.version > version + 1:
            why = (
                f"Versi {version + 1} tidak ada dalam bundel atau tidak terbukti, padahal ada versi {one.act.version}."
            )
            return found, Verdict(CONTRADICTED, why, "bundle.gap")
        if (one.act.version, one.act.previous) != (version + 1, leaf):
            why = f"Daun {one.recorded.index} tidak menyambung pada tindakan sebelumnya."
            return found, Verdict(CONTRADICTED, why, "stream.previous")
        found.append(one)
    return found, None


def _held_to(acts: list[Placed], stream: str, heads: SignedHeads) -> Verdict:
    """Return the verdict on a chained stream, held to what the log says is its newest entry."""
    head, version = heads.heads.of(stream), acts[-1].act.version if acts else 0
    if head is None:
        why = "Pernyataan log tidak menyebutnya: pernyataan itu dari bundel lain."
        return Verdict(CONTRADICTED, why, "heads.stream")
    try:
        for one in acts:
            require_no_lie(heads, one.proof)
    except Forged as fault:
        return Verdict(CONTRADICTED, fault.detail, fault.rule)
    if version < head.version:
        why = (
            f"Menurut pernyataan log ada {head.version} versi pada segel ini; bundel ini hanya memuat dan membuktikan"
            f" sampai versi {version}: sisanya ditinggalkan."
        )
        return Verdict(CONTRADICTED, why, "bundle.cut")
    newest = acts[-1].recorded
    why = (
        f"Lengkap sampai versi {version}, daun {newest.index}, dicatat {when(newest.entry.recorded_at)}, menurut"
        f" pernyataan log pada {heads.heads.size} daun; sesudahnya tidak dapat dinilai."
    )
    return Verdict(PROVED, why)
