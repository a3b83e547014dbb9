"""What is in force since a leaf: values that an office enacts one after another, each from its leaf on.

Nothing acts backwards: at leaf ``index`` the newest value holds whose own leaf is below it, as with mandates and keys
(DESIGN, invariant 5). Pure.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Since(Generic[T]):
    """A value, and the act that put it in force: leaf index, leaf hash (hex), who signed it, when it was recorded.

    ``at`` is None where whoever folds does not know the ledger's clock.
    """

    value: T
    index: int
    leaf: str
    official: str
    at: dt.datetime | None = None


def below(history: tuple[Since[T], ...], index: int) -> tuple[Since[T], ...]:
    """Return what was ever in force below leaf ``index``, in leaf order."""
    return history if not history or history[-1].index < index else tuple(one for one in history if one.index < index)


def at(history: tuple[Since[T], ...], index: int) -> Since[T] | None:
    """Return what is in force for an act at leaf ``index``; ``history`` is in leaf order."""
    return next((one for one in reversed(history) if one.index < index), None)
