"""The texts of the desk, gathered from its templates, its Python and its modules, for the English catalogue.

``python -m tests.catalogue`` writes desk.po anew: known translations stay, new texts come without one, old ones go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from api.desk import act_words
from api.desk.frame import ROOMS

DESK = Path(__file__).parent.parent / "api" / "desk"
FILE = DESK / "locale" / "en" / "LC_MESSAGES" / "desk.po"
_Method = str | Callable[..., Any]
#: How each kind of file is read, and what its texts are called with.
_HOW: dict[str, tuple[_Method, tuple[str, ...]]] = {
    ".html": (babel_extract, ("_", "gettext")),
    ".py": ("python", ("_", "gettext")),
    ".js": ("javascript", ("t",)),
}


def texts() -> Iterator[tuple[str, str]]:
    """Yield (text, file) of every text that the desk says in the reader's language."""
    for path in sorted(DESK.rglob("*")):
        if path.suffix in _HOW:
            method, names = _HOW[path.suffix]
            named = str(path.relative_to(DESK))
            options = {"silent": "false", "trimmed": "true"} if path.suffix == ".html" else {}
            with path.open("rb") as file:
                for _, found, _, _ in extract(method, file, dict.fromkeys(names), (), options):
                    yield (found if isinstance(found, str) else found[0]), named
    # What is said by way of a table.
    for text in [name for _, name in ROOMS]:
        yield text, "frame.py"
    for text in act_words.texts():
        yield text, "act_words.py"


def gathered(known: Catalog) -> Catalog:
    """Return the catalogue of all texts, with the translations that are known."""
    found = Catalog(locale="en", project="Jejak", charset="utf-8", fuzzy=False)
    where: dict[str, set[str]] = {}
    for text, file in texts():
        where.setdefault(text, set()).add(file)
    for text in sorted(where):
        message = known.get(text)
        found.add(text, message.string if message else "", locations=[(file, 1) for file in sorted(where[text])])
    return found


def kept() -> Catalog:
    """Return the catalogue as it is kept."""
    return read_po(BytesIO(FILE.read_bytes()), locale="en")


def formatted(catalogue: Catalog) -> bytes:
    """Return the bytes of the file, without dates, so that the same texts give the same file."""
    out = BytesIO()
    write_po(out, catalogue, omit_header=True, include_lineno=False, width=0)
    return (
        b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Language: en\\n"\n\n'
        + out.getvalue().strip()
        + b"\n"
    )


if __name__ == "__main__":
    FILE.write_bytes(formatted(gathered(kept())))
