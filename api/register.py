"""The register and the SOPs over HTTP, as they are now or as they were at a leaf.

What is shown of people, mandates and keys, and what is not, is :mod:`api.register_shapes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

from flask import Response, jsonify

from api.labels import labelled
from api.parameters import AtQuery, OfficialPath, SopPath, blueprint, json_answer
from api.parts import parts
from api.past import not_yet, stamped
from api.register_shapes import Looking, masked
from keys.authority import keys_of, mandates_of
from keys.errors import NotFound
from keys.register import Register
from ledger import log
from ledger.enactment import Enactments
from ledger.past import Place
from ledger.register_history import History
from ledger.streams import REGISTER, Stream

routes = blueprint("register")


@routes.get("/officials", responses={"200": json_answer("officials with their mandates and keys")})
def officials(query: AtQuery) -> Response:
    """Return who the officials are, the mandates they hold and the ids of their keys; NIPs are masked."""
    here = parts()
    place = here.place(query.at)
    known = here.register(place)
    shown = {"officials": [_listed(known, name) for name in sorted(known.officials)]}
    return jsonify(stamped(labelled(shown), place))


@routes.get("/officials/<official>", responses={"200": json_answer("a person: mandates, keys, history")})
def official(path: OfficialPath, query: AtQuery) -> Response:
    """Return a person as recorded then: every mandate and key, by whom given and taken, and their history."""
    place = parts().place(query.at)
    with looking(place) as found:
        if path.official not in found.register.officials:
            raise NotFound(
                "register.official",
                f"Pejabat {path.official} belum terdaftar{f' pada daun {place.index}' if place else ''}.",
                allowed="Daftar pejabat: /v1/officials.",
            )
        return jsonify(stamped(labelled(found.official(path.official)), place))


@routes.get("/register", responses={"200": json_answer("all that gives power, and what waits for approval")})
def register(query: AtQuery) -> Response:
    """Return officials, mandates, keys, waiting proposals, founders, registrars who can act, recoveries."""
    place = parts().place(query.at)
    with looking(place) as found:
        return jsonify(stamped(labelled(found.whole()), place))


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


@contextmanager
def looking(place: Place | None) -> Iterator[Looking]:
    """Yield the register as it was at ``place``, or is now, with its history; raises NotFound where there is none."""
    here = parts()
    register = here.register(place)
    with here.ledger.reading() as rows:
        if place is None:
            place = Place(rows.size() - 1, here.clock())
        history = History(here.past.history(rows, REGISTER), partial(log.recorded, rows))
        yield Looking(register, history, place.index + 1, place.recorded_at)


def _listed(register: Register, name: str) -> dict[str, Any]:
    record = register.officials[name].record
    return {
        "official": name,
        "name": record.name,
        "nip": masked(record.nip),
        "mandates": [
            one.record.model_dump(mode="json", exclude={"official", "absence"}, exclude_none=True)
            | {"since": one.since, "until": one.until}
            for one in mandates_of(register, name)
        ],
        "keys": [
            {"keyid": one.public.id, "since": one.since, "until": one.until, "proven": one.berita_acara is not None}
            for one in keys_of(register, name)
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
