"""What a verifier kept of the log, held against a bundle: a checkpoint, or another bundle.

A bundle shows what the log says now. Whether it said otherwise before, only somebody's memory can show: two checkpoints
of one log that do not continue each other, or an entry that a statement of the log denies (:mod:`ledger.heads`), prove
to everybody that the log has two histories. Where the bundle is the older one, nothing contradicts and nothing is
proved about what came after it; that is said, and is not green. Pure.
"""

from __future__ import annotations

from keys.errors import JejakError
from ledger.bundle import Bundle
from ledger.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from ledger.evidence_places import Places, stated_heads
from ledger.heads import SignedHeads, require_no_lie
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED, Verdict

#: What can be kept of a log: a checkpoint's bytes, or a bundle.
Kept = bytes | Bundle


def hold_against(places: Places, sealed: SignedCheckpoint, heads: SignedHeads | Verdict, kept: Kept) -> Verdict:
    """Return the verdict on what was kept, held against the bundle whose ``places`` were proved under ``sealed``."""
    try:
        before = open_checkpoint(kept.checkpoint if isinstance(kept, Bundle) else kept, sealed.vkey)
    except JejakError as fault:
        return Verdict(UNJUDGED, f"Yang Anda simpan bukan segel log ini. {fault.detail}", "kept.checkpoint")
    theirs = None
    if isinstance(kept, Bundle):
        theirs = Places(kept, before)
        denied = _denied(theirs, heads) or _denied(places, stated_heads(kept, before)) or _forked(places, theirs)
        if denied is not None:
            return denied
    return _trees(places, sealed.checkpoint, theirs, before.checkpoint)


def _denied(entries: Places, said: SignedHeads | Verdict) -> Verdict | None:
    """Return the verdict where the log has an entry that its own statement denies."""
    if isinstance(said, Verdict):
        return None
    try:
        for one in entries.placed.values():
            require_no_lie(said, one.proof)
    except JejakError as fault:
        return Verdict(CONTRADICTED, fault.detail, fault.rule)
    return None


def _forked(here: Places, theirs: Places) -> Verdict | None:
    """Return the verdict where two entries are proved at one leaf index."""
    for index in sorted(here.placed.keys() & theirs.placed.keys()):
        if here.placed[index].recorded.leaf != theirs.placed[index].recorded.leaf:
            why = f"Daun {index} di sini bukan daun {index} yang Anda simpan: log ini mempunyai dua riwayat."
            return Verdict(CONTRADICTED, why, "kept.forked")
    return None


def _trees(places: Places, now: Checkpoint, theirs: Places | None, before: Checkpoint) -> Verdict:
    """Return the verdict on two checkpoints of one log."""
    if before.size == now.size:
        continued: bool | None = before.root == now.root
    elif before.size < now.size:
        continued = places.continues(before.size, before.root)
    else:
        continued = theirs.continues(now.size, now.root) if theirs is not None else None
    if continued is False:
        why = (
            f"Segel {now.size} daun di sini dan segel {before.size} daun yang Anda simpan tidak saling melanjutkan: log"
        )
        return Verdict(CONTRADICTED, f"{why} ini mempunyai dua riwayat. Simpan keduanya sebagai bukti.", "kept.forked")
    if before.size > now.size:
        why = (
            f"Bundel ini lebih tua dari yang Anda simpan ({now.size} daun, bukan {before.size}): tindakan di antaranya"
            " tidak terlihat di sini. Mintalah bundel yang baru."
        )
        return Verdict(UNJUDGED, why, "kept.newer")
    if continued is None:
        why = (
            f"Tidak ada bukti dalam bundel ini bahwa segelnya melanjutkan segel {before.size} daun yang Anda simpan;"
            " yang membuktikannya jejak export atau jejak audit."
        )
        return Verdict(UNJUDGED, why, "kept.unproved")
    return Verdict(PROVED, f"Segel bundel ini melanjutkan segel {before.size} daun yang Anda simpan.")
