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
#: Nobody compared the pins of these devices with a card.
UNCOMPARED = "menurut patokan yang belum dicocokkan dengan kartu pendaftar"
ALL_PROVED = f"Diperiksa di peramban ini: {MARKS} terbukti; {UNCOMPARED}."
NONE_SHOWN = "Layanan ini tidak menunjukkan tanda apa pun pada isi ini."
#: What the service says of the marks on some bytes.
SAID = "**/v1/documents/*/signatures"


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
    expect(page.get_by_text(ALL_PROVED)).to_be_visible()
    expect(page.get_by_text("IKU 2026 (1).json")).to_be_visible()
    expect(page.get_by_text("Kunci dari register atas nama budi-santoso").first).to_be_visible()
    expect(page.get_by_text("Tanda tangan dibuat dengan kunci itu.")).to_have_count(MARKS)
    expect(page.get_by_label("Sidik dokumen")).to_have_value(office.iku["digest"])
    assert set(sent) == {"GET False"}
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_file_that_was_chosen_before_the_scripts_came_is_checked_when_they_come(
    page: Page, url: str, iku: Path
) -> None:
    held: list[Route] = []
    page.route("**/check.js", lambda route: held.append(route))
    with page.expect_request("**/check.js"):
        page.goto(f"{url}/periksa", wait_until="commit")
    page.get_by_label("Pilih berkas, atau letakkan di sini").set_input_files(iku)
    expect(page.locator("#periksa")).to_be_hidden()
    held.pop().continue_()
    expect(page.get_by_text(ALL_PROVED)).to_be_visible()


def test_of_a_file_with_one_other_byte_it_is_said_that_no_mark_is_shown_and_what_to_do(
    page: Page, url: str, iku: Path, tmp_path: Path
) -> None:
    altered = tmp_path / iku.name
    altered.write_bytes(iku.read_bytes().replace(b"2021", b"2022", 1))
    assert altered.read_bytes() != iku.read_bytes()
    choose(page, url, altered)
    expect(page.get_by_text(NONE_SHOWN)).to_be_visible()
    expect(page.get_by_text("Bila berkas ini seharusnya bertanda")).to_be_visible()
    expect(page.get_by_text("Layanan dapat menyembunyikan tanda")).to_be_visible()
    expect(page.locator(".verdict.terbukti, .notice.bad, .notice.good")).to_have_count(0)
    page.get_by_label("Pilih berkas, atau letakkan di sini").set_input_files(iku)
    expect(page.get_by_text(ALL_PROVED)).to_be_visible()


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
    expect(page.get_by_text(ALL_PROVED)).to_be_visible()


def test_where_the_service_gives_another_entry_the_page_says_loudly_that_they_differ(
    page: Page, url: str, office: Office
) -> None:
    page.goto(f"{url}/periksa?sidik={office.iku['digest']}")
    expect(page.get_by_text(ALL_PROVED)).to_be_visible()
    paraf = page.locator(".mark-found").nth(1).get_attribute("data-leaf")

    def altered(route: Route) -> None:
        data = route.fetch().body()
        route.fulfill(body=data.replace(b'"recorded_at":"2026-03-02', b'"recorded_at":"2026-03-01'), status=200)

    page.route(f"**/v1/entries/{paraf}", altered)
    page.reload()
    mark = page.locator(f"[data-leaf='{paraf}']")
    expect(mark.get_by_role("alert")).to_contain_text("BERBEDA: menurut layanan terbukti, di peramban ini tidak cocok.")
    expect(page.get_by_text(f"Diperiksa di peramban ini: {MARKS - 1} terbukti; 1 TIDAK COCOK; ")).to_be_visible()


@pytest.mark.parametrize(
    ("pattern", "instead", "why"),
    [
        (r'"official":"budi-santoso"', '"official":"sri-wahyuni"', "lain dari yang disebut layanan"),
        (r'"decision":null', '"decision":"approved"', "lain dari yang disebut layanan"),
        (r'"kind":"paraf.given"', '"kind":"signature.given"', "lain dari yang disebut layanan"),
    ],
    ids=["another official", "another decision", "another kind"],
)
def test_what_a_lying_service_says_of_a_mark_is_found_out(
    pattern: str, instead: str, why: str, page: Page, url: str, office: Office
) -> None:
    def lying(route: Route) -> None:
        said = route.fetch()
        route.fulfill(response=said, body=re.sub(pattern, instead, said.text()))

    page.route(SAID, lying)
    page.goto(f"{url}/periksa?sidik={office.iku['digest']}")
    expect(page.locator("[data-at=here]").get_by_text(why).first).to_be_visible()
    expect(page.get_by_role("alert").first).to_contain_text("BERBEDA")
    expect(page.locator("[data-at=summary] .notice")).to_have_class("notice bad")


def test_marks_on_another_document_do_not_become_marks_on_this_one(page: Page, url: str, office: Office) -> None:
    def lying(route: Route) -> None:
        said = route.fetch(url=f"{url}/v1/documents/{office.iku['digest']}/signatures")
        route.fulfill(response=said)

    page.route(SAID, lying)
    page.goto(f"{url}/periksa?sidik={office.proof['digest']}")
    expect(page.locator("[data-at=here]").get_by_text("Tindakan ini menyebut dokumen lain")).to_have_count(MARKS)
    expect(page.locator("[data-at=summary] .notice")).to_have_class("notice bad")


def test_the_register_is_verified_once_and_then_only_what_is_new(page: Page, url: str, office: Office) -> None:
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url.removeprefix(url)))
    page.goto(f"{url}/periksa?sidik={office.iku['digest']}")
    expect(page.get_by_text(ALL_PROVED)).to_be_visible()
    first = len(asked)
    page.reload()
    expect(page.get_by_text(ALL_PROVED)).to_be_visible()
    register = office.ledger.stream("register")
    assert register is not None
    places = [one.partition("after=")[2] for one in asked if "/register/place" in one]
    assert places == ["0", str(register.version)]
    leaves = {one.split("/")[3] for one in asked[first:] if one.startswith("/v1/entries/")}
    assert len(leaves) == MARKS, "the leaves that gave the keys are not asked for again"


def test_what_cannot_be_judged_here_is_said_so_and_never_green(
    device: BrowserContext, url: str, office: Office
) -> None:
    page = device.new_page()
    page.route("**/v1/streams/register/place*", lambda route: route.fulfill(status=404, body="{}"))
    page.goto(f"{url}/periksa?sidik={office.iku['digest']}")
    said = page.locator("[data-at=summary] .notice")
    expect(said).to_have_text(f"Diperiksa di peramban ini: {MARKS} tidak dapat dinilai; {UNCOMPARED}.")
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
    expect(page.get_by_text(f"Layanan menunjukkan {MARKS} tanda pada persis isi ini.")).to_be_visible()
    expect(page.get_by_text("Belum: memerlukan JavaScript.").first).to_be_visible()
    device.close()


def test_a_mark_that_was_put_since_the_page_was_opened_is_proved_too(
    page: Page, office: Office, url: str, tmp_path: Path
) -> None:
    """What was fetched of its case for an earlier answer does not have it."""
    later = "case:99999999-9999-4999-8999-999999999999"
    steps = office.steps(office.iku_mended, case=later)
    for official, kind, body in steps[:6]:
        office.do(official, later, kind, body)
    file = tmp_path / "iku.json"
    file.write_bytes(office.ledger.documents.read(office.iku_mended["digest"]))
    choose(page, url, file)
    summary = page.locator("[data-at=summary]")
    expect(summary).to_contain_text("terbukti")
    before = page.locator(".mark-found").count()
    official, kind, body = steps[6]
    office.do(official, later, kind, body)
    page.get_by_label("Pilih berkas").set_input_files([])
    page.get_by_label("Pilih berkas").set_input_files(file)
    expect(page.locator(".mark-found")).to_have_count(before + 1)
    expect(summary).to_contain_text(f"{before + 1} terbukti")
    expect(summary).not_to_contain_text("TIDAK COCOK")
