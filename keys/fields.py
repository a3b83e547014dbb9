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

T = TypeVar("T")

# Characters that show nothing or look like a space: two names that read alike must be alike. In running text the
# joiners and variation selectors stay, for scripts and signs that need them.
_HIDDEN = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065"
_INVISIBLE_IN_TEXT = re.compile(f"[{_HIDDEN}]")
_INVISIBLE = re.compile(f"[{_HIDDEN}\u200c\u200d\ufe00-\ufe0f]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u3164\uffa0]")


def tidy(value: str) -> str:
    """Return text as a :data:`Line` has it: Unicode NFC, nothing invisible, ordinary spaces (for what is imported)."""
    return value if value.isascii() else unicodedata.normalize("NFC", _SPACES.sub(" ", _INVISIBLE.sub("", value)))


def _line(value: str) -> str:
    if not value.isascii():
        _text(value)
        if _INVISIBLE.search(value):
            raise ValueError("memuat karakter yang tidak terlihat; hapus lalu ketik ulang")
        if _SPACES.search(value):
            raise ValueError("memuat spasi khusus; ganti dengan spasi biasa")
    return value


def _text(value: str) -> str:
    if not value.isascii():
        if not unicodedata.is_normalized("NFC", value):
            raise ValueError("ditulis dengan huruf terurai; tulis ulang dalam bentuk Unicode NFC")
        if _INVISIBLE_IN_TEXT.search(value):
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

_TIME = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$", re.ASCII)


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
#: A moment as RFC 3339 with an offset, to the microsecond at most.
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
    name: Annotated[str, StringConstraints(pattern=r"^[^\s/\\.][^/\\\n\r\t]*$", max_length=200)]


#: What a pattern means, in words.
_SHAPES = {
    r"^[a-z0-9][a-z0-9-]{0,62}[a-z0-9]$": "nama pendek (huruf kecil, angka, tanda hubung; 2 sampai 64 karakter)",
    r"^\S(?:[^\n\r\t]*\S)?$": "satu baris teks tanpa spasi di awal dan akhir",
    r"^\S(?:[\s\S]*\S)?$": "teks tanpa spasi kosong di awal dan akhir",
    r"^[0-9a-f]{64}$": "sidik: 64 angka heksadesimal huruf kecil",
    r"^sha256:[0-9a-f]{64}$": "sidik dokumen: sha256: lalu 64 angka heksadesimal huruf kecil",
    r"^[1-9][0-9]{0,2}[a-z]?$": "nomor langkah, misalnya 6 atau 4a",
    r"^[0-9]{18}$": "NIP: 18 angka tanpa spasi",
}

_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda c: "tidak ada, padahal wajib",
    "extra_forbidden": lambda c: "tidak dikenal",
    "string_type": lambda c: "harus teks",
    "int_type": lambda c: "harus bilangan bulat",
    "bool_type": lambda c: "harus true atau false",
    "tuple_type": lambda c: "harus daftar",
    "model_type": lambda c: "harus objek",
    "dict_type": lambda c: "harus objek",
    "string_too_long": lambda c: f"terlalu panjang (paling banyak {c['max_length']} karakter)",
    "string_too_short": lambda c: f"terlalu pendek (paling sedikit {c['min_length']} karakter)",
    "string_pattern_mismatch": lambda c: f"tidak berbentuk {_SHAPES.get(c['pattern'], c['pattern'])}",
    "too_long": lambda c: f"terlalu banyak (paling banyak {c['max_length']})",
    "too_short": lambda c: f"terlalu sedikit (paling sedikit {c['min_length']})",
    "literal_error": lambda c: f"harus salah satu dari {c['expected'].replace(' or ', ', ')}",
    "greater_than_equal": lambda c: f"harus paling kecil {c['ge']}",
    "less_than_equal": lambda c: f"harus paling besar {c['le']}",
    "value_error": lambda c: str(c["error"]),
}


def in_words(error: ValidationError, rule: str, what: str) -> Malformed:
    """Return pydantic's first complaint as one Indonesian sentence about ``what``."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = ".".join(str(part) for part in first["loc"])[:120]
    words = _WORDS.get(first["type"])
    said = words(first.get("ctx", {})) if words else "tidak berbentuk seperti yang diminta"
    where = f"{what}: bagian {path!r}" if path else what
    return Malformed(rule, f"{where} {said}.", member=path)


Seats = Literal["one", "many"]
