"""The browser's modules judge as the Python rooms do: proofs of the tree, notes, checkpoints, receipts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from ledger.checkpoint import Checkpoint, format_body, open_checkpoint, parse_body, sign_checkpoint
from ledger.merkle import verify_consistency, verify_inclusion
from ledger.note import VerifierKey, open_note, sign
from ledger.receipt import verify_receipt
from tests import (
    test_checkpoint,
    test_merkle,
    test_note,
    test_receipt,
)
from tests.browser.judge import (
    Judge,
    Refusal,
    by_python,
    judging,
    mutations,
    table,
)

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module")
def judge(browser: Browser) -> Iterator[Judge]:
    """Yield the modules in a browser."""
    with judging(browser) as found:
        yield found


# --- the tree ------------------------------------------------------------------------------------------------

PROOFS = {"inclusion": verify_inclusion, "consistency": verify_consistency}


def arguments(case: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that a proof case stands for."""
    said = {name: value for name, value in case.items() if name not in ("desc", "wantErr")}
    hashes = {"leafHash", "root", "oldRoot", "newRoot"} & said.keys()
    return (
        said
        | {name: bytes.fromhex(said[name]) for name in hashes}
        | {"proof": [bytes.fromhex(one) for one in said["proof"]]}
    )


@pytest.mark.parametrize("kind", PROOFS)
def test_every_proof_case_is_judged_as_its_file_says(judge: Judge, kind: str) -> None:
    files = sorted((DATA / kind).glob("*.json"))
    cases = {file.stem: json.loads(file.read_text()) for file in files if not file.stem.endswith("-float")}
    found = judge.all([(f"verify{kind.title()}", arguments(one)) for one in cases.values()])
    judged = {name: one.rule if one else "" for name, one in zip(cases, found, strict=True)}
    assert judged == {name: case["wantErr"] for name, case in cases.items()}
    assert len(judged) > 60


def test_a_number_spelt_with_a_fraction_is_refused_where_json_is_read(judge: Judge) -> None:
    files = sorted(DATA.glob("*/*-float.json"))  # to JavaScript 6.0 is 6: only the reader of the text can tell
    assert len(files) == 4
    assert {judge("respell", file.read_bytes()) for file in files} == {Refusal("malformed", "json.float")}
    whole = arguments(json.loads((DATA / "inclusion" / "index-float.json").read_text()))
    assert judge("verifyInclusion", whole | {"index": 5.5}) == Refusal("malformed", "merkle.index")


def test_proofs_of_all_small_logs_hold_and_those_of_their_neighbours_do_not(judge: Judge) -> None:
    leaves, calls = test_merkle.LEAVES[:14], list[tuple[str, dict[str, Any]]]()
    root = {size: test_merkle.mth(leaves[:size]) for size in range(15)}
    for size in range(1, 15):
        for index in range(size):
            proof = test_merkle.path(index, leaves[:size])
            right = {"index": index, "size": size, "leafHash": leaves[index], "proof": proof, "root": root[size]}
            calls += [("verifyInclusion", right), ("verifyInclusion", right | {"index": index ^ 1})]
        for old in range(1, size):
            proof = test_merkle.subproof(old, leaves[:size], True)
            right = {"oldSize": old, "newSize": size, "proof": proof, "oldRoot": root[old], "newRoot": root[size]}
            calls += [("verifyConsistency", right), ("verifyConsistency", right | {"oldRoot": root[old - 1]})]
    found = judge.all(calls)
    assert set(found[::2]) == {None}
    expected = [by_python(lambda call=call: in_python(*call)) for call in calls]
    assert found == expected
    assert sum(one is None for one in found) < len(found) * 0.6


def in_python(name: str, said: dict[str, Any]) -> None:
    snake = {re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", member): value for member, value in said.items()}
    PROOFS[name.removeprefix("verify").lower()](**snake)


# --- notes, checkpoints, receipts ----------------------------------------------------------------------------


def test_a_vkey_is_read_or_refused_as_python_does(judge: Judge) -> None:
    texts = [row[0] for row in table(test_note.test_a_vkey_that_is_not_in_its_one_form_is_refused)]
    texts += [row[0] for row in table(test_note.test_a_vkey_in_use_elsewhere_is_read_and_written_alike)]
    texts += [one.decode("latin1") for one in mutations(test_note.NEUMANN.encode(), 200, 7)]
    texts += [f"{sign}+00000000+{test_note.NEUMANN.split('+', 2)[2]}" for sign in "\x1c\x85\ufeff\u200b\u2003\u2028é"]

    def read(text: str) -> list[Any]:
        vkey = VerifierKey.parse(text)
        return [vkey.name, vkey.key_id, vkey.key.raw]

    assert judge.all([("vkey", text) for text in texts]) == [by_python(lambda one=one: read(one)) for one in texts]


def test_a_note_is_opened_or_refused_as_python_does(judge: Judge) -> None:
    n, mine = test_note, test_note.KALIPARE.vkey
    notes = [row[0] for row in table(n.test_bytes_that_are_not_a_note_in_its_one_form_are_refused)]
    notes += [n.GOOD, sign(n.TEXT, n.KALIPARE, n.PEER), sign(n.TEXT, n.PEER), sign(n.TEXT, n.IMPOSTOR)]
    notes += [n.GOOD.replace(b"kedua", b"ketiga"), n.GOOD + bytes(n.KALIPARE.sign(n.TEXT)), b"x" * n.MAX_BYTES + n.GOOD]
    notes += [sign("satu\n\n— bukan tanda tangan\n\n\n", n.KALIPARE), sign(n.GOOD.decode(), n.KALIPARE)]
    notes += [n.GOOD + bytes(n.SignatureLine("saksi.example", b"1234", b"5")) * count for count in (99, 100)]
    notes += [n.TEXT.encode() + b"\n" + bytes(n.SignatureLine(mine.name, mine.key_id, bytes(size))) for size in (1, 64)]
    notes += mutations(n.GOOD, 250, 8)

    def opened(data: bytes) -> list[Any]:
        note = open_note(data, [mine])
        return [note.text, [line.name for line in note.unverified]]

    expected = [by_python(lambda one=one: opened(one)) for one in notes]
    assert judge.all([("openNote", one, str(mine)) for one in notes]) == expected
    assert {"note.unsigned", "note.signature", "note.duplicate"} < {
        one[1] for one in expected if isinstance(one, Refusal)
    }


def told(checkpoint: Checkpoint) -> list[Any]:
    return [checkpoint.origin, checkpoint.size, checkpoint.root]


def test_a_checkpoint_is_opened_or_refused_as_python_does(judge: Judge) -> None:
    c, mine = test_checkpoint, test_checkpoint.KALIPARE.vkey
    texts = [row[0] for row in table(c.test_a_text_that_is_not_a_checkpoint_in_its_one_form_is_refused)]
    texts += [c.BODY, format_body(Checkpoint(mine.name, 0, c.EMPTY_ROOT))]
    expected = [by_python(lambda one=one: told(parse_body(one))) for one in texts]
    assert judge.all([("parseBody", one) for one in texts]) == expected
    other = sign(format_body(Checkpoint("lain.example/jejak", 7, c.ROOT)), c.KALIPARE)
    notes = [c.GOOD, other, sign_checkpoint(c.IMPOSTOR, mine.name, 7, c.ROOT), c.GOOD.replace(b"\n7\n", b"\n8\n")]
    notes += [sign(f"{c.BODY}tambahan\n", c.KALIPARE), sign_checkpoint(c.KALIPARE, mine.name, 2**53 - 1, c.ROOT)]
    expected = [by_python(lambda one=one: [*told(open_checkpoint(one, mine).checkpoint), one]) for one in notes]
    assert judge.all([("openCheckpoint", one, str(mine)) for one in notes]) == expected


def test_a_checkpoint_of_more_entries_than_an_act_can_name_is_refused_by_the_browser_alone(judge: Judge) -> None:
    c = test_checkpoint
    for size in (2**53, 2**63 - 1):
        data = sign_checkpoint(c.KALIPARE, c.KALIPARE.name, size, c.ROOT)
        assert open_checkpoint(data, c.KALIPARE.vkey).checkpoint.size == size
        assert judge("openCheckpoint", data, str(c.KALIPARE.vkey)) == Refusal("malformed", "merkle.size")


def test_a_receipt_is_verified_or_refused_as_python_does(judge: Judge) -> None:
    r, mine = test_receipt, test_receipt.KALIPARE.vkey
    receipts = [
        (row[0], r.ENTRIES[5]) for row in table(r.test_bytes_that_are_not_a_receipt_in_its_one_form_are_refused)
    ]
    receipts += [(r.format_receipt(r.receipt_for(index)), r.ENTRIES[index]) for index in range(11)]
    short = r.format_receipt(r.Receipt(5, r.receipt_for(5).proof[:-1], r.NOTE))
    receipts += [(r.GOOD, b"entry 6"), (r.GOOD.replace(b"index 5", b"index 4"), r.ENTRIES[5]), (short, r.ENTRIES[5])]
    receipts += [(r.GOOD.replace(b"\n11\n", b"\n12\n"), r.ENTRIES[5])]
    forged = r.GOOD.replace(r.NOTE, sign_checkpoint(r.IMPOSTOR, mine.name, 11, bytes(32)))
    receipts += [(forged.replace(b"index 5", index), r.ENTRIES[5]) for index in (b"index 5", b"index 11")]
    receipts += [(one, r.ENTRIES[5]) for one in mutations(r.GOOD, 250, 9)]

    def verified(receipt: bytes, entry: bytes) -> list[Any]:
        found = verify_receipt(receipt, entry, mine)
        return [found.index, found.leaf_hash, found.checkpoint.size]

    expected = [by_python(lambda one=one: verified(*one)) for one in receipts]
    assert judge.all([("verifyReceipt", *one, str(mine)) for one in receipts]) == expected
    assert sum(not isinstance(one, Refusal) for one in expected) >= 11
