"""The languages of the desk: Indonesian is written in the sources, English stands in a gettext catalogue beside them.

What the ledger itself says (sentences of the trail, refusals, the honest notice) is evidence and is shown as it is, in
Indonesian. Dates and times are written as Indonesians write them, in WIB, or as the English do.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from flask import g, request

from api.parts import parts
from keys.authority import WIB

INDONESIAN, ENGLISH = "id", "en"
LANGUAGES = (INDONESIAN, ENGLISH)
#: Stands where there is nothing to say.
NOTHING = "–"
#: The cookie that keeps the choice; no choice is Indonesian.
COOKIE = "bahasa"


def language() -> str:
    """Return the language of the page that is being made."""
    chosen = request.cookies.get(COOKIE)
    return ENGLISH if chosen == ENGLISH else INDONESIAN


@cache
def catalogue() -> Catalog:
    """Return the English catalogue."""
    data = (files("api.desk") / "locale" / "en" / "LC_MESSAGES" / "desk.po").read_bytes()
    return read_po(BytesIO(data), locale=ENGLISH)


def gettext(message: str, **values: Any) -> str:
    """Return ``message``, which is Indonesian, in the language of the page, its ``%(name)s`` filled in."""
    if language() == ENGLISH:
        found = catalogue().get(message)
        message = str(found.string) if found is not None and found.string else message
    return message % values if values else message


def of_scripts() -> dict[str, str]:
    """Return what the modules say, in English, by what they say in Indonesian."""
    return {
        str(one.id): str(one.string)
        for one in catalogue()
        if one.id and one.string and any(name.endswith(".js") for name, _ in one.locations)
    }


def day(value: str | dt.date | None) -> str:
    """Return a day as people write it: 23 November 2026; "–" for none."""
    if value is None:
        return NOTHING
    date = dt.date.fromisoformat(value) if isinstance(value, str) else value
    return format_date(date, "d MMMM y", locale=language())


def moment(value: str | dt.datetime | None) -> str:
    """Return a moment (RFC 3339, or aware) as people write it, in WIB: 23 November 2026, 08.15 WIB."""
    if value is None:
        return NOTHING
    at = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    clock = "HH.mm" if language() == INDONESIAN else "HH:mm"
    return f"{format_datetime(at.astimezone(WIB), f'd MMMM y, {clock}', locale=language())} WIB"


def count(value: int) -> str:
    """Return a number as people write it: 120.000."""
    return str(format_decimal(value, locale=language()))


def now() -> dt.datetime:
    """Return the time at which the page is made: one for all of it."""
    if "now" not in g:
        g.now = parts().clock()
    found: dt.datetime = g.now
    return found


def ago(value: str | None) -> str:
    """Return how long ago a moment was, in the largest unit that is whole: 3 jam lalu."""
    if value is None:
        return NOTHING
    seconds = int((now() - dt.datetime.fromisoformat(value)).total_seconds())
    for size, unit in ((86_400, gettext("hari")), (3_600, gettext("jam")), (60, gettext("menit"))):
        if seconds >= size:
            return gettext("%(count)s %(unit)s lalu", count=seconds // size, unit=unit)
    return gettext("baru saja")
