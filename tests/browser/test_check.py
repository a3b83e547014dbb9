"""Periksa paraf on a phone: a file is hashed on the device, and every mark on its bytes is verified there again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from api.server import background_server
from tests.served import served
from tests.signed_in import bearer
from tests.test_desk_check import BUDI, Office

MARKS = 9


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with served(tmp_path_factory.mktemp("buku"), Office) as office:
        office.live()
        yield office


@pytest.fixture(scope="module")
def url(office: Office) -> Iterator[str]:
    with background_server(office.app) as url:
        yield url


@pytest.fixture(scope="module")
def iku(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file that was signed, as somebody has it on their phone."""
    file = tmp_path_factory.mktemp("telepon") / "IKU 2026 (1).json"
    file.write_bytes(office.ledger.documents.read(office.iku["digest"]))
    return file


@pytest.fixture(autouse=True)
def _budi_is_signed_in(device: BrowserContext, office: Office, url: str) -> None:
    let_in(device, office, url)


def let_in(device: BrowserContext, office: Office, url: str) -> None:
    token = bearer(office.app, BUDI)["Authorization"].removeprefix("Bearer ")
    device.add_cookies([{"name": "jejak", "value": token, "url": url, "httpOnly": True, "sameSite": "Strict"}])


def choose(page: Page, url: str, file: Path) -> None:
    page.goto(f"{url}/periksa")
    page.get_by_label("Pilih berkas, atau letakkan di sini").set_input_files(file)


def test_a_file_never_leaves_the_device_and_every_mark_on_it_is_verified_there(
    page: Page, url: str, iku: Path, office: Office
) -> None:
    sent: list[str] = []
    page.on("request", lambda one: sent.append(f"{one.method} {bool(one.post_data)}"))
    choose(page, url, iku)
    expect(page.get_by_text(f"Diperiksa di peramban ini: {MARKS} terbukti.")).to_be_visible()
    expect(page.get_by_text("IKU 2026 (1).json")).to_be_visible()
    expect(page.get_by_text("Kunci dari register atas nama budi-santoso").first).to_be_visible()
    expect(page.get_by_text("Tanda tangan dibuat dengan kunci itu.")).to_have_count(MARKS)
    expect(page.get_by_label("Sidik dokumen")).to_have_value(office.iku["digest"])
    assert set(sent) == {"GET False"}
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_file_with_one_other_byte_is_said_to_be_another(page: Page, url: str, iku: Path, tmp_path: Path) -> None:
    altered = tmp_path / iku.name
    altered.write_bytes(iku.read_bytes().replace(b"2021", b"2022", 1))
    assert altered.read_bytes() != iku.read_bytes()
    choose(page, url, altered)
    expect(page.get_by_text("Berkas ini lain dari yang ditandatangani, biarpun tampak sama.")).to_be_visible()
    expect(page.locator(".verdict.terbukti")).to_have_count(0)
    page.get_by_label("Pilih berkas, atau letakkan di sini").set_input_files(iku)
    expect(page.get_by_text(f"Diperiksa di peramban ini: {MARKS} terbukti.")).to_be_visible()


def test_a_file_may_be_dropped(page: Page, url: str, iku: Path) -> None:
    page.goto(f"{url}/periksa")
    expect(page.locator("#periksa")).to_be_visible()
    dropped = page.evaluate_handle(
        """bytes => {
            const moved = new DataTransfer();
            moved.items.add(new File([new Uint8Array(bytes)], "seret.json"));
            return moved;
        }""",
        list(iku.read_bytes()),
    )
    page.dispatch_event("#periksa", "drop", {"dataTransfer": dropped})
    expect(page.get_by_text(f"Diperiksa di peramban ini: {MARKS} terbukti.")).to_be_visible()


def test_where_the_service_gives_another_entry_the_page_says_loudly_that_they_differ(
    page: Page, url: str, office: Office
) -> None:
    page.goto(f"{url}/periksa?sidik={office.iku['digest']}")
    paraf = page.locator("[data-kind='paraf.given']").first.get_attribute("data-leaf")

    def altered(route: Route) -> None:
        data = route.fetch().body()
        route.fulfill(body=data.replace(b'"recorded_at":"2026-03-02', b'"recorded_at":"2026-03-01'), status=200)

    page.route(f"**/v1/entries/{paraf}", altered)
    page.reload()
    mark = page.locator(f"[data-leaf='{paraf}']")
    expect(mark.get_by_role("alert")).to_contain_text("BERBEDA: menurut layanan terbukti, di peramban ini tidak cocok.")
    expect(page.get_by_text(f"Diperiksa di peramban ini: {MARKS - 1} terbukti, 1 TIDAK COCOK.")).to_be_visible()


@pytest.mark.parametrize(
    ("pattern", "instead", "why"),
    [
        (r'data-official="budi-santoso"', 'data-official="sri-wahyuni"', "lain dari yang disebut layanan"),
        (r'data-decision=""', 'data-decision="approved"', "lain dari yang disebut layanan"),
        (r"<section id=\"hasil\"([^>]*)data-digest=\"[^\"]*\"", None, "Tindakan ini menyebut dokumen lain"),
    ],
    ids=["another official", "another decision", "another document"],
)
def test_what_a_lying_page_says_of_a_mark_is_found_out(
    pattern: str, instead: str | None, why: str, page: Page, url: str, office: Office
) -> None:
    other = f'<section id="hasil"\\1data-digest="{office.proof["digest"]}"'

    def lying(route: Route) -> None:
        said = route.fetch()
        route.fulfill(response=said, body=re.sub(pattern, instead or other, said.text()))

    page.route("**/periksa?*", lying)
    page.goto(f"{url}/periksa?sidik={office.iku['digest']}")
    expect(page.locator("[data-at=here]").get_by_text(why).first).to_be_visible()
    expect(page.get_by_role("alert").first).to_contain_text("BERBEDA")
    expect(page.locator("[data-at=summary] .notice")).to_have_class("notice bad")


def test_what_cannot_be_judged_here_is_said_so_and_never_green(
    device: BrowserContext, url: str, office: Office
) -> None:
    page = device.new_page()
    page.route("**/v1/streams/register/place*", lambda route: route.fulfill(status=404, body="{}"))
    page.goto(f"{url}/periksa?sidik={office.iku['digest']}")
    said = page.locator("[data-at=summary] .notice")
    expect(said).to_have_text(f"Diperiksa di peramban ini: {MARKS} tidak dapat dinilai.")
    expect(said).to_have_class("notice")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("[data-at=here] .terbukti")).to_have_count(0)


def test_a_digest_is_checked_without_script_as_the_service_says_it(browser: Browser, url: str, office: Office) -> None:
    device = browser.new_context(viewport={"width": 360, "height": 760}, java_script_enabled=False)
    let_in(device, office, url)
    page = device.new_page()
    page.goto(f"{url}/periksa")
    page.get_by_label("Sidik dokumen").fill(office.iku["digest"])
    page.get_by_role("button", name="Periksa sidik").click()
    expect(page.get_by_text(f"{MARKS} tanda ada pada persis isi ini.")).to_be_visible()
    expect(page.get_by_text("Belum: memerlukan JavaScript.").first).to_be_visible()
    device.close()
