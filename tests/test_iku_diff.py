"""What changed between two versions: no text is lost, no row is told twice, and a long text is told in time."""

from __future__ import annotations

import doctest
import time
from typing import Any

import click
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import ledger.word_diff
from api.diff_shapes import iku_json, lines_json
from api.diff_words import LEGEND, NO_WORDS, iku_page, lines_page
from keys import strict_json
from ledger.iku import IkuDocument, sample
from ledger.iku_diff import IkuChange, RowChange, TextChange, compare
from ledger.word_diff import Words, compare_items, compare_lines, compare_words

SECOND = {"objective": "Meningkatnya tertib administrasi", "indicator": "Persentase surat yang diarsipkan"}
THIRD = {"objective": "Meningkatnya kepuasan warga", "indicator": "Nilai survei kepuasan masyarakat"}
FIRST: dict[str, Any] = {
    "objective": "Meningkatnya tata kelola desa",
    "indicator": "Persentase desa dengan tata kelola baik",
    "formula": "Jumlah desa baik / jumlah desa x 100% = 100",
    "sources": ["Laporan evaluasi desa", "Register desa"],
    "owner": "Kasi Pemerintahan",
    "baseline": {"year": 2018, "value": "70"},
    "targets": [{"year": 2019, "value": "75"}, {"year": 2020, "value": "80.5"}],
}


def document(*rows: dict[str, Any], **members: Any) -> IkuDocument:
    plain = {"format": "jejak.iku/1", "unit": "Kecamatan Contoh", "period": {"first_year": 2019, "last_year": 2023}}
    return IkuDocument.read(plain | {"rows": list(rows)} | members, "test", "Dokumen")


def joined(words: Words, side: str) -> str:
    return "".join(text for op, text in words if op in ("same", side))


def outcome(found: IkuChange) -> list[tuple[str, int | None, int | None]]:
    return [(row.state, row.before, row.after) for row in found.rows]


def only(changes: tuple[TextChange, ...]) -> TextChange:
    (one,) = changes
    return one


def changed(row: RowChange) -> dict[str, str]:
    """Return the changed members of a row, as marks without the page around them."""
    marks = {"same": "{}", "out": "[{}]", "in": "<{}>"}
    return {one.name: "".join(marks[op].format(text) for op, text in one.words) for one in row.changes}


# --- texts ------------------------------------------------------------------------------------------------


def test_the_worked_example_of_the_specification_holds() -> None:
    result = doctest.testmod(ledger.word_diff)
    assert (result.attempted, result.failed) == (1, 0)


_SMALL = st.lists(st.sampled_from(["desa", "x", "100%", " ", "  ", "\n", "\n  ", "\t"]), max_size=30).map("".join)
_ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(deadline=None)
@given(st.one_of(st.tuples(_SMALL, _SMALL), st.tuples(_ANY, _ANY)), st.sampled_from([compare_words, compare_items]))
def test_the_pieces_make_both_texts_again_with_every_space(texts: tuple[str, str], comparing: Any) -> None:
    words, coarse = comparing(*texts)
    assert (joined(words, "out"), joined(words, "in")) == texts
    assert all(text for _, text in words)
    kinds = "".join(op[0] for op, _ in words)
    assert not [twice for twice in ("ss", "oo", "ii", "io") if twice in kinds], "out before in, one of each"
    assert not coarse
    assert comparing(texts[0], texts[0])[0] == ((("same", texts[0]),) if texts[0] else ())


@given(st.lists(st.sampled_from(["a", "b c", "", "d"]), max_size=12), st.lists(st.sampled_from(["a", "b", ""])))
def test_the_lines_that_did_not_change_are_the_same_in_both_texts(old: list[str], new: list[str]) -> None:
    texts = ["".join(f"{line}\n" for line in lines) for lines in (old, new)]
    found = compare_lines(*texts)
    gone, come = {one.before for one in found}, {one.after for one in found}
    kept = [[line for at, line in enumerate(lines, 1) if at not in told] for lines, told in ((old, gone), (new, come))]
    assert kept[0] == kept[1]
    for one in found:
        assert (one.before is None, one.after is None) == (one.old is None, one.new is None)
        assert one.before is None or old[one.before - 1] == one.old == joined(one.words, "out")
        assert one.after is None or new[one.after - 1] == one.new == joined(one.words, "in")


def test_words_between_the_same_words_are_exchanged_and_nothing_else() -> None:
    words, _ = compare_words("Jumlah desa baik dibagi jumlah desa", "Jumlah desa tertib dibagi seluruh jumlah desa")
    assert words == (
        ("same", "Jumlah desa "),
        ("out", "baik"),
        ("in", "tertib"),
        ("same", " dibagi "),
        ("in", "seluruh "),
        ("same", "jumlah desa"),
    )


def test_a_text_too_repetitive_to_align_in_time_is_out_and_in_whole_and_says_so() -> None:
    old, new = "mulai " + "a b " * 900 + "selesai", "mulai " + "b a b " * 600 + "usai"
    started = time.perf_counter()
    words, coarse = compare_words(old, new)
    assert time.perf_counter() - started < 2
    assert coarse
    assert words[0] == ("same", "mulai ")
    assert (joined(words, "out"), joined(words, "in")) == (old, new)
    lines = compare_lines(old.replace(" ", "\n"), new.replace(" ", "\n"))
    assert lines
    assert all(line.coarse for line in lines)


def test_200_rows_of_long_texts_are_compared_in_time() -> None:
    def rows(turn: int) -> list[dict[str, Any]]:
        return [
            {
                "objective": f"Sasaran {at} " + " ".join(f"tujuan{(at * 7 + n) % 90}" for n in range(40)),
                "indicator": f"Indikator {at} " + " ".join(f"ukuran{(at * 11 + n * turn) % 120}" for n in range(40)),
                "formula": " ".join(f"kata{(at + n * n * turn) % 300}" for n in range(500)),
            }
            for at in range(200)
        ]

    started = time.perf_counter()
    found = compare(document(*rows(1)), document(*rows(2)))
    assert time.perf_counter() - started < 15, "a second or two where nothing else runs"
    assert len(found.rows) >= 200


# --- rows -------------------------------------------------------------------------------------------------

_WORDS = st.lists(st.sampled_from(["persentase", "desa", "jumlah", "surat", "warga", "nilai"]), min_size=1, max_size=4)
_TEXTS = _WORDS.map(" ".join)
_ROWS = st.fixed_dictionaries(
    {"objective": _TEXTS, "indicator": _TEXTS},
    optional={
        "formula": _TEXTS,
        "sources": st.lists(st.sampled_from(["a", "b", "a\nb", "a b"]), max_size=2),
        "baseline": st.sampled_from([{"value": "7"}, {"value": "7", "year": 2018}]),
        "targets": st.lists(st.sampled_from([{"year": 2019, "value": "7"}, {"year": 2020, "value": "8"}]), max_size=2),
    },
)
_DOCUMENTS = st.lists(_ROWS, min_size=1, max_size=6).map(lambda rows: document(*rows))


@settings(deadline=None)
@given(_DOCUMENTS, _DOCUMENTS)
def test_every_row_of_both_sides_is_told_once_and_the_other_direction_tells_the_same(
    old: IkuDocument, new: IkuDocument
) -> None:
    found, back = compare(old, new), compare(new, old)
    assert sorted(row.before for row in found.rows if row.before) == list(range(1, len(old.rows) + 1))
    assert [row.after for row in found.rows if row.after] == list(range(1, len(new.rows) + 1))
    for row in found.rows:
        was = old.rows[row.before - 1] if row.before else None
        now = new.rows[row.after - 1] if row.after else None
        assert row.row == now or (now is None and row.row == was)
        assert (was == now) == (row.state in ("kept", "moved")) == (not row.changes)
        assert (row.state == "added", row.state == "removed") == (was is None, now is None)
        for one in row.changes:
            assert one.before != one.after
            assert (joined(one.words, "out"), joined(one.words, "in")) == (one.before or "", one.after or "")
    assert {(row.before, row.after) for row in found.rows} == {(row.after, row.before) for row in back.rows}
    states = ("changed", "kept", "moved", "added", "removed")
    counts = {state: found.count(state) for state in states}
    turned = {"added": back.count("removed"), "removed": back.count("added")}
    assert counts == {state: back.count(state) for state in states} | turned
    assert found.nothing == (old == new)
    assert strict_json.loads(strict_json.dumps(iku_json(found))) == iku_json(found)


@given(_DOCUMENTS)
def test_the_same_document_has_no_change(made: IkuDocument) -> None:
    found = compare(made, made)
    assert found.nothing
    assert outcome(found) == [("kept", at, at) for at in range(1, len(made.rows) + 1)]
    assert iku_page(found) == NO_WORDS


@given(_DOCUMENTS, st.randoms(use_true_random=False))
def test_rows_in_another_order_only_move(made: IkuDocument, chance: Any) -> None:
    rows = list(made.rows)
    chance.shuffle(rows)
    assume(rows != list(made.rows))
    found = compare(made, made.model_copy(update={"rows": tuple(rows)}))
    assert {row.state for row in found.rows} <= {"kept", "moved"}
    assert found.count("moved") > 0


def test_a_row_above_makes_no_row_below_move() -> None:
    found = compare(document(FIRST, SECOND), document(THIRD, FIRST, SECOND))
    assert outcome(found) == [("added", None, 1), ("kept", 1, 2), ("kept", 2, 3)]


def test_of_two_that_change_places_the_equal_one_stays_in_both_directions() -> None:
    other = SECOND | {"owner": "Kasi Umum"}
    for old, new in (((FIRST, SECOND), (other, FIRST)), ((other, FIRST), (FIRST, SECOND))):
        found = compare(document(*old), document(*new))
        assert {(row.state, row.moved) for row in found.rows} == {("kept", False), ("changed", True)}


def test_a_reworded_row_stays_the_same_row_and_another_row_does_not() -> None:
    reworded = SECOND | {"indicator": "Persentase surat keluar yang diarsipkan"}
    assert outcome(compare(document(SECOND), document(THIRD, reworded))) == [("added", None, 1), ("changed", 1, 2)]
    other = SECOND | {"indicator": "Rata-rata lama pelayanan"}
    assert outcome(compare(document(SECOND), document(other))) == [("added", None, 1), ("removed", 1, None)]


def test_of_two_rows_that_are_alike_the_more_alike_is_taken() -> None:
    near = FIRST | {"indicator": "Persentase desa dengan tata kelola sangat baik"}
    nearer = FIRST | {"owner": "Sekretaris"}
    assert outcome(compare(document(FIRST), document(near, nearer))) == [("added", None, 1), ("changed", 1, 2)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"formula": "Jumlah desa baik = 100"}, {"formula": "Jumlah desa baik [/ jumlah desa x 100% ]= 100"}),
        ({"sources": ["Laporan evaluasi desa"]}, {"sources": "Laporan evaluasi desa[\nRegister desa]"}),
        (
            {"sources": ["Laporan evaluasi desa\nRegister desa"]},
            {"sources": "Laporan evaluasi desa\n<  >Register desa"},
        ),
        ({"baseline": {"value": "70"}}, {"baseline": "70 [(2018)]<(tahun tidak disebut)>"}),
        ({"baseline": None}, {"baseline": "[70 (2018)]"}),
        ({"measure": "persen"}, {"measure": "<persen>"}),
        (
            {"targets": [{"year": 2019, "value": "75"}, {"year": 2020, "value": "82"}, {"year": 2021, "value": "82"}]},
            {"targets": "2019: 75\n[2020: 80.5]<2020: 82\n2021: 82>"},
        ),
        ({"targets": [{"year": 2019, "value": "76"}, FIRST["targets"][1]]}, {"targets": "2019: [75]<76>\n2020: 80.5"}),
    ],
)
def test_each_member_of_a_row_tells_its_words(change: dict[str, Any], words: dict[str, str]) -> None:
    (row,) = compare(document(FIRST), document(FIRST | change)).rows
    assert (row.state, changed(row)) == ("changed", words)


@pytest.mark.parametrize(
    ("name", "change", "before", "after"),
    [
        ("unit", "Kecamatan Lain", "Kecamatan Contoh", "Kecamatan Lain"),
        ("period", {"first_year": 2019, "last_year": 2024}, "2019–2023", "2019–2024"),
        ("legal_basis", ["Permendagri 86/2017", "Perbup 3/2019"], None, "Permendagri 86/2017\nPerbup 3/2019"),
        ("label", "contoh", None, "contoh"),
    ],
)
def test_each_member_of_the_header_tells_its_change(name: str, change: Any, before: str | None, after: str) -> None:
    found = compare(document(FIRST), document(FIRST, **{name: change}))
    one = only(found.header)
    assert (one.name, one.before, one.after) == (name, before, after)
    assert found.count("kept") == 1
    assert not found.nothing


# --- for people -------------------------------------------------------------------------------------------


def test_the_two_samples_of_sidemen_are_told_row_by_row() -> None:
    old, new = (IkuDocument.parse(sample(f"kecamatan-sidemen{name}")) for name in ("", "-perbaikan"))
    page = iku_page(compare(old, new))
    assert page.startswith(f"Baris: 4 berubah.\n{LEGEND}\n")
    for words in (
        "- Keterangan: contoh, bukan IKU Kalipare: [-IKU 2017-2021",
        "- Rumus: Jumlah desa dengan tata kelola baik / jumlah seluruh desa x 100% [-= 100-]",
        "- Indikator: [-%-] {+Persentase+} Desa yang dapat mengelola APBDes tepat waktu",
        "- Sumber data: [-Kasi Kesos-] {+Daftar hadir pembinaan organisasi dan lembaga desa+}",
        "- Kondisi awal: {+60 (2016)+}",
        "- Target: {+2017: 80; 2018: 85; 2019: 90; 2020: 95; 2021: 100+}",
    ):
        assert words in page, words
    assert max(map(len, page.splitlines())) <= 100
    assert "\x1b" not in page


def test_rows_that_came_went_and_moved_say_from_where() -> None:
    old = document(FIRST, SECOND, THIRD, SECOND | {"indicator": "Rata-rata lama pelayanan"})
    new = document(THIRD, FIRST, SECOND | {"owner": "Kasi Umum"}, THIRD | {"indicator": "Jumlah aduan"})
    page = iku_page(compare(old, new))
    assert page.startswith("Baris: 1 berubah, 1 baru, 1 dihapus, 1 hanya pindah tempat, 1 tetap.")
    assert "Baris 1 pindah tempat, dulu baris 3; isinya tetap “Nilai survei kepuasan masyarakat”." in page
    assert "Baris 3 berubah (dulu baris 2) “Persentase surat yang diarsipkan”:\n" in page
    assert "Baris 4 baru:\n  - Sasaran: {+Meningkatnya kepuasan warga+}\n" in page
    assert "Baris lama 4 dihapus:\n  - Sasaran: [-Meningkatnya tertib administrasi-]\n" in page


def test_colour_only_adds_to_the_marks() -> None:
    found = compare(document(FIRST), document(FIRST | {"owner": "Kasi Tata Pemerintahan", "formula": "Jumlah desa"}))
    page = iku_page(found, colour=True)
    assert "Kasi \x1b[32m{+Tata+}\x1b[0m Pemerintahan" in page
    assert "\x1b[31m[-baik" in page
    assert click.unstyle(page) == iku_page(found)


def test_a_text_that_holds_marks_itself_is_shown_whole_and_never_in_colour() -> None:
    forged = FIRST | {"formula": "Jumlah desa {+yang disetujui Camat+} x 100%"}
    page = iku_page(compare(document(FIRST), document(forged)), colour=True)
    assert "- Rumus, dulu: Jumlah desa baik / jumlah desa x 100% = 100" in page
    assert "- Rumus, kini: Jumlah desa {+yang disetujui Camat+} x 100%" in page
    title = SECOND | {"indicator": "Persentase {+surat+}"}
    assert "surat" not in iku_page(compare(document(title), document(title | {"owner": "Kasi"})))


def test_long_unchanged_text_is_shortened_on_the_page_only() -> None:
    long = " ".join(f"kata{n}" for n in range(300))
    found = compare(document(FIRST | {"formula": long}), document(FIRST | {"formula": f"{long} usai"}))
    page = iku_page(found)
    assert "kata0 kata1" in page
    assert " … " in page
    assert "kata150" not in page
    assert "kata299 {+usai+}" in " ".join(page.split())
    assert iku_json(found)["rows"][0]["changes"][0]["after"] == f"{long} usai"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [("a  b", "a b", "[-(2 spasi)-] {+(1 spasi)+}"), ("a b", "a\nb", "[-(1 spasi)-] {+(ganti baris)+}")],
)
def test_white_space_that_changed_is_said_in_words(old: str, new: str, words: str) -> None:
    assert words in iku_page(compare(document(FIRST | {"formula": old}), document(FIRST | {"formula": new})))


def test_a_text_that_was_not_aligned_word_by_word_says_so_on_the_page() -> None:
    old, new = FIRST | {"formula": "a b " * 900 + "a"}, FIRST | {"formula": "b a b " * 600 + "b"}
    assert "tidak semua katanya dibandingkan satu per satu" in iku_page(compare(document(old), document(new)))


def test_lines_of_a_plain_text_are_told_with_their_numbers() -> None:
    found = compare_lines("Kepada Camat\nHal: IKU\nTembusan\n", "Kepada\r\nHal: IKU\r\n\r\nTembusan\r\n")
    page = lines_page(found)
    assert page.startswith("Baris teks yang berubah: 2.")
    assert "- Baris 1: Kepada [-Camat-]" in page
    assert "- Baris 3: {+(baris kosong)+}" in page
    assert [(one["before"], one["after"], one["change"]["after"]) for one in lines_json(found)] == [
        (1, 1, "Kepada"),
        (None, 3, ""),
    ]
    assert "hanya tanda ganti barisnya" in lines_page(compare_lines("a\nb", "a\r\nb\r\n"))
