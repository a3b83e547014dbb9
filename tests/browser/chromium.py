"""Headless Chromium, where this machine has one: Debian's, or the one that JEJAK_CHROMIUM names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


def path() -> str | None:
    """Return where the browser is, or None."""
    named = os.environ.get("JEJAK_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """Yield a browser that reaches nothing but this machine."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path(),
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"],
        )
        try:
            yield launched
        finally:
            launched.close()
