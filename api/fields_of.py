"""What the schema of an act's body has at a path, and values that a person typed set into it.

A path is names and list positions joined by points: ``letter.number``, ``addressees.0.copies``. The schema of the
kind (JSON Schema, from :mod:`ledger.bodies`) says whether ``12`` is a number or a text, so nobody has to quote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keys import strict_json
from keys.errors import JejakError, Malformed
from keys.fields import DocumentRef
from keys.member_words import value_in_words
from ledger.bodies import Body

Schema = Mapping[str, Any]

#: Objects that are read from a file or from the log, never typed part by part.
_WHOLE = frozenset({DocumentRef.__name__, "Sop", "SopRef", "Calendar"})


@dataclass(frozen=True, slots=True)
class Member:
    """A value of a body: its path (a list's first is ``0``), whether the body needs it, and its part of the schema."""

    path: str
    required: bool
    part: Schema

    @property
    def document(self) -> bool:
        """Tell whether the value is a reference to a document."""
        return self.part.get("title") == DocumentRef.__name__

    @property
    def choices(self) -> tuple[str, ...]:
        """Return the values that there are, where they are few."""
        return tuple(self.part.get("enum", ()))


def members(schema: Schema) -> list[Member]:
    """Return every value that a body of this schema can have, in its order."""
    return list(_members(schema, _resolved(schema, schema), "", True))


def _members(schema: Schema, part: Schema, prefix: str, needed: bool) -> Iterator[Member]:
    for name, member in part.get("properties", {}).items():
        required = needed and name in part.get("required", ())
        yield from _values(schema, _resolved(schema, member), prefix + name, required)


def _values(schema: Schema, found: Schema, path: str, required: bool) -> Iterator[Member]:
    if found.get("title") in _WHOLE or found.get("title") in _SPOKEN:
        yield Member(path, required, found)
    elif found.get("type") == "array":
        yield from _values(schema, _resolved(schema, found["items"]), f"{path}.0", required)
    elif "properties" in found:
        yield from _members(schema, found, f"{path}.", required)
    else:
        yield Member(path, required, found)


def missing(schema: Schema, body: Mapping[str, Any]) -> list[Member]:
    """Return every value that the schema requires and ``body`` does not have, in the schema's order."""
    return list(_missing(schema, _resolved(schema, schema), body, ""))


def _missing(schema: Schema, part: Schema, body: Mapping[str, Any], prefix: str) -> Iterator[Member]:
    for name, member in part.get("properties", {}).items():
        path, found = prefix + name, _resolved(schema, member)
        if name not in body:
            if name in part.get("required", ()):
                yield from (one for one in _values(schema, found, path, True) if one.required)
            continue
        value = body[name]
        if found.get("title") in _WHOLE:
            continue
        if isinstance(value, Mapping):
            yield from _missing(schema, found, value, f"{path}.")
        elif isinstance(value, list):
            items = _resolved(schema, found.get("items", {}))
            for at, one in enumerate(value):
                if isinstance(one, Mapping):
                    yield from _missing(schema, items, one, f"{path}.{at}.")


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
    part = at(schema, path)
    kind, spoken = part.get("type"), _SPOKEN.get(str(part.get("title")))
    if spoken is not None and not text.startswith("{"):
        return spoken(path, text)
    if part.get("enum"):
        return _chosen(path, text, part["enum"])
    if (
        kind == "array"
        and not text.startswith("[")
        and _resolved(schema, part.get("items", {})).get("type") == "string"
    ):
        return [typed(schema, f"{path}.0", text)]
    if kind in ("integer", "boolean", "object", "array"):
        try:
            return strict_json.loads(text.encode("utf-8", "surrogatepass"))
        except JejakError:
            words = {"integer": "bilangan bulat", "boolean": "true atau false"}.get(str(kind), "JSON")
            raise Malformed("act.field", f"Bagian {path!r} harus {words}.") from None
    return text


def _chosen(path: str, text: str, choices: Sequence[str]) -> str:
    """Return the choice that is meant: by the name that is stored, or by what people call it."""
    words = {one: value_in_words(one) for one in choices}
    named = text.strip().lower()
    for one, called in words.items():
        if named in (one, called):
            return one
    told = ", ".join(one if called == one else f"{called} ({one})" for one, called in words.items())
    raise Malformed("act.field", f"Bagian {path!r} tidak dapat berisi {text!r}.", allowed=f"Pilih: {told}.")


def _letter_number(path: str, text: str) -> dict[str, Any]:
    """Return a letter's number as people write it: ``070/1/35.07.11/2026``."""
    form = re.fullmatch(r"([0-9.]+)/([0-9]{1,6})/([0-9A-Za-z.-]+)/([0-9]{4})", text.replace(" ", ""))
    if form is None:
        raise Malformed(
            "act.field",
            f"Bagian {path!r} bukan nomor surat: {text!r}.",
            allowed="Tulis klasifikasi/urut/kode jabatan/tahun, misalnya 070/1/35.07.11/2026.",
        )
    return {"classification": form[1], "running": int(form[2]), "office_code": form[3], "year": int(form[4])}


def _period(path: str, text: str) -> dict[str, Any]:
    """Return a period as people write it: ``2026``, or ``2025-2029``."""
    form = re.fullmatch(r"([0-9]{4})(?:\s*[-–]\s*([0-9]{4}))?", text.strip())
    if form is None:
        raise Malformed("act.field", f"Bagian {path!r} bukan periode: {text!r}.", allowed="Tulis 2026, atau 2025-2029.")
    return {"first_year": int(form[1]), "last_year": int(form[2] or form[1])}


#: How people say that a cell names no thing.
_NOTHING = "tidak ada"


def duration(path: str, text: str) -> dict[str, Any]:
    """Return a duration as people say it: ``30 menit``, ``2 jam``, ``2 hari kerja``."""
    form = re.fullmatch(r"([0-9]{1,15})\s*(menit|jam|hari[\s-]kerja)", " ".join(text.lower().split()))
    if form is None:
        raise Malformed(
            "act.field",
            f"Bagian {path!r} bukan lama waktu: {text!r}.",
            allowed="Tulis angka dan satuannya: 30 menit, 2 jam, atau 2 hari kerja.",
        )
    return {"amount": int(form[1]), "unit": form[2].replace(" ", "-")}


def _reading(path: str, text: str) -> Any:
    """Return how a cell is read: a duration if it begins with a figure, several names with commas, or one name."""
    if re.match(r"[0-9]", text):
        return duration(path, text)
    if text.strip() == _NOTHING:
        return []
    names = [name for one in text.split(",") if (name := one.strip())]
    return names if len(names) > 1 else text.strip()


def spelled(value: Any) -> str | None:
    """Return a duration, a letter's number or a list of names (JSON) as people write it, None of anything else."""
    match value:
        case {"amount": amount, "unit": unit}:
            return f"{amount} {str(unit).replace('-', ' ')}"
        case {"classification": first, "running": running, "office_code": code, "year": year}:
            return f"{first}/{running}/{code}/{year}"
        case list() if all(isinstance(one, str) for one in value):
            return ",".join(value) or _NOTHING
    return None


#: Objects that people write as one word, by their title in the schema.
_SPOKEN: dict[str, Callable[[str, str], Any]] = {
    "LetterNumber": _letter_number,
    "Period": _period,
    "Duration": duration,
    "Reading": _reading,
}


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


def value_at(body: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path of names, None where there is none."""
    part: Any = body
    for name in path.split("."):
        part = part.get(name) if isinstance(part, Mapping) else None
    return part


def document_path(schema: Schema) -> str | None:
    """Return the path of the document that an act brings, or None if it brings none; the scan of a paper is not it."""
    return next(_references(schema, _resolved(schema, schema), ""), None)


def _references(schema: Schema, part: Schema, prefix: str) -> Iterator[str]:
    for name, member in part.get("properties", {}).items():
        if name == "paper":
            continue
        found = _resolved(schema, member)
        if found.get("title") == DocumentRef.__name__:
            yield prefix + name
        else:
            yield from _references(schema, found, f"{prefix}{name}.")


def _resolved(schema: Schema, part: Schema) -> Schema:
    """Return a part with its reference followed; of an optional one, what it is when it is there."""
    if "$ref" in part:
        return _resolved(schema, schema["$defs"][part["$ref"].rpartition("/")[2]])
    choices = [one for one in part.get("anyOf", ()) if one.get("type") != "null"]
    return _resolved(schema, choices[0]) if len(choices) == 1 else part  # of several, the title says which way to write


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
