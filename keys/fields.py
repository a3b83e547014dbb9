"""The vocabulary of strict schemas: what a name, a date, a digest or a text may be.

Every body of an act, the SOP and the IKU document is a :class:`Fact` made of these types: frozen, no
coercion, no unknown member, bounded text. :meth:`Fact.read` turns pydantic's complaints into one Indonesian
sentence, so that nothing of pydantic leaves the room.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, StringConstraints, ValidationError

from keys.errors import Malformed
from keys.member_words import value_in_words, words_of

T = TypeVar("T")

# Whether an act is well formed must not depend on the Unicode tables of whoever reads it, so these are fixed lists.
# A line (a name, a number, a subject) is written in precomposed Latin letters and the signs of Indonesian print: two
# lines that read alike are alike, as far as letters of one script go.
_LINE = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u024f\u1e00-\u1eff\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030\u2032\u2033"
    "\u2039\u203a\u2044\u20ac\u2113\u2116\u2122\u2190-\u2193\u2212\u2248\u2260\u2264\u2265]*"
)
# Running text may hold any script and sign, but nothing that shows nothing and nothing for private use.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u206f\u2800\u3164\ue000-\uf8ff\uffa0"
    "\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000effff\U000f0000-\U0010ffff]"
)
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


def tidy(value: str) -> str:
    """Return text fit for a :data:`Text`, for what is imported: Unicode NFC, nothing invisible, ordinary spaces."""
    return value if value.isascii() else unicodedata.normalize("NFC", _SPACES.sub(" ", _INVISIBLE.sub("", value)))


def _line(value: str) -> str:
    if not _LINE.fullmatch(value):
        raise ValueError("memuat karakter di luar huruf Latin dan tanda baca biasa; hapus lalu ketik ulang")
    if "  " in value:
        raise ValueError("memuat dua spasi berturut-turut; sisakan satu")
    return value


def _text(value: str) -> str:
    if not value.isascii() and _INVISIBLE.search(value):
        raise ValueError("memuat karakter yang tidak terlihat; hapus lalu ketik ulang")
    return value


#: A stable name in the ledger: an official, a mandate, an office, a unit, an SOP.
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$")]
#: One line of text a person wrote, not blank at either end.
Line = Annotated[
    str,
    StringConstraints(pattern=r"^\S(?:[^\n\r\t]*\S)?$", max_length=300),
    AfterValidator(_line),
]
#: Text of several lines.
Text = Annotated[str, StringConstraints(pattern=r"^\S(?:[\s\S]*\S)?$", max_length=4000), AfterValidator(_text)]
#: The lower-case hex SHA-256 leaf hash of an entry (RFC 6962 §2.1).
LeafHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
#: The content address of a document: SHA-256 of its bytes.
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
#: A raw 32-byte Ed25519 public key, lower-case hex.
PublicKeyHex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
#: A step of an SOP as its table numbers it.
StepNo = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,2}[a-z]?$")]
#: A figure as people write it, kept as text: never a float.
Decimal = Annotated[str, StringConstraints(pattern=r"^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?$")]
#: A non-negative whole number.
Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
#: A whole number from 1.
Positive = Annotated[int, Field(ge=1, le=2**53 - 1)]
#: A calendar year.
Year = Annotated[int, Field(ge=1945, le=9999)]

_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
    r"(?:Z|\+(?:0\d|1[0-3]):[0-5]\d|\+14:00|-(?!00:00)(?:0\d|1[01]):[0-5]\d|-12:00)",
    re.ASCII,
)


def _date(value: str) -> str:
    try:
        if dt.date.fromisoformat(value).isoformat() == value:
            return value
    except ValueError:
        pass
    raise ValueError("bukan tanggal; tulis seperti 2019-08-01")


def _time(value: str) -> str:
    try:
        # The last year is left out so that the moment exists in every zone.
        if _TIME.fullmatch(value) and 1945 <= dt.datetime.fromisoformat(value).year < dt.MAXYEAR:
            return value
    except ValueError:
        pass
    raise ValueError("bukan waktu RFC 3339 dengan selisih zona; tulis seperti 2026-11-22T09:15:00+07:00")


#: A calendar date, ``YYYY-MM-DD``.
Date = Annotated[str, StringConstraints(max_length=10), AfterValidator(_date)]
#: A moment in RFC 3339 (§5.6), narrowed: capital T and Z, an offset from -12:00 to +14:00 and never the unknown -00:00,
#: seconds to 59, at most six decimals, years 1945 to 9998.
Time = Annotated[str, StringConstraints(max_length=32), AfterValidator(_time)]


#: A JSON array, read as a tuple; its members stay strict.
Many = Annotated[tuple[T, ...], Strict(False), Field(max_length=200)]


class Fact(BaseModel):
    """A frozen value with a strict schema; what may be left out defaults to None."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @classmethod
    def read(cls, value: object, rule: str, what: str) -> Self:
        """Return the JSON value as this type, or raise :class:`Malformed` naming the first fault."""
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise in_words(error, rule, what) from None

    def plain(self) -> dict[str, Any]:
        """Return the JSON value; members that are None are left out."""
        return self.model_dump(mode="json", exclude_none=True)


class DocumentRef(Fact):
    """A document that an act names: content address, media type, size in bytes, file name."""

    digest: Digest
    media_type: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,95}$")]
    size: Annotated[int, Field(ge=0, le=20 * 1024 * 1024)]
    name: Annotated[
        str,
        StringConstraints(pattern=r"^[^\s/\\.:](?:[^/\\:\n\r\t]*[^\s/\\.:])?$", max_length=200),
        AfterValidator(_line),
    ]


#: What a pattern means, in words.
_SHAPES = {
    r"^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$": "nama pendek (huruf kecil, angka, tanda hubung; 2 sampai 64 karakter)",
    r"^\S(?:[^\n\r\t]*\S)?$": "satu baris teks tanpa spasi di awal dan akhir",
    r"^\S(?:[\s\S]*\S)?$": "teks tanpa spasi kosong di awal dan akhir",
    r"^[0-9a-f]{64}$": "sidik: 64 angka heksadesimal huruf kecil",
    r"^sha256:[0-9a-f]{64}$": "sidik dokumen: sha256: lalu 64 angka heksadesimal huruf kecil",
    r"^[1-9][0-9]{0,2}[a-z]?$": "nomor langkah, misalnya 6 atau 4a",
    r"^[^\s/\\.:](?:[^/\\:\n\r\t]*[^\s/\\.:])?$": "nama berkas tanpa garis miring, titik dua, atau titik di tepinya",
    r"^[0-9]{18}$": "NIP: 18 angka tanpa spasi",
    r"^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?$": "angka dengan titik desimal, misalnya 77.5",
    r"^[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,95}$": "jenis dokumen, misalnya application/pdf",
    r"^[0-9][0-9.]{0,19}$": "kode klasifikasi: angka dan titik, misalnya 070 atau 060.1",
    r"^[0-9A-Za-z][0-9A-Za-z.-]{0,29}$": "kode jabatan: huruf, angka, titik, tanda hubung, misalnya 35.07.11",
    r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$": "nomor perkara, misalnya 11111111-1111-4111-8111-111111111111",
    r"^[a-z_]{1,40}(?:\.[a-z0-9_]{1,40}){0,4}$": "nama bagian tindakan",
    r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$": "jam dan menit, misalnya 07:30",
    r"^[a-z]{2,30}\.[a-z]{2,30}$": "jenis tindakan",
    r"^(?:\S(?:[^\r\t]*\S)?)?$": "teks tanpa spasi kosong di awal dan akhir",
    r"^[a-z0-9][a-z0-9./_-]{2,127}$": "nama buku besar, misalnya kalipare.malangkab.go.id/jejak",
    r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$": "akar pohon: 32 bita dalam base64",
}
#: What a pattern without words is called: no pattern is ever shown to a person.
_SOME_SHAPE = "seperti yang diminta"

_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda c: "tidak ada, padahal wajib",
    "extra_forbidden": lambda c: "tidak dikenal",
    "string_type": lambda c: "harus teks",
    "int_type": lambda c: "harus bilangan bulat",
    "bool_type": lambda c: "harus ya atau tidak",
    "tuple_type": lambda c: "harus daftar",
    "model_type": lambda c: "harus terdiri atas bagian-bagiannya",
    "dict_type": lambda c: "harus terdiri atas bagian-bagiannya",
    "string_too_long": lambda c: f"terlalu panjang (paling banyak {c['max_length']} karakter)",
    "string_too_short": lambda c: f"terlalu pendek (paling sedikit {c['min_length']} karakter)",
    "string_pattern_mismatch": lambda c: f"tidak berbentuk {_SHAPES.get(c['pattern'], _SOME_SHAPE)}",
    "too_long": lambda c: f"terlalu banyak (paling banyak {c['max_length']})",
    "too_short": lambda c: f"terlalu sedikit (paling sedikit {c['min_length']})",
    "literal_error": lambda c: f"harus salah satu dari: {_choices(c['expected'])}",
    "greater_than_equal": lambda c: f"harus paling kecil {c['ge']}",
    "less_than_equal": lambda c: f"harus paling besar {c['le']}",
    "value_error": lambda c: str(c["error"]),
}


def in_words(error: ValidationError, rule: str, what: str, *, typed: bool = False) -> Malformed:
    """Return pydantic's first complaint as one Indonesian sentence about ``what``.

    A part is called what people call it; where they typed its name themselves (``typed``), it is named as it is. The
    fact ``member`` is its path in any case.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    path = ".".join(str(part) for part in first["loc"])[:120]
    words = _WORDS.get(first["type"])
    said = words(first.get("ctx", {})) if words else "tidak berbentuk seperti yang diminta"
    if first["type"] == "extra_forbidden":  # the sender's own name for something that we have no word for
        part = repr(str(first["loc"][-1])[:80])
    elif typed or not words_of(first["loc"]):
        part = repr(path) if path else ""
    else:
        part = f"“{words_of(first['loc'])}”"
    where = f"{what}: bagian {part}" if part else what
    return Malformed(rule, f"{where} {said}.", allowed=_ALLOWED.get(first["type"], _MEND), member=path)


def _choices(expected: str) -> str:
    """Return pydantic's list of what a literal takes ("'a', 'b' or 'c'") in words."""
    return ", ".join(value_in_words(one) for one in re.findall(r"'([^']*)'", expected))


#: What would be accepted instead, where the sentence does not say it.
_ALLOWED = {"missing": "Isi bagian itu.", "extra_forbidden": "Hapus bagian itu, atau betulkan namanya."}
_MEND = "Betulkan bagian itu."


Seats = Literal["one", "many"]
