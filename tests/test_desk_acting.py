"""The act page as it is read: whose turn it is, what is known, what is filled in, and why somebody may not sign."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.desk import static_files
from api.desk.act_forms import form_of, known_of
from api.desk.act_words import LAYOUT, MOST_SEEN, UNDONE, buttons_of, label_of
from api.fields_of import members, schema_of
from ledger import bodies as b
from ledger.bodies import CATALOGUE
from tests.kit import CASE, PEOPLE, mandate_of, the_sop
from tests.served import Served, served
from tests.signed_in import desk

OF_CASES = [kind for kind, (family, _) in CATALOGUE.items() if family == "case"]
BUDI, SRI, RATNA, AGUS, HADI = "budi-santoso", "sri-wahyuni", "ratna-sari", "agus-salim", "hadi-wijaya"
CASES = [CASE[:-2] + f"{number:02}" for number in range(20)]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return an office with one case at each of the acts of the straight way."""
    kecamatan: Served
    with served(Path(tmp_path_factory.mktemp("acting"))) as kecamatan:
        kecamatan.open()
        numbering = {"classifications": ["070"], "office_code": "35.07.11"}
        kecamatan.do(SRI, f"sop:{the_sop().slug}", "numbering.enacted", numbering)
        for number in range(1, 12):
            kecamatan.run(CASES[number], upto=number)
        yield kecamatan


def shown(office: Served, official: str, case: str, kind: str, **query: str) -> str:
    """Return the page on which the official would sign an act of ``kind``."""
    answer = desk(office.app, official).get(f"/perkara/{case[5:]}/tindakan/{kind}", query_string=query)
    assert answer.status_code == 200, answer.data
    return answer.get_data(as_text=True)


def told(page: str) -> dict[str, Any]:
    """Return what the module of the page is told."""
    found = re.search(r'data-act="([^"]*)"', page)
    assert found is not None, "the page has no form"
    return dict(json.loads(html.unescape(found[1])))


def fields(page: str) -> set[str]:
    return set(re.findall(r'data-field="([^"]+)"', page))


def buttons(page: str) -> list[str]:
    return re.findall(r"<button[^>]*data-button[^>]*>([^<]+)</button>", page)


def seen(page: str) -> list[set[str]]:
    """Return the fields of each part of the form that are seen without opening anything."""
    parts = re.findall(r"<fieldset data-step.*?</fieldset>\s*(?=<fieldset data-step|<p|<details)", page, re.DOTALL)
    return [fields(part) for part in parts]


@pytest.mark.parametrize("kind", OF_CASES)
def test_every_kind_of_a_case_has_its_words_its_buttons_and_what_can_be_undone(kind: str) -> None:
    outcomes = {"setuju": False, "kurang": True}
    assert UNDONE[kind]
    assert all(one.label for one in buttons_of(kind, outcomes))
    assert all(label_of(member.path) for member in members(schema_of(CATALOGUE[kind][1])))


@pytest.mark.parametrize("kind", OF_CASES)
def test_no_part_of_a_form_shows_more_than_four_fields(kind: str) -> None:
    sop = the_sop()
    form = form_of(kind, sop, sop.first, {"step": "1"})
    assert [len(one.fields) for one in form.parts if len(one.fields) > MOST_SEEN] == []
    assert all(len(paths) <= MOST_SEEN for _, paths in LAYOUT.get(kind, ()))


@pytest.mark.parametrize("kind", OF_CASES)
def test_every_member_of_a_body_is_known_or_typed_or_follows_from_what_is(kind: str) -> None:
    sop = the_sop()
    form = form_of(kind, sop, sop.first, {"step": "1"})
    typed = {one.path for one in form.fields} | {"step", "deviation"}
    follows = {"decision", "supersedes.signature", "copies", "addressees.0.name", "addressees.0.copies"}
    assert {one.path for one in members(schema_of(CATALOGUE[kind][1]))} <= typed | follows


def test_what_has_no_value_yet_is_never_hidden() -> None:
    sop = the_sop()
    for kind in OF_CASES:
        form = form_of(kind, sop, sop.first, {"step": "1"})
        assert [one.path for one in form.more if one.required and not one.value and one.form != "choice"] == []


def test_a_paraf_is_for_exactly_the_document_of_the_case_under_the_own_mandate(office: Served) -> None:
    page = shown(office, BUDI, CASES[5], "paraf.given")
    said = told(page)
    assert said["known"] == {"step": "6", "document": office.iku["digest"]}
    assert (said["mandate"], said["version"], said["kind"]) == (mandate_of(BUDI), 5, "paraf.given")
    assert buttons(page) == ["Bubuhkan paraf"]
    assert "Anda bertanggung jawab atas substansi, redaksi, dan pengetikan" in page
    assert "Paraf ini tidak dapat dihapus." in page


def test_the_document_can_be_read_on_the_page_without_script(office: Served) -> None:
    page = shown(office, BUDI, CASES[5], "paraf.given")
    assert "Persentase Desa yang dapat melaksanakan tata kelola pemerintahan dengan baik" in page
    assert office.iku["digest"] in page


def test_an_unproven_key_is_said_before_anybody_signs(office: Served) -> None:
    assert "Identitas kunci belum dibuktikan" in shown(office, BUDI, CASES[5], "paraf.given")


def test_review_is_one_page_with_two_buttons_and_only_the_return_needs_its_reason(office: Served) -> None:
    page = shown(office, RATNA, CASES[4], "typing.reviewed")
    approve, back = told(page)["buttons"]
    assert buttons(page) == ["Setujui", "Kembalikan dengan alasan"]
    assert approve["said"] == {"decision": "approved"}
    assert (back["said"], back["needs"]) == ({"decision": "returned"}, ["reason"])
    assert seen(page) == [{"reason"}]


def test_who_has_not_the_turn_reads_why_and_whose_it_is_instead_of_a_form(office: Served) -> None:
    page = shown(office, SRI, CASES[5], "signature.given")
    assert "data-act" not in page
    assert "Belum dapat ditandatangani." in page
    assert "Sekcam" in page


def test_who_has_the_turn_for_another_act_reads_for_which(office: Served) -> None:
    page = shown(office, BUDI, CASES[5], "distribution.ordered")
    assert "data-act" not in page
    assert "Giliran sekarang: langkah 6 (paraf) oleh Sekcam." in page


def test_a_step_out_of_turn_is_offered_behind_a_warning_and_takes_its_reason(office: Served) -> None:
    first = shown(office, BUDI, CASES[4], "direction.given")
    assert "menyimpang=2" in first
    page = shown(office, BUDI, CASES[4], "direction.given", menyimpang="2", mandat=mandate_of(BUDI))
    assert told(page)["known"] == {"step": "2"}
    assert "deviation" in fields(page)
    assert "Menyimpang dari urutan SOP." in page


def test_in_turn_there_is_no_field_for_a_deviation(office: Served) -> None:
    assert "deviation" not in fields(shown(office, BUDI, CASES[5], "paraf.given"))


def test_what_happened_on_paper_has_its_own_place_with_its_scan_and_time(office: Served) -> None:
    assert {"paper.scan", "paper.by", "occurred_at"} <= fields(shown(office, BUDI, CASES[5], "paraf.given"))


def test_the_agenda_is_filled_in_with_the_next_number_and_what_the_case_knows(office: Served) -> None:
    page = shown(office, AGUS, CASES[9], "agenda.recorded")
    number, letter = seen(page)
    assert number == {"number", "agenda_no"}
    assert letter == {"letter_date", "sent_date", "addressee", "summary"}
    assert re.search(r'name="number"[^>]*value="070/\d+/35\.07\.11/2026"', page)
    assert 'value="Bagian Organisasi Setda; Inspektorat"' in page


def test_a_dispatch_chooses_among_who_still_waits_and_the_copies_follow(office: Served) -> None:
    page = shown(office, AGUS, CASES[11], "dispatch.recorded")
    assert re.findall(r'name="recipient" value="([^"]+)"', page) == ["Inspektorat"]
    assert "copies" not in fields(page)


def test_a_revision_answers_the_return_and_replaces_what_was_returned(office: Served) -> None:
    case = CASES[18]
    office.run(case, upto=4)
    body = {"step": "5", "document": office.iku["digest"], "decision": "returned", "reason": "Rumus memuat target."}
    leaf = office.do(RATNA, case, "typing.reviewed", body).recorded.leaf
    known = told(shown(office, AGUS, case, "concept.revised"))["known"]
    assert known == {"step": "4", "round": 2, "replaces": office.iku["digest"], "answers": leaf}


def test_why_a_document_came_back_stands_where_it_is_mended_and_on_the_desk_card(office: Served) -> None:
    case = CASES[17]
    office.run(case, upto=4)
    body = {"step": "5", "document": office.iku["digest"], "decision": "returned", "reason": "Satuan belum ada."}
    office.do(RATNA, case, "typing.reviewed", body)
    page = shown(office, AGUS, case, "concept.revised")
    assert re.search(r"Dikembalikan oleh [^<]*Ratna[^<]* \(langkah 5\):</strong> Satuan belum ada\.", page)
    assert f'href="/perkara/{case[5:]}/banding">Apa yang berubah' in page
    assert "Satuan belum ada." in desk(office.app, AGUS).get("/meja").get_data(as_text=True)


def test_in_the_first_round_nothing_is_said_to_have_come_back(office: Served) -> None:
    assert "Dikembalikan oleh" not in shown(office, BUDI, CASES[5], "paraf.given")


def test_the_camat_may_return_instead_of_signing_and_chooses_to_which_step(office: Served) -> None:
    assert "/tindakan/document.returned" in shown(office, SRI, CASES[6], "signature.given")
    page = shown(office, SRI, CASES[6], "document.returned")
    assert re.findall(r'name="to" value="(\d+)"', page) == ["3", "4"]
    assert told(page)["known"] == {"step": "7", "document": office.iku["digest"]}


def test_a_correction_begins_with_the_choice_of_what_was_written_wrongly(office: Served) -> None:
    page = shown(office, SRI, CASES[3], "correction.recorded")
    links = [html.unescape(one) for one in re.findall(r'href="([^"]+bagian=[^"]+)"', page)]
    chosen = next(one for one in links if "bagian=letter.number" in one)
    answer = desk(office.app, SRI).get(chosen)
    known = told(answer.get_data(as_text=True))["known"]
    assert (known["field"], known["old"], known["step"]) == ("letter.number", "060/12/35.07.1/2026", "1")


def test_nobody_corrects_what_another_office_wrote(office: Served) -> None:
    page = shown(office, HADI, CASES[3], "correction.recorded")
    assert "bagian=" not in page
    assert "Tidak ada tindakan jabatan Anda di perkara ini" in page


def test_a_case_is_opened_with_the_letter_first_then_what_it_is_about(office: Served) -> None:
    page = desk(office.app, SRI).get("/perkara/baru").get_data(as_text=True)
    assert seen(page) == [
        {"letter.scan", "letter.sender", "letter.number", "letter.date"},
        {"subject", "period", "instruction", "urgency"},
    ]
    assert told(page)["known"] == {"step": "1", "sop": {"slug": the_sop().slug, "leaf": office.sop_leaf}}
    assert (told(page)["kind"], told(page)["version"]) == ("disposition.issued", 0)


def test_who_opens_no_case_is_told_so(office: Served) -> None:
    page = desk(office.app, HADI).get("/perkara/baru?sop=penyusunan-iku").get_data(as_text=True)
    assert "Tidak ada SOP yang langkah pertamanya dikerjakan jabatan Anda." in page


def test_acts_of_the_register_are_said_to_be_signed_by_command(office: Served) -> None:
    assert "jejak act key.proposed" in shown(office, BUDI, CASES[5], "key.proposed")


def test_a_mandate_that_is_not_ones_own_is_refused(office: Served) -> None:
    address = f"/perkara/{CASES[5][5:]}/tindakan/paraf.given?mandat={mandate_of(SRI)}"
    assert desk(office.app, BUDI).get(address).status_code == 403


@pytest.mark.parametrize("kind", ["tidak.ada", "paraf", "__class__"])
def test_a_kind_that_there_is_not_is_not_found(office: Served, kind: str) -> None:
    assert desk(office.app, BUDI).get(f"/perkara/{CASES[5][5:]}/tindakan/{kind}").status_code == 404


def test_every_act_of_the_straight_way_has_its_form_for_its_official(office: Served) -> None:
    for number, (official, kind, body) in enumerate(office.steps()[1:11], 1):
        page = shown(office, official, CASES[number], kind)
        said = told(page)
        typed = fields(page) | {"addressees", "decision", "copies", "attachments"}
        left = {one for one in body if one not in said["known"]} - {one.split(".")[0] for one in typed}
        assert (kind, left) == (kind, set())
        assert PEOPLE[official][2] == said["signer"]["office"]


def test_known_values_are_those_that_the_case_would_be_held_to(office: Served) -> None:
    stream = office.ledger.stream(CASES[5])
    assert stream is not None
    case: Any = stream.state
    step = case.sop.step("6")
    b.ParafGiven.read(known_of("paraf.given", case, step), "test", "Paraf")


def test_what_a_page_asks_for_later_comes_in_one_round_trip() -> None:
    """On a weak line each module that only another module names costs two seconds more."""
    asked = 0
    for module, data in static_files.contents().items():
        for names in re.findall(r'\blater\(("[^)]*")\)', data.decode() if module.endswith(".js") else ""):
            group = {f"{name}.js" for name in re.findall(r'"(\w+)"', names)}
            there = {"act_page.js", "iku_editor.js" if module == "iku_editor.js" else module}
            brought = group | {one for name in there for one in static_files.needed_by(name)}
            assert {one for name in group for one in static_files.needed_by(name)} <= brought, (module, group)
            asked += 1
    assert asked >= 6
