"""The follower: it works when nobody waits for a receipt, in the end all the same, and tells what stops it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from api.follower import MOST_PASSED_OVER, STEP, Follower

SOON = 10.0
EVERY = 0.005


class ReadModels:
    """A position that follows a log; each round of work is counted."""

    def __init__(self) -> None:
        self.rounds = 0
        self.worked = threading.Event()
        self.broken = False

    def catch_up(self, most: int) -> int:
        self.rounds += 1
        self.worked.set()
        if self.broken:
            raise RuntimeError("tabel hilang")
        return 0

    def works_again(self) -> bool:
        self.worked.clear()
        return self.worked.wait(SOON)


@contextmanager
def following(follower: Follower) -> Iterator[None]:
    follower.start()
    try:
        yield
    finally:
        follower.close()


def test_it_has_caught_up_when_it_is_started() -> None:
    models = ReadModels()
    follower = Follower(models.catch_up, lambda: 7, every=60)
    with following(follower):
        assert models.rounds == 1


def test_it_works_as_soon_as_the_log_stands_still() -> None:
    models = ReadModels()
    with following(Follower(models.catch_up, lambda: 7, EVERY)):
        assert models.works_again()


def test_it_works_in_steps_until_nothing_is_left() -> None:
    left, steps = 2 * STEP + 7, list[int]()

    def catch_up(most: int) -> int:
        nonlocal left
        steps.append(min(most, left))
        left -= steps[-1]
        return steps[-1]

    with following(Follower(catch_up, lambda: 7, every=60)):
        assert steps == [STEP, STEP, 7]


def test_while_the_log_grows_it_keeps_out_of_the_way_but_not_for_ever() -> None:
    models, looks = ReadModels(), itertools.count()
    seen_at: list[int] = []

    def growing() -> int:
        look = next(looks)
        if models.rounds > len(seen_at) + 1:
            seen_at.append(look)
        return look

    with following(Follower(models.catch_up, growing, EVERY)):
        while len(seen_at) < 2:
            assert models.works_again()
    assert all(later - earlier > MOST_PASSED_OVER for earlier, later in itertools.pairwise([0, *seen_at]))


def test_what_stops_the_work_is_kept_until_it_works_again() -> None:
    models = ReadModels()
    models.broken = True
    follower = Follower(models.catch_up, lambda: 7, EVERY)
    with following(follower):
        assert models.works_again()
        assert isinstance(follower.fault, RuntimeError)
        models.broken = False
        assert models.works_again()
        assert models.works_again()
        assert follower.fault is None


def test_when_it_is_closed_it_works_no_more() -> None:
    models = ReadModels()
    follower = Follower(models.catch_up, lambda: 7, EVERY)
    with following(follower):
        assert models.works_again()
    before = models.rounds
    assert not threading.Event().wait(10 * EVERY)
    assert models.rounds == before


def test_where_commits_are_told_it_works_when_no_more_come() -> None:
    models, told = ReadModels(), threading.Semaphore(0)
    follower = Follower(models.catch_up, lambda: 7, every=600, listen=lambda seconds: told.acquire(timeout=seconds))
    with following(follower):
        models.worked.clear()  # what was done at the start
        told.release()
        assert models.worked.wait(SOON)


def test_a_listener_that_fails_holds_up_neither_the_work_nor_the_end() -> None:
    models = ReadModels()

    def deaf(seconds: float) -> bool:
        raise RuntimeError("peladen hilang")

    with following(Follower(models.catch_up, lambda: 7, EVERY, listen=deaf)):
        assert models.works_again()
