"""Periksa paraf and the public page, as they are read without a browser."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from keys.possession import prove
from ledger.notices import DISCLAIMER, SYNTHETIC
from tests.kit import CASE, FOUNDERS, INSPECTOR, ORIGIN, PEOPLE, key
from tests.served import Served, served
from tests.signed_in import desk

BUDI, AGUS, SRI = "budi-santoso", "agus-salim", "sri-wahyuni"
LIMITED = "case:22222222-2222-4222-8222-222222222222"
RUNNING = "case:33333333-3333-4333-8333-333333333333"
WITHDRAWN = "case:44444444-4444-4444-8444-444444444444"
#: Its draft is the mended IKU, which is returned.
RETURNED = "case:55555555-5555-4555-8555-555555555555"
#: It went all its way with the mended IKU, which the register was the first to name.
FOREIGN = "case:66666666-6666-4666-8666-666666666666"


class Office(Served):
    """A ledger with finished cases, ordinary and limited, one that is running, one that was withdrawn."""

    def live(self) -> None:
        self.open()
        self.register(INSPECTOR)
        self.name_in_register(self.iku_mended)
        opening = self.run()[0].recorded.leaf
        slip = {"leaf": opening, "field": "subject", "old": "Penyusunan IKU 2026", "new": "IKU Kecamatan 2026"}
        self.do(SRI, CASE, "correction.recorded", {"step": "1", "reason": "Salah tulis."} | slip)
        for official, kind, body in self.steps(case=LIMITED):
            limited = {"secrecy": "terbatas"} if kind == "disposition.issued" else {}
            self.do(official, LIMITED, kind, body | limited)
        self.run(case=RUNNING, upto=7)
        self.run(case=WITHDRAWN, upto=1)
        self.do(SRI, WITHDRAWN, "disposition.withdrawn", {"step": "1", "reason": "Salah surat."})
        for case, upto in ((FOREIGN, 12), (RETURNED, 4)):
            for official, kind, body in self.steps(case=case, iku=self.iku_mended)[:upto]:
                self.do(official, case, kind, body)
        back = {"step": "5", "decision": "returned", "document": self.iku_mended["digest"], "reason": "Satuan kosong."}
        self.do("ratna-sari", RETURNED, "typing.reviewed", back)

    def name_in_register(self, document: dict[str, object]) -> None:
        """Let the register refer to a document, as to the minutes of a second key of the clerk's."""
        second = key(f"{AGUS} 2")
        given = {"official": AGUS, "public_key": second.public.raw.hex()}
        given["possession"] = prove(ORIGIN, AGUS, second).decode()
        leaf = self.do(FOUNDERS[0], "register", "key.proposed", given).recorded.leaf
        self.do(FOUNDERS[1], "register", "key.approved", {"proposal": leaf, "berita_acara": document})


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with served(tmp_path_factory.mktemp("buku"), Office) as office:
        office.live()
        yield office


def seen(office: Served, path: str, status: int = 200, who: str | None = BUDI, **query: str) -> str:
    """Return a page, its entities resolved; ``who`` is None for somebody who is not signed in."""
    client = desk(office.app, who) if who else office.http
    answer = client.get(path, query_string=query or None, headers={"Accept": "text/html"})
    assert answer.status_code == status, answer.text
    return html.unescape(answer.text)


def words(page: str) -> str:
    page = re.sub(r"</?(?:span|a|strong|small|code)\b[^>]*>", "", page)
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def public(case: str) -> str:
    return f"/umum/{case.removeprefix('case:')}"


# --- periksa paraf ----------------------------------------------------------------------------------------


def test_every_mark_on_exactly_these_bytes_stands_with_what_the_service_says_of_it(office: Office) -> None:
    page = seen(office, "/periksa", sidik=office.iku["digest"])
    told = words(page)
    assert "Layanan menunjukkan 9 tanda pada persis isi ini." in told, "three cases"
    assert "Budi Santoso (sintetis), Sekretaris Kecamatan Kalipare (definitif), memberi paraf" in told
    assert told.count("Menurut layanan Tanda tangan elektronik terbukti · wewenang terbukti") == 9
    assert told.count("Diperiksa di peramban ini Belum: memerlukan JavaScript. tidak dapat dinilai") == 9


def test_a_return_stands_as_one(office: Office) -> None:
    told = words(seen(office, "/periksa", sidik=office.iku_mended["digest"]))
    assert "menunjukkan 4 tanda" in told
    assert "Pemeriksaan ketikan dikembalikan" in told


@pytest.mark.parametrize(
    "change",
    [str.upper, lambda one: one.removeprefix("sha256:"), lambda one: f" {one[:40]} {one[40:]}\n"],
    ids=["capitals", "bare", "broken over lines"],
)
def test_a_digest_may_be_pasted_as_people_paste(office: Office, change: Callable[[str], str]) -> None:
    assert "menunjukkan 9 tanda" in words(seen(office, "/periksa", sidik=change(office.iku["digest"])))


@pytest.mark.parametrize("text", ["bukan sidik", "sha256:12", "<script>alert(1)</script>"])
def test_what_is_no_digest_is_refused_in_words(office: Office, text: str) -> None:
    page = seen(office, "/periksa", status=400, sidik=text)
    assert "Yang ditempel bukan sidik dokumen." in page


def test_of_a_digest_without_a_mark_it_is_said_that_none_is_shown_and_not_that_there_is_none(office: Office) -> None:
    page = seen(office, "/periksa", sidik="sha256:" + "0" * 64)
    told = words(page)
    assert "Layanan ini tidak menunjukkan tanda apa pun pada isi ini. Bahwa tidak ada, tidak dapat dibuktikan" in told
    assert "Bila sidik ini seharusnya bertanda" in told
    assert "lain dari yang ditandatangani" not in told
    assert 'class="notice bad"' not in page


def test_a_document_without_a_mark_is_known_and_said_so(office: Office) -> None:
    told = words(seen(office, "/periksa", sidik=office.proof["digest"]))
    assert "Menurut layanan, buku besar ini mengenal isi ini." in told


def test_what_the_service_hides_cannot_be_told_from_what_is_not_and_that_is_always_said(office: Office) -> None:
    for digest in (office.iku["digest"], office.proof["digest"], "sha256:" + "a" * 64):
        assert "yang tidak tampak tidak terbukti tidak ada" in words(seen(office, "/periksa", sidik=digest))


def test_the_flags_of_a_mark_stand_beside_it(office: Office) -> None:
    told = words(seen(office, "/periksa", sidik=office.iku["digest"]))
    assert told.count("Identitas kunci belum dibuktikan: tidak ada berita acara.") == 9


def test_a_mark_in_question_is_never_shown_as_proved_without_that_word(tmp_path: Path) -> None:
    with served(tmp_path) as office:
        office.open()
        office.run(upto=6)
        office.do(FOUNDERS[0], "register", "key.revoked", {"keyid": key(BUDI).public.id, "reason": "compromised"})
        told = words(seen(office, "/periksa", who=SRI, sidik=office.iku["digest"]))
    assert told.count("Tanda tangan elektronik terbukti, tetapi DIPERTANYAKAN") == 1
    assert told.count("Tanda tangan elektronik terbukti · wewenang") == 1, "the review, by another"
    assert told.count("Dipertanyakan: kunci penandatangan dicabut") == 1, "its flag is not said twice"


def test_of_many_marks_25_are_shown_at_a_time_with_a_way_to_the_others(tmp_path: Path) -> None:
    with served(tmp_path) as office:
        office.open()
        for number in range(9):
            office.run(f"case:{uuid.UUID(int=number)}", 7)
        digest = office.iku["digest"]
        first = seen(office, "/periksa", sidik=digest)
        second = seen(office, "/periksa", sidik=digest, mulai="25")
    assert "Layanan menunjukkan 27 tanda pada persis isi ini. Di bawah ini tanda 1 sampai 25." in words(first)
    assert "Di bawah ini tanda 26 sampai 27." in words(second)
    listed = [re.findall(r'data-leaf="(\d+)"', page) for page in (first, second)]
    assert [len(one) for one in listed] == [25, 2]
    assert len({*listed[0], *listed[1]}) == 27
    assert re.findall(r'href="\?[^"]*&mulai=(\d+)', first) == ["25"]
    assert re.findall(r'href="\?[^"]*&mulai=(\d+)', second) == ["0"]


def test_whose_marks_are_asked_is_noted_for_a_document_that_is_here(office: Office) -> None:
    seen(office, "/periksa", who=AGUS, sidik=office.letter["digest"])
    seen(office, "/periksa", who=AGUS, sidik="sha256:" + "b" * 64)
    reads = desk(office.app, INSPECTOR).get("/v1/reads", query_string={"official": AGUS}).get_json()["reads"]
    assert [one["name"] for one in reads if one["what"] == "dokumen"] == [office.letter["digest"]]


# --- the public page --------------------------------------------------------------------------------------


def test_anybody_reads_the_few_facts_of_a_finished_case(office: Office) -> None:
    page = seen(office, public(CASE), who=None)
    told = words(page)
    for said in (
        "IKU Kecamatan 2026",
        "Penyusunan Indikator Kinerja Utama",
        "Nomor surat 070/1/35.07.11/2026",
        "Ditandatangani 2 Maret 2026, 08.00 WIB",
        "Paraf: Budi Santoso (sintetis), Sekretaris Kecamatan Kalipare",
        "Tanda tangan: Sri Wahyuni (sintetis), Camat Kalipare",
        office.iku["digest"],
        "Indikator kinerja utama",
        "contoh, bukan IKU Kalipare",
        str(office.ledger.signer.vkey),
        SYNTHETIC,
        DISCLAIMER,
    ):
        assert said in told, said
    assert told.count("Tanda tangan elektronik terbukti · wewenang terbukti") == 3


def test_the_public_page_shows_no_nip_and_nothing_of_letter_instructions_or_reasons(office: Office) -> None:
    page = seen(office, public(CASE), who=None)
    assert re.search(r"\d{18}", re.sub(r"[0-9a-f]{64}", "", page)) is None
    for hidden in ("060/12/35.07.1/2026", "Bagian Organisasi", "Susun sesuai", "Salah tulis", "821/1/2026", "Petugas"):
        assert hidden not in page
    assert not [name for name in PEOPLE if f">{name}<" in page]


@pytest.mark.parametrize(
    "case",
    [LIMITED, RUNNING, WITHDRAWN, "case:99999999-9999-4999-8999-999999999999", "case:bukan-perkara"],
    ids=["limited", "running", "withdrawn", "unknown", "no number"],
)
def test_any_other_case_has_no_public_page_and_all_are_told_the_same(office: Office, case: str) -> None:
    told = words(seen(office, public(case), status=404, who=None))
    assert "Perkara ini tidak mempunyai halaman umum." in told
    assert "IKU 2026" not in told


def test_a_document_that_a_later_signature_replaced_says_so_and_leads_to_the_later_one(office: Office) -> None:
    page = seen(office, public(CASE), who=None)
    assert "Dokumen ini sudah digantikan dokumen yang ditandatangani kemudian." in page
    assert re.findall(r'href="(/umum/[^"]+)"', page) == [public(FOREIGN)], "the others have no public page"
    assert "sudah digantikan" not in seen(office, public(FOREIGN), who=None)


def test_a_document_that_the_unit_was_not_the_first_to_name_nor_brought_is_not_opened_to_the_public(
    office: Office,
) -> None:
    told = words(seen(office, public(FOREIGN), who=None))
    assert office.iku_mended["digest"] in told
    assert "Isi dokumen ini tidak ditampilkan di halaman umum." in told
    assert "Indikator kinerja utama" not in told
    office.app.parts.sessions.note_brought(BUDI, office.iku_mended["digest"])
    assert "Indikator kinerja utama" in words(seen(office, public(FOREIGN), who=None))
