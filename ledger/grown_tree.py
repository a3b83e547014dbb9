"""The tree as an auditor grows it, with the root at every size that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.checkpoint import format_hash
from ledger.merkle import Frontier, grow, root_at


class Tree:
    """The tree as the leaves make it; a root is cheap at the size that it has when it is asked for first."""

    def __init__(self) -> None:
        self.leaves: list[bytes] = []
        self.subtrees: dict[tuple[int, int], bytes] = {}
        self.frontier = Frontier()
        self._roots: dict[int, str] = {}

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return len(self.leaves)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add leaf hashes."""
        self.leaves.extend(leaves)
        self.frontier, completed = grow(self.frontier, leaves)
        for level, position, value in completed:
            self.subtrees[level, position] = value

    def root(self, size: int) -> str:
        """Return the root of the first ``size`` leaves, as checkpoints and acts spell it (standard base64)."""
        if size not in self._roots:
            root = self.frontier.root if size == self.size else root_at(self, size)
            self._roots[size] = format_hash(root)
        return self._roots[size]

    def hashes(self, level: int, first: int, count: int) -> list[bytes]:
        """Return stored hashes (:class:`ledger.merkle.Hashes`)."""
        if level == 0:
            return self.leaves[first : first + count]
        return [self.subtrees[level, position] for position in range(first, first + count)]
