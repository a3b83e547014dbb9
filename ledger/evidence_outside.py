"""What a verifier kept of the log, held against a bundle: checkpoints, bundles, receipts, remembered heads.

A bundle shows what the log says now. Whether it said otherwise before, only somebody's memory can show. These do not
hold, and prove a *fork* (``kept.forked``): two checkpoints of one log that do not continue each other; two entries at
one leaf index; two entries that are one version of a stream, or one of them at two places (an envelope names its stream
and version, so that is also how one envelope is found at two). An entry that a statement of the log denies proves a lie
(``heads.lie``, :mod:`ledger.heads`). Both sides are told, because both were signed with the log's key, and what to do
with them.

Where the bundle is the smaller one nothing contradicts, and nothing is proved about what came after it; that is said,
and is not green. Neither is a receipt of a leaf that is not in the bundle, for without its entry nobody can tell an act
of another case from one that was left out. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from keys.errors import Forged, JejakError
from ledger.bundle import Bundle, Filed
from ledger.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from ledger.entry import Entry
from ledger.evidence_kept import Kept, KeptHead, KeptReceipt, note_of
from ledger.evidence_places import Placed, Places, stated_heads
from ledger.heads import SignedHeads, require_no_lie
from ledger.receipt import VerifiedReceipt, verify_receipt
from ledger.rule_words import place_in_words
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED, Verdict
from ledger.wording import short, when

_BOTH_SIGNED = (
    "Keduanya di bawah segel yang ditandatangani kunci log yang sama. Simpan bundel ini dan yang Anda simpan apa"
    " adanya, dan serahkan keduanya kepada Inspektorat."
)


@dataclass(frozen=True, slots=True)
class Here:
    """The bundle that is judged, as far as it is proved."""

    bundle: Bundle
    sealed: SignedCheckpoint
    heads: SignedHeads | Verdict
    places: Places

    @property
    def streams(self) -> tuple[str, ...]:
        """Return the streams that the bundle is about."""
        return self.bundle.streams

    @property
    def size(self) -> int:
        """Return the number of leaves that its checkpoint seals."""
        return self.sealed.checkpoint.size


@dataclass(frozen=True, slots=True)
class _Act:
    """An act as somebody has it in the log; who has only a head of it knows no time."""

    stream: str
    version: int
    leaf: str
    index: int
    recorded_at: dt.datetime | None = None

    @classmethod
    def of(cls, placed: Placed) -> _Act:
        done, act = placed.recorded, placed.act
        return cls(act.stream, act.version, done.leaf, done.index, done.entry.recorded_at)

    def in_words(self) -> str:
        at = f", dicatat {when(self.recorded_at)}" if self.recorded_at else ""
        return f"{place_in_words(self.stream)} versi {self.version} di daun {self.index} (sidik {short(self.leaf)}{at})"

    def plain(self) -> dict[str, Any]:
        at = self.recorded_at.isoformat().replace("+00:00", "Z") if self.recorded_at else None
        said = {"stream": self.stream, "version": self.version, "leaf_index": self.index, "leaf": self.leaf}
        return said | {"recorded_at": at}


def hold_against(here: Here, kept: Kept) -> Verdict | None:
    """Return the verdict on what was kept, held against the bundle; None where it says nothing about it."""
    if isinstance(kept, KeptHead):
        return _head(here, kept)
    note = note_of(kept)
    assert note is not None
    try:
        before = open_checkpoint(note, here.sealed.vkey)
    except JejakError as fault:
        return Verdict(UNJUDGED, f"Yang Anda simpan bukan segel log ini. {fault.detail}", "kept.checkpoint")
    if isinstance(kept, KeptReceipt):
        return _receipt(here, kept, before)
    theirs = None
    if isinstance(kept, Bundle):
        theirs = Places(kept, before)
        forked = _forked(here, map(_Act.of, theirs.placed.values()))
        denied = forked or _denied(theirs, here.heads) or _denied(here.places, stated_heads(kept, before))
        if denied is not None:
            return denied
    return _trees(here, theirs, before.checkpoint)


def _forked(here: Here, theirs: Iterable[_Act]) -> Verdict | None:
    """Return the verdict where an act that was kept has another place here, or its place another act."""
    placed = [_Act.of(one) for one in here.places.placed.values()]
    leaves = {one.index: one for one in placed}
    versions = {(one.stream, one.version): one for one in placed}
    for one in theirs:
        found = (leaves.get(one.index), versions.get((one.stream, one.version)))
        other = next((other for other in found if other and (other.leaf, other.index) != (one.leaf, one.index)), None)
        if other is not None:
            why = f"Log ini mempunyai dua riwayat. Di sini: {other.in_words()}; yang Anda simpan: {one.in_words()}."
            facts = {"here": other.plain(), "kept": one.plain()}
            return Verdict(CONTRADICTED, f"{why} {_BOTH_SIGNED}", "kept.forked", facts)
    return None


def _denied(entries: Places, said: SignedHeads | Verdict) -> Verdict | None:
    """Return the verdict where the log has an entry that its own statement denies."""
    return next(filter(None, (_lie(said, one.proof) for one in entries.placed.values())), None)


def _lie(said: SignedHeads | Verdict, proof: VerifiedReceipt) -> Verdict | None:
    if isinstance(said, Verdict):
        return None
    try:
        require_no_lie(said, proof)
    except Forged as fault:
        return Verdict(CONTRADICTED, f"{fault.detail} {_BOTH_SIGNED}", fault.rule)
    return None


# --- a remembered head ------------------------------------------------------------------------------------------


def _head(here: Here, kept: KeptHead) -> Verdict | None:
    """Return the verdict on a head: an act below the bundle's checkpoint must be in it, where it is of its streams."""
    one = _Act(kept.stream, kept.version, kept.leaf, kept.index)
    forked = _forked(here, [one])
    if forked is not None or kept.stream not in here.streams:
        return forked
    if kept.index >= here.size:
        why = (
            f"Ingatan Anda mengenal {one.in_words()}, sesudah segel {here.size} daun bundel ini: tindakan itu, mungkin"
            " pencabutan kunci atau penarikan perkara, tidak terlihat di sini. Mintalah bundel yang baru."
        )
        return Verdict(UNJUDGED, why, "kept.newer", {"kept": one.plain()})
    there = [placed.act.version for placed in here.places.of(kept.stream)]
    if kept.version in there:
        return Verdict(PROVED, f"Yang diingat ada di sini: {one.in_words()}.")
    if kept.version < max(there, default=0):
        why = f"Ingatan Anda mengenal {one.in_words()}, yang di sini tidak terbukti tempatnya."
        return Verdict(UNJUDGED, why, "kept.unproved", {"kept": one.plain()})
    why = (
        f"Ingatan Anda mengenal {one.in_words()}, di bawah segel {here.size} daun ini, padahal bundel ini berakhir pada"
        f" versi {max(there, default=0)}: tindakan itu ditinggalkan. Bila log sendiri menyatakan tidak ada yang lebih"
        " baru, log berbohong. Simpan bundel ini dan folder ingatan itu apa adanya, dan serahkan keduanya kepada"
        " Inspektorat; tanda terima atau bundel lama membuktikannya bagi siapa pun."
    )
    return Verdict(CONTRADICTED, why, "heads.lie", {"kept": one.plain()})


# --- a receipt --------------------------------------------------------------------------------------------------


def _receipt(here: Here, kept: KeptReceipt, before: SignedCheckpoint) -> Verdict:
    """Return the verdict on a receipt: that of its checkpoint, and what it proves of its leaf here."""
    index = kept.receipt.index
    at_home = here.places.placed.get(index)
    entry = kept.entry
    if entry is None and kept.envelope is not None:
        entry = next((one.filed.entry for one in here.places.placed.values() if _same(one, kept)), None)
    if entry is None and at_home is not None:
        entry = at_home.filed.entry
    placed = _placed(kept, entry, before)
    if entry is not None and placed is None:
        return _no_match(here, kept, before, index)
    if placed is not None:
        denied = _forked(here, [_Act.of(placed)]) or _lie(here.heads, placed.proof)
        if denied is not None:
            return denied
    trees = _trees(here, None, before.checkpoint)
    if at_home is not None and placed is not None:
        why = f"Tanda terima yang Anda simpan membuktikan persis tindakan di daun {index} ini. {trees.why}"
        return Verdict(trees.verdict, why, trees.rule, trees.facts)
    if trees.verdict == PROVED and (placed is None or placed.act.stream in here.streams):
        why = (
            f"Tanda terima yang Anda simpan adalah untuk daun {index}, yang tidak ada dalam bundel ini: itu tindakan di"
            " luar perkara, register, dan SOP ini, atau tindakan yang ditinggalkan. Yang membedakannya entri itu"
            " sendiri: taruh di sebelah tanda terima itu, bernama sama dengan akhiran .json."
        )
        return Verdict(UNJUDGED, why, "kept.lacking")
    return trees


def _same(placed: Placed, kept: KeptReceipt) -> bool:
    return kept.envelope is not None and placed.filed.entry.envelope.data == kept.envelope.data


def _placed(kept: KeptReceipt, entry: Entry | None, before: SignedCheckpoint) -> Placed | None:
    """Return the act that the receipt proves of an entry, None where it proves nothing of it."""
    if entry is None:
        return None
    try:
        return Placed(Filed(kept.receipt, entry), verify_receipt(kept.receipt, entry.data, before.vkey))
    except JejakError:
        return None


def _no_match(here: Here, kept: KeptReceipt, before: SignedCheckpoint, index: int) -> Verdict:
    """Return the verdict on a receipt that does not prove what was kept beside it, or what is here at its leaf."""
    trees = _trees(here, None, before.checkpoint)
    if trees.verdict == CONTRADICTED:
        return trees
    if kept.entry is not None:
        why = f"Tanda terima daun {index} yang Anda simpan bukan untuk entri di sebelahnya."
    elif kept.envelope is not None:
        why = f"Tanda terima daun {index} yang Anda simpan tidak membuktikan tindakan itu seperti tercatat di sini."
    else:
        why = f"Tanda terima daun {index} yang Anda simpan bukan untuk tindakan yang di sini ada di daun itu."
    why += (
        " Tanda terima itu rusak, atau log ini mempunyai dua riwayat. Simpan keduanya, dan periksa dengan jejak audit."
    )
    return Verdict(UNJUDGED, why, "kept.receipt")


# --- two checkpoints --------------------------------------------------------------------------------------------


def _trees(here: Here, theirs: Places | None, before: Checkpoint) -> Verdict:
    """Return the verdict on two checkpoints of one log."""
    now = here.sealed.checkpoint
    if before.size == now.size:
        continued: bool | None = before.root == now.root
    elif before.size < now.size:
        continued = here.places.continues(before.size, before.root)
    else:
        continued = theirs.continues(now.size, now.root) if theirs is not None else None
    if continued is False:
        why = (
            f"Segel {now.size} daun di sini dan segel {before.size} daun yang Anda simpan tidak saling melanjutkan: log"
        )
        return Verdict(CONTRADICTED, f"{why} ini mempunyai dua riwayat. {_BOTH_SIGNED}", "kept.forked")
    if before.size > now.size:
        why = f"Bundel ini lebih kecil ({now.size} daun, yang Anda simpan {before.size}); "
        why += (
            "yang Anda simpan melanjutkannya."
            if continued
            else "apakah yang Anda simpan melanjutkannya tidak terbukti."
        )
        why += " Tindakan di antaranya tidak terlihat di sini. Mintalah bundel yang baru."
        return Verdict(UNJUDGED, why, "kept.newer")
    if continued is None:
        case = here.bundle.case.partition(":")[2]
        why = (
            f"Dalam bundel ini tidak ada bukti yang sah bahwa segelnya melanjutkan segel {before.size} daun yang Anda"
            f" simpan. Mintalah bundel yang memuatnya: jejak export {case} -o BUNDEL-BARU.zip --continues"
            " YANG-ANDA-SIMPAN"
        )
        return Verdict(UNJUDGED, why, "kept.unproved")
    return Verdict(PROVED, f"Segel bundel ini melanjutkan segel {before.size} daun yang Anda simpan.")
