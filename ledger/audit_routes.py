"""Which leaf of an audit goes to whom: a case, and whatever it replaces, goes whole to one process.

The register and the SOPs, on which everybody stands, stay with whoever shares out; so does a row whose bytes do not say
that they belong where its column puts them. A payload is not parsed for that: in its one spelling the stream stands
near its beginning, before anything that its signer could write freely. Who gets the leaf parses it, strictly. Pure.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from keys.envelope import MAX_BYTES
from ledger.entry import payload_of
from ledger.rows import Row

_CASE = re.compile("case:[0-9a-f-]{36}", re.ASCII)
#: Within so many bytes (a multiple of 3) of its beginning a payload has named its stream: all before has its bounds.
_NAMED_WITHIN = 360
# A quotation mark inside a text is escaped, so this is a member and no text.
_REPLACES = re.compile(rb'"supersedes":\{[^{}]*?"case":"([0-9a-f-]{36})"', re.ASCII)


class Route(NamedTuple):
    """A share from 0, None for whoever shares out; ``replaces`` is the case that the leaf opens another to replace."""

    share: int | None
    replaces: str | None = None


class Routes:
    """Shares leaves out, which are asked for in leaf order, among ``shares``."""

    def __init__(self, shares: int) -> None:
        self._shares = shares
        self._of: dict[str, Route] = {}
        self._said: dict[str, bytes] = {}
        self._next = 0

    def route(self, row: Row) -> Route:
        """Return where a leaf goes."""
        said = self._said.get(row.stream)
        if said is None:
            if not (isinstance(row.stream, str) and _CASE.fullmatch(row.stream)):
                return _STAYS
            said = f'"stream":"{row.stream}","version":'.encode("ascii")
        if said not in payload_of(row.data, _NAMED_WITHIN):
            return _STAYS
        return self._of.get(row.stream) or self._met(row, said)

    def _met(self, row: Row, said: bytes) -> Route:
        """Choose for a case: what it replaces was signed before it, so that is known already, or is not there."""
        found = _REPLACES.search(payload_of(row.data, MAX_BYTES))
        replaces = f"case:{found[1].decode('ascii')}" if found else None
        known = self._of.get(replaces) if replaces else None
        if known is None:
            known, self._next = Route(self._next), (self._next + 1) % self._shares
        self._of[row.stream], self._said[row.stream] = known, said
        return Route(known.share, replaces)


_STAYS = Route(None)
