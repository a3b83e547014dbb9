"""RFC 6962 §2.1: roots and proofs hold for every log, and nothing else holds."""

from __future__ import annotations

import doctest
import hashlib
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from keys.errors import Forged, JejakError, Malformed
from ledger import merkle
from ledger.log import TileNodes
from ledger.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    Frontier,
    Known,
    grow,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from ledger.tree import fresh_proofs

DATA = Path(__file__).parent / "data"
LEAVES = [leaf_hash(b"entry %d" % number) for number in range(700)]
hash32 = st.binary(min_size=32, max_size=32)


# The reference: RFC 6962 §2.1 word for word, slow and obvious.


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def k_of(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = k_of(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = k_of(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = k_of(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


# Two verifiers of another build: RFC 9162 §2.1.3.2 and §2.1.4.2, which walk bits instead of ranges.


def root_by_bits(index: int, size: int, leaf: bytes, proof: list[bytes]) -> bytes | None:
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01" + r + p)
        fn, sn = fn >> 1, sn >> 1
    return r if sn == 0 else None


def roots_by_bits(old: int, new: int, proof: list[bytes], old_root: bytes) -> tuple[bytes, bytes] | None:
    if old & (old - 1) == 0:
        proof = [old_root, *proof]
    if not proof:
        return None
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            fr, sr = sha256(b"\x01" + c + fr), sha256(b"\x01" + c + sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\x01" + sr + c)
        fn, sn = fn >> 1, sn >> 1
    return (fr, sr) if sn == 0 else None


class Store:
    """Leaf hashes and the completed subtrees, as the database keeps them; counts what is read."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.frontier, completed = grow(Frontier(), leaves)
        self.rows: dict[int, list[bytes]] = {0: list(leaves)}
        for level, position, value in completed:
            row = self.rows.setdefault(level, [])
            assert position == len(row)
            row.append(value)
        self.reads: list[tuple[int, int, int]] = []

    def hashes(self, level: int, first: int, count: int) -> list[bytes]:
        self.reads.append((level, first, count))
        return self.rows.get(level, [])[first : first + count]


STORE = Store(LEAVES)
#: Two full tiles of the first level above the leaves and one of the second; any 32 bytes do as leaf hashes.
LONG = Store([sha256(number.to_bytes(4, "big")) for number in range(2 * 65_536 + 300)])
#: Its right edge where each tile is just full or not yet, and grown on.
EDGES = [grow(Frontier(), LONG.rows[0][:size])[0] for size in (700, 65_535, 65_536, 131_072, len(LONG.rows[0]))]
TILES = TileNodes(most=2)


def cases(kind: str) -> list[Any]:
    return [pytest.param(json.loads(file.read_text()), id=file.stem) for file in sorted((DATA / kind).glob("*.json"))]


def test_the_worked_example_of_the_specification_holds() -> None:
    results = doctest.testmod(merkle)
    assert results.attempted > 5
    assert results.failed == 0


def test_roots_are_those_every_other_log_computes() -> None:
    # The eight leaves and roots that Certificate Transparency implementations share as test vectors.
    entries = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    frontier = Frontier()
    assert frontier.root == EMPTY_ROOT == bytes.fromhex(roots[0])
    for entry, root in zip(entries, roots[1:], strict=True):
        frontier = frontier.append(leaf_hash(bytes.fromhex(entry)))
        assert frontier.root.hex() == root


def test_the_frontier_has_the_root_of_the_reference_at_every_size() -> None:
    frontier = Frontier()
    for size in range(270):
        assert frontier.root == mth(LEAVES[:size]) == root_at(STORE, size)
        frontier = frontier.append(LEAVES[size])


@given(st.integers(0, 600), st.integers(0, 100))
@settings(deadline=None, max_examples=40)
def test_growing_by_many_is_appending_one_by_one(size: int, more: int) -> None:
    start, _ = grow(Frontier(), LEAVES[:size])
    one_by_one = start
    for leaf in LEAVES[size : size + more]:
        one_by_one = one_by_one.append(leaf)
    assert grow(start, LEAVES[size : size + more])[0] == one_by_one
    assert one_by_one.size == size + more


def test_growing_reports_every_completed_tile_once_and_in_order() -> None:
    store = Store([leaf_hash(b"%d" % number) for number in range(256 * 256 + 300)])
    leaves, tiles, tops = store.rows[0], store.rows[8], store.rows[16]
    assert sorted(store.rows) == [0, 8, 16]
    assert tiles == [mth(leaves[first : first + 256]) for first in range(0, len(leaves) - 255, 256)]
    assert tops == [mth(tiles[:256])]


@given(st.integers(0, 700))
@settings(deadline=None)
def test_a_frontier_is_read_back_from_its_bytes(size: int) -> None:
    frontier, _ = grow(Frontier(), LEAVES[:size])
    assert Frontier.load(frontier.dump()) == frontier


@given(st.binary(max_size=120) | st.integers(0, 7).map(lambda size: size.to_bytes(8, "big") + bytes(64)))
def test_a_frontier_has_one_byte_form(data: bytes) -> None:
    try:
        frontier = Frontier.load(data)
    except Malformed:
        return
    assert frontier.dump() == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(7),
        bytes(8) + bytes(32),
        (3).to_bytes(8, "big") + bytes(32),
        (3).to_bytes(8, "big") + bytes(63),
        (3).to_bytes(8, "big") + bytes(96),
        (1).to_bytes(8, "big") + bytes(33),
        (2**63).to_bytes(8, "big") + bytes(32),
    ],
)
def test_a_frontier_with_missing_or_surplus_bytes_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        Frontier.load(data)


def test_a_leaf_hash_of_the_wrong_length_is_not_appended() -> None:
    with pytest.raises(Malformed, match="31 bita"):
        Frontier().append(LEAVES[0]).append(bytes(31))


def test_a_full_log_does_not_grow() -> None:
    full = Frontier(MAX_SIZE - 1, (bytes(32),) * 63)
    with pytest.raises(Malformed) as caught:
        full.append(bytes(32))
    assert caught.value.rule == "merkle.size"


def test_every_inclusion_proof_of_a_small_log_is_the_reference_and_verifies() -> None:
    for size in range(1, 71):
        root = mth(LEAVES[:size])
        for index in range(size):
            proof = prove_inclusion(STORE, index, size)
            assert proof == path(index, LEAVES[:size])
            verify_inclusion(index=index, size=size, leaf_hash=LEAVES[index], proof=proof, root=root)


def test_the_proofs_of_fresh_leaves_are_those_that_the_store_would_give() -> None:
    for size in range(70):
        before, _ = grow(Frontier(), LEAVES[:size])
        for more in (0, 1, 2, 3, 8, 15, 64):
            store = Store(LEAVES[: size + more])
            proofs = [prove_inclusion(store, index, size + more) for index in range(size, size + more)]
            assert fresh_proofs(before, LEAVES[size : size + more]) == proofs


def test_every_consistency_proof_of_a_small_log_is_the_reference_and_verifies() -> None:
    roots = [mth(LEAVES[:size]) for size in range(71)]
    for new in range(71):
        for old in range(new + 1):
            proof = prove_consistency(STORE, old, new)
            assert proof == (subproof(old, LEAVES[:new], True) if old else [])
            verify_consistency(old_size=old, new_size=new, proof=proof, old_root=roots[old], new_root=roots[new])


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_proofs_of_larger_logs_are_the_reference_and_verify(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 700))
    index = data.draw(st.integers(0, size - 1))
    root = root_at(STORE, size)
    proof = prove_inclusion(STORE, index, size)
    assert proof == path(index, LEAVES[:size])
    verify_inclusion(index=index, size=size, leaf_hash=LEAVES[index], proof=proof, root=root)
    old = index + 1
    proof = prove_consistency(STORE, old, size)
    assert proof == subproof(old, LEAVES[:size], True)
    verify_consistency(old_size=old, new_size=size, proof=proof, old_root=root_at(STORE, old), new_root=root)


@pytest.mark.parametrize("case", cases("inclusion"))
def test_an_inclusion_proof_is_judged_as_the_case_says(case: dict[str, Any]) -> None:
    def verify() -> None:
        verify_inclusion(
            index=case["index"],
            size=case["size"],
            leaf_hash=bytes.fromhex(case["leafHash"]),
            proof=[bytes.fromhex(value) for value in case["proof"]],
            root=bytes.fromhex(case["root"]),
        )

    judge(case, verify)


@pytest.mark.parametrize("case", cases("consistency"))
def test_a_consistency_proof_is_judged_as_the_case_says(case: dict[str, Any]) -> None:
    def verify() -> None:
        verify_consistency(
            old_size=case["oldSize"],
            new_size=case["newSize"],
            proof=[bytes.fromhex(value) for value in case["proof"]],
            old_root=bytes.fromhex(case["oldRoot"]),
            new_root=bytes.fromhex(case["newRoot"]),
        )

    judge(case, verify)


NO_HASHES = [None, 5, "x" * 32, bytearray(32), memoryview(bytes(32)), [0] * 32]


@pytest.mark.parametrize("no_hash", NO_HASHES, ids=lambda no_hash: type(no_hash).__name__)
@pytest.mark.parametrize("name", ["leaf_hash", "root", "proof"])
def test_an_inclusion_of_what_are_no_hashes_is_malformed(name: str, no_hash: Any) -> None:
    good: dict[str, Any] = {"leaf_hash": LEAVES[0], "root": mth(LEAVES[:2]), "proof": [LEAVES[1]]}
    verify_inclusion(index=0, size=2, **good)
    with pytest.raises(Malformed) as caught:
        verify_inclusion(index=0, size=2, **good | {name: [no_hash] if name == "proof" else no_hash})
    assert caught.value.rule == "merkle.hash"


@pytest.mark.parametrize("no_hash", NO_HASHES, ids=lambda no_hash: type(no_hash).__name__)
@pytest.mark.parametrize("name", ["old_root", "new_root", "proof"])
def test_a_consistency_of_what_are_no_hashes_is_malformed(name: str, no_hash: Any) -> None:
    good: dict[str, Any] = {"old_root": LEAVES[0], "new_root": mth(LEAVES[:2]), "proof": [LEAVES[1]]}
    verify_consistency(old_size=1, new_size=2, **good)
    with pytest.raises(Malformed) as caught:
        verify_consistency(old_size=1, new_size=2, **good | {name: [no_hash] if name == "proof" else no_hash})
    assert caught.value.rule == "merkle.hash"


@pytest.mark.parametrize(
    "no_list",
    [None, 5, "x", bytes(32), {LEAVES[1]}, {LEAVES[1]: 1}, {0: LEAVES[1]}, iter([LEAVES[1]])],
    ids=lambda no_list: type(no_list).__name__,
)
def test_a_proof_that_is_no_list_is_malformed(no_list: Any) -> None:
    with pytest.raises(Malformed) as inclusion:
        verify_inclusion(index=0, size=2, leaf_hash=LEAVES[0], root=mth(LEAVES[:2]), proof=no_list)
    with pytest.raises(Malformed) as consistency:
        verify_consistency(old_size=1, new_size=2, old_root=LEAVES[0], new_root=mth(LEAVES[:2]), proof=no_list)
    assert inclusion.value.rule == consistency.value.rule == "merkle.hash"


def judge(case: dict[str, Any], verify: Any) -> None:
    if not case["wantErr"]:
        verify()
        return
    with pytest.raises(JejakError) as caught:
        verify()
    assert caught.value.rule == case["wantErr"]
    proves_nothing = case["wantErr"] in ("merkle.inclusion", "merkle.consistency", "merkle.proof_length")
    assert type(caught.value) is (Forged if proves_nothing else Malformed)


def test_the_cases_hold_good_and_bad_ones_of_both_kinds() -> None:
    for kind in ("inclusion", "consistency"):
        wanted = [bool(case.values[0]["wantErr"]) for case in cases(kind)]
        assert wanted.count(False) >= 4
        assert wanted.count(True) >= 30


def test_a_forged_inclusion_names_both_roots() -> None:
    with pytest.raises(Forged) as caught:
        verify_inclusion(index=0, size=2, leaf_hash=LEAVES[0], proof=[LEAVES[1]], root=LEAVES[2])
    assert caught.value.facts == {
        "root": LEAVES[2].hex(),
        "computed_root": node_hash(LEAVES[0], LEAVES[1]).hex(),
    }


def test_a_forged_consistency_names_both_roots_as_claimed_and_as_computed() -> None:
    with pytest.raises(Forged) as caught:
        verify_consistency(old_size=1, new_size=2, proof=[LEAVES[1]], old_root=LEAVES[0], new_root=LEAVES[2])
    assert caught.value.facts == {
        "old_root": LEAVES[0].hex(),
        "new_root": LEAVES[2].hex(),
        "computed_old_root": LEAVES[0].hex(),
        "computed_new_root": node_hash(LEAVES[0], LEAVES[1]).hex(),
    }


@given(st.data())
@settings(deadline=None)
def test_no_hash_of_a_proof_can_change(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 700))
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(STORE, index, size)
    at = data.draw(st.integers(0, len(proof) - 1))
    proof[at] = data.draw(hash32.filter(lambda value: value != proof[at]))
    with pytest.raises(Forged):
        verify_inclusion(index=index, size=size, leaf_hash=LEAVES[index], proof=proof, root=root_at(STORE, size))


@given(st.data())
@settings(deadline=None)
def test_an_index_is_proved_and_not_merely_membership(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 700))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda value: value != index))
    with pytest.raises(Forged):
        verify_inclusion(
            index=other,
            size=size,
            leaf_hash=LEAVES[index],
            proof=prove_inclusion(STORE, index, size),
            root=root_at(STORE, size),
        )


@given(st.data())
@settings(deadline=None)
def test_sizes_up_to_the_limit_are_judged_as_rfc_9162_judges_them(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 2**10) | st.integers(1, MAX_SIZE - 1))
    index = data.draw(st.integers(0, size - 1))
    leaf = data.draw(hash32)
    least = size.bit_length() + 1
    for length in range(least + 1):
        proof = [sha256(b"%d" % number) for number in range(length)]
        root = root_by_bits(index, size, leaf, proof)
        if root is not None:
            verify_inclusion(index=index, size=size, leaf_hash=leaf, proof=proof, root=root)
            break
        with pytest.raises((Forged, Malformed)):
            verify_inclusion(index=index, size=size, leaf_hash=leaf, proof=proof, root=bytes(32))
    else:
        pytest.fail("no length of proof fits")


@given(st.data())
@settings(deadline=None)
def test_growth_up_to_the_limit_is_judged_as_rfc_9162_judges_it(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 2**10) | st.integers(2, MAX_SIZE - 1))
    old = data.draw(st.integers(1, new - 1))
    old_root = data.draw(hash32)
    for length in range(new.bit_length() + 3):
        proof = [sha256(b"%d" % number) for number in range(length)]
        roots = roots_by_bits(old, new, proof, old_root)
        if roots is not None:
            verify_consistency(old_size=old, new_size=new, proof=proof, old_root=roots[0], new_root=roots[1])
            break
        with pytest.raises((Forged, Malformed)):
            verify_consistency(old_size=old, new_size=new, proof=proof, old_root=old_root, new_root=bytes(32))
    else:
        pytest.fail("no length of proof fits")


def test_the_longest_proofs_fit_the_limits() -> None:
    size = MAX_SIZE - 1
    assert len(merkle._inclusion_ranges(0, size)) == merkle.MAX_INCLUSION
    assert len(merkle._consistency_ranges(3, size)) == merkle.MAX_CONSISTENCY


@given(
    st.integers(),
    st.integers(),
    st.binary(max_size=40),
    st.lists(st.binary(max_size=34) | hash32, max_size=66),
    st.binary(max_size=40) | hash32,
)
def test_whatever_comes_the_verifiers_raise_nothing_foreign(
    first: int, second: int, one: bytes, proof: list[bytes], other: bytes
) -> None:
    with suppress(JejakError):
        verify_inclusion(index=first, size=second, leaf_hash=one, proof=proof, root=other)
    with suppress(JejakError):
        verify_consistency(old_size=first, new_size=second, proof=proof, old_root=one, new_root=other)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (0, -1), (0, MAX_SIZE)])
def test_an_impossible_inclusion_is_not_proved(index: int, size: int) -> None:
    with pytest.raises(Malformed):
        prove_inclusion(STORE, index, size)


@pytest.mark.parametrize(("old", "new"), [(6, 5), (-1, 5), (0, MAX_SIZE)])
def test_an_impossible_growth_is_not_proved(old: int, new: int) -> None:
    with pytest.raises(Malformed):
        prove_consistency(STORE, old, new)


@given(st.data())
@settings(deadline=None)
def test_what_a_prover_knows_changes_no_proof(data: st.DataObject) -> None:
    known = Known(data.draw(st.sampled_from(EDGES)), TILES)
    size = data.draw(st.integers(1, known.edge.size) | st.just(known.edge.size))
    index = data.draw(st.integers(0, size - 1))
    assert prove_inclusion(LONG, index, size, known) == prove_inclusion(LONG, index, size)
    assert prove_consistency(LONG, index + 1, size, known) == prove_consistency(LONG, index + 1, size)
    assert len(TILES) <= 2


def test_a_tile_above_the_leaves_is_read_once_and_the_edge_never() -> None:
    known = Known(LONG.frontier, TileNodes())
    size = LONG.frontier.size
    prove_inclusion(LONG, 70_000, size, known)
    LONG.reads.clear()
    prove_inclusion(LONG, 130_000, size, known)
    assert sorted(LONG.reads) == [(0, 129_792, 256), (16, 0, 2)]


def test_nodes_of_a_tile_are_kept_only_under_the_root_that_they_make() -> None:
    altered, tiles = Store(LONG.rows[0]), TileNodes()
    altered.rows[8][7] = bytes(32)
    for _ in range(2):
        proof = prove_inclusion(altered, 70, 131_072, Known(altered.frontier, tiles))
        assert bytes(32) not in proof
        assert len(tiles) == 0
    good = prove_inclusion(LONG, 70, 131_072, Known(LONG.frontier, tiles))
    assert good == prove_inclusion(LONG, 70, 131_072)
    assert len(tiles) == 1


def test_a_store_that_lost_hashes_is_our_own_fault_and_not_a_proof() -> None:
    with pytest.raises(AssertionError, match="lacks"):
        prove_inclusion(Store(LEAVES[:100]), 5, 200)


@given(st.integers(1, 700).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
@example((254, 511))
@settings(deadline=None)
def test_a_proof_reads_few_short_ranges(place: tuple[int, int]) -> None:
    index, size = place
    for prove, most in (
        # The leaf itself is read with its siblings on both sides, and so is the last leaf of the old log.
        (lambda: prove_inclusion(STORE, index, size), 256 + 255),
        (lambda: prove_consistency(STORE, index + 1, size), 256 + 255),
        (lambda: root_at(STORE, size), 255),
    ):
        STORE.reads.clear()
        prove()
        for level in (0, 8):
            counts = [count for at, _, count in STORE.reads if at == level]
            assert len(counts) <= 3
            assert sum(counts) <= most


def test_a_proof_from_a_million_entries_takes_milliseconds() -> None:
    # Any 32 bytes will do as hashes: what is timed is reading and hashing, not a valid tree.
    size = 1_000_000 - 1
    store = Store([])
    store.rows = {level: [bytes(32)] * (size >> level) for level in (0, 8, 16)}
    for index in (0, 65_535, 654_321, size - 1):
        started = time.perf_counter()
        prove_inclusion(store, index, size)
        prove_consistency(store, index + 1, size)
        assert time.perf_counter() - started < 0.05
