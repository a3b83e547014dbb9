"""How dates, fingerprints, lists and people's own words stand in a sentence: as Indonesians write them, in WIB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from keys.authority import WIB

_MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
#: What a capacity is called beside an office.
CAPACITIES = {
    "definitif": "definitif",
    "plt": "Pelaksana Tugas",
    "plh": "Pelaksana Harian",
    "an": "atas nama",
    "ub": "untuk beliau",
}
#: Why a key is revoked, in words.
LOSSES = {
    "rotated": "karena diganti",
    "lost": "karena hilang",
    "compromised": "karena dipakai atau dapat dipakai orang lain",
    "left": "karena pemiliknya tidak lagi menjabat",
}
#: Longer words of a person are cut here in a sentence; the trail holds them whole beside it.
_MOST_SAID = 300
_MOST_NAMED = 5


def when(moment: dt.datetime) -> str:
    """Return an aware time as people write it: "2 Maret 2026 08.00 WIB"."""
    local = moment.astimezone(WIB)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year} {local.hour:02}.{local.minute:02} WIB"


def day(date: str) -> str:
    """Return a date (``YYYY-MM-DD``) as people write it: "2 Maret 2026"."""
    year, month, number = date.split("-")
    return f"{int(number)} {_MONTHS[int(month) - 1]} {int(year)}"


def short(digest: str) -> str:
    """Return the fingerprint's ends, enough for people to compare: "3f2a…9c1b"."""
    digits = digest.removeprefix("sha256:")
    return f"{digits[:4]}…{digits[-4:]}"


def reason_words(kind: str, reason: str) -> str:
    """Return why an act was done in words: why a key is revoked is named by a word of ours, else people said it."""
    return LOSSES[reason].removeprefix("karena ") if kind == "key.revoked" else reason


def flat(text: str) -> str:
    """Return a person's words whole on one line, so that none of them passes for a line of ours."""
    return " ".join(text.split())


def said(text: str) -> str:
    """Return a person's words on one line, cut where they are long."""
    line = flat(text)
    return line if len(line) <= _MOST_SAID else line[: _MOST_SAID - 1] + "…"


def listed(names: Sequence[str]) -> str:
    """Return names as a list is spoken: "a, b, dan c"."""
    if len(names) > _MOST_NAMED:
        return f"{', '.join(names[:_MOST_NAMED])}, dan {len(names) - _MOST_NAMED} lainnya"
    if len(names) > 2:
        return f"{', '.join(names[:-1])}, dan {names[-1]}"
    return " dan ".join(names)


#: How many seconds the units have in which people tell how long something took.
_SECONDS = ((86400, "hari"), (3600, "jam"), (60, "menit"))


def span(seconds: int | None) -> str:
    """Return an elapsed time as people say it, its two largest units: "1 hari 3 jam"."""
    if seconds is None:
        return "-"
    parts: list[str] = []
    for unit, name in _SECONDS:
        amount, seconds = divmod(seconds, unit)
        if amount or parts:
            parts.append(f"{amount} {name}")
    return " ".join(parts[:2]) or f"{seconds} detik"
