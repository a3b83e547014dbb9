"""The audit trail of any stream, as it is shown: the read model's rows, with what stands beside them.

``period``       first and last day of the mandate, which never change once it is approved; ``withdrawn``: when it was
                 taken away before that, or null
``actor_basis``  how it is known whose step it is (:mod:`api.actors`)
``time``         the visits to steps that the act ended, each with its verdict (:mod:`projections.time_spent`)
``corrections``  what was put right of the act later: field, old, new, and the leaf of the correction
``papers``       what each document of the act is in it, read from the act itself
``verdicts``     on its signature and its authority, found anew from its bytes (:mod:`api.marks`)
``questioned``   the later revocation of its key that puts the act in question, or null; then it is a flag too
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from api.actors import actors_of
from api.labels import labelled
from api.marks import Judge
from api.parts import parts
from api.past import not_yet, stamped
from keys.errors import NotFound
from keys.member_words import words_of
from keys.register import Register
from ledger import log
from ledger.past import Place
from ledger.rows import Rows
from projections import audit_trail, iku_state
from projections.audit_trail import utc

#: Members in which people write at length; the reason and the deviation stand in a row whole.
_OWN_WORDS = frozenset({"instruction", "note", "summary", "remark", "agenda_no"})
#: What a document is, by the member of the body that names it.
_WHAT = {
    "document": "Dokumen",
    "replaces": "Menggantikan",
    "evidence": "Bukti",
    "scan": "Pindaian",
    "attachments": "Lampiran",
    "berita_acara": "Berita acara",
}


def trail_of(stream: str, place: Place | None = None) -> dict[str, Any]:
    """Return ``{"stream", "trail", "synthetic", "disclaimer"}``, a row an act; with ``at`` as it was at ``place``.

    Raises NotFound where nothing is recorded, Forged where an act's bytes do not hold.
    """
    here = parts()
    with here.reading() as connection:
        rows = audit_trail.trail(connection, stream)
    if place is not None:
        rows = [row for row in rows if row["leaf_index"] <= place.index]
    if not rows:
        raise unknown(stream, place)
    return stamped(labelled({"stream": stream, "trail": shown(rows, place)}), place)


def shown(rows: list[dict[str, Any]], place: Place | None = None) -> list[dict[str, Any]]:
    """Return rows of the read model, of whatever streams, each with what stands beside it; raises Forged.

    What is in question is said as it is now, or was at ``place``.
    """
    last = place.index if place else sys.maxsize
    here = parts()
    register, streams = here.register(place), {row["stream"] for row in rows}
    with here.ledger.reading() as found:
        judge = Judge(found, register)
        acts = [log.recorded(found, row["leaf_index"]) for row in rows]
        judged = [judge.said(done) for done in acts]
        periods = {mandate: _period(found, register, mandate) for mandate in {row["mandate"] for row in rows}}
    actors = {stream: actors_of(stream) for stream in streams}
    with here.views.reading() as connection:
        ended, corrected = iku_state.beside_acts(connection, streams)
    return [
        row
        | {
            "period": periods[row["mandate"]],
            "actor_basis": known.basis(row["step"], row["leaf_index"]) if (known := actors[row["stream"]]) else None,
            "papers": _papers(done.act.body.plain(), row["documents"]),
            "time": ended.get(row["leaf_index"], []),
            "flags": row["flags"] + ([said["questioned"]["flag"]] if said["questioned"] else []),
            "corrections": [one for one in corrected.get(row["leaf"], ()) if one["leaf_index"] <= last],
        }
        | said
        for row, done, said in zip(rows, acts, judged, strict=True)
    ]


def said_whole(index: int) -> list[tuple[str, str]]:
    """Return what the act at a leaf says in words of its signer's own that a sentence may cut: (where, text)."""
    with parts().ledger.reading() as rows:
        body = log.recorded(rows, index).act.body.plain()
    return [(words_of(way), text) for way, text in _texts(body) if way[-1] in _OWN_WORDS]


def _texts(value: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        yield way, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _texts(member, (*way, name))


def unknown(stream: str, place: Place | None = None) -> NotFound:
    """Return the fault of a stream in which nothing is recorded, or was not at ``place``."""
    later = not_yet(stream, place)
    if later is not None:
        return later
    family, _, name = stream.partition(":")
    if family == "case":
        return NotFound("case.unknown", f"Perkara {name} tidak ada.", allowed="Daftar perkara: jejak cases.")
    return NotFound(
        "stream.unknown",
        f"Belum ada tindakan tercatat pada {stream}.",
        allowed="Yang punya jejak: register, SOP yang ditetapkan (jejak sop list), perkara yang dibuka (jejak cases).",
    )


def _period(rows: Rows, register: Register, mandate: str) -> dict[str, Any] | None:
    """Return first and last day of a mandate; the last is None where it holds until it is revoked."""
    held = register.mandates.get(mandate)
    if held is None:
        return None
    loss = held.withdrawn
    withdrawn = None
    if loss is not None:
        at = utc(log.recorded(rows, loss.index).entry.recorded_at)
        withdrawn = {"leaf_index": loss.index, "recorded_at": at}
    return {"start": held.record.start, "end": held.record.end, "withdrawn": withdrawn}


def _papers(body: dict[str, Any], digests: list[str]) -> list[dict[str, str]]:
    """Return ``{"what", "digest"}`` of each digest in the order of the row; one may be two things at once."""
    roles: dict[str, dict[str, None]] = {digest: {} for digest in digests}
    for name, digest in _named(body):
        if digest in roles:
            roles[digest][_WHAT[name]] = None
    return [{"what": ", ".join(found) or "Dokumen", "digest": digest} for digest, found in roles.items()]


def _named(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield (member, digest) of every document in a body, under the nearest member that says what it is."""
    match value:
        case {"digest": str() as digest} if name:
            yield name, digest
        case dict():
            for member, inner in value.items():
                yield from _named(inner, member if member in _WHAT else "")
        case list():
            for inner in value:
                yield from _named(inner, name)
        case str() if name:
            yield name, value
