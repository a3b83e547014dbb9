"""Replay: the streams as they were at a leaf index, one accepted act after another.

A :class:`Replay` stands at a position (all leaves below it have happened) and moves by :meth:`Replay.apply`. It
begins anywhere: a stream it has not met is folded from its acts below the position. Read models and auditors walk
the history with it; both get, with every act, the state before and after and what the act stood on.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from keys.authority import Authority
from keys.register import Register
from ledger.agenda_book import AgendaBook
from ledger.case import Case
from ledger.enactment import Enactments
from ledger.recorded import Recorded
from ledger.streams import REGISTER, Stream, advance

#: Returns the accepted acts of a stream, in version order; acts at or above the position are passed over.
History = Callable[[str], Iterable[Recorded]]

#: Streams kept folded at once; one that was dropped is folded again when it is met.
STREAMS_KEPT = 10_000


class Step(NamedTuple):
    """An accepted act in its place: its stream before and after it, and what it stood on as the register had it.

    ``enactments`` is, of an act in a case, what the office had enacted about its SOP.
    """

    done: Recorded
    before: Stream | None
    after: Stream
    register: Register
    authority: Authority
    enactments: Enactments | None = None


class Replay:
    """A world that stands at ``position``; ``history`` yields the acts of a stream that it has not met.

    ``numbers`` tells whether it keeps the agenda book too, which grows with every letter.
    """

    def __init__(self, history: History, position: int = 0, kept: int = STREAMS_KEPT, *, numbers: bool = True) -> None:
        self.position = position
        self._history = history
        self._most_kept = kept
        self._met_all = position == 0  # until one is dropped, a stream that was not met has no acts
        self._streams: OrderedDict[str, Stream | None] = OrderedDict()
        self._book = AgendaBook() if numbers and position == 0 else None

    def stream(self, name: str) -> Stream | None:
        """Return the stream as the leaves below the position make it."""
        if name in self._streams:
            self._streams.move_to_end(name)
            return self._streams[name]
        folding = _Folding(self, name)
        if not self._met_all:
            for done in self._history(name):
                if done.index >= self.position:
                    break
                folding.own = advance(folding, done)
        self._put(name, folding.own)
        return folding.own

    def register(self) -> Register | None:
        """Return the register as the leaves below the position make it."""
        stream = self.stream(REGISTER)
        if stream is None:
            return None
        assert isinstance(stream.state, Register)
        return stream.state

    def agenda_book(self) -> AgendaBook:
        """Return the book of letter numbers below the position; only a replay from leaf 0 that keeps it knows it."""
        if self._book is None:
            raise AssertionError("a replay that begins in the middle, or keeps no numbers, has no agenda book")
        return self._book

    def apply(self, done: Recorded) -> Step:
        """Move over the act at the position and return it in its place."""
        if done.index != self.position:
            raise AssertionError(f"leaf {done.index} does not stand at position {self.position}")
        before = self.stream(done.act.stream)
        register = self.register()
        after = advance(self, done)
        self._put(after.id, after)
        if self._book is not None:
            self._book = self._book.after(done.act)
        self.position += 1
        if register is None:  # leaf 0 stands on the register that it makes
            assert isinstance(after.state, Register)
            register = after.state
        authority = Authority(
            register.officials[done.act.official],
            register.keys[done.entry.envelope.keyid],
            register.mandates[done.act.mandate],
        )
        return Step(done, before, after, register, authority, self._enactments(after))

    def _enactments(self, stream: Stream) -> Enactments | None:
        if not isinstance(stream.state, Case):
            return None
        sop = self.stream(f"sop:{stream.state.sop_ref.slug}")
        assert sop is not None
        assert isinstance(sop.state, Enactments)
        return sop.state

    def forget(self, name: str) -> None:
        """Drop a stream; it is folded again when it is met."""
        self._streams.pop(name, None)
        self._met_all = False

    def skip(self) -> None:
        """Move over an act that does not hold, without letting it happen."""
        self.position += 1

    def _put(self, name: str, stream: Stream | None) -> None:
        self._streams[name] = stream
        if len(self._streams) > self._most_kept:
            self._streams.popitem(last=False)
            self._met_all = False


class _Folding:
    """A world in which one stream is as far as it has been folded."""

    def __init__(self, replay: Replay, name: str) -> None:
        self.own: Stream | None = None
        self._replay = replay
        self._name = name

    def stream(self, name: str) -> Stream | None:
        return self.own if name == self._name else self._replay.stream(name)
