"""The page of one document: exactly these bytes, the marks on them, and nobody to whom they do not belong."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from ledger.iku import MAX_ROWS, MEDIA_TYPE, IkuDocument, sample
from tests.kit import CASE
from tests.test_access import JOKO, SOP_OF_PAGAK, SRI, YULI, TwoUnits, may_read, office, session_of

__all__ = ["office"]  # two kecamatan, each with a case that went all its way

OURS = f"/perkara/{CASE.removeprefix('case:')}"
#: A case of the other kecamatan whose concept is named by the digest of ours.
NAMED = "case:66666666-6666-4666-8666-666666666667"
NINA = "nina-marlina"


def words(answer: TestResponse, status: int = 200) -> str:
    """Return the text of the main part of a page on one line."""
    assert answer.status_code == status, answer.text
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    assert main is not None
    page = re.sub(r"</?(?:span|a|strong|small|code|del|ins)\b[^>]*>", "", main[0])
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def page(office: TwoUnits, official: str, path: str) -> TestResponse:
    return office.http.get(path, headers=session_of(office, official) | {"Accept": "text/html"}, buffered=True)


def test_a_document_is_shown_with_its_digest_its_rows_and_every_mark_on_exactly_these_bytes(office: TwoUnits) -> None:
    told = words(page(office, SRI, f"{OURS}/dokumen/{office.iku['digest']}"))
    assert office.iku["digest"] in told
    assert "Isi yang tersimpan di sini terhadap sidik itu: terbukti" in told
    assert "Jumlah desa dengan tata kelola baik / jumlah seluruh desa x 100% = 100" in told
    assert "perlu diperiksa" in told
    assert "Tanda pada persis isi ini (3)" in told
    for who in ("Ratna Sari (sintetis)", "Budi Santoso (sintetis)", "Sri Wahyuni (sintetis)"):
        assert who in told
    assert "Ini versi terakhir dalam perkara ini. Ditandatangani, dan belum digantikan" in told


def test_a_paper_that_is_no_table_is_offered_as_a_file_with_who_named_it(office: TwoUnits) -> None:
    answer = page(office, SRI, f"{OURS}/dokumen/{office.letter['digest']}")
    told = words(answer)
    assert f'href="/v1/documents/{office.letter["digest"]}" download="surat.pdf"' in answer.text
    assert "Belum ada pemeriksaan, paraf, atau tanda tangan pada isi ini." in told
    assert "Siapa menyebutnya, kapan Sri Wahyuni (sintetis), Camat Kalipare" in told
    assert "<img" not in answer.text


def test_only_documents_of_the_case_itself_have_a_page_in_it(office: TwoUnits) -> None:
    for digest in (office.iku_mended["digest"], office.unnamed["digest"], f"sha256:{'0' * 64}", "surat.pdf"):
        told = words(page(office, SRI, f"{OURS}/dokumen/{digest}"), 404)
        assert "tidak menyebut dokumen dengan sidik itu" in told


@pytest.fixture(scope="module")
def named(office: TwoUnits) -> str:
    """Let the other kecamatan bring our table into a case of theirs by naming its digest; return the case's page."""
    enacted = office.app.parts.ledger.stream(f"sop:{SOP_OF_PAGAK}")
    assert enacted is not None
    sop = {"slug": SOP_OF_PAGAK, "leaf": enacted.leaf}
    (_, opening, disposition), (_, direction, said) = office.steps(case=NAMED)[:2]
    office.do(YULI, NAMED, opening, disposition | {"sop": sop})
    office.do(JOKO, NAMED, direction, said)
    office.do(NINA, NAMED, "concept.drafted", {"step": "3", "document": office.iku})
    return f"/perkara/{NAMED.removeprefix('case:')}"


@pytest.mark.parametrize("room", ["/dokumen/{digest}", "/banding?lama={digest}&baru={digest}", "/banding"])
def test_naming_another_units_document_opens_neither_its_page_nor_a_comparison(
    room: str, named: str, office: TwoUnits
) -> None:
    path = named + room.format(digest=office.iku["digest"])
    answer = page(office, YULI, path)
    assert "tata kelola" not in words(answer, 403)
    assert answer.status_code == page(office, YULI, f"/v1/documents/{office.iku['digest']}").status_code
    assert may_read(office, "an inspector", path).status_code == 200


def test_reading_a_document_on_its_page_is_noted_as_reading_it(office: TwoUnits) -> None:
    path = f"{OURS}/dokumen/{office.proof['digest']}"
    assert page(office, "budi-santoso", path).status_code == 200
    reads = page(office, "wahyu-hidayat", "/v1/reads?official=budi-santoso").get_json()["reads"]
    assert ("dokumen", office.proof["digest"]) in [(one["what"], one["name"]) for one in reads]


def test_bytes_that_were_altered_or_are_gone_are_said_so_and_never_shown(office: TwoUnits) -> None:
    path = f"{OURS}/dokumen/{office.iku['digest']}"
    file = next(
        one
        for one in Path(office.folder).rglob(f"*{office.iku['digest'].removeprefix('sha256:')[2:]}*")
        if one.is_file()
    )
    kept = file.read_bytes()
    file.chmod(0o600)
    try:
        file.write_bytes(kept.replace(b"tata kelola", b"tata kelula"))
        told = words(page(office, SRI, path))
        assert "Isi yang tersimpan di sini terhadap sidik itu: tidak cocok" in told
        assert "Isi yang tersimpan di sini terhadap sidiknya: tidak cocok" in words(page(office, SRI, OURS))
        assert "tata kel" not in told
        file.unlink()
        told = words(page(office, SRI, path))
        assert "terhadap sidik itu: tidak dapat dinilai" in told
        assert "Isi dokumen ini tidak ada di sini" in told
    finally:
        file.write_bytes(kept)
    assert "terhadap sidik itu: terbukti" in words(page(office, SRI, path))


def table_of(rows: int) -> bytes:
    """Return an IKU of so many rows, made up."""
    document: dict[str, Any] = IkuDocument.parse(sample("kecamatan-sidemen")).plain()
    row = document["rows"][0]
    document["rows"] = [row | {"indicator": f"Indikator nomor {number}"} for number in range(1, rows + 1)]
    return IkuDocument.read(document, "test", "Tabel").format()


def test_a_long_table_has_pages_that_miss_no_row_and_repeat_none(office: TwoUnits) -> None:
    long = office.store(table_of(MAX_ROWS), "panjang.json", MEDIA_TYPE)
    case = "case:77777777-7777-4777-8777-777777777778"
    (camat, opening, disposition), (sekcam, direction, said), (evapor, drafted, concept) = office.steps(case=case)[:3]
    office.do(camat, case, opening, disposition)
    office.do(sekcam, case, direction, said)
    office.do(evapor, case, drafted, concept | {"document": long})
    start = path = f"/perkara/{case.removeprefix('case:')}/dokumen/{long['digest']}"
    found: list[str] = []
    while path:
        answer = page(office, SRI, path)
        found += re.findall(r"Indikator nomor ([0-9]+)<", answer.text)
        assert len(answer.data) < 60_000
        following = re.search(r'href="(\?baris=[0-9]+)">Baris berikutnya', answer.text)
        path = start + following[1] if following else ""
    assert found == [str(number) for number in range(1, MAX_ROWS + 1)]
