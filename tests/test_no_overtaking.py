"""No overtaking: no act ever lands above the leaf that revoked its key or withdrew its mandate."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from keys.envelope import Envelope
from keys.errors import Conflict, JejakError, NotAllowed
from keys.possession import prove
from keys.signing import PrivateKey
from ledger.acts import PAYLOAD_TYPE, Act, act_of, compose
from ledger.application import Accepted, Ledger
from ledger.audit import audit
from ledger.bodies import KeyRevoked, MandateWithdrawn
from ledger.database import Database
from ledger.entry import Entry
from ledger.store import open_store
from tests.behind import in_files
from tests.kit import FOUNDERS, MORNING, ORIGIN, Kecamatan, key, mandate, mandate_of
from tests.test_journal import as_one_batch

DEWI, EKO = FOUNDERS
SRI, BUDI = "sri-wahyuni", "budi-santoso"
#: Who signs the first six acts of a case, the paraf being the last.
SIGNERS = (SRI, BUDI, "ratna-sari", "agus-salim")
#: Keys, and mandates, that each of them has; all but the last are taken away while they sign.
HELD = int(os.environ.get("JEJAK_TEST_KEYS", "6"))
WRITERS = 3
#: Leaves by which the log grows between two takings of one process, so that all of them are fought for.
GROWTH = 8
#: Seconds, at most, between signing and sending.
PAUSE = 0.01
SECONDS = 60.0 + HELD * 10
KEY, MANDATE = "authority.key", "authority.mandate"


@pytest.fixture
def kecamatan(tmp_path: Path) -> Iterator[Kecamatan]:
    made = Kecamatan(tmp_path / "buku")
    with closing(made.ledger):
        yield made.open()


# --- in one batch, and across two processes' memories, step by step -----------------------------------------


def revocation(kecamatan: Kecamatan, of: str, by: str = DEWI, **changes: Any) -> bytes:
    return kecamatan.sign(by, "register", "key.revoked", {"keyid": key(of).public.id, "reason": "lost"}, **changes)


def withdrawal(kecamatan: Kecamatan, of: str, by: str = DEWI) -> bytes:
    body = {"mandate": mandate_of(of), "reason": "Pindah tugas."}
    return kecamatan.sign(by, "register", "mandate.withdrawn", body)


def opening(kecamatan: Kecamatan, number: int) -> bytes:
    official, kind, body = kecamatan.steps()[0]
    return kecamatan.sign(official, case_no(number), kind, body)


def case_no(number: int) -> str:
    return f"case:{number:08d}-0000-4000-8000-000000000000"


@pytest.mark.parametrize(("take", "rule"), [(revocation, KEY), (withdrawal, MANDATE)])
def test_in_one_batch_the_act_before_the_taking_is_recorded_and_the_one_after_it_refused(
    kecamatan: Kecamatan, take: Any, rule: str
) -> None:
    before, taken, after = as_one_batch(
        kecamatan.ledger, opening(kecamatan, 1), take(kecamatan, SRI), opening(kecamatan, 2)
    )
    assert isinstance(before, Accepted)
    assert isinstance(taken, Accepted)
    assert taken.recorded.index == before.recorded.index + 1
    assert isinstance(after, NotAllowed)
    assert after.rule == rule


@pytest.mark.parametrize(("take", "rule"), [(revocation, KEY), (withdrawal, MANDATE)])
def test_what_one_ledger_takes_away_the_other_on_the_same_folder_no_longer_accepts(
    kecamatan: Kecamatan, take: Any, rule: str
) -> None:
    late = opening(kecamatan, 2)  # signed while the power was still held
    with closing(Ledger(kecamatan.folder, kecamatan.log, kecamatan.clock)) as other:
        other.record(opening(kecamatan, 1))  # its memory of the register is warm
        kecamatan.ledger.record(take(kecamatan, SRI))
        with pytest.raises(NotAllowed) as caught:
            other.record(late)
    assert caught.value.rule == rule


def test_a_key_that_revokes_itself_signs_nothing_after_that_not_even_the_same_again(kecamatan: Kecamatan) -> None:
    first = revocation(kecamatan, SRI, by=SRI)
    late = opening(kecamatan, 1)
    kecamatan.ledger.record(first)
    assert kecamatan.ledger.record(first).again, "the same envelope is the act that is there already"
    with pytest.raises(NotAllowed) as caught:
        kecamatan.ledger.record(late)
    assert caught.value.rule == KEY


# --- several processes in a hurry -----------------------------------------------------------------------------


def key_no(official: str, number: int) -> PrivateKey:
    """Return one of the official's keys; number 0 is the one that the kit registered."""
    return key(official if number == 0 else f"{official} {number}")


def mandate_no(official: str, number: int) -> str:
    return mandate_of(official) if number == 0 else f"{mandate_of(official)}-{number}"


class Running:
    """A clock that runs, for all processes from the same moment, given in seconds since the epoch."""

    def __init__(self, start: float) -> None:
        self._start = start

    @property
    def now(self) -> dt.datetime:
        return MORNING + dt.timedelta(days=1, seconds=time.time() - self._start)

    def __call__(self) -> dt.datetime:
        return self.now


class Process:
    """What every process does: it opens the ledger for itself, looks, signs, sends, and writes down its refusals."""

    def __init__(self, folder: str, url: str, start: str, sop_leaf: str, number: str) -> None:
        self.kecamatan = Kecamatan(Path(folder), Database.parse(url, Path(folder)))
        self.kecamatan.clock = Running(float(start))  # type: ignore[assignment]  # a clock that runs
        self.kecamatan.ledger._clock = self.kecamatan.clock
        self.kecamatan.sop_leaf = sop_leaf
        self.number = int(number)
        self.random = random.Random(self.number)  # noqa: S311  which is next, not a secret

    def signed(
        self, official: str, stream: str, kind: str, body: dict[str, Any], by: PrivateKey, mandate: str
    ) -> bytes:
        """Return the next act of a stream, signed with this key."""
        payload = self.kecamatan.payload(official, stream, kind, body, mandate=mandate)
        return Envelope.seal(PAYLOAD_TYPE, compose(**payload), by).data

    def size(self) -> int:
        with self.kecamatan.ledger.reading() as rows:
            return rows.size()

    def close(self) -> None:
        self.kecamatan.ledger.close()


class Writer(Process):
    """Signs cases up to the paraf, each act with the oldest key and mandate not yet refused, until all but one are."""

    def run(self) -> None:
        self.at = dict.fromkeys(((who, rule) for who in SIGNERS for rule in (KEY, MANDATE)), 0)
        case = self.number * 1_000_000
        while any(at < HELD - 1 for at in self.at.values()):
            case += 1
            for official, kind, body in self.kecamatan.steps(case=case_no(case))[:6]:
                while not self.accepted(official, case_no(case), kind, body):
                    pass

    def accepted(self, official: str, stream: str, kind: str, body: dict[str, Any]) -> bool:
        """Return whether the act was recorded; where it was refused, go on to the next key or mandate."""
        by, under = key_no(official, self.at[official, KEY]), mandate_no(official, self.at[official, MANDATE])
        signed_at = self.size()
        data = self.signed(official, stream, kind, body, by, under)
        time.sleep(self.random.random() * PAUSE)
        try:
            index = self.kecamatan.ledger.record(data).recorded.index
        except JejakError as fault:
            said = {"rule": fault.rule, "key": by.public.id, "mandate": under}
            print(json.dumps(said | {"signed_at": signed_at, "refused_at": self.size()}))
            if fault.rule not in (KEY, MANDATE):
                raise
            self.at[official, fault.rule] += 1
            return False
        print(json.dumps({"index": index, "kind": kind}))
        return True


class Taker(Process):
    """Takes one holding after another away, when the log has grown since the last."""

    def run(self) -> None:
        for number in range(HELD - 1):
            for official in self.random.sample(SIGNERS, len(SIGNERS)):
                self.wait()
                self.take(official, number)

    def wait(self) -> None:
        before = self.size()
        while self.size() < before + GROWTH:
            time.sleep(0.001)

    def take(self, official: str, number: int) -> None:
        while True:
            try:
                self.kecamatan.ledger.record(self.taking(official, number))
            except Conflict:  # another process was first in the register
                continue
            return

    def taking(self, official: str, number: int) -> bytes:
        raise NotImplementedError


class Revoker(Taker):
    """Revokes keys: by turns as a registrar, and as the holder with the very key that ends."""

    def taking(self, official: str, number: int) -> bytes:
        lost = key_no(official, number)
        body = {"keyid": lost.public.id, "reason": "rotated"}
        if number % 2:
            return self.signed(official, "register", "key.revoked", body, lost, mandate_of(official))
        return self.signed(DEWI, "register", "key.revoked", body, key(DEWI), mandate_of(DEWI))


class Withdrawer(Taker):
    """Withdraws mandates as the other registrar."""

    def taking(self, official: str, number: int) -> bytes:
        body = {"mandate": mandate_no(official, number), "reason": "Diganti (sintetis)."}
        return self.signed(EKO, "register", "mandate.withdrawn", body, key(EKO), mandate_of(EKO))


SCRIPT = """
import sys
from contextlib import closing
from tests import test_no_overtaking as test
with closing(getattr(test, sys.argv[1])(*sys.argv[2:])) as process:
    process.run()
"""


def started(what: type[Process], number: int, kecamatan: Kecamatan, start: float) -> subprocess.Popen[str]:
    arguments = [
        what.__name__,
        str(kecamatan.folder),
        kecamatan.ledger.database.url,
        str(start),
        kecamatan.sop_leaf,
        str(number),
    ]
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SCRIPT, *arguments],
        cwd=Path(__file__).parent.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def give_many(kecamatan: Kecamatan) -> None:
    """Give every signer the other keys and mandates; the ledger is not yet in a hurry."""
    for official in SIGNERS:
        for number in range(1, HELD):
            another = key_no(official, number)
            possession = prove(ORIGIN, official, another).decode()
            body = {"official": official, "public_key": another.public.raw.hex(), "possession": possession}
            kecamatan.approve("key", body)
            kecamatan.approve("mandate", {"mandate": mandate(official, mandate=mandate_no(official, number))})


@dataclass(frozen=True)
class Landed:
    """An act in the store, read from its signed bytes alone."""

    index: int
    act: Act
    keyid: str


def landed(folder: Path) -> list[Landed]:
    out = []
    with open_store(in_files(folder)) as rows:
        for index in range(rows.count()):
            row = rows.entry(index)
            assert row is not None
            entry = Entry.parse(row.data)
            out.append(Landed(index, act_of(entry.envelope), entry.envelope.keyid))
    return out


def test_processes_in_a_hurry_land_no_act_above_the_leaf_that_took_its_key_or_mandate(kecamatan: Kecamatan) -> None:
    give_many(kecamatan)
    begun, start = len(landed(kecamatan.folder)), time.time()
    processes = [started(Writer, number, kecamatan, start) for number in range(1, WRITERS + 1)]
    processes += [started(Revoker, 101, kecamatan, start), started(Withdrawer, 102, kecamatan, start)]
    told: list[dict[str, Any]] = []
    try:
        for process in processes:
            said, wrong = process.communicate(timeout=SECONDS)
            assert process.returncode == 0, wrong
            told += map(json.loads, said.splitlines())
    finally:
        for process in processes:
            process.kill()

    acts = landed(kecamatan.folder)
    lost: dict[str, int] = {}  # key or mandate -> the leaf that took it
    for one in acts:
        assert one.index <= lost.get(one.keyid, one.index), f"leaf {one.index}: its key was revoked"
        if one.act.stream != "register":  # a holder lays down what is theirs under an ended mandate too
            assert one.act.mandate not in lost, f"leaf {one.index}: its mandate was withdrawn"
        match one.act.body:
            case KeyRevoked(keyid=taken) | MandateWithdrawn(mandate=taken):
                lost[taken] = one.index
    assert len(lost) == 2 * len(SIGNERS) * (HELD - 1)

    refused = [one for one in told if "rule" in one]
    assert Counter(one["rule"] for one in refused) == dict.fromkeys(
        (KEY, MANDATE), WRITERS * len(SIGNERS) * (HELD - 1)
    ), "every writer met every taking once, and nothing else"
    for one in refused:
        taken = one["key" if one["rule"] == KEY else "mandate"]
        assert lost[taken] < one["refused_at"], "refused before it was taken away"
    accepted = {one["index"] for one in told if "index" in one}
    assert accepted == {one.index for one in acts[begun:] if one.act.stream != "register"}
    assert sum(one.act.kind == "paraf.given" for one in acts[begun:]) > WRITERS
    overtaking = sum(one["signed_at"] <= lost[one["key" if one["rule"] == KEY else "mandate"]] for one in refused)
    assert overtaking > len(lost) // 8, "too few acts were signed while their power was held and sent when it was gone"

    report = audit(in_files(kecamatan.folder), vkey=kecamatan.log.vkey)
    assert report.sound, report.findings[:3]
    assert report.verified == len(acts)
