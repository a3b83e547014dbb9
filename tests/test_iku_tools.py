"""Help with typing an IKU: warnings by row and column, tables read into documents, and nothing of it is kept."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient

from api.iku_reading import COLUMNS
from ledger.iku import MAX_BYTES, MEDIA_TYPE, UNSTATED, IkuDocument, sample, sample_names
from ledger.iku_checks import warnings
from ledger.iku_import import MAX_BYTES as MOST_OF_A_TABLE
from ledger.iku_workbook import MAX_UNPACKED_BYTES
from tests.served import JSON, Served, asked, refused, served
from tests.signed_in import desk

ROW = {"objective": "Meningkatnya literasi", "indicator": "Persentase melek huruf"}
IKU: dict[str, Any] = {
    "format": "jejak.iku/1",
    "unit": "Kecamatan Kalipare (sintetis)",
    "period": {"first_year": 2026, "last_year": 2026},
    "rows": [ROW],
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("buku")) as office:
        office.open()
        yield office


@pytest.fixture(scope="module")
def ratna(office: Served) -> FlaskClient:
    """Return the client of Ratna, who drafts."""
    return desk(office.app, "ratna-sari")


def check(client: FlaskClient, document: bytes | dict[str, Any], media_type: str = JSON) -> Any:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return client.post("/v1/iku/checks", data=data, content_type=media_type)


def read(client: FlaskClient, data: bytes, name: str = "iku.csv", **said: str) -> Any:
    return client.post("/v1/iku/imports", data=data, query_string={"name": name} | said, content_type="text/csv")


def csv(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


# --- checks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sample_names())
def test_every_doubt_about_a_real_table_is_told_with_its_row_and_column(name: str, ratna: FlaskClient) -> None:
    said = asked(check(ratna, sample(name), MEDIA_TYPE), 200)
    document = IkuDocument.parse(sample(name))
    expected = [(one.rule, one.row, one.field, one.text) for one in warnings(document)]
    assert [(one["rule"], one["row"], one["field"], one["text"]) for one in said["warnings"]] == expected
    assert all(one["column"] == COLUMNS[one["field"]] for one in said["warnings"])
    assert said["rows"] == len(document.rows)


def test_a_document_in_another_spelling_is_checked_as_well(ratna: FlaskClient) -> None:
    spaced = json.dumps(IKU, indent=2).encode()
    assert {one["rule"] for one in asked(check(ratna, spaced), 200)["warnings"]} >= {"owner.missing", "target.missing"}


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ({"objective": "Literasi"}, "indicator", "indikator kinerja utama (baris ke-2)"),
        (ROW | {"measure": "dua\nbaris"}, "measure", "satuan (baris ke-2)"),
        (ROW | {"formula": " spasi di depan"}, "formula", "rumus (baris ke-2)"),
        (ROW | {"baseline": {"value": "x" * 101}}, "baseline", "baris ke-2"),
        (ROW | {"targets": [{"year": 26, "value": "7"}]}, "targets", "baris ke-2"),
    ],
)
def test_what_is_no_document_is_refused_by_row_and_column(
    row: dict[str, Any], field: str, words: str, ratna: FlaskClient
) -> None:
    answer = check(ratna, IKU | {"rows": [ROW, row]})
    refused(answer, 400, "iku.schema")
    said = answer.get_json()
    assert (said["row"], said["field"], said["column"]) == (2, field, COLUMNS[field])
    assert words in said["detail"]


@pytest.mark.parametrize(
    ("data", "media_type", "status", "rule"),
    [
        (b"{", JSON, 400, "json.syntax"),
        (b'{"unit":1.5}', JSON, 400, "json.float"),
        (b"[]", JSON, 400, "iku.schema"),
        (b" " * (MAX_BYTES + 1), JSON, 400, "iku.size"),
        (b"{}", "text/plain", 415, "request.media_type"),
    ],
)
def test_what_cannot_be_read_at_all_is_refused_with_its_reason(
    data: bytes, media_type: str, status: int, rule: str, ratna: FlaskClient
) -> None:
    refused(check(ratna, data, media_type), status, rule)


def test_a_document_of_the_greatest_size_is_checked(ratna: FlaskClient) -> None:
    rows = [ROW | {"formula": "x" * 3900} for _ in range(260)]
    data = json.dumps(IKU | {"rows": rows}).encode()
    assert MAX_BYTES * 0.95 < len(data) < MAX_BYTES
    assert asked(check(ratna, data), 200)["rows"] == 260


# --- imports --------------------------------------------------------------------------------------------------

TABLE = csv(
    "INDIKATOR KINERJA UTAMA KECAMATAN KALIPARE TAHUN 2026;;;;;",
    "No;Sasaran Strategis;Indikator Kinerja Utama;Satuan;Target 2026;Target 2027;Realisasi",
    "1;Meningkatnya layanan;Indeks kepuasan;nilai;77,5;80;x",
    "2;;Persentase surat tepat waktu;persen;90;95;x",
)


def test_a_table_is_read_and_all_that_was_guessed_is_told(ratna: FlaskClient) -> None:
    said = asked(read(ratna, TABLE), 200)
    document = IkuDocument.read(said["document"], "iku.schema", "Dokumen IKU")
    assert (document.unit, document.period.first_year, document.period.last_year) == ("KECAMATAN KALIPARE", 2026, 2027)
    assert [row.objective for row in document.rows] == ["Meningkatnya layanan"] * 2
    assert document.rows[0].targets[0].value == "77,5"
    assert [(one["heading"], one["field"], one["year"]) for one in said["columns"]] == [
        ("Sasaran Strategis", "objective", None),
        ("Indikator Kinerja Utama", "indicator", None),
        ("Satuan", "measure", None),
        ("Target 2026", "targets", 2026),
        ("Target 2027", "targets", 2027),
    ]
    assert said["columns"][1]["place"] == "Berkas iku.csv, baris 2, kolom C"
    assert said["unread"] == ["Realisasi"]
    assert said["guessed"] == [
        "Unit kerja diambil dari judul tabel: “KECAMATAN KALIPARE”.",
        "Periode diambil dari kolom target: 2026 sampai 2027.",
        "Sasaran yang kosong dianggap sama dengan yang di atasnya: 1 baris.",
    ]


def test_the_document_of_an_answer_is_canonical_as_its_members_stand(ratna: FlaskClient) -> None:
    said = asked(read(ratna, TABLE), 200)["document"]
    data = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    assert IkuDocument.parse(data).format() == data


def test_what_the_sender_says_is_not_guessed(ratna: FlaskClient) -> None:
    said = asked(read(ratna, TABLE, unit="Kecamatan Contoh", period="2025-2030"), 200)
    assert said["document"]["unit"] == "Kecamatan Contoh"
    assert said["document"]["period"] == {"first_year": 2025, "last_year": 2030}
    assert not [one for one in said["guessed"] if "judul" in one or "kolom target" in one]


@pytest.mark.parametrize(
    ("title", "unit", "period"),
    [
        ("IKU KECAMATAN KALIPARE TAHUN 2026 - 2030", "KECAMATAN KALIPARE", (2026, 2030)),
        ("Unit kerja : Dinas Pendidikan (2021 s.d. 2026)", "Dinas Pendidikan", (2021, 2026)),
        ("Inspektorat Kabupaten Malang, 2026", "Inspektorat Kabupaten Malang", (2026, 2026)),
    ],
)
def test_unit_and_period_are_found_in_a_title(
    title: str, unit: str, period: tuple[int, int], ratna: FlaskClient
) -> None:
    said = asked(read(ratna, csv(f'"{title}",', "Sasaran,Indikator", "Layanan,Kepuasan")), 200)["document"]
    assert (said["unit"], (said["period"]["first_year"], said["period"]["last_year"])) == (unit, period)


def test_a_table_without_objectives_says_so(ratna: FlaskClient) -> None:
    said = asked(read(ratna, csv("Uraian,Satuan", "Kepuasan,nilai"), unit="Kecamatan Contoh", period="2026"), 200)
    assert said["document"]["rows"][0]["objective"] == UNSTATED
    assert "tidak punya kolom sasaran" in said["guessed"][0]


def test_a_workbook_is_read_whatever_the_file_is_called(ratna: FlaskClient) -> None:
    said = asked(read(ratna, workbook(), "tabel", unit="Kecamatan Contoh", period="2026"), 200)
    assert said["document"]["rows"][0]["indicator"] == "Kepuasan"


def workbook() -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["Sasaran", "Indikator"], ["Layanan", "Kepuasan"]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def bomb() -> bytes:
    """Return a workbook that is small, and large once it is unpacked."""
    out = io.BytesIO(workbook())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/a.bin", b"\0" * (MAX_UNPACKED_BYTES + 1))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "rule", "words"),
    [
        (csv("Sasaran,Indikator", "Layanan,Kepuasan"), "iku.csv", "iku.table.document", "Unit kerja tidak disebut"),
        (csv("Kecamatan Contoh,", "Sasaran,Indikator", "L,K"), "iku.csv", "iku.table.document", "Periode"),
        (csv("Sasaran,Indikator", "Layanan,#REF!"), "iku.csv", "iku.table.document", "Unit kerja"),
        (csv("Dinas A 2026,", "Sasaran,Indikator", "Layanan,#REF!"), "iku.csv", "iku.table.cell", "baris 3, kolom B"),
        (b"%PDF-1.7", "iku.pdf", "iku.table.kind", "bukan tabel"),
        (b"PK\x03\x04 bukan zip", "iku.xlsx", "iku.table.xlsx", "rusak"),
        (bomb(), "iku.xlsx", "iku.table.size", "setelah dibuka"),
        (b"x" * (MOST_OF_A_TABLE + 1), "iku.csv", "iku.table.size", "lebih dari"),
    ],
    ids=["no unit", "no period", "no unit first", "a broken cell", "a PDF", "no zip", "a zip bomb", "too large"],
)
def test_what_is_no_table_is_refused_and_says_where(
    data: bytes, name: str, rule: str, words: str, ratna: FlaskClient
) -> None:
    answer = read(ratna, data, name)
    refused(answer, 400, rule)
    assert words in answer.get_json()["detail"]


def test_nothing_of_what_was_sent_is_kept(office: Served, ratna: FlaskClient) -> None:
    def everything() -> set[str]:
        return {str(one) for one in office.folder.rglob("*") if "documents" in one.parts}

    before, leaves = everything(), office.size()
    asked(check(ratna, sample("kecamatan-sidemen")), 200)
    asked(read(ratna, TABLE), 200)
    assert (everything(), office.size()) == (before, leaves)


@pytest.mark.parametrize("path", ["/v1/iku/checks", "/v1/iku/imports?name=iku.csv"])
def test_a_page_of_another_site_cannot_use_a_readers_cookie(path: str, office: Served) -> None:
    browser = office.browser("ratna-sari")
    answer = browser.post(path, data=TABLE, content_type="text/csv", headers={"Origin": "https://jahat.example"})
    refused(answer, 403, "access.origin")
