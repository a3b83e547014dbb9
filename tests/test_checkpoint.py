"""C2SP tlog-checkpoint: the log's own word on its size and root."""

from __future__ import annotations

import base64
import doctest
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.errors import Forged, JejakError, Malformed
from keys.signing import PrivateKey
from ledger import checkpoint as module
from ledger.checkpoint import (
    Checkpoint,
    SignedCheckpoint,
    format_body,
    open_checkpoint,
    parse_body,
    parse_hash,
    parse_number,
    sign_checkpoint,
)
from ledger.merkle import EMPTY_ROOT, leaf_hash
from ledger.note import NoteSigner, SignatureLine, sign

KALIPARE = NoteSigner("kalipare.malangkab.example/jejak", PrivateKey.load(bytes(31) + b"\x01"))
IMPOSTOR = NoteSigner(KALIPARE.name, PrivateKey.load(bytes(31) + b"\x02"))
ROOT = leaf_hash(b"")
GOOD = sign_checkpoint(KALIPARE, KALIPARE.name, 7, ROOT)
BODY = format_body(Checkpoint(KALIPARE.name, 7, ROOT))


def test_the_worked_example_of_the_specification_holds() -> None:
    results = doctest.testmod(module)
    assert results.attempted > 5
    assert results.failed == 0


def test_the_example_of_c2sp_is_read_and_written_alike() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = parse_body(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert format_body(checkpoint) == text


def test_a_signed_checkpoint_opens_with_the_key_of_its_log() -> None:
    signed = open_checkpoint(GOOD, KALIPARE.vkey)
    assert signed.checkpoint == Checkpoint(KALIPARE.name, 7, ROOT)
    assert signed.data == GOOD


def test_a_checkpoint_signed_by_another_key_is_refused() -> None:
    with pytest.raises(Forged) as caught:
        open_checkpoint(sign_checkpoint(IMPOSTOR, KALIPARE.name, 7, ROOT), KALIPARE.vkey)
    assert caught.value.rule == "note.unsigned"


def test_making_a_signed_checkpoint_is_verifying_it() -> None:
    with pytest.raises(Forged):
        SignedCheckpoint(GOOD, IMPOSTOR.vkey)


def test_a_checkpoint_of_another_log_is_refused_though_this_key_signed_it() -> None:
    other = format_body(Checkpoint("lain.example/jejak", 7, ROOT))
    with pytest.raises(Forged) as caught:
        open_checkpoint(sign(other, KALIPARE), KALIPARE.vkey)
    assert caught.value.rule == "checkpoint.origin"
    assert caught.value.facts == {"origin": "lain.example/jejak", "expected": KALIPARE.name}


def test_a_checkpoint_with_another_size_is_refused() -> None:
    with pytest.raises(Forged):
        open_checkpoint(GOOD.replace(b"\n7\n", b"\n8\n"), KALIPARE.vkey)


def test_cosignatures_stay_with_the_checkpoint_unverified() -> None:
    cosignature = SignatureLine("saksi.example", b"1234", bytes(72))
    signed = open_checkpoint(GOOD + bytes(cosignature), KALIPARE.vkey)
    assert signed.note.unverified == (cosignature,)
    assert signed.data == GOOD + bytes(cosignature)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "checkpoint.form"),
        ("\n", "checkpoint.form"),
        (BODY[:-1], "checkpoint.form"),
        (BODY.replace("\n7\n", "\n"), "checkpoint.form"),
        (BODY + "\n", "checkpoint.extension"),
        (BODY + "tambahan\n", "checkpoint.extension"),
        (BODY + "tambahan", "checkpoint.form"),
        ("\n" + BODY, "checkpoint.extension"),
        (BODY.replace(KALIPARE.name, ""), "note.name"),
        (BODY.replace(KALIPARE.name, "dua kata"), "note.name"),
        (BODY.replace(KALIPARE.name, "x" * 256), "note.name"),
        (BODY.replace("\n7\n", "\n07\n"), "checkpoint.size"),
        (BODY.replace("\n7\n", "\n+7\n"), "checkpoint.size"),
        (BODY.replace("\n7\n", "\n-7\n"), "checkpoint.size"),
        (BODY.replace("\n7\n", "\n 7\n"), "checkpoint.size"),
        (BODY.replace("\n7\n", "\n7_0\n"), "checkpoint.size"),
        (BODY.replace("\n7\n", "\n٧\n"), "checkpoint.size"),
        (BODY.replace("\n7\n", "\n\n"), "checkpoint.size"),
        (BODY.replace("\n7\n", f"\n{2**63}\n"), "merkle.size"),
        (BODY.replace("\n7\n", "\n1" + "0" * 30 + "\n"), "checkpoint.size"),
        (BODY.replace("\n7\n", "\n0\n"), "checkpoint.empty_root"),
        (BODY.replace("oB0=", "oB1="), "base64.canonical"),
        (BODY.replace("oB0=", "oB0"), "checkpoint.hash"),
        (BODY.replace("oB0=", "oB00"), "checkpoint.hash"),
        (BODY.replace("oB0=", "oB=="), "base64.canonical"),
        (BODY.replace("oB0=", "oB0= "), "checkpoint.hash"),
        (BODY.replace("+", "-"), "base64.form"),
        (BODY.replace("oB0=", "oBé="), "checkpoint.hash"),
    ],
)
def test_a_text_that_is_not_a_checkpoint_in_its_one_form_is_refused(text: str, rule: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_body(text)
    assert caught.value.rule == rule


def test_a_signature_does_not_mend_a_malformed_checkpoint() -> None:
    with pytest.raises(Malformed) as caught:
        open_checkpoint(sign(BODY + "tambahan\n", KALIPARE), KALIPARE.vkey)
    assert caught.value.rule == "checkpoint.extension"


def test_the_empty_log_has_a_checkpoint() -> None:
    data = sign_checkpoint(KALIPARE, KALIPARE.name, 0, EMPTY_ROOT)
    assert open_checkpoint(data, KALIPARE.vkey).checkpoint.size == 0


def test_the_largest_size_is_accepted() -> None:
    data = sign_checkpoint(KALIPARE, KALIPARE.name, 2**63 - 1, ROOT)
    assert open_checkpoint(data, KALIPARE.vkey).checkpoint.size == 2**63 - 1


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("lain.example", 7, ROOT),
        (KALIPARE.name, -1, ROOT),
        (KALIPARE.name, 2**63, ROOT),
        (KALIPARE.name, 7, ROOT[:31]),
        (KALIPARE.name, 0, ROOT),
    ],
)
def test_a_checkpoint_that_no_log_may_have_is_not_signed(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(Malformed):
        sign_checkpoint(KALIPARE, origin, size, root)


@given(st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32))
@settings(deadline=None)
def test_a_checkpoint_is_read_back_as_it_was_signed(size: int, root: bytes) -> None:
    signed = open_checkpoint(sign_checkpoint(KALIPARE, KALIPARE.name, size, root), KALIPARE.vkey)
    assert signed.checkpoint == Checkpoint(KALIPARE.name, size, root)


@given(
    st.text(max_size=120)
    | st.tuples(
        st.text(alphabet="ab/. +\n", max_size=5),
        st.text(alphabet="0123456789-", max_size=21),
        st.binary(min_size=30, max_size=34).map(lambda root: base64.b64encode(root).decode()),
    ).map(lambda lines: "\n".join([*lines, ""]))
)
def test_an_accepted_text_is_what_formatting_yields(text: str) -> None:
    try:
        checkpoint = parse_body(text)
    except Malformed:
        return
    assert format_body(checkpoint) == text


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3), st.integers(0, 3))
@settings(deadline=None)
def test_mutated_bytes_never_open_as_another_checkpoint(at: int, new: bytes, cut: int) -> None:
    data = GOOD[:at] + new + GOOD[at + cut :]
    try:
        signed = open_checkpoint(data, KALIPARE.vkey)
    except JejakError:
        return
    assert data == GOOD
    assert signed.checkpoint.size == 7


@given(st.text(max_size=24) | st.from_regex(r"[0-9]{1,21}", fullmatch=True))
def test_a_number_has_one_spelling(text: str) -> None:
    with suppress(Malformed):
        assert str(parse_number(text, "x.number")) == text


@given(st.text(max_size=50) | st.from_regex(r"[A-Za-z0-9+/]{43}=", fullmatch=True))
def test_a_hash_has_one_spelling(text: str) -> None:
    with suppress(Malformed):
        assert base64.b64encode(parse_hash(text)).decode() == text
