"""Tiles over HTTP: the log for clients that nobody here wrote (C2SP tlog-tiles), under the prefix of the checkpoint.

The prefix of the log is ``/log``: ``/log/checkpoint``, ``/log/tile/<level>/<place>`` and ``/log/tile/entries/<place>``.
What is not exactly a path of the specification is not found; what was found never changes, so it may be kept for ever.
Hashes say nothing of what was signed, so anybody may keep them; entries are for those who may read all of them.
"""

from __future__ import annotations

from typing import Annotated, Any

from flask import Response
from pydantic import Field, WithJsonSchema

from api.log import FOREVER
from api.packing import packed
from api.parameters import blueprint
from api.parts import parts
from keys.fields import Fact
from ledger import log
from ledger.tiles import parse_level, parse_place

OCTETS = "application/octet-stream"
FOR_EVERYBODY = "public, max-age=31536000, immutable"

outside = blueprint("tiles", prefix=None)

_PLACE = {
    "type": "string",
    "pattern": r"^(x[0-9]{3}/)*[0-9]{3}(\.p/[1-9][0-9]{0,2})?$",
    "description": "index in groups of three digits, slashes between them as they are: x001/x234/067, or 273.p/112",
}
_OCTETS_ANSWER: dict[str, Any] = {"content": {OCTETS: {"schema": {"type": "string", "format": "binary"}}}}


class BundlePath(Fact):
    """An entry bundle by its place; what is in no form is no path, and so is not found."""

    place: Annotated[str, WithJsonSchema(_PLACE)]


class TilePath(BundlePath):
    """A tile by its level and its place in it."""

    level: Annotated[str, WithJsonSchema({"type": "string", "pattern": "^(0|[1-9]|[1-5][0-9]|6[0-3])$"})] = Field(
        description="0 for leaf hashes, l for roots of 256**l leaves"
    )


@outside.get(
    "/log/tile/<level>/<path:place>", responses={"200": {"description": "hashes, 32 bytes each"} | _OCTETS_ANSWER}
)
def hash_tile(path: TilePath) -> Response:
    """Return a tile of the log's hashes (C2SP tlog-tiles)."""
    level, place = parse_level(path.level), parse_place(path.place)
    with parts().ledger.reading() as rows:
        data = log.hash_tile(rows, level, place)
    return _kept(data, FOR_EVERYBODY)


@outside.get(
    "/log/tile/entries/<path:place>", responses={"200": {"description": "entries after their lengths"} | _OCTETS_ANSWER}
)
def entry_bundle(path: BundlePath) -> Response:
    """Return a bundle of entries, exactly as they are stored and hashed (C2SP tlog-tiles)."""
    place = parse_place(path.place)
    with parts().ledger.reading() as rows:
        data = log.entry_bundle(rows, place)
    return packed(_kept(data, FOREVER))


def _kept(data: bytes, cache: str) -> Response:
    response = Response(data, content_type=OCTETS)
    response.headers["Cache-Control"] = cache
    return response
