"""C2SP tlog-policy: a witness policy is met by true cosignatures, or it fails; an empty one is none."""

from __future__ import annotations

import datetime as dt
import doctest

import pytest

from keys.errors import Forged, JejakError, Malformed
from ledger import policy as module
from ledger.checkpoint import SignedCheckpoint, format_body, open_checkpoint, sign_checkpoint
from ledger.merkle import leaf_hash
from ledger.note import NoteSigner, SignatureLine
from ledger.policy import MAX_BYTES, Policy, WitnessKey
from tests.kit import ORIGIN, key

LOG = NoteSigner(ORIGIN, key("log"))
NOTE = sign_checkpoint(LOG, ORIGIN, 7, leaf_hash(b"7"))
WITNESSES = {name: WitnessKey(f"saksi.example/{name}", key(f"saksi {name}").public) for name in "abcd"}
LINES = [f"log {LOG.vkey}", *(f"witness {name} {vkey}" for name, vkey in WITNESSES.items())]


def cosigned(*names: str, text: str | None = None, seconds: int = 1679315147) -> SignedCheckpoint:
    """Return the checkpoint with these witnesses' lines, which sign ``text`` if they sign something else."""
    body = text or format_body(open_checkpoint(NOTE, LOG.vkey).checkpoint)
    lines = []
    for name in names:
        signature = key(f"saksi {name}").sign(f"cosignature/v1\ntime {seconds}\n{body}".encode())
        vkey = WITNESSES[name]
        lines.append(SignatureLine(vkey.name, vkey.key_id, seconds.to_bytes(8, "big") + signature))
    return open_checkpoint(NOTE + b"".join(map(bytes, lines)), LOG.vkey)


def policy(*lines: str) -> Policy:
    return Policy.parse("".join(f"{line}\n" for line in (*LINES, *lines)).encode())


def unmet(asked: Policy, sealed: SignedCheckpoint) -> str:
    with pytest.raises(JejakError) as caught:
        asked.require(sealed)
    return caught.value.rule


def test_the_worked_example_of_the_specification_holds() -> None:
    results = doctest.testmod(module)
    assert results.attempted > 8
    assert results.failed == 0


def test_the_shape_of_the_specifications_own_example_is_read_and_judged() -> None:
    asked = policy("group X 2 a b c", "  # saksi lain", "", "group Y any d", "group X-and-Y all X Y", "quorum X-and-Y")
    assert asked.require(cosigned("a", "c", "d")) == 3
    assert unmet(asked, cosigned("a", "b", "c")) == "policy.quorum"
    assert unmet(asked, cosigned("a", "d")) == "policy.quorum"


def test_a_policy_that_asks_for_nobody_is_met_by_the_log_alone() -> None:
    assert policy("quorum none").require(cosigned()) == 0


def test_one_witness_is_asked_for_by_name() -> None:
    assert policy("quorum b").require(cosigned("b")) == 1
    assert unmet(policy("quorum b"), cosigned("a")) == "policy.quorum"


def test_a_cosignature_of_something_else_spoils_the_checkpoint() -> None:
    assert unmet(policy("quorum none"), cosigned("a", text=f"{ORIGIN}\n8\n")) == "note.signature"


@pytest.mark.parametrize("seconds", [0, 253_402_300_800, 2**63 - 1, 2**63])
def test_a_time_that_no_calendar_has_is_no_cosignature(seconds: int) -> None:
    assert unmet(policy("quorum a"), cosigned("a", seconds=seconds)) == "note.signature"


def test_a_time_after_the_verifiers_clock_is_no_cosignature_but_for_what_clocks_differ() -> None:
    asked, signed = policy("quorum a"), dt.datetime.fromtimestamp(1679315147, dt.UTC)
    assert asked.require(cosigned("a"), signed - dt.timedelta(hours=23)) == 1
    with pytest.raises(Forged) as caught:
        asked.require(cosigned("a"), signed - dt.timedelta(hours=25))
    assert caught.value.rule == "policy.time"


def test_the_time_of_a_line_that_is_no_witness_of_ours_is_not_looked_at() -> None:
    asked = Policy.parse(f"log {LOG.vkey}\nquorum none\n".encode())
    assert asked.require(cosigned("a"), dt.datetime(2020, 1, 1, tzinfo=dt.UTC)) == 0


def test_a_witness_that_signs_as_a_log_does_has_not_cosigned() -> None:
    vkey = WITNESSES["a"]
    line = SignatureLine(vkey.name, vkey.key_id, key("saksi a").sign(NOTE.decode().partition("\n\n")[0].encode()))
    sealed = open_checkpoint(NOTE + bytes(line), LOG.vkey)
    assert unmet(policy("quorum a"), sealed) == "note.signature"


def test_a_policy_for_other_logs_is_not_met() -> None:
    other = NoteSigner("sebelah.example/jejak", key("log")).vkey
    asked = Policy.parse(f"log {other}\nquorum none\n".encode())
    with pytest.raises(Forged) as caught:
        asked.require(cosigned())
    assert caught.value.rule == "policy.log"


def test_of_several_logs_each_is_accepted() -> None:
    other = NoteSigner("sebelah.example/jejak", key("log-lain")).vkey
    assert policy(f"log {other} https://sebelah.example/log", "quorum none").require(cosigned()) == 0


def test_groups_that_are_nested_without_end_are_judged_all_the_same() -> None:
    chain = ["group g0 any a", *(f"group g{number} any g{number - 1}" for number in range(1, 2000))]
    assert policy(*chain, "quorum g1999").require(cosigned("a")) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["quorum e"],
        ["quorum none", "quorum none"],
        ["quorum a", "quorum none"],
        ["quorum"],
        ["quorum a b"],
        ["group a any b", "quorum a"],
        ["group none any b", "quorum none"],
        ["group g any e", "quorum g"],
        ["group g any g", "quorum g"],
        ["group g any", "quorum g"],
        ["group g 0 a", "quorum g"],
        ["group g 2 a", "quorum g"],
        ["group g 01 a", "quorum g"],
        ["group g some a", "quorum g"],
        ["group g any a a", "quorum g"],
        ["group g any a", "group h any a", "quorum g"],
        ["witness e", "quorum none"],
        [f"witness e {WITNESSES['a']}", "quorum none"],
        [f"witness none {WitnessKey('s', key('saksi e').public)}", "quorum none"],
        [f"witness e {LOG.vkey}", "quorum none"],
        [f"log {LOG.vkey}", "quorum none"],
        [f"log {WITNESSES['a']}", "quorum none"],
        ["log x", "quorum none"],
        ["saksi e x", "quorum none"],
        ["quorum none\r"],
        ["quorum none\x7f"],
    ],
    ids=lambda lines: " ".join(lines)[:40],
)
def test_a_policy_in_no_form_is_refused(lines: list[str]) -> None:
    with pytest.raises(Malformed):
        policy(*lines)


@pytest.mark.parametrize("lines", [[], LINES, ["quorum none"]], ids=["empty", "no quorum", "no log"])
def test_an_empty_policy_is_none(lines: list[str]) -> None:
    with pytest.raises(Malformed) as caught:
        Policy.parse("".join(f"{line}\n" for line in lines).encode())
    assert caught.value.rule == "policy.empty"


@pytest.mark.parametrize(
    "data",
    [b"quorum none", b"\xff\n", b"# " + b"x" * MAX_BYTES + b"\n"],
    ids=["no newline at its end", "not UTF-8", "too large"],
)
def test_bytes_that_are_no_policy_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        Policy.parse(data)
    assert caught.value.rule == "policy.form"
