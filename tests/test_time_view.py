"""Time against mutu baku as people see it: over HTTP, in the trail, in the inbox, and on the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from api.cli import main
from api.cli_time import span
from api.server import background_server
from tests.kit import CASE, Kecamatan
from tests.signed_in import As, keep
from tests.test_http import served
from tests.test_mutu_baku import CALENDAR, STREAM

Json = dict[str, Any]
UUID = CASE.removeprefix("case:")


class Timed:
    """A served ledger in which a calendar was enacted and a case is half a day old."""

    def __init__(self, office: Kecamatan, url: str, http: httpx.Client) -> None:
        self.office, self.url, self._http = office, url, http

    def get(self, path: str, **params: object) -> Json:
        said = self._http.get(path, params={name: str(value) for name, value in params.items()})
        assert said.status_code == 200, said.text
        return dict(said.json())

    def after(self, minutes: int) -> Timed:
        """Let the clock run on."""
        self.office.clock.now += dt.timedelta(minutes=minutes)
        return self


@contextmanager
def _timed(folder: Path) -> Iterator[Timed]:
    office, app = served(folder)
    with background_server(app) as url, httpx.Client(base_url=url, auth=As(app)) as http:
        keep(app, url)
        made = Timed(office, url, http)
        office.do("sri-wahyuni", STREAM, "calendar.enacted", {"calendar": CALENDAR})
        office.run(upto=1)
        made.after(25)
        office.run_from(1, 3)
        made.after(90)
        yield made
    app.close()


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Timed]:
    """One for those who only read."""
    with _timed(Path(tmp_path_factory.mktemp("buku"))) as made:
        yield made


@pytest.fixture
def acting(tmp_path: Path) -> Iterator[Timed]:
    """One of its own for each test that acts: in whatever order they run, nobody else meets what it did."""
    with _timed(tmp_path / "buku") as made:
        yield made


def test_every_visit_is_told_with_its_standard_its_time_its_rule_and_its_verdict(timed: Timed) -> None:
    said = timed.get(f"/v1/cases/{UUID}/time")
    told = [(one["step"], one["standard"]["raw"], one["working_minutes"], one["verdict"]) for one in said["visits"]]
    assert told == [
        ("1", "10 menit", None, "tidak dapat dinilai"),
        ("2", "20 menit", 25, "lewat"),
        ("3", "", 0, "tidak dapat dinilai"),
    ]
    assert "Perpres 21/2023" in said["visits"][1]["rule"]
    assert [one["name"] for one in said["visits"][1]["calendars"]] == [CALENDAR["name"]]
    assert said["rounds"] == 1
    assert said["disclaimer"].startswith("Tanda tangan elektronik tidak tersertifikasi")


def test_the_open_visit_runs_with_the_clock_and_is_not_judged_while_it_is_unclear(timed: Timed) -> None:
    now = timed.get(f"/v1/cases/{UUID}/time")["open"]
    assert (now["step"], now["ended"], now["verdict"]) == ("4", None, "tidak dapat dinilai")
    assert now["elapsed_seconds"] >= 90 * 60
    assert "“II hari”" in now["rule"]


def test_at_a_leaf_the_time_is_what_it_was_when_that_leaf_was_the_newest(timed: Timed) -> None:
    opened = timed.get(f"/v1/cases/{UUID}")["opened_index"]
    then = timed.get(f"/v1/cases/{UUID}/time", at=opened)
    assert [one["step"] for one in then["visits"]] == ["1"]
    assert (then["open"]["step"], then["open"]["elapsed_seconds"]) == ("2", 0)


def test_the_state_has_the_visits_that_ended_and_the_one_that_is_open(timed: Timed) -> None:
    state = timed.get(f"/v1/cases/{UUID}")
    assert [one["step"] for one in state["visits"]] == ["1", "2", "3"]
    assert (state["here"]["step"], state["here"]["began"]["leaf_index"]) == ("4", state["leaf_index"])


def test_the_trail_tells_with_each_act_the_visit_that_it_ended(timed: Timed) -> None:
    rows = timed.get(f"/v1/cases/{UUID}/trail")["trail"]
    assert [[one["verdict"] for one in row["time"]] for row in rows] == [
        ["tidak dapat dinilai"],
        ["lewat"],
        ["tidak dapat dinilai"],
    ]


def test_the_inbox_tells_how_long_it_has_waited_and_against_which_standard(timed: Timed) -> None:
    (waiting,) = timed.get("/v1/inbox", office="staf", unit="kalipare")["waiting"]
    assert waiting["time"]["standard"]["raw"] == "II hari"
    assert waiting["time"]["working_minutes"] >= 89
    assert "here" not in waiting


def test_a_confirmed_reading_shows_in_the_inbox_at_once(acting: Timed) -> None:
    reading = {"amount": 2, "unit": "hari-kerja"}
    body = {"sop": acting.office.sop_leaf, "step": "4", "cell": "waktu", "raw": "II hari", "reading": reading}
    acting.office.do("sri-wahyuni", STREAM, "reading.confirmed", body | {"ground": "Rapat staf (sintetis)."})
    (waiting,) = acting.get("/v1/inbox", office="staf", unit="kalipare")["waiting"]
    assert waiting["time"]["standard"]["words"] == "2 hari kerja"
    assert waiting["time"]["rule"].startswith("Masih berjalan")


def test_an_inferred_actor_that_the_office_confirms_is_no_longer_shown_as_inferred(acting: Timed) -> None:
    before = acting.get(f"/v1/cases/{UUID}")["step"]["actor_basis"]
    leaf = acting.get(f"/v1/cases/{UUID}")["leaf_index"]
    body = {"sop": acting.office.sop_leaf, "step": "4", "cell": "pelaksana", "raw": "", "reading": "staf"}
    acting.office.do("sri-wahyuni", STREAM, "reading.confirmed", body | {"ground": "SK tugas (sintetis)."})
    assert before == "disimpulkan"
    assert acting.get(f"/v1/cases/{UUID}")["step"]["actor_basis"] == "dikonfirmasi"
    assert acting.get(f"/v1/cases/{UUID}", at=leaf)["step"]["actor_basis"] == "disimpulkan", "never backwards"


def test_the_command_prints_a_row_a_visit_and_what_each_verdict_rests_on(timed: Timed) -> None:
    done = CliRunner().invoke(main, ["time", UUID, "--url", timed.url])
    assert done.exit_code == 0, done.output
    assert "lewat" in done.output
    assert "20 menit kerja menurut kalender" in done.output
    assert "masih berjalan" in done.output
    assert "tidak tersertifikasi" in done.output


def test_a_case_that_is_not_there_has_no_time(timed: Timed) -> None:
    done = CliRunner().invoke(main, ["time", UUID.replace("1111-4", "2222-4"), "--url", timed.url])
    assert done.exit_code == 1
    assert "tidak ada" in done.output


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "-"), (0, "0 detik"), (59, "59 detik"), (60, "1 menit"), (3600, "1 jam 0 menit"), (90_061, "1 hari 1 jam")],
)
def test_a_span_is_said_in_its_two_largest_units(seconds: int | None, words: str) -> None:
    assert span(seconds) == words
