"""Hostile text in every text field of every act and document: each page shows it as text, and nothing of it is run.

The ledger is that of :mod:`tests.browser.pages`; on its way into an act or a document, each free text is exchanged for
one that would be a script, a handler, a drawing, a link, a template, a query, a formula, or that is as long as its
schema allows, in one word.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from keys.errors import Malformed
from ledger.acts import Act
from ledger.bodies import CATALOGUE
from ledger.iku import IkuDocument
from tests.activity_sop import SLUG
from tests.browser.pages import (
    ADDRESSES,
    STILL,
    STILL_ACTIVITIES,
    Address,
    Lived,
    at_work,
    one_in_three,
    page_of,
    sign_in,
)
from tests.kit import CASE, IKU, INSPECTOR, the_sop
from tests.signed_in import bearer
from tests.test_golden import SECOND, THIRD, Json

MARKUP = ('"><img src=x onerror=alert(1)>', "<script>alert(1)</script>", "<svg/onload=alert(1)>", "{{7*7}}")
#: What a text begins with, in turn: there a link, a formula or a query would take effect.
BEGINNINGS = (*MARKUP, "javascript:alert(1)//", "'; DROP TABLE acts;--", "=1+1", "+62-1", "-1+1", "@SUM(A1)")
#: Text may have any script and sign: right to left, marks upon marks, emoji.
ANY_SCRIPT = "الأثر القانوني Z\u0301\u0302\u0303\u0304\u0308\u030a\u0327\u0328 👩‍💻🇮🇩\n"
#: What a free text is, by the pattern in its schema; a file's name takes fewer signs.
LINE, TEXT, RAW = r"^\S(?:[^\n\r\t]*\S)?$", r"^\S(?:[\s\S]*\S)?$", r"^(?:\S(?:[^\r\t]*\S)?)?$"
NAME = r"^[^\s/\\.:](?:[^/\\:\n\r\t]*[^\s/\\.:])?$"
FREE = frozenset({LINE, TEXT, RAW, NAME})
#: A body that an act shares with all of its kind: it is enough that one of them has it.
SHARED = re.compile(r"^(deviation|paper\..*|recovery)$")
#: An SOP has so many texts that not all of them can be long in one act.
SHORT = {the_sop().slug: 60, STILL: 60, SLUG: 120, STILL_ACTIVITIES: 120}


#: Acts whose records and cells are of one form in many places: each member of such a form need not be in all of them.
REPEATED = frozenset({"ledger.founded", "sop.enacted"})


@dataclass
class Poison:
    """Exchanges texts: in one stream the same text always for the same other one, so that acts still fit together."""

    given: dict[tuple[str, str, str], str] = field(default_factory=dict)
    places: set[tuple[str, str]] = field(default_factory=set)

    def body(self, kind: str, body: Json, stream: str) -> Json:
        """Return the body of an act with every text exchanged."""
        return dict(self._value(_schema(kind), body, stream, kind, ""))

    def table(self, document: Json) -> Json:
        """Return an IKU document with every text exchanged."""
        return dict(self._value(IkuDocument.model_json_schema(), document, "iku", "iku", ""))

    def _value(self, schema: Json, value: Any, stream: str, kind: str, path: str) -> Any:
        for one, inner, name in _parts(schema, value):
            if isinstance(value, dict):
                value = value | {name: self._value(one, inner, stream, kind, f"{path}.{name}".lstrip("."))}
            else:
                value = [*value[:name], self._value(one, inner, stream, kind, f"{path}.*"), *value[name + 1 :]]
        if isinstance(value, str) and value and (free := _free(schema)):
            self.places.add((kind, path))
            corrects = kind == "correction.recorded" and path in ("old", "new")  # what it corrects is a line
            free = {"pattern": LINE, "maxLength": 300} if corrects else free
            most = SHORT[stream.partition(":")[2]] if kind == "sop.enacted" else 4000
            return self._other(value, str(free["pattern"]), min(int(free["maxLength"]), most), stream)
        return value

    def _other(self, value: str, pattern: str, most: int, stream: str) -> str:
        for key in ((stream, value, LINE), (stream, value, pattern)):
            if key in self.given and len(self.given[key]) <= most:
                return self.given[key]
        return self.given.setdefault((stream, value, pattern), self._text(pattern, most, value))

    def _text(self, pattern: str, most: int, value: str) -> str:
        turn = len(self.given)
        text = f"{BEGINNINGS[turn % len(BEGINNINGS)]} #{turn} "
        text += ANY_SCRIPT if pattern == TEXT and most > 1000 else ""
        text += " ".join((*MARKUP, "javascript:alert(1)")) if most > 100 else ""
        text = re.sub(r"[/\\:]", "", text) if pattern == NAME else text
        text = re.sub(" {2,}", " ", f"{text} {'W' * most}")[:most]
        return f"{text[:-1]}W"  # never a space at the end


class Hostile(Lived):
    """The office in which every text is hostile, and every scan is a document that would run."""

    def __init__(self, folder: Path) -> None:
        self.poison = Poison()
        self.said: list[tuple[str, str, Json]] = []
        super().__init__(folder)

    def papers(self) -> None:
        super().papers()
        value: Json = {"year": 2025, "value": "70"}
        row = {name: name for name in ("objective", "indicator", "formula", "rationale", "owner", "measure")}
        row |= {"sources": ["sources"], "baseline": value, "targets": [value | {"year": 2026}]}  # type: ignore[dict-item]
        for name, rows in (("iku", [row]), ("iku_mended", [row | {"formula": "f2", "objective": "o2"}, row])):
            document: Json = {
                "format": "jejak.iku/1",
                "unit": "unit",
                "period": {"first_year": 2026, "last_year": 2026},
            }
            document |= {"legal_basis": ["basis"], "label": "label", "rows": rows}
            table = IkuDocument.read(self.poison.table(document), "test", "Tabel").format()
            setattr(self, name, self.store(table, f"{name}.json", IKU))
        drawing = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
        self.letter = self.store(b"<!doctype html><script>alert(1)</script>", "surat.pdf", "application/pdf")
        self.proof = self.store(drawing, "bukti.svg", "image/svg+xml")

    def payload(self, official: str, stream: str, kind: str, body: Json, **changes: Any) -> Json:
        """Return the members of the next act, every text of its body exchanged."""
        body = self.poison.body(kind, body, stream)
        self.said.append((kind, stream, body))
        return super().payload(official, stream, kind, body, **changes)


def _schema(kind: str) -> Json:
    return CATALOGUE[kind][1].model_json_schema()


def _resolved(schema: Json, root: Json) -> Json:
    """Return a schema that stands for itself, with the definitions that its parts may name."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return {**schema, "$defs": root.get("$defs", {})}


def _choices(schema: Json) -> list[Json]:
    """Return what a value may be."""
    schema = _resolved(schema, schema)
    return (
        [one for inner in schema["anyOf"] for one in _choices({**inner, "$defs": schema["$defs"]})]
        if "anyOf" in schema
        else [schema]
    )


def _free(schema: Json) -> Json | None:
    """Return the schema's free text, if it may be one."""
    return next((one for one in _choices(schema) if one.get("pattern") in FREE), None)


def _parts(schema: Json, value: Any) -> Iterator[tuple[Json, Any, Any]]:
    """Yield the parts of a value: schema, value, name."""
    for one in _choices(schema):
        if isinstance(value, dict) and value.keys() <= one.get("properties", {}).keys():
            for name, inner in value.items():
                yield {**one["properties"][name], "$defs": one["$defs"]}, inner, name
            return
        if isinstance(value, list | tuple) and "items" in one:
            for place, inner in enumerate(value):
                yield {**one["items"], "$defs": one["$defs"]}, inner, place
            return


def _member(place: str) -> str:
    return place.rpartition(".")[2]


def _places(schema: Json, path: str = "") -> Iterator[str]:
    """Yield where a schema may have a free text, each as a path."""
    if _free(schema):
        yield path
    for one in _choices(schema):
        for name, inner in one.get("properties", {}).items():
            yield from _places({**inner, "$defs": one["$defs"]}, f"{path}.{name}".lstrip("."))
        if "items" in one:
            yield from _places({**one["items"], "$defs": one["$defs"]}, f"{path}.*")


@dataclass
class Looked:
    """What a page did while it was looked at."""

    page: Page
    dialogs: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)


#: Notes each violation of the policy where the page cannot undo it.
WATCH = """window.violations = [];
addEventListener('securitypolicyviolation', (one) => {
  violations.push(`${one.violatedDirective} ${one.blockedURI} ${one.sample}`);
});"""
#: Elements that no page of the desk has, and no text may have made.
FOUND = """() => [...document.querySelectorAll('*')].filter((one) =>
    [...one.attributes].some((given) => given.name.startsWith('on'))
    || ['IFRAME', 'OBJECT', 'EMBED', 'BASE'].includes(one.tagName)
    || (one.tagName.toLowerCase() === 'script' && one.type !== 'application/json'
        && !(one.getAttribute('src') || '').startsWith('/statis/'))
    || (one.tagName === 'IMG' && one.getAttribute('src') === 'x')
    || ['href', 'src', 'action', 'formaction'].some((name) =>
        /^\\s*(javascript|data|vbscript):/i.test(one.getAttribute(name) || ''))
).map((one) => one.outerHTML.slice(0, 200))"""
TEXT_OF = """() => {
  document.querySelectorAll('details').forEach((one) => { one.open = true; });
  return document.body.innerText;
}"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hostile, str]]:
    with at_work(tmp_path_factory.mktemp("desk") / "buku", Hostile) as (office, url):
        assert isinstance(office, Hostile)
        yield office, url


@pytest.fixture(scope="module")
def looked(browser: Browser) -> Iterator[Looked]:
    context = browser.new_context(viewport={"width": 360, "height": 760}, locale="id-ID", timezone_id="Asia/Jakarta")
    context.add_init_script(WATCH)
    found = Looked(context.new_page())
    found.page.on("dialog", lambda one: (found.dialogs.append(one.message), one.dismiss()))
    found.page.on("console", lambda one: found.console.append(one.text) if one.type in ("error", "warning") else None)
    found.page.on("pageerror", lambda one: found.console.append(str(one)))
    yield found
    context.close()


def flat(text: str) -> str:
    """Return a text as it is laid out: white space is one space."""
    return " ".join(text.split())


def look(office: tuple[Hostile, str], looked: Looked, path: str, who: str | None) -> tuple[int, str]:
    """Return status and text of a page that ran nothing, broke no rule and kept to 360 px."""
    hostile, url = office
    page = looked.page
    sign_in(page.context, url, hostile.app, who)
    looked.dialogs.clear()
    looked.console.clear()
    answer = page.goto(url + path)
    assert answer is not None
    if page.locator("script[type=module]").count():
        page.wait_for_load_state("networkidle")
    text = flat(page.evaluate(TEXT_OF))
    assert looked.dialogs == []
    assert page.evaluate("violations") == []
    assert [one for one in looked.console if not (answer.status >= 400 and "the server responded" in one)] == []
    assert page.evaluate(FOUND) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    return answer.status, text


def whole(hostile: Hostile, streams: tuple[str, ...] = ()) -> list[str]:
    """Return the hostile texts of some streams, as they are laid out; of all without one."""
    return [flat(text) for (stream, _, _), text in hostile.poison.given.items() if not streams or stream in streams]


def viewers(address: Address) -> list[str | None]:
    """Return as whom an address is opened: as itself, and by the Inspektorat, which reads everything."""
    return [address.who] if address.who in (None, INSPECTOR) else [address.who, INSPECTOR]


TRIED = list(dict.fromkeys((one.path, who) for one in ADDRESSES for who in viewers(one)))


@pytest.mark.parametrize(
    ("path", "who"), one_in_three(TRIED, 2), ids=lambda one: str(one or "siapa saja").strip("/") or "depan"
)
def test_a_page_shows_hostile_text_as_text_and_runs_none_of_it(
    office: tuple[Hostile, str], looked: Looked, path: str, who: str | None
) -> None:
    hostile, _ = office
    address = Address("", path, who, "")
    status, text = look(office, looked, address.at(hostile), who)
    assert status < 500
    (name,) = [text for (_, value, _), text in hostile.poison.given.items() if value.startswith("Jejak Kecamatan")]
    assert flat(name) in text, "the name of the ledger stands on every page"


@pytest.mark.parametrize(
    ("path", "stream", "values"),
    [
        ("", CASE, ("Penyusunan IKU 2026", "iku_mended.json")),
        ("/jejak?rinci=1", CASE, ("060/12/35.07.1/2026", "Rumus no. 2 memuat targetnya.", "kurir")),
        ("/putar", CASE, ("Penyusunan IKU 2026",)),
        ("/waktu", CASE, ("Penyusunan IKU 2026",)),
        ("/jejak?rinci=1", SECOND, ("Renstra berubah (sintetis).", "060/21/35.07.1/2026", "Nur Aini (sintetis)")),
        ("/jejak?rinci=1", THIRD, ("Surat keterangan usaha", "Belum ada pengantar.")),
    ],
)
def test_what_a_case_says_stands_whole_on_its_pages(
    office: tuple[Hostile, str], looked: Looked, path: str, stream: str, values: tuple[str, ...]
) -> None:
    _, text = look(office, looked, page_of(stream) + path, INSPECTOR)
    for value in values:
        written = [
            other for (where, old, _), other in office[0].poison.given.items() if (where, old) == (stream, value)
        ]
        assert written, value
        assert any(flat(one) in text for one in written), value


def test_names_offices_and_decrees_stand_whole_on_the_pages_of_officials(
    office: tuple[Hostile, str], looked: Looked
) -> None:
    _, everybody = look(office, looked, "/pejabat", INSPECTOR)
    _, budi = look(office, looked, "/pejabat/budi-santoso", INSPECTOR)
    given = {value: flat(text) for (stream, value, _), text in office[0].poison.given.items() if stream == "register"}
    for value in ("Budi Santoso (sintetis)", "Sekretaris Kecamatan Kalipare"):
        assert given[value] in everybody
        assert given[value] in budi
    for value in ("821/1/2026", "Bupati Malang (sintetis)", "Penata (sintetis)", "Camat kembali\n(sintetis)."):
        assert given[value] in budi


def test_the_cells_of_a_table_stand_whole_on_the_page_of_the_document(
    office: tuple[Hostile, str], looked: Looked
) -> None:
    digest = office[0].iku_mended["digest"]
    _, text = look(office, looked, f"{page_of(CASE)}/dokumen/{digest}", INSPECTOR)
    given = {value: flat(other) for (stream, value, _), other in office[0].poison.given.items() if stream == "iku"}
    for value in ("o2", "indicator", "f2", "rationale", "sources", "owner", "measure", "70"):
        assert given[value] in text, value


def test_every_text_that_an_act_or_a_table_may_have_was_hostile_in_this_ledger(office: tuple[Hostile, str]) -> None:
    hostile = office[0]
    schemas = {kind: _schema(kind) for kind in CATALOGUE} | {"iku": IkuDocument.model_json_schema()}
    possible = {(kind, place) for kind, schema in schemas.items() for place in _places(schema)}
    shared = {(kind, place) for kind, place in possible if SHARED.match(place)}
    left = possible - shared - hostile.poison.places
    assert {(kind, place) for kind, place in left if kind not in REPEATED} == set()
    assert {_member(place) for _, place in left} <= {_member(place) for _, place in hostile.poison.places}
    assert {place for _, place in shared} == {place for _, place in shared & hostile.poison.places}
    texts = whole(hostile)
    assert all(any(text.startswith(begins) for text in texts) for begins in BEGINNINGS)
    assert max(len(max(text.split(), key=len)) for text in texts) > 3500


def test_a_text_that_turns_the_direction_of_others_is_refused_in_every_place(office: tuple[Hostile, str]) -> None:
    hostile, tried = office[0], set()
    for kind, stream, body in hostile.said:
        for place, turned in _turned(_schema(kind), body):
            if (kind, place) in tried:
                continue
            tried.add((kind, place))
            members = super(Hostile, hostile).payload("sri-wahyuni", stream, kind, turned)
            members["seen"] = members["seen"].plain()
            payload = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
            with pytest.raises(Malformed) as refused:
                Act.read(payload)
            assert refused.value.rule == "json.character", (kind, place)
    assert tried == {one for one in hostile.poison.places if one[0] != "iku"}


def _turned(schema: Json, value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the value with one of its texts overridden to right-to-left, for each of them, and where."""
    if isinstance(value, str) and value and _free(schema):
        yield path, f"{value[:5]}\u202e{value[5:20]}"
    for one, inner, name in _parts(schema, value):
        if isinstance(value, dict):
            for place, turned in _turned(one, inner, f"{path}.{name}".lstrip(".")):
                yield place, value | {name: turned}
        else:
            for place, turned in _turned(one, inner, f"{path}.*"):
                yield place, [*value[:name], turned, *value[name + 1 :]]


def test_no_cell_of_a_table_that_is_downloaded_begins_a_formula(office: tuple[Hostile, str]) -> None:
    hostile = office[0]
    signed_in = bearer(hostile.app, INSPECTOR)
    for path in (f"/v1/cases/{CASE[5:]}/trail.csv", f"/v1/cases/{SECOND[5:]}/trail.csv", "/v1/trail.csv"):
        answer = hostile.http.get(path, headers=signed_in)
        assert answer.status_code == 200, answer.text
        cells = [cell for row in csv.reader(StringIO(answer.text.lstrip("\ufeff"))) for cell in row]
        assert any("=1+1" in cell for cell in cells)
        assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []


@pytest.mark.parametrize("name", ["letter", "proof"])
def test_a_document_that_would_run_is_handed_over_as_a_file(office: tuple[Hostile, str], name: str) -> None:
    hostile = office[0]
    digest = getattr(hostile, name)["digest"]
    answer = hostile.http.get(f"/v1/documents/{digest}", headers=bearer(hostile.app, INSPECTOR))
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
