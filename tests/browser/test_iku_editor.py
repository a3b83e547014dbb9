"""Typing an IKU in a browser: by hand, pasted, from a file; nothing typed is lost, and its bytes are canonical."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from api.app import App
from api.desk import static_files
from ledger import iku_table
from ledger.iku import MEDIA_TYPE, IkuDocument, sample, sample_names
from ledger.iku_checks import warnings
from tests.browser import served

RATNA = "ratna-sari"
#: A page that holds nothing but an editor, under the policy that every page of the desk has.
HTML = """<!doctype html><html lang="id"><head><meta charset="utf-8"><title>Uji</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/statis/{build}/desk.css">
</head><body><main><h1>Uji</h1><form id="tempat"><div data-unit="{unit}"></div></form></main>
<script type="module" src="/uji.js"></script></body></html>"""
SCRIPT = """import {{ mount }} from "/statis/{build}/iku_editor.js";
const replaces = {replaces} && Uint8Array.from(atob({replaces}), (one) => one.charCodeAt(0));
window.changes = 0;
const hash = replaces && new Uint8Array(await crypto.subtle.digest("SHA-256", replaces));
window.editor = await mount(document.querySelector("#tempat div"),
  {{ place: {place}, begins: async () => replaces, onChange: () => (window.changes += 1), onward: () => {{}} }});
editor.standsOn(hash && Array.from(hash, (one) => one.toString(16).padStart(2, "0")).join(""));
document.body.dataset.ready = "";"""
POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, App]]:
    with served.demo(tmp_path_factory.mktemp("buku")) as found:
        yield found


class Desk:
    """Ratna's page with an editor on it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def open(self, replaces: bytes | None = None, *, place: str = "uji", unit: str = "") -> Desk:
        """Show the page, or show it again."""
        build = static_files.version()
        given = json.dumps(base64.b64encode(replaces).decode()) if replaces else "null"
        script = SCRIPT.format(build=build, replaces=given, place=json.dumps(place))
        pages = {"/uji": (HTML.format(build=build, unit=unit), "text/html"), "/uji.js": (script, "text/javascript")}

        def answer(route: Route) -> None:
            body, kind = pages[route.request.url.removeprefix(self.url)]
            route.fulfill(body=body, content_type=f"{kind}; charset=utf-8", headers={"Content-Security-Policy": POLICY})

        self.page.unroute_all()
        for path in pages:
            self.page.route(self.url + path, answer)
        self.page.goto(f"{self.url}/uji")
        self.page.locator("body[data-ready]").wait_for()
        return self

    def field(self, name: str, row: int = 1) -> Any:
        """Return the field of a column in a row, by what people read."""
        return self.page.get_by_role("row").nth(row).get_by_label(name, exact=True)

    def head(self, first: str = "2026", last: str = "2026", unit: str = "Kecamatan Kalipare (sintetis)") -> Desk:
        for name, value in (("Unit kerja", unit), ("Tahun pertama", first), ("Tahun terakhir", last)):
            self.page.get_by_label(name, exact=True).fill(value)
        return self

    def fill(self, row: int, **values: str) -> Desk:
        for name, value in values.items():
            self.field(COLUMNS[name], row).fill(value)
        return self

    def column(self, *names: str) -> Desk:
        """Show columns that are not used yet."""
        if not self.page.locator("details.more").evaluate("one => one.open"):
            self.page.get_by_text("Kolom lain", exact=True).click()
        for name in names:
            self.page.get_by_role("button", name=name, exact=True).click()
        return self

    def document(self) -> IkuDocument | None:
        """Return the document that the editor gives, held to the one that Python reads from its bytes."""
        said = self.page.evaluate(
            "async () => { const one = await editor.document(); return one && {...one, bytes: [...one.bytes]}; }"
        )
        if said is None:
            return None
        assert said["mediaType"] == MEDIA_TYPE
        data = bytes(said["bytes"])
        document = IkuDocument.parse(data)
        assert document.format() == data
        return document

    def rows(self) -> list[dict[str, Any]]:
        document = self.document()
        assert document is not None
        return [row.plain() for row in document.rows]

    def paste(self, name: str, row: int = 1, **data: str) -> None:
        """Paste into a field what the clipboard holds in these types."""
        self.field(name, row).evaluate(
            """(field, data) => { const given = new DataTransfer();
              for (const [type, text] of Object.entries(data)) given.setData(`text/${type}`, text);
              field.focus();
              field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: given, bubbles: true, cancelable: true}));
            }""",
            data,
        )

    def kept(self) -> None:
        """Wait until what is typed is on the device."""
        expect(self.page.get_by_text("Tersimpan di perangkat ini")).to_be_visible()


COLUMNS = {
    "objective": "Sasaran strategis",
    "indicator": "Indikator kinerja utama",
    "formula": "Rumus",
    "measure": "Satuan",
    "owner": "Penanggung jawab",
}


@pytest.fixture
def desk(page: Page, device: BrowserContext, office: tuple[str, App]) -> Desk:
    url, app = office
    served.sign_in(device, url, app, RATNA)
    return Desk(page, url)


# --- the document --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sample_names())
def test_a_real_table_that_nobody_touches_stays_what_it_is_to_the_byte(name: str, desk: Desk) -> None:
    document = desk.open(sample(name)).document()
    assert document is not None
    assert document.format() == sample(name)


def random_table(seed: int) -> dict[str, Any]:
    """Return an IKU of texts as they may stand in one: quotes, line ends, marks that combine, years twice."""
    chance = random.Random(seed)  # noqa: S311  no secret, but the same tables each time
    letters = ["a", "Ü", "“", '"', "\\", "/", "%", ";", "5,5", "<b>", "&amp;", "'"]
    signs = ["字", "😀", "e\u0301", "\u00a0", "\u200d"]

    def text(most: int, *, lines: bool, line: bool = False) -> str:
        inner = letters + ([] if line else signs) + [" "] + (["\n", "\t", "\r\n"] if lines else [])
        middle = "".join(chance.choice(inner) for _ in range(chance.randint(0, most)))
        whole = f"x{middle}y"
        return " ".join(whole.split()) if line else whole

    def row() -> dict[str, Any]:
        made: dict[str, Any] = {"objective": text(60, lines=True), "indicator": text(60, lines=True)}
        for name in ("formula", "rationale"):
            if chance.random() < 0.5:
                made[name] = text(200, lines=True)
        made["sources"] = [text(20, lines=True) for _ in range(chance.randint(0, 4))]
        for name in ("owner", "measure"):
            if chance.random() < 0.5:
                made[name] = text(20, lines=False, line=True)
        if chance.random() < 0.5:
            year = {"year": chance.randint(1945, 9999)} if chance.random() < 0.5 else {}
            made["baseline"] = year | {"value": chance.choice(["77,5", "n/a", "55%", "1.234,5", "≥ 90"])}
        years = [chance.choice([2026, 2027, 2027, 2031, 2025]) for _ in range(chance.randint(0, 5))]
        made["targets"] = [
            {"year": year, "value": chance.choice(["80", "80,25", "–", "baik  sekali"])} for year in years
        ]
        return made

    first = chance.choice([1999, 2026, 2027])
    label = {"label": text(20, lines=False, line=True)} if chance.random() < 0.5 else {}
    return {
        "format": "jejak.iku/1",
        "unit": text(30, lines=False, line=True),
        "period": {"first_year": first, "last_year": first + chance.choice([0, 4, 40])},
        "legal_basis": [text(30, lines=False, line=True) for _ in range(chance.randint(0, 3))],
        **label,
        "rows": [row() for _ in range(chance.randint(1, 6))],
    }


def test_a_document_of_any_texts_goes_through_the_table_unchanged(desk: Desk) -> None:
    given = [IkuDocument.read(random_table(seed), "iku.schema", "Dokumen IKU").format() for seed in range(60)]
    desk.open()
    module = f"/statis/{static_files.version()}/iku_model.js"
    made = desk.page.evaluate(
        """async ([module, all]) => { const { tableOf, compose, bytesOf } = await import(module);
          return all.map((one) => { const { document, missing } = compose(tableOf(new TextEncoder().encode(one)));
            return missing.length ? missing : new TextDecoder().decode(bytesOf(document)); }); }""",
        [module, [one.decode() for one in given]],
    )
    assert [one.encode() for one in made] == given


def test_what_is_typed_is_tidied_and_figures_stay_as_they_were_typed(desk: Desk) -> None:
    desk.open().head("2026", "2027").column("Satuan", "Kondisi awal", "Target per tahun", "Sumber data")
    desk.fill(
        1, objective="  Meningkatnya\u00a0layanan\u200b ", indicator="Indeks\r\nkepuasan  ", measure=" nilai   indeks "
    )
    desk.field("Kondisi awal").fill("77,5")
    desk.field("Tahun kondisi awal").fill("2025")
    desk.field("Target 2026").fill(" 78,75 ")
    desk.field("Target 2027").fill("1.234,5")
    desk.page.get_by_label("Sumber data").fill("Laporan survei\n\n Register ")
    assert desk.rows() == [
        {
            "objective": "Meningkatnya layanan",
            "indicator": "Indeks\nkepuasan",
            "sources": ["Laporan survei", "Register"],
            "measure": "nilai indeks",
            "baseline": {"year": 2025, "value": "77,5"},
            "targets": [{"year": 2026, "value": "78,75"}, {"year": 2027, "value": "1.234,5"}],
        }
    ]
    desk.page.get_by_label("Unit kerja").focus()
    assert desk.field("Satuan").input_value() == "nilai indeks", "what is kept is what is shown"


def test_what_keeps_a_table_from_being_a_document_is_said_beside_the_cell(desk: Desk) -> None:
    desk.open().column("Satuan", "Kondisi awal")
    desk.fill(1, objective="Layanan", measure="nilai")
    desk.field("Tahun kondisi awal").fill("25")
    desk.page.get_by_label("Tahun pertama").fill("2027")
    desk.page.get_by_label("Tahun terakhir").fill("2026")
    desk.page.get_by_label("Unit kerja").fill("Кecamatan")
    desk.page.get_by_role("button", name="Tambah baris").focus()
    assert desk.document() is None
    expect(desk.page.get_by_text("Belum lengkap: unit kerja; dan 4 lagi.")).to_be_visible()
    assert desk.page.evaluate("editor.missing()") == [
        "unit kerja",
        "tahun terakhir",
        "baris 1, tahun kondisi awal",
        "baris 1, indikator kinerja utama",
        "baris 1, kondisi awal",
    ]
    for name, words in (
        ("Indikator kinerja utama", "Isi bagian ini."),
        ("Kondisi awal", "Isi nilainya, atau kosongkan tahunnya."),
        ("Tahun kondisi awal", "Tulis tahun dengan empat angka, misalnya 2026."),
    ):
        expect(desk.field(name)).to_have_accessible_description(words)
    expect(desk.page.get_by_label("Unit kerja")).to_have_accessible_description(
        "Pakai huruf Latin dan tanda baca biasa saja."
    )
    expect(desk.page.get_by_label("Tahun terakhir")).to_have_accessible_description(
        "Tahun terakhir tidak boleh sebelum tahun pertama."
    )


# --- by hand ---------------------------------------------------------------------------------------------------


def test_only_two_columns_are_shown_until_another_is_wanted_or_used(desk: Desk) -> None:
    desk.open().head()
    shown = "() => [...document.querySelectorAll('th[scope=col]')].map((one) => one.textContent)"
    assert desk.page.evaluate(shown) == ["No", "Sasaran strategis", "Indikator kinerja utama", "Ubah baris"]
    desk.column("Satuan")
    assert desk.page.evaluate(shown)[3] == "Satuan"
    desk.column("Satuan")
    assert "Satuan" not in desk.page.evaluate(shown)
    desk.open(sample("sampang"), place="lain")
    assert desk.page.evaluate(shown)[3:5] == ["Satuan", "Target 2019"]


def test_the_keyboard_alone_fills_a_table(desk: Desk) -> None:
    desk.open().head()
    keys = desk.page.keyboard
    desk.field("Sasaran strategis").focus()
    keys.type("Layanan")
    keys.press("Tab")
    keys.type("Kepuasan")
    keys.press("Shift+Enter")
    keys.type("masyarakat")
    keys.press("Enter")
    keys.type("Waktu layanan")
    keys.press("ArrowUp")  # to the start of its own text first
    keys.press("ArrowUp")
    keys.type(" umum")
    keys.press("Enter")
    keys.press("Enter")
    keys.press("Enter")  # the last row is empty: there is no more to add
    assert [row["indicator"] for row in desk.rows()] == ["Kepuasan\nmasyarakat umum", "Waktu layanan"]
    assert [row["objective"] for row in desk.rows()] == ["Layanan", "Layanan"], "a new row goes on with the objective"
    assert desk.page.locator("tbody tr").count() == 3
    assert desk.page.url.endswith("/uji"), "no key sends the form"


def test_a_deleted_row_comes_back_where_it_was(desk: Desk) -> None:
    desk.open(sample("kecamatan-sidemen"))
    before = desk.rows()
    desk.page.get_by_role("button", name="Hapus: Baris 2").click()
    assert desk.rows() == [before[0], *before[2:]]
    desk.fill(1, indicator="Diketik sesudahnya")
    desk.page.get_by_role("button", name="Urungkan").click()
    assert desk.rows() == [before[0] | {"indicator": "Diketik sesudahnya"}, *before[1:]]


def test_a_row_can_be_put_between_two(desk: Desk) -> None:
    desk.open(sample("kecamatan-sidemen"))
    desk.page.get_by_role("button", name="Sisipkan di bawah: Baris 1").click()
    desk.page.keyboard.type("Indikator baru")
    rows = desk.rows()
    assert (rows[1]["indicator"], rows[1]["objective"]) == ("Indikator baru", rows[0]["objective"])
    assert len(rows) == 5


# --- a long table ----------------------------------------------------------------------------------------------


def long_table(rows: int = 60, **more: Any) -> bytes:
    """Return an IKU of many rows, ``more`` in each."""
    table = json.loads(sample("kecamatan-sidemen"))
    table["rows"] = [
        {"objective": "Layanan", "indicator": f"Indikator {n}", "sources": [], "targets": []} | more
        for n in range(1, rows + 1)
    ]
    return IkuDocument.read(table, "iku.schema", "Dokumen IKU").format()


def test_what_was_deleted_can_be_undone_wherever_the_page_is_scrolled_to(desk: Desk) -> None:
    desk.open(long_table())
    region = desk.page.locator(".foot [role=status]")
    expect(region).to_be_attached()
    expect(region).to_have_text("")
    desk.page.get_by_role("button", name="Hapus: Baris 2", exact=True).click()
    expect(region).to_have_text("Baris 2 dihapus.")
    undo = desk.page.get_by_role("button", name="Urungkan")
    for top in ("0", "document.documentElement.scrollHeight / 2", "document.documentElement.scrollHeight"):
        desk.page.evaluate(f"scrollTo({{top: {top}, behavior: 'instant'}})")
        expect(undo).to_be_in_viewport(ratio=1)
    undo.click()
    assert desk.rows()[1]["indicator"] == "Indikator 2"
    expect(region).to_have_text("")


def test_the_bar_at_the_foot_never_covers_the_field_that_somebody_comes_to(desk: Desk) -> None:
    desk.page.emulate_media(reduced_motion="reduce")  # else it is asked where a field is on its way to
    desk.open(long_table(8))
    desk.page.get_by_role("button", name="Hapus: Baris 1", exact=True).click()
    for _ in range(12):
        desk.page.keyboard.press("Tab")
        covered = desk.page.evaluate(
            """() => { const bar = document.querySelector(".foot").getBoundingClientRect();
              const here = document.activeElement.getBoundingClientRect(); return here.bottom - bar.top; }"""
        )
        assert covered <= 0


def test_the_bar_says_what_is_missing_wherever_it_is_and_leads_there(desk: Desk) -> None:
    desk.open(long_table())
    expect(desk.page.get_by_text("Lengkap.", exact=True)).to_be_in_viewport()
    last = desk.field(COLUMNS["objective"], 60)
    last.fill("")
    desk.field(COLUMNS["objective"]).focus()
    expect(desk.page.get_by_text("Belum lengkap: baris 60, sasaran strategis.")).to_be_in_viewport()
    desk.page.get_by_role("button", name="Ke yang belum").click()
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport(ratio=1)


def test_a_desktop_shows_a_table_over_the_whole_window_and_its_buttons_always(desk: Desk) -> None:
    desk.page.set_viewport_size({"width": 1280, "height": 800})
    targets = {"targets": [{"year": 2026, "value": "80"}]}
    usual = {"formula": "A / B x 100%", "measure": "persen", "baseline": {"year": 2025, "value": "77,5"}} | targets
    fits = "() => { const box = document.querySelector('.typing .wide'); return box.scrollWidth <= box.clientWidth; }"
    desk.open(long_table(3, **usual))
    assert desk.page.evaluate(fits)
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 1280
    many = {"owner": "Kasi", "rationale": "x", "sources": ["x"]}
    many["targets"] = [{"year": year, "value": "80"} for year in range(2026, 2036)]
    desk.open(long_table(3, **usual | many), place="lain")
    assert not desk.page.evaluate(fits)
    assert desk.page.evaluate("document.documentElement.scrollWidth") == 1280
    desk.page.get_by_role("rowheader", name="Baris 3").scroll_into_view_if_needed()
    for name in ("Sisipkan di bawah: Baris 3", "Hapus: Baris 3"):
        expect(desk.page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("width", [360, 1280])
def test_rows_that_nobody_sees_are_not_laid_out(width: int, desk: Desk) -> None:
    desk.page.set_viewport_size({"width": width, "height": 760})
    desk.open(long_table())
    seen = "(row) => row.querySelector('textarea').checkVisibility({contentVisibilityAuto: true})"
    rows = desk.page.locator("tbody tr")
    rows.first.scroll_into_view_if_needed()
    assert rows.first.evaluate(seen)
    assert not rows.last.evaluate(seen)
    rows.last.scroll_into_view_if_needed()
    expect(desk.field(COLUMNS["indicator"], 60)).to_have_value("Indikator 60")


def test_a_note_that_holds_is_left_alone_while_others_come_and_go(desk: Desk) -> None:
    desk.open(sample("kecamatan-sidemen"))
    expect(desk.page.get_by_text("Sudah diperiksa")).to_be_visible()
    notes = desk.page.locator("tbody tr").first.locator(".beside")
    expect(notes.first).to_be_attached()
    desk.page.evaluate("window.notes = [...document.querySelector('tbody tr').querySelectorAll('.beside')]")
    with desk.page.expect_response("**/v1/iku/checks"):
        desk.fill(4, indicator="")
        desk.field(COLUMNS["objective"], 3).focus()
    expect(desk.field(COLUMNS["indicator"], 4)).to_have_accessible_description("Isi bagian ini.")
    assert desk.page.evaluate("notes.length > 0 && notes.every((one) => one.isConnected)")


def test_the_page_looks_at_the_whole_table_once_somebody_pauses_not_with_each_key(desk: Desk) -> None:
    desk.open(long_table())
    desk.field(COLUMNS["indicator"], 30).evaluate(
        """(field) => { for (const key of "dua puluh kali lagi") {
             field.value += key; field.dispatchEvent(new InputEvent("input", {bubbles: true})); } }"""
    )
    assert desk.page.evaluate("changes") == 0
    desk.page.wait_for_function("() => changes > 0")
    assert desk.page.evaluate("changes") == 1
    assert desk.rows()[29]["indicator"] == "Indikator 30dua puluh kali lagi"


# --- nothing is lost --------------------------------------------------------------------------------------------


def test_what_was_typed_is_there_after_a_reload_and_can_be_left(desk: Desk) -> None:
    desk.open(sample("sampang")).fill(1, indicator="Diketik sebelum sinyal hilang")
    desk.kept()
    desk.open(sample("sampang"))
    assert desk.rows()[0]["indicator"] == "Diketik sebelum sinyal hilang"
    expect(desk.page.get_by_text("dipulihkan.")).to_contain_text("WIB")
    desk.page.get_by_role("button", name="Mulai lagi dari awal").click()
    assert desk.document() == IkuDocument.parse(sample("sampang"))
    desk.page.get_by_role("button", name="Urungkan").click()
    assert desk.rows()[0]["indicator"] == "Diketik sebelum sinyal hilang"


def test_what_is_typed_without_a_pause_is_kept_with_every_key(desk: Desk) -> None:
    cell = desk.open(sample("sampang")).field(COLUMNS["indicator"], 1)
    cell.fill("")
    cell.press_sequentially("Tepat waktu setiap tahun", delay=100)
    desk.open(sample("sampang"))
    assert desk.rows()[0]["indicator"] == "Tepat waktu setiap tahun"


def test_a_draft_is_gone_once_its_document_is_in_the_ledger(desk: Desk) -> None:
    desk.open(sample("sampang")).fill(1, indicator="Sudah dicatat")
    desk.kept()
    desk.fill(1, indicator="Sudah dicatat pula")
    desk.page.evaluate("editor.forget()")
    assert desk.open(sample("sampang")).document() == IkuDocument.parse(sample("sampang"))


def test_a_new_table_begins_with_what_the_page_knows(desk: Desk) -> None:
    desk.open(unit="Kecamatan Kalipare (sintetis)")
    expect(desk.page.get_by_label("Unit kerja")).to_have_value("Kecamatan Kalipare (sintetis)")


def test_a_draft_is_its_own_places_and_says_when_its_document_is_another_now(desk: Desk) -> None:
    desk.open(sample("sampang"), place="satu").fill(1, indicator="Milik satu")
    desk.kept()
    desk.open(sample("sampang"), place="dua")
    assert desk.document() == IkuDocument.parse(sample("sampang"))
    desk.open(sample("kecamatan-sidemen"), place="satu")
    expect(desk.page.get_by_text("dipulihkan.")).to_contain_text("dimulai dari naskah lain")
    assert desk.rows()[0]["indicator"] == "Milik satu"


def test_each_change_is_told_to_the_page(desk: Desk) -> None:
    desk.open()
    assert desk.page.evaluate("changes") == 0
    desk.fill(1, indicator="Kepuasan")
    desk.page.wait_for_function("() => changes === 1")


# --- from elsewhere ----------------------------------------------------------------------------------------------

EXCEL = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>td {color: red}</style></head><body>
<!--StartFragment--><table border=0 style='border-collapse:collapse'>
<tr><td rowspan=2>No</td><td rowspan='2' style='width:10pt'>Sasaran
  Strategis</td><td>Indikator Kinerja Utama</td><td>Satuan</td><td colspan=2>Target</td><td>Realisasi</td></tr>
<tr><td></td><td></td><td>2026</td><td>2027</td><td></td></tr>
<tr><td>1</td><td rowspan=2 onclick="alert(1)">Meningkatnya&nbsp;layanan</td>
<td>Indeks<br style="mso-data-placement:same-cell">kepuasan</td><td>nilai</td><td>77,5</td><td>80</td><td>x</td></tr>
<tr><td>2</td><td><p>Surat <b>tepat</b> waktu</p></td><td>persen</td><td>90</td><td>95</td><td>x</td></tr>
</table><img src="http://jahat.example/a.png"><script>alert(1)</script></body></html>"""


def test_a_table_from_excel_or_word_goes_where_its_headings_say(desk: Desk) -> None:
    desk.open().head("", "")
    desk.paste("Indikator kinerja utama", html=EXCEL, plain="tidak\tdipakai")
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Tempel 4 baris, 7 kolom")
    expect(dialog).to_contain_text("Periode diisi dari kepala tabel: 2026 sampai 2027.")
    expect(dialog.get_by_label("“Realisasi”")).to_have_value("")
    assert desk.document() is None, "nothing is filled in before it is agreed to"
    dialog.get_by_role("button", name="Tempelkan").click()
    common = {"objective": "Meningkatnya layanan", "sources": []}
    assert desk.rows() == [
        common
        | {"indicator": "Indeks\nkepuasan", "measure": "nilai"}
        | {"targets": [{"year": 2026, "value": "77,5"}, {"year": 2027, "value": "80"}]},
        common
        | {"indicator": "Surat tepat waktu", "measure": "persen"}
        | {"targets": [{"year": 2026, "value": "90"}, {"year": 2027, "value": "95"}]},
    ]


def test_a_heading_means_the_same_when_pasted_as_when_a_file_is_read(desk: Desk) -> None:
    more = [
        "Target 2026",
        "TARGET KINERJA TAHUN 2027",
        "Tahun 2028",
        "2029",
        "Target",
        "Kondisi Awal (2017)",
        "Baseline",
    ]
    headings = [
        *(one for known in iku_table._HEADINGS.values() for one in sorted(known)),
        *more,
        "Realisasi",
        "",
        "1999x",
    ]
    desk.open()
    module = f"/statis/{static_files.version()}/iku_paste.js"
    said = desk.page.evaluate(
        """async ([module, all]) => { const { meaning } = await import(module);
          return all.map(meaning).map((one) => one && [one.id, one.year ? Number(one.year) : null]); }""",
        [module, headings],
    )
    expected = [iku_table._meaning(one) for one in headings]
    assert [one and tuple(one) for one in said] == expected
    assert len({one[0] for one in expected if one}) == 10, "every column of an IKU"


def test_cells_without_headings_fill_rows_and_columns_from_where_they_are_pasted(desk: Desk) -> None:
    desk.open(sample("kecamatan-sidemen"))
    before = desk.rows()
    desk.paste("Indikator kinerja utama", row=4, plain='"Baris\nsatu ""dikutip"""\tA / B\r\nDua\tC / D\r\n')
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Diisi mulai baris 4. 2 isian diganti, 1 baris ditambahkan.")
    dialog.get_by_role("button", name="Tempelkan").click()
    rows = desk.rows()
    assert rows[:3] == before[:3]
    assert [(row["indicator"], row["formula"]) for row in rows[3:]] == [
        ('Baris\nsatu "dikutip"', "A / B"),
        ("Dua", "C / D"),
    ]
    assert rows[4]["objective"] == before[3]["objective"]
    desk.page.get_by_role("button", name="Urungkan").click()
    assert desk.rows() == before


def test_where_a_pasted_column_goes_is_the_persons_to_say(desk: Desk) -> None:
    desk.open().head()
    desk.paste("Sasaran strategis", plain="Kepuasan\tLayanan\nWaktu\tLayanan")
    dialog = desk.page.get_by_role("dialog")
    dialog.get_by_label("Kolom 1").select_option("Indikator kinerja utama")
    dialog.get_by_label("Kolom 2").select_option("Sasaran strategis")
    dialog.get_by_role("button", name="Tempelkan").click()
    assert [(row["objective"], row["indicator"]) for row in desk.rows()] == [
        ("Layanan", "Kepuasan"),
        ("Layanan", "Waktu"),
    ]


def test_a_paste_that_is_not_agreed_to_changes_nothing(desk: Desk) -> None:
    desk.open(sample("sampang"))
    desk.paste("Indikator kinerja utama", plain="satu\tdua\ntiga\tempat")
    desk.page.get_by_role("dialog").wait_for()
    desk.page.keyboard.press("Escape")
    expect(desk.page.get_by_role("dialog")).to_have_count(0)
    assert desk.document() == IkuDocument.parse(sample("sampang"))


def test_the_content_of_one_cell_is_pasted_as_text(desk: Desk) -> None:
    desk.open().head().fill(1, objective="Layanan")
    desk.paste(
        "Indikator kinerja utama",
        html="<table><tr><td>Indeks<br>kepuasan</td></tr></table>",
        plain='"Indeks\nkepuasan"',
    )
    expect(desk.field("Indikator kinerja utama")).to_have_value("Indeks\nkepuasan")
    assert desk.rows()[0]["indicator"] == "Indeks\nkepuasan"


def test_a_file_is_read_by_the_service_shown_and_only_then_used(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "iku.csv"
    path.write_text(
        "IKU Kecamatan Kalipare (sintetis);;\nSasaran;Indikator;Target 2026;Realisasi\n"
        "Layanan;Kepuasan;77,5;1\n;Waktu;90;2\n",
        "utf-8",
    )
    desk.open()
    desk.page.get_by_label("Ambil tabel dari berkas").set_input_files(path)
    dialog = desk.page.get_by_role("dialog")
    for words in (
        "2 baris terbaca",
        "Unit kerja diambil dari judul tabel: “Kecamatan Kalipare”.",
        "Sasaran yang kosong dianggap sama dengan yang di atasnya: 1 baris.",
        "Kolom “Realisasi” tidak dibaca.",
    ):
        expect(dialog).to_contain_text(words)
    dialog.get_by_role("button", name="Pakai tabel ini").click()
    assert [(row["objective"], row["indicator"], row["targets"]) for row in desk.rows()] == [
        ("Layanan", "Kepuasan", [{"year": 2026, "value": "77,5"}]),
        ("Layanan", "Waktu", [{"year": 2026, "value": "90"}]),
    ]
    desk.page.get_by_label("Ambil tabel dari berkas").set_input_files(path)
    dialog.get_by_label("Tambahkan di bawahnya").check()
    dialog.get_by_role("button", name="Pakai tabel ini").click()
    assert len(desk.rows()) == 4
    desk.page.get_by_role("button", name="Urungkan").click()
    assert len(desk.rows()) == 2


def test_a_file_that_is_no_table_says_so_and_leaves_the_table(
    desk: Desk, device: BrowserContext, tmp_path: Path
) -> None:
    desk.page = device.new_page()  # the refusal itself stands on the console
    path = tmp_path / "surat.csv"
    path.write_text("Yth. Bapak Camat", "utf-8")
    desk.open(sample("sampang"))
    desk.page.get_by_label("Ambil tabel dari berkas").set_input_files(path)
    expect(desk.page.get_by_role("alert")).to_contain_text("Kepala tabel tidak ditemukan")
    assert desk.document() == IkuDocument.parse(sample("sampang"))


# --- warnings ------------------------------------------------------------------------------------------------------


def test_doubts_stand_beside_their_cells_and_hinder_nobody(desk: Desk) -> None:
    desk.open(sample("kecamatan-sidemen"))
    shown = [one for one in warnings(IkuDocument.parse(sample("kecamatan-sidemen"))) if one.field in COLUMNS]
    shown = [one for one in shown if one.field in ("objective", "indicator", "formula")]
    assert len(shown) >= 2
    for one in shown:
        expect(desk.field(COLUMNS[one.field], one.row)).to_have_accessible_description(one.text)
    assert desk.document() is not None
    hidden = (
        "Ada catatan tentang kolom lain yang belum diisi: penanggung jawab, satuan, kondisi awal, target per tahun."
    )
    expect(desk.page.get_by_text(hidden)).to_be_visible()
    desk.page.get_by_role("button", name="Hapus: Baris 1").click()
    below = next(one for one in shown if one.row > 1)
    expect(desk.field(COLUMNS[below.field], below.row - 1)).to_have_accessible_description(below.text)


def test_without_a_line_a_table_is_unchecked_and_complete_all_the_same(desk: Desk, device: BrowserContext) -> None:
    desk.open(sample("sampang"))
    expect(desk.page.get_by_text("Sudah diperiksa")).to_be_visible()
    desk.field("Satuan").focus()
    desk.page.wait_for_load_state("networkidle")
    device.set_offline(True)
    desk.fill(1, indicator="Diketik tanpa sinyal")
    expect(desk.page.get_by_text("Belum diperiksa: tidak ada sambungan.")).to_be_visible()
    desk.kept()
    assert desk.rows()[0]["indicator"] == "Diketik tanpa sinyal"
    device.set_offline(False)
    expect(desk.page.get_by_text("Sudah diperiksa")).to_be_visible()


def test_hostile_text_is_text(desk: Desk) -> None:
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    desk.open().head().fill(1, objective="Layanan", indicator=evil)
    desk.paste("Indikator kinerja utama", row=1, plain=f"{evil}\t{evil}\n{evil}\t{evil}")
    desk.page.get_by_role("dialog").get_by_role("button", name="Tempelkan").click()
    assert desk.page.title() == "Uji"
    assert desk.page.locator("main img, main script, dialog img").count() == 0
    assert desk.rows()[0]["indicator"] == evil


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_screen(width: int, desk: Desk) -> None:
    desk.page.set_viewport_size({"width": width, "height": 760})
    desk.open(sample("kecamatan-sidemen"))
    desk.fill(1, indicator="x" * 2000)
    desk.paste("Indikator kinerja utama", row=1, html=EXCEL)
    desk.page.get_by_role("dialog").wait_for()
    assert desk.page.evaluate("document.documentElement.scrollWidth") == width
    desk.page.get_by_role("dialog").get_by_role("button", name="Tempelkan").click()
    assert desk.page.evaluate("document.documentElement.scrollWidth") == width
