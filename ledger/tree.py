"""Inclusion proofs of leaves that were just appended, from memory alone.

The left siblings of leaf ``i`` are the frontier at size ``i`` (its perfect subtrees, one for each bit of ``i``);
the right siblings are made of leaves appended after it. So a turn that holds the frontier before it and its own
leaves proves each of them without reading the journal. Source: RFC 6962 §2.1.1.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.merkle import Frontier, grow


def fresh_proofs(before: Frontier, leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the inclusion proof of each of ``leaves`` in the tree that they make after ``before``."""
    size, proofs = before.size + len(leaves), []
    for offset in range(len(leaves)):
        proofs.append(_proof(before, leaves[offset + 1 :], size))
        before = before.append(leaves[offset])
    return proofs


def _proof(before: Frontier, after: Sequence[bytes], size: int) -> list[bytes]:
    """Return the proof of the leaf at index ``before.size``, followed by the leaf hashes ``after``."""
    index, left, proof, level = before.size, list(before.hashes), [], 0
    while (index >> level << level) + (1 << level) < size or left:
        if index >> level & 1:
            proof.append(left.pop())
        else:
            start = (index >> level) + 1 << level
            if start < size:
                first = start - index - 1
                proof.append(grow(Frontier(), after[first : first + (1 << level)])[0].root)
        level += 1
    return proof
