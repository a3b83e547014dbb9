"""``make screenshots``: every page of the desk as pictures, and what is wrong with their looks.

Each address of :mod:`tests.browser.pages` is opened as whoever looks there, on a phone, on a desktop, and in the dark,
in an office in which everything has happened. A page that is wider than its window, an error on its console, or another
status than the one that is expected is a fault: it is named with page and element, and the exit code is 1.

``--for-guide`` takes the pictures of docs/panduan.md instead (:mod:`tests.browser.guide_pictures`).
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.browser import chromium, guide_pictures, pages, served
from tests.browser.test_acting import Office

ROOT = Path(__file__).parent.parent.parent
PICTURES, GUIDE = ROOT / "var" / "screenshots", ROOT / "docs" / "gambar"
#: Name of a look, width and height of the window in pixels, colours.
LOOKS: dict[str, tuple[int, int, Literal["light", "dark"]]] = {
    "phone": (360, 760, "light"),
    "desktop": (1280, 800, "light"),
    "dark": (360, 760, "dark"),
}
#: What reaches beyond the window, outermost first; what scrolls inside its own frame does not.
_BEYOND = """() => {
  const most = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= most) return null;
  const framed = (one) => {
    for (let up = one.parentElement; up && up !== document.body; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== "visible") return true;
    return false;
  };
  const found = [...document.body.querySelectorAll("*")].filter(
    (one) => one.getBoundingClientRect().right > most + 0.5 && !framed(one));
  const named = ({ localName, id, classList, textContent }) =>
    localName + (id && `#${id}`) + [...classList].map((name) => `.${name}`).join("")
      + ` “${textContent.trim().replace(/\\s+/g, " ").slice(0, 40)}”`;
  return { by: document.documentElement.scrollWidth - most, what: found.slice(0, 3).map(named) };
}"""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a page in a look."""

    look: str
    page: str
    what: str


@contextmanager
def device(browser: Browser, look: str) -> Iterator[BrowserContext]:
    """Yield a device with such a window."""
    width, height, colours = LOOKS[look]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=colours,
        locale="id-ID",
        timezone_id="Asia/Jakarta",
        reduced_motion="reduce",
    )
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()


def look_at(page: Page, address: str, expected: int = 200) -> list[str]:
    """Open an address, wait until nothing is fetched any more, and return what is wrong with the page."""
    said: list[str] = []

    def hear(one: ConsoleMessage) -> None:
        if one.type == "error":
            said.append(f"{one.text} ({one.location.get('url', '')})")

    def fails(fault: Any) -> None:
        said.append(str(fault))

    page.on("console", hear)
    page.on("pageerror", fails)
    try:
        answer = page.goto(address, wait_until="networkidle")
        beyond = page.evaluate(_BEYOND)
    finally:
        page.remove_listener("console", hear)
        page.remove_listener("pageerror", fails)
    status = answer.status if answer else 0
    if expected >= 400:  # the browser itself notes the status of the page
        said = [one for one in said if not (f"status of {expected}" in one and one.endswith(f"({page.url})"))]
    found = [f"console: {one}" for one in said]
    if status != expected:
        found.append(f"answered {status}, not {expected}")
    if beyond:
        found.append(f"{beyond['by']} px too wide: {'; '.join(beyond['what']) or 'something unnamed'}")
    return found


def take(
    browser: Browser, office: pages.Lived, url: str, addresses: Iterable[pages.Address], folder: Path
) -> list[Fault]:
    """Write a picture of every address in every look to ``folder``, and return what is wrong with any."""
    listed, found = list(addresses), list[Fault]()
    for look in LOOKS:
        (folder / look).mkdir(parents=True, exist_ok=True)
        with device(browser, look) as context:
            page = context.new_page()
            for number, one in enumerate(listed, 1):
                pages.sign_in(context, url, office.app, one.who)
                wrong = look_at(page, url + one.at(office), one.status)
                page.screenshot(path=folder / look / f"{number:02}-{_file_name(one)}.png", full_page=True)
                found += [Fault(look, f"{one.endpoint} {one.at(office)} ({one.who or 'nobody'})", it) for it in wrong]
    return found


def _file_name(one: pages.Address) -> str:
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{23}([0-9a-f]{4})", r"\1", urlsplit(one.path).path)
    return re.sub(r"[^a-z0-9.-]+", "-", f"{path}-{one.who or ''}").strip("-") or "depan"


def told(faults: list[Fault]) -> int:
    """Tell the faults, and return the exit code."""
    for one in faults:
        print(f"{one.page}, {one.look}: {one.what}", file=sys.stderr)
    return 1 if faults else 0


def main(arguments: list[str]) -> int:
    """Take the pictures; returns 1 where something is wrong, or where there is no browser."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__)
    parser.add_argument("--for-guide", action="store_true", help="the pictures of docs/panduan.md")
    parser.add_argument("--only", default="", help="only addresses that contain this")
    parser.add_argument("--to", type=Path, help=f"folder (default {PICTURES.relative_to(ROOT)})")
    chosen = parser.parse_args(arguments)
    if chromium.path() is None:
        print("There is no Chromium on this machine (Debian: apt install chromium).", file=sys.stderr)
        return 1
    folder = chosen.to or (GUIDE if chosen.for_guide else PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, chromium.browser() as browser:
        if chosen.for_guide:
            with served.demo(Path(name) / "buku") as (url, app):
                guide_pictures.take(Office(url, app), lambda: device(browser, "phone"), folder)
            return 0
        for look in LOOKS:
            shutil.rmtree(folder / look, ignore_errors=True)
        addresses = [one for one in pages.ADDRESSES if chosen.only in one.path]
        with pages.at_work(Path(name) / "buku") as (office, url):
            faults = take(browser, office, url, addresses, folder)
    print(f"{len(addresses) * len(LOOKS)} pictures in {folder}")
    return told(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
