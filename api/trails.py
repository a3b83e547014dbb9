"""The audit trail of any stream, as it is shown: the read model's rows, with what stands beside them.

``period``       first and last day of the mandate, which never change once it is approved
``actor_basis``  how it is known whose step it is (:data:`ledger.sop.Basis`): an actor that was inferred from a blank
                 cell must not pass for the office's own words (DOMAIN)
``papers``       what each document of the act is in it, read from the act itself
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.labels import labelled
from api.parts import parts
from keys.errors import NotAllowed, NotFound
from keys.register import Register
from ledger import log
from ledger.case import Case
from ledger.sop import Basis, Sop
from projections import audit_trail

#: What a document is, by the member of the body that names it.
_WHAT = {
    "document": "Dokumen",
    "replaces": "Menggantikan",
    "evidence": "Bukti",
    "scan": "Pindaian",
    "attachments": "Lampiran",
    "berita_acara": "Berita acara",
}


def trail_of(stream: str) -> dict[str, Any]:
    """Return ``{"stream", "trail", "synthetic", "disclaimer"}``, a row an act.

    Raises NotFound where nothing is recorded, Forged where an act's bytes do not hold.
    """
    here = parts()
    with here.reading() as connection:
        rows = audit_trail.trail(connection, stream)
    if not rows:
        raise unknown(stream)
    with here.ledger.reading() as found:
        bodies = [log.recorded(found, row["leaf_index"]).act.body.plain() for row in rows]
    register, sop = here.register(), sop_of(stream)
    shown = [
        row
        | {
            "period": _period(register, row["mandate"]),
            "actor_basis": actor_basis(sop, row["step"]),
            "papers": _papers(body, row["documents"]),
        }
        for row, body in zip(rows, bodies, strict=True)
    ]
    return labelled({"stream": stream, "trail": shown})


def unknown(stream: str) -> NotFound:
    """Return the fault of a stream in which nothing is recorded."""
    family, _, name = stream.partition(":")
    if family == "case":
        return NotFound("case.unknown", f"Perkara {name} tidak ada.", allowed="Daftar perkara: /v1/cases.")
    return NotFound(
        "stream.unknown",
        f"Belum ada tindakan tercatat pada {stream}.",
        allowed="Yang punya jejak: register, sop:<nama> yang sudah ditetapkan, dan case:<nomor perkara>.",
    )


def sop_of(stream: str) -> Sop | None:
    """Return the SOP that a case is pinned to; None of any other stream."""
    found = parts().ledger.stream(stream) if stream.startswith("case:") else None
    return found.state.sop if found and isinstance(found.state, Case) else None


def actor_basis(sop: Sop | None, step: str | None) -> Basis | None:
    """Return how it is known whose step it is (:data:`ledger.sop.Basis`), or None where there is no step."""
    if sop is None or step is None:
        return None
    try:
        return sop.step(step).pelaksana.basis
    except NotAllowed:
        return None


def _period(register: Register, mandate: str) -> dict[str, str | None] | None:
    """Return first and last day of a mandate; the last is None where it holds until it is revoked."""
    held = register.mandates.get(mandate)
    return {"start": held.record.start, "end": held.record.end} if held else None


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
