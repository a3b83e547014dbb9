"""Asked more often than it can answer, the service refuses in one way only, at once, and loses nothing it accepted."""

from __future__ import annotations

from pathlib import Path

from tests.soak import soak


def test_under_too_much_load_an_act_is_recorded_or_refused_with_a_time_to_come_back(tmp_path: Path) -> None:
    found = soak(tmp_path, seconds=4.0, load=5.0)
    assert found.faults() == []
    assert set(found.statuses) == {201, 503}
    assert len(found.acknowledged) == found.statuses[201]
    accepted, refused = sorted(found.accepted_ms), sorted(found.refused_ms)
    # Not its middle: on a machine that does much else the line is full now and then only, and most acts find it short.
    assert refused[len(refused) // 2] < accepted[len(accepted) * 95 // 100]
