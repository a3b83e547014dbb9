"""The making of an evidence bundle: everything that the journal has of one case, at its newest checkpoint.

What goes in is said in :mod:`ledger.bundle`; nothing here is judged. The one thing that is new is the log's word on
what is newest in the three streams (:mod:`ledger.heads`), signed here for the very checkpoint of the bundle. The same
journal at the same checkpoint gives the same bundle to whoever names the same sizes. Pure: ``rows`` are one snapshot,
``read`` finds documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from keys.errors import Forged, Malformed, NotAllowed, NotFound
from keys.fields import DocumentRef
from ledger import log
from ledger.bundle import MAX_ENTRIES, Bundle, Filed, format_bundle, papers_of, seen_sizes
from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.consistency import Consistency
from ledger.heads import Head, Heads, sign_heads
from ledger.merkle import prove_consistency, prove_inclusion
from ledger.note import NoteSigner
from ledger.receipt import Receipt
from ledger.recorded import Recorded
from ledger.rows import Rows
from ledger.stored_zip import MAX_BYTES, cost
from ledger.streams import REGISTER, opens_under

#: Returns a document's bytes, or None where they are not to be had whole.
Read = Callable[[DocumentRef], bytes | None]

#: What a document costs beside its member: its line in SHA256SUMS, and some more.
_LINE = 200


def bundle_of(rows: Rows, case: str, signer: NoteSigner, read: Read, asked: Iterable[int] = ()) -> Bundle:
    """Return the bundle of a case (``case:<uuid>``), in which ``signer``, the log's key, states the heads.

    ``asked`` are tree sizes from which it shall prove that the checkpoint continues them, at most
    :data:`ledger.bundle.MAX_ASKED`; those that are not below the checkpoint have no such proof and are passed over.
    Documents that cannot be read, and those for which there is no room left, are left out; the bundle says which.
    Raises NotFound where there is no such case, NotAllowed where its acts are too many for a bundle, and Forged where
    what is stored does not hold.
    """
    note = log.checkpoint(rows)
    stated = open_checkpoint(note, signer.vkey).checkpoint
    if (frontier := rows.frontier()).size != stated.size or frontier.root != stated.root:
        raise Forged("log.unsealed", "Segel terbaru bukan segel atas isi buku besar ini.", leaf=stated.size)
    streams = _streams(rows, case)
    sizes = {size for size in asked if 0 < size < stated.size}
    filed = [Filed(_receipt(rows, one.index, stated.size, note), one.entry) for one in _acts(rows, streams)]
    bundle = Bundle(
        checkpoint=note,
        heads=sign_heads(signer, _heads(stated, streams, filed)),
        entries=tuple(filed),
        consistency=tuple(
            Consistency(old, tuple(prove_consistency(rows, old, stated.size)), note)
            for old in sorted(sizes.union(seen_sizes(filed, stated.size)))
        ),
        documents={},
    )
    return _with_documents(bundle, read)


def _streams(rows: Rows, case: str) -> list[str]:
    """Return the three streams, in the order of their names."""
    first = rows.at(case, 1)
    named = opens_under(Recorded.read(first).act) if first else None
    if named is None:
        raise NotFound("case.unknown", "Perkara ini tidak ada.", allowed="Daftar perkara: jejak cases.")
    streams = sorted((case, REGISTER, f"sop:{named.slug}"))
    if sum(map(rows.version, streams)) > MAX_ENTRIES:
        raise _too_many()
    return streams


def _acts(rows: Rows, streams: list[str]) -> list[Recorded]:
    found = [Recorded.read(row) for stream in streams for row in rows.stream(stream)]
    return sorted(found, key=lambda done: done.index)


def _receipt(rows: Rows, index: int, size: int, note: bytes) -> Receipt:
    return Receipt(index, tuple(prove_inclusion(rows, index, size)), note)


def _heads(stated: Checkpoint, streams: list[str], filed: list[Filed]) -> Heads:
    newest = {one.act.stream: one for one in filed}
    heads = [Head(name, newest[name].act.version, newest[name].leaf) for name in streams]
    return Heads(stated.origin, stated.size, stated.root, tuple(heads))


def _with_documents(bundle: Bundle, read: Read) -> Bundle:
    """Return the bundle with the documents that can be had, in the order in which acts name them."""
    try:
        left = MAX_BYTES - len(format_bundle(bundle))
    except Malformed:
        raise _too_many() from None
    documents: dict[str, bytes] = {}
    for paper in papers_of(bundle.acts(bundle.case)):
        price = cost(f"documents/{paper.digest.removeprefix('sha256:')}", paper.size) + _LINE
        data = read(paper) if price <= left else None
        if data is not None:
            documents[paper.digest] = data
            left -= price
    return replace(bundle, documents=documents)


def _too_many() -> NotAllowed:
    return NotAllowed(
        "bundle.entries",
        "Tindakan perkara ini, register, dan SOP-nya terlalu banyak atau terlalu besar untuk satu bundel.",
        allowed="Perkara ini diperiksa pada salinan buku besar, dengan jejak audit.",
    )
