"""The browser takes for an IKU document exactly what Python takes for one, and draws as a table nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser

from keys import strict_json
from ledger.iku import MAX_BYTES, MAX_ROWS, MAX_SOURCES, MAX_VALUE, MEDIA_TYPE, IkuDocument, sample, sample_names
from tests.browser.judge import Judge, Refusal, by_python, judging, mutations, random_texts

LOUD = "Bukan tabel IKU: ada isi yang tidak ditampilkan"
ROW: dict[str, Any] = {"objective": "Literasi", "indicator": "Melek huruf", "sources": [], "targets": []}
FULL: dict[str, Any] = {
    "objective": "Literasi",
    "indicator": "Melek huruf",
    "formula": "A / B",
    "rationale": "Alasan",
    "sources": ["Laporan"],
    "owner": "Kasi",
    "measure": "persen",
    "baseline": {"year": 2025, "value": "77,5"},
    "targets": [{"year": 2026, "value": "80"}],
}
IKU: dict[str, Any] = {
    "format": "jejak.iku/1",
    "unit": "Kecamatan Kalipare (sintetis)",
    "period": {"first_year": 2026, "last_year": 2026},
    "legal_basis": ["Peraturan contoh"],
    "label": "contoh",
    "rows": [FULL],
}
WRONG: list[Any] = [None, True, 0, -1, "", " ", "x\ny", "a  b", " x", "字", "\u200b", "x" * 5000]
WRONG += [[], {}, [None], {"a": 1}]


@pytest.fixture(scope="module")
def judge(browser: Browser) -> Iterator[Judge]:
    """Yield the modules in a browser."""
    with judging(browser) as found:
        yield found


def spelt(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def written(data: bytes) -> bytes:
    return IkuDocument.parse(data).format()


def changed(value: Any) -> Iterator[Any]:
    """Yield the value with each of its parts, at any depth, left out or replaced by what may not stand there."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        if isinstance(value, dict):
            yield {other: one for other, one in value.items() if other != name}
            yield {**value, "keputusan": "Rp5.000.000.000"}
            yield dict(reversed(value.items()))
            yield from ({**value, name: other} for other in (*WRONG, *changed(part)))
        else:
            yield from ([*value[:name], other, *value[name + 1 :]] for other in (*WRONG, *changed(part)))


def cases() -> list[bytes]:
    """Return documents, and what is nearly one."""
    datas = [sample(name) for name in sample_names()]
    datas += [one for name in sample_names() for one in mutations(sample(name), 60, 17)]
    full = [spelt(one) for one in changed(IKU)]
    datas += [spelt(IKU), *full]
    for text in random_texts(150, 18):
        datas += [spelt(IKU | {"rows": [FULL | {name: text}]}) for name in ("objective", "owner")]
        datas += [spelt(IKU | {"rows": [FULL | {"targets": [{"year": 2026, "value": text}]}]})]
    for count in (MAX_ROWS, MAX_ROWS + 1):
        datas.append(spelt(IKU | {"rows": [ROW] * count}))
    for count in (MAX_SOURCES, MAX_SOURCES + 1):
        datas.append(spelt(IKU | {"legal_basis": ["a"] * count}))
        datas.append(spelt(IKU | {"rows": [FULL | {"sources": ["a"] * count}]}))
        datas += [spelt(IKU | {"rows": [FULL | {"targets": [{"year": 2026, "value": "1"}] * count}]})]
    for sign in ("a", "\U0001f600"):  # Python counts characters, JavaScript halves of some
        datas += [spelt(IKU | {"rows": [FULL | {"formula": sign * count}]}) for count in (4000, 4001)]
        datas += [spelt(IKU | {"rows": [FULL | {"baseline": {"value": sign * n}}]}) for n in (MAX_VALUE, MAX_VALUE + 1)]
    datas += [spelt(IKU | {"unit": "a" * count}) for count in (300, 301)]
    for year in (1944, 1945, 9999, 10000, 2**53 - 1):
        datas += [spelt(IKU | {"period": {"first_year": year, "last_year": last}}) for last in (1945, 9999, year)]
    datas += [b"", b"[]", b"null", b'{"rows":[null]}', b'{"__proto__":1}', json.dumps(IKU).encode()]
    datas += [b" " * (MAX_BYTES + 1), spelt(IKU | {"__proto__": {"a": 1}, "10": 1})]
    datas.append(spelt(IKU | {"rows": [ROW | {"formula": "x" * 3000}] * 300}))
    return datas


def test_an_iku_document_is_read_or_refused_as_python_does(judge: Judge) -> None:
    datas = cases()
    expected = [by_python(partial(written, one)) for one in datas]
    found = judge.all([("readDocument", one) for one in datas])
    assert [(one, *pair) for one, *pair in zip(datas, expected, found, strict=True) if pair[0] != pair[1]] == []
    rules = [one.rule for one in expected if isinstance(one, Refusal)]
    assert {"iku.schema", "iku.canonical", "iku.size", "json.syntax"} < set(rules)
    assert 50 < len(rules) < len(datas) - 20


def test_only_what_is_exactly_an_iku_document_is_drawn_as_a_table(judge: Judge) -> None:
    datas = random.Random(3).sample(cases(), 60)  # noqa: S311  reproducible, no secret
    datas += [spelt(IKU), sample(sample_names()[0])]
    expected = [by_python(partial(written, one)) for one in datas]
    found = judge.all([("viewOf", one, MEDIA_TYPE) for one in datas])
    for one, (drawn, text, _) in zip(expected, found, strict=True):
        assert drawn == ("text" if isinstance(one, Refusal) else "table")
        assert (LOUD in text) == isinstance(one, Refusal)


def test_all_that_a_document_says_stands_in_its_table(judge: Judge) -> None:
    drawn, text, _ = judge("viewOf", spelt(IKU), MEDIA_TYPE)
    assert drawn == "table"
    texts = ["Kecamatan Kalipare (sintetis), 2026", "Peraturan contoh", "contoh", "Literasi", "Melek huruf", "A / B"]
    texts += ["Alasan", "Laporan", "Kasi", "persen", "2025: 77,5", "2026: 80"]
    assert [one for one in texts if one not in text] == []


def test_what_a_document_says_besides_is_shown_as_it_stands_and_never_as_a_table(judge: Judge) -> None:
    hidden = IKU | {"keputusan": "SETUJU Rp5.000.000.000", "rows": [FULL | {"catatan": "RAHASIA\u202eSIAHAR<b>"}]}
    for data in (spelt(hidden), spelt({"rows": [FULL | {"catatan": "SETUJU Rp5.000.000.000 <b>"}]})):
        drawn, text, _ = judge("viewOf", data, MEDIA_TYPE)
        assert drawn == "text"
        assert LOUD in text
        assert "SETUJU Rp5.000.000.000" in text
        assert "<b>" in text
        assert "\u202e" not in text
    assert "⟨U+202E⟩" in judge("viewOf", spelt(hidden), MEDIA_TYPE)[1]
    assert "keputusan" in judge("viewOf", spelt(IKU | {"keputusan": "x"}), MEDIA_TYPE)[1]


@pytest.mark.parametrize(
    "rows",
    [[None], [ROW | {"sources": "x"}], [ROW | {"indicator": {"a": 1}}], [ROW | {"targets": 5}], "x", {}, []],
    ids=str,
)
def test_rows_that_are_none_are_a_reason_and_never_an_error(rows: Any, judge: Judge) -> None:
    drawn, text, _ = judge("viewOf", spelt(IKU | {"rows": rows}), MEDIA_TYPE)
    assert drawn == "text"
    assert LOUD in text


def test_a_text_too_long_to_show_is_cut_and_the_page_says_how_much_is_not_there(judge: Judge) -> None:
    small, ordinary = judge("viewOf", sample(sample_names()[0]), MEDIA_TYPE)[1:]
    assert "TIDAK ditampilkan" not in small
    data = b'{"rows":[' + b",".join([b'{"indicator":"x","objective":"y"}'] * 40_000) + b"]}"
    drawn, text, took = judge("viewOf", data, MEDIA_TYPE)
    assert drawn == "text"
    assert f"{len(data) - 200_000} bita lagi TIDAK ditampilkan" in text
    assert 200_000 < len(text) < 202_000
    assert took < 100 * ordinary + 2000


def test_what_is_no_table_by_its_type_is_a_file_to_be_opened(judge: Judge) -> None:
    drawn, text, _ = judge("viewOf", spelt(IKU), "application/pdf")
    assert drawn == "file"
    assert "bukan tabel" in text
    assert strict_json.loads(spelt(IKU)) == IKU
