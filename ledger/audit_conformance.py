"""The procedure, replayed: what register, SOP and case take at each leaf, and the documents that acts name.

Steps 9 and 10 of :mod:`ledger.audit`, on leaves that :mod:`ledger.audit_leaves` verified. The acts of the register and
of the SOPs are judged as the service judged them, whole; a case's place and its signer's power were verified, and what
is left is its turn: right step, kelengkapan, document, deviations signed. It is the code that accepted the acts. What
is counted over all cases, the letter numbers, is handed on (:mod:`ledger.audit_book`). Pure; ``read`` returns a
document's bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from keys.errors import Forged, JejakError, NotFound, Unavailable
from keys.fields import DocumentRef
from ledger import agenda_book
from ledger.acts import Act, SignedAct
from ledger.agenda_book import decide_number
from ledger.audit_ground import Grounds, is_ground
from ledger.audit_leaf import Booked, Leaf, Outcome, bare
from ledger.audit_leaves import not_as_before
from ledger.audit_report import (
    AUTHORITY,
    BROKEN,
    CHAIN,
    DOCUMENTS,
    NOT_JUDGED,
    POWERS,
    PROCEDURE,
    Finding,
    broken,
    lost,
    unjudged,
)
from ledger.bodies import AgendaRecorded, CaseBody, DispositionIssued, LedgerFounded, NumberingEnacted
from ledger.case import Case
from ledger.enactment import Enactments
from ledger.entry import stamp_of
from ledger.mentions import documents_of
from ledger.note import VerifierKey
from ledger.recorded import Recorded
from ledger.sop import Sop
from ledger.streams import Stream, advance, judge, opens_under, require_turn
from ledger.verdicts import PROVED, Ground, verdicts

#: Rules about the place of an act, not about what may stand there.
_OF_PLACE = frozenset({"act.ledger", "stream.version", "stream.previous", "founding.accepted"})


class Conformance:
    """Judges verified leaves; a world in which the cases stand that it was given, on ``grounds``.

    ``vkey`` is the log's key, which leaf 0 must name.
    """

    def __init__(self, grounds: Grounds, vkey: VerifierKey, read: Callable[[str], bytes]) -> None:
        self._grounds = grounds
        self._vkey = vkey
        self._read = read
        self._cases: dict[str, Stream] = {}
        self._documents: dict[str, tuple[JejakError | None, int]] = {}

    def stream(self, name: str) -> Stream | None:
        """Return a stream as the acts make it that were judged so far."""
        return self._grounds.stream(name) if is_ground(name) else self._cases.get(name)

    def judge(self, leaf: Leaf) -> Outcome:
        """Return what a leaf says; the leaves of a case, and of what it replaces, are given in their order."""
        done = leaf.done
        if done is None or not leaf.signed:  # nobody vouches for what kind of act was sealed here
            at = stamp_of(done.entry) if done else ""
            own = tuple(leaf.own)
            return Outcome(leaf.row.index, leaf.signature, leaf.authority, at, None, own, (), True, None)
        judged: list[Finding] = []
        holds = self._followed(done) if leaf.signature is None else self._holds(leaf, done, judged)
        booked: Booked | None = None
        if holds and isinstance(done.act.body, AgendaRecorded | NumberingEnacted):
            booked = (done.act.stream, done.act.body)
        return Outcome(
            leaf=done.index,
            signature=leaf.signature,
            authority=leaf.authority,
            at=stamp_of(done.entry),
            seen=leaf.seen,
            own=(*leaf.own, *self._documented(done)),
            judged=tuple(judged),
            books=done.act.kind in agenda_book.KINDS,
            booked=booked,
        )

    def _followed(self, done: Recorded) -> bool:
        """Let an act happen that was verified before."""
        try:
            self._happen(done)
        except (AssertionError, LookupError, JejakError) as fault:
            raise not_as_before(done.index) from fault
        return True

    def _happen(self, done: Recorded) -> None:
        if is_ground(done.act.stream):
            self._grounds.accept(done)
        else:
            self._cases[done.act.stream] = advance(self, done)

    # 9. register and SOP

    def _holds(self, leaf: Leaf, done: Recorded, judged: list[Finding]) -> bool:
        """Judge an act in its stream and let it happen if it holds; what is found is added to ``judged``."""
        act, index, leaf.authority = done.act, done.index, PROVED
        if self._lost(leaf, act):
            leaf.authority = NOT_JUDGED
            judged.append(lost(index))
            self._grounds.lose(index, act.stream)
            return False
        if leaf.behind:
            said = "Segel yang disebut lebih lama dari tindakan sebelumnya."
            judged.append(broken(index, CHAIN, "seen.behind", said))
        if index == 0 and isinstance(act.body, LedgerFounded) and act.body.log_key != str(self._vkey):
            said = "Kunci log dalam daun 0 bukan kunci log yang Anda pegang."
            judged.append(broken(0, PROCEDURE, "founding.log_key", said))
        try:
            self._require(leaf, done)
        except JejakError as fault:
            self._refused(leaf, done, fault, judged)
            self._grounds.lose(index, act.stream)
            return False
        self._happen(done)
        return True

    def _lost(self, leaf: Leaf, act: Act) -> bool:
        """Tell whether something does not hold that the act stands on."""
        index, replaced = leaf.row.index, None
        if isinstance(act.body, DispositionIssued) and act.body.supersedes and act.stream not in self._cases:
            replaced = f"case:{act.body.supersedes.case}"
        return (
            leaf.stranded
            or self._grounds.lost(act.stream, index)
            or (replaced is not None and self._grounds.lost(replaced, index))
        )

    def _require(self, leaf: Leaf, done: Recorded) -> None:
        """Return if the act holds in its stream, else raise the rule that says no."""
        act = done.act
        if is_ground(act.stream):
            assert leaf.opened is not None
            judge(self._grounds, SignedAct(leaf.opened), done.index, done.entry.recorded_at)
            return
        if leaf.fault is not None:
            fault, leaf.fault = leaf.fault, None
            raise fault
        own = self._cases.get(act.stream)
        case = own.state if own else None
        assert case is None or isinstance(case, Case)
        assert isinstance(act.body, CaseBody)
        sop = self._sop(leaf, act)
        assert sop is not None
        require_turn(self, case, sop, act)
        if isinstance(act.body, AgendaRecorded):
            numbering = leaf.enactments.numbering if leaf.enactments else None
            decide_number(self._grounds.agenda_book(), numbering, act.body)

    def _refused(self, leaf: Leaf, done: Recorded, fault: JejakError, judged: list[Finding]) -> None:
        """Say which rule an act broke, and apart from that whether its signer held the power."""
        authority = verdicts(done, Ground(leaf.register, self._sop(leaf, done.act))).authority
        about = AUTHORITY if authority.rule == fault.rule else None
        step = POWERS if about else CHAIN if fault.rule in _OF_PLACE else PROCEDURE
        judged.append(broken(done.index, step, fault.rule, str(fault), about))
        if authority.verdict == BROKEN and authority.rule is not None and about is None:
            judged.append(broken(done.index, POWERS, authority.rule, authority.why, AUTHORITY))
        leaf.authority = authority.verdict

    def _sop(self, leaf: Leaf, act: Act) -> Sop | None:
        """Return the SOP that says whose step an act is: its case's, or the one it opens under, or its own stream's."""
        own = self.stream(act.stream)
        if own is not None and isinstance(own.state, Case):
            return own.state.sop
        if own is not None and isinstance(own.state, Enactments):
            return own.state.in_force
        named = opens_under(act)
        return leaf.enactments.versions.get(named.leaf) if leaf.enactments and named else None

    # 10. documents

    def _documented(self, done: Recorded) -> list[Finding]:
        found = []
        for reference in documents_of(done.act):
            if reference.digest not in self._documents:
                self._documents[reference.digest] = self._read_document(reference)
            fault, length = self._documents[reference.digest]
            if fault is None and length != reference.size:
                said = f"Dokumen {reference.name} {length} bita, bukan {reference.size} seperti yang ditandatangani."
                found.append(broken(done.index, DOCUMENTS, "document.size", said))
            elif isinstance(fault, Forged):
                found.append(broken(done.index, DOCUMENTS, fault.rule, str(fault)))
            elif fault is not None:
                said = "Dokumen yang disebut tidak ditemukan." if isinstance(fault, NotFound) else str(fault)
                lacking = unjudged(done.index, DOCUMENTS, fault.rule, said)
                found.append(replace(lacking, document=reference.name))
        return found

    def _read_document(self, reference: DocumentRef) -> tuple[JejakError | None, int]:
        try:
            return None, len(self._read(reference.digest))
        except Unavailable:  # a service that is not reached judges nothing
            raise
        except JejakError as fault:
            return bare(fault), 0
