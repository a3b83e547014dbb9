"""The pictures of docs/panduan.md: the demonstration's office, a part of a page each, as wide as a phone.

Taken anew with ``python -m tests.browser.screenshots --for-guide`` whenever a page has changed its looks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from playwright.sync_api import BrowserContext, FloatRect, Locator, Page, expect

from tests.browser import served
from tests.browser.test_acting import AGUS, BUDI, HADI, RATNA, SRI, Office, all_agree, open_act, press, recorded

#: Pixels around what is shown.
EDGE = 12
#: Where an element is on its page: from and to, in pixels from the top.
_PLACE = "one => { const { top, bottom } = one.getBoundingClientRect(); return [top + scrollY, bottom + scrollY]; }"


def take(office: Office, device: Callable[[], AbstractContextManager[BrowserContext]], folder: Path) -> None:
    """Write every picture to ``folder``, each from a device of its own."""
    guide = _Guide(office)
    for name, bring in PICTURES.items():
        with device() as context:
            page = context.new_page()
            parts = bring(guide, page)
            places = [one.evaluate(_PLACE) for one in parts]
            top = max(0, min(up for up, _ in places) - EDGE)
            height = max(down for _, down in places) + EDGE - top
            width = page.evaluate("document.documentElement.clientWidth")
            clip = FloatRect(x=0, y=top, width=width, height=height)
            page.screenshot(path=folder / f"{name}.png", clip=clip, full_page=True)


class _Guide:
    """Each method brings a page so far as its picture, and returns what is in it."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def _go(self, page: Page, who: str, path: str) -> None:
        served.sign_in(page.context, self._office.url, self._office.app, who)
        page.goto(self._office.url + path)

    def _acting(self, page: Page, who: str, kind: str, upto: int, *, agree: bool = True) -> str:
        case_id = self._office.case(upto)
        open_act(self._office, page, who, case_id, kind)
        if agree:
            all_agree(page)
        return case_id

    def _key(self, page: Page) -> list[Locator]:
        page.goto(f"{self._office.url}/kunci")
        page.get_by_label("Nama Anda dalam register").fill(BUDI)
        page.get_by_role("button", name="Buat kunci").click()
        made = page.locator("[data-part=made]")
        expect(made).to_be_visible()
        return [made]

    def _sign_in(self, page: Page) -> list[Locator]:
        page.goto(f"{self._office.url}/masuk")
        return [page.get_by_role("heading", name="Masuk", exact=True), page.locator("form[data-part=file]")]

    def _desk(self, page: Page) -> list[Locator]:
        self._go(page, BUDI, "/meja")
        return [page.get_by_role("heading", name="Meja saya"), page.locator(".card.waiting").first]

    def _document(self, page: Page) -> list[Locator]:
        self._acting(page, BUDI, "paraf.given", 5)
        card = page.locator("section[aria-labelledby=judul-naskah]")
        return [card.locator("h2"), card.get_by_text("Kecamatan Sidemen, Kabupaten Karangasem").first]

    def _checks(self, page: Page) -> list[Locator]:
        self._acting(page, BUDI, "paraf.given", 5)
        return [page.locator("section[aria-labelledby=judul-periksa]"), page.locator("[data-at=buttons]")]

    def _last_look(self, page: Page) -> list[Locator]:
        self._acting(page, BUDI, "paraf.given", 5)
        page.locator("[data-at=buttons]").get_by_role("button", name="Bubuhkan paraf").click()
        look = page.locator("[data-at=look]")
        return [look.locator("h2"), look.locator("p").filter(has_text="Artinya")]

    def _recorded(self, page: Page) -> list[Locator]:
        self._acting(page, BUDI, "paraf.given", 5)
        press(page, "Bubuhkan paraf")
        recorded(page)
        return [page.locator("[data-at=done]")]

    def _return(self, page: Page) -> list[Locator]:
        self._acting(page, RATNA, "typing.reviewed", 4)
        page.get_by_label("Alasan").fill("Rumus baris 1 memuat target. Keluarkan target dari rumus.")
        expect(page.locator("[data-at=kept]")).to_have_attribute("data-state", "kept")
        return [page.locator("form[data-at=form] fieldset").first, page.locator("form[data-at=form] details").first]

    def _typing(self, page: Page) -> list[Locator]:
        self._acting(page, RATNA, "concept.drafted", 2, agree=False)
        page.get_by_label("Sasaran strategis").first.fill("Meningkatnya kualitas pelayanan")
        page.get_by_label("Indikator kinerja utama").first.fill("% warga yang puas")
        page.get_by_label("Indikator kinerja utama").first.blur()
        expect(page.get_by_text("Satuan tercampur dalam nama indikator.").first).to_be_visible()
        return [page.get_by_text("Hanya sasaran dan indikator yang wajib."), page.get_by_role("row").nth(1)]

    def _line(self, page: Page) -> list[Locator]:
        case_id = self._acting(page, BUDI, "paraf.given", 5)
        page.route("**/v1/acts", lambda route: route.abort())
        with page.expect_request("**/v1/acts"):
            press(page, "Bubuhkan paraf")
        page.goto("about:blank")
        page.unroute_all(behavior="ignoreErrors")
        page.goto(f"{self._office.url}/perkara/{case_id}/tindakan/paraf.given")
        card = page.locator("[data-at=outbox] .card")
        expect(card).to_be_visible()
        return [card]

    def _conflict(self, page: Page) -> list[Locator]:
        case_id = self._acting(page, RATNA, "typing.reviewed", 4)
        page.locator("[data-at=buttons]").get_by_role("button", name="Setujui").click()
        again = {"step": "4", "document": self._office.second, "deviation": "Satu halaman belum ikut terunggah."}
        self._office.do(AGUS, case_id, "concept.typed", again)
        page.locator("[data-at=sign]").click()
        card = page.locator("[data-at=told] .notice")
        expect(card).to_contain_text("didahului tindakan lain")
        return [card]

    def _case(self, page: Page) -> list[Locator]:
        self._go(page, BUDI, f"/perkara/{self._office.case(5)}")
        return [page.locator("main .card").nth(0), page.locator("main .card").nth(1)]

    def _agenda(self, page: Page) -> list[Locator]:
        self._numbered()
        self._go(page, HADI, "/agenda")
        return [page.get_by_role("heading", level=1), page.locator("main .card, main table").first]

    def _trail(self, page: Page) -> list[Locator]:
        case_id = self._office.case(6)
        self._go(page, SRI, f"/perkara/{case_id}/jejak")
        return [page.locator("main .card").filter(has_text="Paraf").last]

    def _replay(self, page: Page) -> list[Locator]:
        self._go(page, SRI, f"/perkara/{self._office.case(6)}/putar")
        slider = page.get_by_role("slider")
        slider.focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text("Tindakan 2 dari 6", exact=True)).to_be_visible()
        return [page.locator("label").filter(has_text="Geser"), page.locator("main .card p").first]

    def _check(self, page: Page) -> list[Locator]:
        self._office.case(6)
        self._go(page, SRI, f"/periksa?sidik={self._office.second['digest']}")
        card = page.locator(".mark-found").filter(has_text="memberi paraf").first
        expect(card.locator("[data-at=here] .verdict").first).to_be_visible()
        return [card.locator(".both")]

    def _numbered(self) -> None:
        """Bring a case to its number in the agenda."""
        case_id, document = self._office.case(7), {"document": self._office.second["digest"]}
        to = [{"name": "Bagian Organisasi Setda", "copies": 1}, {"name": "Inspektorat", "copies": 2}]
        today = time.strftime("%Y-%m-%d")
        number = {"classification": "070", "running": 1, "office_code": "35.07.11", "year": int(today[:4])}
        row = {"agenda_no": 1, "number": number, "letter_date": today, "sent_date": today}
        row |= {"addressee": "Bagian Organisasi Setda; Inspektorat", "summary": "Indikator Kinerja Utama (contoh)"}
        self._office.do(BUDI, case_id, "distribution.ordered", {"step": "8", "addressees": to} | document)
        self._office.do(HADI, case_id, "agenda.ordered", {"step": "9"} | document)
        self._office.do(AGUS, case_id, "agenda.recorded", {"step": "10"} | row | document)


#: How each picture comes about, by its name.
PICTURES = {
    "kunci": _Guide._key,
    "masuk": _Guide._sign_in,
    "meja": _Guide._desk,
    "naskah": _Guide._document,
    "periksa-dahulu": _Guide._checks,
    "sekali-lagi": _Guide._last_look,
    "tercatat": _Guide._recorded,
    "kembalikan": _Guide._return,
    "mengetik": _Guide._typing,
    "sinyal": _Guide._line,
    "konflik": _Guide._conflict,
    "perkara": _Guide._case,
    "agenda": _Guide._agenda,
    "jejak": _Guide._trail,
    "putar": _Guide._replay,
    "periksa": _Guide._check,
}
