"""The log over HTTP: entries, receipts, checkpoint, consistency; where a stream stands, and its audit trail.

Entries and receipts never change, so whoever fetched one may keep it. Text that others' clients read (checkpoint,
receipt) has its C2SP form, unchanged.
"""

from __future__ import annotations

import base64
from typing import Any

from flask import Response, jsonify
from pydantic import BaseModel, Field

from api.parameters import AtQuery, EntryPath, Number, StreamPath, blueprint, json_answer
from api.parts import not_founded, parts
from api.trails import trail_of
from keys.errors import Forged, NotFound, Unavailable
from keys.fields import Fact
from ledger import log
from ledger.bodies import Body, LedgerFounded
from ledger.checkpoint import format_hash
from ledger.notices import DISCLAIMER, SYNTHETIC
from ledger.receipt import Receipt, format_receipt
from ledger.rows import Rows
from ledger.successor import last_checkpoint
from projections.alone import building

TEXT = "text/plain; charset=utf-8"
FOREVER = "private, max-age=31536000, immutable"

routes = blueprint("log")
outside = blueprint("service", prefix=None)


class Consistency(BaseModel):
    """A consistency proof (RFC 6962 §2.1.2); hashes are standard base64."""

    old: int
    new: int
    proof: list[str]


class StreamHead(BaseModel):
    """Where a stream stands: advice for whoever builds its next act, to be verified from the entry."""

    stream: str
    version: int
    leaf: str = Field(description="leaf hash of the newest entry: the next act's `previous`")
    leaf_index: int


class PredecessorCard(BaseModel):
    """The ledger that this one comes after, as leaf 0 names it, and the last checkpoint of it that leaf 0 carries."""

    origin: str
    vkey: str
    founding: str
    size: int
    root: str
    checkpoint: str = Field(description="the old log's signed note, verbatim (C2SP tlog-checkpoint)")
    reason: str


class LedgerCard(BaseModel):
    """What this ledger is; a verifier pins `vkey` and `founding` from elsewhere, never from here."""

    origin: str
    name: str
    vkey: str
    founding: str
    size: int
    synthetic: bool
    notice: str
    disclaimer: str
    successor_of: PredecessorCard | None = Field(None, description="only where leaf 0 names a ledger before this one")


class Health(BaseModel):
    """How far log, read models and outside memory are, in leaves; `fault` says what has stopped, the gravest first."""

    status: str
    size: int
    position: int
    remembered: int | None = Field(None, description="leaves that the checkpoint outside the store covers")
    fault: str | None = None


class SizeQuery(Fact):
    """The tree size that a receipt should be for; without it, the one of the acceptance."""

    size: Number | None = None


class ConsistencyQuery(Fact):
    """Two tree sizes."""

    old: Number
    new: Number


def _text(data: bytes, cache: str | None = None) -> Response:
    response = Response(data, content_type=TEXT)
    if cache:
        response.headers["Cache-Control"] = cache
    return response


_TEXT_ANSWER: dict[str, Any] = {"content": {"text/plain": {"schema": {"type": "string"}}}}


@routes.get("/entries/<index>", responses={"200": json_answer("the entry's bytes, verbatim")})
def entry(path: EntryPath) -> Response:
    """Return an entry's bytes, exactly as they are stored and hashed."""
    with parts().ledger.reading() as rows:
        done = log.recorded(rows, path.index)
    response = Response(done.entry.data, content_type="application/json")
    response.headers["Cache-Control"] = FOREVER
    response.set_etag(done.leaf)
    return response


@routes.get("/entries/<index>/receipt", responses={"200": {"description": "C2SP tlog-proof"} | _TEXT_ANSWER})
def entry_receipt(path: EntryPath, query: SizeQuery) -> Response:
    """Return the very receipt that an act's acceptance gave, or one under another of our checkpoints."""
    with parts().ledger.reading() as rows:
        receipt = log.receipt(rows, path.index) if query.size is None else _receipt_at(rows, path.index, query.size)
    return _text(format_receipt(receipt), FOREVER)


@outside.get("/log/checkpoint", responses={"200": {"description": "C2SP tlog-checkpoint"} | _TEXT_ANSWER})
def checkpoint() -> Response:
    """Return the newest signed checkpoint."""
    with parts().ledger.reading() as rows:
        return _text(log.checkpoint(rows))


@routes.get("/consistency", responses={"200": Consistency})
def consistency(query: ConsistencyQuery) -> Response:
    """Prove that the first `new` leaves continue the first `old`."""
    with parts().ledger.reading() as rows:
        proof = log.consistency(rows, query.old, query.new)
    hashes = [base64.b64encode(one).decode("ascii") for one in proof]
    return jsonify(Consistency(old=query.old, new=query.new, proof=hashes).model_dump())


@routes.get("/streams/<stream>", responses={"200": StreamHead})
def stream(path: StreamPath) -> Response:
    """Return where a stream stands; 404 where nothing is recorded in it yet."""
    now = parts().ledger.stream(path.stream)
    if now is None:
        raise NotFound(
            "stream.unknown",
            f"Belum ada tindakan tercatat pada {path.stream}.",
            allowed="Tindakan pertamanya berversi 1, tanpa pendahulu.",
        )
    head = StreamHead(stream=now.id, version=now.version, leaf=now.leaf, leaf_index=now.index)
    return jsonify(head.model_dump())


@routes.get("/streams/<stream>/trail", responses={"200": json_answer("one row an act")})
def stream_trail(path: StreamPath, query: AtQuery) -> Response:
    """Return the audit trail of the register, an SOP or a case: one row an act, oldest first."""
    return jsonify(trail_of(path.stream, parts().place(query.at)))


@routes.get("/ledger", responses={"200": LedgerCard})
def ledger() -> Response:
    """Return what this ledger is: name, key, founding leaf, size, and what its signatures are not."""
    here = parts()
    register = here.register()
    with here.ledger.reading() as rows:
        size, first = rows.size(), log.recorded(rows, 0).act.body
    card = LedgerCard(
        origin=register.origin,
        name=register.name,
        vkey=str(here.ledger.signer.vkey),
        founding=register.founding,
        size=size,
        synthetic=register.synthetic,
        notice=SYNTHETIC if register.synthetic else "",
        disclaimer=DISCLAIMER,
        successor_of=_before(first),
    )
    return jsonify(card.model_dump(exclude_none=True))


@outside.get("/healthz", responses={"200": Health})
def health() -> Response:
    """Return how far the log, the read models and the outside memory are; writes nothing."""
    here = parts()
    outside_memory = here.ledger.outside
    found, size, shrunk = [], 0, False
    with here.ledger.reading() as rows:
        try:
            size = rows.size()
        except Forged as fault:
            size, shrunk = fault.facts.get("size", 0), True
    parted = shrunk or outside_memory.contradicted
    if here.ledger.moved():
        found.append(("buku-besar-pindah", "Buku besar sudah dipindahkan; di tempat lama ini tidak ada yang dilayani."))
    if outside_memory.contradicted:
        found.append(("riwayat-bertentangan", "Isi buku besar bertentangan dengan segel di luar; pencatatan berhenti."))
    elif shrunk:
        found.append(("riwayat-bertentangan", "Buku besar bukan lagi yang tadi dilihat di sini; pencatatan berhenti."))
    elif outside_memory.fault:
        found.append(("ingatan-luar-berhenti", "Segel terbaru tidak dapat ditulis di luar; pencatatan tetap berjalan."))
    try:
        here.ledger.require_recordable()
    except Unavailable as fault:
        found.insert(0, ("pencatatan-berhenti", fault.detail))
    if here.follower.fault and not parted:
        found.append(("tampilan-berhenti", "Tampilan berhenti mengikuti buku besar; tanda terima tidak terpengaruh."))
    if not parted and (built := here.views.built()) is not None:
        found.append(("tampilan-disusun", building(built.done, built.leaves).detail))
    said = Health(
        status=found[0][0] if found else "ok",
        size=size,
        position=here.views.position(),
        remembered=outside_memory.size,
        fault=" ".join(words for _, words in found) or None,
    )
    return jsonify(said.model_dump(exclude_none=True))


def _before(first: Body) -> PredecessorCard | None:
    """Return what leaf 0 says of the ledger before this one."""
    said = first.successor_of if isinstance(first, LedgerFounded) else None
    if said is None:
        return None
    stated = last_checkpoint(said).checkpoint
    return PredecessorCard(
        origin=stated.origin,
        vkey=said.log_key,
        founding=said.founding,
        size=stated.size,
        root=format_hash(stated.root),
        checkpoint=said.checkpoint,
        reason=said.reason,
    )


def _receipt_at(rows: Rows, index: int, size: int) -> Receipt:
    """Return the receipt of a leaf under our checkpoint of ``size`` leaves; NotFound where we signed none."""
    if not rows.size():
        raise not_founded()
    signed = rows.checkpoints(size, 1)
    if not signed or signed[0][0] != size or index >= size:
        raise NotFound(
            "log.size",
            f"Tidak ada segel atas {size} daun yang mencakup daun {index}.",
            allowed=f"Segel berikutnya: {signed[0][0]} daun." if signed else f"Buku besar ini {rows.size()} daun.",
        )
    return Receipt(index, tuple(log.inclusion(rows, index, size)), signed[0][1])
