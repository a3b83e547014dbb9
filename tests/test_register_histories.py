"""Histories of the register: random givings, takings, recoveries, judged by service, audit and a slow reference.

Every act is put to a ledger on disk and to the reference (:mod:`tests.reference_register`); they must take it, or
refuse it by the same rule. Between them the five offices act in their cases, so that power is asked for at every
index. When a history is over the audit reads the store, and judges what was refused once more at the index where it
was tried: it must say what the service said. :mod:`tests.random_registrars` makes the acts.

``JEJAK_TEST_ACTS`` says how many acts of the register are tried, ``JEJAK_TEST_SEED`` which.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from keys.envelope import Envelope
from keys.errors import JejakError
from ledger.acts import PAYLOAD_TYPE, SignedAct, compose
from ledger.audit import audit
from ledger.bodies import CATALOGUE
from ledger.recorded import Recorded
from ledger.replay import Replay
from ledger.streams import judge
from tests import postgres
from tests.behind import in_files
from tests.kit import Kecamatan, key
from tests.random_officials import Dice
from tests.random_registrars import WAITING, Act, Registrars, case_of
from tests.reference_case import step_of
from tests.reference_giving import refusal
from tests.reference_register import Powers
from tests.reference_sop import Reference
from tests.test_histories import ENOUGH, imported, rules_of

ACTS = int(os.environ.get("JEJAK_TEST_ACTS", ENOUGH))
SEED = int(os.environ.get("JEJAK_TEST_SEED", "20260303"))
#: A history has so many steps, of so many acts each: about two thousand acts of the register, and those of the cases.
STEPS, ACTS_A_STEP = 1000, 3

ROOMS = ("ledger/officials", "ledger/register_powers", "ledger/register_founding", "keys/authority")
OUT_OF_REACH = {
    "ledger.founded": "every history begins in a ledger that is founded and accepted",
    "founding.accepted": "every history begins in a ledger that is founded and accepted",
    "founding.log_key": "every history begins in a ledger that is founded and accepted",
    "founding.mandate": "every history begins in a ledger that is founded and accepted",
    "founding.two": "every history begins in a ledger that is founded and accepted",
    "founding.signer": "every history begins in a ledger that is founded and accepted",
}
KINDS = {kind for kind, (family, _) in CATALOGUE.items() if family == "register"}
KINDS -= {"ledger.founded", "founding.accepted"}
KINDS |= {"disposition.issued", "paraf.given", "concept.typed", "concept.drafted", "agenda.ordered"}

#: What comes to somebody's mind, the likeliest most often; the first is the plainest.
MINDS = (
    *("rests",),
    *("proposes",) * 12,
    *("approves",) * 14,
    *("performs",) * 10,
    *("revokes", "withdraws") * 2,
    *("recovers", "sleeps"),
)


@dataclass
class Tally:
    """What happened in all histories together."""

    tried: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def unmet(self) -> set[str]:
        """Return what no history came to: rules, kinds of act, a recovery."""
        met = set(self.refused) | set(self.taken)
        return ((rules_of(*ROOMS) - set(OUT_OF_REACH)) | KINDS | {"recovery"}) - met

    def __str__(self) -> str:
        lines = [f"{self.tried} acts of the register, {self.taken.total()} taken, {self.refused.total()} refused"]
        for what, counts in (("taken", self.taken), ("refused", self.refused)):
            lines += [f"  {what}: " + ", ".join(f"{name} {count}" for name, count in counts.most_common())]
        return "\n".join(lines)


@dataclass(frozen=True)
class Refused:
    """An act that the service refused: who signed it, the rule, and where and when it was tried."""

    signed: SignedAct
    rule: str
    index: int
    at: dt.datetime


class Office(Kecamatan):
    """The kit's kecamatan, whose clock stands still while an act is judged, over a copy of one that was opened."""

    def __init__(self, folder: Path, opened: Path | None = None) -> None:
        if opened is not None:
            postgres.copied(opened, folder)
        super().__init__(folder)
        self.ledger._clock = lambda: self.clock.now

    def open(self) -> Kecamatan:
        """Found, register everybody, enact the SOP, and bring a case to the turn of each office."""
        super().open()
        for office, (_, upto) in WAITING.items():
            self.run(case=case_of(office), upto=upto)
        return self

    def again(self, opened: Office) -> Office:
        """Take over what the opened one knew of itself."""
        self.sop_leaf, self.numbers, self.clock.now = opened.sop_leaf, dict(opened.numbers), opened.clock.now
        return self


class Histories(RuleBasedStateMachine):
    """One history after another; every step is an act that somebody tries."""

    tally: Tally
    opened: Office
    played = 0

    @initialize(days=st.integers(0, 9))
    def begun(self, days: int) -> None:
        Histories.played += 1
        self.office = Office(self.opened.folder.parent / str(self.played), self.opened.folder).again(self.opened)
        self.office.clock.now += dt.timedelta(days=days)
        self.minds = Registrars(self.office)
        self.reference, self.refused = Reference(), list[Refused]()
        with self.office.ledger.reading() as rows:
            for row in rows.entries(0, 1000):
                self.heard(Recorded.read(row))

    def heard(self, done: Recorded) -> None:
        envelope = done.entry.envelope
        self.reference = self.reference.after(envelope.unverified_payload, done.leaf, envelope.keyid)

    @rule(dice=st.integers(0, 2**16 - 1).map(Dice))
    def somebody_acts(self, dice: Dice) -> None:
        for _ in range(ACTS_A_STEP):
            self.acts(dice.of(MINDS), dice)

    def acts(self, mind: str, dice: Dice) -> None:
        """Let somebody do what comes to their mind."""
        if mind == "rests":
            return
        now = self.office.clock
        if mind == "sleeps":
            now.now += dt.timedelta(days=dice.of((1, 1, 1, 2, 35)))
            return
        now.now += dt.timedelta(minutes=1)
        act: Act = getattr(self.minds, mind)(Powers(self.reference.said, now.now), dice)
        self.put(act)

    def put(self, act: Act) -> None:
        """Put an act before both, and compare what they say."""
        members = self.office.payload("sri-wahyuni", act.stream, act.kind, act.body)
        payload = compose(**members | {"official": act.official, "mandate": act.mandate})
        signed = SignedAct(Envelope.seal(PAYLOAD_TYPE, payload, key(act.key)).opened_with(key(act.key).public))
        note(f"{act.official} ({act.mandate}, {act.key}) {act.kind} in {act.stream}: {act.body}")
        expected, leaves = self.expected(signed), len(self.reference.said)
        self.tally.tried += act.stream == "register"
        try:
            done = self.office.ledger.record(signed.envelope.data).recorded
        except JejakError as fault:
            self.agree(fault.rule, expected)
            self.refused.append(Refused(signed, fault.rule, leaves, self.office.clock.now))
            self.tally.refused[fault.rule] += 1
            return
        self.agree(None, expected)
        assert done.index == leaves
        self.heard(done)
        self.minds.took(act)
        self.tally.taken[act.kind] += 1
        self.tally.taken["recovery"] += "recovery" in act.body

    def agree(self, said: str | None, expected: str | None) -> None:
        assert said == expected

    def expected(self, signed: SignedAct) -> str | None:
        """Return the rule by which the reference refuses an act; of a case it is only asked about the power."""
        said, at, keyid = self.reference.said, self.office.clock.now, signed.opened.key.id
        members = self.reference.after(signed.envelope.unverified_payload, "", keyid).said[-1].act
        if signed.act.stream == "register":
            return refusal(said, members, keyid, at)
        sop = next(one.body["sop"] for one in said if one.kind == "sop.enacted")
        office = step_of(sop, members["body"]["step"])["pelaksana"]["reading"]
        one_seat = next(one["seats"] for one in sop["offices"] if one["office"] == office) == "one"
        return next(Powers(said, at).broken_by_power(members, keyid, office, sop["unit"], one_seat), None)

    def teardown(self) -> None:
        self.office.ledger.close()
        report = audit(in_files(self.office.folder), vkey=self.office.log.vkey, founding=self.reference.said[0].leaf)
        assert (report.sound, report.verified) == (True, len(self.reference.said)), report.findings
        self.judge_again()
        shutil.rmtree(self.office.folder)

    def judge_again(self) -> None:
        """Judge what was refused once more, as an audit would that found it in the log where it was tried."""
        replay, entries = Replay(lambda name: (), kept=sys.maxsize), Office(self.office.folder)
        with closing(entries.ledger), entries.ledger.reading() as rows:
            history = [Recorded.read(row) for row in rows.entries(0, 10_000)]
        for one in self.refused:
            while replay.position < one.index:
                replay.apply(history[replay.position])
            assert rule_of(replay, one) == one.rule


def rule_of(replay: Replay, one: Refused) -> str | None:
    try:
        judge(replay, one.signed, one.index, one.at)
    except JejakError as fault:
        return fault.rule
    return None


def play(history: int) -> None:
    """Play one history; if they disagree in it, it is shrunk to the fewest acts in which they do."""
    # One example beside Hypothesis' first, in which everybody rests.
    few = settings(
        max_examples=2,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(history)(Histories), settings=few)
    except Exception as fault:
        fault.add_note(f"This history alone: JEJAK_TEST_ACTS=1 JEJAK_TEST_SEED={history}")
        raise


def test_service_audit_and_reference_agree_on_every_act_of_many_histories_of_the_register(tmp_path: Path) -> None:
    Histories.opened = Office(tmp_path / "opened")
    Histories.opened.open()
    Histories.opened.ledger.close()
    tally = Histories.tally = Tally()
    history = SEED
    # What was never met was not compared: a run goes on until everything was, for at most four times as long.
    repeats = ACTS < ENOUGH
    while tally.tried < ACTS or (not repeats and tally.unmet() and tally.tried < 4 * ACTS):
        play(history)
        history += 1
    print(f"\n{history - SEED} histories from seed {SEED}: {tally}")  # shown with -s
    assert repeats or tally.unmet() == set()


def test_the_reference_uses_nothing_of_what_it_is_compared_with() -> None:
    own = {"tests.reference_case", "tests.reference_register"}
    everything = {name for module in ("register", "giving") for name in imported(f"reference_{module}")}
    assert {name.partition(".")[0] for name in everything - own} <= sys.stdlib_module_names
