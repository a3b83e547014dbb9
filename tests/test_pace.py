"""How fast a long piece of work goes and how long the rest will take, in words."""

from __future__ import annotations

import pytest

from api.pace import Pace, duration


class Watch:
    """A stop-watch that tests set."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_rate_and_time_left_are_of_what_was_done_since_it_was_first_told_of() -> None:
    watch = Watch()
    pace = Pace("Menyusun ulang daun", watch)
    assert pace.told(40_000, 100_000) == "Menyusun ulang daun: 40000 dari 100000"
    watch.seconds += 2
    assert pace.told(60_000, 100_000) == (
        "Menyusun ulang daun: 60000 dari 100000, 10.000 per detik, sisa sekitar 4 detik"
    )
    watch.seconds += 6
    assert pace.told(70_000, 100_000).endswith("3.750 per detik, sisa sekitar 8 detik")


def test_what_does_not_move_has_no_rate() -> None:
    watch = Watch()
    pace = Pace("Memeriksa daun", watch)
    pace.told(5, 10)
    assert pace.told(5, 10) == pace.told(6, 10).replace("6 dari", "5 dari") == "Memeriksa daun: 5 dari 10"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 detik"),
        (59.4, "59 detik"),
        (59.6, "1 menit"),
        (61, "2 menit"),
        (3540, "59 menit"),
        (3601, "1 jam 1 menit"),
        (-1, "0 detik"),
    ],
)
def test_a_span_of_time_is_told_no_finer_than_anybody_needs(seconds: float, words: str) -> None:
    assert duration(seconds) == words
