"""What may stand in a path or a query: strict, bounded, one spelling of every number.

Path and query values are text; a number is taken only if it is written the way it would be printed. Each model is a
:class:`keys.fields.Fact`, so an unknown name in the query is refused and not passed over.
"""

from __future__ import annotations

import datetime as dt
import inspect
import re
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, get_type_hints

from flask import current_app, request
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from api.parts import parts
from api.problems import RESPONSES
from keys.errors import Malformed
from keys.fields import Fact, Slug, Time
from ledger.acts import StreamName

_NUMBER = re.compile("0|[1-9][0-9]{0,15}", re.ASCII)
_LARGEST = 2**53 - 1
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_PERIOD = re.compile("([1-9][0-9]{3})(?:-([1-9][0-9]{3}))?", re.ASCII)
_TIME: TypeAdapter[str] = TypeAdapter(Time)


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _period(value: str) -> str:
    found = _PERIOD.fullmatch(value)
    if found is None or int(found[1]) > int(found[2] or found[1]):
        raise ValueError("bukan masa; tulis seperti 2026 atau 2026-2030")
    return value


def _at(value: object) -> object:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return _number(value)
    if isinstance(value, str) and _DAY.fullmatch(value):
        value = f"{value}T23:59:59.999999+07:00"
    return dt.datetime.fromisoformat(_TIME.validate_python(value, strict=True))


def _said(words: str) -> WrapValidator:
    """Say ``words`` of any value that is not in form, in the place of what a pattern or a bound would say."""

    def read(value: object, inner: ValidatorFunctionWrapHandler) -> object:
        try:
            return inner(value)
        except ValidationError:
            raise ValueError(words) from None

    return WrapValidator(read)


def _between(first: int, last: int) -> WrapValidator:
    return _said(f"harus bilangan bulat dari {first} sampai {last}, tanpa tanda dan tanpa nol di depan")


#: A whole number from 0.
Number = Annotated[int, BeforeValidator(_number), Field(ge=0, le=_LARGEST), _between(0, _LARGEST)]
#: How many at most in one answer.
Limit = Annotated[int, BeforeValidator(_number), Field(ge=1, le=200), _between(1, 200)]
#: A calendar year.
YearNumber = Annotated[int, BeforeValidator(_number), Field(ge=1945, le=9999), _between(1945, 9999)]
#: A year or two with a dash between.
PeriodText = Annotated[
    str, AfterValidator(_period), WithJsonSchema({"type": "string", "pattern": f"^{_PERIOD.pattern}$"})
]
#: A place in the log: a leaf index, a moment with its offset, or a day: its end in WIB.
At = Annotated[
    int | dt.datetime,
    BeforeValidator(_at),
    _said(
        "bukan nomor daun dan bukan waktu; tulis seperti 41, seperti 2026-11-22 (akhir hari itu, WIB), atau seperti"
        " 2026-11-22T09:15:00+07:00 (dalam alamat, tanda + ditulis %2B)"
    ),
    WithJsonSchema({"type": "string", "description": "a leaf index, a moment (RFC 3339), or a day: its end in WIB"}),
]
CaseId = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
    _said("bukan nomor perkara; nomor perkara adalah UUID huruf kecil, misalnya 11111111-1111-4111-8111-111111111111"),
]
StreamText = Annotated[StreamName, _said("bukan nama alur; tulis register, sop:<nama>, atau case:<UUID perkara>")]
DigestText = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


class CasePath(Fact):
    """A case by the UUID in its stream name."""

    case_id: CaseId


class AtQuery(Fact):
    """Up to which leaf, or moment, acts count; all that are recorded if it is left out."""

    at: At | None = None


class Fresh(Fact):
    """At least which leaf the answer has, for who has its receipt from another process; it is waited for, briefly."""

    min_leaf: Number | None = Field(
        default=None,
        description="a leaf index: the answer has this leaf and all before it. It is waited for, some seconds; then 503"
        " with Retry-After, and `leaf_reached` is the newest there is",
    )


class FreshAtQuery(AtQuery, Fresh):
    """Up to which leaf, or moment, acts count, of a ledger that has at least the leaf `min_leaf`."""


class DocumentPath(Fact):
    """A document by its content address."""

    digest: DigestText


class EntryPath(Fact):
    """An entry by its leaf index."""

    index: Number


class StreamPath(Fact):
    """A stream by its name."""

    stream: StreamText


class OfficialPath(Fact):
    """An official by their name in the register."""

    official: Slug


class SopPath(Fact):
    """An SOP by its slug."""

    slug: Slug


def blueprint(name: str, prefix: str | None = "/v1") -> APIBlueprint:
    """Return an empty set of routes whose errors are documented as problems."""
    return APIBlueprint(
        name,
        __name__,
        url_prefix=prefix,
        abp_tags=[Tag(name=name)],
        abp_responses=dict(RESPONSES),
        operation_id_callback=_operation_id,
    )


def check_address() -> None:
    """Raise Malformed for a NUL in path or query: it stands in no name, and PostgreSQL takes no text that has one."""
    said = [*(request.view_args or {}).values(), *request.args, *(one for _, one in request.args.items(multi=True))]
    if any("\0" in str(one) for one in said):
        raise Malformed("request.parameter", "Alamat: ada karakter NUL di dalamnya, yang tidak ada dalam nama apa pun.")


def check_query() -> None:
    """Raise Malformed for a name that stands twice in the query, or any name where the address takes none.

    Which of two is meant nobody knows. Where an address takes names, its model refuses the others in the same words;
    pages see to themselves.
    """
    if not request.query_string:
        return
    view = current_app.view_functions.get(request.endpoint or "")
    none_taken = view is not None and request.blueprint != "desk" and not _takes_names(view)
    for name, values in request.args.lists():
        if none_taken:
            raise Malformed("request.parameter", f"Alamat: bagian {name[:80]!r} tidak dikenal.", member=name[:80])
        if len(values) > 1:
            raise Malformed("request.parameter", f"Alamat: bagian {name[:80]!r} disebut dua kali.")


def wait_for_leaf() -> None:
    """Return when the leaf that ``min_leaf`` names is there, where the address takes it; else raise Unavailable."""
    if not request.query_string:
        return
    asked = request.args.get("min_leaf", "")
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and _NUMBER.fullmatch(asked) and int(asked) <= _LARGEST and _takes_leaf(view):
        parts().reach(int(asked))  # what is no leaf index the view refuses


@cache
def _takes_names(view: Callable[..., Any]) -> bool:
    return "query" in inspect.signature(view).parameters


@cache
def _takes_leaf(view: Callable[..., Any]) -> bool:
    query = get_type_hints(inspect.unwrap(view)).get("query")
    return isinstance(query, type) and issubclass(query, Fresh)


def years(period: str) -> tuple[int, int]:
    """Return the first and last year of a period."""
    first, _, last = period.partition("-")
    return int(first), int(last or first)


def json_answer(description: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return how the OpenAPI document describes a JSON answer that has no model of its own."""
    return {
        "description": description,
        "content": {"application/json": {"schema": schema or {"type": "object"}}},
    }


def _operation_id(*, name: str, path: str, method: str) -> str:
    return name
