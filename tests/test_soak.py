"""Asked more often than it can answer, the service refuses in one way only, at once, and loses nothing it accepted."""

from __future__ import annotations

from pathlib import Path

from tests.soak import soak


def test_under_too_much_load_an_act_is_recorded_or_refused_with_a_time_to_come_back(tmp_path: Path) -> None:
    found = soak(tmp_path, seconds=4.0, load=5.0)
    assert found.faults() == []
    assert set(found.statuses) == {201, 503}
    assert len(found.acknowledged) == found.statuses[201]
    assert sorted(found.refused_ms)[len(found.refused_ms) // 2] < sorted(found.accepted_ms)[len(found.accepted_ms) // 2]
