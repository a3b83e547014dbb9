"""The ledger: the straight path of one signed act, from bytes to receipt.

:meth:`Ledger.record` is that path; each of its lines is a room of this house. Beside it stand only the two things it
must look up: the key that an envelope names, and the journal to read from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper
from eventsourcing.utils import Environment, EnvType

from keys.envelope import Envelope
from keys.errors import NotAllowed, Unavailable
from keys.register import Register
from keys.signing import PublicKey
from ledger import journal_sqlite, log
from ledger.acts import SignedAct
from ledger.aggregates import ActRecorded, EntryMapper
from ledger.database import Database
from ledger.documents import Documents
from ledger.founding import founding_key
from ledger.journal import Journal
from ledger.memory import Memory
from ledger.mentions import documents_of
from ledger.note import NoteSigner
from ledger.outside_keeper import OutsideKeeper
from ledger.outside_memory import EVIDENCE, NOTHING, OutsideMemory
from ledger.receipt import Receipt
from ledger.recorded import Recorded
from ledger.rows import Rows
from ledger.seen import SeenCheck
from ledger.streams import REGISTER, Stream, advance, judge
from ledger.turn import Turn
from ledger.waiting import Place, Queue
from ledger.whereabouts import Whereabouts


@dataclass(frozen=True, slots=True)
class Accepted:
    """An act that is in the ledger, durable and sealed; ``again`` if it already was before this request."""

    recorded: Recorded
    receipt: Receipt
    again: bool


class _Once:
    """Asks for a stream once for all who want it: where the database is away, nobody waits for it after another."""

    def __init__(self, ask: Callable[[], Stream | None]) -> None:
        self._ask = ask
        self._asked = False
        self._stream: Stream | None = None
        self._fault: Unavailable | None = None

    def __call__(self) -> Stream | None:
        """Return the stream, or raise what the first asking raised."""
        if not self._asked:
            self._asked = True
            try:
                self._stream = self._ask()
            except Unavailable as fault:
                self._fault = fault
        if self._fault is not None:
            raise self._fault
        return self._stream


class Ledger(Application[str]):
    """A ledger in ``folder``. ``signer`` holds the log's own key; ``clock`` returns aware times.

    ``remembered`` are the places of its outside memory (:mod:`ledger.outside_memory`), ``database`` is where its rows
    are, None for a file in the folder. Raises Forged where the store is not sealed whole or does not continue what is
    remembered, Unavailable where there is no database, and what reading those places raises.
    """

    name = "jejak"

    def __init__(
        self,
        folder: Path,
        signer: NoteSigner,
        clock: Callable[[], dt.datetime],
        remembered: Sequence[Path] = (),
        database: Database | None = None,
    ) -> None:
        self.database = database or Database.parse("", folder)
        memory = OutsideMemory.read(remembered, signer.vkey)
        file = self.database.journal
        if file and not file.exists():  # nothing is made in the place of what was lost
            memory.require_continued(NOTHING, folder / EVIDENCE)
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(journal_environment(self.database))
        self.signer = signer
        self._whereabouts = Whereabouts(folder, self.database)
        self.documents = Documents(folder / "documents")
        self._seen = SeenCheck(folder / "contradictions")
        self._clock = clock
        self._queue: Queue[bytes, Accepted] = Queue()
        self._memory = Memory(self.repository)
        self.outside = OutsideKeeper(memory.place, signer.vkey, self.reading, folder)
        try:
            with self.reading() as rows:
                log.check_sealed(rows, signer.vkey)
                memory.require_continued(rows, folder / EVIDENCE)
            self.documents.clear_away()
            self.outside.start()
        except BaseException:
            self.close()
            raise

    def record(self, data: bytes) -> Accepted:
        """Return the act in these bytes with its receipt, once it is durable: the straight path.

        The same envelope again gets the same receipt. Raises Malformed, Forged, NotAllowed, Conflict or
        Unavailable; the ledger is unchanged then.
        """
        place = self._queue.enter(data)
        with place.leading() as batch:  # where it is this thread's turn, it carries everyone who waits
            acts: dict[Place[bytes, Accepted], SignedAct] = {}
            newest = _Once(partial(self._memory.stream, REGISTER))
            for each in batch:
                with each.alone():  # a refused act leaves its batch, the others go on
                    envelope = Envelope.parse(each.item)
                    opened = envelope.opened_with(self._key_of(envelope, newest))
                    signed = SignedAct(opened)
                    self.documents.require(documents_of(signed.act))
                    acts[each] = signed
            if acts:
                self.outside.require_one_history()
                with self._journal.turn(self.signer) as turn:
                    self.require_here()
                    world = self._memory.in_turn(turn)
                    for each, signed in acts.items():
                        with each.alone():
                            if turn.already(signed, world):
                                continue
                            self._seen.require(signed, turn, world)
                            at = turn.time(self._clock())
                            judge(world, signed, turn.next_index, at, self._memory.powers)
                            done = Recorded.new(turn.next_index, signed, at)
                            world.keep(advance(world, done), done.act)
                            turn.add(signed, done)
                    self.events.put([ActRecorded.of(done) for done in turn.added], turn=turn)
                self._memory.committed(world)
                self.outside.committed()
                for each, signed in acts.items():
                    if not each.settled:
                        each.settle(self._accepted(turn, signed))
                if turn.frontier.size == 0:  # what was begun here is begun nowhere else
                    self._whereabouts.note_first()
        return place.outcome()

    def close(self) -> None:
        """Bring the outside memory to the newest checkpoint, and close the journal."""
        self.outside.close()
        self._journal.stop_waiting()
        super().close()

    def reading(self) -> AbstractContextManager[Rows]:
        """Return rows to read in one snapshot of the journal."""
        return self._journal.reading()

    def filling(self) -> AbstractContextManager[Rows]:
        """Return rows under the write lock, for whoever moves a ledger; committed when left without a fault."""
        return self._journal.filling()

    def wait(self, seconds: float) -> bool:
        """Return when a process may have recorded something, or the seconds are over; for one thread.

        True where the database told of it, which only some do (:attr:`~ledger.database.Database.tells`).
        """
        return self._journal.wait(seconds)

    def require_recordable(self) -> None:
        """Return if acts can be recorded: nothing of others is on the tables, and what is answered is safe.

        Raises Unavailable (``journal.foreign``, ``journal.durability``).
        """
        self._journal.require_recordable()

    def stream(self, name: str) -> Stream | None:
        """Return a stream as it now is, or None where nothing was recorded."""
        return self._memory.stream(name)

    def moved(self) -> bool:
        """Tell whether the ledger is no longer in this database."""
        return bool(self._whereabouts.elsewhere())

    def require_here(self) -> None:
        """Return if the ledger is still in this database, for who moves it holds the lock until that is noted.

        Raises Unavailable else (``database.moved``). Where it went is for its keeper, and told when it is opened.
        """
        if self.moved():
            raise Unavailable(
                "database.moved",
                "Buku besar ini sudah dipindahkan ke basis data lain; di tempat lama ini tidak ada yang dibaca atau"
                " dicatat lagi.",
                allowed="Coba lagi sesudah pengelola menjalankan layanannya di tempat yang baru; tindakan yang belum"
                " dijawab dikirim lagi dengan amplop yang sama.",
            )

    def _accepted(self, turn: Turn, signed: SignedAct) -> Accepted:
        """Return the act, recorded in this turn or before it, with the receipt that its own commit gave."""
        done, again = turn.outcome(signed)
        return Accepted(done, turn.receipts.get(done.index) or self.receipt(done.index), again)

    def receipt(self, index: int) -> Receipt:
        """Return the receipt of a leaf, or raise NotFound."""
        with self.reading() as rows:
            return log.receipt(rows, index)

    def _key_of(self, envelope: Envelope, newest: Callable[[], Stream | None]) -> PublicKey:
        """Return the public key that an envelope names; a key is named by its hash, so an old register will do."""
        for look in (partial(self._memory.kept, REGISTER), newest):
            stream = look()
            if stream is None:
                continue
            assert isinstance(stream.state, Register)
            held = stream.state.keys.get(envelope.keyid)
            if held is not None:
                return held.public
        if stream is None:
            return founding_key(envelope, self.signer.vkey)
        raise NotAllowed(
            "authority.key",
            "Kunci yang menandatangani tidak terdaftar dalam buku besar ini.",
            allowed="Pakai kunci yang sudah diusulkan dan disetujui pendaftar.",
        )

    @property
    def _journal(self) -> Journal:
        assert isinstance(self.recorder, Journal)
        return self.recorder

    def construct_mapper(self) -> Mapper[str]:
        """Return the mapper that keeps entries verbatim."""
        return EntryMapper()

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Return only the settings given here: the process environment configures no journal."""
        return Environment(name, dict(env or {}))


def journal_environment(database: Database) -> dict[str, str]:
    """Return what the library is told of the journal in a database; its driver is loaded only where it is used."""
    if database.journal is not None:
        return journal_sqlite.environment(database.journal)
    from ledger import journal_postgres

    return journal_postgres.environment(database.url)
