"""axe-core looks at every page, light on a phone and dark on a desktop: nothing serious and nothing critical."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from api.desk.language import COOKIE
from tests.browser.pages import ADDRESSES, NAMES, Address, Lived, at_work, one_in_three, sign_in

#: The light one is read in Indonesian, the dark one in English.
LIGHT = {"color_scheme": "light", "viewport": {"width": 360, "height": 760}, "locale": "id-ID"}
DARK = {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}, "locale": "en-GB"}
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lived, str]]:
    with at_work(tmp_path_factory.mktemp("desk") / "buku") as served:
        yield served


@pytest.fixture(scope="module", params=[LIGHT, pytest.param(DARK, marks=pytest.mark.long)], ids=["light", "dark"])
def screen(request: pytest.FixtureRequest, browser: Browser, office: tuple[Lived, str]) -> Iterator[Page]:
    context = browser.new_context(**request.param, timezone_id="Asia/Jakarta")
    if request.param is DARK:
        context.add_cookies([{"name": COOKIE, "value": "en", "url": office[1]}])
    context.add_init_script((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    yield context.new_page()
    context.close()


def grave(found: dict[str, Any]) -> list[str]:
    """Return what axe-core finds serious or critical: rule, place, and why."""
    return [
        f"{one['id']} ({one['impact']}) {node['target']} {node['html'][:200]}: {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("address", one_in_three([(one,) for one in ADDRESSES], 0), ids=NAMES)
def test_axe_finds_nothing_serious_on_a_page(office: tuple[Lived, str], screen: Page, address: Address) -> None:
    lived, url = office
    sign_in(screen.context, url, lived.app, address.who)
    screen.goto(url + address.at(lived))
    if screen.locator("script[type=module]").count():
        screen.wait_for_load_state("networkidle")
    screen.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert grave(screen.evaluate("axe.run(document, {resultTypes: ['violations']})")) == []


def test_axe_finds_what_is_wrong_on_a_page_that_is_wrong(office: tuple[Lived, str], screen: Page) -> None:
    screen.goto(office[1])
    screen.evaluate("document.querySelector('main').innerHTML = '<h1>x</h1><input><p class=pale>pucat</p>'")
    screen.evaluate("document.querySelector('.pale').style.color = 'rgba(127, 127, 127, .3)'")
    told = " ".join(grave(screen.evaluate("axe.run(document, {resultTypes: ['violations']})")))
    assert "label (critical)" in told
    assert "color-contrast (serious)" in told
