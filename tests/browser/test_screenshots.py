"""``make screenshots`` in short, what it finds, and the guide: its pictures, addresses and words are the desk's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.routing import RequestRedirect

from tests.browser import guide_pictures, pages, screenshots
from tests.kit import CASE
from tests.served import served

ROOT = Path(__file__).parent.parent.parent
GUIDE = (ROOT / "docs" / "panduan.md").read_text("utf-8")
DESK = ROOT / "api" / "desk"
MOST_BYTES = 70_000


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[pages.Lived, str]]:
    with pages.at_work(tmp_path_factory.mktemp("buku")) as found:
        yield found


def test_every_look_of_a_page_becomes_a_picture_and_a_page_that_is_well_has_no_fault(
    browser: Browser, office: tuple[pages.Lived, str], tmp_path: Path
) -> None:
    few = [
        one
        for one in pages.ADDRESSES
        if one.endpoint in ("desk.keys", "desk.agenda") and one.who in (None, "sri-wahyuni")
    ]
    missing = next(one for one in pages.ADDRESSES if one.status == 404)
    faults = screenshots.take(browser, *office, [*few, missing], tmp_path)
    assert faults == []
    assert screenshots.told(faults) == 0
    for look, (width, _, _) in screenshots.LOOKS.items():
        taken = sorted((tmp_path / look).iterdir())
        assert len(taken) == len(few) + 1
        assert {width_of(one) for one in taken} == {width}
    light, dark = ((tmp_path / look / taken[0].name).read_bytes() for look in ("phone", "dark"))
    assert light != dark


def test_a_page_that_is_too_wide_is_named_with_what_makes_it_so(page: Page, office: tuple[pages.Lived, str]) -> None:
    framed = '<div style="overflow-x:auto"><table id="lebar"><td style="min-width:900px">angka</table></div>'
    shows(page, office, f'{framed}<p id="panjang" class="digest" style="width:400px">sidik yang panjang</p>')
    (fault,) = screenshots.look_at(page, office[1])
    assert re.fullmatch(r"\d+ px too wide: p#panjang\.digest “sidik yang panjang”", fault)


def test_what_scrolls_in_its_own_frame_is_no_fault(page: Page, office: tuple[pages.Lived, str]) -> None:
    shows(page, office, '<div style="overflow-x:auto"><p style="width:900px">bagan</p></div>')
    assert screenshots.look_at(page, office[1]) == []


def test_an_error_on_the_console_and_another_status_are_faults(
    browser: Browser, office: tuple[pages.Lived, str]
) -> None:
    with screenshots.device(browser, "phone") as device:
        page = device.new_page()
        shows(page, office, "<script>console.error('tidak ada'); throw new Error('rusak')</script>", status=500)
        faults = screenshots.look_at(page, office[1])
    assert [one.partition(" (")[0] for one in faults][1:] == [
        "console: tidak ada",
        "console: rusak",
        "answered 500, not 200",
    ]
    assert "status of 500" in faults[0]
    assert screenshots.told([screenshots.Fault("phone", "/", one) for one in faults]) == 1


def shows(page: Page, office: tuple[pages.Lived, str], body: str, status: int = 200) -> None:
    """Let the address of the desk answer with this page."""
    page.route(f"{office[1]}/", lambda route: route.fulfill(status=status, body=body, content_type="text/html"))


def width_of(picture: Path) -> int:
    """Return the width of a PNG in pixels (ISO/IEC 15948, 11.2.2)."""
    return int.from_bytes(picture.read_bytes()[16:20])


# --- the guide -------------------------------------------------------------------------------------------


def test_every_picture_of_the_guide_is_there_and_small_and_none_lies_unused() -> None:
    named = re.findall(r"!\[[^\]]{10,}\]\(gambar/([a-z-]+)\.png\)", GUIDE)
    assert len(named) == GUIDE.count("!["), "each says what is to be seen in it"
    assert sorted(named) == sorted(one.stem for one in screenshots.GUIDE.iterdir())
    assert sorted(named) == sorted(guide_pictures.PICTURES)
    for name in named:
        picture = screenshots.GUIDE / f"{name}.png"
        assert picture.stat().st_size < MOST_BYTES, name
        assert width_of(picture) == screenshots.LOOKS["phone"][0], name


def test_every_address_of_the_guide_is_a_page_of_the_desk(tmp_path: Path) -> None:
    named = set(re.findall(r"`(/[^`]*)`", GUIDE))
    assert len(named) > 10
    with served(tmp_path) as office:
        routes = office.app.url_map.bind("localhost")
        for address in sorted(named):
            path = address.replace("<nomor perkara>", CASE.removeprefix("case:")).replace("<nama>", "budi-santoso")
            try:
                endpoint, _ = routes.match(path)
            except RequestRedirect:
                pytest.fail(address)
            assert str(endpoint).startswith("desk."), address


def test_the_words_on_the_screen_that_it_names_are_those_of_the_desk() -> None:
    files = [one for one in DESK.rglob("*") if one.suffix in (".html", ".js", ".py")]
    desk = "\n".join(one.read_text("utf-8") for one in files)
    named = {" ".join(one.split()) for one in re.findall(r"\*\*([^*]+)\*\*", GUIDE)} - {"tebal"}
    assert len(named) > 25
    assert sorted(one for one in named if one not in desk) == []


def test_what_it_points_to_is_there() -> None:
    anchors = {
        re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in re.findall(r"^#+ (.+)$", GUIDE, re.MULTILINE)
    }
    for target in re.findall(r"[^!]\[[^\]]+\]\(([^)]+)\)", GUIDE):
        file, _, part = target.partition("#")
        assert not part or part in anchors, target
        assert not file or (ROOT / "docs" / file).exists(), target
