"""Signing in a browser: the act page verifies before it lets anybody sign, loses nothing, and proves what it sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Locator, Page, Route, expect

from api import demo_case, demo_office
from api.app import App
from keys import strict_json
from keys.envelope import Envelope
from ledger.acts import Act, act_of
from ledger.bodies import ConceptTyped, DistributionOrdered, ParafGiven, TypingReviewed
from ledger.hand import Hand
from ledger.iku import IkuDocument
from tests.activity_sop import activity_sop
from tests.browser import served

BUDI, SRI, RATNA = demo_case.SEKCAM, demo_case.CAMAT, demo_case.EVAPOR
AGUS, HADI = demo_case.STAF, demo_case.UMUM
NUMBERS = count(1)


class Office:
    """The demonstration's office as it is served, and cases of it at the act that a test is about."""

    def __init__(self, url: str, app: App) -> None:
        self.url = url
        self.app = app
        self.ledger = app.parts.ledger
        self.hands: dict[str, Hand] = {}
        papers = demo_case.papers(self.store)
        first, second = self.ledger.stream(f"case:{served.CASE}"), papers.second
        assert first is not None
        state: Any = first.state
        sop, digest = state.sop_ref.plain(), {"document": second["digest"]}
        opening = next(demo_case.script(papers, sop)).body
        self.second = second
        self.acts = (
            (SRI, "disposition.issued", opening),
            (BUDI, "direction.given", {"step": "2", "instruction": "Susun sesuai Renstra."}),
            (RATNA, "concept.drafted", {"step": "3", "document": second}),
            (AGUS, "concept.typed", {"step": "4", "document": second}),
            (RATNA, "typing.reviewed", {"step": "5", "decision": "approved"} | digest),
            (BUDI, "paraf.given", {"step": "6"} | digest),
            (SRI, "signature.given", {"step": "7"} | digest),
        )

    def store(self, data: bytes, name: str, media_type: str) -> dict[str, Any]:
        digest, size = self.ledger.documents.store([data])
        return {"digest": digest, "media_type": media_type, "size": size, "name": name}

    def case(self, upto: int) -> str:
        """Bring a new case through its first ``upto`` acts, and return its number."""
        case_id = f"00000000-0000-4000-8000-0000000001{next(NUMBERS):02}"
        for official, kind, body in self.acts[:upto]:
            self.do(official, case_id, kind, body)
        return case_id

    def do(self, official: str, case_id: str, kind: str, body: dict[str, Any]) -> None:
        if official not in self.hands:  # a key file is slow to open, on purpose
            self.hands[official] = demo_office.hand(self.app.settings.home, official)
        envelope = self.hands[official].sign(self.ledger, f"case:{case_id}", kind, body, demo_case.claimed())
        self.ledger.record(envelope)

    def newest(self, case_id: str) -> Act:
        """Return the newest act of a case."""
        with self.ledger.reading() as rows:
            return act_of(Envelope.parse(_envelope(list(rows.stream(f"case:{case_id}"))[-1].data)))

    def size(self) -> int:
        with self.ledger.reading() as rows:
            return rows.size()


def _envelope(entry: bytes) -> bytes:
    return entry[entry.index(b'"envelope":') + len(b'"envelope":') : -1]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Return the demonstration's office, founded once."""
    with served.demo(Path(tmp_path_factory.mktemp("acting")) / "ledger") as (url, app):
        yield Office(url, app)


def open_act(office: Office, page: Page, official: str, case_id: str, kind: str, *, key: bool = True) -> None:
    """Open the page of an act as the official, and open their key file there."""
    served.sign_in(page.context, office.url, office.app, official)
    page.goto(f"{office.url}/perkara/{case_id}/tindakan/{kind}")
    if key:
        open_key(office, page, official)


def open_key(office: Office, page: Page, official: str) -> None:
    page.get_by_label("Berkas kunci (.json)").set_input_files(demo_office.key_path(office.app.settings.home, official))
    page.get_by_label("Kata sandi berkas itu").fill(demo_office.person(official).passphrase)
    page.get_by_role("button", name="Buka kunci").click()
    expect(page.get_by_text("Kunci Anda sudah dibuka.")).to_be_visible()


def checked(page: Page, name: str) -> Locator:
    return page.locator(f"[data-check={name}]")


def all_agree(page: Page) -> None:
    """Wait until all checks agree; where one does not, its words are the failure's."""
    for name in ("seal", "history", "document", "form", "key"):
        expect(checked(page, name)).to_have_attribute("data-state", "ok")


def begin_case(office: Office, page: Page, number: str) -> None:
    """Fill in, as the Camat, what opens a case from the letter of this number."""
    served.sign_in(page.context, office.url, office.app, SRI)
    page.goto(f"{office.url}/perkara/baru")
    letter = FilePayload(name="surat masuk.pdf", mimeType="application/pdf", buffer=b"surat (sintetis)")
    page.get_by_label("Pindaian atau foto surat masuk").set_input_files(letter)
    page.get_by_label("Pengirim surat").fill("Bagian Organisasi Setda")
    page.get_by_label("Nomor surat").fill(number)
    page.get_by_label("Tanggal surat", exact=True).fill("2026-03-02")
    page.get_by_role("button", name="Lanjut").click()
    page.get_by_label("Perihal").fill("Penyusunan IKU 2026")
    page.get_by_label("Periode").fill("2026-2030")
    page.get_by_label("Isi perintah").fill("Susun Indikator Kinerja Utama.")


def press(page: Page, name: str) -> None:
    """Press the button that leads to the last look, then the one that signs."""
    page.locator("[data-at=buttons]").get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_role("heading", name="Lihat sekali lagi")).to_be_visible()
    page.locator("[data-at=sign]").click()


def recorded(page: Page) -> None:
    expect(page.get_by_role("heading", name="Tercatat", exact=True)).to_be_visible()
    expect(page.get_by_text("terbukti di peramban ini")).to_be_visible()


def test_budi_gives_his_paraf_with_his_key_file_to_exactly_the_document_that_he_read(
    office: Office, page: Page
) -> None:
    case_id = office.case(5)
    open_act(office, page, BUDI, case_id, "paraf.given")
    all_agree(page)
    expect(page.locator("[data-at=document]")).to_contain_text("Persentase Desa yang dapat mengelola APBDes")
    press(page, "Bubuhkan paraf")
    recorded(page)
    act = office.newest(case_id)
    assert (act.kind, act.official) == ("paraf.given", BUDI)
    assert isinstance(act.body, ParafGiven)
    assert act.body.document == office.second["digest"]
    expect(page.get_by_role("link", name="Kembali ke meja")).to_be_visible()


def test_the_last_look_names_signer_document_meaning_and_what_can_be_undone(office: Office, page: Page) -> None:
    open_act(office, page, BUDI, office.case(5), "paraf.given")
    all_agree(page)
    page.get_by_role("button", name="Bubuhkan paraf").click()
    look = page.locator("[data-at=look]")
    expect(look).to_contain_text("Anda, budi-santoso, akan menandatangani tindakan ini")
    expect(look).to_contain_text("Budi Santoso (sintetis), Sekretaris Kecamatan Kalipare, definitif")
    expect(look).to_contain_text(office.second["digest"])
    expect(look).to_contain_text("Anda bertanggung jawab atas substansi, redaksi, dan pengetikan")
    expect(look).to_contain_text("Paraf ini tidak dapat dihapus.")
    expect(page.locator("[data-at=sign]")).to_have_text("Bubuhkan paraf")


def test_the_saved_receipt_is_the_one_that_was_proved(office: Office, page: Page) -> None:
    open_act(office, page, BUDI, office.case(5), "paraf.given")
    all_agree(page)
    press(page, "Bubuhkan paraf")
    recorded(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Simpan tanda terima").click()
    assert Path(saved.value.path()).read_text().startswith("c2sp.org/tlog-proof@v1\n")


def test_a_return_needs_its_reason_and_carries_it(office: Office, page: Page) -> None:
    case_id = office.case(4)
    open_act(office, page, RATNA, case_id, "typing.reviewed")
    all_agree(page)
    page.get_by_role("button", name="Kembalikan dengan alasan").click()
    expect(page.get_by_text("Alasan belum diisi.")).to_be_visible()
    page.get_by_label("Alasan").fill("Rumus baris 1 memuat target.")
    press(page, "Kembalikan dengan alasan")
    recorded(page)
    body = office.newest(case_id).body
    assert isinstance(body, TypingReviewed)
    assert (body.decision, body.reason) == ("returned", "Rumus baris 1 memuat target.")


def test_an_approval_leaves_out_a_reason_that_was_begun(office: Office, page: Page) -> None:
    case_id = office.case(4)
    open_act(office, page, RATNA, case_id, "typing.reviewed")
    page.get_by_label("Alasan").fill("Ragu")
    all_agree(page)
    press(page, "Setujui")
    recorded(page)
    body = office.newest(case_id).body
    assert isinstance(body, TypingReviewed)
    assert (body.decision, body.reason) == ("approved", None)


def test_what_is_typed_survives_a_reload_with_the_file_that_was_chosen(office: Office, page: Page) -> None:
    case_id = office.case(1)
    open_act(office, page, BUDI, case_id, "direction.given", key=False)
    page.get_by_label("Isi perintah").fill("Susun sesuai Renstra, pakai form IKU.")
    page.locator("summary", has_text="Terjadi di atas kertas").click()
    scan = FilePayload(name="lembar.jpg", mimeType="image/jpeg", buffer=b"pindaian (sintetis)")
    page.get_by_label("Pindaian atau foto naskah kertas").set_input_files(scan)
    expect(page.locator("[data-at=kept]")).to_have_attribute("data-state", "kept")
    page.reload()
    expect(page.get_by_text("dipulihkan")).to_be_visible()
    expect(page.get_by_label("Isi perintah")).to_have_value("Susun sesuai Renstra, pakai form IKU.")
    name = page.get_by_label("Pindaian atau foto naskah kertas").evaluate("one => one.files[0].name")
    assert name == "lembar.jpg"


def test_what_happened_on_paper_is_recorded_late_with_its_scan_and_its_time(office: Office, page: Page) -> None:
    case_id = office.case(1)
    open_act(office, page, BUDI, case_id, "direction.given")
    page.get_by_label("Isi perintah").fill("Susun sesuai Renstra.")
    page.locator("summary", has_text="Terjadi di atas kertas").click()
    scan = FilePayload(name="lembar: arahan.jpg", mimeType="image/jpeg", buffer=b"pindaian (sintetis)")
    page.get_by_label("Pindaian atau foto naskah kertas").set_input_files(scan)
    expect(checked(page, "form")).to_contain_text("Terjadi di atas kertas pada")
    page.get_by_label("Terjadi di atas kertas pada").fill("2026-03-02T08:30")
    all_agree(page)
    press(page, "Beri pengarahan")
    recorded(page)
    act = office.newest(case_id)
    assert act.occurred_at.isoformat() == "2026-03-02T08:30:00+07:00"
    assert act.body.plain()["paper"]["scan"]["name"] == "lembar- arahan.jpg"


def test_a_service_that_gives_another_document_is_refused_and_nobody_can_sign(office: Office, page: Page) -> None:
    size, case_id = office.size(), office.case(5)
    other = demo_case.papers(office.store).first["digest"]
    data = office.ledger.documents.read(other)
    page.route("**/v1/documents/*", lambda route: route.fulfill(body=data, content_type="application/octet-stream"))
    open_act(office, page, BUDI, case_id, "paraf.given")
    expect(checked(page, "document")).to_have_attribute("data-state", "bad")
    expect(page.get_by_text("Layanan memberi dokumen lain").first).to_be_visible()
    expect(page.get_by_role("button", name="Bubuhkan paraf")).to_be_disabled()
    expect(page.locator("[data-at=document]")).not_to_contain_text("APBDes")
    assert office.size() == size + 5


def test_a_page_that_names_another_document_than_the_verified_history_is_refused(
    office: Office, bad_line: Page
) -> None:
    page = bad_line
    case_id = office.case(5)
    other = demo_case.papers(office.store).third["digest"]

    def lie(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(office.second["digest"], other))

    page.route(re.compile("/tindakan/"), lie)
    open_act(office, page, BUDI, case_id, "paraf.given")
    expect(checked(page, "document")).to_have_attribute("data-state", "bad")
    expect(page.get_by_role("button", name="Bubuhkan paraf")).to_be_disabled()


def test_the_answer_that_was_lost_is_asked_for_again_with_the_same_bytes(office: Office, bad_line: Page) -> None:
    page = bad_line
    case_id = office.case(5)
    sent: list[bytes] = []

    def lose_the_first(route: Route) -> None:
        sent.append(route.request.post_data_buffer or b"")
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/v1/acts", lose_the_first)
    open_act(office, page, BUDI, case_id, "paraf.given")
    all_agree(page)
    press(page, "Bubuhkan paraf")
    recorded(page)
    assert len(sent) == 2
    assert sent[0] == sent[1]


def test_a_line_that_is_lost_before_the_last_look_is_said_and_the_next_press_signs(
    office: Office, bad_line: Page
) -> None:
    """What the last look is made of is fetched late: its loss is no fault of the page, and no signature is made."""
    page = bad_line
    page.route("**/act_look.js", lambda route: route.abort())
    open_act(office, page, BUDI, office.case(5), "paraf.given")
    all_agree(page)
    before = office.size()
    page.locator("[data-at=buttons]").get_by_role("button", name="Bubuhkan paraf").click()
    expect(page.locator("[data-at=told]")).to_contain_text("Bagian halaman ini belum terambil")
    assert office.size() == before
    page.unroute_all(behavior="ignoreErrors")
    press(page, "Bubuhkan paraf")
    recorded(page)


def test_an_envelope_of_an_earlier_visit_is_sent_as_it_is_and_nobody_signs_twice(
    office: Office, bad_line: Page
) -> None:
    page = bad_line
    case_id = office.case(5)
    page.route("**/v1/acts", lambda route: None)
    open_act(office, page, BUDI, case_id, "paraf.given")
    all_agree(page)
    with page.expect_request("**/v1/acts") as asked:
        press(page, "Bubuhkan paraf")
    page.goto("about:blank")
    page.unroute_all(behavior="ignoreErrors")
    page.goto(f"{office.url}/perkara/{case_id}/tindakan/paraf.given")
    expect(page.get_by_text("Sudah ditandatangani, belum pasti tercatat")).to_be_visible()
    open_key(office, page, BUDI)
    expect(page.get_by_role("button", name="Bubuhkan paraf")).to_be_disabled()
    page.get_by_role("button", name="Kirim sekarang").click()
    recorded(page)
    envelope = Envelope.parse(asked.value.post_data_buffer or b"")
    assert act_of(envelope) == office.newest(case_id)


@pytest.mark.parametrize("where", ["the desk is opened", "the line comes back"])
def test_what_waits_is_sent_by_itself_when(where: str, office: Office, bad_line: Page) -> None:
    page = bad_line
    case_id = office.case(5)
    page.route("**/v1/acts", lambda route: route.abort() if where == "the line comes back" else None)
    open_act(office, page, BUDI, case_id, "paraf.given")
    all_agree(page)
    with page.expect_request("**/v1/acts") as asked:
        press(page, "Bubuhkan paraf")
    kept_in_outbox(page, 1)
    if where == "the desk is opened":
        page.goto("about:blank")
        page.unroute_all(behavior="ignoreErrors")
        page.goto(f"{office.url}/meja")
    else:
        page.reload()
        expect(page.get_by_role("button", name="Kirim sekarang")).to_be_visible()
        page.unroute_all(behavior="ignoreErrors")
        page.evaluate("dispatchEvent(new Event('online'))")
    kept_in_outbox(page, 0)
    assert act_of(Envelope.parse(asked.value.post_data_buffer or b"")) == office.newest(case_id)


def test_a_case_whose_opening_was_recorded_and_its_answer_lost_is_not_opened_twice(
    office: Office, bad_line: Page
) -> None:
    page = bad_line
    lost: list[bytes] = []

    def lose(route: Route) -> None:
        if not lost:
            route.fetch()
        lost.append(route.request.post_data_buffer or b"")
        route.abort()

    page.route("**/v1/acts", lose)
    begin_case(office, page, "060/78/35.07.1/2026")
    open_key(office, page, SRI)
    all_agree(page)
    before = office.size()
    press(page, "Terbitkan disposisi")
    kept_in_outbox(page, 1)
    while not lost:
        page.wait_for_timeout(50)
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    recorded(page)
    kept_in_outbox(page, 0)
    assert office.size() == before + 1
    expect(page.get_by_role("button", name="Lanjutkan dengan keadaan terbaru")).to_have_count(0)


def test_an_envelope_whose_place_was_taken_says_why_and_is_dropped_by_hand(office: Office, bad_line: Page) -> None:
    page = bad_line
    case_id = office.case(5)
    page.route("**/v1/acts", lambda route: None)
    open_act(office, page, BUDI, case_id, "paraf.given")
    all_agree(page)
    press(page, "Bubuhkan paraf")
    expect(page.get_by_text("Menandatangani dan mengirim")).to_be_visible()
    kept_in_outbox(page, 1)
    page.goto("about:blank")
    page.unroute_all(behavior="ignoreErrors")
    office.do(*_returned(office, case_id))
    page.goto(f"{office.url}/perkara/{case_id}/tindakan/paraf.given")
    expect(page.get_by_text("ditempati tindakan lain")).to_be_visible()
    page.get_by_role("button", name="Buang tanda tangan ini").click()
    kept_in_outbox(page, 0)


#: True once so many envelopes wait in the outbox of this device.
OUTBOX = """() => new Promise((resolve) => {
  const asked = indexedDB.open("jejak");
  asked.onsuccess = () => {
    const all = asked.result.transaction("outbox").objectStore("outbox").count();
    all.onsuccess = () => { asked.result.close(); resolve(all.result); };
  };
})"""


def kept_in_outbox(page: Page, wanted: int) -> None:
    """Wait until so many envelopes wait on the device; a promise is no answer to wait_for_function."""
    for _ in range(150):
        if page.evaluate(OUTBOX) == wanted:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{page.evaluate(OUTBOX)} envelopes wait, not {wanted}")


def _returned(office: Office, case_id: str) -> tuple[str, str, str, dict[str, Any]]:
    body = {"step": "6", "to": "4", "document": office.second["digest"], "reason": "Kondisi awal belum benar."}
    return BUDI, case_id, "document.returned", body


def test_on_a_conflict_it_shows_what_came_between_and_keeps_what_was_typed(office: Office, bad_line: Page) -> None:
    page = bad_line
    case_id = office.case(4)
    open_act(office, page, RATNA, case_id, "typing.reviewed")
    page.get_by_label("Alasan").fill("Rumus baris 1 memuat target.")
    all_agree(page)
    page.get_by_role("button", name="Kembalikan dengan alasan").click()
    office.do(AGUS, case_id, *_noted(office))
    page.locator("[data-at=sign]").click()
    told = page.locator("[data-at=told]")
    expect(told).to_contain_text("didahului tindakan lain")
    expect(told).to_contain_text("mengetik konsep Indikator Kinerja Utama")
    told.get_by_role("button", name="Lanjutkan dengan keadaan terbaru").click()
    expect(page.get_by_label("Alasan")).to_have_value("Rumus baris 1 memuat target.")
    open_key(office, page, RATNA)
    all_agree(page)
    press(page, "Kembalikan dengan alasan")
    recorded(page)


def _noted(office: Office) -> tuple[str, dict[str, Any]]:
    """Return the typing of the same step once more, out of turn: an act that comes between."""
    reason = "Salah satu halaman belum ikut terunggah."
    return "concept.typed", {"step": "4", "document": office.second, "deviation": reason}


def test_what_the_ledger_refuses_is_said_beside_its_field_and_nothing_is_lost(office: Office, bad_line: Page) -> None:
    page = bad_line
    case_id = office.case(7)
    open_act(office, page, BUDI, case_id, "distribution.ordered")
    page.get_by_label("Nama penerima").fill("Inspektorat")
    page.get_by_label("Jumlah salinan").fill("20000")
    all_agree(page)
    press(page, "Perintahkan distribusi")
    expect(page.locator("[data-field='addressees.0'] .wrong")).to_contain_text("10000")
    expect(page.get_by_label("Nama penerima")).to_have_value("Inspektorat")
    page.get_by_label("Jumlah salinan").fill("2")
    page.get_by_role("button", name="Tambah penerima").click()
    page.get_by_label("Nama penerima").nth(1).fill("Bagian Organisasi  Setda")
    press(page, "Perintahkan distribusi")
    recorded(page)
    body = office.newest(case_id).body
    assert isinstance(body, DistributionOrdered)
    assert [(one.name, one.copies) for one in body.addressees] == [("Inspektorat", 2), ("Bagian Organisasi Setda", 1)]


def test_the_key_of_somebody_else_is_not_taken(office: Office, page: Page) -> None:
    open_act(office, page, BUDI, office.case(5), "paraf.given", key=False)
    page.get_by_label("Berkas kunci (.json)").set_input_files(demo_office.key_path(office.app.settings.home, SRI))
    page.get_by_label("Kata sandi berkas itu").fill(demo_office.person(SRI).passphrase)
    page.get_by_role("button", name="Buka kunci").click()
    expect(page.get_by_text("bukan kunci Anda")).to_be_visible()
    expect(page.get_by_role("button", name="Bubuhkan paraf")).to_be_disabled()


def test_a_case_is_opened_from_the_letter_and_the_number_survives_a_reload(office: Office, page: Page) -> None:
    begin_case(office, page, "060/13/35.07.1/2026")
    expect(page.locator("[data-at=kept]")).to_have_attribute("data-state", "kept")
    page.reload()
    page.get_by_role("button", name="Lanjut").click()
    expect(page.get_by_label("Perihal")).to_have_value("Penyusunan IKU 2026")
    open_key(office, page, SRI)
    all_agree(page)
    press(page, "Terbitkan disposisi")
    recorded(page)
    case_id = (page.get_by_role("link", name="Lihat perkara").get_attribute("href") or "").rpartition("/")[2]
    said = office.newest(case_id).body.plain()
    assert said["letter"]["number"] == "060/13/35.07.1/2026"
    assert said["period"] == {"first_year": 2026, "last_year": 2030}
    assert (said["urgency"], said["secrecy"], said["forwarded_to"]) == ("biasa", "biasa", ["sekcam"])


def test_a_correction_names_the_slip_and_both_versions(office: Office, page: Page) -> None:
    case_id = office.case(2)
    served.sign_in(page.context, office.url, office.app, SRI)
    page.goto(f"{office.url}/perkara/{case_id}/tindakan/correction.recorded")
    page.get_by_role("link", name="Nomor surat").click()
    open_key(office, page, SRI)
    page.get_by_label("Isi yang benar").fill("060/21/35.07.1/2026")
    page.get_by_label("Alasan").fill("Salah ketik nomor surat.")
    all_agree(page)
    press(page, "Catat pembetulan")
    recorded(page)
    said = office.newest(case_id).body.plain()
    assert (said["field"], said["new"]) == ("letter.number", "060/21/35.07.1/2026")


def test_a_concept_as_a_file_is_typed_with_the_table_that_it_is(office: Office, page: Page) -> None:
    case_id = office.case(3)
    open_act(office, page, AGUS, case_id, "concept.typed")
    data = office.ledger.documents.read(office.second["digest"])
    table = strict_json.dumps(json.loads(data) | {"unit": "Kecamatan Contoh (sintetis)"})
    page.get_by_label("Pakai berkas").check()
    photo = FilePayload(name="konsep.jpg", mimeType="image/jpeg", buffer=b"foto (sintetis)")
    page.get_by_label("Naskah", exact=True).set_input_files(photo)
    all_agree(page)
    page.get_by_role("button", name="Serahkan ketikan").click()
    expect(page.get_by_text("Berkas ini bukan tabel IKU.")).to_be_visible()
    page.get_by_label("Naskah", exact=True).set_input_files(
        FilePayload(name="iku.json", mimeType="application/json", buffer=table)
    )
    all_agree(page)
    press(page, "Serahkan ketikan")
    recorded(page)
    body = office.newest(case_id).body
    assert isinstance(body, ConceptTyped)
    assert (body.document.size, body.document.name) == (len(table), "iku.json")


def test_a_table_that_is_typed_on_the_page_becomes_the_document_of_the_case(office: Office, page: Page) -> None:
    case_id = office.case(3)
    open_act(office, page, AGUS, case_id, "concept.typed")
    indicator = page.locator("[data-at=table]").get_by_label(re.compile("Indikator")).first
    indicator.fill("Persentase desa tertib administrasi")
    all_agree(page)
    press(page, "Serahkan ketikan")
    recorded(page)
    body = office.newest(case_id).body
    assert isinstance(body, ConceptTyped)
    table = IkuDocument.parse(office.ledger.documents.read(body.document.digest))
    assert table.rows[0].indicator == "Persentase desa tertib administrasi"


def _to_revise(office: Office) -> str:
    """Bring a case to where its table came back to be revised."""
    case_id = office.case(4)
    said = {"step": "5", "decision": "returned", "reason": "Rumus baris 1 memuat target."}
    office.do(RATNA, case_id, "typing.reviewed", said | {"document": office.second["digest"]})
    return case_id


def _table(page: Page) -> Locator:
    return page.locator("[data-at=table]")


def _begins_as_returned(office: Office, page: Page) -> None:
    """Wait until the table holds the rows of the document that was returned."""
    given = IkuDocument.parse(office.ledger.documents.read(office.second["digest"]))
    expect(_table(page).locator("tbody tr")).to_have_count(len(given.rows))
    expect(_table(page).get_by_label("Indikator kinerja utama", exact=True).first).to_have_value(
        given.rows[0].indicator
    )


def _busy(route: Route) -> None:
    """Answer as a service that is busy for longer than a page waits."""
    route.fulfill(status=503, headers={"Retry-After": "60"}, body="")


def test_a_table_to_revise_is_never_begun_empty_while_the_line_is_lost_and_comes_with_the_line(
    office: Office, bad_line: Page
) -> None:
    page = bad_line
    case_id = _to_revise(office)
    page.route("**/v1/streams/**", lambda route: route.abort())
    open_act(office, page, AGUS, case_id, "concept.revised", key=False)
    expect(_table(page)).to_contain_text("Menunggu sambungan; tabel diambil lagi dengan sendirinya.")
    page.unroute_all()
    page.route("**/v1/streams/**", _busy)
    expect(_table(page)).to_contain_text("Tabel belum dapat ditampilkan")
    expect(_table(page).get_by_role("button", name="Coba lagi")).to_be_visible()
    expect(_table(page).locator("tr")).to_have_count(0)
    page.unroute_all()
    page.get_by_role("button", name="Periksa lagi").click()
    _begins_as_returned(office, page)
    expect(_table(page)).not_to_contain_text("Tabel belum dapat ditampilkan")
    page.get_by_role("button", name="Ke tanda tangan").click()
    expect(page.get_by_role("button", name="Serahkan perbaikan")).to_be_in_viewport()


def test_a_table_whose_document_alone_does_not_come_says_so_and_is_fetched_again_when_asked(
    office: Office, bad_line: Page
) -> None:
    page = bad_line
    case_id = _to_revise(office)
    page.route("**/v1/documents/*", _busy)
    open_act(office, page, AGUS, case_id, "concept.revised", key=False)
    expect(checked(page, "history")).to_have_attribute("data-state", "ok")
    expect(_table(page)).to_contain_text("Tabel belum dapat ditampilkan")
    expect(_table(page).locator("tr")).to_have_count(0)
    page.unroute_all()
    _table(page).get_by_role("button", name="Coba lagi").click()
    _begins_as_returned(office, page)


def test_a_table_that_was_typed_here_is_shown_before_the_service_answers_and_nothing_overwrites_it(
    office: Office, page: Page
) -> None:
    case_id = _to_revise(office)
    open_act(office, page, AGUS, case_id, "concept.revised", key=False)
    first = _table(page).get_by_label("Indikator kinerja utama", exact=True).first
    first.fill("Diketik sebelum sinyal hilang")
    expect(_table(page).get_by_text("Tersimpan di perangkat ini")).to_be_visible()
    held: list[Route] = []
    page.route("**/v1/streams/**", lambda route: held.append(route))
    page.reload()
    expect(first).to_have_value("Diketik sebelum sinyal hilang")
    first.fill("Diketik tanpa jawaban")
    assert len(held) == 1
    held[0].continue_()
    expect(checked(page, "history")).to_have_attribute("data-state", "ok")
    expect(_table(page).get_by_text("dipulihkan.")).not_to_contain_text("naskah lain")
    expect(first).to_have_value("Diketik tanpa jawaban")


def test_from_the_signature_to_the_last_dispatch_each_act_has_its_page(office: Office, page: Page) -> None:
    case_id = office.case(7)
    digest = {"document": office.second["digest"]}
    to = [{"name": "Inspektorat", "copies": 2}]
    office.do(BUDI, case_id, "distribution.ordered", {"step": "8", "addressees": to} | digest)
    open_act(office, page, HADI, case_id, "agenda.ordered")
    all_agree(page)
    press(page, "Perintahkan agenda")
    recorded(page)
    open_act(office, page, AGUS, case_id, "agenda.recorded")
    page.get_by_role("button", name="Lanjut").click()
    expect(page.get_by_label("Kepada")).to_have_value("Inspektorat")
    all_agree(page)
    press(page, "Catat dalam agenda")
    recorded(page)
    open_act(office, page, AGUS, case_id, "dispatch.recorded")
    page.get_by_label("Cara pengiriman").fill("kurir")
    page.get_by_role("button", name="Lanjut").click()
    proof = FilePayload(name="bukti.jpg", mimeType="image/jpeg", buffer=b"bukti kirim (sintetis)")
    page.get_by_label("Bukti pengiriman").set_input_files(proof)
    page.get_by_label("Diterima oleh").fill("Petugas loket")
    page.get_by_label("Waktu diterima").fill("2026-03-02T10:00")
    all_agree(page)
    press(page, "Catat pengiriman")
    recorded(page)
    said = office.newest(case_id).body.plain()
    assert (said["recipient"], said["copies"]) == ("Inspektorat", 2)
    state: Any = office.ledger.stream(f"case:{case_id}")
    assert state.state.finished


def test_the_camat_signs_the_decision_or_returns_the_document_with_her_reason(office: Office, page: Page) -> None:
    signed, returned = office.case(6), office.case(6)
    open_act(office, page, SRI, signed, "signature.given")
    all_agree(page)
    press(page, "Tanda tangani")
    recorded(page)
    page.goto(f"{office.url}/perkara/{returned}/tindakan/signature.given")
    page.get_by_role("link", name="Kembalikan dengan alasan").click()
    open_key(office, page, SRI)
    page.get_by_label("4. Mengetik").check()
    page.get_by_label("Alasan").fill("Kondisi awal belum benar.")
    all_agree(page)
    expect(page.get_by_text("Menyimpang dari urutan SOP.")).to_be_visible()
    page.locator("[data-at=buttons]").get_by_role("button", name="Kembalikan dokumen", exact=True).click()
    expect(page.locator("dialog[data-at=look]")).to_contain_text("Tindakan ini di luar urutan SOP")
    page.locator("[data-at=sign]").click()
    recorded(page)
    kinds = [office.newest(one).kind for one in (signed, returned)]
    assert kinds == ["signature.given", "document.returned"]


def test_a_case_of_any_sop_is_opened_and_decided_by_its_own_outcomes(office: Office, page: Page) -> None:
    sop = activity_sop().plain()
    hand = demo_office.hand(office.app.settings.home, SRI)
    office.ledger.record(
        hand.sign(office.ledger, f"sop:{sop['slug']}", "sop.enacted", {"sop": sop}, demo_case.claimed())
    )
    served.sign_in(page.context, office.url, office.app, AGUS)
    page.goto(f"{office.url}/perkara/baru")
    open_key(office, page, AGUS)
    page.get_by_label("Perihal").fill("Surat keterangan usaha Warung Contoh")
    all_agree(page)
    press(page, "Catat kegiatan")
    recorded(page)
    case_id = (page.get_by_role("link", name="Lihat perkara").get_attribute("href") or "").rpartition("/")[2]
    open_act(office, page, HADI, case_id, "activity.decided")
    all_agree(page)
    page.get_by_role("button", name="Putuskan: kurang").click()
    expect(page.get_by_text("Alasan belum diisi.")).to_be_visible()
    page.get_by_label("Alasan").fill("Fotokopi KTP belum ada.")
    press(page, "Putuskan: kurang")
    recorded(page)
    assert office.newest(case_id).body.plain()["decision"] == "kurang"


def test_one_sentence_says_whether_the_act_can_be_signed_and_a_button_that_waits_says_why(
    office: Office, page: Page
) -> None:
    open_act(office, page, BUDI, office.case(1), "direction.given", key=False)
    summary = page.get_by_role("status").and_(page.locator("[data-at=summary]"))
    expect(summary).to_contain_text("Yang kurang: Isian (belum diisi: Isi perintah); Kunci (")
    button = page.get_by_role("button", name="Beri pengarahan")
    button.focus()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-at=told]")).to_contain_text("Belum dapat ditandatangani.")
    field = page.get_by_label("Isi perintah")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-required", "true")
    expect(field).to_have_accessible_description(re.compile("Isi perintah belum diisi."))
    expect(page.locator("dialog")).to_have_count(0)
    field.fill("Susun sesuai Renstra.")
    open_key(office, page, BUDI)
    expect(summary).to_have_text("Semua pemeriksaan terbukti; Anda dapat menandatangani.")
    expect(page.locator("[data-at=told]")).not_to_contain_text("Belum dapat ditandatangani.")


def test_until_its_scripts_have_come_a_page_says_that_it_is_loading_and_nothing_can_be_pressed(
    office: Office, page: Page
) -> None:
    served.sign_in(page.context, office.url, office.app, BUDI)
    page.route("**/statis/**/*.js", lambda route: None)
    page.goto(f"{office.url}/perkara/{office.case(5)}/tindakan/paraf.given", wait_until="commit")
    expect(page.get_by_role("button", name="Bubuhkan paraf")).to_be_disabled()
    expect(page.get_by_text("Sedang dimuat …")).to_be_visible()
    page.goto(f"{office.url}/masuk?lanjut=/meja", wait_until="commit")
    expect(page.get_by_text("Sedang dimuat …")).to_be_visible()


def test_who_mends_or_reviews_again_reads_why_it_came_back_from_the_verified_history(
    office: Office, page: Page
) -> None:
    case_id = office.case(5)
    office.do(*_returned(office, case_id))

    def lie(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("Kondisi awal", "Target"))

    page.route(re.compile("/tindakan/"), lie)
    open_act(office, page, AGUS, case_id, "concept.revised", key=False)
    told = page.locator("[data-at=returned]")
    expect(told).to_contain_text("Dikembalikan oleh budi-santoso (langkah 6,")
    expect(told).to_contain_text("Kondisi awal belum benar.")
    expect(told.get_by_role("link", name="Apa yang berubah")).to_have_attribute("href", f"/perkara/{case_id}/banding")


def test_a_device_of_360_px_shows_the_whole_page_without_scrolling_sideways(
    office: Office, device: BrowserContext, page: Page
) -> None:
    open_act(office, page, BUDI, office.case(5), "paraf.given")
    all_agree(page)
    page.get_by_role("button", name="Bubuhkan paraf").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
