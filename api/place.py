"""Where a stream stands, with all that proves it, in one answer: for clients to whom every round trip is seconds.

The answer is advice until it is verified: the checkpoint by the pinned key, its consistency with the one that the
client remembers, the newest act by its receipt, the acts before it by the leaf hashes that each names. All of it is
read in one snapshot of the journal, so its parts fit each other.

A register grows for years: who verified its first acts before asks only for those after them, and gets the answer
compressed where they take it. Nothing in it is secret to whoever may ask.
"""

from __future__ import annotations

import base64

from flask import Response, jsonify
from pydantic import BaseModel, Field

from api.packing import packed
from api.parameters import Number, StreamPath, blueprint
from api.parts import parts
from keys.fields import Fact
from ledger import log
from ledger.checkpoint import parse_body
from ledger.note import parse_unverified
from ledger.receipt import Receipt, format_receipt
from ledger.recorded import Recorded

routes = blueprint("place")


class PlacedAct(BaseModel):
    """An act of the stream: its leaf index, and the entry's bytes, verbatim, in standard base64."""

    index: int
    entry: str


class StreamPlace(BaseModel):
    """Where a stream stands: advice for whoever builds its next act, and what proves it."""

    stream: str
    version: int = Field(description="version of the newest act, 0 where nothing is recorded yet")
    checkpoint: str = Field(description="the newest checkpoint (C2SP tlog-checkpoint), under which all of this stands")
    consistency: list[str] = Field(
        description="proof (RFC 6962 §2.1.2, standard base64) that the checkpoint continues the first `old` leaves;"
        " empty where `old` is its size or more"
    )
    acts: list[PlacedAct] = Field(
        description="every act of the stream of a version above `after`, oldest first; the newest in any case"
    )
    receipt: str | None = Field(description="C2SP tlog-proof of the newest act under that checkpoint")


class PlaceQuery(Fact):
    """What the client has verified: a tree size, and how many acts of this stream.

    Without them ``old`` is 1, the founding leaf, which it pinned, and ``after`` is 0.
    """

    old: Number = 1
    after: Number = 0


@routes.get("/streams/<stream>/place", responses={"200": StreamPlace})
def stream_place(path: StreamPath, query: PlaceQuery) -> Response:
    """Return every act of a stream above version `after`, and its newest, with what proves them.

    Version 0 and no act where nothing is recorded yet.
    """
    with parts().ledger.reading() as rows:
        note = log.checkpoint(rows)
        size = parse_body(parse_unverified(note)[0]).size
        # A client that verified a larger log is shown the smaller one as it is: two notes that disagree are evidence.
        proof = log.consistency(rows, query.old, size) if query.old < size else []
        stored = list(rows.stream(path.stream))
        acts = [Recorded.read(row) for row in stored[min(query.after, max(len(stored) - 1, 0)) :]]
        receipt = Receipt(acts[-1].index, tuple(log.inclusion(rows, acts[-1].index, size)), note) if acts else None
    said = StreamPlace(
        stream=path.stream,
        version=acts[-1].act.version if acts else 0,
        checkpoint=note.decode("utf-8"),
        consistency=[_base64(one) for one in proof],
        acts=[PlacedAct(index=one.index, entry=_base64(one.entry.data)) for one in acts],
        receipt=format_receipt(receipt).decode("utf-8") if receipt else None,
    )
    return packed(jsonify(said.model_dump()))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
