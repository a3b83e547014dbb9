"""The audit: a store's every leaf verified again from its bytes, by someone who believes nothing in it.

What is given is a copy of the store, the log's public key, and, if the auditor has it, the leaf hash of leaf 0.
What is checked, in this order; the numbers stand again in the code:

1. Framing: the leaves are gapless from 0 and there is no row beside them; each row is an entry, and its columns
   say what its signed bytes say.
2. Leaf hashes: each is SHA-256(0x00 || entry).
3. Tree: tiles, frontier and every signed checkpoint follow from the leaf hashes; the newest covers all of them.
4. Signatures: each is by the key that its envelope names, and that key stands in the register.
5. Time: ``recorded_at`` never decreases.
6. Seen: the checkpoint that each signer states is this log's, and covers what the act continues.
7. Authority and procedure: each act is judged again at its leaf index, by the code that accepted it.
   Signature (4) and authority (7) are two findings, and counted apart: one may hold where the other does not.
8. Documents: each one that an act names is there and hashes to its digest.

A leaf is *verified* when nothing was found about it. What comes after a broken leaf in its stream cannot be
judged: that is said as it is, never as proved. So it is with letter numbers, which are counted over all streams, after
a leaf that has or may have changed their book and does not hold.
"""

from __future__ import annotations

import base64
import datetime as dt
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from keys.errors import Forged, JejakError, Malformed, NotFound
from keys.fields import DocumentRef
from ledger import agenda_book
from ledger.acts import Act, SignedAct
from ledger.bodies import AgendaRecorded, DispositionIssued, LedgerFounded
from ledger.case import Case
from ledger.checkpoint import open_checkpoint
from ledger.documents import Documents
from ledger.enactment import Enactments
from ledger.founding import founding_key
from ledger.grown_tree import Tree
from ledger.mentions import documents_of
from ledger.merkle import HASH_BYTES, leaf_hash
from ledger.note import VerifierKey
from ledger.recorded import Recorded
from ledger.replay import Replay
from ledger.rows import Row, Rows
from ledger.sop import Sop
from ledger.store import documents_in, open_store
from ledger.streams import REGISTER, judge, opens_under
from ledger.verdicts import CONTRADICTED, PROVED, UNJUDGED, Ground, verdicts

BROKEN = CONTRADICTED
NOT_JUDGED = UNJUDGED
#: What a finding about a verdict is about.
SIGNATURE, AUTHORITY = "signature", "authority"

Progress = Callable[[int, int], None]
_BATCH = 500
#: What is lost with an act that changes the agenda book: no stream has this name.
_BOOK = "agenda"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, at which leaf (None: about the store as a whole), by which rule.

    ``about`` is ``signature`` or ``authority`` where the finding is the verdict on that, None of anything else.
    """

    leaf: int | None
    rule: str
    verdict: str
    sentence: str
    about: str | None = None


def _none_yet() -> dict[str, int]:
    return {PROVED: 0, BROKEN: 0, NOT_JUDGED: 0}


@dataclass(slots=True)
class Report:
    """What an audit found. ``sound`` only if nothing was found and there was something to verify.

    ``unsealed_from`` is the first leaf that no checkpoint vouches for any more: there the tree stops to follow from
    the leaves, and nothing from there on counts as verified. ``synthetic`` is what leaf 0 says, None where it cannot be
    read; ``newest_recorded_at`` is the last leaf's time, as its entry spells it, "" where that cannot be read.
    ``signature`` and ``authority`` count the leaves by verdict.
    """

    leaves: int = 0
    root: str = ""
    founding: str = ""
    unsealed_from: int | None = None
    synthetic: bool | None = None
    newest_recorded_at: str = ""
    signature: dict[str, int] = field(default_factory=_none_yet)
    authority: dict[str, int] = field(default_factory=_none_yet)
    findings: list[Finding] = field(default_factory=list)

    @property
    def broken(self) -> bool:
        """Tell whether something does not hold, or the store is empty."""
        return self.leaves == 0 or any(one.verdict == BROKEN for one in self.findings)

    @property
    def sound(self) -> bool:
        """Tell whether every leaf is verified and nothing about the store is in doubt."""
        return self.leaves > 0 and not self.findings

    @property
    def verified(self) -> int:
        """Return the number of leaves about which nothing was found; none while the store itself is in doubt."""
        if any(one.leaf is None for one in self.findings):
            return 0
        sealed = self.leaves if self.unsealed_from is None else self.unsealed_from
        return sealed - len({one.leaf for one in self.findings if one.leaf is not None and one.leaf < sealed})

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "leaves": self.leaves,
            "verified": self.verified,
            "sound": self.sound,
            "root": self.root,
            "founding": self.founding,
            "unsealed_from": self.unsealed_from,
            "synthetic": self.synthetic,
            "newest_recorded_at": self.newest_recorded_at,
            "signature": dict(self.signature),
            "authority": dict(self.authority),
            "findings": [asdict(one) for one in self.findings],
        }


def audit(folder: Path, *, vkey: VerifierKey, founding: str | None = None, progress: Progress | None = None) -> Report:
    """Return what the eight checks find in the store in ``folder``.

    Raises NotFound where there is no store, and Forged where the database file itself cannot be read.
    """
    with open_store(folder) as rows:
        return Audit(rows, documents_in(folder), vkey, founding, progress).run()


class Audit:
    """One walk through a store; :meth:`run` is the numbered list of the module's docstring."""

    def __init__(
        self, rows: Rows, documents: Documents, vkey: VerifierKey, founding: str | None, progress: Progress | None
    ) -> None:
        self._rows = rows
        self._documents = documents
        self._vkey = vkey
        self._founding = founding
        self._progress = progress or (lambda done, total: None)
        self._report = Report()
        self._tree = Tree()
        self._checkpoints = self._all_checkpoints()
        self._next_checkpoint = next(self._checkpoints, None)
        # Every act below the position was walked over and judged here; nothing is ever looked up in the store.
        self._replay = Replay(lambda name: (), kept=sys.maxsize)
        self._lost: set[str] = set()
        self._newest_at: dt.datetime | None = None
        self._documents_read: dict[str, tuple[JejakError | None, int]] = {}

    def run(self) -> Report:
        """Return the report of all eight checks."""
        total = self._rows.count()
        for row in self._gapless():
            done = self._framed(row)  # 1
            self._noted(row.index, done)
            self._grown(row)  # 2, 3
            if done is None or (signed := self._signed(done)) is None:  # 4
                if done is None:
                    self._count(NOT_JUDGED, NOT_JUDGED)
                self._lost.add(_BOOK)  # nobody vouches for what kind of act was sealed here
                self._lose(row.stream)
            else:
                self._in_time(done)  # 5
                self._seen(done)  # 6
                self._judged(done, signed)  # 7
                self._documented(done)  # 8
            if row.index % _BATCH == 0:
                self._progress(row.index, total)
        self._ended()  # 3
        self._progress(total, total)
        self._report.findings.sort(key=lambda one: (one.leaf is None, one.leaf or 0))
        return self._report

    def _noted(self, index: int, done: Recorded | None) -> None:
        """Keep what the report says of the ledger as a whole: whether it is made up, and up to when it goes."""
        report = self._report
        report.newest_recorded_at = ""
        if done is not None:
            at = done.entry.recorded_at.astimezone(dt.UTC)
            report.newest_recorded_at = at.isoformat(timespec="microseconds").replace("+00:00", "Z")
            if index == 0 and isinstance(done.act.body, LedgerFounded):
                report.synthetic = done.act.body.synthetic

    # 1. framing

    def _gapless(self) -> Iterator[Row]:
        """Yield the rows from leaf 0 on; a gap ends the walk, for nothing after it has a place."""
        at = 0
        while batch := self._rows.entries(at, _BATCH):
            for row in batch:
                if row.index != at:
                    self._broken(at, "entry.missing", f"Daun {at} tidak ada dalam penyimpanan.")
                    return
                yield row
                at += 1

    def _framed(self, row: Row) -> Recorded | None:
        try:
            return Recorded.read(row)
        except Forged as fault:
            self._broken(row.index, fault.rule, str(fault))
            return None

    # 2, 3. leaf hashes and tree

    def _grown(self, row: Row) -> None:
        """Grow the tree by the leaf hash that was sealed, and hold the checkpoints that end here to it.

        A leaf whose bytes no longer have that hash is broken itself; the leaves after it are not.
        """
        hashed = leaf_hash(row.data)
        sealed = row.leaf_hash if len(row.leaf_hash) == HASH_BYTES else hashed
        if hashed != sealed:
            self._broken(row.index, "entry.leaf_hash", f"Isi daun {row.index} bukan isi yang disegel.")
        self._tree.append(sealed)
        if row.index == 0:
            self._report.founding = self._tree.leaves[0].hex()
            if self._founding is not None and self._founding != self._report.founding:
                self._broken(0, "ledger.founded", "Daun 0 bukan pendirian yang Anda pegang.")
        while self._next_checkpoint is not None and self._next_checkpoint[0] <= self._tree.size:
            size, note = self._next_checkpoint
            self._sealed(size, note)
            self._next_checkpoint = next(self._checkpoints, None)

    def _sealed(self, size: int, note: bytes) -> None:
        if size < 1:
            self._broken(0, "checkpoint.size", "Ada segel atas nol daun.")
            return
        try:
            sealed = open_checkpoint(note, self._vkey).checkpoint
        except (Malformed, Forged) as fault:
            self._broken(size - 1, "checkpoint.signature", f"Segel {size} daun tidak sah: {fault}")
            return
        before, self._tree.newest_sealed = self._tree.newest_sealed, size
        if self._report.unsealed_from is None and (sealed.size != size or sealed.root != self._tree.root(size)):
            self._report.unsealed_from = before
            self._broken(
                before,
                "checkpoint.root",
                f"Segel {size} daun tidak cocok dengan isinya: ada yang berubah di antara daun {before} dan {size - 1};"
                " segel sesudahnya tidak menjamin apa pun lagi.",
            )

    def _ended(self) -> None:
        """Hold the end of the store to its last checkpoint, its frontier and its tiles."""
        size = self._report.leaves = self._tree.size
        self._report.root = base64.b64encode(self._tree.root(size)).decode("ascii")
        if size == 0:
            self._broken(None, "log.empty", "Buku besar ini kosong.")
        if self._rows.count() != size:
            stray = self._rows.count() - size
            self._broken(None, "entry.stray", f"Ada {stray} baris di luar urutan daun 0 sampai {size - 1}.")
        if self._next_checkpoint is not None:
            self._broken(size, "log.cut", f"Ada segel atas {self._next_checkpoint[0]} daun, tetapi hanya ada {size}.")
        if size and self._tree.newest_sealed != size:
            self._broken(self._tree.newest_sealed, "log.unsealed", "Daun terakhir tidak tercakup segel mana pun.")
        try:
            frontier = self._rows.frontier()
        except Malformed as fault:
            self._broken(None, "tree.frontier", str(fault))
        else:
            if frontier != self._tree.frontier:
                self._broken(None, "tree.frontier", "Tepi pohon yang disimpan tidak cocok dengan daun-daunnya.")
        tiles = {(level, position): value for level, position, value in self._rows.tiles()}
        for place in sorted(tiles.keys() | self._tree.subtrees.keys()):
            if tiles.get(place) != self._tree.subtrees.get(place):
                first = place[1] << max(place[0], 0)
                self._broken(None, "tree.tile", f"Sidik pohon tingkat {place[0]} mulai daun {first} tidak cocok.")

    def _all_checkpoints(self) -> Iterator[tuple[int, bytes]]:
        start = -(2**63)
        while batch := self._rows.checkpoints(start, _BATCH):
            yield from batch
            start = batch[-1][0] + 1

    # 4. signatures

    def _signed(self, done: Recorded) -> SignedAct | None:
        """Return the act with its signature verified, or None where it does not hold or cannot be judged."""
        envelope, founds = done.entry.envelope, done.index == 0
        register = None if founds or REGISTER in self._lost else self._replay.register()
        held = register.keys.get(envelope.keyid) if register else None
        if register is None and not founds:
            self._unjudged(done.index, "Register sebelum daun ini rusak, jadi kunci penandatangan tidak diketahui.")
            self._count(NOT_JUDGED, NOT_JUDGED)
            return None
        if held is None and not founds:
            self._broken(done.index, "authority.key", "Kunci penandatangan tidak ada dalam register.", AUTHORITY)
            self._unjudged(
                done.index,
                "Kunci untuk memeriksa tanda tangan ini tidak ada dalam register.",
                "signature.key",
                SIGNATURE,
            )
            self._count(NOT_JUDGED, BROKEN)
            return None
        try:
            return SignedAct(envelope.opened_with(held.public if held else founding_key(envelope)))
        except JejakError as fault:
            self._broken(done.index, fault.rule, str(fault), SIGNATURE)
            self._count(BROKEN, NOT_JUDGED)
            return None

    # 5. time

    def _in_time(self, done: Recorded) -> None:
        at = done.entry.recorded_at
        if self._newest_at is not None and at < self._newest_at:
            self._broken(done.index, "entry.time", "Waktu catat mundur dari daun sebelumnya.")
        self._newest_at = max(at, self._newest_at or at)

    # 6. seen

    def _seen(self, done: Recorded) -> None:
        seen = done.act.seen
        if seen is None:
            if done.index:
                self._broken(done.index, "seen.missing", "Tindakan tidak menyebut segel yang dilihat.")
        elif seen.size > done.index:
            self._broken(done.index, "seen.ahead", "Segel yang disebut lebih besar dari buku besar saat itu.")
        elif self._report.unsealed_from is not None and seen.size > self._report.unsealed_from:
            pass  # the tree is broken before that size: said once, where it breaks
        elif seen.root != base64.b64encode(self._tree.root(seen.size)).decode("ascii"):
            self._broken(done.index, "seen.root", "Segel yang dilihat penandatangan bukan segel buku besar ini.")
        elif done.act.stream not in self._lost:
            own = self._replay.stream(done.act.stream)
            if own is not None and seen.size <= own.index:
                self._broken(done.index, "seen.behind", "Segel yang disebut lebih lama dari tindakan sebelumnya.")

    # 7. authority and procedure

    def _judged(self, done: Recorded, signed: SignedAct) -> None:
        opened_under = opens_under(done.act)
        needs = {REGISTER, done.act.stream} | ({f"sop:{opened_under.slug}"} if opened_under else set())
        if isinstance(done.act.body, DispositionIssued) and done.act.body.supersedes:
            needs.add(f"case:{done.act.body.supersedes.case}")
        needs |= self._numbered_by(done.act)
        if lost := needs & self._lost:
            what = "buku nomor surat" if lost == {_BOOK} else "alur ini"
            self._unjudged(done.index, f"Tindakan sebelumnya dalam {what} rusak.")
            self._count(PROVED, NOT_JUDGED)
            self._lose(done.act.stream, done.act)
            return
        if done.index == 0 and isinstance(done.act.body, LedgerFounded) and done.act.body.log_key != str(self._vkey):
            self._broken(0, "founding.log_key", "Kunci log dalam daun 0 bukan kunci log yang Anda pegang.")
        try:
            judge(self._replay, signed, done.index, done.entry.recorded_at)
        except JejakError as fault:
            self._refused(done, fault)
            self._lose(done.act.stream, done.act)
        else:
            self._count(PROVED, PROVED)
            self._replay.apply(done)

    def _refused(self, done: Recorded, fault: JejakError) -> None:
        """Say which rule an act broke, and apart from that whether its signer held the power."""
        authority = verdicts(done, self._ground(done)).authority
        about = AUTHORITY if authority.rule == fault.rule else None
        self._broken(done.index, fault.rule, str(fault), about)
        if authority.verdict == BROKEN and authority.rule is not None and about is None:
            self._broken(done.index, authority.rule, authority.why, AUTHORITY)
        self._count(PROVED, authority.verdict)

    def _ground(self, done: Recorded) -> Ground:
        """Return what an act stands on where the replay stands."""
        own, named = self._replay.stream(done.act.stream), opens_under(done.act)
        sop: Sop | None = None
        if own is not None and isinstance(own.state, Case):
            sop = own.state.sop
        elif own is not None and isinstance(own.state, Enactments):
            sop = own.state.in_force
        elif named is not None and (known := self._replay.stream(f"sop:{named.slug}")) is not None:
            assert isinstance(known.state, Enactments)
            sop = known.state.versions.get(named.leaf)
        return Ground(self._replay.register(), sop)

    def _numbered_by(self, act: Act) -> set[str]:
        """Return what says which number a letter of this act's case may take: its SOP's stream, and the book."""
        if not isinstance(act.body, AgendaRecorded):
            return set()
        case = self._replay.stream(act.stream)
        return {_BOOK} | ({f"sop:{case.state.sop_ref.slug}"} if case and isinstance(case.state, Case) else set())

    def _lose(self, stream: str, act: Act | None = None) -> None:
        """Pass over an act that does not hold: its stream, and a book that it changes, cannot be judged from here."""
        self._lost.add(stream)
        if act is not None and act.kind in agenda_book.KINDS:
            self._lost.add(_BOOK)
        self._replay.skip()

    # 8. documents

    def _documented(self, done: Recorded) -> None:
        for reference in documents_of(done.act):
            if reference.digest not in self._documents_read:
                self._documents_read[reference.digest] = self._read_document(reference)
            fault, length = self._documents_read[reference.digest]
            if fault is None and length != reference.size:
                said = f"Dokumen {reference.name} {length} bita, bukan {reference.size} seperti yang ditandatangani."
                self._broken(done.index, "document.size", said)
            elif isinstance(fault, NotFound):
                self._unjudged(done.index, f"Dokumen {reference.name} tidak ada dalam salinan ini.", fault.rule)
            elif fault is not None:
                self._broken(done.index, fault.rule, str(fault))

    def _read_document(self, reference: DocumentRef) -> tuple[JejakError | None, int]:
        try:
            return None, len(self._documents.read(reference.digest))
        except JejakError as fault:
            return fault, 0

    def _broken(self, leaf: int | None, rule: str, sentence: str, about: str | None = None) -> None:
        self._report.findings.append(Finding(leaf, rule, BROKEN, sentence, about))

    def _unjudged(self, leaf: int, sentence: str, rule: str = "audit.lost", about: str | None = None) -> None:
        self._report.findings.append(Finding(leaf, rule, NOT_JUDGED, sentence, about))

    def _count(self, signature: str, authority: str) -> None:
        """Count a leaf under its two verdicts."""
        self._report.signature[signature] += 1
        self._report.authority[authority] += 1
