"""Inclusion proofs of leaves that were just appended, from memory alone.

The left siblings of leaf ``i`` are the frontier at size ``i`` (its perfect subtrees, one for each bit of ``i``);
the right siblings are made of leaves appended after it. So a turn that holds the frontier before it and its own
leaves proves each of them without reading the journal. Source: RFC 6962 §2.1.1.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.merkle import Frontier, node_hash


def fresh_proofs(before: Frontier, leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the inclusion proof of each of ``leaves`` in the tree that they make after ``before``.

    Each node over several of them is hashed once, level by level. ``nodes`` are those of a level from position
    ``first`` on, the leftmost with the frontier's beside it; one without a sibling goes up as it is. Above the node
    that is over all of them, every sibling is the frontier's.
    """
    left, nodes, first = list(before.hashes), list(leaves), before.size
    proofs: list[list[bytes]] = [[] for _ in leaves]
    places: Sequence[int] = range(first, first + len(nodes))
    while len(nodes) > 1:
        if first & 1:
            nodes.insert(0, left.pop())
            first -= 1
        for proof, place in zip(proofs, places, strict=True):
            sibling = (place ^ 1) - first
            if sibling < len(nodes):
                proof.append(nodes[sibling])
        alone = nodes[len(nodes) & ~1 :]
        nodes = [node_hash(nodes[at], nodes[at + 1]) for at in range(0, len(nodes) - 1, 2)] + alone
        places, first = [place >> 1 for place in places], first >> 1
    left.reverse()
    return [proof + left for proof in proofs]
