"""The part of an audit that any process can do by itself: what a leaf's bytes, signature and place say.

Steps 1, 2 and 5 to 8 of :mod:`ledger.audit`: framing, columns, leaf hash and strict parse; the signature, with the key
that the register has at this index; the place in the stream, and what is ``seen`` there; the signer's power at this
index. A :class:`Verifier` is given leaves in leaf order, and not necessarily all of them: it needs whole streams, and
on its :class:`~ledger.audit_ground.Grounds` whatever holds in the register and the SOPs below. So cases can be shared
out among processes, and what is said of a leaf is the same however they are. Pure.
"""

from __future__ import annotations

from typing import NamedTuple

from keys.errors import Forged, JejakError, NotJudged
from ledger.acts import HEAD_BYTES, Head, head_of
from ledger.audit_ground import Grounds, is_ground
from ledger.audit_leaf import Leaf, bare
from ledger.audit_report import (
    AUTHORITY,
    BROKEN,
    CHAIN,
    COLUMNS,
    FRAMING,
    HASHES,
    POWERS,
    SIGNATURE,
    SIGNATURES,
    broken,
    unjudged,
)
from ledger.bodies import AgendaRecorded, CaseBody, LedgerFounded
from ledger.entry import payload_of
from ledger.founding import founding_key
from ledger.merkle import HASH_BYTES, leaf_hash
from ledger.recorded import Recorded
from ledger.rows import Row
from ledger.rule_words import naming_step
from ledger.sop import Sop
from ledger.streams import REGISTER, Powers, opens_under, require_place, sop_in_force
from ledger.verdicts import PROVED


class _Place(NamedTuple):
    """Where a case stands, as far as it was verified, and the SOP that it is pinned to."""

    version: int
    leaf: str
    at: int
    sop: Sop


def head_in(row: Row) -> Head | None:
    """Return where the bytes of a row say that its act stands, None where they say it in no form."""
    return head_of(payload_of(row.data, HEAD_BYTES))


def streams_of(row: Row) -> set[str]:
    """Return every stream that a row says it belongs to, by its bytes or by its column."""
    head = head_in(row)
    return {row.stream} if head is None else {row.stream, head.stream}


def not_as_before(index: int) -> NotJudged:
    """Return the fault of a leaf that was said to be verified before and cannot have been."""
    return NotJudged(
        "audit.remembered",
        f"Daun {index} tidak mungkin terbukti dalam pemeriksaan terdahulu.",
        allowed="Ulangi tanpa --since-remembered, supaya setiap daun diperiksa lagi.",
        leaf=index,
    )


class Verifier:
    """Verifies leaves; those below ``verified_below`` were verified before, and are only read.

    ``founding`` is what leaf 0 says, if it was met and can be read.
    """

    def __init__(self, grounds: Grounds, verified_below: int = 0) -> None:
        self.founding: LedgerFounded | None = None
        self._grounds = grounds
        self._verified_below = verified_below
        self._places: dict[str, _Place] = {}
        self._powers = Powers()

    def verify(self, row: Row) -> Leaf:
        """Return the leaf with all that can be said of it before it is judged."""
        leaf = Leaf(row)
        done = leaf.done = self._read(leaf)  # 1, 2, 5
        if done is None:
            self._grounds.lose(row.index, *streams_of(row))
            return leaf
        if row.index == 0 and isinstance(done.act.body, LedgerFounded):
            self.founding = done.act.body
        if row.index < self._verified_below:
            leaf.signature = leaf.authority = None
            self._followed(done)
            return leaf
        self._signed(leaf, done)  # 6
        if not leaf.signed:
            self._grounds.lose(row.index, row.stream)
            return leaf
        self._seen(leaf, done)  # 8
        if not is_ground(row.stream):
            self._placed(leaf, done)  # 7, 8
        return leaf

    def _followed(self, done: Recorded) -> None:
        """Note where an act leaves its case that was verified before."""
        act, place = done.act, self._places.get(done.act.stream)
        if is_ground(act.stream):
            return
        named = opens_under(act)
        enacted = self._grounds.enactments(named.slug) if named else None
        sop = place.sop if place else enacted.versions.get(named.leaf) if enacted and named else None
        if sop is None:
            raise not_as_before(done.index)
        self._places[act.stream] = _Place(act.version, done.leaf, done.index, sop)

    def _read(self, leaf: Leaf) -> Recorded | None:
        row = leaf.row
        try:
            return Recorded.read(row)
        except Forged as fault:
            step = COLUMNS if fault.rule == "entry.columns" else FRAMING
            leaf.own.append(broken(row.index, step, fault.rule, str(fault)))
        if len(row.leaf_hash) == HASH_BYTES and leaf_hash(row.data) != row.leaf_hash:
            said = f"Isi daun {row.index} bukan isi yang disegel."
            leaf.own.append(broken(row.index, HASHES, "entry.leaf_hash", said))
        return None

    def _signed(self, leaf: Leaf, done: Recorded) -> None:
        envelope, index, founds = done.entry.envelope, done.index, done.index == 0
        if not founds and not self._grounds.lost(REGISTER, index):
            leaf.register = self._grounds.register()
        held = leaf.register.keys.get(envelope.keyid) if leaf.register else None
        if leaf.register is None and not founds:
            said = "Register sebelum daun ini rusak, jadi kunci penandatangan tidak diketahui."
            leaf.own.append(unjudged(index, SIGNATURES, "audit.lost", said))
            return
        if held is None and not founds:
            leaf.authority = BROKEN
            said = "Kunci penandatangan tidak ada dalam register."
            leaf.own.append(broken(index, POWERS, "authority.key", said, AUTHORITY))
            said = "Kunci untuk memeriksa tanda tangan ini tidak ada dalam register."
            leaf.own.append(unjudged(index, SIGNATURES, "signature.key", said, SIGNATURE))
            return
        try:
            leaf.opened = envelope.opened_with(held.public if held else founding_key(envelope))
            leaf.signature = PROVED
        except JejakError as fault:
            leaf.signature = BROKEN
            leaf.own.append(broken(index, SIGNATURES, fault.rule, str(fault), SIGNATURE))

    def _seen(self, leaf: Leaf, done: Recorded) -> None:
        seen, index, stream = done.act.seen, done.index, done.act.stream
        if seen is None:
            if index:
                said = "Tindakan tidak menyebut segel yang dilihat."
                leaf.own.append(broken(index, CHAIN, "seen.missing", said))
        elif seen.size > index:
            said = "Segel yang disebut lebih besar dari buku besar saat itu."
            leaf.own.append(broken(index, CHAIN, "seen.ahead", said))
        else:
            leaf.seen = (seen.size, seen.root)
            leaf.behind = seen.size <= self._newest(stream)

    def _newest(self, stream: str) -> int:
        """Return the leaf index of the newest act of a stream, -1 where there is none."""
        if is_ground(stream):
            own = self._grounds.stream(stream)
            return own.index if own else -1
        place = self._places.get(stream)
        return place.at if place else -1

    def _placed(self, leaf: Leaf, done: Recorded) -> None:
        """Hold an act of a case to its place in its stream, and its signer to the power that it needs."""
        act, index, place = done.act, done.index, self._places.get(done.act.stream)
        if self._grounds.lost(act.stream, index):
            return
        named = opens_under(act)
        slug = named.slug if named else place.sop.slug if place and isinstance(act.body, AgendaRecorded) else None
        if slug is not None:
            leaf.enactments = self._grounds.enactments(slug)
            leaf.stranded = self._grounds.lost(f"sop:{slug}", index)
        if leaf.stranded:
            self._grounds.lose(index, act.stream)
            return
        try:
            require_place(leaf.register, place, act)
            assert leaf.register is not None
            assert isinstance(act.body, CaseBody)
            if place is not None:
                sop = place.sop
            else:
                with naming_step(act.body.step):
                    sop = sop_in_force(self._grounds, act)
            with naming_step(act.body.step):
                self._powers.require(leaf.register, sop, act, done.entry.envelope.keyid, index, done.entry.recorded_at)
        except JejakError as fault:
            leaf.fault = bare(fault)
            self._grounds.lose(index, act.stream)
        else:
            self._places[act.stream] = _Place(act.version, done.leaf, index, sop)
