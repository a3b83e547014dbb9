"""What the schema of an act's body has at a path, and values that a person typed set into it.

A path is names and list positions joined by points: ``letter.number``, ``addressees.0.copies``. The schema of the
kind (JSON Schema, from :mod:`ledger.bodies`) says whether ``12`` is a number or a text, so nobody has to quote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keys import strict_json
from keys.errors import JejakError, Malformed
from keys.fields import DocumentRef
from ledger.bodies import Body

Schema = Mapping[str, Any]


def schema_of(body: type[Body]) -> Schema:
    """Return the JSON Schema of a body."""
    return body.model_json_schema()


def at(schema: Schema, path: str) -> Schema:
    """Return the part of ``schema`` at ``path``, or raise Malformed (rule ``act.field``) naming what there is."""
    part = _resolved(schema, schema)
    for name in path.split("."):
        if name.isdecimal() and part.get("type") == "array":
            part = _resolved(schema, part.get("items", {}))
            continue
        members = part.get("properties", {})
        if name not in members:
            raise Malformed(
                "act.field",
                f"Isi tindakan ini tidak punya bagian {path!r}.",
                allowed=f"Bagian yang ada: {', '.join(members)}." if members else "",
            )
        part = _resolved(schema, members[name])
    return part


def typed(schema: Schema, path: str, text: str) -> Any:
    """Return ``text`` as the value that the schema wants at ``path``."""
    kind = at(schema, path).get("type")
    if kind in ("integer", "boolean", "object", "array"):
        try:
            return strict_json.loads(text.encode("utf-8", "surrogatepass"))
        except JejakError:
            words = {"integer": "bilangan bulat", "boolean": "true atau false"}.get(str(kind), "JSON")
            raise Malformed("act.field", f"Bagian {path!r} harus {words}.") from None
    return text


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Set ``value`` at ``path`` in ``body``; lists grow one by one. Raises Malformed where there is no way."""
    *way, last = path.split(".")
    part: Any = body
    for name, following in zip(way, path.split(".")[1:], strict=True):
        empty: Any = [] if following.isdecimal() else {}
        part = _step(part, name, path, empty)
    if isinstance(part, list) and last.isdecimal():
        _step(part, last, path, value)
        part[int(last)] = value
    elif isinstance(part, dict):
        part[last] = value
    else:
        raise _no_way(path)


def has(body: Mapping[str, Any], path: str) -> bool:
    """Tell whether there is a value at a path of names."""
    part: Any = body
    for name in path.split("."):
        if not isinstance(part, Mapping) or name not in part:
            return False
        part = part[name]
    return True


def document_path(schema: Schema) -> str | None:
    """Return the path of the first document reference in a body, or None if it has none."""
    return next(_references(schema, _resolved(schema, schema), ""), None)


def _references(schema: Schema, part: Schema, prefix: str) -> Iterator[str]:
    for name, member in part.get("properties", {}).items():
        found = _resolved(schema, member)
        if found.get("title") == DocumentRef.__name__:
            yield prefix + name
        else:
            yield from _references(schema, found, f"{prefix}{name}.")


def _resolved(schema: Schema, part: Schema) -> Schema:
    """Return a part with its reference followed; of an optional one, what it is when it is there."""
    if "$ref" in part:
        return _resolved(schema, schema["$defs"][part["$ref"].rpartition("/")[2]])
    for choice in part.get("anyOf", ()):
        if choice.get("type") != "null":
            return _resolved(schema, choice)
    return part


def _step(part: Any, name: str, path: str, empty: Any) -> Any:
    if isinstance(part, list) and name.isdecimal() and int(name) <= len(part):
        if int(name) == len(part):
            part.append(empty)
        return part[int(name)]
    if isinstance(part, dict):
        return part.setdefault(name, empty)
    raise _no_way(path)


def _no_way(path: str) -> Malformed:
    return Malformed("act.field", f"Bagian {path!r} tidak dapat diisi.", allowed="Daftar diisi berurutan mulai dari 0.")
