"""Replay: what is said of a leaf, or of a moment, is what the service showed when that leaf was the newest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from api.app import create_app
from api.settings import Settings
from keys.errors import NotFound
from ledger import logkey
from ledger.application import Accepted
from ledger.calendar_presets import draft
from ledger.past import Past, place_at
from ledger.recorded import Recorded
from ledger.replay import Replay
from ledger.streams import REGISTER
from tests.kit import CASE, OFFICERS, Kecamatan, disposition, mandate, the_sop
from tests.signed_in import desk

Json = dict[str, Any]

SECOND = "case:22222222-2222-4222-8222-222222222222"
THIRD = "case:33333333-3333-4333-8333-333333333333"
SOP = f"sop:{the_sop().slug}"
OFFICIALS, IKU_IN_FORCE = "/v1/officials", "/v1/iku?unit=kalipare&period=2026"
STATES = {case: f"/v1/cases/{case.removeprefix('case:')}" for case in (CASE, SECOND, THIRD)}
#: Everything that can be asked of the past.
PATHS = [
    *STATES.values(),
    *(f"{path}/{what}" for path in STATES.values() for what in ("trail", "time")),
    *(f"/v1/streams/{stream}/trail" for stream in (REGISTER, SOP, SECOND)),
    *(OFFICIALS, "/v1/sops", f"/v1/sops/{the_sop().slug}", IKU_IN_FORCE),
]


class Watched(Kecamatan):
    """A kecamatan whose service is asked everything after every act: ``shown`` holds what it then said, by leaf."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        logkey.write(folder / "log.key", self.log)
        self.now = self.clock.now  # the service's clock stands still between an act and what is then shown
        self.app = create_app(Settings(folder), lambda: self.now)
        self.client = desk(self.app)
        self.shown: list[dict[str, Json]] = []
        self.times: list[dt.datetime] = []

    def do(self, official: str, stream: str, kind: str, body: Json, **changes: Any) -> Accepted:
        done = super().do(official, stream, kind, body, **changes)
        assert done.recorded.index == len(self.shown)
        self.now = done.recorded.entry.recorded_at
        self.shown.append({path: said for path in PATHS if (said := self.asked(path)) is not None})
        self.times.append(done.recorded.entry.recorded_at)
        return done

    def asked(self, path: str, at: str | None = None) -> Json | None:
        """Return what is said, or None where nothing is there."""
        answer = self.client.get(path if at is None else f"{path}{'&' if '?' in path else '?'}at={quote(at)}")
        assert answer.status_code in (200, 404), answer.get_data(as_text=True)
        return dict(answer.get_json()) if answer.status_code == 200 else None

    def refused(self, path: str, status: int) -> Json:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return dict(answer.get_json())

    def play(self) -> None:
        """Play three cases that leave the path; the register and the SOP change in between."""
        self.open()
        self.return_twice()
        self.change_what_they_stand_on()
        self.finish_out_of_order()
        self.withdraw()
        self.replace_the_first()

    def return_twice(self) -> None:
        """Return the document at 5, then by the Camat; give a paraf from paper, and correct a slip."""
        opened = self.run(upto=4)[0].recorded.leaf
        first, mended = {"document": self.iku["digest"]}, {"document": self.iku_mended["digest"]}
        review = {"step": "5", "decision": "returned", "reason": "Rumus memuat target."}
        answers = self.do("ratna-sari", CASE, "typing.reviewed", review | first).recorded.leaf
        revision = {"step": "4", "round": 2, "replaces": self.iku["digest"], "answers": answers}
        self.do("agus-salim", CASE, "concept.revised", revision | {"document": self.iku_mended})
        self.do("ratna-sari", CASE, "typing.reviewed", {"step": "5", "decision": "approved"} | mended)
        paper = {"step": "6", "paper": {"scan": self.proof, "by": "Nur Aini (sintetis)"}}
        self.do("budi-santoso", CASE, "paraf.given", paper | mended, occurred_at="2026-02-27T14:00:00+07:00")
        back = {"step": "7", "to": "3", "reason": "Renstra berubah."}
        self.do("sri-wahyuni", CASE, "document.returned", back | mended)
        slip = {"field": "letter.number", "old": "060/12/35.07.1/2026", "new": "060/21/35.07.1/2026"}
        self.do("sri-wahyuni", CASE, "correction.recorded", {"step": "1", "leaf": opened, "reason": "Salah."} | slip)

    def change_what_they_stand_on(self) -> None:
        """Give a mandate, a calendar and a reading; revise the SOP, to which the open case is not moved."""
        self.approve("mandate", {"mandate": mandate("hadi-wijaya", mandate="plh-sekcam", office="sekcam",
                                                    capacity="plh", absence="Cuti.", end="2026-12-31")})  # fmt: skip
        calendar = draft("perpres-21-2023", 2026, 2026).plain()
        self.do("sri-wahyuni", SOP, "calendar.enacted", {"calendar": calendar})
        reading = {"step": "4", "cell": "waktu", "raw": "II hari", "reading": {"amount": 2, "unit": "hari-kerja"}}
        said = {"sop": self.sop_leaf, "ground": "Notulen rapat staf (sintetis)."}
        self.do("sri-wahyuni", SOP, "reading.confirmed", reading | said)
        revised = the_sop().plain() | {"title": "Penyusunan Indikator Kinerja Utama (revisi)"}
        body = {"sop": revised, "replaces": self.sop_leaf}
        self.sop_leaf = self.do("sri-wahyuni", SOP, "sop.enacted", body).recorded.leaf

    def finish_out_of_order(self) -> None:
        """Bring the first case to its end; one delivery is recorded before the agenda, as a deviation."""
        self.clock.now += dt.timedelta(days=3)
        self.run_from(2, 9)
        agenda, dispatch, last = self.steps()[9:]
        deviation = {"deviation": "Kurir berangkat lebih dahulu."}
        for official, kind, body in ((dispatch[0], dispatch[1], dispatch[2] | deviation), agenda, last):
            self.do(official, CASE, kind, body)

    def withdraw(self) -> None:
        self.run(SECOND, upto=3)
        self.do("sri-wahyuni", SECOND, "disposition.withdrawn", {"step": "1", "reason": "Surat dibatalkan."})

    def replace_the_first(self) -> None:
        """Sign a third case that replaces the first, and with it the IKU in force."""
        signature = self.shown[-1][STATES[CASE]]["signature"]["leaf"]
        named = {"supersedes": {"case": CASE.removeprefix("case:"), "signature": signature}}
        opening = disposition({"slug": the_sop().slug, "leaf": self.sop_leaf}, self.letter) | named
        self.do("sri-wahyuni", THIRD, "disposition.issued", opening)
        self.run_from(1, 7, THIRD)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Yield the kecamatan after its three cases."""
    office = Watched(tmp_path_factory.mktemp("buku"))
    office.play()
    office.now += dt.timedelta(minutes=10)
    yield office
    office.app.close()
    office.ledger.close()


def stamp(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def at_leaf(office: Watched, index: int, at: str, moment: dt.datetime | None = None) -> dict[str, Json]:
    """Return what is now said of everything at ``at``, each said to be of leaf ``index`` and asked of ``moment``."""
    said = {path: found for path in PATHS if (found := office.asked(path, at)) is not None}
    of = {"leaf_index": index, "recorded_at": stamp(office.times[index]), "moment": stamp(moment) if moment else None}
    assert all(one.pop("at") == of for one in said.values())
    return said


# --- the same as it was ----------------------------------------------------------------------------------


def test_the_story_has_all_that_can_be_replayed_wrongly(office: Watched) -> None:
    first, second, third = (office.shown[-1][path] for path in STATES.values())
    assert (first["finished"], first["round"], len(first["returns"])) == (True, 3, 2)
    assert [one["kind"] for one in first["deviations"]] == [
        "document.returned",
        "correction.recorded",
        "dispatch.recorded",
    ]
    assert len(first["corrections"]) == 1
    assert second["withdrawn"]
    assert first["sop"]["leaf"] != third["sop"]["leaf"]
    assert any(shown[STATES[CASE]]["paraf"]["paper"] for shown in office.shown[40:] if shown[STATES[CASE]]["paraf"])
    in_force = [shown[IKU_IN_FORCE]["stream"] for shown in office.shown if IKU_IN_FORCE in shown]
    assert set(in_force) == {CASE, THIRD}


def test_replay_at_every_leaf_equals_what_was_shown_when_that_leaf_was_the_newest(office: Watched) -> None:
    for index, shown in enumerate(office.shown):
        assert at_leaf(office, index, str(index)) == shown, f"leaf {index}"


def test_a_moment_stands_for_the_newest_leaf_recorded_at_or_before_it(office: Watched) -> None:
    for index in range(0, len(office.shown), 9):
        moment = office.times[index] + dt.timedelta(microseconds=999_999)
        local = moment.astimezone(dt.timezone(dt.timedelta(hours=7)))
        for said in (stamp(office.times[index]), local.isoformat()):
            asked = dt.datetime.fromisoformat(said).astimezone(dt.UTC)
            assert at_leaf(office, index, said, asked) == office.shown[index], f"leaf {index}"


def test_what_is_asked_of_now_is_as_it_is_now(office: Watched) -> None:
    now = {path: office.asked(path) for path in PATHS}
    assert at_leaf(office, len(office.times) - 1, stamp(office.now), office.now) == now


def test_an_open_visit_is_judged_at_the_moment_that_is_asked_not_at_the_leaf_before_it(office: Watched) -> None:
    path, newest = f"{STATES[THIRD]}/time", office.times[-1]
    at_the_leaf, now = office.asked(path, str(len(office.times) - 1)), office.asked(path)
    later = office.asked(path, stamp(newest + dt.timedelta(minutes=7)))
    assert at_the_leaf
    assert now
    assert later
    waited = [said["open"]["elapsed_seconds"] for said in (at_the_leaf, later, now)]
    assert waited == [0, 7 * 60, 10 * 60]


def test_a_day_stands_for_its_end_in_wib(office: Watched) -> None:
    first_day = [index for index, time in enumerate(office.times) if time < dt.datetime(2026, 3, 2, 17, tzinfo=dt.UTC)]
    end = dt.datetime(2026, 3, 2, 16, 59, 59, 999_999, tzinfo=dt.UTC)
    said = at_leaf(office, first_day[-1], "2026-03-02", end)
    whole = at_leaf(office, first_day[-1], "2026-03-02T23:59:59.999999+07:00", end)
    assert said == whole
    assert 0 < first_day[-1] < len(office.times) - 1


def test_a_moment_to_come_is_refused_in_words_and_so_is_today(office: Watched) -> None:
    today = office.now.astimezone(dt.timezone(dt.timedelta(hours=7))).date()
    for at in (stamp(office.now + dt.timedelta(microseconds=1)), "2031-01-01T00:00:00Z", today.isoformat()):
        for path in PATHS:
            said = office.refused(f"{path}{'&' if '?' in path else '?'}at={at}", 404)
            assert said["rule"] == "past.future"
            assert "belum lewat; sekarang 5 Maret 2026" in said["detail"]


def test_a_service_that_has_just_started_says_the_same_of_the_past(office: Watched) -> None:
    app = create_app(Settings(office.folder), office.clock)
    try:
        for index in (1, 40, len(office.shown) - 1):
            for path, shown in office.shown[index].items():
                said = desk(app).get(f"{path}{'&' if '?' in path else '?'}at={index}").get_json()
                assert said.pop("at")["leaf_index"] == index
                assert said == shown
    finally:
        app.close()


def test_every_step_of_a_case_stands_on_what_the_whole_replay_has_there(office: Watched) -> None:
    with office.ledger.reading() as rows:
        replay = Replay(lambda name: ())
        walked = [replay.apply(Recorded.read(row)) for row in rows.entries(0, rows.size())]
        past, last = Past(), len(walked) - 1
        for case in STATES:
            assert list(past.steps(rows, case, last)) == [step for step in walked if step.done.act.stream == case]


def test_which_case_replaced_which_was_told_only_since_it_was_opened(office: Watched) -> None:
    third = office.shown[-1][STATES[THIRD]]
    opened, signed = third["opened_index"], third["signature"]["leaf_index"]
    before, after = (office.asked(STATES[CASE], str(at)) for at in (opened - 1, opened))
    assert before
    assert after
    assert before["superseded_by"] == []
    assert after["superseded_by"] == [{"case": third["case"], "opened_index": opened}]
    first, last = (office.asked(IKU_IN_FORCE, str(at)) for at in (signed - 1, signed))
    assert first
    assert last
    assert (first["others_signed"], last["supersedes"]["case"]) == ([], first["case"])
    assert last["others_signed"] == [{"case": first["case"], "signed_index": first["signature"]["leaf_index"]}]


# --- what is not there -----------------------------------------------------------------------------------


def test_a_leaf_beyond_the_end_is_refused_and_the_leaves_that_are_there_are_named(office: Watched) -> None:
    size = len(office.times)
    for path in PATHS:
        said = office.refused(f"{path}{'&' if '?' in path else '?'}at={size}", 404)
        assert said["rule"] == "past.leaf"
        between = f"dicatat dari {stamp(office.times[0])} sampai {stamp(office.times[-1])}"
        assert said["allowed"] == f"Daun 0 sampai {size - 1}, {between}."


def test_a_moment_before_the_founding_is_refused(office: Watched) -> None:
    moment = office.times[0] - dt.timedelta(microseconds=1)
    said = office.refused(f"{OFFICIALS}?at={stamp(moment)}", 404)
    assert said["rule"] == "past.moment"
    assert stamp(office.times[0]) in said["allowed"]


@pytest.mark.parametrize("stream", [CASE, SECOND, SOP])
def test_what_did_not_exist_yet_says_since_which_leaf_it_does(office: Watched, stream: str) -> None:
    with office.ledger.reading() as rows:
        first = rows.stream(stream)[0].index
    own = STATES.get(stream, f"/v1/sops/{stream.removeprefix('sop:')}")
    for path in (own, f"/v1/streams/{stream}/trail"):
        assert office.asked(path, str(first)) is not None
        said = office.refused(f"{path}?at={first - 1}", 404)
        assert (said["rule"], said["since"]) == ("past.not_yet", first)
        assert f"daun {first}" in said["allowed"]
        assert f"daun {first - 1}" in said["detail"]


def test_a_case_that_never_was_is_unknown_at_any_leaf(office: Watched) -> None:
    path = "/v1/cases/99999999-9999-4999-8999-999999999999?at=3"
    assert office.refused(path, 404)["rule"] == "case.unknown"


def test_a_leaf_recorded_ahead_of_a_clock_that_was_set_back_can_still_be_asked_for(office: Watched) -> None:
    with office.ledger.reading() as rows:
        back = office.times[-1] - dt.timedelta(hours=1)
        assert place_at(rows, office.times[-1], back).index == len(office.times) - 1
        with pytest.raises(NotFound) as caught:
            place_at(rows, office.times[-1] + dt.timedelta(seconds=1), back)
    assert caught.value.rule == "past.future"


@pytest.mark.parametrize(
    "at",
    [
        *("", "-1", "01", "1.0", "kemarin", "2026-02-30", "2026-03-02T10:00:00", "2026-13-02T10:00:00Z"),
        "2026-03-02T10:00:00+07:00",  # a plus that is not escaped is a space in an address
    ],
)
def test_a_place_written_in_another_way_is_refused_in_words(office: Watched, at: str) -> None:
    for path in PATHS:
        said = office.refused(f"{path}{'&' if '?' in path else '?'}at={at}", 400)
        assert said["rule"] == "request.parameter"
        assert "%2B" in said["detail"]


def test_an_answer_about_the_past_is_not_kept_by_anybody(office: Watched) -> None:
    answer = office.client.get(f"{STATES[CASE]}?at={len(office.times) - 1}")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_leaves_recorded_at_the_same_time_count_together(tmp_path: Path) -> None:
    kecamatan = Kecamatan(tmp_path)
    kecamatan.ledger._clock = lambda: kecamatan.clock.now
    with kecamatan.ledger.reading() as rows, pytest.raises(NotFound) as caught:
        place_at(rows, 0, kecamatan.clock.now)
    assert caught.value.rule == "ledger.founded"
    kecamatan.found()
    for official in OFFICERS:
        kecamatan.register(official)
    with kecamatan.ledger.reading() as rows:
        assert place_at(rows, kecamatan.clock.now, kecamatan.clock.now).index == rows.size() - 1
        assert place_at(rows, 3, kecamatan.clock.now).index == 3
    kecamatan.ledger.close()
