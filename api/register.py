"""The register and the SOPs over HTTP, as they are now or as they were at a leaf.

Names, offices and keys are the accountability itself (DOMAIN, rule 13). A NIP reveals birth date and sex, so all but
its last four digits are masked here; the audit trail, for inspectors, shows it. Why somebody was absent stays in the
signed act.
"""

from __future__ import annotations

from typing import Any, cast

from flask import Response, jsonify

from api.labels import labelled
from api.parameters import AtQuery, SopPath, blueprint, json_answer
from api.parts import parts
from api.past import not_yet, stamped
from keys.errors import NotFound
from keys.register import Register
from ledger.enactment import Enactments
from ledger.streams import Stream

routes = blueprint("register")


@routes.get("/officials", responses={"200": json_answer("officials with their mandates and keys")})
def officials(query: AtQuery) -> Response:
    """Return who the officials are, the mandates they hold and the ids of their keys; NIPs are masked."""
    here = parts()
    place = here.place(query.at)
    register = here.register(place)
    shown = {"officials": [_official(register, name) for name in sorted(register.officials)]}
    return jsonify(stamped(labelled(shown), place))


@routes.get("/sops", responses={"200": json_answer("SOPs")})
def sops(query: AtQuery) -> Response:
    """Return every SOP, whether it is in force, and what its office has enacted beside it."""
    here = parts()
    place = here.place(query.at)
    with here.ledger.reading() as rows:
        names = rows.streams("sop")
    shown = [_in_force(found) for name in names if (found := here.stream(name, place))]
    return jsonify(stamped({"sops": shown}, place))


@routes.get("/sops/<slug>", responses={"200": json_answer("the version in force")})
def sop(path: SopPath, query: AtQuery) -> Response:
    """Return the newest version of an SOP, with the leaf hash that a disposition names."""
    here, name = parts(), f"sop:{path.slug}"
    place = here.place(query.at)
    found = here.stream(name, place)
    if found is None:
        raise not_yet(name, place) or NotFound(
            "sop.unknown", f"SOP {path.slug} belum ditetapkan.", allowed="Yang berlaku: lihat /v1/sops."
        )
    enactments = cast("Enactments", found.state)
    shown = _in_force(found) | {
        "versions": sorted(enactments.versions),
        "sop": enactments.in_force.plain(),
        "calendars": [one.value.plain() | {"leaf_index": one.index} for one in enactments.calendars],
    }
    return jsonify(stamped(shown, place))


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
    """Return an SOP's newest version and what is enacted beside it; ``head`` is where its stream stands."""
    enactments = cast("Enactments", stream.state)
    sop, gone = enactments.in_force, enactments.superseded
    calendars, numbering = enactments.calendars, enactments.numbering
    return {
        "slug": sop.slug,
        "title": sop.title,
        "unit": sop.unit,
        "leaf": enactments.newest,
        "in_force": gone is None,
        "superseded": gone.value.plain() | {"leaf_index": gone.index} if gone else None,
        "calendars": [{"name": one.value.name, "leaf_index": one.index} for one in calendars],
        "numbering": numbering.plain() if numbering else None,
        "readings": [one.value.plain() | {"leaf_index": one.index} for one in enactments.readings],
        "head": {"leaf": stream.leaf, "leaf_index": stream.index, "version": stream.version},
    }
