"""Officials, their mandates and their keys over time, as the register has them now or had them at a place."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Response, request

from api.desk.frame import _, page, routes
from api.desk.timeline_chart import Life, timeline
from api.parameters import AtQuery, OfficialPath
from api.parts import parts
from api.past import stamped
from api.register import looking
from api.register_shapes import Looking
from keys.authority import WIB
from keys.errors import NotFound
from keys.signing import PublicKey, fingerprint
from ledger import log
from ledger.bodies import LedgerFounded
from ledger.kind_names import name_of
from ledger.past import Place
from ledger.successor import predecessor_in_words
from ledger.wording import CAPACITIES
from projections.audit_trail import utc


@routes.get("/pejabat")
def officials() -> Response:
    """Return the page of everybody whom the register knows."""
    place = _place()
    with looking(place) as found:
        people = [found.official(name) for name in sorted(found.register.officials)]
        waiting = found.whole()["proposals"]
        names = _names(found)
    with parts().ledger.reading() as rows:
        founded = log.recorded(rows, 0).act.body
    assert isinstance(founded, LedgerFounded)
    return page(
        "officials.html",
        predecessor=predecessor_in_words(founded.successor_of) if founded.successor_of else None,
        people=people,
        waiting=[one | {"called": name_of(one["kind"]), "about": _about(one)} for one in waiting],
        names=names,
        capacities=CAPACITIES,
        at=_at(place),
    )


@routes.get("/pejabat/<official>")
def official(official: str) -> Response:
    """Return the page of a person: mandates and keys as a drawing and as tables, and their history in sentences."""
    OfficialPath.read({"official": official}, "request.parameter", "Alamat")
    place = _place()
    with looking(place) as found:
        if official not in found.register.officials:
            raise NotFound("register.official", f"Pejabat {official} belum terdaftar.", allowed="Lihat daftar pejabat.")
        person = found.official(official)
        drawn, names = timeline(_lives(found, person), found.at), _names(found)
    for key in person["keys"]:
        key["fingerprint"] = fingerprint(PublicKey.load(bytes.fromhex(key["public_key"])))
    return page("official.html", person=person, drawn=drawn, names=names, capacities=CAPACITIES, at=_at(place))


def _place() -> Place | None:
    query = AtQuery.read(request.args.to_dict(), "request.parameter", "Alamat")
    return parts().place(query.at)


def _at(place: Place | None) -> dict[str, Any] | None:
    found: dict[str, Any] | None = stamped({}, place).get("at")
    return found


def _names(found: Looking) -> dict[str, str]:
    """Return what each person is called, by their name in the register."""
    return {name: known.record.name for name, known in found.register.officials.items()}


def _about(waiting: dict[str, Any]) -> str:
    """Return what a proposal would give, in a few words."""
    match waiting["kind"]:
        case "official.proposed":
            return str(waiting["person"]["name"])
        case "mandate.proposed":
            held = waiting["mandate"]
            return f"{held['office_name']} ({CAPACITIES[held['capacity']]})"
        case _:
            return _short(waiting["key"]["keyid"])


def _short(keyid: str) -> str:
    return f"{keyid[:4]}…{keyid[-4:]}"


def _lives(found: Looking, person: dict[str, Any]) -> list[Life]:
    """Return what the person held and from when to when: days of mandates in WIB, moments of keys."""
    lives = []
    for held in person["mandates"]:
        began = max(_midnight(held["start"]), _moment(held["recorded_at"]))
        lost = held["withdrawn"]
        ends = _midnight(held["end"]) + dt.timedelta(days=1) if held.get("end") else None
        gone = min((one for one in (ends, _moment(lost["recorded_at"]) if lost else None) if one), default=None)
        lives.append(Life(f"{held['office_name']} ({CAPACITIES[held['capacity']]})", "mandate", began, gone))
    for held in person["keys"]:
        gone = _moment(held["revoked"]["recorded_at"]) if held["revoked"] else None
        if gone is None and held["until"] is not None:
            gone = _moment(utc(found.history.at(held["until"])))
        kind = "key" if held["proven"] else "unproven"
        name = _("Kunci %(id)s", id=_short(held["keyid"]))
        name = name if held["proven"] else _("%(key)s, belum dibuktikan", key=name)
        lives.append(Life(name, kind, _moment(held["recorded_at"]), gone))
    return lives


def _midnight(day: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), WIB)


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(WIB)
