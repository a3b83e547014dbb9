r"""The IKU document: a unit's key performance indicators for a period, as one canonical JSON text.

Media type ``application/vnd.jejak.iku.v1+json``; strict JSON (:mod:`keys.strict_json`), compact, members in
the order of the classes below, at most :data:`MAX_BYTES`. Lists are always written (``[]`` when empty),
other optional members only when they have a value. ``IkuDocument.parse(data).format() == data`` or it is
refused, so the same IKU always has the same content address. ``JSON.stringify`` of members in this order
gives these bytes.

What people typed is kept: a formula, a baseline and a target are text, with "77,5", "55%" or "n/a" as
written. :func:`figure` reads a number from such text where there is only one way to read it. Doubtful content
is never refused here; :mod:`ledger.iku_checks` warns about it. A worked example, executed by a test::

    >>> data = (
    ...     b'{"format":"jejak.iku/1","unit":"Kecamatan Contoh",'
    ...     b'"period":{"first_year":2019,"last_year":2023},"legal_basis":[],'
    ...     b'"rows":[{"objective":"Meningkatnya literasi","indicator":"Persentase melek huruf",'
    ...     b'"sources":["Laporan tahunan"],"measure":"persen","baseline":{"year":2017,"value":"77,5"},'
    ...     b'"targets":[{"year":2019,"value":"78,75"}]}]}'
    ... )
    >>> document = IkuDocument.parse(data)
    >>> document.format() == data
    True
    >>> figure(document.rows[0].targets[0].value)
    '78.75'
"""

from __future__ import annotations

import re
from importlib import resources
from typing import Annotated, Any, Literal, Self

from pydantic import Field, Strict, StringConstraints, model_validator

from keys import strict_json
from keys.errors import Malformed, NotFound
from keys.fields import Fact, Line, Text, Year

MEDIA_TYPE = "application/vnd.jejak.iku.v1+json"
#: A document is at most this many bytes.
MAX_BYTES = 1024 * 1024
#: A document has at most this many rows.
MAX_ROWS = 500
#: A row names at most this many sources, and at most this many targets.
MAX_SOURCES = MAX_TARGETS = 50
#: A baseline or a target is at most this many characters.
MAX_VALUE = 100
#: Stands where a table has no objective for a row (Kabupaten Malang's own form has no such column).
UNSTATED = "(sasaran tidak disebut)"

#: A baseline or a target, one line as written.
Value = Annotated[str, StringConstraints(pattern=r"^\S(?:[^\n\r\t]*\S)?$", max_length=MAX_VALUE)]


class Period(Fact):
    """The years that an IKU covers, both included."""

    first_year: Year
    last_year: Year

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first_year > self.last_year:
            raise ValueError("harus mulai pada atau sebelum tahun terakhirnya")
        return self


class Baseline(Fact):
    """Where the indicator stood (*kondisi awal*); the year is None where the table does not say it."""

    year: Year | None = None
    value: Value


class Target(Fact):
    """What the indicator is to reach in a year."""

    year: Year
    value: Value


class Row(Fact):
    """One indicator; all but objective and indicator may be missing, as in real tables.

    *Sasaran strategis*, *indikator kinerja utama*, *formula*, *alasan*, *sumber data*, *penanggung jawab*,
    *satuan*, *kondisi awal*, *target*.
    """

    objective: Text
    indicator: Text
    formula: Text | None = None
    rationale: Text | None = None
    sources: Annotated[tuple[Text, ...], Strict(False), Field(max_length=MAX_SOURCES)] = ()
    owner: Line | None = None
    measure: Line | None = None
    baseline: Baseline | None = None
    targets: Annotated[tuple[Target, ...], Strict(False), Field(max_length=MAX_TARGETS)] = ()


class IkuDocument(Fact):
    """A unit's IKU for a period; ``label`` says what else a reader must know ("contoh, bukan IKU ...")."""

    format_name: Literal["jejak.iku/1"] = Field(alias="format")
    unit: Line
    period: Period
    legal_basis: Annotated[tuple[Line, ...], Strict(False), Field(max_length=50)] = ()
    label: Line | None = None
    rows: Annotated[tuple[Row, ...], Strict(False), Field(min_length=1, max_length=MAX_ROWS)]

    @classmethod
    def parse(cls, data: bytes) -> IkuDocument:
        """Return the document these bytes spell, or raise :class:`Malformed`.

        Rules: ``iku.size``, ``json.*``, ``iku.schema``, and ``iku.canonical`` for another spelling of a
        document that would be right; ``cls.read(...).format()`` gives the canonical one.
        """
        if len(data) > MAX_BYTES:
            raise _too_large(len(data))
        document = cls.read(strict_json.loads(data), "iku.schema", "Dokumen IKU")
        if document.format() != data:
            raise Malformed(
                "iku.canonical",
                "Dokumen IKU tidak ditulis dalam bentuk bakunya.",
                allowed="Urutan bagian tetap, tanpa spasi di luar teks, tanpa bagian kosong.",
            )
        return document

    def plain(self) -> dict[str, Any]:
        """Return the JSON value; members that are None are left out."""
        return self.model_dump(mode="json", exclude_none=True, by_alias=True)

    def format(self) -> bytes:
        """Return the canonical bytes, or raise :class:`Malformed` (``iku.size``, ``json.character``)."""
        data = strict_json.dumps(self.plain())
        if len(data) > MAX_BYTES:
            raise _too_large(len(data))
        return data


def _too_large(size: int) -> Malformed:
    return Malformed("iku.size", f"Dokumen IKU {size} bita.", allowed=f"Paling besar {MAX_BYTES} bita.")


_UNIT = re.compile(r"\s*+(?:%|persen)$", re.IGNORECASE)
_PLAIN = re.compile(r"(-?)(0|[1-9][0-9]*)(?:[.,]([0-9]+))?")
_GROUPED = re.compile(r"(-?)([1-9][0-9]{0,2}(?:([.,])[0-9]{3})(?:\3[0-9]{3})*)(?:(?!\3)[.,]([0-9]+))?")


def figure(text: str) -> str | None:
    """Return the number that ``text`` spells as a canonical decimal string, or None.

    A decimal comma or point, thousands groups, and a percent sign or "persen" after the number are read; the
    result has no unit, no groups and no needless zeros, and is a ``keys.fields.Decimal``. "1.234" and
    "1,234" mean two things (a thousand or one and a bit) and give None, as does all that is not one number.
    """
    number = _UNIT.sub("", text.strip())
    if plain := _PLAIN.fullmatch(number):
        sign, whole, fraction = plain.groups(default="")
        if len(fraction) == 3 and len(whole) <= 3 and whole != "0":
            return None
    elif grouped := _GROUPED.fullmatch(number):
        sign, whole, _, fraction = grouped.groups(default="")
        whole = whole.replace(".", "").replace(",", "")
    else:
        return None
    fraction = fraction.rstrip("0")
    if len(whole) > 15 or len(fraction) > 9:
        return None
    spelled = f"{whole}.{fraction}" if fraction else whole
    return spelled if spelled == "0" else sign + spelled


_SUFFIX = ".json"


def sample_names() -> tuple[str, ...]:
    """Return the names of the example documents that are shipped, in order."""
    files = resources.files("ledger").joinpath("samples").iterdir()
    return tuple(sorted(file.name.removesuffix(_SUFFIX) for file in files if file.name.endswith(_SUFFIX)))


def sample(name: str) -> bytes:
    """Return the canonical bytes of an example document, or raise :class:`NotFound` (``iku.sample``)."""
    if name not in sample_names():
        raise NotFound(
            "iku.sample",
            f"Contoh IKU {name[:80]!r} tidak ada.",
            allowed=f"Yang ada: {', '.join(sample_names())}.",
        )
    return resources.files("ledger").joinpath("samples", name + _SUFFIX).read_bytes()
