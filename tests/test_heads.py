"""Heads: the log's signed word on what is newest; read in one form, and a lie in it is proved by what it denies."""

from __future__ import annotations

import contextlib
import doctest
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Forged, JejakError, Malformed
from ledger import heads as module
from ledger.bundle import Bundle
from ledger.checkpoint import open_checkpoint, sign_checkpoint
from ledger.heads import (
    MAX_HEADS,
    Head,
    Heads,
    format_heads,
    open_heads,
    parse_heads,
    require_no_lie,
    sign_heads,
)
from ledger.note import NoteSigner, sign
from ledger.receipt import VerifiedReceipt, verify_receipt
from tests.bundles import honest
from tests.kit import CASE, ORIGIN, Kecamatan, key

LOG = NoteSigner(ORIGIN, key("log"))
FORGER = NoteSigner(ORIGIN, key("kunci-lain"))
LEAF = "ab" * 32
HEADS = Heads(ORIGIN, 7, bytes(32), (Head(CASE, 1, "cd" * 32), Head("register", 6, LEAF)))
TEXT = format_heads(HEADS)


def test_the_worked_example_of_the_specification_holds() -> None:
    results = doctest.testmod(module)
    assert results.attempted > 5
    assert results.failed == 0


def test_what_was_signed_is_opened_with_the_logs_key() -> None:
    opened = open_heads(sign_heads(LOG, HEADS), LOG.vkey)
    assert opened.heads == HEADS
    assert opened.heads.of(CASE) == HEADS.heads[0]
    assert opened.heads.of("sop:penyusunan-iku") is None


_HEADS = st.builds(
    Heads,
    st.just(ORIGIN),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.dictionaries(
        st.sampled_from([CASE, "register", "sop:penyusunan-iku", "sop:ab"]),
        st.tuples(st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32)),
        min_size=1,
    ).map(lambda found: tuple(Head(name, *_told(found[name])) for name in sorted(found))),
)


def _told(head: tuple[int, bytes]) -> tuple[int, str]:
    return head[0], head[1].hex()


@given(_HEADS)
def test_what_is_formatted_is_read_back(heads: Heads) -> None:
    assert parse_heads(format_heads(heads)) == heads


@given(st.data())
def test_a_changed_character_is_refused_or_says_something_else(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(TEXT) - 1))
    other = data.draw(st.characters(max_codepoint=0x17F).filter(lambda one: one != TEXT[at]))
    changed = TEXT[:at] + other + TEXT[at + 1 :]
    with contextlib.suppress(Malformed):
        assert format_heads(parse_heads(changed)) == changed


@pytest.mark.parametrize(
    "text",
    [
        TEXT[:-1],
        TEXT + "\n",
        TEXT.replace("/heads@v1", ""),
        TEXT.replace("/heads@v1", "/heads@v2"),
        TEXT.replace("tree 7", "tree 07"),
        TEXT.replace("tree 7", "7"),
        TEXT.replace("tree 7", "tree  7"),
        TEXT.replace("register 6", "register 0"),
        TEXT.replace("register 6", "register +6"),
        TEXT.replace("register", "agenda"),
        TEXT.replace(LEAF, LEAF.upper()),
        TEXT.replace(LEAF, LEAF[:-1]),
        TEXT + f"register 7 {LEAF}\n",
        TEXT + f"case:{'0' * 8}-0000-4000-8000-{'0' * 12} 1 {LEAF}\n",
        "\n".join(TEXT.split("\n")[:2]) + "\n",
        "",
    ],
    ids=range(16),
)
def test_a_text_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_heads(text)


def test_more_streams_than_a_note_may_name_are_refused() -> None:
    many = [Head(f"sop:s-{number:03}", 1, LEAF) for number in range(MAX_HEADS + 1)]
    assert Heads(ORIGIN, 7, bytes(32), tuple(many[:-1])).of("sop:s-000") == many[0]
    with pytest.raises(Malformed):
        Heads(ORIGIN, 7, bytes(32), tuple(many))


def test_another_keys_heads_are_refused() -> None:
    with pytest.raises(Forged, match="tanda tangan"):
        open_heads(sign_heads(FORGER, HEADS), LOG.vkey)


def test_heads_of_another_log_under_this_key_are_refused() -> None:
    text = TEXT.replace(ORIGIN, "sebelah.example/jejak")
    with pytest.raises(Forged) as caught:
        open_heads(sign(text, LOG), LOG.vkey)
    assert caught.value.rule == "heads.origin"


def test_a_log_signs_no_heads_in_anothers_name() -> None:
    with pytest.raises(Malformed):
        sign_heads(NoteSigner("sebelah.example/jejak", key("log")), HEADS)


def test_heads_are_never_taken_for_a_checkpoint() -> None:
    with pytest.raises(JejakError):
        open_checkpoint(sign_heads(LOG, HEADS), LOG.vkey)


def test_a_checkpoint_is_never_taken_for_heads() -> None:
    with pytest.raises(Malformed):
        open_heads(sign_checkpoint(LOG, ORIGIN, 7, bytes(32)), LOG.vkey)


# --- a lie -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundle]:
    kecamatan = Kecamatan(tmp_path_factory.mktemp("buku")).open()
    with contextlib.closing(kecamatan.ledger):
        kecamatan.run(upto=3)
        yield honest(kecamatan)


@pytest.fixture(scope="module")
def third(bundle: Bundle) -> VerifiedReceipt:
    """Return the proof of the case's third act."""
    newest = bundle.acts(CASE)[-1]
    return verify_receipt(newest.receipt, newest.entry.data, LOG.vkey)


def denied(third: VerifiedReceipt, size: int, version: int, leaf: str) -> bool:
    stated = open_heads(sign_heads(LOG, Heads(ORIGIN, size, bytes(32), (Head(CASE, version, leaf),))), LOG.vkey)
    try:
        require_no_lie(stated, third)
    except Forged as fault:
        return fault.rule == "heads.lie"
    return False


def test_what_the_log_said_of_its_newest_entry_holds(third: VerifiedReceipt) -> None:
    assert not denied(third, 36, 3, third.leaf_hash.hex())


def test_a_later_version_below_the_size_is_a_lie(third: VerifiedReceipt) -> None:
    assert denied(third, 36, 2, LEAF)


def test_another_leaf_of_the_same_version_is_a_lie(third: VerifiedReceipt) -> None:
    assert denied(third, 36, 3, LEAF)


def test_a_later_version_at_or_above_the_size_is_none(third: VerifiedReceipt) -> None:
    assert third.index == 35
    assert not denied(third, 35, 2, LEAF)


def test_an_older_version_is_none(third: VerifiedReceipt) -> None:
    assert not denied(third, 36, 4, LEAF)


def test_an_entry_of_a_stream_that_is_not_named_is_none(third: VerifiedReceipt) -> None:
    stated = open_heads(sign_heads(LOG, Heads(ORIGIN, 36, bytes(32), (Head("register", 1, LEAF),))), LOG.vkey)
    require_no_lie(stated, third)
