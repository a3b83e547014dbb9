"""Officials at their own phones: a key made there, signing in with it, and every act signed by what the pages say.

Nothing here knows a page's inside: what is clicked and filled in is found by its words, as a person would.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from api import demo_case
from api.key_request import KeyRequest
from tests.kit import FOUNDERS, MORNING, OFFICERS, founding, mandate, person, the_sop
from tests.served import Served

#: Pixels that a small phone shows side by side.
PHONE = 360


class Keyless(Served):
    """A kecamatan whose officers hold their offices and have no key yet; the registrars enact the SOP."""

    def found(self) -> None:
        """Found the ledger, register the officers without keys, enact the SOP with its calendar and numbering."""
        first, second = FOUNDERS
        body = founding(self.log) | {"enacting_office": "registrar"}
        leaf = self.do(first, "register", "ledger.founded", body).recorded.leaf
        self.do(second, "register", "founding.accepted", {"founding": leaf})
        for official in OFFICERS:
            self.approve("official", {"person": person(official)})
            self.approve("mandate", {"mandate": mandate(official)})
        sop = the_sop()
        stream = f"sop:{sop.slug}"
        self.sop_leaf = self.do(second, stream, "sop.enacted", {"sop": sop.plain()}).recorded.leaf
        for kind, said in demo_case.settings(self.sop_leaf, MORNING.date()):
            self.do(second, stream, kind, said)

    def give_key(self, request: KeyRequest) -> None:
        """Let one registrar propose the key of a request, and the other approve it with its minutes."""
        first, second = FOUNDERS
        request.require_for(self.log.name)
        said = {"official": request.official, "public_key": request.public_key, "possession": request.possession}
        leaf = self.do(first, "register", "key.proposed", said).recorded.leaf
        minutes = f"Berita acara (sintetis): {request.official}, sidik {request.fingerprint}\n".encode()
        paper = self.store(minutes, "berita-acara.txt", "text/plain")
        self.do(second, "register", "key.approved", {"proposal": leaf, "berita_acara": paper})


@dataclass
class Officer:
    """An official with a phone: ``page`` shows the desk, ``said`` is what went wrong on its console.

    ``patience`` are the milliseconds that a page or a receipt may take to come.
    """

    official: str
    url: str
    device: BrowserContext
    page: Page
    patience: int
    said: list[str] = field(default_factory=list)

    def make_key(self) -> KeyRequest:
        """Make a key from the home page on, and return the request that the phone saves for the registrars."""
        self.page.goto(self.url)
        self.follow("Buat kunci di perangkat ini")
        self.page.get_by_label("Nama Anda dalam register").fill(self.official)
        self.page.get_by_role("button", name="Buat kunci").click()
        expect(self.page.get_by_text("Kunci dibuat.")).to_be_visible()
        with self.page.expect_download() as saved:
            self.page.get_by_role("button", name="Simpan berkas permintaan").click()
        request = KeyRequest.parse(Path(saved.value.path()).read_bytes())
        shown = self.page.locator("p", has_text=f"Kunci baru milik {self.official}").locator("+ p")
        expect(shown).to_have_text(request.fingerprint)
        self.fits()
        return request

    def sign_in(self) -> None:
        """Sign in with the phone's own key."""
        self.follow("Masuk")
        self.page.get_by_role("button", name=f"Masuk sebagai {self.official}").click()
        self.at("Meja saya")

    def sign_in_with_file(self, path: Path, passphrase: str) -> None:
        """Sign in from the home page on with a key file, and keep its key on the phone."""
        self.page.goto(self.url)
        self.follow("Masuk dengan kunci")
        self.page.get_by_label("Berkas kunci (.json)").set_input_files(path)
        self.page.get_by_label("Kata sandi berkas itu").fill(passphrase)
        self.page.get_by_label("Simpan kunci ini di perangkat ini").check()
        self.page.get_by_role("button", name="Buka dan masuk").click()
        self.at("Meja saya")

    def follow(self, words: str, *, exact: bool = True) -> None:
        """Follow the first link that says just this, or this and more, to a page that is no wider than the phone."""
        before = self.page.url
        self.page.get_by_role("link", name=words, exact=exact).first.click()
        expect(self.page).not_to_have_url(before, timeout=self.patience)
        self.fits()

    def begin(self, words: str, *, exact: bool = True) -> None:
        """Look at the desk anew, and begin what it offers by these words."""
        self.follow("Perkara")
        self.follow("Meja")
        self.follow(words, exact=exact)

    def at(self, heading: str) -> None:
        """Wait for the page of this heading."""
        expect(self.page.get_by_role("heading", level=1, name=heading)).to_be_visible(timeout=self.patience)
        self.fits()

    def go_on(self) -> None:
        """Go to the next part of a form."""
        self.page.get_by_role("button", name="Lanjut", exact=True).click()

    def fill(self, **values: str) -> None:
        """Fill in fields by their labels, ``_`` for a space."""
        for name, value in values.items():
            label = re.compile(rf"^\s*{name.replace('_', ' ')}\s*(\((boleh kosong|wajib bila dikembalikan)\))?\s*$")
            self.page.get_by_label(label).fill(value)

    def choose_file(self, label: str, name: str, media_type: str, data: bytes) -> None:
        """Choose a file of these bytes, in the field whose label begins so."""
        chosen: Any = {"name": name, "mimeType": media_type, "buffer": data}
        self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}")).set_input_files(chosen)

    def sign(self, words: str) -> None:
        """Press the button, look once more, sign, and wait for the receipt that the phone has proved."""
        self.page.get_by_role("button", name=words, exact=True).click()
        look = self.card("Lihat sekali lagi")
        expect(look).to_contain_text("akan menandatangani tindakan ini")
        self.fits()
        look.locator("[data-at=sign]").click()  # it says in its own words what it does
        expect(self.card("Tercatat")).to_contain_text("terbukti di peramban ini", timeout=self.patience)
        self.fits()

    def card(self, heading: str) -> Locator:
        """Return the part of the page under this heading."""
        part = self.page.locator("section")
        return part.filter(has=self.page.get_by_role("heading", name=heading, exact=True))

    def fits(self) -> None:
        """Assert that nothing is wider than the phone."""
        assert self.page.evaluate("document.documentElement.scrollWidth") == PHONE, self.page.url


@contextmanager
def phone_of(browser: Browser, url: str, official: str, *, patience: int = 15_000, **looks: Any) -> Iterator[Officer]:
    """Yield an official with a new phone that knows nothing yet.

    ``patience`` are the milliseconds that anything on it may take, ``looks`` the context's.
    """
    device = browser.new_context(
        viewport={"width": PHONE, "height": 760},
        is_mobile=True,
        has_touch=True,
        locale="id-ID",
        timezone_id="Asia/Jakarta",
        **looks,
    )
    device.set_default_timeout(patience)
    page = device.new_page()
    officer = Officer(official, url, device, page, patience)
    page.on("console", lambda one: officer.said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: officer.said.append(str(one)))
    try:
        yield officer
    finally:
        device.close()
