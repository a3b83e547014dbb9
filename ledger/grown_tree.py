"""The tree as an auditor grows it, leaf by leaf, with the root at every size that is asked for."""

from __future__ import annotations

from ledger.merkle import Frontier, grow, root_at


class Tree:
    """The tree as the leaves make it, with the root at every size that was asked for or sealed."""

    def __init__(self) -> None:
        self.leaves: list[bytes] = []
        self.subtrees: dict[tuple[int, int], bytes] = {}
        self.frontier = Frontier()
        self.newest_sealed = 0
        self._roots: dict[int, bytes] = {}

    @property
    def size(self) -> int:
        """Return the number of leaves."""
        return len(self.leaves)

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash."""
        self.leaves.append(leaf)
        self.frontier, completed = grow(self.frontier, (leaf,))
        for level, position, value in completed:
            self.subtrees[level, position] = value

    def root(self, size: int) -> bytes:
        """Return the root of the first ``size`` leaves."""
        if size not in self._roots:
            self._roots[size] = self.frontier.root if size == self.size else root_at(self, size)
        return self._roots[size]

    def hashes(self, level: int, first: int, count: int) -> list[bytes]:
        """Return stored hashes (:class:`ledger.merkle.Hashes`)."""
        if level == 0:
            return self.leaves[first : first + count]
        return [self.subtrees[level, position] for position in range(first, first + count)]
