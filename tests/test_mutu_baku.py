"""Time against mutu baku: what is known is judged, by what was known then; what is not known stays unknown."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ledger import mutu_baku, visits
from ledger.case import Case
from ledger.enactment import Enactments
from ledger.mutu_baku import Judged
from ledger.replay import Replay
from ledger.visits import Visit
from tests.kit import CASE, the_sop
from tests.scene import Scene, Taken, opened_scene

OPEN = opened_scene()
SRI, BUDI, RATNA, AGUS = "sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim"
STREAM = f"sop:{the_sop().slug}"
NIGHT = {"rest_start": "12:00", "rest_minutes": 60}
CALENDAR = {
    "format": "jejak.calendar/1",
    "name": "Kalender kerja 2026 (uji)",
    "basis": ["Perpres 21/2023"],
    "first_day": "2026-01-01",
    "last_day": "2026-12-31",
    "week": [{"weekday": day, "start": "07:30", "end": "16:00"} | NIGHT for day in range(1, 6)],
    "seasons": [],
    "days_off": [{"date": "2026-03-03", "name": "Hari libur (uji)", "kind": "libur-daerah"}],
}


class Timed:
    """A scene whose acts are replayed as they are taken, with the visits that they end."""

    def __init__(self) -> None:
        self.scene = OPEN.copy()
        self.history: list[Taken] = []
        self.replay = Replay(lambda name: [one.recorded for one in HISTORY if one.recorded.act.stream == name], 0)
        for one in HISTORY:
            self.replay.apply(one.recorded)
        self.ended: list[Visit] = []
        self.judged: list[Judged] = []
        self.here: Visit | None = None
        self.enactments: Enactments | None = None

    def at(self, day: int, clock: str) -> Timed:
        """Move the ledger's clock to a time in March 2026, WIB."""
        hour, minute = map(int, clock.split(":"))
        self.scene.paper.now = dt.datetime(2026, 3, day, hour, minute, tzinfo=dt.timezone(dt.timedelta(hours=7)))
        self.scene.paper.now = self.scene.paper.now.astimezone(dt.UTC)
        return self

    def do(self, official: str, stream: str, kind: str, body: dict[str, Any], **changes: Any) -> Taken:
        taken = self.scene.do(official, stream, kind, body, **changes)
        assert isinstance(taken, Taken)
        step = self.replay.apply(taken.recorded)
        if isinstance(step.after.state, Case):
            assert step.enactments is not None
            newest = {one.step: one for one in self.ended}
            left = {no: one for no, one in newest.items() if one.ending == "ditinggalkan"}
            ended, self.here = visits.after(self.here, step, left)
            self.ended += ended
            version = step.after.state.sop_ref.leaf
            self.judged += [mutu_baku.judge(step.enactments, version, one) for one in ended]
        return taken

    def step(self, number: int) -> Taken:
        """Do act ``number`` (from 0) of the straight way."""
        return self.do(*with_stream(self.scene.steps()[number]))

    def now(self) -> Judged:
        """Return what is known now of the visit that is open."""
        assert self.here is not None
        stream = self.scene.paper.stream(STREAM)
        assert stream is not None
        assert isinstance(stream.state, Enactments)
        paper = self.scene.paper
        return mutu_baku.running(stream.state, self.scene.sop_leaf, self.here, paper.now, paper.leaves)


def with_stream(act: tuple[str, str, dict[str, Any]]) -> tuple[str, str, str, dict[str, Any]]:
    official, kind, body = act
    return official, CASE, kind, body


class _Recording(Scene):
    """A scene that keeps what it records."""

    def do(self, *args: Any, **changes: Any) -> Any:
        taken = super().do(*args, **changes)
        HISTORY.append(taken)  # type: ignore[arg-type]  # a scene takes, never stores
        return taken


HISTORY: list[Taken] = []
_Recording().open()


@pytest.fixture
def timed() -> Timed:
    return Timed()


def enacted(timed: Timed) -> Timed:
    """Put the calendar in force."""
    timed.do(SRI, STREAM, "calendar.enacted", {"calendar": CALENDAR})
    return timed


def confirmed(timed: Timed, days: int = 2) -> Timed:
    """Confirm how "II hari" of step 4 is to be read."""
    reading = {"amount": days, "unit": "hari-kerja"}
    body = {"sop": timed.scene.sop_leaf, "step": "4", "cell": "waktu", "raw": "II hari", "reading": reading}
    timed.do(SRI, STREAM, "reading.confirmed", body | {"ground": "Rapat staf, notulen 2 Maret 2026 (sintetis)."})
    return timed


def test_the_opening_act_ends_a_visit_of_which_nobody_knows_the_beginning(timed: Timed) -> None:
    enacted(timed).at(2, "08:00").step(0)
    (first,), (judged,) = timed.ended, timed.judged
    assert (first.step, first.began, first.ending) == ("1", None, "selesai")
    assert (judged.verdict, judged.elapsed, judged.working_minutes) == ("tidak dapat dinilai", None, None)
    assert "sejak kapan" in judged.rule


def test_a_step_within_its_standard_of_working_minutes_is_in_time(timed: Timed) -> None:
    enacted(timed).at(2, "11:50").step(0)
    timed.at(2, "13:10").step(1)
    judged = timed.judged[-1]
    assert (judged.verdict, judged.working_minutes) == ("tepat", 20), "the rest is no working time"
    assert judged.elapsed == dt.timedelta(minutes=80)
    assert "Perpres 21/2023" in judged.rule


def test_a_step_one_minute_over_its_standard_is_late(timed: Timed) -> None:
    enacted(timed).at(2, "11:50").step(0)
    timed.at(2, "13:11").step(1)
    assert (timed.judged[-1].verdict, timed.judged[-1].working_minutes) == ("lewat", 21)


def test_without_a_calendar_a_short_wait_is_in_time_by_the_clock_alone(timed: Timed) -> None:
    timed.at(2, "08:00").step(0)
    timed.at(2, "08:20").step(1)
    assert (timed.judged[-1].verdict, timed.judged[-1].working_minutes) == ("tepat", None)


def test_without_a_calendar_a_longer_wait_cannot_be_judged(timed: Timed) -> None:
    timed.at(2, "08:00").step(0)
    timed.at(2, "08:21").step(1)
    assert timed.judged[-1].verdict == "tidak dapat dinilai"
    assert "kalender" in timed.judged[-1].rule


def test_a_blank_standard_is_never_judged(timed: Timed) -> None:
    enacted(timed).at(2, "08:00")
    for number in range(3):
        timed.step(number)
    assert timed.ended[-1].step == "3"
    assert timed.judged[-1].verdict == "tidak dapat dinilai"
    assert "tidak menyebut waktu" in timed.judged[-1].rule


def test_an_unclear_standard_is_not_judged_until_the_office_confirms_it(timed: Timed) -> None:
    enacted(timed).at(2, "08:00")
    for number in range(4):
        timed.step(number)
    assert timed.ended[-1].step == "4"
    assert timed.judged[-1].verdict == "tidak dapat dinilai"
    assert "“II hari”" in timed.judged[-1].rule


def test_a_confirmed_reading_holds_from_its_leaf_on_and_never_backwards(timed: Timed) -> None:
    enacted(timed).at(2, "08:00")
    for number in range(4):
        timed.step(number)
    before = timed.judged[-1]
    confirmed(timed)
    document = timed.scene.iku["digest"]
    back = timed.do(
        RATNA, CASE, "typing.reviewed", {"step": "5", "document": document, "decision": "returned", "reason": "Salah."}
    )
    revised = {"step": "4", "round": 2, "replaces": document, "answers": back.recorded.leaf}
    timed.at(5, "16:00").do(AGUS, CASE, "concept.revised", revised | {"document": timed.scene.iku_mended})
    after = timed.judged[-1]
    assert before.verdict == "tidak dapat dinilai"
    assert after.verdict == "tepat", "Tuesday is a day off, so the second working day is Thursday"
    assert after.standard.basis == "dikonfirmasi"
    assert after.standard.confirmed is not None
    assert after.standard.confirmed.official == SRI


def test_two_working_days_end_with_the_second_working_day_after_the_start(timed: Timed) -> None:
    confirmed(enacted(timed)).at(2, "08:00")
    for number in range(3):
        timed.step(number)
    timed.at(5, "16:01").step(3)
    assert timed.judged[-1].verdict == "lewat"
    assert timed.judged[-1].deadline is not None
    assert timed.judged[-1].deadline.isoformat() == "2026-03-05T16:00:00+07:00"


def test_a_later_calendar_changes_no_verdict_that_was_given(timed: Timed) -> None:
    timed.at(2, "08:00").step(0)
    timed.at(2, "08:21").step(1)
    enacted(timed)
    timed.step(2)
    assert [one.verdict for one in timed.judged] == ["tidak dapat dinilai"] * 3
    assert timed.judged[1].calendars == ()
    assert timed.judged[2].calendars != ()


def test_a_late_entry_from_paper_is_not_judged_though_the_clock_is_shown(timed: Timed) -> None:
    enacted(timed).at(2, "08:00").step(0)
    paper = {"paper": {"scan": timed.scene.proof}}
    said = {"step": "2", "instruction": "Susun."} | paper
    timed.at(4, "08:00").do(BUDI, CASE, "direction.given", said, occurred_at="2026-03-02T08:05:00+07:00")
    judged = timed.judged[-1]
    assert judged.verdict == "tidak dapat dinilai"
    assert judged.elapsed == dt.timedelta(days=2)
    assert judged.claimed == dt.timedelta(minutes=5)
    assert "menyusul" in judged.rule


def test_a_deviation_leaves_one_step_and_does_another_of_which_no_beginning_is_known(timed: Timed) -> None:
    enacted(timed).at(2, "08:00").step(0)
    said = {"step": "3", "document": timed.scene.iku, "deviation": "Sekcam dinas luar."}
    timed.at(2, "08:10").do(RATNA, CASE, "concept.drafted", said)
    left, done = timed.ended[-2:]
    assert (left.step, left.ending) == ("2", "ditinggalkan")
    assert (done.step, done.began, done.ending) == ("3", None, "selesai")
    assert [one.verdict for one in timed.judged[-2:]] == ["tidak dapat dinilai"] * 2
    assert timed.here is not None
    assert timed.here.step == "4"


def test_a_withdrawal_ends_the_open_visit_without_a_verdict(timed: Timed) -> None:
    enacted(timed).at(2, "08:00").step(0)
    timed.at(2, "08:05").do(SRI, CASE, "disposition.withdrawn", {"step": "1", "reason": "Surat ditarik."})
    assert (timed.ended[-1].step, timed.ended[-1].ending) == ("2", "ditarik")
    assert timed.judged[-1].verdict == "tidak dapat dinilai"
    assert timed.here is None


def test_a_return_outside_the_path_ends_its_visit_and_opens_the_next_round(timed: Timed) -> None:
    enacted(timed).at(2, "08:00")
    for number in range(6):
        timed.step(number)
    body = {"step": "7", "to": "4", "document": timed.scene.iku["digest"], "reason": "Renstra berubah."}
    timed.do(SRI, CASE, "document.returned", body)
    assert (timed.ended[-1].step, timed.ended[-1].ending) == ("7", "dikembalikan")
    assert timed.here is not None
    assert (timed.here.step, timed.here.round) == ("4", 2)


def test_a_correction_is_no_visit(timed: Timed) -> None:
    enacted(timed).at(2, "08:00")
    opening = timed.step(0)
    before = timed.here
    slip = {
        "field": "letter.number",
        "old": "060/12/35.07.1/2026",
        "new": "060/21/35.07.1/2026",
        "reason": "Salah ketik.",
    }
    timed.do(SRI, CASE, "correction.recorded", {"step": "1", "leaf": opening.recorded.leaf} | slip)
    assert timed.here == before
    assert len(timed.ended) == 1


def test_a_step_of_several_acts_is_one_visit_until_the_last_of_them(timed: Timed) -> None:
    enacted(timed).at(2, "08:00")
    for number in range(11):
        timed.step(number)
    assert timed.here is not None
    assert timed.here.step == "10"
    timed.at(2, "08:16").step(11)
    assert timed.here is None
    assert (timed.ended[-1].step, timed.judged[-1].verdict, timed.judged[-1].working_minutes) == ("10", "lewat", 16)


def test_an_open_visit_is_late_as_soon_as_it_cannot_be_in_time_and_not_judged_before(timed: Timed) -> None:
    enacted(timed).at(2, "08:00").step(0)
    timed.at(2, "08:20")
    assert timed.now().verdict == "tidak dapat dinilai"
    assert timed.now().rule.startswith("Masih berjalan")
    timed.at(2, "08:21")
    assert (timed.now().verdict, timed.now().working_minutes) == ("lewat", 21)


def test_a_calendar_that_ended_before_the_step_did_judges_nothing(timed: Timed) -> None:
    short = CALENDAR | {"last_day": "2026-03-03"}
    timed.do(SRI, STREAM, "calendar.enacted", {"calendar": short})
    timed.at(2, "08:00").step(0)
    timed.at(4, "08:00").step(1)
    assert (timed.judged[-1].verdict, timed.judged[-1].working_minutes) == ("tidak dapat dinilai", None)
    assert "2026-03-03" in timed.judged[-1].rule


# --- nothing washes lateness away ---------------------------------------------------------------------------


def overdue(timed: Timed) -> Timed:
    """Bring the case to step 9 (5 minutes) on a Monday; then ten days pass."""
    enacted(timed).at(2, "08:00")
    for number in range(8):
        timed.step(number)
    return timed.at(12, "08:00")


def calendar(**changes: Any) -> dict[str, Any]:
    return {"calendar": CALENDAR | changes}


def free(*days: int) -> list[dict[str, str]]:
    return [{"date": f"2026-03-{day:02}", "name": "Libur (uji)", "kind": "libur-daerah"} for day in days]


def test_a_calendar_that_frees_days_that_are_past_makes_nothing_punctual(timed: Timed) -> None:
    overdue(timed).do(SRI, STREAM, "calendar.enacted", calendar(days_off=free(*range(2, 12))))
    timed.step(8)
    assert timed.judged[-1].verdict == "lewat"
    assert "sebelum ketentuannya diubah" in timed.judged[-1].rule


def test_a_calendar_frees_only_days_after_its_own(timed: Timed) -> None:
    confirmed(enacted(timed)).at(2, "08:00")
    for number in range(3):
        timed.step(number)
    timed.at(4, "09:00").do(SRI, STREAM, "calendar.enacted", calendar(days_off=free(2, 3, 4, 5)))
    timed.at(6, "09:00").step(3)
    assert timed.judged[-1].verdict == "tepat", "Wednesday the 4th was past, Thursday was freed in time"
    assert timed.judged[-1].deadline is not None
    assert timed.judged[-1].deadline.isoformat() == "2026-03-06T16:00:00+07:00"


def test_next_years_calendar_supplements_this_years(timed: Timed) -> None:
    overdue(timed).do(
        SRI, STREAM, "calendar.enacted", calendar(first_day="2027-01-01", last_day="2027-12-31", days_off=[])
    )
    timed.step(8)
    assert timed.judged[-1].verdict == "lewat"
    assert timed.now().calendars[0].value.name == CALENDAR["name"]


def test_a_visit_over_the_turn_of_the_year_is_counted_by_both_calendars(timed: Timed) -> None:
    confirmed(enacted(timed)).at(2, "08:00")
    for number in range(3):
        timed.step(number)
    timed.do(SRI, STREAM, "calendar.enacted", calendar(first_day="2027-01-01", last_day="2027-12-31", days_off=[]))
    timed.scene.paper.now = dt.datetime(2027, 1, 4, 2, 0, tzinfo=dt.UTC)
    timed.step(3)
    judged = timed.judged[-1]
    assert judged.verdict == "lewat"
    assert [one.value.last_day for one in judged.calendars] == ["2026-12-31", "2027-12-31"]


def test_a_second_reading_makes_nothing_punctual_that_was_late_by_the_first(timed: Timed) -> None:
    confirmed(enacted(timed)).at(2, "08:00")
    for number in range(3):
        timed.step(number)
    confirmed(timed.at(9, "08:00"), days=999)
    timed.step(3)
    assert timed.judged[-1].verdict == "lewat"


def test_a_reading_that_is_younger_than_the_visit_says_so(timed: Timed) -> None:
    enacted(timed).at(2, "08:00")
    for number in range(3):
        timed.step(number)
    confirmed(timed.at(9, "08:00"), days=150).step(3)
    assert timed.judged[-1].verdict == "tepat"
    assert "sesudah langkah ini mulai" in timed.judged[-1].rule


def test_what_is_late_stays_late_though_a_deviation_leaves_it(timed: Timed) -> None:
    overdue(timed)
    said = timed.scene.steps()[7][2] | {"deviation": "Diulang."}
    timed.do(BUDI, CASE, "distribution.ordered", said)
    left = next(one for one in zip(timed.ended, timed.judged, strict=True) if one[0].ending == "ditinggalkan")
    assert (left[0].step, left[1].verdict) == ("9", "lewat")


def test_a_step_that_was_left_and_is_come_to_again_has_been_due_all_the_while(timed: Timed) -> None:
    enacted(timed).at(2, "08:00")
    for number in range(8):
        timed.step(number)
    said = timed.scene.steps()[7][2] | {"deviation": "Diulang."}
    timed.at(2, "08:04").do(BUDI, CASE, "distribution.ordered", said)
    timed.at(2, "08:06").step(8)
    assert (timed.ended[-1].step, timed.judged[-1].verdict, timed.judged[-1].working_minutes) == ("9", "lewat", 6)


def test_what_is_late_stays_late_though_the_disposition_is_withdrawn(timed: Timed) -> None:
    enacted(timed).at(2, "08:00").step(0)
    timed.at(12, "08:00").do(SRI, CASE, "disposition.withdrawn", {"step": "1", "reason": "Surat ditarik."})
    assert (timed.ended[-1].ending, timed.judged[-1].verdict) == ("ditarik", "lewat")


def test_a_paper_before_it_hides_no_delay_that_the_clock_alone_shows(timed: Timed) -> None:
    enacted(timed).at(2, "08:00")
    for number in range(7):
        timed.step(number)
    official, case, kind, body = with_stream(timed.scene.steps()[7])
    timed.do(official, case, kind, body | {"paper": {"scan": timed.scene.proof}})
    timed.at(12, "08:00").step(8)
    assert (timed.ended[-1].step, timed.judged[-1].verdict) == ("9", "lewat")


def test_paper_is_late_if_even_what_it_claims_is(timed: Timed) -> None:
    overdue(timed)
    official, case, kind, body = with_stream(timed.scene.steps()[8])
    timed.do(official, case, kind, body | {"paper": {"scan": timed.scene.proof}})
    assert timed.judged[-1].verdict == "lewat"
    assert "menurut pernyataan" in timed.judged[-1].rule


@pytest.mark.parametrize("unit", ["menit", "jam", "hari-kerja"])
@pytest.mark.parametrize("amount", [1, 10**10, 2**53 - 1])
def test_no_standard_however_large_stops_the_count(timed: Timed, amount: int, unit: str) -> None:
    timed.at(2, "08:00")
    for number in range(3):
        timed.step(number)
    body = {"sop": timed.scene.sop_leaf, "step": "4", "cell": "waktu", "raw": "II hari", "ground": "Uji."}
    timed.do(SRI, STREAM, "reading.confirmed", body | {"reading": {"amount": amount, "unit": unit}})
    enacted(timed)
    timed.at(2, "09:00").step(3)
    assert timed.judged[-1].verdict in ("tepat", "lewat")
