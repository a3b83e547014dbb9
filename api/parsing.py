"""Parsing: how requests are read off a connection, where waitress' own parser is not strict enough.

What cannot be read is an error of the request, and is answered with a problem document (:mod:`api.channels`).
"""

from __future__ import annotations

from waitress.parser import HTTPRequestParser, ParsingError


class Parser(HTTPRequestParser):
    """One request as it comes in."""

    path = ""  # also of a request that has none: waitress names it when the peer is gone

    def parse_header(self, header_plus: bytes) -> None:
        """Read the first line and the headers, or raise ParsingError."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # a length of more digits than Python reads, an address that is none
            raise ParsingError("Invalid number or address") from error
