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
from ledger.case import Case
from tests.browser import served
from tests.browser.pages import ADDRESSES, BROUGHT, NAMES, SRI, Address, Lived, at_work, page_of, sign_in
from tests.kit import INSPECTOR

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
    case = held.state
    assert isinstance(case, Case)
    assert case.document is not None
    body = {"step": "6", "document": case.document.digest, "paper": {"scan": photo}}
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
    numbers = sheet.locator("svg.numbers")
    assert numbers.evaluate("one => one.getBoundingClientRect().left") == sheet.evaluate(
        "one => one.getBoundingClientRect().left"
    ), "the numbers of the steps stay in sight"


# --- the frame, on every page -----------------------------------------------------------------------------

#: Where all details of all acts are opened: more of them than on the listed address.
OPENED = Address("desk.search", "/jejak?rinci=1", INSPECTOR, "Jejak")
#: Bytes of a page and its files, as they are sent and as they are unpacked; what a module then asks of the ledger to
#: verify it grows with the case, and is counted where a weak line is tried.
WEIGHT = """['encodedBodySize', 'decodedBodySize'].map((name) => performance.getEntriesByType('navigation')
  .concat(performance.getEntriesByType('resource').filter((one) => one.name.includes('/statis/')))
  .reduce((sum, one) => sum + one[name], 0))"""
HEADER = "document.querySelector('header').getBoundingClientRect().height"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lived, str]]:
    with at_work(tmp_path_factory.mktemp("desk") / "buku") as found:
        yield found


def opened(page: Page, lived: tuple[Lived, str], address: Address) -> Page:
    """Return the page at an address, as who looks there, when nothing is fetched any more."""
    office, url = lived
    sign_in(page.context, url, office.app, address.who)
    page.goto(url + address.at(office), wait_until="networkidle")
    return page


@pytest.mark.parametrize(
    "address",
    [OPENED, *(pytest.param(one, marks=pytest.mark.long) for one in ADDRESSES)],
    ids=["jejak rinci", *NAMES],
)
def test_a_page_with_its_files_is_sent_in_at_most_100_kb(
    device: BrowserContext, lived: tuple[Lived, str], address: Address
) -> None:
    page = opened(device.new_page(), lived, address)
    sent, unpacked = page.evaluate(WEIGHT)
    assert sent < MOST_BYTES
    assert page.locator("script[src]").count() == 0 or english(page) < MOST_BYTES
    assert unpacked < MOST_BYTES or page.locator("script[src]").count(), "what is only read is small unpacked too"


def english(page: Page) -> int:
    """Return the bytes of the same page in English, on a device that has nothing of it yet."""
    device = page.context.browser
    assert device is not None
    with device.new_context(storage_state=page.context.storage_state()) as fresh:
        fresh.add_cookies([{"name": "bahasa", "value": "en", "url": page.url}])
        other = fresh.new_page()
        other.goto(page.url, wait_until="networkidle")
        expect(other.locator("html")).to_have_attribute("lang", "en")
        sent, _ = other.evaluate(WEIGHT)
        return int(sent)


def test_the_top_of_a_phone_is_small_and_its_menu_works_without_script(
    browser: Browser, lived: tuple[Lived, str]
) -> None:
    with browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False) as device:
        page = opened(device.new_page(), lived, Address("", page_of(BROUGHT[6]), INSPECTOR, ""))
        assert page.evaluate(HEADER) < 0.12 * 740
        for shown in ("Meja", "Perkara", "Periksa"):
            expect(page.get_by_role("banner").get_by_role("link", name=shown, exact=True)).to_be_visible()
        hidden = page.get_by_role("link", name="Agenda", exact=True)
        person = page.get_by_role("link", name="Wahyu Hidayat (sintetis)", exact=True)
        expect(hidden).to_be_hidden()
        expect(person).to_be_hidden()
        page.get_by_text("Menu", exact=True).click()
        expect(person).to_be_visible()
        hidden.click()
        page.wait_for_url("**/agenda")
        expect(person).to_be_hidden()
        assert page.evaluate(HEADER) < 0.12 * 740


def test_twice_as_large_letters_leave_most_of_a_phone_to_the_page(page: Page, lived: tuple[Lived, str]) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    opened(page, lived, Address("", "/meja", INSPECTOR, ""))
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(HEADER) < 0.35 * 740
    page.get_by_text("Menu", exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_desktop_shows_every_part_and_the_person_at_once(page: Page, lived: tuple[Lived, str]) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    opened(page, lived, Address("", "/meja", INSPECTOR, ""))
    banner = page.get_by_role("banner")
    for shown in ("Meja", "Perkara", "Jejak", "Periksa", "Agenda", "Pejabat", "Pembacaan", "Wahyu Hidayat (sintetis)"):
        expect(banner.get_by_role("link", name=shown, exact=True)).to_be_visible()
    expect(page.get_by_text("Menu", exact=True)).to_be_hidden()
    assert page.evaluate(HEADER) < 80


def test_the_foot_of_a_page_stands_below_its_content(page: Page, lived: tuple[Lived, str]) -> None:
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        opened(page, lived, Address("", "/meja", SRI, ""))
        left = "(what) => document.querySelector(what).getBoundingClientRect().left"
        assert page.evaluate(left, ".bottom p") == page.evaluate(left, "main h1")


def test_a_verdict_stays_on_a_line_with_what_it_is_on(page: Page, lived: tuple[Lived, str]) -> None:
    opened(page, lived, Address("", "/jejak", INSPECTOR, ""))
    lines = page.locator(".act .pair:has(.terbukti)").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).lineHeight))"
    )
    assert len(lines) > 50
    assert max(lines) < 1.5


def test_the_number_of_a_letter_stays_on_one_line(page: Page, lived: tuple[Lived, str]) -> None:
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        opened(page, lived, Address("", "/agenda?year=2026", SRI, ""))
        number = page.get_by_role("link", name="070/17/35.07.11/2026")
        assert number.evaluate("one => one.getClientRects().length") == 1
    first = page.locator(".book th").first
    assert first.evaluate("one => one.getBoundingClientRect().width") < 70


def test_the_drawing_is_brought_to_the_step_whose_turn_it_is_without_script(
    browser: Browser, lived: tuple[Lived, str]
) -> None:
    with browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False) as device:
        page = opened(device.new_page(), lived, Address("", page_of(BROUGHT[3]), SRI, ""))
        page.get_by_role("link", name="Geser bagan ke langkah 4").click()
        expect(page.locator("#bagan-giliran")).to_be_in_viewport(ratio=1)


def test_what_leads_on_from_the_front_page_is_large_enough_for_a_finger(page: Page, lived: tuple[Lived, str]) -> None:
    opened(page, lived, Address("", "/", None, ""))
    heights = page.locator("main .links a").evaluate_all("all => all.map((one) => one.getBoundingClientRect().height)")
    assert len(heights) == 3
    assert min(heights) >= 24
