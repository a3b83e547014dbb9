r"""JSON without room for two readings (RFC 8259, narrowed after RFC 7493 I-JSON).

Whatever is signed must mean one thing to every reader. So: UTF-8 without a byte order mark, no name twice in
an object, no floats, no NaN or Infinity, no ``-0``, integers within 2**53-1, no NUL or other control
characters but tab, line feed and carriage return (escaped), no lone surrogates, no noncharacters of plane 0,
no byte order mark, no line or paragraph separators (U+2028, U+2029), no bidirectional controls, at most
:data:`MAX_DEPTH` levels. Example::

    >>> loads(b'{"angka": 7}')
    {'angka': 7}
    >>> dumps({"b": "é", "a": [1, None]})
    b'{"b":"\xc3\xa9","a":[1,null]}'
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, NoReturn

from keys.errors import Malformed

MAX_DEPTH = 16
MAX_INTEGER = 2**53 - 1

# C0 and C1 controls, the bidirectional controls (UAX #9), the line separators, surrogates, the BOM and the
# noncharacters of plane 0. Those of the other planes would make the search ten times slower.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)


def loads(data: bytes) -> Any:
    """Return the one value that ``data`` spells, or raise :class:`Malformed` naming what is wrong."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("json.utf8", f"Isi bukan teks UTF-8 yang sah (byte ke-{error.start}).") from None
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Malformed(
            "json.syntax", f"Isi bukan JSON yang sah di baris {error.lineno}, kolom {error.colno}."
        ) from None
    except RecursionError:
        raise _too_deep() from None
    # Without a backslash every string stands in the text as it is, and nothing is nested deeper than there
    # are brackets: then the text itself has been checked and the walk can be spared (half of the time).
    if "\\" in text or _FORBIDDEN.search(text) or text.count("{") + text.count("[") > MAX_DEPTH:
        _check(value, 1)
    return value


def dumps(value: Any) -> bytes:
    """Return compact UTF-8 JSON that :func:`loads` reads back to an equal value, or raise Malformed."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        data = text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise Malformed("json.value", "Nilai tidak dapat ditulis sebagai JSON.", reason=str(error)) from None
    if loads(data) != value:
        raise Malformed("json.value", "Nilai berubah bila ditulis sebagai JSON.", reason="not JSON's own types")
    return data


def spell(value: Any) -> bytes:
    """Return the one spelling of a value that :func:`loads` returned: compact, members in the order they have.

    No white space, nothing escaped that need not be (the same bytes as ECMAScript's ``JSON.stringify``).
    """
    return _ENCODER.encode(value).encode("utf-8")


def check_text(text: str, where: str) -> str:
    """Return ``text`` if a strict reader would accept it as a JSON string, else raise Malformed."""
    found = _FORBIDDEN.search(text)
    if found:
        raise Malformed(
            "json.character",
            f"{where} memuat karakter terlarang U+{ord(found.group()):04X}.",
            allowed="Tulis ulang tanpa karakter kendali, pembalik arah teks, atau surrogate.",
        )
    return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise Malformed("json.duplicate", f"Nama {twice[:80]!r} muncul dua kali dalam satu objek.")
    return members


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(value := int(digits)) > MAX_INTEGER or digits == "-0":
        raise Malformed(
            "json.integer",
            f"Bilangan {digits[:24]} di luar batas.",
            allowed="Bilangan bulat antara -(2^53-1) dan 2^53-1.",
        )
    return value


def _no_float(digits: str) -> NoReturn:
    raise Malformed(
        "json.float",
        f"Bilangan pecahan {digits[:24]} tidak diterima.",
        allowed='Tulis angka desimal sebagai teks, misalnya "77.5".',
    )


def _check(value: Any, depth: int) -> None:
    if isinstance(value, str):
        check_text(value, "Teks")
        return
    if not isinstance(value, (dict, list)):
        return
    if depth > MAX_DEPTH:
        raise _too_deep()
    if isinstance(value, dict):
        for name, member in value.items():
            check_text(name, "Nama")
            _check(member, depth + 1)
    else:
        for member in value:
            _check(member, depth + 1)


def _too_deep() -> Malformed:
    return Malformed("json.depth", f"JSON bersarang lebih dari {MAX_DEPTH} tingkat.")


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float
)
