"""Audit trail, search, replay and who read what, as they are read without a browser."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from ledger.notices import DISCLAIMER, SYNTHETIC
from projections import audit_trail
from tests.kit import CASE, INSPECTOR, key, person
from tests.served import Served, served
from tests.signed_in import desk

SRI, BUDI, RATNA, AGUS = "sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim"
#: Returned at step 7 to step 4 on the day after CASE was finished; then Ratna's key was stolen.
RETURNED = "case:22222222-2222-4222-8222-222222222222"
#: Its subject was put right back and forth.
LONG = "case:33333333-3333-4333-8333-333333333333"
CORRECTIONS = 33
REASON = "Satuan baris 2 belum diisi; <b>100%</b>_benar"
DAY = dt.timedelta(days=1)
#: Acts, or reads, on a page.
PAGE = 50


class Office(Served):
    """A ledger with one case finished, one returned on the next day, and a key revoked with a claim since when."""

    def live(self) -> None:
        self.open()
        self.register(INSPECTOR)
        opening = self.run()[0].recorded.leaf
        self.clock.now += DAY
        slip = {"leaf": opening, "field": "subject", "old": "Penyusunan IKU 2026", "new": "IKU Kecamatan 2026"}
        self.do(SRI, CASE, "correction.recorded", {"step": "1", "reason": "Salah tulis."} | slip)
        self.run(case=RETURNED, upto=6)
        back = {"step": "7", "to": "4", "document": self.iku["digest"], "reason": REASON}
        self.do(SRI, RETURNED, "document.returned", back)
        leaf = self.run(case=LONG, upto=1)[0].recorded.leaf
        names = ("Penyusunan IKU 2026", "IKU 2026")
        for number in range(CORRECTIONS):
            slip = {"leaf": leaf, "field": "subject", "old": names[number % 2], "new": names[1 - number % 2]}
            self.do(SRI, LONG, "correction.recorded", {"step": "1", "reason": "Salah tulis."} | slip)
        stolen = {"keyid": key(RATNA).public.id, "reason": "compromised"}
        since = {"compromised_since": (self.clock.now - dt.timedelta(minutes=5)).isoformat()}
        self.do("dewi-lestari", "register", "key.revoked", stolen | since)

    def rows(self, stream: str) -> list[dict[str, Any]]:
        """Return the acts of a stream as the read model has them."""
        with self.app.parts.reading() as connection:
            return audit_trail.trail(connection, stream)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with served(tmp_path_factory.mktemp("buku"), Office) as office:
        office.live()
        yield office


def client(office: Office, who: str = BUDI) -> FlaskClient:
    return desk(office.app, who)


def seen(office: Office, path: str, who: str = BUDI, status: int = 200, **query: object) -> str:
    """Return what stands in the main part of a page, tags and all."""
    answer = client(office, who).get(path, query_string=query or None, headers={"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    assert len(answer.data) < 92_000, "with the stylesheet, compressed, a page is at most 100 KB"
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    assert main is not None
    return main[0]


def words(page: str) -> str:
    """Return the text of a page on one line, as it is read: inline tags separate nothing."""
    page = re.sub(r"</?(?:span|a|strong|small|code|del|ins|b)\b[^>]*>", "", page)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def leaves(page: str) -> list[int]:
    """Return the leaves of the acts that a page shows."""
    return [int(one) for one in re.findall(r'id="daun-(\d+)"', page)]


def following(page: str) -> str | None:
    """Return where the next page is."""
    found = re.search(r'<a href="([^"]+)">Halaman berikut</a>', page)
    return html.unescape(found[1]) if found else None


def trail_of(case: str) -> str:
    return f"/perkara/{case.removeprefix('case:')}/jejak"


# --- the trail of a case ----------------------------------------------------------------------------------


def test_the_trail_tells_each_act_with_who_under_which_decree_when_and_both_verdicts(office: Office) -> None:
    page = seen(office, trail_of(CASE))
    rows = office.rows(CASE)
    assert leaves(page) == [row["leaf_index"] for row in rows]
    told = words(page)
    for row in rows:
        assert row["sentence"] in told
        assert row["leaf"] in told
        assert f'href="/v1/entries/{row["leaf_index"]}/receipt"' in page
        for digest in row["documents"]:
            assert f'href="/perkara/{CASE[5:]}/dokumen/{digest}"' in page
    assert "NIP 198001012005000003 · Penata (sintetis)" in told
    assert "821/1/2026, 2 Januari 2026, Bupati Malang (sintetis) berlaku 2 Januari 2026 sampai dicabut" in told
    assert "Dicatat 2 Maret 2026, 08.00 WIB · dinyatakan 2 Maret 2026, 08.00 WIB" in told
    assert told.count("Tanda tangan elektronik terbukti · wewenang terbukti") == len(rows)


def test_a_corrected_act_shows_both_versions_and_where_it_was_put_right(office: Office) -> None:
    leaf = office.rows(CASE)[-1]["leaf_index"]
    told = words(seen(office, trail_of(CASE)))
    assert f"dibetulkan perihal: Penyusunan IKU 2026 → IKU Kecamatan 2026 (daun {leaf})" in told


def test_a_return_is_a_deviation_and_its_reason_stands_as_it_was_written(office: Office) -> None:
    page = seen(office, trail_of(RETURNED), kind="document.returned")
    assert "<b>100%</b>" not in page
    assert f"Alasan {html.escape(REASON, quote=False)}" in " ".join(re.sub(r"</?d[td][^>]*>", " ", page).split())
    assert "di luar SOP" in words(page)


def test_an_act_whose_key_was_stolen_before_it_is_said_to_be_in_question(office: Office) -> None:
    page = words(seen(office, trail_of(RETURNED), flag="key.questioned"))
    assert page.count("Dipertanyakan.") == 2, "her draft and her review"
    assert "Dipertanyakan." not in words(seen(office, trail_of(RETURNED), official=BUDI))


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ({"kind": "paraf.given"}, lambda row: row["kind"] == "paraf.given"),
        ({"official": AGUS}, lambda row: row["official"] == AGUS),
        ({"flag": "time.late"}, lambda row: "time.late" in [flag["name"] for flag in row["flags"]]),
        ({"flag": "any"}, lambda row: bool(row["flags"])),
        ({"from": "2026-03-03"}, lambda row: row["kind"] == "correction.recorded"),
        ({"to": "2026-03-02", "official": SRI}, lambda row: row["kind"] in ("disposition.issued", "signature.given")),
        ({"verdict": "tidak-cocok"}, lambda row: False),
        ({"verdict": "terbukti"}, lambda row: True),
    ],
    ids=lambda one: " ".join(one.values()) if isinstance(one, dict) else "",
)
def test_filters_hold_together_and_an_empty_one_asks_nothing(office: Office, query: Any, fits: Any) -> None:
    empty = dict.fromkeys(("kind", "official", "flag", "verdict", "from", "to"), "")
    page = seen(office, trail_of(CASE), **(empty | query))
    assert leaves(page) == [row["leaf_index"] for row in office.rows(CASE) if fits(row)]
    if not leaves(page):
        assert "Tidak ada tindakan yang sesuai saringan ini." in words(page)


@pytest.mark.parametrize("query", [{"from": "kemarin"}, {"verdict": "palsu"}, {"apa": "1"}, {"after": "-1"}], ids=str)
def test_what_is_no_filter_is_refused(office: Office, query: dict[str, str]) -> None:
    seen(office, trail_of(CASE), status=400, **query)


def test_a_long_trail_goes_on_on_the_next_page_with_the_same_filters(office: Office) -> None:
    kept: dict[str, Any] = {"kind": "correction.recorded"}
    first = seen(office, trail_of(LONG), **kept)
    where = following(first)
    assert where is not None
    second = seen(office, where)
    every = [row["leaf_index"] for row in office.rows(LONG)][1:]
    assert leaves(first) + leaves(second) == every
    assert "Tindakan 1 sampai 30 dari 33 (disaring dari 34; pembetulan)" in words(first)
    assert "Tindakan 31 sampai 33 dari 33" in words(second)
    assert following(second) is None


def test_the_trail_prints_as_a_working_paper_with_its_seal_and_the_time(office: Office) -> None:
    answer = client(office, INSPECTOR).get(trail_of(CASE)).text
    told = words(answer)
    with office.ledger.reading() as rows:
        size = rows.size()
    assert "Kertas Kerja Audit (KKA)" in told
    assert f"kalipare.malangkab.example/jejak, {size} daun" in told
    assert re.search(r"Halaman dibuat 3 Maret 2026, \d\d\.\d\d WIB, untuk Wahyu Hidayat \(sintetis\)", told)
    assert DISCLAIMER in told
    assert SYNTHETIC in told
    assert f'href="/v1/cases/{CASE[5:]}/bundle"' in answer


def test_details_are_all_open_where_that_is_asked_for(office: Office) -> None:
    asked = f"{trail_of(CASE)}?rinci=1"
    assert html.escape(asked) in seen(office, trail_of(CASE))
    assert seen(office, asked).count("<details open>") == len(office.rows(CASE))


# --- across cases -----------------------------------------------------------------------------------------


def test_every_act_is_found_page_by_page_while_others_are_recorded(office: Office) -> None:
    first = seen(office, "/jejak", INSPECTOR)
    office.do("dewi-lestari", "register", "official.proposed", {"person": person(AGUS) | {"rank": "Pengatur"}})
    pages, where = [leaves(first)], following(first)
    while where is not None:
        page = seen(office, where, INSPECTOR)
        pages.append(leaves(page))
        where = following(page)
    with office.ledger.reading() as rows:
        size = rows.size()
    assert [leaf for one in pages for leaf in one] == list(range(size))
    assert [len(one) for one in pages] == [PAGE, size - PAGE]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("MEMBERI paraf", {"paraf.given"}),
        ("100%", {"document.returned"}),
        ("_benar", {"document.returned"}),
        ("  satuan   BELUM ", {"document.returned"}),
        ("budi paraf", {"paraf.given"}),
        ("joko ongkos", set()),
    ],
)
def test_words_are_found_wherever_the_act_says_them_and_all_of_them_must_be(
    office: Office, text: str, kinds: set[str]
) -> None:
    page = seen(office, "/jejak", INSPECTOR, text=text, official="", kind="")
    found = set(leaves(page))
    rows = [row for stream in (CASE, RETURNED, "register") for row in office.rows(stream)]
    assert {row["kind"] for row in rows if row["leaf_index"] in found} == kinds
    if not kinds:
        assert "Tidak ada tindakan yang sesuai." in words(page)


def test_a_digest_finds_the_acts_that_name_the_document(office: Office) -> None:
    found = leaves(seen(office, "/jejak", INSPECTOR, text=office.proof["digest"]))
    assert [row["leaf_index"] for row in office.rows(CASE) if row["kind"] == "dispatch.recorded"] == found


def test_the_table_holds_exactly_what_was_sought(office: Office) -> None:
    page = seen(office, "/jejak", INSPECTOR, text="paraf", official=BUDI)
    address = re.search(r'href="(/v1/trail\.csv\?[^"]*)"', page)
    assert address is not None
    table = client(office, INSPECTOR).get(html.unescape(address[1])).data.decode()
    assert [f"\r\n{leaf}," in table for leaf in leaves(page)] == [True] * 2
    assert "Jumlah: 2 tindakan" in table
    assert "kata paraf" in table


def test_an_empty_stream_is_refused_for_the_search_would_not_be_noted(office: Office) -> None:
    seen(office, "/jejak?stream=", status=400)


# --- replay -----------------------------------------------------------------------------------------------


def test_replay_begins_with_the_first_act_and_leads_through_all_of_them(office: Office) -> None:
    rows, where = office.rows(CASE), f"/perkara/{CASE[5:]}/putar"
    for number, row in enumerate(rows, 1):
        page = seen(office, where)
        told = words(page)
        assert f"Tindakan {number} dari {len(rows)}" in told
        assert row["sentence"] in told
        assert ('rel="prev"' in page, 'rel="next"' in page) == (number > 1, number < len(rows))
        found = re.search(r'rel="next" href="([^"]+)"', page)
        where = found[1] if found else ""
    assert where == ""


def test_replay_shows_the_case_and_its_document_as_they_then_were(office: Office) -> None:
    rows = {row["kind"]: row["leaf_index"] for row in office.rows(CASE)}
    address = f"/perkara/{CASE[5:]}/putar"
    early = words(seen(office, address, at=rows["direction.given"]))
    assert "Perkara ini belum mempunyai dokumen." in early
    assert "Giliran langkah 3, Kasubag Evapor: penyusunan konsep" in early
    reviewed = words(seen(office, address, at=rows["typing.reviewed"]))
    assert "Paraf: belum ada." in reviewed
    assert "Ketikan disetujui: Ratna Sari (sintetis)" in reviewed
    assert "Persetujuan: Ratna Sari (sintetis) sebagai Kasubag Evaluasi dan Pelaporan." in reviewed
    assert "Indikator Kinerja Utama" in reviewed
    assert "Giliran selesai" in words(seen(office, address, at=rows["dispatch.recorded"]))


def test_a_moment_or_another_streams_leaf_shows_the_newest_act_before_it(office: Office) -> None:
    address = f"/perkara/{CASE[5:]}/putar"
    last = office.rows(CASE)[-1]["leaf_index"]
    assert f'data-leaf="{last}"' in seen(office, address, at=last + 1)
    assert f'data-leaf="{last - 1}"' in seen(office, address, at="2026-03-02")
    assert "belum dibuka" in words(seen(office, address, status=404, at=0))


def test_the_part_that_the_module_fetches_is_the_step_alone(office: Office) -> None:
    answer = client(office).get(f"/perkara/{CASE[5:]}/putar?at={office.rows(CASE)[3]['leaf_index']}&bagian=1")
    assert answer.text.lstrip().startswith('<div id="tayangan"')
    assert "<html" not in answer.text


# --- who read what ----------------------------------------------------------------------------------------


def test_the_inspectorate_sees_who_read_which_case_and_which_search(office: Office) -> None:
    seen(office, trail_of(RETURNED), AGUS)
    seen(office, "/jejak", AGUS, text="rahasia")
    told = words(seen(office, "/pembacaan", INSPECTOR, official=AGUS))
    assert f"Agus Salim (sintetis) (staf kalipare) Alur: {RETURNED} Terakhir 3 Maret 2026" in told
    assert "Pencarian: jejak?text=rahasia" in told
    assert "tidak dapat dibuktikan bahwa catatan ini lengkap" in told


def test_reads_come_newest_first_a_page_at_a_time_and_are_filtered_by_name(office: Office) -> None:
    for leaf in range(60):
        client(office, AGUS).get(f"/v1/entries/{leaf}")
    first = seen(office, "/pembacaan", INSPECTOR)
    where = following(first)
    assert where is not None
    second = seen(office, where, INSPECTOR)
    times = re.findall(r"Terakhir (.{1,40}? WIB)", words(first) + words(second))
    assert len(times) > PAGE
    only = words(seen(office, "/pembacaan", INSPECTOR, name=CASE[5:], what="alur", official=""))
    assert f"Alur: {CASE}" in only
    assert RETURNED not in only
    assert "Tidak ada perkara" in words(seen(office, "/pembacaan", INSPECTOR, name="tidak-ada", status=404))


def test_nobody_else_sees_who_read_what(office: Office) -> None:
    seen(office, "/pembacaan", BUDI, status=403)


def test_an_instruction_that_its_sentence_cuts_is_read_whole_in_the_trail(tmp_path: Path) -> None:
    with served(tmp_path, Office) as long:
        long.open()
        (sri, opening, sheet), (budi, direction, said), *_ = long.steps()
        long.do(sri, CASE, opening, sheet)
        whole = "Susun menurut Renstra. " * 30 + "Selesai Jumat."
        long.do(budi, CASE, direction, said | {"instruction": whole})
        shown = client(long).get(f"/perkara/{CASE.removeprefix('case:')}/jejak").text
    assert whole in html.unescape(shown)
