"""Scripts off, a phone of 360 px: every page says what it has to say, and what it cannot do without them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.pages import ADDRESSES, NAMES, Address, Lived, at_work, one_in_three, sign_in, unlisted

#: Pages on which a key is made or used: without script they can only be read, and say so.
SIGNING = frozenset({"desk.sign_in", "desk.keys"})
#: What is there for a script, or for who signs: a form that stays shut until one has checked everything.
FORM = "main form[hidden], main form button[disabled]"
LEVELS = "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((one) => Number(one.tagName[1]))"
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lived, str]]:
    with at_work(tmp_path_factory.mktemp("desk") / "buku") as served:
        yield served


@pytest.fixture(scope="module")
def plain(browser: Browser) -> Iterator[Page]:
    """Return a page of a phone that runs no script."""
    context = browser.new_context(
        viewport={"width": 360, "height": 760}, locale="id-ID", timezone_id="Asia/Jakarta", java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def test_every_page_of_the_desk_and_every_act_in_a_case_stands_in_the_list(office: tuple[Lived, str]) -> None:
    assert unlisted(office[0].app) == set()


@pytest.mark.parametrize("address", one_in_three([(one,) for one in ADDRESSES], 1), ids=NAMES)
def test_a_page_is_read_without_script(office: tuple[Lived, str], plain: Page, address: Address) -> None:
    lived, url = office
    sign_in(plain.context, url, lived.app, address.who)
    answer = plain.goto(url + address.at(lived))
    assert answer is not None
    assert answer.status == address.status
    shut = plain.locator(FORM).count() > 0
    plain.evaluate(OPEN_ALL)
    main = " ".join(plain.locator("main").inner_text().split())
    assert address.finds(lived) in main
    assert plain.locator("main h1").count() == 1
    assert plain.locator("main h1").is_visible()
    levels = plain.evaluate(LEVELS)
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), levels
    assert plain.evaluate("document.documentElement.scrollWidth") == 360
    if address.endpoint in SIGNING or shut:
        assert "JavaScript" in main, "what cannot be done without it is said"
