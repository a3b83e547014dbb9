"""A service that lies in a page's HTML and data, its scripts being the project's own: nobody signs what is not shown.

One lie a test. Each changes what the service answers on its way to a real browser; the ledger behind it is honest, and
what it recorded is what was signed.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from api import demo_case, demo_office
from api.desk import static_files
from api.desk.act_forms import STANDING
from api.desk.act_words import UNDONE, buttons_of, label_of
from api.fields_of import members, schema_of
from keys.envelope import Envelope
from ledger.bodies import CATALOGUE
from ledger.case import OUTSIDE
from ledger.kind_names import NAMES
from ledger.meanings import DEVIATING, MEANINGS, ON_PAPER
from ledger.notices import DISCLAIMER
from ledger.sop import OPENING
from tests.browser import served
from tests.browser.test_acting import (
    AGUS,
    BUDI,
    RATNA,
    SRI,
    Office,
    all_agree,
    checked,
    kept_in_outbox,
    open_act,
    open_key,
    press,
    recorded,
)

DEWI = "dewi-lestari"
OF_CASES = [kind for kind, (family, _) in CATALOGUE.items() if family == "case"]
IKU = "application/vnd.jejak.iku.v1+json"
ACT = re.compile(r'data-act="([^"]*)"')
Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Return the demonstration's office, founded once."""
    with served.demo(Path(tmp_path_factory.mktemp("lying")) / "ledger") as (url, app):
        yield Office(url, app)


@pytest.fixture
def phone(bad_line: Page) -> Page:
    """Return a page of a phone that meets refusals."""
    return bad_line


def lie(page: Page, change: Change, text: Callable[[str], str] = lambda said: said) -> None:
    """Let the page of every act tell its module something else, and read otherwise."""

    def changed(route: Route) -> None:
        answer = route.fetch()
        said = answer.text()
        found = ACT.search(said)
        if found is not None:
            act = json.loads(html.unescape(found[1]))
            change(act)
            said = f"{said[: found.start(1)]}{html.escape(json.dumps(act), quote=True)}{said[found.end(1) :]}"
        route.fulfill(response=answer, body=text(said))

    page.route(re.compile("/tindakan/|/perkara/baru"), changed)


def nothing(act: dict[str, Any]) -> None:
    """Tell the truth to the module."""


def posted(page: Page) -> list[dict[str, Any]]:
    """Return the list that holds what the page sends to be recorded, as it is sent."""
    sent: list[dict[str, Any]] = []

    def asked(request: Any) -> None:
        if request.url.endswith("/v1/acts"):
            sent.append(json.loads(Envelope.parse(request.post_data_buffer).unverified_payload))

    page.on("request", asked)
    return sent


def look_at(page: Page, name: str) -> Locator:
    """Press a button, and return the last look."""
    page.locator("[data-at=buttons]").get_by_role("button", name=name, exact=True).click()
    look = page.locator("dialog[data-at=look]")
    expect(look).to_be_visible()
    return look


def refused(page: Page, name: str, words: str) -> None:
    """Press a button, and find that the page says why it goes no further."""
    page.locator("[data-at=buttons]").get_by_role("button", name=name, exact=True).click()
    expect(page.locator("[data-at=told]")).to_contain_text(words)
    expect(page.locator("dialog")).to_have_count(0)


def with_field(path: str, value: str) -> Callable[[str], str]:
    """Return a change of a page that slips a field into its form, which nobody sees."""
    field = (
        f'<div data-field="{path}" data-form="line" hidden><label>.</label><input value="{html.escape(value)}">'
        '<p data-at="wrong" hidden></p></div></form>'
    )
    return lambda said: said.replace("</form>", field, 1)


# --- the document -----------------------------------------------------------------------------------------------


def test_a_page_that_names_no_document_and_draws_another_gets_no_paraf_on_what_nobody_saw(
    office: Office, page: Page
) -> None:
    case_id = office.case(5)
    fetched: list[str] = []
    page.on("request", lambda one: fetched.append(one.url) if "/v1/documents/" in one.url else None)
    real = "Persentase Desa yang dapat mengelola APBDes"
    lie(page, lambda act: act.update(document=None), lambda said: said.replace(real, "NASKAH LAIN"))
    open_act(office, page, BUDI, case_id, "paraf.given")
    all_agree(page)
    assert fetched == [f"{office.url}/v1/documents/{office.second['digest']}"]
    expect(page.locator("[data-at=document]")).to_contain_text(real)
    expect(page.locator("main")).not_to_contain_text("NASKAH LAIN")
    look = look_at(page, "Bubuhkan paraf")
    look.get_by_text("Baca naskah itu di sini sekali lagi").click()
    expect(look).to_contain_text(real)


def test_every_kind_that_stands_on_a_document_or_opens_a_case_is_known_to_the_module() -> None:
    source = static_files.contents()["act_chain.js"].decode()
    listed = re.search(r"STANDING = new Set\(\[(.*?)\]\)", source, re.DOTALL)
    assert listed is not None
    assert set(re.findall(r'"([a-z.]+)"', listed[1])) == STANDING
    opening = re.search(r"OPENING = new Set\(\[(.*?)\]\)", source, re.DOTALL)
    assert opening is not None
    assert set(re.findall(r'"([a-z.]+)"', opening[1])) == OPENING


def test_a_button_cannot_bring_another_document(office: Office, page: Page) -> None:
    case_id = office.case(5)
    other = demo_case.papers(office.store).third["digest"]
    lie(page, lambda act: act["buttons"][0].update(said={"document": other}))
    open_act(office, page, BUDI, case_id, "paraf.given")
    all_agree(page)
    expect(look_at(page, "Bubuhkan paraf")).to_contain_text(office.second["digest"])
    page.locator("[data-at=sign]").click()
    recorded(page)
    assert office.newest(case_id).body.plain()["document"] == office.second["digest"]


def test_what_a_page_knows_of_the_document_is_held_against_the_history(office: Office, page: Page) -> None:
    other = demo_case.papers(office.store).third["digest"]
    lie(page, lambda act: act["known"].update(document=other))
    open_act(office, page, BUDI, office.case(5), "paraf.given")
    all_agree(page)
    refused(page, "Bubuhkan paraf", "menyebut naskah yang lain")


def test_a_field_that_nobody_sees_cannot_name_another_document(office: Office, page: Page) -> None:
    other = demo_case.papers(office.store).third["digest"]
    lie(page, nothing, with_field("document", other))
    open_act(office, page, BUDI, office.case(5), "paraf.given")
    all_agree(page)
    refused(page, "Bubuhkan paraf", "menyebut naskah yang lain")


def test_a_draft_is_one_whose_bytes_this_page_hashed(office: Office, page: Page) -> None:
    other = demo_case.papers(office.store).third

    def without_table(said: str) -> str:
        return re.sub(r'data-field="document" data-form="table" data-required', 'data-form="none"', said)

    lie(page, lambda act: act["known"].update(document=other), without_table)
    open_act(office, page, AGUS, office.case(3), "concept.typed")
    all_agree(page)
    refused(page, "Serahkan ketikan", "menyebut berkas yang lain")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("replaces", f"sha256:{'0' * 64}", "naskah yang digantikan"),
        ("answers", "0" * 64, "pengembalian"),
        ("round", 7, "putaran"),
    ],
)
def test_a_revision_answers_the_return_that_the_history_holds(
    name: str, value: Any, words: str, office: Office, page: Page
) -> None:
    case_id = returned(office)
    lie(page, lambda act: act["known"].update({name: value}))
    open_act(office, page, AGUS, case_id, "concept.revised")
    data = office.ledger.documents.read(demo_case.papers(office.store).third["digest"])
    page.get_by_label("Pakai berkas").check()
    file: Any = {"name": "iku.json", "mimeType": IKU, "buffer": data}
    page.get_by_label("Naskah", exact=True).set_input_files(file)
    all_agree(page)
    refused(page, "Serahkan perbaikan", f"menyebut {words} yang lain")


def returned(office: Office) -> str:
    """Return a case whose typing Ratna gave back."""
    case_id = office.case(4)
    body = {"step": "5", "document": office.second["digest"], "decision": "returned", "reason": "Rumus memuat target."}
    office.do(RATNA, case_id, "typing.reviewed", body)
    return case_id


def test_a_document_that_cannot_be_drawn_can_be_returned_and_not_approved(office: Office, page: Page) -> None:
    case_id = office.case(3)
    table = json.loads(office.ledger.documents.read(office.second["digest"]))
    table["rows"] = [None]
    reference = office.store(json.dumps(table).encode(), "iku.json", IKU)
    office.do(AGUS, case_id, "concept.typed", {"step": "4", "document": reference})
    open_act(office, page, RATNA, case_id, "typing.reviewed")
    expect(checked(page, "document")).to_contain_text("tidak dapat ditampilkan")
    expect(page.locator("[data-at=buttons]").get_by_role("button", name="Setujui")).to_be_disabled()
    expect(page.locator("[data-at=summary]")).to_contain_text("Anda hanya dapat: Kembalikan dengan alasan.")
    page.get_by_label("Alasan").fill("Isinya rusak.")
    press(page, "Kembalikan dengan alasan")
    recorded(page)
    assert office.newest(case_id).body.plain()["decision"] == "returned"


# --- which act, in which case, as whom -----------------------------------------------------------------------------


def test_a_page_of_a_paraf_revokes_no_key(office: Office, page: Page) -> None:
    case_id, sent = office.case(5), posted(page)
    keyid = demo_office.hand(office.app.settings.home, BUDI).key.public.id
    register = office.ledger.stream("register")
    assert register is not None

    def revoke(act: dict[str, Any]) -> None:
        known = act["known"] | {"keyid": keyid, "reason": "left"}
        act.update(stream="register", kind="key.revoked", order=[*act["order"], "keyid", "reason"], known=known)

    lie(page, revoke)
    open_act(office, page, BUDI, case_id, "paraf.given")
    all_agree(page)
    press(page, "Bubuhkan paraf")
    recorded(page)
    body = {"step": "6", "document": office.second["digest"]}
    assert [(one["stream"], one["kind"], one["body"]) for one in sent] == [(f"case:{case_id}", "paraf.given", body)]
    assert office.ledger.stream("register") == register


def test_a_registrar_who_reads_a_notice_approves_no_key(office: Office, page: Page) -> None:
    case_id, sent = office.case(1), posted(page)
    served.sign_in(page.context, office.url, office.app, BUDI)
    address = f"{office.url}/perkara/{case_id}/tindakan/direction.given"
    of_budi = page.request.get(address).text()
    found = ACT.search(of_budi)
    assert found is not None
    act = json.loads(html.unescape(found[1]))
    act.update(stream="register", kind="key.approved", order=["proposal"], known={"proposal": "0" * 64})
    act["signer"]["what"] = "pemberitahuan dibaca"
    act["labels"] = {"proposal": "Pemberitahuan"}
    lying = of_budi[: found.start(1)] + html.escape(json.dumps(act), quote=True) + of_budi[found.end(1) :]
    lying = re.sub(
        r"<fieldset.*?</fieldset>", "", lying.replace(f'official="{BUDI}"', f'official="{DEWI}"'), flags=re.S
    )
    page.context.clear_cookies()
    served.sign_in(page.context, office.url, office.app, DEWI)
    page.route(re.compile("/tindakan/"), lambda route: route.fulfill(body=lying, content_type="text/html"))
    page.goto(address)
    open_key(office, page, DEWI)
    all_agree(page)
    look = look_at(page, "Beri pengarahan")
    expect(look.locator("[data-at=what]")).to_have_text("Pengarahan")
    expect(look).not_to_contain_text("emberitahuan")
    assert sent == []


def test_a_page_that_calls_an_approval_a_return_is_not_believed(office: Office, page: Page) -> None:
    def approve(act: dict[str, Any]) -> None:
        act["buttons"][1].update(said={"decision": "approved"}, drops=["reason"])

    kata = '<script type="application/json" id="kata">{"disetujui":"dikembalikan"}</script></head>'
    lie(page, approve, lambda said: said.replace("</head>", kata).replace('<html lang="id">', '<html lang="en">'))
    case_id = office.case(4)
    served.sign_in(page.context, office.url, office.app, RATNA)
    page.goto(f"{office.url}/perkara/{case_id}/tindakan/typing.reviewed")
    open_key_in_english(office, page, RATNA)
    all_agree(page)
    expect(page.locator("[data-button='1']")).to_have_text(page.locator("[data-button='0']").inner_text())
    page.locator("[data-button='1']").click()
    decision = page.locator("dialog [data-at=decision]")
    expect(decision).not_to_contain_text("KEMBALI")
    assert decision.inner_text() in ("APPROVED", "DISETUJUI")


def open_key_in_english(office: Office, page: Page, official: str) -> None:
    page.locator("#kunci-berkas").set_input_files(demo_office.key_path(office.app.settings.home, official))
    page.locator("#kunci-sandi").fill(demo_office.person(official).passphrase)
    page.locator("[data-at=key-file] button").click()


def test_the_last_look_says_in_large_what_is_decided_and_in_which_case(office: Office, page: Page) -> None:
    case_id = office.case(4)
    lie(page, lambda act: act["signer"].update(what="pengembalian", name="Orang Lain"))
    open_act(office, page, RATNA, case_id, "typing.reviewed")
    all_agree(page)
    look = look_at(page, "Setujui")
    expect(look.locator("[data-at=what]")).to_have_text("Pemeriksaan ketikan: DISETUJUI")
    expect(look.locator("[data-at=sign]")).to_have_text("Setujui ketikan")
    opening = office.acts[0][2]
    for words in (case_id, opening["subject"], opening["letter"]["number"], office.second["name"], "ratna-sari"):
        expect(look).to_contain_text(words)
    expect(look.get_by_text("Menurut layanan, pemegang mandat itu: Orang Lain")).to_be_visible()
    expect(look.locator("[data-at=meaning]")).to_contain_text(MEANINGS["typing.reviewed"])


def test_no_rule_of_the_page_s_stylesheet_reaches_into_the_last_look(office: Office, page: Page) -> None:
    hostile = """
        dialog, .look, [data-at=what], [data-at=decision] { display: none !important; font-size: 0 !important; }
        [data-at=what]::after { content: "DIKEMBALIKAN"; font-size: 2rem; }
        body > div:last-child { visibility: hidden !important; color: transparent !important; font-size: 0 !important; }
    """

    def rewritten(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text() + hostile)

    page.route("**/desk.css", rewritten)
    case_id = office.case(4)
    open_act(office, page, RATNA, case_id, "typing.reviewed")
    all_agree(page)
    look = look_at(page, "Setujui")
    what = look.locator("[data-at=what]")
    expect(what).to_be_visible()
    expect(what).to_have_text("Pemeriksaan ketikan: DISETUJUI")
    shown = what.evaluate("one => [getComputedStyle(one, '::after').content, getComputedStyle(one).fontSize]")
    assert shown == ["none", "22.4px"]
    expect(look.locator("[data-at=sign]")).to_be_visible()


def test_the_page_of_one_case_signs_no_other(office: Office, page: Page) -> None:
    shown, other, sent = office.case(5), office.case(5), posted(page)
    lie(page, lambda act: act.update(stream=f"case:{other}"))
    open_act(office, page, BUDI, shown, "paraf.given")
    all_agree(page)
    press(page, "Bubuhkan paraf")
    recorded(page)
    assert [one["stream"] for one in sent] == [f"case:{shown}"]
    assert office.newest(other).kind == "typing.reviewed"


def test_where_a_case_is_opened_nothing_else_is_signed(office: Office, page: Page) -> None:
    lie(page, lambda act: act.update(kind="signature.given"))
    served.sign_in(page.context, office.url, office.app, SRI)
    page.goto(f"{office.url}/perkara/baru")
    expect(page.locator("[data-at=told]")).to_contain_text("tidak ada tindakan perkara yang dapat ditandatangani")
    expect(page.locator("[data-button]")).to_be_disabled()


def test_a_case_is_opened_under_the_newest_sop_only(office: Office, page: Page) -> None:
    lie(page, lambda act: act["known"]["sop"].update(leaf="0" * 64), lambda said: said.replace(" data-required", ""))
    served.sign_in(page.context, office.url, office.app, SRI)
    page.goto(f"{office.url}/perkara/baru")
    open_key(office, page, SRI)
    all_agree(page)
    page.get_by_role("button", name="Lanjut").click()
    refused(page, "Terbitkan disposisi", "menyebut SOP yang lain")


def test_a_correction_shows_what_was_really_written(office: Office, page: Page) -> None:
    served.sign_in(page.context, office.url, office.app, SRI)
    lie(page, lambda act: act["known"].update(old="060/99/35.07.1/2026"))
    page.goto(f"{office.url}/perkara/{office.case(2)}/tindakan/correction.recorded")
    page.get_by_role("link", name="Nomor surat").click()
    open_key(office, page, SRI)
    page.get_by_label("Isi yang benar").fill("060/21/35.07.1/2026")
    page.get_by_label("Alasan").fill("Salah ketik.")
    all_agree(page)
    refused(page, "Catat pembetulan", "menyebut isi yang salah yang lain")


def test_on_a_device_of_two_officials_the_page_cannot_choose_whose_key_signs(office: Office, page: Page) -> None:
    case_id = office.case(6)
    for official in (SRI, BUDI):  # Budi is the last to sign in
        page.context.clear_cookies()
        page.goto(f"{office.url}/masuk")
        page.get_by_label("Berkas kunci (.json)").set_input_files(
            demo_office.key_path(office.app.settings.home, official)
        )
        page.get_by_label("Kata sandi berkas itu").fill(demo_office.person(official).passphrase)
        page.get_by_label("Simpan kunci ini di perangkat ini").check()
        page.get_by_role("button", name="Buka dan masuk").click()
        expect(page.get_by_role("heading", level=1, name="Meja saya")).to_be_visible()
    sent = posted(page)
    served.sign_in(page.context, office.url, office.app, SRI)  # the page is made for her, as if she had the turn
    page.goto(f"{office.url}/perkara/{case_id}/tindakan/signature.given")
    expect(checked(page, "key")).to_contain_text("pejabat lain dari yang masuk di perangkat ini")
    expect(page.get_by_role("button", name="Tanda tangani")).to_be_disabled()
    forget = "asked.result.transaction('pins', 'readwrite').objectStore('pins').delete('signed-in')"
    page.evaluate(
        "() => new Promise((done) => { const asked = indexedDB.open('jejak'); asked.onsuccess = () => { "
        f"const all = {forget}; all.onsuccess = () => {{ asked.result.close(); done(); }}; }}; }})"
    )
    page.reload()  # a device that does not remember who signed in takes no key by itself either
    expect(checked(page, "key")).to_have_text(re.compile("pilih atau buka kunci Anda"))
    expect(page.locator("[data-at=key-list] label")).to_have_text(re.compile("milik sri-wahyuni"))
    assert sent == []


def test_a_page_cannot_send_a_last_look_of_its_own(office: Office, page: Page) -> None:
    sent = posted(page)
    fake = (
        '<section data-at="look"><p>Anda hanya membaca.</p><button type="button" data-at="sign">Baik</button></section>'
    )
    lie(page, nothing, lambda said: said.replace('<div data-at="told"', f'{fake}<div data-at="told"'))
    open_act(office, page, BUDI, office.case(5), "paraf.given")
    all_agree(page)
    page.get_by_role("button", name="Baik").click()
    look = look_at(page, "Bubuhkan paraf")
    expect(look.locator("[data-at=what]")).to_have_text("Paraf")
    assert sent == []


def test_a_path_that_leads_out_of_the_body_is_not_followed(office: Office, page: Page) -> None:
    case_id = office.case(5)
    lie(page, lambda act: act["order"].append("__proto__.refused"), with_field("__proto__.refused", "ya"))
    open_act(office, page, BUDI, case_id, "paraf.given")
    all_agree(page)
    press(page, "Bubuhkan paraf")
    recorded(page)
    assert page.evaluate("({}).refused") is None


# --- refusals -----------------------------------------------------------------------------------------------------

PROBLEM = {
    "type": "about:blank",
    "title": "Ditolak",
    "status": 422,
    "detail": "Tidak dapat dicatat.",
    "rule": "sop.turn",
}


def test_an_act_that_was_said_to_be_refused_and_is_recorded_is_said_loudly(office: Office, phone: Page) -> None:
    case_id = office.case(5)

    def record_and_refuse(route: Route) -> None:
        route.fetch()
        route.fulfill(status=422, body=json.dumps(PROBLEM), content_type="application/problem+json")

    phone.route("**/v1/acts", record_and_refuse)
    open_act(office, phone, BUDI, case_id, "paraf.given")
    all_agree(phone)
    press(phone, "Bubuhkan paraf")
    expect(phone.locator("[data-at=outbox]")).to_contain_text("masih dapat dipakai selama tempatnya")
    phone.goto(f"{office.url}/meja")
    card = phone.locator("#tertunda section")
    expect(card.get_by_role("heading", name="TERCATAT, PADAHAL DIKATAKAN DITOLAK")).to_be_visible()
    card.get_by_role("button", name="Sudah saya laporkan").click()
    kept_in_outbox(phone, 0)


def test_before_the_same_place_is_signed_again_a_refused_act_is_told_of_and_it_goes_when_the_place_is_taken(
    office: Office, phone: Page
) -> None:
    case_id = office.case(5)
    phone.route("**/v1/acts", lambda one: one.fulfill(status=422, body=json.dumps(PROBLEM)), times=1)
    open_act(office, phone, BUDI, case_id, "paraf.given")
    all_agree(phone)
    press(phone, "Bubuhkan paraf")
    expect(phone.locator("[data-at=outbox]")).to_contain_text("Ditolak, belum tercatat")
    kept_in_outbox(phone, 1)
    look = look_at(phone, "Bubuhkan paraf")
    expect(look).to_contain_text("hanya salah satu yang dapat tercatat")
    look.locator("[data-at=sign]").click()
    recorded(phone)
    kept_in_outbox(phone, 0)


# --- the words ------------------------------------------------------------------------------------------------------


def test_the_words_of_the_last_look_are_the_ledgers_own(office: Office, page: Page) -> None:
    page.goto(f"{office.url}/masuk")
    said = page.evaluate(
        "async (address) => { const all = await import(address); return {kinds: all.KINDS, labels: all.LABELS,"
        " members: [...all.MEMBERS], outside: all.OUTSIDE, rest: [all.DEVIATING, all.ON_PAPER, all.DISCLAIMER]}; }",
        f"/statis/{static_files.version()}/act_said.js",
    )
    assert {kind: one["name"] for kind, one in said["kinds"].items()} == {kind: NAMES[kind] for kind in OF_CASES}
    assert {kind: one["means"] for kind, one in said["kinds"].items()} == {kind: MEANINGS[kind] for kind in OF_CASES}
    assert {kind: one["undone"] for kind, one in said["kinds"].items()} == {kind: UNDONE[kind] for kind in OF_CASES}
    decided = ("typing.reviewed", "activity.decided")
    written = {kind: buttons_of(kind, {})[0].label for kind in OF_CASES if kind not in decided}
    assert {kind: one["button"] for kind, one in said["kinds"].items() if "button" in one} == written
    paths = {member.path for kind in OF_CASES for member in members(schema_of(CATALOGUE[kind][1]))}
    assert said["labels"] == {path: label_of(path) for path in paths}
    assert set(said["members"]) == {re.sub(r"\.0(?=\.|$).*", "", path) for path in paths}
    assert set(said["outside"]) == OUTSIDE
    assert said["rest"] == [DEVIATING, ON_PAPER, DISCLAIMER]


def test_english_comes_from_a_module_and_only_to_pages_in_english(office: Office, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url.rpartition("/")[2]))
    page.goto(f"{office.url}/masuk")
    expect(page.get_by_label("Berkas kunci (.json)")).to_be_visible()
    assert static_files.ENGLISH not in asked
    page.goto(f"{office.url}/bahasa/en?lanjut=/masuk")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#berkas")).to_be_visible()
    assert static_files.ENGLISH in asked
    assert page.locator("#kata").count() == 0
