"""Makes proof cases for tests/data: ``python -m tests.make_proof_cases`` writes those that are not there yet.

A case once written is never changed, by this or by hand. The trees and honest proofs come from the slow reference of
RFC 6962 in tests/test_merkle.py, never from the code under test; what a case expects stands here in words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.test_merkle import mth, path, root_by_bits, roots_by_bits, sha256, subproof

DATA = Path(__file__).parent / "data"
ENTRIES = [b"entri %d" % number for number in range(12)]
LEAVES = [sha256(b"\x00" + entry) for entry in ENTRIES]
LARGEST = 2**63 - 1

Case = tuple[str, str, str, dict[str, Any]]


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def paired_with_itself(hashes: list[bytes]) -> bytes:
    """Return the root of a tree in which an odd node is hashed with itself, as in CVE-2012-2459."""
    while len(hashes) > 1:
        hashes = hashes + hashes[-1:] if len(hashes) % 2 else hashes
        hashes = [node(*hashes[at : at + 2]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def folded(start: bytes, proof: list[bytes], lefts: list[bool]) -> bytes:
    """Return the hash above ``start``; ``lefts`` says of each hash of the proof whether it stands left."""
    for one, left in zip(proof, lefts, strict=True):
        start = node(one, start) if left else node(start, one)
    return start


def inclusion() -> Iterator[Case]:
    """Yield (name, wanted rule, description, changes) on an honest proof of entry 5 among 11."""
    proof, root = path(5, LEAVES[:11]), mth(LEAVES[:11])
    first = {"index": 1, "leafHash": LEAVES[1], "proof": path(1, LEAVES[:11])}
    inner = {"index": 2, "size": 6, "proof": proof[1:]}  # one level up, a tree of 11 has the shape of one of 6
    last = {"index": 11, "size": 12, "leafHash": LEAVES[10]}
    deep = [sha256(b"%d" % number) for number in range(63)]
    high = root_by_bits(2**62 - 1, LARGEST, LEAVES[5], deep)
    yield (
        "good-two-leaves",
        "",
        "second of two entries",
        {"index": 1, "size": 2, "leafHash": LEAVES[1], "proof": LEAVES[:1], "root": mth(LEAVES[:2])},
    )
    yield (
        "good-second-to-last",
        "",
        "the entry before a last one that stands alone",
        {"index": 9, "leafHash": LEAVES[9], "proof": path(9, LEAVES[:11])},
    )
    yield (
        "good-largest",
        "",
        "the largest size there is, the longest proof",
        {"index": 2**62 - 1, "size": LARGEST, "proof": deep, "root": high},
    )
    yield (
        "index-true",
        "merkle.index",
        "the index is no number, though Python counts true as 1",
        {**first, "index": True},
    )
    yield "index-float", "merkle.index", "the index is no whole number", {"index": 5.0}
    yield "index-text", "merkle.index", "the index is text", {"index": "5"}
    yield "index-null", "merkle.index", "the index is missing", {"index": None}
    yield "index-wraps-to-minus-one", "merkle.index", "the index is -1 in 64 bits", {"index": 2**64 - 1}
    yield "index-is-largest-size", "merkle.index", "the index is the largest size", {"index": LARGEST, "size": LARGEST}
    yield (
        "size-true",
        "merkle.size",
        "the size is no number, though Python counts true as 1",
        {"index": 0, "size": True, "leafHash": LEAVES[0], "proof": [], "root": LEAVES[0]},
    )
    yield "size-float", "merkle.size", "the size is no whole number", {"size": 11.0}
    yield "size-text", "merkle.size", "the size is text", {"size": "11"}
    yield "size-null", "merkle.size", "the size is missing", {"size": None}
    yield "leaf-too-long", "merkle.hash", "the leaf hash has 33 bytes", {"leafHash": LEAVES[5] + b"\0"}
    yield "leaf-empty", "merkle.hash", "the leaf hash has no bytes", {"leafHash": b""}
    yield "hash-empty", "merkle.hash", "a hash of the proof has no bytes", {"proof": [proof[0], b"", *proof[2:]]}
    yield (
        "node-as-leaf",
        "merkle.proof_length",
        "an inner node stands as an entry, the proof begins above it",
        {"leafHash": node(LEAVES[4], LEAVES[5]), "proof": proof[1:]},
    )
    yield (
        "entry-of-two-hashes",
        "merkle.inclusion",
        "two leaf hashes are given as an entry (second preimage)",
        {**inner, "leafHash": sha256(b"\x00" + LEAVES[4] + LEAVES[5])},
    )
    yield (
        "entry-of-a-node",
        "merkle.inclusion",
        "what a node hashes is given as an entry (second preimage)",
        {**inner, "leafHash": sha256(b"\x00\x01" + LEAVES[4] + LEAVES[5])},
    )
    yield (
        "leaf-under-node-prefix",
        "merkle.inclusion",
        "the entry was hashed with the prefix of nodes",
        {"leafHash": sha256(b"\x01" + ENTRIES[5])},
    )
    yield (
        "sides-mirrored",
        "merkle.inclusion",
        "the root has left and right exchanged on every level",
        {"root": folded(LEAVES[5], proof, [False, True, False, True])},
    )
    yield (
        "sibling-for-leaf",
        "merkle.inclusion",
        "the left neighbour, with the proof that is its own",
        {"leafHash": LEAVES[4], "proof": path(4, LEAVES[:11])},
    )
    yield (
        "odd-node-paired-with-itself",
        "merkle.inclusion",
        "the root pairs an odd node with itself (CVE-2012-2459)",
        {"root": paired_with_itself(LEAVES[:11])},
    )
    yield (
        "duplicate-last-leaf",
        "merkle.inclusion",
        "the last entry once more under the root of 11 (CVE-2012-2459)",
        {**last, "proof": path(11, [*LEAVES[:11], LEAVES[10]])},
    )
    yield (
        "duplicate-last-leaf-paired",
        "merkle.inclusion",
        "the same under a root that pairs odd nodes with themselves",
        {**last, "proof": path(11, [*LEAVES[:11], LEAVES[10]]), "root": paired_with_itself(LEAVES[:11])},
    )
    yield (
        "last-leaf-proved-by-itself",
        "merkle.inclusion",
        "the last entry stands as its own sibling",
        {"index": 10, "leafHash": LEAVES[10], "proof": [LEAVES[10], path(10, LEAVES[:11])[1]]},
    )
    yield (
        "root-of-a-subtree",
        "merkle.proof_length",
        "the proof and root of the full subtree that the entry is in",
        {"proof": path(5, LEAVES[:8]), "root": mth(LEAVES[:8])},
    )
    yield (
        "consistency-proof",
        "merkle.inclusion",
        "a consistency proof in the place of an inclusion proof",
        {"proof": [*subproof(5, LEAVES[:11], True)][:4]},
    )
    yield "proof-twice", "merkle.proof_length", "the whole proof follows itself", {"proof": proof * 2}
    yield (
        "proof-of-zeros",
        "merkle.inclusion",
        "as many hashes as there should be, all zero",
        {"proof": [bytes(32)] * 4},
    )
    yield (
        "largest-with-one-more",
        "merkle.proof_size",
        "the longest proof and one hash more",
        {"index": 2**62 - 1, "size": LARGEST, "proof": [*deep, bytes(32)], "root": high},
    )
    yield "root-of-the-proof", "merkle.inclusion", "the last hash of the proof stands as the root", {"root": proof[-1]}
    assert mth(LEAVES[:11]) == root == folded(LEAVES[5], proof, [True, False, True, False])


def consistency() -> Iterator[Case]:
    """Yield (name, wanted rule, description, changes) on an honest proof from 6 entries to 11."""
    proof, old, new = subproof(6, LEAVES[:11], True), mth(LEAVES[:6]), mth(LEAVES[:11])
    one = {"oldSize": 1, "proof": subproof(1, LEAVES[:11], True), "oldRoot": LEAVES[0]}
    four = {"oldSize": 3, "newSize": 4, "oldRoot": mth(LEAVES[:3])}
    doubled = [*LEAVES[:3], LEAVES[2]]
    deep = [sha256(b"%d" % number) for number in range(64)]
    slipped = [*LEAVES[:3], LEAVES[11], *LEAVES[3:10]]
    exchanged = [*LEAVES[:2], LEAVES[3], LEAVES[2], *LEAVES[4:11]]
    roots = roots_by_bits(3, LARGEST, deep, bytes(32))
    assert roots is not None
    longest = {"oldSize": 3, "newSize": LARGEST, "oldRoot": roots[0], "newRoot": roots[1]}
    yield (
        "good-one-to-two",
        "",
        "from one entry to two",
        {**one, "newSize": 2, "proof": [LEAVES[1]], "newRoot": mth(LEAVES[:2])},
    )
    yield (
        "good-to-power-of-two",
        "",
        "to a full tree",
        {"newSize": 8, "proof": subproof(6, LEAVES[:8], True), "newRoot": mth(LEAVES[:8])},
    )
    yield "good-largest", "", "the largest size there is, the longest proof", {**longest, "proof": deep}
    yield (
        "old-true",
        "merkle.size",
        "the old size is no number, though Python counts true as 1",
        {**one, "oldSize": True},
    )
    yield "old-float", "merkle.size", "the old size is no whole number", {"oldSize": 6.0}
    yield "old-text", "merkle.size", "the old size is text", {"oldSize": "6"}
    yield "old-null", "merkle.size", "the old size is missing", {"oldSize": None}
    yield (
        "new-true",
        "merkle.size",
        "the new size is no number, though Python counts true as 1",
        {**one, "newSize": True, "proof": [], "newRoot": LEAVES[0]},
    )
    yield "new-float", "merkle.size", "the new size is no whole number", {"newSize": 11.0}
    yield "new-text", "merkle.size", "the new size is text", {"newSize": "11"}
    yield "old-too-large", "merkle.size", "the old size is 2**63", {"oldSize": 2**63, "newSize": 2**63}
    yield "old-wraps-to-six", "merkle.size", "the old size is 6 in 64 bits", {"oldSize": 2**64 + 6}
    yield (
        "rollback",
        "merkle.order",
        "an honest proof, but the sizes and roots say that the log shrank",
        {"oldSize": 11, "newSize": 6, "oldRoot": new, "newRoot": old},
    )
    yield "hash-empty", "merkle.hash", "a hash of the proof has no bytes", {"proof": [b"", *proof[1:]]}
    yield "old-root-too-long", "merkle.hash", "the old root has 33 bytes", {"oldRoot": old + b"\0"}
    yield (
        "empty-to-empty-with-proof",
        "merkle.proof_length",
        "a hash between two empty logs",
        {"oldSize": 0, "newSize": 0, "proof": proof[:1], "oldRoot": sha256(b""), "newRoot": sha256(b"")},
    )
    yield (
        "from-empty-with-root-as-proof",
        "merkle.proof_length",
        "the new root as the proof from an empty log",
        {"oldSize": 0, "proof": [new], "oldRoot": sha256(b"")},
    )
    yield (
        "from-empty-with-zeros",
        "merkle.consistency",
        "the empty log has a root of zeros",
        {"oldSize": 0, "proof": [], "oldRoot": bytes(32)},
    )
    yield (
        "same-size-with-root-as-proof",
        "merkle.proof_length",
        "the root as the proof of a log to itself",
        {"oldSize": 11, "proof": [new], "oldRoot": new},
    )
    yield (
        "sides-mirrored",
        "merkle.consistency",
        "the new root has left and right exchanged on every level",
        {"newRoot": folded(proof[0], proof[1:], [True, False, False][: len(proof) - 1])},
    )
    yield (
        "odd-node-paired-with-itself",
        "merkle.consistency",
        "the new root pairs odd nodes with themselves",
        {"newRoot": paired_with_itself(LEAVES[:11])},
    )
    yield (
        "duplicate-last-leaf",
        "merkle.consistency",
        "the last entry once more, and no other root (CVE-2012-2459)",
        {**four, "proof": subproof(3, doubled, True), "newRoot": mth(LEAVES[:3])},
    )
    yield (
        "duplicate-last-leaf-paired",
        "merkle.consistency",
        "the same where an odd node is paired with itself",
        {
            **four,
            "proof": subproof(3, doubled, True),
            "oldRoot": paired_with_itself(LEAVES[:3]),
            "newRoot": paired_with_itself(LEAVES[:3]),
        },
    )
    yield (
        "entry-slipped-in",
        "merkle.consistency",
        "an entry was slipped in before the old end",
        {"proof": subproof(6, slipped, True), "newRoot": mth(slipped)},
    )
    yield (
        "entries-exchanged",
        "merkle.consistency",
        "two old entries changed places",
        {"proof": subproof(6, exchanged, True), "newRoot": mth(exchanged)},
    )
    yield (
        "inclusion-proof",
        "merkle.consistency",
        "an inclusion proof in the place of a consistency proof",
        {"proof": path(5, LEAVES[:11])[: len(proof)]},
    )
    yield (
        "old-root-of-a-subtree",
        "merkle.consistency",
        "the old root is that of the first four",
        {"oldRoot": mth(LEAVES[:4])},
    )
    yield (
        "new-root-of-a-subtree",
        "merkle.consistency",
        "the new root is that of the first eight",
        {"newRoot": mth(LEAVES[:8])},
    )
    yield (
        "old-root-of-the-proof",
        "merkle.consistency",
        "the first hash of the proof stands as the old root",
        {"oldRoot": proof[0]},
    )
    yield (
        "leaves-instead-of-nodes",
        "merkle.consistency",
        "leaf hashes stand where nodes belong",
        {"proof": LEAVES[: len(proof)]},
    )
    yield "proof-twice", "merkle.proof_length", "the whole proof follows itself", {"proof": proof * 2}
    yield (
        "proof-of-zeros",
        "merkle.consistency",
        "as many hashes as there should be, all zero",
        {"proof": [bytes(32)] * len(proof)},
    )
    yield (
        "largest-with-one-more",
        "merkle.proof_size",
        "the longest proof and one hash more",
        {**longest, "proof": [*deep, bytes(32)]},
    )


def files() -> Iterator[tuple[Path, str]]:
    """Yield the file of every case and what is in it."""
    honest: dict[str, dict[str, Any]] = {
        "inclusion": {
            "index": 5, "size": 11, "leafHash": LEAVES[5], "proof": path(5, LEAVES[:11]), "root": mth(LEAVES[:11])
        },
        "consistency": {
            "oldSize": 6,
            "newSize": 11,
            "proof": subproof(6, LEAVES[:11], True),
            "oldRoot": mth(LEAVES[:6]),
            "newRoot": mth(LEAVES[:11]),
        },
    }  # fmt: skip
    for kind, cases in (("inclusion", inclusion()), ("consistency", consistency())):
        for name, wanted, desc, changes in cases:
            case = {"desc": desc, "wantErr": wanted} | honest[kind] | changes
            yield DATA / kind / f"{name}.json", json.dumps(case, indent=2, default=bytes.hex) + "\n"


if __name__ == "__main__":
    for file, text in files():
        if not file.exists():
            file.write_text(text, "utf-8")
            print(file.relative_to(DATA))
