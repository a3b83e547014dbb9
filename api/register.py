"""The register and the SOPs over HTTP, as they are now.

Names, offices and keys are the accountability itself (DOMAIN, rule 13). A NIP reveals birth date and sex, so all but
its last four digits are masked here; the audit trail, for inspectors, shows it. Why somebody was absent stays in the
signed act.
"""

from __future__ import annotations

from typing import Any, cast

from flask import Response, jsonify

from api.labels import labelled
from api.parameters import SopPath, blueprint, json_answer
from api.parts import parts
from keys.errors import NotFound
from keys.register import Register
from ledger.enactment import Enactments
from ledger.streams import Stream

routes = blueprint("register")


@routes.get("/officials", responses={"200": json_answer("officials with their mandates and keys")})
def officials() -> Response:
    """Return who the officials are, the mandates they hold and the ids of their keys; NIPs are masked."""
    register = parts().register()
    return jsonify(labelled({"officials": [_official(register, name) for name in sorted(register.officials)]}))


@routes.get("/sops", responses={"200": json_answer("SOPs in force")})
def sops() -> Response:
    """Return every SOP in force."""
    ledger = parts().ledger
    with ledger.reading() as rows:
        names = rows.streams("sop")
    return jsonify({"sops": [_in_force(found) for name in names if (found := ledger.stream(name))]})


@routes.get("/sops/<slug>", responses={"200": json_answer("the version in force")})
def sop(path: SopPath) -> Response:
    """Return the version of an SOP that is in force, with the leaf hash that a disposition names."""
    found = parts().ledger.stream(f"sop:{path.slug}")
    if found is None:
        raise NotFound("sop.unknown", f"SOP {path.slug} belum ditetapkan.", allowed="Yang berlaku: lihat /v1/sops.")
    enactments = cast("Enactments", found.state)
    return jsonify(_in_force(found) | {"versions": sorted(enactments.versions), "sop": enactments.in_force.plain()})


def masked(nip: str | None) -> str | None:
    """Return a NIP of which only the last four digits show."""
    return None if nip is None else "•" * (len(nip) - 4) + nip[-4:]


def _official(register: Register, name: str) -> dict[str, Any]:
    record = register.officials[name].record
    mandates = [one for one in register.mandates.values() if one.record.official == name]
    keys = [one for one in register.keys.values() if one.official == name]
    return {
        "official": name,
        "name": record.name,
        "nip": masked(record.nip),
        "mandates": [
            one.record.model_dump(mode="json", exclude={"official", "absence"}, exclude_none=True)
            | {"since": one.since, "until": one.until}
            for one in sorted(mandates, key=lambda one: one.since)
        ],
        "keys": [
            {"keyid": one.public.id, "since": one.since, "until": one.until, "proven": one.berita_acara is not None}
            for one in sorted(keys, key=lambda one: one.since)
        ],
    }


def _in_force(stream: Stream) -> dict[str, Any]:
    enactments = cast("Enactments", stream.state)
    sop = enactments.in_force
    return {
        "slug": sop.slug,
        "title": sop.title,
        "unit": sop.unit,
        "leaf": enactments.newest,
        "leaf_index": stream.index,
        "version": stream.version,
    }
