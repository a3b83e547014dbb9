"""The IKU document: nothing typed is lost, one spelling, warnings instead of refusals, clear import faults."""

from __future__ import annotations

import doctest
import io
import re
import struct
import time
import zipfile
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

import ledger.iku
from keys import strict_json
from keys.errors import Malformed, NotFound
from keys.fields import Decimal, tidy
from ledger.iku import MAX_BYTES, UNSTATED, IkuDocument, figure, sample, sample_names
from ledger.iku_checks import CheckWarning, warnings
from ledger.iku_import import read_table, unread_columns
from ledger.iku_workbook import MAX_UNPACKED_BYTES

# --- the document -------------------------------------------------------------------------------------------

COMPLETE_ROW: dict[str, Any] = {
    "objective": "Meningkatnya tata kelola desa",
    "indicator": "Persentase desa dengan tata kelola baik",
    "formula": "Jumlah desa baik / jumlah desa x 100%",
    "rationale": "Mengukur pembinaan desa",
    "sources": ["Laporan evaluasi desa"],
    "owner": "Kasi Pemerintahan",
    "measure": "persen",
    "baseline": {"year": 2018, "value": "70"},
    "targets": [
        {"year": 2019, "value": "75"},
        {"year": 2020, "value": "80.5"},
        {"year": 2021, "value": "85"},
        {"year": 2022, "value": "90"},
        {"year": 2023, "value": "95"},
    ],
}


def plain_document(*rows: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "format": "jejak.iku/1",
        "unit": "Kecamatan Contoh",
        "period": {"first_year": 2019, "last_year": 2023},
        "legal_basis": [],
        "rows": list(rows) or [COMPLETE_ROW],
    } | members


def document(*rows: dict[str, Any], **members: Any) -> IkuDocument:
    return IkuDocument.read(plain_document(*rows, **members), "test", "Dokumen")


def refused(data: bytes) -> str:
    with pytest.raises(Malformed) as caught:
        IkuDocument.parse(data)
    return caught.value.rule


def test_the_worked_example_of_the_specification_holds() -> None:
    result = doctest.testmod(ledger.iku)
    assert result.attempted >= 3
    assert result.failed == 0


_CHARACTERS = st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp", "Cn", "Co"])
_LATIN = st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_categories=["Cc", "Cf", "Zs"])
_LINES = st.text(_LATIN, min_size=1, max_size=40)
_PIECES = st.text(_CHARACTERS, max_size=40).map(lambda text: tidy(text).strip()).filter(bool)
_TEXTS = st.lists(_PIECES, min_size=1, max_size=3).map("\n\t".join)
_YEARS = st.integers(1945, 9999)
_ROWS = st.fixed_dictionaries(
    {
        "objective": _TEXTS,
        "indicator": _TEXTS,
        "sources": st.lists(_TEXTS, max_size=3),
        "targets": st.lists(st.fixed_dictionaries({"year": _YEARS, "value": _LINES}), max_size=3),
    },
    optional={
        "formula": _TEXTS,
        "rationale": _TEXTS,
        "owner": _LINES,
        "measure": _LINES,
        "baseline": st.fixed_dictionaries({"value": _LINES}, optional={"year": _YEARS}),
    },
)
_DOCUMENTS = st.builds(
    lambda rows, unit, years: document(*rows, unit=unit, period={"first_year": min(years), "last_year": max(years)}),
    st.lists(_ROWS, min_size=1, max_size=4),
    _LINES,
    st.tuples(_YEARS, _YEARS),
)


@settings(deadline=None)
@given(_DOCUMENTS)
def test_any_document_formats_and_parses_back_to_itself_and_can_be_checked(made: IkuDocument) -> None:
    assert IkuDocument.parse(made.format()) == made
    assert all(1 <= doubt.row <= len(made.rows) and doubt.text for doubt in warnings(made))


def test_long_and_odd_text_survives_unchanged() -> None:
    odd = '“Al-Qur\'an” \\ "≥ 77,5 %" <b>&amp;</b> ½ 漢字 👩🏽‍🌾 \t tab\nbaris dua ' + "x" * 3900 + "."
    made = document(COMPLETE_ROW | {"formula": odd})
    assert IkuDocument.parse(made.format()).rows[0].formula == odd


@pytest.mark.parametrize("value", ["77,5", "n/a", "55%", "± 3", "WTP", "seratus"])
def test_a_figure_is_kept_as_it_was_typed(value: str) -> None:
    made = document(COMPLETE_ROW | {"targets": [{"year": 2019, "value": value}]})
    assert IkuDocument.parse(made.format()).rows[0].targets[0].value == value


@pytest.mark.parametrize(
    "respell",
    [
        lambda data: data.replace(b'":', b'": ', 1),
        lambda data: data + b"\n",
        lambda data: data.replace(b"Kecamatan", b"\\u004becamatan"),
        lambda data: data.replace(b'"legal_basis":[],', b""),
        lambda data: data.replace(b'"legal_basis":[],', b'"legal_basis":[],"label":null,'),
        lambda data: data.replace(b'"first_year":2019,"last_year":2023', b'"last_year":2023,"first_year":2019'),
    ],
    ids=["space", "line end", "escape", "left-out list", "null", "order"],
)
def test_another_spelling_of_the_same_document_is_refused(respell: Any) -> None:
    data = document().format()
    assert respell(data) != data
    assert refused(respell(data)) == "iku.canonical"


@pytest.mark.parametrize(
    "change",
    [
        {"format": "jejak.iku/2"},
        {"rows": []},
        {"rows": [COMPLETE_ROW] * 501},
        {"rows": [{"objective": "Sasaran"}]},
        {"rows": [COMPLETE_ROW | {"indicator": " di tepi "}]},
        {"rows": [COMPLETE_ROW | {"formula": "x" * 4001}]},
        {"rows": [COMPLETE_ROW | {"targets": [{"year": 2019, "value": "1" * 101}]}]},
        {"rows": [COMPLETE_ROW | {"realisasi": "55"}]},
        {"period": {"first_year": 2023, "last_year": 2019}},
        {"period": {"first_year": "2019", "last_year": 2023}},
        {"unit": ""},
    ],
)
def test_a_document_outside_the_schema_is_refused(change: dict[str, Any]) -> None:
    assert refused(strict_json.dumps(plain_document(**change))) == "iku.schema"


def test_a_document_over_one_mebibyte_is_neither_read_nor_written() -> None:
    assert refused(b" " * (MAX_BYTES + 1)) == "iku.size"
    with pytest.raises(Malformed) as caught:
        document(*[COMPLETE_ROW | {"formula": "x" * 4000}] * 300).format()
    assert caught.value.rule == "iku.size"


def test_bytes_that_are_not_strict_json_are_refused() -> None:
    assert refused(b'{"format":') == "json.syntax"
    assert refused(document().format().replace(b"Contoh", b"\xe2\x80\xae")) == "json.character"


# --- figures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("78,75", "78.75"),
        ("55%", "55"),
        ("55 persen", "55"),
        ("77.5", "77.5"),
        ("77,50", "77.5"),
        ("100,0 %", "100"),
        ("0,125", "0.125"),
        ("-3", "-3"),
        ("-0", "0"),
        ("1.234.567", "1234567"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("12345,678", "12345.678"),
        ("1.234", None),
        ("1,234", None),
        ("1.234.56", None),
        ("1.234,5.6", None),
        ("n/a", None),
        ("", None),
        ("%", None),
        ("≥ 90", None),
        ("070", None),
        ("٧", None),
        ("9" * 16, None),
    ],
)
def test_a_figure_is_read_only_where_there_is_one_way_to_read_it(text: str, number: str | None) -> None:
    assert figure(text) == number


@given(st.from_regex(r"-?[0-9.,]{1,20} ?%?", fullmatch=True) | st.text(max_size=10))
def test_a_figure_is_a_canonical_decimal_that_reads_back_as_itself(text: str) -> None:
    number = figure(text)
    if number is not None:
        TypeAdapter(Decimal).validate_python(number)
        assert figure(number + "%") in (number, None)
        assert number != "-0"


# --- the examples -------------------------------------------------------------------------------------------

SOURCE = (Path(__file__).parent / "data" / "iku-samples.md").read_text("utf-8")
SOURCE_TEXT = " ".join(SOURCE.split())


def rows_of(name: str) -> Any:
    return IkuDocument.parse(sample(name)).rows


def test_every_example_is_canonical_and_labelled_as_not_kalipares_own() -> None:
    assert len(sample_names()) >= 8
    for name in sample_names():
        label = IkuDocument.parse(sample(name)).label
        assert label is not None
        assert label.startswith("contoh, bukan IKU Kalipare")


def test_sidemens_rows_are_those_of_the_source() -> None:
    table = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in SOURCE.splitlines()
        if re.match(r"\| \d \|", line)
    ]
    assert len(table) == 4
    objective = ""
    for cells, row in zip(table, rows_of("kecamatan-sidemen"), strict=True):
        objective = objective if cells[1] == "(sama)" else cells[1]
        assert [row.objective, row.indicator, row.formula, *row.sources] == [objective, *cells[2:]]
        assert (row.rationale, row.owner, row.measure, row.baseline, row.targets) == (None,) * 4 + ((),)


@pytest.mark.parametrize("name", ["malang-inspektorat", "malang-pengelola-data-elektronik", "malang-dinas-pendidikan"])
def test_the_rows_of_kabupaten_malangs_form_are_those_of_the_source(name: str) -> None:
    for number, row in enumerate(rows_of(name), 1):
        cells = [row.indicator, row.formula, row.rationale, "; ".join(row.sources)]
        assert f"{number}. {' | '.join(cells)}." in SOURCE_TEXT
        assert row.objective == UNSTATED


def test_the_rows_of_the_forms_with_unit_owner_and_target_are_those_of_the_source() -> None:
    (paud,) = rows_of("kulon-progo")
    assert f"{paud.indicator} | {paud.measure} | {paud.owner} | {paud.sources[0]}." in SOURCE_TEXT
    (quran,) = rows_of("kota-sukabumi")
    row = f"{quran.indicator} | {quran.measure} | {quran.baseline.value} | {quran.targets[0].value} ..."
    assert row in SOURCE_TEXT
    assert (quran.baseline.year, quran.targets[0].year) == (2017, 2019)
    (audit,) = rows_of("sampang")
    assert f"{audit.indicator} | {audit.measure} | {audit.targets[0].value} | n/a | n/a." in SOURCE_TEXT


def test_sidemens_real_defects_are_all_warned_about() -> None:
    found = {(doubt.row, doubt.rule) for doubt in warnings(IkuDocument.parse(sample("kecamatan-sidemen")))}
    missing = ("measure.missing", "owner.missing", "baseline.missing", "target.missing")
    assert found == {
        *((row, rule) for row in range(1, 5) for rule in ("source.person", *missing)),
        *((row, "formula.target") for row in (1, 3, 4)),
        (2, "measure.in-name"),
    }


def test_sidemens_mended_version_raises_no_warning_and_says_it_is_made_up() -> None:
    mended = IkuDocument.parse(sample("kecamatan-sidemen-perbaikan"))
    assert warnings(mended) == []
    assert mended.label is not None
    assert "sintetis" in mended.label
    assert [row.objective for row in mended.rows] == [row.objective for row in rows_of("kecamatan-sidemen")]


@pytest.mark.parametrize("name", ["kalipare", "../fields", "", "kecamatan-sidemen.json"])
def test_an_example_that_is_not_shipped_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        sample(name)


# --- warnings: each rule once where it speaks, once where it must not -----------------------------------------


def doubts(*rows: dict[str, Any]) -> list[CheckWarning]:
    return warnings(document(*rows))


def changed(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in (COMPLETE_ROW | members).items() if value is not None}


def another(**members: Any) -> dict[str, Any]:
    return changed(indicator="Indikator lain") | members


def targets(*pairs: tuple[int, str]) -> dict[str, Any]:
    return changed(targets=[{"year": year, "value": value} for year, value in pairs])


@pytest.mark.parametrize(
    ("rule", "field", "wrong", "right"),
    [
        ("objective.missing", "objective", [changed(objective=UNSTATED)], [changed()]),
        (
            "objective.spelling",
            "objective",
            [changed(), another(objective="Meningkatnya Tata-kelola Desa")],
            [changed(), another(), another(objective="Sasaran lain", indicator="Satu lagi")],
        ),
        ("indicator.duplicate", "indicator", [changed(), changed()], [changed(), another()]),
        (
            "measure.in-name",
            "indicator",
            [changed(indicator="% Desa tepat waktu")],
            [changed(indicator="Persentase desa yang serapannya di atas 90% tepat waktu")],
        ),
        (
            "measure.in-name",
            "indicator",
            [changed(indicator="Desa tepat waktu (%)")],
            [changed(indicator="Desa tepat waktu (APBDes)")],
        ),
        ("formula.target", "formula", [changed(formula="A / B x 100% = 100")], [changed(formula="A / B x 100%")]),
        ("formula.target", "formula", [changed(formula="A/B =100%")], [changed(formula="Nilai = 100 x A / B")]),
        ("formula.target", "formula", [changed(formula="A ≥ 77,5 persen.")], [changed(formula="A = 1.000 / B")]),
        ("source.person", "sources", [changed(sources=["Kasi Pemerintahan"])], [changed(sources=["Kasus baru"])]),
        ("source.person", "sources", [changed(sources=["Plt. Camat"])], [changed(sources=["Kecamatan dalam angka"])]),
        (
            "source.person",
            "sources",
            [changed(sources=["Buku agenda", "Kepala Desa"])],
            [changed(sources=["Laporan Kasi Kesos", "Kasi PMD: daftar hadir"])],
        ),
        ("owner.missing", "owner", [changed(owner=None)], [changed()]),
        ("measure.missing", "measure", [changed(measure=None)], [changed()]),
        ("baseline.missing", "baseline", [changed(baseline=None)], [changed(baseline={"value": "70"})]),
        ("target.missing", "targets", [targets()], [changed()]),
        ("target.missing", "targets", [targets((2019, "75"))], [changed()]),
        (
            "figure.mixed",
            "targets",
            [targets((2019, "82.5%"), (2020, "82.5")) | {"baseline": {"value": "WTP"}}],
            [targets((2019, "82.5%"), (2020, "83 %")) | {"baseline": {"value": "80%"}}],
        ),
        (
            "figure.mixed",
            "targets",
            [targets((2019, "80%"), (2020, "≥ 82.5 persen")) | {"baseline": {"value": "70%"}}],
            [targets((2019, "80"), (2020, "≥ 82.5"), (2021, "WTP"), (2022, "n/a"))],
        ),
        ("figure.mixed", "targets", [changed(baseline={"year": 2018, "value": "70%"})], [changed()]),
        ("figure.comma", "targets", [targets((2019, "78,75"))], [targets((2019, "78.75"))]),
        (
            "figure.comma",
            "baseline",
            [changed(baseline={"year": 2017, "value": "77,5"})],
            [changed(baseline={"year": 2017, "value": "77, naik"})],
        ),
        ("figure.none", "targets", [targets((2019, "n/a"))], [targets((2019, "nihil"))]),
        (
            "figure.none",
            "baseline",
            [changed(baseline={"year": 2017, "value": "-"})],
            [changed(baseline={"year": 2017, "value": "-1"})],
        ),
        (
            "target.before-baseline",
            "targets",
            [changed(baseline={"year": 2019, "value": "70"})],
            [changed(baseline={"value": "70"})],
        ),
        ("target.outside-period", "targets", [targets((2024, "80"))], [targets((2019, "80"), (2023, "90"))]),
        ("target.twice", "targets", [targets((2019, "8"), (2019, "9"))], [targets((2019, "8"), (2020, "8"))]),
    ],
)
def test_a_rule_warns_about_its_defect_and_about_nothing_else(
    rule: str, field: str, wrong: list[dict[str, Any]], right: list[dict[str, Any]]
) -> None:
    (doubt,) = [doubt for doubt in doubts(*wrong) if doubt.rule == rule]
    assert (doubt.row, doubt.field) == (len(wrong), field)
    assert doubt.text.endswith(".")
    assert rule not in {doubt.rule for doubt in doubts(*right)}


def test_a_complete_row_raises_no_warning() -> None:
    assert doubts(COMPLETE_ROW) == []


def test_a_warning_names_what_was_typed_and_the_years() -> None:
    row = targets((2019, "78,75"), (2020, "80"), (2021, "81,5"), (2022, "82"), (2023, "83"))
    (doubt,) = doubts(row)
    assert "2019, 2021" in doubt.text
    assert "78,75" in doubt.text


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ((2019, 2020, 2021, 2022), "2023"),
        ((2019, 2021, 2022), "2020, 2023"),
        ((2020, 2023), "2019, 2021-2022"),
        ((2023, 2019), "2020-2022"),
        ((2018, 2024), "2019-2023"),
    ],
)
def test_the_years_of_the_period_without_a_target_are_named_in_one_warning(written: tuple[int, ...], said: str) -> None:
    row = targets(*((year, "80") for year in written)) | {"baseline": {"value": "70"}}
    (doubt,) = [doubt for doubt in doubts(row) if doubt.rule == "target.missing"]
    assert doubt.text == f"Target tahun {said} belum diisi."


def test_the_mixed_form_is_shown_as_it_was_typed_with_its_years() -> None:
    row = targets((2019, "75"), (2020, "82.5%"), (2021, "82.5"), (2022, "90%"), (2023, "95"))
    (doubt,) = doubts(row | {"baseline": {"value": "WTP"}})
    assert "target tahun 2019 “75”, target tahun 2020 “82.5%”. " in doubt.text


# --- import ---------------------------------------------------------------------------------------------------

HEADER = ["No.", "SASARAN STRATEGIS", "Indikator Kinerja Utama", "Alasan/penjelasan (formula)", "Sumber data"]
HEADER += ["Satuan", "Penanggung Jawab", "Kondisi awal 2017", "Target 2019", "2020"]
BODY: list[list[Any]] = [
    [1, "Tata kelola desa", "Persentase desa baik", "A / B\nx 100%", "LHP; SK Bupati", "%", "Kasi", "77,5", "n/a", 80],
    [None, None, "Desa tepat waktu", "A; B", None, None, None, None, None, None],
    ["2", "Partisipasi", 'Musrenbang "desa"', None, "Daftar hadir", "orang", None, 12, 77.5, 1000],
    ["", "(sama)", "Rapat", None, None, None, None, None, None, None],
]
EXPECTED: list[dict[str, Any]] = [
    {
        "objective": "Tata kelola desa",
        "indicator": "Persentase desa baik",
        "formula": "A / B\nx 100%",
        "sources": ["LHP", "SK Bupati"],
        "owner": "Kasi",
        "measure": "%",
        "baseline": {"year": 2017, "value": "77,5"},
        "targets": [{"year": 2019, "value": "n/a"}, {"year": 2020, "value": "80"}],
    },
    {
        "objective": "Tata kelola desa",
        "indicator": "Desa tepat waktu",
        "formula": "A; B",
        "sources": [],
        "targets": [],
    },
    {
        "objective": "Partisipasi",
        "indicator": 'Musrenbang "desa"',
        "sources": ["Daftar hadir"],
        "measure": "orang",
        "baseline": {"year": 2017, "value": "12"},
        "targets": [{"year": 2019, "value": "77.5"}, {"year": 2020, "value": "1000"}],
    },
    {"objective": "Partisipasi", "indicator": "Rapat", "sources": [], "targets": []},
]
TITLES: list[list[Any]] = [["INDIKATOR KINERJA UTAMA"], ["Kecamatan Contoh, 2019-2023"], []]


def xlsx(*rows: list[Any], **more_sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "IKU"
    for row in rows:
        sheet.append(row)
    for title, others in more_sheets.items():
        extra = book.create_sheet(title)
        for row in others:
            extra.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_text(delimiter: str, *rows: list[Any]) -> str:
    def quoted(cell: Any) -> str:
        text = "" if cell is None else str(cell)
        return '"' + text.replace('"', '""') + '"' if re.search(f'[{delimiter}"\n]', text) else text

    return "".join(delimiter.join(quoted(cell) for cell in row) + "\r\n" for row in rows)


def imported(data: bytes, name: str = "iku.xlsx", first_year: int = 2019, last_year: int = 2023) -> IkuDocument:
    return read_table(data, name, unit="Kecamatan Contoh", first_year=first_year, last_year=last_year)


def not_imported(data: bytes, name: str = "iku.xlsx", **years: int) -> Malformed:
    with pytest.raises(Malformed) as caught:
        imported(data, name, **years)
    return caught.value


def test_a_spreadsheet_becomes_the_document_that_it_shows() -> None:
    assert imported(xlsx(*TITLES, HEADER, *BODY)) == document(*EXPECTED)


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["no mark", "byte order mark"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"], ids=["semicolon", "comma", "tab"])
def test_a_csv_in_any_of_three_dialects_becomes_the_same_document(delimiter: str, mark: str) -> None:
    data = (mark + csv_text(delimiter, *TITLES, HEADER, *BODY)).encode()
    assert imported(data, "iku.CSV") == document(*EXPECTED)


def test_what_the_caller_says_about_the_table_is_in_the_document() -> None:
    made = read_table(
        xlsx(HEADER, *BODY),
        "iku.xlsx",
        unit="Kecamatan Kalipare",
        first_year=2020,
        last_year=2021,
        legal_basis=("Perbup 28/2013",),
        label="contoh",
    )
    assert (made.unit, made.legal_basis, made.label) == ("Kecamatan Kalipare", ("Perbup 28/2013",), "contoh")
    assert (made.period.first_year, made.period.last_year) == (2020, 2021)


def test_sidemens_table_as_a_spreadsheet_is_sidemens_example() -> None:
    rows = [
        re.split(r" ?\| ?", line)[1:-1]
        for line in SOURCE.splitlines()
        if line.startswith(("| No", "| 1", "| 2", "| 3"))
    ]
    made = imported(xlsx(*rows), first_year=2017, last_year=2021)
    assert made.rows == rows_of("kecamatan-sidemen")


def test_kabupaten_malangs_form_without_objectives_is_imported_and_warned_about() -> None:
    data = xlsx(["No", "Uraian", "Formula", "Alasan", "Sumber Data"], [1, "Rasio guru", "A/B", "Mutu", "SIM\nBKD"])
    (row,) = imported(data).rows
    assert (row.objective, row.formula, row.rationale) == (UNSTATED, "A/B", "Mutu")
    assert row.sources == ("SIM", "BKD")
    assert "objective.missing" in {doubt.rule for doubt in warnings(imported(data))}


def test_years_in_a_second_header_row_belong_to_the_heading_above_them() -> None:
    data = xlsx(
        ["Indikator", "Satuan", "Kondisi awal", "Target", None, "Realisasi", None],
        [None, None, 2017, 2019, 2020, 2019, 2020],
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"],
        ["Melek huruf", "Persen", "77,5", "78,75", "80", "79", "81"],
    )
    (row,) = imported(data).rows
    assert row.plain()["baseline"] == {"year": 2017, "value": "77,5"}
    assert row.plain()["targets"] == [{"year": 2019, "value": "78,75"}, {"year": 2020, "value": "80"}]
    assert unread_columns(data, "iku.xlsx") == ("Realisasi 2019", "Realisasi 2020")


def test_columns_that_an_iku_has_no_place_for_are_named_rather_than_lost_in_silence() -> None:
    data = csv_text(",", ["IKU", "Satuan", "Target", "Realisasi", "Capaian"], ["Temuan", "%", "55%", "n/a", "n/a"])
    assert unread_columns(data.encode(), "s.csv") == ("Realisasi", "Capaian")
    (row,) = imported(data.encode(), "s.csv", first_year=2019, last_year=2019).rows
    assert row.plain()["targets"] == [{"year": 2019, "value": "55%"}]


def test_numbers_in_cells_become_the_text_that_was_seen() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["IKU", *range(2011, 2019)])
    sheet.append(["A", 77.5, 100.0, 0.55, 1, 0.1 + 0.2, 1e21, 55, date(2019, 1, 31)])
    for cell, shown in {"D2": "0%", "E2": "0.00%", "H2": '0"%"'}.items():
        sheet[cell].number_format = shown
    (row,) = imported(saved(book)).rows
    seen = [target.value for target in row.targets]
    assert seen == ["77.5", "100", "55%", "100%", "0.3", "1" + "0" * 21, "55%", "2019-01-31"]


def test_merged_objectives_hold_for_all_their_rows() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(["Sasaran", "IKU"], ["S", "A"], [None, "B"], ["T", "C"])))
    sheet = book.active
    assert sheet is not None
    sheet.merge_cells("A2:A3")
    assert [row.objective for row in imported(saved(book)).rows] == ["S", "S", "T"]


def test_an_objective_on_a_line_of_its_own_holds_for_the_indicators_below_it() -> None:
    rows = imported(xlsx(["Sasaran", "IKU"], ["S"], [None, "A"], [None, "B"])).rows
    assert [(row.objective, row.indicator) for row in rows] == [("S", "A"), ("S", "B")]


def test_a_header_repeated_on_the_next_page_is_not_a_row() -> None:
    rows = imported(xlsx(["Sasaran", "IKU"], ["S", "A"], ["Sasaran", "IKU"], ["T", "B"])).rows
    assert [row.indicator for row in rows] == ["A", "B"]


FORMULA = xlsx(["Sasaran", "IKU", "2019", "2020", "Realisasi"], ["S", "A", "80", "=C2+5", None], ["T", "B", "1", "2"])
SHEET = "xl/worksheets/sheet1.xml"


def with_cell(data: bytes, place: str, cell: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        old = archive.read(SHEET)
    new = re.sub(rb'<c r="%s".*?(?:/>(?=<c|</row)|</c>)' % place.encode(), cell, old, count=1)
    assert new != old
    return with_member(data, SHEET, new)


def test_a_formula_without_a_saved_result_is_refused_with_its_place_and_what_to_do() -> None:
    fault = not_imported(FORMULA)
    assert fault.rule == "iku.table.formula"
    assert fault.detail.startswith("Lembar “IKU”, baris 2, kolom D berisi rumus ")
    assert "LibreOffice" in fault.allowed


def test_a_formula_counts_as_the_result_that_the_file_holds() -> None:
    saved_by_excel = with_cell(FORMULA, "D2", b'<c r="D2"><f>C2+5</f><v>85</v></c>')
    assert [target.value for target in imported(saved_by_excel).rows[0].targets] == ["80", "85"]


@pytest.mark.parametrize("value", [b"<v></v>", b"<v/>"])
def test_a_formula_whose_saved_result_is_empty_text_is_an_empty_cell(value: bytes) -> None:
    empty = with_cell(FORMULA, "D2", b'<c r="D2" t="str"><f>IF(TRUE,"")</f>' + value + b"</c>")
    assert [target.year for target in imported(empty).rows[0].targets] == [2019]


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([["Sasaran", "IKU", '="Target "&2019'], ["S", "A", "80"]], "baris 1, kolom C"),
        ([["IKU", "Target", None], [None, "2019", "=B2+1"], ["A", "1", "2"]], "baris 2, kolom C"),
        ([["Judul"], ["Sasaran", '="Indikator"'], ["S", "A"]], "baris 2, kolom B"),
        ([["Sasaran", "IKU"], ["=X1", "=X2"], ["=Y1", "=Y2"]], "baris 2, kolom A"),
        ([["Sasaran", "IKU"], ["S", "A"], ["T", "=X2"]], "baris 3, kolom B"),
    ],
    ids=["heading", "year below a heading", "the only indicator heading", "every row", "last row"],
)
def test_a_formula_without_a_result_is_found_wherever_it_would_lose_something(rows: list[Any], place: str) -> None:
    fault = not_imported(xlsx(*rows))
    assert (fault.rule, place in fault.detail) == ("iku.table.formula", True), fault


@pytest.mark.parametrize(
    "rows",
    [
        [["No", "Sasaran", "IKU"], ["=ROW()-1", "S", "A"]],
        [["Sasaran", "IKU", "Realisasi"], ["S", "A", "=X1"]],
        [["=TODAY()"], ["Sasaran", "IKU"], ["S", "A"]],
    ],
    ids=["row number", "column left out", "above the header"],
)
def test_a_formula_without_a_result_that_no_document_would_hold_is_passed_over(rows: list[Any]) -> None:
    assert [row.indicator for row in imported(xlsx(*rows)).rows] == ["A"]


def test_a_long_formula_that_many_cells_share_is_not_worked_out_for_each() -> None:
    master = b'<c r="C2"><f t="shared" ref="C2:C4000" si="0">' + b"+A1" * 4_000 + b"</f></c>"
    shared = b"".join(b'<row r="%d"><c r="C%d"><f t="shared" si="0"/></c></row>' % (n, n) for n in range(4, 4000))
    with zipfile.ZipFile(io.BytesIO(with_cell(FORMULA, "C2", master))) as archive:
        sheet = archive.read(SHEET).replace(b"</sheetData>", shared + b"</sheetData>")
    began = time.monotonic()
    assert not_imported(with_member(FORMULA, SHEET, sheet)).rule == "iku.table.formula"
    assert time.monotonic() - began < 5


def test_a_hidden_sheet_is_not_read() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(["Sasaran", "IKU"], ["S", "A"], Lama=[["No", "IKU"], [1, "X"]])))
    book["Lama"].sheet_state = "hidden"
    assert [row.indicator for row in imported(saved(book)).rows] == ["A"]


def with_member(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, content)
    return out.getvalue()


GOOD = xlsx(HEADER, *BODY)
_LAUGHS = b'<!DOCTYPE s [<!ENTITY a "%s">' % (b"ha" * 5000) + b"".join(
    b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(8)
)


@pytest.mark.parametrize(
    ("rule", "data", "name"),
    [
        ("iku.table.size", b"x" * (5 * 1024 * 1024 + 1), "iku.csv"),
        ("iku.table.size", with_member(GOOD, "xl/media/a.bin", b"\0" * (MAX_UNPACKED_BYTES + 1)), "iku.xlsx"),
        ("iku.table.kind", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "iku.xls"),
        ("iku.table.kind", b"%PDF-1.7", "iku.pdf"),
        ("iku.table.kind", b"", "iku.xlsx"),
        ("iku.table.xlsx", b"PK\x03\x04 bukan zip", "iku.xlsx"),
        ("iku.table.xlsx", GOOD[: len(GOOD) // 2], "iku.xlsx"),
        ("iku.table.xlsx", with_member(GOOD, "xl/workbook.xml", b"<a>"), "iku.xlsx"),
        ("iku.table.xlsx", with_member(GOOD, "xl/worksheets/sheet1.xml", _LAUGHS + b"]><s>&i;</s>"), "iku.xlsx"),
        ("iku.table.encoding", "IKU;Satuan\nRöntgen;%\n".encode("latin-1"), "iku.csv"),
        ("iku.table.csv", b'IKU;Satuan\nA;"%\nB;%\n', "iku.csv"),
        ("iku.table.header", b"", "iku.csv"),
        ("iku.table.header", b"INDIKATOR KINERJA UTAMA\nA;B\n", "iku.csv"),
        ("iku.table.header", xlsx(["Nama", "Alamat"], ["a", "b"]), "iku.xlsx"),
        ("iku.table.sheets", xlsx(HEADER, *BODY, Lama=[HEADER, *BODY]), "iku.xlsx"),
        ("iku.table.column", b"IKU;Uraian\nA;B\n", "iku.csv"),
        ("iku.table.column", b"IKU;Target 2019;2019\nA;1;2\n", "iku.csv"),
        ("iku.table.year", b"IKU;Target\nA;1\n", "iku.csv"),
        ("iku.table.rows", b"IKU;Satuan\n;\n", "iku.csv"),
        ("iku.table.rows", b"IKU;Satuan\n" + b"A;%\n" * 501, "iku.csv"),
        ("iku.table.rows", b"IKU;Satuan\nA;%\n" + b"\n" * 5000, "iku.csv"),
        ("iku.table.rows", xlsx(["IKU", "Satuan"], ["A", "%"], *[[None]] * 5000, ["B", "%"]), "iku.xlsx"),
        ("iku.table.cell", b"Sasaran;IKU;Formula\nS;A;B\n;;Catatan kaki\n", "iku.csv"),
        ("iku.table.cell", b"Sasaran;IKU\nS;A\nMengetahui, Camat;\n", "iku.csv"),
        ("iku.table.cell", b"Sasaran;IKU\nS;\nT;A\n", "iku.csv"),
        ("iku.table.cell", b"IKU;2019\nA;#DIV/0!\n", "iku.csv"),
        ("iku.table.cell", b"IKU;2019\nA;" + b"1" * 101 + b"\n", "iku.csv"),
        ("iku.table.cell", b"IKU;Sumber\nA;" + b'"' + b"x;" * 51 + b'"\n', "iku.csv"),
        ("json.character", "IKU;2019\nA\u202e;1\n".encode(), "iku.csv"),
        ("json.character", b"IKU;2019\nA\0;1\n", "iku.csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_rule(rule: str, data: bytes, name: str) -> None:
    fault = not_imported(data, name)
    assert fault.rule == rule, fault


def test_a_fault_names_sheet_row_and_column() -> None:
    long = xlsx(*TITLES, ["No", "Indikator", "Satuan"], [1, "A", "x" * 301])
    assert not_imported(long).detail == "Lembar “IKU”, baris 5, kolom C berisi 301 karakter."
    control = "No;IKU\n\n1;A\u200eB\n".encode()
    assert not_imported(control, "iku.csv").detail.startswith("Berkas iku.csv, baris 3, kolom B ")


def test_a_period_or_unit_that_a_document_cannot_have_is_refused() -> None:
    assert not_imported(GOOD, first_year=2023, last_year=2019).rule == "iku.table.document"
    with pytest.raises(Malformed) as caught:
        read_table(GOOD, "iku.xlsx", unit="Kecamatan\x00", first_year=2019, last_year=2023)
    assert caught.value.rule == "iku.table.document"


def test_a_row_number_beyond_any_spreadsheet_ends_the_reading() -> None:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    far = sheet.replace(b"</sheetData>", b'<row r="99999999999"><c r="A1"><v>1</v></c></row></sheetData>')
    assert far != sheet
    assert imported(with_member(GOOD, "xl/worksheets/sheet1.xml", far)) == document(*EXPECTED)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_spreadsheet_is_read_or_refused_but_never_breaks(place: int, noise: bytes) -> None:
    damaged = GOOD[:place] + noise + GOOD[place + len(noise) :]
    with suppress(Malformed):
        imported(damaged)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_spreadsheet_with_damaged_parts_is_read_or_refused_but_never_breaks(data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        name = data.draw(st.sampled_from([n for n in archive.namelist() if n.endswith((".xml", ".rels"))]))
        part = archive.read(name)
    place = data.draw(st.integers(0, len(part) - 1))
    noise = data.draw(st.sampled_from([b"0", b"-1", b"9" * 30, b'"', b"<", b"s", b"\xff", b"e", struct.pack("d", 1)]))
    with suppress(Malformed):
        imported(with_member(GOOD, name, part[:place] + noise + part[place + 1 :]))


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_csv_is_read_or_refused_but_never_breaks(tail: bytes) -> None:
    with suppress(Malformed):
        made = imported(b"IKU;Satuan;2019\n" + tail, "iku.csv")
        assert IkuDocument.parse(made.format()) == made
