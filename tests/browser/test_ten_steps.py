"""The ten steps of the SOP in five phones, from the letter to the last dispatch, and what each page then says of it.

Five officials make five keys of their own; each act is typed, pasted, imported and signed by what the pages say.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, expect

from api.server import background_server
from keys.envelope import Envelope
from ledger.acts import act_of
from ledger.audit import audit
from ledger.iku import IkuDocument
from projections import audit_trail
from tests.browser.officials import Keyless, Officer, phone_of
from tests.kit import MORNING, OFFICERS
from tests.served import served

SRI, BUDI, RATNA, AGUS, HADI = OFFICERS
SUBJECT = "Penyusunan IKU Kecamatan 2026 (sintetis)"
REASON = "Satuan indikator kedua belum diisi."
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PASTED = (
    "<table><tr><td>Sasaran Strategis</td><td>Indikator Kinerja Utama</td><td>Satuan</td><td>Target 2026</td></tr>"
    "<tr><td>Meningkatnya pelayanan</td><td>Indeks kepuasan masyarakat</td><td>nilai</td><td>77,5</td></tr>"
    "<tr><td>Meningkatnya pelayanan</td><td>Surat keterangan tepat waktu</td><td></td><td>90</td></tr></table>"
)
MENDED = (
    ("Sasaran Strategis", "Indikator Kinerja Utama", "Satuan", "Target 2026"),
    ("Meningkatnya pelayanan", "Indeks kepuasan masyarakat", "nilai", "77,5"),
    ("Meningkatnya pelayanan", "Surat keterangan selesai tepat waktu", "persen", "90"),
)
#: Who signed what, oldest first.
ACTS = [
    (SRI, "disposition.issued"),
    (BUDI, "direction.given"),
    (RATNA, "concept.drafted"),
    (AGUS, "concept.typed"),
    (RATNA, "typing.reviewed"),
    (AGUS, "concept.revised"),
    (RATNA, "typing.reviewed"),
    (BUDI, "paraf.given"),
    (SRI, "signature.given"),
    (BUDI, "distribution.ordered"),
    (HADI, "agenda.ordered"),
    (AGUS, "agenda.recorded"),
    (AGUS, "dispatch.recorded"),
    (AGUS, "dispatch.recorded"),
]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Keyless]:
    with served(tmp_path, Keyless) as office:
        office.found()
        yield office


def test_five_officials_with_keys_of_their_own_phones_bring_a_letter_to_its_last_dispatch(
    browser: Browser, office: Keyless
) -> None:
    with background_server(office.app) as url, ExitStack() as open_phones:
        phones = {
            one: open_phones.enter_context(phone_of(browser, url, one, color_scheme="dark" if one == BUDI else "light"))
            for one in OFFICERS
        }
        keys = {one: _has_a_key(phone, office) for one, phone in phones.items()}
        case = _ten_steps(phones, office)
        acts = _acts(office, case)
        assert [(act.official, act.kind) for _, act in acts] == ACTS
        assert all(envelope.keyid == keys[act.official] for envelope, act in acts)
        signed = _document_signed(office, acts)

        _case_says_that_it_is_finished(phones[SRI])
        _trail_has_every_sentence(phones[SRI], _trail(office, case))
        _replay_steps_through_all(phones[SRI])
        _comparison_shows_what_the_return_changed(phones[RATNA], case)
        _check_tells_the_signed_file_from_an_altered_one(phones[BUDI], signed)
        with phone_of(browser, url, "siapa saja") as anybody:
            _public_page_shows_it(anybody, case)
            assert anybody.said == []
        assert {one: phone.said for one, phone in phones.items()} == {one: [] for one in OFFICERS}
    report = audit(office.folder, vkey=office.log.vkey)
    assert report.sound, report
    assert report.verified == report.leaves == office.size()


def _has_a_key(phone: Officer, office: Keyless) -> str:
    """Make a key on the phone, have it registered, sign in with it, and return its id."""
    phone.device.clock.set_fixed_time(MORNING)
    request = phone.make_key()
    office.give_key(request)
    phone.sign_in()
    return request.fingerprint.replace(" ", "")


# --- the steps ---------------------------------------------------------------------------------------------------


def _ten_steps(phones: dict[str, Officer], office: Keyless) -> str:
    """Sign all acts, the dispatches ten minutes later, and return the case's number."""
    case = _disposition(phones[SRI])
    _direction(phones[BUDI])
    _concept(phones[RATNA])
    _typing(phones[AGUS])
    _returned(phones[RATNA])
    _revision(phones[AGUS])
    for phone, offered, pressed in (
        (phones[RATNA], "Periksa ketikan", "Setujui"),
        (phones[BUDI], "Periksa dan paraf", "Bubuhkan paraf"),
        (phones[SRI], "Periksa dan tanda tangani", "Tanda tangani"),
    ):
        phone.begin(offered)
        expect(phone.page.get_by_text("Surat keterangan selesai tepat waktu")).to_be_visible()
        phone.sign(pressed)
    _distribution(phones[BUDI])
    phones[HADI].begin("Perintahkan agenda")
    phones[HADI].sign("Perintahkan agenda")
    _agenda(phones[AGUS])
    office.clock.now += dt.timedelta(minutes=10)
    _dispatches(phones[AGUS])
    return case


def _disposition(sri: Officer) -> str:
    sri.begin("Buka perkara baru")
    sri.choose_file(
        "Pindaian atau foto surat masuk", "surat masuk.pdf", "application/pdf", b"%PDF-1.4 surat (sintetis)"
    )
    sri.fill(Pengirim_surat="Bagian Organisasi Setda", Nomor_surat="060/12/35.07.1/2026", Tanggal_surat="2026-02-26")
    sri.go_on()
    sri.fill(Perihal=SUBJECT, Periode="2026", Isi_perintah="Susun Indikator Kinerja Utama.")
    sri.sign("Terbitkan disposisi")
    return str(sri.page.get_by_role("link", name="Lihat perkara").get_attribute("href")).rpartition("/")[2]


def _direction(budi: Officer) -> None:
    budi.begin("Beri pengarahan")
    budi.fill(Isi_perintah="Susun sesuai Renstra; pakai form IKU.")
    budi.sign("Beri pengarahan")


def _concept(ratna: Officer) -> None:
    ratna.begin("Susun konsep")
    ratna.page.get_by_label("Pakai berkas").check()
    ratna.choose_file("Naskah", "konsep IKU.docx", DOCX, _word_file())
    ratna.sign("Serahkan konsep")


def _typing(agus: Officer) -> None:
    agus.begin("Ketik konsep")
    first = agus.page.get_by_label("Indikator kinerja utama", exact=True).first
    agus.page.evaluate("html => navigator.clipboard.write([new ClipboardItem({'text/html': html})])", PASTED)
    first.click()
    first.press("Control+v")
    dialog = agus.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Tempel 3 baris, 4 kolom")
    agus.fits()
    dialog.get_by_role("button", name="Tempelkan").click()
    agus.page.get_by_label("Sasaran strategis", exact=True).first.fill("Meningkatnya kualitas pelayanan")
    agus.sign("Serahkan ketikan")


def _returned(ratna: Officer) -> None:
    ratna.begin("Periksa ketikan")
    ratna.fill(Alasan=REASON)
    ratna.sign("Kembalikan dengan alasan")


def _revision(agus: Officer) -> None:
    agus.begin("Perbaiki konsep")
    agus.choose_file("Ambil tabel dari berkas", "iku perbaikan.xlsx", "application/octet-stream", _excel_file())
    dialog = agus.page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 baris terbaca")
    dialog.get_by_role("button", name="Pakai tabel ini").click()
    agus.sign("Serahkan perbaikan")


def _distribution(budi: Officer) -> None:
    budi.begin("Perintahkan distribusi")
    names, copies = budi.page.get_by_label("Nama penerima"), budi.page.get_by_label("Jumlah salinan")
    names.fill("Bagian Organisasi Setda")
    budi.page.get_by_role("button", name="Tambah penerima").click()
    names.nth(1).fill("Inspektorat")
    copies.nth(1).fill("2")
    budi.sign("Perintahkan distribusi")


def _agenda(agus: Officer) -> None:
    agus.begin("Catat agenda")
    expect(agus.page.get_by_label("Nomor surat keluar")).to_have_value("070/1/35.07.11/2026")
    agus.go_on()
    expect(agus.page.get_by_label("Kepada")).to_have_value("Bagian Organisasi Setda; Inspektorat")
    agus.sign("Catat dalam agenda")


def _dispatches(agus: Officer) -> None:
    for recipient in ("Inspektorat (2 salinan)", "Bagian Organisasi Setda (1 salinan)"):
        agus.begin("Catat pengiriman")
        agus.page.get_by_label(recipient).check()
        agus.fill(Cara_pengiriman="kurir")
        agus.go_on()
        agus.choose_file("Bukti pengiriman (pindaian atau foto)", "bukti.jpg", "image/jpeg", b"bukti kirim (sintetis)")
        agus.fill(Diterima_oleh="Petugas loket", Waktu_diterima="2026-03-02T08:10")
        agus.sign("Catat pengiriman")


def _word_file() -> bytes:
    """Return a Word file as small as one can be."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("word/document.xml", "<w:document>Konsep IKU (sintetis)</w:document>")
    return data.getvalue()


def _excel_file() -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in MENDED:
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


# --- what stands in the ledger -------------------------------------------------------------------------------------


def _acts(office: Keyless, case: str) -> list[tuple[Envelope, Any]]:
    """Return the envelopes of a case and their acts, oldest first."""
    with office.ledger.reading() as rows:
        entries = [one.data for one in rows.stream(f"case:{case}")]
    envelopes = [Envelope.parse(data[data.index(b'"envelope":') + 11 : -1]) for data in entries]
    return [(one, act_of(one)) for one in envelopes]


def _document_signed(office: Keyless, acts: list[tuple[Envelope, Any]]) -> bytes:
    """Return the bytes of the document that was signed: the imported table, named alike in all three marks."""
    marks = [act.body.document for _, act in acts[6:9]]
    assert len(set(marks)) == 1
    data = office.ledger.documents.read(marks[0])
    assert [row.measure for row in IkuDocument.parse(data).rows] == ["nilai", "persen"]
    return data


def _trail(office: Keyless, case: str) -> list[dict[str, Any]]:
    with office.app.app_context(), office.app.parts.reading() as connection:
        return audit_trail.trail(connection, f"case:{case}")


# --- what the pages say --------------------------------------------------------------------------------------------


def _case_says_that_it_is_finished(sri: Officer) -> None:
    sri.begin(SUBJECT, exact=False)
    sri.at(SUBJECT)
    expect(sri.page.get_by_text("Perkara ini sudah selesai. Nomor surat: 070/1/35.07.11/2026.")).to_be_visible()
    expect(sri.page.get_by_text(REASON)).to_be_visible()
    for title in ("Ketikan disetujui", "Paraf", "Tanda tangan"):
        mark = sri.page.get_by_role("listitem").filter(has_text=f"{title}: ")
        expect(mark).to_contain_text("Tanda tangan elektronik terbukti · wewenang terbukti")


def _trail_has_every_sentence(sri: Officer, trail: list[dict[str, Any]]) -> None:
    assert len(trail) == len(ACTS)
    assert [row["flags"] for row in trail] == [[]] * len(ACTS)
    sri.follow("Jejak audit")
    for row in trail:
        expect(sri.page.get_by_text(row["sentence"], exact=True).first).to_be_visible()
    expect(sri.page.get_by_text("Tanda tangan elektronik terbukti · wewenang terbukti")).to_have_count(len(ACTS))


def _replay_steps_through_all(sri: Officer) -> None:
    sri.follow("Putar ulang")
    sri.page.get_by_label("Geser ke tindakan lain").press("Home")
    for at, (_, kind) in enumerate(ACTS, 1):
        expect(sri.page.get_by_text(f"Tindakan {at} dari {len(ACTS)}", exact=True)).to_be_visible()
        if kind == "concept.typed":
            expect(sri.page.get_by_text("Surat keterangan tepat waktu").first).to_be_visible()
        if at < len(ACTS):
            sri.page.get_by_role("link", name="Berikutnya").click()
    expect(sri.page.get_by_text("Tindakan terakhir")).to_be_visible()
    sri.fits()


def _comparison_shows_what_the_return_changed(ratna: Officer, case: str) -> None:
    ratna.page.goto(f"{ratna.url}/perkara/{case}")
    ratna.follow("Apa yang berubah")
    expect(ratna.page.get_by_text("Baris: 2 berubah.")).to_be_visible()
    expect(ratna.page.locator("ins", has_text="selesai")).to_be_visible()
    expect(ratna.page.locator("ins", has_text="persen")).to_be_visible()
    ratna.fits()


def _check_tells_the_signed_file_from_an_altered_one(budi: Officer, signed: bytes) -> None:
    budi.follow("Periksa")
    label = "Pilih berkas, atau letakkan di sini"
    budi.choose_file(label, "iku.json", "application/json", signed)
    expect(budi.page.get_by_text("Diperiksa di peramban ini: 3 terbukti;")).to_be_visible()
    budi.fits()
    altered = signed.replace(b"77,5", b"87,5")
    assert altered != signed
    budi.choose_file(label, "iku.json", "application/json", altered)
    expect(budi.page.get_by_text("Layanan ini tidak menunjukkan tanda apa pun pada isi ini.")).to_be_visible()
    expect(budi.page.get_by_text("terbukti", exact=True)).to_have_count(0)
    budi.fits()


def _public_page_shows_it(anybody: Officer, case: str) -> None:
    anybody.page.goto(f"{anybody.url}/umum/{case}")
    anybody.at(SUBJECT)
    expect(anybody.page.get_by_text("070/1/35.07.11/2026")).to_be_visible()
    for name in ("Ratna Sari", "Budi Santoso", "Sri Wahyuni"):
        expect(anybody.page.get_by_text(name).first).to_be_visible()
    expect(anybody.page.get_by_text("19800101")).to_have_count(0)
