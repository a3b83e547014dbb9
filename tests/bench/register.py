"""The register as it is after decades: acts enough to fold, and a few real ones to judge on top of them.

What is folded is built, not signed, since a fold takes acts that were judged already. It is the lives of officials in
the five offices of one unit: registered with key and mandate, key rotated, moved to another mandate, gone. So the
office of the paraf that is judged has had thousands of holders since the mandate under which it is given.
"""

from __future__ import annotations

import gc
import hashlib
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

from keys.records import Decree, MandateRecord, OfficialRecord
from keys.register import Register
from keys.signing import PrivateKey
from ledger import bodies as b
from ledger import officials
from ledger.acts import Act, SignedAct
from ledger.streams import REGISTER, Stream, judge
from tests.bench.figure import Figure, short
from tests.bench.sizes import Size
from tests.kit import CASE, FOUNDERS, MORNING, ORIGIN, key, mandate, mandate_of
from tests.scene import opened, opened_scene

DEWI, EKO = FOUNDERS
OFFICES = ("camat", "sekcam", "kasubag-evapor", "staf", "kasubag-umum")
_DECREE = Decree(number="821/9/2026", date="2026-01-02", issuer="Bupati Malang (sintetis)")
#: How often each act is judged.
ROUNDS = 300


@dataclass(frozen=True, slots=True)
class Folded:
    """What a fold takes: an accepted act with its leaf hash, its leaf index and its key's id."""

    act: Act
    leaf: str
    index: int
    keyid: str


def figures(size: Size) -> list[Figure]:
    """Return how long a register of many acts takes to fold, and an act to be judged against it."""
    few, many = 100, size.register_acts
    young, old = (seconds * 1e6 for seconds in judging_seconds(few, many))
    folded, folded_tenth = folding_seconds(many), folding_seconds(many // 10)
    name = short(many)
    return [
        Figure(f"register_fold_{name}", folded, "s", 10 * folded_tenth, f"ten times {many // 10:,} acts"),
        Figure(f"register_judge_{name}", old, "us", young, f"the same acts against a register of {few}"),
    ]


def long_history(acts: int, first: int) -> list[Folded]:
    """Return so many register acts, the first of them at leaf index ``first``."""
    out: list[Folded] = []
    lives = (_life(number) for number in count(1))
    for kind, body in islice((one for life in lives for one in life), acts):
        if isinstance(body, b.Approved):  # it approves the act before it
            body = body.model_copy(update={"proposal": out[-1].leaf})
        by = EKO if isinstance(body, b.Approved) else DEWI
        act = Act(ORIGIN, None, REGISTER, first + len(out), None, kind, by, mandate_of(by), MORNING, body)
        leaf = hashlib.sha256(f"daun {len(out)}".encode()).hexdigest()
        out.append(Folded(act, leaf, first + len(out), key(by).public.id))
    return out


def _life(number: int) -> Iterator[tuple[str, b.Body]]:
    """Yield what the register is told of one official: kind and body of 14 acts."""
    who, approved, nowhere = f"pejabat-{number}", "disetujui", "0" * 64
    person = OfficialRecord(official=who, name=f"Pejabat {number} (sintetis)", nip=f"{number:018d}", rank="Penata")
    keys = [PrivateKey.load(hashlib.sha256(f"{who} {turn}".encode()).digest()).public for turn in (1, 2)]
    given = [
        MandateRecord(
            mandate=f"{who}-{turn}", official=who, unit="kalipare", office=OFFICES[(number + turn) % len(OFFICES)],
            office_name="Jabatan", capacity="definitif", decree=_DECREE, start="2026-01-02",
        )
        for turn in (1, 2)
    ]  # fmt: skip
    proposed = [b.KeyProposed(official=who, public_key=one.raw.hex(), possession=approved) for one in keys]
    yield "official.proposed", b.OfficialProposed(person=person)
    yield "official.approved", b.Approved(proposal=nowhere)
    yield "key.proposed", proposed[0]
    yield "key.approved", b.KeyApproved(proposal=nowhere)
    yield "mandate.proposed", b.MandateProposed(mandate=given[0])
    yield "mandate.approved", b.Approved(proposal=nowhere)
    yield "key.proposed", proposed[1]
    yield "key.approved", b.KeyApproved(proposal=nowhere)
    yield "key.revoked", b.KeyRevoked(keyid=keys[0].id, reason="rotated")
    yield "mandate.withdrawn", b.MandateWithdrawn(mandate=given[0].mandate, reason="Pindah tugas.")
    yield "mandate.proposed", b.MandateProposed(mandate=given[1])
    yield "mandate.approved", b.Approved(proposal=nowhere)
    yield "mandate.withdrawn", b.MandateWithdrawn(mandate=given[1].mandate, reason="Pensiun.")
    yield "key.revoked", b.KeyRevoked(keyid=keys[1].id, reason="left")


def fold(register: Register, history: Sequence[Folded]) -> Register:
    """Return the register after all of a history."""
    for one in history:
        register = officials.fold(register, one.act, one.leaf, one.index, one.keyid)
    return register


def folding_seconds(acts: int) -> float:
    """Return the seconds that folding so many acts takes."""
    scene = opened_scene()
    history = long_history(acts, scene.paper.leaves)
    gc.collect()
    gc.freeze()  # the acts that are given are no garbage of the fold
    began = time.perf_counter()
    fold(scene.register_state(), history)
    spent = time.perf_counter() - began
    gc.unfreeze()
    return spent


class Judging:
    """Acts of a case and of the register, to be judged against a register that so many acts have made."""

    def __init__(self, acts: int) -> None:
        self.scene = scene = opened_scene()
        scene.run(upto=5)
        waiting = scene.do(DEWI, REGISTER, "mandate.proposed", another("menunggu")).recorded.leaf
        self._grow(acts)
        official, kind, body = scene.steps()[5]
        self.signed = [
            SignedAct(opened(scene.paper, data))
            for data in (
                scene.sign(official, CASE, kind, body),
                scene.sign(DEWI, REGISTER, "mandate.proposed", another("diusulkan")),
                scene.sign(EKO, REGISTER, "mandate.approved", {"proposal": waiting}),
                scene.sign(EKO, REGISTER, "key.revoked", {"keyid": key(official).public.id, "reason": "lost"}),
                scene.sign(EKO, REGISTER, "mandate.withdrawn", {"mandate": mandate_of(official), "reason": "Pindah."}),
            )
        ]

    def _grow(self, acts: int) -> None:
        paper, history = self.scene.paper, long_history(acts, self.scene.paper.leaves)
        newest, now = history[-1], paper.streams[REGISTER]
        state = fold(self.scene.register_state(), history)
        paper.streams[REGISTER] = Stream(
            REGISTER, now.version + acts, newest.leaf, newest.index, newest.act.occurred_at, state
        )
        paper.leaves += acts

    def once(self) -> None:
        """Judge each of the acts; raises where one is refused."""
        paper = self.scene.paper
        for one in self.signed:
            judge(paper, one, paper.leaves, paper.now)


def judging_seconds(*sizes: int) -> list[float]:
    """Return the seconds that judging one act takes against a register of each size: medians, measured by turns."""
    all_of_them = [Judging(size) for size in sizes]
    spent: list[list[float]] = [[] for _ in sizes]
    for _ in range(ROUNDS):
        for one, seconds in zip(all_of_them, spent, strict=True):
            began = time.perf_counter()
            one.once()
            seconds.append((time.perf_counter() - began) / len(one.signed))
    return [statistics.median(seconds) for seconds in spent]


def another(name: str) -> dict[str, Any]:
    """Return the body of a proposal of one more mandate."""
    return {"mandate": mandate("agus-salim", mandate=f"staf-{name}")}
