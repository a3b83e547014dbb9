"""Desk, list of cases, case page and comparison, as officials of one kecamatan see them without a browser."""

from __future__ import annotations

import gzip
import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import demo_case
from api.desk.iku_table_view import MOST_TEXT, difference
from keys.fields import DocumentRef
from ledger.notices import DISCLAIMER, SYNTHETIC
from tests.kit import CASE, INSPECTOR, MORNING, person
from tests.served import Served, served
from tests.signed_in import desk

SRI, BUDI, RATNA, AGUS, DEWI, EKO = (
    *("sri-wahyuni", "budi-santoso", "ratna-sari", "agus-salim", "dewi-lestari", "eko-prasetyo"),
)
#: It waits for the Camat's signature after a return and a new draft; it was withdrawn; it has its disposition alone.
PARAFED = "case:33333333-3333-4333-8333-333333333333"
WITHDRAWN = "case:44444444-4444-4444-8444-444444444444"
OPENED = "case:55555555-5555-4555-8555-555555555555"


class Office(Served):
    """A ledger with one case finished, one returned and given its paraf again, one withdrawn, one just opened."""

    def live(self) -> None:
        self.open()
        self.register(INSPECTOR)
        self.run()
        self.run(case=PARAFED, upto=6)
        back = {"step": "7", "to": "4", "document": self.iku["digest"], "reason": "Satuan belum diisi."}
        leaf = self.do(SRI, PARAFED, "document.returned", back).recorded.leaf
        mended = {"step": "4", "round": 2, "replaces": self.iku["digest"], "document": self.iku_mended}
        self.do(AGUS, PARAFED, "concept.revised", mended | {"answers": leaf})
        named = {"document": self.iku_mended["digest"]}
        self.do(RATNA, PARAFED, "typing.reviewed", {"step": "5", "decision": "approved"} | named)
        self.do(BUDI, PARAFED, "paraf.given", {"step": "6"} | named)
        self.run(case=WITHDRAWN, upto=1)
        self.do(SRI, WITHDRAWN, "disposition.withdrawn", {"step": "1", "reason": "Salah surat."})
        self.run(case=OPENED, upto=1)
        self.do(DEWI, "register", "official.proposed", {"person": person(AGUS) | {"rank": "Pengatur (sintetis)"}})


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with served(tmp_path_factory.mktemp("buku"), Office) as office:
        office.live()
        yield office


def seen(office: Office, who: str, path: str, status: int = 200) -> str:
    """Return what stands in the main part of a page, tags and all, its entities resolved."""
    answer = desk(office.app, who).get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    assert main is not None
    return html.unescape(main[0])


def words(page: str) -> str:
    """Return the text of a page on one line, as it is read: inline tags separate nothing."""
    page = re.sub(r"</?(?:span|a|strong|small|code|del|ins)\b[^>]*>", "", page)
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def page_of(case: str) -> str:
    return f"/perkara/{case.removeprefix('case:')}"


def section(page: str, name: str) -> str:
    """Return the text of the section that this heading begins."""
    found = re.search(rf'<section[^>]*aria-labelledby="{name}".*?</section>', page, re.DOTALL)
    assert found is not None, name
    return words(found[0])


# --- how the newest document stands ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (CASE, "Dokumen yang berlaku Ditandatangani, dan belum digantikan menurut buku besar ini."),
        (PARAFED, "Naskah terakhir Belum ditandatangani, jadi belum berlaku."),
        (WITHDRAWN, "Dokumen Perkara ini belum mempunyai dokumen."),
    ],
)
def test_a_document_is_called_in_force_only_where_it_was_signed_and_nothing_took_its_place(
    case: str, said: str, office: Office
) -> None:
    assert section(seen(office, SRI, page_of(case)), "dokumen").startswith(said)


def test_the_sop_of_a_case_stands_in_its_own_form_with_what_is_to_be_known_about_it(office: Office) -> None:
    page = seen(office, SRI, f"{page_of(CASE)}/sop")
    identity = section(page, "identitas")
    assert "Nomor SOP 070 / / 35.07.11/2019" in identity
    assert "Peringatan tidak diisi dalam naskah" in identity
    assert "CAMAT KALIPARE NEPO MARIS, S'Pd, MM PEMBINA NIP. 19631116 199010 2 002" in identity
    found = section(page, "temuan")
    for where in ("Nomor SOP", "Peringatan", "Tanggal Pembuatan", "langkah 4", "SOP Pengiriman Renja", "Surat Masuk"):
        assert where in found
    assert f'href="{page_of(CASE)}/sop"' in seen(office, SRI, page_of(CASE))


def test_a_cell_that_was_unclear_is_told_as_the_office_confirmed_it(tmp_path: Path) -> None:
    with served(tmp_path / "buku", Office) as office:
        office.open()
        office.run(upto=1)
        address = f"{page_of(CASE)}/sop"
        assert 'langkah 4, waktu: Tertulis "II hari", tidak terbaca pasti' in section(
            seen(office, SRI, address), "temuan"
        )
        leaf = office.sop_leaf
        kind, body = next(one for one in demo_case.settings(leaf, MORNING.date()) if one[0] == "reading.confirmed")
        index = office.do(SRI, "sop:penyusunan-iku", kind, body).recorded.index
        found = section(seen(office, SRI, address), "temuan")
    assert f'langkah 4, waktu: Tertulis "II hari"; ditegaskan kantor sebagai 2 hari kerja pada daun {index}' in found
    assert "tidak terbaca pasti" not in found


def test_who_is_signed_in_stays_so_on_a_page_that_there_is_not(office: Office) -> None:
    answer = desk(office.app, SRI).get("/tidak-ada", headers={"Accept": "text/html"})
    assert (answer.status_code, "Halaman ini tidak ada." in answer.text) == (404, True)
    assert 'href="/meja"' in answer.text
    assert "Sri Wahyuni" in answer.text
    assert "openapi" not in answer.text


# --- the desk ---------------------------------------------------------------------------------------------


def test_the_camat_sees_what_waits_for_her_signature_and_goes_to_the_act_under_her_mandate(office: Office) -> None:
    page = seen(office, SRI, "/meja")
    assert f'href="{page_of(PARAFED)}/tindakan/signature.given?mandat=camat-{SRI}"' in page
    told = section(page, "menunggu-1")
    assert "Menunggu Anda (1)" in told
    assert "Langkah 7: Memberi tanda tangan putaran 2" in told
    assert "segera" in told
    assert "Menunggu sejak 2 Maret 2026, 08." in told
    assert "Mutu baku tidak disebut dalam naskah SOP" in told


def test_the_standard_of_what_waits_is_told_with_the_rule_it_is_judged_by(office: Office) -> None:
    told = section(seen(office, BUDI, "/meja"), "menunggu-1")
    assert "Mutu baku 20 menit" in told
    assert "Masih berjalan" in told or "menurut jam dinding" in told


def test_who_has_nothing_waiting_is_told_so_and_sees_where_their_cases_stand(office: Office) -> None:
    page = seen(office, RATNA, "/meja")
    assert "Tidak ada yang menunggu." in section(page, "menunggu-1")
    own = section(page, "milik")
    assert "Sekarang: langkah 7, Camat: tanda tangan, sejak 2 Maret 2026" in own
    assert "Sekarang: selesai." in own
    assert page_of(OPENED) not in page, "she did nothing in it"


def test_only_whose_office_begins_an_sop_is_offered_a_new_case(office: Office) -> None:
    assert 'href="/perkara/baru?sop=penyusunan-iku"' in seen(office, SRI, "/meja")
    assert "/perkara/baru" not in seen(office, BUDI, "/meja")


def test_registrars_see_the_proposal_that_waits_and_only_the_other_one_how_to_approve_it(office: Office) -> None:
    proposed = section(seen(office, EKO, "/meja"), "usulan")
    assert "Usulan pejabat: Agus Salim (sintetis)" in proposed
    assert re.search(r"jejak register approve [0-9]+$", proposed)
    own = section(seen(office, DEWI, "/meja"), "usulan")
    assert "Usulan Anda sendiri" in own
    assert "jejak register approve" not in own
    assert "usulan" not in re.findall(r'id="([a-z]+)"', seen(office, SRI, "/meja"))


def test_the_inspectorate_sees_the_newest_flags_of_all_units_and_that_it_looked_is_noted(office: Office) -> None:
    page = seen(office, INSPECTOR, "/meja")
    flagged = section(page, "tanda")
    assert "di luar SOP" in flagged
    assert "Satuan belum diisi." in flagged
    assert "identitas kunci belum dibuktikan" in flagged
    assert "Perkara yang terakhir bergerak" in section(page, "terbaru")
    read = desk(office.app, INSPECTOR).get("/v1/reads").get_json()["reads"]
    assert [(one["what"], one["name"]) for one in read if one["name"] == "meja"][:1] == [("pencarian", "meja")]


# --- the list ---------------------------------------------------------------------------------------------


def test_the_list_goes_through_all_cases_a_page_at_a_time(office: Office) -> None:
    listed, path = [], "/perkara?limit=3"
    while path:
        page = seen(office, BUDI, path)
        listed += re.findall(r'<h2><a href="(/perkara/[0-9a-f-]+)"', page)
        following = re.search(r'href="(/perkara\?after=[^"]+)"', page)
        path = following[1] if following else ""
    assert listed == [page_of(case) for case in (CASE, PARAFED, WITHDRAWN, OPENED)]


def test_an_address_that_the_list_does_not_take_is_refused_in_words(office: Office) -> None:
    assert "Alamat" in seen(office, BUDI, "/perkara?after=-1", 400)
    assert "Alamat" in seen(office, BUDI, "/perkara?urut=baru", 400)


def test_cases_about_the_same_are_told_apart_by_number_or_years_and_opening(office: Office) -> None:
    page = seen(office, BUDI, "/perkara")
    names = [words(one) for one in re.findall(r"<h2>(.*?)</h2>", page)]
    assert len(names) == len(set(names)) == 4
    assert names[0] == "Penyusunan IKU 2026 070/1/35.07.11/2026"
    assert re.fullmatch(r"Penyusunan IKU 2026 2026, dibuka 2 Maret 2026, 08\.\d\d WIB \(daun \d+\)", names[1])
    own = section(seen(office, RATNA, "/meja"), "milik")
    assert names[0] in own
    assert names[1] in own


# --- the frame --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "part", "current"),
    [
        ("/perkara", "/perkara", "page"),
        (page_of(CASE), "/perkara", "true"),
        (f"{page_of(CASE)}/jejak", "/perkara", "true"),
        ("/pejabat/budi-santoso", "/pejabat", "true"),
        ("/agenda", "/agenda", "page"),
        ("/kunci", None, None),
    ],
)
def test_the_part_that_a_page_belongs_to_is_marked_and_no_other(
    office: Office, path: str, part: str | None, current: str | None
) -> None:
    header = desk(office.app, SRI).get(path).text.partition("</header>")[0]
    marked = re.findall(r'<a href="([^"]+)" aria-current="([a-z]+)"', header)
    assert marked == ([(part, current)] if part else [])


def test_what_stays_indonesian_on_an_english_page_says_so_and_leaves_are_counted_as_the_english_do(
    office: Office,
) -> None:
    client = desk(office.app, SRI)
    client.set_cookie("bahasa", "en")
    page = client.get(page_of(PARAFED)).text
    assert f'<p lang="id">{DISCLAIMER}</p>' in page
    assert f'<p class="synthetic" role="note" lang="id">{SYNTHETIC}</p>' in page
    assert '<span lang="id">Memberi tanda tangan</span>' in page
    assert '<td lang="id">10 menit</td>' in page
    assert not re.search(r"\d leaf\b", client.get(f"{page_of(CASE)}/jejak").text)


# --- a case -----------------------------------------------------------------------------------------------


def test_a_case_shows_whose_turn_it_is_and_what_the_reader_may_do(office: Office) -> None:
    page = seen(office, SRI, page_of(PARAFED))
    now = section(page, "sekarang")
    assert "Giliran Camat pelaksana disimpulkan, belum ditegaskan kantor Langkah 7: Memberi tanda tangan" in now
    may = section(page, "dapat")
    assert "Periksa dan tanda tangani sebagai Camat Kalipare" in may
    assert may.endswith("Kembalikan dokumen Tarik disposisi Betulkan salah tulis")


def test_who_has_no_turn_is_told_whose_it_is(office: Office) -> None:
    may = section(seen(office, RATNA, page_of(PARAFED)), "dapat")
    assert "Tindakan ini wewenang Camat di unit kalipare" in may
    assert "Periksa dan tanda tangani" not in may


def test_the_marks_on_exactly_this_version_stand_apart_from_those_that_a_new_draft_voided(office: Office) -> None:
    page = seen(office, SRI, page_of(PARAFED))
    document = section(page, "dokumen")
    assert office.iku_mended["digest"] in document
    assert office.iku["digest"] not in document
    assert "Paraf: Budi Santoso (sintetis), Sekretaris Kecamatan Kalipare" in document
    assert document.count("Tanda tangan elektronik terbukti") + document.count("tidak dapat dinilai") >= 2
    assert "Tanda tangan: belum ada." in document
    versions = section(page, "versi")
    first, second = versions.split("iku-2.json")
    assert "gugur paraf, Budi Santoso (sintetis)" in first
    assert "gugur pemeriksaan ketikan, Ratna Sari (sintetis)" in first
    assert "gugur" not in second


def test_returns_deviations_and_flags_stand_with_their_reasons(office: Office) -> None:
    page = seen(office, SRI, page_of(PARAFED))
    assert "Putaran 1, dikembalikan oleh Sri Wahyuni (sintetis)" in section(page, "putaran")
    assert "Satuan belum diisi." in section(page, "putaran")
    assert "pengembalian dokumen" in section(page, "menyimpang")
    assert "di luar SOP" in section(page, "tanda")


def test_every_step_says_in_words_what_its_symbol_shows(office: Office) -> None:
    page = seen(office, SRI, page_of(PARAFED))
    steps = [words(one) for one in re.findall(r"<ol class=\"steps\".*?</ol>", page, re.DOTALL)[0].split("</li>")[:-1]]
    assert [re.search(r"selesai|di sini sekarang|belum", one)[0] for one in steps] == [  # type: ignore[index]
        *["selesai"] * 6,
        "di sini sekarang",
        *["belum"] * 3,
    ]
    assert "2×" in steps[3]
    assert page.count('aria-current="step"') == 1
    assert page.count('role="img"') == 2


def test_a_finished_and_a_withdrawn_case_say_so_and_offer_no_act(office: Office) -> None:
    finished = seen(office, SRI, page_of(CASE))
    assert 'id="sekarang"' not in finished, "nobody's turn it is"
    assert "Putaran 1" in section(finished, "tentang")
    assert "Perkara ini sudah selesai. Nomor surat: 070/1/35.07.11/2026." in words(finished)
    assert "Inspektorat, 2 salinan: terkirim" in section(finished, "penerima")
    withdrawn = seen(office, SRI, page_of(WITHDRAWN))
    assert "Disposisi ditarik oleh Sri Wahyuni (sintetis)" in words(withdrawn)
    assert "Salah surat." in words(withdrawn)
    for page in (finished, withdrawn):
        assert "/tindakan/signature.given" not in page
        assert "/tindakan/disposition.withdrawn" not in page


def test_a_case_that_is_not_there_is_a_page_that_says_so(office: Office) -> None:
    assert "tidak ada" in seen(office, SRI, "/perkara/00000000-0000-4000-8000-000000000000", 404)
    assert "bukan nomor perkara" in seen(office, SRI, "/perkara/satu", 400)


# --- two versions -----------------------------------------------------------------------------------------


def test_two_versions_stand_side_by_side_with_their_digests_rows_and_words(office: Office) -> None:
    page = seen(office, BUDI, f"{page_of(PARAFED)}/banding")
    told = words(page)
    assert office.iku["digest"] in told
    assert office.iku_mended["digest"] in told
    assert "Baris: 4 berubah." in told
    assert re.search(r"<del><span class=\"said\">\[dihapus: </span>[^<]*= 100<span", page)
    assert "Penanggung jawab (baru diisi) [ditambahkan: Kasi Pemerintahan]" in told


def test_the_other_direction_and_the_same_version_twice_are_told_as_they_are(office: Office) -> None:
    old, new = office.iku["digest"], office.iku_mended["digest"]
    back = words(seen(office, BUDI, f"{page_of(PARAFED)}/banding?lama={new}&baru={old}"))
    assert "Penanggung jawab (dikosongkan) [dihapus: Kasi Pemerintahan]" in back
    same = words(seen(office, BUDI, f"{page_of(PARAFED)}/banding?lama={new}&baru={new}"))
    assert "sidiknya sama, jadi isinya sama persis" in same


def test_nothing_but_versions_of_the_case_is_compared(office: Office) -> None:
    for other in (office.letter["digest"], f"sha256:{'0' * 64}", "bukan-sidik"):
        told = words(seen(office, BUDI, f"{page_of(PARAFED)}/banding?lama={other}", 404))
        assert "hanya versi-versi dokumen perkara ini" in told
    assert "belum mempunyai dokumen" in words(seen(office, BUDI, f"{page_of(OPENED)}/banding"))


def test_versions_that_are_no_tables_are_compared_by_lines_or_said_not_to_be(office: Office) -> None:
    def named(data: bytes, name: str, media_type: str) -> DocumentRef:
        return DocumentRef.read(office.store(data, name, media_type), "test", "Dokumen")

    first = named(b"Baris satu\nBaris dua\n", "konsep.txt", "text/plain")
    second = named(b"Baris satu\nBaris kedua\n", "konsep.txt", "text/plain")
    printed = named(b"%PDF-1.7 konsep", "konsep.pdf", "application/pdf")
    again = named(b"%PDF-1.7 konsep lain", "konsep.pdf", "application/pdf")
    binary = named(b"\xff\xfe", "konsep.txt", "text/plain")
    long = named(b"x" * (MOST_TEXT + 1), "konsep.txt", "text/plain")
    with office.app.test_request_context("/"):
        (line,) = difference(first, second)["lines"]
        assert (line["before"], line["after"]) == (2, 2)
        assert line["change"]["words"] == [["same", "Baris "], ["out", "dua"], ["in", "kedua"]]
        for other, why in (
            (printed, "jenisnya berbeda"),
            (binary, "isinya tidak dapat dibaca"),
            (long, "teksnya terlalu panjang"),
        ):
            assert why in difference(first, other)["why"]
        assert "bukan tabel IKU dan bukan teks biasa" in difference(printed, again)["why"]


def test_a_page_goes_compressed_to_whoever_takes_that(office: Office) -> None:
    path = f"/perkara/{CASE.removeprefix('case:')}/jejak"
    plain, small = (desk(office.app, SRI).get(path, headers={"Accept-Encoding": one}) for one in ("identity", "gzip"))
    assert (plain.headers.get("Content-Encoding"), small.headers["Content-Encoding"]) == (None, "gzip")
    assert "Accept-Encoding" in plain.vary
    assert 4 * len(small.data) < len(plain.data)
    assert gzip.decompress(small.data).startswith(b"<!doctype html>")
