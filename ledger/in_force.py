"""What is in force since a leaf: values that an office enacts one after another, each from its leaf on.

Nothing acts backwards: at leaf ``index`` the newest value holds whose own leaf is below it, as with mandates and keys
(DESIGN, invariant 5). Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Since(Generic[T]):
    """A value, and the act that put it in force: leaf index, leaf hash (hex), and who signed it."""

    value: T
    index: int
    leaf: str
    official: str


def at(history: tuple[Since[T], ...], index: int) -> Since[T] | None:
    """Return what is in force for an act at leaf ``index``; ``history`` is in leaf order."""
    return next((one for one in reversed(history) if one.index < index), None)
