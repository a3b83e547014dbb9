"""A share of an audit's work: the leaves of some cases, with all that they stand on, in leaf order.

What a :class:`Share` says of a :class:`Task` depends on the tasks before it and on nothing else, so it may be done in
this process or in another. ``clock`` counts seconds of work. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from ledger.audit_conformance import Conformance
from ledger.audit_ground import Grounds
from ledger.audit_leaf import Leaf, Outcome
from ledger.audit_leaves import Verifier
from ledger.audit_seals import Seal, opened
from ledger.note import VerifierKey
from ledger.recorded import Recorded
from ledger.rows import Row


class Given(NamedTuple):
    """An act of the register or an SOP that holds, here in the order of leaves."""

    row: Row


class Lost(NamedTuple):
    """What comes after this leaf in these streams cannot be judged."""

    leaf: int
    streams: tuple[str, ...]


Item: TypeAlias = "Row | Given | Lost"


@dataclass(slots=True)
class Task:
    """Leaves and what they stand on, in leaf order; and checkpoints to open, as (stored size, note)."""

    items: list[Item] = field(default_factory=list)
    notes: list[tuple[int, bytes]] = field(default_factory=list)


class Done(NamedTuple):
    """What became of a task: the outcome of each of its rows, its checkpoints, seconds that conformance took."""

    outcomes: list[Outcome]
    seals: list[Seal]
    conformance: float


class Share:
    """Does tasks, one after another."""

    def __init__(
        self, vkey: VerifierKey, read: Callable[[str], bytes], verified_below: int, clock: Callable[[], float]
    ) -> None:
        self._grounds = Grounds()
        self._verifier = Verifier(self._grounds, verified_below)
        self._conformance = Conformance(self._grounds, vkey, read)
        self._vkey = vkey
        self._clock = clock

    def do(self, task: Task) -> Done:
        """Return what became of a task."""
        leaves: list[Leaf] = []
        for item in task.items:
            if isinstance(item, Row):
                leaves.append(self._verifier.verify(item))
            elif isinstance(item, Given):
                self._grounds.accept(Recorded.read(item.row))
            else:
                self._grounds.lose(item.leaf, *item.streams)
        seals = [opened(size, note, self._vkey) for size, note in task.notes]
        began = self._clock()
        outcomes = [self._conformance.judge(leaf) for leaf in leaves]
        return Done(outcomes, seals, self._clock() - began)
