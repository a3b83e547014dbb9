"""Which documents an act names, wherever in its body they stand."""

from __future__ import annotations

from collections.abc import Iterator

from keys.fields import DocumentRef, Fact
from ledger.acts import Act
from ledger.bodies import SopEnacted


def documents_of(act: Act) -> tuple[DocumentRef, ...]:
    """Return every document reference in the act's body, in the order of its schema."""
    if isinstance(act.body, SopEnacted):
        return ()
    return tuple(_references(act.body))


def _references(value: object) -> Iterator[DocumentRef]:
    if isinstance(value, DocumentRef):
        yield value
    elif isinstance(value, Fact):
        for name in type(value).model_fields:
            yield from _references(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _references(item)
