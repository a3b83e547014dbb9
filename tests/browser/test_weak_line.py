"""A paraf on a weak line: 50 kbit/s, two seconds to each answer, and one drop while the act is on its way.

What the phone has kept when the clock starts is what signing in and the desk brought over the same line.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from api import demo_office
from api.app import App
from keys.envelope import Envelope
from ledger.acts import act_of
from tests.browser import served
from tests.browser.officials import Officer, phone_of

BUDI = "budi-santoso"
#: Bytes a second each way (50 kbit/s), and milliseconds from a request to its answer.
RATE, ROUND_TRIP = 50 * 1024 // 8, 2000
#: Seconds that the drop lasts.
GONE = 3
#: Milliseconds that anything on the page may take.
PATIENCE = 60_000
MOST_SECONDS, MOST_BYTES = 60, 150_000


class WeakLine:
    """The line between a page and the service; it counts the bytes of what came over it, and what was posted."""

    def __init__(self, page: Page) -> None:
        self.posted: list[bytes] = []
        self.answers = self.size = 0
        self._held: list[dict[str, Any]] = []
        self._begun: dict[str, int] = {}  # bytes of answers that are on their way, by request
        self._session = page.context.new_cdp_session(page)
        self._session.on("Network.responseReceived", self._head)
        self._session.on("Network.dataReceived", self._piece)
        self._session.on("Network.loadingFinished", self._whole)
        self._session.on("Network.loadingFailed", self._cut)
        self._session.send("Network.enable")
        self.there()
        page.on("request", self._asked)

    def there(self, *, gone: bool = False) -> None:
        """Let the line be there, or gone."""
        line = {"offline": gone, "latency": ROUND_TRIP, "downloadThroughput": RATE, "uploadThroughput": RATE}
        self._session.send("Network.emulateNetworkConditions", line)

    def hold(self, pattern: str) -> None:
        """Hold the next answer from an address, so that it can be lost."""
        self._session.on("Fetch.requestPaused", lambda one: self._held.append(one))
        self._session.send("Fetch.enable", {"patterns": [{"urlPattern": pattern, "requestStage": "Response"}]})

    def holds(self) -> bool:
        """Tell whether an answer is held: the service has done what it was asked."""
        return bool(self._held)

    def drop(self) -> None:
        """Lose the answer that is held, and be gone."""
        self.there(gone=True)
        lost = {"requestId": self._held[0]["requestId"], "errorReason": "ConnectionClosed"}
        self._session.send("Fetch.failRequest", lost)
        self._session.send("Fetch.disable")

    def forget(self) -> None:
        """Count anew."""
        self.answers = self.size = 0
        self.posted.clear()

    def _asked(self, request: Any) -> None:
        if request.method == "POST":
            self.posted.append(request.post_data_buffer or b"")
            self.size += len(self.posted[-1])

    def _head(self, one: dict[str, Any]) -> None:
        response = one["response"]
        if not (response.get("fromDiskCache") or response["url"].startswith("data:")):
            self._begun[one["requestId"]] = response["encodedDataLength"]

    def _piece(self, one: dict[str, Any]) -> None:
        if one["requestId"] in self._begun:
            self._begun[one["requestId"]] += one["dataLength"]

    def _whole(self, one: dict[str, Any]) -> None:
        if self._begun.pop(one["requestId"], 0):
            self._count(int(one["encodedDataLength"]))

    def _cut(self, one: dict[str, Any]) -> None:
        self._count(self._begun.pop(one["requestId"], 0))

    def _count(self, size: int) -> None:
        self.answers += size > 0
        self.size += size


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[str, App]]:
    with served.demo(tmp_path / "buku") as found:
        yield found


def test_a_paraf_over_a_weak_line_that_drops_once_takes_less_than_a_minute_and_150_kb(
    browser: Browser, office: tuple[str, App]
) -> None:
    url, app = office
    with phone_of(browser, url, BUDI, patience=PATIENCE) as budi:
        line = WeakLine(budi.page)
        key = demo_office.key_path(app.settings.home, BUDI)
        budi.sign_in_with_file(key, demo_office.person(BUDI).passphrase)
        budi.page.wait_for_load_state("networkidle")
        print(f"\nsign-in and desk: {line.size} bytes, {line.answers} answers")
        line.forget()

        began = time.monotonic()
        budi.follow("Periksa dan paraf")
        sent = _sign_while_the_line_drops(budi, line, app)
        seconds = time.monotonic() - began
        print(f"paraf: {seconds:.1f} s, {line.size} bytes, {line.answers} answers")
        assert len(sent) > 1
        assert len(set(sent)) == 1, "the very same bytes again"
        assert act_of(Envelope.parse(sent[0])).kind == "paraf.given"
        assert [one for one in budi.said if not one.startswith("Failed to load resource: net::ERR_")] == []
    assert seconds < MOST_SECONDS
    assert line.size < MOST_BYTES


def _sign_while_the_line_drops(budi: Officer, line: WeakLine, app: App) -> list[bytes]:
    """Sign; once the service has recorded the act the line is gone, the answer with it. Return what was sent."""
    recorded = _size(app) + 1
    budi.page.get_by_role("button", name="Bubuhkan paraf", exact=True).click(timeout=PATIENCE)
    look = budi.card("Lihat sekali lagi")
    expect(look).to_be_visible(timeout=PATIENCE)
    line.hold("*/v1/acts")
    look.get_by_role("button", name="Bubuhkan paraf", exact=True).click()
    while not line.holds():
        budi.page.wait_for_timeout(20)
    assert _size(app) == recorded
    line.drop()
    expect(budi.page.get_by_text("Menunggu sambungan.")).to_be_visible()
    budi.page.wait_for_timeout(GONE * 1000)
    line.there()
    expect(budi.card("Tercatat")).to_contain_text("terbukti di peramban ini", timeout=PATIENCE)
    assert _size(app) == recorded
    return list(line.posted)


def _size(app: App) -> int:
    with app.parts.ledger.reading() as rows:
        return rows.size()
