"""Replay on a phone: slider, keys and links step through the acts of a case, and say where one is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.server import background_server
from tests.kit import CASE
from tests.served import served
from tests.signed_in import bearer
from tests.test_desk_trail import BUDI, Office

#: Twelve acts of the straight way and a correction.
ACTS = 13


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with served(tmp_path_factory.mktemp("buku"), Office) as office:
        office.live()
        yield office


@pytest.fixture(scope="module")
def url(office: Office) -> Iterator[str]:
    with background_server(office.app) as url:
        yield url


@pytest.fixture(autouse=True)
def _budi_is_signed_in(device: BrowserContext, office: Office, url: str) -> None:
    let_in(device, office, url)


def let_in(device: BrowserContext, office: Office, url: str) -> None:
    token = bearer(office.app, BUDI)["Authorization"].removeprefix("Bearer ")
    device.add_cookies([{"name": "jejak", "value": token, "url": url, "httpOnly": True, "sameSite": "Strict"}])


def address(url: str) -> str:
    return f"{url}/perkara/{CASE[5:]}/putar"


def at(page: Page, position: int, office: Office) -> None:
    """Hold the page to a step: what it shows, what it tells a screen reader, and its address."""
    row = office.rows(CASE)[position - 1]
    expect(page.get_by_text(f"Tindakan {position} dari {ACTS}", exact=True)).to_be_visible()
    expect(page.locator("[data-at=sentence]")).to_have_text(row["sentence"])
    expect(page.get_by_role("status").first).to_have_text(f"Tindakan {position} dari {ACTS}. {row['sentence']}")
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", f"Tindakan {position} dari {ACTS}")
    page.wait_for_url(f"**/putar?at={row['leaf_index']}")


def test_arrow_keys_step_through_the_acts(page: Page, url: str, office: Office) -> None:
    page.goto(address(url))
    expect(page.get_by_role("slider")).to_be_visible()
    for pressed, position in (("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2)):
        page.keyboard.press(pressed)
        at(page, position, office)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_home_and_end_are_the_pages_own_until_the_slider_has_the_focus(page: Page, url: str, office: Office) -> None:
    page.goto(address(url))
    slider = page.get_by_role("slider")
    expect(slider).to_be_visible()
    page.keyboard.press("End")
    page.wait_for_function("() => scrollY > 0")
    expect(page.get_by_text(f"Tindakan 1 dari {ACTS}", exact=True)).to_be_visible()
    page.keyboard.press("Home")
    page.wait_for_function("() => scrollY === 0")
    slider.focus()
    for pressed, position in (("End", ACTS), ("Home", 1)):
        page.keyboard.press(pressed)
        at(page, position, office)


def test_the_slider_goes_to_any_act_and_keeps_its_own_keys(page: Page, url: str, office: Office) -> None:
    page.goto(address(url))
    slider = page.get_by_role("slider")
    slider.fill("6")
    at(page, 6, office)
    slider.press("ArrowRight")
    at(page, 7, office)
    expect(slider).to_be_focused()


def test_links_step_too_keep_their_focus_and_leave_one_way_back(page: Page, url: str, office: Office) -> None:
    page.goto(f"{url}/perkara/{CASE[5:]}/jejak")
    page.goto(address(url))
    expect(page.get_by_role("slider")).to_be_visible()
    following = page.get_by_role("link", name="Berikutnya")
    for position in (2, 3, 4):
        following.click()
        at(page, position, office)
        expect(following).to_be_focused()
    page.go_back()
    page.wait_for_url("**/jejak")


def test_keys_scroll_the_table_that_is_focused_and_not_the_case(page: Page, url: str, office: Office) -> None:
    leaf = next(row["leaf_index"] for row in office.rows(CASE) if row["kind"] == "typing.reviewed")
    page.goto(f"{address(url)}?at={leaf}")
    page.get_by_role("region", name="Tabel indikator kinerja utama").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(page.get_by_text(f"Tindakan 5 dari {ACTS}", exact=True)).to_be_visible()


def test_a_lost_line_is_said_and_the_step_comes_when_it_is_back(
    device: BrowserContext, url: str, office: Office
) -> None:
    page = device.new_page()
    page.goto(address(url))
    expect(page.get_by_role("slider")).to_be_visible()
    device.set_offline(True)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Layanan tidak dapat dihubungi.")).to_be_visible()
    expect(page.get_by_text(f"Tindakan 1 dari {ACTS}", exact=True)).to_be_visible()
    device.set_offline(False)
    page.keyboard.press("ArrowRight")
    at(page, 2, office)
    expect(page.get_by_text("Layanan tidak dapat dihubungi.")).to_have_count(0)


def test_every_step_is_reached_without_script(browser: Browser, url: str, office: Office) -> None:
    device = browser.new_context(viewport={"width": 360, "height": 760}, java_script_enabled=False)
    let_in(device, office, url)
    page = device.new_page()
    page.goto(address(url))
    for position in range(2, ACTS + 1):
        page.get_by_role("link", name="Berikutnya").click()
        expect(page.get_by_text(f"Tindakan {position} dari {ACTS}", exact=True)).to_be_visible()
    expect(page.get_by_role("slider")).to_have_count(0)
    device.close()
