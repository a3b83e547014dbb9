"""Browser tests: one Chromium a process, one page a test; any error on a page's console fails the test.

Where there is no Chromium they are left out, loudly; under CI=true that is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import chromium

MISSING = "no Chromium on this machine: the desk was not tested in a browser (Debian: apt install chromium)"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the browser of this process; a machine that can have none still tests all else, and says what it left."""
    if chromium.path() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with chromium.browser() as launched:
        yield launched


@pytest.fixture
def device(browser: Browser) -> Iterator[BrowserContext]:
    """Return a device of its own: its own keys, cookies and memory; a phone of 360 px, in Indonesian."""
    context = browser.new_context(viewport={"width": 360, "height": 760}, locale="id-ID", timezone_id="Asia/Jakarta")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(device: BrowserContext) -> Iterator[Page]:
    """Return a page on the device; it must end without an error on its console."""
    page = device.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: said.append(str(one)))
    yield page
    assert said == []


@pytest.fixture
def bad_line(device: BrowserContext) -> Iterator[Page]:
    """Return a page that meets refusals and lost lines, which the browser itself notes; any other error fails."""
    page = device.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: said.append(str(one)))
    yield page
    assert [one for one in said if not one.startswith("Failed to load resource: ")] == []
