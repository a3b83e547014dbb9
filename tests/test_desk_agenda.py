"""The agenda book on the desk: a year's letters with their deliveries, and what an inspector would ask about them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.kit import CASE, INSPECTOR, the_sop
from tests.served import Served, served
from tests.test_desk_cases import page_of, seen, words

SRI, BUDI, AGUS = "sri-wahyuni", "budi-santoso", "agus-salim"
STREAM = f"sop:{the_sop().slug}"
SECOND = "case:22222222-2222-4222-8222-222222222222"
BLANK = "case:33333333-3333-4333-8333-333333333333"


class Office(Served):
    """Numbers up to 6 were given on paper; 7 and 9 here, the last recorded late; one letter waits for its number."""

    def live(self) -> None:
        self.open()
        self.register(INSPECTOR)
        used = {"year": 2026, "running": 6, "agenda_no": 6}
        numbering = {"classifications": ["070"], "office_code": "35.07.11", "used": used}
        self.do(SRI, STREAM, "numbering.enacted", numbering)
        self.numbers = {CASE: 7, SECOND: 9}
        self.run()
        self.run(SECOND, 9)
        official, kind, row = self.steps(case=SECOND)[9]
        paper = {"paper": {"scan": self.proof}, "remark": "Dikirim sebelum listrik padam."}
        leaf = self.do(official, SECOND, kind, row | paper, occurred_at="2026-03-02T08:00:00+07:00").recorded.leaf
        slip = {"field": "summary", "old": "IKU 2026", "new": "IKU 2026 perubahan", "reason": "Salah ketik."}
        self.do(AGUS, SECOND, "correction.recorded", {"step": "10", "leaf": leaf} | slip)
        self.run(BLANK, 7)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with served(tmp_path_factory.mktemp("buku"), Office) as office:
        office.live()
        yield office


def rows(page: str) -> list[str]:
    """Return the text of each row of the book."""
    return [words(one) for one in re.findall(r"<tr role=\"row\"><th scope=\"row\".*?</tr>", page, re.DOTALL)]


def test_a_letter_stands_with_its_number_dates_addressee_summary_and_deliveries(office: Office) -> None:
    page = seen(office, BUDI, "/agenda?year=2026")
    first = rows(page)[0]
    assert first.startswith("7 070/7/35.07.11/2026 2 Maret 2026 2 Maret 2026 2 penerima IKU 2026")
    assert "Bagian Organisasi Setda: 1 salinan, kurir, diterima Petugas, 2 Maret 2026, 10.00 WIB" in first
    assert "Inspektorat: 2 salinan" in first
    assert f'<a class="number" href="{page_of(CASE)}">070/7/35.07.11/2026</a>' in page


def test_a_letter_recorded_late_or_corrected_says_so_and_keeps_both_versions(office: Office) -> None:
    second = rows(seen(office, BUDI, "/agenda?year=2026"))[1]
    assert "070/9/35.07.11/2026 dicatat menyusul" in second
    assert "Dikirim sebelum listrik padam." in second
    assert re.search(r"dibetulkan Isi ringkas: IKU 2026 → IKU 2026 perubahan \(daun \d+\)", second)
    assert "belum ada bukti pengiriman" in second


def test_what_an_inspector_would_ask_is_listed_with_its_leaves(office: Office) -> None:
    told = words(seen(office, INSPECTOR, "/agenda?year=2026"))
    asked = told.partition("Yang perlu dilihat")[2]
    assert "Sampai nomor urut 6 dan nomor agenda 6 (kode 35.07.11) dipakai di atas kertas" in asked
    assert "Nomor urut kosong (kode 35.07.11): 8" in asked
    assert "Nomor agenda kosong (kode 35.07.11): 8" in asked
    assert "Ditandatangani tanpa nomor: Penyusunan IKU 2026, 2 Maret 2026" in asked
    assert "Tidak ada:" not in asked


def test_a_year_without_letters_says_so_and_has_nothing_to_ask(office: Office) -> None:
    told = words(seen(office, BUDI, "/agenda?year=2025"))
    assert "Belum ada surat bernomor pada tahun ini." in told
    assert told.endswith("Tidak ada: tidak ada nomor kosong, ganda, atau melompat.")


def test_without_a_year_it_is_this_years_and_a_year_far_off_can_be_chosen_again(office: Office) -> None:
    assert "<h1>Agenda surat keluar 2026</h1>" in seen(office, BUDI, "/agenda")
    assert '<option value="1999" selected>1999</option>' in seen(office, BUDI, "/agenda?year=1999")
    assert "Alamat" in words(seen(office, BUDI, "/agenda?year=besok", 400))


def test_an_official_sees_their_own_unit_and_only_the_inspectorate_asks_for_others(office: Office) -> None:
    assert "Unit: kalipare." in words(seen(office, BUDI, "/agenda"))
    assert 'id="unit"' not in seen(office, BUDI, "/agenda")
    assert "bukan unit Anda" in words(seen(office, BUDI, "/agenda?unit=pagak", 403))
    everything = seen(office, INSPECTOR, "/agenda?unit=")
    assert "Unit: semua." in words(everything)
    assert len(rows(everything)) == 2
    assert rows(seen(office, INSPECTOR, "/agenda?unit=kalipare&year=2026")) == rows(everything)


def test_the_book_stays_a_table_for_who_listens_to_it(office: Office) -> None:
    page = seen(office, BUDI, "/agenda?year=2026")
    heads = re.findall(r'<th scope="col" role="columnheader">([^<]+)</th>', page)
    assert heads[:3] == ["No.", "Nomor surat", "Tanggal surat"]
    for row in re.findall(r"<tr role=\"row\"><th scope=\"row\".*?</tr>", page, re.DOTALL):
        assert re.findall(r'data-label="([^"]+)"', row) == heads
