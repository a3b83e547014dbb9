"""C2SP tlog-proof: a receipt proves one entry at one index, offline, or nothing."""

from __future__ import annotations

import base64
import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.errors import Forged, JejakError, Malformed
from keys.signing import PrivateKey
from ledger import receipt as module
from ledger.checkpoint import Checkpoint, format_body, open_checkpoint, sign_checkpoint
from ledger.merkle import Frontier, grow, leaf_hash, node_hash, prove_inclusion
from ledger.note import NoteSigner, SignatureLine, sign
from ledger.receipt import (
    MAX_BYTES,
    Receipt,
    VerifiedReceipt,
    format_receipt,
    length_of,
    parse_receipt,
    verify_receipt,
)

KALIPARE = NoteSigner("kalipare.malangkab.example/jejak", PrivateKey.load(bytes(31) + b"\x01"))
IMPOSTOR = NoteSigner(KALIPARE.name, PrivateKey.load(bytes(31) + b"\x02"))
ENTRIES = [b"entry %d" % number for number in range(11)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
NOTE = sign_checkpoint(KALIPARE, KALIPARE.name, 11, grow(Frontier(), LEAVES)[0].root)


class Leaves:
    """The leaf hashes of a log that is too small for tiles."""

    def hashes(self, level: int, first: int, count: int) -> list[bytes]:
        assert level == 0
        return LEAVES[first : first + count]


def receipt_for(index: int) -> Receipt:
    return Receipt(index, tuple(prove_inclusion(Leaves(), index, 11)), NOTE)


GOOD = format_receipt(receipt_for(5))
HEAD, _, _ = GOOD.partition(b"\n\n")
BIG = SignatureLine("saksi.example", b"1234", bytes(MAX_BYTES * 3 // 4))


def refused(data: bytes, entry: bytes = ENTRIES[5]) -> JejakError:
    with pytest.raises(JejakError) as caught:
        verify_receipt(data, entry, KALIPARE.vkey)
    return caught.value


def test_the_worked_example_of_the_specification_holds() -> None:
    results = doctest.testmod(module)
    assert results.attempted > 8
    assert results.failed == 0


@pytest.mark.parametrize("index", range(11))
def test_every_entry_has_a_receipt_that_verifies(index: int) -> None:
    data = format_receipt(receipt_for(index))
    assert parse_receipt(data) == receipt_for(index)
    verified = verify_receipt(data, ENTRIES[index], KALIPARE.vkey)
    assert (verified.index, verified.leaf_hash) == (index, LEAVES[index])
    assert verified.signed_checkpoint == open_checkpoint(NOTE, KALIPARE.vkey)
    assert verified.checkpoint.size == 11


def test_bytes_and_parsed_receipt_verify_alike() -> None:
    parsed = parse_receipt(GOOD)
    assert verify_receipt(GOOD, ENTRIES[5], KALIPARE.vkey) == verify_receipt(parsed, ENTRIES[5], KALIPARE.vkey)


def test_the_lines_are_those_of_tlog_proof() -> None:
    proof = prove_inclusion(Leaves(), 5, 11)
    lines = [b"c2sp.org/tlog-proof@v1", b"index 5", *map(base64.b64encode, proof), b""]
    assert b"\n".join(lines) + b"\n" + NOTE == GOOD


def test_an_only_entry_needs_no_hash() -> None:
    note = sign_checkpoint(KALIPARE, KALIPARE.name, 1, LEAVES[0])
    data = format_receipt(Receipt(0, (), note))
    assert data.startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n\nkalipare")
    assert verify_receipt(data, ENTRIES[0], KALIPARE.vkey).index == 0


def test_a_receipt_for_another_entry_is_refused() -> None:
    error = refused(GOOD, b"entry 6")
    assert (type(error), error.rule) == (Forged, "merkle.inclusion")


def test_a_receipt_with_another_index_is_refused() -> None:
    assert refused(GOOD.replace(b"index 5", b"index 4")).rule == "merkle.inclusion"


def test_a_receipt_under_another_key_is_refused() -> None:
    root = open_checkpoint(NOTE, KALIPARE.vkey).checkpoint.root
    forged = sign_checkpoint(IMPOSTOR, KALIPARE.name, 11, root)
    assert refused(GOOD.replace(NOTE, forged)).rule == "note.unsigned"


def test_a_receipt_with_a_changed_checkpoint_is_refused() -> None:
    assert refused(GOOD.replace(b"\n11\n", b"\n12\n")).rule == "note.signature"


def test_a_receipt_of_another_log_signed_by_this_key_is_refused() -> None:
    root = open_checkpoint(NOTE, KALIPARE.vkey).checkpoint.root
    other = sign(format_body(Checkpoint("lain.example/jejak", 11, root)), KALIPARE)
    assert refused(GOOD.replace(NOTE, other)).rule == "checkpoint.origin"


def test_a_missing_hash_is_refused() -> None:
    whole = receipt_for(5)
    error = refused(format_receipt(Receipt(5, whole.proof[:-1], NOTE)))
    assert (type(error), error.rule) == (Forged, "merkle.proof_length")


def test_an_inner_node_is_not_an_entry() -> None:
    # Without the leaf's own prefix, leaf 2 of "6" could be the node above leaves 4 and 5 (RFC 6962 §2.1).
    root = open_checkpoint(NOTE, KALIPARE.vkey).checkpoint.root
    note = sign_checkpoint(KALIPARE, KALIPARE.name, 6, root)
    proof = receipt_for(5).proof[1:]
    node = node_hash(LEAVES[4], LEAVES[5])
    assert len(proof) == 3
    for entry in (node, LEAVES[4] + LEAVES[5], b"\x01" + LEAVES[4] + LEAVES[5]):
        assert refused(format_receipt(Receipt(2, proof, note)), entry).rule == "merkle.inclusion"


def test_making_a_verified_receipt_is_verifying_it() -> None:
    with pytest.raises(Forged):
        VerifiedReceipt(receipt_for(5), ENTRIES[6], KALIPARE.vkey)


def test_cosignatures_travel_with_the_receipt() -> None:
    cosignature = SignatureLine("saksi.example", b"1234", bytes(72))
    verified = verify_receipt(GOOD + bytes(cosignature), ENTRIES[5], KALIPARE.vkey)
    assert verified.signed_checkpoint.note.unverified == (cosignature,)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "receipt.form"),
        (HEAD, "receipt.form"),
        (HEAD + b"\n\n", "note.form"),
        (HEAD + b"\n" + NOTE, "checkpoint.hash"),
        (GOOD.replace(b"@v1", b"@v2"), "receipt.form"),
        (b"\n" + GOOD, "receipt.form"),
        (b"\xef\xbb\xbf" + GOOD, "receipt.form"),
        (GOOD.replace(b"@v1\n", b"@v1\r\n"), "receipt.form"),
        (b"c2sp.org/tlog-proof@v1\n\n" + NOTE, "receipt.form"),
        (GOOD.replace(b"index 5\n", b""), "receipt.form"),
        (GOOD.replace(b"index 5\n", b"extra AAAA\nindex 5\n"), "receipt.extra"),
        (GOOD.replace(b"index 5\n", b"index 5\nextra AAAA\n"), "checkpoint.hash"),
        (GOOD.replace(b"index 5\n", b"index 5\nindex 5\n"), "checkpoint.hash"),
        (GOOD.replace(b"index 5", b"Index 5"), "receipt.form"),
        (GOOD.replace(b"index 5", b"index"), "receipt.form"),
        (GOOD.replace(b"index 5", b"index "), "receipt.index"),
        (GOOD.replace(b"index 5", b"index  5"), "receipt.index"),
        (GOOD.replace(b"index 5", b"index 05"), "receipt.index"),
        (GOOD.replace(b"index 5", b"index -5"), "receipt.index"),
        (GOOD.replace(b"index 5", b"index 5 "), "receipt.index"),
        (GOOD.replace(b"index 5", "index ٥".encode()), "receipt.index"),
        (GOOD.replace(b"index 5", b"index 11"), "merkle.index"),
        (GOOD.replace(b"index 5", b"index %d" % 2**63), "merkle.size"),
        (GOOD.replace(HEAD, HEAD + b"\n" + base64.b64encode(bytes(31))), "checkpoint.hash"),
        (GOOD.replace(HEAD, HEAD + b"\n" + base64.b64encode(bytes(33))), "checkpoint.hash"),
        (GOOD.replace(HEAD, HEAD + b" "), "checkpoint.hash"),
        (GOOD.replace(HEAD, HEAD + b"\r"), "checkpoint.hash"),
        (GOOD.replace(HEAD, HEAD + b"\xff"), "checkpoint.hash"),
        (GOOD.replace(HEAD, HEAD + (b"\n" + base64.b64encode(bytes(32))) * 60), "receipt.proof_size"),
        (GOOD + b"\n", "note.form"),
        (GOOD + b"tambahan\n", "note.signature_line"),
        (GOOD.replace(HEAD + b"\n\n", HEAD + b"\n\n\n"), "checkpoint.extension"),
        (GOOD + bytes(BIG), "receipt.size"),
    ],
)
def test_bytes_that_are_not_a_receipt_in_its_one_form_are_refused(data: bytes, rule: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_receipt(data)
    assert caught.value.rule == rule


def test_a_receipt_that_could_not_be_read_back_is_not_made() -> None:
    with pytest.raises(Malformed) as caught:
        Receipt(5, receipt_for(5).proof, NOTE + bytes(BIG))
    assert caught.value.rule == "receipt.size"
    with pytest.raises(Malformed):
        Receipt(5, (bytes(31),), NOTE)
    with pytest.raises(Malformed):
        Receipt(5, (bytes(32),) * 64, NOTE)
    with pytest.raises(Malformed):
        Receipt(-1, (), NOTE)


@pytest.mark.parametrize("index", range(len(ENTRIES)))
def test_the_length_of_a_receipt_is_that_of_its_bytes(index: int) -> None:
    assert length_of(receipt_for(index)) == len(format_receipt(receipt_for(index)))
    assert length_of(Receipt(index, (), NOTE)) == len(format_receipt(Receipt(index, (), NOTE)))


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda tail: HEAD + b"\n\n" + tail))
def test_random_bytes_are_never_a_receipt_and_raise_nothing_foreign(data: bytes) -> None:
    with pytest.raises(JejakError):
        verify_receipt(data, ENTRIES[5], KALIPARE.vkey)


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3), st.integers(0, 3))
@settings(deadline=None)
def test_mutated_bytes_never_verify_and_an_accepted_form_is_what_formatting_yields(
    at: int, new: bytes, cut: int
) -> None:
    data = GOOD[:at] + new + GOOD[at + cut :]
    if data == GOOD:
        return
    try:
        parsed = parse_receipt(data)
    except Malformed:
        return
    assert format_receipt(parsed) == data
    with pytest.raises(Forged):
        verify_receipt(parsed, ENTRIES[5], KALIPARE.vkey)
