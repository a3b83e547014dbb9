"""The audit trail across cases over HTTP: who did what, when, in which office, with which flag and words.

It comes as JSON or as a table.

All filters are optional and hold together. A page of JSON ends with ``next``, the leaf index after which the next one
begins, null on the last. A table has no pages: it goes to the leaf that was the newest when it began, a piece at a
time, so that neither memory nor a reading of the read models grows with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Annotated, Any

from flask import Response, jsonify, stream_with_context
from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError, WithJsonSchema

from api.labels import labelled
from api.parameters import CasePath, Fresh, Limit, Number, StreamText, blueprint, json_answer
from api.parts import parts
from api.reader import reader
from api.trail_csv import MEDIA_TYPE, stream_words, table
from api.trails import shown, unknown
from keys.authority import WIB
from keys.errors import Malformed, NotFound
from keys.fields import Date, Fact, Slug, Time
from keys.register import Key, Loss, Register
from ledger.bodies import CATALOGUE
from ledger.flag_names import NAMES, ON_DOCUMENTS, QUESTIONED, words_of
from ledger.kind_names import name_of
from ledger.past import Place
from ledger.streams import REGISTER
from ledger.verdicts import keys_in_question
from ledger.wording import when
from projections.trail_search import Sought, newest, page

#: Acts in a piece of a table.
PIECE = 500
_FIRST, _LAST = "1945-01-01", "9998-12-31"
_DATE, _TIME = TypeAdapter[str](Date), TypeAdapter[str](Time)


def _day_or_time(value: str) -> str:
    for form in (_DATE, _TIME):
        try:
            form.validate_python(value)
        except ValidationError:
            continue
        if _FIRST <= value[:10] <= _LAST:
            return value
    raise ValueError(
        "bukan tanggal atau waktu; tulis seperti 2026-03-02, atau 2026-03-02T08:00:00+07:00 (tanda + dalam alamat"
        " ditulis %2B)"
    )


#: A day in WIB, or a moment.
DayOrTime = Annotated[
    str,
    StringConstraints(max_length=32),
    AfterValidator(_day_or_time),
    WithJsonSchema({"type": "string", "examples": ["2026-03-02", "2026-03-02T08:00:00+07:00"]}),
]
Kind = Annotated[str, StringConstraints(max_length=64), WithJsonSchema({"type": "string", "enum": list(CATALOGUE)})]
FlagName = Annotated[str, StringConstraints(max_length=64), WithJsonSchema({"type": "string", "enum": list(NAMES)})]
#: Words, each of which must stand in the act.
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

routes = blueprint("trail")


class TrailQuery(Fact):
    """What the acts must be; `from` and `to` are days in WIB or moments of recording, both included."""

    official: Slug | None = None
    office: Slug | None = None
    kind: Kind | None = None
    since: DayOrTime | None = Field(default=None, alias="from")
    until: DayOrTime | None = Field(default=None, alias="to")
    flag: FlagName | None = None
    unit: Slug | None = None
    stream: StreamText | None = None
    text: Words | None = None


class TrailTableQuery(TrailQuery, Fresh):
    """All such acts, of a ledger that has at least the leaf `min_leaf`."""


class TrailPageQuery(TrailQuery, Fresh):
    """A page of such acts, after the leaf index `next` of the page before."""

    limit: Limit = 50
    after: Number | None = None


_CSV_ANSWER: dict[str, Any] = {
    "description": "the table: CSV (RFC 4180), UTF-8 with a byte order mark",
    "content": {"text/csv": {"schema": {"type": "string"}}},
}


@routes.get("/trail", responses={"200": json_answer("a page of acts, oldest first")})
def trail_search(query: TrailPageQuery) -> Response:
    """Return acts of every stream that are what is sought, oldest first; `next` is the cursor of the next page."""
    sought = _sought(query)
    after = -1 if query.after is None else query.after
    with parts().reading() as connection:
        rows = _rows(connection, sought, query.limit + 1, after)
    found, more = rows[: query.limit], len(rows) > query.limit
    return jsonify(
        labelled({"trail": shown(found) if found else [], "next": found[-1]["leaf_index"] if more else None})
    )


@routes.get("/trail.csv", responses={"200": _CSV_ANSWER})
def trail_table(query: TrailTableQuery) -> Response:
    """Return all acts that are what is sought as a table, up to the leaf that is the newest now."""
    return _table(_sought(query), "jejak-audit")


@routes.get("/cases/<case_id>/trail.csv", responses={"200": _CSV_ANSWER})
def case_trail_table(path: CasePath, query: Fresh) -> Response:
    """Return the audit trail of a case as a table."""
    stream = f"case:{path.case_id}"
    _check_stream(stream)
    return _table(Sought(stream=stream, units=reader().units), f"jejak-audit-{path.case_id}")


def _sought(query: TrailQuery) -> Sought:
    """Return what is sought; raises Malformed for what cannot be, NotFound for whom or what the ledger lacks."""
    _check_listed("kind", "Jenis tindakan", query.kind, {kind: name_of(kind) for kind in CATALOGUE})
    on_documents = f" Tanda pada dokumen hanya ada pada keadaan perkaranya: {_listed(ON_DOCUMENTS)}."
    _check_listed("flag", "Tanda", query.flag, NAMES, on_documents)
    start, end = _moment(query.since, dt.time.min), _moment(query.until, dt.time.max)
    if start is not None and end is not None and start > end:
        raise Malformed(
            "trail.time",
            "Awal masa yang dicari lebih akhir daripada akhirnya.",
            allowed="Yang lebih dahulu pada from, yang lebih akhir pada to.",
        )
    if query.official is not None:
        _check_official(query.official)
    if query.office is not None or query.unit is not None:
        _check_office(query.office, query.unit)
    if query.stream is not None:
        _check_stream(query.stream)
    return Sought(
        official=query.official,
        office=query.office,
        unit=query.unit,
        kind=query.kind,
        flag=query.flag,
        stream=query.stream,
        start=start,
        end=end,
        text=query.text,
        units=reader().units,
    )


def _rows(connection: Any, sought: Sought, limit: int, after: int, place: Place | None = None) -> list[dict[str, Any]]:
    """Return the first ``limit`` rows above leaf ``after`` that are what is sought, none above ``place``."""
    if sought.flag != QUESTIONED:
        return page(connection, sought, limit, after=after, last=place.index if place else None)
    stream = parts().stream(REGISTER, place)
    if stream is None or not isinstance(stream.state, Register):
        return []
    found: list[dict[str, Any]] = []
    for key, loss in keys_in_question(stream.state):
        if sought.official in (None, key.official):
            last = min(loss.index - 1, place.index) if place else loss.index - 1
            found += _signed_with(connection, sought, key, loss, limit, after, last)
    return sorted(found, key=lambda row: int(row["leaf_index"]))[:limit]


def _signed_with(
    connection: Any, sought: Sought, key: Key, loss: Loss, limit: int, after: int, last: int
) -> list[dict[str, Any]]:
    """Return the first rows signed with ``key`` since the claim, among those that are what else is sought."""
    start = max(filter(None, (sought.start, loss.compromised_since)), default=None)
    within = replace(sought, flag=None, official=key.official, start=start)
    found: list[dict[str, Any]] = []
    more = True
    while more and len(found) < limit:
        piece = page(connection, within, PIECE, after=after, last=last)
        more = len(piece) == PIECE
        after = piece[-1]["leaf_index"] if piece else after
        found += [row for row in piece if row["keyid"] == key.public.id]
    return found[:limit]


def _moment(text: str | None, of_day: dt.time) -> dt.datetime | None:
    """Return the moment that a text says; of a day, the one at ``of_day`` in WIB."""
    if text is None:
        return None
    if len(text) > len(_FIRST):
        return dt.datetime.fromisoformat(text)
    return dt.datetime.combine(dt.date.fromisoformat(text), of_day, WIB)


def _check_listed(member: str, what: str, name: str | None, names: dict[str, str], beside: str = "") -> None:
    if name is not None and name not in names:
        raise Malformed(
            f"trail.{member}",
            f"{what} {name!r} tidak dikenal di jejak audit.",
            allowed=f"Yang dikenal: {_listed(names)}.{beside}",
            member=member,
        )


def _listed(names: dict[str, str]) -> str:
    return ", ".join(f"{one} ({words})" for one, words in names.items())


def _check_official(official: str) -> None:
    if official not in parts().register().officials:
        raise NotFound(
            "trail.official",
            f"Pejabat {official} tidak ada dalam buku besar ini.",
            allowed="Daftar pejabat: /v1/officials.",
        )


def check_unit(unit: str) -> None:
    """Return if somebody ever held an office of this unit, else raise NotFound (``trail.unit``)."""
    units = sorted({one.record.unit for one in parts().register().mandates.values()})
    if unit not in units:
        raise NotFound(
            "trail.unit",
            f"Unit {unit} tidak dikenal buku besar ini.",
            allowed=f"Unit yang ada: {', '.join(units)}.",
        )


def _check_office(office: str | None, unit: str | None) -> None:
    """Return if somebody ever held this office (of this unit), by a mandate that is in force or was."""
    if unit is not None:
        check_unit(unit)
    held = {(one.record.unit, one.record.office) for one in parts().register().mandates.values()}
    offices = sorted({name for of, name in held if unit in (None, of)})
    if office is not None and office not in offices:
        raise NotFound(
            "trail.office",
            f"Belum pernah ada yang memegang jabatan {office}" + (f" di unit {unit}." if unit else "."),
            allowed=f"Jabatan yang pernah dipegang: {', '.join(offices)}.",
        )


def _check_stream(stream: str) -> None:
    if parts().ledger.stream(stream) is None:
        raise unknown(stream)


def _table(sought: Sought, name: str) -> Response:
    """Return the table as it is made; whatever is wrong with its first piece is told before it begins."""
    with parts().reading() as connection:
        last = newest(connection)
    synthetic = labelled({})["synthetic"]
    pieces = _pieces(sought, last)
    begun = chain([next(pieces, [])], pieces)
    made = table(begun, sought=_in_words(sought), last=last, synthetic=synthetic)
    response = Response(stream_with_context(made), content_type=MEDIA_TYPE)
    label = "-sintetis" if synthetic else ""
    file = f"{name}{label}-sampai-daun-{last}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def _pieces(sought: Sought, last: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows up to leaf ``last``, each piece by a reading of its own: rows never change once they are there.

    What is in question is said as it was at that leaf, so that all pieces say the same.
    """
    place, after, more = parts().place(last), -1, True
    while more:
        with parts().views.reading() as connection:
            rows = _rows(connection, sought, PIECE, after, place)
        more = len(rows) == PIECE
        if rows:
            after = rows[-1]["leaf_index"]
            yield shown(rows, place)


def _in_words(sought: Sought) -> str:
    """Return what is sought as people say it."""
    said = [
        ("pejabat", sought.official),
        ("jabatan", sought.office),
        ("unit", sought.unit),
        ("tindakan", sought.kind and name_of(sought.kind)),
        ("tanda", sought.flag and words_of(sought.flag)),
        ("alur", sought.stream and stream_words(sought.stream)),
        ("kata", sought.text),
        ("dicatat sejak", sought.start and when(sought.start)),
        ("dicatat sampai", sought.end and when(sought.end)),
    ]
    return "; ".join(f"{what} {value}" for what, value in said if value) or "semua tindakan"
