"""What pages fetch besides themselves: modules and the stylesheet, under an address that changes with their content.

``/statis/<build>/<name>``: ``build`` is made from all of them, so each may be kept for ever, and a page never mixes
modules of two versions. The English of the modules is one of them, made from the catalogue: a page that brought it
itself could call an approval a return.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from functools import cache
from importlib.resources import files

from flask import Response, request

from api.desk import language
from api.desk.frame import routes
from keys.errors import NotFound

#: The module that says in English what the others say; pages in Indonesian never ask for it.
ENGLISH = "english.js"
FOREVER = "public, max-age=31536000, immutable"
_TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
_IMPORTS = re.compile(r"""^(?:import|export)\b[^;]*?\bfrom\s+"\./([a-z0-9_]+\.js)";""", re.MULTILINE)
#: A comment that has its lines to itself, the line's end not in it.
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*.*?\*/|//.*?)[ \t]*$", re.MULTILINE | re.DOTALL)


def without_comments(module: str) -> str:
    """Return a module as it is sent: comments are for who reads the source, and a fifth of what a phone would fetch.

    Lines keep their numbers.
    """
    return _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), module)


@cache
def contents() -> dict[str, bytes]:
    """Return every file there is to fetch, by its name."""
    found = {one.name: one for one in (files("api.desk") / "static").iterdir() if one.is_file()}
    files_there = {name: found[name].read_bytes() for name in sorted(found) if name.rpartition(".")[2] in _TYPES}
    files_there |= {
        name: without_comments(data.decode()).encode() for name, data in files_there.items() if name.endswith(".js")
    }
    said = json.dumps(language.of_scripts(), ensure_ascii=False, separators=(",", ":"))
    return files_there | {ENGLISH: f"export default {said};\n".encode()}


@cache
def version() -> str:
    """Return the name of this version of all of them."""
    said = hashlib.sha256()
    for name, data in contents().items():
        said.update(f"{name} {len(data)} ".encode() + data)
    return said.hexdigest()[:16]


@cache
def compressed(name: str) -> bytes:
    """Return a file by gzip (RFC 1952): half of what goes over a weak line; nothing in it is secret."""
    return gzip.compress(contents()[name], mtime=0)


@cache
def needed_by(name: str) -> tuple[str, ...]:
    """Return a module and every module that it imports, itself first: a page asks for all of them at once."""
    found, waiting = dict[str, None](), [name]
    while waiting:
        one = waiting.pop(0)
        if one not in found:
            found[one] = None
            waiting += _IMPORTS.findall(contents()[one].decode())
    return tuple(found)


@routes.get("/statis/<build>/<name>")
def static(build: str, name: str) -> Response:
    """Return a module or the stylesheet."""
    data = contents().get(name)
    if data is None or build != version():
        raise NotFound("request.path", "Tidak ada apa pun di alamat ini.", allowed="Muat ulang halamannya.")
    packed = request.accept_encodings.quality("gzip") > 0
    response = Response(compressed(name) if packed else data, content_type=_TYPES[name.rpartition(".")[2]])
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = FOREVER
    response.headers.add("Vary", "Accept-Encoding")
    response.set_etag(f"{build}-gzip" if packed else build)
    response.make_conditional(request)
    return response
