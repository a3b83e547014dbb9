"""The agenda book of outgoing letters: a year's rows, and what an inspector would ask about them."""

from __future__ import annotations

from flask import Response, request

from api.access import unit_read
from api.agenda import AgendaQuery
from api.desk.act_words import label_of
from api.desk.frame import _, page, routes
from api.parts import parts
from api.trail_search import check_unit
from keys.authority import WIB
from projections import agenda as book


@routes.get("/agenda")
def agenda() -> Response:
    """Return the page of a year's book: this year's, of one's own unit, where nothing else is asked."""
    this_year = parts().clock().astimezone(WIB).year
    asked = {name: value for name, value in request.args.items() if value}
    query = AgendaQuery.read({"year": str(this_year)} | asked, "request.parameter", "Alamat")
    if query.unit is not None:
        check_unit(query.unit)
    with parts().reading() as connection:
        found = book.agenda(connection, query.year, unit_read(query.unit))
    years = range(this_year, this_year - 6, -1)
    return page("agenda.html", book=found, years=years, columns=_columns(), label=label_of)


def _columns() -> list[str]:
    """Return the headings of the book, in its order."""
    return [
        _("No."),
        _("Nomor surat"),
        _("Tanggal surat"),
        _("Dikirim"),
        _("Kepada"),
        _("Ringkasan"),
        _("Keterangan dan bukti pengiriman"),
    ]
