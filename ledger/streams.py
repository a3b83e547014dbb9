"""A stream: acts chained by version and leaf hash, and the state that they make.

Every register, SOP and case is one stream. :func:`judge` says whether an act may become the next version of
its stream at a leaf index; :func:`advance` is the fold. The service asks them inside the lock that appends; an
auditor asks them again with nothing but the log (DESIGN, invariant 5): same code, same verdict.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from keys.authority import Authority, require
from keys.errors import Conflict, NotAllowed
from keys.register import Register
from ledger import case as cases
from ledger import case_rules, enactment, officials
from ledger.acts import Act, SignedAct
from ledger.agenda_book import AgendaBook, decide_number
from ledger.bodies import ActivityPerformed, AgendaRecorded, CaseBody, DispositionIssued, SopRef
from ledger.case import Case
from ledger.enactment import Enactments
from ledger.recorded import Recorded
from ledger.rule_words import naming_step, place_in_words
from ledger.sop import Sop

REGISTER = "register"
#: What an act says that opens a case.
_OPENINGS = (DispositionIssued, ActivityPerformed)
#: Powers that are known to be held, at once.
_MOST_POWERS = 10_000

State = Register | Enactments | Case


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream after its newest act.

    ``leaf`` is that entry's leaf hash (hex), ``index`` its leaf index, ``claimed_at`` the time its signer states.
    """

    id: str
    version: int
    leaf: str
    index: int
    claimed_at: dt.datetime
    state: State


class World(Protocol):
    """Whoever knows the streams as all lower leaf indices make them."""

    def stream(self, name: str) -> Stream | None:
        """Return the stream as it now is, or None where nothing was recorded."""
        ...


class Newest(Protocol):
    """What the next act of a stream must continue: :class:`Stream`, or as much of it."""

    @property
    def version(self) -> int:
        """Return the newest version."""
        ...

    @property
    def leaf(self) -> str:
        """Return that entry's leaf hash (hex)."""
        ...


class JudgingWorld(World, Protocol):
    """A world that also keeps what is judged over all cases."""

    def agenda_book(self) -> AgendaBook:
        """Return the book of letter numbers as it now is."""
        ...


def judge(
    world: JudgingWorld, signed: SignedAct, index: int, at: dt.datetime, powers: Powers | None = None
) -> Authority | None:
    """Return the authority on which ``signed`` may become leaf ``index`` recorded at ``at``, or raise.

    Raises Conflict where the version is taken or ahead, NotAllowed where a rule says no. Leaf 0 founds the
    ledger and stands on itself: its authority is None. ``powers`` are those found at lower indices, if they were kept.

    1. The act is meant for this ledger.
    2. It continues its stream: next version, and the leaf hash of the one before.
    3. Nothing but its acceptance follows the founding.
    4. The official holds the key, the mandate and the office that the act needs, at this index.
    5. The register, the SOP or the case takes the act now, and no other act has taken its letter number.
    """
    act, keyid = signed.act, signed.opened.key.id
    own = world.stream(act.stream)
    register = _register(world)
    require_place(register, own, act)
    if act.stream == REGISTER:
        return officials.decide(register, act, keyid, index, at)
    if register is None:
        raise NotAllowed(
            "ledger.founded",
            "Buku besar ini belum didirikan.",
            allowed="Yang pertama: pendirian buku besar oleh dua pendiri.",
        )
    if act.stream.startswith("sop:"):
        enacted = own.state if own else None
        assert enacted is None or isinstance(enacted, Enactments)
        return enactment.decide(enacted, register, act, keyid, index, at)
    case = own.state if own else None
    assert case is None or isinstance(case, Case)
    assert isinstance(act.body, CaseBody)
    with naming_step(act.body.step):
        sop = case.sop if case else sop_in_force(world, act)
        authority = (powers or Powers()).require(register, sop, act, keyid, index, at)
        require_turn(world, case, sop, act)
        if isinstance(act.body, AgendaRecorded) and case is not None:
            decide_number(world.agenda_book(), enactments_of(world, case.sop_ref.slug).numbering, act.body)
        return authority


def require_place(register: Register | None, own: Newest | None, act: Act) -> None:
    """Return if the act is meant for this ledger and continues its stream (1 to 3), else raise as :func:`judge`."""
    if register is not None and act.ledger != register.origin:
        raise NotAllowed(
            "act.ledger",
            f"Tindakan ini ditandatangani untuk buku besar {act.ledger}.",
            allowed=f"Buku besar ini: {register.origin}.",
        )
    _continues(own, act)
    if register is not None and not register.accepted and act.kind != "founding.accepted":
        raise NotAllowed(
            "founding.accepted",
            "Pendirian buku besar belum diterima pendiri kedua.",
            allowed=f"Yang ditunggu: penerimaan pendirian oleh {register.founders[1]}.",
        )


def require_power(register: Register, sop: Sop, act: Act, keyid: str, index: int, at: dt.datetime) -> Authority:
    """Return the authority on which an act of a case pinned to ``sop`` stands (4), or raise NotAllowed."""
    return require(
        register,
        official=act.official,
        mandate=act.mandate,
        keyid=keyid,
        need=case_rules.needed(act, sop),
        index=index,
        at=at,
    )


class Powers:
    """The powers that were found to be held by a register: each is asked once, while the answer is the same.

    It hangs on nothing but the register, what an act says of its signer, the key, the step, and the day in WIB, which
    no hour in UTC has two of. What a register has at an index began below that index, and what ended, ended below it:
    so indices must not go back while the register is the same.
    """

    def __init__(self) -> None:
        self._register: Register | None = None
        self._held: dict[tuple[str, str, str, str, int, int], tuple[Authority, Sop]] = {}

    def require(self, register: Register, sop: Sop, act: Act, keyid: str, index: int, at: dt.datetime) -> Authority:
        """Return the authority as :func:`require_power` does, or raise what it raises."""
        if register is not self._register or len(self._held) > _MOST_POWERS:
            self._register = register
            self._held.clear()
        assert isinstance(act.body, CaseBody)
        power = (act.official, act.mandate, keyid, act.body.step, id(sop), int(at.timestamp()) // 3600)
        held = self._held.get(power)
        if held is None:  # the SOP is kept with it: while it is, no other has its id
            held = self._held[power] = (require_power(register, sop, act, keyid, index, at), sop)
        return held[0]


def require_turn(world: World, case: Case | None, sop: Sop, act: Act) -> None:
    """Return if the case takes the act now (5, but for its letter number), else raise NotAllowed."""
    case_rules.decide(case, act, sop, _superseded(world, act))


def advance(world: World, done: Recorded) -> Stream:
    """Return the stream of an accepted act after it."""
    act, leaf, index = done.act, done.leaf, done.index
    own = world.stream(act.stream)
    before = own.state if own else None
    state: State
    if act.stream == REGISTER:
        assert before is None or isinstance(before, Register)
        state = officials.fold(before, act, leaf, index, done.entry.envelope.keyid)
    elif act.stream.startswith("sop:"):
        assert before is None or isinstance(before, Enactments)
        state = enactment.fold(before, act, leaf, index, done.entry.recorded_at)
    else:
        assert before is None or isinstance(before, Case)
        sop = before.sop if before else _sop_named(world, act)
        state = cases.fold(before, act, leaf, sop, done.entry.recorded_at)
    return Stream(act.stream, act.version, leaf, index, act.occurred_at, state)


def _register(world: World) -> Register | None:
    stream = world.stream(REGISTER)
    if stream is None:
        return None
    assert isinstance(stream.state, Register)
    return stream.state


def _continues(own: Newest | None, act: Act) -> None:
    version, leaf = (own.version, own.leaf) if own else (0, None)
    if act.version != version + 1:
        raise Conflict(
            "stream.version",
            f"Tindakan ini dibuat sebagai tindakan ke-{act.version}, padahal {place_in_words(act.stream)} sekarang"
            f" berisi {version} tindakan.",
            allowed=f"Baca tindakan terbaru, lalu tandatangani sebagai tindakan ke-{version + 1}.",
            version=version,
            leaf=leaf,
        )
    if act.previous != leaf:
        raise NotAllowed(
            "stream.previous",
            "Tindakan ini tidak menyambung pada tindakan sebelumnya.",
            allowed=f"Sebut pendahulunya: {leaf or 'tidak ada'}.",
        )


def _superseded(world: World, act: Act) -> Case | None:
    """Return the case that an opening says it replaces, as it now is."""
    named = act.body.supersedes if isinstance(act.body, DispositionIssued) else None
    old = world.stream(f"case:{named.case}") if named else None
    if old is None:
        return None
    assert isinstance(old.state, Case)
    return old.state


def enactments_of(world: World, slug: str) -> Enactments:
    """Return what is enacted about an SOP, or raise NotAllowed (``sop.unknown``)."""
    stream = world.stream(f"sop:{slug}")
    if stream is None:
        raise NotAllowed(
            "sop.unknown",
            f"SOP {slug} belum ditetapkan.",
            allowed="Sebut SOP yang sudah ditetapkan dalam buku besar ini.",
        )
    assert isinstance(stream.state, Enactments)
    return stream.state


def sop_in_force(world: World, act: Act) -> Sop:
    """Return the SOP that the act opens a case under, or raise NotAllowed where it opens none or not under this."""
    named = opens_under(act)
    if named is None:
        raise NotAllowed(
            "case.open",
            "Perkara ini belum dibuka.",
            allowed="Perkara dibuka dengan langkah pertama SOP-nya, yang menyebut SOP itu.",
        )
    enactments = enactments_of(world, named.slug)
    if enactments.superseded is not None:
        instead = enactments.superseded.value.by
        raise NotAllowed(
            "sop.superseded",
            f"SOP {enactments.in_force.title} sudah dicabut; perkara baru tidak dapat dibuka menurut SOP itu.",
            allowed=f"Pakai SOP {instead}." if instead else "Perkara baru menunggu penetapan SOP.",
        )
    if named.leaf != enactments.newest:
        raise NotAllowed(
            "sop.version",
            "Pembuka perkara menyebut versi SOP yang tidak berlaku.",
            allowed=f"Versi berlaku: {enactments.newest}.",
        )
    return enactments.in_force


def _sop_named(world: World, act: Act) -> Sop:
    named = opens_under(act)
    if named is None:
        raise AssertionError("a case begins with the act that opens it")
    return enactments_of(world, named.slug).versions[named.leaf]


def opens_under(act: Act) -> SopRef | None:
    """Return the SOP that an act opens a case under, or None if it cannot open one."""
    return act.body.sop if isinstance(act.body, _OPENINGS) else None
