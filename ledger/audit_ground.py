"""What the acts of an audit stand on: register and SOPs as far as their acts were accepted, and which streams are lost.

A stream is *lost* after an act that does not hold, or that nobody can read: what comes after it cannot be judged. Every
process of an audit has one of these and is told the same things in leaf order, so all stand on the same. Pure.
"""

from __future__ import annotations

from keys.register import Register
from ledger.agenda_book import AgendaBook
from ledger.enactment import Enactments
from ledger.recorded import Recorded
from ledger.streams import REGISTER, Stream, advance

_NOTHING_TAKEN = AgendaBook()


def is_ground(stream: str) -> bool:
    """Tell whether other streams stand on this one: the register, or an SOP."""
    return not stream.startswith("case:")


class Grounds:
    """Register and SOPs below the leaf that is looked at: a world to judge their acts in, and to open cases in."""

    def __init__(self) -> None:
        self._streams: dict[str, Stream] = {}
        self._lost: dict[str, int] = {}

    def stream(self, name: str) -> Stream | None:
        """Return the stream as it now is, or None where nothing was accepted in it."""
        return self._streams.get(name)

    def agenda_book(self) -> AgendaBook:
        """Return an empty book: numbers are held against each other over all leaves (:mod:`ledger.audit_book`)."""
        return _NOTHING_TAKEN

    def accept(self, done: Recorded) -> None:
        """Let an act of the register or an SOP happen."""
        stream = advance(self, done)
        self._streams[stream.id] = stream

    def lose(self, index: int, *streams: str) -> None:
        """Judge nothing in these streams that comes after leaf ``index``."""
        for name in streams:
            self._lost[name] = min(index, self._lost.get(name, index))

    def lost(self, stream: str, index: int) -> bool:
        """Tell whether the stream is lost at leaf ``index``: something before it does not hold."""
        since = self._lost.get(stream)
        return since is not None and since < index

    def register(self) -> Register | None:
        """Return the register as it now is."""
        stream = self._streams.get(REGISTER)
        if stream is None:
            return None
        assert isinstance(stream.state, Register)
        return stream.state

    def enactments(self, slug: str) -> Enactments | None:
        """Return what is enacted about an SOP."""
        stream = self._streams.get(f"sop:{slug}")
        if stream is None:
            return None
        assert isinstance(stream.state, Enactments)
        return stream.state
