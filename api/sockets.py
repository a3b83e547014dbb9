"""Sockets: all that a server listens on and talks through, waited for together."""

from __future__ import annotations

import select
from typing import Any

from waitress import wasyncore

from api.channels import Channel


class Sockets(dict[int, Any]):
    """All sockets by descriptor, as wasyncore keeps them, waited for together by poll(2).

    wasyncore's own loop asks every one each time what it waits for; with hundreds of connections that takes longer than
    all else. Here it is asked again only after something befell it: an event, or a thread that is done with it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._poll = select.poll()
        self._flags: dict[int, int] = {}
        self._changed: set[int] = set()
        self._held: set[int] = set()

    def __setitem__(self, descriptor: int, one: Any) -> None:
        """Wait for one more."""
        super().__setitem__(descriptor, one)
        self._changed.add(descriptor)

    def __delitem__(self, descriptor: int) -> None:
        """Wait for it no longer."""
        super().__delitem__(descriptor)
        self._held.discard(descriptor)
        if self._flags.pop(descriptor, 0):
            self._poll.unregister(descriptor)

    def wait(self, seconds: float) -> None:
        """Return when something befell one of them, and was seen to, or after so many seconds."""
        self._changed |= {one for one in self._held if not _held_by_a_thread(self[one])}
        for descriptor in self._changed & self.keys():
            self._wait_for(descriptor, self[descriptor])
        self._changed.clear()
        for descriptor, flags in self._poll.poll(seconds * 1000):
            if descriptor in self:
                self._changed.add(descriptor)
                wasyncore.readwrite(self[descriptor], flags)

    def ask_all(self) -> None:
        """Ask every one again what it waits for: one that was idle for long is to be closed, and does not say so."""
        self._changed.update(self)

    def _wait_for(self, descriptor: int, one: Any) -> None:
        flags = select.POLLIN | select.POLLPRI if one.readable() else 0
        if one.writable() and not one.accepting:
            flags |= select.POLLOUT
        if flags != self._flags.get(descriptor, 0):
            if flags:
                self._poll.register(descriptor, flags)
            else:
                self._poll.unregister(descriptor)
            self._flags[descriptor] = flags
        (self._held.discard if flags else self._held.add)(descriptor)


def _held_by_a_thread(one: Any) -> bool:
    """Tell whether a thread is at work for a channel, or will be, and nothing is to be sent."""
    return isinstance(one, Channel) and bool(one.requests) and not one.writable()
