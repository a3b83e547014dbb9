"""Desk, case, document and comparison on a phone: found by what they say, read without script, never wider than it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api import demo_case, demo_office
from api.app import App
from tests.browser import served

#: Bytes that a page and all that it fetches may have.
MOST_BYTES = 100_000
CAMAT = "sri-wahyuni"


@dataclass(frozen=True)
class Office:
    """A served demonstration ledger; the case waits for the Camat, the Sekcam's paraf was recorded from paper."""

    url: str
    app: App
    photo: str


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("desk") / "buku"
    with served.demo(folder) as (url, app):
        yield Office(url, app, _paraf_on_paper(folder, app))


def _paraf_on_paper(folder: Path, app: App) -> str:
    """Record the Sekcam's paraf late, with a photo of the sheet; return the photo's digest."""
    ledger, stream = app.parts.ledger, f"case:{served.CASE}"
    digest, size = ledger.documents.store([_picture()])
    photo = {"digest": digest, "media_type": "image/png", "size": size, "name": "lembar-paraf.png"}
    held = ledger.stream(stream)
    assert held is not None
    assert held.state.document is not None  # type: ignore[union-attr]
    body = {"step": "6", "document": held.state.document.digest, "paper": {"scan": photo}}  # type: ignore[union-attr]
    signed = demo_office.hand(folder, "budi-santoso").sign(ledger, stream, "paraf.given", body, demo_case.claimed(5))
    ledger.record(signed)
    return digest


def _picture() -> bytes:
    """Return a grey picture of 8 by 8 dots (PNG)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    dots = zlib.compress(b"".join(b"\x00" + b"\x80" * 8 for _ in range(8)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", dots) + chunk(b"IEND", b"")


def fits(page: Page) -> None:
    """Hold the page to the width of the phone, and to what a weak signal can bring."""
    assert page.evaluate("document.documentElement.scrollWidth") == 360, page.url
    assert (
        page.evaluate(
            "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))"
            ".reduce((sum, one) => sum + one.decodedBodySize, 0)"
        )
        < MOST_BYTES
    ), page.url


def walk(page: Page, url: str) -> None:
    """Go from the desk to the case, its document and what changed in it, by what links say."""
    page.goto(f"{url}/meja")
    expect(page.get_by_role("heading", name="Menunggu Anda (1)")).to_be_visible()
    expect(page.get_by_role("link", name="Periksa dan tanda tangani")).to_be_visible()
    fits(page)
    page.get_by_role("link", name="Penyusunan Indikator Kinerja Utama").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Penyusunan Indikator Kinerja Utama 2017-2021")
    expect(page.get_by_role("link", name="Periksa dan tanda tangani")).to_be_visible()
    expect(page.locator("li[aria-current=step]")).to_contain_text("7. Memberi tanda tangan")
    expect(page.get_by_text("dicatat menyusul dari kertas").first).to_be_visible()
    fits(page)
    page.get_by_role("link", name="Baca dokumennya").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("iku-konsep-2.json")
    expect(page.get_by_role("cell", name="Laporan hasil evaluasi tata kelola")).to_be_visible()
    fits(page)
    page.get_by_role("link", name="Apa yang berubah").click()
    expect(page.get_by_text("Baris: 4 berubah.")).to_be_visible()
    expect(page.locator("ins").first).to_be_visible()
    fits(page)


def test_the_camat_reads_from_her_desk_to_what_changed_by_what_the_links_say(
    page: Page, device: BrowserContext, office: Office
) -> None:
    served.sign_in(device, office.url, office.app, CAMAT)
    walk(page, office.url)


def test_all_of_it_is_read_without_script(browser: Browser, office: Office) -> None:
    device = browser.new_context(viewport={"width": 360, "height": 760}, java_script_enabled=False)
    served.sign_in(device, office.url, office.app, CAMAT)
    page = device.new_page()
    for path, says in (
        ("/meja", "Menunggu Anda (1)"),
        ("/perkara", "langkah 7, Camat: tanda tangan"),
        (f"/perkara/{served.CASE}", "Tanda pada persis versi ini"),
        (f"/perkara/{served.CASE}/banding", "Baris: 4 berubah."),
    ):
        page.goto(office.url + path)
        expect(page.get_by_text(says).first).to_be_visible()
    page.get_by_label("Versi baru").select_option(index=0)
    page.get_by_role("button", name="Bandingkan").click()
    expect(page.get_by_text("sidiknya sama, jadi isinya sama persis")).to_be_visible()
    device.close()


def test_a_photo_is_fetched_and_seen_only_when_it_is_asked_for(
    page: Page, device: BrowserContext, office: Office
) -> None:
    served.sign_in(device, office.url, office.app, CAMAT)
    fetched: list[str] = []
    page.on("request", lambda one: fetched.append(one.url))
    page.goto(f"{office.url}/perkara/{served.CASE}/dokumen/{office.photo}")
    fits(page)
    address = f"{office.url}/v1/documents/{office.photo}"
    assert address not in fetched
    page.get_by_text("Lihat gambarnya di sini").click()
    picture = page.get_by_role("img", name="Isi berkas lembar-paraf.png")
    expect(picture).to_have_js_property("naturalWidth", 8)
    assert address in fetched


def test_the_drawing_scrolls_in_its_own_frame_and_is_reached_by_keyboard(
    page: Page, device: BrowserContext, office: Office
) -> None:
    served.sign_in(device, office.url, office.app, CAMAT)
    page.goto(f"{office.url}/perkara/{served.CASE}")
    sheet = page.get_by_role("region", name="Bagan alir, lembar 1 dari 2")
    assert sheet.evaluate("one => one.scrollWidth > one.clientWidth")
    sheet.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("one => one.scrollLeft > 0", arg=sheet.element_handle())
    fits(page)
