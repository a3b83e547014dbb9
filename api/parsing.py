"""Parsing: how requests are read off a connection, where waitress' own parser is not strict enough.

What cannot be read is an error of the request, and is answered with a problem document (:mod:`api.channels`). All
connections are read by the server's one thread, so what is no request and no body is bounded:

1. Empty lines before a request are passed over (RFC 9112 §2.2), up to :data:`EMPTY` bytes.
2. Of a body in chunks, the sizes, line ends and trailers are at most :data:`FRAMING` bytes and an eighth of the body:
   chunks of 48 bytes and more are always taken.
"""

from __future__ import annotations

from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.utilities import BadRequest

#: Bytes of line ends that are passed over before a request.
EMPTY = 1024
#: Bytes of anything but the body that may come with a body in chunks, however short it is.
FRAMING = 4096
#: Bytes of the line that begins a chunk, and of the trailers behind the last one, that are kept until their end comes.
LINE, TRAILER = 256, 4096
#: Bytes that waitress is given at once to find a chunk in; for each one it copies the rest.
_PIECE = 1024


class Parser(HTTPRequestParser):
    """One request as it comes in."""

    path = ""  # also of a request that has none: waitress names it when the peer is gone
    body_rcv: Any
    completed: bool
    headers: dict[str, str]
    proxy_scheme: str
    proxy_netloc: str
    _passed_over = 0

    def received(self, data: bytes) -> int:
        """Take in bytes of this request, and return how many."""
        begun = data
        if not self.header_plus and self.body_rcv is None and not self.completed:
            begun = data.lstrip(b"\r\n")
            self._passed_over += len(data) - len(begun)
        if self._passed_over > EMPTY:
            self._refuse("Nothing but empty lines")
            return len(data)
        if not begun:
            return len(data)
        taken = len(data) - len(begun) + int(super().received(begun))
        if self.empty:  # it was white space, and no line end
            self.empty = False
            self._refuse("White space in the place of a request")
        return taken

    def parse_header(self, header_plus: bytes) -> None:
        """Read the first line and the headers, or raise ParsingError."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # a length of more digits than Python reads, an address that is none
            raise ParsingError("Invalid number or address") from error
        if self.proxy_scheme:  # the host of an absolute target wins (RFC 9112 §3.2.2), and is judged as any other
            self.headers["HOST"] = self.proxy_netloc
        if self.chunked:
            self.body_rcv = _Chunks(self.body_rcv.getbuf())

    def _refuse(self, why: str) -> None:
        self.error = BadRequest(why)
        self.completed = True


class _Chunks(ChunkedReceiver):
    """A body that comes in chunks."""

    control_line: bytes
    trailer: bytes
    chunk_remainder: int
    _taken = 0

    def received(self, s: bytes) -> int:
        """Take in bytes of the body, and return how many; ``error`` is set where it is refused."""
        at = 0
        while at < len(s) and not self.completed and not self.error:
            piece = s[at : at + max(self.chunk_remainder, _PIECE)]
            taken = int(super().received(piece))
            at += taken
            self._taken += taken
            if (
                len(self.control_line) > LINE
                or len(self.trailer) > TRAILER
                or self._taken - len(self) > FRAMING + len(self) // 8
            ):
                self.error = BadRequest("More framing than body")
        return len(s) if self.error else at
