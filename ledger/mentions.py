"""Which documents an act names, wherever in its body they stand."""

from __future__ import annotations

from functools import cache
from typing import get_args, get_origin

from keys.fields import DocumentRef, Fact
from ledger.acts import Act
from ledger.bodies import SopEnacted


def documents_of(act: Act) -> tuple[DocumentRef, ...]:
    """Return every document reference in the act's body, in the order of its schema."""
    found: list[DocumentRef] = []
    if not isinstance(act.body, SopEnacted):
        _collect(act.body, found)
    return tuple(found)


def _collect(value: object, found: list[DocumentRef]) -> None:
    if isinstance(value, DocumentRef):
        found.append(value)
    elif isinstance(value, Fact):
        for name in _members(type(value)):
            _collect(getattr(value, name), found)
    elif isinstance(value, tuple):
        for item in value:
            _collect(item, found)


@cache
def _members(schema: type[Fact]) -> tuple[str, ...]:
    """Return the names of the members in which a reference can stand: most bodies have one or none."""
    return tuple(name for name, field in schema.model_fields.items() if _reaches(field.annotation))


def _reaches(annotation: object) -> bool:
    if get_origin(annotation) is None and isinstance(annotation, type) and issubclass(annotation, Fact):
        return issubclass(annotation, DocumentRef) or bool(_members(annotation))
    return any(map(_reaches, get_args(annotation)))
