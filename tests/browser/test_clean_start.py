"""From nothing to a proved paraf: the demonstration's own command, then only what can be seen and clicked."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api import demo_office
from api.app import App
from api.remembered import Pins
from ledger.note import VerifierKey
from ledger.receipt import verify_receipt
from tests.browser import served
from tests.browser.officials import phone_of

#: Seconds from the command to the receipt that are too many.
TOO_LONG = 300
_SAYS = r"Sekretaris Kecamatan Kalipare\n  mandat \S+, kunci (?P<key>.+)\n  kata sandi: (?P<passphrase>.+)\n"


class Told(NamedTuple):
    """What the command tells whoever runs it: the address, the secretary's key file and its passphrase."""

    url: str
    key: Path
    passphrase: str


@contextmanager
def demonstration(home: Path) -> Iterator[Told]:
    """Run the demonstration as ``make run`` does, in a folder of its own and at a free port."""
    command = [sys.executable, "-m", "api.cli", "serve", "--demo", "--home", str(home), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as service:
        assert service.stdout is not None
        try:
            said = ""
            for line in service.stdout:
                said += line
                if "Ctrl-C" in line:
                    break
            url, person = re.search(r"Jejak melayani di (\S+)", said), re.search(_SAYS, said)
            assert url, said
            assert person, said
            yield Told(url[1], Path(person["key"]), person["passphrase"])
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(30)


def test_from_a_clean_start_budi_has_the_receipt_of_his_paraf_within_five_minutes(
    browser: Browser, tmp_path: Path
) -> None:
    began = time.monotonic()
    with demonstration(tmp_path / "buku") as told, phone_of(browser, told.url, "budi-santoso") as budi:
        budi.sign_in_with_file(told.key, told.passphrase)
        budi.follow("Periksa dan paraf")
        budi.sign("Bubuhkan paraf")
        with budi.page.expect_download() as saved:
            budi.page.get_by_role("button", name="Simpan tanda terima").click()
        receipt = Path(saved.value.path()).read_bytes()
        seconds = time.monotonic() - began

        index = budi.card("Tercatat").get_by_text("Nomor daun").locator("+ dd").inner_text()
        entry = budi.device.request.get(f"{told.url}/v1/entries/{index}").body()
        pins = json.loads((tmp_path / "buku" / "demo.json").read_text())
        assert verify_receipt(receipt, entry, VerifierKey.parse(pins["vkey"])).index == int(index)
        budi.page.get_by_role("link", name="Kembali ke meja").click()
        expect(budi.page.get_by_text("Tidak ada yang menunggu.")).to_be_visible()
        assert budi.said == []
    print(f"from the command to the receipt: {seconds:.1f} s")
    assert seconds < TOO_LONG


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, App]]:
    with served.demo(tmp_path_factory.mktemp("masuk") / "buku") as found:
        yield found


def test_who_asks_for_a_page_before_signing_in_comes_to_it_afterwards(page: Page, office: tuple[str, App]) -> None:
    url, app = office
    page.goto(f"{url}/jejak?text=konsep")
    expect(page.get_by_role("heading", name="Masuk", exact=True)).to_be_visible()
    _open_file(page, app, demo_office.person("budi-santoso").passphrase)
    expect(page).to_have_url(f"{url}/jejak?text=konsep")
    expect(page.get_by_label("Kata", exact=True)).to_have_value("konsep")


def test_a_link_from_elsewhere_brings_whoever_is_signed_in_to_its_page(
    page: Page, device: BrowserContext, office: tuple[str, App]
) -> None:
    url, app = office
    served.sign_in(device, url, app, "budi-santoso")
    letter = f'<!doctype html><title>Surel</title><a href="{url}/perkara/{served.CASE}">Buka perkaranya</a>'
    page.route("http://surel.example/", lambda route: route.fulfill(body=letter, content_type="text/html"))
    page.goto("http://surel.example/")
    page.get_by_role("link", name="Buka perkaranya").click()
    expect(page).to_have_url(f"{url}/perkara/{served.CASE}")
    expect(page.get_by_role("heading", name="Yang dapat saya lakukan")).to_be_visible()


def test_why_a_key_does_not_sign_in_is_said_once_beside_it_and_then_another_does(
    device: BrowserContext, office: tuple[str, App]
) -> None:
    url, app = office
    page = device.new_page()  # that a sign-in is refused, the browser notes as an error itself
    page.goto(f"{url}/kunci")
    page.get_by_label("Nama Anda dalam register").fill("budi-santoso")
    page.get_by_role("button", name="Buat kunci").click()
    page.get_by_text("Kunci dibuat.").wait_for()
    page.get_by_role("link", name="Masuk", exact=True).click()
    page.get_by_role("button", name="Masuk sebagai budi-santoso").click()
    own = page.locator("section", has_text="Kunci di perangkat ini")
    expect(own.get_by_role("alert")).to_contain_text("Tidak dapat masuk dengan kunci ini.")
    _open_file(page, app, "bukan kata sandinya")
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_role("alert")).to_contain_text("Kata sandi salah")
    _open_file(page, app, demo_office.person("budi-santoso").passphrase)
    expect(page.get_by_role("heading", name="Meja saya")).to_be_visible()


def test_a_device_says_that_its_ledger_was_not_compared_until_a_person_found_its_print_on_their_card(
    page: Page, office: tuple[str, App]
) -> None:
    url, app = office
    with app.app_context():
        card = Pins.model_validate(app.parts.card()).fingerprint
    page.goto(f"{url}/masuk")
    expect(page.locator(".fingerprint")).to_have_text(card)
    _open_file(page, app, demo_office.person("budi-santoso").passphrase)
    page.get_by_role("link", name="Periksa dan paraf").click()
    seal, doubt = page.locator("[data-check=seal]"), "menurut patokan yang belum dicocokkan dengan kartu pendaftar"
    expect(seal).to_contain_text(doubt)
    act = page.url
    page.goto(f"{url}/kunci")
    expect(page.locator("[data-part=pins] .fingerprint")).to_have_text(card)
    page.get_by_role("button", name="Sama dengan kartu saya").click()
    expect(page.get_by_text("Dicocokkan dengan kartu pada ")).to_be_visible()
    page.goto(act)
    expect(seal).to_contain_text("terbukti")
    expect(seal).not_to_contain_text(doubt)
    page.get_by_text("Menu", exact=True).click()
    page.get_by_role("link", name="Budi Santoso (sintetis)").click()
    page.get_by_role("button", name="Keluar", exact=True).click()
    page.get_by_role("link", name="Masuk dengan kunci").click()
    expect(page.get_by_label("Berkas kunci (.json)")).to_be_visible()
    expect(page.get_by_role("heading", name="Patokan belum dicocokkan")).to_be_hidden()


def test_who_is_signed_in_elsewhere_is_told_since_when_and_leaves_everywhere_at_once(
    page: Page, device: BrowserContext, office: tuple[str, App]
) -> None:
    url, app = office
    served.sign_in(device, url, app, "ratna-sari")
    elsewhere = {"Authorization": f"Bearer {served.token(app, 'ratna-sari')}"}
    assert device.request.get(f"{url}/v1/session", headers=elsewhere).ok
    page.goto(f"{url}/kunci")
    expect(page.get_by_text("Anda masuk sebagai Ratna Sari (sintetis) (ratna-sari).")).to_be_visible()
    expect(page.get_by_text("Anda juga masuk di 1 tempat lain, sejak ")).to_be_visible()
    page.get_by_role("button", name="Keluar dari semua perangkat").click()
    expect(page.get_by_role("link", name="Masuk dengan kunci")).to_be_visible()
    assert page.request.get(f"{url}/v1/session", headers=elsewhere).status == 401


def test_who_signs_out_is_out(page: Page, device: BrowserContext, office: tuple[str, App]) -> None:
    url, app = office
    served.sign_in(device, url, app, "budi-santoso")
    page.goto(f"{url}/meja")
    page.get_by_text("Menu", exact=True).click()
    page.get_by_role("link", name="Budi Santoso (sintetis)").click()
    page.get_by_role("button", name="Keluar", exact=True).click()
    expect(page.get_by_role("link", name="Masuk dengan kunci")).to_be_visible()
    page.goto(f"{url}/meja")
    expect(page.get_by_role("heading", name="Masuk", exact=True)).to_be_visible()


def _open_file(page: Page, app: App, passphrase: str) -> None:
    path = demo_office.key_path(app.settings.home, "budi-santoso")
    page.get_by_label("Berkas kunci (.json)").set_input_files(path)
    page.get_by_label("Kata sandi berkas itu").fill(passphrase)
    page.get_by_role("button", name="Buka dan masuk").click()
