"""Times on a command line, as people write them: '2026-11-23 06.55' is WIB, a day alone is that day.

Each is handed on in RFC 3339 (§5.6), which is taken as it stands.
"""

from __future__ import annotations

import re
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from api.cli_base import Misuse
from keys.fields import Date, Time

#: A moment in WIB as people write it: a day, and the time to the minute.
WIB_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2})[.:]([0-9]{2})(?: ?WIB)?")
_LEAF = re.compile("0|[1-9][0-9]{0,15}", re.ASCII)
_DAY: TypeAdapter[str] = TypeAdapter(Date)
_TIME: TypeAdapter[str] = TypeAdapter(Time)


def moment(text: str) -> str:
    """Return a moment as people write it in RFC 3339; any other text is returned as it is."""
    form = WIB_TIME.fullmatch(text.strip())
    return f"{form[1]}T{form[2]}:{form[3]}:00+07:00" if form else text


def _holds(form: TypeAdapter[str], text: str) -> bool:
    try:
        form.validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


class Since(click.ParamType[str]):
    """A moment from which on something holds; a day is its beginning. The value is RFC 3339."""

    name = "waktu"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the moment."""
        text = moment(str(value))
        if _holds(_DAY, text):
            text = f"{text}T00:00:00+07:00"
        if not _holds(_TIME, text):
            raise Misuse(
                f"{value!r} bukan waktu; tulis seperti '2026-11-22 09.15' (WIB), atau tanggalnya saja: 2026-11-22.", ctx
            )
        return text


class At(click.ParamType[str]):
    """A place in the log: a leaf index, a moment, or a day, its end; a moment's value is RFC 3339."""

    name = "daun|waktu"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the place as the service takes it."""
        text = moment(str(value))
        if not (_LEAF.fullmatch(text) or _holds(_DAY, text) or _holds(_TIME, text)):
            raise Misuse(
                f"{value!r} bukan nomor daun dan bukan waktu; tulis seperti 41, seperti '2026-11-22 09.15' (WIB), atau"
                " seperti 2026-11-22 (akhir hari itu).",
                ctx,
            )
        return text
