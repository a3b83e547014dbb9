"""The agenda of outgoing letters over HTTP: a year's book, and the number that a letter would get next."""

from __future__ import annotations

from typing import Any, cast

from flask import Response, jsonify

from api.access import unit_read
from api.labels import labelled
from api.parameters import YearNumber, blueprint, json_answer
from api.parts import parts
from api.trail_search import check_unit
from keys.authority import WIB
from keys.errors import NotFound
from keys.fields import Fact, Slug
from ledger.bodies import LAST_RUNNING
from ledger.enactment import Enactments
from ledger.sop import Sop
from projections import agenda as book

routes = blueprint("agenda")


class AgendaQuery(Fact):
    """A year of the agenda book, of one unit or of all."""

    year: YearNumber
    unit: Slug | None = None


class NextQuery(Fact):
    """The SOP by which the letter is made, and its unit."""

    unit: Slug
    sop: Slug


@routes.get("/agenda", responses={"200": json_answer("the agenda of outgoing letters")})
def agenda_book(query: AgendaQuery) -> Response:
    """Return the agenda of outgoing letters of a year."""
    if query.unit is not None:
        check_unit(query.unit)
    with parts().reading() as connection:
        found = book.agenda(connection, query.year, unit_read(query.unit))
    return jsonify(labelled(found))


@routes.get("/agenda/next", responses={"200": json_answer("advice: the next free number")})
def next_number(query: NextQuery) -> Response:
    """Return the number after the last one of this year (WIB): advice only, the journal judges.

    A number that is far ahead of the others is not counted on from. `number` and `agenda_no` are null where there is
    none to propose; `why` says it in words.
    """
    enactments = _enactments(query)
    sop, numbering = enactments.in_force, enactments.numbering
    year = parts().clock().astimezone(WIB).year
    if numbering is None:
        why = f"Penomoran surat menurut SOP {sop.title} belum ditetapkan, jadi tidak ada nomor yang dapat diusulkan."
        return _answer(None, None, why)
    with parts().reading() as connection:
        given = book.last_given(connection, numbering.office_code, year)
    (running, running_leap), (agenda_no, agenda_leap) = given["running"], given["agenda_no"]
    if running >= LAST_RUNNING:
        return _answer(None, None, f"Nomor urut tahun {year} sudah sampai {running}; tidak ada lagi sesudahnya.")
    first, *others = numbering.classifications
    of = {"classification": first, "running": running + 1, "office_code": numbering.office_code, "year": year}
    last = f"Nomor urut terakhir tahun {year} dengan kode {numbering.office_code}: {running or 'belum ada'}"
    why = f"{last}; nomor agenda terakhir: {agenda_no or 'belum ada'}."
    for what, leap in (("Nomor urut", running_leap), ("Nomor agenda", agenda_leap)):
        if leap is not None:
            why += f" {what} {leap} melompat jauh dari yang lain dan tidak diteruskan; periksa apakah itu salah tulis."
    if others:
        why += f" Kode klasifikasi lain yang ditetapkan: {', '.join(others)}."
    return _answer(of, agenda_no + 1, why)


def _answer(number: dict[str, Any] | None, agenda_no: int | None, why: str) -> Response:
    return jsonify(labelled({"number": number, "agenda_no": agenda_no, "why": why}))


def _enactments(query: NextQuery) -> Enactments:
    """Return what is enacted about the SOP, or raise NotFound where the unit has none of this name."""
    stream = parts().ledger.stream(f"sop:{query.sop}")
    if stream is None:
        raise NotFound("sop.unknown", f"SOP {query.sop} belum ditetapkan.", allowed="Yang berlaku: lihat /v1/sops.")
    enactments = cast("Enactments", stream.state)
    sop: Sop = enactments.in_force
    if sop.unit != query.unit:
        raise NotFound(
            "agenda.unit",
            f"SOP {sop.title} bukan SOP unit {query.unit}.",
            allowed=f"Unit SOP ini: {sop.unit}.",
        )
    return enactments
