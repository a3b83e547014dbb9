"""On paper: what a page of the desk is when it is printed, read from the PDF that the browser makes of it."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from ledger.notices import DISCLAIMER
from tests.browser.pages import ADDRESSES, NAMES, SRI, Address, Lived, at_work, page_of, sign_in
from tests.kit import CASE, ORIGIN

#: Of each of these one is printed in the quick run.
QUICK = ("desk.case", "desk.document", "desk.trail", "desk.public")
_quick = {next(at for at, one in enumerate(ADDRESSES) if one.endpoint == endpoint) for endpoint in QUICK}
LISTED = [
    pytest.param(one, id=name, marks=[] if at in _quick else [pytest.mark.long])
    for at, (one, name) in enumerate(zip(ADDRESSES, NAMES, strict=True))
]


@dataclass(frozen=True)
class Paper:
    """A printed page: its width and height in points, and its text, a line of it a line."""

    width: float
    height: float
    text: str

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def papers(pdf: bytes) -> list[Paper]:
    """Return the pages of a PDF as Chromium writes it (ISO 32000): plain objects, one content stream a page."""
    objects = dict(re.findall(rb"\n(\d+) 0 obj\n(.*?)\nendobj", pdf, re.DOTALL))
    found = []
    for body in objects.values():
        if not re.search(rb"/Type\s*/Page\b", body):
            continue
        x, y, right, top = (float(one) for one in re.findall(rb"/MediaBox\s*\[([^\]]*)\]", body)[0].split())
        fonts = {
            name: _letters(objects, objects[of]) for name, of in re.findall(rb"/(F\d+) (\d+) 0 R", _all(objects, body))
        }
        content = re.search(rb"/Contents (\d+) 0 R", body)
        assert content is not None
        found.append(Paper(right - x, top - y, _text(_stream(objects[content[1]]), fonts)))
    return found


def _all(objects: dict[bytes, bytes], page: bytes) -> bytes:
    """Return a page's dictionary with its resources, wherever they stand."""
    apart = re.search(rb"/Resources (\d+) 0 R", page)
    return objects[apart[1]] if apart else page


def _stream(body: bytes) -> bytes:
    data = body.partition(b"stream\n")[2].rpartition(b"\nendstream")[0]
    return zlib.decompress(data) if b"/FlateDecode" in body else data


def _letters(objects: dict[bytes, bytes], font: bytes) -> dict[str, str]:
    """Return what each code of a font (hex) reads as."""
    named = re.search(rb"/ToUnicode (\d+) 0 R", font)
    assert named is not None
    table, found = _stream(objects[named[1]]).decode("ascii"), dict[str, str]()
    for part in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, said in re.findall(r"<(\w+)> <(\w+)>", part):
            found[code.upper()] = bytes.fromhex(said).decode("utf-16-be")
    for part in re.findall(r"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, said in re.findall(r"<(\w+)> <(\w+)> <(\w+)>", part):
            for more in range(int(last, 16) - int(first, 16) + 1):
                code = f"{int(first, 16) + more:0{len(first)}X}"
                start = bytes.fromhex(said).decode("utf-16-be")
                found[code] = start[:-1] + chr(ord(start[-1]) + more)
    return found


def _text(content: bytes, fonts: dict[bytes, dict[str, str]]) -> str:
    """Return a text object a line; Chromium begins one where a line, a cell or another font begins."""
    lines = list[str]()
    for run in re.findall(rb"\nBT\n(.*?)\nET(?=\n)", content, re.DOTALL):
        font = re.search(rb"/(F\d+) [\d.]+ Tf", run)
        assert font is not None
        letters = fonts[font[1]]
        width = len(next(iter(letters), "0000"))
        codes = "".join(re.findall(r"<(\w+)> Tj", run.decode("latin-1"))).upper()
        lines.append("".join(letters.get(codes[at : at + width], "") for at in range(0, len(codes), width)))
    return unicodedata.normalize("NFKC", "\n".join(lines))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lived, str]]:
    with at_work(tmp_path_factory.mktemp("desk") / "buku") as served:
        yield served


@pytest.fixture(scope="module")
def screen(browser: Browser) -> Iterator[Page]:
    """Return a page whose colours are dark, and which paper is not."""
    context = browser.new_context(color_scheme="dark", locale="id-ID", timezone_id="Asia/Jakarta")
    yield context.new_page()
    context.close()


def printed(screen: Page, office: tuple[Lived, str], address: Address) -> list[Paper]:
    lived, url = office
    sign_in(screen.context, url, lived.app, address.who)
    screen.goto(url + address.at(lived), wait_until="networkidle")
    return papers(screen.pdf(prefer_css_page_size=True, format="A4"))


def test_the_sentence_in_the_margin_is_the_honest_one() -> None:
    css = (files("api.desk") / "static" / "desk.css").read_text("utf-8")
    assert re.findall(r'@bottom-left \{ content: "([^"]+)"', css) == [DISCLAIMER]


@pytest.mark.parametrize("address", LISTED)
def test_every_sheet_says_whole_what_it_is_not_and_which_it_is(
    office: tuple[Lived, str], screen: Page, address: Address
) -> None:
    sheets = printed(screen, office, address)
    for number, sheet in enumerate(sheets, 1):
        assert DISCLAIMER in sheet.words, number
        assert f"{number} / {len(sheets)}" in sheet.words, number


@pytest.mark.parametrize("endpoint", ["desk.case", "desk.public", "desk.agenda"])
def test_the_first_sheet_says_where_the_page_stands_under_which_seal_and_when_it_was_made(
    office: tuple[Lived, str], screen: Page, endpoint: str
) -> None:
    lived, url = office
    address = next(one for one in ADDRESSES if one.endpoint == endpoint and one.who in (None, SRI))
    first = printed(screen, office, address)[0].words
    with lived.ledger.reading() as rows:
        size = rows.size()
    assert f"{url}{address.at(lived)}" in first
    assert f"Segel buku besar: {ORIGIN}, {size} daun" in first
    assert re.search(r"Halaman dibuat \d+ Maret 2026, \d\d\.\d\d WIB", first)


def test_what_is_large_begins_where_there_is_room_and_not_on_a_sheet_of_its_own(
    office: tuple[Lived, str], screen: Page
) -> None:
    sheets = printed(screen, office, Address("desk.case", page_of(CASE), SRI, ""))
    assert "Dokumen yang " in sheets[0].text
    assert len(sheets) <= 6
    trail = printed(screen, office, Address("desk.trail", f"{page_of(CASE)}/jejak", SRI, ""))
    assert "Keputusan mandat" in trail[0].text
    assert len(trail) <= 8


def test_a_heading_never_stands_alone_at_the_foot_of_a_sheet(office: tuple[Lived, str], screen: Page) -> None:
    sheets = printed(screen, office, Address("desk.official", "/pejabat/budi-santoso", SRI, ""))
    feet = [sheet.words.partition(DISCLAIMER[:40])[0] for sheet in sheets]
    for heading in ("Mandat", "Kunci", "Riwayat"):
        assert not any(foot.rstrip().endswith(heading) for foot in feet), heading


def test_a_table_of_indicators_is_read_across_a_wide_sheet_and_no_word_of_it_is_broken(
    office: tuple[Lived, str], screen: Page
) -> None:
    sheets = printed(screen, office, Address("desk.document", f"{page_of(CASE)}/dokumen/{{mended}}", SRI, ""))
    assert all(sheet.width > sheet.height for sheet in sheets)
    lines = "\n".join(sheet.text for sheet in sheets)
    for word in ("No.", "Meningkatnya", "penyelenggaraan", "Penanggung", "2018: 77.5"):
        assert word in lines, word
    assert sum("Sasaran strategis" in sheet.words for sheet in sheets) == 2, "the headings stand on each sheet of it"


def test_buttons_forms_and_the_way_about_stay_off_the_paper(office: tuple[Lived, str], screen: Page) -> None:
    (sheet,) = printed(screen, office, Address("desk.agenda", "/agenda?year=2026", SRI, ""))
    assert "070/17/35.07.11/2026" in sheet.text
    for word in ("Tampilkan", "Pejabat", "English", "Langsung ke isi"):
        assert word not in sheet.text, word


def test_paper_is_white_where_the_screen_is_dark(office: tuple[Lived, str], device: BrowserContext) -> None:
    page = device.new_page()
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(office[1])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
