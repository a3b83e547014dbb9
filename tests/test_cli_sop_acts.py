"""``jejak act`` on an SOP's stream, and in the cases of any SOP: what is filled in, shown, and refused beforehand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api import fields_of
from api.client import Client
from keys.errors import JejakError, NotFound
from ledger.acts import Act, act_of
from ledger.bodies import CATALOGUE
from ledger.calendar_presets import draft
from ledger.entry import Entry
from ledger.sop import Sop
from tests.activity_sop import SLUG, activity_sop
from tests.kit import the_sop
from tests.scene import variant
from tests.test_cli import CASE, LETTER, Desk, desk, ended, fault, opened, run

__all__ = ["desk", "opened"]  # fixtures

SRI, BUDI, AGUS, HADI = "sri-wahyuni", "budi-santoso", "agus-salim", "hadi-wijaya"
IKU_SOP = the_sop().slug
TYPING_TIME = {"step": "4", "cell": "waktu", "reading": "2 hari kerja", "ground": "Rapat SOP 2 Maret 2026."}
NUMBERING = {"classifications.0": "070", "office_code": "35.07.11"}
ROW = {"letter_date": "2026-03-02", "sent_date": "2026-03-02", "addressee": "Setda", "summary": "IKU 2026"}


def signed(desk: Desk, official: str, kind: str, *more: object, sop: str = IKU_SOP, **said: str) -> Act:
    """Sign without being asked, on an SOP's stream, and return the act as it was recorded."""
    done = ended(desk.act(official, kind, "--sop", sop, "--yes", "--json", *more, **said), 0)
    return recorded(desk, json.loads(done.stdout))


def recorded(desk: Desk, done: dict[str, Any]) -> Act:
    with desk.kecamatan.ledger.reading() as rows:
        row = rows.entry(done["leaf_index"])
    assert row is not None
    return act_of(Entry.parse(row.data).envelope)


def refused(desk: Desk, rule: str, official: str, kind: str, *more: object, **said: str) -> dict[str, Any]:
    """Return the fault with which the act was refused before the key was opened: nothing was signed."""
    size, words = desk.size(), desk.passphrase.read_text()
    desk.passphrase.write_text("bukan kata sandinya\n")
    found = fault(desk.act(official, kind, "--yes", "--json", *more, **said), 1, rule)
    desk.passphrase.write_text(words)
    assert desk.size() == size
    return found


def flat(text: str) -> str:
    return " ".join(text.split())


def calendar_file(desk: Desk) -> Path:
    body = json.dumps({"calendar": draft("perpres-21-2023", 2026, 2026).plain()})
    return desk.file("kalender.json", body.encode())


def sop_file(desk: Desk, sop: Sop) -> Path:
    return desk.file("sop.json", json.dumps(sop.plain()).encode())


@pytest.fixture
def other(desk: Desk) -> Desk:
    """Return a desk where an SOP of activities is in force beside that of the IKU."""
    desk.kecamatan.do(SRI, f"sop:{SLUG}", "sop.enacted", {"sop": activity_sop().plain()})
    return desk


# --- readings --------------------------------------------------------------------------------------------


def test_a_reading_is_shown_beside_the_words_of_its_cell_before_it_is_signed(desk: Desk) -> None:
    page = flat(ended(desk.act(SRI, "reading.confirmed", "--sop", IKU_SOP, answer="y\n", **TYPING_TIME), 0).stdout)
    for words in (
        "Dalam naskah “II hari”",
        "Dibaca selama ini tidak dapat dinilai",
        "Akan dibaca 2 hari kerja",
        "Dasarnya Rapat SOP 2 Maret 2026.",
        "bunyi dalam naskah: II hari (dari catatan yang sudah diperiksa)",
        "bacaan: 2 hari kerja",
        "Artinya: Bacaan ini dipakai sejak tindakan ini",
    ):
        assert words in page, words
    assert page.index("Akan dibaca") < page.index("Tandatangani?") < page.index("TERCATAT dan terbukti")


def test_the_version_and_the_words_of_the_cell_come_from_the_log(desk: Desk) -> None:
    body = signed(desk, SRI, "reading.confirmed", **TYPING_TIME).body.plain()
    assert (body["sop"], body["raw"]) == (desk.kecamatan.sop_leaf, "II hari")
    assert body["reading"] == {"amount": 2, "unit": "hari-kerja"}


def test_a_later_reading_names_the_one_that_held_until_then(desk: Desk) -> None:
    signed(desk, SRI, "reading.confirmed", **TYPING_TIME)
    later = TYPING_TIME | {"reading": "11 hari kerja"}
    page = flat(ended(desk.act(SRI, "reading.confirmed", "--sop", IKU_SOP, answer="t\n", **later), 1).stdout)
    assert "Dibaca selama ini 2 hari kerja Akan dibaca 11 hari kerja" in page


def test_an_inferred_office_or_thing_is_confirmed_as_it_stands_and_shown_by_its_name(desk: Desk) -> None:
    act = ("reading.confirmed", "--sop", IKU_SOP)
    for step, cell, typed, shown, held in (
        ("3", "pelaksana", "kasubag-evapor", "Kasubag Evapor", "kasubag-evapor"),
        ("5", "kelengkapan", "konsep-iku", "Konsep Indikator Kinerja Utama", ["konsep-iku"]),
    ):
        said = {"step": step, "cell": cell, "ground": "Sesuai pembagian tugas."}
        lacking = refused(desk, "act.missing", SRI, *act, **said)
        assert lacking["facts"]["missing"] == ["reading"]
        assert f"--set reading={typed}\n" in lacking["allowed"]
        page = flat(ended(desk.act(SRI, *act, answer="t\n", **said, reading=typed), 1).stdout)
        assert f"Akan dibaca {shown}" in page
        assert signed(desk, SRI, "reading.confirmed", **said, reading=typed).body.plain()["reading"] == held


def test_what_a_reading_still_needs_is_asked_for_without_the_words_of_the_cell(desk: Desk) -> None:
    said = refused(desk, "act.missing", SRI, "reading.confirmed", "--sop", IKU_SOP)
    assert said["facts"]["missing"] == ["step", "cell", "reading", "ground"]
    assert "waktu | pelaksana | kelengkapan | output" in said["allowed"]


def test_a_reading_that_the_ledger_would_refuse_is_refused_before_the_key_is_opened(desk: Desk) -> None:
    wrong = [
        ({"reading": "dua jam"}, "act.field"),
        ({"step": "5", "reading": "1 jam"}, "reading.clear"),
        ({"step": "3"}, "reading.blank"),
        ({"step": "11"}, "sop.step"),
        ({"raw": "2 hari"}, "reading.raw"),
        ({"sop": "0" * 64, "raw": "II hari"}, "reading.sop"),
    ]
    for changes, rule in wrong:
        assert refused(desk, rule, SRI, "reading.confirmed", "--sop", IKU_SOP, **TYPING_TIME | changes)["allowed"]


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("30 menit", {"amount": 30, "unit": "menit"}),
        ("2 jam", {"amount": 2, "unit": "jam"}),
        ("2 Hari  Kerja", {"amount": 2, "unit": "hari-kerja"}),
        ("2 hari-kerja", {"amount": 2, "unit": "hari-kerja"}),
        ("staf", "staf"),
        ("agenda-surat-keluar, bukti-pengiriman", ["agenda-surat-keluar", "bukti-pengiriman"]),
        ("tidak ada", []),
    ],
)
def test_a_reading_is_typed_as_people_say_it(text: str, reading: Any) -> None:
    schema = fields_of.schema_of(CATALOGUE["reading.confirmed"][1])
    assert fields_of.typed(schema, "reading", text) == reading


@pytest.mark.parametrize("text", ["2 hari", "2", "2 minggu", "1-2 jam", "1,5 jam"])
def test_a_duration_that_is_not_plain_says_how_it_is_written(text: str) -> None:
    schema = fields_of.schema_of(CATALOGUE["reading.confirmed"][1])
    with pytest.raises(JejakError) as caught:
        fields_of.typed(schema, "reading", text)
    assert caught.value.rule == "act.field"
    assert "30 menit, 2 jam, atau 2 hari kerja" in caught.value.allowed


# --- calendar and numbering ------------------------------------------------------------------------------


def test_a_calendar_is_shown_with_weeks_seasons_and_working_days_before_it_is_signed(desk: Desk) -> None:
    act = ("calendar.enacted", "--sop", IKU_SOP, "--body", calendar_file(desk))
    shown = ended(desk.act(SRI, *act, answer="y\n"), 0).stdout
    page = flat(shown)
    for words in ("37 jam 30 menit seminggu", "Ramadan 2026", "32 jam 30 menit seminggu", "Hari kerja: ",
                  "kalender kerja: Kalender kerja 2026", "Yang berlaku sekarang: belum ada.",
                  "Artinya: Waktu langkah yang selesai sesudah ini"):  # fmt: skip
        assert words in page, words
    assert "days_off" not in shown
    again = refused(desk, "calendar.same", SRI, *act)
    assert again["allowed"] == "Tetapkan hanya yang berubah."


def test_without_its_file_a_calendar_is_asked_for_as_a_whole(desk: Desk) -> None:
    said = refused(desk, "act.missing", SRI, "calendar.enacted", "--sop", IKU_SOP)
    assert said["facts"]["missing"] == ["calendar"]
    assert "--body BERKAS.json" in said["allowed"]
    file = ("--document", calendar_file(desk))
    assert "--body" in refused(desk, "act.document", SRI, "calendar.enacted", "--sop", IKU_SOP, *file)["allowed"]


def test_a_numbering_is_enacted_part_by_part_beside_the_one_that_holds(desk: Desk) -> None:
    used = {"used.year": "2026", "used.running": "41", "used.agenda_no": "39"}
    body = signed(desk, SRI, "numbering.enacted", **NUMBERING, **used).body.plain()
    assert body == {
        "classifications": ["070"],
        "office_code": "35.07.11",
        "used": {"year": 2026, "running": 41, "agenda_no": 39},
    }
    act = ("numbering.enacted", "--sop", IKU_SOP)
    refused(desk, "numbering.same", SRI, *act, **NUMBERING, **used)
    changed = NUMBERING | {"classifications.1": "060"}
    page = flat(ended(desk.act(SRI, *act, answer="t\n", **changed), 1).stdout)
    assert "Yang berlaku sekarang: 070/…/35.07.11/…." in page


def test_a_number_of_other_parts_than_those_enacted_is_refused_before_it_is_signed(desk: Desk) -> None:
    signed(desk, SRI, "numbering.enacted", **NUMBERING)
    desk.kecamatan.run(upto=9)
    act = ("agenda.recorded", "--case", CASE)
    said = refused(desk, "agenda.numbering", AGUS, *act, **ROW, agenda_no="1", number="060/1/35.07.11/2026")
    assert "070" in said["allowed"]


def test_a_number_on_paper_is_refused_before_it_is_signed_by_what_was_stated_last(desk: Desk) -> None:
    for last in ("41", "20"):
        used = {"used.year": "2026", "used.running": last, "used.agenda_no": last}
        signed(desk, SRI, "numbering.enacted", **NUMBERING, **used)
    desk.kecamatan.run(upto=9)
    act = ("agenda.recorded", "--case", CASE)
    said = refused(desk, "agenda.used", AGUS, *act, **ROW, agenda_no="21", number="070/20/35.07.11/2026")
    assert "Sampai nomor urut 20" in said["detail"]
    done = desk.done(AGUS, "agenda.recorded", **ROW, agenda_no="21", number="070/21/35.07.11/2026")
    assert recorded(desk, done).body.plain()["number"]["running"] == 21


def test_the_next_number_is_the_services_proposal_and_said_to_be(desk: Desk) -> None:
    used = {"used.year": "2026", "used.running": "41", "used.agenda_no": "39"}
    signed(desk, SRI, "numbering.enacted", **NUMBERING, **used)
    desk.kecamatan.run(upto=9)
    page = flat(ended(desk.act(AGUS, "agenda.recorded", "--case", CASE, answer="y\n", **ROW), 0).stdout)
    assert "nomor: 070/42/35.07.11/2026 (usul layanan; buku besar yang memutuskan)" in page
    assert "nomor agenda: 40 (usul layanan; buku besar yang memutuskan)" in page
    assert "Nomor yang diusulkan layanan: " in page


def test_a_number_that_a_person_gives_is_not_replaced_by_a_proposal(desk: Desk) -> None:
    signed(desk, SRI, "numbering.enacted", **NUMBERING)
    desk.kecamatan.run(upto=9)
    done = desk.done(AGUS, "agenda.recorded", **ROW, agenda_no="3", number="070/7/35.07.11/2026")
    body = recorded(desk, done).body.plain()
    assert (body["agenda_no"], body["number"]["running"]) == (3, 7)


def test_where_no_numbering_is_enacted_it_is_said_why_no_number_is_proposed(desk: Desk) -> None:
    desk.kecamatan.run(upto=9)
    said = refused(desk, "act.missing", AGUS, "agenda.recorded", "--case", CASE, **ROW)
    assert said["facts"]["missing"] == ["agenda_no", "number"]
    assert "Nomor tidak diusulkan layanan: Penomoran surat menurut SOP" in said["allowed"]


def test_advice_on_a_number_that_nobody_can_read_is_no_advice(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    signed(desk, SRI, "numbering.enacted", **NUMBERING)
    desk.kecamatan.run(upto=9)
    asked, answers = Client.advice, [[], {"number": "070/1"}, {"number": {"running": 1}}, {"agenda_no": "1"}, None]

    def advice(self: Client, path: str, **params: str) -> Any:
        if path != "/v1/agenda/next":
            return asked(self, path, **params)
        if answers[0] is None:
            raise NotFound("path", "Alamat ini tidak ada.")
        return answers[0]

    monkeypatch.setattr(Client, "advice", advice)
    while answers:
        said = refused(desk, "act.missing", AGUS, "agenda.recorded", "--case", CASE, **ROW)
        assert said["facts"]["missing"] == ["agenda_no", "number"]
        answers.pop(0)


# --- versions --------------------------------------------------------------------------------------------


def test_whatever_is_enacted_beside_a_version_the_next_one_replaces_the_version(desk: Desk) -> None:
    signed(desk, SRI, "reading.confirmed", **TYPING_TIME)
    signed(desk, SRI, "calendar.enacted", "--body", calendar_file(desk))
    signed(desk, SRI, "numbering.enacted", **NUMBERING)
    newer = sop_file(desk, variant(lambda sop: sop.update(title="Penyusunan IKU, perubahan")))
    assert signed(desk, SRI, "sop.enacted", "--document", newer).body.plain()["replaces"] == desk.kecamatan.sop_leaf


def renumbered(sop: dict[str, Any]) -> None:
    """Call the second step 2a."""
    sop["steps"][0]["next"][0]["to"] = "2a"
    sop["steps"][1]["no"] = "2a"


def test_a_case_opens_under_the_version_in_force_and_an_open_one_keeps_its_own(desk: Desk) -> None:
    desk.kecamatan.run(upto=1)
    signed(desk, SRI, "numbering.enacted", **NUMBERING)
    newer = sop_file(desk, variant(renumbered))
    done = ended(desk.act(SRI, "sop.enacted", "--yes", "--json", "--document", newer), 0)
    signed(desk, SRI, "calendar.enacted", "--body", calendar_file(desk))
    kept = recorded(desk, desk.done(BUDI, "direction.given", instruction="Sesuai Renstra.")).body.plain()
    assert kept["step"] == "2"
    letter = ("--document", desk.file("surat.pdf"), "--yes", "--json")
    new = recorded(desk, json.loads(ended(desk.act(SRI, "disposition.issued", *letter, **LETTER), 0).stdout))
    assert new.body.plain()["sop"] == {"slug": IKU_SOP, "leaf": json.loads(done.stdout)["leaf_hash"]}


def test_a_superseded_sop_opens_no_case_names_its_successor_and_lets_open_cases_go_on(other: Desk) -> None:
    other.kecamatan.run(upto=1)
    said = {"reason": "Diganti dengan prosedur baru.", "by": SLUG}
    page = flat(ended(other.act(SRI, "sop.superseded", "--sop", IKU_SOP, answer="y\n", **said), 0).stdout)
    assert f"mencabut SOP {the_sop().title}" in page
    assert "Artinya: Perkara baru tidak dibuka lagi menurut SOP ini" in page
    letter = ("--document", other.file("surat.pdf"))
    fault_ = refused(other, "sop.superseded", SRI, "disposition.issued", "--sop", IKU_SOP, *letter, **LETTER)
    assert "sudah dicabut" in fault_["detail"]
    assert f"--sop {SLUG}" in fault_["allowed"]
    refused(other, "sop.superseded", SRI, "sop.superseded", "--sop", IKU_SOP, **said)
    assert other.done(BUDI, "direction.given", instruction="Selesaikan.")["version"] == 2

    signed(other, SRI, "sop.enacted", "--document", sop_file(other, the_sop()))
    done = ended(other.act(SRI, "disposition.issued", "--yes", "--json", "--sop", IKU_SOP, *letter, **LETTER), 0)
    assert json.loads(done.stdout)["version"] == 1


def test_a_service_that_hides_an_act_of_an_sop_gets_nothing_signed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    signed(desk, SRI, "reading.confirmed", **TYPING_TIME)
    asked, size = Client.advice, desk.size()

    def advice(self: Client, path: str, **params: str) -> Any:
        said = asked(self, path, **params)
        return {"trail": said["trail"][:1]} if path == f"/v1/streams/sop:{IKU_SOP}/trail" else said

    monkeypatch.setattr(Client, "advice", advice)
    later = TYPING_TIME | {"reading": "11 hari kerja"}
    fault(desk.act(SRI, "reading.confirmed", "--sop", IKU_SOP, "--yes", "--json", **later), 2, "client.answer")
    assert desk.size() == size


def test_only_the_enacting_office_may_and_what_is_not_enacted_has_nothing_beside_it(desk: Desk) -> None:
    act = ("--sop", IKU_SOP)
    assert "camat" in refused(desk, "authority.office", BUDI, "sop.superseded", *act)["allowed"]
    refused(desk, "sop.unknown", SRI, "numbering.enacted", "--sop", "belum-ada", **NUMBERING)
    misuse = fault(desk.act(SRI, "numbering.enacted", "--json", **NUMBERING), 3, "cli.usage")
    assert "--sop" in misuse["detail"]
    other_name = ("--sop", "sop-lain", "--document", sop_file(desk, the_sop()))
    assert IKU_SOP in fault(desk.act(SRI, "sop.enacted", "--json", *other_name), 3, "cli.usage")["detail"]


# --- cases of any SOP ------------------------------------------------------------------------------------


def opening(desk: Desk, *more: object) -> dict[str, Any]:
    return desk.done(AGUS, "activity.performed", "--sop", SLUG, *more, subject="Toko Maju (sintetis)")


def test_a_case_of_another_sop_runs_to_its_end_with_nothing_typed_that_the_log_knows(other: Desk) -> None:
    scan = other.file("permohonan.pdf", b"permohonan (sintetis)")
    body = recorded(other, opening(other, "--attach", scan, "--attach", other.file("surat.pdf"))).body.plain()
    assert (body["step"], body["sop"]["slug"]) == ("1", SLUG)
    assert [one["name"] for one in body["attachments"]] == ["permohonan.pdf", "surat.pdf"]
    assert "document" not in body
    other.done(HADI, "activity.decided", decision="kurang", reason="Belum ada pengantar.")
    other.done(AGUS, "activity.performed", note="Sudah dilengkapi.")
    assert "document" not in recorded(other, other.done(HADI, "activity.decided", decision="lengkap")).body.plain()
    for name, decision in (("satu.pdf", "ulang"), ("dua.pdf", "setuju")):
        draft_ = other.file(name, f"surat {name}".encode())
        made = recorded(other, other.done(AGUS, "activity.performed", "--document", draft_)).body.plain()
        assert (made["step"], made["document"]["media_type"]) == ("3", "application/pdf")
        why = {"reason": "Alamat salah."} if decision == "ulang" else {}
        decided = recorded(other, other.done(BUDI, "activity.decided", decision=decision, **why)).body.plain()
        assert (decided["step"], decided["document"]) == ("4", made["document"]["digest"])
    assert recorded(other, other.done(SRI, "signature.given")).body.plain()["step"] == "5"
    refused(other, "sop.activity", SRI, "signature.given", "--case", CASE)
    assert recorded(other, other.done(SRI, "activity.performed")).body.plain() == {"step": "5"}
    other.done(AGUS, "activity.performed")
    state = json.loads(ended(run("state", CASE, "--url", other.url, "--json"), 0).stdout)
    assert state["finished"] is True
    refused(other, "case.finished", AGUS, "activity.performed", "--case", CASE)


def test_the_first_activity_of_an_sop_opens_a_case_of_its_own(other: Desk) -> None:
    act = ("activity.performed", "--sop", SLUG, "--yes", "--json")
    streams = {
        json.loads(ended(other.act(AGUS, *act, subject=subject), 0).stdout)["stream"] for subject in ("Satu", "Dua")
    }
    assert len(streams) == 2
    said = refused(other, "act.missing", AGUS, *act)
    assert said["facts"]["missing"] == ["subject"]


def test_a_forgotten_case_number_opens_no_case(other: Desk) -> None:
    misuse = fault(other.act(AGUS, "activity.performed", "--yes", "--json", subject="Toko Maju"), 3, "cli.usage")
    assert "--case" in misuse["detail"]
    assert "--sop" in misuse["detail"]


def test_an_sop_is_opened_by_its_own_first_activity_and_says_which_that_is(other: Desk) -> None:
    said = refused(other, "case.open", SRI, "disposition.issued", "--sop", SLUG)
    assert f"jejak act activity.performed --sop {SLUG}" in said["allowed"]
    said = refused(other, "case.open", AGUS, "activity.performed", "--sop", IKU_SOP)
    assert f"jejak act disposition.issued --sop {IKU_SOP}" in said["allowed"]


def test_of_several_sops_the_only_one_that_opens_so_need_not_be_named(other: Desk) -> None:
    letter = ("--document", other.file("surat.pdf"), "--yes", "--json")
    done = json.loads(ended(other.act(SRI, "disposition.issued", *letter, **LETTER), 0).stdout)
    assert recorded(other, done).body.plain()["sop"]["slug"] == IKU_SOP
    third = variant(lambda sop: sop.update(slug="sop-ketiga"))
    other.kecamatan.do(SRI, "sop:sop-ketiga", "sop.enacted", {"sop": third.plain()})
    assert "sop-ketiga" in refused(other, "sop.unknown", SRI, "disposition.issued", *letter, **LETTER)["allowed"]


def test_a_decision_is_asked_for_by_the_outcomes_of_its_step_and_another_is_refused(other: Desk) -> None:
    opening(other)
    act = ("activity.decided", "--case", CASE)
    said = refused(other, "act.missing", HADI, *act)
    assert said["facts"]["missing"] == ["decision"]
    assert "--set decision=lengkap" in said["allowed"]
    assert "lengkap | kurang" in said["allowed"]
    assert "lengkap, kurang" in refused(other, "sop.outcome", HADI, *act, decision="setuju")["allowed"]
    refused(other, "sop.reason", HADI, *act, decision="kurang")


def test_a_draft_of_another_type_and_papers_where_none_belong_are_refused(other: Desk) -> None:
    opening(other)
    file = other.file("surat.docx", b"bukan pdf")
    refused(other, "act.field", HADI, "activity.decided", "--case", CASE, "--attach", file, decision="lengkap")
    other.done(HADI, "activity.decided", decision="lengkap")
    said = refused(other, "case.media_type", AGUS, "activity.performed", "--case", CASE, "--document", file)
    assert "PDF" in said["allowed"]
