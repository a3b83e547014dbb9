"""Time against mutu baku on the desk: each visit with standard, time, rule and verdict; unknown stays unknown."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest

from api.desk.time_page import _bar
from tests.kit import CASE
from tests.served import Served, served
from tests.test_desk_cases import page_of, seen, words
from tests.test_mutu_baku import CALENDAR, STREAM

SRI, BUDI, RATNA, AGUS = ("sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim")
#: Played before any calendar was enacted; left the path, and has an act from paper.
EARLIER = "case:22222222-2222-4222-8222-222222222222"
DEVIATING = "case:33333333-3333-4333-8333-333333333333"
TIME = f"{page_of(CASE)}/waktu"


class Office(Served):
    """One case before there was a calendar; one late at step 2 and returned at 5; one that was put on record late."""

    def live(self) -> None:
        self.open()
        self.run(EARLIER, 3)
        self.do(SRI, STREAM, "calendar.enacted", {"calendar": CALENDAR})
        self.run(upto=1)
        self.later(25)
        self.run_from(1, 4)
        back = {"step": "5", "document": self.iku["digest"], "decision": "returned", "reason": "Satuan belum diisi."}
        leaf = self.do(RATNA, CASE, "typing.reviewed", back).recorded.leaf
        mended = {"step": "4", "round": 2, "replaces": self.iku["digest"], "document": self.iku_mended}
        self.later(7)
        self.do(AGUS, CASE, "concept.revised", mended | {"answers": leaf})
        self.run(DEVIATING, 1)
        draft = {"step": "3", "document": self.iku, "deviation": "Sekcam dinas luar."}
        self.do(RATNA, DEVIATING, "concept.drafted", draft)
        self.do(AGUS, DEVIATING, "concept.typed", {"step": "4", "document": self.iku})
        paper = {"step": "5", "document": self.iku["digest"], "decision": "approved", "paper": {"scan": self.proof}}
        self.do(RATNA, DEVIATING, "typing.reviewed", paper, occurred_at="2026-03-02T08:10:00+07:00")

    def later(self, minutes: int) -> None:
        """Let the clock run on."""
        self.clock.now += dt.timedelta(minutes=minutes)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with served(tmp_path_factory.mktemp("buku"), Office) as office:
        office.live()
        yield office


def visits(page: str) -> list[str]:
    """Return the text of each visit, in their order."""
    return [words(one) for one in re.findall(r"<li class=\"card\">.*?</li>", page, re.DOTALL)]


def test_every_visit_stands_with_its_step_standard_time_verdict_and_rule(office: Office) -> None:
    told = visits(seen(office, BUDI, TIME))
    late = told[1]
    assert late.startswith("Langkah 2 Memerintahkan untuk menyusun Indikator Kinerja Utama, memberikan pengarahan")
    assert "lewat mutu baku" in late
    assert "Lama waktu 25 menit 1 detik Waktu kerja 25 menit Standar 20 menit" in late
    assert "(lewat 5 menit 1 detik)" in late
    assert "Paling lambat 2 Maret 2026, 08." in late
    assert "Perpres 21/2023" in late
    assert [re.search(r"Langkah (\d+)( putaran 2)?", one)[0] for one in told] == [  # type: ignore[index]
        *("Langkah 1", "Langkah 2", "Langkah 3", "Langkah 4", "Langkah 5", "Langkah 4 putaran 2", "Langkah 5 putaran 2")
    ]


def test_what_is_not_known_is_told_as_not_known_and_is_never_green(office: Office) -> None:
    page = seen(office, BUDI, TIME)
    first, _, unwritten, unread = visits(page)[:4]
    assert "tidak dapat dinilai Mulai menunggu tidak tercatat" in first
    assert "Lama waktu tidak diketahui Waktu kerja tidak diketahui" in first
    assert "Standar tidak tertulis dalam naskah" in unwritten
    assert "Standar tidak terbaca (dalam naskah: “II hari”)" in unread
    for one in re.findall(r"<li class=\"card\">.*?</li>", page, re.DOTALL):
        assert ("tidak dapat dinilai" in words(one)) == ("tidak-dapat-dinilai" in one)
        assert not ("tidak dapat dinilai" in words(one) and "dalam mutu baku" in words(one))


def test_the_open_visit_says_that_it_runs_and_since_when(office: Office) -> None:
    here = visits(seen(office, BUDI, TIME))[-1]
    assert "masih berjalan" in here
    assert "Selesai belum" in here
    assert "Paling lambat 2 Maret 2026" in here


def test_a_return_and_what_was_left_by_a_deviation_say_so(office: Office) -> None:
    told = visits(seen(office, BUDI, f"{page_of(DEVIATING)}/waktu"))
    left = next(one for one in told if one.startswith("Langkah 2"))
    assert "ditinggalkan" in left
    assert "tidak dapat dinilai" in left


def test_what_was_recorded_from_paper_shows_the_claim_beside_the_clock(office: Office) -> None:
    told = visits(seen(office, BUDI, f"{page_of(DEVIATING)}/waktu"))
    late = next(one for one in told if one.startswith("Langkah 5"))
    assert "dicatat menyusul menurut pernyataan 2 Maret 2026, 08.10 WIB" in late
    assert "dalam mutu baku" not in late


def test_the_bar_shows_the_time_taken_against_the_time_allowed(office: Office) -> None:
    page = seen(office, BUDI, TIME)
    late = re.search(r'<svg class="bar lewat".*?</svg>', page, re.DOTALL)
    assert late is not None
    assert 'class="took" y="4" width="1000"' in late[0], "it took longer than it may"
    marked = re.search(r'class="allowed" x="(\d+)"', late[0])
    assert marked is not None
    assert 780 <= int(marked[1]) <= 800, "20 of 25 minutes"
    assert 'aria-label="Lama 25 menit 1 detik, garis menandai batasnya."' in late[0]


def test_no_bar_is_drawn_where_nothing_says_how_long_a_step_may_take(office: Office) -> None:
    page = seen(office, BUDI, TIME)
    for one in re.findall(r"<li class=\"card\">.*?</li>", page, re.DOTALL):
        assert ("<svg" in one) == ("Paling lambat" in words(one) or "dalam mutu baku" in words(one))


def test_before_a_calendar_there_is_no_deadline_and_a_bar_only_by_the_clock_on_the_wall(office: Office) -> None:
    _, second, _, here = visits(seen(office, BUDI, f"{page_of(EARLIER)}/waktu"))
    assert "menurut jam dinding saja belum lebih" in second
    assert "Waktu kerja tidak diketahui" in second
    assert "Paling lambat" not in second
    assert here.startswith("Langkah 4")
    reading = {"amount": 20, "unit": "menit"}
    visit = {"standard": {"reading": reading}, "deadline": None, "elapsed_seconds": 600}
    assert _bar(visit | {"verdict": "tepat"}) == (500, 1000)
    assert _bar(visit | {"verdict": "tidak dapat dinilai"}) is None


def test_at_a_leaf_the_page_is_what_it_was_when_that_leaf_was_the_newest(office: Office) -> None:
    opened = office.app.parts.ledger.stream(CASE)
    assert opened is not None
    then = seen(office, BUDI, f"{TIME}?at={opened.index}")
    assert f"Keadaan sampai daun {opened.index}" in words(then)
    assert "masih berjalan" in visits(then)[-1]
    assert "Lama waktu 0 detik" in visits(then)[-1]


def test_a_case_that_is_not_there_is_a_page_that_says_so(office: Office) -> None:
    assert "tidak ada" in words(seen(office, BUDI, "/perkara/00000000-0000-4000-8000-000000000000/waktu", 404))
    assert "bukan nomor perkara" in words(seen(office, BUDI, "/perkara/satu/waktu", 400))
