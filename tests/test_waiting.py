"""Group commit: everybody in the line gets exactly one outcome, in the order of coming, whatever happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from keys.errors import NotAllowed, Unavailable
from ledger import waiting
from ledger.waiting import MOST_TOGETHER, Place, Queue

SECONDS = 20  # a test that waits longer than this hangs


class Turns:
    """A turn that doubles numbers, and remembers whom it carried together."""

    def __init__(self, most_waiting: int = 1024) -> None:
        self.queue: Queue[int, int] = Queue(most_waiting)
        self.batches: list[list[int]] = []
        self.leading = 0
        self.during: Callable[[list[Place[int, int]]], None] = lambda batch: None

    def bring(self, item: int) -> int:
        return self.carry(self.queue.enter(item))

    def carry(self, place: Place[int, int]) -> int:
        with place.leading() as batch:
            if batch:
                self.leading += 1
                assert self.leading == 1, "two lead at once"
                self.batches.append([each.item for each in batch])
                try:
                    self.during(batch)
                    for each in batch:
                        with each.alone():
                            if each.item < 0:
                                raise NotAllowed("test.negative", "Bilangan negatif.")
                            each.settle(each.item * 2)
                finally:
                    self.leading -= 1
        return place.outcome()


class Crowd:
    """Threads that each bring one number; what each got or had raised is in ``out``."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.out: dict[int, int | BaseException] = {}
        self.threads: list[threading.Thread] = []

    def come(self, item: int) -> None:
        """Let one more thread come, and return when it stands in the line or leads."""
        place = self.turns.queue.enter(item)
        thread = threading.Thread(target=self._wait, args=(item, place))
        self.threads.append(thread)
        thread.start()

    def _wait(self, item: int, place: Place[int, int]) -> None:
        try:
            self.out[item] = self.turns.carry(place)
        except BaseException as fault:  # noqa: BLE001  the test looks at it
            self.out[item] = fault

    def gone(self) -> dict[int, int | BaseException]:
        for thread in self.threads:
            thread.join(SECONDS)
            assert not thread.is_alive(), "somebody waits for ever"
        return self.out


def held_first(turns: Turns) -> tuple[Crowd, threading.Event]:
    """Return a crowd whose first member, 0, leads until the event is set."""
    go, in_turn = threading.Event(), threading.Event()

    def wait(batch: list[Place[int, int]]) -> None:
        if batch[0].item == 0:
            in_turn.set()
            assert go.wait(SECONDS)

    turns.during = wait
    crowd = Crowd(turns)
    crowd.come(0)
    assert in_turn.wait(SECONDS)
    return crowd, go


def test_who_comes_alone_leads_alone() -> None:
    turns = Turns()
    assert [turns.bring(item) for item in (3, 0, 7)] == [6, 0, 14]
    assert turns.batches == [[3], [0], [7]]


def test_who_comes_during_a_turn_is_carried_together_by_the_next_in_order_of_coming() -> None:
    turns = Turns()
    crowd, go = held_first(turns)
    for item in range(1, 6):
        crowd.come(item)
    go.set()
    assert crowd.gone() == {item: item * 2 for item in range(6)}
    assert turns.batches == [[0], [1, 2, 3, 4, 5]]


def test_one_turn_carries_no_more_than_its_bound() -> None:
    turns = Turns()
    crowd, go = held_first(turns)
    for item in range(1, MOST_TOGETHER + 11):
        crowd.come(item)
    go.set()
    assert len(crowd.gone()) == MOST_TOGETHER + 11
    assert [len(batch) for batch in turns.batches] == [1, MOST_TOGETHER, 10]
    assert [item for batch in turns.batches for item in batch] == list(range(MOST_TOGETHER + 11))


def carried_together(turns: Turns, *items: int) -> None:
    """Have a turn carry these, none of whom is 0."""
    crowd, go = held_first(turns)
    for item in items:
        crowd.come(item)
    go.set()
    crowd.gone()
    turns.batches.clear()


def test_who_leads_waits_for_those_who_were_just_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()
    carried_together(turns, 1, 2, 3)
    monkeypatch.setattr(waiting, "LINGER", SECONDS)
    crowd = Crowd(turns)
    for item in (1, 2, 3):
        assert not turns.batches
        crowd.come(item)
    assert crowd.gone() == {1: 2, 2: 4, 3: 6}
    assert turns.batches == [[1, 2, 3]]


def test_who_stays_away_is_missed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()
    carried_together(turns, 1, 2, 3)
    assert turns.bring(1) == 2
    monkeypatch.setattr(waiting, "LINGER", SECONDS)
    began = time.monotonic()
    assert turns.bring(1) == 2
    assert time.monotonic() - began < SECONDS / 2
    assert turns.batches == [[1], [1]]


def test_who_was_always_alone_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LINGER", SECONDS)
    turns, began = Turns(), time.monotonic()
    assert [turns.bring(item) for item in (1, 2, 3)] == [2, 4, 6]
    assert time.monotonic() - began < SECONDS / 2


def test_who_waits_for_others_waits_a_moment_at_most() -> None:
    turns = Turns()
    carried_together(turns, *range(1, MOST_TOGETHER))
    began = time.monotonic()
    assert turns.bring(1) == 2
    assert time.monotonic() - began >= waiting.LINGER
    assert turns.batches == [[1]]


def test_a_refusal_is_the_outcome_of_one_place_only() -> None:
    turns = Turns()
    crowd, go = held_first(turns)
    for item in (1, -2, 3):
        crowd.come(item)
    go.set()
    out = crowd.gone()
    assert (out[1], out[3]) == (2, 6)
    assert isinstance(out[-2], NotAllowed)


def test_a_fault_in_the_turn_reaches_all_of_its_batch_and_the_next_leader_goes_on() -> None:
    turns = Turns()
    crowd, go = held_first(turns)
    wait = turns.during

    def fail_once(batch: list[Place[int, int]]) -> None:
        wait(batch)
        if batch[0].item == 1:
            for item in (4, 5):
                crowd.come(item)
            raise ZeroDivisionError

    turns.during = fail_once
    for item in (1, 2, 3):
        crowd.come(item)
    go.set()
    while len(turns.batches) < 3:
        time.sleep(0.001)
    out = crowd.gone()
    assert all(isinstance(out[item], ZeroDivisionError) for item in (1, 2, 3))
    assert (out[0], out[4], out[5]) == (0, 8, 10)
    assert turns.batches == [[0], [1, 2, 3], [4, 5]]


def test_an_outcome_that_was_set_before_the_fault_stands() -> None:
    turns = Turns()
    crowd, go = held_first(turns)
    wait = turns.during

    def half(batch: list[Place[int, int]]) -> None:
        wait(batch)
        if len(batch) == 2:
            batch[0].settle(0)  # an outcome that is false is one too
            raise ZeroDivisionError

    turns.during = half
    crowd.come(1)
    crowd.come(2)
    go.set()
    out = crowd.gone()
    assert out[1] == 0
    assert isinstance(out[2], ZeroDivisionError)


def test_a_turn_that_forgets_an_act_says_so_instead_of_passing_it_as_done() -> None:
    queue: Queue[int, int] = Queue()
    place = queue.enter(1)
    with place.leading() as batch:
        assert len(batch) == 1
    with pytest.raises(AssertionError, match="without an outcome"):
        place.outcome()


def test_an_interrupted_turn_lets_the_next_one_lead() -> None:
    queue: Queue[int, int] = Queue()
    with pytest.raises(KeyboardInterrupt), queue.enter(1).leading():
        raise KeyboardInterrupt
    second = queue.enter(2)
    with second.leading() as batch:
        batch[0].settle(4)
    assert second.outcome() == 4


def test_a_line_that_is_too_long_turns_away_politely() -> None:
    turns = Turns(most_waiting=3)
    crowd, go = held_first(turns)
    for item in (1, 2, 3):
        crowd.come(item)
    with pytest.raises(Unavailable) as caught:
        turns.queue.enter(4)
    assert caught.value.rule == "journal.crowded"
    assert "belum dicatat" in caught.value.detail
    assert caught.value.allowed
    go.set()
    assert crowd.gone() == {0: 0, 1: 2, 2: 4, 3: 6}
    assert turns.bring(5) == 10


def test_in_a_crowd_everybody_gets_their_own_outcome_once() -> None:
    turns = Turns()
    out: dict[int, int] = {}
    threads = [
        threading.Thread(target=lambda first=first: out.update({n: turns.bring(n) for n in range(first, first + 200)}))
        for first in range(0, 3200, 200)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive()
    assert out == {n: n * 2 for n in range(3200)}
    carried = [item for batch in turns.batches for item in batch]
    assert sorted(carried) == list(range(3200))
    for first in range(0, 3200, 200):
        own = [item for item in carried if first <= item < first + 200]
        assert own == sorted(own), "a thread's acts keep their order"
